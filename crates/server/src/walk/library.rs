//! The cells of library loans.

use serde_json::{Value, json};
use tongma_domain::UnixMs;

use super::Cell;
use super::library_holds::{child, hold, hold_elsewhere, hold_keeps, hold_lapses, on_hold};
use super::phone::Phone;
use super::point::Point;
use super::sabotage::Fault;
use super::stage::{Site, Stage};
use super::steps::{Failed, Steps};

pub const ID: &str = "library_loan";

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "6.first_use_binds" first_use Fault::Mute("borrow");
        "6.borrow" borrow Fault::Lie("borrow");
        "6.renew" renew Fault::Setting("renewals_most", 9);
        "6.return_book_alone" return_alone Fault::Lie("return");
        "6.return_elsewhere" return_elsewhere Fault::Stubborn("return");
        "6.fine" fine Fault::Setting("fine_fen_per_day", 11);
        "6.limit_reached" limit Fault::Setting("loan_limit_items", 30);
        "6.overdue_blocks_borrowing" overdue_blocks Fault::Swallow("loan.overdue");
        "6.overdue_returns" overdue_returns Fault::Stubborn("return");
        "6.hold" hold Fault::Lie("hold");
        "6.on_hold_for_another" on_hold Fault::Swallow("loan.on_hold");
        "6.hold_elsewhere" hold_elsewhere Fault::Lie("return");
        "6.hold_lapses" hold_lapses Fault::Setting("hold_shelf_days", 30);
        "6.hold_keeps_from_renewal" hold_keeps Fault::Swallow("loan.wanted");
        "6.child" child Fault::Setting("child_loan_limit_items", 30);
        "6.item_out" item_out Fault::Swallow("loan.item_out");
        "6.reply_lost" reply_lost Fault::Mute("borrow");
        "6.minimum_release" minimum_release Fault::Leak("borrow");
    }
}

/// A library with one desk and three books.
pub async fn library<'a>(stage: &'a Stage, settings: &[(&str, i64)]) -> Result<(Site, Point<'a>, Vec<String>), Failed> {
    let site = stage.site(ID, &["desk"], settings, &[]).await?;
    let desk = stage.pair(&site, 0).await?;
    let books = shelve(stage, &desk).await?;
    Ok((site, desk, books))
}

pub async fn shelve(stage: &Stage, desk: &Point<'_>) -> Result<Vec<String>, Failed> {
    let mut books = Vec::new();
    for title in ["岭南草木", "广东新语", "粤语词典"] {
        let barcode = format!("B{}", &stage.fresh_key()[16..]);
        desk.alone(ID, "add_copy", json!({ "barcode": barcode, "title": title })).await?.good()?;
        books.push(barcode);
    }
    Ok(books)
}

/// Shows the code, lends, says yes on the phone where that is asked, and gives the desk's final answer.
pub async fn lend(desk: &Point<'_>, phone: &Phone<'_>, items: &[&str]) -> Result<Value, Failed> {
    let presentation = desk.present(ID, &phone.code()?).await?;
    let first = desk.act(&presentation, "borrow", json!({ "items": items })).await?;
    if first.status < 300 {
        return Ok(first.at("/outcome").clone());
    }
    first.refused("consent.needed")?;
    phone.answer(true).await?;
    let seen = desk.get(&format!("/v1/presentations/{presentation}")).await?.good()?;
    match seen.at("/last/outcome") {
        Value::Null => Err(Failed::new(format!("the desk sees no outcome: {}", seen.text))),
        outcome => Ok(outcome.clone()),
    }
}

/// The due dates of these books, as the phone lists them.
async fn due_dates(phone: &Phone<'_>, books: &[String]) -> Result<Vec<String>, Failed> {
    let things = phone.things("loan").await?;
    let ours = things.iter().filter(|thing| books.iter().any(|book| thing["body"]["barcode"] == book.as_str()));
    Ok(ours
        .map(|thing| UnixMs::from_millis(thing["body"]["due"].as_i64().unwrap_or_default()).date().to_string())
        .collect())
}

