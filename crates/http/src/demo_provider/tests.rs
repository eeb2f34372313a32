use super::*;
use axum::body::Body;
use http_body_util::BodyExt;
use std::sync::atomic::{AtomicI64, Ordering};
use tongma_domain::UnixMs;
use tower::ServiceExt;

const ISSUER: &str = "http://127.0.0.1:1";
const BACK: &str = "http://127.0.0.1:2/auth/callback";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct At(AtomicI64);

impl Clock for At {
    fn now(&self) -> UnixMs {
        UnixMs::from_millis(self.0.load(Ordering::SeqCst))
    }
}

fn provider() -> (Router, Arc<At>) {
    let clock = Arc::new(At(AtomicI64::new(1_800_000_000_000)));
    let config = DemoProviderConfig {
        issuer: ISSUER.to_owned(),
        client_id: "tongma".to_owned(),
        client_secret: Some("sec:ret&".to_owned()),
        redirects: vec![BACK.to_owned()],
        people: vec![DemoPerson {
            subject: "demo-1".to_owned(),
            masked_name: "张<**".to_owned(),
            note: Words::new("成年人", "adult"),
        }],
        seed: [5; 32],
        clock: Arc::<At>::clone(&clock),
    };
    (router(config), clock)
}

async fn send(
    router: &Router,
    method: &str,
    address: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (StatusCode, HeaderMap, String) {
    let mut request = axum::http::Request::builder().method(method).uri(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
}

fn request(changed: &[(&str, &str)]) -> String {
    let mut members = vec![
        ("response_type", "code"),
        ("client_id", "tongma"),
        ("redirect_uri", BACK),
        ("scope", "openid"),
        ("state", "s t"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changed {
        members.retain(|(known, _)| known != name);
        members.push((name, value));
    }
    openidconnect::url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish()
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const BASIC: (&str, &str) = ("authorization", "Basic dG9uZ21hOnNlYyUzQXJldCUyNg==");

async fn code(router: &Router) -> String {
    let body = format!("{}&subject=demo-1", request(&[]));
    let (status, headers, _) = send(router, "POST", "/authorize", &[FORM], &body).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let back = Url::parse(headers["location"].to_str().unwrap()).unwrap();
    assert!(back.as_str().starts_with(BACK));
    let pairs: std::collections::HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!(pairs["state"], "s t");
    assert_eq!(pairs["iss"], ISSUER);
    pairs["code"].clone()
}

async fn exchange(
    router: &Router,
    code: &str,
    verifier: &str,
    redirect: &str,
    basic: Option<&'static str>,
) -> (StatusCode, serde_json::Value) {
    let body = openidconnect::url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ])
        .finish();
    let mut headers = vec![FORM];
    headers.extend(basic.map(|value| ("authorization", value)));
    let (status, _, text) = send(router, "POST", "/token", &headers, &body).await;
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn the_page_offers_the_people_and_escapes_their_names() {
    let (router, _) = provider();
    let (status, headers, page) = send(&router, "GET", &format!("/authorize?{}", request(&[])), &[], "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("value=\"demo-1\"") && !page.contains("张<"));
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:2;"), "{policy}");
}

#[tokio::test]
async fn a_code_is_good_once_for_a_minute_and_only_with_its_secret() {
    let (router, clock) = provider();
    let good = code(&router).await;
    let (status, body) = exchange(&router, &good, VERIFIER, BACK, Some(BASIC.1)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["id_token"].as_str().unwrap().split('.').count(), 3);
    let refused =
        |answer: (StatusCode, serde_json::Value), error: &str| assert_eq!(answer.1["error"], error, "{answer:?}");
    refused(exchange(&router, &good, VERIFIER, BACK, Some(BASIC.1)).await, "invalid_grant");
    let other = format!("{}x", &VERIFIER[..42]);
    refused(exchange(&router, &code(&router).await, &other, BACK, Some(BASIC.1)).await, "invalid_grant");
    refused(
        exchange(&router, &code(&router).await, VERIFIER, "http://127.0.0.1:3/", Some(BASIC.1)).await,
        "invalid_grant",
    );
    refused(exchange(&router, &code(&router).await, VERIFIER, BACK, None).await, "invalid_client");
    refused(
        exchange(&router, &code(&router).await, VERIFIER, BACK, Some("Basic dG9uZ21hOng=")).await,
        "invalid_client",
    );
    let late = code(&router).await;
    clock.0.fetch_add(60_000, Ordering::SeqCst);
    refused(exchange(&router, &late, VERIFIER, BACK, Some(BASIC.1)).await, "invalid_grant");
}

#[tokio::test]
async fn a_request_that_is_not_the_clients_is_sent_nowhere() {
    let (router, _) = provider();
    for changed in [("client_id", "other"), ("redirect_uri", "https://evil.example/"), ("redirect_uri", "")] {
        for (method, address, body) in [
            ("GET", format!("/authorize?{}", request(&[changed])), String::new()),
            ("POST", "/authorize".to_owned(), format!("{}&subject=demo-1", request(&[changed]))),
        ] {
            let (status, headers, _) = send(&router, method, &address, &[FORM], &body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{changed:?}");
            assert!(!headers.contains_key("location"));
        }
    }
}

#[tokio::test]
async fn a_request_in_another_form_goes_back_with_its_error() {
    let (router, _) = provider();
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("scope", "email"), "invalid_request"),
    ] {
        let (status, headers, _) = send(&router, "GET", &format!("/authorize?{}", request(&[changed])), &[], "").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert!(headers["location"].to_str().unwrap().contains(&format!("error={error}")), "{changed:?}");
    }
    let body = format!("{}&subject=", request(&[]));
    let (_, headers, _) = send(&router, "POST", "/authorize", &[FORM], &body).await;
    assert!(headers["location"].to_str().unwrap().contains("error=access_denied"));
}

#[tokio::test]
async fn nothing_sent_to_it_makes_it_fail() {
    let (router, _) = provider();
    let long = "a".repeat(30_000);
    for (method, address) in
        [("GET", "/authorize"), ("POST", "/authorize"), ("POST", "/token"), ("GET", "/jwks"), ("PUT", "/token")]
    {
        for body in ["", "%%%", "\u{0}", "a=b&a=c", long.as_str()] {
            for media in ["", "application/json", FORM.1] {
                let (status, ..) = send(&router, method, address, &[("content-type", media)], body).await;
                assert!(!status.is_server_error(), "{method} {address} {status}");
            }
        }
    }
}
