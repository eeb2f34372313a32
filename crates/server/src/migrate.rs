//! `tongma migrate`: the embedded store's tables, up to date.

use std::io;
use std::path::PathBuf;

use clap::Args;
use tongma_store_sqlite::{MIGRATIONS, SqliteStore};

use crate::data::Data;

/// Options of `tongma migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateArgs {
    /// Data directory with the embedded store.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// Opens the store, which takes the steps that are missing.
///
/// # Errors
/// The store cannot be opened; its words say why.
pub fn run(args: &MigrateArgs) -> io::Result<()> {
    let data = Data::open(&args.data)?;
    SqliteStore::open(data.store()).map_err(|error| io::Error::other(error.to_string()))?;
    let last = MIGRATIONS.last().map_or("none", |step| step.name);
    say!("{}: up to date ({} steps, the last one “{last}”)", data.store().display(), MIGRATIONS.len());
    Ok(())
}
