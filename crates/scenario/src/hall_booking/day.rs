//! A hall's day: its slots, its bookings, whether it is open, and what is listed of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::queue::{self, Appointment};
use tongma_capability::records::{Held, Index, Key, MOST_PAGE, Stored, Txn, find, load, save};
use tongma_capability::{Desk, Schema, Step, Stop, derived_in, reserve};
use tongma_domain::{Date, Id, Matter, Text, UnixMs, Venue, Words};

use super::{booking, calendar};
use super::card::CARD;

/// A slot of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// When it begins.
    pub start: UnixMs,
    /// When it ends.
    pub end: UnixMs,
}

impl Slot {
    /// Its name: the time it begins, `09:30`.
    pub fn name(&self) -> String {
        self.start.to_clock_text()
    }
}

/// The slots of a date, from the venue's settings, without those that touch the break at noon.
pub fn slots(venue: &Venue, date: Date) -> Vec<Slot> {
    let setting = |id: &str| venue.setting(&CARD, id);
    let (opens, closes, length) = (setting("opens_min"), setting("closes_min"), setting("slot_min").max(5));
    let (from, to) = (setting("break_from_min"), setting("break_to_min"));
    let at = |minute: i64| date.start().plus_s(60 * minute);
    (0..(closes - opens).max(0) / length)
        .map(|place| (opens + place * length, opens + (place + 1) * length))
        .filter(|(begins, ends)| *ends <= from || *begins >= to)
        .map(|(begins, ends)| Slot { start: at(begins), end: at(ends) })
        .collect()
}

/// The slot of a date that begins at this time of day.
pub fn slot_named(venue: &Venue, date: Date, name: &str) -> Option<Slot> {
    slots(venue, date).into_iter().find(|slot| slot.name() == name)
}

/// What a hall has said of a single day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRule {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Whether it is open.
    pub open: bool,
}

impl Stored for DayRule {
    const KIND: &'static str = "hall_day";
}

/// Whether a hall is open on a date: as it has said for the single day, else as the calendar has it.
pub fn is_open(txn: &mut dyn Txn, venue: &Venue, date: Date) -> Result<bool, Stop> {
    let said = load::<DayRule>(txn, queue::day_of(venue, date))?.map(|held| held.value.open);
    Ok(said.unwrap_or_else(|| calendar::works(venue, date)))
}

/// The slot as capacity, opened when it is first asked for; and the places beside it for those who may book first.
pub fn open(txn: &mut dyn Txn, venue: &Venue, day: Id, slot: Slot, first: bool) -> Result<reserve::Session, Stop> {
    let kind: &[u8] = if first { b"slot_first" } else { b"slot_all" };
    let id = derived_in(txn.bucket(), &[kind, day.as_bytes(), &slot.start.as_millis().to_be_bytes()]);
    let setting = if first { "first_people" } else { "slot_people" };
    let people = u32::try_from(venue.setting(&CARD, setting)).unwrap_or(0);
    reserve::open(txn, id, people, (slot.start, slot.end))
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum VisitState {
    /// Booked.
    Booked,
    /// On its way to another day; still good here until it has arrived there.
    Moving {
        /// Under this attempt.
        attempt: Id,
    },
    /// Given up in time.
    Cancelled,
    /// Gone to another day.
    Moved {
        /// Under this attempt.
        attempt: Id,
    },
    /// The hall cancelled.
    HallCancelled,
    /// The person did not come at all.
    NoShow,
}

impl VisitState {
    /// Whether the person is expected.
    pub const fn lives(self) -> bool {
        matches!(self, Self::Booked | Self::Moving { .. })
    }
}

/// One person's booking on a day. Its id is also the appointment's and the reserved place's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// The hall's day.
    pub day: Id,
    /// Its date.
    pub date: Date,
    /// Who.
    pub person: Id,
    /// For what.
    pub matter: String,
    /// When.
    pub slot: Slot,
    /// Where it stands.
    pub state: VisitState,
    /// How often it has changed.
    pub revision: u64,
}

impl Stored for Visit {
    const KIND: &'static str = "hall_visit";
    fn index(&self) -> Vec<Index> {
        let mut index = Vec::new();
        if self.state.lives() {
            index.push(Index { name: "person", value: person_key(self.day, self.person) });
            index.push(Index { name: "day", value: self.day.into() });
        }
        if let VisitState::Moved { attempt } = self.state {
            index.push(Index { name: "moved", value: moved_key(self.day, attempt) });
        }
        index
    }
}

fn person_key(day: Id, person: Id) -> Key {
    Key::of(&[day.as_bytes(), person.as_bytes()])
}

/// Under which a booking is found that moved away under an attempt.
pub fn moved_key(day: Id, attempt: Id) -> Key {
    Key::of(&[day.as_bytes(), attempt.as_bytes()])
}

/// The live booking of a person on a day.
pub fn of_person(txn: &mut dyn Txn, day: Id, person: Id) -> Result<Option<Held<Visit>>, Stop> {
    Ok(find::<Visit>(txn, "person", person_key(day, person), None, 1)?.items.into_iter().next())
}

