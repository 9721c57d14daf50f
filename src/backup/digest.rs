//! Digests of rows, which client and server compute alike, and names of objects.
//!
//! A row's digest is the SHA-256 of its bytes in binary COPY: the count of fields, then each one's length and bytes,
//! as `typsend` writes them. A set of rows has the sum of its rows' digests, lane by lane: four lanes of 64 bits,
//! each modulo 2^64. A sum needs no order, so it is the same whatever the collation, the key or the place of the rows,
//! and sums of parts add up to the sum of the whole. It finds what goes wrong by itself; against people who choose
//! rows to collide, the objects' own SHA-256 stands.

mod parts;
mod server;

pub use parts::{Part, Sums, in_parts};
pub use server::{SETTINGS, SentColumn, on_server, sent_columns};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Kind};

/// A SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha(pub [u8; 32]);

/// The digest of a set of rows: the sum of their SHA-256 in four lanes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RowsDigest([u64; 4]);

impl Sha {
    /// The SHA-256 of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The end of a SHA-256 that was fed.
    pub fn finish(hash: Sha256) -> Self {
        Self(hash.finalize().into())
    }
}

impl RowsDigest {
    /// Adds a row, by the SHA-256 of its bytes.
    pub fn add_row(&mut self, row: &Sha) {
        let (lanes, _) = row.0.as_chunks::<8>();
        for (sum, lane) in self.0.iter_mut().zip(lanes) {
            *sum = sum.wrapping_add(u64::from_be_bytes(*lane));
        }
    }

    /// Adds the rows of another set.
    pub fn add(&mut self, other: Self) {
        for (sum, lane) in self.0.iter_mut().zip(other.0) {
            *sum = sum.wrapping_add(lane);
        }
    }

    /// The sum of the lanes as the server writes it.
    pub fn from_lanes(lanes: [u64; 4]) -> Self {
        Self(lanes)
    }
}

impl FromIterator<RowsDigest> for RowsDigest {
    fn from_iter<T: IntoIterator<Item = Self>>(parts: T) -> Self {
        parts.into_iter().fold(Self::default(), |mut sum, part| {
            sum.add(part);
            sum
        })
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RowsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|lane| write!(f, "{lane:016x}"))
    }
}

impl fmt::Debug for RowsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(Self(from_hex(text)?))
    }
}

impl FromStr for RowsDigest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut digest = Self::default();
        digest.add_row(&Sha(from_hex(text)?));
        Ok(digest)
    }
}

/// Reads 64 lower-case hexadecimal digits; there is one way to write each value.
fn from_hex(text: &str) -> Result<[u8; 32], Error> {
    let wrong = || Error::new(Kind::Archive, format!("`{text}` is not 64 hexadecimal digits"));
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(wrong()),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return Err(wrong());
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Ok(bytes)
}

macro_rules! as_text {
    ($type:ty) => {
        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $type {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                text.parse()
            }
        }
    };
}

as_text!(Sha);
as_text!(RowsDigest);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_come_back(bytes: [u8; 32]) {
            let sha = Sha(bytes);
            prop_assert_eq!(sha.to_string().parse::<Sha>().unwrap(), sha);
            prop_assert_eq!(format!("{sha:?}"), sha.to_string());
            let mut digest = RowsDigest::default();
            digest.add_row(&sha);
            prop_assert_eq!(digest.to_string().parse::<RowsDigest>().unwrap(), digest);
            prop_assert_eq!(digest.to_string(), sha.to_string());
            prop_assert_eq!(format!("{digest:?}"), digest.to_string());
        }

        #[test]
        fn parts_add_up_in_any_order(rows: Vec<[u8; 32]>, cut: prop::sample::Index) {
            let sum = |rows: &[[u8; 32]]| {
                let mut digest = RowsDigest::default();
                for row in rows {
                    digest.add_row(&Sha(*row));
                }
                digest
            };
            let cut = if rows.is_empty() { 0 } else { cut.index(rows.len()) };
            let (first, second) = rows.split_at(cut);
            prop_assert_eq!(sum(&rows), [sum(second), sum(first)].into_iter().collect());
        }
    }

    #[test]
    fn only_64_lower_case_digits_are_a_digest() {
        for wrong in [
            "",
            "00",
            &"0".repeat(63),
            &"0".repeat(65),
            &"A".repeat(64),
            &"é".repeat(32),
        ] {
            assert_eq!(wrong.parse::<Sha>().unwrap_err().kind(), Kind::Archive);
        }
    }
}
