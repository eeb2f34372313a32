//! The entrances through which something is done: after a presentation, in the app, at a point with nobody's code.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sm3::{Digest, Sm3};
use tongma_capability::{Cause, Holder, Stop};
use tongma_domain::{ActionsPerPresentation, Bucket, Id, Input, Outcome, Refusal, Starter, Text, UnixMs};
use tongma_store::{OnceClaim, Txn, load, save};

use crate::leg::{CONSENT_NEEDED, Kept, Leg, LegContext, LegDone, once, pending};
use crate::on_behalf::may_act;
use crate::outbox::Rider;
use crate::outward::Audience;
use crate::people::load_holder;
use crate::platform::Platform;
use crate::present::{Presentation, Scanned};
use crate::records::{HolderRecord, PresentationRecord};
use crate::repeat::other_request;
use crate::sessions::Citizen;

/// How often a request looks for an answer that another delivery is bringing, and how long it waits in between.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// What an entrance answers: a final outcome, or one that is pending with the place to ask again.
#[derive(Debug, Clone, PartialEq)]
pub struct Acted {
    /// What came of it.
    pub outcome: Outcome,
    /// Follow this attempt while the outcome is pending.
    pub attempt: Option<Attempt>,
}

/// An attempt that goes on: where to ask for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: Id,
    /// The bucket that decides it.
    pub bucket: Bucket,
}

/// A refusal that may carry the question put to the holder.
#[derive(Debug, Clone, PartialEq)]
pub struct ActRefused {
    /// The refusal.
    pub refusal: Refusal,
    /// The confirm sheet on the holder's phone, for `consent.needed`.
    pub request: Option<Id>,
}

impl From<Refusal> for ActRefused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, request: None }
    }
}

/// Someone asks for something to be done.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The scenario's action.
    pub action: String,
    /// The form as it came.
    pub input: Value,
    /// The caller's Idempotency-Key.
    pub idempotency_key: String,
}

impl Platform {
    /// An action after a presentation.
    ///
    /// # Errors
    /// `presentation.unknown`, `presentation.over`, `action.unknown`, `consent.needed` with a request, and what the
    /// scenario refuses.
    pub async fn act_presented(
        self: &Arc<Self>,
        point: Id,
        presentation: Id,
        operator: &str,
        asked: Asked,
    ) -> Result<Acted, ActRefused> {
        let record = self.presentation(point, presentation)?;
        let holder = self.read(record.person.bucket(), |txn| Ok(load_holder(txn, record.person)?.value))?;
        self.act_on(point, (presentation, &record, &holder), operator, asked).await
    }

    /// An action on a presentation that is at hand, with its holder's record.
    async fn act_on(
        self: &Arc<Self>,
        point: Id,
        (presentation, record, holder): (Id, &PresentationRecord, &HolderRecord),
        operator: &str,
        asked: Asked,
    ) -> Result<Acted, ActRefused> {
        let mut leg = self.leg_at(point, record, operator, &asked)?;
        leg.once = once_at_point(point, presentation, &asked, leg.context.attempt, self.now())?;
        let directory = self.directory();
        let organisation = directory.venue(leg.context.venue)?.organisation;
        let kept = holder;
        let holder = Some(self.holder(kept, organisation, record.actor)?);
        let bucket = self.place_of(&leg, &directory, holder.as_ref(), self.now())?;
        if record.closed || record.expires <= self.now() {
            // The retry of a finished action is answered before the presentation's end is looked at.
            return match self.known_attempt(bucket, &leg)? {
                Some(known) => Ok(self.again(bucket, known)?),
                None => Err(presentation_over().into()),
            };
        }
        let card = self.scenario(&record.purpose)?.card();
        if record.actor > 0 && self.known_attempt(bucket, &leg)?.is_none() {
            // The grant may have ended, or be narrower, since the code was shown.
            let birth = self.personal_data(kept)?.birth;
            may_act(kept, record.actor, card, organisation, (birth, self.now()))?;
        }
        let moves_money = card.action(&asked.action).is_some_and(|action| action.moves_money);
        let one = moves_money || card.actions_per_presentation == ActionsPerPresentation::One;
        match self.run_and_follow(bucket, leg.clone(), holder, Some((presentation, one))).await {
            Err(refusal) if refusal.code() == CONSENT_NEEDED => {
                let request = self.ask_holder(presentation, record, &leg, &refusal).await?;
                Err(ActRefused { refusal, request: Some(request) })
            }
            result => result.map_err(ActRefused::from),
        }
    }

