//! The nine capabilities and the scenario contract.
