//! Looking up a person, with a reason; and seeing more, with a second person's word.

use axum::{
    Extension, Form as Sent,
    extract::{Path, State},
    response::Redirect,
};
use serde::Deserialize;
use tongma_domain::{AgeClass, DocumentKind, Text};
use tongma_service::{Audience, Person, Staff, Unmasking, UnmaskingState};

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

/// Who is looked for, and why.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    reason: String,
}

/// More is asked for.
#[derive(Debug, Deserialize)]
pub struct More {
    #[serde(default)]
    person: String,
    #[serde(default)]
    reason: String,
}

/// A button was pressed.
#[derive(Debug, Deserialize)]
pub struct Choice {
    #[serde(default)]
    choice: String,
}

const KINDS: [(&str, DocumentKind, Text); 5] = [
    ("resident_id", DocumentKind::ResidentId, Text::new("居民身份证", "Resident identity card")),
    (
        "hong_kong_macao_permit",
        DocumentKind::HongKongMacaoPermit,
        Text::new("港澳居民来往内地通行证", "Permit, Hong Kong and Macao"),
    ),
    ("taiwan_permit", DocumentKind::TaiwanPermit, Text::new("台湾居民来往大陆通行证", "Permit, Taiwan")),
    (
        "foreign_permanent_resident",
        DocumentKind::ForeignPermanentResident,
        Text::new("外国人永久居留身份证", "Foreign permanent resident card"),
    ),
    ("passport", DocumentKind::Passport, Text::new("护照", "Passport")),
];

const TITLE: Text = Text::new("查询个人", "Look up a person");
const AT: &str = "/console/people";

