//! Point codes: what citizens scan. A URL on a pinned origin whose signature covers the exact bytes before `&sig=`,
//! origin included. A static one names point, organisation, place, purpose and validity; a dynamic one (room screen,
//! lane) also carries a chain step, which the server checks on arrival. Names are never in the code: the app shows
//! what the registry says.
//!
//! `ORIGIN/p?v=0&k=KEY&p=POINT&o=ORGANISATION&l=PLACE&u=PURPOSE&f=FROM&t=UNTIL[&s=START&w=WINDOW&a=ANCHOR]&sig=SIGNATURE[&i=STEP&c=VALUE]`
//!
//! POINT and ORGANISATION are 16 bytes, WINDOW one byte (as byte 21 of T1), ANCHOR and VALUE 12, SIGNATURE 64, all in
//! lower-case hexadecimal; KEY, FROM, UNTIL, START and STEP are decimal without leading zeros, times in minutes since
//! 2025-01-01T00:00Z; PLACE and PURPOSE are 1–40 of `a–z 0–9 _ -`. This order, this spelling, nothing else.

use alloc::{string::String, vec::Vec};
use core::fmt::Write as _;

use crate::{
    bytes::{hex, unhex},
    chain,
    limits::{EPOCH_S, MAX_POINT_CODE_BYTES, MAX_POINT_WORD_BYTES, MAX_START_MINUTE},
    message::Tag,
    sign::{SignError, Signer},
    ticket::{Link, Signature, Suite, TimeCheck, Window},
};

/// What a point code says, before its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointCode {
    /// Scheme, host and port, as `https://code.example.cn`. The app compares it with its pinned origins, byte by byte.
    pub origin: String,
    /// Which key of the key list signed it.
    pub key_index: u8,
    /// The point.
    pub point: [u8; 16],
    /// The organisation that runs it.
    pub organisation: [u8; 16],
    /// Where it hangs, as a word of the registry.
    pub place: String,
    /// What it is for, as a word of the registry.
    pub purpose: String,
    /// Valid from this minute since 2025-01-01T00:00Z.
    pub from_minute: u32,
    /// Valid before this minute.
    pub until_minute: u32,
    /// Window and anchor of the chain, if the code is a dynamic one.
    pub dynamic: Option<(Window, Link)>,
}

/// A point code with its signature, which has not been checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPointCode {
    /// What is signed.
    pub code: PointCode,
    /// The signature.
    pub signature: Signature,
    /// Step and chain value, there exactly if the code is a dynamic one.
    pub shown: Option<(u8, Link)>,
}

/// The text is not a point code in its one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointError;

const PATH: &str = "/p?v=0&k=";
const SIGNATURE_FIELD: &str = "&sig=";

impl PointCode {
    /// The bytes the signature covers, tag not included.
    pub fn signed_text(&self) -> String {
        let mut text = String::with_capacity(MAX_POINT_CODE_BYTES);
        text.push_str(&self.origin);
        text.push_str(PATH);
        // Writing to a `String` does not fail.
        let _ = write!(text, "{}&p=", self.key_index);
        hex(&mut text, &self.point);
        text.push_str("&o=");
        hex(&mut text, &self.organisation);
        let _ = write!(text, "&l={}&u={}&f={}&t={}", self.place, self.purpose, self.from_minute, self.until_minute);
        if let Some((window, anchor)) = self.dynamic {
            let _ = write!(text, "&s={}&w={:02x}&a=", window.start_minute(), window.code());
            hex(&mut text, &anchor);
        }
        text
    }

    /// Signs it. A dynamic code shows nothing yet: see [`SignedPointCode::show`].
    ///
    /// # Errors
    /// [`SignError`] when the signer fails or the code has no valid spelling.
    pub fn issue(self, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<SignedPointCode, SignError> {
        let message = Tag::Point.message(self.signed_text().as_bytes());
        let issued = SignedPointCode { code: self, signature: signer.sign(&message, entropy)?, shown: None };
        let sample = match issued.code.dynamic {
            Some(_) => issued.clone().show(0, [0; 12]),
            None => issued.clone(),
        };
        if SignedPointCode::from_text(&sample.to_text()).as_ref() == Ok(&sample) { Ok(issued) } else { Err(SignError) }
    }

    /// How a Unix second lies to its validity, from ≤ now < until. These last days or years, so no S is forgiven.
    pub const fn check(&self, now_s: i64) -> TimeCheck {
        let from_s = EPOCH_S + self.from_minute as i64 * 60;
        let until_s = EPOCH_S + self.until_minute as i64 * 60;
        if now_s < from_s {
            TimeCheck::NotYet(from_s.saturating_sub(now_s))
        } else if now_s >= until_s {
            TimeCheck::Over(now_s.saturating_sub(until_s))
        } else {
            TimeCheck::Accepted
        }
    }
}

impl SignedPointCode {
    /// What the screen shows at step i of a dynamic code.
    #[must_use]
    pub fn show(mut self, step: u8, value: Link) -> Self {
        self.shown = Some((step, value));
        self
    }

