//! Tickets through the whole pipeline.

use std::{cell::Cell, collections::HashMap};

use crate::common::*;
use tongma_code::{
    chain,
    classify::Kind,
    limits::TICKET_BYTES,
    list::Uses,
    text::encode,
    ticket::{Handle, Life, Link, Scope, ShownTicket, SignedTicket, Step, Suite},
};
use tongma_verify::{
    Verifier,
    cache::SignatureCache,
    lists::{Keyring, Suites},
    verdict::{ClockReading, Doubts, Outcome, Reason, Verdict, VerifiedTicket},
    verifier::{Replay, Seen},
};

/// The rows as the format states them: one per handle, only a greater step is accepted.
#[derive(Default, Clone, PartialEq, Debug)]
pub struct Rows(HashMap<Handle, (u8, u8, u128)>);

/// One request of a point.
struct Asking<'a> {
    rows: &'a Rows,
    point: u8,
    request: u128,
    looked: Cell<u32>,
}

impl Replay for Asking<'_> {
    fn look(&self, handle: &Handle, step: u8) -> Seen {
        self.looked.set(self.looked.get() + 1);
        match self.rows.0.get(handle) {
            Some(row) if *row == (step, self.point, self.request) => Seen::Retry,
            Some((highest, ..)) if step <= *highest => Seen::Spent,
            _ => Seen::Fresh,
        }
    }
}

impl Rows {
    fn asking(&self, point: u8, request: u128) -> Asking<'_> {
        Asking { rows: self, point, request, looked: Cell::new(0) }
    }
    /// The compare-and-set a service does after a good verdict.
    fn claim(&mut self, ticket: &VerifiedTicket, point: u8, request: u128) -> bool {
        let new = (ticket.step(), point, request);
        match self.0.get(&ticket.handle()) {
            Some(row) if *row == new => true,
            Some((highest, ..)) if ticket.step() <= *highest => false,
            _ => {
                self.0.insert(ticket.handle(), new);
                true
            }
        }
    }
}

struct Site {
    verifier: Verifier,
    cache: SignatureCache,
    rows: Rows,
}

impl Site {
    fn new() -> Self {
        Self { verifier: verifier(), cache: SignatureCache::new(64), rows: Rows::default() }
    }
    /// A whole presentation: verdict, then claim.
    fn present(&mut self, text: &str, now_s: i64, point: u8, request: u128) -> Result<u8, Reason> {
        let clock = ClockReading::synchronised(now_s);
        let verdict = self.verifier.check(text, &clock, &self.rows.asking(point, request), None, &mut self.cache);
        let ticket = verdict.ticket()?;
        if self.rows.claim(&ticket, point, request) { Ok(ticket.step()) } else { Err(Reason::Used) }
    }
}

#[test]
fn a_fresh_ticket_of_every_suite_is_good() {
    let verifier = verifier();
    for suite in Suite::ALL {
        let issued = issue(suite, window(Life::Min30, Step::Sec15), 1);
        for step in [0, 1, 59, 119] {
            let verdict = check(&verifier, &issued.text(step), issued.time(step), &mut SignatureCache::new(8));
            let Outcome::Good(ticket) = verdict.outcome else { panic!("{suite:?} {step}: {verdict:?}") };
            assert_eq!((ticket.handle(), ticket.step()), (issued.handle(), step));
            assert_eq!(ticket.masked_claims(), issued.signed.header.masked_claims);
            assert_eq!((verdict.key_list_age_s, verdict.deny_list_age_s), {
                let age = issued.time(step) - (NOW_S - 3600);
                (age, Some(age))
            });
            assert!(verdict.clock_trusted);
        }
    }
}

#[test]
fn blanks_around_are_forgiven_and_blanks_inside_are_not() {
    let (verifier, issued) = (verifier(), issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1));
    let text = issued.text(0);
    assert_eq!(judge(&verifier, &format!("\u{2}{text}\r\n"), issued.time(0)), Ok(()));
    assert_eq!(judge(&verifier, &format!("{} {}", &text[..100], &text[100..]), issued.time(0)), Err(Reason::Damaged));
}

