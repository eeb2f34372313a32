//! The edge of the process: the one place that asks the machine for the time and for randomness.

use std::time::Instant;

use tongma_domain::{Clock, Entropy, UnixMs};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything below is handed its time from")]
    fn now(&self) -> UnixMs {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UnixMs::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A moment for measuring durations, which no setting of the clock moves.
#[expect(clippy::disallowed_methods, reason = "the edge measures durations")]
pub fn moment() -> Instant {
    Instant::now()
}

/// The machine's generator of random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the source that everything below is handed its randomness from"
    )]
    fn fill(&mut self, out: &mut [u8]) {
        // A machine without randomness must not make keys, tickets or ids: there is nothing to go on with.
        if getrandom::fill(out).is_err() {
            std::process::abort();
        }
    }
}
