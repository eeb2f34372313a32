//! The platform's secrets and what is derived from them: day keys, handles, claim masks, nonces.
//!
//! One derivation serves all: `KDF(key, label, scope, day) = HMAC-SM3(key, "tongma/kdf/v0\0" ‖ label ‖ 0x00 ‖
//! scope as u16 ‖ day as u16)`, 32 bytes; a block-cipher key takes the first 16. `K_scope` is
//! `HMAC-SM3(master, "tongma/scope/v0\0" ‖ scope as u16)`. HMAC-SM3 is HMAC (RFC 2104, GB/T 15852.2) over SM3.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sm3::Sm3;
use sm4::{
    Sm4,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt},
};

use crate::{
    bytes::{join, put},
    limits::{BUCKETS, NONCE_BYTES},
    short::{AliasKey, TicketKey},
    ticket::{Day, Handle, Scope},
};

/// HMAC-SM3 over parts laid end to end.
pub fn hmac_sm3(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    HmacSm3::new(key).mac(parts)
}

/// HMAC-SM3 under one key, for many messages: the key's two blocks are hashed once (GB/T 15852.2).
#[derive(Clone)]
pub struct HmacSm3(Hmac<Sm3>);

impl HmacSm3 {
    /// The function of this key.
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a key of up to one block with zero bytes; 32 bytes always fit, so there is no failing case.
        let mut block = [0; 64];
        put(&mut block, key);
        Self(<Hmac<Sm3> as KeyInit>::new(&block.into()))
    }

    /// Of parts laid end to end.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl core::fmt::Debug for HmacSm3 {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("HmacSm3")
    }
}

/// One SM4 block (GB/T 32907), encrypted.
pub(crate) fn sm4_encrypt(key: &[u8; 16], block: &[u8; 16]) -> [u8; 16] {
    let mut block = (*block).into();
    Sm4::new(&(*key).into()).encrypt_block(&mut block);
    block.into()
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(pub [u8; $bytes]);
        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(concat!(stringify!($name), "(secret)"))
            }
        }
    };
}
pub(crate) use secret;

secret! {
    /// The deployment's one secret for handles; it never leaves the platform.
    MasterKey, 32
}
secret! {
    /// `K_scope`: everything of one venue group. It never leaves the platform; points get day keys.
    ScopeKey, 32
}
secret! {
    /// K: opens the handles of one scope and day.
    HandleKey, 16
}
secret! {
    /// K′: unmasks the claim bits of one scope and day, and opens nothing.
    ClaimKey, 16
}
secret! {
    /// `K_nonce`: makes the nonces of one scope and day, so that a device's handles can be listed without a row for each.
    NonceKey, 32
}

impl MasterKey {
    /// `K_scope`.
    pub fn scope(&self, scope: Scope) -> ScopeKey {
        ScopeKey(hmac_sm3(&self.0, &[b"tongma/scope/v0\0", &scope.0.to_be_bytes()]))
    }
    /// The subject another scope sees: a permutation of 64 bits by a key of its own, so two persons never meet in one
    /// number and only the platform maps back. The general scope sees the subject itself.
    pub fn pairwise(&self, subject: Subject, scope: Scope) -> Subject {
        self.permute(subject, scope, crate::feistel::forward)
    }

    /// The general subject behind another scope's: the inverse of [`Self::pairwise`].
    pub fn general_of(&self, pairwise: Subject, scope: Scope) -> Subject {
        self.permute(pairwise, scope, crate::feistel::back)
    }

    fn permute(
        &self,
        subject: Subject,
        scope: Scope,
        by: impl Fn(&[u8; 16], &crate::feistel::Tag, u32, u64) -> u64,
    ) -> Subject {
        if scope == Scope::GENERAL {
            return subject;
        }
        let mut key = [0; 16];
        put(&mut key, &hmac_sm3(&self.0, &[b"tongma/subject/v0\0", &scope.0.to_be_bytes()]));
        Subject(by(&key, b"tongma/subj", 32, u64::from_be_bytes(subject.0)).to_be_bytes())
    }

    /// The day keys of a scope.
    pub fn day_keys(&self, scope: Scope, day: Day) -> DayKeys {
        self.scope(scope).day_keys(scope, day)
    }
}

impl ScopeKey {
    fn derive(&self, label: &[u8], scope: Scope, day: Day) -> [u8; 32] {
        let parts: [&[u8]; 5] = [b"tongma/kdf/v0\0", label, &[0], &scope.0.to_be_bytes(), &day.0.to_be_bytes()];
        hmac_sm3(&self.0, &parts)
    }

    /// All keys of one day.
    pub fn day_keys(&self, scope: Scope, day: Day) -> DayKeys {
        let half = |label| {
            let mut key = [0; 16];
            put(&mut key, &self.derive(label, scope, day));
            key
        };
        DayKeys {
            handle: HandleKey(half(b"handle")),
            claims: ClaimKey(half(b"claims")),
            nonce: NonceKey(self.derive(b"nonce", scope, day)),
            alias: AliasKey(half(b"alias")),
            short: ShortKey(self.derive(b"N1", scope, day)),
        }
    }
}

