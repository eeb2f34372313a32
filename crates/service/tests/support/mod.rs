//! A platform on the in-memory store, one venue with two desks, one scenario, and a phone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use tongma_capability::{Desk, Place, Scenario, Step, Stop};
use tongma_code::chain::Chain;
use tongma_code::list::{Kind, SignedList};
use tongma_code::short::{SealedAlias, ShortNumber, TicketKey};
use tongma_code::sign::SoftSm2;
use tongma_code::ticket::{Header, SignedTicket, Suite};
use tongma_domain::{
    Action, ActionsPerPresentation, Card, Claim, ClaimAsk, Clock, ConsentKind, Field, FieldKind, Id, OfflineRule,
    Outcome, PointKind, Refusal, SeededEntropy, Starter, Text, UnixMs, Venue, VenueState, Words,
};
use tongma_service::{
    ActRefused, Acted, Asked, Citizen, Enrolment, Parts, Platform, Prepared, Presentation, Scanned, Signed,
};
use tongma_store::{CounterKey, Faults, Key, MemoryStore};

/// 10:00 in Beijing on an ordinary day.
const MORNING_S: i64 = 1_795_053_600;

pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> UnixMs {
        UnixMs::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Stamps on a card, kept at the venue: enough to see whether something was done, and how often.
struct Stamps;

static CARD: Card = Card {
    id: "stamps",
    number: 0,
    name: Text::new("集章", "Stamps"),
    summary: Text::new("盖章", "Stamps"),
    capabilities: &["present", "paper"],
    actions: &[
        Action {
            id: "stamp",
            name: Text::new("盖章", "Stamp"),
            by: &[Starter::Operator],
            form: &[Field {
                id: "count",
                name: Text::new("个数", "Count"),
                kind: FieldKind::Number { least: 1, most: 9 },
                required: true,
            }],
            moves_money: false,
        },
        Action {
            id: "collect",
            name: Text::new("自助盖章", "Collect"),
            by: &[Starter::Holder],
            form: &[Field {
                id: "count",
                name: Text::new("个数", "Count"),
                kind: FieldKind::Number { least: 1, most: 9 },
                required: true,
            }],
            moves_money: false,
        },
        Action {
            id: "seal",
            name: Text::new("盖大章", "Seal"),
            by: &[Starter::Operator],
            form: &[],
            moves_money: false,
        },
    ],
    claims: &[ClaimAsk {
        claim: Claim::AgeClass,
        purpose: Text::new("优惠", "Discount"),
        retention_days: 1,
        basis: Text::new("本人同意", "Consent"),
    }],
    consent: ConsentKind::Contract,
    settings: &[],
    offline: OfflineRule::Never,
    actions_per_presentation: ActionsPerPresentation::Many,
    cells: &[],
};

fn stamps() -> CounterKey {
    CounterKey { name: "stamps", of: Key::from("all") }
}

impl Scenario for Stamps {
    fn card(&self) -> &'static Card {
        &CARD
    }
    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal> {
        Ok(Place::Thing(step.venue.id))
    }
    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
        let holder = step.holder()?;
        if step.action == "seal" && !holder.agreed {
            let text = Text::new("盖大章要本人同意", "A seal needs a yes");
            return Err(Refusal::conflict("consent.needed", text, text).into());
        }
        if step.action == "collect" && (step.point.is_none() || step.input.number("count") == Some(9)) {
            let text = Text::new("请在现场扫码盖章", "Scan the code at the place");
            return Err(Refusal::conflict("stamps.not_here", text, text).into());
        }
        let count = step.input.number("count").unwrap_or(10);
        let total = desk.txn.count_add(&stamps(), count, 0, 1000)?.unwrap_or(0);
        desk.log(holder.person, Words::new("盖了章", "Stamped"), &[], json!({ "count": count }));
        let word =
            if step.action == "seal" { Text::new("已盖", "Sealed") } else { Text::new("已盖章", "Stamped") };
        Ok(Outcome::done(word, Words::default(), json!({ "stamps": total })))
    }
}

static CATALOGUE: &[&dyn Scenario] = &[&Stamps];

pub struct House {
    pub platform: Arc<Platform>,
    pub point: Id,
    pub other_point: Id,
    store: Arc<MemoryStore>,
    clock: Arc<TestClock>,
    pub venue: Id,
    pub elsewhere: Id,
}

impl House {
    pub async fn new() -> Self {
        Self::with(BTreeMap::new()).await
    }

