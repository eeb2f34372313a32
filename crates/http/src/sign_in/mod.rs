//! Sign-in as an `OpenID` Connect relying party: authorisation code with PKCE (RFC 7636), `state` and `nonce`
//! (`OpenID` Connect Core 1.0, section 3.1), any provider that publishes its discovery document.
//!
//! Between leaving and coming back nothing is kept here: what has to be remembered travels in a cookie of the one
//! browser, authenticated by a key of this process.

mod attempt;
mod outgoing;

use std::{path::PathBuf, sync::Arc, time::Duration};

use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, SignatureVerificationError,
    TokenResponse,
    core::{CoreClient, CoreIdToken, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType},
};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use tongma_domain::{Refusal, Text, UnixMs};

pub use attempt::{Attempt, COOKIE};
use outgoing::Outgoing;

use crate::problem::{Answer, Problem};

/// How long the provider's keys and addresses are believed before they are fetched again.
const METADATA_LIFE_MS: i64 = 3_600_000;
/// How soon after one fetch an unknown key may cause the next.
const REFETCH_AFTER_MS: i64 = 10_000;
/// Tries to reach the provider for one sign-in, and the pauses between them.
const PAUSES: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(500)];
/// How long nobody asks again after the provider did not answer.
const FAILURE_LASTS: Duration = Duration::from_secs(1);
/// How far the time of issue may lie from ours, in seconds.
const ISSUE_WINDOW_S: i64 = 600;
/// Signatures taken under an ID token: asymmetric ones only, never `none`.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
];

/// The provider and what it knows us as.
#[derive(Debug, Clone)]
pub struct SignInConfig {
    /// The issuer's address, exactly as in its discovery document. `https`, or `http` on this machine.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// A file with our client secret; none for a public client.
    pub client_secret_file: Option<PathBuf>,
    /// Our address that it sends people back to: `<public origin>/auth/callback`.
    pub redirect: String,
}

/// The relying party.
pub struct SignIn {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    outgoing: Outgoing,
    cookie_key: [u8; 32],
    known: Mutex<Known>,
}

/// What is known of the provider.
#[derive(Default)]
struct Known {
    fetched: Option<Fetched>,
    /// When it last did not answer, by the process's own measure of time.
    failed: Option<Instant>,
}

struct Fetched {
    metadata: Arc<CoreProviderMetadata>,
    at: UnixMs,
}

/// Where to send the browser, and what it is to remember.
pub struct Departure {
    /// The provider's address with the request.
    pub location: String,
    /// The value of the cookie [`COOKIE`].
    pub cookie: String,
}

/// Someone the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The issuer.
    pub issuer: String,
    /// The subject: never changes and is never given to another person by that issuer.
    pub subject: String,
    /// The path on this site the person was on the way to.
    pub return_to: String,
}

/// What the provider sends back, in the query.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Callback {
    /// The code, when it went well.
    pub code: Option<String>,
    /// Our `state`.
    pub state: Option<String>,
    /// The error, when it did not.
    pub error: Option<String>,
}

