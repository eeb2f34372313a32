//! A certificate from its issuer to whoever checks it: the credentials hold under the published keys, and the status
//! list follows every change.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use tongma_code::sign::{Signer, SoftP256, SoftSm2};
use tongma_credential::card::{self, Card};
use tongma_credential::status::{ENDED, INVALID, SUSPENDED, VALID};
use tongma_credential::{Es256Key, IssuerKey, StatusToken, sd_jwt};
use tongma_domain::Id;
use tongma_service::certificate::{Identifier, Standing, State};
use tongma_service::{Credentials, NewCertificate};

use crate::support::{House, Phone};

const LIST: &str = "https://code.example.cn/status/0";

fn licence(person: Id, key: &str, class: &str) -> NewCertificate {
    let fields = [("class", class), ("number", "440106194912310011")];
    NewCertificate {
        person,
        kind: "driving_licence".into(),
        serial: Some("A1".into()),
        issuer: None,
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        valid_from: None,
        valid_until: None,
        key: key.into(),
    }
}

fn holder() -> (SoftP256, String) {
    let signer = SoftP256::new(&[0x31; 32]).unwrap();
    let text = BASE64URL.encode(&signer.public_key().bytes()[1..]);
    (signer, text)
}

fn issuer_key(house: &House) -> Es256Key {
    Es256Key::from_jwk(&house.platform.certificate_issuer()["jwks"]["keys"][0]).unwrap()
}

/// The one certificate in the deck, as credentials of the holder's phone.
fn shown(house: &House, phone: &Phone) -> (Identifier, Standing, Option<Credentials>) {
    let found = house.platform.certificates(&phone.citizen, (None, 10), Some(&holder().1)).unwrap();
    let [mine] = <[_; 1]>::try_from(found.items).ok().unwrap();
    (mine.certificate.identifier, mine.standing, mine.credentials)
}

fn list(house: &House) -> StatusToken {
    let signed = house.platform.status_list(0).unwrap();
    let token = StatusToken::of_jwt(&signed.jwt, LIST, &issuer_key(house), house.now_s()).unwrap();
    let sm2 = IssuerKey::new(&SoftSm2::new(&[6; 32]).unwrap().public_key()).unwrap();
    let es256 = IssuerKey::Es256(issuer_key(house));
    assert_eq!(StatusToken::of_cwt(&signed.cwt, LIST, &es256, house.now_s()), Ok(token.clone()));
    assert_eq!(StatusToken::of_cwt(&signed.cwt_sm2, LIST, &sm2, house.now_s()), Ok(token.clone()));
    token
}

#[tokio::test]
async fn credentials_hold_under_the_published_keys_and_their_list_follows() {
    let house = House::new().await;
    let phone = Phone::of(&house, "chen").await;
    let issued = house.platform.issue_certificate(licence(phone.citizen.person, "1", "C1")).await.unwrap();
    assert_eq!(house.platform.issue_certificate(licence(phone.citizen.person, "1", "C1")).await, Ok(issued.clone()));
    let (identifier, standing, credentials) = shown(&house, &phone);
    let credentials = credentials.unwrap();
    assert_eq!((identifier, standing), (issued.clone(), Standing::Good));

    let claims = sd_jwt::verify(&credentials.sd_jwt, &issuer_key(&house), None, house.now_s()).unwrap().claims;
    assert_eq!(claims["class"], "C1");
    assert_eq!(claims["name"], "陈晨");
    assert_eq!(claims["masked_name"], "陈*");
    assert_eq!(claims["identifier"], issued.to_string());
    assert_eq!(claims["status"]["status_list"]["uri"], LIST);

    let sm2 = IssuerKey::new(&SoftSm2::new(&[6; 32]).unwrap().public_key()).unwrap();
    let bytes = BASE64URL.decode(&credentials.card_sm2).unwrap();
    let by_sm2 = Card::open(&bytes, &sm2, house.now_s()).unwrap();
    let bytes = BASE64URL.decode(&credentials.card).unwrap();
    let now_s = house.now_s().unsigned_abs();
    let held = card::show(&bytes, now_s, &holder().0, &[1; 32]).unwrap();
    let read = card::open(&held, &IssuerKey::Es256(issuer_key(&house)), house.now_s()).unwrap();
    assert_eq!((read.card.clone(), read.age_s), (by_sm2, 0));
    assert_eq!((read.card.name.as_str(), read.card.kind.as_str()), ("陈*", "driving_licence"));

    let index = read.card.index;
    for (state, status) in [(State::Suspended, SUSPENDED), (State::Valid, VALID), (State::Revoked, INVALID)] {
        house.platform.change_certificate(&issued, state, "试").await.unwrap();
        assert_eq!(list(&house).status(index), Ok(status));
        let standing = shown(&house, &phone).1;
        assert_eq!(standing == Standing::Good, state == State::Valid);
        let (_, fields) = house.platform.certificate_fields(phone.citizen.person, &issued).unwrap();
        assert_eq!(fields.is_empty(), state != State::Valid, "only one in force opens");
    }
    let refused = house.platform.change_certificate(&issued, State::Valid, "").await.unwrap_err();
    assert_eq!(refused.code(), "certificate.ended");
    assert!(shown(&house, &phone).2.is_none(), "a revoked one is not shown any more");
}

