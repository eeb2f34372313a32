//! 民宿入住登记: the host's phone scans the guests, or the guests scan the house's signed code and the host says yes.
//!
//! The rules of rooms, guests, minors and reports are those of hotels (`tongma_capability::stay`); two things differ. The
//! house must be in order (registration, size, 粤商通 certification) when it is opened and at every code; and the room opens
//! with a PIN that is given when everybody who was declared is registered.
//!
//! # A worked example
//! 1. The host writes down who is expected: `invite {order: "A7788", nights: 2, people: 2}`, and tells the guest the number.
//! 2. Ms Chen stands at the door and scans the code there: `arrive {order: "A7788", people: 2}`. Had somebody glued another
//!    house's code over it, that house would not know the order: `stay.other_house`, and nothing is recorded there.
//! 3. The host looks (a camera, a video call) and says `approve {number: "S0000001", room: "1", compared: "same"}`. The report
//!    goes out. The PIN does not come yet: two were declared.
//! 4. Her friend scans and is approved with `relation: "friend"`: the PIN is on both phones. A third person is refused as
//!    `stay.more_than_declared` until the host puts the number right with `declare`.

mod card;

use serde_json::Value;
use tongma_capability::stay::{self, Form, House, Limits, legs};
use tongma_capability::{Desk, Place, Scenario, Step, Stop};
use tongma_domain::{Card, Duty, Outcome, Refusal, UnixMs, Venue};

use self::card::{CARD, DUTY};

/// The scenario.
#[derive(Debug, Clone, Copy)]
pub struct Entry;

/// A homestay: a PIN at the door.
const HOUSE: House = House { card: &CARD, pin: true };

/// Actions that let somebody new in, and so need a house in order at that moment.
const ADMITTING: &[&str] = &["register", "register_minor", "register_foreigner", "arrive", "approve", "invite", "declare"];

impl Scenario for Entry {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        Ok(stay::place(step))
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        if ADMITTING.contains(&step.action) {
            self.may_serve(step.venue, desk.now)?;
        }
        match step.action {
            "add_room" => stay::add_room(desk, step),
            "invite" => stay::invite(desk, step, &HOUSE),
            "register" => stay::register(desk, step, &HOUSE, Form::Plain),
            "register_minor" => stay::register(desk, step, &HOUSE, Form::Minor),
            "register_foreigner" => stay::register(desk, step, &HOUSE, Form::Foreigner),
            "arrive" => stay::arrive(desk, step, &HOUSE),
            "approve" => stay::approve(desk, step, &HOUSE),
            "turn_away" => stay::turn_away(desk, step),
            "declare" => stay::declare(desk, step),
            "check_out" => stay::check_out(desk, step, &HOUSE),
            "left" => stay::left(desk, step, &HOUSE),
            "overview" => stay::overview(desk, step),
            "correct" => stay::correct(desk, step),
            "concern" => stay::concern(desk, step),
            legs::ANSWERED => stay::answered(desk, step),
            legs::SEND => stay::send(desk, step),
            legs::WATCH => stay::watch(desk, step),
            legs::NO_SHOW => stay::no_show(desk, step),
            _ => Err(stay::unknown_action().into()),
        }
    }

    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        stay::list(desk, step)
    }

    fn duty(&self) -> Option<&'static Duty> {
        Some(&DUTY)
    }

    fn may_serve(&self, venue: &Venue, now: UnixMs) -> Result<(), Refusal> {
        let limit = |id: &str| venue.setting(&CARD, id);
        let limits =
            Limits { rooms: limit("most_rooms"), floors: limit("most_floors"), area_m2: limit("most_area_m2") };
        stay::in_order(venue, limits, now)
    }
}
