//! Applying a unit's writes.

use rusqlite::{Connection, Params, params};
use tongma_domain::Bucket;
use tongma_store::engine::{AccountChange, Entry, Heads, StoredClaim, Write, entries_to_bytes, resolution_numbers};
use tongma_store::{Expect, Key, Kind, Resolution, Transfer};

use crate::catalogue;
use crate::fault::Fault;
use crate::rows::signed;

/// A connection inside a transaction and the bucket a unit writes in.
struct Unit<'a> {
    connection: &'a Connection,
    bucket: Bucket,
}

/// Applies writes in their order; gives the heads after them. A guard that does not hold is a conflict.
pub fn apply(
    connection: &Connection,
    bucket: Bucket,
    before: Option<Heads>,
    writes: Vec<Write>,
) -> Result<Heads, Fault> {
    let unit = Unit { connection, bucket };
    let mut heads = before.unwrap_or_default();
    for write in writes {
        unit.apply(write, &mut heads)?;
    }
    let params = params![bucket.number(), signed(heads.log), signed(heads.due)];
    if before.is_none() {
        unit.one_row(catalogue::HEADS_INSERT, params)?;
    } else if before != Some(heads) {
        unit.one_row(catalogue::HEADS_UPDATE, params)?;
    }
    Ok(heads)
}

fn conflict() -> Fault {
    Fault { error: tongma_store::StoreError::Conflict, fatal: false }
}

impl Unit<'_> {
    fn run(&self, sql: &'static str, params: impl Params) -> Result<usize, Fault> {
        let changed = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
        changed.map_err(|error| Fault::of(&error))
    }

    /// Runs a statement whose guard holds when it changes exactly one row.
    fn one_row(&self, sql: &'static str, params: impl Params) -> Result<(), Fault> {
        if self.run(sql, params)? == 1 { Ok(()) } else { Err(conflict()) }
    }

    fn apply(&self, write: Write, heads: &mut Heads) -> Result<(), Fault> {
        let bucket = self.bucket.number();
        match write {
            Write::Put { kind, key, expect, record, stale, fresh } => {
                let entries = entries_to_bytes(&record.index);
                match expect {
                    Expect::Absent => self.one_row(
                        catalogue::RECORD_INSERT,
                        params![bucket, kind, key.as_bytes(), entries, record.body],
                    )?,
                    Expect::Version(version) => self.one_row(
                        catalogue::RECORD_UPDATE,
                        params![bucket, kind, key.as_bytes(), signed(version), entries, record.body],
                    )?,
                }
                self.entries(catalogue::ENTRY_DELETE, kind, &key, &stale)?;
                self.entries(catalogue::ENTRY_INSERT, kind, &key, &fresh)
            }
            Write::Remove { kind, key, version, stale } => {
                self.one_row(catalogue::RECORD_DELETE, params![bucket, kind, key.as_bytes(), signed(version)])?;
                self.entries(catalogue::ENTRY_DELETE, kind, &key, &stale)
            }
            Write::Count { key, from: None, to } => {
                self.one_row(catalogue::COUNTER_INSERT, params![bucket, key.name, key.of.as_bytes(), to])
            }
            Write::Count { key, from: Some(from), to } => {
                self.one_row(catalogue::COUNTER_UPDATE, params![bucket, key.name, key.of.as_bytes(), to, from])
            }
            Write::Open { key, limit } => {
                self.one_row(catalogue::ACCOUNT_INSERT, params![bucket, key.class, key.of.as_bytes(), limit.number()])
            }
            Write::Transfer { transfer, pending } => self.transfer(&transfer, pending),
            Write::Resolve { transfer, resolution } => self.resolve(&transfer, resolution),
            Write::Claim { key, from, row } => self.claim(&key, from, &row),
            Write::Answer { key, answer } => {
                self.one_row(catalogue::ONCE_ANSWER, params![bucket, key.as_bytes(), answer])
            }
            Write::Append(entry) => {
                next(&mut heads.log, entry.seq)?;
                let (seq, at) = (signed(entry.seq), entry.at.as_millis());
                self.one_row(catalogue::LOG_INSERT, params![bucket, seq, entry.subject.as_bytes(), at, entry.body])
            }
            Write::DuePut { seq, at, body } => {
                next(&mut heads.due, seq)?;
                self.one_row(catalogue::DUE_INSERT, params![bucket, signed(seq), at.as_millis(), body])
            }
            Write::DueDone { seq } => self.run(catalogue::DUE_DELETE, params![bucket, signed(seq)]).map(drop),
        }
    }

    fn claim(&self, key: &Key, from: Option<u32>, row: &StoredClaim) -> Result<(), Fault> {
        let (bucket, key, until) = (self.bucket.number(), key.as_bytes(), row.keep_until.as_millis());
        let StoredClaim { rank, claimant, answer, .. } = row;
        match from {
            None => self.one_row(catalogue::ONCE_INSERT, params![bucket, key, rank, claimant, answer, until]),
            Some(from) => {
                self.one_row(catalogue::ONCE_UPDATE, params![bucket, key, rank, claimant, answer, until, from])
            }
        }
    }

    fn entries(&self, sql: &'static str, kind: Kind, key: &Key, entries: &[Entry]) -> Result<(), Fault> {
        let bucket = self.bucket.number();
        entries.iter().try_for_each(|(name, value)| {
            self.one_row(sql, params![bucket, kind, name, value.as_bytes(), key.as_bytes()])
        })
    }

    fn transfer(&self, transfer: &Transfer, pending: bool) -> Result<(), Fault> {
        let resolution = if pending { None } else { Some(Resolution::Post(transfer.amount)) };
        let (state, posted) = resolution_numbers(resolution);
        let Transfer { id, debit, credit, amount, code, journal, at } = transfer;
        let params = params![
            self.bucket.number(),
            id.as_bytes(),
            debit.class,
            debit.of.as_bytes(),
            credit.class,
            credit.of.as_bytes(),
            amount.get(),
            code,
            journal.as_bytes(),
            at.as_millis(),
            pending,
            state,
            posted,
        ];
        self.one_row(catalogue::TRANSFER_INSERT, params)?;
        self.change_accounts(transfer, AccountChange::of_transfer(*amount, pending))
    }

    fn resolve(&self, transfer: &Transfer, resolution: Resolution) -> Result<(), Fault> {
        let (state, posted) = resolution_numbers(Some(resolution));
        let params = params![self.bucket.number(), transfer.id.as_bytes(), state, posted];
        self.one_row(catalogue::TRANSFER_RESOLVE, params)?;
        self.change_accounts(transfer, AccountChange::of_resolution(transfer.amount, resolution))
    }

    fn change_accounts(&self, transfer: &Transfer, changes: [AccountChange; 2]) -> Result<(), Fault> {
        for (key, change) in [&transfer.debit, &transfer.credit].into_iter().zip(changes) {
            let AccountChange { debits_pending, debits_posted, credits_pending, credits_posted } = change;
            let totals = (debits_pending, debits_posted, credits_pending, credits_posted);
            let of = key.of.as_bytes();
            self.one_row(
                catalogue::ACCOUNT_CHANGE,
                params![self.bucket.number(), key.class, of, totals.0, totals.1, totals.2, totals.3],
            )?;
        }
        Ok(())
    }
}

/// Moves a head to a place that must be the next one.
fn next(head: &mut u64, place: u64) -> Result<(), Fault> {
    if place != *head + 1 {
        return Err(conflict());
    }
    *head = place;
    Ok(())
}
