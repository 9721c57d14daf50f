//! One statement that builds an index, run until it succeeds or fails for good, and watched meanwhile.
//!
//! Where a parallel build finds too little shared memory (`/dev/shm`), it is done again in one process, whose memory is
//! its own. A plain build stops writers already while it waits for its lock, so it gives up after five seconds and
//! tries again; a concurrent one waits without a limit: that harms nobody, and giving up leaves an invalid index.

use std::pin::pin;
use std::time::Instant;

use sqlx::postgres::PgDatabaseError;
use sqlx::{PgConnection, Row as _};

use super::build::{Builder, Place};
use super::leftover::drop_new;
use super::settings::Settings;
use super::watch::{Seen, Watch, Watched};
use crate::connection::Need;
use crate::error::{Context as _, Result};
use crate::progress::Silent;
use crate::sql::{ask, run};

/// How often a plain build asks for its lock.
const LOCK_ATTEMPTS: u32 = 12;
const LOCK_TIMEOUT: &str = "5s";
/// How long the next attempt waits, so that those who waited behind this one have their turn.
const TURN_OF_OTHERS: &str = "select pg_catalog.pg_sleep(2)";
/// Where a transaction goes back to after an attempt that failed.
const KEEP: &str = "savepoint vecops_build";
const GO_BACK: &str = "rollback to savepoint vecops_build";

/// A statement that builds an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The statement.
    pub statement: String,
    /// What people call the index.
    pub label: String,
    /// Whether writers go on meanwhile.
    pub concurrently: bool,
    /// Memory and workers.
    pub settings: Settings,
    /// How many rows the build will meet, about.
    pub rows: u64,
    /// The size that the index will have, about, where that can be said.
    pub bytes: Option<u64>,
}

/// How a build went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Made {
    /// How long it took, with all waiting.
    pub seconds: f64,
    /// The settings it was done with in the end.
    pub settings: Settings,
    /// The workers that helped, as far as they were seen.
    pub workers: u32,
    /// The rows after which the graph no longer fitted into memory, as it was seen.
    pub spilled_after: Option<u64>,
    /// Whether a parallel build found too little shared memory and was done again in one process.
    pub lacked_shared_memory: bool,
}

/// Where a build's statement runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame<'a> {
    /// In a session, outside any transaction: a failed attempt may leave an invalid index besides those before.
    Session { place: &'a Place, before: &'a [i64] },
    /// In the caller's transaction.
    Transaction,
}

impl Frame<'_> {
    async fn begin(self, connection: &mut PgConnection) -> Result<()> {
        match self {
            Self::Session { .. } => Ok(()),
            Self::Transaction => Ok(run(connection, KEEP).await?),
        }
    }

    /// Takes back what a failed attempt left.
    async fn go_back(self, connection: &mut PgConnection) -> Result<()> {
        match self {
            Self::Session { place, before } => drop_new(connection, place, before).await.map(drop),
            Self::Transaction => Ok(run(connection, GO_BACK).await?),
        }
    }
}

/// What may be done about an attempt that failed.
enum Remedy {
    OneProcess,
    AskAgain,
    None,
}

impl Builder<'_> {
    /// Runs the statement until it succeeds or fails for good.
    pub(super) async fn attempt_until_done(
        &self,
        connection: &mut PgConnection,
        work: &Work,
        frame: Frame<'_>,
    ) -> Result<Made> {
        let started = Instant::now();
        let label = &work.label;
        self.progress
            .note(&format!("build `{label}` with {}", work.settings.describe()));
        let mut settings = work.settings;
        let mut lacked_shared_memory = false;
        let mut attempts = 1;
        let seen = loop {
            frame.begin(connection).await?;
            let failure = match self.attempt(connection, work, settings, frame).await {
                Ok(seen) => break seen,
                Err(failure) => failure,
            };
            let remedy = remedy(&failure, work, settings, attempts);
            if matches!(remedy, Remedy::None) {
                return Err(failure).with_context(|| format!("build the index `{label}`"));
            }
            frame.go_back(connection).await?;
            if matches!(remedy, Remedy::OneProcess) {
                self.progress.warn(&format!(
                    "the server has too little shared memory (`/dev/shm`) for a parallel build of `{label}`; building \
                     it in one process"
                ));
                settings = settings.alone();
                lacked_shared_memory = true;
            } else {
                self.progress.note(&format!(
                    "the table of `{label}` is locked; attempt {attempts} of {LOCK_ATTEMPTS} to lock it against writers"
                ));
                attempts += 1;
                // On the server, so that a cancel ends it.
                run(&mut *connection, TURN_OF_OTHERS).await?;
            }
        };
        Ok(Made {
            seconds: started.elapsed().as_secs_f64(),
            settings,
            workers: seen.workers,
            spilled_after: seen.spilled_after,
            lacked_shared_memory,
        })
    }

    /// Runs the statement once, watched by a second session.
    async fn attempt(
        &self,
        connection: &mut PgConnection,
        work: &Work,
        settings: Settings,
        frame: Frame<'_>,
    ) -> Result<Seen, sqlx::Error> {
        let watched = Watched {
            label: &work.label,
            pid: ask(&mut *connection, "select pg_catalog.pg_backend_pid() as pid")
                .await?
                .try_get("pid")?,
            file_is_open: work.concurrently,
            rows: work.rows,
            bytes: work.bytes,
            fits: settings.spills_after,
        };
        let lock_timeout = if work.concurrently { "0" } else { LOCK_TIMEOUT };
        let is_local = matches!(frame, Frame::Transaction);
        run(&mut *connection, settings.statements(lock_timeout, is_local)).await?;
        // Without a second session the build goes on unwatched. It is opened once the first one's limits are off, which
        // waits meanwhile.
        let mut second = match self.connector {
            Some(connector) => connector.open(Need::Any, &Silent).await.ok(),
            None => None,
        };
        let mut watch = Watch::new(watched, self.progress);
        let mut building = pin!(run(connection, work.statement.clone()));
        let result = match second.as_mut() {
            None => building.await,
            Some(second) => {
                tokio::select! {
                    result = &mut building => result,
                    () = watch.run(second) => building.await,
                }
            }
        };
        result.map(|()| watch.finish())
    }
}

fn remedy(failure: &sqlx::Error, work: &Work, settings: Settings, attempts: u32) -> Remedy {
    if settings.workers > 0 && lacks_shared_memory(failure) {
        Remedy::OneProcess
    } else if !work.concurrently && attempts < LOCK_ATTEMPTS && is_lock_timeout(failure) {
        Remedy::AskAgain
    } else {
        Remedy::None
    }
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
