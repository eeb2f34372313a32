//! What a house keeps: rooms, bookings, stays with their reports, folios. All in the house's bucket.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::{Date, DocumentKind, Fen, Id, UnixMs};
use tongma_store::{CounterKey, Held, Index, Key, MOST_PAGE, Stored, Txn, find, load};

use super::minors::Minor;
use crate::{Schema, Stop};

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The house.
    pub house: Id,
    /// Its number on the door.
    pub number: String,
    /// How many may sleep in it.
    pub beds: u8,
    /// What a night costs.
    pub rate: Fen,
    /// How many people the present party has declared; 0 when nobody is in it.
    pub declared: u8,
    /// The lock's PIN for the present party.
    pub pin: Option<String>,
    /// Rounds of the staff past a room with a minor, during the present party's stay.
    pub patrols: Vec<UnixMs>,
    /// The folio of the present party: the number of its first guest's stay.
    pub party: Option<String>,
}

impl Stored for Room {
    const KIND: &'static str = "room";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "house", value: self.house.into() }]
    }
}

/// Guest or visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sleeps here.
    Guest,
    /// Sees a guest, for a while.
    Visitor,
}

/// Where a stay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StayState {
    /// At the door: the person scanned the house's code, the house has not said yes.
    AtDoor,
    /// Identity checked and registered; without a key yet.
    Verified,
    /// In the house.
    InHouse,
    /// Gone.
    Left,
    /// The house said no.
    TurnedAway,
}

/// A foreigner's form (临时住宿登记表), beside what the passport says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// `tourist`, `business`, `residence`, `other`, `none`.
    pub visa_kind: String,
    /// The visa's number, sealed.
    pub visa_number: Option<String>,
    /// When the person entered the country.
    pub entry_date: Date,
    /// Where.
    pub entry_port: String,
}

/// Where a report stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ReportState {
    /// Not taken yet.
    Waiting,
    /// Taken.
    Accepted {
        /// The authority's number.
        receipt: String,
        /// When.
        at: UnixMs,
    },
    /// To be corrected and sent anew.
    Correct {
        /// Which part, in the connector's stable words.
        code: String,
    },
    /// Put right by a later report.
    Replaced,
    /// Not taken, for good: a case for people.
    Rejected {
        /// Why, in the connector's stable words.
        code: String,
    },
}

/// One report of a stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its business number: the same at every sending.
    pub business_no: String,
    /// What is reported, as the house knows it.
    pub request: Value,
    /// Where it stands.
    pub state: ReportState,
    /// Since when it should be there.
    pub since: UnixMs,
    /// When the law's time ends, where there is one.
    pub deadline: Option<UnixMs>,
    /// How often it was sent.
    pub sent: u32,
    /// It is on its way now.
    pub in_flight: bool,
    /// It waits longer than it should, and staff are told.
    pub alarmed: bool,
}

/// One person's stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The house.
    pub house: Id,
    /// Its number in the house: `S0000001`.
    pub number: String,
    /// Whose.
    pub person: Id,
    /// The masked name, for the house's screens.
    pub masked_name: String,
    /// Guest or visitor.
    pub role: Role,
    /// The kind of document.
    pub document: DocumentKind,
    /// Whether the person is under 18 on arrival.
    pub under_18: bool,
    /// The room.
    pub room: String,
    /// The number of the stay whose party this is: the room's first guest.
    pub party: String,
    /// What the person is to the room's first guest; empty for that one.
    pub relation: String,
    /// When it began.
    pub arrived: UnixMs,
    /// When it is to end.
    pub until: UnixMs,
    /// How many nights in all.
    pub nights: u16,
    /// Where it stands.
    pub state: StayState,
    /// What the law asks for minors.
    pub minor: Option<Minor>,
    /// What the law asks of foreigners.
    pub foreign: Option<Foreign>,
    /// Every report, in order.
    pub reports: Vec<Report>,
    /// The visitor is here longer than registered.
    pub overstayed: bool,
    /// How many come with this person, as declared at the door.
    pub people: u8,
    /// The booking it came from.
    pub booking: Option<String>,
    /// The order among its mirrors.
    pub revision: u64,
}

impl Stay {
    /// Whether the person is registered here and has not left.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, StayState::Verified | StayState::InHouse)
    }

    /// Whether a report of it still has to be taken or put right.
    pub fn is_unsettled(&self) -> bool {
        let settled = |report: &Report| matches!(report.state, ReportState::Accepted { .. } | ReportState::Replaced);
        !self.reports.iter().all(settled)
    }

    /// The authority's number for the arrival, once it is there.
    pub fn receipt(&self) -> Option<&str> {
        self.reports.iter().find_map(|report| match &report.state {
            ReportState::Accepted { receipt, .. } => Some(receipt.as_str()),
            _ => None,
        })
    }
}

