//! The cells of hotel stays.

use serde_json::{Value, json};

use super::Cell;
use super::lodgers::{co_lodgers, foreigner, hit_silent, minor_alone, minors, permits, visitor};
use super::lodging::{House, control, of_op, plain, with};
use super::phone::Phone;
use super::sabotage::Fault;
use super::stage::Stage;
use super::steps::{Failed, Steps};
use crate::demo::people::CITIZENS;

/// The scenario.
pub const ID: &str = "hotel_stay";

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "4.register" register Fault::Lie("register");
        "4.scan_you" scan_you Fault::Lie("approve");
        "4.reserved" reserved Fault::Swallow("stay.house_full");
        "4.rejected" rejected Fault::Lie("correct");
        "4.upload_down" upload_down Fault::Lie("report.send");
        "4.reply_lost" reply_lost Fault::Lie("report.answered");
        "4.key" key Fault::Swallow("stay.key_out");
        "4.money" money Fault::Lie("folio.refund");
        "4.move" moved Fault::Lie("move");
        "4.check_out" check_out Fault::Lie("check_out");
        "4.not_the_holder" not_the_holder Fault::Swallow("stay.not_the_holder");
        "4.minor" minors Fault::Swallow("stay.minor_contact");
        "4.minor_alone" minor_alone Fault::Swallow("stay.guardian_call");
        "4.foreigner" foreigner Fault::Swallow("stay.foreign_form");
        "4.permits" permits Fault::Mute("register");
        "4.co_lodgers" co_lodgers Fault::Swallow("stay.relation");
        "4.visitor" visitor Fault::Lie("visit.over");
        "4.hit_silent" hit_silent Fault::Mute("register");
        "4.twice_is_once" twice Fault::Twice("register");
        "4.minimum_release" minimum_release Fault::Leak("register");
    }
}

/// A hotel with three rooms.
///
/// # Errors
/// The platform refused.
pub async fn hotel(stage: &Stage) -> Result<House<'_>, Failed> {
    House::of(stage, ID, &[], &[("101", 2), ("102", 2), ("201", 4)], &json!({})).await
}

async fn register(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    let seen =
        steps.step("the desk scans the guest", async { hotel.desk.scan(ID, &guest.code()?).await?.good() }).await?;
    steps.equal("and sees the name", seen.at("/presentation/claims/full_name"), &json!("陈晓岚")).await?;
    let presentation = seen.text_at("/presentation/id").to_owned();
    let done = steps
        .step("the guest is registered", async {
            hotel.desk.act(&presentation, "register", plain("101")).await?.good()
        })
        .await?;
    steps.equal("green", done.at("/outcome/shade"), &json!("green")).await?;
    let book = hotel.book_when(|book| !book.is_empty()).await?;
    steps.equal("the police have one report", &json!(book.len()), &json!(1)).await?;
    let report = book.first().cloned().unwrap_or_default();
    let identity = &report["identity"];
    let whole = ["full_name", "sex", "nation", "birth", "document_kind", "document_number", "address"]
        .iter()
        .all(|name| identity[*name].as_str().is_some_and(|text| !text.is_empty()));
    steps.check("with the whole statutory set", whole, identity).await?;
    let number = identity["document_number"].as_str().unwrap_or_default().to_owned();
    let told = [seen.text, done.text, hotel.sheet().await?.to_string()].concat();
    steps
        .check("the hotel never sees the number", !number.is_empty() && !told.contains(&number), &"the hotel's answers")
        .await?;
    let sheet = hotel.sheet_when(|sheet| sheet["stays"][0]["report"] == "accepted").await?;
    steps.equal("the sheet says it was taken", &sheet["stays"][0]["report"], &json!("accepted")).await?;
    let reported = |line: &Value| {
        line["kind"] == "reported"
            && line["venue"]["zh"] == hotel.site.name.as_str()
            && line["released"].to_string().contains("document_number")
            && !line["receipt"].is_null()
    };
    steps
        .check("the guest's log names what the police got, with a receipt", guest.logged(reported).await?, &"the log")
        .await?;
    let inbox = guest.get("/v1/me/messages").await?.good()?;
    let told = inbox.at("/items").as_array().into_iter().flatten().any(|message| message["topic"] == "stay_uploaded");
    steps.check("the inbox says that the stay is registered", told, inbox.at("/items")).await?;
    let stays = hotel.things_when(&guest, "stay", |stays| !stays.is_empty()).await?;
    steps.equal("and the app has the stay", &json!(stays.len()), &json!(1)).await
}

