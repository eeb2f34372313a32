//! Messages: into the inbox once, to the phone as a fixed sentence, with quiet hours, opt-out and an unsure gateway.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support::{House, Phone};
use tongma_capability::Reply;
use tongma_domain::Words;
use tongma_service::{NoticeSettings, Outside, Texted};

/// A gateway that keeps what it was asked, and does not answer so many times first.
#[derive(Default)]
struct Gateway {
    silent: Mutex<u32>,
    asked: Mutex<Vec<Value>>,
}

impl Outside for Gateway {
    fn call(&self, request: Value) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        self.asked.lock().unwrap().push(request);
        let mut silent = self.silent.lock().unwrap();
        let reply = if *silent > 0 { Reply::Unknown } else { Reply::Success { detail: Value::Null } };
        *silent = silent.saturating_sub(1);
        Box::pin(async move { reply })
    }
}

async fn house() -> (House, Phone, Arc<Gateway>) {
    let gateway = Arc::new(Gateway::default());
    let outside: BTreeMap<String, Arc<dyn Outside>> =
        BTreeMap::from([("sms".to_owned(), Arc::clone(&gateway) as Arc<dyn Outside>)]);
    let house = House::with(outside).await;
    let phone = Phone::of(&house, "one").await;
    (house, phone, gateway)
}

async fn tell(house: &House, phone: &Phone, topic: &str, text: &str) {
    house.platform.notify(phone.citizen.person, topic, Words::new(text.to_owned(), text.to_owned())).await.unwrap();
    house.platform.sweep().await;
}

#[tokio::test]
async fn a_text_holds_nothing_of_what_the_inbox_says() {
    let (house, phone, gateway) = house().await;
    // Everything that must not leave: the name, the number, the telephone, the venue's own words.
    let inside = "陈晨 11010519491231002X 13800138000 您借的《红楼梦》明天到期";
    tell(&house, &phone, "loan", inside).await;
    let inbox = house.platform.messages(&phone.citizen, None, 20).unwrap();
    assert_eq!((inbox.items[0].text.zh.as_ref(), inbox.unread), (inside, 1));
    assert_eq!(inbox.items[0].texted, Texted::Sent);
    let asked = gateway.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["to"], "13800138000");
    let text = asked[0]["text"].as_str().unwrap();
    for secret in ["陈", "晨", "110105", "1380", "红楼梦"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // What names the message at the gateway is no id of the platform's.
    assert_ne!(asked[0]["number"].as_str().unwrap(), phone.citizen.person.to_string());
}

#[tokio::test]
async fn quiet_hours_hold_a_text_until_the_morning_and_an_urgent_one_goes_out() {
    let (house, phone, gateway) = house().await;
    let evening = house.now_s() + 12 * 3600; // 22:00 in Beijing
    house.set_s(evening);
    tell(&house, &phone, "booking", "改期").await;
    assert!(gateway.asked.lock().unwrap().is_empty());
    tell(&house, &phone, "queue_near", "前面还有三位").await;
    assert_eq!(gateway.asked.lock().unwrap().len(), 1);
    house.set_s(evening + 10 * 3600 - 1);
    house.platform.sweep().await;
    assert_eq!(gateway.asked.lock().unwrap().len(), 1);
    house.set_s(evening + 10 * 3600);
    house.platform.sweep().await;
    assert_eq!(gateway.asked.lock().unwrap().len(), 2);
    let inbox = house.platform.messages(&phone.citizen, None, 20).unwrap();
    assert!(inbox.items.iter().all(|message| message.texted == Texted::Sent));
}

