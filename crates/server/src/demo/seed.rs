//! Fills a platform with the demo, through the entrances that an administrator and a desk have. Everything may run again
//! at every start: what is there already stays as it is.

use std::sync::Arc;

use serde_json::{Value, json};
use tongma_domain::{Id, PointKind, Refusal, Starter, UnixMs, Venue, VenueState};
use tongma_service::{ANY_PURPOSE, Asked, Platform, Scanned};

use super::lodging;
use super::people::CITIZENS;
use super::venues::{BOOKS, PATIENTS, SITES, Site};
use crate::codes::mint_for;
use crate::data::hex;

/// The operator's name in everything the demo sets up.
const OPERATOR: &str = "演示";

/// A point that waits for its device.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The venue's name in Chinese.
    pub venue: &'static str,
    /// The point's name in Chinese.
    pub name: &'static str,
    /// What it is.
    pub kind: PointKind,
    /// What it is for.
    pub scenario: &'static str,
    /// The eight digits it is paired with.
    pub code: String,
    /// The code that hangs there for citizens to scan, where there is something they can start.
    pub venue_code: Option<String>,
}

/// What the demo has.
#[derive(Debug, Default)]
pub struct Seeded {
    /// How many people are enrolled.
    pub people: usize,
    /// How many venues are open.
    pub open: usize,
    /// How many are listed as coming.
    pub coming: usize,
    /// The points and their pairing codes.
    pub waiting: Vec<Waiting>,
}

/// Enrols the people, registers the venues and points, shelves the books, opens the sessions and raises the bills.
///
/// # Errors
/// A refusal that is not "this is there already".
pub async fn seed(platform: &Arc<Platform>, issuer: &str) -> Result<Seeded, Refusal> {
    let mut seeded = Seeded { people: people(platform, issuer).await?, ..Seeded::default() };
    for site in SITES {
        let built: Vec<String> = site
            .scenarios
            .iter()
            .filter(|id| tongma_scenario::by_id(id).is_some())
            .map(|id| (*id).to_owned())
            .collect();
        let open = !built.is_empty();
        let organisation = platform.register_organisation(site.organisation.0, site.organisation.1).await?;
        let venue = platform.register_venue(venue(site, organisation, built, platform.now())).await?;
        *(if open { &mut seeded.open } else { &mut seeded.coming }) += 1;
        for stand in site.points.iter().filter(|stand| tongma_scenario::by_id(stand.scenario).is_some()) {
            let scenarios = vec![stand.scenario.to_owned()];
            let (point, code) = platform.register_point(venue, stand.name, stand.kind, scenarios).await?;
            seeded.waiting.push(Waiting {
                venue: site.name.0,
                name: stand.name.0,
                kind: stand.kind,
                scenario: stand.scenario,
                code,
                venue_code: hang(platform, point, stand.scenario).await?,
            });
            furnish(platform, issuer, site, stand.scenario, point).await?;
        }
    }
    Ok(seeded)
}

/// The code that hangs at a point; the one issued at an earlier start stays good.
async fn hang(platform: &Platform, point: Id, scenario: &str) -> Result<Option<String>, Refusal> {
    let card = platform.scenario(scenario)?.card();
    if !card.actions.iter().any(|action| action.by.contains(&Starter::Holder)) {
        return Ok(None);
    }
    let held = platform.venue_code(point, ANY_PURPOSE).ok().filter(|code| code.until > platform.now());
    let code = match held {
        Some(code) => code,
        None => platform.issue_venue_code(point, ANY_PURPOSE, 365).await?,
    };
    Ok(Some(code.text))
}

fn venue(site: &Site, organisation: Id, built: Vec<String>, now: UnixMs) -> Venue {
    let open = !built.is_empty();
    let things = site.union.map(|union| ("union".to_owned(), Id::derived(&[b"union", union.as_bytes()])));
    Venue {
        // The platform derives the id from organisation and name.
        id: organisation,
        organisation,
        name_zh: site.name.0.to_owned(),
        name_en: site.name.1.to_owned(),
        state: match (open, lodging::may_open(site)) {
            (false, _) => VenueState::Coming,
            (true, false) => VenueState::Suspended,
            (true, true) => VenueState::Open,
        },
        scenarios: if open { built } else { site.scenarios.iter().map(|id| (*id).to_owned()).collect() },
        settings: site.settings.iter().map(|(setting, value)| ((*setting).to_owned(), *value)).collect(),
        things: things.into_iter().collect(),
        premises: lodging::premises(site, now),
    }
}

