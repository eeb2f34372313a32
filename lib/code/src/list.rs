//! Key list and deny list: static signed files, cacheable anywhere. `COSE_Sign1` (RFC 9052) around a CBOR array, built
//! with definite lengths and shortest integers only; a file that is spelled in any other way is refused.

use alloc::{vec, vec::Vec};

use coset::{
    ContentType, CoseSign1, CoseSign1Builder, Header, HeaderBuilder, RegisteredLabelWithPrivate, SignatureContext,
    TaggedCborSerializable, iana, sig_structure_data,
};
use minicbor::{Decoder, Encoder};

use crate::{
    keys::Subject,
    limits::{COSE_ALG_SM2, DENY_PREFIX_BYTES, MAX_KEYS, MAX_LIST_BYTES},
    message::Tag,
    sign::{PublicKey, SignError, Signer},
    ticket::{Handle, Scope, Signature, Suite},
};

/// When a list was made and how long it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// A number that never falls; a list with a smaller one is not taken.
    pub seq: u64,
    /// Unix second at which it was made.
    pub iat_s: i64,
    /// Past iat + ttl, verdicts are doubtful.
    pub ttl_s: u32,
    /// From this Unix second on, the list is refused.
    pub exp_s: i64,
}

/// What a listed key may sign, as a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uses(u8);

impl Uses {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Chain tickets (T1).
    pub const TICKET: Self = Self(1);
    /// Device-bound codes (D1).
    pub const DEVICE: Self = Self(1 << 1);
    /// Paper codes.
    pub const PAPER: Self = Self(1 << 2);
    /// Point codes.
    pub const POINT: Self = Self(1 << 3);
    /// Deny lists.
    pub const LIST: Self = Self(1 << 4);

    /// The bits.
    pub const fn bits(self) -> u8 {
        self.0
    }
    /// The set of these bits; `None` if one is not defined.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 1 << 5 { Some(Self(bits)) } else { None }
    }
    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Whether it may sign what `other` names.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One key of the key list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedKey {
    /// The number codes name it by.
    pub index: u8,
    /// What it may sign.
    pub uses: Uses,
    /// The key and its suite.
    pub key: PublicKey,
    /// First Unix second at which a code it signed may begin.
    pub from_s: i64,
    /// Codes it signed begin before this Unix second.
    pub until_s: i64,
    /// The kill switch: nothing it signed counts any more.
    pub killed: bool,
}

/// The keys a deployment signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyList {
    /// When it was made and how long it serves.
    pub validity: Validity,
    /// Sorted by index, each index once.
    pub keys: Vec<ListedKey>,
}

/// What is revoked: handles whose windows open before its `exp`, and subjects by scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyList {
    /// When it was made and how long it serves.
    pub validity: Validity,
    prefixes: Vec<[u8; DENY_PREFIX_BYTES]>,
    subjects: Vec<(Scope, Vec<Subject>)>,
}

/// Why bytes are not a signed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListError {
    /// Larger than any list may be.
    TooLarge,
    /// Not CBOR or not `COSE_Sign1` in its one spelling, or headers other than these.
    Envelope,
    /// The content is not a list of this kind in its one spelling.
    Content,
}

/// The kind of list, named by the content type in the protected header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A key list, signed by a root.
    Keys,
    /// A deny list, signed by a listed key with [`Uses::LIST`].
    Deny,
    /// A gate's bundle, signed by a listed key with [`Uses::LIST`]; `tongma_edge` knows its content.
    Bundle,
    /// A receipt of a grant, signed by a listed key with [`Uses::LIST`]; [`crate::receipt`] knows its content.
    Receipt,
}

impl Kind {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Keys => "application/tongma-key-list+cbor",
            Self::Deny => "application/tongma-deny-list+cbor",
            Self::Bundle => "application/tongma-bundle+cbor",
            Self::Receipt => "application/tongma-receipt+cbor",
        }
    }
}

/// A list whose signature has not been checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedList {
    /// The suite its header names; the key that is looked up must have the same.
    pub suite: Suite,
    /// Root number (key list) or key index (deny list).
    pub signer: u8,
    /// Tag and COSE `Sig_structure`: the message whose signature [`Self::signature`] must be.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Signature,
    payload: Vec<u8>,
}

fn algorithm(suite: Suite) -> coset::Algorithm {
    match suite {
        Suite::Sm2 => RegisteredLabelWithPrivate::PrivateUse(COSE_ALG_SM2),
        Suite::Ed25519 => RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA),
        Suite::P256 => RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256),
    }
}

fn protected(kind: Kind, suite: Suite, signer: u8) -> Header {
    let mut header = HeaderBuilder::new().key_id(vec![signer]).build();
    header.alg = Some(algorithm(suite));
    header.content_type = Some(ContentType::Text(kind.content_type().into()));
    header
}

/// Tag ‖ `Sig_structure` of RFC 9052 section 4.4, with no external data.
fn to_be_signed(header: Header, payload: &[u8]) -> Vec<u8> {
    let protected = coset::ProtectedHeader { original_data: None, header };
    Tag::List.message(&sig_structure_data(SignatureContext::CoseSign1, protected, None, &[], payload))
}

