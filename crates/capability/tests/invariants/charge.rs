use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tongma_capability::charge::{
    self,
    order::{self, NewOrder, OrderState, Pended, Refunded, Source},
};
use tongma_domain::{Fen, Id, Words};
use tongma_store::{AccountLimit, Store};

use crate::support::{BUCKET, Bench, at, id};

#[derive(Debug, Clone)]
enum Op {
    TopUp { attempt: u8, fen: i64 },
    Pend { attempt: u8, person: u8, fen: i64, rail: bool },
    Post { attempt: u8 },
    Void { attempt: u8 },
    Refund { attempt: u8, refund: u8, fen: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..4_u8, 300..900_i64).prop_map(|(attempt, fen)| Op::TopUp { attempt, fen }),
        4 => (0..4_u8, 0..2_u8, 1..400_i64, prop::bool::weighted(0.3))
            .prop_map(|(attempt, person, fen, rail)| Op::Pend { attempt, person, fen, rail }),
        3 => (0..4_u8).prop_map(|attempt| Op::Post { attempt }),
        1 => (0..4_u8).prop_map(|attempt| Op::Void { attempt }),
        3 => (0..4_u8, 0..3_u8, 1..150_i64).prop_map(|(attempt, refund, fen)| Op::Refund { attempt, refund, fen }),
    ]
}

fn new_order(attempt: u8, person: u8, fen: i64, rail: bool) -> NewOrder {
    let source = if rail { Source::PaymentCode { code: "134567890123456789".into() } } else { Source::Purse };
    NewOrder {
        attempt: id("attempt", attempt),
        payer: id("person", person),
        merchant: id("merchant", 0),
        what: Words::default(),
        amount: Fen::new(fen),
        source,
        home: (id("bill", 0), "settle".into(), "decline".into()),
    }
}

fn resolve(bench: &Bench, attempt: Id, posts: bool) {
    bench.ok(move |txn| {
        let Some(mut held) = order::order(txn, attempt)? else { return Ok(()) };
        if posts {
            order::post(txn, &mut held)?;
        } else {
            order::void(txn, &mut held)?;
        }
        Ok(tongma_store::save(txn, &held)?)
    });
}

/// Debits equal credits over all accounts, and every limit holds: read from the store itself, not from the code under test.
fn books_balance(bench: &Bench) -> Result<(), TestCaseError> {
    let accounts = bench.store.accounts_of(BUCKET).unwrap();
    let sum =
        |of: fn(&tongma_store::Account) -> Fen| accounts.iter().map(|(_, account)| of(account).get()).sum::<i64>();
    prop_assert_eq!(sum(|account| account.debits_posted), sum(|account| account.credits_posted));
    prop_assert_eq!(sum(|account| account.debits_pending), sum(|account| account.credits_pending));
    for (key, account) in &accounts {
        prop_assert_eq!(key.class == "purse", account.limit == AccountLimit::DebitsWithinCredits);
        let used = account.debits_posted.get() + account.debits_pending.get();
        prop_assert!(key.class != "purse" || used <= account.credits_posted.get(), "a purse was overdrawn");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn debits_equal_credits_and_refunds_stay_within_what_was_paid(ops in prop::collection::vec(op(), 1..50)) {
        let bench = Bench::new();
        // The model: by attempt what was paid and refunded; by person what the purse should hold.
        let mut purses: BTreeMap<u8, i64> = BTreeMap::new();
        let mut topped: BTreeSet<u8> = BTreeSet::new();
        let mut paid: BTreeMap<u8, (u8, i64, bool, OrderState)> = BTreeMap::new();
        let mut refunded: BTreeMap<(u8, u8), i64> = BTreeMap::new();
        for op in ops {
            match op {
                Op::TopUp { attempt, fen } => {
                    if topped.insert(attempt) {
                        bench.ok(move |txn| charge::top_up(txn, id("person", 0), Fen::new(fen), id("top_up", attempt), at(0)));
                        *purses.entry(0).or_default() += fen;
                    }
                }
                Op::Pend { attempt, person, fen, rail } => {
                    let pended = bench.ok(move |txn| order::pend(txn, new_order(attempt, person, fen, rail), at(0)));
                    let enough = rail || purses.get(&person).copied().unwrap_or(0) >= fen;
                    let known = paid.contains_key(&attempt);
                    if known {
                        prop_assert!(matches!(pended, Pended::Again(_)));
                    } else if enough {
                        prop_assert!(matches!(pended, Pended::Fresh(_)));
                        paid.insert(attempt, (person, fen, rail, OrderState::Pending));
                        if !rail { *purses.entry(person).or_default() -= fen; }
                    } else {
                        prop_assert_eq!(pended, Pended::Insufficient);
                        paid.insert(attempt, (person, fen, rail, OrderState::Void));
                    }
                }
                Op::Post { attempt } => {
                    resolve(&bench, id("attempt", attempt), true);
                    if let Some((_, _, _, state @ OrderState::Pending)) = paid.get_mut(&attempt) { *state = OrderState::Posted; }
                }
                Op::Void { attempt } => {
                    resolve(&bench, id("attempt", attempt), false);
                    if let Some((person, fen, rail, state @ OrderState::Pending)) = paid.get_mut(&attempt) {
                        *state = OrderState::Void;
                        if !*rail { *purses.entry(*person).or_default() += *fen; }
                    }
                }
                Op::Refund { attempt, refund, fen } => {
                    let Some((person, amount, rail, state)) = paid.get(&attempt).copied() else { continue };
                    let account = if rail { charge::clearing(order::PAYMENT_CODE) } else { charge::purse(id("person", person)) };
                    let back = bench.ok(move |txn| {
                        order::refund(txn, id("attempt", attempt), id("refund", refund), (&account, Fen::new(fen)), at(0))
                    });
                    let before: i64 = refunded.iter().filter(|((of, _), _)| *of == attempt).map(|(_, fen)| fen).sum();
                    let known = refunded.contains_key(&(attempt, refund));
                    if known {
                        prop_assert_eq!(back, Refunded::Again);
                    } else if state != OrderState::Posted {
                        prop_assert_eq!(back, Refunded::NotPaid);
                    } else if before + fen > amount {
                        prop_assert_eq!(back, Refunded::TooMuch { left: Fen::new(amount - before) });
                    } else {
                        prop_assert_eq!(back, Refunded::Fresh);
                        refunded.insert((attempt, refund), fen);
                        if !rail { *purses.entry(person).or_default() += fen; }
                    }
                }
            }
            books_balance(&bench)?;
            for (person, expected) in &purses {
                let person = *person;
                let left = bench.ok(move |txn| charge::available(txn, &charge::purse(id("person", person))));
                prop_assert_eq!(left.get(), *expected);
            }
        }
    }
}
