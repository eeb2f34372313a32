//! The storage port, the in-memory model that specifies it, and the conformance suite every engine passes.
//!
//! A caller opens a unit of work with [`Store::submit`] (or waits with [`run_blocking`]) and speaks [`Txn`] inside. An
//! engine implements [`engine::Reads`] and applies [`engine::Write`]s; what the verbs mean is decided once, between the
//! two, so that every engine means the same.

mod blocking;
mod buffered;
pub mod conformance;
pub mod differential;
mod limits;
mod memory;
mod migration;
mod model;
mod port;
mod typed;
mod write;

pub use blocking::run_blocking;
pub use limits::{MOST_ENTRIES, MOST_KIND_BYTES, MOST_NAME_BYTES};
pub use memory::{Faults, MemoryStore};
pub use port::{
    Account, AccountKey, AccountLimit, Claimed, CounterKey, Done, DueItem, Expect, Index, Key, Kind, LogEntry,
    MOST_BODY_BYTES, MOST_KEY_BYTES, MOST_PAGE, Mark, OnceClaim, Page, Record, Resolution, Store, StoreError, Transfer,
    TransferState, Txn, Work,
};
pub use typed::{Held, Stored, create, decode, encode, find, find_all, load, save, upsert};

/// What an engine is built from: for the crates `store_*` alone.
pub mod engine {
    pub use crate::buffered::{Buffered, Reads};
    pub use crate::memory::{MOST_RUNS, run_once, tell};
    pub use crate::migration::{Migration, MigrationError};
    pub use crate::write::{
        AccountChange, Entry, Heads, StoredClaim, StoredRecord, StoredTransfer, Write, entries_from_bytes,
        entries_to_bytes, id_of, resolution_numbers, resolution_of,
    };
}
