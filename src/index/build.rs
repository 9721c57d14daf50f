//! Building and rebuilding an index so that it is either there, valid and ready, or nothing of it is.
//!
//! A concurrent build waits for locks without a limit: waiting harms nobody, and giving up leaves an invalid index. A
//! plain one stops writers already while it waits, so it gives up after five seconds and tries again. Where a parallel
//! build finds too little shared memory (`/dev/shm`), it is done again in one process, whose memory is its own.

use std::pin::pin;
use std::time::Instant;

use backon::{ExponentialBuilder, Retryable as _};
use serde::Serialize;
use sqlx::postgres::PgDatabaseError;
use sqlx::{PgConnection, Row as _};

use super::found::{Found, vector_indexes};
use super::leftover::{drop_concurrently, drop_new, name_remaining};
use super::plan::BuildPlan;
use super::settings::Settings;
use super::watch::{Seen, Watch, Watched};
use crate::connection::{Connector, Need, Session};
use crate::error::{Context as _, Error, Kind, Result};
use crate::progress::{Progress, Silent};
use crate::sql::{QualifiedName, fixed, literal, run};

/// How often a plain build asks for its lock.
const LOCK_ATTEMPTS: u32 = 12;
const LOCK_TIMEOUT: &str = "5s";
/// How long the next attempt waits, so that those who waited behind this one have their turn.
const TURN_OF_OTHERS: &str = "select pg_catalog.pg_sleep(2)";

/// An index that was built.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Built {
    /// Its name.
    pub index: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// How long it took, with all waiting.
    pub seconds: f64,
    /// Its size.
    pub bytes: u64,
    /// The size that it was to have.
    pub predicted_bytes: Option<u64>,
    /// The rows in it.
    pub rows: u64,
    /// `maintenance_work_mem`, in bytes.
    pub memory: u64,
    /// The workers that helped, as far as they were seen.
    pub workers: u32,
    /// The rows after which the graph no longer fitted into memory, as it was seen.
    pub spilled_after: Option<u64>,
    /// Whether a parallel build found too little shared memory and was done again in one process.
    pub lacked_shared_memory: bool,
}

/// One statement that builds, and what is known of its outcome.
pub(super) struct Work {
    pub(super) statement: String,
    pub(super) index: QualifiedName,
    pub(super) table: QualifiedName,
    pub(super) table_oid: i64,
    pub(super) concurrently: bool,
    pub(super) settings: Settings,
    pub(super) rows: u64,
    pub(super) bytes: Option<u64>,
}

/// Builds the index of a plan.
pub async fn build(connector: &Connector, plan: &BuildPlan, progress: &dyn Progress) -> Result<Built> {
    let definition = &plan.definition;
    let mut work = Work {
        statement: plan.statement.clone(),
        index: definition.qualified(),
        table: definition.table.clone(),
        table_oid: plan.table.oid,
        concurrently: plan.concurrently,
        settings: plan.settings,
        rows: plan.rows,
        bytes: plan.bytes,
    };
    let mut session = open(connector, &work, progress).await?;
    let outside = session.outside_transaction().await?;
    if let Some(leftover) = &plan.leftover {
        drop_concurrently(outside, leftover).await?;
    }
    let tablespace = definition
        .tablespace
        .as_ref()
        .map_or_else(|| "''".to_owned(), |name| literal(name.as_str()));
    run(outside, format!("set default_tablespace = {tablespace}")).await?;
    let built = finish(connector, session, &mut work, progress).await?;
    if let Some(comment) = &definition.comment {
        let mut session = connector.open(Need::Session, progress).await?;
        let statement = format!("comment on index {} is {}", work.index, literal(comment));
        run(session.outside_transaction().await?, statement)
            .await
            .with_context(|| format!("comment on the index `{}`", work.index.plain()))?;
    }
    Ok(built)
}

/// Builds an index anew; queries use the old one until the new one is there.
pub(super) async fn rebuild(connector: &Connector, mut work: Work, progress: &dyn Progress) -> Result<Built> {
    let session = open(connector, &work, progress).await?;
    finish(connector, session, &mut work, progress).await
}

/// A session that holds the lock on the table's vector indexes.
async fn open(connector: &Connector, work: &Work, progress: &dyn Progress) -> Result<Session> {
    let mut session = connector.open(Need::Session, progress).await?;
    let row = fixed(include_str!("../../sql/index/take_lock.sql"))
        .bind(format!("vecops index {}", work.table))
        .fetch_one(session.outside_transaction().await?)
        .await?;
    if row.try_get("taken")? {
        return Ok(session);
    }
    let plain = work.table.plain();
    Err(Error::conflict(format!(
        "another session works on the vector indexes of `{plain}`"
    ))
    .hint("Wait for it to end; `vecops index list` shows what is there."))
}

