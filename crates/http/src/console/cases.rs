//! What people demand about their data: the platform's own cases with their deadlines, and the answer to each.

use axum::{
    Extension, Form as Sent,
    extract::{Path, State},
    response::Redirect,
};
use serde::Deserialize;
use tongma_domain::{Text, UnixMs};
use tongma_service::{Audience, CaseState, OwnedCase, Staff};

use super::review::moment;
use super::{
    In, Who, page_of,
    tables::{Table, Wanted},
    view::{Block, Cell, Field, Form, Page, TableView, Tone},
};
use crate::{
    edge::{Edge, Shared},
    extract::no_such_id,
    problem::{Answer, Language},
};

/// An answer.
#[derive(Deserialize)]
pub struct Reply {
    #[serde(default)]
    choice: String,
    #[serde(default)]
    words: String,
}

const AT: &str = "/console/cases";
const TITLE: Text = Text::new("个人信息请求", "Requests about data");
const DAY_MS: i64 = 86_400_000;

pub async fn list(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Answer<Page> {
    let (own, late) = edge.platform.staff_cases(&staff)?;
    let own_caption = Text::new("要由平台答复", "For the platform to answer");
    let late_caption = Text::new("各单位逾期未答复，请督办", "Organisations are late with these: see to it");
    Ok(page_of(&staff, language, AT, TITLE)
        .lead(Text::new(
            "市民提出的查阅、更正、删除和投诉，15 个工作日内答复；答复会进入本人的消息和日志。",
            "Copies, corrections, deletions and complaints are answered within 15 working days; the answer reaches the person's inbox and log.",
        ))
        .with(Block::Table(table(&edge, &own, (own_caption, true), language)))
        .with(Block::Table(table(&edge, &late, (late_caption, false), language))))
}

fn table(edge: &Edge, cases: &[OwnedCase], (caption, linked): (Text, bool), language: Language) -> TableView {
    let now = edge.platform.now();
    let rows = cases.iter().map(|owned| {
        let name = Cell::text(language.pick(owned.case.kind.name()));
        let id = edge.platform.outward(Audience::Administration, owned.case.id);
        let owner = owned.case.owner.as_ref().map_or_else(
            || language.pick(Text::new("平台", "The platform")).to_owned(),
            |owner| language.of(owner).to_owned(),
        );
        vec![
            if linked { name.to(format!("{AT}/{id}")) } else { name },
            Cell::text(&owned.masked_name),
            Cell::text(owner),
            Cell::text(moment(owned.case.opened)).by(owned.case.opened.as_millis()),
            due(owned, now, language),
        ]
    });
    let table = Table {
        at: AT.into(),
        caption,
        empty: Text::new("没有", "None"),
        columns: vec![
            Text::new("要求", "What"),
            Text::new("谁", "Who"),
            Text::new("由谁答复", "Who answers"),
            Text::new("提出时间", "Since"),
            Text::new("期限", "Due"),
        ],
        rows: rows.collect(),
        csv: false,
    };
    let mut view = table.view(&Wanted::default(), language);
    // Two tables on a page share one address: neither is sorted by it; the most urgent come first.
    view.headings.iter_mut().for_each(|heading| heading.link.clear());
    view
}

fn due(owned: &OwnedCase, now: UnixMs, language: Language) -> Cell {
    let left = owned.case.due.since(now).div_euclid(DAY_MS);
    let words = match (owned.case.overdue, owned.case.state) {
        (true, _) => (Text::new("已逾期", "Late"), Tone::Bad),
        (false, _) if left < 3 => (Text::new("快到期", "Soon"), Tone::Mind),
        (false, CaseState::Working) => (Text::new("办理中", "Worked on"), Tone::Plain),
        (false, _) => (Text::new("待答复", "Waits"), Tone::Plain),
    };
    Cell::chip(language.pick(words.0), words.1).under(moment(owned.case.due)).by(owned.case.due.as_millis())
}

pub async fn one(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Path(id): Path<String>,
) -> Answer<Page> {
    let inward = edge.platform.inward(Audience::Administration, &id)?;
    let (own, _) = edge.platform.staff_cases(&staff)?;
    let owned = own.into_iter().find(|owned| owned.case.id == inward).ok_or_else(no_such_id)?;
    Ok(shown(&edge, &staff, (&owned, &id), language))
}

fn shown(edge: &Edge, staff: &Staff, (owned, id): (&OwnedCase, &str), language: Language) -> Page {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let case = &owned.case;
    let mut facts = vec![
        (t("谁", "Who"), Cell::text(&owned.masked_name)),
        (t("期限", "Due"), due(owned, edge.platform.now(), language)),
    ];
    if let Some(line) = &owned.line {
        facts.push((t("关于这条记录", "About this line of the log"), Cell::text(language.of(line))));
    }
    facts.extend(case.steps.iter().map(|step| {
        let by = if step.by == "person" { t("本人", "The person") } else { t("平台", "The platform") };
        (format!("{by} · {}", moment(step.at)), Cell::text(&step.words))
    }));
    let answer = Form::new(format!("{AT}/{id}"), t("已办理", "Done"))
        .titled(t("答复", "Answer"))
        .lead(t(
            "不办理的，要写明理由和依据。答复写好后不能修改。",
            "To decline, give the reason and the law. An answer cannot be changed.",
        ))
        .with(vec![
            Field { most: 1000, ..Field::area("words", t("给本人的话", "Words to the person")).optional() }
                .hint(t("只有先标为办理中时可以不填", "May be left out only while it is being worked on")),
        ])
        .or(t("先标为办理中", "Being worked on"), "working", Tone::Plain)
        .or(t("不予办理", "Decline"), "declined", Tone::Bad);
    let mut page = page_of(staff, language, AT, TITLE)
        .back(AT, Text::new("全部请求", "All requests"))
        .with(Block::Facts(String::new(), facts))
        .with(Block::Form(answer));
    language.pick(case.kind.name()).clone_into(&mut page.title);
    page
}

pub async fn answer(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Path(id): Path<String>,
    Sent(reply): Sent<Reply>,
) -> Answer<Redirect> {
    let id = edge.platform.inward(Audience::Administration, &id)?;
    let state = match reply.choice.as_str() {
        "yes" => CaseState::Done,
        "working" => CaseState::Working,
        "declined" => CaseState::Declined,
        _ => return Err(no_such_id()),
    };
    edge.platform.answer_case_by_staff(&staff, id, (state, reply.words)).await?;
    Ok(Redirect::to(AT))
}
