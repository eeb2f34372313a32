//! A second opinion on what the verbs mean: the plainest possible store, which copies the bucket for every unit and
//! works on the copy. It shares nothing with the buffered transaction but the port's types, so the two can differ.

mod plain;

use std::sync::Arc;

use plain::PlainStore;
use tongma_store::{Faults, MemoryStore, conformance, differential};

#[test]
fn the_plain_store_conforms() {
    conformance::run(&|| Arc::new(PlainStore::default()));
}

#[test]
fn the_plain_store_and_the_model_answer_alike() {
    for seed in 0..60 {
        differential::compare(seed, 300, &PlainStore::default(), &MemoryStore::new());
    }
}

#[test]
fn units_that_are_run_again_answer_alike() {
    for seed in 0..10 {
        // One run in ten meets a conflict; five in a row, the most that are run, are too rare to meet here.
        let faults = Faults { seed, conflicts_per_mille: 100, ..Faults::default() };
        differential::compare(seed, 100, &PlainStore::default(), &MemoryStore::with_faults(faults));
    }
}
