//! The public pages on which an organisation applies, follows its application and fetches its first pairing code.

use axum::{
    Extension, Form as Sent,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tongma_domain::{PointKind, Refusal, Text};
use tongma_service::{Stage, Wanted};

use super::In;
use super::house::House;
use super::review::{moment, pick, service, stage};
use super::view::{Block, Cell, Field, Form, Page, Tone, refused};
use crate::{
    edge::{Edge, Shared},
    problem::{Answer, Language, Problem},
};

/// The form as it comes.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Application {
    organisation_zh: String,
    organisation_en: String,
    uscc: String,
    venue_zh: String,
    venue_en: String,
    address: String,
    point_zh: String,
    point_en: String,
    kind: String,
    scenario: String,
    purpose: String,
    basis: String,
    #[serde(flatten)]
    house: House,
}

const TITLE: Text = Text::new("场所接入申请", "Connect a venue");

pub async fn form(State(edge): State<Shared>, Extension(language): In) -> Page {
    drawn(&edge, language, &Application { point_zh: "一号窗口".into(), ..Application::default() }, None)
}

/// The form with what was filled in, and what is wrong with it.
fn drawn(edge: &Edge, language: Language, sent: &Application, wrong: Option<&Refusal>) -> Page {
    let t = |zh, en| language.pick(Text::new(zh, en));
    let scenarios = edge.platform.catalogue().iter().map(|scenario| {
        let card = scenario.card();
        (card.id.to_owned(), language.pick(card.name).to_owned())
    });
    let kinds = [("desk", PointKind::Desk), ("gate", PointKind::Gate), ("kiosk", PointKind::Kiosk)]
        .map(|(id, kind)| (id.to_owned(), language.pick(kind.name()).to_owned()));
    let fields = vec![
        Field::text("organisation_zh", t("单位名称（按登记证）", "Organisation, as registered, in Chinese"))
            .value(&sent.organisation_zh),
        Field::text("organisation_en", t("单位英文名称", "Organisation in English"))
            .value(&sent.organisation_en)
            .optional(),
        Field::text("uscc", t("统一社会信用代码", "Unified social credit code"))
            .value(&sent.uscc)
            .hint(t("18 位，例如 91350100M000100Y43", "18 characters, such as 91350100M000100Y43")),
        Field::text("venue_zh", t("场所名称", "Venue, in Chinese")).value(&sent.venue_zh),
        Field::text("venue_en", t("场所英文名称", "Venue in English")).value(&sent.venue_en).optional(),
        Field::text("address", t("地址", "Address")).value(&sent.address),
        Field::text("point_zh", t("第一台终端的名称", "The first point, in Chinese"))
            .value(&sent.point_zh)
            .hint(t("例如：一楼服务台", "What people at the venue call it")),
        Field::text("point_en", t("终端英文名称", "The point in English")).value(&sent.point_en).optional(),
        Field::select("kind", t("终端类型", "What it is"), kinds.to_vec()).value(&sent.kind),
        Field::select("scenario", t("办什么业务", "Which service"), scenarios.collect()).value(&sent.scenario),
        Field::area("purpose", t("用途", "What for"))
            .value(&sent.purpose)
            .hint(t("用一两句话写明谁、在什么时候、为什么扫码", "In a sentence or two: who scans, when, and why")),
        Field::text("basis", t("依据", "On what it rests"))
            .value(&sent.basis)
            .hint(t("法规、合同或本人同意", "A rule, a contract or the person's consent")),
    ];
    let fields = fields.into_iter().chain(sent.house.fields(language)).collect();
    let form = Form::new("/apply", t("提交申请", "Send the application")).with(fields);
    let mut page = Page::new(language, TITLE).back("/", Text::new("首页", "Start page")).lead(Text::new(
        "填一页，提交后得到查询链接；由两位工作人员先后审核、批准，批准后在链接里领取配对码，第一台设备即可扫码。",
        "One page. You get a link to follow it; two members of staff review and approve, then the link gives a pairing code and your first device can scan.",
    ));
    if let Some(refusal) = wrong {
        page.blocks.push(refused(refusal, language));
    }
    page.with(Block::Form(form))
}

