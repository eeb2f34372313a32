//! A small stand-in for what runs scenarios: one step in its bucket, then the messages it sent, in whatever order and
//! as often as a test wants. The in-memory store is the real one; nothing here decides anything.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tongma_capability::charge;
use tongma_capability::{Cause, Desk, Effect, Holder, HolderBinding, Place, Reply, Scenario, Step, Stop};
use tongma_domain::{
    Bucket, Claim, Date, DocumentKind, Fen, Id, Input, Outcome, Point, PointKind, Premises, Refusal, SeededEntropy,
    UnixMs, Venue, VenueState, Words,
};
use tongma_store::{Account, AccountKey, MemoryStore, Store, StoreError, Txn, run_blocking};

/// What a step gives.
pub type Answer = Result<Outcome, Refusal>;

/// A leg on its way.
#[derive(Debug, Clone)]
pub struct Leg {
    pub bucket: Bucket,
    pub action: String,
    pub input: Value,
    pub attempt: Id,
    pub venue: Venue,
}

/// A request to an outside system.
#[derive(Debug, Clone)]
pub struct Asked {
    pub request: Value,
    pub back: Leg,
}

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// Once, in order.
    InOrder,
    /// Each twice, in order.
    Twice,
    /// Each twice, the newest first.
    TwiceBackwards,
}

/// A line of a person's log.
#[derive(Debug, Clone)]
pub struct Line {
    pub person: Id,
    pub text: Words,
    pub released: Vec<Claim>,
    pub detail: Value,
}

/// A world with one scenario at one or more venues.
pub struct World {
    pub scenario: &'static dyn Scenario,
    pub store: MemoryStore,
    pub now: UnixMs,
    pub venue: Venue,
    pub point: Point,
    /// Whether the holder has scanned the point's code before acting in the app.
    pub scanned: bool,
    pub post: Post,
    pub legs: VecDeque<Leg>,
    pub timers: Vec<(UnixMs, Leg)>,
    pub asked: Vec<Asked>,
    pub reported: Vec<Id>,
    pub mirrors: BTreeMap<(Id, String, Vec<u8>), (u64, Value)>,
    pub log: Vec<Line>,
    /// Messages for people, by topic.
    pub notices: Vec<(Id, String)>,
    pub bindings: BTreeMap<(Id, String), HolderBinding>,
    pub answers: BTreeMap<Id, Answer>,
    /// What the holder agrees to, as the platform hands it to a step after the form was checked.
    pub agreed: Vec<String>,
}

impl World {
    /// An empty world at 10:00 on Monday 23 November 2026, Beijing.
    pub fn new(scenario: &'static dyn Scenario) -> Self {
        let id = |name: &str| Id::derived(&[b"test", name.as_bytes()]);
        let venue = Venue {
            id: id("venue"),
            organisation: id("organisation"),
            name_zh: "测试馆".into(),
            name_en: "Test Venue".into(),
            state: VenueState::Open,
            scenarios: vec![scenario.card().id.to_owned()],
            settings: BTreeMap::new(),
            things: BTreeMap::from([("union".to_owned(), id("union"))]),
            premises: Premises::default(),
        };
        let (name_zh, name_en, scenarios) = ("服务台".into(), "Desk".into(), venue.scenarios.clone());
        let point = Point { id: id("point"), venue: venue.id, name_zh, name_en, kind: PointKind::Desk, scenarios };
        Self {
            scenario,
            store: MemoryStore::new(),
            now: Date::parse("2026-11-23").unwrap().start().plus_s(10 * 3600),
            venue,
            point,
            scanned: false,
            post: Post::InOrder,
            legs: VecDeque::new(),
            timers: Vec::new(),
            asked: Vec::new(),
            reported: Vec::new(),
            mirrors: BTreeMap::new(),
            log: Vec::new(),
            notices: Vec::new(),
            bindings: BTreeMap::new(),
            answers: BTreeMap::new(),
            agreed: Vec::new(),
        }
    }

