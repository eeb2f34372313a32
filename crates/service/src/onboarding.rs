//! How a venue comes in: it applies, the system office reviews, the security office approves, and its first device pairs.

use serde::{Deserialize, Serialize};
use tongma_capability::{Scenario, Stop};
use tongma_domain::{
    Bucket, Id, Organisation, Point, PointKind, Premises, Refusal, Text, UnixMs, Venue, VenueState, Words, is_uscc,
};
use tongma_store::{Held, Index, Key, Stored, Txn, create, find, load, save, upsert};

use crate::directory::{OrganisationRow, PointRecord, VenueRow, digest, directory_id, named};
use crate::platform::Platform;
use crate::staff::{Office, Staff, all, same_person, write_act};
use crate::vault::hex;

/// The longest text of an application.
const MOST_TEXT: usize = 400;
/// The most applications that wait; a queue longer than this is nobody's to read.
const MOST_OPEN: usize = 500;

/// What an organisation applies for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The organisation's registered name, in Chinese and English.
    pub organisation: (String, String),
    /// Its unified social credit code.
    pub uscc: String,
    /// The venue's name.
    pub venue: (String, String),
    /// Its address.
    pub address: String,
    /// The first point's name.
    pub point: (String, String),
    /// What that point is.
    pub kind: PointKind,
    /// The scenario it is for: its card is the template of what may be asked, of whom and for how long.
    pub scenario: String,
    /// What it will be used for, in the applicant's words.
    pub purpose: String,
    /// What the law or the rule is that it rests on.
    pub basis: String,
    /// What is registered of the house, where the scenario asks for it.
    #[serde(default)]
    pub premises: Premises,
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for review.
    Applied,
    /// Reviewed; waits for approval by another person.
    Reviewed,
    /// Approved: registered, may pair.
    Approved,
    /// Not approved.
    Declined,
}

impl Stage {
    /// Its name.
    pub const fn name(self) -> Text {
        match self {
            Self::Applied => Text::new("待审核", "Waits for review"),
            Self::Reviewed => Text::new("待批准", "Waits for approval"),
            Self::Approved => Text::new("已批准", "Approved"),
            Self::Declined => Text::new("未通过", "Not approved"),
        }
    }
}

/// A step that a member of staff took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Handled {
    /// Who.
    pub staff: Id,
    /// The name.
    pub name: String,
    /// When.
    pub at: UnixMs,
    /// What was noted; the applicant reads it.
    pub note: String,
}

/// An application. Key: its id; in the directory's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: Id,
    /// What is applied for.
    pub wanted: Wanted,
    /// When.
    pub at: UnixMs,
    /// Where it stands.
    pub stage: Stage,
    /// Who reviewed.
    pub review: Option<Handled>,
    /// Who approved or declined.
    pub decision: Option<Handled>,
    /// The point registered by it.
    pub point: Option<Id>,
    token: [u8; 32],
}

impl Stored for Application {
    const KIND: &'static str = "application";
    fn index(&self) -> Vec<Index> {
        let mut index = all();
        index.push(Index { name: "token", value: Key::new(&self.token) });
        index
    }
}

impl Platform {
    /// Takes an application. Gives the token by which its applicant finds it again.
    ///
    /// # Errors
    /// `application.uscc`, `application.text`, `application.full`, `scenario.unknown`, what the scenario refuses of a house
    /// like this, or the store's refusal.
    pub async fn apply(&self, wanted: Wanted) -> Result<String, Refusal> {
        let wanted = self.checked_application(wanted)?;
        self.must_fit(&wanted)?;
        let (id, token, now) = (self.fresh_id(Bucket::DIRECTORY), hex(&self.seed()), self.now());
        let application = Application {
            id,
            wanted,
            at: now,
            stage: Stage::Applied,
            review: None,
            decision: None,
            point: None,
            token: digest("application", &token),
        };
        self.run(Bucket::DIRECTORY, move |txn| {
            let open = find::<Application>(txn, "all", "all", None, MOST_OPEN)?.items;
            let waiting = |held: &&Held<Application>| held.value.stage <= Stage::Reviewed;
            if open.iter().filter(waiting).count() >= MOST_OPEN {
                return Err(full().into());
            }
            Ok(create(txn, id, &application)?)
        })
        .await?;
        Ok(token)
    }

