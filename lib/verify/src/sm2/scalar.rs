//! Integers mod n, the order of SM2's base point, and their signed windows.

use super::field::{add4, limbs, sub4};

/// n (GB/T 32918.5), least significant limb first.
pub(super) const N: [u64; 4] =
    [0x53bb_f409_39d5_4123, 0x7203_df6b_21c6_052b, 0xffff_ffff_ffff_ffff, 0xffff_fffe_ffff_ffff];

/// An integer below n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scalar([u64; 4]);

impl Scalar {
    /// The integer of big-endian bytes; `None` unless it is at least 1 and below n.
    pub(super) fn nonzero(bytes: &[u8; 32]) -> Option<Self> {
        let value = limbs(bytes);
        let (_, below) = sub4(value, N);
        (below && value != [0; 4]).then_some(Self(value))
    }

    /// A hash as an integer mod n. A hash is below 2n, so one subtraction is enough.
    pub(super) fn reduced(bytes: &[u8; 32]) -> Self {
        let value = limbs(bytes);
        let (less, below) = sub4(value, N);
        Self(if below { value } else { less })
    }

    pub(super) const fn is_zero(&self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] == 0
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let (sum, carry) = add4(self.0, other.0);
        let (less, borrow) = sub4(sum, N);
        Self(if carry || !borrow { less } else { sum })
    }

    pub(super) fn sub(&self, other: &Self) -> Self {
        let (less, borrow) = sub4(self.0, other.0);
        Self(if borrow { add4(less, N).0 } else { less })
    }

    /// Its limbs.
    pub(super) const fn value(&self) -> [u64; 4] {
        self.0
    }

    /// The signed digits of radix 2^width, least significant first: each between −2^(width−1) and 2^(width−1).
    /// `width` is 2 to 8.
    pub(super) fn windows(&self, width: u32) -> Windows {
        Windows { rest: self.0, width, carry: 0 }
    }

    /// The digits of the width-5 non-adjacent form, least significant first: each 0 or odd, between −15 and 15.
    pub(super) fn non_adjacent(&self) -> NonAdjacent {
        let [a, b, c, d] = self.0;
        NonAdjacent([a, b, c, d, 0])
    }
}

/// See [`Scalar::windows`].
pub(super) struct Windows {
    rest: [u64; 4],
    width: u32,
    carry: u64,
}

impl Iterator for Windows {
    type Item = i16;

    #[inline]
    fn next(&mut self) -> Option<i16> {
        let (width, r) = (self.width, self.rest);
        let digit = (r[0] & ((1 << width) - 1)) + self.carry;
        let up = 64 - width;
        self.rest = [r[0] >> width | r[1] << up, r[1] >> width | r[2] << up, r[2] >> width | r[3] << up, r[3] >> width];
        self.carry = u64::from(digit > 1 << (width - 1));
        // At most 2^8 in size: it fits.
        i16::try_from(digit).ok().map(|digit| if self.carry == 1 { digit - (1 << width) } else { digit })
    }
}

/// See [`Scalar::non_adjacent`].
pub(super) struct NonAdjacent([u64; 5]);

impl Iterator for NonAdjacent {
    type Item = i8;

    fn next(&mut self) -> Option<i8> {
        let r = self.0;
        if r == [0; 5] {
            return None;
        }
        let mut digit = 0;
        let mut low = [r[0], r[1], r[2], r[3]];
        let mut top = r[4];
        if r[0] & 1 == 1 {
            let bits = (r[0] & 31) as i8;
            digit = if bits > 15 { bits - 32 } else { bits };
            let size = u64::from(digit.unsigned_abs());
            let (value, over) = if digit > 0 { sub4(low, [size, 0, 0, 0]) } else { add4(low, [size, 0, 0, 0]) };
            low = value;
            // Taking the low bits away borrows nothing; making up for a negative digit may carry.
            top += u64::from(over);
        }
        self.0 = [
            low[0] >> 1 | low[1] << 63,
            low[1] >> 1 | low[2] << 63,
            low[2] >> 1 | low[3] << 63,
            low[3] >> 1 | top << 63,
            top >> 1,
        ];
        Some(digit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sm2::field::bytes;
    use alloc::vec::Vec;
    use num_bigint::BigInt;
    use proptest::prelude::*;

    fn big(limbs: &[u64; 4]) -> BigInt {
        BigInt::from_bytes_be(num_bigint::Sign::Plus, &bytes(limbs))
    }

    fn scalar() -> impl Strategy<Value = Scalar> {
        let limb = || prop_oneof![Just(0), Just(1), Just(u64::MAX), prop::sample::select(&N[..]), any::<u64>()];
        [limb(), limb(), limb(), limb()].prop_map(|limbs| Scalar::reduced(&bytes(&limbs)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn arithmetic_is_that_of_integers_mod_n(a in scalar(), b in scalar()) {
            let (n, x, y) = (big(&N), big(&a.value()), big(&b.value()));
            prop_assert!(x < n);
            prop_assert_eq!(big(&a.add(&b).value()), (&x + &y) % &n);
            prop_assert_eq!(big(&a.sub(&b).value()), (&x + &n - &y) % &n);
        }

        #[test]
        fn windows_add_up(a in scalar(), width in 2_u32..=8) {
            let half = 1_i16 << (width - 1);
            let count = usize::try_from(256 / width + 1).unwrap();
            let digits: Vec<i16> = a.windows(width).take(count).collect();
            prop_assert!(digits.iter().all(|digit| (-half..=half).contains(digit)));
            let sum = digits.iter().rev().fold(BigInt::from(0), |sum, digit| (sum << width) + *digit);
            prop_assert_eq!(sum, big(&a.value()));
        }

        #[test]
        fn non_adjacent_forms_add_up(a in scalar()) {
            let digits: Vec<i8> = a.non_adjacent().collect();
            prop_assert!(digits.len() <= 257);
            prop_assert!(digits.iter().all(|digit| *digit == 0 || (digit % 2 != 0 && digit.abs() <= 15)));
            let sum = digits.iter().rev().fold(BigInt::from(0), |sum, digit| (sum << 1) + *digit);
            prop_assert_eq!(sum, big(&a.value()));
        }
    }

    #[test]
    fn zero_n_and_more_are_no_signature_parts() {
        assert!(Scalar::nonzero(&[0; 32]).is_none());
        assert!(Scalar::nonzero(&bytes(&N)).is_none());
        assert!(Scalar::nonzero(&[0xff; 32]).is_none());
        assert!(Scalar::nonzero(&bytes(&sub4(N, [1, 0, 0, 0]).0)).is_some());
        assert!(Scalar::reduced(&bytes(&N)).is_zero());
    }
}
