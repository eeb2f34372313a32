//! Registering guests: each by the own code, at the desk or at the door, into a room with a bed left.

use serde_json::{Map, Value, json};
use tongma_domain::{Claim, DocumentKind, Fen, Id, Outcome, Text, UnixMs, Words};
use tongma_store::{Held, create, save};

use super::booking::{booking, finish, of_today};
use super::minors::{self, Minor};
use super::records::{self, BookingState, Folio, Foreign, Role, Room, Stay, StayState, guests, key, next_number, room};
use super::rooms::{mirror, of_person, open_when_complete, promise};
use super::{House, house_of, refusals, reports};
use crate::{Desk, Effect, Holder, Schema, Step, Stop, bind, disclose};

/// Which form a guest is registered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Adults with a document of the country, or a permit of Hong Kong, Macao and Taiwan residents.
    Plain,
    /// Guests under 18.
    Minor,
    /// Passport holders, of any age.
    Foreigner,
}

/// What a house learns of a guest.
const TOLD: &[Claim] = &[Claim::Pseudonym, Claim::FullName, Claim::AgeClass];

/// Registers a guest who has shown the code at a desk or to the host's phone.
///
/// # Errors
/// What the house says no to: another person than the code's, the wrong form, a full room, a relation that is missing …
pub fn register(desk: &mut Desk<'_>, step: &Step<'_>, house: &House, form: Form) -> Result<Outcome, Stop> {
    let (id, holder) = (house_of(step.venue), step.holder()?);
    if step.input.text("compared") != Some("same") {
        return Err(refusals::not_the_holder().into());
    }
    if of_person(desk.txn, id, holder.person)?.is_some() {
        return Err(refusals::already().into());
    }
    let age = i64::from(holder.birth.age_on(desk.now.date()));
    check_form(form, holder.document, age)?;
    let number = step.input.text("room").unwrap_or_default();
    let held = room(desk.txn, id, number)?.ok_or_else(refusals::unknown_room)?;
    let there = guests(desk.txn, id, number)?;
    let minor = if age < 18 {
        let adult_there = there.iter().any(|held| !held.value.under_18);
        let call_below = house.setting(step.venue, "guardian_call_below");
        Some(minors::form(step.input, (age, call_below), adult_there, desk.now)?)
    } else {
        None
    };
    let foreign = match form {
        Form::Foreigner => Some(foreign(step)?),
        _ => None,
    };
    let kept = of_today(desk.txn, id, holder.person, desk.now.date())?;
    let nights = match &kept {
        Some(kept) => kept.value.nights,
        None => nights(step, house),
    };
    let new = New {
        person: holder.person,
        masked_name: &holder.masked_name,
        document: holder.document,
        under_18: age < 18,
        relation: step.input.text("relation").unwrap_or_default(),
        declared: step.input.number("people"),
        nights,
        kept,
        minor,
        foreign,
        number: None,
    };
    let stay = settle_in(desk, step, house, held, &there, new)?;
    told(desk, step, house, holder, &stay)
}

/// Which form a guest needs: no way round the one for minors, or the one for foreigners.
fn check_form(form: Form, document: DocumentKind, age: i64) -> Result<(), Stop> {
    let foreigner = document == DocumentKind::Passport;
    match form {
        Form::Plain | Form::Minor if foreigner => Err(refusals::foreign_form().into()),
        Form::Plain if age < 18 => Err(refusals::minor_form().into()),
        Form::Minor if age >= 18 => Err(refusals::not_a_minor().into()),
        Form::Foreigner if !foreigner => Err(refusals::not_foreign().into()),
        _ => Ok(()),
    }
}

fn foreign(step: &Step<'_>) -> Result<Foreign, Stop> {
    let entry_date = step.input.date("entry_date").filter(|date| *date <= step.now.date());
    Ok(Foreign {
        visa_kind: step.input.text("visa_kind").unwrap_or("other").to_owned(),
        visa_number: step.input.text("visa_number").map(str::to_owned),
        entry_date: entry_date.ok_or_else(refusals::entry_needed)?,
        entry_port: step.input.text("entry_port").unwrap_or_default().to_owned(),
    })
}

fn nights(step: &Step<'_>, house: &House) -> u16 {
    let most = house.setting(step.venue, "most_nights");
    u16::try_from(step.input.number("nights").unwrap_or(1).clamp(1, most)).unwrap_or(1)
}

