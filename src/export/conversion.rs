//! Rows that come as a stream of binary COPY from elsewhere than a table, such as a backup, into a format.

use super::selection::Column;
use super::write::Writing;
use super::{Format, cell};
use crate::error::Result;
use crate::output::{Files, Place, Publication};
use crate::progress::Task;
use crate::sql::Ident;
use crate::vector::copy::ColumnKind;

/// A column of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamColumn {
    /// Its name.
    pub name: Ident,
    /// What its bytes are.
    pub kind: ColumnKind,
}

/// A stream on its way into a file, which appears at its path only when it is whole.
pub struct Conversion {
    publication: Publication,
    writing: Writing,
}

/// Whether a column must come as text, because the format has no better form of it.
pub fn travels_as_text(format: Format, kind: ColumnKind) -> bool {
    cell::as_text(format, kind)
}

impl Conversion {
    /// Makes the file's beginning beside its place.
    pub fn new(place: &Place, columns: &[StreamColumn], format: Format, task: Task) -> Result<Self> {
        let columns = columns.iter().map(|column| {
            let as_text = travels_as_text(format, column.kind);
            Column {
                name: column.name.clone(),
                kind: if as_text { ColumnKind::Other } else { column.kind },
                as_text,
                is_embedding: false,
            }
        });
        let (publication, writing) =
            Writing::new(Files::create(place, None)?, columns.collect(), format, task)?;
        Ok(Self { publication, writing })
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, piece: &[u8]) -> Result<()> {
        self.writing.push(piece)
    }

    /// Ends the file and gives it its name; returns how many bytes it has, before any compression.
    pub fn finish(self) -> Result<u64> {
        let totals = self.writing.finish()?;
        self.publication.publish()?;
        Ok(totals.bytes)
    }
}
