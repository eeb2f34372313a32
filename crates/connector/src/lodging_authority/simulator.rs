//! A police system of lodging houses for demonstrations and tests, as a server of its own. It speaks the wire of
//! [`super::HttpAuthority`], checks reports as such a system does, and keeps what it took in memory.
//!
//! A report is put back for correction when a part is missing or cannot be: the check digit of a resident's number, an
//! address or ethnic group that is not there, a guest under 18 without guardian and relation, a foreigner without entry date
//! or with a visa number that is none.
//!
//! `POST /control` takes `{"next": "correct:room"}` (also `reject`, `drop_reply`, `delay`; the next new report meets it),
//! `{"delay_ms": 3000}`, `{"down": true}` (nothing is answered but 503), `{"wanted": "<document number>"}` (a hit is marked in
//! the book and told to nobody) and `{"reset": true}`. `GET /reports` lists the book.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_domain::{DocumentKind, document_check};

#[derive(Debug, Clone, Serialize)]
struct Entry {
    business_no: String,
    identity: Map<String, Value>,
    request: Map<String, Value>,
    state: &'static str,
    field: String,
    receipt: String,
    hit: bool,
    submissions: u32,
    queries: u32,
}

impl Entry {
    fn says(&self) -> Value {
        match self.state {
            "accepted" => json!({ "state": "accepted", "receipt": self.receipt }),
            "correct" => json!({ "state": "correct", "field": self.field }),
            _ => json!({ "state": "rejected" }),
        }
    }
}

#[derive(Default)]
struct Book {
    entries: BTreeMap<String, Entry>,
    order: Vec<String>,
    wanted: BTreeSet<String>,
    next: Option<String>,
    delay_ms: u64,
    down: bool,
}

type Shared = Arc<Mutex<Book>>;

/// The simulator, with nothing in its book.
pub fn router() -> Router {
    let book: Shared = Arc::new(Mutex::new(Book { delay_ms: 3000, ..Book::default() }));
    Router::new()
        .route("/v1/reports", post(submit))
        .route("/v1/reports/{business_no}", get(query))
        .route("/reports", get(reports))
        .route("/control", post(control))
        .route("/livez", get(async || "ok"))
        .with_state(book)
}

fn locked(book: &Shared) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
struct Submitted {
    business_no: String,
    identity: Map<String, Value>,
    request: Map<String, Value>,
}

async fn submit(State(book): State<Shared>, Json(report): Json<Submitted>) -> Response {
    let (answer, odd, delay_ms) = {
        let mut book = locked(&book);
        if book.down {
            return down();
        }
        let (answer, odd) = book.take(report);
        (answer, odd, book.delay_ms)
    };
    match odd.as_deref() {
        Some("drop_reply") => broken(),
        Some("delay") => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            Json(answer).into_response()
        }
        _ => Json(answer).into_response(),
    }
}

impl Book {
    /// Takes a report once; the same number again gets the same answer. How it misbehaves comes back for a new one only.
    fn take(&mut self, report: Submitted) -> (Value, Option<String>) {
        if let Some(entry) = self.entries.get_mut(&report.business_no) {
            entry.submissions += 1;
            return (entry.says(), None);
        }
        let odd = self.next.take();
        let told = odd.as_deref().and_then(|odd| odd.strip_prefix("correct:")).map(str::to_owned);
        let fault = told.or_else(|| fault(&report.identity, &report.request).map(str::to_owned));
        let state = match (&fault, odd.as_deref()) {
            (_, Some("reject")) => "rejected",
            (Some(_), _) => "correct",
            (None, _) => "accepted",
        };
        let number = report.identity.get("document_number").and_then(Value::as_str).unwrap_or_default();
        let entry = Entry {
            hit: self.wanted.contains(number),
            receipt: format!("GA{:08}", self.order.len() + 1),
            field: fault.unwrap_or_default(),
            state,
            submissions: 1,
            queries: 0,
            business_no: report.business_no.clone(),
            identity: report.identity,
            request: report.request,
        };
        let answer = entry.says();
        self.order.push(report.business_no.clone());
        self.entries.insert(report.business_no, entry);
        (answer, odd)
    }
}

