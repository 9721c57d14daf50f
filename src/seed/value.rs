//! One value of a line: from JSON text to the bytes of its column, or the reason why not.

use std::borrow::Cow;

use half::f16;

use super::destination::{Field, FieldKind};
use crate::vector::copy::{CopyEncoder, EncodeError, to_half};
use crate::vector::literal::{self, LiteralError};
use crate::vector::{ElementType, Metric, validate};

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

    /// Writes a value, given as valid JSON. The error follows the key's name: "`id` is ...".
    pub(super) fn write(
        &mut self,
        field: &Field,
        json: &str,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
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
            FieldKind::Uuid => {
                let value = string(field, json)?;
                let value = uuid::Uuid::parse_str(&value)
                    .map_err(|_| format!("is `{}`, which is no uuid", shown(&value)))?;
                encoder.uuid(value);
                Ok(())
            }
            FieldKind::Timestamptz => {
                let value = string(field, json)?;
                let time: jiff::Timestamp = value.parse().map_err(|_| {
                    format!(
                        "is `{}`, which is no time such as 2026-01-31T12:00:00Z",
                        shown(&value)
                    )
                })?;
                encoder.timestamptz(time.as_microsecond());
                Ok(())
            }
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
        match read {
            // The bracket at hand says more than that one is missing.
            Err(LiteralError::Empty) => self.elements.clear(),
            Err(error @ LiteralError::NotBracketed(_)) => {
                return Err(format!("is text that is no vector: {error}"));
            }
            Err(error) => return Err(format!("holds no vector: {error}")),
            Ok(()) => {}
        }
        validate(&self.elements, dimensions, self.metric, element).map_err(|error| error.to_string())?;
        let written = if element == ElementType::Halfvec {
            self.halves.clear();
            self.halves
                .extend(self.elements.iter().map(|element| to_half(*element)));
            encoder.halfvec(&self.halves)
        } else {
            encoder.vector(&self.elements)
        };
        written.map_err(|error| format!("does not fit: {error}"))
    }
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
    if value.contains('\0') {
        return Err("holds a NUL character, which PostgreSQL's text cannot".to_owned());
    }
    Ok(value)
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