async fn scan_you(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-elder").await?);
    let code = stage.venue_code(&hotel.desk).await?;
    let asked = steps
        .step("the guest scans the hotel's signed code", async {
            guest.act_scanned(ID, &code, "arrive", json!({ "nights": 1 })).await?.good()
        })
        .await?;
    let number = asked.text_at("/outcome/detail/number").to_owned();
    let sheet = hotel.sheet().await?;
    steps.equal("the desk sees somebody at the door", &sheet["stays"][0]["state"], &json!("at_door")).await?;
    steps.equal("nothing is reported yet", &json!(hotel.book().await?.len()), &json!(0)).await?;
    let form = json!({ "number": number, "room": "101", "compared": "same" });
    steps.step("the clerk lets the guest in", async { hotel.alone("approve", form).await?.good() }).await?;
    let book = hotel.book_when(|book| !book.is_empty()).await?;
    steps.equal("the police have it once", &json!(of_op(&book, "arrive").len()), &json!(1)).await?;
    let stays = hotel
        .things_when(&guest, "stay", |stays| stays.first().is_some_and(|stay| stay["body"]["room"] == "101"))
        .await?;
    steps
        .equal(
            "and the app names the room",
            &stays.first().map_or(Value::Null, |stay| stay["body"]["room"].clone()),
            &json!("101"),
        )
        .await
}

async fn reserved(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = House::of(stage, ID, &[], &[("101", 2)], &json!({})).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let today = stage.now().date();
    let form = json!({ "date": today.to_string(), "nights": 2, "people": 1 });
    let booked = steps
        .step("the only room is booked", async {
            first.act(ID, &hotel.site.name, "reserve", form.clone()).await?.good()
        })
        .await?;
    steps
        .step("nobody else books it", async {
            second.act(ID, &hotel.site.name, "reserve", form.clone()).await?.refused("stay.house_full")
        })
        .await?;
    steps
        .step("nor walks in", async {
            hotel.serve(&second, "register", plain("101")).await?.refused("stay.house_full")
        })
        .await?;
    let order = booked.at("/outcome/detail/order").clone();
    steps
        .step("cancelled", async { first.act(ID, &hotel.site.name, "cancel", json!({ "order": order })).await?.good() })
        .await?;
    steps
        .step("another books it", async { second.act(ID, &hotel.site.name, "reserve", form.clone()).await?.good() })
        .await?;
    stage.advance_s(2 * 86_400);
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let gone = hotel.things_when(&second, "booking", <[Value]>::is_empty).await?;
    steps.equal("nobody came: the booking is gone", &json!(gone.len()), &json!(0)).await?;
    let form = with(form, "date", stage.now().date().to_string());
    first.act(ID, &hotel.site.name, "reserve", form).await?.good()?;
    let stay = steps
        .step("a booked guest arrives", async { hotel.serve(&first, "register", plain("101")).await?.good() })
        .await?;
    steps.equal("for the nights booked", stay.at("/outcome/detail/nights"), &json!(2)).await
}

async fn rejected(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    control(stage, json!({ "next": "correct:relation" })).await?;
    hotel.serve(&guest, "register", plain("101")).await?.good()?;
    let sheet = hotel.sheet_when(|sheet| sheet["stays"][0]["report"] == "correct").await?;
    steps.equal("the police put it back", &sheet["stays"][0]["correct"], &json!("authority.correct.relation")).await?;
    steps.equal("the sheet raises an alarm", &sheet["alarms"], &json!(1)).await?;
    let form = json!({ "number": sheet["stays"][0]["number"], "relation": "friend" });
    steps.step("the clerk corrects it", async { hotel.alone("correct", form.clone()).await?.good() }).await?;
    let book = hotel.book_when(|book| book.len() > 1).await?;
    let states: Vec<&Value> = book.iter().map(|entry| &entry["state"]).collect();
    steps.equal("the second is taken", &json!(states), &json!(["correct", "accepted"])).await?;
    let (old, new) = (book.first().cloned().unwrap_or_default(), book.get(1).cloned().unwrap_or_default());
    steps.equal("and names the first", &new["request"]["corrects"], &old["business_no"]).await?;
    let sheet = hotel.sheet_when(|sheet| sheet["alarms"] == 0).await?;
    steps.equal("the alarm is over", &sheet["alarms"], &json!(0)).await?;
    steps
        .step("there is nothing more to correct", async {
            hotel.alone("correct", form).await?.refused("report.nothing_to_correct")
        })
        .await?;
    Ok(())
}

