//! What a gate remembers of its own: used codes and passages that are not in the bundle's numbers yet.
//!
//! The caller keeps [`Record`]s, each durably before the gate opens, and rebuilds the state by applying them in order.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use minicbor::{Decoder, Encoder, encode};

use crate::{
    bundle::{Booking, Bundle, Pseudonym},
    reason::Reason,
    wire::{array, fixed},
};

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the house.
    In,
    /// Out of it.
    Out,
}

/// The ticket behind a passage, as far as a gate has to remember it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedStep {
    /// The ticket's handle.
    pub handle: [u8; 16],
    /// The step shown.
    pub step: u8,
    /// When the ticket ends, Unix seconds; the row is kept a little longer.
    pub ends_s: i64,
}

/// One passage, as the gate keeps it and hands it over. Applying the same records in the same order gives the same
/// state, whatever happened in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// 1, 2, 3 … without a gap for what is handed over; 0 for what the platform itself decided while online.
    pub counter: u64,
    /// When, Unix seconds by the gate's clock.
    pub at_s: i64,
    /// Which way.
    pub direction: Direction,
    /// How many people.
    pub people: u16,
    /// Whose booking; `None` for a genuine code outside the list.
    pub booking: Option<Pseudonym>,
    /// The code; `None` when a booking number was typed.
    pub used: Option<UsedStep>,
    /// The id of the physical read, 16 random bytes: the same id again is a retry.
    pub request: [u8; 16],
    /// The answer.
    pub reason: Reason,
    /// The bundle it was decided from.
    pub bundle_version: u64,
}

const RECORD_FIELDS: u64 = 9;

impl Record {
    /// Its bytes, one CBOR array.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        // Writing into a vector has no failing case; an empty record would be refused by `from_bytes`.
        if self.write(&mut Encoder::new(&mut out)).is_err() {
            out.clear();
        }
        out
    }

    fn write<W: encode::Write>(&self, out: &mut Encoder<W>) -> Result<(), encode::Error<W::Error>> {
        out.array(RECORD_FIELDS)?.u64(self.counter)?.i64(self.at_s)?.bool(self.direction == Direction::In)?;
        out.u16(self.people)?;
        match &self.booking {
            Some(pseudonym) => out.bytes(pseudonym)?,
            None => out.null()?,
        };
        match &self.used {
            Some(used) => out.array(3)?.bytes(&used.handle)?.u8(used.step)?.i64(used.ends_s)?,
            None => out.null()?,
        };
        out.bytes(&self.request)?.u8(self.reason.number())?.u64(self.bundle_version)?;
        Ok(())
    }

    /// The record of these bytes; `None` for any other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut input = Decoder::new(bytes);
        array(&mut input, RECORD_FIELDS)?;
        let (counter, at_s) = (input.u64().ok()?, input.i64().ok()?);
        let direction = if input.bool().ok()? { Direction::In } else { Direction::Out };
        let people = input.u16().ok()?;
        let booking = if null(&mut input) { None } else { Some(fixed(&mut input)?) };
        let used = if null(&mut input) {
            None
        } else {
            array(&mut input, 3)?;
            Some(UsedStep { handle: fixed(&mut input)?, step: input.u8().ok()?, ends_s: input.i64().ok()? })
        };
        let request = fixed(&mut input)?;
        let reason = Reason::from_number(input.u8().ok()?)?;
        let bundle_version = input.u64().ok()?;
        let record = Self { counter, at_s, direction, people, booking, used, request, reason, bundle_version };
        (input.position() == bytes.len()).then_some(record)
    }
}

/// Skips a null if there is one.
fn null(input: &mut Decoder<'_>) -> bool {
    let mut ahead = input.clone();
    let is_null = ahead.null().is_ok();
    if is_null {
        *input = ahead;
    }
    is_null
}

/// How long past a ticket's end its row is kept: the forgiven clock error and an hour, so that a clock set back by the
/// network does not bring a used step to life again.
const KEEP_USED_S: i64 = 3600 + tongma_code::limits::SKEW_S;

/// What a gate knows beside its bundle.
#[derive(Debug, Clone, Default)]
pub struct GateState {
    used: BTreeMap<[u8; 16], Record>,
    passages: VecDeque<Record>,
    counter: u64,
    memory_since_s: i64,
}

