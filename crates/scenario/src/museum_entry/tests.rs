//! The cells of row 7 that are built, and moves between days under any order of messages.

use proptest::prelude::*;
use serde_json::{Value, json};
use tongma_capability::{Cause, Holder, reserve};
use tongma_domain::{Claim, Id, UnixMs};

use super::{Entry, day};
use crate::harness::{Answer, Post, World, attempt, code, person};

const TODAY: &str = "2026-11-23";
const TOMORROW: &str = "2026-11-24";

fn museum() -> (World, Holder) {
    (World::new(&Entry), person("黄", "1988-08-08"))
}

fn book(
    world: &mut World,
    holder: &Holder,
    (date, session): (&str, &str),
    (adults, children): (u32, u32),
    number: u32,
) -> Answer {
    let companions = json!({"adults": adults, "children": children});
    world.in_app("book", holder, json!({"date": date, "session": session, "companions": companions}), attempt(number))
}

/// A party of four (two adults, two children), booked for this morning.
fn four() -> (World, Holder) {
    let (mut world, huang) = museum();
    book(&mut world, &huang, (TODAY, "09:00"), (1, 2), 1).unwrap();
    (world, huang)
}

fn admit(world: &mut World, holder: &Holder, people: Option<u32>, number: u32) -> Answer {
    world.at_desk("admit", holder, people.map_or(json!({}), |people| json!({"people": people})), attempt(number))
}

fn exit(world: &mut World, holder: &Holder, people: Option<u32>, number: u32) -> Answer {
    world.at_desk("exit", holder, people.map_or(json!({}), |people| json!({"people": people})), attempt(number))
}

fn clock(world: &mut World, hour: i64, minute: i64) {
    world.now = tongma_domain::Date::parse(TODAY).unwrap().start().plus_s(3600 * hour + 60 * minute);
}

fn headcount(world: &World) -> u32 {
    let zone = day::id_of(&world.venue, tongma_domain::Date::parse(TODAY).unwrap());
    let mut inside = 0;
    let read = &mut |txn: &mut dyn tongma_store::Txn| {
        inside = tongma_capability::admit::headcount(txn, zone).unwrap();
        let (into, out) = tongma_capability::admit::passed(txn, zone).unwrap();
        assert_eq!(into - out, i64::from(inside), "in − out = inside");
        Ok(())
    };
    tongma_store::Store::read(&world.store, zone.bucket(), read).unwrap();
    inside
}

#[test]
fn what_may_be_booked() {
    let check = |birth: &str, when: (&str, &str), with: (u32, u32), expect: &str| {
        let (mut world, _) = museum();
        let holder = person("客", birth);
        let answer = book(&mut world, &holder, when, with, 1);
        assert_eq!(code(&answer), expect, "{birth} {when:?} {with:?}");
        assert_eq!(world.mirrored(holder.person, "booking").len(), usize::from(expect == "ok"));
    };
    let adult = "1988-08-08";
    check(adult, (TODAY, "09:00"), (0, 0), "ok");
    check(adult, (TODAY, "13:00"), (4, 0), "ok");
    check(adult, (TODAY, "13:00"), (5, 0), "museum.too_many");
    check(adult, (TODAY, "13:00"), (1, 3), "ok");
    check(adult, (TODAY, "13:00"), (0, 4), "museum.too_many_children");
    check(adult, (TODAY, "10:00"), (0, 0), "museum.no_session");
    check(adult, (TODAY, "x"), (0, 0), "museum.no_session");
    check(adult, ("2026-11-30", "09:00"), (0, 0), "ok");
    check(adult, ("2026-12-01", "09:00"), (0, 0), "museum.date");
    check(adult, ("2026-11-22", "09:00"), (0, 0), "museum.date");
    // 13 and 14 years old today: PIPL draws the line at the fourteenth birthday.
    check("2012-11-24", (TODAY, "09:00"), (0, 0), "museum.adult_needed");
    check("2012-11-24", (TODAY, "09:00"), (1, 0), "ok");
    check("2012-11-23", (TODAY, "09:00"), (0, 0), "ok");
    check("2012-11-23", (TODAY, "09:00"), (0, 1), "museum.adult_needed");
}

