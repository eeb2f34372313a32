//! The storage port on the PostgreSQL wire: one server, or a distributed engine that speaks it.
//!
//! A fixed number of writing lanes, each a thread with a connection, share the units that wait; no two work in one
//! bucket. A lane runs its share in one transaction and sends all the writes in one flush. A unit meets a failed guard or a request to try
//! again (class 40) by being run again; a COMMIT whose answer was lost is resolved by a mark that its transaction left.
//! Readers have connections of their own. Nothing is ever read from a replica.

mod batch;
pub mod catalogue;
mod commands;
mod connect;
mod lane;
mod link;
pub mod many;
mod migrate;
mod param;
mod queue;
mod readers;
mod rows;
#[cfg(feature = "tls")]
mod tls;
mod trouble;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tongma_domain::{Bucket, Entropy, UnixMs};
use tongma_store::engine::{MigrationError, run_once, tell};
use tongma_store::{
    Account, AccountKey, Done, DueItem, LogEntry, MOST_PAGE, Store, StoreError, TransferState, Txn, Work,
};

pub use connect::AddressError;
pub use migrate::MIGRATIONS;
pub use queue::Sharing;

use connect::Target;
use lane::Lane;
use link::{Link, Waiting};
use param::params;
use queue::{Queue, Unit};
use readers::Readers;
use rows::Rows;
use trouble::Trouble;

/// How the store uses the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many writing lanes, each a thread and a connection.
    pub lanes: u16,
    /// How many connections read at most. Who finds none waits, as long as connecting may take, and is then refused.
    pub readers: u16,
    /// Which units may share a transaction.
    pub sharing: Sharing,
    /// How long connecting may take.
    pub connect_within: Duration,
    /// How long the server may take to answer; it gives up itself somewhat earlier.
    pub answer_within: Duration,
    /// A file of certificates (PEM) to trust instead of those the machine trusts; used with the feature `tls`.
    pub root_certificates: Option<std::path::PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lanes: 8,
            readers: 16,
            sharing: Sharing::Any,
            connect_within: Duration::from_secs(5),
            answer_within: Duration::from_secs(10),
            root_certificates: None,
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The address is not one.
    Address(AddressError),
    /// The server cannot be reached or refuses.
    Server(StoreError),
    /// The database is not one this program can use.
    Schema(MigrationError),
    /// The machine refuses a thread.
    Machine(std::io::Error),
}

impl core::fmt::Display for OpenError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Address(error) => error.fmt(out),
            Self::Server(error) => error.fmt(out),
            Self::Schema(error) => error.fmt(out),
            Self::Machine(error) => write!(out, "cannot start a thread: {error}"),
        }
    }
}

impl core::error::Error for OpenError {}

/// A store on a PostgreSQL server. Dropping it finishes what was submitted.
pub struct PostgresStore {
    target: Target,
    queue: Arc<Queue>,
    lanes: Vec<JoinHandle<()>>,
    readers: Readers,
    /// Moves the readers' bytes. Taken at the end.
    runtime: Option<Runtime>,
}

impl PostgresStore {
    /// Connects to a server and brings its schema up to date. The entropy names this process among all that use the
    /// database.
    ///
    /// # Errors
    /// [`OpenError`], whose text says what to do.
    pub fn open(address: &str, options: &Options, entropy: &mut dyn Entropy) -> Result<Self, OpenError> {
        let target = Target::new(address, options).map_err(OpenError::Address)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("store-reader").enable_all().build();
        let mut store = Self {
            target,
            queue: Arc::new(Queue::new(options.sharing)),
            lanes: Vec::new(),
            readers: Readers::new(options.readers, options.connect_within),
            runtime: Some(runtime.map_err(OpenError::Machine)?),
        };
        let link = store.reader().map_err(|trouble| OpenError::Server(trouble.told()))?;
        migrate::migrate(&link).map_err(|failed| match failed {
            migrate::Failed::Trouble(trouble) => OpenError::Server(trouble.told()),
            migrate::Failed::Schema(error) => OpenError::Schema(error),
        })?;
        store.readers.enter().map_err(OpenError::Server)?.link = Some(link);
        for number in 0..options.lanes.max(1) {
            let mut name = [0; 16];
            // The last four bytes count the names that this lane has had.
            entropy.fill(&mut name[..12]);
            store.start_lane(number, name).map_err(OpenError::Machine)?;
        }
        Ok(store)
    }

