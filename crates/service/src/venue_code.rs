//! Point codes as the registry keeps them: issued by version, printed, replaced, withdrawn; and what becomes of them when
//! a point moves or closes.

use serde::{Deserialize, Serialize};
use tongma_code::limits::EPOCH_S;
use tongma_code::point::PointCode;
use tongma_domain::{Bucket, Id, Refusal, Text, UnixMs, VenueState, Words};
use tongma_store::{Key, Stored, load, save, upsert};
use tongma_verify::verdict::VerifiedPoint;

use crate::directory::{Directory, PointRecord};
use crate::outward::Audience;
use crate::platform::Platform;

/// The purpose of a code that opens everything its point is for.
pub const ANY_PURPOSE: &str = "any";
/// A printed code lasts at most this long: a sticker that nobody has looked at for two years should be looked at.
pub const MOST_CODE_DAYS: u16 = 730;

/// The code a point shows for a purpose. Key: point and purpose; in the directory's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct PointCodeRecord {
    version: u32,
    from_minute: u32,
    until_minute: u32,
    withdrawn: bool,
}

impl Stored for PointCodeRecord {
    const KIND: &'static str = "point_code";
}

/// A point code as it is printed: its text, and what the registry says it stands for.
#[derive(Debug, Clone, Serialize)]
pub struct VenueCode {
    /// The whole URL, signed.
    pub text: String,
    /// Its version among the codes of this point and purpose.
    pub version: u32,
    /// Valid before this moment.
    pub until: UnixMs,
    /// Where it belongs.
    pub place: VenuePlace,
}

/// What the registry says about the place behind a code. Nothing of it comes from the code.
#[derive(Debug, Clone, Serialize)]
pub struct VenuePlace {
    /// The point.
    pub point_id: Id,
    /// The venue.
    pub venue_id: Id,
    /// Who runs it.
    pub organisation: Words,
    /// The venue's name.
    pub venue: Words,
    /// The point's name.
    pub point: Words,
    /// The scenarios the code opens.
    pub scenarios: Vec<String>,
}

fn key_of(point: Id, purpose: &str) -> Key {
    Key::of(&[point.as_bytes(), purpose.as_bytes()])
}

fn minute_of(at: UnixMs) -> u32 {
    u32::try_from(at.as_seconds().saturating_sub(EPOCH_S) / 60).unwrap_or(0)
}

impl Platform {
    /// Issues a point's code for a purpose, as a new version: every earlier one of that purpose stops opening anything.
    ///
    /// # Errors
    /// `point.unknown`, `point_code.purpose`, `point_code.days`, `keys.unusable`, or the store's refusal.
    pub async fn issue_venue_code(&self, point: Id, purpose: &str, days: u16) -> Result<VenueCode, Refusal> {
        let record = self.directory().point(point)?.clone();
        if purpose != ANY_PURPOSE && !record.point.scenarios.iter().any(|known| known == purpose) {
            return Err(bad_purpose());
        }
        if !(1..=MOST_CODE_DAYS).contains(&days) {
            return Err(bad_days());
        }
        let from_minute = minute_of(self.now());
        let until_minute = from_minute + u32::from(days) * 1440;
        let key = key_of(point, purpose);
        self.run(Bucket::DIRECTORY, move |txn| {
            let version = load::<PointCodeRecord>(txn, key.clone())?.map_or(1, |held| held.value.version + 1);
            let record = PointCodeRecord { version, from_minute, until_minute, withdrawn: false };
            Ok(upsert(txn, key.clone(), &record)?)
        })
        .await?;
        self.venue_code(point, purpose)
    }

