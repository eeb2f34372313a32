//! What messages may be about. A text on the phone is one of these fixed sentences and nothing else: it passes through
//! other hands than the platform's, so there is no place in it that a name, a number or a venue could be written into.

use serde::Serialize;
use tongma_domain::Text;

/// A topic of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// Its id, as scenarios name it.
    pub id: &'static str,
    /// What the settings call it.
    pub name: Text,
    /// The whole text that is sent to the phone; topics without one stay in the inbox.
    pub sms: Option<Text>,
    /// Sent at any hour: waiting until the morning would make it useless.
    pub urgent: bool,
    /// Told in any case, because a law says so (PIPL art. 50 and 57 among others): nobody can switch it off.
    pub statutory: bool,
    /// After how many seconds a text is no longer worth sending.
    pub life_s: i64,
    /// How many seconds a text waits; one that was read in the app by then is not sent.
    pub after_s: i64,
}

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;

const fn topic(id: &'static str, name: Text, sms: Text, life_s: i64) -> Topic {
    Topic { id, name, sms: Some(sms), urgent: false, statutory: false, life_s, after_s: 0 }
}

impl Topic {
    const fn urgent(mut self) -> Self {
        self.urgent = true;
        self
    }
    const fn statutory(mut self) -> Self {
        self.statutory = true;
        self
    }
    const fn after_s(mut self, seconds: i64) -> Self {
        self.after_s = seconds;
        self
    }
}

/// Every topic. An id that is not here counts as `other`.
pub const TOPICS: &[Topic] = &[
    topic(
        "queue_near",
        Text::new("快轮到我了", "My turn is near"),
        Text::new("您取的号快到了，请到等候区。", "Your turn is near. Please come to the waiting area."),
        HOUR_S / 2,
    )
    .urgent(),
    topic(
        "queue_called",
        Text::new("叫到我的号", "My number is called"),
        Text::new("正在叫您的号，请看屏幕上的窗口。", "Your number is being called. See the screen for the window."),
        HOUR_S / 6,
    )
    .urgent(),
    topic(
        "slot_reminder",
        Text::new("预约提醒", "Reminders of bookings"),
        Text::new(
            "您有一项预约快到了，时间地点请在应用里查看。",
            "A booking of yours is coming up. See the app for when and where.",
        ),
        DAY_S,
    ),
    topic(
        "booking",
        Text::new("预约成功、改期、取消", "Bookings made, moved, cancelled"),
        Text::new("您的一项预约有变化，请在应用里查看。", "One of your bookings has changed. See the app."),
        DAY_S,
    ),
    topic(
        "consent_asked",
        Text::new("等我同意的询问", "Questions that wait for my yes"),
        Text::new("有一项办事在等您同意，请打开应用。", "Something waits for your yes. Please open the app."),
        120,
    )
    .urgent()
    .after_s(20),
    topic(
        "stay_uploaded",
        Text::new("住宿登记", "Stays registered"),
        Text::new("您的住宿登记已完成报送，请在应用里查看。", "Your stay has been registered. See the app."),
        DAY_S,
    ),
    topic(
        "certificate",
        Text::new("证照变化", "Changes of certificates"),
        Text::new("您的一张电子证照有变化，请在应用里查看。", "One of your certificates has changed. See the app."),
        7 * DAY_S,
    ),
    topic(
        "loan",
        Text::new("借阅到期", "Loans due"),
        Text::new("您有借阅快到期，请在应用里查看。", "A loan of yours is nearly due. See the app."),
        2 * DAY_S,
    ),
    topic(
        "money",
        Text::new("收付款", "Payments"),
        Text::new("您有一笔收付款有结果了，请在应用里查看。", "A payment of yours has been settled. See the app."),
        DAY_S,
    ),
    topic(
        "request",
        Text::new("我的个人信息请求", "Requests about my data"),
        Text::new(
            "您的个人信息请求有新进展，请在应用里查看。",
            "There is news of a request about your data. See the app.",
        ),
        7 * DAY_S,
    )
    .statutory(),
    topic(
        "account",
        Text::new("账户和手机", "Account and phone"),
        Text::new(
            "您的账户有重要变动。如非本人操作，请拨打12345。",
            "Your account has changed. If this was not you, call 12345.",
        ),
        DAY_S,
    )
    .urgent()
    .statutory(),
    topic(
        "breach",
        Text::new("信息安全事件", "Security incidents"),
        Text::new("有一起与您有关的信息安全事件，请在应用里查看。", "A security incident concerns you. See the app."),
        7 * DAY_S,
    )
    .urgent()
    .statutory(),
    OTHER,
];

const OTHER: Topic = Topic {
    id: "other",
    name: Text::new("其他", "Other"),
    sms: None,
    urgent: false,
    statutory: false,
    life_s: DAY_S,
    after_s: 0,
};

/// The topic of this id, or `other`.
pub fn topic_of(id: &str) -> &'static Topic {
    TOPICS.iter().find(|topic| topic.id == id).unwrap_or(&OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_no_place_for_anything_personal() {
        for topic in TOPICS {
            let Some(sms) = topic.sms else { continue };
            for text in [sms.zh, sms.en] {
                assert!(!text.contains(['{', '}', '%', '*']), "{}: a place to fill in", topic.id);
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                assert!(digits.is_empty() || digits == "12345", "{}: a number", topic.id);
                assert!(!text.contains("http"), "{}: a link, which people are taught not to follow", topic.id);
            }
            // With the signature in front it stays one message of 70 UCS-2 characters (3GPP TS 23.040).
            assert!(sms.zh.chars().count() <= 60, "{}", topic.id);
        }
    }

    #[test]
    fn unknown_topics_stay_in_the_inbox() {
        assert_eq!(topic_of("no such").id, "other");
        assert!(topic_of("no such").sms.is_none());
        assert!(topic_of("account").statutory && !topic_of("booking").statutory);
    }
}
