//! The cells of booking at a hall.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Cell;
use super::hall::{BOOKING, Hall, date, next_day_at};
use super::phone::Phone;
use super::sabotage::Fault;
use super::stage::Stage;
use super::steps::{Failed, Steps};
use super::web::Web;

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "1.book" book Fault::Lie("book.in");
        "1.arrive" arrive Fault::Lie("arrive");
        "1.late" late Fault::Setting("late_min", 480);
        "1.cancel" cancel Fault::Lie("cancel");
        "1.late_cancel" late_cancel Fault::Setting("cancel_before_min", 0);
        "1.move" move_on Fault::Lie("move");
        "1.no_show" no_show Fault::Setting("no_shows_most", 100);
        "1.raced" raced Fault::Setting("slot_people", 10_000);
        "1.two_a_day" two_a_day Fault::Swallow("hall.already_booked");
        "1.closed_day" closed_day Fault::Setting("weekdays", 127);
        "1.helper" helper Fault::Lie("book");
        "1.hall_cancels" hall_cancels Fault::Lie("set_day");
        "1.minimum_release" minimum_release Fault::Leak("arrive");
    }
}

async fn book(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = steps.step("a citizen signs in", Phone::of(stage, "demo-adult")).await?;
    let tomorrow = date(stage, 1);
    let path = format!(
        "/v1/me/list?scenario={BOOKING}&venue={}&action=sessions&date={tomorrow}&limit=100",
        phone.venue(&hall.site.name).await?
    );
    let before = phone.get(&path).await?.good()?;
    steps.equal("twenty places at half past nine", before.at("/items/19/left"), &json!(20)).await?;
    steps.step("books", async { hall.book(&phone, (&tomorrow, "09:30")).await?.good() }).await?;
    let found = hall.thing(&phone, "booking", |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("the app lists it", &found["body"]["session"], &json!("09:30")).await?;
    let after = phone.get(&path).await?.good()?;
    steps.equal("one place fewer", after.at("/items/19/left"), &json!(19)).await?;
    let logged = phone.logged(|line| line["kind"] == "done" && line["venue"]["zh"] == hall.site.name.as_str()).await?;
    steps.check("the log says so", logged, &logged).await
}

/// A booking for tomorrow at half past nine, and the clock on that morning.
async fn on_the_morning(stage: &Stage, minute: i64) -> Result<(Hall<'_>, Phone<'_>), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let mut phone = Phone::of(stage, "demo-adult").await?;
    hall.book(&phone, (&date(stage, 1), "09:30")).await?.good()?;
    hall.thing(&phone, "booking", |thing| thing.is_some()).await?;
    next_day_at(stage, minute);
    phone.refill().await?;
    Ok((hall, phone))
}

async fn arrive(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hall, mut phone) = on_the_morning(stage, 530).await?;
    let presentation = hall.one.present(BOOKING, &phone.code()?).await?;
    steps
        .step("ten to nine is too early", async {
            hall.one.act(&presentation, "arrive", json!({})).await?.refused("hall.early")
        })
        .await?;
    stage.advance_s(15 * 60);
    phone.refill().await?;
    let presentation = hall.one.present(BOOKING, &phone.code()?).await?;
    let came = steps
        .step("five past nine is in the window", async {
            hall.one.act(&presentation, "arrive", json!({})).await?.good()
        })
        .await?;
    steps.equal("a booked number", came.at("/outcome/detail/stream/zh"), &json!("预约")).await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("one waits", &waiting, &json!(1)).await?;
    let number = came.text_at("/outcome/detail/number").to_owned();
    let shown =
        hall.thing(&phone, "booking", |thing| thing.is_some_and(|one| !one["body"]["state_words"].is_null())).await?;
    let words = shown.unwrap_or_default()["body"]["state_words"]["zh"].to_string();
    steps.check("the phone shows the number", words.contains(&number), &words).await
}

async fn late(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hall, phone) = on_the_morning(stage, 590).await?;
    let presentation = hall.one.present(BOOKING, &phone.code()?).await?;
    let came = steps
        .step("twenty minutes late, and served all the same", async {
            hall.one.act(&presentation, "arrive", json!({})).await?.good()
        })
        .await?;
    steps.equal("as a walk-in", came.at("/outcome/detail/stream/zh"), &json!("现场")).await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("one waits", &waiting, &json!(1)).await
}

