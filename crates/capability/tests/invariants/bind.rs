use std::collections::BTreeMap;

use proptest::prelude::*;
use tongma_capability::{Stop, bind};
use tongma_domain::{Refusal, Text};

use crate::support::{Bench, at, id};

#[derive(Debug, Clone)]
enum Op {
    Link { number: u8, person: u8 },
    Unlink { number: u8 },
    Merge { from: u8, into: u8 },
    Borrow { person: u8 },
    Return { person: u8 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..4_u8, 0..3_u8).prop_map(|(number, person)| Op::Link { number, person }),
        2 => (0..4_u8).prop_map(|number| Op::Unlink { number }),
        1 => (0..4_u8, 0..4_u8).prop_map(|(from, into)| Op::Merge { from, into }),
        1 => (0..3_u8).prop_map(|person| Op::Borrow { person }),
        1 => (0..3_u8).prop_map(|person| Op::Return { person }),
    ]
}

fn loans_open() -> Refusal {
    Refusal::conflict(
        "loans.open",
        Text::new("有未还图书", "Books are out"),
        Text::new("请先归还", "Return them first"),
    )
}

fn names(number: u8) -> String {
    format!("R{number}")
}

/// Replays a number's history: whose it was, step by step.
fn replay(bench: &Bench, number: u8) -> Vec<bind::BindingEvent> {
    let name = names(number);
    let page = bench.ok(move |txn| bind::history(txn, (id("union", 0), "reader", &name), None, 500));
    assert!(!page.more);
    page.items.into_iter().rev().map(|(_, event)| event).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn one_live_owner_history_kept_nothing_orphaned(ops in prop::collection::vec(op(), 1..40)) {
        let bench = Bench::new();
        let registry = id("union", 0);
        let mut loans: BTreeMap<u8, u32> = BTreeMap::new();
        let mut history_length = 0;
        let mut owned: Vec<tongma_domain::Id> = Vec::new();
        for (second, op) in ops.into_iter().enumerate() {
            let now = at(second.try_into().unwrap());
            let open: Vec<_> = loans.iter().filter(|(_, count)| **count > 0).map(|(person, _)| id("person", *person)).collect();
            let open_then = open.clone();
            let mut guard = move |_: &mut dyn tongma_store::Txn, binding: &bind::Binding| -> Result<(), Stop> {
                if open_then.contains(&binding.person) { Err(loans_open().into()) } else { Ok(()) }
            };
            match op {
                Op::Link { number, person } => {
                    let name = names(number);
                    let _ = bench.run(move |txn| {
                        let link = bind::Link { registry, kind: "reader", number: &name, person: id("person", person), thing: registry };
                        bind::link(txn, &link, now)
                    });
                }
                Op::Unlink { number } => {
                    let name = names(number);
                    let _ = bench.run(move |txn| bind::unlink(txn, (registry, "reader", &name), "asked", now, &mut guard));
                }
                Op::Merge { from, into } => {
                    let (from, into) = (names(from), names(into));
                    let _ = bench.run(move |txn| bind::merge(txn, (registry, "reader"), (&from, &into), now, &mut guard));
                }
                Op::Borrow { person } => *loans.entry(person).or_default() += 1,
                Op::Return { person } => *loans.entry(person).or_default() = 0,
            }
            let mut owners: BTreeMap<tongma_domain::Id, u8> = BTreeMap::new();
            let mut length = 0;
            for number in 0..4 {
                let events = replay(&bench, number);
                length += events.len();
                let mut owner = None;
                for event in &events {
                    match &event.state {
                        bind::BindingState::Live => {
                            prop_assert!(owner.is_none(), "R{number} was linked while {owner:?} owned it");
                            owner = Some(event.person);
                        }
                        _ => owner = None,
                    }
                }
                let name = names(number);
                let resolved = bench.ok(move |txn| bind::resolve(txn, registry, "reader", &name));
                if let Some(owner) = owner {
                    prop_assert_eq!(owners.insert(owner, number), None, "a person owns two numbers");
                    let live = resolved.filter(|binding| binding.state == bind::BindingState::Live).map(|binding| binding.person);
                    prop_assert_eq!(live, Some(owner));
                }
            }
            prop_assert!(length >= history_length, "history was lost");
            history_length = length;
            for person in open {
                let has = bench.ok(move |txn| bind::owned_by(txn, registry, "reader", person)).is_some();
                prop_assert!(has || !owned.contains(&person), "someone with open loans lost the number");
            }
            owned = owners.into_keys().collect();
        }
    }
}

#[test]
fn a_merged_number_leads_to_the_other_and_is_not_given_out_again() {
    let bench = Bench::new();
    let registry = id("union", 0);
    let link = move |number: &'static str, person: u8| {
        move |txn: &mut dyn tongma_store::Txn| {
            let link = bind::Link { registry, kind: "reader", number, person: id("person", person), thing: registry };
            bind::link(txn, &link, at(0))
        }
    };
    bench.ok(link("A", 1));
    bench.ok(link("B", 2));
    let mut free = |_: &mut dyn tongma_store::Txn, _: &bind::Binding| Ok(());
    assert_eq!(
        bench.run(move |txn| bind::merge(txn, (registry, "reader"), ("A", "B"), at(1), &mut free)),
        Err("bind.taken".into())
    );
    bench.ok(move |txn| bind::unlink(txn, (registry, "reader", "B"), "asked", at(1), &mut free));
    bench.ok(move |txn| bind::merge(txn, (registry, "reader"), ("A", "B"), at(2), &mut free));
    let resolved = bench.ok(move |txn| bind::resolve(txn, registry, "reader", "A")).unwrap();
    assert_eq!((resolved.number.as_str(), resolved.person), ("B", id("person", 1)));
    assert_eq!(bench.run(link("A", 3)), Err("bind.merged".into()));
}
