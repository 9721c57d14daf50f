//! What the manifest says of one chunk: where its rows come from, what they are, and how they are stored.
//!
//! A chunk is one complete stream of binary COPY (header, rows, trailer), coded and in one zstd frame with its content
//! checksum. Its object is named by the SHA-256 of the stored bytes.

mod planes;
mod read;
mod transpose;
mod write;

pub use planes::{PlanesDecoder, PlanesEncoder};
pub use read::ChunkReader;
pub use write::Cutter;

use serde::{Deserialize, Serialize};

use super::digest::{RowsDigest, Sha};

/// The most bytes that a chunk's stream has, unless one row alone is longer.
pub const LARGEST: u64 = 64 << 20;

/// The most rows of a chunk.
pub const MOST_ROWS: u64 = 1 << 20;

/// One chunk of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunk {
    /// The SHA-256 of the stored bytes, which names the object.
    pub object: Sha,
    /// How the stream became what zstd compressed.
    pub codec: Codec,
    /// How many rows there are.
    pub rows: u64,
    /// The bytes of the stream.
    pub raw_bytes: u64,
    /// The bytes of the object.
    pub stored_bytes: u64,
    /// The SHA-256 of the rows' SHA-256, one after the other, in the stream's order.
    pub content: Sha,
    /// The digest of the rows, which the server can compute.
    pub digest: RowsDigest,
    /// Which rows of the table it was cut from. Neighbouring chunks of the same range share its rows.
    pub range: Range,
}

/// How a chunk's stream becomes the bytes that zstd compresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// As it is: `zstd -dc` gives it back.
    #[default]
    Zstd,
    /// The columns apart, those of vectors as byte planes.
    Planes,
}

impl Codec {
    /// The ending of the object's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Zstd => "pgcopy.zst",
            Self::Planes => "planes.zst",
        }
    }
}

/// Which rows of a table: those from a key on and before another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub enum Range {
    /// All of them.
    Whole,
    /// By the table's key: each value as text, in the order of the key's columns.
    Key {
        /// The first key; without one from the beginning.
        from: Option<Vec<String>>,
        /// The key before which it ends; without one to the end.
        to: Option<Vec<String>>,
    },
    /// By the table's pages, where there is no key: these are gone with the table.
    Ctid {
        /// The first page.
        from: u32,
        /// The page before which it ends; without one to the end.
        to: Option<u32>,
    },
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = |key: &Option<Vec<String>>, open: &str| match key {
            Some(key) => key.join(", "),
            None => open.to_owned(),
        };
        match self {
            Self::Whole => f.write_str("all rows"),
            Self::Key { from, to } => write!(f, "[{}, {})", key(from, "the first"), key(to, "the end")),
            Self::Ctid { from, to: Some(to) } => write!(f, "pages [{from}, {to})"),
            Self::Ctid { from, to: None } => write!(f, "pages from {from} on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_said_for_people() {
        let key = |parts: [&str; 2]| Some(parts.map(str::to_owned).to_vec());
        let ends = |from, to| Range::Key { from, to }.to_string();
        assert_eq!(Range::Whole.to_string(), "all rows");
        assert_eq!(ends(None, None), "[the first, the end)");
        assert_eq!(ends(key(["a", "1"]), key(["b", "2"])), "[a, 1, b, 2)");
        let pages = |from, to| Range::Ctid { from, to }.to_string();
        assert_eq!(pages(0, Some(7)), "pages [0, 7)");
        assert_eq!(pages(7, None), "pages from 7 on");
    }
}
