//! Reading planes back. What is read is believed in nothing: lengths are held against what is there.

use std::io::{self, Read};

use super::super::transpose::from_planes;
use super::{BLOCK_ROWS, MAGIC, VECTOR_HEAD, lengths_of};
use crate::vector::copy::{HEADER, TRAILER};

/// The longest column of a block that is believed.
const LONGEST: u64 = 1 << 32;

/// Reads planes back into a stream of binary COPY.
pub struct PlanesDecoder<R> {
    inner: R,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Begin,
    Blocks,
    Ended,
}

/// A column of a block, and how far it was read.
struct Fields {
    lengths: Vec<u8>,
    bytes: Vec<u8>,
    at: usize,
}

impl<R: Read> PlanesDecoder<R> {
    /// A decoder that has read nothing.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            state: State::Begin,
        }
    }

    /// What it reads from.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// Appends the next block's rows; zero bytes mean that the stream is over.
    pub fn read_into(&mut self, out: &mut Vec<u8>) -> io::Result<usize> {
        let before = out.len();
        if self.state == State::Ended {
            return Ok(0);
        }
        if self.state == State::Begin {
            if self.array::<8>()? != *MAGIC {
                return Err(wrong("it does not begin as planes do"));
            }
            out.extend_from_slice(&HEADER);
            self.state = State::Blocks;
        }
        let rows = u32::from_be_bytes(self.array()?);
        if rows == 0 {
            out.extend_from_slice(&TRAILER);
            self.state = State::Ended;
            // What follows would be read as nothing otherwise.
            if self.inner.read(&mut [0])? != 0 {
                return Err(wrong("it goes on after its end"));
            }
            return Ok(out.len() - before);
        }
        // Without columns a few bytes would claim any number of rows.
        if usize::try_from(rows).map_or(true, |rows| rows > BLOCK_ROWS) {
            return Err(wrong("a block has too many rows"));
        }
        let count = self.array::<2>()?;
        let mut columns = Vec::new();
        for _ in 0..u16::from_be_bytes(count) {
            columns.push(self.column(rows)?);
        }
        for row in 0..usize::try_from(rows).map_err(io::Error::other)? {
            out.extend_from_slice(&count);
            for column in &mut columns {
                column.write(row, out)?;
            }
        }
        Ok(out.len() - before)
    }

    fn column(&mut self, rows: u32) -> io::Result<Fields> {
        let [kind] = self.array::<1>()?;
        let lengths = self.bytes(u64::from(rows) * 4)?;
        let lengths = from_planes(&lengths, 4);
        let total: u64 = lengths_of(&lengths)
            .map(|length| u64::try_from(length).unwrap_or(u64::MAX))
            .sum();
        let bytes = match kind {
            0 => self.bytes(total)?,
            2 | 4 => {
                let values = u64::try_from(lengths_of(&lengths).count()).map_err(io::Error::other)?;
                let heads_length = values * 4;
                let elements_length = total
                    .checked_sub(heads_length)
                    .ok_or_else(|| wrong("a vector is too short"))?;
                let heads = self.bytes(heads_length)?;
                let elements = self.bytes(elements_length)?;
                together(&lengths, &heads, &from_planes(&elements, usize::from(kind)))?
            }
            _ => return Err(wrong("it has a kind of column that is not known here")),
        };
        Ok(Fields {
            lengths,
            bytes,
            at: 0,
        })
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn bytes(&mut self, length: u64) -> io::Result<Vec<u8>> {
        if length > LONGEST {
            return Err(wrong("a column is impossibly long"));
        }
        let mut bytes = Vec::new();
        let read = self.inner.by_ref().take(length).read_to_end(&mut bytes)?;
        if u64::try_from(read).ok() == Some(length) {
            Ok(bytes)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Fields {
    fn write(&mut self, row: usize, out: &mut Vec<u8>) -> io::Result<()> {
        let length = self.lengths.get(row * 4..).and_then(<[u8]>::first_chunk::<4>);
        let length = length.ok_or_else(|| wrong("a length is missing"))?;
        out.extend_from_slice(length);
        if let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) {
            let field = self.bytes.get(self.at..self.at + length);
            out.extend_from_slice(field.ok_or_else(|| wrong("a field is cut off"))?);
            self.at += length;
        }
        Ok(())
    }
}

/// Vectors from their heads and their elements.
fn together(lengths: &[u8], mut heads: &[u8], mut elements: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(heads.len() + elements.len());
    for length in lengths_of(lengths) {
        let body = length
            .checked_sub(VECTOR_HEAD)
            .filter(|body| *body <= elements.len());
        let body = body.ok_or_else(|| wrong("a vector is too short"))?;
        let (head, heads_left) = heads.split_at(VECTOR_HEAD.min(heads.len()));
        let (element, elements_left) = elements.split_at(body);
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(element);
        (heads, elements) = (heads_left, elements_left);
    }
    Ok(bytes)
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::chunk::transpose::to_planes;

    /// A block of one column: its kind, the lengths of its fields, what follows.
    fn block(kind: u8, lengths: &[i32], rest: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(lengths.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend([0, 1, kind]);
        let lengths: Vec<u8> = lengths.iter().flat_map(|length| length.to_be_bytes()).collect();
        let mut planes = Vec::new();
        to_planes(&lengths, 4, &mut planes);
        [bytes, planes, rest.to_vec()].concat()
    }

    fn decoded(stream: &[u8]) -> Result<Vec<u8>, String> {
        let mut decoder = PlanesDecoder::new(stream);
        let mut out = Vec::new();
        while decoder.read_into(&mut out).map_err(|error| error.to_string())? > 0 {}
        Ok(out)
    }

    #[test]
    fn what_is_no_stream_of_planes_is_refused_and_says_why() {
        let whole = |blocks: &[u8]| [&MAGIC[..], blocks, &[0; 4]].concat();
        let one = block(0, &[3, -1], b"abc");
        let row = [
            &HEADER[..],
            b"\0\x01\0\0\0\x03abc\0\x01\xff\xff\xff\xff",
            &TRAILER,
        ]
        .concat();
        assert_eq!(decoded(&whole(&one)).unwrap(), row);
        let wrong: [(Vec<u8>, &str); 9] = [
            (b"PGCOPY\n\xff".to_vec(), "does not begin"),
            (whole(&[0, 1, 0, 1]), "too many rows"),
            (whole(&block(9, &[0], b"")), "not known here"),
            (whole(&block(4, &[2], b"ab")), "too short"),
            (whole(&block(4, &[0, 8], &[0; 8])), "too short"),
            (whole(&block(2, &[12, 0], &[0; 12])), "too short"),
            (whole(&block(0, &[i32::MAX; 3], b"")), "impossibly long"),
            ([whole(&one), vec![1]].concat(), "goes on after its end"),
            (MAGIC.to_vec(), "fill whole buffer"),
        ];
        for (stream, why) in wrong {
            let said = decoded(&stream).unwrap_err();
            assert!(said.contains(why), "{said} instead of {why}");
        }
        for cut in MAGIC.len()..whole(&one).len() {
            decoded(&whole(&one)[..cut]).unwrap_err();
        }
    }
}
