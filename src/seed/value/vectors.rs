//! Vectors of every element type, from arrays, texts and typed values.

use half::f16;
use serde::Deserialize;

use super::scalar::does_not_fit;
use super::{Value, kind_of, string, without_place};
use crate::vector::copy::{CopyEncoder, to_half};
use crate::vector::literal::{self, LiteralError};
use crate::vector::{Bits, ElementType, Invalid, Metric, Sparse, validate, validate_sparse};

/// Writes vectors; keeps the buffers that they need.
#[derive(Debug)]
pub(super) struct VectorWriter {
    metric: Metric,
    elements: Vec<f32>,
    halves: Vec<f16>,
}

/// The type of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct VectorType<'f> {
    pub(super) element: ElementType,
    pub(super) dimensions: Option<u32>,
    pub(super) type_text: &'f str,
}

/// Places counted from 0 and their values, as vector databases exchange sparse vectors.
#[derive(Deserialize)]
struct PlacesAndValues {
    indices: Vec<u32>,
    values: Vec<f32>,
    #[serde(alias = "dim", alias = "size")]
    dimensions: Option<u32>,
}

impl VectorWriter {
    /// A writer for a table whose vectors are compared by this metric.
    pub(super) fn new(metric: Metric) -> Self {
        Self {
            metric,
            elements: Vec::new(),
            halves: Vec::new(),
        }
    }

    /// Writes a vector that is not NULL.
    pub(super) fn write(
        &mut self,
        of: VectorType<'_>,
        value: &Value<'_>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        match value {
            Value::Json(json) => match json.as_bytes().first() {
                Some(b'[') if of.element == ElementType::Bit => bit_array(of, json, encoder),
                Some(b'[') => {
                    let read = literal::parse_into(json, &mut self.elements);
                    self.parsed(of, read, encoder)
                }
                Some(b'{') if of.element == ElementType::Sparsevec => {
                    self.sparse(of, &places(of, json)?, encoder)
                }
                // The REST interface of Supabase gives vectors as text.
                Some(b'"') => {
                    let text = string(json)?;
                    self.text(of, &text, encoder)
                }
                _ => Err(format!("is {}, not an array of numbers", kind_of(json))),
            },
            Value::Text(text) => self.text(of, text, encoder),
            Value::Bytes(bytes) if of.element == ElementType::Bit => packed(of, bytes, encoder),
            typed => self.typed(of, typed, encoder),
        }
    }

    fn text(&mut self, of: VectorType<'_>, text: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
        match of.element {
            ElementType::Bit => {
                let bits = Bits::parse(text.trim()).ok_or("is text that is no bits such as 0101")?;
                write_bits(of, &bits, encoder)
            }
            ElementType::Sparsevec if !text.trim_start().starts_with('[') => {
                self.sparse(of, &Sparse::parse(text)?, encoder)
            }
            _ => {
                let read = literal::parse_into(text, &mut self.elements);
                self.parsed(of, read, encoder)
            }
        }
    }

    /// Writes the vector that was read into the buffer.
    fn parsed(
        &mut self,
        of: VectorType<'_>,
        read: Result<(), LiteralError>,
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
        let written = self.floats(of, &elements, encoder);
        self.elements = elements;
        written
    }

    /// Writes a vector that has a type of its own.
    fn typed(
        &mut self,
        of: VectorType<'_>,
        value: &Value<'_>,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        let mut floats = std::mem::take(&mut self.elements);
        floats.clear();
        let written = match value {
            Value::Floats(elements) => self.floats(of, elements, encoder),
            Value::Vector(elements) => self.floats(of, elements, encoder),
            Value::Doubles(elements) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "rounded as the server's cast does; checked"
                )]
                floats.extend(elements.iter().map(|element| *element as f32));
                self.floats(of, &floats, encoder)
            }
            Value::Halves(elements) => {
                floats.extend(elements.iter().map(|element| element.to_f32()));
                self.floats(of, &floats, encoder)
            }
            Value::Bytes(_) => Err(format!("is binary, but its column is {}", of.type_text)),
            other => {
                let json = super::json_of(other).unwrap_or_default();
                Err(format!("is {}, not an array of numbers", kind_of(&json)))
            }
        };
        self.elements = floats;
        written
    }

    /// Checks and writes a vector.
    fn floats(
        &mut self,
        of: VectorType<'_>,
        elements: &[f32],
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        match of.element {
            ElementType::Sparsevec => return self.sparse(of, &Sparse::of_dense(elements)?, encoder),
            ElementType::Bit => {
                let bit = |element: &f32| match *element {
                    0.0 => Some(false),
                    1.0 => Some(true),
                    _ => None,
                };
                let bits =
                    Bits::of(elements.iter().map(bit)).ok_or("has elements that are neither 0 nor 1")?;
                return write_bits(of, &bits, encoder);
            }
            ElementType::Vector | ElementType::Halfvec => {}
        }
        validate(elements, of.dimensions, self.metric, of.element).map_err(|error| error.to_string())?;
        let written = if of.element == ElementType::Halfvec {
            self.halves.clear();
            self.halves
                .extend(elements.iter().map(|element| to_half(*element)));
            encoder.halfvec(&self.halves)
        } else {
            encoder.vector(elements)
        };
        written.map_err(|error| does_not_fit(&error))
    }

    /// Checks and writes a sparse vector.
    pub(super) fn sparse(
        &self,
        of: VectorType<'_>,
        sparse: &Sparse,
        encoder: &mut CopyEncoder,
    ) -> Result<(), String> {
        validate_sparse(sparse, of.dimensions, self.metric).map_err(|error| error.to_string())?;
        encoder.sparsevec(sparse).map_err(|error| does_not_fit(&error))
    }
}

