//! From text to a finished symbol.

use crate::Refused;
use crate::codewords::interleave;
use crate::matrix::{Axis, Canvas};
use crate::penalty::best_mask;
use crate::segment::{Mode, data_codewords};
use crate::tables::{Level, MAX_VERSION, Version};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// Light modules that a reader needs on every side (ISO/IEC 18004:2015, 6.3.8).
pub const QUIET_MODULES: usize = 4;

/// One of the eight mask patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask(u8);

impl Mask {
    /// All eight, in the order of the standard.
    pub const ALL: [Self; 8] = [Self(0), Self(1), Self(2), Self(3), Self(4), Self(5), Self(6), Self(7)];

    /// The mask of this number, if there is one.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 8 { Some(Self(number)) } else { None }
    }

    /// 0 to 7 (table 10).
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// What a symbol may be like. The default is level M, any version up to [`MAX_VERSION`], the best mask.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The least error correction wanted.
    pub level: Level,
    /// The smallest version to use, 1 to 40: a steady version keeps a drawing from jumping when the text changes.
    pub min_version: u8,
    /// The largest version allowed, 1 to 40.
    pub max_version: u8,
    /// Raise the level as far as the version allows.
    pub boost_level: bool,
    /// Take this mask instead of searching for the best.
    pub mask: Option<Mask>,
}

impl Default for Options {
    fn default() -> Self {
        Self { level: Level::M, min_version: 1, max_version: MAX_VERSION, boost_level: true, mask: None }
    }
}

/// A finished QR Code symbol without its quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    version: Version,
    level: Level,
    mask: Mask,
    words_per_row: usize,
    words: Vec<u64>,
}

impl Symbol {
    /// Modules a side: 4 × version + 17.
    pub fn size(&self) -> usize {
        self.version.size()
    }

    /// 1 to 40.
    pub fn version(&self) -> u8 {
        self.version.number()
    }

    /// The level drawn, which may be higher than the one asked for.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The mask drawn.
    pub fn mask(&self) -> Mask {
        self.mask
    }

    /// Whether the module in column `x` of row `y` is dark; light outside the symbol.
    pub fn dark(&self, x: usize, y: usize) -> bool {
        let inside = x < self.size() && y < self.size();
        inside && self.words.get(y * self.words_per_row + x / 64).is_some_and(|word| word >> (x % 64) & 1 != 0)
    }

    /// All modules row by row, 1 dark and 0 light: size × size bytes.
    pub fn modules(&self) -> Vec<u8> {
        let size = self.size();
        let rows = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        rows.map(|(x, y)| u8::from(self.dark(x, y))).collect()
    }

    /// The dark modules as the `d` of an SVG path: one closed box a run, in units of one module, origin at the first
    /// module (give the view box [`QUIET_MODULES`] on every side).
    pub fn svg_path(&self) -> String {
        let size = self.size();
        let mut path = String::new();
        for y in 0..size {
            let mut x = 0;
            while x < size {
                let length = (x..size).take_while(|x| self.dark(*x, y)).count();
                if length > 0 {
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{x} {y}h{length}v1H{x}z");
                }
                x += length.max(1);
            }
        }
        path
    }
}

/// Draws a text as the smallest symbol that holds it.
///
/// The densest of the three modes that carries the whole text is used: digits, the 45 alphanumeric characters, or
/// bytes in UTF-8.
///
/// # Errors
/// [`Refused::TooLong`] when it does not fit `max_version`; [`Refused::Unfit`] when the version range is empty or
/// outside 1 to 40.
pub fn encode(text: &str, options: &Options) -> Result<Symbol, Refused> {
    encode_bytes(text.as_bytes(), options)
}

/// As [`encode`], for bytes that need not be text.
///
/// # Errors
/// As [`encode`].
pub fn encode_bytes(bytes: &[u8], options: &Options) -> Result<Symbol, Refused> {
    if options.min_version > options.max_version || options.max_version > MAX_VERSION || options.min_version == 0 {
        return Err(Refused::Unfit);
    }
    let mode = Mode::of(bytes);
    let fits = |version: Version, level: Level| {
        mode.bits(bytes.len(), version).is_some_and(|bits| bits.div_ceil(8) <= version.data_codewords(level))
    };
    let mut versions = (options.min_version..=options.max_version).filter_map(Version::new);
    let version = versions.find(|version| fits(*version, options.level)).ok_or(Refused::TooLong)?;
    let mut level = options.level;
    if options.boost_level {
        for higher in [Level::M, Level::Q, Level::H] {
            if higher > level && fits(version, higher) {
                level = higher;
            }
        }
    }
    let data = data_codewords(bytes, mode, version, version.data_codewords(level));
    let codewords = interleave(&data, version, level);
    #[cfg(feature = "large")]
    if version.number() > crate::tables::ONE_WORD_VERSIONS {
        return Ok(draw::<3>(version, level, &codewords, options.mask));
    }
    Ok(draw::<1>(version, level, &codewords, options.mask))
}

fn draw<const W: usize>(version: Version, level: Level, codewords: &[u8], mask: Option<Mask>) -> Symbol {
    let canvas = Canvas::<W>::new(version, level, codewords);
    let mask = mask.unwrap_or_else(|| best_mask(&canvas));
    let format = canvas.format(mask);
    let words = canvas.masked(mask, &format, Axis::Rows).flat_map(|line| *line.words()).collect();
    Symbol { version, level, mask, words_per_row: W, words }
}
