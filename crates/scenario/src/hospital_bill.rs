//! 扫码就医缴费: bills of a patient's file, quoted, locked, paid, settled, with an electronic receipt.
//!
//! A patient's file is a thing of its own: its id follows from hospital and file number, and its bills live in its
//! bucket. The uniqueness of file numbers is kept in the hospital's own bucket. The payer's side of a payment runs in
//! the payer's bucket (`tongma_capability::charge::payer`).
//!
//! # A worked example
//! 1. At the desk Mr Li shows his code: `open_file {file_number: "M0001"}`. His person now has the binding
//!    `patient_file`.
//! 2. The hospital's system raises a bill: `add_bill {file_number: "M0001", bill_number: "B1", title: "门诊",
//!    lines: "血常规|3500|2000|500|0\n挂号|1000|0|0|0"}`: 45 yuan, 20 from the fund, 5 from his personal account, 20 his own.
//! 3. `quote {bill_number: "B1"}` fixes version and amount for 15 minutes; `pay {bill_number: "B1"}` in the app pays from
//!    the purse; at the desk `payment_code` pays over a rail.
//! 4. Legs: the bill is locked under the attempt → `payer.pend` reserves 20 yuan → `bill.settle` settles, posts the
//!    insurers' parts and delivers the receipt → `payer.post`. Had the hospital changed the bill meanwhile, `bill.settle`
//!    would refuse with `bill.changed` and send `payer.void`: paid-not-settled goes back.

mod bill;
mod card;
mod file;
mod payment;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use tongma_capability::charge::payer;
use tongma_capability::{Cause, Desk, Place, Scenario, Step, Stop};
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
        if let Some(place) = payer::place(step) {
            return Ok(place);
        }
        match step.action {
            "open_file" => Ok(Place::Thing(file::registry(step.venue))),
            "add_bill" | "change_bill" => {
                let number = step.input.text("file_number").unwrap_or_default();
                Ok(Place::Thing(file::id_of(step.venue, number)))
            }
            file::OPENED | payment::SETTLE | payment::DECLINE => {
                step.input.reference("home").map(Place::Thing).ok_or_else(card::no_file)
            }
            _ => file::of_holder(step).map(Place::Thing),
        }
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        if let Some(outcome) = payer::leg(desk, step)? {
            return Ok(outcome);
        }
        match step.action {
            "open_file" => file::open(desk, step),
            file::OPENED => file::opened(desk, step),
            "add_bill" => bill::add(desk, step),
            "change_bill" => bill::change(desk, step),
            "quote" => bill::quote(desk, step),
            "pay" => payment::pay(desk, step),
            payment::SETTLE => payment::settle(desk, step),
            payment::DECLINE => payment::decline(desk, step),
            _ => Err(card::unknown_action().into()),
        }
    }

    /// For the holder: the bills with their lines. For a desk after a presentation: amounts alone.
    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        if step.holder.is_none() {
            return Ok(Vec::new());
        }
        let own = step.cause == Cause::Holder;
        let bills = bill::of_file(desk.txn, file::of_holder(step)?)?;
        let shown = bills.iter().map(|bill| if own { bill::mirrored(bill) } else { bill::at_desk(bill) });
        Ok(shown.map(|bill| json!({"kind": "bill", "of": bill})).collect())
    }
}
