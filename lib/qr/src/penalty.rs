//! How badly a masked symbol reads: the four rules of ISO/IEC 18004:2015, 7.8.3.1, on whole lines at a time.

use crate::matrix::{Axis, Canvas, Line};
use crate::symbol::Mask;

const RUN: u32 = 3;
const BLOCK: u32 = 3;
const FINDER_LIKE: u32 = 40;
const IMBALANCE: u32 = 10;

/// The mask with the lowest penalty, the first of equals.
pub(crate) fn best_mask<const W: usize>(canvas: &Canvas<W>) -> Mask {
    let mut best = (u32::MAX, Mask::ALL[0]);
    for mask in Mask::ALL {
        let penalty = penalty(canvas, mask);
        if penalty < best.0 {
            best = (penalty, mask);
        }
    }
    best.1
}

fn penalty<const W: usize>(canvas: &Canvas<W>, mask: Mask) -> u32 {
    let size = canvas.size();
    let format = canvas.format(mask);
    let neighbours = Line::first(size - 1);
    let mut total = 0;
    let mut dark = 0;
    let mut above: Option<(Line<W>, Line<W>)> = None;
    for line in canvas.masked(mask, &format, Axis::Rows) {
        let same = neighbours.and_not(line.xor(line.down(1)));
        total += runs(same) + finder_like(line);
        dark += line.count();
        if let Some((line_above, same_above)) = above {
            total += BLOCK * same.and(same_above).and_not(line.xor(line_above)).count();
        }
        above = Some((line, same));
    }
    for line in canvas.masked(mask, &format, Axis::Columns) {
        total += runs(neighbours.and_not(line.xor(line.down(1)))) + finder_like(line);
    }
    total + imbalance(dark, size)
}

/// Rule 1: a run of k ≥ 5 alike costs k − 2. `same` marks modules that equal their successor.
fn runs<const W: usize>(same: Line<W>) -> u32 {
    let two = same.and(same.down(1));
    // A run of k leaves k − 4 marks in a row here.
    let five_alike = two.and(two.down(2));
    five_alike.count() + (RUN - 1) * five_alike.and_not(five_alike.up(1)).count()
}

/// Rule 3: dark, light, three dark, light, dark in units of any width, with four units of light on one side.
///
/// Outside the symbol everything is light. Light on both sides counts twice.
fn finder_like<const W: usize>(line: Line<W>) -> u32 {
    let mut total = 0;
    for unit in 1.. {
        let bar = all_dark(line, unit);
        let core = all_dark(line, 3 * unit);
        if core.is_empty() {
            break;
        }
        let some = some_dark(line, unit);
        let found =
            bar.and_not(some.down(unit)).and(core.down(2 * unit)).and_not(some.down(5 * unit)).and(bar.down(6 * unit));
        if found.is_empty() {
            continue;
        }
        let before = |length| (1..=length).fold(Line::EMPTY, |some, offset| some.or(line.up(offset)));
        let after = |length| some_dark(line, length).down(7 * unit);
        total += found.and_not(before(4 * unit)).and_not(after(unit)).count();
        total += found.and_not(before(unit)).and_not(after(4 * unit)).count();
    }
    total * FINDER_LIKE
}

/// Marks where `length` dark modules begin.
#[inline]
fn all_dark<const W: usize>(line: Line<W>, length: usize) -> Line<W> {
    (1..length).fold(line, |all, offset| all.and(line.down(offset)))
}

/// Marks where at least one of the next `length` modules is dark.
#[inline]
fn some_dark<const W: usize>(line: Line<W>, length: usize) -> Line<W> {
    (1..length).fold(line, |some, offset| some.or(line.down(offset)))
}

/// Rule 4: ten for every full 5 % that the share of dark modules lies away from a half.
fn imbalance(dark: u32, size: usize) -> u32 {
    let total = u32::try_from(size * size).unwrap_or(u32::MAX);
    let steps = (dark * 20).abs_diff(total * 10).div_ceil(total);
    IMBALANCE * steps.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line<1> {
        let mut line = Line::EMPTY;
        text.bytes().enumerate().for_each(|(index, byte)| line.set(index, byte == b'#'));
        line
    }

    #[test]
    fn a_finder_like_pattern_needs_light_on_one_side() {
        for (text, count) in [
            ("#.###.#....", 2), // outside the symbol all is light: both sides
            ("###...#.###.#....#", 1),
            ("#....#.###.#....#", 2),
            ("#...#.###.#...#", 0),
            ("#..#.###.#...#", 0), // the dark module before lies less than four from the edge
            ("##..######..##.........#", 2), // unit two
            ("#.##.#", 0),
        ] {
            assert_eq!(finder_like(line(text)), count * FINDER_LIKE, "{text}");
        }
    }

    #[test]
    fn a_run_of_k_costs_k_minus_two() {
        for (same_in_a_row, cost) in [(3, 0), (4, 3), (5, 4), (9, 8)] {
            assert_eq!(runs(Line::<1>::first(same_in_a_row)), cost);
        }
    }
}
