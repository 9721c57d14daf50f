//! A vector column as the user names it, on any table: one without a key will do.

use sqlx::postgres::PgConnection;

use super::table::{Table, table};
use super::target::{MetricSource, choose_vector_column, metric_of, no_such_table, parse};
use super::{VectorExtension, name};
use crate::collection::{Collections, Record};
use crate::error::{Error, Result};
use crate::sql::Ident;
use crate::vector::{ElementType, Metric};

/// A vector column with its table.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedColumn {
    /// The table.
    pub table: Table,
    /// The column.
    pub column: Ident,
    /// Its element type.
    pub element: ElementType,
    /// Its dimensions, where its type says them.
    pub dimensions: Option<u32>,
    /// How distance is measured.
    pub metric: Metric,
    /// How that is known.
    pub metric_source: MetricSource,
    /// The extension whose types and operators the column needs.
    pub extension: VectorExtension,
}

/// Finds what the user named: a declared collection, `table`, `schema.table` or `schema.table.column`.
pub async fn locate_column(
    connection: &mut PgConnection,
    named: &str,
    collections: &Collections,
) -> Result<LocatedColumn> {
    let extension = VectorExtension::require(connection).await?;
    let collection = collections.get(named);
    let (table_name, column) = match collection {
        Some(collection) => (collection.table.clone(), Some(collection.embedding.clone())),
        None => parse(named)?,
    };
    let Some(table) = table(connection, &table_name).await? else {
        return Err(no_such_table(connection, named, &table_name, collections).await?);
    };
    let embedding = choose_vector_column(&table, column.as_ref(), &extension)?;
    let record = embedding.comment.as_deref().and_then(Record::find);
    let (metric, metric_source) = match collection {
        Some(collection) => (collection.metric, MetricSource::Manifest),
        None => metric_of(&table, embedding, record.as_ref()),
    };
    Ok(LocatedColumn {
        column: name(&embedding.name)?,
        element: embedding
            .element(&extension.schema)
            .ok_or_else(|| Error::bug("a vector column has no element type"))?,
        dimensions: embedding.dimensions(),
        metric,
        metric_source,
        extension,
        table,
    })
}
