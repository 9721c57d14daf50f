//! The codec `planes`: rows apart into columns, and the elements of vectors into planes of bytes.
//!
//! The bytes of floats that stand in the same place (sign and exponent, then the mantissa's) resemble each other more
//! than their neighbours do, so zstd gets further, and faster, when they stand together. Lossless.
//!
//! ```text
//! "VPLANES1"
//! blocks:  u32 rows (0 ends the stream), u16 columns, then for each column:
//!          u8 kind           0 plain, 2 halfvec, 4 vector: the bytes of an element
//!          u32 x rows        the lengths of its fields as in binary COPY, as four planes
//!          bytes             the fields one after the other; of vectors first the 4 bytes before each one's
//!                            elements, then the elements of all rows as `kind` planes
//! ```
//! All numbers are big-endian. Rows of different widths begin a block of their own.

mod decode;

pub use decode::PlanesDecoder;

use std::io::{self, Write};

use super::transpose::to_planes;
use crate::vector::copy::RowView;

const MAGIC: &[u8; 8] = b"VPLANES1";
/// How many bytes of rows make a block.
const BLOCK: usize = 2 << 20;
/// The most rows of a block.
const BLOCK_ROWS: usize = 1 << 16;
/// The bytes before the elements of a vector or halfvec.
const VECTOR_HEAD: usize = 4;
/// Writes rows as planes.
pub struct PlanesEncoder<W> {
    inner: W,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
    scratch: Scratch,
}

#[derive(Default)]
struct Column {
    lengths: Vec<u8>,
    bytes: Vec<u8>,
    /// The bytes of an element, as long as every field looked like a vector of such.
    element: Option<usize>,
    has_value: bool,
}

impl<W: Write> PlanesEncoder<W> {
    /// Begins a stream.
    pub fn begin(mut inner: W) -> io::Result<Self> {
        inner.write_all(MAGIC)?;
        Ok(Self {
            inner,
            columns: Vec::new(),
            rows: 0,
            bytes: 0,
            scratch: Scratch::default(),
        })
    }

    /// Takes a row.
    pub fn push(&mut self, row: RowView<'_>) -> io::Result<()> {
        let is_full = self.bytes >= BLOCK || self.rows >= BLOCK_ROWS;
        if self.rows > 0 && (is_full || self.columns.len() != row.len()) {
            self.write_block()?;
        }
        if self.rows == 0 {
            self.columns.resize_with(row.len(), Column::default);
            self.columns.iter_mut().for_each(Column::clear);
        }
        for (column, field) in self.columns.iter_mut().zip(row.fields()) {
            column.push(field);
        }
        self.rows += 1;
        self.bytes += row.whole().len();
        Ok(())
    }

    /// Ends the stream.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_block()?;
        self.inner.write_all(&0u32.to_be_bytes())?;
        Ok(self.inner)
    }

    fn write_block(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let rows = u32::try_from(self.rows).map_err(io::Error::other)?;
        let columns = u16::try_from(self.columns.len()).map_err(io::Error::other)?;
        self.inner.write_all(&rows.to_be_bytes())?;
        self.inner.write_all(&columns.to_be_bytes())?;
        for column in &self.columns {
            column.write(&mut self.scratch, &mut self.inner)?;
        }
        self.rows = 0;
        self.bytes = 0;
        Ok(())
    }
}

impl Column {
    fn clear(&mut self) {
        self.lengths.clear();
        self.bytes.clear();
        self.element = None;
        self.has_value = false;
    }

    fn push(&mut self, field: Option<&[u8]>) {
        let length = field.map_or(-1, |field| i32::try_from(field.len()).unwrap_or(i32::MAX));
        self.lengths.extend_from_slice(&length.to_be_bytes());
        let Some(field) = field else {
            return;
        };
        let element = element_of(field);
        self.element = if self.has_value {
            self.element.filter(|known| element == Some(*known))
        } else {
            element
        };
        self.has_value = true;
        self.bytes.extend_from_slice(field);
    }

