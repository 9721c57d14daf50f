//! Keys, and indexes with memory and workers set for the session, each in a transaction that moves the ledger on.

use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::definition::{Stage as Step, Statement};
use super::super::stage::RestoreStage;
use super::begin;
use super::fit::older;
use super::ledger::{Ledger, Stage};
use super::plan::{PlannedIndex, RestorePlan};
use super::wanted::Wanted;
use crate::catalog;
use crate::connection::{Connector, Need, Session, TransactionOptions};
use crate::error::{Context as _, Result};
use crate::failpoint::reach;
use crate::progress::{Progress, Task, Unit};
use crate::sql::{self, literal};

/// How often a build is asked how far it is.
const INTERVAL: Duration = Duration::from_millis(500);

/// How indexes are built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSettings {
    /// `maintenance_work_mem`, as in `2GB`; the session's own where it is not said.
    pub maintenance_work_mem: Option<String>,
    /// `max_parallel_maintenance_workers`; the session's own where it is not said.
    pub parallel_workers: Option<u32>,
}

/// An index that was built.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BuiltIndex {
    /// Which.
    pub index: String,
    /// How long it took.
    pub seconds: f64,
}

/// Makes keys, foreign keys last.
pub(super) async fn keys(
    session: &mut Session,
    wanted: &Wanted,
    ledger: &Ledger,
    done: u64,
    progress: &dyn Progress,
) -> Result<()> {
    let statements = wanted.made_only(Step::Keys);
    let task = progress.task("make keys", Unit::Steps, u64::try_from(statements.len()).ok());
    for (place, statement) in (0..).zip(statements) {
        if place >= done {
            let mut transaction = begin(session, TransactionOptions::write()).await?;
            run(&mut transaction, &statement).await.map_err(|error| {
                error.hint("Mend what the rows lack, such as the rows that they refer to, then run the same command again.")
            })?;
            ledger.advance(&mut transaction, Stage::Keys(place + 1)).await?;
            reach(RestoreStage::KeyMade.name()).await;
            transaction.commit().await?;
        }
        task.advance(1);
    }
    task.finish();
    Ok(())
}

/// What building indexes needs.
pub(super) struct Build<'a> {
    pub(super) connector: &'a Connector,
    pub(super) wanted: &'a Wanted,
    pub(super) ledger: &'a Ledger,
    pub(super) settings: &'a BuildSettings,
    pub(super) plan: &'a RestorePlan,
}

