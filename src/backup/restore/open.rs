//! Opening the tables: functions, triggers, policies and grants in one transaction, compared before it is committed.

use sqlx::postgres::PgConnection;

use super::super::definition::{Stage as Step, capture};
use super::super::stage::RestoreStage;
use super::followers::Followers;
use super::ledger::{Ledger, Stage};
use super::wanted::Wanted;
use super::{Existing, Part, Request, begin};
use crate::catalog;
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Kind, Result};
use crate::failpoint::reach;
use crate::progress::{Progress, Unit};
use crate::sql::{self, Ident, QualifiedName};

/// Opens the tables, where all that is then there is what the backup says. Returns where the tables that made way are.
pub(super) async fn open(
    session: &mut Session,
    wanted: &Wanted,
    ledger: &Ledger,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Vec<QualifiedName>> {
    let task = progress.task(
        "set functions, triggers, policies and grants",
        Unit::Unknown,
        None,
    );
    let mut transaction = begin(session, TransactionOptions::write()).await?;
    let mut kept = Vec::new();
    let mut followers = Followers::default();
    if request.existing == Existing::Swap {
        let live = lock_live(&mut transaction, wanted).await?;
        followers = Followers::find(&mut transaction, wanted).await?;
        followers.let_go(&mut transaction).await?;
        kept = swap(&mut transaction, wanted, &live).await?;
    }
    // A function with settings of pgvector's cannot be made before its library is there.
    if let Some(extension) = catalog::vector_extension(&mut transaction).await? {
        sql::run(&mut transaction, extension.load_library()).await?;
    }
    let statements = if request.part == Part::OnlyData {
        wanted.opened.reopening()
    } else {
        [Step::Values, Step::Functions, Step::Triggers, Step::Security]
            .into_iter()
            .flat_map(|step| wanted.opened.statements(step))
            .collect()
    };
    for statement in statements {
        sql::run(&mut transaction, statement.sql)
            .await
            .with_context(|| format!("set {}", statement.object))?;
    }
    followers.take_hold(&mut transaction).await?;
    expect_same(&mut transaction, wanted).await?;
    followers.give(&mut transaction, &wanted.opened).await?;
    ledger.advance(&mut transaction, Stage::Finished).await?;
    // PostgREST learns of the tables; elsewhere nobody listens.
    sql::run(&mut transaction, "notify pgrst, 'reload schema'").await?;
    reach(RestoreStage::TablesOpened.name()).await;
    transaction.commit().await?;
    task.finish();
    Ok(kept)
}

/// Reads everything again: what differs from the backup keeps the tables closed.
async fn expect_same(connection: &mut PgConnection, wanted: &Wanted) -> Result<()> {
    let names: Vec<QualifiedName> = wanted
        .opened
        .tables
        .iter()
        .map(|table| table.name.clone())
        .collect();
    let found = capture(connection, &names)
        .await
        .context("read what was restored")?;
    let differences = wanted.opened.differences(&found)?;
    if differences.is_empty() {
        return Ok(());
    }
    let message = format!(
        "what was restored differs from the backup in {} places, and stays closed",
        differences.len()
    );
    let error = Error::new(Kind::Differs, message);
    let error = differences.iter().take(5).fold(error, Error::cause);
    Err(error.hint("Please report this with the output; `--restart` begins anew."))
}

/// Keeps everybody from the live tables: what would come to depend on one from now on would go away with it unseen.
async fn lock_live(connection: &mut PgConnection, wanted: &Wanted) -> Result<Vec<QualifiedName>> {
    let mut live = Vec::new();
    for table in &wanted.opened.tables {
        if catalog::table(&mut *connection, &table.name).await?.is_some() {
            let lock = format!("lock table {} in access exclusive mode", table.name);
            sql::run(&mut *connection, lock)
                .await
                .context("lock the live tables, which make way")
                .map_err(|error| error.hint("Nothing was changed; the same command tries again."))?;
            live.push(table.name.clone());
        }
    }
    Ok(live)
}

/// Moves the live tables to a schema of their own and the restored ones to their places.
async fn swap(
    connection: &mut PgConnection,
    wanted: &Wanted,
    live: &[QualifiedName],
) -> Result<Vec<QualifiedName>> {
    let now = jiff::Timestamp::now()
        .strftime("_before_%Y%m%d%H%M%S")
        .to_string();
    let mut kept = Vec::new();
    let mut statements = Vec::new();
    let mut emptied: Vec<Ident> = Vec::new();
    for (made, opened) in wanted.made.tables.iter().zip(&wanted.opened.tables) {
        let old = QualifiedName::new(opened.name.schema.with_suffix(&now), opened.name.name.clone());
        if live.contains(&opened.name) {
            statements.push(format!("create schema if not exists {}", old.schema));
            statements.push(format!("alter table {} set schema {}", opened.name, old.schema));
            kept.push(old);
        }
        if !emptied.contains(&made.name.schema) {
            emptied.push(made.name.schema.clone());
        }
    }
    for (made, opened) in wanted.made.tables.iter().zip(&wanted.opened.tables) {
        statements.push(format!("create schema if not exists {}", opened.name.schema));
        statements.push(format!(
            "alter table {} set schema {}",
            made.name, opened.name.schema
        ));
    }
    statements.extend(emptied.iter().map(|schema| format!("drop schema {schema}")));
    for statement in statements {
        sql::run(&mut *connection, statement)
            .await
            .context("put the restored tables in the place of the live ones")
            .map_err(|error| error.hint("Nothing was changed; the same command tries again."))?;
    }
    Ok(kept)
}
