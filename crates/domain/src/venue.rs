//! Organisations, venues and points: who may ask, where, and with what settings.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{Date, Id, Text};

/// A legal person that runs venues. Pseudonyms are pairwise per organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: Id,
    /// Its registered name in Chinese.
    pub name_zh: String,
    /// Its registered name in English.
    pub name_en: String,
    /// Its unified social credit code (GB 32100), once an application has named it.
    #[serde(default)]
    pub uscc: Option<String>,
}

/// Where a scenario takes place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Venue {
    /// Its id.
    pub id: Id,
    /// The organisation that runs it.
    pub organisation: Id,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// Whether it is open for business on the platform.
    pub state: VenueState,
    /// The scenarios it is approved for, by id.
    pub scenarios: Vec<String>,
    /// Settings tuned away from the card's defaults: `scenario.setting` → value.
    #[serde(default)]
    pub settings: BTreeMap<String, i64>,
    /// Things shared with other venues: `union` → the id of the library union it belongs to.
    #[serde(default)]
    pub things: BTreeMap<String, Id>,
    /// What the house itself is, and what it holds a licence for.
    #[serde(default)]
    pub premises: Premises,
}

/// What is registered of a house: figures and certifications, by name. Written by the onboarding, read by the rules of the
/// scenarios that need them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Premises {
    /// Figures, with the unit in the name: `rooms`, `floors`, `area_m2`.
    pub facts: BTreeMap<String, i64>,
    /// Certifications: `registration`, `yueshangtong`.
    pub certifications: BTreeMap<String, Certification>,
}

/// A licence, a registration, a certification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certification {
    /// Its number at the issuer.
    pub number: String,
    /// The first day it is good.
    pub from: Date,
    /// The last day it is good.
    pub until: Date,
}

impl Premises {
    /// A figure, if it is registered.
    pub fn fact(&self, name: &str) -> Option<i64> {
        self.facts.get(name).copied()
    }

    /// A certification that is good on a day.
    pub fn certified(&self, name: &str, today: Date) -> Option<&Certification> {
        let held = self.certifications.get(name)?;
        (!held.number.trim().is_empty() && held.from <= today && today <= held.until).then_some(held)
    }
}

impl Venue {
    /// The value of a setting here: tuned, or the card's default.
    pub fn setting(&self, card: &crate::Card, id: &str) -> i64 {
        let declared = card.settings.iter().find(|setting| setting.id == id);
        let tuned = self.settings.get(&format!("{}.{id}", card.id)).copied();
        match declared {
            Some(setting) => tuned.unwrap_or(setting.default).clamp(setting.least, setting.most),
            None => tuned.unwrap_or(0),
        }
    }

    /// The thing of this name, or an id derived from the venue's own.
    pub fn thing(&self, name: &str) -> Id {
        self.things.get(name).copied().unwrap_or_else(|| Id::derived(&[self.id.as_bytes(), name.as_bytes()]))
    }

    /// Its name.
    pub fn names(&self) -> crate::Words {
        crate::Words::new(self.name_zh.clone(), self.name_en.clone())
    }
}

/// The life of a venue on the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueState {
    /// Listed, its scenario not yet served here.
    Coming,
    /// In service.
    Open,
    /// Suspended by the platform.
    Suspended,
}

/// One desk, kiosk or gate that has been paired and holds its own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Its id.
    pub id: Id,
    /// Its venue.
    pub venue: Id,
    /// Its name in Chinese: 一楼服务台.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// What it is.
    pub kind: PointKind,
    /// Which scenarios it may run, by id.
    pub scenarios: Vec<String>,
}

/// What a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointKind {
    /// A staffed desk.
    Desk,
    /// A gate: no staff, no form, decides by itself.
    Gate,
    /// A self-service kiosk.
    Kiosk,
}

impl PointKind {
    /// Its words.
    pub const fn name(self) -> Text {
        match self {
            Self::Desk => Text::new("服务台", "Desk"),
            Self::Gate => Text::new("闸机", "Gate"),
            Self::Kiosk => Text::new("自助机", "Kiosk"),
        }
    }
}
