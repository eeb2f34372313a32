//! Longer stays, other rooms, and leaving.

use serde_json::json;
use tongma_domain::{Fen, Id, Outcome, Text, Words};
use tongma_store::{Held, save};

use super::folio::{close, folio};
use super::guests::check_out_at;
use super::records::{Stay, StayState, guests, room};
use super::rooms::{clear, give_back, mirror, of_person, promise};
use super::{House, house_of, refusals, reports};
use crate::{Desk, Effect, Step, Stop, bind, derived_in, handover};

/// The whole party stays longer.
///
/// # Errors
/// `stay.not_here`, `stay.house_full`.
pub fn extend(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let (id, person) = (house_of(step.venue), step.holder()?.person);
    let own = of_person(desk.txn, id, person)?.ok_or_else(refusals::not_here)?.value;
    let more = u16::try_from(step.input.number("nights").unwrap_or(1)).unwrap_or(1);
    let first_new = tongma_domain::Date::from_days(own.arrived.date().to_days() + i64::from(own.nights));
    promise(desk.txn, id, first_new, more)?;
    let rate = room(desk.txn, id, &own.room)?.map_or(Fen::ZERO, |held| held.value.rate);
    add_line(desk, id, &own.party, format!("{} + {more}", own.room), rate.get().saturating_mul(i64::from(more)))?;
    let nights = own.nights.saturating_add(more);
    let until = check_out_at(step, house, own.arrived, nights);
    for mut held in guests(desk.txn, id, &own.room)? {
        (held.value.nights, held.value.until) = (nights, until);
        changed(desk, step, house, &mut held)?;
    }
    let words = Words::new(
        format!("{} 房续住至 {}", own.room, until.date()),
        format!("Room {} until {}", own.room, until.date()),
    );
    Ok(Outcome::done(
        Text::new("已续住", "Extended"),
        words,
        json!({"room": own.room, "nights": nights, "until_ms": until}),
    ))
}

fn add_line(desk: &mut Desk<'_>, house: Id, party: &str, what: String, fen: i64) -> Result<(), Stop> {
    if fen != 0
        && let Some(mut held) = folio(desk.txn, house, party)?
    {
        held.value.lines.push((what, Fen::new(fen)));
        save(desk.txn, &held)?;
    }
    Ok(())
}

/// A stay whose room or time has changed: reported, shown, kept.
fn changed(desk: &mut Desk<'_>, step: &Step<'_>, house: &House, held: &mut Held<Stay>) -> Result<(), Stop> {
    reports::queue(desk, step, house, &mut held.value, "change");
    mirror(desk, step, &mut held.value)?;
    Ok(save(desk.txn, held)?)
}

/// The whole party moves to another room, with its key.
///
/// # Errors
/// `stay.not_here`, `stay.unknown_room`, `stay.room_taken`, `stay.room_full`.
pub fn move_room(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let (id, person) = (house_of(step.venue), step.holder()?.person);
    let own = of_person(desk.txn, id, person)?.ok_or_else(refusals::not_here)?.value;
    let number = step.input.text("room").unwrap_or_default();
    let old = room(desk.txn, id, &own.room)?.ok_or_else(refusals::unknown_room)?;
    let mut new = room(desk.txn, id, number)?.ok_or_else(refusals::unknown_room)?;
    let party = guests(desk.txn, id, &own.room)?;
    if new.value.party.is_some() {
        return Err(refusals::room_taken().into());
    }
    if party.len() > usize::from(new.value.beds) {
        return Err(refusals::room_full().into());
    }
    let custodian = handover::open_loan(desk.txn, id, &own.room)?.map(|loan| loan.value.person);
    new.value.party.clone_from(&old.value.party);
    new.value.declared = old.value.declared;
    new.value.patrols.clone_from(&old.value.patrols);
    let nights_left = (own.until.date().to_days() - desk.now.date().to_days()).max(0);
    let dearer = (new.value.rate.get() - old.value.rate.get()).saturating_mul(nights_left);
    save(desk.txn, &new)?;
    clear(desk.txn, old, desk.now)?;
    if let Some(custodian) = custodian {
        let loan = derived_in(desk.txn.bucket(), &[b"moved key", step.attempt.as_bytes()]);
        handover::give(desk.txn, (id, number), custodian, loan, (desk.now, own.until))?;
    }
    add_line(desk, id, &own.party, format!("{} → {number}", own.room), dearer)?;
    for mut held in party {
        number.clone_into(&mut held.value.room);
        changed(desk, step, house, &mut held)?;
    }
    let words = Words::new(
        format!("{} 房换到 {number} 房", own.room),
        format!("Moved from room {} to room {number}", own.room),
    );
    Ok(Outcome::done(Text::new("已换房", "Moved"), words, json!({"room": number, "was": own.room})))
}

