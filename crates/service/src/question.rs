//! What the phone shows of a question, and who may answer it. Everything comes from the registry (cards, templates, the
//! directory, the holder's own certificates); nothing comes from the asker's text but the clerk's name.

use serde::Serialize;
use tongma_capability::Stop;
use tongma_capability::certificate::{self, Standing};
use tongma_capability::disclose::grant;
use tongma_domain::{
    AgeClass, ClaimAsk, ConsentKind, Id, Refusal, Template, TemplateItem, Text, UnixMs, Wanted, Words, mask_name,
};
use tongma_store::{find, load};

use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::{GrantKind, HolderRecord, PresentationRecord, RequestRecord};
use crate::sessions::Citizen;

/// The most questions shown at once.
const MOST_SHOWN: usize = 50;

/// A question as the phone shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// Its id.
    pub id: Id,
    /// When it was asked.
    pub asked: UnixMs,
    /// Until when it can be answered.
    pub expires: UnixMs,
    /// The masked name of the person it is about, when that is not the one who answers.
    pub about: Option<String>,
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
    /// The money that a yes moves, where it moves some.
    pub amount: Option<tongma_domain::Fen>,
    /// What is released, why, how long.
    pub claims: &'static [ClaimAsk],
    /// How it is agreed to.
    pub consent: ConsentKind,
    /// What is asked by matter, where it is.
    pub matter: Option<AskedMatter>,
}

/// What is asked for one matter.
#[derive(Debug, Clone, Serialize)]
pub struct AskedMatter {
    /// Its name.
    pub name: Text,
    /// The legal basis.
    pub basis: Text,
    /// How many days the venue may keep it.
    pub retention_days: u16,
    /// To whom it is passed on; none: to nobody.
    pub passed_on: Option<Text>,
    /// The items.
    pub items: Vec<AskedItem>,
    /// Whether there is a PIN, by which sensitive items can be agreed to.
    pub pin_set: bool,
    /// Whether there is a passkey, the other way.
    pub passkey_set: bool,
}

/// One item that is asked.
#[derive(Debug, Clone, Serialize)]
pub struct AskedItem {
    /// Its id, by which it is agreed to.
    pub id: String,
    /// The certificate's name; for a claim, none.
    pub certificate: Option<Words>,
    /// What it is called.
    pub label: Words,
    /// Why.
    pub purpose: Text,
    /// The matter cannot be done without it.
    pub required: bool,
    /// Agreeing to it needs the stronger step.
    pub sensitive: bool,
    /// What the holder's certificate is worth now; `none` when there is none; absent for a claim.
    pub standing: Option<&'static str>,
    /// The same in words.
    pub standing_words: Option<Text>,
}

/// A question as it matters for who may answer it: the class of age of the person it is about, the actor who showed the
/// code, whether it asks for certificates by matter, and the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Put {
    pub(crate) age: AgeClass,
    pub(crate) actor: u8,
    pub(crate) by_matter: bool,
    pub(crate) now: UnixMs,
}

/// Who may answer a question, told from the record of the person it is about.
pub(crate) fn may_answer(record: &HolderRecord, put: Put, who: Id) -> bool {
    answerers(record, put).contains(&who)
}

/// Those who may: whoever showed the code for the person, else the person, and for a child under 14 whose certificates
/// are asked for, the guardians alone (PIPL art. 31). A grant that is over, also by its day alone, answers nothing.
pub(crate) fn answerers(record: &HolderRecord, put: Put) -> Vec<Id> {
    let standing = record.grants.iter().filter(|grant| grant.stands(put.now));
    if put.actor > 0 {
        return standing.filter(|grant| grant.actor == put.actor).map(|grant| grant.person).collect();
    }
    if put.by_matter && put.age == AgeClass::Child {
        return standing.filter(|grant| grant.kind == GrantKind::Guardian).map(|grant| grant.person).collect();
    }
    vec![record.person]
}

/// The template that a form names, where the scenario has any.
pub(crate) fn template_of(
    scenario: &'static dyn tongma_capability::Scenario,
    input: &serde_json::Value,
) -> Option<&'static Template> {
    let named = input.get(tongma_domain::TEMPLATE_FIELD)?.as_str()?;
    scenario.templates().iter().find(|template| template.id == named)
}

