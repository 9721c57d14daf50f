//! The encoded rows of a source, one chunk after the other, and what happens to its bad lines on the way.
//!
//! It counts and, where the load can be resumed, hashes what it hands out; it must not know the server.

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

use super::destination::Destination;
use super::piece;
use super::pipeline::{self, Chunk, Event, Purpose};
use super::rejects::Rejects;
use super::source::Source;
use crate::error::{Error, Result};
use crate::progress::{Progress, Task, Unit};
use crate::sql::Ident;

/// What was handed out so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    /// Rows.
    pub(super) rows: u64,
    /// Bytes of the source.
    pub(super) read: u64,
    /// Bytes for the server.
    pub(super) sent: u64,
    /// The greatest key that is a number.
    pub(super) greatest_id: Option<i64>,
}

/// The rows of a source, from the first to the last.
pub(super) struct Feed<'a> {
    destination: &'a Destination,
    events: Receiver<Event>,
    reading: Option<JoinHandle<Result<()>>>,
    ahead: Option<Chunk>,
    columns: Vec<Ident>,
    digest: Option<Sha256>,
    task: Task,
    failure: Option<Error>,
    /// The bad lines.
    pub(super) rejects: Rejects,
    /// What was handed out so far.
    pub(super) totals: Totals,
}

impl<'a> Feed<'a> {
    /// Starts reading.
    pub(super) fn start(
        source: &Source,
        destination: &'a Destination,
        rejects: Rejects,
        progress: &dyn Progress,
    ) -> Self {
        let purpose = if rejects.tolerates() {
            Purpose::LoadGood
        } else {
            Purpose::Load
        };
        let (events, reading) = pipeline::start(source, destination, purpose);
        let doing = format!("load {}", destination.table.plain());
        Self {
            destination,
            events,
            reading: Some(reading),
            ahead: None,
            columns: Vec::new(),
            digest: None,
            task: progress.task(&doing, Unit::Bytes, source.size()),
            failure: None,
            rejects,
            totals: Totals::default(),
        }
    }

    /// Hashes the columns and rows from here on; [`Self::digest`] tells.
    pub(super) fn hash(&mut self) {
        self.digest = Some(Sha256::new());
    }

    /// Whether what is handed out may stand in the table before the load is over.
    pub(super) fn is_hashed(&self) -> bool {
        self.digest.is_some()
    }

    /// The digest of everything handed out so far, in hexadecimal.
    pub(super) fn digest(&self) -> String {
        format!("{:x}", self.digest.clone().unwrap_or_default().finalize())
    }

    /// The columns of the rows; known once there was one.
    pub(super) fn columns(&self) -> &[Ident] {
        &self.columns
    }

    /// Whether there are more rows.
    pub(super) async fn more(&mut self) -> bool {
        if self.ahead.is_none() {
            self.ahead = self.receive().await;
        }
        self.ahead.is_some()
    }

    /// The next rows; none at the end of the source, or where something stopped reading: then [`Self::finish`] tells.
    pub(super) async fn next(&mut self) -> Option<Chunk> {
        if !self.more().await {
            return None;
        }
        let chunk = self.ahead.take()?;
        if let Some(digest) = &mut self.digest {
            digest.update(&chunk.bytes);
        }
        let totals = &mut self.totals;
        totals.rows += chunk.lines.rows();
        totals.sent += u64::try_from(chunk.bytes.len()).unwrap_or_default();
        totals.greatest_id = totals.greatest_id.max(chunk.greatest_id);
        self.task.advance(chunk.consumed.saturating_sub(totals.read));
        totals.read = chunk.consumed;
        Some(chunk)
    }

    /// Hashes so many rows and leaves them out; tells whether there were so many.
    pub(super) async fn pass_over(&mut self, rows: u64) -> bool {
        let mut left = rows;
        while left > 0 {
            let Some(mut chunk) = self.receive().await else {
                return false;
            };
            self.task.advance(chunk.consumed.saturating_sub(self.totals.read));
            self.totals.read = chunk.consumed;
            let passed = chunk.lines.rows().min(left);
            let bytes = piece::length(&chunk.bytes, passed);
            let rest = chunk.bytes.split_off(bytes);
            let texts = usize::try_from(passed)
                .unwrap_or(usize::MAX)
                .min(chunk.texts.len());
            chunk.texts.drain(..texts);
            if let Some(digest) = &mut self.digest {
                digest.update(&chunk.bytes);
            }
            if !rest.is_empty() {
                let lines = piece::lines(&chunk.lines, passed..chunk.lines.rows());
                self.ahead = Some(Chunk {
                    bytes: rest,
                    lines,
                    ..chunk
                });
            }
            left -= passed;
        }
        true
    }

    /// Whether reading came to the end of the source, or why not.
    pub(super) async fn finish(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(reading) = self.reading.take() {
            reading
                .await
                .map_err(|error| Error::bug("the reading thread ended early").caused_by(&error))??;
        }
        Ok(())
    }

    async fn receive(&mut self) -> Option<Chunk> {
        while self.failure.is_none() {
            match self.events.recv().await? {
                Event::Rows(chunk) if chunk.lines.rows() > 0 => return Some(chunk),
                Event::Rows(_) => {}
                Event::Layout(places) => {
                    let field = |place: &usize| self.destination.fields.get(*place);
                    let columns = places.iter().filter_map(field);
                    self.columns = columns.map(|field| field.column.clone()).collect();
                    if let Some(digest) = &mut self.digest {
                        digest.update(format!("{:?}", self.columns));
                    }
                }
                Event::Rejected(line, rejection) => {
                    self.failure = self.rejects.add_line(line, rejection).err();
                }
            }
        }
        None
    }
}
