//! The cells of certificates at a window: what is asked, shown, given, fetched and kept as proof.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tongma_code::list::Kind;
use tongma_code::receipt::Receipt;
use tongma_code::sign::PublicKey;
use tongma_code::ticket::Suite;
use tongma_verify::lists::{Keyring, Roots, Suites};

use super::Cell;
use super::certificate_rules::{
    closes, guardian, matter_changed, overdue, refetch, refused, revocable, revoked_between, states, step_up, timeout,
};
use super::phone::Phone;
use super::point::{OPERATOR, Point};
use super::sabotage::Fault;
use super::stage::{Site, Stage};
use super::steps::{Failed, Steps};
use super::web::Answer;
use crate::demo::people::CITIZENS;

/// The scenario.
pub const ID: &str = "certificate_grant";
/// The PIN of everybody in the walk.
pub const PIN: &str = "135246";

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "3.derived" derived Fault::Assume("request");
        "3.shown" shown Fault::Stubborn("request");
        "3.all" all Fault::Lie("request");
        "3.some" some Fault::Widen("request");
        "3.receipts" receipts Fault::Setting("fetch_min", 60);
        "3.closes" closes Fault::Mute("close");
        "3.revocable" revocable Fault::Mute("withdraw");
        "3.overdue" overdue Fault::Mute("overdue");
        "3.states" states Fault::Stubborn("request");
        "3.revoked_between" revoked_between Fault::Lie("request");
        "3.refused" refused Fault::Assume("request");
        "3.refetch" refetch Fault::Lie("close");
        "3.timeout" timeout Fault::Assume("request");
        "3.guardian" guardian Fault::Assume("request");
        "3.matter_changed" matter_changed Fault::Assume("request");
        "3.step_up" step_up Fault::Assume("request");
        "3.nothing_extra" nothing_extra Fault::Widen("request");
    }
}

/// A hall with one window.
pub async fn hall(stage: &Stage) -> Result<(Site, Point<'_>), Failed> {
    let site = stage.site(ID, &["desk"], &[], &[]).await?;
    let window = stage.pair(&site, 0).await?;
    Ok((site, window))
}

/// Issues a certificate to a demo citizen and gives its identifier.
pub async fn issue(stage: &Stage, name: &str, kind: &str, fields: Value) -> Result<String, Failed> {
    let citizen = CITIZENS.iter().find(|citizen| citizen.name == name).ok_or_else(|| Failed::new("no such citizen"))?;
    let known = citizen.enrolment("");
    let body = json!({
        "document_kind": known.document_kind, "document_number": known.document_number, "kind": kind,
        "serial": stage.fresh_key()[..16].to_uppercase(), "fields": fields,
    });
    let issued = stage.admin("/v1/admin/certificates", &body).await?;
    issued["identifier"].as_str().map(str::to_owned).ok_or_else(|| Failed::new("no identifier"))
}

/// Changes the state of a certificate, as its issuer does.
pub async fn change(stage: &Stage, identifier: &str, state: &str) -> Result<(), Failed> {
    let body = json!({ "identifier": identifier, "state": state, "reason": "走查" });
    stage.admin("/v1/admin/certificates/state", &body).await.map(drop)
}

/// The window scans the phone and asks for a matter; the question waits on the phone. Gives the presentation.
pub async fn ask(window: &Point<'_>, phone: &Phone<'_>, matter: &str) -> Result<String, Failed> {
    let presentation = window.present(ID, &phone.code()?).await?;
    window.act(&presentation, "request", json!({ "matter": matter })).await?.refused("consent.needed")?;
    Ok(presentation)
}

/// The newest question that waits on a phone.
pub async fn question(phone: &Phone<'_>) -> Result<Value, Failed> {
    let waiting = phone.get("/v1/me/requests").await?.good()?;
    let newest = waiting.at("/items").as_array().and_then(|items| items.last());
    newest.cloned().ok_or_else(|| Failed::new("no question waits on the phone"))
}

/// Refuses a question.
pub async fn refuse(phone: &Phone<'_>, question: &Value) -> Result<Answer, Failed> {
    let id = question["id"].as_str().unwrap_or_default();
    phone.post(&format!("/v1/me/requests/{id}"), &json!({ "decision": "refuse" })).await?.good()
}

