//! The citizen's passkeys: the stronger way to prove who is at the phone before something sensitive leaves (W3C Web
//! Authentication Level 3). The PIN stays as the other way.
//!
//! A challenge is good for one answer, and for one purpose: the one given out for a question names it and the items that
//! were on the screen, so that what was proved for one thing never agrees to another.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_capability::Stop;
use tongma_domain::{Id, Refusal, Text, UnixMs, Words, mask_name};
use tongma_passkey::{
    self as passkey, Assertion, Ceremony, Credential, Pending, Registration, RelyingParty, Trouble, User,
};
use tongma_store::{Expect, Key, Stored, Txn, load, save, upsert};

use crate::oddities::Oddity;
use crate::outward::Audience;
use crate::people::load_holder;
use crate::platform::Platform;
use crate::sessions::{Citizen, write_log};

/// The most passkeys of one person.
const MOST_PASSKEYS: usize = 8;
/// How long a ceremony may take.
const CEREMONY_LIFE_S: i64 = 5 * 60;
/// A passkey is added or taken away so soon after signing in, or with the PIN.
const FRESH_SIGN_IN_S: i64 = 10 * 60;
/// The longest name of a passkey, in characters.
const MOST_NAME: usize = 40;

/// A passkey, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Held {
    credential: Credential,
    name: String,
    since: UnixMs,
    used: Option<UnixMs>,
}

impl Held {
    /// Its id among its owner's, made of the credential's.
    fn id(&self) -> Id {
        Id::derived(&[b"citizen passkey", &self.credential.id])
    }
}

/// The passkeys of a person. Key: the person; in the person's bucket.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct PasskeyRecord {
    held: Vec<Held>,
}

impl Stored for PasskeyRecord {
    const KIND: &'static str = "passkeys";
}

/// A ceremony under way. Key: the person and which of the two; a new one takes the place of the one before.
#[derive(Debug, Serialize, Deserialize)]
struct CeremonyRecord {
    pending: Pending,
    /// For which question, and for which of its items.
    about: Option<(Id, Vec<String>)>,
}

impl Stored for CeremonyRecord {
    const KIND: &'static str = "passkey_ceremony";
}

/// A passkey as its owner sees it.
#[derive(Debug, Clone, Serialize)]
pub struct MyPasskey {
    /// Its id.
    pub id: Id,
    /// The name its owner gave it.
    pub name: String,
    /// Since when.
    pub since: UnixMs,
    /// When it was last used.
    pub used: Option<UnixMs>,
}

fn passkeys_key(person: Id) -> Key {
    Key::of(&[b"passkeys", person.as_bytes()])
}

fn ceremony_key(person: Id, ceremony: Ceremony) -> Key {
    let which: &[u8] = if ceremony == Ceremony::Registration { b"new" } else { b"use" };
    Key::of(&[b"passkey ceremony", person.as_bytes(), which])
}

fn held_by(txn: &mut dyn Txn, person: Id) -> Result<Vec<Held>, Stop> {
    Ok(load::<PasskeyRecord>(txn, passkeys_key(person))?.map(|held| held.value.held).unwrap_or_default())
}

/// Forgets the passkeys of somebody whose account ends.
pub(crate) fn forget(txn: &mut dyn Txn, person: Id) -> Result<(), Stop> {
    if let Some(held) = load::<PasskeyRecord>(txn, passkeys_key(person))? {
        txn.remove(PasskeyRecord::KIND, &held.key, Expect::Version(held.version))?;
    }
    Ok(())
}

