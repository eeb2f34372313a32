//! Running the units of one transaction, with few waits.
//!
//! A unit asks one thing after another, and each answer takes a journey to the server. Alone, a unit waits for each.
//! Units that share a transaction ask together: each is run until it asks something not known yet, the questions of all
//! travel in one flush, those of one kind as one statement, and each is run again from its start with the answers at hand. Functions may be run again at any
//! time, so this changes nothing but the time; a dozen units then take as many journeys as the longest of them alone.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Row;
use tongma_domain::Bucket;
use tongma_store::StoreError;
use tongma_store::engine::{Write, run_once};

use crate::commands::Commands;
use crate::link::{Command, Link, Question};
use crate::many;
use crate::param::Param;
use crate::queue::Unit;
use crate::rows::{Locked, Rows, Seen};
use crate::trouble::Trouble;

/// After so many rounds a unit is run on its own: it asks very much, or something else every time it is run.
const MOST_ROUNDS: usize = 40;

struct Batch<'a> {
    link: &'a Link,
    /// Whether all units are of one bucket, for statements that must name one.
    one_bucket: bool,
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
    one_bucket: bool,
    mark: impl FnOnce(Bucket) -> Command,
) -> Result<Option<Bucket>, Trouble> {
    link.take_trouble();
    let buckets: BTreeSet<Bucket> = units.iter().map(|unit| unit.bucket).collect();
    let locked = Locked::begin(link, buckets.into_iter().collect(), one_bucket)?;
    let (commands, unsent) = (Commands::default(), BTreeSet::new());
    let mut batch = Batch { link, one_bucket, locked, commands, unsent, first: None };
    match units {
        [unit] => batch.alone(unit)?,
        units => batch.together(units)?,
    }
    let mut commands = batch.commands.take(one_bucket);
    commands.extend(batch.first.map(mark));
    link.flush(&commands)?;
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
            self.link.flush(&self.commands.take(self.one_bucket))?;
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
            let answers = self.ask(questions.iter().map(|(_, question)| question))?;
            self.unsent.clear();
            for ((at, question), rows) in questions.into_iter().zip(answers) {
                if let Some(running) = left.get(at) {
                    running.seen.answer(question, rows);
                }
            }
        }
        left.into_iter().try_for_each(|running| self.alone(running.unit))
    }

    /// Sends what waits and asks, look-ups of one kind as one; gives the answers in the order of the questions.
    fn ask<'q>(&mut self, questions: impl Iterator<Item = &'q Question>) -> Result<Vec<Vec<Row>>, Trouble> {
        let mut of_sql: BTreeMap<&'static str, Vec<(usize, &Question)>> = BTreeMap::new();
        let mut answers = Vec::new();
        for (at, question) in questions.enumerate() {
            of_sql.entry(question.sql).or_default().push((at, question));
            answers.push(Vec::new());
        }
        let (mut asked, mut whose) = (Vec::new(), Vec::new());
        for (sql, group) in of_sql {
            match many::of(sql, self.one_bucket).filter(|_| group.len() > 1) {
                Some(sql) => {
                    let numbered =
                        |(at, question): (usize, &Question)| [question.params.as_slice(), &[Param::from(at)]].concat();
                    let params = many::columns(group.into_iter().map(numbered).collect(), self.one_bucket);
                    asked.push(Question { sql, params });
                    whose.push(None);
                }
                None => {
                    for (at, question) in group {
                        asked.push(question.clone());
                        whose.push(Some(at));
                    }
                }
            }
        }
        let commands = self.commands.take(self.one_bucket);
        for (rows, whose) in self.link.flush_and_ask(&commands, &asked)?.into_iter().zip(whose) {
            for row in rows {
                let at = whose.or_else(|| row.try_get::<_, i64>(row.len() - 1).ok()?.try_into().ok());
                let of = at.and_then(|at: usize| answers.get_mut(at));
                of.ok_or_else(|| Trouble::Told(StoreError::Corrupt("an answer to no question".into())))?.push(row);
            }
        }
        Ok(answers)
    }
}
