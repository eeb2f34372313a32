//! Signing. Software signers here are for development and tests; production puts a cryptographic machine (PKCS#11, or
//! GM/T 0018) behind the same trait. Signing is constant time and never uses the verifier's tables.

use core::{convert::Infallible, fmt};

use sm2::{
    dsa::signature::{
        RandomizedSigner, Signer as _,
        rand_core::{TryCryptoRng, TryRng},
    },
    elliptic_curve::sec1::ToSec1Point,
};

use crate::{
    bytes::put,
    keys::hmac_sm3,
    limits::SM2_USER_ID,
    ticket::{Signature, Suite},
};

/// A public key with its suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublicKey {
    /// An SM2 point as 0x04 ‖ x ‖ y (SEC 1, uncompressed).
    Sm2([u8; 65]),
    /// An Ed25519 key (RFC 8032).
    Ed25519([u8; 32]),
    /// A P-256 point as 0x04 ‖ x ‖ y.
    P256([u8; 65]),
}

impl PublicKey {
    /// Its suite.
    pub const fn suite(&self) -> Suite {
        match self {
            Self::Sm2(_) => Suite::Sm2,
            Self::Ed25519(_) => Suite::Ed25519,
            Self::P256(_) => Suite::P256,
        }
    }
    /// Its bytes, 65 or 32.
    pub const fn bytes(&self) -> &[u8] {
        match self {
            Self::Sm2(bytes) | Self::P256(bytes) => bytes,
            Self::Ed25519(bytes) => bytes,
        }
    }
    /// The key of a suite and its bytes; `None` for a wrong length. Whether the point is on its curve is for the
    /// verifier to say.
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Option<Self> {
        Some(match suite {
            Suite::Sm2 => Self::Sm2(bytes.try_into().ok()?),
            Suite::Ed25519 => Self::Ed25519(bytes.try_into().ok()?),
            Suite::P256 => Self::P256(bytes.try_into().ok()?),
        })
    }
}

/// The signer failed: a machine that did not answer, a wrong suite, or (once in 2^250 draws) an unusable nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignError;

impl fmt::Display for SignError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the signer failed")
    }
}

impl core::error::Error for SignError {}

/// Something that holds a private key.
pub trait Signer: Send + Sync {
    /// The suite of its key.
    fn suite(&self) -> Suite;
    /// Its public key.
    fn public_key(&self) -> PublicKey;
    /// Signs tag and bytes. `entropy` is 32 fresh random bytes, mixed into the nonce (RFC 6979 section 3.6), so that
    /// neither a bad generator nor a repeated message alone reveals the key. Ed25519 has no use for them.
    ///
    /// # Errors
    /// [`SignError`].
    fn sign(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Signature, SignError>;
}

/// SM2 in software, by `RustCrypto`'s constant-time `sm2`.
pub struct SoftSm2(sm2::dsa::SigningKey);

impl SoftSm2 {
    /// The signer of a private scalar, big-endian.
    ///
    /// # Errors
    /// [`SignError`] unless 1 ≤ scalar ≤ n − 2.
    pub fn new(secret: &[u8; 32]) -> Result<Self, SignError> {
        let id = core::str::from_utf8(SM2_USER_ID).map_err(|_| SignError)?;
        let key = sm2::dsa::SigningKey::from_slice(id, secret).map_err(|_| SignError)?;
        // (1 + d) must have an inverse (GB/T 32918.2 section 6.1), so n − 1 is no private key.
        (*key.as_nonzero_scalar().as_ref() != -sm2::Scalar::ONE).then_some(Self(key)).ok_or(SignError)
    }
}

impl Signer for SoftSm2 {
    fn suite(&self) -> Suite {
        Suite::Sm2
    }
    fn public_key(&self) -> PublicKey {
        let mut bytes = [0; 65];
        put(&mut bytes, self.0.verifying_key().to_sec1_point(false).as_bytes());
        PublicKey::Sm2(bytes)
    }
    fn sign(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Signature, SignError> {
        let mut stream = Given { seed: *entropy, counter: 0 };
        // A refused nonce (r = 0, r + k = n, s = 0) is drawn again; two in a row do not happen.
        for _ in 0..4 {
            if let Ok(signature) = self.0.try_sign_with_rng(&mut stream, message) {
                return Ok(signature.to_bytes().into());
            }
        }
        Err(SignError)
    }
}

/// Ed25519 in software.
pub struct SoftEd25519(ed25519_dalek::SigningKey);

impl SoftEd25519 {
    /// The signer of a 32-byte seed (RFC 8032 section 5.1.5).
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret))
    }
}

impl Signer for SoftEd25519 {
    fn suite(&self) -> Suite {
        Suite::Ed25519
    }
    fn public_key(&self) -> PublicKey {
        PublicKey::Ed25519(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, message: &[u8], _entropy: &[u8; 32]) -> Result<Signature, SignError> {
        Ok(self.0.try_sign(message).map_err(|_| SignError)?.to_bytes())
    }
}

/// P-256 in software; s is always the lower of the two.
pub struct SoftP256(p256::ecdsa::SigningKey);

impl SoftP256 {
    /// The signer of a private scalar, big-endian.
    ///
    /// # Errors
    /// [`SignError`] unless the scalar is between 1 and the order.
    pub fn new(secret: &[u8; 32]) -> Result<Self, SignError> {
        p256::ecdsa::SigningKey::from_slice(secret).map(Self).map_err(|_| SignError)
    }
}

impl Signer for SoftP256 {
    fn suite(&self) -> Suite {
        Suite::P256
    }
    fn public_key(&self) -> PublicKey {
        let mut bytes = [0; 65];
        put(&mut bytes, self.0.verifying_key().to_sec1_point(false).as_bytes());
        PublicKey::P256(bytes)
    }
    fn sign(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Signature, SignError> {
        let mut stream = Given { seed: *entropy, counter: 0 };
        let signature: p256::ecdsa::Signature =
            self.0.try_sign_with_rng(&mut stream, message).map_err(|_| SignError)?;
        Ok(signature.normalize_s().to_bytes().into())
    }
}

/// The randomness that was passed in, stretched by HMAC-SM3 over a counter.
struct Given {
    seed: [u8; 32],
    counter: u32,
}

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            put(chunk, &hmac_sm3(&self.seed, &[b"tongma/nonce/v0\0", &self.counter.to_be_bytes()]));
            self.counter = self.counter.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Given {}
