//! `tongma migrate`: the store's tables, up to date.

use std::io;
use std::path::PathBuf;

use clap::Args;
use tongma_store_sqlite::MIGRATIONS;

use crate::data::Data;
use crate::stores::StoreArgs;

/// Options of `tongma migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateArgs {
    /// Data directory, with the embedded store when that is used.
    #[arg(long, env = "TONGMA_DATA", default_value = "data")]
    data: PathBuf,
    /// Which store.
    #[command(flatten)]
    store: StoreArgs,
}

/// Opens the store, which takes the steps that are missing. The same steps are taken on every engine.
///
/// # Errors
/// The store cannot be opened; its words say why.
pub fn run(args: &MigrateArgs) -> io::Result<()> {
    let data = Data::open(&args.data)?;
    drop(args.store.open(&data.store())?);
    let last = MIGRATIONS.last().map_or("none", |step| step.name);
    say!("the store is up to date ({} steps, the last one “{last}”)", MIGRATIONS.len());
    Ok(())
}
