//! What citizens scan: only a code signed for a place that is registered and open begins anything; the rest is named.

use crate::support::{House, Phone};
use serde_json::json;

use tongma_domain::Id;
use tongma_service::{ANY_PURPOSE, Acted, Asked};

async fn collect(house: &House, phone: &Phone, scan: Id, count: u8, key: &str) -> Result<Acted, String> {
    let asked = Asked { action: "collect".into(), input: json!({"count": count}), idempotency_key: key.into() };
    let acted = house.platform.act_scanned(&phone.citizen, 0, "stamps", scan, asked).await;
    acted.map_err(|refusal| refusal.code().to_owned())
}

#[tokio::test]
async fn a_good_code_names_the_place_from_the_registry_and_starts_one_action() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let code = house.platform.issue_venue_code(house.point, ANY_PURPOSE, 30).await.unwrap();
    let scan = house.platform.scan(&phone.citizen, &code.text, "s1").await.unwrap();
    assert_eq!((scan.place.venue.zh.as_ref(), scan.place.point.zh.as_ref()), ("一馆", "甲"));
    assert_eq!(scan.place.scenarios, ["stamps"]);
    assert_eq!(house.platform.scan(&phone.citizen, &code.text, "s1").await.unwrap().id, scan.id);
    // A refusal gives the scan back; a success spends it; the same request again is the same answer.
    assert_eq!(collect(&house, &phone, scan.id, 9, "k0").await.unwrap_err(), "stamps.not_here");
    let done = collect(&house, &phone, scan.id, 2, "k1").await.unwrap();
    assert_eq!(collect(&house, &phone, scan.id, 2, "k1").await.unwrap(), done);
    assert_eq!(collect(&house, &phone, scan.id, 2, "k2").await.unwrap_err(), "scan.used");
    assert_eq!(house.count(), 2);
    let log = house.platform.log(&phone.citizen, None, 50, &[]).unwrap();
    assert!(log.items.iter().any(|item| item.kind == "scanned" && item.venue.is_some()));
}

#[tokio::test]
async fn without_a_scan_there_is_no_point() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let asked = Asked { action: "collect".into(), input: json!({"count": 1}), idempotency_key: "k1".into() };
    let refused = house.platform.act_mine(&phone.citizen, "stamps", house.venue, asked).await.unwrap_err();
    assert_eq!(refused.code(), "stamps.not_here");
}

#[tokio::test]
async fn a_scan_is_short_lived_and_ones_own() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let code = house.platform.issue_venue_code(house.point, "stamps", 30).await.unwrap();
    let scan = house.platform.scan(&phone.citizen, &code.text, "s1").await.unwrap();
    let stranger = Phone::other(&house, "two").await;
    assert_eq!(collect(&house, &stranger, scan.id, 1, "k1").await.unwrap_err(), "scan.unknown");
    house.set_s(house.now_s() + tongma_service::SCAN_LIFE_S);
    assert_eq!(collect(&house, &phone, scan.id, 1, "k1").await.unwrap_err(), "scan.over");
}

#[tokio::test]
async fn everything_else_is_named_for_what_it_is() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let good = house.platform.issue_venue_code(house.point, ANY_PURPOSE, 30).await.unwrap().text;
    let (body, signature) = good.rsplit_once("&sig=").unwrap();
    let flipped = if signature.starts_with('0') { "1" } else { "0" };
    for (text, code) in [
        (good.replace("code.example.cn", "code.examp1e.cn"), "scan.lookalike"),
        (good.replace("https://", "http://"), "scan.lookalike"),
        (format!("{body}&sig={flipped}{}", &signature[1..]), "scan.forged"),
        (good.replace("&u=any", "&u=stamps"), "scan.forged"),
        (format!("{body}&sig={}", "0".repeat(128)), "scan.forged"),
        (body.to_owned(), "scan.not_ours"),
        (format!("{good}&x=1"), "scan.damaged"),
        (good.replace("&sig=", "&SIG="), "scan.not_ours"),
        (phone.ticket(house.now_s()), "scan.not_ours"),
        ("https://example.com/pay".into(), "scan.not_ours"),
        ("130123456789012345".into(), "scan.not_ours"),
        ("https://qr.alipay.com/abc".into(), "scan.not_ours"),
        ("https://wx.tenpay.com/abc".into(), "scan.not_ours"),
        ("https://jkm.example.cn/abc".into(), "scan.not_ours"),
        (String::new(), "scan.not_ours"),
    ] {
        let refused = house.platform.scan(&phone.citizen, &text, &text).await.unwrap_err();
        assert_eq!(refused.code(), code, "{text}");
        assert!(!refused.next.zh.is_empty() && !refused.human.en.is_empty());
    }
    let health = house.platform.scan(&phone.citizen, "https://jkm.example.cn/abc", "h").await.unwrap_err();
    assert!(health.title.zh.contains("健康码") && health.next.zh.contains("健康码"), "{health}");
}

