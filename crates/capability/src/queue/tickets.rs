//! Taking numbers, coming back, leaving; and who is expected.

use tongma_domain::{Date, Id, UnixMs, Venue};
use tongma_store::{Expect, Held, MOST_PAGE, Page, Stored, Txn, create, find, load, save};

use super::records::{
    Appointment, Counter, Difference, DifferenceKind, Line, Place, Ticket, TicketState, number_key, own_key,
    waiting_key,
};
use super::rules::{PriorityClass, Rules, Stream, Turn};
use crate::{Schema, Stop, derived_in};

/// A number is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The ticket's id, chosen by the caller from the attempt, so that a retry finds it.
    pub ticket: Id,
    /// The hall's day.
    pub hall: Id,
    /// For what.
    pub matter: String,
    /// What the line's numbers begin with.
    pub letter: char,
    /// For whom, if a code was shown.
    pub person: Option<Id>,
    /// The masked name.
    pub masked_name: String,
    /// Why served first, if so.
    pub priority: PriorityClass,
    /// The booking the person comes with, in time for it or not.
    pub appointment: Option<Appointment>,
    /// When the number was taken.
    pub taken: UnixMs,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A new number.
    Fresh(Ticket),
    /// The same request again.
    Again(Ticket),
    /// The person has a live number for this matter.
    Duplicate(Ticket),
}

/// What became of somebody who came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Back {
    /// Waits again.
    Waiting(Ticket),
    /// Too late: the number is gone.
    TooLate(Ticket),
    /// The number has not passed.
    NotPassed(Ticket),
}

/// A number that a kiosk gave without a network, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The ticket.
    pub ticket: Ticket,
    /// What did not fit.
    pub difference: Option<DifferenceKind>,
    /// Whether it had been handed over before.
    pub again: bool,
}

/// The thing that decides about a hall's day: whoever books and whoever gives numbers find the same.
pub fn day_of(venue: &Venue, date: Date) -> Id {
    Id::derived(&[venue.id.as_bytes(), b"hall_day", date.to_string().as_bytes()])
}

/// The line of a matter, opened when its first number is taken.
///
/// # Errors
/// Of the store.
pub fn open(txn: &mut dyn Txn, hall: Id, matter: &str, letter: char) -> Result<Held<Line>, Stop> {
    let id = Line::id_of(txn.bucket(), hall, matter);
    if let Some(held) = load::<Line>(txn, id)? {
        return Ok(held);
    }
    let (given, calls, turn, services_s) = (0, 0, Turn::default(), Vec::new());
    let line = Line { v: Schema, id, hall, matter: matter.to_owned(), letter, given, calls, turn, services_s };
    create(txn, id, &line)?;
    Ok(load::<Line>(txn, id)?.unwrap_or(Held { key: id.into(), version: 1, value: line }))
}

/// Takes a number, unless the person has a live one for this matter.
///
/// # Errors
/// Of the store.
pub fn take(txn: &mut dyn Txn, ask: &Ask) -> Result<Taken, Stop> {
    if let Some(held) = load::<Ticket>(txn, ask.ticket)? {
        return Ok(Taken::Again(held.value));
    }
    let mut line = open(txn, ask.hall, &ask.matter, ask.letter)?;
    if let Some(held) = live_for(txn, ask, line.value.id)? {
        return Ok(Taken::Duplicate(held.value));
    }
    let ticket = give(txn, &mut line, ask, None)?;
    enter(txn, &ticket)?;
    Ok(Taken::Fresh(ticket))
}

/// Takes in a number that a kiosk gave without a network. It is never refused: what does not fit is a named difference.
///
/// # Errors
/// Of the store.
pub fn merge(
    txn: &mut dyn Txn,
    ask: &Ask,
    number: &str,
    (over, point, duty): (bool, Option<Id>, &str),
) -> Result<Merged, Stop> {
    if let Some(held) = load::<Ticket>(txn, ask.ticket)? {
        return Ok(Merged { ticket: held.value, difference: None, again: true });
    }
    let mut line = open(txn, ask.hall, &ask.matter, ask.letter)?;
    let known = !find::<Ticket>(txn, "number", number_key(ask.hall, number), None, 1)?.items.is_empty();
    let other = live_for(txn, ask, line.value.id)?;
    let mut ticket = give(txn, &mut line, ask, (!known).then_some(number))?;
    let difference = match other {
        Some(other) => {
            end(txn, &mut ticket, TicketState::Folded { into: other.value.id }, ask.taken)?;
            Some(DifferenceKind::SecondNumber)
        }
        None if over => {
            end(txn, &mut ticket, TicketState::Lapsed, ask.taken)?;
            Some(DifferenceKind::AfterClose)
        }
        None => {
            enter(txn, &ticket)?;
            known.then_some(DifferenceKind::NumberTwice)
        }
    };
    if let Some(kind) = difference {
        let id = derived_in(txn.bucket(), &[b"difference", ask.ticket.as_bytes()]);
        let (number, duty) = (number.to_owned(), duty.to_owned());
        create(txn, id, &Difference { v: Schema, hall: ask.hall, kind, number, at: ask.taken, point, duty })?;
    }
    Ok(Merged { ticket, difference, again: false })
}

