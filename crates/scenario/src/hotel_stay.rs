//! 酒店入住登记: every guest shows the own code, the police have the report, the hotel has a name and a stay.
//!
//! Everything of a hotel is decided in the bucket of its house (`Place::Thing(venue.thing("house"))`): rooms, bookings,
//! stays, folios and the state of every report. What the police are told of a person never passes the hotel.
//!
//! # A worked example
//! 1. The hotel registers a room: `add_room {room: "801", beds: 2, rate: 38000}`.
//! 2. Mr Lin shows his code, the clerk compares him with his document: `register {room: "801", compared: "same", nights: 2}`.
//!    The report goes out; its receipt comes a moment later, or hours later, and nothing waits for it.
//! 3. His daughter is ten: `register` is refused as `stay.minor_form`; `register_minor {room: "801", relation: "child",
//!    guardian_phone: …, guardian_is: "father", company: "guardian", …}` is not.
//! 4. `deposit {}` asks him on the phone and takes it from the purse; `give_key {}` hands the key to him; both are in the house.
//! 5. `check_out {}` of the last guest takes the bill from the deposit, or is refused as `stay.unpaid`; the rest goes back.

mod card;
#[cfg(test)]
mod tests;

use serde_json::Value;
use tongma_capability::charge::payer;
use tongma_capability::stay::{self, Form, House, legs};
use tongma_capability::{Desk, Place, Scenario, Step, Stop};
use tongma_domain::{Card, Duty, Outcome, Refusal};

use self::card::{CARD, DUTY};

/// The scenario.
#[derive(Debug, Clone, Copy)]
pub struct Entry;

/// A hotel: a key at the desk.
const HOUSE: House = House { card: &CARD, pin: false };

impl Scenario for Entry {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        Ok(payer::place(step).unwrap_or_else(|| stay::place(step)))
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        if let Some(outcome) = payer::leg(desk, step)? {
            return Ok(outcome);
        }
        match step.action {
            "add_room" => stay::add_room(desk, step),
            "register" => stay::register(desk, step, &HOUSE, Form::Plain),
            "register_minor" => stay::register(desk, step, &HOUSE, Form::Minor),
            "register_foreigner" => stay::register(desk, step, &HOUSE, Form::Foreigner),
            "arrive" => stay::arrive(desk, step, &HOUSE),
            "approve" => stay::approve(desk, step, &HOUSE),
            "turn_away" => stay::turn_away(desk, step),
            "give_key" => stay::give_key(desk, step),
            "deposit" => stay::deposit(desk, step, &HOUSE),
            "pay" => stay::pay(desk, step, &HOUSE),
            "add_extra" => stay::add_extra(desk, step),
            "reserve" => stay::reserve(desk, step, &HOUSE),
            "cancel" => stay::cancel(desk, step),
            "extend" => stay::extend(desk, step, &HOUSE),
            "move" => stay::move_room(desk, step, &HOUSE),
            "check_out" => stay::check_out(desk, step, &HOUSE),
            "visit" => stay::visit(desk, step, &HOUSE),
            "visitor_left" => stay::visitor_left(desk, step, &HOUSE),
            "overview" => stay::overview(desk, step),
            "correct" => stay::correct(desk, step),
            "patrol" => stay::patrol(desk, step),
            "concern" => stay::concern(desk, step),
            legs::ANSWERED => stay::answered(desk, step),
            legs::SEND => stay::send(desk, step),
            legs::WATCH => stay::watch(desk, step),
            legs::VISIT_OVER => stay::overdue(desk, step),
            legs::NO_SHOW => stay::no_show(desk, step),
            legs::SETTLE => stay::settle(desk, step),
            legs::DECLINE => stay::decline(desk, step),
            legs::REFUND => stay::refund(desk, step),
            _ => Err(stay::unknown_action().into()),
        }
    }

    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        stay::list(desk, step)
    }

    fn duty(&self) -> Option<&'static Duty> {
        Some(&DUTY)
    }
}
