//! Templates of one-tap authorisation: for a matter, which claims and certificate fields a venue may ask, why, on what
//! basis, for how long, and whether they are passed on. Registered data; a desk chooses a template and never a field.

use serde::Serialize;

use crate::{AgeClass, Claim, Text};

/// What is asked for one matter.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Template {
    /// Its id inside the scenario, the value of the form's field [`TEMPLATE_FIELD`].
    pub id: &'static str,
    /// The matter's name.
    pub name: Text,
    /// The legal basis, named.
    pub basis: Text,
    /// How many days the venue may keep what it was given.
    pub retention_days: u16,
    /// To whom it is passed on, and why; `None`: to nobody.
    pub passed_on: Option<Text>,
    /// What is asked.
    pub items: &'static [TemplateItem],
}

/// The form's field that names a template.
pub const TEMPLATE_FIELD: &str = "matter";

/// The field under which the platform hands a step the items that the holder agreed to, after the form was checked: no
/// form has such a field, so nobody but the platform can fill it in.
pub const AGREED_FIELD: &str = "agreed_items";

/// One thing that is asked.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TemplateItem {
    /// What.
    pub what: Wanted,
    /// Why, for this matter.
    pub purpose: Text,
    /// The matter cannot be done without it.
    pub required: bool,
    /// Of whom it may be asked at all; of others it is left out.
    pub ages: &'static [AgeClass],
}

/// A claim, or a field of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Wanted {
    /// Something the platform itself knows of the person.
    Claim {
        /// Which.
        claim: Claim,
    },
    /// A field of a certificate of this kind.
    Field {
        /// The kind's id.
        certificate: &'static str,
        /// The field's id.
        field: &'static str,
    },
}

/// Everybody.
pub const ALL_AGES: &[AgeClass] = &[AgeClass::Child, AgeClass::Youth, AgeClass::Adult, AgeClass::Elder];
/// Those who are of age.
pub const OF_AGE: &[AgeClass] = &[AgeClass::Adult, AgeClass::Elder];

impl Template {
    /// The item of this id.
    pub fn item(&self, id: &str) -> Option<&'static TemplateItem> {
        self.items.iter().find(|item| item.id() == id)
    }
}

impl TemplateItem {
    /// Its id: `claim.phone`, `resident_id_card.name`.
    pub fn id(&self) -> String {
        match self.what {
            Wanted::Claim { claim } => {
                let name = serde_json::to_value(claim).ok();
                format!("claim.{}", name.as_ref().and_then(|name| name.as_str()).unwrap_or_default())
            }
            Wanted::Field { certificate, field } => format!("{certificate}.{field}"),
        }
    }
}
