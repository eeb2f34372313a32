//! The storage port: what every engine gives, and all that anything above may ask of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tongma_domain::{Bucket, Fen, Id, UnixMs};

/// The kind of a record: `loan`, `holder`. Declared by the capability that owns it; at most 24 characters.
pub type Kind = &'static str;

/// The key of a record inside its bucket and kind: at most [`MOST_KEY_BYTES`] bytes, compared bytewise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Vec<u8>);

/// The longest key, in bytes: four ids.
pub const MOST_KEY_BYTES: usize = 64;
/// The largest record body, in bytes.
pub const MOST_BODY_BYTES: usize = 256 * 1024;
/// The longest page any scan gives.
pub const MOST_PAGE: usize = 500;

impl Key {
    /// A key of raw bytes, cut at [`MOST_KEY_BYTES`] never: a longer one is replaced by its digest-derived id.
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.len() <= MOST_KEY_BYTES {
            Self(bytes.to_vec())
        } else {
            Self(Id::derived(&[bytes]).as_bytes().to_vec())
        }
    }

    /// A key of several parts; parts are joined with their lengths, so no two lists make one key. A list too long for
    /// a key is replaced by its derived id.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            let Ok(length) = u8::try_from(part.len()) else { return Id::derived(parts).into() };
            bytes.push(length);
            bytes.extend_from_slice(part);
        }
        if bytes.len() <= MOST_KEY_BYTES { Self(bytes) } else { Id::derived(parts).into() }
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Id> for Key {
    fn from(id: Id) -> Self {
        Self(id.as_bytes().to_vec())
    }
}

impl core::fmt::Debug for Key {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its key.
    pub key: Key,
    /// 1 at its first put, one more at each put after.
    pub version: u64,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// What a put or remove expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// No record.
    Absent,
    /// A record of exactly this version.
    Version(u64),
}

/// An entry in a declared index: the field's name and its value; values compare bytewise. At most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index {
    /// The field's name, declared by the record's kind.
    pub name: &'static str,
    /// The value.
    pub value: Key,
}

/// A counter's place inside its bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    /// What is counted: `session.booked`.
    pub name: &'static str,
    /// Of which thing.
    pub of: Key,
}

/// A ledger account inside its bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountKey {
    /// Its class: `purse`, `due`, `clearing`.
    pub class: Cow<'static, str>,
    /// Of whom or what.
    pub of: Key,
}

/// What an account may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountLimit {
    /// Anything goes.
    None,
    /// Debits, pending ones included, must not exceed posted credits: a purse.
    DebitsWithinCredits,
    /// Credits, pending ones included, must not exceed posted debits.
    CreditsWithinDebits,
}

/// An account: four counters that only grow (pending ones fall when resolved), in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its limit.
    pub limit: AccountLimit,
    /// Debits reserved.
    pub debits_pending: Fen,
    /// Debits made.
    pub debits_posted: Fen,
    /// Credits reserved.
    pub credits_pending: Fen,
    /// Credits made.
    pub credits_posted: Fen,
}

/// One transfer: both legs in one row, so a one-legged posting cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Its id, made by the caller; the same id again is the same transfer, never a second one.
    pub id: Id,
    /// The account debited.
    pub debit: AccountKey,
    /// The account credited, another one.
    pub credit: AccountKey,
    /// More than zero.
    pub amount: Fen,
    /// Why: `bill.pay`.
    pub code: Cow<'static, str>,
    /// The journal it belongs to: an attempt, an order.
    pub journal: Id,
    /// When.
    pub at: UnixMs,
}

/// How a pending transfer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// It happens, in this amount or less; the rest is released.
    Post(Fen),
    /// It does not happen.
    Void,
}

/// A transfer with its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferState {
    /// The transfer.
    pub transfer: Transfer,
    /// `None` while pending; immediate transfers are posted in full.
    pub resolution: Option<Resolution>,
}