fn envelope(header: Header, payload: Vec<u8>, signature: &Signature) -> CoseSign1 {
    CoseSign1Builder::new().protected(header).payload(payload).signature(signature.to_vec()).build()
}

/// Signs a list's content as what `kind` says, naming the signer by its index.
///
/// # Errors
/// [`SignError`].
pub fn seal(
    kind: Kind,
    payload: Vec<u8>,
    index: u8,
    signer: &dyn Signer,
    entropy: &[u8; 32],
) -> Result<Vec<u8>, SignError> {
    let header = protected(kind, signer.suite(), index);
    let signature = signer.sign(&to_be_signed(header.clone(), &payload), entropy)?;
    envelope(header, payload, &signature).to_tagged_vec().map_err(|_| SignError)
}

impl SignedList {
    /// Takes the envelope apart.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn open(kind: Kind, bytes: &[u8]) -> Result<Self, ListError> {
        if bytes.len() > MAX_LIST_BYTES {
            return Err(ListError::TooLarge);
        }
        let sign1 = CoseSign1::from_tagged_slice(bytes).map_err(|_| ListError::Envelope)?;
        let header = &sign1.protected.header;
        let suite = Suite::ALL.into_iter().find(|suite| header.alg == Some(algorithm(*suite)));
        let suite = suite.ok_or(ListError::Envelope)?;
        let [signer] = header.key_id.as_slice() else { return Err(ListError::Envelope) };
        let signer = *signer;
        let payload = sign1.payload.ok_or(ListError::Envelope)?;
        let signature: Signature = sign1.signature.as_slice().try_into().map_err(|_| ListError::Envelope)?;
        let header = protected(kind, suite, signer);
        // Built anew from what was read: any other header, kind or spelling shows as a difference.
        let again = envelope(header.clone(), payload.clone(), &signature).to_tagged_vec();
        if again.ok().as_deref() != Some(bytes) {
            return Err(ListError::Envelope);
        }
        Ok(Self { suite, signer, message: to_be_signed(header, &payload), signature, payload })
    }

    /// The content as signed, for kinds whose content another crate knows. It means something only once the signature
    /// was found to hold.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The key list inside. Only a list whose signature holds means anything.
    ///
    /// # Errors
    /// [`ListError::Content`].
    pub fn keys(&self) -> Result<KeyList, ListError> {
        let list = read_keys(&self.payload).ok_or(ListError::Content)?;
        if list.to_payload() == self.payload { Ok(list) } else { Err(ListError::Content) }
    }

    /// The deny list inside. Only a list whose signature holds means anything.
    ///
    /// # Errors
    /// [`ListError::Content`].
    pub fn deny(&self) -> Result<DenyList, ListError> {
        let list = read_deny(&self.payload).ok_or(ListError::Content)?;
        if list.to_payload() == self.payload { Ok(list) } else { Err(ListError::Content) }
    }
}

/// Encodes into memory, which does not fail.
fn encode(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Option<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = write(&mut Encoder::new(&mut bytes));
    debug_assert!(written.is_some(), "writing to a `Vec` does not fail");
    bytes
}

fn write_validity(to: &mut Encoder<&mut Vec<u8>>, validity: &Validity) -> Option<()> {
    to.u64(validity.seq).ok()?.i64(validity.iat_s).ok()?.u32(validity.ttl_s).ok()?.i64(validity.exp_s).ok()?;
    Some(())
}

fn read_validity(from: &mut Decoder<'_>) -> Option<Validity> {
    let validity =
        Validity { seq: from.u64().ok()?, iat_s: from.i64().ok()?, ttl_s: from.u32().ok()?, exp_s: from.i64().ok()? };
    (validity.iat_s >= 0 && validity.exp_s > validity.iat_s).then_some(validity)
}

impl KeyList {
    /// A list of these keys, in any order; `None` when two have one index.
    pub fn new(validity: Validity, mut keys: Vec<ListedKey>) -> Option<Self> {
        keys.sort_by_key(|key| key.index);
        let apart = keys.iter().zip(keys.iter().skip(1)).all(|(one, next)| one.index != next.index);
        apart.then_some(Self { validity, keys })
    }

    /// The key of an index.
    pub fn get(&self, index: u8) -> Option<&ListedKey> {
        self.keys.binary_search_by_key(&index, |key| key.index).ok().and_then(|at| self.keys.get(at))
    }

    /// Signs it with root 0 or 1.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn seal(&self, root: u8, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
        seal(Kind::Keys, self.to_payload(), root, signer, entropy)
    }

    /// `[seq, iat, ttl, exp, [[index, suite, uses, key, from, until, killed] …]]`.
    fn to_payload(&self) -> Vec<u8> {
        encode(|to| {
            write_validity(to.array(5).ok()?, &self.validity)?;
            to.array(u64::try_from(self.keys.len()).ok()?).ok()?;
            for key in &self.keys {
                to.array(7).ok()?.u8(key.index).ok()?.u8(key.key.suite().number()).ok()?.u8(key.uses.bits()).ok()?;
                to.bytes(key.key.bytes()).ok()?.i64(key.from_s).ok()?.i64(key.until_s).ok()?.bool(key.killed).ok()?;
            }
            Some(())
        })
    }
}

