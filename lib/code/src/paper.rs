//! Paper: a code for a person without a phone. Bytes 0–25 with days in byte 21, then the signature; no chain, so it can
//! be copied. It is good for one organisation, within days, and every read of it is a claim of its own.

use alloc::{string::String, vec::Vec};

use crate::{
    bytes::join,
    header::Fields,
    limits::{
        DAY_MINUTES, DAY_TURN_MINUTES, EPOCH_S, HEADER_BYTES, MAX_PAPER_DAYS, MAX_START_MINUTE, PAPER_DIGITS,
        SIGNATURE_BYTES, SIGNED_BYTES, SKEW_S,
    },
    message::Tag,
    sign::{SignError, Signer},
    text,
    ticket::{Day, Handle, HeaderError, Profile, ReadError, Scope, Signature, Suite, TimeCheck},
};

/// When a paper code is good: whole days from a minute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Days {
    start_minute: u32,
    days: u8,
}

impl Days {
    /// 1 to 180 days from this minute since 2025-01-01T00:00Z; `None` for anything else.
    pub const fn new(start_minute: u32, days: u8) -> Option<Self> {
        let fits = start_minute <= MAX_START_MINUTE && days >= 1 && days <= MAX_PAPER_DAYS;
        if fits { Some(Self { start_minute, days }) } else { None }
    }

    /// The first Unix second.
    pub const fn start_s(self) -> i64 {
        EPOCH_S + self.start_minute as i64 * 60
    }
    /// The first Unix second after it.
    pub const fn end_s(self) -> i64 {
        self.start_s() + self.days as i64 * 86_400
    }
    /// How many days.
    pub const fn days(self) -> u8 {
        self.days
    }
    /// Minutes since 2025-01-01T00:00Z.
    pub const fn start_minute(self) -> u32 {
        self.start_minute
    }
    /// The day whose keys it uses, from the signed start.
    #[expect(clippy::cast_possible_truncation, reason = "asserted in `limits`: the last day fits two bytes")]
    pub const fn day(self) -> Day {
        Day(((self.start_minute + DAY_TURN_MINUTES) / DAY_MINUTES) as u16)
    }

    /// Accepts Unix second t iff start − S ≤ t < end + S.
    pub const fn check(self, now_s: i64) -> TimeCheck {
        if now_s < self.start_s() - SKEW_S {
            TimeCheck::NotYet(self.start_s().saturating_sub(now_s))
        } else if now_s >= self.end_s() + SKEW_S {
            TimeCheck::Over(now_s.saturating_sub(self.end_s()))
        } else {
            TimeCheck::Accepted
        }
    }
}

/// Bytes 0–25 of a paper code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaperHeader {
    /// Signature algorithm.
    pub suite: Suite,
    /// Which key of the signed key list signed it.
    pub key_index: u8,
    /// The opaque name.
    pub handle: Handle,
    /// When it is good.
    pub days: Days,
    /// Whose day keys it uses.
    pub scope: Scope,
    /// Claim bits as they stand in the code, masked by the day's claim key.
    pub masked_claims: [u8; 2],
}

impl PaperHeader {
    /// The header of these bytes; every header has exactly one spelling.
    ///
    /// # Errors
    /// [`HeaderError`], checked in the order of its variants; [`HeaderError::Window`] for days outside 1–180.
    pub fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Result<Self, HeaderError> {
        let fields = Fields::from_bytes(bytes, Profile::Paper)?;
        Ok(Self {
            suite: fields.suite,
            key_index: fields.key_index,
            handle: fields.handle,
            days: Days::new(fields.start_minute, fields.life).ok_or(HeaderError::Window)?,
            scope: fields.scope,
            masked_claims: fields.masked_claims,
        })
    }

    /// Its 26 bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let fields = Fields {
            suite: self.suite,
            key_index: self.key_index,
            handle: self.handle,
            start_minute: self.days.start_minute,
            life: self.days.days,
            scope: self.scope,
            masked_claims: self.masked_claims,
        };
        fields.to_bytes(Profile::Paper)
    }
}

/// The 90 bytes of a paper code. Nothing in it has been checked but its spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaperCode {
    /// Bytes 0–25.
    pub header: PaperHeader,
    /// Bytes 26–89, over the header.
    pub signature: Signature,
}

impl PaperCode {
    /// Signs a header. `entropy` is 32 fresh random bytes.
    ///
    /// # Errors
    /// [`SignError`] when the signer fails or has another suite than the header.
    pub fn issue(header: PaperHeader, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Self, SignError> {
        if signer.suite() != header.suite {
            return Err(SignError);
        }
        Ok(Self { header, signature: signer.sign(&Tag::Paper.message(&header.to_bytes()), entropy)? })
    }

    /// The code of 90 bytes.
    ///
    /// # Errors
    /// [`HeaderError`]. The signature is not looked at.
    pub fn from_bytes(bytes: &[u8; SIGNED_BYTES]) -> Result<Self, HeaderError> {
        let mut header = [0; HEADER_BYTES];
        let mut signature = [0; SIGNATURE_BYTES];
        header.copy_from_slice(&bytes[..HEADER_BYTES]);
        signature.copy_from_slice(&bytes[HEADER_BYTES..]);
        Ok(Self { header: PaperHeader::from_bytes(&header)?, signature })
    }

    /// Its 90 bytes.
    pub fn to_bytes(&self) -> [u8; SIGNED_BYTES] {
        join(&[&self.header.to_bytes(), &self.signature])
    }

    /// The code of 222 digits.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn from_text(text: &str) -> Result<Self, ReadError> {
        let mut bytes = [0; SIGNED_BYTES];
        text::decode(text.as_bytes(), &mut bytes).map_err(ReadError::Text)?;
        Self::from_bytes(&bytes).map_err(ReadError::Header)
    }

    /// Its 222 digits.
    pub fn to_text(&self) -> String {
        let mut digits = [b'0'; PAPER_DIGITS];
        let written = text::encode(&self.to_bytes(), &mut digits);
        debug_assert!(written.is_ok(), "asserted in `limits`: the lengths agree");
        digits.iter().map(|digit| char::from(*digit)).collect()
    }

    /// The exact bytes whose signature [`Self::signature`] must be.
    pub fn signed_message(&self) -> Vec<u8> {
        Tag::Paper.message(&self.header.to_bytes())
    }
}