impl Build<'_> {
    /// Builds the indexes that the ledger lacks, then counts what the planner wants to know.
    pub(super) async fn run(
        &self,
        session: &mut Session,
        done: u64,
        progress: &dyn Progress,
    ) -> Result<Vec<BuiltIndex>> {
        let mut built = Vec::new();
        let parallel = self.may_be_parallel(session, progress).await?;
        for (place, statement) in (0..).zip(self.wanted.made_only(Step::Indexes)) {
            if place < done {
                continue;
            }
            let started = Instant::now();
            let planned = self
                .plan
                .indexes
                .iter()
                .find(|index| index.index == statement.object);
            let settings = self.session_settings(parallel);
            self.index(session, &statement, settings, planned, place, progress)
                .await?;
            built.push(BuiltIndex {
                index: statement.object,
                seconds: started.elapsed().as_secs_f64(),
            });
        }
        let mut transaction = begin(session, TransactionOptions::write()).await?;
        for table in &self.wanted.tables {
            let analyze = format!("analyze {}", table.at);
            sql::run(&mut transaction, analyze)
                .await
                .with_context(|| format!("count `{}` for the planner", table.at.plain()))?;
        }
        transaction.commit().await?;
        Ok(built)
    }

    async fn index(
        &self,
        session: &mut Session,
        statement: &Statement,
        settings: String,
        planned: Option<&PlannedIndex>,
        place: u64,
        progress: &dyn Progress,
    ) -> Result<()> {
        let builder = session.server().backend_pid;
        let task = progress.task(&format!("build {}", statement.object), Unit::Rows, None);
        let mut transaction = begin(session, TransactionOptions::write()).await?;
        sql::run(&mut transaction, settings).await?;
        let building = run(&mut transaction, statement);
        let watching = self.watch(builder, planned, &task, progress);
        tokio::select! {
            built = building => built?,
            never = watching => match never {},
        }
        self.ledger
            .advance(&mut transaction, Stage::Indexes(place + 1))
            .await?;
        reach(RestoreStage::IndexBuilt.name()).await;
        transaction.commit().await?;
        reach(RestoreStage::IndexEntered.name()).await;
        task.finish();
        Ok(())
    }

    /// Parallel builds of pgvector 0.6.0 to 0.8.1 may crash or leak rows of other tables (CVE-2026-3172).
    async fn may_be_parallel(&self, session: &mut Session, progress: &dyn Progress) -> Result<bool> {
        let mut transaction = session.begin_read().await?;
        let extension = catalog::vector_extension(&mut transaction).await?;
        transaction.rollback().await?;
        let is_old = extension.is_some_and(|extension| older(&extension.version, "0.8.2"));
        if is_old {
            progress.warn(
                "pgvector is older than 0.8.2, whose parallel builds are not safe: building with one process",
            );
        }
        Ok(!is_old)
    }

    /// Tables whose long values lie elsewhere look small, and would get no workers.
    fn session_settings(&self, parallel: bool) -> String {
        let mut settings = vec!["set local min_parallel_table_scan_size = 0".to_owned()];
        if let Some(memory) = &self.settings.maintenance_work_mem {
            settings.push(format!("set local maintenance_work_mem = {}", literal(memory)));
        }
        let workers = if parallel {
            self.settings.parallel_workers
        } else {
            Some(0)
        };
        if let Some(workers) = workers {
            settings.push(format!("set local max_parallel_maintenance_workers = {workers}"));
        }
        settings.join("; ")
    }

    /// Says how far a build is, and when it outgrows its memory. What cannot be seen does not stop it.
    async fn watch(
        &self,
        builder: i32,
        planned: Option<&PlannedIndex>,
        task: &Task,
        progress: &dyn Progress,
    ) -> std::convert::Infallible {
        tokio::time::sleep(INTERVAL).await;
        let Ok(mut session) = self.connector.open(Need::Any, progress).await else {
            return std::future::pending().await;
        };
        let (mut seen, mut warned) = (0, false);
        loop {
            let Some((rows, total)) = rows_done(&mut session, builder).await else {
                return std::future::pending().await;
            };
            if let Some(total) = total {
                task.set_total(total);
            }
            task.advance(rows.saturating_sub(seen));
            seen = seen.max(rows);
            let fits = planned.and_then(|index| index.rows_that_fit);
            if !warned && fits.is_some_and(|fits| rows > fits) {
                warned = true;
                progress.warn(
                    "the graph no longer fits into `maintenance_work_mem`: from here on the build is several times slower; interrupt and run the same command with a larger `--maintenance-work-mem`, if there is that much memory",
                );
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

/// How many rows a build has taken, and of how many. None where the session broke.
async fn rows_done(session: &mut Session, builder: i32) -> Option<(u64, Option<u64>)> {
    let mut transaction = session.begin_read().await.ok()?;
    let row = sql::fixed(include_str!("../../../sql/backup/restore/build_progress.sql"))
        .bind(builder)
        .fetch_optional(&mut *transaction)
        .await
        .ok()?;
    transaction.rollback().await.ok()?;
    let Some(row) = row else { return Some((0, None)) };
    let number = |name| {
        row.try_get::<i64, _>(name)
            .ok()
            .and_then(|value| u64::try_from(value).ok())
    };
    let total = number("rows_total").filter(|&total| total > 0);
    Some((number("rows_done").unwrap_or(0), total))
}

async fn run(connection: &mut PgConnection, statement: &Statement) -> Result<()> {
    sql::run(connection, statement.sql.clone())
        .await
        .with_context(|| format!("make {}", statement.object))
}
