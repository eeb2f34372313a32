//! Stays in lodging houses: rooms and who sleeps in them, what the law wants written down of each guest, and the reports to
//! the authority until each is taken.
//!
//! Everything of a house lives in the house's bucket. A stay is one person's; people who share a room are one party, whose
//! first guest is named in every other's relation. What is reported is queued as a list of reports per stay and sent one
//! after the other, each under a business number of its own, until the authority has it; nothing else waits for that.
//!
//! Invariant: nobody has a key who is not registered; a room's key has one custodian and a room no more guests than beds; a
//! minor's stay never exists without what the law asks for minors; every change of a stay that the authority has to know is
//! taken by it exactly once, in order.

mod booking;
mod folio;
mod guests;
mod leaving;
mod minors;
mod premises;
mod records;
mod refusals;
mod reports;
mod rooms;
mod visitors;

pub use booking::{cancel, invite, no_show, reserve};
pub use folio::{add_extra, decline, deposit, pay, refund, settle};
pub use guests::{Form, approve, arrive, register, turn_away};
pub use leaving::{check_out, extend, left, move_room};
pub use minors::{Company, Minor};
pub use premises::{Limits, in_order};
pub use records::{Booking, BookingState, Folio, Foreign, Report, ReportState, Role, Room, Stay, StayState};
pub use refusals::unknown_action;
pub use reports::{answered, concern, correct, send, watch};
pub use rooms::{add_room, declare, give_key, list, overview, patrol};
pub use visitors::{overdue, visit, visitor_left};

use serde_json::Value;
use tongma_domain::{Card, Id, Outcome, Text, Venue, Words};

use crate::{Place, Step};

/// What one kind of house does otherwise than another.
#[derive(Debug, Clone, Copy)]
pub struct House {
    /// Its card: settings and claims.
    pub card: &'static Card,
    /// The room opens with a PIN that is given when everybody declared is registered; else a key is handed over at a desk.
    pub pin: bool,
}

impl House {
    /// A setting of this house.
    pub fn setting(&self, venue: &Venue, id: &str) -> i64 {
        venue.setting(self.card, id)
    }
}

/// The legs of stays: what runs in the house's bucket without anybody at a point.
pub mod legs {
    /// The authority's answer to a report.
    pub const ANSWERED: &str = "report.answered";
    /// Time to send a report again.
    pub const SEND: &str = "report.send";
    /// Time to look whether a report has been taken.
    pub const WATCH: &str = "report.watch";
    /// A visitor's time is over.
    pub const VISIT_OVER: &str = "visit.over";
    /// A booked guest did not come.
    pub const NO_SHOW: &str = "booking.no_show";
    /// The money for a folio is there.
    pub const SETTLE: &str = "folio.settle";
    /// There will be no money for a folio.
    pub const DECLINE: &str = "folio.decline";
    /// In the payer's bucket: a part of a deposit goes back.
    pub const REFUND: &str = "folio.refund";
}

/// The thing that decides everything of a house.
pub fn house_of(venue: &Venue) -> Id {
    venue.thing("house")
}

/// Where a step of a house is decided: the refund in the payer's bucket, everything else in the house's.
pub fn place(step: &Step<'_>) -> Place {
    if step.action == legs::REFUND {
        return step.input.reference("payer").map_or(Place::Holder, Place::Thing);
    }
    Place::Thing(house_of(step.venue))
}

/// What a leg that nobody watches answers.
fn noted() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null)
}
