//! The one implementation of [`Txn`]: reads through an engine, keeps what the unit wrote in front of it, and leaves a
//! list of guarded writes for the engine to apply. What a verb means is decided here, once, for every engine.

use std::collections::BTreeMap;

use tongma_domain::{Bucket, Id, UnixMs};

use crate::limits;
use crate::write::{AccountChange, Entry, Heads, StoredClaim, StoredRecord, StoredTransfer, Write};
use crate::{
    Account, AccountKey, AccountLimit, Claimed, CounterKey, Expect, Index, Key, Kind, LogEntry, MOST_PAGE, Mark,
    OnceClaim, Page, Record, Resolution, StoreError, Transfer, TransferState, Txn,
};

/// What an engine reads for a unit of work: committed rows of one bucket, nothing of the unit's own.
///
/// Every method may fail with the engine's own [`StoreError::Unavailable`] or [`StoreError::Corrupt`].
#[expect(clippy::missing_errors_doc, reason = "said once, above, for all of them")]
pub trait Reads {
    /// A record.
    fn record(&mut self, bucket: Bucket, kind: Kind, key: &Key) -> Result<Option<StoredRecord>, StoreError>;
    /// Up to `limit` records with an index entry, in key order, behind `after`.
    fn records(
        &mut self,
        bucket: Bucket,
        kind: Kind,
        entry: (&'static str, &Key),
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;
    /// A counter, `None` when it was never written.
    fn counter(&mut self, bucket: Bucket, key: &CounterKey) -> Result<Option<i64>, StoreError>;
    /// An account.
    fn account(&mut self, bucket: Bucket, key: &AccountKey) -> Result<Option<Account>, StoreError>;
    /// A transfer.
    fn transfer(&mut self, bucket: Bucket, id: Id) -> Result<Option<StoredTransfer>, StoreError>;
    /// A once-row.
    fn claim(&mut self, bucket: Bucket, key: &Key) -> Result<Option<StoredClaim>, StoreError>;
    /// The heads of the bucket's sequences.
    fn heads(&mut self, bucket: Bucket) -> Result<Heads, StoreError>;
    /// Up to `limit` log entries of a subject, newest first, of places smaller than `before`.
    fn log(
        &mut self,
        bucket: Bucket,
        subject: &Key,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError>;
}

/// How to take back what the write of the same place did to the overlay.
#[expect(clippy::large_enum_variant, reason = "a handful live as long as one unit")]
enum Undo {
    Record(Kind, Key, Option<StoredRecord>),
    Counter(CounterKey, Option<i64>),
    Account(AccountKey, Option<Account>),
    Money { id: Id, transfer: Option<StoredTransfer>, accounts: [(AccountKey, Option<Account>); 2] },
    Claim(Key, SeenClaim),
    Log,
    DuePut,
    Nothing,
}

#[derive(Clone)]
struct SeenClaim {
    row: Option<StoredClaim>,
    /// Whether this unit wrote it, so that its answer may still change.
    ours: bool,
}

/// A transaction over an engine's reads.
///
/// What was read or written once is answered from memory afterwards, so a unit never sees two states of one thing, and
/// the guards it leaves are those of what it saw.
pub struct Buffered<R> {
    bucket: Bucket,
    reads: R,
    records: BTreeMap<(Kind, Key), Option<StoredRecord>>,
    counters: BTreeMap<CounterKey, Option<i64>>,
    accounts: BTreeMap<AccountKey, Option<Account>>,
    transfers: BTreeMap<Id, Option<StoredTransfer>>,
    claims: BTreeMap<Key, SeenClaim>,
    heads: Option<Heads>,
    queue: Vec<Write>,
    undo: Vec<Undo>,
}

impl<R: Reads> Buffered<R> {
    /// An empty transaction in a bucket.
    pub fn new(bucket: Bucket, reads: R) -> Self {
        Self {
            bucket,
            reads,
            records: BTreeMap::new(),
            counters: BTreeMap::new(),
            accounts: BTreeMap::new(),
            transfers: BTreeMap::new(),
            claims: BTreeMap::new(),
            heads: None,
            queue: Vec::new(),
            undo: Vec::new(),
        }
    }

    /// The writes to apply, in order. An answer that a unit left under a key it has claimed itself goes with the claim.
    pub fn into_writes(self) -> Vec<Write> {
        let mut writes: Vec<Write> = Vec::with_capacity(self.queue.len());
        for write in self.queue {
            if let Write::Answer { key, answer } = &write
                && let Some(row) = writes.iter_mut().find_map(|earlier| claim_of(earlier, key))
            {
                row.answer.clone_from(answer);
            } else {
                writes.push(write);
            }
        }
        writes
    }

    fn push(&mut self, write: Write, undo: Undo) {
        self.queue.push(write);
        self.undo.push(undo);
    }

    fn seen_record(&mut self, kind: Kind, key: &Key) -> Result<Option<&StoredRecord>, StoreError> {
        use std::collections::btree_map::Entry::{Occupied, Vacant};
        match self.records.entry((kind, key.clone())) {
            Occupied(seen) => Ok(seen.into_mut().as_ref()),
            Vacant(place) => Ok(place.insert(self.reads.record(self.bucket, kind, key)?).as_ref()),
        }
    }

    fn seen_counter(&mut self, key: &CounterKey) -> Result<Option<i64>, StoreError> {
        if let Some(seen) = self.counters.get(key) {
            return Ok(*seen);
        }
        let value = self.reads.counter(self.bucket, key)?;
        self.counters.insert(key.clone(), value);
        Ok(value)
    }

    fn seen_account(&mut self, key: &AccountKey) -> Result<Option<Account>, StoreError> {
        if let Some(seen) = self.accounts.get(key) {
            return Ok(*seen);
        }
        let value = self.reads.account(self.bucket, key)?;
        self.accounts.insert(key.clone(), value);
        Ok(value)
    }

    fn seen_transfer(&mut self, id: Id) -> Result<Option<StoredTransfer>, StoreError> {
        if let Some(seen) = self.transfers.get(&id) {
            return Ok(seen.clone());
        }
        let value = self.reads.transfer(self.bucket, id)?;
        self.transfers.insert(id, value.clone());
        Ok(value)
    }

    fn seen_claim(&mut self, key: &Key) -> Result<SeenClaim, StoreError> {
        if let Some(seen) = self.claims.get(key) {
            return Ok(seen.clone());
        }
        let seen = SeenClaim { row: self.reads.claim(self.bucket, key)?, ours: false };
        self.claims.insert(key.clone(), seen.clone());
        Ok(seen)
    }

    fn seen_heads(&mut self) -> Result<Heads, StoreError> {
        if let Some(heads) = self.heads {
            return Ok(heads);
        }
        let heads = self.reads.heads(self.bucket)?;
        self.heads = Some(heads);
        Ok(heads)
    }

    /// Moves the two accounts of a transfer; gives how they were, or refuses and leaves them.
    fn move_accounts(
        &mut self,
        keys: [&AccountKey; 2],
        changes: [AccountChange; 2],
    ) -> Result<[(AccountKey, Option<Account>); 2], StoreError> {
        let [debit_key, credit_key] = keys;
        let [debit_change, credit_change] = changes;
        let debit = self.seen_account(debit_key)?.ok_or(StoreError::Bound("account not open"))?;
        let credit = self.seen_account(credit_key)?.ok_or(StoreError::Bound("account not open"))?;
        let (debit_after, credit_after) = (debit.changed(debit_change)?, credit.changed(credit_change)?);
        self.accounts.insert(debit_key.clone(), Some(debit_after));
        self.accounts.insert(credit_key.clone(), Some(credit_after));
        Ok([(debit_key.clone(), Some(debit)), (credit_key.clone(), Some(credit))])
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Record(kind, key, before) => drop(self.records.insert((kind, key), before)),
            Undo::Counter(key, before) => drop(self.counters.insert(key, before)),
            Undo::Account(key, before) => drop(self.accounts.insert(key, before)),
            Undo::Money { id, transfer, accounts } => {
                self.transfers.insert(id, transfer);
                self.accounts.extend(accounts);
            }
            Undo::Claim(key, before) => drop(self.claims.insert(key, before)),
            Undo::Log => self.heads.iter_mut().for_each(|heads| heads.log -= 1),
            Undo::DuePut => self.heads.iter_mut().for_each(|heads| heads.due -= 1),
            Undo::Nothing => {}
        }
    }
}

/// The row that a write claims under this key.
fn claim_of<'a>(write: &'a mut Write, of: &Key) -> Option<&'a mut StoredClaim> {
    match write {
        Write::Claim { key, row, .. } if key == of => Some(row),
        _ => None,
    }
}

