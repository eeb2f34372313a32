//! Records and their indexes.

use super::{Fresh, bucket, read, try_unit, unit};
use crate::{
    Expect, Index, Key, MOST_BODY_BYTES, MOST_ENTRIES, MOST_PAGE, Page, Record, StoreError, Txn, run_blocking,
};

fn put(txn: &mut dyn Txn, key: &str, expect: Expect, body: &str) -> Result<u64, StoreError> {
    txn.put("thing", &Key::from(key), expect, body.into(), Vec::new())
}

fn tagged(txn: &mut dyn Txn, key: &[u8], expect: Expect, tag: &str) -> Result<u64, StoreError> {
    let index = vec![Index { name: "by_tag", value: Key::from(tag) }];
    txn.put("thing", &Key::new(key), expect, key.to_vec(), index)
}

fn body_of(record: Option<Record>) -> Option<(u64, String)> {
    record.map(|record| (record.version, String::from_utf8(record.body).unwrap()))
}

fn keys(page: Page<Record>) -> (Vec<Vec<u8>>, bool) {
    (page.items.into_iter().map(|record| record.key.as_bytes().to_vec()).collect(), page.more)
}

pub(super) fn versions_count_puts(store: &Fresh) {
    assert_eq!(unit(store, |txn| put(txn, "a", Expect::Absent, "one")), 1);
    assert_eq!(unit(store, |txn| put(txn, "a", Expect::Version(1), "two")), 2);
    assert_eq!(body_of(read(store, |txn| txn.get("thing", &Key::from("a")))), Some((2, "two".into())));
    unit(store, |txn| txn.remove("thing", &Key::from("a"), Expect::Version(2)));
    assert_eq!(read(store, |txn| txn.get("thing", &Key::from("a"))), None);
    assert_eq!(unit(store, |txn| put(txn, "a", Expect::Absent, "three")), 1);
}

pub(super) fn a_wrong_expectation_is_a_conflict_at_once(store: &Fresh) {
    unit(store, |txn| put(txn, "a", Expect::Absent, "one"));
    let answers = unit(store, |txn| {
        let key = Key::from("a");
        Ok(vec![
            put(txn, "a", Expect::Absent, "x").is_err(),
            put(txn, "a", Expect::Version(2), "x").is_err(),
            put(txn, "a", Expect::Version(0), "x").is_err(),
            put(txn, "b", Expect::Version(1), "x").is_err(),
            txn.remove("thing", &key, Expect::Absent).is_err(),
            txn.remove("thing", &key, Expect::Version(2)).is_err(),
            txn.remove("thing", &Key::from("b"), Expect::Version(1)).is_err(),
        ])
    });
    assert_eq!(answers, [true; 7], "each is refused inside the unit");
    assert_eq!(try_unit(store, |txn| put(txn, "a", Expect::Absent, "x")), Err(StoreError::Conflict));
    assert_eq!(body_of(read(store, |txn| txn.get("thing", &Key::from("a")))), Some((1, "one".into())));
    unit(store, |txn| txn.remove("thing", &Key::from("b"), Expect::Absent));
}

pub(super) fn a_unit_sees_its_own_records(store: &Fresh) {
    unit(store, |txn| {
        let key = Key::from("a");
        assert_eq!(txn.get("thing", &key)?, None);
        assert_eq!(put(txn, "a", Expect::Absent, "one")?, 1);
        assert_eq!(put(txn, "a", Expect::Version(1), "two")?, 2);
        assert_eq!(body_of(txn.get("thing", &key)?), Some((2, "two".into())));
        txn.remove("thing", &key, Expect::Version(2))?;
        assert_eq!(txn.get("thing", &key)?, None);
        assert_eq!(put(txn, "a", Expect::Absent, "three")?, 1);
        put(txn, "a", Expect::Version(1), "four")
    });
    assert_eq!(body_of(read(store, |txn| txn.get("thing", &Key::from("a")))), Some((2, "four".into())));
}

