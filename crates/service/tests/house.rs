//! The platform on the in-memory store, with a phone of its own and one small scenario: what is promised about codes.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "house/certificates.rs"]
mod certificates;
mod people;
mod scan;
#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use serde_json::json;
use support::{House, Phone};
use tongma_domain::Shade;

#[tokio::test]
async fn a_code_is_good_once() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let text = phone.ticket(house.now_s());
    let first = house.scan(&text, "r1").await.unwrap();
    assert_eq!(first.masked_name, "陈*");
    // The same physical read again is the same presentation; a new read of a spent step is refused, also here.
    assert_eq!(house.scan(&text, "r1").await.unwrap().id, first.id);
    assert_eq!(house.scan(&text, "r2").await.unwrap_err().code(), "code.used");
    assert_eq!(house.scan_elsewhere(&text, "r1").await.unwrap_err().code(), "code.used");
}

#[tokio::test]
async fn a_read_whose_answer_was_lost_gets_it_later_and_nobody_else_does() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let text = phone.ticket(house.now_s());
    let first = house.scan(&text, "r1").await.unwrap();
    house.set_s(house.now_s() + 90);
    assert_eq!(house.scan(&text, "r1").await.unwrap().id, first.id);
    assert_eq!(house.scan(&text, "r2").await.unwrap_err().code(), "code.stale");
    assert_eq!(house.scan_elsewhere(&text, "r1").await.unwrap_err().code(), "code.stale");
}

#[tokio::test]
async fn a_short_number_read_again_late_gets_its_answer_and_nobody_else_does() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let text = phone.short(house.now_s());
    let first = house.scan(&text, "r1").await.unwrap();
    let unread = phone.short(house.now_s() + 30);
    for later_s in [90, 3 * 3600, 20 * 3600] {
        house.set_s(house.now_s() + later_s);
        assert_eq!(house.scan(&text, "r1").await.unwrap().id, first.id, "{later_s} s later");
        assert!(house.scan(&text, "r2").await.is_err(), "another read");
        assert!(house.scan_elsewhere(&text, "r1").await.is_err(), "another point");
        assert!(house.scan(&unread, "r1").await.is_err(), "a number that opened nothing");
    }
}

#[tokio::test]
async fn the_recent_list_outlives_the_process() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let seen = house.scan(&phone.ticket(house.now_s()), "r1").await.unwrap();
    let (platform, now) = (&house.platform, house.platform.now());
    let line = tongma_service::Recent::shown(now, &seen.masked_name, "stamps");
    platform.note_recent(house.point, line.clone());
    assert_eq!(platform.recent(house.point).unwrap(), std::slice::from_ref(&line), "seen at once");
    platform.write_recent().await.unwrap();
    assert_eq!(platform.recent(house.point).unwrap(), std::slice::from_ref(&line), "and once when it is written");
    let again = house.restarted();
    assert_eq!(again.recent(house.point).unwrap(), [line], "by another process");
    assert!(again.recent(house.other_point).unwrap().is_empty());
    for number in 0..130 {
        platform.note_recent(house.point, tongma_service::Recent::shown(now.plus_s(number), "李*", "stamps"));
    }
    platform.write_recent().await.unwrap();
    let list = again.recent(house.point).unwrap();
    assert!(list.len() == 100 && list.is_sorted_by_key(|line| core::cmp::Reverse(line.at_ms)));
}

#[tokio::test]
async fn a_short_number_claims_the_same_row() {
    for t1_first in [true, false] {
        let house = House::new().await;
        let phone = Phone::of(&house, "one").await;
        let (t1, n1) = (phone.ticket(house.now_s()), phone.short(house.now_s()));
        let (first, second) = if t1_first { (&t1, &n1) } else { (&n1, &t1) };
        assert!(house.scan(first, "r1").await.is_ok());
        assert_eq!(house.scan(second, "r2").await.unwrap_err().code(), "code.used");
    }
}

