//! Once-keys.

use super::{Fresh, at, on_eight_threads, try_unit, unit};
use crate::{Claimed, Key, OnceClaim, StoreError};

fn claim(key: &str, rank: u32, who: u8, answer: &str) -> OnceClaim {
    OnceClaim { key: Key::from(key), rank, claimant: [who; 32], answer: answer.into(), keep_until: at(1_000) }
}

pub(super) fn ranks_and_claimants_decide(store: &Fresh) {
    let ask =
        |rank: u32, who: u8, answer: &'static str| unit(store, move |txn| txn.claim(&claim("a", rank, who, answer)));
    assert_eq!(ask(5, 1, "first"), Claimed::Fresh);
    assert_eq!(ask(5, 1, "retry"), Claimed::Again(b"first".to_vec()), "a retry gets the answer there was");
    assert_eq!(ask(5, 1, "retry"), Claimed::Again(b"first".to_vec()), "and leaves it there");
    assert_eq!(ask(5, 2, "other"), Claimed::Taken { rank: 5 });
    assert_eq!(ask(4, 1, "older"), Claimed::Taken { rank: 5 }, "an earlier step is refused, the same claimant or not");
    assert_eq!(ask(9, 2, "later"), Claimed::Fresh);
    assert_eq!(ask(5, 1, "retry"), Claimed::Taken { rank: 9 });
    assert_eq!(ask(9, 2, "retry"), Claimed::Again(b"later".to_vec()));
    assert_eq!(ask(u32::MAX, 2, "last"), Claimed::Fresh);
    assert_eq!(ask(u32::MAX, 2, ""), Claimed::Again(b"last".to_vec()));
}

pub(super) fn an_answer_is_replaced_inside_its_unit(store: &Fresh) {
    let answers = unit(store, |txn| {
        Ok(vec![
            txn.claim(&claim("a", 0, 1, ""))?,
            txn.claim(&claim("a", 0, 1, "worked out"))?,
            txn.claim(&claim("a", 0, 2, "someone else"))?,
            txn.claim(&claim("a", 0, 1, ""))?,
        ])
    });
    let again = |answer: &str| Claimed::Again(answer.into());
    assert_eq!(answers, [Claimed::Fresh, again(""), Claimed::Taken { rank: 0 }, again("worked out")]);
    assert_eq!(unit(store, |txn| txn.claim(&claim("a", 0, 1, "too late"))), again("worked out"));
    assert_eq!(unit(store, |txn| txn.claim(&claim("a", 0, 1, "too late"))), again("worked out"));
    let failed = try_unit(store, |txn| {
        txn.claim(&claim("b", 0, 1, "never"))?;
        Err::<(), _>(StoreError::Conflict)
    });
    assert_eq!(failed, Err(StoreError::Conflict));
    assert_eq!(unit(store, |txn| txn.claim(&claim("b", 0, 1, "now"))), Claimed::Fresh, "a failed unit claims nothing");
}

pub(super) fn parallel_claims_have_one_winner(store: &Fresh) {
    for round in 0..10_u8 {
        let key = format!("code {round}");
        let results = on_eight_threads(store, |_, number| {
            let key = key.clone();
            unit(store, move |txn| txn.claim(&claim(&key, 3, number, "")))
        });
        let fresh = results.iter().filter(|result| **result == Claimed::Fresh).count();
        let taken = results.iter().filter(|result| **result == Claimed::Taken { rank: 3 }).count();
        assert_eq!((fresh, taken), (1, 7));
    }
}

pub(super) fn old_rows_are_forgotten(store: &Fresh) {
    for key in ["a", "b", "c"] {
        unit(store, move |txn| txn.claim(&claim(key, 0, 1, "")));
    }
    assert_eq!(store.forget(at(1_000), 9), Ok(0), "not before its moment has passed");
    assert_eq!(store.forget(at(1_001), 2), Ok(2));
    assert_eq!(store.forget(at(1_001), 2), Ok(1));
    assert_eq!(unit(store, |txn| txn.claim(&claim("a", 0, 2, ""))), Claimed::Fresh);
}
