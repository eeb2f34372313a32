//! Cards and status lists: what holds, what is refused, and that nothing read panics.
#![cfg(test)]

use proptest::prelude::*;
use tongma_code::sign::{Signer, SoftEd25519, SoftP256, SoftSm2};
use tongma_credential::{
    CredentialError, Es256Key, IssuerKey, StatusToken,
    card::{self, Card},
    status::{self, Bits, StatusList},
};

const NOW_S: i64 = 1_800_000_000;
const LIST: &str = "https://tongma.example/status/0";

fn es256(secret: u8) -> SoftP256 {
    SoftP256::new(&[secret; 32]).unwrap()
}

fn sm2(secret: u8) -> SoftSm2 {
    SoftSm2::new(&[secret; 32]).unwrap()
}

fn key(signer: &dyn Signer) -> IssuerKey {
    IssuerKey::new(&signer.public_key()).unwrap()
}

fn a_card() -> Card {
    Card {
        issuer: "https://tongma.example".into(),
        issued_s: NOW_S,
        expires_s: NOW_S + 86_400,
        holder: Es256Key::from_sec1(es256(7).public_key().bytes()).unwrap(),
        list: LIST.into(),
        index: 1_048_575,
        kind: "driving_licence".into(),
        name: "黄**".into(),
        authority: ["示范省公安厅".into(), "Public Security Department (demonstration)".into()],
        last_day: Some("2036-11-23".into()),
    }
}

#[test]
fn a_card_is_read_under_its_own_key_and_suite_alone() {
    let (es256, sm2) = (es256(1), sm2(1));
    let signers: [&dyn Signer; 2] = [&es256, &sm2];
    for (at, signer) in signers.iter().enumerate() {
        for card in [a_card(), Card { last_day: None, ..a_card() }] {
            let bytes = card.sign(*signer, &[5; 32]).unwrap();
            assert_eq!(Card::open(&bytes, &key(*signer), NOW_S), Ok(card));
            let other = key(*signers.get(1 - at).unwrap());
            assert_eq!(Card::open(&bytes, &other, NOW_S), Err(CredentialError::Algorithm));
        }
    }
    let bytes = a_card().sign(&es256, &[5; 32]).unwrap();
    assert_eq!(Card::open(&bytes, &key(&self::es256(2)), NOW_S), Err(CredentialError::Signature));
    assert_eq!(Card::open(&bytes, &key(&es256), NOW_S + 86_400), Err(CredentialError::Time));
    assert_eq!(Card::open(&bytes, &key(&es256), NOW_S - 61), Err(CredentialError::Time));
    assert!(a_card().sign(&SoftEd25519::new(&[1; 32]), &[5; 32]).is_err());
}

#[test]
fn a_shown_card_proves_its_holder_and_its_moment() {
    let issuer = es256(1);
    let bytes = a_card().sign(&issuer, &[5; 32]).unwrap();
    let at = NOW_S.unsigned_abs() + 100;
    let shown = card::show(&bytes, at, &es256(7), &[6; 32]).unwrap();
    let found = card::open(&shown, &key(&issuer), NOW_S + 130).unwrap();
    assert_eq!((found.card, found.age_s), (a_card(), 30));
    let stolen = card::show(&bytes, at, &es256(8), &[6; 32]).unwrap();
    assert_eq!(card::open(&stolen, &key(&issuer), NOW_S + 130), Err(CredentialError::Holder));
    // With its proof it fits a QR code of version 20 at level L: 858 bytes, as a base64url address.
    assert!(shown.len() * 4 / 3 + 40 < 858, "{} bytes", shown.len());
}

#[test]
fn no_bit_of_a_shown_card_may_flip() {
    let issuer = es256(1);
    let bytes = a_card().sign(&issuer, &[5; 32]).unwrap();
    let shown = card::show(&bytes, NOW_S.unsigned_abs(), &es256(7), &[6; 32]).unwrap();
    for bit in 0..shown.len() * 8 {
        let mut changed = shown.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(card::open(&changed, &key(&issuer), NOW_S).is_err(), "bit {bit}");
    }
}

fn token() -> StatusToken {
    let mut list = StatusList::new(Bits::Two, 1 << 20);
    assert!(list.set(77, status::SUSPENDED) && list.set((1 << 20) - 1, status::INVALID));
    StatusToken { subject: LIST.into(), issued_s: NOW_S, expires_s: NOW_S + 3600, ttl_s: 600, list }
}

#[test]
fn a_signed_list_says_what_was_set() {
    let (es256, sm2) = (es256(1), sm2(1));
    let public = Es256Key::from_sec1(es256.public_key().bytes()).unwrap();
    let jwt = token().to_jwt(&es256, &[4; 32]).unwrap();
    let read = [
        StatusToken::of_jwt(&jwt, LIST, &public, NOW_S),
        StatusToken::of_cwt(&token().to_cwt(&es256, &[4; 32]).unwrap(), LIST, &key(&es256), NOW_S),
        StatusToken::of_cwt(&token().to_cwt(&sm2, &[4; 32]).unwrap(), LIST, &key(&sm2), NOW_S),
    ];
    for found in read {
        let found = found.unwrap();
        assert_eq!(found, token());
        assert_eq!(found.status(77), Ok(status::SUSPENDED));
        assert_eq!(found.status(78), Ok(status::VALID));
        assert_eq!(found.status((1 << 20) - 1), Ok(status::INVALID));
        assert_eq!(found.status(1 << 20), Err(CredentialError::List));
        assert_eq!((found.is_stale(NOW_S + 600), found.is_stale(NOW_S + 601)), (false, true));
    }
    assert_eq!(StatusToken::of_jwt(&jwt, LIST, &public, NOW_S + 3600), Err(CredentialError::Time));
    assert_eq!(StatusToken::of_jwt(&jwt, "https://else.example/0", &public, NOW_S), Err(CredentialError::List));
    assert!(token().to_jwt(&sm2, &[4; 32]).is_err());
}

proptest! {
    #[test]
    fn nothing_that_is_read_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let issuer = key(&es256(1));
        let _ = card::open(&bytes, &issuer, NOW_S);
        let _ = Card::open(&bytes, &issuer, NOW_S);
        let _ = StatusToken::of_cwt(&bytes, LIST, &issuer, NOW_S);
    }

    #[test]
    fn a_changed_byte_of_a_list_is_never_accepted(at in any::<prop::sample::Index>(), with in 1_u8..) {
        let signer = es256(1);
        let mut bytes = token().to_cwt(&signer, &[4; 32]).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= with;
        prop_assert!(StatusToken::of_cwt(&bytes, LIST, &key(&signer), NOW_S).is_err());
    }
}
