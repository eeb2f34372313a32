//! The one writer thread: takes all units that wait, runs them one after the other, commits them together, and hands them
//! over to be made durable.

use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, OnceLock};

use rusqlite::{Connection, params};
use tongma_domain::{Bucket, UnixMs};
use tongma_store::engine::run_once;
use tongma_store::{Done, StoreError, Work};

use crate::apply::apply;
use crate::catalogue;
use crate::fault::{Fault, told};
use crate::folder::Folder;
use crate::rows::{HeadCache, Rows};
use crate::sync::{Committed, Syncer};

/// The most units that share one commit.
const MOST_UNITS: usize = 256;

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
    folder: Folder,
    syncer: Syncer,
    /// The number of the group at hand, or of the one before until it is committed.
    number: u64,
    /// Whether it wrote anything.
    wrote: bool,
}

/// A unit of a group: its bucket, its function, its caller, and what the caller will be told when the group is durable.
struct Unit {
    bucket: Bucket,
    work: Work,
    done: Done,
    result: Result<(), StoreError>,
}

/// What became of a group.
enum Group {
    /// Each unit has its result.
    Ended(Result<(), StoreError>),
    /// A unit could not be applied and the group was rolled back.
    Broken,
}

impl Writer {
    pub fn new(connection: Connection, queue: Receiver<Job>, stopped: Stopped, folder: Folder, syncer: Syncer) -> Self {
        Self { connection, heads: HeadCache::new(), queue, stopped, folder, syncer, number: 0, wrote: false }
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
                    if self.group(Unit { bucket, work, done, result: Ok(()) }) {
                        break;
                    }
                }
            }
        }
    }

    /// Runs a group of units beginning with this one; whether to stop afterwards.
    fn group(&mut self, first: Unit) -> bool {
        let mut units = Vec::with_capacity(MOST_UNITS);
        units.push(first);
        let mut after = None;
        self.wrote = false;
        let end = match self.first_run(&mut units, &mut after) {
            Group::Ended(end) => end,
            Group::Broken => {
                self.second_run(&mut units);
                Ok(())
            }
        };
        let told = units.into_iter().map(|unit| (unit.done, end.clone().and(unit.result))).collect();
        self.syncer.send(Committed { number: self.number, wrote: self.wrote, told });
        self.folder.between_groups(&self.connection).unwrap_or_else(|fault| drop(self.fault(fault)));
        match after {
            None | Some(Job::Unit { .. }) => false,
            Some(Job::Stop) => true,
            Some(Job::Forget { before, limit, answer }) => {
                let _ = answer.send(self.forget(before, limit));
                false
            }
        }
    }

    /// Runs all units that wait, and those that come while it runs, in one transaction; another job ends the group.
    ///
    /// Units are not set apart by savepoints, which copy every page before it changes. Here no guard can fail: the
    /// writer alone writes, and a unit's guards were met when it ran a moment ago. What does fail is a disk that is
    /// full, and it takes back the whole transaction, savepoints and all.
    fn first_run(&mut self, units: &mut Vec<Unit>, after: &mut Option<Job>) -> Group {
        if let Err(error) = self.begin() {
            return Group::Ended(Err(error));
        }
        let mut at = 0;
        while let Some(unit) = units.get_mut(at) {
            let Ok(result) = self.unit(unit.bucket, &mut unit.work) else {
                self.roll_back();
                return Group::Broken;
            };
            unit.result = result;
            at += 1;
            if at == units.len() && at < MOST_UNITS {
                match self.queue.try_recv() {
                    Ok(Job::Unit { bucket, work, done }) => units.push(Unit { bucket, work, done, result: Ok(()) }),
                    Ok(other) => *after = Some(other),
                    Err(_) => {}
                }
            }
        }
        self.number = self.syncer.begin();
        Group::Ended(self.commit())
    }

    /// Runs the units of a broken group again, each in a transaction of its own, so that it fails alone.
    fn second_run(&mut self, units: &mut [Unit]) {
        self.number = self.syncer.begin();
        for unit in units {
            unit.result = self.begin().and_then(|()| match self.unit(unit.bucket, &mut unit.work) {
                Ok(Ok(())) => self.commit(),
                Ok(Err(error)) => self.commit().and(Err(error)),
                Err(fault) => {
                    self.roll_back();
                    Err(self.fault(fault))
                }
            });
        }
    }

    fn roll_back(&self) {
        self.heads.clear();
        if !self.connection.is_autocommit() {
            // If even this fails, the next BEGIN does and says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    /// Remembers a fault that ends all acknowledging; gives what its unit is told.
    fn fault(&self, fault: Fault) -> StoreError {
        if fault.fatal {
            // Set once; the first reason is the one to report.
            let _ = self.stopped.set(fault.error.clone());
        }
        fault.error
    }

    fn execute(&self, sql: &'static str) -> Result<(), Fault> {
        let done = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        done.map(drop).map_err(|error| Fault::of(&error))
    }

    fn begin(&self) -> Result<(), StoreError> {
        if let Some(reason) = self.stopped.get() {
            return Err(reason.clone());
        }
        self.execute("BEGIN IMMEDIATE").map_err(|fault| self.fault(fault))
    }

    fn commit(&self) -> Result<(), StoreError> {
        let result = match self.stopped.get() {
            Some(reason) => Err(reason.clone()),
            None => self.execute("COMMIT").map_err(|fault| self.fault(fault)),
        };
        if result.is_err() {
            self.roll_back();
        }
        result
    }

    /// Runs one unit and applies its writes; gives what it will be told. A fault means that its writes could not be
    /// applied, and the transaction must be rolled back.
    fn unit(&mut self, bucket: Bucket, work: &mut Work) -> Result<Result<(), StoreError>, Fault> {
        let rows = Rows::written(&self.connection, &self.heads);
        let ready = run_once(bucket, rows, work).and_then(|writes| Ok((rows.heads_row(bucket)?, writes)));
        let (before, writes) = match ready {
            Ok((_, writes)) if writes.is_empty() => return Ok(Ok(())),
            Ok(ready) => ready,
            Err(error) => return Ok(Err(error)),
        };
        self.wrote = true;
        self.folder.count(writes.len());
        self.heads.set(bucket, apply(&self.connection, bucket, before, writes)?);
        Ok(Ok(()))
    }

    /// Drops old once-rows. They are past keeping.
    fn forget(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
        self.begin()?;
        let forgotten = self.forget_each(before, limit);
        self.commit().and(forgotten)
    }

    fn forget_each(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
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
}
