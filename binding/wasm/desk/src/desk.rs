//! Lists, verdicts and point codes.
#![expect(unsafe_code, reason = "an exported name is declared by an unsafe attribute")]

use crate::json::Json;
use std::cell::RefCell;
use tongma_edge::{Bundle, GateState};
use tongma_verify::Verifier;
use tongma_verify::cache::SignatureCache;
use tongma_verify::code::classify::classify;
use tongma_verify::code::list::Validity;
use tongma_verify::code::sign::PublicKey;
use tongma_verify::lists::{Denials, Keyring, ListRefusal, Roots, Suites};
use tongma_verify::verdict::{ClockReading, Doubts, Outcome, Reason, Verdict, VerifiedTicket};
use tongma_verify::verifier::NoReplay;
use tongma_wasm_exports::{Parts, Refusal, answer, point, seconds};

/// Signatures remembered: a phone is read several times while it is held out.
const CACHED_SIGNATURES: usize = 256;

/// What the desk has been given so far.
pub struct Desk {
    verifier: Option<Verifier>,
    cache: SignatureCache,
    clock_error_s: u32,
    clock_synced_at_s: Option<i64>,
    pub bundle: Option<Bundle>,
    pub gate: GateState,
}

impl Desk {
    fn new() -> Self {
        Self {
            verifier: None,
            cache: SignatureCache::new(CACHED_SIGNATURES),
            // Until somebody says how well the clock is kept, it is not trusted.
            clock_error_s: u32::MAX,
            clock_synced_at_s: None,
            bundle: None,
            gate: GateState::new(),
        }
    }

    pub fn verifier(&self) -> Result<&Verifier, Refusal> {
        self.verifier.as_ref().ok_or(Refusal::NotLoaded)
    }

    /// Judges a text and remembers nothing but that a signature is good.
    pub fn verdict(&mut self, text: &str, now_s: i64) -> Result<Verdict, Refusal> {
        let verifier = self.verifier.as_ref().ok_or(Refusal::NotLoaded)?;
        let clock = ClockReading { now_s, error_s: self.clock_error_s, synced_at_s: self.clock_synced_at_s };
        Ok(verifier.check(text, &clock, &NoReplay, None, &mut self.cache))
    }
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::new(Desk::new());
}

/// Runs a function on the desk and the input; its answer goes out as JSON.
pub fn with_desk(work: impl FnOnce(&mut Desk, &[u8]) -> Result<Json, Refusal>) -> i32 {
    answer(|input, output| {
        *output = DESK
            .with(|desk| {
                let mut desk = desk.try_borrow_mut().map_err(|_| Refusal::BadArgument)?;
                work(&mut desk, input)
            })?
            .into_bytes();
        Ok(())
    })
}

/// Text that JavaScript encoded.
pub fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    core::str::from_utf8(bytes).map_err(|_| Refusal::BadText)
}

/// A whole number from JavaScript, exact up to 2⁵³.
pub fn whole(number: f64) -> Result<u64, Refusal> {
    if !(0.0..=9_007_199_254_740_991.0).contains(&number) {
        return Err(Refusal::BadArgument);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    let number = number as u64;
    Ok(number)
}

/// A number that may be missing, which JavaScript says by −1.
fn optional(number: f64) -> Result<Option<u64>, Refusal> {
    if number < 0.0 { Ok(None) } else { whole(number).map(Some) }
}

/// The refusal of a list, for the page to tell what to fetch again.
pub fn refusal_of(refusal: ListRefusal) -> Refusal {
    match refusal {
        ListRefusal::Malformed(_) | ListRefusal::Signer => Refusal::BadList,
        ListRefusal::Signature => Refusal::BadSignature,
        ListRefusal::Older => Refusal::OldList,
        ListRefusal::Key(_) => Refusal::BadKey,
    }
}

fn validity(validity: Validity) -> Json {
    Json::Object(vec![
        ("seq", Json::count(validity.seq)),
        ("issuedMs", Json::milliseconds(validity.iat_s)),
        ("ttlMs", Json::milliseconds(validity.ttl_s.into())),
        ("expiresMs", Json::milliseconds(validity.exp_s)),
    ])
}

/// Input: two root keys of 65 bytes ‖ key list of `key_list_bytes` ‖ deny list. Output: when each was made and how long it
/// serves. The greatest numbers seen so far are −1 for none.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_open_lists(key_list_bytes: usize, seen_key_seq: f64, seen_deny_seq: f64) -> i32 {
    with_desk(|desk, input| {
        let mut parts = Parts(input);
        let roots = [parts.take::<65>()?, parts.take::<65>()?];
        let [first, second] = [point(roots[0])?, point(roots[1])?].map(PublicKey::Sm2);
        let roots = Roots::new(&[first, second]).ok_or(Refusal::BadKey)?;
        let (keys, denied) = parts.0.split_at_checked(key_list_bytes).ok_or(Refusal::BadLength)?;
        let keyring = Keyring::open(&roots, Suites::SM2, keys, optional(seen_key_seq)?).map_err(refusal_of)?;
        let denials = Denials::open(&keyring, denied, optional(seen_deny_seq)?).map_err(refusal_of)?;
        let opened = Json::Object(vec![
            ("keyList", validity(keyring.validity())),
            ("denyList", denials.validity().map_or(Json::Null, validity)),
        ]);
        desk.verifier = Some(Verifier::new(keyring, denials));
        Ok(opened)
    })
}

