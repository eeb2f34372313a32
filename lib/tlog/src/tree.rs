//! Hashes of leaves and nodes, and the frontier by which a log grows.

use alloc::vec::Vec;

use sm3::{Digest, Sm3};

/// A hash: SM3 (GB/T 32905), 32 bytes.
pub type Hash = [u8; 32];

/// The hash of a leaf (RFC 9162 section 2.1.1): H(0x00 ‖ data).
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut hash = Sm3::new();
    hash.update([0]);
    hash.update(data);
    hash.finalize().into()
}

/// The hash of a node: H(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sm3::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// A complete subtree: 2^level leaves, the `place`-th of that size from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// Its height.
    pub level: u8,
    /// Its place among subtrees of that height.
    pub place: u64,
}

/// The roots of the complete subtrees that a log of some size is made of, largest first: all that is needed to grow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// A frontier as it was kept. `None` when there are not as many roots as the size has bits set.
    pub fn new(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (u32::try_from(roots.len()) == Ok(size.count_ones())).then_some(Self { size, roots })
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots, largest subtree first.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Adds a leaf; tells every subtree that is complete with it, the leaf first.
    pub fn push(&mut self, leaf: Hash, mut complete: impl FnMut(Range, Hash)) {
        let mut range = Range { level: 0, place: self.size };
        let mut hash = leaf;
        complete(range, hash);
        while range.place & 1 == 1 {
            // An odd place means that its left sibling waits at the end of the frontier.
            let Some(left) = self.roots.pop() else { break };
            hash = node_hash(&left, &hash);
            range = Range { level: range.level + 1, place: range.place / 2 };
            complete(range, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the whole log; that of an empty one is H().
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(last) = roots.next() else { return Sm3::digest([]).into() };
        roots.fold(*last, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9162 section 2.1.1, word for word.
    pub(crate) fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sm3::digest([]).into(),
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&by_definition(left), &by_definition(right))
            }
        }
    }

    #[test]
    fn a_frontier_gives_the_roots_of_the_definition() {
        let mut frontier = Frontier::default();
        let mut leaves = Vec::new();
        assert_eq!(frontier.root(), by_definition(&leaves));
        for number in 0..200_u32 {
            let leaf = leaf_hash(&number.to_be_bytes());
            leaves.push(leaf);
            let mut first = None;
            frontier.push(leaf, |range, _| first = first.or(Some(range)));
            assert_eq!(first, Some(Range { level: 0, place: u64::from(number) }));
            assert_eq!(frontier.root(), by_definition(&leaves), "{number}");
            let kept = Frontier::new(frontier.size(), frontier.roots().to_vec());
            assert_eq!(kept.as_ref(), Some(&frontier));
        }
        assert!(Frontier::new(3, Vec::new()).is_none());
    }
}
