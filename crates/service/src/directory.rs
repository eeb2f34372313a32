//! Organisations, venues and points: reference data in one bucket, held in memory, read at every request.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sm3::{Digest, Sm3};
use tongma_capability::Stop;
use tongma_domain::{Bucket, Id, Organisation, Point, PointKind, Refusal, Text, UnixMs, Venue, VenueState};
use tongma_store::{Index, Key, Stored, Txn, create, find, load, save, upsert};

use crate::platform::Platform;

/// How long a pairing code can be used.
const PAIRING_LIFE_S: i64 = 24 * 3600;

/// A snapshot of the directory.
#[derive(Debug, Default, Clone)]
pub struct Directory {
    organisations: BTreeMap<Id, Organisation>,
    venues: BTreeMap<Id, Venue>,
    points: BTreeMap<Id, PointRecord>,
}

/// The key a point signs with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointKey {
    /// `ed25519` or `p256`.
    pub algorithm: String,
    /// The public key, raw, hexadecimal.
    pub public_key: String,
}

/// A point with its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PointRecord {
    /// The point.
    #[serde(flatten)]
    pub point: Point,
    /// Its key; `None` until paired.
    pub key: Option<PointKey>,
    /// Taken out of service by the platform.
    #[serde(default)]
    pub suspended: bool,
}

/// A pairing code that waits for its point. Key: the code's digest.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct PairingRecord {
    point: Id,
    expires: UnixMs,
    used: bool,
}

/// A pairing code about to be written.
#[derive(Debug, Clone)]
pub(crate) struct Pairing {
    digest: [u8; 32],
    record: PairingRecord,
}

impl Pairing {
    /// Writes it, in a transaction of the directory's bucket.
    pub(crate) fn write(&self, txn: &mut dyn Txn) -> Result<(), Stop> {
        Ok(create(txn, Key::new(&self.digest), &self.record)?)
    }
}

fn all() -> Vec<Index> {
    vec![Index { name: "all", value: Key::from("all") }]
}

/// Directory rows are stored as they are, listed by one index.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OrganisationRow(pub(crate) Organisation);
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct VenueRow(pub(crate) Venue);

impl Stored for OrganisationRow {
    const KIND: &'static str = "organisation";
    fn index(&self) -> Vec<Index> {
        all()
    }
}
impl Stored for VenueRow {
    const KIND: &'static str = "venue";
    fn index(&self) -> Vec<Index> {
        all()
    }
}
impl Stored for PointRecord {
    const KIND: &'static str = "point";
    fn index(&self) -> Vec<Index> {
        all()
    }
}
impl Stored for PairingRecord {
    const KIND: &'static str = "pairing";
}

impl Directory {
    /// A venue.
    ///
    /// # Errors
    /// `venue.unknown`.
    pub fn venue(&self, id: Id) -> Result<&Venue, Refusal> {
        self.venues.get(&id).ok_or_else(|| {
            Refusal::missing(
                "venue.unknown",
                Text::new("没有这个场所", "There is no such venue"),
                Text::new("请从列表中选择场所", "Choose a venue from the list"),
            )
        })
    }

    /// An organisation, if there is one.
    pub fn organisation(&self, id: Id) -> Option<&Organisation> {
        self.organisations.get(&id)
    }

    /// A point.
    ///
    /// # Errors
    /// `point.unknown`.
    pub fn point(&self, id: Id) -> Result<&PointRecord, Refusal> {
        self.points.get(&id).ok_or_else(|| {
            Refusal::with_status(
                401,
                "point.unknown",
                Text::new("这台设备没有登记", "This device is not registered"),
                Text::new("请重新配对", "Pair it again"),
            )
        })
    }

    /// All points, in the order of their ids.
    pub fn points(&self) -> impl Iterator<Item = &PointRecord> {
        self.points.values()
    }

    /// All organisations, in the order of their ids.
    pub fn organisations(&self) -> impl Iterator<Item = &Organisation> {
        self.organisations.values()
    }

    /// All venues, in the order of their ids.
    pub fn venues(&self) -> impl Iterator<Item = &Venue> {
        self.venues.values()
    }
}

