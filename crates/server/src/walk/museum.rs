//! The cells of the museum's entry.

use serde_json::{Value, json};

use super::Cell;
use super::phone::Phone;
use super::point::Point;
use super::sabotage::Fault;
use super::stage::{Site, Stage};
use super::steps::{Failed, Steps};

const ID: &str = "museum_entry";

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "7.book" book Fault::Lie("book");
        "7.cancel" cancel Fault::Lie("cancel");
        "7.move" move_on Fault::Lie("move");
        "7.slot_quota" quota Fault::Swallow("museum.full");
        "7.headcount" headcount Fault::Setting("headcount_most", 1000);
        "7.k_of_n" k_of_n Fault::Lie("admit");
        "7.early" early Fault::Setting("early_min", 600);
        "7.late" late Fault::Setting("late_min", 600);
        "7.used_twice" used_twice Fault::Swallow("museum.used");
        "7.used_twice_offline" used_twice_offline Fault::Lie("admit");
        "7.child_alone" child_alone Fault::Swallow("museum.adult_needed");
        "7.exit_counted" exit_counted Fault::Lie("exit");
        "7.no_show" no_show Fault::Setting("no_shows_most", 100);
        "7.cancel_spares" cancel_spares Fault::Lie("cancel");
        "7.reentry" reentry Fault::Setting("reentry", 1);
        "7.offline_gate" offline_gate Fault::Stubborn("admit");
        "7.minimum_release" minimum_release Fault::Leak("admit");
    }
}

/// A museum whose only session of the day is going on now, whatever the hour, with a gate.
const ALL_DAY: [(&str, i64); 3] = [("opens_min", 0), ("closes_min", 1440), ("session_min", 1440)];

async fn museum<'a>(stage: &'a Stage, more: &[(&str, i64)]) -> Result<(Site, Point<'a>), Failed> {
    let settings = [&ALL_DAY[..], more].concat();
    let site = stage.site(ID, &["gate"], &settings, &[]).await?;
    let gate = stage.pair(&site, 0).await?;
    Ok((site, gate))
}

fn today(stage: &Stage) -> String {
    // Not in the day's last minutes: a walk that begins before midnight should not end after it.
    if stage.now().minute_of_day() > 1425 {
        stage.advance_s(1800);
    }
    stage.now().date().to_string()
}

/// Books the one session of a day for so many adults and children beside the holder.
async fn reserve(
    phone: &Phone<'_>,
    site: &Site,
    date: &str,
    adults: u32,
    children: u32,
) -> Result<super::web::Answer, Failed> {
    let input = json!({ "date": date, "session": "00:00", "companions": { "adults": adults, "children": children } });
    phone.act(ID, &site.name, "book", input).await
}

async fn admit(gate: &Point<'_>, phone: &Phone<'_>, input: Value) -> Result<super::web::Answer, Failed> {
    let presentation = gate.present(ID, &phone.code()?).await?;
    gate.act(&presentation, "admit", input).await
}

async fn exit(gate: &Point<'_>, phone: &Phone<'_>, input: Value) -> Result<super::web::Answer, Failed> {
    let presentation = gate.present(ID, &phone.code()?).await?;
    gate.act(&presentation, "exit", input).await
}

