//! `docs/vectors/code.json`: made anew from fixed keys and compared, then judged by a verifier in another language.
//!
//! After a deliberate change of the format: `TONGMA_WRITE_VECTORS=1 cargo test -p tongma_verify vectors`.

use std::{fs, path::PathBuf, process::Command};

use num_bigint::BigUint;
use serde_json::{Value, json};
use sm2::{ProjectivePoint, elliptic_curve::point::AffineCoordinates as _};

use crate::{common::*, paper_vectors, points, sm2_edges};
use tongma_code::{
    chain::Chain,
    keys::{Claims, Opened, Subject},
    list::{DenyList, KeyList, Uses, Validity},
    message::Tag,
    point::PointCode,
    short::{Alias, SealedAlias, ShortNumber},
    sign::{PublicKey, Signer},
    text::encode,
    ticket::{Day, Handle, Life, Scope, ShownTicket, Step, Suite, Window},
};
use tongma_verify::{
    Verifier,
    cache::SignatureCache,
    lists::{Denials, Keyring, Suites},
    sm2::{Base, IssuerKey},
    verdict::{ClockReading, Outcome},
    verifier::{Replay, Seen},
};

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A row that has seen this step.
struct Highest(Option<u8>);

impl Replay for Highest {
    fn look(&self, _: &Handle, step: u8) -> Seen {
        if self.0.is_some_and(|highest| step <= highest) { Seen::Spent } else { Seen::Fresh }
    }
}

/// The cases, each asserted here before it is written down.
struct Book {
    verifier: Verifier,
    cases: Vec<Value>,
}

impl Book {
    fn ticket(&mut self, name: &str, text: &str, now_s: i64, highest: Option<u8>, expected: &str) {
        let clock = ClockReading::synchronised(now_s);
        let verdict = self.verifier.check(text, &clock, &Highest(highest), None, &mut SignatureCache::new(0));
        let answer = match verdict.outcome {
            Outcome::Good(_) => "good".to_owned(),
            Outcome::Doubtful(_, doubts) => doubts.texts().fold("amber".to_owned(), |all, (code, ..)| all + " " + code),
            Outcome::Refused(reason) => reason.code().to_owned(),
        };
        assert_eq!(answer, expected, "{name}");
        self.cases.push(json!({
            "kind": "ticket", "name": name, "text": text, "now_s": now_s, "highest_step": highest, "expected": expected,
        }));
    }

    fn shown(&mut self, name: &str, shown: &ShownTicket, now_s: i64, expected: &str) {
        self.ticket(name, &shown.to_text(), now_s, None, expected);
    }

    fn bytes(&mut self, name: &str, issued: &Issued, (at, value): (usize, u8), expected: &str) {
        let mut bytes = issued.show(0).to_bytes();
        bytes[at] = value;
        let mut digits = [0; 254];
        encode(&bytes, &mut digits).unwrap();
        self.ticket(name, core::str::from_utf8(&digits).unwrap(), NOW_S, None, expected);
    }

    fn point(&mut self, name: &str, text: &str, now_s: i64, expected: &str) {
        let verdict = self.verifier.check_point(text, &[points::ORIGIN], now_s);
        assert_eq!(verdict.map_or_else(tongma_verify::verdict::Reason::code, |_| "good"), expected, "{name}");
        self.cases.push(json!({
            "kind": "point", "name": name, "text": text, "origins": [points::ORIGIN], "now_s": now_s,
            "expected": expected,
        }));
    }

    fn key_list(&mut self, name: &str, bytes: &[u8], seen: Option<u64>, good: bool) {
        assert_eq!(Keyring::open(&roots(), Suites::ALL, bytes, seen).is_ok(), good, "{name}");
        self.cases.push(json!({
            "kind": "key_list", "name": name, "hex": hex(bytes), "seen_seq": seen, "good": good,
        }));
    }

    fn deny_list(&mut self, name: &str, bytes: &[u8], seen: Option<u64>, good: bool) {
        assert_eq!(Denials::open(&keyring(), bytes, seen).is_ok(), good, "{name}");
        self.cases.push(json!({
            "kind": "deny_list", "name": name, "hex": hex(bytes), "seen_seq": seen, "good": good,
        }));
    }