impl Stored for Stay {
    const KIND: &'static str = "stay";
    fn index(&self) -> Vec<Index> {
        let mut index = Vec::new();
        if self.is_open() {
            index.push(Index { name: "room", value: room_key(self.house, &self.room) });
        }
        if self.is_open() || self.state == StayState::AtDoor || self.is_unsettled() {
            index.push(Index { name: "sheet", value: self.house.into() });
        }
        index
    }
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// A room is kept.
    Reserved,
    /// The party has come.
    Arrived,
    /// Taken back.
    Cancelled,
    /// Nobody came.
    NoShow,
}

/// A booking of one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The house.
    pub house: Id,
    /// Its number: `B0000001`, or the number that the host wrote down.
    pub number: String,
    /// Whose, when it was made in the app; a host's invitation is whoever's who names its number.
    pub person: Option<Id>,
    /// The first night.
    pub date: Date,
    /// How many nights.
    pub nights: u16,
    /// How many people.
    pub people: u8,
    /// Where it stands.
    pub state: BookingState,
    /// The order among its mirrors.
    pub revision: u64,
}

impl Stored for Booking {
    const KIND: &'static str = "lodging_booking";
    fn index(&self) -> Vec<Index> {
        match self.person.filter(|_| self.state == BookingState::Reserved) {
            Some(person) => vec![Index { name: "person", value: Key::of(&[self.house.as_bytes(), person.as_bytes()]) }],
            None => Vec::new(),
        }
    }
}

/// What a party owes and has paid. Kept under the number of its first guest's stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folio {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The house.
    pub house: Id,
    /// The party.
    pub party: String,
    /// Who pays: the first guest.
    pub payer: Id,
    /// Rooms and nights, extras: what and how much.
    pub lines: Vec<(String, Fen)>,
    /// The deposit: the attempt that paid it, and how much.
    pub deposit: Option<(Id, Fen)>,
    /// Payments: attempt and amount.
    pub paid: Vec<(Id, Fen)>,
    /// What of the deposit went back.
    pub refunded: Fen,
    /// Nothing more is added.
    pub closed: bool,
}

impl Folio {
    /// What all lines come to.
    pub fn total(&self) -> i64 {
        self.lines.iter().map(|(_, amount)| amount.get()).sum()
    }
    /// What is still owed beside what was paid; the deposit not counted.
    pub fn owed(&self) -> i64 {
        self.total() - self.paid.iter().map(|(_, amount)| amount.get()).sum::<i64>()
    }
    /// The deposit in fen.
    pub fn deposit_fen(&self) -> i64 {
        self.deposit.map_or(0, |(_, amount)| amount.get())
    }
}

impl Stored for Folio {
    const KIND: &'static str = "folio";
}

/// The key of something a house keeps under a number of its own.
pub fn key(house: Id, number: &str) -> Key {
    Key::of(&[house.as_bytes(), number.as_bytes()])
}

fn room_key(house: Id, room: &str) -> Key {
    key(house, room)
}

/// The room of this number.
pub fn room(txn: &mut dyn Txn, house: Id, number: &str) -> Result<Option<Held<Room>>, Stop> {
    Ok(load::<Room>(txn, key(house, number))?)
}

/// The stay of this number.
pub fn stay(txn: &mut dyn Txn, house: Id, number: &str) -> Result<Option<Held<Stay>>, Stop> {
    Ok(load::<Stay>(txn, key(house, number))?)
}

/// Everybody registered in a room, guests and visitors, in the order of arrival.
pub fn in_room(txn: &mut dyn Txn, house: Id, room: &str) -> Result<Vec<Held<Stay>>, Stop> {
    let mut page = find::<Stay>(txn, "room", room_key(house, room), None, MOST_PAGE)?.items;
    page.sort_by(|one, other| one.value.number.cmp(&other.value.number));
    Ok(page)
}

/// The guests of a room, in the order of arrival.
pub fn guests(txn: &mut dyn Txn, house: Id, room: &str) -> Result<Vec<Held<Stay>>, Stop> {
    Ok(in_room(txn, house, room)?.into_iter().filter(|held| held.value.role == Role::Guest).collect())
}

/// The next number of a kind in a house.
pub fn next_number(txn: &mut dyn Txn, house: Id, name: &'static str, letter: char) -> Result<String, Stop> {
    let counter = CounterKey { name, of: house.into() };
    let place = txn.count_add(&counter, 1, 0, 99_999_999)?.unwrap_or_default();
    Ok(format!("{letter}{place:07}"))
}
