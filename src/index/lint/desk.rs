//! Where a statement is planned and not run: prepared by the server, explained as often as it takes, and forgotten.
//!
//! `PREPARE` goes through the extended protocol, which takes one statement and nothing behind it, and tells the types of
//! its parameters; `EXPLAIN EXECUTE` under `force_generic_plan` then plans it without their values, on every version.
//! The caller's transaction is read-only. Sources: PostgreSQL documentation, `PREPARE`, `EXPLAIN`, "Extended Query".

use serde_json::Value;
use sqlx::{FromRow as _, PgConnection, Row as _};

use super::probe::ScanSettings;
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Plan};

/// A setting and its value.
pub(super) type Setting = (String, String);

/// A statement, and the types of its parameters where they are known already.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) types: Vec<String>,
}

/// Why the server does not plan a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) sqlstate: String,
}

/// A statement that the server has prepared.
pub(super) struct Desk<'c> {
    connection: &'c mut PgConnection,
    /// The types of its parameters, as the server writes them.
    pub(super) types: Vec<String>,
}

impl<'c> Desk<'c> {
    /// Prepares a statement under some settings.
    pub(super) async fn open(
        connection: &'c mut PgConnection,
        statement: &Statement,
        settings: &[Setting],
    ) -> Result<Result<Self, Refusal>> {
        sql::run(&mut *connection, "savepoint vecops_desk").await?;
        let opened = prepare(connection, statement, settings).await;
        match refused(opened).context("plan the query")? {
            Ok(types) => Ok(Ok(Self { connection, types })),
            Err(refusal) => {
                sql::run(connection, "rollback to savepoint vecops_desk").await?;
                Ok(Err(refusal))
            }
        }
    }

    /// Plans it, with further settings for this once.
    pub(super) async fn explain(&mut self, settings: &[(&str, String)]) -> Result<Result<Plan, Refusal>> {
        self.explain_by("explain (verbose, format json)", settings).await
    }

    /// Runs it and measures. It can still change nothing.
    pub(super) async fn analyze(&mut self) -> Result<Result<Plan, Refusal>> {
        self.explain_by("explain (analyze, verbose, buffers, format json)", &[])
            .await
    }

    async fn explain_by(
        &mut self,
        explain: &str,
        settings: &[(&str, String)],
    ) -> Result<Result<Plan, Refusal>> {
        sql::run(&mut *self.connection, "savepoint vecops_plan; discard plans").await?;
        let asked = ask(self.connection, explain, self.types.len(), settings).await;
        let answer = refused(asked).context("explain the query")?;
        sql::run(
            &mut *self.connection,
            "rollback to savepoint vecops_plan; release savepoint vecops_plan",
        )
        .await?;
        match answer {
            Err(refusal) => Ok(Err(refusal)),
            Ok(document) => Plan::from_json(&document)
                .map(Ok)
                .ok_or_else(|| Error::bug("EXPLAIN returned a document of another shape")),
        }
    }

    /// The settings that decide how an index is scanned.
    pub(super) async fn settings(&mut self) -> Result<ScanSettings> {
        let row = sql::fixed(include_str!("../../../sql/index/lint_settings.sql"))
            .fetch_one(&mut *self.connection)
            .await
            .context("read the settings of index scans")?;
        Ok(ScanSettings::from_row(&row)?)
    }

    /// Forgets the statement.
    pub(super) async fn close(self) -> Result<()> {
        let end = "deallocate vecops_lint; rollback to savepoint vecops_desk; release savepoint vecops_desk";
        sql::run(self.connection, end).await?;
        Ok(())
    }
}

async fn prepare(
    connection: &mut PgConnection,
    statement: &Statement,
    settings: &[Setting],
) -> Result<Vec<String>, sqlx::Error> {
    sql::run(&mut *connection, "set local plan_cache_mode = force_generic_plan").await?;
    for (name, value) in settings {
        set(connection, name, value).await?;
    }
    let types = match statement.types.as_slice() {
        [] => String::new(),
        types => format!(" ({})", types.join(", ")),
    };
    sql::dynamic(format!("prepare vecops_lint{types} as {}", statement.text))
        .execute(&mut *connection)
        .await?;
    let row = sql::fixed(include_str!("../../../sql/index/prepared_types.sql"))
        .bind("vecops_lint")
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}

async fn ask(
    connection: &mut PgConnection,
    explain: &str,
    parameters: usize,
    settings: &[(&str, String)],
) -> Result<Value, sqlx::Error> {
    for (name, value) in settings {
        set(connection, name, value).await?;
    }
    let values = match parameters {
        0 => String::new(),
        count => format!(" ({})", vec!["null"; count].join(", ")),
    };
    let row = sql::dynamic(format!("{explain} execute vecops_lint{values}"))
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}

async fn set(connection: &mut PgConnection, name: &str, value: &str) -> Result<(), sqlx::Error> {
    sql::fixed(include_str!("../../../sql/index/set_local.sql"))
        .bind(name.to_owned())
        .bind(value.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

/// Tells a statement that the server does not plan from a server that is gone, busy or interrupted.
fn refused<T>(answer: Result<T, sqlx::Error>) -> Result<Result<T, Refusal>, sqlx::Error> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(sqlx::Error::Database(error)) if !is_the_servers(error.code().as_deref()) => Ok(Err(Refusal {
            message: error.message().to_owned(),
            sqlstate: error.code().unwrap_or_default().into_owned(),
        })),
        Err(error) => Err(error),
    }
}

/// Whether an error is about the server's state: shut down, cancelled, out of resources, lost.
fn is_the_servers(sqlstate: Option<&str>) -> bool {
    sqlstate.is_none_or(|code| {
        ["08", "53", "57", "58", "XX"]
            .iter()
            .any(|class| code.starts_with(class))
    })
}