async fn upload_down(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = hotel(stage).await?;
    control(stage, json!({ "down": true })).await?;
    let result = while_down(stage, steps, &hotel).await;
    control(stage, json!({ "down": false })).await?;
    result?;
    stage.advance_s(660);
    let book = hotel.book_when(|book| book.len() > 1).await?;
    steps.equal("back again, both are there", &json!(of_op(&book, "arrive").len()), &json!(2)).await?;
    let once = book.iter().all(|entry| entry["submissions"] == 1);
    steps.check("each was sent once", once, &json!(book)).await?;
    let sheet = hotel.sheet_when(|sheet| sheet["waiting"] == 0).await?;
    steps.equal("nothing waits, nothing alarms", &json!([sheet["waiting"], sheet["alarms"]]), &json!([0, 0])).await
}

async fn while_down(stage: &Stage, steps: &mut Steps, hotel: &House<'_>) -> Result<(), Failed> {
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    steps
        .step("reports are down: a guest registers", async {
            hotel.serve(&first, "register", plain("101")).await?.good()
        })
        .await?;
    steps.step("and has the key", async { hotel.serve(&first, "give_key", json!({})).await?.good() }).await?;
    steps.step("another registers", async { hotel.serve(&second, "register", plain("102")).await?.good() }).await?;
    stage.advance_s(660);
    let sheet = hotel.sheet_when(|sheet| sheet["alarms"] == 2).await?;
    steps
        .equal("eleven minutes later the sheet alarms", &json!([sheet["waiting"], sheet["alarms"]]), &json!([2, 2]))
        .await?;
    for _ in 0..6 {
        stage.advance_s(3600);
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
    }
    steps.equal("six hours later the police have nothing", &json!(hotel.book().await?.len()), &json!(0)).await
}

async fn reply_lost(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    control(stage, json!({ "next": "drop_reply" })).await?;
    steps
        .step("the receipt is lost on its way", async { hotel.serve(&guest, "register", plain("101")).await?.good() })
        .await?;
    let sheet = hotel.sheet_when(|sheet| sheet["stays"][0]["report"] == "accepted").await?;
    steps.equal("the platform has it all the same", &sheet["stays"][0]["report"], &json!("accepted")).await?;
    let book = hotel.book().await?;
    steps.equal("one report, sent once", &json!([book.len(), book[0]["submissions"]]), &json!([1, 1])).await?;
    let asked = book[0]["queries"].as_i64().unwrap_or_default();
    steps.check("because it was asked for", asked >= 1, &asked).await
}

async fn key(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hotel = hotel(stage).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    steps
        .step("no key without registration", async {
            hotel.serve(&second, "give_key", json!({})).await?.refused("stay.not_here")
        })
        .await?;
    hotel.serve(&first, "register", plain("101")).await?.good()?;
    hotel.serve(&second, "register", with(plain("101"), "relation", "friend")).await?.good()?;
    steps
        .step("the first guest has the key", async { hotel.serve(&first, "give_key", json!({})).await?.good() })
        .await?;
    let sheet = hotel.sheet().await?;
    let states: Vec<&Value> = sheet["stays"].as_array().into_iter().flatten().map(|stay| &stay["state"]).collect();
    steps.equal("both are in the house", &json!(states), &json!(["in_house", "in_house"])).await?;
    steps
        .step("there is no second custodian", async {
            hotel.serve(&second, "give_key", json!({})).await?.refused("stay.key_out")
        })
        .await?;
    steps.step("the first leaves", async { hotel.serve(&first, "check_out", json!({})).await?.good() }).await?;
    steps
        .step("and the key is the other's", async { hotel.serve(&second, "give_key", json!({})).await?.good() })
        .await?;
    Ok(())
}

