//! What a gate answers, as a closed set, and the words that go with each answer.

use alloc::{format, string::String};

/// The colour of an answer; always shown with a symbol and a word as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// In order.
    Green,
    /// Look or ask.
    Amber,
    /// Not this way.
    Red,
}

impl Shade {
    /// `green`, `amber` or `red`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// Words in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    pub(crate) fn of((zh, en): (&str, &str)) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $shade:ident, $word_zh:literal, $word_en:literal, $zh:literal, $en:literal;)*) => {
        /// Why a gate answered as it did.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reason { $($(#[$doc])* $variant = $number,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its stable name, as events and the browser spell it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its number on the wire.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The reason of a number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// Its colour.
            pub const fn shade(self) -> Shade {
                match self { $(Self::$variant => Shade::$shade,)* }
            }

            /// The one big word.
            pub const fn word(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($word_zh, $word_en),)* }
            }

            const fn text(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($zh, $en),)* }
            }
        }
    };
}

reasons! {
    /// People of a booking come in.
    Admitted = 1, "admitted", Green, "请进", "Welcome",
        "欢迎", "Please go in";
    /// People who had gone out come in again.
    Readmitted = 2, "readmitted", Green, "请进", "Welcome back",
        "欢迎回来", "Welcome back";
    /// People go out.
    Left = 3, "left", Green, "再见", "Goodbye",
        "谢谢参观", "Thank you for coming";
    /// The code is genuine, and no booking in the list belongs to it.
    UnknownBooking = 20, "unknown_booking", Amber, "请核对", "Please check",
        "码是真的，但 {list} 的名单里没有这份预约；请输入预约号，或由工作人员核对后放行",
        "The code is genuine, but no booking in the list of {list} belongs to it; type the booking number, or let staff check and admit";
    /// The booking is in order, and the list is older than it should be.
    ListOld = 21, "list_old", Amber, "请进", "Welcome",
        "按 {list} 的名单放行；名单较旧，恢复网络后会自动核对", "Admitted by the list of {list}; it is old and will be checked when the network is back";
    /// The booking is in order; the code was read with a doubt (an old key or deny list, a clock long not set).
    CodeDoubt = 22, "code_doubt", Amber, "请进", "Welcome",
        "已放行并记录", "Admitted and recorded";
    /// More people go out than the gate knows to be inside.
    MoreOutThanIn = 23, "more_out_than_in", Amber, "再见", "Goodbye",
        "已放行；出去的人数多于进来的人数，已记录待核对", "Let out; more people left than had come in, which is recorded for checking";
    /// A booking number was typed and fits; staff have looked at the person.
    NumberTyped = 24, "number_typed", Amber, "请放行", "Staff admit",
        "预约号在 {list} 的名单里；请核对本人后放行", "The booking number is in the list of {list}; look at the person, then admit";
    /// The code itself was refused.
    CodeRefused = 40, "code_refused", Red, "不能通过", "Not valid",
        "这个码不能用；请打开通码页面重新出示", "This code is not valid; open the code page and show it again";
    /// This step of the ticket, or a later one, was shown here before.
    StepUsed = 41, "step_used", Red, "已用过", "Already used",
        "这个码刚刚用过；请等画面换成新码再扫", "This code has just been used; wait for the next one and scan again";
    /// The step began before this point's memory of used codes begins.
    MemoryLost = 42, "memory_lost", Red, "请再扫", "Scan again",
        "闸机刚重新启动；请等画面换成新码再扫", "This gate has just restarted; wait for the next code and scan again";
    /// The list has ended.
    ListExpired = 43, "list_expired", Red, "名单过期", "List expired",
        "{list} 的名单已过期；请由工作人员办理", "The list of {list} has expired; please see the staff";
    /// The list is from the future.
    ListNotYet = 44, "list_not_yet", Red, "时钟不对", "Clock wrong",
        "闸机的时钟不对；请由工作人员校准后再扫", "This gate's clock is wrong; ask staff to set it, then scan again";
    /// The session has not opened.
    TooEarly = 45, "too_early", Red, "还没到时间", "Too early",
        "预约的入场时间是 {session}；请到时再来", "The booking is for {session}; please come back then";
    /// The session is over.
    TooLate = 46, "too_late", Red, "已过时间", "Too late",
        "预约的入场时间是 {session}，已经结束；请到服务台改约", "The booking was for {session}, which is over; the desk can find you another time";
    /// Everybody of the booking has come in already.
    PartyComplete = 47, "party_complete", Red, "已全部入场", "All in",
        "这份预约的 {party} 人都已入场", "All {party} people of this booking have come in";
    /// More people than the booking has left.
    TooMany = 48, "too_many", Red, "人数不符", "Too many",
        "这份预约还可以进 {left} 人；请核对人数", "This booking has {left} people left to admit; please check how many there are";
    /// Going out and in again is not allowed here, or no longer.
    NoReentry = 49, "no_reentry", Red, "不能再次入场", "No re-entry",
        "出馆后不能再次入场；如有需要请到服务台", "Having left, you cannot come in again; the desk can help";
    /// The house is full.
    HouseFull = 50, "house_full", Red, "馆内已满", "Full",
        "馆内人数已满，请稍候；有人离馆后再扫", "The house is full; please wait and scan again when people have left";
    /// Nobody, or more people than any party has.
    BadCount = 51, "bad_count", Red, "人数不对", "Check the number",
        "请输入 1 到 60 之间的人数", "Type how many people there are, 1 to 60";
}

/// The values that an answer's sentence may name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Named {
    /// When the list was made, Unix seconds.
    pub list_s: i64,
    /// The session's first and last moment, Unix seconds.
    pub session_s: (i64, i64),
    /// The party's size.
    pub party: u16,
    /// How many of it may still come in.
    pub left: u16,
}

impl Reason {
    /// What happened and what to do, with the values it names.
    pub(crate) fn words(self, named: &Named) -> Words {
        let (zh, en) = self.text();
        let list = clock_text(named.list_s);
        let session = format!("{}–{}", clock_text(named.session_s.0), clock_text(named.session_s.1));
        let fill = |text: &str| {
            text.replace("{list}", &list)
                .replace("{session}", &session)
                .replace("{party}", &format!("{}", named.party))
                .replace("{left}", &format!("{}", named.left))
        };
        Words { zh: fill(zh), en: fill(en) }
    }
}

/// Hour and minute in Beijing, which is eight hours ahead of UTC all year.
fn clock_text(unix_s: i64) -> String {
    let minute = unix_s.saturating_add(8 * 3600).div_euclid(60).rem_euclid(1440);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_unique_and_lead_back() {
        for (place, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(Reason::from_number(reason.number()), Some(*reason));
            assert!(Reason::ALL.iter().skip(place + 1).all(|other| other.name() != reason.name()));
        }
    }

    #[test]
    fn every_value_in_a_sentence_is_filled_in() {
        let named = Named { list_s: 1_795_398_000, session_s: (1_795_399_200, 1_795_406_400), party: 4, left: 1 };
        for reason in Reason::ALL {
            let words = reason.words(&named);
            assert!(!words.zh.contains('{') && !words.en.contains('{'), "{words:?}");
        }
        // 2026-11-23T01:40:00Z is 09:40 in Beijing.
        assert!(Reason::UnknownBooking.words(&named).zh.contains("09:40"));
    }
}
