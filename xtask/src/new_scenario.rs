//! `cargo xtask new-scenario NAME`: one file and one line.

use crate::run::root;

/// Writes the file of a new scenario from the template and adds its line to the catalogue.
pub fn write(name: &str) -> Result<(), String> {
    let fits = name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if !fits {
        return Err(format!("`{name}` is no scenario name: lower-case words joined by `_`, such as visitor_badge"));
    }
    let folder = root().join("crates/scenario/src");
    let path = folder.join(format!("{name}.rs"));
    if path.exists() {
        return Err(format!("{} is there already", path.display()));
    }
    let catalogue = folder.join("lib.rs");
    let list = std::fs::read_to_string(&catalogue).map_err(|error| error.to_string())?;
    let (before, after) =
        list.split_once("scenarios! {\n").ok_or("the catalogue in crates/scenario/src/lib.rs was not found")?;
    let (lines, rest) = after.split_once('}').ok_or("the catalogue's list has no end")?;
    let text = TEMPLATE.replace("SCENARIO_ID", name);
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    let listed = format!("{before}scenarios! {{\n{lines}    {name};\n}}{rest}");
    std::fs::write(&catalogue, listed).map_err(|error| error.to_string())?;
    println!(
        "wrote {} and its line in the catalogue; now fill in the card and run `cargo xtask codegen`",
        path.display()
    );
    Ok(())
}

const TEMPLATE: &str = r#"//! SCENARIO_ID: say in one sentence what this does for a citizen.
//!
//! Worked example: who shows the code where, what the desk enters, what comes of it.

use tongma_capability::{Desk, Place, Scenario, Step, Stop};
use tongma_domain::{ActionsPerPresentation, Card, ConsentKind, OfflineRule, Outcome, Refusal, Text, Words};

/// The scenario.
pub struct Entry;

static CARD: Card = Card {
    id: "SCENARIO_ID",
    number: 21,
    name: Text::new("名称", "Name"),
    summary: Text::new("一句话说明", "One sentence"),
    capabilities: &["present"],
    actions: &[],
    claims: &[],
    consent: ConsentKind::Contract,
    settings: &[],
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::One,
    cells: &[],
};

impl Scenario for Entry {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn place(&self, _step: &Step<'_>) -> Result<Place, Refusal> {
        Ok(Place::Holder)
    }

    fn act(&self, _desk: &mut Desk<'_>, _step: &Step<'_>) -> Result<Outcome, Stop> {
        Ok(Outcome::done(Text::new("已办", "Done"), Words::default(), serde_json::Value::Null))
    }
}
"#;
