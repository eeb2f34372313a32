//! The writes of units as statements to send: as few as can be.
//!
//! Writes of different rows do not care for each other's order, so those that the same statement makes travel as one.
//! Writes of one row keep their order: each stands one step behind the one before it, and steps are sent in order. A
//! bucket's heads, the changes of an account and the answer of a claim are each sent as what they come to in the end.

use std::collections::BTreeMap;

use tongma_domain::Bucket;
use tongma_store::engine::{AccountChange, Entry, Heads, StoredClaim, Write, entries_to_bytes, resolution_numbers};
use tongma_store::{Expect, Key, Kind, Resolution, Transfer};

use crate::link::Command;
use crate::param::{Param, params};
use crate::{catalogue, many};

/// The writes of some units that were not sent yet.
#[derive(Default)]
pub struct Commands {
    list: Vec<Planned>,
    /// The last write of each row.
    last: BTreeMap<RowName, usize>,
    /// The heads that buckets will have, and whether they have a row for them.
    heads: BTreeMap<Bucket, (Heads, bool)>,
}

/// A table, and the values that name a row of it.
type RowName = (&'static str, Vec<Param<'static>>);

struct Planned {
    /// How many writes of the same row go before it.
    step: usize,
    command: Command,
}

/// A command that must change exactly one row, named by the first values.
macro_rules! one_row {
    ($commands:expr, $sql:ident, $table:literal $named_by:literal, $($value:expr),* $(,)?) => {{
        let params: Vec<Param<'static>> = params![$($value),*].into();
        $commands.push($table, $named_by, Command { sql: catalogue::$sql, params, rows: Some(1) })
    }};
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
        if before != Some(after) {
            // Another unit may have made the row just now; it is still this side's to send.
            self.heads.entry(bucket).or_insert((after, before.is_some())).0 = after;
        }
        after
    }

    /// What is to be sent, in order; then nothing waits. `one_bucket` says that all of it is in one bucket.
    pub fn take(&mut self, one_bucket: bool) -> Vec<Command> {
        let Self { mut list, heads, .. } = std::mem::take(self);
        // Heads first: who writes in a new bucket at the same moment waits here, and not half way.
        let head = |(bucket, (heads, known)): (Bucket, (Heads, bool))| {
            let sql = if known { catalogue::HEADS_UPDATE } else { catalogue::HEADS_INSERT };
            Command { sql, params: params![bucket, heads.log, heads.due].into(), rows: Some(1) }
        };
        let (known, new): (Vec<_>, Vec<_>) = heads.into_iter().partition(|(_, (_, known))| *known);
        let mut commands: Vec<Command> = Vec::new();
        for group in [new, known] {
            commands.extend(merged(group.into_iter().map(head).collect(), one_bucket));
        }
        list.sort_by(|one, other| (one.step, one.command.sql).cmp(&(other.step, other.command.sql)));
        let mut group: Vec<Command> = Vec::new();
        let mut step = 0;
        for planned in list {
            if step != planned.step || group.last().is_some_and(|last| last.sql != planned.command.sql) {
                commands.extend(merged(std::mem::take(&mut group), one_bucket));
            }
            step = planned.step;
            group.push(planned.command);
        }
        commands.extend(merged(group, one_bucket));
        commands
    }

    /// Plans a command behind the last one of its row.
    fn push(&mut self, table: &'static str, named_by: usize, command: Command) {
        let name = (table, command.params.iter().take(named_by).cloned().collect());
        let before = self.last.insert(name, self.list.len()).and_then(|at| self.list.get(at));
        let step = before.map_or(0, |before| before.step + 1);
        self.list.push(Planned { step, command });
    }

    /// The values of the last command of a row, if it is of one of these statements.
    fn waiting(
        &mut self,
        table: &'static str,
        name: &[Param<'static>],
        of: &[&str],
    ) -> Option<&mut Vec<Param<'static>>> {
        let at = self.last.get(&(table, name.to_vec()))?;
        let planned = self.list.get_mut(*at).filter(|planned| of.contains(&planned.command.sql))?;
        Some(&mut planned.command.params)
    }

    fn write(&mut self, bucket: Bucket, write: Write) {
        match write {
            Write::Put { kind, key, expect, record, stale, fresh } => {
                let entries = entries_to_bytes(&record.index);
                match expect {
                    Expect::Absent => {
                        one_row!(self, RECORD_INSERT, "record" 3, bucket, kind, bytes(&key), entries, record.body);
                    }
                    Expect::Version(version) => {
                        one_row!(self, RECORD_UPDATE, "record" 3, bucket, kind, bytes(&key), version, entries, record.body);
                    }
                }
                self.entries(catalogue::ENTRY_DELETE, bucket, kind, &key, stale);
                self.entries(catalogue::ENTRY_INSERT, bucket, kind, &key, fresh);
            }
            Write::Remove { kind, key, version, stale } => {
                one_row!(self, RECORD_DELETE, "record" 3, bucket, kind, bytes(&key), version);
                self.entries(catalogue::ENTRY_DELETE, bucket, kind, &key, stale);
            }
            Write::Count { key, from: None, to } => {
                one_row!(self, COUNTER_INSERT, "counter" 3, bucket, key.name, bytes(&key.of), to);
            }
            Write::Count { key, from: Some(from), to } => {
                one_row!(self, COUNTER_UPDATE, "counter" 3, bucket, key.name, bytes(&key.of), to, from);
            }
            Write::Open { key, limit } => {
                one_row!(self, ACCOUNT_INSERT, "account" 3, bucket, key.class.into_owned(), bytes(&key.of), limit.number());
            }
            Write::Transfer { transfer, pending } => self.transfer(bucket, &transfer, pending),
            Write::Resolve { transfer, resolution } => self.resolve(bucket, &transfer, resolution),
            Write::Claim { key, from, row } => self.claim(bucket, &key, from, row),
            Write::Answer { key, answer } => self.answer(bucket, &key, answer),
            Write::Append(entry) => {
                let at = entry.at.as_millis();
                one_row!(self, LOG_INSERT, "log" 2, bucket, entry.seq, bytes(&entry.subject), at, entry.body);
            }
            Write::DuePut { seq, at, body } => one_row!(self, DUE_INSERT, "due" 2, bucket, seq, at.as_millis(), body),
            Write::DueDone { seq } => {
                let params = params![bucket, seq].into();
                self.push("due", 2, Command { sql: catalogue::DUE_DELETE, params, rows: None });
            }
        }
    }

    fn claim(&mut self, bucket: Bucket, key: &Key, from: Option<u32>, row: StoredClaim) {
        let (rank, until) = (i64::from(row.rank), row.keep_until.as_millis());
        let claimant = row.claimant.to_vec();
        if let Some(from) = from.map(i64::from) {
            one_row!(self, ONCE_UPDATE, "once" 2, bucket, bytes(key), rank, claimant, row.answer, until, from);
        } else {
            one_row!(self, ONCE_INSERT, "once" 2, bucket, bytes(key), rank, claimant, row.answer, until);
        }
    }

    fn answer(&mut self, bucket: Bucket, key: &Key, answer: Vec<u8>) {
        let claimed = [catalogue::ONCE_INSERT, catalogue::ONCE_UPDATE];
        let name: [Param<'static>; 2] = params![bucket, bytes(key)];
        if let Some(waiting) = self.waiting("once", &name, &claimed).and_then(|params| params.get_mut(4)) {
            *waiting = answer.into();
        } else {
            one_row!(self, ONCE_ANSWER, "once" 2, bucket, bytes(key), answer);
        }
    }

    fn entries(&mut self, sql: &'static str, bucket: Bucket, kind: Kind, key: &Key, entries: Vec<Entry>) {
        for (name, value) in entries {
            let params = params![bucket, kind, name.into_owned(), bytes(&value), bytes(key)].into();
            self.push("record_entry", 5, Command { sql, params, rows: Some(1) });
        }
    }

    fn transfer(&mut self, bucket: Bucket, transfer: &Transfer, pending: bool) {
        let resolution = if pending { None } else { Some(Resolution::Post(transfer.amount)) };
        let (state, posted) = resolution_numbers(resolution);
        let Transfer { id, debit, credit, amount, code, journal, at } = transfer.clone();
        one_row!(
            self,
            TRANSFER_INSERT,
            "transfer" 2,
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
        one_row!(self, TRANSFER_RESOLVE, "transfer" 2, bucket, transfer.id.as_bytes().to_vec(), state, posted);
        self.change_accounts(bucket, transfer, AccountChange::of_resolution(transfer.amount, resolution));
    }

    fn change_accounts(&mut self, bucket: Bucket, transfer: &Transfer, changes: [AccountChange; 2]) {
        for (key, change) in [&transfer.debit, &transfer.credit].into_iter().zip(changes) {
            let AccountChange { debits_pending, debits_posted, credits_pending, credits_posted } = change;
            let by = [debits_pending, debits_posted, credits_pending, credits_posted];
            let (class, of) = (key.class.clone().into_owned(), bytes(&key.of));
            let name: [Param<'static>; 3] = params![bucket, class.clone(), of.clone()];
            // A unit was refused what its account does not allow, so what they come to is all that is left to check.
            if let Some(waiting) = self.waiting("account", &name, &[catalogue::ACCOUNT_CHANGE]) {
                for (total, by) in waiting.iter_mut().skip(name.len()).zip(by) {
                    if let Param::Big(total) = total {
                        *total = total.saturating_add(by);
                    }
                }
            } else {
                let [one, two, three, four] = by;
                one_row!(self, ACCOUNT_CHANGE, "account" 3, bucket, class, of, one, two, three, four);
            }
        }
    }
}

/// Commands of one statement, of different rows, as one where that is possible.
fn merged(mut commands: Vec<Command>, one_bucket: bool) -> Vec<Command> {
    let first = commands.first().filter(|_| commands.len() > 1);
    let Some((rows, sql)) = first.and_then(|of| Some((of.rows, many::of(of.sql, one_bucket)?))) else {
        return commands;
    };
    let rows = rows.map(|rows| rows * u64::try_from(commands.len()).unwrap_or(u64::MAX));
    let params = many::columns(commands.drain(..).map(|command| command.params).collect(), one_bucket);
    vec![Command { sql, params, rows }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use tongma_domain::{Fen, Id, UnixMs};
    use tongma_store::engine::StoredRecord;
    use tongma_store::{AccountKey, LogEntry};

    fn bucket(number: u16) -> Bucket {
        Bucket::from_low_bits(number)
    }

    fn put(key: &str, expect: Expect) -> Write {
        let record = StoredRecord { version: 1, body: key.into(), index: Vec::new() };
        Write::Put { kind: "loan", key: Key::from(key), expect, record, stale: Vec::new(), fresh: Vec::new() }
    }

    fn append(seq: u64) -> Write {
        Write::Append(LogEntry { seq, subject: Key::from("a"), at: UnixMs::default(), body: Vec::new() })
    }

    fn pay(number: u8, payer: &str) -> Write {
        let account = |class: &'static str, of: &str| AccountKey { class: class.into(), of: Key::from(of) };
        let transfer = Transfer {
            id: Id::derived(&[&[number]]),
            debit: account("purse", payer),
            credit: account("due", "canteen"),
            amount: Fen::new(1200),
            code: "meal".into(),
            journal: Id::derived(&[&[number]]),
            at: UnixMs::default(),
        };
        Write::Transfer { transfer, pending: false }
    }

    fn sent(commands: &mut Commands, one_bucket: bool) -> Vec<(&'static str, Option<u64>)> {
        commands.take(one_bucket).into_iter().map(|command| (command.sql, command.rows)).collect()
    }

    #[test]
    fn units_of_many_buckets_leave_as_one_statement_a_kind() {
        let mut commands = Commands::default();
        for number in 0..20 {
            let heads = Heads { log: 7, due: 0 };
            commands.add(bucket(number), Some(heads), vec![put("a", Expect::Version(3)), append(8)]);
        }
        let many = |sql| many::of(sql, false).unwrap();
        let mut expected = vec![
            (many(catalogue::HEADS_UPDATE), Some(20)),
            (many(catalogue::LOG_INSERT), Some(20)),
            (many(catalogue::RECORD_UPDATE), Some(20)),
        ];
        let mut all = sent(&mut commands, false);
        expected.sort();
        all.sort();
        assert_eq!(all, expected);
        assert!(sent(&mut commands, false).is_empty(), "nothing is sent twice");
    }

    #[test]
    fn writes_of_one_row_keep_their_order() {
        let mut commands = Commands::default();
        let before = Some(Heads::default());
        commands.add(bucket(1), before, vec![put("a", Expect::Absent), put("b", Expect::Absent)]);
        let remove = Write::Remove { kind: "loan", key: Key::from("a"), version: 1, stale: Vec::new() };
        commands.add(bucket(1), before, vec![remove, put("a", Expect::Absent)]);
        let insert_many = many::of(catalogue::RECORD_INSERT, true).unwrap();
        let all = sent(&mut commands, true);
        assert_eq!(
            all,
            [(insert_many, Some(2)), (catalogue::RECORD_DELETE, Some(1)), (catalogue::RECORD_INSERT, Some(1))]
        );
    }

    #[test]
    fn payments_to_one_account_change_it_once() {
        let mut commands = Commands::default();
        for (number, payer) in ["ann", "bob", "cao"].iter().enumerate() {
            commands.add(bucket(1), Some(Heads::default()), vec![pay(u8::try_from(number).unwrap(), payer)]);
        }
        let all = commands.take(true);
        let changed = all.iter().find(|of| of.sql == many::of(catalogue::ACCOUNT_CHANGE, true).unwrap()).unwrap();
        assert_eq!(changed.rows, Some(4), "three purses and what is due to the canteen");
        assert_eq!(changed.params[6], Param::Bigs(vec![0, 3600, 0, 0]), "credits posted");
        assert_eq!(changed.params[4], Param::Bigs(vec![1200, 0, 1200, 1200]), "debits posted");
    }

    #[test]
    fn a_bucket_s_first_units_make_its_heads_once() {
        let mut commands = Commands::default();
        let after = commands.add(bucket(1), None, vec![append(1)]);
        commands.add(bucket(1), Some(after), vec![append(2)]);
        let all = commands.take(true);
        let heads: Vec<_> = all.iter().filter(|of| of.sql == catalogue::HEADS_INSERT).collect();
        assert_eq!(heads.len(), 1);
        assert_eq!(heads[0].params, params![bucket(1), 2_u64, 0_u64]);
        assert!(all.iter().all(|of| of.sql != catalogue::HEADS_UPDATE));
    }
}
