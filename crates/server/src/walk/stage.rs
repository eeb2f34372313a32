//! The stage of the walk: a whole platform on a free port, with a demo provider and a payment rail beside it, and a
//! clock that can be moved forward.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Router;
use axum::http::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tongma_capability::Scenario;
use tongma_domain::{Clock, Date, DocumentKind, Entropy, Id, Refusal, UnixMs};
use tongma_service::{Audience, Enrolment, Platform};
use tongma_store::Store;

use super::point::Point;
use super::steps::Failed;
use super::web::Web;
use crate::demo::people::CITIZENS;
use crate::system::{SystemClock, SystemEntropy};

/// The machine's clock, moved forward by the walk.
#[derive(Debug, Default)]
pub struct WalkClock {
    ahead_ms: AtomicI64,
}

impl Clock for WalkClock {
    fn now(&self) -> UnixMs {
        UnixMs::from_millis(SystemClock.now().as_millis() + self.ahead_ms.load(Ordering::SeqCst))
    }
}

/// The stage.
pub struct Stage {
    /// The platform's origin.
    pub base: String,
    /// The rail simulator's origin.
    pub rail: String,
    /// The demo provider's origin.
    pub provider: String,
    /// The lodging authority's origin.
    pub authority: String,
    /// The client.
    pub web: Web,
    /// The platform itself, for what no route does: a thousand people at once.
    platform: Arc<Platform>,
    clock: Arc<WalkClock>,
    admin_token: String,
    keys: AtomicU64,
}

/// A venue made for one cell, with its pairing codes.
#[derive(Debug, Clone)]
pub struct Site {
    /// The venue's name, by which citizens find it.
    pub name: String,
    /// Pairing codes of its points, in the order they were asked for.
    pub codes: Vec<String>,
}

