//! The verifier for C. `include/tongma.h` is the interface and says what everything means.
//!
//! `unsafe` is needed here because C hands over raw pointers and an exported name is declared by an `unsafe` attribute.
//! Each pointer is checked for null and used only for the length that the caller states; everything behind that is the
//! safe `tongma_verify`. A panic would be a bug of ours and ends the process: it cannot cross into C.
#![expect(unsafe_code, reason = "C hands over raw pointers")]

use core::ffi::c_char;
use tongma_verify::Verifier;
use tongma_verify::cache::SignatureCache;
use tongma_verify::code::classify::classify_bytes;
use tongma_verify::code::sign::PublicKey;
use tongma_verify::code::ticket::Window;
use tongma_verify::lists::{Denials, Keyring, ListRefusal, Roots, Suites};
use tongma_verify::verdict::{ClockReading, Doubts, Outcome, Reason, Verdict};
use tongma_verify::verifier::NoReplay;

const POINT_BYTES: usize = 65;
const REASON_BYTES: usize = 32;
const WORDS_BYTES: usize = 192;
/// A phone is read several times while it is held out.
const CACHED_SIGNATURES: usize = 256;

/// `enum tongma_result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum TongmaResult {
    /// It worked.
    Ok = 0,
    /// A null pointer, or a number out of its range.
    BadArgument = 1,
    /// A root or listed key is no point of its curve.
    BadKey = 2,
    /// Not a list of this kind, or its signer may not sign it.
    BadList = 3,
    /// The signature of a list does not hold.
    BadSignature = 4,
    /// Older than a list already seen.
    OldList = 5,
}

impl From<ListRefusal> for TongmaResult {
    fn from(refusal: ListRefusal) -> Self {
        match refusal {
            ListRefusal::Malformed(_) | ListRefusal::Signer => Self::BadList,
            ListRefusal::Signature => Self::BadSignature,
            ListRefusal::Older => Self::OldList,
            ListRefusal::Key(_) => Self::BadKey,
        }
    }
}

/// `struct tongma_verifier`: opaque to C.
pub struct TongmaVerifier {
    verifier: Verifier,
    cache: SignatureCache,
}

/// `struct tongma_clock`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct TongmaClock {
    /// Unix seconds, rounded down.
    pub now_s: i64,
    /// When it was last synchronised, −1 for never.
    pub synced_at_s: i64,
    /// By how much it may be wrong.
    pub error_s: u32,
}

/// `struct tongma_verdict`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct TongmaVerdict {
    /// The ticket's first second.
    pub start_s: i64,
    /// The first second after it.
    pub end_s: i64,
    /// Since the key list was made.
    pub key_list_age_s: i64,
    /// Since the deny list was made.
    pub deny_list_age_s: i64,
    /// 0 good, 1 amber, 2 refused.
    pub outcome: i32,
    /// Bits of the doubts.
    pub doubts: u32,
    /// 0 for the general code.
    pub scope: u16,
    /// Claim bits as in the code, masked.
    pub claims: u16,
    /// The step to remember.
    pub step: u8,
    /// 1 when the clock was trusted.
    pub clock_trusted: u8,
    /// The ticket's name.
    pub handle: [u8; 16],
    /// A stable word, ended by a zero.
    pub reason: [u8; REASON_BYTES],
    /// What it is and what to do, in Chinese.
    pub words_zh: [u8; WORDS_BYTES],
    /// The same in English.
    pub words_en: [u8; WORDS_BYTES],
}

fn open(roots: &[u8], keys: &[u8], denied: &[u8], seen: [i64; 2]) -> Result<TongmaVerifier, TongmaResult> {
    let (roots, _) = roots.as_chunks::<POINT_BYTES>();
    let [first, second] = roots else { return Err(TongmaResult::BadArgument) };
    let roots = Roots::new(&[PublicKey::Sm2(*first), PublicKey::Sm2(*second)]).ok_or(TongmaResult::BadKey)?;
    let [seen_keys, seen_denied] = seen.map(|seen| u64::try_from(seen).ok());
    let keyring = Keyring::open(&roots, Suites::SM2, keys, seen_keys)?;
    let denials = Denials::open(&keyring, denied, seen_denied)?;
    Ok(TongmaVerifier { verifier: Verifier::new(keyring, denials), cache: SignatureCache::new(CACHED_SIGNATURES) })
}

/// The bytes of a pointer and a length; `None` for null.
///
/// # Safety
/// A pointer that is not null points to that many bytes, which nobody changes while the answer is in use.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    if start.is_null() || isize::try_from(length).is_err() {
        return None;
    }
    // SAFETY: not null, not longer than memory can be, and the caller vouches for the rest.
    Some(unsafe { core::slice::from_raw_parts(start, length) })
}

