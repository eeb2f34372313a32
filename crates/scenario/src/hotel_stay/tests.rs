//! The invariants of stays under any order of what guests, clerks and the authority do: nobody has a key who is not
//! registered, a room has one custodian and no more guests than beds, no minor is there without what the law asks, and the
//! authority takes every change once, in order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use tongma_capability::stay::{ReportState, Role, Room, Stay, StayState, house_of};
use tongma_capability::{Cause, Holder, Reply, handover};
use tongma_store::{Held, Key, MOST_PAGE, find, load, run_blocking};

use super::Entry;
use crate::harness::{Answer, World, attempt, person};

const ROOMS: [(&str, u8); 3] = [("101", 1), ("102", 2), ("103", 3)];

#[derive(Debug, Clone)]
enum Op {
    Register { who: usize, room: usize, people: u8, company: usize, called: bool, phone: bool, related: bool },
    Key { who: usize },
    Move { who: usize, room: usize },
    Extend { who: usize },
    Leave { who: usize },
    /// The authority answers one of the requests that wait: takes it, puts it back, or is not heard; perhaps twice.
    Authority { pick: usize, how: u8, twice: bool },
    Correct { pick: usize },
    Wait { seconds: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    let who = || 0..5_usize;
    let flags = (any::<bool>(), prop::bool::weighted(0.9), prop::bool::weighted(0.9));
    prop_oneof![
        8 => (who(), 0..3_usize, 0..4_u8, 0..4_usize, flags).prop_map(|(who, room, people, company, (called, phone, related))| {
            Op::Register { who, room, people, company, called, phone, related }
        }),
        4 => who().prop_map(|who| Op::Key { who }),
        2 => (who(), 0..3_usize).prop_map(|(who, room)| Op::Move { who, room }),
        1 => who().prop_map(|who| Op::Extend { who }),
        4 => who().prop_map(|who| Op::Leave { who }),
        8 => (0..64_usize, 0..6_u8, any::<bool>()).prop_map(|(pick, how, twice)| Op::Authority { pick, how, twice }),
        2 => (0..16_usize).prop_map(|pick| Op::Correct { pick }),
        2 => (1..2000_i64).prop_map(|seconds| Op::Wait { seconds }),
    ]
}

/// A hotel, five people (two of them minors), and the authority with what it has taken.
struct Hotel {
    world: World,
    people: Vec<Holder>,
    steps: u32,
    /// Requests that were answered.
    answered: BTreeSet<usize>,
    /// By stay, what the authority took, in order.
    taken: BTreeMap<String, Vec<(i64, String)>>,
}

impl Hotel {
    fn new() -> Self {
        let mut world = World::new(&Entry);
        let births = ["1980-01-01", "1990-01-01", "1960-01-01", "2016-01-01", "2009-12-01"];
        let people: Vec<Holder> = births
            .iter()
            .enumerate()
            .map(|(number, birth)| Holder { agreed: true, ..person(&format!("客{number}"), birth) })
            .collect();
        for guest in &people {
            world.top_up(guest.person, 1_000_000);
        }
        let mut hotel = Self { world, people, steps: 0, answered: BTreeSet::new(), taken: BTreeMap::new() };
        for (room, beds) in ROOMS {
            let number = hotel.next();
            hotel.world.at_point("add_room", json!({"room": room, "beds": beds, "rate": 100}), number).unwrap();
        }
        hotel
    }

    fn next(&mut self) -> tongma_domain::Id {
        self.steps += 1;
        attempt(self.steps)
    }

    fn at_desk(&mut self, action: &str, who: usize, input: Value) -> Answer {
        let (number, guest) = (self.next(), self.people[who].clone());
        self.world.at_desk(action, &guest, input, number)
    }

    fn stays(&self) -> Vec<Stay> {
        let house = house_of(&self.world.venue);
        run_blocking(&self.world.store, house.bucket(), move |txn| Ok(find::<Stay>(txn, "sheet", house, None, MOST_PAGE)?.items))
            .unwrap()
            .into_iter()
            .map(|held| held.value)
            .collect()
    }

    fn stay(&self, number: &str) -> Stay {
        let house = house_of(&self.world.venue);
        let key = Key::of(&[house.as_bytes(), number.as_bytes()]);
        run_blocking(&self.world.store, house.bucket(), move |txn| load::<Stay>(txn, key.clone())).unwrap().unwrap().value
    }

