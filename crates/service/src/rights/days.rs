//! Deadlines.

use tongma_domain::UnixMs;

/// Working days within which a demand is answered: the longest that the rules for apps allow (App 违法违规收集使用个人信息行为
/// 认定方法, article 6).
const WORKING_DAYS: u32 = 15;
/// Days within which it is answered at the latest (GB/T 35273-2020 clause 8.7).
const MOST_DAYS: i64 = 30;

/// Until when a demand made at this moment has to be answered: the end, in Beijing, of the fifteenth working day after it.
/// Saturdays and Sundays do not count; public holidays do, so that the deadline is never too late.
pub fn deadline(asked: UnixMs) -> UnixMs {
    let mut day = asked.date().to_days();
    let mut left = WORKING_DAYS;
    while left > 0 {
        day += 1;
        // 1970-01-01 was a Thursday.
        if !matches!((day + 4).rem_euclid(7), 0 | 6) {
            left -= 1;
        }
    }
    let end = UnixMs::from_millis(((day + 1) * 24 - 8) * 3_600_000 - 1);
    end.min(asked.plus_days(MOST_DAYS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_working_days_and_never_more_than_thirty_days() {
        let at = |text: &str, hour: i64| {
            let days = tongma_domain::Date::parse(text).unwrap().to_days();
            UnixMs::from_millis((days * 24 + hour - 8) * 3_600_000)
        };
        for (asked, hour, due) in [
            ("2026-11-23", 9, "2026-12-14"),  // a Monday
            ("2026-11-23", 23, "2026-12-14"), // late at night
            ("2026-11-27", 9, "2026-12-18"),  // a Friday
            ("2026-11-28", 9, "2026-12-18"),  // a Saturday
            ("2026-11-29", 0, "2026-12-18"),  // a Sunday
        ] {
            let found = deadline(at(asked, hour));
            assert_eq!(found, UnixMs::from_millis(at(due, 24).as_millis() - 1), "{asked}");
            assert!(found <= at(asked, hour).plus_days(30));
        }
    }
}