    /// The whole URL.
    pub fn to_text(&self) -> String {
        let mut text = self.code.signed_text();
        text.push_str(SIGNATURE_FIELD);
        hex(&mut text, &self.signature);
        if let Some((step, value)) = self.shown {
            let _ = write!(text, "&i={step}&c=");
            hex(&mut text, &value);
        }
        text
    }

    /// The message whose signature [`Self::signature`] must be.
    pub fn signed_message(&self) -> Vec<u8> {
        Tag::Point.message(self.code.signed_text().as_bytes())
    }

    /// Reads a URL.
    ///
    /// # Errors
    /// [`PointError`] for anything but the one spelling.
    pub fn from_text(text: &str) -> Result<Self, PointError> {
        if text.len() > MAX_POINT_CODE_BYTES {
            return Err(PointError);
        }
        let read = read(text).ok_or(PointError)?;
        // Writing it again settles every question of spelling at once.
        if read.to_text() == text { Ok(read) } else { Err(PointError) }
    }

    /// Whether step and value of a dynamic code lead to its signed anchor; true for a static one.
    pub fn chain_holds(&self, suite: Suite) -> bool {
        match (self.code.dynamic, self.shown) {
            (None, None) => true,
            (Some((_, anchor)), Some((step, value))) => {
                chain::point_anchor(suite, &self.code.point, step, &value) == anchor
            }
            _ => false,
        }
    }
}

/// Walks over the fields in their order.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    /// The value of the next field, which must have this name.
    fn next(&mut self, name: &str) -> Option<&'a str> {
        let rest = self.0.strip_prefix('&').unwrap_or(self.0).strip_prefix(name)?.strip_prefix('=')?;
        let end = rest.find('&').unwrap_or(rest.len());
        let (value, rest) = rest.split_at_checked(end)?;
        self.0 = rest;
        Some(value)
    }
    fn number<T: core::str::FromStr>(&mut self, name: &str) -> Option<T> {
        self.next(name)?.parse().ok()
    }
    fn minute(&mut self, name: &str) -> Option<u32> {
        self.number(name).filter(|minute| *minute <= MAX_START_MINUTE)
    }
    fn word(&mut self, name: &str) -> Option<String> {
        let word = self.next(name)?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
        ((1..=MAX_POINT_WORD_BYTES).contains(&word.len()) && word.bytes().all(plain)).then(|| word.into())
    }
}

fn read(text: &str) -> Option<SignedPointCode> {
    let (origin, query) = text.split_once("/p?")?;
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    let in_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':');
    if host.is_empty() || !host.bytes().all(in_host) {
        return None;
    }
    let mut fields = Fields(query);
    if fields.next("v")? != "0" {
        return None;
    }
    let mut code = PointCode {
        origin: origin.into(),
        key_index: fields.number("k")?,
        point: unhex(fields.next("p")?)?,
        organisation: unhex(fields.next("o")?)?,
        place: fields.word("l")?,
        purpose: fields.word("u")?,
        from_minute: fields.minute("f")?,
        until_minute: fields.minute("t")?,
        dynamic: None,
    };
    if fields.0.starts_with("&s=") {
        let start = fields.minute("s")?;
        let [window] = unhex::<1>(fields.next("w")?)?;
        code.dynamic = Some((Window::from_code(start, window)?, unhex(fields.next("a")?)?));
    }
    let signature = unhex(fields.next("sig")?)?;
    let shown = match code.dynamic {
        Some(_) => Some((fields.number("i")?, unhex(fields.next("c")?)?)),
        None => None,
    };
    fields.0.is_empty().then_some(SignedPointCode { code, signature, shown })
}
