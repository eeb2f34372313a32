//! A writing lane: one thread, one connection.
//!
//! A lane takes units that wait, locks the heads of their buckets, runs the units one after the other, sends their
//! writes in one flush, checks every guard, and commits. While it holds a bucket's head, nobody else writes in the
//! bucket, so units of a bucket follow one another on this engine as on every other. When anything goes wrong the
//! transaction is rolled back and each unit is run again in a transaction of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use tongma_domain::Bucket;
use tongma_store::StoreError;
use tongma_store::engine::{MOST_RUNS, tell};

use crate::batch::run_units;
use crate::catalogue;
use crate::connect::Target;
use crate::link::{Command, Link, Question, Waiting};
use crate::param::params;
use crate::queue::{Queue, Unit};
use crate::trouble::Trouble;

/// How often it is asked what a COMMIT did, over the time an answer may take, before it counts as unknown.
const MOST_QUESTIONS: u32 = 25;

/// The lane.
pub struct Lane {
    target: Target,
    queue: Arc<Queue>,
    link: Option<Link>,
    /// Taken while a link uses it.
    waiting: Option<Waiting>,
    marks: Marks,
}

/// The rows that say how far this lane has committed.
struct Marks {
    /// This lane among all lanes of all processes that ever were.
    lane: [u8; 16],
    seq: u64,
    /// The buckets in which there is a row of this lane.
    known: BTreeSet<Bucket>,
}

impl Marks {
    /// The command that marks the next transaction, in the first bucket it writes.
    fn next(&mut self, bucket: Bucket) -> Command {
        self.seq += 1;
        let sql = if self.known.contains(&bucket) { catalogue::MARK_UPDATE } else { catalogue::MARK_INSERT };
        Command { sql, params: params![bucket, self.lane.to_vec(), self.seq].into(), rows: Some(1) }
    }

    /// Begins under another name: of the rows under the old one it is not known which are there.
    fn rename(&mut self) {
        let number = u128::from_be_bytes(self.lane).wrapping_add(1);
        self.lane = number.to_be_bytes();
        self.known.clear();
    }
}

/// What a COMMIT without an answer turned out to have done.
enum Outcome {
    Committed,
    NotCommitted,
    Unknown,
}

impl Lane {
    pub fn new(target: Target, queue: Arc<Queue>, waiting: Waiting, lane: [u8; 16]) -> Self {
        let marks = Marks { lane, seq: 0, known: BTreeSet::new() };
        Self { target, queue, link: None, waiting: Some(waiting), marks }
    }

    /// Works until the queue is closed and empty.
    pub fn run(mut self) {
        while let Some(mut units) = self.queue.take() {
            self.group(&mut units);
            let buckets = units.iter().map(|unit| unit.bucket).collect();
            for unit in units {
                tell(unit.done, unit.result);
            }
            // Only now may another lane work there: callers of one bucket are told in order.
            self.queue.release(&buckets);
        }
        self.remove_marks();
    }

    /// Runs units in one transaction; if that fails, each in its own.
    fn group(&mut self, units: &mut [Unit]) {
        match self.transaction(units) {
            Ok(()) => {}
            Err(trouble @ Trouble::Down(_)) => {
                for unit in units {
                    unit.result = Err(trouble.clone().told());
                }
            }
            Err(_) => {
                for unit in units {
                    self.alone(unit);
                }
            }
        }
    }

    fn alone(&mut self, unit: &mut Unit) {
        let mut last = StoreError::Conflict;
        for _ in 0..MOST_RUNS {
            match self.transaction(std::slice::from_mut(unit)) {
                Ok(()) => return,
                Err(trouble @ (Trouble::Again | Trouble::Lost(_))) => last = trouble.told(),
                Err(trouble @ (Trouble::Down(_) | Trouble::Told(_))) => {
                    last = trouble.told();
                    break;
                }
            }
        }
        unit.result = Err(last);
    }

