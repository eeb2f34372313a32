//! Multiples of one point, so that k·P is a sum of table entries: no doubling, no inversion.

use alloc::{boxed::Box, vec::Vec};

use super::{
    point::{Affine, Jacobian, normalised},
    scalar::Scalar,
};

/// Width of an issuer's windows: 37 windows of 64 entries, 148 KB.
pub(super) const ISSUER_WIDTH: u32 = 7;
/// Width of the base point's windows, kept once for all keys: 33 windows of 128 entries, 264 KB. Together the two
/// stay in a level-2 cache of half a megabyte.
pub(super) const BASE_WIDTH: u32 = 8;

/// d · 2^(width·i) · P for every window i and d from 1 to 2^(width−1).
pub(super) struct Table {
    width: u32,
    entries: Box<[Affine]>,
}

impl Table {
    /// The table of a point: some thousand additions, and an inversion for each window.
    pub(super) fn new(point: &Affine, width: u32) -> Self {
        let each = 1_usize << (width - 1);
        // 256 bits and the last carry.
        let windows = 256 / width + 1;
        let mut entries = Vec::with_capacity(each * usize::try_from(windows).unwrap_or(0));
        let mut base = *point;
        for _ in 0..windows {
            let mut points = Vec::with_capacity(each + 1);
            let mut multiple = Jacobian::of(&base);
            for _ in 0..each {
                points.push(multiple);
                multiple = multiple.add(&base);
            }
            // The base of the next window is twice the last entry. No multiple is infinity, since none is a multiple
            // of the order, a prime above 2^255.
            points.extend(points.last().map(Jacobian::double));
            let mut affine = normalised(&points);
            base = affine.pop().unwrap_or(base);
            entries.extend(affine);
        }
        Self { width, entries: entries.into_boxed_slice() }
    }

    /// sum + k·P.
    pub(super) fn add_multiple(&self, mut sum: Jacobian, k: &Scalar) -> Jacobian {
        let windows = self.entries.chunks_exact(1 << (self.width - 1));
        for (entries, digit) in windows.zip(k.windows(self.width)) {
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
        // On the isomorphic curve where 2P = (X : Y : Z) is the affine (X, Y), mixed additions reach every odd multiple;
        // multiplying their z by Z leads back. The addition formula does not know the curve's constants.
        let twice = Jacobian::of(point).double();
        let zz = twice.z.square();
        let step = Affine { x: twice.x, y: twice.y };
        let mut multiple = Jacobian::of(&Affine { x: point.x.mul(&zz), y: point.y.mul(&zz.mul(&twice.z)) });
        let points: Vec<Jacobian> = (0..8)
            .map(|_| {
                let this = Jacobian { z: multiple.z.mul(&twice.z), ..multiple };
                multiple = multiple.add(&step);
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
