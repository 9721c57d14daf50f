//! Questions that a restored table must answer as its source did: exact nearest neighbours of stored vectors.
//!
//! They are searched among the first rows of the table alone, so that a large table costs no more than a small
//! one; the sort cannot use a vector index, so the answer is exact.

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::chunk::Range;
use super::super::key::{condition, texts};
use super::super::manifest::{Canary, Neighbour};
use super::inspect::Source;
use crate::catalog::{Index, Table, VectorExtension};
use crate::error::{Context as _, Result};
use crate::sql::{self, Ident};
use crate::vector::{ElementType, Metric};

/// How many queries each vector column gets.
const QUERIES: i64 = 3;
/// How many neighbours each has.
const NEIGHBOURS: u32 = 10;

/// The canaries of a table; none where its rows have no key, which the answers would be named by.
pub(in crate::backup) async fn canaries(
    connection: &mut PgConnection,
    source: &Source,
    table: &Table,
    extension: &VectorExtension,
    within: &Range,
) -> Result<Vec<Canary>> {
    let mut canaries = Vec::new();
    if source.key.is_empty() {
        return Ok(canaries);
    }
    for column in &table.columns {
        let index = table.vector_indexes(&column.name).find_map(Index::metric);
        let metric = match column.element(&extension.schema) {
            // Any `bit(n)` may be something else than a vector.
            None => continue,
            Some(ElementType::Bit) if index.is_none() => continue,
            Some(ElementType::Bit) => index.unwrap_or(Metric::Hamming),
            Some(_) => index.unwrap_or(Metric::Cosine),
        };
        let Ok(name) = Ident::new(column.name.clone()) else {
            continue;
        };
        // Vectors of different dimensions have no distance.
        let is_whole = column.generated.is_empty() && column.dimensions().is_some();
        if !is_whole || !source.columns.iter().any(|sent| sent.name == name) {
            continue;
        }
        let asked = ask(connection, source, &name, metric, extension, within);
        canaries.extend(
            asked
                .await
                .with_context(|| format!("search `{}` for canaries", source.name.plain()))?,
        );
    }
    Ok(canaries)
}

async fn ask(
    connection: &mut PgConnection,
    source: &Source,
    column: &Ident,
    metric: Metric,
    extension: &VectorExtension,
    within: &Range,
) -> Result<Vec<Canary>> {
    let condition =
        condition(within, &source.key).map_or_else(String::new, |condition| format!("{condition} and "));
    let names: Vec<String> = source.key.iter().map(|column| column.name.to_string()).collect();
    let statement = include_str!("../../../sql/backup/canaries.sql")
        .replace("{key}", &texts(&source.key, "t").join(", "))
        .replace(
            "{order}",
            &names
                .iter()
                .map(|name| format!("t.{name}"))
                .collect::<Vec<_>>()
                .join(", "),
        )
        .replace("{column}", &format!("t.{column}"))
        .replace("{table}", &source.from())
        .replace("{condition}", &condition)
        .replace("{operator}", &extension.operator(metric))
        .replace("{queries}", &QUERIES.to_string())
        .replace("{neighbours}", &NEIGHBOURS.to_string());
    let rows = sql::dynamic(statement).fetch_all(connection).await?;
    let mut canaries: Vec<Canary> = Vec::new();
    for row in rows {
        let query: Vec<String> = row.try_get("query")?;
        let neighbour = Neighbour {
            key: row.try_get("key")?,
            distance: row.try_get("distance")?,
        };
        match canaries.last_mut().filter(|last| last.query == query) {
            Some(last) => last.neighbours.push(neighbour),
            None => canaries.push(Canary {
                column: column.clone(),
                operator: metric.operator().to_owned(),
                query,
                within: within.clone(),
                neighbours: vec![neighbour],
            }),
        }
    }
    Ok(canaries)
}
