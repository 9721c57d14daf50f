//! Sending encoded rows into the table.

use std::time::Instant;

use serde::Serialize;
use sqlx::PgConnection;
use tokio::sync::mpsc::Receiver;

use super::destination::Destination;
use super::lines::RowLines;
use super::pipeline::{self, Chunk, Event, Purpose};
use super::refusal;
use super::sequence;
use super::source::Source;
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Task, Unit};
use crate::sql::{self, CopyIn, Ident, QualifiedName};
use crate::vector::copy::{HEADER, TRAILER};

/// How many bytes go into one COPY. The server's error is heard only at its end, so it must not be far.
const ONE_COPY: usize = 32 * 1024 * 1024;

/// What was loaded.
#[derive(Debug, Clone, Serialize)]
pub struct LoadReport {
    /// The table.
    pub table: QualifiedName,
    /// Where the rows came from.
    pub source: String,
    /// How many rows were loaded.
    pub rows: u64,
    /// The columns that the source filled.
    pub columns: Vec<Ident>,
    /// The bytes read, compressed as they may be.
    pub bytes_read: u64,
    /// The bytes sent to the server.
    pub bytes_sent: u64,
    /// Seconds from the first byte read to the last row in, without the commit.
    pub seconds: f64,
    /// What the table's sequence was moved to, so that it goes on after the keys given.
    pub sequence_moved_to: Option<i64>,
    /// The vector indexes that every row had to enter.
    pub vector_indexes: Vec<String>,
    /// Whether the planner's statistics were renewed after the commit.
    pub analyzed: bool,
}

/// Loads everything in the caller's transaction, which the caller commits. After an error nothing is loaded, and the
/// transaction is to be rolled back.
pub async fn load(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    progress: &dyn Progress,
) -> Result<LoadReport> {
    let started = Instant::now();
    sql::fixed(include_str!("../../sql/seed/prepare.sql"))
        .execute(&mut *connection)
        .await
        .context("prepare the transaction")?;
    sql::run(connection, refusal::SAVEPOINT)
        .await
        .context("set a savepoint")?;

    let task = progress.task(
        &format!("load {}", destination.table.plain()),
        Unit::Bytes,
        source.size(),
    );
    let mut loading = Loading {
        destination,
        source,
        task: &task,
        columns: Vec::new(),
        totals: Totals::default(),
    };
    let copied = loading.run(connection).await;
    let Loading { columns, totals, .. } = loading;
    match copied {
        Ok(()) => {}
        Err(Failure::Here(error)) => return Err(error),
        Err(Failure::Server(error, lines)) => {
            return Err(refusal::explain(connection, destination, source, error, &lines).await);
        }
    }
    let columns: Vec<Ident> = columns.into_iter().cloned().collect();
    let sequence_moved_to = sequence::move_past(connection, destination, totals.greatest_id).await?;
    task.finish();
    Ok(LoadReport {
        table: destination.table.clone(),
        source: source.name(),
        rows: totals.rows,
        columns,
        bytes_read: totals.read,
        bytes_sent: totals.sent,
        seconds: started.elapsed().as_secs_f64(),
        sequence_moved_to,
        vector_indexes: destination.vector_indexes.clone(),
        analyzed: false,
    })
}

/// Renews the planner's statistics, where the role may; returns whether it did.
pub async fn analyze(connection: &mut PgConnection, destination: &Destination) -> Result<bool> {
    if !destination.may_analyze {
        return Ok(false);
    }
    let statement = format!("analyze {}", destination.table);
    sql::run(connection, statement)
        .await
        .with_context(|| format!("analyze `{}`", destination.table.plain()))?;
    Ok(true)
}

#[derive(Default)]
struct Totals {
    rows: u64,
    read: u64,
    sent: u64,
    greatest_id: Option<i64>,
}

struct Loading<'a> {
    destination: &'a Destination,
    source: &'a Source,
    task: &'a Task,
    columns: Vec<&'a Ident>,
    totals: Totals,
}

