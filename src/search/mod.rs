//! Nearest neighbours of a vector in one table: by its index or exactly, with a filter, with the plan.
//!
//! The caller hands in an open read-only transaction, in which it has already put on the role to search as.
//! This module must not write; what the table's columns mean, the catalog has found out ([`Target`]).
//! What the index can miss under a filter: pgvector's README, "Filtering" and "Iterative Index Scans".

mod shortfall;
mod statement;

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, Row as _};

pub use shortfall::Shortfall;

use crate::catalog::Target;
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Plan, QualifiedName};
use crate::vector::Metric;

/// The most rows that an index scan looks at when nothing is said.
pub const DEFAULT_EF_SEARCH: u16 = 100;

/// What to look for.
#[derive(Debug, Clone)]
pub enum Query {
    /// The neighbours of a vector.
    Vector(Vec<f32>),
    /// The neighbours of a stored row, itself left out; the key as text.
    Like(String),
}

/// How to look.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to look for.
    pub query: Query,
    /// The most rows to return.
    pub limit: u32,
    /// Only rows whose metadata contain this object.
    pub filter: Option<Value>,
    /// Compare with every row instead of asking the index.
    pub exact: bool,
    /// `hnsw.ef_search`; raised to `limit` where it is smaller.
    pub ef_search: u16,
    /// Whether to run EXPLAIN (ANALYZE, BUFFERS) on the same statement too.
    pub explain: bool,
}

/// One row found.
#[derive(Debug, Clone, Serialize)]
pub struct Neighbour {
    /// 1 is the nearest.
    pub rank: usize,
    /// The primary key, as text.
    pub id: String,
    /// The distance by the table's metric.
    pub distance: f64,
    /// The likeness that the distance means; larger is nearer.
    pub similarity: f64,
    /// The row's text.
    pub content: Option<String>,
    /// The row's metadata.
    pub metadata: Option<Value>,
}

/// What a search found and how.
#[derive(Debug, Serialize)]
pub struct SearchReport {
    /// The table searched.
    pub table: QualifiedName,
    /// How distance was measured.
    pub metric: Metric,
    /// Whether every row was compared.
    pub exact: bool,
    /// The `hnsw.ef_search` in force; none in an exact search.
    pub ef_search: Option<u16>,
    /// The index that gives the order by the statement's plan; none where every row was compared.
    pub index: Option<String>,
    /// The rows asked for.
    pub limit: u32,
    /// The rows found, the nearest first.
    pub neighbours: Vec<Neighbour>,
    /// Seconds from sending the statement to the last row, the network included.
    pub seconds: f64,
    /// Why fewer rows came than were asked for.
    pub shortfall: Option<Shortfall>,
    /// The measured plan of the same statement.
    pub plan: Option<Plan>,
}

/// Searches inside the caller's read-only transaction.
pub async fn search(connection: &mut PgConnection, on: &Target, request: &Request) -> Result<SearchReport> {
    load_library(connection, on).await?;
    let ef_search = if request.exact {
        None
    } else {
        Some(set_scan(connection, request).await?)
    };
    let vector = query_vector(connection, on, &request.query).await?;
    let statement = statement::neighbours(on, request);

    let started = Instant::now();
    let rows = statement
        .query(on, request, &vector)
        .fetch_all(&mut *connection)
        .await;
    let elapsed = started.elapsed();
    let rows = rows.with_context(|| format!("search `{}`", on.table.plain()))?;
    let neighbours = read_neighbours(&rows, on.metric)?;

    let plan = explain(connection, &statement, on, request, &vector).await?;
    let shortfall = shortfall::explain(connection, on, request, neighbours.len()).await?;
    Ok(SearchReport {
        table: on.table.clone(),
        metric: on.metric,
        exact: request.exact,
        ef_search,
        index: plan.ordering_index().map(str::to_owned),
        limit: request.limit,
        neighbours,
        seconds: seconds(elapsed),
        shortfall,
        plan: request.explain.then_some(plan),
    })
}

fn seconds(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64()
}

/// Loads pgvector's library, without which `hnsw.*` are placeholders that take any value.
async fn load_library(connection: &mut PgConnection, on: &Target) -> Result<()> {
    sql::run(connection, on.extension.load_library())
        .await
        .context("load pgvector")
}

/// Sets how far the index looks, for this transaction; returns the `ef_search` in force.
async fn set_scan(connection: &mut PgConnection, request: &Request) -> Result<u16> {
    let wanted = u32::from(request.ef_search).max(request.limit).min(1_000);
    let ef_search = u16::try_from(wanted).unwrap_or(1_000);
    sql::fixed(include_str!("../../sql/search/set_scan.sql"))
        .bind(ef_search.to_string())
        .execute(&mut *connection)
        .await
        .context("set how far the index looks")?;
    Ok(ef_search)
}

/// The vector to search with, as pgvector writes it.
async fn query_vector(connection: &mut PgConnection, on: &Target, query: &Query) -> Result<String> {
    match query {
        Query::Vector(elements) => check_dimensions(on, elements).map(|()| format!("{elements:?}")),
        Query::Like(id) => {
            let found = statement::stored_vector(on)
                .bind(id)
                .fetch_optional(&mut *connection)
                .await;
            let row = found.with_context(|| format!("read the embedding of `{id}`"))?;
            let vector: Option<Option<String>> = row.map(|row| row.try_get(0)).transpose()?;
            vector
                .ok_or_else(|| {
                    Error::failed(format!(
                        "`{}` has no row `{id}` that this role can see",
                        on.table.plain()
                    ))
                })?
                .ok_or_else(|| {
                    Error::failed(format!("row `{id}` of `{}` has no embedding", on.table.plain()))
                })
        }
    }
}

fn check_dimensions(on: &Target, elements: &[f32]) -> Result<()> {
    match on.dimensions {
        Some(expected) if usize::try_from(expected).is_ok_and(|expected| expected != elements.len()) => {
            Err(Error::usage(format!(
                "the query vector has {} dimensions, `{}.{}` has {expected}",
                elements.len(),
                on.table.plain(),
                on.embedding.plain(),
            ))
            .hint("Embed the question with the model that made the table's embeddings."))
        }
        _ => Ok(()),
    }
}

fn read_neighbours(rows: &[sqlx::postgres::PgRow], metric: Metric) -> Result<Vec<Neighbour>> {
    let read = |(index, row): (usize, &sqlx::postgres::PgRow)| {
        let distance: f64 = row.try_get("distance")?;
        Ok(Neighbour {
            rank: index + 1,
            id: row.try_get("id")?,
            distance,
            similarity: metric.similarity_of(distance),
            content: row.try_get("content")?,
            metadata: row.try_get("metadata")?,
        })
    };
    rows.iter()
        .enumerate()
        .map(read)
        .collect::<Result<_, sqlx::Error>>()
        .context("read the rows found")
}

/// The statement's plan: measured by running it once more where the request asks for that, only planned otherwise.
async fn explain(
    connection: &mut PgConnection,
    statement: &statement::Statement,
    on: &Target,
    request: &Request,
    vector: &str,
) -> Result<Plan> {
    let row = statement
        .explained(request.explain)
        .query(on, request, vector)
        .fetch_one(&mut *connection)
        .await;
    let document: Value = row.and_then(|row| row.try_get(0)).context("explain the search")?;
    Plan::from_json(&document).ok_or_else(|| Error::bug("EXPLAIN returned a document of another shape"))
}
