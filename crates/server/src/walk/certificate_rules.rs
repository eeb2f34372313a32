//! The cells of certificates at a window: what ends, changes, is refused or has to be survived.

use serde_json::{Value, json};

use super::certificate::{
    ID, PIN, answer, ask, asked_items, change, copied, fetch, granted, hall, issue, newest, question, refuse, seen,
};
use super::phone::Phone;
use super::stage::Stage;
use super::steps::{Failed, Steps};
use crate::demo::people::CITIZENS;

pub async fn closes(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    issue(stage, "周予安", "student_card", json!({ "school": "示范学院", "student_number": "S3" })).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let grant = granted(&window, &phone, "student").await?;
    let number = newest(&phone).await?["receipt"]["number"].clone();
    steps
        .step("the window closes the matter", async {
            window.alone(ID, "close", json!({ "grant": grant })).await?.good()
        })
        .await?;
    steps.equal("the phone shows it closed", &newest(&phone).await?["state"], &json!("closed")).await?;
    let closed =
        |line: &Value| line["detail"]["receipt"] == number && line["text"]["zh"].to_string().contains("已办结");
    let logged = phone.logged(closed).await?;
    steps.check("and the log says so", logged, &logged).await
}

pub async fn refetch(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    issue(stage, "周予安", "student_card", json!({ "school": "示范学院", "student_number": "S4" })).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let grant = granted(&window, &phone, "student").await?;
    steps.step("fetched while open", async { fetch(&window, &grant).await?.good() }).await?;
    window.alone(ID, "close", json!({ "grant": grant })).await?.good()?;
    steps.step("after closing: refused", async { fetch(&window, &grant).await?.refused("grant.closed") }).await?;
    let other = granted(&window, &phone, "student").await?;
    stage.advance_s(31 * 60);
    steps.step("after half an hour: refused", async { fetch(&window, &other).await?.refused("grant.expired") }).await?;
    let (_, elsewhere) = hall(stage).await?;
    steps
        .step("and another organisation knows of none", async {
            fetch(&elsewhere, &grant).await?.refused("id.unknown")
        })
        .await?;
    Ok(())
}

pub async fn revocable(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    issue(stage, "周予安", "student_card", json!({ "school": "示范学院", "student_number": "S5" })).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let grant = granted(&window, &phone, "student").await?;
    let mine = newest(&phone).await?;
    let withdraw = format!("/v1/me/grants/{}/withdraw", mine["id"].as_str().unwrap_or_default());
    steps.step("the holder takes it back", async { phone.post(&withdraw, &json!({})).await?.good() }).await?;
    steps.step("nothing more is fetched", async { fetch(&window, &grant).await?.refused("grant.withdrawn") }).await?;
    let waiting = listed(&window, 1).await?;
    steps.equal("the window is told which", &waiting[0]["receipt"], &mine["receipt"]["number"]).await?;
    let about = json!({ "grant": waiting[0]["grant"] });
    steps.step("and acknowledges", async { window.alone(ID, "acknowledge", about).await?.good() }).await?;
    steps.equal("nothing waits any more", &json!(listed(&window, 0).await?.len()), &json!(0)).await?;
    let state = soon(&phone, "acknowledged").await?;
    steps.equal("the holder sees it", &state, &json!("acknowledged")).await
}

pub async fn overdue(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    issue(stage, "周予安", "student_card", json!({ "school": "示范学院", "student_number": "S6" })).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    granted(&window, &phone, "student").await?;
    let mine = newest(&phone).await?;
    let withdraw = format!("/v1/me/grants/{}/withdraw", mine["id"].as_str().unwrap_or_default());
    phone.post(&withdraw, &json!({})).await?.good()?;
    listed(&window, 1).await?;
    stage.advance_s(15 * 86_400 + 60);
    let number = mine["receipt"]["number"].clone();
    let late = phone.logged(|line| line["detail"]["receipt"] == number && line["detail"]["overdue"] == true).await?;
    steps.check("the holder is told that the venue is late", late, &late).await?;
    steps.equal("the grant says so", &newest(&phone).await?["state"], &json!("overdue")).await?;
    let waiting = listed(&window, 1).await?;
    steps.equal("and so does the window's list", &waiting[0]["overdue"], &json!(true)).await
}

