//! The cells of homestays.

use serde_json::{Value, json};

use super::Cell;
use super::lodging::{House, minor, of_op, plain, with};
use super::phone::Phone;
use super::sabotage::Fault;
use super::stage::Stage;
use super::steps::{Failed, Steps};

const ID: &str = "homestay_stay";

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "5.host_scans" host_scans Fault::Lie("register");
        "5.guest_scans" guest_scans Fault::Lie("approve");
        "5.pin" pin Fault::Mute("register");
        "5.not_registered" not_registered Fault::Swallow("homestay.not_registered");
        "5.too_large" too_large Fault::Swallow("homestay.too_large");
        "5.lapsed" lapsed Fault::Swallow("homestay.not_certified");
        "5.swapped_sticker" swapped_sticker Fault::Swallow("stay.other_house");
        "5.more_than_declared" more_than_declared Fault::Swallow("stay.more_than_declared");
        "5.from_afar" from_afar Fault::Swallow("stay.scan_needed");
        "5.turned_away" turned_away Fault::Lie("turn_away");
        "5.minor" minors Fault::Swallow("stay.desk_form");
        "5.twice_is_once" twice Fault::Twice("register");
        "5.minimum_release" minimum_release Fault::Leak("register");
    }
}

/// What a homestay in order has registered.
fn in_order(stage: &Stage, certified_days: i64) -> Value {
    let day = |ahead: i64| tongma_domain::Date::from_days(stage.now().date().to_days() + ahead).to_string();
    json!({
        "facts": { "rooms": 3, "floors": 2, "area_m2": 260 },
        "certifications": {
            "registration": { "number": "粤民宿备2026-0001", "from": day(-100), "until": day(900) },
            "yueshangtong": { "number": "YST-0001", "from": day(-100), "until": day(certified_days) },
        },
    })
}

async fn homestay(stage: &Stage) -> Result<House<'_>, Failed> {
    House::of(stage, ID, &[], &[("1", 2), ("2", 3)], &in_order(stage, 300)).await
}

async fn host_scans(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (house, guest) = (homestay(stage).await?, Phone::of(stage, "demo-adult").await?);
    let form = with(plain("1"), "people", 1);
    steps
        .step("the host's phone scans the guest", async { house.serve(&guest, "register", form).await?.good() })
        .await?;
    let book = house.book_when(|book| !book.is_empty()).await?;
    steps.equal("the police have one report", &json!(of_op(&book, "arrive").len()), &json!(1)).await?;
    let report = book.first().cloned().unwrap_or_default();
    steps
        .equal("under the house's registration", &report["request"]["house_registration"], &json!("粤民宿备2026-0001"))
        .await?;
    let reported = |line: &Value| line["kind"] == "reported" && line["venue"]["zh"] == house.site.name.as_str();
    steps.check("and the guest reads of it", guest.logged(reported).await?, &"the log").await
}

async fn guest_scans(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (house, guest) = (homestay(stage).await?, Phone::of(stage, "demo-elder").await?);
    let order = json!({ "order": "A7788", "date": stage.now().date().to_string(), "nights": 2, "people": 1 });
    house.alone("invite", order).await?.good()?;
    let code = stage.venue_code(&house.desk).await?;
    let form = json!({ "order": "A7788", "people": 1 });
    let asked = steps
        .step("the guest scans the house's signed code", async {
            guest.act_scanned(ID, &code, "arrive", form).await?.good()
        })
        .await?;
    steps.equal("nothing is reported before the host says yes", &json!(house.book().await?.len()), &json!(0)).await?;
    let form = json!({ "number": asked.at("/outcome/detail/number"), "room": "1", "compared": "same" });
    steps.step("the host says yes", async { house.alone("approve", form).await?.good() }).await?;
    let book = house.book_when(|book| !book.is_empty()).await?;
    steps.equal("the police have it once", &json!(of_op(&book, "arrive").len()), &json!(1)).await?;
    let stays = house.things_when(&guest, "stay", has_pin).await?;
    steps.check("the PIN is on the phone", has_pin(&stays), &json!(stays)).await?;
    steps.equal("for the nights booked", &stays[0]["body"]["nights"], &json!(2)).await
}

