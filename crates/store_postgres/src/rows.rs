//! Reading rows.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use tongma_domain::{Bucket, Fen, Id, UnixMs};
use tongma_store::engine::{
    Heads, Reads, StoredClaim, StoredRecord, StoredTransfer, entries_from_bytes, id_of, resolution_of,
};
use tongma_store::{
    Account, AccountKey, AccountLimit, CounterKey, DueItem, Key, Kind, LogEntry, Record, StoreError, Transfer,
    TransferState,
};

use crate::catalogue;
use crate::link::{Link, Question};
use crate::param::{Param, params};
use crate::trouble::Trouble;

/// The buckets that a transaction locks as it begins, and their heads as they will be: `None` where nothing was ever
/// written. They are asked for when they are needed, so that beginning costs no wait of its own.
pub struct Locked<'a> {
    link: &'a Link,
    buckets: Vec<Bucket>,
    /// Whether the heads of all were asked for in one question.
    in_one: bool,
    heads: RefCell<Option<BTreeMap<Bucket, Option<Heads>>>>,
}

impl<'a> Locked<'a> {
    /// Begins a transaction that locks these buckets, which are in order, so that two processes never wait for each other.
    pub fn begin(link: &'a Link, buckets: Vec<Bucket>, one_bucket: bool) -> Result<Self, Trouble> {
        let in_one = buckets.len() > 1 && !one_bucket;
        let questions = if in_one {
            let all = buckets.iter().map(|bucket| bucket.number().cast_signed()).collect();
            vec![Question { sql: catalogue::HEADS_LOCK_MANY, params: vec![Param::Smalls(all)] }]
        } else {
            buckets.iter().map(|of| Question { sql: catalogue::HEADS_LOCK, params: params![*of].into() }).collect()
        };
        link.begin("BEGIN", questions)?;
        Ok(Self { link, buckets, in_one, heads: RefCell::new(None) })
    }

    /// The heads of a bucket.
    pub fn heads(&self, bucket: Bucket) -> Result<Option<Heads>, Trouble> {
        let mut known = self.heads.borrow_mut();
        if let Some(known) = &*known {
            return Ok(known.get(&bucket).copied().flatten());
        }
        let mut all = BTreeMap::new();
        let answers = self.link.begun()?;
        if self.in_one {
            for row in answers.iter().flatten() {
                let of = bucket_in(row, 2).map_err(Trouble::Told)?;
                all.insert(of, Some(heads(row).map_err(Trouble::Told)?));
            }
        } else {
            for (bucket, rows) in self.buckets.iter().zip(answers) {
                all.insert(*bucket, rows.first().map(heads).transpose().map_err(Trouble::Told)?);
            }
        }
        let found = all.get(&bucket).copied().flatten();
        *known = Some(all);
        Ok(found)
    }

    /// Sets the heads of a bucket: a unit will have moved them.
    pub fn set(&self, bucket: Bucket, heads: Heads) {
        if let Some(known) = &mut *self.heads.borrow_mut() {
            known.insert(bucket, Some(heads));
        }
    }
}

/// What a unit has asked and was answered, over all the times it was run in one transaction.
#[derive(Default)]
pub struct Seen {
    answers: RefCell<BTreeMap<Question, Vec<Row>>>,
    asked: RefCell<Option<Question>>,
}

impl Seen {
    /// What the unit asked that is not known yet; its run came to nothing then.
    pub fn asked(&self) -> Option<Question> {
        self.asked.borrow_mut().take()
    }

    /// Keeps an answer for the next run.
    pub fn answer(&self, question: Question, rows: Vec<Row>) {
        self.answers.borrow_mut().insert(question, rows);
    }

