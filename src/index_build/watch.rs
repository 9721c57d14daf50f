//! A second session that watches a build: how far it is, whom it waits for, and when its graph leaves the memory.
//!
//! While a graph is in memory the index's file is empty; it grows when the graph is written out at the end, or before
//! all rows are in it: then it no longer fitted. PostgreSQL shows the file of a concurrent build only.

use std::time::Duration;

use sqlx::FromRow;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::connection::Session;
use crate::error::Result;
use crate::progress::{Progress, Task, Unit};
use crate::sql::fixed;

const INTERVAL: Duration = Duration::from_millis(200);
/// How long another transaction may hold a build up before it is named.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is watched.
pub(super) struct Watched<'a> {
    /// What people call it.
    pub(super) label: &'a str,
    /// The process that builds.
    pub(super) pid: i32,
    /// Whether its file may be looked at.
    pub(super) file_is_open: bool,
    /// The rows that it will meet.
    pub(super) rows: u64,
    /// The size that it will have.
    pub(super) bytes: Option<u64>,
    /// The rows that its memory holds, where they are fewer.
    pub(super) fits: Option<u64>,
}

/// What was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The rows after which the graph no longer fitted.
    pub(super) spilled_after: Option<u64>,
    /// The most workers at once.
    pub(super) workers: u32,
}

#[derive(FromRow)]
struct Row {
    phase: String,
    blocks_done: i64,
    blocks_total: i64,
    tuples_done: i64,
    tuples_total: i64,
    bytes: Option<i64>,
    workers: i64,
    awaited_pid: Option<i32>,
    awaited_application: Option<String>,
    awaited_state: Option<String>,
    awaited_seconds: Option<f64>,
}

/// What the build is doing, as far as a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Taking rows in; so many are done.
    Rows { done: u64, total: u64 },
    /// Writing the finished graph; so many bytes are there.
    Write { done: u64 },
    /// Anything else, by the server's name for it.
    Other(String),
}

pub(super) struct Watch<'a> {
    watched: Watched<'a>,
    progress: &'a dyn Progress,
    task: Option<(String, Task)>,
    done: u64,
    awaited_since: Option<(i32, Instant)>,
    pub(super) seen: Seen,
}

impl<'a> Watch<'a> {
    pub(super) fn new(watched: Watched<'a>, progress: &'a dyn Progress) -> Self {
        let mut watch = Self {
            watched,
            progress,
            task: None,
            done: 0,
            awaited_since: None,
            seen: Seen::default(),
        };
        watch.begin("build", Unit::Unknown, None);
        watch
    }

    /// Looks again and again, until it is dropped or can no longer look.
    pub(super) async fn run(&mut self, session: &mut Session) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.read(session).await {
                Ok(Some(row)) => self.look(&row),
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "the build can no longer be watched");
                    return;
                }
            }
        }
    }

    async fn read(&self, session: &mut Session) -> Result<Option<Row>> {
        let mut transaction = session.begin_read().await?;
        let row = fixed(include_str!("../../sql/index_build/progress.sql"))
            .bind(self.watched.pid)
            .bind(self.watched.file_is_open)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.rollback().await?;
        Ok(row.as_ref().map(Row::from_row).transpose()?)
    }

    /// Ends the task that is shown.
    pub(super) fn finish(mut self) -> Seen {
        if let Some((_, task)) = self.task.take() {
            task.finish();
        }
        self.seen
    }

    fn look(&mut self, row: &Row) {
        self.seen.workers = self
            .seen
            .workers
            .max(u32::try_from(row.workers).unwrap_or_default());
        self.name_awaited(row);
        let step = step(row, self.watched.rows);
        if let Step::Rows { done, total } = step
            && self.seen.spilled_after.is_none()
            && let Some(after) = self.spilled_after(row, done, total)
        {
            self.seen.spilled_after = Some(after);
            self.progress.warn(&format!(
                "the graph of `{}` no longer fits into its memory after about {after} rows: from here on each row is \
                 several times slower; interrupt and run the same command with a larger `--maintenance-work-mem`, if \
                 the server has that much",
                self.watched.label
            ));
        }
        match step {
            Step::Rows { done, total } => {
                self.begin("take rows in", Unit::Rows, Some(total));
                self.advance_to(done);
            }
            Step::Write { done } => {
                self.begin("write the graph", Unit::Bytes, self.watched.bytes);
                self.advance_to(done);
            }
            Step::Other(phase) => self.begin(&phase, Unit::Unknown, None),
        }
    }

    /// The rows after which the graph no longer fitted. The file of a plain build is not to be seen, so there the rows
    /// taken in are held against those that fit.
    fn spilled_after(&self, row: &Row, done: u64, total: u64) -> Option<u64> {
        if self.watched.file_is_open {
            let is_written = row.bytes.is_some_and(|bytes| bytes > 0);
            return (is_written && done < total).then_some(done);
        }
        let taken_in = u64::try_from(row.tuples_done).unwrap_or_default();
        self.watched.fits.filter(|&fits| taken_in > fits)
    }

    /// Shows another step, where it is another.
    fn begin(&mut self, what: &str, unit: Unit, total: Option<u64>) {
        if self.task.as_ref().is_some_and(|(current, _)| current == what) {
            return;
        }
        if let Some((_, task)) = self.task.take() {
            task.finish();
        }
        let label = format!("{}: {what}", self.watched.label);
        self.task = Some((what.to_owned(), self.progress.task(&label, unit, total)));
        self.done = 0;
    }

    fn advance_to(&mut self, done: u64) {
        if let Some((_, task)) = &self.task {
            task.advance(done.saturating_sub(self.done));
            self.done = self.done.max(done);
        }
    }

    /// Says once which transaction the build waits for.
    fn name_awaited(&mut self, row: &Row) {
        let Some(pid) = row.awaited_pid else {
            self.awaited_since = None;
            return;
        };
        match self.awaited_since {
            Some((waited_for, since)) if waited_for == pid => {
                if since.elapsed() < PATIENCE {
                    return;
                }
                // Said; the clock is set far ahead.
                self.awaited_since = Some((pid, since + Duration::from_hours(24 * 365)));
                let application = row.awaited_application.as_deref().unwrap_or_default();
                self.progress.warn(&format!(
                    "`{}` waits for a transaction of process {pid} (`{application}`, {}), open for {:.0} s; it goes on \
                     when that ends",
                    self.watched.label,
                    row.awaited_state.as_deref().unwrap_or("state unknown"),
                    row.awaited_seconds.unwrap_or_default()
                ));
            }
            _ => self.awaited_since = Some((pid, Instant::now())),
        }
    }
}

fn step(row: &Row, rows: u64) -> Step {
    let size = |number: i64| u64::try_from(number).unwrap_or_default();
    let Some(subphase) = row.phase.strip_prefix("building index: ") else {
        return Step::Other(row.phase.clone());
    };
    if subphase != "loading tuples" || (row.blocks_total == 0 && row.tuples_total == 0) {
        return Step::Other(subphase.to_owned());
    }
    // An IVFFlat build counts rows while it writes them; a graph's counts the table's blocks.
    if row.tuples_total > 0 {
        return Step::Rows {
            done: size(row.tuples_done),
            total: size(row.tuples_total),
        };
    }
    let (done, total) = (size(row.blocks_done), size(row.blocks_total));
    if done >= total && row.bytes.is_some_and(|bytes| bytes > 0) {
        return Step::Write {
            done: size(row.bytes.unwrap_or_default()),
        };
    }
    Step::Rows {
        done: rows.saturating_mul(done) / total.max(1),
        total: rows,
    }
}
