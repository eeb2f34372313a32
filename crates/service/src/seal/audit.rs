//! The audit: every row of every log against the tree, the tree against its checkpoint.

use std::collections::BTreeMap;

use serde::Serialize;
use tongma_code::sign::PublicKey;
use tongma_domain::{Bucket, Refusal};
use tongma_store::{MOST_PAGE, load};
use tongma_tlog::{Frontier, Hash, Note, Range, VerifierKey};

use super::records::{PlaceRecord, Run, page_of, place_key};
use super::tiles::Tiles;
use super::{HOME, sealed_through};
use crate::platform::{Platform, store_refusal};

/// What is wrong with an entry, or with the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The row is not the one that was sealed.
    Changed,
    /// The row was sealed and is gone.
    Removed,
    /// The bucket's log has a hole in front of this entry, or an entry it cannot have.
    Gap,
    /// The entry counts as sealed, and no leaf is noted for it.
    Unplaced,
    /// The leaves do not lead to the root.
    Root,
    /// The newest checkpoint is not signed by this log's key.
    Signature,
    /// The tree does not begin with the tree of a checkpoint that was kept elsewhere.
    History,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// In which bucket; 0 for faults of the tree.
    pub bucket: u16,
    /// At which entry; 0 for faults of the tree.
    pub entry: u64,
    /// What.
    pub kind: FaultKind,
}

/// What an audit found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Audit {
    /// Rows compared.
    pub rows: u64,
    /// Leaves of the tree.
    pub leaves: u64,
    /// Rows that no checkpoint covers yet.
    pub unsealed: u64,
    /// The root, hexadecimal.
    pub root: String,
    /// The faults, the first [`MOST_FAULTS`] of them.
    pub faults: Vec<Fault>,
    /// How many there are in all.
    pub fault_count: u64,
}

/// The most faults that are listed one by one.
pub const MOST_FAULTS: usize = 1000;

impl Audit {
    fn fault(&mut self, bucket: Bucket, entry: u64, kind: FaultKind) {
        self.fault_count += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault { bucket: bucket.number(), entry, kind });
        }
    }
}

impl Platform {
    /// Compares every row with its leaf, the leaves with the root, the root with the signed checkpoint, and all with
    /// checkpoints that were kept elsewhere. Reads only.
    ///
    /// # Errors
    /// The store's refusal; what is found wrong is no error but a fault.
    pub fn audit(&self, kept: &[String]) -> Result<Audit, Refusal> {
        let mut audit = Audit::default();
        let (_, head) = self.seal_head()?;
        audit.leaves = head.size;
        let mut seen = vec![false; usize::try_from(head.size).unwrap_or(0)];
        for bucket in self.store.buckets().map_err(|error| store_refusal(&error))? {
            self.audit_bucket(&mut audit, bucket, &mut seen)?;
        }
        if let Some(place) = seen.iter().position(|seen| !seen) {
            // A leaf that no row stands for: its bucket's rows and cursor are gone together.
            audit.fault(HOME, u64::try_from(place).unwrap_or(0), FaultKind::Removed);
        }
        self.audit_tree(&mut audit, &head.note, head.size, kept)?;
        Ok(audit)
    }

    fn audit_bucket(&self, audit: &mut Audit, bucket: Bucket, seen: &mut [bool]) -> Result<(), Refusal> {
        let sealed = self.read(HOME, |txn| sealed_through(txn, bucket))?;
        let mut expected = 1;
        loop {
            let entries = self.store.log_of(bucket, expected - 1, MOST_PAGE).map_err(|error| store_refusal(&error))?;
            if entries.is_empty() {
                break;
            }
            let leaves = self.leaves_between(bucket, expected, entries.last().map_or(expected, |entry| entry.seq))?;
            for entry in entries {
                while expected < entry.seq {
                    let kind = if expected <= sealed { FaultKind::Removed } else { FaultKind::Gap };
                    mark(seen, leaves.get(&expected));
                    audit.fault(bucket, expected, kind);
                    expected += 1;
                }
                expected = entry.seq + 1;
                audit.rows += 1;
                if entry.seq > sealed {
                    audit.unsealed += 1;
                    continue;
                }
                match leaves.get(&entry.seq) {
                    None => audit.fault(bucket, entry.seq, FaultKind::Unplaced),
                    Some((_, Some(kept))) if *kept == self.leaf_of(bucket, &entry) => {}
                    Some(_) => audit.fault(bucket, entry.seq, FaultKind::Changed),
                }
                mark(seen, leaves.get(&entry.seq));
            }
        }
        if expected <= sealed {
            let leaves = self.leaves_between(bucket, expected, sealed)?;
            for entry in expected..=sealed {
                mark(seen, leaves.get(&entry));
                audit.fault(bucket, entry, FaultKind::Removed);
            }
        }
        Ok(())
    }

