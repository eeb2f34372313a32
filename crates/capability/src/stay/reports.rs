//! Reports to the authority: queued per stay, sent one after the other, each until it is taken. A report that waits blocks
//! nothing and is seen by staff; one that is put back is corrected and sent anew under a new number that names the old.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_domain::{DocumentKind, Id, Outcome, Text, UnixMs, Words};
use tongma_store::{Held, save};

use super::minors::Company;
use super::records::{self, Report, ReportState, Stay};
use super::rooms::mirror;
use super::{House, house_of, legs, noted, refusals};
use crate::{Cause, Desk, Reply, Step, Stop, deliver, derived_in};

/// The first pause before a report is sent again, and the longest; it doubles in between.
const AGAIN_AFTER_S: i64 = 60;
const AGAIN_AT_MOST_S: i64 = 600;
/// How long before the law's time ends staff are told that a report still waits.
const BEFORE_DEADLINE_S: i64 = 4 * 3600;

/// What the legs of a report need.
#[derive(Debug, Serialize, Deserialize)]
struct Of {
    stay: String,
    #[serde(default)]
    seq: i64,
}

/// Queues a report of what happened to a stay, and sends it if none before it waits. The caller saves the stay.
pub fn queue(desk: &mut Desk<'_>, step: &Step<'_>, house: &House, stay: &mut Stay, op: &str) {
    let seq = stay.reports.len() + 1;
    let alarm = desk.now.plus_s(60 * house.setting(step.venue, "report_alarm_min"));
    let deadline = (stay.document == DocumentKind::Passport && op == "arrive")
        .then(|| desk.now.plus_s(3600 * house.setting(step.venue, "foreign_report_h")));
    stay.reports.push(Report {
        business_no: business_no(stay, seq),
        request: request(step, stay, op, seq, None),
        state: ReportState::Waiting,
        since: desk.now,
        deadline,
        sent: 0,
        in_flight: false,
        alarmed: false,
    });
    let of = Of { stay: stay.number.clone(), seq: i64::try_from(seq).unwrap_or_default() };
    for at in [Some(alarm), deadline.map(|end| end.plus_s(-BEFORE_DEADLINE_S))].into_iter().flatten() {
        desk.timer(at, legs::WATCH, &of);
    }
    send_head(desk, stay);
}

/// The number of a report at the authority. Nothing of an internal id can be read from it.
fn business_no(stay: &Stay, seq: usize) -> String {
    let id = Id::derived(&[b"lodging report", stay.house.as_bytes(), stay.number.as_bytes()]).to_string();
    format!("L{}-{seq}", id.get(..20).unwrap_or(&id))
}

/// What a report says: what the house knows, and sealed what it only wrote down.
fn request(step: &Step<'_>, stay: &Stay, op: &str, seq: usize, corrects: Option<&str>) -> Value {
    let registration = step.venue.premises.certifications.get("registration").map(|held| held.number.as_str());
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    put("op", op.into());
    put("house", step.venue.name_zh.clone().into());
    put("house_registration", registration.into());
    put("stay", stay.number.clone().into());
    put("seq", seq.into());
    put("corrects", corrects.into());
    put("role", json!(stay.role));
    put("room", stay.room.clone().into());
    put("party", stay.party.clone().into());
    put("relation", stay.relation.clone().into());
    put("from_ms", json!(stay.arrived));
    put("until_ms", json!(stay.until));
    put("minor", json!(stay.minor));
    put("foreign", json!(stay.foreign));
    Value::Object(fields)
}

/// Sends the first report that has not been taken, unless it is on its way or has to be corrected first.
fn send_head(desk: &mut Desk<'_>, stay: &mut Stay) {
    let person = stay.person;
    let settled = |report: &&mut Report| !matches!(report.state, ReportState::Accepted { .. } | ReportState::Replaced);
    if let Some(head) = stay.reports.iter_mut().find(settled)
        && head.state == ReportState::Waiting
        && !head.in_flight
    {
        dispatch(desk, person, head);
    }
}

fn dispatch(desk: &mut Desk<'_>, person: Id, report: &mut Report) {
    let mut request = report.request.clone();
    if let Value::Object(fields) = &mut request {
        fields.insert("again".into(), Value::from(report.sent > 0));
    }
    report.sent = report.sent.saturating_add(1);
    report.in_flight = true;
    desk.report(&report.business_no, person, &request, legs::ANSWERED);
}

