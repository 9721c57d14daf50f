//! Dropping indexes: on purpose, or what failed builds have left.

use serde::Serialize;
use sqlx::PgConnection;

use super::plan::expect_owner;
use super::replace::{Replacement, replacements};
use crate::connection::{Connector, Need, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::index_build::{Found, drop_statement, facts, leftovers, take_lock, vector_indexes};
use crate::progress::{Progress, Unit};
use crate::sql::{QualifiedName, run};

/// Indexes that are to be dropped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RemovalPlan {
    /// Each with its statement.
    pub steps: Vec<RemovalStep>,
    /// Those that only another role may drop.
    pub of_others: Vec<QualifiedName>,
    /// Whether readers and writers go on meanwhile.
    pub concurrently: bool,
}

/// An index that is to be dropped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RemovalStep {
    /// The index.
    pub index: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// Its size.
    pub bytes: i64,
    /// Whether queries may use it now.
    pub is_valid: bool,
    /// Whether its table has no other valid vector index.
    pub is_last: bool,
    /// The statement.
    pub statement: String,
    /// The statement that makes it again.
    pub undo: String,
}

/// What was dropped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Removed {
    /// The indexes, in order.
    pub dropped: Vec<RemovalStep>,
    /// The bytes that they had.
    pub bytes: i64,
}

/// Plans to drop an index.
pub async fn plan_removal(
    connection: &mut PgConnection,
    index: &Found,
    concurrently: bool,
) -> Result<RemovalPlan> {
    expect_not_replaced(connection, index).await?;
    Ok(RemovalPlan {
        steps: vec![step(connection, index, concurrently).await?],
        of_others: Vec::new(),
        concurrently,
    })
}

/// An error where the index is one of the two of a replacement, which would go on with one that is gone.
async fn expect_not_replaced(connection: &mut PgConnection, index: &Found) -> Result<()> {
    let name = index.definition.qualified();
    let all = replacements(connection, Some(&name.schema)).await?;
    let takes_part = |state: &&Replacement| {
        [&state.index.name, &state.new, &state.old].contains(&&name.name)
            && state.table == index.definition.table
    };
    let Some(state) = all.iter().find(takes_part) else {
        return Ok(());
    };
    let replaced = state.index.plain();
    Err(Error::precondition(format!(
        "`{}` is part of the replacement of `{replaced}`",
        name.plain()
    ))
    .hint(format!(
        "Undo that by `vecops index replace {replaced} --rollback`."
    ))
    .hint(format!(
        "Once the names are exchanged, `vecops index replace {replaced} --finish` drops the old index."
    )))
}

/// Plans to drop what failed builds have left, on a table or in the whole database.
pub async fn plan_cleaning(connection: &mut PgConnection, table_oid: Option<i64>) -> Result<RemovalPlan> {
    let (mut steps, mut of_others) = (Vec::new(), Vec::new());
    for index in leftovers(connection, table_oid).await? {
        let table = facts::table(connection, &index.definition.table).await?;
        if table_oid.is_none() && !table.is_owner {
            of_others.push(index.definition.qualified());
            continue;
        }
        steps.push(step(connection, &index, true).await?);
    }
    Ok(RemovalPlan {
        steps,
        of_others,
        concurrently: true,
    })
}

async fn step(connection: &mut PgConnection, index: &Found, concurrently: bool) -> Result<RemovalStep> {
    let definition = &index.definition;
    expect_owner(&facts::table(connection, &definition.table).await?)?;
    let others = vector_indexes(connection, Some(index.table_oid)).await?;
    let is_last = index.is_valid
        && !others
            .iter()
            .any(|other| other.is_valid && other.oid != index.oid);
    let name = definition.qualified();
    Ok(RemovalStep {
        statement: drop_statement(&name, concurrently),
        undo: definition.statement(true),
        index: name,
        table: definition.table.clone(),
        bytes: index.bytes,
        is_valid: index.is_valid,
        is_last,
    })
}

/// Drops the indexes of a plan.
pub async fn remove(connector: &Connector, plan: &RemovalPlan, progress: &dyn Progress) -> Result<Removed> {
    let mut session = connector.open(Need::Session, progress).await?;
    let mut dropped = Vec::new();
    for step in &plan.steps {
        let label = format!("drop `{}`", step.index.plain());
        let task = progress.task(&label, Unit::Unknown, None);
        take_lock(session.outside_transaction().await?, &step.table).await?;
        let done = if plan.concurrently {
            let outside = session.outside_transaction().await?;
            run(&mut *outside, "set lock_timeout = 0").await?;
            run(outside, step.statement.clone()).await.context(label)
        } else {
            let mut transaction = session.begin(&TransactionOptions::write()).await?;
            run(&mut transaction, step.statement.clone())
                .await
                .context(label)?;
            transaction.commit().await.context("commit")
        };
        done.map_err(|error| {
            error.hint(
                "Run `vecops index list` to see what is there, `vecops index clean` to drop what is left.",
            )
        })?;
        task.finish();
        dropped.push(step.clone());
    }
    Ok(Removed {
        bytes: dropped.iter().map(|step| step.bytes).sum(),
        dropped,
    })
}
