//! The bytes of one field to a value of its type.

use half::f16;

use super::array::{ArrayOf, Dimension, MOST_DIMENSIONS};
use super::{DecodeError, JSONB_VERSION, POSTGRES_EPOCH};
use crate::vector::{Bits, Sparse};

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

/// Reads a `sparsevec`.
pub fn sparsevec(bytes: &[u8]) -> Result<Sparse, DecodeError> {
    let wrong = || not(bytes, "sparsevec");
    let (head, rest) = bytes.split_first_chunk::<12>().ok_or_else(wrong)?;
    let (numbers, _) = head.as_chunks::<4>();
    let [dimensions, count, unused] = numbers else {
        return Err(wrong());
    };
    let count = usize::try_from(u32::from_be_bytes(*count)).map_err(|_| wrong())?;
    let (words, odd) = rest.as_chunks::<4>();
    if words.len() != count.saturating_mul(2) || !odd.is_empty() || *unused != [0; 4] {
        return Err(wrong());
    }
    let (places, values) = words.split_at_checked(count).ok_or_else(wrong)?;
    let places: Vec<u32> = places.iter().map(|place| u32::from_be_bytes(*place)).collect();
    let values: Vec<f32> = values.iter().map(|value| f32::from_be_bytes(*value)).collect();
    let dimensions = u32::from_be_bytes(*dimensions);
    let sparse = Sparse::new(dimensions, &places, &values).map_err(|_| wrong())?;
    // Anything that would be put in order was none.
    if sparse.places == places {
        Ok(sparse)
    } else {
        Err(wrong())
    }
}

/// Reads a `bit` or a `bit varying`.
pub fn bits(bytes: &[u8]) -> Result<Bits, DecodeError> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| not(bytes, "bit"))?;
    let length = u32::from_be_bytes(*length);
    if usize::try_from(length.div_ceil(8)).is_ok_and(|whole| whole == rest.len()) {
        Ok(Bits {
            length,
            bytes: rest.to_vec(),
        })
    } else {
        Err(not(bytes, "bit"))
    }
}

/// Checks that the bytes are those of a `numeric`.
pub fn expect_numeric(bytes: &[u8]) -> Result<(), DecodeError> {
    let (groups, odd) = bytes.as_chunks::<2>();
    let (count, rest) = groups.split_first().ok_or_else(|| not(bytes, "numeric"))?;
    let count = usize::from(u16::from_be_bytes(*count));
    if odd.is_empty() && rest.len() == count + 3 {
        Ok(())
    } else {
        Err(not(bytes, "numeric"))
    }
}

/// Reads an array as the bytes of its elements.
pub fn array(bytes: &[u8]) -> Result<ArrayOf<&[u8]>, DecodeError> {
    read_array(bytes).ok_or_else(|| not(bytes, "array"))
}

fn read_array(bytes: &[u8]) -> Option<ArrayOf<&[u8]>> {
    let (head, mut rest) = bytes.split_first_chunk::<12>()?;
    let (numbers, _) = head.as_chunks::<4>();
    let depth = usize::try_from(i32::from_be_bytes(*numbers.first()?)).ok()?;
    let mut array = ArrayOf {
        dimensions: Vec::new(),
        elements: Vec::new(),
    };
    let mut count = usize::from(depth > 0);
    for _ in 0..depth.min(MOST_DIMENSIONS + 1) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (first, after) = after.split_first_chunk::<4>()?;
        let (length, first) = (i32::from_be_bytes(*length), i32::from_be_bytes(*first));
        count = count.checked_mul(usize::try_from(length).ok()?)?;
        array.dimensions.push(Dimension { length, first });
        rest = after;
    }
    while array.elements.len() < count {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = i32::from_be_bytes(*length);
        let element = match length {
            -1 => None,
            _ => Some(after.split_at_checked(usize::try_from(length).ok()?)?),
        };
        rest = element.map_or(after, |(_, after)| after);
        array.elements.push(element.map(|(element, _)| element));
    }
    (rest.is_empty() && depth <= MOST_DIMENSIONS).then_some(array)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::copy::{CopyEncoder, Scalar};
    use proptest::prelude::*;

    /// The bytes of the only field that is written.
    fn written(write: impl FnOnce(&mut CopyEncoder)) -> Vec<u8> {
        let mut encoder = CopyEncoder::new(1).unwrap();
        encoder.begin_row();
        write(&mut encoder);
        encoder.take(0).split_off(6)
    }

    #[test]
    fn arrays_come_back_with_their_bounds() {
        let dimensions = [
            Dimension { length: 2, first: 0 },
            Dimension { length: 1, first: 1 },
        ];
        let bytes = written(|encoder| {
            let start = encoder.begin_array(Scalar::Int2, &dimensions, true);
            encoder.int2(7);
            encoder.null();
            encoder.end_array(start).unwrap();
        });
        let read = array(&bytes).unwrap();
        assert_eq!(read.dimensions, dimensions);
        assert_eq!(read.elements, [Some(&[0, 7][..]), None]);
        assert!(array(&bytes[..bytes.len() - 1]).is_err());
        assert!(array(&[&bytes[..], &[0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn sparse_vectors_and_bits_come_back(
            elements in prop::collection::vec(prop_oneof![Just(0.0_f32), -9.0_f32..9.0], 1..30),
            text in "[01]{0,30}",
        ) {
            let sparse = Sparse::of_dense(&elements).unwrap();
            prop_assert_eq!(sparsevec(&written(|encoder| encoder.sparsevec(&sparse).unwrap())).unwrap(), sparse);
            let packed = Bits::parse(&text).unwrap();
            prop_assert_eq!(bits(&written(|encoder| encoder.bits(&packed).unwrap())).unwrap(), packed);
        }

        #[test]
        fn no_bytes_make_them_panic(bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(255), any::<u8>()], 0..60)) {
            drop((array(&bytes), sparsevec(&bytes), bits(&bytes), expect_numeric(&bytes)));
        }
    }
}
