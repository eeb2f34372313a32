//! A citizen of the walk with a phone: signed in by OpenID Connect, holding tickets, showing codes.

use axum::http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tongma_code::chain::Chain;
use tongma_code::short::{SealedAlias, ShortNumber, TicketKey};
use tongma_code::ticket::{Header, SignedTicket, Suite};

use super::stage::Stage;
use super::steps::Failed;
use super::web::Answer;

/// A ticket as the phone keeps it.
struct Ticket {
    header: Header,
    chain: Chain,
    signature: [u8; 64],
    short: Option<(SealedAlias, TicketKey)>,
}

/// A phone.
pub struct Phone<'a> {
    stage: &'a Stage,
    cookie: String,
    secret: [u8; 32],
    tickets: Vec<Ticket>,
    /// For whom it shows codes: 0 for oneself, else the index of a ward's grant.
    actor: u8,
}

impl<'a> Phone<'a> {
    /// Signs in as a demo citizen and puts the phone in use.
    ///
    /// # Errors
    /// Any step of it was refused.
    pub async fn of(stage: &'a Stage, subject: &str) -> Result<Self, Failed> {
        let cookie = stage.sign_in(subject).await?;
        let mut phone = Self { stage, cookie, secret: stage.random(), tickets: Vec::new(), actor: 0 };
        phone.post("/v1/me/devices", &json!({ "name": "演示手机" })).await?.good()?;
        phone.refill().await?;
        Ok(phone)
    }

    /// The phone of somebody who has a session already.
    ///
    /// # Errors
    /// Any step of it was refused.
    #[cfg(test)]
    pub async fn with_session(stage: &'a Stage, cookie: String) -> Result<Self, Failed> {
        let mut phone = Self { stage, cookie, secret: stage.random(), tickets: Vec::new(), actor: 0 };
        phone.post("/v1/me/devices", &json!({ "name": "演示手机" })).await?.good()?;
        phone.refill().await?;
        Ok(phone)
    }

