//! Exact searches that must give what they gave when the backup was made, and the recall of the rebuilt indexes.
//!
//! HNSW graphs are never built twice the same, so only exact results can be compared; what the index finds of them is
//! a figure of its own. Its queries are stored rows, which makes it look somewhat better than searches will find it.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::digest::SETTINGS;
use super::super::dump::{canaries, inspect};
use super::super::manifest::{self, Canary, Manifest, Neighbour};
use super::begin;
use super::wanted::Wanted;
use crate::catalog::{self, VectorExtension};
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Kind, Result};
use crate::progress::{Progress, Unit};
use crate::sql::{self, Ident, QualifiedName};

/// How far two distances of the same vectors may be apart on two machines.
const TOLERANCE: f64 = 1e-6;
/// How many rows all queries for recall may read together.
const ROWS_READ: u64 = 2_000_000;
/// How many neighbours make a recall.
const NEIGHBOURS: u64 = 10;

/// What the exact searches gave.
#[derive(Debug, Clone, Serialize)]
pub struct CanaryResult {
    /// How many searches gave what they gave before.
    pub equal: u64,
    /// How many could not be asked again, such as under another collation.
    pub not_compared: u64,
    /// What the rebuilt indexes find.
    pub recall: Vec<Recall>,
}

/// What an index finds of the nearest neighbours.
#[derive(Debug, Clone, Serialize)]
pub struct Recall {
    /// The table.
    pub table: QualifiedName,
    /// The index.
    pub index: String,
    /// The share of the exact ten nearest that it finds.
    pub recall_at_10: f64,
    /// With how many stored rows as queries.
    pub queries: u64,
}

/// Asks again. A search that gives something else is an error.
pub(super) async fn check(
    session: &mut Session,
    manifest: &Manifest,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<Option<CanaryResult>> {
    let mut result = CanaryResult {
        equal: 0,
        not_compared: 0,
        recall: Vec::new(),
    };
    let task = progress.task("compare exact searches", Unit::Unknown, None);
    let mut transaction = begin(session, TransactionOptions::read().repeatable()).await?;
    let Some(extension) = catalog::vector_extension(&mut transaction).await? else {
        return Ok(None);
    };
    sql::run(&mut transaction, SETTINGS).await?;
    for table in &wanted.tables {
        let entry = table.entry(manifest)?;
        compare(&mut transaction, &table.at, entry, &extension, &mut result)
            .await
            .with_context(|| format!("compare exact searches in `{}`", table.at.plain()))?;
        recalls(
            &mut transaction,
            &table.at,
            &extension,
            entry.rows,
            &mut result.recall,
        )
        .await
        .with_context(|| format!("measure the recall of `{}`", table.at.plain()))?;
    }
    transaction.rollback().await?;
    task.finish();
    for recall in &mut result.recall {
        let ended = wanted.tables.iter().find(|table| table.at == recall.table);
        if let Some(table) = ended {
            recall.table = table.to.clone();
        }
    }
    Ok(Some(result))
}

async fn compare(
    connection: &mut PgConnection,
    name: &QualifiedName,
    entry: &manifest::Table,
    extension: &VectorExtension,
    result: &mut CanaryResult,
) -> Result<()> {
    let Some(first) = entry.canaries.first() else {
        return Ok(());
    };
    let found = inspect(connection, std::slice::from_ref(name), false).await?;
    let table = catalog::table(connection, name).await?;
    let (Some(source), Some(table)) = (found.tables.first(), table) else {
        return Ok(());
    };
    let again = canaries(connection, source, &table, extension, &first.within).await?;
    for canary in &entry.canaries {
        let same = again.iter().find(|other| {
            other.column == canary.column && other.operator == canary.operator && other.query == canary.query
        });
        match same {
            None => result.not_compared += 1,
            Some(other) if is_same(canary, other) => result.equal += 1,
            Some(_) => {
                let message = format!(
                    "the exact neighbours of the row {} by `{}` are others than in the backup",
                    canary.query.join(", "),
                    canary.column.plain()
                );
                return Err(Error::new(Kind::Differs, message)
                    .hint("The table stays closed. Run the same command with `--restart`."));
            }
        }
    }
    Ok(())
}

/// Rows at the same distance may stand in any order.
fn is_same(one: &Canary, other: &Canary) -> bool {
    let close = |one: f64, other: f64| (one - other).abs() <= TOLERANCE * one.abs().max(other.abs()).max(1.0);
    let ties = |distance: f64| {
        let at = |neighbour: &&Neighbour| close(neighbour.distance, distance);
        one.neighbours.iter().filter(at).count() > 1
    };
    let last = one.neighbours.last().map(|neighbour| neighbour.distance);
    let alike = |(one, other): (&Neighbour, &Neighbour)| {
        close(one.distance, other.distance)
            && (one.key == other.key
                || ties(one.distance)
                || last.is_some_and(|last| close(last, one.distance)))
    };
    one.neighbours.len() == other.neighbours.len() && one.neighbours.iter().zip(&other.neighbours).all(alike)
}

async fn recalls(
    connection: &mut PgConnection,
    name: &QualifiedName,
    extension: &VectorExtension,
    rows: u64,
    recalls: &mut Vec<Recall>,
) -> Result<()> {
    let Some(table) = catalog::table(connection, name).await? else {
        return Ok(());
    };
    let queries = (ROWS_READ / rows.max(1)).clamp(3, 20);
    for index in &table.indexes {
        let Some(column) = index.columns.first().filter(|column| !column.is_empty()) else {
            continue;
        };
        let metric = index
            .metric()
            .filter(|_| index.is_vector_index_on(column) && !index.is_partial);
        let (Some(metric), Ok(column)) = (metric, Ident::new(column.clone())) else {
            continue;
        };
        let operator = extension.operator(metric);
        let statement = format!(
            "select array(select n.ctid::pg_catalog.text from {name} n where n.{column} is not null order by n.{column} {operator} q.vector limit {NEIGHBOURS}) as nearest \
             from (select t.{column} as vector from {name} t where t.{column} is not null order by t.ctid limit {queries}) q"
        );
        let exact = nearest(
            connection,
            "set local enable_indexscan = off; set local enable_seqscan = on",
            &statement,
        )
        .await?;
        let by_index = nearest(
            connection,
            "set local enable_indexscan = on; set local enable_seqscan = off",
            &statement,
        )
        .await?;
        let (mut wanted, mut hits) = (0_u32, 0_u32);
        for (exact, by_index) in exact.iter().zip(&by_index) {
            wanted += u32::try_from(exact.len()).unwrap_or_default();
            hits +=
                u32::try_from(exact.iter().filter(|row| by_index.contains(row)).count()).unwrap_or_default();
        }
        if wanted > 0 {
            recalls.push(Recall {
                table: name.clone(),
                index: index.name.clone(),
                recall_at_10: f64::from(hits) / f64::from(wanted),
                queries: u64::try_from(exact.len()).unwrap_or_default(),
            });
        }
    }
    Ok(())
}

async fn nearest(connection: &mut PgConnection, settings: &str, statement: &str) -> Result<Vec<Vec<String>>> {
    sql::run(&mut *connection, settings).await?;
    let rows = sql::dynamic(statement.to_owned()).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get("nearest")?)).collect()
}
