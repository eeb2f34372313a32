//! The personal code: bytes, text and types; signing and encoding.
//!
//! This crate knows the format and the secrets behind it (keys, chains, signers); `tongma_verify` decides whether
//! something shown is good. Nothing here reads a clock or draws randomness: both are arguments. No input panics.
//!
//! | module | what it holds |
//! |---|---|
//! | [`limits`] | every constant of the format, with its source |
//! | [`ticket`] | T1: header (bytes 0–25), window, the 103 bytes a phone shows |
//! | [`text`] | bytes ↔ decimal digits, one spelling only |
//! | [`chain`] | the hash chain of a ticket or of a dynamic point code |
//! | [`keys`] | day keys, handles, claim masks, nonces |
//! | [`short`] | N1, the 24-digit number under the QR |
//! | [`paper`] | the code of a person without a phone |
//! | [`point`] | the signed URL that citizens scan |
//! | [`list`] | key list and deny list as COSE |
//! | [`message`] | what is signed: a tag and the bytes |
//! | [`sign`] | the [`sign::Signer`] trait and software signers |
//! | [`classify`] | what a scanned text is, ours or not |
//!
//! Issuing one ticket on the platform:
//! 1. `let keys = scope_key.day_keys(window.day());` and `keys.handle_of(subject, actor, device, number)`;
//! 2. [`ticket::Header`] → `to_bytes()` goes to the phone, which answers with the anchor of its [`chain::Chain`];
//! 3. [`ticket::SignedTicket::issue`] with a [`sign::Signer`] gives the 90 bytes the phone stores.
//!
//! Showing on the phone: `signed.show(i, chain.value(i)?)` and [`ticket::ShownTicket::to_text`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bytes;
pub mod chain;
pub mod classify;
mod feistel;
mod header;
pub mod keys;
pub mod limits;
pub mod list;
pub mod message;
pub mod paper;
pub mod point;
pub mod receipt;
pub mod short;
pub mod sign;
pub mod text;
pub mod ticket;