    /// What the scenario asks of its venues, asked before anybody's time is spent on a review.
    fn must_fit(&self, wanted: &Wanted) -> Result<(), Refusal> {
        let (organisation, id) = ids_of(wanted);
        let venue = self.read(Bucket::DIRECTORY, |txn| venue_of(txn, id, organisation, wanted))?;
        self.scenario(&wanted.scenario)?.may_serve(&venue, self.now())
    }

    fn checked_application(&self, mut wanted: Wanted) -> Result<Wanted, Refusal> {
        wanted.uscc = wanted.uscc.trim().to_ascii_uppercase();
        if !is_uscc(&wanted.uscc) {
            return Err(Refusal::invalid(
                "application.uscc",
                Text::new("统一社会信用代码不正确", "The unified social credit code is not right"),
                Text::new(
                    "请核对 18 位代码，最后一位是校验位",
                    "Check all 18 characters; the last one checks the others",
                ),
            ));
        }
        self.scenario(&wanted.scenario)?;
        for pair in [&mut wanted.organisation, &mut wanted.venue, &mut wanted.point] {
            pair.0 = pair.0.trim().to_owned();
            pair.1 = pair.1.trim().to_owned();
            named(&pair.0)?;
            if pair.1.is_empty() {
                pair.1.clone_from(&pair.0);
            }
            named(&pair.1)?;
        }
        for text in [&wanted.address, &wanted.purpose, &wanted.basis] {
            if text.trim().is_empty() || text.chars().count() > MOST_TEXT {
                return Err(Refusal::invalid(
                    "application.text",
                    Text::new(
                        "地址、用途和依据都要填写，每项不超过 400 字",
                        "Address, purpose and basis are all needed, each at most 400 characters",
                    ),
                    Text::new("请补全后再提交", "Fill them in and send again"),
                ));
            }
        }
        Ok(wanted)
    }

    /// The application of a token, as its applicant sees it.
    ///
    /// # Errors
    /// `application.unknown`.
    pub fn application_of(&self, token: &str) -> Result<Application, Refusal> {
        let key = Key::new(&digest("application", token));
        self.read(Bucket::DIRECTORY, |txn| {
            let page = find::<Application>(txn, "token", key.clone(), None, 1)?;
            Ok(page.items.into_iter().next().map(|held| held.value).ok_or_else(unknown_application)?)
        })
    }

    /// Every application, newest first.
    ///
    /// # Errors
    /// `staff.office` for the audit office, or the store's refusal.
    pub fn applications(&self, staff: &Staff) -> Result<Vec<Application>, Refusal> {
        if staff.office == Office::Audit {
            return Err(crate::staff::other_office());
        }
        self.read(Bucket::DIRECTORY, |txn| {
            let mut found = Vec::new();
            let mut after: Option<Key> = None;
            loop {
                let page = find::<Application>(txn, "all", "all", after.as_ref(), 500)?;
                after = page.items.last().map(|held| held.key.clone());
                found.extend(page.items.into_iter().map(|held| held.value));
                if !page.more {
                    break;
                }
            }
            found.sort_by_key(|one| std::cmp::Reverse(one.at));
            Ok(found)
        })
    }

    /// The system office has reviewed it: on to approval, or not.
    ///
    /// # Errors
    /// `staff.office`, `application.unknown`, `application.over`, or the store's refusal.
    pub async fn review_application(&self, staff: &Staff, id: Id, fit: bool, note: &str) -> Result<(), Refusal> {
        staff.must_hold(Office::System)?;
        let (by, now, note) = (staff.clone(), self.now(), short(note));
        self.run(Bucket::DIRECTORY, move |txn| {
            let mut held = application_at(txn, id, Stage::Applied)?;
            let handled = Handled { staff: by.id, name: by.name.clone(), at: now, note: note.clone() };
            held.value.stage = if fit { Stage::Reviewed } else { Stage::Declined };
            held.value.review = Some(handled);
            save(txn, &held)?;
            let venue = &held.value.wanted.venue;
            let (act, text) = if fit {
                (
                    "application.reviewed",
                    Words::new(
                        format!("审核通过 {} 的申请", venue.0),
                        format!("Reviewed the application of {}", venue.1),
                    ),
                )
            } else {
                (
                    "application.declined",
                    Words::new(format!("退回 {} 的申请", venue.0), format!("Declined the application of {}", venue.1)),
                )
            };
            Ok(write_act(txn, now, &by, act, text)?)
        })
        .await
    }