    fn digest(&mut self, name: &str, key: &[u8; 65], e: &[u8; 32], signature: &[u8; 64], good: bool) {
        let issuer = IssuerKey::new(&Base::new(), key).unwrap();
        assert_eq!(issuer.verify_digest(e, signature), good, "{name}");
        self.cases.push(json!({
            "kind": "sm2_digest", "name": name, "key": hex(key), "e": hex(e), "signature": hex(signature),
            "good": good,
        }));
    }
}

fn denied() -> Handle {
    issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 900).handle()
}

fn deny_bytes(validity: Validity, index: u8, signer: &dyn Signer) -> Vec<u8> {
    DenyList::new(validity, &[denied()], &[(Scope(7), Subject([1; 8]))]).seal(index, signer, &[0; 32]).unwrap()
}

fn tickets(book: &mut Book) {
    for suite in Suite::ALL {
        for life in Life::ALL {
            for step in Step::ALL {
                if Window::new(0, life, step).is_none() {
                    continue;
                }
                let issued = issue(suite, window(life, step), 1);
                let last = u8::try_from(issued.signed.header.window.steps() - 1).unwrap();
                let answer = if life == Life::Min60 { "amber reserve_ticket" } else { "good" };
                let name = format!("{suite:?} {life:?} {step:?}");
                book.shown(&format!("{name}, first step"), &issued.show(0), issued.time(0), answer);
                if step == Step::Sec15 {
                    book.shown(&format!("{name}, last step"), &issued.show(last), issued.time(last), answer);
                }
            }
        }
        let issued = issue(suite, window(Life::Min30, Step::Sec15), 1);
        let mut forged = issued.show(3);
        forged.signed.signature[63] ^= 1;
        book.shown(&format!("{suite:?}, signature changed"), &forged, issued.time(3), "code_forged");
        let mut forged = issued.show(3);
        forged.value[0] ^= 0x80;
        book.shown(&format!("{suite:?}, value changed"), &forged, issued.time(3), "code_forged");
        let mut forged = issued.show(3);
        forged.step = 4;
        book.shown(&format!("{suite:?}, step changed"), &forged, issued.time(3), "code_forged");
        let campus = header(suite, window(Life::Min30, Step::Sec15), Scope(7), 5);
        let campus = issue_header(campus, &*key_signer(index_of(suite, Uses::TICKET)));
        book.shown(&format!("{suite:?}, a campus scope with claims"), &campus.show(9), campus.time(9), "good");
    }
}

