//! 政务服务大厅窗口扫码授权使用电子证照: a window asks by matter, the holder agrees with one tap, the window sees annotated copies.
//!
//! Grants are decided in the holder's bucket, where the certificates are. What the venue has to acknowledge lies in a
//! bucket of its own (`withdrawals` of the venue).
//!
//! # A worked example
//! 1. Mrs Chen applies for a residence permit. The clerk scans her code and picks the matter: `request {matter:
//!    "residence"}`. The template says which fields of which certificates; the step is refused as `consent.needed`.
//! 2. Her phone shows who asks, where, through which clerk, each field with its purpose, how long it is kept and to whom
//!    it is passed on. She leaves out her telephone number and taps “agree”; the identity card is sensitive, so she types
//!    her PIN.
//! 3. The same step runs again and gives a grant: the window fetches the copies, each marked with what it is for, until
//!    when, and the receipt's number. One that was suspended meanwhile is a result with that word and without fields.
//! 4. `close {grant}`: nothing more is fetched. A week later she withdraws: the window finds it on its list and has to
//!    `acknowledge {grant}`; past the deadline she is told that it did not.

mod card;
mod matters;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::disclose::grant::{self, Grant, Terms, Withdrawal};
use tongma_capability::{Cause, Desk, Place, Scenario, Schema, Step, Stop, disclose};
use tongma_domain::{Card, Id, Outcome, Refusal, TEMPLATE_FIELD, Template, UnixMs, Words};

use self::card::CARD;
use crate::t;

/// The scenario.
#[derive(Debug, Clone, Copy)]
pub struct Entry;

/// The most withdrawals a list shows.
const MOST_LISTED: usize = 50;

/// What the legs tell each other.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    grant: Id,
    at: UnixMs,
}

impl Scenario for Entry {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn templates(&self) -> &'static [Template] {
        matters::TEMPLATES
    }

    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        match step.action {
            "close" | "withdraw" => Ok(Place::Thing(step.input.reference("grant").ok_or_else(grant::unknown)?)),
            "acknowledge" | "list" if step.cause == Cause::Point => Ok(Place::Thing(list_of(step.venue.id))),
            _ => Ok(Place::Holder),
        }
    }

    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        match step.action {
            "request" => request(desk, step),
            "close" => close(desk, step),
            "withdraw" => withdraw(desk, step),
            "acknowledge" => acknowledge(desk, step),
            "withdrawn" => withdrawn(desk, step),
            "overdue" => overdue(desk, step),
            "acknowledged" => acknowledged(desk, step),
            "late" => late(desk, step),
            _ => Err(card::unknown_action().into()),
        }
    }

    /// For a point: withdrawals that wait for an acknowledgement, the most urgent first.
    fn list(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        if step.cause != Cause::Point {
            return Ok(Vec::new());
        }
        let waiting = grant::waiting(desk.txn, list_of(step.venue.id), MOST_LISTED)?;
        let row = |one: Withdrawal| {
            json!({
                "grant": one.grant, "receipt": one.receipt_number, "matter": matter_words(&one.template),
                "pseudonym": one.pseudonym, "at_ms": one.at, "acknowledge_by_ms": one.acknowledge_by,
                "overdue": step.now > one.acknowledge_by, "actions": ["acknowledge"],
                "words": withdrawn_words(&one),
            })
        };
        Ok(waiting.into_iter().map(row).collect())
    }
}

/// The venue's list of withdrawals: the bucket that decides about acknowledgements.
fn list_of(venue: Id) -> Id {
    Id::derived(&[venue.as_bytes(), b"withdrawals"])
}

fn template_of(id: &str) -> Result<&'static Template, Refusal> {
    matters::TEMPLATES.iter().find(|template| template.id == id).ok_or_else(card::unknown_matter)
}

fn matter_words(id: &str) -> Words {
    template_of(id).map_or_else(|_| Words::new(id.to_owned(), id.to_owned()), |template| template.name.into())
}

fn withdrawn_words(one: &Withdrawal) -> Words {
    let matter = matter_words(&one.template);
    Words::new(
        format!("已收回：{}，凭据 {}", matter.zh, one.receipt_number),
        format!("Withdrawn: {}, receipt {}", matter.en, one.receipt_number),
    )
}

/// The clerk picks a matter: the holder is asked for what its template names, and gives all or some of it.
fn request(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let holder = step.holder()?;
    let template = template_of(step.input.text(TEMPLATE_FIELD).unwrap_or_default())?;
    let permitted = grant::permitted(template, &CARD, step.venue, holder.age_class(step.now));
    if !permitted.iter().any(|item| item.required) {
        return Err(card::not_for_them().into());
    }
    if !holder.agreed {
        let (zh, en) = (template.name.zh, template.name.en);
        let asks = Words::new(format!("办理“{zh}”，请授权使用证照"), format!("For “{en}”: may your certificates be used?"));
        return Err(disclose::consent_needed().titled(asks).into());
    }
    let terms = Terms { fetch_s: step.venue.setting(&CARD, "fetch_min") * 60 };
    let given = grant::give(desk.txn, (&CARD, template), step, holder, terms)?;
    let (certificates, all_good) = certificates(desk, &given)?;
    let detail = json!({
        "matter": template.name, "receipt": given.receipt_number, "grant": given.id, "until_ms": given.fetch_until,
        "certificates": certificates,
    });
    let text = Words::new(
        format!("已授权：{}，凭据 {}", template.name.zh, given.receipt_number),
        format!("Granted: {}, receipt {}", template.name.en, given.receipt_number),
    );
    let kept = json!({
        "receipt": given.receipt_number, "matter": template.name, "items": given.item_ids(),
        "kept_back": given.kept_back, "fetch_until_ms": given.fetch_until, "keep_until_ms": given.keep_until,
    });
    desk.log(holder.person, text, &given.claims(), kept);
    let message = Words::new(
        format!("凭据 {}，请在有效时间内查看加注件", given.receipt_number),
        format!("Receipt {}: look at the annotated copies while it serves", given.receipt_number),
    );
    Ok(if all_good {
        Outcome::done(t("已授权", "Granted"), message, detail)
    } else {
        Outcome::ask(t("部分证照不可用", "Not all usable"), message, detail)
    })
}

