//! One value of a row: from JSON, text or a typed value to the bytes of its column, or the reason why not.

use std::borrow::Cow;

use half::f16;
use serde::de::IgnoredAny;

use super::destination::{Field, FieldKind};
use crate::vector::copy::{CopyEncoder, EncodeError, to_half};
use crate::vector::literal::{self, LiteralError};
use crate::vector::{ElementType, Metric, validate};

/// A value as its source holds it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'l> {
    /// Valid JSON.
    Json(Cow<'l, str>),
    /// Text that says any value in its own way, as in CSV.
    Text(Cow<'l, str>),
    /// NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Whole(i128),
    /// A number.
    Float(f64),
    /// A time in microseconds since 1970-01-01 UTC.
    Time(i64),
    /// Some bytes; as many as a uuid has are one.
    Bytes(&'l [u8]),
    /// A vector of 16-bit floats.
    Halves(&'l [f16]),
    /// A vector of 32-bit floats.
    Floats(&'l [f32]),
    /// A vector of 64-bit floats.
    Doubles(&'l [f64]),
    /// A vector that was read from text.
    Vector(Vec<f32>),
}

/// Writes values; keeps the buffers that vectors need.
#[derive(Debug)]
pub(super) struct ValueWriter {
    metric: Metric,
    elements: Vec<f32>,
    halves: Vec<f16>,
}

impl ValueWriter {
    /// A writer for a table whose vectors are compared by this metric.
    pub(super) fn new(metric: Metric) -> Self {
        Self {
            metric,
            elements: Vec::new(),
            halves: Vec::new(),
        }
    }

    /// Writes a value. The error follows the key's name: "`id` is ...".
    pub(super) fn write(
        &mut self,
        field: &Field,
        value: &Value<'_>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        match value {
            Value::Json(json) => self.write_json(field, json, encoder),
            Value::Text(text) => self.write_text(field, text, encoder),
            Value::Null => write_null(field, encoder),
            typed => self.write_typed(field, typed, encoder),
        }
    }

    /// Writes a value, given as valid JSON.
    fn write_json(&mut self, field: &Field, json: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
        if json == "null" {
            return write_null(field, encoder);
        }
        let written = match field.kind {
            FieldKind::Int2 => return whole(field, json).map(|value| encoder.int2(value)),
            FieldKind::Int4 => return whole(field, json).map(|value| encoder.int4(value)),
            FieldKind::Int8 => return whole(field, json).map(|value| encoder.int8(value)),
            FieldKind::Float4 => {
                return float(field, json, f32::is_finite).map(|value| encoder.float4(value));
            }
            FieldKind::Float8 => {
                return float(field, json, f64::is_finite).map(|value| encoder.float8(value));
            }
            FieldKind::Bool => match json {
                "true" | "false" => {
                    encoder.bool(json == "true");
                    Ok(())
                }
                _ => return Err(mismatch(field, json)),
            },
            FieldKind::Uuid => return write_uuid(&string(field, json)?, encoder),
            FieldKind::Timestamptz => return write_time(&string(field, json)?, encoder),
            FieldKind::Text => encoder.text(&text(field, json)?),
            FieldKind::Json => encoder.text(json),
            FieldKind::Jsonb => encoder.jsonb(json),
            FieldKind::Object if json.starts_with('{') => encoder.jsonb(json),
            FieldKind::Object => return Err(format!("is {}, not an object", kind_of(json))),
            FieldKind::Vector(element, dimensions) => {
                return self.vector(field, json, element, dimensions, encoder);
            }
        };
        written.map_err(|error: EncodeError| format!("does not fit: {error}"))
    }

    fn vector(
        &mut self,
        field: &Field,
        json: &str,
        element: ElementType,
        dimensions: Option<u32>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        let read = match json.as_bytes().first() {
            Some(b'[') => literal::parse_into(json, &mut self.elements),
            // The REST interface of Supabase gives vectors as text.
            Some(b'"') => literal::parse_into(&string(field, json)?, &mut self.elements),
            _ => return Err(format!("is {}, not an array of numbers", kind_of(json))),
        };
        self.parsed(read, element, dimensions, encoder)
    }

    /// Writes the vector that was read into the buffer.
    fn parsed(
        &mut self,
        read: Result<(), LiteralError>,
        element: ElementType,
        dimensions: Option<u32>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        match read {
            // The bracket at hand says more than that one is missing.
            Err(LiteralError::Empty) => self.elements.clear(),
            Err(error @ LiteralError::NotBracketed(_)) => {
                return Err(format!("is text that is no vector: {error}"));
            }
            Err(error) => return Err(format!("holds no vector: {error}")),
            Ok(()) => {}
        }
        let elements = std::mem::take(&mut self.elements);
        let written = self.floats(&elements, element, dimensions, encoder);
        self.elements = elements;
        written
    }

    /// Checks and writes a vector.
    fn floats(
        &mut self,
        elements: &[f32],
        element: ElementType,
        dimensions: Option<u32>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        validate(elements, dimensions, self.metric, element).map_err(|error| error.to_string())?;
        let written = if element == ElementType::Halfvec {
            self.halves.clear();
            self.halves
                .extend(elements.iter().map(|element| to_half(*element)));
            encoder.halfvec(&self.halves)
        } else {
            encoder.vector(elements)
        };
        written.map_err(|error| format!("does not fit: {error}"))
    }

    /// Writes text as a value of the column's type.
    fn write_text(&mut self, field: &Field, text: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
        let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
        let is = || format!("is `{}`, which is no {}", shown(text), field.type_text);
        match field.kind {
            FieldKind::Text => {
                no_nul(text)?;
                encoder
                    .text(text)
                    .map_err(|error| format!("does not fit: {error}"))
            }
            FieldKind::Uuid => write_uuid(text.trim(), encoder),
            FieldKind::Timestamptz => write_time(text.trim(), encoder),
            FieldKind::Bool => match text.trim().to_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "on" | "1" => {
                    encoder.bool(true);
                    Ok(())
                }
                "false" | "f" | "no" | "n" | "off" | "0" => {
                    encoder.bool(false);
                    Ok(())
                }
                _ => Err(is()),
            },
            FieldKind::Vector(element, dimensions) => {
                let read = literal::parse_into(text, &mut self.elements);
                self.parsed(read, element, dimensions, encoder)
            }
            FieldKind::Json | FieldKind::Jsonb | FieldKind::Object => {
                if is_json() {
                    self.write_json(field, text.trim(), encoder)
                } else {
                    Err(format!("is `{}`, which is no JSON", shown(text)))
                }
            }
            _ => {
                if is_number(text.trim()) {
                    self.write_json(field, text.trim(), encoder)
                } else {
                    Err(is())
                }
            }
        }
    }

    /// Writes a value that has a type of its own.
    fn write_typed(
        &mut self,
        field: &Field,
        value: &Value<'_>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        match (value, field.kind) {
            (Value::Floats(elements), FieldKind::Vector(element, dimensions)) => {
                self.floats(elements, element, dimensions, encoder)
            }
            (Value::Vector(elements), FieldKind::Vector(element, dimensions)) => {
                self.floats(elements, element, dimensions, encoder)
            }
            (Value::Doubles(elements), FieldKind::Vector(element, dimensions)) => {
                let mut floats = std::mem::take(&mut self.elements);
                floats.clear();
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "rounded as the server's cast does; checked"
                )]
                floats.extend(elements.iter().map(|element| *element as f32));
                let written = self.floats(&floats, element, dimensions, encoder);
                self.elements = floats;
                written
            }
            (Value::Halves(elements), FieldKind::Vector(element, dimensions)) => {
                let mut floats = std::mem::take(&mut self.elements);
                floats.clear();
                floats.extend(elements.iter().map(|element| element.to_f32()));
                let written = self.floats(&floats, element, dimensions, encoder);
                self.elements = floats;
                written
            }
            (Value::Bytes(bytes), FieldKind::Uuid) => {
                let uuid = uuid::Uuid::from_slice(bytes)
                    .map_err(|_| format!("has {} bytes, a uuid has 16", bytes.len()))?;
                encoder.uuid(uuid);
                Ok(())
            }
            (Value::Time(microseconds), FieldKind::Timestamptz) => {
                encoder.timestamptz(*microseconds);
                Ok(())
            }
            // Whole numbers with gaps are often stored as floats.
            (Value::Float(number), FieldKind::Int2 | FieldKind::Int4 | FieldKind::Int8)
                if number.fract() == 0.0 && number.abs() < 9e15 =>
            {
                self.write_json(field, &format!("{number}"), encoder)
            }
            (Value::Float(number), FieldKind::Float4 | FieldKind::Float8) if !number.is_finite() => {
                Err(format!("is {number}, which is not finite"))
            }
            (Value::Float(number), FieldKind::Float8) => {
                encoder.float8(*number);
                Ok(())
            }
            (Value::Bytes(_), _) => Err(format!("is binary, but its column is {}", field.type_text)),
            (typed, _) => {
                let json = json_of(typed).ok_or_else(|| "holds a number that is not finite".to_owned())?;
                self.write_json(field, &json, encoder)
            }
        }
    }
}

