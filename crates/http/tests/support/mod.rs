//! A platform on the in-memory store behind its router: one venue with two paired desks, one scenario, one citizen.
#![expect(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails here")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, Uri},
};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tongma_capability::{Desk, Place, Scenario, Step, Stop};
use tongma_code::chain::Chain;
use tongma_code::sign::SoftSm2;
use tongma_code::ticket::{Header, SignedTicket, Suite};
use tongma_domain::{
    Action, ActionsPerPresentation, Card, Claim, ClaimAsk, Clock, ConsentKind, Field, FieldKind, OfflineRule, Outcome,
    Refusal, SeededEntropy, Starter, Text, UnixMs, Words,
};
use tongma_http::point_signature::{COMPONENTS, content_digest, signature_base};
use tongma_http::{Config, SignInConfig};
use tongma_service::{Parts, Platform};
use tongma_store::{CounterKey, Key, MemoryStore};
use tower::ServiceExt;

/// 10:00 in Beijing on an ordinary day.
pub const MORNING_S: i64 = 1_795_053_600;
pub const ORIGIN: &str = "http://127.0.0.1:8080";
pub const ADMIN: &str = "administrator-token";
pub const ISSUER: &str = "https://id.example.cn";

pub struct TestClock(pub AtomicI64);

impl TestClock {
    pub fn at(seconds: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(seconds * 1000)))
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixMs {
        UnixMs::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Stamps at a venue: enough to see whether something was done, and how often.
struct Stamps;

const SAY: Text = Text::new("盖章", "Stamp");

static CARD: Card = Card {
    id: "stamps",
    number: 0,
    name: Text::new("集章", "Stamps"),
    summary: SAY,
    capabilities: &["present"],
    actions: &[
        Action {
            id: "stamp",
            name: SAY,
            by: &[Starter::Operator, Starter::Point, Starter::Holder],
            form: &[Field { id: "count", name: SAY, kind: FieldKind::Number { least: 1, most: 9 }, required: true }],
            moves_money: false,
        },
        Action { id: "seal", name: SAY, by: &[Starter::Operator], form: &[], moves_money: false },
        Action {
            id: "erase",
            name: SAY,
            by: &[Starter::Holder],
            form: &[Field { id: "album", name: SAY, kind: FieldKind::Reference, required: true }],
            moves_money: false,
        },
    ],
    claims: &[ClaimAsk { claim: Claim::AgeClass, purpose: SAY, retention_days: 1, basis: SAY }],
    consent: ConsentKind::Contract,
    settings: &[],
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: &[],
};

impl Scenario for Stamps {
    fn card(&self) -> &'static Card {
        &CARD
    }
    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        Ok(Place::Thing(step.venue.id))
    }
    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        let agreed = step.holder.is_some_and(|holder| holder.agreed);
        if step.action == "seal" && !agreed {
            return Err(Refusal::conflict("consent.needed", SAY, SAY).into());
        }
        let count = step.input.number("count").unwrap_or(10);
        let key = CounterKey { name: "stamps", of: Key::from("all") };
        let total = desk.txn.count_add(&key, count, 0, 1000)?.unwrap_or(0);
        if let Some(holder) = step.holder {
            desk.mirror(holder.person, "album", Key::from("one"), json!({ "album": step.venue.id, "count": total }), 1);
            desk.log(holder.person, Words::new("盖了章", "Stamped"), &[], json!({ "venue": step.venue.id }));
        }
        Ok(Outcome::done(SAY, Words::default(), json!({ "stamps": total, "venue": step.venue.id })))
    }
}

static CATALOGUE: &[&dyn Scenario] = &[&Stamps];

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value a `Set-Cookie` gives a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let mut found = values.filter_map(|text| text.split(';').next()?.strip_prefix(&format!("{name}=")));
        found.next_back().map(str::to_owned)
    }
}

