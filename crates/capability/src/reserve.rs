//! Capacity over time: sessions with so many places, bookings of one or more.
//!
//! Invariant: confirmed + held ≤ capacity, always. One counter per session holds the sum, added to within its bound.

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, UnixMs};
use tongma_store::{CounterKey, Held, Index, MOST_PAGE, Stored, Txn, create, find, load, save};

use crate::{Schema, Stop};

/// A session: a window of time with so many places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// How many places it has.
    pub capacity: u32,
    /// When it begins.
    pub start: UnixMs,
    /// When it ends.
    pub end: UnixMs,
}

impl Stored for Session {
    const KIND: &'static str = "slot";
}

/// So many places of a session for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// The session.
    pub session: Id,
    /// The person who booked.
    pub person: Id,
    /// How many places.
    pub places: u32,
    /// Where it stands.
    pub state: BookingState,
    /// How often it has changed: the order among its mirrors.
    pub revision: u64,
}

/// The life of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// Places are kept until then.
    Held {
        /// The last moment.
        until: UnixMs,
    },
    /// Booked.
    Confirmed,
    /// Given up by the person or the house.
    Cancelled,
    /// A hold nobody confirmed in time.
    Lapsed,
}

impl BookingState {
    /// Whether it takes places.
    pub const fn takes(self) -> bool {
        matches!(self, Self::Held { .. } | Self::Confirmed)
    }
}

impl Stored for Booking {
    const KIND: &'static str = "booking";
    fn index(&self) -> Vec<Index> {
        match self.state {
            BookingState::Held { .. } => vec![Index { name: "held", value: self.session.into() }],
            _ => Vec::new(),
        }
    }
}

/// What became of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booked {
    /// Done now.
    Fresh(Booking),
    /// The same booking id is there already; nothing changed.
    Again(Booking),
    /// Not so many places are left.
    Full {
        /// How many are.
        left: u32,
    },
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// The booking's id, chosen by the caller from the attempt, so that a retry finds it.
    pub booking: Id,
    /// For whom.
    pub person: Id,
    /// How many places.
    pub places: u32,
    /// Kept until then; `None`: booked at once.
    pub hold_until: Option<UnixMs>,
}

fn taken_key(session: Id) -> CounterKey {
    CounterKey { name: "reserve.taken", of: session.into() }
}

/// Opens a session, or changes the capacity of an open one, never below what is taken.
///
/// # Errors
/// Of the store.
pub fn open(txn: &mut dyn Txn, id: Id, capacity: u32, (start, end): (UnixMs, UnixMs)) -> Result<Session, Stop> {
    let Some(mut held) = load::<Session>(txn, id)? else {
        let session = Session { v: Schema, id, capacity, start, end };
        create(txn, id, &session)?;
        return Ok(session);
    };
    if held.value.capacity != capacity {
        held.value.capacity = capacity.max(taken(txn, id)?);
        save(txn, &held)?;
    }
    Ok(held.value)
}

/// How many places of a session are held or confirmed.
///
/// # Errors
/// Of the store.
pub fn taken(txn: &mut dyn Txn, session: Id) -> Result<u32, Stop> {
    Ok(u32::try_from(txn.count(&taken_key(session))?).unwrap_or(0))
}

/// Takes places if they are there: all of them or none. Holds that have lapsed make room first.
///
/// # Errors
/// Of the store.
pub fn book(txn: &mut dyn Txn, session: &Session, ask: &Ask, now: UnixMs) -> Result<Booked, Stop> {
    if let Some(held) = load::<Booking>(txn, ask.booking)? {
        return Ok(Booked::Again(held.value));
    }
    if !take(txn, session, ask.places)? {
        lapse(txn, session.id, now)?;
        if !take(txn, session, ask.places)? {
            return Ok(Booked::Full { left: session.capacity.saturating_sub(taken(txn, session.id)?) });
        }
    }
    let state = ask.hold_until.map_or(BookingState::Confirmed, |until| BookingState::Held { until });
    let booking = Booking {
        v: Schema,
        id: ask.booking,
        session: session.id,
        person: ask.person,
        places: ask.places,
        state,
        revision: 1,
    };
    create(txn, ask.booking, &booking)?;
    Ok(Booked::Fresh(booking))
}

