//! Questions to the holder: asked by a step at a point, shown on the phone, answered with one tap.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tongma_capability::disclose::grant;
use tongma_capability::{Cause, Scenario, Stop};
use tongma_domain::{
    AGREED_FIELD, AgeClass, ConsentKind, Id, Input, Outcome, Refusal, Starter, TemplateItem, Text, UnixMs, Words,
};
use tongma_passkey::{Assertion, RelyingParty};
use tongma_store::{Txn, create, find, load, save};

use crate::leg::{Leg, LegContext, once};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::question::{Put, answerers, may_answer, template_of};
use crate::records::{ConsentRecord, LogLine, PresentationRecord, RequestRecord};
use crate::sessions::Citizen;

/// The most questions that are looked at before another is put.
const MOST_OPEN: usize = 50;

/// The setting by which a scenario gives its questions another time.
const WAIT_SETTING: &str = "consent_wait_s";

/// How long a question waits unless its scenario says otherwise: as long as its presentation.
pub(crate) const REQUEST_LIFE_S: i64 = 120;

/// What a holder answers.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Yes or no.
    pub agree: bool,
    /// For a question by matter: the items agreed to; `None` means all of them.
    pub items: Option<Vec<String>>,
    /// The PIN, where a sensitive item is agreed to.
    pub pin: Option<String>,
    /// What a passkey signed, the other way; and for which site.
    pub passkey: Option<(RelyingParty, Assertion)>,
}

impl From<bool> for Reply {
    /// Yes to all of it, or no.
    fn from(agree: bool) -> Self {
        Self { agree, ..Self::default() }
    }
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
    /// Puts a question to the holder; the same presentation asks one at a time, and another question takes the place of
    /// the one before.
    pub(crate) async fn ask_holder(
        &self,
        presentation: Id,
        record: &PresentationRecord,
        leg: &Leg,
        refusal: &Refusal,
    ) -> Result<Id, Refusal> {
        let (person, point, now) = (record.person, record.point, self.now());
        let (request, asked) = self.new_request(presentation, record, leg, refusal)?;
        let id = request.id;
        let line = LogLine {
            kind: "asked".into(),
            text: request.asks.clone(),
            venue: Some(leg.context.venue),
            point: leg.context.point,
            operator: leg.context.operator.clone(),
            released: Vec::new(),
            detail: Value::Null,
        };
        let told = asked.clone();
        let asking = self.run(person.bucket(), move |txn| {
            if let Some(standing) = supersede(txn, &request, point)? {
                return Ok(standing);
            }
            if let Some(mut held) = load::<PresentationRecord>(txn, presentation)? {
                held.value.waiting = Some(id);
                // A question deserves time: the presentation lives as long as it.
                held.value.expires = held.value.expires.max(request.expires);
                save(txn, &held)?;
            }
            create(txn, id, &request)?;
            crate::notice::ask_later(txn, id, &told, now)?;
            crate::outbox::append(txn, person, now, &line)?;
            Ok(id)
        });
        let id = asking.await?;
        for who in asked {
            self.live().publish(who, "question");
        }
        Ok(id)
    }

    /// The question, and whom it is put to.
    fn new_request(
        &self,
        presentation: Id,
        record: &PresentationRecord,
        leg: &Leg,
        refusal: &Refusal,
    ) -> Result<(RequestRecord, Vec<Id>), Refusal> {
        let now = self.now();
        let directory = self.directory();
        let venue = directory.venue(leg.context.venue)?;
        let scenario = self.scenario(&record.purpose)?;
        let input = Value::Object(leg.input.fields().clone());
        let template = template_of(scenario, &input);
        let holder = self.read(record.person.bucket(), |txn| Ok(load_holder(txn, record.person)?.value))?;
        let age = AgeClass::of(self.personal_data(&holder)?.birth, now.date());
        let put = Put { age, actor: record.actor, by_matter: template.is_some(), now };
        let asked = answerers(&holder, put);
        if asked.is_empty() {
            return Err(no_guardian());
        }
        let items = template.map(|template| grant::permitted(template, scenario.card(), venue, age));
        let wait_s = venue.setting(scenario.card(), WAIT_SETTING);
        let request = RequestRecord {
            id: self.fresh_id(record.person.bucket()),
            person: record.person,
            presentation,
            action: leg.action.clone(),
            input,
            attempt: leg.context.attempt,
            asks: refusal.title.clone(),
            amount: refusal.amount,
            asked: now,
            expires: now.plus_s(if wait_s > 0 { wait_s } else { REQUEST_LIFE_S }),
            decision: None,
            template: template.map(|template| template.id.to_owned()),
            items: items.unwrap_or_default().into_iter().map(TemplateItem::id).collect(),
            agreed_items: Vec::new(),
            superseded: false,
        };
        Ok((request, asked))
    }

