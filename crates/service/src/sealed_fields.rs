//! Fields of a certificate as they are stored: sealed for their person, opened only on the way out.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{AesGcm, Nonce};
use sm4::Sm4;
use tongma_domain::{Entropy, Id};

use crate::vault::{SealError, Vault, hex, unhex};

type Sm4Gcm = AesGcm<Sm4, aes_gcm::aead::consts::U12>;

/// The field id → value map of one certificate.
pub(crate) type Fields = BTreeMap<String, String>;

fn cipher(vault: &Vault) -> Sm4Gcm {
    Sm4Gcm::new(&vault.key_128("certificate", &[1]).into())
}

/// The fields, sealed for this person.
///
/// # Errors
/// [`SealError`] when they cannot be written.
pub(crate) fn seal(vault: &Vault, person: Id, fields: &Fields, entropy: &mut dyn Entropy) -> Result<String, SealError> {
    let mut nonce = [0; 12];
    entropy.fill(&mut nonce);
    let plain = serde_json::to_vec(fields).map_err(|_| SealError)?;
    let payload = Payload { msg: &plain, aad: person.as_bytes() };
    let text = cipher(vault).encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError)?;
    Ok(hex(&[&nonce[..], &text].concat()))
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
