//! The inbox as it is stored.

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, UnixMs, Words};
use tongma_store::{Index, Key, Stored};

/// What became of the text to the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Texted {
    /// The topic has none, the person wants none, or there is no number.
    None,
    /// In the outbox.
    Waiting,
    /// The gateway took it.
    Sent,
    /// It was read in the app before it was worth a text.
    Unneeded,
    /// The gateway refused it, or it came too late.
    Failed,
}

/// A message in a person's inbox. Key: person ‖ the moment, inverted ‖ 8 bytes, so that a scan gives the newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MessageRecord {
    /// Whose.
    pub person: Id,
    /// What it is about.
    pub topic: String,
    /// What it says.
    pub text: Words,
    /// When.
    pub at: UnixMs,
    /// From where, if it came out of something done at a venue.
    pub venue: Option<Id>,
    /// The scenario it came out of.
    pub scenario: Option<String>,
    /// Seen by the person.
    pub read: bool,
    /// What became of the text.
    pub texted: Texted,
}

impl Stored for MessageRecord {
    const KIND: &'static str = "message";
    fn index(&self) -> Vec<Index> {
        let mut index = vec![Index { name: "person", value: Key::from(self.person) }];
        if !self.read {
            index.push(Index { name: "unread", value: Key::from(self.person) });
        }
        index
    }
}

/// What a person wants to be told by text. Key: the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeSettings {
    /// Topics that are not texted.
    pub off: Vec<String>,
    /// No text from this minute of Beijing's day …
    pub quiet_from_minute: u16,
    /// … until this one. Equal ones mean never quiet.
    pub quiet_until_minute: u16,
    /// `zh` or `en`.
    pub language: String,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self { off: Vec::new(), quiet_from_minute: 21 * 60, quiet_until_minute: 8 * 60, language: "zh".into() }
    }
}

impl Stored for NoticeSettings {
    const KIND: &'static str = "notice_settings";
}

impl NoticeSettings {
    /// How many minutes of quiet are left at this minute of the day; 0 when it is not quiet.
    pub fn quiet_left(&self, minute: u16) -> u16 {
        const DAY: u16 = 24 * 60;
        let (from, until) = (self.quiet_from_minute % DAY, self.quiet_until_minute % DAY);
        let since = (minute % DAY + DAY - from) % DAY;
        let length = (until + DAY - from) % DAY;
        length.saturating_sub(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_span_midnight() {
        let usual = NoticeSettings::default();
        for (minute, left) in [(20 * 60 + 59, 0), (21 * 60, 660), (0, 480), (7 * 60 + 59, 1), (8 * 60, 0), (12 * 60, 0)]
        {
            assert_eq!(usual.quiet_left(minute), left, "{minute}");
        }
        let noon = NoticeSettings { quiet_from_minute: 720, quiet_until_minute: 840, ..NoticeSettings::default() };
        assert_eq!(
            (noon.quiet_left(719), noon.quiet_left(720), noon.quiet_left(839), noon.quiet_left(840)),
            (0, 120, 1, 0)
        );
        let never = NoticeSettings { quiet_from_minute: 60, quiet_until_minute: 60, ..NoticeSettings::default() };
        assert!((0..1440).all(|minute| never.quiet_left(minute) == 0));
    }
}
