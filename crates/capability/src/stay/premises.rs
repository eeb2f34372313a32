//! Whether a house may take guests at all, by what is registered of it.

use tongma_domain::{Refusal, UnixMs, Venue, Words};

use super::refusals;

/// The limits a small house keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most rooms in the building.
    pub rooms: i64,
    /// The most floors.
    pub floors: i64,
    /// The largest floor area, in square metres.
    pub area_m2: i64,
}

/// Checks a house's registration, its certification and its size: at onboarding, and at every code.
///
/// # Errors
/// `homestay.not_registered`, `homestay.too_large`, `homestay.not_certified`.
pub fn in_order(venue: &Venue, limits: Limits, now: UnixMs) -> Result<(), Refusal> {
    let (premises, today) = (&venue.premises, now.date());
    if premises.certified("registration", today).is_none() {
        return Err(refusals::not_registered());
    }
    let sizes = [
        ("rooms", limits.rooms, ("间客房", "rooms")),
        ("floors", limits.floors, ("层", "floors")),
        ("area_m2", limits.area_m2, ("平方米", "square metres")),
    ];
    for (fact, most, (zh, en)) in sizes {
        let size = premises.fact(fact).filter(|size| *size > 0).ok_or_else(refusals::not_registered)?;
        if size > most {
            return Err(refusals::too_large().titled(Words::new(
                format!("登记为 {size} {zh}，超过民宿上限 {most}"),
                format!("Registered with {size} {en}; a homestay may have {most}"),
            )));
        }
    }
    if premises.certified("yueshangtong", today).is_none() {
        return Err(refusals::not_certified());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tongma_domain::{Certification, Date, Id, Premises, VenueState};

    fn house(facts: [(&str, i64); 3], certified_until: Option<&str>, registered: bool) -> Venue {
        let day = |text: &str| Date::parse(text).unwrap();
        let until = |text: &str| Certification { number: "Y1".into(), from: day("2026-01-01"), until: day(text) };
        let mut premises = Premises::default();
        premises.facts.extend(facts.map(|(name, value)| (name.to_owned(), value)));
        premises.certifications.extend(certified_until.map(|text| ("yueshangtong".to_owned(), until(text))));
        premises.certifications.extend(registered.then(|| ("registration".to_owned(), until("2030-01-01"))));
        let id = Id::derived(&[b"house"]);
        let (settings, things) = Default::default();
        Venue {
            id,
            organisation: id,
            name_zh: "家".into(),
            name_en: "Home".into(),
            state: VenueState::Open,
            scenarios: Vec::new(),
            settings,
            things,
            premises,
        }
    }

    #[test]
    fn each_limit_and_each_day_counts() {
        let limits = Limits { rooms: 14, floors: 4, area_m2: 800 };
        let at = |text: &str| Date::parse(text).unwrap().start().plus_s(3600);
        let check = |venue: Venue, day: &str, expect: &str| {
            let found = in_order(&venue, limits, at(day));
            assert_eq!(found.as_ref().map_or_else(tongma_domain::Refusal::code, |()| "ok"), expect, "{day}");
        };
        let whole = [("rooms", 14), ("floors", 4), ("area_m2", 800)];
        check(house(whole, Some("2026-12-31"), true), "2026-11-24", "ok");
        check(house(whole, Some("2026-12-31"), true), "2026-12-31", "ok");
        check(house(whole, Some("2026-12-31"), true), "2027-01-01", "homestay.not_certified");
        check(house(whole, None, true), "2026-11-24", "homestay.not_certified");
        check(house(whole, Some("2026-12-31"), false), "2026-11-24", "homestay.not_registered");
        for large in [
            [("rooms", 15), ("floors", 4), ("area_m2", 800)],
            [("rooms", 14), ("floors", 5), ("area_m2", 800)],
            [("rooms", 14), ("floors", 4), ("area_m2", 801)],
        ] {
            check(house(large, Some("2026-12-31"), true), "2026-11-24", "homestay.too_large");
        }
        check(
            house([("rooms", 0), ("floors", 4), ("area_m2", 800)], Some("2026-12-31"), true),
            "2026-11-24",
            "homestay.not_registered",
        );
    }
}
