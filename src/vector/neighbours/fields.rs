//! Vectors out of the fields of binary COPY.
//!
//! Layouts: `vector_send`, `halfvec_send`, `sparsevec_send` of pgvector (int32 dimensions, int32 count, int32 zero,
//! int32 places counted from 0, float4 values), `bit_send` of PostgreSQL (int32 length in bits, bytes).

use half::f16;

use super::block::{Matrix, Rows, SparseRow, words_of};
use crate::vector::ElementType;
use crate::vector::copy::{DecodeError, field};

impl Rows {
    /// No vectors yet, of a column of this type. The first one decides how many dimensions the others have.
    pub fn none_of(element: ElementType) -> Self {
        match element {
            ElementType::Vector | ElementType::Halfvec => Self::Dense(Matrix::default()),
            ElementType::Bit => Self::Bits {
                dimensions: 0,
                words: Vec::new(),
            },
            ElementType::Sparsevec => Self::Sparse {
                dimensions: 0,
                rows: Vec::new(),
            },
        }
    }

    /// Adds the vector that a field holds, whose type is what these are of. The error is the number of dimensions where
    /// it has others than the first.
    pub fn push(&mut self, element: ElementType, bytes: &[u8]) -> Result<Result<(), usize>, DecodeError> {
        let is_first = self.is_empty();
        match self {
            Self::Dense(matrix) => {
                let before = matrix.elements.len();
                match element {
                    ElementType::Halfvec => {
                        let halves = field::halfvec(bytes)?;
                        matrix.elements.extend(halves.into_iter().map(f16::to_f32));
                    }
                    _ => matrix.elements.extend(field::vector(bytes)?),
                }
                let count = matrix.elements.len() - before;
                if is_first {
                    matrix.dimensions = count;
                } else if count != matrix.dimensions {
                    matrix.elements.truncate(before);
                    return Ok(Err(count));
                }
            }
            Self::Bits { dimensions, words } => {
                let (count, bits) = bits(bytes)?;
                if is_first {
                    *dimensions = count;
                } else if count != *dimensions {
                    return Ok(Err(count));
                }
                let word = |bytes: &[u8]| {
                    let mut eight = [0; 8];
                    for (to, from) in eight.iter_mut().zip(bytes) {
                        *to = *from;
                    }
                    u64::from_be_bytes(eight)
                };
                let width = words_of(count);
                words.extend(bits.chunks(8).map(word).chain(std::iter::repeat(0)).take(width));
            }
            Self::Sparse { dimensions, rows } => {
                let (count, row) = sparse(bytes)?;
                if is_first {
                    *dimensions = count;
                } else if count != *dimensions {
                    return Ok(Err(count));
                }
                rows.push(row);
            }
        }
        Ok(Ok(()))
    }
}

fn bits(bytes: &[u8]) -> Result<(usize, &[u8]), DecodeError> {
    let wrong = || DecodeError::Field {
        expected: "bit",
        length: bytes.len(),
    };
    let (length, bits) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
    let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| wrong())?;
    (bits.len() == length.div_ceil(8))
        .then_some((length, bits))
        .ok_or_else(wrong)
}

fn sparse(bytes: &[u8]) -> Result<(usize, SparseRow), DecodeError> {
    let wrong = || DecodeError::Field {
        expected: "sparsevec",
        length: bytes.len(),
    };
    let (words, rest) = bytes.as_chunks::<4>();
    let number = |word: &[u8; 4]| usize::try_from(i32::from_be_bytes(*word)).ok();
    let [dimensions, count, _zero, body @ ..] = words else {
        return Err(wrong());
    };
    let (dimensions, count) = number(dimensions).zip(number(count)).ok_or_else(wrong)?;
    if !rest.is_empty() || body.len() != count.saturating_mul(2) {
        return Err(wrong());
    }
    let (places, values) = body.split_at_checked(count).ok_or_else(wrong)?;
    Ok((
        dimensions,
        SparseRow {
            indices: places.iter().map(|place| u32::from_be_bytes(*place)).collect(),
            values: values.iter().map(|value| f32::from_be_bytes(*value)).collect(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_type_are_read_and_broken_ones_refused() {
        let mut rows = Rows::none_of(ElementType::Bit);
        let ten = [0, 0, 0, 10, 0b1000_0000, 0b0100_0000];
        rows.push(ElementType::Bit, &ten).unwrap().unwrap();
        rows.push(ElementType::Bit, &ten).unwrap().unwrap();
        assert_eq!((rows.len(), rows.dimensions()), (2, 10));
        assert_eq!(rows.bits(1), [(1 << 63) | (1 << 54)]);
        assert_eq!(rows.push(ElementType::Bit, &[0, 0, 0, 1, 0x80]).unwrap(), Err(1));
        assert!(rows.push(ElementType::Bit, &[0, 0, 0, 9, 0]).is_err());

        let mut rows = Rows::none_of(ElementType::Sparsevec);
        let numbers = [5_i32, 2, 0, 1, 4];
        let mut field: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        field.extend([0.5_f32, -2.0].iter().flat_map(|value| value.to_be_bytes()));
        rows.push(ElementType::Sparsevec, &field).unwrap().unwrap();
        let row = SparseRow {
            indices: vec![1, 4],
            values: vec![0.5, -2.0],
        };
        let expected = Rows::Sparse {
            dimensions: 5,
            rows: vec![row],
        };
        assert_eq!(rows, expected);
        assert!(rows.push(ElementType::Sparsevec, &field[..24]).is_err());

        let mut rows = Rows::none_of(ElementType::Halfvec);
        rows.push(ElementType::Halfvec, &[0, 1, 0, 0, 0x3c, 0])
            .unwrap()
            .unwrap();
        assert_eq!(rows, Rows::dense(1, vec![1.0]));
        assert_eq!(
            rows.push(ElementType::Halfvec, &[0, 2, 0, 0, 0, 0, 0, 0])
                .unwrap(),
            Err(2)
        );
        assert_eq!(rows.len(), 1);
    }
}
