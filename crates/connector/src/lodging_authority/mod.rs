//! Reporting lodgers to the police system of lodging houses: one report for each business number, taken once.
//!
//! A report is submitted; an answer that is unclear is asked for after a moment, and a report the authority has never heard of
//! is submitted again under the same number. A report that was sent before (`again`) is asked for before it is sent. What is
//! still unclear is answered as unknown: whoever sent it keeps it and tries later. The vocabulary follows the code tables of
//! GA 230 (lodging information) as far as they are public.

mod http;
pub mod simulator;

use std::{future::Future, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

pub use http::{EXCHANGE_S, HttpAuthority};

use crate::{Answer, Answering, Connector};

/// The name by which duties ask for this connector.
pub const NAME: &str = "lodging_authority";

/// One report, as the wire carries it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The business number: the same report at every sending.
    pub business_no: String,
    /// What happened, as the house knows it.
    pub request: Map<String, Value>,
    /// The statutory claims of the person.
    pub identity: Map<String, Value>,
}

/// What the authority says about a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Taken, under this number of its own.
    Accepted {
        /// The authority's number.
        receipt: String,
    },
    /// Not taken until this part is put right.
    Correct {
        /// Which part, in our stable words.
        code: &'static str,
    },
    /// Not taken, and not to be sent again as it is.
    Rejected,
    /// It has no such report.
    Missing,
    /// No answer that says anything.
    Unclear,
}

/// A police system that takes reports of lodgers.
pub trait Authority: Send + Sync {
    /// Sends a report; the same number again is the same report.
    fn submit(&self, report: &Report) -> impl Future<Output = Said> + Send;
    /// Asks what became of a report.
    fn query(&self, business_no: &str) -> impl Future<Output = Said> + Send;
}

/// The connector `lodging_authority` over any such system.
pub struct LodgingAuthority<A> {
    authority: A,
    query_after: Duration,
}

/// A report as the platform sends it.
#[derive(Deserialize)]
struct Asked {
    business_no: String,
    request: Map<String, Value>,
    identity: Map<String, Value>,
}

impl<A: Authority> LodgingAuthority<A> {
    /// The connector over this system; so long after an unclear answer it asks what became of the report.
    pub const fn new(authority: A, query_after: Duration) -> Self {
        Self { authority, query_after }
    }

    async fn carry(&self, mut report: Report) -> Answer {
        let again = report.request.remove("again").is_some_and(|again| again == Value::Bool(true));
        let first = if again { self.ask(&report).await } else { self.authority.submit(&report).await };
        let said = match first {
            Said::Unclear if !again => {
                sleep(self.query_after).await;
                self.ask(&report).await
            }
            said => said,
        };
        match said {
            Said::Accepted { receipt } => Answer::Success { detail: json!({ "receipt": receipt }) },
            Said::Correct { code } => Answer::Failure { code },
            Said::Rejected => Answer::Failure { code: "authority.rejected" },
            Said::Missing | Said::Unclear => Answer::Unknown,
        }
    }

    /// Asks, and sends what the authority has never heard of.
    async fn ask(&self, report: &Report) -> Said {
        match self.authority.query(&report.business_no).await {
            Said::Missing => self.authority.submit(report).await,
            said => said,
        }
    }
}

impl<A: Authority> Connector for LodgingAuthority<A> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn call(&self, request: Value) -> Answering<'_> {
        Box::pin(async move {
            match serde_json::from_value(request) {
                Ok(Asked { business_no, request, identity }) if is_number(&business_no) => {
                    self.carry(Report { business_no, request, identity }).await
                }
                // Nothing was sent, so nothing was done.
                _ => Answer::Failure { code: "authority.request_malformed" },
            }
        })
    }
}

/// A business number goes into a path: letters, digits and hyphens, at most 64.
fn is_number(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;

    /// A system that says what it was told to say, and keeps what it was asked.
    #[derive(Default)]
    struct Scripted {
        says: Mutex<VecDeque<Said>>,
        asked: Mutex<Vec<&'static str>>,
    }

    impl Scripted {
        fn next(&self, asked: &'static str) -> Said {
            self.asked.lock().unwrap().push(asked);
            self.says.lock().unwrap().pop_front().unwrap_or(Said::Unclear)
        }
    }

    impl Authority for Scripted {
        async fn submit(&self, report: &Report) -> Said {
            assert!(!report.request.contains_key("again"), "a mark of our own does not leave");
            self.next("submit")
        }
        async fn query(&self, _: &str) -> Said {
            self.next("query")
        }
    }

    async fn carry(again: bool, says: Vec<Said>) -> (Answer, Vec<&'static str>) {
        let authority = Scripted { says: Mutex::new(says.into()), asked: Mutex::default() };
        let connector = LodgingAuthority::new(authority, Duration::from_secs(5));
        let request = json!({ "business_no": "L1-1", "request": { "op": "arrive", "again": again }, "identity": {} });
        let answer = connector.call(request).await;
        let asked = connector.authority.asked.lock().unwrap().clone();
        (answer, asked)
    }

    fn accepted() -> Said {
        Said::Accepted { receipt: "R1".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn every_way_a_report_goes() {
        let good = Answer::Success { detail: json!({ "receipt": "R1" }) };
        let code = "authority.correct.room";
        assert_eq!(carry(false, vec![accepted()]).await, (good.clone(), vec!["submit"]));
        assert_eq!(carry(false, vec![Said::Correct { code }]).await, (Answer::Failure { code }, vec!["submit"]));
        let lost = carry(false, vec![Said::Unclear, accepted()]).await;
        assert_eq!(
            lost,
            (good.clone(), vec!["submit", "query"]),
            "an answer that was lost is asked for, not sent again"
        );
        let never_came = carry(false, vec![Said::Unclear, Said::Missing, accepted()]).await;
        assert_eq!(never_came, (good.clone(), vec!["submit", "query", "submit"]));
        let known = carry(true, vec![accepted()]).await;
        assert_eq!(known, (good.clone(), vec!["query"]), "what was sent before is asked for first");
        assert_eq!(carry(true, vec![Said::Missing, accepted()]).await, (good, vec!["query", "submit"]));
        assert_eq!(carry(true, vec![]).await, (Answer::Unknown, vec!["query"]), "a system that is down is asked once");
        assert_eq!(carry(false, vec![]).await, (Answer::Unknown, vec!["submit", "query"]));
    }

    #[tokio::test]
    async fn a_request_of_another_shape_is_not_sent() {
        let connector = LodgingAuthority::new(Scripted::default(), Duration::ZERO);
        let odd = [
            Value::Null,
            json!({ "business_no": "../orders", "request": {}, "identity": {} }),
            json!({ "business_no": "L1", "request": {} }),
        ];
        for request in odd {
            assert_eq!(connector.call(request).await, Answer::Failure { code: "authority.request_malformed" });
        }
        assert!(connector.authority.asked.lock().unwrap().is_empty());
    }
}
