//! The hash chain. The last value is the seed; each earlier value is the hash of the next, so who sees `v_i` knows
//! `v_0` … `v_i` and nothing later. (Lamport's one-time values; `PayWord`; TESLA.)

use alloc::vec::Vec;

use sha2::Sha256;
use sm3::{Digest, Sm3};

use crate::{
    bytes::{join, put},
    limits::{CHAIN_BYTES, CHAIN_PREFIX_POINT, CHAIN_PREFIX_TICKET, HANDLE_BYTES, MAX_STEPS},
    ticket::{Handle, Link, Suite},
};

const INPUT_BYTES: usize = 1 + HANDLE_BYTES + 1 + CHAIN_BYTES;

/// v_{j−1} from `v_j` in a ticket's chain: H(0x5c ‖ handle ‖ j ‖ `v_j`), cut to 12 bytes.
#[inline]
pub fn link(suite: Suite, handle: &Handle, index: u8, value: &Link) -> Link {
    hash(suite, CHAIN_PREFIX_TICKET, &handle.0, index, value)
}

/// The anchor a ticket's value leads to after index + 1 hashes.
pub fn anchor(suite: Suite, handle: &Handle, index: u8, value: &Link) -> Link {
    anchor_of(suite, CHAIN_PREFIX_TICKET, &handle.0, index, value)
}

/// The anchor a dynamic point code's value leads to; the same chain with prefix 0x5d and the point's id.
pub fn point_anchor(suite: Suite, point: &[u8; 16], index: u8, value: &Link) -> Link {
    anchor_of(suite, CHAIN_PREFIX_POINT, point, index, value)
}

fn anchor_of(suite: Suite, prefix: u8, name: &[u8; 16], index: u8, value: &Link) -> Link {
    let mut input: [u8; INPUT_BYTES] = join(&[&[prefix], name, &[index], value]);
    let mut value = *value;
    for index in (0..=index).rev() {
        input[1 + HANDLE_BYTES] = index;
        input[2 + HANDLE_BYTES..].copy_from_slice(&value);
        value = cut(suite, &input);
    }
    value
}

#[inline]
fn hash(suite: Suite, prefix: u8, name: &[u8; 16], index: u8, value: &Link) -> Link {
    cut(suite, &join(&[&[prefix], name, &[index], value]))
}

// Inlined, so that a caller with a fixed suite carries that suite's hash alone: the phone's part has a budget.
#[inline]
fn cut(suite: Suite, input: &[u8; INPUT_BYTES]) -> Link {
    match suite {
        Suite::Sm2 => cut_by::<Sm3>(input),
        Suite::Ed25519 | Suite::P256 => cut_by::<Sha256>(input),
    }
}

fn cut_by<H: Digest>(input: &[u8; INPUT_BYTES]) -> Link {
    let mut value = [0; CHAIN_BYTES];
    put(&mut value, &H::digest(input));
    value
}

/// All values of one ticket, as the phone keeps them: 240 steps are 2880 bytes.
#[derive(Clone)]
pub struct Chain {
    anchor: Link,
    values: Vec<Link>,
}

impl Chain {
    /// The chain of a ticket: `steps` values ending in `seed`. `None` unless 1 ≤ steps ≤ 240.
    ///
    /// The phone's seed is HMAC-SHA-256(its non-extractable key, [`SEED_TAG`] ‖ handle), cut to 12 bytes: one per
    /// handle, never one per slot, so that two tickets never share values.
    pub fn of_ticket(suite: Suite, handle: &Handle, steps: u16, seed: &Link) -> Option<Self> {
        Self::build(suite, CHAIN_PREFIX_TICKET, &handle.0, steps, seed)
    }

    /// The chain of a dynamic point code.
    pub fn of_point(suite: Suite, point: &[u8; 16], steps: u16, seed: &Link) -> Option<Self> {
        Self::build(suite, CHAIN_PREFIX_POINT, point, steps, seed)
    }

    fn build(suite: Suite, prefix: u8, name: &[u8; 16], steps: u16, seed: &Link) -> Option<Self> {
        if steps == 0 || steps > MAX_STEPS {
            return None;
        }
        let last = u8::try_from(steps - 1).ok()?;
        let mut values = Vec::with_capacity(usize::from(steps));
        let mut value = *seed;
        for index in (0..=last).rev() {
            values.push(value);
            value = hash(suite, prefix, name, index, &value);
        }
        values.reverse();
        Some(Self { anchor: value, values })
    }

    /// v_{−1}, which the platform signs.
    pub const fn anchor(&self) -> Link {
        self.anchor
    }

    /// `v_i`, shown during step i.
    pub fn value(&self, index: u8) -> Option<Link> {
        self.values.get(usize::from(index)).copied()
    }
}

/// What stands before the handle when a phone derives a ticket's seed.
pub const SEED_TAG: &[u8] = b"tongma/seed/v0";
