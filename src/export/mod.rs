//! Rows out of a table: JSON Lines, CSV, NumPy arrays, Parquet or binary COPY, streamed in constant memory.
//!
//! The caller hands in a read-only transaction with one snapshot. A file appears at its path only when it is whole.
//! This module must not write to the database, nor ask anybody anything. Formats: <https://jsonlines.org>; RFC 4180
//! with PostgreSQL's reading of NULL; `numpy.lib.format` version 1.0; PostgreSQL documentation, "COPY".

mod cell;
mod conversion;
mod parquet;
mod selection;
mod write;

pub use conversion::{Conversion, StreamColumn, travels_as_text};

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use futures_util::StreamExt as _;
use serde::Serialize;
use sqlx::PgConnection;
use tokio::sync::mpsc;

use self::selection::Selection;
use self::write::Writing;
use crate::catalog::RowTarget;
use crate::error::{Context as _, Error, Result};
use crate::output::{Files, Place};
use crate::progress::{Progress, Unit};
use crate::sql::{self, Ident, QualifiedName};

/// How many bytes of the server's stream are handed to the writing thread at once.
const PIECE: usize = 256 * 1024;
/// How many such pieces may wait for it.
const WAITING: usize = 4;

/// What the rows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// The vectors as a NumPy array, the other columns as JSON Lines beside it.
    Npy,
    /// Columns with types, in row groups.
    Parquet,
    /// The binary format of `COPY`.
    Pgcopy,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "jsonl" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "npy" => Ok(Self::Npy),
            "parquet" => Ok(Self::Parquet),
            "pgcopy" => Ok(Self::Pgcopy),
            _ => Err(Error::usage(format!("`{text}` is no format"))
                .hint("Say jsonl, csv, npy, parquet or pgcopy.")),
        }
    }
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the rows are written as.
    pub format: Format,
    /// Where they go.
    pub place: Place,
    /// The columns; without them all that are not generated.
    pub columns: Option<Vec<Ident>>,
    /// A condition in SQL.
    pub condition: Option<String>,
    /// The most rows.
    pub limit: Option<u64>,
}

impl Request {
    /// An array is written twice at its start, once its rows are counted.
    fn expect_possible(&self) -> Result<()> {
        if self.format == Format::Npy && (self.place == Place::Stdout || self.place.is_compressed()) {
            return Err(
                Error::usage("an array needs a plain file: its head says how many rows there are")
                    .hint("Name one with `--to FILE.npy`, or choose another format."),
            );
        }
        if self.format == Format::Parquet && self.place.is_compressed() {
            return Err(Error::usage("Parquet is compressed already, column by column")
                .hint("Name the file `--to FILE.parquet`."));
        }
        Ok(())
    }
}

/// What was exported.
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    /// The table.
    pub table: QualifiedName,
    /// Where the rows are; `-` is stdout.
    pub to: String,
    /// Where the columns beside the vectors are, where they have a file of their own.
    pub side_file: Option<PathBuf>,
    /// What they are written as.
    pub format: Format,
    /// How many rows there are.
    pub rows: u64,
    /// The columns, in order.
    pub columns: Vec<Ident>,
    /// The condition that they meet.
    pub condition: Option<String>,
    /// The bytes written, before any compression.
    pub bytes_written: u64,
    /// How long it took.
    pub seconds: f64,
    /// The role from which row-level security may have hidden rows, where it applied.
    pub row_security_role: Option<String>,
}

/// Exports rows in the caller's transaction, which should be read-only and keep one snapshot.
pub async fn export(
    connection: &mut PgConnection,
    on: &RowTarget,
    request: &Request,
    progress: &dyn Progress,
) -> Result<ExportReport> {
    let started = Instant::now();
    request.expect_possible()?;
    let selection = Selection::inspect(connection, on, request).await?;
    if let Some(role) = &selection.row_security_role {
        progress.warn(&format!(
            "row-level security applies to role `{role}`: only the rows that it may see are exported"
        ));
    }
    let estimate = selection.prepare(connection, on, request).await?;
    let side = request.format == Format::Npy && selection.has_side_columns();
    let files = Files::create(&request.place, side.then_some("jsonl"))?;
    let task = progress.task(
        &format!("export {}", on.table.plain()),
        Unit::Rows,
        Some(estimate),
    );
    let side_file = files.side_path();
    let (files, writing) = Writing::new(files, selection.columns.clone(), request.format, task)?;
    let totals = stream(connection, selection.query.clone(), writing).await?;
    files.publish()?;
    Ok(ExportReport {
        table: on.table.clone(),
        to: request.place.name(),
        side_file,
        format: request.format,
        rows: totals.rows,
        columns: selection.columns.into_iter().map(|column| column.name).collect(),
        condition: request.condition.clone(),
        bytes_written: totals.bytes,
        seconds: started.elapsed().as_secs_f64(),
        row_security_role: selection.row_security_role,
    })
}

/// Reads the server's stream and hands it to a thread that writes, because a pipe may block for as long as it likes.
async fn stream(connection: &mut PgConnection, query: String, writing: Writing) -> Result<write::Totals> {
    let mut pieces = Box::pin(sql::copy_out(connection, query).await.context("start the COPY")?);
    let (sender, receiver) = mpsc::channel::<Vec<u8>>(WAITING);
    let thread = tokio::task::spawn_blocking(move || writing.run(receiver));
    let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
    while let Some(bytes) = pieces.next().await {
        piece.extend_from_slice(bytes.context("read the rows")?.as_ref());
        if piece.len() >= PIECE {
            let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE + PIECE / 4));
            // A thread that is gone has its own reason, which it tells below.
            if sender.send(full).await.is_err() {
                break;
            }
        }
    }
    if !piece.is_empty() {
        sender.send(piece).await.unwrap_or_default();
    }
    drop(sender);
    thread
        .await
        .map_err(|error| Error::bug("the writing thread ended early").caused_by(&error))?
}
