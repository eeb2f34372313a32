//! What a request may bring, bounded and checked: bodies, idempotency keys, pages of lists, ids.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Serialize, de::DeserializeOwned};
use tongma_domain::{Refusal, Text, Words};

use crate::{
    limits::{BODY_TIME, MOST_BODY_BYTES, MOST_KEY_CHARACTERS},
    problem::{Answer, Problem, too_large},
};

pub use crate::paging::{List, Page};

/// A JSON body of a known shape, at most [`MOST_BODY_BYTES`] long.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Answer<Self> {
        let (parts, body) = request.into_parts();
        must_be_json(&parts.headers)?;
        parse(&read_body(&parts.headers, body).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The whole body, if it is short enough and comes soon enough.
///
/// # Errors
/// `input.too_large`, `input.too_slow`, `input.cut_off`.
pub async fn read_body(headers: &HeaderMap, body: Body) -> Answer<Bytes> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MOST_BODY_BYTES as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, MOST_BODY_BYTES).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Ok(Err(_broken)) => Err(Problem::from(Refusal::with_status(
            400,
            "input.cut_off",
            Text::new("请求没有传完", "The request broke off before its end"),
            Text::new("请检查网络后重试", "Check the network and try again"),
        ))),
        Err(_elapsed) => Err(Problem::from(Refusal::with_status(
            408,
            "input.too_slow",
            Text::new("请求传得太慢", "The request took too long to arrive"),
            Text::new("请检查网络后重试", "Check the network and try again"),
        ))),
    }
}

/// The value of this JSON text.
///
/// # Errors
/// `input.malformed`, naming the place and never what stood there: a body holds personal data.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path: String = error.path().to_string().chars().filter(|c| is_path_letter(*c)).take(80).collect();
        let inner = error.inner();
        malformed(&path, inner.line(), inner.column())
    })?;
    reader.end().map_err(|error| malformed("", error.line(), error.column()))?;
    Ok(value)
}

const fn is_path_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '[' | ']')
}

fn malformed(path: &str, line: usize, column: usize) -> Problem {
    let place = if path.is_empty() { "." } else { path };
    let title = Words::new(
        format!("请求不是约定的 JSON（位置 {place}，第 {line} 行第 {column} 列）"),
        format!("The body is not the JSON agreed on (at {place}, line {line}, column {column})"),
    );
    let refusal = Refusal::with_status(
        400,
        "input.malformed",
        Text::new("请求不是约定的 JSON", "The body is not the JSON agreed on"),
        Text::new("请对照接口文档 /openapi.json 修改请求", "Compare the request with /openapi.json"),
    );
    Problem::from(refusal.titled(title)).with("pointer", place).with("line", line).with("column", column)
}

/// Checks the media type of a body.
///
/// # Errors
/// `input.media_type`.
pub fn must_be_json(headers: &HeaderMap) -> Answer<()> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" {
        return Ok(());
    }
    Err(Problem::from(Refusal::with_status(
        415,
        "input.media_type",
        Text::new("请求体要用 application/json", "The body must be application/json"),
        Text::new("请设置 Content-Type: application/json", "Send Content-Type: application/json"),
    )))
}

/// The key under which a request has its effect once, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl IdempotencyKey {
    /// The key in these headers: one, of 1 to 64 printable ASCII characters.
    ///
    /// # Errors
    /// `idempotency.key_missing`, `idempotency.key_malformed`.
    pub fn of_headers(headers: &HeaderMap) -> Answer<Self> {
        let mut values = headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Err(key_missing()) };
        let text = value.to_str().unwrap_or_default();
        let fits =
            (1..=MOST_KEY_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !fits || values.next().is_some() {
            return Err(key_malformed());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Answer<Self> {
        Self::of_headers(&parts.headers)
    }
}

fn key_missing() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "idempotency.key_missing",
        Text::new("请求缺少 Idempotency-Key", "The request has no Idempotency-Key"),
        Text::new(
            "每次办理用一个新的随机值；重试时用原值",
            "Send a fresh random value with each thing to be done, and the same value with a retry",
        ),
    ))
}

