//! The small HTTP client that asks the provider: deadlines, a bounded answer, no redirects.

use std::{fmt, pin::Pin, time::Duration};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// How long one exchange with the provider may take in all.
const TIME: Duration = Duration::from_secs(3);
/// The longest answer taken, in bytes: a key set with dozens of keys is some 50 KB.
const MOST_ANSWER_BYTES: usize = 512 * 1024;

/// The client. It follows no redirect: a provider's endpoints are where its document says, or nowhere.
pub struct Outgoing {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// The provider was not reached, or its answer was not one.
#[derive(Debug)]
pub struct OutgoingError(&'static str);

impl fmt::Display for OutgoingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl std::error::Error for OutgoingError {}

impl Outgoing {
    /// A client that trusts the machine's certificate authorities, which a deployment can extend with its own.
    pub fn new() -> Self {
        let provider = rustls::crypto::ring::default_provider();
        let builder = HttpsConnectorBuilder::new();
        let connector = match builder.with_provider_and_native_roots(provider.clone()) {
            Ok(builder) => builder.https_or_http().enable_http1().build(),
            Err(_no_roots) => without_roots(provider),
        };
        Self {
            client: Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(30)).build(connector),
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OutgoingError> {
        let (parts, body) = request.into_parts();
        let request = axum::http::Request::from_parts(parts, Full::new(Bytes::from(body)));
        let answer = self.client.request(request).await.map_err(|_| OutgoingError("not reached"))?;
        let (parts, body) = answer.into_parts();
        let body =
            Limited::new(body, MOST_ANSWER_BYTES).collect().await.map_err(|_| OutgoingError("answer cut off"))?;
        Ok(HttpResponse::from_parts(parts, body.to_bytes().to_vec()))
    }
}

/// On a machine without certificate authorities nothing but plain `http` to itself works; that is what a demo needs.
#[expect(clippy::expect_used, reason = "ring's own default protocol versions are always among its own")]
fn without_roots(provider: rustls::crypto::CryptoProvider) -> HttpsConnector<HttpConnector> {
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .expect("the provider's own versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build()
}

impl<'c> AsyncHttpClient<'c> for Outgoing {
    type Error = OutgoingError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            tokio::time::timeout(TIME, self.send(request)).await.unwrap_or(Err(OutgoingError("too slow")))
        })
    }
}
