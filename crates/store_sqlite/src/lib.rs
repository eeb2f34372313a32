//! The storage port on SQLite: one writer thread, group commit, full durability.
//!
//! Units wait in a queue. The writer takes all that wait, runs them one after the other and commits them together; one
//! sync of the log makes them durable, while the writer runs the next ones. Only then are their callers told. A unit
//! that fails leaves nothing and harms no other. Readers have connections of their own, see committed snapshots, and
//! hand out what they saw once it is durable. A failed sync ends all answers until the process is started again; a full
//! disk refuses units and passes.

mod apply;
pub mod catalogue;
mod fault;
mod folder;
mod open;
mod rows;
mod sync;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tongma_domain::{Bucket, UnixMs};
use tongma_store::engine::{run_once, tell};
use tongma_store::{
    Account, AccountKey, Done, DueItem, LogEntry, MOST_PAGE, Store, StoreError, TransferState, Txn, Work,
};

pub use open::{MIGRATIONS, OpenError, Options};

use fault::told;
use folder::Folder;
use open::DirectoryLock;
use rows::Rows;
use sync::{Progress, Syncer};
use writer::{Job, Stopped, Writer};

/// How many reading connections are kept when nobody reads.
const IDLE_READERS: usize = 8;

/// A store on SQLite in a directory of its own. Dropping it finishes what was submitted and closes the files.
pub struct SqliteStore {
    path: PathBuf,
    queue: Sender<Job>,
    writer: Option<JoinHandle<()>>,
    stopped: Stopped,
    progress: Arc<Progress>,
    readers: Mutex<Vec<Connection>>,
    _lock: DirectoryLock,
}

impl SqliteStore {
    /// Opens the store in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`OpenError`], whose text says what to do.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(directory, Options::default())
    }

    /// Opens the store with options.
    ///
    /// # Errors
    /// [`OpenError`], whose text says what to do.
    pub fn open_with(directory: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let directory = directory.as_ref();
        let lock = open::lock(directory)?;
        let path = open::database(directory);
        let connection = open::writer(&path, options)?;
        let (queue, jobs) = channel();
        let stopped: Stopped = Arc::new(OnceLock::new());
        let no_thread = |reason| OpenError::File { path: path.clone(), reason };
        let folder =
            Folder::start(open::folder(&path)?, Arc::clone(&stopped), options.writes_a_fold).map_err(no_thread)?;
        let progress = Arc::new(Progress::default());
        let syncer = Syncer::start(&path, Arc::clone(&stopped), Arc::clone(&progress)).map_err(no_thread)?;
        let writer = Writer::new(connection, jobs, Arc::clone(&stopped), folder, syncer);
        let thread = std::thread::Builder::new().name("store-writer".into());
        let writer = thread.spawn(move || writer.run()).map_err(no_thread)?;
        Ok(Self { path, queue, writer: Some(writer), stopped, progress, readers: Mutex::new(Vec::new()), _lock: lock })
    }

    /// Whether the store still acknowledges writes.
    ///
    /// # Errors
    /// Why it has stopped for good: a failed fsync, or a damaged file.
    pub fn health(&self) -> Result<(), StoreError> {
        self.stopped.get().map_or(Ok(()), |reason| Err(reason.clone()))
    }

    /// Runs something on a reading connection inside one snapshot.
    fn reading<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = kept.map_or_else(|| open::reader(&self.path), Ok).map_err(told)?;
        let execute = |sql| connection.prepare_cached(sql).and_then(|mut of| of.execute([])).map(drop).map_err(told);
        execute("BEGIN")?;
        let result = read(&connection);
        // A connection that cannot end its snapshot is closed, which ends it.
        if execute("COMMIT").is_ok() && idle().len() < IDLE_READERS {
            idle().push(connection);
        }
        // What the snapshot held may have been committed a moment ago; nobody is told of it before it is durable.
        self.progress.wait().and(result)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // A writer that is gone already needs no telling.
        let _ = self.queue.send(Job::Stop);
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != std::thread::current().id()
        {
            let _ = writer.join();
        }
    }
}

impl Store for SqliteStore {
    fn submit(&self, bucket: Bucket, work: Work, done: Done) {
        if let Err(refused) = self.queue.send(Job::Unit { bucket, work, done })
            && let Job::Unit { done, .. } = refused.0
        {
            tell(done, Err(StoreError::Unavailable("the store was closed".into())));
        }
    }

    fn read(
        &self,
        bucket: Bucket,
        work: &mut dyn FnMut(&mut dyn Txn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.reading(|connection| run_once(bucket, Rows::read(connection), work).map(drop))
    }

    fn due(&self, buckets: (Bucket, Bucket), now: UnixMs, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        self.reading(|connection| Rows::read(connection).due(buckets, now, limit.min(MOST_PAGE)))
    }

    fn log_of(&self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.reading(|connection| Rows::read(connection).log_of(bucket, after, limit.min(MOST_PAGE)))
    }

    fn accounts_of(&self, bucket: Bucket) -> Result<Vec<(AccountKey, Account)>, StoreError> {
        self.reading(|connection| Rows::read(connection).accounts_of(bucket))
    }

    fn transfers_of(&self, bucket: Bucket) -> Result<Vec<TransferState>, StoreError> {
        self.reading(|connection| Rows::read(connection).transfers_of(bucket))
    }

    fn buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        self.reading(|connection| Rows::read(connection).buckets())
    }

    fn forget(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
        let (answer, answered) = sync_channel(1);
        let closed = || StoreError::Unavailable("the store was closed".into());
        self.queue.send(Job::Forget { before, limit: limit.min(MOST_PAGE), answer }).map_err(|_| closed())?;
        answered.recv().map_err(|_| closed())?
    }
}
