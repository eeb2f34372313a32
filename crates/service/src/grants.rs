//! Grants on their way out: the annotated copies a venue fetches, the receipt both sides hold, the list the holder sees.
//!
//! A fetch is a transaction in the person's bucket that judges the grant and each certificate at that moment and writes
//! the person's log before any byte leaves.

use std::sync::Arc;

use serde_json::json;
use tongma_capability::certificate::{self, Opened, Standing};
use tongma_capability::disclose::grant::{self, Grant, GrantState};
use tongma_capability::{Cause, Stop};
use tongma_code::receipt::Receipt;
use tongma_domain::{
    Claim, Id, Input, Outcome, PersonalData, Refusal, Template, Text, UnixMs, Wanted, Words, mask_name,
};
use tongma_store::Key;

use crate::leg::{Leg, LegContext, once};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::question::claim_words;
use crate::records::{HolderRecord, LogLine};
use crate::sessions::Citizen;

/// The most grants of one person that a list shows.
const MOST_LISTED: usize = 100;

/// A receipt with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// Its number.
    pub number: String,
    /// `COSE_Sign1`, by the listed issuer key.
    pub cose: Vec<u8>,
}

/// What a venue fetches under a grant.
#[derive(Debug, Clone)]
pub struct Copies {
    /// The receipt.
    pub receipt: SignedReceipt,
    /// What is written across every copy: for whom, for what, when, until when, under which number.
    pub annotation: Words,
    /// The last moment to fetch again.
    pub until: UnixMs,
    /// Certificates, in the order asked.
    pub certificates: Vec<CertificateCopy>,
    /// Claims that were given.
    pub claims: Vec<CopiedField>,
    /// What was asked and not given, in words.
    pub kept_back: Vec<Words>,
}

/// One certificate as a result: fields only while it is in force.
#[derive(Debug, Clone)]
pub struct CertificateCopy {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: Words,
    /// What it is worth at this moment; none: the holder has no such certificate.
    pub standing: Option<Standing>,
    /// The same in words.
    pub standing_words: Text,
    /// Who issued it, while it is in force.
    pub issuer: Option<Words>,
    /// The last day of it, while it is in force and has one.
    pub valid_until: Option<tongma_domain::Date>,
    /// The fields that were given.
    pub fields: Vec<CopiedField>,
}

/// One field with its value.
#[derive(Clone)]
pub struct CopiedField {
    /// The item's id.
    pub id: String,
    /// What it is called.
    pub label: Words,
    /// Its value.
    pub value: String,
}

impl std::fmt::Debug for CopiedField {
    /// Values stay out of logs.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "CopiedField({})", self.id)
    }
}

/// A grant as its holder sees it.
#[derive(Debug, Clone)]
pub struct GrantView {
    /// Its id.
    pub id: Id,
    /// The masked name of the person it is about, when that is a ward.
    pub about: Option<String>,
    /// The matter's name.
    pub matter: Words,
    /// To whom.
    pub organisation: Words,
    /// Where.
    pub venue: Words,
    /// Through which clerk.
    pub operator: String,
    /// What was given, in words.
    pub items: Vec<Words>,
    /// What was asked and not given.
    pub kept_back: Vec<Words>,
    /// When.
    pub at: UnixMs,
    /// The last moment to fetch.
    pub fetch_until: UnixMs,
    /// The last moment to keep.
    pub keep_until: UnixMs,
    /// `open`, `expired`, `closed`, `withdrawn`, `acknowledged` or `overdue`.
    pub state: &'static str,
    /// How often it was fetched.
    pub fetches: u32,
    /// Until when the venue has to acknowledge a withdrawal.
    pub acknowledge_by: Option<UnixMs>,
    /// The receipt.
    pub receipt: SignedReceipt,
}

impl Platform {
    /// The annotated copies of a grant, for a point of the organisation it was given to.
    ///
    /// # Errors
    /// `grant.unknown`, `grant.closed`, `grant.withdrawn`, `grant.expired`, or the store's refusal.
    pub async fn copies(&self, point: Id, operator: &str, grant: Id) -> Result<Copies, Refusal> {
        let (organisation, venue) = self.organisation_of(point)?;
        let (now, operator) = (self.now(), operator.to_owned());
        let fetching = self.run(grant.bucket(), move |txn| {
            let given = grant::fetch(txn, grant, organisation, now)?;
            let holder = load_holder(txn, given.person)?.value;
            let mut opened = Vec::new();
            for (kind, identifier) in given.certificates() {
                opened.push((kind.to_owned(), open(txn, &given, identifier, now)?));
            }
            let line = fetched_line(&given, (venue, point, &operator));
            crate::outbox::append(txn, given.person, now, &line)?;
            Ok((given, holder, opened))
        });
        let (given, holder, opened) = fetching.await?;
        self.live().publish(given.person, "log");
        self.annotated(&given, &holder, opened)
    }