/// A guest about to be settled in.
struct New<'a> {
    person: Id,
    masked_name: &'a str,
    document: DocumentKind,
    under_18: bool,
    relation: &'a str,
    declared: Option<i64>,
    nights: u16,
    kept: Option<Held<records::Booking>>,
    minor: Option<Minor>,
    foreign: Option<Foreign>,
    /// The stay that waits at the door, when there is one.
    number: Option<String>,
}

/// Finds the guest a bed, opens the party's folio with the first one, writes the stay, binds it and reports it.
fn settle_in(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    house: &House,
    mut room: Held<Room>,
    there: &[Held<Stay>],
    new: New<'_>,
) -> Result<Stay, Stop> {
    let id = house_of(step.venue);
    let first = there.first().map(|held| held.value.clone());
    fits(&room.value, there.len(), &new, first.is_some())?;
    let fresh_number = match &new.number {
        Some(number) => number.clone(),
        None => next_number(desk.txn, id, "lodging.stays", 'S')?,
    };
    let (party, nights, until) = match &first {
        Some(first) => (first.party.clone(), first.nights, first.until),
        None => (fresh_number.clone(), new.nights, check_out_at(step, house, desk.now, new.nights)),
    };
    if first.is_none() {
        begin_party(desk, step, house, &mut room, &new, &party)?;
    }
    let in_house = there.iter().any(|held| held.value.state == StayState::InHouse);
    let stay = Stay {
        v: Schema,
        house: id,
        number: fresh_number,
        person: new.person,
        masked_name: new.masked_name.to_owned(),
        role: Role::Guest,
        document: new.document,
        under_18: new.under_18,
        room: room.value.number.clone(),
        party,
        relation: new.relation.to_owned(),
        arrived: desk.now,
        until,
        nights,
        // Who joins a party that has its key goes in with it.
        state: if in_house { StayState::InHouse } else { StayState::Verified },
        minor: new.minor,
        foreign: new.foreign,
        reports: Vec::new(),
        overstayed: false,
        people: 1,
        booking: new.kept.as_ref().map(|held| held.value.number.clone()),
        revision: 0,
    };
    if let (Some(mut kept), None) = (new.kept, &first) {
        finish(desk, &mut kept, BookingState::Arrived)?;
    }
    write(desk, step, house, stay, new.number.is_some())
}

fn fits(room: &Room, there: usize, new: &New<'_>, has_first: bool) -> Result<(), Stop> {
    if room.declared > 0 && there >= usize::from(room.declared) {
        return Err(refusals::more_than_declared().into());
    }
    if there >= usize::from(room.beds) || new.declared.is_some_and(|people| people > i64::from(room.beds)) {
        return Err(refusals::room_full().into());
    }
    if has_first && new.relation.is_empty() {
        return Err(refusals::relation_needed().into());
    }
    Ok(())
}

/// The first guest of a room: nights are kept, the folio is opened, the number of people is declared.
fn begin_party(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    house: &House,
    room: &mut Held<Room>,
    new: &New<'_>,
    party: &str,
) -> Result<(), Stop> {
    let id = house_of(step.venue);
    if new.kept.is_none() {
        promise(desk.txn, id, desk.now.date(), new.nights)?;
    }
    room.value.party = Some(party.to_owned());
    let declared = new.declared.and_then(|people| u8::try_from(people).ok());
    room.value.declared = declared.unwrap_or(u8::from(house.pin));
    save(desk.txn, room)?;
    let price = Fen::new(room.value.rate.get().saturating_mul(i64::from(new.nights)));
    let lines = match price.get() {
        0 => Vec::new(),
        _ => vec![(format!("{} × {}", room.value.number, new.nights), price)],
    };
    let folio = Folio {
        v: Schema,
        house: id,
        party: party.to_owned(),
        payer: new.person,
        lines,
        deposit: None,
        paid: Vec::new(),
        refunded: Fen::ZERO,
        closed: false,
    };
    Ok(create(desk.txn, key(id, party), &folio)?)
}

/// When a guest of so many nights leaves: noon, unless the house says otherwise.
pub fn check_out_at(step: &Step<'_>, house: &House, from: UnixMs, nights: u16) -> UnixMs {
    let day = from.date().start().plus_days(i64::from(nights));
    day.plus_s(60 * house.setting(step.venue, "check_out_min"))
}

