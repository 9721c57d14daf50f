//! What is known of the tables that have vectors.

use sqlx::{FromRow, PgConnection};

use super::distance::{names_column, normalized};
use crate::catalog::{VectorColumn, VectorExtension, vector_columns};
use crate::error::{Context as _, Result};
use crate::index_build::{Found, vector_indexes};
use crate::sql::{Ident, fixed};
use crate::vector::Metric;

/// The vector columns and indexes of the database.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) extension: VectorExtension,
    columns: Vec<VectorColumn>,
    indexes: Vec<Found>,
    tables: Vec<TableRow>,
}

/// What the planner knows of a table.
#[derive(Debug, Clone, FromRow)]
pub(super) struct TableRow {
    schema: String,
    table: String,
    /// The rows that the statistics say it has; negative where nobody counted.
    pub(super) rows: f64,
    pub(super) bytes: i64,
    pub(super) is_analyzed: bool,
    pub(super) has_row_security: bool,
    /// Whether row security applies to the role that plans.
    pub(super) row_security_active: bool,
    /// The rows that its smallest vector index was said to have; negative where nobody counted.
    pub(super) index_rows: f64,
}

/// How an index fits a distance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit<'f> {
    pub(super) index: &'f Found,
    /// Whether its key is the operand.
    pub(super) is_key: bool,
    /// Whether its operator class is the metric's.
    pub(super) is_metric: bool,
}

impl Facts {
    /// Reads them.
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self> {
        let extension = VectorExtension::require(connection).await?;
        let columns = vector_columns(connection).await?;
        let indexes = vector_indexes(connection, None).await?;
        let names = |name: fn(&VectorColumn) -> &str| -> Vec<String> {
            columns.iter().map(|column| name(column).to_owned()).collect()
        };
        let rows = fixed(include_str!("../../../sql/index/lint_tables.sql"))
            .bind(names(|column| column.table.schema.as_str()))
            .bind(names(|column| column.table.name.as_str()))
            .fetch_all(connection)
            .await
            .context("read what the planner knows of the tables")?;
        let tables = rows.iter().map(TableRow::from_row).collect::<Result<_, _>>()?;
        Ok(Self {
            extension,
            columns,
            indexes,
            tables,
        })
    }

    pub(super) fn has_vectors(&self, schema: &str, table: &str) -> bool {
        !self.columns(schema, table).is_empty()
    }

    /// The vector columns of a table.
    pub(super) fn columns(&self, schema: &str, table: &str) -> Vec<&str> {
        let of_table = self.columns.iter().filter(|column| is(column, schema, table));
        of_table.map(|column| column.column.as_str()).collect()
    }

    pub(super) fn column(&self, schema: &str, table: &str, name: &str) -> Option<&VectorColumn> {
        self.columns
            .iter()
            .find(|column| is(column, schema, table) && column.column.as_str() == name)
    }

    pub(super) fn table(&self, schema: &str, table: &str) -> Option<&TableRow> {
        self.tables
            .iter()
            .find(|row| row.schema == schema && row.table == table)
    }

    /// An index by its name.
    pub(super) fn index(&self, schema: &str, name: &str) -> Option<&Found> {
        self.indexes.iter().find(|index| {
            index.definition.name.as_str() == name && index.definition.table.schema.as_str() == schema
        })
    }

    /// The indexes on a column or on an expression over it, valid or not, and how they fit a distance.
    pub(super) fn fits(
        &self,
        schema: &str,
        table: &str,
        column: &str,
        operand: &str,
        metric: Metric,
    ) -> Vec<Fit<'_>> {
        let on_column = |index: &&Found| {
            let name = &index.definition.table;
            name.schema.as_str() == schema
                && name.name.as_str() == table
                && (index.column == column
                    || index
                        .expression
                        .as_ref()
                        .is_some_and(|expression| names_column(expression, None, column)))
        };
        self.indexes
            .iter()
            .filter(on_column)
            .map(|index| Fit {
                index,
                is_key: normalized(operand) == normalized(&key(index)),
                is_metric: index.metric() == Some(metric),
            })
            .collect()
    }
}

/// The column or expression that an index holds, as SQL.
pub(super) fn key(index: &Found) -> String {
    index
        .expression
        .clone()
        .unwrap_or_else(|| named(&[&index.column]))
}

/// A name as SQL has it: its parts quoted where they must be.
pub(super) fn named(parts: &[&str]) -> String {
    let quoted = |part: &&str| Ident::new(*part).map_or_else(|_| (*part).to_owned(), |name| name.plain());
    let parts: Vec<String> = parts.iter().map(quoted).collect();
    parts.join(".")
}

fn is(column: &VectorColumn, schema: &str, table: &str) -> bool {
    column.table.schema.as_str() == schema && column.table.name.as_str() == table
}
