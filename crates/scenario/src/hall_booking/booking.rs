//! Booking in three legs, each done once: the person's bucket says whether they may, the day's bucket gives the place, the
//! person's bucket keeps the answer. And giving a booking up.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::records::{Held, create};
use tongma_capability::reserve::{self, Ask, Booked};
use tongma_capability::{Cause, Desk, Schema, Step, Stop, derived_in, queue};
use tongma_domain::{Bucket, Date, Id, Outcome, Refusal, Text, UnixMs, Venue, Words};

use super::card::{
    self, CARD, already_booked, bad_date, closed_day, come_already, full, no_booking, no_slot, slot_over, too_early,
    too_far, too_late,
};
use super::day::{self, Slot, Visit, VisitState};
use super::standing::{self, noted};
use super::{arriving, calendar};

/// The leg in the day's bucket.
pub const IN: &str = "book.in";
/// The leg back in the person's bucket.
pub const OUT: &str = "book.out";

#[derive(Debug, Serialize, Deserialize)]
struct In {
    person: Id,
    home: Bucket,
    date: Date,
    slot: Slot,
    matter: String,
    first: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Out {
    person: Id,
    used_first: bool,
    answer: Result<Outcome, Refusal>,
}

/// What is wanted of a day.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub date: Date,
    pub slot: Slot,
    pub person: Id,
    pub matter: String,
    pub first: bool,
}

/// In the person's bucket: may they, and is it a slot that can be booked?
pub fn begin(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let person = step.holder()?.person;
    let standing = standing::of(desk.txn, step.venue, person)?;
    // What rests is booking on the phone: a clerk who helps may book, as the hall sees fit.
    if step.cause == Cause::Holder {
        standing.may_book(desk.now)?;
    }
    let date = step.input.date("date").ok_or_else(bad_date)?;
    let slot = bookable(step.venue, date, step.input.text("session").unwrap_or_default(), desk.now)?;
    let matter = step.input.text("matter").unwrap_or("general").to_owned();
    let (first, home) = (standing.books_first(desk.now), desk.txn.bucket());
    let day = queue::day_of(step.venue, date);
    desk.message(day.bucket(), IN, &In { person, home, date, slot, matter, first });
    Ok(Outcome::pending(step.attempt, Words::new("正在预约", "Booking")))
}

/// A slot that may still be booked, as far as it can be told without looking at the day.
pub fn bookable(venue: &Venue, date: Date, name: &str, now: UnixMs) -> Result<Slot, Refusal> {
    let setting = |id: &str| venue.setting(&CARD, id);
    let (today, least) = (now.date(), setting("days_ahead_least"));
    if date < today || (least > 0 && date == today) {
        return Err(too_early());
    }
    let ahead = calendar::working_days_ahead(venue, today, date);
    if ahead > setting("days_ahead_most") {
        return Err(too_far());
    }
    if ahead < least && calendar::works(venue, date) {
        return Err(too_early());
    }
    let slot = day::slot_named(venue, date, name).ok_or_else(no_slot)?;
    if slot.start <= now { Err(slot_over()) } else { Ok(slot) }
}

/// The id of the booking an attempt makes in this day.
pub fn visit_id(desk: &Desk<'_>, attempt: Id) -> Id {
    derived_in(desk.txn.bucket(), &[b"hall_visit", attempt.as_bytes()])
}

/// In the day's bucket: a place of the slot, or why not. Coming again, it says the same as long as that still stands.
pub fn arrive(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let In { person, home, date, slot, matter, first } = step.input.typed()?;
    let id = visit_id(desk, step.attempt);
    let wanted = Wanted { date, slot, person, matter, first };
    let (answer, used_first) = match day::visit(desk.txn, id)? {
        Some(held) if held.value.state.lives() => (Ok(booked(&held.value)), false),
        Some(_) => (Err(no_booking()), false),
        None => match enter(desk, step.venue, id, wanted) {
            Ok((visit, used_first)) => {
                log_booked(desk, step.venue, &visit);
                (Ok(booked(&visit)), used_first)
            }
            Err(Stop::Refused(refusal)) => (Err(refusal), false),
            Err(store) => return Err(store),
        },
    };
    desk.message(home, OUT, &Out { person, used_first, answer });
    Ok(noted())
}

