//! The standard's own vectors, an authenticator of software whose every member can be spoilt, and bytes at random.

use minicbor::Encoder;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::ceremony::{asserted, registered};
use crate::wire::{AssertionResponse, AttestationResponse, to_text};
use crate::*;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
}

fn example() -> RelyingParty {
    RelyingParty { id: "example.org".into(), name: "Example".into(), origins: vec!["https://example.org".into()] }
}

fn pending(ceremony: Ceremony, challenge: [u8; 32]) -> Pending {
    Pending { challenge, ceremony, expires_ms: 1_000 }
}

/// Level 3, section 16.1.1: "ES256 credential with no attestation". The vectors' authenticator does not verify its user.
mod standard {
    pub const CREATE_CHALLENGE: &str = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130";
    pub const CREATE_DATA: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
    pub const OBJECT: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
    pub const ID: &str = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
    pub const GET_CHALLENGE: &str = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";
    pub const GET_DATA: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
    pub const AUTHENTICATOR_DATA: &str = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
    pub const SIGNATURE: &str = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";
}

#[test]
fn the_vectors_of_the_standard_hold_but_for_verification() {
    let party = example();
    let create = || pending(Ceremony::Registration, bytes(standard::CREATE_CHALLENGE).try_into().unwrap());
    let registration = Registration {
        id: bytes(standard::ID),
        response: AttestationResponse {
            client_data: bytes(standard::CREATE_DATA),
            attestation_object: bytes(standard::OBJECT),
        },
    };
    let (credential, data) = registered(&party, create(), &registration, 0).unwrap();
    assert!(data.flags.present() && data.flags.backed_up() && !data.flags.verified());
    assert_eq!(verify_registration(&party, create(), &registration, 0), Err(Trouble::NotVerified));

    let get = || pending(Ceremony::Assertion, bytes(standard::GET_CHALLENGE).try_into().unwrap());
    let assertion = Assertion {
        id: bytes(standard::ID),
        response: AssertionResponse {
            client_data: bytes(standard::GET_DATA),
            authenticator_data: bytes(standard::AUTHENTICATOR_DATA),
            signature: bytes(standard::SIGNATURE),
        },
    };
    assert!(asserted(&party, get(), &credential, &assertion, 0).is_ok());
    assert_eq!(verify_assertion(&party, get(), &credential, &assertion, 0), Err(Trouble::NotVerified));
    let mut spoilt = assertion;
    *spoilt.response.signature.last_mut().unwrap() ^= 1;
    assert_eq!(asserted(&party, get(), &credential, &spoilt, 0), Err(Trouble::Signature));
}

/// An authenticator of software, with everything it says open to change.
#[derive(Clone)]
struct Soft {
    kind: &'static str,
    challenge: [u8; 32],
    origin: &'static str,
    more: serde_json::Value,
    site: &'static str,
    flags: u8,
    counter: u32,
    format: &'static str,
    statement: u64,
    curve: i64,
    algorithm: i64,
    tail: &'static [u8],
}

const KEY: [u8; 32] = [7; 32];
const ID: &[u8] = b"a credential of software";
const CHALLENGE: [u8; 32] = [9; 32];

fn soft(kind: &'static str) -> Soft {
    Soft {
        kind,
        challenge: CHALLENGE,
        origin: "https://example.org",
        more: json!({}),
        site: "example.org",
        flags: if kind == "webauthn.create" { 0x45 } else { 0x05 },
        counter: 5,
        format: "none",
        statement: 0,
        curve: 1,
        algorithm: -7,
        tail: b"",
    }
}

impl Soft {
    fn client_data(&self) -> Vec<u8> {
        let mut data = json!({"type": self.kind, "challenge": to_text(&self.challenge), "origin": self.origin, "crossOrigin": false});
        data.as_object_mut().unwrap().extend(self.more.as_object().unwrap().clone());
        data.to_string().into_bytes()
    }

    fn data(&self, attested: bool) -> Vec<u8> {
        let mut data = Sha256::digest(self.site).to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        if attested {
            data.extend([0; 16]);
            data.extend(u16::try_from(ID.len()).unwrap().to_be_bytes());
            data.extend(ID);
            data.extend(self.key());
        }
        data.extend(self.tail);
        data
    }

    fn key(&self) -> Vec<u8> {
        let point = SigningKey::from_slice(&KEY).unwrap().verifying_key().to_sec1_point(false);
        let mut encoder = Encoder::new(Vec::new());
        encoder.map(5).unwrap().i8(1).unwrap().i8(2).unwrap().i8(3).unwrap().i64(self.algorithm).unwrap();
        encoder.i8(-1).unwrap().i64(self.curve).unwrap();
        encoder.i8(-2).unwrap().bytes(&point.as_bytes()[1..33]).unwrap();
        encoder.i8(-3).unwrap().bytes(&point.as_bytes()[33..]).unwrap();
        encoder.into_writer()
    }

