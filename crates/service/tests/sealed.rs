//! The sealed log: gapless, once, whole turns only, and proofs that hold.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use support::{House, Phone};
use tongma_tlog::{Note, verify_consistency, verify_inclusion};

fn hash(hex: &str) -> [u8; 32] {
    std::array::from_fn(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap())
}

fn path(hexes: &[String]) -> Vec<[u8; 32]> {
    hexes.iter().map(|hex| hash(hex)).collect()
}

async fn freeze_often(house: &House, phone: &Phone, times: usize) {
    for turn in 0..times {
        house.platform.freeze(&phone.citizen, turn % 2 == 0).await.unwrap();
    }
}

async fn seal_all(house: &House) -> u64 {
    loop {
        let turn = house.platform.seal().await.unwrap();
        if turn.entries == 0 {
            return turn.size;
        }
    }
}

#[tokio::test]
async fn every_line_is_sealed_once_and_proved() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    freeze_often(&house, &phone, 302).await;
    let first = seal_all(&house).await;
    assert_eq!(seal_all(&house).await, first, "sealing again seals nothing");
    let key = house.platform.log_key();
    let early = Note::parse(&house.platform.checkpoint().unwrap(), &key).unwrap().checkpoint;
    freeze_often(&house, &phone, 300).await;
    let second = seal_all(&house).await;
    assert!(second >= first + 300, "{first} {second}");
    let note = Note::parse(&house.platform.checkpoint().unwrap(), &key).unwrap().checkpoint;
    assert_eq!((note.size, early.size), (second, first));
    let consistency = path(&house.platform.consistency(first, second).unwrap());
    verify_consistency((first, &early.root), (second, &note.root), &consistency).unwrap();
    let mut indices = std::collections::BTreeSet::new();
    let mut after = None;
    loop {
        let page = house.platform.log(&phone.citizen, after.as_deref(), 100, &[]).unwrap();
        for item in page.items {
            let proved = house.platform.proved(&phone.citizen, item.number).unwrap();
            assert!(proved.receipt.text.contains(&proved.leaf));
            verify_inclusion(&hash(&proved.leaf), proved.index, proved.size, &path(&proved.path), &note.root).unwrap();
            assert!(indices.insert(proved.index), "two lines at one place");
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(indices.len() >= 600);
    let audit = house.platform.audit(&[]).unwrap();
    assert_eq!((audit.fault_count, audit.leaves, audit.unsealed), (0, second, 0));
}

#[tokio::test]
async fn a_turn_whose_answer_is_lost_seals_nothing_twice() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    freeze_often(&house, &phone, 40).await;
    house.lose_answers(true);
    assert!(house.platform.seal().await.is_err());
    house.lose_answers(false);
    seal_all(&house).await;
    let audit = house.platform.audit(&[]).unwrap();
    assert_eq!((audit.fault_count, audit.rows, audit.unsealed), (0, audit.leaves, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sealers_at_once_make_one_tree() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    for _ in 0..10 {
        freeze_often(&house, &phone, 8).await;
        let (one, other) = tokio::join!(house.platform.seal(), house.platform.seal());
        assert!(one.is_ok() && other.is_ok());
    }
    seal_all(&house).await;
    let audit = house.platform.audit(&[]).unwrap();
    assert_eq!((audit.fault_count, audit.rows, audit.unsealed), (0, audit.leaves, 0));
}

#[tokio::test]
async fn an_unknown_line_is_not_proved_and_an_unsealed_one_says_so() {
    let house = House::new().await;
    let phone = Phone::of(&house, "one").await;
    freeze_often(&house, &phone, 1).await;
    let number = house.platform.log(&phone.citizen, None, 1, &[]).unwrap().items[0].number;
    assert_eq!(house.platform.proved(&phone.citizen, number).unwrap_err().code(), "log.unsealed");
    assert_eq!(house.platform.proved(&phone.citizen, number + 1).unwrap_err().code(), "log.unknown");
}

#[tokio::test]
async fn a_checkpoint_of_another_history_is_found() {
    let (house, elsewhere) = (House::new().await, House::new().await);
    for one in [&house, &elsewhere] {
        let phone = Phone::of(one, "one").await;
        freeze_often(one, &phone, 4).await;
        one.set_s(one.now_s() + 1);
    }
    elsewhere.set_s(elsewhere.now_s() + 5);
    let phone = Phone::again(&elsewhere, "one").await;
    freeze_often(&elsewhere, &phone, 2).await;
    seal_all(&house).await;
    seal_all(&elsewhere).await;
    let kept = elsewhere.platform.checkpoint().unwrap();
    let audit = house.platform.audit(&[house.platform.checkpoint().unwrap()]).unwrap();
    assert_eq!(audit.fault_count, 0);
    assert_eq!(house.platform.audit(&[kept]).unwrap().fault_count, 1);
}