    /// The holder answers. On yes, what waited is done now; the point finds it at its presentation.
    ///
    /// # Errors
    /// `request.unknown`, `request.over`, `grant.incomplete`, `pin.needed` and the other refusals of the PIN, or what the
    /// scenario refuses.
    pub async fn decide_question(
        self: &Arc<Self>,
        citizen: &Citizen,
        id: Id,
        reply: impl Into<Reply>,
    ) -> Result<Option<Outcome>, Refusal> {
        let reply = reply.into();
        let (request, presentation) = self.question_for(citizen, id)?;
        let scenario = self.scenario(&presentation.purpose)?;
        let agreed = if reply.agree { agreed_items(scenario, &request, reply.items.as_deref())? } else { Vec::new() };
        // Agreeing to nothing of what was asked is a no.
        let agree = reply.agree && (request.items.is_empty() || !agreed.is_empty());
        if agree && request.decision.is_none() && request.expires > self.now() {
            self.prove(citizen, scenario, (&request, &agreed), &reply).await?;
        }
        let (request, first) = self.write_decision(citizen, &presentation, (id, agree), agreed).await?;
        self.live().publish(presentation.point, "presentation");
        self.live().publish(presentation.person, "log");
        if request.decision != Some(agree) || request.superseded {
            return Err(request_over());
        }
        if !agree {
            if first {
                self.note_last(request.presentation, Err(holder_refused()), false).await?;
            }
            return Ok(None);
        }
        let venue = self.directory().point(presentation.point)?.point.venue;
        self.run_agreed(&presentation, &request, venue).await.map(Some)
    }

    /// A question nobody answered in time is over: what its point sees then is a result.
    pub(crate) fn note_timeout(&self, record: &mut PresentationRecord) -> Result<(), Refusal> {
        let Some(waiting) = record.waiting else { return Ok(()) };
        let now = self.now();
        let open = self.read(waiting.bucket(), |txn| Ok(load::<RequestRecord>(txn, waiting)?))?;
        if open.is_some_and(|held| held.value.decision.is_none() && held.value.expires <= now) {
            (record.waiting, record.last) = (None, Some(Err(timed_out())));
        }
        Ok(())
    }

    /// A question that this citizen may answer.
    fn question_for(&self, citizen: &Citizen, id: Id) -> Result<(RequestRecord, PresentationRecord), Refusal> {
        let (request, presentation, holder) = self
            .read(id.bucket(), |txn| {
                let request = load::<RequestRecord>(txn, id)?.ok_or_else(unknown_request)?.value;
                let presentation =
                    load::<PresentationRecord>(txn, request.presentation)?.ok_or_else(unknown_request)?.value;
                Ok((load_holder(txn, request.person)?.value, request, presentation))
            })
            .map(|(holder, request, presentation)| (request, presentation, holder))?;
        let now = self.now();
        let age = AgeClass::of(self.personal_data(&holder)?.birth, now.date());
        let put = Put { age, actor: presentation.actor, by_matter: request.template.is_some(), now };
        if may_answer(&holder, put, citizen.person) { Ok((request, presentation)) } else { Err(unknown_request()) }
    }

    /// The stronger step, where something agreed to is sensitive (PIPL art. 29).
    async fn prove(
        &self,
        citizen: &Citizen,
        scenario: &'static dyn Scenario,
        (request, agreed): (&RequestRecord, &[String]),
        reply: &Reply,
    ) -> Result<(), Refusal> {
        let Some(template) = template_of(scenario, &request.input) else { return Ok(()) };
        let sensitive = agreed.iter().filter_map(|id| template.item(id)).any(grant::is_sensitive);
        let person = citizen.person;
        match (&reply.passkey, reply.pin.as_deref()) {
            _ if !sensitive => Ok(()),
            (Some((party, answer)), _) => {
                self.check_passkey(person, (party, answer), (request.id, agreed.to_vec())).await
            }
            (None, Some(pin)) => self.check_pin(person, pin).await,
            (None, None) if self.has_pin(person)? || self.has_passkey(person)? => Err(crate::pin::needed()),
            (None, None) => Err(crate::pin::unset()),
        }
    }

    /// What a passkey is to sign so that these items of a question are agreed to; all of them unless named.
    ///
    /// # Errors
    /// `request.unknown`, `request.over`, `grant.incomplete`, `passkey.unknown` when there is none.
    pub async fn passkey_for_question(
        &self,
        citizen: &Citizen,
        party: &RelyingParty,
        (id, items): (Id, Option<&[String]>),
    ) -> Result<Value, Refusal> {
        let (request, presentation) = self.question_for(citizen, id)?;
        if request.decision.is_some() || request.expires <= self.now() {
            return Err(request_over());
        }
        let agreed = agreed_items(self.scenario(&presentation.purpose)?, &request, items)?;
        self.challenge_for(citizen.person, party, (id, agreed)).await
    }

