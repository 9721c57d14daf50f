//! k-nearest-neighbour queries on a table as it is: how much they find, how long they take, what they read.
//!
//! Everything runs in read-only transactions with settings that end with them; nothing is created, nothing is left. The
//! configurations are interleaved in an order drawn anew for each pass, so that a drift of the machine hits all alike.
//! Recall is measured against exact neighbours, never against another index. This module must not know files or the
//! terminal. Why so: recall by stored rows flatters ([`Origin::Stored`]), EXPLAIN's buffers repeat where times do not.

mod assertion;
mod compare;
mod distribution;
mod load;
mod measure;
mod queries;
mod report;
mod statement;
mod truth;
mod way;

use std::time::Instant;

use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};

pub use assertion::{Asserted, Expectation, Limit};
pub use compare::{Comparison, Difference, Verdict, compare};
pub use distribution::{Distribution, Percentile};
pub use load::{LoadRequest, Throughput, throughput};
pub use queries::{Origin, Queries, stored};
pub use report::{
    BenchReport, Buffers, Configuration, Environment, Exactness, IndexFacts, Measured, PlanCount, QuerySet,
};

pub use way::{Detour, Way};

use crate::catalog::Target;
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Unit};
use crate::sql;
use crate::vector::neighbours::Exact;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Request {
    /// How many neighbours a query asks for.
    pub k: u32,
    /// Only rows whose metadata contain this object.
    pub filter: Option<Value>,
    /// The configurations to compare.
    pub configurations: Vec<Configuration>,
    /// How many times each query is timed under each configuration, after one pass that is not counted.
    pub passes: u32,
    /// How transactions begin: the role and its claims.
    pub transaction: TransactionOptions,
    /// Draws the order of the queries.
    pub seed: u64,
}

/// Measures all configurations with all queries.
pub async fn run(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    request: &Request,
    progress: &dyn Progress,
) -> Result<BenchReport> {
    let started = Instant::now();
    let mut warnings: Vec<String> = queries.origin.warning().into_iter().collect();
    let environment = environment(session, on).await?;
    let truth = {
        let mut transaction = session
            .begin(&request.transaction.clone().repeatable().long())
            .await?;
        let truth = truth::exact(&mut transaction, on, queries, request, progress).await?;
        transaction.commit().await.context("end the transaction")?;
        truth
    };
    if truth.rows == 0 {
        return Err(Error::precondition(format!(
            "`{}` has no row with an embedding that this role can see and the filter keeps",
            on.table.plain()
        )));
    }
    let configurations = measure(session, on, queries, &truth.exact, request, progress).await?;
    let method = on.index().map(|index| index.method.as_str());
    warnings.extend(truth.warnings());
    warnings.extend(configurations.iter().flat_map(|it| it.warnings(method)));
    Ok(BenchReport {
        table: on.table.plain(),
        column: on.embedding.as_str().to_owned(),
        element: on.element,
        dimensions: on.dimensions,
        metric: on.metric,
        k: request.k,
        filter: request.filter.clone(),
        role: None,
        queries: queries.summary(),
        exact: truth.facts,
        environment,
        configurations,
        throughput: Vec::new(),
        warnings,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Measures all configurations with all queries against exact neighbours that are known.
pub async fn measure(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    exact: &[Exact],
    request: &Request,
    progress: &dyn Progress,
) -> Result<Vec<Measured>> {
    let way = Way::default();
    measure_by(session, on, queries, exact, (request, &way), progress).await
}

/// The same by another way than the column's usual one.
pub async fn measure_by(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    exact: &[Exact],
    (request, way): (&Request, &Way),
    progress: &dyn Progress,
) -> Result<Vec<Measured>> {
    let mut transaction = session.begin(&request.transaction.clone().long()).await?;
    sql::run(&mut transaction, on.extension.load_library())
        .await
        .context("load pgvector")?;
    if let Some(statements) = way.statements() {
        sql::run(&mut transaction, statements).await?;
    }
    let measuring = measure::Measuring::new(on, queries, request, way.detour.as_ref());
    let runs = u64::from(request.passes) + 2;
    let each = (request.configurations.len() * queries.len()) as u64;
    let task = progress.task(
        &format!("measure {}", on.table.plain()),
        Unit::Steps,
        Some(runs * each),
    );
    let runs = measuring.run(&mut transaction, &task).await?;
    task.finish();
    transaction.commit().await.context("end the transaction")?;
    Ok(runs
        .into_iter()
        .map(|run| run.report(on, exact, request))
        .collect())
}

/// The exact neighbours of the queries, without measuring anything else.
pub async fn exact_neighbours(
    connection: &mut PgConnection,
    on: &Target,
    queries: &Queries,
    request: &Request,
    progress: &dyn Progress,
) -> Result<(Vec<Exact>, Exactness)> {
    let truth = truth::exact(connection, on, queries, request, progress).await?;
    Ok((truth.exact, truth.facts))
}

async fn environment(session: &mut Session, on: &Target) -> Result<Environment> {
    let mut transaction = session.begin_read().await?;
    let row = sql::fixed(include_str!("../../sql/bench/environment.sql"))
        .bind(on.table.to_string())
        .fetch_one(&mut *transaction)
        .await
        .context("read the server's settings")?;
    transaction.commit().await.context("end the transaction")?;
    let Json(settings) = row.try_get("settings")?;
    Ok(Environment {
        server_version: row.try_get("server_version")?,
        settings,
        vector_version: on.extension.version.clone(),
        table_bytes: row.try_get("table_bytes")?,
        index: on.index().map(|index| IndexFacts {
            name: index.name.clone(),
            method: index.method.clone(),
            options: index.options.clone(),
            bytes: index.bytes,
        }),
    })
}
