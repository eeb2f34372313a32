//! What each fuzz target does with its bytes: decode, and where that succeeds, encode again and compare. A panic is a
//! finding, and so is a second spelling.

use std::sync::OnceLock;

use tongma_code::{
    classify,
    list::{KeyList, Kind, ListedKey, SignedList, Uses, Validity},
    paper::PaperCode,
    point::SignedPointCode,
    short::ShortNumber,
    sign::{Signer, SoftSm2},
    ticket::ShownTicket,
};
use tongma_verify::{
    Verifier,
    cache::SignatureCache,
    lists::{Denials, Keyring, Roots, Suites},
    verdict::ClockReading,
    verifier::NoReplay,
};

/// 103 bytes, or digits.
pub fn ticket(data: &[u8]) {
    if let Ok(bytes) = data.try_into()
        && let Ok(ticket) = ShownTicket::from_bytes(bytes)
    {
        assert_eq!(ticket.to_bytes(), *bytes);
        assert_eq!(ShownTicket::from_text(&ticket.to_text()), Ok(ticket));
    }
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(ticket) = ShownTicket::from_text(text)
    {
        assert_eq!(ticket.to_text(), text);
    }
}

/// 90 bytes, or digits, also judged, at a time from its first eight bytes and at that of the vectors.
pub fn paper(data: &[u8]) {
    if let Ok(bytes) = data.try_into()
        && let Ok(code) = PaperCode::from_bytes(bytes)
    {
        assert_eq!(code.to_bytes(), *bytes);
        assert_eq!(PaperCode::from_text(&code.to_text()), Ok(code));
    }
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(code) = PaperCode::from_text(text) {
        assert_eq!(code.to_text(), text);
    }
    let Some(verifier) = VERIFIER.get_or_init(verifier) else { panic!("the fixture is broken") };
    let now_s = data.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    for now_s in [now_s, 1_795_406_400] {
        let clock = ClockReading { now_s, error_s: 0, synced_at_s: Some(now_s) };
        if let Ok((paper, _)) = verifier.check_paper(text, &clock, None) {
            assert!(paper.days().start_s() - 10 <= now_s && now_s < paper.days().end_s() + 10);
        }
    }
}

/// 24 digits.
pub fn short_number(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(number) = ShortNumber::from_text(text)
    {
        assert_eq!(number.to_text(), text);
    }
}

/// A URL.
pub fn point_code(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(code) = SignedPointCode::from_text(text)
    {
        assert_eq!(code.to_text(), text);
        assert!(text.starts_with(&code.code.signed_text()));
    }
}

/// A signed key list.
pub fn key_list(data: &[u8]) {
    if let Ok(list) = SignedList::open(Kind::Keys, data) {
        let _ = list.keys();
    }
}

/// A signed deny list.
pub fn deny_list(data: &[u8]) {
    if let Ok(list) = SignedList::open(Kind::Deny, data) {
        let _ = list.deny();
    }
}

/// Anything a scanner may give.
pub fn classify(data: &[u8]) {
    let (kind, inner) = classify::classify_bytes(data);
    if let Ok(text) = core::str::from_utf8(data) {
        assert_eq!(classify::classify(text), (kind, inner));
        assert!(text.contains(inner));
    }
}

static VERIFIER: OnceLock<Option<Verifier>> = OnceLock::new();

/// Anything a scanner may give, through the whole pipeline: the first eight bytes are the time.
pub fn verdict(data: &[u8]) {
    let Some((now_s, text)) = data.split_first_chunk::<8>() else { return };
    let Ok(text) = core::str::from_utf8(text) else { return };
    let now_s = i64::from_be_bytes(*now_s);
    let Some(verifier) = VERIFIER.get_or_init(verifier) else { panic!("the fixture is broken") };
    let clock = ClockReading { now_s, error_s: 0, synced_at_s: Some(now_s) };
    let verdict = |entries| verifier.check(text, &clock, &NoReplay, None, &mut SignatureCache::new(entries));
    assert_eq!(verdict(0), verdict(4));
    let _ = verifier.check_point(text, &["https://code.example.cn"], now_s);
}

fn verifier() -> Option<Verifier> {
    // The first root and the ticket key of docs/vectors/code.json, so that its texts are good seeds here.
    let root = SoftSm2::new(&[1; 32]).ok()?;
    let key = SoftSm2::new(&[100; 32]).ok()?.public_key();
    let uses = Uses::TICKET.with(Uses::PAPER).with(Uses::POINT);
    let listed = ListedKey { index: 0, uses, key, from_s: 0, until_s: i64::MAX, killed: false };
    let validity = Validity { seq: 1, iat_s: 0, ttl_s: u32::MAX, exp_s: i64::MAX };
    let bytes = KeyList::new(validity, vec![listed])?.seal(0, &root, &[0; 32]).ok()?;
    let roots = Roots::new(&[root.public_key(), root.public_key()])?;
    let keyring = Keyring::open(&roots, Suites::SM2, &bytes, None).ok()?;
    Some(Verifier::new(keyring, Denials::looked_up_by_the_platform()))
}
