//! T1, the chain ticket: what the QR carries.

use alloc::string::String;
use core::ops::RangeInclusive;

use crate::{
    bytes::{join, take},
    chain,
    header::Fields,
    limits::{
        CHAIN_BYTES, DAY_MINUTES, DAY_TURN_MINUTES, EPOCH_S, HANDLE_BYTES, HEADER_BYTES, MAX_START_MINUTE, MAX_STEPS,
        SIGNATURE_BYTES, SIGNED_BYTES, SKEW_S, TICKET_BYTES, TICKET_DIGITS,
    },
    message,
    sign::{SignError, Signer},
    text::{self, TextError},
};

/// Signature algorithm and chain hash, two bits of byte 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suite {
    /// 0: SM2 with SM3 (GB/T 32918, GB/T 32905).
    Sm2,
    /// 1: Ed25519 (RFC 8032) and SHA-256 for the chain.
    Ed25519,
    /// 2: ECDSA on P-256 with SHA-256 (FIPS 186-5), low s only.
    P256,
}

impl Suite {
    /// All suites, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Sm2, Self::Ed25519, Self::P256];
    /// Its number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Sm2 => 0,
            Self::Ed25519 => 1,
            Self::P256 => 2,
        }
    }
    /// The suite of a number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Sm2),
            1 => Some(Self::Ed25519),
            2 => Some(Self::P256),
            _ => None,
        }
    }
}

/// What kind of long code it is, the low three bits of byte 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// 0: T1, the chain ticket of a phone.
    Ticket,
    /// 1: D1, bound to a device and to a point's challenge.
    Device,
    /// 2: paper.
    Paper,
}

impl Profile {
    /// Its number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Ticket => 0,
            Self::Device => 1,
            Self::Paper => 2,
        }
    }
    /// The profile of a number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Ticket),
            1 => Some(Self::Device),
            2 => Some(Self::Paper),
            _ => None,
        }
    }
}

/// The opaque name of one ticket: one SM4 block that only the holder of the day's handle key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(pub [u8; HANDLE_BYTES]);

/// A venue group with its own day keys and subjects; 0 is the general scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Scope(pub u16);

impl Scope {
    /// The scope whose handles only the platform opens.
    pub const GENERAL: Self = Self(0);
}

/// The day whose keys a ticket uses: days since 2025-01-01, turning at 04:00 in Beijing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub u16);

/// How long a ticket lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// 5 minutes.
    Min5,
    /// 10 minutes.
    Min10,
    /// 15 minutes.
    Min15,
    /// 30 minutes: the ordinary ticket.
    Min30,
    /// 60 minutes.
    Min60,
}

impl Life {
    /// All lives, in the order of their codes.
    pub const ALL: [Self; 5] = [Self::Min5, Self::Min10, Self::Min15, Self::Min30, Self::Min60];
    /// Minutes.
    pub const fn minutes(self) -> u32 {
        match self {
            Self::Min5 => 5,
            Self::Min10 => 10,
            Self::Min15 => 15,
            Self::Min30 => 30,
            Self::Min60 => 60,
        }
    }
    const fn code(self) -> u8 {
        self as u8
    }
}

/// How long one value of the chain is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// 10 seconds.
    Sec10,
    /// 15 seconds: the ordinary step.
    Sec15,
    /// 20 seconds.
    Sec20,
    /// 30 seconds.
    Sec30,
}

impl Step {
    /// All steps, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Sec10, Self::Sec15, Self::Sec20, Self::Sec30];
    /// Seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Sec10 => 10,
            Self::Sec15 => 15,
            Self::Sec20 => 20,
            Self::Sec30 => 30,
        }
    }
    const fn code(self) -> u8 {
        self as u8
    }
}

/// When a ticket may be shown: start, life and step, in an allowed combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    start_minute: u32,
    life: Life,
    step: Step,
}

/// How a moment lies to a step of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeCheck {
    /// Inside the step, give or take S.
    Accepted,
    /// The window has not begun; seconds until its step may be shown.
    NotYet(i64),
    /// The window is over; seconds since it ended.
    Over(i64),
    /// The window is open, but this step lies so many seconds ahead.
    StepAhead(i64),
    /// The window is open, but this step ended so many seconds ago.
    StepPast(i64),
    /// The window has no such step.
    NoSuchStep,
}

impl Window {
    /// A window beginning at this minute since 2025-01-01T00:00Z; `None` for 60 minutes at 10 seconds (360 steps) and
    /// for a minute past the 24 bits.
    pub const fn new(start_minute: u32, life: Life, step: Step) -> Option<Self> {
        let window = Self { start_minute, life, step };
        if start_minute > MAX_START_MINUTE || window.steps() > MAX_STEPS { None } else { Some(window) }
    }

    /// A window beginning at this Unix second, rounded down to the minute.
    pub fn starting_at(unix_s: i64, life: Life, step: Step) -> Option<Self> {
        Self::new(u32::try_from(unix_s.checked_sub(EPOCH_S)?.div_euclid(60)).ok()?, life, step)
    }

    /// Byte 21: high nibble the life's code, low nibble the step's.
    pub const fn code(self) -> u8 {
        self.life.code() << 4 | self.step.code()
    }

