//! Sending encoded rows into the table.

use std::time::Instant;

use serde::Serialize;
use sqlx::PgConnection;

use super::check::Problem;
use super::conflict::{self, Counts, OnConflict};
use super::copying::{Failure, Into};
use super::destination::Destination;
use super::embedding_stage::{Embedded, Texts};
use super::feed::Feed;
use super::refusal;
use super::rejects::{Rejects, Tolerance};
use super::replace;
use super::sequence;
use super::source::Source;
use crate::error::{Context as _, Error, Result};
use crate::progress::Progress;
use crate::sql::{self, Ident, QualifiedName};

/// How rows are loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// What happens to a row whose key is in the table already.
    pub on_conflict: OnConflict,
    /// Whether the rows replace all that are in the table.
    pub replace: bool,
    /// Where bad lines are left out: how. Else the first one ends the load.
    pub tolerance: Option<Tolerance>,
}

/// What was loaded.
#[derive(Debug, Clone, Serialize)]
pub struct LoadReport {
    /// The table.
    pub table: QualifiedName,
    /// Where the rows came from.
    pub source: String,
    /// How many rows were loaded: inserted or updated.
    pub rows: u64,
    /// What became of the rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many rows were deleted before, where the load replaces them.
    pub removed: Option<u64>,
    /// What was embedded, where the source has texts in place of vectors.
    pub embedding: Option<Embedded>,
    /// How many lines were left out because they cannot be loaded.
    pub rejected: u64,
    /// The first of them.
    pub problems: Vec<Problem>,
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
    /// How many rows of the source earlier runs had dealt with, where this run went on behind them.
    pub resumed_after: Option<u64>,
    /// Whether an earlier run had loaded everything.
    pub complete_before: bool,
    /// Why the load stopped before the end of the source, where it can be resumed.
    pub stopped: Option<String>,
}

/// Loads everything in the caller's transaction, which the caller commits. After an error nothing is loaded, and the
/// transaction is to be rolled back.
pub async fn load(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    progress: &dyn Progress,
) -> Result<LoadReport> {
    load_with(connection, destination, source, &LoadOptions::default(), progress).await
}

/// The same as [`load`], as the options say.
pub async fn load_with(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    options: &LoadOptions,
    progress: &dyn Progress,
) -> Result<LoadReport> {
    let started = Instant::now();
    let rejects = Rejects::new(source, options.tolerance.clone());
    rejects.expect_new_file()?;
    prepare(connection).await?;
    let removed = if options.replace {
        Some(replace::clear(connection, destination).await?)
    } else {
        None
    };
    let mut feed = Feed::start(source, destination, rejects, progress);
    let counts = fill(connection, destination, source, options, &mut feed, usize::MAX).await?;
    feed.finish().await?;
    if removed.is_some() && feed.totals.rows == 0 {
        let message = format!(
            "`{}` holds no rows to replace those of the table with",
            source.name()
        );
        return Err(
            Error::failed(message).hint(format!("Empty the table with `truncate {}`.", destination.table))
        );
    }
    feed.rejects.sync()?;
    let mut report = report(destination, source, &feed, counts);
    report.removed = removed;
    report.sequence_moved_to = sequence::move_past(connection, destination, feed.totals.greatest_id).await?;
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
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

/// Makes a transaction fit for a load.
pub(super) async fn prepare(connection: &mut PgConnection) -> Result<()> {
    sql::fixed(include_str!("../../sql/seed/prepare.sql"))
        .execute(&mut *connection)
        .await
        .context("prepare the transaction")?;
    sql::run(connection, refusal::SAVEPOINT)
        .await
        .context("set a savepoint")
}

/// Loads rows until there are none left, or so many bytes are in.
pub(super) async fn fill(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    options: &LoadOptions,
    feed: &mut Feed<'_>,
    limit: usize,
) -> Result<Counts> {
    let filled = match options.on_conflict {
        OnConflict::Error => Box::pin(copy(connection, destination, feed, limit)).await,
        on_conflict => {
            let filled = conflict::fill(connection, destination, source, on_conflict, feed, limit);
            Box::pin(filled).await
        }
    };
    match filled {
        Ok(counts) => Ok(counts),
        Err(Failure::Here(error)) => Err(error),
        Err(Failure::Server(error, lines)) => {
            let in_batches = feed.is_hashed();
            Err(refusal::explain(connection, destination, source, error, &lines, in_batches).await)
        }
    }
}

/// Copies straight into the table.
async fn copy(
    connection: &mut PgConnection,
    destination: &Destination,
    feed: &mut Feed<'_>,
    limit: usize,
) -> Result<Counts, Failure> {
    if !feed.more().await {
        return Ok(Counts::default());
    }
    let into = Into {
        table: &destination.table,
        columns: feed.columns().to_vec(),
        after_refusal: None,
    };
    let lines = into.copy(connection, feed, limit).await?;
    Ok(Counts {
        inserted: lines.rows(),
        ..Counts::default()
    })
}

/// What was loaded, as far as the feed and the counts tell.
pub(super) fn report(
    destination: &Destination,
    source: &Source,
    feed: &Feed<'_>,
    counts: Counts,
) -> LoadReport {
    LoadReport {
        table: destination.table.clone(),
        source: source.name(),
        rows: counts.inserted + counts.updated,
        counts,
        removed: None,
        embedding: destination.texts.as_ref().map(Texts::embedded),
        rejected: feed.rejects.count,
        problems: feed.rejects.listed.clone(),
        columns: feed.columns().to_vec(),
        bytes_read: feed.totals.read,
        bytes_sent: feed.totals.sent,
        seconds: 0.0,
        sequence_moved_to: None,
        vector_indexes: destination.vector_indexes.clone(),
        analyzed: false,
        resumed_after: None,
        complete_before: false,
        stopped: None,
    }
}
