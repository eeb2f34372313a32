//! The cells of hotel stays that turn on who the guest is: minors, foreigners, permits, co-lodgers, visitors, the wanted.

use serde_json::{Value, json};

use super::hotel::{ID, hotel};
use super::lodging::{House, control, minor, of_op, plain, with};
use super::phone::Phone;
use super::stage::Stage;
use super::steps::{Failed, Steps};
use crate::demo::people::CITIZENS;

/// The five duties for minors.
///
/// # Errors
/// A step failed.
pub async fn minors(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = hotel(stage).await?;
    let (parent, child) = (Phone::of(stage, "demo-parent").await?, Phone::of(stage, "demo-child").await?);
    steps
        .step("a child is not registered like an adult", async {
            hotel.serve(&child, "register", plain("101")).await?.refused("stay.minor_form")
        })
        .await?;
    let form = minor("101", "guardian");
    for (field, code) in [
        ("guardian_phone", "stay.minor_contact"),
        ("guardian_is", "stay.minor_contact"),
        ("company", "stay.minor_relation"),
    ] {
        let mut less = form.clone();
        less.as_object_mut().map(|fields| fields.remove(field));
        steps
            .step(&format!("without {field}: refused"), async {
                hotel.serve(&child, "register_minor", less).await?.refused(code)
            })
            .await?;
    }
    steps
        .step("a guardian who is not registered does not count", async {
            hotel.serve(&child, "register_minor", form.clone()).await?.refused("stay.minor_adult_first")
        })
        .await?;
    hotel.serve(&parent, "register", plain("101")).await?.good()?;
    let form = with(form, "relation", "child");
    let done = steps
        .step("with the father there, the child registers", async {
            hotel.serve(&child, "register_minor", form).await?.good()
        })
        .await?;
    let book = hotel.book_when(|book| book.len() > 1).await?;
    let report = book.iter().find(|entry| !entry["request"]["minor"].is_null()).cloned().unwrap_or_default();
    let told = json!([report["request"]["minor"]["guardian_phone"], report["request"]["minor"]["company"]]);
    steps
        .equal("the police have the guardian's number and the company", &told, &json!(["10012345678", "guardian"]))
        .await?;
    let told = [done.text, hotel.sheet().await?.to_string()].concat();
    steps.check("no screen of the hotel repeats it", !told.contains("10012345678"), &"the hotel's answers").await?;
    hotel.alone("patrol", json!({ "room": "101" })).await?.good()?;
    let sheet = hotel.sheet().await?;
    let patrols = sheet["stays"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|stay| stay["minor"] == true)
        .map(|stay| stay["patrols"].clone());
    steps.equal("rounds past the room are kept", &json!(patrols), &json!(1)).await?;
    let note = json!({ "room": "101", "note": "成年人与孩子关系可疑" });
    steps.step("a suspicion goes to the police", async { hotel.alone("concern", note).await?.good() }).await?;
    let book = hotel.book_when(|book| !of_op(book, "concern").is_empty()).await?;
    let concern = of_op(&book, "concern").first().map_or(Value::Null, |entry| entry["request"]["note"].clone());
    steps.equal("in the clerk's words", &concern, &json!("成年人与孩子关系可疑")).await
}

/// A minor who comes alone.
///
/// # Errors
/// A step failed.
pub async fn minor_alone(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = hotel(stage).await?;
    let (child, youth) = (Phone::of(stage, "demo-child").await?, Phone::of(stage, "demo-youth").await?);
    let form = minor("101", "alone");
    for said in ["not_reached", "refused", ""] {
        let form = if said.is_empty() {
            let mut less = form.clone();
            less.as_object_mut().map(|fields| fields.remove("guardian_call"));
            less
        } else {
            with(form.clone(), "guardian_call", said)
        };
        steps
            .step(&format!("alone at ten, call `{said}`: refused"), async {
                hotel.serve(&child, "register_minor", form).await?.refused("stay.guardian_call")
            })
            .await?;
    }
    steps.equal("nothing was reported", &json!(hotel.book().await?.len()), &json!(0)).await?;
    steps
        .step("the guardian agreed on the telephone", async {
            hotel.serve(&child, "register_minor", form).await?.good()
        })
        .await?;
    let book = hotel.book_when(|book| !book.is_empty()).await?;
    steps.check("when is in the report", book[0]["request"]["minor"]["called"].is_i64(), &json!(book)).await?;
    let mut form = minor("102", "alone");
    form.as_object_mut().map(|fields| fields.remove("guardian_call"));
    steps
        .step("at sixteen the call is not required", async {
            hotel.serve(&youth, "register_minor", form).await?.good()
        })
        .await?;
    Ok(())
}

