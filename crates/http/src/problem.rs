//! Refusals on the wire: `application/problem+json` (RFC 9457), in the reader's language, never with personal data.
//!
//! A handler returns [`Problem`]; it is written in Chinese at once, and [`speak`], which sees the request's headers,
//! writes it again in English or as a page where the reader asked for that.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use tongma_domain::{Refusal, Text, Words};

use crate::{pages, security};

/// The media type of RFC 9457, section 3.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal with what only HTTP adds to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What is refused, and what to do about it.
    pub refusal: Box<Refusal>,
    /// Members beside the standard ones, such as the id of the request that waits for the holder. Never personal data.
    pub extension: Map<String, Value>,
    /// After how many seconds it is worth trying again (`Retry-After`).
    pub retry_after_s: Option<u32>,
}

/// The result of every handler.
pub type Answer<T> = Result<T, Problem>;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let retry_after_s = (refusal.status == 503 || refusal.status == 429).then_some(2);
        Self { refusal: Box::new(refusal), extension: Map::new(), retry_after_s }
    }
}

impl Problem {
    /// The same problem with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extension.insert(name.to_owned(), value.into());
        self
    }

    /// The same problem, naming when to come again.
    #[must_use]
    pub const fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The HTTP status; anything that is not an error becomes 500, which no refusal means to be.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.refusal.status)
            .ok()
            .filter(|status| status.is_client_error() || status.is_server_error())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body of RFC 9457, section 3.1, with our members beside the standard ones.
    pub fn body(&self, language: Language) -> Value {
        let refusal = &self.refusal;
        let mut body = json!({
            "type": format!("/problems/{}", refusal.code()),
            "status": self.status().as_u16(),
            "title": language.of(&refusal.title),
            "detail": language.of(&refusal.next),
            "code": refusal.code(),
            "title_words": refusal.title,
            "next": refusal.next,
            "human": refusal.human,
            "ask": refusal.ask,
        });
        if let Value::Object(members) = &mut body {
            for (name, value) in &self.extension {
                members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        body
    }

    fn response(&self, language: Language) -> Response {
        self.finish(PROBLEM_JSON, language, Body::from(self.body(language).to_string()))
    }

    fn page(&self, language: Language) -> Response {
        let page = Body::from(pages::problem(&self.refusal, language));
        let mut response = self.finish("text/html; charset=utf-8", language, page);
        // Without its own policy the page would stand there without its style.
        let policy = security::page_policy(&[], &[security::hash_source(pages::STYLE)]);
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    fn finish(&self, media_type: &'static str, language: Language, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.response(Language::Chinese);
        response.extensions_mut().insert(self);
        response
    }
}

/// The languages every text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese, the first language.
    Chinese,
    /// English.
    English,
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of_headers(&parts.headers))
    }
}

impl Language {
    /// The better of the two by the header `Accept-Language` (RFC 9110, section 12.5.4); Chinese when it does not say.
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let text = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (Self::Chinese, 0_u16);
        for range in text.split(',').take(16) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("zh") => Self::Chinese,
                Some("en") => Self::English,
                _ => continue,
            };
            let weight = parts.next().map_or(Some(1000), weight_in_thousandths).unwrap_or(0);
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The words in this language.
    pub fn of(self, words: &Words) -> &str {
        match self {
            Self::Chinese => &words.zh,
            Self::English => &words.en,
        }
    }

    /// The fixed text in this language.
    pub const fn pick(self, text: Text) -> &'static str {
        match self {
            Self::Chinese => text.zh,
            Self::English => text.en,
        }
    }
}

/// A weight `q=0.8` as 800; `None` when it is none.
fn weight_in_thousandths(parameter: &str) -> Option<u16> {
    let value: f32 = parameter.trim().strip_prefix("q=")?.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked on this line")]
    (0.0..=1.0).contains(&value).then_some((value * 1000.0) as u16)
}

/// Middleware: every refusal in the reader's language, as a page for a browser that navigates, and every error that a
/// library below answered without a body as a problem of ours.
pub async fn speak(request: Request, next: Next) -> Response {
    let language = Language::of_headers(request.headers());
    let page = request.method() == Method::GET && wants_page(request.headers());
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| bare(&response));
    let Some(problem) = problem else { return response };
    let mut spoken = if page { problem.page(language) } else { problem.response(language) };
    for (name, value) in response.headers() {
        if matches!(*name, header::ALLOW | header::SET_COOKIE | header::WWW_AUTHENTICATE) {
            spoken.headers_mut().append(name, value.clone());
        }
    }
    spoken
}

