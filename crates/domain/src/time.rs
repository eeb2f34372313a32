//! Time as an argument.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00Z. May be negative; arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct UnixMs(i64);

/// China Standard Time is eight hours ahead of UTC all year (GB/T 7408.1: no summer time since 1991).
const BEIJING_OFFSET_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

impl UnixMs {
    /// This many milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    /// Milliseconds after the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
    /// Whole seconds after the epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
    /// Later by so many seconds.
    #[must_use]
    pub const fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
    /// Later by so many days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY_MS)))
    }
    /// Milliseconds from `earlier` to this moment.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// The calendar date in Beijing.
    pub const fn date(self) -> Date {
        Date::from_days(self.0.saturating_add(BEIJING_OFFSET_MS).div_euclid(DAY_MS))
    }
    /// Minutes since midnight in Beijing, 0 to 1439.
    pub fn minute_of_day(self) -> u16 {
        let minutes = self.0.saturating_add(BEIJING_OFFSET_MS).rem_euclid(DAY_MS) / 60_000;
        u16::try_from(minutes).unwrap_or(0)
    }
    /// This moment as RFC 3339 text with Beijing's offset, to the second.
    pub fn to_rfc3339(self) -> String {
        let second = self.0.saturating_add(BEIJING_OFFSET_MS).div_euclid(1000).rem_euclid(86_400);
        format!("{}T{:02}:{:02}:{:02}+08:00", self.date(), second / 3600, second / 60 % 60, second % 60)
    }
    /// Hour and minute in Beijing, as `09:40`.
    pub fn to_clock_text(self) -> String {
        let minute = self.minute_of_day();
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }
}

/// A calendar date of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year, as written.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// The date so many days after 1970-01-01.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "every value is bounded by the divisions above it"
    )]
    pub const fn from_days(days: i64) -> Self {
        // Howard Hinnant's civil-from-days: eras of 400 years beginning on 1 March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
        let month = (if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }) as u8;
        let year = (year_of_era + era * 400 + (if month <= 2 { 1 } else { 0 })) as i32;
        Self { year, month, day }
    }

    /// Days since 1970-01-01.
    pub fn to_days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// The date written `YYYY-MM-DD`; `None` for any other spelling or a day that does not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// This date, if it exists.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        ((1..=12).contains(&month) && day >= 1 && Self::from_days(date.to_days()) == date).then_some(date)
    }

    /// The moment this date begins in Beijing.
    pub fn start(self) -> UnixMs {
        UnixMs::from_millis(self.to_days().saturating_mul(DAY_MS).saturating_sub(BEIJING_OFFSET_MS))
    }

    /// Whole years from this date of birth to `today`; someone born on 29 February turns a year older on 1 March.
    pub fn age_on(self, today: Self) -> i32 {
        today.year - self.year - i32::from((today.month, today.day) < (self.month, self.day))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a date is written YYYY-MM-DD"))
    }
}

/// The one place a process may learn the time from; the edge owns one and hands out `now`.
pub trait Clock: Send + Sync {
    /// The time of day, as well as this machine knows it.
    fn now(&self) -> UnixMs;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dates_and_day_numbers_are_inverse(days in -1_000_000_i64..1_000_000) {
            prop_assert_eq!(Date::from_days(days).to_days(), days);
        }
    }

    #[test]
    fn known_dates() {
        let check = |millis: i64, text: &str| assert_eq!(UnixMs::from_millis(millis).to_rfc3339(), text);
        check(0, "1970-01-01T08:00:00+08:00");
        check(1_709_136_000_000, "2024-02-29T00:00:00+08:00");
        assert_eq!(Date::parse("2023-02-29"), None);
        assert_eq!(Date::parse("2024-2-29"), None);
        assert_eq!(Date::parse("2008-02-29").unwrap().age_on(Date::parse("2026-02-28").unwrap()), 17);
    }
}
