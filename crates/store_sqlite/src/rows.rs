//! Reading rows.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use tongma_domain::{Bucket, Fen, Id, UnixMs};
use tongma_store::engine::{
    Heads, Reads, StoredClaim, StoredRecord, StoredTransfer, entries_from_bytes, id_of, resolution_of,
};
use tongma_store::{
    Account, AccountKey, AccountLimit, CounterKey, DueItem, Key, Kind, LogEntry, Record, StoreError, Transfer,
    TransferState,
};

use crate::catalogue;
use crate::fault::told;

/// A place or a version as SQLite holds it. Beyond 63 bits there is nothing to be found, so the nearest will do.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt("a negative place or version".into()))
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The rows, read through one connection.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    connection: &'a Connection,
    /// What the one writer knows of the heads; nobody else changes them.
    heads: Option<&'a HeadCache>,
}

/// The heads of every bucket that the writer has met since it began: `None` inside when nothing was ever written there.
pub struct HeadCache(RefCell<BTreeMap<Bucket, Option<Heads>>>);

impl HeadCache {
    pub const fn new() -> Self {
        Self(RefCell::new(BTreeMap::new()))
    }

    pub fn set(&self, bucket: Bucket, heads: Heads) {
        self.0.borrow_mut().insert(bucket, Some(heads));
    }

    /// Forgets everything: a transaction was rolled back.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

impl<'a> Rows<'a> {
    /// The rows that a reader sees.
    pub const fn read(connection: &'a Connection) -> Self {
        Self { connection, heads: None }
    }

    /// The rows that the writer sees.
    pub const fn written(connection: &'a Connection, heads: &'a HeadCache) -> Self {
        Self { connection, heads: Some(heads) }
    }
}

impl Rows<'_> {
    fn one<T>(
        self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(told)?;
        statement.query_row(params, read).optional().map_err(told)
    }

    fn many<T>(
        self,
        sql: &'static str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(told)?;
        let mut rows = statement.query(params).map_err(told)?;
        let mut items = Vec::new();
        while let Some(row) = rows.next().map_err(told)? {
            items.push(read(row)?);
        }
        Ok(items)
    }

    pub fn due(self, (first, last): (Bucket, Bucket), now: UnixMs, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        let params = params![first.number(), last.number(), now.as_millis(), limit_of(limit)];
        self.many(catalogue::DUE, params, |row| {
            let (number, seq, at, body) =
                (|| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))().map_err(told)?;
            Ok(DueItem { bucket: bucket_of(number)?, seq: unsigned(seq)?, at: UnixMs::from_millis(at), body })
        })
    }

    pub fn log_of(self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.many(catalogue::LOG, params![bucket.number(), signed(after), limit_of(limit)], log_entry)
    }

    pub fn accounts_of(self, bucket: Bucket) -> Result<Vec<(AccountKey, Account)>, StoreError> {
        self.many(catalogue::ACCOUNTS, params![bucket.number()], |row| {
            let key = account_key(row, 5).map_err(told)?;
            Ok((key, account(raw_account(row).map_err(told)?)?))
        })
    }

    pub fn transfers_of(self, bucket: Bucket) -> Result<Vec<TransferState>, StoreError> {
        self.many(catalogue::TRANSFERS, params![bucket.number()], |row| {
            Ok(transfer(raw_transfer(row).map_err(told)?)?.state)
        })
    }

    pub fn buckets(self) -> Result<Vec<Bucket>, StoreError> {
        self.many(catalogue::BUCKETS, [], |row| bucket_of(row.get(0).map_err(told)?))
    }

    /// The heads of a bucket, `None` while nothing was ever written in it.
    pub fn heads_row(self, bucket: Bucket) -> Result<Option<Heads>, StoreError> {
        if let Some(known) = self.heads.and_then(|heads| heads.0.borrow().get(&bucket).copied()) {
            return Ok(known);
        }
        let row = self.one(catalogue::HEADS, params![bucket.number()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let heads = row.map(|(log, due)| Ok(Heads { log: unsigned(log)?, due: unsigned(due)? })).transpose()?;
        if let Some(cache) = self.heads {
            cache.0.borrow_mut().insert(bucket, heads);
        }
        Ok(heads)
    }
}

fn bucket_of(number: u16) -> Result<Bucket, StoreError> {
    Bucket::new(number).map_err(|_| StoreError::Corrupt("bucket".into()))
}

fn key_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Key> {
    Ok(Key::new(row.get_ref(column)?.as_blob()?))
}

fn account_key(row: &Row<'_>, column: usize) -> rusqlite::Result<AccountKey> {
    Ok(AccountKey { class: Cow::Owned(row.get(column)?), of: key_at(row, column + 1)? })
}

fn raw_account(row: &Row<'_>) -> rusqlite::Result<(i16, [i64; 4])> {
    Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]))
}

