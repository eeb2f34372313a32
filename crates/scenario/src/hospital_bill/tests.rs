//! The cells of row 11 that are built, and its legs under any order of messages and rail answers.

use proptest::prelude::*;
use serde_json::{Value, json};
use tongma_capability::charge::{self, order};
use tongma_capability::{Cause, Holder, Reply};
use tongma_domain::Claim;

use super::{Entry, bill};
use crate::harness::{Post, World, attempt, code, person};

const LINES: &str = "血常规|3500|2000|500|0\n挂号|1000";
/// What the payer pays of it: 45.00 − 20.00 − 5.00.
const OWN: i64 = 2000;
const TOTAL: i64 = 4500;
const CODE: &str = "134567890123456789";

/// A hospital, a patient with a file, a bill B1 and 100 yuan.
fn hospital() -> (World, Holder) {
    let mut world = World::new(&Entry);
    let li = person("李", "1970-07-07");
    world.at_desk("open_file", &li, json!({"file_number": "M1"}), attempt(900)).unwrap();
    raise(&mut world, "B1");
    world.top_up(li.person, 10_000);
    (world, li)
}

fn raise(world: &mut World, number: &str) {
    let input = json!({"file_number": "M1", "bill_number": number, "title": "门诊", "lines": LINES});
    world.at_point("add_bill", input, attempt(901)).unwrap();
}

fn change(world: &mut World, lines: &str) -> Result<(), String> {
    let input = json!({"file_number": "M1", "bill_number": "B1", "lines": lines});
    world
        .step(Cause::Point, "change_bill", None, input, attempt(902))
        .map(drop)
        .map_err(|refusal| refusal.code().to_owned())
}

fn quoted() -> (World, Holder) {
    let (mut world, li) = hospital();
    world.in_app("quote", &li, json!({}), attempt(903)).unwrap();
    (world, li)
}

fn is_paid(world: &World, li: &Holder) -> bool {
    world.mirrored(li.person, "bill")[0]["paid"] == json!(true)
}

fn success() -> Reply {
    Reply::Success { detail: Value::Null }
}

fn failure() -> Reply {
    Reply::Failure { code: "user.refused".into() }
}

#[test]
fn a_file_number_has_one_owner_and_a_person_one_file() {
    let (mut world, li) = hospital();
    let open = |world: &mut World, holder: &Holder, number: &str| {
        code(&world.at_desk("open_file", holder, json!({"file_number": number}), attempt(1))).to_owned()
    };
    assert_eq!(open(&mut world, &li, "M1"), "ok");
    assert_eq!(open(&mut world, &person("王", "1970-01-01"), "M1"), "bind.taken");
    assert_eq!(open(&mut world, &li, "M2"), "bind.has_other");
    let stranger = world.in_app("quote", &person("王", "1970-01-01"), json!({}), attempt(2));
    assert_eq!(code(&stranger), "bill.no_file");
    let missing = json!({"file_number": "M9", "bill_number": "B1", "title": "x", "lines": LINES});
    assert_eq!(code(&world.at_point("add_bill", missing, attempt(3))), "bill.unknown_file");
}

#[test]
fn lines_are_read_or_refused() {
    let check = |text: &str, expect: Option<(i64, i64)>| {
        let split = bill::parse(text).ok().map(|(_, split)| (split.total.get(), split.own.get()));
        assert_eq!(split, expect, "{text:?}");
    };
    check(LINES, Some((TOTAL, OWN)));
    check("  a | 1 | 1 \n\n b|2|0|1|1", Some((3, 0)));
    check("", None);
    check("a", None);
    check("|5", None);
    check("a|0", None);
    check("a|-5", None);
    check("a|+5", None);
    check("a|5|6", None);
    check("a|5|2|2|2", None);
    check("a|5|1|1|1|1", None);
    check("a|1.5", None);
    check("a|99999999999999999999", None);
    check("a|10000000001", None);
    check("a|10000000000\nb|1", None);
}

