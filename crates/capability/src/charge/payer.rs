//! The payer's side of a purchase: legs that run in the payer's bucket, the same for every scenario.
//!
//! A scenario sends [`PEND`] and gives in [`place`] and [`leg`] for the rest. Every leg finds the order by the step's
//! attempt and may come twice, late, or before its sister.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::{Fen, Id, Outcome, Text, Words};
use tongma_store::{Held, save};

use super::order::{self, NewOrder, Order, OrderState, PAYMENT_CODE, Pended, Source};
use super::rail::{self, Asked, Deed, RailState};
use super::{Posting, due};
use crate::{Cause, Desk, Place, Reply, Step, Stop};

/// The leg that reserves the money.
pub const PEND: &str = "payer.pend";
/// The leg that takes the rail's answer to a payment.
pub const RAIL: &str = "payer.rail";
/// The leg that takes the rail's answer to a reversal.
pub const REVERSED: &str = "payer.reversed";
/// The leg that asks for a reversal, on a timer: what is unknown is given up, what was not undone is asked for again.
pub const REVERSE: &str = "payer.reverse";
/// The leg that posts: the thing is settled.
pub const POST: &str = "payer.post";
/// The leg that voids: the thing will not be settled.
pub const VOID: &str = "payer.void";

/// What is unknown is given up, and a reversal that was not done is asked for again, after so long.
const REVERSE_AGAIN_S: i64 = 60;

/// What [`PEND`] needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pend {
    /// Who pays; routes the leg.
    pub payer: Id,
    /// Who is paid.
    pub merchant: Id,
    /// How much.
    pub amount: Fen,
    /// For what.
    pub what: Words,
    /// From where.
    pub source: Source,
    /// The thing that is paid for.
    pub home: Id,
    /// Its leg for "the money is there".
    pub settle: String,
    /// Its leg for "there will be no money".
    pub decline: String,
}

/// What the other legs of the payer need.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Payer {
    /// Who pays; routes the leg.
    pub payer: Id,
}

/// What the thing's two legs are sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ToHome {
    /// The thing; routes the leg.
    pub home: Id,
    /// Who pays.
    pub payer: Id,
    /// Why there will be no money: `purse.insufficient`, `rail.failed`, `payment.reversed`; empty when there is.
    #[serde(default)]
    pub code: String,
}

/// A request to the rail's connector.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RailRequest {
    /// `pay` or `reverse`.
    pub op: String,
    /// The order at the rail: the attempt, the same for ever, so that asking twice pays once.
    pub order: Id,
    /// The payment code's digits, for `pay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_code: Option<String>,
    /// The amount in fen.
    pub amount_fen: Fen,
    /// What the payer reads on the rail's receipt.
    pub what: Words,
}

/// Where a leg of the payer is decided; `None` when the step's action is not one of them.
///
/// # Errors
/// A refusal when the message does not name the payer.
pub fn place(step: &Step<'_>) -> Option<Place> {
    if !step.action.starts_with("payer.") {
        return None;
    }
    Some(step.input.reference("payer").map_or(Place::Holder, Place::Thing))
}

/// Runs a leg of the payer; `None` when the step's action is not one of them.
///
/// # Errors
/// Of the store, or a message of another shape.
pub fn leg(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Option<Outcome>, Stop> {
    let held = order::order(desk.txn, step.attempt)?;
    match (step.action, held) {
        (PEND, _) => pend(desk, step)?,
        (RAIL | REVERSED, Some(held)) => {
            let Cause::Reply(reply) = &step.cause else { return Ok(Some(quiet())) };
            let asked = if step.action == RAIL { Asked::Pay } else { Asked::Reverse };
            answered(desk, held, asked, reply)?;
        }
        (REVERSE, Some(mut held)) => match held.value.rail {
            Some(RailState::Reversing) => ask_reverse(desk, &held.value),
            Some(RailState::Unknown) => {
                held.value.rail = Some(RailState::Reversing);
                ask_reverse(desk, &held.value);
                save(desk.txn, &held)?;
            }
            _ => {}
        },
        (POST, Some(held)) => post(desk, held)?,
        (VOID, Some(held)) => void(desk, held)?,
        (VOID, None) => {
            let Payer { payer } = step.input.typed()?;
            order::close_unborn(desk.txn, step.attempt, payer, desk.now)?;
        }
        (RAIL | REVERSED | REVERSE | POST, None) => {}
        _ => return Ok(None),
    }
    Ok(Some(quiet()))
}

/// What a leg that nobody watches answers.
fn quiet() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null)
}

