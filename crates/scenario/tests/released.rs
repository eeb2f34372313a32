//! What leaves is template ∩ permitted ∩ agreed: tried over every scenario × everything that could be said of a person ×
//! every class of age × every answer, and counted. What may leave is worked out here a second time, from the cards and
//! templates alone, in the plainest way there is.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test stop it here")]

use std::collections::{BTreeMap, BTreeSet};

use tongma_capability::disclose::{self, Ask, grant};
use tongma_capability::{Holder, Scenario, Step, Stop, certificate};
use tongma_domain::{
    AGREED_FIELD, ALL_AGES, AgeClass, Card, Claim, Date, Id, Input, Template, UnixMs, Venue, VenueState, Wanted,
};
use tongma_store::{MemoryStore, StoreError, Txn, run_blocking};

const EVERY_CLAIM: [Claim; 16] = [
    Claim::Pseudonym,
    Claim::MaskedName,
    Claim::AgeClass,
    Claim::AtLeast18,
    Claim::AtLeast60,
    Claim::FullName,
    Claim::DocumentNumber,
    Claim::Phone,
    Claim::VenueNumber,
    Claim::LastFour,
    Claim::DocumentKind,
    Claim::Sex,
    Claim::Nation,
    Claim::Birth,
    Claim::Address,
    Claim::Nationality,
];

/// A claim that is added to the kinds has to be added above: this does not compile, or does not hold, without it.
#[test]
fn every_claim_is_among_them() {
    for (place, claim) in EVERY_CLAIM.iter().enumerate() {
        let expected = match claim {
            Claim::Pseudonym => 0,
            Claim::MaskedName => 1,
            Claim::AgeClass => 2,
            Claim::AtLeast18 => 3,
            Claim::AtLeast60 => 4,
            Claim::FullName => 5,
            Claim::DocumentNumber => 6,
            Claim::Phone => 7,
            Claim::VenueNumber => 8,
            Claim::LastFour => 9,
            Claim::DocumentKind => 10,
            Claim::Sex => 11,
            Claim::Nation => 12,
            Claim::Birth => 13,
            Claim::Address => 14,
            Claim::Nationality => 15,
        };
        assert_eq!(place, expected);
    }
}

/// The answers that are tried for a card: every choice among what it asks, each with nothing and with everything that it
/// does not ask; and each thing alone.
fn answers(card: &Card) -> Vec<Vec<Claim>> {
    let (own, others): (Vec<Claim>, Vec<Claim>) =
        EVERY_CLAIM.iter().partition(|claim| card.claims.iter().any(|ask| ask.claim == **claim));
    let choices = (0..1 << own.len()).map(|bits| subset(&own, bits));
    let mut answers: Vec<Vec<Claim>> =
        choices.flat_map(|choice| [choice.clone(), [choice, others.clone()].concat()]).collect();
    answers.extend(EVERY_CLAIM.iter().map(|claim| vec![*claim]));
    answers
}

fn now() -> UnixMs {
    Date::parse("2026-11-24").unwrap().start().plus_s(36_000)
}

fn venue(scenario: &str, approved: bool) -> Venue {
    let scenarios = if approved { vec![scenario.to_owned()] } else { vec!["something_else".to_owned()] };
    Venue {
        id: Id::derived(&[b"venue"]),
        organisation: Id::derived(&[b"organisation"]),
        name_zh: "馆".into(),
        name_en: "Hall".into(),
        state: VenueState::Open,
        scenarios,
        settings: BTreeMap::new(),
        things: BTreeMap::new(),
        premises: tongma_domain::Premises::default(),
    }
}

fn holder(age: AgeClass) -> Holder {
    let birth = match age {
        AgeClass::Child => "2018-01-01",
        AgeClass::Youth => "2010-01-01",
        AgeClass::Adult => "1990-01-01",
        AgeClass::Elder => "1950-01-01",
    };
    let holder = Holder {
        person: Id::derived(&[b"person"]),
        pseudonym: "p".into(),
        actor: 0,
        masked_name: "某**".into(),
        birth: Date::parse(birth).unwrap(),
        document: tongma_domain::DocumentKind::ResidentId,
        bindings: Vec::new(),
        consents: Vec::new(),
        agreed: true,
    };
    assert_eq!(holder.age_class(now()), age);
    holder
}

/// Runs something on an empty store.
fn run<T: Send + 'static>(mut work: impl FnMut(&mut dyn Txn) -> Result<T, Stop> + Send + 'static) -> Result<T, String> {
    let bucket = Id::derived(&[b"person"]).bucket();
    let done = run_blocking(&MemoryStore::new(), bucket, move |txn| match work(txn) {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Refused(refusal)) => Ok(Err(refusal.code().to_owned())),
        Err(Stop::Store(error)) => Err(error),
    });
    done.unwrap_or_else(|error: StoreError| panic!("{error}"))
}

/// Every subset of a list, by the bits of a number.
fn subset<T: Clone>(of: &[T], bits: usize) -> Vec<T> {
    of.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1).map(|(_, item)| item.clone()).collect()
}

