//! The cells of taking a number.

use serde_json::{Value, json};

use super::Cell;
use super::hall::{Hall, QUEUE, date, list, next_day_at};
use super::phone::Phone;
use super::sabotage::Fault;
use super::stage::Stage;
use super::steps::{Failed, Steps};

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "2.kiosk" kiosk Fault::Lie("take");
        "2.walk_in" walk_in Fault::Swallow("queue.choose_matter");
        "2.scan_hall" scan_hall Fault::Swallow("queue.scan_first");
        "2.served" served Fault::Lie("done");
        "2.board_masked" board_masked Fault::Lie("call");
        "2.two_kiosks" two_kiosks Fault::Lie("take");
        "2.passed" passed Fault::Setting("calls_most", 1);
        "2.counter_closes" counter_closes Fault::Lie("close_counter");
        "2.starved" starved Fault::Setting("priority_run", 20);
        "2.midnight" midnight Fault::Lie("midnight");
        "2.duplicate" duplicate Fault::Swallow("queue.duplicate");
        "2.transferred" transferred Fault::Lie("transfer");
        "2.kiosk_offline" kiosk_offline Fault::Lie("take");
        "2.rating" rating Fault::Lie("rate");
        "2.minimum_release" minimum_release Fault::Leak("take");
    }
}

