//! Codes that live a minute and are good once.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use tongma_domain::{Entropy, SeededEntropy, UnixMs};

/// How long a code lives, in seconds: RFC 6749 asks for at most ten minutes, a redirect takes one second.
const CODE_LIFE_S: i64 = 60;
/// The most codes alive at once.
const MOST_CODES: usize = 10_000;

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub subject: String,
    pub nonce: String,
    pub challenge: String,
    pub redirect: String,
}

/// The codes alive.
pub(super) struct Codes {
    live: HashMap<String, (Grant, UnixMs)>,
    entropy: SeededEntropy,
}

impl Codes {
    pub(super) fn new(mut seed: [u8; 32]) -> Self {
        // Apart from the signing key, which comes from the seed itself.
        seed[0] ^= 0xff;
        Self { live: HashMap::new(), entropy: SeededEntropy::new(seed) }
    }

    /// A value nobody can guess.
    pub(super) fn opaque(&mut self) -> String {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        BASE64.encode(bytes)
    }

    pub(super) fn issue(&mut self, grant: Grant, now: UnixMs) -> String {
        self.live.retain(|_, (_, expires)| *expires > now);
        if self.live.len() >= MOST_CODES {
            self.live.clear();
        }
        let code = self.opaque();
        self.live.insert(code.clone(), (grant, now.plus_s(CODE_LIFE_S)));
        code
    }

    /// What the code stands for; it is gone afterwards.
    pub(super) fn redeem(&mut self, code: &str, now: UnixMs) -> Option<Grant> {
        self.live.remove(code).filter(|(_, expires)| *expires > now).map(|(grant, _)| grant)
    }
}
