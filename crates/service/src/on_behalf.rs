//! People for people: guardians and delegates. A grant lives in the subject's bucket, is mirrored to whoever acts, and
//! stops by itself: a guardian's on the ward's eighteenth birthday, a delegate's on its day. Both sides agree, both see
//! it, either ends it.

use serde::Serialize;
use tongma_capability::Stop;
use tongma_domain::{AgeClass, Bucket, Card, ConsentKind, Date, Id, Refusal, UnixMs, Words, mask_name};
use tongma_store::{load, save};

use crate::on_behalf_refusals::{
    adult, grant_ended, guardians_is_the_registrys, oneself, out_of_scope, too_many, unknown_grant, youth_decides,
};
use crate::people::{live_device, load_holder};
use crate::platform::Platform;
use crate::records::{GrantKind, GrantRecord, HolderRecord};
use crate::sessions::{Citizen, write_log};

/// A delegate's grant lasts at most this long; then it is given again, or not.
pub const MOST_GRANT_DAYS: u16 = 365;
/// The most people who may act for one person at a time, and whom one person may act for.
pub(crate) const MOST_LIVE: usize = 8;
/// A grant as one of its two sides sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Grant {
    /// The actor index in the subject's codes.
    pub actor: u8,
    /// The other side's masked name: who may act, or for whom.
    pub masked_name: String,
    /// Guardian or delegate.
    pub kind: GrantKind,
    /// For these scenarios; all when empty.
    pub scenarios: Vec<String>,
    /// At these organisations; all when empty.
    pub organisations: Vec<Words>,
    /// Until when; it then stops by itself.
    pub until: Option<UnixMs>,
    /// It waits for the subject's yes.
    pub waiting: bool,
}

impl GrantRecord {
    /// Whether it stands at a moment.
    pub(crate) fn stands(&self, now: UnixMs) -> bool {
        self.live && self.until.is_none_or(|until| now < until)
    }

    /// Whether it may be used for this scenario at this organisation.
    fn covers(&self, scenario: &str, organisation: Id) -> bool {
        (self.scenarios.is_empty() || self.scenarios.iter().any(|known| known == scenario))
            && (self.organisations.is_empty() || self.organisations.contains(&organisation))
    }
}

/// Checks that an actor may show or act for a person: the grant stands, covers this, and where the law asks for a
/// youth's own consent (14 to 17, sensitive data) it is not a guardian who stands there alone.
pub(crate) fn may_act(
    holder: &HolderRecord,
    actor: u8,
    card: &Card,
    organisation: Id,
    (birth, now): (Date, UnixMs),
) -> Result<(), Refusal> {
    if actor == 0 {
        return Ok(());
    }
    let grant = holder.grants.iter().find(|grant| grant.actor == actor && grant.stands(now)).ok_or_else(grant_ended)?;
    if !grant.covers(card.id, organisation) {
        return Err(out_of_scope());
    }
    let youth = AgeClass::of(birth, now.date()) == AgeClass::Youth;
    if grant.kind == GrantKind::Guardian && youth && card.consent == ConsentKind::Explicit {
        return Err(youth_decides());
    }
    Ok(())
}

/// The first moment of somebody's eighteenth birthday in Beijing; a 29 February is kept on 1 March.
fn comes_of_age(birth: Date) -> UnixMs {
    let day = Date::new(birth.year + 18, birth.month, birth.day).or_else(|| Date::new(birth.year + 18, 3, 1));
    day.unwrap_or(birth).start()
}

/// The next index that neither side uses or ever used.
fn free_actor(subject: &HolderRecord, taken: &[u8]) -> Option<u8> {
    (1..=u8::MAX).find(|index| !taken.contains(index) && subject.grants.iter().all(|grant| grant.actor != *index))
}

impl Platform {
    /// Makes one person the guardian of another, by the registry's word. For a child under 14 it stands at once; a youth
    /// of 14 to 17 is asked first, unless the registry holds the youth's own signature (`consented`). It stops on the
    /// ward's eighteenth birthday without anybody's act.
    ///
    /// # Errors
    /// `person.unknown`, `grant.adult`, or `person.too_many_grants`.
    pub async fn grant_guardian(&self, guardian: Id, ward: Id, consented: bool) -> Result<u8, Refusal> {
        let record = self.read(ward.bucket(), |txn| Ok(load_holder(txn, ward)?.value))?;
        let birth = self.personal_data(&record)?.birth;
        let now = self.now();
        let live = match AgeClass::of(birth, now.date()) {
            AgeClass::Child => true,
            AgeClass::Youth => consented,
            AgeClass::Adult | AgeClass::Elder => return Err(adult()),
        };
        let grant = GrantRecord {
            actor: 0,
            person: guardian,
            device: 0,
            live,
            kind: GrantKind::Guardian,
            scenarios: Vec::new(),
            organisations: Vec::new(),
            until: Some(comes_of_age(birth)),
            waiting: !live,
        };
        let said = if live {
            Words::new("监护人已登记，可以代您出示", "A guardian is registered and may show for you")
        } else {
            Words::new(
                "有人申请登记为您的监护人，等您确认",
                "Someone asks to be registered as your guardian; it waits for you",
            )
        };
        self.place_grant(ward, grant, said).await
    }

