//! The documents that are generated from the code: the contract and a page per scenario.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use tongma_domain::{Card, ClaimAsk, Duty, FieldKind};

/// Write the generated documents (`docs/openapi.json`, `docs/scenarios/*.md`) below a directory.
#[derive(Debug, Args)]
pub struct DocumentsArgs {
    /// Where to.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Writes them.
///
/// # Errors
/// The directory cannot be written.
pub fn run(args: &DocumentsArgs) -> io::Result<()> {
    for scenario in tongma_scenario::catalogue() {
        let card = scenario.card();
        write(&args.to.join(format!("docs/scenarios/{}.md", card.id)), &page(card, scenario.duty()))?;
    }
    let contract = tongma_http::openapi::document(&tongma_http::operations(), tongma_scenario::catalogue());
    let text = serde_json::to_string_pretty(&contract).map_err(io::Error::other)?;
    write(&args.to.join("docs/openapi.json"), &(text + "\n"))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// A card as a page for people.
fn page(card: &Card, duty: Option<&Duty>) -> String {
    let mut out = format!(
        "# {} {} · {}\n\n{}\n\n{}\n\n",
        card.number, card.name.zh, card.name.en, card.summary.zh, card.summary.en
    );
    out.push_str("This page is generated from the scenario's card; change the card, not the page.\n\n## Actions\n\n");
    out.push_str("| action | 名称 | by | fields | money |\n|---|---|---|---|---|\n");
    for action in card.actions {
        let by: Vec<String> = action.by.iter().map(|starter| format!("{starter:?}").to_lowercase()).collect();
        let fields: Vec<String> = action
            .form
            .iter()
            .map(|field| format!("`{}` {}{}", field.id, kind(field.kind), if field.required { "" } else { "?" }))
            .collect();
        let money = if action.moves_money { "yes" } else { "" };
        let _ = writeln!(
            out,
            "| `{}` {} | {} | {} | {} | {money} |",
            action.id,
            action.name.en,
            action.name.zh,
            by.join(", "),
            fields.join("; ")
        );
    }
    out.push_str("\n## What a venue learns\n\n");
    let _ = writeln!(
        out,
        "Consent: {:?}. Offline: {:?}.\n\n| claim | why | days kept | basis |\n|---|---|---|---|",
        card.consent, card.offline
    );
    claims(&mut out, card.claims);
    if let Some(duty) = duty {
        let _ = write!(
            out,
            "\n## What the law makes the venue report\n\nTo {} / {}. It goes from the platform to the authority; the venue never has it.\n\n\
             | claim | why | days kept | basis |\n|---|---|---|---|\n",
            duty.authority.zh, duty.authority.en
        );
        claims(&mut out, duty.claims);
    }
    out.push_str(
        "\n## Limits a venue may tune\n\n| setting | meaning | default | range | source |\n|---|---|---|---|---|\n",
    );
    for setting in card.settings {
        let _ = writeln!(
            out,
            "| `{}` | {} / {} | {} | {}–{} | {} |",
            setting.id, setting.name.zh, setting.name.en, setting.default, setting.least, setting.most, setting.source
        );
    }
    out.push_str("\n## Cells: what must work, be refused or be survived\n\n");
    for cell in card.cells {
        let _ = writeln!(out, "- `{}` {} · {}", cell.id, cell.name.zh, cell.name.en);
    }
    out
}

fn claims(out: &mut String, asked: &[ClaimAsk]) {
    for ask in asked {
        let _ = writeln!(
            out,
            "| {:?} | {} / {} | {} | {} |",
            ask.claim, ask.purpose.zh, ask.purpose.en, ask.retention_days, ask.basis.zh
        );
    }
}

const fn kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text { .. } => "text",
        FieldKind::Private { .. } => "private text",
        FieldKind::Number { .. } => "number",
        FieldKind::Barcode => "bar code",
        FieldKind::Barcodes { .. } => "bar codes",
        FieldKind::Amount => "fen",
        FieldKind::Date => "date",
        FieldKind::Choice { .. } => "choice",
        FieldKind::PaymentCode => "payment code",
        FieldKind::Reference => "reference",
        FieldKind::Companions { .. } => "companions",
    }
}
