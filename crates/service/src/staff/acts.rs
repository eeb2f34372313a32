//! Everything staff did, in one list that only grows.

use serde::{Deserialize, Serialize};
use tongma_domain::{Bucket, Id, Refusal, UnixMs, Words};
use tongma_store::{Key, StoreError, Txn, decode, encode};

use super::{Office, Staff};
use crate::platform::Platform;

/// Under what the acts are listed in the log of the directory's bucket.
const SUBJECT: &str = "staff acts";

/// What was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Act {
    /// By whom.
    pub staff: Id,
    /// The name at that time.
    pub name: String,
    /// The office held.
    pub office: Office,
    /// A stable code: `venue.suspended`.
    pub act: String,
    /// In words; never a person's data.
    pub text: Words,
}

/// An act with its place in the log.
#[derive(Debug, Clone)]
pub struct ActEntry {
    /// Its place in the log of the directory's bucket.
    pub seq: u64,
    /// When.
    pub at: UnixMs,
    /// What.
    pub act: Act,
}

/// Writes an act, in a transaction of the directory's bucket.
pub(crate) fn write_act(
    txn: &mut dyn Txn,
    at: UnixMs,
    staff: &Staff,
    act: &str,
    text: Words,
) -> Result<(), StoreError> {
    let act = Act { staff: staff.id, name: staff.name.clone(), office: staff.office, act: act.to_owned(), text };
    txn.append(&Key::from(SUBJECT), at, encode(&act)?).map(drop)
}

impl Platform {
    /// Writes an act that has no other transaction in the directory's bucket.
    ///
    /// # Errors
    /// The store's refusal; what was about to be done must then not be done.
    pub(crate) async fn note_act(&self, staff: &Staff, act: &'static str, text: Words) -> Result<(), Refusal> {
        let (staff, now) = (staff.clone(), self.now());
        self.run(Bucket::DIRECTORY, move |txn| Ok(write_act(txn, now, &staff, act, text.clone())?)).await
    }

    /// A list left the platform as a file.
    ///
    /// # Errors
    /// The store's refusal; the file must then not leave.
    pub async fn note_export(&self, staff: &Staff, list: &str, rows: usize) -> Result<(), Refusal> {
        let text = Words::new(format!("导出表格 {list}，{rows} 行"), format!("Exported the list {list}, {rows} rows"));
        self.note_act(staff, "list.exported", text).await
    }

    /// Acts, newest first, before a place. Only the audit office reads them.
    ///
    /// # Errors
    /// `staff.office`, or the store's refusal.
    pub fn acts(&self, staff: &Staff, before: Option<u64>, limit: usize) -> Result<(Vec<ActEntry>, bool), Refusal> {
        staff.must_hold(Office::Audit)?;
        let page =
            self.read(Bucket::DIRECTORY, |txn| Ok(txn.log(&Key::from(SUBJECT), before, limit.clamp(1, 500))?))?;
        let entries = page.items.into_iter().filter_map(|entry| {
            decode::<Act>(&entry.body).ok().map(|act| ActEntry { seq: entry.seq, at: entry.at, act })
        });
        Ok((entries.collect(), page.more))
    }
}
