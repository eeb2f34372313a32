//! What is odd and has an owner: codes seen at two places, counters with holes, passkeys that may have been copied.

use serde::{Deserialize, Serialize};
use tongma_domain::{Bucket, Id, Refusal, UnixMs, Words};
use tongma_store::{Claimed, Key, OnceClaim, decode, encode, load};

use crate::platform::Platform;
use crate::records::HandoverRecord;
use crate::staff::{Office, Staff};

/// Under what oddities are listed in the log of the directory's bucket.
const SUBJECT: &str = "oddities";
/// How long the row lives that keeps one oddity from being written twice: longer than any hand-over is retried.
const ROW_DAYS: i64 = 30;
/// The most entries read of one bucket at a time.
const AT_ONCE: usize = 500;

/// Something odd.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Oddity {
    /// A stable code: `code.two_places`.
    pub code: String,
    /// At which point.
    pub point: Option<Id>,
    /// In words, without a person's data.
    pub text: Words,
}

/// A point whose offline counter has holes: what it decided there has not been handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holes {
    /// The point.
    pub point: Id,
    /// Closed ranges of counters that are missing.
    pub missing: Vec<(u64, u64)>,
}

impl Platform {
    /// Notes something odd, once for each `key`. What cannot be noted must not stop what was being done.
    pub(crate) async fn note_oddity(&self, key: &[&[u8]], oddity: Oddity) {
        let now = self.now();
        let claim = OnceClaim {
            key: Key::of(&[b"oddity", Id::derived(key).as_bytes()]),
            rank: 0,
            claimant: [0; 32],
            answer: Vec::new(),
            keep_until: now.plus_days(ROW_DAYS),
        };
        let noted = self.run(Bucket::DIRECTORY, move |txn| {
            if txn.claim(&claim)? == Claimed::Fresh {
                txn.append(&Key::from(SUBJECT), now, encode(&oddity)?)?;
            }
            Ok(())
        });
        // The log is a witness, not a gate: a full disk is told by everything else that fails with it.
        let _ = noted.await;
    }

    /// Oddities, newest first.
    ///
    /// # Errors
    /// `staff.office`, or the store's refusal.
    pub fn oddities(&self, staff: &Staff) -> Result<Vec<(UnixMs, Oddity)>, Refusal> {
        staff.must_hold(Office::Audit)?;
        let page = self.read(Bucket::DIRECTORY, |txn| Ok(txn.log(&Key::from(SUBJECT), None, AT_ONCE)?))?;
        Ok(page.items.into_iter().filter_map(|entry| Some((entry.at, decode(&entry.body).ok()?))).collect())
    }

    /// Points with holes in what they handed over.
    ///
    /// # Errors
    /// `staff.office`, or the store's refusal.
    pub fn holes(&self, staff: &Staff) -> Result<Vec<Holes>, Refusal> {
        staff.must_hold(Office::Audit)?;
        let mut found = Vec::new();
        for record in self.directory().points() {
            let point = record.point.id;
            let ranges = self.read(point.bucket(), |txn| {
                Ok(load::<HandoverRecord>(txn, point)?.map(|held| held.value.ranges).unwrap_or_default())
            })?;
            let missing = holes_of(&ranges);
            if !missing.is_empty() {
                found.push(Holes { point, missing });
            }
        }
        Ok(found)
    }
}

/// The gaps before and between sorted closed ranges of counters from 1.
fn holes_of(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut next = 1;
    let mut missing = Vec::new();
    for (first, last) in ranges {
        if *first > next {
            missing.push((next, first - 1));
        }
        next = last.saturating_add(1);
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_what_lies_between() {
        assert_eq!(holes_of(&[]), []);
        assert_eq!(holes_of(&[(1, 9)]), []);
        assert_eq!(holes_of(&[(3, 4), (6, 6), (9, 10)]), [(1, 2), (5, 5), (7, 8)]);
    }
}
