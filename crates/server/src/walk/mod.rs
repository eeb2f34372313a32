//! `tongma walk`: every built scenario, every cell, over real HTTP, judged by a second read and never by the answer alone.

#![expect(
    clippy::indexing_slicing,
    reason = "the walk reads answers it has just asked for and books it has just shelved; one that is not there fails the walk"
)]

/// The cells of a scenario: id, the function that walks it, the fault that shows it would notice.
macro_rules! cells {
    ($($id:literal $walk:ident $fault:expr;)*) => {
        vec![$(Cell { id: $id, fault: $fault, walk: |stage, steps| Box::pin($walk(stage, steps)) }),*]
    };
}

mod beside;
mod beside_people;
mod certificate;
mod certificate_rules;
mod command;
mod consent_time;
mod hall;
mod hall_booking;
mod hall_queue;
mod homestay;
mod hospital;
mod hotel;
mod library;
mod library_holds;
mod lodgers;
mod lodging;
mod museum;
mod parts;
mod phone;
mod point;
mod sabotage;
mod stage;
mod steps;
#[cfg(test)]
mod unlinked;
mod web;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::json;
use tongma_store::Store;

use self::sabotage::{Broken, Fault};
use self::stage::Stage;
use self::steps::{Failed, Steps};
use crate::system::moment;

pub use self::command::{WalkArgs, run};
pub use self::consent_time::round_trips;

/// The walking of one cell.
type Walking<'a> = Pin<Box<dyn Future<Output = Result<(), Failed>> + 'a>>;

/// A cell of a card: how it is walked, and which fault shows that the walk would notice.
pub struct Cell {
    /// Its id, as on the card.
    pub id: &'static str,
    /// The fault that `--break` plants.
    pub fault: Fault,
    /// The steps.
    pub walk: for<'a> fn(&'a Stage, &'a mut Steps) -> Walking<'a>,
}

/// What to walk, and how to tell.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only this scenario.
    pub scenario: Option<String>,
    /// Plant this cell's fault, and walk only its cell.
    pub break_cell: Option<String>,
    /// Tell in JSON.
    pub json: bool,
}

/// All cells of all built scenarios.
pub fn all_cells() -> Vec<(&'static str, Vec<Cell>)> {
    vec![
        ("hall_booking", hall_booking::cells()),
        ("hall_queue", hall_queue::cells()),
        ("library_loan", library::cells()),
        ("museum_entry", museum::cells()),
        ("hospital_bill", hospital::cells()),
        ("certificate_grant", certificate::cells()),
        ("hotel_stay", hotel::cells()),
        ("homestay_stay", homestay::cells()),
    ]
}

/// The cells beside the rows.
fn beside_cells() -> (&'static str, Vec<Cell>) {
    ("beside", beside::cells())
}

/// What came of one scenario.
struct Walked {
    scenario: &'static str,
    steps: u32,
    passed: u32,
    failed: u32,
    millis: u128,
    cells: Vec<(&'static str, bool)>,
}

/// Walks, and gives whether everything passed.
///
/// # Errors
/// The stage could not be set, or a name is not known.
pub async fn walk(store: Arc<dyn Store>, options: &Options) -> io::Result<bool> {
    let chosen = choose(options)?;
    let catalogue = match (&options.break_cell, chosen.first()) {
        (Some(_), Some((scenario, cells))) => match cells.first() {
            Some(cell) => {
                let broken = if *scenario == "beside" { beside::THROUGH } else { scenario };
                Broken::catalogue(tongma_scenario::catalogue(), broken, cell.fault)
            }
            None => tongma_scenario::catalogue(),
        },
        _ => tongma_scenario::catalogue(),
    };
    let stage = Stage::open(store, catalogue).await?;
    let mut walked = Vec::new();
    for (scenario, cells) in chosen {
        walked.push(walk_scenario(&stage, scenario, &cells, options.json).await);
    }
    tell(&walked, options.json);
    Ok(walked.iter().all(|one| one.failed == 0) && !walked.is_empty())
}

fn choose(options: &Options) -> io::Result<Vec<(&'static str, Vec<Cell>)>> {
    let unknown = |what: &str, name: &str| {
        io::Error::other(format!("there is no {what} `{name}`; `tongma walk --list` names all cells"))
    };
    let mut chosen = all_cells();
    chosen.push(beside_cells());
    if let Some(name) = &options.scenario {
        chosen.retain(|(id, _)| id == name);
        if chosen.is_empty() {
            return Err(unknown("scenario", name));
        }
    }
    if let Some(name) = &options.break_cell {
        for (_, cells) in &mut chosen {
            cells.retain(|cell| cell.id == name);
        }
        chosen.retain(|(_, cells)| !cells.is_empty());
        if chosen.is_empty() {
            return Err(unknown("cell", name));
        }
    }
    Ok(chosen)
}

async fn walk_scenario(stage: &Stage, scenario: &'static str, cells: &[Cell], quiet: bool) -> Walked {
    let began = moment();
    let mut walked = Walked { scenario, steps: 0, passed: 0, failed: 0, millis: 0, cells: Vec::new() };
    for cell in cells {
        let mut steps = Steps::new(cell.id, quiet);
        let result = (cell.walk)(stage, &mut steps).await;
        if let Err(failed) = &result
            && steps.failed == 0
        {
            steps.failed = 1;
            if !quiet {
                say!("FAIL           {:<28} {failed}", cell.id);
            }
        }
        walked.steps += steps.passed + steps.failed;
        walked.passed += steps.passed;
        walked.failed += steps.failed;
        walked.cells.push((cell.id, result.is_ok() && steps.passed > 0));
    }
    walked.millis = began.elapsed().as_millis();
    walked
}

fn tell(walked: &[Walked], as_json: bool) {
    let passed: u32 = walked.iter().map(|one| one.passed).sum();
    let failed: u32 = walked.iter().map(|one| one.failed).sum();
    if !as_json {
        say!("{passed} passed, {failed} failed");
        return;
    }
    let scenarios: Vec<_> = walked
        .iter()
        .map(|one| {
            let cells: Vec<_> = one.cells.iter().map(|(id, passed)| json!({ "id": id, "passed": passed })).collect();
            json!({
                "id": one.scenario, "steps": one.steps, "passed": one.passed, "failed": one.failed,
                "ms": u64::try_from(one.millis).unwrap_or(u64::MAX), "cells": cells,
            })
        })
        .collect();
    say!("{}", json!({ "passed": passed, "failed": failed, "scenarios": scenarios }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A cell on a card that nobody walks is a promise nobody keeps.
    #[test]
    fn every_cell_of_every_card_is_walked() {
        let on_cards: BTreeSet<_> = tongma_scenario::catalogue()
            .iter()
            .flat_map(|scenario| scenario.card().cells)
            .map(|cell| cell.id)
            .collect();
        let walked: BTreeSet<_> = all_cells().into_iter().flat_map(|(_, cells)| cells).map(|cell| cell.id).collect();
        assert_eq!(walked, on_cards);
        assert!(!walked.is_empty());
    }
}
