//! Passkeys as a relying party checks them (W3C Web Authentication Level 2 and 3, section 7): ES256 alone, attestation
//! `none`, the user present *and* verified. Pure: the challenge, the time and the stored credential are arguments.
//!
//! A ceremony begins with [`Pending`], which its caller keeps and takes away when the answer comes: it is moved into
//! [`verify_registration`] or [`verify_assertion`], so that one challenge is good for one answer. What is stored afterwards
//! is a [`Credential`]; after each assertion its counter is stored again.

mod authenticator;
mod ceremony;
mod client;
mod trouble;
mod wire;

pub use authenticator::Flags;
pub use ceremony::{
    Ceremony, Credential, Pending, RelyingParty, User, Verified, assertion_options, registration_options,
    verify_assertion, verify_registration,
};
pub use trouble::Trouble;
pub use wire::{Assertion, Registration, base64url};

#[cfg(test)]
mod tests;