impl Stage {
    /// Starts everything and enrols the demo's citizens through the enrolment entrance.
    ///
    /// # Errors
    /// A port, a key or an enrolment failed.
    pub async fn open(store: Arc<dyn Store>, catalogue: &'static [&'static dyn Scenario]) -> io::Result<Self> {
        let clock = Arc::new(WalkClock::default());
        let (listener, base) = port().await?;
        let (provider_listener, provider) = port().await?;
        let (rail_listener, rail) = port().await?;
        let (authority_listener, authority) = port().await?;
        let admin_token = text_of(&random());
        serve(rail_listener, tongma_connector::payment_code::simulator::router());
        serve(authority_listener, tongma_connector::lodging_authority::simulator::router());
        serve(provider_listener, super::parts::provider(&provider, &base, Arc::clone(&clock) as Arc<dyn Clock>));
        let platform =
            super::parts::platform(store, catalogue, Arc::clone(&clock) as Arc<dyn Clock>, (&rail, &authority), &base)?;
        tokio::spawn(Arc::clone(&platform).work());
        serve(listener, super::parts::edge(Arc::clone(&platform), &base, &provider, &admin_token)?);
        let stage = Self {
            base,
            rail,
            authority,
            provider: provider.clone(),
            web: Web::new(),
            platform,
            clock,
            admin_token,
            keys: AtomicU64::new(1),
        };
        stage.enrol(&provider).await.map_err(|failed| io::Error::other(failed.to_string()))?;
        Ok(stage)
    }

    async fn enrol(&self, provider: &str) -> Result<(), Failed> {
        for citizen in &CITIZENS {
            let known = citizen.enrolment(provider);
            let signs_in = !citizen.subject.is_empty();
            let body = json!({
                "name": known.name,
                "document_kind": known.document_kind,
                "document_number": known.document_number,
                "birth": known.birth,
                "phone": known.phone,
                "sex": known.particulars.sex,
                "nation": known.particulars.nation,
                "address": known.particulars.address,
                "nationality": known.particulars.nationality,
                "provider": signs_in.then_some(provider),
                "subject": signs_in.then_some(citizen.subject),
            });
            self.admin("/v1/admin/people", &body).await?;
            if signs_in && citizen.purse_fen > 0 {
                let body = json!({ "provider": provider, "subject": citizen.subject, "amount_fen": citizen.purse_fen });
                self.admin("/v1/admin/purse", &body).await?;
            }
        }
        Ok(())
    }

    /// An address on the platform.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The moment, in Unix seconds.
    pub fn now_s(&self) -> i64 {
        self.clock.now().as_seconds()
    }

    /// The moment.
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// Moves the clock forward.
    pub fn advance_s(&self, seconds: i64) {
        self.clock.ahead_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// 32 bytes nobody knows.
    pub fn random(&self) -> [u8; 32] {
        random()
    }

    /// A key nobody used before: 32 hexadecimal digits, fit for an Idempotency-Key and for a request id.
    pub fn fresh_key(&self) -> String {
        let number = self.keys.fetch_add(1, Ordering::SeqCst);
        format!("{}{number:016x}", &text_of(&random())[..16])
    }

    /// Posts as the administrator.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn admin(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        let bearer = format!("Bearer {}", self.admin_token);
        let key = self.fresh_key();
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
        ];
        Ok(self.web.send(Method::POST, &self.url(path), &headers, &body.to_string()).await?.good()?.body)
    }

    /// Makes an organisation with one venue for a scenario and points of these kinds. `things` joins venues: two with
    /// the same union share it.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn site(
        &self,
        scenario: &str,
        kinds: &[&str],
        settings: &[(&str, i64)],
        things: &[(&str, &str)],
    ) -> Result<Site, Failed> {
        let things: BTreeMap<&str, &str> = things.iter().copied().collect();
        let more = json!({ "things": things, "state": "open" });
        self.registered(scenario, kinds, settings, &more).await
    }

    /// The same with one desk and what is registered of the house: `facts` and `certifications`.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn house(
        &self,
        scenario: &str,
        settings: &[(&str, i64)],
        premises: &Value,
        state: &str,
    ) -> Result<Site, Failed> {
        let mut more = premises.clone();
        more["state"] = json!(state);
        self.registered(scenario, &["desk"], settings, &more).await
    }

    async fn registered(
        &self,
        scenario: &str,
        kinds: &[&str],
        settings: &[(&str, i64)],
        more: &Value,
    ) -> Result<Site, Failed> {
        let name = format!("走查{}", &self.fresh_key()[..12]);
        let organisation = self.admin("/v1/admin/organisations", &json!({ "name_zh": name, "name_en": name })).await?;
        let mut more = more.clone();
        more["organisation"] = organisation["id"].clone();
        self.venue(name, scenario, kinds, settings, &more).await
    }

    /// The same at an organisation that is there: its id is in `more`.
    async fn venue(
        &self,
        name: String,
        scenario: &str,
        kinds: &[&str],
        settings: &[(&str, i64)],
        more: &Value,
    ) -> Result<Site, Failed> {
        // The platform's own settings have their whole name; all others are the scenario's.
        let named = |id: &str| if id.contains('.') { id.to_owned() } else { format!("{scenario}.{id}") };
        let settings: BTreeMap<String, i64> = settings.iter().map(|(id, value)| (named(id), *value)).collect();
        let mut body = json!({
            "name_zh": name, "name_en": name, "scenarios": [scenario], "settings": settings,
        });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        let venue = self.admin("/v1/admin/venues", &body).await?["id"].as_str().unwrap_or_default().to_owned();
        let mut codes = Vec::new();
        for (number, kind) in kinds.iter().enumerate() {
            let point = format!("{name}-{number}");
            let body =
                json!({ "venue": venue, "name_zh": point, "name_en": point, "kind": kind, "scenarios": [scenario] });
            let made = self.admin("/v1/admin/points", &body).await?;
            codes.push(made["pairing_code"].as_str().unwrap_or_default().to_owned());
        }
        Ok(Site { name, codes })
    }

    /// A venue of an organisation that is there, with points of these kinds.
    ///
    /// # Errors
    /// The platform refused.
    #[cfg(test)]
    pub async fn site_of(
        &self,
        organisation: &str,
        scenario: &str,
        kinds: &[&str],
        settings: &[(&str, i64)],
    ) -> Result<Site, Failed> {
        let name = format!("走查{}", &self.fresh_key()[..12]);
        let more = json!({ "organisation": organisation, "things": {}, "state": "open" });
        self.venue(name, scenario, kinds, settings, &more).await
    }

    /// Somebody of this name, born in 1990, with a passport of this number and a phone in use.
    ///
    /// # Errors
    /// The platform refused.
    #[cfg(test)]
    pub async fn somebody(&self, name: &str, number: &str) -> Result<super::phone::Phone<'_>, Failed> {
        let enrolment = Enrolment {
            name: name.into(),
            document_kind: DocumentKind::Passport,
            document_number: number.into(),
            birth: Date::new(1990, 1, 1),
            phone: String::new(),
            particulars: tongma_domain::Particulars::default(),
            sign_in: None,
        };
        let person = self.platform.enrol(enrolment).await.map_err(Failed::because)?;
        let session = self.platform.open_session(person).await.map_err(Failed::because)?;
        super::phone::Phone::with_session(self, format!("tongma_session={session}")).await
    }

    /// Pairs a site's point.
    ///
    /// # Errors
    /// There is no such point, or the pairing was refused.
    pub async fn pair(&self, site: &Site, number: usize) -> Result<Point<'_>, Failed> {
        let code = site.codes.get(number).ok_or_else(|| Failed::new("no such point"))?;
        Point::pair(self, code).await
    }

    /// Enrols so many people who are nobody in particular, and opens a session for each: their ids and cookies.
    ///
    /// # Errors
    /// An enrolment failed.
    pub async fn crowd(&self, people: usize) -> Result<Vec<(Id, String)>, Failed> {
        let mut enrolling = JoinSet::new();
        let begun = self.now().as_millis().unsigned_abs() % 10_000;
        for number in 0..people {
            let platform = Arc::clone(&self.platform);
            let enrolment = Enrolment {
                name: format!("众{number}"),
                document_kind: DocumentKind::Passport,
                document_number: format!("XW{begun:04}{number:04}"),
                birth: Date::new(1990, 1, 1),
                phone: String::new(),
                particulars: tongma_domain::Particulars::default(),
                sign_in: None,
            };
            enrolling.spawn(async move {
                let person = platform.enrol(enrolment).await?;
                Ok::<_, Refusal>((person, format!("tongma_session={}", platform.open_session(person).await?)))
            });
        }
        let mut crowd = Vec::with_capacity(people);
        while let Some(one) = enrolling.join_next().await {
            crowd.push(one.map_err(Failed::because)?.map_err(Failed::because)?);
        }
        Ok(crowd)
    }

    /// A venue's id as this person sees it.
    ///
    /// # Errors
    /// There is no such venue.
    pub fn venue_of(&self, person: Id, name_zh: &str) -> Result<String, Failed> {
        let directory = self.platform.directory();
        let venue = directory.venues().find(|venue| venue.name_zh == name_zh).map(|venue| venue.id);
        let venue = venue.ok_or_else(|| Failed::new("no such venue"))?;
        Ok(self.platform.outward(Audience::Citizen(person), venue))
    }

    /// The signed code that hangs at a point: a new version, for everything the point is for.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn venue_code(&self, point: &Point<'_>) -> Result<String, Failed> {
        let made = self.admin("/v1/admin/points/codes", &json!({ "point": point.id })).await?;
        Ok(made["text"].as_str().unwrap_or_default().to_owned())
    }

    /// Signs a demo citizen in as a browser does, and gives the session's cookie.
    ///
    /// # Errors
    /// One of the redirects went wrong.
    pub async fn sign_in(&self, subject: &str) -> Result<String, Failed> {
        let start = self.web.send(Method::GET, &self.url("/auth/login?return=/me"), &[], "").await?;
        let cookies: Vec<String> = set_cookies(&start.headers);
        let asked = start.header("location").to_owned();
        let (address, query) =
            asked.split_once('?').ok_or_else(|| Failed::new(format!("no way to the provider: {}", start.text)))?;
        let form = format!("{query}&subject={subject}");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let chosen = self.web.send(Method::POST, address, &headers, &form).await?;
        let back = chosen.header("location").to_owned();
        let cookie = cookies.join("; ");
        let done = self.web.send(Method::GET, &back, &[("cookie", cookie.as_str())], "").await?;
        let session = set_cookies(&done.headers).into_iter().find(|cookie| cookie.contains("tongma_session"));
        session.ok_or_else(|| Failed::new(format!("no session after signing in: {} {}", done.status, done.text)))
    }
}

/// The `name=value` parts of the cookies that were set.
fn set_cookies(headers: &axum::http::HeaderMap) -> Vec<String> {
    let all = headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    all.filter_map(|cookie| cookie.split(';').next()).filter(|pair| !pair.ends_with('=')).map(str::to_owned).collect()
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    bytes
}

fn text_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn port() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    Ok((listener, address))
}

fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move {
        // A server of the walk ends with the walk; what it would say then interests nobody.
        let _ = axum::serve(listener, router).await;
    });
}
