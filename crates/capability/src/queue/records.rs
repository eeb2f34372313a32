//! What is kept of a hall's day: lines, tickets, their places, counters, and who is expected.

use serde::{Deserialize, Serialize};
use tongma_domain::{Bucket, Id, UnixMs, Words};
use tongma_store::{CounterKey, Index, Key, Stored};

use super::rules::{PriorityClass, Stream, Turn};
use crate::{Schema, derived_in};

/// How many measured services a line remembers for its estimate.
const MEASURED: usize = 20;
/// How many are needed before the estimate rests on them.
const MEASURED_LEAST: usize = 3;

/// One line of a hall's day: a matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// The hall's day.
    pub hall: Id,
    /// What it is for.
    pub matter: String,
    /// What its numbers begin with.
    pub letter: char,
    /// How many numbers were given.
    pub given: u32,
    /// How many calls were made, repeated ones not counted.
    pub calls: u64,
    /// Where it stands in the published order.
    pub turn: Turn,
    /// The last services, in seconds each, newest last.
    pub services_s: Vec<u32>,
}

impl Line {
    /// The id of a matter's line in a hall's day.
    pub fn id_of(bucket: Bucket, hall: Id, matter: &str) -> Id {
        derived_in(bucket, &[b"line", hall.as_bytes(), matter.as_bytes()])
    }

    /// How long a service takes, measured; `None` until enough were.
    pub fn service_s(&self) -> Option<u32> {
        let count = u32::try_from(self.services_s.len()).ok().filter(|_| self.services_s.len() >= MEASURED_LEAST)?;
        self.services_s.iter().try_fold(0_u32, |sum, one| sum.checked_add(*one)).map(|sum| sum / count.max(1))
    }

    pub(super) fn measure(&mut self, seconds: u32) {
        // A counter forgotten overnight says nothing about how long a service takes.
        self.services_s.push(seconds.min(4 * 3600));
        if self.services_s.len() > MEASURED {
            self.services_s.remove(0);
        }
    }
}

impl Stored for Line {
    const KIND: &'static str = "queue_line";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "hall", value: self.hall.into() }]
    }
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TicketState {
    /// Waits for its call.
    Waiting,
    /// Called to a counter.
    Called,
    /// Being served.
    Serving,
    /// Served.
    Done,
    /// Called in vain; may come back for a while.
    Passed {
        /// Since when.
        at: UnixMs,
    },
    /// The person left the queue.
    Left,
    /// Passed a second time.
    Cancelled,
    /// Not back in time, or the day ended.
    Lapsed,
    /// A second number of the same person for the same matter, given without a network; the other one counts.
    Folded {
        /// The one that counts.
        into: Id,
    },
}

impl TicketState {
    /// Whether the ticket still stands for a place in the queue.
    pub const fn lives(self) -> bool {
        matches!(self, Self::Waiting | Self::Called | Self::Serving | Self::Passed { .. })
    }
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id, in the bucket of the hall's day.
    pub id: Id,
    /// The hall's day.
    pub hall: Id,
    /// Its line.
    pub line: Id,
    /// The line's matter.
    pub matter: String,
    /// What screens and voices say: `A012`. Unique within the day.
    pub number: String,
    /// The how-manieth of its line.
    pub serial: u32,
    /// The stream it came into by the rules; who is back keeps it.
    pub stream: Stream,
    /// Whether it waits among those who are back, and after how many calls it is due.
    pub back_due: Option<u64>,
    /// Where it stands.
    pub state: TicketState,
    /// Whose, if a code was shown.
    pub person: Option<Id>,
    /// The masked name; empty without a code.
    pub masked_name: String,
    /// Why it is served first, if so.
    pub priority: PriorityClass,
    /// The booking it came from.
    pub appointment: Option<Id>,
    /// When the number was taken.
    pub taken: UnixMs,
    /// What it is ordered by in its stream: the booked time, else when it was taken.
    pub since: UnixMs,
    /// How often it has been called.
    pub calls: u32,
    /// How often it has passed.
    pub passes: u32,
    /// The counter it was called to.
    pub counter: Option<Id>,
    /// When it was last called.
    pub called: Option<UnixMs>,
    /// When service began.
    pub began: Option<UnixMs>,
    /// When it ended, however it did.
    pub ended: Option<UnixMs>,
    /// The line it was handed over from.
    pub moved_from: Option<Id>,
    /// Whether its person was told that the turn is near.
    #[serde(default)]
    pub near_told: bool,
    /// How often this has changed: the order among its mirrors.
    pub revision: u64,
}