/// A booking by its id.
pub fn visit(txn: &mut dyn Txn, id: Id) -> Result<Option<Held<Visit>>, Stop> {
    Ok(load::<Visit>(txn, id)?)
}

/// Whether the person has come: the appointment has become a number.
pub fn has_come(txn: &mut dyn Txn, id: Id) -> Result<bool, Stop> {
    Ok(queue::appointment(txn, id)?.is_some_and(|one| one.ticket.is_some()))
}

/// The appointment of a booking: from when until when its number is given, by this hall's window.
pub fn appointment(venue: &Venue, visit: &Visit) -> Appointment {
    let minutes = |id: &str| 60 * venue.setting(&CARD, id);
    Appointment {
        v: Schema,
        id: visit.id,
        hall: visit.day,
        person: visit.person,
        matter: visit.matter.clone(),
        start: visit.slot.start,
        from: visit.slot.start.plus_s(-minutes("early_min")),
        until: visit.slot.start.plus_s(minutes("late_min")),
        ticket: None,
        void: false,
    }
}

/// Writes a changed booking and mirrors it to the person.
pub fn keep(desk: &mut Desk<'_>, mut held: Held<Visit>) -> Result<Visit, Stop> {
    held.value.revision += 1;
    save(desk.txn, &held)?;
    mirror(desk, &held.value);
    Ok(held.value)
}

/// Leaves the person a copy; one that is over is taken out of "my things". What the hall cancelled stays until its day is
/// over, so that it is seen.
pub fn mirror(desk: &mut Desk<'_>, visit: &Visit) {
    let seen = visit.state.lives() || visit.state == VisitState::HallCancelled;
    let body = if seen { body(visit, None) } else { Value::Null };
    desk.mirror(visit.person, "booking", visit.id, body, visit.revision);
}

/// A booking as the person sees it.
pub fn body(visit: &Visit, number: Option<&str>) -> Value {
    let matter = Matter::of(&visit.matter).map(|matter| matter.name);
    let hall_cancelled = visit.state == VisitState::HallCancelled;
    let actions: &[&str] = if hall_cancelled || number.is_some() { &[] } else { &["cancel", "move"] };
    let state = match (hall_cancelled, number) {
        (true, _) => Some(Words::from(Text::new("大厅取消", "Cancelled by the hall"))),
        (_, Some(number)) => Some(Words::new(format!("已取号 {number}"), format!("Number {number}"))),
        _ => None,
    };
    let note = hall_cancelled.then(|| {
        Words::new("很抱歉。请改约，满的时段也为您留有名额", "We are sorry. Book again: full slots keep places for you")
    });
    json!({
        "title": matter, "matter": visit.matter, "date": visit.date, "session": visit.slot.name(),
        "start": visit.slot.start, "end": visit.slot.end, "state_words": state, "note": note, "actions": actions,
        "cancelled": hall_cancelled,
    })
}

/// The holder's live booking of a day.
pub fn own(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let day = queue::day_of(step.venue, step.input.date("date").unwrap_or(step.now.date()));
    let held = of_person(desk.txn, day, step.holder()?.person)?;
    Ok(held.map(|held| json!({"kind": "booking", "of": body(&held.value, None)})).into_iter().collect())
}

/// The slots of a date with the places left; none on a day the hall does not work.
pub fn sessions_shown(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let date = step.input.date("date").unwrap_or(step.now.date());
    if !is_open(desk.txn, step.venue, date)? {
        return Ok(Vec::new());
    }
    let (day, mut listed) = (queue::day_of(step.venue, date), Vec::new());
    for slot in slots(step.venue, date) {
        let session = open(desk.txn, step.venue, day, slot, false)?;
        let left = session.capacity.saturating_sub(reserve::taken(desk.txn, session.id)?);
        let open = booking::bookable(step.venue, date, &slot.name(), step.now).is_ok();
        listed.push(json!({"session": slot.name(), "start": slot.start, "end": slot.end, "left": left, "open": open}));
    }
    Ok(listed)
}

/// How the slots of a date are taken, for the hall: numbers, no names.
pub fn sheet(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let date = step.input.date("date").unwrap_or(step.now.date());
    let (day, open_day) = (queue::day_of(step.venue, date), is_open(desk.txn, step.venue, date)?);
    let mut listed = Vec::new();
    for slot in slots(step.venue, date) {
        let (all, first) =
            (open(desk.txn, step.venue, day, slot, false)?, open(desk.txn, step.venue, day, slot, true)?);
        let booked = reserve::taken(desk.txn, all.id)? + reserve::taken(desk.txn, first.id)?;
        listed.push(json!({
            "session": slot.name(), "date": date, "booked": booked, "places": all.capacity, "open": open_day,
        }));
    }
    Ok(listed)
}

/// A page of the live bookings of a day.
pub fn live(txn: &mut dyn Txn, day: Id, limit: usize) -> Result<(Vec<Held<Visit>>, bool), Stop> {
    let page = find::<Visit>(txn, "day", day, None, limit.clamp(1, MOST_PAGE))?;
    Ok((page.items, page.more))
}
