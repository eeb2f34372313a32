//! Signing in: through the demo provider and through one that somebody else wrote, and everything that must not work.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails here")]

mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use openidconnect::url::{Url, form_urlencoded};
use serde_json::Value;
use support::{Got, House, ORIGIN, TestClock, enrol, send};
use tokio::io::{AsyncBufReadExt, BufReader};
use tongma_domain::Words;
use tongma_http::SignInConfig;
use tongma_http::demo_provider::{self, DemoPerson, DemoProviderConfig};

const CALLBACK: &str = "http://127.0.0.1:8080/auth/callback";
/// The version of the foreign provider, from npm.
const OIDC_PROVIDER: &str = "9.13.3";

fn config(issuer: &str, secret: Option<&str>) -> SignInConfig {
    let client_secret_file = secret.map(|secret| {
        let name = format!("tongma-secret-{}-{}", std::process::id(), issuer.rsplit(':').next().unwrap_or_default());
        let path = std::env::temp_dir().join(name);
        std::fs::File::create(&path).unwrap().write_all(format!("{secret}\n").as_bytes()).unwrap();
        path
    });
    SignInConfig { issuer: issuer.into(), client_id: "tongma".into(), client_secret_file, redirect: CALLBACK.into() }
}

/// The demo provider on a port of its own, and its router for what the browser asks there.
async fn demo(clock: Arc<TestClock>) -> (String, Router, tokio::task::JoinHandle<()>) {
    demo_at("127.0.0.1:0", clock).await
}

async fn demo_at(address: &str, clock: Arc<TestClock>) -> (String, Router, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let person = |subject: &str| DemoPerson {
        subject: subject.into(),
        masked_name: "陈*".into(),
        note: Words::new("成年人", "adult"),
    };
    let router = demo_provider::router(DemoProviderConfig {
        issuer: issuer.clone(),
        client_id: "tongma".into(),
        client_secret: Some("demo secret".into()),
        redirects: vec![CALLBACK.into()],
        people: vec![person("demo-chen"), person("nobody")],
        seed: [8; 32],
        clock,
    });
    let served = router.clone();
    let task = tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
    (issuer, router, task)
}

/// The platform with the demo provider, and the person enrolled under its sign-in.
async fn house() -> (House, Router, String) {
    let clock = TestClock::at(support::MORNING_S);
    let (issuer, provider, _task) = demo(clock).await;
    let house = House::with_sign_in(Some(config(&issuer, Some("demo secret")))).await;
    enrol(&house.router, &issuer, "demo-chen").await;
    (house, provider, issuer)
}

async fn login(house: &House) -> Got {
    send(&house.router, "GET", "/auth/login?return=/me", &[("host", "127.0.0.1:8080")], "").await
}

/// Chooses a person at the demo provider; gives the path and query of the way back.
async fn choose(provider: &Router, location: &str, subject: &str) -> String {
    let request = Url::parse(location).unwrap();
    let page = send(provider, "GET", &format!("/authorize?{}", request.query().unwrap()), &[], "").await;
    assert!(page.text.contains("value=\"demo-chen\""), "{}", page.text);
    let form: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(request.query_pairs())
        .append_pair("subject", subject)
        .finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let back = send(provider, "POST", "/authorize", &headers, form).await;
    path_of(back.header("location"))
}

fn path_of(location: &str) -> String {
    let back = Url::parse(location).unwrap();
    assert!(back.as_str().starts_with(CALLBACK), "{back}");
    format!("{}?{}", back.path(), back.query().unwrap_or_default())
}

async fn come_back(house: &House, path: &str, cookie: Option<&str>) -> Got {
    let cookie = cookie.map(|cookie| format!("tongma_sign_in={cookie}"));
    let mut headers = vec![("accept-language", "en")];
    headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
    send(&house.router, "GET", path, &headers, "").await
}

async fn is_signed_in(house: &House, session: &str) -> bool {
    let cookie = format!("tongma_session={session}");
    let me = send(&house.router, "GET", "/v1/me", &[("cookie", cookie.as_str())], "").await;
    me.status == StatusCode::OK && me.json()["masked_name"] == "陈*"
}

#[tokio::test]
async fn the_demo_provider_signs_a_person_in() {
    let (house, provider, _) = house().await;
    let begun = login(&house).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    let flags = begun.header("set-cookie");
    assert!(flags.contains("HttpOnly") && flags.contains("SameSite=Lax") && flags.contains("Path=/auth"), "{flags}");
    let attempt = begun.cookie("tongma_sign_in").unwrap();
    let back = choose(&provider, begun.header("location"), "demo-chen").await;
    let arrived = come_back(&house, &back, Some(&attempt)).await;
    assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{}", arrived.text);
    assert_eq!(arrived.header("location"), "/me");
    assert_eq!(arrived.cookie("tongma_sign_in").as_deref(), Some(""), "the attempt is over");
    assert!(is_signed_in(&house, &arrived.cookie("tongma_session").unwrap()).await);
    let again = come_back(&house, &back, Some(&attempt)).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (StatusCode::BAD_REQUEST, "sign_in.rejected"),
        "a code is good once"
    );
    assert_eq!(again.cookie("tongma_session"), None);
}