/// The booking of this citizen at a museum, as the app lists it; the mirror may still be on its way.
async fn booking(
    phone: &Phone<'_>,
    site: &Site,
    wanted: impl Fn(Option<&Value>) -> bool,
) -> Result<Option<Value>, Failed> {
    let mut found = None;
    for _ in 0..20 {
        let things = phone.things("booking").await?;
        found = things.into_iter().find(|thing| thing["venue"]["zh"] == site.name.as_str());
        if wanted(found.as_ref()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(found)
}

/// Waits until the app shows this many people inside, and gives what it shows.
async fn inside(phone: &Phone<'_>, site: &Site, people: u64) -> Result<Value, Failed> {
    let found = booking(phone, site, |thing| thing.is_some_and(|thing| thing["body"]["inside"] == people)).await?;
    Ok(found.map(|thing| thing["body"]["inside"].clone()).unwrap_or_default())
}

async fn book(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, _gate) = museum(stage, &[]).await?;
    let phone = steps.step("a citizen signs in", Phone::of(stage, "demo-adult")).await?;
    steps
        .step("books for herself, one adult and two children", async {
            reserve(&phone, &site, &date, 1, 2).await?.good()
        })
        .await?;
    let found = booking(&phone, &site, |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("the app lists the booking for four", &found["body"]["people"], &json!(4)).await?;
    let logged = phone.logged(|line| line["kind"] == "done" && line["venue"]["zh"] == site.name.as_str()).await?;
    steps.check("the log says so", logged, &logged).await
}

async fn cancel(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, _gate) = museum(stage, &[("session_people", 2), ("cancel_before_min", 0)]).await?;
    let tomorrow = stage.now().plus_days(1).date().to_string();
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    steps.step("one takes both places", async { reserve(&first, &site, &tomorrow, 1, 0).await?.good() }).await?;
    steps
        .step("another finds it full", async { reserve(&second, &site, &tomorrow, 0, 0).await?.refused("museum.full") })
        .await?;
    steps
        .step("the first cancels", async {
            first.act(ID, &site.name, "cancel", json!({ "date": tomorrow })).await?.good()
        })
        .await?;
    let gone = booking(&first, &site, |thing| thing.is_none()).await?;
    steps.check("the app lists no booking", gone.is_none(), &json!(gone)).await?;
    steps.step("the other gets in", async { reserve(&second, &site, &tomorrow, 0, 0).await?.good() }).await?;
    Ok(())
}

async fn move_on(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, _gate) = museum(stage, &[("cancel_before_min", 0)]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let (first, second) = (stage.now().plus_days(1).date().to_string(), stage.now().plus_days(2).date().to_string());
    reserve(&phone, &site, &first, 1, 0).await?.good()?;
    let input = json!({ "date": first, "to_date": second, "session": "00:00" });
    steps.step("moved to the day after", async { phone.act(ID, &site.name, "move", input).await?.good() }).await?;
    let found =
        booking(&phone, &site, |thing| thing.is_some_and(|thing| thing["body"]["date"] == second.as_str())).await?;
    let found = found.unwrap_or_default();
    steps.equal("the app shows the new day", &found["body"]["date"], &json!(second)).await?;
    steps.step("the old day is free again", async { reserve(&phone, &site, &first, 0, 0).await?.good() }).await?;
    Ok(())
}

async fn quota(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, _gate) = museum(stage, &[("session_people", 3)]).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    steps.step("two of three places are taken", async { reserve(&first, &site, &date, 1, 0).await?.good() }).await?;
    steps
        .step("two more do not fit", async { reserve(&second, &site, &date, 1, 0).await?.refused("museum.full") })
        .await?;
    let none = booking(&second, &site, |thing| thing.is_none()).await?;
    steps.check("and nothing is half booked", none.is_none(), &json!(none)).await?;
    steps.step("one more fits", async { reserve(&second, &site, &date, 0, 0).await?.good() }).await?;
    Ok(())
}

async fn headcount(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, gate) = museum(stage, &[("headcount_most", 2)]).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    reserve(&first, &site, &date, 1, 0).await?.good()?;
    reserve(&second, &site, &date, 0, 0).await?.good()?;
    steps.step("two go in", async { admit(&gate, &first, json!({})).await?.good() }).await?;
    steps
        .step("the house is full", async { admit(&gate, &second, json!({})).await?.refused("museum.inside_full") })
        .await?;
    steps.step("one comes out", async { exit(&gate, &first, json!({ "people": 1 })).await?.good() }).await?;
    steps.step("the other goes in", async { admit(&gate, &second, json!({})).await?.good() }).await?;
    let shown = inside(&second, &site, 1).await?;
    steps.equal("the app shows one inside", &shown, &json!(1)).await
}