#[test]
fn a_bill_is_quoted_paid_from_the_purse_settled_and_receipted_however_messages_travel() {
    for post in [Post::InOrder, Post::Twice, Post::TwiceBackwards] {
        let (mut world, li) = quoted();
        world.post = post;
        let paid = world.in_app("pay", &li, json!({"bill_number": "B1"}), attempt(1)).unwrap();
        assert_eq!(paid.detail, json!({"bill_number": "B1", "paid_fen": OWN}));
        assert_eq!((world.purse(li.person), world.due()), (10_000 - OWN, (TOTAL, 0)));
        let receipt = &world.mirrored(li.person, "receipt")[0];
        assert_eq!((receipt["version"].clone(), receipt["receipt"]["own_fen"].clone()), (json!(1), json!(OWN)));
        assert_eq!(world.lines(li.person).iter().filter(|line| line.contains("缴费")).count(), 1);
        let again = world.in_app("pay", &li, json!({"bill_number": "B1"}), attempt(1)).unwrap();
        assert_eq!((again, world.purse(li.person)), (paid, 10_000 - OWN), "twice is once");
        assert_eq!(code(&world.in_app("pay", &li, json!({"bill_number": "B1"}), attempt(2))), "bill.paid");
        assert_eq!(change(&mut world, "x|1"), Err("bill.paid".into()));
    }
}

#[test]
fn what_keeps_a_bill_from_being_paid() {
    let check = |prepare: fn(&mut World, &mut Holder), input: Value, expect: &str| {
        let (mut world, mut li) = quoted();
        prepare(&mut world, &mut li);
        let answer = world.at_desk("pay", &li, input, attempt(1));
        assert_eq!(code(&answer), expect);
        assert_eq!((world.purse(li.person) >= 1, world.due().1), (true, 0), "{expect}: nothing is taken or kept back");
    };
    check(|_, li| li.agreed = true, json!({}), "ok");
    check(|_, _| {}, json!({}), "consent.needed");
    check(|_, li| li.agreed = true, json!({"bill_number": "B9"}), "bill.unknown");
    check(
        |world, li| {
            raise(world, "B2");
            li.agreed = true;
        },
        json!({}),
        "ok",
    );
    check(
        |world, li| {
            raise(world, "B2");
            world.in_app("quote", li, json!({"bill_number": "B2"}), attempt(904)).unwrap();
        },
        json!({}),
        "bill.which",
    );
    check(|world, _| raise(world, "B2"), json!({"bill_number": "B2", "payment_code": CODE}), "bill.no_quote");
    check(|world, _| world.now = world.now.plus_s(901), json!({"payment_code": CODE}), "bill.quote_expired");
    check(|world, _| change(world, "挂号|1000").unwrap(), json!({"payment_code": CODE}), "bill.changed");
    check(
        |world, li| {
            li.agreed = true;
            change(world, "手术|999999").unwrap();
            world.in_app("quote", li, json!({}), attempt(7)).unwrap();
        },
        json!({}),
        "purse.insufficient",
    );
}

#[test]
fn a_bill_the_insurers_pay_in_full_asks_nobody_for_money() {
    let (mut world, li) = hospital();
    change(&mut world, "血常规|3500|3000|500").unwrap();
    world.in_app("quote", &li, json!({}), attempt(1)).unwrap();
    assert_eq!(code(&world.in_app("pay", &li, json!({}), attempt(2))), "ok");
    assert_eq!((world.purse(li.person), world.due()), (10_000, (3500, 0)));
}

#[test]
fn two_windows_at_once_the_second_is_refused() {
    let (mut world, mut li) = quoted();
    li.agreed = true;
    world.step(Cause::Operator, "pay", Some(&li), json!({}), attempt(1)).unwrap();
    assert_eq!(
        code(&world.step(Cause::Operator, "pay", Some(&li), json!({"payment_code": CODE}), attempt(2))),
        "bill.locked"
    );
    assert_eq!(code(&world.step(Cause::Holder, "quote", Some(&li), json!({}), attempt(3))), "bill.locked");
    world.deliver();
    assert_eq!((world.purse(li.person), world.due()), (10_000 - OWN, (TOTAL, 0)));
}