#[test]
fn claims_over_scenarios_fields_ages_and_answers() {
    let mut tried = 0_u32;
    for scenario in tongma_scenario::catalogue() {
        let card: &'static Card = scenario.card();
        for age in ALL_AGES {
            for approved in [true, false] {
                for agreed in answers(card) {
                    tried += claim_case(card, *age, approved, agreed);
                }
            }
        }
    }
    println!("claims: {tried} cases, 0 extra");
    assert!(tried > 8 * 4 * 2 * 16);
}

fn claim_case(card: &'static Card, age: AgeClass, approved: bool, agreed: Vec<Claim>) -> u32 {
    let (venue, person) = (venue(card.id, approved), holder(age).person);
    let may: BTreeSet<Claim> =
        card.claims.iter().map(|ask| ask.claim).filter(|claim| approved && agreed.contains(claim)).collect();
    let released = run(move |txn| {
        let ask = Ask { id: person, card, venue: &venue, person, claims: &EVERY_CLAIM, expires: now().plus_s(60) };
        disclose::ask(txn, &ask, now())?;
        disclose::answer(txn, person, person, &agreed, now())?;
        disclose::fetch(txn, person, now())
    });
    let released = released.unwrap();
    let found: BTreeSet<Claim> = released.iter().copied().collect();
    assert_eq!(found, may, "{} {age:?} approved {approved}", card.id);
    assert_eq!(found.len(), released.len(), "each once");
    1
}

/// Every field of every kind of certificate, and every claim, as an answer could name it.
fn everything() -> Vec<String> {
    let fields = certificate::kinds()
        .iter()
        .flat_map(|kind| kind.fields.iter().map(move |field| format!("{}.{}", kind.id, field.id)));
    let claims =
        EVERY_CLAIM.iter().map(|claim| format!("claim.{}", serde_json::to_value(claim).unwrap().as_str().unwrap()));
    fields.chain(claims).collect()
}

/// What may leave, worked out from the template's own lines.
fn may_leave(
    scenario: &dyn Scenario,
    template: &Template,
    (age, approved): (AgeClass, bool),
    agreed: &[String],
) -> BTreeSet<String> {
    let mut may = BTreeSet::new();
    for item in template.items {
        let name = match item.what {
            Wanted::Claim { claim } => {
                if !scenario.card().claims.iter().any(|ask| ask.claim == claim) {
                    continue;
                }
                format!("claim.{}", serde_json::to_value(claim).unwrap().as_str().unwrap())
            }
            Wanted::Field { certificate, field } => format!("{certificate}.{field}"),
        };
        if approved && item.ages.contains(&age) && agreed.contains(&name) {
            may.insert(name);
        }
    }
    may
}

#[test]
fn templates_over_scenarios_matters_fields_ages_and_answers() {
    let (everything, mut tried, mut given) = (everything(), 0_u32, 0_u32);
    for scenario in tongma_scenario::catalogue() {
        for template in scenario.templates() {
            let own: Vec<String> = template.items.iter().map(tongma_domain::TemplateItem::id).collect();
            for age in ALL_AGES {
                for approved in [true, false] {
                    for bits in 0..1 << own.len() {
                        let mut agreed = subset(&own, bits);
                        // Half of the answers agree to everything that no template of this matter asks, too.
                        if bits % 2 == 0 {
                            agreed.extend(everything.iter().filter(|id| !own.contains(id)).cloned());
                        }
                        given += template_case(*scenario, template, (*age, approved), &agreed);
                        tried += 1;
                    }
                }
            }
        }
    }
    println!("templates: {tried} cases, {given} grants, 0 extra");
    assert!(tried > 1000 && given > 100);
}

/// Tries one answer; gives 1 where something was given.
fn template_case(
    scenario: &'static dyn Scenario,
    template: &'static Template,
    (age, approved): (AgeClass, bool),
    agreed: &[String],
) -> u32 {
    let may = may_leave(scenario, template, (age, approved), agreed);
    let needs = template
        .items
        .iter()
        .any(|item| approved && item.required && item.ages.contains(&age) && !agreed.contains(&item.id()));
    let (card, venue, holder) = (scenario.card(), venue(scenario.card().id, approved), holder(age));
    let input = Input::of(&serde_json::json!({ AGREED_FIELD: agreed }));
    let result = run(move |txn| {
        let step = Step {
            cause: tongma_capability::Cause::Operator,
            action: "request",
            venue: &venue,
            point: None,
            operator: None,
            holder: Some(&holder),
            input: &input,
            attempt: Id::derived(&[b"attempt"]),
            now: now(),
        };
        grant::give(txn, (card, template), &step, &holder, grant::Terms { fetch_s: 60 })
    });
    match result {
        Ok(grant) => {
            assert!(!needs, "{}: something required was left out", template.id);
            let found: BTreeSet<String> = grant.items.iter().map(|item| item.id.clone()).collect();
            assert_eq!(found, may, "{} {age:?} approved {approved}", template.id);
            assert_eq!(found.len(), grant.items.len(), "each once");
            1
        }
        Err(code) => {
            assert_eq!((code.as_str(), needs), ("grant.incomplete", true), "{} {age:?}", template.id);
            0
        }
    }
}