    /// Writes a grant into the subject's record and mirrors it to whoever acts. The same again is the same grant.
    pub(crate) async fn place_grant(&self, subject: Id, grant: GrantRecord, said: Words) -> Result<u8, Refusal> {
        let (actor_person, now) = (grant.person, self.now());
        if subject == actor_person {
            return Err(oneself());
        }
        let own = self.read(actor_person.bucket(), |txn| Ok(load_holder(txn, actor_person)?.value))?;
        let taken: Vec<u8> = own.wards.iter().map(|(index, _)| *index).collect();
        let device = live_device(&own);
        let actor = self
            .run(subject.bucket(), move |txn| {
                let mut held = load_holder(txn, subject)?;
                let known = |known: &&GrantRecord| {
                    known.person == actor_person && known.kind == grant.kind && (known.stands(now) || known.waiting)
                };
                if let Some(known) = held.value.grants.iter().find(known)
                    && grant.kind == GrantKind::Guardian
                {
                    return Ok(known.actor);
                }
                if held.value.grants.iter().filter(|known| known.stands(now)).count() >= MOST_LIVE {
                    return Err(Stop::Refused(too_many()));
                }
                let actor = free_actor(&held.value, &taken).ok_or_else(|| Stop::Refused(too_many()))?;
                held.value.grants.push(GrantRecord { actor, device, ..grant.clone() });
                save(txn, &held)?;
                write_log(txn, subject, now, "grant", said.clone())?;
                Ok(actor)
            })
            .await?;
        self.mirror_grant(actor_person, actor, subject).await?;
        Ok(actor)
    }

    /// The actor's side of a grant.
    async fn mirror_grant(&self, actor_person: Id, actor: u8, subject: Id) -> Result<(), Refusal> {
        let now = self.now();
        self.run(actor_person.bucket(), move |txn| {
            let mut held = load_holder(txn, actor_person)?;
            if held.value.wards.contains(&(actor, subject)) {
                return Ok(());
            }
            held.value.wards.push((actor, subject));
            save(txn, &held)?;
            let text = Words::new("有人登记由您代为出示", "Somebody is registered for you to show for");
            Ok(write_log(txn, actor_person, now, "grant", text)?)
        })
        .await
    }

    /// The subject says yes to a grant that waits.
    ///
    /// # Errors
    /// `grant.unknown`.
    pub async fn accept_grant(&self, citizen: &Citizen, actor: u8) -> Result<(), Refusal> {
        let (subject, now) = (citizen.person, self.now());
        self.run(subject.bucket(), move |txn| {
            let mut held = load_holder(txn, subject)?;
            let waits = |grant: &&mut GrantRecord| grant.actor == actor && grant.waiting;
            let grant = held.value.grants.iter_mut().find(waits).ok_or_else(|| Stop::Refused(unknown_grant()))?;
            (grant.waiting, grant.live) = (false, true);
            save(txn, &held)?;
            let text = Words::new("您同意了监护人代为出示", "You agreed that the guardian may show for you");
            Ok(write_log(txn, subject, now, "grant", text)?)
        })
        .await
    }

    /// The subject ends a grant, or turns down one that waits. A guardian's is the registry's, not the child's.
    ///
    /// # Errors
    /// `grant.unknown`, `grant.guardian`.
    pub async fn end_grant(&self, citizen: &Citizen, actor: u8) -> Result<(), Refusal> {
        let record = self.read(citizen.person.bucket(), |txn| Ok(load_holder(txn, citizen.person)?.value))?;
        let now = self.now();
        let found = record.grants.iter().find(|grant| grant.actor == actor && (grant.stands(now) || grant.waiting));
        let grant = found.ok_or_else(unknown_grant)?;
        if grant.kind == GrantKind::Guardian && !grant.waiting {
            return Err(guardians_is_the_registrys());
        }
        self.stop_grant(citizen.person, actor).await
    }

