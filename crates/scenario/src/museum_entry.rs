//! 博物馆扫码进馆: a session booked with companions, a gate that lets k of n in and counts them out, also without network.
//!
//! A museum's day is one thing: its id follows from venue and date, and sessions, bookings, passages and the headcount
//! of that day live in its bucket. The person's bucket holds a mirror of the booking and the log.
//!
//! # A worked example
//! 1. Mrs Huang books in the app: `book {date: "2026-11-23", session: "09:00", companions: {adults: 1, children: 2}}`.
//!    Four places of the session are hers; the booking has a pass for gates and a ten-digit number for staff.
//! 2. At the gate she shows her code: `admit {}` lets all four in, `admit {people: 3}` three of them, one later.
//! 3. The gate loses its network. It decides from the bundle of that morning (`list` with the action `bundle`: pass,
//!    party, admitted so far, window) and hands over afterwards what happened: `Cause::Fact` with the evidence
//!    `{"booking": <last 16 digits of the pass>, "people": 3}`, or `{"number": <booking number>}`. What fits is booked; a pass used at two gates is booked as well, and named `double_use`,
//!    owned by the museum's gate duty (`list` with the action `differences`).

mod booking;
mod card;
mod day;
mod gate;
mod moving;
mod standing;
#[cfg(test)]
mod tests;

use serde_json::Value;
use tongma_capability::{Cause, Desk, Place, Scenario, Step, Stop};
use tongma_domain::{Card, Outcome, Refusal};

use self::card::CARD;

/// The scenario.
#[derive(Debug, Clone, Copy)]
pub struct Entry;

impl Scenario for Entry {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        let date = match (&step.cause, step.action) {
            // Whether they may is a matter of the person's own standing; the day then gives the places.
            (Cause::Holder, "book") => return Ok(Place::Holder),
            (_, moving::IN | moving::OUT | moving::UNDO | booking::IN | booking::OVER) => {
                return step.input.reference("day").map(Place::Thing).ok_or_else(card::no_booking);
            }
            (Cause::Fact { happened_at, .. }, _) => happened_at.date(),
            (_, "admit" | "exit") => step.now.date(),
            _ => step.input.date("date").unwrap_or(step.now.date()),
        };
        Ok(Place::Thing(day::id_of(step.venue, date)))
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        match (&step.cause, step.action) {
            (Cause::Fact { happened_at, evidence }, "admit" | "exit") => gate::fact(desk, step, *happened_at, evidence),
            (_, "admit") => gate::admit(desk, step),
            (_, "exit") => gate::exit(desk, step),
            (_, "book") => booking::begin(desk, step),
            (_, booking::IN) => booking::arrive(desk, step),
            (_, booking::OUT) => booking::end(desk, step),
            (_, booking::OVER) => booking::over(desk, step),
            (_, standing::NO_SHOW) => standing::no_show(desk, step),
            (_, standing::CAME) => standing::came(desk, step),
            (_, "cancel") => booking::cancel(desk, step),
            (_, "move") => moving::begin(desk, step),
            (_, moving::IN) => moving::arrive(desk, step),
            (_, moving::OUT) => moving::leave(desk, step),
            (_, moving::UNDO) => moving::undo(desk, step),
            _ => Err(card::unknown_action().into()),
        }
    }

    /// `list` and `sessions` for the holder; `bundle` and `differences` for points. The bundle names persons for the
    /// platform alone, which turns them into handle prefixes; it never leaves as it is.
    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        match (&step.cause, step.action) {
            (_, "sessions") => day::sessions_shown(desk, step),
            (Cause::Point | Cause::Timer, "bundle") => day::bundle(desk, step),
            (Cause::Point, "differences") => day::differences(desk, step),
            (Cause::Holder, "list") => day::own(desk, step),
            _ => Ok(Vec::new()),
        }
    }
}
