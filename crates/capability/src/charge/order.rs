//! An order: what one attempt pays, from which purses, and what became of it. In the payer's bucket.

use serde::{Deserialize, Serialize};
use tongma_domain::{Fen, Id, UnixMs, Words};
use tongma_store::{AccountKey, Held, Resolution, Stored, Txn, create, load, save};

use super::rail::RailState;
use super::{Posting, available, clearing, due, purse, transfer_id};
use crate::{Schema, Stop};

/// Where the money of an order comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// The payer's purse.
    Purse,
    /// A payment code of another rail, read at the counter.
    PaymentCode {
        /// The code's digits; kept only until the rail has been asked.
        code: String,
    },
}

/// The rail behind [`Source::PaymentCode`]: also the connector's name.
pub const PAYMENT_CODE: &str = "payment_code";

/// One purse or rail of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The account debited.
    pub account: AccountKey,
    /// How much.
    pub amount: Fen,
    /// How much of it went back.
    pub refunded: Fen,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// The money is reserved (and the rail, if there is one, is asked).
    Pending,
    /// Paid for good.
    Posted,
    /// Nothing was paid, or everything is back.
    Void,
}

/// One attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The attempt.
    pub attempt: Id,
    /// Who pays.
    pub payer: Id,
    /// Who is paid.
    pub merchant: Id,
    /// What is paid for, for the payer's eyes.
    pub what: Words,
    /// Purses and amounts, in the order they are drawn on.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub state: OrderState,
    /// The rail's side, when there is one.
    pub rail: Option<RailState>,
    /// The thing whose bucket is told.
    pub home: Option<Id>,
    /// The leg there that takes "the money is there".
    pub settle: String,
    /// The leg there that takes "there will be no money".
    pub decline: String,
    /// When it began.
    pub at: UnixMs,
    /// Refunds made: id and amount.
    pub refunds: Vec<(Id, Fen)>,
    /// Why there is no money, once the thing was told so.
    pub declined: Option<String>,
}

impl Stored for Order {
    const KIND: &'static str = "order";
}

/// What a new order is made of.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// The attempt.
    pub attempt: Id,
    /// Who pays.
    pub payer: Id,
    /// Who is paid.
    pub merchant: Id,
    /// What is paid for.
    pub what: Words,
    /// How much.
    pub amount: Fen,
    /// From where.
    pub source: Source,
    /// The thing whose bucket is told, and its two legs: settle, decline.
    pub home: (Id, String, String),
}

/// What became of reserving money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pended {
    /// It is reserved now.
    Fresh(Order),
    /// The attempt has an order already.
    Again(Order),
    /// The purse does not hold so much; the order is void.
    Insufficient,
}

/// The order of an attempt.
///
/// # Errors
/// Of the store.
pub fn order(txn: &mut dyn Txn, attempt: Id) -> Result<Option<Held<Order>>, Stop> {
    Ok(load::<Order>(txn, attempt)?)
}

/// Reserves the money of an order, once per attempt. An order that cannot be paid is kept as void, so that a message
/// that comes again finds the same answer.
///
/// # Errors
/// Of the store.
pub fn pend(txn: &mut dyn Txn, new: NewOrder, at: UnixMs) -> Result<Pended, Stop> {
    if let Some(held) = order(txn, new.attempt)? {
        return Ok(Pended::Again(held.value));
    }
    let (account, rail) = match new.source {
        Source::Purse => (purse(new.payer), None),
        Source::PaymentCode { .. } => (clearing(PAYMENT_CODE), Some(RailState::Submitted)),
    };
    let enough = rail.is_some() || available(txn, &account)? >= new.amount;
    let (home, settle, decline) = new.home;
    let order = Order {
        v: Schema,
        attempt: new.attempt,
        payer: new.payer,
        merchant: new.merchant,
        what: new.what,
        parts: vec![Part { account: account.clone(), amount: new.amount, refunded: Fen::ZERO }],
        state: if enough { OrderState::Pending } else { OrderState::Void },
        rail,
        home: Some(home),
        settle,
        decline,
        at,
        refunds: Vec::new(),
        declined: (!enough).then(|| "purse.insufficient".to_owned()),
    };
    create(txn, new.attempt, &order)?;
    if !enough {
        return Ok(Pended::Insufficient);
    }
    let (attempt, credit, amount) = (new.attempt, due(new.merchant), new.amount);
    Posting { attempt, part: "0", debit: account, credit, amount, code: "order.pay", at }.write(txn, true)?;
    Ok(Pended::Fresh(order))
}

