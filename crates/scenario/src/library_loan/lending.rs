//! Lending, taking back and renewing copies.

use serde_json::{Map, Value, json};
use tongma_capability::handover::{self, Given, Loan, TakenBack};
use tongma_capability::{Desk, Step, Stop, disclose};
use tongma_domain::{AgeClass, Claim, Date, Fen, Id, Outcome, Refusal, Text, UnixMs, Venue, Words};

use super::account;
use super::holds;
use super::card::{CARD, fine_owed, item_out, limit, not_yours, overdue, renewed_out, too_early, unknown_item, wanted};

/// More loans than any venue may allow: the bound of every list.
pub const MOST_LOANS: usize = 100;

/// Registers a copy, or corrects the title of one.
pub fn add_copy(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (code, title) = (step.input.text("barcode").unwrap_or_default(), step.input.text("title").unwrap_or_default());
    handover::register(desk.txn, step.venue.thing("union"), code, title)?;
    let words = Words::new(format!("《{title}》已登记"), format!("“{title}” is registered"));
    Ok(Outcome::done(Text::new("已登记", "Registered"), words, json!({"barcode": code, "title": title})))
}

/// Lends every scanned copy, or none.
pub fn borrow(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (union, holder) = (step.venue.thing("union"), step.holder()?);
    let claims = [Claim::VenueNumber, Claim::AgeClass];
    let released = disclose::at_counter(desk.txn, &CARD, step, holder, &claims)?;
    let mut reader = account::reader_or_new(desk, step, holder)?;
    let before = handover::open_loans(desk.txn, union, holder.person, MOST_LOANS)?;
    let (fresh, loans) = lend_all(desk, step, union, holder.person)?;
    if !fresh.is_empty() {
        if before.iter().any(|loan| loan.is_overdue(desk.now)) {
            return Err(overdue().into());
        }
        if reader.value.fine.get() >= step.venue.setting(&CARD, "fine_block_fen") {
            return Err(fine_owed().into());
        }
        let child = holder.age_class(desk.now) == AgeClass::Child;
        reader.value.child = child;
        let most = step.venue.setting(&CARD, if child { "child_loan_limit_items" } else { "loan_limit_items" });
        if i64::try_from(before.len() + fresh.len()).unwrap_or(i64::MAX) > most {
            return Err(limit_named(most).into());
        }
        reader.value.open = u32::try_from(before.len() + fresh.len()).unwrap_or(u32::MAX);
        reader.value = account::keep(desk, union, reader.clone())?;
        for loan in &fresh {
            desk.mirror(loan.person, "loan", loan.id, mirrored(loan, step.venue), loan.revision);
        }
        log_lent(desk, step, holder.person, &fresh, &released);
    }
    let mut detail = Map::new();
    released.show(&mut detail, Claim::VenueNumber, "reader_number", reader.value.number.as_str());
    let class = if holder.age_class(desk.now) == AgeClass::Child { "child" } else { "adult" };
    released.show(&mut detail, Claim::AgeClass, "age_class", class);
    detail.insert("items".into(), loans.iter().map(at_desk).collect());
    let words = Words::new(format!("借出 {} 册", loans.len()), format!("{} on loan", loans.len()));
    Ok(Outcome::done(Text::new("已借出", "Lent"), words, Value::Object(detail)))
}

/// Hands over each scanned copy once; gives those that are new, and all of them. A copy this reader has already (the
/// reply to an earlier attempt was lost) is given as it is.
fn lend_all(desk: &mut Desk<'_>, step: &Step<'_>, union: Id, person: Id) -> Result<(Vec<Loan>, Vec<Loan>), Stop> {
    let due = end_of_day_after(desk.now, step.venue.setting(&CARD, "loan_days"));
    let (mut fresh, mut loans): (Vec<Loan>, Vec<Loan>) = (Vec::new(), Vec::new());
    for code in step.input.texts("items") {
        if loans.iter().any(|loan| loan.code == code) {
            continue;
        }
        let own = holds::may_lend(desk, union, person, code)?;
        let id = step.attempt.beside(desk.txn.bucket(), &[b"loan", code.as_bytes()]);
        match handover::give(desk.txn, (union, code), person, id, (desk.now, due))? {
            Given::Fresh(loan) => {
                if let Some(own) = own {
                    holds::fulfil(desk, own)?;
                }
                fresh.push(loan.clone());
                loans.push(loan);
            }
            Given::Already(loan) => loans.push(loan),
            Given::Elsewhere => return Err(naming(item_out(), code).into()),
            Given::Unknown => return Err(naming(unknown_item(), code).into()),
        }
    }
    Ok((fresh, loans))
}

