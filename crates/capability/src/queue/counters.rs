//! What a counter does: open, call, call again, serve, finish, let pass, hand over, close.

use tongma_domain::{Id, UnixMs, Words};
use tongma_store::{Held, Key, Txn, create, find, load, save};

use super::records::{Counter, Line, Place, Ticket, TicketState, stream_key};
use super::rules::{Rules, Stream, Turn, Waiting};
use super::tickets::{end, enter, keep, vacate, wait_again};
use crate::{Schema, Stop};

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// This one, to this counter.
    Ticket(Ticket),
    /// Nobody waits.
    Nobody,
    /// The counter has somebody already.
    Busy(Ticket),
    /// The counter is not open.
    Closed,
    /// It has been called as often as may be: let it pass.
    OftenEnough(Ticket),
}

/// What became of closing a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Closed. Who had been called waits as the next.
    Done {
        /// Them.
        returned: Option<Ticket>,
        /// Lines that no counter serves any more, by matter, in which people wait.
        unserved: Vec<String>,
    },
    /// Somebody is being served: finish, or hand over, first.
    Serving(Ticket),
    /// It was not open.
    NotOpen,
}

/// A point as a counter of a hall's day.
///
/// # Errors
/// Of the store.
pub fn counter_of(txn: &mut dyn Txn, hall: Id, point: Id) -> Result<Option<Held<Counter>>, Stop> {
    let id = Counter::id_of(txn.bucket(), hall, point);
    Ok(load::<Counter>(txn, id)?)
}

/// The name of a counter, by its id on this day.
///
/// # Errors
/// Of the store.
pub fn counter_named(txn: &mut dyn Txn, counter: Id) -> Result<Option<Words>, Stop> {
    Ok(load::<Counter>(txn, counter)?.map(|held| held.value.name))
}

/// Opens a counter for these lines, or changes the lines of an open one.
///
/// # Errors
/// Of the store.
pub fn open_counter(
    txn: &mut dyn Txn,
    hall: Id,
    (point, name): (Id, Words),
    lines: Vec<Id>,
) -> Result<Held<Counter>, Stop> {
    if let Some(mut held) = counter_of(txn, hall, point)? {
        (held.value.open, held.value.lines, held.value.name) = (true, lines, name);
        save(txn, &held)?;
        held.version += 1;
        return Ok(held);
    }
    let id = Counter::id_of(txn.bucket(), hall, point);
    let counter = Counter { v: Schema, id, hall, point, name, lines, open: true, ticket: None };
    create(txn, id, &counter)?;
    Ok(Held { key: id.into(), version: 1, value: counter })
}

/// The ticket a counter has, if any.
fn at_counter(txn: &mut dyn Txn, counter: &Counter) -> Result<Option<Ticket>, Stop> {
    let Some(id) = counter.ticket else { return Ok(None) };
    Ok(load::<Ticket>(txn, id)?.map(|held| held.value))
}

/// Calls the next by the published order.
///
/// # Errors
/// Of the store.
pub fn call(txn: &mut dyn Txn, rules: &Rules, mut counter: Held<Counter>, now: UnixMs) -> Result<Called, Stop> {
    if !counter.value.open {
        return Ok(Called::Closed);
    }
    if let Some(ticket) = at_counter(txn, &counter.value)? {
        return Ok(Called::Busy(ticket));
    }
    let mut best: Option<(Held<Line>, Stream, Ticket)> = None;
    for line in counter.value.lines.clone() {
        let Some((line, stream, ticket)) = first_of(txn, rules, line)? else { continue };
        if best.as_ref().is_none_or(|(.., other)| (ticket.taken, ticket.id) < (other.taken, other.id)) {
            best = Some((line, stream, ticket));
        }
    }
    let Some((mut line, stream, mut ticket)) = best else { return Ok(Called::Nobody) };
    vacate(txn, &ticket)?;
    line.value.calls = line.value.calls.saturating_add(1);
    line.value.turn = line.value.turn.after(stream);
    save(txn, &line)?;
    ticket.state = TicketState::Called;
    ticket.calls = 1;
    (ticket.counter, ticket.called) = (Some(counter.value.id), Some(now));
    keep(txn, &mut ticket)?;
    counter.value.ticket = Some(ticket.id);
    save(txn, &counter)?;
    Ok(Called::Ticket(ticket))
}

/// The first of each stream, and which of them a line's order calls.
fn first_of(txn: &mut dyn Txn, rules: &Rules, line: Id) -> Result<Option<(Held<Line>, Stream, Ticket)>, Stop> {
    let Some(line) = load::<Line>(txn, line)? else { return Ok(None) };
    let mut heads = Vec::with_capacity(Stream::ALL.len());
    for stream in Stream::ALL {
        let head = find::<Place>(txn, "stream", stream_key(line.value.id, stream), None, 1)?.items.into_iter().next();
        heads.push((stream, head));
    }
    let head = |stream: Stream| heads.iter().find(|(of, _)| *of == stream).and_then(|(_, head)| head.as_ref());
    let waiting = Waiting {
        back: head(Stream::Back).map(|place| place.value.back_due.is_none_or(|due| due <= line.value.calls)),
        priority: head(Stream::Priority).is_some(),
        booked: head(Stream::Booked).is_some(),
        walk_in: head(Stream::WalkIn).is_some(),
    };
    let Some(stream) = Turn::next(line.value.turn, rules, waiting) else { return Ok(None) };
    let Some(ticket) = head(stream).map(|place| place.value.ticket) else { return Ok(None) };
    let ticket = load::<Ticket>(txn, ticket)?.ok_or(tongma_store::StoreError::Conflict)?;
    Ok(Some((line, stream, ticket.value)))
}

