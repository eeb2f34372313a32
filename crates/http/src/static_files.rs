//! The apps' files: embedded and packed in a release, read from `web/` in a debug build.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use crate::{problem, security};

/// One embedded file, as the build script lists it.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// The path of its address.
    pub url: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Names its content.
    pub hash: &'static str,
    /// CSP hash sources of its inline scripts.
    pub scripts: &'static [&'static str],
    /// CSP hash sources of its inline styles.
    pub styles: &'static [&'static str],
    /// The bytes.
    pub plain: &'static [u8],
    /// The bytes packed by Brotli (RFC 7932), where that is smaller.
    pub brotli: Option<&'static [u8]>,
    /// The bytes packed by gzip (RFC 1952), where that is smaller.
    pub gzip: Option<&'static [u8]>,
}

mod listed {
    use super::Embedded;
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// What is served: a list in the binary, or the folder.
#[derive(Debug)]
pub struct Assets {
    embedded: BTreeMap<&'static str, &'static Embedded>,
}

impl Default for Assets {
    fn default() -> Self {
        Self { embedded: listed::FILES.iter().map(|file| (file.url, file)).collect() }
    }
}

/// One file, ready to be sent.
struct Ready {
    media_type: &'static str,
    hash: String,
    policy: String,
    body: Body,
    encoding: Option<&'static str>,
}

impl Assets {
    /// The file at an address, in the packing the reader takes, or nothing when the reader has it already.
    pub fn serve(&self, path: &str, headers: &HeaderMap) -> Response {
        let found = if listed::FROM_DISK { from_disk(path) } else { self.packed(path, headers) };
        let Some(ready) = found else {
            return axum::response::IntoResponse::into_response(problem::unknown_route());
        };
        let tag = format!("\"{}{}\"", ready.hash, ready.encoding.map(|name| format!("-{name}")).unwrap_or_default());
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let unchanged =
            known.flat_map(|list| list.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
        let mut response = Response::new(if unchanged { Body::empty() } else { ready.body });
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(ready.media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let (false, Some(encoding)) = (unchanged, ready.encoding) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        for (name, value) in [(header::ETAG, tag), (header::CONTENT_SECURITY_POLICY, ready.policy)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// Every address there is, for the tests and the log of the process.
    pub fn addresses(&self) -> Vec<String> {
        if listed::FROM_DISK {
            return read_disk().map(|assets| assets.into_keys().collect()).unwrap_or_default();
        }
        self.embedded.keys().map(|url| (*url).to_owned()).collect()
    }

    fn packed(&self, path: &str, headers: &HeaderMap) -> Option<Ready> {
        let file = self.embedded.get(path)?;
        let taken = |name: &str| takes(headers, name);
        let (bytes, encoding) = match (file.brotli, file.gzip) {
            (Some(packed), _) if taken("br") => (packed, Some("br")),
            (_, Some(packed)) if taken("gzip") => (packed, Some("gzip")),
            _ => (file.plain, None),
        };
        let owned = |list: &[&str]| list.iter().map(|hash| (*hash).to_owned()).collect::<Vec<_>>();
        Some(Ready {
            media_type: file.media_type,
            hash: file.hash.to_owned(),
            policy: security::page_policy(&owned(file.scripts), &owned(file.styles)),
            body: Body::from(bytes),
            encoding,
        })
    }
}

fn read_disk() -> Result<BTreeMap<String, crate::bundle::Asset>, String> {
    let wasm: Vec<(String, Vec<u8>)> =
        listed::WASM.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    crate::bundle::bundle(std::path::Path::new(listed::WEB), &wasm)
}

fn from_disk(path: &str) -> Option<Ready> {
    let mut assets = match read_disk() {
        Ok(assets) => assets,
        // Only a developer sees this, on the page that is being edited.
        Err(error) => {
            return Some(Ready {
                media_type: "text/plain; charset=utf-8",
                hash: "error".into(),
                policy: "default-src 'none'".into(),
                body: Body::from(error),
                encoding: None,
            });
        }
    };
    let asset = assets.remove(path)?;
    let (hash, policy) = (asset.hash(), security::page_policy(&asset.scripts, &asset.styles));
    Some(Ready { media_type: asset.media_type, hash, policy, body: Body::from(asset.bytes), encoding: None })
}

/// Whether the reader takes this content coding (RFC 9110, section 12.5.3): named, and not with weight zero.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|text| text.split(',')).any(|part| {
        let mut part = part.split(';').map(str::trim);
        let named = part.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        named && !part.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_taken_only_where_named() {
        let check = |text: &'static str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            assert_eq!(takes(&headers, "br"), expected, "{text}");
        };
        check("gzip, deflate, br, zstd", true);
        check("gzip, br;q=0.5", true);
        check("gzip, br;q=0", false);
        check("gzip", false);
        check("brotli", false);
        check("", false);
    }

    #[test]
    fn a_reader_who_has_the_file_gets_no_body() {
        let assets = Assets::default();
        let first = assets.serve("/me", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK, "web/citizen/index.html is served at /me");
        let policy = first.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe-inline"));
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(assets.serve("/me", &headers).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(assets.serve("/assets/../Cargo.toml", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }
}