fn times_and_headers(book: &mut Book) {
    let issued = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1);
    for (step, offset, expected) in [
        (0, -11, "code_not_yet"),
        (0, -10, "good"),
        (0, 24, "good"),
        (0, 25, "code_stale"),
        (119, 1774, "code_ahead"),
        (119, 1775, "good"),
        (119, 1809, "good"),
        (119, 1810, "code_expired"),
    ] {
        book.shown(&format!("step {step} at {offset} s"), &issued.show(step), NOW_S + offset, expected);
    }
    let text = issued.text(5);
    book.ticket("a row with an earlier step", &text, issued.time(5), Some(4), "good");
    book.ticket("a row with this step", &text, issued.time(5), Some(5), "code_used");
    book.ticket("a row with a later step", &text, issued.time(5), Some(6), "code_used");
    let mut beyond = issued.show(119);
    beyond.step = 120;
    book.shown("step N", &beyond, NOW_S + 1800, "code_step_wrong");
    let denied = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 900);
    book.shown("denied by its handle", &denied.show(0), NOW_S, "code_denied");
    let late = issue(Suite::Sm2, Window::starting_at(NOW_S + 7200, Life::Min30, Step::Sec15).unwrap(), 1);
    book.shown("lists past ttl", &late.show(0), NOW_S + 7200, "amber key_list_stale deny_list_stale");
    let late = issue(Suite::Sm2, Window::starting_at(NOW_S + 86_400, Life::Min30, Step::Sec15).unwrap(), 1);
    book.shown("lists past exp", &late.show(0), NOW_S + 86_400, "key_list_expired");
    let late = issue(Suite::Sm2, Window::starting_at(NOW_S - 86_400 * 40, Life::Min30, Step::Sec15).unwrap(), 1);
    book.shown("before its key's period", &late.show(0), NOW_S - 86_400 * 40, "key_period_wrong");
    book.bytes("version 1", &issued, (0, 0x20), "code_version_unknown");
    book.bytes("suite 3", &issued, (0, 0x18), "code_suite_unknown");
    book.bytes("profile 2 in a ticket's length", &issued, (0, 2), "code_profile_wrong");
    book.bytes("60 min at 10 s", &issued, (21, 0x40), "code_window_wrong");
    book.bytes("step code 4", &issued, (21, 0x34), "code_window_wrong");
    book.bytes("an unlisted key", &issued, (1, 250), "key_unknown");
    book.bytes("the key of point codes", &issued, (1, 3), "key_use_wrong");
    book.bytes("a key of another suite", &issued, (1, 10), "key_use_wrong");
    for tag in Tag::ALL.into_iter().filter(|tag| *tag != Tag::Ticket) {
        let signer = key_signer(0);
        let retagged = crate::diagonal::Retagged { signer: &*signer, tag };
        let other = issue_header(issued.signed.header, &retagged);
        book.shown(&format!("signed as {tag:?}"), &other.show(0), NOW_S, "code_forged");
    }
    let group = |at: usize, digits: &str| format!("{}{digits}{}", &text[..at], &text[at + digits.len()..]);
    book.ticket("256^7 in a group", &group(20, "72057594037927936"), issued.time(5), None, "code_damaged");
    book.ticket("256^5 in the last group", &group(241, "1099511627776"), issued.time(5), None, "code_damaged");
    book.ticket("form digit 1", &group(2, "1"), issued.time(5), None, "code_damaged");
    book.ticket("253 digits", &text[..253], issued.time(5), None, "code_damaged");
    book.ticket("255 digits", &format!("{text}0"), issued.time(5), None, "code_damaged");
}

fn derivations(book: &mut Book) {
    for (scope, day) in [(0_u16, 0_u16), (0, 692), (7, 692), (65_535, 11_651)] {
        let subject = MASTER.pairwise(Subject::general(300, 4711).unwrap(), Scope(scope));
        let keys = MASTER.day_keys(Scope(scope), Day(day));
        let (actor, device, number) = (2, 5, 0x0102);
        let nonce = keys.nonce.nonce(subject, actor, device, number);
        let handle = keys.handle.seal(&Opened { subject, actor, device, nonce });
        assert_eq!(handle, keys.handle_of(subject, actor, device, number));
        let alias = Alias { bucket: 300, person: 4711, ticket: 21 };
        let ticket_key = keys.short.ticket_key(&handle);
        let claims = Claims::STUDENT.with(Claims::AGE_18);
        book.cases.push(json!({
            "kind": "keys", "name": format!("scope {scope}, day {day}"), "master": hex(&MASTER.0), "scope": scope,
            "day": day, "bucket": 300, "person": 4711, "subject": hex(&subject.0), "actor": actor, "device": device,
            "ticket_number": number, "handle_key": hex(&keys.handle.0), "claim_key": hex(&keys.claims.0),
            "nonce": hex(&nonce), "handle": hex(&handle.0), "claims": claims.0,
            "masked_claims": hex(&keys.claims.mask(&handle, claims)), "ticket_key": hex(&ticket_key.0),
            "alias_ticket": alias.ticket, "sealed_alias": keys.alias.seal(alias).unwrap().bits(),
        }));
    }
    for suite in Suite::ALL {
        let handle = Handle([0x11; 16]);
        let chain = Chain::of_ticket(suite, &handle, 240, &[0x22; 12]).unwrap();
        let point = Chain::of_point(suite, &handle.0, 240, &[0x22; 12]).unwrap();
        book.cases.push(json!({
            "kind": "chain", "name": format!("{suite:?}"), "suite": suite.number(), "handle": hex(&handle.0),
            "steps": 240, "seed": hex(&[0x22; 12]), "value_100": hex(&chain.value(100).unwrap()),
            "anchor": hex(&chain.anchor()), "point_anchor": hex(&point.anchor()),
        }));
    }
}

