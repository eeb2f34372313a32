//! A payment-code rail for demonstrations and tests, as a server of its own. It speaks the wire of [`super::HttpRail`] and
//! keeps its orders in memory. What it does with a payment is chosen by the payment code's last two digits:
//!
//! | last two | what happens |
//! |---|---|
//! | 01 | not enough money |
//! | 02 | unknown, then paid at the second query |
//! | 03 | unknown, then failed at the second query |
//! | 04 | unknown for ever; paid in the moment somebody tries to reverse it, and reversed at the next try |
//! | 05 | paid, and the answer is lost on the way |
//! | 06 | paid, answered after `delay_ms` |
//! | 07 | paid, answered as "this order is paid already" |
//! | 08 | the payer never types the password |
//! | 09 | unknown for ever, and the first two reversals are not answered |
//! | 10 | paid with one fen more than asked |
//! | 11 | the payment code has expired |
//! | other | paid |
//!
//! `POST /control` takes `{"next": "insufficient"}` (the next payment behaves so, whatever its code), `{"delay_ms": 3000}`,
//! `{"down": true}` (nothing is answered but 503) and `{"reset": true}`. `GET /orders` lists what it has.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the rail does with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table at the top of the module says what each does")]
pub enum Behaviour {
    Success,
    Insufficient,
    UnknownThenSuccess,
    UnknownThenFailure,
    LateSuccess,
    DropReply,
    Delay,
    Duplicate,
    NoPassword,
    ReverseUnanswered,
    WrongAmount,
    CodeExpired,
}

impl Behaviour {
    fn of(payment_code: &str) -> Self {
        match payment_code.get(payment_code.len().saturating_sub(2)..) {
            Some("01") => Self::Insufficient,
            Some("02") => Self::UnknownThenSuccess,
            Some("03") => Self::UnknownThenFailure,
            Some("04") => Self::LateSuccess,
            Some("05") => Self::DropReply,
            Some("06") => Self::Delay,
            Some("07") => Self::Duplicate,
            Some("08") => Self::NoPassword,
            Some("09") => Self::ReverseUnanswered,
            Some("10") => Self::WrongAmount,
            Some("11") => Self::CodeExpired,
            _ => Self::Success,
        }
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Money {
    Paid,
    Waiting,
    Failed,
    Reversed,
}

#[derive(Debug, Clone, Serialize)]
struct Order {
    order: String,
    payment_code: String,
    amount_fen: i64,
    state: Money,
    code: &'static str,
    behaviour: Behaviour,
    submissions: u32,
    queries: u32,
    reversals: u32,
}

#[derive(Default)]
struct Rail {
    orders: BTreeMap<String, Order>,
    used_codes: BTreeSet<String>,
    next: Option<Behaviour>,
    delay_ms: u64,
    down: bool,
}

type Shared = Arc<Mutex<Rail>>;

/// The simulator, with no orders yet.
pub fn router() -> Router {
    let rail: Shared = Arc::new(Mutex::new(Rail { delay_ms: 3000, ..Rail::default() }));
    Router::new()
        .route("/v1/pay", post(pay))
        .route("/v1/orders/{order}", get(query))
        .route("/v1/orders/{order}/reverse", post(reverse))
        .route("/orders", get(orders))
        .route("/control", post(control))
        .route("/livez", get(async || "ok"))
        .with_state(rail)
}

fn locked(rail: &Shared) -> MutexGuard<'_, Rail> {
    rail.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
struct Pay {
    order: String,
    payment_code: String,
    amount_fen: i64,
}

/// A payment code: 18 digits beginning with 10 to 15.
fn is_payment_code(text: &str) -> bool {
    text.len() == 18
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.get(..2).is_some_and(|head| ("10"..="15").contains(&head))
}

async fn pay(State(rail): State<Shared>, Json(asked): Json<Pay>) -> Response {
    let (answer, behaviour, delay_ms) = {
        let mut rail = locked(&rail);
        if rail.down {
            return down();
        }
        let (answer, behaviour) = rail.pay(asked);
        (answer, behaviour, rail.delay_ms)
    };
    match behaviour {
        Some(Behaviour::DropReply) => Response::new(Body::new(Broken)),
        Some(Behaviour::Delay) => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            Json(answer).into_response()
        }
        _ => Json(answer).into_response(),
    }
}

impl Rail {
    /// Takes a payment. The behaviour comes back only for the submission that was carried out.
    fn pay(&mut self, asked: Pay) -> (Value, Option<Behaviour>) {
        if let Some(order) = self.orders.get_mut(&asked.order) {
            order.submissions += 1;
            if order.payment_code != asked.payment_code || order.amount_fen != asked.amount_fen {
                return (json!({ "state": "failed", "code": "order_taken" }), None);
            }
            return (order.says(), None);
        }
        if !is_payment_code(&asked.payment_code) || asked.amount_fen <= 0 {
            return (json!({ "state": "failed", "code": "code_invalid" }), None);
        }
        let fresh = self.used_codes.insert(asked.payment_code.clone());
        let behaviour = self.next.take().unwrap_or_else(|| Behaviour::of(&asked.payment_code));
        let (state, code) = match behaviour {
            _ if !fresh => (Money::Failed, "code_used"),
            Behaviour::Insufficient => (Money::Failed, "insufficient"),
            Behaviour::CodeExpired => (Money::Failed, "code_expired"),
            Behaviour::Success
            | Behaviour::DropReply
            | Behaviour::Delay
            | Behaviour::Duplicate
            | Behaviour::WrongAmount => (Money::Paid, ""),
            Behaviour::UnknownThenSuccess
            | Behaviour::UnknownThenFailure
            | Behaviour::LateSuccess
            | Behaviour::NoPassword
            | Behaviour::ReverseUnanswered => (Money::Waiting, ""),
        };
        let order = Order {
            order: asked.order.clone(),
            payment_code: asked.payment_code,
            amount_fen: asked.amount_fen,
            state,
            code,
            behaviour,
            submissions: 1,
            queries: 0,
            reversals: 0,
        };
        let answer = match behaviour {
            Behaviour::Duplicate if fresh => json!({ "state": "failed", "code": "order_paid" }),
            _ => order.says(),
        };
        self.orders.insert(asked.order, order);
        (answer, fresh.then_some(behaviour))
    }