/// How many loans of these books the phone lists.
async fn loans_of(phone: &Phone<'_>, books: &[String], expected: usize) -> Result<usize, Failed> {
    let mut count = usize::MAX;
    for _ in 0..20 {
        let things = phone.things("loan").await?;
        count = things
            .iter()
            .filter(|thing| books.iter().any(|book| thing["body"].to_string().contains(book.as_str())))
            .count();
        if count == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(count)
}

async fn first_use(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[]).await?;
    let phone = steps.step("a citizen signs in and puts a phone in use", Phone::of(stage, "demo-adult")).await?;
    let presentation = steps.step("the desk scans the code", async { desk.present(ID, &phone.code()?).await }).await?;
    let input = json!({ "items": [books[0]] });
    steps
        .step("the first loan asks the holder", async {
            desk.act(&presentation, "borrow", input).await?.refused("consent.needed")
        })
        .await?;
    let asked = phone.get("/v1/me/requests").await?.good()?;
    steps
        .check("the phone shows who asks for what", asked.at("/items/0/claims/0/claim").is_string(), &asked.text)
        .await?;
    steps.step("the holder agrees", phone.answer(true)).await?;
    let count = loans_of(&phone, &books, 1).await?;
    steps.check("the phone lists the loan", count == 1, &count).await?;
    let consents = phone.get("/v1/me/consents").await?.good()?;
    steps.check("the consent is listed", consents.at("/items/0/scenario") == ID, &consents.text).await?;
    let second = steps.step("the second loan asks nothing", lend(&desk, &phone, &[&books[1]])).await?;
    steps.equal("it is green", &second["shade"], &json!("green")).await
}

async fn borrow(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[("loan_days", 31)]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let outcome = steps.step("code and two bar codes", lend(&desk, &phone, &[&books[0], &books[1]])).await?;
    steps.equal("the desk shows green", &outcome["shade"], &json!("green")).await?;
    let typed = steps
        .step("the short number opens a presentation too", async { desk.scan(ID, &phone.number()?).await?.good() })
        .await?;
    steps.equal("of the same person", typed.at("/presentation/mode"), &json!("n1")).await?;
    let count = loans_of(&phone, &books, 2).await?;
    steps.check("the phone lists two loans", count == 2, &count).await?;
    let logged = phone.logged(|line| line["kind"] == "done" && !line["receipt"].is_null()).await?;
    steps.check("the log has a line with a receipt", logged, &logged).await?;
    let due = stage.now().plus_days(31).date().to_string();
    let seen = due_dates(&phone, &books[..2]).await?;
    steps.equal("due in 31 days", &json!(seen), &json!([due, due])).await
}

async fn renew(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, desk, books) = library(stage, &[("renewals_most", 1)]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0]]).await?;
    stage.advance_s(5 * 86_400);
    let mut phone = phone;
    phone.refill().await?;
    let input = json!({ "item": books[0] });
    steps
        .step("the holder renews in the app", async { phone.act(ID, &site.name, "renew", input.clone()).await?.good() })
        .await?;
    let due = stage.now().plus_days(31).date().to_string();
    let mut seen = Vec::new();
    for _ in 0..20 {
        seen = due_dates(&phone, &books[..1]).await?;
        if seen == [due.clone()] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    steps.equal("the loan is due later", &json!(seen), &json!([due])).await?;
    steps
        .step("a second renewal is refused", async {
            phone.act(ID, &site.name, "renew", input).await?.refused("loan.renewed_out")
        })
        .await?;
    Ok(())
}

async fn return_alone(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0]]).await?;
    let count = loans_of(&phone, &books, 1).await?;
    steps.check("one loan before", count == 1, &count).await?;
    steps
        .step("the book comes back with nobody's code", async {
            desk.alone(ID, "return", json!({ "items": [books[0]] })).await?.good()
        })
        .await?;
    let count = loans_of(&phone, &books, 0).await?;
    steps.check("the phone lists no loan", count == 0, &count).await
}

async fn return_elsewhere(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let union = stage.fresh_key();
    let here = stage.site(ID, &["desk"], &[], &[("union", &union)]).await?;
    let there = stage.site(ID, &["desk"], &[], &[("union", &union)]).await?;
    let (lender, taker) = (stage.pair(&here, 0).await?, stage.pair(&there, 0).await?);
    let books = shelve(stage, &lender).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    steps.step("lent at one library", lend(&lender, &phone, &[&books[0]])).await?;
    steps
        .step("returned at another", async { taker.alone(ID, "return", json!({ "items": [books[0]] })).await?.good() })
        .await?;
    let count = loans_of(&phone, &books, 0).await?;
    steps.check("the phone lists no loan", count == 0, &count).await
}

