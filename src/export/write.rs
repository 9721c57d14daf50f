//! The writing thread: the server's bytes to rows, the rows to a format.

use tokio::sync::mpsc::Receiver;

use super::Format;
use super::cell;
use super::parquet::ParquetRows;
use super::selection::Column;
use crate::error::{Error, Result};
use crate::output::{Files, Output, Publication};
use crate::progress::Task;
use crate::vector::ElementType;
use crate::vector::copy::{ColumnKind, CopyDecoder, RowView, field};
use crate::vector::npy;

/// How many bytes of written rows are gathered before they go out.
const GATHERED: usize = 128 * 1024;

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// Everything that the writing thread needs.
pub(super) struct Writing {
    decoder: CopyDecoder,
    to: Writer,
    count: u64,
    task: Task,
}

/// What takes rows.
enum Writer {
    /// Rows one after the other.
    Rows {
        rows: Rows,
        output: Output,
        side: Option<Output>,
    },
    /// Columns.
    Parquet(ParquetRows),
}

/// How rows become bytes.
struct Rows {
    format: Format,
    columns: Vec<Column>,
    /// `{"name": ` or `, "name": ` in front of each value of a JSON object.
    keys: Vec<Vec<u8>>,
    /// The dimensions of an array's rows.
    dimensions: Option<usize>,
    count: u64,
    main: Vec<u8>,
    side: Vec<u8>,
}

impl Writing {
    /// Opens the outputs; what makes the files appear stays with the caller.
    pub(super) fn new(
        files: Files,
        columns: Vec<Column>,
        format: Format,
        task: Task,
    ) -> Result<(Publication, Self)> {
        let (publication, output, side) = files.open()?;
        let to = if format == Format::Parquet {
            Writer::Parquet(ParquetRows::new(columns, output)?)
        } else {
            let mut rows = Rows::new(format, columns)?;
            rows.begin();
            Writer::Rows { rows, output, side }
        };
        let writing = Self {
            decoder: CopyDecoder::new(),
            to,
            count: 0,
            task,
        };
        Ok((publication, writing))
    }

    /// Writes all that comes, to the end of the server's stream. A stream that stops before its end is an error.
    pub(super) fn run(mut self, mut pieces: Receiver<Vec<u8>>) -> Result<Totals> {
        while let Some(piece) = pieces.blocking_recv() {
            self.push(&piece)?;
        }
        self.finish()
    }

    /// Takes the next bytes of the stream.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<()> {
        let before = self.count;
        self.decoder.push(piece);
        while let Some(row) = self.decoder.next_row().map_err(unreadable)? {
            self.count += 1;
            let number = self.count;
            let written = self.to.write(row);
            written.map_err(|error| error.context(format!("row {number} in the order of the key")))?;
        }
        self.to.piece(piece)?;
        self.task.advance(self.count - before);
        Ok(())
    }

    /// Ends the output, where the stream came to its end.
    pub(super) fn finish(self) -> Result<Totals> {
        self.decoder.finish().map_err(unreadable)?;
        let totals = Totals {
            rows: self.count,
            bytes: self.to.finish()?,
        };
        self.task.set_total(totals.rows);
        self.task.finish();
        Ok(totals)
    }
}

impl Writer {
    fn write(&mut self, row: RowView<'_>) -> Result<()> {
        match self {
            Self::Parquet(parquet) => parquet.write(row),
            Self::Rows { rows, output, side } => {
                rows.write(row)?;
                if rows.main.len() >= GATHERED {
                    rows.send(output, side.as_mut())?;
                }
                Ok(())
            }
        }
    }

    /// Takes the server's bytes as they are, once their rows were read.
    fn piece(&mut self, piece: &[u8]) -> Result<()> {
        match self {
            Self::Rows { rows, output, .. } if rows.format == Format::Pgcopy => output.put(piece),
            _ => Ok(()),
        }
    }

    /// Writes what is left; returns how many bytes there are in all.
    fn finish(self) -> Result<u64> {
        match self {
            Self::Parquet(parquet) => parquet.finish()?.finish(None),
            Self::Rows {
                mut rows,
                mut output,
                mut side,
            } => {
                rows.send(&mut output, side.as_mut())?;
                let head = rows.head();
                let bytes = output.finish(head.as_ref().map(<[u8; npy::HEAD]>::as_slice))?;
                match side {
                    Some(side) => Ok(bytes + side.finish(None)?),
                    None => Ok(bytes),
                }
            }
        }
    }
}

