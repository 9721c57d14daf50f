//! One of the sessions that read: range after range, each through a thread that hashes, compresses and writes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::super::chunk::{Chunk, ChunkReader, Codec, Cutter, Range};
use super::super::digest::{RowsDigest, on_server};
use super::super::key::{condition, order};
use super::super::repository::Repository;
use super::super::stage::DumpStage;
use super::inspect::Source;
use super::journal::Journal;

use crate::connection::Watch;
use crate::error::{Context as _, Error, Result};
use crate::failpoint::reach_blocking;
use crate::progress::Task;
use crate::sql;

/// How many bytes of the server's stream are handed to the writing thread at once.
const PIECE: usize = 256 * 1024;
/// How many such pieces may wait for it.
const WAITING: usize = 4;

/// What all workers share.
pub(super) struct Work {
    pub(super) repository: Repository,
    pub(super) codec: Codec,
    pub(super) level: i32,
    pub(super) tables: Vec<TableWork>,
    pub(super) queue: Mutex<VecDeque<Job>>,
    /// All tables together, where there are several.
    pub(super) whole: Option<Arc<Task>>,
    /// The threads that write; they hold the journals, so the next attempt waits for them.
    pub(super) threads: TaskTracker,
}

/// What is to be done of a table, and what is done.
pub(super) struct TableWork {
    pub(super) source: Source,
    pub(super) ranges: Vec<Range>,
    pub(super) journal: Arc<Mutex<Journal>>,
    /// The chunks of each range.
    pub(super) done: Mutex<Vec<Option<Vec<Chunk>>>>,
    pub(super) reused: Mutex<u64>,
    /// About how many bytes its rows have.
    pub(super) estimate: u64,
    pub(super) task: Task,
}

/// A range of a table, both by their places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub(super) table: usize,
    pub(super) range: usize,
}

/// A range whose last bytes are on their way to the disk.
struct Writing {
    job: Job,
    thread: JoinHandle<Result<Vec<Chunk>>>,
}

/// Works until nothing is left in the queue. The transaction is the worker's own, in the shared snapshot.
pub(super) async fn work(connection: &mut PgConnection, watch: &Watch<'_>, work: &Work) -> Result<()> {
    let mut writing: Option<Writing> = None;
    loop {
        let job = hold(&work.queue).pop_front();
        let Some(job) = job else {
            break;
        };
        let (table, range) = work.at(job)?;
        if reuse(connection, watch, work, job, table, range).await? {
            continue;
        }
        let next = read(connection, watch, work, job, table, range).await?;
        // While this one's end is synced the next one is read, and no more than that.
        if let Some(before) = writing.replace(next) {
            before.finish(work).await?;
        }
    }
    match writing {
        Some(last) => last.finish(work).await,
        None => Ok(()),
    }
}

impl Work {
    /// How many ranges wait.
    pub(super) fn jobs(&self) -> usize {
        hold(&self.queue).len()
    }

    fn at(&self, job: Job) -> Result<(&TableWork, &Range)> {
        let table = self.tables.get(job.table);
        table
            .and_then(|table| Some((table, table.ranges.get(job.range)?)))
            .ok_or_else(|| Error::bug("a job for a range that is not there"))
    }

    fn done(&self, job: Job, chunks: Vec<Chunk>) -> Result<()> {
        let (table, _) = self.at(job)?;
        if let Some(place) = hold(&table.done).get_mut(job.range) {
            *place = Some(chunks);
        }
        Ok(())
    }
}

impl Writing {
    async fn finish(self, work: &Work) -> Result<()> {
        let chunks = self
            .thread
            .await
            .map_err(|error| Error::bug("the writing thread broke").cause(error))??;
        work.done(self.job, chunks)
    }
}

