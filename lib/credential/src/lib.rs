//! Certificates as credentials that a stranger can check: SD-JWT VC, `COSE_Sign1` cards, and token status lists.
//!
//! `no_std` with `alloc`; no clock, no random generator, no input or output: bytes, keys and the time are arguments.
//! Nothing here panics on any input, and what is read is bounded before it is unpacked.
//!
//! - [`sd_jwt`]: selectively disclosable JWTs (RFC 9901) as verifiable credentials (draft-ietf-oauth-sd-jwt-vc).
//! - [`card`]: a CBOR Web Token in `COSE_Sign1`, small enough for a QR code, with proof that its holder shows it now.
//! - [`status`]: token status lists (draft-ietf-oauth-status-list) as JWT and as CWT.
#![no_std]
extern crate alloc;

pub mod card;
mod cose;
mod jws;
mod key;
pub mod sd_jwt;
pub mod status;
mod status_token;

pub use key::{Es256Key, IssuerKey};
pub use status_token::{LISTED_TYPES, StatusToken};

/// Thirty-two fresh random bytes at each call; drawn by the caller.
pub type Draw<'d> = &'d mut dyn FnMut() -> [u8; 32];

/// Why something was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialError {
    /// Longer than anything of this kind may be.
    TooLong,
    /// Not spelled as this format is.
    Form,
    /// Of another type than asked for: a token in the wrong place.
    Type,
    /// Signed with an algorithm that is not taken here.
    Algorithm,
    /// The signature does not hold.
    Signature,
    /// A disclosure is not named by the signed part, is named twice, or takes the place of a claim that may not be hidden.
    Disclosure,
    /// Not yet, or no longer.
    Time,
    /// The holder's proof is missing, is somebody else's, is for someone else or is too old.
    Holder,
    /// The status list is another than the credential names, or too short.
    List,
}

impl core::fmt::Display for CredentialError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str(match self {
            Self::TooLong => "too long",
            Self::Form => "not spelled as this format is",
            Self::Type => "another type of token",
            Self::Algorithm => "an algorithm that is not taken",
            Self::Signature => "the signature does not hold",
            Self::Disclosure => "a disclosure does not belong",
            Self::Time => "not yet or no longer valid",
            Self::Holder => "no good proof by the holder",
            Self::List => "another status list",
        })
    }
}

impl core::error::Error for CredentialError {}
