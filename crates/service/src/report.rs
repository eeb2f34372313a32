//! Reports to authorities: what the law makes a venue report of a person goes from the platform to the authority, past the
//! venue and past the outbox, whose rows name the person by id and carry private texts sealed.

use serde_json::{Map, Value};
use tongma_capability::Reply;
use tongma_domain::{Action, Claim, Duty, FieldKind, Id, Input, Refusal, SeededEntropy, Words};
use tongma_store::{Claimed, Key, OnceClaim, encode};

use crate::leg::{KEEP_DAYS, LegContext};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::present::claim_value;
use crate::records::{HolderRecord, LogLine};

impl Platform {
    /// The input with its private fields sealed. A text that was sealed before, because the step runs again, stays.
    pub(crate) fn seal_private(&self, scenario: &str, action: &Action, input: &Input) -> Result<Input, Refusal> {
        let private = |field: &&tongma_domain::Field| matches!(field.kind, FieldKind::Private { .. });
        let mut fields = input.fields().clone();
        for field in action.form.iter().filter(private) {
            let Some(text) = input.text(field.id) else { continue };
            if self.vault.open_text(scenario, text).is_none() {
                let mut entropy = SeededEntropy::new(self.seed());
                let sealed = self.vault.seal_text(scenario, text, &mut entropy).map_err(|_| cannot_seal())?;
                fields.insert(field.id.to_owned(), Value::from(sealed));
            }
        }
        Ok(Input::trusted(fields))
    }

    /// Sends a report. The line in the person's log is durable before a byte leaves, once for each business number.
    pub(crate) async fn report(
        &self,
        context: &LegContext,
        number: &str,
        person: Id,
        request: &Value,
    ) -> Result<Reply, Refusal> {
        let Some(duty) = self.scenario(&context.scenario)?.duty() else {
            return Ok(Reply::Failure { code: "report.no_duty".into() });
        };
        // Without a way to the authority the report waits, and whoever sent it sees that it does.
        let Some(outside) = self.outside.get(duty.connector) else { return Ok(Reply::Unknown) };
        let holder = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value))?;
        self.note_report(context, duty, number, person).await?;
        let mut sent = Map::new();
        sent.insert("business_no".into(), Value::from(number));
        sent.insert("request".into(), self.opened(&context.scenario, request));
        sent.insert("identity".into(), Value::Object(self.identity(duty, &holder)?));
        Ok(outside.call(Value::Object(sent)).await)
    }

    /// The duty's claims of a person, by name, and no others.
    fn identity(&self, duty: &Duty, holder: &HolderRecord) -> Result<Map<String, Value>, Refusal> {
        let (data, now) = (self.personal_data(holder)?, self.now());
        let claims = duty.claims.iter().filter_map(|ask| claim_value(ask.claim, &data, now));
        Ok(claims.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A request with every text opened that was sealed for this scenario.
    fn opened(&self, scenario: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => self.vault.open_text(scenario, text).map_or_else(|| value.clone(), Value::from),
            Value::Array(items) => items.iter().map(|item| self.opened(scenario, item)).collect(),
            Value::Object(fields) => {
                let opened = fields.iter().map(|(name, value)| (name.clone(), self.opened(scenario, value)));
                Value::Object(opened.collect())
            }
            other => other.clone(),
        }
    }

    async fn note_report(&self, context: &LegContext, duty: &Duty, number: &str, person: Id) -> Result<(), Refusal> {
        let released: Vec<Claim> = duty.claims.iter().map(|ask| ask.claim).collect();
        let line = LogLine {
            kind: "reported".into(),
            text: Words::new(
                format!("依法报送：{}", duty.authority.zh),
                format!("Reported as the law requires: {}", duty.authority.en),
            ),
            venue: Some(context.venue),
            point: context.point,
            operator: context.operator.clone(),
            released,
            detail: serde_json::json!({ "business_no": number }),
        };
        let key = Key::of(&[b"report", person.as_bytes(), number.as_bytes()]);
        let answer = encode(&person).map_err(|error| crate::platform::store_refusal(&error))?;
        let now = self.now();
        let once = OnceClaim { key, rank: 0, claimant: [0; 32], answer, keep_until: now.plus_days(KEEP_DAYS) };
        self.run(person.bucket(), move |txn| match txn.claim(&once)? {
            Claimed::Fresh => crate::outbox::append(txn, person, now, &line),
            Claimed::Again(_) | Claimed::Taken { .. } => Ok(()),
        })
        .await
    }
}

fn cannot_seal() -> Refusal {
    crate::platform::store_refusal(&tongma_store::StoreError::Corrupt("a private text".into()))
}
