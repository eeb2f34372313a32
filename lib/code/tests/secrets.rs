//! Chains, day keys, handles, masks, short numbers.
#![cfg(test)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use tongma_code::{
    chain::{Chain, anchor, link, point_anchor},
    keys::{ClaimKey, Claims, HandleKey, MasterKey, Opened, Subject, hmac_sm3},
    limits::{CHAIN_BYTES, EPOCH_S},
    short::{Alias, AliasKey, SealedAlias, ShortError, ShortNumber, TicketKey, days_at},
    text::TextError,
    ticket::{Day, Handle, Life, Scope, Step, Suite, Window},
};

#[test]
fn hmac_sm3_is_hmac_over_sm3() {
    // RFC 2104 built by hand from SM3 itself.
    use sm3::{Digest, Sm3};
    let key = [0x42; 32];
    let mut block = [0_u8; 64];
    block[..32].copy_from_slice(&key);
    let inner = Sm3::digest([&block.map(|byte| byte ^ 0x36)[..], b"one", b"two"].concat());
    let outer = Sm3::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner[..]].concat());
    assert_eq!(hmac_sm3(&key, &[b"one", b"two"]), <[u8; 32]>::from(outer));
}

#[test]
fn the_hash_of_suite_0_is_sm3() {
    // GB/T 32905 Annex A.1: SM3("abc").
    use sha2::Sha256;
    use sm3::{Digest, Sm3};
    let expected = [0x66, 0xc7, 0xf0, 0xf4, 0x62, 0xee, 0xed, 0xd9];
    assert_eq!(Sm3::digest(b"abc")[..8], expected);
    let handle = Handle([1; 16]);
    let input = [&[0x5c][..], &[1; 16], &[7], &[9; 12]].concat();
    assert_eq!(link(Suite::Sm2, &handle, 7, &[9; 12])[..], Sm3::digest(&input)[..12]);
    assert_eq!(link(Suite::Ed25519, &handle, 7, &[9; 12])[..], Sha256::digest(&input)[..12]);
    assert_eq!(link(Suite::P256, &handle, 7, &[9; 12]), link(Suite::Ed25519, &handle, 7, &[9; 12]));
}

#[test]
fn every_value_leads_to_the_anchor_and_to_nothing_later() {
    for suite in Suite::ALL {
        let handle = Handle([3; 16]);
        let chain = Chain::of_ticket(suite, &handle, 240, &[5; CHAIN_BYTES]).unwrap();
        assert_eq!(chain.value(239), Some([5; CHAIN_BYTES]), "the last value is the seed");
        assert_eq!(chain.value(240), None);
        for index in 0..240_u8 {
            let value = chain.value(index).unwrap();
            assert_eq!(anchor(suite, &handle, index, &value), chain.anchor());
            // A value shown under another index, handle or prefix leads elsewhere.
            assert_ne!(anchor(suite, &handle, index.wrapping_add(1), &value), chain.anchor());
            assert_ne!(anchor(suite, &Handle([4; 16]), index, &value), chain.anchor());
            assert_ne!(point_anchor(suite, &handle.0, index, &value), chain.anchor());
        }
        let distinct: BTreeSet<_> = (0..240).map(|index| chain.value(index)).collect();
        assert_eq!(distinct.len(), 240);
        // i + 1 hashes: step 0 is not the anchor itself.
        assert_ne!(chain.value(0), Some(chain.anchor()));
        assert_eq!(link(suite, &handle, 0, &chain.value(0).unwrap()), chain.anchor());
    }
    assert!(Chain::of_ticket(Suite::Sm2, &Handle([0; 16]), 0, &[0; 12]).is_none());
    assert!(Chain::of_ticket(Suite::Sm2, &Handle([0; 16]), 241, &[0; 12]).is_none());
}

#[test]
fn sm4_and_its_standard_agree() {
    // GB/T 32907 Annex A.1.
    let block = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10];
    let cipher = [0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e, 0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46];
    let key = HandleKey(block);
    let opened = key.open(&Handle(cipher));
    assert_eq!(opened.subject.0[..], block[..8]);
    assert_eq!((opened.actor, opened.device, &opened.nonce[..]), (block[8], block[9], &block[10..]));
    assert_eq!(key.seal(&opened), Handle(cipher));
    // The mask is the first two bytes of the same block under K′.
    let masked = ClaimKey(block).mask(&Handle(block), Claims(0x00ff));
    assert_eq!(masked, [0x68, 0x1e ^ 0xff]);
}