/// Answers a question: the items given, and the PIN.
pub async fn answer(
    phone: &Phone<'_>,
    question: &Value,
    items: Option<&[&str]>,
    pin: Option<&str>,
) -> Result<Answer, Failed> {
    let id = question["id"].as_str().unwrap_or_default();
    phone.post(&format!("/v1/me/requests/{id}"), &json!({ "decision": "agree", "items": items, "pin": pin })).await
}

/// What the window sees at its presentation after the answer.
pub async fn seen(window: &Point<'_>, presentation: &str) -> Result<Value, Failed> {
    let seen = window.get(&format!("/v1/presentations/{presentation}")).await?.good()?;
    Ok(seen.at("/last").clone())
}

/// Asks, gives everything, and gives the grant as the window names it.
pub async fn granted(window: &Point<'_>, phone: &Phone<'_>, matter: &str) -> Result<String, Failed> {
    phone.post("/v1/me/pin", &json!({ "pin": PIN })).await?.good()?;
    let presentation = ask(window, phone, matter).await?;
    answer(phone, &question(phone).await?, None, Some(PIN)).await?.good()?;
    let last = seen(window, &presentation).await?;
    let grant = last["outcome"]["detail"]["grant"].as_str();
    grant.map(str::to_owned).ok_or_else(|| Failed::new(format!("the window sees no grant: {last}")))
}

/// The window looks at the copies.
pub async fn fetch(window: &Point<'_>, grant: &str) -> Result<Answer, Failed> {
    window.post(&format!("/v1/grants/{grant}/copies"), &json!({ "operator": OPERATOR })).await
}

/// The newest grant on a phone.
pub async fn newest(phone: &Phone<'_>) -> Result<Value, Failed> {
    Ok(phone.get("/v1/me/grants").await?.good()?.at("/items/0").clone())
}

/// Ids of the items of a question.
pub fn asked_items(question: &Value) -> Vec<String> {
    let items = question["matter"]["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["id"].as_str()).map(str::to_owned).collect()
}

/// Ids and values of all fields among copies.
pub fn copied(copies: &Answer) -> Vec<(String, String)> {
    let certificates = copies.at("/certificates").as_array().into_iter().flatten();
    let fields = certificates.flat_map(|one| one["fields"].as_array().into_iter().flatten());
    let claims = copies.at("/claims").as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    fields.chain(claims).map(|field| (text(&field["id"]), text(&field["value"]))).collect()
}

async fn derived(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    steps.step("the clerk picks a matter", ask(&window, &phone, "student")).await?;
    let student = json!(asked_items(&question(&phone).await?));
    let expected = json!(["student_card.name", "student_card.school", "student_card.student_number"]);
    steps.equal("exactly its template is asked", &student, &expected).await?;
    steps.step("another matter", ask(&window, &phone, "social_security")).await?;
    let insured = json!(asked_items(&question(&phone).await?));
    let expected = json!([
        "social_security_card.name",
        "social_security_card.card_number",
        "social_security_card.city",
        "claim.phone",
    ]);
    steps.equal("asks for other certificates", &insured, &expected).await?;
    steps
        .step("a matter that is not registered is refused", async {
            let presentation = window.present(ID, &phone.code()?).await?;
            window.act(&presentation, "request", json!({ "matter": "everything" })).await?.refused("input.malformed")
        })
        .await?;
    Ok(())
}

async fn shown(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, window) = hall(stage).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    steps.step("the window asks", ask(&window, &phone, "residence")).await?;
    let asked = question(&phone).await?;
    let name = json!(site.name);
    steps.equal("who asks", &asked["organisation"]["zh"], &name).await?;
    steps.equal("where", &asked["venue"]["zh"], &name).await?;
    steps.equal("at which window", &asked["point"]["zh"], &json!(format!("{}-0", site.name))).await?;
    steps.equal("through which clerk", &asked["operator"], &json!(OPERATOR)).await?;
    let matter = &asked["matter"];
    steps.equal("what for", &matter["name"]["en"], &json!("Residence permit")).await?;
    steps.check("on what basis", !matter["basis"]["zh"].as_str().unwrap_or_default().is_empty(), matter).await?;
    steps.equal("for how long", &matter["retention_days"], &json!(365)).await?;
    steps.check("whether passed on", matter["passed_on"]["zh"].is_string(), matter).await?;
    let items = matter["items"].as_array().cloned().unwrap_or_default();
    let whole = items.iter().all(|item| item["label"]["zh"].is_string() && item["purpose"]["zh"].is_string());
    steps.check("each item has a name and a purpose", whole && items.len() == 5, matter).await?;
    let life = asked["expires_ms"].as_i64().unwrap_or_default() - asked["asked_ms"].as_i64().unwrap_or_default();
    steps.equal("five minutes to answer", &json!(life), &json!(300_000)).await
}

