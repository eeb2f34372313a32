//! The thing's side of a purchase: what is paid for (a bill, a fine) is locked under the attempt, and decides.
//!
//! A scenario calls [`begin`] where the payment is asked for, [`settle`] and [`decline`] in its two legs. An attempt
//! ends once: settled, or dead with a reason; messages that come again or late get the same answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::{Fen, Id, Outcome, Refusal, Text, UnixMs, Words};
use tongma_store::{Held, Key, Stored, Txn, create, load, save, upsert};

use super::order::Source;
use super::payer::{PEND, POST, Payer, Pend, ToHome, VOID};
use crate::{Desk, Schema, Step, Stop};

/// An attempt to pay for a thing, in the thing's bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The schema of this body.
    pub v: Schema<1>,
    /// What is paid for.
    pub thing: Key,
    /// Who pays.
    pub payer: Id,
    /// How much.
    pub amount: Fen,
    /// The version of the thing the amount was quoted from.
    pub version: u64,
    /// Until when it keeps other attempts out.
    pub until: UnixMs,
    /// Whether the money comes over a rail, not from a purse.
    pub rail: bool,
    /// Where it stands.
    pub state: AttemptState,
    /// What the final answer shows the point: what was released to it when the payment was begun.
    pub shown: Value,
}

/// The life of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Waiting for the payer's side.
    Open,
    /// The thing is paid.
    Settled,
    /// It will never be paid by this attempt.
    Dead {
        /// Why: a refusal's code.
        code: String,
    },
}

impl Stored for Attempt {
    const KIND: &'static str = "attempt";
}

/// Which attempt keeps others out of a thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Lock {
    v: Schema<1>,
    attempt: Id,
}

impl Stored for Lock {
    const KIND: &'static str = "lock";
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// What is paid for, inside the home's bucket.
    pub thing: Key,
    /// The version its amount is from.
    pub version: u64,
    /// How much.
    pub amount: Fen,
    /// Who pays.
    pub payer: Id,
    /// Who is paid.
    pub merchant: Id,
    /// For what, in words.
    pub what: Words,
    /// From where.
    pub source: Source,
    /// The id whose bucket this is: routes the answers back.
    pub home: Id,
    /// The scenario's leg for "the money is there", and the one for "there will be no money".
    pub legs: (&'static str, &'static str),
    /// How long the attempt keeps others out, in seconds.
    pub lock_s: i64,
    /// Kept with the attempt for the final answer.
    pub shown: Value,
}

/// What became of beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The thing is locked and the payer's side is asked.
    Fresh,
    /// The attempt is known.
    Again(AttemptState),
    /// Another attempt keeps this one out.
    Locked {
        /// At most until then.
        until: UnixMs,
    },
}

/// Locks a thing under the step's attempt and asks the payer's side for the money.
///
/// # Errors
/// Of the store.
pub fn begin(desk: &mut Desk<'_>, step: &Step<'_>, purchase: Purchase) -> Result<Begun, Stop> {
    if let Some(held) = load::<Attempt>(desk.txn, step.attempt)? {
        return Ok(Begun::Again(held.value.state));
    }
    if let Some(until) = locked(desk.txn, &purchase.thing, desk.now)? {
        return Ok(Begun::Locked { until });
    }
    let Purchase { thing, version, amount, payer, merchant, what, source, home, legs, lock_s, shown } = purchase;
    upsert(desk.txn, thing.clone(), &Lock { v: Schema, attempt: step.attempt })?;
    let (until, rail) = (desk.now.plus_s(lock_s), source != Source::Purse);
    let attempt = Attempt { v: Schema, thing, payer, amount, version, until, rail, state: AttemptState::Open, shown };
    create(desk.txn, step.attempt, &attempt)?;
    let (settle, decline) = (legs.0.to_owned(), legs.1.to_owned());
    let pend = Pend { payer, merchant, amount, what, source, home, settle, decline };
    desk.message(payer.bucket(), PEND, &pend);
    Ok(Begun::Fresh)
}

/// Until when a live attempt keeps others out of a thing, if one does.
///
/// # Errors
/// Of the store.
pub fn locked(txn: &mut dyn Txn, thing: &Key, now: UnixMs) -> Result<Option<UnixMs>, Stop> {
    let Some(lock) = load::<Lock>(txn, thing.clone())? else { return Ok(None) };
    let attempt = load::<Attempt>(txn, lock.value.attempt)?.map(|held| held.value);
    Ok(attempt
        .filter(|attempt| attempt.state == AttemptState::Open && attempt.until > now)
        .map(|attempt| attempt.until))
}