#[tokio::test]
async fn earlier_steps_derived_from_a_spent_one_are_refused_and_later_ones_are_not() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let now = house.now_s();
    // Near the edge of a step both neighbours are inside the tolerance.
    let edge = now - now.rem_euclid(15) + 15;
    house.set_s(edge);
    let (earlier, current) = (phone.ticket(edge - 1), phone.ticket(edge));
    assert!(house.scan(&current, "r1").await.is_ok());
    assert_eq!(house.scan(&earlier, "r2").await.unwrap_err().code(), "code.used");
    house.set_s(edge + 15);
    assert!(house.scan(&phone.ticket(edge + 15), "r3").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_points_racing_for_one_step_get_one_presentation() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    for round in 0..20 {
        house.set_s(house.now_s() + 30);
        let text = phone.ticket(house.now_s());
        let (here, there) = tokio::join!(house.scan(&text, "r1"), house.scan_elsewhere(&text, "r2"));
        assert_eq!(u8::from(here.is_ok()) + u8::from(there.is_ok()), 1, "round {round}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_the_same_read() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let text = phone.ticket(house.now_s());
    // The claim becomes durable, the answer is lost on the way: the store reports failure after applying.
    house.lose_answers(true);
    assert_eq!(house.scan(&text, "r1").await.unwrap_err().code(), "store.unavailable");
    house.lose_answers(false);
    let again = house.scan(&text, "r1").await.unwrap();
    assert_eq!(again.masked_name, "陈*");
    assert_eq!(house.scan(&text, "r2").await.unwrap_err().code(), "code.used");
}

#[tokio::test]
async fn time_is_kept() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let now = house.now_s();
    let step = now - now.rem_euclid(15);
    let text = phone.ticket(step);
    for (at, expect) in [(step - 11, Some("code.future")), (step + 25, Some("code.stale")), (step + 24, None)] {
        house.set_s(at);
        assert_eq!(
            house.scan(&text, "r1").await.err().map(|refusal| refusal.code().to_owned()).as_deref(),
            expect,
            "{at}"
        );
    }
    house.set_s(now + 3600);
    assert_eq!(house.scan(&text, "r9").await.unwrap_err().code(), "code.expired");
}

#[tokio::test]
async fn freezing_and_a_new_phone_end_a_code_at_once() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let citizen = phone.citizen.clone();
    house.platform.freeze(&citizen, true).await.unwrap();
    assert_eq!(house.scan(&phone.ticket(house.now_s()), "r1").await.unwrap_err().code(), "code.frozen");
    house.platform.freeze(&citizen, false).await.unwrap();
    assert!(house.scan(&phone.ticket(house.now_s()), "r2").await.is_ok());
    house.set_s(house.now_s() + 30);
    let newer = Phone::again(&house, "one").await;
    assert_eq!(house.scan(&phone.ticket(house.now_s()), "r3").await.unwrap_err().code(), "code.denied");
    assert!(house.scan(&newer.ticket(house.now_s()), "r4").await.is_ok());
    assert!(house.denied(&phone.header_at(house.now_s())), "the old phone's tickets are on the next deny list");
    assert!(!house.denied(&newer.header_at(house.now_s())), "denying one phone hits no other");
}

#[tokio::test]
async fn the_same_request_again_is_the_same_answer() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let id = house.scan(&phone.ticket(house.now_s()), "r1").await.unwrap().id;
    let first = house.act(id, "stamp", json!({"count": 2}), "k1").await.unwrap();
    assert_eq!(first.outcome.detail, json!({"stamps": 2}));
    assert_eq!(house.act(id, "stamp", json!({"count": 2}), "k1").await.unwrap(), first);
    assert_eq!(
        house.act(id, "stamp", json!({"count": 3}), "k1").await.unwrap_err().refusal.code(),
        "idempotency.other_request"
    );
    assert_eq!(house.act(id, "stamp", json!({"count": 1}), "k2").await.unwrap().outcome.detail, json!({"stamps": 3}));
    assert_eq!(house.act(id, "stamp", json!({"count": 99}), "k3").await.unwrap_err().refusal.code(), "input.malformed");
    let log = house.platform.log(&phone.citizen, None, 50, &[]).unwrap();
    let kinds: Vec<_> = log.items.iter().map(|item| item.kind.as_str()).collect();
    assert_eq!(kinds, ["done", "done", "presented", "device"]);
}

