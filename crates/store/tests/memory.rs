//! The in-memory model passes the suite it specifies.
#![expect(clippy::panic, reason = "a test tells what is wrong by panicking")]

use std::sync::Arc;

use tongma_domain::{Bucket, UnixMs};
use tongma_store::{Claimed, CounterKey, Faults, Key, MemoryStore, OnceClaim, StoreError, conformance, run_blocking};

#[test]
fn the_model_conforms() {
    conformance::run(&|| Arc::new(MemoryStore::new()));
}

/// Counts once for each caller's key, as a caller does that asks again until it hears an answer.
fn count_once(store: &MemoryStore, number: u64) -> u32 {
    for asked in 1.. {
        let result = run_blocking(store, Bucket::default(), move |txn| {
            let claim = OnceClaim {
                key: Key::new(&number.to_be_bytes()),
                rank: 0,
                claimant: [7; 32],
                answer: Vec::new(),
                keep_until: UnixMs::default(),
            };
            if txn.claim(&claim)? == Claimed::Fresh {
                txn.count_add(&CounterKey { name: "counted", of: Key::from("a") }, 1, 0, i64::MAX)?;
            }
            Ok(())
        });
        match result {
            Ok(()) => return asked,
            Err(StoreError::Unavailable(_) | StoreError::Conflict) => {}
            Err(other) => panic!("{other}"),
        }
    }
    0
}

#[test]
fn injected_faults_strike_and_a_caller_with_a_once_key_survives_them() {
    let faults = Faults { seed: 1, conflicts_per_mille: 300, refusals_per_mille: 100, lost_answers_per_mille: 200 };
    let store = MemoryStore::with_faults(faults);
    let asked: u32 = (0..1_000).map(|number| count_once(&store, number)).sum();
    assert!((1_250..1_800).contains(&asked), "about three in ten had to ask again: {asked}");
    let replay = MemoryStore::with_faults(faults);
    let replayed: u32 = (0..1_000).map(|number| count_once(&replay, number)).sum();
    assert_eq!(asked, replayed, "the same seed, the same faults");
    store.set_faults(Faults::default());
    let key = CounterKey { name: "counted", of: Key::from("a") };
    assert_eq!(run_blocking(&store, Bucket::default(), move |txn| txn.count(&key)), Ok(1_000));
}