/// Binds a stay to its person, reports the arrival, keeps it.
fn write(desk: &mut Desk<'_>, step: &Step<'_>, house: &House, mut stay: Stay, waits: bool) -> Result<Stay, Stop> {
    let id = stay.house;
    let link = bind::Link { registry: id, kind: "stay", number: &stay.number, person: stay.person, thing: id };
    let (binding, _) = bind::link(desk.txn, &link, desk.now)?;
    desk.effects.push(Effect::Binding { person: stay.person, binding: binding.mirrored(), live: true });
    reports::queue(desk, step, house, &mut stay, "arrive");
    mirror(desk, step, &mut stay)?;
    if waits {
        if let Some(mut held) = records::stay(desk.txn, id, &stay.number)? {
            stay.revision = stay.revision.max(held.value.revision + 1);
            held.value = stay.clone();
            save(desk.txn, &held)?;
        }
    } else {
        create(desk.txn, key(id, &stay.number), &stay)?;
    }
    Ok(stay)
}

/// The house's answer, the person's receipt.
fn told(desk: &mut Desk<'_>, step: &Step<'_>, house: &House, holder: &Holder, stay: &Stay) -> Result<Outcome, Stop> {
    let released = disclose::at_counter(desk.txn, house.card, step, holder, TOLD)?;
    let complete = house.pin && open_when_complete(desk, step, stay.house, &stay.room)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("在{}办理入住登记，{} 房，{} 晚", names.zh, stay.room, stay.nights),
        format!("Registered at {}: room {}, {} nights", names.en, stay.room, stay.nights),
    );
    let detail = json!({"stay_number": stay.number, "receipt": released.receipt});
    desk.log(holder.person, text, &released.claims, detail);
    Ok(registered(step, house, stay, complete))
}

fn registered(step: &Step<'_>, house: &House, stay: &Stay, complete: bool) -> Outcome {
    let mut shown = Map::new();
    shown.insert("number".into(), stay.number.clone().into());
    shown.insert("room".into(), stay.room.clone().into());
    shown.insert("masked_name".into(), stay.masked_name.clone().into());
    shown.insert("nights".into(), stay.nights.into());
    shown.insert("until_ms".into(), json!(stay.until));
    if let Some(deadline) = stay.reports.iter().find_map(|report| report.deadline) {
        shown.insert("deadline_ms".into(), json!(deadline));
    }
    let next = match (house.pin, complete, stay.state) {
        (true, true, _) => ("人已到齐，门锁密码已发给客人", "Everybody is here; the guests have the PIN"),
        (true, false, _) => ("等其余申报的人登记后发门锁密码", "The PIN comes when everybody declared is registered"),
        (false, _, StayState::InHouse) => ("与同住客人一起入住", "Goes in with the guest who has the key"),
        (false, ..) => ("可以交钥匙；公安报送自动进行", "Hand over the key; the police report goes by itself"),
    };
    let _ = step;
    let words = Words::new(
        format!("{} 房 {}，{}", stay.room, stay.masked_name, next.0),
        format!("Room {}, {}. {}", stay.room, stay.masked_name, next.1),
    );
    Outcome::done(Text::new("已登记", "Registered"), words, Value::Object(shown))
}

/// A guest at the door: has scanned the house's signed code, and asks to be let in.
///
/// # Errors
/// `stay.scan_needed` without a scan of this house's code; `stay.other_house` for a booking that this house does not have;
/// `stay.desk_form` for guests whom the house has to register itself.
pub fn arrive(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let (id, holder) = (house_of(step.venue), step.holder()?);
    let point = step.point.ok_or_else(refusals::scan_needed)?;
    let order = step.input.text("order");
    let kept = match order {
        Some(number) => {
            let known = booking(desk.txn, id, number)?.filter(|held| {
                let of = held.value.person;
                held.value.state == BookingState::Reserved && of.is_none_or(|person| person == holder.person)
                    || held.value.state == BookingState::Arrived
            });
            Some(known.ok_or_else(refusals::other_house)?)
        }
        None => None,
    };
    if point.venue != step.venue.id {
        return Err(refusals::other_house().into());
    }
    let age = i64::from(holder.birth.age_on(desk.now.date()));
    if check_form(Form::Plain, holder.document, age).is_err() {
        return Err(refusals::desk_form().into());
    }
    if of_person(desk.txn, id, holder.person)?.is_some() {
        return Err(refusals::already().into());
    }
    let nights = kept.as_ref().map_or_else(|| nights(step, house), |kept| kept.value.nights);
    let released = disclose::at_counter(desk.txn, house.card, step, holder, TOLD)?;
    let stay = at_door(desk, step, holder, kept.as_ref().map(|kept| kept.value.number.clone()), nights)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("扫码到店：{}，等店家确认", names.zh),
        format!("At the door of {}; waiting for the house", names.en),
    );
    let receipt = json!({"stay_number": stay.number, "receipt": released.receipt});
    desk.log(holder.person, text, &released.claims, receipt);
    let words = Words::new(
        format!("已告诉{}，登记号 {}，请稍候", names.zh, stay.number),
        format!("{} has been told: number {}. Please wait", names.en, stay.number),
    );
    Ok(Outcome::ask(Text::new("等店家确认", "Waiting for the house"), words, json!({"number": stay.number})))
}