fn short_numbers(book: &mut Book) {
    let window = Window::new(1_000_000, Life::Min30, Step::Sec15).unwrap();
    let key = MASTER.day_keys(Scope::GENERAL, window.day()).short.ticket_key(&Handle([9; 16]));
    let mut push = |name: &str, text: &str, offset_s: i64, expected: Value| {
        let now_s = window.start_s() + offset_s;
        let answer = ShortNumber::from_text(text).map(|number| number.proves(&key, window, now_s));
        let answer =
            answer.map_or(json!("code_damaged"), |step| step.map_or(json!("number_unproved"), |step| json!(step)));
        assert_eq!(answer, expected, "{name}");
        book.cases.push(json!({
            "kind": "short", "name": name, "text": text, "ticket_key": hex(&key.0),
            "start_minute": window.start_minute(), "window": window.code(), "now_s": now_s, "expected": expected,
        }));
    };
    for (bits, step) in [(0_u64, 0_u8), (1 << 33 | 5, 60), ((1 << 34) - 1, 119)] {
        let text = ShortNumber::of(SealedAlias::new(bits).unwrap(), &key, step).to_text();
        let begins = i64::from(step) * 15;
        push("proved", &text, begins, json!(step));
        push("proved, early by ten seconds", &text, begins - 10, json!(step));
        push("too early", &text, begins - 11, json!("number_unproved"));
        push("proved, late", &text, begins + 24, json!(step));
        push("too late", &text, begins + 25, json!("number_unproved"));
        let mut mistyped = text.clone().into_bytes();
        mistyped[12] = (mistyped[12] - b'0' + 1) % 10 + b'0';
        push("mistyped", core::str::from_utf8(&mistyped).unwrap(), begins, json!("code_damaged"));
        push("23 digits", &text[..23], begins, json!("code_damaged"));
    }
    for value in [1_u128 << 66, 10_u128.pow(20) - 1] {
        let body = format!("86{value:020}");
        let check = 98 - body.parse::<u128>().unwrap() * 100 % 97;
        push("more than 66 bits", &format!("{body}{check:02}"), 0, json!("code_damaged"));
    }
    // Check digits 97 and 98 have the twins 00 and 01, which leave the same remainder.
    let found = (0..1000).map(|mac| ShortNumber { alias: SealedAlias::new(1).unwrap(), mac }.to_text());
    for (check, twin) in [("97", "00"), ("98", "01"), ("02", "99")] {
        let text = found.clone().find(|text| text.ends_with(check)).unwrap();
        push("a twin of the check digits", &format!("{}{twin}", &text[..22]), 0, json!("code_damaged"));
    }
}

fn point_codes(book: &mut Book) {
    for suite in Suite::ALL {
        let index = index_of(suite, Uses::POINT);
        let signer = key_signer(index);
        let code = points::static_code(index);
        let text = code.clone().issue(&*signer, &[1; 32]).unwrap().to_text();
        book.point(&format!("{suite:?}, static"), &text, NOW_S, "good");
        book.point("not yet valid", &text, NOW_S - 3601, "code_not_yet");
        book.point("no longer valid", &text, NOW_S + 3600, "code_expired");
        book.point("another purpose", &text.replace("service_hall", "service_hell"), NOW_S, "code_forged");
        book.point("another spelling", &text.replace("&f=", "&f=0"), NOW_S, "code_damaged");
        book.point("another host", &text.replace("example.cn", "example.cm"), NOW_S, "point_origin_unknown");
        let ticket_key = index_of(suite, Uses::TICKET);
        let other = points::static_code(ticket_key).issue(&*key_signer(ticket_key), &[1; 32]).unwrap();
        book.point("signed by a ticket key", &other.to_text(), NOW_S, "key_use_wrong");
        let window = window(Life::Min30, Step::Sec15);
        let chain = Chain::of_point(suite, &code.point, window.steps(), &[4; 12]).unwrap();
        let dynamic = PointCode { dynamic: Some((window, chain.anchor())), ..code };
        let dynamic = dynamic.issue(&*signer, &[1; 32]).unwrap();
        let shown = |step, value: u8| dynamic.clone().show(step, chain.value(value).unwrap()).to_text();
        book.point(&format!("{suite:?}, dynamic"), &shown(2, 2), NOW_S + 30, "good");
        book.point("dynamic, a minute later", &shown(2, 2), NOW_S + 90, "code_stale");
        book.point("dynamic, another value", &shown(2, 1), NOW_S + 30, "code_forged");
    }
}