impl Ticket {
    /// The key of its place while it waits.
    pub(super) fn place(&self) -> (Stream, Key) {
        let stream = if self.back_due.is_some() { Stream::Back } else { self.stream };
        let order = |moment: UnixMs| (moment.as_millis().cast_unsigned() ^ (1 << 63)).to_be_bytes();
        let first = self.back_due.map_or_else(|| order(self.since), u64::to_be_bytes);
        let parts: [&[u8]; 5] =
            [self.line.as_bytes(), &[stream.letter()], &first, &order(self.taken), &self.serial.to_be_bytes()];
        // Tickets of two kiosks may share moment and serial: the end of the id tells them apart.
        let tail = self.id.as_bytes().get(8..).unwrap_or_default();
        (stream, Key::new(&[parts.concat().as_slice(), tail].concat()))
    }
}

impl Stored for Ticket {
    const KIND: &'static str = "queue_ticket";
    fn index(&self) -> Vec<Index> {
        let mut index = vec![Index { name: "number", value: number_key(self.hall, &self.number) }];
        if let Some(person) = self.person {
            index.push(Index { name: "own", value: own_key(self.hall, person) });
        }
        if self.state.lives() {
            index.push(Index { name: "live", value: self.hall.into() });
        }
        if matches!(self.state, TicketState::Called | TicketState::Serving) {
            index.push(Index { name: "called", value: self.hall.into() });
        }
        index
    }
}

pub(super) fn number_key(hall: Id, number: &str) -> Key {
    Key::of(&[hall.as_bytes(), number.as_bytes()])
}

pub(super) fn own_key(hall: Id, person: Id) -> Key {
    Key::of(&[hall.as_bytes(), person.as_bytes()])
}

/// A place in a stream. Its key orders the stream, so that the first is found without reading the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub v: Schema<1>,
    pub line: Id,
    pub stream: Stream,
    pub ticket: Id,
    /// For those who are back: the number of calls after which they are due.
    pub back_due: Option<u64>,
}

impl Stored for Place {
    const KIND: &'static str = "queue_place";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "stream", value: stream_key(self.line, self.stream) }]
    }
}

pub(super) fn stream_key(line: Id, stream: Stream) -> Key {
    Key::of(&[line.as_bytes(), &[stream.letter()]])
}

pub(super) fn waiting_key(line: Id, stream: Stream) -> CounterKey {
    CounterKey { name: "queue.waiting", of: stream_key(line, stream) }
}

/// A counter on a hall's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id on this day.
    pub id: Id,
    /// The hall's day.
    pub hall: Id,
    /// The point it is.
    pub point: Id,
    /// Its name, as people read it.
    pub name: Words,
    /// The lines it serves.
    pub lines: Vec<Id>,
    /// Whether it calls.
    pub open: bool,
    /// Whom it has called or serves.
    pub ticket: Option<Id>,
}

impl Counter {
    /// The id of a point as a counter of a hall's day.
    pub fn id_of(bucket: Bucket, hall: Id, point: Id) -> Id {
        derived_in(bucket, &[b"counter", hall.as_bytes(), point.as_bytes()])
    }
}

impl Stored for Counter {
    const KIND: &'static str = "queue_counter";
    fn index(&self) -> Vec<Index> {
        let mut index = vec![Index { name: "hall", value: self.hall.into() }];
        if self.open {
            index.extend(self.lines.iter().map(|line| Index { name: "open", value: line.into() }));
        }
        index
    }
}

/// Somebody is expected: booked for a matter at a time. Made by whoever books, found by whoever gives numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id, in the bucket of the hall's day.
    pub id: Id,
    /// The hall's day.
    pub hall: Id,
    /// Who.
    pub person: Id,
    /// For what.
    pub matter: String,
    /// The booked time.
    pub start: UnixMs,
    /// A number is given from then on.
    pub from: UnixMs,
    /// And as a booked one until then.
    pub until: UnixMs,
    /// The ticket it became.
    pub ticket: Option<Id>,
    /// Whether it was given up.
    pub void: bool,
}

impl Stored for Appointment {
    const KIND: &'static str = "queue_appointment";
    fn index(&self) -> Vec<Index> {
        if self.void || self.ticket.is_some() {
            return Vec::new();
        }
        vec![Index { name: "person", value: own_key(self.hall, self.person) }]
    }
}

/// What did not fit when a kiosk handed over a number it had given without a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The number had been given already; the ticket got another one.
    NumberTwice,
    /// The person already had a live number for the matter; the earlier one counts.
    SecondNumber,
    /// It arrived after its day had ended.
    AfterClose,
}

/// A named difference, with the duty that owns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The hall's day.
    pub hall: Id,
    /// What.
    pub kind: DifferenceKind,
    /// The number on the paper.
    pub number: String,
    /// When it was given.
    pub at: UnixMs,
    /// By which kiosk.
    pub point: Option<Id>,
    /// Whose duty it is to settle.
    pub duty: String,
}

impl Stored for Difference {
    const KIND: &'static str = "queue_difference";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "hall", value: self.hall.into() }]
    }
}
