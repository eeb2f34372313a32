//! Public keys: P-256 as JWS and COSE use it, and SM2.

use alloc::string::String;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tongma_code::{sign::PublicKey, ticket::Suite};

/// A P-256 key that verifies ES256 (RFC 7518 section 3.4). Unlike the code's own signatures, s may be high or low: JWS
/// asks for neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Es256Key(VerifyingKey);

impl Es256Key {
    /// The key of a point in SEC 1, compressed or not; `None` when it is not on the curve.
    pub fn from_sec1(bytes: &[u8]) -> Option<Self> {
        VerifyingKey::from_sec1_bytes(bytes).ok().map(Self)
    }

    /// The key of its two coordinates.
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Option<Self> {
        let mut point = [4; 65];
        let (x, y): (&[u8; 32], &[u8; 32]) = (x.try_into().ok()?, y.try_into().ok()?);
        point.get_mut(1..33)?.copy_from_slice(x);
        point.get_mut(33..)?.copy_from_slice(y);
        Self::from_sec1(&point)
    }

    /// The key of a JWK (RFC 7517): `kty` EC, `crv` P-256, `x`, `y`.
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let part = |name: &str| jwk.get(name)?.as_str();
        if part("kty")? != "EC" || part("crv")? != "P-256" {
            return None;
        }
        let coordinate = |name: &str| BASE64URL.decode(part(name)?).ok();
        Self::from_coordinates(&coordinate("x")?, &coordinate("y")?)
    }

    /// Both coordinates.
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point = self.0.to_sec1_point(false);
        let half = |half: Option<&[u8]>| half.and_then(|half| half.try_into().ok()).unwrap_or([0; 32]);
        let bytes = point.as_bytes();
        (half(bytes.get(1..33)), half(bytes.get(33..65)))
    }

    /// The key as a JWK.
    pub fn to_jwk(&self) -> Value {
        let (x, y) = self.coordinates();
        json!({"kty": "EC", "crv": "P-256", "x": BASE64URL.encode(x), "y": BASE64URL.encode(y)})
    }

    /// The JWK's SHA-256 thumbprint (RFC 7638), by which tokens name the key.
    pub fn thumbprint(&self) -> String {
        let (x, y) = self.coordinates();
        let text = alloc::format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
            BASE64URL.encode(x),
            BASE64URL.encode(y)
        );
        BASE64URL.encode(Sha256::digest(text.as_bytes()))
    }

    /// Whether r ‖ s is a signature of the message.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

/// The key of who issues cards: ES256, or SM2 with SM3 and the constant user id of `docs/code.md`.
pub enum IssuerKey {
    /// ES256.
    Es256(Es256Key),
    /// SM2 with SM3 (GB/T 32918.2).
    Sm2(tongma_verify::key::VerifyingKey),
}

impl IssuerKey {
    /// The key of a signer's public key; `None` when it is no point of its curve or of another suite.
    pub fn new(key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::P256(point) => Es256Key::from_sec1(point).map(Self::Es256),
            PublicKey::Sm2(_) => tongma_verify::key::VerifyingKey::plain(key).map(Self::Sm2),
            PublicKey::Ed25519(_) => None,
        }
    }

    /// Its suite.
    pub const fn suite(&self) -> Suite {
        match self {
            Self::Es256(_) => Suite::P256,
            Self::Sm2(_) => Suite::Sm2,
        }
    }

    /// Whether r ‖ s is a signature of the message.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        match self {
            Self::Es256(key) => key.verify(message, signature),
            Self::Sm2(key) => key.verify(message, signature),
        }
    }
}