#[test]
fn a_bill_changed_while_it_is_paid_goes_back() {
    let (mut world, li) = quoted();
    let begun = world.step(Cause::Holder, "pay", Some(&li), json!({}), attempt(1)).unwrap();
    assert_eq!(begun.pending, Some(attempt(1)));
    change(&mut world, "挂号|1500").unwrap();
    world.deliver();
    assert_eq!(code(&world.answers[&attempt(1)]), "bill.changed");
    assert_eq!((world.purse(li.person), world.due(), is_paid(&world, &li)), (10_000, (0, 0), false));
    // The same over a rail: the rail has taken the money, and is asked to give it back.
    world.in_app("quote", &li, json!({}), attempt(2)).unwrap();
    world.at_desk("pay", &li, json!({"payment_code": CODE}), attempt(3)).unwrap();
    change(&mut world, "挂号|1600").unwrap();
    world.reply(0, success());
    assert_eq!(code(&world.answers[&attempt(3)]), "bill.changed");
    assert_eq!(world.asked[1].request["op"], "reverse");
    world.reply(1, Reply::Unknown);
    let (at, again) = world.timers.pop().unwrap();
    world.now = at;
    world.leg(&again, Cause::Timer).unwrap();
    world.reply(2, success());
    assert_eq!((world.due(), is_paid(&world, &li)), ((0, 0), false));
}

#[test]
fn answers_of_the_rail() {
    // Replies to the payment in order; what the answer is; whether it is paid; how often a reversal is asked for.
    let check = |replies: &[Reply], expect: &str, paid: bool, reversals: usize| {
        let (mut world, li) = quoted();
        let begun = world.at_desk("pay", &li, json!({"payment_code": CODE}), attempt(1)).unwrap();
        assert_eq!(begun.pending, Some(attempt(1)));
        for reply in replies {
            world.reply(0, reply.clone());
        }
        let answer = world.answers.get(&attempt(1)).map_or("none", code);
        assert_eq!((answer, is_paid(&world, &li)), (expect, paid), "{replies:?}");
        assert_eq!(world.due().0, if paid { TOTAL } else { 0 }, "{replies:?}");
        assert_eq!(
            world.asked.iter().filter(|asked| asked.request["op"] == "reverse").count(),
            reversals,
            "{replies:?}"
        );
        assert_eq!(world.purse(li.person), 10_000, "the purse is not touched");
    };
    check(&[success()], "ok", true, 0);
    check(&[success(), success()], "ok", true, 0);
    check(&[Reply::Unknown], "none", false, 0);
    check(&[Reply::Unknown, success()], "ok", true, 0);
    check(&[failure()], "rail.failed", false, 0);
    check(&[Reply::Unknown, failure()], "rail.failed", false, 0);
    check(&[Reply::Unknown, failure(), success()], "rail.failed", false, 1);
    check(&[failure(), success(), success()], "rail.failed", false, 1);
    check(&[success(), failure()], "payment.reversed", false, 0);
}

#[test]
fn what_stays_unknown_is_given_up_and_the_bill_is_free_again() {
    let check = |meanwhile: Option<Reply>, expect: &str, paid: bool, reversals: usize| {
        let (mut world, li) = quoted();
        world.at_desk("pay", &li, json!({"payment_code": CODE}), attempt(1)).unwrap();
        world.reply(0, Reply::Unknown);
        if let Some(reply) = meanwhile {
            world.reply(0, reply);
        }
        let (at, leg) = world.timers.pop().unwrap();
        world.now = at;
        world.leg(&leg, Cause::Timer).unwrap();
        assert_eq!(world.asked.len(), 1 + reversals);
        for place in 1..=reversals {
            world.reply(place, success());
        }
        assert_eq!((code(&world.answers[&attempt(1)]), is_paid(&world, &li)), (expect, paid));
        assert_eq!(world.due(), (if paid { TOTAL } else { 0 }, 0));
        // Success after all, when everything is undone: the rail is asked to undo it again, and nothing is paid.
        world.reply(0, success());
        assert_eq!((is_paid(&world, &li), world.asked.len()), (paid, 1 + 2 * reversals));
        if !paid {
            world.in_app("quote", &li, json!({}), attempt(2)).unwrap();
            assert_eq!(code(&world.in_app("pay", &li, json!({}), attempt(3))), "ok", "the bill is free again");
        }
    };
    check(None, "payment.reversed", false, 1);
    check(Some(success()), "ok", true, 0);
}

