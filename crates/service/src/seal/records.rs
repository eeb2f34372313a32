//! The tree as it is stored: a head, cursors per bucket, where each entry's leaf stands, and tiles of hashes.

use serde::{Deserialize, Serialize};
use tongma_domain::{Bucket, UnixMs};
use tongma_store::{Key, Stored};
use tongma_tlog::{Frontier, Hash};

use crate::vault::{hex, unhex};

/// The newest state of the tree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HeadRecord {
    /// How many leaves.
    pub size: u64,
    /// The frontier's roots, hexadecimal, largest subtree first.
    pub roots: Vec<String>,
    /// The signed checkpoint.
    pub note: String,
    /// When it was signed.
    pub at: UnixMs,
    /// The bucket that the next turn begins with.
    pub next_bucket: u16,
}

impl Stored for HeadRecord {
    const KIND: &'static str = "seal_head";
}

impl HeadRecord {
    /// The frontier, if it is one.
    pub fn frontier(&self) -> Option<Frontier> {
        let roots: Option<Vec<Hash>> = self.roots.iter().map(|root| unhex(root)?.try_into().ok()).collect();
        Frontier::new(self.size, roots?)
    }

    /// Keeps a frontier.
    pub fn keep(&mut self, frontier: &Frontier) {
        self.size = frontier.size();
        self.roots = frontier.roots().iter().map(|root| hex(root)).collect();
    }
}

/// How far a bucket is sealed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct CursorRecord {
    /// Its entries up to and with this one are leaves.
    pub sealed: u64,
}

impl Stored for CursorRecord {
    const KIND: &'static str = "seal_cursor";
}

/// Entries that follow each other in their bucket and in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The first entry.
    pub seq: u64,
    /// How many.
    pub count: u64,
    /// The first one's place among the leaves.
    pub index: u64,
}

impl Run {
    /// Whether an entry at a place continues this run, on the same page.
    pub const fn takes(&self, seq: u64, index: u64) -> bool {
        self.seq + self.count == seq && self.index + self.count == index && page_of(self.seq) == page_of(seq)
    }
}

/// Where the leaves of [`PAGE`] entries of a bucket stand.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PlaceRecord {
    /// In order, without overlaps.
    pub runs: Vec<Run>,
}

impl Stored for PlaceRecord {
    const KIND: &'static str = "seal_place";
}

impl PlaceRecord {
    /// Adds a run behind the others.
    pub fn add(&mut self, run: Run) {
        match self.runs.last_mut() {
            Some(last) if last.takes(run.seq, run.index) => last.count += run.count,
            _ => self.runs.push(run),
        }
    }

    /// The place of an entry's leaf.
    pub fn index_of(&self, seq: u64) -> Option<u64> {
        let run = self.runs.iter().find(|run| run.seq <= seq && seq < run.seq + run.count)?;
        Some(run.index + (seq - run.seq))
    }
}

/// Entries a page of places covers.
const PAGE: u64 = 256;

/// The page of an entry.
pub const fn page_of(seq: u64) -> u64 {
    seq / PAGE
}

/// 256 hashes of one level of the tree, in order: level 0 are the leaves, level 1 the roots of 256 of them, and so on
/// (the shape of C2SP `tlog-tiles`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TileRecord {
    /// Hexadecimal, one behind the other.
    pub hashes: String,
}

impl Stored for TileRecord {
    const KIND: &'static str = "seal_tile";
}

pub fn head_key() -> Key {
    Key::from("head")
}

pub fn cursor_key(bucket: Bucket) -> Key {
    Key::new(&bucket.number().to_be_bytes())
}

pub fn place_key(bucket: Bucket, page: u64) -> Key {
    Key::new(&[&bucket.number().to_be_bytes()[..], &page.to_be_bytes()].concat())
}

pub fn tile_key(level: u8, number: u64) -> Key {
    Key::new(&[&[level][..], &number.to_be_bytes()].concat())
}