    fn write(&self, scratch: &mut Scratch, out: &mut impl Write) -> io::Result<()> {
        let kind = self.element.and_then(|element| u8::try_from(element).ok());
        out.write_all(&[kind.unwrap_or_default()])?;
        to_planes(&self.lengths, 4, &mut scratch.planes);
        out.write_all(&scratch.planes)?;
        let Some(element) = self.element else {
            return out.write_all(&self.bytes);
        };
        scratch.elements.clear();
        let mut heads = Vec::new();
        let mut rest = self.bytes.as_slice();
        for length in lengths_of(&self.lengths) {
            let (field, after) = rest.split_at(length.min(rest.len()));
            let (head, body) = field.split_at(VECTOR_HEAD.min(field.len()));
            heads.extend_from_slice(head);
            scratch.elements.extend_from_slice(body);
            rest = after;
        }
        out.write_all(&heads)?;
        to_planes(&scratch.elements, element, &mut scratch.planes);
        out.write_all(&scratch.planes)
    }
}

/// Room that every block uses again.
#[derive(Default)]
struct Scratch {
    elements: Vec<u8>,
    planes: Vec<u8>,
}

/// The bytes of an element, where a field has the layout of a vector or halfvec: a count, a zero, elements.
fn element_of(field: &[u8]) -> Option<usize> {
    let ([high, low, 0, 0], body) = field.split_first_chunk::<VECTOR_HEAD>()? else {
        return None;
    };
    let count = usize::from(u16::from_be_bytes([*high, *low]));
    [4, 2]
        .into_iter()
        .find(|element| count > 0 && body.len() == count * element)
}

/// The lengths of fields that are not NULL.
fn lengths_of(lengths: &[u8]) -> impl Iterator<Item = usize> {
    let (lengths, _) = lengths.as_chunks::<4>();
    lengths
        .iter()
        .filter_map(|length| usize::try_from(i32::from_be_bytes(*length)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::copy::{CopyDecoder, HEADER, TRAILER};
    use proptest::prelude::*;

    /// A field: NULL, any bytes, or a vector.
    fn field() -> impl Strategy<Value = Option<Vec<u8>>> {
        let vector = |width: usize| {
            prop::collection::vec(any::<u8>(), 1..20).prop_map(move |seed| {
                let count = u16::try_from(seed.len()).unwrap();
                let body: Vec<u8> = seed.iter().flat_map(|byte| vec![*byte; width]).collect();
                Some([&count.to_be_bytes()[..], &[0, 0], &body].concat())
            })
        };
        prop_oneof![
            Just(None),
            prop::collection::vec(any::<u8>(), 0..30).prop_map(Some),
            vector(4),
            vector(2),
        ]
    }

    fn stream(rows: &[Vec<Option<Vec<u8>>>]) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        for row in rows {
            bytes.extend(i16::try_from(row.len()).unwrap().to_be_bytes());
            for field in row {
                let length = field
                    .as_ref()
                    .map_or(-1, |field| i32::try_from(field.len()).unwrap());
                bytes.extend(length.to_be_bytes());
                bytes.extend(field.iter().flatten());
            }
        }
        bytes.extend(TRAILER);
        bytes
    }

    fn encode(stream: &[u8]) -> Vec<u8> {
        let mut decoder = CopyDecoder::new();
        decoder.push(stream);
        let mut planes = PlanesEncoder::begin(Vec::new()).unwrap();
        while let Some(row) = decoder.next_row().unwrap() {
            planes.push(row).unwrap();
        }
        planes.finish().unwrap()
    }

    fn decode(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut decoder = PlanesDecoder::new(bytes);
        let mut out = Vec::new();
        while decoder.read_into(&mut out)? > 0 {}
        Ok(out)
    }

    #[test]
    fn a_stream_without_rows_comes_back() {
        assert_eq!(decode(&encode(&stream(&[]))).unwrap(), stream(&[]));
    }

    proptest! {
        #[test]
        fn every_stream_comes_back(
            rows in prop::collection::vec(prop::collection::vec(field(), 0..4), 0..40),
            same in prop::collection::vec((field(), field()), 0..40),
        ) {
            let same = same.into_iter().map(|(one, other)| vec![one, other]);
            let rows: Vec<_> = rows.into_iter().chain(same).collect();
            let stream = stream(&rows);
            prop_assert_eq!(decode(&encode(&stream)).unwrap(), stream);
        }

        #[test]
        fn any_bytes_end_in_a_stream_or_an_error(bytes: Vec<u8>) {
            let bytes = [&MAGIC[..], &bytes].concat();
            drop(decode(&bytes));
        }
    }
}
