//! The demo's houses: hotels with rooms, a homestay that is registered and certified, and one that is not.

use tongma_domain::{Certification, Date, Premises, UnixMs};

use super::venues::{Site, Stand};
use tongma_domain::PointKind;

/// The front desk of a hotel.
pub const FRONT_DESK: &[Stand] =
    &[Stand { name: ("前台", "Front desk"), kind: PointKind::Desk, scenario: "hotel_stay" }];
/// The host's own telephone.
pub const HOST: &[Stand] =
    &[Stand { name: ("房东手机", "The host's phone"), kind: PointKind::Desk, scenario: "homestay_stay" }];

/// The homestay of the demo that may take guests.
const REGISTERED: &str = "民宿（演示，已登记）";

/// A room: number, beds, and what a night costs in fen.
type RoomOf = (&'static str, i64, i64);

const HOTEL: &[RoomOf] =
    &[("801", 2, 38_000), ("802", 2, 38_000), ("803", 1, 29_800), ("901", 3, 46_800), ("902", 4, 58_000)];
const HOMESTAY: &[RoomOf] = &[("1", 2, 0), ("2", 2, 0), ("3", 4, 0)];

/// The rooms of a house, for the demo's first start.
pub fn rooms(scenario: &str) -> &'static [RoomOf] {
    match scenario {
        "hotel_stay" => HOTEL,
        "homestay_stay" => HOMESTAY,
        _ => &[],
    }
}

/// Whether a site of the demo may be opened: the homestay without registration is listed, and suspended.
pub fn may_open(site: &Site) -> bool {
    !site.scenarios.contains(&"homestay_stay") || site.name.0 == REGISTERED
}

/// What is registered of a house: the good homestay is within every limit and certified for a year from today.
pub fn premises(site: &Site, now: UnixMs) -> Premises {
    let mut premises = Premises::default();
    if !site.scenarios.contains(&"homestay_stay") {
        return premises;
    }
    let day = |ahead: i64| Date::from_days(now.date().to_days() + ahead);
    let good = |number: &str| Certification { number: number.to_owned(), from: day(-30), until: day(365) };
    let facts = if may_open(site) {
        [("rooms", 3), ("floors", 3), ("area_m2", 320)]
    } else {
        [("rooms", 16), ("floors", 5), ("area_m2", 900)]
    };
    premises.facts.extend(facts.map(|(name, value)| (name.to_owned(), value)));
    if may_open(site) {
        premises.certifications.insert("registration".to_owned(), good("演示民宿备案-0001"));
        premises.certifications.insert("yueshangtong".to_owned(), good("演示粤商通-0001"));
    }
    premises
}
