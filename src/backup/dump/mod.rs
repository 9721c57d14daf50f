//! Writing a backup: locks first, then one snapshot for everything, chunks in parallel, the manifest last.
//!
//! Whatever breaks on the way leaves finished chunks and notes about them in the repository, and no backup. The same
//! dump then compares those chunks with its own snapshot, by digests that the server computes, and reads again only
//! what differs: never is one backup made of two moments. Procedure and its reasons: `docs/backup.md`.

mod attempt;
mod canary;
mod inspect;
mod journal;
mod lock;
mod partition;
mod publish;
mod room;
mod worker;

pub(super) use canary::canaries;
pub(super) use inspect::inspect;

pub use journal::{Unfinished, unfinished};

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use super::chunk::Codec;
use super::manifest::State;
use super::repository::Repository;
use super::stage::DumpStage;
use crate::connection::Connector;
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::progress::Progress;
use crate::sql::{Ident, QualifiedName};

/// How often a dump begins anew after its snapshot was lost.
const ATTEMPTS: u32 = 3;
/// What helps where a replica cancels its readers again and again.
const FOR_REPLICAS: &str = "Dump from the primary, or set `hot_standby_feedback = on` or a longer `max_standby_streaming_delay` on the replica.";

/// What is to be dumped.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These tables.
    Tables(Vec<QualifiedName>),
    /// The tables of a schema.
    Schema(Ident),
    /// Every table with vectors.
    Vectors,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is to be dumped.
    pub selection: Selection,
    /// The repository's folder.
    pub to: PathBuf,
    /// How many sessions read at once.
    pub jobs: usize,
    /// The level of zstd.
    pub level: i32,
    /// The codec of the chunks.
    pub codec: Codec,
    /// How many bytes of rows a chunk is meant to have.
    pub chunk_bytes: u64,
    /// Whether what cannot be read is left out, and the backup marked so.
    pub allow_partial: bool,
}

/// What a dump would do.
#[derive(Debug, Clone, Serialize)]
pub struct DumpPlan {
    /// The repository's folder.
    pub repository: String,
    /// The tables.
    pub tables: Vec<PlannedTable>,
    /// What would be left out, and why.
    pub left_out: Vec<String>,
    /// The bytes that are free on the repository's disk, where that is known.
    pub free_bytes: Option<u64>,
}

/// A table of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedTable {
    /// The table.
    pub table: QualifiedName,
    /// How many rows the statistics say it has; negative where nobody counted yet.
    pub estimated_rows: f64,
    /// Its size on the server, without indexes.
    pub bytes: u64,
    /// The columns of the key that cuts it; none means by pages.
    pub key: Vec<Ident>,
    /// The columns that travel as text.
    pub text_columns: Vec<Ident>,
}

/// What was dumped.
#[derive(Debug, Clone, Serialize)]
pub struct DumpReport {
    /// The backup's folder, which restore, verify and show take.
    pub backup: String,
    /// The backup's name.
    pub name: String,
    /// Whether all is there.
    pub state: State,
    /// Why it is degraded.
    pub reasons: Vec<String>,
    /// The moment that it shows, by the server's clock.
    pub snapshot_time: String,
    /// The tables.
    pub tables: Vec<DumpedTable>,
    /// How many rows there are.
    pub rows: u64,
    /// The bytes of binary COPY.
    pub raw_bytes: u64,
    /// The bytes of the objects.
    pub stored_bytes: u64,
    /// The chunks that an earlier, unfinished dump had left and that still hold.
    pub reused_chunks: u64,
    /// How often the snapshot was lost and taken again.
    pub retries: u32,
    /// How many sessions read at once.
    pub jobs: usize,
    /// How long it took.
    pub seconds: f64,
}

/// A table of a report.
#[derive(Debug, Clone, Serialize)]
pub struct DumpedTable {
    /// The table.
    pub table: QualifiedName,
    /// How many rows there are.
    pub rows: u64,
    /// The bytes of binary COPY.
    pub raw_bytes: u64,
    /// The bytes of the objects.
    pub stored_bytes: u64,
    /// How many chunks there are.
    pub chunks: u64,
    /// Whether it has a key, so that its chunks are ranges of it.
    pub has_key: bool,
}

/// Says what a dump would do.
pub async fn plan(connector: &Connector, request: &Request, progress: &dyn Progress) -> Result<DumpPlan> {
    attempt::plan(connector, request, progress).await
}

/// Dumps.
pub async fn dump(connector: &Connector, request: &Request, progress: &dyn Progress) -> Result<DumpReport> {
    let started = Instant::now();
    let repository = Repository::open_or_create(&request.to)?;
    let _lock = repository.lock_shared()?;
    repository.sweep()?;
    reach(DumpStage::RepositoryOpened.name()).await;
    let mut retries = 0;
    loop {
        let attempted = attempt::dump(connector, request, &repository, progress).await;
        let error = match attempted {
            Ok(mut report) => {
                report.retries = retries;
                report.seconds = started.elapsed().as_secs_f64();
                return Ok(report);
            }
            Err(error) => error,
        };
        retries += 1;
        if !error.lost_snapshot || retries >= ATTEMPTS {
            let error = error.error;
            let by_replica = error.sqlstate() == Some(CANCELLED_BY_REPLICA);
            let error = error.hint("Run the same command again: it resumes on the chunks that are there.");
            return Err(if by_replica {
                error.hint(FOR_REPLICAS)
            } else {
                error
            });
        }
        let message = format!(
            "{}; taking a new snapshot, and keeping what it still finds the same",
            error.error
        );
        progress.warn(&message);
    }
}

/// Why an attempt ended.
struct Failure {
    error: Error,
    /// Whether the snapshot was in use and its session broke: another attempt may do.
    lost_snapshot: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            lost_snapshot: false,
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

/// The SQLSTATE with which a replica cancels who stands in the way of its primary's changes.
const CANCELLED_BY_REPLICA: &str = "40001";

impl Failure {
    /// A failure on the way to the snapshot: locks that others hold have been waited for long enough.
    fn in_locks(error: Error) -> Self {
        let lost_snapshot =
            error.kind() == Kind::Connection || error.sqlstate() == Some(CANCELLED_BY_REPLICA);
        Self { error, lost_snapshot }
    }

    /// A failure while the snapshot was in use.
    fn in_snapshot(error: Error) -> Self {
        // What a replica cancels is a conflict; a lost connection speaks for itself.
        let lost_snapshot = matches!(error.kind(), Kind::Connection | Kind::Conflict);
        Self { error, lost_snapshot }
    }
}
