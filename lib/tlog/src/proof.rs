//! Inclusion and consistency: which subtrees a proof consists of, and what it proves.

use alloc::vec::Vec;

use crate::tree::{Hash, Range, node_hash};

/// A proof that proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofError;

/// The subtrees that [begin, end) of a log is made of, largest first.
fn split(begin: u64, end: u64, out: &mut Vec<Range>) {
    let mut begin = begin;
    while begin < end {
        let aligned = if begin == 0 { u32::MAX } else { begin.trailing_zeros() };
        let fitting = u64::BITS - 1 - (end - begin).leading_zeros();
        let level = aligned.min(fitting);
        out.push(Range { level: u8::try_from(level).unwrap_or(u8::MAX), place: begin >> level });
        begin += 1 << level;
    }
}

/// The largest power of two below a size of two or more.
const fn half(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The nodes of an inclusion proof (RFC 9162 section 2.1.3.1), from the leaf up; each is the list of complete subtrees
/// that it hashes, largest first. `None` when there is no such leaf.
pub fn inclusion_ranges(index: u64, size: u64) -> Option<Vec<Vec<Range>>> {
    if index >= size {
        return None;
    }
    let mut nodes = Vec::new();
    let (mut begin, mut end) = (0, size);
    while end - begin > 1 {
        let middle = begin + half(end - begin);
        let mut node = Vec::new();
        if index < middle {
            split(middle, end, &mut node);
            end = middle;
        } else {
            split(begin, middle, &mut node);
            begin = middle;
        }
        nodes.push(node);
    }
    nodes.reverse();
    Some(nodes)
}

/// The nodes of a consistency proof from one size to a later one (RFC 9162 section 2.1.4.1). `None` unless 0 < from ≤ to.
pub fn consistency_ranges(from: u64, to: u64) -> Option<Vec<Vec<Range>>> {
    if from == 0 || from > to {
        return None;
    }
    let mut nodes = Vec::new();
    let (mut begin, mut end, mut known) = (0, to, true);
    while end != from {
        let middle = begin + half(end - begin);
        let mut node = Vec::new();
        if from <= middle {
            split(middle, end, &mut node);
            end = middle;
        } else {
            split(begin, middle, &mut node);
            begin = middle;
            known = false;
        }
        nodes.push(node);
    }
    if !known {
        let mut node = Vec::new();
        split(begin, end, &mut node);
        nodes.push(node);
    }
    nodes.reverse();
    Some(nodes)
}

/// The root that a leaf and its path lead to (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// [`ProofError`] when the path has not the length that index and size call for.
pub fn root_of_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError);
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return Err(ProofError);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(step, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(hash) } else { Err(ProofError) }
}

/// Checks that a leaf stands at a place of the log with this root.
///
/// # Errors
/// [`ProofError`] when it does not.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if root_of_inclusion(leaf, index, size, path)? == *root { Ok(()) } else { Err(ProofError) }
}

