//! A museum's day: its sessions, its visits, and what is listed of them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::admit::{self, Policy};
use tongma_capability::records::{Held, Index, Key, MOST_PAGE, Stored, Txn, find, load, save};
use tongma_capability::{Desk, Schema, Step, Stop, derived_in, reserve};
use tongma_domain::{Date, Id, UnixMs, Venue};

use super::card::CARD;

/// The thing that decides about a date: always the same id.
pub fn id_of(venue: &Venue, date: Date) -> Id {
    Id::derived(&[venue.id.as_bytes(), b"day", date.to_string().as_bytes()])
}

/// A session of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When it begins.
    pub start: UnixMs,
    /// When it ends.
    pub end: UnixMs,
}

impl Window {
    /// Its name: the time it begins, `09:00`.
    pub fn name(&self) -> String {
        self.start.to_clock_text()
    }
}

/// The sessions of a date, from the venue's settings; a last one that would be cut short is left out.
pub fn sessions(venue: &Venue, date: Date) -> Vec<Window> {
    let setting = |id: &str| venue.setting(&CARD, id);
    let (opens, closes, length) = (setting("opens_min"), setting("closes_min"), setting("session_min").max(10));
    let at = |minute: i64| date.start().plus_s(60 * minute);
    let count = (closes - opens).max(0) / length;
    (0..count)
        .map(|place| (opens + place * length, opens + (place + 1) * length))
        .map(|(from, to)| Window { start: at(from), end: at(to) })
        .collect()
}

/// The session of a date that begins at this time of day.
pub fn session_named(venue: &Venue, date: Date, name: &str) -> Option<Window> {
    sessions(venue, date).into_iter().find(|window| window.name() == name)
}

/// The session as capacity, opened when it is first booked.
pub fn open(txn: &mut dyn Txn, venue: &Venue, day: Id, window: Window) -> Result<reserve::Session, Stop> {
    let id = derived_in(txn.bucket(), &[b"session", day.as_bytes(), &window.start.as_millis().to_be_bytes()]);
    let people = u32::try_from(venue.setting(&CARD, "session_people")).unwrap_or(0);
    reserve::open(txn, id, people, (window.start, window.end))
}

/// The rules of the gate.
pub fn policy(venue: &Venue) -> Policy {
    let headcount_most = u32::try_from(venue.setting(&CARD, "headcount_most")).unwrap_or(0);
    let reentry = venue.setting(&CARD, "reentry") == 1;
    // The rules are the two settings; their values are their version.
    Policy { version: u64::from(headcount_most) << 1 | u64::from(reentry), headcount_most, reentry }
}

/// Who comes: classes of age, no names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// 18 and older.
    pub adults: u32,
    /// 14 to 17: the holder alone; companions are counted as adults or children.
    pub youths: u32,
    /// Under 14.
    pub children: u32,
}

impl Party {
    /// How many in all.
    pub const fn people(&self) -> u32 {
        self.adults + self.youths + self.children
    }
}

/// Where a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    /// Booked.
    Booked,
    /// On its way to another day under this attempt; still good here until it has arrived there.
    Moving {
        /// The attempt.
        attempt: Id,
    },
    /// Nobody came.
    NoShow,
    /// Given up.
    Cancelled,
    /// Gone to another day under this attempt.
    Moved {
        /// The attempt.
        attempt: Id,
    },
}

impl VisitState {
    /// Whether it is good at the gate.
    pub const fn lives(self) -> bool {
        matches!(self, Self::Booked | Self::Moving { .. })
    }
}

/// One person's visit with companions on a day. Its id is the booking's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The booking's id; internal.
    pub id: Id,
    /// The day.
    pub day: Id,
    /// Its date.
    pub date: Date,
    /// The person who booked.
    pub person: Id,
    /// The session.
    pub window: Window,
    /// Who comes.
    pub party: Party,
    /// What gates know the booking by: a pseudonym, not the id. Its last eight bytes go into the bundle.
    pub pass: Id,
    /// The first four of those bytes as ten decimal digits: what staff type. Unique within the day.
    pub number: String,
    /// Where it stands.
    pub state: VisitState,
    /// How often this has changed: the order among its mirrors.
    pub revision: u64,
}

