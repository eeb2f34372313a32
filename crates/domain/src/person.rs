//! People: what is known of them, what may be said of them, and how little of it a screen shows.

use serde::{Deserialize, Serialize};

use crate::{Date, DocumentKind};

/// Something that may be said of a person to a venue. The default form of an answer is a result, not data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The pairwise pseudonym of this person at this organisation.
    Pseudonym,
    /// The masked name: the surname, stars after it.
    MaskedName,
    /// Child, youth, adult or elder.
    AgeClass,
    /// Whether the person is 18 or older.
    AtLeast18,
    /// Whether the person is 60 or older.
    AtLeast60,
    /// The name in full.
    FullName,
    /// The document's kind and number in full.
    DocumentNumber,
    /// The mobile number in full.
    Phone,
    /// The venue's own number for this person (reader number, hospital file number).
    VenueNumber,
    /// The last four digits of the document's number, as a second identifier at a counter.
    LastFour,
    /// The document's kind, without its number.
    DocumentKind,
    /// The sex as on the document.
    Sex,
    /// The ethnic group (民族) as on a resident's document.
    Nation,
    /// The date of birth.
    Birth,
    /// The address as on the document.
    Address,
    /// The nationality, by the three letters of ISO 3166-1.
    Nationality,
}

/// Age in the classes that rules speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgeClass {
    /// Under 14 (PIPL art. 31: guardian consents).
    Child,
    /// 14 to 17.
    Youth,
    /// 18 to 59.
    Adult,
    /// 60 and older (Law on the Protection of the Rights of the Elderly, art. 2).
    Elder,
}

impl AgeClass {
    /// The class of someone born on this date, on that day.
    pub fn of(birth: Date, today: Date) -> Self {
        match birth.age_on(today) {
            ..14 => Self::Child,
            14..18 => Self::Youth,
            18..60 => Self::Adult,
            _ => Self::Elder,
        }
    }
}

/// What identifies a person. Encrypted at rest; never in an error, a log or a trace (it has no `Display`, and its
/// `Debug` shows nothing).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalData {
    /// The name as on the document, GB 18030-2022 characters and `·` included.
    pub name: String,
    /// The document's kind.
    pub document_kind: DocumentKind,
    /// The document's number.
    pub document_number: String,
    /// The date of birth.
    pub birth: Date,
    /// The mobile number; empty for people without one.
    pub phone: String,
    /// What else stands on the document.
    #[serde(default)]
    pub particulars: Particulars,
}

/// What a document says beside name, number and birth. Asked for by statutory registers alone; empty where the enrolling
/// office did not write it down.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Particulars {
    /// The sex, where the number does not tell it.
    pub sex: Option<Sex>,
    /// The ethnic group (民族), as printed: 汉, 维吾尔.
    pub nation: String,
    /// The address as printed.
    pub address: String,
    /// The nationality, three letters of ISO 3166-1; empty for holders of a resident's document.
    pub nationality: String,
}

impl core::fmt::Debug for Particulars {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("Particulars")
    }
}

/// Sex as documents state it (GB/T 2261.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

impl PersonalData {
    /// The sex: as written down, or from the 17th character of a number of GB 11643-1999 (odd: male).
    pub fn sex(&self) -> Option<Sex> {
        self.particulars.sex.or_else(|| {
            let digit = self.document_number.as_bytes().get(16).filter(|digit| digit.is_ascii_digit())?;
            (self.document_kind == DocumentKind::ResidentId).then_some(if digit % 2 == 1 {
                Sex::Male
            } else {
                Sex::Female
            })
        })
    }
}

impl core::fmt::Debug for PersonalData {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("PersonalData")
    }
}

/// The masked name: the first character, then a star for each other (a part behind `·` is masked too).
pub fn mask_name(name: &str) -> String {
    name.chars().enumerate().map(|(place, letter)| if place == 0 || letter == '·' { letter } else { '*' }).collect()
}

/// The masked number: the first two and the last two characters, stars between; all stars when it is short.
pub fn mask_number(number: &str) -> String {
    mask(number, 2, 2)
}

/// The masked mobile number: the first three and the last three digits.
pub fn mask_phone(phone: &str) -> String {
    mask(phone, 3, 3)
}

fn mask(text: &str, head: usize, tail: usize) -> String {
    let count = text.chars().count();
    let shown = count > head + tail + 1;
    text.chars()
        .enumerate()
        .map(|(place, letter)| if shown && (place < head || place >= count - tail) { letter } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_no_more_than_they_say() {
        assert_eq!(mask_name("张三丰"), "张**");
        assert_eq!(mask_name("阿依古丽·买买提"), "阿***·***");
        assert_eq!(mask_name("𠮷田"), "𠮷*");
        assert_eq!(mask_name(""), "");
        assert_eq!(mask_number("11010519491231002X"), "11**************2X");
        assert_eq!(mask_number("1234"), "****");
        assert_eq!(mask_phone("13800138000"), "138*****000");
    }

    #[test]
    fn classes_turn_on_the_birthday() {
        let birth = Date::parse("2012-11-23").unwrap();
        let class = |today: &str| AgeClass::of(birth, Date::parse(today).unwrap());
        assert_eq!(class("2026-11-22"), AgeClass::Child);
        assert_eq!(class("2026-11-23"), AgeClass::Youth);
        assert_eq!(class("2030-11-22"), AgeClass::Youth);
        assert_eq!(class("2030-11-23"), AgeClass::Adult);
        assert_eq!(class("2072-11-23"), AgeClass::Elder);
    }
}
