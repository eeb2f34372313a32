//! Presentations over HTTP, on the embedded store, beside a bare handler of the same framework: same requests, same
//! loader, same cores, in turns.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use tokio::net::TcpListener;
use tongma_domain::{Clock, Entropy, Id, PointKind, Refusal, UnixMs, Venue, VenueState};
use tongma_http::point_signature::{content_digest, signature_base};
use tongma_service::{Audience, Platform, PointKey};
use tongma_store_sqlite::SqliteStore;

use super::people::{Phone, Visit, left_of_half_hour_s, phones};
use super::{Bar, Figure, HttpArgs, load, median};
use crate::assembly;
use crate::data::{Data, hex};
use crate::system::{SystemClock, SystemEntropy};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Opens a presentation.
    Present,
    /// Opens a presentation and lets the person in.
    PresentAndAct,
}

const BARE: &str = "a bare axum 200";
const SCENARIO: &str = "museum_entry";
/// A step of the tickets: each round shows the next one.
const STEP_S: u64 = 15;

/// Measures.
///
/// # Errors
/// The store cannot be made, or an answer is not the one that was to be measured.
pub async fn figures(args: &HttpArgs, what: What) -> io::Result<Vec<Figure>> {
    let result = measure(args, what).await;
    // What cannot be removed is the owner's to look at; the figures stand.
    let _ = std::fs::remove_dir_all(&args.data);
    result
}

async fn measure(args: &HttpArgs, what: What) -> io::Result<Vec<Figure>> {
    let rounds = args.common.rounds.max(1);
    wait_for_time(rounds).await;
    let data = Data::open(&args.data)?;
    let store = SqliteStore::open(data.store()).map_err(|error| io::Error::other(error.to_string()))?;
    let platform = assembly::platform(Arc::new(store), data.keys()?, Vec::new(), "bench".to_owned())?;
    let told = |refusal: Refusal| io::Error::other(refusal.to_string());
    let gate = Gate::open(&platform).await.map_err(told)?;
    note!("enrolling {} people …", args.people);
    let visit = (what == What::PresentAndAct).then(|| gate.visit(platform.now()));
    let phones = phones(&platform, args.people, visit).await.map_err(told)?;
    let config = tongma_http::Config { public_origin: "http://127.0.0.1".to_owned(), sign_in: None, admin_token: None };
    let router = tongma_http::router(Arc::clone(&platform), &config).map_err(io::Error::other)?;
    let ours = serve(router).await?;
    let bare = serve(Router::new().route("/v1/presentations", post(async || "{}"))).await?;
    let background = tokio::spawn(Arc::clone(&platform).work());
    let expected = if what == What::Present { "\"presentation\"" } else { "\"green\"" };
    let (mut rates, mut bares, mut p50s, mut p99s) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut cpus, mut bare_cpus) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round > 0 {
            tokio::time::sleep(Duration::from_secs(STEP_S)).await;
        }
        let share = if what == What::Present { 0..phones.len() } else { part(phones.len(), round, rounds) };
        let requests = gate
            .requests(phones.get(share).unwrap_or_default(), what)
            .ok_or_else(|| io::Error::other("the tickets ended"))?;
        let requests = Arc::new(requests);
        let loaded = load::run(ours, Arc::clone(&requests), args.connections, expected).await?;
        // The peer runs as long as we did, so that whatever else the machine does falls on both alike.
        let (bare_rate, bare_cpu_us) = load::run_for(bare, requests, args.connections, loaded.elapsed_s).await?;
        bares.push(bare_rate);
        bare_cpus.push(bare_cpu_us);
        rates.push(loaded.per_second);
        cpus.push(loaded.cpu_us);
        p50s.push(loaded.p50.as_secs_f64() * 1000.0);
        p99s.push(loaded.p99.as_secs_f64() * 1000.0);
        note!("round {}: {:.0}/s, p99 {:.1} ms", round + 1, loaded.per_second, loaded.p99.as_secs_f64() * 1000.0);
    }
    background.abort();
    let (name, cpu, half, most, bar) = match what {
        What::Present => ("present", "present_cpu", "present_p50", "present_p99", 0.12),
        What::PresentAndAct => {
            ("present_and_act", "present_and_act_cpu", "present_and_act_p50", "present_and_act_p99", 0.06)
        }
    };
    Ok(vec![
        Figure::beside(name, median(rates), "/s", BARE, median(bares)).bar(Bar::RatioAtLeast(bar)),
        Figure::beside(cpu, median(cpus), "us", BARE, median(bare_cpus)),
        Figure::alone(half, median(p50s), "ms"),
        Figure::alone(most, median(p99s), "ms"),
    ])
}

