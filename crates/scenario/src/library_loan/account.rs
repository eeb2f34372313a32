//! A reader's account in the union: number, what is out, what is owed, and paying it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_capability::charge::home::{self, AttemptState, Begun, Declined, Purchase, Settled};
use tongma_capability::charge::order::Source;
use tongma_capability::records::{CounterKey, Held, Key, Stored, Txn, load, save, upsert};
use tongma_capability::{Cause, Desk, Effect, Holder, Schema, Step, Stop, bind, disclose};
use tongma_domain::{Fen, Id, Outcome, Text, Words};

use super::card::{CARD, fine_changed, fine_locked, no_fine};

/// The leg that takes the money for a fine.
pub const SETTLE: &str = "fine.settle";
/// The leg that takes its refusal.
pub const DECLINE: &str = "fine.decline";

/// A reader of the union.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The person.
    pub person: Id,
    /// The reader number, given out by the union.
    pub number: String,
    /// How many items are out.
    pub open: u32,
    /// What is owed.
    pub fine: Fen,
    /// Under 14 when they last borrowed: children have rules of their own.
    #[serde(default)]
    pub child: bool,
    /// How often this has changed.
    pub revision: u64,
}

impl Stored for Reader {
    const KIND: &'static str = "reader";
}

fn reader_key(union: Id, person: Id) -> Key {
    Key::of(&[union.as_bytes(), person.as_bytes()])
}

/// The reader account of a person, if there is one.
pub fn reader(txn: &mut dyn Txn, union: Id, person: Id) -> Result<Option<Held<Reader>>, Stop> {
    Ok(load::<Reader>(txn, reader_key(union, person))?)
}

/// The reader account of a person; the first use makes one and binds its number.
pub fn reader_or_new(desk: &mut Desk<'_>, step: &Step<'_>, holder: &Holder) -> Result<Held<Reader>, Stop> {
    let union = step.venue.thing("union");
    if let Some(held) = reader(desk.txn, union, holder.person)? {
        return Ok(held);
    }
    let counter = CounterKey { name: "library.readers", of: union.into() };
    let place = desk.txn.count_add(&counter, 1, 0, 99_999_999)?.unwrap_or_default();
    let number = format!("R{place:08}");
    let link = bind::Link { registry: union, kind: "reader", number: &number, person: holder.person, thing: union };
    let (binding, _) = bind::link(desk.txn, &link, desk.now)?;
    desk.effects.push(Effect::Binding { person: holder.person, binding: binding.mirrored(), live: true });
    let reader = Reader { v: Schema, person: holder.person, number, open: 0, fine: Fen::ZERO, child: false, revision: 0 };
    upsert(desk.txn, reader_key(union, holder.person), &reader)?;
    let held = load::<Reader>(desk.txn, reader_key(union, holder.person))?;
    held.ok_or_else(|| tongma_capability::records::StoreError::Conflict.into())
}

/// Writes a changed account and mirrors it to the person.
pub fn keep(desk: &mut Desk<'_>, union: Id, mut held: Held<Reader>) -> Result<Reader, Stop> {
    held.value.revision += 1;
    save(desk.txn, &held)?;
    let reader = held.value;
    desk.mirror(reader.person, "reader", union, mirrored(&reader), reader.revision);
    Ok(reader)
}

/// An account as the person sees it.
pub fn mirrored(reader: &Reader) -> Value {
    json!({"number": reader.number, "open_items": reader.open, "fine_fen": reader.fine})
}