    /// The code a point shows for a purpose, signed anew: the same version, as often as it is printed.
    ///
    /// # Errors
    /// `point.unknown`, `point_code.none`, `point_code.withdrawn`, `keys.unusable`.
    pub fn venue_code(&self, point: Id, purpose: &str) -> Result<VenueCode, Refusal> {
        let code = self.printed_code(point, purpose)?;
        let until_minute = code.until_minute;
        let signed = code.issue(self.codes.issuer(), &self.seed()).map_err(|_| unsigned())?;
        let directory = self.directory();
        Ok(VenueCode {
            text: signed.to_text(),
            version: self.point_code_record(point, purpose)?.ok_or_else(no_code)?.version,
            until: UnixMs::from_millis((EPOCH_S + i64::from(until_minute) * 60).saturating_mul(1000)),
            place: self.venue_place(&directory, directory.point(point)?, purpose)?,
        })
    }

    /// What the code of a point says before it is signed.
    pub(crate) fn printed_code(&self, point: Id, purpose: &str) -> Result<PointCode, Refusal> {
        let directory = self.directory();
        let record = directory.point(point)?;
        let held = self.point_code_record(point, purpose)?.ok_or_else(no_code)?;
        if held.withdrawn || record.suspended {
            return Err(withdrawn());
        }
        let venue = directory.venue(record.point.venue)?;
        Ok(PointCode {
            origin: self.codes.host().to_owned(),
            key_index: self.codes.issuer_index(),
            point: self.code_id(point)?,
            organisation: self.code_id(venue.organisation)?,
            place: self.place_word(venue.id, held.version),
            purpose: purpose.to_owned(),
            from_minute: held.from_minute,
            until_minute: held.until_minute,
            dynamic: None,
        })
    }

    /// Withdraws a point's code: what hangs there opens nothing from now on.
    ///
    /// # Errors
    /// `point_code.none`, or the store's refusal.
    pub async fn withdraw_venue_code(&self, point: Id, purpose: &str) -> Result<(), Refusal> {
        let key = key_of(point, purpose);
        self.run(Bucket::DIRECTORY, move |txn| {
            let mut held = load::<PointCodeRecord>(txn, key.clone())?.ok_or_else(no_code)?;
            held.value.withdrawn = true;
            Ok(save(txn, &held)?)
        })
        .await
    }

    /// Registers a point elsewhere, or nowhere: it forgets its key, and codes that still hang at the old place are named
    /// as moved.
    ///
    /// # Errors
    /// `point.unknown`, `venue.unknown`, or the store's refusal.
    pub async fn move_point(&self, point: Id, to: Option<Id>) -> Result<(), Refusal> {
        let directory = self.directory();
        directory.point(point)?;
        to.map(|venue| directory.venue(venue)).transpose()?;
        self.run(Bucket::DIRECTORY, move |txn| {
            if let Some(mut held) = load::<PointRecord>(txn, point)? {
                held.value.key = None;
                match to {
                    Some(venue) => held.value.point.venue = venue,
                    None => held.value.suspended = true,
                }
                save(txn, &held)?;
            }
            Ok(())
        })
        .await?;
        self.reload_directory()
    }

    /// The place behind a text that claims to be a point code: the signature first, then what the registry says today.
    ///
    /// # Errors
    /// A refusal that names the text for what it is: `scan.not_ours` with its kind, `scan.lookalike`, `scan.forged`,
    /// `scan.damaged`, `scan.expired`, `scan.not_yet`, `scan.moved`, `scan.replaced`, `scan.closed`.
    pub fn read_venue_code(&self, text: &str) -> Result<VenuePlace, Refusal> {
        self.refresh_lists_when_due()?;
        let verified = self.codes.check_point(text, self.now()).map_err(crate::scan::point_refusal)?;
        self.place_of_code(&verified)
    }