fn has_pin(stays: &[Value]) -> bool {
    stays.first().is_some_and(|stay| stay["body"]["pin"].as_str().is_some_and(|pin| pin.len() == 6))
}

async fn pin(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let house = homestay(stage).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    house.serve(&first, "register", with(plain("1"), "people", 2)).await?.good()?;
    let stays = house.things_when(&first, "stay", |stays| !stays.is_empty()).await?;
    steps.check("one of two is there: no PIN", !stays.is_empty() && !has_pin(&stays), &json!(stays)).await?;
    house.serve(&second, "register", with(plain("1"), "relation", "friend")).await?.good()?;
    let (one, other) =
        (house.things_when(&first, "stay", has_pin).await?, house.things_when(&second, "stay", has_pin).await?);
    steps.check("both are there: both have it", has_pin(&one) && has_pin(&other), &json!([one, other])).await?;
    steps.equal("the same", &one[0]["body"]["pin"], &other[0]["body"]["pin"]).await?;
    let old = one[0]["body"]["pin"].clone();
    for guest in [&first, &second] {
        guest.act(ID, &house.site.name, "check_out", json!({})).await?.good()?;
    }
    let gone = house.things_when(&first, "stay", <[Value]>::is_empty).await?;
    steps.equal("with the stay it is gone", &json!(gone.len()), &json!(0)).await?;
    let next = Phone::of(stage, "demo-student").await?;
    house.serve(&next, "register", with(plain("1"), "people", 1)).await?.good()?;
    let stays = house.things_when(&next, "stay", has_pin).await?;
    steps.check("the next guest has another", has_pin(&stays) && stays[0]["body"]["pin"] != old, &json!(stays)).await
}

async fn refused_to_open(stage: &Stage, premises: &Value, code: &str) -> Result<(), Failed> {
    match stage.house(ID, &[], premises, "open").await {
        Ok(_) => Err(Failed::new("the house was opened")),
        Err(failed) if failed.to_string().contains(code) => Ok(()),
        Err(failed) => Err(failed),
    }
}

async fn not_registered(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let mut premises = in_order(stage, 300);
    premises["certifications"].as_object_mut().map(|held| held.remove("registration"));
    steps
        .step(
            "a house without registration does not open",
            refused_to_open(stage, &premises, "homestay.not_registered"),
        )
        .await?;
    let mut premises = in_order(stage, 300);
    premises["certifications"]["registration"]["until"] = json!(stage.now().date().to_string());
    let house = House::of(stage, ID, &[], &[("1", 2)], &premises).await?;
    stage.advance_s(2 * 86_400);
    let guest = Phone::of(stage, "demo-adult").await?;
    steps
        .step("one that has lost it scans nobody", async {
            house.desk.scan(ID, &guest.code()?).await?.refused("homestay.not_registered")
        })
        .await?;
    steps
        .step("nor writes a booking down", async {
            let order = json!({ "order": "A1", "date": stage.now().date().to_string() });
            house.alone("invite", order).await?.refused("homestay.not_registered")
        })
        .await?;
    Ok(())
}

async fn too_large(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    for (fact, size) in [("rooms", 15), ("floors", 5), ("area_m2", 801)] {
        let mut premises = in_order(stage, 300);
        premises["facts"][fact] = json!(size);
        steps
            .step(&format!("{size} {fact} do not open"), refused_to_open(stage, &premises, "homestay.too_large"))
            .await?;
    }
    let mut premises = in_order(stage, 300);
    premises["facts"] = json!({ "rooms": 14, "floors": 4, "area_m2": 800 });
    steps.step("14, 4 and 800 do", stage.house(ID, &[], &premises, "open")).await?;
    Ok(())
}