/// A kind of certificate, and what the holder's is worth.
type HeldKind = (&'static str, Option<Standing>);

/// What the holder's certificates of the kinds that these items ask for are worth.
fn held(
    txn: &mut dyn tongma_store::Txn,
    person: Id,
    items: &[&'static TemplateItem],
    now: UnixMs,
) -> Result<Vec<HeldKind>, Stop> {
    let mut found: Vec<HeldKind> = Vec::new();
    for item in items {
        if let Wanted::Field { certificate: kind, .. } = item.what
            && !found.iter().any(|(known, _)| *known == kind)
        {
            let first = certificate::find_of_kind(txn, person, kind, now)?.into_iter().next();
            found.push((kind, first.map(|held| held.standing(now))));
        }
    }
    Ok(found)
}

impl Platform {
    /// The questions that wait for a citizen: about themselves, and about people they answer for.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn questions(&self, citizen: &Citizen) -> Result<Vec<Question>, Refusal> {
        let me = citizen.person;
        let wards = self.read(me.bucket(), |txn| Ok(load_holder(txn, me)?.value.wards))?;
        let mut people: Vec<Id> = vec![me];
        people.extend(wards.into_iter().map(|(_, ward)| ward));
        people.dedup();
        let mut questions = Vec::new();
        for person in people {
            questions.extend(self.questions_about(person, me)?);
        }
        questions.sort_by_key(|question| question.asked);
        Ok(questions)
    }

    fn questions_about(&self, person: Id, who: Id) -> Result<Vec<Question>, Refusal> {
        let now = self.now();
        let (record, open) = self.read(person.bucket(), |txn| {
            let record = load_holder(txn, person)?.value;
            let page = find::<RequestRecord>(txn, "open", person, None, MOST_SHOWN)?;
            let mut open = Vec::new();
            for request in page.items.into_iter().map(|held| held.value).filter(|request| request.expires > now) {
                if let Some(presentation) = load::<PresentationRecord>(txn, request.presentation)? {
                    open.push((presentation.value, request));
                }
            }
            Ok((record, open))
        })?;
        let data = self.personal_data(&record)?;
        let age = AgeClass::of(data.birth, now.date());
        let about = (person != who).then(|| mask_name(&data.name));
        open.into_iter()
            .filter(|(presentation, request)| {
                let (actor, by_matter) = (presentation.actor, request.template.is_some());
                may_answer(&record, Put { age, actor, by_matter, now }, who)
            })
            .map(|(presentation, request)| {
                let question = self.question(presentation, request, (person, who))?;
                Ok(Question { about: about.clone(), ..question })
            })
            .collect()
    }

    fn question(
        &self,
        presentation: PresentationRecord,
        request: RequestRecord,
        (person, who): (Id, Id),
    ) -> Result<Question, Refusal> {
        let directory = self.directory();
        let point = &directory.point(presentation.point)?.point;
        let venue = directory.venue(point.venue)?;
        let organisation = directory.organisation(venue.organisation);
        let scenario = self.scenario(&presentation.purpose)?;
        let card = scenario.card();
        let template = template_of(scenario, &request.input);
        let matter = template.map(|template| self.matter(template, &request, (person, who))).transpose()?;
        Ok(Question {
            id: request.id,
            asked: request.asked,
            expires: request.expires,
            about: None,
            organisation: organisation
                .map(|known| Words::new(known.name_zh.clone(), known.name_en.clone()))
                .unwrap_or_default(),
            venue: venue.names(),
            point: Words::new(point.name_zh.clone(), point.name_en.clone()),
            operator: presentation.operator,
            scenario: presentation.purpose,
            scenario_name: card.name,
            asks: request.asks,
            amount: request.amount,
            claims: if matter.is_some() { &[] } else { card.claims },
            consent: card.consent,
            matter,
        })
    }

    fn matter(
        &self,
        template: &'static Template,
        request: &RequestRecord,
        (person, who): (Id, Id),
    ) -> Result<AskedMatter, Refusal> {
        let now = self.now();
        let items: Vec<&'static TemplateItem> =
            template.items.iter().filter(|item| request.items.contains(&item.id())).collect();
        let held = self.read(person.bucket(), |txn| held(txn, person, &items, now))?;
        let (pin_set, passkey_set) = (self.has_pin(who)?, self.has_passkey(who)?);
        let items = items.into_iter().map(|item| asked_item(item, &held)).collect();
        Ok(AskedMatter {
            name: template.name,
            basis: template.basis,
            retention_days: template.retention_days,
            passed_on: template.passed_on,
            items,
            pin_set,
            passkey_set,
        })
    }
}

fn asked_item(item: &'static TemplateItem, held: &[HeldKind]) -> AskedItem {
    let (certificate, label, standing) = match item.what {
        Wanted::Claim { claim } => (None, claim_words(claim), None),
        Wanted::Field { certificate: kind, field } => {
            let label = certificate::kind(kind).and_then(|kind| kind.field(field)).map(|field| field.label.into());
            let found = held.iter().find(|(known, _)| *known == kind).and_then(|(_, found)| *found);
            (Some(grant::kind_words(kind)), label.unwrap_or_default(), Some(found))
        }
    };
    AskedItem {
        id: item.id(),
        certificate,
        label,
        purpose: item.purpose,
        required: item.required,
        sensitive: grant::is_sensitive(item),
        standing: standing.map(|standing| match standing {
            Some(Standing::Good) => "good",
            Some(_) => "not_in_force",
            None => "none",
        }),
        standing_words: standing.map(grant::standing_words),
    }
}

/// What a claim is called.
pub(crate) fn claim_words(claim: tongma_domain::Claim) -> Words {
    use tongma_domain::Claim;
    let text = match claim {
        Claim::Pseudonym => Text::new("假名", "Pseudonym"),
        Claim::MaskedName => Text::new("打码姓名", "Masked name"),
        Claim::AgeClass => Text::new("年龄段", "Class of age"),
        Claim::AtLeast18 => Text::new("是否满 18 岁", "Whether 18 or older"),
        Claim::AtLeast60 => Text::new("是否满 60 岁", "Whether 60 or older"),
        Claim::FullName => Text::new("姓名", "Name"),
        Claim::DocumentNumber => Text::new("证件号码", "Document number"),
        Claim::Phone => Text::new("手机号码", "Mobile number"),
        Claim::VenueNumber => Text::new("场所内编号", "The venue's own number"),
        Claim::LastFour => Text::new("证件号末四位", "Last four digits of the document"),
        Claim::DocumentKind => Text::new("证件种类", "Kind of document"),
        Claim::Sex => Text::new("性别", "Sex"),
        Claim::Nation => Text::new("民族", "Ethnic group"),
        Claim::Birth => Text::new("出生日期", "Date of birth"),
        Claim::Address => Text::new("住址", "Address"),
        Claim::Nationality => Text::new("国籍", "Nationality"),
    };
    text.into()
}
