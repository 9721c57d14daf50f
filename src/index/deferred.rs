//! Dropping a table's vector indexes before a large load, and building them again afterwards, whatever happens between.
//!
//! Definition and drop are one transaction: either the index is there, or its definition is in `vecops.deferred_index`.
//! A definition is forgotten only once the index is valid again, so the next run finds what a crash has left.

use serde::Serialize;
use sqlx::{FromRow, PgConnection};

use super::build::build;
use super::plan::{BuildOptions, expect_owner, plan_build};
use crate::connection::{Connector, Need, Session};
use crate::error::{Context as _, Error, Result};
use crate::index_build::{Built, Definition, drop_statement, facts, vector_indexes};
use crate::progress::Progress;
use crate::sql::{Ident, QualifiedName, fixed, make_own_tables, own_table_is_readable, run};

/// How often the table's lock is asked for, each time for as long as the transaction's `lock_timeout`.
const LOCK_ATTEMPTS: u32 = 6;

/// What became of the indexes that waited.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Restored {
    /// Those that were built.
    pub built: Vec<Built>,
    /// Those that were there already.
    pub found: Vec<QualifiedName>,
    /// Those whose table is gone.
    pub gone: Vec<QualifiedName>,
}

#[derive(FromRow)]
struct Row {
    table_schema: String,
    table_name: String,
    index_name: String,
    body: String,
    comment: Option<String>,
    tablespace: Option<String>,
    layout: Option<String>,
}

/// The vector indexes of a table that a load would be spared: the valid ones.
pub async fn deferrable(connection: &mut PgConnection, table: &QualifiedName) -> Result<Vec<Definition>> {
    let facts = facts::table(connection, table).await?;
    let found = vector_indexes(connection, Some(facts.oid)).await?;
    Ok(found
        .into_iter()
        .filter(|index| index.is_valid)
        .map(|index| index.definition)
        .collect())
}

/// Drops the valid vector indexes of a table and keeps their definitions, in the caller's transaction.
///
/// From here to the end of the transaction nobody else reads or writes the table. Where others hold it locked, it is
/// asked for again a few times, so that those who wait behind have their turn.
pub async fn defer(
    connection: &mut PgConnection,
    table: &QualifiedName,
    progress: &dyn Progress,
) -> Result<Vec<Definition>> {
    let facts = facts::table(connection, table).await?;
    expect_owner(&facts)?;
    if facts.is_partitioned {
        return Err(Error::precondition(format!(
            "`{}` is partitioned, and an index of all its partitions cannot be built again while writers go on",
            table.plain()
        ))
        .hint("Load into one partition, or leave `--defer-indexes` out."));
    }
    if deferrable(connection, table).await?.is_empty() {
        return Ok(Vec::new());
    }
    lock(connection, table, progress).await?;
    let definitions = deferrable(connection, table).await?;
    make_own_tables(
        connection,
        "deferred_index",
        include_str!("../../sql/index/deferred_create.sql"),
    )
    .await
    .context("make the table `vecops.deferred_index`, where definitions are kept")?;
    for definition in &definitions {
        save(connection, definition).await?;
        let index = definition.qualified();
        run(connection, drop_statement(&index, false))
            .await
            .with_context(|| format!("drop the index `{}`", index.plain()))?;
    }
    Ok(definitions)
}

async fn lock(connection: &mut PgConnection, table: &QualifiedName, progress: &dyn Progress) -> Result<()> {
    let plain = table.plain();
    let statement = format!("savepoint unlocked; lock table {table} in access exclusive mode");
    for attempt in 1.. {
        match run(connection, statement.clone()).await.map_err(Error::from) {
            Ok(()) => break,
            Err(error) if error.sqlstate() == Some("55P03") && attempt < LOCK_ATTEMPTS => {
                let note =
                    format!("`{plain}` is in use; attempt {attempt} of {LOCK_ATTEMPTS} to drop its indexes");
                progress.note(&note);
                let others = "rollback to savepoint unlocked; select pg_catalog.pg_sleep(1)";
                run(connection, others).await?;
            }
            Err(error) => {
                return Err(error.context(format!("drop the vector indexes of `{plain}`, which is in use")));
            }
        }
    }
    Ok(run(connection, "release savepoint unlocked").await?)
}

