//! The edge rules with their memory, as `web/desk/gate.js` uses them.
#![expect(unsafe_code, reason = "an exported name is declared by an unsafe attribute")]

use crate::desk::{Desk, refusal_of, text, verdict_json, whole, with_desk};
use crate::json::Json;
use tongma_edge::{
    Bundle, BundleRefusal, Direction, EdgeVerdict, GateState, Reading, Reason, Record, Seen, UsedStep, decide,
};
use tongma_verify::verdict::Verdict;
use tongma_wasm_exports::{Parts, Refusal, seconds};

/// Input: point 16 ‖ signed bundle. Output: what the page says about it. The bundle before stays in use if this one is
/// refused.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_open_bundle(seen_version: f64, now_ms: f64) -> i32 {
    with_desk(|desk, input| {
        let mut parts = Parts(input);
        let point = parts.take::<16>()?;
        let now_s = seconds(now_ms)?;
        let keyring = desk.verifier()?.keyring();
        let bundle = Bundle::open(parts.0, keyring, point, whole(seen_version)?, now_s).map_err(bundle_refusal)?;
        let json = bundle_json(&bundle);
        desk.gate.rebase(&bundle, now_s);
        desk.bundle = Some(bundle);
        Ok(json)
    })
}

fn bundle_refusal(refusal: BundleRefusal) -> Refusal {
    match refusal {
        BundleRefusal::List(refusal) => refusal_of(refusal),
        BundleRefusal::Content => Refusal::BadList,
        BundleRefusal::Point => Refusal::OtherPoint,
        BundleRefusal::Older => Refusal::OldList,
        BundleRefusal::Expired => Refusal::ExpiredList,
    }
}

fn bundle_json(bundle: &Bundle) -> Json {
    let session = |session: &tongma_edge::Session| {
        Json::Object(vec![
            ("opensMs", Json::milliseconds(session.opens_s)),
            ("closesMs", Json::milliseconds(session.closes_s)),
        ])
    };
    Json::Object(vec![
        ("version", Json::count(bundle.version)),
        ("scenario", Json::text(&bundle.scenario)),
        ("issuedMs", Json::milliseconds(bundle.issued_s)),
        ("ttlMs", Json::milliseconds(bundle.ttl_s.into())),
        ("expiresMs", Json::milliseconds(bundle.expires_s)),
        ("factsThrough", Json::count(bundle.facts_through)),
        ("inside", Json::Number(bundle.inside.into())),
        ("bookings", Json::count(bundle.bookings.len() as u64)),
        ("handles", Json::count(bundle.handles.len() as u64)),
        ("sessions", Json::List(bundle.sessions.iter().map(session).collect())),
    ])
}

/// Forgets everything the gate did; the records kept are applied again afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_edge_begin(counter: f64, complete_since_ms: f64) -> i32 {
    with_desk(|desk, _| {
        desk.gate = GateState::after_loss(whole(counter)?, seconds(complete_since_ms)?);
        Ok(Json::Null)
    })
}

/// Lets go of what the bundle, if there is one, already counts.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_edge_rebase(now_ms: f64) -> i32 {
    with_desk(|desk, _| {
        let Desk { bundle, gate, .. } = desk;
        if let Some(bundle) = bundle {
            gate.rebase(bundle, seconds(now_ms)?);
        }
        Ok(Json::Null)
    })
}

/// Input: a record. Refused as a bad argument when it is not the next one.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_edge_apply() -> i32 {
    with_desk(|desk, input| {
        let record = Record::from_bytes(input).ok_or(Refusal::BadArgument)?;
        if desk.gate.apply(&record) { Ok(Json::Null) } else { Err(Refusal::BadArgument) }
    })
}

/// One read as it comes from JavaScript: kind 1 (0 a scanned text, 1 a typed booking number) ‖ request 16 ‖ text.
struct Input<'a> {
    typed: bool,
    request: [u8; 16],
    text: &'a str,
    direction: Direction,
    people: u16,
    now_s: i64,
}

