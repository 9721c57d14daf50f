//! One value of a row: from JSON, text or a typed value to the bytes of its column, or the reason why not.

mod array;
pub(super) mod binary;
mod scalar;
mod vectors;

use std::borrow::Cow;

use half::f16;

use self::scalar::ScalarType;
use self::vectors::{VectorType, VectorWriter};
use super::destination::Field;
use crate::vector::Metric;
use crate::vector::copy::{ColumnKind, CopyEncoder, calendar};

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
    /// What binary COPY holds for it.
    Binary(&'l [u8]),
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
pub(super) struct ValueWriter(VectorWriter);

impl ValueWriter {
    /// A writer for a table whose vectors are compared by this metric.
    pub(super) fn new(metric: Metric) -> Self {
        Self(VectorWriter::new(metric))
    }

    /// Writes a value. The error follows the key's name: "`id` is ...".
    pub(super) fn write(
        &mut self,
        field: &Field,
        value: &Value<'_>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        let type_text = field.type_text.as_str();
        let of = |scalar| ScalarType {
            scalar,
            type_text,
            must_be_object: field.must_be_object,
        };
        match (field.kind, value) {
            (_, Value::Null) => write_null(field, encoder),
            (_, Value::Json(json)) if json == "null" => write_null(field, encoder),
            (_, Value::Binary(bytes)) => binary::write(field, bytes, &mut self.0, encoder),
            (ColumnKind::Scalar(scalar), value) => of(scalar).write(value, encoder),
            (ColumnKind::Array(scalar), value) => of(scalar).write_array(value, encoder),
            (ColumnKind::Vector(element, dimensions), value) => {
                let of = VectorType {
                    element,
                    dimensions,
                    type_text,
                };
                self.0.write(of, value, encoder)
            }
            (ColumnKind::Other, value) => array::write_other(value, type_text, encoder),
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
        Value::Time(value) => match jiff::Timestamp::from_microsecond(*value) {
            Ok(time) => format!("\"{time}\""),
            Err(_) => format!("\"{}\"", calendar::timestamptz_text(*value)),
        },
        Value::Halves(elements) if elements.iter().all(|e| e.is_finite()) => array(elements.iter()),
        Value::Floats(elements) if elements.iter().all(|e| e.is_finite()) => array(elements.iter()),
        Value::Vector(elements) => array(elements.iter()),
        Value::Doubles(elements) if elements.iter().all(|e| e.is_finite()) => array(elements.iter()),
        Value::Bytes(_) | Value::Binary(_) | Value::Halves(_) | Value::Floats(_) | Value::Doubles(_) => {
            return None;
        }
    })
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

/// A number of 32 bits as one of 64 that is written with as few digits.
pub(super) fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// A whole number that is stored as a float, as those of columns with gaps often are.
pub(super) fn whole(value: f64) -> Option<i64> {
    let is_whole = value.fract() == 0.0 && value.abs() < 9e15;
    is_whole.then(|| value.to_string().parse().ok())?
}

/// A JSON string without its quotes and escapes. That it is one is the caller's to know.
fn string(json: &str) -> Result<Cow<'_, str>, String> {
    let inside = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inside {
        Some(inside) if !inside.contains('\\') => Ok(Cow::Borrowed(inside)),
        _ => serde_json::from_str(json)
            .map(Cow::Owned)
            .map_err(|error| format!("holds a bad escape: {}", without_place(&error))),
    }
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
