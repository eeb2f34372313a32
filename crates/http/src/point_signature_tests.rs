use super::*;
use axum::http::HeaderValue;
use ed25519_dalek::Signer as _;
use proptest::prelude::*;

const POINT: &str = "0123456789abcdef0123456789abcdef";
const NOW_S: i64 = 1_800_000_000;

enum Pair {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

impl Pair {
    fn both() -> [Self; 2] {
        [
            Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&[7; 32])),
            Self::P256(p256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap()),
        ]
    }

    fn public(&self) -> PointKey {
        match self {
            Self::Ed25519(key) => PointKey::from_raw("ed25519", key.verifying_key().as_bytes()).unwrap(),
            Self::P256(key) => PointKey::from_raw("p256", key.verifying_key().to_sec1_point(false).as_bytes()).unwrap(),
        }
    }

    fn sign(&self, message: &str) -> String {
        let bytes = match self {
            Self::Ed25519(key) => key.sign(message.as_bytes()).to_bytes().to_vec(),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::signature::Signer::sign(key, message.as_bytes());
                signature.to_bytes().to_vec()
            }
        };
        format!("tm=:{}:", STANDARD.encode(bytes))
    }

    fn headers(&self, method: &str, uri: &Uri, body: &[u8], created_s: i64) -> HeaderMap {
        let digest = content_digest(body);
        let base = signature_base(method, uri.path(), uri.query(), &digest, created_s, POINT);
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: String| headers.insert(name, HeaderValue::from_str(&value).unwrap());
        put("signature", self.sign(&base));
        put("signature-input", format!("tm={COMPONENTS};created={created_s};keyid=\"{POINT}\""));
        put("content-digest", digest);
        headers
    }
}

fn check(headers: &HeaderMap, key: &PointKey, method: &Method, uri: &Uri, body: &[u8]) -> Result<String, String> {
    UnverifiedRequest::of_headers(headers).and_then(|claim| claim.verify(key, method, uri, body, NOW_S)).map_err(
        |problem| {
            assert_eq!(problem.refusal.status, 401);
            problem.refusal.code().to_owned()
        },
    )
}

#[test]
fn a_point_is_known_by_its_key_and_by_every_part_of_the_request() {
    let uri: Uri = "/v1/presentations?limit=3".parse().unwrap();
    for pair in Pair::both() {
        let key = pair.public();
        let good = pair.headers("POST", &uri, b"{}", NOW_S);
        assert_eq!(check(&good, &key, &Method::POST, &uri, b"{}").as_deref(), Ok(POINT));
        let refused = Err("point.signature".to_owned());
        assert_eq!(check(&good, &key, &Method::DELETE, &uri, b"{}"), refused);
        assert_eq!(check(&good, &key, &Method::POST, &uri, b"{ }"), refused);
        assert_eq!(check(&good, &key, &Method::POST, &uri, b""), refused);
        for other in
            ["/v1/presentations", "/v1/presentations?", "/v1/presentations?limit=4", "/v1/presentation?limit=3"]
        {
            assert_eq!(check(&good, &key, &Method::POST, &other.parse().unwrap(), b"{}"), refused, "{other}");
        }
        for other in Pair::both().iter().map(Pair::public).filter(|other| *other != key) {
            assert_eq!(check(&good, &other, &Method::POST, &uri, b"{}"), refused);
        }
    }
}

#[test]
fn an_address_without_a_query_signs_a_bare_question_mark() {
    let uri: Uri = "/v1/points/pair".parse().unwrap();
    let base = signature_base("GET", uri.path(), uri.query(), "sha-256=:x:", 5, POINT);
    let expected = format!(
        "\"@method\": GET\n\"@path\": /v1/points/pair\n\"@query\": ?\n\"content-digest\": sha-256=:x:\n\
         \"@signature-params\": (\"@method\" \"@path\" \"@query\" \"content-digest\");created=5;keyid=\"{POINT}\""
    );
    assert_eq!(base, expected);
}