pub async fn send(
    State(edge): State<Shared>,
    Extension(language): In,
    Sent(sent): Sent<Application>,
) -> Answer<Response> {
    if !edge.applications.take(edge.platform.now().as_millis()) {
        return Err(too_many());
    }
    let kind = match sent.kind.as_str() {
        "gate" => PointKind::Gate,
        "kiosk" => PointKind::Kiosk,
        _ => PointKind::Desk,
    };
    let again = sent.clone();
    let premises = sent.house.premises(edge.platform.now());
    let wanted = |premises| Wanted {
        organisation: (sent.organisation_zh, sent.organisation_en),
        uscc: sent.uscc,
        venue: (sent.venue_zh, sent.venue_en),
        address: sent.address,
        point: (sent.point_zh, sent.point_en),
        kind,
        scenario: sent.scenario,
        purpose: sent.purpose,
        basis: sent.basis,
        premises,
    };
    let applied = match premises {
        Ok(premises) => edge.platform.apply(wanted(premises)).await,
        Err(refusal) => Err(refusal),
    };
    match applied {
        Ok(token) => Ok(Redirect::to(&format!("/apply/{token}")).into_response()),
        Err(refusal) => {
            let problem = Problem::from(refusal);
            let mut response = drawn(&edge, language, &again, Some(&problem.refusal)).into_response();
            *response.status_mut() = problem.status();
            Ok(response)
        }
    }
}

pub async fn standing(State(edge): State<Shared>, Extension(language): In, Path(token): Path<String>) -> Answer<Page> {
    shown(&edge, language, &token)
}

fn shown(edge: &Edge, language: Language, token: &str) -> Answer<Page> {
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let one = edge.platform.application_of(token)?;
    let mut page = Page::new(language, TITLE);
    pick(&one.wanted.venue, language).clone_into(&mut page.title);
    page.lead = t(
        "请收藏这个页面的地址：凭它查看进度、领取配对码，请勿转给他人。",
        "Keep this page's address: it shows how things stand and gives the pairing code. Pass it to nobody else.",
    );
    page.live = one.stage <= Stage::Reviewed;
    let paired =
        one.point.and_then(|point| edge.platform.directory().point(point).ok().map(|record| record.key.is_some()));
    match (one.stage, paired) {
        (Stage::Approved, Some(false)) => page.blocks.push(Block::Form(
            Form::new(format!("/apply/{token}/code"), t("领取配对码", "Get the pairing code"))
                .titled(t("已批准", "Approved"))
                .lead(t(
                    "在设备上打开 /desk，输入配对码，即可扫第一个码。",
                    "Open /desk on the device and type the code; it can then scan its first code.",
                )),
        )),
        (Stage::Approved, _) => page.blocks.push(Block::Notice(
            Tone::Good,
            t("已批准，第一台设备已配对", "Approved, and the first device has paired"),
            String::new(),
        )),
        _ => {}
    }
    let mut facts = vec![
        (t("状态", "State"), stage(one.stage, language)),
        (t("单位", "Organisation"), Cell::text(pick(&one.wanted.organisation, language)).under(&one.wanted.uscc)),
        (t("业务", "Service"), Cell::text(service(edge, &one.wanted.scenario, language))),
        (t("提交时间", "Sent"), Cell::text(moment(one.at))),
    ];
    // Names of staff stay inside; what they noted is for the applicant.
    facts.extend(one.review.as_ref().map(|step| (t("审核", "Review"), Cell::text(moment(step.at)).under(&step.note))));
    facts.extend(
        one.decision.as_ref().map(|step| (t("批准", "Decision"), Cell::text(moment(step.at)).under(&step.note))),
    );
    Ok(page.with(Block::Facts(String::new(), facts)))
}

pub async fn code(State(edge): State<Shared>, Extension(language): In, Path(token): Path<String>) -> Answer<Page> {
    if !edge.applications.take(edge.platform.now().as_millis()) {
        return Err(too_many());
    }
    let code = edge.platform.applicant_pairing_code(&token).await?;
    let t = |zh: &'static str, en: &'static str| language.pick(Text::new(zh, en)).to_owned();
    let words = t(
        "24 小时内有效，只能用一次。离开本页后可再领一个新的。",
        "Good once, for 24 hours. Another can be had here until a device has paired.",
    );
    Ok(Page::new(language, Text::new("配对码", "Pairing code"))
        .back(format!("/apply/{token}"), Text::new("申请", "Application"))
        .with(Block::Code(t("在 /desk 输入", "Type it at /desk"), code, words)))
}

fn too_many() -> Problem {
    Problem::from(Refusal::with_status(
        429,
        "application.too_many",
        Text::new("提交得太多，请稍候", "Too many at once"),
        Text::new("请一分钟后再试", "Try again in a minute"),
    ))
}
