//! The one writer thread: takes all units that wait, runs them one after the other, and makes them durable together.

use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, OnceLock};

use rusqlite::{Connection, params};
use tongma_domain::{Bucket, UnixMs};
use tongma_store::engine::{run_once, tell};
use tongma_store::{Done, StoreError, Work};

use crate::apply::apply;
use crate::catalogue;
use crate::fault::{Fault, told};
use crate::rows::{HeadCache, Rows};

/// The most units that share one commit.
const MOST_UNITS: usize = 256;
/// After about so many writes the log in front of the database is folded into it.
const WRITES_A_CHECKPOINT: usize = 8_000;

/// What the writer is asked to do.
pub enum Job {
    /// Run a unit of work.
    Unit { bucket: Bucket, work: Work, done: Done },
    /// Drop once-rows that are past keeping.
    Forget { before: UnixMs, limit: usize, answer: SyncSender<Result<usize, StoreError>> },
    /// Finish what came before and end.
    Stop,
}

/// Why the writer will never acknowledge anything again; empty while all is well.
pub type Stopped = Arc<OnceLock<StoreError>>;

/// The writer.
pub struct Writer {
    connection: Connection,
    heads: HeadCache,
    queue: Receiver<Job>,
    stopped: Stopped,
    writes_since_checkpoint: usize,
}

/// A unit that ran, and what it will be told when the group is durable.
type Ran = (Done, Result<(), StoreError>);

impl Writer {
    pub const fn new(connection: Connection, queue: Receiver<Job>, stopped: Stopped) -> Self {
        Self { connection, heads: HeadCache::new(), queue, stopped, writes_since_checkpoint: 0 }
    }

    /// Works until it is told to stop.
    pub fn run(mut self) {
        while let Ok(job) = self.queue.recv() {
            match job {
                Job::Stop => break,
                Job::Forget { before, limit, answer } => {
                    // An asker that does not wait any more does not mind.
                    let _ = answer.send(self.forget(before, limit));
                }
                Job::Unit { bucket, work, done } => {
                    if self.group(bucket, work, done) {
                        break;
                    }
                }
            }
        }
        // The last one out folds the log; if that fails, the next start does it.
        let _ = self.checkpoint();
    }

    /// Runs a group of units beginning with this one; whether to stop afterwards.
    fn group(&mut self, bucket: Bucket, work: Work, done: Done) -> bool {
        if let Err(error) = self.begin() {
            tell(done, Err(error));
            return false;
        }
        let mut ran: Vec<Ran> = Vec::with_capacity(MOST_UNITS);
        let mut next = Some(Job::Unit { bucket, work, done });
        let (mut stop, mut lost) = (false, None);
        while let Some(job) = next.take() {
            match job {
                Job::Stop => stop = true,
                Job::Forget { before, limit, answer } => drop(answer.send(self.forget_here(before, limit))),
                Job::Unit { bucket, mut work, done } => {
                    let result = self.unit(bucket, &mut work);
                    // A full disk may have taken back the whole transaction, and with it the units before this one.
                    if self.connection.is_autocommit() {
                        lost = Some(result.clone().err().unwrap_or(StoreError::Conflict));
                    }
                    ran.push((done, result));
                }
            }
            if !stop && lost.is_none() && ran.len() < MOST_UNITS && self.stopped.get().is_none() {
                next = self.queue.try_recv().ok();
            }
        }
        let end = lost.map_or_else(|| self.commit(), Err);
        if end.is_err() {
            self.heads.clear();
        }
        for (done, result) in ran {
            tell(done, end.clone().and(result));
        }
        if self.writes_since_checkpoint > WRITES_A_CHECKPOINT {
            let _ = self.checkpoint();
        }
        stop
    }

    /// Remembers a fault that ends all acknowledging; gives what its unit is told.
    fn fault(&self, fault: Fault) -> StoreError {
        if fault.fatal {
            // Set once; the first reason is the one to report.
            let _ = self.stopped.set(fault.error.clone());
        }
        fault.error
    }

    fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        done.map(drop).map_err(|error| self.fault(Fault::of(&error)))
    }

    fn begin(&self) -> Result<(), StoreError> {
        if let Some(reason) = self.stopped.get() {
            return Err(reason.clone());
        }
        self.execute("BEGIN IMMEDIATE")
    }

    fn commit(&self) -> Result<(), StoreError> {
        let result = match self.stopped.get() {
            Some(reason) => Err(reason.clone()),
            None => self.execute("COMMIT"),
        };
        if result.is_err() && !self.connection.is_autocommit() {
            // What is not committed is dropped; if even this fails, the next BEGIN does and says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        result
    }

    /// Runs one unit and applies its writes, alone: when it fails, nothing of it stays.
    fn unit(&mut self, bucket: Bucket, work: &mut Work) -> Result<(), StoreError> {
        let rows = Rows::written(&self.connection, &self.heads);
        let writes = run_once(bucket, rows, work)?;
        if writes.is_empty() {
            return Ok(());
        }
        self.writes_since_checkpoint += writes.len();
        let before = rows.heads_row(bucket)?;
        self.execute("SAVEPOINT unit")?;
        match apply(&self.connection, bucket, before, writes) {
            Ok(after) => {
                self.execute("RELEASE unit")?;
                self.heads.set(bucket, after);
                Ok(())
            }
            Err(fault) => {
                if !self.connection.is_autocommit() {
                    self.execute("ROLLBACK TO unit")?;
                    self.execute("RELEASE unit")?;
                }
                Err(self.fault(fault))
            }
        }
    }

    fn forget(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
        self.begin()?;
        let forgotten = self.forget_here(before, limit);
        self.commit().and(forgotten)
    }

    /// Drops old once-rows inside the open transaction. They are past keeping, so nobody waits for it to be durable.
    fn forget_here(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
        let mut forgotten = 0;
        for bucket in Rows::written(&self.connection, &self.heads).buckets()? {
            let left = i64::try_from(limit - forgotten).unwrap_or(i64::MAX);
            if left == 0 {
                break;
            }
            let mut statement = self.connection.prepare_cached(catalogue::ONCE_FORGET).map_err(told)?;
            forgotten += statement.execute(params![bucket.number(), before.as_millis(), left]).map_err(told)?;
        }
        Ok(forgotten)
    }

    /// Folds the write-ahead log into the database, as far as no reader needs it.
    fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.writes_since_checkpoint = 0;
        let folded = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        folded.map_err(|error| self.fault(Fault::of(&error)))
    }
}