#[test]
fn earlier_steps_fall_once_a_step_is_claimed() {
    for orders in [[4, 5, 6], [4, 6, 5], [5, 4, 6], [5, 6, 4], [6, 4, 5], [6, 5, 4]] {
        let mut site = Site::new();
        let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec30), 1);
        let mut highest = None;
        for (request, step) in (0_u128..).zip(orders) {
            // Step 5's last and first seconds accept its neighbours too.
            let now_s = match step {
                4 => issued.time(5) - 14,
                6 => issued.time(5) + 10,
                _ => issued.time(5),
            };
            let verdict = site.present(&issued.text(step), now_s, 1, request);
            let expected = if highest.is_none_or(|highest| step > highest) { Ok(step) } else { Err(Reason::Used) };
            assert_eq!(verdict, expected, "{orders:?} {step}");
            highest = highest.max(Some(step));
        }
    }
}

#[test]
fn a_value_derived_from_a_claimed_one_is_refused() {
    let mut site = Site::new();
    let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1);
    let shown = issued.show(9);
    assert_eq!(site.present(&shown.to_text(), issued.time(9), 1, 1), Ok(9));
    // Who saw v_9 computes v_8, which is a right value of the chain.
    let value = chain::link(Suite::Sm2, &issued.handle(), 9, &shown.value);
    assert_eq!(Some(value), issued.chain.value(8));
    let derived = issued.signed.show(8, value).to_text();
    let now_s = issued.time(8) + 12;
    assert_eq!(judge(&site.verifier, &derived, now_s), Ok(()), "good but for the row");
    assert_eq!(site.present(&derived, now_s, 2, 2), Err(Reason::Used));
}

#[test]
fn a_retry_gets_its_answer_and_a_new_read_does_not() {
    let mut site = Site::new();
    let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1);
    let (text, now_s) = (issued.text(3), issued.time(3));
    assert_eq!(site.present(&text, now_s, 1, 100), Ok(3));
    assert_eq!(site.present(&text, now_s, 1, 100), Ok(3), "same point, same request");
    assert_eq!(site.present(&text, now_s, 1, 101), Err(Reason::Used), "same point, new read");
    assert_eq!(site.present(&text, now_s, 2, 100), Err(Reason::Used), "another point");
    assert_eq!(site.present(&issued.text(4), issued.time(4), 1, 102), Ok(4), "the next step is a new code");
}

#[test]
fn every_flipped_bit_is_refused_with_a_warm_cache() {
    let verifier = verifier();
    for suite in Suite::ALL {
        let issued = issue(suite, window(Life::Min30, Step::Sec15), 1);
        let (good, now_s) = (issued.show(7), issued.time(7));
        let mut cache = SignatureCache::new(64);
        assert!(check(&verifier, &good.to_text(), now_s, &mut cache).ticket().is_ok());
        assert_eq!(cache.len(), 1, "warm");
        for bit in 0..8 * TICKET_BYTES {
            let mut bytes = good.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut digits = [0; 254];
            encode(&bytes, &mut digits).unwrap();
            let verdict = check(&verifier, core::str::from_utf8(&digits).unwrap(), now_s, &mut cache);
            assert!(verdict.ticket().is_err(), "{suite:?}: bit {bit} flipped: {verdict:?}");
        }
        assert_eq!(cache.len(), 1, "nothing forged entered the cache");
        assert!(check(&verifier, &good.to_text(), now_s, &mut cache).ticket().is_ok());
    }
}

#[test]
fn a_forged_ticket_leaves_rows_and_cache_untouched() {
    let mut site = Site::new();
    let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1);
    let mut forged = issued.show(200 % 120);
    forged.signed.signature[5] ^= 1;
    let before = site.rows.clone();
    assert_eq!(site.present(&forged.to_text(), issued.time(80), 1, 1), Err(Reason::Forged));
    assert_eq!((&site.rows, site.cache.len()), (&before, 0));
    // So a forger cannot spend somebody's step in advance.
    assert_eq!(site.present(&issued.text(79), issued.time(79), 1, 2), Ok(79));
}

