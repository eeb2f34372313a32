//! Money: purses, orders, rails and refunds, all by double entry.
//!
//! Every movement is a [`Transfer`]: one row with both legs, so debits equal credits by construction. A purchase has
//! two sides, in two buckets. The **thing's side** ([`home`]) locks what is paid for (a bill, a fine) under the attempt,
//! and decides in the end. The **payer's side** ([`payer`], with [`order`] and [`rail`]) reserves the money, asks the
//! rail if there is one, and posts or voids when told. Messages between them may come twice, late or in another order;
//! each side remembers the attempt and answers alike.
//!
//! Invariant: Σ debits = Σ credits; each external payment is applied once or reversed, never both; refund ≤ paid per
//! purse.

pub mod home;
pub mod order;
pub mod payer;
pub mod rail;

use std::borrow::Cow;

use tongma_domain::{Fen, Id, UnixMs};
use tongma_store::{AccountKey, AccountLimit, Key, Transfer, Txn};

use crate::Stop;

/// The person's own money on the platform.
pub fn purse(person: Id) -> AccountKey {
    AccountKey { class: Cow::Borrowed("purse"), of: person.into() }
}

/// What the platform owes a merchant, inside the payer's bucket; swept by accounting later.
pub fn due(merchant: Id) -> AccountKey {
    AccountKey { class: Cow::Borrowed("due"), of: merchant.into() }
}

/// What an outside rail owes the platform for payments it has taken.
pub fn clearing(rail: &str) -> AccountKey {
    AccountKey { class: Cow::Borrowed("clearing"), of: Key::new(rail.as_bytes()) }
}

/// What an insurer owes for its part of bills: `fund`, `personal`, `family`.
pub fn insurer(part: &str) -> AccountKey {
    AccountKey { class: Cow::Borrowed("insurer"), of: Key::new(part.as_bytes()) }
}

/// Where the demonstration's own money comes from.
pub fn funding(source: &str) -> AccountKey {
    AccountKey { class: Cow::Borrowed("funding"), of: Key::new(source.as_bytes()) }
}

/// Opens an account with the limit its class has: a purse cannot be overdrawn, everything else may lean either way.
///
/// # Errors
/// Of the store.
pub fn open(txn: &mut dyn Txn, account: &AccountKey) -> Result<(), Stop> {
    let limit = if account.class == "purse" { AccountLimit::DebitsWithinCredits } else { AccountLimit::None };
    Ok(txn.account_open(account, limit)?)
}

/// What a purse holds and nobody has reserved.
///
/// # Errors
/// Of the store.
pub fn available(txn: &mut dyn Txn, account: &AccountKey) -> Result<Fen, Stop> {
    let Some(account) = txn.account(account)? else { return Ok(Fen::ZERO) };
    let used = account.debits_posted.get().saturating_add(account.debits_pending.get());
    Ok(Fen::new(account.credits_posted.get().saturating_sub(used)))
}

/// One transfer of an attempt: its id depends on the attempt and its part, so a retry posts nothing twice.
pub(crate) struct Posting<'a> {
    pub attempt: Id,
    pub part: &'a str,
    pub debit: AccountKey,
    pub credit: AccountKey,
    pub amount: Fen,
    pub code: &'static str,
    pub at: UnixMs,
}

impl Posting<'_> {
    pub fn id(&self, txn: &dyn Txn) -> Id {
        transfer_id(txn, self.attempt, self.part)
    }

    pub fn write(self, txn: &mut dyn Txn, pending: bool) -> Result<bool, Stop> {
        open(txn, &self.debit)?;
        open(txn, &self.credit)?;
        let id = self.id(txn);
        let Self { attempt, debit, credit, amount, code, at, .. } = self;
        let transfer = Transfer { id, debit, credit, amount, code: Cow::Borrowed(code), journal: attempt, at };
        Ok(txn.transfer(&transfer, pending)?)
    }
}

pub(crate) fn transfer_id(txn: &dyn Txn, attempt: Id, part: &str) -> Id {
    attempt.beside(txn.bucket(), &[b"transfer", part.as_bytes()])
}

/// Puts money into a person's purse from the demonstration's funding account, once per attempt, in the person's bucket.
/// `Ok(false)`: this attempt has done so already.
///
/// # Errors
/// [`tongma_store::StoreError::Bound`] when the amount is not above zero or the attempt was another amount.
pub fn top_up(txn: &mut dyn Txn, person: Id, amount: Fen, attempt: Id, at: UnixMs) -> Result<bool, Stop> {
    let (debit, credit) = (funding("demo"), purse(person));
    Posting { attempt, part: "top_up", debit, credit, amount, code: "purse.top_up", at }.write(txn, false)
}

/// Pays out what a purse holds and nobody has reserved, in cash at a counter, in the person's bucket; gives how much. The
/// money stays visible: it stands on the account of what was paid out.
///
/// # Errors
/// Of the store.
pub fn pay_out(txn: &mut dyn Txn, person: Id, attempt: Id, at: UnixMs) -> Result<Fen, Stop> {
    let debit = purse(person);
    let amount = available(txn, &debit)?;
    if amount.get() > 0 {
        let credit = AccountKey { class: Cow::Borrowed("paid_out"), of: Key::from("counter") };
        Posting { attempt, part: "pay_out", debit, credit, amount, code: "purse.pay_out", at }.write(txn, false)?;
    }
    Ok(amount)
}

/// Posts an insurer's part of a bill to the merchant, in the bill's bucket, once per attempt. A zero part posts nothing.
///
/// # Errors
/// Of the store.
pub fn insurer_pays(
    txn: &mut dyn Txn,
    part: &'static str,
    merchant: Id,
    amount: Fen,
    (attempt, at): (Id, UnixMs),
) -> Result<(), Stop> {
    if amount.get() > 0 {
        let (debit, credit) = (insurer(part), due(merchant));
        Posting { attempt, part, debit, credit, amount, code: "insurer.pay", at }.write(txn, false)?;
    }
    Ok(())
}

/// Takes an insurer's part back, once per attempt: the reverse of [`insurer_pays`].
///
/// # Errors
/// Of the store.
pub fn insurer_takes_back(
    txn: &mut dyn Txn,
    part: &'static str,
    merchant: Id,
    amount: Fen,
    (attempt, at): (Id, UnixMs),
) -> Result<(), Stop> {
    if amount.get() > 0 {
        let part_back = format!("{part}.back");
        let (debit, credit) = (due(merchant), insurer(part));
        Posting { attempt, part: &part_back, debit, credit, amount, code: "insurer.back", at }.write(txn, false)?;
    }
    Ok(())
}
