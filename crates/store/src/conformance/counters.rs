//! Counters.

use super::{Fresh, on_eight_threads, read, unit};
use crate::{CounterKey, Key};

fn counter(of: &str) -> CounterKey {
    CounterKey { name: "session.booked", of: Key::from(of) }
}

pub(super) fn bounds_hold(store: &Fresh) {
    let answers = unit(store, |txn| {
        let key = counter("a");
        Ok(vec![
            Some(txn.count(&key)?),
            txn.count_add(&key, 3, 0, 3)?,
            txn.count_add(&key, 1, 0, 3)?,
            txn.count_add(&key, -4, 0, 3)?,
            txn.count_add(&key, i64::MAX, i64::MIN, i64::MAX)?,
            txn.count_add(&key, 0, 0, 2)?,
            txn.count_add(&key, 0, 0, 3)?,
            txn.count_add(&key, -5, -2, 3)?,
            txn.count_add(&key, i64::MIN, i64::MIN, i64::MAX)?,
            Some(txn.count(&key)?),
        ])
    });
    let none = None;
    assert_eq!(answers, [Some(0), Some(3), none, none, none, none, Some(3), Some(-2), none, Some(-2)]);
    assert_eq!(read(store, |txn| txn.count(&counter("a"))), -2);
    assert_eq!(read(store, |txn| txn.count(&counter("b"))), 0);
    let extreme = unit(store, |txn| txn.count_add(&counter("c"), i64::MIN, i64::MIN, 0));
    assert_eq!((extreme, read(store, |txn| txn.count(&counter("c")))), (Some(i64::MIN), i64::MIN));
}

pub(super) fn two_units_count_on(store: &Fresh) {
    assert_eq!(unit(store, |txn| txn.count_add(&counter("a"), 2, 0, 9)), Some(2));
    assert_eq!(unit(store, |txn| txn.count_add(&counter("a"), -2, 0, 9)), Some(0));
    assert_eq!(unit(store, |txn| txn.count_add(&counter("a"), 5, 0, 9)), Some(5), "a counter that came back to 0");
    assert_eq!(unit(store, |txn| txn.count_add(&counter("b"), 1, 0, 9)), Some(1), "of another thing");
}

pub(super) fn places_are_never_sold_twice(store: &Fresh) {
    let sold = on_eight_threads(store, |store, _| {
        let mut sold = Vec::new();
        for _ in 0..20 {
            sold.extend(unit(store, |txn| txn.count_add(&counter("session"), 1, 0, 50)));
        }
        sold
    });
    let mut sold = sold.concat();
    sold.sort_unstable();
    assert_eq!(sold, (1..=50).collect::<Vec<_>>(), "each of fifty places once");
}