    fn room(&self, number: &'static str) -> (Room, Option<tongma_domain::Id>) {
        let house = house_of(&self.world.venue);
        let key = Key::of(&[house.as_bytes(), number.as_bytes()]);
        let found = run_blocking(&self.world.store, house.bucket(), move |txn| {
            let room: Option<Held<Room>> = load(txn, key.clone())?;
            let loan = handover::open_loan(txn, house, number);
            let loan = loan.unwrap_or_else(|stop| panic!("the key's loan cannot be read: {stop:?}"));
            let loan = loan.map(|held| held.value.person);
            Ok(room.map(|held| (held.value, loan)))
        });
        found.unwrap().unwrap()
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Register { who, room, people, company, called, phone, related } => self.register(who, room, people, (company, called, phone, related)),
            Op::Key { who } => drop(self.at_desk("give_key", who, json!({}))),
            Op::Move { who, room } => drop(self.at_desk("move", who, json!({"room": ROOMS[room].0}))),
            Op::Extend { who } => drop(self.at_desk("extend", who, json!({"nights": 1}))),
            Op::Leave { who } => {
                drop(self.at_desk("pay", who, json!({})));
                drop(self.at_desk("check_out", who, json!({})));
            }
            Op::Authority { pick, how, twice } => self.authority(pick, how, twice),
            Op::Correct { pick } => {
                let stays = self.stays();
                if let Some(stay) = pick.checked_rem(stays.len()).map(|place| &stays[place]) {
                    let number = self.next();
                    drop(self.world.at_point("correct", json!({"number": stay.number, "relation": "friend"}), number));
                }
            }
            Op::Wait { seconds } => self.wait(seconds),
        }
    }

    fn register(&mut self, who: usize, room: usize, people: u8, (company, called, phone, related): (usize, bool, bool, bool)) {
        let mut input = json!({"room": ROOMS[room].0, "compared": "same", "nights": 1});
        // Without a number of people the room fills as they come.
        if people > 0 {
            input["people"] = json!(people);
        }
        if related {
            input["relation"] = json!("friend");
        }
        let minor = who >= 3;
        let company = ["guardian", "other_adult", "alone", "minors"][company];
        if minor {
            input["company"] = json!(company);
            input["guardian_is"] = json!("mother");
            if phone {
                input["guardian_phone"] = json!("13800138000");
            }
            if called {
                input["guardian_call"] = json!("agreed");
            }
        }
        let adult_there = self.stays().iter().any(|stay| stay.is_open() && stay.room == ROOMS[room].0 && !stay.under_18);
        if self.at_desk(if minor { "register_minor" } else { "register" }, who, input).is_ok() && minor {
            let with_adult = matches!(company, "guardian" | "other_adult");
            assert!(phone && (!with_adult || adult_there), "registered without a telephone or the adult");
            // The one who is 16 may come alone; everybody else without a guardian needs the call.
            let on_their_own = who == 4 && company != "other_adult";
            assert!(called || company == "guardian" || on_their_own, "nobody was called");
        }
    }

    fn authority(&mut self, pick: usize, how: u8, twice: bool) {
        let open: Vec<usize> = (0..self.world.asked.len()).filter(|place| !self.answered.contains(place)).collect();
        let Some(place) = pick.checked_rem(open.len()).map(|at| open[at]) else { return };
        let request = self.world.asked[place].request.clone();
        let (stay, seq) = (request["stay"].as_str().unwrap().to_owned(), request["seq"].as_i64().unwrap());
        let reply = match how {
            0 => Reply::Unknown,
            1 => Reply::Failure { code: "authority.correct.relation".into() },
            _ => {
                // What it has already it takes as the same; its receipt is the same.
                let of_stay = self.taken.entry(stay.clone()).or_default();
                if !of_stay.iter().any(|(known, _)| *known == seq) {
                    of_stay.push((seq, request["op"].as_str().unwrap().to_owned()));
                }
                Reply::Success { detail: json!({"receipt": format!("R-{stay}-{seq}")}) }
            }
        };
        self.answered.insert(place);
        for _ in 0..=u8::from(twice) {
            self.world.reply(place, reply.clone());
        }
    }

