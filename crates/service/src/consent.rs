//! Questions to the holder: asked by a step at a point, shown on the phone, answered with one tap.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tongma_capability::Cause;
use tongma_domain::{ClaimAsk, ConsentKind, Id, Outcome, Refusal, Starter, Text, UnixMs, Words};
use tongma_store::{create, find, load, save};

use crate::leg::{Leg, LegContext, once};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::{ConsentRecord, LogLine, PresentationRecord, RequestRecord};
use crate::sessions::Citizen;

/// How long a question waits: as long as its presentation.
pub(crate) const REQUEST_LIFE_S: i64 = 120;

/// A question as the phone shows it. Everything in it comes from the registry, nothing from the asker's text.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// Its id.
    pub id: Id,
    /// When it was asked.
    pub asked: UnixMs,
    /// Until when it can be answered.
    pub expires: UnixMs,
    /// Who asks.
    pub organisation: Words,
    /// Where.
    pub venue: Words,
    /// At which point.
    pub point: Words,
    /// Which clerk.
    pub operator: String,
    /// The scenario.
    pub scenario: String,
    /// Its name.
    pub scenario_name: Text,
    /// What exactly.
    pub asks: Words,
    /// What is released, why, how long.
    pub claims: &'static [ClaimAsk],
    /// How it is agreed to.
    pub consent: ConsentKind,
}

/// A standing consent as the app lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Consent {
    /// Its id.
    pub id: Id,
    /// The scenario.
    pub scenario: String,
    /// To whom.
    pub organisation: Words,
    /// Since when.
    pub given: UnixMs,
}

impl Platform {
    /// Puts a question to the holder; the same presentation asks one at a time.
    pub(crate) async fn ask_holder(
        &self,
        presentation: Id,
        record: &PresentationRecord,
        leg: &Leg,
        refusal: &Refusal,
    ) -> Result<Id, Refusal> {
        let now = self.now();
        let id = self.fresh_id(record.person.bucket());
        let request = RequestRecord {
            id,
            person: record.person,
            presentation,
            action: leg.action.clone(),
            input: Value::Object(leg.input.fields().clone()),
            attempt: leg.context.attempt,
            asks: refusal.title.clone(),
            asked: now,
            expires: now.plus_s(REQUEST_LIFE_S),
            decision: None,
        };
        let line = LogLine {
            kind: "asked".into(),
            text: request.asks.clone(),
            venue: Some(leg.context.venue),
            point: leg.context.point,
            operator: leg.context.operator.clone(),
            released: Vec::new(),
            detail: Value::Null,
        };
        let person = record.person;
        let asked = self.run(person.bucket(), move |txn| {
            if let Some(mut held) = load::<PresentationRecord>(txn, presentation)? {
                if let Some(waiting) = held.value.waiting
                    && let Some(open) = load::<RequestRecord>(txn, waiting)?
                    && open.value.decision.is_none()
                    && open.value.expires > now
                    && open.value.action == request.action
                    && open.value.input == request.input
                {
                    return Ok(waiting);
                }
                held.value.waiting = Some(id);
                // A question deserves time: the presentation lives as long as it.
                held.value.expires = held.value.expires.max(request.expires);
                save(txn, &held)?;
            }
            create(txn, id, &request)?;
            crate::outbox::append(txn, person, now, &line)?;
            Ok(id)
        });
        let id = asked.await?;
        self.live().publish(person, "question");
        Ok(id)
    }