    /// Whoever acts gives it up. Guardianship is nobody's to give up with a tap.
    ///
    /// # Errors
    /// `grant.unknown`, `grant.guardian`.
    pub async fn leave_grant(&self, citizen: &Citizen, actor: u8) -> Result<(), Refusal> {
        let own = self.read(citizen.person.bucket(), |txn| Ok(load_holder(txn, citizen.person)?.value))?;
        let subject = own.wards.iter().find(|(index, _)| *index == actor).map(|(_, subject)| *subject);
        let subject = subject.ok_or_else(unknown_grant)?;
        let now = self.now();
        let record = self.read(subject.bucket(), |txn| Ok(load_holder(txn, subject)?.value))?;
        let standing =
            |grant: &&GrantRecord| grant.actor == actor && grant.kind == GrantKind::Guardian && grant.stands(now);
        if record.grants.iter().any(|grant| standing(&grant)) {
            return Err(guardians_is_the_registrys());
        }
        self.stop_grant(subject, actor).await
    }

    /// The registry's word that somebody is no longer another's guardian: custody was lost or passed on.
    ///
    /// # Errors
    /// `grant.unknown`.
    pub async fn end_guardian(&self, guardian: Id, ward: Id) -> Result<(), Refusal> {
        let record = self.read(ward.bucket(), |txn| Ok(load_holder(txn, ward)?.value))?;
        let known = |grant: &&GrantRecord| {
            grant.person == guardian && grant.kind == GrantKind::Guardian && (grant.live || grant.waiting)
        };
        let actor = record.grants.iter().find(known).map(|grant| grant.actor).ok_or_else(unknown_grant)?;
        self.stop_grant(ward, actor).await
    }

    /// Ends a grant in the subject's record, then at whoever acted; tickets already out die online at once and offline
    /// with the next deny list.
    async fn stop_grant(&self, subject: Id, actor: u8) -> Result<(), Refusal> {
        let now = self.now();
        let (actor_person, device) = self
            .run(subject.bucket(), move |txn| {
                let mut held = load_holder(txn, subject)?;
                let found = held.value.grants.iter_mut().find(|grant| grant.actor == actor);
                let grant = found.ok_or_else(|| Stop::Refused(unknown_grant()))?;
                (grant.live, grant.waiting) = (false, false);
                let ended = (grant.person, grant.device);
                save(txn, &held)?;
                let text = Words::new("一项代办关系已结束", "Somebody no longer acts for you");
                write_log(txn, subject, now, "grant", text)?;
                Ok(ended)
            })
            .await?;
        self.run(actor_person.bucket(), move |txn| {
            let mut held = load_holder(txn, actor_person)?;
            held.value.wards.retain(|ward| *ward != (actor, subject));
            save(txn, &held)?;
            let text = Words::new("您不再代某人出示", "You no longer show for somebody");
            Ok(write_log(txn, actor_person, now, "grant", text)?)
        })
        .await?;
        if device > 0 {
            self.deny(subject, actor, device, true).await?;
        }
        Ok(())
    }

