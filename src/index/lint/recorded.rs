//! The queries that the server has recorded: `pg_stat_statements`, where it is.
//!
//! It keeps texts without their constants. What PostgREST sends calls functions, so calls of functions that compare
//! vectors are taken, too.

use sqlx::{PgConnection, Row as _};

use super::subject::{Origin, Subject};
use super::token::{Words, folded};
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Ident, fixed};

/// What compares vectors, as a regular expression.
const DISTANCES: &str = r"<[-=#+~%]>|(l2|cosine|l1|hamming|jaccard)_distance\s*\(|inner_product\s*\(";

/// What was recorded.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// The queries that took the longest altogether.
    pub(super) subjects: Vec<Subject>,
    /// Functions that compare vectors and that recorded statements call.
    pub(super) functions: Vec<String>,
    /// How many statements of others this role may not read.
    pub(super) hidden: i64,
}

/// Reads the statements that compare vectors and took the longest altogether.
pub(super) async fn recorded(connection: &mut PgConnection, top: u32) -> Result<Recorded> {
    let schema = view(connection)
        .await?
        .ok_or_else(|| {
            Error::precondition("`pg_stat_statements` is not installed in this database").hint(
                "Install it with `create extension pg_stat_statements schema extensions` where the server preloads it, or name queries by `--sql`, `--file` or `--function`.",
            )
        })?;
    let callers = callers(connection).await?;
    let view = format!("{schema}.pg_stat_statements");
    let rows = sql::dynamic(format!(
        "select query, sum(calls)::int8, (sum(total_exec_time) / greatest(sum(calls), 1))::float8
         from {view}
         where dbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
           and query !~* '^\\s*(explain|create|alter|drop|copy|prepare|do|set|comment)\\M'
           and (query ~ $1::text or exists (
               select from pg_catalog.unnest($2::text[]) f (name) where pg_catalog.strpos(query, f.name) > 0))
         group by query
         order by sum(total_exec_time) desc, query
         limit $3::int8"
    ))
    .bind(DISTANCES)
    .bind(callers.clone())
    .bind(i64::from(top))
    .fetch_all(&mut *connection)
    .await
    .context("read the recorded queries")?;
    let mut recorded = Recorded {
        hidden: hidden(connection, &view).await?,
        ..Recorded::default()
    };
    for row in rows {
        let (text, calls, mean_ms): (String, i64, f64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        for name in calls_of(&text, &callers) {
            if !recorded.functions.contains(&name) {
                recorded.functions.push(name);
            }
        }
        recorded
            .subjects
            .push(Subject::new(Origin::Recorded { calls, mean_ms }, text));
    }
    Ok(recorded)
}

/// The names of the functions that compare vectors.
pub(super) async fn callers(connection: &mut PgConnection) -> Result<Vec<String>> {
    let rows = fixed(include_str!("../../../sql/index/lint_callers.sql"))
        .bind(DISTANCES)
        .fetch_all(connection)
        .await
        .context("read the functions that compare vectors")?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Whether the queries of this database are recorded.
pub(super) async fn view(connection: &mut PgConnection) -> Result<Option<Ident>> {
    let row = fixed(include_str!("../../../sql/index/recorded_view.sql"))
        .fetch_optional(connection)
        .await
        .context("look for pg_stat_statements")?;
    let name: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
    name.map(|name| {
        Ident::new(name)
            .map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))
    })
    .transpose()
}

async fn hidden(connection: &mut PgConnection, view: &str) -> Result<i64> {
    let row = sql::dynamic(format!(
        "select count(*) from {view} where query = '<insufficient privilege>'"
    ))
    .fetch_one(connection)
    .await
    .context("count the recorded queries of others")?;
    Ok(row.try_get(0)?)
}

/// The functions among these that a text calls.
fn calls_of(text: &str, functions: &[String]) -> Vec<String> {
    let words = Words::of(text);
    (0..words.tokens.len())
        .filter(|&at| words.is(at + 1, "("))
        .map(|at| folded(words.text_of(at)))
        .filter(|name| functions.contains(name))
        .collect()
}
