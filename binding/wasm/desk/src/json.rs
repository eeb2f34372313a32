//! Answers as JSON text, so that the browser reads them with its own parser. Nothing is read back.

use std::fmt::Write;

/// A value that can be written.
pub enum Json {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// Bytes as lower-case hexadecimal digits.
    pub fn hex(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self::Text(text)
    }

    /// Seconds as the milliseconds JavaScript counts in.
    pub fn milliseconds(seconds: i64) -> Self {
        Self::Number(seconds.saturating_mul(1000))
    }

    /// A number that cannot be negative; past 2⁶³ it stays there, where JavaScript has long lost precision.
    pub fn count(count: u64) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Words in both languages.
    pub fn words((zh, en): (&str, &str)) -> Self {
        Self::Object(vec![("zh", Self::text(zh)), ("en", Self::text(en))])
    }

    pub fn into_bytes(self) -> Vec<u8> {
        let mut out = String::new();
        self.write(&mut out);
        out.into_bytes()
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(value) => {
                let _ = write!(out, "{value}");
            }
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    write_text(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// A string literal (RFC 8259, section 7).
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' | '\\' => out.extend(['\\', sign]),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(sign));
            }
            _ => out.push(sign),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_escaping_is_escaped() {
        let json = Json::Object(vec![
            ("a", Json::text("q\"b\\n\nz\u{1f}通")),
            ("b", Json::List(vec![Json::Null, Json::Bool(true), Json::Number(-3), Json::hex(&[0, 255])])),
        ]);
        let expected = r#"{"a":"q\"b\\n\u000az\u001f通","b":[null,true,-3,"00ff"]}"#;
        assert_eq!(String::from_utf8(json.into_bytes()).unwrap(), expected);
    }
}