    /// The window of a start and a byte 21; `None` for codes that are not listed and for the refused pair.
    pub fn from_code(start_minute: u32, code: u8) -> Option<Self> {
        let life = Life::ALL.get(usize::from(code >> 4))?;
        let step = Step::ALL.get(usize::from(code & 15))?;
        Self::new(start_minute, *life, *step)
    }

    /// Minutes since 2025-01-01T00:00Z.
    pub const fn start_minute(self) -> u32 {
        self.start_minute
    }
    /// The first Unix second.
    pub const fn start_s(self) -> i64 {
        EPOCH_S + self.start_minute as i64 * 60
    }
    /// The first Unix second after it.
    pub const fn end_s(self) -> i64 {
        self.start_s() + self.life.minutes() as i64 * 60
    }
    /// How long it lives.
    pub const fn life(self) -> Life {
        self.life
    }
    /// How long a value is shown.
    pub const fn step(self) -> Step {
        self.step
    }
    /// N, how many steps it has.
    #[expect(clippy::cast_possible_truncation, reason = "at most 3600 / 10")]
    pub const fn steps(self) -> u16 {
        (self.life.minutes() * 60 / self.step.seconds()) as u16
    }
    /// The day whose keys it uses, from the signed start: ⌊(start + 240) / 1440⌋.
    #[expect(clippy::cast_possible_truncation, reason = "asserted in `limits`: the last day fits two bytes")]
    pub const fn day(self) -> Day {
        Day(((self.start_minute + DAY_TURN_MINUTES) / DAY_MINUTES) as u16)
    }

    /// The step a phone with a right clock shows at this Unix second; `None` outside the window.
    pub fn step_at(self, now_s: i64) -> Option<u8> {
        let since = now_s.checked_sub(self.start_s())?;
        if since < 0 || now_s >= self.end_s() {
            return None;
        }
        u8::try_from(since / i64::from(self.step.seconds())).ok()
    }

    /// The steps that [`Self::check`] accepts at this Unix second; empty outside the window.
    #[expect(clippy::reversed_empty_ranges, reason = "the empty range says that no step is accepted")]
    pub fn accepted_steps(self, now_s: i64) -> RangeInclusive<u8> {
        let step_s = i64::from(self.step.seconds());
        let since = now_s.saturating_sub(self.start_s());
        // start + i·step − S ≤ t gives the last step, t < start + (i+1)·step + S the first.
        let last = since.saturating_add(SKEW_S).div_euclid(step_s).min(i64::from(self.steps()) - 1);
        let first = since.saturating_sub(SKEW_S).div_euclid(step_s).max(0);
        match (u8::try_from(first), u8::try_from(last)) {
            (Ok(first), Ok(last)) if first <= last => first..=last,
            _ => 1..=0,
        }
    }

    /// Accepts step i at Unix second t iff i < N and start + i·step − S ≤ t < start + (i+1)·step + S.
    ///
    /// `now_s` is a whole second, rounded down; since every bound is whole, nothing is lost by the rounding.
    pub fn check(self, step: u8, now_s: i64) -> TimeCheck {
        if u16::from(step) >= self.steps() {
            return TimeCheck::NoSuchStep;
        }
        let step_s = i64::from(self.step.seconds());
        let first_s = self.start_s() + i64::from(step) * step_s - SKEW_S;
        let after_s = self.start_s() + (i64::from(step) + 1) * step_s + SKEW_S;
        if now_s >= first_s && now_s < after_s {
            TimeCheck::Accepted
        } else if now_s < self.start_s() - SKEW_S {
            TimeCheck::NotYet(first_s.saturating_sub(now_s))
        } else if now_s >= self.end_s() + SKEW_S {
            TimeCheck::Over(now_s.saturating_sub(self.end_s()))
        } else if now_s < first_s {
            TimeCheck::StepAhead(first_s.saturating_sub(now_s))
        } else {
            TimeCheck::StepPast(now_s.saturating_sub(after_s))
        }
    }
}

/// Bytes 0–25 of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header {
    /// Signature algorithm and chain hash.
    pub suite: Suite,
    /// Which key of the signed key list signed it.
    pub key_index: u8,
    /// The ticket's opaque name.
    pub handle: Handle,
    /// When it may be shown.
    pub window: Window,
    /// Whose day keys it uses.
    pub scope: Scope,
    /// Claim bits as they stand in the code, masked by the day's claim key.
    pub masked_claims: [u8; 2],
}

/// Why 26 bytes are not the header of a T1 ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// A version this build does not know.
    Version(u8),
    /// Suite 3 is not defined.
    Suite,
    /// Another profile than T1; `None` when the number is not defined.
    Profile(Option<Profile>),
    /// Byte 21 is no listed life and step, or the refused pair.
    Window,
}