/// Whether a browser asks that navigates: by link, or by a form.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').next().is_some_and(|first| first.trim().starts_with("text/html"))
}

/// An error answered by the router itself or by a library: it has no words of its own.
fn bare(response: &Response) -> Option<Problem> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|media_type| media_type.starts_with(PROBLEM_JSON) || media_type.starts_with("text/html"))
    {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => unknown_route(),
        StatusCode::METHOD_NOT_ALLOWED => method_not_allowed(),
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ if status.is_client_error() => Problem::from(Refusal::with_status(
            status.as_u16(),
            "input.malformed",
            Text::new("请求的格式不对", "The request is not in the expected form"),
            Text::new("请对照接口文档 /openapi.json 修改请求", "Compare the request with /openapi.json"),
        )),
        _ => internal(),
    })
}

/// `route.unknown`: there is no such address.
pub fn unknown_route() -> Problem {
    Refusal::missing(
        "route.unknown",
        Text::new("没有这个地址", "There is nothing at this address"),
        Text::new(
            "请检查地址；全部接口见 /openapi.json",
            "Check the address; everything there is is listed in /openapi.json",
        ),
    )
    .into()
}

/// `route.method`: the address exists, the method does not.
pub fn method_not_allowed() -> Problem {
    Refusal::with_status(
        405,
        "route.method",
        Text::new("这个地址不支持这种请求方法", "This address does not take this method"),
        Text::new(
            "可用的方法见应答的 Allow 头和 /openapi.json",
            "See the header Allow and /openapi.json for the methods it takes",
        ),
    )
    .into()
}

/// `input.too_large`: the body is longer than the contract allows.
pub fn too_large() -> Problem {
    Refusal::with_status(
        413,
        "input.too_large",
        Text::new("请求太大，最多 64 KiB", "The request is too large: at most 64 KiB"),
        Text::new("请分成几次提交", "Send it in several smaller requests"),
    )
    .into()
}

/// `platform.internal`: a fault of ours; the cause stays in our own log.
pub fn internal() -> Problem {
    Refusal::with_status(
        500,
        "platform.internal",
        Text::new("平台内部出错，没有办成", "The platform failed; nothing was done"),
        Text::new("请稍后重试；重试不会重复办理", "Try again shortly; a retry does nothing twice"),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_gets_the_language_asked_for() {
        let check = |accept: &str, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(accept).unwrap());
            assert_eq!(Language::of_headers(&headers), expected, "{accept}");
        };
        check("", Language::Chinese);
        check("en", Language::English);
        check("en-GB,en;q=0.9", Language::English);
        check("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese);
        check("en;q=0.2,zh-HK;q=0.7", Language::Chinese);
        check("fr, en;q=0.1", Language::English);
        check("en;q=0", Language::Chinese);
        check("en;q=nan, en;q=9, ;;,", Language::Chinese);
        assert_eq!(Language::of_headers(&HeaderMap::new()), Language::Chinese);
    }

    #[tokio::test]
    async fn an_error_without_words_of_its_own_is_given_some() {
        use axum::{Router, extract::Path, routing::get};
        use tower::ServiceExt;

        let handler = async |Path(status): Path<u16>| StatusCode::from_u16(status).unwrap();
        let router: Router = Router::new().route("/{status}", get(handler)).layer(axum::middleware::from_fn(speak));
        for (status, code) in [
            (400, Some("input.malformed")),
            (404, Some("route.unknown")),
            (405, Some("route.method")),
            (413, Some("input.too_large")),
            (500, Some("platform.internal")),
            (204, None),
            (303, None),
        ] {
            let request = Request::get(format!("/{status}")).header(header::ACCEPT_LANGUAGE, "en").body(Body::empty());
            let response = router.clone().oneshot(request.unwrap()).await.unwrap();
            assert_eq!(response.status(), status);
            let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
            let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            assert_eq!(body["code"].as_str(), code, "{status}");
        }
    }

    #[test]
    fn an_extension_never_replaces_a_standard_member() {
        let problem = unknown_route().with("status", 200).with("request", "ab");
        let body = problem.body(Language::English);
        assert_eq!(body["status"], 404);
        assert_eq!(body["request"], "ab");
        assert_eq!(body["type"], "/problems/route.unknown");
        assert_eq!(body["title"], "There is nothing at this address");
        assert_eq!(body["title_words"]["zh"], "没有这个地址");
    }

    #[test]
    fn a_refusal_with_a_success_status_is_still_an_error() {
        let mut problem = unknown_route();
        problem.refusal.status = 200;
        assert_eq!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
