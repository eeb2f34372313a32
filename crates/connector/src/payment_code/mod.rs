//! Paying by the payer's payment code, which the merchant scans: the state machine that the providers' own guides
//! describe (`WeChat` Pay payment-code pay, `alipay.trade.pay` with `bar_code`).
//!
//! submit → success, failure or unknown. Unknown is asked again after a while; what is still unclear at the end of the
//! patience is reversed, again and again until the rail answers. The order's number is the attempt's, so submitting twice
//! pays once.

mod http;
pub mod simulator;

use std::{future::Future, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tongma_domain::{Fen, Id, Words};

pub use http::{EXCHANGE_S, HttpRail};

use crate::{Answer, Answering, Connector};

/// What the rail is asked to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The order's number at the rail, the same for ever.
    pub order: Id,
    /// The payer's payment code.
    pub payment_code: String,
    /// How much.
    pub amount: Fen,
    /// What the payer reads on the receipt.
    pub subject: String,
}

/// What the rail says about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The money was taken.
    Paid {
        /// The rail's own number.
        transaction: String,
        /// How much it took.
        amount: Fen,
    },
    /// The payer is typing a password, or the rail does not know yet, or it did not answer.
    Unclear,
    /// The money was not taken and will not be.
    Failed(&'static str),
    /// The order is undone, or closed before it began: it will never be paid.
    Reversed,
    /// The rail knows no such order.
    Missing,
}

/// A rail that takes payment codes.
pub trait Rail: Send + Sync {
    /// Asks for the money; the same order again is the same payment.
    fn submit(&self, charge: &Charge) -> impl Future<Output = Said> + Send;
    /// Asks what became of an order.
    fn query(&self, order: Id) -> impl Future<Output = Said> + Send;
    /// Asks to undo an order; an order that never came is closed.
    fn reverse(&self, order: Id) -> impl Future<Output = Said> + Send;
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From an unclear answer to the first query.
    pub query_after: Duration,
    /// Between queries.
    pub query_every: Duration,
    /// From the submission to giving up.
    pub give_up: Duration,
    /// Between attempts to reverse.
    pub reverse_every: Duration,
    /// From giving up to leaving the reversal to a later request.
    pub reverse_give_up: Duration,
}

impl Patience {
    /// The figures of the providers' guides: query after about 5 s, then every 10 s, give up at 45 s (a reversal not before
    /// 15 s), and repeat a reversal until it is answered.
    pub const GUIDES: Self = Self {
        query_after: Duration::from_secs(5),
        query_every: Duration::from_secs(10),
        give_up: Duration::from_secs(45),
        reverse_every: Duration::from_secs(5),
        reverse_give_up: Duration::from_secs(60),
    };

    /// Every figure multiplied: demonstrations and tests do not wait for a payer's password.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let factor = if factor.is_finite() { factor.clamp(0.0, 100.0) } else { 1.0 };
        Self {
            query_after: self.query_after.mul_f64(factor),
            query_every: self.query_every.mul_f64(factor),
            give_up: self.give_up.mul_f64(factor),
            reverse_every: self.reverse_every.mul_f64(factor),
            reverse_give_up: self.reverse_give_up.mul_f64(factor),
        }
    }
}

/// The connector `payment_code` over any rail.
pub struct PaymentCode<R> {
    rail: R,
    patience: Patience,
}

/// A request as the platform's effects carry it.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Request {
    Pay { order: Id, payment_code: String, amount_fen: Fen, what: Words },
    Reverse { order: Id },
}

impl<R: Rail> PaymentCode<R> {
    /// The connector over this rail.
    pub const fn new(rail: R, patience: Patience) -> Self {
        Self { rail, patience }
    }

    /// Takes the money, or finds out for certain that it was not taken, or gives up and undoes it.
    async fn pay(&self, charge: Charge) -> Answer {
        let began = Instant::now();
        let mut said = self.rail.submit(&charge).await;
        let mut wait = self.patience.query_after;
        let mut asked = false;
        loop {
            match said {
                Said::Paid { transaction, amount } if amount == charge.amount => return paid(&transaction, amount),
                // Another amount than was asked is nobody's agreement: it goes back.
                Said::Paid { .. } => break,
                Said::Failed(code) => return Answer::Failure { code },
                Said::Reversed => return Answer::Failure { code: "rail.reversed" },
                Said::Unclear | Said::Missing => {}
            }
            // However long the submission took, the rail is asked once before anything is undone.
            if asked && began.elapsed() + wait > self.patience.give_up {
                break;
            }
            asked = true;
            sleep(wait).await;
            wait = self.patience.query_every;
            said = self.ask_again(&charge).await;
        }
        match self.undo(charge.order).await {
            Answer::Success { .. } => Answer::Failure { code: "rail.reversed" },
            answer => answer,
        }
    }

    /// Queries; an order the rail has never heard of is submitted again under the same number.
    async fn ask_again(&self, charge: &Charge) -> Said {
        match self.rail.query(charge.order).await {
            Said::Missing => self.rail.submit(charge).await,
            said => said,
        }
    }