/// Open differences of a hall's day.
///
/// # Errors
/// Of the store.
pub fn differences(txn: &mut dyn Txn, hall: Id) -> Result<Page<Held<Difference>>, Stop> {
    Ok(find::<Difference>(txn, "hall", hall, None, MOST_PAGE)?)
}

fn live_for(txn: &mut dyn Txn, ask: &Ask, line: Id) -> Result<Option<Held<Ticket>>, Stop> {
    let Some(person) = ask.person else { return Ok(None) };
    live_of(txn, ask.hall, person, Some(line))
}

/// The live ticket of a person, of one line or of any.
///
/// # Errors
/// Of the store.
pub fn live_of(txn: &mut dyn Txn, hall: Id, person: Id, line: Option<Id>) -> Result<Option<Held<Ticket>>, Stop> {
    let own = own(txn, hall, person)?.into_iter();
    Ok(own.filter(|held| held.value.state.lives()).find(|held| line.is_none_or(|line| held.value.line == line)))
}

/// Every ticket of a person on a hall's day, however it ended.
///
/// # Errors
/// Of the store.
pub fn own(txn: &mut dyn Txn, hall: Id, person: Id) -> Result<Vec<Held<Ticket>>, Stop> {
    Ok(find::<Ticket>(txn, "own", own_key(hall, person), None, MOST_PAGE)?.items)
}

/// A ticket.
///
/// # Errors
/// Of the store.
pub fn ticket(txn: &mut dyn Txn, id: Id) -> Result<Option<Held<Ticket>>, Stop> {
    Ok(load::<Ticket>(txn, id)?)
}

/// Writes a ticket with the next number of its line, or with the one it was given.
fn give(txn: &mut dyn Txn, line: &mut Held<Line>, ask: &Ask, number: Option<&str>) -> Result<Ticket, Stop> {
    line.value.given += 1;
    save(txn, line)?;
    line.version += 1;
    let serial = line.value.given;
    let number = number.map_or_else(|| format!("{}{serial:03}", line.value.letter), str::to_owned);
    let in_time = ask.appointment.as_ref().filter(|booked| booked.ticket.is_none() && ask.taken <= booked.until);
    let stream = match (ask.priority, in_time) {
        (PriorityClass::Ordinary, None) => Stream::WalkIn,
        (PriorityClass::Ordinary, Some(_)) => Stream::Booked,
        _ => Stream::Priority,
    };
    let since = if stream == Stream::Booked { in_time.map_or(ask.taken, |booked| booked.start) } else { ask.taken };
    let ticket = Ticket {
        v: Schema,
        id: ask.ticket,
        hall: ask.hall,
        line: line.value.id,
        matter: line.value.matter.clone(),
        number,
        serial,
        stream,
        back_due: None,
        state: TicketState::Waiting,
        person: ask.person,
        masked_name: ask.masked_name.clone(),
        priority: ask.priority,
        appointment: ask.appointment.as_ref().map(|booked| booked.id),
        taken: ask.taken,
        since,
        calls: 0,
        passes: 0,
        counter: None,
        called: None,
        began: None,
        ended: None,
        moved_from: None,
        near_told: false,
        revision: 1,
    };
    create(txn, ticket.id, &ticket)?;
    if let Some(booked) = &ask.appointment
        && let Some(mut held) = load::<Appointment>(txn, booked.id)?
    {
        held.value.ticket.get_or_insert(ticket.id);
        save(txn, &held)?;
    }
    Ok(ticket)
}

/// Puts a waiting ticket into its place.
pub(super) fn enter(txn: &mut dyn Txn, ticket: &Ticket) -> Result<(), Stop> {
    let (stream, key) = ticket.place();
    let place = Place { v: Schema, line: ticket.line, stream, ticket: ticket.id, back_due: ticket.back_due };
    create(txn, key, &place)?;
    txn.count_add(&waiting_key(ticket.line, stream), 1, 0, i64::MAX)?;
    Ok(())
}

/// Takes a waiting ticket out of its place.
pub(super) fn vacate(txn: &mut dyn Txn, ticket: &Ticket) -> Result<(), Stop> {
    let (stream, key) = ticket.place();
    if let Some(held) = load::<Place>(txn, key)? {
        txn.remove(Place::KIND, &held.key, Expect::Version(held.version))?;
        txn.count_add(&waiting_key(ticket.line, stream), -1, 0, i64::MAX)?;
    }
    Ok(())
}