    /// The security office approves it, or not. Whoever reviewed does not approve, also not after changing office. With
    /// the approval organisation, venue and point are registered, in the same transaction.
    ///
    /// # Errors
    /// `staff.office`, `staff.same_person`, `application.unknown`, `application.over`, `application.other_organisation`.
    pub async fn decide_application(&self, staff: &Staff, id: Id, approved: bool, note: &str) -> Result<(), Refusal> {
        staff.must_hold(Office::Security)?;
        let (by, now, note) = (staff.clone(), self.now(), short(note));
        let catalogue = self.catalogue;
        self.run(Bucket::DIRECTORY, move |txn| {
            let mut held = application_at(txn, id, Stage::Reviewed)?;
            if held.value.review.as_ref().is_none_or(|review| review.staff == by.id) {
                return Err(same_person().into());
            }
            let venue = held.value.wanted.venue.clone();
            held.value.decision = Some(Handled { staff: by.id, name: by.name.clone(), at: now, note: note.clone() });
            let (act, text) = if approved {
                held.value.stage = Stage::Approved;
                held.value.point = Some(register(txn, &held.value.wanted, catalogue, now)?);
                ("application.approved", Words::new(format!("批准 {} 接入", venue.0), format!("Approved {}", venue.1)))
            } else {
                held.value.stage = Stage::Declined;
                (
                    "application.declined",
                    Words::new(format!("不批准 {} 接入", venue.0), format!("Did not approve {}", venue.1)),
                )
            };
            save(txn, &held)?;
            Ok(write_act(txn, now, &by, act, text)?)
        })
        .await?;
        self.reload_directory()
    }

    /// A pairing code for the applicant's first device, as long as none has paired. It is not kept: asked again, it is
    /// another one.
    ///
    /// # Errors
    /// `application.unknown`, `application.not_yet`, `application.paired`, or the store's refusal.
    pub async fn applicant_pairing_code(&self, token: &str) -> Result<String, Refusal> {
        let point = self.application_of(token)?.point.ok_or_else(not_yet)?;
        if self.directory().point(point)?.key.is_some() {
            return Err(paired_already());
        }
        let (code, pairing) = self.pairing(point);
        self.run(Bucket::DIRECTORY, move |txn| pairing.write(txn)).await?;
        Ok(code)
    }
}

/// The ids of the organisation and the venue that an application names.
fn ids_of(wanted: &Wanted) -> (Id, Id) {
    let organisation = directory_id(&[b"organisation", wanted.organisation.0.as_bytes()]);
    (organisation, directory_id(&[b"venue", organisation.as_bytes(), wanted.venue.0.as_bytes()]))
}

/// The venue as it will be: what is known of it, and the scenario it applied for.
fn venue_of(txn: &mut dyn Txn, id: Id, organisation: Id, wanted: &Wanted) -> Result<Venue, Stop> {
    let mut venue = load::<VenueRow>(txn, id)?.map_or_else(
        || Venue {
            id,
            organisation,
            name_zh: wanted.venue.0.clone(),
            name_en: wanted.venue.1.clone(),
            state: VenueState::Open,
            scenarios: Vec::new(),
            settings: std::collections::BTreeMap::new(),
            things: std::collections::BTreeMap::new(),
            premises: Premises::default(),
        },
        |held| held.value.0,
    );
    if venue.state == VenueState::Coming {
        // It was announced with scenarios that nobody had approved yet.
        (venue.state, venue.scenarios) = (VenueState::Open, Vec::new());
    }
    // What is applied with takes the place of what was registered by the same name; the rest stays.
    venue.premises.facts.extend(wanted.premises.facts.clone());
    venue.premises.certifications.extend(wanted.premises.certifications.clone());
    if !venue.scenarios.contains(&wanted.scenario) {
        venue.scenarios.push(wanted.scenario.clone());
    }
    Ok(venue)
}

