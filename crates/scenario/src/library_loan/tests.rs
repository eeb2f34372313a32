//! The cells of row 6 that are built, and the legs of a fine under bad post.

use serde_json::json;
use tongma_capability::{Cause, Holder, Reply};
use tongma_domain::{Claim, Date, Id};

use super::Entry;
use crate::harness::{Post, World, attempt, code, person};

/// A union with ten books, and an adult who has agreed.
fn library() -> (World, Holder) {
    let mut world = World::new(&Entry);
    for number in 0..10 {
        let input = json!({"barcode": format!("G{number}"), "title": format!("书{number}")});
        world.at_point("add_copy", input, attempt(1000 + number)).unwrap();
    }
    let mut chen = person("陈", "1985-05-05");
    chen.consents.push("library_loan".into());
    (world, chen)
}

#[test]
fn the_first_use_asks_for_consent_once_and_binds_one_number() {
    let (mut world, mut chen) = library();
    chen.consents.clear();
    assert_eq!(code(&world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(1))), "consent.needed");
    assert!(world.bindings.is_empty() && world.mirrors.is_empty() && world.log.is_empty(), "nothing half done");
    chen.agreed = true;
    let lent = world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(1)).unwrap();
    assert_eq!(lent.detail["reader_number"], "R00000001");
    chen.agreed = false;
    chen.consents.push("library_loan".into());
    let lent = world.at_desk("borrow", &chen, json!({"items": ["G2"]}), attempt(2)).unwrap();
    assert_eq!(lent.detail["reader_number"], "R00000001");
    assert_eq!(world.bindings[&(chen.person, "reader".into())].number, "R00000001");
}

#[test]
fn what_the_library_learns_is_number_and_age_class() {
    let (mut world, chen) = library();
    let lent = world.at_desk("borrow", &chen, json!({"items": ["G1", "G1"]}), attempt(1)).unwrap();
    let due = Date::parse("2026-12-24").unwrap();
    let item =
        json!({"barcode": "G1", "title": "书1", "due": due.start().plus_s(86_400).as_millis() - 1, "due_date": due});
    assert_eq!(lent.detail, json!({"reader_number": "R00000001", "age_class": "adult", "items": [item]}));
    let line = &world.log[0];
    assert_eq!(line.released, [Claim::VenueNumber, Claim::AgeClass]);
    let receipt = line.detail["receipt"].to_string();
    assert!(receipt.contains("venue_number") && !receipt.contains("R00000001"), "a receipt names claims, not values");
    let back = world.at_point("return", json!({"items": ["G1"]}), attempt(2)).unwrap();
    assert!(!back.detail.to_string().contains("R0000"), "a return tells the desk nothing about the reader");
}

#[test]
fn refusals_of_borrowing() {
    let check = |prepare: fn(&mut World, &Holder, &Holder), items: &[&str], expect: &str| {
        let (mut world, chen) = library();
        let mut wu = person("吴", "1990-01-01");
        wu.consents.push("library_loan".into());
        prepare(&mut world, &chen, &wu);
        let before = world.mirrored(chen.person, "loan");
        let answer = world.at_desk("borrow", &chen, json!({"items": items}), attempt(50));
        assert_eq!(code(&answer), expect);
        if expect != "ok" {
            assert_eq!(world.mirrored(chen.person, "loan"), before, "{expect}: nothing half done");
        }
    };
    check(|_, _, _| {}, &["G1", "G2"], "ok");
    check(|_, _, _| {}, &["G1", "X9"], "loan.unknown_item");
    check(
        |world, _, wu| {
            world.at_desk("borrow", wu, json!({"items": ["G1"]}), attempt(1)).unwrap();
        },
        &["G2", "G1"],
        "loan.item_out",
    );
    check(|world, _, _| world.set("loan_limit_items", 2), &["G1", "G2"], "ok");
    check(|world, _, _| world.set("loan_limit_items", 2), &["G1", "G2", "G3"], "loan.limit");
    check(
        |world, chen, _| {
            world.at_desk("borrow", chen, json!({"items": ["G5"]}), attempt(1)).unwrap();
            world.now = world.now.plus_days(31);
        },
        &["G1"],
        "ok",
    );
    check(
        |world, chen, _| {
            world.at_desk("borrow", chen, json!({"items": ["G5"]}), attempt(1)).unwrap();
            world.now = world.now.plus_days(32);
        },
        &["G1"],
        "loan.overdue",
    );
    check(
        |world, chen, _| {
            world.set("fine_block_fen", 20);
            world.at_desk("borrow", chen, json!({"items": ["G5"]}), attempt(1)).unwrap();
            world.now = world.now.plus_days(33);
            world.at_point("return", json!({"items": ["G5"]}), attempt(2)).unwrap();
        },
        &["G1"],
        "loan.fine_owed",
    );
}