async fn save(connection: &mut PgConnection, definition: &Definition) -> Result<()> {
    let layout = definition
        .layout
        .map(|layout| serde_json::to_string(&layout))
        .transpose()
        .map_err(|error| Error::bug(error.to_string()))?;
    fixed(include_str!("../../sql/index/deferred_save.sql"))
        .bind(definition.table.schema.as_str())
        .bind(definition.table.name.as_str())
        .bind(definition.name.as_str())
        .bind(&definition.body)
        .bind(definition.comment.as_deref())
        .bind(definition.tablespace.as_ref().map(Ident::as_str))
        .bind(layout)
        .execute(connection)
        .await
        .map(drop)
        .with_context(|| format!("keep the definition of `{}`", definition.qualified().plain()))
}

/// The indexes that wait to be built again, on a table or on all.
pub async fn deferred(
    connection: &mut PgConnection,
    table: Option<&QualifiedName>,
) -> Result<Vec<Definition>> {
    if !own_table_is_readable(connection, "deferred_index").await? {
        return Ok(Vec::new());
    }
    let rows = fixed(include_str!("../../sql/index/deferred_read.sql"))
        .bind(table.map(|table| table.schema.as_str()))
        .bind(table.map(|table| table.name.as_str()))
        .fetch_all(connection)
        .await
        .context("read the definitions in `vecops.deferred_index`")?;
    rows.iter().map(|row| definition(Row::from_row(row)?)).collect()
}

fn definition(row: Row) -> Result<Definition> {
    let name = |text: String| {
        Ident::new(text)
            .map_err(|error| Error::failed(format!("`vecops.deferred_index` holds no name: {error}")))
    };
    Ok(Definition {
        name: name(row.index_name)?,
        table: QualifiedName::new(name(row.table_schema)?, name(row.table_name)?),
        body: row.body,
        comment: row.comment,
        tablespace: row.tablespace.map(name).transpose()?,
        layout: row.layout.and_then(|layout| serde_json::from_str(&layout).ok()),
    })
}

/// Builds the indexes that wait, on a table or on all, and forgets each once it is valid.
pub async fn restore_deferred(
    connector: &Connector,
    table: Option<&QualifiedName>,
    options: BuildOptions,
    progress: &dyn Progress,
) -> Result<Restored> {
    let mut session = connector.open(Need::Session, progress).await?;
    let mut transaction = session.begin_read().await?;
    let waiting = deferred(&mut transaction, table).await?;
    transaction.commit().await?;
    let mut restored = Restored::default();
    for definition in waiting {
        let plain = definition.qualified().plain();
        restore_one(connector, &mut session, definition, options, progress, &mut restored)
            .await
            .map_err(|error| {
                error.hint(format!(
                    "The definition of `{plain}` is kept: run `vecops index restore-deferred` once that is solved."
                ))
            })?;
    }
    Ok(restored)
}

async fn restore_one(
    connector: &Connector,
    session: &mut Session,
    definition: Definition,
    options: BuildOptions,
    progress: &dyn Progress,
    restored: &mut Restored,
) -> Result<()> {
    let index = definition.qualified();
    let mut transaction = session.begin_read().await?;
    let exists = fixed(include_str!("../../sql/index_build/table.sql"))
        .bind(definition.table.schema.as_str())
        .bind(definition.table.name.as_str())
        .fetch_optional(&mut *transaction)
        .await?
        .is_some();
    let there = if exists {
        deferrable(&mut transaction, &definition.table).await?
    } else {
        Vec::new()
    };
    let same = |other: &&Definition| other.name == definition.name && other.body == definition.body;
    if there.iter().any(|other| same(&other)) {
        transaction.commit().await?;
        restored.found.push(index.clone());
    } else if exists {
        let plan = plan_build(&mut transaction, definition, options).await?;
        transaction.commit().await?;
        restored.built.push(build(connector, &plan, progress).await?);
    } else {
        transaction.commit().await?;
        progress.warn(&format!(
            "the table of the index `{}` is gone, and so is the index",
            index.plain()
        ));
        restored.gone.push(index.clone());
    }
    forget(session, &index).await
}

async fn forget(session: &mut Session, index: &QualifiedName) -> Result<()> {
    let mut transaction = session.begin_write().await?;
    fixed(include_str!("../../sql/index/deferred_forget.sql"))
        .bind(index.schema.as_str())
        .bind(index.name.as_str())
        .execute(&mut *transaction)
        .await
        .with_context(|| format!("forget the kept definition of `{}`", index.plain()))?;
    transaction.commit().await.context("commit")
}
