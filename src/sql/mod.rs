//! Identifiers, literals and statements: the only door for dynamic SQL.
//!
//! A value is bound, never written into a statement, wherever PostgreSQL takes a parameter. Where it takes
//! none (names, and values inside DDL), [`Ident`] and [`literal`] quote. Every query is unnamed
//! (`persistent(false)`): sqlx otherwise names its statements, and a transaction pooler hands the name to a
//! stranger. For the same reason only built-in types are bound: a `vector` travels as text and is cast in the
//! statement, because binding the extension's type makes sqlx look it up through a named statement.
//!
//! Quoting rules: PostgreSQL documentation, 4.1 "Lexical Structure".

mod copy;
mod copy_out;
mod ident;
mod own;
mod plan;

#[expect(clippy::disallowed_types, reason = "this module is the door")]
use sqlx::AssertSqlSafe;
use sqlx::Transaction;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;

pub use copy::{CopyIn, copy_in};
pub use copy_out::copy_out;
pub use ident::{Ident, InvalidName, QualifiedName, parse_dotted};
pub use own::{make_own_tables, own_table_is_readable, own_tables};
pub use plan::{Node, Plan, Verbose};

/// Has a transaction's commit not wait for the server's disk. A server that crashes may lose the transaction, but only whole
/// and with all that came after it: for work that keeps its position in the same transaction, and whose last one waits.
///
/// PostgreSQL documentation, 28.4 "Asynchronous Commit".
pub const UNFLUSHED: &str = "set local synchronous_commit = off";

/// A statement known when vecops was built, usually `include_str!` of a file under `sql/`.
pub fn fixed<'q>(statement: &'static str) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(statement).persistent(false)
}

/// A statement put together from [`Ident`]s and [`literal`]s.
pub fn dynamic<'q>(statement: String) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(AssertSqlSafe(statement)).persistent(false)
}

/// Runs one or several statements without parameters through the simple protocol, and drops their rows.
///
/// This is what DDL, `SET` and `BEGIN` use: one round trip, no statement on the server.
pub async fn run(connection: &mut PgConnection, statements: impl Into<String>) -> Result<(), sqlx::Error> {
    use sqlx::Executor as _;
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(statements.into())))
        .await
        .map(drop)
}

/// Asks one question without parameters through the simple protocol; the values of its row are text.
///
/// One round trip and no statement on the server, so it is safe outside a transaction on any pooler.
pub async fn ask(connection: &mut PgConnection, statement: &'static str) -> Result<PgRow, sqlx::Error> {
    use sqlx::Executor as _;
    connection.fetch_one(sqlx::raw_sql(statement)).await
}

/// Opens a transaction by `BEGIN` and the `SET LOCAL`s that go with it, in one round trip.
pub async fn begin(
    connection: &mut PgConnection,
    statements: String,
) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    use sqlx::Connection as _;
    connection.begin_with(AssertSqlSafe(statements)).await
}

/// Writes a value as an SQL string literal, for the places that take no parameter (DDL, `COMMENT`, `SET`).
///
/// A backslash makes it an `E''` literal, so the result does not depend on `standard_conforming_strings`.
pub fn literal(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if doubled.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

/// Writes a longer text, such as a function's body, as a dollar-quoted literal that it cannot end early.
pub fn dollar_quoted(text: &str) -> String {
    let mut tag = "$body$".to_owned();
    while text.contains(&tag) {
        tag.insert(1, '_');
    }
    format!("{tag}{text}{tag}")
}

#[cfg(test)]
mod tests {
    use super::{dollar_quoted, literal};

    #[test]
    fn a_body_cannot_end_its_quotes() {
        assert_eq!(dollar_quoted("select 1"), "$body$select 1$body$");
        assert_eq!(dollar_quoted("$body$;drop"), "$_body$$body$;drop$_body$");
    }

    #[test]
    fn literals_are_closed_on_every_setting() {
        assert_eq!(literal("plain"), "'plain'");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }
}
