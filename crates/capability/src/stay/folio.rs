//! The party's money: a deposit from the purse, the bill, and what goes back of the deposit at the end. Double entry by the
//! charge capability; the folio says what is owed and who paid.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tongma_domain::{Fen, Id, Outcome, Text, Words};
use tongma_store::{Held, Key, Txn, load, save};

use super::records::{Folio, key, room};
use super::rooms::{mirror, of_person};
use super::{House, house_of, legs, noted, records, refusals};
use crate::charge::home::{self, Attempt, AttemptState, Begun, Declined, Purchase, Settled};
use crate::charge::order::{self, Refunded, Source};
use crate::charge::purse;
use crate::{Cause, Desk, Step, Stop, derived_in, disclose};

/// What an attempt pays for, kept as its version.
const DEPOSIT: u64 = 1;
const BILL: u64 = 2;
/// When a refund is tried again whose payment has not been posted yet.
const REFUND_AGAIN_S: i64 = 30;

/// The folio of a party.
pub fn folio(txn: &mut dyn Txn, house: Id, party: &str) -> Result<Option<Held<Folio>>, Stop> {
    Ok(load::<Folio>(txn, key(house, party))?)
}

/// The house adds something to a room's bill.
///
/// # Errors
/// `stay.room_empty`.
pub fn add_extra(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    let number = step.input.text("room").unwrap_or_default();
    let party = room(desk.txn, house, number)?.and_then(|held| held.value.party).ok_or_else(refusals::room_empty)?;
    let mut held = folio(desk.txn, house, &party)?.ok_or_else(refusals::room_empty)?;
    let (title, amount) = (step.input.text("title").unwrap_or("—"), step.input.amount("amount").unwrap_or(Fen::ZERO));
    held.value.lines.push((title.to_owned(), amount));
    save(desk.txn, &held)?;
    let words = Words::new(format!("{number} 房加 {amount}"), format!("{amount} added to room {number}"));
    Ok(Outcome::done(Text::new("已记账", "Added"), words, json!({"room": number, "owed_fen": held.value.owed()})))
}

/// The first guest of a room pays the deposit from the purse.
///
/// # Errors
/// `stay.not_here`, `stay.not_the_payer`, `stay.deposit_there`, `consent.needed`.
pub fn deposit(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let held = own(desk, step)?;
    if held.value.deposit.is_some() {
        return Err(refusals::deposit_there().into());
    }
    let amount = Fen::new(house.setting(step.venue, "deposit_fen"));
    begin(desk, step, house, &held.value, (DEPOSIT, amount))
}

/// The first guest of a room pays the bill, or what is left of it.
///
/// # Errors
/// `stay.not_here`, `stay.not_the_payer`, `stay.nothing_owed`, `consent.needed`.
pub fn pay(desk: &mut Desk<'_>, step: &Step<'_>, house: &House) -> Result<Outcome, Stop> {
    let held = own(desk, step)?;
    let owed = held.value.owed();
    if owed <= 0 {
        return Err(refusals::nothing_owed().into());
    }
    begin(desk, step, house, &held.value, (BILL, Fen::new(owed)))
}