/// The window's list of withdrawals, once it has so many.
async fn listed(window: &super::point::Point<'_>, count: usize) -> Result<Vec<Value>, Failed> {
    let mut rows = Vec::new();
    for _ in 0..40 {
        let page = window.get(&format!("/v1/points/{}/list?scenario={ID}&limit=100", window.id)).await?.good()?;
        rows = page.at("/items").as_array().cloned().unwrap_or_default();
        if rows.len() == count {
            return Ok(rows);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(Failed::new(format!("{} withdrawals are listed, expected {count}", rows.len())))
}

/// The state of the newest grant, once it is this one.
async fn soon(phone: &Phone<'_>, expected: &str) -> Result<Value, Failed> {
    let mut state = Value::Null;
    for _ in 0..40 {
        state = newest(phone).await?["state"].clone();
        if state == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(state)
}

pub async fn states(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let cases = [
        ("02", "suspended", "demo-adult", "陈晓岚"),
        ("03", "withdrawn", "demo-elder", "黄秀珍"),
        ("04", "cancelled", "demo-parent", "林志远"),
        ("05", "lapsed", "demo-dot", "阿依古丽·买买提"),
        ("06", "moved_out", "demo-rare", "张𠮷安"),
        ("07", "revoked", "demo-hongkong", "李嘉怡"),
        ("99", "other", "demo-macao", "何咏诗"),
    ];
    for (state, standing, subject, name) in cases {
        let licence = issue(stage, name, "driving_licence", json!({ "class": "C1", "number": "449900000000" })).await?;
        change(stage, &licence, state).await?;
        let phone = Phone::of(stage, subject).await?;
        phone.post("/v1/me/pin", &json!({ "pin": PIN })).await?.good()?;
        let presentation = ask(&window, &phone, "driving").await?;
        let asked = question(&phone).await?;
        let told = &asked["matter"]["items"][0]["standing"];
        steps.equal(&format!("{state}: the phone says it is not in force"), told, &json!("not_in_force")).await?;
        answer(&phone, &asked, None, Some(PIN)).await?.good()?;
        let last = seen(&window, &presentation).await?;
        steps.equal(&format!("{state}: a result, amber"), &last["outcome"]["shade"], &json!("amber")).await?;
        let grant = last["outcome"]["detail"]["grant"].as_str().unwrap_or_default().to_owned();
        let copies = fetch(&window, &grant).await?.good()?;
        let row = copies.at("/certificates/0").clone();
        let seen = json!([row["standing"], row["fields"].as_array().map(Vec::len)]);
        steps.equal(&format!("{state}: its word and no field"), &seen, &json!([standing, 0])).await?;
    }
    Ok(())
}

pub async fn revoked_between(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let fields = json!({ "city": "广州", "card_number": "A00000001" });
    let card = issue(stage, "何子轩", "social_security_card", fields).await?;
    let phone = Phone::of(stage, "demo-youth").await?;
    let grant = steps.step("given while in force", granted(&window, &phone, "social_security")).await?;
    let before = fetch(&window, &grant).await?.good()?;
    steps.equal("fetched: in force", before.at("/certificates/0/standing"), &json!("good")).await?;
    change(stage, &card, "07").await?;
    let after = steps.step("revoked; fetched again", async { fetch(&window, &grant).await?.good() }).await?;
    let row = after.at("/certificates/0");
    let seen = json!([row["standing"], row["fields"].as_array().map(Vec::len)]);
    steps.equal("a result without a field", &seen, &json!(["revoked", 0])).await?;
    steps.check("no value of it is in the answer", !after.text.contains("A00000001"), &after.text).await
}

pub async fn refused(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let presentation = ask(&window, &phone, "student").await?;
    let asked = question(&phone).await?;
    let answered = steps.step("the holder refuses", refuse(&phone, &asked)).await?;
    steps.equal("the phone says so", answered.at("/state"), &json!("refused")).await?;
    let last = seen(&window, &presentation).await?;
    let seen = json!([last["refusal"]["code"], last["refusal"]["ask"]]);
    steps.equal("the window sees a result to talk about", &seen, &json!(["consent.refused", true])).await?;
    let none = newest(&phone).await?;
    let given = none["given_ms"].as_i64().is_some_and(|at| at >= stage.now().as_millis() - 60_000);
    steps.check("nothing was given", !given, &none).await
}

pub async fn timeout(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let presentation = ask(&window, &phone, "student").await?;
    let asked = question(&phone).await?;
    stage.advance_s(4 * 60);
    steps.step("after four minutes it still waits", question(&phone)).await?;
    stage.advance_s(61);
    steps
        .step("after five it does not", async {
            match question(&phone).await {
                Ok(still) if still["id"] == asked["id"] => Err(Failed::new(format!("still asked: {still}"))),
                _ => Ok(()),
            }
        })
        .await?;
    steps
        .step("a late yes is refused", async { answer(&phone, &asked, None, None).await?.refused("request.over") })
        .await?;
    let last = seen(&window, &presentation).await?;
    steps.equal("the window sees a result", &last["refusal"]["code"], &json!("consent.timeout")).await
}

pub async fn guardian(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let child =
        CITIZENS.iter().find(|citizen| citizen.subject == "demo-child").ok_or_else(|| Failed::new("no child"))?;
    issue(stage, child.name, "birth_certificate", json!({ "number": "B20160001" })).await?;
    let mut parent = Phone::of(stage, "demo-parent").await?;
    let (known, provider) = (child.enrolment(""), &stage.provider);
    let body = json!({
        "guardian": { "provider": provider, "subject": "demo-parent" },
        "ward": { "document_kind": known.document_kind, "document_number": known.document_number },
    });
    let actor = stage.admin("/v1/admin/guardians", &body).await?["actor"].as_u64().unwrap_or_default();
    parent.post("/v1/me/pin", &json!({ "pin": PIN })).await?.good()?;
    parent.show_for(u8::try_from(actor).unwrap_or_default()).await?;
    let presentation = steps.step("the parent shows the child's code", ask(&window, &parent, "school")).await?;
    let own = Phone::of(stage, "demo-child").await?;
    let silent = question(&own).await.is_err();
    steps.check("the child is not asked", silent, &"a question on the child's phone").await?;
    let asked = question(&parent).await?;
    steps.check("the parent is, and sees for whom", asked["about"].is_string(), &asked).await?;
    let items = ["birth_certificate.name", "birth_certificate.birth"];
    steps
        .step("and gives with their own PIN", async { answer(&parent, &asked, Some(&items), Some(PIN)).await?.good() })
        .await?;
    let last = seen(&window, &presentation).await?;
    let grant = last["outcome"]["detail"]["grant"].as_str().unwrap_or_default().to_owned();
    let copies = fetch(&window, &grant).await?.good()?;
    let name = copied(&copies).into_iter().any(|(_, value)| value == child.name);
    steps.check("the window sees the child's name", name, &copies.text).await?;
    let mine = newest(&parent).await?;
    steps.check("the parent sees the grant as the child's", mine["about"].is_string(), &mine).await?;
    let withdraw = format!("/v1/me/grants/{}/withdraw", mine["id"].as_str().unwrap_or_default());
    steps.step("and can take it back", async { parent.post(&withdraw, &json!({})).await?.good() }).await?;
    Ok(())
}

pub async fn matter_changed(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    issue(stage, "周予安", "student_card", json!({ "school": "示范学院", "student_number": "S7" })).await?;
    let phone = Phone::of(stage, "demo-student").await?;
    let presentation = ask(&window, &phone, "student").await?;
    let first = question(&phone).await?;
    steps
        .step("the clerk changes the matter before the answer", async {
            let input = json!({ "matter": "social_security" });
            window.act(&presentation, "request", input).await?.refused("consent.needed")
        })
        .await?;
    steps
        .step("a yes to the first means nothing any more", async {
            answer(&phone, &first, None, None).await?.refused("request.over")
        })
        .await?;
    steps
        .step("the clerk goes back to it", async {
            window.act(&presentation, "request", json!({ "matter": "student" })).await?.refused("consent.needed")
        })
        .await?;
    answer(&phone, &question(&phone).await?, None, None).await?.good()?;
    let last = seen(&window, &presentation).await?;
    let grant = last["outcome"]["detail"]["grant"].as_str().unwrap_or_default().to_owned();
    steps
        .step("after the yes another matter asks again", async {
            let input = json!({ "matter": "social_security" });
            window.act(&presentation, "request", input).await?.refused("consent.needed")
        })
        .await?;
    let copies = fetch(&window, &grant).await?.good()?;
    let kinds = copies.at("/certificates").as_array().into_iter().flatten().map(|one| one["kind"].clone());
    let kinds: Vec<Value> = kinds.collect();
    steps.equal("the grant holds the first matter alone", &json!(kinds), &json!(["student_card"])).await
}

pub async fn step_up(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, window) = hall(stage).await?;
    let phone = Phone::of(stage, "demo-taiwan").await?;
    let presentation = ask(&window, &phone, "residence").await?;
    let asked = question(&phone).await?;
    steps
        .step("without a PIN nothing sensitive is given", async {
            answer(&phone, &asked, None, None).await?.refused("pin.unset")
        })
        .await?;
    steps
        .step("an obvious one is not taken", async {
            phone.post("/v1/me/pin", &json!({ "pin": "123456" })).await?.refused("pin.weak")
        })
        .await?;
    phone.post("/v1/me/pin", &json!({ "pin": PIN })).await?.good()?;
    steps.step("set, and not typed", async { answer(&phone, &asked, None, None).await?.refused("pin.needed") }).await?;
    for left in (1..5).rev() {
        let wrong = async { answer(&phone, &asked, None, Some("908172")).await?.refused("pin.wrong") };
        steps.step(&format!("a wrong one: {left} left"), wrong).await?;
    }
    let fifth = async { answer(&phone, &asked, None, Some("908172")).await?.refused("pin.locked") };
    steps.step("the fifth locks it", fifth).await?;
    let right = async { answer(&phone, &asked, None, Some(PIN)).await?.refused("pin.locked") };
    steps.step("then the right one does not help", right).await?;
    let last = seen(&window, &presentation).await?;
    steps.check("nothing was given", last["outcome"].is_null(), &last).await?;
    stage.advance_s(16 * 60);
    let mut phone = phone;
    phone.refill().await?;
    ask(&window, &phone, "residence").await?;
    let asked = question(&phone).await?;
    steps
        .check("the items say that they are sensitive", asked["matter"]["items"][0]["sensitive"] == true, &asked)
        .await?;
    steps.equal("all of its items are asked", &json!(asked_items(&asked).len()), &json!(5)).await?;
    steps
        .step("after a quarter of an hour it does", async { answer(&phone, &asked, None, Some(PIN)).await?.good() })
        .await?;
    Ok(())
}
