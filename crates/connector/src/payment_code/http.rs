//! The rail's wire: JSON over HTTP.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /v1/pay` | `{order, payment_code, amount_fen, subject}` | `{state, …}` |
//! | `GET /v1/orders/{order}` | | `{state, …}` |
//! | `POST /v1/orders/{order}/reverse` | `{}` | `{state, …}` |
//!
//! `state` is `paid` (with `transaction`, `amount_fen`), `paying`, `unknown`, `failed` (with `code`), `reversed` or
//! `missing`. Whatever else comes back, or nothing, counts as unknown.

use std::time::Duration;

use serde_json::{Value, json};
use tongma_domain::{Fen, Id};

use super::{Charge, Rail, Said};
use crate::client::{JsonClient, NoAnswer};

/// How long one exchange with the rail may take. The providers ask for at least this much.
pub const EXCHANGE_S: u64 = 10;

/// A rail behind a base address.
#[derive(Clone)]
pub struct HttpRail {
    client: JsonClient,
}

impl HttpRail {
    /// The rail at this address; each exchange may take so long ([`EXCHANGE_S`] seconds unless a test is in a hurry).
    ///
    /// # Errors
    /// The machine's certificate store could not be read.
    pub fn new(base: &str, exchange: Duration) -> std::io::Result<Self> {
        Ok(Self { client: JsonClient::new(base, exchange)? })
    }
}

impl Rail for HttpRail {
    async fn submit(&self, charge: &Charge) -> Said {
        let body = json!({
            "order": charge.order,
            "payment_code": charge.payment_code,
            "amount_fen": charge.amount,
            "subject": charge.subject,
        });
        said(self.client.post("/v1/pay", &body).await)
    }

    async fn query(&self, order: Id) -> Said {
        said(self.client.get(&format!("/v1/orders/{order}")).await)
    }

    async fn reverse(&self, order: Id) -> Said {
        said(self.client.post(&format!("/v1/orders/{order}/reverse"), &json!({})).await)
    }
}

/// What an answer means. An error status says nothing about the money.
fn said(answer: Result<(u16, Value), NoAnswer>) -> Said {
    let Ok((200..300 | 404, body)) = answer else {
        return Said::Unclear;
    };
    match body.get("state").and_then(Value::as_str) {
        Some("paid") => {
            let transaction = body.get("transaction").and_then(Value::as_str);
            let amount = body.get("amount_fen").and_then(Value::as_i64);
            match (transaction, amount) {
                (Some(transaction), Some(amount)) => {
                    Said::Paid { transaction: transaction.chars().take(64).collect(), amount: Fen::new(amount) }
                }
                _ => Said::Unclear,
            }
        }
        Some("failed") => failure(body.get("code").and_then(Value::as_str).unwrap_or_default()),
        Some("reversed") => Said::Reversed,
        Some("missing") => Said::Missing,
        _ => Said::Unclear,
    }
}

/// The rail's failure codes in ours. Only what surely means "not paid, and never will be" is a failure.
fn failure(code: &str) -> Said {
    Said::Failed(match code {
        "insufficient" => "rail.insufficient",
        "code_invalid" => "rail.code_invalid",
        "code_expired" => "rail.code_expired",
        "code_used" => "rail.code_used",
        "limit" => "rail.limit",
        "refused_by_payer" => "rail.refused_by_payer",
        "too_late_to_reverse" => "rail.too_late_to_reverse",
        // An order that is paid already, a number that is taken, and every code we have not met: ask.
        _ => return Said::Unclear,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_is_a_failure() {
        let of = |status, body| said(Ok((status, body)));
        assert_eq!(of(200, json!({ "state": "failed", "code": "insufficient" })), Said::Failed("rail.insufficient"));
        assert_eq!(of(200, json!({ "state": "failed", "code": "order_paid" })), Said::Unclear);
        assert_eq!(of(500, json!({ "state": "failed", "code": "insufficient" })), Said::Unclear);
        assert_eq!(of(200, json!({ "state": "paid" })), Said::Unclear);
        assert_eq!(of(200, json!(["paid"])), Said::Unclear);
        assert_eq!(of(404, json!({ "state": "missing" })), Said::Missing);
        assert_eq!(said(Err(NoAnswer::Deadline)), Said::Unclear);
    }
}