    /// A house with these outside systems.
    pub async fn with(outside: BTreeMap<String, Arc<dyn tongma_service::Outside>>) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(MORNING_S * 1000)));
        let store = Arc::new(MemoryStore::new());
        let platform = Self::platform_on(&store, &clock, outside);
        Self::filled(platform, store, clock).await
    }

    /// Another process on the same store.
    pub fn restarted(&self) -> Arc<Platform> {
        Self::platform_on(&self.store, &self.clock, BTreeMap::new())
    }

    fn platform_on(
        store: &Arc<MemoryStore>,
        clock: &Arc<TestClock>,
        outside: BTreeMap<String, Arc<dyn tongma_service::Outside>>,
    ) -> Arc<Platform> {
        let parts = Parts {
            store: store.clone(),
            clock: clock.clone(),
            entropy: Box::new(SeededEntropy::new([9; 32])),
            catalogue: CATALOGUE,
            outside,
            master: [3; 32],
            roots: [Box::new(SoftSm2::new(&[4; 32]).unwrap()), Box::new(SoftSm2::new(&[5; 32]).unwrap())],
            issuer: Box::new(SoftSm2::new(&[6; 32]).unwrap()),
            host: "https://code.example.cn".into(),
        };
        Platform::new(parts).unwrap()
    }

    async fn filled(platform: Arc<Platform>, store: Arc<MemoryStore>, clock: Arc<TestClock>) -> Self {
        let organisation = platform.register_organisation("集章馆", "Stamp House").await.unwrap();
        let venue = Venue {
            id: organisation,
            organisation,
            name_zh: "一馆".into(),
            name_en: "One".into(),
            state: VenueState::Open,
            scenarios: vec!["stamps".into()],
            settings: BTreeMap::new(),
            things: BTreeMap::new(),
            premises: tongma_domain::Premises::default(),
        };
        let other = Venue { name_zh: "二馆".into(), name_en: "Two".into(), ..venue.clone() };
        let elsewhere = platform.register_venue(other).await.unwrap();
        let venue = platform.register_venue(venue).await.unwrap();
        let desk =
            |name: &'static str| platform.register_point(venue, (name, name), PointKind::Desk, vec!["stamps".into()]);
        let (point, _) = desk("甲").await.unwrap();
        let (other_point, _) = desk("乙").await.unwrap();
        Self { platform, point, other_point, store, clock, venue, elsewhere }
    }

    pub fn now_s(&self) -> i64 {
        self.clock.now().as_seconds()
    }

    pub fn set_s(&self, seconds: i64) {
        self.clock.0.store(seconds * 1000, Ordering::SeqCst);
    }

    pub async fn scan(&self, text: &str, request: &str) -> Result<Presentation, Refusal> {
        self.scan_at(self.point, text, request).await
    }

    pub async fn scan_elsewhere(&self, text: &str, request: &str) -> Result<Presentation, Refusal> {
        self.scan_at(self.other_point, text, request).await
    }

    async fn scan_at(&self, point: Id, text: &str, request: &str) -> Result<Presentation, Refusal> {
        let scanned =
            Scanned { text: text.into(), request_id: request.into(), purpose: "stamps".into(), operator: "李".into() };
        self.platform.present(point, &scanned).await
    }

    pub async fn act(&self, presentation: Id, action: &str, input: Value, key: &str) -> Result<Acted, ActRefused> {
        let asked = Asked { action: action.into(), input, idempotency_key: key.into() };
        self.platform.act_presented(self.point, presentation, "李", asked).await
    }

    /// Every unit is applied and its answer lost, until it is switched off.
    pub fn lose_answers(&self, lose: bool) {
        let faults =
            if lose { Faults { lost_answers_per_mille: 1000, ..Faults::default() } } else { Faults::default() };
        self.store.set_faults(faults);
    }

    pub fn denied(&self, header: &Header) -> bool {
        let list = SignedList::open(Kind::Deny, &self.platform.codes().lists().deny_list).unwrap().deny().unwrap();
        list.denies(&header.handle)
    }

    pub fn denies(&self, handle: &tongma_code::ticket::Handle) -> bool {
        let list = SignedList::open(Kind::Deny, &self.platform.codes().lists().deny_list).unwrap().deny().unwrap();
        list.denies(handle)
    }

    /// The organisation that runs both desks.
    pub fn organisation(&self) -> Id {
        self.platform.directory().venue(self.venue).unwrap().organisation
    }

    pub fn count(&self) -> i64 {
        tongma_store::run_blocking(self.store.as_ref(), self.venue.bucket(), |txn| txn.count(&stamps())).unwrap()
    }
}

pub struct Phone {
    pub citizen: Citizen,
    tickets: Vec<(Prepared, Signed)>,
}

