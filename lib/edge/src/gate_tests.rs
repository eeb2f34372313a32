//! The gate's invariants under any sequence of reads, retries, restarts and new bundles.

extern crate std;

use std::{collections::BTreeMap, format, vec, vec::Vec};

use proptest::prelude::*;
use tongma_code::ticket::Handle;
use tongma_verify::verdict::Doubts;

use crate::{
    Booking, Bundle, Code, Direction, EdgeVerdict, GateState, Handles, Reading, Reason, Record, Rules, Seen, Session,
    Shade, UsedStep, booking_number, decide, ticket_name,
};

const OPENS_S: i64 = 1_795_399_200;
const BOOKINGS: u8 = 4;

fn bundle(reentry: bool, headcount_bound: u32) -> Bundle {
    let bookings = (0..BOOKINGS)
        .map(|number| Booking {
            pseudonym: [number + 1; 8],
            session: 0,
            party: u16::from(number) + 1,
            entered: 0,
            inside: 0,
        })
        .collect();
    // Two tickets for each booking: tickets 0 and 1 belong to booking 0, 2 and 3 to booking 1 …
    let handles =
        (0..BOOKINGS * 2).map(|ticket| (ticket_name(&[7; 16], &Handle([ticket; 16])), u32::from(ticket / 2))).collect();
    Bundle {
        version: 1,
        point: [7; 16],
        venue: [8; 16],
        scenario: "museum_entry".into(),
        issued_s: OPENS_S - 600,
        ttl_s: 1800,
        expires_s: OPENS_S + 36_000,
        facts_through: 0,
        inside: 0,
        rules: Rules {
            early_grace_min: 15,
            late_grace_min: 30,
            reentry,
            reentry_until_s: OPENS_S + 30_000,
            headcount_bound,
        },
        sessions: vec![Session { opens_s: OPENS_S, closes_s: OPENS_S + 7200 }],
        bookings,
        handles: Handles::new(handles),
    }
}

fn code(ticket: u8, step: u8) -> Code {
    let begins_s = OPENS_S + i64::from(step) * 15;
    Code { handle: [ticket; 16], step, step_begins_s: begins_s, ends_s: OPENS_S + 1800, doubts: Doubts::NONE }
}

fn read(ticket: u8, step: u8, request: u8, direction: Direction, people: u16) -> Reading<'static> {
    Reading { seen: Seen::Code(code(ticket, step)), request: [request; 16], direction, people }
}

fn pass(bundle: &Bundle, state: &mut GateState, reading: &Reading<'_>, now_s: i64) -> EdgeVerdict {
    let verdict = decide(bundle, state, reading, now_s);
    if let Some(record) = verdict.record.filter(|_| verdict.opens) {
        assert!(state.apply(&record));
    }
    verdict
}

#[derive(Debug, Clone)]
enum Event {
    Read { ticket: u8, step: u8, request: u8, inward: bool, people: u16, after_s: i64 },
    Restart,
    NewBundle,
}

fn event() -> impl Strategy<Value = Event> {
    let read = (0..10_u8, 0..120_u8, any::<u8>(), any::<bool>(), 0..6_u16, 0..90_i64).prop_map(
        |(ticket, step, request, inward, people, after_s)| Event::Read {
            ticket,
            step,
            request,
            inward,
            people,
            after_s,
        },
    );
    prop_oneof![20 => read, 1 => Just(Event::Restart), 1 => Just(Event::NewBundle)]
}

/// What the platform would count from the handed-over records, by its own bookkeeping.
#[derive(Default, Clone, Copy)]
struct Count {
    ins: i64,
    outs: i64,
}

