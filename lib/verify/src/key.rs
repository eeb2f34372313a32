//! Public keys made ready for verifying, one kind for each suite.

use alloc::boxed::Box;

use p256::ecdsa::signature::Verifier as _;
use tongma_code::{
    message,
    sign::PublicKey,
    ticket::{Link, Signature, SignedTicket, Suite},
};

use crate::sm2::{Base, IssuerKey, PlainKey};

/// A public key that is a proper point of its curve.
pub enum VerifyingKey {
    /// SM2 with tables: worth the memory for a key that signs many codes.
    Sm2(Box<IssuerKey>),
    /// SM2 without tables: for a root, or on a phone.
    Sm2Plain(Box<PlainKey>),
    /// Ed25519, strict (RFC 8032 section 5.1.7, small orders and non-canonical encodings refused).
    Ed25519(ed25519_dalek::VerifyingKey),
    /// ECDSA on P-256, low s only.
    P256(p256::ecdsa::VerifyingKey),
}

impl VerifyingKey {
    /// A key that will verify much: checks the point and builds tables beside those of the base point. `None` when it
    /// is not on its curve, at infinity or of small order.
    pub fn tabled(base: &Base, key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::Sm2(point) => IssuerKey::new(base, point).map(Box::new).map(Self::Sm2),
            _ => Self::plain(key),
        }
    }

    /// A key that will verify little: checks the point and builds no tables.
    pub fn plain(key: &PublicKey) -> Option<Self> {
        Some(match key {
            PublicKey::Sm2(point) => Self::Sm2Plain(Box::new(PlainKey::new(point)?)),
            PublicKey::Ed25519(bytes) => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
                Self::Ed25519(Some(key).filter(|key| !key.is_weak())?)
            }
            PublicKey::P256(point) => Self::P256(p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?),
        })
    }

    /// Its suite.
    pub const fn suite(&self) -> Suite {
        match self {
            Self::Sm2(_) | Self::Sm2Plain(_) => Suite::Sm2,
            Self::Ed25519(_) => Suite::Ed25519,
            Self::P256(_) => Suite::P256,
        }
    }

    /// Whether the signature holds over tag and bytes.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        match self {
            Self::Sm2(key) => key.verify(message, signature),
            Self::Sm2Plain(key) => key.verify(None, message, signature),
            Self::Ed25519(key) => key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok(),
            Self::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| signature == signature.normalize_s() && key.verify(message, &signature).is_ok()),
        }
    }
}

/// Whether the platform's signature over a ticket and the phone's own anchor holds: what a phone asks before it stores
/// a ticket. It builds no tables.
pub fn issued_holds(key: &PublicKey, ticket: &SignedTicket, anchor: &Link) -> bool {
    if key.suite() != ticket.header.suite {
        return false;
    }
    let message = message::ticket(&ticket.header.to_bytes(), anchor);
    VerifyingKey::plain(key).is_some_and(|key| key.verify(&message, &ticket.signature))
}