    /// Opens a presentation and does something with it at once, as a gate does.
    ///
    /// # Errors
    /// Those of [`Self::present`]; the action's own are inside, since the presentation stands.
    pub async fn present_and_act(
        self: &Arc<Self>,
        point: Id,
        scanned: &Scanned,
        asked: Asked,
    ) -> Result<(Presentation, Result<Acted, ActRefused>), Refusal> {
        let (id, record, holder) = self.open_presentation(point, scanned).await?;
        let presentation = self.shown(id, &record, &holder)?;
        let acted = self.act_on(point, (id, &record, &holder), &scanned.operator, asked).await;
        Ok((presentation, acted))
    }

    /// The leg of an action at a point.
    fn leg_at(&self, point: Id, record: &PresentationRecord, operator: &str, asked: &Asked) -> Result<Leg, Refusal> {
        let directory = self.directory();
        let venue = directory.point(point)?.point.venue;
        let given =
            self.internalise(self.audience_of_point(point)?, &record.purpose, &asked.action, asked.input.clone());
        let input = self.checked(&record.purpose, &asked.action, Starter::Operator, given)?;
        let attempt = self.fresh_id(record.person.bucket());
        let context = LegContext {
            scenario: record.purpose.clone(),
            venue,
            point: Some(point),
            operator: Some(operator.to_owned()),
            person: Some((record.person, record.actor)),
            attempt,
        };
        let once = once(&[], [0; 32], attempt, self.now())?;
        Ok(Leg {
            context,
            action: asked.action.clone(),
            input,
            cause: Cause::Operator,
            agreed: false,
            once,
            answers: true,
        })
    }

    /// An action of the holder in the app. The own tap is the agreement.
    ///
    /// # Errors
    /// `action.unknown`, and what the scenario refuses.
    pub async fn act_mine(
        self: &Arc<Self>,
        citizen: &Citizen,
        scenario: &str,
        venue: Id,
        asked: Asked,
    ) -> Result<Acted, Refusal> {
        self.act_mine_at((citizen, 0), scenario, venue, None, asked).await
    }

    /// The same, for somebody the citizen acts for (`actor` is the index of the grant; 0 for oneself).
    ///
    /// # Errors
    /// As [`Platform::act_mine`], and `grant.ended`, `grant.scope`, `grant.youth_consent`.
    pub async fn act_for(
        self: &Arc<Self>,
        citizen: &Citizen,
        actor: u8,
        scenario: &str,
        venue: Id,
        asked: Asked,
    ) -> Result<Acted, Refusal> {
        self.act_mine_at((citizen, actor), scenario, venue, None, asked).await
    }

    /// The same, at the point whose code the citizen scanned. A scan starts one action; after a refusal it can be used
    /// again, so that a form can be corrected.
    ///
    /// # Errors
    /// As [`Platform::act_mine`], and `scan.unknown`, `scan.over`, `scan.used`, `scan.moved`.
    pub async fn act_scanned(
        self: &Arc<Self>,
        citizen: &Citizen,
        actor: u8,
        scenario: &str,
        scan: Id,
        asked: Asked,
    ) -> Result<Acted, Refusal> {
        let key = asked.idempotency_key.clone();
        let spent = self.spend_scan(citizen, scan, scenario, &key).await?;
        let acted = self.act_mine_at((citizen, actor), scenario, spent.venue, Some(spent.point), asked).await;
        if acted.is_err() {
            self.return_scan(scan, &key).await?;
        }
        acted
    }

