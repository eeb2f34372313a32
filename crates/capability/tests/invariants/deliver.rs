use proptest::prelude::*;
use serde_json::json;
use tongma_capability::deliver::{self, Publish};
use tongma_domain::Words;

use crate::support::{Bench, at, id};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn only_subject_or_live_delegate_opens_and_the_latest_version_wins(
        bodies in prop::collection::vec(0..3_u8, 1..8), grant in prop::option::of((1..4_u8, 0..10_i64)), opened_at in 0..10_i64,
    ) {
        let bench = Bench::new();
        let document = id("document", 0);
        let mut versions: Vec<u8> = Vec::new();
        for body in bodies {
            let number = bench.ok(move |txn| {
                let publish = Publish { id: document, subject: id("person", 0), kind: "result", title: Words::default(), body: json!({"n": body}) };
                deliver::publish(txn, publish, at(0))
            });
            if versions.last() != Some(&body) {
                versions.push(body);
            }
            prop_assert_eq!(usize::try_from(number).unwrap(), versions.len());
        }
        if let Some((person, until)) = grant {
            bench.ok(move |txn| deliver::delegate(txn, document, id("person", 0), id("person", person), at(until)));
            let stranger = bench.run(move |txn| deliver::delegate(txn, document, id("person", person), id("person", 3), at(until)));
            prop_assert_eq!(stranger, Err("deliver.not_yours".to_owned()));
        }
        for person in 0..5_u8 {
            let may = person == 0 || grant.is_some_and(|(to, until)| to == person && opened_at <= until);
            let latest = bench.run(move |txn| deliver::open(txn, document, id("person", person), None, at(opened_at)));
            prop_assert_eq!(latest.is_ok(), may);
            let Ok(latest) = latest else { continue };
            prop_assert!(latest.is_latest);
            prop_assert_eq!(&latest.version.body, &json!({"n": versions[versions.len() - 1]}));
            let first = bench.ok(move |txn| deliver::open(txn, document, id("person", person), Some(1), at(opened_at)));
            prop_assert_eq!(&first.version.body, &json!({"n": versions[0]}));
            prop_assert_eq!(first.is_latest, versions.len() == 1, "an old version says that it is old");
        }
    }
}