fn own(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Held<Folio>, Stop> {
    let (house, person) = (house_of(step.venue), step.holder()?.person);
    let stay = of_person(desk.txn, house, person)?.ok_or_else(refusals::not_here)?.value;
    let held = folio(desk.txn, house, &stay.party)?.ok_or_else(refusals::not_here)?;
    if held.value.payer == person { Ok(held) } else { Err(refusals::not_the_payer().into()) }
}

fn begin(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    house: &House,
    folio: &Folio,
    (what, amount): (u64, Fen),
) -> Result<Outcome, Stop> {
    let holder = step.holder()?;
    if let Some(known) = home::attempt(desk.txn, step.attempt)? {
        return match &known.value.state {
            AttemptState::Open => Ok(home::in_progress(step.attempt, step.cause == Cause::Holder)),
            AttemptState::Settled => Ok(paid(&known.value)),
            AttemptState::Dead { code } => Err(home::refusal_of(code).into()),
        };
    }
    if step.cause != Cause::Holder && !holder.agreed {
        return Err(disclose::consent_needed().titled(asks(step, what, amount)).about(amount).into());
    }
    let purchase = Purchase {
        thing: Key::of(&[b"folio", folio.house.as_bytes(), folio.party.as_bytes(), &what.to_be_bytes()]),
        version: what,
        amount,
        payer: folio.payer,
        merchant: step.venue.organisation,
        what: asks(step, what, amount),
        source: Source::Purse,
        home: folio.house,
        legs: (legs::SETTLE, legs::DECLINE),
        lock_s: house.setting(step.venue, "lock_s"),
        shown: json!({"paid_fen": amount, "party": folio.party}),
    };
    match home::begin(desk, step, purchase)? {
        Begun::Locked { .. } => Err(refusals::folio_locked().into()),
        Begun::Fresh | Begun::Again(_) => Ok(home::in_progress(step.attempt, step.cause == Cause::Holder)),
    }
}

fn asks(step: &Step<'_>, what: u64, amount: Fen) -> Words {
    let names = step.venue.names();
    if what == DEPOSIT {
        Words::new(
            format!("{}押金 {amount}，退房时退回", names.zh),
            format!("Deposit of {amount} at {}, back when you leave", names.en),
        )
    } else {
        Words::new(format!("{}房费 {amount}", names.zh), format!("Bill of {amount} at {}", names.en))
    }
}

fn paid(attempt: &Attempt) -> Outcome {
    let words = Words::new(format!("已付 {}", attempt.amount), format!("{} paid", attempt.amount));
    Outcome::done(Text::new("已付款", "Paid"), words, json!({"paid_fen": attempt.amount}))
}

fn party_of(attempt: &Attempt) -> String {
    attempt.shown.get("party").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// The money is there.
///
/// # Errors
/// Of the store.
pub fn settle(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    let settled = home::settle(desk, step, |txn, attempt| {
        let held = folio(txn, house, &party_of(attempt))?;
        let open = held.is_some_and(|held| {
            let due = attempt.version == DEPOSIT && held.value.deposit.is_none();
            !held.value.closed && (due || attempt.version == BILL && held.value.owed() >= attempt.amount.get())
        });
        Ok(if open { Ok(()) } else { Err(refusals::folio_changed()) })
    })?;
    let Settled::Now(attempt) = settled else { return Ok(noted()) };
    if let Some(mut held) = folio(desk.txn, house, &party_of(&attempt))? {
        if attempt.version == DEPOSIT {
            held.value.deposit = Some((step.attempt, attempt.amount));
        } else {
            held.value.paid.push((step.attempt, attempt.amount));
        }
        save(desk.txn, &held)?;
        let what = if attempt.version == DEPOSIT { ("押金", "a deposit") } else { ("房费", "the bill") };
        let names = step.venue.names();
        let text = Words::new(
            format!("在{}支付{} {}", names.zh, what.0, attempt.amount),
            format!("Paid {} of {} at {}", what.1, attempt.amount, names.en),
        );
        desk.log(attempt.payer, text, &[], json!({"amount_fen": attempt.amount, "attempt": step.attempt}));
        shown_again(desk, step, house, &held.value)?;
    }
    let outcome = paid(&attempt);
    desk.answer = Some(Ok(outcome.clone()));
    Ok(outcome)
}

/// There is no money, or no more.
///
/// # Errors
/// Of the store.
pub fn decline(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    if let Declined::WasSettled(attempt) = home::decline(desk, step)?
        && let Some(mut held) = folio(desk.txn, house, &party_of(&attempt))?
    {
        held.value.deposit.take_if(|(paid_by, _)| *paid_by == step.attempt);
        held.value.paid.retain(|(paid_by, _)| *paid_by != step.attempt);
        save(desk.txn, &held)?;
        shown_again(desk, step, house, &held.value)?;
    }
    Ok(noted())
}

fn shown_again(desk: &mut Desk<'_>, step: &Step<'_>, house: Id, folio: &Folio) -> Result<(), Stop> {
    if let Some(mut held) = records::stay(desk.txn, house, &folio.party)? {
        mirror(desk, step, &mut held.value)?;
        save(desk.txn, &held)?;
    }
    Ok(())
}

/// What a refund's leg in the payer's bucket needs.
#[derive(Debug, Serialize, Deserialize)]
struct GoesBack {
    payer: Id,
    paid_by: Id,
    amount: Fen,
}

/// Closes a party's account: the bill is taken from the deposit where it is not paid, and the rest goes back.
///
/// # Errors
/// `stay.unpaid` when the deposit is not enough.
pub fn close(desk: &mut Desk<'_>, step: &Step<'_>, house: Id, party: &str) -> Result<Fen, Stop> {
    let Some(mut held) = folio(desk.txn, house, party)? else { return Ok(Fen::ZERO) };
    if held.value.closed {
        return Ok(Fen::ZERO);
    }
    let (owed, deposit) = (held.value.owed().max(0), held.value.deposit_fen());
    if owed > deposit {
        let short = Fen::new(owed - deposit);
        return Err(refusals::unpaid()
            .titled(Words::new(format!("还差 {short} 未付"), format!("{short} is still to be paid")))
            .into());
    }
    let back = Fen::new(deposit - owed);
    held.value.refunded = back;
    held.value.closed = true;
    save(desk.txn, &held)?;
    let payer = held.value.payer;
    if let Some((paid_by, _)) = held.value.deposit.filter(|_| back.get() > 0) {
        desk.message(payer.bucket(), legs::REFUND, &GoesBack { payer, paid_by, amount: back });
        let names = step.venue.names();
        let text = Words::new(
            format!("{}退回押金 {back}", names.zh),
            format!("{back} of the deposit went back, from {}", names.en),
        );
        desk.log(payer, text, &[], json!({"amount_fen": back}));
    }
    Ok(back)
}

/// In the payer's bucket: a part of the deposit goes back into the purse it came from, once.
///
/// # Errors
/// Of the store.
pub fn refund(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let back: GoesBack = step.input.typed()?;
    let id = derived_in(desk.txn.bucket(), &[b"deposit back", back.paid_by.as_bytes()]);
    let account = purse(back.payer);
    if order::refund(desk.txn, back.paid_by, id, (&account, back.amount), desk.now)? == Refunded::NotPaid {
        // The payment's own last leg is still on its way.
        desk.timer(desk.now.plus_s(REFUND_AGAIN_S), legs::REFUND, &back);
    }
    Ok(noted())
}
