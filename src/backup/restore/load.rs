//! Loading chunks, several at once, each in the transaction that enters it into the ledger.
//!
//! A thread reads a chunk and holds every byte against the manifest; the rows are committed only when it has said that
//! all of it was right. So a damaged chunk is in no table, not even for a moment that others see.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::PgConnection;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::super::chunk::{Chunk, ChunkReader};
use super::super::digest::SETTINGS;
use super::super::manifest::{Column, Manifest, Transport};
use super::super::repository::Repository;
use super::super::stage::RestoreStage;
use super::begin;
use super::ledger::Ledger;
use super::wanted::{Wanted, WantedTable};
use crate::connection::{Connector, Need, Session, TransactionOptions, Watch};
use crate::error::{Context as _, Error, Kind, Result};
use crate::failpoint::reach;
use crate::progress::{Progress, Task, Unit};
use crate::sql::{self, Ident, QualifiedName};

/// How many pieces of a chunk may wait for the server.
const WAITING: usize = 4;
/// Where columns that travel as text wait for their casts.
const STAGE: &str = "vecops_stage";

/// What a load needs.
pub(super) struct Load<'a> {
    pub(super) connector: &'a Connector,
    pub(super) repository: &'a Repository,
    pub(super) manifest: &'a Manifest,
    pub(super) wanted: &'a Wanted,
    pub(super) ledger: &'a Ledger,
    pub(super) jobs: usize,
}

/// A chunk that is to be loaded.
struct Job<'a> {
    table: &'a WantedTable,
    columns: &'a [Column],
    /// The columns' types as they are here.
    types: &'a [String],
    place: u64,
    chunk: &'a Chunk,
    task: &'a Task,
}

