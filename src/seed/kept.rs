//! A row that outlives its line: what it borrowed of it is copied, to be lent out again.

use half::f16;

use super::destination::Destination;
use super::row::Parsed;
use super::value::Value;

/// The values of a row, by the place of their fields.
pub(super) struct KeptRow {
    values: Vec<Option<Kept>>,
}

impl KeptRow {
    /// A copy of a row.
    pub(super) fn of(parsed: &Parsed<'_>, destination: &Destination) -> Self {
        let fields = 0..destination.fields.len();
        Self {
            values: fields.map(|field| parsed.value(field).map(Kept::of)).collect(),
        }
    }

    /// The row as it was.
    pub(super) fn lend(&self, destination: &Destination) -> Parsed<'_> {
        let mut parsed = Parsed::new(destination);
        for (place, value) in self.values.iter().enumerate() {
            if let Some(value) = value {
                parsed.set(place, value.lend());
            }
        }
        parsed
    }
}

/// A value that outlives its line.
enum Kept {
    Value(Value<'static>),
    Bytes(Vec<u8>),
    Binary(Vec<u8>),
    Halves(Vec<f16>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
}

impl Kept {
    fn of(value: &Value<'_>) -> Self {
        Self::Value(match value {
            Value::Json(json) => Value::Json(json.clone().into_owned().into()),
            Value::Text(text) => Value::Text(text.clone().into_owned().into()),
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(*value),
            Value::Whole(value) => Value::Whole(*value),
            Value::Float(value) => Value::Float(*value),
            Value::Time(value) => Value::Time(*value),
            Value::Vector(elements) => Value::Vector(elements.clone()),
            Value::Bytes(bytes) => return Self::Bytes(bytes.to_vec()),
            Value::Binary(bytes) => return Self::Binary(bytes.to_vec()),
            Value::Halves(elements) => return Self::Halves(elements.to_vec()),
            Value::Floats(elements) => return Self::Floats(elements.to_vec()),
            Value::Doubles(elements) => return Self::Doubles(elements.to_vec()),
        })
    }

    fn lend(&self) -> Value<'_> {
        match self {
            Self::Value(value) => value.clone(),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Binary(bytes) => Value::Binary(bytes),
            Self::Halves(elements) => Value::Halves(elements),
            Self::Floats(elements) => Value::Floats(elements),
            Self::Doubles(elements) => Value::Doubles(elements),
        }
    }
}
