//! How many rows an index holds: those of its table that have a vector and meet its condition.
//!
//! A condition's share is counted by the index itself when it is built and when the table is analysed; of one that is not
//! there yet, it is what the planner expects of the same condition.

use sqlx::{PgConnection, Row as _};

use super::lint::holds_column;
use crate::error::{Error, Result};
use crate::index_build::facts::TableFacts;
use crate::index_build::{Definition, Found};
use crate::sql::{self, Plan, QualifiedName};

/// The rows that an index of this definition holds once it is built, about.
pub(super) async fn held(
    connection: &mut PgConnection,
    table: &TableFacts,
    definition: &Definition,
) -> Result<u64> {
    let rows = table.estimated_rows(definition.layout);
    let share = match definition.condition() {
        None => 1.0,
        Some(condition) => share_meeting(connection, &table.name, condition).await?,
    };
    Ok(part(rows, share * with_vector(table, definition)))
}

/// The rows that an index holds now, about; none where nobody counted them yet.
pub(super) fn held_now(table: &TableFacts, index: &Found) -> Option<u64> {
    if index.predicate.is_some() {
        let most = table.rows.unwrap_or(u64::MAX);
        return index.counted_rows().map(|counted| counted.min(most));
    }
    let share = with_vector(table, &index.definition);
    table.rows.map(|rows| part(rows, share))
}

/// The rows that a build of an index anew meets, about.
pub(super) async fn held_anew(
    connection: &mut PgConnection,
    table: &TableFacts,
    index: &Found,
) -> Result<u64> {
    match held_now(table, index) {
        Some(rows) => Ok(rows),
        None => held(connection, table, &index.definition).await,
    }
}

/// The share of the rows that have a vector; what a condition says of the column itself, the planner has counted.
fn with_vector(table: &TableFacts, definition: &Definition) -> f64 {
    let condition = definition.condition().unwrap_or_default();
    let shares = table.without_vector.iter();
    let without = shares
        .filter(|(column, _)| holds_column(&definition.body, column) && !holds_column(condition, column))
        .map(|(_, share)| *share);
    1.0 - without.fold(0.0, f64::max)
}

/// The share of a table's rows that meet a condition, as the planner expects it.
async fn share_meeting(connection: &mut PgConnection, table: &QualifiedName, condition: &str) -> Result<f64> {
    let all = planned_rows(connection, format!("select from {table}")).await?;
    let some = planned_rows(connection, format!("select from {table} where {condition}")).await;
    let some = some.map_err(|error| match error.sqlstate() {
        Some(code) if code.starts_with("42") && code != "42501" => {
            Error::usage(format!("the condition `{condition}` cannot be used on `{}`", table.plain()))
                .caused_by(&error)
                .hint("Write it as it would stand behind WHERE in a query of the table alone, its functions with their schemas.")
        }
        _ => error,
    })?;
    Ok((some / all.max(1.0)).clamp(0.0, 1.0))
}

async fn planned_rows(connection: &mut PgConnection, query: String) -> Result<f64> {
    let row = sql::dynamic(format!("explain (format json) {query}"))
        .fetch_one(connection)
        .await?;
    let plan = Plan::from_json(&row.try_get(0)?);
    plan.and_then(|plan| plan.root.verbose.estimated_rows)
        .ok_or_else(|| Error::bug("EXPLAIN returned a document of another shape"))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate"
)]
fn part(rows: u64, share: f64) -> u64 {
    (rows as f64 * share).round() as u64
}
