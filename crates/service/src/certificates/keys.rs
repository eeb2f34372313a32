//! The keys credentials are signed with, and the places they take in status lists.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sm4::Sm4;
use sm4::cipher::{Block, BlockCipherEncrypt, KeyInit};
use tongma_code::sign::{PublicKey, SignError, Signer, SoftP256};
use tongma_code::ticket::{Signature, Suite};
use tongma_credential::Es256Key;
use tongma_domain::Id;

use super::lists::SignedStatus;
use crate::vault::Vault;

/// Places of one bucket in one list.
const SLOTS_PER_LIST: u32 = 256;
/// Places in a list: those of all 4096 buckets.
pub const PLACES: u32 = SLOTS_PER_LIST * 4096;
/// Rounds of the permutation.
const ROUNDS: u8 = 10;

/// The signer of credentials for the world (ES256), and the lists made so far.
pub struct CertificateKeys {
    signer: Option<SoftP256>,
    pub(super) lists: Mutex<BTreeMap<u32, Arc<SignedStatus>>>,
}

impl CertificateKeys {
    /// The keys that follow from the master secret. A deployment with a cryptographic machine puts that in their place.
    pub fn new(vault: &Vault) -> Self {
        // All but two in 2^32 scalars are private keys of P-256; the next one serves where the first does not.
        let signer = (0..4_u8).find_map(|turn| SoftP256::new(&vault.key("certificate.es256", &[turn])).ok());
        Self { signer, lists: Mutex::new(BTreeMap::new()) }
    }

    /// Lists are made anew at the next request.
    pub fn forget_lists(&self) {
        self.lists.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }

    /// The JWK set of the issuer.
    pub fn jwks(&self) -> Value {
        let key = self.signer.as_ref().and_then(|signer| Es256Key::from_sec1(signer.public_key().bytes()));
        let keys = key.map(|key| {
            let mut jwk = key.to_jwk();
            if let Some(jwk) = jwk.as_object_mut() {
                jwk.insert("kid".into(), key.thumbprint().into());
                jwk.insert("alg".into(), "ES256".into());
                jwk.insert("use".into(), "sig".into());
            }
            jwk
        });
        json!({"keys": keys.into_iter().collect::<Vec<_>>()})
    }
}

impl Signer for CertificateKeys {
    fn suite(&self) -> Suite {
        Suite::P256
    }
    fn public_key(&self) -> PublicKey {
        self.signer.as_ref().map_or(PublicKey::P256([0; 65]), Signer::public_key)
    }
    fn sign(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Signature, SignError> {
        self.signer.as_ref().ok_or(SignError)?.sign(message, entropy)
    }
}

/// The list in which a slot has its place.
pub const fn list_of(slot: u32) -> u32 {
    slot / SLOTS_PER_LIST
}

/// The place of a bucket's slot in its list: a keyed permutation of the list's places, so that no two share one, nobody
/// has to be asked for a free one, and nobody without the key can tell which belong together.
pub fn place_of(vault: &Vault, bucket: u16, slot: u32) -> u32 {
    let cipher = Sm4::new(&vault.key_128("certificate.places", &list_of(slot).to_be_bytes()).into());
    let number = u32::from(bucket & 0xfff) * SLOTS_PER_LIST + slot % SLOTS_PER_LIST;
    // A balanced Feistel network over twice ten bits.
    let (mut left, mut right) = (number >> 10, number & 0x3ff);
    for round in 0..ROUNDS {
        let mut block = [0; 16];
        block[0] = round;
        block[1..5].copy_from_slice(&right.to_be_bytes());
        let mut block = Block::<Sm4>::from(block);
        cipher.encrypt_block(&mut block);
        let [high, low, ..] = <[u8; 16]>::from(block);
        let mixed = u32::from(u16::from_be_bytes([high, low]) & 0x3ff);
        (left, right) = (right, left ^ mixed);
    }
    left << 10 | right
}

/// A serial of twenty digits and capital letters that says nothing, the same for the same act.
pub fn drawn_serial(vault: &Vault, attempt: Id) -> String {
    const LETTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let bytes = vault.key("certificate.serial", attempt.as_bytes());
    let letter = |byte: &u8| char::from(LETTERS.get(usize::from(*byte) % 36).copied().unwrap_or(b'0'));
    bytes.iter().take(20).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_of_a_list_has_a_place_of_its_own() {
        let vault = Vault::new([7; 32]);
        let mut taken = vec![false; PLACES as usize];
        for bucket in 0..4096 {
            for slot in SLOTS_PER_LIST..SLOTS_PER_LIST * 2 {
                let place = place_of(&vault, bucket, slot) as usize;
                assert!(!std::mem::replace(&mut taken[place], true));
            }
        }
        // Another list and another key scatter otherwise.
        assert_ne!(place_of(&vault, 5, 3), place_of(&vault, 5, 3 + SLOTS_PER_LIST));
        assert_ne!(place_of(&vault, 5, 3), place_of(&Vault::new([8; 32]), 5, 3));
        let near = (0..100).filter(|slot| place_of(&vault, 5, *slot).abs_diff(place_of(&vault, 5, slot + 1)) < 64);
        assert!(near.count() < 5, "neighbours lie apart");
    }

    #[test]
    fn serials_are_drawn_once_an_act() {
        let vault = Vault::new([7; 32]);
        let serial = drawn_serial(&vault, Id::derived(&[b"a"]));
        assert_eq!(serial.len(), 20);
        assert_eq!(serial, drawn_serial(&vault, Id::derived(&[b"a"])));
        assert_ne!(serial, drawn_serial(&vault, Id::derived(&[b"b"])));
    }
}