async fn kiosk(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let mut phone = Phone::of(stage, "demo-adult").await?;
    hall.book(&phone, (&date(stage, 1), "09:30")).await?.good()?;
    hall.thing(&phone, "booking", |thing| thing.is_some()).await?;
    next_day_at(stage, 550);
    phone.refill().await?;
    let taken = steps
        .step("the code at the kiosk, nothing else asked", async { hall.take(&phone, json!({})).await?.good() })
        .await?;
    steps.equal("the booking is found", taken.at("/outcome/detail/stream/zh"), &json!("预约")).await?;
    let found = hall.thing(&phone, "ticket", |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("the phone shows the number", &found["body"]["number"], taken.at("/outcome/detail/number")).await?;
    let gone = hall.thing(&phone, "booking", |thing| thing.is_none()).await?;
    steps.check("in place of the booking", gone.is_none(), &json!(gone)).await?;
    let logged = phone.logged(|line| line["released"] == json!(["masked_name"])).await?;
    steps.check("the log says what was released", logged, &logged).await
}

async fn walk_in(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    steps
        .step("without a booking the matter is asked", async {
            hall.take(&phone, json!({})).await?.refused("queue.choose_matter")
        })
        .await?;
    let taken = steps
        .step("chosen, a number comes", async { hall.take(&phone, json!({ "matter": "business" })).await?.good() })
        .await?;
    steps.equal("of that line", taken.at("/outcome/detail/number"), &json!("E001")).await?;
    let paper = steps.step("somebody without a phone gets one too", hall.paper(&hall.kiosk, "business")).await?;
    steps.equal("the next", &json!(paper), &json!("E002")).await?;
    let waiting = hall.waiting("business").await?;
    steps.equal("two wait", &waiting, &json!(2)).await
}

async fn scan_hall(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    steps
        .step("from home no number is given", async {
            phone.act(QUEUE, &hall.site.name, "take", json!({ "matter": "tax" })).await?.refused("queue.scan_first")
        })
        .await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("nobody waits", &waiting, &Value::Null).await?;
    let code = steps.step("the hall has a signed code", stage.venue_code(&hall.kiosk)).await?;
    let taken = steps
        .step("scanned, it gives a number", async {
            phone.act_scanned(QUEUE, &code, "take", json!({ "matter": "tax" })).await?.good()
        })
        .await?;
    steps.equal("of that line", taken.at("/outcome/detail/number"), &json!("G001")).await?;
    let found = hall.thing(&phone, "ticket", |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("the phone shows it", &found["body"]["number"], &json!("G001")).await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("one waits", &waiting, &json!(1)).await
}

async fn served(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    hall.take(&phone, json!({ "matter": "tax" })).await?.good()?;
    let called =
        steps.step("counter 1 calls", async { hall.one.alone(QUEUE, "call", json!({})).await?.good() }).await?;
    steps.equal("the number", called.at("/outcome/detail/number"), &json!("G001")).await?;
    let found = hall.thing(&phone, "ticket", |thing| thing.is_some_and(|one| one["body"]["state"] == "called")).await?;
    steps.equal("the phone says where to", &found.unwrap_or_default()["body"]["counter"]["zh"], &json!("2号")).await?;
    let presentation = hall.one.present(QUEUE, &phone.code()?).await?;
    steps
        .step("the code at the counter begins the service", async {
            hall.one.act(&presentation, "serve", json!({})).await?.good()
        })
        .await?;
    steps.step("done", async { hall.one.alone(QUEUE, "done", json!({})).await?.good() }).await?;
    let found = hall.thing(&phone, "ticket", |thing| thing.is_some_and(|one| one["body"]["state"] == "done")).await?;
    steps.equal("the phone says so", &found.unwrap_or_default()["body"]["state"], &json!("done")).await?;
    let board = hall.board().await?;
    steps.check("the board is empty", board.iter().all(|item| item["kind"] == "line"), &json!(board)).await
}

async fn board_masked(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    hall.take(&phone, json!({ "matter": "tax" })).await?.good()?;
    hall.one.alone(QUEUE, "call", json!({})).await?.good()?;
    let board = hall.board().await?;
    let called = board.iter().find(|item| item["kind"] == "called").cloned().unwrap_or_default();
    steps.equal("the board shows the masked name", &called["masked_name"], &json!("陈**")).await?;
    let person = &crate::demo::people::CITIZENS[0];
    let told = json!(board).to_string();
    steps.check("and not the name", !told.contains(person.name), &told).await
}

async fn two_kiosks(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let ten = async |kiosk| {
        let mut numbers = Vec::new();
        for _ in 0..10 {
            numbers.push(hall.paper(kiosk, "tax").await?);
        }
        Ok::<_, Failed>(numbers)
    };
    let mut numbers = steps
        .step("two kiosks give twenty numbers at once", async {
            let (one, other) = tokio::join!(ten(&hall.kiosk), ten(&hall.other_kiosk));
            Ok([one?, other?].concat())
        })
        .await?;
    numbers.sort();
    let expected: Vec<String> = (1..=20).map(|number| format!("G{number:03}")).collect();
    steps.equal("each once, none left out", &json!(numbers), &json!(expected)).await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("twenty wait", &waiting, &json!(20)).await
}

async fn let_pass(hall: &Hall<'_>) -> Result<(), Failed> {
    for _ in 0..2 {
        hall.one.alone(QUEUE, "recall", json!({})).await?.good()?;
    }
    hall.one.alone(QUEUE, "pass", json!({})).await?.good().map(drop)
}

async fn passed(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    hall.take(&phone, json!({ "matter": "tax" })).await?.good()?;
    for _ in 0..4 {
        hall.paper(&hall.kiosk, "tax").await?;
    }
    hall.one.alone(QUEUE, "call", json!({})).await?.good()?;
    steps
        .step("one call is not enough to pass", async {
            hall.one.alone(QUEUE, "pass", json!({})).await?.refused("queue.call_again")
        })
        .await?;
    steps.step("called three times, it passes", let_pass(&hall)).await?;
    let found = hall.thing(&phone, "ticket", |thing| thing.is_some_and(|one| one["body"]["state"] == "passed")).await?;
    let ticket = found.unwrap_or_default()["body"]["ticket"].clone();
    steps
        .step("back within half an hour", async {
            phone.act(QUEUE, &hall.site.name, "back", json!({ "ticket": ticket })).await?.good()
        })
        .await?;
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(hall.serve(&hall.one).await?);
    }
    let again = hall.one.alone(QUEUE, "call", json!({})).await?.good()?;
    order.push(again.text_at("/outcome/detail/number").to_owned());
    steps.equal("three others go first", &json!(order), &json!(["G002", "G003", "G004", "G001"])).await?;
    steps.step("not there again", let_pass(&hall)).await?;
    let gone = hall.thing(&phone, "ticket", |thing| thing.is_none()).await?;
    steps.check("the number is void", gone.is_none(), &json!(gone)).await
}

async fn counter_closes(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    for _ in 0..2 {
        hall.paper(&hall.kiosk, "tax").await?;
    }
    hall.one.alone(QUEUE, "call", json!({})).await?.good()?;
    let closed = steps
        .step("the counter closes with somebody called", async {
            hall.one.alone(QUEUE, "close_counter", json!({})).await?.good()
        })
        .await?;
    steps.equal("who was called waits", closed.at("/outcome/detail/returned"), &json!("G001")).await?;
    steps
        .step("it calls no more", async {
            hall.one.alone(QUEUE, "call", json!({})).await?.refused("queue.counter_closed")
        })
        .await?;
    let first = steps.step("another counter calls", hall.serve(&hall.two)).await?;
    steps.equal("them as the very next", &json!(first), &json!("G001")).await
}

async fn starved(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    hall.paper(&hall.kiosk, "tax").await?;
    for _ in 0..5 {
        hall.kiosk.alone(QUEUE, "take", json!({ "matter": "tax", "priority": "elder" })).await?.good()?;
    }
    let mut order = Vec::new();
    for _ in 0..6 {
        order.push(hall.serve(&hall.one).await?);
    }
    let expected = json!(["G002", "G003", "G004", "G001", "G005", "G006"]);
    steps.equal("elders first, and the walk-in among them", &json!(order), &expected).await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("nobody waits any more", &waiting, &json!(0)).await
}

async fn midnight(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let mut phone = Phone::of(stage, "demo-adult").await?;
    let first = hall.take(&phone, json!({ "matter": "tax" })).await?.good()?;
    steps.equal("a number today", first.at("/outcome/detail/number"), &json!("G001")).await?;
    hall.thing(&phone, "ticket", |thing| thing.is_some()).await?;
    next_day_at(stage, 5);
    let gone = hall.thing(&phone, "ticket", |thing| thing.is_none()).await?;
    steps.check("after midnight it is gone", gone.is_none(), &json!(gone)).await?;
    phone.refill().await?;
    let next = steps
        .step("the new day gives a new one", async { hall.take(&phone, json!({ "matter": "tax" })).await?.good() })
        .await?;
    steps.equal("beginning anew", next.at("/outcome/detail/number"), &json!("G001")).await?;
    let board = hall.waiting("tax").await?;
    steps.equal("one waits", &board, &json!(1)).await
}

async fn duplicate(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    steps.step("a number", async { hall.take(&phone, json!({ "matter": "tax" })).await?.good() }).await?;
    steps
        .step("a second one for the same matter is refused", async {
            hall.take(&phone, json!({ "matter": "tax" })).await?.refused("queue.duplicate")
        })
        .await?;
    steps
        .step("for another matter it is not", async { hall.take(&phone, json!({ "matter": "general" })).await?.good() })
        .await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("one waits in the line", &waiting, &json!(1)).await
}

async fn transferred(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    hall.paper(&hall.kiosk, "general").await?;
    stage.advance_s(60);
    hall.paper(&hall.kiosk, "tax").await?;
    hall.one.alone(QUEUE, "open_counter", json!({ "matter": "general" })).await?.good()?;
    hall.two.alone(QUEUE, "open_counter", json!({ "matter": "tax" })).await?.good()?;
    hall.one.alone(QUEUE, "call", json!({})).await?.good()?;
    hall.one.alone(QUEUE, "serve", json!({})).await?.good()?;
    steps
        .step("the desk hands over to taxes", async {
            hall.one.alone(QUEUE, "transfer", json!({ "matter": "tax" })).await?.good()
        })
        .await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("two wait there", &waiting, &json!(2)).await?;
    let first = hall.serve(&hall.two).await?;
    steps.equal("who has waited longer is called first", &json!(first), &json!("H001")).await
}

async fn kiosk_offline(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    // Not over midnight: the paper belongs to the day on which it was given.
    if stage.now().minute_of_day() < 120 {
        stage.advance_s(7200);
    }
    let phone = Phone::of(stage, "demo-adult").await?;
    let block = hall.kiosk.alone(QUEUE, "kiosk_block", json!({})).await?.good()?;
    steps.equal("the kiosk has a block of its own", block.at("/outcome/detail/block"), &json!("K1")).await?;
    let code = phone.code()?;
    let before = stage.now().as_millis();
    let evidence = json!({ "text": code, "number": "GK1-001", "matter": "tax" });
    let first = hall.kiosk.event(QUEUE, "take", before, &evidence);
    let second = hall.kiosk.event(QUEUE, "take", before + 1000, &json!({ "number": "GK1-002", "matter": "tax" }));
    stage.advance_s(300);
    hall.paper(&hall.other_kiosk, "tax").await?;
    let kept = [first, second];
    let told =
        steps.step("five minutes later it hands over", async { hall.kiosk.hand_over(&kept).await?.good() }).await?;
    steps.equal("both are green", told.at("/results/1/shade"), &json!("green")).await?;
    let again = steps.step("and once more", async { hall.kiosk.hand_over(&kept).await?.good() }).await?;
    steps.equal("the same answer", again.at("/results"), told.at("/results")).await?;
    let waiting = hall.waiting("tax").await?;
    steps.equal("three wait, not five", &waiting, &json!(3)).await?;
    let found = hall.thing(&phone, "ticket", |thing| thing.is_some()).await?.unwrap_or_default();
    steps.equal("the phone knows the paper", &found["body"]["number"], &json!("GK1-001")).await?;
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(hall.serve(&hall.one).await?);
    }
    steps.equal("by the time each was taken", &json!(order), &json!(["GK1-001", "GK1-002", "G001"])).await?;
    let twice =
        hall.kiosk.event(QUEUE, "take", stage.now().as_millis(), &json!({ "number": "GK1-001", "matter": "tax" }));
    let told = hall.kiosk.hand_over(&[twice]).await?.good()?;
    steps.equal("a number given twice is not refused", told.at("/results/0/shade"), &json!("amber")).await?;
    let listed = json!(list(&hall.one, "differences").await?).to_string();
    steps.check("it is a named difference with an owner", listed.contains("number_twice"), &listed).await
}

