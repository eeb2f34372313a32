//! Bad input at every route, from every caller: a clear refusal in both languages, never a panic, never a fault of ours.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails here")]

mod support;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::{ADMIN, Got, House, ORIGIN, send};
use tongma_domain::{Entropy, SeededEntropy};
use tongma_http::{Caller, Operation, operations};

/// A request of the caller whom the route is for, so that the bad part is what it meets and not the door.
async fn ask(house: &House, operation: &Operation, address: &str, media_type: &str, body: &[u8]) -> Got {
    let (method, cookie) = (operation.method.as_str(), format!("tongma_session={}", house.session));
    let bearer = format!("Bearer {ADMIN}");
    let signed = house.desk.sign(method, address, body, house.now_s());
    let mut headers: Vec<(&str, &str)> = vec![("idempotency-key", "bad-input"), ("origin", ORIGIN)];
    if !media_type.is_empty() {
        headers.push(("content-type", media_type));
    }
    match operation.caller {
        Caller::Citizen => headers.push(("cookie", &cookie)),
        Caller::Administrator => headers.push(("authorization", &bearer)),
        Caller::Point => headers.extend(signed.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
        Caller::Anyone => {}
    }
    send(&house.router, method, address, &headers, body.to_vec()).await
}

/// The route's address with an id in it: the desk's own where the route is about the desk, else one that leads nowhere.
fn address(house: &House, operation: &Operation) -> String {
    let id = if operation.path.starts_with("/v1/points/") {
        house.desk.id.as_str()
    } else {
        "0123456789abcdef0123456789abcdef"
    };
    operation.path.replace("{id}", id)
}

/// A refusal is never a fault, and always says what, what next and who helps, twice.
fn must_be_kind(got: &Got, context: &str) {
    assert!(
        !got.status.is_server_error() || got.code() == "sign_in.unavailable",
        "{context}: {} {}",
        got.status,
        got.text
    );
    if got.status.is_client_error() {
        assert!(got.header("content-type").starts_with("application/problem+json"), "{context}: {}", got.text);
        let problem = got.json();
        for member in ["title_words", "next", "human"] {
            for language in ["zh", "en"] {
                assert!(
                    problem[member][language].as_str().is_some_and(|text| !text.is_empty()),
                    "{context}: {problem}"
                );
            }
        }
        assert_eq!(problem["status"], got.status.as_u16(), "{context}");
        assert_eq!(problem["type"], format!("/problems/{}", problem["code"].as_str().unwrap()), "{context}");
    }
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let mut noise = vec![0; 4096];
    SeededEntropy::new([1; 32]).fill(&mut noise);
    let nested = |open: &str, count: usize| open.repeat(count).into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("noise", noise),
        ("half a body", br#"{"text":"#.to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a text", br#""x""#.to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("an unknown field", br#"{"admin":true}"#.to_vec()),
        ("a doubled field", br#"{"frozen":true,"frozen":false}"#.to_vec()),
        (
            "wrong types",
            br#"{"text":1,"name":[],"tickets":"x","events":{},"frozen":"yes","code":{},"decision":3}"#.to_vec(),
        ),
        ("not UTF-8", b"{\"name\":\"\xff\xfe\"}".to_vec()),
        ("a lone surrogate", br#"{"name":"\ud800"}"#.to_vec()),
        ("a zero byte", b"{\"name\":\"\0\"}".to_vec()),
        ("deep lists", nested("[", 60_000)),
        ("deep objects", nested("{\"a\":", 10_000)),
    ]
}

#[tokio::test]
async fn no_body_is_taken_that_is_not_the_one_agreed_on() {
    let house = House::new().await;
    for operation in operations() {
        let address = address(&house, &operation);
        for (name, body) in bodies() {
            let context = format!("{} {address} with {name}", operation.method);
            let got = ask(&house, &operation, &address, "application/json", &body).await;
            must_be_kind(&got, &context);
            let empties = ["nothing", "an empty object"].contains(&name);
            if operation.request.is_some() && operation.path != "/v1/presentations/{id}/close" && !empties {
                assert!(got.status.is_client_error(), "{context}: {} {}", got.status, got.text);
            }
        }
    }
}

#[tokio::test]
async fn a_body_too_long_or_of_another_kind_is_named_as_that() {
    let house = House::new().await;
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(70_000)).into_bytes();
    for operation in operations().iter().filter(|operation| operation.request.is_some()) {
        let address = address(&house, operation);
        let got = ask(&house, operation, &address, "application/json", &long).await;
        assert_eq!((got.status, got.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "input.too_large"), "{address}");
        must_be_kind(&got, &address);
        for media_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/jsonx",
            "\u{80}",
        ] {
            let Ok(_) = axum::http::HeaderValue::from_str(media_type) else { continue };
            let got = ask(&house, operation, &address, media_type, b"{}").await;
            assert_eq!(got.code(), "input.media_type", "{address} as {media_type:?}");
            must_be_kind(&got, &address);
        }
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_at_the_bound() {
    let house = House::new().await;
    let cookie = format!("tongma_session={}", house.session);
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", ORIGIN),
        ("idempotency-key", "k"),
        ("content-type", "application/json"),
    ];
    // Announced as nothing and sent piece by piece, for ever.
    let pieces = futures_stream();
    let got = send(&house.router, "POST", "/v1/me/freeze", &headers, axum::body::Body::from_stream(pieces)).await;
    assert_eq!(got.code(), "input.too_large");
    // Announced as too long: refused before anything of it is waited for.
    let mut announced = headers.to_vec();
    announced.push(("content-length", "70000"));
    let got = send(&house.router, "POST", "/v1/me/freeze", &announced, r#"{"frozen":false}"#).await;
    assert_eq!(got.code(), "input.too_large");
}

/// An endless stream of pieces, without a length.
fn futures_stream() -> impl futures_core::Stream<Item = Result<&'static [u8], std::io::Error>> + Send + 'static {
    struct Endless;
    impl futures_core::Stream for Endless {
        type Item = Result<&'static [u8], std::io::Error>;
        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(Some(Ok(&[b' '; 1024])))
        }
    }
    Endless
}

#[tokio::test]
async fn ids_pages_and_queries_are_checked_before_anything_is_read() {
    let house = House::new().await;
    for operation in operations().iter().filter(|operation| operation.path.contains("{id}")) {
        for id in [
            "x",
            "0",
            "0123456789ABCDEF0123456789ABCDEF",
            "%00",
            "%ff",
            "..%2f..%2fetc",
            "'%20OR%201=1",
            &"f".repeat(9000),
        ] {
            let address = operation.path.replace("{id}", id);
            let got = ask(&house, operation, &address, "application/json", b"{}").await;
            must_be_kind(&got, &address);
            assert!(got.status.is_client_error(), "{address}: {}", got.status);
        }
    }
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=99999999999999999999",
        "after=",
        "after=%00",
        "after=%27",
        "limit=1&limit=2",
    ] {
        for path in ["/v1/me/log", "/v1/me/venues", "/v1/me/things"] {
            let address = format!("{path}?{query}");
            let got = house.me("GET", &address, "", &Value::Null).await;
            assert_eq!(got.status, StatusCode::BAD_REQUEST, "{address}: {}", got.text);
            must_be_kind(&got, &address);
        }
    }
    for address in [
        "/v1/me/log?after=abc",
        "/v1/me/things?kind=%F0%9F%92%A9",
        "/v1/me/list?scenario=x&venue=y",
        "/v1/me/list?scenario=stamps&venue=y&action=bundle&date=2026-13-01",
        "/v1/me/list",
    ] {
        must_be_kind(&house.me("GET", address, "", &Value::Null).await, address);
    }
    for action in
        ["", "?scenario=stamps", "?scenario=none", "?scenario=stamps&action=bundle", "?scenario=%00&action=%ff"]
    {
        for list in ["list", "bundle"] {
            let address = format!("/v1/points/{}/{list}{action}", house.desk.id);
            must_be_kind(&house.at(&house.desk, "GET", &address, "", &Value::Null).await, &address);
        }
    }
}

#[tokio::test]
async fn a_method_the_address_does_not_take_is_named_with_those_it_does() {
    let house = House::new().await;
    for operation in operations() {
        for method in ["PUT", "PATCH", "TRACE", "BREW"] {
            let got = send(&house.router, method, &address(&house, &operation), &[], "").await;
            assert_eq!(
                (got.status, got.code().as_str()),
                (StatusCode::METHOD_NOT_ALLOWED, "route.method"),
                "{method} {}",
                operation.path
            );
            assert!(got.header("allow").contains(operation.method.as_str()), "{}: {:?}", operation.path, got.headers);
            must_be_kind(&got, operation.path);
        }
    }
    let got = send(&house.router, "GET", "/v1/none", &[], "").await;
    assert_eq!((got.status, got.code().as_str()), (StatusCode::NOT_FOUND, "route.unknown"));
}

#[tokio::test]
async fn whatever_is_scanned_is_named_and_nothing_is_half_done() {
    let house = House::new().await;
    let code = house.code().await;
    let other = "9".repeat(254);
    let cut: String = code.chars().take(253).collect();
    let flipped = format!("{}{}", &code[..253], if code.ends_with('0') { '1' } else { '0' });
    let wide: String = code.chars().map(|digit| char::from_u32(digit as u32 - 0x30 + 0xff10).unwrap()).collect();
    let texts: &[(&str, &str)] = &[
        ("", "code."),
        ("\u{0}", "code."),
        ("https://example.cn/pay?x=1", "code.not_ours"),
        ("134567890123456789", "code.not_ours"),
        ("281234567890123456", "code.not_ours"),
        ("6212345678901234567", "code.not_ours"),
        (&other, "code."),
        (&cut, "code."),
        (&flipped, "code."),
        (&wide, "code."),
        ("110105194912310021", "code."),
        ("🀄🀄🀄", "code."),
        (" \r\n", "code."),
        ("861234567890123456789012", "code."),
    ];
    for (number, (text, expected)) in texts.iter().enumerate() {
        let request = format!("{number:032x}");
        let body = json!({ "text": text, "request_id": request, "point": house.desk.id, "operator": "李", "purpose": "stamps" });
        let got = house.at(&house.desk, "POST", "/v1/presentations", &request, &body).await;
        must_be_kind(&got, text);
        assert!(got.status.is_client_error() && got.code().starts_with(expected), "{text:?}: {}", got.text);
    }
    for (name, value) in
        [("purpose", "none"), ("request_id", "x"), ("operator", ""), ("operator", "a\nb"), ("point", "x")]
    {
        let mut body = json!({ "text": code, "request_id": "a".repeat(32), "point": house.desk.id, "operator": "李", "purpose": "stamps" });
        body[name] = json!(value);
        let got = house.at(&house.desk, "POST", "/v1/presentations", "k", &body).await;
        must_be_kind(&got, name);
        assert!(got.status.is_client_error(), "{name}: {}", got.text);
    }
    let body = json!({ "text": code, "request_id": "b".repeat(32), "point": house.desk.id, "operator": "李", "purpose": "stamps" });
    let got = house.at(&house.desk, "POST", "/v1/presentations", "k", &body).await;
    assert_eq!(got.status, StatusCode::OK, "after all of that the code is still unspent: {}", got.text);
}

#[tokio::test]
async fn changed_bits_of_good_requests_are_refused_or_harmless() {
    let house = House::new().await;
    let mut entropy = SeededEntropy::new([5; 32]);
    let good = [
        (
            "/v1/me/actions",
            json!({ "scenario": "stamps", "venue": "0123456789abcdef0123456789abcdef", "action": "stamp", "input": { "count": 1 } }),
        ),
        ("/v1/me/tickets/sign", json!({ "tickets": [{ "header": "00".repeat(26), "anchor": "00".repeat(12) }] })),
        ("/v1/me/devices", json!({ "name": "手机" })),
        ("/v1/points/pair", json!({ "code": "12345678", "algorithm": "p256", "public_key": "AAAA" })),
        (
            "/v1/admin/people",
            json!({ "name": "李", "document_kind": "passport", "document_number": "E1234567", "birth": "1990-01-01", "phone": "" }),
        ),
    ];
    let operations = operations();
    for (path, body) in good {
        let operation = operations.iter().find(|operation| operation.path == path).unwrap();
        for _ in 0..200 {
            let mut bytes = body.to_string().into_bytes();
            for _ in 0..=entropy.next_u64() % 3 {
                let place = usize::try_from(entropy.next_u64()).unwrap() % bytes.len();
                bytes[place] ^= 1 << (entropy.next_u64() % 8);
            }
            let got = ask(&house, operation, path, "application/json", &bytes).await;
            must_be_kind(&got, &String::from_utf8_lossy(&bytes));
        }
    }
}
