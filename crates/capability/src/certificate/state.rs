//! The states a certificate can be in, by the two digits that certificate stores exchange.

use serde::{Deserialize, Serialize};
use tongma_domain::{Date, Text, UnixMs};

/// A state, as the certificate's issuer reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// 有效: in force.
    #[serde(rename = "01")]
    Valid,
    /// 暂扣: held back for a time; may come back.
    #[serde(rename = "02")]
    Suspended,
    /// 撤销: taken back, as if wrongly given.
    #[serde(rename = "03")]
    Withdrawn,
    /// 注销: ended in the ordinary way.
    #[serde(rename = "04")]
    Cancelled,
    /// 失效: lapsed, or replaced by a newer version.
    #[serde(rename = "05")]
    Lapsed,
    /// 迁出: moved to another issuer.
    #[serde(rename = "06")]
    MovedOut,
    /// 吊销: revoked as a sanction.
    #[serde(rename = "07")]
    Revoked,
    /// 其他: anything else; nobody should rely on it until the issuer has said more.
    #[serde(rename = "99")]
    Other,
}

impl State {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::Valid,
        Self::Suspended,
        Self::Withdrawn,
        Self::Cancelled,
        Self::Lapsed,
        Self::MovedOut,
        Self::Revoked,
        Self::Other,
    ];

    /// Its two digits.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Valid => "01",
            Self::Suspended => "02",
            Self::Withdrawn => "03",
            Self::Cancelled => "04",
            Self::Lapsed => "05",
            Self::MovedOut => "06",
            Self::Revoked => "07",
            Self::Other => "99",
        }
    }

    /// The state of two digits.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the certificate may come back from here: one held back or not yet explained may, an ended one may not.
    pub const fn may_change(self) -> bool {
        matches!(self, Self::Valid | Self::Suspended | Self::Other)
    }

    /// Its name.
    pub const fn name(self) -> Text {
        match self {
            Self::Valid => Text::new("有效", "Valid"),
            Self::Suspended => Text::new("暂扣", "Suspended"),
            Self::Withdrawn => Text::new("撤销", "Withdrawn"),
            Self::Cancelled => Text::new("注销", "Cancelled"),
            Self::Lapsed => Text::new("失效", "Lapsed"),
            Self::MovedOut => Text::new("迁出", "Moved out"),
            Self::Revoked => Text::new("吊销", "Revoked"),
            Self::Other => Text::new("其他（请向发证机关核实）", "Other (ask the issuer)"),
        }
    }
}

/// What a certificate is worth at a moment: its state, and where that is valid, its dates. A result, never an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// In force.
    Good,
    /// Its first day has not come.
    NotYet,
    /// Its last day is over, or a newer version took its place (05).
    Lapsed,
    /// 02.
    Suspended,
    /// 03.
    Withdrawn,
    /// 04.
    Cancelled,
    /// 06.
    MovedOut,
    /// 07.
    Revoked,
    /// 99.
    Other,
}

impl Standing {
    /// The standing of a state between two dates (both days count) at a moment.
    pub fn of(state: State, (from, until): (Date, Option<Date>), now: UnixMs) -> Self {
        match state {
            State::Valid if now < from.start() => Self::NotYet,
            State::Valid if until.is_some_and(|until| now.date() > until) => Self::Lapsed,
            State::Valid => Self::Good,
            State::Suspended => Self::Suspended,
            State::Withdrawn => Self::Withdrawn,
            State::Cancelled => Self::Cancelled,
            State::Lapsed => Self::Lapsed,
            State::MovedOut => Self::MovedOut,
            State::Revoked => Self::Revoked,
            State::Other => Self::Other,
        }
    }

    /// Its name, for people.
    pub const fn name(self) -> Text {
        match self {
            Self::Good => State::Valid.name(),
            Self::NotYet => Text::new("尚未生效", "Not yet valid"),
            Self::Lapsed => State::Lapsed.name(),
            Self::Suspended => State::Suspended.name(),
            Self::Withdrawn => State::Withdrawn.name(),
            Self::Cancelled => State::Cancelled.name(),
            Self::MovedOut => State::MovedOut.name(),
            Self::Revoked => State::Revoked.name(),
            Self::Other => State::Other.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_states_are_one_to_one() {
        for state in State::ALL {
            assert_eq!(State::of_code(state.code()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.code());
        }
        assert_eq!(State::of_code("08"), None);
    }

    #[test]
    fn both_days_count_and_dates_matter_only_while_valid() {
        let date = |text: &str| Date::parse(text).unwrap();
        let span = (date("2026-01-01"), Some(date("2026-12-31")));
        let at = |text: &str, hours: i64| date(text).start().plus_s(hours * 3600);
        assert_eq!(Standing::of(State::Valid, span, at("2025-12-31", 23)), Standing::NotYet);
        assert_eq!(Standing::of(State::Valid, span, at("2026-01-01", 0)), Standing::Good);
        assert_eq!(Standing::of(State::Valid, span, at("2026-12-31", 23)), Standing::Good);
        assert_eq!(Standing::of(State::Valid, span, at("2027-01-01", 0)), Standing::Lapsed);
        assert_eq!(Standing::of(State::Revoked, span, at("2027-01-01", 0)), Standing::Revoked);
        assert_eq!(Standing::of(State::Valid, (span.0, None), at("2099-01-01", 0)), Standing::Good);
    }
}
