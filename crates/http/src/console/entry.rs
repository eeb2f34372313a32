//! Ways in and out: sign in, enrol by a code, sign out, choose a language.

use axum::{
    Extension,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tongma_domain::{Refusal, Text};
use tongma_service::passkey::{Assertion, Registration};
use tongma_service::{Begun, SESSION_LIFE_S};

use super::{
    In, LANGUAGE_COOKIE, STAFF_COOKIE, Who, party,
    view::{Block, Cell, Field, Form, Page},
};
use crate::{
    edge::{Edge, Shared},
    extract::Json,
    problem::{Answer, Problem},
    security::{self, set_cookie},
};

/// The cookie of a ceremony under way.
const CEREMONY_COOKIE: &str = "tongma_ceremony";
const CEREMONY_S: i64 = 300;
const LANGUAGE_S: i64 = 365 * 86_400;

/// An enrolment begins.
#[derive(Debug, Deserialize)]
pub struct Enrolment {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
}

pub async fn sign_in(Extension(language): In) -> Page {
    let t = |zh, en| language.pick(Text::new(zh, en));
    let mut form = Form::new("/console/sign-in", t("用通行密钥登录", "Sign in with your passkey"));
    form.passkey = "sign-in";
    let form = form.lead(t(
        "指纹、面容或 PIN 由您的设备核对，平台看不到。",
        "Your device checks your finger, face or PIN; the platform never sees them.",
    ));
    let title = Text::new("工作人员登录", "Staff sign-in");
    let mut page = Page::new(language, title).with(Block::Form(form));
    let way = Cell::text(t("凭邀请码登记通行密钥", "Enrol a passkey with a code")).to("/console/enrol");
    page.blocks.push(Block::Facts(String::new(), vec![(t("第一次来？", "First time here?").to_owned(), way)]));
    page
}

pub async fn enrol(Extension(language): In) -> Page {
    let t = |zh, en| language.pick(Text::new(zh, en));
    let mut form = Form::new("/console/enrol", t("登记通行密钥", "Enrol a passkey"));
    form.passkey = "enrol";
    form.fields = vec![
        Field::text("code", t("邀请码（16 位数字）", "Your code (16 digits)")).hint(t(
            "由安全管理员当面交给您；第一位管理员的码在启动平台时显示。",
            "Handed to you by the security administrator; the first one is shown when the platform starts.",
        )),
        Field::text("name", t("姓名", "Your name")).optional().hint(t(
            "只有第一位管理员要填；其他人的姓名由邀请人写好。",
            "Only the first administrator gives it; others were named by who invited them.",
        )),
    ];
    Page::new(language, Text::new("登记通行密钥", "Enrol a passkey"))
        .lead(Text::new(
            "一人一岗：系统、安全、审计三员分立，一把通行密钥只属于一个岗位。",
            "One person, one office: system, security and audit are kept apart, and a passkey belongs to one of them.",
        ))
        .back("/console/sign-in", Text::new("登录", "Sign in"))
        .with(Block::Form(form))
}

pub async fn begin_sign_in(State(edge): State<Shared>) -> Answer<Response> {
    take_turn(&edge)?;
    Ok(begun(&edge, edge.platform.begin_staff_sign_in(&party(&edge)).await?))
}

pub async fn begin_enrolment(State(edge): State<Shared>, Json(wanted): Json<Enrolment>) -> Answer<Response> {
    take_turn(&edge)?;
    Ok(begun(&edge, edge.platform.begin_staff_enrolment(&party(&edge), &wanted.code, &wanted.name).await?))
}

pub async fn finish_sign_in(
    State(edge): State<Shared>,
    headers: HeaderMap,
    Json(answer): Json<Assertion>,
) -> Answer<Response> {
    let token = ceremony(&headers);
    let arrived = edge.platform.finish_staff_sign_in(&party(&edge), &token, answer).await?;
    Ok(signed_in(&edge, &arrived.token))
}

pub async fn finish_enrolment(
    State(edge): State<Shared>,
    headers: HeaderMap,
    Json(answer): Json<Registration>,
) -> Answer<Response> {
    let token = ceremony(&headers);
    let arrived = edge.platform.finish_staff_enrolment(&party(&edge), &token, &answer).await?;
    Ok(signed_in(&edge, &arrived.token))
}

pub async fn sign_out(State(edge): State<Shared>, Extension(staff): Who) -> Answer<Response> {
    edge.platform.close_staff_session(&staff).await?;
    let mut response = Redirect::to("/console/sign-in").into_response();
    add(&mut response, strict(STAFF_COOKIE, None, 0, edge.encrypted));
    Ok(response)
}

pub async fn language(State(edge): State<Shared>, headers: HeaderMap, Path(tag): Path<String>) -> Response {
    // Back to the page it was pressed on, if that is one of ours.
    let from = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path =
        from.split_once("://").and_then(|(_, rest)| rest.strip_prefix(host)).filter(|path| path.starts_with('/'));
    let mut response = Redirect::to(path.unwrap_or("/console")).into_response();
    let tag = if tag == "en" { "en" } else { "zh" };
    add(&mut response, set_cookie(LANGUAGE_COOKIE, Some(tag), "/", LANGUAGE_S, edge.encrypted));
    response
}

fn begun(edge: &Edge, begun: Begun) -> Response {
    let mut response = axum::Json::<Value>(begun.options).into_response();
    add(&mut response, strict(CEREMONY_COOKIE, Some(&begun.token), CEREMONY_S, edge.encrypted));
    response
}

fn signed_in(edge: &Edge, token: &str) -> Response {
    let mut response = axum::Json(json!({ "signed_in": true })).into_response();
    add(&mut response, strict(STAFF_COOKIE, Some(token), SESSION_LIFE_S, edge.encrypted));
    add(&mut response, strict(CEREMONY_COOKIE, None, 0, edge.encrypted));
    response
}

/// A cookie that no other site's link or form brings along.
fn strict(name: &str, value: Option<&str>, life_s: i64, encrypted: bool) -> Option<HeaderValue> {
    let lax = set_cookie(name, value, "/console", life_s, encrypted)?;
    HeaderValue::from_str(&lax.to_str().ok()?.replace("SameSite=Lax", "SameSite=Strict")).ok()
}

fn add(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn ceremony(headers: &HeaderMap) -> String {
    security::cookie(headers, CEREMONY_COOKIE).unwrap_or_default().to_owned()
}

/// Ways in are open to anyone, so they are counted.
fn take_turn(edge: &Edge) -> Answer<()> {
    if edge.entries.take(edge.platform.now().as_millis()) {
        return Ok(());
    }
    Err(Problem::from(Refusal::with_status(
        429,
        "staff.too_many_tries",
        Text::new("尝试太多，请稍候", "Too many tries"),
        Text::new("请一分钟后再试", "Try again in a minute"),
    )))
}