async fn all(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, window) = hall(stage).await?;
    let fields = json!({ "address": "演示路 1 号" });
    issue(stage, "陈晓岚", "resident_id_card", fields).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let grant = steps.step("one tap gives all", granted(&window, &phone, "residence")).await?;
    let copies = steps.step("the window fetches the copies", async { fetch(&window, &grant).await?.good() }).await?;
    let card = copies.at("/certificates/0");
    steps.equal("the identity card is in force", &card["standing"], &json!("good")).await?;
    let values = copied(&copies);
    let name = values.iter().any(|(id, value)| id == "resident_id_card.name" && value == "陈晓岚");
    steps.check("with the name in full", name, &copies.text).await?;
    let mark = copies.text_at("/annotation/zh").to_owned();
    let number = copies.text_at("/receipt/number").to_owned();
    for (what, part) in [("for whom", site.name.as_str()), ("for what", "居住证办理"), ("the number", number.as_str())]
    {
        steps.check(&format!("the copies are marked: {what}"), mark.contains(part), &mark).await?;
    }
    let logged = phone.logged(|line| line["kind"] == "staff_read" && line["operator"] == OPERATOR).await?;
    steps.check("the holder sees who looked", logged, &logged).await
}

async fn some(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    issue(stage, "周予安", "student_card", json!({ "school": "示范学院", "student_number": "S20240001" })).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let presentation = ask(&window, &phone, "student").await?;
    let asked = question(&phone).await?;
    steps
        .step("something required cannot be left out", async {
            answer(&phone, &asked, Some(&["student_card.name"]), None).await?.refused("grant.incomplete")
        })
        .await?;
    let items = ["student_card.name", "student_card.school"];
    steps.step("two of three are given", async { answer(&phone, &asked, Some(&items), None).await?.good() }).await?;
    let last = seen(&window, &presentation).await?;
    let grant = last["outcome"]["detail"]["grant"].as_str().unwrap_or_default().to_owned();
    let copies = steps.step("the window fetches", async { fetch(&window, &grant).await?.good() }).await?;
    let ids: Vec<String> = copied(&copies).into_iter().map(|(id, _)| id).collect();
    steps.equal("two fields and no more", &json!(ids), &json!(items)).await?;
    steps.check("the number did not leave", !copies.text.contains("S20240001"), &copies.text).await?;
    let kept = newest(&phone).await?;
    steps.check("the phone says what was kept back", kept["kept_back"][0]["zh"].is_string(), &kept).await
}

async fn receipts(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, window) = hall(stage).await?;
    issue(stage, "周予安", "student_card", json!({ "school": "示范学院", "student_number": "S20240002" })).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let grant = granted(&window, &phone, "student").await?;
    let at_window = window.get(&format!("/v1/grants/{grant}/receipt")).await?.good()?;
    let mine = newest(&phone).await?["receipt"].clone();
    let keyring = keyring(stage).await?;
    let of = |cose: &str| read(&keyring, cose);
    let theirs = steps.step("the window's receipt verifies", async { of(at_window.text_at("/cose")) }).await?;
    let ours = steps.step("and the holder's", async { of(mine["cose"].as_str().unwrap_or_default()) }).await?;
    steps.check("both say the same", ours == theirs, &format!("{ours:?} {theirs:?}")).await?;
    steps.equal("to whom", &json!(ours.venue), &json!(site.name)).await?;
    let items = json!(["student_card.name", "student_card.school", "student_card.student_number"]);
    steps.equal("what", &json!(ours.items), &items).await?;
    steps.equal("for half an hour", &json!(ours.fetch_until_s - ours.given_s), &json!(1800)).await?;
    steps.equal("kept for ninety days", &json!(ours.keep_until_s - ours.given_s), &json!(90 * 86_400)).await?;
    let mut bytes = STANDARD.decode(mine["cose"].as_str().unwrap_or_default()).map_err(Failed::because)?;
    if let Some(byte) = bytes.iter_mut().rev().nth(70) {
        *byte ^= 1;
    }
    let forged = keyring.open_list(Kind::Receipt, &bytes).is_ok();
    steps.check("one changed bit and it does not", !forged, &forged).await
}

