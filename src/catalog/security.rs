//! Row-level security policies and grants of a table.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::rows;
use crate::error::Result;
use crate::sql::fixed;

/// A row-level security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `select`, `insert`, `update`, `delete` or `all`.
    pub command: String,
    /// Whether it adds to what others allow, rather than taking away from it.
    pub permissive: bool,
    /// The roles it is for; `public` is everybody.
    pub roles: Vec<String>,
    /// Which rows are seen.
    pub using_expression: Option<String>,
    /// Which rows may be written.
    pub check_expression: Option<String>,
}

/// A privilege that a role has on a table or on one of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Grant {
    /// The role; `public` is everybody.
    pub grantee: String,
    /// The privilege in lower case, such as `select`.
    pub privilege: String,
    /// The column, where the grant is on one.
    pub column: Option<String>,
}

/// The policies of the table with this oid.
pub async fn policies(connection: &mut PgConnection, oid: i64) -> Result<Vec<Policy>> {
    rows(
        connection,
        fixed(include_str!("../../sql/catalog/policies.sql")).bind(oid),
    )
    .await
}

/// The grants on the table with this oid: on the whole table first, then on single columns.
pub(super) async fn grants(connection: &mut PgConnection, oid: i64) -> Result<Vec<Grant>> {
    let on_table = fixed(include_str!("../../sql/catalog/table_grants.sql")).bind(oid);
    let on_columns = fixed(include_str!("../../sql/catalog/column_grants.sql")).bind(oid);
    let mut grants = rows(connection, on_table).await?;
    grants.extend(rows::<Grant>(connection, on_columns).await?);
    Ok(grants)
}
