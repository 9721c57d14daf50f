//! The binary COPY format: rows to bytes and bytes to rows, without a socket.
//!
//! A stream is a [`HEADER`], rows, and a [`TRAILER`]. A row is an int16 count of fields, then for each field an
//! int32 length (-1 for NULL) and its bytes; everything in network byte order. Framing: PostgreSQL documentation,
//! "COPY", "Binary Format"; field layouts: the `*_send` functions of PostgreSQL, and `vector_send` and
//! `halfvec_send` of pgvector (int16 dimensions, int16 zero, elements), `sparsevec_send` (int32 dimensions, count and
//! zero, int32 places from 0, values).

pub mod array;
pub mod calendar;
mod decode;
mod encode;
pub mod field;
mod kind;
mod numeric;
pub mod text;

use half::f16;

pub use decode::{CopyDecoder, DecodeError, RowView};
pub use encode::{CopyEncoder, EncodeError};
pub use kind::{ColumnKind, Scalar, dimensions};
pub use numeric::Numeric;

/// What a stream starts with: the signature, no flags, no header extension.
pub const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What a stream ends with.
pub const TRAILER: [u8; 2] = [0xff, 0xff];

/// The length of the signature inside [`HEADER`].
const SIGNATURE_LENGTH: usize = 11;

/// The longest field that PostgreSQL takes: a value is less than 1 GiB.
const LONGEST_FIELD: usize = 0x3fff_ffff;

/// PostgreSQL counts time from 2000-01-01; Unix from 1970-01-01. The microseconds between the two.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// The same in days.
const POSTGRES_EPOCH_DAYS: i64 = 10_957;

/// The version byte in front of a jsonb value.
const JSONB_VERSION: u8 = 1;

/// An element rounded to 16 bits, to the nearest, ties to even: what the server's own cast does.
/// Infinite where the value is beyond the range.
pub fn to_half(value: f32) -> f16 {
    f16::from_f32(value)
}

#[cfg(test)]
mod tests;