impl<'a> Input<'a> {
    fn new(input: &'a [u8], people: f64, direction: u32, now_ms: f64) -> Result<Self, Refusal> {
        let mut parts = Parts(input);
        let typed = match parts.take()? {
            [0] => false,
            [1] => true,
            _ => return Err(Refusal::BadArgument),
        };
        let direction = match direction {
            0 => Direction::In,
            1 => Direction::Out,
            _ => return Err(Refusal::BadArgument),
        };
        Ok(Self {
            typed,
            request: *parts.take()?,
            text: text(parts.0)?,
            direction,
            // More than any party: the rules refuse it in their own words.
            people: u16::try_from(whole(people)?).unwrap_or(u16::MAX),
            now_s: seconds(now_ms)?,
        })
    }
}

/// Input: one read. Output: what the gate does and shows, and the record to keep before it opens. Nothing is changed.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_edge_decide(people: f64, direction: u32, now_ms: f64) -> i32 {
    with_desk(|desk, input| {
        let input = Input::new(input, people, direction, now_ms)?;
        let verdict = if input.typed { None } else { Some(desk.verdict(input.text, input.now_s)?) };
        let seen = verdict.as_ref().map_or(Seen::Number(input.text), Seen::from);
        let Input { request, direction, people, now_s, .. } = input;
        let bundle = desk.bundle.as_ref().ok_or(Refusal::NotLoaded)?;
        let answer = decide(bundle, &desk.gate, &Reading { seen, request, direction, people }, now_s);
        Ok(answer_json(&answer, bundle.version, verdict.as_ref(), input.text))
    })
}

fn answer_json(answer: &EdgeVerdict, version: u64, verdict: Option<&Verdict>, text: &str) -> Json {
    Json::Object(vec![
        ("shade", Json::text(answer.shade().name())),
        ("reason", Json::text(answer.reason.name())),
        ("opens", Json::Bool(answer.opens)),
        ("again", Json::Bool(answer.again)),
        ("booking", answer.booking.map_or(Json::Null, |pseudonym| Json::hex(&pseudonym))),
        ("party", Json::Number(answer.party.into())),
        ("left", Json::Number(answer.left.into())),
        ("people", Json::Number(answer.people.into())),
        ("listMs", Json::milliseconds(answer.list_s)),
        ("listAgeMs", Json::milliseconds(answer.list_age_s)),
        ("word", Json::words(answer.reason.word())),
        ("words", Json::words((&answer.words.zh, &answer.words.en))),
        ("version", Json::count(version)),
        ("record", answer.record.as_ref().map_or(Json::Null, record_json)),
        ("code", verdict.map_or(Json::Null, |verdict| verdict_json(verdict, text))),
    ])
}

fn record_json(record: &Record) -> Json {
    Json::Object(vec![
        ("counter", Json::count(record.counter)),
        ("at_ms", Json::milliseconds(record.at_s)),
        ("ends_ms", Json::milliseconds(record.used.map_or(0, |used| used.ends_s))),
        ("bytes", Json::hex(&record.to_bytes())),
    ])
}

/// Input: one read that the platform let through. Output: the record by which this gate remembers it too, or null when
/// there is no step to remember.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_edge_noted(people: f64, direction: u32, now_ms: f64) -> i32 {
    with_desk(|desk, input| {
        let input = Input::new(input, people, direction, now_ms)?;
        let ticket = if input.typed { None } else { desk.verdict(input.text, input.now_s)?.ticket().ok() };
        let bundle = desk.bundle.as_ref().ok_or(Refusal::NotLoaded)?;
        let Some(ticket) = ticket else { return Ok(Json::Null) };
        let handle = ticket.handle().0;
        let record = Record {
            counter: 0,
            at_s: input.now_s,
            direction: input.direction,
            people: input.people,
            booking: bundle.booking_of(&handle).map(|booking| booking.pseudonym),
            used: Some(UsedStep { handle, step: ticket.step(), ends_s: ticket.window().end_s() }),
            request: input.request,
            reason: if input.direction == Direction::In { Reason::Admitted } else { Reason::Left },
            bundle_version: bundle.version,
        };
        Ok(record_json(&record))
    })
}
