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
mod ident;
mod plan;

#[expect(clippy::disallowed_types, reason = "this module is the door")]
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;

pub use copy::{CopyIn, copy_in};
pub use ident::{Ident, InvalidName, QualifiedName, parse_dotted};
pub use plan::{Node, Plan};

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

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn literals_are_closed_on_every_setting() {
        assert_eq!(literal("plain"), "'plain'");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }
}