/// A value as JSON text; none where JSON has no such value.
pub(super) fn json_of(value: &Value<'_>) -> Option<String> {
    fn array<T: std::fmt::Display>(elements: impl Iterator<Item = T>) -> String {
        let texts: Vec<String> = elements.map(|element| element.to_string()).collect();
        format!("[{}]", texts.join(","))
    }
    Some(match value {
        Value::Json(json) => json.clone().into_owned(),
        Value::Text(text) => serde_json::Value::from(text.as_ref()).to_string(),
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Whole(value) => value.to_string(),
        Value::Float(value) => serde_json::Number::from_f64(*value)?.to_string(),
        Value::Time(value) => {
            let time = jiff::Timestamp::from_microsecond(*value).ok()?;
            format!("\"{time}\"")
        }
        Value::Halves(elements) if elements.iter().all(|e| e.is_finite()) => array(elements.iter()),
        Value::Floats(elements) if elements.iter().all(|e| e.is_finite()) => array(elements.iter()),
        Value::Vector(elements) => array(elements.iter()),
        Value::Doubles(elements) if elements.iter().all(|e| e.is_finite()) => array(elements.iter()),
        Value::Bytes(_) | Value::Halves(_) | Value::Floats(_) | Value::Doubles(_) => return None,
    })
}

