//! A gateway for demonstrations and tests, as a server of its own. What it does is chosen by the last two digits of the
//! recipient's number:
//!
//! | last two | what happens |
//! |---|---|
//! | 81 | rejected: there is no such number |
//! | 82 | rejected: the recipient has unsubscribed |
//! | 83 | not answered the first two times, then accepted |
//! | 84 | accepted, and the answer of the first time is lost |
//! | other | accepted |
//!
//! `GET /messages` lists what was accepted, `POST /control` takes `{"down": true}` and `{"reset": true}`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Message {
    number: String,
    to: String,
    text: String,
    #[serde(default)]
    tries: u32,
    #[serde(default)]
    accepted: bool,
}

#[derive(Default)]
struct Gateway {
    messages: BTreeMap<String, Message>,
    order: Vec<String>,
    down: bool,
}

type Shared = Arc<Mutex<Gateway>>;

/// The simulator, with no messages yet.
pub fn router() -> Router {
    Router::new()
        .route("/v1/messages", post(send))
        .route("/messages", get(messages))
        .route("/control", post(control))
        .route("/livez", get(async || "ok"))
        .with_state(Shared::default())
}

fn locked(gateway: &Shared) -> MutexGuard<'_, Gateway> {
    gateway.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gateway {
    /// Takes a message; `None` is no answer.
    fn send(&mut self, asked: Message) -> Option<Value> {
        let number = asked.number.clone();
        if !self.messages.contains_key(&number) {
            self.order.push(number.clone());
        }
        let message = self.messages.entry(number).or_insert(asked);
        message.tries += 1;
        let answer = match (message.to.get(message.to.len().saturating_sub(2)..), message.tries) {
            (Some("81"), _) => return Some(json!({ "state": "rejected", "code": "no_such_number" })),
            (Some("82"), _) => return Some(json!({ "state": "rejected", "code": "unsubscribed" })),
            (Some("83"), ..=2) => return None,
            (Some("84"), 1) => None,
            _ => Some(json!({ "state": "accepted" })),
        };
        message.accepted = true;
        answer
    }
}

async fn send(State(gateway): State<Shared>, Json(asked): Json<Message>) -> Response {
    let mut gateway = locked(&gateway);
    let answer = if gateway.down { None } else { gateway.send(asked) };
    answer.map_or_else(
        || (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "state": "unknown" }))).into_response(),
        |answer| Json(answer).into_response(),
    )
}

/// What was accepted, in order, for whoever checks what people really read.
async fn messages(State(gateway): State<Shared>) -> Json<Value> {
    let gateway = locked(&gateway);
    let accepted = gateway.order.iter().filter_map(|number| gateway.messages.get(number));
    Json(json!({ "items": accepted.filter(|message| message.accepted).collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
struct Control {
    down: Option<bool>,
    reset: Option<bool>,
}

async fn control(State(gateway): State<Shared>, Json(control): Json<Control>) -> Json<Value> {
    let mut gateway = locked(&gateway);
    if control.reset == Some(true) {
        *gateway = Gateway::default();
    }
    gateway.down = control.down.unwrap_or(gateway.down);
    Json(json!({ "down": gateway.down }))
}