    async fn act_mine_at(
        self: &Arc<Self>,
        (citizen, actor): (&Citizen, u8),
        scenario: &str,
        venue: Id,
        point: Option<Id>,
        asked: Asked,
    ) -> Result<Acted, Refusal> {
        let given = self.internalise(Audience::Citizen(citizen.person), scenario, &asked.action, asked.input.clone());
        let input = self.checked(scenario, &asked.action, Starter::Holder, given)?;
        let directory = self.directory();
        if !directory.venue(venue)?.scenarios.iter().any(|known| known == scenario) {
            return Err(not_here());
        }
        let organisation = directory.venue(venue)?.organisation;
        let person = self.subject_of_actor(citizen, actor, self.scenario(scenario)?.card(), organisation)?;
        let attempt = self.fresh_id(citizen.person.bucket());
        let context = LegContext {
            scenario: scenario.to_owned(),
            venue,
            point,
            operator: None,
            person: Some((person, actor)),
            attempt,
        };
        let scope: [&[u8]; 3] = [b"me", citizen.person.as_bytes(), asked.idempotency_key.as_bytes()];
        let once = once(&scope, request_digest(&asked), attempt, self.now())?;
        let leg = Leg { context, action: asked.action, input, cause: Cause::Holder, agreed: true, once, answers: true };
        let holder = self.holder_of(&leg.context, &directory, true)?;
        let bucket = self.place_of(&leg, &directory, holder.as_ref(), self.now())?;
        let acted = self.run_and_follow(bucket, leg, holder, None).await?;
        if actor > 0 {
            self.tell_actor_of_deed(citizen, venue).await?;
        }
        Ok(acted)
    }

    /// An action at a point that needs nobody's code.
    ///
    /// # Errors
    /// `action.unknown`, `point.not_for_this`, and what the scenario refuses.
    pub async fn act_at_point(
        self: &Arc<Self>,
        point: Id,
        scenario: &str,
        operator: &str,
        asked: Asked,
    ) -> Result<Acted, Refusal> {
        let given = self.internalise(self.audience_of_point(point)?, scenario, &asked.action, asked.input.clone());
        let input = self.checked(scenario, &asked.action, Starter::Point, given)?;
        let directory = self.directory();
        let record = directory.point(point)?;
        if !record.point.scenarios.iter().any(|known| known == scenario) {
            return Err(not_here());
        }
        let attempt = self.fresh_id(point.bucket());
        let context = LegContext {
            scenario: scenario.to_owned(),
            venue: record.point.venue,
            point: Some(point),
            operator: Some(operator.to_owned()),
            person: None,
            attempt,
        };
        let scope: [&[u8]; 3] = [b"point", point.as_bytes(), asked.idempotency_key.as_bytes()];
        let once = once(&scope, request_digest(&asked), attempt, self.now())?;
        let leg = Leg { context, action: asked.action, input, cause: Cause::Point, agreed: false, once, answers: true };
        let bucket = self.place_of(&leg, &directory, None, self.now())?;
        self.run_and_follow(bucket, leg, None, None).await
    }

    /// The form of an action, checked; only who may start it gets this far.
    pub(crate) fn checked(
        &self,
        scenario: &str,
        action: &str,
        starter: Starter,
        input: Value,
    ) -> Result<Input, Refusal> {
        let card = self.scenario(scenario)?.card();
        let action = card.action(action).filter(|action| action.by.contains(&starter)).ok_or_else(|| {
            Refusal::missing(
                "action.unknown",
                Text::new("这里不能办这一步", "This cannot be done here"),
                Text::new("请从列出的操作中选择", "Choose one of the actions listed"),
            )
        })?;
        self.seal_private(scenario, action, &Input::check(input, action.form)?)
    }

    /// Runs a leg, follows what it sends out, and answers with the attempt's answer as it then stands. What came of it is
    /// noted at a presentation, if there is one, and ends it where one action is all it carries.
    pub(crate) async fn run_and_follow(
        self: &Arc<Self>,
        bucket: Bucket,
        leg: Leg,
        holder: Option<Holder>,
        presentation: Option<(Id, bool)>,
    ) -> Result<Acted, Refusal> {
        let (attempt, venue) = (leg.context.attempt, leg.context.venue);
        match self.run_leg(bucket, leg, holder).await? {
            LegDone::OtherRequest => Err(other_request()),
            LegDone::Again(known) => self.again(bucket, known),
            LegDone::Ran { answer, queued } => {
                // Whoever shows the venue's board looks again; where nobody does, this is one look into a map.
                self.live().publish(venue, "board");
                let pending = pending(&answer);
                // A final answer is noted on the way; one that is still to come is noted when it has come.
                let rider = presentation.filter(|_| !pending).map(|(id, one)| {
                    let (last, close) = (answer.clone(), one && answer.is_ok());
                    let rider: Rider = Arc::new(move |txn| note_last(txn, id, &last, close));
                    (id.bucket(), rider)
                });
                self.follow_for_a_while(queued, rider).await;
                if !pending {
                    return answer.map(|outcome| Acted { outcome, attempt: None });
                }
                let result = self.standing_soon(bucket, attempt).await;
                if let Some((id, one)) = presentation {
                    let last = result.as_ref().map(|acted| acted.outcome.clone()).map_err(Clone::clone);
                    self.note_last(id, last, one && result.is_ok()).await?;
                }
                result
            }
        }
    }

