//! The storage port, the in-memory model that specifies it, and the conformance suite every engine passes.
mod port;
mod typed;

pub use port::{
    Account, AccountKey, AccountLimit, Claimed, CounterKey, Done, DueItem, Expect, Index, Key, Kind, LogEntry,
    MOST_BODY_BYTES, MOST_KEY_BYTES, MOST_PAGE, Mark, OnceClaim, Page, Record, Resolution, Store, StoreError, Transfer,
    TransferState, Txn, Work,
};
pub use typed::{Held, Stored, create, decode, encode, find, load, save, upsert};
