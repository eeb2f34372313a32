//! Holds: asking for a copy that is out, setting it aside when it comes back, and what becomes of one that nobody fetches.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_capability::handover::hold::{self, Hold, Standing};
use tongma_capability::handover::{self};
use tongma_capability::records::Held;
use tongma_capability::{Cause, Desk, Schema, Step, Stop, disclose};
use tongma_domain::{Claim, Id, Outcome, Text, UnixMs, Words};

use super::account;
use super::card::{CARD, holds_full, in_house, no_hold, on_hold, unknown_item, yours};
use super::lending::{end_of_day_after, naming};

/// The leg that takes a copy off the pick-up shelf.
pub const LAPSE: &str = "hold.lapse";

#[derive(Debug, Serialize, Deserialize)]
struct Lapse {
    hold: Id,
    placed: UnixMs,
    until: UnixMs,
}

/// Places a hold on a copy that is out. It is picked up where it was asked for.
pub fn place(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (union, holder) = (step.venue.thing("union"), step.holder()?);
    if step.cause == Cause::Operator {
        disclose::at_counter(desk.txn, &CARD, step, holder, &[Claim::VenueNumber])?;
    }
    let code = step.input.text("item").unwrap_or_default();
    let item = handover::item(desk.txn, union, code)?.ok_or_else(|| naming(unknown_item(), code))?;
    let queue = hold::of_item(desk.txn, union, code)?;
    let known = queue.iter().position(|held| held.value.person == holder.person);
    if let (Some(place), Some(held)) = (known, known.and_then(|place| queue.get(place))) {
        return Ok(placed(&held.value, place + 1));
    }
    match handover::open_loan(desk.txn, union, code)? {
        Some(loan) if loan.value.person == holder.person => return Err(yours().into()),
        None if queue.is_empty() => return Err(in_house().into()),
        _ => {}
    }
    let mine = hold::of_person(desk.txn, union, holder.person)?;
    if i64::try_from(mine.len()).unwrap_or(i64::MAX) >= step.venue.setting(&CARD, "holds_most") {
        return Err(holds_full().into());
    }
    let hold = Hold {
        v: Schema,
        id: step.attempt.beside(desk.txn.bucket(), &[b"hold", code.as_bytes()]),
        house: union,
        code: code.to_owned(),
        title: item.title,
        person: holder.person,
        placed: desk.now,
        pick_up: step.venue.id,
        pick_up_name: step.venue.names(),
        standing: Standing::Waiting,
        revision: 1,
    };
    let hold = hold::place(desk.txn, hold)?;
    mirror(desk, &hold);
    let text = Words::new(
        format!("在{}预约《{}》", hold.pick_up_name.zh, hold.title),
        format!("Asked for “{}” at {}", hold.title, hold.pick_up_name.en),
    );
    desk.log(holder.person, text, &[], json!({"barcode": hold.code}));
    Ok(placed(&hold, queue.len() + 1))
}

fn placed(hold: &Hold, place: usize) -> Outcome {
    let words = Words::new(
        format!("《{}》第 {place} 位，到馆后通知您到{}取", hold.title, hold.pick_up_name.zh),
        format!("Number {place} for “{}”; we tell you when it is at {}", hold.title, hold.pick_up_name.en),
    );
    let detail = json!({"barcode": hold.code, "title": hold.title, "place": place});
    Outcome::done(Text::new("已预约", "On hold"), words, detail)
}

/// The holder gives a hold up; a copy that was set aside goes to the next.
pub fn give_up(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (union, holder) = (step.venue.thing("union"), step.holder()?);
    let code = step.input.text("item").unwrap_or_default();
    let holds = hold::of_item(desk.txn, union, code)?;
    let held = holds.into_iter().find(|held| held.value.person == holder.person).ok_or_else(no_hold)?;
    let hold = finish(desk, step, held, Standing::Cancelled)?;
    let text = Words::new(format!("取消预约《{}》", hold.title), format!("Gave up the hold on “{}”", hold.title));
    desk.log(hold.person, text.clone(), &[], json!({"barcode": hold.code}));
    Ok(Outcome::done(Text::new("已取消", "Given up"), text, json!({"barcode": hold.code})))
}

/// Refuses to lend a copy that is set aside for somebody else; gives this person's own hold on it.
pub fn may_lend(desk: &mut Desk<'_>, union: Id, person: Id, code: &str) -> Result<Option<Held<Hold>>, Stop> {
    let holds = hold::of_item(desk.txn, union, code)?;
    if holds.iter().any(|held| held.value.standing.is_set_aside() && held.value.person != person) {
        return Err(naming(on_hold(), code).into());
    }
    Ok(holds.into_iter().find(|held| held.value.person == person))
}

