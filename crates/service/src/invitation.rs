//! Invitations: how a person names a delegate. Twelve digits, good once, for ten minutes; whoever takes them up sees first
//! what they offer.

use serde::{Deserialize, Serialize};
use tongma_domain::{Bucket, Id, Refusal, UnixMs, Words, mask_name};
use tongma_store::{CounterKey, Key, Stored, create, load, save};

use crate::directory::digest;
use crate::on_behalf::{Grant, MOST_GRANT_DAYS, MOST_LIVE};
use crate::on_behalf_refusals::{bad_days, bad_invitation, minor, too_many, too_many_tries};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::{GrantKind, GrantRecord};
use crate::sessions::{Citizen, write_log};

/// How long an invitation can be taken up.
pub const INVITATION_LIFE_S: i64 = 600;
/// How often one citizen may try an invitation's code in an hour: eight digits are not found that way.
const TRIES_AN_HOUR: i64 = 10;

/// An invitation that waits to be taken up. Key: the digest of its code; in the subject's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct InvitationRecord {
    subject: Id,
    scenarios: Vec<String>,
    organisations: Vec<Id>,
    until: UnixMs,
    expires: UnixMs,
    taken: Option<(Id, u8)>,
}

impl Stored for InvitationRecord {
    const KIND: &'static str = "invitation";
}

/// What a subject grants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// For these scenarios; all when empty.
    pub scenarios: Vec<String>,
    /// At these organisations; all when empty.
    pub organisations: Vec<Id>,
    /// For so many days.
    pub days: u16,
}

/// An invitation to act for somebody, as the subject passes it on.
#[derive(Debug, Clone, Serialize)]
pub struct Invitation {
    /// Twelve digits.
    pub code: String,
    /// Until when it can be taken up.
    pub expires: UnixMs,
}

impl Platform {
    /// Invites whoever is given the code to act for the citizen. Nothing stands before it is taken up.
    ///
    /// # Errors
    /// `grant.days`, `scenario.unknown`, `grant.minor` for a child (whose guardian decides).
    pub async fn invite(&self, citizen: &Citizen, wish: Wish) -> Result<Invitation, Refusal> {
        if !(1..=MOST_GRANT_DAYS).contains(&wish.days) {
            return Err(bad_days());
        }
        for scenario in &wish.scenarios {
            self.scenario(scenario)?;
        }
        let (subject, now, seed) = (citizen.person, self.now(), self.seed());
        let record = self.read(subject.bucket(), |txn| Ok(load_holder(txn, subject)?.value))?;
        if self.personal_data(&record)?.birth.age_on(now.date()) < 18 {
            return Err(minor());
        }
        let number = seed.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)) % 100_000_000;
        let code = format!("{:04}{number:08}", subject.bucket().number());
        let invitation = InvitationRecord {
            subject,
            scenarios: wish.scenarios,
            organisations: wish.organisations,
            until: now.plus_days(i64::from(wish.days)),
            expires: now.plus_s(INVITATION_LIFE_S),
            taken: None,
        };
        let expires = invitation.expires;
        let key = Key::new(&digest("invitation", &code));
        self.run(subject.bucket(), move |txn| {
            create(txn, key.clone(), &invitation)?;
            let text = Words::new("您发出了一份委托邀请", "You invited somebody to act for you");
            Ok(write_log(txn, subject, now, "grant", text)?)
        })
        .await?;
        Ok(Invitation { code, expires })
    }

    /// What an invitation offers, before it is taken up.
    ///
    /// # Errors
    /// `grant.invitation` for a code that is unknown, taken or too old; `grant.tries`.
    pub async fn see_invitation(&self, citizen: &Citizen, code: &str) -> Result<Grant, Refusal> {
        self.count_try(citizen).await?;
        let (_, invitation) = self.invitation(citizen, code)?;
        let subject = invitation.subject;
        let record = self.read(subject.bucket(), |txn| Ok(load_holder(txn, subject)?.value))?;
        Ok(Grant {
            actor: 0,
            masked_name: mask_name(&self.personal_data(&record)?.name),
            kind: GrantKind::Delegate,
            scenarios: invitation.scenarios,
            organisations: self.names_of(&invitation.organisations),
            until: Some(invitation.until),
            waiting: true,
        })
    }

    /// Takes up an invitation: from now on the citizen may act for whoever sent it, within what it says.
    ///
    /// # Errors
    /// As [`Platform::see_invitation`], and `person.too_many_grants`.
    pub async fn take_invitation(&self, citizen: &Citizen, code: &str) -> Result<u8, Refusal> {
        self.count_try(citizen).await?;
        let (key, invitation) = self.invitation(citizen, code)?;
        if let Some((_, actor)) = invitation.taken {
            return Ok(actor);
        }
        let (subject, person) = (invitation.subject, citizen.person);
        let own = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value))?;
        if own.wards.len() >= 4 * MOST_LIVE {
            return Err(too_many());
        }
        let grant = GrantRecord {
            actor: 0,
            person,
            device: 0,
            live: true,
            kind: GrantKind::Delegate,
            scenarios: invitation.scenarios,
            organisations: invitation.organisations,
            until: Some(invitation.until),
            waiting: false,
        };
        let said = Words::new("您的委托邀请已被接受", "Your invitation was taken up");
        let actor = self.place_grant(subject, grant, said).await?;
        self.run(subject.bucket(), move |txn| {
            if let Some(mut held) = load::<InvitationRecord>(txn, key.clone())? {
                held.value.taken = Some((person, actor));
                save(txn, &held)?;
            }
            Ok(())
        })
        .await?;
        Ok(actor)
    }

    fn invitation(&self, citizen: &Citizen, code: &str) -> Result<(Key, InvitationRecord), Refusal> {
        let code: String = code.chars().filter(char::is_ascii_digit).collect();
        let bucket = code.get(..4).and_then(|digits| digits.parse().ok()).and_then(|number| Bucket::new(number).ok());
        let (bucket, now, person) = (bucket.ok_or_else(bad_invitation)?, self.now(), citizen.person);
        let key = Key::new(&digest("invitation", &code));
        let found = self.read(bucket, |txn| Ok(load::<InvitationRecord>(txn, key.clone())?.map(|held| held.value)))?;
        let good = |invitation: &InvitationRecord| match invitation.taken {
            // Whoever took it may ask again, so that a lost answer is found.
            Some((by, _)) => by == person,
            None => invitation.expires > now && invitation.subject != person,
        };
        found.filter(good).map(|invitation| (key, invitation)).ok_or_else(bad_invitation)
    }

    async fn count_try(&self, citizen: &Citizen) -> Result<(), Refusal> {
        let (person, hour) = (citizen.person, self.now().as_seconds() / 3600);
        let counted = self
            .run(person.bucket(), move |txn| {
                let of = Key::of(&[person.as_bytes(), &hour.to_be_bytes()]);
                Ok(txn.count_add(&CounterKey { name: "invitation.tries", of }, 1, 0, TRIES_AN_HOUR)?)
            })
            .await?;
        counted.map(drop).ok_or_else(too_many_tries)
    }
}
