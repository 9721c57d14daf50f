//! Builds indexes over existing rows, outside any transaction and without stopping writers.
//!
//! An interrupted build leaves an invalid index, which costs every write and serves no query. A failed one is
//! dropped here; what a killed one left is a step of the next plan. Where the build's limits come from:
//! PostgreSQL documentation, `CREATE INDEX`, "Building Indexes Concurrently".

use std::time::Instant;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::apply::{refuse_blocked, run_step};
use super::plan::{Phase, Plan, Step, plan};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::progress::{Progress, Unit};
use crate::sql::{fixed, literal, run};

/// How an index is built.
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
    /// The collection that has it.
    pub collection: String,
    /// What was done.
    pub title: String,
    /// How long it took.
    pub seconds: f64,
}

/// Does the steps of the plan that run after the transaction, on a connection that keeps its session.
pub async fn build_indexes(
    session: &mut PgConnection,
    collections: &[&Collection],
    settings: &BuildSettings,
    progress: &dyn Progress,
) -> Result<Vec<BuiltIndex>> {
    let mut built = Vec::new();
    set(session, settings).await?;
    for collection in collections {
        let current = plan(session, &[collection]).await?;
        refuse_blocked(&current)?;
        if current.steps_in(Phase::Afterwards).next().is_none() {
            continue;
        }
        let lock = format!("vecops index {}", collection.table);
        take(session, &lock).await?;
        let result = build(session, collection, &current, progress).await;
        let given_back = give_back(session, &lock).await;
        built.extend(result?);
        given_back?;
    }
    Ok(built)
}

async fn build(
    session: &mut PgConnection,
    collection: &Collection,
    current: &Plan,
    progress: &dyn Progress,
) -> Result<Vec<BuiltIndex>> {
    let mut built = Vec::new();
    for step in current.steps_in(Phase::Afterwards) {
        let task = progress.task(&step.title, Unit::Unknown, None);
        let started = Instant::now();
        if let Err(error) = run_step(session, step).await {
            return Err(clean_up(session, collection, error).await);
        }
        task.finish();
        built.push(BuiltIndex {
            collection: collection.name.clone(),
            title: step.title.clone(),
            seconds: started.elapsed().as_secs_f64(),
        });
    }
    let left = plan(session, &[collection]).await?;
    match left.steps_in(Phase::Afterwards).next() {
        None => Ok(built),
        Some(step) => Err(not_valid(collection, step)),
    }
}

/// Drops the invalid index that a failed build left, where the session still can.
async fn clean_up(session: &mut PgConnection, collection: &Collection, error: Error) -> Error {
    let Ok(after) = plan(session, &[collection]).await else {
        return error.hint(LEFT_BEHIND);
    };
    // The first step afterwards is the dropping of what is left, where something is.
    let left = after
        .steps_in(Phase::Afterwards)
        .filter(|step| step.drops_leftover);
    for step in left {
        if run_step(session, step).await.is_err() {
            return error.hint(LEFT_BEHIND);
        }
    }
    error
}

const LEFT_BEHIND: &str =
    "An invalid index may be left behind; `vecops setup apply` drops it and builds it again.";

fn not_valid(collection: &Collection, step: &Step) -> Error {
    Error::failed(format!(
        "an index of {} is not valid after its build",
        collection.table.plain()
    ))
    .cause(format!("still to be done: {}", step.title))
    .hint("Run `vecops setup apply` again, which builds it anew.")
}

/// No time limit cuts a build off, and no lock limit its last wait, when all the work is done.
async fn set(session: &mut PgConnection, settings: &BuildSettings) -> Result<()> {
    let mut statements = vec![
        "set statement_timeout = 0".to_owned(),
        "set lock_timeout = 0".to_owned(),
    ];
    if let Some(memory) = &settings.maintenance_work_mem {
        statements.push(format!("set maintenance_work_mem = {}", literal(memory)));
    }
    if let Some(workers) = settings.parallel_workers {
        statements.push(format!("set max_parallel_maintenance_workers = {workers}"));
    }
    Ok(run(session, statements.join("; ")).await?)
}

async fn take(session: &mut PgConnection, lock: &str) -> Result<()> {
    let row = fixed(include_str!("../../sql/setup/session_lock.sql"))
        .bind(lock)
        .fetch_one(session)
        .await?;
    if row.try_get("taken")? {
        return Ok(());
    }
    Err(
        Error::conflict("another session builds this table's vector index")
            .hint("Wait for it to end, then run `vecops setup plan`."),
    )
}

async fn give_back(session: &mut PgConnection, lock: &str) -> Result<()> {
    fixed(include_str!("../../sql/setup/session_unlock.sql"))
        .bind(lock)
        .execute(session)
        .await?;
    Ok(())
}
