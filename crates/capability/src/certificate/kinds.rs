//! The catalogue of kinds of certificates, as data: who issues it, which fields it has and how much each tells, how
//! long it is valid, and what its face looks like. A new kind is a new entry of this list and nothing else.

use serde::Serialize;
use tongma_domain::Text;

/// How much a field tells about its holder; what is shown first, what behind a second tap, what needs a stronger step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// May stand on the face: a class, an issuer's remark, a date of validity.
    Ordinary,
    /// Names a person: shown masked until the holder taps.
    Personal,
    /// Personal information whose leak harms (PIPL art. 28; numbers by GB/T 35273 annex B): released only after a
    /// stronger step.
    Sensitive,
}

/// How a field's value is masked where it is not shown in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// Not at all.
    None,
    /// As a name: the first character stays.
    Name,
    /// As a number: the first two and last two characters stay.
    Number,
    /// Nothing stays.
    All,
}

/// One field of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KindField {
    /// Its id, unique inside the kind: `name`, `number`.
    pub id: &'static str,
    /// What people call it.
    pub label: Text,
    /// How much it tells.
    pub sensitivity: Sensitivity,
    /// How it is masked.
    pub mask: Mask,
    /// Whether a certificate cannot be without it.
    pub needed: bool,
}

/// A kind of certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// Its id: `resident_id_card`.
    pub id: &'static str,
    /// Its name.
    pub name: Text,
    /// The code of the kind in identifiers (GB/T 36904): the credit code of who defined it and a number.
    pub code: &'static str,
    /// Who issues it in this deployment unless an issue names a branch.
    pub issuer: Text,
    /// The issuer's unified social credit code (GB 32100).
    pub issuer_code: &'static str,
    /// The colour of its face, `#rrggbb`, dark enough for white letters.
    pub colour: &'static str,
    /// Years from the first day to the last; 0: no last day.
    pub valid_years: u8,
    /// Whether it as a whole is sensitive: releasing it needs the stronger step.
    pub sensitive: bool,
    /// Its fields, in the order of the face. Every kind has `name`.
    pub fields: &'static [KindField],
}

impl Kind {
    /// A field by id.
    pub fn field(&self, id: &str) -> Option<&'static KindField> {
        self.fields.iter().find(|field| field.id == id)
    }
}

/// All kinds.
pub const fn kinds() -> &'static [Kind] {
    KINDS
}

/// The kind of this id.
pub fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

/// The kind whose identifiers carry this code.
pub fn kind_of_code(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}

const fn plain(id: &'static str, zh: &'static str, en: &'static str) -> KindField {
    KindField { id, label: Text::new(zh, en), sensitivity: Sensitivity::Ordinary, mask: Mask::None, needed: false }
}

const fn personal(id: &'static str, zh: &'static str, en: &'static str, mask: Mask) -> KindField {
    KindField { id, label: Text::new(zh, en), sensitivity: Sensitivity::Personal, mask, needed: false }
}

const fn sensitive(id: &'static str, zh: &'static str, en: &'static str, mask: Mask) -> KindField {
    KindField { id, label: Text::new(zh, en), sensitivity: Sensitivity::Sensitive, mask, needed: false }
}

const fn needed(field: KindField) -> KindField {
    KindField { needed: true, ..field }
}

const NAME: KindField = needed(personal("name", "姓名", "Name", Mask::Name));
const ID_NUMBER: KindField = sensitive("id_number", "公民身份号码", "ID number", Mask::Number);
const SEX: KindField = personal("sex", "性别", "Sex", Mask::None);
const BIRTH: KindField = personal("birth", "出生日期", "Date of birth", Mask::All);
const ADDRESS: KindField = sensitive("address", "住址", "Address", Mask::All);

// Issuers of the demonstration. The codes have the right form and check characters and belong to nobody: a deployment
// puts its own in their place.
const POLICE: (Text, &str) =
    (Text::new("示范省公安厅", "Public Security Department (demonstration)"), "11440000082794181R");
const CIVIL: (Text, &str) =
    (Text::new("示范省民政厅", "Civil Affairs Department (demonstration)"), "11440000300906365J");
const LABOUR: (Text, &str) = (
    Text::new("示范省人力资源和社会保障厅", "Human Resources and Social Security (demonstration)"),
    "11440000417377815G",
);
const SCHOOL: (Text, &str) = (Text::new("示范技师学院", "Technician College (demonstration)"), "12440000965307535Y");
const TOURISM: (Text, &str) =
    (Text::new("示范市文化广电旅游局", "Culture and Tourism Bureau (demonstration)"), "11440000138407065W");
const HEALTH: (Text, &str) =
    (Text::new("示范省卫生健康委员会", "Health Commission (demonstration)"), "114400000233564566");