impl Platform {
    /// The citizen's passkeys, oldest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn passkeys(&self, citizen: &Citizen) -> Result<Vec<MyPasskey>, Refusal> {
        let held = self.read(citizen.person.bucket(), |txn| held_by(txn, citizen.person))?;
        let shown = |one: Held| MyPasskey { id: one.id(), name: one.name, since: one.since, used: one.used };
        Ok(held.into_iter().map(shown).collect())
    }

    /// Whether somebody has a passkey.
    pub(crate) fn has_passkey(&self, person: Id) -> Result<bool, Refusal> {
        Ok(!self.read(person.bucket(), |txn| held_by(txn, person))?.is_empty())
    }

    /// Begins to add a passkey; gives what the browser is to ask its authenticator.
    ///
    /// # Errors
    /// `passkey.sign_in_first` unless the sign-in is fresh or the PIN was given, `passkey.too_many`, and the refusals of the PIN.
    pub async fn begin_passkey(
        &self,
        citizen: &Citizen,
        party: &RelyingParty,
        pin: Option<&str>,
    ) -> Result<Value, Refusal> {
        let person = citizen.person;
        self.vouched(citizen, pin).await?;
        let (record, held) =
            self.read(person.bucket(), |txn| Ok((load_holder(txn, person)?.value, held_by(txn, person)?)))?;
        if held.len() >= MOST_PASSKEYS {
            return Err(too_many());
        }
        let pending = self.passkey_challenge(Ceremony::Registration);
        // The authenticator's own list names its owner, masked like on every screen; the handle says nothing to anybody.
        let user = User {
            id: self.outward(Audience::Citizen(person), person).into_bytes(),
            name: mask_name(&self.personal_data(&record)?.name),
        };
        let known: Vec<Credential> = held.into_iter().map(|one| one.credential).collect();
        let options = passkey::registration_options(party, &user, &pending, &known);
        self.keep_passkey_ceremony(person, pending, None).await?;
        Ok(options)
    }

    /// Keeps a new passkey.
    ///
    /// # Errors
    /// `passkey.expired`, `passkey.not_verified`, `passkey.invalid`, `passkey.taken`.
    pub async fn add_passkey(
        &self,
        citizen: &Citizen,
        party: &RelyingParty,
        name: &str,
        answer: &Registration,
    ) -> Result<(), Refusal> {
        let (person, now) = (citizen.person, self.now());
        let ceremony = self.take_passkey_ceremony(person, Ceremony::Registration).await?;
        let credential =
            passkey::verify_registration(party, ceremony.pending, answer, now.as_millis()).map_err(told)?;
        let name: String = name.trim().chars().filter(|letter| !letter.is_control()).take(MOST_NAME).collect();
        let new = Held { credential, name, since: now, used: None };
        self.run(person.bucket(), move |txn| {
            let mut held = held_by(txn, person)?;
            if held.iter().any(|one| one.credential.id == new.credential.id) {
                return Err(taken().into());
            }
            if held.len() >= MOST_PASSKEYS {
                return Err(too_many().into());
            }
            held.push(new.clone());
            upsert(txn, passkeys_key(person), &PasskeyRecord { held })?;
            let text = Words::new("已添加一把通行密钥", "A passkey was added");
            Ok(write_log(txn, person, now, "device", text)?)
        })
        .await
    }

    /// Takes a passkey away.
    ///
    /// # Errors
    /// `passkey.unknown`, `passkey.sign_in_first`, and the refusals of the PIN.
    pub async fn end_passkey(&self, citizen: &Citizen, id: Id, pin: Option<&str>) -> Result<(), Refusal> {
        self.vouched(citizen, pin).await?;
        let (person, now) = (citizen.person, self.now());
        self.run(person.bucket(), move |txn| {
            let mut record = load::<PasskeyRecord>(txn, passkeys_key(person))?.ok_or_else(unknown)?;
            let before = record.value.held.len();
            record.value.held.retain(|one| one.id() != id);
            if record.value.held.len() == before {
                return Err(unknown().into());
            }
            save(txn, &record)?;
            let text = Words::new("已移除一把通行密钥", "A passkey was taken away");
            Ok(write_log(txn, person, now, "device", text)?)
        })
        .await
    }

    /// What adding, removing or first setting a proof is itself proved by: the PIN, or a fresh sign-in. Whoever merely
    /// found an open session adds no key of their own.
    pub(crate) async fn vouched(&self, citizen: &Citizen, pin: Option<&str>) -> Result<(), Refusal> {
        match pin {
            Some(pin) => self.check_pin(citizen.person, pin).await,
            None if self.now().since(self.signed_in_at(citizen)?) <= FRESH_SIGN_IN_S * 1000 => Ok(()),
            None => Err(sign_in_first()),
        }
    }

    /// The challenge by which exactly these items of a question are agreed to.
    pub(crate) async fn challenge_for(
        &self,
        person: Id,
        party: &RelyingParty,
        about: (Id, Vec<String>),
    ) -> Result<Value, Refusal> {
        let held = self.read(person.bucket(), |txn| held_by(txn, person))?;
        if held.is_empty() {
            return Err(unknown());
        }
        let pending = self.passkey_challenge(Ceremony::Assertion);
        let known: Vec<Credential> = held.into_iter().map(|one| one.credential).collect();
        let options = passkey::assertion_options(party, &pending, &known);
        self.keep_passkey_ceremony(person, pending, Some(about)).await?;
        Ok(options)
    }

    /// Checks what a passkey signed for exactly these items of a question.
    ///
    /// # Errors
    /// `passkey.expired`, `passkey.other_matter`, `passkey.unknown`, `passkey.not_verified`, `passkey.counter`,
    /// `passkey.invalid`.
    pub(crate) async fn check_passkey(
        &self,
        person: Id,
        (party, answer): (&RelyingParty, &Assertion),
        about: (Id, Vec<String>),
    ) -> Result<(), Refusal> {
        let ceremony = self.take_passkey_ceremony(person, Ceremony::Assertion).await?;
        if ceremony.about != Some(about) {
            return Err(other_matter());
        }
        let (now, party, answer) = (self.now(), party.clone(), answer.clone());
        let Pending { challenge, ceremony, expires_ms } = ceremony.pending;
        let id = answer.id.clone();
        let done = self
            .run(person.bucket(), move |txn| {
                let mut record = load::<PasskeyRecord>(txn, passkeys_key(person))?.ok_or_else(unknown)?;
                let known = record.value.held.iter_mut().find(|one| one.credential.id == answer.id);
                let known = known.ok_or_else(unknown)?;
                // The unit may run again; the challenge is out of the store already.
                let pending = Pending { challenge, ceremony, expires_ms };
                let verified = passkey::verify_assertion(&party, pending, &known.credential, &answer, now.as_millis())
                    .map_err(told)?;
                (known.credential.counter, known.used) = (verified.counter, Some(now));
                Ok(save(txn, &record)?)
            })
            .await;
        if done.as_ref().is_err_and(|refusal| refusal.code() == "passkey.counter") {
            let text = Words::new("一位市民的通行密钥可能被复制", "A citizen's passkey may have been copied");
            let oddity = Oddity { code: "passkey.counter".into(), point: None, text };
            self.note_oddity(&[&id, &now.as_seconds().to_be_bytes()], oddity).await;
        }
        done
    }

    fn passkey_challenge(&self, ceremony: Ceremony) -> Pending {
        Pending { challenge: self.seed(), ceremony, expires_ms: self.now().plus_s(CEREMONY_LIFE_S).as_millis() }
    }

    async fn keep_passkey_ceremony(
        &self,
        person: Id,
        pending: Pending,
        about: Option<(Id, Vec<String>)>,
    ) -> Result<(), Refusal> {
        let key = ceremony_key(person, pending.ceremony);
        let record = CeremonyRecord { pending, about };
        self.run(person.bucket(), move |txn| Ok(upsert(txn, key.clone(), &record)?)).await
    }

    /// Takes a ceremony out of the store, durably, before its answer is looked at: one challenge, one answer.
    async fn take_passkey_ceremony(&self, person: Id, ceremony: Ceremony) -> Result<CeremonyRecord, Refusal> {
        let key = ceremony_key(person, ceremony);
        self.run(person.bucket(), move |txn| {
            let held = load::<CeremonyRecord>(txn, key.clone())?.ok_or_else(|| told(Trouble::Expired))?;
            txn.remove(CeremonyRecord::KIND, &held.key, Expect::Version(held.version))?;
            Ok(held.value)
        })
        .await
    }
}

