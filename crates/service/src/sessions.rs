//! Citizens' sessions in browsers, their devices, and the freeze switch.

use serde::Serialize;
use tongma_capability::charge;
use tongma_code::keys::Subject;
use tongma_domain::{AgeClass, Bucket, Id, Refusal, Text, UnixMs, Words, mask_name};
use tongma_store::{Held, Key, create, find, load, save, upsert};

use crate::directory::digest;
use crate::people::{live_device, load_holder};
use crate::platform::Platform;
use crate::records::{DenialRecord, DeviceRecord, HolderRecord, LogLine, SessionRecord};
use crate::vault::{hex, unhex};

/// How long a session lasts without signing in again.
const SESSION_LIFE_DAYS: i64 = 30;
/// How far ahead tickets are given out, so how long a denial has to be remembered.
pub(crate) const TICKETS_AHEAD_DAYS: i64 = 8;

/// A citizen's session, proved by its token.
#[derive(Debug, Clone)]
pub struct Citizen {
    /// Who.
    pub person: Id,
    /// The device this browser is enrolled as, 0 before.
    pub device: u8,
    session: Key,
}

/// What the app shows of its owner.
#[derive(Debug, Clone, Serialize)]
pub struct Me {
    /// The masked name.
    pub masked_name: String,
    /// The class of age.
    pub age_class: AgeClass,
    /// The code is frozen.
    pub frozen: bool,
    /// This browser's device, if enrolled.
    pub device: Option<DeviceRecord>,
    /// The number of the device that lives.
    pub live_device_number: Option<u8>,
    /// Money in the purse, in fen.
    pub purse_fen: i64,
    /// People this person may show a code for.
    pub wards: Vec<Ward>,
}

/// Someone the citizen may show a code for.
#[derive(Debug, Clone, Serialize)]
pub struct Ward {
    /// The actor index in the ward's codes.
    pub actor: u8,
    /// The masked name.
    pub masked_name: String,
}

