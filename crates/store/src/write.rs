//! What a unit of work leaves behind: guarded writes, applied by an engine in order, all or none.

use std::borrow::Cow;

use tongma_domain::{Fen, Id, UnixMs};

use crate::{
    Account, AccountKey, AccountLimit, CounterKey, Expect, Key, Kind, LogEntry, Resolution, StoreError, Transfer,
    TransferState,
};

/// An index entry as stored: the field's name and its value.
pub type Entry = (Cow<'static, str>, Key);

/// A record as an engine holds it: what [`crate::Record`] says and the index entries it was put with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// 1 at its first put.
    pub version: u64,
    /// The body.
    pub body: Vec<u8>,
    /// Its index entries, sorted, none twice.
    pub index: Vec<Entry>,
}

/// A transfer as an engine holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransfer {
    /// The transfer and how it ended.
    pub state: TransferState,
    /// Whether it was made pending; an immediate one was not.
    pub born_pending: bool,
}

/// A once-row as an engine holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredClaim {
    /// The rank that was accepted last.
    pub rank: u32,
    /// By whom and for what.
    pub claimant: [u8; 32],
    /// What a retry is answered.
    pub answer: Vec<u8>,
    /// When the row may be dropped.
    pub keep_until: UnixMs,
}

/// How far a bucket's two gapless sequences have come; both start at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heads {
    /// The place of the newest log entry.
    pub log: u64,
    /// The place of the newest due item, taken out or not.
    pub due: u64,
}

/// One guarded write. When its guard does not hold, nothing of the unit is kept and the unit runs again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Writes a record whose present version is as expected.
    Put {
        /// The record's kind.
        kind: Kind,
        /// Its key.
        key: Key,
        /// The guard.
        expect: Expect,
        /// What is written, with its new version.
        record: StoredRecord,
        /// Entries of the version before that are gone now.
        stale: Vec<Entry>,
        /// Entries that the version before did not have.
        fresh: Vec<Entry>,
    },
    /// Removes a record of exactly this version.
    Remove {
        /// The record's kind.
        kind: Kind,
        /// Its key.
        key: Key,
        /// The guard.
        version: u64,
        /// Its entries.
        stale: Vec<Entry>,
    },
    /// Sets a counter that has this value; `None` is a counter never written.
    Count {
        /// Which.
        key: CounterKey,
        /// The guard.
        from: Option<i64>,
        /// The new value.
        to: i64,
    },
    /// Opens an account that is not open.
    Open {
        /// Which.
        key: AccountKey,
        /// Its limit.
        limit: AccountLimit,
    },
    /// Inserts a transfer and moves both accounts, whose limits must hold.
    Transfer {
        /// The transfer.
        transfer: Transfer,
        /// Reserved or made.
        pending: bool,
    },
    /// Ends a transfer that is pending and moves both accounts.
    Resolve {
        /// The transfer.
        transfer: Transfer,
        /// How it ends.
        resolution: Resolution,
    },
    /// Writes a once-row where the stored rank is as expected; `None` is no row.
    Claim {
        /// The key.
        key: Key,
        /// The guard.
        from: Option<u32>,
        /// The row.
        row: StoredClaim,
    },
    /// Replaces the answer of a once-row that this very unit wrote.
    Answer {
        /// The key.
        key: Key,
        /// The answer.
        answer: Vec<u8>,
    },
    /// Appends to the log, whose head is one less than the entry's place.
    Append(LogEntry),
    /// Adds a due item, where the head is one less than its place.
    DuePut {
        /// Its place.
        seq: u64,
        /// Not before.
        at: UnixMs,
        /// The body.
        body: Vec<u8>,
    },
    /// Takes a due item out, if it is there.
    DueDone {
        /// Its place.
        seq: u64,
    },
}

/// By how much an account's four counters move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountChange {
    /// Debits reserved.
    pub debits_pending: i64,
    /// Debits made.
    pub debits_posted: i64,
    /// Credits reserved.
    pub credits_pending: i64,
    /// Credits made.
    pub credits_posted: i64,
}

impl AccountChange {
    /// What a new transfer does to the account debited and to the account credited.
    pub const fn of_transfer(amount: Fen, pending: bool) -> [Self; 2] {
        let fen = amount.get();
        let none = Self { debits_pending: 0, debits_posted: 0, credits_pending: 0, credits_posted: 0 };
        if pending {
            [Self { debits_pending: fen, ..none }, Self { credits_pending: fen, ..none }]
        } else {
            [Self { debits_posted: fen, ..none }, Self { credits_posted: fen, ..none }]
        }
    }

    /// What a resolution of a pending transfer of this amount does to them.
    pub const fn of_resolution(amount: Fen, resolution: Resolution) -> [Self; 2] {
        let posted = match resolution {
            Resolution::Post(part) => part.get(),
            Resolution::Void => 0,
        };
        let released = -amount.get();
        let none = Self { debits_pending: 0, debits_posted: 0, credits_pending: 0, credits_posted: 0 };
        [
            Self { debits_pending: released, debits_posted: posted, ..none },
            Self { credits_pending: released, credits_posted: posted, ..none },
        ]
    }
}

impl Account {
    /// An account just opened.
    pub const fn opened(limit: AccountLimit) -> Self {
        Self {
            limit,
            debits_pending: Fen::ZERO,
            debits_posted: Fen::ZERO,
            credits_pending: Fen::ZERO,
            credits_posted: Fen::ZERO,
        }
    }

