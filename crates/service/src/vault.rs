//! Keys of the platform, and what they protect: personal data at rest, blind indexes, outward ids, session marks.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{AesGcm, Nonce};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sm3::Sm3;
use sm4::Sm4;
use sm4::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt};
use tongma_domain::{Bucket, Entropy, Id, PersonalData};

/// SM4 in Galois/Counter Mode with a 96-bit nonce (GB/T 36624; SM4 is GB/T 32907).
type Sm4Gcm = AesGcm<Sm4, aes_gcm::aead::consts::U12>;

/// The most ciphers kept ready; beyond it all are made again as they are asked for. Some hundred bytes each.
const MOST_READY: usize = 4096;

/// The platform's secret keys, all derived from one 32-byte master secret that lives in a file outside the database.
///
/// Ciphers are kept ready once they were made: deriving a key costs more than using it.
pub struct Vault {
    master: [u8; 32],
    audiences: Ready<Vec<u8>, Sm4>,
    personal: Ready<u8, Sm4Gcm>,
}

/// Ciphers by what they are for.
struct Ready<K, C>(RwLock<HashMap<K, Arc<C>>>);

impl<K: std::hash::Hash + Eq, C> Ready<K, C> {
    fn new() -> Self {
        Self(RwLock::new(HashMap::new()))
    }

    /// The cipher of this name, made now unless it is there.
    fn get<Q>(&self, name: &Q, make: impl FnOnce() -> C) -> Arc<C>
    where
        Q: ToOwned<Owned = K> + std::hash::Hash + Eq + ?Sized,
        K: std::borrow::Borrow<Q>,
    {
        if let Some(ready) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Arc::clone(ready);
        }
        let made = Arc::new(make());
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_READY {
            all.clear();
        }
        all.insert(name.to_owned(), Arc::clone(&made));
        made
    }
}

/// Personal data as it is stored: key id, nonce and SM4-GCM ciphertext, hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Which key it is under; rotation adds keys, never reuses an id.
    pub key: u8,
    /// Nonce and ciphertext.
    pub text: String,
}

/// What a sealed text begins with; the digit is the key's number.
const SEALED_TEXT: &str = "sealed:1:";

/// The data cannot be opened: another key, or changed behind the platform's back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealError;

impl Sealed {
    /// Nothing, sealed: what stands where data was erased.
    pub const fn none() -> Self {
        Self { key: 0, text: String::new() }
    }

    /// Whether nothing is there.
    pub const fn is_none(&self) -> bool {
        self.text.is_empty()
    }
}

impl Vault {
    /// The vault of this master secret.
    pub fn new(master: [u8; 32]) -> Self {
        Self { master, audiences: Ready::new(), personal: Ready::new() }
    }

    /// A key for one use: HMAC-SM3(master, label ‖ 0 ‖ context).
    pub fn key(&self, label: &str, context: &[u8]) -> [u8; 32] {
        mac(&self.master, &[label.as_bytes(), &[0], context])
    }

    /// The first half of [`Vault::key`], for SM4.
    pub fn key_128(&self, label: &str, context: &[u8]) -> [u8; 16] {
        let mut key = [0; 16];
        key.copy_from_slice(&self.key(label, context)[..16]);
        key
    }

    /// The blind index of a value: finds it without storing it. Keyed, so that nobody else can try numbers.
    pub fn blind(&self, kind: &str, value: &str) -> [u8; 32] {
        mac(&self.key("blind", kind.as_bytes()), &[value.as_bytes()])
    }

    /// The bucket a blind index lives in: its first 12 bits.
    pub fn blind_bucket(blind: &[u8; 32]) -> Bucket {
        Bucket::from_low_bits(u16::from_be_bytes([blind[0], blind[1]]) >> 4)
    }

    /// Personal data, sealed for the person's record; the person's id is bound in, so a row copied elsewhere will not open.
    ///
    /// # Errors
    /// [`SealError`] when the data cannot be written.
    pub fn seal(&self, person: Id, data: &PersonalData, entropy: &mut dyn Entropy) -> Result<Sealed, SealError> {
        let plain = serde_json::to_vec(data).map_err(|_| SealError)?;
        Ok(Sealed { key: 1, text: hex(&seal(&self.personal(1), person.as_bytes(), &plain, nonce_of(entropy))?) })
    }

