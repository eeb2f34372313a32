//! One decision at a gate, from its bundle and its memory alone.

use tongma_verify::verdict::{self, Doubts, Outcome, Verdict, VerifiedTicket};

use crate::{
    bundle::{Booking, Bundle, Freshness, MOST_PARTY, Pseudonym},
    reason::{Named, Reason, Shade, Words},
    state::{Direction, GateState, Record, Tally, UsedStep},
};

/// A code that the verifier found genuine, now. It can only come out of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub(crate) handle: [u8; 16],
    pub(crate) step: u8,
    pub(crate) step_begins_s: i64,
    pub(crate) ends_s: i64,
    pub(crate) doubts: Doubts,
}

impl Code {
    fn of(ticket: &VerifiedTicket, doubts: Doubts) -> Self {
        let (window, step) = (ticket.window(), ticket.step());
        Self {
            handle: ticket.handle().0,
            step,
            step_begins_s: window.start_s().saturating_add(i64::from(step) * i64::from(window.step().seconds())),
            ends_s: window.end_s(),
            doubts,
        }
    }
}

impl From<&Verdict> for Seen<'_> {
    fn from(verdict: &Verdict) -> Self {
        match &verdict.outcome {
            Outcome::Good(ticket) => Self::Code(Code::of(ticket, Doubts::NONE)),
            Outcome::Doubtful(ticket, doubts) => Self::Code(Code::of(ticket, *doubts)),
            Outcome::Refused(reason) => Self::Refused(*reason),
        }
    }
}

/// What was put before the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a> {
    /// A code the verifier accepted.
    Code(Code),
    /// A code the verifier refused, and why.
    Refused(verdict::Reason),
    /// A booking number typed by staff, see [`booking_number`].
    Number(&'a str),
}

/// One physical read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// What was read.
    pub seen: Seen<'a>,
    /// The read's id, 16 random bytes; a retry carries the same.
    pub request: [u8; 16],
    /// Which way.
    pub direction: Direction,
    /// How many people go through.
    pub people: u16,
}

/// What the gate does and shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeVerdict {
    /// Why.
    pub reason: Reason,
    /// Whether the gate opens by itself. An amber that does not open is for staff, who may confirm it: then `record` is
    /// kept and the gate opened by hand.
    pub opens: bool,
    /// Whether this is the answer to a retry: nothing is recorded and the gate does not turn again.
    pub again: bool,
    /// Whose booking.
    pub booking: Option<Pseudonym>,
    /// The booking's party, 0 without one.
    pub party: u16,
    /// How many of it may still come in, after this passage.
    pub left: u16,
    /// How many people go through.
    pub people: u16,
    /// When the list was made, Unix seconds.
    pub list_s: i64,
    /// How old the list is, in seconds.
    pub list_age_s: i64,
    /// What happened and what to do.
    pub words: Words,
    /// What to keep, durably, before the gate opens. `None` for a refusal and for a retry.
    pub record: Option<Record>,
}

impl EdgeVerdict {
    /// The colour.
    pub const fn shade(&self) -> Shade {
        self.reason.shade()
    }
}

/// The booking number people can read out: the first four bytes of the pseudonym as ten decimal digits. It is checked by
/// staff, never by itself, so it need not be hard to guess.
pub fn booking_number(pseudonym: &Pseudonym) -> u32 {
    let [a, b, c, d, ..] = *pseudonym;
    u32::from_be_bytes([a, b, c, d])
}

