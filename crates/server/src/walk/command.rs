//! The command line of the walk.

use std::io;

use clap::Args;

use super::{Options, all_cells, beside_cells, walk};
use crate::stores;

/// Drive every built scenario over real HTTP, every cell of its row, and check each by a second read.
#[derive(Debug, Args)]
pub struct WalkArgs {
    /// Walk one scenario only, by id: `library_loan`.
    #[arg(long, value_name = "ID")]
    scenario: Option<String>,
    /// Where to keep what happens: `memory`, `sqlite:PATH` in an empty directory, or `postgres://USER@HOST/DATABASE` on
    /// an empty database. Without it, an embedded store in a temporary directory that is removed afterwards.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Plant the fault of this cell and walk it: the walk must then fail. The exit code is 1 when it did.
    #[arg(long = "break", value_name = "CELL")]
    break_cell: Option<String>,
    /// Print one JSON object at the end instead of a line a step.
    #[arg(long)]
    json: bool,
    /// Only list the cells.
    #[arg(long)]
    list: bool,
}

/// Walks, and gives whether everything passed.
///
/// # Errors
/// The store or the stage could not be set up, or a name is not known.
pub async fn run(args: WalkArgs) -> io::Result<bool> {
    if args.list {
        all_cells().iter().chain([&beside_cells()]).flat_map(|(_, cells)| cells).for_each(|cell| say!("{}", cell.id));
        return Ok(true);
    }
    let options = Options { scenario: args.scenario, break_cell: args.break_cell, json: args.json };
    let folder = std::env::temp_dir().join(format!("tongma-walk-{}", std::process::id()));
    let store = stores::open(args.store.as_deref().unwrap_or("sqlite"), &folder)?;
    let result = walk(store, &options).await;
    // The stage still runs; a directory that stays behind is in the machine's temporary folder.
    let _ = std::fs::remove_dir_all(&folder);
    result
}