#[tokio::test]
async fn an_answer_that_is_not_this_browsers_signs_nobody_in() {
    let (house, provider, _) = house().await;
    let mine = login(&house).await;
    let attempt = mine.cookie("tongma_sign_in").unwrap();
    let back = choose(&provider, mine.header("location"), "demo-chen").await;
    let theirs = login(&house).await.cookie("tongma_sign_in").unwrap();
    let state = back.split('&').find(|part| part.contains("state=")).unwrap().to_owned();
    let refused = |got: Got, code: &str| {
        assert_eq!((got.status, got.code().as_str()), (StatusCode::BAD_REQUEST, code), "{}", got.text);
        assert_eq!(got.cookie("tongma_session"), None);
    };
    refused(come_back(&house, &back, None).await, "sign_in.expired");
    refused(come_back(&house, &back, Some("x.y")).await, "sign_in.expired");
    refused(come_back(&house, &back, Some(&theirs)).await, "sign_in.mismatch");
    refused(come_back(&house, &back.replace(&state, "state=x"), Some(&attempt)).await, "sign_in.mismatch");
    refused(come_back(&house, "/auth/callback", Some(&attempt)).await, "sign_in.mismatch");
    refused(
        come_back(&house, &format!("/auth/callback?{state}&code=made-up"), Some(&attempt)).await,
        "sign_in.rejected",
    );
    refused(come_back(&house, &format!("/auth/callback?{state}"), Some(&attempt)).await, "sign_in.rejected");
    house.clock.0.fetch_add(601_000, Ordering::SeqCst);
    refused(come_back(&house, &back, Some(&attempt)).await, "sign_in.expired");
}

#[tokio::test]
async fn cancelling_and_not_being_enrolled_are_told_apart() {
    let (house, provider, _) = house().await;
    for (subject, code) in [("", "sign_in.declined"), ("nobody", "sign_in.not_enrolled")] {
        let begun = login(&house).await;
        let back = choose(&provider, begun.header("location"), subject).await;
        let got = come_back(&house, &back, begun.cookie("tongma_sign_in").as_deref()).await;
        assert_eq!((got.status, got.code().as_str()), (StatusCode::FORBIDDEN, code), "{}", got.text);
        assert_eq!(got.cookie("tongma_session"), None);
    }
}

#[tokio::test]
async fn a_token_of_another_time_is_not_believed() {
    let (house, provider, _) = house().await;
    let begun = login(&house).await;
    let back = choose(&provider, begun.header("location"), "demo-chen").await;
    // The provider's clock stands still; ours goes on past the token's end but within the attempt's life.
    house.clock.0.fetch_add(301_000, Ordering::SeqCst);
    let got = come_back(&house, &back, begun.cookie("tongma_sign_in").as_deref()).await;
    assert_eq!(got.code(), "sign_in.rejected", "{}", got.text);
}

#[tokio::test]
async fn a_dead_provider_is_said_to_be_one_and_comes_back() {
    let clock = TestClock::at(support::MORNING_S);
    let (issuer, _, task) = demo(clock).await;
    task.abort();
    let _ = task.await;
    let house = House::with_sign_in(Some(config(&issuer, Some("demo secret")))).await;
    let headers = [("host", "127.0.0.1:8080"), ("accept", "text/html"), ("accept-language", "en")];
    let got = send(&house.router, "GET", "/auth/login", &headers, "").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.text.contains("does not answer") && !got.header("retry-after").is_empty(), "{}", got.text);
    let address = issuer.trim_start_matches("http://").to_owned();
    let (_, _, _task) = demo_at(&address, TestClock::at(support::MORNING_S)).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(login(&house).await.status, StatusCode::SEE_OTHER, "once the provider is back, so is the sign-in");
    let without = House::new().await;
    assert_eq!(login(&without).await.code(), "sign_in.unavailable");
}

#[tokio::test]
async fn whoever_came_by_another_name_of_this_machine_is_sent_to_the_public_one() {
    let (house, ..) = house().await;
    let got = send(&house.router, "GET", "/auth/login?return=/me", &[("host", "localhost:8080")], "").await;
    assert_eq!(got.header("location"), format!("{ORIGIN}/auth/login?return=/me"));
    assert_eq!(got.cookie("tongma_sign_in"), None);
}

/// The foreign provider as a process, installed from npm when it is not there.
struct Foreign {
    issuer: String,
    _process: tokio::process::Child,
}