    /// The account after a change, if its limit and 64 bits allow it.
    ///
    /// # Errors
    /// [`StoreError::Bound`] naming which of the two was broken.
    pub fn changed(self, by: AccountChange) -> Result<Self, StoreError> {
        let add = |old: Fen, delta: i64| old.checked_add(Fen::new(delta)).ok_or(StoreError::Bound("account total"));
        let next = Self {
            limit: self.limit,
            debits_pending: add(self.debits_pending, by.debits_pending)?,
            debits_posted: add(self.debits_posted, by.debits_posted)?,
            credits_pending: add(self.credits_pending, by.credits_pending)?,
            credits_posted: add(self.credits_posted, by.credits_posted)?,
        };
        let within = |used: Fen, pending: Fen, funds: Fen| {
            used.checked_add(pending).is_some_and(|total| total.get() <= funds.get())
        };
        let holds = match self.limit {
            AccountLimit::None => true,
            AccountLimit::DebitsWithinCredits => within(next.debits_posted, next.debits_pending, next.credits_posted),
            AccountLimit::CreditsWithinDebits => within(next.credits_posted, next.credits_pending, next.debits_posted),
        };
        if holds { Ok(next) } else { Err(StoreError::Bound("account limit")) }
    }
}

impl AccountLimit {
    /// The small number that engines store.
    pub const fn number(self) -> i16 {
        match self {
            Self::None => 0,
            Self::DebitsWithinCredits => 1,
            Self::CreditsWithinDebits => 2,
        }
    }

    /// The limit of a stored number.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for any number [`Self::number`] does not give.
    pub fn from_number(number: i16) -> Result<Self, StoreError> {
        match number {
            0 => Ok(Self::None),
            1 => Ok(Self::DebitsWithinCredits),
            2 => Ok(Self::CreditsWithinDebits),
            _ => Err(StoreError::Corrupt("account limit".into())),
        }
    }
}

/// A transfer's resolution as the two small numbers engines store: 0 pending, 1 posted, 2 void; and the fen posted.
pub const fn resolution_numbers(resolution: Option<Resolution>) -> (i16, i64) {
    match resolution {
        None => (0, 0),
        Some(Resolution::Post(amount)) => (1, amount.get()),
        Some(Resolution::Void) => (2, 0),
    }
}

/// The resolution of two stored numbers.
///
/// # Errors
/// [`StoreError::Corrupt`] for numbers [`resolution_numbers`] does not give.
pub fn resolution_of(state: i16, posted_fen: i64) -> Result<Option<Resolution>, StoreError> {
    match state {
        0 => Ok(None),
        1 => Ok(Some(Resolution::Post(Fen::new(posted_fen)))),
        2 => Ok(Some(Resolution::Void)),
        _ => Err(StoreError::Corrupt("transfer state".into())),
    }
}

/// The bytes in which engines keep a record's index entries beside it: name and value, each behind its length.
pub fn entries_to_bytes(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in entries {
        for part in [name.as_bytes(), value.as_bytes()] {
            // Lengths were checked against limits far below 256 when the entry was made.
            bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(part);
        }
    }
    bytes
}

/// The entries of these bytes.
///
/// # Errors
/// [`StoreError::Corrupt`] when they are cut short or a name is not text.
pub fn entries_from_bytes(mut bytes: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let corrupt = || StoreError::Corrupt("index entries".into());
    let mut part = || -> Result<Option<&[u8]>, StoreError> {
        let Some((length, rest)) = bytes.split_first() else { return Ok(None) };
        let (part, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(corrupt)?;
        bytes = rest;
        Ok(Some(part))
    };
    let mut entries = Vec::new();
    while let Some(name) = part()? {
        let name = String::from_utf8(name.to_vec()).map_err(|_| corrupt())?;
        let value = part()?.ok_or_else(corrupt)?;
        entries.push((Cow::Owned(name), Key::new(value)));
    }
    Ok(entries)
}

/// An id read back from its stored 16 bytes.
///
/// # Errors
/// [`StoreError::Corrupt`] when they are not an id.
pub fn id_of(bytes: &[u8]) -> Result<Id, StoreError> {
    let corrupt = || StoreError::Corrupt("id".into());
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| corrupt())?;
    Id::from_bytes(bytes).map_err(|_| corrupt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_their_bytes() {
        let entries: Vec<Entry> = vec![("by_state".into(), Key::from("open")), ("by_venue".into(), Key::new(&[0; 64]))];
        assert_eq!(entries_from_bytes(&entries_to_bytes(&entries)).unwrap(), entries);
        let bytes = entries_to_bytes(&entries);
        assert!(entries_from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(entries_from_bytes(&[1, b'a']).is_err(), "a name without a value");
    }

    #[test]
    fn a_purse_never_owes() {
        let purse = Account { credits_posted: Fen::new(100), ..Account::opened(AccountLimit::DebitsWithinCredits) };
        let [debit, _] = AccountChange::of_transfer(Fen::new(60), true);
        let reserved = purse.changed(debit).unwrap();
        assert_eq!(reserved.changed(debit), Err(StoreError::Bound("account limit")));
        let [posted, _] = AccountChange::of_resolution(Fen::new(60), Resolution::Post(Fen::new(40)));
        let posted = reserved.changed(posted).unwrap();
        assert_eq!((posted.debits_pending, posted.debits_posted), (Fen::ZERO, Fen::new(40)));
        assert!(posted.changed(debit).is_ok(), "100 - 40 leaves 60");
    }
}
