//! People with phones, enrolled and issued to through the use cases, for the benchmarks over HTTP.

use std::sync::Arc;

use tokio::task::JoinSet;
use tongma_code::chain::Chain;
use tongma_code::ticket::{Header, SignedTicket};
use tongma_domain::{DocumentKind, Entropy, Id, Refusal, Text, UnixMs, document_check};
use tongma_service::{Asked, Enrolment, Platform};

use crate::data::{hex, unhex};
use crate::system::SystemEntropy;

/// A phone with the ticket of this half hour.
pub struct Phone {
    ticket: SignedTicket,
    chain: Chain,
}

impl Phone {
    /// The text it shows at this Unix second.
    pub fn text_at(&self, now_s: i64) -> Option<String> {
        let step = self.ticket.header.window.step_at(now_s)?;
        Some(self.ticket.show(step, self.chain.value(step)?).to_text())
    }
}

/// A museum visit that each person books first.
#[derive(Clone)]
pub struct Visit {
    /// The museum.
    pub venue: Id,
    /// The date, `YYYY-MM-DD`.
    pub date: String,
    /// The session's name: its start.
    pub session: String,
}

/// Enrols so many people and issues to each; those who have a visit book it.
///
/// # Errors
/// The first refusal.
pub async fn phones(platform: &Arc<Platform>, count: usize, visit: Option<Visit>) -> Result<Vec<Phone>, Refusal> {
    let mut tasks = JoinSet::new();
    let mut phones = Vec::with_capacity(count);
    for number in 0..count {
        // So many at once that commits are shared, and not so many that they wait for each other.
        if tasks.len() >= 128 {
            phones.extend(joined(tasks.join_next().await)?);
        }
        let (platform, visit) = (Arc::clone(platform), visit.clone());
        tasks.spawn(async move { phone(&platform, number, visit).await });
    }
    while let Some(done) = tasks.join_next().await {
        phones.extend(joined(Some(done))?);
    }
    Ok(phones)
}

fn joined(done: Option<Result<Result<Phone, Refusal>, tokio::task::JoinError>>) -> Result<Option<Phone>, Refusal> {
    match done {
        None => Ok(None),
        Some(Ok(phone)) => phone.map(Some),
        Some(Err(_)) => Err(none()),
    }
}

async fn phone(platform: &Arc<Platform>, number: usize, visit: Option<Visit>) -> Result<Phone, Refusal> {
    let enrolment = Enrolment {
        name: "压测".to_owned(),
        document_kind: DocumentKind::ResidentId,
        document_number: document(number).ok_or_else(none)?,
        birth: None,
        phone: String::new(),
        particulars: tongma_domain::Particulars::default(),
        sign_in: None,
    };
    let person = platform.enrol(enrolment).await?;
    let token = platform.open_session(person).await?;
    platform.enrol_device(&platform.citizen(&token)?, "bench").await?;
    let citizen = platform.citizen(&token)?;
    if let Some(visit) = visit {
        let asked = Asked {
            action: "book".to_owned(),
            input: serde_json::json!({ "date": visit.date, "session": visit.session }),
            idempotency_key: "bench".to_owned(),
        };
        platform.act_mine(&citizen, "museum_entry", visit.venue, asked).await?;
    }
    let now_ms = platform.now().as_millis();
    let prepared = platform.prepare_tickets(&citizen, 0)?;
    let current = prepared
        .into_iter()
        .find(|ticket| ticket.kind == "ordinary" && (ticket.start_ms..ticket.end_ms).contains(&now_ms));
    let bytes = current.and_then(|ticket| unhex::<26>(&ticket.header)).ok_or_else(none)?;
    let header = Header::from_bytes(&bytes).map_err(|_| none())?;
    let mut seed = [0; 12];
    SystemEntropy.fill(&mut seed);
    let chain = Chain::of_ticket(header.suite, &header.handle, header.window.steps(), &seed).ok_or_else(none)?;
    let signed = platform.sign_tickets(&citizen, 0, &[(hex(&bytes), hex(&chain.anchor()))])?;
    let signature = signed.first().and_then(|signed| unhex(&signed.signature)).ok_or_else(none)?;
    Ok(Phone { ticket: SignedTicket { header, signature }, chain })
}

/// A resident's number that nobody has: region 4498xx, born in the sixties, numbered through.
fn document(number: usize) -> Option<String> {
    let (order, rest) = (number % 1000, number / 1000);
    let (day, rest) = (rest % 28 + 1, rest / 28);
    let body = format!("4498{:02}1960{:02}{day:02}{order:03}", rest / 12 % 100, rest % 12 + 1);
    let fits = |check: &char| document_check(DocumentKind::ResidentId, &format!("{body}{check}")).is_ok();
    "0123456789X".chars().find(fits).map(|check| format!("{body}{check}"))
}

/// Seconds until the half hour ends, when the tickets do.
pub fn left_of_half_hour_s(now: UnixMs) -> i64 {
    1800 - now.as_seconds().rem_euclid(1800)
}

fn none() -> Refusal {
    Refusal::unavailable(
        "bench.none",
        Text::new("没有可用的票据", "There is no ticket for now"),
        Text::new("请重试", "Try again"),
    )
}
