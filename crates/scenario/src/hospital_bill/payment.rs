//! Paying a bill: locked under the attempt, settled when the money is there, undone when it is not.

use serde_json::{Map, Value, json};
use tongma_capability::charge::home::{self, Attempt, AttemptState, Begun, Declined, Purchase, Settled};
use tongma_capability::charge::order::Source;
use tongma_capability::charge::payer::ToHome;
use tongma_capability::charge::{insurer_pays, insurer_takes_back};
use tongma_capability::records::{Held, Key, MOST_PAGE, Txn, find};
use tongma_capability::{Cause, Desk, Step, Stop, deliver, derived_in, disclose};
use tongma_domain::{Claim, Fen, Id, Outcome, Text, Words};

use super::bill::{self, Bill};
use super::card::{CARD, changed, locked, no_quote, paid, quote_expired};
use super::file;

/// The leg that takes the money for a bill.
pub const SETTLE: &str = "bill.settle";
/// The leg that takes its refusal, also after it was settled.
pub const DECLINE: &str = "bill.decline";

/// Pays a bill as it was quoted.
pub fn pay(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    if let Some(known) = home::attempt(desk.txn, step.attempt)? {
        return again(&known.value, step);
    }
    let holder = step.holder()?;
    let held = bill::named(desk.txn, step)?;
    let bill = &held.value;
    if bill.paid.is_some_and(|(attempt, _)| attempt == step.attempt) {
        return Ok(done(bill.split.own, &json!({"bill_number": bill.number})));
    }
    payable(bill, desk)?;
    let source = match step.input.text("payment_code") {
        Some(code) => Source::PaymentCode { code: code.to_owned() },
        None if step.cause == Cause::Holder || holder.agreed || bill.split.own == Fen::ZERO => Source::Purse,
        None => return Err(disclose::consent_needed().titled(asks(step, bill)).about(bill.split.own).into()),
    };
    let shown = released(desk, step, bill)?;
    if bill.split.own == Fen::ZERO {
        return settle_without_money(desk, step, held, &shown);
    }
    let names = step.venue.names();
    let purchase = Purchase {
        thing: bill.id.into(),
        version: bill.version,
        amount: bill.split.own,
        payer: holder.person,
        merchant: step.venue.organisation,
        what: Words::new(format!("{}账单", names.zh), format!("Bill of {}", names.en)),
        source,
        home: bill.file,
        legs: (SETTLE, DECLINE),
        lock_s: step.venue.setting(&CARD, "lock_s"),
        shown,
    };
    match home::begin(desk, step, purchase)? {
        Begun::Locked { .. } => Err(locked().into()),
        Begun::Fresh | Begun::Again(_) => Ok(home::in_progress(step.attempt, step.cause == Cause::Holder)),
    }
}

/// What the holder's phone says when the desk asks for the money.
fn asks(step: &Step<'_>, bill: &Bill) -> Words {
    let (names, own) = (step.venue.names(), bill.split.own);
    Words::new(format!("向{}缴纳账单自付 {own}", names.zh), format!("Pay your part of a bill, {own}, to {}", names.en))
}

/// Whether the bill may be paid as quoted.
fn payable(bill: &Bill, desk: &mut Desk<'_>) -> Result<(), Stop> {
    let refusal = match bill.quote {
        _ if bill.paid.is_some() => paid(),
        _ if home::locked(desk.txn, &bill.id.into(), desk.now)?.is_some() => locked(),
        None => no_quote(),
        Some(quote) if quote.version != bill.version => changed(),
        Some(quote) if quote.until < desk.now => quote_expired(),
        Some(_) => return Ok(()),
    };
    Err(refusal.into())
}

/// What the desk learns of the payer with this payment; nothing when the holder pays in the app.
fn released(desk: &mut Desk<'_>, step: &Step<'_>, bill: &Bill) -> Result<Value, Stop> {
    let mut shown = Map::new();
    shown.insert("bill_number".into(), bill.number.clone().into());
    if step.cause == Cause::Operator {
        let holder = step.holder()?;
        let released = disclose::at_counter(desk.txn, &CARD, step, holder, &[Claim::VenueNumber, Claim::Pseudonym])?;
        if let Some(binding) = holder.binding(file::KIND) {
            released.show(&mut shown, Claim::VenueNumber, "file_number", binding.number.as_str());
        }
        released.show(&mut shown, Claim::Pseudonym, "payer", holder.pseudonym.as_str());
        let names = step.venue.names();
        let text = Words::new(format!("在{}窗口缴费", names.zh), format!("Paying at a desk of {}", names.en));
        desk.log(
            holder.person,
            text,
            &released.claims,
            json!({"bill_number": bill.number, "receipt": released.receipt}),
        );
    }
    Ok(Value::Object(shown))
}

/// The answer to an attempt that was begun before.
fn again(attempt: &Attempt, step: &Step<'_>) -> Result<Outcome, Stop> {
    match &attempt.state {
        AttemptState::Open => Ok(home::in_progress(step.attempt, step.cause == Cause::Holder)),
        AttemptState::Settled => Ok(done(attempt.amount, &attempt.shown)),
        AttemptState::Dead { code } => Err(match code.as_str() {
            "bill.changed" => changed(),
            "bill.paid" => paid(),
            other => home::refusal_of(other),
        }
        .into()),
    }
}