    /// Lets every timer go off that is due by now, and brings what it sends.
    pub fn ring(&mut self) {
        let due: Vec<_> = self.timers.iter().filter(|(at, _)| *at <= self.now).cloned().collect();
        self.timers.retain(|(at, _)| *at > self.now);
        self.legs.extend(due.into_iter().map(|(_, leg)| leg));
        self.deliver();
    }

    /// Tunes a setting of the venue.
    pub fn set(&mut self, setting: &str, value: i64) {
        self.venue.settings.insert(format!("{}.{setting}", self.scenario.card().id), value);
    }

    /// A step started by people, checked against its form; messages are left waiting.
    pub fn step(&mut self, cause: Cause, action: &str, holder: Option<&Holder>, input: Value, attempt: Id) -> Answer {
        let form = self.scenario.card().action(action).map_or(&[][..], |action| action.form);
        let mut input = Input::check(input, form)?;
        if !self.agreed.is_empty() {
            let mut fields = input.fields().clone();
            fields.insert(tongma_domain::AGREED_FIELD.to_owned(), self.agreed.clone().into());
            input = Input::trusted(fields);
        }
        let venue = self.venue.clone();
        let holder = holder.map(|holder| self.known(holder));
        let bucket = {
            let step = self.as_step(&venue, cause.clone(), action, holder.as_ref(), &input, attempt);
            match self.scenario.place(&step)? {
                Place::Holder => holder.as_ref().map_or(Bucket::DIRECTORY, |holder| holder.person.bucket()),
                Place::Thing(thing) => thing.bucket(),
            }
        };
        self.run(&venue, bucket, cause, action, holder.as_ref(), &input, attempt)
    }

    /// A step by an operator, with every message delivered; gives the final answer.
    pub fn at_desk(&mut self, action: &str, holder: &Holder, input: Value, attempt: Id) -> Answer {
        let answer = self.step(Cause::Operator, action, Some(holder), input, attempt);
        self.finish(answer)
    }

    /// A step of the holder in the app, with every message delivered; gives the final answer.
    pub fn in_app(&mut self, action: &str, holder: &Holder, input: Value, attempt: Id) -> Answer {
        let answer = self.step(Cause::Holder, action, Some(holder), input, attempt);
        self.finish(answer)
    }

    /// A step of a point with nobody's code.
    pub fn at_point(&mut self, action: &str, input: Value, attempt: Id) -> Answer {
        let answer = self.step(Cause::Point, action, None, input, attempt);
        self.finish(answer)
    }

    fn finish(&mut self, answer: Answer) -> Answer {
        self.deliver();
        match answer {
            Ok(Outcome { pending: Some(attempt), .. }) if self.answers.contains_key(&attempt) => {
                self.answers[&attempt].clone()
            }
            other => other,
        }
    }

    /// Delivers every waiting message, and what they send, until none is left.
    pub fn deliver(&mut self) {
        while !self.legs.is_empty() {
            self.deliver_one();
        }
    }

    /// Delivers one waiting message as the world's post does.
    pub fn deliver_one(&mut self) {
        let leg = if self.post == Post::TwiceBackwards { self.legs.pop_back() } else { self.legs.pop_front() };
        let Some(leg) = leg else { return };
        let times = if self.post == Post::InOrder { 1 } else { 2 };
        for _ in 0..times {
            self.leg(&leg, Cause::Message).unwrap_or_else(|refusal| panic!("a leg must not refuse: {refusal}"));
        }
    }

    /// Runs a leg once.
    pub fn leg(&mut self, leg: &Leg, cause: Cause) -> Answer {
        let Value::Object(fields) = leg.input.clone() else { panic!("a leg's input is an object") };
        self.run(&leg.venue.clone(), leg.bucket, cause, &leg.action, None, &Input::trusted(fields), leg.attempt)
    }

    /// Answers the request at a place in the order asked, and delivers what follows.
    pub fn reply(&mut self, place: usize, reply: Reply) {
        let back = self.asked[place].back.clone();
        self.leg(&back, Cause::Reply(reply)).unwrap();
        self.deliver();
    }