pub(super) fn kinds_and_buckets_are_apart(store: &Fresh) {
    unit(store, |txn| put(txn, "a", Expect::Absent, "here"));
    unit(store, |txn| txn.put("other", &Key::from("a"), Expect::Absent, b"other".to_vec(), Vec::new()));
    run_blocking(store.as_ref(), bucket(4095), |txn| {
        assert_eq!(txn.bucket(), bucket(4095));
        assert_eq!(txn.get("thing", &Key::from("a"))?, None);
        put(txn, "a", Expect::Absent, "there")
    })
    .unwrap();
    assert_eq!(body_of(read(store, |txn| txn.get("thing", &Key::from("a")))), Some((1, "here".into())));
    assert_eq!(body_of(read(store, |txn| txn.get("other", &Key::from("a")))), Some((1, "other".into())));
    assert_eq!(store.buckets().unwrap(), [bucket(super::HERE), bucket(4095)]);
}

pub(super) fn any_bytes_come_back(store: &Fresh) {
    let bodies = [vec![], vec![0], vec![0xff; 3], vec![0x5a; MOST_BODY_BYTES]];
    for (number, body) in bodies.iter().enumerate() {
        let (key, body) = (Key::new(&vec![0xfe; number * 16]), body.clone());
        unit(store, move |txn| txn.put("thing", &key, Expect::Absent, body.clone(), Vec::new()));
    }
    for (number, body) in bodies.iter().enumerate() {
        let key = Key::new(&vec![0xfe; number * 16]);
        assert_eq!(&read(store, |txn| txn.get("thing", &key)).unwrap().body, body);
    }
}

pub(super) fn sizes_are_limited(store: &Fresh) {
    let long: Key = serde_json::from_str(&format!("{:?}", vec![1_u8; 65])).unwrap();
    let refusals = unit(store, move |txn| {
        let key = Key::from("a");
        let entries = |count: usize| {
            (0..count).map(|n| Index { name: "by_n", value: Key::new(&n.to_be_bytes()) }).collect::<Vec<_>>()
        };
        Ok(vec![
            txn.put("thing", &key, Expect::Absent, vec![0; MOST_BODY_BYTES + 1], Vec::new()).map(drop),
            txn.put("thing", &long, Expect::Absent, Vec::new(), Vec::new()).map(drop),
            txn.put("a kind of a thing too long", &key, Expect::Absent, Vec::new(), Vec::new()).map(drop),
            txn.put("", &key, Expect::Absent, Vec::new(), Vec::new()).map(drop),
            txn.put("thing", &key, Expect::Absent, Vec::new(), entries(MOST_ENTRIES + 1)).map(drop),
            txn.get("thing", &long).map(drop),
            txn.append(&key, super::at(0), vec![0; MOST_BODY_BYTES + 1]).map(drop),
            txn.due_put(super::at(0), vec![0; MOST_BODY_BYTES + 1]).map(drop),
        ])
    });
    assert!(refusals.iter().all(|answer| matches!(answer, Err(StoreError::Bound(_)))), "{refusals:?}");
    assert_eq!(store.buckets().unwrap(), [], "nothing was written");
}

pub(super) fn scans_go_by_key_under_one_value(store: &Fresh) {
    unit(store, |txn| {
        for key in [&b"b"[..], b"a\xff", b"a", b"ab", b"\xff", b""] {
            tagged(txn, key, Expect::Absent, "red")?;
        }
        tagged(txn, b"c", Expect::Absent, "re")?;
        tagged(txn, b"d", Expect::Absent, "redd").map(drop)
    });
    let red = read(store, |txn| txn.scan("thing", "by_tag", &Key::from("red"), None, 10));
    let order: Vec<Vec<u8>> = [&b""[..], b"a", b"ab", b"a\xff", b"b", b"\xff"].map(<[u8]>::to_vec).into();
    assert_eq!(keys(red), (order, false));
    let none = read(store, |txn| txn.scan("thing", "by_other", &Key::from("red"), None, 10));
    assert_eq!(none.items, []);
    let other_kind = read(store, |txn| txn.scan("other", "by_tag", &Key::from("red"), None, 10));
    assert_eq!(other_kind.items, []);
}