/// Keeps an attempt as void that has no order yet, so that a late request to reserve money finds it closed.
///
/// # Errors
/// Of the store.
pub fn close_unborn(txn: &mut dyn Txn, attempt: Id, payer: Id, at: UnixMs) -> Result<(), Stop> {
    let order = Order {
        v: Schema,
        attempt,
        payer,
        merchant: payer,
        what: Words::default(),
        parts: Vec::new(),
        state: OrderState::Void,
        rail: None,
        home: None,
        settle: String::new(),
        decline: String::new(),
        at,
        refunds: Vec::new(),
        declined: None,
    };
    Ok(create(txn, attempt, &order)?)
}

/// Posts a pending order in full. The caller has checked the rail. Only a pending order changes.
///
/// # Errors
/// Of the store.
pub fn post(txn: &mut dyn Txn, held: &mut Held<Order>) -> Result<(), Stop> {
    resolve(txn, held, OrderState::Posted, |part| Resolution::Post(part.amount))
}

/// Voids a pending order: nothing of it happens. Only a pending order changes.
///
/// # Errors
/// Of the store.
pub fn void(txn: &mut dyn Txn, held: &mut Held<Order>) -> Result<(), Stop> {
    resolve(txn, held, OrderState::Void, |_| Resolution::Void)
}

fn resolve(
    txn: &mut dyn Txn,
    held: &mut Held<Order>,
    state: OrderState,
    how: impl Fn(&Part) -> Resolution,
) -> Result<(), Stop> {
    if held.value.state != OrderState::Pending {
        return Ok(());
    }
    for (place, part) in held.value.parts.iter().enumerate() {
        let id = transfer_id(txn, held.value.attempt, &place.to_string());
        txn.resolve(id, how(part))?;
    }
    held.value.state = state;
    Ok(())
}

/// What became of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// The money is back in the purse (or on its way over the rail).
    Fresh,
    /// This refund was made already.
    Again,
    /// Not so much was paid from that purse, or it went back already.
    TooMuch {
        /// How much may still go back.
        left: Fen,
    },
    /// There is no paid order or no such purse in it.
    NotPaid,
}

/// Sends a part of a posted order back to the purse it came from, once per refund id.
///
/// The merchant's due account may go below zero by it; accounting nets that at its next sweep.
///
/// # Errors
/// Of the store.
pub fn refund(
    txn: &mut dyn Txn,
    attempt: Id,
    refund: Id,
    (account, amount): (&AccountKey, Fen),
    at: UnixMs,
) -> Result<Refunded, Stop> {
    let Some(mut held) = order(txn, attempt)? else { return Ok(Refunded::NotPaid) };
    if held.value.refunds.iter().any(|(id, _)| *id == refund) {
        return Ok(Refunded::Again);
    }
    if held.value.state != OrderState::Posted {
        return Ok(Refunded::NotPaid);
    }
    let merchant = held.value.merchant;
    let Some(part) = held.value.parts.iter_mut().find(|part| part.account == *account) else {
        return Ok(Refunded::NotPaid);
    };
    let left = Fen::new(part.amount.get() - part.refunded.get());
    if amount.get() <= 0 || amount > left {
        return Ok(Refunded::TooMuch { left });
    }
    part.refunded = Fen::new(part.refunded.get() + amount.get());
    let (debit, credit, name) = (due(merchant), account.clone(), refund.to_string());
    Posting { attempt, part: &name, debit, credit, amount, code: "order.refund", at }.write(txn, false)?;
    held.value.refunds.push((refund, amount));
    save(txn, &held)?;
    Ok(Refunded::Fresh)
}
