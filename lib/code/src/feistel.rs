//! A permutation of up to 64 bits: a balanced Feistel network of ten rounds with SM4 as its round function.

use sm4::{
    Sm4,
    cipher::{BlockCipherEncrypt, KeyInit},
};

use crate::{bytes::join, limits::FEISTEL_ROUNDS};

/// What every round's block begins with, so that two permutations under one key would still differ.
pub(crate) type Tag = [u8; 11];

/// The first `half_bits` bits of SM4(key, tag ‖ round ‖ half as u32).
#[expect(clippy::cast_possible_truncation, reason = "a half has at most 32 bits")]
fn round(cipher: &Sm4, tag: &Tag, round: u8, half: u64, half_bits: u32) -> u64 {
    let block: [u8; 16] = join(&[tag, &[round], &(half as u32).to_be_bytes()]);
    let mut block = block.into();
    cipher.encrypt_block(&mut block);
    let [a, b, c, d, ..]: [u8; 16] = block.into();
    u64::from(u32::from_be_bytes([a, b, c, d]) >> (32 - half_bits))
}

/// Permutes `2 · half_bits` bits; `half_bits` is 1 to 32 and `value` has no more bits than that.
pub(crate) fn forward(key: &[u8; 16], tag: &Tag, half_bits: u32, value: u64) -> u64 {
    let cipher = Sm4::new(&(*key).into());
    let (mut left, mut right) = (value >> half_bits, value & ((1 << half_bits) - 1));
    for number in 0..FEISTEL_ROUNDS {
        (left, right) = (right, left ^ round(&cipher, tag, number, right, half_bits));
    }
    left << half_bits | right
}

/// The inverse of [`forward`].
pub(crate) fn back(key: &[u8; 16], tag: &Tag, half_bits: u32, value: u64) -> u64 {
    let cipher = Sm4::new(&(*key).into());
    let (mut left, mut right) = (value >> half_bits, value & ((1 << half_bits) - 1));
    for number in (0..FEISTEL_ROUNDS).rev() {
        (left, right) = (right ^ round(&cipher, tag, number, left, half_bits), left);
    }
    left << half_bits | right
}