#[test]
fn a_session_that_is_over_cannot_be_booked() {
    let (mut world, huang) = museum();
    clock(&mut world, 13, 0);
    assert_eq!(code(&book(&mut world, &huang, (TODAY, "09:00"), (0, 0), 1)), "museum.session_over");
    assert_eq!(code(&book(&mut world, &huang, (TODAY, "13:00"), (0, 0), 2)), "ok");
}

#[test]
fn the_quota_is_kept_one_booking_a_day_and_a_cancellation_frees_places() {
    let (mut world, huang) = museum();
    world.set("session_people", 5);
    let first = book(&mut world, &huang, (TODAY, "13:00"), (2, 0), 1).unwrap();
    assert_eq!(book(&mut world, &huang, (TODAY, "13:00"), (2, 0), 1).unwrap(), first, "twice is once");
    assert_eq!(code(&book(&mut world, &huang, (TODAY, "09:00"), (0, 0), 2)), "museum.already_booked");
    let wu = person("吴", "1990-01-01");
    let refused = book(&mut world, &wu, (TODAY, "13:00"), (2, 0), 3).unwrap_err();
    assert_eq!((refused.code(), refused.title.en.as_ref()), ("museum.full", "Only 2 places are left in this session"));
    assert_eq!(code(&world.in_app("cancel", &huang, json!({"date": TODAY}), attempt(4))), "ok");
    assert!(world.mirrored(huang.person, "booking").is_empty());
    assert_eq!(code(&book(&mut world, &wu, (TODAY, "13:00"), (2, 0), 5)), "ok");
    assert_eq!(code(&world.in_app("cancel", &huang, json!({"date": TODAY}), attempt(6))), "museum.no_booking");
    clock(&mut world, 13, 1);
    assert_eq!(code(&world.in_app("cancel", &wu, json!({"date": TODAY}), attempt(7))), "museum.too_late");
}

#[test]
fn the_gate_lets_in_k_of_n_counts_exits_and_knows_the_re_entry_rule() {
    let check = |reentry: i64, expect: &str| {
        let (mut world, huang) = four();
        world.set("reentry", reentry);
        assert_eq!(admit(&mut world, &huang, Some(3), 10).unwrap().detail["admitted"], 3);
        assert_eq!(admit(&mut world, &huang, Some(3), 10).unwrap().detail["people"], 3, "the same passage again");
        assert_eq!(headcount(&world), 3);
        assert_eq!(code(&admit(&mut world, &huang, Some(2), 11)), "museum.too_many_now");
        assert_eq!(admit(&mut world, &huang, None, 12).unwrap().detail["people"], 1, "the rest of the party");
        assert_eq!(code(&admit(&mut world, &huang, None, 13)), "museum.used");
        assert_eq!(code(&exit(&mut world, &huang, Some(5), 14)), "museum.not_inside");
        assert_eq!(code(&exit(&mut world, &huang, Some(2), 15)), "ok");
        assert_eq!(headcount(&world), 2);
        assert_eq!(code(&admit(&mut world, &huang, Some(1), 16)), expect);
        assert_eq!(code(&world.at_point("exit", json!({"people": 2}), attempt(17))), "ok");
        assert_eq!(code(&world.at_point("exit", json!({"people": 2}), attempt(18))), "museum.not_inside");
        let booking = &world.mirrored(huang.person, "booking")[0];
        assert_eq!(booking["admitted"].as_u64().unwrap(), if reentry == 1 { 5 } else { 4 });
    };
    check(0, "museum.used");
    check(1, "ok");
}

