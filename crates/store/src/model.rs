//! The rows of a store as sorted maps: what every engine's tables mean.

use std::collections::{BTreeMap, BTreeSet};

use tongma_domain::{Bucket, Id, UnixMs};

use crate::buffered::Reads;
use crate::write::{AccountChange, Entry, Heads, StoredClaim, StoredRecord, StoredTransfer, Write};
use crate::{
    Account, AccountKey, CounterKey, DueItem, Expect, Key, Kind, LogEntry, Record, Resolution, StoreError, Transfer,
    TransferState,
};

/// The rows of one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    records: BTreeMap<(Kind, Key), StoredRecord>,
    entries: BTreeSet<(Kind, Entry, Key)>,
    counters: BTreeMap<CounterKey, i64>,
    accounts: BTreeMap<AccountKey, Account>,
    transfers: BTreeMap<Id, StoredTransfer>,
    claims: BTreeMap<Key, StoredClaim>,
    log: BTreeMap<u64, LogEntry>,
    due: BTreeMap<u64, (UnixMs, Vec<u8>)>,
    due_head: u64,
}

/// All rows. Two models are equal when their stores answer everything alike for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Model {
    buckets: BTreeMap<Bucket, Rows>,
}

impl Rows {
    fn log_head(&self) -> u64 {
        self.log.last_key_value().map_or(0, |(seq, _)| *seq)
    }

    fn unlist(&mut self, kind: Kind, key: &Key, entries: Vec<Entry>) {
        for entry in entries {
            self.entries.remove(&(kind, entry, key.clone()));
        }
    }

    fn change_accounts(&mut self, transfer: &Transfer, changes: [AccountChange; 2]) -> Result<(), StoreError> {
        for (key, change) in [&transfer.debit, &transfer.credit].into_iter().zip(changes) {
            let account = self.accounts.get_mut(key).ok_or(StoreError::Conflict)?;
            *account = account.changed(change).map_err(|_| StoreError::Conflict)?;
        }
        Ok(())
    }

    fn resolve(&mut self, transfer: &Transfer, resolution: Resolution) -> Result<(), StoreError> {
        let stored = self.transfers.get_mut(&transfer.id).ok_or(StoreError::Conflict)?;
        guard(stored.state.resolution.is_none())?;
        stored.state.resolution = Some(resolution);
        self.change_accounts(transfer, AccountChange::of_resolution(transfer.amount, resolution))
    }

    /// Applies one write whose guard holds.
    fn apply(&mut self, write: Write) -> Result<(), StoreError> {
        match write {
            Write::Put { kind, key, expect, record, stale, fresh } => {
                let present = self.records.get(&(kind, key.clone())).map(|record| record.version);
                guard(present == if let Expect::Version(version) = expect { Some(version) } else { None })?;
                self.unlist(kind, &key, stale);
                self.entries.extend(fresh.into_iter().map(|entry| (kind, entry, key.clone())));
                self.records.insert((kind, key), record);
            }
            Write::Remove { kind, key, version, stale } => {
                let present = self.records.remove(&(kind, key.clone()));
                guard(present.is_some_and(|record| record.version == version))?;
                self.unlist(kind, &key, stale);
            }
            Write::Count { key, from, to } => guard(self.counters.insert(key, to) == from)?,
            Write::Open { key, limit } => guard(self.accounts.insert(key, Account::opened(limit)).is_none())?,
            Write::Transfer { transfer, pending } => {
                self.change_accounts(&transfer, AccountChange::of_transfer(transfer.amount, pending))?;
                let resolution = if pending { None } else { Some(Resolution::Post(transfer.amount)) };
                let id = transfer.id;
                let state = TransferState { transfer, resolution };
                guard(self.transfers.insert(id, StoredTransfer { state, born_pending: pending }).is_none())?;
            }
            Write::Resolve { transfer, resolution } => self.resolve(&transfer, resolution)?,
            Write::Claim { key, from, row } => guard(self.claims.insert(key, row).map(|row| row.rank) == from)?,
            Write::Answer { key, answer } => self.claims.get_mut(&key).ok_or(StoreError::Conflict)?.answer = answer,
            Write::Append(entry) => {
                guard(entry.seq == self.log_head() + 1)?;
                self.log.insert(entry.seq, entry);
            }
            Write::DuePut { seq, at, body } => {
                guard(seq == self.due_head + 1)?;
                self.due_head = seq;
                self.due.insert(seq, (at, body));
            }
            Write::DueDone { seq } => drop(self.due.remove(&seq)),
        }
        Ok(())
    }
}

fn guard(holds: bool) -> Result<(), StoreError> {
    if holds { Ok(()) } else { Err(StoreError::Conflict) }
}

impl Model {
    /// Applies a unit's writes. A guard that fails leaves the model broken, so its owner must not use it again; one
    /// lock over reading and writing means that none can.
    pub fn apply(&mut self, bucket: Bucket, writes: Vec<Write>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let rows = self.buckets.entry(bucket).or_default();
        writes.into_iter().try_for_each(|write| rows.apply(write))
    }

