//! What is listed: own numbers with people ahead, the board, and what an offline kiosk gave that did not fit.

use serde_json::{Value, json};
use tongma_capability::queue;
use tongma_capability::records::Held;
use tongma_capability::{Desk, Step, Stop};

use super::hall;

/// The holder's live numbers of today, and how they stand now.
pub fn own(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let day = queue::day_of(step.venue, step.now.date());
    let mut listed = Vec::new();
    for Held { value: ticket, .. } in queue::own(desk.txn, day, step.holder()?.person)? {
        if !ticket.state.lives() {
            continue;
        }
        let standing = queue::standing(desk.txn, &hall::rules(step.venue), &ticket)?;
        let counter = hall::counter_name(desk, &ticket)?;
        listed.push(json!({"kind": "ticket", "of": hall::body(&ticket, standing.as_ref(), counter.as_ref())}));
    }
    Ok(listed)
}

/// The board: who is called, masked, and how many wait. Nothing on it says more than a voice in the hall would.
pub fn board(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let board = queue::board(desk.txn, queue::day_of(step.venue, step.now.date()))?;
    let called = board.called.into_iter().map(|(ticket, counter)| {
        json!({
            "kind": "called", "number": ticket.number, "masked_name": ticket.masked_name, "counter": counter,
            "matter": hall::matter_words(&ticket.matter), "state": hall::state_name(ticket.state),
            "calls": ticket.calls, "called_ms": ticket.called,
        })
    });
    let lines = board.lines.into_iter().map(|line| {
        json!({
            "kind": "line", "matter": line.matter, "name": hall::matter_words(&line.matter), "waiting": line.waiting,
            "counters": line.counters,
        })
    });
    Ok(called.chain(lines).collect())
}

/// Open differences of today: what, when, whose duty; no person.
pub fn differences(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let date = step.input.date("date").unwrap_or(step.now.date());
    let page = queue::differences(desk.txn, queue::day_of(step.venue, date))?;
    let shown = |Held { value, .. }: Held<queue::Difference>| {
        json!({"difference": value.kind, "number": value.number, "at": value.at, "owner": value.duty})
    };
    Ok(page.items.into_iter().map(shown).collect())
}