async fn money(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-parent").await?);
    let before = guest.purse_fen().await?;
    let presentation = hotel.desk.present(ID, &guest.code()?).await?;
    hotel.desk.act(&presentation, "register", plain("101")).await?.good()?;
    steps
        .step("the deposit is asked for on the phone", async {
            hotel.desk.act(&presentation, "deposit", json!({})).await?.refused("consent.needed")
        })
        .await?;
    steps.step("and agreed to", guest.answer(true)).await?;
    steps
        .equal("200 yuan are reserved for it", &json!(before - settled(&guest, before - 20_000).await?), &json!(20_000))
        .await?;
    hotel.alone("add_extra", json!({ "room": "101", "title": "洗衣", "amount": 1_500 })).await?.good()?;
    let done =
        steps.step("the guest checks out", async { hotel.serve(&guest, "check_out", json!({})).await?.good() }).await?;
    steps.equal("85 of the deposit go back", done.at("/outcome/detail/deposit_back_fen"), &json!(8_500)).await?;
    let after = settled(&guest, before - 11_500).await?;
    steps.equal("the purse is short by room and laundry, to the fen", &json!(before - after), &json!(11_500)).await?;
    let other = Phone::of(stage, "demo-adult").await?;
    hotel.serve(&other, "register", plain("102")).await?.good()?;
    steps
        .step("without a deposit nobody leaves unpaid", async {
            hotel.serve(&other, "check_out", json!({})).await?.refused("stay.unpaid")
        })
        .await?;
    let had = other.purse_fen().await?;
    steps.step("paid in the app", async { other.act(ID, &hotel.site.name, "pay", json!({})).await?.good() }).await?;
    steps.equal("exactly the room", &json!(had - settled(&other, had - 10_000).await?), &json!(10_000)).await?;
    steps.step("the guest may go", async { hotel.serve(&other, "check_out", json!({})).await?.good() }).await?;
    Ok(())
}