#[tokio::test]
async fn every_place_of_an_older_version_says_that_it_ended() {
    let house = House::new().await;
    let phone = Phone::of(&house, "chen").await;
    house.platform.issue_certificate(licence(phone.citizen.person, "1", "C1")).await.unwrap();
    let mut places = BTreeMap::new();
    // Which of its places a credential takes is drawn; after many, all of them were seen.
    for _ in 0..60 {
        let bytes = BASE64URL.decode(shown(&house, &phone).2.unwrap().card).unwrap();
        let card = Card::open(&bytes, &IssuerKey::Es256(issuer_key(&house)), house.now_s()).unwrap();
        *places.entry(card.index).or_insert(0) += 1;
    }
    assert_eq!(places.len(), 4);
    assert!(places.keys().all(|place| list(&house).status(*place) == Ok(VALID)));
    let second = house.platform.issue_certificate(licence(phone.citizen.person, "2", "B2")).await.unwrap();
    assert_eq!(second.version(), 2);
    assert!(places.keys().all(|place| list(&house).status(*place) == Ok(ENDED)));
    let bytes = BASE64URL.decode(shown(&house, &phone).2.unwrap().card).unwrap();
    let card = Card::open(&bytes, &IssuerKey::Es256(issuer_key(&house)), house.now_s()).unwrap();
    assert_eq!(list(&house).status(card.index), Ok(VALID));
}

#[tokio::test]
async fn what_broke_off_before_the_lists_knew_is_finished_by_asking_again() {
    let house = House::new().await;
    let phone = Phone::of(&house, "chen").await;
    house.platform.issue_certificate(licence(phone.citizen.person, "1", "C1")).await.unwrap();
    let bytes = BASE64URL.decode(shown(&house, &phone).2.unwrap().card).unwrap();
    let older = Card::open(&bytes, &IssuerKey::Es256(issuer_key(&house)), house.now_s()).unwrap().index;
    // The new version is written; the answer is lost, and nothing after it happens.
    house.lose_answers(true);
    assert!(house.platform.issue_certificate(licence(phone.citizen.person, "2", "B2")).await.is_err());
    house.lose_answers(false);
    assert_eq!(list(&house).status(older), Ok(VALID), "the lists do not know yet");
    let again = house.platform.issue_certificate(licence(phone.citizen.person, "2", "B2")).await.unwrap();
    assert_eq!(again.version(), 2);
    assert_eq!(list(&house).status(older), Ok(ENDED));
}

#[tokio::test]
async fn what_an_issuer_may_not_say_is_refused() {
    let house = House::new().await;
    let phone = Phone::of(&house, "chen").await;
    let person = phone.citizen.person;
    let with = |name: &str, value: &str| {
        let mut new = licence(person, "1", "C1");
        new.fields.insert(name.to_owned(), value.to_owned());
        new
    };
    let cases = [
        (NewCertificate { kind: "licence_to_fly".into(), ..licence(person, "1", "C1") }, "certificate.kind"),
        (with("name", "别人"), "certificate.field"),
        (with("wings", "2"), "certificate.field"),
        (with("class", ""), "certificate.field"),
        (with("class", "C1\nC2"), "certificate.field"),
        (with("class", &"C".repeat(121)), "certificate.field"),
        (NewCertificate { serial: Some("no serial".into()), ..licence(person, "1", "C1") }, "certificate.number"),
    ];
    for (new, code) in cases {
        assert_eq!(house.platform.issue_certificate(new).await.unwrap_err().code(), code);
    }
    assert!(house.platform.status_list(0).is_err(), "no list before there is a certificate");
    let unknown =
        Identifier::parse("1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0").unwrap();
    let refused = house.platform.change_certificate(&unknown, State::Revoked, "").await.unwrap_err();
    assert_eq!(refused.code(), "certificate.unknown");
    let refused = house.platform.certificates(&phone.citizen, (None, 10), Some("AAAA")).err().unwrap();
    assert_eq!(refused.code(), "certificate.holder_key");
}
