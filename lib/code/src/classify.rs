//! What a scanned text is. Ours is dispatched on prefix and exact length; whatever else people hold under a scanner is
//! recognised, so that the refusal can say what it is and what to show instead.

use crate::limits::{DEVICE_DIGITS, MAX_SCAN_BYTES, PAPER_DIGITS, PREFIX, SHORT_DIGITS, TICKET_DIGITS};

/// What a scanned text is. Only its look has been judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// T1: 254 digits.
    Ticket,
    /// N1: 24 digits.
    Short,
    /// A paper code: 222 digits.
    Paper,
    /// D1: 477 digits.
    Device,
    /// A point code, which is for citizens to scan.
    Point,
    /// One of ours, cut off, glued to another or misread.
    Damaged,
    /// Digits or letters typed through a Chinese input method in full width.
    FullWidth,
    /// A `WeChat` payment code: 18 digits beginning with 10–15.
    WeChatPay,
    /// An Alipay payment code: 16–24 digits beginning with 25–30.
    Alipay,
    /// A `UnionPay` payment code: 19 digits beginning with 62, or its link.
    UnionPay,
    /// A `WeChat` contact, mini program or collection code.
    WeChatLink,
    /// An Alipay link or collection code.
    AlipayLink,
    /// A health code or electronic health card, at home or abroad.
    HealthCode,
    /// A transit code.
    TransitCode,
    /// The number of a resident identity card.
    IdentityNumber,
    /// A mobile number.
    PhoneNumber,
    /// The bar code of a book (ISBN).
    BookNumber,
    /// Any other link.
    Link,
    /// Nothing.
    Empty,
    /// Longer than a QR code can be.
    TooLong,
    /// Something else.
    Unknown,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 21] = [
        Self::Ticket,
        Self::Short,
        Self::Paper,
        Self::Device,
        Self::Point,
        Self::Damaged,
        Self::FullWidth,
        Self::WeChatPay,
        Self::Alipay,
        Self::UnionPay,
        Self::WeChatLink,
        Self::AlipayLink,
        Self::HealthCode,
        Self::TransitCode,
        Self::IdentityNumber,
        Self::PhoneNumber,
        Self::BookNumber,
        Self::Link,
        Self::Empty,
        Self::TooLong,
        Self::Unknown,
    ];

    /// A stable word for it, in refusals and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Short => "short_number",
            Self::Paper => "paper",
            Self::Device => "device_bound",
            Self::Point => "point_code",
            Self::Damaged => "damaged",
            Self::FullWidth => "full_width",
            Self::WeChatPay => "wechat_pay",
            Self::Alipay => "alipay",
            Self::UnionPay => "unionpay",
            Self::WeChatLink => "wechat_link",
            Self::AlipayLink => "alipay_link",
            Self::HealthCode => "health_code",
            Self::TransitCode => "transit_code",
            Self::IdentityNumber => "identity_number",
            Self::PhoneNumber => "phone_number",
            Self::BookNumber => "book_number",
            Self::Link => "link",
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Unknown => "unknown",
        }
    }

    /// Its name in Chinese and English, for the sentence "this is …".
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Ticket => ("个人码", "a personal code"),
            Self::Short => ("个人码短号", "a short number"),
            Self::Paper => ("纸质码", "a paper code"),
            Self::Device => ("设备绑定码", "a device-bound code"),
            Self::Point => ("场所码（由群众扫）", "a venue's code (for citizens to scan)"),
            Self::Damaged => ("不完整的个人码", "an incomplete personal code"),
            Self::FullWidth => ("全角字符（请切换到英文输入法）", "full-width characters (switch the input method)"),
            Self::WeChatPay => ("微信付款码", "a WeChat payment code"),
            Self::Alipay => ("支付宝付款码", "an Alipay payment code"),
            Self::UnionPay => ("银联付款码", "a UnionPay payment code"),
            Self::WeChatLink => ("微信二维码", "a WeChat code"),
            Self::AlipayLink => ("支付宝二维码", "an Alipay code"),
            Self::HealthCode => ("健康码或电子健康卡", "a health code or health card"),
            Self::TransitCode => ("乘车码", "a transit code"),
            Self::IdentityNumber => ("身份证号码", "an identity card number"),
            Self::PhoneNumber => ("手机号码", "a mobile number"),
            Self::BookNumber => ("图书条码", "a book's bar code"),
            Self::Link => ("网址", "a web address"),
            Self::Empty => ("空内容", "nothing"),
            Self::TooLong => ("过长的内容", "too long a text"),
            Self::Unknown => ("无法识别的内容", "nothing we know"),
        }
    }
}

/// What a text is, and the text without the blanks and line ends that scanners put around it.
///
/// Inside, nothing is forgiven: decoders accept one spelling only.
pub fn classify(text: &str) -> (Kind, &str) {
    if text.len() > MAX_SCAN_BYTES {
        return (Kind::TooLong, "");
    }
    let text = text.trim_matches(|sign: char| sign.is_ascii_whitespace() || sign.is_ascii_control());
    (kind(text), text)
}

/// The same for what a reader gave as bytes: text if it is UTF-8, else a transit code or nothing we know.
pub fn classify_bytes(bytes: &[u8]) -> (Kind, &str) {
    match core::str::from_utf8(bytes) {
        Ok(text) => classify(text),
        Err(_) if is_transit(bytes.len(), bytes.iter().map(|byte| u32::from(*byte))) => (Kind::TransitCode, ""),
        Err(_) => (Kind::Unknown, ""),
    }
}