pub async fn form(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Answer<Page> {
    let page = page_of(&staff, language, AT, TITLE).lead(Text::new(
        "每次查询都会写进本人的日志：谁、何时、为什么。只显示遮盖后的信息。",
        "Every look-up is written into the person's own log: who, when and why. What is shown is masked.",
    ));
    Ok(page.with(Block::Form(search(language))).with(mine(&edge, &staff, language)?))
}

fn search(language: Language) -> Form {
    let t = |zh, en| language.pick(Text::new(zh, en));
    let kinds = KINDS.iter().map(|(id, _, name)| ((*id).to_owned(), language.pick(*name).to_owned())).collect();
    Form::new(AT, t("查询", "Look up")).with(vec![
        Field::select("kind", t("证件种类", "Document"), kinds),
        Field::text("number", t("证件号码", "Its number")),
        Field::text("reason", t("事由", "Reason")).hint(t(
            "本人会看到，例如：本人来电，核对手机是否已停用",
            "The person reads it, for example: called us, check whether the phone is out of use",
        )),
    ])
}

pub async fn look_up(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Sent(wanted): Sent<Search>,
) -> Answer<Page> {
    let kind = KINDS.iter().find(|(id, _, _)| *id == wanted.kind).map(|(_, kind, _)| *kind).ok_or_else(no_such_id)?;
    let person = edge.platform.look_up(&staff, kind, &wanted.number, &wanted.reason).await?;
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let ask = Form::new("/console/people/ask", t("申请查看完整信息", "Ask to see it unmasked"))
        .titled(t("需要完整信息？", "Is more needed?"))
        .lead(t("须由安全管理员同意；同意后十分钟内可看一次，本人会收到记录。", "The security administrator has to agree; then it can be seen once, within ten minutes, and the person reads of it."))
        .with(vec![
            Field::hidden("person", edge.platform.outward(Audience::Administration, person.id)),
            Field::text("reason", t("事由", "Reason")).value(wanted.reason.trim()),
        ]);
    let noted = t("已写入本人日志", "Written into the person's log");
    Ok(page_of(&staff, language, AT, TITLE)
        .back(AT, Text::new("再查一位", "Another person"))
        .with(Block::Notice(Tone::Good, noted, wanted.reason.trim().to_owned()))
        .with(Block::Facts(person.masked_name.clone(), facts(&person, language)))
        .with(Block::Form(ask)))
}

fn facts(person: &Person, language: Language) -> Vec<(String, Cell)> {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let kind =
        KINDS.iter().find(|(_, kind, _)| *kind == person.document_kind).map_or("", |(_, _, name)| language.pick(*name));
    let age = match person.age_class {
        AgeClass::Child => Text::new("儿童（14 岁以下）", "Child, under 14"),
        AgeClass::Youth => Text::new("未成年人（14–17 岁）", "Youth, 14 to 17"),
        AgeClass::Adult => Text::new("成年人", "Adult"),
        AgeClass::Elder => Text::new("老年人（60 岁及以上）", "Elder, 60 and over"),
    };
    let frozen = if person.frozen {
        Cell::chip(t("已冻结", "Frozen"), Tone::Bad)
    } else {
        Cell::chip(t("可以使用", "In use"), Tone::Good)
    };
    let phone = match person.phones {
        (0, _) => t("没有登记过", "none was ever enrolled"),
        (count, true) => format!("{} · {count}", t("有一部在用，共登记过", "one in use, enrolled in all")),
        (count, false) => format!("{} · {count}", t("都已停用，共登记过", "none in use, enrolled in all")),
    };
    vec![
        (t("码", "Code"), frozen),
        (t("证件", "Document"), Cell::text(&person.masked_number).under(kind)),
        (
            t("手机号", "Mobile number"),
            Cell::text(if person.masked_phone.is_empty() { "—" } else { &person.masked_phone }),
        ),
        (t("年龄段", "Class of age"), Cell::text(language.pick(age))),
        (t("手机", "Phones"), Cell::text(phone)),
        (t("可代其亮码的人", "People who may show a code for them"), Cell::text(person.grants.0.to_string())),
        (t("其可代亮码的人", "People they may show a code for"), Cell::text(person.grants.1.to_string())),
        (t("长期授权", "Standing consents"), Cell::text(person.consents.to_string())),
    ]
}

pub async fn ask(State(edge): State<Shared>, Extension(staff): Who, Sent(more): Sent<More>) -> Answer<Redirect> {
    let person = edge.platform.inward(Audience::Administration, &more.person)?;
    edge.platform.ask_unmasking(&staff, person, &more.reason).await?;
    Ok(Redirect::to(AT))
}

/// One's own requests to see more, with the way to the ones that were agreed to.
fn mine(edge: &Edge, staff: &Staff, language: Language) -> Answer<Block> {
    let asked = edge.platform.unmaskings(staff)?;
    let open = asked.iter().find(|one| matches!(one.state, UnmaskingState::Agreed(..)));
    if let Some(one) = open {
        let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
        let id = edge.platform.outward(Audience::Administration, one.id);
        let form = Form::new(format!("/console/people/see/{id}"), t("查看一次", "See it once"))
            .titled(t("已同意查看完整信息", "Seeing a person unmasked was agreed to"))
            .lead(one.reason.clone());
        return Ok(Block::Form(form));
    }
    let rows = asked
        .iter()
        .map(|one| vec![Cell::text(&one.reason), Cell::text(moment(one.at)), standing(one, language)])
        .collect();
    Ok(Block::Table(unlinked(
        Table {
            at: AT.into(),
            caption: Text::new("我申请的完整信息查看", "My requests to see more"),
            empty: Text::new("没有申请", "None"),
            columns: vec![Text::new("事由", "Reason"), Text::new("时间", "When"), Text::new("状态", "State")],
            rows,
            csv: false,
        },
        language,
    )))
}

fn unlinked(table: Table, language: Language) -> TableView {
    let mut view = table.view(&Wanted::default(), language);
    view.headings.iter_mut().for_each(|heading| heading.link.clear());
    view
}

fn standing(one: &Unmasking, language: Language) -> Cell {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    match &one.state {
        UnmaskingState::Asked => Cell::chip(t("待同意", "Waits"), Tone::Mind),
        UnmaskingState::Agreed(by, _) => Cell::chip(t("已同意", "Agreed"), Tone::Good).under(by),
        UnmaskingState::Declined(by) => Cell::chip(t("不同意", "Declined"), Tone::Bad).under(by),
        UnmaskingState::Seen(at) => Cell::chip(t("已查看", "Seen"), Tone::Plain).under(moment(*at)),
    }
}

pub async fn unmask(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Extension(language): In,
    Path(id): Path<String>,
) -> Answer<Page> {
    let id = edge.platform.inward(Audience::Administration, &id)?;
    let person = edge.platform.unmask(&staff, id).await?;
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let facts = vec![
        (t("姓名", "Name"), Cell::text(person.name)),
        (t("证件号码", "Document number"), Cell::text(person.number)),
        (t("手机号", "Mobile number"), Cell::text(person.phone)),
    ];
    Ok(page_of(&staff, language, AT, Text::new("完整信息", "Unmasked"))
        .back(AT, TITLE)
        .with(Block::Notice(
            Tone::Mind,
            t("只显示这一次，本人已收到记录", "Shown this once; the person reads of it"),
            String::new(),
        ))
        .with(Block::Facts(String::new(), facts)))
}

pub async fn asked(State(edge): State<Shared>, Extension(staff): Who, Extension(language): In) -> Answer<Page> {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let asked = edge.platform.unmaskings(&staff)?;
    let mut page =
        page_of(&staff, language, "/console/unmask", Text::new("完整信息审批", "Unmasking")).lead(Text::new(
            "您只看到事由和申请人，看不到是谁。同意前须在五分钟内用过通行密钥。",
            "You see the reason and who asks, not whom it is about. Agreeing needs a passkey used within five minutes.",
        ));
    page.live = true;
    for one in asked.iter().filter(|one| one.state == UnmaskingState::Asked) {
        let id = edge.platform.outward(Audience::Administration, one.id);
        let form = Form::new(format!("/console/unmask/{id}"), t("同意查看一次", "Agree, once"))
            .titled(one.reason.clone())
            .lead(format!("{} · {}", one.by_name, moment(one.at)))
            .or(t("不同意", "Decline"), "no", Tone::Bad);
        page.blocks.push(Block::Form(form));
    }
    let rows = asked
        .iter()
        .filter(|one| one.state != UnmaskingState::Asked)
        .map(|one| {
            vec![Cell::text(&one.reason), Cell::text(&one.by_name), Cell::text(moment(one.at)), standing(one, language)]
        })
        .collect();
    Ok(page.with(Block::Table(unlinked(
        Table {
            at: "/console/unmask".into(),
            caption: Text::new("已办理", "Handled"),
            empty: Text::new("没有", "None"),
            columns: vec![
                Text::new("事由", "Reason"),
                Text::new("申请人", "Who asked"),
                Text::new("时间", "When"),
                Text::new("状态", "State"),
            ],
            rows,
            csv: false,
        },
        language,
    ))))
}

pub async fn decide(
    State(edge): State<Shared>,
    Extension(staff): Who,
    Path(id): Path<String>,
    Sent(choice): Sent<Choice>,
) -> Answer<Redirect> {
    let id = edge.platform.inward(Audience::Administration, &id)?;
    edge.platform.decide_unmasking(&staff, id, choice.choice == "yes").await?;
    Ok(Redirect::to("/console/unmask"))
}