    /// Undoes an order: success means that it is not paid and never will be.
    async fn undo(&self, order: Id) -> Answer {
        let began = Instant::now();
        loop {
            match self.rail.reverse(order).await {
                Said::Reversed => return Answer::Success { detail: json!({ "state": "reversed" }) },
                Said::Failed(code) => return Answer::Failure { code },
                Said::Paid { .. } | Said::Unclear | Said::Missing => {}
            }
            if began.elapsed() + self.patience.reverse_every > self.patience.reverse_give_up {
                return Answer::Unknown;
            }
            sleep(self.patience.reverse_every).await;
        }
    }
}

fn paid(transaction: &str, amount: Fen) -> Answer {
    Answer::Success { detail: json!({ "transaction": transaction, "amount_fen": amount }) }
}

impl<R: Rail> Connector for PaymentCode<R> {
    fn name(&self) -> &'static str {
        "payment_code"
    }

    fn call(&self, request: Value) -> Answering<'_> {
        Box::pin(async move {
            match serde_json::from_value(request) {
                Ok(Request::Pay { order, payment_code, amount_fen, what }) => {
                    let subject = what.zh.into_owned();
                    self.pay(Charge { order, payment_code, amount: amount_fen, subject }).await
                }
                Ok(Request::Reverse { order }) => self.undo(order).await,
                // Nothing was sent, so nothing was done.
                Err(_) => Answer::Failure { code: "rail.request_malformed" },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, sync::Mutex};

    use tongma_domain::{Bucket, SeededEntropy, UnixMs};

    use super::*;

    /// A rail that says what it was told to say, and keeps what it was asked.
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

    impl Rail for Scripted {
        async fn submit(&self, _: &Charge) -> Said {
            self.next("submit")
        }
        async fn query(&self, _: Id) -> Said {
            self.next("query")
        }
        async fn reverse(&self, _: Id) -> Said {
            self.next("reverse")
        }
    }

    fn took(fen: i64) -> Said {
        Said::Paid { transaction: "t1".into(), amount: Fen::new(fen) }
    }

    async fn pay(says: Vec<Said>) -> (Answer, Vec<&'static str>) {
        let rail = Scripted { says: Mutex::new(says.into()), asked: Mutex::default() };
        let connector = PaymentCode::new(rail, Patience::GUIDES);
        let order = Id::new(UnixMs::from_millis(1), Bucket::DIRECTORY, &mut SeededEntropy::new([1; 32]));
        let request = json!({ "op": "pay", "order": order, "payment_code": "130000000000000000", "amount_fen": 500, "what": { "zh": "挂号", "en": "Fee" } });
        let answer = connector.call(request).await;
        let asked = connector.rail.asked.lock().unwrap().clone();
        (answer, asked)
    }

    fn reversed() -> Answer {
        Answer::Failure { code: "rail.reversed" }
    }

    #[tokio::test(start_paused = true)]
    async fn every_way_through_the_state_machine() {
        let success = paid("t1", Fen::new(500));
        assert_eq!(pay(vec![took(500)]).await, (success.clone(), vec!["submit"]));
        let failed = Said::Failed("rail.insufficient");
        assert_eq!(pay(vec![failed]).await, (Answer::Failure { code: "rail.insufficient" }, vec!["submit"]));
        let later = pay(vec![Said::Unclear, Said::Unclear, took(500)]).await;
        assert_eq!(later, (success.clone(), vec!["submit", "query", "query"]));
        // An order the rail never heard of is sent again, not reversed.
        let lost = pay(vec![Said::Unclear, Said::Missing, took(500)]).await;
        assert_eq!(lost, (success, vec!["submit", "query", "submit"]));
        // Another amount goes back at once.
        assert_eq!(pay(vec![took(499), Said::Reversed]).await, (reversed(), vec!["submit", "reverse"]));
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_in_a_reversal_that_is_repeated() {
        let began = Instant::now();
        let mut says = vec![Said::Unclear; 6];
        says.extend([took(500), Said::Reversed]);
        let (answer, asked) = pay(says).await;
        assert_eq!(answer, reversed());
        // Queries at 5, 15, 25, 35 and 45 s; the first reversal says that it was paid after all, the second undoes it.
        assert_eq!(asked, ["submit", "query", "query", "query", "query", "query", "reverse", "reverse"]);
        assert_eq!(began.elapsed().as_secs(), 50);
        let (answer, asked) = pay(Vec::new()).await;
        assert_eq!(answer, Answer::Unknown);
        assert_eq!(asked.iter().filter(|asked| **asked == "reverse").count(), 13);
    }

    #[tokio::test]
    async fn a_request_of_another_shape_is_not_sent() {
        let connector = PaymentCode::new(Scripted::default(), Patience::GUIDES);
        for request in [Value::Null, json!({ "op": "steal" }), json!({ "op": "pay", "order": "x" })] {
            assert_eq!(connector.call(request).await, Answer::Failure { code: "rail.request_malformed" });
        }
        assert!(connector.rail.asked.lock().unwrap().is_empty());
    }
}