fn write_uuid(text: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
    let value = uuid::Uuid::parse_str(text).map_err(|_| format!("is `{}`, which is no uuid", shown(text)))?;
    encoder.uuid(value);
    Ok(())
}

fn write_time(text: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
    let time: jiff::Timestamp = text.parse().map_err(|_| {
        format!(
            "is `{}`, which is no time such as 2026-01-31T12:00:00Z",
            shown(text)
        )
    })?;
    encoder.timestamptz(time.as_microsecond());
    Ok(())
}

/// Writes NULL, where the column takes it.
pub(super) fn write_null(field: &Field, encoder: &mut CopyEncoder) -> Result<(), String> {
    if field.nullable {
        encoder.null();
        Ok(())
    } else {
        Err("is null, which its column does not take".to_owned())
    }
}

/// A JSON string without its quotes and escapes.
fn string<'j>(field: &Field, json: &'j str) -> Result<Cow<'j, str>, String> {
    let inside = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .ok_or_else(|| mismatch(field, json))?;
    if inside.contains('\\') {
        let owned: String = serde_json::from_str(json)
            .map_err(|error| format!("holds a bad escape: {}", without_place(&error)))?;
        Ok(Cow::Owned(owned))
    } else {
        Ok(Cow::Borrowed(inside))
    }
}

fn text<'j>(field: &Field, json: &'j str) -> Result<Cow<'j, str>, String> {
    let value = string(field, json)?;
    no_nul(&value)?;
    Ok(value)
}

fn no_nul(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        Err("holds a NUL character, which PostgreSQL's text cannot".to_owned())
    } else {
        Ok(())
    }
}

/// A whole number in the column's range.
fn whole<T: std::str::FromStr>(field: &Field, json: &str) -> Result<T, String> {
    if !is_number(json) {
        return Err(mismatch(field, json));
    }
    json.parse()
        .map_err(|_| format!("is {}, which no {} holds", shown(json), field.type_text))
}

/// A number in the column's range.
fn float<T: std::str::FromStr + Copy>(
    field: &Field,
    json: &str,
    is_finite: fn(T) -> bool,
) -> Result<T, String> {
    if !is_number(json) {
        return Err(mismatch(field, json));
    }
    json.parse()
        .ok()
        .filter(|value| is_finite(*value))
        .ok_or_else(|| format!("is {}, which no {} holds", shown(json), field.type_text))
}

fn is_number(json: &str) -> bool {
    json.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn mismatch(field: &Field, json: &str) -> String {
    format!("is {}, but its column is {}", kind_of(json), field.type_text)
}

/// What kind of JSON value this is, with the value where it is short.
fn kind_of(json: &str) -> String {
    match json.as_bytes().first() {
        Some(b'"') => format!("the text {}", shown(json)),
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "an array".to_owned(),
        Some(b't' | b'f') => format!("the boolean {json}"),
        _ => format!("the number {}", shown(json)),
    }
}

/// The start of a text, for a message.
fn shown(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What a JSON error says, without the place, which is the caller's to say.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text,
    }
}
