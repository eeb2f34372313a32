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
    /// How many lanes are at work.
    working: usize,
    closed: bool,
}

/// The queue.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    sharing: Sharing,
}

impl State {
    /// How many units a lane must find to begin. Beside others at work it begins with more, so that on a busy server few
    /// transactions carry many units, and while little is to do every unit leaves at once. What waits, waits no longer
    /// than until the first of the others is done.
    fn least(&self, sharing: Sharing) -> usize {
        match sharing {
            Sharing::Any => (self.working * self.working).clamp(1, MOST_UNITS),
            Sharing::OneBucket => 1,
        }
    }

    /// Takes what waits, in order, passing over buckets that are held; nothing where that is too little to begin with.
    fn share(&mut self, sharing: Sharing) -> Vec<Unit> {
        let least = self.least(sharing);
        let free = self.waiting.iter().filter(|unit| !self.held.contains(&unit.bucket));
        if free.take(least).count() < least {
            return Vec::new();
        }
        let (mut taken, mut passed): (Vec<Unit>, Vec<Unit>) = (Vec::new(), Vec::new());
        while taken.len() < MOST_UNITS {
            let Some(unit) = self.waiting.pop_front() else { break };
            let apart = sharing == Sharing::OneBucket && taken.first().is_some_and(|first| first.bucket != unit.bucket);
            if apart || self.held.contains(&unit.bucket) { passed.push(unit) } else { taken.push(unit) }
        }
        for unit in passed.into_iter().rev() {
            self.waiting.push_front(unit);
        }
        self.held.extend(taken.iter().map(|unit| unit.bucket));
        self.working += 1;
        taken
    }
}

impl Queue {
    pub fn new(sharing: Sharing) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), sharing }
    }

    /// Whether the units of a share are all of one bucket.
    pub fn one_bucket(&self) -> bool {
        self.sharing == Sharing::OneBucket
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
        let enough = state.waiting.len() >= state.least(self.sharing);
        drop(state);
        if enough {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Waits for units and takes some; `None` when the queue is closed and empty.
    pub fn take(&self) -> Option<Vec<Unit>> {
        let mut state = self.lock();
        loop {
            let units = state.share(self.sharing);
            if !units.is_empty() || (state.closed && state.waiting.is_empty()) {
                return Some(units).filter(|units| !units.is_empty());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the work on units that were taken and whose callers were told, and gives back their buckets.
    pub fn release(&self, buckets: &BTreeSet<Bucket>) {
        let mut state = self.lock();
        state.working = state.working.saturating_sub(1);
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
        push(&queue, 0, buckets);
        queue
    }

    fn push(queue: &Queue, from: usize, buckets: &[u16]) {
        for (number, bucket) in buckets.iter().enumerate() {
            // The result tells the units apart.
            let result = Err(StoreError::Unavailable((from + number).to_string()));
            let bucket = Bucket::from_low_bits(*bucket);
            let unit = Unit { bucket, work: Box::new(|_| Ok(())), done: Box::new(drop), result };
            assert!(queue.push(unit).is_ok());
        }
    }

    fn taken(queue: &Queue) -> Vec<String> {
        let units = queue.lock().share(queue.sharing);
        let number = |unit: Unit| match unit.result {
            Err(StoreError::Unavailable(number)) => number,
            _ => String::new(),
        };
        units.into_iter().map(number).collect()
    }

    fn release(queue: &Queue, buckets: &[u16]) {
        queue.release(&buckets.iter().map(|bucket| Bucket::from_low_bits(*bucket)).collect());
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn a_bucket_belongs_to_one_lane_until_it_is_given_back() {
        let queue = queue(Sharing::Any, &[1, 2, 1]);
        assert_eq!(taken(&queue), ["0", "1", "2"], "the first takes all");
        push(&queue, 3, &[1, 3, 1, 2]);
        assert_eq!(taken(&queue), ["4"], "1 and 2 are held");
        release(&queue, &[3]);
        assert_eq!(taken(&queue), NOTHING);
        release(&queue, &[1, 2]);
        assert_eq!(taken(&queue), ["3", "5", "6"], "in their order");
    }

    #[test]
    fn beside_others_a_lane_begins_with_more() {
        let queue = queue(Sharing::Any, &[1]);
        assert_eq!(taken(&queue), ["0"], "alone, at once");
        push(&queue, 1, &[2]);
        assert_eq!(taken(&queue), ["1"], "beside one, with one");
        push(&queue, 2, &[3, 4, 5]);
        assert_eq!(taken(&queue), NOTHING, "beside two, with four");
        push(&queue, 5, &[6]);
        assert_eq!(taken(&queue), ["2", "3", "4", "5"]);
        push(&queue, 6, &[7]);
        assert_eq!(taken(&queue), NOTHING);
        release(&queue, &[1]);
        release(&queue, &[2]);
        assert_eq!(taken(&queue), ["6"], "nothing waits longer than the others work");
    }

    #[test]
    fn where_buckets_lie_apart_a_share_is_of_one_bucket() {
        let queue = queue(Sharing::OneBucket, &[1, 2, 1, 3]);
        assert_eq!(taken(&queue), ["0", "2"]);
        assert_eq!(taken(&queue), ["1"]);
        assert_eq!(taken(&queue), ["3"]);
    }
}
