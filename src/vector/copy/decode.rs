//! Bytes to rows, as the bytes arrive. Any bytes end in rows or in an error, never in a panic, and no length
//! that a stream claims is believed before its bytes are there.

use std::ops::Range;

use super::{HEADER, LONGEST_FIELD, SIGNATURE_LENGTH};

/// The longest header extension that is skipped; no server writes one at all.
const LONGEST_EXTENSION: usize = 1 << 20;

/// Flags that a reader must refuse where it does not know them.
const CRITICAL_FLAGS: u32 = 0xffff_0000;

/// Why a stream cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is something else.
    #[error("the data is not binary COPY: its signature is missing")]
    Signature,
    /// It needs what this reader does not know.
    #[error("the data uses features of binary COPY that are not known here (flags {0:#010x})")]
    Flags(u32),
    /// A length or a count is impossible.
    #[error("row {row}: {what} is {value}")]
    Impossible {
        /// The row, counted from 1; 0 is the header.
        row: u64,
        /// What it counts.
        what: &'static str,
        /// What the stream says.
        value: i64,
    },
    /// It ended too early.
    #[error("the data ends in the middle, after {rows} whole rows")]
    CutOff {
        /// The whole rows before.
        rows: u64,
    },
    /// Something follows the end.
    #[error("the data goes on after its end")]
    AfterEnd,
    /// A field has another layout than its type.
    #[error("a field of {length} bytes is not a {expected}")]
    Field {
        /// The type it should be.
        expected: &'static str,
        /// Its length.
        length: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Extension(usize),
    Rows,
    Ended,
}

/// Reads rows out of bytes that are pushed in pieces of any size.
#[derive(Debug)]
pub struct CopyDecoder {
    buffer: Vec<u8>,
    at: usize,
    state: State,
    rows: u64,
    fields: Vec<Option<Range<usize>>>,
}

/// One row: the bytes of its fields, `None` for NULL.
#[derive(Debug, Clone, Copy)]
pub struct RowView<'a> {
    bytes: &'a [u8],
    row: &'a [u8],
    fields: &'a [Option<Range<usize>>],
}

impl<'a> RowView<'a> {
    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// The bytes of the whole row: the count of its fields, then each one's length and bytes.
    pub fn whole(&self) -> &'a [u8] {
        self.row
    }

    /// Whether it has no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in order.
    pub fn fields(&self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let bytes = self.bytes;
        self.fields
            .iter()
            .map(move |field| field.as_ref().and_then(|range| bytes.get(range.clone())))
    }
}

impl Default for CopyDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl CopyDecoder {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        Self {
            buffer: Vec::new(),
            at: 0,
            state: State::Header,
            rows: 0,
            fields: Vec::new(),
        }
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// How many rows were read.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether the trailer was read.
    pub fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The next whole row; `None` where more bytes are needed, or where the stream has ended.
    pub fn next_row(&mut self) -> Result<Option<RowView<'_>>, DecodeError> {
        if !self.enter_rows()? {
            return Ok(None);
        }
        let Some(count) = self.int2(self.at) else {
            return Ok(None);
        };
        let mut at = self.at + 2;
        if count == -1 {
            self.at = at;
            self.state = State::Ended;
            return self.nothing_after_end();
        }
        let Ok(count) = usize::try_from(count) else {
            return Err(self.impossible("the number of fields", i64::from(count)));
        };
        self.fields.clear();
        for _ in 0..count {
            let Some(field) = self.field(at)? else {
                return Ok(None);
            };
            at = field.end;
            self.fields.push(field.range);
        }
        let row = self.at..at;
        self.at = at;
        self.rows += 1;
        Ok(Some(RowView {
            bytes: &self.buffer,
            row: self.buffer.get(row).unwrap_or_default(),
            fields: &self.fields,
        }))
    }

    /// Checks that the stream came to its end.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.state {
            State::Ended => Ok(()),
            _ => Err(DecodeError::CutOff { rows: self.rows }),
        }
    }

    /// Reads what stands before the rows; false where bytes are missing or rows are over.
    fn enter_rows(&mut self) -> Result<bool, DecodeError> {
        loop {
            match self.state {
                State::Rows => return Ok(true),
                State::Ended => return self.nothing_after_end().map(|_| false),
                State::Header => {
                    let there = self.buffer.len().min(SIGNATURE_LENGTH);
                    if self.buffer.get(..there) != HEADER.get(..there) {
                        return Err(DecodeError::Signature);
                    }
                    let flags = self.int4(SIGNATURE_LENGTH);
                    let (Some(flags), Some(length)) = (flags, self.int4(SIGNATURE_LENGTH + 4)) else {
                        return Ok(false);
                    };
                    if flags.cast_unsigned() & CRITICAL_FLAGS != 0 {
                        return Err(DecodeError::Flags(flags.cast_unsigned()));
                    }
                    let extension = usize::try_from(length)
                        .ok()
                        .filter(|length| *length <= LONGEST_EXTENSION)
                        .ok_or_else(|| self.impossible("the header extension's length", i64::from(length)))?;
                    self.at = HEADER.len();
                    self.state = State::Extension(extension);
                }
                State::Extension(length) => {
                    if self.buffer.len() < self.at + length {
                        return Ok(false);
                    }
                    self.at += length;
                    self.state = State::Rows;
                }
            }
        }
    }

    fn nothing_after_end(&self) -> Result<Option<RowView<'_>>, DecodeError> {
        if self.at == self.buffer.len() {
            Ok(None)
        } else {
            Err(DecodeError::AfterEnd)
        }
    }

    /// The field that starts at `at`; `None` where bytes are missing.
    fn field(&self, at: usize) -> Result<Option<Field>, DecodeError> {
        let Some(length) = self.int4(at) else {
            return Ok(None);
        };
        let start = at + 4;
        if length == -1 {
            return Ok(Some(Field {
                range: None,
                end: start,
            }));
        }
        let known = usize::try_from(length)
            .ok()
            .filter(|length| *length <= LONGEST_FIELD);
        let Some(length) = known else {
            return Err(self.impossible("a field's length", i64::from(length)));
        };
        let end = start + length;
        if self.buffer.len() < end {
            return Ok(None);
        }
        Ok(Some(Field {
            range: Some(start..end),
            end,
        }))
    }

    fn int2(&self, at: usize) -> Option<i16> {
        let bytes = self.buffer.get(at..)?.first_chunk()?;
        Some(i16::from_be_bytes(*bytes))
    }

    fn int4(&self, at: usize) -> Option<i32> {
        let bytes = self.buffer.get(at..)?.first_chunk()?;
        Some(i32::from_be_bytes(*bytes))
    }

    fn impossible(&self, what: &'static str, value: i64) -> DecodeError {
        let row = match self.state {
            State::Rows => self.rows + 1,
            _ => 0,
        };
        DecodeError::Impossible { row, what, value }
    }
}

struct Field {
    range: Option<Range<usize>>,
    end: usize,
}
