//! Taking a number at a kiosk, at a desk, on the phone, or without a network; coming back; leaving.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_capability::queue::{self, Appointment, Ask, Back, Merged, PriorityClass, Taken, Ticket, TicketState};
use tongma_capability::records::{Stored, load, upsert};
use tongma_capability::{Cause, Desk, Holder, Schema, Step, Stop, derived_in, disclose};
use tongma_domain::{AgeClass, Claim, Date, Id, Matter, Outcome, Refusal, Text, UnixMs, Words};

use super::card::{CARD, duplicate, early, no_ticket, not_passed, over_at_counter, scan_first, too_late_back};
use super::hall::{self, DUTY};

/// The kiosks of a venue, each with the letter its own numbers carry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kiosks {
    v: Schema<1>,
    points: Vec<Id>,
}

impl Stored for Kiosks {
    const KIND: &'static str = "hall_kiosks";
}

/// The timer of a number that has passed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lapse {
    ticket: Id,
    passed: UnixMs,
}

/// A number for the person whose code was shown, for the citizen who scanned the hall's code, or for somebody without one.
pub fn take(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    if step.cause == Cause::Holder && step.point.is_none() {
        return Err(scan_first().into());
    }
    let day = queue::day_of(step.venue, step.now.date());
    let (booked, matter) = wanted(desk, step, day)?;
    if let Some(holder) = step.holder
        && let Some(known) = live(desk, day, holder.person, matter)?
        && let Some(outcome) = again(desk, step, known)?
    {
        return Ok(outcome);
    }
    hall::gives_numbers(step.venue, step.now)?;
    let ask = ask(desk, step, (day, matter), booked, step.now);
    let ticket = match queue::take(desk.txn, &ask)? {
        Taken::Fresh(ticket) | Taken::Again(ticket) => ticket,
        Taken::Duplicate(known) => return Err(one_only(&known).into()),
    };
    if ticket.serial == 1 {
        end_of_day(desk, day, step.now.date());
    }
    hall::mirror(desk, step.venue, &ticket)?;
    given(desk, step, &ticket)
}

/// The booking and the matter: as asked for, else as booked.
fn wanted(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    day: Id,
) -> Result<(Option<Appointment>, &'static Matter), Stop> {
    let asked = step.input.text("matter");
    let booked = match step.holder {
        Some(holder) => queue::appointed(desk.txn, day, holder.person, asked)?,
        None => None,
    };
    let Some(booked) = booked else { return Ok((None, hall::matter(asked)?)) };
    let matter = hall::matter(Some(&booked.matter))?;
    if step.now >= booked.from {
        return Ok((Some(booked), matter));
    }
    if step.input.text("as_walk_in") == Some("yes") {
        return Ok((None, matter));
    }
    let clock = booked.from.to_clock_text();
    let words = Words::new(
        format!("还没到预约时间，{clock} 起可以取预约号"),
        format!("Too early for the booking: its number is given from {clock}"),
    );
    Err(early().titled(words).asking().into())
}

fn live(desk: &mut Desk<'_>, day: Id, person: Id, matter: &Matter) -> Result<Option<Ticket>, Stop> {
    let line = queue::Line::id_of(desk.txn.bucket(), day, matter.id);
    Ok(queue::live_of(desk.txn, day, person, Some(line))?.map(|held| held.value))
}

/// The person has a number for this matter: one that has passed waits again, or is let go when it is too late for that;
/// of any other they are reminded.
fn again(desk: &mut Desk<'_>, step: &Step<'_>, known: Ticket) -> Result<Option<Outcome>, Stop> {
    if !matches!(known.state, TicketState::Passed { .. }) {
        return Err(one_only(&known).into());
    }
    match queue::back(desk.txn, &hall::rules(step.venue), known, step.now)? {
        Back::Waiting(ticket) => waits_again(desk, step, &ticket).map(Some),
        Back::TooLate(ticket) | Back::NotPassed(ticket) => {
            hall::mirror(desk, step.venue, &ticket)?;
            Ok(None)
        }
    }
}

fn one_only(known: &Ticket) -> Refusal {
    let number = &known.number;
    duplicate().titled(Words::new(
        format!("您已有号 {number}，每人每事项一个号"),
        format!("You have number {number} already: one number a person and matter"),
    ))
}

fn ask(
    desk: &Desk<'_>,
    step: &Step<'_>,
    (hall, matter): (Id, &Matter),
    appointment: Option<Appointment>,
    taken: UnixMs,
) -> Ask {
    Ask {
        ticket: derived_in(desk.txn.bucket(), &[b"ticket", step.attempt.as_bytes()]),
        hall,
        matter: matter.id.to_owned(),
        letter: matter.letter,
        person: step.holder.map(|holder| holder.person),
        masked_name: step.holder.map(|holder| holder.masked_name.clone()).unwrap_or_default(),
        priority: priority(step.holder, step.input.text("priority"), taken),
        appointment,
        taken,
    }
}

