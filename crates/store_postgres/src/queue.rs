//! The units that wait, shared by all lanes: a free lane takes what it may, and no two lanes work in one bucket.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tongma_domain::Bucket;
use tongma_store::{Done, StoreError, Work};

/// The most units that share one transaction.
const MOST_UNITS: usize = 128;

/// A unit, and what its caller will be told.
pub struct Unit {
    pub bucket: Bucket,
    pub work: Work,
    pub done: Done,
    pub result: Result<(), StoreError>,
}

/// Which units may share a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Units of any buckets: right on one server.
    Any,
    /// Units of one bucket: right where buckets lie on several machines.
    OneBucket,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Unit>,
    /// The buckets that lanes are at work in. Units of a bucket keep their order because only its lane takes them.
    held: BTreeSet<Bucket>,
    /// How many lanes have nothing to do.
    idle: usize,
    closed: bool,
}

/// The queue.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    sharing: Sharing,
}

impl State {
    /// Takes a fair share of what waits, in order, passing over buckets that are held.
    fn share(&mut self, sharing: Sharing) -> Vec<Unit> {
        let most = self.waiting.len().div_ceil(self.idle.max(1)).clamp(1, MOST_UNITS);
        let (mut taken, mut passed): (Vec<Unit>, Vec<Unit>) = (Vec::new(), Vec::new());
        while taken.len() < most {
            let Some(unit) = self.waiting.pop_front() else { break };
            let apart = sharing == Sharing::OneBucket && taken.first().is_some_and(|first| first.bucket != unit.bucket);
            if apart || self.held.contains(&unit.bucket) { passed.push(unit) } else { taken.push(unit) }
        }
        for unit in passed.into_iter().rev() {
            self.waiting.push_front(unit);
        }
        self.held.extend(taken.iter().map(|unit| unit.bucket));
        taken
    }
}

impl Queue {
    pub fn new(sharing: Sharing) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), sharing }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a unit; gives it back when the queue is closed.
    pub fn push(&self, unit: Unit) -> Result<(), Unit> {
        let mut state = self.lock();
        if state.closed {
            return Err(unit);
        }
        state.waiting.push_back(unit);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for units and takes some; `None` when the queue is closed and empty.
    pub fn take(&self) -> Option<Vec<Unit>> {
        let mut state = self.lock();
        state.idle += 1;
        loop {
            let units = state.share(self.sharing);
            if !units.is_empty() || (state.closed && state.waiting.is_empty()) {
                state.idle -= 1;
                return Some(units).filter(|units| !units.is_empty());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives back the buckets of units whose callers were told.
    pub fn release(&self, buckets: &BTreeSet<Bucket>) {
        let mut state = self.lock();
        state.held.retain(|bucket| !buckets.contains(bucket));
        let waiting = !state.waiting.is_empty() || state.closed;
        drop(state);
        if waiting {
            self.changed.notify_all();
        }
    }

    /// Takes no more units; what waits is still done.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(sharing: Sharing, buckets: &[u16]) -> Queue {
        let queue = Queue::new(sharing);
        for (number, bucket) in buckets.iter().enumerate() {
            // The result tells the units apart.
            let result = Err(StoreError::Unavailable(number.to_string()));
            let bucket = Bucket::from_low_bits(*bucket);
            let unit = Unit { bucket, work: Box::new(|_| Ok(())), done: Box::new(drop), result };
            assert!(queue.push(unit).is_ok());
        }
        queue
    }

    fn taken(queue: &Queue, idle: usize) -> Vec<String> {
        queue.lock().idle = idle;
        let units = queue.lock().share(queue.sharing);
        let number = |unit: Unit| match unit.result {
            Err(StoreError::Unavailable(number)) => number,
            _ => String::new(),
        };
        units.into_iter().map(number).collect()
    }

    #[test]
    fn a_bucket_belongs_to_one_lane_until_it_is_given_back() {
        let queue = queue(Sharing::Any, &[1, 2, 1, 3, 1, 2]);
        assert_eq!(taken(&queue, 3), ["0", "1"], "a third each");
        assert_eq!(taken(&queue, 2), ["3"], "1 and 2 are held");
        assert_eq!(taken(&queue, 1), [] as [&str; 0]);
        queue.release(&[Bucket::from_low_bits(1)].into());
        assert_eq!(taken(&queue, 1), ["2", "4"], "in their order");
        queue.release(&[Bucket::from_low_bits(2)].into());
        assert_eq!(taken(&queue, 1), ["5"]);
    }

    #[test]
    fn where_buckets_lie_apart_a_share_is_of_one_bucket() {
        let queue = queue(Sharing::OneBucket, &[1, 2, 1, 3]);
        assert_eq!(taken(&queue, 1), ["0", "2"]);
        assert_eq!(taken(&queue, 1), ["1"]);
        assert_eq!(taken(&queue, 1), ["3"]);
    }
}
