//! Visitors: registered with the guest's agreement, for a while, and seen to leave.

use serde_json::json;
use tongma_domain::{Claim, Id, Outcome, Text, UnixMs, Words};
use tongma_store::{create, save};

use super::records::{self, Role, Stay, StayState, guests, key, next_number};
use super::{House, house_of, legs, noted, refusals, reports};
use crate::{Desk, Holder, Schema, Step, Stop, disclose};

/// Registers a visitor who has shown the code.
///
/// # Errors
/// `stay.not_the_holder`, `visit.not_agreed`, `visit.minor`, `stay.room_empty`.
pub fn visit(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let (id, holder) = (house_of(step.venue), step.holder()?);
    if step.input.text("compared") != Some("same") {
        return Err(refusals::not_the_holder().into());
    }
    let number = step.input.text("room").unwrap_or_default();
    let there = guests(desk.txn, id, number)?;
    let host = there.iter().find(|held| !held.value.under_18).map(|held| held.value.clone());
    match (&host, there.is_empty()) {
        (_, true) => return Err(refusals::room_empty().into()),
        // A room with minors alone receives nobody.
        (None, false) => return Err(refusals::visitor_minor().into()),
        (Some(_), false) => {}
    }
    if step.input.text("agreed") != Some("yes") {
        return Err(refusals::visitor_needs_yes().into());
    }
    let until = desk.now.plus_s(60 * house.setting(step.venue, "visit_min"));
    let party = host.as_ref().map(|host| host.party.clone()).unwrap_or_default();
    let fresh = next_number(desk.txn, id, "lodging.stays", 'V')?;
    let mut stay = visitor(desk, holder, (id, fresh), (number, party), until);
    reports::queue(desk, step, house, &mut stay, "visit");
    create(desk.txn, key(id, &stay.number), &stay)?;
    desk.timer(until, legs::VISIT_OVER, &json!({"number": stay.number}));
    let claims = [Claim::Pseudonym, Claim::FullName, Claim::AgeClass];
    let released = disclose::at_counter(desk.txn, house.card, step, holder, &claims)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("在{}登记为 {number} 房访客，至 {}", names.zh, until.to_clock_text()),
        format!("Registered as a visitor to room {number} at {} until {}", names.en, until.to_clock_text()),
    );
    desk.log(holder.person, text, &released.claims, json!({"stay_number": stay.number, "receipt": released.receipt}));
    if let Some(host) = host {
        let text = Words::new("您同意的访客已登记", "The visitor you agreed to is registered");
        desk.log(host.person, text, &[], json!({"room": number}));
    }
    let words = Words::new(
        format!("{} 至 {} 离开 {number} 房", stay.masked_name, until.to_clock_text()),
        format!("{} leaves room {number} by {}", stay.masked_name, until.to_clock_text()),
    );
    Ok(Outcome::done(
        Text::new("访客已登记", "Visitor registered"),
        words,
        json!({"number": stay.number, "room": number, "until_ms": until}),
    ))
}

fn visitor(
    desk: &Desk<'_>,
    holder: &Holder,
    (house, number): (Id, String),
    (room, party): (&str, String),
    until: UnixMs,
) -> Stay {
    Stay {
        v: Schema,
        house,
        number,
        person: holder.person,
        masked_name: holder.masked_name.clone(),
        role: Role::Visitor,
        document: holder.document,
        under_18: holder.birth.age_on(desk.now.date()) < 18,
        room: room.to_owned(),
        party,
        relation: "visitor".to_owned(),
        arrived: desk.now,
        until,
        nights: 0,
        state: StayState::InHouse,
        minor: None,
        foreign: None,
        reports: Vec::new(),
        overstayed: false,
        people: 1,
        booking: None,
        revision: 0,
    }
}

/// A visitor's time is over: staff are told.
///
/// # Errors
/// Of the store.
pub fn overdue(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let number = step.input.text("number").unwrap_or_default();
    if let Some(mut held) = records::stay(desk.txn, house_of(step.venue), number)?
        && held.value.is_open()
    {
        held.value.overstayed = true;
        save(desk.txn, &held)?;
    }
    Ok(noted())
}

/// A visitor has left.
///
/// # Errors
/// `stay.unknown`.
pub fn visitor_left(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let number = step.input.text("number").unwrap_or_default();
    let held = records::stay(desk.txn, house_of(step.venue), number)?;
    let mut held = held.filter(|held| held.value.role == Role::Visitor).ok_or_else(refusals::unknown_stay)?;
    if held.value.is_open() {
        held.value.state = StayState::Left;
        held.value.until = desk.now;
        held.value.overstayed = false;
        reports::queue(desk, step, house, &mut held.value, "depart");
        save(desk.txn, &held)?;
    }
    let words = Words::new(format!("访客 {number} 已离开"), format!("Visitor {number} has left"));
    Ok(Outcome::done(Text::new("已离开", "Left"), words, json!({"number": number})))
}
