//! From the temporary table into the table: what the server finds only then (foreign keys, other unique indexes,
//! triggers) names a key at best and never a row, so the row is looked for.
//!
//! Where bad rows are left out they are found by halves: a half that goes in holds none. The search is undone
//! afterwards, the bad rows are taken out of the temporary table, and the rest goes in by one statement.

use sqlx::{PgConnection, Row as _};

use super::check::Problem;
use super::conflict::{Counts, OnConflict, Staging};
use super::copying::Failure;
use super::feed::Feed;
use super::lines::RowLines;
use super::refusal;
use super::source::Source;
use crate::error::{Error, Result};
use crate::sql;

const BEFORE: &str = "savepoint vecops_merge";
const BACK: &str = "rollback to savepoint vecops_merge";
const DONE: &str = "release savepoint vecops_merge";
const HALF: &str = "savepoint vecops_half";
const BACK_TO_HALF: &str = "rollback to savepoint vecops_half";
const HALF_DONE: &str = "release savepoint vecops_half";

/// Rows on their way from the temporary table into the table.
pub(super) struct Merging<'a> {
    /// The temporary table.
    pub(super) staging: &'a Staging<'a>,
    /// What happens to rows that are there.
    pub(super) on_conflict: OnConflict,
    /// Where the rows come from.
    pub(super) source: &'a Source,
    /// On which lines they stand.
    pub(super) lines: &'a RowLines,
}

/// A row that the table does not take, counted from 1, and why.
struct Bad {
    row: u64,
    why: String,
}

impl Merging<'_> {
    /// Moves the rows into the table; those that it does not take are left out, or end the load.
    pub(super) async fn merge(
        &self,
        connection: &mut PgConnection,
        feed: &mut Feed<'_>,
    ) -> Result<Counts, Failure> {
        sql::run(connection, BEFORE).await?;
        let rows = self.lines.rows();
        let error = match self.staging.merge(connection, self.on_conflict, rows).await {
            Ok(counts) => {
                sql::run(connection, DONE).await?;
                return Ok(counts);
            }
            Err(error) => error,
        };
        if refusal::of_a_row(&error).is_none() {
            return Err(error.into());
        }
        sql::run(connection, BACK).await?;
        if !feed.rejects.tolerates() {
            return Err(Failure::Here(self.at_its_line(connection, error).await?));
        }
        let bad = self.search(connection, feed.rejects.room()).await?;
        sql::run(connection, BACK).await?;
        for Bad { row, why } in &bad {
            let problem = Problem {
                line: self.line(*row),
                place: String::new(),
                why: why.clone(),
                hint: None,
            };
            let text = self.take_out(connection, *row).await?;
            feed.rejects.add(problem, text.as_deref())?;
        }
        let rows = rows.saturating_sub(bad.len() as u64);
        Ok(self.staging.merge(connection, self.on_conflict, rows).await?)
    }

    fn line(&self, row: u64) -> u64 {
        row.checked_sub(1)
            .and_then(|row| self.lines.line_of(row))
            .unwrap_or_default()
    }

    /// The server's error with the line of the first row that has the key which it names.
    async fn at_its_line(&self, connection: &mut PgConnection, error: sqlx::Error) -> Result<Error, Failure> {
        let key = refusal::key_of(&error);
        let error = Error::from(error);
        let column = key.as_ref().and_then(|(column, _)| {
            let named = |ident: &&sql::Ident| ident.as_str() == column || ident.plain() == *column;
            self.staging.columns.iter().find(named)
        });
        let (Some((_, value)), Some(column)) = (&key, column) else {
            return Ok(error.context(format!("load `{}`", self.source.name())));
        };
        let (table, row) = (&self.staging.table, &self.staging.row);
        let first = sql::dynamic(format!(
            "select min(s.{row}) as first from {table} s where s.{column}::text = $1::text"
        ));
        let first = first.bind(value.clone()).fetch_one(connection).await?;
        let first: Option<i64> = first.try_get("first")?;
        Ok(match first.and_then(|row| u64::try_from(row).ok()) {
            Some(row) => error.at_input(self.source.place(self.line(row))),
            None => error.context(format!("load `{}`", self.source.name())),
        })
    }

    /// The rows that the table does not take, up to one more than may be left out. Leaves the others in the table.
    async fn search(&self, connection: &mut PgConnection, room: u64) -> Result<Vec<Bad>, Failure> {
        let mut bad: Vec<Bad> = Vec::new();
        let mut left = vec![(1, self.lines.rows())];
        while let Some((first, last)) = left.pop() {
            if bad.len() as u64 > room {
                break;
            }
            match self.refused(connection, first, last).await? {
                None => {}
                Some(why) if first == last => bad.push(Bad { row: first, why }),
                Some(_) => {
                    let middle = first + (last - first) / 2;
                    left.extend([(middle + 1, last), (first, middle)]);
                }
            }
        }
        // Again, as long as one goes in: a row may refer to another one that came in behind it.
        loop {
            let (before, mut still) = (bad.len(), Vec::new());
            for one in bad {
                if self.refused(connection, one.row, one.row).await?.is_some() {
                    still.push(one);
                }
            }
            if still.is_empty() || still.len() == before {
                return Ok(still);
            }
            bad = still;
        }
    }

    /// Moves some rows into the table, or tells why it takes none of them.
    async fn refused(
        &self,
        connection: &mut PgConnection,
        first: u64,
        last: u64,
    ) -> Result<Option<String>, Failure> {
        sql::run(connection, HALF).await?;
        let condition = format!("where {} between {first} and {last}", self.staging.row);
        let statement = self.staging.insert(self.on_conflict, &condition);
        match sql::run(connection, statement).await {
            Ok(()) => {
                sql::run(connection, HALF_DONE).await?;
                Ok(None)
            }
            Err(error) => match refusal::of_a_row(&error) {
                Some(why) => {
                    sql::run(connection, BACK_TO_HALF).await?;
                    Ok(Some(why))
                }
                None => Err(error.into()),
            },
        }
    }

    /// Takes a row out of the temporary table; returns it as JSON.
    async fn take_out(&self, connection: &mut PgConnection, row: u64) -> Result<Option<String>, Failure> {
        let (table, number) = (&self.staging.table, &self.staging.row);
        let statement = format!(
            "delete from {table} s where s.{number} = $1::int8
             returning (pg_catalog.to_jsonb(s) - $2::text)::text as row"
        );
        let removed = sql::dynamic(statement)
            .bind(i64::try_from(row).unwrap_or(i64::MAX))
            .bind(number.as_str())
            .fetch_optional(connection)
            .await?;
        Ok(removed.map(|row| row.try_get("row")).transpose()?)
    }
}
