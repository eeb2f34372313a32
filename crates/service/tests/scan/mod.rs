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
