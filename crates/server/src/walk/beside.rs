//! What belongs to no row and stands beside all of them: venue codes that citizens scan, people who act for people.

use serde_json::json;
use tongma_service::LOOK_UP_SETTING;

use super::Cell;
use super::beside_people::{delegate, guardian, look_up, paper};
use super::phone::Phone;
use super::point::Point;
use super::sabotage::Fault;
use super::stage::{Site, Stage};
use super::steps::{Failed, Steps};

/// The row whose scenario these cells use, and in which their faults are planted.
pub const THROUGH: &str = "museum_entry";

/// Every cell beside the rows.
pub fn cells() -> Vec<Cell> {
    cells! {
        "0.venue_code" venue_code Fault::Lie("book");
        "0.foreign_code" foreign_code Fault::Lie("book");
        "0.moved_code" moved_code Fault::Lie("book");
        "0.guardian" guardian Fault::Lie("book");
        "0.delegate" delegate Fault::Mute("book");
        "0.paper" paper Fault::Lie("admit");
        "0.look_up" look_up Fault::Lie("admit");
    }
}

/// A museum open day and night, and one point of it: a gate unless other kinds are named. Its staff may look people up.
pub(super) async fn museum<'a>(stage: &'a Stage, kinds: &[&str]) -> Result<(Site, Point<'a>), Failed> {
    let settings = [("opens_min", 0), ("closes_min", 1440), ("session_min", 1440), (LOOK_UP_SETTING, 1)];
    let kinds = if kinds.is_empty() { &["gate"] } else { kinds };
    let site = stage.site(THROUGH, kinds, &settings, &[]).await?;
    let point = stage.pair(&site, 0).await?;
    Ok((site, point))
}

/// Whether the app lists a booking there, now or soon.
pub(super) async fn booked(phone: &Phone<'_>, site: &Site) -> Result<bool, Failed> {
    for _ in 0..40 {
        if phone.things("booking").await?.iter().any(|thing| thing["venue"]["zh"] == site.name.as_str()) {
            return Ok(true);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(false)
}

fn booking(stage: &Stage) -> serde_json::Value {
    let date = stage.now().plus_days(1).date().to_string();
    json!({ "date": date, "session": "00:00", "companions": { "adults": 0, "children": 0 } })
}

async fn venue_code(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, gate) = museum(stage, &[]).await?;
    let code = steps.step("the place gets its signed code", stage.venue_code(&gate)).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let scan = steps.step("a citizen scans it", async { phone.scan(&code).await?.good() }).await?;
    steps.equal("the registry names the place", scan.at("/venue/zh"), &json!(site.name)).await?;
    let body = json!({ "scenario": THROUGH, "scan": scan.text_at("/scan"), "action": "book", "input": booking(stage) });
    let key = stage.fresh_key();
    steps.step("and books there", async { phone.post_with("/v1/me/actions", &body, &key).await?.good() }).await?;
    steps
        .step("the same request again is the same answer", async {
            phone.post_with("/v1/me/actions", &body, &key).await?.good()
        })
        .await?;
    steps
        .step("the scan starts nothing else", async { phone.post("/v1/me/actions", &body).await?.refused("scan.used") })
        .await?;
    let found = booked(&phone, &site).await?;
    steps.check("the app lists one booking", found, &found).await?;
    let logged = phone.logged(|line| line["kind"] == "scanned" && line["venue"]["zh"] == site.name.as_str()).await?;
    steps.check("the log shows the scan", logged, &logged).await
}

async fn foreign_code(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, gate) = museum(stage, &[]).await?;
    let code = stage.venue_code(&gate).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    let other_host = code.replacen("://", "://x", 1);
    let unsigned = code.split("&sig=").next().unwrap_or_default().to_owned() + "&sig=" + &"0".repeat(128);
    for (what, text, refusal) in [
        ("a look-alike on another host", other_host.as_str(), "scan.lookalike"),
        ("one without a good signature", unsigned.as_str(), "scan.forged"),
        ("a payment code", "130123456789012345", "scan.not_ours"),
        ("a web address", "https://example.com/p", "scan.not_ours"),
    ] {
        let scanned = async { phone.scan(text).await?.refused(refusal) };
        steps.step(&format!("{what} is named"), scanned).await?;
    }
    steps
        .step("the good one works", async { phone.act_scanned(THROUGH, &code, "book", booking(stage)).await?.good() })
        .await?;
    let found = booked(&phone, &site).await?;
    steps.check("the app lists the booking", found, &found).await
}

async fn moved_code(stage: &Stage, steps: &mut Steps) -> Result<(), Failed> {
    let (site, gate) = museum(stage, &[]).await?;
    let code = stage.venue_code(&gate).await?;
    let phone = Phone::of(stage, "demo-adult").await?;
    steps
        .step("booked while it hangs at its place", async {
            phone.act_scanned(THROUGH, &code, "book", booking(stage)).await?.good()
        })
        .await?;
    let found = booked(&phone, &site).await?;
    steps.check("the app lists the booking", found, &found).await?;
    let newer = stage.venue_code(&gate).await?;
    steps.step("a newer code ends the former", async { phone.scan(&code).await?.refused("scan.replaced") }).await?;
    stage.admin("/v1/admin/points/move", &json!({ "point": gate.id, "venue": null })).await?;
    steps
        .step("a point out of service opens nothing", async { phone.scan(&newer).await?.refused("scan.moved") })
        .await?;
    Ok(())
}
