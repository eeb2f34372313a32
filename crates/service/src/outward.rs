//! Ids as they leave the platform: one cipher block under the audience's key, and back again.

use serde_json::Value;
use tongma_domain::{FieldKind, Id, Refusal, Text};

use crate::platform::Platform;

/// Who reads an id. The same thing has another id for every audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A point naming itself (its key id): before it is known whose it is.
    Points,
    /// Everyone at one organisation.
    Organisation(Id),
    /// One citizen.
    Citizen(Id),
    /// The administration of the platform.
    Administration,
    /// Everyone who reads what hangs on a wall: the codes of points.
    PointCodes,
}

impl Audience {
    pub(crate) fn label(self) -> Vec<u8> {
        match self {
            Self::Points => b"points".to_vec(),
            Self::Administration => b"administration".to_vec(),
            Self::PointCodes => b"point codes".to_vec(),
            Self::Organisation(id) => [b"organisation".as_slice(), id.as_bytes()].concat(),
            Self::Citizen(id) => [b"citizen".as_slice(), id.as_bytes()].concat(),
        }
    }
}

impl Platform {
    /// The id this audience sees.
    pub fn outward(&self, audience: Audience, id: Id) -> String {
        self.vault.outward(&audience.label(), id)
    }

    /// The internal id behind one this audience was given.
    ///
    /// # Errors
    /// `id.unknown` for anything else.
    pub fn inward(&self, audience: Audience, outward: &str) -> Result<Id, Refusal> {
        self.vault.inward(&audience.label(), outward).ok_or_else(|| {
            Refusal::missing(
                "id.unknown",
                Text::new("没有这个编号", "There is no such id"),
                Text::new("请刷新后重试", "Refresh and try again"),
            )
        })
    }

    /// The audience of everyone at a point's organisation.
    ///
    /// # Errors
    /// `point.unknown`.
    pub fn audience_of_point(&self, point: Id) -> Result<Audience, Refusal> {
        let directory = self.directory();
        let venue = directory.point(point)?.point.venue;
        Ok(Audience::Organisation(directory.venue(venue)?.organisation))
    }

    /// A value as it leaves: every internal id in it, as a value or inside lists and fields, replaced by the audience's.
    pub fn externalise(&self, audience: Audience, value: Value) -> Value {
        match value {
            Value::String(text) => match Id::parse(&text) {
                Ok(id) => Value::String(self.outward(audience, id)),
                Err(_) => Value::String(text),
            },
            Value::Array(list) => list.into_iter().map(|item| self.externalise(audience, item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, item)| (name, self.externalise(audience, item))).collect()
            }
            other => other,
        }
    }

    /// A form as it came, its references turned back into internal ids; one that is none stays as it is and is refused
    /// by the form's own check.
    pub(crate) fn internalise(&self, audience: Audience, scenario: &str, action: &str, mut input: Value) -> Value {
        let form =
            self.scenario(scenario).ok().and_then(|scenario| scenario.card().action(action)).map(|action| action.form);
        if let (Some(form), Some(fields)) = (form, input.as_object_mut()) {
            for field in form.iter().filter(|field| field.kind == FieldKind::Reference) {
                if let Some(value) = fields.get_mut(field.id)
                    && let Some(id) = value.as_str().and_then(|text| self.vault.inward(&audience.label(), text))
                {
                    *value = Value::String(id.to_string());
                } else if let Some(value) = fields.get_mut(field.id).filter(|value| value.is_string()) {
                    // Whatever it is, it is not one of ours; a guessed internal id must not pass for one.
                    *value = Value::String("unknown".into());
                }
            }
        }
        input
    }
}
