//! Running the units of one transaction, with few waits.
//!
//! A unit asks one thing after another, and each answer takes a journey to the server. Alone, a unit waits for each.
//! Units that share a transaction ask together: each is run until it asks something not known yet, the questions of all
//! travel in one flush, and each is run again from its start with the answers at hand. Functions may be run again at any
//! time, so this changes nothing but the time; a dozen units then take as many journeys as the longest of them alone.

use std::collections::BTreeSet;

use tongma_domain::Bucket;
use tongma_store::StoreError;
use tongma_store::engine::{Write, run_once};

use crate::commands::Commands;
use crate::link::{Command, Link};
use crate::queue::Unit;
use crate::rows::{Locked, Rows, Seen};
use crate::trouble::Trouble;

/// After so many rounds a unit is run on its own: it asks very much, or something else every time it is run.
const MOST_ROUNDS: usize = 40;

struct Batch<'a> {
    link: &'a Link,
    locked: Locked<'a>,
    commands: Commands,
    /// The buckets whose writes are still on this side of the wire.
    unsent: BTreeSet<Bucket>,
    /// The first bucket written.
    first: Option<Bucket>,
}

/// A unit that is not done, with what it has been answered.
struct Running<'a> {
    unit: &'a mut Unit,
    seen: Seen,
}

/// Runs units in a transaction and sends their writes and the mark; gives the first bucket written, which holds it.
pub fn run_units(
    link: &Link,
    units: &mut [Unit],
    mark: impl FnOnce(Bucket) -> Command,
) -> Result<Option<Bucket>, Trouble> {
    link.take_trouble();
    let buckets: BTreeSet<Bucket> = units.iter().map(|unit| unit.bucket).collect();
    let locked = Locked::begin(link, buckets.into_iter().collect())?;
    let mut batch = Batch { link, locked, commands: Commands::default(), unsent: BTreeSet::new(), first: None };
    match units {
        [unit] => batch.alone(unit)?,
        units => batch.together(units)?,
    }
    if let Some(bucket) = batch.first {
        batch.commands.list.push(mark(bucket));
    }
    link.flush(&batch.commands.list)?;
    Ok(batch.first)
}

impl Batch<'_> {
    /// Keeps what a unit left.
    fn keep(&mut self, unit: &mut Unit, result: Result<Vec<Write>, StoreError>) -> Result<(), Trouble> {
        let writes = match result {
            Ok(writes) if !writes.is_empty() => writes,
            other => {
                unit.result = other.map(drop);
                return Ok(());
            }
        };
        let after = self.commands.add(unit.bucket, self.locked.heads(unit.bucket)?, writes);
        self.locked.set(unit.bucket, after);
        self.unsent.insert(unit.bucket);
        self.first.get_or_insert(unit.bucket);
        unit.result = Ok(());
        Ok(())
    }

    /// Runs a unit that waits for each of its answers.
    fn alone(&mut self, unit: &mut Unit) -> Result<(), Trouble> {
        if self.unsent.contains(&unit.bucket) {
            self.link.flush(&std::mem::take(&mut self.commands).list)?;
            self.unsent.clear();
        }
        let result = run_once(unit.bucket, Rows::locked(&self.locked), &mut unit.work);
        if let Some(trouble) = self.link.take_trouble() {
            return Err(trouble);
        }
        self.keep(unit, result)
    }

    /// Runs units that ask together. A unit waits until those before it in its bucket are done.
    fn together(&mut self, units: &mut [Unit]) -> Result<(), Trouble> {
        let mut left: Vec<Running> = units.iter_mut().map(|unit| Running { unit, seen: Seen::default() }).collect();
        for _ in 0..MOST_ROUNDS {
            let (mut asking, mut questions) = (Vec::new(), Vec::new());
            let mut busy = BTreeSet::new();
            for running in left {
                if busy.contains(&running.unit.bucket) {
                    asking.push(running);
                    continue;
                }
                let rows = Rows::seen(&self.locked, &running.seen);
                let result = run_once(running.unit.bucket, rows, &mut running.unit.work);
                if let Some(trouble) = self.link.take_trouble() {
                    return Err(trouble);
                }
                match running.seen.asked() {
                    None => self.keep(running.unit, result)?,
                    Some(question) => {
                        busy.insert(running.unit.bucket);
                        questions.push((asking.len(), question));
                        asking.push(running);
                    }
                }
            }
            left = asking;
            if left.is_empty() {
                return Ok(());
            }
            // Writes go ahead of the questions, so a unit sees what those before it in its bucket wrote.
            let asked: Vec<_> = questions.iter().map(|(_, question)| question).collect();
            let answers = self.link.flush_and_ask(&std::mem::take(&mut self.commands).list, &asked)?;
            self.unsent.clear();
            for ((at, question), rows) in questions.into_iter().zip(answers) {
                if let Some(running) = left.get(at) {
                    running.seen.answer(question, rows);
                }
            }
        }
        left.into_iter().try_for_each(|running| self.alone(running.unit))
    }
}