    fn registration(&self) -> Registration {
        let mut encoder = Encoder::new(Vec::new());
        encoder.map(3).unwrap().str("fmt").unwrap().str(self.format).unwrap().str("attStmt").unwrap();
        encoder.map(self.statement).unwrap();
        for _ in 0..self.statement {
            encoder.str("alg").unwrap().i8(-7).unwrap();
        }
        encoder.str("authData").unwrap().bytes(&self.data(self.flags & 0x40 != 0)).unwrap();
        let response =
            AttestationResponse { client_data: self.client_data(), attestation_object: encoder.into_writer() };
        Registration { id: ID.to_vec(), response }
    }

    fn assertion(&self) -> Assertion {
        let (client_data, authenticator_data) = (self.client_data(), self.data(false));
        let message = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = SigningKey::from_slice(&KEY).unwrap().sign(&message);
        let signature = signature.to_der().as_bytes().to_vec();
        Assertion { id: ID.to_vec(), response: AssertionResponse { client_data, authenticator_data, signature } }
    }
}

fn create_with(change: impl FnOnce(&mut Soft)) -> Result<Credential, Trouble> {
    let mut authenticator = soft("webauthn.create");
    change(&mut authenticator);
    verify_registration(&example(), pending(Ceremony::Registration, CHALLENGE), &authenticator.registration(), 999)
}

fn get_with(change: impl FnOnce(&mut Soft)) -> Result<Verified, Trouble> {
    let credential = create_with(|_| ()).unwrap();
    let mut authenticator = soft("webauthn.get");
    authenticator.counter = 6;
    change(&mut authenticator);
    verify_assertion(&example(), pending(Ceremony::Assertion, CHALLENGE), &credential, &authenticator.assertion(), 999)
}

#[test]
fn each_spoilt_member_of_a_registration_is_refused_for_what_it_is() {
    let credential = create_with(|_| ()).unwrap();
    assert_eq!((credential.id.as_slice(), credential.counter, credential.may_be_backed_up), (ID, 5, false));
    let check = |trouble, change: fn(&mut Soft)| assert_eq!(create_with(change), Err(trouble), "{trouble}");
    check(Trouble::OtherCeremony, |soft| soft.kind = "webauthn.get");
    check(Trouble::Challenge, |soft| soft.challenge[31] ^= 1);
    check(Trouble::Origin, |soft| soft.origin = "https://example.org.evil.example");
    check(Trouble::Origin, |soft| soft.origin = "http://example.org");
    check(Trouble::Origin, |soft| soft.more = json!({"crossOrigin": true}));
    check(Trouble::Origin, |soft| soft.more = json!({"topOrigin": "https://evil.example"}));
    check(Trouble::Malformed, |soft| soft.more = json!({"crossOrigin": "no"}));
    check(Trouble::Site, |soft| soft.site = "evil.example");
    check(Trouble::NotPresent, |soft| soft.flags = 0x44);
    check(Trouble::NotVerified, |soft| soft.flags = 0x41);
    check(Trouble::Malformed, |soft| soft.flags = 0x05);
    check(Trouble::Malformed, |soft| soft.flags = 0xc5);
    check(Trouble::Backup, |soft| soft.flags = 0x55);
    check(Trouble::Malformed, |soft| soft.tail = b"\x00");
    check(Trouble::Attestation, |soft| soft.format = "packed");
    check(Trouble::Attestation, |soft| soft.statement = 1);
    check(Trouble::Key, |soft| soft.curve = 2);
    check(Trouble::Key, |soft| soft.algorithm = -8);
    // Extensions announced and there: fine.
    assert!(create_with(|soft| (soft.flags, soft.tail) = (0xc5, b"\xa1\x61\x61\x01")).is_ok());
}

#[test]
fn each_spoilt_member_of_an_assertion_is_refused_for_what_it_is() {
    assert_eq!(get_with(|_| ()), Ok(Verified { counter: 6, backed_up: false }));
    let check = |trouble, change: fn(&mut Soft)| assert_eq!(get_with(change), Err(trouble), "{trouble}");
    check(Trouble::OtherCeremony, |soft| soft.kind = "webauthn.create");
    check(Trouble::Challenge, |soft| soft.challenge[0] ^= 1);
    check(Trouble::Origin, |soft| soft.origin = "https://evil.example");
    check(Trouble::Site, |soft| soft.site = "example.com");
    check(Trouble::NotPresent, |soft| soft.flags = 0x04);
    check(Trouble::NotVerified, |soft| soft.flags = 0x01);
    check(Trouble::Backup, |soft| soft.flags = 0x0d);
    check(Trouble::Backup, |soft| soft.flags = 0x15);
    check(Trouble::Counter, |soft| soft.counter = 5);
    check(Trouble::Counter, |soft| soft.counter = 0);
    check(Trouble::Malformed, |soft| soft.tail = b"\xa0");
}