#[tokio::test]
async fn moved_replaced_withdrawn_and_expired_codes_open_nothing() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    let refused = async |text: &str| match house.platform.scan(&phone.citizen, text, &house.now_s().to_string()).await {
        Ok(_) => "good".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
    };
    let first = house.platform.issue_venue_code(house.point, ANY_PURPOSE, 1).await.unwrap();
    let second = house.platform.issue_venue_code(house.point, ANY_PURPOSE, 1).await.unwrap();
    assert_eq!((first.version, second.version), (1, 2));
    assert_eq!(refused(&first.text).await, "scan.replaced");
    let held = house.platform.scan(&phone.citizen, &second.text, "before").await.unwrap();
    // A code printed again is another signature over the same words; both open the same.
    let again = house.platform.venue_code(house.point, ANY_PURPOSE).unwrap();
    assert!(house.platform.scan(&phone.citizen, &again.text, "again").await.is_ok());
    house.platform.move_point(house.point, Some(house.elsewhere)).await.unwrap();
    assert_eq!(refused(&second.text).await, "scan.moved");
    assert_eq!(collect(&house, &phone, held.id, 1, "k1").await.unwrap_err(), "scan.moved");
    house.platform.move_point(house.point, Some(house.venue)).await.unwrap();
    assert_eq!(refused(&second.text).await, "good");
    house.set_s(house.now_s() + 3600);
    house.platform.withdraw_venue_code(house.point, ANY_PURPOSE).await.unwrap();
    assert_eq!(refused(&second.text).await, "scan.replaced");
    let third = house.platform.issue_venue_code(house.point, ANY_PURPOSE, 1).await.unwrap();
    house.set_s(house.now_s() + 86_400);
    assert_eq!(refused(&third.text).await, "scan.expired");
    house.platform.move_point(house.other_point, None).await.unwrap();
    assert_eq!(house.platform.venue_code(house.other_point, ANY_PURPOSE).unwrap_err().code(), "point_code.none");
}

#[tokio::test]
async fn nothing_internal_is_in_a_code() {
    let house = House::new().await;
    let text = house.platform.issue_venue_code(house.point, ANY_PURPOSE, 30).await.unwrap().text;
    for id in [house.point, house.venue] {
        assert!(!text.contains(&id.to_string()), "{text}");
    }
}

/// What a phone is told that scans this text now.
async fn read(house: &House, phone: &Phone, text: &str, key: &str) -> String {
    let scanned = house.platform.scan(&phone.citizen, text, key).await;
    scanned.map_or_else(|refusal| refusal.code().to_owned(), |_| "good".into())
}

#[tokio::test]
async fn a_moving_code_opens_its_place_and_a_picture_of_it_does_not_for_long() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    // Through the turn of the half hour, each step is another code, good in its step and shortly after.
    let begun_s = house.now_s() + 1800 - 60;
    let mut seen = std::collections::BTreeSet::new();
    for step in 0..8 {
        house.set_s(begun_s + step * 15);
        let code = house.platform.moving_code(house.point).await.unwrap();
        assert_eq!(code.next.as_seconds(), begun_s + (step + 1) * 15);
        assert!(seen.insert(code.text.rsplit_once("&c=").unwrap().1.to_owned()), "a value is shown once");
        assert_eq!(read(&house, &phone, &code.text, &format!("now {step}")).await, "good");
        house.set_s(begun_s + step * 15 + 24);
        assert_eq!(read(&house, &phone, &code.text, &format!("soon {step}")).await, "good");
        house.set_s(begun_s + step * 15 + 25);
        // Of a half hour that is over it is named so.
        let late = read(&house, &phone, &code.text, &format!("late {step}")).await;
        assert!(["scan.stale", "scan.expired"].contains(&late.as_str()), "{late}");
    }
    // Who saw a step can work out earlier ones, and nothing later.
    house.set_s(begun_s + 606);
    let code = house.platform.moving_code(house.point).await.unwrap().text;
    let (body, shown) = code.rsplit_once("&i=").unwrap();
    let (step, value) = shown.split_once("&c=").unwrap();
    let later: u32 = step.parse::<u32>().unwrap() + 1;
    assert_eq!(read(&house, &phone, &format!("{body}&i={later}&c={value}"), "f1").await, "scan.forged");
    let static_part = body.split("&s=").next().unwrap();
    assert_eq!(read(&house, &phone, static_part, "f2").await, "scan.not_ours");
    assert_eq!(read(&house, &phone, body, "f3").await, "scan.damaged");
    // Another point's screen shows another chain, and a withdrawn code ends the screen's, too.
    let other = house.platform.moving_code(house.other_point).await.unwrap().text;
    assert_ne!(other.rsplit_once("&c="), code.rsplit_once("&c="));
    house.platform.withdraw_venue_code(house.point, ANY_PURPOSE).await.unwrap();
    assert_eq!(house.platform.moving_code(house.point).await.unwrap_err().code(), "point_code.withdrawn");
    assert_eq!(read(&house, &phone, &code, "w").await, "scan.replaced");
}