/// The person has the copy: the hold has done its work.
pub fn fulfil(desk: &mut Desk<'_>, held: Held<Hold>) -> Result<(), Stop> {
    let (hold, _) = hold::end(desk.txn, held, Standing::Fulfilled)?;
    mirror(desk, &hold);
    Ok(())
}

/// Whether somebody else waits for a copy.
pub fn is_wanted(desk: &mut Desk<'_>, union: Id, person: Id, code: &str) -> Result<bool, Stop> {
    Ok(hold::of_item(desk.txn, union, code)?.iter().any(|held| held.value.person != person))
}

/// A copy is in the house, at this desk: sets it aside for the first who waits, and says what the desk has to do with it.
pub fn came_in(desk: &mut Desk<'_>, step: &Step<'_>, code: &str) -> Result<Option<Map<String, Value>>, Stop> {
    let union = step.venue.thing("union");
    set_aside(desk, step, code, step.venue.id)?;
    let holds = hold::of_item(desk.txn, union, code)?;
    let Some(first) = holds.first().map(|held| &held.value).filter(|hold| hold.standing.is_set_aside()) else {
        return Ok(None);
    };
    let mut shelf = Map::new();
    let (word, place) = match first.standing {
        Standing::Ready { until } => {
            // The slip on the shelf carries the last digits of the library's own number, and no name.
            let number = account::reader(desk.txn, union, first.person)?.map(|held| held.value.number);
            let last = number.unwrap_or_default().chars().rev().take(4).collect::<Vec<_>>();
            shelf.insert("slip".into(), last.into_iter().rev().collect::<String>().into());
            shelf.insert("until".into(), until.date().to_string().into());
            (Words::new("放预约架", "To the pick-up shelf"), first.pick_up_name.clone())
        }
        _ => (Words::new("送到取书馆", "To be sent"), first.pick_up_name.clone()),
    };
    let text = Words::new(format!("{}：{}", word.zh, place.zh), format!("{}: {}", word.en, place.en));
    shelf.insert("hold".into(), serde_json::to_value(&text).unwrap_or_default());
    Ok(Some(shelf))
}

fn set_aside(desk: &mut Desk<'_>, step: &Step<'_>, code: &str, at: Id) -> Result<(), Stop> {
    let union = step.venue.thing("union");
    let until = end_of_day_after(desk.now, step.venue.setting(&CARD, "hold_shelf_days"));
    let Some(hold) = hold::set_aside(desk.txn, (union, code), at, until)? else { return Ok(()) };
    mirror(desk, &hold);
    if let Standing::Ready { until } = hold.standing {
        let after = UnixMs::from_millis(until.as_millis() + 1);
        desk.timer(after, LAPSE, &Lapse { hold: hold.id, placed: hold.placed, until });
        let text = Words::new(
            format!("您预约的《{}》已到{}，请在 {} 前来取", hold.title, hold.pick_up_name.zh, until.date()),
            format!("“{}” is ready at {} until {}", hold.title, hold.pick_up_name.en, until.date()),
        );
        desk.notify(hold.person, "loan", text.clone());
        desk.log(hold.person, text, &[], json!({"barcode": hold.code}));
    }
    Ok(())
}

/// Nobody came for it in time: it is the next one's turn.
pub fn lapse(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Lapse { hold, placed, until } = step.input.typed()?;
    if let Some(held) = hold::ready_until(desk.txn, placed, hold, until)? {
        let hold = finish(desk, step, held, Standing::Lapsed)?;
        let text = Words::new(
            format!("《{}》未在保留期内取走，预约已失效", hold.title),
            format!("“{}” was not fetched in time; the hold has lapsed", hold.title),
        );
        desk.notify(hold.person, "loan", text.clone());
        desk.log(hold.person, text, &[], json!({"barcode": hold.code}));
    }
    Ok(Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null))
}

/// Ends a hold; a copy that was set aside for it stands where it was to be picked up, for the next one.
fn finish(desk: &mut Desk<'_>, step: &Step<'_>, held: Held<Hold>, standing: Standing) -> Result<Hold, Stop> {
    let (hold, aside) = hold::end(desk.txn, held, standing)?;
    mirror(desk, &hold);
    if aside {
        set_aside(desk, step, &hold.code, hold.pick_up)?;
    }
    Ok(hold)
}

fn mirror(desk: &mut Desk<'_>, hold: &Hold) {
    let body = if hold.standing.lives() { shown(hold) } else { Value::Null };
    desk.mirror(hold.person, "hold", hold.id, body, hold.revision);
}

/// A hold as its person sees it.
pub fn shown(hold: &Hold) -> Value {
    let (state, until) = match hold.standing {
        Standing::Ready { until } => ("ready", Some(until)),
        Standing::Transfer => ("transfer", None),
        _ => ("waiting", None),
    };
    json!({
        "barcode": hold.code, "title": hold.title, "hold_state": state, "until": until, "pick_up": hold.pick_up_name,
        "actions": ["unhold"], "item": hold.code,
    })
}
