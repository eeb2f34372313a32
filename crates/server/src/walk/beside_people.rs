//! People who act for people, and people without a phone: what stands beside every row.

use serde_json::{Value, json};

use super::beside::{THROUGH, booked, museum};
use super::phone::Phone;
use super::point::Point;
use super::stage::{Site, Stage};
use super::steps::{Failed, Steps};
use crate::demo::people::CITIZENS;

/// Books today for somebody: `actor` 0 is oneself; whoever acts for another comes along, since no child enters alone.
async fn book(stage: &Stage, phone: &Phone<'_>, site: &Site, actor: u64) -> Result<super::web::Answer, Failed> {
    let input = json!({
        "date": stage.now().date().to_string(), "session": "00:00", "companions": { "adults": u64::from(actor > 0), "children": 0 },
    });
    let body = json!({
        "scenario": THROUGH, "venue": phone.venue(&site.name).await?, "action": "book", "input": input, "for": actor,
    });
    phone.post("/v1/me/actions", &body).await
}

/// A demo citizen's document number.
fn number_of(subject: &str) -> String {
    let citizen = CITIZENS.iter().find(|citizen| citizen.subject == subject);
    citizen.map(|citizen| citizen.enrolment("").document_number).unwrap_or_default()
}

/// The registry's word that one demo citizen is the guardian of another.
async fn registered(stage: &Stage) -> Result<(), Failed> {
    let body = json!({
        "guardian": { "provider": stage.provider, "subject": "demo-parent" },
        "ward": { "document_kind": "resident_id", "document_number": number_of("demo-child") },
    });
    stage.admin("/v1/admin/guardians", &body).await.map(drop)
}

/// The actor index under which somebody acts for a person of this masked name.
async fn acts_for(phone: &Phone<'_>, masked_name: &str) -> Result<u64, Failed> {
    let wards = phone.get("/v1/me/wards").await?.good()?;
    let found = wards.at("/items").as_array().into_iter().flatten().find(|ward| ward["masked_name"] == masked_name);
    let actor = found.and_then(|ward| ward["actor"].as_u64());
    actor.ok_or_else(|| Failed::new(format!("nobody is `{masked_name}` among those this person acts for")))
}

/// An invitation from one, taken up by the other.
async fn delegated(subject: &Phone<'_>, actor: &Phone<'_>, scenarios: &[&str]) -> Result<u64, Failed> {
    let wish = json!({ "scenarios": scenarios, "venues": [], "days": 2 });
    let code = subject.post("/v1/me/delegates", &wish).await?.good()?.text_at("/code").to_owned();
    let code = json!({ "code": code });
    let offer = actor.post("/v1/me/wards/see", &code).await?.good()?;
    if offer.at("/scenarios") != &json!(scenarios) {
        return Err(Failed::new("the invitation offers something else than was asked for"));
    }
    let taken = actor.post("/v1/me/wards", &code).await?.good()?;
    taken.at("/actor").as_u64().ok_or_else(|| Failed::new("no actor index"))
}

/// A guardian books for a child and shows the child's code: the booking is the child's, and both logs name who acted.
pub async fn guardian(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, gate) = museum(stage, &[]).await?;
    let mut parent = Phone::of(stage, "demo-parent").await?;
    let child = Phone::of(stage, "demo-child").await?;
    registered(stage).await?;
    let actor = steps.step("the guardian finds the child among their wards", acts_for(&parent, "林**")).await?;
    steps.step("and books for the child", async { book(stage, &parent, &site, actor).await?.good() }).await?;
    let found = booked(&child, &site).await?;
    steps.check("the booking is in the child's list", found, &found).await?;
    let own = parent.things("booking").await?.iter().any(|thing| thing["venue"]["zh"] == site.name.as_str());
    steps.check("and not in the guardian's", !own, &own).await?;
    let logged = parent.logged(|line| line["text"]["zh"] == format!("代人办理：{}", site.name)).await?;
    steps.check("the guardian's log has the deed", logged, &logged).await?;
    parent.show_for(u8::try_from(actor).map_err(Failed::because)?).await?;
    let code = parent.code()?;
    let shown =
        steps.step("the child's code, from the guardian's phone", async { gate.scan(THROUGH, &code).await?.good() });
    let shown = shown.await?;
    steps.equal("the gate reads the child", shown.at("/presentation/masked_name"), &json!("林**")).await?;
    let words = &shown.at("/presentation/actor")["for"]["zh"];
    steps.equal("and who shows it for whom", words, &json!("林**（监护人）代 林**")).await?;
    let logged =
        child.logged(|line| line["text"]["zh"].as_str().is_some_and(|text| text.contains("（监护人）代"))).await?;
    steps.check("the child's log says so", logged, &logged).await
}

