//! What a browser remembers between leaving for the provider and coming back.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tongma_domain::{Entropy, SeededEntropy, UnixMs};

use crate::limits::SIGN_IN_TIME_S;

/// The cookie that holds a sealed attempt.
pub const COOKIE: &str = "tongma_sign_in";
/// The longest path to come back to.
const MOST_RETURN_BYTES: usize = 200;

/// One sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Sent to the provider and expected back: the answer belongs to this browser.
    pub state: String,
    /// Sent to the provider and expected inside the ID token: the token belongs to this attempt.
    pub nonce: String,
    /// The PKCE secret (RFC 7636): the code is of no use to anyone else.
    pub verifier: String,
    /// The path on this site to go to afterwards.
    pub return_to: String,
    /// When it ends, Unix milliseconds.
    pub expires_ms: i64,
}

impl Attempt {
    /// A fresh attempt, drawn from a seed nobody can predict.
    pub fn new(seed: [u8; 32], return_to: &str, now: UnixMs) -> Self {
        let mut entropy = SeededEntropy::new(seed);
        let mut secret = || {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes);
            BASE64.encode(bytes)
        };
        let expires_ms = now.plus_s(SIGN_IN_TIME_S).as_millis();
        Self { state: secret(), nonce: secret(), verifier: secret(), return_to: local_path(return_to), expires_ms }
    }

    /// The cookie's value: the attempt and its HMAC-SHA-256, base64url.
    pub fn seal(&self, key: &[u8; 32]) -> String {
        let text = BASE64.encode(serde_json::to_vec(self).unwrap_or_default());
        let mac = BASE64.encode(mac(key, &text).finalize().into_bytes());
        format!("{text}.{mac}")
    }

    /// The attempt in a cookie, if this process sealed it and it still lives.
    pub fn open(cookie: &str, key: &[u8; 32], now: UnixMs) -> Option<Self> {
        let (text, tag) = cookie.split_once('.')?;
        mac(key, text).verify_slice(&BASE64.decode(tag).ok()?).ok()?;
        let attempt: Self = serde_json::from_slice(&BASE64.decode(text).ok()?).ok()?;
        // PKCE asks for 43 to 128 characters; nothing sealed here is shorter, but the bound is what callers rely on.
        ((43..=128).contains(&attempt.verifier.len()) && attempt.expires_ms > now.as_millis()).then_some(attempt)
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &[u8; 32], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(b"tongma/sign-in/v0\0");
    mac.update(text.as_bytes());
    mac
}

/// The path if it is one on this site, else the app: an address given in a link must not lead elsewhere afterwards.
fn local_path(path: &str) -> String {
    let safe = path.len() <= MOST_RETURN_BYTES
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.~?=&%#".contains(&byte));
    if safe { path.to_owned() } else { "/me".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixMs = UnixMs::from_millis(1_800_000_000_000);

    #[test]
    fn an_attempt_comes_back_only_whole_and_in_time() {
        let attempt = Attempt::new([1; 32], "/me", NOW);
        let cookie = attempt.seal(&[9; 32]);
        assert_eq!(Attempt::open(&cookie, &[9; 32], NOW.plus_s(599)).as_ref(), Some(&attempt));
        assert_eq!(Attempt::open(&cookie, &[9; 32], NOW.plus_s(600)), None);
        assert_eq!(Attempt::open(&cookie, &[8; 32], NOW), None);
        let other = Attempt::new([2; 32], "/me", NOW).seal(&[9; 32]);
        let (text, _) = cookie.split_once('.').unwrap();
        let (_, tag) = other.split_once('.').unwrap();
        assert_eq!(Attempt::open(&format!("{text}.{tag}"), &[9; 32], NOW), None);
        assert_ne!(attempt.state, attempt.nonce);
        assert_ne!(attempt.nonce, attempt.verifier);
    }

    #[test]
    fn the_way_back_stays_on_this_site() {
        let check = |path: &str, expected: &str| assert_eq!(local_path(path), expected);
        check("/me#/log", "/me#/log");
        check("/me?x=1", "/me?x=1");
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil.example", "me", "", "/a\r\nSet-Cookie: b", "/\u{e9}"]
        {
            check(elsewhere, "/me");
        }
    }

    proptest! {
        #[test]
        fn no_cookie_makes_the_reader_panic(cookie in "\\PC{0,300}") {
            prop_assert_eq!(Attempt::open(&cookie, &[9; 32], NOW), None);
        }
    }
}