async fn k_of_n(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, gate) = museum(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    reserve(&phone, &site, &date, 2, 0).await?.good()?;
    steps.step("two of three go in", async { admit(&gate, &phone, json!({ "people": 2 })).await?.good() }).await?;
    let shown = inside(&phone, &site, 2).await?;
    steps.equal("the app shows two inside", &shown, &json!(2)).await?;
    steps
        .step("two more are too many", async {
            admit(&gate, &phone, json!({ "people": 2 })).await?.refused("museum.too_many_now")
        })
        .await?;
    steps.step("the last one goes in", async { admit(&gate, &phone, json!({})).await?.good() }).await?;
    let shown = inside(&phone, &site, 3).await?;
    steps.equal("the app shows three inside", &shown, &json!(3)).await
}

async fn early(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    // Morning of a new day, an hour and a half before the session.
    let minute = i64::from(stage.now().minute_of_day());
    stage.advance_s((1440 - minute + 480) * 60);
    let settings = [("opens_min", 570), ("closes_min", 630), ("session_min", 60), ("early_min", 30)];
    let site = stage.site(ID, &["gate"], &settings, &[]).await?;
    let gate = stage.pair(&site, 0).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let input = json!({ "date": stage.now().date().to_string(), "session": "09:30", "companions": {} });
    phone.act(ID, &site.name, "book", input).await?.good()?;
    steps
        .step("at eight the gate says wait", async { admit(&gate, &phone, json!({})).await?.refused("museum.early") })
        .await?;
    stage.advance_s(65 * 60);
    steps.step("shortly before the session it opens", async { admit(&gate, &phone, json!({})).await?.good() }).await?;
    let shown = inside(&phone, &site, 1).await?;
    steps.equal("the app shows one inside", &shown, &json!(1)).await
}

async fn late(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let minute = i64::from(stage.now().minute_of_day());
    stage.advance_s((1440 - minute + 480) * 60);
    let settings = [("opens_min", 540), ("closes_min", 600), ("session_min", 60), ("late_min", 15)];
    let site = stage.site(ID, &["gate"], &settings, &[]).await?;
    let gate = stage.pair(&site, 0).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let input = json!({ "date": stage.now().date().to_string(), "session": "09:00", "companions": {} });
    phone.act(ID, &site.name, "book", input).await?.good()?;
    stage.advance_s(150 * 60);
    steps
        .step("half an hour after the session it is too late", async {
            admit(&gate, &phone, json!({})).await?.refused("museum.late")
        })
        .await?;
    let found = booking(&phone, &site, |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("nobody went in", &found["body"]["inside"], &json!(0)).await
}

async fn used_twice(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, gate) = museum(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    reserve(&phone, &site, &date, 0, 0).await?.good()?;
    steps.step("in once", async { admit(&gate, &phone, json!({})).await?.good() }).await?;
    steps
        .step("a second time, with a fresh code, is refused", async {
            admit(&gate, &phone, json!({})).await?.refused("museum.used")
        })
        .await?;
    let shown = inside(&phone, &site, 1).await?;
    steps.equal("one inside", &shown, &json!(1)).await
}

/// An event as a gate without network keeps it.
fn event(stage: &Stage, gate: &Point<'_>, action: &str, code: &str, people: u32) -> Value {
    let evidence = json!({ "text": code, "verdict": "green", "people": people, "reason": "booked" });
    gate.event(ID, action, stage.now().as_millis(), &evidence)
}

async fn used_twice_offline(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let site = stage.site(ID, &["gate", "gate", "desk"], &ALL_DAY, &[]).await?;
    let (north, south, desk) = (stage.pair(&site, 0).await?, stage.pair(&site, 1).await?, stage.pair(&site, 2).await?);
    let phone = Phone::of(stage, "demo-adult").await?;
    reserve(&phone, &site, &date, 0, 0).await?.good()?;
    let here = event(stage, &north, "admit", &phone.code()?, 1);
    let there = event(stage, &south, "admit", &phone.code()?, 1);
    steps.step("one gate hands over a passage", async { north.hand_over(&[here]).await?.good() }).await?;
    let second = steps
        .step("the other hands over the same booking; it is not refused", async {
            south.hand_over(&[there]).await?.good()
        })
        .await?;
    steps.equal("the second shows amber", second.at("/results/0/shade"), &json!("amber")).await?;
    let listed =
        desk.get(&format!("/v1/points/{}/list?scenario={ID}&action=differences&limit=100", desk.id)).await?.good()?;
    steps.check("a named difference with an owner", listed.text.contains("double_use"), &listed.text).await
}

async fn child_alone(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, _gate) = museum(stage, &[]).await?;
    let child = Phone::of(stage, "demo-child").await?;
    steps
        .step("a child of ten alone is refused", async {
            reserve(&child, &site, &date, 0, 0).await?.refused("museum.adult_needed")
        })
        .await?;
    let none = booking(&child, &site, |thing| thing.is_none()).await?;
    steps.check("nothing is booked", none.is_none(), &json!(none)).await?;
    steps.step("with an adult it is booked", async { reserve(&child, &site, &date, 1, 0).await?.good() }).await?;
    Ok(())
}

