//! A hall's day: its rules, and the copy of a ticket that its person keeps.

use serde_json::{Value, json};
use tongma_capability::queue::{self, Rules, Standing, Ticket, TicketState};
use tongma_capability::{Desk, Stop};
use tongma_domain::{Id, Matter, Refusal, Text, UnixMs, Venue, Words};

use super::card::{CARD, choose_matter, closed_now};

/// The venue's thing that numbers its kiosks.
pub const KIOSKS: &str = "hall_kiosks";
/// The leg that ends a day.
pub const MIDNIGHT: &str = "midnight";
/// The leg that lets a passed number lapse.
pub const LAPSE: &str = "lapse";
/// Whose duty differences are.
pub const DUTY: &str = "hall_duty";
/// A mirror of a booking that became a ticket is older than anything that removes it.
const REMOVED: u64 = 1 << 40;

/// The published order, as this hall tunes it.
pub fn rules(venue: &Venue) -> Rules {
    let setting = |id: &str| u32::try_from(venue.setting(&CARD, id)).unwrap_or(1);
    Rules {
        priority_run: setting("priority_run"),
        booked_run: setting("booked_run"),
        calls_most: setting("calls_most"),
        return_within_s: 60 * venue.setting(&CARD, "return_within_min"),
        places_behind: setting("places_behind"),
        service_guess_s: 60 * setting("service_guess_min"),
    }
}

/// Whether numbers are given at this moment.
pub fn gives_numbers(venue: &Venue, now: UnixMs) -> Result<(), Refusal> {
    let minute = i64::from(now.minute_of_day());
    let (opens, last) = (venue.setting(&CARD, "opens_min"), venue.setting(&CARD, "last_number_min"));
    if (opens..last).contains(&minute) {
        return Ok(());
    }
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    Err(closed_now().titled(Words::new(
        format!("现在不发号，发号时间 {} 至 {}", clock(opens), clock(last)),
        format!("No numbers are given now; they are from {} to {}", clock(opens), clock(last)),
    )))
}

/// The matter of this id, if this hall offers it.
pub fn matter(id: Option<&str>) -> Result<&'static Matter, Refusal> {
    id.and_then(Matter::of).ok_or_else(choose_matter)
}

/// The words of a matter; its id when it is none of the list any more.
pub fn matter_words(id: &str) -> Words {
    Matter::of(id).map_or_else(|| Words::new(id.to_owned(), id.to_owned()), |matter| matter.name.into())
}

/// The words of a state.
pub const fn state_words(state: TicketState) -> Text {
    match state {
        TicketState::Waiting => Text::new("等候叫号", "Waiting"),
        TicketState::Called => Text::new("请到窗口", "Go to the counter"),
        TicketState::Serving => Text::new("办理中", "Being served"),
        TicketState::Done => Text::new("已办结", "Done"),
        TicketState::Passed { .. } => Text::new("已过号", "Passed"),
        TicketState::Left => Text::new("已离队", "Left"),
        TicketState::Cancelled => Text::new("已作废", "Cancelled"),
        TicketState::Lapsed => Text::new("已失效", "Lapsed"),
        TicketState::Folded { .. } => Text::new("已并入另一个号", "Counts as another number"),
    }
}

/// A state's name on the wire.
pub fn state_name(state: TicketState) -> Value {
    serde_json::to_value(state).ok().and_then(|value| value.get("is").cloned()).unwrap_or_default()
}

/// Minutes, rounded up.
pub const fn minutes(seconds: u32) -> u32 {
    seconds.div_ceil(60)
}

/// What is said of people ahead and the wait.
pub fn ahead_words(standing: &Standing) -> Words {
    let (ahead, minutes) = (standing.ahead, minutes(standing.wait_s));
    match ahead {
        0 => Words::new("您是下一位", "You are next"),
        _ => Words::new(
            format!("前面还有 {ahead} 人，约 {minutes} 分钟"),
            format!("{ahead} ahead of you, about {minutes} minutes"),
        ),
    }
}

/// Leaves the person a copy of a ticket. One that has ended is taken out of "my things", one that was served stays until
/// it is rated or the time for that is over. A booking that became a ticket is shown as that ticket alone.
pub fn mirror(desk: &mut Desk<'_>, venue: &Venue, ticket: &Ticket) -> Result<(), Stop> {
    let Some(person) = ticket.person else { return Ok(()) };
    let stays = ticket.state.lives() || ticket.state == TicketState::Done;
    let standing = queue::standing(desk.txn, &rules(venue), ticket)?;
    let counter = counter_name(desk, ticket)?;
    let body = if stays { body(ticket, standing.as_ref(), counter.as_ref()) } else { Value::Null };
    // What stands beside the ticket (people ahead) changes without it: a later look at the same ticket is newer.
    desk.mirror(person, "ticket", ticket.id, body, ticket.revision);
    if let Some(appointment) = ticket.appointment {
        desk.mirror(person, "booking", appointment, Value::Null, REMOVED);
    }
    Ok(())
}

/// The name of the counter a ticket was called to.
pub fn counter_name(desk: &mut Desk<'_>, ticket: &Ticket) -> Result<Option<Words>, Stop> {
    let Some(id) = ticket.counter.filter(|_| ticket.state.lives()) else { return Ok(None) };
    queue::counter_named(desk.txn, id)
}

/// A ticket as its person sees it.
pub fn body(ticket: &Ticket, standing: Option<&Standing>, counter: Option<&Words>) -> Value {
    let actions: &[&str] = match ticket.state {
        TicketState::Waiting | TicketState::Called => &["leave"],
        TicketState::Passed { .. } => &["back", "leave"],
        TicketState::Done => &["rate"],
        _ => &[],
    };
    let note = match (ticket.state, standing, counter) {
        (TicketState::Waiting, Some(standing), _) => Some(ahead_words(standing)),
        (TicketState::Called | TicketState::Serving, _, Some(counter)) => {
            Some(Words::new(format!("请到{}", counter.zh), format!("Please go to {}", counter.en)))
        }
        (TicketState::Passed { .. }, ..) => Some(Words::new(
            "叫号时未到。30 分钟内回来，点“我回来了”继续排队",
            "You were called and not there. Back within 30 minutes? Tap “I am back”",
        )),
        _ => None,
    };
    let matter = matter_words(&ticket.matter);
    json!({
        "ticket": ticket.id, "number": ticket.number,
        "title": Words::new(format!("{} · {}", ticket.number, matter.zh), format!("{} · {}", ticket.number, matter.en)),
        "matter": ticket.matter, "state": state_name(ticket.state), "state_words": state_words(ticket.state),
        "ahead": standing.map(|standing| standing.ahead), "wait_s": standing.map(|standing| standing.wait_s),
        "counter": counter, "note": note, "actions": actions, "calls": ticket.calls,
    })
}

/// A line in the log of a ticket's person.
pub fn log(desk: &mut Desk<'_>, ticket: &Ticket, (zh, en): (String, String)) {
    if let Some(person) = ticket.person {
        desk.log(person, Words::new(zh, en), &[], json!({"number": ticket.number}));
    }
}

/// The ticket a step speaks of.
pub fn named(ticket: Option<Id>) -> Result<Id, Refusal> {
    ticket.ok_or_else(super::card::no_ticket)
}
