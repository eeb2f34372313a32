//! Applications: the system office reviews, the security office approves.

use axum::{
    Extension, Form as Sent,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tongma_domain::{Id, Text};
use tongma_service::{Application, Audience, Handled, Office, Staff, Stage};

use super::{
    In, Who, page_of,
    tables::{Table, Wanted},
    view::{Block, Cell, Field, Form, Page, Tone},
};
use crate::{
    edge::{Edge, Shared},
    problem::{Answer, Language},
};

/// What was decided.
#[derive(Debug, Deserialize)]
pub struct Decision {
    #[serde(default)]
    choice: String,
    #[serde(default)]
    note: String,
}

pub async fn list(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    listed(&edge, &staff, language, &wanted, "/console/review", Text::new("申请审核", "Applications")).await
}

pub async fn approvals(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    listed(&edge, &staff, language, &wanted, "/console/approve", Text::new("接入审批", "Approvals")).await
}

async fn listed(
    edge: &Edge,
    staff: &Staff,
    language: Language,
    wanted: &Wanted,
    at: &str,
    title: Text,
) -> Answer<Response> {
    let mut applications = edge.platform.applications(staff)?;
    // What waits for this office comes first; it is why one opens the page.
    let mine = if staff.office == Office::System { Stage::Applied } else { Stage::Reviewed };
    applications.sort_by_key(|one| one.stage != mine);
    let waiting = applications.iter().filter(|one| one.stage == mine).count();
    let rows = applications.iter().map(|one| row(edge, one, at, language)).collect();
    let table = Table {
        at: at.to_owned(),
        caption: Text::new("全部申请", "All applications"),
        empty: Text::new("还没有申请。公开的申请页是 /apply", "No applications yet. The public page is /apply"),
        columns: vec![
            Text::new("场所", "Venue"),
            Text::new("单位", "Organisation"),
            Text::new("业务", "Service"),
            Text::new("提交时间", "Sent"),
            Text::new("状态", "State"),
        ],
        rows,
        csv: true,
    };
    if wanted.file() {
        edge.platform.note_export(staff, "applications", table.rows.len()).await?;
        return Ok(table.file(wanted, "applications", language));
    }
    let mut page = page_of(staff, language, at, title);
    page.live = true;
    page.lead = match language {
        Language::Chinese => format!("{waiting} 份等您办理。审核与批准由两个岗位的两个人办理。"),
        Language::English => {
            format!("{waiting} waiting for you. Review and approval are done by two people of two offices.")
        }
    };
    Ok(page.with(Block::Table(table.view(wanted, language))).into_response())
}

fn row(edge: &Edge, one: &Application, at: &str, language: Language) -> Vec<Cell> {
    let id = edge.platform.outward(Audience::Administration, one.id);
    vec![
        Cell::text(pick(&one.wanted.venue, language)).to(format!("{at}/{id}")).under(&one.wanted.address),
        Cell::text(pick(&one.wanted.organisation, language)).under(&one.wanted.uscc),
        Cell::text(service(edge, &one.wanted.scenario, language)),
        Cell::text(moment(one.at)).by(one.at.as_millis()),
        stage(one.stage, language),
    ]
}

pub async fn one(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Path(id): Path<String>,
) -> Answer<Page> {
    shown(&edge, &staff, language, &id, "/console/review")
}

pub async fn approval(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Path(id): Path<String>,
) -> Answer<Page> {
    shown(&edge, &staff, language, &id, "/console/approve")
}

fn shown(edge: &Edge, staff: &Staff, language: Language, id: &str, at: &str) -> Answer<Page> {
    let inward = edge.platform.inward(Audience::Administration, id)?;
    let found = edge.platform.applications(staff)?.into_iter().find(|one| one.id == inward);
    let one = found.ok_or_else(crate::extract::no_such_id)?;
    let t = |zh, en| language.pick(Text::new(zh, en));
    let mut page = page_of(staff, language, at, Text::new("申请", "Application"))
        .back(at, Text::new("全部申请", "All applications"))
        .with(Block::Facts(String::new(), facts(edge, &one, language)));
    pick(&one.wanted.venue, language).clone_into(&mut page.title);
    let template = asks(edge, &one.wanted.scenario, language);
    let note = Field::area("note", t("意见", "Note")).optional().hint(t("申请单位能看到", "The applicant reads it"));
    let form = match (staff.office, one.stage) {
        (Office::System, Stage::Applied) => Form::new(format!("{at}/{id}"), t("审核通过，转批准", "Fit: pass on for approval"))
            .titled(t("审核", "Review"))
            .lead(t("核对单位名称与统一社会信用代码、场所是否真实、用途与模板是否相符。", "Check the name against the credit code, that the place is real, and that purpose and template agree."))
            .or(t("退回", "Decline"), "no", Tone::Bad),
        (Office::Security, Stage::Reviewed) => Form::new(format!("{at}/{id}"), t("批准接入", "Approve"))
            .titled(t("批准", "Approval"))
            .lead(t("批准后登记单位、场所和终端，申请单位即可领取配对码。", "With this the organisation, venue and point are registered, and the applicant may fetch a pairing code."))
            .or(t("不批准", "Do not approve"), "no", Tone::Bad),
        _ => return Ok(page.with(template)),
    };
    Ok(page.with(Block::Form(form.with(vec![note]))).with(template))
}

fn facts(edge: &Edge, one: &Application, language: Language) -> Vec<(String, Cell)> {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let wanted = &one.wanted;
    let known = edge.platform.directory().organisations().any(|known| known.name_zh == wanted.organisation.0);
    let organisation = Cell::text(pick(&wanted.organisation, language)).under(if known {
        t("已有同名单位，将并入其名下", "An organisation of this name is registered; this joins it")
    } else {
        t("新单位", "A new organisation")
    });
    let mut rows = vec![
        (t("状态", "State"), stage(one.stage, language)),
        (t("单位", "Organisation"), organisation),
        (
            t("统一社会信用代码", "Unified social credit code"),
            Cell::text(&wanted.uscc).under(t("校验位正确（GB 32100）", "Its check character is right (GB 32100)")),
        ),
        (t("场所", "Venue"), Cell::text(pick(&wanted.venue, language)).under(&wanted.address)),
        (
            t("第一台终端", "First point"),
            Cell::text(pick(&wanted.point, language)).under(language.pick(wanted.kind.name())),
        ),
        (t("业务", "Service"), Cell::text(service(edge, &wanted.scenario, language))),
        (t("用途", "Purpose"), Cell::text(&wanted.purpose)),
        (t("依据", "Basis"), Cell::text(&wanted.basis)),
        (t("提交时间", "Sent"), Cell::text(moment(one.at))),
    ];
    rows.extend(super::house::facts(&wanted.premises, language));
    let handled =
        |handled: &Handled| Cell::text(format!("{} · {}", handled.name, moment(handled.at))).under(&handled.note);
    rows.extend(one.review.as_ref().map(|step| (t("审核", "Reviewed by"), handled(step))));
    rows.extend(one.decision.as_ref().map(|step| (t("批准", "Decided by"), handled(step))));
    rows
}

/// What the template of the scenario lets the point learn.
fn asks(edge: &Edge, scenario: &str, language: Language) -> Block {
    let claims = edge.platform.scenario(scenario).map(|scenario| scenario.card().claims).unwrap_or_default();
    let rows = claims.iter().map(|ask| (claim_name(ask.claim, language).to_owned(), terms(ask, language))).collect();
    Block::Facts(language.pick(Text::new("模板允许读取的内容", "What its template lets it read")).to_owned(), rows)
}

pub async fn decide(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Path(id): Path<String>,
    Sent(decision): Sent<Decision>,
) -> Answer<Redirect> {
    let id = edge.platform.inward(Audience::Administration, &id)?;
    edge.platform.review_application(&staff, id, decision.choice == "yes", &decision.note).await?;
    Ok(Redirect::to("/console/review"))
}

pub async fn approve(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Path(id): Path<String>,
    Sent(decision): Sent<Decision>,
) -> Answer<Redirect> {
    let id: Id = edge.platform.inward(Audience::Administration, &id)?;
    edge.platform.decide_application(&staff, id, decision.choice == "yes", &decision.note).await?;
    Ok(Redirect::to("/console/approve"))
}

/// One of the two spellings of a name.
pub fn pick(names: &(String, String), language: Language) -> &str {
    match language {
        Language::Chinese => &names.0,
        Language::English => &names.1,
    }
}

/// The name of a scenario.
pub fn service(edge: &Edge, id: &str, language: Language) -> String {
    edge.platform.scenario(id).map_or_else(|_| id.to_owned(), |scenario| language.pick(scenario.card().name).to_owned())
}

/// A moment as staff read it: the date and the minute, in Beijing.
pub fn moment(at: tongma_domain::UnixMs) -> String {
    at.to_rfc3339().get(..16).unwrap_or_default().replace('T', " ")
}

/// A stage as a chip.
pub fn stage(stage: Stage, language: Language) -> Cell {
    let tone = match stage {
        Stage::Applied | Stage::Reviewed => Tone::Mind,
        Stage::Approved => Tone::Good,
        Stage::Declined => Tone::Bad,
    };
    Cell::chip(language.pick(stage.name()), tone).by(stage as i64)
}

/// What a claim is called.
pub fn claim_name(claim: tongma_domain::Claim, language: Language) -> &'static str {
    use tongma_domain::Claim;
    language.pick(match claim {
        Claim::Pseudonym => Text::new("本单位专用代号", "A pseudonym for this organisation"),
        Claim::MaskedName => Text::new("遮盖的姓名", "Masked name"),
        Claim::AgeClass => Text::new("年龄段", "Class of age"),
        Claim::AtLeast18 => Text::new("是否满 18 岁", "Whether 18 or older"),
        Claim::AtLeast60 => Text::new("是否满 60 岁", "Whether 60 or older"),
        Claim::FullName => Text::new("姓名", "Full name"),
        Claim::DocumentNumber => Text::new("证件号码", "Document number"),
        Claim::Phone => Text::new("手机号", "Mobile number"),
        Claim::VenueNumber => Text::new("本单位给的编号", "The venue's own number"),
        Claim::LastFour => Text::new("证件号码后四位", "Last four of the document number"),
        Claim::DocumentKind => Text::new("证件种类", "Kind of document"),
        Claim::Sex => Text::new("性别", "Sex"),
        Claim::Nation => Text::new("民族", "Ethnic group"),
        Claim::Birth => Text::new("出生日期", "Date of birth"),
        Claim::Address => Text::new("住址", "Address"),
        Claim::Nationality => Text::new("国籍", "Nationality"),
    })
}

/// Why a claim is asked, on what it rests and how long it is kept.
pub fn terms(ask: &tongma_domain::ClaimAsk, language: Language) -> Cell {
    let kept = match language {
        Language::Chinese => format!("{}；保存 {} 天", ask.basis.zh, ask.retention_days),
        Language::English => format!("{}; kept {} days", ask.basis.en, ask.retention_days),
    };
    Cell::text(language.pick(ask.purpose)).under(kept)
}
