//! The reading connections: a bounded number, used by one reader at a time, kept while they are good.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tongma_store::StoreError;

use crate::link::Link;

/// All of them.
pub struct Readers {
    state: Mutex<State>,
    left: Condvar,
    most: usize,
    wait: Duration,
}

struct State {
    idle: Vec<Link>,
    reading: usize,
}

/// A reader's place, and the connection that goes with it when there is one already. Whatever connection is here at the
/// end is kept for the next.
pub struct Place<'a> {
    readers: &'a Readers,
    pub link: Option<Link>,
}

impl Readers {
    pub fn new(most: u16, wait: Duration) -> Self {
        let state = State { idle: Vec::new(), reading: 0 };
        Self { state: Mutex::new(state), left: Condvar::new(), most: usize::from(most.max(1)), wait }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, waiting for one for a while.
    pub fn enter(&self) -> Result<Place<'_>, StoreError> {
        let full = |state: &mut State| state.reading >= self.most;
        let waited = self.left.wait_timeout_while(self.lock(), self.wait, full);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && full(&mut state) {
            return Err(StoreError::Unavailable(format!("all {} reading connections are in use", self.most)));
        }
        state.reading += 1;
        let link = state.idle.pop().filter(|link| !link.is_closed());
        Ok(Place { readers: self, link })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.lock();
        state.reading -= 1;
        // A place has one connection at most, so there are never more of them than places.
        state.idle.extend(self.link.take().filter(|link| !link.is_closed()));
        drop(state);
        self.readers.left.notify_one();
    }
}
