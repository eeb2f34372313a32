//! How staff come in: by a code from a colleague once, and from then on by passkey.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_capability::Stop;
use tongma_domain::{Bucket, Id, Refusal, Text, UnixMs, Words};
use tongma_passkey::{self as passkey, Assertion, Ceremony, Pending, Registration, RelyingParty, Trouble, User};
use tongma_store::{Expect, Key, Stored, Txn, create, find, load, save};

use super::{Office, Staff, StaffRecord, all, credential_key, write_act};
use crate::directory::digest;
use crate::oddities::Oddity;
use crate::platform::Platform;

/// How long an invitation can be used.
const INVITATION_LIFE_S: i64 = 24 * 3600;
/// How long a ceremony may take.
const CEREMONY_LIFE_S: i64 = 5 * 60;
/// Ceremonies that nobody finished are dropped when new ones begin, so many at a time.
const DROPPED_AT_ONCE: usize = 20;
/// The most staff that are listed.
const MOST_STAFF: usize = 500;

/// An invitation. Key: the digest of its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct InvitationRecord {
    /// The colleague's name; empty for the first of all, who says it.
    name: String,
    office: Office,
    by: Option<Id>,
    expires: UnixMs,
    used: bool,
}

impl Stored for InvitationRecord {
    const KIND: &'static str = "staff_invitation";
}

/// A ceremony under way. Key: the digest of its token.
#[derive(Debug, Serialize, Deserialize)]
struct CeremonyRecord {
    pending: Pending,
    enrols: Option<Enrols>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Enrols {
    invitation: [u8; 32],
    staff: Id,
    name: String,
}

impl Stored for CeremonyRecord {
    const KIND: &'static str = "staff_ceremony";
    fn index(&self) -> Vec<tongma_store::Index> {
        all()
    }
}

/// A ceremony has begun.
#[derive(Debug)]
pub struct Begun {
    /// Names it; kept in a cookie.
    pub token: String,
    /// What the browser is to ask its authenticator.
    pub options: Value,
}

/// Somebody is in.
#[derive(Debug)]
pub struct Arrived {
    /// The session's token, for the cookie.
    pub token: String,
    /// Their office.
    pub office: Office,
}

/// An invitation is out.
#[derive(Debug)]
pub struct Invited {
    /// The code, to be handed over in person; it is shown this once.
    pub code: String,
}

impl Platform {
    /// The code for the first member of staff, while there is none: a security administrator, who invites the others.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn first_staff_code(&self) -> Result<Option<String>, Refusal> {
        let none =
            self.read(Bucket::DIRECTORY, |txn| Ok(find::<StaffRecord>(txn, "all", "all", None, 1)?.items.is_empty()))?;
        if !none {
            return Ok(None);
        }
        let (code, now) = (self.invitation_code(), self.now());
        let key = Key::new(&digest("invitation", &code));
        let record = InvitationRecord {
            name: String::new(),
            office: Office::Security,
            by: None,
            expires: now.plus_s(INVITATION_LIFE_S),
            used: false,
        };
        self.run(Bucket::DIRECTORY, move |txn| Ok(create(txn, key.clone(), &record)?)).await?;
        Ok(Some(grouped(&code)))
    }

    /// Invites a colleague into one of the three offices.
    ///
    /// # Errors
    /// `staff.office`, `staff.name`, or the store's refusal.
    pub async fn invite_staff(&self, staff: &Staff, name: &str, office: Office) -> Result<Invited, Refusal> {
        staff.must_hold(Office::Security)?;
        let name = checked_name(name)?;
        let (code, now, by) = (self.invitation_code(), self.now(), staff.clone());
        let key = Key::new(&digest("invitation", &code));
        let record = InvitationRecord {
            name: name.clone(),
            office,
            by: Some(staff.id),
            expires: now.plus_s(INVITATION_LIFE_S),
            used: false,
        };
        self.run(Bucket::DIRECTORY, move |txn| {
            create(txn, key.clone(), &record)?;
            let (zh, en) = (office.name().zh, office.name().en);
            let text = Words::new(format!("邀请 {name} 担任{zh}"), format!("Invited {name} as {en}"));
            Ok(write_act(txn, now, &by, "staff.invited", text)?)
        })
        .await?;
        Ok(Invited { code: grouped(&code) })
    }

