//! Of an item's live holds at most one is set aside, and it is the oldest that still stands; nobody's turn is skipped.

use proptest::prelude::*;
use tongma_capability::Schema;
use tongma_capability::handover::hold::{self, Hold, Standing};
use tongma_domain::Words;

use crate::support::{Bench, at, id};

#[derive(Debug, Clone)]
enum Op {
    Place { person: u8, pick_up: u8 },
    CameIn { at: u8 },
    End { person: u8 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..5_u8, 0..2_u8).prop_map(|(person, pick_up)| Op::Place { person, pick_up }),
        2 => (0..2_u8).prop_map(|at| Op::CameIn { at }),
        1 => (0..5_u8).prop_map(|person| Op::End { person }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn one_copy_is_kept_for_one_reader_in_the_order_of_asking(ops in prop::collection::vec(op(), 1..40)) {
        let bench = Bench::new();
        let house = id("union", 0);
        // The model: who waits, in the order of asking.
        let mut queue: Vec<u8> = Vec::new();
        for (second, op) in (0_u8..).zip(ops) {
            let now = at(second.into());
            match op {
                Op::Place { person, pick_up } => {
                    let asked = Hold {
                        v: Schema, id: id("hold", second), house, code: "B1".into(), title: "t".into(),
                        person: id("person", person), placed: now, pick_up: id("venue", pick_up),
                        pick_up_name: Words::default(), standing: Standing::Waiting, revision: 1,
                    };
                    bench.ok(move |txn| hold::place(txn, asked.clone()));
                    if !queue.contains(&person) {
                        queue.push(person);
                    }
                }
                Op::CameIn { at: place } => {
                    bench.ok(move |txn| hold::set_aside(txn, (house, "B1"), id("venue", place), now.plus_days(3)));
                }
                Op::End { person } => {
                    bench.ok(move |txn| {
                        let holds = hold::of_item(txn, house, "B1")?;
                        match holds.into_iter().find(|held| held.value.person == id("person", person)) {
                            Some(held) => hold::end(txn, held, Standing::Cancelled).map(drop),
                            None => Ok(()),
                        }
                    });
                    queue.retain(|one| *one != person);
                }
            }
            let holds = bench.ok(move |txn| hold::of_item(txn, house, "B1"));
            let people: Vec<_> = holds.iter().map(|held| held.value.person).collect();
            prop_assert_eq!(people, queue.iter().map(|person| id("person", *person)).collect::<Vec<_>>());
            let aside: Vec<usize> = (0..holds.len()).filter(|place| holds[*place].value.standing.is_set_aside()).collect();
            prop_assert!(aside.len() <= 1 && aside.first().is_none_or(|place| *place == 0), "{aside:?}");
        }
    }
}
