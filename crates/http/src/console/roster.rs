//! The staff: who holds which office, inviting and ending.

use axum::{
    Extension, Form as Sent,
    extract::{Path, State},
    response::Redirect,
};
use serde::Deserialize;
use tongma_domain::Text;
use tongma_service::{Audience, Office, Staff, StaffRecord};

use super::review::moment;
use super::{
    In, Who, page_of,
    tables::{Table, Wanted},
    view::{Block, Cell, Field, Form, Page, Tone},
};
use crate::{
    edge::{Edge, Shared},
    extract::no_such_id,
    problem::{Answer, Language},
};

/// Somebody is invited.
#[derive(Debug, Deserialize)]
pub struct Invitation {
    #[serde(default)]
    name: String,
    #[serde(default)]
    office: String,
}

const AT: &str = "/console/staff";
const TITLE: Text = Text::new("工作人员", "Staff");

pub async fn list(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Answer<Page> {
    drawn(&edge, &staff, language)
}

fn drawn(edge: &Edge, staff: &Staff, language: Language) -> Answer<Page> {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let everybody = edge.platform.staff_list(staff)?;
    let rows = everybody.iter().map(|one| row(one, language)).collect();
    let table = Table {
        at: AT.into(),
        caption: Text::new("全部工作人员", "Everybody"),
        empty: Text::new("没有", "Nobody"),
        columns: vec![
            Text::new("姓名", "Name"),
            Text::new("岗位", "Office"),
            Text::new("登记时间", "Since"),
            Text::new("状态", "State"),
        ],
        rows,
        csv: false,
    };
    let mut view = table.view(&Wanted::default(), language);
    view.headings.iter_mut().for_each(|heading| heading.link.clear());
    let offices =
        Office::ALL.map(|office| (office.code().to_owned(), language.pick(office.name()).to_owned())).to_vec();
    let invite = Form::new(AT, t("生成邀请码", "Make a code")).titled(t("邀请同事", "Invite a colleague")).with(vec![
        Field::text("name", t("姓名", "Name")),
        Field::select("office", t("岗位（一人一岗）", "Office (one a person)"), offices),
    ]);
    let mut page = page_of(staff, language, AT, TITLE).lead(Text::new(
        "三员分立：系统管理员管运行，安全管理员管权限与批准，审计管理员只看不改。没有超级管理员。",
        "Three offices apart: system runs it, security says who may, audit reads and changes nothing. There is no super-user.",
    ));
    page.blocks.push(Block::Table(view));
    page.blocks.push(Block::Form(invite));
    let others = everybody.iter().filter(|one| one.ended.is_none() && one.id != staff.id);
    let choices: Vec<(String, String)> = others
        .map(|one| {
            (
                edge.platform.outward(Audience::Administration, one.id),
                format!("{} · {}", one.name, language.pick(one.office.name())),
            )
        })
        .collect();
    for (id, name) in choices {
        let form = Form::new(format!("{AT}/{id}"), format!("{} {name}", t("停用", "End:"))).toned(Tone::Bad);
        page.blocks.push(Block::Form(form));
    }
    Ok(page)
}

fn row(one: &StaffRecord, language: Language) -> Vec<Cell> {
    let state = match one.ended {
        None => Cell::chip(language.pick(Text::new("在岗", "Active")), Tone::Good),
        Some(at) => Cell::chip(language.pick(Text::new("已停用", "Ended")), Tone::Bad).under(moment(at)),
    };
    vec![Cell::text(&one.name), Cell::text(language.pick(one.office.name())), Cell::text(moment(one.since)), state]
}

pub async fn invite(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Sent(wanted): Sent<Invitation>,
) -> Answer<Page> {
    let office = Office::parse(&wanted.office).ok_or_else(no_such_id)?;
    let invited = edge.platform.invite_staff(&staff, &wanted.name, office).await?;
    let mut page = drawn(&edge, &staff, language)?;
    let label = format!("{} · {}", wanted.name.trim(), language.pick(office.name()));
    let words = language.pick(Text::new(
        "请当面交给本人；24 小时内有效，只能用一次，只在此处显示一次。本人打开 /console/enrol 登记。",
        "Hand it over in person. Good once, for 24 hours, shown only here and now; it is used at /console/enrol.",
    ));
    page.blocks.insert(0, Block::Code(label, invited.code, words.to_owned()));
    Ok(page)
}

pub async fn end(State(edge): State<Shared>, Extension(staff): Who, Path(id): Path<String>) -> Answer<Redirect> {
    let whom = edge.platform.inward(Audience::Administration, &id)?;
    edge.platform.end_staff(&staff, whom).await?;
    Ok(Redirect::to(AT))
}
