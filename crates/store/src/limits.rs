//! The sizes every engine keeps to, so that what one stores the others can store too.

use std::borrow::Cow;

use crate::write::Entry;
use crate::{
    AccountKey, CounterKey, Index, Key, Kind, MOST_BODY_BYTES, MOST_KEY_BYTES, OnceClaim, StoreError, Transfer,
};

/// The longest kind and the longest index name, in bytes.
pub const MOST_KIND_BYTES: usize = 24;
/// The longest counter name, account class and transfer code, in bytes.
pub const MOST_NAME_BYTES: usize = 48;
/// The most index entries of one record.
pub const MOST_ENTRIES: usize = 16;

fn within(holds: bool, what: &'static str) -> Result<(), StoreError> {
    if holds { Ok(()) } else { Err(StoreError::Bound(what)) }
}

fn named(name: &str, most_bytes: usize, what: &'static str) -> Result<(), StoreError> {
    // Engines store text without NUL alone.
    within(!name.is_empty() && name.len() <= most_bytes && !name.contains('\0'), what)
}

pub fn kind(kind: Kind) -> Result<(), StoreError> {
    named(kind, MOST_KIND_BYTES, "kind")
}

pub fn key(key: &Key) -> Result<(), StoreError> {
    // A key that was deserialised may be longer than any that was made.
    within(key.as_bytes().len() <= MOST_KEY_BYTES, "key length")
}

pub fn record(of: Kind, at: &Key) -> Result<(), StoreError> {
    kind(of)?;
    key(at)
}

pub fn body(body: &[u8]) -> Result<(), StoreError> {
    within(body.len() <= MOST_BODY_BYTES, "body size")
}

pub fn entry(name: &str, value: &Key) -> Result<(), StoreError> {
    named(name, MOST_KIND_BYTES, "index name")?;
    key(value)
}

/// Checks index entries; gives them as stored: sorted, none twice.
pub fn entries(index: Vec<Index>) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::with_capacity(index.len());
    for Index { name, value } in index {
        entry(name, &value)?;
        entries.push((Cow::Borrowed(name), value));
    }
    entries.sort_unstable();
    entries.dedup();
    within(entries.len() <= MOST_ENTRIES, "index entries")?;
    Ok(entries)
}

pub fn counter(counter: &CounterKey) -> Result<(), StoreError> {
    named(counter.name, MOST_NAME_BYTES, "counter name")?;
    key(&counter.of)
}

pub fn account(account: &AccountKey) -> Result<(), StoreError> {
    named(&account.class, MOST_NAME_BYTES, "account class")?;
    key(&account.of)
}

pub fn transfer(transfer: &Transfer) -> Result<(), StoreError> {
    account(&transfer.debit)?;
    account(&transfer.credit)?;
    named(&transfer.code, MOST_NAME_BYTES, "transfer code")?;
    within(transfer.amount.get() > 0, "amount not above zero")?;
    within(transfer.debit != transfer.credit, "both legs on one account")
}

pub fn claim(claim: &OnceClaim) -> Result<(), StoreError> {
    key(&claim.key)?;
    within(claim.answer.len() <= MOST_BODY_BYTES, "answer size")
}
