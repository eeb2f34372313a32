//! What people hold under a scanner, and what it is called.
#![cfg(test)]

use proptest::prelude::*;
use std::collections::BTreeSet;
use tongma_code::classify::{Kind, classify, classify_bytes};

#[test]
fn what_is_scanned_is_named() {
    let digits = |count: usize| format!("86{}", "0".repeat(count - 2));
    let (ticket, paper, device, short) = (digits(254), digits(222), digits(477), digits(24));
    let health_card = format!("{}:1", "0123456789abcdef".repeat(4));
    let damaged = format!("{} {}", &ticket[..100], &ticket[100..]);
    let wide = "\u{ff18}\u{ff16}\u{ff10}\u{ff11}";
    let point = "https://code.example.cn/p?v=0&k=3&p=00&sig=00";
    for (text, kind) in [
        (ticket.as_str(), Kind::Ticket),
        (&paper, Kind::Paper),
        (&device, Kind::Device),
        (&short, Kind::Short),
        (&ticket[..253], Kind::Damaged),
        (&format!("{ticket}{ticket}"), Kind::Damaged),
        (&damaged, Kind::Damaged),
        (&short[..23], Kind::Damaged),
        (wide, Kind::FullWidth),
        ("ｈｔｔｐｓ://example.com", Kind::FullWidth),
        (point, Kind::Point),
        ("101234567890123456", Kind::WeChatPay),
        ("151234567890123456", Kind::WeChatPay),
        ("161234567890123456", Kind::Unknown),
        ("2512345678901234", Kind::Alipay),
        ("301234567890123456789012", Kind::Alipay),
        ("3012345678901234567890123", Kind::Unknown),
        ("251234567890123", Kind::Unknown),
        ("6212345678901234567", Kind::UnionPay),
        ("62123456789012345", Kind::Unknown),
        ("https://qr.95516.com/00010000/123", Kind::UnionPay),
        ("https://u.wechat.com/abc", Kind::WeChatLink),
        ("http://weixin.qq.com/r/abc", Kind::WeChatLink),
        ("wxp://f2f0abc", Kind::WeChatLink),
        ("HTTPS://QR.ALIPAY.COM/fkx123", Kind::AlipayLink),
        ("https://h5.xxjkm.example.gov.cn/qr?c=1", Kind::HealthCode),
        (&health_card, Kind::HealthCode),
        ("shc:/5676290952432060346029243740446031222959532654603460292540772804", Kind::HealthCode),
        ("HC1:6BFOXN%TS3DH0YOJ58S S-W5HDC", Kind::HealthCode),
        ("https://example.com/?q=health", Kind::Link),
        ("11010519491231002X", Kind::IdentityNumber),
        ("11010519491231002x", Kind::IdentityNumber),
        ("110105194912310021", Kind::WeChatPay),
        ("440524188001010014", Kind::Unknown),
        ("13800138000", Kind::PhoneNumber),
        ("8613800138000", Kind::PhoneNumber),
        ("9787020002207", Kind::BookNumber),
        ("  \r\n\t", Kind::Empty),
        ("hello", Kind::Unknown),
        ("通码", Kind::Unknown),
        ("-----BEGIN CERTIFICATE-----", Kind::Unknown),
    ] {
        assert_eq!(classify(text).0, kind, "{text}");
    }
    assert_eq!(classify(&"8".repeat(7090)).0, Kind::TooLong);
    assert_eq!(classify(&format!(" \u{1d}{ticket}\r\n")), (Kind::Ticket, ticket.as_str()));
}

/// A transit code of the usual layout: version, length, then what follows.
fn transit() -> Vec<u8> {
    let mut bytes = vec![0x81, 0x01, 0x4a];
    bytes.extend((0..330_u16).map(|at| (at * 7 % 251).to_le_bytes()[0]));
    bytes
}

#[test]
fn transit_codes_are_known_in_every_dress() {
    let bytes = transit();
    assert_eq!(classify_bytes(&bytes).0, Kind::TransitCode);
    let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    assert_eq!(classify(&latin).0, Kind::TransitCode);
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap().to_ascii_uppercase();
    let hex: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    assert_eq!(classify(&hex).0, Kind::TransitCode);
    assert_eq!(classify_bytes(&bytes[..200]).0, Kind::Unknown, "cut off");
    assert_eq!(classify_bytes(&[0xff; 30]).0, Kind::Unknown);
}

#[test]
fn every_kind_has_a_word_and_names() {
    let words: BTreeSet<_> = Kind::ALL.into_iter().map(Kind::code).collect();
    assert_eq!(words.len(), Kind::ALL.len());
    for kind in Kind::ALL {
        let (zh, en) = kind.names();
        assert!(!zh.is_empty() && en.is_ascii() && !en.is_empty());
    }
}

#[test]
fn own_codes_meet_no_payment_code() {
    // The prefix is no payment code's, at any length.
    for length in 1..500 {
        let text: String = format!("86{}", "7".repeat(length)).chars().take(length).collect();
        let kind = classify(&text).0;
        assert!(!matches!(kind, Kind::WeChatPay | Kind::Alipay | Kind::UnionPay), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_and_no_bytes_make_it_panic(text in ".{0,400}", bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let (kind, inner) = classify(&text);
        prop_assert!(text.contains(inner));
        prop_assert_eq!(classify(inner).0, kind, "what is inside is of the same kind");
        let _ = classify_bytes(&bytes);
    }
}
