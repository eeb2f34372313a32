//! A second opinion from OpenSSL's command line, where SM2 and SM3 were written by other people.

use std::{fs, path::PathBuf, process::Command};

use num_bigint::BigUint;

use tongma_code::sign::{PublicKey, Signer, SoftSm2};
use tongma_verify::sm2::{Base, IssuerKey};

const ID: &str = "distid:1234567812345678";

/// A directory of this test's own, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tongma-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn openssl(arguments: &[&str]) -> bool {
    let output = Command::new("openssl").args(arguments).output();
    let output = output.expect("this test needs the openssl command (Debian: apt-get install openssl)");
    output.status.success()
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let head = if length < 128 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [head, content.to_vec()].concat()
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let number = BigUint::from_bytes_be(bytes).to_bytes_be();
    let lead: &[u8] = if number[0] >= 0x80 { &[0] } else { &[] };
    der(2, &[lead, &number].concat())
}

fn signature_der(signature: &[u8; 64]) -> Vec<u8> {
    der(0x30, &[integer(&signature[..32]), integer(&signature[32..])].concat())
}

/// `SubjectPublicKeyInfo`: id-ecPublicKey with the curve sm2 (1.2.156.10197.1.301).
fn public_der(point: &[u8; 65]) -> Vec<u8> {
    let ec = der(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    let curve = der(6, &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d]);
    let bits = der(3, &[&[0][..], point].concat());
    der(0x30, &[der(0x30, &[ec, curve].concat()), bits].concat())
}

#[test]
fn openssl_verifies_what_is_signed_here() {
    let scratch = Scratch::new("signed-here");
    for seed in 1..6_u8 {
        let signer = SoftSm2::new(&[seed; 32]).unwrap();
        let PublicKey::Sm2(point) = signer.public_key() else { unreachable!() };
        let message = scratch.write("message", &[seed; 51]);
        let key = scratch.write("key", &public_der(&point));
        let good = signer.sign(&[seed; 51], &[7; 32]).unwrap();
        let mut bad = good;
        bad[63] ^= 1;
        for (signature, expected) in [(good, true), (bad, false)] {
            let file = scratch.write("signature", &signature_der(&signature));
            let arguments = [
                "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", ID, "-pubin", "-keyform", "DER",
                "-inkey", &key, "-in", &message, "-sigfile", &file,
            ];
            assert_eq!(openssl(&arguments), expected);
        }
    }
}

#[test]
fn what_openssl_signs_is_verified_here() {
    let scratch = Scratch::new("signed-there");
    let base = Base::new();
    let path = |name: &str| scratch.0.join(name).to_string_lossy().into_owned();
    let (key, public, file) = (path("key"), path("public"), path("signature"));
    for round in 0..5_u8 {
        let text = [b'a' + round; 100];
        let message = scratch.write("message", &text);
        assert!(openssl(&["genpkey", "-algorithm", "SM2", "-out", &key]));
        assert!(openssl(&["pkey", "-in", &key, "-pubout", "-outform", "DER", "-out", &public]));
        let arguments = [
            "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", ID, "-inkey", &key, "-in", &message, "-out",
            &file,
        ];
        assert!(openssl(&arguments));
        let point: [u8; 65] = *fs::read(&public).unwrap().last_chunk().unwrap();
        let encoded = fs::read(&file).unwrap();
        // SEQUENCE of two INTEGERs, each of at most 33 bytes.
        let r_length = usize::from(encoded[3]);
        let parts = [&encoded[4..4 + r_length], &encoded[6 + r_length..]];
        let mut signature = [0; 64];
        for (half, part) in signature.chunks_exact_mut(32).zip(parts) {
            let bytes = BigUint::from_bytes_be(part).to_bytes_be();
            half[32 - bytes.len()..].copy_from_slice(&bytes);
        }
        let issuer = IssuerKey::new(&base, &point).unwrap();
        assert!(issuer.verify(&text, &signature));
        assert!(!issuer.verify(&text[1..], &signature));
    }
}