#[test]
fn early_late_and_nobody() {
    let check = |hour: i64, minute: i64, expect: &str| {
        let (mut world, huang) = museum();
        clock(&mut world, 0, 30);
        book(&mut world, &huang, (TODAY, "09:00"), (0, 0), 1).unwrap();
        clock(&mut world, hour, minute);
        assert_eq!(code(&admit(&mut world, &huang, None, 2)), expect, "{hour}:{minute}");
        assert_eq!(headcount(&world), u32::from(expect == "ok"));
    };
    check(8, 44, "museum.early");
    check(8, 45, "ok");
    check(13, 14, "ok");
    check(13, 15, "museum.late");
    let (mut world, _) = four();
    assert_eq!(code(&admit(&mut world, &person("吴", "1990-01-01"), None, 9)), "museum.no_booking");
}

#[test]
fn the_house_never_holds_more_than_its_bound() {
    let (mut world, huang) = four();
    world.set("headcount_most", 5);
    let wu = person("吴", "1990-01-01");
    book(&mut world, &wu, (TODAY, "09:00"), (1, 0), 2).unwrap();
    admit(&mut world, &huang, None, 3).unwrap();
    let refused = admit(&mut world, &wu, None, 4).unwrap_err();
    assert_eq!((refused.code(), refused.ask), ("museum.inside_full", true));
    assert_eq!(code(&admit(&mut world, &wu, Some(1), 5)), "ok");
    exit(&mut world, &huang, Some(1), 6).unwrap();
    assert_eq!(code(&admit(&mut world, &wu, None, 7)), "ok");
}

#[test]
fn a_child_does_not_come_in_first_and_alone() {
    let (mut world, _) = museum();
    let child = person("童", "2016-06-06");
    book(&mut world, &child, (TODAY, "09:00"), (1, 0), 1).unwrap();
    assert_eq!(code(&admit(&mut world, &child, Some(1), 2)), "museum.adult_needed");
    assert_eq!(code(&admit(&mut world, &child, None, 3)), "ok");
}

#[test]
fn the_gate_learns_masked_name_age_class_and_people_alone() {
    let (mut world, huang) = four();
    let entered = admit(&mut world, &huang, None, 2).unwrap();
    let number = world.mirrored(huang.person, "booking")[0]["number"].clone();
    let expect = json!({"booking_number": number, "people": 4, "of": 4, "admitted": 4, "masked_name": "黄**", "age_class": "adult"});
    assert_eq!(entered.detail, expect);
    let line = world.log.last().unwrap();
    assert_eq!(line.released, [Claim::MaskedName, Claim::AgeClass]);
    // Without a code, staff type the number; then nothing of the person is shown.
    let (mut world, huang) = four();
    let number = world.mirrored(huang.person, "booking")[0]["number"].clone();
    let entered = world.at_point("admit", json!({"booking_number": number}), attempt(3)).unwrap();
    assert_eq!(entered.detail, json!({"booking_number": number, "people": 4, "of": 4, "admitted": 4}));
    assert_eq!(code(&world.at_point("admit", json!({"booking_number": "00000000"}), attempt(4))), "museum.no_booking");
}

/// A booking of the bundle as the gate names it: the last eight bytes of its pass.
fn name_of(row: &Value) -> String {
    row["booking"].as_str().unwrap()[16..].to_owned()
}

/// What an offline gate hands over.
fn fact(world: &mut World, action: &str, at: UnixMs, evidence: Value, number: u32) -> Value {
    let cause = Cause::Fact { happened_at: at, evidence };
    world.step(cause, action, None, json!({}), attempt(number)).unwrap().detail["difference"].clone()
}