async fn lapsed(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let house = House::of(stage, ID, &[], &[("1", 2), ("2", 3)], &in_order(stage, 1)).await?;
    let guest = Phone::of(stage, "demo-adult").await?;
    house.serve(&guest, "register", with(with(plain("1"), "people", 1), "nights", 5)).await?.good()?;
    let code = stage.venue_code(&house.desk).await?;
    stage.advance_s(3 * 86_400);
    let (guest, other) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    steps
        .step("the certification ran out: no scan", async {
            house.desk.scan(ID, &other.code()?).await?.refused("homestay.not_certified")
        })
        .await?;
    steps.step("nor by the house's own code", async { house_code_refused(&other, &code).await }).await?;
    let stays = house.things_when(&guest, "stay", has_pin).await?;
    steps.check("the guest inside keeps the PIN", has_pin(&stays), &json!(stays)).await?;
    steps
        .check("and is on the sheet", house.sheet().await?["stays"][0]["state"] == "in_house", &house.sheet().await?)
        .await?;
    steps
        .step("and leaves when the stay is over", async {
            guest.act(ID, &house.site.name, "check_out", json!({})).await?.good()
        })
        .await?;
    let book = house.book_when(|book| !of_op(book, "depart").is_empty()).await?;
    steps.equal("which is reported", &json!(of_op(&book, "depart").len()), &json!(1)).await
}

/// The house's code opens nothing: at the scan, or at the action that it would start.
async fn house_code_refused(guest: &Phone<'_>, code: &str) -> Result<(), Failed> {
    let scanned = guest.scan(code).await?;
    if scanned.status >= 400 {
        return scanned.refused("homestay.not_certified").map(drop);
    }
    guest.act_scanned(ID, code, "arrive", json!({ "people": 1 })).await?.refused("homestay.not_certified").map(drop)
}

async fn swapped_sticker(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (booked, other) = (homestay(stage).await?, homestay(stage).await?);
    let guest = Phone::of(stage, "demo-adult").await?;
    let order = json!({ "order": "A7788", "date": stage.now().date().to_string(), "nights": 1, "people": 1 });
    booked.alone("invite", order).await?.good()?;
    let (good, swapped) = (stage.venue_code(&booked.desk).await?, stage.venue_code(&other.desk).await?);
    let form = json!({ "order": "A7788", "people": 1 });
    let scanned =
        steps.step("the sticker at the door is another house's", async { guest.scan(&swapped).await?.good() }).await?;
    steps.equal("the sheet on the phone names that house", scanned.at("/venue/zh"), &json!(other.site.name)).await?;
    steps
        .step("and the booking is not known there", async {
            guest.act_scanned(ID, &swapped, "arrive", form.clone()).await?.refused("stay.other_house")
        })
        .await?;
    steps.equal("that house sees nobody", &other.sheet().await?["stays"], &json!([])).await?;
    steps.equal("the police have nothing of it", &json!(other.book().await?.len()), &json!(0)).await?;
    let warned = |line: &Value| line["kind"] == "refused" && line["venue"]["zh"] == other.site.name.as_str();
    steps.check("the guest's log names the house", guest.logged(warned).await?, &"the log").await?;
    steps
        .step("the right code lets the guest knock", async {
            guest.act_scanned(ID, &good, "arrive", form).await?.good()
        })
        .await?;
    let sheet = booked.sheet().await?;
    steps.equal("and the right host sees it", &sheet["stays"][0]["state"], &json!("at_door")).await
}

async fn more_than_declared(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let house = homestay(stage).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    house.serve(&first, "register", with(plain("1"), "people", 1)).await?.good()?;
    let form = with(plain("1"), "relation", "friend");
    steps
        .step("one was declared: the second is refused", async {
            house.serve(&second, "register", form.clone()).await?.refused("stay.more_than_declared")
        })
        .await?;
    steps
        .equal(
            "and not reported",
            &json!(of_op(&house.book_when(|book| !book.is_empty()).await?, "arrive").len()),
            &json!(1),
        )
        .await?;
    steps
        .step("more than the beds cannot be declared", async {
            house.alone("declare", json!({ "room": "1", "people": 3 })).await?.refused("stay.room_full")
        })
        .await?;
    house.alone("declare", json!({ "room": "1", "people": 2 })).await?.good()?;
    steps
        .step("put right, the second registers", async { house.serve(&second, "register", form).await?.good() })
        .await?;
    let book = house.book_when(|book| book.len() > 1).await?;
    steps.equal("and the police have both", &json!(of_op(&book, "arrive").len()), &json!(2)).await
}

