//! The cells of hospital bills.

use axum::http::Method;
use serde_json::{Value, json};

use super::Cell;
use super::phone::Phone;
use super::point::Point;
use super::sabotage::Fault;
use super::stage::{Site, Stage};
use super::steps::{Failed, Steps};
use super::web::Answer;

const ID: &str = "hospital_bill";

/// Every cell of the row.
pub fn cells() -> Vec<Cell> {
    cells! {
        "11.open_file" open_file Fault::Lie("open_file");
        "11.quote_locked" quote_locked Fault::Swallow("bill.quote_expired");
        "11.split" split Fault::Lie("add_bill");
        "11.pay_purse" pay_purse Fault::Lie("payer.pend");
        "11.pay_code" pay_code Fault::Lie("bill.settle");
        "11.bill_changed" bill_changed Fault::Swallow("bill.changed");
        "11.two_windows" two_windows Fault::Swallow("bill.locked");
        "11.paid_not_settled" paid_not_settled Fault::Lie("bill.settle");
        "11.settled_not_paid" settled_not_paid Fault::Lie("bill.decline");
        "11.unknown_rail" unknown_rail Fault::Lie("bill.settle");
        "11.late_success" late_success Fault::Lie("bill.decline");
        "11.insufficient" insufficient Fault::Lie("bill.decline");
        "11.twice_is_once" twice Fault::Twice("payer.pend");
        "11.minimum_release" minimum_release Fault::Leak("bill.settle");
    }
}

/// 45 yuan: 20 from the fund, 5 from the personal account, 20 of one's own.
const LINES: &str = "血常规|3500|2000|500|0\n挂号|1000|0|0|0";
const OWN_FEN: i64 = 2000;

/// A hospital with a cashier, a patient with a file, and one bill.
struct Ward<'a> {
    site: Site,
    desk: Point<'a>,
    phone: Phone<'a>,
    file: String,
    bill: String,
}

async fn ward<'a>(stage: &'a Stage, subject: &str, settings: &[(&str, i64)]) -> Result<Ward<'a>, Failed> {
    let site = stage.site(ID, &["desk"], settings, &[]).await?;
    let desk = stage.pair(&site, 0).await?;
    let phone = Phone::of(stage, subject).await?;
    let file = format!("M{}", &stage.fresh_key()[20..]);
    let presentation = desk.present(ID, &phone.code()?).await?;
    desk.act(&presentation, "open_file", json!({ "file_number": file })).await?.good()?;
    let bill = format!("B{}", &stage.fresh_key()[20..]);
    // The file's own leg may still be on its way.
    let input = json!({ "file_number": file, "bill_number": bill, "title": "门诊", "lines": LINES });
    for _ in 0..20 {
        let answer = desk.alone(ID, "add_bill", input.clone()).await?;
        if answer.status < 300 {
            return Ok(Ward { site, desk, phone, file, bill });
        }
        answer.refused("bill.unknown_file")?;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(Failed::new("the file was never opened"))
}

