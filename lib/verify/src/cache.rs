//! Signatures already found good. The key is all of bytes 0–89 and the anchor; the value says "signature good" and
//! nothing else, so time, replay and deny list run every time and a verdict never depends on history.

use alloc::{boxed::Box, vec};

use tongma_code::limits::{CHAIN_BYTES, SIGNED_BYTES};

const KEY_BYTES: usize = SIGNED_BYTES + CHAIN_BYTES;
/// Places an entry may lie in.
const WAYS: usize = 4;

/// A bounded set, allocated once.
pub struct SignatureCache {
    sets: Box<[Set]>,
    /// The key list the entries were judged by.
    keyring: [u8; 32],
}

#[derive(Clone, Copy)]
struct Set {
    entries: [Option<[u8; KEY_BYTES]>; WAYS],
    next: u8,
}

const EMPTY: Set = Set { entries: [None; WAYS], next: 0 };

/// What an entry is found by.
#[derive(Clone, Copy)]
pub(crate) struct CacheKey([u8; KEY_BYTES]);

impl CacheKey {
    pub(crate) fn new(signed: &[u8; SIGNED_BYTES], anchor: &[u8; CHAIN_BYTES]) -> Self {
        let mut key = [0; KEY_BYTES];
        key[..SIGNED_BYTES].copy_from_slice(signed);
        key[SIGNED_BYTES..].copy_from_slice(anchor);
        Self(key)
    }
}

impl SignatureCache {
    /// A cache of at least this many entries of about 100 bytes; 0 caches nothing.
    pub fn new(entries: usize) -> Self {
        let sets = if entries == 0 { 0 } else { entries.div_ceil(WAYS).next_power_of_two() };
        Self { sets: vec![EMPTY; sets].into_boxed_slice(), keyring: [0; 32] }
    }

    /// Forgets everything unless the entries were judged by this key list.
    pub(crate) fn keep_for(&mut self, keyring: &[u8; 32]) {
        if self.keyring != *keyring {
            self.sets.fill(EMPTY);
            self.keyring = *keyring;
        }
    }

    fn set(&mut self, key: &CacheKey) -> Option<&mut Set> {
        // Only good signatures are stored and the anchor is a hash, so its bytes spread well enough by themselves.
        let [.., a, b, c, d] = key.0;
        let mask = self.sets.len().wrapping_sub(1);
        let at = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(0) & mask;
        self.sets.get_mut(at)
    }

    pub(crate) fn holds(&mut self, key: &CacheKey) -> bool {
        self.set(key).is_some_and(|set| set.entries.iter().flatten().any(|entry| *entry == key.0))
    }

    pub(crate) fn insert(&mut self, key: &CacheKey) {
        if let Some(set) = self.set(key) {
            let at = usize::from(set.next) % WAYS;
            if let Some(entry) = set.entries.get_mut(at) {
                *entry = Some(key.0);
            }
            set.next = set.next.wrapping_add(1);
        }
    }

    /// How many signatures it remembers.
    pub fn len(&self) -> usize {
        self.sets.iter().map(|set| set.entries.iter().flatten().count()).sum()
    }

    /// Whether it remembers none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