/// Takes the chunks of an unfinished dump, where the server says that they still hold what this snapshot has.
async fn reuse(
    connection: &mut PgConnection,
    watch: &Watch<'_>,
    work: &Work,
    job: Job,
    table: &TableWork,
    range: &Range,
) -> Result<bool> {
    let Some(chunks) = hold(&table.journal).finished(range) else {
        return Ok(false);
    };
    let (repository, noted, cut) = (work.repository.clone(), chunks.clone(), range.clone());
    let looking = work.threads.spawn_blocking(move || {
        // What the disk or the journal has lost since is written again.
        let holds = |chunk: &Chunk| ChunkReader::open(&repository, chunk).and_then(ChunkReader::check);
        noted
            .iter()
            .all(|chunk| chunk.range == cut && holds(chunk).is_ok())
    });
    let are_whole = looking.await;
    if !are_whole.map_err(|error| Error::bug("the reading thread broke").cause(error))? {
        return Ok(false);
    }
    let source = &table.source;
    let condition = condition(range, &source.key);
    let from = source.from();
    let digesting = on_server(connection, &from, &source.columns, condition.as_deref());
    let found = watch.over(digesting).await;
    let found = found.with_context(|| format!("digest a range of `{}`", source.name.plain()))?;
    let rows = chunks.iter().map(|chunk| chunk.rows).sum();
    let digest: RowsDigest = chunks.iter().map(|chunk| chunk.digest).collect();
    if found != (rows, digest) {
        return Ok(false);
    }
    table
        .task
        .advance(chunks.iter().map(|chunk| chunk.raw_bytes).sum());
    *hold(&table.reused) += u64::try_from(chunks.len()).unwrap_or_default();
    work.done(job, chunks)?;
    Ok(true)
}

/// Reads a range to its last byte; the thread that writes it may go on a little longer.
async fn read(
    connection: &mut PgConnection,
    watch: &Watch<'_>,
    work: &Work,
    job: Job,
    table: &TableWork,
    range: &Range,
) -> Result<Writing> {
    let source = &table.source;
    let columns: Vec<String> = source
        .columns
        .iter()
        .map(super::super::digest::SentColumn::selected)
        .collect();
    let condition =
        condition(range, &source.key).map_or_else(String::new, |condition| format!(" where {condition}"));
    let query = format!(
        "select {} from {} t{condition}{}",
        columns.join(", "),
        source.from(),
        order(&source.key)
    );
    let cutter = Cutter::new(work.repository.clone(), work.codec, work.level, range.clone());
    let (sender, pieces) = mpsc::channel(WAITING);
    let (emptied, mut empty) = mpsc::channel(WAITING + 2);
    let (journal, recorded) = (Arc::clone(&table.journal), range.clone());
    let thread = work
        .threads
        .spawn_blocking(move || write(cutter, pieces, &emptied, &journal, &recorded));
    let writing = Writing { job, thread };

    let reading = || format!("read `{}`", source.name.plain());
    let beginning = async { sql::copy_out(connection, query).await.with_context(reading) };
    let mut stream = watch.over(beginning).await?;
    let mut piece = Vec::with_capacity(PIECE * 2);
    loop {
        let next = async { stream.next().await.transpose().with_context(reading) };
        let message = watch.over(next).await?;
        if let Some(message) = &message {
            piece.extend_from_slice(message.as_ref());
        }
        if piece.len() >= PIECE || message.is_none() {
            table.task.advance(u64::try_from(piece.len()).unwrap_or_default());
            let next = empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(PIECE * 2));
            let full = std::mem::replace(&mut piece, next);
            if sender.send(full).await.is_err() {
                // The thread has stopped; why is what it returns.
                drop(stream);
                let stopped = writing.thread.await;
                let stopped = stopped.map_err(|error| Error::bug("the writing thread broke").cause(error))?;
                return Err(match stopped {
                    Err(error) => error,
                    Ok(_) => Error::bug("the writing thread ended too early"),
                });
            }
        }
        if message.is_none() {
            return Ok(writing);
        }
    }
}

/// The thread: a stream that ends early lacks its trailer, and leaves nothing behind.
fn write(
    mut cutter: Cutter,
    mut pieces: Receiver<Vec<u8>>,
    emptied: &Sender<Vec<u8>>,
    journal: &Mutex<Journal>,
    range: &Range,
) -> Result<Vec<Chunk>> {
    while let Some(mut piece) = pieces.blocking_recv() {
        cutter.push(&piece)?;
        piece.clear();
        // Nobody takes the last ones back.
        drop(emptied.try_send(piece));
    }
    let chunks = cutter.finish()?;
    hold(journal).record(range, &chunks)?;
    reach_blocking(DumpStage::RangeNoted.name());
    Ok(chunks)
}

/// Takes a lock; a thread that broke while it had it has ended the dump.
pub(super) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
