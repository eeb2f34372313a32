//! The catalogue of scenarios, one file each.