async fn fine(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let settings = [("loan_days", 1), ("fine_fen_per_day", 10), ("fine_cap_fen_per_item", 30)];
    let (site, desk, books) = library(stage, &settings).await?;
    let mut phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0], &books[1]]).await?;
    stage.advance_s(3 * 86_400);
    phone.refill().await?;
    steps
        .step("one comes back two days late", async {
            desk.alone(ID, "return", json!({ "items": [books[0]] })).await?.good()
        })
        .await?;
    stage.advance_s(10 * 86_400);
    phone.refill().await?;
    steps
        .step("the other very late", async { desk.alone(ID, "return", json!({ "items": [books[1]] })).await?.good() })
        .await?;
    let before = phone.purse_fen().await?;
    steps
        .step("the holder pays from the purse", async {
            phone.act(ID, &site.name, "pay_fine", json!({})).await?.good()
        })
        .await?;
    let after = phone.purse_fen().await?;
    // Two days at 10 fen, and the cap of 30 fen for the other.
    steps.equal("exactly 20 + 30 fen left the purse", &json!(before - after), &json!(50)).await?;
    steps
        .step("nothing is owed any more", async {
            phone.act(ID, &site.name, "pay_fine", json!({})).await?.refused("fine.none")
        })
        .await?;
    Ok(())
}

async fn limit(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[("loan_limit_items", 2)]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0], &books[1]]).await?;
    let presentation = desk.present(ID, &phone.code()?).await?;
    let third = json!({ "items": [books[2]] });
    steps
        .step("the third book is refused", async {
            desk.act(&presentation, "borrow", third).await?.refused("loan.limit")
        })
        .await?;
    let count = loans_of(&phone, &books, 2).await?;
    steps.check("two loans stay two", count == 2, &count).await
}

async fn overdue_blocks(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[("loan_days", 1)]).await?;
    let mut phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0]]).await?;
    stage.advance_s(3 * 86_400);
    phone.refill().await?;
    let presentation = desk.present(ID, &phone.code()?).await?;
    let more = json!({ "items": [books[1]] });
    steps
        .step("with a book overdue nothing is lent", async {
            desk.act(&presentation, "borrow", more).await?.refused("loan.overdue")
        })
        .await?;
    let count = loans_of(&phone, &books, 1).await?;
    steps.check("one loan stays one", count == 1, &count).await
}

async fn overdue_returns(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[("loan_days", 1)]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0]]).await?;
    stage.advance_s(3 * 86_400);
    steps
        .step("an overdue book is taken back", async {
            desk.alone(ID, "return", json!({ "items": [books[0]] })).await?.good()
        })
        .await?;
    let count = loans_of(&phone, &books, 0).await?;
    steps.check("the phone lists no loan", count == 0, &count).await
}

async fn item_out(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[]).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    steps.step("one reader has the book", lend(&desk, &first, &[&books[0]])).await?;
    steps.step("another has another", lend(&desk, &second, &[&books[1]])).await?;
    let presentation = desk.present(ID, &second.code()?).await?;
    let same = json!({ "items": [books[0]] });
    steps
        .step("the other cannot have the first as well", async {
            desk.act(&presentation, "borrow", same).await?.refused("loan.item_out")
        })
        .await?;
    let count = loans_of(&first, &books[..1], 1).await?;
    steps.check("it is still with the first", count == 1, &count).await?;
    let count = loans_of(&second, &books[..1], 0).await?;
    steps.check("and not with the second", count == 0, &count).await
}

async fn reply_lost(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0]]).await?;
    let presentation = desk.present(ID, &phone.code()?).await?;
    let (input, key) = (json!({ "items": [books[1]] }), stage.fresh_key());
    let first = steps
        .step("lent; suppose the reply is lost", async {
            desk.act_with(&presentation, "borrow", input.clone(), &key).await?.good()
        })
        .await?;
    let again = steps
        .step("the desk asks again", async { desk.act_with(&presentation, "borrow", input, &key).await?.good() })
        .await?;
    steps.equal("the same answer", again.at("/outcome"), first.at("/outcome")).await?;
    let count = loans_of(&phone, &books, 2).await?;
    steps.check("and one loan more, not two", count == 2, &count).await
}

async fn minimum_release(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (_, desk, books) = library(stage, &[]).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    lend(&desk, &phone, &[&books[0]]).await?;
    let scanned =
        steps.step("the desk scans a known reader", async { desk.scan(ID, &phone.code()?).await?.good() }).await?;
    let presentation = scanned.text_at("/presentation/id").to_owned();
    let acted = steps
        .step("and lends", async { desk.act(&presentation, "borrow", json!({ "items": [books[1]] })).await?.good() })
        .await?;
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
    let inside = claims.iter().all(|claim| matches!(claim.as_str(), "age_class" | "venue_number"));
    steps.check("claims are inside the release table", inside, &claims.join(", ")).await
}
