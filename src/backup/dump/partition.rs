//! Cutting a table into ranges: by its key where it has one, else by its pages.

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::chunk::{MOST_ROWS, Range};
use super::super::key::texts;
use super::inspect::Source;
use crate::error::{Context as _, Result};
use crate::sql;

/// How many rows are looked at to know how long one is.
const LOOKED_AT: u32 = 500;

/// How many rows a range is meant to have, and how long one is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measure {
    pub(super) rows: u64,
    pub(super) row_bytes: f64,
}

/// Looks at some rows, to know how many of them make a chunk.
pub(super) async fn measure(
    connection: &mut PgConnection,
    source: &Source,
    chunk_bytes: u64,
) -> Result<Measure> {
    let lengths: Vec<String> = source
        .columns
        .iter()
        .map(|column| format!("4 + coalesce(pg_catalog.octet_length({}), 0)", column.sent()))
        .collect();
    let length = format!(
        "2 + {}",
        if lengths.is_empty() {
            "0".to_owned()
        } else {
            lengths.join(" + ")
        }
    );
    let mut found = None;
    if source.estimated_rows > f64::from(LOOKED_AT) * 4.0 {
        let percent = (100.0 * f64::from(LOOKED_AT) * 2.0 / source.estimated_rows).clamp(0.0001, 100.0);
        found = average(
            connection,
            source,
            &length,
            &format!(" tablesample system ({percent:.4})"),
        )
        .await?;
    }
    if found.is_none() {
        found = average(connection, source, &length, "").await?;
    }
    let row_bytes = found.unwrap_or(100.0).max(1.0);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, and positive"
    )]
    let rows = (chunk_bytes as f64 / row_bytes) as u64;
    // A power of two, so that the ranges of two dumps of a growing table begin at the same rows.
    let rows = 1 << rows.clamp(1, MOST_ROWS).ilog2();
    Ok(Measure { rows, row_bytes })
}

async fn average(
    connection: &mut PgConnection,
    source: &Source,
    length: &str,
    sample: &str,
) -> Result<Option<f64>> {
    let statement = format!(
        "select pg_catalog.avg(length)::pg_catalog.float8 as average from (select {length} as length from {} t{sample} limit {LOOKED_AT}) lengths",
        source.from()
    );
    let row = sql::dynamic(statement)
        .fetch_one(connection)
        .await
        .with_context(|| format!("look at rows of `{}`", source.name.plain()))?;
    Ok(row.try_get("average")?)
}

/// The ranges of a table, in order; together they are all of it.
pub(super) async fn ranges(
    connection: &mut PgConnection,
    source: &Source,
    measure: Measure,
) -> Result<Vec<Range>> {
    if source.key.is_empty() {
        return Ok(pages(source, measure));
    }
    let boundaries = boundaries(connection, source, measure.rows)
        .await
        .with_context(|| format!("cut `{}` into ranges", source.name.plain()))?;
    let froms = std::iter::once(None).chain(boundaries.iter().cloned().map(Some));
    let tos = boundaries.iter().cloned().map(Some).chain([None]);
    Ok(froms.zip(tos).map(|(from, to)| Range::Key { from, to }).collect())
}

/// The first rows of a table with a key, as a range.
pub(super) async fn first_rows(connection: &mut PgConnection, source: &Source, rows: u32) -> Result<Range> {
    let names: Vec<String> = source
        .key
        .iter()
        .map(|column| format!("t.{}", column.name))
        .collect();
    let statement = format!(
        "select array[{}] as key from {} t order by {} offset {rows} limit 1",
        texts(&source.key, "t").join(", "),
        source.from(),
        names.join(", ")
    );
    let found = sql::dynamic(statement).fetch_optional(connection).await?;
    let to = found.map(|row| row.try_get("key")).transpose()?;
    Ok(Range::Key { from: None, to })
}

/// Every so many rows the key of one, counted along the key's index.
async fn boundaries(connection: &mut PgConnection, source: &Source, rows: u64) -> Result<Vec<Vec<String>>> {
    let names: Vec<String> = source.key.iter().map(|column| column.name.to_string()).collect();
    let names = names.join(", ");
    let statement = format!(
        "select array[{}] as key from (select {names}, pg_catalog.row_number() over (order by {names}) as place from {}) numbered where place > 1 and (place - 1) % {rows} = 0 order by place",
        texts(&source.key, "numbered").join(", "),
        source.from()
    );
    let found = sql::dynamic(statement).fetch_all(connection).await?;
    found.iter().map(|row| Ok(row.try_get("key")?)).collect()
}

/// The pages of a table without a key. Its partitions' pages could not be told apart, so those are one range.
fn pages(source: &Source, measure: Measure) -> Vec<Range> {
    if source.is_partitioned {
        return vec![Range::Whole];
    }
    // Long values lie elsewhere, so a page may hold far more bytes of rows than it has.
    let rows_per_page = if source.estimated_rows > 0.0 && source.pages > 0 {
        (source.estimated_rows / f64::from(source.pages)).max(1.0)
    } else {
        (8192.0 / measure.row_bytes).max(100.0)
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, and positive"
    )]
    let step = ((measure.rows as f64 / rows_per_page) as u32).max(1);
    let mut ranges = Vec::new();
    let mut from = 0;
    while source.pages.saturating_sub(from) > step {
        let to = from + step;
        ranges.push(Range::Ctid { from, to: Some(to) });
        from = to;
    }
    ranges.push(Range::Ctid { from, to: None });
    ranges
}
