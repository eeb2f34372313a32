//! What a point decides while it has no network.
//!
//! Before the network goes, the platform signs a [`Bundle`] for one gate: booked parties under pseudonyms, the tickets
//! that belong to them under names of this gate alone, sessions, house rules, and how many came in so far. With it, and with what it
//! remembers itself ([`GateState`]), the gate answers each read by [`decide`]: green, amber or red, a reason of a closed
//! set, and words for the visitor. What it let through it keeps as [`Record`]s and hands over later; the platform books
//! them as facts.
//!
//! One read, in the order that survives a crash at any point:
//! 1. verify the code (`tongma_verify`), then `decide(&bundle, &state, &reading, now_s)`;
//! 2. keep `record` durably, `state.apply(&record)`, open the gate;
//! 3. hand the record over when the network is back; when a new bundle says it counts it
//!    ([`Bundle::facts_through`]), forget it and `state.rebase(&bundle, now_s)`.
//!
//! What does not hold offline is said openly: two gates without contact can each let the same booking in once; the
//! platform sees both and books the difference. Nothing here reads a clock, draws randomness or touches a disk.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bundle;
mod decide;
#[cfg(test)]
mod gate_tests;
mod reason;
mod signed;
mod state;
mod wire;

pub use bundle::{
    Booking, Bundle, Freshness, Handles, MOST_BOOKINGS, MOST_HANDLES, MOST_PARTY, MOST_SCENARIO_BYTES, MOST_SESSIONS,
    Pseudonym, Rules, Session, TicketName, ticket_name,
};
pub use decide::{Code, EdgeVerdict, Reading, Seen, booking_number, decide};
pub use reason::{Reason, Shade, Words};
pub use signed::BundleRefusal;
pub use state::{Direction, GateState, Record, Tally, UsedStep};
