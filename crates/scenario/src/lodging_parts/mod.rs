//! What the cards of lodging have in common: fields, claims, the report that the law asks for, settings.

use tongma_domain::{Claim, ClaimAsk, Duty, Field, FieldKind, Setting, Text};

use crate::t;

const LAW: Text = t("旅馆业治安管理办法第六条", "Rules for the Security of the Hotel Trade, art. 6");
const MINORS: Text = t("未成年人保护法第五十七条", "Law on the Protection of Minors, art. 57");

/// The report: what the police learn of each lodger and visitor.
pub const fn duty() -> Duty {
    Duty {
        connector: "lodging_authority",
        authority: t("公安机关旅馆业治安管理信息系统", "the police system for lodging houses"),
        claims: REPORTED,
    }
}

const fn reported(claim: Claim) -> ClaimAsk {
    ClaimAsk { claim, purpose: t("住宿实名登记", "Registration of lodgers"), retention_days: 3650, basis: LAW }
}

const REPORTED: &[ClaimAsk] = &[
    reported(Claim::FullName),
    reported(Claim::Sex),
    reported(Claim::Nation),
    reported(Claim::Birth),
    reported(Claim::DocumentKind),
    reported(Claim::DocumentNumber),
    reported(Claim::Address),
    reported(Claim::Nationality),
];

/// What the house itself learns.
pub const fn told(days: u16) -> [ClaimAsk; 3] {
    [
        ClaimAsk {
            claim: Claim::FullName,
            purpose: t("核对来人与登记是否同一人", "To compare the guest with the registration"),
            retention_days: days,
            basis: LAW,
        },
        ClaimAsk {
            claim: Claim::AgeClass,
            purpose: t("未成年人入住须履行的询问与记录", "What must be asked of minors"),
            retention_days: days,
            basis: MINORS,
        },
        ClaimAsk {
            claim: Claim::Pseudonym,
            purpose: t("住宿记录的标识", "The token of the stay's record"),
            retention_days: days,
            basis: LAW,
        },
    ]
}

pub const fn field(id: &'static str, name: Text, kind: FieldKind, required: bool) -> Field {
    Field { id, name, kind, required }
}

pub const ROOM: Field = field("room", t("房号", "Room"), FieldKind::Barcode, true);
pub const NUMBER: Field = field("number", t("登记号", "Number of the stay"), FieldKind::Barcode, true);
pub const NIGHTS: Field = field("nights", t("住几晚", "Nights"), FieldKind::Number { least: 1, most: 90 }, false);
pub const PEOPLE: Field =
    field("people", t("一共几人", "How many people in all"), FieldKind::Number { least: 1, most: 20 }, false);
pub const COMPARED: Field = field(
    "compared",
    t("来人与证件、姓名核对", "The guest, compared with name and document"),
    FieldKind::Choice {
        of: &[("same", t("是本人", "The same person")), ("other", t("不是本人", "Somebody else"))]
    },
    true,
);
const RELATIONS: FieldKind = FieldKind::Choice {
    of: &[
        ("spouse", t("夫妻", "Spouse")),
        ("child", t("子女", "Child")),
        ("parent", t("父母", "Parent")),
        ("relative", t("其他亲属", "Other relative")),
        ("friend", t("朋友", "Friend")),
        ("colleague", t("同事", "Colleague")),
        ("group", t("同团", "Same group")),
        ("other", t("其他", "Other")),
    ],
};
pub const RELATION: Field =
    field("relation", t("与先入住客人的关系", "Relation to the guest who is there"), RELATIONS, false);
/// The same, where a form is only for putting right.
pub const GUARDIAN_PHONE: Field =
    field("guardian_phone", t("监护人电话", "Guardian's telephone"), FieldKind::Private { most: 30 }, false);