    /// Writes the answer down, once. Gives the question as it then stands, and whether this answer was the first.
    async fn write_decision(
        &self,
        citizen: &Citizen,
        presentation: &PresentationRecord,
        (id, agree): (Id, bool),
        agreed: Vec<String>,
    ) -> Result<(RequestRecord, bool), Refusal> {
        let (person, now) = (presentation.person, self.now());
        let point = self.directory().point(presentation.point)?.point.clone();
        let organisation = self.directory().venue(point.venue)?.organisation;
        let standing = self.scenario(&presentation.purpose)?.card().consent == ConsentKind::Standing;
        let consent = ConsentRecord {
            id: self.fresh_id(person.bucket()),
            scenario: presentation.purpose.clone(),
            organisation,
            given: now,
        };
        let line = consent_line(agree, presentation, point.venue, citizen.person != person);
        let written = self.run(person.bucket(), move |txn| {
            let mut held = load::<RequestRecord>(txn, id)?.ok_or_else(unknown_request)?;
            if held.value.decision.is_some() {
                return Ok((held.value, false));
            }
            if held.value.expires <= now {
                return Err(request_over().into());
            }
            held.value.decision = Some(agree);
            held.value.agreed_items.clone_from(&agreed);
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
        });
        written.await
    }

    /// Runs what waited for the holder's yes.
    async fn run_agreed(
        self: &Arc<Self>,
        presentation: &PresentationRecord,
        request: &RequestRecord,
        venue: Id,
    ) -> Result<Outcome, Refusal> {
        let mut input =
            self.checked(&presentation.purpose, &request.action, Starter::Operator, request.input.clone())?;
        if request.template.is_some() {
            let mut fields = input.fields().clone();
            fields.insert(AGREED_FIELD.to_owned(), request.agreed_items.clone().into());
            input = Input::trusted(fields);
        }
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

/// Ends what this point asked the person before: the clerk asks for something else now, and a yes to that means nothing
/// any more. The very same question of the same presentation stands, and its id is given.
fn supersede(txn: &mut dyn Txn, request: &RequestRecord, point: Id) -> Result<Option<Id>, Stop> {
    let open = find::<RequestRecord>(txn, "open", request.person, None, MOST_OPEN)?;
    for mut before in open.items {
        let same = before.value.presentation == request.presentation;
        if same
            && before.value.expires > request.asked
            && before.value.action == request.action
            && before.value.input == request.input
        {
            return Ok(Some(before.value.id));
        }
        let asked_here = load::<PresentationRecord>(txn, before.value.presentation)?
            .is_some_and(|presentation| presentation.value.point == point);
        if asked_here || before.value.expires <= request.asked {
            (before.value.decision, before.value.superseded) = (Some(false), true);
            save(txn, &before)?;
        }
    }
    Ok(None)
}

/// The items an answer agrees to, of those that were asked.
fn agreed_items(
    scenario: &'static dyn Scenario,
    request: &RequestRecord,
    chosen: Option<&[String]>,
) -> Result<Vec<String>, Refusal> {
    let Some(template) = template_of(scenario, &request.input) else { return Ok(Vec::new()) };
    let agreed: Vec<String> = match chosen {
        None => request.items.clone(),
        Some(chosen) => request.items.iter().filter(|id| chosen.contains(id)).cloned().collect(),
    };
    let missing = request.items.iter().filter(|id| !agreed.contains(id)).filter_map(|id| template.item(id));
    if !agreed.is_empty() && missing.into_iter().any(|item| item.required) {
        return Err(grant::incomplete());
    }
    Ok(agreed)
}

fn consent_line(agree: bool, presentation: &PresentationRecord, venue: Id, by_another: bool) -> LogLine {
    LogLine {
        kind: "consent".into(),
        text: match (agree, by_another) {
            (true, false) => Words::new("您已同意", "You agreed"),
            (false, false) => Words::new("您已拒绝，没有提供任何信息", "You refused; nothing was released"),
            (true, true) => Words::new("监护人或受托人已代为同意", "Your guardian or delegate agreed for you"),
            (false, true) => Words::new(
                "监护人或受托人已代为拒绝，没有提供任何信息",
                "Your guardian or delegate refused for you; nothing was released",
            ),
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

fn no_guardian() -> Refusal {
    Refusal::conflict(
        "consent.guardian_needed",
        Text::new("不满 14 周岁，须由监护人授权", "Under 14: a guardian has to agree"),
        Text::new(
            "请监护人先登记，或持户口簿到人工窗口",
            "Let a guardian register first, or bring the household register",
        ),
    )
    .asking()
}

/// What a point is told when nobody answered in time: a result, not an error.
pub(crate) fn timed_out() -> Refusal {
    Refusal::conflict(
        "consent.timeout",
        Text::new("本人没有在时间内回答", "There was no answer in time"),
        Text::new("请问明后再发起一次", "Ask again when they are ready"),
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