fn kind(text: &str) -> Kind {
    if text.is_empty() {
        return Kind::Empty;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return of_digits(text);
    }
    if text.chars().any(|sign| ('\u{ff01}'..='\u{ff5e}').contains(&sign)) {
        return Kind::FullWidth;
    }
    if let Some(kind) = of_link(text) {
        return kind;
    }
    if is_identity_number(text) {
        return Kind::IdentityNumber;
    }
    // Electronic health card: the 64 hexadecimal digits of its index, a colon, static or dynamic.
    let (index, rest) = text.split_at_checked(64).unwrap_or((text, ""));
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if index.len() == 64 && is_hex(index) && rest.strip_prefix(':').is_some_and(|kind| kind.len() <= 2) {
        return Kind::HealthCode;
    }
    // Binary codes reach a text field as Latin-1 or as hexadecimal.
    if is_transit(text.chars().count(), text.chars().map(u32::from)) || is_transit_hex(text) {
        return Kind::TransitCode;
    }
    // A code of ours with a stray sign in it.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.starts_with("860") && digits * 10 >= text.len() * 9 && digits > 100 { Kind::Damaged } else { Kind::Unknown }
}

fn of_digits(text: &str) -> Kind {
    let leading: u8 = text.get(..2).and_then(|two| two.parse().ok()).unwrap_or(0);
    match (text.len(), leading) {
        _ if text.starts_with(PREFIX) => match text.len() {
            TICKET_DIGITS => Kind::Ticket,
            SHORT_DIGITS => Kind::Short,
            PAPER_DIGITS => Kind::Paper,
            DEVICE_DIGITS => Kind::Device,
            // A mobile number with its country code.
            13 => Kind::PhoneNumber,
            14.. => Kind::Damaged,
            _ => Kind::Unknown,
        },
        (18, _) if is_identity_number(text) => Kind::IdentityNumber,
        (18, 10..=15) => Kind::WeChatPay,
        (16..=24, 25..=30) => Kind::Alipay,
        (19, 62) => Kind::UnionPay,
        (11, 13..=19) => Kind::PhoneNumber,
        (13, 97) if text.starts_with("978") || text.starts_with("979") => Kind::BookNumber,
        _ => Kind::Unknown,
    }
}

/// Beginnings of links, in lower case and without the scheme, and what they are.
const HOSTS: [(&str, Kind); 9] = [
    ("u.wechat.com", Kind::WeChatLink),
    ("weixin.qq.com", Kind::WeChatLink),
    ("mp.weixin.qq.com", Kind::WeChatLink),
    ("payapp.weixin.qq.com", Kind::WeChatLink),
    ("wx.tenpay.com", Kind::WeChatLink),
    ("qr.alipay.com", Kind::AlipayLink),
    ("render.alipay.com", Kind::AlipayLink),
    ("qr.95516.com", Kind::UnionPay),
    ("s.jkm.cn", Kind::HealthCode),
];

fn of_link(text: &str) -> Option<Kind> {
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    if ["wxp://", "weixin://"].into_iter().any(begins) {
        return Some(Kind::WeChatLink);
    }
    if ["alipays://", "alipayqr://"].into_iter().any(begins) {
        return Some(Kind::AlipayLink);
    }
    // SMART Health Cards and the European certificates name themselves.
    if ["shc:/", "HC1:"].into_iter().any(begins) {
        return Some(Kind::HealthCode);
    }
    let scheme = ["https://", "http://"].into_iter().find(|scheme| begins(scheme))?;
    let rest = text.get(scheme.len()..)?;
    if rest.contains("/p?v=") && rest.contains("&sig=") {
        return Some(Kind::Point);
    }
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or(rest);
    let known = HOSTS.into_iter().find(|(name, _)| host.eq_ignore_ascii_case(name));
    // Provinces serve their health codes under many hosts; "jkm" and "healthcode" are what they share.
    let health = || {
        let has =
            |word: &str| rest.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
        ["jkm", "healthcode", "health_code", "jiankangma"].into_iter().any(has)
    };
    Some(known.map_or_else(|| if health() { Kind::HealthCode } else { Kind::Link }, |(_, kind)| kind))
}

/// GB 11643: 17 digits with a date of birth and the check sign of ISO 7064 MOD 11-2.
fn is_identity_number(text: &str) -> bool {
    let Some((body, check)) = text.as_bytes().split_last_chunk::<1>() else { return false };
    if body.len() != 17 || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number =
        |range: core::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u16>().ok()).unwrap_or(0);
    let born = (1900..2100).contains(&number(6..10)) && (1..=12).contains(&number(10..12));
    let sum = body.iter().fold(0_u32, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    let expected = match (12 - sum) % 11 {
        10 => b'X',
        digit => b'0' + u8::try_from(digit).unwrap_or(0),
    };
    born && (1..=31).contains(&number(12..14)) && check[0].to_ascii_uppercase() == expected
}

/// A transit code of the Ministry of Transport's layout: version 0x80–0xFF, two bytes of length of what follows.
fn is_transit(length: usize, mut signs: impl Iterator<Item = u32>) -> bool {
    let (Some(version), Some(high), Some(low)) = (signs.next(), signs.next(), signs.next()) else { return false };
    let stated = usize::try_from(high * 256 + low).unwrap_or(usize::MAX);
    (0x80..0x100).contains(&version)
        && high < 256
        && low < 256
        && (100..=600).contains(&length)
        && signs.all(|sign| sign < 256)
        && stated.abs_diff(length - 3) <= 3
}

fn is_transit_hex(text: &str) -> bool {
    let byte = |pair: &[u8]| core::str::from_utf8(pair).ok().and_then(|pair| u32::from_str_radix(pair, 16).ok());
    text.is_ascii()
        && text.len().is_multiple_of(2)
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && is_transit(text.len() / 2, text.as_bytes().chunks_exact(2).map(|pair| byte(pair).unwrap_or(u32::MAX)))
}
