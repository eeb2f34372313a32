use proptest::prelude::*;
use serde_json::{Value, json};
use tongma_capability::{Cause, Holder};
use tongma_domain::{Date, Id};

use super::Entry;
use crate::harness::{Answer, Post, World, attempt, code, person};

/// A hall on Monday morning, 23 November 2026.
struct Hall {
    world: World,
    attempts: u32,
}

impl Hall {
    fn new() -> Self {
        Self { world: World::new(&Entry), attempts: 0 }
    }

    fn attempt(&mut self) -> Id {
        self.attempts += 1;
        attempt(self.attempts)
    }

    fn app(&mut self, action: &str, holder: &Holder, input: Value) -> Answer {
        let attempt = self.attempt();
        self.world.in_app(action, holder, input, attempt)
    }

    fn book(&mut self, holder: &Holder, date: &str, session: &str) -> Answer {
        self.app("book", holder, json!({"matter": "tax", "date": date, "session": session}))
    }

    fn arrive(&mut self, holder: &Holder) -> Answer {
        let attempt = self.attempt();
        self.world.at_desk("arrive", holder, json!({}), attempt)
    }

    fn set_day(&mut self, date: &str, open: &str) {
        let attempt = self.attempt();
        self.world.at_point("set_day", json!({"date": date, "open": open}), attempt).unwrap();
    }

    fn booking(&self, holder: &Holder) -> Option<Value> {
        self.world.mirrored(holder.person, "booking").into_iter().next()
    }

    /// Moves on to a minute of a date; timers go off on the way.
    fn go_to(&mut self, date: &str, minute: i64) {
        self.world.now = Date::parse(date).unwrap().start().plus_s(60 * minute);
        let due: Vec<_> = self.world.timers.iter().filter(|(at, _)| *at <= self.world.now).cloned().collect();
        self.world.timers.retain(|(at, _)| *at > self.world.now);
        for (_, leg) in due {
            self.world.leg(&leg, Cause::Timer).unwrap();
        }
        self.world.deliver();
    }
}

fn adult(name: &str) -> Holder {
    person(name, "1988-03-12")
}

#[test]
fn booked_come_and_late() {
    let mut hall = Hall::new();
    hall.world.post = Post::Twice;
    let (chen, li, wang) = (adult("陈"), adult("李"), adult("王"));
    let check = |hall: &mut Hall, date: &str, session: &str, expected: &str| {
        let answer = hall.book(&adult("陈"), date, session);
        assert_eq!(code(&answer), expected, "{date} {session}");
    };
    check(&mut hall, "2026-11-23", "14:00", "hall.too_early");
    check(&mut hall, "2026-11-22", "14:00", "hall.too_early");
    check(&mut hall, "2026-12-01", "14:00", "hall.too_far");
    check(&mut hall, "2026-11-28", "14:00", "hall.closed_day");
    check(&mut hall, "2026-11-24", "12:00", "hall.no_slot");
    check(&mut hall, "2026-11-30", "09:30", "ok");
    check(&mut hall, "2026-11-24", "09:30", "ok");
    check(&mut hall, "2026-11-24", "10:00", "hall.already_booked");
    hall.book(&li, "2026-11-24", "09:30").unwrap();
    hall.go_to("2026-11-24", 539);
    assert_eq!(code(&hall.arrive(&chen)), "hall.early");
    hall.go_to("2026-11-24", 540);
    let came = hall.arrive(&chen).unwrap();
    assert_eq!((&came.detail["number"], &came.detail["stream"]["zh"]), (&json!("G001"), &json!("预约")));
    assert_eq!(came.detail["masked_name"], "陈**");
    assert_eq!(code(&hall.arrive(&chen)), "hall.come_already");
    hall.go_to("2026-11-24", 570 + 16);
    assert_eq!(hall.arrive(&li).unwrap().detail["stream"]["zh"], "现场");
    assert_eq!(code(&hall.arrive(&wang)), "hall.no_booking");
    // Neither of them is a no-show.
    hall.go_to("2026-11-24", 1439);
    assert!(hall.world.lines(chen.person).iter().chain(&hall.world.lines(li.person)).all(|line| !line.contains("未到")));
    assert_eq!(hall.world.mirrored(li.person, "booking").len(), 0);
}

#[test]
fn cancelled_in_time_frees_the_place_and_costs_nothing() {
    let mut hall = Hall::new();
    hall.world.set("slot_people", 1);
    let (chen, li) = (adult("陈"), adult("李"));
    hall.book(&chen, "2026-11-24", "14:00").unwrap();
    assert_eq!(code(&hall.book(&li, "2026-11-24", "14:00")), "hall.full");
    hall.go_to("2026-11-24", 720);
    hall.app("cancel", &chen, json!({"date": "2026-11-24"})).unwrap();
    assert_eq!(hall.booking(&chen), None);
    hall.world.set("days_ahead_least", 0);
    hall.book(&li, "2026-11-24", "14:00").unwrap();
    hall.go_to("2026-11-24", 721);
    assert_eq!(code(&hall.app("cancel", &li, json!({"date": "2026-11-24"}))), "hall.too_late");
    assert!(hall.booking(&li).is_some());
    hall.go_to("2026-11-25", 0);
    assert!(hall.world.lines(chen.person).iter().all(|line| !line.contains("第 1 次")));
    assert!(hall.world.lines(li.person).iter().any(|line| line.contains("第 1 次")));
}