/// Why loading stopped.
enum Failure {
    /// vecops found something: a bad line, a file that cannot be read.
    Here(Error),
    /// The server refused rows, which stand on these lines.
    Server(sqlx::Error, RowLines),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

/// A COPY under way.
struct Batch<'c> {
    copy: CopyIn<'c>,
    bytes: usize,
    lines: RowLines,
}

impl Batch<'_> {
    async fn finish(mut self) -> Result<(), Failure> {
        if let Err(error) = self.copy.send(&TRAILER).await {
            return Err(Failure::Server(error, self.lines));
        }
        match self.copy.finish().await {
            Ok(rows) if rows == self.lines.rows() => Ok(()),
            Ok(rows) => {
                let sent = self.lines.rows();
                let message =
                    format!("{sent} rows were sent, but the table took {rows}: a trigger leaves rows out");
                Err(Failure::Here(Error::failed(message)))
            }
            Err(error) => Err(Failure::Server(error, self.lines)),
        }
    }
}

impl Loading<'_> {
    async fn run(&mut self, connection: &mut PgConnection) -> Result<(), Failure> {
        let (mut events, reading) = pipeline::start(self.source, self.destination, Purpose::Load);
        let sent = self.send_all(connection, &mut events).await;
        drop(events);
        // Where sending failed, its reason counts, not the reader's. Nobody waits for a reader that waits for stdin.
        sent?;
        reading
            .await
            .map_err(|error| Error::bug("the reading thread ended early").caused_by(&error))??;
        Ok(())
    }

    /// Sends COPY after COPY until no rows are left.
    async fn send_all(
        &mut self,
        connection: &mut PgConnection,
        events: &mut Receiver<Event>,
    ) -> Result<(), Failure> {
        while let Some(first) = self.next_rows(events).await {
            let mut batch = self.begin(connection).await?;
            let mut next = Some(first);
            while let Some(chunk) = next {
                self.send(&mut batch, chunk).await?;
                if batch.bytes >= ONE_COPY {
                    break;
                }
                next = self.next_rows(events).await;
            }
            batch.finish().await?;
        }
        Ok(())
    }

    /// The next encoded rows; none at the end of the source, or where the reader found a bad line.
    async fn next_rows(&mut self, events: &mut Receiver<Event>) -> Option<Chunk> {
        loop {
            match events.recv().await? {
                Event::Rows(chunk) if chunk.lines.rows() > 0 => return Some(chunk),
                Event::Layout(places) => {
                    let field = |place: &usize| self.destination.fields.get(*place);
                    self.columns = places
                        .iter()
                        .filter_map(field)
                        .map(|field| &field.column)
                        .collect();
                }
                Event::Rows(_) | Event::Rejected(..) => {}
            }
        }
    }

    async fn begin<'c>(&self, connection: &'c mut PgConnection) -> Result<Batch<'c>, Failure> {
        let begun = sql::copy_in(connection, &self.destination.table, &self.columns).await;
        let mut copy = begun.map_err(|error| Failure::Server(error, RowLines::default()))?;
        match copy.send(&HEADER).await {
            Ok(()) => Ok(Batch {
                copy,
                bytes: 0,
                lines: RowLines::default(),
            }),
            Err(error) => Err(Failure::Server(error, RowLines::default())),
        }
    }

    async fn send(&mut self, batch: &mut Batch<'_>, chunk: Chunk) -> Result<(), Failure> {
        batch.lines.append(&chunk.lines);
        if let Err(error) = batch.copy.send(&chunk.bytes).await {
            return Err(Failure::Server(error, std::mem::take(&mut batch.lines)));
        }
        batch.bytes += chunk.bytes.len();
        let totals = &mut self.totals;
        totals.rows += chunk.lines.rows();
        totals.sent += u64::try_from(chunk.bytes.len()).unwrap_or_default();
        totals.greatest_id = totals.greatest_id.max(chunk.greatest_id);
        self.task.advance(chunk.consumed.saturating_sub(totals.read));
        totals.read = chunk.consumed;
        Ok(())
    }
}
