//! Sizes and block structure of the forty versions: ISO/IEC 18004:2015, tables 1 and 9, annex E.

/// Versions up to this one have at most 64 modules a side: one word a row.
pub(crate) const ONE_WORD_VERSIONS: u8 = 11;

/// The largest version; a symbol of version v has 4 v + 17 modules a side. Without the feature `large` this is 11.
pub const MAX_VERSION: u8 = if cfg!(feature = "large") { 40 } else { ONE_WORD_VERSIONS };

/// Error-correction level: the share of codewords that may be unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// About 7 %.
    L,
    /// About 15 %.
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

impl Level {
    /// The two bits of the format information (table 12), which are not in the order of strength.
    pub(crate) const fn format_bits(self) -> u16 {
        match self {
            Self::L => 1,
            Self::M => 0,
            Self::Q => 3,
            Self::H => 2,
        }
    }

    const fn row(self) -> usize {
        match self {
            Self::L => 0,
            Self::M => 1,
            Self::Q => 2,
            Self::H => 3,
        }
    }
}

/// Error-correction codewords in each block, by level and version − 1 (table 9).
#[rustfmt::skip]
const CORRECTION_PER_BLOCK: [[u8; 40]; 4] = [
    [ 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
     28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
     26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
    [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
     28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
     30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
];

/// Number of blocks, by level and version − 1 (table 9).
#[rustfmt::skip]
const BLOCKS: [[u8; 40]; 4] = [
    [ 1,  1,  1,  1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7,  8,
      8,  9,  9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
    [ 1,  1,  1,  2,  2,  4,  4,  4,  5,  5,  5,  8,  9,  9, 10, 10, 11, 13, 14, 16,
     17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
    [ 1,  1,  2,  2,  4,  4,  6,  6,  8,  8,  8, 10, 12, 16, 12, 17, 16, 18, 21, 20,
     23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68],
    [ 1,  1,  2,  4,  4,  4,  5,  6,  8,  8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
     25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81],
];

/// A version from 1 to 40, so that whatever is derived from it needs no check again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u8);

impl Version {
    pub(crate) const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= MAX_VERSION { Some(Self(number)) } else { None }
    }

    pub(crate) const fn number(self) -> u8 {
        self.0
    }

    /// Modules a side.
    pub(crate) const fn size(self) -> usize {
        self.0 as usize * 4 + 17
    }

    /// Coordinates of alignment pattern centres along one side: how many, and the numbers (annex E).
    ///
    /// The steps are even and equal but for the first; version 32 alone departs from the rounding rule.
    pub(crate) fn alignment(self) -> ([u8; 7], usize) {
        let mut centres = [0_u8; 7];
        if self.0 == 1 {
            return (centres, 0);
        }
        let count = usize::from(self.0 / 7) + 2;
        let version = usize::from(self.0);
        let step = if version == 32 { 26 } else { (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2 };
        let mut position = self.size() - 7;
        for centre in centres.iter_mut().take(count).skip(1).rev() {
            *centre = u8::try_from(position).unwrap_or(0);
            position = position.saturating_sub(step);
        }
        if let Some(first) = centres.first_mut() {
            *first = 6;
        }
        (centres, count)
    }

    /// Modules that carry codewords: everything but the function patterns (table 1).
    pub(crate) const fn raw_modules(self) -> usize {
        let version = self.0 as usize;
        let mut modules = (16 * version + 128) * version + 64;
        if version >= 2 {
            let count = version / 7 + 2;
            modules -= (25 * count - 10) * count - 55;
            if version >= 7 {
                modules -= 36;
            }
        }
        modules
    }

    /// Codewords, data and correction together.
    pub(crate) const fn codewords(self) -> usize {
        self.raw_modules() / 8
    }

    pub(crate) fn blocks(self, level: Level) -> usize {
        self.of(&BLOCKS, level)
    }

    pub(crate) fn correction_per_block(self, level: Level) -> usize {
        self.of(&CORRECTION_PER_BLOCK, level)
    }

    /// Data codewords at a level.
    pub(crate) fn data_codewords(self, level: Level) -> usize {
        self.codewords() - self.blocks(level) * self.correction_per_block(level)
    }

    /// The 18 bits of the version information (6 bits and a Golay code of 12, annex D).
    pub(crate) const fn information(self) -> u32 {
        let mut remainder = self.0 as u32;
        let mut round = 0;
        while round < 12 {
            remainder = (remainder << 1) ^ ((remainder >> 11) * 0x1F25);
            round += 1;
        }
        ((self.0 as u32) << 12) | remainder
    }

    fn of(self, table: &[[u8; 40]; 4], level: Level) -> usize {
        // Both indexes are bounded by their types; zero would be a table shorter than its declaration.
        table.get(level.row()).and_then(|row| row.get(usize::from(self.0) - 1)).map_or(0, |value| usize::from(*value))
    }
}
