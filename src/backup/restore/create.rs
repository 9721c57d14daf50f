//! Making the tables, closed, and entering the restore into the ledger: one transaction.

use super::super::definition::{Definition, Stage as Step, capture};
use super::super::manifest::Manifest;
use super::super::stage::RestoreStage;
use super::ledger::{Ledger, Stage};
use super::wanted::Wanted;
use super::{Existing, Part, Request, begin};
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::failpoint::reach;
use crate::progress::Progress;
use crate::sql::{self, QualifiedName};

/// Makes what rows go into. Where anything fails, nothing was made.
pub(super) async fn create(
    session: &mut Session,
    manifest: &Manifest,
    wanted: &Wanted,
    ledger: &Ledger,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Stage> {
    let mut transaction = begin(session, TransactionOptions::write()).await?;
    let unfinished = request.restart
        && ledger
            .read(&mut transaction)
            .await?
            .is_some_and(|(stage, _)| stage != Stage::Finished);
    if unfinished && request.part == Part::OnlyData {
        empty_tables(&mut transaction, &wanted.made).await?;
    } else if unfinished {
        drop_tables(&mut transaction, &wanted.made).await?;
    }
    if request.part == Part::OnlyData && !unfinished {
        close(&mut transaction, wanted, manifest).await?;
    } else if request.part != Part::OnlyData {
        if request.existing == Existing::Drop {
            drop_tables(&mut transaction, &wanted.made).await?;
        }
        for schema in schemas(wanted) {
            let sql = format!("create schema if not exists {schema}");
            sql::run(&mut transaction, sql)
                .await
                .with_context(|| format!("make the schema `{}`", schema.plain()))?;
        }
        for step in [Step::Extensions, Step::Types, Step::Tables] {
            for statement in wanted.made.statements(step) {
                sql::run(&mut transaction, statement.sql)
                    .await
                    .with_context(|| format!("make {}", statement.object))?;
            }
        }
        expect_types(&mut transaction, wanted).await?;
    }
    let stage = if request.part == Part::OnlySchema {
        Stage::Keys(0)
    } else {
        Stage::Loading
    };
    ledger.begin(&mut transaction, stage, wanted.state()?).await?;
    reach(RestoreStage::TablesMade.name()).await;
    transaction.commit().await?;
    reach(RestoreStage::TablesEntered.name()).await;
    progress.note("the tables are made, and closed to everybody but their owner");
    Ok(stage)
}

fn schemas(wanted: &Wanted) -> std::collections::BTreeSet<sql::Ident> {
    let names = wanted.made.tables.iter().map(|table| &table.name.schema);
    names.cloned().collect()
}

async fn drop_tables(connection: &mut sqlx::PgConnection, definition: &Definition) -> Result<()> {
    let names: Vec<String> = definition
        .tables
        .iter()
        .map(|table| table.name.to_string())
        .collect();
    // One statement: tables may refer to each other.
    sql::run(connection, format!("drop table if exists {}", names.join(", ")))
        .await
        .context("drop the tables that are there")
        .map_err(|error| error.hint("Drop what depends on them first, or use `--swap`, which keeps them."))
}

async fn empty_tables(connection: &mut sqlx::PgConnection, definition: &Definition) -> Result<()> {
    let names: Vec<String> = definition
        .tables
        .iter()
        .map(|table| table.name.to_string())
        .collect();
    sql::run(connection, format!("truncate {}", names.join(", ")))
        .await
        .context("empty the tables of the earlier run")
}

/// Types that were there already must be those of the backup: their values are in its rows.
async fn expect_types(connection: &mut sqlx::PgConnection, wanted: &Wanted) -> Result<()> {
    if wanted.shared_types.is_empty() {
        return Ok(());
    }
    let names: Vec<QualifiedName> = wanted
        .made
        .tables
        .iter()
        .map(|table| table.name.clone())
        .collect();
    let found = capture(connection, &names).await?;
    for kind in &wanted.shared_types {
        let other = found.types.iter().find(|other| other.name == kind.name);
        if other.is_none_or(|other| other.shape != kind.shape) {
            let message = format!("the type `{}` is here already, and is another", kind.name.plain());
            return Err(Error::precondition(message)
                .hint("Restore into another database, or rename the type that is here."));
        }
    }
    Ok(())
}

/// Tables that are there: they must be empty and take the backup's rows; then nobody reads them until they are whole.
async fn close(connection: &mut sqlx::PgConnection, wanted: &Wanted, manifest: &Manifest) -> Result<()> {
    for table in &wanted.tables {
        let plain = table.at.plain();
        sql::run(
            &mut *connection,
            format!("lock table {} in access exclusive mode", table.at),
        )
        .await
        .with_context(|| format!("lock `{plain}`"))?;
        super::verify::expect_columns(connection, &table.at, table.entry(manifest)?).await?;
        let row = sql::dynamic(format!("select exists (select from {}) as there", table.at))
            .fetch_one(&mut *connection)
            .await?;
        if sqlx::Row::try_get::<bool, _>(&row, "there")? {
            return Err(Error::precondition(format!("the table `{plain}` is not empty")).hint(
                "Restore beside it with `--table old=new`, put it in its place with `--swap`, or empty it first.",
            ));
        }
    }
    for table in &wanted.made.tables {
        let disarm = format!("alter table {} disable trigger user", table.name);
        sql::run(&mut *connection, disarm)
            .await
            .with_context(|| format!("disarm the triggers of `{}`", table.name.plain()))?;
    }
    for statement in wanted.made.closing() {
        sql::run(&mut *connection, statement.sql)
            .await
            .with_context(|| format!("close {}", statement.object))?;
    }
    Ok(())
}
