//! What anyone, or the person a line is about, may ask of the tree.

use serde::Serialize;
use tongma_domain::{Refusal, Text};
use tongma_store::{Key, load};
use tongma_tlog::{Range, consistency_ranges, inclusion_ranges};

use super::records::{PlaceRecord, page_of, place_key};
use super::tiles::Tiles;
use super::{HOME, broken};
use crate::platform::Platform;
use crate::sessions::Citizen;
use crate::vault::hex;
use crate::views::Receipt;

/// A receipt with everything needed to check it without a network.
#[derive(Debug, Clone, Serialize)]
pub struct Proved {
    /// The receipt; its text names the leaf.
    pub receipt: Receipt,
    /// The leaf's hash, hexadecimal.
    pub leaf: String,
    /// Its place in the tree.
    pub index: u64,
    /// The tree's size at the checkpoint.
    pub size: u64,
    /// The inclusion proof, from the leaf up, hexadecimal.
    pub path: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The key that signed it, as `signed-note` writes keys.
    pub key: String,
}

impl Platform {
    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// `log.unsealed` before the first.
    pub fn checkpoint(&self) -> Result<String, Refusal> {
        let (_, head) = self.seal_head()?;
        if head.note.is_empty() { Err(unsealed()) } else { Ok(head.note) }
    }

    /// The consistency proof between two sizes, hexadecimal.
    ///
    /// # Errors
    /// `log.size` when the tree was never of one of these sizes.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<String>, Refusal> {
        let (_, head) = self.seal_head()?;
        let nodes = consistency_ranges(from, to).filter(|_| to <= head.size).ok_or_else(no_such_size)?;
        self.hashes(&nodes)
    }

    /// The hash and the inclusion proof of the leaf at a place, hexadecimal.
    ///
    /// # Errors
    /// `log.size` when there is no such leaf at that size.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<(String, Vec<String>), Refusal> {
        let (_, head) = self.seal_head()?;
        let nodes = inclusion_ranges(index, size).filter(|_| size <= head.size).ok_or_else(no_such_size)?;
        let leaf = self.hashes(&[vec![Range { level: 0, place: index }]])?;
        Ok((leaf.into_iter().next().ok_or_else(broken)?, self.hashes(&nodes)?))
    }

    fn hashes(&self, nodes: &[Vec<Range>]) -> Result<Vec<String>, Refusal> {
        let path = self.read(HOME, |txn| Tiles::new(txn).path(nodes))?.ok_or_else(broken)?;
        Ok(path.iter().map(|hash| hex(hash)).collect())
    }

    /// The receipt of a line of the citizen's own log, with its proof.
    ///
    /// # Errors
    /// `log.unknown` for a line that is not theirs, `log.unsealed` for one that no checkpoint covers yet.
    pub fn proved(&self, citizen: &Citizen, number: u64) -> Result<Proved, Refusal> {
        let person = citizen.person;
        let before = number.checked_add(1);
        let page = self.read(person.bucket(), |txn| Ok(txn.log(&Key::from(person), before, 1)?))?;
        let entry = page.items.into_iter().find(|entry| entry.seq == number).ok_or_else(unknown)?;
        let leaf = hex(&self.leaf_of(person.bucket(), &entry));
        let key = place_key(person.bucket(), page_of(number));
        let place = self.read(HOME, |txn| Ok(load::<PlaceRecord>(txn, key.clone())?.map(|held| held.value)))?;
        let index = place.and_then(|place| place.index_of(number)).ok_or_else(unsealed)?;
        let (_, head) = self.seal_head()?;
        let (kept, path) = self.inclusion(index, head.size)?;
        if kept != leaf {
            // The row is not the one that was sealed: nobody gets a proof of it, and the audit will say so.
            return Err(broken());
        }
        let receipt = self.receipt_of_entry(person, &entry).ok_or_else(unknown)?;
        Ok(Proved { receipt, leaf, index, size: head.size, path, checkpoint: head.note, key: self.log_key().to_text() })
    }
}

fn unknown() -> Refusal {
    Refusal::missing(
        "log.unknown",
        Text::new("您的记录里没有这一条", "There is no such line in your log"),
        Text::new("请刷新记录", "Refresh the log"),
    )
}

fn unsealed() -> Refusal {
    Refusal::conflict(
        "log.unsealed",
        Text::new("这一条还没有封存", "This line is not sealed yet"),
        Text::new("请过一分钟再试", "Try again in a minute"),
    )
    .asking()
}

fn no_such_size() -> Refusal {
    Refusal::invalid(
        "log.size",
        Text::new("日志没有过这个大小", "The log was never of this size"),
        Text::new("请核对检查点里的数字", "Check the number in the checkpoint"),
    )
}
