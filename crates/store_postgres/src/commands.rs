//! A unit's writes as statements to send.

use tongma_domain::Bucket;
use tongma_store::engine::{AccountChange, Entry, Heads, Write, entries_to_bytes, resolution_numbers};
use tongma_store::{Expect, Key, Kind, Resolution, Transfer};

use crate::catalogue;
use crate::link::Command;
use crate::param::params;

/// The statements of some units, in their order.
#[derive(Default)]
pub struct Commands {
    pub list: Vec<Command>,
}

/// A command that must change exactly one row.
macro_rules! one_row {
    ($commands:expr, $sql:ident, $($value:expr),* $(,)?) => {
        $commands.list.push(Command { sql: catalogue::$sql, params: params![$($value),*].into(), one_row: true })
    };
}

fn bytes(key: &Key) -> Vec<u8> {
    key.as_bytes().to_vec()
}

impl Commands {
    /// Adds a unit's writes; gives the heads after them.
    pub fn add(&mut self, bucket: Bucket, before: Option<Heads>, writes: Vec<Write>) -> Heads {
        let mut after = before.unwrap_or_default();
        for write in writes {
            match &write {
                Write::Append(entry) => after.log = entry.seq,
                Write::DuePut { seq, .. } => after.due = *seq,
                _ => {}
            }
            self.write(bucket, write);
        }
        if before.is_none() {
            one_row!(self, HEADS_INSERT, bucket, after.log, after.due);
        } else if before != Some(after) {
            one_row!(self, HEADS_UPDATE, bucket, after.log, after.due);
        }
        after
    }

    fn write(&mut self, bucket: Bucket, write: Write) {
        match write {
            Write::Put { kind, key, expect, record, stale, fresh } => {
                let entries = entries_to_bytes(&record.index);
                match expect {
                    Expect::Absent => one_row!(self, RECORD_INSERT, bucket, kind, bytes(&key), entries, record.body),
                    Expect::Version(version) => {
                        one_row!(self, RECORD_UPDATE, bucket, kind, bytes(&key), version, entries, record.body);
                    }
                }
                self.entries(catalogue::ENTRY_DELETE, bucket, kind, &key, stale);
                self.entries(catalogue::ENTRY_INSERT, bucket, kind, &key, fresh);
            }
            Write::Remove { kind, key, version, stale } => {
                one_row!(self, RECORD_DELETE, bucket, kind, bytes(&key), version);
                self.entries(catalogue::ENTRY_DELETE, bucket, kind, &key, stale);
            }
            Write::Count { key, from: None, to } => {
                one_row!(self, COUNTER_INSERT, bucket, key.name, bytes(&key.of), to);
            }
            Write::Count { key, from: Some(from), to } => {
                one_row!(self, COUNTER_UPDATE, bucket, key.name, bytes(&key.of), to, from);
            }
            Write::Open { key, limit } => {
                one_row!(self, ACCOUNT_INSERT, bucket, key.class.into_owned(), bytes(&key.of), limit.number());
            }
            Write::Transfer { transfer, pending } => self.transfer(bucket, &transfer, pending),
            Write::Resolve { transfer, resolution } => self.resolve(bucket, &transfer, resolution),
            Write::Claim { key, from, row } => {
                let (rank, until) = (i64::from(row.rank), row.keep_until.as_millis());
                let claimant = row.claimant.to_vec();
                match from {
                    None => one_row!(self, ONCE_INSERT, bucket, bytes(&key), rank, claimant, row.answer, until),
                    Some(from) => {
                        let from = i64::from(from);
                        one_row!(self, ONCE_UPDATE, bucket, bytes(&key), rank, claimant, row.answer, until, from);
                    }
                }
            }
            Write::Answer { key, answer } => one_row!(self, ONCE_ANSWER, bucket, bytes(&key), answer),
            Write::Append(entry) => {
                let at = entry.at.as_millis();
                one_row!(self, LOG_INSERT, bucket, entry.seq, bytes(&entry.subject), at, entry.body);
            }
            Write::DuePut { seq, at, body } => one_row!(self, DUE_INSERT, bucket, seq, at.as_millis(), body),
            Write::DueDone { seq } => {
                let params = params![bucket, seq].into();
                self.list.push(Command { sql: catalogue::DUE_DELETE, params, one_row: false });
            }
        }
    }

    fn entries(&mut self, sql: &'static str, bucket: Bucket, kind: Kind, key: &Key, entries: Vec<Entry>) {
        for (name, value) in entries {
            let params = params![bucket, kind, name.into_owned(), bytes(&value), bytes(key)].into();
            self.list.push(Command { sql, params, one_row: true });
        }
    }

    fn transfer(&mut self, bucket: Bucket, transfer: &Transfer, pending: bool) {
        let resolution = if pending { None } else { Some(Resolution::Post(transfer.amount)) };
        let (state, posted) = resolution_numbers(resolution);
        let Transfer { id, debit, credit, amount, code, journal, at } = transfer.clone();
        one_row!(
            self,
            TRANSFER_INSERT,
            bucket,
            id.as_bytes().to_vec(),
            debit.class.into_owned(),
            bytes(&debit.of),
            credit.class.into_owned(),
            bytes(&credit.of),
            amount.get(),
            code.into_owned(),
            journal.as_bytes().to_vec(),
            at.as_millis(),
            i16::from(pending),
            state,
            posted,
        );
        self.change_accounts(bucket, transfer, AccountChange::of_transfer(amount, pending));
    }

    fn resolve(&mut self, bucket: Bucket, transfer: &Transfer, resolution: Resolution) {
        let (state, posted) = resolution_numbers(Some(resolution));
        one_row!(self, TRANSFER_RESOLVE, bucket, transfer.id.as_bytes().to_vec(), state, posted);
        self.change_accounts(bucket, transfer, AccountChange::of_resolution(transfer.amount, resolution));
    }

    fn change_accounts(&mut self, bucket: Bucket, transfer: &Transfer, changes: [AccountChange; 2]) {
        for (key, change) in [&transfer.debit, &transfer.credit].into_iter().zip(changes) {
            let AccountChange { debits_pending, debits_posted, credits_pending, credits_posted } = change;
            one_row!(
                self,
                ACCOUNT_CHANGE,
                bucket,
                key.class.clone().into_owned(),
                bytes(&key.of),
                debits_pending,
                debits_posted,
                credits_pending,
                credits_posted,
            );
        }
    }
}
