//! What every scenario in the catalogue keeps to.

use std::collections::BTreeSet;

use tongma_domain::Starter;

use crate::{IDS, catalogue};

#[test]
fn the_list_is_the_folder() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let not_scenarios = ["lib.rs", "harness.rs", "tests.rs"];
    let files: BTreeSet<String> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            std::path::Path::new(name).extension().is_some_and(|ending| ending == "rs")
                && !not_scenarios.contains(&name.as_str())
        })
        .collect();
    let listed: BTreeSet<String> = IDS.iter().map(|id| format!("{id}.rs")).collect();
    assert_eq!(files, listed);
}

#[test]
fn every_card_is_whole() {
    let mut numbers = BTreeSet::new();
    for (scenario, id) in catalogue().iter().zip(IDS) {
        let card = scenario.card();
        assert_eq!(card.id, *id, "the card's id is the file's name");
        assert!((1..=20).contains(&card.number) && numbers.insert(card.number), "{id}: number");
        let mut cells = BTreeSet::new();
        for cell in card.cells {
            assert!(cell.id.starts_with(&format!("{}.", card.number)) && cells.insert(cell.id), "{}", cell.id);
            assert!(!cell.name.zh.is_empty() && !cell.name.en.is_empty(), "{}", cell.id);
        }
        for setting in card.settings {
            assert!(setting.least <= setting.default && setting.default <= setting.most, "{id}.{}", setting.id);
            assert!(!setting.source.is_empty(), "{id}.{}: where is the figure from?", setting.id);
        }
        let mut actions = BTreeSet::new();
        for action in card.actions {
            assert!(actions.insert(action.id) && !action.by.is_empty(), "{id}.{}", action.id);
            let machine = |by: &Starter| matches!(by, Starter::Timer | Starter::Message | Starter::Reply);
            assert!(!action.by.iter().any(machine), "{id}.{}: legs are not on the card", action.id);
            let fields: BTreeSet<_> = action.form.iter().map(|field| field.id).collect();
            assert_eq!(fields.len(), action.form.len(), "{id}.{}: a field twice", action.id);
        }
        for ask in card.claims {
            assert!(ask.retention_days > 0 && !ask.basis.zh.is_empty(), "{id}: {:?}", ask.claim);
        }
    }
}