/// Takes copies back. The book is enough; whose it was is told to nobody at the desk.
pub fn give_back(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let union = step.venue.thing("union");
    let (mut items, mut was_here, mut fine_sum, mut aside) = (Vec::new(), 0, 0, 0);
    for code in step.input.texts("items") {
        match handover::take_back(desk.txn, union, code, desk.now)? {
            TakenBack::Unknown => return Err(naming(unknown_item(), code).into()),
            TakenBack::WasHere(item) => {
                was_here += 1;
                let shelf = holds::came_in(desk, step, code)?;
                aside += usize::from(shelf.is_some());
                items.push(with(json!({"barcode": item.code, "title": item.title, "was_on_loan": false}), shelf));
            }
            TakenBack::Closed(loan) => {
                let child = account::reader(desk.txn, union, loan.person)?.is_some_and(|held| held.value.child);
                let (late_days, fine) = fine_of(&loan, desk.now, step.venue, child);
                fine_sum += fine.get();
                close(desk, step, &loan, fine)?;
                let shelf = holds::came_in(desk, step, code)?;
                aside += usize::from(shelf.is_some());
                let item = json!({"barcode": loan.code, "title": loan.title, "was_on_loan": true, "late_days": late_days, "fine_fen": fine});
                items.push(with(item, shelf));
            }
        }
    }
    let count = items.len();
    let detail = json!({"items": items, "fine_fen": fine_sum});
    if aside > 0 {
        let words = Words::new(
            format!("收回 {count} 册，其中 {aside} 册有人预约，请按明细放预约架或送馆"),
            format!("{count} taken back; {aside} on hold: to the pick-up shelf or to be sent, as listed"),
        );
        return Ok(Outcome::ask(Text::new("有预约", "On hold"), words, detail));
    }
    if was_here > 0 {
        let words = Words::new(format!("其中 {was_here} 册本来就在馆"), format!("{was_here} of them were not on loan"));
        return Ok(Outcome::ask(Text::new("请核对", "Please check"), words, detail));
    }
    let fine = Fen::new(fine_sum);
    let words = if fine_sum > 0 {
        Words::new(
            format!("收回 {count} 册，逾期费 {fine} 已记入账户"),
            format!("{count} taken back; {fine} for lateness is on the account"),
        )
    } else {
        Words::new(format!("收回 {count} 册"), format!("{count} taken back"))
    };
    Ok(Outcome::done(Text::new("已归还", "Returned"), words, detail))
}

fn close(desk: &mut Desk<'_>, step: &Step<'_>, loan: &Loan, fine: Fen) -> Result<(), Stop> {
    let union = step.venue.thing("union");
    if let Some(mut held) = account::reader(desk.txn, union, loan.person)? {
        held.value.open = held.value.open.saturating_sub(1);
        held.value.fine = held.value.fine.checked_add(fine).unwrap_or(held.value.fine);
        account::keep(desk, union, held)?;
    }
    desk.mirror(loan.person, "loan", loan.id, Value::Null, loan.revision);
    let names = step.venue.names();
    let (late_zh, late_en) = match fine.get() {
        1.. => (format!("，逾期费 {fine}"), format!("; {fine} for lateness")),
        _ => (String::new(), String::new()),
    };
    let text = Words::new(
        format!("在{}归还《{}》{late_zh}", names.zh, loan.title),
        format!("Returned “{}” at {}{late_en}", loan.title, names.en),
    );
    desk.log(loan.person, text, &[], json!({"barcode": loan.code, "fine_fen": fine}));
    Ok(())
}

