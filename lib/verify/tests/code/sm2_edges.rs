//! SM2 verification against the standard, against three other implementations, and at its edges.

#![expect(clippy::many_single_char_names, reason = "the letters are those of the standard")]

use libsm::sm2::{
    ecc::EccCtx,
    signature::{SigCtx, Signature as LibsmSignature},
};
use num_bigint::BigUint;
use proptest::prelude::*;
use sm2::{
    ProjectivePoint, PublicKey as ReferenceKey, Scalar,
    dsa::{
        Signature as ReferenceSignature, VerifyingKey as ReferenceVerifier,
        signature::{Verifier as _, hazmat::PrehashVerifier as _},
    },
    elliptic_curve::{Group as _, ff::PrimeField as _, point::AffineCoordinates as _, sec1::ToSec1Point as _},
};
use tongma_code::sign::{PublicKey, Signer, SoftSm2};
use tongma_verify::sm2::{Base, IssuerKey, PlainKey};

const ID: &str = "1234567812345678";
pub const N: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
const P: &str = "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";
const B: &str = "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93";

pub fn big(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

pub fn be(number: &BigUint) -> [u8; 32] {
    let bytes = number.to_bytes_be();
    let mut out = [0; 32];
    out[32 - bytes.len()..].copy_from_slice(&bytes);
    out
}

fn unhex<const L: usize>(hex: &str) -> [u8; L] {
    let digits: Vec<u8> = hex.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    core::array::from_fn(|at| u8::from_str_radix(core::str::from_utf8(&digits[2 * at..][..2]).unwrap(), 16).unwrap())
}

fn joined(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(r);
    signature[32..].copy_from_slice(s);
    signature
}

/// All ways of this crate to verify a digest; they must agree.
struct Ours {
    base: Base,
    issuer: IssuerKey,
    plain: PlainKey,
}

impl Ours {
    fn new(base: &Base, point: &[u8; 65]) -> Self {
        let issuer = IssuerKey::new(base, point).unwrap();
        Self { base: base.clone(), issuer, plain: PlainKey::new(point).unwrap() }
    }
    fn digest(&self, e: &[u8; 32], signature: &[u8; 64]) -> bool {
        let verdict = self.issuer.verify_digest(e, signature);
        assert_eq!(self.plain.verify_digest(None, e, signature), verdict);
        assert_eq!(self.plain.verify_digest(Some(&self.base), e, signature), verdict);
        verdict
    }
    fn message(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let verdict = self.issuer.verify(message, signature);
        assert_eq!(self.plain.verify(None, message, signature), verdict);
        assert_eq!(self.plain.verify(Some(&self.base), message, signature), verdict);
        verdict
    }
}

pub fn sec1(point: &ProjectivePoint) -> [u8; 65] {
    point.to_affine().to_sec1_point(false).as_bytes().try_into().unwrap()
}

fn reference_digest(point: &[u8; 65], e: &[u8; 32], signature: &[u8; 64]) -> bool {
    let key = ReferenceVerifier::new(ID, ReferenceKey::from_sec1_bytes(point).unwrap()).unwrap();
    ReferenceSignature::from_slice(signature).is_ok_and(|signature| key.verify_prehash(e, &signature).is_ok())
}

#[test]
fn the_standard_s_example_holds() {
    // GB/T 32918.5-2017 Annex A: the recommended curve, id 1234567812345678, message "message digest".
    let x: [u8; 32] = unhex("09F9DF31 1E5421A1 50DD7D16 1E4BC5C6 72179FAD 1833FC07 6BB08FF3 56F35020");
    let y: [u8; 32] = unhex("CCEA490C E26775A5 2DC6EA71 8CC1AA60 0AED05FB F35E084A 6632F607 2DA9AD13");
    let r: [u8; 32] = unhex("F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3");
    let s: [u8; 32] = unhex("B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA");
    let e: [u8; 32] = unhex("F0B43E94 BA45ACCA ACE692ED 534382EB 17E6AB5A 19CE7B31 F4486FDF C0D28640");
    let d: [u8; 32] = unhex("3945208F 7B2144B1 3F36E38A C6D39F95 88939369 2860B51A 42FB81EF 4DF7C5B8");
    let mut point = [4; 65];
    point[1..33].copy_from_slice(&x);
    point[33..].copy_from_slice(&y);
    let ours = Ours::new(&Base::new(), &point);
    let signature = joined(&r, &s);
    assert!(ours.message(b"message digest", &signature));
    assert!(ours.digest(&e, &signature), "the standard's e");
    assert!(!ours.message(b"message digesu", &signature));
    assert_eq!(SoftSm2::new(&d).unwrap().public_key(), PublicKey::Sm2(point), "the standard's key pair");
}

fn libsm_verifies(point: &[u8; 65], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = EccCtx::new().bytes_to_point(point).unwrap();
    let signature = LibsmSignature::new(&signature[..32], &signature[32..]);
    SigCtx::new().verify(message, &key, &signature).unwrap_or(false)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn four_implementations_agree(
        secret in any::<[u8; 32]>(), entropy in any::<[u8; 32]>(), message in prop::collection::vec(any::<u8>(), 0..120),
        flip in 0_usize..512,
    ) {
        let Ok(signer) = SoftSm2::new(&secret) else { return Ok(()) };
        let PublicKey::Sm2(point) = signer.public_key() else { unreachable!() };
        let ours = Ours::new(&Base::new(), &point);
        let good = signer.sign(&message, &entropy).unwrap();
        let mut bad = good;
        bad[flip / 8] ^= 1 << (flip % 8);
        for (signature, expected) in [(good, true), (bad, false)] {
            prop_assert_eq!(ours.message(&message, &signature), expected);
            prop_assert_eq!(libsm_verifies(&point, &message, &signature), expected);
            let reference = ReferenceVerifier::from_sec1_bytes(ID, &point).unwrap();
            let verdict = ReferenceSignature::from_slice(&signature)
                .is_ok_and(|signature| reference.verify(&message, &signature).is_ok());
            prop_assert_eq!(verdict, expected);
        }
    }
}

#[test]
fn entropy_changes_the_nonce_and_nothing_is_repeated() {
    let signer = SoftSm2::new(&[5; 32]).unwrap();
    let one = signer.sign(b"m", &[1; 32]).unwrap();
    assert_eq!(one, signer.sign(b"m", &[1; 32]).unwrap(), "a function of its arguments");
    assert_ne!(one[..32], signer.sign(b"m", &[2; 32]).unwrap()[..32], "fresh entropy, fresh nonce");
    assert_ne!(one[..32], signer.sign(b"n", &[1; 32]).unwrap()[..32], "repeated entropy, another message: fresh nonce");
    assert!(SoftSm2::new(&[0; 32]).is_err());
    assert!(SoftSm2::new(&be(&big(N))).is_err());
    assert!(SoftSm2::new(&be(&(big(N) - 1_u8))).is_err(), "1 + d must have an inverse");
    assert!(SoftSm2::new(&be(&(big(N) - 2_u8))).is_ok());
}

pub fn scalar(number: &BigUint) -> Scalar {
    Scalar::from_repr(be(&(number % big(N))).into()).unwrap()
}

fn number(scalar: &Scalar) -> BigUint {
    BigUint::from_bytes_be(&scalar.to_repr())
}

/// The digest for which (r = t − s, s) verifies, given the x of s·G + t·P.
pub fn digest_for(s: &Scalar, t: &Scalar, x: &BigUint) -> Option<([u8; 32], [u8; 64])> {
    let r = t - s;
    let e = number(&r) + big(N) - x % big(N);
    let usable = !bool::from(r.is_zero()) && !bool::from(s.is_zero());
    usable.then(|| (be(&(e % big(N))), joined(&be(&number(&r)), &be(&number(s)))))
}

/// A point of the curve with this x, if there is one.
pub fn lift(x: &BigUint) -> Option<[u8; 65]> {
    let p = big(P);
    let square = (x * x * x + &p * 3_u8 - x * 3_u8 + big(B)) % &p;
    // p ≡ 3 mod 4.
    let y = square.modpow(&((&p + 1_u8) >> 2_u8), &p);
    ((&y * &y) % &p == square).then(|| {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&be(x));
        point[33..].copy_from_slice(&be(&y));
        point
    })
}

