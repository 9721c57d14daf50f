//! A table whose rows are loaded or exported: with one vector, with several, or without any; with a key or without.

use serde::Serialize;
use sqlx::postgres::PgConnection;

use super::table::{Index, TableKind, table};
use super::target::{
    CONTENT_NAMES, IdColumn, METADATA_NAMES, Target, choose_vector_column, key_of, locate, metric_of,
    no_such_table, parse, usual_column,
};
use super::{VectorExtension, name, vector_extension};
use crate::collection::{Collection, Collections, Policy, Record};
use crate::error::{Error, Result};
use crate::sql::{Ident, QualifiedName};
use crate::vector::Metric;

/// A table, with what is known of the roles of its columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowTarget {
    /// The collection, where the manifest declares it.
    pub collection: Option<Collection>,
    /// The table.
    pub table: QualifiedName,
    /// The column that identifies a row, where there is one alone.
    pub id: Option<IdColumn>,
    /// The vector column that is meant, where it is named or the only one.
    pub embedding: Option<Ident>,
    /// How distance is measured on it; L2, which takes every vector, where none is meant.
    pub metric: Metric,
    /// The text column, where there is one.
    pub content: Option<Ident>,
    /// The jsonb column for filters, where there is one.
    pub metadata: Option<Ident>,
    /// The vector indexes on the vector column, valid or not.
    pub indexes: Vec<Index>,
    /// The vector extension, where it is installed.
    pub extension: Option<VectorExtension>,
}

impl RowTarget {
    /// The schema in which the vector types live.
    pub fn extension_schema(&self) -> Option<&Ident> {
        self.extension.as_ref().map(|extension| &extension.schema)
    }

    /// The owner's column of a collection whose policy is `owner`.
    pub fn owner(&self) -> Option<&Ident> {
        let collection = self.collection.as_ref()?;
        (collection.policy == Policy::Owner).then_some(&collection.owner)
    }
}

impl From<&Target> for RowTarget {
    fn from(on: &Target) -> Self {
        Self {
            collection: on.collection.clone(),
            table: on.table.clone(),
            id: Some(on.id.clone()),
            embedding: Some(on.embedding.clone()),
            metric: on.metric,
            content: on.content.clone(),
            metadata: on.metadata.clone(),
            indexes: on.indexes.clone(),
            extension: Some(on.extension.clone()),
        }
    }
}

impl From<&Self> for RowTarget {
    fn from(on: &Self) -> Self {
        on.clone()
    }
}

/// Finds what the user named, as [`locate`] does; the table may have any columns and any key.
pub async fn locate_rows(
    connection: &mut PgConnection,
    named: &str,
    collections: &Collections,
) -> Result<RowTarget> {
    if collections.get(named).is_some() {
        return Ok((&locate(connection, named, collections).await?).into());
    }
    let (table_name, column) = parse(named)?;
    let Some(found) = table(connection, &table_name).await? else {
        return Err(no_such_table(connection, named, &table_name, collections).await?);
    };
    if found.kind == TableKind::Other {
        return Err(Error::precondition(format!(
            "`{}` is not a table",
            table_name.plain()
        )));
    }
    let extension = match column {
        Some(_) => Some(VectorExtension::require(connection).await?),
        None => vector_extension(connection).await?,
    };
    let embedding = match (&extension, &column) {
        (Some(extension), Some(column)) => Some(choose_vector_column(&found, Some(column), extension)?),
        (Some(extension), None) => choose_vector_column(&found, None, extension).ok(),
        (None, _) => None,
    };
    let metric = embedding.map_or(Metric::L2, |column| {
        let record = column.comment.as_deref().and_then(Record::find);
        metric_of(&found, column, record.as_ref()).0
    });
    Ok(RowTarget {
        collection: None,
        id: key_of(&found).ok(),
        embedding: embedding.map(|column| name(&column.name)).transpose()?,
        metric,
        content: usual_column(&found, &CONTENT_NAMES, &["text", "varchar"]),
        metadata: usual_column(&found, &METADATA_NAMES, &["jsonb"]),
        indexes: embedding.map_or_else(Vec::new, |column| {
            found.vector_indexes(&column.name).cloned().collect()
        }),
        table: table_name,
        extension,
    })
}
