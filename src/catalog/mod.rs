//! What is in this database: read-only facts from PostgreSQL's catalogs.
//!
//! Every function takes a connection, runs the statements of `sql/catalog/`, and changes nothing. What the facts
//! should be is the business of others. Catalog meanings: PostgreSQL documentation, chapter "System Catalogs";
//! pgvector's type modifiers and operator classes: its `sql/vector.sql`.

mod column;
mod extension;
mod function;
mod rows;
mod security;
mod server;
mod table;
mod target;

use sqlx::FromRow;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;

pub use column::{LocatedColumn, locate_column};
pub use extension::{VectorExtension, available_vector_version, vector_extension};
pub use function::{Function, functions};
pub use rows::{RowTarget, locate_rows};
pub use security::{Grant, Policy, policies};
pub use server::{Database, Role, Schema, database, roles, schema};
pub use table::{Column, Index, Table, TableKind, table};
pub use target::{IdColumn, MetricSource, Target, VectorColumn, locate, vector_columns};

use crate::error::{Error, Result};
use crate::sql::{Ident, QualifiedName};

/// Every row that the statement returns, read as `T`.
async fn rows<T>(connection: &mut PgConnection, query: Query<'_, Postgres, PgArguments>) -> Result<Vec<T>>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    let rows = query.fetch_all(connection).await?;
    rows.iter()
        .map(|row| T::from_row(row).map_err(Error::from))
        .collect()
}

/// The only row that the statement can return, where it returns one.
async fn row<T>(connection: &mut PgConnection, query: Query<'_, Postgres, PgArguments>) -> Result<Option<T>>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    Ok(rows(connection, query).await?.into_iter().next())
}

/// A name that came out of the catalog.
fn name(text: &str) -> Result<Ident> {
    Ident::new(text).map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))
}

/// A qualified name that came out of the catalog.
fn qualified(schema: &str, text: &str) -> Result<QualifiedName> {
    Ok(QualifiedName::new(name(schema)?, name(text)?))
}