async fn finish(
    connector: &Connector,
    mut session: Session,
    work: &mut Work,
    progress: &dyn Progress,
) -> Result<Built> {
    let started = Instant::now();
    let plain = work.index.plain();
    progress.note(&format!("build `{plain}` with {}", work.settings.describe()));
    let before = invalid(session.outside_transaction().await?, work.table_oid).await?;
    let attempted = attempt_until_done(connector, &mut session, work, &before, progress).await;
    let (seen, lacked_shared_memory) = match attempted {
        Ok(done) => done,
        Err(error) => return Err(clean_up(connector, session, work, &before, error, progress).await),
    };
    let found = verified(session.outside_transaction().await?, work).await?;
    Ok(Built {
        index: work.index.clone(),
        table: work.table.clone(),
        seconds: started.elapsed().as_secs_f64(),
        bytes: u64::try_from(found.bytes).unwrap_or_default(),
        predicted_bytes: work.bytes,
        rows: rows(found.rows_counted),
        memory: work.settings.memory,
        workers: seen.workers,
        spilled_after: seen.spilled_after,
        lacked_shared_memory,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates"
)]
fn rows(counted: f64) -> u64 {
    counted as u64
}

/// Runs the statement until it succeeds or fails for good.
async fn attempt_until_done(
    connector: &Connector,
    session: &mut Session,
    work: &mut Work,
    before: &[i64],
    progress: &dyn Progress,
) -> Result<(Seen, bool)> {
    let mut lacked_shared_memory = false;
    let mut attempts = 1;
    loop {
        let failure = match attempt(connector, session, work, progress).await {
            Ok(seen) => return Ok((seen, lacked_shared_memory)),
            Err(failure) => failure,
        };
        let plain = work.index.plain();
        if work.settings.workers > 0 && lacks_shared_memory(&failure) {
            drop_new(session.outside_transaction().await?, work.table_oid, before).await?;
            progress.warn(&format!(
                "the server has too little shared memory (`/dev/shm`) for a parallel build of `{plain}`; building it in \
                 one process"
            ));
            work.settings = work.settings.alone();
            lacked_shared_memory = true;
        } else if !work.concurrently && attempts < LOCK_ATTEMPTS && is_lock_timeout(&failure) {
            progress.note(&format!(
                "`{}` is locked; attempt {attempts} of {LOCK_ATTEMPTS} to lock it against writers",
                work.table.plain()
            ));
            attempts += 1;
            // On the server, so that a cancel ends it.
            run(session.outside_transaction().await?, TURN_OF_OTHERS).await?;
        } else {
            return Err(failure).with_context(|| format!("build the index `{plain}`"));
        }
    }
}

/// Runs the statement once, watched by a second session.
async fn attempt(
    connector: &Connector,
    session: &mut Session,
    work: &Work,
    progress: &dyn Progress,
) -> Result<Seen, sqlx::Error> {
    let label = work.index.plain();
    let watched = Watched {
        label: &label,
        pid: session.server().backend_pid,
        file_is_open: work.concurrently,
        rows: work.rows,
        bytes: work.bytes,
    };
    // Without a second session the build goes on unwatched.
    let mut second = connector.open(Need::Session, &Silent).await.ok();
    let outside = session
        .outside_transaction()
        .await
        .map_err(|error| sqlx::Error::Configuration(Box::new(error)))?;
    let lock_timeout = if work.concurrently { "0" } else { LOCK_TIMEOUT };
    run(
        &mut *outside,
        format!(
            "{}; set lock_timeout = '{lock_timeout}'",
            work.settings.statements()
        ),
    )
    .await?;
    let mut watch = Watch::new(watched, progress);
    let mut building = pin!(run(outside, work.statement.clone()));
    let result = match second.as_mut() {
        None => building.await,
        Some(second) => {
            let watching = async {
                if let Ok(connection) = second.outside_transaction().await {
                    watch.run(connection).await;
                }
            };
            tokio::select! {
                result = &mut building => result,
                () = watching => building.await,
            }
        }
    };
    result.map(|()| watch.finish())
}

fn database_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// Whether the segment of a parallel build could not be made. Its code is that of a full disk, too, so the place in the
/// server's source tells.
fn lacks_shared_memory(error: &sqlx::Error) -> bool {
    database_error(error).is_some_and(|error| error.file() == Some("dsm_impl.c"))
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    database_error(error).is_some_and(|error| error.code() == "55P03")
}

/// The invalid indexes of a table.
async fn invalid(connection: &mut PgConnection, table_oid: i64) -> Result<Vec<i64>> {
    let found = vector_indexes(connection, Some(table_oid)).await?;
    Ok(found
        .iter()
        .filter(|index| !index.is_valid)
        .map(|index| index.oid)
        .collect())
}

/// The index, once it is known to serve queries.
async fn verified(connection: &mut PgConnection, work: &Work) -> Result<Found> {
    let found = vector_indexes(connection, Some(work.table_oid)).await?;
    let index = found
        .into_iter()
        .find(|index| index.definition.name == work.index.name);
    let plain = work.index.plain();
    match index {
        Some(index) if index.is_valid && index.is_ready => Ok(index),
        Some(_) => Err(
            Error::failed(format!("the index `{plain}` is not valid after its build"))
                .hint("Run `vecops index clean`, then build it again."),
        ),
        None => Err(Error::failed(format!(
            "the index `{plain}` is gone after its build"
        ))),
    }
}

/// Drops what a failed build left, on another session where its own is gone.
async fn clean_up(
    connector: &Connector,
    session: Session,
    work: &Work,
    before: &[i64],
    error: Error,
    progress: &dyn Progress,
) -> Error {
    if !work.concurrently || is_about_the_name(&error) {
        return error;
    }
    let session = if error.kind() == Kind::Connection {
        drop(session);
        let reopen = || connector.open(Need::Session, progress);
        // A server that restarts is back within a minute, or somebody must look after it.
        let patience = ExponentialBuilder::default().with_max_times(7);
        reopen.retry(patience).await
    } else {
        Ok(session)
    };
    let cleaned = async {
        let mut session = session?;
        let outside = session.outside_transaction().await?;
        run(&mut *outside, "set lock_timeout = 0").await?;
        drop_new(outside, work.table_oid, before).await
    };
    match cleaned.await {
        Ok(remaining) => name_remaining(error, &remaining),
        Err(why) => error
            .cause(format!("what it left could not be dropped: {why}"))
            .hint("An invalid index may be left: run `vecops index clean`."),
    }
}

/// Whether the statement did nothing because somebody else's relation has its name.
fn is_about_the_name(error: &Error) -> bool {
    error.sqlstate() == Some("42P07")
}