/// The seed of a ticket: any function of the handle that only the phone knows will do here.
fn seed(header: &Header) -> [u8; 12] {
    std::array::from_fn(|place| header.handle.0[place] ^ 0x5a)
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    std::array::from_fn(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap())
}

fn header(prepared: &Prepared) -> Header {
    Header::from_bytes(&bytes(&prepared.header)).unwrap()
}

fn chain(header: &Header) -> Chain {
    Chain::of_ticket(Suite::Sm2, &header.handle, header.window.steps(), &seed(header)).unwrap()
}

impl Phone {
    pub async fn of(house: &House, subject: &str) -> Self {
        Self::enrolled(house, subject, "陈晨", "11010519491231002X").await
    }

    /// Somebody else.
    pub async fn other(house: &House, subject: &str) -> Self {
        Self::enrolled(house, subject, "李雷", "440524188001010014").await
    }

    async fn enrolled(house: &House, subject: &str, name: &str, number: &str) -> Self {
        let enrolment = Enrolment {
            name: name.into(),
            document_kind: tongma_domain::DocumentKind::ResidentId,
            document_number: number.into(),
            birth: None,
            phone: "13800138000".into(),
            particulars: tongma_domain::Particulars::default(),
            sign_in: Some(("https://id.example.cn".into(), subject.into())),
        };
        house.platform.enrol(enrolment).await.unwrap();
        Self::again(house, subject).await
    }

    /// Somebody born on this day.
    pub async fn born(house: &House, subject: &str, birth: &str) -> Self {
        let enrolment = Enrolment {
            name: "林小满".into(),
            document_kind: tongma_domain::DocumentKind::Passport,
            document_number: format!(
                "XZ{:07}",
                subject.bytes().fold(0_u32, |sum, byte| sum * 7 + u32::from(byte)) % 9_999_999
            ),
            birth: tongma_domain::Date::parse(birth),
            phone: String::new(),
            particulars: tongma_domain::Particulars::default(),
            sign_in: Some(("https://id.example.cn".into(), subject.into())),
        };
        house.platform.enrol(enrolment).await.unwrap();
        Self::again(house, subject).await
    }

    pub async fn again(house: &House, subject: &str) -> Self {
        let platform = &house.platform;
        let person = platform.person_of_sign_in("https://id.example.cn", subject).unwrap();
        let token = platform.open_session(person).await.unwrap();
        platform.enrol_device(&platform.citizen(&token).unwrap(), "手机").await.unwrap();
        let citizen = platform.citizen(&token).unwrap();
        Self::with_tickets(house, citizen, 0).unwrap()
    }

    /// The same phone, showing for somebody.
    pub fn acting(&self, house: &House, actor: u8) -> Result<Self, Refusal> {
        Self::with_tickets(house, self.citizen.clone(), actor)
    }

    fn with_tickets(house: &House, citizen: Citizen, actor: u8) -> Result<Self, Refusal> {
        let platform = &house.platform;
        let prepared: Vec<_> = platform.prepare_tickets(&citizen, actor)?.into_iter().take(6).collect();
        let anchors: Vec<_> =
            prepared.iter().map(|ticket| (ticket.header.clone(), hex(&chain(&header(ticket)).anchor()))).collect();
        let signed = platform.sign_tickets(&citizen, actor, &anchors)?;
        Ok(Self { citizen, tickets: prepared.into_iter().zip(signed).collect() })
    }

    fn at(&self, now_s: i64) -> (&(Prepared, Signed), Header) {
        let live = |pair: &&(Prepared, Signed)| {
            pair.0.kind == "ordinary" && pair.0.start_ms <= now_s * 1000 && now_s * 1000 < pair.0.end_ms
        };
        let pair = self.tickets.iter().find(live).unwrap();
        (pair, header(&pair.0))
    }

    pub fn header_at(&self, now_s: i64) -> Header {
        self.at(now_s).1
    }

    pub fn ticket(&self, now_s: i64) -> String {
        let (pair, header) = self.at(now_s);
        let step = header.window.step_at(now_s).unwrap();
        let signed = SignedTicket { header, signature: bytes(&pair.1.signature) };
        signed.show(step, chain(&header).value(step).unwrap()).to_text()
    }

    pub fn short(&self, now_s: i64) -> String {
        let (pair, header) = self.at(now_s);
        let short = pair.1.short.as_ref().unwrap();
        let alias = SealedAlias::new(short.alias.parse().unwrap()).unwrap();
        ShortNumber::of(alias, &TicketKey(bytes(&short.key)), header.window.step_at(now_s).unwrap()).to_text()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
