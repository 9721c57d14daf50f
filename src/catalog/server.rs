//! The database itself, its roles and its schemas.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::{row, rows};
use crate::error::{Error, Result};
use crate::sql::{Ident, fixed};

/// Which database this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Database {
    /// The database's name.
    pub database: String,
    /// The role that is connected.
    pub user: String,
    /// The server's version as it names itself.
    pub server_version: String,
    /// The server's version as a number, 180004 for 18.4.
    pub server_version_num: i32,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether it is a superuser.
    pub superuser: bool,
    /// Whether row-level security does not apply to it.
    pub bypasses_rls: bool,
}

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// Those of the roles asked about that may use what is in it.
    pub users: Vec<String>,
}

/// Which database the connection leads to.
pub async fn database(connection: &mut PgConnection) -> Result<Database> {
    let query = fixed(include_str!("../../sql/catalog/database.sql"));
    row(connection, query)
        .await?
        .ok_or_else(|| Error::bug("the database did not say which one it is"))
}

/// Those of the roles that exist.
pub async fn roles(connection: &mut PgConnection, names: &[&str]) -> Result<Vec<Role>> {
    let query = fixed(include_str!("../../sql/catalog/roles.sql")).bind(texts(names));
    rows(connection, query).await
}

/// A schema, where it exists, and which of the roles may use it.
pub async fn schema(connection: &mut PgConnection, name: &Ident, roles: &[&str]) -> Result<Option<Schema>> {
    let query = fixed(include_str!("../../sql/catalog/schema.sql"))
        .bind(name.as_str().to_owned())
        .bind(texts(roles));
    row(connection, query).await
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
