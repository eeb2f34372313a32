//! Tickets on the phone: anchors, what is shown, and the check before a ticket is stored.
//!
//! The phone's part takes suite 0 (SM2 with SM3) alone, as deployments at home do; the others are refused as
//! unsupported and cost no bytes.
#![expect(unsafe_code, reason = "an exported name is declared by an unsafe attribute")]

use crate::{Refusal, answer};
use alloc::vec::Vec;
use tongma_code::limits::{CHAIN_BYTES, HEADER_BYTES, SIGNATURE_BYTES};
use tongma_code::short::{SealedAlias, ShortNumber, TicketKey};
use tongma_code::ticket::{Header, Link, SignedTicket, Suite};
use tongma_code::{chain, message};
use tongma_verify::sm2::PlainKey;

/// A point without and with the SEC 1 tag of uncompressed points.
const POINT_BYTES: usize = 64;

/// Cuts fixed parts off the input, which must be used up.
pub struct Parts<'a>(pub &'a [u8]);

impl<'a> Parts<'a> {
    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Refusal::BadLength`] when there are fewer.
    pub fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], Refusal> {
        let (part, rest) = self.0.split_first_chunk().ok_or(Refusal::BadLength)?;
        self.0 = rest;
        Ok(part)
    }

    /// # Errors
    /// [`Refusal::BadLength`] when something is left.
    pub fn end(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::BadLength) }
    }
}

fn header(bytes: &[u8; HEADER_BYTES]) -> Result<Header, Refusal> {
    let header = Header::from_bytes(bytes).map_err(|_| Refusal::BadHeader)?;
    if header.suite == Suite::Sm2 { Ok(header) } else { Err(Refusal::Unsupported) }
}

/// The value that the chain of `seed` has `below` steps down from its end.
fn value_at(header: &Header, seed: &Link, step: u8) -> Result<Link, Refusal> {
    let last = u8::try_from(header.window.steps().saturating_sub(1)).map_err(|_| Refusal::BadHeader)?;
    // v_{j−1} comes from v_j, so j runs from the last step down to the one after ours.
    let links = (step..last).rev().map(|index| index + 1);
    Ok(links.fold(*seed, |value, index| chain::link(Suite::Sm2, &header.handle, index, &value)))
}

/// Seconds since 1970, rounded down, of a JavaScript time.
///
/// # Errors
/// [`Refusal::BadArgument`] for what is no time.
pub fn seconds(now_ms: f64) -> Result<i64, Refusal> {
    // Within these bounds, the year 287396, every millisecond is exact.
    if !(0.0..9e15).contains(&now_ms) {
        return Err(Refusal::BadArgument);
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range, and rounded down on purpose")]
    let seconds = (now_ms / 1000.0) as i64;
    Ok(seconds)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of the years 2025 to 2056 are exact in f64")]
fn milliseconds(seconds: i64) -> f64 {
    seconds as f64 * 1000.0
}

fn put_numbers(output: &mut Vec<u8>, numbers: &[f64]) {
    for number in numbers {
        output.extend_from_slice(&number.to_le_bytes());
    }
}

/// The step that is on at a moment.
fn step_at(header: &Header, now_ms: f64) -> Result<u8, Refusal> {
    let now_s = seconds(now_ms)?;
    let early = if now_s < header.window.start_s() { Refusal::TooEarly } else { Refusal::TooLate };
    header.window.step_at(now_s).ok_or(early)
}

/// Step, number of steps and when the step ends, before the text.
fn put_shown(output: &mut Vec<u8>, header: &Header, step: u8, text: &[u8]) {
    let window = header.window;
    let ends_s = window.start_s() + (i64::from(step) + 1) * i64::from(window.step().seconds());
    put_numbers(output, &[f64::from(step), f64::from(window.steps()), milliseconds(ends_s)]);
    output.extend_from_slice(text);
}

/// Input: header 26. Output: start, end and step in milliseconds, number of steps, scope.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_ticket_times() -> i32 {
    answer(|input, output| {
        let mut parts = Parts(input);
        let header = header(parts.take()?)?;
        parts.end()?;
        let window = header.window;
        let times = [window.start_s(), window.end_s(), i64::from(window.step().seconds())].map(milliseconds);
        put_numbers(output, &times);
        put_numbers(output, &[f64::from(window.steps()), f64::from(header.scope.0)]);
        Ok(())
    })
}

/// Input: header 26 ‖ seed 12. Output: the anchor, 12 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_anchor() -> i32 {
    answer(|input, output| {
        let mut parts = Parts(input);
        let header = header(parts.take()?)?;
        let seed = parts.take::<CHAIN_BYTES>()?;
        parts.end()?;
        let first = value_at(&header, seed, 0)?;
        output.extend_from_slice(&chain::link(Suite::Sm2, &header.handle, 0, &first));
        Ok(())
    })
}

/// Input: header 26 ‖ signature 64 ‖ seed 12. Output: step, steps, end of the step, then T1's 254 digits.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_ticket_text(now_ms: f64) -> i32 {
    answer(|input, output| {
        let mut parts = Parts(input);
        let header = header(parts.take()?)?;
        let signature = *parts.take::<SIGNATURE_BYTES>()?;
        let seed = parts.take::<CHAIN_BYTES>()?;
        parts.end()?;
        let step = step_at(&header, now_ms)?;
        let value = value_at(&header, seed, step)?;
        let digits = SignedTicket { header, signature }.show(step, value).to_digits();
        put_shown(output, &header, step, &digits);
        Ok(())
    })
}

/// Input: header 26 ‖ alias 8, big-endian ‖ ticket key 32. Output: step, steps, end of the step, then N1's 24 digits.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_short_text(now_ms: f64) -> i32 {
    answer(|input, output| {
        let mut parts = Parts(input);
        let header = header(parts.take()?)?;
        let alias = SealedAlias::new(u64::from_be_bytes(*parts.take()?)).ok_or(Refusal::BadArgument)?;
        let key = TicketKey(*parts.take()?);
        parts.end()?;
        let step = step_at(&header, now_ms)?;
        put_shown(output, &header, step, ShortNumber::of(alias, &key, step).to_text().as_bytes());
        Ok(())
    })
}

/// Input: header 26 ‖ signature 64 ‖ anchor 12 ‖ the issuer's public key, 64 bytes x ‖ y or 65 with 0x04 before.
/// Output: nothing, if the signature holds.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_ticket_verify() -> i32 {
    answer(|input, _| {
        let mut parts = Parts(input);
        let header = header(parts.take()?)?;
        let signature = *parts.take::<SIGNATURE_BYTES>()?;
        let anchor = parts.take::<CHAIN_BYTES>()?;
        let point = point(parts.0)?;
        issued_holds(&point, &SignedTicket { header, signature }, anchor)
    })
}

/// As `tongma_verify::key::issued_holds`, for suite 0 alone.
fn issued_holds(point: &[u8; POINT_BYTES + 1], ticket: &SignedTicket, anchor: &Link) -> Result<(), Refusal> {
    let key = PlainKey::new(point).ok_or(Refusal::BadKey)?;
    let message = message::ticket(&ticket.header.to_bytes(), anchor);
    if key.verify(None, &message, &ticket.signature) { Ok(()) } else { Err(Refusal::BadSignature) }
}

/// A public key with its tag.
///
/// # Errors
/// [`Refusal::BadLength`]. Whether it is a point of the curve is for the verifier to say.
pub fn point(bytes: &[u8]) -> Result<[u8; POINT_BYTES + 1], Refusal> {
    let mut point = [4; POINT_BYTES + 1];
    let place = if bytes.len() == POINT_BYTES { point.get_mut(1..) } else { Some(point.as_mut_slice()) };
    let place = place.filter(|place| place.len() == bytes.len()).ok_or(Refusal::BadLength)?;
    place.copy_from_slice(bytes);
    Ok(point)
}
