//! The modules of a symbol as bits of machine words: function patterns, placement of codewords, masks
//! (ISO/IEC 18004:2015, 6.3, 7.7.3 and 7.8.2).

use crate::symbol::Mask;
use crate::tables::{Level, Version};
use alloc::vec::Vec;

/// One row or column, module 0 in the lowest bit. Bits past the symbol's side stay zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<const W: usize>([u64; W]);

impl<const W: usize> Line<W> {
    pub(crate) const EMPTY: Self = Self([0; W]);

    pub(crate) fn words(&self) -> &[u64; W] {
        &self.0
    }

    /// The lowest `count` modules set.
    pub(crate) fn first(count: usize) -> Self {
        let mut line = Self::EMPTY;
        for (index, word) in line.0.iter_mut().enumerate() {
            *word = match count.saturating_sub(index * 64) {
                0 => 0,
                bits @ 1..=63 => (1 << bits) - 1,
                _ => u64::MAX,
            };
        }
        line
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 != 0)
    }

    #[inline]
    pub(crate) fn set(&mut self, index: usize, dark: bool) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= u64::from(dark) << (index % 64);
        }
    }

    #[inline]
    fn zip(self, other: Self, operation: impl Fn(u64, u64) -> u64) -> Self {
        let mut out = self;
        for (left, right) in out.0.iter_mut().zip(other.0) {
            *left = operation(*left, right);
        }
        out
    }

    #[inline]
    pub(crate) fn and(self, other: Self) -> Self {
        self.zip(other, |left, right| left & right)
    }

    #[inline]
    pub(crate) fn and_not(self, other: Self) -> Self {
        self.zip(other, |left, right| left & !right)
    }

    #[inline]
    pub(crate) fn or(self, other: Self) -> Self {
        self.zip(other, |left, right| left | right)
    }

    #[inline]
    pub(crate) fn xor(self, other: Self) -> Self {
        self.zip(other, |left, right| left ^ right)
    }

    /// Module `i + count` comes to lie at `i`; light comes in from the far end.
    #[inline]
    pub(crate) fn down(self, count: usize) -> Self {
        let (words, bits) = (count / 64, count % 64);
        let mut out = Self::EMPTY;
        for (index, word) in out.0.iter_mut().enumerate() {
            let low = self.0.get(index + words).copied().unwrap_or(0);
            let high = self.0.get(index + words + 1).copied().unwrap_or(0);
            // Shifted in two parts, since a shift by 64 is not defined.
            *word = (low >> bits) | (high << 1 << (63 - bits));
        }
        out
    }

    /// Module `i` comes to lie at `i + count`; light comes in from the near end.
    #[inline]
    pub(crate) fn up(self, count: usize) -> Self {
        let (words, bits) = (count / 64, count % 64);
        let mut out = Self::EMPTY;
        for (index, word) in out.0.iter_mut().enumerate().skip(words) {
            let high = self.0.get(index - words).copied().unwrap_or(0);
            let low = (index - words).checked_sub(1).and_then(|below| self.0.get(below)).copied().unwrap_or(0);
            *word = (high << bits) | (low >> 1 >> (63 - bits));
        }
        out
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    #[inline]
    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// Sets the bits of the line at `index`, if there is one.
fn set<const W: usize>(lines: &mut [Line<W>], index: usize, at: usize, dark: bool) {
    if let Some(line) = lines.get_mut(index) {
        line.set(at, dark);
    }
}

/// A symbol before its mask is chosen, as rows and as columns.
pub(crate) struct Canvas<const W: usize> {
    version: Version,
    level: Level,
    /// Modules that carry no codeword. Symmetric about the diagonal, so rows and columns are the same lines.
    function: Vec<Line<W>>,
    /// The dark ones among them, but for the format information; also symmetric.
    fixed: Vec<Line<W>>,
    rows: Vec<Line<W>>,
    columns: Vec<Line<W>>,
}

/// Which way a symbol is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    Rows,
    Columns,
}

impl<const W: usize> Canvas<W> {
    pub(crate) fn new(version: Version, level: Level, codewords: &[u8]) -> Self {
        let size = version.size();
        let empty = alloc::vec![Line::EMPTY; size];
        let mut canvas =
            Self { version, level, function: empty.clone(), fixed: empty.clone(), rows: empty.clone(), columns: empty };
        canvas.draw_function_patterns();
        canvas.place(codewords);
        canvas
    }

