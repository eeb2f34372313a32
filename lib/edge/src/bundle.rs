//! What a gate is given before the network goes: who has booked, when they may come, and the house rules.

use alloc::{string::String, vec::Vec};
use core::fmt;

use tongma_code::keys::hmac_sm3;
use tongma_code::ticket::Handle;

/// The name of a booked person's ticket in one gate's list.
pub type TicketName = [u8; 8];

/// The name of a ticket in the list of a point: the first eight bytes of an HMAC-SM3 of its handle under the point's outward
/// id. A gate that reads the ticket finds it; two houses' lists share no name, so that they do not tell who booked at both.
pub fn ticket_name(point: &[u8; 16], handle: &Handle) -> TicketName {
    let mut key = [0; 32];
    key.iter_mut().zip(point).for_each(|(to, from)| *to = *from);
    let mac = hmac_sm3(&key, &[b"tongma/bundle-ticket/v1\0", &handle.0]);
    core::array::from_fn(|place| mac.get(place).copied().unwrap_or_default())
}

/// A booking's name at this venue: it says nothing about the person and is not the same at another venue.
pub type Pseudonym = [u8; 8];

/// The most sessions of one bundle: a day of quarter hours.
pub const MOST_SESSIONS: usize = 96;
/// The most bookings of one bundle; larger houses get a bundle per session.
pub const MOST_BOOKINGS: usize = 50_000;
/// The most ticket names of one bundle: some forty tickets of a phone may fall into a session.
pub const MOST_HANDLES: usize = 1_000_000;
/// The largest party: a guided group with its leader.
pub const MOST_PARTY: u16 = 60;
/// The longest scenario id, in bytes.
pub const MOST_SCENARIO_BYTES: usize = 64;

/// Everything a gate without network knows. Signed by a key listed for lists; opened by [`Bundle::open`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Counts up with every bundle for this point; a gate never goes back to a lower one.
    pub version: u64,
    /// The point it is for, by its outward id.
    pub point: [u8; 16],
    /// The venue, by its outward id.
    pub venue: [u8; 16],
    /// The scenario's id.
    pub scenario: String,
    /// When it was made, Unix seconds: 名单时间.
    pub issued_s: i64,
    /// How long after that it counts as fresh, in seconds; later every answer from it is amber.
    pub ttl_s: u32,
    /// When it ends, Unix seconds; later it decides nothing.
    pub expires_s: i64,
    /// The highest event counter of this point that the platform had booked when it made the bundle. Passages up to it
    /// are inside the numbers below; later ones are the gate's own to add.
    pub facts_through: u64,
    /// How many people were in the house when it was made.
    pub inside: u32,
    /// The house rules.
    pub rules: Rules,
    /// The sessions, referred to by their place in this list.
    pub sessions: Vec<Session>,
    /// The bookings, referred to by their place in this list.
    pub bookings: Vec<Booking>,
    /// Which tickets belong to which booking.
    pub handles: Handles,
}

/// The rules a gate applies by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Minutes before a session opens that its people are let in.
    pub early_grace_min: u16,
    /// Minutes after a session closes that its people are still let in.
    pub late_grace_min: u16,
    /// Whether somebody who went out may come in again.
    pub reentry: bool,
    /// Until when they may, Unix seconds: the house's last admission.
    pub reentry_until_s: i64,
    /// The most people in the house at once.
    pub headcount_bound: u32,
}

/// The window in which a session's people come in, Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// First second.
    pub opens_s: i64,
    /// First second after it.
    pub closes_s: i64,
}

/// One booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// Its name here.
    pub pseudonym: Pseudonym,
    /// Its session, by place in the list.
    pub session: u16,
    /// How many people it is for.
    pub party: u16,
    /// How many of them had come in at least once when the bundle was made.
    pub entered: u16,
    /// How many of them were in the house when the bundle was made.
    pub inside: u16,
}

/// Ticket name → booking, sorted by name, twelve bytes each (name 8, place of the booking 4), as on the wire. One
/// allocation however many tickets there are, searched in place.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Handles(Vec<u8>);

const HANDLE_ROW: usize = 12;