#[test]
fn a_verdict_does_not_depend_on_history() {
    let verifier = verifier();
    let mut warm = SignatureCache::new(8);
    let mut texts = Vec::new();
    for number in 0..20 {
        let issued = issue(Suite::ALL[usize::from(number) % 3], window(Life::Min30, Step::Sec15), number);
        let mut forged = issued.show(2);
        forged.signed.signature[40] ^= 4;
        let mut moved = issued.show(2);
        moved.step = 3;
        let mut swapped = issued.show(2);
        swapped.value = issued.chain.value(1).unwrap();
        texts.extend([issued.text(2), forged.to_text(), moved.to_text(), swapped.to_text(), issued.text(1)]);
    }
    let now_s = NOW_S + 2 * 15 + 3;
    for _ in 0..3 {
        for text in &texts {
            assert_eq!(
                check(&verifier, text, now_s, &mut warm),
                check(&verifier, text, now_s, &mut SignatureCache::new(0))
            );
        }
        texts.rotate_left(37);
    }
    assert!(warm.len() <= 8, "bounded");
}

#[test]
fn the_cache_forgets_when_the_key_list_changes() {
    let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1);
    let mut cache = SignatureCache::new(8);
    assert!(check(&verifier(), &issued.text(0), issued.time(0), &mut cache).ticket().is_ok());
    let mut keys = listed();
    keys[0].killed = true;
    let killed = Keyring::open(&roots(), Suites::ALL, &key_list(keys, validity(2)), Some(1)).unwrap();
    let after = Verifier::new(killed, denials(&[], &[]));
    let verdict = check(&after, &issued.text(1), issued.time(1), &mut cache);
    assert_eq!(verdict.outcome, Outcome::Refused(Reason::KeyUnknown), "the kill switch");
    // Another key under the same index: the old signature is not taken from the cache.
    let mut keys = listed();
    keys[0].key = signer(Suite::Sm2, 77).public_key();
    let other = Keyring::open(&roots(), Suites::ALL, &key_list(keys, validity(3)), Some(2)).unwrap();
    let after = Verifier::new(other, denials(&[], &[]));
    assert_eq!(check(&after, &issued.text(1), issued.time(1), &mut cache).outcome, Outcome::Refused(Reason::Forged));
    assert!(cache.is_empty());
}

#[test]
fn time_runs_every_time_even_from_the_cache() {
    let (verifier, mut cache) = (verifier(), SignatureCache::new(8));
    let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1);
    let verdict = |now_s, step: u8, cache: &mut SignatureCache| {
        check(&verifier, &issued.text(step), now_s, cache).ticket().map(|ticket| ticket.step())
    };
    assert_eq!(verdict(NOW_S, 0, &mut cache), Ok(0));
    assert_eq!(verdict(NOW_S + 25, 0, &mut cache), Err(Reason::StepPast(0)));
    assert_eq!(verdict(NOW_S - 10, 0, &mut cache), Ok(0));
    assert_eq!(verdict(NOW_S - 11, 0, &mut cache), Err(Reason::NotYet(1)));
    assert_eq!(verdict(NOW_S + 1809, 119, &mut cache), Ok(119));
    assert_eq!(verdict(NOW_S + 1810, 119, &mut cache), Err(Reason::Expired(10)));
    assert_eq!(verdict(NOW_S, 119, &mut cache), Err(Reason::StepAhead(1775)));
    let mut beyond = issued.show(119);
    beyond.step = 120;
    assert_eq!(judge(&verifier, &beyond.to_text(), NOW_S), Err(Reason::NoSuchStep));
}

