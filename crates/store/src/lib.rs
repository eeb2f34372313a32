//! The storage port, the in-memory model that specifies it, and the conformance suite.
