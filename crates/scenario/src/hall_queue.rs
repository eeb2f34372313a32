//! 政务服务大厅扫码取号: one scan gives a number (the booking is found, else as a walk-in); counters call in the published
//! order; the board shows masked names; afterwards the service is rated.
//!
//! A hall's day is one thing: its id follows from venue and date, and the lines, tickets, counters and ratings of that day
//! live in its bucket. The person's bucket holds a mirror of the ticket and the log.
//!
//! # A worked example
//! 1. Mr Chen shows his code at a kiosk, or scans the hall's code with his phone: `take {}`. He has a booking for 09:30, so
//!    he gets `A012` among the booked; without one he is asked for the matter and waits among the walk-ins.
//! 2. Counter 3 opens (`open_counter {}`), and calls (`call {}`): A012. Nobody comes: `recall {}`, twice, then `pass {}`.
//! 3. Mr Chen is back within half an hour: `back {ticket}` on the phone, or the kiosk once more. Three others go first.
//! 4. `call`, `serve`, `done`. His phone asks for a rating: `rate {ticket, stars: 5}`. The hall sees stars, not names.
//! 5. A kiosk without network gives numbers of its own block, `AK1-007`, and hands them over afterwards: `Cause::Fact` with
//!    `{"number", "matter", "text"}`. They wait by the time they were taken; what does not fit is a named difference.

mod card;
mod counter;
mod hall;
mod numbers;
mod rating;
mod shown;
#[cfg(test)]
mod tests;

use serde_json::Value;
use tongma_capability::{Cause, Desk, Place, Scenario, Step, Stop, queue};
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
        if step.action == "kiosk_block" {
            return Ok(Place::Thing(step.venue.thing(hall::KIOSKS)));
        }
        if let Some(ticket) = step.input.reference("ticket") {
            return Ok(Place::Thing(ticket));
        }
        let date = match &step.cause {
            Cause::Fact { happened_at, .. } => happened_at.date(),
            _ => step.input.date("date").unwrap_or(step.now.date()),
        };
        Ok(Place::Thing(queue::day_of(step.venue, date)))
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        match (&step.cause, step.action) {
            (Cause::Fact { happened_at, evidence }, "take") => numbers::fact(desk, step, *happened_at, evidence),
            (_, "take") => numbers::take(desk, step),
            (_, "back") => numbers::back(desk, step),
            (_, "leave") => numbers::leave(desk, step),
            (_, "rate") => rating::rate(desk, step),
            (_, "open_counter") => counter::open(desk, step),
            (_, "call") => counter::call(desk, step),
            (_, "recall") => counter::recall(desk, step),
            (_, "serve") => counter::serve(desk, step),
            (_, "done") => counter::done(desk, step),
            (_, "pass") => counter::pass(desk, step),
            (_, "transfer") => counter::transfer(desk, step),
            (_, "close_counter") => counter::close(desk, step),
            (_, "kiosk_block") => numbers::kiosk_block(desk, step),
            (_, hall::MIDNIGHT) => counter::midnight(desk, step),
            (_, hall::LAPSE) => numbers::lapse(desk, step),
            (_, rating::CLOSE) => rating::close(desk, step),
            _ => Err(card::unknown_action().into()),
        }
    }

    /// `list` for the holder: own numbers with people ahead now. For points: `list` and `board`, `differences`, `ratings`.
    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        match (&step.cause, step.action) {
            (Cause::Holder, "list") => shown::own(desk, step),
            (Cause::Point, "list" | "board") => shown::board(desk, step),
            (Cause::Point, "differences") => shown::differences(desk, step),
            (Cause::Point, "ratings") => rating::list(desk, step),
            _ => Ok(Vec::new()),
        }
    }
}