/// Elders are known by their age; what else is said is looked at when the person stands at the counter.
fn priority(holder: Option<&Holder>, said: Option<&str>, now: UnixMs) -> PriorityClass {
    if holder.is_some_and(|holder| holder.age_class(now) == AgeClass::Elder) {
        return PriorityClass::Elder;
    }
    match said {
        Some("elder") => PriorityClass::Elder,
        Some("disabled") => PriorityClass::Disabled,
        Some("service_member") => PriorityClass::ServiceMember,
        _ => PriorityClass::Ordinary,
    }
}

/// The answer to a number taken: what the kiosk prints and the phone shows.
fn given(desk: &mut Desk<'_>, step: &Step<'_>, ticket: &Ticket) -> Result<Outcome, Stop> {
    let mut detail = ticket_detail(desk, step, ticket)?;
    let mut released = Vec::new();
    let mut receipt = Value::Null;
    if let (Some(holder), Cause::Operator) = (step.holder, &step.cause) {
        let out = disclose::at_counter(desk.txn, &CARD, step, holder, &[Claim::MaskedName])?;
        out.show(&mut detail, Claim::MaskedName, "masked_name", holder.masked_name.as_str());
        (released, receipt) = (out.claims, out.receipt);
    }
    if let Some(person) = ticket.person {
        let (names, matter) = (step.venue.names(), hall::matter_words(&ticket.matter));
        let text = Words::new(
            format!("在{}取号 {}（{}）", names.zh, ticket.number, matter.zh),
            format!("Took number {} at {} ({})", ticket.number, names.en, matter.en),
        );
        desk.log(person, text, &released, json!({"number": ticket.number, "receipt": receipt}));
    }
    let words = queue::standing(desk.txn, &hall::rules(step.venue), ticket)?
        .map_or_else(Words::default, |standing| hall::ahead_words(&standing));
    let big = Words::new(ticket.number.clone(), ticket.number.clone());
    Ok(Outcome { word: big, ..Outcome::done(Text::new("已取号", "Number"), words, Value::Object(detail)) })
}

fn ticket_detail(desk: &mut Desk<'_>, step: &Step<'_>, ticket: &Ticket) -> Result<Map<String, Value>, Stop> {
    let standing = queue::standing(desk.txn, &hall::rules(step.venue), ticket)?;
    let detail = json!({
        "number": ticket.number, "matter": hall::matter_words(&ticket.matter), "stream": ticket.stream.name(),
        "priority": ticket.priority.name(), "taken_ms": ticket.taken,
        "ahead": standing.map(|standing| standing.ahead),
        "wait_min": standing.map(|standing| hall::minutes(standing.wait_s)),
    });
    Ok(match detail {
        Value::Object(fields) => fields,
        _ => Map::new(),
    })
}

/// A timer that ends the day; the first number of each line sets one, and the second to go off finds nothing.
pub fn end_of_day(desk: &mut Desk<'_>, day: Id, date: Date) {
    desk.timer(date.start().plus_days(1), hall::MIDNIGHT, &json!({"day": day}));
}

/// A kiosk's own letter, for the numbers it gives without a network. The same kiosk always gets the same one.
pub fn kiosk_block(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Some(point) = step.point else { return Err(scan_first().into()) };
    let key = step.venue.thing(hall::KIOSKS);
    let mut kiosks = load::<Kiosks>(desk.txn, key)?.map(|held| held.value).unwrap_or_default();
    let place = kiosks.points.iter().position(|known| *known == point.id).unwrap_or_else(|| {
        kiosks.points.push(point.id);
        kiosks.points.len() - 1
    });
    upsert(desk.txn, key, &kiosks)?;
    let block = format!("K{}", place + 1);
    let words = Words::new(format!("离线号段 {block}"), format!("Offline numbers {block}"));
    Ok(Outcome::done(Text::new("号段", "Block"), words, json!({"block": block})))
}

