//! The platform's signing keys and the signed lists that everybody else verifies by.

use std::sync::{Arc, Mutex, RwLock};

use tongma_code::keys::Claims;
use tongma_code::list::{DenyList, KeyList, ListedKey, Uses, Validity};
use tongma_code::sign::{PublicKey, Signer};
use tongma_code::ticket::{Handle, Header, Scope, Signature, Suite, Window};
use tongma_domain::{Refusal, SeededEntropy, Text, UnixMs};
use tongma_verify::cache::SignatureCache;
use tongma_verify::lists::{Denials, Keyring, Roots, Suites};
use tongma_verify::paper::VerifiedPaper;
use tongma_verify::verdict::{ClockReading, Reason, Verdict, VerifiedPoint};
use tongma_verify::verifier::{NoReplay, Verifier};

use crate::platform::Platform;
use crate::sessions::subject_of_record;
use crate::tickets::{numbers_between, window_of};
use crate::vault::hex;

/// The index of the issuer key in the key list, and of the one in waiting (two ahead is the rule of rotation).
const ISSUER_INDEX: u8 = 1;
/// How long a signed list serves at most.
pub(crate) const LIST_LIFE_S: i64 = 3 * 86_400;
/// How long it counts as fresh.
const LIST_FRESH_S: u32 = 6 * 3600;
/// How often both are signed anew when nothing else asks for it.
const LIST_EVERY_S: i64 = 3600;
/// The most once-rows dropped at a turn.
const FORGET_MOST: usize = 500;
/// How long the issuer key is valid.
const KEY_LIFE_S: i64 = 400 * 86_400;
/// Signature caches: a ticket always meets the same one, so that two requests seldom wait for each other.
const CACHES: usize = 8;
/// Entries of each.
const CACHE_ENTRIES: usize = 4096;

/// Signers, lists and the verifier that follows from them.
pub struct CodeKeys {
    roots: [Box<dyn Signer>; 2],
    issuer: Box<dyn Signer>,
    host: String,
    since: UnixMs,
    state: RwLock<Arc<Lists>>,
    caches: [Mutex<SignatureCache>; CACHES],
}

/// The lists as they are served, and the verifier made of them.
pub struct Lists {
    /// The signed key list.
    pub key_list: Vec<u8>,
    /// The signed deny list.
    pub deny_list: Vec<u8>,
    /// When they were signed.
    pub made: UnixMs,
    verifier: Verifier,
}

impl CodeKeys {
    /// Signs the first lists with these keys; only suite SM2 is enabled.
    ///
    /// # Errors
    /// `keys.unusable` when the signers do not fit together.
    pub(crate) fn new(
        roots: [Box<dyn Signer>; 2],
        issuer: Box<dyn Signer>,
        host: String,
        now: UnixMs,
        seed: [u8; 32],
    ) -> Result<Self, Refusal> {
        let lists = make_lists(&roots, issuer.as_ref(), (now, now), &[], seed)?;
        Ok(Self {
            roots,
            issuer,
            host,
            since: now,
            state: RwLock::new(Arc::new(lists)),
            caches: std::array::from_fn(|_| Mutex::new(SignatureCache::new(CACHE_ENTRIES))),
        })
    }

    /// The index of the issuing key.
    pub(crate) const fn issuer_index(&self) -> u8 {
        ISSUER_INDEX
    }

    /// The origin that point codes name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The issuer, for bundles and point codes too.
    pub(crate) fn issuer(&self) -> &dyn Signer {
        self.issuer.as_ref()
    }

