//! A citizen's page is told to look again, over one connection that carries nothing else.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test here")]
mod support;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use support::House;
use tower::ServiceExt;

/// The next piece of a stream, or nothing when none comes.
async fn next(body: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await.ok()??.ok()?;
    Some(String::from_utf8_lossy(frame.data_ref()?).into_owned())
}

fn listening(session: &str, last: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri("/v1/me/events").header("cookie", format!("tongma_session={session}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_at_a_desk_is_told_to_the_phone_without_saying_what_it_is() {
    let house = House::new().await;
    let nobody = house.router.clone().oneshot(listening("0000", None)).await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);

    let answer = house.router.clone().oneshot(listening(&house.session, None)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.into_body();
    let first = next(&mut body).await.unwrap();
    assert!(first.contains("event: look"), "{first}");

    let code = house.code().await;
    let shown = json!({
        "text": code, "request_id": "0".repeat(32), "point": house.desk.id, "operator": "王", "purpose": "stamps",
        "action": { "id": "seal", "input": {} },
    });
    let asked = house.at(&house.desk, "POST", "/v1/presentations", "scan", &shown).await;
    assert_eq!(asked.json()["refusal"]["code"], "consent.needed", "{}", asked.text);
    let mut heard = String::new();
    while !heard.contains("event: question") {
        heard.push_str(&next(&mut body).await.unwrap());
    }
    assert!(!heard.contains("stamps") && !heard.contains(&house.desk.id), "news carry nothing: {heard}");

    let last = heard.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    let again = house.router.clone().oneshot(listening(&house.session, Some(&last))).await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(300), again.into_body().frame()).await;
    assert!(quiet.is_err(), "who heard the last event is told nothing until there is news");
    the_desk_is_told_of_the_answer(&house).await;
}

/// The desk listens with its signature, hears that the holder answered, and its venue's board that something was done.
async fn the_desk_is_told_of_the_answer(house: &House) {
    let mut bodies = Vec::new();
    for of in ["", "?of=board"] {
        let address = format!("/v1/points/{}/events{of}", house.desk.id);
        let unsigned = Request::builder().uri(&address).body(Body::empty()).unwrap();
        let refused = house.router.clone().oneshot(unsigned).await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let mut request = Request::builder().uri(&address);
        for (name, value) in house.desk.sign("GET", &address, b"", house.now_s()) {
            request = request.header(name, value);
        }
        let answer = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let mut body = answer.into_body();
        assert!(next(&mut body).await.unwrap().contains("event: look"));
        bodies.push(body);
    }
    let asked = house.me("GET", "/v1/me/requests", "", &json!(null)).await.json();
    let at = format!("/v1/me/requests/{}", asked.pointer("/items/0/id").and_then(serde_json::Value::as_str).unwrap());
    let said = house.me("POST", &at, "yes", &json!({ "decision": "agree" })).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.text);
    for (body, name) in bodies.iter_mut().zip(["presentation", "board"]) {
        let told = next(body).await.unwrap();
        assert!(told.contains(&format!("event: {name}")), "{told}");
    }
}
