//! Point codes: one spelling, a pinned origin, a chain for dynamic ones.

use proptest::prelude::*;

use crate::common::*;
use tongma_code::{
    chain::Chain,
    limits::EPOCH_S,
    list::Uses,
    point::{PointCode, SignedPointCode},
    ticket::{Life, Step, Suite},
};
use tongma_verify::verdict::Reason;

pub const ORIGIN: &str = "https://code.example.cn";

fn minute(unix_s: i64) -> u32 {
    u32::try_from((unix_s - EPOCH_S) / 60).unwrap()
}

pub fn static_code(key_index: u8) -> PointCode {
    PointCode {
        origin: ORIGIN.into(),
        key_index,
        point: [0xab; 16],
        organisation: [0x01; 16],
        place: "hall-3_window-12".into(),
        purpose: "service_hall".into(),
        from_minute: minute(NOW_S) - 60,
        until_minute: minute(NOW_S) + 60,
        dynamic: None,
    }
}

fn dynamic(suite: Suite, index: u8) -> (SignedPointCode, Chain) {
    let window = window(Life::Min30, Step::Sec15);
    let chain = Chain::of_point(suite, &[0xab; 16], window.steps(), &[4; 12]).unwrap();
    let code = PointCode { dynamic: Some((window, chain.anchor())), ..static_code(index) };
    (code.issue(&*key_signer(index), &[1; 32]).unwrap(), chain)
}

#[test]
fn a_static_code_is_good_while_it_is_valid() {
    let verifier = verifier();
    for suite in Suite::ALL {
        let index = index_of(suite, Uses::POINT);
        let text = static_code(index).issue(&*key_signer(index), &[1; 32]).unwrap().to_text();
        let at = |now_s| verifier.check_point(&text, &[ORIGIN], now_s).map(|point| point.get().code.clone());
        assert_eq!(at(NOW_S), Ok(static_code(index)));
        assert_eq!(at(NOW_S - 3600), Ok(static_code(index)));
        assert_eq!(at(NOW_S - 3601), Err(Reason::NotYet(1)));
        assert_eq!(at(NOW_S + 3599), Ok(static_code(index)));
        assert_eq!(at(NOW_S + 3600), Err(Reason::Expired(0)));
        assert_eq!(verifier.check_point(&text, &["https://code.example.com"], NOW_S).err(), Some(Reason::Origin));
        assert_eq!(verifier.check_point(&text, &[], NOW_S).err(), Some(Reason::Origin));
    }
}

#[test]
fn a_dynamic_code_carries_its_step() {
    let verifier = verifier();
    for suite in Suite::ALL {
        let (issued, chain) = dynamic(suite, index_of(suite, Uses::POINT));
        let at = |step: u8, value, now_s| {
            let text = issued.clone().show(step, value).to_text();
            verifier.check_point(&text, &[ORIGIN], now_s).err()
        };
        let value = |step| chain.value(step).unwrap();
        assert_eq!(at(0, value(0), NOW_S), None);
        assert_eq!(at(7, value(7), NOW_S + 7 * 15), None);
        assert_eq!(at(7, value(7), NOW_S), Some(Reason::StepAhead(95)));
        assert_eq!(at(7, value(7), NOW_S + 200), Some(Reason::StepPast(70)), "a photograph of the screen");
        assert_eq!(at(7, value(6), NOW_S + 7 * 15), Some(Reason::Forged));
        assert_eq!(at(120, value(0), NOW_S), Some(Reason::NoSuchStep));
        // Without its step it is not spelled right.
        assert_eq!(verifier.check_point(&issued.to_text(), &[ORIGIN], NOW_S).err(), Some(Reason::Damaged));
    }
}

#[test]
fn every_changed_byte_is_refused() {
    let verifier = verifier();
    let index = index_of(Suite::Sm2, Uses::POINT);
    let (issued, chain) = dynamic(Suite::Sm2, index);
    for text in [
        static_code(index).issue(&*key_signer(index), &[1; 32]).unwrap().to_text(),
        issued.show(1, chain.value(1).unwrap()).to_text(),
    ] {
        assert!(verifier.check_point(&text, &[ORIGIN], NOW_S + 20).is_ok());
        for at in 0..text.len() {
            for by in [1_u8, 2, 4, 0x20] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= by;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(verifier.check_point(&changed, &[ORIGIN], NOW_S + 20).is_err(), "{changed}");
            }
        }
        for cut in 0..text.len() {
            assert!(verifier.check_point(&text[..cut], &[ORIGIN], NOW_S + 20).is_err());
        }
    }
}

#[test]
fn other_spellings_are_refused() {
    let index = index_of(Suite::Sm2, Uses::POINT);
    let text = static_code(index).issue(&*key_signer(index), &[1; 32]).unwrap().to_text();
    assert!(SignedPointCode::from_text(&text).is_ok());
    let signature = text.split_once("&sig=").unwrap().1;
    for (from, to) in [
        ("https://", "HTTPS://"),
        ("https://", "https://user@"),
        ("/p?v=0", "/p/?v=0"),
        ("/p?v=0", "/p?x=1&v=0"),
        ("v=0", "v=1"),
        ("v=0&", "v=0&&"),
        ("k=3", "k=03"),
        ("k=3", "k=+3"),
        ("k=3", "k=259"),
        ("p=ab", "p=AB"),
        ("l=hall", "l=%68all"),
        ("l=hall-3_window-12", "l="),
        ("u=service_hall", "u=服务"),
        ("&f=", "&f=0"),
        ("&sig=", "&x=1&sig="),
        ("&sig=", "#&sig="),
        (signature, &format!("{signature}&i=0")),
        (signature, &format!("{signature} ")),
        (signature, &signature.to_uppercase()),
    ] {
        let other = text.replacen(from, to, 1);
        assert_ne!(other, text, "{from}");
        assert!(SignedPointCode::from_text(&other).is_err(), "{from} → {to}");
    }
}

#[test]
fn a_code_without_a_valid_spelling_is_not_issued() {
    let index = index_of(Suite::Sm2, Uses::POINT);
    for code in [
        PointCode { place: "大厅".into(), ..static_code(index) },
        PointCode { place: String::new(), ..static_code(index) },
        PointCode { purpose: "a&k=9".into(), ..static_code(index) },
        PointCode { origin: "ftp://code.example.cn".into(), ..static_code(index) },
        PointCode { origin: "https://code.example.cn/p?v=0".into(), ..static_code(index) },
        PointCode { until_minute: 1 << 24, ..static_code(index) },
    ] {
        assert!(code.issue(&*key_signer(index), &[1; 32]).is_err());
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,300}") {
        let _ = SignedPointCode::from_text(&text);
        let _ = SignedPointCode::from_text(&format!("https://a/p?v=0&k={text}&sig="));
    }

    #[test]
    fn codes_survive_their_text(
        key_index: u8, point in any::<[u8; 16]>(), organisation in any::<[u8; 16]>(), place in "[a-z0-9_-]{1,40}",
        purpose in "[a-z0-9_-]{1,40}", from_minute in 0_u32..1 << 24, until_minute in 0_u32..1 << 24,
    ) {
        let origin = "http://127.0.0.1:8080".into();
        let code = PointCode {
            origin, key_index, point, organisation, place, purpose, from_minute, until_minute, dynamic: None,
        };
        let issued = SignedPointCode { code, signature: [0x7f; 64], shown: None };
        prop_assert_eq!(SignedPointCode::from_text(&issued.to_text()), Ok(issued));
    }
}