pub(super) fn entries_follow_the_last_put(store: &Fresh) {
    let listed = |tag: &'static str| keys(read(store, |txn| txn.scan("thing", "by_tag", &Key::from(tag), None, 9))).0;
    unit(store, |txn| tagged(txn, b"a", Expect::Absent, "red"));
    unit(store, |txn| tagged(txn, b"a", Expect::Version(1), "blue"));
    assert_eq!((listed("red").len(), listed("blue").len()), (0, 1));
    unit(store, |txn| {
        let tags = ["red", "blue", "red"].map(|tag| Index { name: "by_tag", value: Key::from(tag) });
        txn.put("thing", &Key::from("a"), Expect::Version(2), Vec::new(), tags.into())
    });
    assert_eq!((listed("red").len(), listed("blue").len()), (1, 1), "several values of one index, none listed twice");
    unit(store, |txn| txn.remove("thing", &Key::from("a"), Expect::Version(3)));
    assert_eq!((listed("red").len(), listed("blue").len()), (0, 0));
    unit(store, |txn| put(txn, "a", Expect::Absent, ""));
    assert_eq!((listed("red").len(), listed("blue").len()), (0, 0), "a record put again has the entries of that put");
}

pub(super) fn scans_are_paged(store: &Fresh) {
    for part in 0..3_u16 {
        unit(store, move |txn| {
            (0..200_u16).try_for_each(|n| tagged(txn, &(part * 200 + n).to_be_bytes(), Expect::Absent, "red").map(drop))
        });
    }
    let page = |after: Option<u16>, limit: usize| {
        let after = after.map(|n| Key::new(&n.to_be_bytes()));
        let (keys, more) =
            keys(read(store, |txn| txn.scan("thing", "by_tag", &Key::from("red"), after.as_ref(), limit)));
        (keys.iter().map(|key| u16::from_be_bytes([key[0], key[1]])).collect::<Vec<_>>(), more)
    };
    assert_eq!(page(None, 3), (vec![0, 1, 2], true));
    assert_eq!(page(Some(2), 3), (vec![3, 4, 5], true));
    assert_eq!(page(Some(596), 3), (vec![597, 598, 599], false), "a page that is just full has no more behind it");
    assert_eq!(page(Some(599), 3), (vec![], false));
    assert_eq!(page(None, 0), (vec![], true));
    let (most, more) = page(None, usize::MAX);
    assert_eq!((most.len(), more), (MOST_PAGE, true));
}

pub(super) fn scans_merge_what_the_unit_wrote(store: &Fresh) {
    unit(store, |txn| {
        for key in [b"b", b"d", b"f", b"h"] {
            tagged(txn, key, Expect::Absent, "red")?;
        }
        tagged(txn, b"e", Expect::Absent, "blue").map(drop)
    });
    let (pages, after) = unit(store, |txn| {
        tagged(txn, b"a", Expect::Absent, "red")?;
        tagged(txn, b"d", Expect::Version(1), "blue")?;
        tagged(txn, b"e", Expect::Version(1), "red")?;
        tagged(txn, b"f", Expect::Version(1), "red")?;
        txn.remove("thing", &Key::from("b"), Expect::Version(1))?;
        let red = Key::from("red");
        let pages = [
            keys(txn.scan("thing", "by_tag", &red, None, 9)?),
            keys(txn.scan("thing", "by_tag", &red, None, 2)?),
            keys(txn.scan("thing", "by_tag", &red, Some(&Key::from("e")), 2)?),
        ];
        let rewritten = txn.scan("thing", "by_tag", &red, Some(&Key::from("e")), 1)?;
        Ok((pages, rewritten.items[0].version))
    });
    let names = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
    assert_eq!(pages[0], (names(&["a", "e", "f", "h"]), false));
    assert_eq!(pages[1], (names(&["a", "e"]), true));
    assert_eq!(pages[2], (names(&["f", "h"]), false));
    assert_eq!(after, 2, "the record as the unit wrote it");
    let committed = read(store, |txn| txn.scan("thing", "by_tag", &Key::from("red"), None, 9));
    assert_eq!(keys(committed), (names(&["a", "e", "f", "h"]), false));
}
