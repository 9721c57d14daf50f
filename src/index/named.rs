//! Finding what the user names: an index, an operator class.

use sqlx::{PgConnection, Row as _};

use super::lint::holds_column;
use crate::catalog::VectorColumn;
use crate::error::{Context as _, Error, Result, nearest};
use crate::index_build::{Found, vector_indexes};
use crate::sql::{Ident, QualifiedName, fixed};

/// The vector index of this name.
pub async fn find(connection: &mut PgConnection, named: &QualifiedName) -> Result<Found> {
    let found = vector_indexes(connection, None).await?;
    if let Some(index) = found.iter().find(|index| index.definition.qualified() == *named) {
        return Ok(index.clone());
    }
    let names: Vec<String> = found
        .iter()
        .map(|index| index.definition.qualified().plain())
        .collect();
    let error = Error::precondition(format!("there is no vector index `{}`", named.plain()));
    let near = nearest(&named.plain(), names.iter().map(String::as_str));
    Err(match near {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error.hint("Run `vecops index list`, which shows them all."),
    })
}

/// The column that an index holds, by itself or in an expression.
pub fn column_of(index: &Found, columns: &[VectorColumn]) -> Result<Ident> {
    let expression = index.expression.as_deref().unwrap_or_default();
    columns
        .iter()
        .filter(|column| column.table == index.definition.table)
        .find(|column| {
            column.column.as_str() == index.column || holds_column(expression, column.column.as_str())
        })
        .map(|column| column.column.clone())
        .ok_or_else(|| {
            Error::precondition(format!(
                "`{}` holds no vector column",
                index.definition.qualified().plain()
            ))
        })
}

/// An error where the access method has no such operator class.
pub async fn expect_opclass(connection: &mut PgConnection, method: &str, opclass: &Ident) -> Result<()> {
    let rows = fixed(include_str!("../../sql/index/opclasses.sql"))
        .bind(method)
        .fetch_all(connection)
        .await
        .context("read the operator classes")?;
    let names = rows
        .iter()
        .map(|row| row.try_get("name"))
        .collect::<Result<Vec<String>, _>>()?;
    if names.iter().any(|name| name == opclass.as_str()) {
        return Ok(());
    }
    let error = Error::precondition(format!("{method} has no operator class {opclass}"));
    Err(
        match nearest(opclass.as_str(), names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error.hint(format!("It has {}.", names.join(", "))),
        },
    )
}
