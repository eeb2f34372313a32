//! The stores a deployment may choose, by address.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tongma_store::{MemoryStore, Store};
use tongma_store_postgres::{Options, PostgresStore};
use tongma_store_sqlite::SqliteStore;

use crate::system::SystemEntropy;

/// What the help says of addresses.
pub const ADDRESSES: &str =
    "sqlite (under the data directory), sqlite:PATH, memory (gone at the end), postgres://USER@HOST/DATABASE";

/// Opens a store. `home` is where `sqlite` alone keeps its files.
///
/// # Errors
/// The address is none, or the engine says why it cannot be opened, with what to do.
pub fn open(address: &str, home: &Path) -> io::Result<Arc<dyn Store>> {
    let sqlite = |path: &Path| -> io::Result<Arc<dyn Store>> {
        std::fs::create_dir_all(path)?;
        let store = SqliteStore::open(path).map_err(|error| {
            io::Error::other(format!(
                "{error}. Stop the other `tongma`, or start this one with another directory: --data DIR"
            ))
        })?;
        Ok(Arc::new(store))
    };
    match address {
        "memory" | "memory:" => Ok(Arc::new(MemoryStore::new())),
        "sqlite" => sqlite(home),
        _ if address.starts_with("postgres://") || address.starts_with("postgresql://") => {
            // The engine connects with a runtime of its own, which may not be started inside ours.
            let opening = || PostgresStore::open(address, &Options::default(), &mut SystemEntropy);
            let store = tokio::task::block_in_place(opening).map_err(|error| io::Error::other(error.to_string()))?;
            Ok(Arc::new(store))
        }
        _ => match address.strip_prefix("sqlite:") {
            Some(path) => sqlite(Path::new(path)),
            None => Err(io::Error::other(format!("`{address}` names no store; use {ADDRESSES}"))),
        },
    }
}