/// Takes the place and writes the booking, or says why not. Also used when a booking moves in from another day. The flag
/// says whether a place kept for those who may book first was taken.
pub fn enter(desk: &mut Desk<'_>, venue: &Venue, id: Id, wanted: Wanted) -> Result<(Visit, bool), Stop> {
    let Wanted { date, slot, person, matter, first } = wanted;
    let day = queue::day_of(venue, date);
    if !day::is_open(desk.txn, venue, date)? {
        return Err(closed_day().into());
    }
    if day::of_person(desk.txn, day, person)?.is_some() {
        return Err(already_booked().into());
    }
    let ask = Ask { booking: id, person, places: 1, hold_until: None };
    let session = day::open(desk.txn, venue, day, slot, false)?;
    let mut used_first = false;
    if let Booked::Full { .. } = reserve::book(desk.txn, &session, &ask, desk.now)? {
        if !first {
            return Err(full().into());
        }
        let session = day::open(desk.txn, venue, day, slot, true)?;
        if let Booked::Full { .. } = reserve::book(desk.txn, &session, &ask, desk.now)? {
            return Err(full().into());
        }
        used_first = true;
    }
    let visit = Visit { v: Schema, id, day, date, person, matter, slot, state: VisitState::Booked, revision: 1 };
    create(desk.txn, id, &visit)?;
    queue::expect(desk.txn, &day::appointment(venue, &visit))?;
    day::mirror(desk, &visit);
    desk.timer(arriving::day_ends(venue, date), arriving::DAY_OVER, &json!({"visit": id}));
    let evening = date.start().plus_s(-6 * 3600);
    if desk.now < evening {
        desk.timer(evening, arriving::REMIND, &json!({"visit": id}));
    }
    Ok((visit, used_first))
}

fn log_booked(desk: &mut Desk<'_>, venue: &Venue, visit: &Visit) {
    let (names, name) = (venue.names(), visit.slot.name());
    let text = Words::new(
        format!("预约{} {} {name}", names.zh, visit.date),
        format!("Booked {} on {} at {name}", names.en, visit.date),
    );
    desk.log(visit.person, text, &[], json!({"date": visit.date, "session": name}));
}

/// Back in the person's bucket: the answer that the app is waiting for.
pub fn end(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Out { person, used_first, answer } = step.input.typed()?;
    if used_first {
        standing::use_first(desk.txn, step.venue, person)?;
    }
    desk.answer = Some(answer);
    Ok(noted())
}

/// Gives the place back, in time.
pub fn cancel(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let mut held = changeable(desk, step)?;
    reserve::cancel(desk.txn, held.value.id)?;
    queue::withdraw(desk.txn, held.value.id)?;
    held.value.state = VisitState::Cancelled;
    let visit = day::keep(desk, held)?;
    let (names, name) = (step.venue.names(), visit.slot.name());
    let text = Words::new(
        format!("取消预约{} {} {name}，不计未到", names.zh, visit.date),
        format!("Cancelled {} on {} at {name}; it does not count as missed", names.en, visit.date),
    );
    desk.log(visit.person, text.clone(), &[], json!({"date": visit.date}));
    Ok(Outcome::done(Text::new("已取消", "Cancelled"), text, json!({"date": visit.date})))
}

/// The holder's booking of the named date, if it may still be changed.
pub fn changeable(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Held<Visit>, Stop> {
    let date = step.input.date("date").ok_or_else(bad_date)?;
    let day = queue::day_of(step.venue, date);
    let held = day::of_person(desk.txn, day, step.holder()?.person)?.ok_or_else(no_booking)?;
    if matches!(held.value.state, VisitState::Moving { .. }) {
        return Err(card::moving().into());
    }
    if day::has_come(desk.txn, held.value.id)? {
        return Err(come_already().into());
    }
    let before = 60 * step.venue.setting(&CARD, "cancel_before_min");
    if desk.now > held.value.slot.start.plus_s(-before) {
        return Err(too_late().into());
    }
    Ok(held)
}

/// The answer to a booking.
pub fn booked(visit: &Visit) -> Outcome {
    let name = visit.slot.name();
    let words = Words::new(format!("{} {name}", visit.date), format!("{} at {name}", visit.date));
    let detail: Value = json!({"date": visit.date, "session": name, "matter": visit.matter});
    Outcome::done(Text::new("已预约", "Booked"), words, detail)
}