    fn place_of_code(&self, verified: &VerifiedPoint) -> Result<VenuePlace, Refusal> {
        let code = &verified.get().code;
        let directory = self.directory();
        let point = self
            .vault
            .inward(&Audience::PointCodes.label(), &crate::vault::hex(&code.point))
            .ok_or_else(crate::scan::moved)?;
        let record = directory.point(point).map_err(|_| crate::scan::moved())?;
        let venue = directory.venue(record.point.venue).map_err(|_| crate::scan::moved())?;
        let held = self.point_code_record(point, &code.purpose)?.ok_or_else(crate::scan::moved)?;
        let here = code.organisation == self.code_id(venue.organisation)?
            && code.place.rsplit_once("-v").map(|(place, _)| place)
                == self.place_word(venue.id, 0).rsplit_once("-v").map(|(place, _)| place);
        if !here || record.suspended {
            return Err(crate::scan::moved());
        }
        if held.withdrawn || code.place != self.place_word(venue.id, held.version) {
            return Err(crate::scan::replaced());
        }
        if venue.state != VenueState::Open {
            return Err(crate::scan::closed());
        }
        self.venue_place(&directory, record, &code.purpose)
    }

    fn venue_place(&self, directory: &Directory, record: &PointRecord, purpose: &str) -> Result<VenuePlace, Refusal> {
        let venue = directory.venue(record.point.venue)?;
        let organisation = directory.organisation(venue.organisation);
        let opens = |id: &&String| {
            (purpose == ANY_PURPOSE || *id == purpose) && venue.scenarios.contains(id) && self.scenario(id).is_ok()
        };
        let scenarios: Vec<String> = record.point.scenarios.iter().filter(opens).cloned().collect();
        Ok(VenuePlace {
            point_id: record.point.id,
            venue_id: venue.id,
            organisation: organisation
                .map(|known| Words::new(known.name_zh.clone(), known.name_en.clone()))
                .unwrap_or_default(),
            venue: venue.names(),
            point: Words::new(record.point.name_zh.clone(), record.point.name_en.clone()),
            scenarios,
        })
    }

    fn point_code_record(&self, point: Id, purpose: &str) -> Result<Option<PointCodeRecord>, Refusal> {
        let key = key_of(point, purpose);
        self.read(Bucket::DIRECTORY, |txn| Ok(load::<PointCodeRecord>(txn, key.clone())?.map(|held| held.value)))
    }

    /// An id as point codes carry it: 16 bytes that mean nothing to anybody else.
    fn code_id(&self, id: Id) -> Result<[u8; 16], Refusal> {
        crate::vault::unhex(&self.outward(Audience::PointCodes, id))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(unsigned)
    }

    /// The registry's word for where a code hangs: the venue's first digits and the version.
    fn place_word(&self, venue: Id, version: u32) -> String {
        let venue: String = self.outward(Audience::PointCodes, venue).chars().take(12).collect();
        format!("{venue}-v{version}")
    }
}

fn bad_purpose() -> Refusal {
    Refusal::invalid(
        "point_code.purpose",
        Text::new("这个点位不办这项业务", "This point does not serve that"),
        Text::new("用途填点位登记的业务，或填 any", "Name a scenario the point is registered for, or `any`"),
    )
}

fn bad_days() -> Refusal {
    Refusal::invalid(
        "point_code.days",
        Text::new("有效天数应为 1 到 730", "A code lasts 1 to 730 days"),
        Text::new("请改正有效天数", "Correct the number of days"),
    )
}

fn no_code() -> Refusal {
    Refusal::missing(
        "point_code.none",
        Text::new("这个点位还没有场所码", "This point has no code yet"),
        Text::new("请先签发", "Issue one first"),
    )
}

fn withdrawn() -> Refusal {
    Refusal::conflict(
        "point_code.withdrawn",
        Text::new("这个场所码已停用", "This point's code has been withdrawn"),
        Text::new("请签发新的版本，并换下旧的贴纸", "Issue a new version and take the old sticker down"),
    )
}

pub(crate) fn unsigned() -> Refusal {
    Refusal::unavailable(
        "keys.unusable",
        Text::new("签名密钥不可用", "The signing keys cannot be used"),
        Text::new("请管理员检查密钥文件", "Ask the administrator to check the key files"),
    )
}
