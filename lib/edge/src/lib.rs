//! Signed bundles and what an offline point may decide from them.
