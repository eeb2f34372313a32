//! Booking a session in three legs (the person's bucket says whether they may, the day's gives the places, the person's keeps the
//! answer), giving it up, and what becomes of a booking that nobody came for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::records::{Held, create};
use tongma_capability::reserve::{self, Ask, Booked};
use tongma_capability::{Desk, Holder, Schema, Step, Stop, admit, derived_in};
use tongma_domain::{AgeClass, Bucket, Date, Entropy, Id, Outcome, Refusal, Text, UnixMs, Venue, Words};

use super::card::{
    self, CARD, adult_needed, already_booked, already_in, bad_date, full, no_booking, no_session, session_over,
    too_late, too_many, too_many_children,
};
use super::day::{self, Party, Visit, VisitState, Window};
use super::standing::{self, Told, noted};

/// The leg in the day's bucket.
pub const IN: &str = "book.in";
/// The leg back in the person's bucket.
pub const OUT: &str = "book.out";
/// The leg that looks, when the day is over, whether they came.
pub const OVER: &str = "day.over";

#[derive(Debug, Serialize, Deserialize)]
struct In {
    day: Id,
    person: Id,
    home: Bucket,
    date: Date,
    window: Window,
    party: Party,
}

#[derive(Debug, Serialize, Deserialize)]
struct Out {
    answer: Result<Outcome, Refusal>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Over {
    day: Id,
    visit: Id,
}

/// In the person's bucket: may they book, and is it a session that can be booked with these companions?
pub fn begin(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let holder = step.holder()?;
    standing::of(desk.txn, step.venue, holder.person)?.may_book(desk.now)?;
    let date = step.input.date("date").ok_or_else(bad_date)?;
    let window = bookable(step.venue, date, step.input.text("session").unwrap_or_default(), desk.now)?;
    let party = party_of(step, holder, desk.now)?;
    let (day, person, home) = (day::id_of(step.venue, date), holder.person, desk.txn.bucket());
    desk.message(day.bucket(), IN, &In { day, person, home, date, window, party });
    Ok(Outcome::pending(step.attempt, Words::new("正在预约", "Booking")))
}

/// In the day's bucket: places of the session, or why not. Coming again, it says the same as long as that still stands.
pub fn arrive(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let In { day, person, home, date, window, party } = step.input.typed()?;
    let id = visit_id(desk, step.attempt);
    let answer = match day::visit(desk.txn, id)? {
        Some(held) if held.value.state.lives() => Ok(booked(&held.value)),
        Some(_) => Err(no_booking()),
        None => match enter(desk, step.venue, (id, day, date), person, window, party) {
            Ok(visit) => {
                log_booked(desk, step.venue, &visit);
                Ok(booked(&visit))
            }
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(store) => return Err(store),
        },
    };
    desk.message(home, OUT, &Out { answer });
    Ok(noted())
}

/// In the person's bucket again: the answer, for whoever asked.
pub fn end(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Out { answer } = step.input.typed()?;
    desk.answer = Some(answer);
    Ok(noted())
}

fn log_booked(desk: &mut Desk<'_>, venue: &Venue, visit: &Visit) {
    let (names, name, people) = (venue.names(), visit.window.name(), visit.party.people());
    let text = Words::new(
        format!("预约{} {} {name}，{people} 人", names.zh, visit.date),
        format!("Booked {} on {} at {name} for {people}", names.en, visit.date),
    );
    desk.log(visit.person, text, &[], json!({"booking_number": visit.number}));
}

/// The day is over, and gates without network have had time to hand over: who neither came nor cancelled is counted.
pub fn over(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Over { day, visit } = step.input.typed()?;
    let Some(mut held) = day::visit(desk.txn, visit)? else { return Ok(noted()) };
    let came = admit::presence(desk.txn, day, visit)?.is_some_and(|presence| presence.entered > 0);
    if held.value.state == VisitState::Booked && !came {
        held.value.state = VisitState::NoShow;
        let Visit { person, date, .. } = day::keep(desk, held)?;
        desk.message(person.bucket(), standing::NO_SHOW, &Told { person, date });
    }
    Ok(noted())
}

/// A gate hands over that somebody came who was counted as missing: the visit stands again, and so does the person.
pub fn came_after_all(desk: &mut Desk<'_>, mut held: Held<Visit>) -> Result<Visit, Stop> {
    held.value.state = VisitState::Booked;
    let visit = day::keep(desk, held)?;
    desk.message(visit.person.bucket(), standing::CAME, &Told { person: visit.person, date: visit.date });
    Ok(visit)
}

/// The id of the visit an attempt makes in this day.
pub fn visit_id(desk: &Desk<'_>, attempt: Id) -> Id {
    derived_in(desk.txn.bucket(), &[b"visit", attempt.as_bytes()])
}

/// Takes the places and writes the visit, or says why not. Also used when a visit moves in from another day.
pub fn enter(
    desk: &mut Desk<'_>,
    venue: &Venue,
    (id, day, date): (Id, Id, Date),
    person: Id,
    window: Window,
    party: Party,
) -> Result<Visit, Stop> {
    if day::of_person(desk.txn, day, person)?.is_some() {
        return Err(already_booked().into());
    }
    let session = day::open(desk.txn, venue, day, window)?;
    let ask = Ask { booking: id, person, places: party.people(), hold_until: None };
    if let Booked::Full { left } = reserve::book(desk.txn, &session, &ask, desk.now)? {
        return Err(full_naming(left).into());
    }
    let pass = fresh_pass(desk, day, id)?;
    let (number, state) = (day::number_of(pass), VisitState::Booked);
    let visit = Visit { v: Schema, id, day, date, person, window, party, number, pass, state, revision: 1 };
    create(desk.txn, id, &visit)?;
    day::mirror(desk, &visit)?;
    let settled = day::closing(venue, date).plus_s(3600 * venue.setting(&CARD, "no_show_after_h"));
    desk.timer(settled.max(window.end), OVER, &Over { day, visit: id });
    Ok(visit)
}

/// A session that may still be booked.
pub fn bookable(venue: &Venue, date: Date, name: &str, now: UnixMs) -> Result<Window, Refusal> {
    let ahead = date.to_days() - now.date().to_days();
    if !(0..=venue.setting(&CARD, "days_ahead")).contains(&ahead) {
        return Err(bad_date());
    }
    let window = day::session_named(venue, date, name).ok_or_else(no_session)?;
    if window.end <= now { Err(session_over()) } else { Ok(window) }
}

/// Who comes, within the rules for accounts and children.
fn party_of(step: &Step<'_>, holder: &Holder, now: UnixMs) -> Result<Party, Refusal> {
    let companions = step.input.value("companions");
    let count = |field: &str| {
        let number = companions.and_then(|companions| companions.get(field)).and_then(Value::as_u64).unwrap_or(0);
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    let mut party = Party { adults: count("adults"), youths: 0, children: count("children") };
    match holder.age_class(now) {
        AgeClass::Child => party.children += 1,
        AgeClass::Youth => party.youths += 1,
        AgeClass::Adult | AgeClass::Elder => party.adults += 1,
    }
    if i64::from(party.people()) > step.venue.setting(&CARD, "people_most") {
        return Err(too_many());
    }
    if i64::from(party.children) > step.venue.setting(&CARD, "children_most") {
        return Err(too_many_children());
    }
    if party.children > 0 && party.adults == 0 { Err(adult_needed()) } else { Ok(party) }
}

/// A pass for gates whose number no other visit of the day has.
fn fresh_pass(desk: &mut Desk<'_>, day: Id, id: Id) -> Result<Id, Stop> {
    let mut salt = 0_u64;
    loop {
        let pass = derived_in(desk.txn.bucket(), &[b"pass", id.as_bytes(), &salt.to_be_bytes()]);
        if day::by_number(desk.txn, day, &day::number_of(pass))?.is_none() {
            return Ok(pass);
        }
        salt = desk.entropy.next_u64();
    }
}

/// Gives the places back.
pub fn cancel(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let mut held = changeable(desk, step)?;
    reserve::cancel(desk.txn, held.value.id)?;
    held.value.state = VisitState::Cancelled;
    let visit = day::keep(desk, held)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("取消预约{} {} {}", names.zh, visit.date, visit.window.name()),
        format!("Cancelled {} on {} at {}", names.en, visit.date, visit.window.name()),
    );
    desk.log(visit.person, text.clone(), &[], json!({"booking_number": visit.number}));
    Ok(Outcome::done(Text::new("已取消", "Cancelled"), text, json!({"number": visit.number})))
}

/// The holder's visit of the named date, if it may still be changed by the holder.
pub fn changeable(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Held<Visit>, Stop> {
    let date = step.input.date("date").ok_or_else(bad_date)?;
    let day = day::id_of(step.venue, date);
    let held = day::of_person(desk.txn, day, step.holder()?.person)?.ok_or_else(no_booking)?;
    let refusal = match held.value.state {
        VisitState::Moving { .. } => card::moving(),
        _ if admit::presence(desk.txn, day, held.value.id)?.is_some_and(|presence| presence.entered > 0) => {
            already_in()
        }
        _ if desk.now > held.value.window.start.plus_s(-60 * step.venue.setting(&CARD, "cancel_before_min")) => {
            too_late()
        }
        _ => return Ok(held),
    };
    Err(refusal.into())
}

/// The answer to a booking.
pub fn booked(visit: &Visit) -> Outcome {
    let (name, people) = (visit.window.name(), visit.party.people());
    let words =
        Words::new(format!("{} {name}，{people} 人", visit.date), format!("{} at {name}, {people} people", visit.date));
    let detail = json!({"number": visit.number, "date": visit.date, "session": name, "people": people});
    Outcome::done(Text::new("已预约", "Booked"), words, detail)
}

fn full_naming(left: u32) -> Refusal {
    match left {
        0 => full(),
        _ => full().titled(Words::new(
            format!("这个时段只剩 {left} 个名额"),
            format!("Only {left} places are left in this session"),
        )),
    }
}
