//! The day itself: coming, not coming, and the hall that opens or closes a day.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::queue::{self, Ask, PriorityClass, Stream, Taken};
use tongma_capability::records::{Held, upsert};
use tongma_capability::{Desk, Schema, Step, Stop, derived_in, disclose, reserve};
use tongma_domain::{AgeClass, Claim, Date, Id, Matter, Outcome, Text, UnixMs, Venue, Words};

use super::card::{CARD, bad_date, come_already, early, no_booking};
use super::day::{self, DayRule, VisitState};
use super::standing::{self, Told, noted};

/// The leg that cancels the bookings of a day the hall has closed.
pub const CANCEL_DAY: &str = "day.cancel";
/// The leg that looks at a booking when its day is over.
pub const DAY_OVER: &str = "day.over";
/// The leg that reminds of a booking on the evening before.
pub const REMIND: &str = "day.remind";
/// How many bookings one leg of a closing takes.
const SWEEP: usize = 100;

#[derive(Debug, Serialize, Deserialize)]
struct Closing {
    day: Id,
    date: Date,
}

#[derive(Debug, Serialize, Deserialize)]
struct Over {
    visit: Id,
}

/// When it is decided who did not come: the day has ended.
pub fn day_ends(venue: &Venue, date: Date) -> UnixMs {
    let minutes = venue.setting(&CARD, "closes_min") + venue.setting(&CARD, "late_min");
    date.start().plus_s(60 * minutes.min(1440))
}

/// The person shows the code: in the window they get a booked number, later a walk-in's, earlier they are told when.
pub fn arrive(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let holder = step.holder()?;
    let day = queue::day_of(step.venue, step.now.date());
    let held = day::of_person(desk.txn, day, holder.person)?.ok_or_else(no_booking)?;
    let visit = held.value;
    if day::has_come(desk.txn, visit.id)? {
        return Err(come_already().into());
    }
    let appointment = day::appointment(step.venue, &visit);
    if step.now < appointment.from {
        let clock = appointment.from.to_clock_text();
        let words = Words::new(format!("还没到时间，{clock} 起可以取号"), format!("Too early: numbers from {clock}"));
        return Err(early().titled(words).asking().into());
    }
    let matter = Matter::of(&visit.matter).or_else(|| Matter::of("general")).ok_or_else(no_booking)?;
    let elder = holder.age_class(step.now) == AgeClass::Elder;
    let ask = Ask {
        ticket: derived_in(desk.txn.bucket(), &[b"ticket", step.attempt.as_bytes()]),
        hall: day,
        matter: visit.matter.clone(),
        letter: matter.letter,
        person: Some(holder.person),
        masked_name: holder.masked_name.clone(),
        priority: if elder { PriorityClass::Elder } else { PriorityClass::Ordinary },
        appointment: Some(appointment),
        taken: step.now,
    };
    let ticket = match queue::take(desk.txn, &ask)? {
        Taken::Fresh(ticket) | Taken::Again(ticket) => ticket,
        Taken::Duplicate(_) => return Err(come_already().into()),
    };
    let given = disclose::at_counter(desk.txn, &CARD, step, holder, &[Claim::MaskedName])?;
    let mut detail = serde_json::Map::new();
    detail.insert("number".into(), ticket.number.clone().into());
    detail.insert("matter".into(), json!(matter.name));
    given.show(&mut detail, Claim::MaskedName, "masked_name", holder.masked_name.as_str());
    desk.mirror(visit.person, "booking", visit.id, day::body(&visit, Some(&ticket.number)), visit.revision + 1);
    let names = step.venue.names();
    let text = Words::new(
        format!("到{}，取号 {}", names.zh, ticket.number),
        format!("Came to {}: number {}", names.en, ticket.number),
    );
    desk.log(visit.person, text, &given.claims, json!({"number": ticket.number, "receipt": given.receipt}));
    let late = ticket.stream == Stream::WalkIn;
    let words = if late {
        Words::new("过了预约时间，转为现场号", "Late for the booking: waits as a walk-in")
    } else {
        Words::new("预约号，请等候叫号", "A booked number; please wait for the call")
    };
    detail.insert("stream".into(), json!(ticket.stream.name()));
    let outcome = Outcome::done(Text::new("已取号", "Number"), words, Value::Object(detail));
    let shade = if late { tongma_domain::Shade::Amber } else { outcome.shade };
    Ok(Outcome { word: Words::new(ticket.number.clone(), ticket.number), shade, ..outcome })
}