/// See `tongma.h`.
///
/// # Safety
/// Every pointer is null or points to as many bytes as `tongma.h` says, and `verifier` to room for one pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tongma_open(
    roots: *const u8,
    key_list: *const u8,
    key_list_bytes: usize,
    deny_list: *const u8,
    deny_list_bytes: usize,
    seen_key_seq: i64,
    seen_deny_seq: i64,
    verifier: *mut *mut TongmaVerifier,
) -> i32 {
    if verifier.is_null() {
        return TongmaResult::BadArgument as i32;
    }
    // SAFETY: the caller vouches for the three of them.
    let parts =
        unsafe { (bytes(roots, 2 * POINT_BYTES), bytes(key_list, key_list_bytes), bytes(deny_list, deny_list_bytes)) };
    let opened = match parts {
        (Some(roots), Some(keys), Some(denied)) => open(roots, keys, denied, [seen_key_seq, seen_deny_seq]),
        _ => Err(TongmaResult::BadArgument),
    };
    let (result, pointer) = match opened {
        Ok(opened) => (TongmaResult::Ok, Box::into_raw(Box::new(opened))),
        Err(result) => (result, core::ptr::null_mut()),
    };
    // SAFETY: not null, and the caller vouches that it points to room for one pointer.
    unsafe { verifier.write(pointer) };
    result as i32
}

/// See `tongma.h`.
///
/// # Safety
/// `verifier` is null or came from [`tongma_open`] and was not closed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tongma_close(verifier: *mut TongmaVerifier) {
    if !verifier.is_null() {
        // SAFETY: it is what `Box::into_raw` gave, and nobody uses it any more.
        drop(unsafe { Box::from_raw(verifier) });
    }
}

/// See `tongma.h`.
///
/// # Safety
/// Every pointer is null or points to what `tongma.h` says; `verifier` is open and in nobody else's use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tongma_check(
    verifier: *mut TongmaVerifier,
    text: *const c_char,
    text_bytes: usize,
    clock: *const TongmaClock,
    verdict: *mut TongmaVerdict,
) -> i32 {
    // SAFETY: the caller vouches for all four; null becomes `None`.
    let (verifier, text, clock) = unsafe { (verifier.as_mut(), bytes(text.cast(), text_bytes), clock.as_ref()) };
    let (Some(verifier), Some(text), Some(clock), false) = (verifier, text, clock, verdict.is_null()) else {
        return TongmaResult::BadArgument as i32;
    };
    let answer = check(verifier, text, clock);
    // SAFETY: not null, and the caller vouches that it points to room for a verdict, filled or not.
    unsafe { verdict.write(answer) };
    TongmaResult::Ok as i32
}

fn check(verifier: &mut TongmaVerifier, text: &[u8], clock: &TongmaClock) -> TongmaVerdict {
    let synced_at_s = Some(clock.synced_at_s).filter(|at| *at >= 0);
    let reading = ClockReading { now_s: clock.now_s, error_s: clock.error_s, synced_at_s };
    let mut judge = |text: &str| verifier.verifier.check(text, &reading, &NoReplay, None, &mut verifier.cache);
    if let Ok(text) = core::str::from_utf8(text) {
        return answer(&judge(text));
    }
    // No code of ours has such bytes; only its name is wanted.
    let (kind, _) = classify_bytes(text);
    answer(&Verdict { outcome: Outcome::Refused(Reason::NotThis(kind)), ..judge("") })
}

fn answer(verdict: &Verdict) -> TongmaVerdict {
    const GOOD: (&str, &str) = ("有效", "Valid");
    let (outcome, reason, (zh, en), doubts) = match &verdict.outcome {
        Outcome::Good(_) => (0, "good", GOOD, Doubts::NONE),
        Outcome::Doubtful(_, doubts) => {
            let (code, zh, en) = doubts.texts().next().unwrap_or(("good", GOOD.0, GOOD.1));
            (1, code, (zh, en), *doubts)
        }
        Outcome::Refused(reason) => (2, reason.code(), reason.texts(), Doubts::NONE),
    };
    let (zh, en) = match &verdict.outcome {
        Outcome::Refused(Reason::NotThis(_)) => {
            (format!("这是{zh}，请出示通码"), format!("This is {en}. Show the Tongma code."))
        }
        _ => (zh.to_owned(), en.to_owned()),
    };
    let bit = |doubt: Doubts, bit: u32| if doubts.has(doubt) { bit } else { 0 };
    let ticket = verdict.ticket().ok();
    let window = ticket.map(|ticket| ticket.window());
    TongmaVerdict {
        start_s: window.map_or(0, Window::start_s),
        end_s: window.map_or(0, Window::end_s),
        key_list_age_s: verdict.key_list_age_s,
        deny_list_age_s: verdict.deny_list_age_s.unwrap_or(0),
        outcome,
        doubts: bit(Doubts::CLOCK, 1) | bit(Doubts::KEY_LIST, 2) | bit(Doubts::DENY_LIST, 4) | bit(Doubts::RESERVE, 8),
        scope: ticket.map_or(0, |ticket| ticket.scope().0),
        claims: ticket.map_or(0, |ticket| u16::from_be_bytes(ticket.masked_claims())),
        step: ticket.map_or(0, |ticket| ticket.step()),
        clock_trusted: verdict.clock_trusted.into(),
        handle: ticket.map_or([0; 16], |ticket| ticket.handle().0),
        reason: ended(reason),
        words_zh: ended(&zh),
        words_en: ended(&en),
    }
}

/// As much of a text as fits before the zero, cut between characters.
fn ended<const N: usize>(text: &str) -> [u8; N] {
    let mut room = [0; N];
    let kept = text.get(..text.floor_char_boundary(N - 1)).unwrap_or_default();
    for (place, byte) in room.iter_mut().zip(kept.bytes()) {
        *place = byte;
    }
    room
}