const fn made(
    (id, zh, en, code): (&'static str, &'static str, &'static str, &'static str),
    (issuer, issuer_code): (Text, &'static str),
    (colour, valid_years, sensitive): (&'static str, u8, bool),
    fields: &'static [KindField],
) -> Kind {
    Kind { id, name: Text::new(zh, en), code, issuer, issuer_code, colour, valid_years, sensitive, fields }
}

const KINDS: &[Kind] = &[
    made(
        ("resident_id_card", "居民身份证", "Resident identity card", "11440000082794181R001"),
        POLICE,
        ("#1f4e79", 20, true),
        &[NAME, SEX, personal("ethnicity", "民族", "Ethnic group", Mask::All), BIRTH, ADDRESS, needed(ID_NUMBER)],
    ),
    made(
        ("household_register", "居民户口簿", "Household register", "11440000082794181R002"),
        POLICE,
        ("#7a2e2e", 0, true),
        &[
            NAME,
            needed(sensitive("household_number", "户号", "Household number", Mask::Number)),
            personal("relation", "与户主关系", "Relation to the head", Mask::All),
            ADDRESS,
            ID_NUMBER,
        ],
    ),
    made(
        ("driving_licence", "机动车驾驶证", "Driving licence", "11440000082794181R003"),
        POLICE,
        ("#1d5c4f", 10, false),
        &[
            NAME,
            needed(plain("class", "准驾车型", "Vehicle classes")),
            plain("first_issued", "初次领证日期", "First issued"),
            needed(sensitive("number", "证号", "Number", Mask::Number)),
            sensitive("file_number", "档案编号", "File number", Mask::Number),
        ],
    ),
    made(
        ("residence_permit", "居住证", "Residence permit", "11440000082794181R004"),
        POLICE,
        ("#2d4a86", 1, true),
        &[NAME, SEX, plain("city", "居住地市", "City of residence"), ADDRESS, needed(ID_NUMBER)],
    ),
    made(
        ("marriage_certificate", "结婚证", "Marriage certificate", "11440000300906365J001"),
        CIVIL,
        ("#9b1c31", 0, true),
        &[
            NAME,
            needed(sensitive("spouse", "配偶姓名", "Spouse", Mask::Name)),
            plain("registered", "登记日期", "Registered on"),
            needed(sensitive("number", "结婚证字号", "Number", Mask::Number)),
        ],
    ),
    made(
        ("social_security_card", "社会保障卡", "Social security card", "11440000417377815G001"),
        LABOUR,
        ("#0f5a8a", 10, true),
        &[
            NAME,
            plain("city", "发卡地", "Issued at"),
            needed(sensitive("card_number", "卡号", "Card number", Mask::Number)),
            needed(ID_NUMBER),
        ],
    ),
    made(
        ("elder_card", "老年人优待证", "Senior citizen card", "11440000300906365J002"),
        CIVIL,
        ("#7a4a12", 0, false),
        &[NAME, BIRTH, needed(personal("number", "证号", "Number", Mask::Number))],
    ),
    made(
        ("birth_certificate", "出生医学证明", "Medical certificate of birth", "114400000233564566001"),
        HEALTH,
        ("#a03a6b", 0, true),
        &[
            NAME,
            SEX,
            BIRTH,
            sensitive("mother", "母亲姓名", "Mother", Mask::Name),
            sensitive("father", "父亲姓名", "Father", Mask::Name),
            needed(sensitive("number", "出生证编号", "Number", Mask::Number)),
        ],
    ),
    made(
        ("student_card", "学生证", "Student card", "12440000965307535Y001"),
        SCHOOL,
        ("#3f3d8f", 3, false),
        &[
            NAME,
            plain("school", "学校", "School"),
            plain("programme", "专业", "Programme"),
            needed(personal("student_number", "学号", "Student number", Mask::Number)),
        ],
    ),
    made(
        ("homestay_registration", "民宿登记证", "Homestay registration", "11440000138407065W001"),
        TOURISM,
        ("#5b4636", 3, false),
        &[
            NAME,
            needed(plain("house", "民宿名称", "House")),
            plain("rooms", "客房数", "Rooms"),
            personal("address", "经营地址", "Address of the house", Mask::All),
            needed(plain("number", "登记号", "Registration number")),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// GB 32100-2015: weights 3^i mod 31 over an alphabet without I, O, S, V and Z.
    fn credit_code_holds(code: &str) -> bool {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
        let values: Option<Vec<usize>> =
            code.bytes().map(|byte| LETTERS.iter().position(|letter| *letter == byte)).collect();
        let Some((check, body)) = values.as_deref().and_then(<[usize]>::split_last) else { return false };
        let (sum, _) = body.iter().fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
        body.len() == 17 && (31 - sum % 31) % 31 == *check
    }

    #[test]
    fn codes_are_well_formed_and_unique() {
        assert!(credit_code_holds("91350100M000100Y43") && !credit_code_holds("91350100M000100Y44"));
        let mut seen = BTreeSet::new();
        for kind in kinds() {
            assert!(credit_code_holds(kind.issuer_code), "{}", kind.id);
            assert_eq!(kind.code.get(..18), Some(kind.issuer_code), "{}", kind.id);
            assert!(seen.insert(kind.code) && seen.insert(kind.id), "{}", kind.id);
        }
    }

    #[test]
    fn every_kind_names_its_holder_and_tells_no_number_openly() {
        for kind in kinds() {
            assert!(kind.field("name").is_some_and(|field| field.needed), "{}", kind.id);
            let ids: BTreeSet<_> = kind.fields.iter().map(|field| field.id).collect();
            assert_eq!(ids.len(), kind.fields.len(), "{}", kind.id);
            for field in kind.fields.iter().filter(|field| field.sensitivity == Sensitivity::Sensitive) {
                assert_ne!(field.mask, Mask::None, "{} {}", kind.id, field.id);
            }
        }
    }

    #[test]
    fn white_letters_can_be_read_on_every_face() {
        for kind in kinds() {
            let channel = |at: usize| u8::from_str_radix(kind.colour.get(at..at + 2).unwrap(), 16).unwrap();
            let linear = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            let luminance = 0.2126 * linear(channel(1)) + 0.7152 * linear(channel(3)) + 0.0722 * linear(channel(5));
            // WCAG 2.2 criterion 1.4.3, with room for a lightened corner.
            assert!(1.05 / (luminance + 0.05) > 6.0, "{}", kind.id);
        }
    }
}