/// The hall opens or closes a single day. Closing it cancels what is booked, in legs of so many.
pub fn set_day(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let date = step.input.date("date").ok_or_else(bad_date)?;
    let open = step.input.text("open") == Some("open");
    let day = queue::day_of(step.venue, date);
    upsert(desk.txn, day, &DayRule { v: Schema, open })?;
    if !open {
        desk.message(desk.txn.bucket(), CANCEL_DAY, &Closing { day, date });
    }
    let words = if open {
        Words::new(format!("{date} 开放预约"), format!("{date} is open"))
    } else {
        Words::new(format!("{date} 不开放；已有预约将取消并通知，可优先改约"), format!("{date} is closed; bookings are cancelled"))
    };
    Ok(Outcome::done(Text::new("已设定", "Set"), words, json!({"date": date, "open": open})))
}

/// Has the bookings of a closed day looked at.
pub fn close_what_came_back(desk: &mut Desk<'_>, venue: &Venue, date: Date) -> Result<(), Stop> {
    if !day::is_open(desk.txn, venue, date)? {
        desk.message(desk.txn.bucket(), CANCEL_DAY, &Closing { day: queue::day_of(venue, date), date });
    }
    Ok(())
}

/// Cancels so many bookings of a closed day, and goes on while there are more.
pub fn cancel_day(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Closing { day, date } = step.input.typed()?;
    if day::is_open(desk.txn, step.venue, date)? {
        return Ok(noted());
    }
    let (visits, more) = day::live(desk.txn, day, SWEEP)?;
    let mut cancelled = 0;
    for mut held in visits {
        // One on its way to another day is looked at when it has arrived there, or has come back.
        if held.value.state != VisitState::Booked {
            continue;
        }
        cancelled += 1;
        reserve::cancel(desk.txn, held.value.id)?;
        queue::withdraw(desk.txn, held.value.id)?;
        held.value.state = VisitState::HallCancelled;
        let visit = day::keep(desk, held)?;
        desk.message(visit.person.bucket(), standing::FIRST, &Told { person: visit.person, date });
    }
    if more && cancelled > 0 {
        desk.message(desk.txn.bucket(), CANCEL_DAY, &Closing { day, date });
    }
    Ok(noted())
}

/// The evening before: whoever is still expected is reminded.
pub fn remind(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Over { visit } = step.input.typed()?;
    if let Some(held) = day::visit(desk.txn, visit)?.filter(|held| held.value.state.lives()) {
        let (names, name) = (step.venue.names(), held.value.slot.name());
        let text = Words::new(
            format!("明天 {name} 在{}有预约，请带好证件", names.zh),
            format!("Tomorrow at {name}: your booking at {}. Bring your documents", names.en),
        );
        desk.notify(held.value.person, "slot_reminder", text);
    }
    Ok(noted())
}

/// The day is over for a booking: who was expected and did not come at all is a no-show.
pub fn day_over(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Over { visit } = step.input.typed()?;
    let Some(held) = day::visit(desk.txn, visit)? else { return Ok(noted()) };
    let (person, date) = (held.value.person, held.value.date);
    if day_ends(step.venue, date) > step.now {
        return Ok(noted());
    }
    let missed = held.value.state == VisitState::Booked && !day::has_come(desk.txn, visit)?;
    let Held { mut value, key, version } = held;
    if missed {
        queue::withdraw(desk.txn, visit)?;
        value.state = VisitState::NoShow;
        desk.message(person.bucket(), standing::NO_SHOW, &Told { person, date });
        day::keep(desk, Held { value, key, version })?;
    } else if value.state == VisitState::HallCancelled || value.state == VisitState::Booked {
        // Its mirror is taken out of "my things": it has been seen, or became a number.
        desk.mirror(person, "booking", visit, Value::Null, value.revision + 2);
    }
    Ok(noted())
}
