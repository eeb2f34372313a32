//! The gate: in, out, and what an offline gate hands over.

use serde_json::{Map, Value, json};
use tongma_capability::admit::{self, Ask, DifferenceKind, Direction, Owner, Reason};
use tongma_capability::records::Held;
use tongma_capability::{Desk, Step, Stop, derived_in, disclose};
use tongma_domain::{Claim, Id, Outcome, Refusal, Text, UnixMs, Venue, Words};

use super::card::{CARD, adult_needed, early, inside_full, late, no_booking, not_inside, too_many_now, used};
use super::booking;
use super::day::{self, Visit, VisitState};

/// The duty that owns the gate's differences.
const DUTY: &str = "gate_duty";

/// Lets in as many as are asked for, or all who have not come in yet.
pub fn admit(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let day = day::id_of(step.venue, step.now.date());
    let visit = find_visit(desk, step, day)?.ok_or_else(no_booking)?.value;
    let (policy, size) = (day::policy(step.venue), visit.party.people());
    let presence = admit::presence(desk.txn, day, visit.id)?.unwrap_or(admit::Presence::expected(size));
    let people = people_of(step).unwrap_or_else(|| presence.may_enter(&policy).max(1));
    let comes_back = policy.reentry && presence.outside() >= people && desk.now < day::closing(step.venue, visit.date);
    if !comes_back {
        in_time(step.venue, &visit, desk.now)?;
    }
    // The children of a party, its holder among them, come in with at least one of its adults: so never alone first.
    if presence.inside() == 0 && people < size && people <= visit.party.children && is_child_first(step, &visit) {
        return Err(adult_needed().into());
    }
    let ask = Ask {
        passage: passage_id(desk, step),
        zone: day,
        party: visit.id,
        size,
        direction: Direction::In,
        people,
        at: desk.now,
    };
    let decision = admit::pass(desk.txn, &policy, &ask)?;
    if !decision.allows() {
        return Err(refused(decision.reason).into());
    }
    day::mirror(desk, &visit)?;
    let entered = decision.entered + decision.people;
    let mut detail = passage_detail(&visit, decision.people, entered);
    let mut released = Vec::new();
    let mut receipt = Value::Null;
    if let Some(holder) = step.holder {
        let given = disclose::at_counter(desk.txn, &CARD, step, holder, &[Claim::MaskedName, Claim::AgeClass])?;
        given.show(&mut detail, Claim::MaskedName, "masked_name", holder.masked_name.as_str());
        let class = serde_json::to_value(holder.age_class(desk.now)).unwrap_or_default();
        given.show(&mut detail, Claim::AgeClass, "age_class", class);
        (released, receipt) = (given.claims, given.receipt);
    }
    let names = step.venue.names();
    let text = Words::new(
        format!("进入{}，{people} 人（{entered}/{size}）", names.zh),
        format!("Entered {}, {people} people ({entered} of {size})", names.en),
    );
    desk.log(visit.person, text, &released, json!({"booking_number": visit.number, "receipt": receipt}));
    let words = Words::new(
        format!("请进 {people} 人，共 {size} 人，已进 {entered} 人"),
        format!("{people} of {size} come in; {entered} so far"),
    );
    Ok(Outcome::done(Text::new("请进", "Enter"), words, Value::Object(detail)))
}

/// A child's own code opens for the child alone only after an adult of the party is inside.
fn is_child_first(step: &Step<'_>, visit: &Visit) -> bool {
    step.holder.is_some_and(|holder| holder.age_class(step.now) == tongma_domain::AgeClass::Child)
        && visit.party.children > 0
}

/// Counts people out: of a party whose code is shown, or unnamed at the exit.
pub fn exit(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let day = day::id_of(step.venue, step.now.date());
    let (policy, passage, at) = (day::policy(step.venue), passage_id(desk, step), desk.now);
    let Some(holder) = step.holder else {
        let people = people_of(step).unwrap_or(1);
        let ask = Ask { passage, zone: day, party: day, size: 0, direction: Direction::Out, people, at };
        if !admit::count_out(desk.txn, &policy, &ask)? {
            return Err(not_inside().into());
        }
        return Ok(left(people, json!({"people": people})));
    };
    let visit = day::of_person(desk.txn, day, holder.person)?.ok_or_else(no_booking)?.value;
    let size = visit.party.people();
    let presence = admit::presence(desk.txn, day, visit.id)?.unwrap_or(admit::Presence::expected(size));
    let people = people_of(step).unwrap_or_else(|| presence.inside().max(1));
    let ask = Ask { passage, zone: day, party: visit.id, size, direction: Direction::Out, people, at };
    let decision = admit::pass(desk.txn, &policy, &ask)?;
    if !decision.allows() {
        return Err(refused(decision.reason).into());
    }
    day::mirror(desk, &visit)?;
    let names = step.venue.names();
    let text = Words::new(format!("离开{}，{people} 人", names.zh), format!("Left {}, {people} people", names.en));
    desk.log(visit.person, text, &[], json!({"booking_number": visit.number}));
    Ok(left(decision.people, json!({"people": decision.people, "booking_number": visit.number})))
}

fn left(people: u32, detail: Value) -> Outcome {
    let words = Words::new(format!("出馆 {people} 人"), format!("{people} left"));
    Outcome::done(Text::new("再见", "Goodbye"), words, detail)
}