    fn organisation_of(&self, point: Id) -> Result<(Id, Id), Refusal> {
        let directory = self.directory();
        let venue = directory.point(point)?.point.venue;
        Ok((directory.venue(venue)?.organisation, venue))
    }

    fn annotated(
        &self,
        given: &Grant,
        holder: &HolderRecord,
        opened: Vec<(String, Option<Opened>)>,
    ) -> Result<Copies, Refusal> {
        let data = self.personal_data(holder)?;
        let certificates = opened
            .into_iter()
            .map(|(kind, opened)| self.copy(given, kind, opened))
            .collect::<Result<Vec<_>, Refusal>>()?;
        let claims = given.items.iter().filter_map(|item| {
            let claim = item.claim?;
            let value = claim_text(claim, &data)?;
            Some(CopiedField { id: item.id.clone(), label: claim_words(claim), value })
        });
        Ok(Copies {
            receipt: self.signed_receipt(given)?,
            annotation: self.annotation(given),
            until: given.fetch_until,
            certificates,
            claims: claims.collect(),
            kept_back: self.item_words(given, &given.kept_back),
        })
    }

    /// The fields of one certificate that were given, and no other.
    fn copy(&self, given: &Grant, kind: String, opened: Option<Opened>) -> Result<CertificateCopy, Refusal> {
        let standing = opened.as_ref().map(|opened| opened.standing);
        let mut copy = CertificateCopy {
            name: grant::kind_words(&kind),
            standing,
            standing_words: grant::standing_words(standing),
            issuer: None,
            valid_until: None,
            fields: Vec::new(),
            kind,
        };
        let Some(Opened { certificate, sealed: Some(sealed), .. }) = opened else { return Ok(copy) };
        let mut values = self.open_certificate(given.person, &sealed)?;
        copy.issuer = Some(certificate.issuer);
        copy.valid_until = certificate.valid_until;
        for item in given.items.iter().filter(|item| item.kind.as_deref() == Some(copy.kind.as_str())) {
            let Some(field) = item.field.as_deref() else { continue };
            let Some(value) = values.remove(field) else { continue };
            let known = certificate::kind(&copy.kind).and_then(|kind| kind.field(field));
            let label =
                known.map_or_else(|| Words::new(field.to_owned(), field.to_owned()), |known| known.label.into());
            copy.fields.push(CopiedField { id: item.id.clone(), label, value });
        }
        Ok(copy)
    }

    /// The mark on every copy (加注): for whom, for what, when, until when, under which number.
    fn annotation(&self, given: &Grant) -> Words {
        let directory = self.directory();
        let venue = directory.venue(given.venue).map(tongma_domain::Venue::names).unwrap_or_default();
        let point = given.point.and_then(|point| directory.point(point).ok());
        let (desk_zh, desk_en) =
            point.map(|record| (record.point.name_zh.clone(), record.point.name_en.clone())).unwrap_or_default();
        let matter = self.matter_words(given);
        let (at, until) = (minute(given.at), minute(given.fetch_until));
        Words::new(
            format!(
                "仅供{}（{desk_zh}）办理“{}”使用 · {at} 授权 · {until} 前有效 · 凭据 {}",
                venue.zh, matter.zh, given.receipt_number
            ),
            format!(
                "For {} ({desk_en}), for “{}” only · given {at} · serves until {until} · receipt {}",
                venue.en, matter.en, given.receipt_number
            ),
        )
    }

