//! Tiles: how a grown tree is written, and how any complete subtree's hash is read back.

use std::collections::BTreeMap;

use tongma_capability::Stop;
use tongma_store::{StoreError, Txn, load, upsert};
use tongma_tlog::{Frontier, Hash, Range, node_hash};

use super::records::{TileRecord, tile_key};
use crate::vault::{hex, unhex};

/// Levels a tile spans.
const HEIGHT: u8 = 8;
/// Hashes of a tile.
const WIDTH: u64 = 1 << HEIGHT;
/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;

/// A tree that has grown, and the hashes that are to be kept of it.
pub struct Grown {
    pub frontier: Frontier,
    fresh: BTreeMap<(u8, u64), Vec<(u64, Hash)>>,
}

impl Grown {
    pub const fn new(frontier: Frontier) -> Self {
        Self { frontier, fresh: BTreeMap::new() }
    }

    /// Adds a leaf; gives its place.
    pub fn push(&mut self, leaf: Hash) -> u64 {
        let index = self.frontier.size();
        let fresh = &mut self.fresh;
        self.frontier.push(leaf, |range, hash| {
            if range.level % HEIGHT == 0 {
                let tile = (range.level / HEIGHT, range.place / WIDTH);
                fresh.entry(tile).or_default().push((range.place % WIDTH, hash));
            }
        });
        index
    }

    /// Writes the new hashes behind those that are there.
    pub fn write(&self, txn: &mut dyn Txn) -> Result<(), Stop> {
        for ((level, number), hashes) in &self.fresh {
            let key = tile_key(*level, *number);
            let mut tile = load::<TileRecord>(txn, key.clone())?.map(|held| held.value).unwrap_or_default();
            for (place, hash) in hashes {
                if usize::try_from(*place).ok().map(|place| place * DIGITS) != Some(tile.hashes.len()) {
                    return Err(Stop::Store(StoreError::Corrupt("a tile of the sealed log".into())));
                }
                tile.hashes.push_str(&hex(hash));
            }
            upsert(txn, key, &tile)?;
        }
        Ok(())
    }
}

/// Reads hashes of the tree; keeps the tiles it has read.
pub struct Tiles<'a> {
    txn: &'a mut dyn Txn,
    known: BTreeMap<(u8, u64), Vec<Hash>>,
}

impl<'a> Tiles<'a> {
    pub const fn new(txn: &'a mut dyn Txn) -> Self {
        Self { txn, known: BTreeMap::new() }
    }

    /// The hashes of a tile.
    fn tile(&mut self, level: u8, number: u64) -> Result<&[Hash], Stop> {
        if !self.known.contains_key(&(level, number)) {
            let tile = load::<TileRecord>(self.txn, tile_key(level, number))?.map(|held| held.value);
            let bytes = unhex(&tile.unwrap_or_default().hashes).unwrap_or_default();
            let (hashes, _) = bytes.as_chunks::<32>();
            self.known.insert((level, number), hashes.to_vec());
        }
        Ok(self.known.get(&(level, number)).map(Vec::as_slice).unwrap_or_default())
    }

    /// The hash of a complete subtree; `None` when the tree has not grown that far or its tiles are not there.
    pub fn hash(&mut self, range: Range) -> Result<Option<Hash>, Stop> {
        let (level, above) = (range.level / HEIGHT, range.level % HEIGHT);
        let first = range.place << above;
        let hashes = self.tile(level, first / WIDTH)?;
        let (from, count) = (usize::try_from(first % WIDTH).unwrap_or(usize::MAX), 1_usize << above);
        let Some(mut row) = hashes.get(from..from.saturating_add(count)).map(<[Hash]>::to_vec) else { return Ok(None) };
        while row.len() > 1 {
            row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        Ok(row.first().copied())
    }

    /// The nodes of a proof, each folded from its subtrees.
    pub fn path(&mut self, nodes: &[Vec<Range>]) -> Result<Option<Vec<Hash>>, Stop> {
        let mut path = Vec::with_capacity(nodes.len());
        for ranges in nodes {
            let mut folded: Option<Hash> = None;
            for range in ranges.iter().rev() {
                let Some(left) = self.hash(*range)? else { return Ok(None) };
                folded = Some(folded.map_or(left, |right| node_hash(&left, &right)));
            }
            path.extend(folded);
        }
        Ok(Some(path))
    }
}