    /// The questions that wait for a citizen.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn questions(&self, citizen: &Citizen) -> Result<Vec<Question>, Refusal> {
        let (person, now) = (citizen.person, self.now());
        let open = self.read(person.bucket(), |txn| {
            let page = find::<RequestRecord>(txn, "open", person, None, 50)?;
            page.items
                .into_iter()
                .map(|held| held.value)
                .filter(|request| request.expires > now)
                .map(|request| Ok((load::<PresentationRecord>(txn, request.presentation)?, request)))
                .collect::<Result<Vec<_>, tongma_capability::Stop>>()
        })?;
        open.into_iter()
            .filter_map(|(presentation, request)| Some(self.question(presentation?.value, request)))
            .collect()
    }

    fn question(&self, presentation: PresentationRecord, request: RequestRecord) -> Result<Question, Refusal> {
        let directory = self.directory();
        let point = &directory.point(presentation.point)?.point;
        let venue = directory.venue(point.venue)?;
        let organisation = directory.organisation(venue.organisation);
        let card = self.scenario(&presentation.purpose)?.card();
        Ok(Question {
            id: request.id,
            asked: request.asked,
            expires: request.expires,
            organisation: organisation
                .map(|known| Words::new(known.name_zh.clone(), known.name_en.clone()))
                .unwrap_or_default(),
            venue: venue.names(),
            point: Words::new(point.name_zh.clone(), point.name_en.clone()),
            operator: presentation.operator,
            scenario: presentation.purpose,
            scenario_name: card.name,
            asks: request.asks,
            claims: card.claims,
            consent: card.consent,
        })
    }

    /// The holder answers. On yes, what waited is done now; the point finds it at its presentation.
    ///
    /// # Errors
    /// `request.unknown`, `request.over`, or what the scenario refuses.
    pub async fn decide_question(
        self: &Arc<Self>,
        citizen: &Citizen,
        id: Id,
        agree: bool,
    ) -> Result<Option<Outcome>, Refusal> {
        let (person, now, consent_id) = (citizen.person, self.now(), self.fresh_id(citizen.person.bucket()));
        let directory = self.directory();
        let catalogue_consent = |purpose: &str| self.scenario(purpose).map(|scenario| scenario.card().consent);
        let presentation = self.read(person.bucket(), |txn| {
            let request = load::<RequestRecord>(txn, id)?
                .filter(|held| held.value.person == person)
                .ok_or_else(unknown_request)?;
            Ok(load::<PresentationRecord>(txn, request.value.presentation)?.ok_or_else(unknown_request)?.value)
        })?;
        let standing = catalogue_consent(&presentation.purpose)? == ConsentKind::Standing;
        let point = directory.point(presentation.point)?.point.clone();
        let organisation = directory.venue(point.venue)?.organisation;
        let consent =
            ConsentRecord { id: consent_id, scenario: presentation.purpose.clone(), organisation, given: now };
        let line = consent_line(agree, &presentation, point.venue);
        let (request, first) = self
            .run(person.bucket(), move |txn| {
                let mut held = load::<RequestRecord>(txn, id)?.ok_or_else(unknown_request)?;
                if held.value.decision.is_some() {
                    return Ok((held.value, false));
                }
                if held.value.expires <= now {
                    return Err(request_over().into());
                }
                held.value.decision = Some(agree);
                save(txn, &held)?;
                if agree && standing {
                    let mut holder = load_holder(txn, person)?;
                    holder
                        .value
                        .consents
                        .retain(|known| !(known.scenario == consent.scenario && known.organisation == organisation));
                    holder.value.consents.push(consent.clone());
                    save(txn, &holder)?;
                }
                crate::outbox::append(txn, person, now, &line)?;
                Ok((held.value, true))
            })
            .await?;
        self.live().publish(presentation.point, "presentation");
        self.live().publish(person, "log");
        if request.decision != Some(agree) {
            return Err(request_over());
        }
        if !agree {
            if first {
                self.note_last(request.presentation, Err(holder_refused()), false).await?;
            }
            return Ok(None);
        }
        self.run_agreed(&presentation, &request, point.venue).await.map(Some)
    }

    /// Runs what waited for the holder's yes.
    async fn run_agreed(
        self: &Arc<Self>,
        presentation: &PresentationRecord,
        request: &RequestRecord,
        venue: Id,
    ) -> Result<Outcome, Refusal> {
        let input = self.checked(&presentation.purpose, &request.action, Starter::Operator, request.input.clone())?;
        let context = LegContext {
            scenario: presentation.purpose.clone(),
            venue,
            point: Some(presentation.point),
            operator: Some(presentation.operator.clone()),
            person: Some((presentation.person, presentation.actor)),
            attempt: request.attempt,
        };
        let once = once(&[b"request", request.id.as_bytes()], [1; 32], request.attempt, self.now())?;
        let leg = Leg {
            context,
            action: request.action.clone(),
            input,
            cause: Cause::Operator,
            agreed: true,
            once,
            answers: true,
        };
        let directory = self.directory();
        let holder = self.holder_of(&leg.context, &directory, true)?;
        let bucket = self.place_of(&leg, &directory, holder.as_ref(), self.now())?;
        let card = self.scenario(&presentation.purpose)?.card();
        let one = card.action(&request.action).is_some_and(|action| action.moves_money);
        let noted = Some((request.presentation, one));
        Ok(self.run_and_follow(bucket, leg, holder, noted).await?.outcome)
    }

    /// The citizen's standing consents.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn consents(&self, citizen: &Citizen) -> Result<Vec<Consent>, Refusal> {
        let record = self.read(citizen.person.bucket(), |txn| Ok(load_holder(txn, citizen.person)?.value))?;
        let directory = self.directory();
        let names = |id: Id| {
            directory
                .organisation(id)
                .map(|known| Words::new(known.name_zh.clone(), known.name_en.clone()))
                .unwrap_or_default()
        };
        let list = record.consents.into_iter().map(|consent| Consent {
            id: consent.id,
            scenario: consent.scenario,
            organisation: names(consent.organisation),
            given: consent.given,
        });
        Ok(list.collect())
    }

    /// Ends a standing consent, as easily as it was given (PIPL art. 15).
    ///
    /// # Errors
    /// `consent.unknown`.
    pub async fn end_consent(&self, citizen: &Citizen, id: Id) -> Result<(), Refusal> {
        let (person, now) = (citizen.person, self.now());
        self.run(person.bucket(), move |txn| {
            let mut holder = load_holder(txn, person)?;
            let before = holder.value.consents.len();
            holder.value.consents.retain(|consent| consent.id != id);
            if holder.value.consents.len() == before {
                return Err(unknown_consent().into());
            }
            save(txn, &holder)?;
            let text = Words::new("已收回一项长期授权", "A standing consent was withdrawn");
            Ok(crate::sessions::write_log(txn, person, now, "consent", text)?)
        })
        .await
    }
}

