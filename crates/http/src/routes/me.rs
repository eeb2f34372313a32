//! The citizen's own routes: who I am, my phone, my tickets.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    edge::{Shared, SignedIn},
    extract::Json,
    problem::Answer,
};

/// Minute 0 of the code's clock: 2025-01-01T00:00Z.
const CODE_EPOCH_MS: i64 = 1_735_689_600_000;

/// What the app shows of its owner.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    /// The masked name.
    pub masked_name: String,
    /// `child`, `youth`, `adult` or `elder`.
    pub age_class: Value,
    /// The code is frozen.
    pub frozen: bool,
    /// This browser's device, if enrolled.
    pub device: Option<Device>,
    /// The number of the device that lives.
    pub live_device_number: Option<u8>,
    /// Money in the purse, in fen.
    pub purse_fen: i64,
    /// People this person may show a code for.
    pub wards: Vec<Ward>,
}

/// A phone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Device {
    /// Its enrolment number.
    pub number: u8,
    /// What the person calls it.
    pub name: String,
    /// When it was enrolled, Unix milliseconds.
    pub enrolled_ms: i64,
}

/// Someone the citizen may show a code for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ward {
    /// The actor index in the ward's codes.
    pub actor: u8,
    /// The masked name.
    pub masked_name: String,
}

/// This browser becomes the one live phone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// What the person calls it.
    pub name: String,
}

/// The phone that lives now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Enrolled {
    /// Its number.
    pub device: u8,
    /// Another phone lived before.
    pub taken_over: bool,
}

/// The freeze switch.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Nothing of the code works while true.
    pub frozen: bool,
}

/// Tickets asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prepare {
    /// 0 for oneself, else the index of a ward's grant.
    #[serde(default)]
    pub actor: u8,
}

/// Tickets to anchor.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PreparedList {
    /// Unix milliseconds, by the platform's clock.
    pub now_ms: i64,
    /// The code's days the tickets belong to.
    pub day_numbers: Vec<i64>,
    /// The tickets.
    pub tickets: Vec<PreparedTicket>,
    /// How this deployment is set up.
    pub deployment: Deployment,
}

/// How a deployment is set up.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Deployment {
    /// The suites it enables: 0 is SM2 with SM3.
    pub suites: Vec<u8>,
}

/// One ticket without its anchor.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PreparedTicket {
    /// Its number in its day.
    pub number: u16,
    /// `ordinary`, `spare` or `reserve`.
    pub kind: String,
    /// First moment, Unix milliseconds.
    pub start_ms: i64,
    /// First moment after it, Unix milliseconds.
    pub end_ms: i64,
    /// How many steps.
    pub steps: u16,
    /// Seconds a step.
    pub step_s: u32,
    /// Bytes 0 to 25, hexadecimal.
    pub header: String,
}

/// Anchors to sign over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// 0 for oneself, else the index of a ward's grant.
    #[serde(default)]
    pub actor: u8,
    /// The tickets, at most 256.
    pub tickets: Vec<Anchored>,
}

/// A ticket with the phone's anchor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anchored {
    /// Bytes 0 to 25, hexadecimal, as prepared.
    pub header: String,
    /// The chain's anchor, 12 bytes, hexadecimal.
    pub anchor: String,
}

/// Signed tickets.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SignedList {
    /// In the order asked.
    pub tickets: Vec<SignedTicket>,
    /// Unix milliseconds, by the platform's clock.
    pub now_ms: i64,
}

/// One signed ticket.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SignedTicket {
    /// Bytes 0 to 25 again.
    pub header: String,
    /// r ‖ s, 64 bytes, hexadecimal.
    pub signature: String,
    /// What short numbers are made of, where the ticket has them.
    pub short: Option<Short>,
}

/// What short numbers (N1) are made of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Short {
    /// The 34-bit alias, decimal.
    pub alias: String,
    /// The ticket key, hexadecimal.
    pub key: String,
}