    /// Reads the answer to a question, or remembers the question: the first is what the next run needs.
    fn read<T>(&self, question: Question, read: impl Fn(&Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
        if let Some(rows) = self.answers.borrow().get(&question) {
            return rows.iter().map(read).collect();
        }
        self.asked.borrow_mut().get_or_insert(question);
        Err(StoreError::Unavailable("asked, and not answered yet".into()))
    }
}

/// The rows, read through one connection.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    link: &'a Link,
    /// Questions are answered from here or put off, where the unit is one of several.
    seen: Option<&'a Seen>,
    locked: Option<&'a Locked<'a>>,
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.into())
}

fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    row.try_get(column).map_err(|_| corrupt("a column of another type"))
}

fn unsigned(row: &Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| corrupt("a negative place or version"))
}

fn key(row: &Row, column: usize) -> Result<Key, StoreError> {
    Ok(Key::new(get(row, column)?))
}

fn at(row: &Row, column: usize) -> Result<UnixMs, StoreError> {
    Ok(UnixMs::from_millis(get(row, column)?))
}

fn bucket(row: &Row) -> Result<Bucket, StoreError> {
    bucket_in(row, 0)
}

fn bucket_in(row: &Row, column: usize) -> Result<Bucket, StoreError> {
    let number = u16::try_from(get::<i16>(row, column)?).map_err(|_| corrupt("bucket"))?;
    Bucket::new(number).map_err(|_| corrupt("bucket"))
}

fn account_key(row: &Row, column: usize) -> Result<AccountKey, StoreError> {
    Ok(AccountKey { class: Cow::Owned(get(row, column)?), of: key(row, column + 1)? })
}

fn account(row: &Row) -> Result<Account, StoreError> {
    let fen = |column| Ok::<_, StoreError>(Fen::new(get(row, column)?));
    Ok(Account {
        limit: AccountLimit::from_number(get(row, 0)?)?,
        debits_pending: fen(1)?,
        debits_posted: fen(2)?,
        credits_pending: fen(3)?,
        credits_posted: fen(4)?,
    })
}

fn transfer(row: &Row) -> Result<StoredTransfer, StoreError> {
    let transfer = Transfer {
        id: id_of(get(row, 0)?)?,
        debit: account_key(row, 1)?,
        credit: account_key(row, 3)?,
        amount: Fen::new(get(row, 5)?),
        code: Cow::Owned(get(row, 6)?),
        journal: id_of(get(row, 7)?)?,
        at: at(row, 8)?,
    };
    let resolution = resolution_of(get(row, 10)?, get(row, 11)?)?;
    Ok(StoredTransfer { state: TransferState { transfer, resolution }, born_pending: get::<i16>(row, 9)? != 0 })
}

fn log_entry(row: &Row) -> Result<LogEntry, StoreError> {
    Ok(LogEntry { seq: unsigned(row, 0)?, subject: key(row, 1)?, at: at(row, 2)?, body: get(row, 3)? })
}

/// The heads in a row of `bucket_head`.
fn heads(row: &Row) -> Result<Heads, StoreError> {
    Ok(Heads { log: unsigned(row, 0)?, due: unsigned(row, 1)? })
}

impl<'a> Rows<'a> {
    /// The rows that a reader sees.
    pub const fn read(link: &'a Link) -> Self {
        Self { link, seen: None, locked: None }
    }

    /// The rows that a transaction sees which has locked its buckets.
    pub const fn locked(locked: &'a Locked<'a>) -> Self {
        Self { link: locked.link, seen: None, locked: Some(locked) }
    }

    /// The same, where questions are put off until they can be asked together.
    pub const fn seen(locked: &'a Locked<'a>, seen: &'a Seen) -> Self {
        Self { link: locked.link, seen: Some(seen), locked: Some(locked) }
    }

    fn many<T>(
        self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        if let Some(seen) = self.seen {
            return seen.read(Question { sql, params: params.iter().map(Param::owned).collect() }, read);
        }
        self.link.query(sql, params).map_err(Trouble::told)?.iter().map(read).collect()
    }