#[test]
fn an_x_of_n_or_more_and_an_x_below_p_minus_n() {
    let (n, p) = (big(N), big(P));
    let base = Base::new();
    let starts = [n.clone(), &p - 1000_u16, BigUint::from(0_u8), &p - &n - 500_u16];
    for (which, start) in starts.iter().enumerate() {
        let mut found = 0;
        for x in (0_u16..400).map(|more| start + more).filter(|x| *x < p) {
            let Some(lifted) = lift(&x) else { continue };
            let target = ProjectivePoint::from(*ReferenceKey::from_sec1_bytes(&lifted).unwrap().as_affine());
            let (s, t) = (scalar(&BigUint::from(1_000_003_u32 + found)), scalar(&(&n - 77_u32 - found)));
            // P = (R − s·G) / t, so that s·G + t·P is R.
            let key = (target - ProjectivePoint::GENERATOR * s) * t.invert().unwrap();
            let point = sec1(&key);
            let (e, signature) = digest_for(&s, &t, &x).unwrap();
            let ours = Ours::new(&base, &point);
            assert!(ours.digest(&e, &signature), "x = start {which} + …");
            assert!(reference_digest(&point, &e, &signature));
            let mut wrong = e;
            wrong[31] ^= 1;
            assert!(!ours.digest(&wrong, &signature) && !reference_digest(&point, &wrong, &signature));
            found += 1;
            if found == 3 {
                break;
            }
        }
        assert_eq!(found, 3, "points with such an x exist");
    }
}