async fn people(platform: &Platform, issuer: &str) -> Result<usize, Refusal> {
    for citizen in &CITIZENS {
        let person = platform.enrol(citizen.enrolment(issuer)).await?;
        if citizen.purse_fen > 0 {
            // One top-up for ever: the id is the person's, and a second posting under it is refused.
            let attempt = Id::derived(&[b"demo top-up", person.as_bytes()]);
            there_already(platform.top_up(person, citizen.purse_fen, attempt).await)?;
        }
    }
    for citizen in &CITIZENS {
        if let Some(guardian) = citizen.guardian {
            let guardian = platform.person_of_sign_in(issuer, guardian)?;
            let ward = platform.person_of_sign_in(issuer, citizen.subject)?;
            platform.grant_guardian(guardian, ward, true).await?;
        }
    }
    super::certificates::issue_all(platform, issuer).await?;
    Ok(CITIZENS.len())
}

/// What a desk does before the doors open.
async fn furnish(
    platform: &Arc<Platform>,
    issuer: &str,
    site: &Site,
    scenario: &str,
    point: Id,
) -> Result<(), Refusal> {
    for (room, beds, rate) in lodging::rooms(scenario) {
        let input = match *rate {
            0 => json!({ "room": room, "beds": beds }),
            rate => json!({ "room": room, "beds": beds, "rate": rate }),
        };
        at_point(platform, point, scenario, "add_room", input).await?;
    }
    let first = SITES.iter().find(|other| other.scenarios.contains(&scenario)).map(|first| first.name);
    if first != Some(site.name) {
        return Ok(());
    }
    match scenario {
        // The books stand in the first library; all of the union lend them.
        "library_loan" => {
            for (barcode, title) in BOOKS {
                at_point(platform, point, scenario, "add_copy", json!({ "barcode": barcode, "title": title })).await?;
            }
        }
        "hospital_bill" => {
            for (subject, file_number, bills) in PATIENTS {
                register_patient(platform, issuer, point, subject, file_number).await?;
                for (bill_number, title, lines) in bills {
                    let input = json!({ "file_number": file_number, "bill_number": bill_number, "title": title, "lines": lines });
                    at_point(platform, point, scenario, "add_bill", input).await?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// The first visit of a patient: the code is shown at the window and a file is opened, as at any hospital. The phone that
/// showed it is then put out of use, so that the first browser that signs in is the person's phone. Nothing is done for
/// somebody who has a phone or bills already.
async fn register_patient(
    platform: &Arc<Platform>,
    issuer: &str,
    point: Id,
    subject: &str,
    file_number: &str,
) -> Result<(), Refusal> {
    let person = platform.person_of_sign_in(issuer, subject)?;
    let session = platform.citizen(&platform.open_session(person).await?)?;
    let has_phone = platform.me(&session)?.live_device_number.is_some();
    let has_bills = !platform.things(&session, "bill", None, 1)?.items.is_empty();
    if has_phone || has_bills {
        return platform.close_session(&session).await;
    }
    let (ticket, _, phone) = mint_for(platform, person, "演示登记 / demo").await?;
    let scanned = Scanned {
        text: ticket.to_text(),
        request_id: hex(&platform.seed()).chars().take(32).collect(),
        purpose: "hospital_bill".to_owned(),
        operator: OPERATOR.to_owned(),
    };
    platform.close_session(&session).await?;
    let presentation = platform.present(point, &scanned).await?;
    let asked = Asked {
        action: "open_file".to_owned(),
        input: json!({ "file_number": file_number }),
        idempotency_key: format!("demo-file-{file_number}"),
    };
    let opened = platform.act_presented(point, presentation.id, OPERATOR, asked).await;
    platform.retire_device(&phone).await?;
    there_already(opened.map(drop).map_err(|refused| refused.refusal))
}

/// Runs an action at a point; the input is its idempotency key, so that the same again changes nothing.
async fn at_point(
    platform: &Arc<Platform>,
    point: Id,
    scenario: &str,
    action: &str,
    input: Value,
) -> Result<(), Refusal> {
    let key = Id::derived(&[b"demo", scenario.as_bytes(), action.as_bytes(), input.to_string().as_bytes()]);
    let asked = Asked { action: action.to_owned(), input, idempotency_key: format!("demo-{key}") };
    there_already(platform.act_at_point(point, scenario, OPERATOR, asked).await.map(drop))
}

/// 409 says that the thing is there already: this start is not the first.
fn there_already(result: Result<(), Refusal>) -> Result<(), Refusal> {
    result.or_else(|refusal| if refusal.status == 409 { Ok(()) } else { Err(refusal) })
}
