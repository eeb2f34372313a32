//! What the walks of hotels and homestays have in common: a house with rooms, and the authority's own book.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::phone::Phone;
use super::point::Point;
use super::stage::{Site, Stage};
use super::steps::Failed;
use super::web::Answer;

/// A house with one point and some rooms.
pub struct House<'a> {
    stage: &'a Stage,
    scenario: &'static str,
    /// Its names and pairing codes.
    pub site: Site,
    /// Its desk, or the host's phone.
    pub desk: Point<'a>,
}

/// A room: number, beds.
type Beds = (&'static str, i64);

impl<'a> House<'a> {
    /// A house of one's own for one cell.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn of(
        stage: &'a Stage,
        scenario: &'static str,
        settings: &[(&str, i64)],
        rooms: &[Beds],
        premises: &Value,
    ) -> Result<Self, Failed> {
        let site = stage.house(scenario, settings, premises, "open").await?;
        let desk = stage.pair(&site, 0).await?;
        let house = Self { stage, scenario, site, desk };
        for (room, beds) in rooms {
            let mut input = json!({ "room": room, "beds": beds });
            if scenario == "hotel_stay" {
                input["rate"] = json!(10_000);
            }
            house.alone("add_room", input).await?.good()?;
        }
        Ok(house)
    }

    /// Something the house does with nobody's code.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn alone(&self, action: &str, input: Value) -> Result<Answer, Failed> {
        self.desk.alone(self.scenario, action, input).await
    }

    /// Scans a guest and does something.
    ///
    /// # Errors
    /// The code was refused, or the connection failed.
    pub async fn serve(&self, guest: &Phone<'_>, action: &str, input: Value) -> Result<Answer, Failed> {
        let presentation = self.desk.present(self.scenario, &guest.code()?).await?;
        self.desk.act(&presentation, action, input).await
    }

    /// The sheet as the house sees it.
    ///
    /// # Errors
    /// It was refused.
    pub async fn sheet(&self) -> Result<Value, Failed> {
        Ok(self.alone("overview", json!({})).await?.good()?.at("/outcome/detail").clone())
    }

    /// The sheet once it is as wanted, or after some looks.
    ///
    /// # Errors
    /// It was refused.
    pub async fn sheet_when(&self, wanted: impl Fn(&Value) -> bool) -> Result<Value, Failed> {
        let mut sheet = Value::Null;
        for _ in 0..100 {
            sheet = self.sheet().await?;
            if wanted(&sheet) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(sheet)
    }

    /// What the authority has of this house, in the order it came: a second read, behind the platform's back.
    ///
    /// # Errors
    /// The authority did not answer.
    pub async fn book(&self) -> Result<Vec<Value>, Failed> {
        let url = format!("{}/reports", self.stage.authority);
        let book = self.stage.web.send(Method::GET, &url, &[], "").await?.good()?;
        let all = book.at("/items").as_array().cloned().unwrap_or_default();
        Ok(all.into_iter().filter(|entry| entry["request"]["house"] == self.site.name.as_str()).collect())
    }

    /// The book once it is as wanted, or after some looks.
    ///
    /// # Errors
    /// The authority did not answer.
    pub async fn book_when(&self, wanted: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>, Failed> {
        let mut book = Vec::new();
        for _ in 0..300 {
            book = self.book().await?;
            if wanted(&book) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(book)
    }

    /// The guest's things of a kind at this house, once they are as wanted or after some looks.
    ///
    /// # Errors
    /// The list was refused.
    pub async fn things_when(
        &self,
        guest: &Phone<'_>,
        kind: &str,
        wanted: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>, Failed> {
        let mut here = Vec::new();
        for _ in 0..60 {
            here = guest.things(kind).await?;
            here.retain(|thing| thing["venue"]["zh"] == self.site.name.as_str());
            if wanted(&here) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(here)
    }
}

/// Tells the authority's simulator how to behave.
///
/// # Errors
/// It did not answer.
pub async fn control(stage: &Stage, body: Value) -> Result<(), Failed> {
    let url = format!("{}/control", stage.authority);
    let headers = [("content-type", "application/json")];
    stage.web.send(Method::POST, &url, &headers, &body.to_string()).await?.good().map(drop)
}

/// The reports of one kind.
pub fn of_op<'b>(book: &'b [Value], op: &str) -> Vec<&'b Value> {
    book.iter().filter(|entry| entry["request"]["op"] == op).collect()
}

/// The form for an adult.
pub fn plain(room: &str) -> Value {
    json!({ "room": room, "compared": "same", "nights": 1 })
}

/// The form with one more field, or another value.
pub fn with(mut form: Value, field: &str, value: impl Into<Value>) -> Value {
    form[field] = value.into();
    form
}

/// The form for a minor, whole.
pub fn minor(room: &str, company: &str) -> Value {
    json!({
        "room": room, "compared": "same", "nights": 1, "company": company, "guardian_phone": "10012345678",
        "guardian_is": "father", "guardian_call": "agreed",
    })
}