/// The digest under which a secret text (a pairing code, a session token) is kept.
pub(crate) fn digest(label: &str, text: &str) -> [u8; 32] {
    let mut hash = Sm3::new();
    hash.update(label.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    hash.finalize().into()
}

impl Platform {
    /// The directory as it is now.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.read().map_or_else(|poisoned| Arc::clone(&poisoned.into_inner()), |held| Arc::clone(&held))
    }

    /// Reads the directory again.
    ///
    /// # Errors
    /// A refusal when the store does not answer.
    pub fn reload_directory(&self) -> Result<(), Refusal> {
        let directory = self.read(Bucket::DIRECTORY, |txn| {
            let mut directory = Directory::default();
            let mut after: Option<Key> = None;
            loop {
                let page = find::<OrganisationRow>(txn, "all", "all", after.as_ref(), 500)?;
                after = page.items.last().map(|held| held.key.clone());
                directory.organisations.extend(page.items.into_iter().map(|held| (held.value.0.id, held.value.0)));
                if !page.more {
                    break;
                }
            }
            after = None;
            loop {
                let page = find::<VenueRow>(txn, "all", "all", after.as_ref(), 500)?;
                after = page.items.last().map(|held| held.key.clone());
                directory.venues.extend(page.items.into_iter().map(|held| (held.value.0.id, held.value.0)));
                if !page.more {
                    break;
                }
            }
            after = None;
            loop {
                let page = find::<PointRecord>(txn, "all", "all", after.as_ref(), 500)?;
                after = page.items.last().map(|held| held.key.clone());
                directory.points.extend(page.items.into_iter().map(|held| (held.value.point.id, held.value)));
                if !page.more {
                    break;
                }
            }
            Ok(directory)
        })?;
        if let Ok(mut held) = self.directory.write() {
            *held = Arc::new(directory);
        }
        Ok(())
    }

    /// Registers an organisation; the same name again is the same organisation.
    ///
    /// # Errors
    /// `input.malformed` for an empty name, or the store's refusal.
    pub async fn register_organisation(&self, name_zh: &str, name_en: &str) -> Result<Id, Refusal> {
        let id = directory_id(&[b"organisation", named(name_zh)?.as_bytes()]);
        let organisation = Organisation { id, name_zh: name_zh.into(), name_en: name_en.into(), uscc: None };
        self.run(Bucket::DIRECTORY, move |txn| {
            let uscc = load::<OrganisationRow>(txn, id)?.and_then(|held| held.value.0.uscc);
            Ok(upsert(txn, id, &OrganisationRow(Organisation { uscc, ..organisation.clone() }))?)
        })
        .await?;
        self.reload_directory()?;
        Ok(id)
    }

    /// Registers a venue; the same name of the same organisation again replaces it.
    ///
    /// # Errors
    /// `scenario.unknown` for an open venue naming one that is not built, what a scenario asks of its venues and this one
    /// lacks, `input.malformed`, or the store's refusal.
    pub async fn register_venue(&self, mut venue: Venue) -> Result<Id, Refusal> {
        let id = directory_id(&[b"venue", venue.organisation.as_bytes(), named(&venue.name_zh)?.as_bytes()]);
        venue.id = id;
        if venue.state == VenueState::Open {
            for scenario in &venue.scenarios {
                self.scenario(scenario)?.may_serve(&venue, self.now())?;
            }
        }
        self.run(Bucket::DIRECTORY, move |txn| Ok(upsert(txn, id, &VenueRow(venue.clone()))?)).await?;
        self.reload_directory()?;
        Ok(id)
    }

    /// Registers a point and gives the code it is paired with once: eight digits. A point that is paired keeps its key;
    /// pairing again replaces it.
    ///
    /// # Errors
    /// `venue.unknown`, `input.malformed`, or the store's refusal.
    pub async fn register_point(
        &self,
        venue: Id,
        names: (&str, &str),
        kind: PointKind,
        scenarios: Vec<String>,
    ) -> Result<(Id, String), Refusal> {
        self.directory().venue(venue)?;
        let id = directory_id(&[b"point", venue.as_bytes(), named(names.0)?.as_bytes()]);
        let point = Point { id, venue, name_zh: names.0.into(), name_en: names.1.into(), kind, scenarios };
        let (code, pairing) = self.pairing(id);
        self.run(Bucket::DIRECTORY, move |txn| {
            let known = load::<PointRecord>(txn, id)?.map(|held| held.value);
            let suspended = known.as_ref().is_some_and(|known| known.suspended);
            let key = known.and_then(|known| known.key);
            upsert(txn, id, &PointRecord { point: point.clone(), key, suspended })?;
            pairing.write(txn)
        })
        .await?;
        self.reload_directory()?;
        Ok((id, code))
    }

    /// A fresh pairing code for a point, and what is to be written for it.
    pub(crate) fn pairing(&self, point: Id) -> (String, Pairing) {
        let seed = self.seed();
        let number =
            u64::from_be_bytes([seed[0], seed[1], seed[2], seed[3], seed[4], seed[5], seed[6], seed[7]]) % 100_000_000;
        let code = format!("{number:08}");
        let (digest, expires) = (digest("pairing", &code), self.now().plus_s(PAIRING_LIFE_S));
        (code, Pairing { digest, record: PairingRecord { point, expires, used: false } })
    }

    /// Pairs a point: the code is good once, the key is the point's from now on.
    ///
    /// # Errors
    /// `point.pairing_code` for a code that is unknown, used or too old; all three are answered alike.
    pub async fn pair_point(&self, code: &str, key: PointKey) -> Result<Id, Refusal> {
        let (digest, now) = (digest("pairing", code), self.now());
        let point = self
            .run(Bucket::DIRECTORY, move |txn| {
                let mut pairing = load::<PairingRecord>(txn, Key::new(&digest))?
                    .filter(|held| !held.value.used && held.value.expires > now)
                    .ok_or_else(bad_pairing_code)?;
                let id = pairing.value.point;
                let mut point = load::<PointRecord>(txn, id)?.ok_or_else(bad_pairing_code)?;
                pairing.value.used = true;
                point.value.key = Some(key.clone());
                save(txn, &pairing)?;
                save(txn, &point)?;
                Ok(id)
            })
            .await?;
        self.reload_directory()?;
        Ok(point)
    }
}

/// Directory ids are derived from names, in the directory's bucket: registering twice is registering once.
pub(crate) fn directory_id(parts: &[&[u8]]) -> Id {
    Id::derived(parts)
}

pub(crate) fn named(name: &str) -> Result<&str, Refusal> {
    if name.trim().is_empty() || name.chars().count() > 100 {
        return Err(Refusal::invalid(
            "input.malformed",
            Text::new("名称为空或过长", "The name is empty or too long"),
            Text::new("请填写 1 到 100 个字的名称", "Give a name of 1 to 100 characters"),
        ));
    }
    Ok(name)
}

fn bad_pairing_code() -> Refusal {
    Refusal::with_status(
        401,
        "point.pairing_code",
        Text::new("配对码不对、已用过或已过期", "This pairing code is wrong, used or too old"),
        Text::new("请向管理员要一个新的配对码", "Ask the administrator for a new one"),
    )
}
