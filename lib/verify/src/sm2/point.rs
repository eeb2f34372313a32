//! Points of SM2's curve y² = x³ − 3x + b, for public data only.

use alloc::vec::Vec;

use super::field::{Fe, limbs};

/// The curve of GB/T 32918.5-2017, least significant limb first: b and the base point.
pub(super) const B: [u64; 4] =
    [0xddbc_bd41_4d94_0e93, 0xf397_89f5_15ab_8f92, 0x4d5a_9e4b_cf65_09a7, 0x28e9_fa9e_9d9f_5e34];
pub(super) const GX: [u64; 4] =
    [0x715a_4589_334c_74c7, 0x8fe3_0bbf_f266_0be1, 0x5f99_0446_6a39_c994, 0x32c4_ae2c_1f19_8119];
pub(super) const GY: [u64; 4] =
    [0x02df_32e5_2139_f0a0, 0xd0a9_877c_c62a_4740, 0x59bd_cee3_6b69_2153, 0xbc37_36a2_f4f6_779c];

/// A point that is not infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Affine {
    pub(super) x: Fe,
    pub(super) y: Fe,
}

/// (X : Y : Z) with x = X/Z², y = Y/Z³; Z = 0 is infinity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jacobian {
    pub(super) x: Fe,
    pub(super) y: Fe,
    pub(super) z: Fe,
}

/// The base point G.
pub(super) fn base_point() -> Affine {
    Affine { x: Fe::constant(GX), y: Fe::constant(GY) }
}

impl Affine {
    /// The point of 0x04 ‖ x ‖ y; `None` for another form, a coordinate that is not below p, or a point off the curve.
    /// Infinity has no such form.
    pub(super) fn from_sec1(bytes: &[u8; 65]) -> Option<Self> {
        let (form, rest) = bytes.split_first()?;
        let (x, y) = rest.split_first_chunk::<32>()?;
        let point = Self { x: Fe::new(limbs(x))?, y: Fe::new(limbs(y.first_chunk()?))? };
        (*form == 4 && point.is_on_curve()).then_some(point)
    }

    fn is_on_curve(&self) -> bool {
        let three_x = self.x.double().add(&self.x);
        self.y.square() == self.x.square().mul(&self.x).sub(&three_x).add(&Fe::constant(B))
    }

    pub(super) fn neg(&self) -> Self {
        Self { x: self.x, y: self.y.neg() }
    }
}

impl Jacobian {
    pub(super) const INFINITY: Self = Self { x: Fe::ONE, y: Fe::ONE, z: Fe::ZERO };

    pub(super) const fn of(point: &Affine) -> Self {
        Self { x: point.x, y: point.y, z: Fe::ONE }
    }

    /// 2·self, for a = −3: 3 multiplications and 5 squarings (`dbl-2001-b` of the Explicit-Formulas Database).
    /// Infinity stays infinity, and no point of this curve has y = 0 since its order is an odd prime.
    pub(super) fn double(&self) -> Self {
        let delta = self.z.square();
        let gamma = self.y.square();
        let beta = self.x.mul(&gamma);
        let cross = self.x.sub(&delta).mul(&self.x.add(&delta));
        let alpha = cross.double().add(&cross);
        let four_beta = beta.double().double();
        let x = alpha.square().sub(&four_beta.double());
        let z = self.y.add(&self.z).square().sub(&gamma).sub(&delta);
        let y = alpha.mul(&four_beta.sub(&x)).sub(&gamma.square().double().double().double());
        Self { x, y, z }
    }

    /// self + other: 8 multiplications and 3 squarings, and the three cases the formula cannot do.
    #[inline]
    pub(super) fn add(&self, other: &Affine) -> Self {
        if self.z.is_zero() {
            return Self::of(other);
        }
        let zz = self.z.square();
        let run = other.x.mul(&zz).sub(&self.x);
        let rise = other.y.mul(&self.z.mul(&zz)).sub(&self.y);
        if run.is_zero() {
            return if rise.is_zero() { self.double() } else { Self::INFINITY };
        }
        let run2 = run.square();
        let run3 = run.mul(&run2);
        let v = self.x.mul(&run2);
        let x = rise.square().sub(&run3).sub(&v.double());
        let y = rise.mul(&v.sub(&x)).sub(&self.y.mul(&run3));
        Self { x, y, z: self.z.mul(&run) }
    }

    /// Whether its affine x is this; infinity has none.
    pub(super) fn has_x(&self, x: &Fe) -> bool {
        !self.z.is_zero() && self.x == x.mul(&self.z.square())
    }
}

/// All points in affine form, by one inversion (Montgomery's trick). None of them may be infinity.
pub(super) fn normalised(points: &[Jacobian]) -> Vec<Affine> {
    let mut product = Fe::ONE;
    let before: Vec<Fe> = points
        .iter()
        .map(|point| {
            let before = product;
            product = product.mul(&point.z);
            before
        })
        .collect();
    let mut inverse = product.invert();
    let mut out: Vec<Affine> = points
        .iter()
        .zip(before)
        .rev()
        .map(|(point, before)| {
            let z = inverse.mul(&before);
            inverse = inverse.mul(&point.z);
            let zz = z.square();
            Affine { x: point.x.mul(&zz), y: point.y.mul(&zz.mul(&z)) }
        })
        .collect();
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_has_no_x_however_it_is_written() {
        let other = Jacobian { x: Fe::ZERO, y: Fe::ONE, z: Fe::ZERO };
        for infinity in [Jacobian::INFINITY, Jacobian::INFINITY.double(), other] {
            assert!(infinity.z.is_zero());
            assert!(!infinity.has_x(&Fe::ZERO) && !infinity.has_x(&Fe::ONE));
        }
        let base = base_point();
        assert!(Jacobian::of(&base).has_x(&base.x));
        assert!(Jacobian::of(&base).add(&base.neg()).z.is_zero());
    }
}
