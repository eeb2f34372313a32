//! The cells of row 3 that are decided here; what the copies hold is the service's matter and is walked.

use serde_json::{Value, json};
use tongma_capability::certificate::{self, Issue, State};
use tongma_capability::disclose::grant::{self, Grant};
use tongma_capability::{Cause, Holder, Stop};
use tongma_domain::{Date, Id, TemplateItem};
use tongma_store::{Store, StoreError, load, run_blocking};

use super::Entry;
use super::matters::TEMPLATES;
use crate::harness::{World, attempt, code, person};

/// Runs something in a person's bucket.
fn in_bucket<T: Send + 'static>(
    world: &World,
    bucket: tongma_domain::Bucket,
    mut work: impl FnMut(&mut dyn tongma_store::Txn) -> Result<T, Stop> + Send + 'static,
) -> T {
    run_blocking(&world.store, bucket, move |txn| match work(txn) {
        Ok(value) => Ok(value),
        Err(Stop::Store(error)) => Err(error),
        Err(Stop::Refused(refusal)) => Err(StoreError::Unavailable(refusal.to_string())),
    })
    .unwrap()
}

fn issue(world: &World, holder: &Holder, kind: &'static str, serial: &str) -> certificate::Identifier {
    let (of, now, serial) = (holder.person, world.now, serial.to_owned());
    in_bucket(world, of.bucket(), move |txn| {
        let kind = certificate::kind(kind).unwrap();
        let attempt = Id::derived(&[b"issue", serial.as_bytes(), of.as_bytes()]);
        let valid_from = Date::parse("2026-01-01").unwrap();
        let sealed = "sealed".to_owned();
        let issue =
            Issue { attempt, person: of, kind, issuer: None, serial: &serial, valid_from, valid_until: None, sealed };
        Ok(certificate::issue(txn, &issue, now)?.identifier)
    })
}

fn grant_of(world: &World, outcome: &Value) -> Grant {
    let id = Id::parse(outcome["grant"].as_str().unwrap()).unwrap();
    let mut found = None;
    world
        .store
        .read(id.bucket(), &mut |txn| {
            found = load::<Grant>(txn, id)?.map(|held| held.value);
            Ok(())
        })
        .unwrap();
    found.unwrap()
}

/// A hall with an adult who holds an identity card, and what she agrees to.
fn hall() -> (World, Holder) {
    let mut world = World::new(&Entry);
    let mut chen = person("陈", "1985-05-05");
    issue(&world, &chen, "resident_id_card", "A1");
    chen.agreed = true;
    world.agreed = ["resident_id_card.name", "resident_id_card.id_number", "claim.phone"].map(str::to_owned).to_vec();
    (world, chen)
}

const RESIDENCE: fn() -> Value = || json!({"matter": "residence"});

#[test]
fn without_a_yes_nothing_is_given_and_nothing_stays() {
    let (mut world, mut chen) = hall();
    chen.agreed = false;
    assert_eq!(code(&world.at_desk("request", &chen, RESIDENCE(), attempt(1))), "consent.needed");
    assert!(world.log.is_empty());
    chen.agreed = true;
    world.agreed.retain(|id| id != "resident_id_card.name");
    let answer = world.at_desk("request", &chen, RESIDENCE(), attempt(1));
    assert_eq!(code(&answer), "grant.incomplete", "a required item was left out");
    let child = person("童", "2020-01-01");
    let child = Holder { agreed: true, ..child };
    let answer = world.at_desk("request", &child, json!({"matter": "driving"}), attempt(2));
    assert_eq!(code(&answer), "grant.not_for_them", "children hold no driving licence");
}

#[test]
fn a_grant_holds_what_was_agreed_and_names_what_was_kept_back() {
    let (mut world, chen) = hall();
    let given = world.at_desk("request", &chen, RESIDENCE(), attempt(1)).unwrap();
    let grant = grant_of(&world, &given.detail);
    assert_eq!(grant.item_ids(), ["resident_id_card.name", "resident_id_card.id_number", "claim.phone"]);
    assert_eq!(grant.kept_back, ["resident_id_card.address", "residence_permit.city"]);
    assert_eq!(given.detail["certificates"][0]["state"]["en"], "Valid");
    let again = world.at_desk("request", &chen, RESIDENCE(), attempt(1)).unwrap();
    assert_eq!(again.detail["grant"], given.detail["grant"], "the same attempt gives the same grant");
    assert!(!given.detail.to_string().contains("陈"), "no value is in the answer");
}