/// The bill with this id in this bucket, of this file.
fn by_id(txn: &mut dyn Txn, file: Id, attempt: &Attempt) -> Result<Option<Held<Bill>>, Stop> {
    let bills = find::<Bill>(txn, "file", file, None, MOST_PAGE)?.items;
    Ok(bills.into_iter().find(|held| Key::from(held.value.id) == attempt.thing))
}

/// The money is there: settles the bill if it still is what was quoted.
pub fn settle(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let ToHome { home: file, .. } = step.input.typed()?;
    let settled = home::settle(desk, step, |txn, attempt| {
        Ok(match by_id(txn, file, attempt)?.map(|held| held.value) {
            Some(bill) if bill.paid.is_some() => Err(paid()),
            Some(bill) if bill.version == attempt.version => Ok(()),
            _ => Err(changed()),
        })
    })?;
    let Settled::Now(attempt) = settled else { return Ok(noted()) };
    let Some(held) = by_id(desk.txn, file, &attempt)? else { return Ok(noted()) };
    let how = if attempt.rail { "payment_code" } else { "purse" };
    let bill = mark_paid(desk, step, held, how)?;
    let outcome = done(bill.split.own, &attempt.shown);
    desk.answer = Some(Ok(outcome.clone()));
    Ok(outcome)
}

/// A bill the insurers pay in full has nobody to ask.
fn settle_without_money(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    held: Held<Bill>,
    shown: &Value,
) -> Result<Outcome, Stop> {
    let bill = mark_paid(desk, step, held, "insurance")?;
    Ok(done(bill.split.own, shown))
}

fn mark_paid(desk: &mut Desk<'_>, step: &Step<'_>, mut held: Held<Bill>, how: &str) -> Result<Bill, Stop> {
    held.value.paid = Some((step.attempt, desk.now));
    let (split, merchant, when) = (held.value.split, step.venue.organisation, (step.attempt, desk.now));
    insurer_pays(desk.txn, "fund", merchant, split.fund, when)?;
    insurer_pays(desk.txn, "personal", merchant, split.personal, when)?;
    insurer_pays(desk.txn, "family", merchant, split.family, when)?;
    let body = json!({"bill": bill::mirrored(&held.value), "by": how, "own_fen": split.own, "at": desk.now});
    publish_receipt(desk, step, &held.value, &body)?;
    let bill = bill::keep(desk, held)?;
    let names = step.venue.names();
    let text = Words::new(format!("向{}缴费 {}", names.zh, split.own), format!("Paid {} to {}", split.own, names.en));
    desk.log(bill.person, text, &[], json!({"bill_number": bill.number, "own_fen": split.own, "by": how}));
    Ok(bill)
}

/// Delivers the electronic receipt to the patient; null withdraws it. The latest version wins.
fn publish_receipt(desk: &mut Desk<'_>, step: &Step<'_>, bill: &Bill, body: &Value) -> Result<(), Stop> {
    let id = derived_in(desk.txn.bucket(), &[b"receipt", step.attempt.as_bytes()]);
    let title = Words::new("电子收据", "Electronic receipt");
    let publish = deliver::Publish { id, subject: bill.person, kind: "e_receipt", title, body: body.clone() };
    let version = deliver::publish(desk.txn, publish, desk.now)?;
    let shown = if body.is_null() {
        json!({"bill_number": bill.number, "withdrawn": true, "version": version})
    } else {
        json!({"bill_number": bill.number, "withdrawn": false, "version": version, "receipt": body})
    };
    desk.mirror(bill.person, "receipt", id, shown, version.into());
    Ok(())
}

/// There is no money, or there is no more. A settled bill is open again: insurers' parts go back, the receipt is
/// withdrawn.
pub fn decline(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let ToHome { home: file, .. } = step.input.typed()?;
    let Declined::WasSettled(attempt) = home::decline(desk, step)? else { return Ok(noted()) };
    let Some(mut held) = by_id(desk.txn, file, &attempt)? else { return Ok(noted()) };
    held.value.paid = None;
    held.value.quote = None;
    let (split, merchant, when) = (held.value.split, step.venue.organisation, (step.attempt, desk.now));
    insurer_takes_back(desk.txn, "fund", merchant, split.fund, when)?;
    insurer_takes_back(desk.txn, "personal", merchant, split.personal, when)?;
    insurer_takes_back(desk.txn, "family", merchant, split.family, when)?;
    publish_receipt(desk, step, &held.value, &Value::Null)?;
    let bill = bill::keep(desk, held)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("{}的付款已撤销，账单恢复为未缴", names.zh),
        format!("The payment to {} was undone; the bill is open again", names.en),
    );
    desk.log(bill.person, text, &[], json!({"bill_number": bill.number}));
    Ok(noted())
}

fn done(own: Fen, shown: &Value) -> Outcome {
    let mut detail = shown.as_object().cloned().unwrap_or_default();
    detail.insert("paid_fen".into(), own.get().into());
    let words = Words::new(format!("自付 {own} 已缴"), format!("{own} paid"));
    Outcome::done(Text::new("已缴费", "Paid"), words, Value::Object(detail))
}

fn noted() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null)
}