/// How well the clock is kept: by how much it may be wrong, and when it was last compared, −1 for never.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_set_clock(error_ms: f64, synced_ms: f64) -> i32 {
    with_desk(|desk, _| {
        let error_s = whole(error_ms)?.div_ceil(1000);
        desk.clock_synced_at_s = if synced_ms < 0.0 { None } else { Some(seconds(synced_ms)?) };
        desk.clock_error_s = u32::try_from(error_s).unwrap_or(u32::MAX);
        Ok(Json::Null)
    })
}

fn ticket_members(ticket: &VerifiedTicket) -> Vec<(&'static str, Json)> {
    let window = ticket.window();
    vec![
        ("handle", Json::hex(&ticket.handle().0)),
        ("scope", Json::Number(ticket.scope().0.into())),
        ("claims", Json::Number(u16::from_be_bytes(ticket.masked_claims()).into())),
        ("step", Json::Number(ticket.step().into())),
        ("startMs", Json::milliseconds(window.start_s())),
        ("endMs", Json::milliseconds(window.end_s())),
    ]
}

fn doubts(doubts: Doubts) -> Json {
    let members =
        |(code, zh, en)| [("code", code), ("zh", zh), ("en", en)].map(|(name, word)| (name, Json::text(word)));
    Json::List(doubts.texts().map(|doubt| Json::Object(members(doubt).into())).collect())
}

/// What a page wants to be shown instead.
const WANT_CODE: (&str, &str) = ("请出示通码", "Show the Tongma code.");
const WANT_POINT: (&str, &str) = ("请扫场所的通码", "Scan the venue's Tongma code.");

/// What a refusal is and what to do, as a sentence.
fn words(reason: Reason, want: (&str, &str)) -> Json {
    let (zh, en) = reason.texts();
    match reason {
        Reason::NotThis(_) => Json::words((&format!("这是{zh}，{}", want.0), &format!("This is {en}. {}", want.1))),
        _ => Json::words((zh, en)),
    }
}

/// A verdict as the page reads it.
pub fn verdict_json(verdict: &Verdict, text: &str) -> Json {
    const GOOD: (&str, &str) = ("有效", "Valid");
    let kind = classify(text).0.code();
    let (outcome, reason, said, doubt, ticket) = match &verdict.outcome {
        Outcome::Good(ticket) => ("good", "good", Json::words(GOOD), Doubts::NONE, Some(ticket)),
        Outcome::Doubtful(ticket, doubts) => {
            let (reason, zh, en) = doubts.texts().next().unwrap_or(("good", GOOD.0, GOOD.1));
            ("amber", reason, Json::words((zh, en)), *doubts, Some(ticket))
        }
        Outcome::Refused(reason) => ("refused", reason.code(), words(*reason, WANT_CODE), Doubts::NONE, None),
    };
    let mut members = vec![
        ("outcome", Json::text(outcome)),
        ("reason", Json::text(reason)),
        ("words", said),
        ("kind", Json::text(kind)),
        ("doubts", doubts(doubt)),
        ("keyListAgeMs", Json::milliseconds(verdict.key_list_age_s)),
        ("denyListAgeMs", verdict.deny_list_age_s.map_or(Json::Null, Json::milliseconds)),
        ("clockTrusted", Json::Bool(verdict.clock_trusted)),
    ];
    members.extend(ticket.map(ticket_members).into_iter().flatten());
    Json::Object(members)
}

/// Input: the scanned text. Output: the verdict.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_verify(now_ms: f64) -> i32 {
    with_desk(|desk, input| {
        let scanned = text(input)?;
        let verdict = desk.verdict(scanned, seconds(now_ms)?)?;
        Ok(verdict_json(&verdict, scanned))
    })
}

/// Input: a scanned text, then the pinned origins, a line each. Output: the point, or why it is refused.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_check_point(now_ms: f64) -> i32 {
    with_desk(|desk, input| {
        let mut lines = text(input)?.split('\n');
        let scanned = lines.next().unwrap_or_default();
        let origins: Vec<&str> = lines.collect();
        Ok(match desk.verifier()?.check_point(scanned, &origins, seconds(now_ms)?) {
            Err(reason) => {
                Json::Object(vec![("reason", Json::text(reason.code())), ("words", words(reason, WANT_POINT))])
            }
            Ok(verified) => {
                let signed = verified.get();
                Json::Object(vec![
                    ("point", Json::hex(&signed.code.point)),
                    ("organisation", Json::hex(&signed.code.organisation)),
                    ("place", Json::text(&signed.code.place)),
                    ("purpose", Json::text(&signed.code.purpose)),
                    ("step", signed.shown.map_or(Json::Null, |(step, _)| Json::Number(step.into()))),
                ])
            }
        })
    })
}
