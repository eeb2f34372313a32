//! A desk or a gate of the walk: paired once, signing every request with its own key.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::stage::Stage;
use super::steps::Failed;
use super::web::Answer;

/// A paired point.
pub struct Point<'a> {
    stage: &'a Stage,
    /// Its id, as it knows itself.
    pub id: String,
    key: SigningKey,
    counter: std::sync::atomic::AtomicU64,
    /// All that was sent and told, for tests that look for what should not be in it.
    #[cfg(test)]
    heard: std::sync::Mutex<Vec<String>>,
}

/// The operator's name at every desk of the walk.
pub const OPERATOR: &str = "周小红";

impl<'a> Point<'a> {
    /// Pairs a point by its code.
    ///
    /// # Errors
    /// The pairing was refused.
    pub async fn pair(stage: &'a Stage, code: &str) -> Result<Self, Failed> {
        let key = SigningKey::from_bytes(&stage.random());
        let public_key = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let body = json!({ "code": code, "algorithm": "ed25519", "public_key": public_key }).to_string();
        let headers = [("content-type", "application/json"), ("idempotency-key", code)];
        let answer = stage.web.send(Method::POST, &stage.url("/v1/points/pair"), &headers, &body).await?.good()?;
        let id = answer.text_at("/point").to_owned();
        Ok(Self {
            stage,
            id,
            key,
            counter: std::sync::atomic::AtomicU64::new(1),
            #[cfg(test)]
            heard: std::sync::Mutex::default(),
        })
    }

    /// Sends a signed request; a POST carries this idempotency key.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        idempotency_key: &str,
        body: &Value,
    ) -> Result<Answer, Failed> {
        let text = if method == Method::GET { String::new() } else { body.to_string() };
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(text.as_bytes())));
        let (plain, query) =
            path.split_once('?').map_or((path, "?".to_owned()), |(plain, query)| (plain, format!("?{query}")));
        let parameters = format!(
            "(\"@method\" \"@path\" \"@query\" \"content-digest\");created={};keyid=\"{}\"",
            self.stage.now_s(),
            self.id
        );
        let base = format!(
            "\"@method\": {method}\n\"@path\": {plain}\n\"@query\": {query}\n\"content-digest\": {digest}\n\"@signature-params\": {parameters}"
        );
        let signature = format!("tm=:{}:", STANDARD.encode(self.key.sign(base.as_bytes()).to_bytes()));
        let input = format!("tm={parameters}");
        let headers = [
            ("content-type", "application/json"),
            ("content-digest", digest.as_str()),
            ("signature-input", input.as_str()),
            ("signature", signature.as_str()),
            ("idempotency-key", idempotency_key),
        ];
        let answer = self.stage.web.send(method, &self.stage.url(path), &headers, &text).await?;
        #[cfg(test)]
        if let Ok(mut heard) = self.heard.lock() {
            let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
            let headers = headers.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
            heard.extend(headers);
            heard.extend([path.to_owned(), text, answer.text.clone()]);
        }
        Ok(answer)
    }

    /// All that was sent and told until now.
    #[cfg(test)]
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().map(|heard| heard.clone()).unwrap_or_default()
    }

    /// Reads something.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn get(&self, path: &str) -> Result<Answer, Failed> {
        self.send(Method::GET, path, "", &Value::Null).await
    }

    /// Posts something under a fresh idempotency key.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failed> {
        self.send(Method::POST, path, &self.stage.fresh_key(), body).await
    }

    /// Scans a text for a scenario: a fresh physical read.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn scan(&self, purpose: &str, text: &str) -> Result<Answer, Failed> {
        self.scan_again(purpose, text, &self.stage.fresh_key()).await
    }

    /// Scans a text with this request id: the same physical read sent again.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn scan_again(&self, purpose: &str, text: &str, request_id: &str) -> Result<Answer, Failed> {
        let body = json!({ "text": text, "request_id": request_id, "point": self.id, "operator": OPERATOR, "purpose": purpose });
        self.send(Method::POST, "/v1/presentations", request_id, &body).await
    }

    /// Scans a citizen's live code and gives the presentation's id.
    ///
    /// # Errors
    /// The code was refused.
    pub async fn present(&self, purpose: &str, text: &str) -> Result<String, Failed> {
        Ok(self.scan(purpose, text).await?.good()?.text_at("/presentation/id").to_owned())
    }

    /// An action at a presentation, under this idempotency key.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn act_with(&self, presentation: &str, action: &str, input: Value, key: &str) -> Result<Answer, Failed> {
        let body = json!({ "action": action, "input": input, "operator": OPERATOR });
        self.send(Method::POST, &format!("/v1/presentations/{presentation}/actions"), key, &body).await
    }

    /// An action at a presentation.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn act(&self, presentation: &str, action: &str, input: Value) -> Result<Answer, Failed> {
        self.act_with(presentation, action, input, &self.stage.fresh_key()).await
    }

    /// An action that needs nobody's code.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn alone(&self, scenario: &str, action: &str, input: Value) -> Result<Answer, Failed> {
        let body = json!({ "scenario": scenario, "action": action, "input": input, "operator": OPERATOR });
        self.post(&format!("/v1/points/{}/actions", self.id), &body).await
    }

    /// An event decided without the network, signed, with the next counter of this point.
    pub fn event(&self, scenario: &str, action: &str, happened_at_ms: i64, evidence: &Value) -> Value {
        let counter = self.counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let evidence = evidence.to_string();
        let text =
            format!("tongma/fact/v0\n{}\n{counter}\n{happened_at_ms}\n{scenario}\n{action}\n{evidence}", self.id);
        json!({
            "counter": counter,
            "happened_at_ms": happened_at_ms,
            "scenario": scenario,
            "action": action,
            "evidence_text": evidence,
            "signature": STANDARD.encode(self.key.sign(text.as_bytes()).to_bytes()),
        })
    }

    /// Hands events over.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn hand_over(&self, events: &[Value]) -> Result<Answer, Failed> {
        self.post(&format!("/v1/points/{}/facts", self.id), &json!({ "events": events })).await
    }
}
