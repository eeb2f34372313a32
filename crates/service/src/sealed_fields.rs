//! Fields of a certificate as they are stored: sealed for their person, opened only on the way out.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{AesGcm, Nonce};
use sm4::Sm4;
use tongma_domain::Id;

use crate::vault::{SealError, Vault, unhex};

type Sm4Gcm = AesGcm<Sm4, aes_gcm::aead::consts::U12>;

/// The field id → value map of one certificate.
pub(crate) type Fields = BTreeMap<String, String>;

fn cipher(vault: &Vault) -> Sm4Gcm {
    Sm4Gcm::new(&vault.key_128("certificate", &[1]).into())
}

/// The fields that were sealed for this person.
///
/// # Errors
/// [`SealError`] for another person's, or another key.
pub(crate) fn open(vault: &Vault, person: Id, sealed: &str) -> Result<Fields, SealError> {
    let bytes = unhex(sealed).ok_or(SealError)?;
    let (nonce, text) = bytes.split_first_chunk::<12>().ok_or(SealError)?;
    let payload = Payload { msg: text, aad: person.as_bytes() };
    let plain = cipher(vault).decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError)?;
    serde_json::from_slice(&plain).map_err(|_| SealError)
}