    /// Bytes that only the platform reads again, sealed; the seed is used once, for the nonce.
    ///
    /// # Errors
    /// [`SealError`] when there are too many.
    pub fn seal_answer(&self, plain: &[u8], seed: [u8; 32]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&seed[..12]);
        seal(&self.cipher("answers", 1), &[], plain, nonce)
    }

    /// What [`Vault::seal_answer`] sealed.
    ///
    /// # Errors
    /// [`SealError`] when it does not open.
    pub fn open_answer(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        open(&self.cipher("answers", 1), &[], sealed)
    }

    /// The cipher of one use under the key of this id.
    fn cipher(&self, label: &str, key: u8) -> Sm4Gcm {
        Sm4Gcm::new(&self.key_128(label, &[key]).into())
    }

    /// The personal data of a record.
    ///
    /// # Errors
    /// [`SealError`] when it does not open.
    pub fn open(&self, person: Id, sealed: &Sealed) -> Result<PersonalData, SealError> {
        let bytes = unhex(&sealed.text).ok_or(SealError)?;
        let plain = open(&self.personal(sealed.key), person.as_bytes(), &bytes)?;
        serde_json::from_slice(&plain).map_err(|_| SealError)
    }

    /// The cipher of personal data under the key of this id.
    fn personal(&self, key: u8) -> Arc<Sm4Gcm> {
        self.personal.get(&key, || self.cipher("personal", key))
    }

    /// A text that may hold personal data, sealed for the thing it belongs to.
    ///
    /// # Errors
    /// [`SealError`] when it cannot be sealed.
    pub fn seal_words(&self, of: Id, text: &str, entropy: &mut dyn Entropy) -> Result<Sealed, SealError> {
        let sealed = seal(&self.cipher("text", 1), of.as_bytes(), text.as_bytes(), nonce_of(entropy))?;
        Ok(Sealed { key: 1, text: hex(&sealed) })
    }

    /// The text that was sealed; nothing for [`Sealed::none`].
    ///
    /// # Errors
    /// [`SealError`] when it does not open.
    pub fn open_words(&self, of: Id, sealed: &Sealed) -> Result<String, SealError> {
        if sealed.is_none() {
            return Ok(String::new());
        }
        let bytes = unhex(&sealed.text).ok_or(SealError)?;
        let plain = open(&self.cipher("text", sealed.key), of.as_bytes(), &bytes)?;
        String::from_utf8(plain).map_err(|_| SealError)
    }

    /// The cipher of an audience's ids.
    fn audience(&self, audience: &[u8]) -> Arc<Sm4> {
        self.audiences.get(audience, || Sm4::new(&self.key_128("outward", audience).into()))
    }

    /// A private text of a form, sealed for one scenario: what a rule keeps and sends on without being able to read it.
    ///
    /// # Errors
    /// [`SealError`] when it cannot be written.
    pub fn seal_text(&self, scenario: &str, text: &str, entropy: &mut dyn Entropy) -> Result<String, SealError> {
        let text = seal(&self.cipher("private", 1), scenario.as_bytes(), text.as_bytes(), nonce_of(entropy))?;
        Ok(format!("{SEALED_TEXT}{}", hex(&text)))
    }

    /// The private text behind a sealed one of this scenario.
    pub fn open_text(&self, scenario: &str, sealed: &str) -> Option<String> {
        let bytes = unhex(sealed.strip_prefix(SEALED_TEXT)?)?;
        String::from_utf8(open(&self.cipher("private", 1), scenario.as_bytes(), &bytes).ok()?).ok()
    }

    /// An id as it leaves the platform: one SM4 block under the audience's key. Constant inside one audience, unlinkable
    /// across, no table.
    pub fn outward(&self, audience: &[u8], id: Id) -> String {
        let mut block = Block::<Sm4>::from(*id.as_bytes());
        self.audience(audience).encrypt_block(&mut block);
        hex(&block)
    }

    /// The internal id behind an outward one, if it is one of this audience.
    pub fn inward(&self, audience: &[u8], outward: &str) -> Option<Id> {
        let bytes: [u8; 16] = unhex(outward)?.try_into().ok()?;
        let mut block = Block::<Sm4>::from(bytes);
        self.audience(audience).decrypt_block(&mut block);
        Id::from_bytes(block.into()).ok()
    }
}