impl Platform {
    /// Opens a session for a person who has just signed in; gives the token for the cookie.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn open_session(&self, person: Id) -> Result<String, Refusal> {
        let bucket = person.bucket();
        let token = hex(&[&bucket.number().to_be_bytes()[..], &self.seed()].concat());
        let key = Key::new(&digest("session", &token));
        let expires = self.now().plus_days(SESSION_LIFE_DAYS);
        self.run(bucket, move |txn| Ok(create(txn, key.clone(), &SessionRecord { person, device: 0, expires })?))
            .await?;
        Ok(token)
    }

    /// The citizen behind a session's token.
    ///
    /// # Errors
    /// `session.none`.
    pub fn citizen(&self, token: &str) -> Result<Citizen, Refusal> {
        let bucket = unhex(token).and_then(|bytes| match bytes.as_slice() {
            [high, low, ..] if bytes.len() == 34 => Bucket::new(u16::from_be_bytes([*high, *low])).ok(),
            _ => None,
        });
        let session = Key::new(&digest("session", token));
        let now = self.now();
        self.read(bucket.ok_or_else(no_session)?, |txn| {
            let held = load::<SessionRecord>(txn, session.clone())?
                .filter(|held| held.value.expires > now)
                .ok_or_else(no_session)?;
            Ok(Citizen { person: held.value.person, device: held.value.device, session: session.clone() })
        })
    }

    /// When the citizen of this session signed in.
    pub(crate) fn signed_in_at(&self, citizen: &Citizen) -> Result<UnixMs, Refusal> {
        self.read(citizen.person.bucket(), |txn| {
            let held = load::<SessionRecord>(txn, citizen.session.clone())?.ok_or_else(no_session)?;
            Ok(held.value.expires.plus_days(-SESSION_LIFE_DAYS))
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn close_session(&self, citizen: &Citizen) -> Result<(), Refusal> {
        let (key, now) = (citizen.session.clone(), self.now());
        self.run(citizen.person.bucket(), move |txn| {
            if let Some(mut held) = load::<SessionRecord>(txn, key.clone())? {
                held.value.expires = now;
                save(txn, &held)?;
            }
            Ok(())
        })
        .await
    }

    /// What the app shows of its owner.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn me(&self, citizen: &Citizen) -> Result<Me, Refusal> {
        let person = citizen.person;
        let (record, purse) = self
            .read(person.bucket(), |txn| Ok((load_holder(txn, person)?.value, txn.account(&charge::purse(person))?)))?;
        let data = self.personal_data(&record)?;
        let standing = self.wards_of(&record)?.into_iter().filter(|ward| !ward.waiting);
        let wards = standing.map(|ward| Ward { actor: ward.actor, masked_name: ward.masked_name }).collect();
        let live = live_device(&record);
        Ok(Me {
            masked_name: mask_name(&data.name),
            age_class: AgeClass::of(data.birth, self.now().date()),
            frozen: record.frozen,
            device: record.devices.iter().find(|device| device.number == citizen.device).cloned(),
            live_device_number: (live > 0).then_some(live),
            purse_fen: purse.map_or(0, |account| {
                account.credits_posted.get() - account.debits_posted.get() - account.debits_pending.get()
            }),
            wards,
        })
    }

    /// Enrols this browser as the person's phone. The former phone's tickets die at once online, and with the next
    /// deny list offline.
    ///
    /// # Errors
    /// `device.too_many` after 254 phones, or the store's refusal.
    pub async fn enrol_device(&self, citizen: &Citizen, name: &str) -> Result<(u8, bool), Refusal> {
        let (person, session, now) = (citizen.person, citizen.session.clone(), self.now());
        let name: String = name.chars().filter(|letter| !letter.is_control()).take(40).collect();
        let (number, replaced) = self
            .run(person.bucket(), move |txn| {
                let mut held = load_holder(txn, person)?;
                let replaced = live_device(&held.value);
                let number = u8::try_from(held.value.devices.len() + 1)
                    .ok()
                    .filter(|number| *number < u8::MAX)
                    .ok_or_else(too_many_devices)?;
                for device in &mut held.value.devices {
                    device.live = false;
                }
                held.value.devices.push(DeviceRecord { number, name: name.clone(), enrolled: now, live: true });
                save(txn, &held)?;
                if let Some(mut browser) = load::<SessionRecord>(txn, session.clone())? {
                    browser.value.device = number;
                    save(txn, &browser)?;
                }
                let text = Words::new(format!("新手机“{name}”已启用"), format!("New phone “{name}” is in use"));
                write_log(txn, person, now, "device", text)?;
                Ok((number, replaced))
            })
            .await?;
        if replaced > 0 {
            self.deny(person, 0, replaced, true).await?;
        }
        self.follow_guardian_device(person, number).await?;
        Ok((number, replaced > 0))
    }

    /// Puts this session's phone out of use: its tickets die as those of a replaced one, and the next browser that signs
    /// in becomes the phone without having to take over.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn retire_device(&self, citizen: &Citizen) -> Result<(), Refusal> {
        let (person, number, now) = (citizen.person, citizen.device, self.now());
        let retired = self
            .run(person.bucket(), move |txn| {
                let mut held = load_holder(txn, person)?;
                let Some(device) = held.value.devices.iter_mut().find(|device| device.number == number && device.live)
                else {
                    return Ok(false);
                };
                device.live = false;
                let text = Words::new(
                    format!("手机“{}”已停用", device.name),
                    format!("Phone “{}” is out of use", device.name),
                );
                save(txn, &held)?;
                write_log(txn, person, now, "device", text)?;
                Ok(true)
            })
            .await?;
        if retired {
            self.deny(person, 0, number, true).await?;
            self.follow_guardian_device(person, 0).await?;
        }
        Ok(())
    }

    /// The wards' grants name the guardian's live phone.
    async fn follow_guardian_device(&self, guardian: Id, number: u8) -> Result<(), Refusal> {
        let wards = self.read(guardian.bucket(), |txn| Ok(load_holder(txn, guardian)?.value.wards))?;
        for (actor, ward) in wards {
            let former = self
                .run(ward.bucket(), move |txn| {
                    let mut held = load_holder(txn, ward)?;
                    let mut former = 0;
                    for grant in
                        held.value.grants.iter_mut().filter(|grant| grant.actor == actor && grant.person == guardian)
                    {
                        former = grant.device;
                        grant.device = number;
                    }
                    save(txn, &held)?;
                    Ok(former)
                })
                .await?;
            if former > 0 && former != number {
                self.deny(ward, actor, former, true).await?;
            }
        }
        Ok(())
    }

    /// Freezes or unfreezes the person's code.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn freeze(&self, citizen: &Citizen, frozen: bool) -> Result<(), Refusal> {
        let (person, now) = (citizen.person, self.now());
        let device = self
            .run(person.bucket(), move |txn| {
                let mut held = load_holder(txn, person)?;
                if held.value.frozen != frozen {
                    held.value.frozen = frozen;
                    save(txn, &held)?;
                    let text = if frozen {
                        Text::new("码已冻结", "Code frozen")
                    } else {
                        Text::new("码已解冻", "Code unfrozen")
                    };
                    write_log(txn, person, now, "device", text.into())?;
                }
                Ok(live_device(&held.value))
            })
            .await?;
        if device > 0 {
            self.deny(person, 0, device, frozen).await?;
        }
        Ok(())
    }

    /// Puts a device's tickets on the deny list, or takes them off.
    pub(crate) async fn deny(&self, person: Id, actor: u8, device: u8, denied: bool) -> Result<(), Refusal> {
        let subject = subject_of(person);
        let now = self.now();
        let record = DenialRecord {
            subject: u64::from_be_bytes(subject.0),
            actor,
            device,
            since: now,
            until: now.plus_days(TICKETS_AHEAD_DAYS),
            lifted: !denied,
            paper: None,
        };
        let key = Key::of(&[&subject.0, &[actor, device]]);
        self.run(Bucket::DIRECTORY, move |txn| Ok(upsert(txn, key.clone(), &record)?)).await?;
        self.refresh_lists()
    }

    /// Puts one paper code on the deny list until its end.
    pub(crate) async fn deny_one(&self, person: Id, paper: (u16, u16), until: UnixMs) -> Result<(), Refusal> {
        let subject = subject_of(person);
        let record = DenialRecord {
            subject: u64::from_be_bytes(subject.0),
            actor: 0,
            device: crate::paper::PAPER_DEVICE,
            since: self.now(),
            until,
            lifted: false,
            paper: Some(paper),
        };
        let key = Key::of(&[&subject.0, b"paper", &paper.0.to_be_bytes(), &paper.1.to_be_bytes()]);
        self.run(Bucket::DIRECTORY, move |txn| Ok(upsert(txn, key.clone(), &record)?)).await?;
        self.refresh_lists()
    }

    /// Every denial that still matters.
    pub(crate) fn denials(&self, now: UnixMs) -> Result<Vec<DenialRecord>, Refusal> {
        self.read(Bucket::DIRECTORY, |txn| {
            let mut found = Vec::new();
            let mut after: Option<Key> = None;
            loop {
                let page = find::<DenialRecord>(txn, "all", "all", after.as_ref(), 500)?;
                after = page.items.last().map(|held: &Held<DenialRecord>| held.key.clone());
                found.extend(
                    page.items.into_iter().map(|held| held.value).filter(|denial| !denial.lifted && denial.until > now),
                );
                if !page.more {
                    return Ok(found);
                }
            }
        })
    }
}

