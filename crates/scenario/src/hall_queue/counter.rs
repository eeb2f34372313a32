//! The counter: open, call, call again, serve, finish, let pass, hand over, close; and the end of the day.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::queue::{self, Called, Closed, Counter, Line, Ticket};
use tongma_capability::records::Held;
use tongma_capability::{Desk, Step, Stop};
use tongma_domain::{Id, MATTERS, Outcome, Refusal, Text, UnixMs, Words};

use super::card::{
    busy, call_again, counter_closed, finish_first, nobody, nobody_called, not_this_person, often_enough, point_needed,
};
use super::hall;
use super::numbers::{may_come_back, naming, noted};
use super::rating;

/// How many tickets one leg of the day's end takes.
const SWEEP: usize = 100;

#[derive(Debug, Serialize, Deserialize)]
struct Midnight {
    day: Id,
}

fn day(step: &Step<'_>) -> Id {
    queue::day_of(step.venue, step.now.date())
}

/// Opens this counter for one matter, or for all.
pub fn open(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let held = opened(desk, step, step.input.text("matter"))?;
    let only = step.input.text("matter").map(hall::matter_words);
    let words = only.unwrap_or_else(|| Words::new("受理全部事项", "All matters"));
    Ok(Outcome::done(Text::new("窗口已开", "Counter open"), words, json!({"lines": held.value.lines.len()})))
}

fn opened(desk: &mut Desk<'_>, step: &Step<'_>, matter: Option<&str>) -> Result<Held<Counter>, Stop> {
    let point = step.point.ok_or_else(point_needed)?;
    let (hall, bucket) = (day(step), desk.txn.bucket());
    let matters = MATTERS.iter().filter(|one| matter.is_none_or(|matter| one.id == matter));
    let lines = matters.map(|one| Line::id_of(bucket, hall, one.id)).collect();
    let name = Words::new(point.name_zh.clone(), point.name_en.clone());
    queue::open_counter(desk.txn, hall, (point.id, name), lines)
}

