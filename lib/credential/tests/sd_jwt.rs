//! SD-JWT both ways with an independent implementation (`sd-jwt-rs`), and what must not be accepted.
#![cfg(test)]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{DecodingKey, EncodingKey};
use proptest::prelude::*;
use sd_jwt_rs::{ClaimsForSelectiveDisclosureStrategy, SDJWTIssuer, SDJWTSerializationFormat, SDJWTVerifier};
use serde_json::{Map, Value, json};
use tongma_code::sign::{Signer, SoftP256};
use tongma_credential::{
    CredentialError, Es256Key,
    sd_jwt::{self, Asked, Issue, SdJwt},
};

const NOW_S: i64 = 1_800_000_000;
/// The other implementation reads the machine's clock: far enough ahead for it.
const EXPIRES_S: i64 = 4_000_000_000;
const ISSUER: [u8; 32] = [0x21; 32];
const HOLDER: [u8; 32] = [0x42; 32];

fn signer(secret: [u8; 32]) -> SoftP256 {
    SoftP256::new(&secret).unwrap()
}

fn key(secret: [u8; 32]) -> Es256Key {
    Es256Key::from_sec1(signer(secret).public_key().bytes()).unwrap()
}

/// Draws that differ and repeat from run to run.
fn draws() -> impl FnMut() -> [u8; 32] {
    let mut count = 0_u8;
    move || {
        count += 1;
        [count; 32]
    }
}

fn open_claims() -> Map<String, Value> {
    let claims = json!({
        "iss": "https://tongma.example", "vct": "https://tongma.example/vct/driving_licence",
        "iat": NOW_S, "exp": EXPIRES_S, "cnf": {"jwk": key(HOLDER).to_jwk()},
        "status": {"status_list": {"idx": 7, "uri": "https://tongma.example/status/0"}},
    });
    claims.as_object().unwrap().clone()
}

fn issued() -> SdJwt {
    let hidden = [("name", json!("黄小慧")), ("class", json!("C1")), ("number", json!("440106199001011234"))];
    let what = Issue { open: open_claims(), hidden: &hidden, decoys: 3 };
    sd_jwt::issue(what, &signer(ISSUER), &mut draws()).unwrap()
}

/// The private key in PKCS #8 (RFC 5958) for the other implementation.
fn pkcs8(secret: [u8; 32]) -> Vec<u8> {
    let head = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420";
    let mut der: Vec<u8> =
        (0..head.len()).step_by(2).map(|at| u8::from_str_radix(&head[at..at + 2], 16).unwrap()).collect();
    der.extend(secret);
    der.extend([0xa1, 0x44, 0x03, 0x42, 0x00]);
    der.extend(signer(secret).public_key().bytes());
    der
}

fn their_key(key: &Es256Key) -> DecodingKey {
    let (x, y) = key.coordinates();
    DecodingKey::from_ec_components(&BASE64URL.encode(x), &BASE64URL.encode(y)).unwrap()
}

fn they_verify(text: &str, bound: Option<(&str, &str)>) -> Result<Value, String> {
    let (audience, nonce) = bound.unzip();
    SDJWTVerifier::new(
        text.to_owned(),
        Box::new(|_, _| their_key(&key(ISSUER))),
        audience.map(str::to_owned),
        nonce.map(str::to_owned),
        SDJWTSerializationFormat::Compact,
    )
    .map(|verifier| verifier.verified_claims)
    .map_err(|error| error.to_string())
}

#[test]
fn the_other_implementation_verifies_ours() {
    let credential = issued();
    let shown = credential.show(|name| name == "class");
    let claims = they_verify(&shown, None).unwrap();
    assert_eq!(claims["class"], "C1");
    assert_eq!((claims.get("name"), claims.get("number")), (None, None));
    let all = they_verify(&credential.whole(), None).unwrap();
    assert_eq!((&all["name"], &all["number"]), (&json!("黄小慧"), &json!("440106199001011234")));
    assert_eq!(all, Value::Object(sd_jwt::verify(&credential.whole(), &key(ISSUER), None, NOW_S).unwrap().claims));
}

#[test]
fn the_other_implementation_verifies_our_holders_proof() {
    let shown = issued().show(|name| name == "class");
    let bound = sd_jwt::bind(&shown, ("https://desk.example", "n-1"), NOW_S, &signer(HOLDER), &[9; 32]).unwrap();
    assert_eq!(they_verify(&bound, Some(("https://desk.example", "n-1"))).unwrap()["class"], "C1");
    assert!(they_verify(&bound, Some(("https://desk.example", "n-2"))).is_err());
    assert!(they_verify(&bound, Some(("https://else.example", "n-1"))).is_err());
}

#[test]
fn ours_verifies_what_the_other_implementation_issues() {
    let claims = json!({
        "iss": "https://else.example", "exp": EXPIRES_S, "name": "陈一",
        "address": {"city": "广州", "street": "某街"}, "classes": ["A", "B"],
    });
    for strategy in [
        ClaimsForSelectiveDisclosureStrategy::NoSDClaims,
        ClaimsForSelectiveDisclosureStrategy::TopLevel,
        ClaimsForSelectiveDisclosureStrategy::AllLevels,
        ClaimsForSelectiveDisclosureStrategy::Custom(vec!["$.address.street", "$.classes[1]"]),
    ] {
        let mut issuer = SDJWTIssuer::new(EncodingKey::from_ec_der(&pkcs8(ISSUER)), Some("ES256".into()));
        let text =
            issuer.issue_sd_jwt(claims.clone(), strategy, None, true, SDJWTSerializationFormat::Compact).unwrap();
        let found = sd_jwt::verify_untyped(&text, &key(ISSUER), None, NOW_S).unwrap();
        assert_eq!(Value::Object(found.claims), claims);
        assert_eq!(sd_jwt::verify(&text, &key(ISSUER), None, NOW_S), Err(CredentialError::Type));
    }
}