    fn one<T>(
        self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.many(sql, params, read)?.pop())
    }

    pub fn due(self, (first, last): (Bucket, Bucket), now: UnixMs, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        self.many(catalogue::DUE, &params![first, last, now.as_millis(), limit], |row| {
            Ok(DueItem { bucket: bucket(row)?, seq: unsigned(row, 1)?, at: at(row, 2)?, body: get(row, 3)? })
        })
    }

    pub fn log_of(self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.many(catalogue::LOG, &params![bucket, after, limit], log_entry)
    }

    pub fn accounts_of(self, bucket: Bucket) -> Result<Vec<(AccountKey, Account)>, StoreError> {
        let mut all =
            self.many(catalogue::ACCOUNTS, &params![bucket], |row| Ok((account_key(row, 5)?, account(row)?)))?;
        // The server orders text by its collation, which differs between servers.
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(all)
    }

    pub fn transfers_of(self, bucket: Bucket) -> Result<Vec<TransferState>, StoreError> {
        self.many(catalogue::TRANSFERS, &params![bucket], |row| Ok(transfer(row)?.state))
    }

    pub fn buckets(self) -> Result<Vec<Bucket>, StoreError> {
        self.many(catalogue::BUCKETS, &[], bucket)
    }
}

impl Reads for Rows<'_> {
    fn record(&mut self, bucket: Bucket, kind: Kind, key: &Key) -> Result<Option<StoredRecord>, StoreError> {
        self.one(catalogue::RECORD, &params![bucket, kind, key.as_bytes()], |row| {
            Ok(StoredRecord {
                version: unsigned(row, 0)?,
                index: entries_from_bytes(get(row, 1)?)?,
                body: get(row, 2)?,
            })
        })
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
        let params = params![bucket, kind, name, value.as_bytes(), from, limit];
        self.many(catalogue::RECORDS_BY_ENTRY, &params, |row| {
            Ok(Record { key: key(row, 0)?, version: unsigned(row, 1)?, body: get(row, 2)? })
        })
    }

    fn counter(&mut self, bucket: Bucket, key: &CounterKey) -> Result<Option<i64>, StoreError> {
        self.one(catalogue::COUNTER, &params![bucket, key.name, key.of.as_bytes()], |row| get(row, 0))
    }

    fn account(&mut self, bucket: Bucket, key: &AccountKey) -> Result<Option<Account>, StoreError> {
        self.one(catalogue::ACCOUNT, &params![bucket, key.class.as_ref(), key.of.as_bytes()], account)
    }

    fn transfer(&mut self, bucket: Bucket, id: Id) -> Result<Option<StoredTransfer>, StoreError> {
        self.one(catalogue::TRANSFER, &params![bucket, id.as_bytes().as_slice()], transfer)
    }

    fn claim(&mut self, bucket: Bucket, key: &Key) -> Result<Option<StoredClaim>, StoreError> {
        self.one(catalogue::ONCE, &params![bucket, key.as_bytes()], |row| {
            let claimant: &[u8] = get(row, 1)?;
            Ok(StoredClaim {
                rank: u32::try_from(get::<i64>(row, 0)?).map_err(|_| corrupt("rank"))?,
                claimant: claimant.try_into().map_err(|_| corrupt("claimant"))?,
                answer: get(row, 2)?,
                keep_until: at(row, 3)?,
            })
        })
    }

    fn heads(&mut self, bucket: Bucket) -> Result<Heads, StoreError> {
        let found = match self.locked {
            Some(locked) => locked.heads(bucket).map_err(Trouble::told)?,
            None => self.one(catalogue::HEADS, &params![bucket], heads)?,
        };
        Ok(found.unwrap_or_default())
    }

    fn log(
        &mut self,
        bucket: Bucket,
        subject: &Key,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let params = params![bucket, subject.as_bytes(), before.unwrap_or(u64::MAX), limit];
        self.many(catalogue::LOG_BY_SUBJECT, &params, log_entry)
    }
}