#[test]
fn an_offline_gate_hands_over_and_nothing_is_refused_or_counted_twice() {
    let (mut world, huang) = four();
    let wu = person("吴", "1990-01-01");
    book(&mut world, &wu, (TODAY, "09:00"), (0, 0), 2).unwrap();
    admit(&mut world, &huang, Some(1), 3).unwrap();
    let bundle = world.list(Cause::Point, "bundle", None, &json!({}));
    let house = json!({
        "kind": "house", "early_grace_min": 15, "late_grace_min": 15, "reentry": false, "headcount_bound": 1500, "inside": 1,
        "reentry_until": tongma_domain::Date::parse(TODAY).unwrap().start().plus_s(17 * 3600),
    });
    assert_eq!((bundle.len(), &bundle[0]), (3, &house));
    let of = |person: Id| bundle.iter().find(|row| row["person"] == json!(person)).unwrap();
    let row = of(huang.person);
    assert_eq!((row["party"].clone(), row["entered"].clone(), row["inside"].clone()), (json!(4), json!(1), json!(1)));
    let nine = tongma_domain::Date::parse(TODAY).unwrap().start().plus_s(9 * 3600);
    assert_eq!((row["opens"].clone(), row["closes"].clone()), (json!(nine), json!(nine.plus_s(4 * 3600))));
    let (pass, wu_pass, at) = (name_of(row), name_of(of(wu.person)), world.now);
    let number = u32::from_str_radix(&pass[..8], 16).unwrap();
    assert_eq!(
        world.mirrored(huang.person, "booking")[0]["number"],
        format!("{number:010}"),
        "a gate can tell the number"
    );
    // The rest of the party, as seen offline; handed over twice.
    let evidence = json!({"booking": pass, "people": 3});
    assert_eq!(fact(&mut world, "admit", at, evidence.clone(), 10), Value::Null);
    assert_eq!(fact(&mut world, "admit", at, evidence.clone(), 10), Value::Null);
    assert_eq!(headcount(&world), 4);
    // Used again at a second gate without contact.
    assert_eq!(fact(&mut world, "admit", at, evidence, 11), json!("double_use"));
    assert_eq!(headcount(&world), 7, "they are inside, so they are counted");
    // Past the bound, outside the window, unknown, left without having come.
    world.set("headcount_most", 7);
    assert_eq!(fact(&mut world, "admit", at, json!({"booking": wu_pass}), 12), json!("over_bound"));
    world.set("headcount_most", 100);
    assert_eq!(fact(&mut world, "exit", at, json!({"booking": wu_pass}), 13), Value::Null);
    assert_eq!(
        fact(&mut world, "admit", at, json!({"handle": "0011223344556677", "people": 2}), 14),
        json!("unknown_party")
    );
    assert_eq!(headcount(&world), 9);
    let zhu = person("朱", "1990-01-01");
    let number = book(&mut world, &zhu, (TODAY, "13:00"), (0, 0), 15).unwrap().detail["number"].clone();
    assert_eq!(fact(&mut world, "exit", at, json!({"number": number}), 16), json!("missed_entry"));
    assert_eq!(headcount(&world), 9, "the missed entry is booked with the exit");
    let differences = world.list(Cause::Point, "differences", None, &json!({}));
    assert_eq!(differences.len(), 4);
    assert!(differences.iter().all(|row| row["owner"] == "gate_duty"));
    assert!(world.lines(huang.person).iter().any(|line| line.contains("离线闸机补交")));
}

#[test]
fn a_fact_outside_its_window_or_of_a_cancelled_booking_is_a_difference() {
    let (mut world, huang) = museum();
    book(&mut world, &huang, (TODAY, "13:00"), (0, 0), 1).unwrap();
    let pass = name_of(&world.list(Cause::Point, "bundle", None, &json!({}))[1]);
    let at = world.now;
    assert_eq!(fact(&mut world, "admit", at, json!({"booking": pass}), 2), json!("outside_window"));
    let wu = person("吴", "1990-01-01");
    book(&mut world, &wu, (TODAY, "13:00"), (0, 0), 3).unwrap();
    let bundle = world.list(Cause::Point, "bundle", None, &json!({}));
    let pass = name_of(bundle.iter().find(|row| row["person"] == json!(wu.person)).unwrap());
    world.in_app("cancel", &wu, json!({"date": TODAY}), attempt(4)).unwrap();
    assert_eq!(fact(&mut world, "admit", at.plus_s(4 * 3600), json!({"booking": pass}), 5), json!("unknown_party"));
}

