use std::collections::BTreeMap;

use proptest::prelude::*;
use tongma_capability::handover::{self, Given, TakenBack};

use crate::support::{Bench, at, id};

#[derive(Debug, Clone)]
enum Op {
    Give { code: u8, person: u8 },
    TakeBack { code: u8 },
    Renew { code: u8 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..4_u8, 0..3_u8).prop_map(|(code, person)| Op::Give { code, person }),
        2 => (0..4_u8).prop_map(|code| Op::TakeBack { code }),
        1 => (0..4_u8).prop_map(|code| Op::Renew { code }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_item_has_exactly_one_custodian(ops in prop::collection::vec(op(), 1..40)) {
        let bench = Bench::new();
        let house = id("union", 0);
        let name = |code: u8| format!("B{code}");
        // Items 0 to 2 exist; 3 does not. The model: who has what.
        let mut custodian: BTreeMap<u8, Option<u8>> = (0..3).map(|code| (code, None)).collect();
        for code in 0..3 {
            bench.ok(move |txn| handover::register(txn, house, &name(code), "title"));
        }
        for (second, op) in (0_u8..).zip(ops) {
            let now = at(second.into());
            match op {
                Op::Give { code, person } => {
                    let window = (now, now.plus_days(31));
                    let given = bench.ok(move |txn| {
                        handover::give(txn, (house, &name(code)), id("person", person), id("loan", second), window)
                    });
                    match custodian.get_mut(&code) {
                        None => prop_assert_eq!(given, Given::Unknown),
                        Some(who @ None) => {
                            prop_assert!(matches!(given, Given::Fresh(_)));
                            *who = Some(person);
                        }
                        Some(Some(who)) if *who == person => prop_assert!(matches!(given, Given::Already(_))),
                        Some(Some(_)) => prop_assert_eq!(given, Given::Elsewhere),
                    }
                }
                Op::TakeBack { code } => {
                    let back = bench.ok(move |txn| handover::take_back(txn, house, &name(code), now));
                    match custodian.get_mut(&code) {
                        None => prop_assert_eq!(back, TakenBack::Unknown),
                        Some(who) if who.is_some() => {
                            prop_assert!(matches!(back, TakenBack::Closed(_)));
                            *who = None;
                        }
                        Some(_) => prop_assert!(matches!(back, TakenBack::WasHere(_))),
                    }
                }
                Op::Renew { code } => {
                    bench.ok(move |txn| {
                        let Some(loan) = handover::open_loan(txn, house, &name(code))? else { return Ok(()) };
                        let before = loan.value.due;
                        let after = handover::renew(txn, loan, now.plus_days(31))?;
                        assert!(after.due >= before);
                        Ok(())
                    });
                }
            }
            // Every item is in the house, or in exactly one person's open loans.
            for code in 0..3_u8 {
                let holders: Vec<u8> = (0..3_u8).filter(|person| {
                    let person = *person;
                    let loans = bench.ok(move |txn| handover::open_loans(txn, house, id("person", person), 100));
                    loans.iter().filter(|loan| loan.code == name(code)).count() == 1
                }).collect();
                let expected: Vec<u8> = custodian[&code].into_iter().collect();
                prop_assert_eq!(holders, expected);
                let open = bench.ok(move |txn| handover::open_loan(txn, house, &name(code)));
                prop_assert_eq!(open.is_some(), custodian[&code].is_some());
                let history = bench.ok(move |txn| handover::history(txn, house, &name(code), None, 500));
                let open = history.items.iter().filter(|held| held.value.returned.is_none()).count();
                prop_assert_eq!(open, usize::from(custodian[&code].is_some()));
            }
        }
    }

    #[test]
    fn quantity_released_stays_within_what_was_entitled(entitled in 0..20_u32, asks in prop::collection::vec((0..8_u8, 0..10_u32), 1..20)) {
        let bench = Bench::new();
        let right = id("right", 0);
        bench.ok(move |txn| handover::entitle(txn, right, entitled));
        let mut done: BTreeMap<u8, u32> = BTreeMap::new();
        for (release, quantity) in asks {
            let left = bench.ok(move |txn| handover::release(txn, right, id("release", release), quantity));
            if left.is_some() {
                done.entry(release).or_insert(quantity);
            }
            let sum: u32 = done.values().sum();
            prop_assert!(sum <= entitled);
            if let Some(left) = left {
                prop_assert_eq!(left, entitled - sum);
            }
        }
    }
}