/// Calls the same number again.
///
/// # Errors
/// Of the store.
pub fn recall(txn: &mut dyn Txn, rules: &Rules, counter: &Counter, now: UnixMs) -> Result<Called, Stop> {
    let called = at_counter(txn, counter)?.filter(|ticket| ticket.state == TicketState::Called);
    let Some(mut ticket) = called else { return Ok(Called::Nobody) };
    if ticket.calls >= rules.calls_most {
        return Ok(Called::OftenEnough(ticket));
    }
    ticket.calls += 1;
    ticket.called = Some(now);
    keep(txn, &mut ticket)?;
    Ok(Called::Ticket(ticket))
}

/// The person is at the counter: service begins. The same again changes nothing. `None`: nobody was called.
///
/// # Errors
/// Of the store.
pub fn serve(txn: &mut dyn Txn, counter: &Counter, now: UnixMs) -> Result<Option<Ticket>, Stop> {
    let Some(mut ticket) = at_counter(txn, counter)? else { return Ok(None) };
    if ticket.state == TicketState::Called {
        ticket.state = TicketState::Serving;
        ticket.began = Some(now);
        keep(txn, &mut ticket)?;
    }
    Ok(Some(ticket))
}

/// Service has ended; how long it took goes into the line's estimate. `None`: nobody is being served.
///
/// # Errors
/// Of the store.
pub fn done(txn: &mut dyn Txn, counter: &Counter, now: UnixMs) -> Result<Option<Ticket>, Stop> {
    let served = at_counter(txn, counter)?.filter(|ticket| ticket.state == TicketState::Serving);
    let Some(mut ticket) = served else { return Ok(None) };
    if let (Some(began), Some(mut line)) = (ticket.began, load::<Line>(txn, ticket.line)?) {
        let seconds = u32::try_from(now.since(began) / 1000).unwrap_or(0);
        line.value.measure(seconds);
        save(txn, &line)?;
    }
    end(txn, &mut ticket, TicketState::Done, now)?;
    Ok(Some(ticket))
}

/// Nobody came: the number passes, or is cancelled when it has passed before. Only after as many calls as there may be.
///
/// # Errors
/// Of the store.
pub fn pass(txn: &mut dyn Txn, rules: &Rules, counter: &Counter, now: UnixMs) -> Result<Called, Stop> {
    let called = at_counter(txn, counter)?.filter(|ticket| ticket.state == TicketState::Called);
    let Some(mut ticket) = called else { return Ok(Called::Nobody) };
    if ticket.calls < rules.calls_most {
        return Ok(Called::Busy(ticket));
    }
    ticket.passes += 1;
    let state = if ticket.passes > 1 { TicketState::Cancelled } else { TicketState::Passed { at: now } };
    end(txn, &mut ticket, state, now)?;
    Ok(Called::Ticket(ticket))
}

/// Hands the person at a counter over to another line, where they wait as long as they have waited already.
/// `None`: nobody is at the counter.
///
/// # Errors
/// Of the store.
pub fn transfer(txn: &mut dyn Txn, mut counter: Held<Counter>, to: &Line) -> Result<Option<Ticket>, Stop> {
    let Some(mut ticket) = at_counter(txn, &counter.value)? else { return Ok(None) };
    counter.value.ticket = None;
    save(txn, &counter)?;
    ticket.moved_from = Some(ticket.line);
    (ticket.line, ticket.matter) = (to.id, to.matter.clone());
    (ticket.state, ticket.back_due, ticket.calls) = (TicketState::Waiting, None, 0);
    (ticket.counter, ticket.called, ticket.began) = (None, None, None);
    keep(txn, &mut ticket)?;
    enter(txn, &ticket)?;
    Ok(Some(ticket))
}

/// Closes a counter. Who was called there waits again, as the very next: it is not their fault.
///
/// # Errors
/// Of the store.
pub fn close_counter(txn: &mut dyn Txn, mut counter: Held<Counter>) -> Result<Closed, Stop> {
    if !counter.value.open {
        return Ok(Closed::NotOpen);
    }
    let mut returned = None;
    match at_counter(txn, &counter.value)? {
        Some(ticket) if ticket.state == TicketState::Serving => return Ok(Closed::Serving(ticket)),
        Some(mut ticket) if ticket.state == TicketState::Called => {
            wait_again(txn, &mut ticket, 0)?;
            returned = Some(ticket);
        }
        _ => {}
    }
    let lines = counter.value.lines.clone();
    (counter.value.open, counter.value.ticket) = (false, None);
    save(txn, &counter)?;
    let mut unserved = Vec::new();
    for line in lines {
        let others = find::<Counter>(txn, "open", Key::from(line), None, 1)?.items;
        let waits = Stream::ALL.into_iter().try_fold(false, |waits, stream| {
            Ok::<_, Stop>(waits || txn.count(&super::records::waiting_key(line, stream))? > 0)
        })?;
        if others.is_empty()
            && waits
            && let Some(line) = load::<Line>(txn, line)?
        {
            unserved.push(line.value.matter);
        }
    }
    Ok(Closed::Done { returned, unserved })
}
