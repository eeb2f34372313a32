//! The outbox and timers.

use super::{Fresh, at, bucket, unit};
use crate::{Store, run_blocking};

fn add(store: &Fresh, number: u16, millis: i64) -> u64 {
    run_blocking(store.as_ref(), bucket(number), move |txn| txn.due_put(at(millis), millis.to_string().into())).unwrap()
}

fn due(store: &dyn Store, buckets: (u16, u16), now: i64, limit: usize) -> Vec<(u16, u64, i64)> {
    let items = store.due((bucket(buckets.0), bucket(buckets.1)), at(now), limit).unwrap();
    for item in &items {
        assert_eq!(item.body, item.at.as_millis().to_string().into_bytes());
    }
    items.into_iter().map(|item| (item.bucket.number(), item.seq, item.at.as_millis())).collect()
}

pub(super) fn what_is_due_comes_soonest_first(store: &Fresh) {
    for (number, millis) in [(3, 50), (9, 10), (3, 10), (5, 30), (3, 10), (4000, 20), (5, -7)] {
        add(store, number, millis);
    }
    let all = [(5, 2, -7), (3, 2, 10), (3, 3, 10), (9, 1, 10), (4000, 1, 20), (5, 1, 30), (3, 1, 50)];
    assert_eq!(due(store.as_ref(), (0, 4095), 50, 99), all);
    assert_eq!(due(store.as_ref(), (0, 4095), 49, 99), all[..6]);
    assert_eq!(due(store.as_ref(), (0, 4095), 50, 3), all[..3]);
    assert_eq!(due(store.as_ref(), (4, 9), 50, 99), [(5, 2, -7), (9, 1, 10), (5, 1, 30)]);
    assert_eq!(due(store.as_ref(), (9, 4), 50, 99), []);
    assert_eq!(due(store.as_ref(), (0, 4095), -8, 99), []);
}

pub(super) fn what_is_done_is_gone(store: &Fresh) {
    for millis in [10, 20, 30] {
        add(store, super::HERE, millis);
    }
    unit(store, |txn| {
        txn.due_done(2)?;
        txn.due_done(77)?;
        txn.due_done(u64::MAX)
    });
    unit(store, |txn| txn.due_done(2));
    assert_eq!(due(store.as_ref(), (0, 4095), 99, 99), [(super::HERE, 1, 10), (super::HERE, 3, 30)]);
}

pub(super) fn places_are_not_used_again(store: &Fresh) {
    let first = unit(store, |txn| {
        let seq = txn.due_put(at(1), b"1".to_vec())?;
        txn.due_done(seq)?;
        Ok(seq)
    });
    assert_eq!(due(store.as_ref(), (0, 4095), 99, 99), []);
    assert_eq!((first, add(store, super::HERE, 2), add(store, super::HERE, 3)), (1, 2, 3));
    unit(store, |txn| txn.due_done(3));
    assert_eq!(add(store, super::HERE, 4), 4, "the place of the newest item is not given again when it is done");
}