#[test]
fn whoever_is_still_expected_is_reminded_on_the_evening_before() {
    let mut hall = Hall::new();
    let (chen, li, late) = (adult("陈"), adult("李"), adult("晚"));
    hall.book(&li, "2026-11-27", "14:00").unwrap();
    hall.book(&chen, "2026-11-27", "15:00").unwrap();
    hall.app("cancel", &li, json!({"date": "2026-11-27"})).unwrap();
    hall.go_to("2026-11-26", 18 * 60);
    hall.book(&late, "2026-11-27", "14:00").unwrap();
    hall.go_to("2026-11-27", 600);
    let reminded = |one: &Holder| hall.world.notices.contains(&(one.person, "slot_reminder".to_owned()));
    assert!(reminded(&chen), "expected");
    assert!(!reminded(&li), "cancelled");
    assert!(!reminded(&late), "booked after the hour of reminders");
}

#[test]
fn three_no_shows_rest_the_phone_and_not_the_hall() {
    let mut hall = Hall::new();
    hall.world.post = Post::TwiceBackwards;
    let chen = adult("陈");
    for date in ["2026-11-24", "2026-11-25", "2026-11-26"] {
        hall.book(&chen, date, "09:30").unwrap();
    }
    hall.go_to("2026-11-26", 1439);
    let refused = hall.book(&chen, "2026-11-27", "09:30");
    assert_eq!(code(&refused), "hall.resting");
    assert!(refused.unwrap_err().title.zh.contains("2026-12-26"));
    // At the desk a clerk may still book, and after the rest the phone books again.
    let attempt = hall.attempt();
    let input = json!({"matter": "tax", "date": "2026-11-27", "session": "09:30"});
    hall.world.at_desk("book", &chen, input, attempt).unwrap();
    hall.go_to("2026-11-27", 560);
    assert_eq!(hall.arrive(&chen).unwrap().detail["stream"]["zh"], "预约");
    hall.go_to("2026-12-28", 0);
    hall.book(&chen, "2026-12-29", "09:30").unwrap();
}

#[test]
fn moved_within_the_day_and_to_another() {
    let mut hall = Hall::new();
    hall.world.post = Post::TwiceBackwards;
    hall.world.set("slot_people", 1);
    let (chen, li) = (adult("陈"), adult("李"));
    hall.book(&chen, "2026-11-24", "09:00").unwrap();
    hall.book(&li, "2026-11-25", "09:00").unwrap();
    hall.app("move", &chen, json!({"date": "2026-11-24", "session": "09:30"})).unwrap();
    assert_eq!(hall.booking(&chen).unwrap()["session"], "09:30");
    hall.book(&adult("王"), "2026-11-24", "09:00").unwrap();
    let full = hall.app("move", &chen, json!({"date": "2026-11-24", "to_date": "2026-11-25", "session": "09:00"}));
    assert_eq!(code(&full), "hall.full");
    assert_eq!(hall.booking(&chen).unwrap()["date"], "2026-11-24", "still good where it was");
    hall.app("move", &chen, json!({"date": "2026-11-24", "to_date": "2026-11-25", "session": "10:00"})).unwrap();
    assert_eq!(hall.booking(&chen).unwrap()["date"], "2026-11-25");
    hall.book(&adult("赵"), "2026-11-24", "09:30").unwrap();
    // The day that was moved away from is not a no-show.
    hall.go_to("2026-11-24", 1439);
    assert!(hall.world.lines(chen.person).iter().all(|line| !line.contains("第 1 次")));
}