/// One guest leaves. The last one of a room settles the account, and the key comes back.
///
/// # Errors
/// `stay.not_here`, `stay.unpaid`.
pub fn check_out(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let (id, person) = (house_of(step.venue), step.holder()?.person);
    let own = of_person(desk.txn, id, person)?.ok_or_else(refusals::not_here)?;
    let number = own.value.room.clone();
    let others: Vec<Held<Stay>> =
        guests(desk.txn, id, &number)?.into_iter().filter(|held| held.value.person != person).collect();
    let back = match others.first() {
        None => end_party(desk, step, id, &own.value)?,
        Some(next) => {
            hand_on(desk, step, id, &number, (person, next.value.person))?;
            Fen::ZERO
        }
    };
    let stay = leave(desk, step, house, own)?;
    let names = step.venue.names();
    let text =
        Words::new(format!("从{} {number} 房退房", names.zh), format!("Checked out of room {number} at {}", names.en));
    desk.log(person, text, &[], json!({"stay_number": stay.number, "deposit_back_fen": back}));
    let words = match back.get() {
        0 => Words::new(format!("{number} 房已退"), format!("Room {number} is free")),
        _ => Words::new(
            format!("{number} 房已退，押金退回 {back}"),
            format!("Room {number} is free; {back} of the deposit goes back"),
        ),
    };
    let detail = json!({"number": stay.number, "room": number, "deposit_back_fen": back});
    Ok(Outcome::done(Text::new("已退房", "Checked out"), words, detail))
}

/// The host marks a room as left: everybody in it is gone.
///
/// # Errors
/// `stay.room_empty`.
pub fn left(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let id = house_of(step.venue);
    let number = step.input.text("room").unwrap_or_default();
    let party = guests(desk.txn, id, number)?;
    let first = party.first().map(|held| held.value.clone()).ok_or_else(refusals::room_empty)?;
    end_party(desk, step, id, &first)?;
    let count = party.len();
    for held in party {
        let stay = leave(desk, step, house, held)?;
        let names = step.venue.names();
        let text = Words::new(format!("已从{}离店", names.zh), format!("You have left {}", names.en));
        desk.log(stay.person, text, &[], json!({"stay_number": stay.number}));
    }
    let words = Words::new(format!("{number} 房 {count} 人已离店"), format!("{count} guests have left room {number}"));
    Ok(Outcome::done(Text::new("已离店", "Left"), words, json!({"room": number})))
}

/// The account is closed, the nights not slept are free again, and so is the room.
fn end_party(desk: &mut Desk<'_>, step: &Step<'_>, house: Id, stay: &Stay) -> Result<Fen, Stop> {
    let back = close(desk, step, house, &stay.party)?;
    let today = desk.now.date();
    let slept = (today.to_days() - stay.arrived.date().to_days()).clamp(0, i64::from(stay.nights));
    let rest = stay.nights.saturating_sub(u16::try_from(slept).unwrap_or(u16::MAX));
    give_back(desk.txn, house, today, rest)?;
    if let Some(held) = room(desk.txn, house, &stay.room)? {
        clear(desk.txn, held, desk.now)?;
    }
    Ok(back)
}

/// The key stays with the party: the next guest of the room has it.
fn hand_on(desk: &mut Desk<'_>, step: &Step<'_>, house: Id, number: &str, (from, to): (Id, Id)) -> Result<(), Stop> {
    let Some(loan) = handover::open_loan(desk.txn, house, number)? else { return Ok(()) };
    if loan.value.person == from {
        let due = loan.value.due;
        handover::take_back(desk.txn, house, number, desk.now)?;
        let id = derived_in(desk.txn.bucket(), &[b"key handed on", step.attempt.as_bytes()]);
        handover::give(desk.txn, (house, number), to, id, (desk.now, due))?;
    }
    Ok(())
}

/// A guest is gone: unbound, reported, no longer on the sheet.
fn leave(desk: &mut Desk<'_>, step: &Step<'_>, house: &House, mut held: Held<Stay>) -> Result<Stay, Stop> {
    let stay = &mut held.value;
    let of = (stay.house, "stay", stay.number.as_str());
    let binding = bind::unlink(desk.txn, of, "left", desk.now, &mut |_, _| Ok(()))?;
    desk.effects.push(Effect::Binding { person: stay.person, binding: binding.mirrored(), live: false });
    stay.state = StayState::Left;
    stay.until = desk.now;
    reports::queue(desk, step, house, stay, "depart");
    mirror(desk, step, stay)?;
    save(desk.txn, &held)?;
    Ok(held.value)
}