    fn as_step<'a>(
        &'a self,
        venue: &'a Venue,
        cause: Cause,
        action: &'a str,
        holder: Option<&'a Holder>,
        input: &'a Input,
        attempt: Id,
    ) -> Step<'a> {
        Step {
            point: (self.scanned || cause != Cause::Holder).then_some(&self.point),
            cause,
            action,
            venue,
            operator: Some("李"),
            holder,
            input,
            attempt,
            now: self.now,
        }
    }

    /// What the scenario lists.
    pub fn list(&mut self, cause: Cause, action: &str, holder: Option<&Holder>, input: &Value) -> Vec<Value> {
        let (scenario, venue, input) = (self.scenario, self.venue.clone(), Input::of(input));
        let holder = holder.map(|holder| self.known(holder));
        let step = self.as_step(&venue, cause, action, holder.as_ref(), &input, Id::derived(&[b"list"]));
        let Place::Thing(thing) = scenario.place(&step).unwrap() else { panic!("a thing decides") };
        let mut listed = Vec::new();
        self.store
            .read(thing.bucket(), &mut |txn| {
                let mut desk = Desk::new(txn, step.now, SeededEntropy::new([0; 32]));
                listed = scenario.list(&mut desk, &step).unwrap();
                Ok(())
            })
            .unwrap();
        listed
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a step, once")]
    fn run(
        &mut self,
        venue: &Venue,
        bucket: Bucket,
        cause: Cause,
        action: &str,
        holder: Option<&Holder>,
        input: &Input,
        attempt: Id,
    ) -> Answer {
        type Done = (Outcome, Vec<Effect>, Option<Answer>);
        let refused: Arc<Mutex<Option<Refusal>>> = Arc::default();
        let (note, scenario, now) = (Arc::clone(&refused), self.scenario, self.now);
        let (venue_then, action_then, holder) = (venue.clone(), action.to_owned(), holder.cloned());
        let (input, point, scanned) = (input.clone(), self.point.clone(), self.scanned);
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(attempt.as_bytes());
        let result: Result<Done, StoreError> = run_blocking(&self.store, bucket, move |txn: &mut dyn Txn| {
            let step = Step {
                cause: cause.clone(),
                action: &action_then,
                venue: &venue_then,
                point: (scanned || cause != Cause::Holder).then_some(&point),
                operator: Some("李"),
                holder: holder.as_ref(),
                input: &input,
                attempt,
                now,
            };
            let mut desk = Desk::new(txn, now, SeededEntropy::new(seed));
            match scenario.act(&mut desk, &step) {
                Ok(outcome) => Ok((outcome, desk.effects, desk.answer)),
                Err(Stop::Store(error)) => Err(error),
                Err(Stop::Refused(refusal)) => {
                    *note.lock().unwrap() = Some(refusal);
                    Err(StoreError::Bound("refused"))
                }
            }
        });
        match (result, refused.lock().unwrap().take()) {
            (Ok((outcome, effects, answer)), _) => {
                for effect in effects {
                    self.take(effect, venue, bucket, attempt);
                }
                if let Some(answer) = answer {
                    self.answers.insert(attempt, answer);
                }
                Ok(outcome)
            }
            (Err(_), Some(refusal)) => Err(refusal),
            (Err(error), None) => panic!("{action}: {error}"),
        }
    }

    fn take(&mut self, effect: Effect, venue: &Venue, here: Bucket, attempt: Id) {
        let leg = |bucket, action, input| Leg { bucket, action, input, attempt, venue: venue.clone() };
        match effect {
            Effect::Message { bucket, action, input } => self.legs.push_back(leg(bucket, action, input)),
            Effect::Timer { at, action, input } => self.timers.push((at, leg(here, action, input))),
            Effect::External { request, reply_action, .. } => {
                let back = leg(here, reply_action, request.clone());
                self.asked.push(Asked { request, back });
            }
            Effect::Report { person, request, reply_action, .. } => {
                let back = leg(here, reply_action, request.clone());
                self.asked.push(Asked { request, back });
                self.reported.push(person);
            }
            Effect::Mirror { person, kind, key, body, revision } => {
                let place = (person, kind, key.as_bytes().to_vec());
                if self.mirrors.get(&place).is_none_or(|(known, _)| *known <= revision) {
                    self.mirrors.insert(place, (revision, body));
                }
            }
            Effect::Binding { person, binding, live } => {
                let place = (person, binding.kind.clone());
                if live {
                    self.bindings.insert(place, binding)
                } else {
                    self.bindings.remove(&place)
                };
            }
            Effect::Log { person, text, released, detail } => self.log.push(Line { person, text, released, detail }),
            Effect::Notice { person, topic, .. } => self.notices.push((person, topic)),
        }
    }

    /// The holder with the bindings mirrored so far.
    fn known(&self, holder: &Holder) -> Holder {
        let own = self.bindings.iter().filter(|((person, _), _)| *person == holder.person);
        Holder { bindings: own.map(|(_, binding)| binding.clone()).collect(), ..holder.clone() }
    }

    /// What the person sees of a kind.
    pub fn mirrored(&self, person: Id, kind: &str) -> Vec<Value> {
        let own = self.mirrors.iter().filter(|((of, what, _), _)| *of == person && what == kind);
        own.map(|(_, (_, body))| body.clone()).filter(|body| !body.is_null()).collect()
    }

    /// The person's log, as text.
    pub fn lines(&self, person: Id) -> Vec<&str> {
        self.log.iter().filter(|line| line.person == person).map(|line| line.text.zh.as_ref()).collect()
    }

    /// Fills a purse.
    pub fn top_up(&mut self, person: Id, fen: i64) {
        let (now, attempt) = (self.now, Id::derived(&[b"top_up", person.as_bytes(), &fen.to_be_bytes()]));
        run_blocking(&self.store, person.bucket(), move |txn| {
            match charge::top_up(txn, person, Fen::new(fen), attempt, now) {
                Ok(_) => Ok(()),
                Err(Stop::Store(error)) => Err(error),
                Err(Stop::Refused(refusal)) => panic!("{refusal}"),
            }
        })
        .unwrap();
    }

    /// An account, read from the store itself.
    pub fn account(&self, bucket: Bucket, key: &AccountKey) -> Option<Account> {
        let accounts = self.store.accounts_of(bucket).unwrap();
        accounts.into_iter().find(|(of, _)| of == key).map(|(_, account)| account)
    }

    /// What a purse holds and nobody has reserved.
    pub fn purse(&self, person: Id) -> i64 {
        let account = self.account(person.bucket(), &charge::purse(person));
        account.map_or(0, |a| a.credits_posted.get() - a.debits_posted.get() - a.debits_pending.get())
    }

    /// What a merchant is owed over all buckets, and what is still pending for it.
    pub fn due(&self) -> (i64, i64) {
        let key = charge::due(self.venue.organisation);
        let all = self.store.buckets().unwrap().into_iter().filter_map(|bucket| self.account(bucket, &key));
        all.fold((0, 0), |(posted, pending), a| {
            (posted + a.credits_posted.get() - a.debits_posted.get(), pending + a.credits_pending.get())
        })
    }
}

/// A person of the tests, born on this day.
pub fn person(name: &str, birth: &str) -> Holder {
    Holder {
        person: Id::derived(&[b"person", name.as_bytes()]),
        pseudonym: format!("p-{name}"),
        actor: 0,
        masked_name: format!("{name}**"),
        birth: Date::parse(birth).unwrap(),
        document: DocumentKind::ResidentId,
        bindings: Vec::new(),
        consents: Vec::new(),
        agreed: false,
    }
}

/// The n-th attempt.
pub fn attempt(number: u32) -> Id {
    Id::derived(&[b"attempt", &number.to_be_bytes()])
}

/// The code of a refusal, or `ok`.
pub fn code(answer: &Answer) -> &str {
    answer.as_ref().map_or_else(Refusal::code, |_| "ok")
}