#[test]
fn clock_doubts_are_amber_and_said() {
    let (verifier, issued) = (verifier(), issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1));
    let verdict = |error_s, synced_at_s| -> Verdict {
        let clock = ClockReading { now_s: NOW_S, error_s, synced_at_s };
        let rows = Rows::default();
        verifier.check(&issued.text(0), &clock, &rows.asking(1, 1), None, &mut SignatureCache::new(0))
    };
    assert!(verdict(5, Some(NOW_S - 86_400)).clock_trusted);
    for (error_s, synced) in [(6, Some(NOW_S)), (0, None), (0, Some(NOW_S - 86_401))] {
        let verdict = verdict(error_s, synced);
        assert!(!verdict.clock_trusted);
        assert!(matches!(verdict.outcome, Outcome::Doubtful(_, doubts) if doubts == Doubts::CLOCK), "{verdict:?}");
    }
    let reserve = issue(Suite::Sm2, window(Life::Min60, Step::Sec15), 2);
    let verdict = check(&verifier, &reserve.text(0), NOW_S, &mut SignatureCache::new(0));
    assert!(matches!(verdict.outcome, Outcome::Doubtful(_, Doubts::RESERVE)));
}

#[test]
fn lists_past_ttl_are_amber_and_past_exp_refused() {
    let verifier = verifier();
    let at = |now_s: i64| {
        let issued =
            issue(Suite::Sm2, tongma_code::ticket::Window::starting_at(now_s, Life::Min30, Step::Sec15).unwrap(), 1);
        check(&verifier, &issued.text(0), now_s, &mut SignatureCache::new(0)).outcome
    };
    let stale = Doubts::KEY_LIST;
    assert!(matches!(at(NOW_S + 3600), Outcome::Good(_)));
    assert!(
        matches!(at(NOW_S + 3660), Outcome::Doubtful(_, doubts) if doubts.has(stale) && doubts.has(Doubts::DENY_LIST))
    );
    assert!(matches!(at(NOW_S + 86_340), Outcome::Doubtful(..)));
    assert_eq!(at(NOW_S + 86_400), Outcome::Refused(Reason::KeyListExpired));
    // A list made after this clock's now: the clock is wrong, or the list.
    assert!(matches!(at(NOW_S - 3660), Outcome::Doubtful(_, doubts) if doubts.has(stale)));
}

#[test]
fn denying_one_hits_no_other() {
    let (mine, other) = (
        issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1),
        issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 2),
    );
    let verifier = Verifier::new(keyring(), denials(&[mine.handle()], &[]));
    let mut cache = SignatureCache::new(8);
    assert_eq!(check(&verifier, &mine.text(0), NOW_S, &mut cache).outcome, Outcome::Refused(Reason::Denied));
    assert_eq!(cache.len(), 1, "the signature was good, and the list is asked again each time");
    assert_eq!(check(&verifier, &mine.text(0), NOW_S, &mut cache).outcome, Outcome::Refused(Reason::Denied));
    assert!(matches!(check(&verifier, &other.text(0), NOW_S, &mut cache).outcome, Outcome::Good(_)));
    // A neighbour whose handle differs in the last bit of the prefix.
    let mut near = header(Suite::Sm2, window(Life::Min30, Step::Sec15), Scope::GENERAL, 1);
    near.handle.0[7] ^= 1;
    let near = issue_header(near, &*key_signer(0));
    assert_eq!(judge(&verifier, &near.text(0), NOW_S), Ok(()));
}

#[test]
fn readers_of_other_codes_are_named() {
    let verifier = verifier();
    let long = "1".repeat(8000);
    for (text, kind) in [
        ("", Kind::Empty),
        ("134567890123456789", Kind::WeChatPay),
        ("281234567890123456", Kind::Alipay),
        ("6212345678901234567", Kind::UnionPay),
        ("https://example.com/", Kind::Link),
        (long.as_str(), Kind::TooLong),
    ] {
        assert_eq!(judge(&verifier, text, NOW_S), Err(Reason::NotThis(kind)), "{text}");
    }
}