/// What is wrong with a passkey's answer, as a code and in words, for citizens and staff alike.
pub(crate) fn trouble_words(trouble: Trouble) -> (&'static str, Text) {
    match trouble {
        Trouble::NotVerified => (
            "passkey.not_verified",
            Text::new(
                "通行密钥没有验证本人（指纹、面容或 PIN）",
                "The passkey did not verify you by finger, face or PIN",
            ),
        ),
        Trouble::Expired | Trouble::Challenge => ("passkey.expired", Text::new("验证已超时", "This took too long")),
        Trouble::Counter => {
            ("passkey.counter", Text::new("这把通行密钥可能被复制过", "This passkey may have been copied"))
        }
        _ => ("passkey.invalid", Text::new("通行密钥验证没有通过", "The passkey could not be verified")),
    }
}

/// What a citizen is told when a passkey's answer is not taken.
fn told(trouble: Trouble) -> Refusal {
    let next = Text::new("请再试一次，或改用授权密码", "Try once more, or use your PIN");
    let (code, title) = trouble_words(trouble);
    Refusal::forbidden(code, title, next).asking()
}

fn sign_in_first() -> Refusal {
    Refusal::forbidden(
        "passkey.sign_in_first",
        Text::new("请先再证明一次是本人", "Prove once more that it is you"),
        Text::new("输入授权密码，或退出后重新登录再操作", "Type your PIN, or sign out and in again"),
    )
    .asking()
}

fn unknown() -> Refusal {
    Refusal::missing(
        "passkey.unknown",
        Text::new("没有这把通行密钥", "There is no such passkey"),
        Text::new("请改用授权密码，或在“我的”里添加通行密钥", "Use your PIN, or add a passkey under \"Me\""),
    )
}

fn taken() -> Refusal {
    Refusal::conflict(
        "passkey.taken",
        Text::new("这把通行密钥已经添加过", "This passkey was added already"),
        Text::new("可以直接使用，不用再添加", "Just use it"),
    )
}

fn too_many() -> Refusal {
    Refusal::conflict(
        "passkey.too_many",
        Text::new("通行密钥太多了", "There are too many passkeys"),
        Text::new("请先移除不再使用的", "Take away one that is not used any more"),
    )
}

fn other_matter() -> Refusal {
    Refusal::forbidden(
        "passkey.other_matter",
        Text::new("这次验证不是为这些内容做的", "This proof was made for something else"),
        Text::new("请核对勾选的内容后再验证一次", "Look at what is ticked and prove it once more"),
    )
    .asking()
}
