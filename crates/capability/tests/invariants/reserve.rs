use std::collections::BTreeMap;

use proptest::prelude::*;
use tongma_capability::reserve::{self, Ask, Booked, BookingState};
use tongma_domain::UnixMs;

use crate::support::{Bench, at, id};

const CAPACITY: u32 = 6;

#[derive(Debug, Clone)]
enum Op {
    Book { booking: u8, session: u8, places: u32, hold_s: Option<i64> },
    Confirm { booking: u8 },
    Cancel { booking: u8 },
    Move { booking: u8, session: u8 },
    Shrink { session: u8, capacity: u32 },
    Wait { seconds: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..12_u8, 0..2_u8, 0..5_u32, prop::option::of(0..20_i64))
            .prop_map(|(booking, session, places, hold_s)| Op::Book { booking, session, places, hold_s }),
        2 => (0..12_u8).prop_map(|booking| Op::Confirm { booking }),
        2 => (0..12_u8).prop_map(|booking| Op::Cancel { booking }),
        2 => (0..12_u8, 0..2_u8).prop_map(|(booking, session)| Op::Move { booking, session }),
        1 => (0..2_u8, 0..8_u32).prop_map(|(session, capacity)| Op::Shrink { session, capacity }),
        1 => (1..15_i64).prop_map(|seconds| Op::Wait { seconds }),
    ]
}

fn open(bench: &Bench, session: u8, capacity: u32) -> reserve::Session {
    bench.ok(move |txn| reserve::open(txn, id("session", session), capacity, (at(0), at(3600))))
}

/// Sums what the bookings themselves say, beside the counter.
fn sum_of(bench: &Bench, session: u8) -> u32 {
    let mut sum = 0;
    for booking in 0..12 {
        let booking = bench.ok(move |txn| reserve::booking(txn, id("booking", booking)));
        sum += booking.filter(|b| b.session == id("session", session) && b.state.takes()).map_or(0, |b| b.places);
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn confirmed_and_held_stay_within_capacity(ops in prop::collection::vec(op(), 1..50)) {
        let bench = Bench::new();
        for session in 0..2 {
            open(&bench, session, CAPACITY);
        }
        let mut capacity: BTreeMap<u8, u32> = (0..2).map(|session| (session, CAPACITY)).collect();
        let mut now: UnixMs = at(0);
        for op in ops {
            match op {
                Op::Book { booking, session, places, hold_s } => {
                    let session_now = open(&bench, session, capacity[&session]);
                    let hold_until = hold_s.map(|seconds| now.plus_s(seconds));
                    let ask = Ask { booking: id("booking", booking), person: id("person", 0), places, hold_until };
                    let booked = bench.ok(move |txn| reserve::book(txn, &session_now, &ask, now));
                    if let Booked::Full { left } = booked {
                        prop_assert!(places == 0 || places > left);
                    }
                }
                Op::Confirm { booking } => {
                    let before = bench.ok(move |txn| reserve::booking(txn, id("booking", booking)));
                    let confirmed = bench.ok(move |txn| reserve::confirm(txn, id("booking", booking), now));
                    let may = before.is_some_and(|b| match b.state {
                        BookingState::Held { until } => now <= until,
                        state => state == BookingState::Confirmed,
                    });
                    prop_assert_eq!(confirmed.is_some(), may);
                }
                Op::Cancel { booking } => drop(bench.ok(move |txn| reserve::cancel(txn, id("booking", booking)))),
                Op::Move { booking, session } => {
                    let session_now = open(&bench, session, capacity[&session]);
                    bench.ok(move |txn| reserve::move_to(txn, id("booking", booking), &session_now, now));
                }
                Op::Shrink { session, capacity: to } => {
                    let opened = open(&bench, session, to);
                    capacity.insert(session, opened.capacity);
                }
                Op::Wait { seconds } => now = now.plus_s(seconds),
            }
            for session in 0..2 {
                let counted = bench.ok(move |txn| reserve::taken(txn, id("session", session)));
                prop_assert_eq!(counted, sum_of(&bench, session));
                prop_assert!(counted <= capacity[&session], "{counted} of {}", capacity[&session]);
            }
        }
    }
}

#[test]
fn a_hold_that_lapsed_makes_room_and_cannot_be_confirmed() {
    let bench = Bench::new();
    let session = open(&bench, 0, 2);
    let ask = |number: u8, hold_until| Ask {
        booking: id("booking", number),
        person: id("person", number),
        places: 2,
        hold_until,
    };
    let held = ask(1, Some(at(10)));
    let (one, two) = (session.clone(), session);
    assert!(matches!(bench.ok(move |txn| reserve::book(txn, &one, &held, at(0))), Booked::Fresh(_)));
    let (late, later) = (two.clone(), two);
    let next = ask(2, None);
    assert_eq!(bench.ok(move |txn| reserve::book(txn, &late, &next, at(10))), Booked::Full { left: 0 });
    assert!(matches!(bench.ok(move |txn| reserve::book(txn, &later, &next, at(11))), Booked::Fresh(_)));
    assert_eq!(bench.ok(|txn| reserve::confirm(txn, id("booking", 1), at(11))), None);
}
