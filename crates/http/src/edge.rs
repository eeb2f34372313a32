//! What every handler works with, and who is asking.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{Method, header, request::Parts},
};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tongma_domain::{Id, Refusal, Text};
use tongma_service::passkey::RelyingParty;
use tongma_service::{Audience, Citizen, Platform};

use crate::{
    extract,
    limits::{APPLICATIONS_PER_MINUTE, Budget, PAIRINGS_PER_MINUTE, STAFF_ENTRIES_PER_MINUTE},
    point_signature::{PointKey, UnverifiedRequest, refused},
    problem::{Answer, Problem},
    security,
    sign_in::{SignIn, SignInConfig},
    static_files::Assets,
};

/// The cookie of a citizen's session.
pub const SESSION_COOKIE: &str = "tongma_session";

/// How the edge is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// The origin that people see: `https://tongma.example`, without a slash at the end.
    pub public_origin: String,
    /// The sign-in; without one, citizens' pages work for those who are signed in already.
    pub sign_in: Option<SignInConfig>,
    /// The administrator's bearer token; without one, the administration's routes refuse everyone.
    pub admin_token: Option<String>,
}

/// What every handler works with.
pub struct Edge {
    /// The use cases.
    pub platform: Arc<Platform>,
    /// The origin that people see.
    pub public_origin: String,
    /// Whether that origin is `https`.
    pub encrypted: bool,
    /// The relying party.
    pub sign_in: Option<SignIn>,
    /// The apps' files.
    pub assets: Assets,
    /// Pairing tries left.
    pub pairings: Budget,
    /// Beginnings of staff ceremonies left.
    pub entries: Budget,
    /// Applications left.
    pub applications: Budget,
    /// The contract, as served.
    pub openapi: Bytes,
    admin_digest: Option<[u8; 32]>,
    keys: RwLock<HashMap<Id, (String, Arc<PointKey>)>>,
}

/// The state of the router.
pub type Shared = Arc<Edge>;

/// The most point keys kept read; beyond it they are read again.
const MOST_KEYS: usize = 50_000;

impl Edge {
    /// The edge of a platform.
    ///
    /// # Errors
    /// What is wrong with the configuration, for the log of the process.
    pub fn new(platform: Arc<Platform>, config: &Config, openapi: Bytes) -> Result<Self, String> {
        let sign_in = match &config.sign_in {
            Some(sign_in) => Some(SignIn::new(sign_in, platform.seed())?),
            None => None,
        };
        Ok(Self {
            platform,
            encrypted: config.public_origin.starts_with("https://"),
            public_origin: config.public_origin.clone(),
            sign_in,
            assets: Assets::default(),
            pairings: Budget::new(PAIRINGS_PER_MINUTE),
            entries: Budget::new(STAFF_ENTRIES_PER_MINUTE),
            applications: Budget::new(APPLICATIONS_PER_MINUTE),
            openapi,
            admin_digest: config.admin_token.as_ref().map(|token| Sha256::digest(token).into()),
            keys: RwLock::new(HashMap::new()),
        })
    }

    /// The site, as passkeys know it: they belong to a name, so this machine's address of numbers is `localhost` to them.
    pub fn relying_party(&self) -> RelyingParty {
        let (scheme, authority) = self.public_origin.split_once("://").unwrap_or(("http", "localhost"));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let host = if matches!(host, "127.0.0.1" | "[::1]") { "localhost" } else { host };
        let origin = port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"));
        RelyingParty { id: host.to_owned(), name: "通码 Tongma".to_owned(), origins: vec![origin] }
    }

    /// Whether these headers bear the administrator's token.
    pub fn is_administrator(&self, headers: &axum::http::HeaderMap) -> bool {
        let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        // Digests are compared, so that the time taken says nothing about how much of a guess was right.
        let given: Option<[u8; 32]> = token.map(|token| Sha256::digest(token).into());
        self.admin_digest.is_some() && given == self.admin_digest
    }

