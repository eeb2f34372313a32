//! Outside systems, one module each. A connector carries a request out and brings an answer back before its deadline;
//! it decides nothing.

pub mod client;
pub mod lodging_authority;
pub mod payment_code;
pub mod sms;

use std::{future::Future, pin::Pin};

use serde_json::Value;

/// What an outside system answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It did what was asked.
    Success {
        /// Its own words and numbers.
        detail: Value,
    },
    /// It did not, for good.
    Failure {
        /// A stable code: `rail.insufficient`.
        code: &'static str,
    },
    /// Nobody knows, even after asking again.
    Unknown,
}

/// A future that a connector hands out.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// The way to one outside system.
pub trait Connector: Send + Sync {
    /// The name by which effects ask for it: `payment_code`.
    fn name(&self) -> &'static str;

    /// Carries a request out. It always answers, with [`Answer::Unknown`] when its own deadline passes. The same
    /// request again is the same request there, so asking twice after a crash does nothing twice.
    fn call(&self, request: Value) -> Answering<'_>;
}