fn at_door(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    holder: &Holder,
    booking: Option<String>,
    nights: u16,
) -> Result<Stay, Stop> {
    let id = house_of(step.venue);
    let mut stay = Stay {
        v: Schema,
        house: id,
        number: next_number(desk.txn, id, "lodging.stays", 'S')?,
        person: holder.person,
        masked_name: holder.masked_name.clone(),
        role: Role::Guest,
        document: holder.document,
        under_18: false,
        room: String::new(),
        party: String::new(),
        relation: step.input.text("relation").unwrap_or_default().to_owned(),
        arrived: desk.now,
        until: desk.now,
        nights,
        state: StayState::AtDoor,
        minor: None,
        foreign: None,
        reports: Vec::new(),
        overstayed: false,
        people: u8::try_from(step.input.number("people").unwrap_or(1)).unwrap_or(1),
        booking,
        revision: 0,
    };
    mirror(desk, step, &mut stay)?;
    create(desk.txn, key(id, &stay.number), &stay)?;
    Ok(stay)
}

/// The house says yes to a guest at the door, whom somebody has seen there.
///
/// # Errors
/// `stay.unknown`, `stay.not_at_door`, `stay.not_the_holder`, and what [`register`] refuses of rooms and relations.
pub fn approve(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let id = house_of(step.venue);
    let waiting = waiting(desk, step)?;
    if step.input.text("compared") != Some("same") {
        return Err(refusals::not_the_holder().into());
    }
    let number = step.input.text("room").unwrap_or_default();
    let held = room(desk.txn, id, number)?.ok_or_else(refusals::unknown_room)?;
    let there = guests(desk.txn, id, number)?;
    let kept = match &waiting.booking {
        Some(number) => booking(desk.txn, id, number)?.filter(|held| held.value.state == BookingState::Reserved),
        None => None,
    };
    let relation = step.input.text("relation").unwrap_or(&waiting.relation).to_owned();
    let new = New {
        person: waiting.person,
        masked_name: &waiting.masked_name,
        document: waiting.document,
        under_18: false,
        relation: &relation,
        declared: Some(i64::from(waiting.people)),
        nights: waiting.nights,
        kept,
        minor: None,
        foreign: None,
        number: Some(waiting.number.clone()),
    };
    let stay = settle_in(desk, step, house, held, &there, new)?;
    let complete = house.pin && open_when_complete(desk, step, id, number)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("{}已确认入住，{} 房", names.zh, stay.room),
        format!("{} has let you in: room {}", names.en, stay.room),
    );
    desk.log(stay.person, text, &[], json!({"stay_number": stay.number}));
    Ok(registered(step, house, &stay, complete))
}

/// The house says no: nothing of the guest stays but the line in the guest's own log.
///
/// # Errors
/// `stay.unknown`, `stay.not_at_door`.
pub fn turn_away(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let waiting = waiting(desk, step)?;
    let mut held = records::stay(desk.txn, waiting.house, &waiting.number)?.ok_or_else(refusals::unknown_stay)?;
    held.value.state = StayState::TurnedAway;
    mirror(desk, step, &mut held.value)?;
    save(desk.txn, &held)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("{}没有确认入住，没有登记", names.zh),
        format!("{} did not let you in; nothing was registered", names.en),
    );
    desk.log(waiting.person, text, &[], json!({"stay_number": waiting.number}));
    let words = Words::new(format!("已回绝 {}", waiting.number), format!("{} was turned away", waiting.number));
    Ok(Outcome::done(Text::new("已回绝", "Turned away"), words, json!({"number": waiting.number})))
}

fn waiting(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Stay, Stop> {
    let number = step.input.text("number").unwrap_or_default();
    let held = records::stay(desk.txn, house_of(step.venue), number)?.ok_or_else(refusals::unknown_stay)?;
    if held.value.state == StayState::AtDoor { Ok(held.value) } else { Err(refusals::not_at_door().into()) }
}
