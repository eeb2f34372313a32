//! Texts to phones through a gateway: number, recipient and a fixed sentence out, taken or not taken back.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /v1/messages` | `{number, to, text}` | `{state}` |
//!
//! `state` is `accepted` or `rejected` (with `code`). The same number again is the same message. Whatever else comes back,
//! or nothing, counts as unknown, and the outbox tries again.

pub mod simulator;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tongma_domain::Id;

use crate::client::{JsonClient, NoAnswer};
use crate::{Answer, Answering, Connector};

/// How long one exchange with the gateway may take, in seconds.
pub const EXCHANGE_S: u64 = 5;

/// The connector `sms` over a gateway at a base address.
#[derive(Clone)]
pub struct Sms {
    client: JsonClient,
    signature: String,
}

#[derive(Deserialize)]
struct Request {
    number: Id,
    to: String,
    text: String,
}

impl Sms {
    /// The gateway at this address. `signature` stands in front of every text in 【】, as mainland gateways demand.
    ///
    /// # Errors
    /// The machine's certificate store could not be read.
    pub fn new(base: &str, signature: &str, exchange: Duration) -> std::io::Result<Self> {
        Ok(Self { client: JsonClient::new(base, exchange)?, signature: signature.to_owned() })
    }

    async fn send(&self, request: Request) -> Answer {
        let text = format!("【{}】{}", self.signature, request.text);
        let body = json!({ "number": request.number, "to": request.to, "text": text });
        said(self.client.post("/v1/messages", &body).await)
    }
}

impl Connector for Sms {
    fn name(&self) -> &'static str {
        "sms"
    }

    fn call(&self, request: Value) -> Answering<'_> {
        Box::pin(async move {
            match serde_json::from_value(request) {
                Ok(request) => self.send(request).await,
                Err(_) => Answer::Failure { code: "sms.malformed" },
            }
        })
    }
}

/// What an answer means.
fn said(answer: Result<(u16, Value), NoAnswer>) -> Answer {
    let Ok((200..300, body)) = answer else { return Answer::Unknown };
    match body.get("state").and_then(Value::as_str) {
        Some("accepted") => Answer::Success { detail: Value::Null },
        Some("rejected") => Answer::Failure {
            code: match body.get("code").and_then(Value::as_str) {
                Some("unsubscribed") => "sms.unsubscribed",
                Some("no_such_number") => "sms.no_such_number",
                _ => "sms.rejected",
            },
        },
        _ => Answer::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_ends_the_trying() {
        assert_eq!(said(Ok((200, json!({ "state": "accepted" })))), Answer::Success { detail: Value::Null });
        let rejected = json!({ "state": "rejected", "code": "no_such_number" });
        assert_eq!(said(Ok((200, rejected.clone()))), Answer::Failure { code: "sms.no_such_number" });
        assert_eq!(said(Ok((503, rejected))), Answer::Unknown);
        assert_eq!(said(Ok((200, json!([])))), Answer::Unknown);
        assert_eq!(said(Err(NoAnswer::Deadline)), Answer::Unknown);
    }
}