    /// The leaves of a bucket's entries from one to another: place and kept hash, by entry.
    fn leaves_between(
        &self,
        bucket: Bucket,
        from: u64,
        to: u64,
    ) -> Result<BTreeMap<u64, (u64, Option<Hash>)>, Refusal> {
        self.read(HOME, |txn| {
            let mut runs: Vec<Run> = Vec::new();
            for page in page_of(from)..=page_of(to) {
                runs.extend(
                    load::<PlaceRecord>(txn, place_key(bucket, page))?.map(|held| held.value.runs).unwrap_or_default(),
                );
            }
            let mut tiles = Tiles::new(txn);
            let mut leaves = BTreeMap::new();
            for run in runs {
                for step in (0..run.count).filter(|step| (from..=to).contains(&(run.seq + step))) {
                    let place = run.index + step;
                    leaves.insert(run.seq + step, (place, tiles.hash(Range { level: 0, place })?));
                }
            }
            Ok(leaves)
        })
    }

    /// The root from the leaves up, against the checkpoint and those kept elsewhere.
    fn audit_tree(&self, audit: &mut Audit, note: &str, size: u64, kept: &[String]) -> Result<(), Refusal> {
        let key = self.log_key();
        let elsewhere: Vec<Option<Note>> = kept.iter().map(|text| checked(text, &key)).collect();
        let mut roots: BTreeMap<u64, Hash> = BTreeMap::new();
        let wanted: Vec<u64> = elsewhere.iter().flatten().map(|note| note.checkpoint.size).collect();
        let frontier = self.read(HOME, |txn| {
            let mut tiles = Tiles::new(txn);
            let mut frontier = Frontier::default();
            for place in 0..size {
                if wanted.contains(&place) {
                    roots.insert(place, frontier.root());
                }
                let Some(leaf) = tiles.hash(Range { level: 0, place })? else { break };
                frontier.push(leaf, |_, _| {});
            }
            roots.insert(frontier.size(), frontier.root());
            Ok(frontier)
        })?;
        audit.root = crate::vault::hex(&frontier.root());
        match checked(note, &key) {
            None if note.is_empty() && size == 0 => {}
            None => audit.fault(HOME, 0, FaultKind::Signature),
            Some(note) if note.checkpoint.size == size && roots.get(&size) == Some(&note.checkpoint.root) => {}
            Some(_) => audit.fault(HOME, 0, FaultKind::Root),
        }
        for note in elsewhere {
            let holds = note.is_some_and(|note| roots.get(&note.checkpoint.size) == Some(&note.checkpoint.root));
            if !holds {
                audit.fault(HOME, 0, FaultKind::History);
            }
        }
        Ok(())
    }
}

fn mark(seen: &mut [bool], leaf: Option<&(u64, Option<Hash>)>) {
    if let Some(seen) = leaf.and_then(|(place, _)| seen.get_mut(usize::try_from(*place).ok()?)) {
        *seen = true;
    }
}

/// A note whose signature is good.
fn checked(text: &str, key: &VerifierKey) -> Option<Note> {
    let note = Note::parse(text, key).ok()?;
    let verifier = tongma_verify::key::VerifyingKey::plain(&PublicKey::Sm2(key.key))?;
    verifier.verify(&note.checkpoint.message(), &note.signature).then_some(note)
}
