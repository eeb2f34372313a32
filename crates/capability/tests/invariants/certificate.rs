//! At most one current version; an ended certificate stays ended; only one in force is opened with its fields.

use proptest::prelude::*;
use tongma_capability::certificate::{self, Certificate, Issue, Standing, State};
use tongma_domain::{Date, Id, Words};

use crate::support::{Bench, at, id};

fn issue_of(number: u8, person: Id, serial: &'static str) -> Issue<'static> {
    Issue {
        attempt: id("issue", number),
        person,
        kind: certificate::kind("driving_licence").unwrap(),
        issuer: None,
        serial,
        valid_from: at(0).date(),
        valid_until: None,
        sealed: format!("sealed {number}"),
    }
}

fn issue(bench: &Bench, number: u8, person: Id, second: i64) -> Result<Certificate, String> {
    bench.run(move |txn| certificate::issue(txn, &issue_of(number, person, "A1"), at(second)))
}

#[test]
fn a_new_version_takes_the_place_of_the_one_before() {
    let bench = Bench::new();
    let person = id("person", 1);
    let first = issue(&bench, 1, person, 0).unwrap();
    assert_eq!(issue(&bench, 1, person, 5).unwrap(), first, "the same act again issues nothing");
    let second = issue(&bench, 2, person, 10).unwrap();
    assert_eq!((first.identifier.version(), second.identifier.version()), (1, 2));
    assert!(first.slots.iter().all(|slot| !second.slots.contains(slot)));
    let (current, old) = bench.ok(move |txn| {
        let current = certificate::find_of_person(txn, person, None, 10)?;
        let old = certificate::open_copy(txn, person, &first.identifier, at(11))?;
        Ok((current.items, old))
    });
    assert_eq!(current.len(), 1);
    assert_eq!(current.first().unwrap().value, second);
    assert_eq!((old.standing, old.sealed), (Standing::Lapsed, None));
    assert_eq!(old.certificate.superseded_by, Some(second.identifier));
}

#[test]
fn a_serial_belongs_to_one_person_and_a_copy_opens_for_its_holder_alone() {
    let bench = Bench::new();
    let (one, other) = (id("person", 1), id("person", 2));
    let made = issue(&bench, 1, one, 0).unwrap();
    assert_eq!(issue(&bench, 2, other, 1).unwrap_err(), "certificate.not_yours");
    let identifier = made.identifier;
    let refused = bench.run(move |txn| certificate::open_copy(txn, other, &identifier, at(1))).unwrap_err();
    assert_eq!(refused, "certificate.unknown");
}

#[test]
fn dates_follow_the_kind_and_are_checked() {
    let bench = Bench::new();
    let person = id("person", 1);
    let made = bench.ok(move |txn| {
        let leap = Date::new(2024, 2, 29).unwrap();
        let base = issue_of(1, person, "LEAP");
        certificate::issue(txn, &Issue { valid_from: leap, ..base }, at(0))
    });
    assert_eq!(made.valid_until, Date::new(2034, 2, 28));
    let refused = bench.run(move |txn| {
        let before = Date::from_days(at(0).date().to_days() - 1);
        certificate::issue(txn, &Issue { valid_until: Some(before), ..issue_of(2, person, "B") }, at(0))
    });
    assert_eq!(refused.unwrap_err(), "certificate.dates");
    let refused = bench.run(move |txn| {
        let named = Some(("not a code", Words::new("某局", "A bureau")));
        certificate::issue(txn, &Issue { issuer: named, ..issue_of(3, person, "C") }, at(0))
    });
    assert_eq!(refused.unwrap_err(), "certificate.number");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever an issuer does in whatever order: one current version at most, ended stays ended, and fields come
    /// out exactly while the current version is valid.
    #[test]
    fn one_current_version_and_no_return(acts in prop::collection::vec((0_u8..10, 0_usize..8), 1..20)) {
        let bench = Bench::new();
        let person = id("person", 1);
        let mut expected: Option<State> = None;
        let mut version = 0;
        for (number, (act, state)) in acts.into_iter().enumerate() {
            let number = u8::try_from(number).unwrap();
            if act < 4 {
                let issued = issue(&bench, number, person, i64::from(number)).is_ok();
                let may = matches!(expected, None | Some(State::Valid | State::Lapsed));
                prop_assert_eq!(issued, may);
                if issued {
                    expected = Some(State::Valid);
                    version += 1;
                }
                continue;
            }
            let Some(now) = expected else { continue };
            let state = State::ALL[state];
            let changed = bench.run(move |txn| {
                let current = certificate::find_of_person(txn, person, None, 10)?.items.remove(0).value;
                certificate::change_state(txn, &current.identifier, (state, "because"), at(500))
            });
            prop_assert_eq!(changed.is_ok(), now == state || now.may_change());
            if changed.is_ok() {
                expected = Some(state);
            }
        }
        let found = bench.ok(move |txn| certificate::find_of_person(txn, person, None, 10)).items;
        prop_assert_eq!(found.len(), usize::from(expected.is_some()));
        let (Some(held), Some(expected)) = (found.into_iter().next(), expected) else { return Ok(()) };
        prop_assert_eq!((held.value.state, held.value.identifier.version()), (expected, version));
        let identifier = held.value.identifier;
        let opened = bench.ok(move |txn| certificate::open_copy(txn, person, &identifier, at(600)));
        prop_assert_eq!(opened.sealed.is_some(), expected == State::Valid);
        prop_assert!(opened.certificate.sealed.is_empty());
    }
}
