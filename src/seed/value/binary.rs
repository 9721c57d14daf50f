//! Values in the binary form that PostgreSQL itself has for them: checked, and handed on as they are.

use super::scalar::does_not_fit;
use super::vectors::{VectorType, VectorWriter};
use super::{Field, Value};
use crate::vector::ElementType;
use crate::vector::copy::{ColumnKind, CopyEncoder, DecodeError, Scalar, field};

/// Writes a value that its source holds in binary form.
pub(super) fn write(
    of: &Field,
    bytes: &[u8],
    vectors: &mut VectorWriter,
    encoder: &mut CopyEncoder,
) -> Result<(), String> {
    let wrong = |error: DecodeError| format!("does not fit its column, which is {}: {error}", of.type_text);
    match of.kind {
        ColumnKind::Scalar(scalar) => check(scalar, bytes).map_err(wrong)?,
        ColumnKind::Array(_) => field::array(bytes).map(drop).map_err(wrong)?,
        ColumnKind::Other => {}
        ColumnKind::Vector(element, dimensions) => {
            let of = VectorType {
                element,
                dimensions,
                type_text: &of.type_text,
            };
            return match element {
                ElementType::Vector => {
                    let elements = field::vector(bytes).map_err(wrong)?;
                    vectors.write(of, &Value::Floats(&elements), encoder)
                }
                ElementType::Halfvec => {
                    let elements = field::halfvec(bytes).map_err(wrong)?;
                    vectors.write(of, &Value::Halves(&elements), encoder)
                }
                ElementType::Sparsevec => {
                    vectors.sparse(of, &field::sparsevec(bytes).map_err(wrong)?, encoder)
                }
                ElementType::Bit => {
                    super::vectors::write_bits(of, &field::bits(bytes).map_err(wrong)?, encoder)
                }
            };
        }
    }
    if of.must_be_object
        && bytes
            .get(1..)
            .is_none_or(|json| !json.trim_ascii_start().starts_with(b"{"))
    {
        return Err("is not an object".to_owned());
    }
    encoder.bytes(bytes).map_err(|error| does_not_fit(&error))
}

fn check(scalar: Scalar, bytes: &[u8]) -> Result<(), DecodeError> {
    match scalar {
        Scalar::Bool => field::bool(bytes).map(drop),
        Scalar::Int2 => field::int2(bytes).map(drop),
        Scalar::Int4 | Scalar::Date => field::int4(bytes).map(drop),
        Scalar::Int8 | Scalar::Time | Scalar::Timestamp | Scalar::Timestamptz => field::int8(bytes).map(drop),
        Scalar::Float4 => field::float4(bytes).map(drop),
        Scalar::Float8 => field::float8(bytes).map(drop),
        Scalar::Numeric => field::expect_numeric(bytes),
        Scalar::Text | Scalar::Varchar | Scalar::Char | Scalar::Json => field::text(bytes).map(drop),
        Scalar::Jsonb => field::jsonb(bytes).map(drop),
        Scalar::Bit | Scalar::Varbit => field::bits(bytes).map(drop),
        Scalar::Uuid => field::uuid(bytes).map(drop),
        Scalar::Bytea => Ok(()),
    }
}

/// A key in binary form as PostgreSQL writes it.
pub(in crate::seed) fn key_text(kind: ColumnKind, bytes: &[u8]) -> Option<String> {
    match kind {
        ColumnKind::Scalar(Scalar::Uuid) => field::uuid(bytes).ok().map(|uuid| uuid.to_string()),
        ColumnKind::Scalar(scalar) if scalar.is_text() => field::text(bytes).ok().map(str::to_owned),
        kind => key_number(kind, bytes).map(|number| number.to_string()),
    }
}

/// A key in binary form, where it is a number.
pub(in crate::seed) fn key_number(kind: ColumnKind, bytes: &[u8]) -> Option<i64> {
    match kind {
        ColumnKind::Scalar(Scalar::Int2) => field::int2(bytes).ok().map(i64::from),
        ColumnKind::Scalar(Scalar::Int4) => field::int4(bytes).ok().map(i64::from),
        ColumnKind::Scalar(Scalar::Int8) => field::int8(bytes).ok(),
        _ => None,
    }
}