#[test]
fn a_code_taken_at_two_points_is_a_difference_and_a_return_after_the_session_is_not() {
    let (mut world, huang) = four();
    world.set("reentry", 1);
    let pass = name_of(&world.list(Cause::Point, "bundle", None, &json!({}))[1]);
    let at = world.now;
    let twice = json!({"booking": pass, "people": 1, "used_elsewhere": true});
    assert_eq!(fact(&mut world, "admit", at, twice, 10), json!("double_use"));
    admit(&mut world, &huang, Some(3), 11).unwrap();
    exit(&mut world, &huang, Some(2), 12).unwrap();
    let bundle = world.list(Cause::Point, "bundle", None, &json!({}));
    assert_eq!((bundle[1]["entered"].clone(), bundle[1]["inside"].clone()), (json!(4), json!(2)));
    clock(&mut world, 16, 0);
    let back = json!({"booking": pass, "people": 1, "reason": "readmitted"});
    let at = world.now;
    assert_eq!(fact(&mut world, "admit", at, back, 13), Value::Null);
    assert_eq!(code(&admit(&mut world, &huang, Some(1), 14)), "ok", "who was in may come back until the house closes");
    exit(&mut world, &huang, Some(1), 15).unwrap();
    clock(&mut world, 17, 0);
    assert_eq!(code(&admit(&mut world, &huang, Some(1), 16)), "museum.late");
}

#[test]
fn sessions_and_own_bookings_are_listed() {
    let (mut world, huang) = four();
    let sessions = world.list(Cause::Holder, "sessions", Some(&huang), &json!({"date": TODAY}));
    let left: Vec<(&str, u64)> =
        sessions.iter().map(|s| (s["session"].as_str().unwrap(), s["left"].as_u64().unwrap())).collect();
    assert_eq!(left, [("09:00", 1196), ("13:00", 1200)]);
    assert_eq!(world.list(Cause::Holder, "list", Some(&huang), &json!({}))[0]["of"]["people"], 4);
    assert!(world.list(Cause::Holder, "bundle", Some(&huang), &json!({})).is_empty(), "a bundle is not for holders");
}

fn move_to(world: &mut World, holder: &Holder, to: (&str, &str), number: u32) -> Answer {
    world.in_app("move", holder, json!({"date": TODAY, "to_date": to.0, "session": to.1}), attempt(number))
}

#[test]
fn moves_within_the_day_and_to_another() {
    for post in [Post::InOrder, Post::Twice, Post::TwiceBackwards] {
        let check = |to: (&str, &str), full: bool, inside: bool, expect: &str| {
            let (mut world, huang) = museum();
            world.post = post;
            world.set("session_people", 4);
            book(&mut world, &huang, (TODAY, "13:00"), (1, 0), 1).unwrap();
            if full {
                book(&mut world, &person("吴", "1990-01-01"), to, (2, 0), 2).unwrap();
            }
            if inside {
                clock(&mut world, 12, 50);
                admit(&mut world, &huang, Some(1), 3).unwrap();
            }
            assert_eq!(code(&move_to(&mut world, &huang, to, 4)), expect, "{to:?} {full} {inside}");
            let bookings = world.mirrored(huang.person, "booking");
            assert_eq!(bookings.len(), 1, "one booking, whatever happened");
            let at = if expect == "ok" { to } else { (TODAY, "13:00") };
            assert_eq!((bookings[0]["date"].as_str().unwrap(), bookings[0]["session"].as_str().unwrap()), at);
        };
        check((TODAY, "09:00"), false, false, "ok");
        check((TODAY, "09:00"), true, false, "museum.full");
        check((TOMORROW, "09:00"), false, false, "ok");
        check((TOMORROW, "09:00"), true, false, "museum.full");
        check((TOMORROW, "11:00"), false, false, "museum.no_session");
        check((TOMORROW, "09:00"), false, true, "museum.already_in");
    }
}