pub async fn send(
    router: &Router,
    method: &str,
    address: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Got {
    let mut request = Request::builder().method(method).uri(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (parts, mut body) = response.into_parts();
    // A live connection does not end by itself; its first piece says how it began.
    let lives = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
    let bytes = if lives {
        body.frame().await.and_then(|piece| piece.unwrap().into_data().ok()).unwrap_or_default()
    } else {
        body.collect().await.unwrap().to_bytes()
    };
    Got { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// A desk with its key.
pub struct Desk1 {
    pub id: String,
    pub key: ed25519_dalek::SigningKey,
}

impl Desk1 {
    /// The headers that sign a request at a moment.
    pub fn sign(&self, method: &str, address: &str, body: &[u8], now_s: i64) -> Vec<(String, String)> {
        let uri: Uri = address.parse().unwrap();
        let digest = content_digest(body);
        let base = signature_base(method, uri.path(), uri.query(), &digest, now_s, &self.id);
        let signature = STANDARD.encode(self.key.sign(base.as_bytes()).to_bytes());
        vec![
            ("content-digest".into(), digest),
            ("signature-input".into(), format!("tm={COMPONENTS};created={now_s};keyid=\"{}\"", self.id)),
            ("signature".into(), format!("tm=:{signature}:")),
        ]
    }

    pub fn sign_text(&self, text: &str) -> String {
        STANDARD.encode(self.key.sign(text.as_bytes()).to_bytes())
    }
}

pub struct House {
    pub router: Router,
    pub platform: Arc<Platform>,
    pub clock: Arc<TestClock>,
    pub desk: Desk1,
    pub other_desk: Desk1,
    pub session: String,
}

impl House {
    pub async fn new() -> Self {
        Self::with_sign_in(None).await
    }

    pub async fn with_sign_in(sign_in: Option<SignInConfig>) -> Self {
        let clock = TestClock::at(MORNING_S);
        let parts = Parts {
            store: Arc::new(MemoryStore::new()),
            clock: Arc::<TestClock>::clone(&clock),
            entropy: Box::new(SeededEntropy::new([9; 32])),
            catalogue: CATALOGUE,
            outside: BTreeMap::new(),
            master: [3; 32],
            roots: [Box::new(SoftSm2::new(&[4; 32]).unwrap()), Box::new(SoftSm2::new(&[5; 32]).unwrap())],
            issuer: Box::new(SoftSm2::new(&[6; 32]).unwrap()),
            host: ORIGIN.into(),
        };
        let platform = Platform::new(parts).unwrap();
        let config = Config { public_origin: ORIGIN.into(), sign_in, admin_token: Some(ADMIN.into()) };
        let router = tongma_http::router(Arc::clone(&platform), &config).unwrap();
        let (desk, other_desk) = furnish(&router).await;
        enrol(&router, ISSUER, "chen").await;
        let person = platform.person_of_sign_in(ISSUER, "chen").unwrap();
        let session = platform.open_session(person).await.unwrap();
        Self { router, platform, clock, desk, other_desk, session }
    }

    pub fn now_s(&self) -> i64 {
        self.clock.now().as_seconds()
    }

    /// A request of the citizen's app.
    pub async fn me(&self, method: &str, address: &str, key: &str, body: &Value) -> Got {
        let cookie = format!("tongma_session={}", self.session);
        let mut headers = vec![("cookie", cookie.as_str()), ("origin", ORIGIN), ("accept-language", "en")];
        if method != "GET" {
            headers.extend([("idempotency-key", key), ("content-type", "application/json")]);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&self.router, method, address, &headers, body).await
    }

    /// A signed request of a desk.
    pub async fn at(&self, desk: &Desk1, method: &str, address: &str, key: &str, body: &Value) -> Got {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let signed = desk.sign(method, address, body.as_bytes(), self.now_s());
        let mut headers: Vec<(&str, &str)> =
            signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if method != "GET" {
            headers.extend([("idempotency-key", key), ("content-type", "application/json")]);
        }
        send(&self.router, method, address, &headers, body).await
    }

    /// Enrols this browser and gives the 254 digits it shows now.
    pub async fn code(&self) -> String {
        let enrolled = self.me("POST", "/v1/me/devices", "device", &json!({ "name": "手机" })).await;
        assert_eq!(enrolled.status, StatusCode::OK, "{}", enrolled.text);
        let prepared = self.me("POST", "/v1/me/tickets/prepare", "prepare", &json!({})).await.json();
        let now_ms = self.now_s() * 1000;
        let tickets = prepared["tickets"].as_array().unwrap();
        let live = tickets.iter().find(|ticket| {
            let within = |name: &str| ticket[name].as_i64().unwrap();
            ticket["kind"] == "ordinary" && within("start_ms") <= now_ms && now_ms < within("end_ms")
        });
        let text = live.unwrap()["header"].as_str().unwrap();
        let header = Header::from_bytes(&bytes(text)).unwrap();
        let seed = [7; 12];
        let chain = Chain::of_ticket(Suite::Sm2, &header.handle, header.window.steps(), &seed).unwrap();
        let anchor = tongma_http::edge::hex(&chain.anchor());
        let asked = json!({ "tickets": [{ "header": text, "anchor": anchor }] });
        let signed = self.me("POST", "/v1/me/tickets/sign", "sign", &asked).await.json();
        let signature = bytes(signed["tickets"][0]["signature"].as_str().unwrap());
        let step = header.window.step_at(self.now_s()).unwrap();
        SignedTicket { header, signature }.show(step, chain.value(step).unwrap()).to_text()
    }
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    std::array::from_fn(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap())
}

/// A request of the administrator.
pub async fn admin(router: &Router, address: &str, body: &Value) -> Value {
    static KEYS: AtomicI64 = AtomicI64::new(0);
    let key = format!("admin-{}", KEYS.fetch_add(1, Ordering::Relaxed));
    let headers = [
        ("authorization", "Bearer administrator-token"),
        ("content-type", "application/json"),
        ("idempotency-key", key.as_str()),
    ];
    let got = send(router, "POST", address, &headers, body.to_string()).await;
    assert_eq!(got.status, StatusCode::OK, "{address}: {}", got.text);
    got.json()
}

/// Someone with this sign-in.
pub async fn enrol(router: &Router, issuer: &str, subject: &str) {
    let person = json!({
        "name": "陈晨", "document_kind": "resident_id", "document_number": "11010519491231002X",
        "phone": "13800138000", "provider": issuer, "subject": subject,
    });
    admin(router, "/v1/admin/people", &person).await;
}

/// A device that pairs with this code.
pub async fn pair(router: &Router, code: &str, seed: u8) -> Desk1 {
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    let public_key = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    let pair = json!({ "code": code, "algorithm": "ed25519", "public_key": public_key });
    let headers = [("content-type", "application/json")];
    let paired = send(router, "POST", "/v1/points/pair", &headers, pair.to_string()).await;
    assert_eq!(paired.status, StatusCode::OK, "{}", paired.text);
    Desk1 { id: paired.json()["point"].as_str().unwrap().to_owned(), key }
}

async fn furnish(router: &Router) -> (Desk1, Desk1) {
    let organisation =
        admin(router, "/v1/admin/organisations", &json!({ "name_zh": "集章馆", "name_en": "Stamp House" })).await;
    let venue = json!({
        "organisation": organisation["id"], "name_zh": "一馆", "name_en": "One", "scenarios": ["stamps"], "state": "open",
    });
    let venue = admin(router, "/v1/admin/venues", &venue).await;
    let mut desks = Vec::new();
    for (name, seed) in [("甲", 1), ("乙", 2)] {
        let point =
            json!({ "venue": venue["id"], "name_zh": name, "name_en": name, "kind": "desk", "scenarios": ["stamps"] });
        let point = admin(router, "/v1/admin/points", &point).await;
        let desk = pair(router, point["pairing_code"].as_str().unwrap(), seed).await;
        assert_eq!(point["id"], desk.id.as_str());
        desks.push(desk);
    }
    let second = desks.pop().unwrap();
    (desks.pop().unwrap(), second)
}