fn pend(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<(), Stop> {
    let Pend { payer, merchant, amount, what, source, home, settle, decline } = step.input.typed()?;
    let decline_leg = decline.clone();
    let digits = match &source {
        Source::PaymentCode { code } => Some(code.clone()),
        Source::Purse => None,
    };
    let new = NewOrder { attempt: step.attempt, payer, merchant, what, amount, source, home: (home, settle, decline) };
    match order::pend(desk.txn, new, desk.now)? {
        Pended::Fresh(order) => match digits {
            None => tell_settle(desk, &order),
            Some(code) => {
                let (what, amount_fen) = (order.what, amount);
                let request =
                    RailRequest { op: "pay".into(), order: order.attempt, payment_code: Some(code), amount_fen, what };
                desk.ask(PAYMENT_CODE, &request, RAIL);
            }
        },
        Pended::Again(order) => match (order.state, order.rail) {
            (OrderState::Pending, None | Some(RailState::Succeeded)) => tell_settle(desk, &order),
            (OrderState::Void, _) => {
                let code = order.declined.as_deref().unwrap_or("payment.reversed");
                tell_decline(desk, home, payer, &decline_leg, code);
            }
            _ => {}
        },
        Pended::Insufficient => tell_decline(desk, home, payer, &decline_leg, "purse.insufficient"),
    }
    Ok(())
}

fn answered(desk: &mut Desk<'_>, mut held: Held<Order>, asked: Asked, reply: &Reply) -> Result<(), Stop> {
    let Some(state) = held.value.rail else { return Ok(()) };
    let (state, deed) = rail::next(state, asked, reply);
    held.value.rail = Some(state);
    match deed {
        Deed::Nothing => {}
        Deed::Settle => tell_settle(desk, &held.value),
        Deed::Decline => {
            order::void(desk.txn, &mut held)?;
            tell_no(desk, &mut held.value, "rail.failed");
        }
        Deed::Undo => {
            give_back(desk, &mut held)?;
            tell_no(desk, &mut held.value, "payment.reversed");
        }
        Deed::Later => desk.timer(desk.now.plus_s(REVERSE_AGAIN_S), REVERSE, &Payer { payer: held.value.payer }),
        Deed::Reverse if asked == Asked::Reverse => {
            let at = desk.now.plus_s(REVERSE_AGAIN_S);
            desk.timer(at, REVERSE, &Payer { payer: held.value.payer });
        }
        Deed::Reverse => ask_reverse(desk, &held.value),
    }
    Ok(save(desk.txn, &held)?)
}

/// The rail has the money no more: what was reserved is released, what was posted goes back by a transfer of its own.
fn give_back(desk: &mut Desk<'_>, held: &mut Held<Order>) -> Result<(), Stop> {
    if held.value.state == OrderState::Posted {
        let (attempt, merchant, at) = (held.value.attempt, held.value.merchant, desk.now);
        for (place, part) in held.value.parts.iter_mut().enumerate() {
            let amount = Fen::new(part.amount.get() - part.refunded.get());
            if amount.get() > 0 {
                let (debit, credit, name) = (due(merchant), part.account.clone(), format!("{place}.undo"));
                Posting { attempt, part: &name, debit, credit, amount, code: "order.undo", at }
                    .write(desk.txn, false)?;
                part.refunded = part.amount;
            }
        }
        held.value.state = OrderState::Void;
    }
    order::void(desk.txn, held)
}

fn post(desk: &mut Desk<'_>, mut held: Held<Order>) -> Result<(), Stop> {
    match (held.value.state, held.value.rail) {
        (OrderState::Pending, None | Some(RailState::Succeeded)) => {
            order::post(desk.txn, &mut held)?;
            save(desk.txn, &held)?;
        }
        (OrderState::Posted, _) => {}
        // The thing says settled and the money is gone: the thing has to take it back.
        _ => tell_no(desk, &mut held.value, "payment.reversed"),
    }
    Ok(())
}

fn void(desk: &mut Desk<'_>, mut held: Held<Order>) -> Result<(), Stop> {
    if held.value.state != OrderState::Pending {
        return Ok(());
    }
    match held.value.rail {
        None => order::void(desk.txn, &mut held)?,
        Some(state) => {
            let (state, deed) = rail::give_up(state);
            held.value.rail = Some(state);
            if deed == Deed::Reverse {
                ask_reverse(desk, &held.value);
            }
        }
    }
    Ok(save(desk.txn, &held)?)
}

fn ask_reverse(desk: &mut Desk<'_>, order: &Order) {
    let amount_fen = Fen::new(order.parts.iter().map(|part| part.amount.get()).sum());
    let (what, order) = (order.what.clone(), order.attempt);
    desk.ask(
        PAYMENT_CODE,
        &RailRequest { op: "reverse".into(), order, payment_code: None, amount_fen, what },
        REVERSED,
    );
}

fn tell_settle(desk: &mut Desk<'_>, order: &Order) {
    if let Some(home) = order.home {
        desk.message(home.bucket(), &order.settle, &ToHome { home, payer: order.payer, code: String::new() });
    }
}

fn tell_no(desk: &mut Desk<'_>, order: &mut Order, code: &str) {
    order.declined = Some(code.to_owned());
    if let Some(home) = order.home {
        tell_decline(desk, home, order.payer, &order.decline, code);
    }
}

fn tell_decline(desk: &mut Desk<'_>, home: Id, payer: Id, decline: &str, code: &str) {
    desk.message(home.bucket(), decline, &ToHome { home, payer, code: code.to_owned() });
}
