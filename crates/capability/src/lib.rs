//! The capabilities, one invariant each, and the scenario contract they serve. None knows a scenario.
//!
//! Every capability is a module of plain synchronous functions over a transaction (or a [`Desk`], where something
//! leaves the bucket). Time and ids are arguments; each function can be run again.
pub mod admit;
mod base;
pub mod bind;
pub mod certificate;
pub mod charge;
mod contract;
pub mod deliver;
pub mod disclose;
pub mod handover;
pub mod queue;
pub mod reserve;
pub mod stay;

pub use base::{Schema, derived_in};
pub use contract::{Cause, Desk, Effect, Holder, HolderBinding, Place, Reply, Scenario, Step, Stop};

/// What a scenario keeps records with: the store's typed functions, and nothing of an engine.
pub mod records {
    pub use tongma_store::{
        CounterKey, Held, Index, Key, MOST_PAGE, Page, StoreError, Stored, Txn, create, find, load, save, upsert,
    };
}
