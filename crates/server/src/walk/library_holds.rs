//! The cells of library loans about holds and children.

use serde_json::{Value, json};

use crate::demo::people::CITIZENS;

use super::library::{ID, lend, library, shelve};
use super::phone::Phone;
use super::point::Point;
use super::stage::{Site, Stage};
use super::steps::{Failed, Steps};

/// A book that an adult has on loan and an elder waits for.
struct Waited<'a> {
    site: Site,
    desk: Point<'a>,
    book: String,
    other: String,
    has: Phone<'a>,
    waits: Phone<'a>,
}

async fn waited<'a>(stage: &'a Stage, settings: &[(&str, i64)]) -> Result<Waited<'a>, Failed> {
    let (site, desk, books) = library(stage, settings).await?;
    let (has, waits) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let [book, other, ..] = books.as_slice() else { return Err(Failed::new("no books".to_owned())) };
    lend(&desk, &has, &[book]).await?;
    waits.act(ID, &site.name, "hold", json!({ "item": book })).await?.good()?;
    Ok(Waited { book: book.clone(), other: other.clone(), site, desk, has, waits })
}

impl Waited<'_> {
    async fn give_back(&self, desk: &Point<'_>) -> Result<Value, Failed> {
        Ok(desk.alone(ID, "return", json!({ "items": [self.book] })).await?.good()?.at("/outcome").clone())
    }
}