impl GateState {
    /// A gate that remembers everything it ever let through: a new one, or one whose records all survived.
    pub fn new() -> Self {
        Self::default()
    }

    /// A gate that lost its memory: its last handed-over counter as the platform knows it, and the Unix second it
    /// started. Steps begun before that moment are refused, since they may have been used.
    pub fn after_loss(counter: u64, now_s: i64) -> Self {
        Self { counter, memory_since_s: now_s, ..Self::default() }
    }

    /// Takes a record in, and says whether it fits: its counter must be the next one, or 0.
    pub fn apply(&mut self, record: &Record) -> bool {
        if record.counter != 0 {
            if self.counter.checked_add(1) != Some(record.counter) {
                return false;
            }
            self.counter = record.counter;
        }
        if let Some(used) = &record.used {
            let row = self.used.entry(used.handle).or_insert(*record);
            if row.used.is_none_or(|before| before.step < used.step) {
                *row = *record;
            }
        }
        self.passages.push_back(*record);
        true
    }

    /// Forgets what a new bundle already counts, and tickets that ended long ago. Call it after opening a bundle.
    pub fn rebase(&mut self, bundle: &Bundle, now_s: i64) {
        self.passages.retain(|record| match record.counter {
            0 => record.at_s >= bundle.issued_s,
            counter => counter > bundle.facts_through,
        });
        self.used.retain(|_, row| row.used.is_some_and(|used| now_s < used.ends_s.saturating_add(KEEP_USED_S)));
        // A new bundle knows every counter the platform has seen, which matters to a gate that lost its memory.
        self.counter = self.counter.max(bundle.facts_through);
    }

    /// The counter of the next record; `None` when 2^64 have been used up.
    pub fn next_counter(&self) -> Option<u64> {
        self.counter.checked_add(1)
    }

    /// Since when this gate's memory of used codes is complete, Unix seconds.
    pub const fn memory_since_s(&self) -> i64 {
        self.memory_since_s
    }

    /// The passage by which a ticket's highest used step went through here.
    pub fn used(&self, handle: &[u8; 16]) -> Option<&Record> {
        self.used.get(handle)
    }

    /// The passage of this physical read.
    pub fn by_request(&self, request: &[u8; 16]) -> Option<&Record> {
        self.passages.iter().find(|record| record.request == *request)
    }

    /// Records with a counter that the newest bundle does not count yet: what is still to be handed over, or under way.
    pub fn pending(&self) -> impl Iterator<Item = &Record> {
        self.passages.iter().filter(|record| record.counter != 0)
    }

    /// The numbers of a booking and of the house: the bundle's, and this gate's own passages on top.
    pub fn tally(&self, bundle: &Bundle, booking: Option<&Booking>) -> Tally {
        let mut tally = Tally {
            entered: booking.map_or(0, |booking| booking.entered),
            inside: booking.map_or(0, |booking| booking.inside),
            house: bundle.inside,
        };
        for record in &self.passages {
            tally.count(record, booking, bundle.rules.reentry);
        }
        tally
    }
}

/// Who is where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many of the booking have come in at least once.
    pub entered: u16,
    /// How many of the booking are inside.
    pub inside: u16,
    /// How many people are in the house.
    pub house: u32,
}

impl Tally {
    /// Counts one passage. Where going out and in is allowed, those who went out are taken to be the first to come back.
    pub(crate) fn count(&mut self, record: &Record, booking: Option<&Booking>, reentry: bool) {
        let own = booking.is_some_and(|booking| record.booking == Some(booking.pseudonym));
        let people = record.people;
        match record.direction {
            Direction::In => {
                self.house = self.house.saturating_add(u32::from(people));
                if own {
                    let outside = if reentry { self.entered.saturating_sub(self.inside) } else { 0 };
                    self.entered = self.entered.saturating_add(people.saturating_sub(outside));
                    self.inside = self.inside.saturating_add(people);
                }
            }
            Direction::Out => {
                self.house = self.house.saturating_sub(u32::from(people));
                if own {
                    self.inside = self.inside.saturating_sub(people);
                }
            }
        }
    }
}