#[test]
fn a_day_in_exchange_opens_and_a_closed_one_is_rebooked_first() {
    let mut hall = Hall::new();
    hall.world.set("slot_people", 2);
    hall.world.set("first_people", 1);
    let (chen, li) = (adult("陈"), adult("李"));
    assert_eq!(code(&hall.book(&chen, "2026-11-28", "09:30")), "hall.closed_day");
    assert_eq!(hall.world.list(Cause::Holder, "sessions", Some(&chen), &json!({"date": "2026-11-28"})).len(), 0);
    hall.set_day("2026-11-28", "open");
    let listed = hall.world.list(Cause::Holder, "sessions", Some(&chen), &json!({"date": "2026-11-28"}));
    assert_eq!((&listed[1]["session"], &listed[1]["left"], &listed[1]["open"]), (&json!("09:30"), &json!(2), &json!(true)));
    hall.book(&chen, "2026-11-28", "09:30").unwrap();
    hall.book(&li, "2026-11-28", "09:30").unwrap();
    // The next Monday is full; then a typhoon closes the Saturday.
    for name in ["甲", "乙"] {
        hall.book(&adult(name), "2026-11-30", "09:30").unwrap();
    }
    assert_eq!(code(&hall.book(&chen, "2026-11-30", "09:30")), "hall.full");
    hall.set_day("2026-11-28", "closed");
    let shown = hall.booking(&chen).unwrap();
    assert_eq!((&shown["state_words"]["zh"], &shown["actions"]), (&json!("大厅取消"), &json!([])));
    assert_eq!(code(&hall.book(&adult("丙"), "2026-11-30", "09:30")), "hall.full");
    hall.book(&chen, "2026-11-30", "09:30").unwrap();
    assert_eq!(code(&hall.book(&li, "2026-11-30", "09:30")), "hall.full", "one place was kept, and it is taken");
    hall.book(&li, "2026-11-30", "10:00").unwrap();
    hall.go_to("2026-11-28", 1439);
    for one in [&chen, &li] {
        assert!(hall.world.lines(one.person).iter().all(|line| !line.contains("第 1 次")), "the hall's fault");
    }
}

#[derive(Debug, Clone)]
enum Op {
    Book { person: usize, day: i64, slot: usize },
    Cancel { person: usize, day: i64 },
    Move { person: usize, day: i64, to: i64, slot: usize },
    Close { day: i64, open: bool },
}

fn op() -> impl Strategy<Value = Op> {
    let (person, day, slot) = (0..5_usize, 1..4_i64, 0..2_usize);
    prop_oneof![
        5 => (person.clone(), day.clone(), slot.clone()).prop_map(|(person, day, slot)| Op::Book { person, day, slot }),
        2 => (person.clone(), day.clone()).prop_map(|(person, day)| Op::Cancel { person, day }),
        3 => (person, day.clone(), day.clone(), slot)
            .prop_map(|(person, day, to, slot)| Op::Move { person, day, to, slot }),
        1 => (day, any::<bool>()).prop_map(|(day, open)| Op::Close { day, open }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever people and the hall do: no slot holds more than its places, nobody has two bookings a day, and whoever
    /// cancelled in time is never counted as missing.
    #[test]
    fn slots_hold_and_timely_people_are_not_punished(ops in prop::collection::vec(op(), 1..40), post in 0..3_u8) {
        let mut hall = Hall::new();
        hall.world.post = [Post::InOrder, Post::Twice, Post::TwiceBackwards][usize::from(post)];
        hall.world.set("slot_people", 2);
        hall.world.set("first_people", 1);
        let people: Vec<Holder> = (0..5).map(|n| adult(&format!("人{n}"))).collect();
        let date = |day: i64| Date::from_days(Date::parse("2026-11-23").unwrap().to_days() + day).to_string();
        let slots = ["09:00", "09:30"];
        for op in ops {
            match op {
                Op::Book { person, day, slot } => drop(hall.book(&people[person], &date(day), slots[slot])),
                Op::Cancel { person, day } => drop(hall.app("cancel", &people[person], json!({"date": date(day)}))),
                Op::Move { person, day, to, slot } => {
                    let input = json!({"date": date(day), "to_date": date(to), "session": slots[slot]});
                    drop(hall.app("move", &people[person], input));
                }
                Op::Close { day, open } => hall.set_day(&date(day), if open { "open" } else { "closed" }),
            }
        }
        for day in 1..4 {
            let sheet = hall.world.list(Cause::Point, "day", None, &json!({"date": date(day)}));
            for slot in &sheet {
                prop_assert!(slot["booked"].as_u64().unwrap() <= 3, "{slot}");
            }
            let mut live = 0;
            for person in &people {
                let own = hall.world.mirrored(person.person, "booking");
                let here = own.iter().filter(|one| one["date"] == date(day) && one["state_words"].is_null()).count();
                prop_assert!(here <= 1, "two on one day");
                live += here;
            }
            let booked: u64 = sheet.iter().map(|slot| slot["booked"].as_u64().unwrap()).sum();
            prop_assert_eq!(booked, live as u64, "what the hall counts and what people see");
        }
        let expected: Vec<usize> = people
            .iter()
            .map(|one| hall.world.mirrored(one.person, "booking").iter().filter(|one| one["state_words"].is_null()).count())
            .collect();
        hall.go_to("2026-11-27", 0);
        for (person, expected) in people.iter().zip(expected) {
            let lines = hall.world.lines(person.person);
            let missed = lines.iter().filter(|line| line.contains("未到，") || line.contains("暂停到")).count();
            prop_assert_eq!(missed, expected, "missed days are those that were booked, and no others");
        }
    }
}
