//! Identity documents and their check digits.

use serde::{Deserialize, Serialize};

use crate::Date;

/// The kinds of document a person is enrolled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// The resident's 18-character number of GB 11643-1999, also on residence permits of Hong Kong, Macao and
    /// Taiwan residents (prefixes 81, 82, 83).
    ResidentId,
    /// 港澳居民来往内地通行证: `H` or `M` and eight digits.
    HongKongMacaoPermit,
    /// 台湾居民来往大陆通行证: eight digits.
    TaiwanPermit,
    /// 外国人永久居留身份证 of 2023: 18 characters beginning with 9, check digit as GB 11643.
    ForeignPermanentResident,
    /// A passport: 5 to 17 letters and digits.
    Passport,
}

/// What is wrong with a document's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentError {
    /// Wrong length or a character that does not belong there.
    Shape,
    /// A birth date in it that does not exist.
    BirthDate,
    /// The check digit does not match.
    CheckDigit,
}

/// Weights of ISO 7064 MOD 11-2 as printed in GB 11643-1999.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// Checks a document's number.
///
/// # Errors
/// [`DocumentError`] says what is wrong; the number itself is not repeated.
pub fn document_check(kind: DocumentKind, number: &str) -> Result<(), DocumentError> {
    let shape = |fits: bool| if fits { Ok(()) } else { Err(DocumentError::Shape) };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        DocumentKind::ResidentId => {
            check_18(number)?;
            birth_date_of(number).map(drop).ok_or(DocumentError::BirthDate)
        }
        DocumentKind::ForeignPermanentResident => {
            shape(number.starts_with('9'))?;
            check_18(number)
        }
        DocumentKind::HongKongMacaoPermit => {
            let rest = number.strip_prefix(['H', 'M']).ok_or(DocumentError::Shape)?;
            shape(rest.len() == 8 && digits(rest))
        }
        DocumentKind::TaiwanPermit => shape(number.len() == 8 && digits(number)),
        DocumentKind::Passport => {
            shape((5..=17).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        }
    }
}

fn check_18(number: &str) -> Result<(), DocumentError> {
    let (body, check) = match number.as_bytes() {
        [body @ .., check] if body.len() == 17 => (body, *check),
        _ => return Err(DocumentError::Shape),
    };
    if !body.iter().all(u8::is_ascii_digit) || !(check.is_ascii_digit() || check == b'X') {
        return Err(DocumentError::Shape);
    }
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let expected = CHECKS.get((sum % 11) as usize).copied();
    if expected == Some(check) { Ok(()) } else { Err(DocumentError::CheckDigit) }
}

/// The birth date inside a resident's number, if it names a day that exists.
pub fn birth_date_of(number: &str) -> Option<Date> {
    let part =
        |from: usize, to: usize| number.get(from..to).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    Date::new(part(6, 10)?.parse().ok()?, part(10, 12)?.parse().ok()?, part(12, 14)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        let check = |kind, number: &str, expect| assert_eq!(document_check(kind, number), expect, "{number}");
        check(DocumentKind::ResidentId, "11010519491231002X", Ok(()));
        check(DocumentKind::ResidentId, "110105194912310021", Err(DocumentError::CheckDigit));
        check(DocumentKind::ResidentId, "11010519491231002x", Err(DocumentError::Shape));
        check(DocumentKind::ResidentId, "1101051949123100", Err(DocumentError::Shape));
        check(DocumentKind::ResidentId, "11010519491331002X", Err(DocumentError::CheckDigit));
        check(DocumentKind::HongKongMacaoPermit, "H12345678", Ok(()));
        check(DocumentKind::HongKongMacaoPermit, "X12345678", Err(DocumentError::Shape));
        check(DocumentKind::TaiwanPermit, "12345678", Ok(()));
        check(DocumentKind::Passport, "E1234567", Ok(()));
        check(DocumentKind::Passport, "E12 4567", Err(DocumentError::Shape));
    }
}