async fn from_afar(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (house, guest) = (homestay(stage).await?, Phone::of(stage, "demo-adult").await?);
    steps
        .step("without a scan at the door nobody registers", async {
            guest.act(ID, &house.site.name, "arrive", json!({ "people": 1 })).await?.refused("stay.scan_needed")
        })
        .await?;
    steps.equal("the sheet is empty", &house.sheet().await?["stays"], &json!([])).await
}

async fn turned_away(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (house, guest) = (homestay(stage).await?, Phone::of(stage, "demo-adult").await?);
    let code = stage.venue_code(&house.desk).await?;
    let asked = guest.act_scanned(ID, &code, "arrive", json!({ "people": 1 })).await?.good()?;
    let form = json!({ "number": asked.at("/outcome/detail/number") });
    steps
        .step("the host sees nobody at the door, and says no", async { house.alone("turn_away", form).await?.good() })
        .await?;
    steps.equal("nobody is on the sheet", &house.sheet().await?["stays"], &json!([])).await?;
    steps.equal("nothing was reported", &json!(house.book().await?.len()), &json!(0)).await?;
    let gone = house.things_when(&guest, "stay", <[Value]>::is_empty).await?;
    steps.equal("nothing is in the app", &json!(gone.len()), &json!(0)).await
}

async fn minors(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (house, child) = (homestay(stage).await?, Phone::of(stage, "demo-child").await?);
    let code = stage.venue_code(&house.desk).await?;
    steps
        .step("a child does not register at the door", async {
            child.act_scanned(ID, &code, "arrive", json!({ "people": 1 })).await?.refused("stay.desk_form")
        })
        .await?;
    let form = with(minor("1", "alone"), "guardian_call", "not_reached");
    steps
        .step("nor alone with nobody reached", async {
            house.serve(&child, "register_minor", form).await?.refused("stay.guardian_call")
        })
        .await?;
    steps.equal("nothing was reported", &json!(house.book().await?.len()), &json!(0)).await?;
    let form = with(minor("1", "alone"), "people", 1);
    steps
        .step("with the guardian's yes the host registers", async {
            house.serve(&child, "register_minor", form).await?.good()
        })
        .await?;
    let book = house.book_when(|book| !book.is_empty()).await?;
    steps.equal("and the police have the guardian", &book[0]["request"]["minor"]["guardian_is"], &json!("father")).await
}

async fn twice(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (house, guest) = (homestay(stage).await?, Phone::of(stage, "demo-adult").await?);
    let presentation = house.desk.present(ID, &guest.code()?).await?;
    let (form, key) = (with(plain("1"), "people", 1), stage.fresh_key());
    let first = steps
        .step("registered", async { house.desk.act_with(&presentation, "register", form.clone(), &key).await?.good() })
        .await?;
    let again = house.desk.act_with(&presentation, "register", form, &key).await?.good()?;
    steps.equal("the same request has the same answer", &again.body["outcome"], &first.body["outcome"]).await?;
    let book = house.book_when(|book| !book.is_empty()).await?;
    steps.equal("one report", &json!(book.len()), &json!(1)).await?;
    steps
        .equal("one line on the sheet", &json!(house.sheet().await?["stays"].as_array().map(Vec::len)), &json!(1))
        .await
}

async fn minimum_release(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (house, guest) = (homestay(stage).await?, Phone::of(stage, "demo-adult").await?);
    let seen = house.desk.scan(ID, &guest.code()?).await?.good()?;
    let keys =
        |value: &Value| value.as_object().map(|held| held.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    steps
        .equal(
            "the scan gives name and age class",
            &json!(keys(seen.at("/presentation/claims"))),
            &json!(["age_class", "full_name"]),
        )
        .await?;
    let presentation = seen.text_at("/presentation/id").to_owned();
    let done = house.desk.act(&presentation, "register", with(plain("1"), "people", 1)).await?.good()?;
    steps
        .equal(
            "the registration gives the stay",
            &json!(keys(done.at("/outcome/detail"))),
            &json!(["masked_name", "nights", "number", "room", "until_ms"]),
        )
        .await
}
