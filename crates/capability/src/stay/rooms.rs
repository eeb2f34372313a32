//! Rooms: registered by the house, opened with a key that has one custodian or with a PIN given when everybody declared is
//! registered, looked after on one sheet.

use serde_json::{Value, json};
use tongma_domain::{Date, Entropy, Fen, Id, Outcome, Text, Words};
use tongma_store::{CounterKey, Held, MOST_PAGE, Txn, create, find, load, save};

use super::records::{self, Booking, Folio, Room, Stay, StayState, guests, key, room};
use super::reports::standing;
use super::{house_of, refusals};
use crate::{Cause, Desk, Schema, Step, Stop, derived_in, handover};

/// The house registers a room; the same number again changes beds and rate.
///
/// # Errors
/// Of the store.
pub fn add_room(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    let number = step.input.text("room").unwrap_or_default();
    let beds = u8::try_from(step.input.number("beds").unwrap_or(2)).unwrap_or(2);
    let rate = step.input.amount("rate").unwrap_or(Fen::ZERO);
    handover::register(desk.txn, house, number, number)?;
    if let Some(mut held) = room(desk.txn, house, number)? {
        (held.value.beds, held.value.rate) = (beds, rate);
        save(desk.txn, &held)?;
    } else {
        let number = number.to_owned();
        let fresh =
            Room { v: Schema, house, number, beds, rate, declared: 0, pin: None, patrols: Vec::new(), party: None };
        create(desk.txn, key(house, &fresh.number), &fresh)?;
        desk.txn.count_add(&rooms_of(house), 1, 0, i64::from(u16::MAX))?;
    }
    let words = Words::new(format!("{number} 房，{beds} 床"), format!("Room {number}, {beds} beds"));
    Ok(Outcome::done(Text::new("已登记", "Registered"), words, json!({"room": number, "beds": beds})))
}

fn rooms_of(house: Id) -> CounterKey {
    CounterKey { name: "lodging.rooms", of: house.into() }
}

/// Keeps a room for these nights: as many rooms as the house has, and no more, on every night.
///
/// # Errors
/// `stay.house_full`.
pub fn promise(txn: &mut dyn Txn, house: Id, first: Date, nights: u16) -> Result<(), Stop> {
    let rooms = txn.count_add(&rooms_of(house), 0, 0, i64::from(u16::MAX))?.unwrap_or_default();
    for night in nights_from(first, nights) {
        let counter = CounterKey { name: "lodging.night", of: key(house, &night.to_string()) };
        txn.count_add(&counter, 1, 0, rooms)?.ok_or_else(refusals::house_full)?;
    }
    Ok(())
}

/// Gives these nights back.
///
/// # Errors
/// Of the store.
pub fn give_back(txn: &mut dyn Txn, house: Id, first: Date, nights: u16) -> Result<(), Stop> {
    for night in nights_from(first, nights) {
        let counter = CounterKey { name: "lodging.night", of: key(house, &night.to_string()) };
        txn.count_add(&counter, -1, 0, i64::from(u16::MAX))?;
    }
    Ok(())
}

fn nights_from(first: Date, nights: u16) -> impl Iterator<Item = Date> {
    (0..i64::from(nights)).map(move |night| Date::from_days(first.to_days() + night))
}

/// Hands the room's key to a guest who is registered in it. From then on the party is in the house.
///
/// # Errors
/// `stay.not_here`, `stay.key_out`.
pub fn give_key(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (house, holder) = (house_of(step.venue), step.holder()?);
    let stay = of_person(desk.txn, house, holder.person)?.ok_or_else(refusals::not_here)?.value;
    let loan = derived_in(desk.txn.bucket(), &[b"room key", step.attempt.as_bytes()]);
    let item = (house, stay.room.as_str());
    match handover::give(desk.txn, item, holder.person, loan, (desk.now, stay.until))? {
        handover::Given::Fresh(_) | handover::Given::Already(_) => {}
        handover::Given::Elsewhere => return Err(refusals::key_out().into()),
        handover::Given::Unknown => return Err(refusals::unknown_room().into()),
    }
    move_in(desk, step, house, &stay.room)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("领取{} {} 房的钥匙", names.zh, stay.room),
        format!("Took the key of room {} at {}", stay.room, names.en),
    );
    desk.log(holder.person, text, &[], json!({"room": stay.room}));
    let words = Words::new(format!("{} 房，祝您住得愉快", stay.room), format!("Room {}. Have a good stay", stay.room));
    Ok(Outcome::done(
        Text::new("已交钥匙", "Key handed over"),
        words,
        json!({"room": stay.room, "number": stay.number}),
    ))
}

/// Everybody registered in a room is in the house now.
pub fn move_in(desk: &mut Desk<'_>, step: &Step<'_>, house: Id, number: &str) -> Result<(), Stop> {
    for mut held in guests(desk.txn, house, number)? {
        if held.value.state == StayState::Verified {
            held.value.state = StayState::InHouse;
        }
        mirror(desk, step, &mut held.value)?;
        save(desk.txn, &held)?;
    }
    Ok(())
}