    pub fn due(&self, (first, last): (Bucket, Bucket), now: UnixMs, limit: usize) -> Vec<DueItem> {
        if first > last {
            return Vec::new();
        }
        let mut items: Vec<DueItem> = Vec::new();
        for (bucket, rows) in self.buckets.range(first..=last) {
            let due = rows.due.iter().filter(|(_, (at, _))| *at <= now);
            items.extend(due.map(|(seq, (at, body))| DueItem {
                bucket: *bucket,
                seq: *seq,
                at: *at,
                body: body.clone(),
            }));
        }
        items.sort_by_key(|item| (item.at, item.bucket, item.seq));
        items.truncate(limit);
        items
    }

    pub fn log_of(&self, bucket: Bucket, after: u64, limit: usize) -> Vec<LogEntry> {
        let behind = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        self.rows(bucket)
            .map_or_else(Vec::new, |rows| rows.log.range(behind).map(|(_, e)| e.clone()).take(limit).collect())
    }

    pub fn accounts_of(&self, bucket: Bucket) -> Vec<(AccountKey, Account)> {
        self.rows(bucket)
            .map_or_else(Vec::new, |rows| rows.accounts.iter().map(|(key, of)| (key.clone(), *of)).collect())
    }

    pub fn transfers_of(&self, bucket: Bucket) -> Vec<TransferState> {
        self.rows(bucket).map_or_else(Vec::new, |rows| rows.transfers.values().map(|of| of.state.clone()).collect())
    }

    pub fn buckets(&self) -> Vec<Bucket> {
        self.buckets.keys().copied().collect()
    }

    pub fn forget(&mut self, before: UnixMs, limit: usize) -> usize {
        let mut forgotten = 0;
        for rows in self.buckets.values_mut() {
            let old = rows.claims.iter().filter(|(_, row)| row.keep_until < before).map(|(key, _)| key.clone());
            for key in old.take(limit - forgotten).collect::<Vec<_>>() {
                rows.claims.remove(&key);
                forgotten += 1;
            }
        }
        forgotten
    }

    fn rows(&self, bucket: Bucket) -> Option<&Rows> {
        self.buckets.get(&bucket)
    }
}

impl Reads for &Model {
    fn record(&mut self, bucket: Bucket, kind: Kind, key: &Key) -> Result<Option<StoredRecord>, StoreError> {
        Ok(self.rows(bucket).and_then(|rows| rows.records.get(&(kind, key.clone()))).cloned())
    }

    fn records(
        &mut self,
        bucket: Bucket,
        kind: Kind,
        (name, value): (&'static str, &Key),
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let Some(rows) = self.rows(bucket) else { return Ok(Vec::new()) };
        let entry: Entry = (name.into(), value.clone());
        let from = (kind, entry.clone(), after.cloned().unwrap_or_else(|| Key::new(&[])));
        let listed = rows.entries.range(from..).take_while(|(of, at, _)| *of == kind && *at == entry);
        let behind = listed.filter(|(_, _, key)| after.is_none_or(|after| key > after)).take(limit);
        let read = behind.filter_map(|(_, _, key)| Some((key, rows.records.get(&(kind, key.clone()))?)));
        Ok(read.map(|(key, of)| Record { key: key.clone(), version: of.version, body: of.body.clone() }).collect())
    }

    fn counter(&mut self, bucket: Bucket, key: &CounterKey) -> Result<Option<i64>, StoreError> {
        Ok(self.rows(bucket).and_then(|rows| rows.counters.get(key)).copied())
    }

    fn account(&mut self, bucket: Bucket, key: &AccountKey) -> Result<Option<Account>, StoreError> {
        Ok(self.rows(bucket).and_then(|rows| rows.accounts.get(key)).copied())
    }

    fn transfer(&mut self, bucket: Bucket, id: Id) -> Result<Option<StoredTransfer>, StoreError> {
        Ok(self.rows(bucket).and_then(|rows| rows.transfers.get(&id)).cloned())
    }

    fn claim(&mut self, bucket: Bucket, key: &Key) -> Result<Option<StoredClaim>, StoreError> {
        Ok(self.rows(bucket).and_then(|rows| rows.claims.get(key)).cloned())
    }

    fn heads(&mut self, bucket: Bucket) -> Result<Heads, StoreError> {
        Ok(self.rows(bucket).map_or_else(Heads::default, |rows| Heads { log: rows.log_head(), due: rows.due_head }))
    }

    fn log(
        &mut self,
        bucket: Bucket,
        subject: &Key,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let Some(rows) = self.rows(bucket) else { return Ok(Vec::new()) };
        let older = rows.log.range(..before.unwrap_or(u64::MAX)).rev().map(|(_, entry)| entry);
        Ok(older.filter(|entry| entry.subject == *subject).take(limit).cloned().collect())
    }
}