fn consent_line(agree: bool, presentation: &PresentationRecord, venue: Id) -> LogLine {
    LogLine {
        kind: "consent".into(),
        text: if agree {
            Words::new("您已同意", "You agreed")
        } else {
            Words::new("您已拒绝，没有提供任何信息", "You refused; nothing was released")
        },
        venue: Some(venue),
        point: Some(presentation.point),
        operator: Some(presentation.operator.clone()),
        released: Vec::new(),
        detail: Value::Null,
    }
}

fn holder_refused() -> Refusal {
    Refusal::conflict(
        "consent.refused",
        Text::new("本人没有同意", "The holder did not agree"),
        Text::new("可以向本人说明用途后再问一次", "Explain what it is for and ask again"),
    )
    .asking()
}

fn unknown_request() -> Refusal {
    Refusal::missing(
        "request.unknown",
        Text::new("没有这项询问", "There is no such question"),
        Text::new("请返回首页查看", "Go back to the first page"),
    )
}

fn request_over() -> Refusal {
    Refusal::conflict(
        "request.over",
        Text::new("这项询问已结束", "This question has ended"),
        Text::new("请工作人员重新发起", "Ask the clerk to start again"),
    )
}

fn unknown_consent() -> Refusal {
    Refusal::missing(
        "consent.unknown",
        Text::new("没有这项授权", "There is no such consent"),
        Text::new("请刷新列表", "Refresh the list"),
    )
}