/// Renews a loan of the person: once or so often as the union allows, and not when it is late.
pub fn renew(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let (union, holder) = (step.venue.thing("union"), step.holder()?);
    let code = step.input.text("item").unwrap_or_default();
    let held = handover::open_loan(desk.txn, union, code)?.filter(|held| held.value.person == holder.person);
    let held = held.ok_or_else(|| naming(not_yours(), code))?;
    if held.value.is_overdue(desk.now) {
        return Err(overdue().into());
    }
    if holds::is_wanted(desk, union, holder.person, code)? {
        return Err(wanted().into());
    }
    if i64::from(held.value.renewals) >= step.venue.setting(&CARD, "renewals_most") {
        return Err(renewed_out().into());
    }
    let due = end_of_day_after(desk.now, step.venue.setting(&CARD, "loan_days"));
    if due <= held.value.due {
        return Err(no_longer(held.value.due).into());
    }
    let loan = handover::renew(desk.txn, held, due)?;
    desk.mirror(loan.person, "loan", loan.id, mirrored(&loan, step.venue), loan.revision);
    let text = Words::new(
        format!("续借《{}》至 {}", loan.title, loan.due.date()),
        format!("Renewed “{}” until {}", loan.title, loan.due.date()),
    );
    desk.log(loan.person, text.clone(), &[], json!({"barcode": loan.code, "due": loan.due}));
    Ok(Outcome::done(Text::new("已续借", "Renewed"), text, json!({"items": [at_desk(&loan)]})))
}

fn log_lent(desk: &mut Desk<'_>, step: &Step<'_>, person: Id, loans: &[Loan], released: &disclose::Released) {
    let names = step.venue.names();
    let titles: Vec<String> = loans.iter().map(|loan| format!("《{}》", loan.title)).collect();
    let text = Words::new(
        format!("在{}借出{}", names.zh, titles.join("、")),
        format!("Borrowed {} at {}", titles.join(", "), names.en),
    );
    let codes: Vec<&str> = loans.iter().map(|loan| loan.code.as_str()).collect();
    desk.log(person, text, &released.claims, json!({"barcodes": codes, "receipt": released.receipt}));
}

/// Days late and what they cost: each Beijing calendar day after the due day, up to the item's cap.
fn fine_of(loan: &Loan, returned: UnixMs, venue: &Venue, child: bool) -> (i64, Fen) {
    let late_days = (returned.date().to_days() - loan.due.date().to_days()).max(0);
    let owed = late_days.saturating_mul(venue.setting(&CARD, "fine_fen_per_day"));
    let capped = owed.min(venue.setting(&CARD, "fine_cap_fen_per_item"));
    let percent = if child { venue.setting(&CARD, "child_fine_percent") } else { 100 };
    (late_days, Fen::new(capped.saturating_mul(percent) / 100))
}

/// An item of the desk's list, with what has to be done about its hold.
fn with(mut item: Value, shelf: Option<Map<String, Value>>) -> Value {
    if let (Some(members), Some(shelf)) = (item.as_object_mut(), shelf) {
        members.extend(shelf);
    }
    item
}

/// The last millisecond of the day so many days after this one.
pub fn end_of_day_after(now: UnixMs, days: i64) -> UnixMs {
    let next = Date::from_days(now.date().to_days() + days + 1).start();
    UnixMs::from_millis(next.as_millis() - 1)
}

/// A loan as the person sees it.
pub fn mirrored(loan: &Loan, venue: &Venue) -> Value {
    let left = venue.setting(&CARD, "renewals_most").saturating_sub(i64::from(loan.renewals)).max(0);
    let actions: &[&str] = if left > 0 { &["renew"] } else { &[] };
    json!({"barcode": loan.code, "title": loan.title, "out": loan.out, "due": loan.due, "renewals_left": left, "actions": actions})
}

/// A loan as the desk sees it: nothing of the person.
fn at_desk(loan: &Loan) -> Value {
    json!({"barcode": loan.code, "title": loan.title, "due": loan.due, "due_date": loan.due.date()})
}

pub fn naming(refusal: Refusal, code: &str) -> Refusal {
    let title = Words::new(format!("{}：{code}", refusal.title.zh), format!("{}: {code}", refusal.title.en));
    refusal.titled(title)
}

/// A renewal counts from today: on the day of the loan it would change nothing and be used up all the same.
fn no_longer(due: UnixMs) -> Refusal {
    let due = due.date();
    too_early().titled(Words::new(
        format!("现在续借不会更晚还：应还日期已是 {due}"),
        format!("Renewing now would give no more time: it is due on {due} already"),
    ))
}

fn limit_named(most: i64) -> Refusal {
    limit().titled(Words::new(
        format!("最多可借 {most} 册，已到上限"),
        format!("At most {most} items; the limit is reached"),
    ))
}
