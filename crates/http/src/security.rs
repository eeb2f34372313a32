//! What every answer says to the browser about what it may do, and who may ask with a cookie.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use tongma_domain::{Refusal, Text};

use crate::problem::{Answer, Problem};

/// The policy of answers that are data: nothing may come of them in a browser.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The camera is for our own pages; nothing else is asked for.
const PERMISSIONS: &str = "camera=(self), screen-wake-lock=(self), microphone=(), geolocation=(), payment=(), usb=(), \
                           serial=(), hid=(), midi=(), display-capture=(), interest-cohort=()";

/// The policy of a page or script of ours whose inlined parts have these hashes.
///
/// `wasm-unsafe-eval` is what a browser asks for before it compiles WebAssembly; scripts themselves come from this
/// origin or carry a hash, and nothing is framed, embedded or sent elsewhere.
pub fn page_policy(scripts: &[String], styles: &[String]) -> String {
    let list = |hashes: &[String]| hashes.iter().fold(String::new(), |text, hash| format!("{text} '{hash}'"));
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{}; style-src 'self'{}; img-src 'self' data: blob:; \
         media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        list(scripts),
        list(styles)
    )
}

/// The source expression of an inlined script or style (CSP Level 3, section 2.3.1), without its quotes.
pub fn hash_source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Middleware: the headers every answer carries unless it has set its own.
pub async fn headers(State(encrypted): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut usual = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    usual(header::CONTENT_SECURITY_POLICY, DATA_POLICY);
    usual(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    usual(header::REFERRER_POLICY, "no-referrer");
    usual(header::CACHE_CONTROL, "no-store");
    usual(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    usual(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    usual(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if encrypted {
        usual(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    response
}

/// Checks that a request which a cookie makes powerful comes from a page of ours.
///
/// # Errors
/// `request.origin` unless `Origin` is the public origin, or names the very host the request went to.
pub fn same_origin(headers: &HeaderMap, public_origin: &str) -> Answer<()> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let origin = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority).unwrap_or_default();
    if !origin.is_empty() && (origin == public_origin || (!authority.is_empty() && authority == host)) {
        return Ok(());
    }
    Err(Problem::from(Refusal::forbidden(
        "request.origin",
        Text::new("这个请求不是从本站页面发出的", "This request does not come from a page of this site"),
        Text::new("请打开本站页面再操作", "Open the page of this site and try again"),
    )))
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// A `Set-Cookie` that scripts cannot read and other sites cannot use to change anything; `None` takes it away.
pub fn set_cookie(name: &str, value: Option<&str>, path: &str, life_s: i64, encrypted: bool) -> Option<HeaderValue> {
    let secure = if encrypted { "; Secure" } else { "" };
    let (value, life_s) = value.map_or(("", 0), |value| (value, life_s));
    let text = format!("{name}={value}; Path={path}; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_pages_of_this_site_may_use_the_cookie() {
        let check = |pairs, allowed: bool| {
            let found = same_origin(&with(pairs), "https://tongma.example");
            assert_eq!(found.is_ok(), allowed, "{pairs:?}");
        };
        check(&[("origin", "https://tongma.example"), ("host", "inside:8080")], true);
        check(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true);
        check(&[("host", "127.0.0.1:8080")], false);
        check(&[("origin", "null"), ("host", "127.0.0.1:8080")], false);
        check(&[("origin", ""), ("host", "")], false);
        check(&[("origin", "http://"), ("host", "")], false);
        check(&[("origin", "https://evil.example"), ("host", "tongma.example")], false);
        check(&[("origin", "https://tongma.example.evil.example"), ("host", "tongma.example")], false);
        check(&[("origin", "http://127.0.0.1:8081"), ("host", "127.0.0.1:8080")], false);
        check(&[("origin", "https://tongma.example"), ("origin", "https://evil.example")], false);
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let headers = with(&[("cookie", "a=1; tongma_session=abc; xtongma_session=no"), ("cookie", "b=2")]);
        assert_eq!(cookie(&headers, "tongma_session"), Some("abc"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "tongma"), None);
        assert_eq!(cookie(&HeaderMap::new(), "a"), None);
    }
}
