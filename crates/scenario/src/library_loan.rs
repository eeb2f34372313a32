//! 图书馆扫码借阅: borrow with the personal code, return with the book alone.
//!
//! Everything is decided in the bucket of the library union (`Place::Thing(venue.thing("union"))`): reader accounts,
//! copies, loans and fines. The person's bucket holds the binding, mirrors of the loans and the log.
//!
//! # A worked example
//! 1. The desk registers a copy: `add_copy {barcode: "G1001", title: "岭南草木"}`.
//! 2. Mrs Chen shows her code for the first time; the desk scans her and the book: `borrow {items: ["G1001"]}`. She has
//!    no standing consent here, so the step is refused as `consent.needed`; she taps “agree” on the phone, the same
//!    attempt runs again, she becomes reader `R00000001`, and the book is hers until the end of the 31st day.
//! 3. In the app she renews once: `renew {item: "G1001"}`.
//! 4. Mr Wu asks for the same copy: `hold {item: "G1001"}`; from now on she cannot renew it.
//! 5. Her son puts the book on the return desk of another member library: `return {items: ["G1001"]}`, no code. It was
//!    two days late: 0.20 yuan are owed, and `pay_fine {}` takes them from her purse after a tap. The desk reads “to be
//!    sent” to Mr Wu's library; there, `return {items: ["G1001"]}` puts it on the pick-up shelf, and he is told.

mod account;
mod card;
mod holds;
mod lending;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use tongma_capability::charge::payer;
use tongma_capability::{Cause, Desk, Place, Scenario, Step, Stop, handover};
use tongma_domain::{Card, Outcome, Refusal};

use self::card::CARD;

/// The scenario.
#[derive(Debug, Clone, Copy)]
pub struct Entry;

impl Scenario for Entry {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        Ok(payer::place(step).unwrap_or_else(|| Place::Thing(step.venue.thing("union"))))
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        if let Some(outcome) = payer::leg(desk, step)? {
            return Ok(outcome);
        }
        match step.action {
            "add_copy" => lending::add_copy(desk, step),
            "borrow" => lending::borrow(desk, step),
            "return" => lending::give_back(desk, step),
            "renew" => lending::renew(desk, step),
            "hold" => holds::place(desk, step),
            "unhold" => holds::give_up(desk, step),
            holds::LAPSE => holds::lapse(desk, step),
            "pay_fine" => account::pay_fine(desk, step),
            account::SETTLE => account::settle(desk, step),
            account::DECLINE => account::decline(desk, step),
            _ => Err(card::unknown_action().into()),
        }
    }

    /// For the holder: the account first, then the loans, then the holds.
    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        let (Cause::Holder | Cause::Operator, Some(holder)) = (&step.cause, step.holder) else { return Ok(Vec::new()) };
        let union = step.venue.thing("union");
        let Some(reader) = account::reader(desk.txn, union, holder.person)? else { return Ok(Vec::new()) };
        let mut listed = vec![json!({"kind": "account", "of": account::mirrored(&reader.value)})];
        for loan in handover::open_loans(desk.txn, union, holder.person, lending::MOST_LOANS)? {
            listed.push(json!({"kind": "loan", "of": lending::mirrored(&loan, step.venue)}));
        }
        for hold in handover::hold::of_person(desk.txn, union, holder.person)? {
            listed.push(json!({"kind": "hold", "of": holds::shown(&hold)}));
        }
        Ok(listed)
    }
}