    /// Who may act for the citizen.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn grants_of(&self, citizen: &Citizen) -> Result<Vec<Grant>, Refusal> {
        let record = self.read(citizen.person.bucket(), |txn| Ok(load_holder(txn, citizen.person)?.value))?;
        let now = self.now();
        let shown = record.grants.iter().filter(|grant| grant.stands(now) || grant.waiting);
        shown.map(|grant| self.grant_seen(grant, grant.person)).collect()
    }

    /// For whom the citizen may act.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn my_wards(&self, citizen: &Citizen) -> Result<Vec<Grant>, Refusal> {
        let record = self.read(citizen.person.bucket(), |txn| Ok(load_holder(txn, citizen.person)?.value))?;
        self.wards_of(&record)
    }

    /// For whom somebody may act: what has ended is not among them.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn wards_of(&self, holder: &HolderRecord) -> Result<Vec<Grant>, Refusal> {
        let now = self.now();
        let mut found = Vec::new();
        for (actor, subject) in &holder.wards {
            let record = self.read(subject.bucket(), |txn| Ok(load_holder(txn, *subject)?.value))?;
            let stands = |grant: &&GrantRecord| {
                grant.actor == *actor && grant.person == holder.person && (grant.stands(now) || grant.waiting)
            };
            if let Some(grant) = record.grants.iter().find(stands) {
                found.push(self.grant_seen(grant, *subject)?);
            }
        }
        Ok(found)
    }

    fn grant_seen(&self, grant: &GrantRecord, other: Id) -> Result<Grant, Refusal> {
        let record = self.read(other.bucket(), |txn| Ok(load_holder(txn, other)?.value))?;
        Ok(Grant {
            actor: grant.actor,
            masked_name: mask_name(&self.personal_data(&record)?.name),
            kind: grant.kind,
            scenarios: grant.scenarios.clone(),
            organisations: self.names_of(&grant.organisations),
            until: grant.until,
            waiting: grant.waiting,
        })
    }

    pub(crate) fn names_of(&self, organisations: &[Id]) -> Vec<Words> {
        let directory = self.directory();
        let known = organisations.iter().filter_map(|id| directory.organisation(*id));
        known.map(|one| Words::new(one.name_zh.clone(), one.name_en.clone())).collect()
    }

    /// "X for Y", with masked names, for every screen that shows who stands there.
    pub(crate) fn actor_words(&self, holder: &HolderRecord, actor: u8, subject: &str) -> Option<Words> {
        let grant = holder.grants.iter().find(|grant| grant.actor == actor)?;
        let person = grant.person;
        let record = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value)).ok()?;
        let name = mask_name(&self.personal_data(&record).ok()?.name);
        Some(match grant.kind {
            GrantKind::Guardian => {
                Words::new(format!("{name}（监护人）代 {subject}"), format!("{name} (guardian) for {subject}"))
            }
            GrantKind::Delegate => {
                Words::new(format!("{name}（受托人）代 {subject}"), format!("{name} (delegate) for {subject}"))
            }
        })
    }

    /// Who shows a code for whom, if it is not the person: refused when the grant does not stand or does not cover this.
    pub(crate) fn on_behalf(
        &self,
        bucket: Bucket,
        number: u16,
        (actor, device): (u8, u8),
        card: &Card,
        organisation: Id,
    ) -> Result<Option<(Id, Words)>, Refusal> {
        if actor == 0 {
            return Ok(None);
        }
        let key = crate::people::holder_key(number);
        let held = self.read(bucket, |txn| Ok(load::<HolderRecord>(txn, key.clone())?))?;
        let holder = held.ok_or_else(crate::people::unknown_person)?.value;
        if !crate::sessions::device_lives(&holder, actor, device) {
            // The transaction says so itself: a phone that was replaced, or a grant that was ended.
            return Ok(None);
        }
        let data = self.personal_data(&holder)?;
        may_act(&holder, actor, card, organisation, (data.birth, self.now()))?;
        let grant = holder.grants.iter().find(|grant| grant.actor == actor).map(|grant| grant.person);
        Ok(grant.zip(self.actor_words(&holder, actor, &mask_name(&data.name))))
    }

    /// The person a citizen acts for under an actor index, if the grant covers this.
    pub(crate) fn subject_of_actor(
        &self,
        citizen: &Citizen,
        actor: u8,
        card: &Card,
        organisation: Id,
    ) -> Result<Id, Refusal> {
        if actor == 0 {
            return Ok(citizen.person);
        }
        let own = self.read(citizen.person.bucket(), |txn| Ok(load_holder(txn, citizen.person)?.value))?;
        let subject = own.wards.iter().find(|(index, _)| *index == actor).map(|(_, subject)| *subject);
        let subject = subject.ok_or_else(grant_ended)?;
        self.check_actor(subject, actor, card, organisation)?;
        Ok(subject)
    }

    /// Whoever did something for somebody has it in their own log too.
    pub(crate) async fn tell_actor_of_deed(&self, citizen: &Citizen, venue: Id) -> Result<(), Refusal> {
        let name = self.directory().venue(venue)?.names();
        let (person, now) = (citizen.person, self.now());
        self.run(person.bucket(), move |txn| {
            let text =
                Words::new(format!("代人办理：{}", name.zh), format!("Done for somebody you act for: {}", name.en));
            Ok(write_log(txn, person, now, "done", text)?)
        })
        .await
    }

    /// As [`may_act`], reading the subject's record.
    pub(crate) fn check_actor(&self, subject: Id, actor: u8, card: &Card, organisation: Id) -> Result<(), Refusal> {
        if actor == 0 {
            return Ok(());
        }
        let record = self.read(subject.bucket(), |txn| Ok(load_holder(txn, subject)?.value))?;
        let birth = self.personal_data(&record)?.birth;
        may_act(&record, actor, card, organisation, (birth, self.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coming_of_age_is_the_first_moment_of_the_birthday() {
        let date = |text| Date::parse(text).unwrap();
        assert_eq!(comes_of_age(date("2008-11-25")), date("2026-11-25").start());
        assert_eq!(comes_of_age(date("2008-02-29")), date("2026-03-01").start());
        let birthday = comes_of_age(date("2008-11-25"));
        assert_eq!(date("2008-11-25").age_on(birthday.date()), 18);
        assert_eq!(date("2008-11-25").age_on(UnixMs::from_millis(birthday.as_millis() - 1).date()), 17);
    }
}