#[test]
fn sums_that_meet_cancel_or_double() {
    // Keys that are small multiples of G make partial sums equal or opposite, where the addition formula fails.
    let base = Base::new();
    let n = big(N);
    for d in [1_u32, 2, 3, 64, 127, 128, 129, 1 << 14] {
        for negative in [false, true] {
            let d = if negative { &n - d } else { BigUint::from(d) };
            let key = ProjectivePoint::GENERATOR * scalar(&d);
            let point = sec1(&key);
            let ours = Ours::new(&base, &point);
            let small = [1_u32, 2, 3, 63, 64, 65, 128, 129, 256, 8192, 16_384];
            for s in small {
                for t in small.into_iter().chain([s * 2, s * 128]) {
                    let (s, t) = (scalar(&BigUint::from(s)), scalar(&BigUint::from(t)));
                    let sum = ProjectivePoint::GENERATOR * s + key * t;
                    if bool::from(sum.is_identity()) {
                        // Nothing verifies at infinity, whatever its x would be taken for.
                        for x in [BigUint::from(0_u8), BigUint::from(1_u8), n.clone()] {
                            if let Some((e, signature)) = digest_for(&s, &t, &x) {
                                assert!(!ours.digest(&e, &signature) && !reference_digest(&point, &e, &signature));
                            }
                        }
                        continue;
                    }
                    let x = BigUint::from_bytes_be(&sum.to_affine().x());
                    if let Some((e, signature)) = digest_for(&s, &t, &x) {
                        assert!(ours.digest(&e, &signature), "d {d} s {s:?} t {t:?}");
                        assert!(reference_digest(&point, &e, &signature));
                    }
                }
            }
        }
    }
}

#[test]
fn infinity_is_met_and_refused() {
    // s·G + t·P = 0 for P = d·G and s = −t·d.
    let base = Base::new();
    for (d, t) in [(7_u32, 5_u32), (1, 900), (128, 1), (65_537, 31)] {
        let (d, t) = (scalar(&BigUint::from(d)), scalar(&BigUint::from(t)));
        let point = sec1(&(ProjectivePoint::GENERATOR * d));
        let s = -(t * d);
        let (e, signature) = digest_for(&s, &t, &BigUint::from(0_u8)).unwrap();
        assert!(!Ours::new(&base, &point).digest(&e, &signature));
        assert!(!reference_digest(&point, &e, &signature));
    }
}

