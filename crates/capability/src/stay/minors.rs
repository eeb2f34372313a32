//! What the law asks for guests under 18: the five duties of 2021 (五必须), of which the form has three, the round past the room
//! and the report of a suspicion the others. None can be skipped: without the form there is no stay.

use serde::{Deserialize, Serialize};
use tongma_domain::{Input, Refusal, UnixMs};

use super::refusals;

/// With whom a minor sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Company {
    /// A parent or guardian.
    Guardian,
    /// Another relative of age.
    Relative,
    /// An adult who is no relative.
    OtherAdult,
    /// Other minors alone.
    Minors,
    /// Nobody.
    Alone,
}

impl Company {
    /// The company of this name.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from(text)).ok()
    }

    /// Whether it names an adult who sleeps in the same room, and so has to be registered there first.
    pub const fn has_adult(self) -> bool {
        matches!(self, Self::Guardian | Self::Relative | Self::OtherAdult)
    }
}

/// What was asked and written down about a minor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minor {
    /// The guardian's telephone number, sealed.
    pub guardian_phone: String,
    /// Who that is to the minor.
    pub guardian_is: String,
    /// With whom the minor sleeps.
    pub company: Company,
    /// When the guardian was called and agreed, where that was needed.
    pub called: Option<UnixMs>,
}

/// Reads the form of a minor of this age.
///
/// # Errors
/// `stay.minor_contact`, `stay.minor_relation`, `stay.minor_adult_first`, `stay.guardian_call`.
pub fn form(input: &Input, (age, call_below): (i64, i64), adult_there: bool, now: UnixMs) -> Result<Minor, Refusal> {
    let guardian_phone = input.text("guardian_phone").ok_or_else(refusals::minor_contact)?.to_owned();
    let guardian_is = input.text("guardian_is").ok_or_else(refusals::minor_contact)?.to_owned();
    let company = input.text("company").and_then(Company::parse).ok_or_else(refusals::minor_relation)?;
    if company.has_adult() && !adult_there {
        return Err(refusals::minor_adult_first());
    }
    let agreed = input.text("guardian_call") == Some("agreed");
    let by_themselves = matches!(company, Company::Alone | Company::Minors) && age < call_below;
    if (by_themselves || company == Company::OtherAdult) && !agreed {
        return Err(refusals::guardian_call());
    }
    Ok(Minor { guardian_phone, guardian_is, company, called: agreed.then_some(now) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn none_of_the_five_can_be_skipped() {
        let whole = |company: &str| json!({"guardian_phone": "sealed", "guardian_is": "mother", "company": company});
        let check = |mut input: Value, age: i64, adult: bool, call: bool, expect: &str| {
            if call {
                input["guardian_call"] = json!("agreed");
            }
            let read = form(&Input::of(&input), (age, 16), adult, UnixMs::default());
            assert_eq!(read.as_ref().map_or_else(tongma_domain::Refusal::code, |_| "ok"), expect, "{input} {age}");
        };
        check(json!({"guardian_is": "mother", "company": "alone"}), 15, false, true, "stay.minor_contact");
        check(json!({"guardian_phone": "sealed", "company": "alone"}), 15, false, true, "stay.minor_contact");
        check(json!({"guardian_phone": "sealed", "guardian_is": "mother"}), 15, false, true, "stay.minor_relation");
        check(whole("alone"), 15, false, false, "stay.guardian_call");
        check(whole("minors"), 15, false, false, "stay.guardian_call");
        check(whole("alone"), 15, false, true, "ok");
        check(whole("alone"), 16, false, false, "ok");
        check(whole("guardian"), 10, false, true, "stay.minor_adult_first");
        check(whole("guardian"), 10, true, false, "ok");
        check(whole("other_adult"), 17, true, false, "stay.guardian_call");
        check(whole("other_adult"), 17, true, true, "ok");
    }
}
