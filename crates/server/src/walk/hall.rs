//! A government hall for one cell: booking and queue at one venue, with a kiosk and counters, open at any hour.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::phone::Phone;
use super::point::Point;
use super::stage::{Site, Stage};
use super::steps::Failed;

/// The booking scenario.
pub const BOOKING: &str = "hall_booking";
/// The queue scenario.
pub const QUEUE: &str = "hall_queue";

/// Open day and night, every day of the week, slots of half an hour.
const ALWAYS: [(&str, i64); 10] = [
    ("hall_booking.opens_min", 0),
    ("hall_booking.closes_min", 1440),
    ("hall_booking.break_from_min", 1440),
    ("hall_booking.break_to_min", 1440),
    ("hall_booking.weekdays", 127),
    ("hall_booking.national_calendar", 0),
    ("hall_booking.days_ahead_least", 0),
    ("hall_booking.days_ahead_most", 10),
    ("hall_queue.opens_min", 0),
    ("hall_queue.last_number_min", 1440),
];

/// A hall with its points: a kiosk, a second one, and two counters.
pub struct Hall<'a> {
    /// The venue.
    pub site: Site,
    /// The kiosk at the door.
    pub kiosk: Point<'a>,
    /// Another kiosk.
    pub other_kiosk: Point<'a>,
    /// Counter 1.
    pub one: Point<'a>,
    /// Counter 2.
    pub two: Point<'a>,
}

impl<'a> Hall<'a> {
    /// Makes one; settings are `scenario.setting`.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn open(stage: &'a Stage, more: &[(&str, i64)]) -> Result<Self, Failed> {
        let name = format!("走查大厅{}", &stage.fresh_key()[..12]);
        let organisation = stage.admin("/v1/admin/organisations", &json!({ "name_zh": name, "name_en": name })).await?;
        let settings: BTreeMap<&str, i64> = ALWAYS.iter().chain(more).copied().collect();
        let scenarios = [BOOKING, QUEUE];
        let body = json!({
            "organisation": organisation["id"], "name_zh": name, "name_en": name,
            "scenarios": scenarios, "settings": settings, "things": {}, "state": "open",
        });
        let venue = stage.admin("/v1/admin/venues", &body).await?["id"].as_str().unwrap_or_default().to_owned();
        let mut codes = Vec::new();
        for (number, kind) in ["kiosk", "kiosk", "desk", "desk"].iter().enumerate() {
            let point = format!("{number}号");
            let body =
                json!({ "venue": venue, "name_zh": point, "name_en": point, "kind": kind, "scenarios": scenarios });
            let made = stage.admin("/v1/admin/points", &body).await?;
            codes.push(made["pairing_code"].as_str().unwrap_or_default().to_owned());
        }
        let site = Site { name, codes };
        let [kiosk, other_kiosk, one, two] = [0, 1, 2, 3].map(|number| stage.pair(&site, number));
        let (kiosk, other_kiosk) = (kiosk.await?, other_kiosk.await?);
        let (one, two) = (one.await?, two.await?);
        Ok(Self { site, kiosk, other_kiosk, one, two })
    }

    /// Shows a code at a kiosk and takes a number.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn take(&self, phone: &Phone<'_>, input: Value) -> Result<super::web::Answer, Failed> {
        let presentation = self.kiosk.present(QUEUE, &phone.code()?).await?;
        self.kiosk.act(&presentation, "take", input).await
    }

    /// Takes a number for somebody without a code.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn paper(&self, kiosk: &Point<'_>, matter: &str) -> Result<String, Failed> {
        let taken = kiosk.alone(QUEUE, "take", json!({ "matter": matter })).await?.good()?;
        Ok(taken.text_at("/outcome/detail/number").to_owned())
    }

    /// What the board shows.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn board(&self) -> Result<Vec<Value>, Failed> {
        list(&self.kiosk, "board").await
    }

    /// How many wait in a matter's line, by the board.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn waiting(&self, matter: &str) -> Result<Value, Failed> {
        let board = self.board().await?;
        let line = board.iter().find(|item| item["kind"] == "line" && item["matter"] == matter);
        Ok(line.map_or(Value::Null, |line| line["waiting"].clone()))
    }

    /// Calls, serves and finishes at a counter; gives the number.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn serve(&self, counter: &Point<'_>) -> Result<String, Failed> {
        let called = counter.alone(QUEUE, "call", json!({})).await?.good()?;
        counter.alone(QUEUE, "serve", json!({})).await?.good()?;
        counter.alone(QUEUE, "done", json!({})).await?.good()?;
        Ok(called.text_at("/outcome/detail/number").to_owned())
    }

    /// Books a slot for a citizen.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn book(&self, phone: &Phone<'_>, (date, session): (&str, &str)) -> Result<super::web::Answer, Failed> {
        let input = json!({ "matter": "tax", "date": date, "session": session });
        phone.act(BOOKING, &self.site.name, "book", input).await
    }

    /// The thing of a kind that this citizen has at this hall, as soon as it is as wanted.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn thing(
        &self,
        phone: &Phone<'_>,
        kind: &str,
        wanted: impl Fn(Option<&Value>) -> bool,
    ) -> Result<Option<Value>, Failed> {
        let mut found = None;
        for _ in 0..40 {
            let things = phone.things(kind).await?;
            found = things.into_iter().find(|thing| thing["venue"]["zh"] == self.site.name.as_str());
            if wanted(found.as_ref()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(found)
    }
}

/// What a point lists.
///
/// # Errors
/// The platform refused.
pub async fn list(point: &Point<'_>, action: &str) -> Result<Vec<Value>, Failed> {
    let path = format!("/v1/points/{}/list?scenario={QUEUE}&action={action}&limit=100", point.id);
    Ok(point.get(&path).await?.good()?.at("/items").as_array().cloned().unwrap_or_default())
}

/// The dates of today and of so many days after it.
pub fn date(stage: &Stage, days: i64) -> String {
    stage.now().plus_days(days).date().to_string()
}

/// Moves the clock to a minute of the next day that is at least an hour away.
pub fn next_day_at(stage: &Stage, minute: i64) {
    let now = i64::from(stage.now().minute_of_day());
    stage.advance_s((1440 - now + minute) * 60);
}