async fn exit_counted(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, gate) = museum(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    reserve(&phone, &site, &date, 2, 0).await?.good()?;
    steps.step("three in", async { admit(&gate, &phone, json!({})).await?.good() }).await?;
    steps.step("one out", async { exit(&gate, &phone, json!({ "people": 1 })).await?.good() }).await?;
    let shown = inside(&phone, &site, 2).await?;
    steps.equal("two inside", &shown, &json!(2)).await?;
    steps.step("two out", async { exit(&gate, &phone, json!({ "people": 2 })).await?.good() }).await?;
    let shown = inside(&phone, &site, 0).await?;
    steps.equal("nobody inside", &shown, &json!(0)).await?;
    steps
        .step("nobody else can come out", async {
            exit(&gate, &phone, json!({ "people": 1 })).await?.refused("museum.not_inside")
        })
        .await?;
    Ok(())
}

/// A house that counts no-shows at once, and one whose bookings of the next two days are made.
async fn two_days(stage: &Stage) -> Result<(Site, Phone<'_>, [String; 2]), Failed> {
    let (site, _gate) =
        museum(stage, &[("no_shows_most", 2), ("no_show_after_h", 0), ("cancel_before_min", 0)]).await?;
    let phone = Phone::of(stage, "demo-youth").await?;
    let days = [1, 2].map(|days| stage.now().plus_days(days).date().to_string());
    for day in &days {
        reserve(&phone, &site, day, 0, 0).await?.good()?;
    }
    Ok((site, phone, days))
}

async fn no_show(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, mut phone, _) = two_days(stage).await?;
    let began = stage.now().as_millis();
    stage.advance_s(3 * 86_400);
    // The same person may have been told so in another house before.
    let rests = |line: &Value| {
        line["at_ms"].as_i64() >= Some(began) && line["text"]["zh"].as_str().is_some_and(|text| text.contains("暂停到"))
    };
    let counted = phone.logged(rests).await?;
    steps.check("two days missed, and the log says what follows", counted, &counted).await?;
    phone.refill().await?;
    let tomorrow = stage.now().plus_days(1).date().to_string();
    steps
        .step("booking rests", async { reserve(&phone, &site, &tomorrow, 0, 0).await?.refused("museum.resting") })
        .await?;
    stage.advance_s(31 * 86_400);
    let later = stage.now().plus_days(1).date().to_string();
    let phone = Phone::of(stage, "demo-youth").await?;
    steps
        .step("and is open again when the rest is over", async { reserve(&phone, &site, &later, 0, 0).await?.good() })
        .await?;
    Ok(())
}

async fn cancel_spares(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, mut phone, [_, second]) = two_days(stage).await?;
    steps
        .step("the second day is cancelled in time", async {
            phone.act(ID, &site.name, "cancel", json!({ "date": second })).await?.good()
        })
        .await?;
    stage.advance_s(3 * 86_400);
    let counted = phone.logged(|line| line["text"]["zh"].as_str().is_some_and(|text| text.contains("未到"))).await?;
    steps.check("the first is counted", counted, &counted).await?;
    // The second day's look has had its time as well.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    phone.refill().await?;
    let tomorrow = stage.now().plus_days(1).date().to_string();
    steps.step("booking goes on", async { reserve(&phone, &site, &tomorrow, 0, 0).await?.good() }).await?;
    Ok(())
}

