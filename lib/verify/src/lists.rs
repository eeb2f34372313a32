//! Signed lists turned into trusted ones.

use alloc::{boxed::Box, vec::Vec};

use sm3::{Digest, Sm3};
use tongma_code::{
    limits::ROOTS,
    list::{DenyList, KeyList, Kind, ListError, ListedKey, SignedList, Uses, Validity},
    sign::PublicKey,
    ticket::Suite,
};

use crate::{key::VerifyingKey, sm2::Base};

/// The suites a deployment takes. At home: [`Suites::SM2`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suites(u8);

impl Suites {
    /// Suite 0 alone.
    pub const SM2: Self = Self(1);
    /// All three.
    pub const ALL: Self = Self(7);

    /// Exactly these.
    pub fn of(suites: &[Suite]) -> Self {
        Self(suites.iter().fold(0, |bits, suite| bits | 1 << suite.number()))
    }
    /// Whether a suite is taken.
    pub const fn has(self, suite: Suite) -> bool {
        self.0 >> suite.number() & 1 == 1
    }
}

/// The two pinned roots. Either may sign a key list: the second waits in a safe for the day the first is lost.
pub struct Roots([VerifyingKey; ROOTS]);

impl Roots {
    /// The roots of these keys; `None` when one is no proper key.
    pub fn new(keys: &[PublicKey; ROOTS]) -> Option<Self> {
        let [first, second] = keys;
        Some(Self([VerifyingKey::plain(first)?, VerifyingKey::plain(second)?]))
    }
}

/// Why a list is not taken. The one before it stays in use until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListRefusal {
    /// Not a signed list of this kind.
    Malformed(ListError),
    /// Signed by a root or key that is unknown, killed, of another suite, or not for lists.
    Signer,
    /// The signature does not hold.
    Signature,
    /// Its number is smaller than that of a list already seen.
    Older,
    /// A listed key is no proper point of its curve.
    Key(u8),
}

/// How fresh a list is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    /// Past its ttl, or made after this clock's now: the clock or the list is wrong.
    Stale,
    Expired,
}

pub(crate) fn freshness(validity: &Validity, now_s: i64) -> Freshness {
    if now_s >= validity.exp_s {
        Freshness::Expired
    } else if now_s > validity.iat_s.saturating_add(i64::from(validity.ttl_s))
        || now_s < validity.iat_s.saturating_sub(tongma_code::limits::SKEW_S)
    {
        Freshness::Stale
    } else {
        Freshness::Fresh
    }
}

fn not_older(validity: &Validity, seen_seq: Option<u64>) -> Result<(), ListRefusal> {
    if seen_seq.is_some_and(|seen| validity.seq < seen) { Err(ListRefusal::Older) } else { Ok(()) }
}

/// The keys of a verified key list, ready for verifying.
pub struct Keyring {
    validity: Validity,
    suites: Suites,
    /// 256 places, so that an index finds its key at once.
    keys: Box<[Option<(ListedKey, VerifyingKey)>]>,
    fingerprint: [u8; 32],
}

impl Keyring {
    /// Opens a key list. `seen_seq` is the greatest number seen so far, kept across restarts.
    ///
    /// # Errors
    /// [`ListRefusal`]. Age is not judged here but at every verdict.
    pub fn open(roots: &Roots, suites: Suites, bytes: &[u8], seen_seq: Option<u64>) -> Result<Self, ListRefusal> {
        let signed = SignedList::open(Kind::Keys, bytes).map_err(ListRefusal::Malformed)?;
        let root = roots.0.get(usize::from(signed.signer)).ok_or(ListRefusal::Signer)?;
        if root.suite() != signed.suite {
            return Err(ListRefusal::Signer);
        }
        if !root.verify(&signed.message, &signed.signature) {
            return Err(ListRefusal::Signature);
        }
        let list = signed.keys().map_err(ListRefusal::Malformed)?;
        not_older(&list.validity, seen_seq)?;
        let mut hash = Sm3::new();
        hash.update([suites.0]);
        hash.update(bytes);
        Self::build(list, suites, hash.finalize().into())
    }

    fn build(list: KeyList, suites: Suites, fingerprint: [u8; 32]) -> Result<Self, ListRefusal> {
        let base = Base::new();
        let mut keys: Vec<_> = (0..256).map(|_| None).collect();
        for key in list.keys {
            // A killed key verifies nothing, so a broken one may be killed without its bytes being checked.
            if key.killed || !suites.has(key.key.suite()) {
                continue;
            }
            let ready = VerifyingKey::tabled(&base, &key.key).ok_or(ListRefusal::Key(key.index))?;
            if let Some(place) = keys.get_mut(usize::from(key.index)) {
                *place = Some((key, ready));
            }
        }
        Ok(Self { validity: list.validity, suites, keys: keys.into_boxed_slice(), fingerprint })
    }

    /// When the list was made and how long it serves.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Checks the signature of a list that a listed key with [`Uses::LIST`] signs, and gives it with that key's entry.
    /// Whether the list was made while the key was valid is for the caller, who reads its time.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub fn open_list(&self, kind: Kind, bytes: &[u8]) -> Result<(SignedList, &ListedKey), ListRefusal> {
        let signed = SignedList::open(kind, bytes).map_err(ListRefusal::Malformed)?;
        let (listed, key) = self.get(signed.signer).ok_or(ListRefusal::Signer)?;
        if key.suite() != signed.suite || !listed.uses.has(Uses::LIST) {
            return Err(ListRefusal::Signer);
        }
        if !key.verify(&signed.message, &signed.signature) {
            return Err(ListRefusal::Signature);
        }
        Ok((signed, listed))
    }

    pub(crate) const fn suites(&self) -> Suites {
        self.suites
    }
    pub(crate) const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
    /// A key that is listed, not killed, and of an enabled suite.
    pub(crate) fn get(&self, index: u8) -> Option<&(ListedKey, VerifyingKey)> {
        self.keys.get(usize::from(index))?.as_ref()
    }
}

/// What is revoked, as far as this verifier knows.
pub struct Denials(Option<DenyList>);

impl Denials {
    /// Opens a deny list signed by a listed key. `seen_seq` is the greatest number seen so far, kept across restarts.
    ///
    /// # Errors
    /// [`ListRefusal`]. Age is not judged here but at every verdict.
    pub fn open(keyring: &Keyring, bytes: &[u8], seen_seq: Option<u64>) -> Result<Self, ListRefusal> {
        let (signed, listed) = keyring.open_list(Kind::Deny, bytes)?;
        let list = signed.deny().map_err(ListRefusal::Malformed)?;
        not_older(&list.validity, seen_seq)?;
        if list.validity.iat_s < listed.from_s || list.validity.iat_s >= listed.until_s {
            return Err(ListRefusal::Signer);
        }
        Ok(Self(Some(list)))
    }

    /// For the platform itself, which looks revocation up in its own rows when it opens the handle. Nobody else has
    /// an excuse for verifying without a list.
    pub const fn looked_up_by_the_platform() -> Self {
        Self(None)
    }

    /// When the list was made and how long it serves.
    pub fn validity(&self) -> Option<Validity> {
        self.0.as_ref().map(|list| list.validity)
    }

    pub(crate) const fn list(&self) -> Option<&DenyList> {
        self.0.as_ref()
    }
}