    fn invitation_code(&self) -> String {
        let seed = self.seed();
        let number = seed.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        format!("{:016}", number % 10_000_000_000_000_000)
    }

    /// Begins an enrolment by invitation.
    ///
    /// # Errors
    /// `staff.invitation` for a code that is unknown, used or too old, all alike; `staff.name`.
    pub async fn begin_staff_enrolment(
        &self,
        party: &RelyingParty,
        code: &str,
        own_name: &str,
    ) -> Result<Begun, Refusal> {
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        let (invitation, now) = (digest("invitation", &digits), self.now());
        let found = self.read(Bucket::DIRECTORY, |txn| open_invitation(txn, &invitation, now))?;
        let name = if found.name.is_empty() { checked_name(own_name)? } else { found.name };
        let staff = self.fresh_id(Bucket::DIRECTORY);
        let enrols = Enrols { invitation, staff, name: name.clone() };
        let pending = self.pending(Ceremony::Registration);
        let user = User { id: staff.as_bytes().to_vec(), name };
        let mut options = passkey::registration_options(party, &user, &pending, &[]);
        // Staff sign in without saying who they are, so the passkey has to know.
        if let Some(selection) = options.get_mut("authenticatorSelection") {
            selection["residentKey"] = Value::from("required");
        }
        Ok(Begun { token: self.keep_ceremony(pending, Some(enrols)).await?, options })
    }

    /// Ends an enrolment: the invitation is used up, the passkey is kept, a session is open.
    ///
    /// # Errors
    /// `passkey.…`, `staff.invitation`, `staff.passkey_taken`.
    pub async fn finish_staff_enrolment(
        &self,
        party: &RelyingParty,
        token: &str,
        answer: &Registration,
    ) -> Result<Arrived, Refusal> {
        let ceremony = self.take_ceremony(token).await?;
        let enrols = ceremony.enrols.ok_or_else(no_ceremony)?;
        let now = self.now();
        let credential =
            passkey::verify_registration(party, ceremony.pending, answer, now.as_millis()).map_err(passkey_refusal)?;
        let session = self.staff_token();
        let kept = session.clone();
        let office = self
            .run(Bucket::DIRECTORY, move |txn| {
                let invitation = open_invitation(txn, &enrols.invitation, now)?;
                if !find::<StaffRecord>(txn, "credential", credential_key(&credential.id), None, 1)?.items.is_empty() {
                    return Err(Stop::Refused(passkey_taken()));
                }
                // The first code is one of perhaps several printed; only one of them makes the first.
                if invitation.by.is_none() && !find::<StaffRecord>(txn, "all", "all", None, 1)?.items.is_empty() {
                    return Err(Stop::Refused(bad_invitation()));
                }
                if let Some(mut held) = load::<InvitationRecord>(txn, Key::new(&enrols.invitation))? {
                    held.value.used = true;
                    save(txn, &held)?;
                }
                let record = StaffRecord {
                    id: enrols.staff,
                    name: enrols.name.clone(),
                    office: invitation.office,
                    credentials: vec![credential.clone()],
                    since: now,
                    invited_by: invitation.by,
                    ended: None,
                };
                create(txn, record.id, &record)?;
                Self::open_staff_session(txn, &kept, record.id, now)?;
                note_arrival(txn, &record, now, "staff.enrolled", Words::new("登记通行密钥", "Enrolled a passkey"))?;
                Ok(invitation.office)
            })
            .await?;
        Ok(Arrived { token: session, office })
    }