/// A once-key's claim. One row a key; the guard of everything that must happen once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceClaim {
    /// The key: a code's handle, an idempotency key, a message.
    pub key: Key,
    /// Only a rank greater than the stored one is accepted: a code's step. Plain keys use 0.
    pub rank: u32,
    /// Who asks and for what, digested: the same rank by the same claimant is a retry.
    pub claimant: [u8; 32],
    /// The answer to give to a retry; may be replaced inside the same transaction.
    pub answer: Vec<u8>,
    /// When the row may be dropped.
    pub keep_until: UnixMs,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is yours.
    Fresh,
    /// You had it already; this was the answer.
    Again(Vec<u8>),
    /// Someone has it, at this rank.
    Taken {
        /// The stored rank.
        rank: u32,
    },
}

/// An entry of the append-only log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place, gapless per bucket, from 1.
    pub seq: u64,
    /// Whom or what it is about: the index by which it is listed.
    pub subject: Key,
    /// When.
    pub at: UnixMs,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// Something due: an outbox message or a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// Its bucket.
    pub bucket: Bucket,
    /// Its place, gapless per bucket, from 1.
    pub seq: u64,
    /// Not before.
    pub at: UnixMs,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// A page of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Whether there are more behind the last.
    pub more: bool,
}

/// Why a unit of work did not commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// A guard failed and re-running did not help, or the function itself asked to roll back.
    Conflict,
    /// A bound, a limit or a size was broken: a refusal, not a fault.
    Bound(&'static str),
    /// The engine cannot write now (disk full, connection lost). Nothing was done, or at worst it cannot be said whether
    /// it was: asking again with the same once-key is always right.
    Unavailable(String),
    /// What is stored is not what was written.
    Corrupt(String),
}

impl core::fmt::Display for StoreError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Conflict => out.write_str("the transaction met another one and was not committed"),
            Self::Bound(what) => write!(out, "out of bounds: {what}"),
            Self::Unavailable(why) => write!(out, "the store is not available: {why}"),
            Self::Corrupt(what) => write!(out, "the store holds something unreadable: {what}"),
        }
    }
}

impl core::error::Error for StoreError {}

/// One transaction in one bucket: sixteen verbs over six nouns.
///
/// Reads answer at once and see the transaction's own writes. Writes queue, each with its guard, and leave together at
/// commit. Nothing else may be done inside: no clock, no network, so that a unit can be run again. Every verb may fail
/// with the engine's [`StoreError::Unavailable`] or [`StoreError::Corrupt`], and with [`StoreError::Bound`] when an
/// argument is larger than the limits of this crate.
#[expect(clippy::missing_errors_doc, reason = "said once, above, for all of them")]
pub trait Txn {
    /// The bucket this transaction names.
    fn bucket(&self) -> Bucket;