    /// Time goes on, and what was set for it happens.
    fn wait(&mut self, seconds: i64) {
        self.world.now = self.world.now.plus_s(seconds);
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.world.timers).into_iter().partition(|(at, _)| *at <= self.world.now);
        self.world.timers = later;
        for (_, leg) in due {
            self.world.leg(&leg, Cause::Timer).unwrap();
            self.world.deliver();
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let stays = self.stays();
        for (number, beds) in ROOMS {
            let guests: Vec<&Stay> =
                stays.iter().filter(|stay| stay.is_open() && stay.room == number && stay.role == Role::Guest).collect();
            let (room, key) = self.room(number);
            prop_assert!(guests.len() <= usize::from(beds), "{} guests in {}", guests.len(), number);
            prop_assert_eq!(room.party.is_some(), !guests.is_empty(), "{} and its party", number);
            prop_assert!(guests.iter().all(|guest| Some(&guest.party) == room.party.as_ref()), "two parties in {}", number);
            let custodian = key.map(|holder| guests.iter().any(|guest| guest.person == holder && guest.state == StayState::InHouse));
            prop_assert_ne!(custodian, Some(false), "the key of {} is with somebody who is not registered there", number);
            let inside = guests.iter().any(|guest| guest.state == StayState::InHouse);
            prop_assert_eq!(inside, key.is_some(), "in the house without a key, or a key with nobody there: {}", number);
        }
        let mut open = BTreeSet::new();
        for stay in stays.iter().filter(|stay| stay.is_open()) {
            prop_assert!(open.insert(stay.person), "one person, two stays");
            prop_assert_eq!(stay.under_18, stay.minor.is_some(), "a minor without what the law asks, {}", stay.number);
        }
        let mut receipts = BTreeSet::new();
        for receipt in self.world.log.iter().filter_map(|line| line.detail.get("receipt_no")) {
            prop_assert!(receipts.insert(receipt.to_string()), "a receipt was told twice: {}", receipt);
        }
        for (number, taken) in &self.taken {
            let rank = |op: &str| ["arrive", "change", "depart"].iter().position(|known| *known == op);
            let ranks: Vec<_> = taken.iter().map(|(_, op)| rank(op)).collect();
            prop_assert!(ranks.is_sorted() && ranks.first() == Some(&Some(0)), "{} was told as {:?}", number, taken);
            prop_assert!(ranks.iter().filter(|rank| **rank == Some(0)).count() == 1, "{} arrived twice: {:?}", number, taken);
        }
        Ok(())
    }

    /// The authority is there again and takes everything; staff put right what came back.
    fn settle(&mut self) {
        for _ in 0..60 {
            self.wait(601);
            while self.answered.len() < self.world.asked.len() {
                self.authority(0, 5, false);
            }
            for stay in self.stays() {
                let number = self.next();
                drop(self.world.at_point("correct", json!({"number": stay.number, "relation": "friend"}), number));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn keys_rooms_minors_and_reports_hold_under_any_order(ops in prop::collection::vec(op(), 1..60)) {
        let mut hotel = Hotel::new();
        for op in &ops {
            hotel.apply(op);
            hotel.check()?;
        }
        let begun: Vec<String> = hotel.world.asked.iter().map(|asked| asked.request["stay"].as_str().unwrap().to_owned()).collect();
        hotel.settle();
        hotel.check()?;
        for number in begun {
            let stay = hotel.stay(&number);
            let settled = |state: &ReportState| matches!(state, ReportState::Accepted { .. } | ReportState::Replaced);
            prop_assert!(stay.reports.iter().all(|report| settled(&report.state)), "{}: {:?}", number, stay.reports);
            let told: Vec<&str> = hotel.taken[&number].iter().map(|(_, op)| op.as_str()).collect();
            prop_assert_eq!(stay.state == StayState::Left, told.last() == Some(&"depart"), "{} {:?}", number, told);
            let changes = stay.reports.iter().filter(|report| matches!(report.state, ReportState::Accepted { .. })).count();
            prop_assert_eq!(told.len(), changes, "each change once: {:?}", told);
        }
    }
}

#[test]
fn a_family_goes_through_it() {
    let mut hotel = Hotel::new();
    hotel.register(0, 1, 2, (0, false, true, true));
    hotel.register(3, 1, 2, (0, false, true, true));
    assert_eq!(hotel.stays().iter().filter(|stay| stay.is_open()).count(), 2);
    hotel.at_desk("give_key", 0, json!({})).unwrap();
    hotel.at_desk("pay", 0, json!({})).unwrap();
    hotel.at_desk("check_out", 0, json!({})).unwrap();
    // The key is handed on to whoever stays.
    assert_eq!(hotel.room("102").1, Some(hotel.people[3].person));
    hotel.at_desk("check_out", 3, json!({})).unwrap();
    assert_eq!(hotel.room("102").1, None);
    hotel.settle();
    hotel.check().unwrap();
    assert_eq!(hotel.taken.values().map(Vec::len).sum::<usize>(), 4);
}