    pub(crate) fn size(&self) -> usize {
        self.version.size()
    }

    fn mark(&mut self, x: usize, y: usize, dark: bool) {
        set(&mut self.function, y, x, true);
        set(&mut self.fixed, y, x, dark);
    }

    fn draw_function_patterns(&mut self) {
        let size = self.size();
        for along in 0..size {
            self.mark(along, 6, along % 2 == 0);
            self.mark(6, along, along % 2 == 0);
        }
        let (centres, count) = self.version.alignment();
        let centres = centres.get(..count).unwrap_or(&[]);
        for (row, y) in centres.iter().enumerate() {
            for (column, x) in centres.iter().enumerate() {
                let on_finder = matches!((row, column), (0, 0)) || row + column + 1 == count && row * column == 0;
                if !on_finder {
                    self.draw_rings(usize::from(*x), usize::from(*y), 2);
                }
            }
        }
        // Finders last: their light separators lie over the timing patterns.
        self.draw_rings(3, 3, 4);
        self.draw_rings(size - 4, 3, 4);
        self.draw_rings(3, size - 4, 4);
        // The format information is kept free here and drawn with each mask.
        for along in 0..9 {
            self.mark_free(8, along);
            self.mark_free(along, 8);
        }
        for along in size - 8..size {
            self.mark_free(8, along);
            self.mark_free(along, 8);
        }
        self.mark_free(8, size - 8);
        if self.version.number() >= 7 {
            let information = self.version.information();
            for bit in 0..18 {
                let (along, across) = (size - 11 + bit % 3, bit / 3);
                self.mark(along, across, information >> bit & 1 != 0);
                self.mark(across, along, information >> bit & 1 != 0);
            }
        }
    }

    fn mark_free(&mut self, x: usize, y: usize) {
        set(&mut self.function, y, x, true);
    }

    /// Concentric squares about a centre: radius 4 is a finder with its separator, radius 2 an alignment pattern.
    fn draw_rings(&mut self, centre_x: usize, centre_y: usize, radius: usize) {
        let size = self.size();
        let span = |centre: usize| centre.saturating_sub(radius)..(centre + radius + 1).min(size);
        for y in span(centre_y) {
            let mut ring = Line::EMPTY;
            let mut reach = Line::EMPTY;
            for x in span(centre_x) {
                let distance = x.abs_diff(centre_x).max(y.abs_diff(centre_y));
                let dark = if radius == 4 { distance != 2 && distance != 4 } else { distance != 1 };
                ring.set(x, dark);
                reach.set(x, true);
            }
            if let (Some(function), Some(fixed)) = (self.function.get_mut(y), self.fixed.get_mut(y)) {
                *function = function.or(reach);
                *fixed = fixed.and_not(reach).or(ring);
            }
        }
    }

