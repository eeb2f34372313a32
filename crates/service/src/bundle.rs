//! The gate's bundle.
