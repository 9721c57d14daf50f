//! Functions by name.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::rows;
use crate::error::Result;
use crate::sql::{QualifiedName, fixed};

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Function {
    /// The types of its arguments, each as `schema.type`.
    pub argument_types: Vec<String>,
    /// The names of its arguments, then of its result's columns.
    pub argument_names: Vec<String>,
    /// Its arguments as the server writes them, with names and defaults.
    pub arguments: String,
    /// Its arguments without defaults: with its name, what identifies it.
    pub identity_arguments: String,
    /// Its result as the server writes it.
    pub result: Option<String>,
    /// Its language.
    pub language: String,
    /// `i`, `s` or `v`: immutable, stable, volatile.
    pub volatility: String,
    /// `s`, `r` or `u`: safe, restricted, unsafe.
    pub parallel: String,
    /// Whether it runs with its owner's powers.
    pub security_definer: bool,
    /// Its settings, each as `name=value`.
    pub settings: Vec<String>,
    /// Its body.
    pub source: String,
    /// Its comment.
    pub comment: Option<String>,
    /// The roles that may call it; `public` is everybody.
    pub executors: Vec<String>,
}

/// The functions of this name, whatever their arguments.
pub async fn functions(connection: &mut PgConnection, name: &QualifiedName) -> Result<Vec<Function>> {
    let query = fixed(include_str!("../../sql/catalog/functions.sql"))
        .bind(name.schema.as_str().to_owned())
        .bind(name.name.as_str().to_owned());
    rows(connection, query).await
}
