//! Units of work: all or nothing, in order, apart from each other.

use std::sync::{Arc, Mutex, mpsc};

use super::{Fresh, HERE, account, at, bucket, on_eight_threads, read, transfer, try_unit, unit};
use crate::{AccountLimit, Claimed, CounterKey, Expect, Index, Key, OnceClaim, Resolution, StoreError, Txn};

fn counter() -> CounterKey {
    CounterKey { name: "test", of: Key::from("a") }
}

fn claim() -> OnceClaim {
    OnceClaim { key: Key::from("a"), rank: 1, claimant: [1; 32], answer: b"x".to_vec(), keep_until: at(9) }
}

/// One write of every verb.
fn write_everything(txn: &mut dyn Txn) -> Result<(), StoreError> {
    let index = vec![Index { name: "by_tag", value: Key::from("red") }];
    txn.put("thing", &Key::from("a"), Expect::Absent, b"body".to_vec(), index)?;
    txn.count_add(&counter(), 5, 0, 9)?;
    txn.account_open(&account("till"), AccountLimit::None)?;
    txn.account_open(&account("due"), AccountLimit::None)?;
    txn.transfer(&transfer("a", "till", "due", 10), true)?;
    txn.resolve(transfer("a", "till", "due", 10).id, Resolution::Void)?;
    txn.claim(&claim())?;
    txn.append(&Key::from("a"), at(1), Vec::new())?;
    txn.due_put(at(1), Vec::new()).map(drop)
}

/// Asserts that what `write_everything` would leave is not there.
fn assert_nothing(txn: &mut dyn Txn) -> Result<(), StoreError> {
    assert_eq!(txn.get("thing", &Key::from("a"))?, None);
    assert_eq!(txn.scan("thing", "by_tag", &Key::from("red"), None, 9)?.items, []);
    assert_eq!(txn.count(&counter())?, 0);
    assert_eq!(txn.account(&account("till"))?, None);
    assert_eq!(txn.transfer_state(transfer("a", "till", "due", 10).id)?, None);
    assert_eq!(txn.log(&Key::from("a"), None, 9)?.items, []);
    Ok(())
}

pub(super) fn an_error_drops_every_write(store: &Fresh) {
    for error in [StoreError::Conflict, StoreError::Bound("test"), StoreError::Corrupt("test".into())] {
        let given = error.clone();
        let result = try_unit(store, move |txn| {
            write_everything(txn)?;
            Err::<(), _>(given.clone())
        });
        assert_eq!(result, Err(error));
    }
    read(store, assert_nothing);
    assert_eq!(store.buckets().unwrap(), []);
    assert_eq!(store.due((bucket(0), bucket(4095)), at(9), 9).unwrap(), []);
    unit(store, |txn| {
        assert_eq!(txn.claim(&claim())?, Claimed::Fresh);
        assert_eq!((txn.append(&Key::from("a"), at(1), Vec::new())?, txn.due_put(at(1), Vec::new())?), (1, 1));
        Ok(())
    });
}

pub(super) fn marks_drop_what_came_after(store: &Fresh) {
    unit(store, |txn| {
        txn.count_add(&counter(), 0, 0, 9)?;
        let start = txn.mark();
        write_everything(txn)?;
        txn.back_to(start);
        assert_nothing(txn)?;
        write_everything(txn)?;
        let middle = txn.mark();
        txn.put("thing", &Key::from("a"), Expect::Version(1), b"later".to_vec(), Vec::new())?;
        txn.count_add(&counter(), 1, 0, 9)?;
        txn.transfer(&transfer("b", "till", "due", 7), false)?;
        txn.claim(&OnceClaim { rank: 2, ..claim() })?;
        assert_eq!((txn.append(&Key::from("a"), at(1), Vec::new())?, txn.due_put(at(1), Vec::new())?), (2, 2));
        txn.due_done(1)?;
        txn.remove("thing", &Key::from("a"), Expect::Version(2))?;
        txn.back_to(middle);
        txn.back_to(middle);
        assert_eq!(txn.get("thing", &Key::from("a"))?.unwrap().version, 1);
        assert_eq!(txn.scan("thing", "by_tag", &Key::from("red"), None, 9)?.items.len(), 1);
        assert_eq!(txn.count(&counter())?, 5);
        assert_eq!(txn.account(&account("due"))?.unwrap().credits_posted.get(), 0);
        assert_eq!(txn.claim(&claim())?, Claimed::Again(b"x".to_vec()));
        assert_eq!((txn.append(&Key::from("b"), at(1), Vec::new())?, txn.due_put(at(2), Vec::new())?), (2, 2));
        Ok(())
    });
    assert_eq!(store.log_of(bucket(HERE), 0, 9).unwrap().len(), 2);
    assert_eq!(store.due((bucket(0), bucket(4095)), at(9), 9).unwrap().len(), 2, "the dropped done did not happen");
    let id = transfer("b", "till", "due", 7).id;
    assert_eq!(read(store, |txn| txn.transfer_state(id)), None);
    assert_eq!(read(store, |txn| txn.get("thing", &Key::from("a"))).unwrap().body, b"body");
}

pub(super) fn reading_writes_nothing(store: &Fresh) {
    read(store, |txn| {
        write_everything(txn)?;
        assert_eq!(txn.count(&counter())?, 5, "a reading function sees what it wrote");
        Ok(())
    });
    read(store, assert_nothing);
    assert_eq!(store.buckets().unwrap(), []);
    let refused = store.read(bucket(HERE), &mut |_| Err(StoreError::Bound("test")));
    assert_eq!(refused, Err(StoreError::Bound("test")));
}