/// The foreigner's form and the 24 hour clock.
///
/// # Errors
/// A step failed.
pub async fn foreigner(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-foreign").await?);
    steps
        .step("a passport needs its own form", async {
            hotel.serve(&guest, "register", plain("101")).await?.refused("stay.foreign_form")
        })
        .await?;
    control(stage, json!({ "down": true })).await?;
    let form = json!({
        "room": "101", "compared": "same", "nights": 2, "visa_kind": "tourist", "visa_number": "V12345678",
        "entry_date": stage.now().date().to_string(), "entry_port": "广州白云机场",
    });
    let arrived = stage.now();
    let done = hotel.serve(&guest, "register_foreigner", form).await?.good();
    let late = after_hours(stage, steps, &hotel, arrived.as_millis()).await;
    control(stage, json!({ "down": false })).await?;
    done?;
    late?;
    stage.advance_s(660);
    let book = hotel.book_when(|book| !book.is_empty()).await?;
    let report = book.first().cloned().unwrap_or_default();
    steps
        .equal(
            "the police have passport, nationality, visa and entry",
            &json!([
                report["identity"]["document_kind"],
                report["identity"]["nationality"],
                report["request"]["foreign"]["visa_number"],
                report["state"]
            ]),
            &json!(["passport", "PRT", "V12345678", "accepted"]),
        )
        .await
}

async fn after_hours(stage: &Stage, steps: &mut Steps, hotel: &House<'_>, arrived_ms: i64) -> Result<(), Failed> {
    let sheet = hotel.sheet().await?;
    let left = sheet["stays"][0]["deadline_ms"].as_i64().unwrap_or_default() - arrived_ms;
    steps.check("the clock runs for 24 hours", (86_400_000..86_460_000).contains(&left), &left).await?;
    stage.advance_s(21 * 3600);
    let sheet = hotel.sheet_when(|sheet| sheet["alarms"] == 1).await?;
    steps.equal("three hours before its end the sheet alarms", &sheet["stays"][0]["alarm"], &json!(true)).await
}

/// Permits of Hong Kong, Macao and Taiwan residents.
///
/// # Errors
/// A step failed.
pub async fn permits(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = House::of(stage, ID, &[], &[("101", 1), ("102", 1), ("103", 1)], &json!({})).await?;
    let guests = [
        ("demo-hongkong", "101", "hong_kong_macao_permit"),
        ("demo-macao", "102", "hong_kong_macao_permit"),
        ("demo-taiwan", "103", "taiwan_permit"),
    ];
    for (subject, room, kind) in guests {
        let guest = Phone::of(stage, subject).await?;
        steps.step(subject, async { hotel.serve(&guest, "register", plain(room)).await?.good() }).await?;
        let taken = |book: &[Value]| book.iter().any(|entry| entry["request"]["room"] == room);
        let book = hotel.book_when(taken).await?;
        let report = book.iter().find(|entry| entry["request"]["room"] == room).cloned().unwrap_or_default();
        let seen = json!([report["identity"]["document_kind"], report["state"]]);
        steps.equal("is taken under the permit", &seen, &json!([kind, "accepted"])).await?;
    }
    Ok(())
}

