//! Loading batch after batch, each committed together with its position, so that the next run goes on exactly there.
//!
//! A resumed run reads the source from its start again, hashes the rows that are in already, and compares: where one
//! of them is not what was loaded, the source has changed and nothing more is loaded. What stands behind them may change.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::conflict::OnConflict;
use super::destination::Destination;
use super::feed::Feed;
use super::jobs::{self, Work};
use super::ledger::{Ledger, Position};
use super::load::{self, LoadOptions, LoadReport};
use super::rejects::Rejects;
use super::sequence;
use super::source::Source;
use crate::connection::{Session, TransactionOptions};
use crate::error::{Error, Kind, Result};
use crate::progress::Progress;
use crate::sql;

/// How a load goes on after an interruption.
#[derive(Debug, Clone)]
pub struct Resume {
    /// How many bytes for the server make a batch.
    pub batch: usize,
    /// Whether the position of an earlier run is forgotten.
    pub restart: bool,
    /// Cancelled, it stops the load where it stands: what is committed stays.
    pub stop: CancellationToken,
}

/// How far a resumable load came.
pub struct Resumed {
    /// What was loaded, by all runs.
    pub report: LoadReport,
    /// Why it stopped before the end, where it did. The same command goes on.
    pub stopped: Option<Error>,
}

/// Loads what is left of the source over one or more connections, commits included. An error says that nothing was
/// loaded at all.
pub async fn load_resumable(
    sessions: &mut [Session],
    destination: &Destination,
    source: &Source,
    options: &LoadOptions,
    resume: Resume,
    progress: &dyn Progress,
) -> Result<Resumed> {
    expect_resumable(source, options, sessions.len())?;
    let session = first(sessions)?;
    let started = Instant::now();
    let mut run = Run {
        destination,
        source,
        options,
        stop: resume.stop,
        ledger: Ledger::new(destination, source)?,
        position: Position::default(),
        sequence_moved_to: None,
    };
    let mut feed = run.open(session, resume.restart, progress).await?;
    let mut resumed_after = run.position.rows;
    if !run.unless_stopped(run.pass_over(&mut feed)).await? {
        // What was loaded was another source under this name, and all of it.
        feed = run.open(session, true, progress).await?;
        resumed_after = 0;
    }
    let was_finished = run.position.finished;
    let complete_before = was_finished && !feed.more().await;
    let ended = if complete_before {
        feed.finish().await
    } else {
        run.load_rest(sessions, &mut feed, resume.batch).await
    };
    let mut report = load::report(destination, source, &feed, run.position.counts);
    report.rejected = run.position.rejected;
    report.resumed_after = Some(resumed_after).filter(|rows| *rows > 0);
    report.complete_before = complete_before;
    report.sequence_moved_to = run.sequence_moved_to;
    report.seconds = started.elapsed().as_secs_f64();
    let stopped = match ended {
        Ok(()) => None,
        Err(error) if error.kind() == Kind::Interrupted => return Err(error),
        // Refused, not interrupted.
        Err(error) if run.position.rows == 0 || error.kind() == Kind::Conflict => return Err(error),
        Err(error) => Some(error),
    };
    report.stopped = stopped.as_ref().map(ToString::to_string);
    Ok(Resumed { report, stopped })
}

fn first(sessions: &mut [Session]) -> Result<&mut Session> {
    sessions
        .first_mut()
        .ok_or_else(|| Error::bug("a load without a connection"))
}

fn expect_resumable(source: &Source, options: &LoadOptions, jobs: usize) -> Result<()> {
    let hint = "Leave `--resumable` out: all rows are loaded in one transaction, or none.";
    if !source.can_be_read_again() {
        let name = source.name();
        let message =
            format!("stdin and pipes cannot be read again, so a load of `{name}` cannot be resumed");
        return Err(Error::usage(message).hint(hint));
    }
    if options.replace {
        return Err(Error::usage("rows are replaced in one transaction, which cannot be resumed").hint(hint));
    }
    let needs_order = if options.on_conflict != OnConflict::Error {
        Some("rows whose keys the table has are dealt with in their order")
    } else if options.tolerance.is_some() {
        Some("bad rows are left out in their order")
    } else {
        None
    };
    if let Some(why) = needs_order.filter(|_| jobs > 1) {
        return Err(Error::usage(format!("{why}, which takes one connection"))
            .hint("Leave `--jobs` out, or `--on-conflict` and `--on-error`."));
    }
    Ok(())
}

struct Run<'a> {
    destination: &'a Destination,
    source: &'a Source,
    options: &'a LoadOptions,
    stop: CancellationToken,
    ledger: Ledger,
    /// What is committed.
    position: Position,
    sequence_moved_to: Option<i64>,
}