/// The person as handles of the general scope name them.
pub(crate) fn subject_of(person: Id) -> Subject {
    // Buckets are below 4096 by construction, so there always is one.
    Subject::general(person.bucket().number(), person.number()).unwrap_or(Subject([0; 8]))
}

/// Writes a line into the person's log, in a transaction of the person's bucket.
pub(crate) fn write_log(
    txn: &mut dyn tongma_store::Txn,
    person: Id,
    at: UnixMs,
    kind: &str,
    text: Words,
) -> Result<(), tongma_store::StoreError> {
    let line = LogLine {
        kind: kind.to_owned(),
        text,
        venue: None,
        point: None,
        operator: None,
        released: Vec::new(),
        detail: serde_json::Value::Null,
    };
    txn.append(&Key::from(person), at, tongma_store::encode(&line)?).map(drop)
}

fn no_session() -> Refusal {
    Refusal::with_status(
        401,
        "session.none",
        Text::new("还没有登录，或登录已过期", "Not signed in, or no longer"),
        Text::new("请重新登录", "Sign in again"),
    )
}

fn too_many_devices() -> Refusal {
    Refusal::conflict(
        "device.too_many",
        Text::new("换机次数已达上限", "There have been too many phones"),
        Text::new("请到人工窗口重新登记", "Enrol again at a staffed counter"),
    )
}

/// The record's devices, for the tickets' side.
pub(crate) fn device_lives(record: &HolderRecord, actor: u8, device: u8) -> bool {
    if actor == 0 {
        return record.devices.iter().any(|known| known.live && known.number == device);
    }
    record.grants.iter().any(|grant| grant.live && grant.actor == actor && grant.device == device)
}

/// A subject as a denial keeps it.
pub(crate) const fn subject_of_record(subject: u64) -> Subject {
    Subject(subject.to_be_bytes())
}