#[test]
fn a_lost_reply_is_given_again_whether_or_not_the_attempt_is_known() {
    let (mut world, chen) = library();
    let first = world.at_desk("borrow", &chen, json!({"items": ["G1", "G2"]}), attempt(1)).unwrap();
    let (log, mirrors) = (world.log.len(), world.mirrors.clone());
    for number in [1, 2] {
        let again = world.at_desk("borrow", &chen, json!({"items": ["G1", "G2"]}), attempt(number)).unwrap();
        assert_eq!(again, first);
    }
    assert_eq!((world.log.len(), &world.mirrors), (log, &mirrors), "nothing more happened");
}

#[test]
fn the_book_alone_comes_back_anywhere_in_the_union_also_late() {
    let (mut world, chen) = library();
    world.at_desk("borrow", &chen, json!({"items": ["G1", "G2"]}), attempt(1)).unwrap();
    world.venue.id = Id::derived(&[b"another member of the union"]);
    world.now = world.now.plus_days(34);
    let back = world.at_point("return", json!({"items": ["G1"]}), attempt(2)).unwrap();
    assert_eq!((back.detail["items"][0]["late_days"].clone(), back.detail["fine_fen"].clone()), (json!(3), json!(30)));
    world.now = world.now.plus_days(365);
    let back = world.at_point("return", json!({"items": ["G2"]}), attempt(3)).unwrap();
    assert_eq!(back.detail["fine_fen"], 1000, "the cap of one item");
    assert_eq!(
        world.mirrored(chen.person, "reader")[0],
        json!({"number": "R00000001", "open_items": 0, "fine_fen": 1030})
    );
    assert!(world.mirrored(chen.person, "loan").is_empty());
    let again = world.at_point("return", json!({"items": ["G2"]}), attempt(4)).unwrap();
    assert_eq!(
        (again.detail["items"][0]["was_on_loan"].clone(), again.detail["fine_fen"].clone()),
        (json!(false), json!(0))
    );
}

#[test]
fn renewals() {
    let check = |days: i64, times: u32, other: bool, expect: &str| {
        let (mut world, chen) = library();
        world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(1)).unwrap();
        world.now = world.now.plus_days(days);
        let holder = if other { person("吴", "1990-01-01") } else { chen };
        let mut last = None;
        for time in 0..times {
            last = Some(world.in_app("renew", &holder, json!({"item": "G1"}), attempt(10 + time)));
        }
        assert_eq!(code(&last.unwrap()), expect, "{days} {times}");
    };
    check(0, 1, false, "loan.renew_too_early");
    check(10, 1, false, "ok");
    check(10, 2, false, "loan.renewed_out");
    check(32, 1, false, "loan.overdue");
    check(10, 1, true, "loan.not_yours");
}

#[test]
fn a_renewal_on_the_day_of_the_loan_uses_none_up() {
    let (mut world, chen) = library();
    world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(1)).unwrap();
    let before = world.mirrored(chen.person, "loan");
    assert_eq!(code(&world.in_app("renew", &chen, json!({"item": "G1"}), attempt(2))), "loan.renew_too_early");
    assert_eq!(world.mirrored(chen.person, "loan"), before);
    world.now = world.now.plus_days(1);
    assert_eq!(code(&world.in_app("renew", &chen, json!({"item": "G1"}), attempt(3))), "ok");
}

/// A reader who owes 30 fen.
fn owing() -> (World, Holder) {
    let (mut world, chen) = library();
    world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(1)).unwrap();
    world.now = world.now.plus_days(34);
    world.at_point("return", json!({"items": ["G1"]}), attempt(2)).unwrap();
    (world, chen)
}

#[test]
fn a_fine_is_paid_from_the_purse_once_however_messages_travel() {
    for post in [Post::InOrder, Post::Twice, Post::TwiceBackwards] {
        let (mut world, chen) = owing();
        world.post = post;
        assert_eq!(code(&world.in_app("pay_fine", &chen, json!({}), attempt(3))), "purse.insufficient");
        world.top_up(chen.person, 100);
        let paid = world.in_app("pay_fine", &chen, json!({}), attempt(4)).unwrap();
        assert_eq!(paid.detail, json!({"paid_fen": 30}));
        assert_eq!((world.purse(chen.person), world.due()), (70, (30, 0)));
        assert_eq!(code(&world.in_app("pay_fine", &chen, json!({}), attempt(5))), "fine.none");
        assert_eq!(
            world.in_app("pay_fine", &chen, json!({}), attempt(4)).unwrap(),
            paid,
            "the same attempt, the same answer"
        );
    }
}

