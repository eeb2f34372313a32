//! The authority's wire: JSON over HTTP.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /v1/reports` | `{business_no, identity, request}` | `{state, …}` |
//! | `GET /v1/reports/{business_no}` | | `{state, …}` |
//!
//! `state` is `accepted` (with `receipt`), `correct` (with `field`), `rejected` or `missing`. Whatever else comes back, or
//! nothing, says nothing about the report.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Authority, Report, Said};
use crate::client::{JsonClient, NoAnswer};

/// How long one exchange may take: a guest stands at the desk.
pub const EXCHANGE_S: u64 = 3;

/// The authority behind a base address.
#[derive(Clone)]
pub struct HttpAuthority {
    client: JsonClient,
}

impl HttpAuthority {
    /// The authority at this address; each exchange may take so long.
    ///
    /// # Errors
    /// The machine's certificate store could not be read.
    pub fn new(base: &str, exchange: Duration) -> std::io::Result<Self> {
        Ok(Self { client: JsonClient::new(base, exchange)? })
    }
}

impl Authority for HttpAuthority {
    async fn submit(&self, report: &Report) -> Said {
        let body = json!({ "business_no": report.business_no, "identity": report.identity, "request": report.request });
        said(self.client.post("/v1/reports", &body).await)
    }

    async fn query(&self, business_no: &str) -> Said {
        said(self.client.get(&format!("/v1/reports/{business_no}")).await)
    }
}

/// What an answer means. An error status says nothing about the report.
fn said(answer: Result<(u16, Value), NoAnswer>) -> Said {
    let Ok((200..300 | 404, body)) = answer else { return Said::Unclear };
    match body.get("state").and_then(Value::as_str) {
        Some("accepted") => match body.get("receipt").and_then(Value::as_str) {
            Some(receipt) => Said::Accepted { receipt: receipt.chars().take(40).collect() },
            None => Said::Unclear,
        },
        Some("correct") => correct(body.get("field").and_then(Value::as_str).unwrap_or_default()),
        Some("rejected") => Said::Rejected,
        Some("missing") => Said::Missing,
        _ => Said::Unclear,
    }
}

/// The parts that the authority may want corrected, in our words.
fn correct(field: &str) -> Said {
    let code = match field {
        "name" | "document_number" | "nation" | "address" | "sex" | "birth" | "nationality" => {
            "authority.correct.identity"
        }
        "room" => "authority.correct.room",
        "guardian" => "authority.correct.guardian",
        "relation" => "authority.correct.relation",
        "visa" => "authority.correct.visa",
        "entry" => "authority.correct.entry",
        _ => "authority.correct.other",
    };
    Said::Correct { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_counts() {
        let of = |status, body| said(Ok((status, body)));
        assert_eq!(of(200, json!({ "state": "accepted", "receipt": "R" })), Said::Accepted { receipt: "R".into() });
        assert_eq!(of(200, json!({ "state": "accepted" })), Said::Unclear);
        assert_eq!(of(503, json!({ "state": "accepted", "receipt": "R" })), Said::Unclear);
        assert_eq!(
            of(200, json!({ "state": "correct", "field": "visa" })),
            Said::Correct { code: "authority.correct.visa" }
        );
        assert_eq!(of(404, json!({ "state": "missing" })), Said::Missing);
        assert_eq!(of(200, json!(["accepted"])), Said::Unclear);
        assert_eq!(said(Err(NoAnswer::Deadline)), Said::Unclear);
    }
}