    fn reverse(&mut self, number: String) -> Value {
        // Undoing what never came closes the number, so that a payment still on its way cannot be taken.
        let order = self.orders.entry(number.clone()).or_insert_with(|| Order {
            order: number,
            payment_code: String::new(),
            amount_fen: 0,
            state: Money::Reversed,
            code: "",
            behaviour: Behaviour::Success,
            submissions: 0,
            queries: 0,
            reversals: 0,
        });
        order.reversals += 1;
        match (order.behaviour, order.reversals) {
            (Behaviour::LateSuccess, 1) => {
                order.state = Money::Paid;
                json!({ "state": "unknown" })
            }
            (Behaviour::ReverseUnanswered, 1 | 2) => json!({ "state": "unknown" }),
            _ => {
                order.state = Money::Reversed;
                json!({ "state": "reversed" })
            }
        }
    }
}

impl Order {
    /// What the rail says about it now.
    fn says(&self) -> Value {
        let extra = i64::from(self.behaviour == Behaviour::WrongAmount);
        match self.state {
            Money::Paid => {
                let transaction = format!("42{}", self.order.get(..16).unwrap_or(&self.order));
                json!({ "state": "paid", "transaction": transaction, "amount_fen": self.amount_fen + extra })
            }
            Money::Waiting if self.behaviour == Behaviour::NoPassword => json!({ "state": "paying" }),
            Money::Waiting => json!({ "state": "unknown" }),
            Money::Failed => json!({ "state": "failed", "code": self.code }),
            Money::Reversed => json!({ "state": "reversed" }),
        }
    }
}

async fn query(State(rail): State<Shared>, Path(number): Path<String>) -> Response {
    let mut rail = locked(&rail);
    if rail.down {
        return down();
    }
    let Some(order) = rail.orders.get_mut(&number) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "state": "missing" }))).into_response();
    };
    order.queries += 1;
    if order.queries >= 2 && order.state == Money::Waiting {
        match order.behaviour {
            Behaviour::UnknownThenSuccess => order.state = Money::Paid,
            Behaviour::UnknownThenFailure => (order.state, order.code) = (Money::Failed, "refused_by_payer"),
            _ => {}
        }
    }
    Json(order.says()).into_response()
}

async fn reverse(State(rail): State<Shared>, Path(number): Path<String>) -> Response {
    let mut rail = locked(&rail);
    if rail.down { down() } else { Json(rail.reverse(number)).into_response() }
}

/// Every order, for whoever checks what really happened.
async fn orders(State(rail): State<Shared>) -> Json<Value> {
    let rail = locked(&rail);
    Json(json!({ "items": rail.orders.values().collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
struct Control {
    next: Option<Behaviour>,
    delay_ms: Option<u64>,
    down: Option<bool>,
    reset: Option<bool>,
}

async fn control(State(rail): State<Shared>, Json(control): Json<Control>) -> Json<Value> {
    let mut rail = locked(&rail);
    if control.reset == Some(true) {
        *rail = Rail { delay_ms: 3000, ..Rail::default() };
    }
    rail.next = control.next.or(rail.next);
    rail.delay_ms = control.delay_ms.unwrap_or(rail.delay_ms).min(60_000);
    rail.down = control.down.unwrap_or(rail.down);
    Json(json!({ "next": rail.next, "delay_ms": rail.delay_ms, "down": rail.down }))
}

fn down() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "state": "unknown" }))).into_response()
}

/// A body that breaks off: the connection closes before the answer is whole.
struct Broken;

impl axum::body::HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