impl<'a> Run<'a> {
    /// Looks the position up, or enters the load, and starts to read.
    async fn open(
        &mut self,
        session: &mut Session,
        restart: bool,
        progress: &dyn Progress,
    ) -> Result<Feed<'a>> {
        let tolerance = self.options.tolerance.clone();
        let mut rejects = Rejects::new(self.source, tolerance.clone());
        let mut transaction = session.begin(&TransactionOptions::write()).await?;
        let earlier = self
            .ledger
            .open(&mut transaction, restart, tolerance.as_ref())
            .await?;
        match &earlier {
            None => rejects.expect_new_file()?,
            Some(at) => rejects.resume(at.refused_lines, at.rejected, at.rejects_bytes)?,
        }
        transaction.commit().await?;
        self.position = earlier.unwrap_or_default();
        let mut feed = Feed::start(self.source, self.destination, rejects, progress);
        feed.hash();
        Ok(feed)
    }

    /// Reads what earlier runs have loaded, and compares. False where that is something else, but came to its end.
    async fn pass_over(&self, feed: &mut Feed<'_>) -> Result<bool> {
        let rows = self.position.rows;
        let is_there = feed.pass_over(rows).await;
        if rows == 0 || (is_there && feed.digest() == self.position.digest) {
            return Ok(true);
        }
        if self.position.finished {
            return Ok(false);
        }
        let message = format!(
            "`{}` is not what it was: its first {rows} rows differ from those that an earlier run has loaded",
            self.source.name()
        );
        Err(Error::conflict(message).hint(
            "Put the source back as it was, with the same flags; or remove the rows loaded so far and begin anew with `vecops seed ... --resumable --restart`.",
        ))
    }

    /// Does a part of the work, unless the load is to stop. The commit of a batch is no such part: either it happened or
    /// not, and the position knows.
    async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let done = self.stop.run_until_cancelled(work).await;
        done.unwrap_or_else(|| Err(self.interrupted()))
    }

    fn interrupted(&self) -> Error {
        let counts = self.position.counts;
        let (rows, table) = (counts.inserted + counts.updated, self.destination.table.plain());
        let message = format!("interrupted; {rows} rows are in `{table}`");
        Error::new(Kind::Interrupted, message)
            .hint("Run the same command again: it goes on behind the last batch.")
    }

    async fn load_rest(&mut self, sessions: &mut [Session], feed: &mut Feed<'_>, batch: usize) -> Result<()> {
        // Types that only the server can read go through a temporary table, one batch after the other.
        let is_staged = feed.more().await && self.destination.has_foreign(feed.columns());
        if sessions.len() > 1 && !is_staged {
            return self.load_side_by_side(sessions, feed, batch).await;
        }
        let session = first(sessions)?;
        loop {
            if let Err(error) = Box::pin(self.batch(session, feed, batch)).await {
                // A statement that the server cancelled for us is no failure of its own.
                return Err(if self.stop.is_cancelled() {
                    self.interrupted()
                } else {
                    error
                });
            }
            if self.position.finished {
                return Ok(());
            }
        }
    }

    async fn load_side_by_side(
        &mut self,
        sessions: &mut [Session],
        feed: &mut Feed<'_>,
        batch: usize,
    ) -> Result<()> {
        let work = Work {
            destination: self.destination,
            source: self.source,
            ledger: &self.ledger,
            batch: jobs::batch_size(batch, sessions.len()),
            stop: &self.stop,
        };
        let loaded = work.load(sessions, feed, self.position.clone()).await;
        self.position = loaded.position;
        self.sequence_moved_to = loaded.sequence_moved_to;
        match loaded.ended {
            Err(_) if self.stop.is_cancelled() => Err(self.interrupted()),
            ended => ended,
        }
    }

    /// Loads one batch and commits it with its position.
    async fn batch(&mut self, session: &mut Session, feed: &mut Feed<'_>, limit: usize) -> Result<()> {
        let mut transaction = session.begin(&TransactionOptions::write().long()).await?;
        load::prepare(&mut transaction).await?;
        let before = feed.totals.rows;
        let (destination, source) = (self.destination, self.source);
        let fill = load::fill(&mut transaction, destination, source, self.options, feed, limit);
        let counts = self.unless_stopped(fill).await?;
        let moved = sequence::move_past(&mut transaction, destination, feed.totals.greatest_id).await?;
        // What is good in front of a bad line is kept.
        let ended = if feed.more().await {
            None
        } else {
            Some(feed.finish().await)
        };
        let next = Position {
            rows: self.position.rows + (feed.totals.rows - before),
            digest: feed.digest(),
            refused_lines: feed.rejects.lines,
            rejected: feed.rejects.count,
            rejects_bytes: feed.rejects.sync()?,
            counts: self.position.counts.plus(counts),
            finished: matches!(ended, Some(Ok(()))),
        };
        self.ledger
            .advance(&mut transaction, &self.position, &next)
            .await?;
        if ended.is_none() {
            sql::run(&mut transaction, sql::UNFLUSHED).await?;
        }
        transaction.commit().await?;
        self.position = next;
        self.sequence_moved_to = moved.or(self.sequence_moved_to);
        ended.unwrap_or(Ok(()))
    }
}