#[tokio::test]
async fn a_topic_switched_off_is_not_texted_and_a_statutory_one_cannot_be() {
    let (house, phone, gateway) = house().await;
    let off = |topic: &str| NoticeSettings { off: vec![topic.to_owned()], ..NoticeSettings::default() };
    let platform = &house.platform;
    platform.set_notice_settings(&phone.citizen, off("booking")).await.unwrap();
    tell(&house, &phone, "booking", "改期").await;
    assert!(gateway.asked.lock().unwrap().is_empty());
    let refused = platform.set_notice_settings(&phone.citizen, off("request")).await.unwrap_err();
    assert_eq!(refused.code(), "notice.statutory");
    let refused = platform.set_notice_settings(&phone.citizen, off("weather")).await.unwrap_err();
    assert_eq!(refused.code(), "notice.settings");
    tell(&house, &phone, "request", "有答复了").await;
    assert_eq!(gateway.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_unanswered_text_is_tried_again_with_the_same_number_and_a_read_one_is_not_sent() {
    let (house, phone, gateway) = house().await;
    *gateway.silent.lock().unwrap() = 2;
    tell(&house, &phone, "money", "已付款").await;
    for _ in 0..4 {
        house.set_s(house.now_s() + 60);
        house.platform.sweep().await;
    }
    let asked = gateway.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|one| one["number"] == asked[0]["number"]));
    // A question waits twenty seconds for the app before it is texted.
    tell(&house, &phone, "consent_asked", "请确认").await;
    assert_eq!(gateway.asked.lock().unwrap().len(), 3);
    assert_eq!(house.platform.read_messages(&phone.citizen, &[]).await.unwrap(), 2);
    house.set_s(house.now_s() + 30);
    house.platform.sweep().await;
    assert_eq!(gateway.asked.lock().unwrap().len(), 3);
    let inbox = house.platform.messages(&phone.citizen, None, 1).unwrap();
    assert_eq!((inbox.items[0].texted, inbox.unread), (Texted::Unneeded, 0));
    let rest = house.platform.messages(&phone.citizen, inbox.next.as_deref(), 20).unwrap();
    assert_eq!((rest.items.len(), rest.items[0].topic.id, rest.next), (1, "money", None));
}

/// A question to the phone that shows its code now; gives its id.
async fn asked(house: &House, phone: &Phone, key: &str) -> tongma_domain::Id {
    let presentation = house.scan(&phone.ticket(house.now_s()), key).await.unwrap();
    let refused = house.act(presentation.id, "seal", serde_json::json!({}), key).await.unwrap_err();
    assert_eq!(refused.refusal.code(), "consent.needed");
    refused.request.unwrap()
}

async fn after_s(house: &House, seconds: i64) {
    house.set_s(house.now_s() + seconds);
    for _ in 0..3 {
        house.platform.sweep().await;
    }
}

#[tokio::test]
async fn a_question_nobody_sees_is_texted_once_after_a_while() {
    let (house, phone, gateway) = house().await;
    let sent = || gateway.asked.lock().unwrap().len();
    let waiting = || house.platform.messages(&phone.citizen, None, 20).unwrap().items;
    asked(&house, &phone, "first").await;
    after_s(&house, 15).await;
    assert_eq!((sent(), waiting().len()), (0, 0), "the phone has twenty seconds");
    after_s(&house, 10).await;
    assert_eq!((sent(), waiting().len()), (1, 1));
    let message = &waiting()[0];
    assert_eq!((message.topic.id, message.texted), ("consent_asked", Texted::Sent));
    assert!(message.venue.is_some(), "the inbox says where; the text does not");
    after_s(&house, 60).await;
    assert_eq!((sent(), waiting().len()), (1, 1), "told once");
}

#[tokio::test]
async fn a_question_that_is_answered_or_seen_leaves_no_message_behind() {
    let (house, phone, gateway) = house().await;
    let request = asked(&house, &phone, "answered").await;
    house.platform.decide_question(&phone.citizen, request, false).await.unwrap();
    after_s(&house, 60).await;
    // Whoever has the page open sees the sheet and needs no text.
    let open = house.platform.live().listen(phone.citizen.person, 4, None).unwrap();
    asked(&house, &phone, "seen").await;
    after_s(&house, 25).await;
    drop(open);
    after_s(&house, 25).await;
    assert_eq!(gateway.asked.lock().unwrap().len(), 0);
    assert_eq!(house.platform.messages(&phone.citizen, None, 20).unwrap().items.len(), 0);
}
