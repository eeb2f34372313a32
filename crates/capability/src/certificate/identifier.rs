//! The identifier of an electronic certificate (GB/T 36904-2018): `1.2.156.3005.2` and, with dots, the code of its
//! kind, of its issuer, a serial, a version of three digits and one check character (ISO 7064 MOD 37,36).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The arc under which all of them stand (GB/T 36904 section 5).
pub const ARC: &str = "1.2.156.3005.2";
/// The highest version: three digits.
pub const MOST_VERSION: u16 = 999;
/// The longest code of a kind, an issuer or a serial; the codes in use have at most 22.
const MOST_PART: usize = 24;

/// A checked identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    kind_code: String,
    issuer_code: String,
    serial: String,
    version: u16,
}

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifierError {
    /// Not the arc and five parts of digits and capital letters.
    Form,
    /// The check character is another: mistyped or invented.
    Check,
}

impl Identifier {
    /// The identifier of these parts; `None` when a part is empty, too long or holds anything but digits and capital
    /// letters, or the version is not 1–999.
    pub fn new(kind_code: &str, issuer_code: &str, serial: &str, version: u16) -> Option<Self> {
        let parts = [kind_code, issuer_code, serial];
        if !parts.iter().all(|part| is_part(part)) || version == 0 || version > MOST_VERSION {
            return None;
        }
        let [kind_code, issuer_code, serial] = parts.map(str::to_owned);
        Some(Self { kind_code, issuer_code, serial, version })
    }

    /// Reads an identifier as printed.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let rest = text.strip_prefix(ARC).and_then(|rest| rest.strip_prefix('.')).ok_or(IdentifierError::Form)?;
        let mut parts = rest.split('.');
        let mut part = || parts.next().ok_or(IdentifierError::Form);
        let (kind_code, issuer_code, serial, version, check) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() || version.len() != 3 || check.len() != 1 {
            return Err(IdentifierError::Form);
        }
        let version = version.parse().map_err(|_| IdentifierError::Form)?;
        let found = Self::new(kind_code, issuer_code, serial, version).ok_or(IdentifierError::Form)?;
        if check.starts_with(found.check()) { Ok(found) } else { Err(IdentifierError::Check) }
    }

    /// The code of the kind.
    pub fn kind_code(&self) -> &str {
        &self.kind_code
    }

    /// The code of the issuer: a unified social credit code, or a region.
    pub fn issuer_code(&self) -> &str {
        &self.issuer_code
    }

    /// The version, from 1.
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// What all versions of one certificate share: kind, issuer and serial.
    pub fn series(&self) -> String {
        format!("{}.{}.{}", self.kind_code, self.issuer_code, self.serial)
    }

    /// The identifier of the version after this one; `None` after 999.
    pub fn next(&self) -> Option<Self> {
        Self::new(&self.kind_code, &self.issuer_code, &self.serial, self.version + 1)
    }

    /// The check character over all parts without dots.
    pub fn check(&self) -> char {
        let version = format!("{:03}", self.version);
        let letters = [&self.kind_code, &self.issuer_code, &self.serial, &version];
        check_character(letters.iter().flat_map(|part| part.bytes()))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind_code, issuer_code, serial, version } = self;
        write!(out, "{ARC}.{kind_code}.{issuer_code}.{serial}.{version:03}.{}", self.check())
    }
}

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|_| serde::de::Error::custom("no identifier"))
    }
}

fn is_part(part: &str) -> bool {
    (1..=MOST_PART).contains(&part.len()) && part.bytes().all(|byte| value(byte).is_some())
}

const fn value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'Z' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// ISO/IEC 7064 MOD 37,36, the hybrid system over digits and capital letters.
fn check_character(letters: impl Iterator<Item = u8>) -> char {
    let product = letters.filter_map(value).fold(36_u8, |product, value| {
        let sum = match (product + value) % 36 {
            0 => 36,
            sum => sum,
        };
        sum * 2 % 37
    });
    match (37 - product) % 36 {
        digit @ 0..=9 => char::from(b'0' + digit),
        letter => char::from(b'A' + letter - 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Identifiers as published by three provinces; their check characters were computed again here.
    const PUBLISHED: [&str; 3] = [
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    ];

    #[test]
    fn published_identifiers_are_read_and_written_again() {
        for text in PUBLISHED {
            assert_eq!(Identifier::parse(text).map(|found| found.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_changed_character_is_found_out() {
        for text in PUBLISHED {
            // Every place after the arc but the dots; the version's digits and the check character too.
            for (place, letter) in text.char_indices().skip(ARC.len() + 1).filter(|(_, letter)| *letter != '.') {
                let other = if letter == '7' { "8" } else { "7" };
                let mut changed = text.to_owned();
                changed.replace_range(place..=place, other);
                assert!(Identifier::parse(&changed).is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn what_is_no_identifier_is_refused_by_form() {
        let cases = [
            "",
            "1.2.156.3005.2",
            "1.2.156.3005.2.A.B.C.000.1",
            "1.2.156.3005.2.A.B.C.1.1",
            "1.2.156.3005.2.a.B.C.001.1",
            "1.2.156.3005.3.A.B.C.001.1",
            "1.2.156.3005.2.A.B.C.001.1.2",
            "1.2.156.3005.2.A..C.001.1",
            "1.2.156.3005.2.Ａ.B.C.001.1",
        ];
        for text in cases {
            assert_eq!(Identifier::parse(text), Err(IdentifierError::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,120}") {
            let _ = Identifier::parse(&text);
        }

        #[test]
        fn written_and_read_is_the_same(kind in "[0-9A-Z]{1,22}", issuer in "[0-9A-Z]{1,18}", serial in "[0-9A-Z]{1,20}", version in 1_u16..=999) {
            let made = Identifier::new(&kind, &issuer, &serial, version).unwrap();
            prop_assert_eq!(Identifier::parse(&made.to_string()), Ok(made));
        }
    }
}
