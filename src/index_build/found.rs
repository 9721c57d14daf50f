//! The vector indexes that are in the database.

use serde::Serialize;
use sqlx::{FromRow, PgConnection};

use super::definition::Definition;
use super::estimate::{Layout, Shape};
use crate::error::{Context as _, Error, Result};
use crate::sql::{Ident, QualifiedName, fixed};
use crate::vector::{ElementType, Metric};

/// A vector index of the database.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the catalog says independent things"
)]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// Its oid.
    pub oid: i64,
    /// The oid of its table.
    pub table_oid: i64,
    /// What it is.
    pub definition: Definition,
    /// Its access method.
    pub method: String,
    /// Its operator class.
    pub opclass: String,
    /// The column that it indexes; empty for an expression.
    pub column: String,
    /// The expression that it indexes.
    pub expression: Option<String>,
    /// The condition of the rows that it holds.
    pub predicate: Option<String>,
    /// Its storage parameters, each as `name=value`.
    pub options: Vec<String>,
    /// Whether queries may use it.
    pub is_valid: bool,
    /// Whether writes keep it up to date.
    pub is_ready: bool,
    /// Whether it is only the frame of the partitions' indexes.
    pub is_partitioned: bool,
    /// Whether an index of its table is being built right now.
    pub is_busy: bool,
    /// How many rows it had when somebody last counted.
    pub rows_counted: f64,
    /// Its size.
    pub bytes: i64,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "the catalog says independent things"
)]
#[derive(FromRow)]
struct Row {
    oid: i64,
    table_oid: i64,
    schema: String,
    table: String,
    name: String,
    method: String,
    opclass: String,
    column: String,
    expression: Option<String>,
    predicate: Option<String>,
    dimensions: i32,
    options: Vec<String>,
    body: String,
    comment: Option<String>,
    tablespace: Option<String>,
    is_valid: bool,
    is_ready: bool,
    is_partitioned: bool,
    rows_counted: f64,
    bytes: i64,
    is_busy: bool,
}

/// The vector indexes of a table, or of the whole database, valid or not.
pub async fn vector_indexes(connection: &mut PgConnection, table_oid: Option<i64>) -> Result<Vec<Found>> {
    let rows = fixed(include_str!("../../sql/index_build/vector_indexes.sql"))
        .bind(table_oid)
        .fetch_all(connection)
        .await
        .context("read the vector indexes")?;
    rows.iter().map(|row| found(Row::from_row(row)?)).collect()
}

fn found(row: Row) -> Result<Found> {
    let layout = layout(&row);
    let table = QualifiedName::new(name(&row.schema)?, name(&row.table)?);
    Ok(Found {
        oid: row.oid,
        table_oid: row.table_oid,
        definition: Definition {
            name: name(&row.name)?,
            table,
            body: row.body,
            comment: row.comment,
            tablespace: row.tablespace.as_deref().map(name).transpose()?,
            layout,
        },
        method: row.method,
        opclass: row.opclass,
        column: row.column,
        expression: row.expression,
        predicate: row.predicate,
        options: row.options,
        is_valid: row.is_valid,
        is_ready: row.is_ready,
        is_partitioned: row.is_partitioned,
        is_busy: row.is_busy,
        rows_counted: row.rows_counted,
        bytes: row.bytes,
    })
}

impl Found {
    /// The rows that it was said to hold when it was built or last analysed; none where nobody counted.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates"
    )]
    pub fn counted_rows(&self) -> Option<u64> {
        (self.rows_counted > 0.0).then_some(self.rows_counted as u64)
    }

    /// The metric that it serves.
    pub fn metric(&self) -> Option<Metric> {
        Metric::of_opclass(&self.opclass)
    }
}

/// What the index's rows are; none where its type's size depends on its values.
fn layout(row: &Row) -> Option<Layout> {
    let element: ElementType = row.opclass.split('_').next()?.parse().ok()?;
    let dimensions = u32::try_from(row.dimensions).ok()?;
    Layout::of_index(&row.method, Shape { element, dimensions }, &row.options)
}

pub(super) fn name(text: &str) -> Result<Ident> {
    Ident::new(text).map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))
}
