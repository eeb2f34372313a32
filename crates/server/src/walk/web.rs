//! The walk's side of HTTP: requests as a browser or a point would send them, and what came back.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::steps::Failed;

/// A client to addresses on this machine.
#[derive(Clone)]
pub struct Web {
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON, null when it is none.
    pub body: Value,
}

impl Web {
    /// A client.
    pub fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// The connection failed; the walk goes no further.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Failed> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).map_err(Failed::because)?;
        let (parts, bytes) = self.whole(request).await?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text, body })
    }
}

impl Web {
    /// Reads a file that is not text.
    ///
    /// # Errors
    /// The connection failed, or there is none.
    pub async fn bytes(&self, url: &str) -> Result<Vec<u8>, Failed> {
        let request = Request::builder().uri(url).body(Full::new(Bytes::new())).map_err(Failed::because)?;
        let (parts, bytes) = self.whole(request).await?;
        if parts.status.is_success() {
            Ok(bytes.to_vec())
        } else {
            Err(Failed::new(format!("{url}: {}", parts.status)))
        }
    }

    async fn whole(&self, request: Request<Full<Bytes>>) -> Result<(axum::http::response::Parts, Bytes), Failed> {
        let response = self.client.request(request).await.map_err(Failed::because)?;
        let (parts, body) = response.into_parts();
        Ok((parts, body.collect().await.map_err(Failed::because)?.to_bytes()))
    }
}

impl Answer {
    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The text at a JSON pointer, empty when there is none.
    pub fn text_at(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// This answer, if it is a success.
    ///
    /// # Errors
    /// Says what came instead.
    pub fn good(self) -> Result<Self, Failed> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(Failed::new(format!("{}: {}", self.status, self.text)))
        }
    }

    /// This answer, if it is a refusal with this code.
    ///
    /// # Errors
    /// Says what came instead.
    pub fn refused(self, code: &str) -> Result<Self, Failed> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let problem = kind.starts_with("application/problem+json");
        let kind_words = ["/title_words/zh", "/title_words/en", "/next/zh", "/next/en", "/human/zh", "/human/en"];
        let kind_words = kind_words.iter().all(|pointer| !self.text_at(pointer).is_empty());
        if self.status >= 400 && self.status < 500 && problem && kind_words && self.text_at("/code") == code {
            return Ok(self);
        }
        Err(Failed::new(format!("expected a kind refusal `{code}`, got {}: {}", self.status, self.text)))
    }

    /// A header's text, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