impl Load<'_> {
    /// Loads every chunk that the ledger lacks; returns the bytes of what this run loaded.
    pub(super) async fn run(&self, session: &mut Session, progress: &dyn Progress) -> Result<u64> {
        let mut transaction = session.begin_read().await?;
        let loaded = self.ledger.loaded(&mut transaction).await?;
        transaction.rollback().await?;
        let (tasks, whole) = self.tasks(progress)?;
        let mut queue = VecDeque::new();
        let mut bytes = 0;
        let types: Vec<Vec<String>> = self.wanted.tables.iter().map(|table| self.types(table)).collect();
        for place in self.order() {
            let (Some(table), Some(task), Some(types)) =
                (self.wanted.tables.get(place), tasks.get(place), types.get(place))
            else {
                continue;
            };
            let entry = table.entry(self.manifest)?;
            for (place, chunk) in (0..).zip(&entry.chunks) {
                if loaded.contains(&(table.at.to_string(), place)) {
                    task.advance(chunk.raw_bytes);
                    continue;
                }
                bytes += chunk.raw_bytes;
                queue.push_back(Job {
                    table,
                    columns: &entry.columns,
                    types,
                    place,
                    chunk,
                    task,
                });
            }
        }
        let jobs = if self.refers() { 1 } else { self.jobs };
        let workers = jobs.clamp(1, queue.len().max(1));
        let queue = Mutex::new(queue);
        let work = (0..workers).map(|_| self.work(&queue, progress));
        futures_util::future::try_join_all(work).await?;
        tasks.into_iter().for_each(Task::finish);
        if let Some(whole) = whole.and_then(Arc::into_inner) {
            whole.finish();
        }
        Ok(bytes)
    }

    /// A task for each table, and where there are several one for all.
    fn tasks(&self, progress: &dyn Progress) -> Result<(Vec<Task>, Option<Arc<Task>>)> {
        let mut tasks = Vec::new();
        let mut total = 0;
        let several = self.wanted.tables.len() > 1;
        let whole = several.then(|| Arc::new(progress.task("load all tables", Unit::Bytes, None)));
        for table in &self.wanted.tables {
            let bytes = table.entry(self.manifest)?.raw_bytes;
            total += bytes;
            let task = progress.task(&format!("load {}", table.to.plain()), Unit::Bytes, Some(bytes));
            tasks.push(match &whole {
                Some(whole) => task.part_of(whole),
                None => task,
            });
        }
        if let Some(whole) = &whole {
            whole.set_total(total);
        }
        Ok((tasks, whole))
    }

    /// The types of a table's columns as they are here, in the manifest's order.
    fn types(&self, table: &WantedTable) -> Vec<String> {
        let made = self.wanted.made.table(&table.at);
        let columns = table.entry(self.manifest).map_or(&[][..], |entry| &entry.columns);
        let here = |column: &Column| made.and_then(|made| made.column(column.name.as_str()));
        columns
            .iter()
            .map(|column| {
                here(column)
                    .map_or(&column.type_text, |here| &here.type_text)
                    .clone()
            })
            .collect()
    }

    /// Whether tables that are there already check references while rows come in.
    fn refers(&self) -> bool {
        let mut constraints = self
            .wanted
            .made
            .tables
            .iter()
            .flat_map(|table| &table.constraints);
        self.wanted.only_rows && constraints.any(|constraint| constraint.references.is_some())
    }

    /// The places of the tables; where references are checked, what is referred to comes first.
    fn order(&self) -> Vec<usize> {
        let tables = &self.wanted.tables;
        let mut left: Vec<usize> = (0..tables.len()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let waits = |place: &usize| {
                let table = tables
                    .get(*place)
                    .and_then(|table| self.wanted.made.table(&table.at));
                let referred = table.into_iter().flat_map(|table| {
                    let others = table.constraints.iter().filter_map(|key| key.references.as_ref());
                    others.filter(|other| **other != table.name)
                });
                let is_left = |name: &QualifiedName| {
                    left.iter()
                        .any(|other| tables.get(*other).is_some_and(|table| table.at == *name))
                };
                self.wanted.only_rows && referred.into_iter().any(is_left)
            };
            // Tables that refer to each other in a circle come as they are.
            let next = left.iter().position(|place| !waits(place)).unwrap_or(0);
            order.push(left.remove(next));
        }
        order
    }

    async fn work(&self, queue: &Mutex<VecDeque<Job<'_>>>, progress: &dyn Progress) -> Result<()> {
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(mut job) = next() else { return Ok(()) };
        let mut session = self.connector.open(Need::Session, progress).await?;
        let watch = Watch::new(self.connector, &session);
        loop {
            Box::pin(self.chunk(&mut session, &watch, &job)).await?;
            match next() {
                Some(another) => job = another,
                None => return session.close().await,
            }
        }
    }

    async fn chunk(&self, session: &mut Session, watch: &Watch<'_>, job: &Job<'_>) -> Result<()> {
        let reader = ChunkReader::open(self.repository, job.chunk)?;
        let preparing = async {
            let mut transaction = begin(session, TransactionOptions::write()).await?;
            // The stage that follows is committed with everything before it.
            sql::run(&mut transaction, format!("{SETTINGS}; {}", sql::UNFLUSHED)).await?;
            let table = job.table.at.to_string();
            self.ledger
                .enter_chunk(&mut transaction, &table, job.place, job.chunk.rows)
                .await?;
            let into = Into::prepare(&mut transaction, job).await?;
            Ok((transaction, into))
        };
        let (mut transaction, into) = watch.over(preparing).await?;
        let rows = into
            .fill(&mut transaction, watch, reader, job.task)
            .await
            .with_context(|| format!("load chunk {} of `{}`", job.place + 1, job.table.from.plain()))?;
        if rows != job.chunk.rows {
            let message = format!(
                "`{}` took {rows} of the {} rows of a chunk",
                job.table.at.plain(),
                job.chunk.rows
            );
            return Err(Error::new(Kind::Differs, message)
                .hint("A rule or a trigger of the table drops rows: restore into a new table."));
        }
        reach(RestoreStage::ChunkSent.name()).await;
        let committing = async { transaction.commit().await.map_err(Error::from) };
        watch.over(committing).await?;
        reach(RestoreStage::ChunkLoaded.name()).await;
        Ok(())
    }
}