#[test]
fn what_a_header_says_is_checked_in_order() {
    let verifier = verifier();
    let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1);
    let with = |at: usize, value: u8| {
        let mut bytes = issued.show(0).to_bytes();
        bytes[at] = value;
        let mut digits = [0; 254];
        encode(&bytes, &mut digits).unwrap();
        judge(&verifier, core::str::from_utf8(&digits).unwrap(), NOW_S)
    };
    assert_eq!(with(0, 0x20), Err(Reason::Version));
    assert_eq!(with(0, 0x18), Err(Reason::Suite));
    assert_eq!(with(0, 1), Err(Reason::Profile));
    assert_eq!(with(21, 0x40), Err(Reason::Window), "60 min at 10 s");
    assert_eq!(with(21, 0x34), Err(Reason::Window));
    assert_eq!(with(1, 200), Err(Reason::KeyUnknown));
    assert_eq!(with(1, 3), Err(Reason::KeyUse), "the point key");
    assert_eq!(with(1, 10), Err(Reason::KeyUse), "a key of another suite");
    assert_eq!(with(90, 250), Err(Reason::NoSuchStep));
    assert_eq!(with(100, 0), Err(Reason::Forged));
}

#[test]
fn a_key_counts_for_its_period_only() {
    let mut keys = listed();
    (keys[0].from_s, keys[0].until_s) = (NOW_S + 60, NOW_S + 120);
    let keyring = Keyring::open(&roots(), Suites::ALL, &key_list(keys, validity(1)), None).unwrap();
    let verifier = Verifier::new(keyring, denials(&[], &[]));
    let at = |start_s: i64| {
        let window = tongma_code::ticket::Window::starting_at(start_s, Life::Min5, Step::Sec15).unwrap();
        judge(&verifier, &issue(Suite::Sm2, window, 1).text(0), start_s)
    };
    assert_eq!(at(NOW_S), Err(Reason::KeyPeriod));
    assert_eq!(at(NOW_S + 60), Ok(()));
    assert_eq!(at(NOW_S + 120), Err(Reason::KeyPeriod));
}

#[test]
fn a_deployment_enables_suites_explicitly() {
    let bytes = key_list(listed(), validity(1));
    let home = Keyring::open(&roots(), Suites::SM2, &bytes, None).unwrap();
    let verifier = Verifier::new(home, denials(&[], &[]));
    for suite in Suite::ALL {
        let issued = issue(suite, window(Life::Min30, Step::Sec15), 1);
        let expected = if suite == Suite::Sm2 { Ok(()) } else { Err(Reason::Suite) };
        assert_eq!(judge(&verifier, &issued.text(0), NOW_S), expected);
    }
}

#[test]
fn high_s_and_small_order_are_refused() {
    let verifier = verifier();
    // P-256: n − s verifies in plain ECDSA, and is refused here.
    let issued = issue(Suite::P256, window(Life::Min30, Step::Sec15), 1);
    let mut high = issued.signed;
    let s = num_bigint::BigUint::from_bytes_be(&high.signature[32..]);
    let n = num_bigint::BigUint::parse_bytes(b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    let flipped = (n.unwrap() - s).to_bytes_be();
    high.signature[32..].fill(0);
    high.signature[64 - flipped.len()..].copy_from_slice(&flipped);
    assert_eq!(judge(&verifier, &issued.text(0), NOW_S), Ok(()));
    let shown: ShownTicket = high.show(0, issued.chain.value(0).unwrap());
    assert_eq!(judge(&verifier, &shown.to_text(), NOW_S), Err(Reason::Forged));
    // Ed25519: keys of small order (the identity, and y = 0) are no keys.
    let mut identity = [0; 32];
    identity[0] = 1;
    for weak in [identity, [0; 32]] {
        let mut keys = listed();
        keys[5].key = tongma_code::sign::PublicKey::Ed25519(weak);
        assert!(Keyring::open(&roots(), Suites::ALL, &key_list(keys, validity(1)), None).is_err());
    }
}

#[test]
fn a_phone_checks_a_ticket_before_it_stores_it() {
    for suite in Suite::ALL {
        let issued = issue(suite, window(Life::Min30, Step::Sec15), 1);
        let key = key_signer(index_of(suite, Uses::TICKET)).public_key();
        let holds = |ticket: &SignedTicket, anchor: &Link| tongma_verify::key::issued_holds(&key, ticket, anchor);
        assert!(holds(&issued.signed, &issued.chain.anchor()));
        assert!(!holds(&issued.signed, &[0; 12]), "another anchor");
        let mut other = issued.signed;
        other.header.scope = Scope(9);
        assert!(!holds(&other, &issued.chain.anchor()));
    }
}