impl core::fmt::Debug for Vault {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("Vault")
    }
}

/// A nonce that was never used before.
fn nonce_of(entropy: &mut dyn Entropy) -> [u8; 12] {
    let mut nonce = [0; 12];
    entropy.fill(&mut nonce);
    nonce
}

/// Nonce and ciphertext; what it belongs to is bound in.
fn seal(cipher: &Sm4Gcm, of: &[u8], plain: &[u8], nonce: [u8; 12]) -> Result<Vec<u8>, SealError> {
    let text = cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: of }).map_err(|_| SealError)?;
    Ok([&nonce[..], &text].concat())
}

/// What [`seal`] sealed, if it belongs to this.
fn open(cipher: &Sm4Gcm, of: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, text) = sealed.split_first_chunk::<12>().ok_or(SealError)?;
    cipher.decrypt(&Nonce::from(*nonce), Payload { msg: text, aad: of }).map_err(|_| SealError)
}

/// HMAC-SM3 over the parts, one after the other.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    match <Hmac<Sm3> as KeyInit>::new_from_slice(key) {
        Ok(mut hmac) => {
            parts.iter().for_each(|part| hmac.update(part));
            hmac.finalize().into_bytes().into()
        }
        // HMAC takes keys of every length; there is no such case.
        Err(_) => [0; 32],
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of lower-case hexadecimal text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tongma_domain::{Date, DocumentKind, SeededEntropy, UnixMs};

    #[test]
    fn sealed_data_opens_only_for_its_person_and_key() {
        let mut entropy = SeededEntropy::new([1; 32]);
        let bucket = Bucket::from_low_bits(7);
        let (one, other) =
            (Id::new(UnixMs::default(), bucket, &mut entropy), Id::new(UnixMs::default(), bucket, &mut entropy));
        let data = PersonalData {
            name: "𠮷田·买买提".into(),
            document_kind: DocumentKind::ResidentId,
            document_number: "11010519491231002X".into(),
            birth: Date::parse("1949-12-31").unwrap(),
            phone: "13800138000".into(),
            particulars: tongma_domain::Particulars::default(),
        };
        let vault = Vault::new([2; 32]);
        let sealed = vault.seal(one, &data, &mut entropy).unwrap();
        assert!(vault.open(one, &sealed).is_ok_and(|opened| opened == data));
        assert!(vault.open(other, &sealed).is_err());
        assert!(Vault::new([3; 32]).open(one, &sealed).is_err());
        assert!(!sealed.text.contains("110105"));
    }

    #[test]
    fn a_sealed_text_opens_only_for_its_scenario_and_key() {
        let (vault, mut entropy) = (Vault::new([5; 32]), SeededEntropy::new([4; 32]));
        let sealed = vault.seal_text("hotel", "13800138000", &mut entropy).unwrap();
        assert!(!sealed.contains("138"));
        assert_eq!(vault.open_text("hotel", &sealed).as_deref(), Some("13800138000"));
        assert_eq!(vault.open_text("hospital", &sealed), None);
        assert_eq!(Vault::new([6; 32]).open_text("hotel", &sealed), None);
        assert_eq!(vault.open_text("hotel", "13800138000"), None);
    }

    #[test]
    fn outward_ids_come_back_only_for_their_audience() {
        let id = Id::new(UnixMs::default(), Bucket::from_low_bits(9), &mut SeededEntropy::new([4; 32]));
        let vault = Vault::new([5; 32]);
        let outward = vault.outward(b"library", id);
        assert_eq!(vault.inward(b"library", &outward), Some(id));
        assert_ne!(vault.inward(b"hospital", &outward), Some(id));
        assert_eq!(vault.inward(b"library", "zz"), None);
    }
}
