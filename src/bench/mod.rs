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
mod seen;
mod statement;
mod truth;
mod way;

use std::time::Instant;

use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};

pub use assertion::{Asserted, Expectation, Limit};
pub use compare::{Comparison, Difference, Verdict, compare};
pub use distribution::{Distribution, Histogram, Percentile};
pub use load::{LoadRequest, Throughput, throughput};
pub use measure::{FirstQuery, first_query};
pub use queries::{Origin, Queries, selected, stored, stored_among};
pub use report::{
    BenchReport, Buffers, Case, Cold, Configuration, Environment, Exactness, IndexFacts, Measured, PlanCount,
    QuerySet,
};

pub use way::{Choice, Detour, Way};

use crate::catalog::Target;
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Result};
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

/// Measures every case under its configurations with all queries. Passes and the drawing of the order are the first
/// case's.
pub async fn run(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    cases: &[Request],
    progress: &dyn Progress,
) -> Result<BenchReport> {
    let started = Instant::now();
    let mut warnings: Vec<String> = queries.origin.warning().into_iter().collect();
    let environment = environment(session, on).await?;
    let truths = truth::of_cases(session, on, queries, cases, progress).await?;
    let exact: Vec<&[Exact]> = truths.iter().map(|truth| truth.exact.as_slice()).collect();
    let way = Way::default();
    let measuring = measure::Measuring::new(on, queries, cases, &way);
    let configurations = measured(session, on, &measuring, &exact, progress).await?;
    for warning in truths.iter().flat_map(|truth| truth.warnings(queries.origin)) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    let facts = cases.iter().zip(truths);
    let mut report = BenchReport {
        table: on.table.plain(),
        column: on.embedding.as_str().to_owned(),
        element: on.element,
        dimensions: on.dimensions,
        metric: on.metric,
        cases: facts
            .map(|(request, truth)| request.case(on, truth.facts))
            .collect(),
        queries: queries.summary(),
        environment,
        configurations,
        throughput: Vec::new(),
        warnings,
        seconds: started.elapsed().as_secs_f64(),
    };
    let weak = report.configurations.iter().flat_map(|one| {
        let label = report.label(one.case, one.configuration);
        one.warnings(on.index().is_some(), &label)
    });
    let weak: Vec<String> = weak.collect();
    report.warnings.extend(weak);
    Ok(report)
}

impl Request {
    fn case(&self, on: &Target, exact: Exactness) -> Case {
        let role = self.transaction.acting_as().map(ToString::to_string);
        let rows = exact.rows + exact.without_embedding;
        let is_part = (self.filter.is_some() || role.is_some()) && on.estimated_rows > 0.0;
        Case {
            k: self.k,
            filter: self.filter.clone(),
            role,
            share_of_table: is_part.then(|| {
                (distribution::count(usize::try_from(rows).unwrap_or(usize::MAX)) / on.estimated_rows)
                    .min(1.0)
            }),
            exact,
        }
    }
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
    measure_by(session, on, queries, exact, (request, &[&way]), progress).await
}

/// The same by other ways than the column's usual one: each query goes all of them, one after the other in an order that
/// is drawn anew, before the next query does. What comes is in the order of the ways.
pub async fn measure_by(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    exact: &[Exact],
    (request, ways): (&Request, &[&Way]),
    progress: &dyn Progress,
) -> Result<Vec<Measured>> {
    let measuring = measure::Measuring::by(on, queries, request, ways);
    measured(session, on, &measuring, &vec![exact; ways.len()], progress).await
}

/// The index that the first query takes its order from, where it goes this way.
pub async fn index_by(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    (request, way): (&Request, &Way),
) -> Result<Option<String>> {
    measure::Measuring::by(on, queries, request, &[way])
        .index(session)
        .await
}

async fn measured(
    session: &mut Session,
    on: &Target,
    measuring: &measure::Measuring<'_>,
    exact: &[&[Exact]],
    progress: &dyn Progress,
) -> Result<Vec<Measured>> {
    let name = format!("measure {}", on.table.plain());
    let task = progress.task(&name, Unit::Steps, Some(measuring.steps()));
    let seen = measuring.run(session, &task).await?;
    task.finish();
    let measured = seen.into_iter().filter_map(|seen| {
        let (exact, k) = (exact.get(seen.case)?, measuring.k(seen.case)?);
        Some(seen.report(on.metric, exact, k))
    });
    Ok(measured.collect())
}

/// The exact neighbours of the queries, without measuring anything else.
pub async fn exact_neighbours(
    connection: &mut PgConnection,
    on: &Target,
    queries: &Queries,
    request: &Request,
    progress: &dyn Progress,
) -> Result<(Vec<Exact>, Exactness)> {
    exact_neighbours_among(connection, on, queries, (request, None), progress).await
}

/// The same among the rows of a condition, as SQL.
pub async fn exact_neighbours_among(
    connection: &mut PgConnection,
    on: &Target,
    queries: &Queries,
    (request, rows): (&Request, Option<&str>),
    progress: &dyn Progress,
) -> Result<(Vec<Exact>, Exactness)> {
    let truth = truth::exact(connection, on, queries, request, rows, progress).await?;
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
        server_uptime_seconds: row.try_get("server_uptime_seconds")?,
        table_bytes: row.try_get("table_bytes")?,
        estimated_rows: on.estimated_rows,
        index: on.index().map(|index| IndexFacts {
            name: index.name.clone(),
            method: index.method.clone(),
            options: index.options.clone(),
            bytes: index.bytes,
        }),
    })
}
