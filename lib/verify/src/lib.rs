//! The verifier: bytes, anchors, lists and time in, a verdict out. No clock, no network, no panic on any input.
//!
//! ```text
//! pinned roots ──► Keyring::open(key list) ──► Denials::open(deny list) ──► Verifier::new
//! scanned text ──► Verifier::check(text, &clock, &replay, opener, &mut cache) ──► Verdict
//! ```
//!
//! - [`verifier::Verifier`] is immutable and may be shared by threads; a newer list makes a new one.
//! - [`cache::SignatureCache`] belongs to one thread; it flushes itself when it meets another key list.
//! - [`verifier::Replay`] is only asked. Claiming the row is the caller's, after the verdict, in one compare-and-set.
//! - [`verdict::VerifiedTicket`] has no other constructor than a verdict: holding one is the proof.
//! - [`verifier::check_short`] does the same for N1 on the platform, [`Verifier::check_point`] for point codes, and
//!   [`key::issued_holds`] lets a phone check a ticket before it stores it.
//!
//! After start-up, checking a T1 allocates nothing.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod cache;
pub mod key;
pub mod lists;
pub mod paper;
pub mod sm2;
pub mod verdict;
pub mod verifier;

pub use tongma_code as code;
pub use verifier::Verifier;
