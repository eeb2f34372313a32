//! The capabilities, one invariant each, and the scenario contract they serve. None knows a scenario.
mod contract;

pub use contract::{Cause, Desk, Effect, Holder, HolderBinding, Place, Reply, Scenario, Step, Stop};
