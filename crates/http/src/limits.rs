//! Every bound of the HTTP edge in one place, each with the reason for its size, and the door that keeps to them.

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tongma_domain::{Refusal, Text};

use crate::problem::Problem;

/// The longest request body, in bytes. Contract: 64 KiB; the largest honest one is 256 anchors at some 100 bytes.
pub const MOST_BODY_BYTES: usize = 64 * 1024;
/// How long a client may take to send its body: 64 KiB on a 2G line of 50 kbit/s.
pub const BODY_TIME: Duration = Duration::from_secs(12);
/// The longest work on one request before it is answered as unavailable; clients give up after some 10 s.
pub const REQUEST_TIME: Duration = Duration::from_secs(20);
/// The longest idempotency key, in characters. Contract.
pub const MOST_KEY_CHARACTERS: usize = 64;
/// Entries on a page of a list unless asked otherwise.
pub const USUAL_PAGE: u16 = 20;
/// The most entries on a page of a list.
pub const MOST_PAGE: u16 = 100;
/// The longest cursor, in characters; ours are some 60.
pub const MOST_CURSOR_CHARACTERS: usize = 256;
/// How far the `created` of a point's signature may lie from our clock, in seconds either way. Contract.
pub const SIGNATURE_WINDOW_S: i64 = 120;
/// Requests worked on at once. Beyond the group commit's batch more only adds waiting.
pub const MOST_IN_FLIGHT: usize = 1024;
/// How long a request may wait for its turn: a person at a counter notices a second.
pub const MOST_WAIT: Duration = Duration::from_millis(800);
/// Pairing tries a minute, over all points: a code has 8 digits, so guessing one live code of a hundred takes years.
pub const PAIRINGS_PER_MINUTE: u32 = 60;
/// Beginnings of staff sign-ins and enrolments a minute: an invitation has 16 digits, so this is for the store's sake.
pub const STAFF_ENTRIES_PER_MINUTE: u32 = 120;
/// Applications a minute, from everywhere: each is read by a person.
pub const APPLICATIONS_PER_MINUTE: u32 = 60;
/// How long a sign-in may take between leaving for the provider and coming back, in seconds.
pub const SIGN_IN_TIME_S: i64 = 600;

/// The bounded number of requests worked on at once.
#[derive(Debug, Clone)]
pub struct Door {
    places: Arc<Semaphore>,
    wait: Duration,
}

impl Default for Door {
    fn default() -> Self {
        Self::new(MOST_IN_FLIGHT, MOST_WAIT)
    }
}

impl Door {
    /// A door for so many requests at once, each waiting at most so long.
    pub fn new(places: usize, wait: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), wait }
    }
}

/// Middleware: a turn for each request, or a refusal that is cheaper than the service; and a bound on the work itself.
pub async fn admit(State(door): State<Door>, request: Request, next: Next) -> Response {
    if request.method() == Method::GET && matches!(request.uri().path(), "/livez" | "/readyz") {
        return next.run(request).await;
    }
    let Ok(Ok(_place)) = tokio::time::timeout(door.wait, door.places.acquire()).await else {
        return busy().into_response();
    };
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => too_slow().into_response(),
    }
}

/// `platform.busy`: too many at once.
fn busy() -> Problem {
    Problem::from(Refusal::unavailable(
        "platform.busy",
        Text::new("现在办理的人太多", "Too many people are being served at this moment"),
        Text::new("请过几秒再试；这次没有办理任何事", "Try again in a few seconds; nothing was done"),
    ))
    .retry_after_s(2)
}

/// `platform.slow`: the work took longer than anyone waits. What was begun may still end; a retry gets its answer.
fn too_slow() -> Problem {
    Problem::from(Refusal::unavailable(
        "platform.slow",
        Text::new("平台没有及时办完", "The platform did not finish in time"),
        Text::new("请用同一个请求重试，不会重复办理", "Retry the same request; nothing is done twice"),
    ))
    .retry_after_s(5)
}

/// A budget that refills with time: so many units a minute, and no more than that saved up.
#[derive(Debug)]
pub struct Budget {
    per_minute: u32,
    /// Millionths of a unit left, and the moment they were counted.
    state: std::sync::Mutex<(u64, i64)>,
}

impl Budget {
    /// A full budget.
    pub const fn new(per_minute: u32) -> Self {
        Self { per_minute, state: std::sync::Mutex::new((per_minute as u64 * 1_000_000, 0)) }
    }

    /// Takes one unit at this moment (milliseconds); false when none is left. A clock that jumps back refills nothing.
    pub fn take(&self, now_ms: i64) -> bool {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let elapsed_ms = u64::try_from(now_ms.saturating_sub(state.1)).unwrap_or(0).min(60_000);
        let full = u64::from(self.per_minute) * 1_000_000;
        let refill = elapsed_ms * u64::from(self.per_minute) * 1_000_000 / 60_000;
        state.0 = (state.0 + refill).min(full);
        state.1 = now_ms;
        let enough = state.0 >= 1_000_000;
        if enough {
            state.0 -= 1_000_000;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_refills_with_time_and_never_beyond_full() {
        let budget = Budget::new(60);
        let now = 1_000_000;
        assert_eq!((0..100).filter(|_| budget.take(now)).count(), 60);
        assert!(!budget.take(now + 900));
        assert!(budget.take(now + 1_900));
        assert_eq!((0..1000).filter(|_| budget.take(now + 3_600_000)).count(), 60);
        assert!(!budget.take(now), "a clock that goes back gives nothing");
    }
}