    fn template(&self, given: &Grant) -> Option<&'static Template> {
        let scenario = self.scenario(&given.scenario).ok()?;
        scenario.templates().iter().find(|template| template.id == given.template)
    }

    fn matter_words(&self, given: &Grant) -> Words {
        self.template(given)
            .map_or_else(|| Words::new(given.template.clone(), given.template.clone()), |template| template.name.into())
    }

    /// Items in words: the certificate and the field.
    fn item_words(&self, given: &Grant, ids: &[String]) -> Vec<Words> {
        let template = self.template(given);
        ids.iter().map(|id| words_of_item(template, id)).collect()
    }

    /// The receipt: the same content for both sides, signed when it is asked for.
    fn signed_receipt(&self, given: &Grant) -> Result<SignedReceipt, Refusal> {
        let directory = self.directory();
        let template = self.template(given);
        let venue = directory.venue(given.venue).map(|venue| venue.name_zh.clone()).unwrap_or_default();
        let organisation = directory.organisation(given.organisation).map(|known| known.name_zh.clone());
        let point = given.point.and_then(|point| directory.point(point).ok());
        let receipt = Receipt {
            number: given.receipt_number.clone(),
            organisation: organisation.unwrap_or_default(),
            venue,
            point: point.map(|record| record.point.name_zh.clone()).unwrap_or_default(),
            operator: given.operator.clone(),
            matter: self.matter_words(given).zh.into_owned(),
            basis: template.map(|template| template.basis.zh.to_owned()).unwrap_or_default(),
            passed_on: template.and_then(|template| template.passed_on).map(|to| to.zh.to_owned()).unwrap_or_default(),
            pseudonym: given.pseudonym.clone(),
            actor: given.actor,
            given_s: given.at.as_seconds(),
            fetch_until_s: given.fetch_until.as_seconds(),
            keep_until_s: given.keep_until.as_seconds(),
            items: given.items.iter().map(|item| item.id.clone()).collect(),
            kept_back: given.kept_back.clone(),
        };
        let cose =
            receipt.seal(self.codes.issuer_index(), self.codes.issuer(), &self.seed()).map_err(|_| unreadable())?;
        Ok(SignedReceipt { number: given.receipt_number.clone(), cose })
    }

    /// The receipt of a grant for a point of its organisation; it stays after the grant has ended.
    ///
    /// # Errors
    /// `grant.unknown`, or the store's refusal.
    pub fn receipt_at(&self, point: Id, grant: Id) -> Result<SignedReceipt, Refusal> {
        let (organisation, _) = self.organisation_of(point)?;
        let given = self.read(grant.bucket(), |txn| Ok(grant::of_venue(txn, grant, organisation)?.value))?;
        self.signed_receipt(&given)
    }

    /// The citizen's grants and those of their wards, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn grants(&self, citizen: &Citizen) -> Result<Vec<GrantView>, Refusal> {
        let mut found = Vec::new();
        for (person, name) in self.mine_and_wards(citizen)? {
            let page = self.read(person.bucket(), |txn| {
                let (mut all, mut after): (Vec<Grant>, Option<Key>) = (Vec::new(), None);
                loop {
                    let page = grant::of_person(txn, person, after.as_ref(), MOST_LISTED)?;
                    after = page.items.last().map(|held| held.key.clone());
                    all.extend(page.items.into_iter().map(|held| held.value));
                    if !page.more {
                        return Ok(all);
                    }
                }
            })?;
            found.extend(page.into_iter().map(|grant| (grant, name.clone())));
        }
        found.sort_by_key(|(grant, _)| std::cmp::Reverse(grant.at));
        found.into_iter().map(|(grant, about)| self.grant_view(&grant, about)).collect()
    }

    /// People whose grants this citizen sees: themselves, and whoever's code they may show.
    fn mine_and_wards(&self, citizen: &Citizen) -> Result<Vec<(Id, Option<String>)>, Refusal> {
        let (me, now) = (citizen.person, self.now());
        let wards = self.read(me.bucket(), |txn| Ok(load_holder(txn, me)?.value.wards))?;
        let mut people = vec![(me, None)];
        for (_, ward) in wards {
            let record = self.read(ward.bucket(), |txn| Ok(load_holder(txn, ward)?.value))?;
            if record.grants.iter().any(|grant| grant.stands(now) && grant.person == me) {
                people.push((ward, Some(mask_name(&self.personal_data(&record)?.name))));
            }
        }
        Ok(people)
    }

    fn grant_view(&self, given: &Grant, about: Option<String>) -> Result<GrantView, Refusal> {
        let directory = self.directory();
        let now = self.now();
        let organisation = directory.organisation(given.organisation);
        let ids: Vec<String> = given.items.iter().map(|item| item.id.clone()).collect();
        Ok(GrantView {
            id: given.id,
            about,
            matter: self.matter_words(given),
            organisation: organisation
                .map(|known| Words::new(known.name_zh.clone(), known.name_en.clone()))
                .unwrap_or_default(),
            venue: directory.venue(given.venue).map(tongma_domain::Venue::names).unwrap_or_default(),
            operator: given.operator.clone(),
            items: self.item_words(given, &ids),
            kept_back: self.item_words(given, &given.kept_back),
            at: given.at,
            fetch_until: given.fetch_until,
            keep_until: given.keep_until,
            state: match given.state {
                GrantState::Open if now > given.fetch_until => "expired",
                GrantState::Open => "open",
                GrantState::Closed => "closed",
                GrantState::Withdrawn if given.acknowledged.is_some() => "acknowledged",
                GrantState::Withdrawn if given.acknowledge_by.is_some_and(|by| now > by) => "overdue",
                GrantState::Withdrawn => "withdrawn",
            },
            fetches: given.fetches,
            acknowledge_by: given.acknowledge_by,
            receipt: self.signed_receipt(given)?,
        })
    }

    /// Takes a grant back: one's own, or a ward's.
    ///
    /// # Errors
    /// `grant.unknown`, or what the scenario refuses.
    pub async fn withdraw_grant(self: &Arc<Self>, citizen: &Citizen, grant: Id) -> Result<Outcome, Refusal> {
        let given = self.read(grant.bucket(), |txn| {
            Ok(tongma_store::load::<Grant>(txn, grant)?.ok_or_else(grant::unknown)?.value)
        })?;
        if !self.mine_and_wards(citizen)?.iter().any(|(person, _)| *person == given.person) {
            return Err(grant::unknown());
        }
        let attempt = self.fresh_id(grant.bucket());
        let context = LegContext {
            scenario: given.scenario.clone(),
            venue: given.venue,
            point: None,
            operator: None,
            person: Some((given.person, given.actor)),
            attempt,
        };
        let leg = Leg {
            context,
            action: "withdraw".to_owned(),
            input: Input::of(&json!({ "grant": grant })),
            cause: Cause::Holder,
            agreed: true,
            once: once(&[b"withdraw", grant.as_bytes(), attempt.as_bytes()], [2; 32], attempt, self.now())?,
            answers: true,
        };
        let holder = self.holder_of(&leg.context, &self.directory(), true)?;
        self.run_and_follow(grant.bucket(), leg, holder, None).await.map(|acted| acted.outcome)
    }
}