/// How the hold on a book stands, now or soon; `none` when the phone lists none.
async fn stands(phone: &Phone<'_>, book: &str, expected: &str) -> Result<String, Failed> {
    let mut seen = String::new();
    for _ in 0..60 {
        let things = phone.things("hold").await?;
        let hold = things.iter().find(|thing| thing["body"]["barcode"] == book);
        seen = hold.map_or("none", |hold| hold["body"]["hold_state"].as_str().unwrap_or_default()).to_owned();
        if seen == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(seen)
}

pub async fn hold(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let waited = steps.step("a book that is out is asked for in the app", waited(stage, &[])).await?;
    let seen = stands(&waited.waits, &waited.book, "waiting").await?;
    steps.equal("the phone lists the hold", &json!(seen), &json!("waiting")).await?;
    let back = steps.step("it comes back", waited.give_back(&waited.desk)).await?;
    steps.equal("the desk puts it aside", &back["shade"], &json!("amber")).await?;
    let seen = stands(&waited.waits, &waited.book, "ready").await?;
    steps.equal("the phone says it is ready", &json!(seen), &json!("ready")).await?;
    let inbox = waited.waits.get("/v1/me/messages").await?.good()?;
    steps.check("and a message came", inbox.text.contains("已到"), &inbox.text).await?;
    let lent = steps.step("it is fetched", lend(&waited.desk, &waited.waits, &[&waited.book])).await?;
    steps.equal("lent", &lent["shade"], &json!("green")).await?;
    let seen = stands(&waited.waits, &waited.book, "none").await?;
    steps.equal("the hold has done its work", &json!(seen), &json!("none")).await
}

pub async fn on_hold(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let waited = waited(stage, &[]).await?;
    steps.step("the held book comes back", waited.give_back(&waited.desk)).await?;
    let presentation = waited.desk.present(ID, &waited.has.code()?).await?;
    let input = json!({ "items": [waited.book] });
    steps
        .step("another reader cannot have it", async {
            waited.desk.act(&presentation, "borrow", input).await?.refused("loan.on_hold")
        })
        .await?;
    let input = json!({ "items": [waited.other] });
    steps.step("but another book", async { waited.desk.act(&presentation, "borrow", input).await?.good() }).await?;
    let seen = stands(&waited.waits, &waited.book, "ready").await?;
    steps.equal("it stands on the shelf", &json!(seen), &json!("ready")).await
}

pub async fn hold_elsewhere(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let union = stage.fresh_key();
    let here = stage.site(ID, &["desk"], &[], &[("union", &union)]).await?;
    let there = stage.site(ID, &["desk"], &[], &[("union", &union)]).await?;
    let (desk, far) = (stage.pair(&here, 0).await?, stage.pair(&there, 0).await?);
    let book = shelve(stage, &desk).await?.first().cloned().unwrap_or_default();
    let (has, waits) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    lend(&desk, &has, &[&book]).await?;
    waits.act(ID, &here.name, "hold", json!({ "item": book })).await?.good()?;
    let input = json!({ "items": [book] });
    steps.step("returned at another library", async { far.alone(ID, "return", input.clone()).await?.good() }).await?;
    let seen = stands(&waits, &book, "transfer").await?;
    steps.equal("it is on its way", &json!(seen), &json!("transfer")).await?;
    steps.step("scanned in where it is picked up", async { desk.alone(ID, "return", input).await?.good() }).await?;
    let seen = stands(&waits, &book, "ready").await?;
    steps.equal("it is ready", &json!(seen), &json!("ready")).await
}

pub async fn hold_lapses(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let waited = waited(stage, &[("hold_shelf_days", 1)]).await?;
    waited.give_back(&waited.desk).await?;
    let seen = stands(&waited.waits, &waited.book, "ready").await?;
    steps.equal("on the shelf", &json!(seen), &json!("ready")).await?;
    stage.advance_s(3 * 86_400);
    let seen = stands(&waited.waits, &waited.book, "none").await?;
    steps.equal("nobody came: the hold has lapsed", &json!(seen), &json!("none")).await?;
    let mut has = waited.has;
    has.refill().await?;
    let lent = steps.step("it is lent again", lend(&waited.desk, &has, &[&waited.book])).await?;
    steps.equal("to whoever comes", &lent["shade"], &json!("green")).await
}

pub async fn hold_keeps(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let waited = waited(stage, &[]).await?;
    stage.advance_s(5 * 86_400);
    let mut has = waited.has;
    has.refill().await?;
    let input = json!({ "item": waited.book });
    steps
        .step("while somebody waits it is not renewed", async {
            has.act(ID, &waited.site.name, "renew", input.clone()).await?.refused("loan.wanted")
        })
        .await?;
    let mut waits = waited.waits;
    waits.refill().await?;
    steps
        .step("they give the hold up", async {
            waits.act(ID, &waited.site.name, "unhold", input.clone()).await?.good()
        })
        .await?;
    steps.step("and it is renewed", async { has.act(ID, &waited.site.name, "renew", input).await?.good() }).await?;
    Ok(())
}

/// A parent shows the code for a child: the child has the card, the loans and the limit.
pub async fn child(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[("child_loan_limit_items", 1)]).await?;
    let known =
        CITIZENS.iter().find(|citizen| citizen.subject == "demo-child").ok_or_else(|| Failed::new("no child"))?;
    let known = known.enrolment("");
    let provider = &stage.provider;
    let body = json!({
        "guardian": { "provider": provider, "subject": "demo-parent" },
        "ward": { "document_kind": known.document_kind, "document_number": known.document_number },
    });
    let actor = stage.admin("/v1/admin/guardians", &body).await?["actor"].as_u64().unwrap_or_default();
    let mut parent = Phone::of(stage, "demo-parent").await?;
    parent.show_for(u8::try_from(actor).map_err(Failed::because)?).await?;
    let lent = steps.step("the parent shows the child's code and says yes", lend(&desk, &parent, &[&books[0]])).await?;
    steps.equal("lent to a child", &lent["detail"]["age_class"], &json!("child")).await?;
    let presentation = desk.present(ID, &parent.code()?).await?;
    let input = json!({ "items": [books[1]] });
    steps
        .step("a second book is beyond a child's limit", async {
            desk.act(&presentation, "borrow", input).await?.refused("loan.limit")
        })
        .await?;
    let child = Phone::of(stage, "demo-child").await?;
    let things = child.things("loan").await?;
    let found = things.iter().any(|thing| thing["body"]["barcode"] == books[0].as_str());
    steps.check("the loan is the child's own", found, &json!(things)).await
}
