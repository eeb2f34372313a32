//! The main job over HTTP: a phone enrols and shows its code, a desk scans it, something is done, the citizen sees it.
mod support;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::{House, ORIGIN, send};

fn scan(house: &House, text: &str, request: &str) -> Value {
    json!({ "text": text, "request_id": request, "point": house.desk.id, "operator": "李", "purpose": "stamps" })
}

const FIRST: &str = "00000000000000000000000000000001";
const SECOND: &str = "00000000000000000000000000000002";

#[tokio::test]
async fn a_code_is_shown_scanned_and_used_and_the_citizen_sees_it() {
    let house = House::new().await;
    let code = house.code().await;
    assert_eq!(code.len(), 254);
    let got = house.at(&house.desk, "POST", "/v1/presentations", FIRST, &scan(&house, &code, FIRST)).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    let presentation = got.json()["presentation"].clone();
    assert_eq!(presentation["masked_name"], "陈*");
    assert_eq!(presentation["age_class"], "elder");
    assert_eq!(presentation["offline"], false);
    let again = house.at(&house.desk, "POST", "/v1/presentations", FIRST, &scan(&house, &code, FIRST)).await;
    assert_eq!(again.json()["presentation"]["id"], presentation["id"], "a retry of the read is the same presentation");
    let second = house.at(&house.desk, "POST", "/v1/presentations", SECOND, &scan(&house, &code, SECOND)).await;
    assert_eq!((second.status, second.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "code.used"));

    let actions = format!("/v1/presentations/{}/actions", presentation["id"].as_str().unwrap());
    let stamp = json!({ "action": "stamp", "input": { "count": 2 }, "operator": "李" });
    let done = house.at(&house.desk, "POST", &actions, "k1", &stamp).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(done.json()["outcome"]["detail"]["stamps"], 2);
    let same = house.at(&house.desk, "POST", &actions, "k1", &stamp).await;
    assert_eq!(same.json()["outcome"]["detail"]["stamps"], 2, "the same key does nothing twice");
    let other = json!({ "action": "stamp", "input": { "count": 3 }, "operator": "李" });
    let other = house.at(&house.desk, "POST", &actions, "k1", &other).await;
    assert_eq!((other.status, other.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency.other_request"));

    let log = house.me("GET", "/v1/me/log?limit=50", "", &Value::Null).await.json();
    let kinds: Vec<&str> = log["items"].as_array().unwrap().iter().filter_map(|item| item["kind"].as_str()).collect();
    assert!(kinds.contains(&"presented") && kinds.contains(&"device"), "{kinds:?}");
    let recent = house.at(&house.desk, "GET", &format!("/v1/points/{}/recent", house.desk.id), "", &Value::Null).await;
    assert!(
        recent.json()["items"].as_array().unwrap().iter().all(|item| item["masked_name"] == "陈*"),
        "{}",
        recent.text
    );
}

#[tokio::test]
async fn an_action_that_asks_the_holder_waits_and_then_runs() {
    let house = House::new().await;
    let code = house.code().await;
    let mut wanted = scan(&house, &code, FIRST);
    wanted["action"] = json!({ "id": "seal", "input": {} });
    let got = house.at(&house.desk, "POST", "/v1/presentations", FIRST, &wanted).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    let body = got.json();
    assert_eq!(body["refusal"]["code"], "consent.needed");
    let request = body["refusal"]["request"].as_str().unwrap().to_owned();
    let standing = format!("/v1/presentations/{}", body["presentation"]["id"].as_str().unwrap());
    let waiting = house.at(&house.desk, "GET", &standing, "", &Value::Null).await.json();
    assert_eq!(waiting["waiting"]["request"], request.as_str());
    assert!(waiting["last"].is_null());

    let questions = house.me("GET", "/v1/me/requests", "", &Value::Null).await.json();
    let question = &questions["items"][0];
    assert_eq!(question["operator"], "李");
    assert_ne!(question["id"], request.as_str(), "the desk and the citizen know it by different ids");
    let decide = format!("/v1/me/requests/{}", question["id"].as_str().unwrap());
    let decided = house.me("POST", &decide, "yes", &json!({ "decision": "agree" })).await;
    assert_eq!(decided.json()["state"], "agreed", "{}", decided.text);
    let last = house.at(&house.desk, "GET", &standing, "", &Value::Null).await.json();
    assert_eq!(last["last"]["outcome"]["detail"]["stamps"], 10, "{last}");
    assert!(last["waiting"].is_null());
}

#[tokio::test]
async fn ids_mean_something_only_to_the_one_they_were_given_to() {
    let house = House::new().await;
    let venues = house.me("GET", "/v1/me/venues", "", &Value::Null).await.json();
    let venue = venues["items"][0]["id"].as_str().unwrap().to_owned();
    let shown = house.at(&house.desk, "GET", &format!("/v1/points/{}", house.desk.id), "", &Value::Null).await.json();
    assert_ne!(shown["venue"]["id"], venue.as_str());
    let act = |venue: &str| json!({ "scenario": "stamps", "venue": venue, "action": "stamp", "input": { "count": 1 } });
    let done = house.me("POST", "/v1/me/actions", "a", &act(&venue)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(done.json()["outcome"]["detail"]["venue"], venue.as_str(), "ids inside an outcome are the reader's own");
    let wrong = house.me("POST", "/v1/me/actions", "b", &act(shown["venue"]["id"].as_str().unwrap())).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND, "{}", wrong.text);
    let things = house.me("GET", "/v1/me/things?kind=album", "", &Value::Null).await.json();
    let album = &things["items"][0];
    assert_eq!(album["venue"]["id"], venue.as_str());
    let offered: Vec<&str> =
        album["actions"].as_array().unwrap().iter().filter_map(|action| action["id"].as_str()).collect();
    assert_eq!(offered, ["erase"], "the one action whose reference the thing answers");
    assert_eq!(album["actions"][0]["input"]["album"], album["body"]["album"]);
    let erase =
        json!({ "scenario": "stamps", "venue": venue, "action": "erase", "input": album["actions"][0]["input"] });
    let erased = house.me("POST", "/v1/me/actions", "c", &erase).await;
    assert_eq!(erased.status, StatusCode::OK, "what is offered can be sent back as it is: {}", erased.text);
}

#[tokio::test]
async fn a_point_speaks_for_itself_alone() {
    let house = House::new().await;
    let code = house.code().await;
    let address = format!("/v1/points/{}", house.other_desk.id);
    let got = house.at(&house.desk, "GET", &address, "", &Value::Null).await;
    assert_eq!((got.status, got.code().as_str()), (StatusCode::FORBIDDEN, "point.other"));
    let mut wanted = scan(&house, &code, FIRST);
    wanted["point"] = json!(house.other_desk.id);
    let got = house.at(&house.desk, "POST", "/v1/presentations", FIRST, &wanted).await;
    assert_eq!(got.code(), "point.other");
    let got = house.at(&house.desk, "POST", "/v1/presentations", FIRST, &scan(&house, &code, FIRST)).await;
    let id = got.json()["presentation"]["id"].as_str().unwrap().to_owned();
    let got = house.at(&house.other_desk, "GET", &format!("/v1/presentations/{id}"), "", &Value::Null).await;
    assert_eq!((got.status, got.code().as_str()), (StatusCode::NOT_FOUND, "presentation.unknown"));
    let plain = send(&house.router, "GET", &format!("/v1/presentations/{id}"), &[], "").await;
    assert_eq!((plain.status, plain.code().as_str()), (StatusCode::UNAUTHORIZED, "point.signature"));
}

#[tokio::test]
async fn facts_are_taken_once_and_only_under_the_points_own_signature() {
    let house = House::new().await;
    let address = format!("/v1/points/{}/facts", house.desk.id);
    let event = |desk: &support::Desk1, counter: u64| {
        let (at, evidence) = (house.now_s() * 1000, r#"{"text":"","count":1}"#);
        let text = format!("tongma/fact/v0\n{}\n{counter}\n{at}\nstamps\nstamp\n{evidence}", house.desk.id);
        json!({
            "counter": counter, "happened_at_ms": at, "scenario": "stamps", "action": "stamp",
            "evidence_text": evidence, "signature": desk.sign_text(&text),
        })
    };
    let body = json!({ "events": [event(&house.desk, 1), event(&house.desk, 3)] });
    let taken = house.at(&house.desk, "POST", &address, "f1", &body).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    assert_eq!((&taken.json()["accepted_through"], &taken.json()["gaps"]), (&json!(1), &json!([[2, 2]])));
    let again = house.at(&house.desk, "POST", &address, "f2", &body).await;
    assert_eq!(again.json()["results"], taken.json()["results"]);
    let forged = json!({ "events": [event(&house.other_desk, 2)] });
    let got = house.at(&house.desk, "POST", &address, "f3", &forged).await;
    assert_eq!((got.status, got.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "facts.signature"));
    let mut changed = body;
    changed["events"][0]["evidence_text"] = json!(r#"{"text":"","count":9}"#);
    assert_eq!(house.at(&house.desk, "POST", &address, "f4", &changed).await.code(), "facts.signature");
}

#[tokio::test]
async fn a_cookie_has_power_only_on_pages_of_this_site() {
    let house = House::new().await;
    let cookie = format!("tongma_session={}", house.session);
    let body = json!({ "frozen": true }).to_string();
    for origin in [None, Some("null"), Some("https://evil.example"), Some("http://127.0.0.1:8081")] {
        let mut headers = vec![
            ("cookie", cookie.as_str()),
            ("idempotency-key", "k"),
            ("content-type", "application/json"),
            ("host", "127.0.0.1:8080"),
        ];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let got = send(&house.router, "POST", "/v1/me/freeze", &headers, body.clone()).await;
        assert_eq!((got.status, got.code().as_str()), (StatusCode::FORBIDDEN, "request.origin"), "{origin:?}");
    }
    let me = house.me("GET", "/v1/me", "", &Value::Null).await.json();
    assert_eq!(me["frozen"], false);
    let headers = [("cookie", cookie.as_str()), ("origin", ORIGIN)];
    let out = send(&house.router, "POST", "/auth/logout", &headers, "").await;
    assert_eq!(out.status, StatusCode::OK);
    assert_eq!(house.me("GET", "/v1/me", "", &Value::Null).await.code(), "session.none");
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_it_may_not_do() {
    let house = House::new().await;
    for address in ["/", "/me", "/docs", "/v1/time", "/v1/me", "/none", "/sw.js", "/keys/list"] {
        let got = send(&house.router, "GET", address, &[], "").await;
        let policy = got.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{address}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{address}: {policy}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{address}");
        assert!(got.header("permissions-policy").contains("camera=(self)"), "{address}");
        assert!(!got.header("cache-control").is_empty(), "{address}");
    }
    let worker = send(&house.router, "GET", "/sw.js", &[], "").await;
    assert!(worker.header("content-security-policy").contains("connect-src 'self'"), "the worker fetches");
    let page = send(&house.router, "GET", "/none", &[("accept", "text/html"), ("accept-language", "en")], "").await;
    assert!(
        page.header("content-type").starts_with("text/html") && page.text.contains("There is nothing"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_changing_request_sent_again_has_its_effect_once_and_the_same_answer() {
    let house = House::new().await;
    let phone = json!({ "name": "我的手机" });
    let first = house.me("POST", "/v1/me/devices", "d1", &phone).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let again = house.me("POST", "/v1/me/devices", "d1", &phone).await;
    assert_eq!((again.status, &again.text), (StatusCode::OK, &first.text), "the same key is the same phone");
    assert_eq!(again.header("content-type"), first.header("content-type"));
    let other = house.me("POST", "/v1/me/devices", "d1", &json!({ "name": "另一台" })).await;
    assert_eq!((other.status, other.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency.other_request"));
    let next = house.me("POST", "/v1/me/devices", "d2", &phone).await;
    assert_eq!(next.json()["device"].as_u64(), first.json()["device"].as_u64().map(|number| number + 1));
    // A refusal is an answer too; somebody without a session leaves nothing behind and is only refused.
    let nobody =
        send(&house.router, "POST", "/v1/me/devices", &[("idempotency-key", "d1"), ("origin", ORIGIN)], "{}").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}
