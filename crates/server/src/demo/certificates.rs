//! Certificates of the demo's citizens, handed in as their issuers' systems would. The numbers on them mean nothing.

use std::collections::BTreeMap;

use tongma_domain::{Date, Refusal};
use tongma_service::{NewCertificate, Platform};

/// One certificate: whose, of which kind, its serial, its first and last day (empty: as the kind says), its fields.
type Row =
    (&'static str, &'static str, &'static str, (&'static str, &'static str), &'static [(&'static str, &'static str)]);

const ROWS: &[Row] = &[
    (
        "demo-adult",
        "resident_id_card",
        "DEMO0001",
        ("2019-05-06", ""),
        &[("sex", "女"), ("ethnicity", "汉"), ("address", "示范省示范市示范路 1 号 201 房")],
    ),
    (
        "demo-adult",
        "driving_licence",
        "DEMO0002",
        ("2020-03-18", ""),
        &[
            ("class", "C1"),
            ("first_issued", "2014-03-18"),
            ("number", "449902198803129021"),
            ("file_number", "449900123456"),
        ],
    ),
    (
        "demo-adult",
        "social_security_card",
        "DEMO0003",
        ("2021-09-01", ""),
        &[("city", "示范市"), ("card_number", "D99887766")],
    ),
    (
        "demo-elder",
        "resident_id_card",
        "DEMO0010",
        ("2005-07-01", "2099-12-31"),
        &[("sex", "女"), ("ethnicity", "汉"), ("address", "示范省示范市老街 8 号")],
    ),
    ("demo-elder", "elder_card", "DEMO0011", ("2016-07-01", ""), &[("number", "LN19510630904")]),
    (
        "demo-elder",
        "social_security_card",
        "DEMO0012",
        ("2020-01-06", ""),
        &[("city", "示范市"), ("card_number", "D11223344")],
    ),
    (
        "demo-parent",
        "resident_id_card",
        "DEMO0020",
        ("2018-02-01", ""),
        &[("sex", "男"), ("ethnicity", "汉"), ("address", "示范省示范市花园路 22 号 5 栋 302")],
    ),
    (
        "demo-parent",
        "household_register",
        "DEMO0021",
        ("2016-10-08", ""),
        &[("household_number", "449900777001"), ("relation", "户主"), ("address", "示范省示范市花园路 22 号 5 栋 302")],
    ),
    (
        "demo-parent",
        "marriage_certificate",
        "DEMO0022",
        ("2013-05-20", ""),
        &[("spouse", "苏婉清"), ("registered", "2013-05-20"), ("number", "J449900-2013-000520")],
    ),
    (
        "demo-parent",
        "homestay_registration",
        "DEMO0023",
        ("2026-03-01", ""),
        &[
            ("house", "荔湾里民宿"),
            ("rooms", "6"),
            ("address", "示范省示范市荔湾里 3 号"),
            ("number", "MS449900260301"),
        ],
    ),
    (
        "demo-child",
        "birth_certificate",
        "DEMO0030",
        ("2016-09-20", ""),
        &[("sex", "女"), ("mother", "苏婉清"), ("father", "林志远"), ("number", "Q449900916")],
    ),
    (
        "demo-child",
        "household_register",
        "DEMO0031",
        ("2016-10-08", ""),
        &[("household_number", "449900777001"), ("relation", "女儿"), ("address", "示范省示范市花园路 22 号 5 栋 302")],
    ),
    (
        "demo-youth",
        "resident_id_card",
        "DEMO0040",
        ("2024-05-06", "2029-05-05"),
        &[("sex", "男"), ("ethnicity", "汉"), ("address", "示范省示范市学院街 12 号")],
    ),
    (
        "demo-dot",
        "residence_permit",
        "DEMO0050",
        ("2026-08-01", ""),
        &[("sex", "女"), ("city", "示范市"), ("address", "示范省示范市新港东路 9 号")],
    ),
    (
        "demo-rare",
        "driving_licence",
        "DEMO0060",
        ("2015-06-01", "2025-05-31"),
        &[("class", "B2"), ("first_issued", "2009-06-01"), ("number", "449931198302289315")],
    ),
    (
        "demo-student",
        "resident_id_card",
        "DEMO0070",
        ("2022-09-02", "2032-09-01"),
        &[("sex", "男"), ("ethnicity", "汉"), ("address", "示范省示范市学院街 30 号")],
    ),
    (
        "demo-student",
        "student_card",
        "DEMO0071",
        ("2025-09-01", "2028-07-31"),
        &[("school", "示范技师学院"), ("programme", "数控技术"), ("student_number", "2025040117")],
    ),
];

/// Issues them all; those that are there already stay as they are.
///
/// # Errors
/// What the platform refuses.
pub async fn issue_all(platform: &Platform, provider: &str) -> Result<usize, Refusal> {
    for (subject, kind, serial, (from, until), fields) in ROWS {
        let fields: BTreeMap<String, String> =
            fields.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect();
        let new = NewCertificate {
            person: platform.person_of_sign_in(provider, subject)?,
            kind: (*kind).to_owned(),
            serial: Some((*serial).to_owned()),
            issuer: None,
            fields,
            valid_from: Date::parse(from),
            valid_until: Date::parse(until),
            key: format!("demo {serial}"),
        };
        // A later version of it may have been issued since, or its issuer may have ended it: then it stays so.
        match platform.issue_certificate(new).await {
            Err(refusal) if refusal.code() == "certificate.ended" => {}
            other => drop(other?),
        }
    }
    Ok(ROWS.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::demo::people::CITIZENS;
    use tongma_service::certificate;

    #[test]
    fn every_certificate_has_a_citizen_a_kind_and_a_serial_of_its_own() {
        let mut serials = BTreeSet::new();
        for (subject, kind, serial, (from, until), fields) in ROWS {
            assert!(CITIZENS.iter().any(|citizen| citizen.subject == *subject), "{subject}");
            let kind = certificate::kind(kind).unwrap();
            assert!(fields.iter().all(|(field, _)| kind.field(field).is_some()), "{serial}");
            assert!(serials.insert(serial), "{serial}");
            assert!(Date::parse(from).is_some() && (until.is_empty() || Date::parse(until).is_some()), "{serial}");
        }
    }
}
