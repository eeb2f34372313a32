//! The plain store.
#![expect(clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tongma_domain::{Bucket, Fen, Id, UnixMs};
use tongma_store::{
    Account, AccountKey, AccountLimit, Claimed, CounterKey, Done, DueItem, Expect, Index, Key, Kind, LogEntry,
    MOST_BODY_BYTES, MOST_ENTRIES, MOST_KEY_BYTES, MOST_KIND_BYTES, MOST_PAGE, Mark, OnceClaim, Page, Record,
    Resolution, Store, StoreError, Transfer, TransferState, Txn, Work,
};

type PlainRecord = (u64, Vec<u8>, Vec<Index>);

#[derive(Clone, Default)]
struct Rows {
    /// Version, body and index entries.
    records: BTreeMap<(Kind, Key), PlainRecord>,
    counters: BTreeMap<CounterKey, i64>,
    accounts: BTreeMap<AccountKey, AccountLimit>,
    transfers: BTreeMap<Id, (TransferState, bool)>,
    claims: BTreeMap<Key, OnceClaim>,
    log: Vec<LogEntry>,
    due: Vec<Option<(UnixMs, Vec<u8>)>>,
    /// How many writes led here: marks, and whether anything was written.
    writes: usize,
}

/// A store whose units work on a copy of their bucket.
#[derive(Default)]
pub struct PlainStore(Mutex<BTreeMap<Bucket, Rows>>);

struct PlainTxn {
    bucket: Bucket,
    rows: Rows,
    /// The rows before each write, newest last.
    past: Vec<Rows>,
}

fn bound<T>(what: &'static str) -> Result<T, StoreError> {
    Err(StoreError::Bound(what))
}

fn check(kind: Kind, key: &Key) -> Result<(), StoreError> {
    if kind.is_empty() || kind.len() > MOST_KIND_BYTES {
        return bound("kind");
    }
    if key.as_bytes().len() > MOST_KEY_BYTES { bound("key length") } else { Ok(()) }
}

fn check_body(body: &[u8]) -> Result<(), StoreError> {
    if body.len() > MOST_BODY_BYTES { bound("body size") } else { Ok(()) }
}

fn cut<T>(all: Vec<T>, limit: usize) -> Page<T> {
    let limit = limit.min(MOST_PAGE);
    let more = all.len() > limit;
    Page { items: all.into_iter().take(limit).collect(), more }
}

impl Rows {
    /// An account worked out from its transfers alone.
    fn account(&self, key: &AccountKey) -> Option<Account> {
        let limit = *self.accounts.get(key)?;
        let zero = Fen::ZERO;
        let mut of =
            Account { limit, debits_pending: zero, debits_posted: zero, credits_pending: zero, credits_posted: zero };
        for (state, _) in self.transfers.values() {
            let (pending, posted) = match state.resolution {
                None => (state.transfer.amount, zero),
                Some(Resolution::Post(part)) => (zero, part),
                Some(Resolution::Void) => (zero, zero),
            };
            let add = |to: &mut Fen, more: Fen| *to = to.checked_add(more).unwrap();
            if state.transfer.debit == *key {
                add(&mut of.debits_pending, pending);
                add(&mut of.debits_posted, posted);
            }
            if state.transfer.credit == *key {
                add(&mut of.credits_pending, pending);
                add(&mut of.credits_posted, posted);
            }
        }
        Some(of)
    }

    fn holds(&self, key: &AccountKey) -> bool {
        let of = self.account(key).unwrap();
        let sum = |a: Fen, b: Fen| i128::from(a.get()) + i128::from(b.get());
        match of.limit {
            AccountLimit::None => true,
            AccountLimit::DebitsWithinCredits => {
                sum(of.debits_pending, of.debits_posted) <= of.credits_posted.get().into()
            }
            AccountLimit::CreditsWithinDebits => {
                sum(of.credits_pending, of.credits_posted) <= of.debits_posted.get().into()
            }
        }
    }
}

impl PlainTxn {
    fn write(&mut self, change: impl FnOnce(&mut Rows)) {
        self.past.push(self.rows.clone());
        change(&mut self.rows);
        self.rows.writes += 1;
    }

    fn undo(&mut self) {
        self.rows = self.past.pop().unwrap();
    }

    fn expect(&self, kind: Kind, key: &Key, expect: Expect) -> Result<u64, StoreError> {
        let present = self.rows.records.get(&(kind, key.clone())).map_or(0, |record| record.0);
        let wanted = if let Expect::Version(version) = expect { version } else { 0 };
        let absent_asked = expect == Expect::Absent;
        if wanted == present && (present > 0 || absent_asked) { Ok(present) } else { Err(StoreError::Conflict) }
    }
}

impl Txn for PlainTxn {
    fn bucket(&self) -> Bucket {
        self.bucket
    }

    fn get(&mut self, kind: Kind, key: &Key) -> Result<Option<Record>, StoreError> {
        check(kind, key)?;
        let found = self.rows.records.get(&(kind, key.clone()));
        Ok(found.map(|(version, body, _)| Record { key: key.clone(), version: *version, body: body.clone() }))
    }