#[test]
fn r_and_s_out_of_range_are_refused() {
    let signer = SoftSm2::new(&[9; 32]).unwrap();
    let PublicKey::Sm2(point) = signer.public_key() else { unreachable!() };
    let ours = Ours::new(&Base::new(), &point);
    let good = signer.sign(b"range", &[1; 32]).unwrap();
    assert!(ours.message(b"range", &good));
    let (r, s): ([u8; 32], [u8; 32]) = (good[..32].try_into().unwrap(), good[32..].try_into().unwrap());
    let n = big(N);
    let edges = [BigUint::from(0_u8), n.clone(), &n + 1_u8, (BigUint::from(1_u8) << 256_u32) - 1_u8];
    for edge in &edges {
        assert!(!ours.message(b"range", &joined(&be(edge), &s)));
        assert!(!ours.message(b"range", &joined(&r, &be(edge))));
        for other in &edges {
            assert!(!ours.message(b"range", &joined(&be(edge), &be(other))));
        }
    }
    // The same residues spelled n higher, where 256 bits can hold them.
    for part in [&r, &s] {
        let raised = BigUint::from_bytes_be(part) + &n;
        if raised.bits() <= 256 {
            assert!(!ours.message(b"range", &joined(&be(&raised), &s)));
        }
    }
    // r + s = n: t is zero.
    let opposite = be(&(&n - BigUint::from_bytes_be(&r)));
    assert!(!ours.message(b"range", &joined(&r, &opposite)));
    // The same with the digest chosen so that only t = 0 stands in the way: s·G has the x that fits.
    let s = scalar(&BigUint::from_bytes_be(&opposite));
    let x = BigUint::from_bytes_be(&(ProjectivePoint::GENERATOR * s).to_affine().x());
    let e = (BigUint::from_bytes_be(&r) + &n - x % &n) % &n;
    assert!(!ours.digest(&be(&e), &joined(&r, &opposite)));
}

#[test]
fn digests_of_n_or_more_are_reduced() {
    let signer_key = ProjectivePoint::GENERATOR * scalar(&BigUint::from(12_345_u32));
    let point = sec1(&signer_key);
    let ours = Ours::new(&Base::new(), &point);
    // e and e + n name the same residue; both verify as in the standard's mod n.
    for at in 1_u32..50 {
        let (s, t) = (scalar(&BigUint::from(at)), scalar(&BigUint::from(1000 + at)));
        let sum = (ProjectivePoint::GENERATOR * s + signer_key * t).to_affine();
        let (e, signature) = digest_for(&s, &t, &BigUint::from_bytes_be(&sum.x())).unwrap();
        assert!(ours.digest(&e, &signature));
        let raised = BigUint::from_bytes_be(&e) + big(N);
        if raised.bits() <= 256 {
            assert!(ours.digest(&be(&raised), &signature) && reference_digest(&point, &be(&raised), &signature));
        }
    }
}

#[test]
fn only_points_of_the_curve_are_keys() {
    let base = Base::new();
    let PublicKey::Sm2(good) = SoftSm2::new(&[9; 32]).unwrap().public_key() else { unreachable!() };
    let refused = |point: &[u8; 65]| IssuerKey::new(&base, point).is_none() && PlainKey::new(point).is_none();
    assert!(!refused(&good));
    for (at, value) in [(0, 2), (0, 3), (0, 0), (0, 6), (64, good[64] ^ 1), (1, good[1] ^ 1)] {
        let mut point = good;
        point[at] = value;
        assert!(refused(&point), "byte {at} = {value}");
    }
    let mut point = [0; 65];
    assert!(refused(&point), "infinity");
    point[0] = 4;
    assert!(refused(&point), "(0, 0)");
    // A coordinate spelled p higher: x = 0 … has a point, x + p does not fit; take y of a small-x point.
    for x in 0_u16..50 {
        if let Some(mut point) = lift(&BigUint::from(x)) {
            assert!(!refused(&point));
            let raised = BigUint::from(x) + big(P);
            if raised.bits() <= 256 {
                point[1..33].copy_from_slice(&be(&raised));
                assert!(refused(&point), "x + p");
            }
        }
    }
}