/// Everybody is let in once: each round has people of its own.
const fn part(people: usize, round: usize, rounds: usize) -> std::ops::Range<usize> {
    people * round / rounds..people * (round + 1) / rounds
}

/// Tickets end with the half hour; a run that would reach its end waits for the next one.
async fn wait_for_time(rounds: usize) {
    let needed_s = 60 + i64::try_from(rounds).unwrap_or(0) * 20;
    let left_s = left_of_half_hour_s(SystemClock.now());
    if left_s < needed_s {
        note!("tickets end in {left_s} s; waiting for the next half hour");
        tokio::time::sleep(Duration::from_secs(left_s.unsigned_abs() + 1)).await;
    }
}

async fn serve(router: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

/// A paired gate.
struct Gate {
    key: SigningKey,
    outward: String,
    venue: Id,
}

impl Gate {
    async fn open(platform: &Arc<Platform>) -> Result<Self, Refusal> {
        let organisation = platform.register_organisation("压测", "bench").await?;
        let setting = |name: &str, value| (format!("{SCENARIO}.{name}"), value);
        let settings = [
            setting("opens_min", 0),
            setting("closes_min", 1440),
            setting("session_min", 1440),
            setting("session_people", 50_000),
            setting("headcount_most", 50_000),
        ];
        let venue = Venue {
            id: organisation,
            organisation,
            name_zh: "压测馆".to_owned(),
            name_en: "Bench museum".to_owned(),
            state: VenueState::Open,
            scenarios: vec![SCENARIO.to_owned()],
            settings: settings.into_iter().collect(),
            things: std::collections::BTreeMap::new(),
            premises: tongma_domain::Premises::default(),
        };
        let venue = platform.register_venue(venue).await?;
        let (point, code) =
            platform.register_point(venue, ("闸机", "Gate"), PointKind::Gate, vec![SCENARIO.to_owned()]).await?;
        let mut secret = [0; 32];
        SystemEntropy.fill(&mut secret);
        let key = SigningKey::from_bytes(&secret);
        let public_key = hex(key.verifying_key().as_bytes());
        platform.pair_point(&code, PointKey { algorithm: "ed25519".to_owned(), public_key }).await?;
        Ok(Self { key, outward: platform.outward(Audience::Points, point), venue })
    }

    /// The one session of today.
    fn visit(&self, now: UnixMs) -> Visit {
        Visit { venue: self.venue, date: now.date().to_string(), session: "00:00".to_owned() }
    }

    /// One signed request for each phone, as bytes ready to be written.
    fn requests(&self, phones: &[Phone], what: What) -> Option<Vec<Vec<u8>>> {
        let now_s = SystemClock.now().as_seconds();
        phones.iter().map(|phone| self.request(&phone.text_at(now_s)?, now_s, what)).collect()
    }

    fn request(&self, text: &str, now_s: i64, what: What) -> Option<Vec<u8>> {
        let mut id = [0; 16];
        SystemEntropy.fill(&mut id);
        let id = hex(&id);
        let mut body =
            json!({ "text": text, "request_id": id, "point": self.outward, "operator": "gate", "purpose": SCENARIO });
        if what == What::PresentAndAct {
            body.as_object_mut()?.insert("action".to_owned(), json!({ "id": "admit", "input": {} }));
        }
        let body = body.to_string();
        let digest = content_digest(body.as_bytes());
        let base = signature_base("POST", "/v1/presentations", None, &digest, now_s, &self.outward);
        let parameters = base.lines().last()?.split_once(": ")?.1;
        let signature = base64(&self.key.sign(base.as_bytes()).to_bytes());
        let head = format!(
            "POST /v1/presentations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nidempotency-key: {id}\r\n\
             content-digest: {digest}\r\nsignature-input: tm={parameters}\r\nsignature: tm=:{signature}:\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Some([head.as_bytes(), body.as_bytes()].concat())
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