/// The platform's keys, as a stranger takes them: the pinned roots, then the signed list.
async fn keyring(stage: &Stage) -> Result<Keyring, Failed> {
    let pinned = stage.web.send(axum::http::Method::GET, &stage.url("/keys/roots.json"), &[], "").await?.good()?;
    let root = |number: usize| {
        let bytes = tongma_http::edge::unhex(pinned.text_at(&format!("/roots/{number}")));
        bytes.and_then(|bytes| PublicKey::from_bytes(Suite::Sm2, &bytes)).ok_or_else(|| Failed::new("no root"))
    };
    let roots = Roots::new(&[root(0)?, root(1)?]).ok_or_else(|| Failed::new("roots that are none"))?;
    let list = stage.web.bytes(&stage.url("/keys/list")).await?;
    Keyring::open(&roots, Suites::SM2, &list, None).map_err(|refusal| Failed::new(format!("{refusal:?}")))
}

fn read(keyring: &Keyring, cose: &str) -> Result<Receipt, Failed> {
    let bytes = STANDARD.decode(cose).map_err(Failed::because)?;
    let (signed, _) =
        keyring.open_list(Kind::Receipt, &bytes).map_err(|refusal| Failed::new(format!("{refusal:?}")))?;
    Receipt::of(&signed).ok_or_else(|| Failed::new("not a receipt"))
}

async fn nothing_extra(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let fields = json!({ "address": "演示路 2 号", "ethnicity": "汉" });
    issue(stage, "陈晓岚", "resident_id_card", fields).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    phone.post("/v1/me/pin", &json!({ "pin": PIN })).await?.good()?;
    let scanned = window.scan(ID, &phone.code()?).await?.good()?;
    let presentation = scanned.text_at("/presentation/id").to_owned();
    let citizen = &CITIZENS[0];
    let known = citizen.enrolment("");
    let secrets = [known.document_number.as_str(), citizen.name, "演示路"];
    let silent = |text: &str| !secrets.iter().any(|secret| text.contains(secret));
    steps.check("a scan alone tells nothing", silent(&scanned.text), &"a secret").await?;
    let refused = window.act(&presentation, "request", json!({ "matter": "residence" })).await?;
    steps.check("asking tells nothing", silent(&refused.text), &"a secret").await?;
    let asked = question(&phone).await?;
    let items =
        ["resident_id_card.name", "resident_id_card.id_number", "student_card.school", "marriage_certificate.spouse"];
    steps
        .step("more is agreed to than was asked", async {
            answer(&phone, &asked, Some(&items), Some(PIN)).await?.good()
        })
        .await?;
    let last = seen(&window, &presentation).await?;
    steps.check("the outcome holds no value", silent(&last.to_string()), &"a secret").await?;
    let grant = last["outcome"]["detail"]["grant"].as_str().unwrap_or_default().to_owned();
    let copies = fetch(&window, &grant).await?.good()?;
    let ids: Vec<String> = copied(&copies).into_iter().map(|(id, _)| id).collect();
    let expected = json!(["resident_id_card.name", "resident_id_card.id_number"]);
    steps.equal("what was asked and agreed, and nothing else", &json!(ids), &expected).await?;
    let extra = ["演示路", "汉", known.phone.as_str(), citizen.birth];
    let found: Vec<&str> = extra.into_iter().filter(|text| copies.text.contains(text)).collect();
    steps.equal("no other value is anywhere in the answer", &json!(found), &json!([])).await
}
