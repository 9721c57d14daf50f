//! Builds indexes over existing rows, outside any transaction and without stopping writers.
//!
//! An interrupted build leaves an invalid index, which costs every write and serves no query. A failed one is
//! dropped by the builder; what a killed one left is a step of the next plan.

use std::time::Instant;

use serde::Serialize;
use sqlx::postgres::PgConnection;

use super::apply::{refuse_blocked, run_step};
use super::plan::{NewIndex, Phase, Plan, Step, plan};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::index_build::{Builder, Place, Settings, Wishes, Work, facts, give_lock_back, take_lock};

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
    wishes: Wishes,
    builder: Builder<'_>,
) -> Result<Vec<BuiltIndex>> {
    let mut built = Vec::new();
    for collection in collections {
        let current = plan(session, &[collection]).await?;
        refuse_blocked(&current)?;
        if current.steps_in(Phase::Afterwards).next().is_none() {
            continue;
        }
        take_lock(session, &collection.table).await?;
        let result = build(session, collection, &current, wishes, builder).await;
        let given_back = give_lock_back(session, &collection.table).await;
        built.extend(result?);
        given_back?;
    }
    Ok(built)
}

async fn build(
    session: &mut PgConnection,
    collection: &Collection,
    current: &Plan,
    wishes: Wishes,
    builder: Builder<'_>,
) -> Result<Vec<BuiltIndex>> {
    let mut built = Vec::new();
    for step in current.steps_in(Phase::Afterwards) {
        let seconds = match &step.new_index {
            None => {
                let started = Instant::now();
                run_step(session, step).await?;
                started.elapsed().as_secs_f64()
            }
            Some(index) => build_one(session, collection, step, index, wishes, builder).await?,
        };
        built.push(BuiltIndex {
            collection: collection.name.clone(),
            title: step.title.clone(),
            seconds,
        });
    }
    let left = plan(session, &[collection]).await?;
    match left.steps_in(Phase::Afterwards).next() {
        None => Ok(built),
        Some(step) => Err(not_valid(collection, step)),
    }
}

async fn build_one(
    session: &mut PgConnection,
    collection: &Collection,
    step: &Step,
    index: &NewIndex,
    wishes: Wishes,
    builder: Builder<'_>,
) -> Result<f64> {
    let table = facts::table(session, &collection.table).await?;
    let server = facts::server(session).await?;
    let rows = table.estimated_rows(index.layout);
    let work = Work {
        statement: step.sql.clone(),
        label: index.name.plain(),
        concurrently: true,
        settings: Settings::choose(server, index.layout, rows, wishes),
        rows,
        bytes: index.layout.map(|layout| layout.bytes(rows)),
    };
    let place = Place {
        index: index.name.clone(),
        table: collection.table.clone(),
        table_oid: table.oid,
    };
    let built = builder.build(session, &place, &work).await.map_err(|error| {
        error
            .context(step.title.clone())
            .hint("Run `vecops setup apply` again: it drops what may be left, and builds the index.")
    })?;
    Ok(built.seconds)
}

fn not_valid(collection: &Collection, step: &Step) -> Error {
    Error::failed(format!(
        "an index of {} is not valid after its build",
        collection.table.plain()
    ))
    .cause(format!("still to be done: {}", step.title))
    .hint("Run `vecops setup apply` again, which builds it anew.")
}