/// A moment as people write it at a counter: `2026-11-24 16:05`, in Beijing.
fn minute(at: UnixMs) -> String {
    at.to_rfc3339().chars().take(16).map(|letter| if letter == 'T' { ' ' } else { letter }).collect()
}

fn open(
    txn: &mut dyn tongma_store::Txn,
    given: &Grant,
    identifier: Option<&certificate::Identifier>,
    now: UnixMs,
) -> Result<Option<Opened>, Stop> {
    let Some(identifier) = identifier else { return Ok(None) };
    match certificate::open_copy(txn, given.person, identifier, now) {
        Ok(opened) => Ok(Some(opened)),
        Err(Stop::Refused(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}

fn words_of_item(template: Option<&'static Template>, id: &str) -> Words {
    match template.and_then(|template| template.item(id)).map(|item| item.what) {
        Some(Wanted::Claim { claim }) => claim_words(claim),
        Some(Wanted::Field { certificate: kind, field }) => {
            let name = grant::kind_words(kind);
            let label = certificate::kind(kind).and_then(|kind| kind.field(field)).map(|field| field.label);
            let label = label.unwrap_or(Text::new("", ""));
            Words::new(format!("{} · {}", name.zh, label.zh), format!("{} · {}", name.en, label.en))
        }
        None => Words::new(id.to_owned(), id.to_owned()),
    }
}

/// A claim's value in full, for those a template may name; results such as an age class need no template.
fn claim_text(claim: Claim, data: &PersonalData) -> Option<String> {
    match claim {
        Claim::FullName => Some(data.name.clone()),
        Claim::DocumentNumber => Some(data.document_number.clone()),
        Claim::Phone => Some(data.phone.clone()).filter(|phone| !phone.is_empty()),
        _ => None,
    }
}

fn fetched_line(given: &Grant, (venue, point, operator): (Id, Id, &str)) -> LogLine {
    LogLine {
        kind: "staff_read".into(),
        text: Words::new(
            format!("窗口查看了加注件（凭据 {}）", given.receipt_number),
            format!("The window looked at the annotated copies (receipt {})", given.receipt_number),
        ),
        venue: Some(venue),
        point: Some(point),
        operator: Some(operator.to_owned()),
        released: given.claims(),
        detail: json!({ "receipt": given.receipt_number, "items": given.item_ids() }),
    }
}

fn unreadable() -> Refusal {
    Refusal::unavailable(
        "grant.unreadable",
        Text::new("加注件暂时无法取出", "The copies cannot be made just now"),
        Text::new("请再试一次，仍不行请联系管理员", "Try again; if that fails, tell the administrator"),
    )
}
