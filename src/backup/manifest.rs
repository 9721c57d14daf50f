//! The manifest: what a backup is, in one strict JSON document. It is published last, so what it names is there.
//!
//! Version 1. A reader refuses a newer version and any field it does not know, with exit code 14; what an older vecops
//! wrote stays readable.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::chunk::{Chunk, Range};
use super::definition::Definition;
use super::digest::{RowsDigest, Sha};
use crate::error::{Error, Kind, Result};
use crate::sql::{Ident, QualifiedName};

/// The version of the format that this vecops writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// A backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub format: u32,
    /// The backup's name: its time in UTC and a random part.
    pub name: String,
    /// The program that wrote it, such as `vecops 0.1.0`.
    pub created_by: String,
    /// When it was begun, in UTC.
    pub created: String,
    /// How long it took.
    pub seconds: f64,
    /// Whether all is there that was asked for.
    pub state: State,
    /// Why it is degraded.
    pub reasons: Vec<String>,
    /// Where it comes from.
    pub source: Source,
    /// The one moment that it shows.
    pub snapshot: Snapshot,
    /// The tables with their chunks.
    pub tables: Vec<Table>,
    /// What the catalog says of everything that the tables need, with the values of their sequences.
    pub definition: Definition,
    /// The other files beside the manifest, with the SHA-256 of each.
    pub files: BTreeMap<String, Sha>,
}

/// What every version of the format begins with.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// Whether all is there that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All of it.
    Complete,
    /// Something is missing; the reasons say what.
    Degraded,
}

/// The database that a backup comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The database's name.
    pub database: String,
    /// The server's version, such as `18.4`.
    pub server_version: String,
    /// The same as a number, such as 180004.
    pub server_version_num: i32,
    /// The database's encoding, such as `UTF8`; chunks are in UTF-8 whatever it is.
    pub encoding: String,
    /// The database's collation.
    pub collation: String,
    /// The vector extension, where the database has it.
    pub vector: Option<Vector>,
    /// The role that read.
    pub role: String,
    /// Whether row-level security could hide no row from that role.
    pub row_security_bypassed: bool,
    /// Whether it was read from a replica.
    pub in_recovery: bool,
}

/// The vector extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Its schema.
    pub schema: Ident,
    /// Its version.
    pub version: String,
}

/// The one moment that a backup shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Its name on the server, which knew it until the backup was done.
    pub id: String,
    /// The place in the server's log at about that moment.
    pub lsn: String,
    /// When it was taken, by the server's clock, in UTC.
    pub time: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: QualifiedName,
    /// The columns that travel, in the order of the stream's fields; generated ones do not.
    pub columns: Vec<Column>,
    /// The columns of the key by which its chunks are cut and ordered; none where it has no key.
    pub key: Vec<Ident>,
    /// How many rows there are.
    pub rows: u64,
    /// The bytes of the chunks' streams.
    pub raw_bytes: u64,
    /// The bytes of the chunks' objects.
    pub stored_bytes: u64,
    /// The digest of all rows.
    pub digest: RowsDigest,
    /// The chunks; those with a key are in its order.
    pub chunks: Vec<Chunk>,
    /// Questions whose answers a restored table must give.
    pub canaries: Vec<Canary>,
}

/// A column whose values travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: Ident,
    /// Its type as the server writes it with `search_path = pg_catalog`.
    #[serde(rename = "type")]
    pub type_text: String,
    /// What its fields hold.
    pub transport: Transport,
}

/// What a column's fields hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// What the type's own send function writes and its receive function reads.
    Binary,
    /// The value as text, because its binary form is missing or holds numbers that only its database knows.
    Text,
}

/// A stored vector as a query, and its exact nearest neighbours among the rows of a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The vector column.
    pub column: Ident,
    /// The operator that measures, such as `<=>`.
    pub operator: String,
    /// The key of the row whose vector is the query.
    pub query: Vec<String>,
    /// Among which rows was searched.
    pub within: Range,
    /// The nearest rows, nearest first, the key decides between equals.
    pub neighbours: Vec<Neighbour>,
}

/// A row and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its key.
    pub key: Vec<String>,
    /// Its distance.
    pub distance: f64,
}

impl Manifest {
    /// Reads a manifest; `place` is what errors call it.
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self> {
        Self::expect_format(bytes, place)?;
        let damaged = |error: serde_json::Error| {
            Error::new(Kind::Archive, format!("the manifest `{place}` is damaged")).cause(error)
        };
        let manifest: Self = serde_json::from_slice(bytes).map_err(damaged)?;
        manifest.expect_sound(place)?;
        Ok(manifest)
    }

    /// Refuses a format that is newer than this vecops. What says no version is somebody else's to refuse.
    pub fn expect_format(bytes: &[u8], place: &str) -> Result<()> {
        match serde_json::from_slice::<Version>(bytes) {
            Ok(Version { format }) if format > FORMAT => {
                let message =
                    format!("the backup `{place}` has format {format}, and this vecops reads up to {FORMAT}");
                Err(Error::new(Kind::Archive, message).hint("Use a newer vecops."))
            }
            _ => Ok(()),
        }
    }

    /// The manifest as it is stored.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::bug("a manifest does not become JSON").cause(error))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The table of this name.
    pub fn table(&self, name: &QualifiedName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// Holds the totals against their parts.
    fn expect_sound(&self, place: &str) -> Result<()> {
        for table in &self.tables {
            let total = |of: fn(&Chunk) -> u64| table.chunks.iter().map(of).fold(0, u64::saturating_add);
            let rows = total(|chunk| chunk.rows);
            let raw_bytes = total(|chunk| chunk.raw_bytes);
            let stored_bytes = total(|chunk| chunk.stored_bytes);
            let digest: RowsDigest = table.chunks.iter().map(|chunk| chunk.digest).collect();
            let sound = (rows, raw_bytes, stored_bytes, digest)
                == (table.rows, table.raw_bytes, table.stored_bytes, table.digest);
            if !sound {
                let message = format!(
                    "the manifest `{place}` is damaged: the chunks of {} do not add up to the table",
                    table.name.plain()
                );
                return Err(Error::new(Kind::Archive, message));
            }
            let mut seen = HashSet::new();
            let repeated = table.chunks.iter().find(|chunk| !seen.insert(chunk.object));
            // Only rows without a key may be the same twice.
            if let (Some(chunk), false) = (repeated, table.key.is_empty()) {
                let message = format!(
                    "the manifest `{place}` is damaged: {} has the chunk `{}` twice",
                    table.name.plain(),
                    chunk.object
                );
                return Err(Error::new(Kind::Archive, message));
            }
            let keyed = |name: &Ident| table.columns.iter().any(|column| column.name == *name);
            if !table.key.iter().all(keyed) {
                let message = format!(
                    "the manifest `{place}` is damaged: {} lacks a column of its key",
                    table.name.plain()
                );
                return Err(Error::new(Kind::Archive, message));
            }
        }
        Ok(())
    }
}