/// Confirms a hold. `None`: there is none, or it has lapsed or was cancelled.
///
/// # Errors
/// Of the store.
pub fn confirm(txn: &mut dyn Txn, booking: Id, now: UnixMs) -> Result<Option<Booking>, Stop> {
    let Some(held) = load::<Booking>(txn, booking)? else { return Ok(None) };
    match held.value.state {
        BookingState::Confirmed => Ok(Some(held.value)),
        BookingState::Held { until } if now <= until => change(txn, held, BookingState::Confirmed).map(Some),
        _ => Ok(None),
    }
}

/// Gives the places back. A booking that takes none stays as it is. `None`: there is no such booking.
///
/// # Errors
/// Of the store.
pub fn cancel(txn: &mut dyn Txn, booking: Id) -> Result<Option<Booking>, Stop> {
    let Some(held) = load::<Booking>(txn, booking)? else { return Ok(None) };
    if !held.value.state.takes() {
        return Ok(Some(held.value));
    }
    give_back(txn, held.value.session, held.value.places)?;
    change(txn, held, BookingState::Cancelled).map(Some)
}

/// Moves a booking that takes places to another session of the same bucket: the new places first, the old ones after.
///
/// # Errors
/// Of the store.
pub fn move_to(txn: &mut dyn Txn, booking: Id, session: &Session, now: UnixMs) -> Result<Option<Booked>, Stop> {
    let Some(mut held) = load::<Booking>(txn, booking)? else { return Ok(None) };
    if !held.value.state.takes() {
        return Ok(None);
    }
    if held.value.session == session.id {
        return Ok(Some(Booked::Again(held.value)));
    }
    if !take(txn, session, held.value.places)? {
        lapse(txn, session.id, now)?;
        if !take(txn, session, held.value.places)? {
            let left = session.capacity.saturating_sub(taken(txn, session.id)?);
            return Ok(Some(Booked::Full { left }));
        }
    }
    give_back(txn, held.value.session, held.value.places)?;
    held.value.session = session.id;
    held.value.revision += 1;
    save(txn, &held)?;
    Ok(Some(Booked::Fresh(held.value)))
}

/// A booking.
///
/// # Errors
/// Of the store.
pub fn booking(txn: &mut dyn Txn, booking: Id) -> Result<Option<Booking>, Stop> {
    Ok(load::<Booking>(txn, booking)?.map(|held| held.value))
}

/// Frees the places of every hold of a session whose time is over; gives how many holds lapsed.
///
/// # Errors
/// Of the store.
pub fn lapse(txn: &mut dyn Txn, session: Id, now: UnixMs) -> Result<usize, Stop> {
    let page = find::<Booking>(txn, "held", session, None, MOST_PAGE)?;
    let mut lapsed = 0;
    for held in page.items {
        if matches!(held.value.state, BookingState::Held { until } if until < now) {
            give_back(txn, session, held.value.places)?;
            change(txn, held, BookingState::Lapsed)?;
            lapsed += 1;
        }
    }
    Ok(lapsed)
}

fn take(txn: &mut dyn Txn, session: &Session, places: u32) -> Result<bool, Stop> {
    let sum = txn.count_add(&taken_key(session.id), i64::from(places), 0, i64::from(session.capacity))?;
    Ok(places > 0 && sum.is_some())
}

fn give_back(txn: &mut dyn Txn, session: Id, places: u32) -> Result<(), Stop> {
    txn.count_add(&taken_key(session), -i64::from(places), 0, i64::MAX)?;
    Ok(())
}

fn change(txn: &mut dyn Txn, mut held: Held<Booking>, state: BookingState) -> Result<Booking, Stop> {
    held.value.state = state;
    held.value.revision += 1;
    save(txn, &held)?;
    Ok(held.value)
}