    /// From now on shows the code of a ward.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn show_for(&mut self, actor: u8) -> Result<(), Failed> {
        self.actor = actor;
        self.refill().await
    }

    /// Fetches tickets: headers from the platform, anchors from here, signatures from the platform.
    ///
    /// # Errors
    /// The platform refused.
    pub async fn refill(&mut self) -> Result<(), Failed> {
        let prepared = self.post("/v1/me/tickets/prepare", &json!({ "actor": self.actor })).await?.good()?;
        let wanted: Vec<&Value> = prepared
            .at("/tickets")
            .as_array()
            .into_iter()
            .flatten()
            .filter(|ticket| ticket["kind"] != "reserve")
            .collect();
        let mut asked = Vec::new();
        let mut made = Vec::new();
        for ticket in wanted {
            let text = ticket["header"].as_str().unwrap_or_default();
            let header = Header::from_bytes(&bytes(text)?).map_err(|_| Failed::new("a header that is none"))?;
            let chain = Chain::of_ticket(Suite::Sm2, &header.handle, header.window.steps(), &self.seed(&header))
                .ok_or_else(|| Failed::new("a chain that is none"))?;
            asked.push(json!({ "header": text, "anchor": hex(&chain.anchor()) }));
            made.push((header, chain));
        }
        let signed =
            self.post("/v1/me/tickets/sign", &json!({ "actor": self.actor, "tickets": asked })).await?.good()?;
        self.tickets = made
            .into_iter()
            .zip(signed.at("/tickets").as_array().into_iter().flatten())
            .map(|((header, chain), signed)| {
                let signature = bytes(signed["signature"].as_str().unwrap_or_default())?;
                let short = match &signed["short"] {
                    Value::Null => None,
                    short => {
                        let alias =
                            short["alias"].as_str().and_then(|alias| alias.parse().ok()).and_then(SealedAlias::new);
                        let key = TicketKey(bytes(short["key"].as_str().unwrap_or_default())?);
                        alias.map(|alias| (alias, key))
                    }
                };
                Ok(Ticket { header, chain, signature, short })
            })
            .collect::<Result<_, Failed>>()?;
        Ok(())
    }

    fn seed(&self, header: &Header) -> [u8; 12] {
        let digest: [u8; 32] = Sha256::new().chain_update(self.secret).chain_update(header.handle.0).finalize().into();
        std::array::from_fn(|place| digest[place])
    }

    fn live(&self) -> Result<(&Ticket, u8), Failed> {
        let now_s = self.stage.now_s();
        let live =
            self.tickets.iter().find_map(|ticket| ticket.header.window.step_at(now_s).map(|step| (ticket, step)));
        live.ok_or_else(|| Failed::new("no ticket for this moment"))
    }

    /// The code as it is shown now. Takes the walk to the next step first, so that two codes never meet.
    ///
    /// # Errors
    /// There is no ticket for this moment.
    pub fn code(&self) -> Result<String, Failed> {
        self.stage.advance_s(15);
        self.code_now()
    }

    /// The code of this very moment.
    ///
    /// # Errors
    /// There is no ticket for this moment.
    pub fn code_now(&self) -> Result<String, Failed> {
        let (ticket, step) = self.live()?;
        let value = ticket.chain.value(step).ok_or_else(|| Failed::new("no such step"))?;
        Ok(SignedTicket { header: ticket.header, signature: ticket.signature }.show(step, value).to_text())
    }

    /// The short number as it is shown now, one step later than anything before.
    ///
    /// # Errors
    /// There is no ticket for this moment, or it has no short numbers.
    pub fn number(&self) -> Result<String, Failed> {
        self.stage.advance_s(15);
        let (ticket, step) = self.live()?;
        let (alias, key) = ticket.short.as_ref().ok_or_else(|| Failed::new("a ticket without short numbers"))?;
        Ok(ShortNumber::of(*alias, key, step).to_text())
    }

    /// The session's cookie, for a connection of another kind.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Reads something of one's own.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn get(&self, path: &str) -> Result<Answer, Failed> {
        self.stage.web.send(Method::GET, &self.stage.url(path), &[("cookie", &self.cookie)], "").await
    }

    /// Posts something under a fresh idempotency key.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failed> {
        self.post_with(path, body, &self.stage.fresh_key()).await
    }

    /// Posts something under this idempotency key.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn post_with(&self, path: &str, body: &Value, key: &str) -> Result<Answer, Failed> {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "application/json"),
            ("origin", self.stage.base.as_str()),
            ("idempotency-key", key),
        ];
        self.stage.web.send(Method::POST, &self.stage.url(path), &headers, &body.to_string()).await
    }

    /// An action of one's own at a venue.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn act(&self, scenario: &str, venue: &str, action: &str, input: Value) -> Result<Answer, Failed> {
        let body = json!({ "scenario": scenario, "venue": self.venue(venue).await?, "action": action, "input": input });
        self.post("/v1/me/actions", &body).await
    }

    /// Scans a venue's code: the answer names the place and carries the scan that one action can start from.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn scan(&self, text: &str) -> Result<Answer, Failed> {
        self.post("/v1/me/scans", &json!({ "text": text })).await
    }

    /// An action of one's own at the place whose code was scanned.
    ///
    /// # Errors
    /// The code was refused, or the connection failed.
    pub async fn act_scanned(&self, scenario: &str, code: &str, action: &str, input: Value) -> Result<Answer, Failed> {
        let scan = self.scan(code).await?.good()?.text_at("/scan").to_owned();
        let body = json!({ "scenario": scenario, "scan": scan, "action": action, "input": input });
        self.post("/v1/me/actions", &body).await
    }

    /// The id under which this citizen sees a venue of this name.
    ///
    /// # Errors
    /// There is none.
    pub async fn venue(&self, name_zh: &str) -> Result<String, Failed> {
        let mut after = String::new();
        loop {
            let page = self.get(&format!("/v1/me/venues?limit=100{after}")).await?.good()?;
            let found =
                page.at("/items").as_array().into_iter().flatten().find(|venue| venue["zh"] == name_zh).cloned();
            if let Some(venue) = found {
                return Ok(venue["id"].as_str().unwrap_or_default().to_owned());
            }
            match page.at("/next").as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Err(Failed::new(format!("no venue `{name_zh}` in the citizen's list"))),
            }
        }
    }

    /// Answers the one question that waits.
    ///
    /// # Errors
    /// None waits, or the answer was refused.
    pub async fn answer(&self, agree: bool) -> Result<Answer, Failed> {
        let waiting = self.get("/v1/me/requests").await?.good()?;
        let id = waiting.text_at("/items/0/id").to_owned();
        if id.is_empty() {
            return Err(Failed::new("no question waits on the phone"));
        }
        let decision = if agree { "agree" } else { "refuse" };
        self.post(&format!("/v1/me/requests/{id}"), &json!({ "decision": decision })).await?.good()
    }

    /// The things of a kind, as the app lists them.
    ///
    /// # Errors
    /// The list was refused.
    pub async fn things(&self, kind: &str) -> Result<Vec<Value>, Failed> {
        let page = self.get(&format!("/v1/me/things?kind={kind}&limit=100")).await?.good()?;
        Ok(page.at("/items").as_array().cloned().unwrap_or_default())
    }

    /// The newest lines of the log.
    ///
    /// # Errors
    /// The list was refused.
    async fn log(&self) -> Result<Vec<Value>, Failed> {
        let page = self.get("/v1/me/log?limit=100").await?.good()?;
        Ok(page.at("/items").as_array().cloned().unwrap_or_default())
    }

    /// Whether the log has such a line, now or soon: lines travel by the outbox.
    ///
    /// # Errors
    /// The list was refused.
    pub async fn logged(&self, wanted: impl Fn(&Value) -> bool) -> Result<bool, Failed> {
        for _ in 0..120 {
            if self.log().await?.iter().any(&wanted) {
                return Ok(true);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(false)
    }

    /// Money in the purse, in fen.
    ///
    /// # Errors
    /// The page was refused.
    pub async fn purse_fen(&self) -> Result<i64, Failed> {
        Ok(self.get("/v1/me").await?.good()?.at("/purse_fen").as_i64().unwrap_or(i64::MIN))
    }
}

/// The bytes of lower-case hexadecimal text of exactly this length.
fn bytes<const N: usize>(text: &str) -> Result<[u8; N], Failed> {
    let mut out = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(Failed::new(format!("expected {N} bytes in hexadecimal, got `{text}`")));
    }
    for (byte, pair) in out.iter_mut().zip(pairs) {
        let digits = std::str::from_utf8(pair).map_err(Failed::because)?;
        *byte = u8::from_str_radix(digits, 16).map_err(Failed::because)?;
    }
    Ok(out)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