/// What is wrong with a report, as the desk of such a system would say.
fn fault(identity: &Map<String, Value>, request: &Map<String, Value>) -> Option<&'static str> {
    let text = |fields: &Map<String, Value>, name: &str| {
        fields.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    let has = |name: &str| text(identity, name).is_some();
    for name in ["name", "document_number", "sex", "birth"] {
        if !has(if name == "name" { "full_name" } else { name }) {
            return Some(name);
        }
    }
    let kind: Option<DocumentKind> =
        identity.get("document_kind").cloned().and_then(|kind| serde_json::from_value(kind).ok());
    let number = text(identity, "document_number").unwrap_or_default();
    match kind {
        None => return Some("document_number"),
        Some(kind) if document_check(kind, &number).is_err() => return Some("document_number"),
        Some(DocumentKind::ResidentId) if !has("nation") => return Some("nation"),
        Some(DocumentKind::ResidentId) if !has("address") => return Some("address"),
        Some(DocumentKind::Passport) if !has("nationality") => return Some("nationality"),
        Some(_) => {}
    }
    if !["arrive", "visit"].contains(&text(request, "op").unwrap_or_default().as_str()) {
        return None;
    }
    if text(request, "room").is_none() {
        return Some("room");
    }
    if let Some(minor) = request.get("minor").and_then(Value::as_object) {
        let guardian =
            text(minor, "guardian_phone").is_some_and(|phone| phone.chars().filter(char::is_ascii_digit).count() >= 7);
        if !guardian {
            return Some("guardian");
        }
        if text(minor, "company").is_none() {
            return Some("relation");
        }
    }
    match (kind, request.get("foreign").and_then(Value::as_object)) {
        (Some(DocumentKind::Passport), None) => Some("entry"),
        (_, Some(form)) => {
            let visa = text(form, "visa_number").unwrap_or_default();
            let free = text(form, "visa_kind").as_deref() == Some("none");
            let is_visa = (6..=12).contains(&visa.len()) && visa.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if text(form, "entry_date").is_none() { Some("entry") } else { (!free && !is_visa).then_some("visa") }
        }
        _ => None,
    }
}

async fn query(State(book): State<Shared>, Path(number): Path<String>) -> Response {
    let mut book = locked(&book);
    if book.down {
        return down();
    }
    match book.entries.get_mut(&number) {
        None => (StatusCode::NOT_FOUND, Json(json!({ "state": "missing" }))).into_response(),
        Some(entry) => {
            entry.queries += 1;
            Json(entry.says()).into_response()
        }
    }
}

/// Every report in the order it came, for whoever checks what really arrived.
async fn reports(State(book): State<Shared>) -> Json<Value> {
    let book = locked(&book);
    let items: Vec<&Entry> = book.order.iter().filter_map(|number| book.entries.get(number)).collect();
    Json(json!({ "items": items }))
}

#[derive(Deserialize)]
struct Control {
    next: Option<String>,
    delay_ms: Option<u64>,
    down: Option<bool>,
    wanted: Option<String>,
    reset: Option<bool>,
}

async fn control(State(book): State<Shared>, Json(control): Json<Control>) -> Json<Value> {
    let mut book = locked(&book);
    if control.reset == Some(true) {
        *book = Book { delay_ms: 3000, ..Book::default() };
    }
    book.next = control.next.or_else(|| book.next.take());
    book.delay_ms = control.delay_ms.unwrap_or(book.delay_ms).min(60_000);
    book.down = control.down.unwrap_or(book.down);
    book.wanted.extend(control.wanted);
    Json(json!({ "next": book.next, "delay_ms": book.delay_ms, "down": book.down }))
}

fn down() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "state": "unknown" }))).into_response()
}

/// An answer that breaks off: more is promised than comes.
fn broken() -> Response {
    let mut response = Response::new(Body::from(Bytes::from_static(b"{")));
    response.headers_mut().insert("content-type", axum::http::HeaderValue::from_static("application/json"));
    response
}
