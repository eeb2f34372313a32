//! Which days a hall works: the week, the State Council's arrangement of holidays, and working days in exchange (调休).
//!
//! The table holds what has been published; a hall sets single days otherwise itself (`set_day`), also those of a year whose
//! arrangement has not been published yet.

use tongma_domain::{Date, Venue};

use super::card::CARD;

/// Days off, first and last, as (year, month, day): the arrangement for 2026 (国办发明电〔2025〕7号).
const OFF: &[(Day, Day)] = &[
    ((2026, 1, 1), (2026, 1, 3)),
    ((2026, 2, 15), (2026, 2, 23)),
    ((2026, 4, 4), (2026, 4, 6)),
    ((2026, 5, 1), (2026, 5, 5)),
    ((2026, 6, 19), (2026, 6, 21)),
    ((2026, 9, 25), (2026, 9, 27)),
    ((2026, 10, 1), (2026, 10, 7)),
];
/// Weekend days worked in exchange.
const WORKED: &[Day] = &[(2026, 1, 4), (2026, 2, 14), (2026, 2, 28), (2026, 5, 9), (2026, 9, 20), (2026, 10, 10)];

type Day = (i32, u8, u8);

const fn day(date: Date) -> Day {
    (date.year, date.month, date.day)
}

/// Monday is 0.
fn weekday(date: Date) -> i64 {
    (date.to_days() + 3).rem_euclid(7)
}

/// Whether a hall works on this date, as long as it has not said otherwise for the single day.
pub fn works(venue: &Venue, date: Date) -> bool {
    let by_week = venue.setting(&CARD, "weekdays") >> weekday(date) & 1 == 1;
    if venue.setting(&CARD, "national_calendar") == 0 {
        return by_week;
    }
    let day = day(date);
    if WORKED.contains(&day) {
        return true;
    }
    by_week && !OFF.iter().any(|(first, last)| (*first..=*last).contains(&day))
}

/// How many working days lie after `today`, up to and with `date`; 0 when it is not after it.
pub fn working_days_ahead(venue: &Venue, today: Date, date: Date) -> i64 {
    let (today, date) = (today.to_days(), date.to_days());
    // Nobody books further ahead than a year; the count need not go on after that.
    let days = (today + 1..=date.min(today + 366)).filter(|day| works(venue, Date::from_days(*day)));
    i64::try_from(days.count()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use tongma_domain::{Id, VenueState};

    fn venue(settings: &[(&str, i64)]) -> Venue {
        let settings = settings.iter().map(|(id, value)| (format!("hall_booking.{id}"), *value)).collect();
        let id = Id::derived(&[b"hall"]);
        let (name_zh, name_en) = ("大厅".into(), "Hall".into());
        let state = VenueState::Open;
        let (things, premises) = (BTreeMap::new(), tongma_domain::Premises::default());
        Venue { id, organisation: id, name_zh, name_en, state, scenarios: vec![], settings, things, premises }
    }

    #[test]
    fn weekends_holidays_and_days_in_exchange() {
        let hall = venue(&[]);
        let check = |date: &str, open: bool| assert_eq!(works(&hall, Date::parse(date).unwrap()), open, "{date}");
        check("2026-11-24", true);
        check("2026-11-28", false);
        check("2026-10-01", false);
        check("2026-10-07", false);
        check("2026-10-08", true);
        check("2026-10-10", true);
        check("2026-09-20", true);
        check("2026-02-16", false);
        check("2026-02-14", true);
        let always = venue(&[("national_calendar", 0), ("weekdays", 127)]);
        assert!(works(&always, Date::parse("2026-10-01").unwrap()));
    }

    #[test]
    fn working_days_are_counted_over_a_holiday() {
        let hall = venue(&[]);
        let count = |today: &str, date: &str| {
            working_days_ahead(&hall, Date::parse(today).unwrap(), Date::parse(date).unwrap())
        };
        assert_eq!(count("2026-11-24", "2026-11-24"), 0);
        assert_eq!(count("2026-11-24", "2026-11-25"), 1);
        assert_eq!(count("2026-11-26", "2026-11-30"), 2);
        assert_eq!(count("2026-09-30", "2026-10-08"), 1);
        assert_eq!(count("2026-09-30", "2026-10-12"), 4);
    }
}