/// This counter; one that has never opened today opens for all matters at its first call.
fn mine(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Held<Counter>, Stop> {
    let point = step.point.ok_or_else(point_needed)?;
    match queue::counter_of(desk.txn, day(step), point.id)? {
        Some(held) => Ok(held),
        None => opened(desk, step, None),
    }
}

/// Calls the next.
pub fn call(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let counter = mine(desk, step)?;
    let name = counter.value.name.clone();
    let called = queue::call(desk.txn, &hall::rules(step.venue), counter, step.now)?;
    told(desk, step, called, &name)
}

/// Calls the same number again.
pub fn recall(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let counter = mine(desk, step)?.value;
    let called = queue::recall(desk.txn, &hall::rules(step.venue), &counter, step.now)?;
    told(desk, step, called, &counter.name)
}

fn told(desk: &mut Desk<'_>, step: &Step<'_>, called: Called, counter: &Words) -> Result<Outcome, Stop> {
    let refusal = |refusal: Refusal, ticket: &Ticket, zh: &str, en: &str| {
        naming(refusal, format!("{} {zh}", ticket.number), format!("{} {en}", ticket.number))
    };
    let ticket = match called {
        Called::Ticket(ticket) => ticket,
        Called::Nobody if step.action == "call" => return Err(nobody().asking().into()),
        Called::Nobody => return Err(nobody_called().into()),
        Called::Closed => return Err(counter_closed().into()),
        Called::Busy(ticket) => return Err(refusal(busy(), &ticket, "还在本窗口", "is still at this counter").into()),
        Called::OftenEnough(ticket) => {
            return Err(refusal(often_enough(), &ticket, "已叫满次数", "was called as often as may be").into());
        }
    };
    hall::mirror(desk, step.venue, &ticket)?;
    if ticket.calls == 1 {
        tell_next(desk, step, &ticket)?;
        let words = (
            format!("{} 请到{}", ticket.number, counter.zh),
            format!("{} was called to {}", ticket.number, counter.en),
        );
        if let Some(person) = ticket.person {
            desk.notify(person, "queue_called", Words::new(words.0.clone(), words.1.clone()));
        }
        hall::log(desk, &ticket, words);
    }
    let words = Words::new(
        format!("请 {} 到{}（第 {} 次）", ticket.number, counter.zh, ticket.calls),
        format!("{} to {} (call {})", ticket.number, counter.en, ticket.calls),
    );
    let big = Words::new(ticket.number.clone(), ticket.number.clone());
    Ok(Outcome { word: big, ..Outcome::done(Text::new("叫号", "Called"), words, at_counter(&ticket)) })
}

/// How many of those who wait are told anew how many are ahead of them, each time one is called: up to three.
const TOLD: usize = 4;

/// The phones of those who are next show how many are ahead now; each is told once that the turn is near.
fn tell_next(desk: &mut Desk<'_>, step: &Step<'_>, called: &Ticket) -> Result<(), Stop> {
    for (ahead, mut ticket) in
        queue::upcoming(desk.txn, &hall::rules(step.venue), called.line, TOLD)?.into_iter().enumerate()
    {
        if queue::tell_near(desk.txn, &mut ticket)?
            && let Some(person) = ticket.person
        {
            let (number, names) = (&ticket.number, step.venue.names());
            let text = Words::new(
                format!("{}：{number} 前面还有 {ahead} 人，请到大厅等候", names.zh),
                format!("{}: {ahead} ahead of {number}; please be in the hall", names.en),
            );
            desk.notify(person, "queue_near", text);
        }
        hall::mirror(desk, step.venue, &ticket)?;
    }
    Ok(())
}

/// What the clerk sees of whom was called.
fn at_counter(ticket: &Ticket) -> Value {
    json!({
        "number": ticket.number, "masked_name": ticket.masked_name, "matter": hall::matter_words(&ticket.matter),
        "priority": ticket.priority.name(), "stream": ticket.stream.name(), "calls": ticket.calls,
    })
}

/// The person is here. With their code shown, it has to be the person who was called.
pub fn serve(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let counter = mine(desk, step)?.value;
    let Some(ticket) = queue::serve(desk.txn, &counter, step.now)? else { return Err(nobody_called().into()) };
    if let Some(holder) = step.holder
        && ticket.person.is_some_and(|person| person != holder.person)
    {
        return Err(not_this_person().into());
    }
    hall::mirror(desk, step.venue, &ticket)?;
    let words = Words::new(format!("{} 开始办理", ticket.number), format!("{} is being served", ticket.number));
    Ok(Outcome::done(Text::new("办理中", "Serving"), words, at_counter(&ticket)))
}

/// The service has ended; the person is asked for a rating.
pub fn done(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let counter = mine(desk, step)?.value;
    let Some(ticket) = queue::done(desk.txn, &counter, step.now)? else { return Err(nobody_called().into()) };
    hall::mirror(desk, step.venue, &ticket)?;
    rating::ask(desk, step, &ticket);
    let (names, matter) = (step.venue.names(), hall::matter_words(&ticket.matter));
    let words = (
        format!("{}办结 {}（{}）", names.zh, ticket.number, matter.zh),
        format!("{}: {} done ({})", names.en, ticket.number, matter.en),
    );
    hall::log(desk, &ticket, words);
    let words = Words::new(format!("{} 已办结", ticket.number), format!("{} is done", ticket.number));
    Ok(Outcome::done(Text::new("办结", "Done"), words, json!({"number": ticket.number})))
}

/// Nobody came, after as many calls as there may be.
pub fn pass(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let counter = mine(desk, step)?.value;
    let ticket = match queue::pass(desk.txn, &hall::rules(step.venue), &counter, step.now)? {
        Called::Ticket(ticket) => ticket,
        Called::Busy(ticket) => {
            let words = Words::new(
                format!("{} 才叫了 {} 次", ticket.number, ticket.calls),
                format!("{} was called only {} times", ticket.number, ticket.calls),
            );
            return Err(call_again().titled(words).into());
        }
        _ => return Err(nobody_called().into()),
    };
    hall::mirror(desk, step.venue, &ticket)?;
    let number = ticket.number.clone();
    let (zh, en) = if ticket.passes > 1 {
        (format!("{number} 第二次过号，已作废"), format!("{number} passed a second time and is void"))
    } else {
        may_come_back(desk, step, &ticket);
        (format!("{number} 已过号，可在限时内返回"), format!("{number} passed; they may come back in time"))
    };
    hall::log(desk, &ticket, (zh.clone(), en.clone()));
    let detail = json!({"number": number, "passes": ticket.passes});
    Ok(Outcome::ask(Text::new("过号", "Passed"), Words::new(zh, en), detail))
}

/// Hands the person over to another matter's line, as long waited as they have.
pub fn transfer(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let matter = hall::matter(step.input.text("matter"))?;
    let counter = mine(desk, step)?;
    let to = queue::open(desk.txn, day(step), matter.id, matter.letter)?;
    let Some(ticket) = queue::transfer(desk.txn, counter, &to.value)? else { return Err(nobody_called().into()) };
    hall::mirror(desk, step.venue, &ticket)?;
    let (number, name) = (ticket.number.clone(), matter.name);
    hall::log(desk, &ticket, (format!("{number} 转到{}", name.zh), format!("{number} handed over to {}", name.en)));
    let words = Words::new(format!("{number} 转到{}", name.zh), format!("{number} to {}", name.en));
    Ok(Outcome::done(Text::new("已转", "Handed over"), words, json!({"number": number, "matter": name})))
}

/// Closes this counter. Whom it had called is the next at another one.
pub fn close(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let counter = mine(desk, step)?;
    let (returned, unserved) = match queue::close_counter(desk.txn, counter)? {
        Closed::Done { returned, unserved } => (returned, unserved),
        Closed::NotOpen => (None, Vec::new()),
        Closed::Serving(ticket) => {
            let words = Words::new(
                format!("{} 还在办理", ticket.number),
                format!("{} is still being served", ticket.number),
            );
            return Err(finish_first().titled(words).into());
        }
    };
    if let Some(ticket) = &returned {
        hall::mirror(desk, step.venue, ticket)?;
        let number = &ticket.number;
        let words = (format!("窗口关闭，{number} 排在下一个"), format!("The counter closed; {number} is next"));
        hall::log(desk, ticket, words);
    }
    let detail = json!({
        "returned": returned.map(|ticket| ticket.number),
        "unserved": unserved.iter().map(|matter| hall::matter_words(matter)).collect::<Vec<_>>(),
    });
    if unserved.is_empty() {
        return Ok(Outcome::done(Text::new("已关闭", "Closed"), Words::new("窗口已关闭", "Counter closed"), detail));
    }
    let words = Words::new(
        "窗口已关闭；还有人在等，没有窗口受理，请另开窗口",
        "Closed; people still wait for matters that no counter serves. Open another one",
    );
    Ok(Outcome::ask(Text::new("有人在等", "People wait"), words, detail))
}

/// The day is over: what was live lapses, so many at a time.
pub fn midnight(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Midnight { day } = step.input.typed()?;
    let ends = queue::end_day(desk.txn, day, SWEEP, step.now)?;
    for ticket in &ends.tickets {
        hall::mirror(desk, step.venue, ticket)?;
        let number = &ticket.number;
        let words = (format!("当天结束，{number} 失效"), format!("The day has ended; {number} lapsed"));
        hall::log(desk, ticket, words);
    }
    if ends.more {
        desk.timer(UnixMs::from_millis(step.now.as_millis() + 1), hall::MIDNIGHT, &Midnight { day });
    }
    Ok(noted())
}
