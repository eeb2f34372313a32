//! The demo's citizens. None of them exists: the region codes 4499xx are not assigned, nor are the mobile numbers.

use tongma_domain::{Date, DocumentKind, Particulars, Sex, Words, document_check, mask_name};
use tongma_http::demo_provider::DemoPerson;
use tongma_service::Enrolment;

/// A citizen of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Citizen {
    /// The subject at the demo provider; empty for somebody who never signs in.
    pub subject: &'static str,
    /// The name as on the document.
    pub name: &'static str,
    /// The date of birth.
    pub birth: &'static str,
    /// The document.
    pub document: Document,
    /// What is particular, in Chinese and English.
    pub note: (&'static str, &'static str),
    /// What is in the purse, in fen.
    pub purse_fen: i64,
    /// The subject of the guardian, if there is one.
    pub guardian: Option<&'static str>,
}

/// A demo document.
#[derive(Debug, Clone, Copy)]
pub enum Document {
    /// A resident's number: region code and order number; the birth date goes between, the check digit is computed.
    Resident(u32, u32),
    /// Any other kind with its number.
    Other(DocumentKind, &'static str),
}

const fn resident(
    subject: &'static str,
    name: &'static str,
    birth: &'static str,
    order: u32,
    note: (&'static str, &'static str),
    purse_fen: i64,
) -> Citizen {
    let document = Document::Resident(449_900 + order % 100, order);
    Citizen { subject, name, birth, document, note, purse_fen, guardian: None }
}

const fn other(
    subject: &'static str,
    name: &'static str,
    birth: &'static str,
    document: (DocumentKind, &'static str),
    note: (&'static str, &'static str),
) -> Citizen {
    let document = Document::Other(document.0, document.1);
    Citizen { subject, name, birth, document, note, purse_fen: 20_000, guardian: None }
}

/// Everybody.
pub const CITIZENS: [Citizen; 13] = [
    resident("demo-adult", "陈晓岚", "1988-03-12", 902, ("成年人", "adult"), 50_000),
    resident("demo-elder", "黄秀珍", "1951-06-30", 904, ("老年人", "elder"), 30_000),
    resident(
        "demo-parent",
        "林志远",
        "1985-11-02",
        911,
        ("家长，可代孩子亮码", "parent, may show the child's code"),
        80_000,
    ),
    Citizen {
        guardian: Some("demo-parent"),
        ..resident(
            "demo-child",
            "林小满",
            "2016-09-08",
            916,
            ("10 岁儿童，监护人为林志远", "child with a guardian"),
            5_000,
        )
    },
    resident("demo-youth", "何子轩", "2010-04-21", 913, ("未成年人（14–17 岁）", "youth"), 10_000),
    other(
        "demo-hongkong",
        "李嘉怡",
        "1992-05-20",
        (DocumentKind::HongKongMacaoPermit, "H09999991"),
        ("港澳居民来往内地通行证（香港）", "permit holder from Hong Kong"),
    ),
    other(
        "demo-macao",
        "何咏诗",
        "1979-12-20",
        (DocumentKind::HongKongMacaoPermit, "M09999992"),
        ("港澳居民来往内地通行证（澳门）", "permit holder from Macao"),
    ),
    other(
        "demo-taiwan",
        "王雅婷",
        "1990-01-15",
        (DocumentKind::TaiwanPermit, "09999993"),
        ("台湾居民来往大陆通行证", "permit holder from Taiwan"),
    ),
    resident("demo-dot", "阿依古丽·买买提", "1995-08-17", 926, ("姓名带间隔号", "a name with a middle dot"), 20_000),
    resident("demo-rare", "张𠮷安", "1983-02-28", 931, ("姓名带生僻字", "a rare character in the name"), 20_000),
    other(
        "demo-foreign",
        "Maria Silva",
        "1986-10-05",
        (DocumentKind::Passport, "XZ9999994"),
        ("外籍人士，护照", "foreigner with a passport"),
    ),
    resident("demo-student", "周予安", "2006-09-01", 941, ("学生", "student"), 15_000),
    resident("", "梁阿婆", "1940-01-01", 942, ("没有手机的老人", "an elder without a phone"), 0),
];

impl Citizen {
    /// What the enrolment desk writes down.
    pub fn enrolment(&self, issuer: &str) -> Enrolment {
        let birth = Date::parse(self.birth);
        let (document_kind, document_number) = match self.document {
            Document::Resident(region, order) => {
                (DocumentKind::ResidentId, resident_number(region, self.birth, order).unwrap_or_default())
            }
            Document::Other(kind, number) => (kind, number.to_owned()),
        };
        let sign_in = (!self.subject.is_empty()).then(|| (issuer.to_owned(), self.subject.to_owned()));
        let phone = if self.subject.is_empty() { String::new() } else { format!("100{:08}", self.phone_digits()) };
        let (name, particulars) = (self.name.to_owned(), self.particulars(document_kind));
        Enrolment { name, document_kind, document_number, birth, phone, particulars, sign_in }
    }

    /// What else stands on the document. The streets do not exist either.
    fn particulars(&self, kind: DocumentKind) -> Particulars {
        let nationality = if kind == DocumentKind::Passport { "PRT" } else { "" };
        let sex = (kind != DocumentKind::ResidentId).then_some(Sex::Female);
        let (nation, address) = match kind {
            DocumentKind::ResidentId => {
                let nation = if self.name.contains('·') { "维吾尔" } else { "汉" };
                (nation.to_owned(), format!("广东省演示市样例路{}号", self.phone_digits() % 900 + 1))
            }
            _ => (String::new(), String::new()),
        };
        Particulars { sex, nation, address, nationality: nationality.to_owned() }
    }

    /// Eight digits that differ from person to person.
    fn phone_digits(&self) -> u32 {
        self.subject.bytes().fold(0, |sum: u32, byte| (sum * 31 + u32::from(byte)) % 100_000_000)
    }
}

/// The 18 characters of GB 11643-1999 with the one check character that fits; `None` when none does.
fn resident_number(region: u32, birth: &str, order: u32) -> Option<String> {
    let body = format!("{region:06}{}{order:03}", birth.replace('-', ""));
    let fits = |check: &char| document_check(DocumentKind::ResidentId, &format!("{body}{check}")).is_ok();
    "0123456789X".chars().find(fits).map(|check| format!("{body}{check}"))
}

/// The people the demo provider offers.
pub fn at_the_provider() -> Vec<DemoPerson> {
    CITIZENS
        .iter()
        .filter(|citizen| !citizen.subject.is_empty())
        .map(|citizen| DemoPerson {
            subject: citizen.subject.to_owned(),
            masked_name: mask_name(citizen.name),
            note: Words::new(citizen.note.0, citizen.note.1),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tongma_domain::birth_date_of;

    #[test]
    fn every_document_is_well_formed_and_nobody_has_anybody_elses() {
        let mut seen = std::collections::BTreeSet::new();
        for citizen in &CITIZENS {
            let enrolment = citizen.enrolment("http://issuer");
            assert_eq!(document_check(enrolment.document_kind, &enrolment.document_number), Ok(()), "{}", citizen.name);
            assert!(seen.insert(enrolment.document_number.clone()), "{}", citizen.name);
            if enrolment.document_kind == DocumentKind::ResidentId {
                assert_eq!(birth_date_of(&enrolment.document_number), Date::parse(citizen.birth));
            }
            if let Some(guardian) = citizen.guardian {
                assert!(CITIZENS.iter().any(|other| other.subject == guardian));
            }
        }
        assert!(CITIZENS.iter().any(|citizen| citizen.name.contains('·')));
        assert!(CITIZENS.iter().any(|citizen| citizen.name.contains('𠮷')));
    }
}