secret! {
    /// `K_n1`: gives each ticket of one scope and day the key of its short numbers.
    ShortKey, 32
}

impl ShortKey {
    /// The ticket key, which the phone gets with the ticket: HMAC-SM3(K_n1, "tongma/N1-key/v0\0" ‖ handle).
    pub fn ticket_key(&self, handle: &Handle) -> TicketKey {
        TicketKey(hmac_sm3(&self.0, &[b"tongma/N1-key/v0\0", &handle.0]))
    }
}

/// The keys of one scope and day.
#[derive(Debug, Clone)]
pub struct DayKeys {
    /// K, seals and opens handles.
    pub handle: HandleKey,
    /// K′, masks claim bits.
    pub claims: ClaimKey,
    /// `K_nonce`.
    pub nonce: NonceKey,
    /// The key of the alias permutation of short numbers; used in the general scope.
    pub alias: AliasKey,
    /// `K_n1`.
    pub short: ShortKey,
}

/// A person as one scope sees them. In the general scope the first 12 bits are the person's bucket; in any other it is
/// a pseudorandom number that only the platform maps back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(pub [u8; 8]);

impl Subject {
    /// The general-scope subject: bucket 12 bits, 36 zero bits, number of the person in the bucket 16 bits.
    /// `None` for a bucket of 4096 or more.
    pub fn general(bucket: u16, person: u16) -> Option<Self> {
        (bucket < BUCKETS).then(|| Self((u64::from(bucket) << 52 | u64::from(person)).to_be_bytes()))
    }
    /// The bucket of a general-scope subject.
    pub const fn bucket(self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]]) >> 4
    }
    /// The number of the person in the bucket, if this is laid out as [`Self::general`] does.
    pub fn person(self) -> Option<u16> {
        let person = u16::from_be_bytes([self.0[6], self.0[7]]);
        (Self::general(self.bucket(), person) == Some(self)).then_some(person)
    }
}

/// What a handle hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opened {
    /// Whose code it is.
    pub subject: Subject,
    /// 0 for the person, else the number of the live grant by which somebody shows it ("X for Y").
    pub actor: u8,
    /// The enrolment number of the device.
    pub device: u8,
    /// What makes two handles of the same device differ.
    pub nonce: [u8; NONCE_BYTES],
}

impl HandleKey {
    /// The handle of one ticket.
    pub fn seal(&self, opened: &Opened) -> Handle {
        let block = join(&[&opened.subject.0, &[opened.actor, opened.device], &opened.nonce]);
        Handle(sm4_encrypt(&self.0, &block))
    }

    /// What a handle hides. Every 16 bytes open to something: only a verified ticket's handle means anything.
    pub fn open(&self, handle: &Handle) -> Opened {
        let mut block = handle.0.into();
        Sm4::new(&self.0.into()).decrypt_block(&mut block);
        let bytes: [u8; 16] = block.into();
        let [s0, s1, s2, s3, s4, s5, s6, s7, actor, device, nonce @ ..] = bytes;
        Opened { subject: Subject([s0, s1, s2, s3, s4, s5, s6, s7]), actor, device, nonce }
    }
}

/// Claims an offline point of a scope may read from the code itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Claims(pub u16);

impl Claims {
    /// A student of the campus.
    pub const STUDENT: Self = Self(1);
    /// Staff of the campus.
    pub const STAFF: Self = Self(1 << 1);
    /// Lives in a dormitory.
    pub const BOARDER: Self = Self(1 << 2);
    /// 60 years or older.
    pub const AGE_60: Self = Self(1 << 3);
    /// 18 years or older.
    pub const AGE_18: Self = Self(1 << 4);

    /// Whether every bit of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl ClaimKey {
    /// The two bytes in the code: claims XOR the first two bytes of SM4(K′, handle).
    pub fn mask(&self, handle: &Handle, claims: Claims) -> [u8; 2] {
        let [a, b, ..] = sm4_encrypt(&self.0, &handle.0);
        (claims.0 ^ u16::from_be_bytes([a, b])).to_be_bytes()
    }
    /// The claims behind the two bytes.
    pub fn unmask(&self, handle: &Handle, masked: [u8; 2]) -> Claims {
        Claims(u16::from_be_bytes(self.mask(handle, Claims(u16::from_be_bytes(masked)))))
    }
}

impl NonceKey {
    /// HMAC-SM3(K_nonce, subject ‖ actor ‖ device ‖ ticket number as u16), cut to 6 bytes.
    pub fn nonce(&self, subject: Subject, actor: u8, device: u8, ticket_number: u16) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        put(&mut nonce, &hmac_sm3(&self.0, &[&subject.0, &[actor, device], &ticket_number.to_be_bytes()]));
        nonce
    }
}

impl DayKeys {
    /// The handle of a device's n-th ticket of the day. A lost device is denied by calling this for every number it
    /// may have drawn; a number is given out once.
    pub fn handle_of(&self, subject: Subject, actor: u8, device: u8, ticket_number: u16) -> Handle {
        let nonce = self.nonce.nonce(subject, actor, device, ticket_number);
        self.handle.seal(&Opened { subject, actor, device, nonce })
    }
}
