//! A resumable load over several connections: each copies a batch of its own, and the batches commit in their order.
//!
//! So the ledger stays what it is with one connection, one position in front of which everything is in, and a kill at
//! any moment leaves nothing behind it. What a batch meets before its turn may be the doing of batches in front of it
//! that are not committed yet (a key, a row referred to), so whatever fails early is tried once more at its turn; and a
//! batch that keeps the one at its turn waiting for a lock gives way. The outcome is that of one connection.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{PgConnection, Row as _};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::conflict::Counts;
use super::copying::{Failure, Into};
use super::destination::Destination;
use super::feed::Feed;
use super::ledger::{Ledger, Position};
use super::lines::RowLines;
use super::load;
use super::pipeline::Chunk;
use super::refusal;
use super::sequence;
use super::source::Source;
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Kind, Result};
use crate::sql::{self, Ident};

/// How many bytes all batches hold together.
const HELD: usize = 32 * 1024 * 1024;

/// The least that is worth a commit.
const LEAST: usize = 1024 * 1024;

/// How long a batch waits before it looks whether it is in the way of the one at its turn.
const PATIENCE: Duration = Duration::from_millis(250);

/// How large batches are, so that all of them stay within the memory. A batch is kept until it is committed.
pub(super) fn batch_size(wanted: usize, jobs: usize) -> usize {
    wanted.min((HELD / jobs.max(1)).max(LEAST))
}

/// What all connections work on.
pub(super) struct Work<'a> {
    /// The table.
    pub(super) destination: &'a Destination,
    /// Where the rows come from, for messages.
    pub(super) source: &'a Source,
    /// Where the positions are kept.
    pub(super) ledger: &'a Ledger,
    /// How large a batch is.
    pub(super) batch: usize,
    /// Cancelled, it stops the load; but no commit.
    pub(super) stop: &'a CancellationToken,
}

/// Some consecutive rows, which commit together.
struct Batch {
    number: u64,
    columns: Vec<Ident>,
    chunks: Vec<Chunk>,
    lines: RowLines,
    greatest_id: Option<i64>,
    /// The position behind it, but for what became of rows.
    end: Position,
    /// How reading ended, where this is the last batch.
    ended: Option<Result<()>>,
}

/// Cuts batches.
struct Cutter<'f, 'a> {
    feed: &'f mut Feed<'a>,
    limit: usize,
    next: u64,
    rows: u64,
    is_done: bool,
}

impl Cutter<'_, '_> {
    async fn next(&mut self) -> Result<Option<Batch>> {
        if self.is_done {
            return Ok(None);
        }
        let (mut chunks, mut lines, mut bytes) = (Vec::new(), RowLines::default(), 0);
        while bytes < self.limit
            && let Some(chunk) = self.feed.next().await
        {
            bytes += chunk.bytes.len();
            lines.append(&chunk.lines);
            chunks.push(chunk);
        }
        let ended = if self.feed.more().await {
            None
        } else {
            self.is_done = true;
            Some(self.feed.finish().await)
        };
        let number = self.next;
        self.next += 1;
        self.rows += lines.rows();
        Ok(Some(Batch {
            number,
            columns: self.feed.columns().to_vec(),
            lines,
            greatest_id: chunks.iter().filter_map(|chunk| chunk.greatest_id).max(),
            chunks,
            end: Position {
                rows: self.rows,
                digest: self.feed.digest(),
                refused_lines: self.feed.rejects.lines,
                rejected: self.feed.rejects.count,
                rejects_bytes: self.feed.rejects.sync()?,
                counts: Counts::default(),
                finished: matches!(ended, Some(Ok(()))),
            },
            ended,
        }))
    }
}

/// How far the load is.
#[derive(Default)]
struct Turn {
    /// The batch that commits next.
    batch: u64,
    /// Nothing commits any more.
    is_over: bool,
    /// The server processes of the batches under way.
    backends: BTreeMap<u64, i32>,
    /// What is committed.
    position: Position,
    sequence_moved_to: Option<i64>,
}

/// What came of all connections' work.
pub(super) struct Loaded {
    /// What is committed.
    pub(super) position: Position,
    /// What the table's sequence was moved to.
    pub(super) sequence_moved_to: Option<i64>,
    /// Why it stopped, where it did.
    pub(super) ended: Result<()>,
}

/// What came of trying to load a batch.
enum Attempt {
    Committed,
    /// It failed, or gave way, before its turn.
    TooEarly,
    /// An earlier batch failed.
    Over,
}

/// What a batch that is ready to commit may do.
#[derive(PartialEq, Eq)]
enum Wait {
    Commit,
    GiveWay,
    Leave,
}