    fn put(
        &mut self,
        kind: Kind,
        key: &Key,
        expect: Expect,
        body: Vec<u8>,
        index: Vec<Index>,
    ) -> Result<u64, StoreError> {
        check(kind, key)?;
        check_body(&body)?;
        if index.iter().collect::<std::collections::BTreeSet<_>>().len() > MOST_ENTRIES {
            return bound("index entries");
        }
        let version = self.expect(kind, key, expect)? + 1;
        self.write(|rows| drop(rows.records.insert((kind, key.clone()), (version, body, index))));
        Ok(version)
    }

    fn remove(&mut self, kind: Kind, key: &Key, expect: Expect) -> Result<(), StoreError> {
        check(kind, key)?;
        if self.expect(kind, key, expect)? > 0 {
            self.write(|rows| drop(rows.records.remove(&(kind, key.clone()))));
        }
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
        check(kind, value)?;
        let wanted = Index { name: index, value: value.clone() };
        let found = self.rows.records.iter().filter(|((of, key), (_, _, entries))| {
            *of == kind && entries.contains(&wanted) && after.is_none_or(|after| key > after)
        });
        let records = found.map(|((_, key), (version, body, _))| Record {
            key: key.clone(),
            version: *version,
            body: body.clone(),
        });
        Ok(cut(records.collect(), limit))
    }

    fn count_add(&mut self, key: &CounterKey, delta: i64, least: i64, most: i64) -> Result<Option<i64>, StoreError> {
        let sum = i128::from(self.count(key)?) + i128::from(delta);
        if sum < least.into() || sum > most.into() {
            return Ok(None);
        }
        let sum = i64::try_from(sum).unwrap();
        if delta != 0 {
            self.write(|rows| {
                rows.counters.insert(key.clone(), sum);
            });
        }
        Ok(Some(sum))
    }

    fn count(&mut self, key: &CounterKey) -> Result<i64, StoreError> {
        Ok(self.rows.counters.get(key).copied().unwrap_or(0))
    }

    fn account_open(&mut self, key: &AccountKey, limit: AccountLimit) -> Result<(), StoreError> {
        if !self.rows.accounts.contains_key(key) {
            self.write(|rows| {
                rows.accounts.insert(key.clone(), limit);
            });
        }
        Ok(())
    }

    fn account(&mut self, key: &AccountKey) -> Result<Option<Account>, StoreError> {
        Ok(self.rows.account(key))
    }

    fn transfer(&mut self, transfer: &Transfer, pending: bool) -> Result<bool, StoreError> {
        if transfer.amount.get() <= 0 {
            return bound("amount not above zero");
        }
        if transfer.debit == transfer.credit {
            return bound("both legs on one account");
        }
        if let Some((state, born_pending)) = self.rows.transfers.get(&transfer.id) {
            let same = state.transfer == *transfer && *born_pending == pending;
            return if same { Ok(false) } else { bound("the id holds another transfer") };
        }
        let (Some(debit), Some(credit)) = (self.rows.account(&transfer.debit), self.rows.account(&transfer.credit))
        else {
            return bound("account not open");
        };
        let (debits, credits) = if pending {
            (debit.debits_pending, credit.credits_pending)
        } else {
            (debit.debits_posted, credit.credits_posted)
        };
        if debits.checked_add(transfer.amount).is_none() || credits.checked_add(transfer.amount).is_none() {
            return bound("account total");
        }
        let resolution = if pending { None } else { Some(Resolution::Post(transfer.amount)) };
        let state = TransferState { transfer: transfer.clone(), resolution };
        self.write(|rows| drop(rows.transfers.insert(transfer.id, (state, pending))));
        if self.rows.holds(&transfer.debit) && self.rows.holds(&transfer.credit) {
            return Ok(true);
        }
        self.undo();
        bound("account limit")
    }

    fn resolve(&mut self, id: Id, resolution: Resolution) -> Result<bool, StoreError> {
        let Some((state, _)) = self.rows.transfers.get(&id) else { return bound("no such transfer") };
        if let Resolution::Post(part) = resolution
            && !(1..=state.transfer.amount.get()).contains(&part.get())
        {
            return bound("posted amount");
        }
        match state.resolution {
            Some(present) if present == resolution => Ok(false),
            Some(_) => bound("the transfer was resolved otherwise"),
            None => {
                self.write(|rows| rows.transfers.get_mut(&id).unwrap().0.resolution = Some(resolution));
                Ok(true)
            }
        }
    }

    fn transfer_state(&mut self, id: Id) -> Result<Option<TransferState>, StoreError> {
        Ok(self.rows.transfers.get(&id).map(|(state, _)| state.clone()))
    }

