//! Requests that change something without being a scenario's action: each has its effect once under its caller's key.
//!
//! An action claims its key in the bucket that decides it, in the same transaction. What is left (enrolling a phone,
//! answering a question, registering a venue …) is spread over several units of work, so its key has a row of its own:
//! rank 0 while the request is worked on, rank 1 with the sealed answer. A request that ended without an answer may be
//! sent again after a moment.

use tongma_domain::{Bucket, Id, Refusal, Text, UnixMs};
use tongma_store::{Claimed, Key, OnceClaim, decode, encode};

use crate::leg::KEEP_DAYS;
use crate::platform::Platform;

/// How long a request that has not ended is taken to be still worked on: longer than the edge lets any request take.
const WORKED_ON_S: i64 = 25;

/// A request under its key, before it is worked on.
#[derive(Debug, Clone)]
pub struct Repeatable {
    key: Key,
    fingerprint: [u8; 32],
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be worked on now.
    Fresh,
    /// It was answered with this.
    Answered(Vec<u8>),
}

impl Repeatable {
    /// A request: who sends it (a person, or nobody for the administration), to which route, under which key, and a
    /// digest of all it says.
    pub fn new(caller: Option<Id>, route: &str, key: &str, fingerprint: [u8; 32]) -> Self {
        let caller = caller.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        Self { key: Key::of(&[b"request", &caller, route.as_bytes(), key.as_bytes()]), fingerprint }
    }

    /// Its row's bucket: it follows from the key, since no one thing decides the request.
    fn bucket(&self) -> Bucket {
        Id::derived(&[self.key.as_bytes()]).bucket()
    }

    fn claim(&self, rank: u32, answer: Vec<u8>, now: UnixMs) -> OnceClaim {
        OnceClaim {
            key: self.key.clone(),
            rank,
            claimant: self.fingerprint,
            answer,
            keep_until: now.plus_days(KEEP_DAYS),
        }
    }
}

impl Platform {
    /// Claims a request's key.
    ///
    /// # Errors
    /// `idempotency.other_request` when the key stands for another request (422), `idempotency.running` when the same
    /// one is still worked on (409), or the store's refusal.
    pub async fn begin_request(&self, request: &Repeatable) -> Result<Known, Refusal> {
        let (asked, now) = (request.clone(), self.now());
        let found = self
            .run(request.bucket(), move |txn| match txn.claim(&asked.claim(0, encode(&now)?, now))? {
                Claimed::Fresh => Ok(Known::Fresh),
                Claimed::Again(began) => {
                    let began: UnixMs = decode(&began)?;
                    if now < began.plus_s(WORKED_ON_S) { Err(running().into()) } else { Ok(Known::Fresh) }
                }
                Claimed::Taken { rank: 0 } => Err(other_request().into()),
                Claimed::Taken { .. } => match txn.claim(&asked.claim(1, Vec::new(), now))? {
                    Claimed::Again(answer) => Ok(Known::Answered(answer)),
                    Claimed::Fresh | Claimed::Taken { .. } => Err(other_request().into()),
                },
            })
            .await?;
        match found {
            Known::Fresh => Ok(Known::Fresh),
            Known::Answered(sealed) => self.vault.open_answer(&sealed).map(Known::Answered).map_err(|_| running()),
        }
    }

    /// Keeps the answer of a request for those who send it again.
    ///
    /// # Errors
    /// The store's refusal; the request has had its effect all the same.
    pub async fn end_request(&self, request: &Repeatable, answer: &[u8]) -> Result<(), Refusal> {
        let sealed = self.vault.seal_answer(answer, self.seed()).map_err(|_| running())?;
        let claim = request.claim(1, sealed, self.now());
        self.run(request.bucket(), move |txn| Ok(txn.claim(&claim).map(drop)?)).await
    }
}

pub(crate) fn other_request() -> Refusal {
    Refusal::invalid(
        "idempotency.other_request",
        Text::new("同一个请求编号用在了另一件事上", "This Idempotency-Key was used for another request"),
        Text::new("请换一个新的请求编号", "Use a fresh key for a new request"),
    )
}

fn running() -> Refusal {
    Refusal::conflict(
        "idempotency.running",
        Text::new("同一个请求还在办理", "The same request is still being worked on"),
        Text::new("请稍等片刻再用同一个编号查询", "Wait a moment and send it again with the same key"),
    )
}