/// Where the rows of a chunk go: straight into the table, or through a temporary one that casts texts.
struct Into<'a> {
    table: &'a QualifiedName,
    columns: &'a [Column],
    types: &'a [String],
    staged: bool,
}

impl<'a> Into<'a> {
    async fn prepare(connection: &mut PgConnection, job: &Job<'a>) -> Result<Self> {
        let staged = job
            .columns
            .iter()
            .any(|column| column.transport == Transport::Text);
        let into = Self {
            table: &job.table.at,
            columns: job.columns,
            types: job.types,
            staged,
        };
        if staged {
            let columns: Vec<String> = into
                .columns
                .iter()
                .map(|column| match column.transport {
                    Transport::Text => format!("null::pg_catalog.text as {}", column.name),
                    Transport::Binary => format!("t.{}", column.name),
                })
                .collect();
            let statement = format!(
                "create temporary table {STAGE} on commit drop as select {} from {} t with no data",
                columns.join(", "),
                into.table
            );
            sql::run(connection, statement)
                .await
                .context("make the temporary table for texts")?;
        }
        Ok(into)
    }

    async fn fill(
        &self,
        connection: &mut PgConnection,
        watch: &Watch<'_>,
        reader: ChunkReader,
        task: &Task,
    ) -> Result<u64> {
        let stage = QualifiedName::new(Ident::constant("pg_temp"), Ident::constant(STAGE));
        let target = if self.staged { &stage } else { self.table };
        let rows = copy(connection, watch, target, self.columns, reader, task).await?;
        if !self.staged {
            return Ok(rows);
        }
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.name.to_string())
            .collect();
        let values: Vec<String> = self
            .columns
            .iter()
            .zip(self.types)
            .map(|(column, kind)| match column.transport {
                Transport::Text => format!("s.{}::{kind}", column.name),
                Transport::Binary => format!("s.{}", column.name),
            })
            .collect();
        let statement = format!(
            "insert into {} ({}) overriding system value select {} from {stage} s",
            self.table,
            names.join(", "),
            values.join(", ")
        );
        let casting = async { Ok(sql::dynamic(statement).execute(&mut *connection).await?) };
        Ok(watch.over(casting).await?.rows_affected())
    }
}

/// Copies a chunk; it is not over before its reader has said that all of it was right.
async fn copy(
    connection: &mut PgConnection,
    watch: &Watch<'_>,
    table: &QualifiedName,
    columns: &[Column],
    reader: ChunkReader,
    task: &Task,
) -> Result<u64> {
    let names: Vec<&Ident> = columns.iter().map(|column| &column.name).collect();
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let thread = tokio::task::spawn_blocking(move || read(reader, &sender));
    let beginning = async { Ok(sql::copy_in(connection, table, &names).await?) };
    let mut copy = watch.over(beginning).await?;
    let sent = send(&mut copy, watch, &mut pieces, task).await;
    drop(pieces);
    let read = thread
        .await
        .map_err(|error| Error::bug("the reading thread broke").cause(error))?;
    if let Err(error) = &sent
        && error.kind() == Kind::Connection
    {
        // There is nothing left to end.
        return Err(error.clone());
    }
    // A COPY must be ended, also where its rows are not wanted: the transaction goes back.
    let ending = async { copy.finish().await.map_err(Error::from) };
    let copied = watch.over(ending).await;
    sent.and(read)?;
    copied
}

fn read(mut reader: ChunkReader, sender: &Sender<Vec<u8>>) -> Result<()> {
    while let Some(piece) = reader.next_piece()? {
        if sender.blocking_send(piece.to_vec()).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

async fn send(
    copy: &mut sql::CopyIn<'_>,
    watch: &Watch<'_>,
    pieces: &mut Receiver<Vec<u8>>,
    task: &Task,
) -> Result<()> {
    while let Some(piece) = pieces.recv().await {
        let sending = async { copy.send(&piece).await.map_err(Error::from) };
        watch.over(sending).await?;
        task.advance(u64::try_from(piece.len()).unwrap_or_default());
    }
    Ok(())
}