/// A delegate is held to what the grant says, and to its end.
pub async fn delegate(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, _) = museum(stage, &[]).await?;
    let elder = Phone::of(stage, "demo-elder").await?;
    let helper = Phone::of(stage, "demo-adult").await?;
    let narrow = steps.step("an elder grants loans alone", delegated(&elder, &helper, &["library_loan"])).await?;
    let refused = async { book(stage, &helper, &site, narrow).await?.refused("grant.scope") };
    steps.step("the museum is outside that", refused).await?;
    let actor = steps.step("and then the museum", delegated(&elder, &helper, &[THROUGH])).await?;
    steps.step("the delegate books", async { book(stage, &helper, &site, actor).await?.good() }).await?;
    let found = booked(&elder, &site).await?;
    steps.check("the booking is in the elder's list", found, &found).await?;
    let end = json!({ "actor": actor });
    steps.step("the elder ends it", async { elder.post("/v1/me/delegates/end", &end).await?.good() }).await?;
    let refused = async { book(stage, &helper, &site, actor).await?.refused("grant.ended") };
    steps.step("the delegate books no more", refused).await?;
    let prepared = async { helper.post("/v1/me/tickets/prepare", &end).await?.refused("grant.none") };
    steps.step("and gets no code of theirs", prepared).await?;
    elder.post("/v1/me/delegates/end", &json!({ "actor": narrow })).await?.good()?;
    Ok(())
}

/// How many people a booking of today has let in.
async fn admitted(phone: &Phone<'_>, site: &Site) -> Result<Value, Failed> {
    let mut last = Value::Null;
    for _ in 0..40 {
        let found = phone.things("booking").await?.into_iter().find(|thing| thing["venue"]["zh"] == site.name.as_str());
        last = found.map(|thing| thing["body"]["admitted"].clone()).unwrap_or_default();
        if last.as_u64().is_some_and(|people| people > 0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(last)
}

async fn paper_of(desk: &Point<'_>, presentation: &str) -> Result<String, Failed> {
    let path = format!("/v1/presentations/{presentation}/paper");
    Ok(desk.post(&path, &json!({ "days": 30 })).await?.good()?.text_at("/text").to_owned())
}

/// A paper code is printed, read, used, read again as another read, lost, and dead.
pub async fn paper(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, desk) = museum(stage, &["desk"]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    book(stage, &phone, &site, 0).await?.good()?;
    let first = desk.present(THROUGH, &phone.code()?).await?;
    let text = steps.step("a desk prints a paper code", paper_of(&desk, &first)).await?;
    steps
        .check("of 222 digits", text.len() == 222 && text.bytes().all(|byte| byte.is_ascii_digit()), &text.len())
        .await?;
    let request = "0123456789abcdef0123456789abcdef";
    let read = steps.step("it is read", async { desk.scan_again(THROUGH, &text, request).await?.good() }).await?;
    steps.equal("as paper", read.at("/presentation/mode"), &json!("paper")).await?;
    let again = desk.scan_again(THROUGH, &text, request).await?.good()?;
    steps.equal("the same read again is the same", again.at("/presentation/id"), read.at("/presentation/id")).await?;
    let presentation = read.text_at("/presentation/id").to_owned();
    steps.step("lets in", async { desk.act(&presentation, "admit", json!({})).await?.good() }).await?;
    let people = admitted(&phone, &site).await?;
    steps.equal("the app says one was let in", &people, &json!(1)).await?;
    let logged =
        phone.logged(|line| line["text"]["zh"].as_str().is_some_and(|text| text.contains("出示纸质码"))).await?;
    steps.check("the log shows the paper", logged, &logged).await?;
    let third = desk.present(THROUGH, &text).await?;
    let lost = format!("/v1/presentations/{third}/paper/end");
    steps.step("another read ends it as lost", async { desk.post(&lost, &json!({})).await?.good() }).await?;
    steps.step("it is dead", async { desk.scan(THROUGH, &text).await?.refused("paper.stopped") }).await?;
    Ok(())
}

/// Somebody without a phone is found by their document before a witness, and helped; nobody is found without one.
pub async fn look_up(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, desk) = museum(stage, &["desk"]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    book(stage, &phone, &site, 0).await?.good()?;
    let number = number_of("demo-adult");
    let asked = |witness: &str| {
        json!({
            "point": desk.id, "purpose": THROUGH, "document_kind": "resident_id", "document_number": number,
            "operator": "王工", "reason": "没有手机", "witness": witness,
        })
    };
    let path = "/v1/presentations/assisted";
    let alone = async { desk.post(path, &asked("王工")).await?.refused("look_up.witness") };
    steps.step("one's own witness is none", alone).await?;
    let found = async { desk.post(path, &asked("李主任")).await?.good() };
    let found = steps.step("before a witness one person is found", found).await?;
    steps.equal("of the weakest binding", found.at("/presentation/mode"), &json!("assisted")).await?;
    steps.equal("with a masked name", found.at("/presentation/masked_name"), &json!("陈**")).await?;
    steps.check("and nothing of the document", !found.text.contains(&number), &found.text).await?;
    let presentation = found.text_at("/presentation/id").to_owned();
    steps.step("and is let in", async { desk.act(&presentation, "admit", json!({})).await?.good() }).await?;
    let people = admitted(&phone, &site).await?;
    steps.equal("the app says one was let in", &people, &json!(1)).await?;
    let witnessed = |line: &Value| line["kind"] == "staff_read" && line["detail"]["witness"] == "李主任";
    let logged = phone.logged(|line| witnessed(line) && line["detail"]["reason"] == "没有手机").await?;
    steps.check("the log names operator, witness and reason", logged, &logged).await?;
    let text = steps.step("a paper code is printed for the next time", paper_of(&desk, &presentation)).await;
    steps.step("and read", async { desk.scan(THROUGH, &text?).await?.good() }).await?;
    Ok(())
}