impl Header {
    /// The header of these bytes; every header has exactly one spelling.
    ///
    /// # Errors
    /// [`HeaderError`], checked in the order of its variants.
    pub fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Result<Self, HeaderError> {
        let fields = Fields::from_bytes(bytes, Profile::Ticket)?;
        Ok(Self {
            suite: fields.suite,
            key_index: fields.key_index,
            handle: fields.handle,
            window: Window::from_code(fields.start_minute, fields.life).ok_or(HeaderError::Window)?,
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
            start_minute: self.window.start_minute(),
            life: self.window.code(),
            scope: self.scope,
            masked_claims: self.masked_claims,
        };
        fields.to_bytes(Profile::Ticket)
    }
}

/// A chain value or an anchor.
pub type Link = [u8; CHAIN_BYTES];

/// A signature, 64 bytes in every suite.
pub type Signature = [u8; SIGNATURE_BYTES];

/// Bytes 0–89: what the platform issues and the phone stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignedTicket {
    /// Bytes 0–25.
    pub header: Header,
    /// Bytes 26–89, over the header and the anchor.
    pub signature: Signature,
}

impl SignedTicket {
    /// Signs a header and the anchor the phone answered with. `entropy` is 32 fresh random bytes.
    ///
    /// # Errors
    /// [`SignError`] when the signer fails or has another suite than the header.
    pub fn issue(header: Header, anchor: &Link, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Self, SignError> {
        if signer.suite() != header.suite {
            return Err(SignError);
        }
        let signature = signer.sign(&message::ticket(&header.to_bytes(), anchor), entropy)?;
        Ok(Self { header, signature })
    }

    /// The ticket of 90 bytes.
    ///
    /// # Errors
    /// [`HeaderError`]. The signature is not looked at.
    pub fn from_bytes(bytes: &[u8; SIGNED_BYTES]) -> Result<Self, HeaderError> {
        let mut header = [0; HEADER_BYTES];
        let mut signature = [0; SIGNATURE_BYTES];
        header.copy_from_slice(&bytes[..HEADER_BYTES]);
        signature.copy_from_slice(&bytes[HEADER_BYTES..]);
        Ok(Self { header: Header::from_bytes(&header)?, signature })
    }

    /// Its 90 bytes.
    pub fn to_bytes(&self) -> [u8; SIGNED_BYTES] {
        join(&[&self.header.to_bytes(), &self.signature])
    }

    /// What the phone shows at step i, with that step's chain value.
    pub const fn show(self, step: u8, value: Link) -> ShownTicket {
        ShownTicket { signed: self, step, value }
    }
}

/// The 103 bytes of a T1 code. Nothing in it has been checked but its spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShownTicket {
    /// Bytes 0–89.
    pub signed: SignedTicket,
    /// Byte 90, the step index i.
    pub step: u8,
    /// Bytes 91–102, the chain value `v_i`.
    pub value: Link,
}

/// Why a text is not a T1 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadError {
    /// The digits are wrong.
    Text(TextError),
    /// The digits are right, the header is not.
    Header(HeaderError),
}

impl ShownTicket {
    /// The code of 103 bytes.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn from_bytes(bytes: &[u8; TICKET_BYTES]) -> Result<Self, HeaderError> {
        let mut signed = [0; SIGNED_BYTES];
        let mut value = [0; CHAIN_BYTES];
        signed.copy_from_slice(&bytes[..SIGNED_BYTES]);
        value.copy_from_slice(&bytes[SIGNED_BYTES + 1..]);
        Ok(Self { signed: SignedTicket::from_bytes(&signed)?, step: bytes[SIGNED_BYTES], value })
    }

    /// Its 103 bytes.
    pub fn to_bytes(&self) -> [u8; TICKET_BYTES] {
        join(&[&self.signed.to_bytes(), &[self.step], &self.value])
    }

    /// The code of 254 digits.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn from_text(text: &str) -> Result<Self, ReadError> {
        let mut bytes = [0; TICKET_BYTES];
        text::decode(text.as_bytes(), &mut bytes).map_err(ReadError::Text)?;
        Self::from_bytes(&bytes).map_err(ReadError::Header)
    }

    /// Its 254 digits, as ASCII.
    pub fn to_digits(&self) -> [u8; TICKET_DIGITS] {
        let mut digits = [b'0'; TICKET_DIGITS];
        let written = text::encode(&self.to_bytes(), &mut digits);
        debug_assert!(written.is_ok(), "asserted in `limits`: the lengths agree");
        digits
    }

    /// Its 254 digits.
    pub fn to_text(&self) -> String {
        self.to_digits().iter().map(|digit| char::from(*digit)).collect()
    }

    /// The anchor this value leads to after i + 1 hashes. It is right only if the signature over it holds.
    pub fn anchor(&self) -> Link {
        let header = &self.signed.header;
        chain::anchor(header.suite, &header.handle, self.step, &self.value)
    }

    /// The exact bytes whose signature [`SignedTicket::signature`] must be, if `anchor` is right.
    pub fn signed_message(&self, anchor: &Link) -> [u8; message::TICKET_MESSAGE_BYTES] {
        message::ticket(&self.signed.header.to_bytes(), anchor)
    }
}

impl Handle {
    /// The eight bytes by which a deny list names it.
    pub fn prefix(&self) -> [u8; 8] {
        take::<8>(&self.0).map_or([0; 8], |(prefix, _)| *prefix)
    }
}