/// Gives the PIN once everybody who was declared is registered; the lock takes no earlier one.
pub fn open_when_complete(desk: &mut Desk<'_>, step: &Step<'_>, house: Id, number: &str) -> Result<bool, Stop> {
    let Some(mut held) = room(desk.txn, house, number)? else { return Ok(false) };
    let there = guests(desk.txn, house, number)?;
    if held.value.declared == 0 || there.len() < usize::from(held.value.declared) {
        return Ok(false);
    }
    if held.value.pin.is_none() {
        held.value.pin = Some(pin(&mut desk.entropy));
        save(desk.txn, &held)?;
    }
    if let Some(first) = there.first() {
        let loan = derived_in(desk.txn.bucket(), &[b"room pin", house.as_bytes(), first.value.number.as_bytes()]);
        handover::give(desk.txn, (house, number), first.value.person, loan, (desk.now, first.value.until))?;
    }
    move_in(desk, step, house, number)?;
    Ok(true)
}

/// Six digits.
fn pin(entropy: &mut impl Entropy) -> String {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000)
}

/// The host puts right how many people a party is.
///
/// # Errors
/// `stay.room_empty`, `stay.room_full`.
pub fn declare(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    let number = step.input.text("room").unwrap_or_default();
    let mut held = room(desk.txn, house, number)?.ok_or_else(refusals::unknown_room)?;
    let there = guests(desk.txn, house, number)?.len();
    let people = u8::try_from(step.input.number("people").unwrap_or(1)).unwrap_or(u8::MAX);
    if there == 0 {
        return Err(refusals::room_empty().into());
    }
    if people > held.value.beds {
        return Err(refusals::room_full().into());
    }
    held.value.declared = people.max(u8::try_from(there).unwrap_or(u8::MAX));
    save(desk.txn, &held)?;
    open_when_complete(desk, step, house, number)?;
    let words =
        Words::new(format!("{number} 房申报 {people} 人"), format!("{people} people declared for room {number}"));
    Ok(Outcome::done(Text::new("已更改", "Changed"), words, json!({"room": number, "people": people, "there": there})))
}

/// Staff went past a room with a minor.
///
/// # Errors
/// `stay.room_empty`.
pub fn patrol(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    let number = step.input.text("room").unwrap_or_default();
    let mut held = room(desk.txn, house, number)?.ok_or_else(refusals::unknown_room)?;
    if held.value.party.is_none() {
        return Err(refusals::room_empty().into());
    }
    held.value.patrols.push(desk.now);
    let most = held.value.patrols.len().saturating_sub(100);
    held.value.patrols.drain(..most);
    save(desk.txn, &held)?;
    let words = Words::new(format!("{number} 房已巡查"), format!("Went past room {number}"));
    let rounds = held.value.patrols.len();
    Ok(Outcome::done(Text::new("已记录", "Noted"), words, json!({"room": number, "patrols": rounds})))
}

/// The person's open stay in a house.
pub fn of_person(txn: &mut dyn Txn, house: Id, person: Id) -> Result<Option<Held<Stay>>, Stop> {
    match crate::bind::owned_by(txn, house, "stay", person)? {
        Some(binding) => records::stay(txn, house, &binding.number),
        None => Ok(None),
    }
}

/// The sheet of a house: who is here, who waits at the door, and what of it the authority has not taken.
///
/// # Errors
/// Of the store.
pub fn overview(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    let page = find::<Stay>(desk.txn, "sheet", house, None, MOST_PAGE)?;
    let mut stays: Vec<Stay> = page.items.into_iter().map(|held| held.value).collect();
    stays.sort_by(|one, other| one.number.cmp(&other.number));
    let (mut waiting, mut alarms) = (0_u32, 0_u32);
    let mut items = Vec::with_capacity(stays.len());
    for stay in &stays {
        let (report, alarm) = standing(stay, desk.now);
        waiting += u32::from(report == "waiting");
        alarms += u32::from(alarm || stay.overstayed);
        items.push(line(desk.txn, stay, report, alarm)?);
    }
    let words = Words::new(
        format!("在住 {} 人，待报送 {waiting}，要处理 {alarms}", stays.iter().filter(|stay| stay.is_open()).count()),
        format!(
            "{} here, {waiting} to report, {alarms} to look at",
            stays.iter().filter(|stay| stay.is_open()).count()
        ),
    );
    let detail = json!({"waiting": waiting, "alarms": alarms, "stays": items, "more": page.more});
    let word = Text::new("在住与报送", "Sheet");
    Ok(if alarms > 0 { Outcome::ask(word, words, detail) } else { Outcome::done(word, words, detail) })
}

