//! What is shown of a queue: how many are ahead, how long it may take, the board; and the end of the day.

use tongma_domain::{Id, UnixMs, Words};
use tongma_store::{Held, Key, MOST_PAGE, Txn, find, load};

use super::records::{Counter, Line, Place, Ticket, TicketState, stream_key, waiting_key};
use super::rules::{Crowd, Rules, Stream, Waiting, ahead};
use super::tickets::end;
use crate::Stop;

/// Where a waiting ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many are called before, if nobody else comes.
    pub ahead: u32,
    /// How long it may take, in seconds.
    pub wait_s: u32,
    /// Whether that rests on services measured today.
    pub measured: bool,
    /// How many counters serve the line.
    pub counters: u32,
}

/// The board of a hall.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Board {
    /// Called or being served, the newest call first.
    pub called: Vec<(Ticket, Words)>,
    /// The lines and how many wait in each.
    pub lines: Vec<BoardLine>,
}

/// A line on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardLine {
    /// Its matter.
    pub matter: String,
    /// How many wait.
    pub waiting: u32,
    /// How many counters serve it.
    pub counters: u32,
}

/// What a sweep at the end of the day ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ends {
    /// Tickets that were live.
    pub tickets: Vec<Ticket>,
    /// Whether there are more.
    pub more: bool,
}

fn count(txn: &mut dyn Txn, line: Id, stream: Stream) -> Result<u32, Stop> {
    Ok(u32::try_from(txn.count(&waiting_key(line, stream))?).unwrap_or(0))
}

fn counters_of(txn: &mut dyn Txn, line: Id) -> Result<u32, Stop> {
    Ok(u32::try_from(find::<Counter>(txn, "open", Key::from(line), None, MOST_PAGE)?.items.len()).unwrap_or(u32::MAX))
}

/// Where a ticket stands; `None` when it does not wait. Exact up to [`MOST_PAGE`] people ahead in its own stream.
///
/// # Errors
/// Of the store.
pub fn standing(txn: &mut dyn Txn, rules: &Rules, ticket: &Ticket) -> Result<Option<Standing>, Stop> {
    if ticket.state != TicketState::Waiting {
        return Ok(None);
    }
    let Some(line) = load::<Line>(txn, ticket.line)? else { return Ok(None) };
    let (stream, key) = ticket.place();
    let mine = find::<Place>(txn, "stream", stream_key(ticket.line, stream), None, MOST_PAGE)?;
    let rank = mine.items.iter().take_while(|place| place.key < key).count();
    let back = find::<Place>(txn, "stream", stream_key(ticket.line, Stream::Back), None, MOST_PAGE)?;
    let crowd = Crowd {
        calls: line.value.calls,
        back: back.items.iter().map(|place| place.value.back_due.unwrap_or(0)).collect(),
        priority: count(txn, ticket.line, Stream::Priority)?,
        booked: count(txn, ticket.line, Stream::Booked)?,
        walk_in: count(txn, ticket.line, Stream::WalkIn)?,
    };
    let ahead = ahead(rules, line.value.turn, &crowd, stream, u32::try_from(rank).unwrap_or(u32::MAX));
    let counters = counters_of(txn, ticket.line)?;
    let measured = line.value.service_s();
    let each = u64::from(measured.unwrap_or(rules.service_guess_s));
    let wait = (u64::from(ahead) * each).div_ceil(u64::from(counters.max(1)));
    let wait_s = u32::try_from(wait).unwrap_or(u32::MAX);
    Ok(Some(Standing { ahead, wait_s, measured: measured.is_some(), counters }))
}

/// Who is called next in a line, and after them, if nobody else comes: at most so many, in order.
///
/// # Errors
/// Of the store.
pub fn upcoming(txn: &mut dyn Txn, rules: &Rules, line: Id, most: usize) -> Result<Vec<Ticket>, Stop> {
    let Some(line) = load::<Line>(txn, line)? else { return Ok(Vec::new()) };
    let (mut turn, mut calls) = (line.value.turn, line.value.calls);
    let mut waiting: Vec<(Stream, std::vec::IntoIter<Held<Place>>)> = Vec::new();
    for stream in Stream::ALL {
        let page = find::<Place>(txn, "stream", stream_key(line.value.id, stream), None, most)?;
        waiting.push((stream, page.items.into_iter()));
    }
    let mut next = Vec::with_capacity(most);
    while next.len() < most {
        let first = |stream: Stream| {
            waiting.iter().find(|(of, _)| *of == stream).and_then(|(_, places)| places.as_slice().first())
        };
        let state = Waiting {
            back: first(Stream::Back).map(|place| place.value.back_due.is_none_or(|due| due <= calls)),
            priority: first(Stream::Priority).is_some(),
            booked: first(Stream::Booked).is_some(),
            walk_in: first(Stream::WalkIn).is_some(),
        };
        let Some(stream) = turn.next(rules, state) else { break };
        let place = waiting.iter_mut().find(|(of, _)| *of == stream).and_then(|(_, places)| places.next());
        let Some(place) = place else { break };
        next.extend(load::<Ticket>(txn, place.value.ticket)?.map(|held| held.value));
        (turn, calls) = (turn.after(stream), calls + 1);
    }
    Ok(next)
}

/// What the board shows: everyone at a counter, and the lines.
///
/// # Errors
/// Of the store.
pub fn board(txn: &mut dyn Txn, hall: Id) -> Result<Board, Stop> {
    let mut called = Vec::new();
    for Held { value: ticket, .. } in find::<Ticket>(txn, "called", hall, None, MOST_PAGE)?.items {
        let counter = match ticket.counter {
            Some(counter) => load::<Counter>(txn, counter)?.map(|held| held.value.name),
            None => None,
        };
        called.push((ticket, counter.unwrap_or_default()));
    }
    called.sort_by_key(|(ticket, _)| std::cmp::Reverse((ticket.called, ticket.id)));
    let mut lines = Vec::new();
    for Held { value: line, .. } in find::<Line>(txn, "hall", hall, None, MOST_PAGE)?.items {
        let mut waiting = 0;
        for stream in Stream::ALL {
            waiting += count(txn, line.id, stream)?;
        }
        lines.push((line.letter, BoardLine { matter: line.matter, waiting, counters: counters_of(txn, line.id)? }));
    }
    lines.sort_by_key(|(letter, _)| *letter);
    Ok(Board { called, lines: lines.into_iter().map(|(_, line)| line).collect() })
}

/// Ends what is still live on a day that is over, at most `limit` tickets: served people were served, the others lapse.
///
/// # Errors
/// Of the store.
pub fn end_day(txn: &mut dyn Txn, hall: Id, limit: usize, now: UnixMs) -> Result<Ends, Stop> {
    let page = find::<Ticket>(txn, "live", hall, None, limit.clamp(1, MOST_PAGE))?;
    let mut ends = Ends { tickets: Vec::new(), more: page.more };
    for Held { value: mut ticket, .. } in page.items {
        let state = if ticket.state == TicketState::Serving { TicketState::Done } else { TicketState::Lapsed };
        end(txn, &mut ticket, state, now)?;
        ends.tickets.push(ticket);
    }
    Ok(ends)
}
