//! N1, the short number: `86` + 20 digits + 2 check digits. It names the ticket by an alias that routes itself and
//! proves the step with a truncated MAC. Only the platform can check it; the phone may be offline.

use alloc::string::String;
use core::fmt;

use crate::{
    feistel,
    keys::{HmacSm3, secret},
    limits::{ALIAS_BITS, BUCKETS, PREFIX, SHORT_BITS, SHORT_DIGITS, SHORT_TICKETS_A_DAY, SKEW_S},
    text::TextError,
    ticket::{Day, Handle, Life, Step, Window},
};

secret! {
    /// The key of one ticket's short numbers; it travels to the phone with the ticket.
    TicketKey, 32
}
secret! {
    /// The day key of the alias permutation.
    AliasKey, 16
}

/// Which ticket a short number names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alias {
    /// The person's bucket, below 4096.
    pub bucket: u16,
    /// The number of the person in the bucket.
    pub person: u16,
    /// The ticket of the day, below 64.
    pub ticket: u8,
}

/// The 34 bits of an alias as they stand in the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealedAlias(u64);

impl SealedAlias {
    /// These 34 bits; `None` if there are more.
    pub const fn new(bits: u64) -> Option<Self> {
        if bits >> ALIAS_BITS == 0 { Some(Self(bits)) } else { None }
    }
    /// The 34 bits.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl AliasKey {
    /// Hides an alias; `None` when a field is out of range.
    pub fn seal(&self, alias: Alias) -> Option<SealedAlias> {
        if alias.bucket >= BUCKETS || alias.ticket >= SHORT_TICKETS_A_DAY {
            return None;
        }
        let plain = u64::from(alias.bucket) << 22 | u64::from(alias.person) << 6 | u64::from(alias.ticket);
        Some(SealedAlias(feistel::forward(&self.0, ALIAS_TAG, ALIAS_BITS / 2, plain)))
    }

    /// The alias behind 34 bits; every value opens to something.
    #[expect(clippy::cast_possible_truncation, reason = "each field is cut to its bits")]
    pub fn open(&self, sealed: SealedAlias) -> Alias {
        let plain = feistel::back(&self.0, ALIAS_TAG, ALIAS_BITS / 2, sealed.0);
        Alias { bucket: (plain >> 22) as u16, person: (plain >> 6) as u16, ticket: (plain & 63) as u8 }
    }
}

/// What the alias permutation's rounds begin with.
const ALIAS_TAG: &feistel::Tag = b"tongma/N1/a";

impl TicketKey {
    /// The MAC of step i: HMAC-SM3(ticket key, "tongma/N1/v0" ‖ i), cut to 4 bytes.
    pub fn mac(&self, step: u8) -> u32 {
        mac_of(&HmacSm3::new(&self.0), step)
    }
}

fn mac_of(keyed: &HmacSm3, step: u8) -> u32 {
    let [a, b, c, d, ..] = keyed.mac(&[b"tongma/N1/v0", &[step]]);
    u32::from_be_bytes([a, b, c, d])
}

/// The 66 bits of a short number. Nothing in it has been checked but its spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShortNumber {
    /// Which ticket.
    pub alias: SealedAlias,
    /// Which step.
    pub mac: u32,
}

/// Why a text is not a short number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortError {
    /// Wrong length, prefix or digits, or a value of more than 66 bits.
    Text(TextError),
    /// The check digits are wrong: mistyped or misread.
    Check,
}

impl ShortNumber {
    /// The number of a ticket at step i.
    pub fn of(alias: SealedAlias, key: &TicketKey, step: u8) -> Self {
        Self { alias, mac: key.mac(step) }
    }

    /// Its 24 digits.
    pub fn to_text(&self) -> String {
        let value = u128::from(self.alias.0) << 32 | u128::from(self.mac);
        let body = alloc::format!("{PREFIX}{value:020}");
        let check = 98 - mod97(body.as_bytes()) * 100 % 97;
        alloc::format!("{body}{check:02}")
    }

    /// The number of 24 digits. The check digits follow ISO/IEC 7064 MOD 97-10 and are recomputed and compared, so
    /// that 00, 01 and 99 (which some checks let through) are refused.
    ///
    /// # Errors
    /// [`ShortError`].
    pub fn from_text(text: &str) -> Result<Self, ShortError> {
        let digits = text.as_bytes();
        if digits.len() != SHORT_DIGITS {
            return Err(ShortError::Text(TextError::Length));
        }
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(ShortError::Text(TextError::NotADigit));
        }
        let body = digits.strip_prefix(PREFIX.as_bytes()).ok_or(ShortError::Text(TextError::Prefix))?;
        let (body, check) = body.split_at_checked(SHORT_DIGITS - 4).ok_or(ShortError::Text(TextError::Length))?;
        let (covered, _) = digits.split_at_checked(SHORT_DIGITS - 2).ok_or(ShortError::Text(TextError::Length))?;
        let expected = 98 - mod97(covered) * 100 % 97;
        if decimal(check) != u128::from(expected) {
            return Err(ShortError::Check);
        }
        let value = decimal(body);
        if value >> SHORT_BITS != 0 {
            return Err(ShortError::Text(TextError::Group));
        }
        #[expect(clippy::cast_possible_truncation, reason = "the value has 66 bits; each part is cut to its own")]
        let (alias, mac) = (SealedAlias((value >> 32) as u64), value as u32);
        Ok(Self { alias, mac })
    }

    /// The greatest step, among those acceptable at `now_s`, that this number proves for one candidate ticket; `None`
    /// when the MAC belongs to no such step. The caller gives every live ticket the alias may name, and answers an
    /// unknown alias and a wrong MAC alike.
    pub fn proves(&self, key: &TicketKey, window: Window, now_s: i64) -> Option<u8> {
        // Every candidate step is computed, so that the time taken tells nothing about which one matched.
        let keyed = HmacSm3::new(&key.0);
        window
            .accepted_steps(now_s)
            .fold(None, |found, step| if mac_of(&keyed, step) == self.mac { Some(step) } else { found })
    }
}

/// A ticket an alias may name, for [`ShortNumber::proves`].
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Whose row the claim takes: the same row as T1's.
    pub handle: Handle,
    /// When the ticket may be shown.
    pub window: Window,
    /// The ticket's key, from [`crate::keys::ShortKey::ticket_key`].
    pub key: TicketKey,
}

fn mod97(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |rest, digit| (rest * 10 + u32::from(digit.wrapping_sub(b'0'))) % 97)
}

fn decimal(digits: &[u8]) -> u128 {
    digits.iter().fold(0, |value, digit| value * 10 + u128::from(digit.wrapping_sub(b'0')))
}

impl fmt::Display for ShortNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_text())
    }
}

/// The days whose alias key a number shown at `now_s` may use: the day of the earliest window that may still be
/// accepted and the day of the latest. They differ only around the turn of the day.
pub fn days_at(now_s: i64) -> [Option<Day>; 2] {
    let day = |unix_s: i64| Window::starting_at(unix_s, Life::Min5, Step::Sec10).map(Window::day);
    let longest_s = i64::from(Life::Min60.minutes()) * 60;
    let (first, last) = (day(now_s.saturating_sub(longest_s + SKEW_S)), day(now_s.saturating_add(SKEW_S)));
    [last, first.filter(|first| Some(*first) != last)]
}
