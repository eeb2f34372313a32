use proptest::prelude::*;
use tongma_capability::admit::{self, Ask, Decision, DifferenceKind, Direction, Owner, Policy};
use tongma_domain::Id;

use crate::support::{Bench, at, id};

#[derive(Debug, Clone)]
struct Op {
    party: u8,
    direction: Direction,
    people: u32,
    fact: bool,
    again: bool,
    unnamed: bool,
}

fn op() -> impl Strategy<Value = Op> {
    (
        0..4_u8,
        prop::bool::ANY,
        0..4_u32,
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(party, into, people, fact, again, unnamed)| Op {
            party,
            direction: if into { Direction::In } else { Direction::Out },
            people,
            fact,
            again,
            unnamed,
        })
}

fn owner() -> Owner {
    Owner { organisation: id("organisation", 0), duty: "gate_duty".into(), point: None }
}

fn ask(passage: u8, op: &Op) -> Ask {
    let Op { party, direction, people, .. } = *op;
    Ask {
        passage: id("passage", passage),
        zone: zone(),
        party: id("party", party),
        size: 3,
        direction,
        people,
        at: at(passage.into()),
    }
}

fn zone() -> Id {
    id("zone", 0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn in_minus_out_is_inside_and_every_decision_explains_itself(
        reentry: bool, headcount_most in 1..8_u32, ops in prop::collection::vec(op(), 1..50),
    ) {
        let bench = Bench::new();
        let policy = Policy { version: 1, headcount_most, reentry };
        let mut passage = 0;
        let (mut overfull, mut named) = (false, false);
        for op in ops {
            if !op.again {
                passage += 1;
            }
            let ask = ask(passage, &op);
            let happened = bench.ok(move |txn| admit::passage(txn, ask.passage)).is_some();
            let before = bench.ok(|txn| admit::headcount(txn, zone()));
            if op.unnamed && op.direction == Direction::Out {
                bench.ok(move |txn| admit::count_out(txn, &policy, &ask));
            } else if op.fact {
                let difference = bench.ok(move |txn| admit::record(txn, &policy, &ask, None, owner()));
                overfull |= difference == Some(DifferenceKind::OverBound) || difference == Some(DifferenceKind::DoubleUse);
                named |= difference.is_some();
                let now = bench.ok(|txn| admit::headcount(txn, zone()));
                if !happened && ask.direction == Direction::In {
                    prop_assert_eq!(now, before + ask.people, "a fact was not counted");
                }
                let listed = bench.ok(|txn| admit::differences(txn, zone(), None, 500));
                let mine = listed.items.iter().find(|held| held.value.id == ask.passage);
                prop_assert_eq!(mine.map(|held| held.value.kind), difference);
                prop_assert!(mine.is_none_or(|held| held.value.owner == owner()));
            } else {
                let decision: Decision = bench.ok(move |txn| admit::pass(txn, &policy, &ask));
                prop_assert_eq!(decision.explained(), decision);
                if !happened {
                    let now = bench.ok(|txn| admit::headcount(txn, zone()));
                    let moved = decision.allows() && ask.people > 0;
                    prop_assert_eq!(now != before, moved);
                    prop_assert!(!moved || ask.direction == Direction::Out || now <= headcount_most);
                }
            }
            let inside = i64::from(bench.ok(|txn| admit::headcount(txn, zone())));
            let (into, out) = bench.ok(|txn| admit::passed(txn, zone()));
            prop_assert_eq!(into - out, inside);
            prop_assert!(overfull || inside <= i64::from(headcount_most) || op.fact);
            for party in 0..4 {
                let Some(presence) = bench.ok(move |txn| admit::presence(txn, zone(), id("party", party))) else { continue };
                prop_assert!(presence.left <= presence.entered, "more left than came");
                prop_assert!(named || (presence.inside()..=3).contains(&presence.came), "who has come at least once");
                prop_assert!(overfull || presence.inside() <= 3, "more inside than the party is");
                prop_assert!(overfull || reentry || presence.entered <= 3 + presence.left, "came in again");
            }
        }
    }
}

#[test]
fn a_party_passes_once_unless_it_may_come_back() {
    let check = |reentry: bool, expect: admit::Reason| {
        let bench = Bench::new();
        let policy = Policy { version: 1, headcount_most: 10, reentry };
        let step = move |passage: u8, direction, people| {
            let op = Op { party: 0, direction, people, fact: false, again: false, unnamed: false };
            bench.ok(move |txn| admit::pass(txn, &policy, &ask(passage, &op))).reason
        };
        assert_eq!(step(1, Direction::In, 2), admit::Reason::Allowed);
        assert_eq!(step(2, Direction::In, 2), admit::Reason::TooMany);
        assert_eq!(step(3, Direction::In, 1), admit::Reason::Allowed);
        assert_eq!(step(4, Direction::In, 1), admit::Reason::Used);
        assert_eq!(step(5, Direction::Out, 1), admit::Reason::Allowed);
        assert_eq!(step(6, Direction::In, 1), expect);
        assert_eq!(step(6, Direction::In, 1), expect);
    };
    check(true, admit::Reason::Allowed);
    check(false, admit::Reason::Used);
}
