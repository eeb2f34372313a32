//! Bookings: a room kept for some nights, made in the app or written down by a host under a number of the host's own.

use serde_json::{Value, json};
use tongma_domain::{Date, Id, Outcome, Text, Words};
use tongma_store::{Held, Key, MOST_PAGE, Txn, create, find, load, save};

use super::records::{Booking, BookingState, key, next_number};
use super::rooms::{give_back, promise};
use super::{House, house_of, legs, noted, refusals};
use crate::{Cause, Desk, Schema, Step, Stop};

/// When a booked guest who has not come is no longer waited for: so many seconds after the first night began.
const NO_SHOW_AFTER_S: i64 = 30 * 3600;

/// The booking of this number.
pub fn booking(txn: &mut dyn Txn, house: Id, number: &str) -> Result<Option<Held<Booking>>, Stop> {
    Ok(load::<Booking>(txn, key(house, number))?)
}

/// The booking of a person whose first night is this one, or was last night.
pub fn of_today(txn: &mut dyn Txn, house: Id, person: Id, today: Date) -> Result<Option<Held<Booking>>, Stop> {
    let index = Key::of(&[house.as_bytes(), person.as_bytes()]);
    let page = find::<Booking>(txn, "person", index, None, MOST_PAGE)?;
    Ok(page.items.into_iter().find(|held| (0..=1).contains(&(today.to_days() - held.value.date.to_days()))))
}

/// The holder keeps a room.
///
/// # Errors
/// `booking.past`, `stay.house_full`.
pub fn reserve(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let person = step.holder()?.person;
    let number = next_number(desk.txn, house_of(step.venue), "lodging.bookings", 'B')?;
    make(desk, step, house, number, Some(person))
}

/// The host writes down who is expected, under the number the guest was given.
///
/// # Errors
/// `booking.past`, `stay.house_full`.
pub fn invite(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let number = step.input.text("order").unwrap_or_default().to_owned();
    if let Some(held) = booking(desk.txn, house_of(step.venue), &number)? {
        return Ok(reserved(step, &held.value));
    }
    make(desk, step, house, number, None)
}

fn make(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    house: &House,
    number: String,
    person: Option<Id>,
) -> Result<Outcome, Stop> {
    let id = house_of(step.venue);
    let today = desk.now.date();
    let date = step.input.date("date").unwrap_or(today);
    let most = house.setting(step.venue, "most_nights");
    let nights = u16::try_from(step.input.number("nights").unwrap_or(1).clamp(1, most)).unwrap_or(1);
    let people = u8::try_from(step.input.number("people").unwrap_or(1)).unwrap_or(1);
    if date < today {
        return Err(refusals::booking_past().into());
    }
    promise(desk.txn, id, date, nights)?;
    let booking = Booking {
        v: Schema,
        house: id,
        number,
        person,
        date,
        nights,
        people,
        state: BookingState::Reserved,
        revision: 1,
    };
    create(desk.txn, key(id, &booking.number), &booking)?;
    desk.timer(date.start().plus_s(NO_SHOW_AFTER_S), legs::NO_SHOW, &json!({"order": booking.number}));
    if let Some(person) = person {
        desk.mirror(person, "booking", key(id, &booking.number), shown(step, &booking), booking.revision);
        let names = step.venue.names();
        let text = Words::new(
            format!("预订{}，{date} 起 {nights} 晚", names.zh),
            format!("Booked {} from {date} for {nights} nights", names.en),
        );
        desk.log(person, text, &[], json!({"booking_number": booking.number}));
    }
    Ok(reserved(step, &booking))
}

fn reserved(step: &Step<'_>, booking: &Booking) -> Outcome {
    let Booking { date, nights, number, .. } = booking;
    let words = Words::new(
        format!("预订号 {number}：{date} 起 {nights} 晚"),
        format!("Booking {number}: {nights} nights from {date}"),
    );
    Outcome::done(Text::new("已预订", "Booked"), words, shown(step, booking))
}

/// A booking as its holder sees it.
pub fn shown(step: &Step<'_>, booking: &Booking) -> Value {
    json!({
        "title": step.venue.names(), "number": booking.number, "order": booking.number, "date": booking.date,
        "nights": booking.nights, "people": booking.people,
    })
}

/// The holder takes a booking back.
///
/// # Errors
/// `booking.unknown`.
pub fn cancel(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (house, person) = (house_of(step.venue), step.holder()?.person);
    let number = step.input.text("order").unwrap_or_default();
    let held = booking(desk.txn, house, number)?.filter(|held| held.value.person == Some(person));
    let held = held.ok_or_else(refusals::unknown_booking)?;
    if held.value.state == BookingState::Reserved {
        end(desk, held, BookingState::Cancelled)?;
    }
    let words = Words::new(format!("预订 {number} 已取消"), format!("Booking {number} is cancelled"));
    Ok(Outcome::done(Text::new("已取消", "Cancelled"), words, json!({"number": number})))
}

/// A booked party has not come: the room is free again.
///
/// # Errors
/// Of the store.
pub fn no_show(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let number = step.input.text("order").unwrap_or_default();
    if step.cause == Cause::Timer
        && let Some(held) = booking(desk.txn, house_of(step.venue), number)?
        && held.value.state == BookingState::Reserved
    {
        end(desk, held, BookingState::NoShow)?;
    }
    Ok(noted())
}

fn end(desk: &mut Desk<'_>, mut held: Held<Booking>, state: BookingState) -> Result<(), Stop> {
    let Booking { house, date, nights, .. } = held.value;
    give_back(desk.txn, house, date, nights)?;
    finish(desk, &mut held, state)
}

/// The party of a booking has come: its nights go on as the stay's.
pub fn finish(desk: &mut Desk<'_>, held: &mut Held<Booking>, state: BookingState) -> Result<(), Stop> {
    held.value.state = state;
    held.value.revision += 1;
    if let Some(person) = held.value.person {
        let key = key(held.value.house, &held.value.number);
        desk.mirror(person, "booking", key, Value::Null, held.value.revision);
    }
    Ok(save(desk.txn, held)?)
}