/// One line of the sheet: what the house may know, and nothing more.
fn line(txn: &mut dyn Txn, stay: &Stay, report: &str, alarm: bool) -> Result<Value, Stop> {
    let mut line = json!({
        "number": stay.number, "masked_name": stay.masked_name, "room": stay.room, "role": stay.role,
        "state": stay.state, "report": report, "alarm": alarm || stay.overstayed, "until_ms": stay.until,
    });
    if let Value::Object(fields) = &mut line {
        if let Some(code) = stay.reports.iter().find_map(|report| match &report.state {
            records::ReportState::Correct { code } | records::ReportState::Rejected { code } => Some(code.clone()),
            _ => None,
        }) {
            fields.insert("correct".into(), code.into());
        }
        let deadline = stay.reports.iter().filter(|_| report != "accepted").find_map(|report| report.deadline);
        if let Some(deadline) = deadline {
            fields.insert("deadline_ms".into(), json!(deadline));
        }
        if stay.state == StayState::AtDoor {
            fields.insert("people".into(), stay.people.into());
        }
        if stay.under_18 && stay.is_open() {
            fields.insert("minor".into(), true.into());
            let patrols = room(txn, stay.house, &stay.room)?.map_or(0, |held| held.value.patrols.len());
            fields.insert("patrols".into(), patrols.into());
        }
    }
    Ok(line)
}

/// The stay as the guest's app shows it; removed when the guest has left and everything is reported.
pub fn mirror(desk: &mut Desk<'_>, step: &Step<'_>, stay: &mut Stay) -> Result<(), Stop> {
    stay.revision += 1;
    let gone = matches!(stay.state, StayState::Left | StayState::TurnedAway);
    let body = if gone { Value::Null } else { shown(desk.txn, step, stay)? };
    desk.mirror(stay.person, "stay", key(stay.house, &stay.number), body, stay.revision);
    Ok(())
}

/// A stay in the guest's own words.
pub fn shown(txn: &mut dyn Txn, step: &Step<'_>, stay: &Stay) -> Result<Value, Stop> {
    let state = match stay.state {
        StayState::AtDoor => Text::new("等店家确认", "Waiting for the house"),
        StayState::Verified => Text::new("已登记", "Registered"),
        StayState::InHouse => Text::new("在住", "In the house"),
        StayState::Left | StayState::TurnedAway => Text::new("已结束", "Ended"),
    };
    let held = room(txn, stay.house, &stay.room)?;
    let pin = held.and_then(|held| held.value.pin).filter(|_| stay.state == StayState::InHouse);
    let folio = load::<Folio>(txn, key(stay.house, &stay.party))?.map(|held| held.value);
    let owed = folio.filter(|folio| folio.payer == stay.person && !folio.closed).map(|folio| folio.owed());
    let mut note = vec![match stay.receipt() {
        Some(receipt) => (format!("公安登记回执 {receipt}"), format!("Police receipt {receipt}")),
        None => ("正在报送公安登记".to_owned(), "Being reported to the police".to_owned()),
    }];
    if let Some(pin) = &pin {
        note.insert(0, (format!("门锁密码 {pin}"), format!("PIN of the lock {pin}")));
    }
    let (zh, en): (Vec<String>, Vec<String>) = note.into_iter().unzip();
    let names = step.venue.names();
    let title = match stay.room.as_str() {
        "" => names.clone(),
        room => Words::new(format!("{} {room} 房", names.zh), format!("{}, room {room}", names.en)),
    };
    Ok(json!({
        "title": title, "state_words": state, "number": stay.number, "room": stay.room,
        "date": stay.arrived.date(), "nights": stay.nights, "until_ms": stay.until, "pin": pin,
        "receipt_no": stay.receipt(), "owed_fen": owed.filter(|owed| *owed > 0),
        "note": Words::new(zh.join(" · "), en.join(" · ")),
    }))
}

/// What the app or the desk lists: the person's own stay and bookings.
///
/// # Errors
/// Of the store.
pub fn list(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let Some(holder) = step.holder.filter(|_| matches!(step.cause, Cause::Holder | Cause::Operator)) else {
        return Ok(Vec::new());
    };
    let house = house_of(step.venue);
    let mut listed = Vec::new();
    if let Some(held) = of_person(desk.txn, house, holder.person)? {
        listed.push(json!({"kind": "stay", "of": shown(desk.txn, step, &held.value)?}));
    }
    let index = tongma_store::Key::of(&[house.as_bytes(), holder.person.as_bytes()]);
    for held in find::<Booking>(desk.txn, "person", index, None, MOST_PAGE)?.items {
        listed.push(json!({"kind": "booking", "of": super::booking::shown(step, &held.value)}));
    }
    Ok(listed)
}

/// A room is free again: no party, no PIN, the key in the house.
pub fn clear(txn: &mut dyn Txn, mut held: Held<Room>, now: tongma_domain::UnixMs) -> Result<(), Stop> {
    handover::take_back(txn, held.value.house, &held.value.number, now)?;
    held.value.party = None;
    held.value.pin = None;
    held.value.declared = 0;
    held.value.patrols.clear();
    Ok(save(txn, &held)?)
}
