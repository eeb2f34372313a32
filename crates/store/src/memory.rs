//! The in-memory store: the specification that other engines are compared with, and the simulator's store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard};

use tongma_domain::{Bucket, Entropy, SeededEntropy, UnixMs};

use crate::buffered::{Buffered, Reads};
use crate::model::Model;
use crate::write::Write;
use crate::{Account, AccountKey, Done, DueItem, LogEntry, MOST_PAGE, Store, StoreError, TransferState, Txn, Work};

/// How often a unit whose guards fail is run before its caller is told.
pub const MOST_RUNS: usize = 5;

/// Faults to inject, drawn from a seed: the same seed and the same units meet the same faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// The seed.
    pub seed: u64,
    /// Of a thousand runs of a unit, how many fail on a guard before anything is applied and are run again.
    pub conflicts_per_mille: u16,
    /// Of a thousand units, how many are refused as unavailable before anything is applied.
    pub refusals_per_mille: u16,
    /// Of a thousand units, how many are applied and then reported unavailable: the answer was lost on its way.
    pub lost_answers_per_mille: u16,
}

struct State {
    model: Model,
    faults: Faults,
    entropy: SeededEntropy,
}

/// A store in memory: sorted maps under one lock. A unit runs, is applied and is reported inside `submit`.
pub struct MemoryStore {
    state: Mutex<State>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::with_faults(Faults::default())
    }

    /// An empty store with these faults.
    pub fn with_faults(faults: Faults) -> Self {
        let state = State { model: Model::default(), faults, entropy: entropy_of(faults.seed) };
        Self { state: Mutex::new(state) }
    }

    /// Changes the faults from here on; `Faults::default()` ends them.
    pub fn set_faults(&self, faults: Faults) {
        let mut state = self.lock();
        state.faults = faults;
        state.entropy = entropy_of(faults.seed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A unit that panics is caught before it can poison the lock; were it poisoned, the model is still whole.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn entropy_of(seed: u64) -> SeededEntropy {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    SeededEntropy::new(bytes)
}

/// Runs a unit's function once over an engine's reads; gives the writes it leaves. Engines call this.
///
/// # Errors
/// What the function returned; [`StoreError::Corrupt`] when it panicked, so that one bad unit never stops a writer.
pub fn run_once<R: Reads>(
    bucket: Bucket,
    reads: R,
    work: &mut dyn FnMut(&mut dyn Txn) -> Result<(), StoreError>,
) -> Result<Vec<Write>, StoreError> {
    let mut txn = Buffered::new(bucket, reads);
    match catch_unwind(AssertUnwindSafe(|| work(&mut txn))) {
        Ok(result) => result.map(|()| txn.into_writes()),
        Err(_) => Err(StoreError::Corrupt("the unit of work panicked".into())),
    }
}

/// Tells a unit's caller; a caller that panics harms nobody else. Engines call this.
pub fn tell(done: Done, result: Result<(), StoreError>) {
    // The panic was reported by its hook already; the store has nothing to add.
    let _ = catch_unwind(AssertUnwindSafe(|| done(result)));
}

impl State {
    fn strikes(&mut self, per_mille: u16) -> bool {
        per_mille > 0 && self.entropy.next_u64() % 1000 < u64::from(per_mille)
    }

    fn run(&mut self, bucket: Bucket, work: &mut Work) -> Result<(), StoreError> {
        if self.strikes(self.faults.refusals_per_mille) {
            return Err(StoreError::Unavailable("injected: refused".into()));
        }
        for _ in 0..MOST_RUNS {
            let writes = run_once(bucket, &self.model, work)?;
            if self.strikes(self.faults.conflicts_per_mille) {
                continue;
            }
            // The lock is held since the reads, so a guard that fails now is a defect of this crate.
            self.model
                .apply(bucket, writes)
                .map_err(|_| StoreError::Corrupt("a guard failed under the lock".into()))?;
            if self.strikes(self.faults.lost_answers_per_mille) {
                return Err(StoreError::Unavailable("injected: the answer was lost".into()));
            }
            return Ok(());
        }
        Err(StoreError::Conflict)
    }
}

impl Store for MemoryStore {
    fn submit(&self, bucket: Bucket, mut work: Work, done: Done) {
        let result = self.lock().run(bucket, &mut work);
        tell(done, result);
    }

    fn read(
        &self,
        bucket: Bucket,
        work: &mut dyn FnMut(&mut dyn Txn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        run_once(bucket, &self.lock().model, work).map(drop)
    }

    fn due(&self, buckets: (Bucket, Bucket), now: UnixMs, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        Ok(self.lock().model.due(buckets, now, limit.min(MOST_PAGE)))
    }

    fn log_of(&self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        Ok(self.lock().model.log_of(bucket, after, limit.min(MOST_PAGE)))
    }

    fn accounts_of(&self, bucket: Bucket) -> Result<Vec<(AccountKey, Account)>, StoreError> {
        Ok(self.lock().model.accounts_of(bucket))
    }

    fn transfers_of(&self, bucket: Bucket) -> Result<Vec<TransferState>, StoreError> {
        Ok(self.lock().model.transfers_of(bucket))
    }

    fn buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        Ok(self.lock().model.buckets())
    }

    fn forget(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
        Ok(self.lock().model.forget(before, limit.min(MOST_PAGE)))
    }
}