/// Books what an offline gate hands over. It has happened: it is counted, and what does not fit is a named difference.
pub fn fact(desk: &mut Desk<'_>, step: &Step<'_>, happened_at: UnixMs, evidence: &Value) -> Result<Outcome, Stop> {
    let day = day::id_of(step.venue, happened_at.date());
    let direction = if step.action == "exit" { Direction::Out } else { Direction::In };
    let visit = visit_of_fact(desk, step, day, evidence)?;
    let visit = match visit {
        // It has happened: who was counted as missing had come.
        Some(held) if direction == Direction::In && held.value.state == VisitState::NoShow => {
            Some(booking::came_after_all(desk, held)?)
        }
        held => held.map(|held| held.value),
    };
    let policy = day::policy(step.venue);
    let told =
        people_of(step).or_else(|| evidence.get("people").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()));
    let (party, size, seen) = match &visit {
        Some(visit) => (visit.id, visit.party.people(), seen_of(step.venue, visit, direction, happened_at, evidence)),
        None => (
            derived_in(desk.txn.bucket(), &[b"unknown", step.attempt.as_bytes()]),
            told.unwrap_or(1),
            Some(DifferenceKind::UnknownParty),
        ),
    };
    let presence = admit::presence(desk.txn, day, party)?.unwrap_or(admit::Presence::expected(size));
    let all = if direction == Direction::In { presence.may_enter(&policy) } else { presence.inside() };
    let people = told.unwrap_or(all).max(1);
    let ask = Ask { passage: passage_id(desk, step), zone: day, party, size, direction, people, at: happened_at };
    let owner =
        Owner { organisation: step.venue.organisation, duty: DUTY.into(), point: step.point.map(|point| point.id) };
    let known = admit::passage(desk.txn, ask.passage)?.is_some();
    let difference = admit::record(desk.txn, &policy, &ask, seen, owner)?;
    if let (Some(visit), false) = (&visit, known) {
        day::mirror(desk, visit)?;
        let names = step.venue.names();
        let (zh, en) = if direction == Direction::In { ("进入", "Entered") } else { ("离开", "Left") };
        let clock = happened_at.to_clock_text();
        let text = Words::new(
            format!("{zh}{}，{people} 人（{clock}，离线闸机补交）", names.zh),
            format!("{en} {}, {people} people ({clock}, handed over by an offline gate)", names.en),
        );
        desk.log(visit.person, text, &[], json!({"booking_number": visit.number, "difference": difference}));
    }
    let detail = json!({"people": people, "difference": difference});
    if difference.is_none() {
        let words = Words::new("离线记录已入账", "The offline record is booked");
        return Ok(Outcome::done(Text::new("已入账", "Booked"), words, detail));
    }
    let words =
        Words::new("已入账，并记为差异，由闸机值班负责", "Booked, and named as a difference; the gate duty owns it");
    Ok(Outcome::ask(Text::new("有差异", "A difference"), words, detail))
}

/// Which visit a fact is about: by the name of its pass in the evidence, by a typed booking number, or by the person.
fn visit_of_fact(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    day: Id,
    evidence: &Value,
) -> Result<Option<Held<Visit>>, Stop> {
    let text = |field: &str| evidence.get(field).and_then(Value::as_str);
    if let Some(name) = text("booking") {
        return day::by_pass(desk.txn, day, name);
    }
    if let Some(number) = text("number") {
        return day::by_number(desk.txn, day, number);
    }
    let Some(holder) = step.holder else { return Ok(None) };
    day::of_person(desk.txn, day, holder.person)
}

/// What differs already before the rules of passage are asked.
fn seen_of(venue: &Venue, visit: &Visit, direction: Direction, at: UnixMs, evidence: &Value) -> Option<DifferenceKind> {
    let (from, to) = day::grace(venue, visit.window);
    match direction {
        // The platform found that this very code was also taken at another point.
        Direction::In if evidence.get("used_elsewhere") == Some(&Value::Bool(true)) => Some(DifferenceKind::DoubleUse),
        Direction::In if !visit.state.lives() => Some(DifferenceKind::UnknownParty),
        Direction::In if (at < from || at >= to) && evidence.get("reason") != Some(&Value::from("readmitted")) => {
            Some(DifferenceKind::OutsideWindow)
        }
        _ => None,
    }
}

fn find_visit(desk: &mut Desk<'_>, step: &Step<'_>, day: Id) -> Result<Option<Held<Visit>>, Stop> {
    if let Some(holder) = step.holder {
        return day::of_person(desk.txn, day, holder.person);
    }
    let Some(number) = step.input.text("booking_number") else { return Ok(None) };
    Ok(day::by_number(desk.txn, day, number)?.filter(|held| held.value.state.lives()))
}

/// A passage happens once per attempt.
fn passage_id(desk: &Desk<'_>, step: &Step<'_>) -> Id {
    step.attempt.beside(desk.txn.bucket(), &[b"passage"])
}

fn people_of(step: &Step<'_>) -> Option<u32> {
    step.input.number("people").and_then(|people| u32::try_from(people).ok())
}

fn in_time(venue: &Venue, visit: &Visit, now: UnixMs) -> Result<(), Refusal> {
    let (from, to) = day::grace(venue, visit.window);
    if now < from {
        let clock = from.to_clock_text();
        let words = Words::new(format!("还没到时段，{clock} 起可以入馆"), format!("Too early: entry from {clock}"));
        return Err(early().titled(words).asking());
    }
    if now >= to { Err(late()) } else { Ok(()) }
}

fn refused(reason: Reason) -> Refusal {
    match reason {
        Reason::Used | Reason::Allowed => used(),
        Reason::TooMany | Reason::Nobody => too_many_now(),
        Reason::NotInside => not_inside(),
        Reason::ZoneFull => inside_full().asking(),
    }
}

fn passage_detail(visit: &Visit, people: u32, entered: u32) -> Map<String, Value> {
    let mut detail = Map::new();
    detail.insert("booking_number".into(), visit.number.clone().into());
    detail.insert("people".into(), people.into());
    detail.insert("of".into(), visit.party.people().into());
    detail.insert("admitted".into(), entered.into());
    detail
}