    /// Reads a record. What a unit has read once it sees unchanged until its end, but for its own writes.
    fn get(&mut self, kind: Kind, key: &Key) -> Result<Option<Record>, StoreError>;
    /// Writes a record and its index entries (which replace those of the version before). Gives the new version.
    /// [`StoreError::Conflict`] at once when the record is not as expected.
    fn put(
        &mut self,
        kind: Kind,
        key: &Key,
        expect: Expect,
        body: Vec<u8>,
        index: Vec<Index>,
    ) -> Result<u64, StoreError>;
    /// Removes a record and its index entries; a later put begins at version 1 again.
    fn remove(&mut self, kind: Kind, key: &Key, expect: Expect) -> Result<(), StoreError>;
    /// Records of a kind whose indexed value equals `value`, in key order, behind `after`; at most [`MOST_PAGE`].
    fn scan(
        &mut self,
        kind: Kind,
        index: &'static str,
        value: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page<Record>, StoreError>;

    /// Adds to a counter (absent is 0) if the result stays within `least..=most`; gives it, or `None` when it would not.
    fn count_add(&mut self, key: &CounterKey, delta: i64, least: i64, most: i64) -> Result<Option<i64>, StoreError>;
    /// Reads a counter.
    fn count(&mut self, key: &CounterKey) -> Result<i64, StoreError>;

    /// Opens an account unless it is open; an open one keeps its limit.
    fn account_open(&mut self, key: &AccountKey, limit: AccountLimit) -> Result<(), StoreError>;
    /// Reads an account.
    fn account(&mut self, key: &AccountKey) -> Result<Option<Account>, StoreError>;
    /// Posts a transfer at once (`pending` false) or reserves it. `Ok(false)`: the same transfer is there already.
    /// [`StoreError::Bound`] when an account's limit or an account not open forbids it, or the id holds another transfer
    /// (or the same, reserved where this one is to be posted).
    fn transfer(&mut self, transfer: &Transfer, pending: bool) -> Result<bool, StoreError>;
    /// Resolves a pending transfer. `Ok(false)`: it was resolved so already; another resolution is a `Bound`.
    fn resolve(&mut self, id: Id, resolution: Resolution) -> Result<bool, StoreError>;
    /// Reads a transfer.
    fn transfer_state(&mut self, id: Id) -> Result<Option<TransferState>, StoreError>;

    /// Claims a once-key: absent or smaller rank → `Fresh`; same rank and claimant → `Again`; else `Taken`.
    /// Claimed again inside the transaction that claimed it, the answer so far comes back and an answer that is not
    /// empty takes its place: this is how a unit leaves the answer it has worked out.
    fn claim(&mut self, claim: &OnceClaim) -> Result<Claimed, StoreError>;

    /// Appends to the bucket's log; gives its place.
    fn append(&mut self, subject: &Key, at: UnixMs, body: Vec<u8>) -> Result<u64, StoreError>;
    /// Log entries of a subject, newest first, before a place.
    fn log(&mut self, subject: &Key, before: Option<u64>, limit: usize) -> Result<Page<LogEntry>, StoreError>;

    /// Puts something into the outbox, or a timer, due at a moment; gives its place.
    fn due_put(&mut self, at: UnixMs, body: Vec<u8>) -> Result<u64, StoreError>;
    /// Takes something out of it: done. Absent is fine.
    fn due_done(&mut self, seq: u64) -> Result<(), StoreError>;

    /// A mark to return to: everything queued after it can be dropped.
    fn mark(&self) -> Mark;
    /// Drops every write queued after the mark.
    fn back_to(&mut self, mark: Mark);
}

/// A point in a transaction's queue of writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub usize);

/// A function to run in one transaction. `Err` drops every write. It may be run any number of times, each from the start:
/// when a guard fails, and when an engine has only now found what a read asks for. So it keeps nothing between runs but
/// what the last run gave, and passes the error of a read on (`?`).
pub type Work = Box<dyn FnMut(&mut dyn Txn) -> Result<(), StoreError> + Send>;
/// Told once, when the unit is durable or has failed.
pub type Done = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A store. Cheap to share; every method may be called from any thread.
pub trait Store: Send + Sync {
    /// Queues a unit of work in a bucket. `done` is called after the commit is durable, never before.
    fn submit(&self, bucket: Bucket, work: Work, done: Done);

    /// Runs a reading function on a snapshot; its writes are dropped.
    ///
    /// # Errors
    /// [`StoreError`] of the engine or the function.
    fn read(
        &self,
        bucket: Bucket,
        work: &mut dyn FnMut(&mut dyn Txn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// What is due at `now` in any of these buckets (first, last), soonest first, then by bucket and place; at most
    /// [`MOST_PAGE`].
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    fn due(&self, buckets: (Bucket, Bucket), now: UnixMs, limit: usize) -> Result<Vec<DueItem>, StoreError>;

    /// Log entries of a bucket behind a place, in order, for sealing and audit; at most [`MOST_PAGE`].
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    fn log_of(&self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError>;

    /// Every account of a bucket, by key, for the trial balance.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    fn accounts_of(&self, bucket: Bucket) -> Result<Vec<(AccountKey, Account)>, StoreError>;

    /// Every transfer of a bucket, by id, for the audit of balances.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    fn transfers_of(&self, bucket: Bucket) -> Result<Vec<TransferState>, StoreError>;

    /// The buckets in which anything was ever written, in order, for audits and reports.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    fn buckets(&self) -> Result<Vec<Bucket>, StoreError>;

    /// Drops once-rows whose `keep_until` is before a moment, at most `limit` (and [`MOST_PAGE`]); gives how many. For a
    /// caretaker that calls it now and then.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    fn forget(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError>;
}