impl Ward<'_> {
    async fn mine(&self, action: &str, input: Value) -> Result<Answer, Failed> {
        self.phone.act(ID, &self.site.name, action, input).await
    }

    async fn quote(&self) -> Result<Answer, Failed> {
        self.mine("quote", json!({ "bill_number": self.bill })).await?.good()
    }

    /// The bill as the app lists it, once it is as wanted or after some looks.
    async fn shown(&self, wanted: impl Fn(&Value) -> bool) -> Result<Value, Failed> {
        let mut seen = Value::Null;
        for _ in 0..60 {
            let things = self.phone.things("bill").await?;
            seen = things.into_iter().find(|thing| thing["venue"]["zh"] == self.site.name.as_str()).unwrap_or_default();
            if wanted(&seen) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(seen)
    }

    /// Whether the app shows the bill as paid, now or soon.
    async fn paid(&self) -> Result<Value, Failed> {
        Ok(json!(is_paid(&self.shown(is_paid).await?)))
    }

    /// Pays at the desk by this payment code.
    async fn pay_by_code(&self, code: &str) -> Result<Answer, Failed> {
        let presentation = self.desk.present(ID, &self.phone.code()?).await?;
        self.desk.act(&presentation, "pay", json!({ "bill_number": self.bill, "payment_code": code })).await
    }

    /// Pays by code and follows until the answer is final, seen at the desk.
    async fn pay_and_follow(&self, stage: &Stage, ending: &str) -> Result<(String, Value), Failed> {
        let code = payment_code(stage, ending);
        let answer = self.pay_with(stage, &code).await?;
        Ok((code, answer))
    }

    async fn pay_with(&self, stage: &Stage, code: &str) -> Result<Value, Failed> {
        let presentation = self.desk.present(ID, &self.phone.code()?).await?;
        let (input, key) = (json!({ "bill_number": self.bill, "payment_code": code }), stage.fresh_key());
        for _ in 0..200 {
            let answer = self.desk.act_with(&presentation, "pay", input.clone(), &key).await?;
            if answer.status != 202 {
                return Ok(answer.body);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Err(Failed::new("the payment never ended"))
    }
}

fn is_paid(thing: &Value) -> bool {
    !thing["body"]["paid_at"].is_null()
}

/// An 18-digit payment code of the rail, fresh, with this ending.
fn payment_code(stage: &Stage, ending: &str) -> String {
    let digits: String = stage.random().iter().map(|byte| char::from(b'0' + byte % 10)).take(14).collect();
    format!("13{digits}{ending}")
}

/// Waits until the rail has been asked for this payment code.
async fn rail_asked(stage: &Stage, code: &str) -> Result<(), Failed> {
    for _ in 0..400 {
        if !rail_says(stage, code).await?.is_null() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    Err(Failed::new("the rail was never asked"))
}

/// What the rail says of a payment code once it has given the money back, or after some looks.
async fn rail_once_reversed(stage: &Stage, code: &str) -> Result<Value, Failed> {
    let mut order = Value::Null;
    for _ in 0..100 {
        order = rail_says(stage, code).await?;
        if order["state"] == "reversed" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(order)
}

/// What the rail itself says of a payment code: a second read, behind the platform's back.
async fn rail_says(stage: &Stage, code: &str) -> Result<Value, Failed> {
    let orders = stage.web.send(Method::GET, &format!("{}/orders", stage.rail), &[], "").await?.good()?;
    let list = orders.body.as_array().or_else(|| orders.at("/items").as_array()).cloned().unwrap_or_default();
    Ok(list
        .into_iter()
        .find(|order| order["payment_code"].as_str().is_some_and(|known| known == code || known.ends_with(&code[14..])))
        .unwrap_or_default())
}

async fn open_file(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let site = stage.site(ID, &["desk"], &[], &[]).await?;
    let desk = stage.pair(&site, 0).await?;
    let (first, second) = (Phone::of(stage, "demo-adult").await?, Phone::of(stage, "demo-elder").await?);
    let file = format!("M{}", &stage.fresh_key()[20..]);
    let presentation = desk.present(ID, &first.code()?).await?;
    steps
        .step("a file is opened", async {
            desk.act(&presentation, "open_file", json!({ "file_number": file })).await?.good()
        })
        .await?;
    let seen = steps.step("the next scan names it", async { desk.scan(ID, &first.code()?).await?.good() }).await?;
    steps.equal("to the hospital alone", seen.at("/presentation/claims/venue_number"), &json!(file)).await?;
    let other = desk.present(ID, &second.code()?).await?;
    let taken = desk.act(&other, "open_file", json!({ "file_number": file })).await?;
    steps
        .check("the same number for another person is refused", (400..500).contains(&taken.status), &taken.text)
        .await?;
    let seen = desk.scan(ID, &second.code()?).await?.good()?;
    steps.check("and binds nothing", seen.at("/presentation/claims/venue_number").is_null(), &seen.text).await
}

async fn quote_locked(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[("quote_min", 15)]).await?;
    let pay = json!({ "bill_number": ward.bill });
    steps
        .step("paying before a quote is refused", async {
            ward.mine("pay", pay.clone()).await?.refused("bill.no_quote")
        })
        .await?;
    steps.step("the quote names the own part", ward.quote()).await?;
    stage.advance_s(16 * 60);
    steps
        .step("sixteen minutes later it no longer holds", async {
            ward.mine("pay", pay.clone()).await?.refused("bill.quote_expired")
        })
        .await?;
    let before = ward.phone.purse_fen().await?;
    ward.quote().await?;
    steps.step("quoted again, it is paid", async { ward.mine("pay", pay).await?.good() }).await?;
    steps
        .equal("exactly the own part left the purse", &json!(before - ward.phone.purse_fen().await?), &json!(OWN_FEN))
        .await
}

async fn split(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = steps.step("a bill of 45 yuan in four parts", ward(stage, "demo-adult", &[])).await?;
    let shown = ward.shown(|thing| !thing.is_null()).await?["body"].to_string();
    for part in ["2000", "500"] {
        steps.check(&format!("the app shows a part of {part} fen"), shown.contains(part), &shown).await?;
    }
    let input = json!({ "file_number": ward.file, "bill_number": "BX", "title": "错", "lines": "检查|100|200|0|0" });
    steps
        .step("parts above the whole are refused", async {
            ward.desk.alone(ID, "add_bill", input).await?.refused("bill.lines")
        })
        .await?;
    Ok(())
}

async fn pay_purse(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    let before = ward.phone.purse_fen().await?;
    steps.step("the holder quotes", ward.quote()).await?;
    let paid = steps
        .step("and pays in the app", async { ward.mine("pay", json!({ "bill_number": ward.bill })).await?.good() })
        .await?;
    steps.equal("the app shows green", paid.at("/outcome/shade"), &json!("green")).await?;
    steps.equal("the own part left the purse", &json!(before - ward.phone.purse_fen().await?), &json!(OWN_FEN)).await?;
    steps.equal("the bill is paid", &ward.paid().await?, &json!(true)).await?;
    let here = |line: &Value| {
        line["kind"] == "done" && line["venue"]["zh"] == ward.site.name.as_str() && !line["receipt"].is_null()
    };
    let receipt = ward.phone.logged(here).await?;
    steps.check("the log holds a receipt", receipt, &receipt).await?;
    steps
        .step("paying again is refused", async {
            ward.mine("pay", json!({ "bill_number": ward.bill })).await?.refused("bill.paid")
        })
        .await?;
    Ok(())
}

async fn pay_code(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    let before = ward.phone.purse_fen().await?;
    ward.quote().await?;
    let (code, answer) = steps.step("the desk scans code and payment code", ward.pay_and_follow(stage, "00")).await?;
    steps.equal("green", &answer["outcome"]["shade"], &json!("green")).await?;
    let order = rail_says(stage, &code).await?;
    steps
        .equal(
            "the rail took the own part, once",
            &json!([order["amount_fen"], order["state"]]),
            &json!([OWN_FEN, "paid"]),
        )
        .await?;
    steps.equal("the purse is untouched", &json!(ward.phone.purse_fen().await?), &json!(before)).await?;
    steps.equal("the bill is paid", &ward.paid().await?, &json!(true)).await
}

async fn bill_changed(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let before = ward.phone.purse_fen().await?;
    let changed = json!({ "file_number": ward.file, "bill_number": ward.bill, "lines": "血常规|9000|2000|500|0" });
    steps
        .step("the hospital changes the bill", async { ward.desk.alone(ID, "change_bill", changed).await?.good() })
        .await?;
    steps
        .step("the old quote does not pay it", async {
            ward.mine("pay", json!({ "bill_number": ward.bill })).await?.refused("bill.changed")
        })
        .await?;
    steps.equal("nothing was taken", &json!(ward.phone.purse_fen().await?), &json!(before)).await?;
    ward.quote().await?;
    steps
        .step("quoted anew it is paid", async { ward.mine("pay", json!({ "bill_number": ward.bill })).await?.good() })
        .await?;
    steps.equal("at the new amount", &json!(before - ward.phone.purse_fen().await?), &json!(6500)).await
}

async fn two_windows(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let before = ward.phone.purse_fen().await?;
    // The first window's rail takes its time; the second window is there meanwhile.
    let code = payment_code(stage, "02");
    let other = async {
        rail_asked(stage, &code).await?;
        ward.mine("pay", json!({ "bill_number": ward.bill })).await
    };
    let (first, second) = tokio::join!(ward.pay_by_code(&code), other);
    first?;
    steps.step("the second window is refused", async { second?.refused("bill.locked") }).await?;
    steps.equal("the bill is paid once", &ward.paid().await?, &json!(true)).await?;
    steps.equal("by the rail", &rail_says(stage, &code).await?["state"], &json!("paid")).await?;
    steps.equal("not from the purse", &json!(ward.phone.purse_fen().await?), &json!(before)).await
}

async fn paid_not_settled(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let code = payment_code(stage, "02");
    let change = async {
        rail_asked(stage, &code).await?;
        let lines = json!({ "file_number": ward.file, "bill_number": ward.bill, "lines": "血常规|9000|2000|500|0" });
        ward.desk.alone(ID, "change_bill", lines).await?.good()
    };
    let (paid, changed) = tokio::join!(ward.pay_with(stage, &code), change);
    steps.step("the bill changes while the rail is asked", async { changed }).await?;
    let answer = paid?;
    steps.equal("the payment ends refused", &answer["code"], &json!("bill.changed")).await?;
    let order = rail_once_reversed(stage, &code).await?;
    steps.equal("the rail gave the money back", &order["state"], &json!("reversed")).await?;
    let bill = ward.shown(|_| true).await?;
    steps.check("the bill is open", !is_paid(&bill), &bill).await
}

async fn settled_not_paid(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let (code, answer) = steps.step("the rail fails after a while", ward.pay_and_follow(stage, "03")).await?;
    steps.check("the desk is told", answer["code"].as_str().is_some_and(|code| !code.is_empty()), &answer).await?;
    steps.check("the rail took nothing", rail_says(stage, &code).await?["state"] != "paid", &code).await?;
    let bill = ward.shown(|_| true).await?;
    steps.check("the bill is not settled", !is_paid(&bill), &bill).await?;
    let before = ward.phone.purse_fen().await?;
    ward.quote().await?;
    steps
        .step("and can be paid another way", async {
            ward.mine("pay", json!({ "bill_number": ward.bill })).await?.good()
        })
        .await?;
    steps.equal("once", &json!(before - ward.phone.purse_fen().await?), &json!(OWN_FEN)).await
}

async fn unknown_rail(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let (code, answer) = steps.step("unknown, asked again, then success", ward.pay_and_follow(stage, "02")).await?;
    steps.equal("green in the end", &answer["outcome"]["shade"], &json!("green")).await?;
    let order = rail_says(stage, &code).await?;
    steps.check("the rail was asked again", order["queries"].as_u64().unwrap_or_default() > 0, &order).await?;
    steps.equal("the bill is paid", &ward.paid().await?, &json!(true)).await
}

async fn late_success(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let (code, answer) = steps.step("unknown until patience ends", ward.pay_and_follow(stage, "04")).await?;
    steps.check("the desk is told that nothing was paid", answer["code"].is_string(), &answer).await?;
    let order = rail_once_reversed(stage, &code).await?;
    steps.equal("what came late went back", &order["state"], &json!("reversed")).await?;
    let bill = ward.shown(|_| true).await?;
    steps.check("the bill is open", !is_paid(&bill), &bill).await
}

async fn insufficient(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    let lines = json!({ "file_number": ward.file, "bill_number": ward.bill, "lines": "手术|99999900|0|0|0" });
    ward.desk.alone(ID, "change_bill", lines).await?.good()?;
    ward.quote().await?;
    let before = ward.phone.purse_fen().await?;
    let refused = ward.mine("pay", json!({ "bill_number": ward.bill })).await?;
    steps
        .check(
            "too little in the purse is refused kindly",
            (400..500).contains(&refused.status) && !refused.text_at("/next/zh").is_empty(),
            &refused.text,
        )
        .await?;
    steps.equal("nothing was taken or held", &json!(ward.phone.purse_fen().await?), &json!(before)).await?;
    let (code, answer) = steps.step("too little behind the payment code", ward.pay_and_follow(stage, "01")).await?;
    steps.check("is refused too", answer["code"].is_string(), &answer).await?;
    steps.check("the rail took nothing", rail_says(stage, &code).await?["state"] != "paid", &code).await?;
    let bill = ward.shown(|_| true).await?;
    steps.check("the bill is open", !is_paid(&bill), &bill).await
}

async fn twice(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let before = ward.phone.purse_fen().await?;
    let venue = ward.phone.venue(&ward.site.name).await?;
    let body = json!({ "scenario": ID, "venue": venue, "action": "pay", "input": { "bill_number": ward.bill } });
    let key = stage.fresh_key();
    let first = steps.step("paid", async { ward.phone.post_with("/v1/me/actions", &body, &key).await?.good() }).await?;
    let again = steps
        .step("the same request again", async { ward.phone.post_with("/v1/me/actions", &body, &key).await?.good() })
        .await?;
    steps.equal("the same answer", again.at("/outcome"), first.at("/outcome")).await?;
    steps.equal("paid once", &json!(before - ward.phone.purse_fen().await?), &json!(OWN_FEN)).await?;
    // A posted payment stays when the clock has gone past every deadline of the attempt.
    stage.advance_s(1200);
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    steps.equal("and it stays paid", &json!(before - ward.phone.purse_fen().await?), &json!(OWN_FEN)).await
}

async fn minimum_release(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let ward = ward(stage, "demo-adult", &[]).await?;
    ward.quote().await?;
    let scanned =
        steps.step("the cashier scans", async { ward.desk.scan(ID, &ward.phone.code()?).await?.good() }).await?;
    let (_, answer) = steps.step("and takes a payment code", ward.pay_and_follow(stage, "00")).await?;
    let text = format!("{}{answer}", scanned.text);
    let person = &crate::demo::people::CITIZENS[0];
    let number = person.enrolment("").document_number;
    for (what, secret) in
        [("name", person.name), ("number", number.as_str()), ("birth", person.birth), ("bill's lines", "血常规")]
    {
        steps.check(&format!("the {what} did not leave"), !text.contains(secret), &what).await?;
    }
    let claims = scanned
        .at("/presentation/claims")
        .as_object()
        .map(|claims| claims.keys().cloned().collect::<Vec<_>>())
        .unwrap_or_default();
    steps
        .check(
            "claims are inside the release table",
            claims.iter().all(|claim| claim == "venue_number"),
            &claims.join(", "),
        )
        .await
}