#[test]
fn the_purse_needs_the_holders_tap_and_two_payments_keep_out_of_each_other() {
    let (mut world, mut chen) = owing();
    world.top_up(chen.person, 100);
    let asked = world.at_desk("pay_fine", &chen, json!({}), attempt(3)).unwrap_err();
    assert_eq!((asked.code(), asked.amount), ("consent.needed", Some(tongma_domain::Fen::new(30))));
    chen.agreed = true;
    world.step(Cause::Operator, "pay_fine", Some(&chen), json!({}), attempt(3)).unwrap();
    assert_eq!(code(&world.step(Cause::Holder, "pay_fine", Some(&chen), json!({}), attempt(4))), "fine.locked");
    world.deliver();
    assert_eq!(world.purse(chen.person), 70);
}

#[test]
fn a_fine_paid_by_payment_code_and_one_that_is_undone() {
    let (mut world, chen) = owing();
    let input = json!({"payment_code": "134567890123456789"});
    let begun = world.at_desk("pay_fine", &chen, input, attempt(3)).unwrap();
    assert_eq!(begun.pending, Some(attempt(3)));
    assert_eq!(world.asked[0].request["op"], "pay");
    world.reply(0, Reply::Success { detail: json!({}) });
    assert_eq!(code(&world.answers[&attempt(3)]), "ok");
    assert_eq!(world.due(), (30, 0));
    world.reply(0, Reply::Failure { code: "reversed".into() });
    assert_eq!(code(&world.answers[&attempt(3)]), "payment.reversed");
    assert_eq!((world.due(), world.mirrored(chen.person, "reader")[0]["fine_fen"].clone()), ((0, 0), json!(30)));
}

#[test]
fn the_holders_list_is_account_and_loans() {
    let (mut world, chen) = library();
    assert!(world.list(Cause::Holder, "list", Some(&chen), &json!({})).is_empty());
    world.at_desk("borrow", &chen, json!({"items": ["G1", "G2"]}), attempt(1)).unwrap();
    let listed = world.list(Cause::Holder, "list", Some(&chen), &json!({}));
    let kinds: Vec<&str> = listed.iter().filter_map(|item| item["kind"].as_str()).collect();
    assert_eq!(kinds, ["account", "loan", "loan"]);
    assert!(world.list(Cause::Point, "list", None, &json!({})).is_empty());
}

/// A reader with a standing consent.
fn reader(name: &str, birth: &str) -> Holder {
    let mut reader = person(name, birth);
    reader.consents.push("library_loan".into());
    reader
}

/// Chen has G1, Wu and then Li wait for it.
fn waited_for() -> (World, Holder, Holder, Holder) {
    let (mut world, chen) = library();
    let (wu, li) = (reader("吴", "1990-01-01"), reader("李", "1991-01-01"));
    world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(1)).unwrap();
    for (holder, place) in [(&wu, 1), (&li, 2)] {
        let held = world.in_app("hold", holder, json!({"item": "G1"}), attempt(10 + place)).unwrap();
        assert_eq!(held.detail["place"], place);
        world.now = world.now.plus_s(60);
    }
    (world, chen, wu, li)
}

fn hold_state(world: &World, holder: &Holder) -> serde_json::Value {
    world.mirrored(holder.person, "hold").first().map(|hold| hold["hold_state"].clone()).unwrap_or_default()
}

