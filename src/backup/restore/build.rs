//! Keys, and indexes with memory and workers set for the session, each in a transaction that moves the ledger on.

use serde::Serialize;
use sqlx::postgres::PgConnection;

use super::super::definition::{Stage as Step, Statement};
use super::super::stage::RestoreStage;
use super::begin;
use super::ledger::{Ledger, Stage};
use super::plan::RestorePlan;
use super::wanted::Wanted;
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Result};
use crate::failpoint::reach;
use crate::index_build::facts::server;
use crate::index_build::{Builder, Settings, Wishes, Work};
use crate::progress::{Progress, Unit};
use crate::sql;

/// An index that was built.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BuiltIndex {
    /// Which.
    pub index: String,
    /// How long it took.
    pub seconds: f64,
    /// `maintenance_work_mem`, in bytes.
    pub memory: u64,
    /// The workers that helped, as far as they were seen.
    pub workers: u32,
    /// The rows after which the graph no longer fitted into memory, as it was seen.
    pub spilled_after: Option<u64>,
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
    pub(super) builder: Builder<'a>,
    pub(super) wanted: &'a Wanted,
    pub(super) ledger: &'a Ledger,
    pub(super) wishes: Wishes,
    pub(super) plan: &'a RestorePlan,
}

impl Build<'_> {
    /// Builds the indexes that the ledger lacks, then counts what the planner wants to know.
    pub(super) async fn run(&self, session: &mut Session, done: u64) -> Result<Vec<BuiltIndex>> {
        let mut built = Vec::new();
        for (place, statement) in (0..).zip(self.wanted.made_only(Step::Indexes)) {
            if place >= done {
                built.push(self.index(session, statement, place).await?);
            }
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

    async fn index(&self, session: &mut Session, statement: Statement, place: u64) -> Result<BuiltIndex> {
        let mut transaction = begin(session, TransactionOptions::write()).await?;
        // Read again: the plan was made before the extension was there.
        let server = server(&mut transaction).await?;
        let mut planned = self.plan.indexes.iter();
        let planned = planned.find(|index| index.index == statement.object);
        let layout = planned.and_then(|index| index.layout);
        let rows = planned.map_or(0, |index| index.rows);
        let work = Work {
            statement: statement.sql,
            label: planned.map_or_else(|| statement.object.clone(), |index| index.name.clone()),
            concurrently: false,
            settings: Settings::choose(server, layout, rows, self.wishes),
            rows,
            bytes: layout.map(|layout| layout.bytes(rows)),
        };
        let made = self.builder.build_within(&mut transaction, &work).await?;
        self.ledger
            .advance(&mut transaction, Stage::Indexes(place + 1))
            .await?;
        reach(RestoreStage::IndexBuilt.name()).await;
        transaction.commit().await?;
        reach(RestoreStage::IndexEntered.name()).await;
        Ok(BuiltIndex {
            index: statement.object,
            seconds: made.seconds,
            memory: made.settings.memory,
            workers: made.workers,
            spilled_after: made.spilled_after,
        })
    }
}

async fn run(connection: &mut PgConnection, statement: &Statement) -> Result<()> {
    sql::run(connection, statement.sql.clone())
        .await
        .with_context(|| format!("make {}", statement.object))
}
