//! An `OpenID` Connect provider for trying the platform without a real one: code flow with PKCE, ES256, nothing else.
//!
//! It asks for no password; whoever reaches it may be any of its people. It keeps nothing beyond the minute in which a
//! code lives, and makes its signing key at each start.

mod codes;
mod token;

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Json, Redirect, Response},
    routing::{get, post},
};
use openidconnect::url::Url;
use serde::Deserialize;
use serde_json::json;
use tongma_domain::{Clock, Words};

use self::{
    codes::{Codes, Grant},
    token::SigningKey,
};
use crate::{pages::STYLE, pages::Say, problem::Language};

/// What a demo provider is made of.
pub struct DemoProviderConfig {
    /// Its own address, without a slash at the end: `http://127.0.0.1:8081`.
    pub issuer: String,
    /// The one client it knows.
    pub client_id: String,
    /// That client's secret; a public client with PKCE alone has none.
    pub client_secret: Option<String>,
    /// The addresses that client may have people sent back to, exactly.
    pub redirects: Vec<String>,
    /// The people who can be chosen.
    pub people: Vec<DemoPerson>,
    /// 32 bytes nobody can predict: the signing key and the codes come from them.
    pub seed: [u8; 32],
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Someone who can be chosen.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    /// The subject.
    pub subject: String,
    /// The masked name, the most that a screen shows.
    pub masked_name: String,
    /// What is particular: adult, elder, child.
    pub note: Words,
}

struct Provider {
    config: DemoProviderConfig,
    key: SigningKey,
    codes: Mutex<Codes>,
}

/// The provider's routes. Run it as a process of its own: its origin must not be the platform's.
pub fn router(config: DemoProviderConfig) -> Router {
    let key = SigningKey::from_seed(config.seed);
    let codes = Mutex::new(Codes::new(config.seed));
    let provider = Arc::new(Provider { config, key, codes });
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/jwks", get(keys))
        .route("/authorize", get(ask).post(choose))
        .route("/token", post(token))
        .route("/", get(|| async { Redirect::to("/.well-known/openid-configuration") }))
        .layer(axum::extract::DefaultBodyLimit::max(16 * 1024))
        .with_state(provider)
}

/// The request of `OpenID` Connect Core 1.0, section 3.1.2.1, as query and again as the form's hidden fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Request {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    subject: String,
    #[serde(flatten)]
    request: Request,
}

#[derive(Template)]
#[template(path = "demo_provider.html")]
struct AskPage<'a> {
    style: &'static str,
    lang: &'static str,
    say: Say,
    people: &'a [DemoPerson],
    request: &'a Request,
}

async fn configuration(State(provider): State<Arc<Provider>>) -> Json<serde_json::Value> {
    let issuer = &provider.config.issuer;
    let methods = if provider.config.client_secret.is_some() {
        json!(["client_secret_basic", "client_secret_post"])
    } else {
        json!(["none"])
    };
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<serde_json::Value> {
    Json(json!({ "keys": [provider.key.public_jwk()] }))
}

impl Provider {
    /// Checks a request. `Err(None)` must not be sent anywhere: the client or its address is not known; `Err(Some)` goes
    /// back to the client (RFC 6749, section 4.1.2.1).
    fn check(&self, request: &Request) -> Result<(), Option<&'static str>> {
        if request.client_id != self.config.client_id || !self.config.redirects.contains(&request.redirect_uri) {
            return Err(None);
        }
        if request.response_type != "code" {
            return Err(Some("unsupported_response_type"));
        }
        let challenge = &request.code_challenge;
        let pkce = request.code_challenge_method == "S256"
            && challenge.len() == 43
            && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        let openid = request.scope.split(' ').any(|scope| scope == "openid");
        if pkce && openid && request.nonce.len() <= 512 && request.state.len() <= 512 {
            Ok(())
        } else {
            Err(Some("invalid_request"))
        }
    }

    /// The way back to the client, with these members in the query.
    fn back(&self, request: &Request, members: &[(&str, &str)]) -> Response {
        let Ok(mut address) = Url::parse(&request.redirect_uri) else { return unknown_client(Language::Chinese) };
        {
            let mut query = address.query_pairs_mut();
            for (name, value) in members {
                query.append_pair(name, value);
            }
            if !request.state.is_empty() {
                query.append_pair("state", &request.state);
            }
            // RFC 9207: the client can tell which provider answered.
            query.append_pair("iss", &self.config.issuer);
        }
        ([(header::CACHE_CONTROL, "no-store")], Redirect::to(address.as_str())).into_response()
    }
}