impl Bundle {
    /// The booking of a typed number, if exactly one has it.
    pub fn booking_by_number(&self, text: &str) -> Option<&Booking> {
        if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: u32 = text.parse().ok()?;
        let mut found = self.bookings.iter().filter(|booking| booking_number(&booking.pseudonym) == number);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

/// Decides about one read at this Unix second. It changes nothing: the caller keeps `record` and applies it.
pub fn decide(bundle: &Bundle, state: &GateState, reading: &Reading<'_>, now_s: i64) -> EdgeVerdict {
    let code = match reading.seen {
        Seen::Code(code) => Some(code),
        Seen::Refused(_) => return answer(bundle, state, reading, None, Reason::CodeRefused, now_s),
        Seen::Number(_) => None,
    };
    match memory(state, reading, code.as_ref()) {
        Memory::Again(record) => return retry(bundle, state, &record, now_s),
        Memory::Refuse(reason) => return answer(bundle, state, reading, None, reason, now_s),
        Memory::New => {}
    }
    let booking = match reading.seen {
        Seen::Code(code) => bundle.booking_of(&code.handle),
        Seen::Number(text) => bundle.booking_by_number(text),
        Seen::Refused(_) => None,
    };
    let tally = state.tally(bundle, booking);
    let reason = match reading.direction {
        Direction::In => may_enter(bundle, booking, tally, reading, now_s),
        Direction::Out => may_leave(booking, tally, reading.people),
    };
    let reason = doubt(reason, bundle.freshness(now_s), reading);
    answer(bundle, state, reading, booking, reason, now_s)
}

enum Memory {
    /// Nothing speaks against it.
    New,
    /// The same read again.
    Again(Record),
    /// Used, or perhaps used.
    Refuse(Reason),
}

/// What the gate remembers of this read and of this ticket.
fn memory(state: &GateState, reading: &Reading<'_>, code: Option<&Code>) -> Memory {
    let Some(code) = code else {
        return state.by_request(&reading.request).map_or(Memory::New, |record| Memory::Again(*record));
    };
    let Some(row) = state.used(&code.handle) else {
        let lost = code.step_begins_s < state.memory_since_s();
        return if lost { Memory::Refuse(Reason::MemoryLost) } else { Memory::New };
    };
    let highest = row.used.map_or(0, |used| used.step);
    if code.step > highest {
        Memory::New
    } else if code.step == highest && row.request == reading.request {
        Memory::Again(*row)
    } else {
        Memory::Refuse(Reason::StepUsed)
    }
}

fn may_enter(bundle: &Bundle, booking: Option<&Booking>, tally: Tally, reading: &Reading<'_>, now_s: i64) -> Reason {
    match bundle.freshness(now_s) {
        Freshness::NotYet => return Reason::ListNotYet,
        Freshness::Expired => return Reason::ListExpired,
        Freshness::Fresh | Freshness::Old => {}
    }
    let people = reading.people;
    if !(1..=MOST_PARTY).contains(&people) {
        return Reason::BadCount;
    }
    let Some(booking) = booking else {
        return Reason::UnknownBooking;
    };
    let outside = tally.entered.saturating_sub(tally.inside);
    let to_come = booking.party.saturating_sub(tally.entered);
    let returning = outside >= people && bundle.rules.reentry;
    if returning && now_s >= bundle.rules.reentry_until_s {
        return Reason::NoReentry;
    }
    let may_come = to_come.saturating_add(if bundle.rules.reentry { outside } else { 0 });
    if may_come == 0 {
        return if outside > 0 { Reason::NoReentry } else { Reason::PartyComplete };
    }
    if people > may_come {
        return Reason::TooMany;
    }
    if !returning && let Some(reason) = outside_session(bundle, booking, now_s) {
        return reason;
    }
    if tally.house.saturating_add(u32::from(people)) > bundle.rules.headcount_bound {
        return Reason::HouseFull;
    }
    if returning { Reason::Readmitted } else { Reason::Admitted }
}

fn outside_session(bundle: &Bundle, booking: &Booking, now_s: i64) -> Option<Reason> {
    // A booking without a session cannot be opened at all: `is_sound` refuses the bundle.
    let session = bundle.session_of(booking)?;
    let minutes = |grace_min: u16| i64::from(grace_min) * 60;
    if now_s < session.opens_s.saturating_sub(minutes(bundle.rules.early_grace_min)) {
        Some(Reason::TooEarly)
    } else if now_s >= session.closes_s.saturating_add(minutes(bundle.rules.late_grace_min)) {
        Some(Reason::TooLate)
    } else {
        None
    }
}

/// Nobody is locked in: whatever the numbers say, the way out opens, and what does not add up is recorded.
fn may_leave(booking: Option<&Booking>, tally: Tally, people: u16) -> Reason {
    if !(1..=MOST_PARTY).contains(&people) {
        Reason::BadCount
    } else if booking.is_none() {
        Reason::UnknownBooking
    } else if people > tally.inside {
        Reason::MoreOutThanIn
    } else {
        Reason::Left
    }
}

/// A green answer turns amber when something behind it is old or in doubt.
fn doubt(reason: Reason, freshness: Freshness, reading: &Reading<'_>) -> Reason {
    if reason.shade() != Shade::Green {
        return reason;
    }
    match (reading.seen, reading.direction) {
        (Seen::Number(_), _) => Reason::NumberTyped,
        (Seen::Code(code), Direction::In) if code.doubts != Doubts::NONE => Reason::CodeDoubt,
        (_, Direction::In) if freshness == Freshness::Old => Reason::ListOld,
        _ => reason,
    }
}

fn answer(
    bundle: &Bundle,
    state: &GateState,
    reading: &Reading<'_>,
    booking: Option<&Booking>,
    reason: Reason,
    now_s: i64,
) -> EdgeVerdict {
    let record = (reason.shade() != Shade::Red).then_some(()).and(state.next_counter()).map(|counter| Record {
        counter,
        at_s: now_s,
        direction: reading.direction,
        people: reading.people,
        booking: booking.map(|booking| booking.pseudonym),
        used: match reading.seen {
            Seen::Code(code) => Some(UsedStep { handle: code.handle, step: code.step, ends_s: code.ends_s }),
            Seen::Refused(_) | Seen::Number(_) => None,
        },
        request: reading.request,
        reason,
        bundle_version: bundle.version,
    });
    // A code outside the list and a typed number are let in by a person, never by the gate itself.
    let by_staff =
        reason == Reason::NumberTyped || (reason == Reason::UnknownBooking && reading.direction == Direction::In);
    let mut tally = state.tally(bundle, booking);
    if let Some(record) = &record {
        tally.count(record, booking, bundle.rules.reentry);
    }
    let opens = record.is_some() && !by_staff;
    let mut verdict = shown(bundle, booking, tally, reason, reading.people, now_s);
    match reading.seen {
        // The verifier's own words say what the code is and what to do.
        Seen::Refused(reason) => verdict.words = Words::of(reason.texts()),
        Seen::Code(code) if reason == Reason::CodeDoubt => {
            let doubts = || code.doubts.texts();
            verdict.words.zh.extend(doubts().flat_map(|(_, zh, _)| ["；", zh]));
            verdict.words.en.extend(doubts().flat_map(|(_, _, en)| ["; ", en]));
        }
        Seen::Code(_) | Seen::Number(_) => {}
    }
    EdgeVerdict { opens, record, ..verdict }
}

/// The answer of before, for the same physical read: the gate does not turn a second time.
fn retry(bundle: &Bundle, state: &GateState, before: &Record, now_s: i64) -> EdgeVerdict {
    let booking = before.booking.and_then(|pseudonym| bundle.booking(&pseudonym));
    let tally = state.tally(bundle, booking);
    EdgeVerdict { again: true, ..shown(bundle, booking, tally, before.reason, before.people, now_s) }
}

fn shown(
    bundle: &Bundle,
    booking: Option<&Booking>,
    tally: Tally,
    reason: Reason,
    people: u16,
    now_s: i64,
) -> EdgeVerdict {
    let party = booking.map_or(0, |booking| booking.party);
    let returnable = if bundle.rules.reentry { tally.entered.saturating_sub(tally.inside) } else { 0 };
    let left = party.saturating_sub(tally.entered).saturating_add(returnable);
    let session = booking.and_then(|booking| bundle.session_of(booking));
    let session_s = session.map_or((0, 0), |session| (session.opens_s, session.closes_s));
    EdgeVerdict {
        reason,
        opens: false,
        again: false,
        booking: booking.map(|booking| booking.pseudonym),
        party,
        left,
        people,
        list_s: bundle.issued_s,
        list_age_s: bundle.age_s(now_s),
        words: reason.words(&Named { list_s: bundle.issued_s, session_s, party, left }),
        record: None,
    }
}
