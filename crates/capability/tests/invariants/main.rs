//! The invariant of each capability, as a property of random operation sequences on the in-memory store.
#![cfg(test)]

mod admit;
mod bind;
mod certificate;
mod charge;
mod deliver;
mod disclose;
mod handover;
mod hold;
mod queue;
mod queue_reference;
mod reserve;
mod support;