/// Ends a ticket in this state, wherever it stands, and frees its counter.
pub(super) fn end(txn: &mut dyn Txn, ticket: &mut Ticket, state: TicketState, now: UnixMs) -> Result<(), Stop> {
    if ticket.state == TicketState::Waiting {
        vacate(txn, ticket)?;
    }
    if let Some(counter) = ticket.counter
        && let Some(mut held) = load::<Counter>(txn, counter)?
        && held.value.ticket == Some(ticket.id)
    {
        held.value.ticket = None;
        save(txn, &held)?;
    }
    ticket.state = state;
    ticket.ended = Some(now);
    keep(txn, ticket)
}

/// Writes a changed ticket.
pub(super) fn keep(txn: &mut dyn Txn, ticket: &mut Ticket) -> Result<(), Stop> {
    ticket.revision += 1;
    let held = load::<Ticket>(txn, ticket.id)?.ok_or(tongma_store::StoreError::Conflict)?;
    Ok(save(txn, &Held { value: ticket.clone(), ..held })?)
}

/// Somebody whose number has passed is there again: in time, they wait so many places behind; once.
///
/// # Errors
/// Of the store.
pub fn back(txn: &mut dyn Txn, rules: &Rules, mut ticket: Ticket, now: UnixMs) -> Result<Back, Stop> {
    let TicketState::Passed { at } = ticket.state else { return Ok(Back::NotPassed(ticket)) };
    if now.since(at) > rules.return_within_s.saturating_mul(1000) {
        end(txn, &mut ticket, TicketState::Lapsed, now)?;
        return Ok(Back::TooLate(ticket));
    }
    let calls = load::<Line>(txn, ticket.line)?.map_or(0, |held| held.value.calls);
    wait_again(txn, &mut ticket, calls.saturating_add(u64::from(rules.places_behind)))?;
    Ok(Back::Waiting(ticket))
}

/// Notes that a person was told that the turn is near; false when that was noted before.
///
/// # Errors
/// Of the store.
pub fn tell_near(txn: &mut dyn Txn, ticket: &mut Ticket) -> Result<bool, Stop> {
    if ticket.near_told {
        return Ok(false);
    }
    ticket.near_told = true;
    keep(txn, ticket)?;
    Ok(true)
}

/// Puts a ticket back into its line, due after so many calls of it.
pub(super) fn wait_again(txn: &mut dyn Txn, ticket: &mut Ticket, due: u64) -> Result<(), Stop> {
    ticket.state = TicketState::Waiting;
    ticket.back_due = Some(due);
    ticket.calls = 0;
    (ticket.counter, ticket.called) = (None, None);
    keep(txn, ticket)?;
    enter(txn, ticket)
}

/// The person leaves the queue. `None`: there is nothing to leave any more, or service has begun.
///
/// # Errors
/// Of the store.
pub fn leave(txn: &mut dyn Txn, mut ticket: Ticket, now: UnixMs) -> Result<Option<Ticket>, Stop> {
    if !ticket.state.lives() || ticket.state == TicketState::Serving {
        return Ok(None);
    }
    end(txn, &mut ticket, TicketState::Left, now)?;
    Ok(Some(ticket))
}

/// Somebody is expected. The same again changes nothing but the time.
///
/// # Errors
/// Of the store.
pub fn expect(txn: &mut dyn Txn, appointment: &Appointment) -> Result<(), Stop> {
    match load::<Appointment>(txn, appointment.id)? {
        Some(held) => Ok(save(txn, &Held { value: appointment.clone(), ..held })?),
        None => Ok(create(txn, appointment.id, appointment)?),
    }
}

/// Nobody is expected any more under this appointment. `None`: there is none, or the person has come.
///
/// # Errors
/// Of the store.
pub fn withdraw(txn: &mut dyn Txn, id: Id) -> Result<Option<Appointment>, Stop> {
    let Some(mut held) = load::<Appointment>(txn, id)?.filter(|held| held.value.ticket.is_none()) else {
        return Ok(None);
    };
    if !held.value.void {
        held.value.void = true;
        save(txn, &held)?;
    }
    Ok(Some(held.value))
}

/// An appointment, whatever became of it.
///
/// # Errors
/// Of the store.
pub fn appointment(txn: &mut dyn Txn, id: Id) -> Result<Option<Appointment>, Stop> {
    Ok(load::<Appointment>(txn, id)?.map(|held| held.value))
}

/// The appointment of a person on a hall's day that has not become a ticket; of one matter, or the earliest of any.
///
/// # Errors
/// Of the store.
pub fn appointed(txn: &mut dyn Txn, hall: Id, person: Id, matter: Option<&str>) -> Result<Option<Appointment>, Stop> {
    let page = find::<Appointment>(txn, "person", own_key(hall, person), None, MOST_PAGE)?;
    let fits = page.items.into_iter().map(|held| held.value);
    Ok(fits.filter(|one| matter.is_none_or(|matter| one.matter == matter)).min_by_key(|one| one.start))
}