impl Foreign {
    async fn start(algorithm: &str) -> Self {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/npm"));
        install(&folder).await;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc_provider.mjs");
        let mut process = tokio::process::Command::new("node")
            .arg(script)
            .args([folder.as_os_str(), CALLBACK.as_ref(), algorithm.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("node is needed for this test (Debian: apt-get install nodejs npm): {error}")
            });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
        let port = first
            .ok()
            .and_then(Result::ok)
            .flatten()
            .unwrap_or_else(|| panic!("oidc-provider did not start: run node {script}"));
        // It goes on talking; nobody listening would end it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { issuer: format!("http://127.0.0.1:{port}"), _process: process }
    }
}

async fn install(folder: &PathBuf) {
    let known = std::fs::read_to_string(folder.join("node_modules/oidc-provider/package.json")).unwrap_or_default();
    let known: Value = serde_json::from_str(&known).unwrap_or_default();
    if known["version"] == OIDC_PROVIDER {
        return;
    }
    std::fs::create_dir_all(folder).unwrap();
    let output = tokio::process::Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(folder)
        .arg(format!("oidc-provider@{OIDC_PROVIDER}"))
        .output()
        .await
        .unwrap_or_else(|error| panic!("npm is needed for this test (Debian: apt-get install nodejs npm): {error}"));
    assert!(output.status.success(), "npm install oidc-provider: {}", String::from_utf8_lossy(&output.stderr));
}

/// A browser without a screen: it keeps cookies and goes where it is sent.
struct Browser {
    client: Client<HttpConnector, Full<axum::body::Bytes>>,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), cookies: BTreeMap::new() }
    }

    async fn ask(&mut self, address: &Url, form: Option<String>) -> (StatusCode, Option<Url>, String) {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = axum::http::Request::builder()
            .method(if form.is_some() { "POST" } else { "GET" })
            .uri(address.as_str())
            .header("cookie", cookies.join("; "));
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let request = request.body(Full::from(form.unwrap_or_default())).unwrap();
        let answer = self.client.request(request).await.unwrap();
        for value in answer.headers().get_all("set-cookie") {
            let (name, value) = value.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = answer.headers().get("location").map(|value| address.join(value.to_str().unwrap()).unwrap());
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, location, String::from_utf8_lossy(&body).into_owned())
    }

    /// Signs in at the foreign provider's development pages and agrees; gives the path and query of the way back.
    async fn sign_in(&mut self, location: &str, subject: &str) -> String {
        let mut address = Url::parse(location).unwrap();
        let mut form = None;
        for _ in 0..12 {
            let (status, location, page) = self.ask(&address, form.take()).await;
            if let Some(location) = location {
                if location.as_str().starts_with(CALLBACK) {
                    return path_of(location.as_str());
                }
                address = location;
                continue;
            }
            assert_eq!(status, StatusCode::OK, "{address}: {page}");
            let action = page
                .split("action=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_else(|| panic!("{page}"));
            address = address.join(action).unwrap();
            let prompt = if page.contains("value=\"login\"") { "login" } else { "consent" };
            let pairs = [("prompt", prompt), ("login", subject), ("password", "any")];
            form = Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
        }
        panic!("the provider led nowhere: {address}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the foreign provider signs with the machine's clock, so ours must be it"
)]
fn machine_time_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

#[tokio::test]
async fn a_provider_that_somebody_else_wrote_signs_a_person_in() {
    for algorithm in ["RS256", "PS256", "ES256"] {
        let foreign = Foreign::start(algorithm).await;
        let house = House::with_sign_in(Some(config(&foreign.issuer, Some("a secret with : and &")))).await;
        house.clock.0.store(machine_time_ms(), Ordering::SeqCst);
        enrol(&house.router, &foreign.issuer, "chen").await;
        let begun = login(&house).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let back = Browser::new().sign_in(begun.header("location"), "chen").await;
        let arrived = come_back(&house, &back, begun.cookie("tongma_sign_in").as_deref()).await;
        assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{algorithm}: {}", arrived.text);
        assert!(is_signed_in(&house, &arrived.cookie("tongma_session").unwrap()).await);
        // The same person at the provider, unknown to the platform.
        let begun = login(&house).await;
        let back = Browser::new().sign_in(begun.header("location"), "stranger").await;
        let got = come_back(&house, &back, begun.cookie("tongma_sign_in").as_deref()).await;
        assert_eq!(got.code(), "sign_in.not_enrolled", "{}", got.text);
    }
}

#[tokio::test]
async fn a_wrong_secret_signs_nobody_in() {
    let clock = TestClock::at(support::MORNING_S);
    let (issuer, provider, _task) = demo(clock).await;
    let house = House::with_sign_in(Some(config(&issuer, Some("another secret")))).await;
    enrol(&house.router, &issuer, "demo-chen").await;
    let begun = login(&house).await;
    let back = choose(&provider, begun.header("location"), "demo-chen").await;
    let got = come_back(&house, &back, begun.cookie("tongma_sign_in").as_deref()).await;
    assert_eq!((got.status, got.code().as_str()), (StatusCode::BAD_REQUEST, "sign_in.rejected"));
}