    /// Begins a sign-in; nobody is named, the passkey knows.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn begin_staff_sign_in(&self, party: &RelyingParty) -> Result<Begun, Refusal> {
        let pending = self.pending(Ceremony::Assertion);
        let options = passkey::assertion_options(party, &pending, &[]);
        Ok(Begun { token: self.keep_ceremony(pending, None).await?, options })
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// `passkey.…`, or `staff.passkey_unknown` for a passkey that is nobody's or of somebody who has left.
    pub async fn finish_staff_sign_in(
        &self,
        party: &RelyingParty,
        token: &str,
        answer: Assertion,
    ) -> Result<Arrived, Refusal> {
        let ceremony = self.take_ceremony(token).await?;
        if ceremony.enrols.is_some() {
            return Err(no_ceremony());
        }
        let (now, session, party) = (self.now(), self.staff_token(), party.clone());
        let kept = session.clone();
        let pending = ceremony.pending;
        let id = answer.id.clone();
        let done = self
            .run(Bucket::DIRECTORY, move |txn| {
                let found = find::<StaffRecord>(txn, "credential", credential_key(&answer.id), None, 1)?;
                let held = found.items.into_iter().next().filter(|held| held.value.ended.is_none());
                let mut held = held.ok_or_else(unknown_passkey)?;
                let known = held.value.credentials.iter_mut().find(|one| one.id == answer.id);
                let known = known.ok_or_else(unknown_passkey)?;
                // The unit may run again; the challenge is out of the store already.
                let pending = Pending {
                    challenge: pending.challenge,
                    ceremony: pending.ceremony,
                    expires_ms: pending.expires_ms,
                };
                let verified = passkey::verify_assertion(&party, pending, known, &answer, now.as_millis())
                    .map_err(passkey_refusal)?;
                known.counter = verified.counter;
                save(txn, &held)?;
                Self::open_staff_session(txn, &kept, held.value.id, now)?;
                note_arrival(txn, &held.value, now, "staff.signed_in", Words::new("登录", "Signed in"))?;
                Ok(held.value.office)
            })
            .await;
        if done.as_ref().is_err_and(|refusal| refusal.code() == "passkey.counter") {
            let text =
                Words::new("一把工作人员通行密钥可能被复制", "The passkey of a member of staff may have been copied");
            let oddity = Oddity { code: "passkey.counter".into(), point: None, text };
            self.note_oddity(&[&id, &now.as_seconds().to_be_bytes()], oddity).await;
        }
        Ok(Arrived { token: session, office: done? })
    }

    fn pending(&self, ceremony: Ceremony) -> Pending {
        Pending { challenge: self.seed(), ceremony, expires_ms: self.now().plus_s(CEREMONY_LIFE_S).as_millis() }
    }

    async fn keep_ceremony(&self, pending: Pending, enrols: Option<Enrols>) -> Result<String, Refusal> {
        let (token, now_ms) = (self.staff_token(), self.now().as_millis());
        let key = Key::new(&digest("staff ceremony", &token));
        let record = CeremonyRecord { pending, enrols };
        self.run(Bucket::DIRECTORY, move |txn| {
            for old in find::<CeremonyRecord>(txn, "all", "all", None, DROPPED_AT_ONCE)?.items {
                if old.value.pending.expires_ms < now_ms {
                    txn.remove(CeremonyRecord::KIND, &old.key, Expect::Version(old.version))?;
                }
            }
            Ok(create(txn, key.clone(), &record)?)
        })
        .await?;
        Ok(token)
    }

    /// Takes a ceremony out of the store, durably, before its answer is looked at: one challenge, one answer.
    async fn take_ceremony(&self, token: &str) -> Result<CeremonyRecord, Refusal> {
        let key = Key::new(&digest("staff ceremony", token));
        self.run(Bucket::DIRECTORY, move |txn| {
            let held = load::<CeremonyRecord>(txn, key.clone())?.ok_or_else(no_ceremony)?;
            txn.remove(CeremonyRecord::KIND, &held.key, Expect::Version(held.version))?;
            Ok(held.value)
        })
        .await
    }

    /// Everybody on the staff, those who have left too.
    ///
    /// # Errors
    /// `staff.office`, or the store's refusal.
    pub fn staff_list(&self, staff: &Staff) -> Result<Vec<StaffRecord>, Refusal> {
        staff.must_hold(Office::Security)?;
        self.read(Bucket::DIRECTORY, |txn| {
            let page = find::<StaffRecord>(txn, "all", "all", None, MOST_STAFF)?;
            Ok(page.items.into_iter().map(|held| held.value).collect())
        })
    }