#[tokio::test]
async fn what_needs_a_yes_waits_for_it_and_goes_on_by_itself() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let id = house.scan(&phone.ticket(house.now_s()), "r1").await.unwrap().id;
    let asked = house.act(id, "seal", json!({}), "k1").await.unwrap_err();
    assert_eq!(asked.refusal.code(), "consent.needed");
    let questions = house.platform.questions(&phone.citizen).unwrap();
    assert_eq!(questions.len(), 1);
    assert_eq!(Some(questions[0].id), asked.request);
    let outcome = house.platform.decide_question(&phone.citizen, questions[0].id, true).await.unwrap().unwrap();
    assert_eq!(outcome.shade, Shade::Green);
    let (_, record) = house.platform.see_presentation(house.point, id).unwrap();
    assert_eq!(record.last.unwrap().unwrap().word.zh, "已盖");
    assert!(house.platform.questions(&phone.citizen).unwrap().is_empty());
    // A second yes changes nothing; a no after a yes is refused.
    assert_eq!(house.platform.decide_question(&phone.citizen, questions[0].id, true).await.unwrap().unwrap(), outcome);
    assert_eq!(
        house.platform.decide_question(&phone.citizen, questions[0].id, false).await.unwrap_err().code(),
        "request.over"
    );
    assert_eq!(house.count(), 10);
}

#[tokio::test]
async fn a_no_is_as_easy_and_releases_nothing() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let id = house.scan(&phone.ticket(house.now_s()), "r1").await.unwrap().id;
    let asked = house.act(id, "seal", json!({}), "k1").await.unwrap_err();
    assert_eq!(house.platform.decide_question(&phone.citizen, asked.request.unwrap(), false).await.unwrap(), None);
    let (_, record) = house.platform.see_presentation(house.point, id).unwrap();
    assert_eq!(record.last.unwrap().unwrap_err().code(), "consent.refused");
    assert_eq!(house.count(), 0);
}

#[tokio::test]
async fn foreign_codes_are_named() {
    let house = House::new().await;
    for text in
        ["https://example.cn/x", "134567890123456789", "", "hello", &"8".repeat(254), &"86".repeat(4000), "２８６"]
    {
        let refusal = house.scan(text, "r1").await.unwrap_err();
        assert!(refusal.code().starts_with("code."), "{text}: {}", refusal.code());
        assert!(!refusal.next.zh.is_empty() && !refusal.human.en.is_empty());
    }
}

#[tokio::test]
async fn a_read_that_was_answered_too_late_and_then_handed_over_is_done_once() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let fact = |counter: u64, text: &str, read: &str| tongma_service::Event {
        counter,
        happened_at_ms: tongma_domain::UnixMs::from_millis(house.now_s() * 1000),
        scenario: "stamps".into(),
        action: "stamp".into(),
        evidence: json!({ "text": text, "request_id": read, "asked_input": {"count": 2}, "count": 2 }),
    };
    let text = phone.ticket(house.now_s());
    let id = house.scan(&text, "r1").await.unwrap().id;
    house.act(id, "stamp", json!({"count": 2}), "r1").await.unwrap();
    let late = fact(1, &text, "r1");
    let first = house.platform.hand_over(house.point, std::slice::from_ref(&late)).await.unwrap();
    assert_eq!((first.accepted_through, first.results[0].shade), (1, Shade::Green));
    assert_eq!(house.count(), 2, "the platform had done it already");
    house.platform.hand_over(house.point, &[late]).await.unwrap();
    assert_eq!(house.count(), 2);

    // The platform saw the code and went no further: what the point did then is what happened.
    house.set_s(house.now_s() + 15);
    let text = phone.ticket(house.now_s());
    house.scan(&text, "r2").await.unwrap();
    let only_seen = fact(2, &text, "r2");
    for _ in 0..2 {
        house.platform.hand_over(house.point, std::slice::from_ref(&only_seen)).await.unwrap();
        assert_eq!(house.count(), 4);
    }
}