    /// The key of a point, read once.
    fn key_of(&self, point: Id) -> Option<Arc<PointKey>> {
        let directory = self.platform.directory();
        let stored = directory.point(point).ok()?.key.as_ref()?;
        let kept = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&point).cloned();
        if let Some((_, key)) = kept.filter(|(text, _)| *text == stored.public_key) {
            return Some(key);
        }
        let key = Arc::new(PointKey::from_raw(&stored.algorithm, &unhex(&stored.public_key)?).ok()?);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST_KEYS {
            keys.clear();
        }
        keys.insert(point, (stored.public_key.clone(), Arc::clone(&key)));
        Some(key)
    }
}

/// A signed-in citizen; a request that changes something must come from a page of ours.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Citizen);

impl SignedIn {
    /// The audience of the ids this citizen sees.
    pub const fn audience(&self) -> Audience {
        Audience::Citizen(self.0.person)
    }
}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Shared) -> Answer<Self> {
        let token = security::cookie(&parts.headers, SESSION_COOKIE).unwrap_or_default();
        let citizen = edge.platform.citizen(token)?;
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            security::same_origin(&parts.headers, &edge.public_origin)?;
        }
        Ok(Self(citizen))
    }
}

/// A point that has proved itself by its signature, with the body it signed.
#[derive(Debug, Clone)]
pub struct SignedPoint {
    /// The point.
    pub id: Id,
    /// Its own outward id.
    pub outward: String,
    /// Its key, for what it signs inside the body.
    pub key: Arc<PointKey>,
    body: Bytes,
}

impl SignedPoint {
    /// The body as a value of a known shape.
    ///
    /// # Errors
    /// `input.malformed`.
    pub fn json<T: DeserializeOwned>(&self) -> Answer<T> {
        extract::parse(&self.body)
    }

    /// Checks that the point speaks of itself.
    ///
    /// # Errors
    /// `point.other`.
    pub fn is(&self, named: &str) -> Answer<()> {
        if named == self.outward { Ok(()) } else { Err(other_point()) }
    }
}

impl FromRequest<Shared> for SignedPoint {
    type Rejection = Problem;

    async fn from_request(request: Request, edge: &Shared) -> Answer<Self> {
        let (parts, body) = request.into_parts();
        let claim = UnverifiedRequest::of_headers(&parts.headers)?;
        let id = edge.platform.inward(Audience::Points, &claim.point).map_err(|_| refused())?;
        let key = edge.key_of(id).ok_or_else(refused)?;
        let body = extract::read_body(&parts.headers, body).await?;
        let now_s = edge.platform.now().as_seconds();
        let outward = claim.verify(&key, &parts.method, &parts.uri, &body, now_s)?;
        // What happened offline is taken in also from a point out of service; nothing new begins there.
        if !parts.uri.path().ends_with("/facts") {
            edge.platform.in_service(id)?;
        }
        edge.platform.counters().heard(id, edge.platform.now());
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            extract::must_be_json(&parts.headers)?;
        }
        Ok(Self { id, outward, key, body })
    }
}

/// The administrator.
#[derive(Debug, Clone, Copy)]
pub struct Administrator;

impl FromRequestParts<Shared> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Shared) -> Answer<Self> {
        if edge.is_administrator(&parts.headers) { Ok(Self) } else { Err(not_administrator()) }
    }
}

fn not_administrator() -> Problem {
    Problem::from(Refusal::with_status(
        401,
        "admin.token",
        Text::new("需要管理员令牌", "The administrator's token is needed"),
        Text::new("令牌在数据目录的 admin.token 文件里", "It is in the file admin.token of the data folder"),
    ))
}

fn other_point() -> Problem {
    Problem::from(Refusal::forbidden(
        "point.other",
        Text::new("终端只能以自己的名义请求", "A point can only ask in its own name"),
        Text::new("请用本终端的编号", "Use this point's own id"),
    ))
}

/// The bytes of hexadecimal text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|place| u8::from_str_radix(text.get(place..place + 2)?, 16).ok()).collect()
}

/// Bytes as lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
