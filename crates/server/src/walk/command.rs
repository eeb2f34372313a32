//! The command line of the walk.

use std::io;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use tongma_store::{MemoryStore, Store};
use tongma_store_sqlite::SqliteStore;

use super::{Options, cells, walk};

/// Drive every built scenario over real HTTP, every cell of its row, and check each by a second read.
#[derive(Debug, Args)]
pub struct WalkArgs {
    /// Walk one scenario only, by id: `library_loan`.
    #[arg(long, value_name = "ID")]
    scenario: Option<String>,
    /// Where to keep what happens: `memory:`, or `sqlite:PATH` for an embedded store in an empty directory.
    /// Without it, an embedded store in a temporary directory that is removed afterwards.
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
        cells().iter().flat_map(|(_, cells)| cells).for_each(|cell| say!("{}", cell.id));
        return Ok(true);
    }
    let options = Options { scenario: args.scenario, break_cell: args.break_cell, json: args.json };
    match args.store.as_deref() {
        Some("memory:") => walk(Arc::new(MemoryStore::new()), &options).await,
        Some(url) => match url.strip_prefix("sqlite:") {
            Some(path) => walk(sqlite(Path::new(path))?, &options).await,
            None => Err(io::Error::other(format!("`{url}` is no store this build knows; use memory: or sqlite:PATH"))),
        },
        None => {
            let folder = std::env::temp_dir().join(format!("tongma-walk-{}", std::process::id()));
            let result = walk(sqlite(&folder)?, &options).await;
            // The stage still runs; a directory that stays behind is in the machine's temporary folder.
            let _ = std::fs::remove_dir_all(&folder);
            result
        }
    }
}

fn sqlite(path: &Path) -> io::Result<Arc<dyn Store>> {
    std::fs::create_dir_all(path)?;
    let store = SqliteStore::open(path).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Arc::new(store))
}
