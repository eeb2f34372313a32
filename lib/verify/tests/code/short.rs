//! Short numbers on the platform, and beside T1.

use std::{cell::Cell, collections::HashMap};

use crate::common::*;
use tongma_code::{
    classify::Kind,
    keys::Subject,
    short::{Alias, Candidate, SealedAlias, ShortNumber},
    ticket::{Day, Handle, Life, Scope, Step, Suite, Window},
};
use tongma_verify::{
    cache::SignatureCache,
    verdict::{ClockReading, Reason, VerifiedTicket, Via},
    verifier::{Replay, Seen, ShortBook, check_short},
};

const PERSON: (u16, u16) = (300, 4711);
const DEVICES: [u8; 2] = [3, 4];

/// A platform that knows one person with two devices and works everything else out from its keys.
#[derive(Default)]
struct Book {
    asked: Cell<u32>,
}

/// Ticket n of a day begins n half-hours after the day's turn.
fn window_of(day: Day, ticket: u8) -> Window {
    let start = u32::from(day.0) * 1440 - 240 + 30 * u32::from(ticket);
    Window::new(start, Life::Min30, Step::Sec15).unwrap()
}

fn handle_of(day: Day, device: u8, ticket: u8) -> Handle {
    let subject = Subject::general(PERSON.0, PERSON.1).unwrap();
    MASTER.day_keys(Scope::GENERAL, day).handle_of(subject, 0, device, u16::from(ticket))
}

impl ShortBook for Book {
    fn alias(&self, day: Day, sealed: SealedAlias) -> Option<Alias> {
        Some(MASTER.day_keys(Scope::GENERAL, day).alias.open(sealed))
    }
    fn candidates(&self, day: Day, alias: Alias, visit: &mut dyn FnMut(&Candidate)) {
        self.asked.set(self.asked.get() + 1);
        if (alias.bucket, alias.person) != PERSON || alias.ticket >= 48 {
            return;
        }
        for device in DEVICES {
            let handle = handle_of(day, device, alias.ticket);
            let key = MASTER.day_keys(Scope::GENERAL, day).short.ticket_key(&handle);
            visit(&Candidate { handle, window: window_of(day, alias.ticket), key });
        }
    }
}

/// What the phone shows as N1.
fn shown(day: Day, device: u8, ticket: u8, step: u8) -> String {
    let keys = MASTER.day_keys(Scope::GENERAL, day);
    let alias = keys.alias.seal(Alias { bucket: PERSON.0, person: PERSON.1, ticket }).unwrap();
    ShortNumber::of(alias, &keys.short.ticket_key(&handle_of(day, device, ticket)), step).to_text()
}

#[derive(Default)]
struct Rows(HashMap<Handle, u8>);

impl Replay for Rows {
    fn look(&self, handle: &Handle, step: u8) -> Seen {
        if self.0.get(handle).is_some_and(|highest| step <= *highest) { Seen::Spent } else { Seen::Fresh }
    }
}

impl Rows {
    fn claim(&mut self, ticket: VerifiedTicket) {
        self.0.insert(ticket.handle(), ticket.step());
    }
}

const DAY: Day = Day(500);

#[test]
fn every_device_s_number_names_its_own_ticket() {
    for device in DEVICES {
        for (ticket, step) in [(0, 0), (0, 119), (21, 60), (47, 119)] {
            let now_s = window_of(DAY, ticket).start_s() + i64::from(step) * 15 + 7;
            let text = shown(DAY, device, ticket, step);
            let verified = check_short(&text, now_s, &Book::default(), &Rows::default()).unwrap();
            assert_eq!(verified.handle(), handle_of(DAY, device, ticket));
            assert_eq!((verified.step(), verified.via()), (step, Via::Short));
            // Tickets 0 and 47 reach over the turn of the day at one end; both days' keys are tried there.
            assert_eq!(verified.window().day(), DAY);
        }
    }
}

#[test]
fn wrong_old_and_unknown_numbers_answer_alike() {
    let now_s = window_of(DAY, 20).start_s() + 100;
    let unproved = |text: &str| {
        assert_eq!(check_short(text, now_s, &Book::default(), &Rows::default()), Err(Reason::Unproved), "{text}");
    };
    unproved(&shown(DAY, DEVICES[0], 20, 2));
    unproved(&shown(DAY, DEVICES[0], 20, 9));
    unproved(&shown(DAY, DEVICES[0], 21, 6));
    unproved(&shown(DAY, 77, 20, 6));
    unproved(&shown(Day(DAY.0 - 1), DEVICES[0], 20, 6));
    unproved(&ShortNumber { alias: SealedAlias::new(12_345).unwrap(), mac: 0 }.to_text());
    // The right alias with every wrong MAC of one flipped bit.
    let good = ShortNumber::from_text(&shown(DAY, DEVICES[0], 20, 6)).unwrap();
    assert!(check_short(&good.to_text(), now_s, &Book::default(), &Rows::default()).is_ok());
    for bit in 0..32 {
        unproved(&ShortNumber { mac: good.mac ^ 1 << bit, ..good }.to_text());
    }
    for bit in 0..34 {
        let alias = SealedAlias::new(good.alias.bits() ^ 1 << bit).unwrap();
        unproved(&ShortNumber { alias, ..good }.to_text());
    }
    let mut mistyped = good.to_text().into_bytes();
    mistyped[9] = if mistyped[9] == b'9' { b'0' } else { mistyped[9] + 1 };
    let mistyped = String::from_utf8(mistyped).unwrap();
    assert_eq!(check_short(&mistyped, now_s, &Book::default(), &Rows::default()), Err(Reason::Damaged));
    let wechat = check_short("134567890123456789", now_s, &Book::default(), &Rows::default());
    assert_eq!(wechat, Err(Reason::NotThis(Kind::WeChatPay)));
}

#[test]
fn t1_and_n1_of_one_step_share_a_row() {
    let window = window_of(DAY, 20);
    let mut header = header(Suite::Sm2, window, Scope::GENERAL, 20);
    header.handle = handle_of(DAY, DEVICES[0], 20);
    let issued = issue_header(header, &*key_signer(0));
    let mut keys = listed();
    keys[0].from_s = 0;
    let now_s = window.start_s() + 6 * 15 + 3;
    let fresh = tongma_code::list::Validity { iat_s: now_s - 5, exp_s: now_s + 600, ..validity(1) };
    let bytes = key_list(keys, fresh);
    let keyring =
        tongma_verify::lists::Keyring::open(&roots(), tongma_verify::lists::Suites::ALL, &bytes, None).unwrap();
    let denials = tongma_verify::lists::Denials::looked_up_by_the_platform();
    let verifier = tongma_verify::Verifier::new(keyring, denials);
    let scanned = |rows: &Rows| {
        let clock = ClockReading::synchronised(now_s);
        verifier.check(&issued.text(6), &clock, rows, None, &mut SignatureCache::new(0)).ticket()
    };
    let typed = |rows: &Rows| check_short(&shown(DAY, DEVICES[0], 20, 6), now_s, &Book::default(), rows);
    for t1_first in [true, false] {
        let mut rows = Rows::default();
        let first = if t1_first { scanned(&rows) } else { typed(&rows) };
        rows.claim(first.unwrap());
        assert_eq!(scanned(&rows), Err(Reason::Used));
        assert_eq!(typed(&rows), Err(Reason::Used));
        assert_eq!(rows.0.len(), 1);
    }
}