#[test]
fn keys_differ_by_label_scope_and_day() {
    let master = MasterKey([1; 32]);
    let mut all = BTreeSet::new();
    for scope in [0, 1, 256] {
        for day in [0, 1, 256] {
            let keys = master.day_keys(Scope(scope), Day(day));
            all.insert(keys.handle.0.to_vec());
            all.insert(keys.claims.0.to_vec());
            all.insert(keys.nonce.0.to_vec());
            all.insert(keys.alias.0.to_vec());
            all.insert(keys.short.0.to_vec());
            let by_scope = master.scope(Scope(scope)).day_keys(Scope(scope), Day(day));
            assert_eq!(by_scope.handle, keys.handle);
        }
    }
    assert_eq!(all.len(), 9 * 5);
    assert!(format!("{:?}", master.day_keys(Scope(0), Day(0))).contains("secret"), "keys do not print");
}

proptest! {
    #[test]
    fn handles_open_to_what_was_sealed(
        key in any::<[u8; 16]>(), subject in any::<[u8; 8]>(), actor: u8, device: u8, nonce in any::<[u8; 6]>(),
    ) {
        let opened = Opened { subject: Subject(subject), actor, device, nonce };
        prop_assert_eq!(HandleKey(key).open(&HandleKey(key).seal(&opened)), opened);
    }

    #[test]
    fn claims_unmask_to_what_was_masked(key in any::<[u8; 16]>(), handle in any::<[u8; 16]>(), claims: u16) {
        let key = ClaimKey(key);
        prop_assert_eq!(key.unmask(&Handle(handle), key.mask(&Handle(handle), Claims(claims))), Claims(claims));
    }

    #[test]
    fn pairwise_subjects_map_back_only_with_the_master_key(bucket in 0_u16..4096, person: u16, scope in 1_u16..) {
        let master = MasterKey([1; 32]);
        let subject = Subject::general(bucket, person).unwrap();
        prop_assert_eq!((subject.bucket(), subject.person()), (bucket, Some(person)));
        let seen = master.pairwise(subject, Scope(scope));
        prop_assert_eq!(master.general_of(seen, Scope(scope)), subject);
        prop_assert_ne!(MasterKey([2; 32]).general_of(seen, Scope(scope)), subject);
        prop_assert_ne!(master.pairwise(subject, Scope(scope.wrapping_add(1).max(1))), seen);
        prop_assert_eq!(master.pairwise(subject, Scope(0)), subject);
    }

    #[test]
    fn aliases_are_a_permutation(key in any::<[u8; 16]>(), bits in 0_u64..1 << 34) {
        let key = AliasKey(key);
        let alias = key.open(SealedAlias::new(bits).unwrap());
        prop_assert_eq!(key.seal(alias).unwrap().bits(), bits);
    }

    #[test]
    fn short_numbers_survive_their_text(bits in 0_u64..1 << 34, mac: u32) {
        let number = ShortNumber { alias: SealedAlias::new(bits).unwrap(), mac };
        let text = number.to_text();
        prop_assert_eq!(text.len(), 24);
        prop_assert_eq!(ShortNumber::from_text(&text), Ok(number));
    }

    #[test]
    fn short_texts_have_one_spelling(body in "[0-9]{22}") {
        let text = format!("86{body}");
        if let Ok(number) = ShortNumber::from_text(&text) {
            prop_assert_eq!(number.to_text(), text);
        }
    }

    #[test]
    fn one_wrong_digit_or_two_swapped_are_found(bits in 0_u64..1 << 34, mac: u32, at in 0_usize..24, by in 1_u8..10) {
        let number = ShortNumber { alias: SealedAlias::new(bits).unwrap(), mac };
        let mut digits = number.to_text().into_bytes();
        digits[at] = (digits[at] - b'0' + by) % 10 + b'0';
        prop_assert!(ShortNumber::from_text(core::str::from_utf8(&digits).unwrap()).is_err());
        let mut digits = number.to_text().into_bytes();
        if at < 23 && digits[at] != digits[at + 1] {
            digits.swap(at, at + 1);
            prop_assert!(ShortNumber::from_text(core::str::from_utf8(&digits).unwrap()).is_err());
        }
    }
}

