//! A bundle's envelope: `COSE_Sign1` as for every list, with a content type of its own.

use alloc::vec::Vec;

use tongma_code::{
    list::{Kind, seal},
    sign::{SignError, Signer},
};
use tongma_verify::lists::{Keyring, ListRefusal};

use crate::{bundle::Bundle, wire};

/// Why a bundle is not taken. The one before it stays in use until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleRefusal {
    /// The envelope, the signer or the signature.
    List(ListRefusal),
    /// Signed, and yet not a sound bundle.
    Content,
    /// For another point.
    Point,
    /// Lower than a version already seen.
    Older,
    /// Past its `exp`.
    Expired,
}

impl Bundle {
    /// Signs the bundle with a listed key that has [`tongma_code::list::Uses::LIST`].
    ///
    /// # Errors
    /// [`SignError`].
    pub fn seal(&self, key_index: u8, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
        seal(Kind::Bundle, wire::to_bytes(self), key_index, signer, entropy)
    }

    /// Opens a signed bundle for this point. `seen_version` is the highest version opened so far, kept across restarts.
    ///
    /// # Errors
    /// [`BundleRefusal`]. Whether it has gone past its `ttl` is judged at every decision.
    pub fn open(
        bytes: &[u8],
        keyring: &Keyring,
        point: &[u8; 16],
        seen_version: u64,
        now_s: i64,
    ) -> Result<Self, BundleRefusal> {
        let (signed, key) = keyring.open_list(Kind::Bundle, bytes).map_err(BundleRefusal::List)?;
        let bundle = wire::from_bytes(signed.payload()).ok_or(BundleRefusal::Content)?;
        if wire::to_bytes(&bundle) != signed.payload() {
            return Err(BundleRefusal::Content);
        }
        if bundle.issued_s < key.from_s || bundle.issued_s >= key.until_s {
            return Err(BundleRefusal::List(ListRefusal::Signer));
        }
        if bundle.point != *point {
            return Err(BundleRefusal::Point);
        }
        if bundle.version < seen_version {
            return Err(BundleRefusal::Older);
        }
        if now_s >= bundle.expires_s {
            return Err(BundleRefusal::Expired);
        }
        Ok(bundle)
    }
}
