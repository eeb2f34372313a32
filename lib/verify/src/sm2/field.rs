//! The field of SM2 (GB/T 32918.5): integers mod p = 2^256 − 2^224 − 2^96 + 2^64 − 1, in Montgomery form.
//!
//! −1/p mod 2^64 = 1, so a Montgomery step multiplies nothing: the low limb m is cancelled by adding
//! m·p = m·2^256 − m·2^224 − m·2^96 + m·2^64 − m. Public data only: branches and table look-ups may depend on it.

/// p, least significant limb first.
pub(super) const P: [u64; 4] =
    [0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0xffff_fffe_ffff_ffff];

/// An element in Montgomery form, always below p, so equality of limbs is equality of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fe([u64; 4]);

/// Big-endian bytes as four limbs.
pub(super) const fn limbs(bytes: &[u8; 32]) -> [u64; 4] {
    let b = bytes;
    [
        u64::from_be_bytes([b[24], b[25], b[26], b[27], b[28], b[29], b[30], b[31]]),
        u64::from_be_bytes([b[16], b[17], b[18], b[19], b[20], b[21], b[22], b[23]]),
        u64::from_be_bytes([b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]]),
        u64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]),
    ]
}

/// Four limbs as big-endian bytes.
pub(super) fn bytes(limbs: &[u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, limb) in bytes.chunks_exact_mut(8).zip(limbs.iter().rev()) {
        to.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}

/// a + b and the carry.
#[inline]
pub(super) fn add4(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let (r0, c) = a[0].carrying_add(b[0], false);
    let (r1, c) = a[1].carrying_add(b[1], c);
    let (r2, c) = a[2].carrying_add(b[2], c);
    let (r3, c) = a[3].carrying_add(b[3], c);
    ([r0, r1, r2, r3], c)
}

/// a − b and the borrow.
#[inline]
pub(super) fn sub4(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let (r0, c) = a[0].borrowing_sub(b[0], false);
    let (r1, c) = a[1].borrowing_sub(b[1], c);
    let (r2, c) = a[2].borrowing_sub(b[2], c);
    let (r3, c) = a[3].borrowing_sub(b[3], c);
    ([r0, r1, r2, r3], c)
}

/// t + a·b: the low limb, and the four above it.
#[inline]
fn row(t: [u64; 4], a: [u64; 4], b: u64) -> (u64, [u64; 4]) {
    let (r0, c) = a[0].carrying_mul_add(b, t[0], 0);
    let (r1, c) = a[1].carrying_mul_add(b, t[1], c);
    let (r2, c) = a[2].carrying_mul_add(b, t[2], c);
    let (r3, c) = a[3].carrying_mul_add(b, t[3], c);
    (r0, [r1, r2, r3, c])
}

/// One Montgomery step on the low half alone: (t + m·p) / 2^64 for m = t mod 2^64. It never carries out.
#[inline]
fn step(t: [u64; 4]) -> [u64; 4] {
    let m = t[0];
    let (low, high) = (m << 32, m >> 32);
    // t and m·2^256 without their low limb, less m·2^224 and m·2^96, then m·2^64; −m cancels the low limb.
    let (rest, _) = sub4([t[1], t[2], t[3], m], [low, high, low, high]);
    add4(rest, [m, 0, 0, 0]).0
}

/// (high·2^256 + low) / 2^256 mod p, for a product of two elements.
#[inline]
fn reduce(low: [u64; 4], high: [u64; 4]) -> Fe {
    let (sum, carry) = add4(step(step(step(step(low)))), high);
    settle(sum, carry)
}

/// 2^256 − p.
const COMPLEMENT: [u64; 4] = [1, 0xffff_ffff, 0, 1 << 32];

/// [`COMPLEMENT`] or zero, in a form the compiler does not break into comparisons.
#[inline]
fn complement_if(choose: bool) -> [u64; 4] {
    let mask = u64::from(choose).wrapping_neg();
    [mask & COMPLEMENT[0], mask & COMPLEMENT[1], 0, mask & COMPLEMENT[3]]
}

/// The value below 2p brought below p.
#[inline]
fn settle(t: [u64; 4], carry: bool) -> Fe {
    // A carry is worth 2^256, and 2^256 − p is left of it when p is taken away.
    let (t, _) = add4(t, complement_if(carry));
    // Without a carry it is at least p once in 2^32 times, and never unless the highest limb is.
    if t[3] >= P[3] { settle_rare(t) } else { Fe(t) }
}

#[cold]
fn settle_rare(t: [u64; 4]) -> Fe {
    let (less, below) = sub4(t, P);
    Fe(if below { t } else { less })
}

impl Fe {
    pub(super) const ZERO: Self = Self([0; 4]);
    /// 2^256 mod p = 2^224 + 2^96 − 2^64 + 1.
    pub(super) const ONE: Self = Self(COMPLEMENT);
    /// 2^512 mod p.
    const R2: Self = Self([0x0000_0002_0000_0003, 0x0000_0002_ffff_ffff, 0x0000_0001_0000_0001, 0x0000_0004_0000_0002]);

    /// The element of these limbs; `None` unless they are below p.
    pub(super) fn new(limbs: [u64; 4]) -> Option<Self> {
        let (_, below) = sub4(limbs, P);
        if below { Some(Self(limbs).mul(&Self::R2)) } else { None }
    }

    /// The element of a constant below p.
    pub(super) fn constant(limbs: [u64; 4]) -> Self {
        Self(limbs).mul(&Self::R2)
    }

    /// Its value, least significant limb first.
    #[cfg(test)]
    pub(super) fn value(&self) -> [u64; 4] {
        reduce(self.0, [0; 4]).0
    }

    #[inline]
    pub(super) const fn is_zero(&self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] == 0
    }

    #[inline]
    pub(super) fn add(&self, other: &Self) -> Self {
        let (sum, carry) = add4(self.0, other.0);
        settle(sum, carry)
    }

    #[inline]
    pub(super) fn double(&self) -> Self {
        self.add(self)
    }

    #[inline]
    pub(super) fn sub(&self, other: &Self) -> Self {
        let (less, borrow) = sub4(self.0, other.0);
        Self(sub4(less, complement_if(borrow)).0)
    }

    #[inline]
    pub(super) fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    #[inline]
    pub(super) fn mul(&self, other: &Self) -> Self {
        let (a, b) = (self.0, other.0);
        let (w0, t) = row([0; 4], a, b[0]);
        let (w1, t) = row(t, a, b[1]);
        let (w2, t) = row(t, a, b[2]);
        let (w3, t) = row(t, a, b[3]);
        reduce([w0, w1, w2, w3], t)
    }

    #[inline]
    pub(super) fn square(&self) -> Self {
        let a = self.0;
        // The six products of unlike limbs once, then doubled, then the four squares.
        let (w1, c) = a[0].carrying_mul_add(a[1], 0, 0);
        let (w2, c) = a[0].carrying_mul_add(a[2], 0, c);
        let (w3, w4) = a[0].carrying_mul_add(a[3], 0, c);
        let (w3, c) = a[1].carrying_mul_add(a[2], w3, 0);
        let (w4, w5) = a[1].carrying_mul_add(a[3], w4, c);
        let (w5, w6) = a[2].carrying_mul_add(a[3], w5, 0);
        let w7 = w6 >> 63;
        let w6 = w6 << 1 | w5 >> 63;
        let w5 = w5 << 1 | w4 >> 63;
        let w4 = w4 << 1 | w3 >> 63;
        let w3 = w3 << 1 | w2 >> 63;
        let w2 = w2 << 1 | w1 >> 63;
        let w1 = w1 << 1;
        let (w0, h0) = a[0].carrying_mul_add(a[0], 0, 0);
        let (l1, h1) = a[1].carrying_mul_add(a[1], 0, 0);
        let (l2, h2) = a[2].carrying_mul_add(a[2], 0, 0);
        let (l3, h3) = a[3].carrying_mul_add(a[3], 0, 0);
        let (w1, c) = w1.carrying_add(h0, false);
        let (w2, c) = w2.carrying_add(l1, c);
        let (w3, c) = w3.carrying_add(h1, c);
        let (w4, c) = w4.carrying_add(l2, c);
        let (w5, c) = w5.carrying_add(h2, c);
        let (w6, c) = w6.carrying_add(l3, c);
        let (w7, _) = w7.carrying_add(h3, c);
        reduce([w0, w1, w2, w3], [w4, w5, w6, w7])
    }

    /// self^(2^count).
    fn squared(&self, count: u32) -> Self {
        (0..count).fold(*self, |power, _| power.square())
    }

    /// 1/a by Fermat, a^(p − 2); 0 for 0.
    pub(super) fn invert(&self) -> Self {
        // A number k stands for a^(2^k − 1), k ones; p − 2 is fffffffe ffffffff ffffffff ffffffff ffffffff 00000000 ffffffff fffffffd.
        let two = self.square().mul(self);
        let three = two.square().mul(self);
        let six = three.squared(3).mul(&three);
        let twelve = six.squared(6).mul(&six);
        let fifteen = twelve.squared(3).mul(&three);
        let thirty = fifteen.squared(15).mul(&fifteen);
        let thirty_one = thirty.square().mul(self);
        let thirty_two = thirty_one.square().mul(self);
        let mut power = thirty_one.square();
        for _ in 0..4 {
            power = power.squared(32).mul(&thirty_two);
        }
        power = power.squared(64).mul(&thirty_two);
        power.squared(30).mul(&thirty).squared(2).mul(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn big(limbs: &[u64; 4]) -> BigUint {
        BigUint::from_bytes_be(&bytes(limbs))
    }

    /// Limbs that carries and borrows meet: zeros, ones, the prime's own, and anything.
    fn limb() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), Just(1), Just(u64::MAX), Just(u64::MAX - 1), prop::sample::select(&P[..]), any::<u64>()]
    }

    fn element() -> impl Strategy<Value = ([u64; 4], Fe)> {
        [limb(), limb(), limb(), limb()].prop_filter_map("below p", |limbs| Some((limbs, Fe::new(limbs)?)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn arithmetic_is_that_of_integers_mod_p((a, x) in element(), (b, y) in element()) {
            let (p, a, b) = (big(&P), big(&a), big(&b));
            prop_assert_eq!(big(&x.value()), a.clone());
            prop_assert_eq!(big(&x.add(&y).value()), (&a + &b) % &p);
            prop_assert_eq!(big(&x.sub(&y).value()), (&a + &p - &b) % &p);
            prop_assert_eq!(big(&x.neg().value()), (&p - &a) % &p);
            prop_assert_eq!(big(&x.mul(&y).value()), (&a * &b) % &p);
            prop_assert_eq!(big(&x.square().value()), (&a * &a) % &p);
            prop_assert_eq!(x.square(), x.mul(&x));
            // Equality of limbs is equality of values only while everything stays below p.
            for result in [x.add(&y), x.sub(&y), x.mul(&y), x.neg(), x.square(), x.double()] {
                prop_assert!(sub4(result.0, P).1);
            }
        }

        #[test]
        fn raw_limbs_of_any_kind_are_multiplied_right((a, _) in element(), (b, _) in element()) {
            // In Montgomery form itself, where the rare settling is met: a·b / 2^256 mod p.
            let p = big(&P);
            let shifted = (big(&Fe(a).mul(&Fe(b)).0) << 256_u32) % &p;
            prop_assert_eq!(shifted, big(&a) * big(&b) % &p);
        }
    }

    #[test]
    fn inverses_and_edges() {
        let highest = sub4(P, [1, 0, 0, 0]).0;
        for limbs in [[1, 0, 0, 0], [2, 0, 0, 0], highest, [u64::MAX, 0, 7, 9], COMPLEMENT] {
            let x = Fe::new(limbs).unwrap();
            assert_eq!(x.mul(&x.invert()), Fe::ONE);
        }
        assert!(Fe::ZERO.invert().is_zero());
        assert!(Fe::new(P).is_none() && Fe::new([u64::MAX; 4]).is_none());
        assert!(Fe::new(highest).unwrap().add(&Fe::ONE).is_zero());
        assert!(Fe(highest).sub(&Fe(highest)).is_zero());
        // p itself and above, before settling.
        assert!(settle(P, false).is_zero());
        assert_eq!(settle([0; 4], true).0, COMPLEMENT);
        assert_eq!(settle([u64::MAX; 4], false).0, sub4([u64::MAX; 4], P).0);
    }
}