#[test]
fn a_held_copy_goes_to_whoever_waits_longest_and_to_nobody_else() {
    let (mut world, chen, wu, li) = waited_for();
    let again = world.in_app("hold", &wu, json!({"item": "G1"}), attempt(20)).unwrap();
    assert_eq!(again.detail["place"], 1, "asked twice, one turn");
    assert_eq!(code(&world.in_app("renew", &chen, json!({"item": "G1"}), attempt(21))), "loan.wanted");
    let back = world.at_point("return", json!({"items": ["G1"]}), attempt(22)).unwrap();
    assert!(back.detail["items"][0]["hold"]["zh"].as_str().unwrap().starts_with("放预约架"), "{}", back.detail);
    assert_eq!((hold_state(&world, &wu), hold_state(&world, &li)), (json!("ready"), json!("waiting")));
    for other in [&chen, &li] {
        let answer = world.at_desk("borrow", other, json!({"items": ["G1"]}), attempt(23));
        assert_eq!(code(&answer), "loan.on_hold");
    }
    world.at_desk("borrow", &wu, json!({"items": ["G1"]}), attempt(24)).unwrap();
    assert!(world.mirrored(wu.person, "hold").is_empty());
    world.at_point("return", json!({"items": ["G1"]}), attempt(25)).unwrap();
    assert_eq!(hold_state(&world, &li), "ready");
    assert_eq!(code(&world.in_app("unhold", &li, json!({"item": "G1"}), attempt(26))), "ok");
    assert_eq!(code(&world.in_app("unhold", &li, json!({"item": "G1"}), attempt(27))), "hold.none");
    assert_eq!(code(&world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(28))), "ok");
}

#[test]
fn a_hold_that_nobody_fetches_lapses_on_its_day_and_the_next_one_has_the_turn() {
    let (mut world, chen, wu, li) = waited_for();
    world.at_point("return", json!({"items": ["G1"]}), attempt(22)).unwrap();
    world.now = world.now.plus_days(3);
    world.ring();
    assert_eq!(hold_state(&world, &wu), "ready", "the whole third day");
    world.now = world.now.plus_days(1);
    world.ring();
    assert!(world.mirrored(wu.person, "hold").is_empty());
    assert_eq!(hold_state(&world, &li), "ready");
    world.now = world.now.plus_days(4);
    world.ring();
    assert_eq!(code(&world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(30))), "ok");
}

#[test]
fn a_held_copy_that_comes_back_elsewhere_is_sent_to_where_it_is_picked_up() {
    let (mut world, chen, wu, _) = waited_for();
    let here = world.venue.id;
    world.venue.id = Id::derived(&[b"another member of the union"]);
    let back = world.at_point("return", json!({"items": ["G1"]}), attempt(22)).unwrap();
    assert!(back.detail["items"][0]["hold"]["zh"].as_str().unwrap().starts_with("送到取书馆"));
    assert_eq!(hold_state(&world, &wu), "transfer");
    assert_eq!(code(&world.at_desk("borrow", &chen, json!({"items": ["G1"]}), attempt(23))), "loan.on_hold");
    world.venue.id = here;
    world.at_point("return", json!({"items": ["G1"]}), attempt(24)).unwrap();
    assert_eq!(hold_state(&world, &wu), "ready");
    let lent = world.at_desk("borrow", &wu, json!({"items": ["G1"]}), attempt(25)).unwrap();
    assert_eq!(lent.detail["items"][0]["barcode"], "G1");
}

#[test]
fn what_keeps_a_hold_from_being_placed() {
    let (mut world, chen) = library();
    let wu = reader("吴", "1990-01-01");
    assert_eq!(code(&world.in_app("hold", &wu, json!({"item": "G1"}), attempt(1))), "hold.in_house");
    assert_eq!(code(&world.in_app("hold", &wu, json!({"item": "X1"}), attempt(2))), "loan.unknown_item");
    world.at_desk("borrow", &chen, json!({"items": ["G1", "G2"]}), attempt(3)).unwrap();
    assert_eq!(code(&world.in_app("hold", &chen, json!({"item": "G1"}), attempt(4))), "hold.yours");
    world.set("holds_most", 1);
    assert_eq!(code(&world.in_app("hold", &wu, json!({"item": "G1"}), attempt(5))), "ok");
    assert_eq!(code(&world.in_app("hold", &wu, json!({"item": "G2"}), attempt(6))), "hold.limit");
}

#[test]
fn children_have_a_limit_and_a_fine_of_their_own() {
    let (mut world, _) = library();
    world.set("child_loan_limit_items", 1);
    world.set("child_fine_percent", 50);
    let child = reader("小林", "2016-06-01");
    assert_eq!(code(&world.at_desk("borrow", &child, json!({"items": ["G1", "G2"]}), attempt(1))), "loan.limit");
    world.at_desk("borrow", &child, json!({"items": ["G1"]}), attempt(2)).unwrap();
    world.now = world.now.plus_days(35);
    let back = world.at_point("return", json!({"items": ["G1"]}), attempt(3)).unwrap();
    assert_eq!(back.detail["fine_fen"], 20, "four days, half of 40 fen");
}
