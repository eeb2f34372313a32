use proptest::prelude::*;
use serde_json::Value;
use tongma_capability::disclose::{self, Ask, RequestState};
use tongma_domain::{ActionsPerPresentation, Card, Claim, ClaimAsk, ConsentKind, OfflineRule, Text, Venue, VenueState};

use crate::support::{Bench, at, id};

const WHY: Text = Text::new("核对", "To check");
const CLAIMS: &[ClaimAsk] = &[
    ClaimAsk { claim: Claim::VenueNumber, purpose: WHY, retention_days: 30, basis: WHY },
    ClaimAsk { claim: Claim::AgeClass, purpose: WHY, retention_days: 7, basis: WHY },
    ClaimAsk { claim: Claim::MaskedName, purpose: WHY, retention_days: 7, basis: WHY },
];
static CARD: Card = Card {
    id: "sample",
    number: 1,
    name: WHY,
    summary: WHY,
    capabilities: &["disclose"],
    actions: &[],
    claims: CLAIMS,
    consent: ConsentKind::Explicit,
    settings: &[],
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::One,
    cells: &[],
};
const EVERY: &[Claim] =
    &[Claim::Pseudonym, Claim::MaskedName, Claim::AgeClass, Claim::FullName, Claim::DocumentNumber, Claim::VenueNumber];

fn venue(approved: bool) -> Venue {
    let scenarios = if approved { vec!["sample".to_owned()] } else { Vec::new() };
    let (id, organisation) = (id("venue", 0), id("organisation", 0));
    let (settings, things) = Default::default();
    Venue {
        id,
        organisation,
        name_zh: "馆".into(),
        name_en: "Venue".into(),
        state: VenueState::Open,
        scenarios,
        settings,
        things,
        premises: tongma_domain::Premises::default(),
    }
}

fn claims() -> impl Strategy<Value = Vec<Claim>> {
    prop::collection::vec(prop::sample::select(EVERY), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn released_is_asked_and_permitted_and_agreed_with_a_receipt_and_an_expiry(
        asked in claims(), agreed in claims(), approved: bool, answered_s in 0..20_i64, fetched_s in 0..40_i64, withdrawn: bool, other: bool,
    ) {
        let bench = Bench::new();
        let (request, person) = (id("request", 0), id("person", 0));
        let (expires, asked_then, agreed_then) = (at(10), asked.clone(), agreed.clone());
        bench.ok(move |txn| {
            let venue = venue(approved);
            disclose::ask(txn, &Ask { id: request, card: &CARD, venue: &venue, person, claims: &asked_then, expires }, at(0))
        });
        let by = if other { id("person", 1) } else { person };
        let answer = bench.run(move |txn| disclose::answer(txn, request, by, &agreed_then, at(answered_s)));
        if other {
            prop_assert_eq!(answer, Err("consent.unknown".to_owned()));
            prop_assert_eq!(bench.ok(move |txn| disclose::fetch(txn, request, at(fetched_s))), vec![]);
            return Ok(());
        }
        if answered_s > 10 {
            prop_assert_eq!(answer, Err("consent.expired".to_owned()));
            prop_assert_eq!(bench.ok(move |txn| disclose::fetch(txn, request, at(fetched_s))), vec![]);
            return Ok(());
        }
        let request_now = answer.unwrap();
        let on_card = [Claim::VenueNumber, Claim::AgeClass, Claim::MaskedName];
        for claim in EVERY {
            let should = approved && on_card.contains(claim) && asked.contains(claim) && agreed.contains(claim);
            prop_assert_eq!(request_now.released.contains(claim), should, "{:?}", claim);
        }
        prop_assert_eq!(request_now.state == RequestState::Declined, request_now.released.is_empty());
        let receipt = request_now.receipt();
        let named = receipt.get("claims").and_then(Value::as_array).map_or(0, Vec::len);
        prop_assert_eq!(named, request_now.released.len(), "the receipt names what was released");
        // A second answer changes nothing.
        let again = bench.ok(move |txn| disclose::answer(txn, request, person, EVERY, at(answered_s)));
        prop_assert_eq!(&again, &request_now);
        if withdrawn {
            bench.ok(move |txn| disclose::withdraw(txn, request, person));
        }
        let fetched = bench.ok(move |txn| disclose::fetch(txn, request, at(fetched_s)));
        let live = !withdrawn && fetched_s <= 10;
        prop_assert_eq!(fetched, if live { request_now.released } else { vec![] });
    }
}