#[test]
fn what_does_not_belong_is_refused() {
    let credential = issued();
    let issuer = key(ISSUER);
    let verify = |text: &str| sd_jwt::verify(text, &issuer, None, NOW_S).map(|_| ());
    let whole = credential.whole();
    assert_eq!(verify(&whole), Ok(()));
    assert_eq!(sd_jwt::verify(&whole, &key(HOLDER), None, NOW_S), Err(CredentialError::Signature));
    assert_eq!(sd_jwt::verify(&whole, &issuer, None, EXPIRES_S + 61), Err(CredentialError::Time));
    // A disclosure that the issuer did not sign, and one of them twice.
    let invented = BASE64URL.encode(r#"["c2FsdA","class","A1"]"#);
    assert_eq!(verify(&format!("{whole}{invented}~")), Err(CredentialError::Disclosure));
    let parts: Vec<&str> = whole.split('~').collect();
    assert_eq!(verify(&format!("{whole}{}~", parts[1])), Err(CredentialError::Disclosure));
    // Without its last tilde it is another credential, with an empty proof that is none.
    assert!(verify(whole.trim_end_matches('~')).is_err());
    assert_eq!(verify(""), Err(CredentialError::Form));
    assert_eq!(verify(&"~".repeat(sd_jwt::MOST_BYTES + 1)), Err(CredentialError::TooLong));
}

#[test]
fn a_claim_of_the_credential_itself_is_never_hidden() {
    for name in ["exp", "iss", "vct", "status", "cnf", "_sd"] {
        let hidden = [(name, json!(EXPIRES_S))];
        let mut open = open_claims();
        open.remove(name);
        let text =
            sd_jwt::issue(Issue { open, hidden: &hidden, decoys: 0 }, &signer(ISSUER), &mut draws()).unwrap().whole();
        assert_eq!(sd_jwt::verify(&text, &key(ISSUER), None, NOW_S), Err(CredentialError::Disclosure), "{name}");
    }
}

#[test]
fn the_holders_proof_is_for_one_audience_one_nonce_and_a_moment() {
    let shown = issued().show(|_| false);
    let make = |holder, audience, at| sd_jwt::bind(&shown, (audience, "n"), at, &signer(holder), &[3; 32]).unwrap();
    let asked = Asked { audience: "desk", nonce: "n", most_age_s: 60 };
    let verify = |text: &str| sd_jwt::verify(text, &key(ISSUER), Some(asked), NOW_S).map(|found| found.bound);
    assert_eq!(verify(&make(HOLDER, "desk", NOW_S)), Ok(true));
    assert_eq!(verify(&make(HOLDER, "desk", NOW_S - 61)), Err(CredentialError::Holder));
    assert_eq!(verify(&make(HOLDER, "desk", NOW_S + 61)), Err(CredentialError::Holder));
    assert_eq!(verify(&make(HOLDER, "bar", NOW_S)), Err(CredentialError::Holder));
    assert_eq!(verify(&make(ISSUER, "desk", NOW_S)), Err(CredentialError::Holder));
    assert_eq!(verify(&shown), Err(CredentialError::Holder));
    // A proof made over fewer disclosures does not carry over to more.
    let more = issued().show(|name| name == "name");
    let proof = make(HOLDER, "desk", NOW_S);
    let moved = format!("{more}{}", proof.rsplit('~').next().unwrap());
    assert_eq!(verify(&moved), Err(CredentialError::Holder));
}

proptest! {
    #[test]
    fn nothing_that_is_read_panics(text in "[A-Za-z0-9_.~-]{0,300}") {
        let _ = sd_jwt::verify_untyped(&text, &key(ISSUER), None, NOW_S);
    }

    #[test]
    fn a_changed_character_is_never_accepted(at in 0_usize..2000, letter in "[A-Za-z0-9_.~-]") {
        let whole = issued().whole();
        let at = at % whole.len();
        let mut changed = whole.clone();
        changed.replace_range(at..=at, &letter);
        prop_assume!(changed != whole);
        prop_assert!(sd_jwt::verify(&changed, &key(ISSUER), None, NOW_S).is_err(), "at {at}");
    }

    /// Signed by the issuer and still hostile: depths, wrong types, digests everywhere.
    #[test]
    fn hostile_payloads_do_no_harm(depth in 0_usize..120, wrong in 0_usize..5) {
        let mut value = match wrong {
            0 => json!({"_sd": "text"}),
            1 => json!({"_sd": [1, 2]}),
            2 => json!([{"...": 5}]),
            3 => json!({"...": "x", "other": 1}),
            _ => json!([{"...": "x"}, {"_sd": ["x"]}]),
        };
        for level in 0..depth {
            value = if level % 2 == 0 { json!([value]) } else { json!({ "in": value }) };
        }
        let mut open = open_claims();
        open.insert("trap".into(), value);
        if let Ok(made) = sd_jwt::issue(Issue { open, hidden: &[], decoys: 0 }, &signer(ISSUER), &mut draws()) {
            prop_assert!(sd_jwt::verify(&made.whole(), &key(ISSUER), None, NOW_S).is_err());
        }
    }
}