    /// The answer to a request that came before.
    pub(crate) fn again(&self, bucket: Bucket, known: Kept) -> Result<Acted, Refusal> {
        match known.answer {
            Some(answer) => answer.map(|outcome| Acted { outcome, attempt: None }),
            None => self.standing(bucket, known.attempt),
        }
    }

    /// The attempt's answer, after a moment's patience: the background may be delivering its last leg right now.
    async fn standing_soon(&self, bucket: Bucket, attempt: Id) -> Result<Acted, Refusal> {
        for _ in 0..LOOKS {
            let acted = self.standing(bucket, attempt)?;
            if acted.attempt.is_none() {
                return Ok(acted);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        self.standing(bucket, attempt)
    }

    /// The attempt's answer as it stands.
    ///
    /// # Errors
    /// `attempt.unknown`, or the refusal it ended with.
    pub fn standing(&self, bucket: Bucket, attempt: Id) -> Result<Acted, Refusal> {
        let answer = self.answer_of(bucket, attempt)?.ok_or_else(|| {
            Refusal::missing(
                "attempt.unknown",
                Text::new("没有这次办理的记录", "There is no record of this attempt"),
                Text::new("请重新办理", "Begin again"),
            )
        })?;
        let outcome = answer?;
        let follow = outcome.pending.is_some().then_some(Attempt { id: attempt, bucket });
        Ok(Acted { outcome, attempt: follow })
    }

    /// What a once-key already stands for, if the same request came before.
    pub(crate) fn known_attempt(&self, bucket: Bucket, leg: &Leg) -> Result<Option<Kept>, Refusal> {
        let once = leg.once.clone();
        self.read(bucket, |txn| match txn.claim(&once)? {
            tongma_store::Claimed::Again(answer) => Ok(Some(tongma_store::decode(&answer)?)),
            _ => Ok(None),
        })
    }

    /// Keeps what came of a presentation's last action, for the point that asks again; ends it where it carries one.
    pub(crate) async fn note_last(
        &self,
        presentation: Id,
        last: Result<Outcome, Refusal>,
        close: bool,
    ) -> Result<(), Refusal> {
        self.run(presentation.bucket(), move |txn| note_last(txn, presentation, &last, close)).await
    }
}

/// Writes what came of a presentation's last action.
fn note_last(txn: &mut dyn Txn, presentation: Id, last: &Result<Outcome, Refusal>, close: bool) -> Result<(), Stop> {
    if let Some(mut held) = load::<PresentationRecord>(txn, presentation)? {
        held.value.last = Some(last.clone());
        held.value.closed |= close;
        held.value.waiting = None;
        save(txn, &held)?;
    }
    Ok(())
}

/// A digest of some parts, none of which runs into the next.
pub(crate) fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sm3::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The fingerprint of a request: the same key with another one is refused.
fn request_digest(asked: &Asked) -> [u8; 32] {
    let mut hash = Sm3::new();
    hash.update(asked.action.as_bytes());
    hash.update([0]);
    hash.update(asked.input.to_string().as_bytes());
    hash.finalize().into()
}

pub(crate) fn presentation_over() -> Refusal {
    Refusal::conflict(
        "presentation.over",
        Text::new("这次亮码已结束", "This presentation has ended"),
        Text::new("请重新扫码", "Scan the code again"),
    )
}

pub(crate) fn not_here() -> Refusal {
    Refusal::forbidden(
        "point.not_for_this",
        Text::new("这里不办这项业务", "This service is not offered here"),
        Text::new("请到提供这项服务的场所", "Go to a place that offers it"),
    )
}

/// What makes an action on a presentation happen once, whether it is asked for or handed over later.
pub(crate) fn once_at_point(
    point: Id,
    presentation: Id,
    asked: &Asked,
    attempt: Id,
    now: UnixMs,
) -> Result<OnceClaim, Refusal> {
    // The presentation's time comes first, so that in the deciding thing's bucket these rows lie in their order.
    let asked_as = Id::derived(&[point.as_bytes(), asked.idempotency_key.as_bytes()]);
    once(&[presentation.as_bytes(), asked_as.as_bytes()], request_digest(asked), attempt, now)
}