pub const GUARDIAN_IS: Field = field(
    "guardian_is",
    t("监护人是", "The guardian is"),
    FieldKind::Choice {
        of: &[
            ("father", t("父亲", "The father")),
            ("mother", t("母亲", "The mother")),
            ("grandparent", t("祖父母、外祖父母", "A grandparent")),
            ("other", t("其他监护人", "Another guardian")),
        ],
    },
    false,
);
pub const COMPANY: Field = field(
    "company",
    t("与谁同住", "Sleeps with"),
    FieldKind::Choice {
        of: &[
            ("guardian", t("监护人", "The guardian")),
            ("relative", t("其他成年亲属", "Another adult relative")),
            ("other_adult", t("非亲属成年人", "An adult who is no relative")),
            ("minors", t("其他未成年人", "Other minors")),
            ("alone", t("单独一人", "Alone")),
        ],
    },
    false,
);
pub const GUARDIAN_CALL: Field = field(
    "guardian_call",
    t("与监护人通话", "Call with the guardian"),
    FieldKind::Choice {
        of: &[
            ("agreed", t("已通话，同意入住", "Called; agrees")),
            ("not_reached", t("联系不上", "Not reached")),
            ("refused", t("不同意", "Does not agree")),
        ],
    },
    false,
);
pub const VISA_KIND: Field = field(
    "visa_kind",
    t("签证种类", "Kind of visa"),
    FieldKind::Choice {
        of: &[
            ("tourist", t("旅游", "Tourist")),
            ("business", t("商务", "Business")),
            ("residence", t("居留", "Residence")),
            ("other", t("其他", "Other")),
            ("none", t("免签", "Visa-free")),
        ],
    },
    true,
);
pub const VISA_NUMBER: Field =
    field("visa_number", t("签证号码", "Visa number"), FieldKind::Private { most: 20 }, false);
pub const ENTRY_DATE: Field = field("entry_date", t("入境日期", "Date of entry"), FieldKind::Date, true);
pub const ENTRY_PORT: Field = field("entry_port", t("入境口岸", "Port of entry"), FieldKind::Text { most: 40 }, false);
/// The date where a form is only for putting right.
pub const ENTRY_AGAIN: Field = field("entry_date", t("入境日期", "Date of entry"), FieldKind::Date, false);
pub const NOTE: Field = field("note", t("发现的情况", "What was noticed"), FieldKind::Private { most: 300 }, true);
pub const ORDER: Field = field("order", t("预订号", "Booking number"), FieldKind::Barcode, true);
pub const DATE: Field = field("date", t("入住日期", "First night"), FieldKind::Date, true);

/// Registers an adult.
pub const PLAIN: &[Field] = &[ROOM, COMPARED, NIGHTS, PEOPLE, RELATION];
/// Registers a minor: what the law asks for.
pub const MINOR: &[Field] =
    &[ROOM, COMPARED, COMPANY, GUARDIAN_PHONE, GUARDIAN_IS, GUARDIAN_CALL, RELATION, NIGHTS, PEOPLE];
/// Registers a foreigner; the last four fields for one under 18.
pub const FOREIGNER: &[Field] = &[
    ROOM,
    COMPARED,
    VISA_KIND,
    VISA_NUMBER,
    ENTRY_DATE,
    ENTRY_PORT,
    NIGHTS,
    PEOPLE,
    RELATION,
    COMPANY,
    GUARDIAN_PHONE,
    GUARDIAN_IS,
    GUARDIAN_CALL,
];
/// Puts right what the authority put back; only what is wrong is filled in.
pub const CORRECT: &[Field] = &[NUMBER, VISA_NUMBER, ENTRY_AGAIN, RELATION, COMPANY, GUARDIAN_PHONE];

/// Settings of every house.
pub const fn settings() -> [Setting; 5] {
    [
        setting(
            "report_alarm_min",
            t("报送多久未收到回执提醒店员（分钟）", "Minutes until staff are told that a report waits"),
            (10, 1, 1440),
            "inference: reports are to be real-time",
        ),
        setting(
            "foreign_report_h",
            t("境外人员须在多少小时内报送", "Hours within which a foreigner is reported"),
            (24, 1, 24),
            "Exit and Entry Administration Law, art. 39; Rules for the Security of the Hotel Trade, art. 6",
        ),
        setting(
            "guardian_call_below",
            t(
                "多少岁以下单独入住须与监护人通话",
                "Below which age a minor who comes alone needs a call to the guardian",
            ),
            (16, 14, 18),
            "inference from the five duties of 2021",
        ),
        setting("most_nights", t("一次最多住几晚", "Most nights at once"), (30, 1, 90), "inference"),
        setting(
            "check_out_min",
            t("退房时间（当天第几分钟）", "Check-out, minute of the day"),
            (720, 0, 1439),
            "trade custom: noon",
        ),
    ]
}

pub const fn setting(
    id: &'static str,
    name: Text,
    (default, least, most): (i64, i64, i64),
    source: &'static str,
) -> Setting {
    Setting { id, name, default, least, most, source }
}