    /// Somebody leaves: their sessions end with the next request, their passkeys open nothing any more.
    ///
    /// # Errors
    /// `staff.office`, `staff.unknown`, `staff.oneself`, `staff.prove_again`.
    pub async fn end_staff(&self, staff: &Staff, whom: Id) -> Result<(), Refusal> {
        staff.must_hold(Office::Security)?;
        self.must_be_fresh(staff)?;
        if whom == staff.id {
            return Err(oneself());
        }
        let (by, now) = (staff.clone(), self.now());
        self.run(Bucket::DIRECTORY, move |txn| {
            let mut held = load::<StaffRecord>(txn, whom)?.ok_or_else(unknown_staff)?;
            if held.value.ended.is_some() {
                return Ok(());
            }
            held.value.ended = Some(now);
            save(txn, &held)?;
            let name = &held.value.name;
            let text = Words::new(format!("停用工作人员 {name}"), format!("Ended the staff account of {name}"));
            Ok(write_act(txn, now, &by, "staff.ended", text)?)
        })
        .await
    }
}

fn note_arrival(
    txn: &mut dyn Txn,
    record: &StaffRecord,
    now: UnixMs,
    act: &str,
    text: Words,
) -> Result<(), tongma_store::StoreError> {
    let staff =
        Staff { id: record.id, name: record.name.clone(), office: record.office, proved: now, session: Key::from("") };
    write_act(txn, now, &staff, act, text)
}

fn open_invitation(txn: &mut dyn Txn, digest: &[u8; 32], now: UnixMs) -> Result<InvitationRecord, Stop> {
    load::<InvitationRecord>(txn, Key::new(digest))?
        .map(|held| held.value)
        .filter(|invitation| !invitation.used && invitation.expires > now)
        .ok_or_else(|| Stop::Refused(bad_invitation()))
}

/// Sixteen digits in fours, as they are read out.
fn grouped(code: &str) -> String {
    code.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join(" ")
}

pub(super) fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            "staff.name",
            Text::new("请填写 1 到 40 个字的姓名", "Give a name of 1 to 40 characters"),
            Text::new("写同事认得的名字", "The name colleagues know"),
        ));
    }
    Ok(name.to_owned())
}

/// What is said when a passkey's answer is not taken.
pub(crate) fn passkey_refusal(trouble: Trouble) -> Refusal {
    let next = Text::new(
        "请再试一次；仍不行请联系安全管理员",
        "Try once more; if it fails again, ask the security administrator",
    );
    let (code, title) = crate::step_up::trouble_words(trouble);
    Refusal::with_status(401, code, title, next)
}

fn no_ceremony() -> Refusal {
    Refusal::with_status(
        401,
        "passkey.expired",
        Text::new("验证已超时", "This took too long"),
        Text::new("请重新开始", "Begin again"),
    )
}

fn bad_invitation() -> Refusal {
    Refusal::with_status(
        401,
        "staff.invitation",
        Text::new("邀请码不对、已用过或已过期", "This code is wrong, used or too old"),
        Text::new("请向安全管理员要一个新的邀请码", "Ask the security administrator for a new one"),
    )
}

fn passkey_taken() -> Refusal {
    Refusal::conflict(
        "staff.passkey_taken",
        Text::new("这把通行密钥已登记给一名工作人员", "This passkey is enrolled already"),
        Text::new("一人一岗；请换一把通行密钥", "One person holds one office; use another passkey"),
    )
}

fn unknown_passkey() -> Stop {
    Stop::Refused(Refusal::with_status(
        401,
        "staff.passkey_unknown",
        Text::new("这把通行密钥没有登记，或已停用", "This passkey is not enrolled, or no longer"),
        Text::new("请用登记过的通行密钥，或凭邀请码登记", "Use the one you enrolled, or enrol with a code"),
    ))
}

fn unknown_staff() -> Stop {
    Stop::Refused(Refusal::missing(
        "staff.unknown",
        Text::new("没有这名工作人员", "There is no such member of staff"),
        Text::new("请从列表中选择", "Choose from the list"),
    ))
}

fn oneself() -> Refusal {
    Refusal::conflict(
        "staff.oneself",
        Text::new("不能停用自己", "Nobody ends their own account"),
        Text::new("请由另一名安全管理员办理", "Ask another security administrator"),
    )
}
