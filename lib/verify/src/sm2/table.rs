//! Multiples of one point, so that k·P is a sum of table entries: no doubling, no inversion.

use alloc::{boxed::Box, vec::Vec};

use super::{
    point::{Affine, Jacobian, normalised},
    scalar::Scalar,
};

/// Width of a window. 7 gives 148 KB: two of them (the issuer's and the base point's) fit a level-2 cache.
const WIDTH: u32 = 7;
/// Entries of a window: 1 to 64 times its base.
const ENTRIES: usize = 1 << (WIDTH - 1);
/// Windows that hold 256 bits and the last carry.
const WINDOWS: usize = 37;

const _: () = assert!(WINDOWS * WIDTH as usize > 256);

/// d · 2^(7·i) · P for every window i and d from 1 to 64.
pub(super) struct Table(Box<[[Affine; ENTRIES]]>);

impl Table {
    /// The table of a point: about 2400 additions and 37 inversions.
    pub(super) fn new(point: &Affine) -> Self {
        let mut windows = Vec::with_capacity(WINDOWS);
        let mut base = *point;
        for _ in 0..WINDOWS {
            let mut points = Vec::with_capacity(ENTRIES + 1);
            let mut multiple = Jacobian::of(&base);
            for _ in 0..ENTRIES {
                points.push(multiple);
                multiple = multiple.add(&base);
            }
            // The base of the next window is twice the last entry. No multiple is infinity: all are below n.
            points.extend(points.last().map(Jacobian::double));
            let affine = normalised(&points);
            let mut entries = [base; ENTRIES];
            for (entry, point) in entries.iter_mut().zip(&affine) {
                *entry = *point;
            }
            windows.push(entries);
            base = affine.last().copied().unwrap_or(base);
        }
        Self(windows.into_boxed_slice())
    }

    /// sum + k·P.
    pub(super) fn add_multiple(&self, mut sum: Jacobian, k: &Scalar) -> Jacobian {
        for (entries, digit) in self.0.iter().zip(k.windows(WIDTH)) {
            let entry = usize::from(digit.unsigned_abs()).checked_sub(1).and_then(|at| entries.get(at));
            if let Some(entry) = entry {
                sum = if digit > 0 { sum.add(entry) } else { sum.add(&entry.neg()) };
            }
        }
        sum
    }
}

/// P, 3P, 5P … 15P: for a point met once.
pub(super) struct OddMultiples([Affine; 8]);

impl OddMultiples {
    pub(super) fn new(point: &Affine) -> Self {
        let twice = normalised(&[Jacobian::of(point).double()]);
        let twice = twice.first().copied().unwrap_or(*point);
        let mut multiple = Jacobian::of(point);
        let points: Vec<Jacobian> = (0..8)
            .map(|_| {
                let this = multiple;
                multiple = multiple.add(&twice);
                this
            })
            .collect();
        let mut odd = [*point; 8];
        for (odd, point) in odd.iter_mut().zip(normalised(&points)) {
            *odd = point;
        }
        Self(odd)
    }

    /// sum + digit·P for a digit of the non-adjacent form.
    fn add(&self, sum: Jacobian, digit: i8) -> Jacobian {
        match self.0.get(usize::from(digit.unsigned_abs() / 2)) {
            Some(point) if digit > 0 => sum.add(point),
            Some(point) if digit < 0 => sum.add(&point.neg()),
            _ => sum,
        }
    }
}

/// Digits of the non-adjacent form of a scalar below n.
const DIGITS: usize = 257;

/// Σ k·P by doubling and adding (Straus).
pub(super) fn combine(terms: &[(&OddMultiples, Scalar)]) -> Jacobian {
    let digits: Vec<[i8; DIGITS]> = terms
        .iter()
        .map(|(_, k)| {
            let mut digits = [0; DIGITS];
            for (place, digit) in digits.iter_mut().zip(k.non_adjacent()) {
                *place = digit;
            }
            digits
        })
        .collect();
    let mut sum = Jacobian::INFINITY;
    for at in (0..DIGITS).rev() {
        sum = sum.double();
        for ((odd, _), digits) in terms.iter().zip(&digits) {
            sum = odd.add(sum, digits.get(at).copied().unwrap_or(0));
        }
    }
    sum
}