impl SignIn {
    /// A relying party; nothing is fetched yet, so that this process starts without the provider.
    ///
    /// # Errors
    /// What is wrong with the configuration, for the log of the process.
    pub fn new(config: &SignInConfig, cookie_key: [u8; 32]) -> Result<Self, String> {
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|error| format!("issuer: {error}"))?;
        let redirect = RedirectUrl::new(config.redirect.clone()).map_err(|error| format!("redirect: {error}"))?;
        let here = matches!(issuer.url().host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if issuer.url().scheme() != "https" && !(here && issuer.url().scheme() == "http") {
            return Err("issuer: must be https, or http on this machine".to_owned());
        }
        let client_secret = match &config.client_secret_file {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                Some(ClientSecret::new(text.trim().to_owned()))
            }
        };
        let client_id = ClientId::new(config.client_id.clone());
        Ok(Self {
            issuer,
            client_id,
            client_secret,
            redirect,
            outgoing: Outgoing::new(),
            cookie_key,
            known: Mutex::default(),
        })
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// `sign_in.unavailable` when the provider does not answer.
    pub async fn depart(&self, seed: [u8; 32], return_to: &str, now: UnixMs) -> Answer<Departure> {
        let metadata = self.metadata(now, METADATA_LIFE_MS).await?;
        let attempt = Attempt::new(seed, return_to, now);
        let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(attempt.verifier.clone()));
        let client =
            CoreClient::from_provider_metadata((*metadata).clone(), self.client_id.clone(), self.client_secret.clone())
                .set_redirect_uri(self.redirect.clone());
        let (location, _, _) = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(challenge)
            .url();
        Ok(Departure { location: location.into(), cookie: attempt.seal(&self.cookie_key) })
    }

    /// Ends a sign-in: exchanges the code and believes the ID token after checking it.
    ///
    /// # Errors
    /// `sign_in.expired` without a living attempt in this browser, `sign_in.declined`, `sign_in.mismatch` when the
    /// answer belongs to another attempt, `sign_in.rejected` when the provider or its token does not hold,
    /// `sign_in.unavailable`.
    pub async fn arrive(&self, callback: &Callback, cookie: Option<&str>, now: UnixMs) -> Answer<Arrival> {
        let attempt = cookie.and_then(|cookie| Attempt::open(cookie, &self.cookie_key, now)).ok_or_else(expired)?;
        if callback.state.as_deref() != Some(attempt.state.as_str()) {
            return Err(mismatch());
        }
        let code = match (&callback.error, &callback.code) {
            (None, Some(code)) if (1..=2048).contains(&code.len()) => code.clone(),
            (Some(error), _) if error == "access_denied" => return Err(declined()),
            (Some(error), _) if error == "temporarily_unavailable" || error == "server_error" => {
                return Err(unavailable());
            }
            _ => return Err(rejected()),
        };
        let metadata = self.metadata(now, METADATA_LIFE_MS).await?;
        let token = self.exchange(&metadata, code, &attempt.verifier).await?;
        let subject = match self.subject(&metadata, &token, &attempt.nonce, now) {
            Err(Doubt::UnknownKey) => {
                let fresh = self.metadata(now, REFETCH_AFTER_MS).await?;
                self.subject(&fresh, &token, &attempt.nonce, now)
            }
            first => first,
        };
        let subject = subject.map_err(|_| rejected())?;
        Ok(Arrival { issuer: self.issuer.as_str().to_owned(), subject, return_to: attempt.return_to })
    }

    async fn exchange(&self, metadata: &CoreProviderMetadata, code: String, verifier: &str) -> Answer<CoreIdToken> {
        let client =
            CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.client_secret.clone())
                .set_redirect_uri(self.redirect.clone());
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|_| unavailable())?;
        let answer = request
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request_async(&self.outgoing)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(_) => unavailable(),
                _ => rejected(),
            })?;
        answer.id_token().cloned().ok_or_else(rejected)
    }

    fn subject(
        &self,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        nonce: &str,
        now: UnixMs,
    ) -> Result<String, Doubt> {
        let client =
            CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.client_secret.clone());
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || chrono::DateTime::from_timestamp_millis(now.as_millis()).unwrap_or_default())
            .set_issue_time_verifier_fn(move |issued| {
                let error_s = issued.timestamp().saturating_sub(now.as_seconds());
                if error_s.abs() <= ISSUE_WINDOW_S { Ok(()) } else { Err("issued at another time".to_owned()) }
            });
        let claims = token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|error| match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                Doubt::UnknownKey
            }
            _ => Doubt::Bad,
        })?;
        Ok(claims.subject().as_str().to_owned())
    }

    /// The provider's document and keys, at most this old.
    async fn metadata(&self, now: UnixMs, oldest_ms: i64) -> Answer<Arc<CoreProviderMetadata>> {
        let mut known = self.known.lock().await;
        let fresh = known.fetched.as_ref().filter(|fetched| now.since(fetched.at) < oldest_ms);
        if let Some(fetched) = fresh {
            return Ok(Arc::clone(&fetched.metadata));
        }
        // Those who waited behind a failed try do not wait for one of their own.
        let tried = known.failed.is_some_and(|failed| failed.elapsed() < FAILURE_LASTS);
        let metadata = if tried { None } else { self.discover().await };
        match (metadata, &known.fetched) {
            (Some(metadata), _) => {
                *known = Known { fetched: Some(Fetched { metadata: Arc::clone(&metadata), at: now }), failed: None };
                Ok(metadata)
            }
            (None, fetched) => {
                // What was known an hour ago is better than turning everyone away; keys change rarely.
                let old = fetched.as_ref().map(|fetched| Arc::clone(&fetched.metadata));
                known.failed = known.failed.filter(|_| tried).or_else(|| Some(Instant::now()));
                old.ok_or_else(unavailable)
            }
        }
    }

    /// Asks the provider for its document and keys, a few times.
    async fn discover(&self) -> Option<Arc<CoreProviderMetadata>> {
        let mut pauses = PAUSES.iter();
        loop {
            match CoreProviderMetadata::discover_async(self.issuer.clone(), &self.outgoing).await {
                Ok(metadata) => return Some(Arc::new(metadata)),
                Err(_no_answer) => tokio::time::sleep(*pauses.next()?).await,
            }
        }
    }
}

/// Why an ID token is not believed.
enum Doubt {
    UnknownKey,
    Bad,
}

/// `sign_in.unavailable`.
pub fn unavailable() -> Problem {
    Problem::from(Refusal::unavailable(
        "sign_in.unavailable",
        Text::new("登录服务暂时连不上", "The sign-in service does not answer"),
        Text::new(
            "请稍后再登录；已有的码不受影响，没有网络也能亮",
            "Sign in again in a moment; a code you already have keeps working, also offline",
        ),
    ))
}

fn expired() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "sign_in.expired",
        Text::new(
            "这次登录已过期，或不是在这个浏览器里开始的",
            "This sign-in is too old, or was begun in another browser",
        ),
        Text::new("请回到首页重新登录", "Go back and sign in again"),
    ))
}

fn declined() -> Problem {
    Problem::from(Refusal::with_status(
        403,
        "sign_in.declined",
        Text::new("您取消了登录", "You cancelled the sign-in"),
        Text::new("需要时可以重新登录", "Sign in again whenever you like"),
    ))
}

fn mismatch() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "sign_in.mismatch",
        Text::new("登录的回答与这次登录对不上", "The answer belongs to another sign-in"),
        Text::new("请关掉其他登录页面，重新登录", "Close other sign-in pages and sign in again"),
    ))
}

fn rejected() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "sign_in.rejected",
        Text::new("登录没有成功", "The sign-in did not succeed"),
        Text::new("请重新登录", "Please sign in again"),
    ))
}
