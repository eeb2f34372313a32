//! SM2 verification (GB/T 32918.2 section 7).

use tongma_code::limits::SM2_USER_ID;

/// A public key prepared for verifying.
pub struct IssuerKey(::sm2::dsa::VerifyingKey);

impl IssuerKey {
    /// Prepares a key; `None` unless it is a point of the curve.
    pub fn new(point: &[u8; 65]) -> Option<Self> {
        let id = core::str::from_utf8(SM2_USER_ID).ok()?;
        ::sm2::dsa::VerifyingKey::from_sec1_bytes(id, point).ok().map(Self)
    }

    /// Whether the signature r ‖ s holds over the message.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        use ::sm2::dsa::signature::Verifier as _;
        ::sm2::dsa::Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}