#[test]
fn check_digits_are_recomputed_not_only_divided() {
    // Find a body whose check digits are 97 or 98: then 00 or 01 would leave the same remainder.
    let (mut seen_97, mut seen_98) = (false, false);
    for mac in 0..2000 {
        let text = ShortNumber { alias: SealedAlias::new(1).unwrap(), mac }.to_text();
        let check: u8 = text[22..].parse().unwrap();
        assert!((2..=98).contains(&check));
        let value: u128 = text.parse().unwrap();
        assert_eq!(value % 97, 1, "ISO/IEC 7064 MOD 97-10");
        let other = match check {
            97 => "00",
            98 => "01",
            2 => "99",
            _ => continue,
        };
        seen_97 |= check == 97;
        seen_98 |= check == 98;
        let twin = format!("{}{other}", &text[..22]);
        assert_eq!(twin.parse::<u128>().unwrap() % 97, 1, "the twin passes a mere division");
        assert_eq!(ShortNumber::from_text(&twin), Err(ShortError::Check));
    }
    assert!(seen_97 && seen_98);
}

#[test]
fn a_short_number_has_66_bits_and_no_more() {
    let text_of = |value: u128| {
        let body = format!("86{value:020}");
        let check = 98 - body.parse::<u128>().unwrap() * 100 % 97;
        format!("{body}{check:02}")
    };
    assert!(ShortNumber::from_text(&text_of((1 << 66) - 1)).is_ok());
    assert_eq!(ShortNumber::from_text(&text_of(1 << 66)), Err(ShortError::Text(TextError::Group)));
    assert_eq!(ShortNumber::from_text(&text_of(10_u128.pow(20) - 1)), Err(ShortError::Text(TextError::Group)));
    assert_eq!(ShortNumber::from_text("87").map(drop), Err(ShortError::Text(TextError::Length)));
    let good = text_of(5);
    let other = format!("87{}", &good[2..]);
    assert_eq!(ShortNumber::from_text(&other).map(drop), Err(ShortError::Text(TextError::Prefix)));
    let wide = format!("{}\u{ff11}", &good[..21]);
    assert_eq!(ShortNumber::from_text(&wide).map(drop), Err(ShortError::Text(TextError::NotADigit)));
}

#[test]
fn aliases_out_of_range_have_no_number() {
    let key = AliasKey([1; 16]);
    assert!(key.seal(Alias { bucket: 4096, person: 0, ticket: 0 }).is_none());
    assert!(key.seal(Alias { bucket: 0, person: 0, ticket: 64 }).is_none());
    assert!(SealedAlias::new(1 << 34).is_none());
    // Neighbours lie far apart: an alias says nothing about the person's number.
    let bits = |person| key.seal(Alias { bucket: 9, person, ticket: 0 }).unwrap().bits();
    assert!((0..200).all(|person| bits(person).abs_diff(bits(person + 1)) > 1000));
}

#[test]
fn a_mac_proves_its_step_while_that_step_is_accepted() {
    let (key, alias) = (TicketKey([8; 32]), SealedAlias::new(77).unwrap());
    let window = Window::new(3000, Life::Min30, Step::Sec15).unwrap();
    for step in [0, 1, 60, 119] {
        let number = ShortNumber::of(alias, &key, step);
        for now_s in window.start_s() - 60..window.end_s() + 60 {
            let expected = window.accepted_steps(now_s).contains(&step).then_some(step);
            assert_eq!(number.proves(&key, window, now_s), expected);
        }
        assert_eq!(number.proves(&TicketKey([9; 32]), window, window.start_s() + i64::from(step) * 15), None);
    }
}

#[test]
fn around_the_turn_two_days_are_asked() {
    let turn_s = EPOCH_S + (20 + 24 * 300) * 3600;
    let (before, after) = (Some(Day(300)), Some(Day(301)));
    assert_eq!(days_at(turn_s - 11), [before, None]);
    assert_eq!(days_at(turn_s - 10), [after, before]);
    assert_eq!(days_at(turn_s + 3609), [after, before]);
    assert_eq!(days_at(turn_s + 3670), [after, None]);
    assert_eq!(days_at(i64::MIN), [None, None]);
}

#[test]
fn a_device_s_handles_can_be_listed_without_rows() {
    let keys = MasterKey([6; 32]).day_keys(Scope(0), Day(9));
    let subject = Subject::general(1, 2).unwrap();
    let handles: BTreeSet<_> = (0..88).map(|number| keys.handle_of(subject, 0, 1, number)).collect();
    assert_eq!(handles.len(), 88);
    for (device, actor) in [(2, 0), (1, 1)] {
        assert!(handles.is_disjoint(&(0..88).map(|number| keys.handle_of(subject, actor, device, number)).collect()));
    }
}
