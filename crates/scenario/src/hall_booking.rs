//! 政务服务大厅预约办事: matter, date and slot are booked on the phone; on the day one scan gives the number.
//!
//! A hall's day is one thing: its slots, bookings and the decision whether it is open live in the bucket of that day, which
//! is also where numbers are given. The person's bucket holds what spans days: no-shows, the ban they bring, and the right
//! to book first after the hall itself has cancelled.
//!
//! # A worked example
//! 1. Mr Chen books: `book {date: "2026-11-25", session: "09:30", matter: "id_card"}`. His own bucket checks that he may,
//!    the day's bucket gives him a place of the slot, his own bucket notes the answer: three legs, each done once.
//! 2. He may `cancel` or `move` until two hours before. On the day, from 09:00 until 09:45, his code or the hall's gives a
//!    booked number; later he is a walk-in. Whoever does not come at all is a no-show: three in 90 days, and booking on the
//!    phone rests for 30 days. The hall serves him as a walk-in all the same.
//! 3. A typhoon: `set_day {date, open: "closed"}`. Every booking of the day is cancelled, so many at a time, and each person
//!    may book first: a full slot has some places more for them.

mod arriving;
mod booking;
mod calendar;
mod card;
mod day;
mod moving;
mod standing;
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
        if step.action == "book" {
            return Ok(Place::Holder);
        }
        let date = if step.action == "arrive" { None } else { step.input.date("date") };
        Ok(Place::Thing(queue::day_of(step.venue, date.unwrap_or(step.now.date()))))
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        match step.action {
            "book" => booking::begin(desk, step),
            "cancel" => booking::cancel(desk, step),
            "move" => moving::begin(desk, step),
            "arrive" => arriving::arrive(desk, step),
            "set_day" => arriving::set_day(desk, step),
            booking::IN => booking::arrive(desk, step),
            booking::OUT => booking::end(desk, step),
            moving::IN => moving::arrive(desk, step),
            moving::OUT => moving::leave(desk, step),
            moving::UNDO => moving::undo(desk, step),
            arriving::CANCEL_DAY => arriving::cancel_day(desk, step),
            arriving::DAY_OVER => arriving::day_over(desk, step),
            arriving::REMIND => arriving::remind(desk, step),
            standing::NO_SHOW => standing::no_show(desk, step),
            standing::FIRST => standing::first(desk, step),
            _ => Err(card::unknown_action().into()),
        }
    }

    /// `list` and `sessions` for the holder; for points `day`, how the slots of today are taken, without names.
    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        match (&step.cause, step.action) {
            (_, "sessions") => day::sessions_shown(desk, step),
            (Cause::Holder, "list") => day::own(desk, step),
            (Cause::Point, "list" | "day") => day::sheet(desk, step),
            _ => Ok(Vec::new()),
        }
    }
}
