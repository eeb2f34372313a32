//! One unit of work at a time on a fresh in-memory store.

use std::sync::{Arc, Mutex};

use tongma_capability::Stop;
use tongma_domain::{Bucket, Id, Refusal, UnixMs};
use tongma_store::{MemoryStore, StoreError, Txn, run_blocking};

/// The bucket everything in these tests lives in.
pub const BUCKET: Bucket = Bucket::from_low_bits(7);

/// A store, and units run in its one bucket.
pub struct Bench {
    pub store: MemoryStore,
}

impl Bench {
    pub fn new() -> Self {
        Self { store: MemoryStore::new() }
    }

    /// Runs a unit; a refusal drops its writes and is given back by its code.
    pub fn run<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut dyn Txn) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, String> {
        let refused: Arc<Mutex<Option<Refusal>>> = Arc::default();
        let note = Arc::clone(&refused);
        let result = run_blocking(&self.store, BUCKET, move |txn| match work(txn) {
            Ok(value) => Ok(value),
            Err(Stop::Store(error)) => Err(error),
            Err(Stop::Refused(refusal)) => {
                *note.lock().unwrap() = Some(refusal);
                Err(StoreError::Bound("refused"))
            }
        });
        match (result, refused.lock().unwrap().take()) {
            (Ok(value), _) => Ok(value),
            (Err(_), Some(refusal)) => Err(refusal.code().to_owned()),
            (Err(error), None) => panic!("the store failed: {error}"),
        }
    }

    /// Runs a unit that must not be refused.
    pub fn ok<T: Send + 'static>(&self, work: impl FnMut(&mut dyn Txn) -> Result<T, Stop> + Send + 'static) -> T {
        self.run(work).unwrap()
    }
}

/// The n-th id of a name, in the bucket.
pub fn id(name: &str, number: u8) -> Id {
    tongma_capability::derived_in(BUCKET, &[name.as_bytes(), &[number]])
}

/// So many seconds into the test.
pub fn at(second: i64) -> UnixMs {
    UnixMs::from_millis(1_800_000_000_000).plus_s(second)
}