/// Everybody who shares a room.
///
/// # Errors
/// A step failed.
pub async fn co_lodgers(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = hotel(stage).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let third = Phone::of(stage, "demo-student").await?;
    hotel.serve(&first, "register", plain("101")).await?.good()?;
    steps
        .step("who shares a room says how they belong", async {
            hotel.serve(&second, "register", plain("101")).await?.refused("stay.relation")
        })
        .await?;
    let form = with(plain("101"), "relation", "parent");
    steps
        .step("and registers with the own code", async { hotel.serve(&second, "register", form).await?.good() })
        .await?;
    let form = with(plain("101"), "relation", "friend");
    steps
        .step("two beds are for two", async { hotel.serve(&third, "register", form).await?.refused("stay.room_full") })
        .await?;
    let book = hotel.book_when(|book| book.len() > 1).await?;
    let relations: Vec<&Value> = of_op(&book, "arrive").iter().map(|entry| &entry["request"]["relation"]).collect();
    steps.equal("the police have both, with the relation", &json!(relations), &json!(["", "parent"])).await
}

/// Visitors.
///
/// # Errors
/// A step failed.
pub async fn visitor(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = hotel(stage).await?;
    let (guest, visitor) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    hotel.serve(&guest, "register", plain("101")).await?.good()?;
    let form = json!({ "room": "101", "compared": "same", "agreed": "no" });
    steps
        .step("the guest has to agree", async {
            hotel.serve(&visitor, "visit", form.clone()).await?.refused("visit.not_agreed")
        })
        .await?;
    let form = with(form, "agreed", "yes");
    let done = steps.step("a visitor registers", async { hotel.serve(&visitor, "visit", form).await?.good() }).await?;
    let book = hotel.book_when(|book| !of_op(book, "visit").is_empty()).await?;
    steps.equal("the police know", &json!(of_op(&book, "visit").len()), &json!(1)).await?;
    stage.advance_s(181 * 60);
    let sheet = hotel.sheet_when(|sheet| sheet["alarms"] == 1).await?;
    steps.equal("three hours later the sheet alarms", &sheet["alarms"], &json!(1)).await?;
    let number = done.at("/outcome/detail/number").clone();
    steps
        .step("the visitor is seen to leave", async {
            hotel.alone("visitor_left", json!({ "number": number })).await?.good()
        })
        .await?;
    let book = hotel.book_when(|book| !of_op(book, "depart").is_empty()).await?;
    steps.equal("the police know that too", &json!(of_op(&book, "depart").len()), &json!(1)).await?;
    steps.equal("the alarm is over", &hotel.sheet_when(|sheet| sheet["alarms"] == 0).await?["alarms"], &json!(0)).await
}

/// A wanted person.
///
/// # Errors
/// A step failed.
pub async fn hit_silent(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = hotel(stage).await?;
    let wanted = CITIZENS.iter().find(|citizen| citizen.subject == "demo-rare");
    let number = wanted.map(|citizen| citizen.enrolment("").document_number).unwrap_or_default();
    control(stage, json!({ "wanted": number })).await?;
    let (wanted, other) = (Phone::of(stage, "demo-rare").await?, Phone::of(stage, "demo-adult").await?);
    let hit = hotel.serve(&wanted, "register", plain("101")).await?.good()?;
    let plain_answer = hotel.serve(&other, "register", plain("102")).await?.good()?;
    let book = hotel.book_when(|book| book.len() > 1).await?;
    let hits: Vec<&Value> = book.iter().map(|entry| &entry["hit"]).collect();
    steps.equal("the police have a hit", &json!(hits), &json!([true, false])).await?;
    let shape = |body: &Value| {
        let fields = body["outcome"]["detail"].as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
        json!([body["outcome"]["shade"], body["outcome"]["word"], fields])
    };
    steps.equal("the desk shows the same as for anybody", &shape(&hit.body), &shape(&plain_answer.body)).await?;
    let sheet = hotel.sheet_when(|sheet| sheet["waiting"] == 0).await?;
    let same = sheet["stays"][0]["report"] == sheet["stays"][1]["report"] && sheet["alarms"] == 0;
    steps.check("and so does the sheet", same, &sheet).await
}