    /// Runs units in one transaction. After an error nothing of it is done and no unit has a result yet.
    fn transaction(&mut self, units: &mut [Unit]) -> Result<(), Trouble> {
        let link = self.connected()?;
        let ran = run_units(&link, units, self.queue.one_bucket(), |bucket| self.marks.next(bucket));
        let ended = match &ran {
            // A transaction that wrote nothing has nothing that could be lost.
            Ok(None) => link.commit(),
            Ok(Some(bucket)) => match link.commit() {
                Err(Trouble::Lost(why)) => return self.resolve(link, *bucket, units, why),
                other => other,
            },
            Err(trouble) => Err(trouble.clone()),
        };
        if ended.is_ok() {
            if let Ok(Some(bucket)) = ran {
                self.marks.known.insert(bucket);
            }
            self.link = Some(link);
        } else if link.roll_back() {
            self.link = Some(link);
        } else {
            self.waiting = Some(link.into_waiting());
        }
        ended
    }

    /// The connection there is, or a new one.
    fn connected(&mut self) -> Result<Link, Trouble> {
        if let Some(link) = self.link.take() {
            if !link.is_closed() {
                return Ok(link);
            }
            self.waiting = Some(link.into_waiting());
        }
        let waiting = self.waiting.take().ok_or_else(|| Trouble::Down("no runtime".into()))?;
        Link::open(&self.target, waiting).map_err(|(trouble, waiting)| {
            self.waiting = Some(waiting);
            trouble
        })
    }

    /// Finds out what a COMMIT did whose answer was lost: its mark is there, or it is not.
    fn resolve(&mut self, link: Link, bucket: Bucket, units: &mut [Unit], why: String) -> Result<(), Trouble> {
        self.waiting = Some(link.into_waiting());
        let outcome = (0..MOST_QUESTIONS).find_map(|_| match self.find_mark(bucket) {
            Ok(true) => Some(Outcome::Committed),
            Ok(false) => Some(Outcome::NotCommitted),
            Err(_) => {
                // The server restarts, or another takes its place.
                std::thread::sleep(self.target.answer_within / MOST_QUESTIONS);
                None
            }
        });
        self.marks.rename();
        match outcome.unwrap_or(Outcome::Unknown) {
            Outcome::Committed => Ok(()),
            Outcome::NotCommitted => Err(Trouble::Lost(why)),
            Outcome::Unknown => {
                for unit in units {
                    let unknown = "the connection was lost while committing, and it cannot be said whether it was";
                    unit.result = Err(StoreError::Unavailable(unknown.into()));
                }
                Ok(())
            }
        }
    }

    /// Whether the mark of the last transaction is in the bucket, asked when that transaction is certainly over: it
    /// holds the bucket's head until then, or the key of a head it inserted.
    fn find_mark(&mut self, bucket: Bucket) -> Result<bool, Trouble> {
        let link = self.connected()?;
        let found = (|| {
            let heads = Question { sql: catalogue::HEADS_LOCK, params: params![bucket].into() };
            link.begin("BEGIN", vec![heads])?;
            if link.begun()?.iter().all(Vec::is_empty) {
                // The transaction may have been the bucket's first. An insert waits for it to end; if that ends in a
                // commit the key is taken, which is an error, and the question is asked again.
                link.execute(catalogue::HEADS_INSERT, &params![bucket, 0_i64, 0_i64])?;
            }
            let rows = link.query(catalogue::MARK, &params![bucket, self.marks.lane.as_slice()])?;
            let seq = rows.first().and_then(|row| row.try_get::<_, i64>(0).ok());
            Ok(seq.is_some_and(|seq| u64::try_from(seq) == Ok(self.marks.seq)))
        })();
        if link.roll_back() {
            self.link = Some(link);
        } else {
            self.waiting = Some(link.into_waiting());
        }
        found
    }

    /// At an orderly end nothing is in doubt, and the marks can go.
    fn remove_marks(&mut self) {
        let lane = self.marks.lane;
        let command = |bucket: &Bucket| Command {
            sql: catalogue::MARK_DELETE,
            params: params![*bucket, lane.to_vec()].into(),
            rows: None,
        };
        let commands: Vec<Command> = self.marks.known.iter().map(command).collect();
        if let Some(link) = &self.link {
            // What stays behind is small and harms nobody.
            let _ = link.flush(&commands);
        }
    }
}