pub async fn show(State(edge): State<Shared>, SignedIn(citizen): SignedIn) -> Answer<Json<Me>> {
    let me = edge.platform.me(&citizen)?;
    let device = me.device.map(|device| Device {
        number: device.number,
        name: device.name,
        enrolled_ms: device.enrolled.as_millis(),
    });
    Ok(Json(Me {
        masked_name: me.masked_name,
        age_class: serde_json::to_value(me.age_class).unwrap_or_default(),
        frozen: me.frozen,
        device,
        live_device_number: me.live_device_number,
        purse_fen: me.purse_fen,
        wards: me.wards.into_iter().map(|ward| Ward { actor: ward.actor, masked_name: ward.masked_name }).collect(),
    }))
}

pub async fn enrol_device(
    State(edge): State<Shared>,
    SignedIn(citizen): SignedIn,
    Json(new): Json<NewDevice>,
) -> Answer<Json<Enrolled>> {
    let (device, taken_over) = edge.platform.enrol_device(&citizen, &new.name).await?;
    Ok(Json(Enrolled { device, taken_over }))
}

pub async fn freeze(
    State(edge): State<Shared>,
    SignedIn(citizen): SignedIn,
    Json(switch): Json<Freeze>,
) -> Answer<Json<Freeze>> {
    edge.platform.freeze(&citizen, switch.frozen).await?;
    Ok(Json(switch))
}

pub async fn prepare(
    State(edge): State<Shared>,
    SignedIn(citizen): SignedIn,
    Json(asked): Json<Prepare>,
) -> Answer<Json<PreparedList>> {
    let prepared = edge.platform.prepare_tickets(&citizen, asked.actor)?;
    let mut day_numbers: Vec<i64> = prepared.iter().map(|ticket| day_number(ticket.start_ms)).collect();
    day_numbers.sort_unstable();
    day_numbers.dedup();
    let tickets = prepared.into_iter().map(|ticket| PreparedTicket {
        number: ticket.number,
        kind: ticket.kind.to_owned(),
        start_ms: ticket.start_ms,
        end_ms: ticket.end_ms,
        steps: ticket.steps,
        step_s: ticket.step_s,
        header: ticket.header,
    });
    Ok(Json(PreparedList {
        now_ms: edge.platform.now().as_millis(),
        day_numbers,
        tickets: tickets.collect(),
        deployment: Deployment { suites: vec![0] },
    }))
}

/// The code's day of a moment: days of 24 hours that turn at 04:00 in Beijing, counted from 2025-01-01T00:00Z.
const fn day_number(start_ms: i64) -> i64 {
    ((start_ms - CODE_EPOCH_MS).div_euclid(60_000) + 240).div_euclid(1440)
}

pub async fn sign(
    State(edge): State<Shared>,
    SignedIn(citizen): SignedIn,
    Json(asked): Json<Sign>,
) -> Answer<Json<SignedList>> {
    let wanted: Vec<(String, String)> =
        asked.tickets.into_iter().map(|ticket| (ticket.header, ticket.anchor)).collect();
    let platform = std::sync::Arc::clone(&edge.platform);
    // Hundreds of signatures take tens of milliseconds: they must not hold up those who wait beside them.
    let signing = move || platform.sign_tickets(&citizen, asked.actor, &wanted).map_err(crate::problem::Problem::from);
    let signed = tokio::task::spawn_blocking(signing).await.map_err(|_| crate::problem::internal())??;
    let tickets = signed.into_iter().map(|ticket| SignedTicket {
        header: ticket.header,
        signature: ticket.signature,
        short: ticket.short.map(|short| Short { alias: short.alias, key: short.key }),
    });
    Ok(Json(SignedList { tickets: tickets.collect(), now_ms: edge.platform.now().as_millis() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_turn_at_four_in_beijing() {
        let day = 86_400_000;
        assert_eq!(day_number(CODE_EPOCH_MS), 0);
        // 04:00 in Beijing is 20:00 UTC of the day before.
        assert_eq!(day_number(CODE_EPOCH_MS + 20 * 3_600_000), 1);
        assert_eq!(day_number(CODE_EPOCH_MS + 20 * 3_600_000 - 1), 0);
        assert_eq!(day_number(CODE_EPOCH_MS + 365 * day), 365);
        assert_eq!(day_number(CODE_EPOCH_MS - 5 * 3_600_000), -1);
    }
}
