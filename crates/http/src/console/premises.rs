//! Venues, points and templates: what there is, and taking it out of service.

use axum::{
    Extension, Form as Sent,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tongma_domain::{Id, Text, Venue, VenueState, Wanted as Asked};
use tongma_service::{Audience, PointRecord, Staff, certificate};

use super::review::{claim_name, moment, service};
use super::{
    In, Who, page_of,
    tables::{Table, Wanted},
    view::{Block, Cell, Form, Page, Tone},
};
use crate::{
    edge::{Edge, Shared},
    problem::{Answer, Language},
};

/// A button was pressed.
#[derive(Debug, Deserialize)]
pub struct Choice {
    #[serde(default)]
    choice: String,
}

pub async fn venues(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let directory = edge.platform.directory();
    let rows = directory.venues().map(|venue| {
        let organisation = directory.organisation(venue.organisation);
        let points = directory.points().filter(|record| record.point.venue == venue.id).count();
        let services: Vec<String> = venue.scenarios.iter().map(|id| service(&edge, id, language)).collect();
        vec![
            Cell::text(language.of(&venue.names())).to(format!("/console/venues/{}", outward(&edge, venue.id))),
            Cell::text(organisation.map_or_else(String::new, |one| one_of(&one.name_zh, &one.name_en, language))),
            Cell::text(services.join(language.pick(Text::new("、", ", ")))),
            Cell::text(points.to_string()).by(i64::try_from(points).unwrap_or(0)),
            state(venue.state, language),
        ]
    });
    let table = Table {
        at: "/console/venues".into(),
        caption: Text::new("全部场所", "All venues"),
        empty: Text::new("还没有场所", "No venues yet"),
        columns: vec![
            Text::new("场所", "Venue"),
            Text::new("单位", "Organisation"),
            Text::new("业务", "Services"),
            Text::new("终端", "Points"),
            Text::new("状态", "State"),
        ],
        rows: rows.collect(),
        csv: true,
    };
    answered(&edge, &staff, language, &wanted, table, "venues", Text::new("场所", "Venues")).await
}

/// A table as its page, or as a file, which is an act of its own.
async fn answered(
    edge: &Edge,
    staff: &Staff,
    language: Language,
    wanted: &Wanted,
    table: Table,
    name: &str,
    title: Text,
) -> Answer<Response> {
    if wanted.file() {
        edge.platform.note_export(staff, name, table.rows.len()).await?;
        return Ok(table.file(wanted, name, language));
    }
    let at = table.at.clone();
    Ok(page_of(staff, language, &at, title).with(Block::Table(table.view(wanted, language))).into_response())
}

pub async fn venue(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Path(id): Path<String>,
) -> Answer<Page> {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let directory = edge.platform.directory();
    let venue: &Venue = directory.venue(edge.platform.inward(Audience::Administration, &id)?)?;
    let organisation = directory.organisation(venue.organisation);
    let points = directory
        .points()
        .filter(|record| record.point.venue == venue.id)
        .map(|record| point_row(&edge, record, language));
    let mut page = page_of(&staff, language, "/console/venues", Text::new("场所", "Venue"))
        .back("/console/venues", Text::new("全部场所", "All venues"));
    language.of(&venue.names()).clone_into(&mut page.title);
    let services: Vec<String> = venue.scenarios.iter().map(|id| service(&edge, id, language)).collect();
    let mut facts = vec![
        (t("状态", "State"), state(venue.state, language)),
        (
            t("单位", "Organisation"),
            Cell::text(organisation.map_or_else(String::new, |one| one_of(&one.name_zh, &one.name_en, language))),
        ),
        (
            t("统一社会信用代码", "Unified social credit code"),
            Cell::text(organisation.and_then(|one| one.uscc.clone()).unwrap_or_else(|| t("未登记", "not on record"))),
        ),
        (t("业务", "Services"), Cell::text(services.join(&t("、", ", ")))),
    ];
    facts.extend(venue.settings.iter().map(|(setting, value)| (setting.clone(), Cell::text(value.to_string()))));
    let table = Table {
        at: format!("/console/venues/{id}"),
        caption: Text::new("终端", "Points"),
        empty: Text::new("还没有终端", "No points yet"),
        columns: point_columns(),
        rows: points.collect(),
        csv: false,
    };
    let mut view = table.view(&Wanted::default(), language);
    view.headings.iter_mut().for_each(|heading| heading.link.clear());
    let form = if venue.state == VenueState::Suspended {
        Form::new(format!("/console/venues/{id}"), t("恢复服务", "Resume")).titled(t("恢复场所", "Resume this venue"))
    } else {
        let mut form = Form::new(format!("/console/venues/{id}"), t("停用场所", "Suspend this venue")).toned(Tone::Bad);
        if let Some(button) = form.buttons.first_mut() {
            button.value = "suspend";
        }
        form.titled(t("停用", "Take out of service")).lead(t(
            "其全部终端立即不能扫码；离线期间已发生的事仍会收下；已办的事不受影响。",
            "All its points stop scanning at once. What happened offline is still taken in, and what was begun stays.",
        ))
    };
    Ok(page.with(Block::Facts(String::new(), facts)).with(Block::Table(view)).with(Block::Form(form)))
}

pub async fn change_venue(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Path(id): Path<String>,
    Sent(choice): Sent<Choice>,
) -> Answer<Redirect> {
    let venue = edge.platform.inward(Audience::Administration, &id)?;
    edge.platform.suspend_venue(&staff, venue, choice.choice == "suspend").await?;
    Ok(Redirect::to(&format!("/console/venues/{id}")))
}

fn point_columns() -> Vec<Text> {
    vec![
        Text::new("终端", "Point"),
        Text::new("场所", "Venue"),
        Text::new("类型", "Kind"),
        Text::new("最近请求", "Last heard from"),
        Text::new("状态", "State"),
    ]
}

fn point_row(edge: &Edge, record: &PointRecord, language: Language) -> Vec<Cell> {
    let directory = edge.platform.directory();
    let heard = edge.platform.counters().figures(edge.platform.now()).heard;
    let venue = directory.venue(record.point.venue).map(Venue::names).unwrap_or_default();
    let last = heard.get(&record.point.id).copied();
    vec![
        Cell::text(one_of(&record.point.name_zh, &record.point.name_en, language))
            .to(format!("/console/points/{}", outward(edge, record.point.id))),
        Cell::text(language.of(&venue)),
        Cell::text(language.pick(record.point.kind.name())),
        last.map_or_else(|| Cell::text("—").by(0), |at| Cell::text(moment(at)).by(at.as_millis())),
        point_state(record, language),
    ]
}

fn point_state(record: &PointRecord, language: Language) -> Cell {
    let (text, tone) = match (record.suspended, record.key.is_some()) {
        (true, _) => (Text::new("已停用", "Suspended"), Tone::Bad),
        (false, true) => (Text::new("已配对", "Paired"), Tone::Good),
        (false, false) => (Text::new("待配对", "Not paired"), Tone::Mind),
    };
    Cell::chip(language.pick(text), tone)
}

pub async fn points(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let rows = edge.platform.directory().points().map(|record| point_row(&edge, record, language)).collect();
    let table = Table {
        at: "/console/points".into(),
        caption: Text::new("全部终端", "All points"),
        empty: Text::new("还没有终端", "No points yet"),
        columns: point_columns(),
        rows,
        csv: true,
    };
    answered(&edge, &staff, language, &wanted, table, "points", Text::new("终端", "Points")).await
}

pub async fn point(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Path(id): Path<String>,
) -> Answer<Page> {
    point_page(&edge, &staff, language, &id)
}

fn point_page(edge: &Edge, staff: &Staff, language: Language, id: &str) -> Answer<Page> {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let inward: Id = edge.platform.inward(Audience::Administration, id)?;
    let directory = edge.platform.directory();
    let record = directory.point(inward)?;
    let venue = directory.venue(record.point.venue)?;
    let mut page = page_of(staff, language, "/console/points", Text::new("终端", "Point"))
        .back("/console/points", Text::new("全部终端", "All points"));
    page.title = one_of(&record.point.name_zh, &record.point.name_en, language);
    let services: Vec<String> = record.point.scenarios.iter().map(|id| service(edge, id, language)).collect();
    let through = edge.platform.facts_through(inward)?;
    let key = record.key.as_ref().map_or_else(
        || t("没有", "none"),
        |key| format!("{} · {}…", key.algorithm, key.public_key.get(..16).unwrap_or_default()),
    );
    let mut facts = vec![
        (t("状态", "State"), point_state(record, language)),
        (
            t("场所", "Venue"),
            Cell::text(language.of(&venue.names())).to(format!("/console/venues/{}", outward(edge, venue.id))),
        ),
        (t("类型", "Kind"), Cell::text(language.pick(record.point.kind.name()))),
        (t("业务", "Services"), Cell::text(services.join(&t("、", ", ")))),
        (t("公钥", "Public key"), Cell::text(key)),
        (t("离线记录已收到第", "Offline events taken in up to number"), Cell::text(through.to_string())),
    ];
    if let Ok(address) = edge.platform.point_code(inward) {
        facts.push((t("张贴码", "Code that hangs there"), Cell::text(t("打开打印页", "Open it to print")).to(address)));
    }
    let code = posted_code(edge, inward, id, language);
    let [again, form] = service_forms(record.suspended, id, language);
    Ok(page
        .with(Block::Facts(String::new(), facts))
        .with(Block::Form(code))
        .with(Block::Form(again))
        .with(Block::Form(form)))
}

/// Another device, and in or out of service.
fn service_forms(suspended: bool, id: &str, language: Language) -> [Form; 2] {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let again = Form::new(format!("/console/points/{id}"), t("发新的配对码", "Give a new pairing code"))
        .titled(t("更换设备", "Another device"))
        .lead(t(
            "新设备配对后，旧设备的密钥立即失效。",
            "Once the new device has paired, the old one's key is worth nothing.",
        ));
    let mut again = again;
    if let Some(button) = again.buttons.first_mut() {
        button.value = "pair";
    }
    let mut form = if suspended {
        Form::new(format!("/console/points/{id}"), t("恢复终端", "Resume this point"))
            .titled(t("恢复", "Back into service"))
    } else {
        Form::new(format!("/console/points/{id}"), t("停用终端", "Suspend this point"))
            .toned(Tone::Bad)
            .titled(t("停用", "Take out of service"))
    };
    if let Some(button) = form.buttons.first_mut() {
        button.value = if suspended { "resume" } else { "suspend" };
    }
    [again, form]
}

/// The code that hangs at the point for people to scan.
fn posted_code(edge: &Edge, point: Id, id: &str, language: Language) -> Form {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let hangs = edge.platform.point_code(point).is_ok();
    let mut form = Form::new(format!("/console/points/{id}"), t("签发新的张贴码", "Issue a new code"))
        .titled(t("供群众扫的张贴码", "The code that hangs there for people to scan"))
        .lead(if hangs {
            t(
                "有一张在用。签发新码后旧码立即失效；作废后张贴的码什么也打不开。",
                "One is in use. A new one ends the old one at once; withdrawn, what hangs there opens nothing.",
            )
        } else {
            t("没有在用的码。", "None is in use.")
        });
    if let Some(button) = form.buttons.first_mut() {
        button.value = "issue";
    }
    if hangs { form.or(t("作废", "Withdraw"), "withdraw", Tone::Bad) } else { form }
}

pub async fn change_point(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Path(id): Path<String>,
    Sent(choice): Sent<Choice>,
) -> Answer<Response> {
    let point = edge.platform.inward(Audience::Administration, &id)?;
    if choice.choice == "pair" {
        let code = edge.platform.pair_again(&staff, point).await?;
        let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
        let mut page = point_page(&edge, &staff, language, &id)?;
        let words =
            t("24 小时内有效，只能用一次，只在此处显示一次。", "Good once, for 24 hours, and shown only here and now.");
        page.blocks.insert(0, Block::Code(t("配对码", "Pairing code"), code, words));
        return Ok(page.into_response());
    }
    match choice.choice.as_str() {
        "issue" => edge.platform.change_point_code(&staff, point, true).await?,
        "withdraw" => edge.platform.change_point_code(&staff, point, false).await?,
        choice => edge.platform.suspend_point(&staff, point, choice == "suspend").await?,
    }
    Ok(Redirect::to(&format!("/console/points/{id}")).into_response())
}

/// What each service and each of its matters asks, row by row.
fn asked_rows(edge: &Edge, language: Language) -> Vec<Vec<Cell>> {
    let directory = edge.platform.directory();
    let rows = edge.platform.catalogue().iter().flat_map(|scenario| {
        let card = scenario.card();
        let venues = directory.venues().filter(|venue| venue.scenarios.iter().any(|id| id == card.id)).count();
        let venues = Cell::text(venues.to_string()).by(i64::try_from(venues).unwrap_or(0));
        let row = move |matter: Text, what: String, purpose: Text, basis: Text, days: u16| {
            vec![
                Cell::text(language.pick(card.name)).under(language.pick(matter)),
                Cell::text(what),
                Cell::text(language.pick(purpose)),
                Cell::text(language.pick(basis)),
                Cell::text(days.to_string()).by(i64::from(days)),
                venues.clone(),
            ]
        };
        let of_card = row.clone();
        let claims = card.claims.iter().map(move |ask| {
            of_card(
                Text::new("", ""),
                claim_name(ask.claim, language).to_owned(),
                ask.purpose,
                ask.basis,
                ask.retention_days,
            )
        });
        let matters = scenario.templates().iter().flat_map(move |template| {
            let row = row.clone();
            template.items.iter().map(move |item| {
                row(
                    template.name,
                    item_name(&item.what, language),
                    item.purpose,
                    template.basis,
                    template.retention_days,
                )
            })
        });
        claims.chain(matters)
    });
    rows.collect()
}

pub async fn templates(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let table = Table {
        at: "/console/templates".into(),
        caption: Text::new("每项业务可以读取什么", "What each service may read"),
        empty: Text::new("没有业务", "No services"),
        columns: vec![
            Text::new("业务", "Service"),
            Text::new("内容", "What"),
            Text::new("用途", "Purpose"),
            Text::new("依据", "Basis"),
            Text::new("保存天数", "Days kept"),
            Text::new("场所数", "Venues"),
        ],
        rows: asked_rows(&edge, language),
        csv: true,
    };
    answered(&edge, &staff, language, &wanted, table, "templates", Text::new("授权模板", "Templates")).await
}

/// What an item of a template is called.
fn item_name(what: &Asked, language: Language) -> String {
    match what {
        Asked::Claim { claim } => claim_name(*claim, language).to_owned(),
        Asked::Field { certificate: id, field } => {
            let kind = certificate::kind(id);
            let label = kind.and_then(|kind| kind.field(field)).map_or(*field, |field| language.pick(field.label));
            format!("{} · {label}", kind.map_or(*id, |kind| language.pick(kind.name)))
        }
    }
}

fn state(state: VenueState, language: Language) -> Cell {
    let (text, tone) = match state {
        VenueState::Open => (Text::new("服务中", "In service"), Tone::Good),
        VenueState::Coming => (Text::new("即将开通", "Coming"), Tone::Plain),
        VenueState::Suspended => (Text::new("已停用", "Suspended"), Tone::Bad),
    };
    Cell::chip(language.pick(text), tone)
}

fn one_of(zh: &str, en: &str, language: Language) -> String {
    match language {
        Language::Chinese => zh.to_owned(),
        Language::English => en.to_owned(),
    }
}

fn outward(edge: &Edge, id: Id) -> String {
    edge.platform.outward(Audience::Administration, id)
}