#[test]
fn settled_and_not_paid_is_undone_and_the_receipt_says_so() {
    let (mut world, li) = quoted();
    world.at_desk("pay", &li, json!({"payment_code": CODE}), attempt(1)).unwrap();
    let back = world.asked[0].back.clone();
    world.leg(&back, Cause::Reply(success())).unwrap();
    // The bill settles; before its "post" arrives the rail says that the payment is undone.
    world.deliver_one();
    assert!(is_paid(&world, &li));
    world.leg(&back, Cause::Reply(failure())).unwrap();
    world.deliver();
    assert_eq!((is_paid(&world, &li), world.due()), (false, (0, 0)));
    let receipt = &world.mirrored(li.person, "receipt")[0];
    assert_eq!((receipt["withdrawn"].clone(), receipt["version"].clone()), (json!(true), json!(2)));
    // And the bill can be paid again.
    world.in_app("quote", &li, json!({}), attempt(2)).unwrap();
    assert_eq!(code(&world.in_app("pay", &li, json!({}), attempt(3))), "ok");
    assert_eq!((world.due(), world.purse(li.person)), ((TOTAL, 0), 10_000 - OWN));
}

#[test]
fn a_request_for_money_that_comes_after_its_refusal_takes_none() {
    let (mut world, li) = quoted();
    world.step(Cause::Holder, "pay", Some(&li), json!({}), attempt(1)).unwrap();
    let pend = world.legs.pop_front().unwrap();
    let void =
        crate::harness::Leg { action: charge::payer::VOID.into(), input: json!({"payer": li.person}), ..pend.clone() };
    world.leg(&void, Cause::Message).unwrap();
    world.leg(&pend, Cause::Message).unwrap();
    world.deliver();
    assert_eq!((world.purse(li.person), world.due(), is_paid(&world, &li)), (10_000, (0, 0), false));
    assert_eq!(code(&world.answers[&attempt(1)]), "payment.reversed");
}

#[test]
fn the_cashier_sees_token_file_and_amounts_alone() {
    let (mut world, li) = hospital();
    let quote = world.at_desk("quote", &li, json!({}), attempt(1)).unwrap();
    let mut fields: Vec<&str> = quote.detail.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let allowed = [
        "bill_number",
        "family_fen",
        "file_number",
        "fund_fen",
        "own_fen",
        "paid",
        "payer",
        "personal_fen",
        "quote_until",
        "total_fen",
    ];
    assert_eq!(fields, allowed);
    world.at_desk("pay", &li, json!({"payment_code": CODE}), attempt(2)).unwrap();
    world.reply(0, success());
    let paid = world.answers[&attempt(2)].clone().unwrap();
    assert_eq!(paid.detail, json!({"bill_number": "B1", "file_number": "M1", "payer": "p-李", "paid_fen": OWN}));
    let shown = format!("{quote:?}{paid:?}{:?}", world.list(Cause::Operator, "list", Some(&li), &json!({})));
    assert!(!shown.contains("血常规") && !shown.contains("李**"), "neither lines nor name");
    assert!(world.list(Cause::Holder, "list", Some(&li), &json!({}))[0].to_string().contains("血常规"));
    let line = world.log.iter().find(|line| line.text.zh.contains("窗口缴费")).unwrap();
    assert_eq!(line.released, [Claim::VenueNumber, Claim::Pseudonym]);
}

/// One thing that may happen between messages.
#[derive(Debug, Clone)]
enum Event {
    Deliver { place: usize, keep: bool },
    Reply { place: usize, reply: u8 },
    Pay { number: u32, rail: bool },
    Quote,
    Change { fen: i64 },
    Wait { seconds: i64 },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0..6_usize, prop::bool::weighted(0.2)).prop_map(|(place, keep)| Event::Deliver { place, keep }),
        4 => (0..4_usize, 0..3_u8).prop_map(|(place, reply)| Event::Reply { place, reply }),
        3 => (1..6_u32, any::<bool>()).prop_map(|(number, rail)| Event::Pay { number, rail }),
        2 => Just(Event::Quote),
        1 => (1..5000_i64).prop_map(|fen| Event::Change { fen }),
        1 => (1..400_i64).prop_map(|seconds| Event::Wait { seconds }),
    ]
}

