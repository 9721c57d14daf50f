//! Rows to bytes.

use half::f16;

use super::{JSONB_VERSION, LONGEST_FIELD, POSTGRES_EPOCH};

/// Why a value cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// PostgreSQL takes values below 1 GiB.
    #[error("the value has {0} bytes, more than the 1 GiB that PostgreSQL holds")]
    TooLong(usize),
    /// pgvector takes no more than 16,000.
    #[error("the vector has {0} dimensions, more than the 16000 that pgvector holds")]
    TooManyDimensions(usize),
    /// No row has that many columns.
    #[error("a row of {0} columns")]
    TooManyColumns(usize),
}

/// Writes rows into a buffer that the caller takes away now and then. Header and trailer are the caller's, so
/// that one stream of rows can be cut into several COPY statements.
#[derive(Debug)]
pub struct CopyEncoder {
    buffer: Vec<u8>,
    columns: [u8; 2],
    row_start: usize,
}

impl CopyEncoder {
    /// An encoder of rows with so many columns.
    pub fn new(columns: usize) -> Result<Self, EncodeError> {
        let count = i16::try_from(columns).map_err(|_| EncodeError::TooManyColumns(columns))?;
        Ok(Self {
            buffer: Vec::new(),
            columns: count.to_be_bytes(),
            row_start: 0,
        })
    }

    /// Starts a row. Each of its columns must follow.
    pub fn begin_row(&mut self) {
        self.row_start = self.buffer.len();
        self.buffer.extend_from_slice(&self.columns);
    }

    /// Forgets the row that was started last.
    pub fn abandon_row(&mut self) {
        self.buffer.truncate(self.row_start);
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether no byte waits to be taken.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Takes the bytes of all whole rows; room for `next` more bytes is made at once.
    pub fn take(&mut self, next: usize) -> Vec<u8> {
        self.row_start = 0;
        std::mem::replace(&mut self.buffer, Vec::with_capacity(next))
    }

    /// Writes NULL.
    pub fn null(&mut self) {
        self.buffer.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    /// Writes a `smallint`.
    pub fn int2(&mut self, value: i16) {
        self.fixed(value.to_be_bytes());
    }

    /// Writes an `integer`.
    pub fn int4(&mut self, value: i32) {
        self.fixed(value.to_be_bytes());
    }

    /// Writes a `bigint`.
    pub fn int8(&mut self, value: i64) {
        self.fixed(value.to_be_bytes());
    }

    /// Writes a `real`.
    pub fn float4(&mut self, value: f32) {
        self.fixed(value.to_be_bytes());
    }

    /// Writes a `double precision`.
    pub fn float8(&mut self, value: f64) {
        self.fixed(value.to_be_bytes());
    }

    /// Writes a `boolean`.
    pub fn bool(&mut self, value: bool) {
        self.fixed([u8::from(value)]);
    }

    /// Writes a `uuid`.
    pub fn uuid(&mut self, value: uuid::Uuid) {
        self.fixed(value.into_bytes());
    }

    /// Writes a `timestamptz`, given in microseconds since 1970-01-01.
    pub fn timestamptz(&mut self, unix_microseconds: i64) {
        self.int8(unix_microseconds.saturating_sub(POSTGRES_EPOCH));
    }

    /// Writes a `text`, a `varchar` or a `json`.
    pub fn text(&mut self, value: &str) -> Result<(), EncodeError> {
        self.length(value.len())?;
        self.buffer.extend_from_slice(value.as_bytes());
        Ok(())
    }

    /// Writes a `jsonb`, given as JSON text.
    pub fn jsonb(&mut self, json: &str) -> Result<(), EncodeError> {
        self.length(json.len() + 1)?;
        self.buffer.push(JSONB_VERSION);
        self.buffer.extend_from_slice(json.as_bytes());
        Ok(())
    }

    /// Writes a `vector`.
    pub fn vector(&mut self, elements: &[f32]) -> Result<(), EncodeError> {
        self.dimensions(elements.len(), 4)?;
        let bytes = self.room(4 * elements.len()).as_chunks_mut().0;
        for (bytes, element) in bytes.iter_mut().zip(elements) {
            *bytes = element.to_be_bytes();
        }
        Ok(())
    }

    /// Writes a `halfvec`.
    pub fn halfvec(&mut self, elements: &[f16]) -> Result<(), EncodeError> {
        self.dimensions(elements.len(), 2)?;
        let bytes = self.room(2 * elements.len()).as_chunks_mut().0;
        for (bytes, element) in bytes.iter_mut().zip(elements) {
            *bytes = element.to_be_bytes();
        }
        Ok(())
    }

    /// Zeros at the end of the buffer, for elements that are written side by side.
    fn room(&mut self, length: usize) -> &mut [u8] {
        let start = self.buffer.len();
        self.buffer.resize(start + length, 0);
        self.buffer.get_mut(start..).unwrap_or_default()
    }

    /// The length and the head that vectors share.
    fn dimensions(&mut self, count: usize, width: usize) -> Result<(), EncodeError> {
        let dimensions = i16::try_from(count)
            .ok()
            .filter(|dimensions| *dimensions <= 16_000)
            .ok_or(EncodeError::TooManyDimensions(count))?;
        self.length(4 + width * count)?;
        self.buffer.extend_from_slice(&dimensions.to_be_bytes());
        self.buffer.extend_from_slice(&[0, 0]);
        Ok(())
    }

    fn length(&mut self, length: usize) -> Result<(), EncodeError> {
        let prefix = i32::try_from(length)
            .ok()
            .filter(|_| length <= LONGEST_FIELD)
            .ok_or(EncodeError::TooLong(length))?;
        self.buffer.extend_from_slice(&prefix.to_be_bytes());
        Ok(())
    }

    fn fixed<const N: usize>(&mut self, bytes: [u8; N]) {
        // N is at most 16.
        let prefix = i32::try_from(N).unwrap_or_default();
        self.buffer.extend_from_slice(&prefix.to_be_bytes());
        self.buffer.extend_from_slice(&bytes);
    }
}