#[test]
fn the_digest_of_an_empty_body_is_that_of_the_standard() {
    // SHA-256 of nothing, FIPS 180-4.
    assert_eq!(content_digest(b""), "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
}

#[test]
fn the_clock_may_be_two_minutes_off_either_way_and_no_more() {
    let uri: Uri = "/v1/time".parse().unwrap();
    for pair in Pair::both() {
        for (offset, expected) in [
            (0, Ok(POINT.to_owned())),
            (120, Ok(POINT.to_owned())),
            (-120, Ok(POINT.to_owned())),
            (121, Err("point.clock".to_owned())),
            (-121, Err("point.clock".to_owned())),
            (-NOW_S, Err("point.clock".to_owned())),
        ] {
            let headers = pair.headers("GET", &uri, b"", NOW_S + offset);
            assert_eq!(check(&headers, &pair.public(), &Method::GET, &uri, b""), expected, "{offset}");
        }
    }
}

#[test]
fn any_other_spelling_is_refused() {
    let uri: Uri = "/v1/time".parse().unwrap();
    let [pair, _] = Pair::both();
    let key = pair.public();
    let good = pair.headers("GET", &uri, b"", NOW_S);
    let signature = good["signature"].to_str().unwrap().to_owned();
    let cases: &[(&str, &[&str])] = &[
        (
            "signature-input",
            &[
                "",
                "tm=",
                "sig1=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1800000000;keyid=\"0123456789abcdef0123456789abcdef\"",
                "tm=(\"@method\" \"@path\" \"@query\");created=1800000000;keyid=\"0123456789abcdef0123456789abcdef\"",
                "tm=(\"@path\" \"@method\" \"@query\" \"content-digest\");created=1800000000;keyid=\"0123456789abcdef0123456789abcdef\"",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");keyid=\"0123456789abcdef0123456789abcdef\"",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1800000000",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=-1;keyid=\"0123456789abcdef0123456789abcdef\"",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=01800000000;keyid=\"0123456789abcdef0123456789abcdef\"",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=99999999999999999999;keyid=\"0123456789abcdef0123456789abcdef\"",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1800000000;keyid=\"0123456789ABCDEF0123456789abcdef\"",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1800000000;keyid=\"../../../etc/passwd\"",
                "tm=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1800000000;keyid=\"0123456789abcdef0123456789abcdef\";alg=\"none\"",
            ],
        ),
        ("signature", &["", "tm=", "tm=::", "tm=:AAAA:", "tm=AAAA", "tm=:!!!!:", "x"]),
        (
            "content-digest",
            &["", "sha-256=::", "sha-512=:AAAA:", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU:"],
        ),
    ];
    for (name, values) in cases {
        for value in *values {
            let mut headers = good.clone();
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
            assert_eq!(
                check(&headers, &key, &Method::GET, &uri, b""),
                Err("point.signature".to_owned()),
                "{name}: {value}"
            );
        }
        let mut missing = good.clone();
        missing.remove(*name);
        assert!(check(&missing, &key, &Method::GET, &uri, b"").is_err(), "{name} missing");
        let mut doubled = good.clone();
        doubled.append(*name, good[*name].clone());
        assert!(check(&doubled, &key, &Method::GET, &uri, b"").is_err(), "{name} doubled");
        let mut binary = good.clone();
        binary.insert(*name, HeaderValue::from_bytes(b"tm=:\xff\xfe:").unwrap());
        assert!(check(&binary, &key, &Method::GET, &uri, b"").is_err(), "{name} not ASCII");
    }
    assert!(signature.starts_with("tm=:"));
}

#[test]
fn unsound_keys_are_refused_at_pairing() {
    let check = |algorithm: &str, bytes: &[u8]| {
        assert_eq!(
            PointKey::from_raw(algorithm, bytes).unwrap_err().refusal.code(),
            "point.key",
            "{algorithm} {bytes:?}"
        );
    };
    check("ed25519", &[]);
    check("ed25519", &[0; 31]);
    // The neutral element, and a point of order 2: a signature under them says nothing.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    check("ed25519", &neutral);
    check("ed25519", &[0; 32]);
    check("p256", &[0; 65]);
    check("p256", &[4; 65]);
    check("p256", &[2; 33]);
    check("rsa", &[1; 65]);
    let key = p256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
    check("p256", key.verifying_key().to_sec1_point(true).as_bytes());
    check("ed25519", key.verifying_key().to_sec1_point(false).as_bytes());
}

proptest! {
    #[test]
    fn no_header_makes_the_reader_panic(input in "\\PC{0,200}", signature in ".{0,120}", digest in ".{0,80}") {
        let mut headers = HeaderMap::new();
        for (name, value) in [("signature-input", input), ("signature", signature), ("content-digest", digest)] {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.insert(name, value);
            }
        }
        prop_assert!(UnverifiedRequest::of_headers(&headers).is_err());
    }

    #[test]
    fn a_flipped_bit_of_the_signature_is_refused(byte in 0_usize..64, bit in 0_u8..8) {
        let uri: Uri = "/v1/time".parse().unwrap();
        for pair in Pair::both() {
            let headers = pair.headers("GET", &uri, b"", NOW_S);
            let mut claim = UnverifiedRequest::of_headers(&headers).unwrap();
            claim.signature[byte] ^= 1 << bit;
            prop_assert!(claim.verify(&pair.public(), &Method::GET, &uri, b"", NOW_S).is_err());
        }
    }
}