/// What each certificate is worth now, as a result for the desk, and whether all are in force.
fn certificates(desk: &mut Desk<'_>, given: &Grant) -> Result<(Vec<Value>, bool), Stop> {
    let (mut rows, mut all_good) = (Vec::new(), true);
    for (kind, identifier) in given.certificates() {
        let standing = grant::standing_of(desk.txn, given.person, identifier, desk.now)?;
        all_good &= standing == Some(tongma_capability::certificate::Standing::Good);
        rows.push(json!({"name": grant::kind_words(kind), "state": grant::standing_words(standing)}));
    }
    Ok((rows, all_good))
}

fn close(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let id = step.input.reference("grant").ok_or_else(grant::unknown)?;
    let closed = grant::close(desk.txn, id, step.venue.organisation, step.now)?;
    if closed.ended == Some(step.now) {
        let text = Words::new(
            format!("已办结，不再查看您的证照（凭据 {}）", closed.receipt_number),
            format!("Closed: your certificates are not looked at any more (receipt {})", closed.receipt_number),
        );
        desk.log(closed.person, text, &[], json!({"receipt": closed.receipt_number}));
    }
    let message = Words::new("加注件不再可取", "The copies are not fetched any more");
    Ok(Outcome::done(t("已办结", "Closed"), message, json!({"receipt": closed.receipt_number})))
}

fn withdraw(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let id = step.input.reference("grant").ok_or_else(grant::unknown)?;
    let by = step.now.plus_days(step.venue.setting(&CARD, "acknowledge_days"));
    let (taken, fresh) = grant::withdraw(desk.txn, id, step.holder()?.person, (step.now, by))?;
    if fresh {
        let list = list_of(taken.venue);
        let told = Withdrawal {
            v: Schema,
            grant: id,
            list,
            organisation: taken.organisation,
            receipt_number: taken.receipt_number.clone(),
            template: taken.template.clone(),
            pseudonym: taken.pseudonym.clone(),
            at: step.now,
            acknowledge_by: by,
            acknowledged: None,
        };
        desk.message(list.bucket(), "withdrawn", &told);
        let text = Words::new(
            format!("已收回授权，已通知场所（凭据 {}）", taken.receipt_number),
            format!("Withdrawn; the venue has been told (receipt {})", taken.receipt_number),
        );
        desk.log(taken.person, text, &[], json!({"receipt": taken.receipt_number, "acknowledge_by_ms": by}));
    }
    let message = Words::new("场所须在期限内确认并删除", "The venue has to acknowledge in time, and delete");
    let detail = json!({"receipt": taken.receipt_number, "acknowledge_by_ms": taken.acknowledge_by});
    Ok(Outcome::done(t("已收回", "Withdrawn"), message, detail))
}

/// In the venue's bucket: it is put on the list, and its deadline is set.
fn withdrawn(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let told: Withdrawal = step.input.typed()?;
    grant::note_withdrawal(desk.txn, &told)?;
    desk.timer(told.acknowledge_by, "overdue", &About { grant: told.grant, at: told.acknowledge_by });
    Ok(nothing_to_show())
}

fn acknowledge(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let id = step.input.reference("grant").ok_or_else(grant::unknown)?;
    let operator = step.operator.unwrap_or_default();
    let done = grant::acknowledge(desk.txn, id, step.venue.organisation, (step.now, operator))?;
    let at = done.acknowledged.map_or(step.now, |(at, _)| at);
    desk.message(id.bucket(), "acknowledged", &About { grant: id, at });
    let message = Words::new("本人会看到您的确认", "The holder sees that you acknowledged");
    Ok(Outcome::done(t("已确认", "Acknowledged"), message, json!({"receipt": done.receipt_number})))
}

/// In the person's bucket again: the venue has acknowledged.
fn acknowledged(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let about: About = step.input.typed()?;
    let known = grant::note_acknowledged(desk.txn, about.grant, about.at)?;
    let text = Words::new(
        format!("场所已确认收回（凭据 {}）", known.receipt_number),
        format!("The venue acknowledged your withdrawal (receipt {})", known.receipt_number),
    );
    desk.log(known.person, text, &[], json!({"receipt": known.receipt_number}));
    Ok(nothing_to_show())
}

/// The deadline: a venue that has not acknowledged is shown to the holder as late.
fn overdue(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let about: About = step.input.typed()?;
    if grant::waits(desk.txn, about.grant)?.is_some() {
        desk.message(about.grant.bucket(), "late", &about);
    }
    Ok(nothing_to_show())
}

fn late(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let about: About = step.input.typed()?;
    let known = grant::of_venue(desk.txn, about.grant, step.venue.organisation)?.value;
    if known.acknowledged.is_none() {
        let text = Words::new(
            format!("场所逾期未确认收回（凭据 {}），您可以投诉", known.receipt_number),
            format!("The venue has not acknowledged in time (receipt {}); you can complain", known.receipt_number),
        );
        desk.log(known.person, text, &[], json!({"receipt": known.receipt_number, "overdue": true}));
    }
    Ok(nothing_to_show())
}

fn nothing_to_show() -> Outcome {
    Outcome::done(t("已记录", "Noted"), Words::default(), Value::Null)
}
