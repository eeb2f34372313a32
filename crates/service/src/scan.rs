//! A citizen scans what hangs or stands at a place. Only a code signed by the platform for a place that is registered and
//! open begins anything; everything else is named for what it is, with what to do.

use serde::{Deserialize, Serialize};
use tongma_code::classify::Kind;
use tongma_domain::{Card, Id, Refusal, Starter, Text, UnixMs, Words};
use tongma_store::{Claimed, Key, OnceClaim, Stored, create, encode, load, save};
use tongma_verify::verdict::Reason;

use crate::act::digest_of;
use crate::outbox::append;
use crate::platform::Platform;
use crate::records::LogLine;
use crate::sessions::Citizen;
use crate::venue_code::VenuePlace;

/// How long a scan can be used: long enough to fill in a form on a bench, too short to be kept for later.
pub const SCAN_LIFE_S: i64 = 600;

/// A scan that waits for its one action. In the person's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ScanRecord {
    person: Id,
    point: Id,
    venue: Id,
    scenarios: Vec<String>,
    expires: UnixMs,
    /// The idempotency key that used it.
    used_by: Option<[u8; 32]>,
}

impl Stored for ScanRecord {
    const KIND: &'static str = "scan";
}

/// What a citizen scanned, as the confirm sheet shows it. Every name comes from the registry.
#[derive(Debug, Clone, Serialize)]
pub struct Scan {
    /// Its id; one action can be started with it.
    pub id: Id,
    /// Until when.
    pub expires: UnixMs,
    /// Where it is.
    pub place: VenuePlace,
    /// The cards of what can be started there.
    #[serde(skip)]
    pub cards: Vec<&'static Card>,
}

/// What an action uses of a scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpentScan {
    pub point: Id,
    pub venue: Id,
}

impl Platform {
    /// A citizen scanned this text. The same text under the same key is the same scan.
    ///
    /// # Errors
    /// As [`Platform::read_venue_code`], or `scan.nothing_here`.
    pub async fn scan(&self, citizen: &Citizen, text: &str, idempotency_key: &str) -> Result<Scan, Refusal> {
        let place = self.read_venue_code(text)?;
        let cards: Vec<&'static Card> = place
            .scenarios
            .iter()
            .filter_map(|id| self.scenario(id).ok())
            .map(tongma_capability::Scenario::card)
            .collect();
        self.may_be_served(place.venue_id, &place.scenarios)?;
        let starts = |card: &&'static Card| card.actions.iter().any(|action| action.by.contains(&Starter::Holder));
        if !cards.iter().any(starts) {
            return Err(nothing_here());
        }
        let (person, now) = (citizen.person, self.now());
        let id = self.fresh_id(person.bucket());
        let record = ScanRecord {
            person,
            point: place.point_id,
            venue: place.venue_id,
            scenarios: place.scenarios.clone(),
            expires: now.plus_s(SCAN_LIFE_S),
            used_by: None,
        };
        let once = OnceClaim {
            key: Key::of(&[b"scan", person.as_bytes(), idempotency_key.as_bytes()]),
            rank: 0,
            claimant: digest_of(&[text.as_bytes()]),
            answer: encode(&id).map_err(|error| crate::platform::store_refusal(&error))?,
            keep_until: now.plus_days(1),
        };
        let line = LogLine {
            kind: "scanned".into(),
            text: Words::new(
                format!("扫了场所码：{}", place.venue.zh),
                format!("Venue code scanned: {}", place.venue.en),
            ),
            venue: Some(place.venue_id),
            point: Some(place.point_id),
            operator: None,
            released: Vec::new(),
            detail: serde_json::Value::Null,
        };
        let (id, expires) = self
            .run(person.bucket(), move |txn| match txn.claim(&once)? {
                Claimed::Fresh => {
                    create(txn, id, &record)?;
                    append(txn, person, now, &line)?;
                    Ok((id, record.expires))
                }
                Claimed::Again(answer) => {
                    let known: Id = tongma_store::decode(&answer)?;
                    let held = load::<ScanRecord>(txn, known)?.ok_or_else(unknown_scan)?;
                    Ok((known, held.value.expires))
                }
                Claimed::Taken { .. } => Err(crate::repeat::other_request().into()),
            })
            .await?;
        Ok(Scan { id, expires, place, cards })
    }

