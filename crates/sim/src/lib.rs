//! Seeded simulation of the scenarios on the in-memory store.