/// Checks that the log of the later root begins with the log of the earlier one (RFC 9162 section 2.1.4.2).
///
/// # Errors
/// [`ProofError`] when it does not.
pub fn verify_consistency(from: (u64, &Hash), to: (u64, &Hash), path: &[Hash]) -> Result<(), ProofError> {
    let ((first, first_root), (second, second_root)) = (from, to);
    if first == 0 || first > second {
        return Err(ProofError);
    }
    if first == second {
        return if path.is_empty() && first_root == second_root { Ok(()) } else { Err(ProofError) };
    }
    let mut steps = path.iter();
    let begin = if first.is_power_of_two() { first_root } else { steps.next().ok_or(ProofError)? };
    let shift = (first - 1).trailing_ones();
    let (mut node, mut last) = ((first - 1) >> shift, (second - 1) >> shift);
    let (mut earlier, mut later) = (*begin, *begin);
    for step in steps {
        if last == 0 {
            return Err(ProofError);
        }
        if node & 1 == 1 || node == last {
            earlier = node_hash(step, &earlier);
            later = node_hash(step, &later);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            later = node_hash(&later, step);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && earlier == *first_root && later == *second_root { Ok(()) } else { Err(ProofError) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Frontier, leaf_hash};
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    struct Log {
        nodes: BTreeMap<Range, Hash>,
        roots: Vec<Hash>,
    }

    fn log(size: u64) -> Log {
        let mut frontier = Frontier::default();
        let mut log = Log { nodes: BTreeMap::new(), roots: alloc::vec![frontier.root()] };
        for number in 0..size {
            frontier.push(leaf_hash(&number.to_be_bytes()), |range, hash| {
                log.nodes.insert(range, hash);
            });
            log.roots.push(frontier.root());
        }
        log
    }

    impl Log {
        fn path(&self, nodes: Vec<Vec<Range>>) -> Vec<Hash> {
            let node = |ranges: Vec<Range>| {
                let mut hashes = ranges.iter().rev().map(|range| self.nodes[range]);
                let last = hashes.next().unwrap();
                hashes.fold(last, |right, left| node_hash(&left, &right))
            };
            nodes.into_iter().map(node).collect()
        }
        fn root(&self, size: u64) -> &Hash {
            &self.roots[usize::try_from(size).unwrap()]
        }
    }

    #[test]
    fn every_leaf_of_every_small_log_is_proved_and_nothing_else() {
        const MOST: u64 = 40;
        let log = log(MOST);
        for size in 1..=MOST {
            for index in 0..size {
                let path = log.path(inclusion_ranges(index, size).unwrap());
                let leaf = leaf_hash(&index.to_be_bytes());
                assert_eq!(verify_inclusion(&leaf, index, size, &path, log.root(size)), Ok(()), "{index} of {size}");
                let other = leaf_hash(&(index + 1).to_be_bytes());
                assert_eq!(verify_inclusion(&other, index, size, &path, log.root(size)), Err(ProofError));
                if size > 1 {
                    assert!(verify_inclusion(&leaf, (index + 1) % size, size, &path, log.root(size)).is_err());
                    assert!(verify_inclusion(&leaf, index, size, &path[1..], log.root(size)).is_err());
                }
                let longer = [path.as_slice(), &[leaf]].concat();
                assert!(verify_inclusion(&leaf, index, size, &longer, log.root(size)).is_err());
            }
            assert!(inclusion_ranges(size, size).is_none());
        }
    }

    #[test]
    fn every_small_log_begins_with_every_smaller_one_and_with_no_other() {
        const MOST: u64 = 40;
        let log = log(MOST);
        for to in 1..=MOST {
            for from in 1..=to {
                let path = log.path(consistency_ranges(from, to).unwrap());
                let (first, second) = ((from, log.root(from)), (to, log.root(to)));
                assert_eq!(verify_consistency(first, second, &path), Ok(()), "{from} to {to}");
                let forged = leaf_hash(b"another history");
                assert!(verify_consistency((from, &forged), second, &path).is_err());
                assert!(verify_consistency(first, (to, &forged), &path).is_err());
            }
        }
        assert!(consistency_ranges(0, 4).is_none() && consistency_ranges(5, 4).is_none());
    }

    proptest! {
        #[test]
        fn a_changed_path_proves_nothing(size in 2_u64..300, pick in any::<u64>(), step in any::<usize>(), bit in 0_usize..256) {
            let (log, index) = (log(size), pick % size);
            let mut path = log.path(inclusion_ranges(index, size).unwrap());
            let leaf = leaf_hash(&index.to_be_bytes());
            prop_assert!(verify_inclusion(&leaf, index, size, &path, log.root(size)).is_ok());
            let step = step % path.len();
            path[step][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify_inclusion(&leaf, index, size, &path, log.root(size)).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(index in any::<u64>(), size in any::<u64>(), path in proptest::collection::vec(any::<[u8; 32]>(), 0..70)) {
            let hash = [0; 32];
            let _ = verify_inclusion(&hash, index, size, &path, &hash);
            let _ = verify_consistency((index, &hash), (size, &hash), &path);
        }
    }
}
