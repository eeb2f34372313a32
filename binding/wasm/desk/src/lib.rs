//! The desk's artefact: the phone's exports, the verifier, the edge rules and a QR reader.
//!
//! `unsafe` is needed here only because an exported name is declared by an `unsafe` attribute.

mod desk;
mod gate;
mod json;
pub mod reader;

pub use tongma_wasm_exports::*;