/// What became of settling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Just now: the caller marks the thing as paid. The payer's side is told.
    Now(Attempt),
    /// It was settled before; the payer's side is told again.
    Before,
    /// It is not settled; the payer's side is told to void, and the answer is kept.
    Refused,
}

/// The money is there: settles the attempt, unless the thing no longer is what was quoted.
///
/// # Errors
/// Of the store.
pub fn settle(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    check: impl FnOnce(&mut dyn Txn, &Attempt) -> Result<Result<(), Refusal>, Stop>,
) -> Result<Settled, Stop> {
    let ToHome { payer, .. } = step.input.typed()?;
    let to_payer = Payer { payer };
    let Some(mut held) = load::<Attempt>(desk.txn, step.attempt)? else {
        desk.message(payer.bucket(), VOID, &to_payer);
        return Ok(Settled::Refused);
    };
    match held.value.state {
        AttemptState::Settled => {
            desk.message(payer.bucket(), POST, &to_payer);
            return Ok(Settled::Before);
        }
        AttemptState::Dead { .. } => {
            desk.message(payer.bucket(), VOID, &to_payer);
            return Ok(Settled::Refused);
        }
        AttemptState::Open => {}
    }
    if let Err(refusal) = check(desk.txn, &held.value)? {
        held.value.state = AttemptState::Dead { code: refusal.code().to_owned() };
        save(desk.txn, &held)?;
        desk.message(payer.bucket(), VOID, &to_payer);
        desk.answer = Some(Err(refusal));
        return Ok(Settled::Refused);
    }
    held.value.state = AttemptState::Settled;
    save(desk.txn, &held)?;
    desk.message(payer.bucket(), POST, &to_payer);
    Ok(Settled::Now(held.value))
}

/// What a "no" from the payer's side means for the thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// The attempt was open and is dead now; the thing was not touched. The answer is kept.
    WasOpen,
    /// The thing was paid and must be open again: the money went back. The answer is kept.
    WasSettled(Attempt),
    /// The attempt was dead already.
    Nothing,
}

/// There will be no money, or there is no more: ends the attempt.
///
/// # Errors
/// Of the store.
pub fn decline(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Declined, Stop> {
    let ToHome { code, .. } = step.input.typed()?;
    let Some(mut held) = load::<Attempt>(desk.txn, step.attempt)? else { return Ok(Declined::Nothing) };
    let before = held.value.state.clone();
    if matches!(before, AttemptState::Dead { .. }) {
        return Ok(Declined::Nothing);
    }
    let refusal = refusal_of(&code);
    held.value.state = AttemptState::Dead { code };
    save(desk.txn, &held)?;
    desk.answer = Some(Err(refusal));
    Ok(if before == AttemptState::Settled { Declined::WasSettled(held.value) } else { Declined::WasOpen })
}

/// The answer of a known attempt while it is asked again: in progress while open, else what its leg kept.
pub fn in_progress(attempt: Id, holder_waits: bool) -> Outcome {
    let words = if holder_waits {
        Words::new("正在付款，请稍候", "Paying; please wait")
    } else {
        Words::new("正在付款，请看对方手机", "Paying; look at the payer's phone")
    };
    Outcome::pending(attempt, words)
}

/// A locked thing's attempt, for scenarios that show it.
///
/// # Errors
/// Of the store.
pub fn attempt(txn: &mut dyn Txn, attempt: Id) -> Result<Option<Held<Attempt>>, Stop> {
    Ok(load::<Attempt>(txn, attempt)?)
}

/// The refusal the payer reads when an attempt ended for this reason.
pub fn refusal_of(code: &str) -> Refusal {
    match code {
        "purse.insufficient" => Refusal::conflict(
            "purse.insufficient",
            Text::new("余额不足，没有扣款", "Not enough money in the purse; nothing was taken"),
            Text::new("请先充值，或改用付款码支付", "Top up, or pay with a payment code"),
        ),
        "rail.failed" => Refusal::conflict(
            "rail.failed",
            Text::new("付款没有成功，没有扣款", "The payment did not succeed; nothing was taken"),
            Text::new(
                "请刷新付款码再试，或换一种方式支付",
                "Refresh the payment code and try again, or pay another way",
            ),
        ),
        _ => Refusal::conflict(
            "payment.reversed",
            Text::new("付款已撤销，款项原路退回", "The payment was undone; the money goes back where it came from"),
            Text::new(
                "请重新付款；退款以支付方到账为准",
                "Please pay again; the refund arrives as the payment provider says",
            ),
        ),
    }
}
