//! Moving a booking. The same day is one transaction. Another day is another bucket: the booking stays good where it is
//! until the new day has taken it in, and is taken back there if the person came meanwhile.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tongma_capability::records::find;
use tongma_capability::reserve::{self, Booked};
use tongma_capability::{Desk, Step, Stop, queue};
use tongma_domain::{Date, Id, Outcome, Refusal, Words};

use super::arriving;
use super::booking::{self, Wanted, booked, visit_id};
use super::card::{come_already, full, no_booking};
use super::day::{self, Slot, Visit, VisitState};
use super::standing::noted;

/// The leg in the new day.
pub const IN: &str = "move.in";
/// The leg back in the old day.
pub const OUT: &str = "move.out";
/// The leg that takes it back in the new day.
pub const UNDO: &str = "move.undo";

#[derive(Debug, Serialize, Deserialize)]
struct In {
    old_day: Id,
    date: Date,
    slot: Slot,
    person: Id,
    matter: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Out {
    day: Id,
    new_day: Id,
    person: Id,
    answer: Result<Outcome, Refusal>,
}

/// Moves the holder's booking to another slot, of the same day or another.
pub fn begin(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let mut held = booking::changeable(desk, step)?;
    let to_date = step.input.date("to_date").unwrap_or(held.value.date);
    let slot = booking::bookable(step.venue, to_date, step.input.text("session").unwrap_or_default(), desk.now)?;
    if to_date == held.value.date {
        let session = day::open(desk.txn, step.venue, held.value.day, slot, false)?;
        return match reserve::move_to(desk.txn, held.value.id, &session, desk.now)? {
            Some(Booked::Full { .. }) => Err(full().into()),
            None => Err(no_booking().into()),
            Some(Booked::Again(_)) => Ok(booked(&held.value)),
            Some(Booked::Fresh(_)) => {
                held.value.slot = slot;
                let visit = day::keep(desk, held)?;
                queue::expect(desk.txn, &day::appointment(step.venue, &visit))?;
                log_moved(desk, step, &visit);
                Ok(booked(&visit))
            }
        };
    }
    held.value.state = VisitState::Moving { attempt: step.attempt };
    let Visit { person, matter, day: old_day, .. } = day::keep(desk, held)?;
    let new_day = queue::day_of(step.venue, to_date);
    desk.message(new_day.bucket(), IN, &In { old_day, date: to_date, slot, person, matter });
    Ok(Outcome::pending(step.attempt, Words::new("正在改期", "Moving your booking")))
}

/// In the new day: takes the booking in, or says why not.
pub fn arrive(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let In { old_day, date, slot, person, matter } = step.input.typed()?;
    let (id, new_day) = (visit_id(desk, step.attempt), queue::day_of(step.venue, date));
    let answer = match day::visit(desk.txn, id)? {
        Some(held) if held.value.state.lives() => Ok(booked(&held.value)),
        Some(_) => Err(full()),
        None => {
            match booking::enter(desk, step.venue, id, Wanted { date, slot, person, matter, first: false }) {
                Ok((visit, _)) => Ok(booked(&visit)),
                Err(Stop::Refused(refusal)) => Err(refusal),
                Err(store) => return Err(store),
            }
        }
    };
    desk.message(old_day.bucket(), OUT, &Out { day: old_day, new_day, person, answer });
    Ok(noted())
}

/// Back in the old day: gives the old place back, or, when it cannot move any more, has the new one taken back.
pub fn leave(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Out { day, new_day, person, answer } = step.input.typed()?;
    let held = day::of_person(desk.txn, day, person)?;
    let held = held.filter(|held| held.value.state == VisitState::Moving { attempt: step.attempt });
    let Some(mut held) = held else { return late(desk, step, (day, new_day), answer.is_ok()) };
    let answer = if day::has_come(desk.txn, held.value.id)? { Err(come_already()) } else { answer };
    if let Ok(outcome) = &answer {
        reserve::cancel(desk.txn, held.value.id)?;
        queue::withdraw(desk.txn, held.value.id)?;
        held.value.state = VisitState::Moved { attempt: step.attempt };
        let visit = day::keep(desk, held)?;
        let names = step.venue.names();
        let text = Words::new(
            format!("改期{}：{}", names.zh, outcome.message.zh),
            format!("Moved {}: {}", names.en, outcome.message.en),
        );
        desk.log(visit.person, text, &[], outcome.detail.clone());
    } else {
        held.value.state = VisitState::Booked;
        let visit = day::keep(desk, held)?;
        desk.message(new_day.bucket(), UNDO, &json!({}));
        arriving::close_what_came_back(desk, step.venue, visit.date)?;
    }
    desk.answer = Some(answer);
    Ok(noted())
}

/// The new day's answer finds no booking that waits for it: it came twice, or the booking is gone otherwise.
fn late(desk: &mut Desk<'_>, step: &Step<'_>, (day, new_day): (Id, Id), taken_in: bool) -> Result<Outcome, Stop> {
    let moved = find::<Visit>(desk.txn, "moved", day::moved_key(day, step.attempt), None, 1)?;
    if taken_in && moved.items.is_empty() {
        desk.message(new_day.bucket(), UNDO, &json!({}));
        desk.answer = Some(Err(no_booking()));
    }
    Ok(noted())
}

/// In the new day: the move did not happen.
pub fn undo(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let id = visit_id(desk, step.attempt);
    if let Some(mut held) = day::visit(desk.txn, id)?
        && held.value.state == VisitState::Booked
    {
        reserve::cancel(desk.txn, id)?;
        queue::withdraw(desk.txn, id)?;
        held.value.state = VisitState::Cancelled;
        day::keep(desk, held)?;
    }
    Ok(noted())
}

fn log_moved(desk: &mut Desk<'_>, step: &Step<'_>, visit: &Visit) {
    let (names, name) = (step.venue.names(), visit.slot.name());
    let text = Words::new(
        format!("改期{}：{} {name}", names.zh, visit.date),
        format!("Moved {} to {} at {name}", names.en, visit.date),
    );
    desk.log(visit.person, text, &[], json!({"date": visit.date, "session": name}));
}
