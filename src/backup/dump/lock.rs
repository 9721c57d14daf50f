//! The locks, then the snapshot: in this order nothing can be emptied or rewritten between the two.

use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{Row as _, Transaction};

use super::super::digest::SETTINGS;
use super::super::manifest::Snapshot;
use super::super::stage::DumpStage;
use super::Request;
use super::inspect::{Found, inspect, names};
use crate::connection::{Session, TimeLimit, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::failpoint::reach;
use crate::progress::Progress;
use crate::sql::{self, QualifiedName, literal};

/// How long one try at the locks waits, so that whoever wants a stronger lock after us does not wait for long.
const TRY: Duration = Duration::from_secs(2);
/// How long all tries take together.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// The SQLSTATE of a snapshot that nobody holds any more.
const GONE: &str = "42704";
/// The same of older servers.
const GONE_BEFORE_17: &str = "22023";

/// What is locked, and the moment that is seen.
pub(super) struct Locked {
    pub(super) found: Found,
    pub(super) snapshot: Snapshot,
    /// What a transaction in this snapshot sets.
    pub(super) settings: String,
}

impl Locked {
    /// The names of the tables.
    pub(super) fn tables(&self) -> Vec<QualifiedName> {
        self.found.tables.iter().map(|table| table.name.clone()).collect()
    }
}

/// Locks the tables, waiting patiently in short tries. What is to be locked is asked for in a transaction of its own,
/// because a query fixes its transaction's snapshot.
pub(super) async fn lock<'s>(
    session: &'s mut Session,
    request: &Request,
    progress: &dyn Progress,
) -> Result<(Transaction<'s, Postgres>, Locked)> {
    let mut patience = Patience {
        begun: Instant::now(),
        told: false,
    };
    // Even asking for a table's size waits for its locks.
    let (settings, tables) = loop {
        match wanted(session, request).await {
            Ok(wanted) => break wanted,
            Err(error) => patience.wait(error, progress).await?,
        }
    };
    reach(DumpStage::TablesListed.name()).await;
    let mut transaction = session.begin(&options()).await?;
    sql::run(&mut transaction, settings.clone()).await?;
    // A try that fails is undone to the savepoint; none of these statements fixes the snapshot.
    while let Err(error) = try_lock(&mut transaction, &tables).await {
        patience.wait(error, progress).await?;
        sql::run(&mut transaction, "rollback to savepoint vecops").await?;
    }
    reach(DumpStage::TablesLocked.name()).await;
    let snapshot = snapshot(&mut transaction).await?;
    reach(DumpStage::SnapshotTaken.name()).await;
    let names = names(&mut transaction, &request.selection).await?;
    let found = inspect(&mut transaction, &names, request.allow_partial).await?;
    let locked = Locked {
        found,
        snapshot,
        settings,
    };
    if locked.tables() != tables {
        return Err(
            Error::conflict("the tables changed while they were being locked").hint("Run the command again.")
        );
    }
    Ok((transaction, locked))
}

fn options() -> TransactionOptions {
    TransactionOptions::read()
        .repeatable()
        .long()
        .lock_timeout(TimeLimit::At(TRY))
}

/// How long the locks have been waited for.
struct Patience {
    begun: Instant,
    told: bool,
}

impl Patience {
    /// Waits a moment where another session's lock was in the way; any other error goes on.
    async fn wait(&mut self, error: Error, progress: &dyn Progress) -> Result<()> {
        if error.sqlstate() != Some("55P03") || self.begun.elapsed() > PATIENCE {
            return Err(error.context("lock the tables against changes of their shape"));
        }
        if !self.told {
            progress.note("another session holds one of the tables; waiting for it");
            self.told = true;
        }
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

/// What transactions set, and the tables that are to be locked.
async fn wanted(session: &mut Session, request: &Request) -> Result<(String, Vec<QualifiedName>)> {
    let knows_transaction_timeout = session.server().major() >= 17;
    let mut transaction = session.begin(&options()).await?;
    let names = names(&mut transaction, &request.selection).await?;
    let found = inspect(&mut transaction, &names, request.allow_partial).await?;
    transaction.rollback().await?;
    let settings = settings(knows_transaction_timeout, found.hides_rows);
    let tables = found.tables.into_iter().map(|table| table.name).collect();
    Ok((settings, tables))
}

async fn try_lock(connection: &mut PgConnection, tables: &[QualifiedName]) -> Result<()> {
    sql::run(&mut *connection, "savepoint vecops").await?;
    sql::run(&mut *connection, lock_statement(tables)).await?;
    sql::run(connection, "release savepoint vecops")
        .await
        .map_err(Error::from)
}

/// Begins a worker's transaction in the snapshot, with locks of its own: they outlive those of the holder.
pub(super) async fn enter<'s>(
    session: &'s mut Session,
    locked: &Locked,
) -> Result<Transaction<'s, Postgres>> {
    let mut transaction = session.begin(&options()).await?;
    let import = format!("set transaction snapshot {}", literal(&locked.snapshot.id));
    if let Err(error) = sql::run(&mut transaction, import).await {
        let error = Error::from(error);
        return Err(match error.sqlstate() {
            Some(GONE | GONE_BEFORE_17) => {
                Error::conflict("the session that holds the snapshot has ended").cause(error)
            }
            _ => error.context("share the snapshot with a worker"),
        });
    }
    sql::run(&mut transaction, locked.settings.clone()).await?;
    // Ranges follow the key's index; reading all of the table for each one would take the square of the time.
    sql::run(
        &mut transaction,
        "set local enable_seqscan = off; set local max_parallel_workers_per_gather = 0; set local jit = off",
    )
    .await?;
    sql::run(&mut transaction, lock_statement(&locked.tables()))
        .await
        .context("lock the tables for a worker")?;
    Ok(transaction)
}

fn lock_statement(tables: &[QualifiedName]) -> String {
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    format!("lock table {} in access share mode", names.join(", "))
}

/// What transactions of a dump set: no time limits, no hidden rows, texts that are the same everywhere.
fn settings(knows_transaction_timeout: bool, hides_rows: bool) -> String {
    let mut settings = format!("{SETTINGS}; set local idle_in_transaction_session_timeout = 0");
    if knows_transaction_timeout {
        settings.push_str("; set local transaction_timeout = 0");
    }
    if hides_rows {
        settings.push_str("; set local row_security = on");
    }
    settings
}

async fn snapshot(connection: &mut PgConnection) -> Result<Snapshot> {
    let row = sql::fixed(include_str!("../../../sql/backup/snapshot.sql"))
        .fetch_one(connection)
        .await
        .context("export the snapshot")?;
    Ok(Snapshot {
        id: row.try_get("id")?,
        lsn: row.try_get("lsn")?,
        time: row.try_get("time")?,
    })
}
