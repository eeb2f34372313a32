//! The log.

use super::{Fresh, HERE, at, bucket, on_eight_threads, read, try_unit, unit};
use crate::{Key, LogEntry, Page, StoreError, Txn, run_blocking};

fn append(txn: &mut dyn Txn, subject: &str, body: &str) -> Result<u64, StoreError> {
    txn.append(&Key::from(subject), at(5), body.into())
}

fn places(entries: &[LogEntry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.seq).collect()
}

pub(super) fn places_have_no_gaps(store: &Fresh) {
    assert_eq!(unit(store, |txn| append(txn, "a", "one")), 1);
    let failed = try_unit(store, |txn| {
        append(txn, "a", "dropped")?;
        Err::<(), _>(StoreError::Bound("test"))
    });
    assert_eq!(failed, Err(StoreError::Bound("test")));
    assert_eq!(unit(store, |txn| Ok((append(txn, "b", "two")?, append(txn, "a", "three")?))), (2, 3));
    assert_eq!(run_blocking(store.as_ref(), bucket(8), |txn| append(txn, "a", "other")), Ok(1), "each bucket its own");
    let entries = store.log_of(bucket(HERE), 0, 10).unwrap();
    assert_eq!(places(&entries), [1, 2, 3]);
    assert_eq!(entries[1], LogEntry { seq: 2, subject: Key::from("b"), at: at(5), body: b"two".to_vec() });
    assert_eq!(places(&store.log_of(bucket(HERE), 1, 1).unwrap()), [2]);
    assert_eq!(places(&store.log_of(bucket(HERE), 3, 10).unwrap()), [] as [u64; 0]);
    assert_eq!(places(&store.log_of(bucket(HERE), u64::MAX, 10).unwrap()), [] as [u64; 0]);
}

pub(super) fn a_subject_is_read_newest_first(store: &Fresh) {
    for number in 0..10 {
        unit(store, move |txn| append(txn, if number % 2 == 0 { "even" } else { "odd" }, "x"));
    }
    let page = |before: Option<u64>, limit: usize| -> Page<LogEntry> {
        read(store, |txn| txn.log(&Key::from("even"), before, limit))
    };
    let seen = |page: Page<LogEntry>| (places(&page.items), page.more);
    assert_eq!(seen(page(None, 10)), (vec![9, 7, 5, 3, 1], false));
    assert_eq!(seen(page(None, 2)), (vec![9, 7], true));
    assert_eq!(seen(page(Some(7), 3)), (vec![5, 3, 1], false));
    assert_eq!(seen(page(Some(1), 3)), (vec![], false));
    assert_eq!(seen(page(Some(u64::MAX), 1)), (vec![9], true));
    assert_eq!(seen(page(None, 0)), (vec![], true));
}

pub(super) fn a_unit_reads_what_it_appended(store: &Fresh) {
    unit(store, |txn| append(txn, "a", "one"));
    let seen = unit(store, |txn| {
        append(txn, "b", "two")?;
        append(txn, "a", "three")?;
        append(txn, "a", "four")?;
        let subject = Key::from("a");
        let mut seen = Vec::new();
        for (before, limit) in [(None, 9), (None, 2), (None, 1), (Some(4), 9), (Some(3), 9)] {
            let page = txn.log(&subject, before, limit)?;
            seen.push((places(&page.items), page.more));
        }
        Ok(seen)
    });
    let expected = [(vec![4, 3, 1], false), (vec![4, 3], true), (vec![4], true), (vec![3, 1], false), (vec![1], false)];
    assert_eq!(seen, expected);
}

pub(super) fn parallel_writers_leave_no_gap(store: &Fresh) {
    let given = on_eight_threads(store, |store, number| {
        (0..25_u8)
            .filter_map(|round| {
                try_unit(store, move |txn| {
                    let seq = append(txn, "a", &format!("{number}"))?;
                    // Every fifth unit changes its mind after it was given a place.
                    if round % 5 == 4 { Err(StoreError::Bound("test")) } else { Ok(seq) }
                })
                .ok()
            })
            .collect::<Vec<_>>()
    });
    for places in &given {
        assert!(places.is_sorted(), "one caller's units keep their order");
    }
    let mut given = given.concat();
    given.sort_unstable();
    assert_eq!(given, (1..=160).collect::<Vec<u64>>());
    assert_eq!(places(&store.log_of(bucket(HERE), 0, 500).unwrap()), given);
}
