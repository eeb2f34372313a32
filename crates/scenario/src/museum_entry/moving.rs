//! Moving a visit. The same day is one transaction. Another day is another bucket: the visit stays good where it is
//! until the new day has taken it in, and is taken back there if it was used meanwhile.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tongma_capability::reserve::{self, Booked};
use tongma_capability::{Desk, Step, Stop, admit};
use tongma_domain::{Date, Id, Outcome, Refusal, Text, Words};

use super::booking::{self, booked, visit_id};
use super::card::{already_in, full};
use super::day::{self, Party, Visit, VisitState, Window};

/// The leg in the new day.
pub const IN: &str = "move.in";
/// The leg back in the old day.
pub const OUT: &str = "move.out";
/// The leg that takes it back in the new day.
pub const UNDO: &str = "move.undo";

#[derive(Debug, Serialize, Deserialize)]
struct In {
    day: Id,
    old_day: Id,
    date: Date,
    window: Window,
    person: Id,
    party: Party,
}

#[derive(Debug, Serialize, Deserialize)]
struct Out {
    day: Id,
    new_day: Id,
    person: Id,
    answer: Result<Outcome, Refusal>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Undo {
    day: Id,
}

/// Moves the holder's visit to another session, of the same day or another.
pub fn begin(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let mut held = booking::changeable(desk, step)?;
    let to_date = step.input.date("to_date").unwrap_or(held.value.date);
    let window = booking::bookable(step.venue, to_date, step.input.text("session").unwrap_or_default(), desk.now)?;
    if to_date == held.value.date {
        let session = day::open(desk.txn, step.venue, held.value.day, window)?;
        return match reserve::move_to(desk.txn, held.value.id, &session, desk.now)? {
            Some(Booked::Full { .. }) => Err(full().into()),
            None => Err(super::card::no_booking().into()),
            Some(Booked::Again(_)) => Ok(booked(&held.value)),
            Some(Booked::Fresh(_)) => {
                held.value.window = window;
                let visit = day::keep(desk, held)?;
                log_moved(desk, step, &visit);
                Ok(booked(&visit))
            }
        };
    }
    held.value.state = VisitState::Moving { attempt: step.attempt };
    let visit = day::keep(desk, held)?;
    let new_day = day::id_of(step.venue, to_date);
    let Visit { person, party, day: old_day, .. } = visit;
    desk.message(new_day.bucket(), IN, &In { day: new_day, old_day, date: to_date, window, person, party });
    Ok(Outcome::pending(step.attempt, Words::new("正在改期", "Moving your booking")))
}

/// In the new day: takes the visit in, or says why not. Coming again, it says the same as long as it still stands.
pub fn arrive(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let In { day, old_day, date, window, person, party } = step.input.typed()?;
    let id = visit_id(desk, step.attempt);
    let answer = match day::visit(desk.txn, id)? {
        Some(held) if held.value.state.lives() => Ok(booked(&held.value)),
        Some(_) => Err(full()),
        None => match booking::enter(desk, step.venue, (id, day, date), person, window, party) {
            Ok(visit) => Ok(booked(&visit)),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(store) => return Err(store),
        },
    };
    desk.message(old_day.bucket(), OUT, &Out { day: old_day, new_day: day, person, answer });
    Ok(noted())
}

/// Back in the old day: gives the old places back, or, when it cannot move any more, has the new ones taken back.
pub fn leave(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Out { day, new_day, person, answer } = step.input.typed()?;
    let held = day::of_person(desk.txn, day, person)?;
    let held = held.filter(|held| held.value.state == VisitState::Moving { attempt: step.attempt });
    let Some(mut held) = held else { return late(desk, step, day, new_day, answer.is_ok()) };
    let used = admit::presence(desk.txn, day, held.value.id)?.is_some_and(|presence| presence.entered > 0);
    let answer = if used { Err(already_in()) } else { answer };
    if let Ok(outcome) = &answer {
        reserve::cancel(desk.txn, held.value.id)?;
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
        day::keep(desk, held)?;
        desk.message(new_day.bucket(), UNDO, &Undo { day: new_day });
    }
    desk.answer = Some(answer);
    Ok(noted())
}

/// The answer of the new day finds no visit that waits for it: it came twice, or the visit is gone otherwise.
fn late(desk: &mut Desk<'_>, step: &Step<'_>, day: Id, new_day: Id, taken_in: bool) -> Result<Outcome, Stop> {
    let moved = moved_by(desk, step, day)?;
    if taken_in && !moved {
        desk.message(new_day.bucket(), UNDO, &Undo { day: new_day });
    }
    Ok(noted())
}

fn moved_by(desk: &mut Desk<'_>, step: &Step<'_>, day: Id) -> Result<bool, Stop> {
    let visits =
        tongma_capability::records::find::<Visit>(desk.txn, "moved", day::moved_key(day, step.attempt), None, 1)?;
    Ok(!visits.items.is_empty())
}

/// In the new day: the move did not happen.
pub fn undo(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let id = visit_id(desk, step.attempt);
    if let Some(mut held) = day::visit(desk.txn, id)?
        && held.value.state == VisitState::Booked
    {
        reserve::cancel(desk.txn, id)?;
        held.value.state = VisitState::Cancelled;
        day::keep(desk, held)?;
    }
    Ok(noted())
}

fn log_moved(desk: &mut Desk<'_>, step: &Step<'_>, visit: &Visit) {
    let names = step.venue.names();
    let text = Words::new(
        format!("改期{}：{} {}", names.zh, visit.date, visit.window.name()),
        format!("Moved {} to {} at {}", names.en, visit.date, visit.window.name()),
    );
    desk.log(visit.person, text, &[], json!({"booking_number": visit.number}));
}

fn noted() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), serde_json::Value::Null)
}