/// The entries of one list that are not in the other; both sorted.
fn without(entries: &[Entry], others: &[Entry]) -> Vec<Entry> {
    entries.iter().filter(|entry| others.binary_search(entry).is_err()).cloned().collect()
}

fn meets(expect: Expect, present: Option<&StoredRecord>) -> Result<(), StoreError> {
    let met = match (expect, present) {
        (Expect::Absent, None) => true,
        (Expect::Version(version), Some(record)) => record.version == version,
        _ => false,
    };
    if met { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Cuts a list that was read one longer than the page, to know whether there is more.
fn page_of<T>(mut items: Vec<T>, limit: usize) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    Page { items, more }
}

impl<R: Reads> Txn for Buffered<R> {
    fn bucket(&self) -> Bucket {
        self.bucket
    }

    fn get(&mut self, kind: Kind, key: &Key) -> Result<Option<Record>, StoreError> {
        limits::record(kind, key)?;
        let seen = self.seen_record(kind, key)?;
        Ok(seen.map(|record| Record { key: key.clone(), version: record.version, body: record.body.clone() }))
    }

    fn put(
        &mut self,
        kind: Kind,
        key: &Key,
        expect: Expect,
        body: Vec<u8>,
        index: Vec<Index>,
    ) -> Result<u64, StoreError> {
        limits::record(kind, key)?;
        limits::body(&body)?;
        let index = limits::entries(index)?;
        let before = self.seen_record(kind, key)?.cloned();
        meets(expect, before.as_ref())?;
        let old_index = before.as_ref().map_or(&[][..], |record| &record.index);
        let (stale, fresh) = (without(old_index, &index), without(&index, old_index));
        let version = before.as_ref().map_or(1, |record| record.version + 1);
        let record = StoredRecord { version, body, index };
        self.records.insert((kind, key.clone()), Some(record.clone()));
        let write = Write::Put { kind, key: key.clone(), expect, record, stale, fresh };
        self.push(write, Undo::Record(kind, key.clone(), before));
        Ok(version)
    }

    fn remove(&mut self, kind: Kind, key: &Key, expect: Expect) -> Result<(), StoreError> {
        limits::record(kind, key)?;
        let before = self.seen_record(kind, key)?.cloned();
        meets(expect, before.as_ref())?;
        // Removing what is expected to be absent, and is, changes nothing.
        let Some(record) = before.clone() else { return Ok(()) };
        self.records.insert((kind, key.clone()), None);
        let write = Write::Remove { kind, key: key.clone(), version: record.version, stale: record.index };
        self.push(write, Undo::Record(kind, key.clone(), before));
        Ok(())
    }

    fn scan(
        &mut self,
        kind: Kind,
        index: &'static str,
        value: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page<Record>, StoreError> {
        limits::kind(kind)?;
        limits::entry(index, value)?;
        let limit = limit.min(MOST_PAGE);
        // Every record seen may hide one row of the engine, so that many more are read.
        let from = (kind, Key::new(&[]));
        let seen: Vec<_> = self.records.range(from..).take_while(|((of, _), _)| *of == kind).collect();
        let mut rows = self.reads.records(self.bucket, kind, (index, value), after, limit + 1 + seen.len())?;
        rows.retain(|row| !self.records.contains_key(&(kind, row.key.clone())));
        for ((_, key), record) in seen {
            let Some(record) = record else { continue };
            let listed = record.index.iter().any(|(name, of)| name == index && of == value);
            if listed && after.is_none_or(|after| key > after) {
                rows.push(Record { key: key.clone(), version: record.version, body: record.body.clone() });
            }
        }
        rows.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(page_of(rows, limit))
    }

    fn count_add(&mut self, key: &CounterKey, delta: i64, least: i64, most: i64) -> Result<Option<i64>, StoreError> {
        limits::counter(key)?;
        let before = self.seen_counter(key)?;
        let Some(to) = before.unwrap_or(0).checked_add(delta).filter(|to| (least..=most).contains(to)) else {
            return Ok(None);
        };
        if delta != 0 {
            self.counters.insert(key.clone(), Some(to));
            self.push(Write::Count { key: key.clone(), from: before, to }, Undo::Counter(key.clone(), before));
        }
        Ok(Some(to))
    }

    fn count(&mut self, key: &CounterKey) -> Result<i64, StoreError> {
        limits::counter(key)?;
        Ok(self.seen_counter(key)?.unwrap_or(0))
    }

    fn account_open(&mut self, key: &AccountKey, limit: AccountLimit) -> Result<(), StoreError> {
        limits::account(key)?;
        if self.seen_account(key)?.is_none() {
            self.accounts.insert(key.clone(), Some(Account::opened(limit)));
            self.push(Write::Open { key: key.clone(), limit }, Undo::Account(key.clone(), None));
        }
        Ok(())
    }

    fn account(&mut self, key: &AccountKey) -> Result<Option<Account>, StoreError> {
        limits::account(key)?;
        self.seen_account(key)
    }

    fn transfer(&mut self, transfer: &Transfer, pending: bool) -> Result<bool, StoreError> {
        limits::transfer(transfer)?;
        if let Some(stored) = self.seen_transfer(transfer.id)? {
            let same = stored.state.transfer == *transfer && stored.born_pending == pending;
            return if same { Ok(false) } else { Err(StoreError::Bound("the id holds another transfer")) };
        }
        let changes = AccountChange::of_transfer(transfer.amount, pending);
        let accounts = self.move_accounts([&transfer.debit, &transfer.credit], changes)?;
        let resolution = if pending { None } else { Some(Resolution::Post(transfer.amount)) };
        let state = TransferState { transfer: transfer.clone(), resolution };
        self.transfers.insert(transfer.id, Some(StoredTransfer { state, born_pending: pending }));
        let undo = Undo::Money { id: transfer.id, transfer: None, accounts };
        self.push(Write::Transfer { transfer: transfer.clone(), pending }, undo);
        Ok(true)
    }

    fn resolve(&mut self, id: Id, resolution: Resolution) -> Result<bool, StoreError> {
        let before = self.seen_transfer(id)?.ok_or(StoreError::Bound("no such transfer"))?;
        let StoredTransfer { state: TransferState { transfer, resolution: present }, .. } = before.clone();
        if let Resolution::Post(part) = resolution
            && (part.get() <= 0 || part > transfer.amount)
        {
            return Err(StoreError::Bound("posted amount"));
        }
        if let Some(present) = present {
            let same = present == resolution;
            return if same { Ok(false) } else { Err(StoreError::Bound("the transfer was resolved otherwise")) };
        }
        let changes = AccountChange::of_resolution(transfer.amount, resolution);
        let accounts = self.move_accounts([&transfer.debit, &transfer.credit], changes)?;
        let state = TransferState { transfer: transfer.clone(), resolution: Some(resolution) };
        self.transfers.insert(id, Some(StoredTransfer { state, born_pending: before.born_pending }));
        self.push(Write::Resolve { transfer, resolution }, Undo::Money { id, transfer: Some(before), accounts });
        Ok(true)
    }

    fn transfer_state(&mut self, id: Id) -> Result<Option<TransferState>, StoreError> {
        Ok(self.seen_transfer(id)?.map(|stored| stored.state))
    }

    fn claim(&mut self, claim: &OnceClaim) -> Result<Claimed, StoreError> {
        limits::claim(claim)?;
        let before = self.seen_claim(&claim.key)?;
        if let Some(row) = &before.row
            && row.rank >= claim.rank
        {
            if row.rank != claim.rank || row.claimant != claim.claimant {
                return Ok(Claimed::Taken { rank: row.rank });
            }
            let answer = row.answer.clone();
            if before.ours && !claim.answer.is_empty() {
                let row = StoredClaim { answer: claim.answer.clone(), ..row.clone() };
                self.claims.insert(claim.key.clone(), SeenClaim { row: Some(row), ours: true });
                let write = Write::Answer { key: claim.key.clone(), answer: claim.answer.clone() };
                self.push(write, Undo::Claim(claim.key.clone(), before));
            }
            return Ok(Claimed::Again(answer));
        }
        let row = StoredClaim {
            rank: claim.rank,
            claimant: claim.claimant,
            answer: claim.answer.clone(),
            keep_until: claim.keep_until,
        };
        self.claims.insert(claim.key.clone(), SeenClaim { row: Some(row.clone()), ours: true });
        let from = before.row.as_ref().map(|row| row.rank);
        self.push(Write::Claim { key: claim.key.clone(), from, row }, Undo::Claim(claim.key.clone(), before));
        Ok(Claimed::Fresh)
    }

    fn append(&mut self, subject: &Key, at: UnixMs, body: Vec<u8>) -> Result<u64, StoreError> {
        limits::key(subject)?;
        limits::body(&body)?;
        let heads = self.seen_heads()?;
        let seq = heads.log + 1;
        self.heads = Some(Heads { log: seq, ..heads });
        self.push(Write::Append(LogEntry { seq, subject: subject.clone(), at, body }), Undo::Log);
        Ok(seq)
    }

    fn log(&mut self, subject: &Key, before: Option<u64>, limit: usize) -> Result<Page<LogEntry>, StoreError> {
        limits::key(subject)?;
        let limit = limit.min(MOST_PAGE);
        // What this unit appended is newer than anything the engine has.
        let mut entries: Vec<LogEntry> = Vec::new();
        for write in self.queue.iter().rev() {
            if let Write::Append(entry) = write
                && entry.subject == *subject
                && before.is_none_or(|before| entry.seq < before)
                && entries.len() <= limit
            {
                entries.push(entry.clone());
            }
        }
        let wanted = limit + 1 - entries.len().min(limit + 1);
        if wanted > 0 {
            entries.extend(self.reads.log(self.bucket, subject, before, wanted)?);
        }
        Ok(page_of(entries, limit))
    }

    fn due_put(&mut self, at: UnixMs, body: Vec<u8>) -> Result<u64, StoreError> {
        limits::body(&body)?;
        let heads = self.seen_heads()?;
        let seq = heads.due + 1;
        self.heads = Some(Heads { due: seq, ..heads });
        self.push(Write::DuePut { seq, at, body }, Undo::DuePut);
        Ok(seq)
    }

    fn due_done(&mut self, seq: u64) -> Result<(), StoreError> {
        self.push(Write::DueDone { seq }, Undo::Nothing);
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark(self.queue.len())
    }

    fn back_to(&mut self, mark: Mark) {
        while self.queue.len() > mark.0 {
            self.queue.pop();
            if let Some(undo) = self.undo.pop() {
                self.take_back(undo);
            }
        }
    }
}