async fn reentry(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (strict, gate) = museum(stage, &[("reentry", 0)]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    reserve(&phone, &strict, &date, 0, 0).await?.good()?;
    admit(&gate, &phone, json!({})).await?.good()?;
    exit(&gate, &phone, json!({})).await?.good()?;
    steps
        .step("a house without re-entry refuses", async {
            admit(&gate, &phone, json!({})).await?.refused("museum.used")
        })
        .await?;
    let shown = inside(&phone, &strict, 0).await?;
    steps.equal("nobody inside", &shown, &json!(0)).await?;
    let (open, gate) = museum(stage, &[("reentry", 1)]).await?;
    reserve(&phone, &open, &date, 0, 0).await?.good()?;
    admit(&gate, &phone, json!({})).await?.good()?;
    exit(&gate, &phone, json!({})).await?.good()?;
    steps.step("a house with re-entry lets in again", async { admit(&gate, &phone, json!({})).await?.good() }).await?;
    Ok(())
}

async fn offline_gate(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, gate) = museum(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    reserve(&phone, &site, &date, 1, 0).await?.good()?;
    let bundle = gate.get(&format!("/v1/points/{}/bundle?scenario={ID}", gate.id)).await?.good()?;
    steps.check("the gate has a signed bundle", bundle.text_at("/bundle").len() > 200, &bundle.text.len()).await?;
    let code = phone.code()?;
    let kept = [event(stage, &gate, "admit", &code, 2)];
    stage.advance_s(3600);
    let first = steps.step("an hour later it hands over", async { gate.hand_over(&kept).await?.good() }).await?;
    steps.equal("everything arrived", first.at("/accepted_through"), &json!(1)).await?;
    let again =
        steps.step("and once more, for the answer was lost", async { gate.hand_over(&kept).await?.good() }).await?;
    steps.equal("the same answer", again.at("/results"), first.at("/results")).await?;
    let shown = inside(&phone, &site, 2).await?;
    steps.equal("two inside, not four", &shown, &json!(2)).await?;
    steps
        .step("the code it took is spent online too", async { gate.scan(ID, &code).await?.refused("code.expired") })
        .await?;
    let gap = gate.event(ID, "exit", stage.now().as_millis(), &json!({ "text": "", "people": 1 }));
    let later = gate.event(ID, "exit", stage.now().as_millis(), &json!({ "text": phone.code()?, "people": 1 }));
    let told = steps.step("a gap in the counters is seen", async { gate.hand_over(&[later]).await?.good() }).await?;
    steps.equal("named", told.at("/gaps"), &json!([[2, 2]])).await?;
    drop(gap);
    Ok(())
}

async fn minimum_release(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let date = today(stage);
    let (site, gate) = museum(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    reserve(&phone, &site, &date, 1, 0).await?.good()?;
    let scanned = steps.step("the gate scans", async { gate.scan(ID, &phone.code()?).await?.good() }).await?;
    let presentation = scanned.text_at("/presentation/id").to_owned();
    let acted = steps.step("and lets in", async { gate.act(&presentation, "admit", json!({})).await?.good() }).await?;
    let person = &crate::demo::people::CITIZENS[0];
    let number = person.enrolment("").document_number;
    for (what, secret) in [("name", person.name), ("number", number.as_str()), ("birth", person.birth)] {
        let absent = !scanned.text.contains(secret) && !acted.text.contains(secret);
        steps.check(&format!("the {what} did not leave"), absent, &what).await?;
    }
    let claims = scanned
        .at("/presentation/claims")
        .as_object()
        .map(|claims| claims.keys().cloned().collect::<Vec<_>>())
        .unwrap_or_default();
    let inside = claims.iter().all(|claim| matches!(claim.as_str(), "age_class"));
    steps.check("claims are inside the release table", inside, &claims.join(", ")).await
}