fn signed_lists(book: &mut Book) {
    let root = signer(Suite::Sm2, 1);
    let list = KeyList::new(validity(5), listed()).unwrap();
    let good = list.seal(0, &*root, &[0; 32]).unwrap();
    book.key_list("root 0", &good, None, true);
    book.key_list("root 1", &list.seal(1, &*signer(Suite::Sm2, 2), &[0; 32]).unwrap(), Some(5), true);
    book.key_list("an older one", &good, Some(6), false);
    book.key_list("root 0 named root 1", &list.seal(1, &*root, &[0; 32]).unwrap(), None, false);
    book.key_list("a tail", &[&good[..], &[0]].concat(), None, false);
    book.key_list("cut off", &good[..good.len() - 1], None, false);
    let mut changed = good.clone();
    changed[200] ^= 1;
    book.key_list("a changed byte", &changed, None, false);
    let retagged = crate::diagonal::Retagged { signer: &*root, tag: Tag::Ticket };
    book.key_list("signed as a ticket", &list.seal(0, &retagged, &[0; 32]).unwrap(), None, false);
    for suite in Suite::ALL {
        let index = index_of(suite, Uses::LIST);
        let bytes = deny_bytes(validity(3), index, &*key_signer(index));
        book.deny_list(&format!("{suite:?}"), &bytes, Some(3), true);
        book.deny_list("an older one", &bytes, Some(4), false);
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        book.deny_list("a changed signature", &changed, None, false);
        let ticket = index_of(suite, Uses::TICKET);
        book.deny_list("signed by a ticket key", &deny_bytes(validity(3), ticket, &*key_signer(ticket)), None, false);
        let other = signer(Suite::ALL[usize::from((suite.number() + 1) % 3)], 60);
        book.deny_list("signed in another suite", &deny_bytes(validity(3), index, &*other), None, false);
    }
    book.deny_list("a key list", &good, None, false);
}

fn digests(book: &mut Book) {
    use sm2_edges::{N, be, big, digest_for, lift, scalar, sec1};
    let n = big(N);
    for x in (0_u16..400).map(|more| &n + more) {
        let Some(lifted) = lift(&x) else { continue };
        let target = ProjectivePoint::from(*sm2::PublicKey::from_sec1_bytes(&lifted).unwrap().as_affine());
        let (s, t) = (scalar(&BigUint::from(5_u8)), scalar(&BigUint::from(11_u8)));
        let key = sec1(&((target - ProjectivePoint::GENERATOR * s) * t.invert().unwrap()));
        let (e, signature) = digest_for(&s, &t, &x).unwrap();
        book.digest("x of n or more", &key, &e, &signature, true);
        let mut wrong = e;
        wrong[0] ^= 1;
        book.digest("x of n or more, another digest", &key, &wrong, &signature, false);
        break;
    }
    for (d, s, t) in [(1_u32, 1_u32, 3_u32), (1, 2, 4), (64, 128, 1), (128, 128, 2), (129, 1, 258)] {
        for d in [BigUint::from(d), &n - d] {
            let key = ProjectivePoint::GENERATOR * scalar(&d);
            let (s, t) = (scalar(&BigUint::from(s)), scalar(&BigUint::from(t)));
            let sum = ProjectivePoint::GENERATOR * s + key * t;
            let x = BigUint::from_bytes_be(&sum.to_affine().x());
            if let Some((e, signature)) = digest_for(&s, &t, &x) {
                let infinite = bool::from(sm2::elliptic_curve::Group::is_identity(&sum));
                book.digest("sums that meet", &sec1(&key), &e, &signature, !infinite);
            }
        }
    }
    let PublicKey::Sm2(key) = key_signer(0).public_key() else { unreachable!() };
    let zero = [0; 32];
    for (name, r, s) in [
        ("r = 0", zero, be(&BigUint::from(1_u8))),
        ("s = 0", be(&BigUint::from(1_u8)), zero),
        ("r = n", be(&n), be(&BigUint::from(1_u8))),
        ("s = n + 1", be(&BigUint::from(1_u8)), be(&(&n + 1_u8))),
        ("r + s = n", be(&BigUint::from(9_u8)), be(&(&n - 9_u8))),
    ] {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(&s);
        book.digest(name, &key, &[0x42; 32], &signature, false);
    }
}

