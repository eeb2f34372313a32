//! The registered templates: matter → certificates and fields → purpose, legal basis, retention, passing on.
//!
//! Each asks for the fewest fields that its matter needs. A field that only some people have, or that saves a paper copy
//! but is not a condition, is not required.

use tongma_domain::{ALL_AGES, AgeClass, Claim, OF_AGE, Template, TemplateItem, Text, Wanted};

use crate::t;

const fn needed(certificate: &'static str, field: &'static str, purpose: Text) -> TemplateItem {
    TemplateItem { what: Wanted::Field { certificate, field }, purpose, required: true, ages: ALL_AGES }
}

const fn optional(certificate: &'static str, field: &'static str, purpose: Text) -> TemplateItem {
    TemplateItem { required: false, ..needed(certificate, field, purpose) }
}

const fn of(ages: &'static [AgeClass], item: TemplateItem) -> TemplateItem {
    TemplateItem { ages, ..item }
}

const PHONE: TemplateItem = TemplateItem {
    what: Wanted::Claim { claim: Claim::Phone },
    purpose: t("通知办理进度", "To tell how the matter goes"),
    required: false,
    ages: ALL_AGES,
};
const WHO: Text = t("核验申请人身份", "To check who applies");
const FILED: Text = t("填写申请表", "To fill in the application");

const RESIDENCE: Template = Template {
    id: "residence",
    name: t("居住证办理", "Residence permit"),
    basis: t("居住证暂行条例第九条", "Interim Regulation on Residence Permits, art. 9"),
    retention_days: 365,
    passed_on: Some(t("制证的公安机关，用于制证", "The police that makes the permit, to make it")),
    items: &[
        needed("resident_id_card", "name", WHO),
        needed("resident_id_card", "id_number", WHO),
        optional("resident_id_card", "address", FILED),
        optional("residence_permit", "city", t("续期时核对原证", "To compare with the permit held, on renewal")),
        PHONE,
    ],
};
const HOUSEHOLD: Template = Template {
    id: "household",
    name: t("户籍业务", "Household register"),
    basis: t("户口登记条例第八条", "Regulation on Household Registration, art. 8"),
    retention_days: 730,
    passed_on: None,
    items: &[
        needed("household_register", "name", WHO),
        needed("household_register", "household_number", t("找到户口底册", "To find the register")),
        needed("household_register", "relation", t("确认与户主关系", "To confirm the relation to the head")),
        optional("household_register", "address", FILED),
        of(OF_AGE, optional("marriage_certificate", "registered", t("投靠入户", "To join a spouse's register"))),
    ],
};
const SOCIAL_SECURITY: Template = Template {
    id: "social_security",
    name: t("社保医保", "Social and medical insurance"),
    basis: t("社会保险法第五十八条", "Social Insurance Law, art. 58"),
    retention_days: 365,
    passed_on: Some(t("参保地医保机构，用于备案", "The insurer at the place of insurance, to file it")),
    items: &[
        needed("social_security_card", "name", WHO),
        needed("social_security_card", "card_number", t("找到参保记录", "To find the insurance record")),
        needed("social_security_card", "city", t("确认参保地", "To confirm where the person is insured")),
        PHONE,
    ],
};
const REAL_ESTATE: Template = Template {
    id: "real_estate",
    name: t("不动产登记", "Real estate registration"),
    basis: t("不动产登记暂行条例第十六条", "Interim Regulation on Real Estate Registration, art. 16"),
    retention_days: 3650,
    passed_on: Some(t("税务机关，用于核税", "The tax authority, to assess the tax")),
    items: &[
        of(OF_AGE, needed("resident_id_card", "name", WHO)),
        of(OF_AGE, needed("resident_id_card", "id_number", WHO)),
        of(OF_AGE, optional("marriage_certificate", "spouse", t("确认共有人", "To confirm the co-owner"))),
        of(OF_AGE, optional("marriage_certificate", "number", t("确认共有人", "To confirm the co-owner"))),
        PHONE,
    ],
};
const SCHOOL: Template = Template {
    id: "school",
    name: t("义务教育入学报名", "Enrolment at school"),
    basis: t("义务教育法第十二条", "Compulsory Education Law, art. 12"),
    retention_days: 180,
    passed_on: Some(t("学区学校，用于录取", "The school of the district, to admit")),
    items: &[
        of(&[AgeClass::Child], needed("birth_certificate", "name", t("登记学生", "To register the pupil"))),
        of(&[AgeClass::Child], needed("birth_certificate", "birth", t("确认学龄", "To confirm the age"))),
        of(
            &[AgeClass::Child],
            optional("household_register", "address", t("确认学区", "To confirm the district of the school")),
        ),
    ],
};
const STUDENT: Template = Template {
    id: "student",
    name: t("学生优惠登记", "Student discount"),
    basis: t("个人信息保护法第十三条第一款第一项：同意", "PIPL article 13(1)(1): consent"),
    retention_days: 90,
    passed_on: None,
    items: &[
        of(&[AgeClass::Youth, AgeClass::Adult], needed("student_card", "name", t("登记优惠", "To register the discount"))),
        of(
            &[AgeClass::Youth, AgeClass::Adult],
            needed("student_card", "school", t("确认在读", "To confirm the enrolment")),
        ),
        of(
            &[AgeClass::Youth, AgeClass::Adult],
            optional("student_card", "student_number", t("向学校核对", "To compare with the school")),
        ),
    ],
};
const DRIVING: Template = Template {
    id: "driving",
    name: t("驾驶证换证", "Renewing a driving licence"),
    basis: t("道路交通安全法第二十一条", "Road Traffic Safety Law, art. 21"),
    retention_days: 180,
    passed_on: None,
    items: &[
        of(OF_AGE, needed("driving_licence", "name", WHO)),
        of(OF_AGE, needed("driving_licence", "class", t("确认准驾车型", "To confirm the vehicle classes"))),
        of(OF_AGE, optional("driving_licence", "first_issued", FILED)),
    ],
};

/// All of them.
pub const TEMPLATES: &[Template] =
    &[RESIDENCE, HOUSEHOLD, SOCIAL_SECURITY, REAL_ESTATE, SCHOOL, STUDENT, DRIVING];

/// The same list as the choices of the form's field.
pub const CHOICES: &[(&str, Text)] = &[
    (RESIDENCE.id, RESIDENCE.name),
    (HOUSEHOLD.id, HOUSEHOLD.name),
    (SOCIAL_SECURITY.id, SOCIAL_SECURITY.name),
    (REAL_ESTATE.id, REAL_ESTATE.name),
    (SCHOOL.id, SCHOOL.name),
    (STUDENT.id, STUDENT.name),
    (DRIVING.id, DRIVING.name),
];