fn key_malformed() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "idempotency.key_malformed",
        Text::new(
            "Idempotency-Key 要是 1 至 64 个可见 ASCII 字符，且只有一个",
            "Idempotency-Key must be one value of 1 to 64 printable ASCII characters",
        ),
        Text::new("例如用一个 UUID", "A UUID will do"),
    ))
}

/// The typed query of a request.
///
/// # Errors
/// `input.query`.
pub fn query<T: DeserializeOwned>(parts: &Parts) -> Answer<T> {
    axum::extract::Query::<T>::try_from_uri(&parts.uri).map(|query| query.0).map_err(|_| {
        Problem::from(Refusal::with_status(
            400,
            "input.query",
            Text::new("地址里的参数不对", "The parameters of the address are not right"),
            Text::new("请对照接口文档 /openapi.json", "Compare them with /openapi.json"),
        ))
    })
}

/// The one id in the path: 32 lower-case hexadecimal digits, the outward id of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutwardId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for OutwardId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let text = Path::<String>::from_request_parts(parts, state).await.map_or_else(|_| String::new(), |path| path.0);
        if is_hex(&text, 32) { Ok(Self(text)) } else { Err(no_such_id()) }
    }
}

/// Whether the text is so many lower-case hexadecimal digits.
pub fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// `id.unknown`: nothing of ours is called that.
pub fn no_such_id() -> Problem {
    Problem::from(Refusal::missing(
        "id.unknown",
        Text::new("没有这个编号", "There is nothing with this id"),
        Text::new("请用平台给出的编号", "Use an id that the platform gave out"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the parsing is looked at")]
    struct Sample {
        name: String,
        tickets: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the parsing is looked at")]
    struct Inner {
        header: u8,
    }

    #[test]
    fn a_malformed_body_is_named_by_place_and_never_repeated() {
        let check = |body: &str, pointer: &str| {
            let problem = parse::<Sample>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.refusal.code(), "input.malformed", "{body}");
            assert_eq!(problem.extension["pointer"], pointer, "{body}");
            let words = problem.body(crate::problem::Language::English).to_string();
            assert!(!words.contains("secret") && !words.contains("张三"), "{words}");
        };
        check("", ".");
        check("{", ".");
        check("\"张三\"", ".");
        check(r#"{"name":"张三","tickets":[{"header":"secret"}]}"#, "tickets[0].header");
        check(r#"{"name":"张三","tickets":[{"header":256}]}"#, "tickets[0].header");
        check(r#"{"name":7}"#, "name");
        check(r#"{"name":"a","tickets":[]} tail"#, ".");
        check(&"[".repeat(60_000), "[0]");
        check(&format!(r#"{{"name":"a","tickets":[],"{}":1}}"#, "x".repeat(500)), &"x".repeat(80));
    }

    #[test]
    fn keys_are_one_short_printable_value() {
        let check = |values: &[&[u8]], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("idempotency-key", HeaderValue::from_bytes(value).unwrap());
            }
            let found = IdempotencyKey::of_headers(&headers);
            match expected {
                None => assert!(found.is_ok(), "{values:?}"),
                Some(code) => assert_eq!(found.unwrap_err().refusal.code(), code, "{values:?}"),
            }
        };
        check(&[b"a"], None);
        check(&[&[b'k'; 64]], None);
        check(&[], Some("idempotency.key_missing"));
        check(&[b""], Some("idempotency.key_malformed"));
        check(&[&[b'k'; 65]], Some("idempotency.key_malformed"));
        check(&["键".as_bytes()], Some("idempotency.key_malformed"));
        check(&[b"a", b"b"], Some("idempotency.key_malformed"));
        check(&[b"a\tb"], Some("idempotency.key_malformed"));
    }

    proptest! {
        #[test]
        fn no_body_makes_the_parser_panic(bytes: Vec<u8>) {
            let _ = parse::<Sample>(&bytes);
        }
    }
}
