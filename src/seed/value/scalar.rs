//! One value of a type of PostgreSQL's own: from JSON, text or a typed value to its bytes.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::{Value, json_of, kind_of, shown, string, whole};
use crate::vector::Bits;
use crate::vector::copy::{CopyEncoder, EncodeError, Numeric, Scalar, calendar};

/// A type, and what its column's type is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScalarType<'f> {
    pub(super) scalar: Scalar,
    pub(super) type_text: &'f str,
    /// Whether it takes JSON objects only.
    pub(super) must_be_object: bool,
}

impl ScalarType<'_> {
    /// Writes a value that is not NULL. The error follows the key's name: "`id` is ...".
    pub(super) fn write(self, value: &Value<'_>, encoder: &mut CopyEncoder) -> Result<(), String> {
        match value {
            Value::Json(json) => self.json(json, encoder),
            Value::Text(text) => self.text(text, encoder),
            typed => self.typed(typed, encoder),
        }
    }

    /// Writes a value, given as valid JSON.
    fn json(self, json: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
        let fits = |written: Result<(), EncodeError>| written.map_err(|error| does_not_fit(&error));
        match self.scalar {
            Scalar::Int2 => self.whole(json).map(|value| encoder.int2(value)),
            Scalar::Int4 => self.whole(json).map(|value| encoder.int4(value)),
            Scalar::Int8 => self.whole(json).map(|value| encoder.int8(value)),
            Scalar::Float4 | Scalar::Float8 | Scalar::Numeric if json.starts_with('"') => {
                let text = string(json)?;
                if self.scalar == Scalar::Numeric || not_finite(&text).is_some() {
                    self.text(&text, encoder)
                } else {
                    Err(self.mismatch(json))
                }
            }
            Scalar::Float4 => self
                .float(json, f32::is_finite)
                .map(|value| encoder.float4(value)),
            Scalar::Float8 => self
                .float(json, f64::is_finite)
                .map(|value| encoder.float8(value)),
            Scalar::Numeric if is_number(json) => self.text(json, encoder),
            Scalar::Bool if matches!(json, "true" | "false") => {
                encoder.bool(json == "true");
                Ok(())
            }
            Scalar::Numeric | Scalar::Bool => Err(self.mismatch(json)),
            Scalar::Json => fits(encoder.text(json)),
            Scalar::Jsonb if self.must_be_object && !json.starts_with('{') => {
                Err(format!("is {}, not an object", kind_of(json)))
            }
            Scalar::Jsonb => fits(encoder.jsonb(json)),
            _ if json.starts_with('"') => self.text(&string(json)?, encoder),
            _ => Err(self.mismatch(json)),
        }
    }

    /// Writes text that says the value in its own way.
    fn text(self, text: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
        let trimmed = text.trim();
        let is_none = || format!("is `{}`, which is no {}", shown(text), self.type_text);
        let (date, time) = ("a date such as 2026-01-31", "a time such as 12:30:00");
        match self.scalar {
            Scalar::Text | Scalar::Varchar | Scalar::Char => {
                if text.contains('\0') {
                    return Err("holds a NUL character, which PostgreSQL's text cannot".to_owned());
                }
                return encoder.text(text).map_err(|error| does_not_fit(&error));
            }
            Scalar::Uuid => {
                let uuid = uuid::Uuid::parse_str(trimmed);
                encoder.uuid(uuid.map_err(|_| format!("is `{}`, which is no uuid", shown(text)))?);
            }
            Scalar::Bool => encoder.bool(boolean(trimmed).ok_or_else(is_none)?),
            Scalar::Numeric => encoder.numeric(&Numeric::parse(trimmed).ok_or_else(is_none)?),
            Scalar::Float4 | Scalar::Float8 if not_finite(trimmed).is_some() => {
                self.float_as_it_is(not_finite(trimmed).unwrap_or_default(), encoder);
            }
            Scalar::Date => encoder.int4(calendar::date(trimmed).ok_or_else(|| no_moment(text, date))?),
            Scalar::Time => encoder.int8(calendar::time(trimmed).ok_or_else(|| no_moment(text, time))?),
            Scalar::Timestamp => {
                let read = calendar::timestamp(trimmed);
                encoder.int8(
                    read.ok_or_else(|| no_moment(text, "a time without a zone such as 2026-01-31 12:00:00"))?,
                );
            }
            Scalar::Timestamptz => {
                let read = calendar::timestamptz(trimmed).or_else(|| {
                    let other: jiff::Timestamp = trimmed.parse().ok()?;
                    calendar::since_2000(other.as_microsecond())
                });
                encoder.int8(read.ok_or_else(|| no_moment(text, "a time such as 2026-01-31T12:00:00Z"))?);
            }
            Scalar::Bytea => {
                return encoder
                    .bytes(&self.hexadecimal(trimmed)?)
                    .map_err(|error| does_not_fit(&error));
            }
            Scalar::Bit | Scalar::Varbit => {
                let bits = Bits::parse(trimmed).ok_or_else(|| no_moment(text, "bits such as 0101"))?;
                return encoder.bits(&bits).map_err(|error| does_not_fit(&error));
            }
            Scalar::Json | Scalar::Jsonb if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
                return self.json(trimmed, encoder);
            }
            Scalar::Json | Scalar::Jsonb => return Err(format!("is `{}`, which is no JSON", shown(text))),
            _ if is_number(trimmed) => return self.json(trimmed, encoder),
            _ => return Err(is_none()),
        }
        Ok(())
    }

    /// Writes a value that has a type of its own.
    fn typed(self, value: &Value<'_>, encoder: &mut CopyEncoder) -> Result<(), String> {
        match (value, self.scalar) {
            (Value::Bytes(bytes), Scalar::Uuid) => {
                let uuid = uuid::Uuid::from_slice(bytes)
                    .map_err(|_| format!("has {} bytes, a uuid has 16", bytes.len()))?;
                encoder.uuid(uuid);
                Ok(())
            }
            (Value::Bytes(bytes), Scalar::Bytea) => {
                encoder.bytes(bytes).map_err(|error| does_not_fit(&error))
            }
            (Value::Bytes(_), _) => Err(format!("is binary, but its column is {}", self.type_text)),
            (Value::Time(microseconds), Scalar::Timestamptz | Scalar::Timestamp) => {
                let beyond = || "is a time beyond what PostgreSQL holds".to_owned();
                encoder.int8(calendar::since_2000(*microseconds).ok_or_else(beyond)?);
                Ok(())
            }
            (Value::Float(number), Scalar::Int2 | Scalar::Int4 | Scalar::Int8)
                if whole(*number).is_some() =>
            {
                self.json(&format!("{number}"), encoder)
            }
            (Value::Float(number), Scalar::Float8) => {
                encoder.float8(*number);
                Ok(())
            }
            (Value::Float(number), Scalar::Float4) if !number.is_finite() => {
                self.float_as_it_is(*number, encoder);
                Ok(())
            }
            (Value::Float(number), Scalar::Numeric) if !number.is_finite() => {
                self.text(&number.to_string(), encoder)
            }
            (typed, _) => {
                let json = json_of(typed).ok_or_else(|| "holds a number that is not finite".to_owned())?;
                self.json(&json, encoder)
            }
        }
    }

    /// A whole number in the column's range.
    fn whole<T: std::str::FromStr>(self, json: &str) -> Result<T, String> {
        if !is_number(json) {
            return Err(self.mismatch(json));
        }
        json.parse()
            .map_err(|_| format!("is {}, which no {} holds", shown(json), self.type_text))
    }

    /// A number in the column's range.
    fn float<T: std::str::FromStr + Copy>(self, json: &str, is_finite: fn(T) -> bool) -> Result<T, String> {
        if !is_number(json) {
            return Err(self.mismatch(json));
        }
        json.parse()
            .ok()
            .filter(|value| is_finite(*value))
            .ok_or_else(|| format!("is {}, which no {} holds", shown(json), self.type_text))
    }

    fn float_as_it_is(self, value: f64, encoder: &mut CopyEncoder) {
        match self.scalar {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "only what is not finite comes here"
            )]
            Scalar::Float4 => encoder.float4(value as f32),
            _ => encoder.float8(value),
        }
    }

    fn hexadecimal(self, text: &str) -> Result<Vec<u8>, String> {
        let digits = text.strip_prefix("\\x").map(str::as_bytes);
        let pairs = digits
            .map(<[u8]>::as_chunks::<2>)
            .filter(|(_, odd)| odd.is_empty());
        let byte = |pair: &[u8; 2]| {
            let digit = |digit: u8| {
                char::from(digit)
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            };
            let [high, low] = *pair;
            Some(digit(high)? << 4 | digit(low)?)
        };
        pairs
            .and_then(|(pairs, _)| pairs.iter().map(byte).collect())
            .ok_or_else(|| {
                format!(
                    "is `{}`; {} is written as \\x and hexadecimal digits",
                    shown(text),
                    self.type_text
                )
            })
    }

    fn mismatch(self, json: &str) -> String {
        format!("is {}, but its column is {}", kind_of(json), self.type_text)
    }
}

pub(super) fn does_not_fit(error: &EncodeError) -> String {
    format!("does not fit: {error}")
}

fn no_moment(text: &str, what: &str) -> String {
    format!("is `{}`, which is no {what}", shown(text)).replace("no a ", "no ")
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// The words that PostgreSQL has for floats that are no numbers.
fn not_finite(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

pub(super) fn is_number(json: &str) -> bool {
    json.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// A value as the text that its type's input function reads.
pub(super) fn plain_text<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    Some(match value {
        Value::Text(text) => Cow::Borrowed(text.as_ref()),
        Value::Json(json) if json.starts_with('"') => string(json).ok()?,
        Value::Json(json) => Cow::Borrowed(json.as_ref()),
        Value::Float(number) if !number.is_finite() => Cow::Owned(number.to_string()),
        Value::Time(microseconds) => Cow::Owned(calendar::timestamptz_text(*microseconds)),
        Value::Bytes(bytes) => {
            use std::fmt::Write as _;
            let mut text = "\\x".to_owned();
            for byte in *bytes {
                write!(text, "{byte:02x}").ok()?;
            }
            Cow::Owned(text)
        }
        other => Cow::Owned(json_of(other)?),
    })
}