impl Stored for Visit {
    const KIND: &'static str = "visit";
    fn index(&self) -> Vec<Index> {
        let mut index = vec![
            Index { name: "pass", value: pass_key(self.day, &pass_name(self.pass)) },
            Index { name: "number", value: number_key(self.day, &self.number) },
        ];
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

/// Under which a visit is found that moved away under an attempt.
pub fn moved_key(day: Id, attempt: Id) -> Key {
    Key::of(&[day.as_bytes(), attempt.as_bytes()])
}

/// Under which a visit is found by its number.
pub fn number_key(day: Id, number: &str) -> Key {
    Key::of(&[day.as_bytes(), number.as_bytes()])
}

fn person_key(day: Id, person: Id) -> Key {
    Key::of(&[day.as_bytes(), person.as_bytes()])
}

/// The live visit of a person on a day.
pub fn of_person(txn: &mut dyn Txn, day: Id, person: Id) -> Result<Option<Held<Visit>>, Stop> {
    Ok(find::<Visit>(txn, "person", person_key(day, person), None, 1)?.items.into_iter().next())
}

/// The visit of a booking number on a day, whatever became of it.
pub fn by_number(txn: &mut dyn Txn, day: Id, number: &str) -> Result<Option<Held<Visit>>, Stop> {
    Ok(find::<Visit>(txn, "number", number_key(day, number), None, 1)?.items.into_iter().next())
}

/// The visit of a pass, by the name a gate knows it by, whatever became of it.
pub fn by_pass(txn: &mut dyn Txn, day: Id, name: &str) -> Result<Option<Held<Visit>>, Stop> {
    Ok(find::<Visit>(txn, "pass", pass_key(day, name), None, 1)?.items.into_iter().next())
}

/// A pass as a gate names it: its last eight bytes in hexadecimal.
pub fn pass_name(pass: Id) -> String {
    pass.to_string().split_off(16)
}

/// The booking number of a pass: the first four bytes of its name as ten decimal digits, so that an offline gate, which
/// has only the name, knows it too.
pub fn number_of(pass: Id) -> String {
    let bytes = pass.as_bytes().iter().skip(8).take(4);
    format!("{:010}", bytes.fold(0_u32, |number, byte| number << 8 | u32::from(*byte)))
}

fn pass_key(day: Id, name: &str) -> Key {
    Key::of(&[day.as_bytes(), b"pass", name.as_bytes()])
}

/// A visit by its id.
pub fn visit(txn: &mut dyn Txn, id: Id) -> Result<Option<Held<Visit>>, Stop> {
    Ok(load::<Visit>(txn, id)?)
}

/// Writes a changed visit and mirrors it to the person.
pub fn keep(desk: &mut Desk<'_>, mut held: Held<Visit>) -> Result<Visit, Stop> {
    held.value.revision += 1;
    save(desk.txn, &held)?;
    mirror(desk, &held.value)?;
    Ok(held.value)
}

/// Leaves the person a copy of a visit; one that no longer lives is taken out of "my things".
pub fn mirror(desk: &mut Desk<'_>, visit: &Visit) -> Result<(), Stop> {
    let presence = admit::presence(desk.txn, visit.day, visit.id)?;
    // Passages change a visit's mirror too; both kinds of change count, so that none is lost behind another.
    let revision = visit.revision + presence.as_ref().map_or(0, |presence| presence.revision);
    let body = if visit.state.lives() { shown(visit, presence.as_ref()) } else { Value::Null };
    desk.mirror(visit.person, "booking", visit.id, body, revision);
    Ok(())
}

/// A visit as the person sees it.
fn shown(visit: &Visit, presence: Option<&admit::Presence>) -> Value {
    let (entered, inside) = presence.map_or((0, 0), |presence| (presence.entered, presence.inside()));
    json!({
        "date": visit.date, "session": visit.window.name(), "start": visit.window.start, "end": visit.window.end,
        "number": visit.number, "people": visit.party.people(), "adults": visit.party.adults,
        "children": visit.party.children, "admitted": entered, "inside": inside,
    })
}

/// The holder's visit of the day, if there is one.
pub fn own(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let day = id_of(step.venue, step.input.date("date").unwrap_or(step.now.date()));
    let Some(held) = of_person(desk.txn, day, step.holder()?.person)? else { return Ok(Vec::new()) };
    let presence = admit::presence(desk.txn, day, held.value.id)?;
    Ok(vec![json!({"kind": "booking", "of": shown(&held.value, presence.as_ref())})])
}

/// The sessions of a date with the places left.
pub fn sessions_shown(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let date = step.input.date("date").unwrap_or(step.now.date());
    let day = id_of(step.venue, date);
    let mut listed = Vec::new();
    for window in sessions(step.venue, date) {
        let session = open(desk.txn, step.venue, day, window)?;
        let left = session.capacity.saturating_sub(reserve::taken(desk.txn, session.id)?);
        let open = window.end > step.now;
        listed.push(
            json!({"session": window.name(), "start": window.start, "end": window.end, "left": left, "open": open}),
        );
    }
    Ok(listed)
}

/// What a gate needs to decide about a day without a network: the house first (its rules and headcount), then per live
/// booking the person (for the names of tickets, inside the platform alone), the pass, the party, how many have come in and
/// are inside, and the session's window without its grace.
pub fn bundle(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let date = step.input.date("date").unwrap_or(step.now.date());
    let (day, policy) = (id_of(step.venue, date), policy(step.venue));
    let mut listed = vec![json!({
        "kind": "house", "early_grace_min": step.venue.setting(&CARD, "early_min"),
        "late_grace_min": step.venue.setting(&CARD, "late_min"), "reentry": policy.reentry,
        "reentry_until": closing(step.venue, date), "headcount_bound": policy.headcount_most,
        "inside": admit::headcount(desk.txn, day)?,
    })];
    let mut after: Option<Key> = None;
    loop {
        let page = find::<Visit>(desk.txn, "day", day, after.as_ref(), MOST_PAGE)?;
        after = page.items.last().map(|held| held.key.clone());
        for Held { value: visit, .. } in page.items {
            let party = visit.party.people();
            let presence = admit::presence(desk.txn, day, visit.id)?;
            // Differences may have counted more than the party; a gate decides about the party.
            let entered = presence.as_ref().map_or(0, |presence| presence.came).min(party);
            let inside = presence.as_ref().map_or(0, admit::Presence::inside).min(entered);
            listed.push(json!({
                "kind": "booking", "person": visit.person, "booking": visit.pass, "party": party, "entered": entered,
                "inside": inside, "opens": visit.window.start, "closes": visit.window.end,
            }));
        }
        if !page.more {
            return Ok(listed);
        }
    }
}

/// When the house lets nobody in any more.
pub fn closing(venue: &Venue, date: Date) -> UnixMs {
    date.start().plus_s(60 * venue.setting(&CARD, "closes_min"))
}

/// From when until when a session's visitors are let in.
pub fn grace(venue: &Venue, window: Window) -> (UnixMs, UnixMs) {
    let minutes = |id: &str| 60 * venue.setting(&CARD, id);
    (window.start.plus_s(-minutes("early_min")), window.end.plus_s(minutes("late_min")))
}

/// Open differences of the day, for the museum's own desk: what, how many, when, which point, whose duty; no person.
pub fn differences(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let day = id_of(step.venue, step.input.date("date").unwrap_or(step.now.date()));
    let page = admit::differences(desk.txn, day, None, MOST_PAGE)?;
    let mut listed = Vec::new();
    for Held { value, .. } in page.items {
        let number = visit(desk.txn, value.party)?.map(|held| held.value.number);
        let duty = value.owner.duty;
        listed.push(json!({
            "difference": value.kind, "people": value.people, "at": value.at, "owner": duty, "booking_number": number,
        }));
    }
    Ok(listed)
}