    /// Codewords in column pairs, right to left, alternately upwards and downwards (7.7.3).
    fn place(&mut self, codewords: &[u8]) {
        let size = self.size();
        let mut bits = codewords.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 != 0));
        let mut upwards = true;
        // The vertical timing pattern in column 6 is stepped over.
        let pairs = (8..size).rev().step_by(2).chain([5, 3, 1]);
        for right in pairs {
            let lines = [right, right - 1].map(|x| (x, self.function.get(x).copied().unwrap_or(Line::EMPTY)));
            for step in 0..size {
                let y = if upwards { size - 1 - step } else { step };
                for (x, function) in lines {
                    if !function.get(y) {
                        // A few modules remain at the end and stay light.
                        let dark = bits.next().unwrap_or(false);
                        set(&mut self.rows, y, x, dark);
                        set(&mut self.columns, x, y, dark);
                    }
                }
            }
            upwards = !upwards;
        }
    }

    /// The format lines of a mask with the dark module: row 8 and column 8 (7.9, figure 25).
    pub(crate) fn format(&self, mask: Mask) -> FormatLines<W> {
        let size = self.size();
        let bits = format_information(self.level, mask);
        let bit = |index: usize| bits >> index & 1 != 0;
        let mut lines = FormatLines { row: Line::EMPTY, column: Line::EMPTY };
        for index in 0..6 {
            lines.column.set(index, bit(index));
            lines.row.set(5 - index, bit(9 + index));
        }
        lines.column.set(7, bit(6));
        lines.column.set(8, bit(7));
        lines.row.set(8, bit(7));
        lines.row.set(7, bit(8));
        for index in 0..8 {
            lines.row.set(size - 1 - index, bit(index));
        }
        // The one module that is always dark belongs to the column alone, and so would break the symmetry of `fixed`.
        lines.column.set(size - 8, true);
        for index in 8..15 {
            lines.column.set(size - 15 + index, bit(index));
        }
        lines
    }

    /// The finished lines of one axis under a mask.
    pub(crate) fn masked(&self, mask: Mask, format: &FormatLines<W>, axis: Axis) -> impl Iterator<Item = Line<W>> {
        let (data, along, across, patterns) = match axis {
            Axis::Rows => (&self.rows, format.row, format.column, &MASK_ROWS),
            Axis::Columns => (&self.columns, format.column, format.row, &MASK_COLUMNS),
        };
        let valid = Line::first(self.size());
        let expanded: [Line<W>; PERIOD] = core::array::from_fn(|phase| {
            let pattern = patterns.get(usize::from(mask.number())).and_then(|lines| lines.get(phase));
            repeated(pattern.copied().unwrap_or(0)).and(valid)
        });
        let lines = data.iter().zip(&self.function).zip(&self.fixed).zip(expanded.into_iter().cycle()).enumerate();
        lines.map(move |(index, (((data, function), fixed), pattern))| {
            let mut line = data.xor(pattern.and_not(*function)).or(*fixed);
            line.set(8, across.get(index));
            if index == 8 { line.or(along) } else { line }
        })
    }
}

/// The two lines that hold the format information.
pub(crate) struct FormatLines<const W: usize> {
    row: Line<W>,
    column: Line<W>,
}

/// Level and mask as 15 bits with their BCH code, masked (annex C).
const fn format_information(level: Level, mask: Mask) -> u32 {
    let data = ((level.format_bits() as u32) << 3) | mask.number() as u32;
    let mut remainder = data;
    let mut round = 0;
    while round < 10 {
        remainder = (remainder << 1) ^ ((remainder >> 9) * 0x537);
        round += 1;
    }
    ((data << 10) | remainder) ^ 0x5412
}

/// After this many modules every mask pattern repeats, both ways.
const PERIOD: usize = 12;

/// Twelve modules of each mask, for each of twelve rows.
static MASK_ROWS: [[u16; PERIOD]; 8] = mask_lines(false);
/// The same, for each of twelve columns.
static MASK_COLUMNS: [[u16; PERIOD]; 8] = mask_lines(true);

/// Table 10, with i the row and j the column.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn mask_lines(transposed: bool) -> [[u16; PERIOD]; 8] {
    let mut out = [[0; PERIOD]; 8];
    let mut mask = 0;
    while mask < 8 {
        let mut line = 0;
        while line < PERIOD {
            let mut at = 0;
            while at < PERIOD {
                let (i, j) = if transposed { (at, line) } else { (line, at) };
                let dark = match mask {
                    0 => (i + j) % 2 == 0,
                    1 => i % 2 == 0,
                    2 => j % 3 == 0,
                    3 => (i + j) % 3 == 0,
                    4 => (i / 2 + j / 3) % 2 == 0,
                    5 => i * j % 2 + i * j % 3 == 0,
                    6 => (i * j % 2 + i * j % 3) % 2 == 0,
                    _ => ((i + j) % 2 + i * j % 3) % 2 == 0,
                };
                if dark {
                    out[mask][line] |= 1 << at;
                }
                at += 1;
            }
            line += 1;
        }
        mask += 1;
    }
    out
}

/// A pattern of twelve modules along a whole line.
fn repeated<const W: usize>(pattern: u16) -> Line<W> {
    let pattern = u64::from(pattern);
    let mut line = Line::EMPTY;
    for (index, word) in line.0.iter_mut().enumerate() {
        // 64 = 5 × 12 + 4: every word begins four modules further into the pattern.
        let phase = index * 4 % PERIOD;
        let turned = (pattern >> phase | pattern << (PERIOD - phase)) & 0xFFF;
        *word = (turned * 0x1_0010_0100_1001) | (turned << 60);
    }
    line
}