    fn claim(&mut self, claim: &OnceClaim) -> Result<Claimed, StoreError> {
        let before = self.past.first().unwrap_or(&self.rows);
        let Some(present) = self.rows.claims.get(&claim.key).cloned() else {
            self.write(|rows| drop(rows.claims.insert(claim.key.clone(), claim.clone())));
            return Ok(Claimed::Fresh);
        };
        if present.rank < claim.rank {
            self.write(|rows| drop(rows.claims.insert(claim.key.clone(), claim.clone())));
            return Ok(Claimed::Fresh);
        }
        if (present.rank, present.claimant) != (claim.rank, claim.claimant) {
            return Ok(Claimed::Taken { rank: present.rank });
        }
        let ours = before.claims.get(&claim.key).is_none_or(|old| old.rank < claim.rank);
        if ours && !claim.answer.is_empty() {
            self.write(|rows| rows.claims.get_mut(&claim.key).unwrap().answer.clone_from(&claim.answer));
        }
        Ok(Claimed::Again(present.answer))
    }

    fn append(&mut self, subject: &Key, at: UnixMs, body: Vec<u8>) -> Result<u64, StoreError> {
        check_body(&body)?;
        let seq = self.rows.log.len() as u64 + 1;
        self.write(|rows| rows.log.push(LogEntry { seq, subject: subject.clone(), at, body }));
        Ok(seq)
    }

    fn log(&mut self, subject: &Key, before: Option<u64>, limit: usize) -> Result<Page<LogEntry>, StoreError> {
        let found = self.rows.log.iter().rev();
        let found = found.filter(|entry| entry.subject == *subject && before.is_none_or(|before| entry.seq < before));
        Ok(cut(found.cloned().collect(), limit))
    }

    fn due_put(&mut self, at: UnixMs, body: Vec<u8>) -> Result<u64, StoreError> {
        check_body(&body)?;
        self.write(|rows| rows.due.push(Some((at, body))));
        Ok(self.rows.due.len() as u64)
    }

    fn due_done(&mut self, seq: u64) -> Result<(), StoreError> {
        self.write(|rows| {
            let place = seq.checked_sub(1).and_then(|at| rows.due.get_mut(usize::try_from(at).unwrap()));
            if let Some(item) = place {
                *item = None;
            }
        });
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark(self.past.len())
    }

    fn back_to(&mut self, mark: Mark) {
        while self.past.len() > mark.0 {
            self.undo();
        }
    }
}

impl PlainStore {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Bucket, Rows>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self, bucket: Bucket) -> Rows {
        self.lock().get(&bucket).cloned().unwrap_or_default()
    }
}

fn run(
    bucket: Bucket,
    rows: Rows,
    work: &mut dyn FnMut(&mut dyn Txn) -> Result<(), StoreError>,
) -> Result<Rows, StoreError> {
    let mut txn = PlainTxn { bucket, rows, past: Vec::new() };
    match catch_unwind(AssertUnwindSafe(|| work(&mut txn))) {
        Ok(result) => result.map(|()| txn.rows),
        Err(_) => Err(StoreError::Corrupt("the unit of work panicked".into())),
    }
}

impl Store for PlainStore {
    fn submit(&self, bucket: Bucket, mut work: Work, done: Done) {
        let mut all = self.lock();
        let result = run(bucket, all.get(&bucket).cloned().unwrap_or_default(), &mut work).map(|rows| {
            if rows.writes > 0 {
                all.insert(bucket, rows);
            }
        });
        drop(all);
        drop(catch_unwind(AssertUnwindSafe(|| done(result))));
    }

    fn read(
        &self,
        bucket: Bucket,
        work: &mut dyn FnMut(&mut dyn Txn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        run(bucket, self.rows(bucket), work).map(drop)
    }

    fn due(&self, (first, last): (Bucket, Bucket), now: UnixMs, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        let mut found = Vec::new();
        for (bucket, rows) in self.lock().iter().filter(|(bucket, _)| (first..=last).contains(*bucket)) {
            for (place, item) in rows.due.iter().enumerate() {
                if let Some((at, body)) = item
                    && *at <= now
                {
                    found.push(DueItem { bucket: *bucket, seq: place as u64 + 1, at: *at, body: body.clone() });
                }
            }
        }
        found.sort_by_key(|item| (item.at, item.bucket, item.seq));
        found.truncate(limit.min(MOST_PAGE));
        Ok(found)
    }

    fn log_of(&self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        Ok(self.rows(bucket).log.into_iter().filter(|entry| entry.seq > after).take(limit.min(MOST_PAGE)).collect())
    }

    fn accounts_of(&self, bucket: Bucket) -> Result<Vec<(AccountKey, Account)>, StoreError> {
        let rows = self.rows(bucket);
        Ok(rows.accounts.keys().map(|key| (key.clone(), rows.account(key).unwrap())).collect())
    }

    fn transfers_of(&self, bucket: Bucket) -> Result<Vec<TransferState>, StoreError> {
        Ok(self.rows(bucket).transfers.into_values().map(|(state, _)| state).collect())
    }

    fn buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        Ok(self.lock().keys().copied().collect())
    }

    fn forget(&self, before: UnixMs, limit: usize) -> Result<usize, StoreError> {
        let mut left = limit.min(MOST_PAGE);
        let most = left;
        for rows in self.lock().values_mut() {
            rows.claims.retain(|_, claim| {
                let old = left > 0 && claim.keep_until < before;
                left -= usize::from(old);
                !old
            });
        }
        Ok(most - left)
    }
}