fn of_step(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Option<(Held<Stay>, i64)>, Stop> {
    let Of { stay, seq } = step.input.typed()?;
    Ok(records::stay(desk.txn, house_of(step.venue), &stay)?.map(|held| (held, seq)))
}

fn of_seq(stay: &mut Stay, seq: i64) -> Option<&mut Report> {
    stay.reports.iter_mut().find(|report| report.request.get("seq").and_then(Value::as_i64) == Some(seq))
}

/// The authority's answer to a report.
///
/// # Errors
/// Of the store.
pub fn answered(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Cause::Reply(reply) = &step.cause else { return Ok(noted()) };
    let Some((mut held, seq)) = of_step(desk, step)? else { return Ok(noted()) };
    let now = desk.now;
    let Some(report) = of_seq(&mut held.value, seq) else { return Ok(noted()) };
    report.in_flight = false;
    if report.state != ReportState::Waiting {
        return Ok(noted());
    }
    let (sent, op) = (report.sent, report.request.get("op").and_then(Value::as_str).unwrap_or_default().to_owned());
    match reply {
        Reply::Success { detail } => {
            let receipt = detail.get("receipt").and_then(Value::as_str).unwrap_or_default().to_owned();
            report.state = ReportState::Accepted { receipt: receipt.clone(), at: now };
            report.alarmed = false;
            accepted(desk, step, &held.value, &op, &receipt)?;
            send_head(desk, &mut held.value);
        }
        Reply::Failure { code } => {
            let correct = code.starts_with("authority.correct.");
            report.state = if correct {
                ReportState::Correct { code: code.clone() }
            } else {
                ReportState::Rejected { code: code.clone() }
            };
            report.alarmed = true;
        }
        Reply::Unknown => {
            let pause = AGAIN_AFTER_S.saturating_mul(1 << sent.min(5).saturating_sub(1)).min(AGAIN_AT_MOST_S);
            desk.timer(now.plus_s(pause), legs::SEND, &Of { stay: held.value.number.clone(), seq: 0 });
        }
    }
    mirror(desk, step, &mut held.value)?;
    save(desk.txn, &held)?;
    Ok(noted())
}

/// The person's receipt of a report that was taken: a document, and a line in the log.
fn accepted(desk: &mut Desk<'_>, step: &Step<'_>, stay: &Stay, op: &str, receipt: &str) -> Result<(), Stop> {
    if op == "concern" {
        return Ok(());
    }
    let names = step.venue.names();
    let (zh, en) = match op {
        "arrive" => ("入住登记", "your arrival"),
        "depart" => ("离店", "your departure"),
        "visit" => ("访客登记", "your visit"),
        _ => ("住宿变更", "a change of your stay"),
    };
    let text = Words::new(
        format!("公安机关已收到{}的{zh}，回执 {receipt}", names.zh),
        format!("The police have taken {en} at {}: receipt {receipt}", names.en),
    );
    desk.log(stay.person, text, &[], json!({"receipt_no": receipt, "stay_number": stay.number}));
    if op == "arrive" {
        let told = Words::new(
            format!("您在{}的住宿登记已报送", names.zh),
            format!("Your stay at {} has been registered", names.en),
        );
        desk.notify(stay.person, "stay_uploaded", told);
        let body = json!({
            "house": names, "room": stay.room, "number": stay.number, "from_ms": stay.arrived,
            "until_ms": stay.until, "receipt": receipt,
        });
        let id = derived_in(desk.txn.bucket(), &[b"lodging receipt", stay.house.as_bytes(), stay.number.as_bytes()]);
        let title = Words::new("住宿登记回执", "Receipt of the lodging registration");
        let publish = deliver::Publish { id, subject: stay.person, kind: "lodging_receipt", title, body };
        deliver::publish(desk.txn, publish, desk.now)?;
    }
    Ok(())
}

/// Time to send again what waits.
///
/// # Errors
/// Of the store.
pub fn send(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    if let Some((mut held, _)) = of_step(desk, step)? {
        send_head(desk, &mut held.value);
        save(desk.txn, &held)?;
    }
    Ok(noted())
}

/// Time to look: a report that still is not taken is shown to staff as an alarm.
///
/// # Errors
/// Of the store.
pub fn watch(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    if let Some((mut held, seq)) = of_step(desk, step)?
        && let Some(report) = of_seq(&mut held.value, seq)
        && !matches!(report.state, ReportState::Accepted { .. } | ReportState::Replaced)
    {
        report.alarmed = true;
        save(desk.txn, &held)?;
    }
    Ok(noted())
}

/// Staff put right what the authority put back. What is wrong with the person's own document is put right where the person
/// is enrolled; sending anew then takes the corrected record.
///
/// # Errors
/// `stay.unknown`, `report.nothing_to_correct`, `stay.minor_relation`.
pub fn correct(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let house = house_of(step.venue);
    let number = step.input.text("number").unwrap_or_default();
    let mut held = records::stay(desk.txn, house, number)?.ok_or_else(refusals::unknown_stay)?;
    let back = |report: &Report| matches!(report.state, ReportState::Correct { .. });
    let place = held.value.reports.iter().position(back).ok_or_else(refusals::nothing_to_correct)?;
    amend(step, &mut held.value)?;
    let seq = held.value.reports.len() + 1;
    let (business_no, stay) = (business_no(&held.value, seq), &mut held.value);
    if let Some(old) = stay.reports.get(place).cloned() {
        let op = old.request.get("op").and_then(Value::as_str).unwrap_or("arrive").to_owned();
        let request = request(step, stay, &op, seq, Some(&old.business_no));
        if let Some(old) = stay.reports.get_mut(place) {
            old.state = ReportState::Replaced;
            old.alarmed = false;
        }
        let fresh = Report {
            business_no,
            request,
            state: ReportState::Waiting,
            sent: 0,
            in_flight: false,
            alarmed: false,
            ..old
        };
        stay.reports.insert(place + 1, fresh);
    }
    send_head(desk, stay);
    mirror(desk, step, stay)?;
    save(desk.txn, &held)?;
    let words = Words::new(format!("登记 {number} 的更正已报送"), format!("The correction of {number} is on its way"));
    Ok(Outcome::done(Text::new("已更正", "Corrected"), words, json!({"number": number, "room": held.value.room})))
}

fn amend(step: &Step<'_>, stay: &mut Stay) -> Result<(), Stop> {
    let text = |id: &str| step.input.text(id).map(str::to_owned);
    if let Some(relation) = text("relation") {
        stay.relation = relation;
    }
    if let Some(foreign) = &mut stay.foreign {
        foreign.visa_number = text("visa_number").or_else(|| foreign.visa_number.take());
        foreign.entry_date = step.input.date("entry_date").unwrap_or(foreign.entry_date);
    }
    if let Some(minor) = &mut stay.minor {
        if let Some(phone) = text("guardian_phone") {
            minor.guardian_phone = phone;
        }
        if let Some(company) = text("company") {
            minor.company = Company::parse(&company).ok_or_else(refusals::minor_relation)?;
        }
    }
    Ok(())
}

/// Staff report a suspicion about a room to the police: at once, whatever waits. The screen says no more than that.
///
/// # Errors
/// `stay.room_empty`.
pub fn concern(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let room = step.input.text("room").unwrap_or_default();
    let guests = records::guests(desk.txn, house_of(step.venue), room)?;
    let minor_first = guests.iter().position(|held| held.value.under_18).unwrap_or_default();
    let mut held = guests.into_iter().nth(minor_first).ok_or_else(refusals::room_empty)?;
    let seq = held.value.reports.len() + 1;
    let mut request = request(step, &held.value, "concern", seq, None);
    if let Value::Object(fields) = &mut request {
        fields.insert("note".into(), json!(step.input.text("note")));
    }
    let mut report = Report {
        business_no: business_no(&held.value, seq),
        request,
        state: ReportState::Waiting,
        since: desk.now,
        deadline: None,
        sent: 0,
        in_flight: false,
        alarmed: false,
    };
    dispatch(desk, held.value.person, &mut report);
    held.value.reports.push(report);
    save(desk.txn, &held)?;
    let words = Words::new(
        "已报告公安机关；请联系监护人，保护未成年人安全",
        "The police have been told; call the guardian and keep the minor safe",
    );
    Ok(Outcome::done(Text::new("已报告", "Reported"), words, json!({"room": room})))
}

/// How a stay's reports stand, in one word for the sheet.
pub fn standing(stay: &Stay, now: UnixMs) -> (&'static str, bool) {
    let worst = stay
        .reports
        .iter()
        .find(|report| !matches!(report.state, ReportState::Accepted { .. } | ReportState::Replaced));
    match worst {
        None if stay.reports.is_empty() => ("none", false),
        None => ("accepted", false),
        Some(report) => {
            let late = report.deadline.is_some_and(|deadline| deadline.plus_s(-BEFORE_DEADLINE_S) <= now);
            match report.state {
                ReportState::Correct { .. } => ("correct", true),
                ReportState::Rejected { .. } => ("rejected", true),
                _ => ("waiting", report.alarmed || late),
            }
        }
    }
}