    /// Signs a ticket's message.
    pub(crate) fn sign_ticket(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Signature, Refusal> {
        self.issuer.sign(message, entropy).map_err(|_| unusable())
    }

    /// The lists as they are now.
    pub fn lists(&self) -> Arc<Lists> {
        self.state.read().map_or_else(|poisoned| Arc::clone(&poisoned.into_inner()), |held| Arc::clone(&held))
    }

    /// The two pinned roots, uncompressed points in hexadecimal.
    pub fn roots(&self) -> [String; 2] {
        [0, 1]
            .map(|number: usize| self.roots.get(number).map(|root| hex(root.public_key().bytes())).unwrap_or_default())
    }

    /// Judges a scanned T1 by signature, time and lists; the replay row is the claim's matter.
    pub(crate) fn check(&self, text: &str, now: UnixMs) -> Verdict {
        let lists = self.lists();
        let clock = ClockReading::synchronised(now.as_seconds());
        let place = text
            .bytes()
            .skip(40)
            .take(4)
            .fold(0_usize, |sum, byte| sum.wrapping_mul(10).wrapping_add(usize::from(byte)));
        let cache = self.caches.get(place % CACHES).or_else(|| self.caches.first());
        let mut spare = None;
        let mut held = cache.map(|cache| cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let cache = match &mut held {
            Some(cache) => &mut **cache,
            None => spare.get_or_insert_with(|| SignatureCache::new(16)),
        };
        lists.verifier.check(text, &clock, &NoReplay, None, cache)
    }
}

impl CodeKeys {
    /// Judges a paper code; revocation is looked up in the person's own records.
    pub(crate) fn check_paper(&self, text: &str, now: UnixMs) -> Result<VerifiedPaper, Reason> {
        let clock = ClockReading::synchronised(now.as_seconds());
        self.lists().verifier.check_paper(text, &clock, None).map(|(paper, _)| paper)
    }

    /// Judges a point code that a citizen scanned: the one pinned origin, the signature, the time.
    pub(crate) fn check_point(&self, text: &str, now: UnixMs) -> Result<VerifiedPoint, Reason> {
        self.lists().verifier.check_point(text, &[&self.host], now.as_seconds())
    }
}

/// Bytes 0–25 of a ticket.
pub(crate) fn header_of(key_index: u8, handle: Handle, window: Window, masked_claims: [u8; 2]) -> Header {
    Header { suite: Suite::Sm2, key_index, handle, window, scope: Scope::GENERAL, masked_claims }
}

fn make_lists(
    roots: &[Box<dyn Signer>; 2],
    issuer: &dyn Signer,
    (since, now): (UnixMs, UnixMs),
    denied: &[Handle],
    seed: [u8; 32],
) -> Result<Lists, Refusal> {
    let mut entropy = SeededEntropy::new(seed);
    let mut draw = || {
        let mut bytes = [0; 32];
        tongma_domain::Entropy::fill(&mut entropy, &mut bytes);
        bytes
    };
    let now_s = now.as_seconds();
    let validity = Validity {
        // A number that never falls, also across restarts: the moment of making, in milliseconds.
        seq: now.as_millis().unsigned_abs(),
        iat_s: now_s,
        ttl_s: LIST_FRESH_S,
        exp_s: now_s + LIST_LIFE_S,
    };
    let listed = ListedKey {
        index: ISSUER_INDEX,
        uses: Uses::TICKET.with(Uses::PAPER).with(Uses::POINT).with(Uses::LIST),
        key: issuer.public_key(),
        from_s: since.as_seconds() - 40 * 86_400,
        until_s: since.as_seconds() + KEY_LIFE_S,
        killed: false,
    };
    let [root, _] = roots;
    let keys = KeyList::new(validity, vec![listed]).ok_or_else(unusable)?;
    let key_list = keys.seal(0, root.as_ref(), &draw()).map_err(|_| unusable())?;
    let deny_list = DenyList::new(validity, denied, &[]).seal(ISSUER_INDEX, issuer, &draw()).map_err(|_| unusable())?;
    let public: [PublicKey; 2] = roots.each_ref().map(|root| root.public_key());
    let pinned = Roots::new(&public).ok_or_else(unusable)?;
    let keyring = Keyring::open(&pinned, Suites::SM2, &key_list, None).map_err(|_| unusable())?;
    Ok(Lists { key_list, deny_list, made: now, verifier: Verifier::new(keyring, Denials::looked_up_by_the_platform()) })
}

impl Platform {
    /// Signs both lists anew: after every denial, and on a schedule.
    ///
    /// # Errors
    /// `keys.unusable`, or the store's refusal.
    pub fn refresh_lists(&self) -> Result<(), Refusal> {
        let now = self.now();
        let span = (now.as_seconds(), now.as_seconds() + LIST_LIFE_S);
        let numbers = numbers_between(span.0, span.1);
        let mut denied = Vec::new();
        for denial in self.denials(now)? {
            let subject = subject_of_record(denial.subject);
            if let Some(paper) = denial.paper {
                denied.push(self.paper_handle(subject, paper));
                continue;
            }
            denied.extend(
                numbers
                    .iter()
                    .filter(|(day, number)| window_of(*day, *number).is_some())
                    .map(|(day, number)| self.day_keys(*day).handle_of(subject, denial.actor, denial.device, *number)),
            );
        }
        let lists = make_lists(&self.codes.roots, self.codes.issuer(), (self.codes.since, now), &denied, self.seed())?;
        if let Ok(mut held) = self.codes.state.write() {
            *held = Arc::new(lists);
        }
        Ok(())
    }

    /// Signs the lists anew when the schedule says so.
    pub(crate) fn refresh_lists_when_due(&self) -> Result<(), Refusal> {
        let made = self.codes.lists().made;
        if self.now().since(made) < LIST_EVERY_S * 1000 {
            return Ok(());
        }
        // At the same turn, once-rows that nobody can ask for any more are dropped; what is left waits for the next.
        let _ = self.store.forget(self.now(), FORGET_MOST);
        self.refresh_lists()
    }

    /// The platform's lists and roots.
    pub const fn codes(&self) -> &CodeKeys {
        &self.codes
    }
}

/// No claims in the general scope.
pub(crate) const NO_CLAIMS: Claims = Claims(0);

pub(crate) fn unusable() -> Refusal {
    Refusal::unavailable(
        "keys.unusable",
        Text::new("签名密钥不可用", "The signing keys cannot be used"),
        Text::new("请管理员检查密钥文件", "Ask the administrator to check the key files"),
    )
}