async fn ask(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    query: Result<Query<Request>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let language = Language::of_headers(&headers);
    let Ok(Query(request)) = query else { return unknown_client(language) };
    match provider.check(&request) {
        Err(None) => unknown_client(language),
        Err(Some(error)) => provider.back(&request, &[("error", error)]),
        Ok(()) => {
            let people = &provider.config.people;
            let page = AskPage { style: STYLE, lang: language.tag(), say: Say(language), people, request: &request };
            guarded(Html(page.render().unwrap_or_default()).into_response(), &request.redirect_uri)
        }
    }
}

async fn choose(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    form: Result<axum::Form<Choice>, axum::extract::rejection::FormRejection>,
) -> Response {
    let language = Language::of_headers(&headers);
    let Ok(axum::Form(Choice { subject, request })) = form else { return unknown_client(language) };
    match provider.check(&request) {
        Err(None) => return unknown_client(language),
        Err(Some(error)) => return provider.back(&request, &[("error", error)]),
        Ok(()) => {}
    }
    if !provider.config.people.iter().any(|person| person.subject == subject) {
        return provider.back(&request, &[("error", "access_denied")]);
    }
    let grant = Grant {
        subject,
        nonce: request.nonce.clone(),
        challenge: request.code_challenge.clone(),
        redirect: request.redirect_uri.clone(),
    };
    let now = provider.config.clock.now();
    let code = provider.codes.lock().unwrap_or_else(PoisonError::into_inner).issue(grant, now);
    provider.back(&request, &[("code", &code)])
}

/// The form of RFC 6749, section 4.1.3.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
    client_id: String,
    client_secret: Option<String>,
}

async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    form: Result<axum::Form<Exchange>, axum::extract::rejection::FormRejection>,
) -> Response {
    let Ok(axum::Form(exchange)) = form else { return token_error("invalid_request") };
    if !token::client_is(&provider.config, &headers, &exchange.client_id, exchange.client_secret.as_deref()) {
        return token_error("invalid_client");
    }
    if exchange.grant_type != "authorization_code" {
        return token_error("unsupported_grant_type");
    }
    let now = provider.config.clock.now();
    // The code is spent by the first try, right or wrong (RFC 6749, section 4.1.2).
    let grant = provider.codes.lock().unwrap_or_else(PoisonError::into_inner).redeem(&exchange.code, now);
    let grant = grant.filter(|grant| {
        grant.redirect == exchange.redirect_uri && token::pkce_holds(&exchange.code_verifier, &grant.challenge)
    });
    let Some(grant) = grant else { return token_error("invalid_grant") };
    let id_token = provider.key.id_token(&provider.config, &grant, now);
    let access_token = provider.codes.lock().unwrap_or_else(PoisonError::into_inner).opaque();
    let body = json!({ "token_type": "Bearer", "access_token": access_token, "expires_in": 60, "id_token": id_token });
    ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(body)).into_response()
}

fn token_error(error: &'static str) -> Response {
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "error": error }))).into_response()
}

fn unknown_client(language: Language) -> Response {
    let refusal = tongma_domain::Refusal::with_status(
        400,
        "sign_in.client",
        tongma_domain::Text::new(
            "这个登录请求不是已登记的应用发来的",
            "This sign-in request is not from a registered application",
        ),
        tongma_domain::Text::new("请回到应用重新登录", "Go back to the application and sign in again"),
    );
    let page = Html(crate::pages::problem(&refusal, language));
    guarded((StatusCode::BAD_REQUEST, page).into_response(), "")
}

/// The page's headers. The form's answer is a redirect to the client, which Chromium holds against `form-action` too.
fn guarded(mut response: Response, redirect: &str) -> Response {
    let client = Url::parse(redirect).map(|address| address.origin().ascii_serialization()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src '{}'; form-action 'self' {client}; base-uri 'none'; frame-ancestors 'none'",
        crate::security::hash_source(STYLE)
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy.trim_end()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
