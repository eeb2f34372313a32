//! What a presentation says: claims in their least telling form, and refusals that name what was scanned.

use serde_json::Value;
use tongma_domain::{AgeClass, Claim, PersonalData, Refusal, Text, UnixMs, Words};
use tongma_verify::verdict::Reason;

/// The value of a claim, in the least telling form.
pub(crate) fn claim_value(claim: Claim, data: &PersonalData, now: UnixMs) -> Option<(&'static str, Value)> {
    let age = data.birth.age_on(now.date());
    Some(match claim {
        Claim::AgeClass => ("age_class", serde_json::to_value(AgeClass::of(data.birth, now.date())).ok()?),
        Claim::AtLeast18 => ("at_least_18", Value::from(age >= 18)),
        Claim::AtLeast60 => ("at_least_60", Value::from(age >= 60)),
        Claim::FullName => ("full_name", Value::from(data.name.clone())),
        Claim::DocumentNumber => ("document_number", Value::from(data.document_number.clone())),
        Claim::Phone => ("phone", Value::from(data.phone.clone())),
        Claim::LastFour => {
            let count = data.document_number.chars().count();
            ("last_four", Value::from(data.document_number.chars().skip(count.saturating_sub(4)).collect::<String>()))
        }
        Claim::DocumentKind => ("document_kind", serde_json::to_value(data.document_kind).ok()?),
        Claim::Sex => ("sex", serde_json::to_value(data.sex()?).ok()?),
        Claim::Nation => ("nation", Value::from(data.particulars.nation.clone())),
        Claim::Birth => ("birth", Value::from(data.birth.to_string())),
        Claim::Address => ("address", Value::from(data.particulars.address.clone())),
        Claim::Nationality => ("nationality", Value::from(data.particulars.nationality.clone())),
        // These are fields of the presentation itself.
        Claim::Pseudonym | Claim::MaskedName | Claim::VenueNumber => return None,
    })
}

/// A refusal that names what was scanned and what to do.
pub(crate) fn code_refusal(reason: Reason) -> Refusal {
    let code = match reason {
        Reason::Expired(_) => "code.expired",
        Reason::StepPast(_) => "code.stale",
        Reason::NotYet(_) | Reason::StepAhead(_) => "code.future",
        Reason::Used => "code.used",
        Reason::Denied => "code.denied",
        Reason::Forged => "code.forged",
        Reason::Unproved => "code.unproved",
        Reason::KeyUnknown | Reason::KeyPeriod | Reason::KeyUse => "code.unknown_key",
        Reason::Version => "code.version",
        Reason::NotThis(_) => "code.not_ours",
        _ => "code.unreadable",
    };
    let (zh, en) = reason.texts();
    let refusal = Refusal::invalid(
        code,
        Text::new("这个码不能用", "This code cannot be used"),
        Text::new(
            "请本人打开“我的码”，出示正在变化的二维码或数字",
            "Ask the person to open the app and show the live code or number",
        ),
    );
    match reason {
        Reason::NotThis(_) => {
            refusal.titled(Words::new(format!("这是{zh}，不是个人码"), format!("This is {en}, not a personal code")))
        }
        _ => refusal.titled(Words::new(zh, en)),
    }
}