    /// Whether the place may serve anything of what its code opens: a house whose licence has lapsed has a code that is
    /// signed and opens nothing.
    fn may_be_served(&self, venue: Id, scenarios: &[String]) -> Result<(), Refusal> {
        let (directory, now) = (self.directory(), self.now());
        let venue = directory.venue(venue)?;
        let mut refused = None;
        for scenario in scenarios.iter().filter_map(|id| self.scenario(id).ok()) {
            match scenario.may_serve(venue, now) {
                Ok(()) => return Ok(()),
                Err(refusal) => refused = Some(refusal),
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Uses a scan for one action, named by its idempotency key. The point is read from the registry again: it may have
    /// moved since.
    ///
    /// # Errors
    /// `scan.unknown`, `scan.over`, `scan.used`, `scan.moved`, `point.not_for_this`.
    pub(crate) async fn spend_scan(
        &self,
        citizen: &Citizen,
        scan: Id,
        scenario: &str,
        idempotency_key: &str,
    ) -> Result<SpentScan, Refusal> {
        let (person, now, by) = (citizen.person, self.now(), digest_of(&[idempotency_key.as_bytes()]));
        let scenario = scenario.to_owned();
        let spent = self
            .run(person.bucket(), move |txn| {
                let mut held = load::<ScanRecord>(txn, scan)?
                    .filter(|held| held.value.person == person)
                    .ok_or_else(unknown_scan)?;
                let spent = SpentScan { point: held.value.point, venue: held.value.venue };
                match held.value.used_by {
                    // The same request again gets the same answer, also after the scan's end.
                    Some(known) if known == by => return Ok(spent),
                    Some(_) => return Err(used().into()),
                    None if held.value.expires <= now => return Err(over().into()),
                    None => {}
                }
                if !held.value.scenarios.contains(&scenario) {
                    return Err(crate::act::not_here().into());
                }
                held.value.used_by = Some(by);
                save(txn, &held)?;
                Ok(spent)
            })
            .await?;
        let directory = self.directory();
        let record = directory.point(spent.point).map_err(|_| moved())?;
        if record.suspended || record.point.venue != spent.venue {
            return Err(moved());
        }
        Ok(spent)
    }

    /// Gives a scan back after a refusal, so that the citizen can correct the form without scanning again.
    pub(crate) async fn return_scan(&self, scan: Id, idempotency_key: &str) -> Result<(), Refusal> {
        let by = digest_of(&[idempotency_key.as_bytes()]);
        self.run(scan.bucket(), move |txn| {
            if let Some(mut held) = load::<ScanRecord>(txn, scan)?.filter(|held| held.value.used_by == Some(by)) {
                held.value.used_by = None;
                save(txn, &held)?;
            }
            Ok(())
        })
        .await
    }
}

/// A refusal that names what was scanned instead of a venue's code, and what to do.
pub(crate) fn point_refusal(reason: Reason) -> Refusal {
    let refuse = |code, title: Text, next: Text| Refusal::invalid(code, title, next).human(STAFF);
    match reason {
        Reason::NotThis(kind) => {
            let (zh, en) = kind.names();
            let title =
                Words::new(format!("这是{zh}，不是本平台的场所码"), format!("This is {en}, not a venue's code"));
            refuse("scan.not_ours", Text::new("这不是本平台的场所码", "This is not a venue's code"), advice(kind))
                .titled(title)
        }
        Reason::Origin => refuse(
            "scan.lookalike",
            Text::new(
                "这个码看着像场所码，但网址不是本平台的，可能是假冒的",
                "This looks like a venue's code but names another address; it may be an imitation",
            ),
            Text::new("不要打开它，请告诉工作人员", "Do not open it; tell the staff"),
        ),
        Reason::Forged | Reason::KeyUse | Reason::KeyUnknown | Reason::KeyPeriod => refuse(
            "scan.forged",
            Text::new(
                "这个码没有本平台的有效签名，可能是假冒的",
                "This code has no good signature of the platform; it may be an imitation",
            ),
            Text::new("不要按它操作，请告诉工作人员", "Do not act on it; tell the staff"),
        ),
        Reason::Expired(_) => refuse(
            "scan.expired",
            Text::new("这个场所码已过期", "This venue's code has expired"),
            Text::new("请工作人员换上新的场所码", "Ask the staff to put up the new one"),
        ),
        Reason::StepPast(_) | Reason::StepAhead(_) | Reason::NoSuchStep => refuse(
            "scan.stale",
            Text::new("这不是屏幕上现在的码", "This is not the code now on the screen"),
            Text::new("请扫屏幕上正在变化的码，不要扫照片", "Scan the live screen, not a picture of it"),
        ),
        Reason::NotYet(_) => refuse(
            "scan.not_yet",
            Text::new("这个场所码还未生效", "This venue's code is not valid yet"),
            Text::new("请稍后再扫，或询问工作人员", "Try later, or ask the staff"),
        ),
        Reason::KeyListExpired => Refusal::unavailable(
            "keys.unusable",
            Text::new("平台暂时不能核验", "The platform cannot check codes just now"),
            Text::new("请稍后再试", "Please try again in a while"),
        ),
        _ => refuse(
            "scan.damaged",
            Text::new("这个码不完整或被改过", "This code is incomplete or has been altered"),
            Text::new(
                "请靠近一些重新扫；仍不行请告诉工作人员",
                "Come closer and scan again; if that fails tell the staff",
            ),
        ),
    }
}

/// What to do with a foreign code that was held under the camera.
const fn advice(kind: Kind) -> Text {
    match kind {
        Kind::Ticket | Kind::Short | Kind::Paper | Kind::Device => Text::new(
            "个人码由工作人员来扫；请扫墙上或屏幕上的场所码",
            "A personal code is for staff to scan; scan the code on the wall or screen",
        ),
        Kind::WeChatPay | Kind::WeChatLink => Text::new(
            "要用微信，请在微信里扫；办事请扫本场所的场所码",
            "To use WeChat scan it there; here, scan the venue's own code",
        ),
        Kind::Alipay | Kind::AlipayLink => Text::new(
            "要用支付宝，请在支付宝里扫；办事请扫本场所的场所码",
            "To use Alipay scan it there; here, scan the venue's own code",
        ),
        Kind::UnionPay => Text::new(
            "要付款，请用云闪付扫；办事请扫本场所的场所码",
            "To pay use UnionPay's app; here, scan the venue's own code",
        ),
        Kind::HealthCode => {
            Text::new("这里不用健康码；请扫本场所的场所码", "No health code is needed here; scan the venue's own code")
        }
        Kind::Link => Text::new(
            "本应用不会打开其他网址；请扫本场所的场所码",
            "This app opens no other address; scan the venue's own code",
        ),
        Kind::Damaged => Text::new("请靠近一些重新扫", "Come closer and scan again"),
        _ => Text::new("请扫墙上或屏幕上的场所码", "Scan the venue's code on the wall or screen"),
    }
}

const STAFF: Text = Text::new("也可以请工作人员扫您的个人码办理", "Or let the staff scan your personal code instead");

pub(crate) fn moved() -> Refusal {
    Refusal::conflict(
        "scan.moved",
        Text::new("这个场所码登记的地点已变更或撤销", "The place this code was registered for has moved or closed"),
        Text::new("请告诉工作人员换下这张码", "Tell the staff to take this code down"),
    )
    .human(STAFF)
}

pub(crate) fn replaced() -> Refusal {
    Refusal::conflict(
        "scan.replaced",
        Text::new("这个场所码已被新码取代或停用", "This code has been replaced or withdrawn"),
        Text::new("请扫现场最新的场所码", "Scan the newest code at this place"),
    )
    .human(STAFF)
}

pub(crate) fn closed() -> Refusal {
    Refusal::conflict(
        "scan.closed",
        Text::new("这个场所目前没有在平台上开放", "This place is not open on the platform at present"),
        Text::new("请询问工作人员", "Ask the staff"),
    )
    .human(STAFF)
}

fn nothing_here() -> Refusal {
    Refusal::conflict(
        "scan.nothing_here",
        Text::new("扫这个码没有可以自助办理的事项", "There is nothing to start by scanning here"),
        Text::new("请出示您的个人码，由工作人员扫码办理", "Show your own code and let the staff scan it"),
    )
}

fn unknown_scan() -> Refusal {
    Refusal::missing(
        "scan.unknown",
        Text::new("没有这次扫码的记录", "There is no such scan"),
        Text::new("请重新扫场所码", "Scan the venue's code again"),
    )
}

fn used() -> Refusal {
    Refusal::conflict(
        "scan.used",
        Text::new("这次扫码已经办过一件事", "This scan has been used for one thing already"),
        Text::new("再办一件请重新扫场所码", "Scan the venue's code again for another"),
    )
}

fn over() -> Refusal {
    Refusal::conflict(
        "scan.over",
        Text::new("这次扫码已过时", "This scan is too old"),
        Text::new("请重新扫场所码", "Scan the venue's code again"),
    )
}
