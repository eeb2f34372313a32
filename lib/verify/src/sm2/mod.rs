//! SM2 verification (GB/T 32918.2-2016 section 7) with a table for each issuer key.
//!
//! There are a handful of issuer keys and each is used for millions of verifications, so the multiples of a key and of
//! the base point are kept: s·G + t·P is then at most 70 mixed additions, without a doubling or an inversion, and the
//! result's x is compared as X = x·Z². Only public data pass through here. **Signing never does.**

mod field;
mod point;
mod scalar;
mod table;

use alloc::sync::Arc;

use sm3::{Digest, Sm3};
use tongma_code::limits::SM2_USER_ID;

use field::{Fe, P, add4, bytes, sub4};
use point::{Affine, B, GX, GY, Jacobian, base_point};
use scalar::{N, Scalar};
use table::{BASE_WIDTH, ISSUER_WIDTH, OddMultiples, Table, combine};

/// The multiples of the base point, shared by all keys.
#[derive(Clone)]
pub struct Base(Arc<Table>);

impl Base {
    /// Builds them: about a millisecond and 264 KB.
    #[expect(clippy::new_without_default, reason = "a table is not something to make by the way")]
    pub fn new() -> Self {
        Self(Arc::new(Table::new(&base_point(), BASE_WIDTH)))
    }
}

/// A public key with its table.
pub struct IssuerKey {
    id_hash: [u8; 32],
    base: Base,
    table: Table,
}

impl IssuerKey {
    /// Builds the table of 0x04 ‖ x ‖ y; `None` unless it is a point of the curve.
    pub fn new(base: &Base, point: &[u8; 65]) -> Option<Self> {
        let affine = Affine::from_sec1(point)?;
        Some(Self { id_hash: id_hash(point), base: base.clone(), table: Table::new(&affine, ISSUER_WIDTH) })
    }

    /// Whether the signature r ‖ s holds over the message, with the user id of this format.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.verify_digest(&digest(&self.id_hash, message), signature)
    }

    /// The same for e = SM3(Z ‖ message), computed elsewhere.
    pub fn verify_digest(&self, e: &[u8; 32], signature: &[u8; 64]) -> bool {
        decide(e, signature, |s, t| {
            let sum = self.base.0.add_multiple(Jacobian::INFINITY, s);
            self.table.add_multiple(sum, t)
        })
    }
}

/// A public key met once or seldom: no table, four times slower.
pub struct PlainKey {
    id_hash: [u8; 32],
    multiples: OddMultiples,
}

impl PlainKey {
    /// The key of 0x04 ‖ x ‖ y; `None` unless it is a point of the curve.
    pub fn new(point: &[u8; 65]) -> Option<Self> {
        let affine = Affine::from_sec1(point)?;
        Some(Self { id_hash: id_hash(point), multiples: OddMultiples::new(&affine) })
    }

    /// Whether the signature r ‖ s holds over the message. With the base point's table it is faster.
    pub fn verify(&self, base: Option<&Base>, message: &[u8], signature: &[u8; 64]) -> bool {
        self.verify_digest(base, &digest(&self.id_hash, message), signature)
    }

    /// The same for e = SM3(Z ‖ message), computed elsewhere.
    pub fn verify_digest(&self, base: Option<&Base>, e: &[u8; 32], signature: &[u8; 64]) -> bool {
        decide(e, signature, |s, t| match base {
            Some(base) => base.0.add_multiple(combine(&[(&self.multiples, *t)]), s),
            None => combine(&[(&OddMultiples::new(&base_point()), *s), (&self.multiples, *t)]),
        })
    }
}

/// Z = SM3(bit length of id ‖ id ‖ a ‖ b ‖ G ‖ P) (GB/T 32918.2 section 5.5).
fn id_hash(point: &[u8; 65]) -> [u8; 32] {
    let [_, coordinates @ ..] = point;
    let id_bits = u16::try_from(SM2_USER_ID.len() * 8).unwrap_or(u16::MAX);
    let mut hash = Sm3::new();
    hash.update(id_bits.to_be_bytes());
    hash.update(SM2_USER_ID);
    let (a, _) = sub4(P, [3, 0, 0, 0]);
    for constant in [a, B, GX, GY] {
        hash.update(bytes(&constant));
    }
    hash.update(coordinates);
    hash.finalize().into()
}

fn digest(id_hash: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut hash = Sm3::new();
    hash.update(id_hash);
    hash.update(message);
    hash.finalize().into()
}

/// r, s ∈ [1, n − 1]; t = r + s mod n ≠ 0; (x, y) = s·G + t·P not infinity; e + x ≡ r (mod n).
///
/// The last is checked without an inversion: x is (r − e) mod n, or that plus n where it is still below p.
fn decide(digest: &[u8; 32], signature: &[u8; 64], combined: impl FnOnce(&Scalar, &Scalar) -> Jacobian) -> bool {
    let Some((r, s)) = signature.split_first_chunk::<32>() else { return false };
    let Some(s) = s.first_chunk::<32>() else { return false };
    let (Some(r), Some(s)) = (Scalar::nonzero(r), Scalar::nonzero(s)) else { return false };
    let t = r.add(&s);
    if t.is_zero() {
        return false;
    }
    let sum = combined(&s, &t);
    let x = r.sub(&Scalar::reduced(digest)).value();
    let matches = |x: [u64; 4]| Fe::new(x).is_some_and(|x| sum.has_x(&x));
    let (above, carry) = add4(x, N);
    matches(x) || (!carry && sub4(above, P).1 && matches(above))
}
