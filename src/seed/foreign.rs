//! Values of types that only the server can read: they wait as text in the temporary table, and are tried there before
//! they are cast, so that a bad one is known with its line. PostgreSQL 16 and later can try without failing
//! (`pg_input_error_info`); before, and where a type's input cannot, the cast fails without a line.

use sqlx::{PgConnection, Row as _};

use super::check::Problem;
use super::copying::Failure;
use super::destination::Destination;
use super::feed::Feed;
use super::lines::RowLines;
use super::source::Source;
use crate::error::Error;
use crate::sql::{self, Ident, QualifiedName};

/// Rows in the temporary table.
pub(super) struct Staged<'a> {
    pub(super) table: &'a QualifiedName,
    /// The column that numbers them.
    pub(super) row: &'a Ident,
    pub(super) destination: &'a Destination,
    pub(super) columns: &'a [Ident],
}

/// Leaves out rows with a value that its type does not take; an error where bad lines are not left out.
pub(super) async fn leave_out(
    connection: &mut PgConnection,
    staged: &Staged<'_>,
    source: &Source,
    feed: &mut Feed<'_>,
    lines: &RowLines,
) -> Result<u64, Failure> {
    if !staged.destination.has_foreign(staged.columns) || !can_try(connection).await? {
        return Ok(0);
    }
    let mut left_out = 0;
    for column in staged.columns {
        let Some(type_text) = staged.destination.foreign_type(column) else {
            continue;
        };
        for problem in problems(connection, staged, column, type_text, lines).await? {
            if !feed.rejects.tolerates() {
                let message = format!("{}: {}", source.place(problem.line), problem.why);
                return Err(Failure::Here(Error::failed(message)));
            }
            feed.rejects.add(problem, None)?;
            left_out += 1;
        }
    }
    Ok(left_out)
}

async fn can_try(connection: &mut PgConnection) -> Result<bool, Failure> {
    let row = sql::fixed(include_str!("../../sql/seed/can_try.sql"))
        .fetch_one(connection)
        .await?;
    Ok(row.try_get("can_try")?)
}

/// The rows whose value in a column is bad, which are removed.
async fn problems(
    connection: &mut PgConnection,
    staged: &Staged<'_>,
    column: &Ident,
    type_text: &str,
    lines: &RowLines,
) -> Result<Vec<Problem>, Failure> {
    let statement = format!(
        "with bad as (
             select s.{row} as row, i.message
             from {table} s
             cross join lateral pg_catalog.pg_input_error_info(s.{column}, $1::text) i
             where s.{column} is not null and i.message is not null
         ), gone as (
             delete from {table} s using bad where s.{row} = bad.row
         )
         select row, message from bad order by row",
        row = staged.row,
        table = staged.table,
    );
    let found = sql::dynamic(statement)
        .bind(type_text.to_owned())
        .fetch_all(connection)
        .await?;
    let problem = |row: &sqlx::postgres::PgRow| -> Result<Problem, sqlx::Error> {
        let (number, message): (i64, String) = (row.try_get("row")?, row.try_get("message")?);
        let line = u64::try_from(number - 1).ok().and_then(|row| lines.line_of(row));
        Ok(Problem {
            line: line.unwrap_or_default(),
            place: String::new(),
            why: format!("`{}`: {message}", column.as_str()),
            hint: None,
        })
    };
    Ok(found.iter().map(problem).collect::<Result<_, _>>()?)
}