fn made() -> String {
    let keys = key_list(listed(), validity(1));
    let index = index_of(Suite::Sm2, Uses::LIST);
    let deny = deny_bytes(validity(1), index, &*key_signer(index));
    let denials = Denials::open(&keyring(), &deny, None).unwrap();
    let mut book = Book { verifier: Verifier::new(keyring(), denials), cases: Vec::new() };
    tickets(&mut book);
    times_and_headers(&mut book);
    derivations(&mut book);
    short_numbers(&mut book);
    paper_vectors::collect(&book.verifier, denied(), &mut book.cases);
    point_codes(&mut book);
    signed_lists(&mut book);
    digests(&mut book);
    let roots: Vec<String> =
        [1, 2].into_iter().map(|seed| hex(signer(Suite::Sm2, seed).public_key().bytes())).collect();
    let head = json!({
        "format": "tongma code, version 0: see docs/code.md", "roots_sm2": roots, "key_list": hex(&keys),
        "deny_list": hex(&deny),
    });
    let mut text = serde_json::to_string_pretty(&head).unwrap();
    text.truncate(text.len() - 2);
    text.push_str(",\n  \"cases\": [\n");
    let lines: Vec<String> = book.cases.iter().map(|case| format!("    {case}")).collect();
    text.push_str(&lines.join(",\n"));
    text.push_str("\n  ]\n}\n");
    text
}

#[test]
fn vectors_are_what_this_code_makes() {
    let path = repository().join("docs/vectors/code.json");
    let text = made();
    if std::env::var_os("TONGMA_WRITE_VECTORS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    // Compared as values: in what order a library writes the members says nothing.
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert!(read(&written) == read(&text), "docs/vectors/code.json is not what this code makes");
}

fn independent(vectors: &std::path::Path) -> (bool, String) {
    let script = repository().join("tools/verify_code.py");
    let output = Command::new("python3").arg(script).arg(vectors).output();
    let output = output.expect("this test needs python3 (Debian: apt-get install python3)");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_verifier_in_another_language_agrees() {
    let (good, said) = independent(&repository().join("docs/vectors/code.json"));
    assert!(good, "{said}");
    let mut vectors: Value = serde_json::from_str(&made()).unwrap();
    let count = vectors["cases"].as_array().unwrap().len();
    assert!(said.ends_with(&format!("{count} passed, 0 failed\n")), "{said}");
    // It must be able to fail: one wrong answer of each kind.
    let mut seen = std::collections::BTreeSet::new();
    for case in vectors["cases"].as_array_mut().unwrap() {
        if !seen.insert(case["kind"].as_str().unwrap().to_owned()) {
            continue;
        }
        for (field, wrong) in [
            ("good", json!(!case["good"].as_bool().unwrap_or(false))),
            ("expected", json!("nonsense")),
            ("handle", json!("00000000000000000000000000000000")),
        ] {
            if case.get(field).is_some() {
                case[field] = wrong;
            }
        }
    }
    assert_eq!(seen.len(), 9);
    let path = std::env::temp_dir().join(format!("tongma-vectors-{}.json", std::process::id()));
    fs::write(&path, vectors.to_string()).unwrap();
    let (good, said) = independent(&path);
    let _ = fs::remove_file(&path);
    assert!(!good && said.ends_with(&format!("{} passed, 9 failed\n", count - 9)), "{said}");
}
