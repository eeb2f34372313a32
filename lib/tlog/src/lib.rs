//! A Merkle log as RFC 9162 section 2 defines it, with SM3 in place of SHA-256, and its checkpoints in the text format
//! of C2SP `tlog-checkpoint` and `signed-note`. Bytes in, verdicts out: no store, no clock, no key.
#![no_std]

extern crate alloc;

mod base64;
mod checkpoint;
mod proof;
mod tree;

pub use checkpoint::{Checkpoint, Note, NoteError, VerifierKey};
pub use proof::{
    ProofError, consistency_ranges, inclusion_ranges, root_of_inclusion, verify_consistency, verify_inclusion,
};
pub use tree::{Frontier, Hash, Range, leaf_hash, node_hash};