#[test]
fn a_visit_used_while_it_moves_stays_where_it_was_used() {
    let (mut world, huang) = museum();
    clock(&mut world, 8, 50);
    book(&mut world, &huang, (TODAY, "09:00"), (0, 0), 1).unwrap();
    let input = json!({"date": TODAY, "to_date": TOMORROW, "session": "09:00"});
    world.step(Cause::Holder, "move", Some(&huang), input, attempt(2)).unwrap();
    world.step(Cause::Operator, "admit", Some(&huang), json!({}), attempt(3)).unwrap();
    world.deliver();
    assert_eq!(code(&world.answers[&attempt(2)]), "museum.already_in");
    let bookings = world.mirrored(huang.person, "booking");
    assert_eq!((bookings.len(), bookings[0]["date"].clone()), (1, json!(TODAY)));
}

#[test]
fn a_move_answered_twice_and_differently_leaves_one_booking() {
    let (mut world, huang) = museum();
    world.set("session_people", 2);
    let wu = person("吴", "1990-01-01");
    book(&mut world, &huang, (TODAY, "13:00"), (0, 0), 1).unwrap();
    book(&mut world, &wu, (TOMORROW, "09:00"), (1, 0), 2).unwrap();
    let input = json!({"date": TODAY, "to_date": TOMORROW, "session": "09:00"});
    world.step(Cause::Holder, "move", Some(&huang), input, attempt(3)).unwrap();
    let arrive = world.legs[0].clone();
    world.deliver();
    assert_eq!(code(&world.answers[&attempt(3)]), "museum.full");
    // Places become free, and the first message comes again: it is taken in there, and taken back.
    world.in_app("cancel", &wu, json!({"date": TOMORROW}), attempt(4)).unwrap();
    world.leg(&arrive, Cause::Message).unwrap();
    world.deliver();
    world.leg(&arrive, Cause::Message).unwrap();
    world.deliver();
    let bookings = world.mirrored(huang.person, "booking");
    assert_eq!((bookings.len(), bookings[0]["date"].clone()), (1, json!(TODAY)));
    let left: Vec<Value> = world.list(Cause::Holder, "sessions", Some(&huang), &json!({"date": TOMORROW}));
    assert_eq!(left[0]["left"], 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Five people book, move and cancel over two days with six places a session; messages arrive in any order, some
    /// twice. In the end everyone has what the mirrors say, and no session is over its quota.
    #[test]
    fn moves_lose_nobody_and_never_overbook(events in prop::collection::vec((0..8_u8, 0..5_u8, 0..4_u8, any::<bool>()), 1..40)) {
        let (mut world, _) = museum();
        world.now = world.now.plus_s(-9 * 3600);
        world.set("session_people", 6);
        let people: Vec<Holder> = (0..5).map(|n| person(&format!("人{n}"), "1990-01-01")).collect();
        let sessions = [(TODAY, "09:00"), (TODAY, "13:00"), (TOMORROW, "09:00"), (TOMORROW, "13:00")];
        let mut number = 10;
        for (what, who, session, keep) in events {
            let (holder, to) = (&people[usize::from(who)], sessions[usize::from(session)]);
            number += 1;
            match what {
                0 | 1 => {
                    let input = json!({"date": to.0, "session": to.1, "companions": {"adults": 2}});
                    let _ = world.step(Cause::Holder, "book", Some(holder), input, attempt(number));
                }
                2 | 3 => {
                    let from = if keep { TODAY } else { TOMORROW };
                    let input = json!({"date": from, "to_date": to.0, "session": to.1});
                    let _ = world.step(Cause::Holder, "move", Some(holder), input, attempt(number));
                }
                4 => drop(world.step(Cause::Holder, "cancel", Some(holder), json!({"date": to.0}), attempt(number))),
                _ if !world.legs.is_empty() => {
                    let place = usize::from(who) % world.legs.len();
                    let leg = if keep { world.legs[place].clone() } else { world.legs.remove(place).unwrap() };
                    world.leg(&leg, Cause::Message).unwrap();
                }
                _ => {}
            }
        }
        world.deliver();
        for (date, name) in sessions {
            let date = tongma_domain::Date::parse(date).unwrap();
            let (day, window) = (day::id_of(&world.venue, date), day::session_named(&world.venue, date, name).unwrap());
            let venue = world.venue.clone();
            let mut taken = 0;
            let read = &mut |txn: &mut dyn tongma_store::Txn| {
                let session = day::open(txn, &venue, day, window).unwrap();
                taken = reserve::taken(txn, session.id).unwrap();
                Ok(())
            };
            tongma_store::Store::read(&world.store, day.bucket(), read).unwrap();
            let mirrored: u64 = people.iter().flat_map(|holder| world.mirrored(holder.person, "booking"))
                .filter(|booking| booking["date"] == json!(date) && booking["session"] == name)
                .map(|booking| booking["people"].as_u64().unwrap()).sum();
            prop_assert_eq!(u64::from(taken), mirrored, "{} {}: places taken are places someone has", date, name);
            prop_assert!(taken <= 6);
        }
    }
}

/// Books a day each for the next days and lets them pass unused, but for those that are cancelled in time.
fn miss(world: &mut World, holder: &Holder, days: i64, cancelled: &[i64]) {
    let dates: Vec<String> = (1..=days).map(|day| world.now.plus_days(day).date().to_string()).collect();
    for (number, date) in (0_u32..).zip(&dates) {
        book(world, holder, (date, "09:00"), (0, 0), 100 + number).unwrap();
    }
    for day in cancelled {
        let date = &dates[usize::try_from(*day - 1).unwrap()];
        world.in_app("cancel", holder, json!({"date": date}), attempt(200 + u32::try_from(*day).unwrap())).unwrap();
    }
    world.now = world.now.plus_days(days + 3);
    world.ring();
}

#[test]
fn three_missed_days_rest_booking_and_a_cancellation_in_time_spares() {
    let check = |cancelled: &[i64], expect: &str| {
        let (mut world, huang) = museum();
        miss(&mut world, &huang, 3, cancelled);
        let date = world.now.plus_days(1).date().to_string();
        assert_eq!(code(&book(&mut world, &huang, (&date, "09:00"), (0, 0), 300)), expect, "{cancelled:?}");
        world.now = world.now.plus_days(31);
        let date = world.now.plus_days(1).date().to_string();
        assert_eq!(code(&book(&mut world, &huang, (&date, "09:00"), (0, 0), 301)), "ok", "the rest is over");
    };
    check(&[], "museum.resting");
    check(&[2], "ok");
    check(&[1, 2, 3], "ok");
}

#[test]
fn who_came_is_not_counted_and_a_gate_that_hands_over_late_takes_a_no_show_back() {
    let (mut world, huang) = museum();
    world.set("no_shows_most", 1);
    book(&mut world, &huang, (TODAY, "09:00"), (0, 0), 1).unwrap();
    admit(&mut world, &huang, None, 2).unwrap();
    world.now = world.now.plus_days(3);
    world.ring();
    let date = world.now.plus_days(1).date().to_string();
    assert_eq!(code(&book(&mut world, &huang, (&date, "09:00"), (0, 0), 3)), "ok", "she came");
    // Another, whom only a gate without network saw.
    let (mut world, wu) = (World::new(&Entry), person("吴", "1990-01-01"));
    world.set("no_shows_most", 1);
    book(&mut world, &wu, (TODAY, "09:00"), (0, 0), 1).unwrap();
    let own = world.mirrored(wu.person, "booking")[0]["number"].clone();
    let at = world.now;
    world.now = world.now.plus_days(3);
    world.ring();
    let date = world.now.plus_days(1).date().to_string();
    assert_eq!(code(&book(&mut world, &wu, (&date, "09:00"), (0, 0), 3)), "museum.resting");
    let cause = Cause::Fact { happened_at: at, evidence: json!({"number": own, "people": 1}) };
    let told = world.step(cause, "admit", None, json!({}), attempt(9)).unwrap();
    world.deliver();
    assert_eq!(told.detail["difference"], Value::Null, "it fits after all");
    assert_eq!(code(&book(&mut world, &wu, (&date, "09:00"), (0, 0), 4)), "ok");
}