fn booked(records: &[Record], pseudonym: [u8; 8]) -> Count {
    records.iter().filter(|record| record.booking == Some(pseudonym)).fold(Count::default(), |count, record| {
        match record.direction {
            Direction::In => Count { ins: count.ins + i64::from(record.people), ..count },
            // Who leaves without having come in is counted as a difference, not as minus one inside.
            Direction::Out => Count { outs: count.ins.min(count.outs + i64::from(record.people)), ..count },
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_breaks_the_house(events in prop::collection::vec(event(), 1..120), reentry: bool, bound in 1..12_u32) {
        let mut bundle = bundle(reentry, bound);
        let mut state = GateState::new();
        let mut kept: Vec<Record> = Vec::new();
        let mut used: BTreeMap<u8, u8> = BTreeMap::new();
        let mut now_s = OPENS_S;
        for event in events {
            match event {
                Event::Read { ticket, step, request, inward, people, after_s } => {
                    now_s += after_s;
                    let direction = if inward { Direction::In } else { Direction::Out };
                    let verdict = pass(&bundle, &mut state, &read(ticket, step, request, direction, people), now_s);
                    if verdict.opens {
                        // The same step, or one a watcher can compute from it, never opens twice.
                        prop_assert!(used.get(&ticket).is_none_or(|highest| *highest < step));
                        used.insert(ticket, step);
                        kept.push(verdict.record.unwrap());
                    }
                    prop_assert_eq!(verdict.opens && verdict.shade() == Shade::Red, false);
                }
                Event::Restart => {
                    // The bundle counts what it counts; only later records are applied to a fresh state.
                    let mut again = GateState::new();
                    for record in &kept {
 assert!(again.apply(record));
}
                    again.rebase(&bundle, now_s);
                    state = again;
                }
                Event::NewBundle => {
                    let house = state.tally(&bundle, None).house;
                    let tallies: Vec<_> = bundle.bookings.iter().map(|own| state.tally(&bundle, Some(own))).collect();
                    for (booking, tally) in bundle.bookings.iter_mut().zip(tallies) {
                        (booking.entered, booking.inside) = (tally.entered, tally.inside);
                    }
                    bundle.inside = house;
                    bundle.version += 1;
                    bundle.facts_through = kept.last().map_or(0, |record| record.counter);
                    bundle.issued_s = now_s;
                    state.rebase(&bundle, now_s);
                }
            }
            for booking in &bundle.bookings {
                let tally = state.tally(&bundle, Some(booking));
                let count = booked(&kept, booking.pseudonym);
                prop_assert_eq!(i64::from(tally.inside), count.ins - count.outs, "in − out = inside");
                prop_assert!(tally.entered <= booking.party, "admitted ≤ party");
                prop_assert!(tally.inside <= tally.entered);
                prop_assert!(reentry || i64::from(tally.entered) == count.ins);
                prop_assert!(tally.house <= bound.max(bundle.inside), "headcount");
            }
        }
        // Counters are gapless, so the platform sees that nothing is missing.
        for (place, record) in kept.iter().enumerate() {
            prop_assert_eq!(record.counter, place as u64 + 1);
        }
    }

    #[test]
    fn a_record_survives_being_kept(counter: u64, at_s: i64, people: u16, booking: Option<[u8; 8]>, handle: Option<[u8; 16]>, step: u8, request: [u8; 16], reason in 0..Reason::ALL.len(), inward: bool) {
        let record = Record {
            counter,
            at_s,
            direction: if inward { Direction::In } else { Direction::Out },
            people,
            booking,
            used: handle.map(|handle| UsedStep { handle, step, ends_s: at_s }),
            request,
            reason: Reason::ALL[reason],
            bundle_version: counter ^ 5,
        };
        let bytes = record.to_bytes();
        prop_assert_eq!(Record::from_bytes(&bytes), Some(record));
        prop_assert_eq!(Record::from_bytes(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn a_bundle_is_read_as_it_was_written_and_damage_never_panics(reentry: bool, bound: u32, place: usize, flip in 1..=u8::MAX) {
        let bundle = bundle(reentry, bound);
        let mut bytes = crate::wire::to_bytes(&bundle);
        let read = crate::wire::from_bytes(&bytes);
        prop_assert_eq!(read.as_ref(), Some(&bundle));
        let place = place % bytes.len();
        bytes[place] ^= flip;
        if let Some(read) = crate::wire::from_bytes(&bytes) {
            prop_assert_ne!(read, bundle);
        }
        prop_assert_eq!(crate::wire::from_bytes(&bytes[..place]), None);
    }

    #[test]
    fn no_bytes_make_a_bundle_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = crate::wire::from_bytes(&bytes);
    }

    #[test]
    fn no_bytes_make_a_record_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = Record::from_bytes(&bytes);
    }
}

#[test]
fn a_retry_gets_the_same_answer_and_turns_nothing() {
    let (bundle, mut state) = (bundle(false, 100), GateState::new());
    let reading = read(2, 5, 9, Direction::In, 2);
    let first = pass(&bundle, &mut state, &reading, OPENS_S + 75);
    assert_eq!((first.reason, first.opens, first.left), (Reason::Admitted, true, 0));
    let again = pass(&bundle, &mut state, &reading, OPENS_S + 80);
    assert_eq!((again.reason, again.opens, again.again, again.record), (Reason::Admitted, false, true, None));
    // A new read of the same step, and any earlier step, are refused; a later step is judged anew.
    let reason = |ticket, step, request| {
        decide(&bundle, &state, &read(ticket, step, request, Direction::In, 1), OPENS_S + 80).reason
    };
    assert_eq!(reason(2, 5, 10), Reason::StepUsed);
    assert_eq!(reason(2, 4, 9), Reason::StepUsed);
    assert_eq!(reason(2, 6, 10), Reason::PartyComplete);
    assert_eq!(reason(3, 1, 10), Reason::PartyComplete);
}

#[test]
fn each_rule_has_its_reason() {
    let fresh = bundle(false, 3);
    let state = GateState::new();
    let at =
        |now_s: i64, ticket, people| decide(&fresh, &state, &read(ticket, 1, 1, Direction::In, people), now_s).reason;
    assert_eq!(at(OPENS_S - 601 - 10, 0, 1), Reason::ListNotYet);
    assert_eq!(at(OPENS_S - 600, 0, 1), Reason::Admitted, "fifteen minutes of grace");
    assert_eq!(at(OPENS_S + 7200 + 1800, 0, 1), Reason::TooLate);
    assert_eq!(at(OPENS_S + 1200, 0, 1), Reason::ListOld, "past the ttl");
    assert_eq!(at(OPENS_S + 36_000, 0, 1), Reason::ListExpired);
    assert_eq!(at(OPENS_S, 99, 1), Reason::UnknownBooking);
    assert_eq!(at(OPENS_S, 0, 0), Reason::BadCount);
    assert_eq!(at(OPENS_S, 0, 61), Reason::BadCount);
    assert_eq!(at(OPENS_S, 0, 2), Reason::TooMany);
    assert_eq!(at(OPENS_S, 6, 4), Reason::HouseFull);
    let mut early = fresh.clone();
    early.sessions[0].opens_s += 7000;
    assert_eq!(decide(&early, &state, &read(0, 1, 1, Direction::In, 1), OPENS_S).reason, Reason::TooEarly);
    let doubtful =
        Reading { seen: Seen::Code(Code { doubts: Doubts::CLOCK, ..code(0, 1) }), ..read(0, 1, 1, Direction::In, 1) };
    assert_eq!(decide(&fresh, &state, &doubtful, OPENS_S).reason, Reason::CodeDoubt);
    let refused = Reading { seen: Seen::Refused(tongma_verify::verdict::Reason::Forged), ..doubtful };
    assert_eq!(decide(&fresh, &state, &refused, OPENS_S).reason, Reason::CodeRefused);
}

#[test]
fn an_unknown_code_waits_for_staff_and_says_which_list() {
    let (bundle, mut state) = (bundle(false, 100), GateState::new());
    let verdict = pass(&bundle, &mut state, &read(99, 1, 1, Direction::In, 1), OPENS_S);
    assert_eq!((verdict.shade(), verdict.opens), (Shade::Amber, false));
    assert!(verdict.words.zh.contains("09:50") && verdict.words.en.contains("09:50"), "{:?}", verdict.words);
    // Staff confirm: the record is kept, and the step is spent.
    assert!(state.apply(&verdict.record.unwrap()));
    assert_eq!(decide(&bundle, &state, &read(99, 1, 2, Direction::In, 1), OPENS_S).reason, Reason::StepUsed);
    // The way out opens for a code nobody knows.
    assert!(decide(&bundle, &state, &read(98, 1, 3, Direction::Out, 1), OPENS_S).opens);
}

#[test]
fn a_typed_number_finds_its_booking_and_waits_for_staff() {
    let (bundle, state) = (bundle(false, 100), GateState::new());
    let number = format!("{:010}", booking_number(&[2; 8]));
    let reading = Reading { seen: Seen::Number(&number), request: [1; 16], direction: Direction::In, people: 2 };
    let verdict = decide(&bundle, &state, &reading, OPENS_S);
    assert_eq!((verdict.reason, verdict.opens, verdict.booking), (Reason::NumberTyped, false, Some([2; 8])));
    for wrong in ["", "1", "00000000000", "abcdefghij", "９９９９９９９９９９"] {
        let reading = Reading { seen: Seen::Number(wrong), ..reading };
        assert_eq!(decide(&bundle, &state, &reading, OPENS_S).reason, Reason::UnknownBooking, "{wrong}");
    }
}

#[test]
fn a_gate_that_lost_its_memory_refuses_what_it_may_have_seen() {
    let bundle = bundle(false, 100);
    let state = GateState::after_loss(12, OPENS_S + 100);
    let reason = |step| decide(&bundle, &state, &read(0, step, 1, Direction::In, 1), OPENS_S + 105).reason;
    assert_eq!(reason(6), Reason::MemoryLost);
    assert_eq!(reason(7), Reason::Admitted);
    assert_eq!(state.next_counter(), Some(13));
}

#[test]
fn going_out_and_in_follows_the_house_rule() {
    for reentry in [false, true] {
        let (bundle, mut state) = (bundle(reentry, 100), GateState::new());
        assert_eq!(pass(&bundle, &mut state, &read(6, 1, 1, Direction::In, 4), OPENS_S).reason, Reason::Admitted);
        assert_eq!(pass(&bundle, &mut state, &read(6, 2, 2, Direction::Out, 2), OPENS_S + 30).reason, Reason::Left);
        let back = pass(&bundle, &mut state, &read(6, 3, 3, Direction::In, 2), OPENS_S + 45);
        assert_eq!(back.reason, if reentry { Reason::Readmitted } else { Reason::NoReentry });
        let out = pass(&bundle, &mut state, &read(6, 4, 4, Direction::Out, 9), OPENS_S + 60);
        assert_eq!((out.reason, out.opens), (Reason::MoreOutThanIn, true));
    }
}