/// Writes organisation, venue and point. What is there already by the same name is added to, never replaced.
fn register(txn: &mut dyn Txn, wanted: &Wanted, catalogue: &[&dyn Scenario], now: UnixMs) -> Result<Id, Stop> {
    let (organisation, id) = ids_of(wanted);
    let known = load::<OrganisationRow>(txn, organisation)?.map(|held| held.value.0);
    if known.as_ref().and_then(|known| known.uscc.as_ref()).is_some_and(|uscc| *uscc != wanted.uscc) {
        // Two legal persons of one name: one of them would read the other's pseudonyms.
        return Err(other_organisation().into());
    }
    let row = Organisation {
        id: organisation,
        name_zh: wanted.organisation.0.clone(),
        name_en: wanted.organisation.1.clone(),
        uscc: Some(wanted.uscc.clone()),
    };
    upsert(txn, organisation, &OrganisationRow(row))?;
    let venue = venue_of(txn, id, organisation, wanted)?;
    if let Some(scenario) = catalogue.iter().find(|scenario| scenario.card().id == wanted.scenario) {
        // What a scenario asks of its venues is asked before the venue is opened for it.
        scenario.may_serve(&venue, now)?;
    }
    upsert(txn, id, &VenueRow(venue))?;
    let point_id = directory_id(&[b"point", id.as_bytes(), wanted.point.0.as_bytes()]);
    let mut record = load::<PointRecord>(txn, point_id)?.map_or_else(
        || PointRecord {
            point: Point {
                id: point_id,
                venue: id,
                name_zh: wanted.point.0.clone(),
                name_en: wanted.point.1.clone(),
                kind: wanted.kind,
                scenarios: Vec::new(),
            },
            key: None,
            suspended: false,
        },
        |held| held.value,
    );
    if !record.point.scenarios.contains(&wanted.scenario) {
        record.point.scenarios.push(wanted.scenario.clone());
    }
    upsert(txn, point_id, &record)?;
    Ok(point_id)
}

fn application_at(txn: &mut dyn Txn, id: Id, stage: Stage) -> Result<Held<Application>, Stop> {
    let held = load::<Application>(txn, id)?.ok_or_else(unknown_application)?;
    if held.value.stage == stage { Ok(held) } else { Err(over().into()) }
}

fn short(note: &str) -> String {
    note.trim().chars().filter(|letter| !letter.is_control()).take(MOST_TEXT).collect()
}

fn unknown_application() -> Refusal {
    Refusal::missing(
        "application.unknown",
        Text::new("没有这份申请", "There is no such application"),
        Text::new("请核对查询链接", "Check the link"),
    )
}

fn over() -> Refusal {
    Refusal::conflict(
        "application.over",
        Text::new(
            "这份申请已由他人办理，或还没到这一步",
            "Somebody has handled this already, or it is not at this step",
        ),
        Text::new("请刷新列表", "Refresh the list"),
    )
}

fn full() -> Refusal {
    Refusal::unavailable(
        "application.full",
        Text::new("待审核的申请太多", "Too many applications are waiting"),
        Text::new("请明天再提交", "Please apply again tomorrow"),
    )
}

fn not_yet() -> Refusal {
    Refusal::conflict(
        "application.not_yet",
        Text::new("申请还没有批准", "This is not approved yet"),
        Text::new("批准后这里会给出配对码", "The pairing code appears here once it is"),
    )
}

fn paired_already() -> Refusal {
    Refusal::conflict(
        "application.paired",
        Text::new("第一台设备已配对", "The first device has paired"),
        Text::new("更换设备请联系平台管理员", "Ask the administrator to pair another"),
    )
}

fn other_organisation() -> Refusal {
    Refusal::conflict(
        "application.other_organisation",
        Text::new("已有同名单位，统一社会信用代码不同", "An organisation of this name has another credit code"),
        Text::new("请与申请单位核对登记名称", "Check the registered name with the applicant"),
    )
}
