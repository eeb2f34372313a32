//! What a step was given, checked against the action's form before any scenario sees it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Date, Fen, Field, FieldKind, Id, Refusal, Text, Words};

/// The most a whole input may take, in bytes of JSON, so that nothing unbounded reaches a rule.
pub const MOST_INPUT_BYTES: usize = 16 * 1024;

/// A checked set of fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Input(Map<String, Value>);

impl Input {
    /// The input as it came, checked against the form: no unknown field, none missing, each of its kind.
    ///
    /// # Errors
    /// `input.unknown_field`, `input.missing`, `input.malformed`, `input.too_large`; each names the field.
    pub fn check(value: Value, form: &[Field]) -> Result<Self, Refusal> {
        let fields = match value {
            Value::Null => Map::new(),
            Value::Object(fields) => fields,
            _ => return Err(malformed("input", "一组字段", "a set of fields")),
        };
        if let Some(unknown) = fields.keys().find(|key| !form.iter().any(|field| field.id == key.as_str())) {
            let shown: String = unknown.chars().filter(|c| c.is_alphanumeric() || *c == '_').take(40).collect();
            return Err(unknown_field(&shown));
        }
        for field in form {
            match fields.get(field.id).filter(|value| !value.is_null()) {
                None if field.required => return Err(missing(field)),
                None => {}
                Some(value) => check_kind(field, value)?,
            }
        }
        Ok(Self(fields))
    }

    /// An input made by the platform itself for another leg, not by a person.
    pub const fn trusted(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// An input made by the platform from a serializable value; anything but an object becomes empty.
    pub fn of(value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(Value::Object(fields)) => Self(fields),
            _ => Self::default(),
        }
    }

    /// The typed value of an input that the platform itself made.
    ///
    /// # Errors
    /// `input.malformed` when it has another shape.
    pub fn typed<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Refusal> {
        T::deserialize(Value::Object(self.0.clone())).map_err(|_| malformed("input", "平台消息", "a platform message"))
    }

    /// A text field, if given.
    pub fn text(&self, id: &str) -> Option<&str> {
        self.0.get(id).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
    /// A number field, if given.
    pub fn number(&self, id: &str) -> Option<i64> {
        self.0.get(id).and_then(Value::as_i64)
    }
    /// An amount, if given.
    pub fn amount(&self, id: &str) -> Option<Fen> {
        self.number(id).and_then(|fen| Fen::payable(fen).ok())
    }
    /// A date, if given.
    pub fn date(&self, id: &str) -> Option<Date> {
        self.text(id).and_then(Date::parse)
    }
    /// A list of texts; empty if not given.
    pub fn texts(&self, id: &str) -> Vec<&str> {
        self.0
            .get(id)
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }
    /// A reference, if given.
    pub fn reference(&self, id: &str) -> Option<Id> {
        self.text(id).and_then(|text| Id::parse(text).ok())
    }
    /// The field as it is.
    pub fn value(&self, id: &str) -> Option<&Value> {
        self.0.get(id)
    }
    /// All fields.
    pub const fn fields(&self) -> &Map<String, Value> {
        &self.0
    }
}

fn check_kind(field: &Field, value: &Value) -> Result<(), Refusal> {
    let fits = match field.kind {
        FieldKind::Text { most } | FieldKind::Private { most } => {
            value.as_str().is_some_and(|text| text.chars().count() <= usize::from(most))
        }
        FieldKind::Number { least, most } => value.as_i64().is_some_and(|number| (least..=most).contains(&number)),
        FieldKind::Barcode => value.as_str().is_some_and(is_barcode),
        FieldKind::Barcodes { most } => value.as_array().is_some_and(|list| {
            !list.is_empty()
                && list.len() <= usize::from(most)
                && list.iter().all(|item| item.as_str().is_some_and(is_barcode))
        }),
        FieldKind::Amount => value.as_i64().is_some_and(|fen| Fen::payable(fen).is_ok()),
        FieldKind::Date => value.as_str().is_some_and(|text| Date::parse(text).is_some()),
        FieldKind::Choice { of } => value.as_str().is_some_and(|text| of.iter().any(|(id, _)| *id == text)),
        FieldKind::PaymentCode => value
            .as_str()
            .is_some_and(|text| (16..=24).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())),
        FieldKind::Reference => value.as_str().is_some_and(|text| Id::parse(text).is_ok()),
        FieldKind::Companions { most } => {
            let count = |id: &str| value.get(id).map_or(Some(0), Value::as_u64);
            matches!((count("adults"), count("children")), (Some(adults), Some(children))
                if adults <= 100 && children <= 100 && adults + children <= u64::from(most))
        }
    };
    if fits { Ok(()) } else { Err(malformed_field(field)) }
}

fn is_barcode(text: &str) -> bool {
    !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

const FILL: Text = Text::new("请核对后重新填写", "Check the field and fill it in again");

fn missing(field: &Field) -> Refusal {
    Refusal::invalid("input.missing", Text::new("有必填项没有填写", "A required field is empty"), FILL)
        .titled(Words::new(format!("请填写“{}”", field.name.zh), format!("Please fill in “{}”", field.name.en)))
}

fn malformed_field(field: &Field) -> Refusal {
    malformed(field.id, field.name.zh, field.name.en)
}

fn malformed(id: &str, zh: &str, en: &str) -> Refusal {
    Refusal::invalid("input.malformed", Text::new("填写的内容不符合要求", "A field does not fit"), FILL)
        .titled(Words::new(format!("“{zh}”填写有误（{id}）"), format!("“{en}” does not fit ({id})")))
}

fn unknown_field(shown: &str) -> Refusal {
    Refusal::invalid("input.unknown_field", Text::new("有不认识的字段", "There is an unknown field"), FILL)
        .titled(Words::new(format!("不认识的字段：{shown}"), format!("Unknown field: {shown}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FORM: &[Field] = &[
        Field {
            id: "codes",
            name: Text::new("条码", "Bar codes"),
            kind: FieldKind::Barcodes { most: 2 },
            required: true,
        },
        Field { id: "date", name: Text::new("日期", "Date"), kind: FieldKind::Date, required: false },
    ];

    #[test]
    fn only_what_the_form_names_gets_through() {
        let check = |value: Value, expect: Option<&str>| {
            assert_eq!(
                Input::check(value.clone(), FORM).err().map(|refusal| refusal.code.0.to_string()).as_deref(),
                expect,
                "{value}"
            );
        };
        check(json!({"codes": ["A1"]}), None);
        check(json!({"codes": ["A1"], "date": "2026-11-23"}), None);
        check(json!({"codes": ["A1"], "date": null}), None);
        check(json!({}), Some("input.missing"));
        check(json!(null), Some("input.missing"));
        check(json!([1]), Some("input.malformed"));
        check(json!({"codes": []}), Some("input.malformed"));
        check(json!({"codes": ["A1", "A2", "A3"]}), Some("input.malformed"));
        check(json!({"codes": ["A1"], "date": "2026-02-30"}), Some("input.malformed"));
        check(json!({"codes": ["书"]}), Some("input.malformed"));
        check(json!({"codes": ["A1"], "admin": true}), Some("input.unknown_field"));
    }
}