impl Handles {
    /// The table of these pairs. A name that two bookings claim is left out: it must not open the door to either.
    pub fn new(mut pairs: Vec<(TicketName, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut rows = Vec::with_capacity(pairs.len().saturating_mul(HANDLE_ROW));
        for group in pairs.chunk_by(|one, other| one.0 == other.0) {
            if let [(prefix, booking)] = group {
                rows.extend_from_slice(prefix);
                rows.extend_from_slice(&booking.to_be_bytes());
            }
        }
        Self(rows)
    }

    /// The table as read, if every row is whole, the names rise strictly and each booking exists.
    pub(crate) fn from_rows(rows: &[u8], bookings: usize) -> Option<Self> {
        let (whole, rest) = rows.as_chunks::<HANDLE_ROW>();
        if !rest.is_empty() || whole.len() > MOST_HANDLES {
            return None;
        }
        let mut before: Option<TicketName> = None;
        for row in whole {
            let (prefix, booking) = split(row);
            let rises = before.is_none_or(|before| before < prefix);
            if !rises || usize::try_from(booking).map_or(true, |place| place >= bookings) {
                return None;
            }
            before = Some(prefix);
        }
        Some(Self(rows.to_vec()))
    }

    /// The table's bytes.
    pub(crate) fn rows(&self) -> &[u8] {
        &self.0
    }

    /// The place of the booking a ticket's name belongs to.
    pub fn find(&self, prefix: &TicketName) -> Option<u32> {
        let (rows, _) = self.0.as_chunks::<HANDLE_ROW>();
        let place = rows.binary_search_by(|row| split(row).0.cmp(prefix)).ok()?;
        rows.get(place).map(|row| split(row).1)
    }

    /// How many names it holds.
    pub const fn len(&self) -> usize {
        self.0.len() / HANDLE_ROW
    }

    /// Whether it holds none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Handles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Handles({} tickets)", self.len())
    }
}

fn split(row: &[u8; HANDLE_ROW]) -> (TicketName, u32) {
    let [prefix @ .., high, upper, lower, low] = *row;
    (prefix, u32::from_be_bytes([high, upper, lower, low]))
}

/// How old a bundle is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Made more than the forgiven clock error in the future: one of the two clocks is wrong.
    NotYet,
    /// Within its `ttl`.
    Fresh,
    /// Past its `ttl`, before its `exp`.
    Old,
    /// Past its `exp`.
    Expired,
}

impl Bundle {
    /// Where a bundle stands at this Unix second.
    pub fn freshness(&self, now_s: i64) -> Freshness {
        if now_s < self.issued_s.saturating_sub(tongma_code::limits::SKEW_S) {
            Freshness::NotYet
        } else if now_s >= self.expires_s {
            Freshness::Expired
        } else if now_s >= self.issued_s.saturating_add(i64::from(self.ttl_s)) {
            Freshness::Old
        } else {
            Freshness::Fresh
        }
    }

    /// Seconds since it was made; never negative.
    pub fn age_s(&self, now_s: i64) -> i64 {
        now_s.saturating_sub(self.issued_s).max(0)
    }

    /// The booking a ticket belongs to.
    pub fn booking_of(&self, handle: &[u8; 16]) -> Option<&Booking> {
        let place = self.handles.find(&ticket_name(&self.point, &Handle(*handle)))?;
        self.bookings.get(usize::try_from(place).ok()?)
    }

    /// The booking of this name.
    pub fn booking(&self, pseudonym: &Pseudonym) -> Option<&Booking> {
        self.bookings.iter().find(|booking| booking.pseudonym == *pseudonym)
    }

    /// The session of a booking.
    pub fn session_of(&self, booking: &Booking) -> Option<&Session> {
        self.sessions.get(usize::from(booking.session))
    }

    /// Whether the numbers agree with each other; a signed bundle that does not was made by a broken platform.
    pub(crate) fn is_sound(&self) -> bool {
        let booking_sound = |booking: &Booking| {
            usize::from(booking.session) < self.sessions.len()
                && (1..=MOST_PARTY).contains(&booking.party)
                && booking.inside <= booking.entered
                && booking.entered <= booking.party
        };
        self.expires_s > self.issued_s
            && self.scenario.len() <= MOST_SCENARIO_BYTES
            && self.sessions.len() <= MOST_SESSIONS
            && self.bookings.len() <= MOST_BOOKINGS
            && self.handles.len() <= MOST_HANDLES
            && self.sessions.iter().all(|session| session.opens_s < session.closes_s)
            && self.bookings.iter().all(booking_sound)
    }
}