fn happen(world: &mut World, li: &Holder, event: &Event) {
    match *event {
        Event::Deliver { place, keep } if place < world.legs.len() => {
            let leg = if keep { world.legs[place].clone() } else { world.legs.remove(place).unwrap() };
            world.leg(&leg, Cause::Message).unwrap();
        }
        Event::Reply { place, reply } if place < world.asked.len() => {
            let reply = [success(), failure(), Reply::Unknown][usize::from(reply)].clone();
            let back = world.asked[place].back.clone();
            world.leg(&back, Cause::Reply(reply)).unwrap();
        }
        Event::Pay { number, rail } => {
            let input =
                if rail { json!({"bill_number": "B1", "payment_code": CODE}) } else { json!({"bill_number": "B1"}) };
            let _ = world.step(Cause::Holder, "pay", Some(li), input, attempt(number));
        }
        Event::Quote => drop(world.step(Cause::Holder, "quote", Some(li), json!({"bill_number": "B1"}), attempt(99))),
        Event::Change { fen } => drop(change(world, &format!("项目|{fen}|{}", fen / 2))),
        Event::Wait { seconds } => world.now = world.now.plus_s(seconds),
        Event::Deliver { .. } | Event::Reply { .. } => {}
    }
}

/// Lets everything that is under way come to its end: messages arrive, the rail decides, reversals succeed.
fn settle_down(world: &mut World) {
    for _ in 0..50 {
        world.deliver();
        for (_, leg) in std::mem::take(&mut world.timers) {
            world.leg(&leg, Cause::Timer).unwrap();
        }
        for place in 0..world.asked.len() {
            let reverse = world.asked[place].request["op"] == "reverse";
            let order = world.asked[place].back.clone();
            let reply = if reverse { success() } else { failure() };
            if reverse || !rail_decided(world, &order) {
                world.leg(&order, Cause::Reply(reply)).unwrap();
            }
        }
        if world.legs.is_empty() && world.timers.is_empty() {
            return;
        }
    }
    panic!("it never settles down");
}

fn rail_decided(world: &World, leg: &crate::harness::Leg) -> bool {
    let attempt = leg.attempt;
    let order = tongma_store::run_blocking(&world.store, leg.bucket, move |txn| {
        Ok(order::order(txn, attempt).ok().flatten().map(|held| held.value.rail))
    });
    !matches!(order.unwrap().flatten(), Some(charge::rail::RailState::Submitted | charge::rail::RailState::Unknown))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn in_the_end_a_bill_is_paid_with_its_money_there_once_or_open_with_none(events in prop::collection::vec(event(), 1..40)) {
        let (mut world, li) = quoted();
        for event in &events {
            happen(&mut world, &li, event);
        }
        settle_down(&mut world);
        let bill = world.mirrored(li.person, "bill")[0].clone();
        let total = if bill["paid"] == json!(true) { bill["total_fen"].as_i64().unwrap() } else { 0 };
        let own = if bill["paid"] == json!(true) { bill["own_fen"].as_i64().unwrap() } else { 0 };
        prop_assert_eq!(world.due(), (total, 0), "what the hospital is owed");
        let from_purse = 10_000 - world.purse(li.person);
        let clearing = world.account(li.person.bucket(), &charge::clearing(order::PAYMENT_CODE));
        let from_rail = clearing.map_or(0, |a| a.debits_posted.get() - a.credits_posted.get());
        prop_assert_eq!(from_purse + from_rail, own, "what the payer paid");
        prop_assert!(from_purse == 0 || from_rail == 0, "from one source alone");
        let receipts = world.mirrored(li.person, "receipt");
        let valid = receipts.iter().filter(|receipt| receipt["withdrawn"] == json!(false)).count();
        prop_assert_eq!(valid, usize::from(total > 0), "one valid receipt for what is paid");
        for number in 1..6 {
            if let Some(answer) = world.answers.get(&attempt(number)) {
                prop_assert!(answer.is_err() || total > 0, "an attempt was answered “paid” and nothing is");
            }
        }
    }
}