    fn start_lane(&mut self, number: u16, name: [u8; 16]) -> std::io::Result<()> {
        let waiting = Waiting::Own(Builder::new_current_thread().enable_all().build()?);
        let lane = Lane::new(self.target.clone(), Arc::clone(&self.queue), waiting, name);
        let thread = std::thread::Builder::new().name(format!("store-lane-{number}"));
        self.lanes.push(thread.spawn(move || lane.run())?);
        Ok(())
    }

    fn reader(&self) -> Result<Link, Trouble> {
        let handle = self.runtime.as_ref().map(|runtime| runtime.handle().clone());
        let handle = handle.ok_or_else(|| Trouble::Down("the store was closed".into()))?;
        Link::open(&self.target, Waiting::Shared(handle)).map_err(|(trouble, _)| trouble)
    }

    /// Runs something on a reading connection, once more on a fresh one when the connection turns out to be gone.
    fn on_reader<T>(&self, mut read: impl FnMut(&Link) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut place = self.readers.enter()?;
        if let Some(link) = place.link.take() {
            let result = read(&link);
            let trouble = link.take_trouble();
            place.link = link.roll_back().then_some(link);
            if !matches!(trouble, Some(Trouble::Lost(_))) {
                return result;
            }
        }
        let link = self.reader().map_err(Trouble::told)?;
        let result = read(&link);
        place.link = link.roll_back().then_some(link);
        result
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.lanes.drain(..) {
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
        if let Some(runtime) = self.runtime.take() {
            // Without waiting, so that it may be dropped from a thread of another runtime.
            runtime.shutdown_background();
        }
    }
}

impl Store for PostgresStore {
    fn submit(&self, bucket: Bucket, work: Work, done: Done) {
        if let Err(unit) = self.queue.push(Unit { bucket, work, done, result: Ok(()) }) {
            tell(unit.done, Err(StoreError::Unavailable("the store was closed".into())));
        }
    }

    fn read(
        &self,
        bucket: Bucket,
        work: &mut dyn FnMut(&mut dyn Txn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.on_reader(|link| {
            // One snapshot for all reads of the function.
            let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            link.begin(begin, Vec::new()).map_err(Trouble::told)?;
            let read = run_once(bucket, Rows::read(link), work).map(drop);
            if read.is_ok() {
                link.end();
            }
            read
        })
    }

    fn due(&self, buckets: (Bucket, Bucket), now: UnixMs, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        self.on_reader(|link| Rows::read(link).due(buckets, now, limit.min(MOST_PAGE)))
    }

    fn log_of(&self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.on_reader(|link| Rows::read(link).log_of(bucket, after, limit.min(MOST_PAGE)))
    }

    fn accounts_of(&self, bucket: Bucket) -> Result<Vec<(AccountKey, Account)>, StoreError> {
        self.on_reader(|link| Rows::read(link).accounts_of(bucket))
    }

    fn transfers_of(&self, bucket: Bucket) -> Result<Vec<TransferState>, StoreError> {
        self.on_reader(|link| Rows::read(link).transfers_of(bucket))
    }

    fn buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        self.on_reader(|link| Rows::read(link).buckets())
    }

    fn forget(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
        let limit = limit.min(MOST_PAGE);
        self.on_reader(|link| {
            let mut forgotten = 0;
            for bucket in Rows::read(link).buckets()? {
                if forgotten >= limit {
                    break;
                }
                let params = params![bucket, before.as_millis(), limit - forgotten];
                let dropped = link.execute(catalogue::ONCE_FORGET, &params).map_err(Trouble::told)?;
                forgotten += usize::try_from(dropped).unwrap_or(limit);
            }
            Ok(forgotten)
        })
    }
}