async fn rating(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    hall.take(&phone, json!({ "matter": "tax" })).await?.good()?;
    hall.serve(&hall.one).await?;
    let found = hall.thing(&phone, "ticket", |thing| thing.is_some_and(|one| one["body"]["state"] == "done")).await?;
    let found = found.unwrap_or_default();
    steps.equal("the phone asks for a rating", &found["actions"][0]["id"], &json!("rate")).await?;
    let input = json!({ "ticket": found["body"]["ticket"], "stars": 4, "words": "很快" });
    let again = input.clone();
    steps.step("four of five", async { phone.act(QUEUE, &hall.site.name, "rate", input).await?.good() }).await?;
    steps
        .step("once", async { phone.act(QUEUE, &hall.site.name, "rate", again).await?.refused("queue.rated") })
        .await?;
    let ratings = json!(list(&hall.one, "ratings").await?);
    steps.equal("the hall sees it", &ratings[0]["stars"], &json!(4)).await?;
    let told = ratings.to_string();
    steps.check("without name or number", !told.contains('陈') && !told.contains("G001"), &told).await
}

async fn minimum_release(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let hall = Hall::open(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let scanned = steps.step("the kiosk scans", async { hall.kiosk.scan(QUEUE, &phone.code()?).await?.good() }).await?;
    let presentation = scanned.text_at("/presentation/id").to_owned();
    let acted = steps
        .step("and gives a number", async {
            hall.kiosk.act(&presentation, "take", json!({ "matter": "tax" })).await?.good()
        })
        .await?;
    nothing_personal(steps, &[&scanned.text, &acted.text]).await?;
    let claims =
        scanned.at("/presentation/claims").as_object().map(|claims| claims.keys().cloned().collect::<Vec<_>>());
    let claims = claims.unwrap_or_default();
    let inside = claims.iter().all(|claim| claim == "at_least60" || claim == "at_least_60");
    steps.check("claims are inside the release table", inside, &claims.join(", ")).await
}

/// Nothing of the first citizen that the hall may not know is in these texts.
pub async fn nothing_personal(steps: &mut Steps, texts: &[&str]) -> Result<(), Failed> {
    let person = &crate::demo::people::CITIZENS[0];
    let number = person.enrolment("").document_number;
    for (what, secret) in [("name", person.name), ("number", number.as_str()), ("birth", person.birth)] {
        let absent = texts.iter().all(|text| !text.contains(secret));
        steps.check(&format!("the {what} did not leave"), absent, &what).await?;
    }
    Ok(())
}