/// The purse once it holds what is expected, or after some looks.
async fn settled(guest: &Phone<'_>, expected: i64) -> Result<i64, Failed> {
    let mut seen = 0;
    for _ in 0..60 {
        seen = guest.purse_fen().await?;
        if seen == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(seen)
}

async fn moved(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    hotel.serve(&guest, "register", plain("101")).await?.good()?;
    hotel.serve(&guest, "give_key", json!({})).await?.good()?;
    steps
        .step("the guest moves", async { hotel.serve(&guest, "move", json!({ "room": "201" })).await?.good() })
        .await?;
    let book = hotel.book_when(|book| book.len() > 1).await?;
    let change = of_op(&book, "change").first().map_or(Value::Null, |entry| entry["request"]["room"].clone());
    steps.equal("the police know the new room", &change, &json!("201")).await?;
    let other = Phone::of(stage, "demo-elder").await?;
    steps
        .step("which nobody else gets", async {
            hotel.serve(&other, "register", with(plain("201"), "people", 1)).await?.refused("stay.relation")
        })
        .await?;
    steps.step("the old one is free", async { hotel.serve(&other, "register", plain("101")).await?.good() }).await?;
    steps.step("and its key there", async { hotel.serve(&other, "give_key", json!({})).await?.good() }).await?;
    steps
        .step("two nights more", async { hotel.serve(&guest, "extend", json!({ "nights": 2 })).await?.good() })
        .await?;
    let changes = hotel.book_when(|book| of_op(book, "change").len() > 1).await?;
    let ends: Vec<i64> =
        of_op(&changes, "change").iter().filter_map(|entry| entry["request"]["until_ms"].as_i64()).collect();
    let longer = matches!(ends.as_slice(), [first, second] if second - first == 2 * 86_400_000);
    steps.check("the police know that too", longer, &json!(ends)).await
}

async fn check_out(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    hotel.serve(&guest, "register", plain("101")).await?.good()?;
    hotel.serve(&guest, "give_key", json!({})).await?.good()?;
    guest.act(ID, &hotel.site.name, "pay", json!({})).await?.good()?;
    steps.step("the guest leaves", async { hotel.serve(&guest, "check_out", json!({})).await?.good() }).await?;
    let book = hotel.book_when(|book| book.len() > 1).await?;
    steps.equal("the police know", &json!(of_op(&book, "depart").len()), &json!(1)).await?;
    let sheet = hotel.sheet_when(|sheet| sheet["stays"].as_array().is_some_and(Vec::is_empty)).await?;
    steps.equal("the sheet is empty", &sheet["stays"], &json!([])).await?;
    let stays = hotel.things_when(&guest, "stay", <[Value]>::is_empty).await?;
    steps.equal("so is the app", &json!(stays.len()), &json!(0)).await?;
    let other = Phone::of(stage, "demo-elder").await?;
    steps
        .step("the room takes another guest", async { hotel.serve(&other, "register", plain("101")).await?.good() })
        .await?;
    steps.step("with its key", async { hotel.serve(&other, "give_key", json!({})).await?.good() }).await?;
    Ok(())
}

async fn not_the_holder(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    let form = with(plain("101"), "compared", "other");
    steps
        .step("the clerk sees somebody else", async {
            hotel.serve(&guest, "register", form).await?.refused("stay.not_the_holder")
        })
        .await?;
    steps.equal("nobody is on the sheet", &hotel.sheet().await?["stays"], &json!([])).await?;
    steps.equal("the police have nothing", &json!(hotel.book().await?.len()), &json!(0)).await?;
    steps.equal("nor has the app", &json!(hotel.things_when(&guest, "stay", |_| true).await?.len()), &json!(0)).await?;
    let refused = |line: &Value| line["kind"] == "refused" && line["venue"]["zh"] == hotel.site.name.as_str();
    steps.check("the holder reads of it", guest.logged(refused).await?, &"the log").await
}

/// The 24 hour clock while the authority is not there.
async fn twice(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    let presentation = hotel.desk.present(ID, &guest.code()?).await?;
    let key = stage.fresh_key();
    let first = steps
        .step("registered", async { hotel.desk.act_with(&presentation, "register", plain("101"), &key).await?.good() })
        .await?;
    let again = steps
        .step("the same request again", async {
            hotel.desk.act_with(&presentation, "register", plain("101"), &key).await?.good()
        })
        .await?;
    steps.equal("has the same answer", &again.body["outcome"], &first.body["outcome"]).await?;
    let book = hotel.book_when(|book| !book.is_empty()).await?;
    steps.equal("one report", &json!(book.len()), &json!(1)).await?;
    steps
        .step("a new request finds the guest here", async {
            hotel.serve(&guest, "register", plain("102")).await?.refused("stay.already")
        })
        .await?;
    steps
        .equal("one line on the sheet", &json!(hotel.sheet().await?["stays"].as_array().map(Vec::len)), &json!(1))
        .await
}

async fn minimum_release(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hotel, guest) = (hotel(stage).await?, Phone::of(stage, "demo-adult").await?);
    let seen = hotel.desk.scan(ID, &guest.code()?).await?.good()?;
    let claims: Vec<String> =
        seen.at("/presentation/claims").as_object().map(|claims| claims.keys().cloned().collect()).unwrap_or_default();
    steps.equal("the scan gives name and age class", &json!(claims), &json!(["age_class", "full_name"])).await?;
    let presentation = seen.text_at("/presentation/id").to_owned();
    let done = hotel.desk.act(&presentation, "register", plain("101")).await?.good()?;
    let detail: Vec<String> =
        done.at("/outcome/detail").as_object().map(|detail| detail.keys().cloned().collect()).unwrap_or_default();
    steps
        .equal(
            "the registration gives the stay",
            &json!(detail),
            &json!(["masked_name", "nights", "number", "room", "until_ms"]),
        )
        .await?;
    let enrolled = CITIZENS.iter().find(|citizen| citizen.subject == "demo-adult").map(|citizen| citizen.enrolment(""));
    let secrets =
        enrolled.map(|known| [known.document_number, known.phone, known.particulars.address]).unwrap_or_default();
    let told = [seen.text, done.text, hotel.sheet().await?.to_string()].concat();
    let leaked = secrets.iter().any(|secret| !secret.is_empty() && told.contains(secret.as_str()));
    steps.check("no number, telephone or address in any answer", !leaked, &"the hotel's answers").await
}
