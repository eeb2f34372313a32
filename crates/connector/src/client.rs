//! JSON over HTTP to one base address, with a deadline and a bounded answer.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// The largest answer that is read, in bytes.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Why there is no answer. None of these says whether the request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// The deadline passed.
    Deadline,
    /// The connection could not be made, or broke.
    Connection,
    /// What came back is too large or is not JSON.
    Body,
    /// The address is not one.
    Address,
}

/// A client of one outside system. Connections are kept and used again.
#[derive(Clone)]
pub struct JsonClient {
    base: String,
    deadline: Duration,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl JsonClient {
    /// A client of this base address (`https://rail.example/api`); each exchange may take so long.
    ///
    /// # Errors
    /// The machine's certificate store could not be read.
    pub fn new(base: &str, deadline: Duration) -> std::io::Result<Self> {
        let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base: base.trim_end_matches('/').to_owned(), deadline, client })
    }

    /// Fetches a path.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn get(&self, path: &str) -> Result<(u16, Value), NoAnswer> {
        self.exchange(Method::GET, path, Bytes::new()).await
    }

    /// Posts a body to a path.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), NoAnswer> {
        self.exchange(Method::POST, path, Bytes::from(body.to_string())).await
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes) -> Result<(u16, Value), NoAnswer> {
        let uri: Uri = format!("{}{path}", self.base).parse().map_err(|_| NoAnswer::Address)?;
        let request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, "application/json");
        let request = request.body(Full::new(body)).map_err(|_| NoAnswer::Address)?;
        tokio::time::timeout(self.deadline, async {
            let response = self.client.request(request).await.map_err(|_| NoAnswer::Connection)?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MOST_ANSWER_BYTES).collect().await;
            let body = body.map_err(|_| NoAnswer::Connection)?.to_bytes();
            serde_json::from_slice(&body).map(|value| (status, value)).map_err(|_| NoAnswer::Body)
        })
        .await
        .unwrap_or(Err(NoAnswer::Deadline))
    }
}