#[test]
fn a_challenge_is_good_in_its_time_for_its_ceremony_and_its_credential() {
    let party = example();
    let credential = create_with(|_| ()).unwrap();
    let mut authenticator = soft("webauthn.get");
    authenticator.counter = 6;
    let answer = authenticator.assertion();
    let check = |ceremony, now_ms, credential: &Credential| {
        verify_assertion(&party, pending(ceremony, CHALLENGE), credential, &answer, now_ms)
    };
    assert!(check(Ceremony::Assertion, 999, &credential).is_ok());
    assert_eq!(check(Ceremony::Assertion, 1_000, &credential), Err(Trouble::Expired));
    assert_eq!(check(Ceremony::Registration, 0, &credential), Err(Trouble::OtherCeremony));
    let other = Credential { id: b"another".to_vec(), ..credential.clone() };
    assert_eq!(check(Ceremony::Assertion, 0, &other), Err(Trouble::OtherCredential));
    let no_key = Credential { public_key: vec![4; 65], ..credential.clone() };
    assert_eq!(check(Ceremony::Assertion, 0, &no_key), Err(Trouble::Key));
    // An authenticator without a counter keeps saying 0, and that is no copy.
    authenticator.counter = 0;
    let uncounted = Credential { counter: 0, ..credential };
    let answer = authenticator.assertion();
    assert!(verify_assertion(&party, pending(Ceremony::Assertion, CHALLENGE), &uncounted, &answer, 0).is_ok());
}

#[test]
fn options_ask_for_what_is_checked() {
    let credential = create_with(|_| ()).unwrap();
    let user = User { id: vec![1, 2], name: "staff".into() };
    let waiting = pending(Ceremony::Registration, CHALLENGE);
    let create = registration_options(&example(), &user, &waiting, std::slice::from_ref(&credential));
    assert_eq!(create["pubKeyCredParams"], json!([{"type": "public-key", "alg": -7}]));
    assert_eq!(create["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(create["excludeCredentials"][0]["id"], to_text(ID));
    let get = assertion_options(&example(), &waiting, &[credential]);
    assert_eq!((&get["userVerification"], &get["rpId"]), (&json!("required"), &json!("example.org")));
    assert_eq!(get["allowCredentials"][0]["id"], to_text(ID));
}

#[test]
fn what_a_browser_sends_is_read_with_members_left_aside() {
    let registration = soft("webauthn.create").registration();
    let mut sent = serde_json::to_value(&registration).unwrap();
    sent["type"] = json!("public-key");
    sent["response"]["transports"] = json!(["internal"]);
    assert_eq!(serde_json::from_value::<Registration>(sent.clone()).unwrap(), registration);
    sent["rawId"] = json!("not base64url!");
    assert!(serde_json::from_value::<Registration>(sent.clone()).is_err());
    sent["rawId"] = json!("A".repeat(8000));
    assert!(serde_json::from_value::<Registration>(sent).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_pass(object: Vec<u8>, data: Vec<u8>, client: Vec<u8>, signature: Vec<u8>) {
        let credential = create_with(|_| ()).unwrap();
        let registration = Registration { id: ID.to_vec(), response: AttestationResponse { client_data: soft("webauthn.create").client_data(), attestation_object: object } };
        prop_assert!(verify_registration(&example(), pending(Ceremony::Registration, CHALLENGE), &registration, 0).is_err());
        let client_data = if client.is_empty() { soft("webauthn.get").client_data() } else { client };
        let assertion = Assertion { id: ID.to_vec(), response: AssertionResponse { client_data, authenticator_data: data, signature } };
        prop_assert!(verify_assertion(&example(), pending(Ceremony::Assertion, CHALLENGE), &credential, &assertion, 0).is_err());
    }

    #[test]
    fn no_cbor_behind_a_good_head_makes_it_panic(tail in proptest::collection::vec(any::<u8>(), 0..200), flags: u8) {
        let mut authenticator = soft("webauthn.create");
        authenticator.flags = 0x05;
        let mut bytes = authenticator.data(false);
        bytes[32] = flags;
        bytes.extend(&tail);
        let _ = crate::authenticator::read(&bytes);
    }

    #[test]
    fn every_flipped_bit_of_an_assertion_is_refused(place in 0_usize..2_000, bit in 0_u8..8) {
        let credential = create_with(|_| ()).unwrap();
        let mut authenticator = soft("webauthn.get");
        authenticator.counter = 6;
        let mut answer = authenticator.assertion();
        let response = &mut answer.response;
        let mut members: Vec<&mut u8> = response.client_data.iter_mut().chain(&mut response.authenticator_data).chain(&mut response.signature).collect();
        let place = place % members.len();
        *members[place] ^= 1 << bit;
        prop_assert!(verify_assertion(&example(), pending(Ceremony::Assertion, CHALLENGE), &credential, &answer, 0).is_err());
    }
}
