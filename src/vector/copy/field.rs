//! The bytes of one field to a value of its type.

use half::f16;

use super::{DecodeError, JSONB_VERSION, POSTGRES_EPOCH};

/// Reads a `smallint`.
pub fn int2(bytes: &[u8]) -> Result<i16, DecodeError> {
    fixed(bytes, "smallint").map(i16::from_be_bytes)
}

/// Reads an `integer`.
pub fn int4(bytes: &[u8]) -> Result<i32, DecodeError> {
    fixed(bytes, "integer").map(i32::from_be_bytes)
}

/// Reads a `bigint`.
pub fn int8(bytes: &[u8]) -> Result<i64, DecodeError> {
    fixed(bytes, "bigint").map(i64::from_be_bytes)
}

/// Reads a `real`.
pub fn float4(bytes: &[u8]) -> Result<f32, DecodeError> {
    fixed(bytes, "real").map(f32::from_be_bytes)
}

/// Reads a `double precision`.
pub fn float8(bytes: &[u8]) -> Result<f64, DecodeError> {
    fixed(bytes, "double precision").map(f64::from_be_bytes)
}

/// Reads a `boolean`.
pub fn bool(bytes: &[u8]) -> Result<bool, DecodeError> {
    match bytes {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(not(bytes, "boolean")),
    }
}

/// Reads a `uuid`.
pub fn uuid(bytes: &[u8]) -> Result<uuid::Uuid, DecodeError> {
    fixed(bytes, "uuid").map(uuid::Uuid::from_bytes)
}

/// Reads a `timestamptz` as microseconds since 1970-01-01.
pub fn timestamptz(bytes: &[u8]) -> Result<i64, DecodeError> {
    let since_2000 = fixed(bytes, "timestamptz").map(i64::from_be_bytes)?;
    Ok(since_2000.saturating_add(POSTGRES_EPOCH))
}

/// Reads a `text`.
pub fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|_| not(bytes, "text in UTF-8"))
}

/// Reads a `jsonb` as JSON text.
pub fn jsonb(bytes: &[u8]) -> Result<&str, DecodeError> {
    match bytes {
        [JSONB_VERSION, json @ ..] => text(json),
        _ => Err(not(bytes, "jsonb of version 1")),
    }
}

/// Reads a `vector`.
pub fn vector(bytes: &[u8]) -> Result<Vec<f32>, DecodeError> {
    let elements = elements::<4>(bytes, "vector")?;
    Ok(elements
        .iter()
        .map(|element| f32::from_be_bytes(*element))
        .collect())
}

/// Reads a `halfvec`.
pub fn halfvec(bytes: &[u8]) -> Result<Vec<f16>, DecodeError> {
    let elements = elements::<2>(bytes, "halfvec")?;
    Ok(elements
        .iter()
        .map(|element| f16::from_be_bytes(*element))
        .collect())
}

/// The elements after the head that vectors share, checked against its count.
fn elements<'a, const WIDTH: usize>(
    bytes: &'a [u8],
    expected: &'static str,
) -> Result<&'a [[u8; WIDTH]], DecodeError> {
    let (head, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or_else(|| not(bytes, expected))?;
    let [high, low, unused @ ..] = *head;
    let (elements, odd) = rest.as_chunks::<WIDTH>();
    let counted = usize::from(u16::from_be_bytes([high, low])) == elements.len();
    if counted && odd.is_empty() && unused == [0, 0] {
        Ok(elements)
    } else {
        Err(not(bytes, expected))
    }
}

fn fixed<const N: usize>(bytes: &[u8], expected: &'static str) -> Result<[u8; N], DecodeError> {
    bytes.try_into().map_err(|_| not(bytes, expected))
}

fn not(bytes: &[u8], expected: &'static str) -> DecodeError {
    DecodeError::Field {
        expected,
        length: bytes.len(),
    }
}
