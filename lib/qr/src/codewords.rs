//! Reed–Solomon correction over GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1, and the interleaving of blocks
//! (ISO/IEC 18004:2015, 7.5 and 7.6).

use crate::tables::{Level, Version};
use alloc::vec::Vec;

/// Powers of the generator 2, twice over, so that a sum of two logarithms needs no reduction.
#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated at compile time")]
const POWERS: [u8; 510] = {
    let mut powers = [0; 510];
    let mut value: u16 = 1;
    let mut index = 0;
    while index < 510 {
        powers[index] = value as u8;
        value <<= 1;
        if value & 0x100 != 0 {
            value ^= 0x11D;
        }
        index += 1;
    }
    powers
};

/// Logarithms to the base 2; the entry of zero is never used.
#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated at compile time")]
const LOGARITHMS: [u8; 256] = {
    let mut logarithms = [0; 256];
    let mut index = 0;
    while index < 255 {
        logarithms[POWERS[index] as usize] = index as u8;
        index += 1;
    }
    logarithms
};

fn logarithm(value: u8) -> u8 {
    LOGARITHMS.get(usize::from(value)).copied().unwrap_or(0)
}

fn power(exponent: usize) -> u8 {
    POWERS.get(exponent).copied().unwrap_or(0)
}

/// The largest degree of a generator polynomial (table 9).
const MAX_DEGREE: usize = 30;

/// Logarithms of the coefficients of ∏ (x − 2ⁱ), i < degree, highest power first, the leading 1 left out.
fn generator(degree: usize) -> [u8; MAX_DEGREE] {
    let mut coefficients = [0_u8; MAX_DEGREE];
    let degree = degree.min(MAX_DEGREE);
    let Some(used) = coefficients.get_mut(..degree) else { return coefficients };
    if let Some(last) = used.last_mut() {
        *last = 1;
    }
    for root in 0..degree {
        let mut above = 0;
        for coefficient in used.iter_mut().rev() {
            // (Σ cᵢ xⁱ)(x + 2^root): each coefficient becomes itself times the root, plus the one below it.
            let scaled = if *coefficient == 0 { 0 } else { power(usize::from(logarithm(*coefficient)) + root) };
            let shifted = above;
            above = *coefficient;
            *coefficient = scaled ^ shifted;
        }
    }
    // No coefficient of these generators is zero, so all have logarithms.
    for coefficient in used {
        *coefficient = logarithm(*coefficient);
    }
    coefficients
}

/// The remainder of data · x^degree by the generator.
fn correction(data: &[u8], generator: &[u8]) -> [u8; MAX_DEGREE] {
    let mut remainder = [0_u8; MAX_DEGREE];
    for byte in data {
        let factor = byte ^ remainder.first().copied().unwrap_or(0);
        remainder.copy_within(1.., 0);
        if let Some(last) = remainder.last_mut() {
            *last = 0;
        }
        if factor != 0 {
            let factor = usize::from(logarithm(factor));
            for (rest, coefficient) in remainder.iter_mut().zip(generator) {
                *rest ^= power(factor + usize::from(*coefficient));
            }
        }
    }
    remainder
}

/// Data codewords into the final sequence: cut into blocks, corrected, interleaved.
///
/// The first blocks are one codeword shorter where the division leaves a rest.
pub(crate) fn interleave(data: &[u8], version: Version, level: Level) -> Vec<u8> {
    let blocks = version.blocks(level).max(1);
    let degree = version.correction_per_block(level);
    let short_length = data.len() / blocks;
    let short_blocks = blocks - data.len() % blocks;
    let generator = generator(degree);
    let generator = generator.get(..degree).unwrap_or(&generator);

    let total = version.codewords();
    let mut out = alloc::vec![0_u8; total];
    let mut start = 0;
    for block in 0..blocks {
        let length = short_length + usize::from(block >= short_blocks);
        let part = data.get(start..start + length).unwrap_or(&[]);
        start += length;
        for (column, byte) in part.iter().enumerate() {
            // In the last column only the longer blocks have a codeword.
            let skipped = if column == short_length { short_blocks } else { 0 };
            if let Some(slot) = out.get_mut(column * blocks + block - skipped) {
                *slot = *byte;
            }
        }
        for (column, byte) in correction(part, generator).iter().take(degree).enumerate() {
            if let Some(slot) = out.get_mut(data.len() + column * blocks + block) {
                *slot = *byte;
            }
        }
    }
    out
}