/// Bits as numbers or as booleans.
fn bit_array(of: VectorType<'_>, json: &str, encoder: &mut CopyEncoder) -> Result<(), String> {
    let items: Vec<serde_json::Value> =
        serde_json::from_str(json).map_err(|error| format!("is no array: {}", without_place(&error)))?;
    let bit = |item: &serde_json::Value| match item {
        serde_json::Value::Bool(bit) => Some(*bit),
        other => match other.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
    };
    let bits = Bits::of(items.iter().map(bit)).ok_or("has elements that are neither 0 nor 1")?;
    write_bits(of, &bits, encoder)
}

/// Eight bits a byte, as `numpy.packbits` writes them.
fn packed(of: VectorType<'_>, bytes: &[u8], encoder: &mut CopyEncoder) -> Result<(), String> {
    let most = u32::try_from(bytes.len() * 8).map_err(|_| "is too long".to_owned())?;
    let length = of.dimensions.unwrap_or(most);
    let bits = Bits {
        length,
        bytes: bytes.to_vec(),
    };
    let is_whole = length.div_ceil(8) == most / 8;
    let rest_is_zero = bytes
        .last()
        .is_none_or(|last| last.trailing_zeros() >= most.saturating_sub(length));
    if is_whole && rest_is_zero {
        write_bits(of, &bits, encoder)
    } else {
        Err(format!(
            "has {} bytes, which are not the bits of {}",
            bytes.len(),
            of.type_text
        ))
    }
}

/// Checks and writes bits.
pub(super) fn write_bits(of: VectorType<'_>, bits: &Bits, encoder: &mut CopyEncoder) -> Result<(), String> {
    let found = usize::try_from(bits.length).unwrap_or(usize::MAX);
    let invalid = match of.dimensions {
        _ if found == 0 => Some(Invalid::Empty),
        Some(expected) if expected != bits.length => Some(Invalid::Dimensions { expected, found }),
        _ => None,
    };
    match invalid {
        Some(invalid) => Err(invalid.to_string()),
        None => encoder.bits(bits).map_err(|error| does_not_fit(&error)),
    }
}

fn places(of: VectorType<'_>, json: &str) -> Result<Sparse, String> {
    let read: PlacesAndValues = serde_json::from_str(json).map_err(|error| {
        format!(
            "is no sparse vector such as {{\"indices\": [0, 2], \"values\": [0.5, 2]}}: {}",
            without_place(&error)
        )
    })?;
    let dimensions = read.dimensions.or(of.dimensions);
    let dimensions = dimensions.ok_or("does not say its `dimensions`, and neither does its column")?;
    Sparse::new(dimensions, &read.indices, &read.values)
}