impl Rows {
    fn new(format: Format, columns: Vec<Column>) -> Result<Self> {
        let embedding = columns.iter().find(|column| column.is_embedding);
        if format == Format::Npy && !embedding.is_some_and(|column| column.kind.is_dense()) {
            return Err(Error::usage("an array holds `vector` or `halfvec` only")
                .hint("Choose `--format jsonl` or `--format pgcopy`."));
        }
        let dimensions = embedding.and_then(|column| match column.kind {
            ColumnKind::Vector(_, dimensions) => usize::try_from(dimensions?).ok(),
            _ => None,
        });
        let mut keys = Vec::new();
        for column in &columns {
            let in_side = format == Format::Npy && column.is_embedding;
            let mut key = if in_side || keys.iter().all(Vec::is_empty) {
                b"{".to_vec()
            } else {
                b", ".to_vec()
            };
            if in_side {
                key.clear();
            } else {
                serde_json::to_writer(&mut key, column.name.as_str())
                    .map_err(|error| Error::bug(format!("a name does not become JSON: {error}")))?;
                key.extend_from_slice(b": ");
            }
            keys.push(key);
        }
        Ok(Self {
            format,
            columns,
            keys,
            dimensions,
            count: 0,
            main: Vec::new(),
            side: Vec::new(),
        })
    }

    /// Writes what stands before the rows.
    fn begin(&mut self) {
        match self.format {
            Format::Csv => {
                for (place, column) in self.columns.iter().enumerate() {
                    if place > 0 {
                        self.main.push(b',');
                    }
                    cell::quoted(column.name.as_str(), &mut self.main);
                }
                self.main.push(b'\n');
            }
            Format::Npy => self.main.extend_from_slice(&npy::head("<f4", 0, 0)),
            Format::Jsonl | Format::Parquet | Format::Pgcopy => {}
        }
    }

    fn write(&mut self, row: RowView<'_>) -> Result<()> {
        self.count += 1;
        if row.len() != self.columns.len() {
            return Err(Error::bug("the server sent another number of columns"));
        }
        match self.format {
            Format::Jsonl => {
                let (columns, keys) = (&self.columns, &self.keys);
                object(columns, keys, row, &mut self.main)
            }
            Format::Csv => self.csv(row),
            Format::Npy => self.array(row),
            Format::Parquet | Format::Pgcopy => Ok(()),
        }
    }

    fn csv(&mut self, row: RowView<'_>) -> Result<()> {
        for (place, (column, bytes)) in self.columns.iter().zip(row.fields()).enumerate() {
            if place > 0 {
                self.main.push(b',');
            }
            if let Some(bytes) = bytes {
                cell::csv(column.kind, bytes, &mut self.main).map_err(|error| in_column(error, column))?;
            }
        }
        self.main.push(b'\n');
        Ok(())
    }

    fn array(&mut self, row: RowView<'_>) -> Result<()> {
        let embedding = self
            .columns
            .iter()
            .zip(row.fields())
            .find(|(column, _)| column.is_embedding);
        let Some((column, bytes)) = embedding else {
            return Err(Error::bug("an array without its vector"));
        };
        let name = column.name.plain();
        let bytes = bytes.ok_or_else(|| {
            Error::failed(format!("{name} is null, and an array has no place for that"))
                .hint(format!("Add `--where '{name} is not null'`."))
        })?;
        let found = if is_half(column) {
            let halves = field::halfvec(bytes).map_err(unreadable)?;
            self.main
                .extend(halves.iter().flat_map(|half| half.to_le_bytes()));
            halves.len()
        } else {
            let elements = field::vector(bytes).map_err(unreadable)?;
            self.main
                .extend(elements.iter().flat_map(|element| element.to_le_bytes()));
            elements.len()
        };
        let expected = *self.dimensions.get_or_insert(found);
        if found != expected {
            return Err(Error::failed(format!(
                "{name} has {found} dimensions, and the rows before it {expected}; an array has one number of them"
            )));
        }
        if self.columns.len() > 1 {
            object(&self.columns, &self.keys, row, &mut self.side)?;
        }
        Ok(())
    }

    /// What goes over the start of an array once its rows are counted.
    fn head(&self) -> Option<[u8; npy::HEAD]> {
        if self.format != Format::Npy {
            return None;
        }
        let half = |column: &Column| column.is_embedding && is_half(column);
        let element = if self.columns.iter().any(half) {
            "<f2"
        } else {
            "<f4"
        };
        Some(npy::head(
            element,
            self.count,
            self.dimensions.unwrap_or_default(),
        ))
    }

    fn send(&mut self, output: &mut Output, side: Option<&mut Output>) -> Result<()> {
        output.put(&self.main)?;
        self.main.clear();
        if let Some(side) = side {
            side.put(&self.side)?;
            self.side.clear();
        }
        Ok(())
    }
}

/// One JSON object on a line, of the columns that have a key.
fn object(columns: &[Column], keys: &[Vec<u8>], row: RowView<'_>, out: &mut Vec<u8>) -> Result<()> {
    for ((column, key), bytes) in columns.iter().zip(keys).zip(row.fields()) {
        if key.is_empty() {
            continue;
        }
        out.extend_from_slice(key);
        match bytes {
            None => out.extend_from_slice(b"null"),
            Some(bytes) => cell::json(column.kind, bytes, out).map_err(|error| in_column(error, column))?,
        }
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}

fn is_half(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Vector(ElementType::Halfvec, _))
}

fn in_column(error: Error, column: &Column) -> Error {
    error.context(format!("column {}", column.name.plain()))
}

fn unreadable(error: crate::vector::copy::DecodeError) -> Error {
    Error::failed("the server's rows cannot be read").cause(error)
}