impl Work<'_> {
    /// Loads all that is left, a batch on each connection at a time.
    pub(super) async fn load(&self, sessions: &mut [Session], feed: &mut Feed<'_>, from: Position) -> Loaded {
        let cutter = Mutex::new(Cutter {
            feed,
            limit: self.batch,
            next: 0,
            rows: from.rows,
            is_done: false,
        });
        let (turn, _) = watch::channel(Turn {
            position: from,
            ..Turn::default()
        });
        let workers = sessions
            .iter_mut()
            .map(|session| self.work(session, &cutter, &turn));
        let ended = join_all(workers).await;
        turn.send_modify(|turn| turn.is_over = true);
        let turn = turn.send_replace(Turn::default());
        Loaded {
            position: turn.position,
            sequence_moved_to: turn.sequence_moved_to,
            ended: ended.into_iter().collect(),
        }
    }

    /// Loads batches over one connection until there are none, or until one of them failed.
    async fn work(
        &self,
        session: &mut Session,
        cutter: &Mutex<Cutter<'_, '_>>,
        turn: &watch::Sender<Turn>,
    ) -> Result<()> {
        let worked = self.load_batches(session, cutter, turn).await;
        if worked.is_err() {
            turn.send_modify(|turn| turn.is_over = true);
        }
        worked
    }

    async fn load_batches(
        &self,
        session: &mut Session,
        cutter: &Mutex<Cutter<'_, '_>>,
        turn: &watch::Sender<Turn>,
    ) -> Result<()> {
        loop {
            let cut = async { cutter.lock().await.next().await };
            let Some(batch) = self.stop.run_until_cancelled(cut).await.ok_or_else(stopped)?? else {
                return Ok(());
            };
            let was_early = turn.borrow().batch < batch.number;
            let mut attempt = self.attempt(session, &batch, turn).await;
            let is_done = matches!(attempt, Ok(Attempt::Committed | Attempt::Over));
            if was_early && !is_done && !self.stop.is_cancelled() {
                if wait_for_turn(turn, batch.number).await == Wait::Leave {
                    return Ok(());
                }
                attempt = self.attempt(session, &batch, turn).await;
            }
            match attempt? {
                Attempt::Committed => {}
                Attempt::Over => return Ok(()),
                Attempt::TooEarly => return Err(Error::bug("a batch failed before its turn at its turn")),
            }
            if let Some(ended) = batch.ended {
                return ended;
            }
        }
    }

    /// Copies a batch, and commits it at its turn.
    async fn attempt(
        &self,
        session: &mut Session,
        batch: &Batch,
        turn: &watch::Sender<Turn>,
    ) -> Result<Attempt> {
        let mut transaction = session.begin(&TransactionOptions::write().long()).await?;
        let filling = Box::pin(self.fill(&mut transaction, batch, turn));
        let Some(filled) = self.stop.run_until_cancelled(filling).await else {
            // In the middle of a COPY: nothing can be said on this connection any more.
            return Err(stopped());
        };
        match filled {
            Ok(Wait::Commit) => {}
            // Its locks must go at once.
            other => {
                transaction.rollback().await?;
                return other.map(|wait| match wait {
                    Wait::Leave => Attempt::Over,
                    Wait::Commit | Wait::GiveWay => Attempt::TooEarly,
                });
            }
        }
        let moved = sequence::move_past(&mut transaction, self.destination, batch.greatest_id).await?;
        let from = turn.borrow().position.clone();
        let inserted = Counts {
            inserted: batch.lines.rows(),
            ..Counts::default()
        };
        let next = Position {
            counts: from.counts.plus(inserted),
            ..batch.end.clone()
        };
        self.ledger.advance(&mut transaction, &from, &next).await?;
        if batch.ended.is_none() {
            sql::run(&mut transaction, sql::UNFLUSHED).await?;
        }
        transaction.commit().await?;
        turn.send_modify(|turn| {
            turn.backends.remove(&batch.number);
            turn.batch += 1;
            turn.position = next;
            turn.sequence_moved_to = moved.or(turn.sequence_moved_to);
        });
        Ok(Attempt::Committed)
    }

    /// Copies the rows, and waits for the turn.
    async fn fill(
        &self,
        connection: &mut PgConnection,
        batch: &Batch,
        turn: &watch::Sender<Turn>,
    ) -> Result<Wait> {
        load::prepare(connection).await?;
        let backend: i32 = sql::fixed(include_str!("../../sql/seed/backend.sql"))
            .fetch_one(&mut *connection)
            .await?
            .try_get("pid")?;
        turn.send_modify(|turn| {
            turn.backends.insert(batch.number, backend);
        });
        let into = Into {
            table: &self.destination.table,
            columns: batch.columns.clone(),
            after_refusal: None,
        };
        match into.copy_chunks(connection, &batch.chunks).await {
            Ok(()) => {}
            Err(_) if turn.borrow().batch < batch.number => return Ok(Wait::GiveWay),
            Err(Failure::Here(error)) => return Err(error),
            Err(Failure::Server(error, lines)) => {
                return Err(
                    refusal::explain(connection, self.destination, self.source, error, &lines, true).await,
                );
            }
        }
        loop {
            if let Ok(wait) = timeout(PATIENCE, wait_for_turn(turn, batch.number)).await {
                return Ok(wait);
            }
            let first = {
                let turn = turn.borrow();
                turn.backends.get(&turn.batch).copied()
            };
            if let Some(first) = first
                && is_in_the_way(connection, first).await?
            {
                return Ok(Wait::GiveWay);
            }
        }
    }
}

/// The caller knows more to say.
fn stopped() -> Error {
    Error::new(Kind::Interrupted, "interrupted")
}

async fn wait_for_turn(turn: &watch::Sender<Turn>, batch: u64) -> Wait {
    let mut changes = turn.subscribe();
    let turn = changes.wait_for(|turn| turn.is_over || turn.batch == batch).await;
    match turn {
        Ok(turn) if !turn.is_over => Wait::Commit,
        _ => Wait::Leave,
    }
}

/// Whether this transaction holds a lock that another process waits for.
async fn is_in_the_way(connection: &mut PgConnection, of: i32) -> Result<bool> {
    let row = sql::fixed(include_str!("../../sql/seed/in_the_way.sql"))
        .bind(of)
        .fetch_one(connection)
        .await
        .context("look whether another batch waits for this one")?;
    Ok(row.try_get("in_the_way")?)
}