/// Books a number that a kiosk gave without a network. It has happened: it waits by the time it was taken, and what does
/// not fit is a named difference.
pub fn fact(desk: &mut Desk<'_>, step: &Step<'_>, happened_at: UnixMs, evidence: &Value) -> Result<Outcome, Stop> {
    let text = |field: &str| evidence.get(field).and_then(Value::as_str);
    let taken = happened_at.min(step.now);
    let day = queue::day_of(step.venue, happened_at.date());
    // A kiosk of another version may name a matter that is gone; the paper is there all the same.
    let matter = text("matter").and_then(Matter::of).or_else(|| Matter::of("general"));
    let Some(matter) = matter else { return Err(no_ticket().into()) };
    let number = text("number").filter(|number| is_number(number)).unwrap_or("K-000").to_owned();
    let booked = match step.holder {
        Some(holder) => queue::appointed(desk.txn, day, holder.person, Some(matter.id))?,
        None => None,
    };
    let ask = ask(desk, step, (day, matter), booked.filter(|booked| taken >= booked.from), taken);
    let over = happened_at.date() < step.now.date();
    let (point, first) = (step.point.map(|point| point.id), ask.clone());
    let Merged { ticket, difference, again } = queue::merge(desk.txn, &first, &number, (over, point, DUTY))?;
    if !again {
        if ticket.serial == 1 && !over {
            end_of_day(desk, day, happened_at.date());
        }
        hall::mirror(desk, step.venue, &ticket)?;
        let (clock, names) = (happened_at.to_clock_text(), step.venue.names());
        let words = (
            format!("在{}取号 {number}（{clock}，自助机离线补交）", names.zh),
            format!("Took number {number} at {} ({clock}, handed over by a kiosk)", names.en),
        );
        hall::log(desk, &ticket, words);
    }
    let detail = json!({"number": ticket.number, "paper": number, "difference": difference});
    let big = Words::new(ticket.number.clone(), ticket.number.clone());
    let outcome = if difference.is_none() {
        Outcome::done(Text::new("已入队", "In line"), Words::new("离线取号已入队", "In line"), detail)
    } else {
        let words = Words::new("已入账，并记为差异，由大厅值班负责", "Booked as a difference; the hall duty owns it");
        Outcome::ask(Text::new("有差异", "A difference"), words, detail)
    };
    Ok(Outcome { word: big, ..outcome })
}

fn is_number(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The own ticket a step names, or the refusal that there is none.
pub fn own_ticket(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Ticket, Stop> {
    let person = step.holder()?.person;
    let ticket = queue::ticket(desk.txn, hall::named(step.input.reference("ticket"))?)?;
    let own = ticket.map(|held| held.value).filter(|ticket| ticket.person == Some(person));
    own.ok_or_else(|| no_ticket().into())
}

/// The person whose number passed is there again.
pub fn back(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let ticket = own_ticket(desk, step)?;
    match queue::back(desk.txn, &hall::rules(step.venue), ticket, step.now)? {
        Back::NotPassed(_) => Err(not_passed().into()),
        // The timer lets the number go; here the refusal drops every write.
        Back::TooLate(_) => Err(too_late_back().into()),
        Back::Waiting(ticket) => waits_again(desk, step, &ticket),
    }
}

fn waits_again(desk: &mut Desk<'_>, step: &Step<'_>, ticket: &Ticket) -> Result<Outcome, Stop> {
    hall::mirror(desk, step.venue, ticket)?;
    let number = &ticket.number;
    hall::log(desk, ticket, (format!("过号返回，{number} 继续排队"), format!("Back; {number} waits again")));
    let detail = Value::Object(ticket_detail(desk, step, ticket)?);
    let words = queue::standing(desk.txn, &hall::rules(step.venue), ticket)?
        .map_or_else(Words::default, |standing| hall::ahead_words(&standing));
    Ok(Outcome::done(Text::new("继续排队", "Waiting again"), words, detail))
}

/// The person gives up the place.
pub fn leave(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let ticket = own_ticket(desk, step)?;
    let Some(ticket) = queue::leave(desk.txn, ticket, step.now)? else { return Err(over_at_counter().into()) };
    hall::mirror(desk, step.venue, &ticket)?;
    let number = ticket.number.clone();
    hall::log(desk, &ticket, (format!("退出排队，{number} 作废"), format!("Left the queue; {number} is void")));
    let words = Words::new(format!("{number} 已作废"), format!("{number} is void"));
    Ok(Outcome::done(Text::new("已退出", "Left"), words, json!({"number": number})))
}

/// Sets the timer after which a passed number is gone.
pub fn may_come_back(desk: &mut Desk<'_>, step: &Step<'_>, ticket: &Ticket) {
    let within = hall::rules(step.venue).return_within_s;
    let lapse = Lapse { ticket: ticket.id, passed: step.now };
    // A second later, so that the last moment in which one may come back is past.
    desk.timer(step.now.plus_s(within + 1), hall::LAPSE, &lapse);
}

/// The time to come back is over.
pub fn lapse(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Lapse { ticket, passed } = step.input.typed()?;
    if let Some(held) = queue::ticket(desk.txn, ticket)?
        && held.value.state == (TicketState::Passed { at: passed })
        && let Back::TooLate(ticket) = queue::back(desk.txn, &hall::rules(step.venue), held.value, step.now)?
    {
        hall::mirror(desk, step.venue, &ticket)?;
        let number = ticket.number.clone();
        hall::log(desk, &ticket, (format!("过号未返回，{number} 失效"), format!("Not back in time; {number} lapsed")));
    }
    Ok(noted())
}

/// The answer of a leg that nobody waits for.
pub fn noted() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null)
}

/// A refusal naming a number.
pub fn naming(refusal: Refusal, zh: String, en: String) -> Refusal {
    refusal.titled(Words::new(zh, en))
}