async fn cancel(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[("hall_booking.slot_people", 1)]).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let day = date(stage, 2);
    steps.step("one takes the only place", async { hall.book(&first, (&day, "09:30")).await?.good() }).await?;
    steps
        .step("another finds it full", async { hall.book(&second, (&day, "09:30")).await?.refused("hall.full") })
        .await?;
    steps
        .step("the first cancels", async {
            first.act(BOOKING, &hall.site.name, "cancel", json!({ "date": day })).await?.good()
        })
        .await?;
    let gone = hall.thing(&first, "booking", |thing| thing.is_none()).await?;
    steps.check("the app lists none", gone.is_none(), &json!(gone)).await?;
    steps.step("the other gets in", async { hall.book(&second, (&day, "09:30")).await?.good() }).await?;
    Ok(())
}

async fn late_cancel(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hall, phone) = on_the_morning(stage, 480).await?;
    let today = date(stage, 0);
    steps
        .step("an hour and a half before it is too late", async {
            phone.act(BOOKING, &hall.site.name, "cancel", json!({ "date": today })).await?.refused("hall.too_late")
        })
        .await?;
    let found = hall.thing(&phone, "booking", |thing| thing.is_some()).await?;
    steps.check("the booking stands", found.is_some(), &json!(found)).await
}

async fn move_on(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[("hall_booking.slot_people", 1)]).await?;
    let (phone, other) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let (first, second) = (date(stage, 1), date(stage, 2));
    hall.book(&phone, (&first, "23:30")).await?.good()?;
    let input = json!({ "date": first, "to_date": second, "session": "10:00" });
    steps
        .step("moved to the day after", async { phone.act(BOOKING, &hall.site.name, "move", input).await?.good() })
        .await?;
    let wanted = second.clone();
    let found = hall
        .thing(&phone, "booking", move |thing| thing.is_some_and(|one| one["body"]["date"] == wanted.as_str()))
        .await?;
    steps.equal("the app shows the new day", &found.unwrap_or_default()["body"]["date"], &json!(second)).await?;
    steps.step("the old place is free again", async { hall.book(&other, (&first, "23:30")).await?.good() }).await?;
    Ok(())
}

async fn no_show(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let mut phone = Phone::of(stage, "demo-youth").await?;
    let days: Vec<String> = (1..=3).map(|days| date(stage, days)).collect();
    for day in &days {
        hall.book(&phone, (day, "09:30")).await?.good()?;
    }
    for _ in 0..3 {
        next_day_at(stage, 1439);
    }
    next_day_at(stage, 300);
    let counted = phone.logged(|line| line["text"]["zh"].as_str().is_some_and(|text| text.contains("暂停到"))).await?;
    steps.check("three days missed, and the log says what follows", counted, &counted).await?;
    let tomorrow = date(stage, 1);
    steps
        .step("booking on the phone rests", async {
            hall.book(&phone, (&tomorrow, "09:30")).await?.refused("hall.resting")
        })
        .await?;
    phone.refill().await?;
    let taken = steps
        .step("the hall serves as ever", async { hall.take(&phone, json!({ "matter": "tax" })).await?.good() })
        .await?;
    steps.equal("as a walk-in", taken.at("/outcome/detail/stream/zh"), &json!("现场")).await
}

/// How many clients race, and for how many places.
const RACERS: usize = 1000;
const PLACES: u64 = 7;

async fn raced(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[("hall_booking.slot_people", 7)]).await?;
    let people = steps.step("a thousand people sign in", stage.crowd(RACERS)).await?;
    let day = date(stage, 1);
    let some = Phone::of(stage, "demo-adult").await?;
    let mut racing = JoinSet::new();
    for (person, cookie) in people {
        let venue = stage.venue_of(person, &hall.site.name)?;
        let input = json!({ "matter": "tax", "date": day, "session": "09:30" });
        let body = json!({ "scenario": BOOKING, "venue": venue, "action": "book", "input": input }).to_string();
        let (web, url, origin, key) =
            (stage.web.clone(), stage.url("/v1/me/actions"), stage.base.clone(), stage.fresh_key());
        racing.spawn(async move { race(&web, &url, (&origin, &cookie, &key), &body).await });
    }
    let mut outcomes: Vec<String> = Vec::new();
    while let Some(one) = racing.join_next().await {
        outcomes.push(one.map_err(Failed::because)??);
    }
    let count = |wanted: &str| outcomes.iter().filter(|one| one.as_str() == wanted).count();
    let told = format!("{} booked, {} full of {}", count("ok"), count("hall.full"), outcomes.len());
    let exact = count("ok") as u64 == PLACES && count("ok") + count("hall.full") == RACERS;
    steps.check("exactly the places are booked, all others are told it is full", exact, &told).await?;
    let path = format!(
        "/v1/me/list?scenario={BOOKING}&venue={}&action=sessions&date={day}&limit=100",
        some.venue(&hall.site.name).await?
    );
    let left = some.get(&path).await?.good()?;
    steps.equal("no place is left", left.at("/items/19/left"), &json!(0)).await
}

