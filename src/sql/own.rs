//! Tables that vecops keeps for itself in the database, in the schema `vecops`, which nobody but their owner may use.

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::{fixed, literal, run};

/// What closes them.
const CLOSE: &str = include_str!("../../sql/sql/own_close.sql");

/// Makes tables of vecops' own by statements that make what is not there yet, and closes them to every API role. Two that
/// make the same ones do it one after the other. In the caller's transaction, or in one of its own.
pub async fn make_own_tables(
    connection: &mut PgConnection,
    name: &str,
    statements: &str,
) -> Result<(), sqlx::Error> {
    run(connection, own_tables(name, statements)).await
}

/// The statements that [`make_own_tables`] runs.
pub fn own_tables(name: &str, statements: &str) -> String {
    let lock = literal(&format!("vecops.{name}"));
    format!(
        "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({lock}, 0));\n\
         create schema if not exists vecops;\n{statements};\n{CLOSE}"
    )
}

/// Whether one of these tables is there, and this role may read it.
pub async fn own_table_is_readable(connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    fixed(include_str!("../../sql/sql/own_readable.sql"))
        .bind(name)
        .fetch_one(connection)
        .await?
        .try_get("there")
}
