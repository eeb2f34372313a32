//! iCalendar text (RFC 5545). Pure: events in, text out.

use std::fmt::Write as _;

use tongma_domain::UnixMs;

/// A calendar of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// What apps show it as.
    pub name: &'static str,
    /// When this text was made.
    pub now: UnixMs,
    /// Its events.
    pub events: Vec<Event>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name for ever.
    pub uid: String,
    /// When it begins.
    pub start: UnixMs,
    /// When it ends.
    pub end: UnixMs,
    /// What it is.
    pub summary: String,
    /// Where.
    pub location: String,
    /// More; may be empty.
    pub description: String,
    /// How often it has changed.
    pub sequence: u64,
    /// Whether it does not take place.
    pub cancelled: bool,
}

/// The longest line in octets, its end not counted (section 3.1).
const MOST_OCTETS: usize = 75;

impl Calendar {
    /// The text, with the line ends and the folding of section 3.1.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for fixed in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tongma//Bookings//ZH", "CALSCALE:GREGORIAN"] {
            line(&mut out, fixed);
        }
        line(&mut out, "METHOD:PUBLISH");
        line(&mut out, &format!("NAME:{}", escaped(self.name)));
        line(&mut out, &format!("X-WR-CALNAME:{}", escaped(self.name)));
        // RFC 7986, section 5.7; the other name is what many clients read.
        line(&mut out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
        line(&mut out, "X-PUBLISHED-TTL:PT1H");
        for event in &self.events {
            event.write(&mut out, self.now);
        }
        line(&mut out, "END:VCALENDAR");
        out
    }
}

impl Event {
    fn write(&self, out: &mut String, now: UnixMs) {
        line(out, "BEGIN:VEVENT");
        line(out, &format!("UID:{}", escaped(&self.uid)));
        line(out, &format!("DTSTAMP:{}", utc(now)));
        line(out, &format!("DTSTART:{}", utc(self.start)));
        line(out, &format!("DTEND:{}", utc(self.end)));
        line(out, &format!("SEQUENCE:{}", self.sequence.min(i32::MAX.unsigned_abs().into())));
        line(out, &format!("SUMMARY:{}", escaped(&self.summary)));
        if !self.location.is_empty() {
            line(out, &format!("LOCATION:{}", escaped(&self.location)));
        }
        if !self.description.is_empty() {
            line(out, &format!("DESCRIPTION:{}", escaped(&self.description)));
        }
        line(out, if self.cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
        line(out, "TRANSP:OPAQUE");
        if !self.cancelled {
            for alarm in ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT1H"] {
                line(out, alarm);
            }
            line(out, &format!("DESCRIPTION:{}", escaped(&self.summary)));
            line(out, "END:VALARM");
        }
        line(out, "END:VEVENT");
    }
}

/// A moment in UTC, form 2 of section 3.3.5.
fn utc(moment: UnixMs) -> String {
    let (days, second) = (moment.as_seconds().div_euclid(86_400), moment.as_seconds().rem_euclid(86_400));
    let date = tongma_domain::Date::from_days(days);
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write!(text, "{:04}{:02}{:02}T", date.year, date.month, date.day);
    let _ = write!(text, "{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60);
    text
}

/// Text as a value (section 3.3.11); other control characters have no place in one.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            control if control.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

/// One content line, folded so that no piece is longer than allowed and no character is cut in two.
fn line(out: &mut String, text: &str) {
    let mut octets = 0;
    for letter in text.chars() {
        if octets + letter.len_utf8() > MOST_OCTETS {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(letter);
        octets += letter.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", "")
    }

    proptest! {
        #[test]
        fn lines_are_short_and_nothing_is_lost(text in "\\PC{0,300}") {
            let mut out = String::new();
            line(&mut out, &text);
            prop_assert!(out.ends_with("\r\n"));
            for piece in out.split("\r\n") {
                prop_assert!(piece.len() <= MOST_OCTETS, "{} octets", piece.len());
            }
            prop_assert_eq!(unfolded(&out), format!("{text}\r\n"));
        }
    }

    #[test]
    fn an_event_is_written_as_the_standard_has_it() {
        let start = UnixMs::from_millis(1_764_034_200_000);
        let event = Event {
            uid: "1@tongma".into(),
            start,
            end: start.plus_s(1800),
            summary: "税务, 咨询; 1\\2".into(),
            location: "大厅".into(),
            description: "一\n二\u{7}".into(),
            sequence: 3,
            cancelled: false,
        };
        let text = Calendar { name: "通码预约", now: start, events: vec![event] }.to_text();
        for expected in [
            "DTSTART:20251125T013000Z\r\n",
            "DTEND:20251125T020000Z\r\n",
            "SUMMARY:税务\\, 咨询\\; 1\\\\2\r\n",
            "DESCRIPTION:一\\n二\r\n",
            "STATUS:CONFIRMED\r\n",
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        ] {
            assert!(unfolded(&text).contains(expected), "{expected} in {text}");
        }
    }
}