fn put_pair(txn: &mut dyn Txn, number: u64) -> Result<(), StoreError> {
    for key in ["left", "right"] {
        let expect = if number == 0 { Expect::Absent } else { Expect::Version(number) };
        let index = vec![Index { name: "all", value: Key::from("") }];
        txn.put("pair", &Key::from(key), expect, number.to_string().into(), index)?;
    }
    Ok(())
}

pub(super) fn readings_are_snapshots(store: &Fresh) {
    unit(store, |txn| put_pair(txn, 0));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 1..200 {
                unit(store, move |txn| put_pair(txn, number));
            }
        });
        while !writer.is_finished() {
            let (left, all, right) = read(store, |txn| {
                let left = txn.get("pair", &Key::from("left"))?.unwrap();
                let all = txn.scan("pair", "all", &Key::from(""), None, 9)?;
                Ok((left, all, txn.get("pair", &Key::from("right"))?.unwrap()))
            });
            assert_eq!(left.body, right.body, "two reads of one reading are of one moment");
            assert!(all.items.iter().all(|record| record.body == left.body), "so are its scans");
        }
    });
}

pub(super) fn a_panicking_unit_is_refused_alone(store: &Fresh) {
    let result = try_unit(store, |txn| -> Result<(), StoreError> {
        write_everything(txn)?;
        panic!("this panic is part of the case");
    });
    assert!(matches!(result, Err(StoreError::Corrupt(_))), "{result:?}");
    let (tell, told) = mpsc::channel();
    store.submit(
        bucket(HERE),
        Box::new(|_| Ok(())),
        Box::new(move |result| {
            tell.send(result).unwrap();
            panic!("this panic is part of the case");
        }),
    );
    assert_eq!(told.recv(), Ok(Ok(())));
    read(store, assert_nothing);
    unit(store, write_everything);
}

pub(super) fn told_in_order_and_after_the_commit(store: &Fresh) {
    let (tell, told) = mpsc::channel();
    for number in 1..=100_u64 {
        // A failing unit before every tenth leaves no gap and does not hold up the one behind it.
        if number % 10 == 0 {
            let failing = |txn: &mut dyn Txn| {
                txn.append(&Key::from("a"), at(0), Vec::new())?;
                Err(StoreError::Bound("test"))
            };
            let tell = tell.clone();
            store.submit(bucket(HERE), Box::new(failing), Box::new(move |of| tell.send((0, of, Ok(1))).unwrap()));
        }
        let (tell, reader) = (tell.clone(), Arc::clone(store));
        let placed = Arc::new(Mutex::new(0));
        let place = Arc::clone(&placed);
        let work = move |txn: &mut dyn Txn| {
            *place.lock().unwrap() = txn.append(&Key::from("a"), at(0), Vec::new())?;
            Ok(())
        };
        let done = move |result: Result<(), StoreError>| {
            let seen = reader.log_of(bucket(HERE), number - 1, 1).map(|entries| entries.len());
            let place = *placed.lock().unwrap();
            tell.send((place, result, seen)).unwrap();
        };
        store.submit(bucket(HERE), Box::new(work), Box::new(done));
    }
    let mut next = 1;
    for _ in 0..110 {
        let (place, result, seen) = told.recv().unwrap();
        if place == 0 {
            assert_eq!(result, Err(StoreError::Bound("test")));
        } else {
            assert_eq!((result, seen), (Ok(()), Ok(1)), "when its caller is told, entry {place} is there to read");
            assert_eq!(place, next, "units of a bucket run, and their callers are told, in the order of submitting");
            next += 1;
        }
    }
    assert_eq!(next, 101);
}

pub(super) fn told_from_a_callback(store: &Fresh) {
    let (tell, told) = mpsc::channel();
    let again = Arc::clone(store);
    let next = move |result: Result<(), StoreError>| {
        assert_eq!(result, Ok(()));
        let work = |txn: &mut dyn Txn| txn.count_add(&counter(), 1, 0, 9).map(drop);
        again.submit(bucket(HERE), Box::new(work), Box::new(move |result| tell.send(result).unwrap()));
    };
    store.submit(bucket(HERE), Box::new(|txn| txn.count_add(&counter(), 1, 0, 9).map(drop)), Box::new(next));
    assert_eq!(told.recv(), Ok(Ok(())));
    assert_eq!(read(store, |txn| txn.count(&counter())), 2);
}

pub(super) fn nothing_is_lost_between_readers_and_writers(store: &Fresh) {
    unit(store, |txn| txn.put("sum", &Key::from("a"), Expect::Absent, b"0".to_vec(), Vec::new()));
    on_eight_threads(store, |store, _| {
        for _ in 0..25 {
            unit(store, |txn| {
                let record = txn.get("sum", &Key::from("a"))?.unwrap();
                let sum: u64 = String::from_utf8(record.body).unwrap().parse().unwrap();
                let body = (sum + 1).to_string().into();
                txn.put("sum", &Key::from("a"), Expect::Version(record.version), body, Vec::new())
            });
        }
    });
    let record = read(store, |txn| txn.get("sum", &Key::from("a"))).unwrap();
    assert_eq!((record.version, record.body), (201, b"200".to_vec()));
}

pub(super) fn many_units_in_flight(store: &Fresh) {
    let (tell, told) = mpsc::channel();
    for number in 0..1_000_u16 {
        let tell = tell.clone();
        let work = |txn: &mut dyn Txn| txn.count_add(&counter(), 1, 0, 1_000).map(drop);
        store.submit(bucket(number % 40), Box::new(work), Box::new(move |result| tell.send(result).unwrap()));
    }
    assert!((0..1_000).all(|_| told.recv() == Ok(Ok(()))));
    assert_eq!(store.buckets().unwrap(), (0..40).map(bucket).collect::<Vec<_>>());
    assert_eq!(read(store, |txn| txn.count(&counter())), 25);
}
