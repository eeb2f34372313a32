//! Text into bits: the three modes of ISO/IEC 18004:2015, 7.4.3 to 7.4.5, one mode a symbol.

use crate::tables::Version;
use alloc::vec::Vec;

const ALPHANUMERIC: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Marks a byte that is not in the alphanumeric set.
const ABSENT: u8 = 255;

/// Value of each byte in the alphanumeric set (table 5).
#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated at compile time")]
const ALPHANUMERIC_VALUE: [u8; 128] = {
    let mut values = [ABSENT; 128];
    let mut index = 0;
    while index < ALPHANUMERIC.len() {
        values[ALPHANUMERIC[index] as usize] = index as u8;
        index += 1;
    }
    values
};

fn alphanumeric_value(byte: u8) -> Option<u32> {
    ALPHANUMERIC_VALUE.get(usize::from(byte)).copied().filter(|value| *value != ABSENT).map(u32::from)
}

/// How characters become bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Numeric,
    Alphanumeric,
    Byte,
}

impl Mode {
    /// The densest mode that carries every byte.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_digit) {
            Self::Numeric
        } else if bytes.iter().all(|byte| alphanumeric_value(*byte).is_some()) {
            Self::Alphanumeric
        } else {
            Self::Byte
        }
    }

    const fn indicator(self) -> u32 {
        match self {
            Self::Numeric => 1,
            Self::Alphanumeric => 2,
            Self::Byte => 4,
        }
    }

    /// Bits of the character count (table 3).
    const fn count_bits(self, version: Version) -> usize {
        let column = (version.number() as usize + 7) / 17;
        match self {
            Self::Numeric => 10 + 2 * column,
            Self::Alphanumeric => 9 + 2 * column,
            Self::Byte => 8 + if column == 0 { 0 } else { 8 },
        }
    }

    const fn data_bits(self, length: usize) -> usize {
        match self {
            Self::Numeric => length / 3 * 10 + length % 3 * 3 + !length.is_multiple_of(3) as usize,
            Self::Alphanumeric => length / 2 * 11 + length % 2 * 6,
            Self::Byte => length * 8,
        }
    }

    /// All bits of a segment, or `None` when its length does not fit the count field.
    pub(crate) const fn bits(self, length: usize, version: Version) -> Option<usize> {
        let count_bits = self.count_bits(version);
        if length >> count_bits != 0 { None } else { Some(4 + count_bits + self.data_bits(length)) }
    }
}

/// Bits into bytes, most significant first.
struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: usize,
}

impl BitWriter {
    fn push(&mut self, value: u32, bits: usize) {
        self.pending = (self.pending << bits) | u64::from(value);
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.pending_bits -= 8;
            // Only the lowest byte is complete and not yet written.
            self.bytes.push((self.pending >> self.pending_bits).to_le_bytes()[0]);
        }
    }
}

/// Data codewords of a text: mode, count, characters, terminator and padding (7.4.9, 7.4.10).
///
/// The caller has found by [`Mode::bits`] that the text fits `capacity` codewords.
pub(crate) fn data_codewords(bytes: &[u8], mode: Mode, version: Version, capacity: usize) -> Vec<u8> {
    let mut out = BitWriter { bytes: Vec::with_capacity(capacity), pending: 0, pending_bits: 0 };
    out.push(mode.indicator(), 4);
    out.push(u32::try_from(bytes.len()).unwrap_or(0), mode.count_bits(version));
    match mode {
        Mode::Numeric => {
            for group in bytes.chunks(3) {
                let value = group.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit.wrapping_sub(b'0')));
                out.push(value, group.len() * 3 + 1);
            }
        }
        Mode::Alphanumeric => {
            for group in bytes.chunks(2) {
                let value = group.iter().fold(0, |sum, byte| sum * 45 + alphanumeric_value(*byte).unwrap_or(0));
                out.push(value, group.len() * 5 + 1);
            }
        }
        Mode::Byte => bytes.iter().for_each(|byte| out.push(u32::from(*byte), 8)),
    }
    let room = (capacity * 8).saturating_sub(out.bytes.len() * 8 + out.pending_bits);
    out.push(0, room.min(4));
    out.push(0, (8 - out.pending_bits) % 8);
    let mut padding = [0xEC, 0x11].into_iter().cycle();
    out.bytes.resize_with(capacity, || padding.next().unwrap_or(0));
    out.bytes
}