/// Pays all that is owed: over a payment code at the desk, or from the purse after the holder's own tap.
pub fn pay_fine(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (union, holder) = (step.venue.thing("union"), step.holder()?);
    if let Some(known) = home::attempt(desk.txn, step.attempt)? {
        return answer_again(&known.value, step);
    }
    let reader = reader(desk.txn, union, holder.person)?.ok_or_else(no_fine)?.value;
    if reader.fine.get() <= 0 {
        return Err(no_fine().into());
    }
    let source = match step.input.text("payment_code") {
        Some(code) => Source::PaymentCode { code: code.to_owned() },
        None if step.cause == Cause::Holder || holder.agreed => Source::Purse,
        None => return Err(disclose::consent_needed().titled(asks(step, reader.fine)).about(reader.fine).into()),
    };
    let purchase = Purchase {
        thing: Key::of(&[b"fine", union.as_bytes(), holder.person.as_bytes()]),
        version: 0,
        amount: reader.fine,
        payer: holder.person,
        merchant: step.venue.organisation,
        what: Words::new("图书馆滞纳金", "Library fine"),
        source,
        home: union,
        legs: (SETTLE, DECLINE),
        lock_s: step.venue.setting(&CARD, "lock_s"),
        shown: json!({"paid_fen": reader.fine}),
    };
    match home::begin(desk, step, purchase)? {
        Begun::Locked { .. } => Err(fine_locked().into()),
        Begun::Fresh | Begun::Again(_) => Ok(home::in_progress(step.attempt, step.cause == Cause::Holder)),
    }
}

/// What the holder's phone says when the desk asks for the money.
fn asks(step: &Step<'_>, amount: Fen) -> Words {
    let names = step.venue.names();
    Words::new(format!("向{}缴纳滞纳金 {amount}", names.zh), format!("Pay a fine of {amount} to {}", names.en))
}

/// The answer to an attempt that was begun before.
fn answer_again(attempt: &home::Attempt, step: &Step<'_>) -> Result<Outcome, Stop> {
    match &attempt.state {
        AttemptState::Open => Ok(home::in_progress(step.attempt, step.cause == Cause::Holder)),
        AttemptState::Settled => Ok(paid(attempt)),
        AttemptState::Dead { code } if code == "fine.changed" => Err(fine_changed().into()),
        AttemptState::Dead { code } => Err(home::refusal_of(code).into()),
    }
}

fn paid(attempt: &home::Attempt) -> Outcome {
    let words = Words::new(format!("已缴 {}", attempt.amount), format!("{} paid", attempt.amount));
    Outcome::done(Text::new("已缴费", "Paid"), words, attempt.shown.clone())
}

/// The money is there: takes it off what is owed.
pub fn settle(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let union = step.venue.thing("union");
    let settled = home::settle(desk, step, |txn, attempt| {
        let owed = reader(txn, union, attempt.payer)?.map_or(Fen::ZERO, |held| held.value.fine);
        Ok(if owed >= attempt.amount { Ok(()) } else { Err(fine_changed()) })
    })?;
    let Settled::Now(attempt) = settled else { return Ok(noted()) };
    if let Some(mut held) = reader(desk.txn, union, attempt.payer)? {
        held.value.fine = Fen::new(held.value.fine.get() - attempt.amount.get());
        keep(desk, union, held)?;
    }
    let names = step.venue.names();
    let text = Words::new(
        format!("在{}缴纳滞纳金 {}", names.zh, attempt.amount),
        format!("Paid a fine of {} at {}", attempt.amount, names.en),
    );
    desk.log(attempt.payer, text, &[], json!({"amount_fen": attempt.amount, "attempt": step.attempt}));
    let outcome = paid(&attempt);
    desk.answer = Some(Ok(outcome.clone()));
    Ok(outcome)
}

/// There is no money, or no more: what was taken off is owed again.
pub fn decline(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let union = step.venue.thing("union");
    if let Declined::WasSettled(attempt) = home::decline(desk, step)?
        && let Some(mut held) = reader(desk.txn, union, attempt.payer)?
    {
        held.value.fine = Fen::new(held.value.fine.get() + attempt.amount.get());
        keep(desk, union, held)?;
        let text = Words::new("滞纳金付款被撤销，费用恢复为未缴", "The fine's payment was undone; it is owed again");
        desk.log(attempt.payer, text, &[], json!({"amount_fen": attempt.amount, "attempt": step.attempt}));
    }
    Ok(noted())
}

fn noted() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Object(Map::new()))
}