#[test]
fn every_state_but_in_force_is_a_result() {
    for state in State::ALL {
        let (mut world, chen) = hall();
        let card = issue(&world, &chen, "residence_permit", "P1");
        world.agreed.push("residence_permit.city".into());
        let now = world.now;
        in_bucket(&world, chen.person.bucket(), move |txn| {
            certificate::change_state(txn, &card, (state, "试"), now).map(drop)
        });
        let given = world.at_desk("request", &chen, RESIDENCE(), attempt(1)).unwrap();
        let expected = if state == State::Valid { tongma_domain::Shade::Green } else { tongma_domain::Shade::Amber };
        assert_eq!(given.shade, expected, "{}", state.code());
        let row = given.detail["certificates"].as_array().unwrap().iter().find(|row| row["name"]["zh"] == "居住证");
        assert_eq!(row.unwrap()["state"]["zh"], state.name().zh);
    }
}

#[test]
fn closing_ends_fetching_and_withdrawing_reaches_the_venue_and_back() {
    let (mut world, chen) = hall();
    let given = world.at_desk("request", &chen, RESIDENCE(), attempt(1)).unwrap().detail;
    let about = json!({"grant": given["grant"]});
    let fetchable = |world: &World| grant_of(world, &given).fetchable(world.now).map_err(|refusal| refusal.code.0);
    assert!(fetchable(&world).is_ok());
    let late = world.now.plus_s(31 * 60);
    assert_eq!(grant_of(&world, &given).fetchable(late).unwrap_err().code(), "grant.expired");
    world.at_point("close", about.clone(), attempt(2)).unwrap();
    assert_eq!(fetchable(&world).unwrap_err(), "grant.closed");
    world.in_app("withdraw", &chen, about.clone(), attempt(3)).unwrap();
    assert_eq!(fetchable(&world).unwrap_err(), "grant.withdrawn");
    let listed = world.list(Cause::Point, "list", None, &Value::Null);
    assert_eq!((listed.len(), &listed[0]["overdue"]), (1, &json!(false)));
    world.at_point("acknowledge", about.clone(), attempt(4)).unwrap();
    assert!(world.list(Cause::Point, "list", None, &Value::Null).is_empty());
    assert_eq!(grant_of(&world, &given).acknowledged, Some(world.now));
    assert_eq!(world.timers.len(), 1);
    let (_, overdue) = world.timers[0].clone();
    world.leg(&overdue, Cause::Timer).unwrap();
    world.deliver();
    assert!(!world.lines(chen.person).iter().any(|line| line.contains("逾期")), "it was acknowledged in time");
}

#[test]
fn a_venue_that_says_nothing_is_told_to_the_holder() {
    let (mut world, chen) = hall();
    let given = world.at_desk("request", &chen, RESIDENCE(), attempt(1)).unwrap().detail;
    world.in_app("withdraw", &chen, json!({"grant": given["grant"]}), attempt(2)).unwrap();
    world.in_app("withdraw", &chen, json!({"grant": given["grant"]}), attempt(3)).unwrap();
    let (at, overdue) = world.timers[0].clone();
    assert_eq!((at, world.timers.len()), (world.now.plus_days(15), 1), "withdrawn twice is withdrawn once");
    world.now = at;
    world.leg(&overdue, Cause::Timer).unwrap();
    world.deliver();
    assert!(world.lines(chen.person).iter().any(|line| line.contains("逾期")));
}

#[test]
fn a_grant_is_its_holders_and_its_organisations_alone() {
    let (mut world, chen) = hall();
    let given = world.at_desk("request", &chen, RESIDENCE(), attempt(1)).unwrap().detail;
    let about = json!({"grant": given["grant"]});
    let wu = person("吴", "1990-01-01");
    assert_eq!(code(&world.in_app("withdraw", &wu, about.clone(), attempt(2))), "grant.unknown");
    world.venue.organisation = Id::derived(&[b"another"]);
    assert_eq!(code(&world.at_point("close", about, attempt(3))), "grant.unknown");
}

#[test]
fn templates_ask_for_what_the_catalogue_knows_and_every_one_needs_something() {
    for template in TEMPLATES {
        let ids: std::collections::BTreeSet<String> = template.items.iter().map(TemplateItem::id).collect();
        assert_eq!(ids.len(), template.items.len(), "{}: an item twice", template.id);
        assert!(template.items.iter().any(|item| item.required), "{}", template.id);
        assert!(template.retention_days > 0 && !template.basis.en.is_empty(), "{}", template.id);
        let world = World::new(&Entry);
        let known = tongma_domain::ALL_AGES
            .iter()
            .flat_map(|age| grant::permitted(template, &super::CARD, &world.venue, *age))
            .map(TemplateItem::id)
            .collect::<std::collections::BTreeSet<_>>();
        assert_eq!(known, ids, "{}: an item that no certificate has, or that nobody may be asked", template.id);
    }
}