fn read_keys(payload: &[u8]) -> Option<KeyList> {
    let from = &mut Decoder::new(payload);
    if from.array().ok()? != Some(5) {
        return None;
    }
    let validity = read_validity(from)?;
    let count = usize::try_from(from.array().ok()??).ok().filter(|count| *count <= MAX_KEYS)?;
    let mut keys = Vec::with_capacity(count);
    for _ in 0..count {
        if from.array().ok()? != Some(7) {
            return None;
        }
        let index = from.u8().ok()?;
        let suite = Suite::from_number(from.u8().ok()?)?;
        let uses = Uses::from_bits(from.u8().ok()?)?;
        let key = PublicKey::from_bytes(suite, from.bytes().ok()?)?;
        let (from_s, until_s) = (from.i64().ok()?, from.i64().ok()?);
        keys.push(ListedKey { index, uses, key, from_s, until_s, killed: from.bool().ok()? });
    }
    KeyList::new(validity, keys)
}

impl DenyList {
    /// A list of handles and subjects, in any order, repeats allowed.
    pub fn new(validity: Validity, handles: &[Handle], subjects: &[(Scope, Subject)]) -> Self {
        let mut prefixes: Vec<_> = handles.iter().map(Handle::prefix).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        let mut pairs = subjects.to_vec();
        pairs.sort_unstable();
        pairs.dedup();
        let mut groups: Vec<(Scope, Vec<Subject>)> = Vec::new();
        for (scope, subject) in pairs {
            match groups.last_mut() {
                Some((last, subjects)) if *last == scope => subjects.push(subject),
                _ => groups.push((scope, vec![subject])),
            }
        }
        Self { validity, prefixes, subjects: groups }
    }

    /// Whether this ticket is denied by its handle.
    pub fn denies(&self, handle: &Handle) -> bool {
        self.prefixes.binary_search(&handle.prefix()).is_ok()
    }

    /// Whether this subject of a scope is denied.
    pub fn denies_subject(&self, scope: Scope, subject: Subject) -> bool {
        let group = self.subjects.binary_search_by_key(&scope, |(scope, _)| *scope).ok();
        let group = group.and_then(|at| self.subjects.get(at));
        group.is_some_and(|(_, subjects)| subjects.binary_search(&subject).is_ok())
    }

    /// Whether it names any subject of this scope, so that opening a handle is worth while.
    pub fn names_subjects_of(&self, scope: Scope) -> bool {
        self.subjects.binary_search_by_key(&scope, |(scope, _)| *scope).is_ok()
    }

    /// How many handles and subjects it names.
    pub fn len(&self) -> usize {
        self.prefixes.len() + self.subjects.iter().map(|(_, subjects)| subjects.len()).sum::<usize>()
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Signs it with a listed key that has [`Uses::LIST`].
    ///
    /// # Errors
    /// [`SignError`].
    pub fn seal(&self, key_index: u8, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
        seal(Kind::Deny, self.to_payload(), key_index, signer, entropy)
    }

    /// `[seq, iat, ttl, exp, prefixes laid end to end, [[scope, subjects laid end to end] …]]`, all sorted.
    fn to_payload(&self) -> Vec<u8> {
        encode(|to| {
            write_validity(to.array(6).ok()?, &self.validity)?;
            to.bytes(self.prefixes.as_flattened()).ok()?;
            to.array(u64::try_from(self.subjects.len()).ok()?).ok()?;
            for (scope, subjects) in &self.subjects {
                let joined: Vec<u8> = subjects.iter().flat_map(|subject| subject.0).collect();
                to.array(2).ok()?.u16(scope.0).ok()?.bytes(&joined).ok()?;
            }
            Some(())
        })
    }
}

/// Cuts a byte string into pieces of eight that must ascend.
fn ascending(bytes: &[u8]) -> Option<Vec<[u8; 8]>> {
    let (pieces, rest) = bytes.as_chunks::<8>();
    let sorted = pieces.iter().zip(pieces.iter().skip(1)).all(|(one, next)| one < next);
    (rest.is_empty() && sorted).then(|| pieces.to_vec())
}

fn read_deny(payload: &[u8]) -> Option<DenyList> {
    let from = &mut Decoder::new(payload);
    if from.array().ok()? != Some(6) {
        return None;
    }
    let validity = read_validity(from)?;
    let prefixes = ascending(from.bytes().ok()?)?;
    let count = from.array().ok()??;
    let mut subjects: Vec<(Scope, Vec<Subject>)> = Vec::new();
    for _ in 0..count {
        if from.array().ok()? != Some(2) {
            return None;
        }
        let scope = Scope(from.u16().ok()?);
        let group: Vec<_> = ascending(from.bytes().ok()?)?.into_iter().map(Subject).collect();
        if group.is_empty() || subjects.last().is_some_and(|(last, _)| *last >= scope) {
            return None;
        }
        subjects.push((scope, group));
    }
    Some(DenyList { validity, prefixes, subjects })
}