/// One client: sends the same request again while the platform says it is busy or still at it.
async fn race(web: &Web, url: &str, (origin, cookie, key): (&str, &str, &str), body: &str) -> Result<String, Failed> {
    let headers =
        [("cookie", cookie), ("content-type", "application/json"), ("origin", origin), ("idempotency-key", key)];
    for _ in 0..300 {
        let answer = web.send(Method::POST, url, &headers, body).await?;
        match answer.status {
            200 => return Ok("ok".to_owned()),
            202 | 429 | 500.. => tokio::time::sleep(Duration::from_millis(200)).await,
            _ => return Ok(answer.text_at("/code").to_owned()),
        }
    }
    Err(Failed::new("no answer in a minute"))
}

async fn two_a_day(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let day = date(stage, 1);
    steps.step("one booking", async { hall.book(&phone, (&day, "09:30")).await?.good() }).await?;
    steps
        .step("a second one that day is refused", async {
            hall.book(&phone, (&day, "15:00")).await?.refused("hall.already_booked")
        })
        .await?;
    let found = hall.thing(&phone, "booking", |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("the first stands", &found["body"]["session"], &json!("09:30")).await
}

async fn closed_day(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[("hall_booking.weekdays", 0)]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let day = date(stage, 1);
    steps
        .step("a day off cannot be booked", async {
            hall.book(&phone, (&day, "09:30")).await?.refused("hall.closed_day")
        })
        .await?;
    steps
        .step("the hall works it in exchange", async {
            hall.one.alone(BOOKING, "set_day", json!({ "date": day, "open": "open" })).await?.good()
        })
        .await?;
    steps.step("now it can be booked", async { hall.book(&phone, (&day, "09:30")).await?.good() }).await?;
    let found = hall.thing(&phone, "booking", |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("the app lists it", &found["body"]["date"], &json!(day)).await
}

async fn helper(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let elder = Phone::of(stage, "demo-elder").await?;
    let day = date(stage, 1);
    let presentation =
        steps.step("the elder shows a code at the desk", hall.one.present(BOOKING, &elder.code()?)).await?;
    let input = json!({ "matter": "social_security", "date": day, "session": "10:00" });
    steps.step("the helper books", async { hall.one.act(&presentation, "book", input).await?.good() }).await?;
    let found = hall.thing(&elder, "booking", |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("it is the elder's booking", &found["body"]["session"], &json!("10:00")).await?;
    let clerk = json!(super::point::OPERATOR);
    let logged =
        elder.logged(|line| line["operator"] == clerk && line["venue"]["zh"] == hall.site.name.as_str()).await?;
    steps.check("the log names who booked", logged, &logged).await
}

async fn hall_cancels(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let settings = [("hall_booking.slot_people", 1), ("hall_booking.first_people", 1)];
    let hall = Hall::open(stage, &settings).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let third = Phone::of(stage, "demo-parent").await?;
    let (day, next) = (date(stage, 1), date(stage, 2));
    hall.book(&first, (&day, "09:30")).await?.good()?;
    hall.book(&second, (&next, "09:30")).await?.good()?;
    steps
        .step("the hall closes the day", async {
            hall.one.alone(BOOKING, "set_day", json!({ "date": day, "open": "closed" })).await?.good()
        })
        .await?;
    let found =
        hall.thing(&first, "booking", |thing| thing.is_some_and(|one| !one["body"]["state_words"].is_null())).await?;
    let state: Value = found.unwrap_or_default()["body"]["state_words"]["zh"].clone();
    steps.equal("the app says so", &state, &json!("大厅取消")).await?;
    let told = first.logged(|line| line["text"]["zh"].as_str().is_some_and(|text| text.contains("优先改约"))).await?;
    steps.check("and that one may book first", told, &told).await?;
    steps
        .step("the day is closed", async { hall.book(&third, (&day, "10:00")).await?.refused("hall.closed_day") })
        .await?;
    steps
        .step("a full slot is full for others", async {
            hall.book(&third, (&next, "09:30")).await?.refused("hall.full")
        })
        .await?;
    steps.step("and has a place for the first", async { hall.book(&first, (&next, "09:30")).await?.good() }).await?;
    Ok(())
}

async fn minimum_release(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (hall, phone) = on_the_morning(stage, 570).await?;
    let scanned = steps.step("the desk scans", async { hall.one.scan(BOOKING, &phone.code()?).await?.good() }).await?;
    let presentation = scanned.text_at("/presentation/id").to_owned();
    let acted = steps
        .step("and gives a number", async { hall.one.act(&presentation, "arrive", json!({})).await?.good() })
        .await?;
    super::hall_queue::nothing_personal(steps, &[&scanned.text, &acted.text]).await
}
