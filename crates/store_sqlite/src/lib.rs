//! The storage port on SQLite: one writer thread, group commit, full durability.
