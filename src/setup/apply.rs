//! Applies a plan: everything but indexes over existing rows, in the caller's one transaction.
//!
//! The caller commits. Whatever ends the process before that leaves the database as it was.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::plan::{Phase, Plan, Step, plan};
use crate::collection::Collection;
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Unit};
use crate::sql::{fixed, run};

/// What two setups of one database must not hold at once.
const LOCK: &str = "vecops setup";

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The titles of the steps that were done, in order.
    pub done: Vec<String>,
    /// What is left for [`super::build_indexes`], as a plan of its own.
    pub left: Plan,
}

/// Does the transactional steps of the plan that was shown, and checks that they left nothing to do.
///
/// The plan is made again under the lock: where it is not the one that was shown, nothing is done.
pub async fn apply(
    transaction: &mut PgConnection,
    collections: &[&Collection],
    shown: &Plan,
    progress: &dyn Progress,
) -> Result<Applied> {
    lock(transaction).await?;
    let current = plan(transaction, collections).await?;
    refuse_blocked(&current)?;
    if current.steps != shown.steps {
        return Err(Error::conflict("the database changed since the plan was made")
            .hint("Run `vecops setup apply` again, and look at the new plan."));
    }
    let steps: Vec<&Step> = current.steps_in(Phase::Transaction).collect();
    let total = u64::try_from(steps.len()).unwrap_or(u64::MAX);
    let task = progress.task("apply the plan", Unit::Steps, Some(total));
    for step in &steps {
        run(transaction, step.sql.clone())
            .await
            .map_err(|source| explain(step, source))?;
        task.advance(1);
    }
    let left = plan(transaction, collections).await?;
    if let Some(step) = left.steps_in(Phase::Transaction).next() {
        return Err(
            Error::failed(format!("after every step it is still to be done: {}", step.title))
                .cause(step.reason.clone())
                .hint(
                    "Nothing was changed. Please report this with the output of `vecops setup plan --json`.",
                ),
        );
    }
    task.finish();
    Ok(Applied {
        done: steps.iter().map(|step| step.title.clone()).collect(),
        left,
    })
}

/// An error that lists what must be changed by hand first.
pub(super) fn refuse_blocked(plan: &Plan) -> Result<()> {
    let blocking: Vec<_> = plan.drift.iter().filter(|drift| drift.blocking).collect();
    let Some(first) = blocking.first() else {
        return Ok(());
    };
    let mut error = Error::precondition(format!(
        "collection `{}` cannot be set up as the database stands",
        first.collection
    ));
    for drift in blocking {
        error = error
            .cause(format!(
                "{}: declared {}, found {}",
                drift.object, drift.declared, drift.found
            ))
            .hint(drift.advice.clone());
    }
    Err(error)
}

async fn lock(transaction: &mut PgConnection) -> Result<()> {
    let row = fixed(include_str!("../../sql/setup/lock.sql"))
        .bind(LOCK)
        .fetch_one(transaction)
        .await?;
    if row.try_get("taken")? {
        return Ok(());
    }
    Err(
        Error::conflict("another `vecops setup apply` is at work in this database")
            .hint("Wait for it to end, then run `vecops setup plan`."),
    )
}

fn explain(step: &Step, source: sqlx::Error) -> Error {
    let error = Error::from(source);
    let denied = error.sqlstate() == Some("42501") && step.sql.contains("create extension");
    let error = error.context(step.title.clone());
    if denied {
        error.hint(
            "Only a superuser may install `vector` here: on Supabase enable it under Database > Extensions, \
             elsewhere let an administrator run `create extension vector with schema extensions`.",
        )
    } else {
        error
    }
}

/// Builds context for the statements of one step outside the transaction.
pub(super) async fn run_step(connection: &mut PgConnection, step: &Step) -> Result<()> {
    run(connection, step.sql.clone())
        .await
        .context(step.title.clone())
}