fn account((limit, totals): (i16, [i64; 4])) -> Result<Account, StoreError> {
    let limit = AccountLimit::from_number(limit)?;
    let [debits_pending, debits_posted, credits_pending, credits_posted] = totals.map(Fen::new);
    Ok(Account { limit, debits_pending, debits_posted, credits_pending, credits_posted })
}

/// A transfer's columns before they are checked.
struct RawTransfer {
    id: Vec<u8>,
    debit: AccountKey,
    credit: AccountKey,
    amount: i64,
    code: String,
    journal: Vec<u8>,
    at: i64,
    born_pending: bool,
    state: i16,
    posted: i64,
}

fn raw_transfer(row: &Row<'_>) -> rusqlite::Result<RawTransfer> {
    Ok(RawTransfer {
        id: row.get(0)?,
        debit: account_key(row, 1)?,
        credit: account_key(row, 3)?,
        amount: row.get(5)?,
        code: row.get(6)?,
        journal: row.get(7)?,
        at: row.get(8)?,
        born_pending: row.get(9)?,
        state: row.get(10)?,
        posted: row.get(11)?,
    })
}

fn transfer(raw: RawTransfer) -> Result<StoredTransfer, StoreError> {
    let transfer = Transfer {
        id: id_of(&raw.id)?,
        debit: raw.debit,
        credit: raw.credit,
        amount: Fen::new(raw.amount),
        code: Cow::Owned(raw.code),
        journal: id_of(&raw.journal)?,
        at: UnixMs::from_millis(raw.at),
    };
    let state = TransferState { transfer, resolution: resolution_of(raw.state, raw.posted)? };
    Ok(StoredTransfer { state, born_pending: raw.born_pending })
}

fn log_entry(row: &Row<'_>) -> Result<LogEntry, StoreError> {
    let (seq, subject, at, body) = (|| Ok((row.get(0)?, key_at(row, 1)?, row.get(2)?, row.get(3)?)))().map_err(told)?;
    Ok(LogEntry { seq: unsigned(seq)?, subject, at: UnixMs::from_millis(at), body })
}

impl Reads for Rows<'_> {
    fn record(&mut self, bucket: Bucket, kind: Kind, key: &Key) -> Result<Option<StoredRecord>, StoreError> {
        let params = params![bucket.number(), kind, key.as_bytes()];
        let row = self.one(catalogue::RECORD, params, |row| {
            let entries = entries_from_bytes(row.get_ref(1)?.as_blob()?);
            Ok((row.get(0)?, entries, row.get(2)?))
        })?;
        row.map(|(version, entries, body)| Ok(StoredRecord { version: unsigned(version)?, index: entries?, body }))
            .transpose()
    }

    fn records(
        &mut self,
        bucket: Bucket,
        kind: Kind,
        (name, value): (&'static str, &Key),
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        // The least byte string behind a key is the key with a zero byte added.
        let from = after.map_or_else(Vec::new, |after| [after.as_bytes(), &[0]].concat());
        let params = params![bucket.number(), kind, name, value.as_bytes(), from, limit_of(limit)];
        self.many(catalogue::RECORDS_BY_ENTRY, params, |row| {
            let (key, version, body) = (|| Ok((key_at(row, 0)?, row.get(1)?, row.get(2)?)))().map_err(told)?;
            Ok(Record { key, version: unsigned(version)?, body })
        })
    }

    fn counter(&mut self, bucket: Bucket, key: &CounterKey) -> Result<Option<i64>, StoreError> {
        self.one(catalogue::COUNTER, params![bucket.number(), key.name, key.of.as_bytes()], |row| row.get(0))
    }

    fn account(&mut self, bucket: Bucket, key: &AccountKey) -> Result<Option<Account>, StoreError> {
        let params = params![bucket.number(), key.class, key.of.as_bytes()];
        self.one(catalogue::ACCOUNT, params, raw_account)?.map(account).transpose()
    }

    fn transfer(&mut self, bucket: Bucket, id: Id) -> Result<Option<StoredTransfer>, StoreError> {
        let params = params![bucket.number(), id.as_bytes()];
        self.one(catalogue::TRANSFER, params, raw_transfer)?.map(transfer).transpose()
    }

    fn claim(&mut self, bucket: Bucket, key: &Key) -> Result<Option<StoredClaim>, StoreError> {
        self.one(catalogue::ONCE, params![bucket.number(), key.as_bytes()], |row| {
            let keep_until = UnixMs::from_millis(row.get(3)?);
            Ok(StoredClaim { rank: row.get(0)?, claimant: row.get(1)?, answer: row.get(2)?, keep_until })
        })
    }

    fn heads(&mut self, bucket: Bucket) -> Result<Heads, StoreError> {
        Ok(self.heads_row(bucket)?.unwrap_or_default())
    }

    fn log(
        &mut self,
        bucket: Bucket,
        subject: &Key,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let before = before.map_or(i64::MAX, signed);
        let params = params![bucket.number(), subject.as_bytes(), before, limit_of(limit)];
        self.many(catalogue::LOG_BY_SUBJECT, params, log_entry)
    }
}
