//! What building an index will do, and what is in its way, found before anything is done.

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use super::held::held;
use crate::error::{Context as _, Error, Result};
use crate::index_build::{
    Definition, Found, Settings, Wishes,
    facts::{self, TableFacts},
    vector_indexes,
};
use crate::sql::{QualifiedName, fixed};

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildOptions {
    /// Whether writers go on meanwhile.
    pub concurrently: bool,
    /// What the user asks for instead of what would be chosen.
    pub wishes: Wishes,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            concurrently: true,
            wishes: Wishes::default(),
        }
    }
}

/// The building of an index, as it will be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BuildPlan {
    /// What is built.
    pub definition: Definition,
    /// The table.
    pub table: TableFacts,
    /// The statement.
    pub statement: String,
    /// Whether writers go on meanwhile.
    pub concurrently: bool,
    /// How many rows the build will meet, about.
    pub rows: u64,
    /// The size that the index will have, about, where that can be said.
    pub bytes: Option<u64>,
    /// Memory and workers.
    pub settings: Settings,
    /// What failed builds have left under the same name; it is dropped first.
    pub leftover: Option<QualifiedName>,
}

/// Plans a build; an error where it cannot be done.
pub async fn plan_build(
    connection: &mut PgConnection,
    definition: Definition,
    options: BuildOptions,
) -> Result<BuildPlan> {
    let table = facts::table(connection, &definition.table).await?;
    expect_owner(&table)?;
    if table.is_partitioned && options.concurrently {
        let message = format!(
            "`{}` is partitioned, and PostgreSQL builds no index on all partitions while writers go on",
            table.name.plain()
        );
        return Err(Error::precondition(message).hint(
            "Build one on each partition; or on all at once, with writers waiting: `vecops index create ... --no-concurrently`.",
        ));
    }
    let leftover = leftover(connection, &definition, &table).await?;
    let plan = plan_for(connection, definition, options, None).await?;
    Ok(BuildPlan { leftover, ..plan })
}

/// The same without asking whether it can be done, and for so many rows where they are said.
pub async fn plan_for(
    connection: &mut PgConnection,
    definition: Definition,
    options: BuildOptions,
    rows: Option<u64>,
) -> Result<BuildPlan> {
    let table = facts::table(connection, &definition.table).await?;
    let server = facts::server(connection).await?;
    let rows = match rows {
        Some(rows) => rows,
        None => held(connection, &table, &definition).await?,
    };
    let settings = Settings::choose(server, definition.layout, rows, options.wishes);
    Ok(BuildPlan {
        statement: definition.statement(options.concurrently),
        concurrently: options.concurrently,
        bytes: definition.layout.map(|layout| layout.bytes(rows)),
        rows,
        settings,
        leftover: None,
        table,
        definition,
    })
}

/// Only the owner may build, drop or rebuild an index.
pub(super) fn expect_owner(table: &TableFacts) -> Result<()> {
    let plain = table.name.plain();
    if !table.is_owner {
        return Err(Error::precondition(format!(
            "role `{}` does not own `{plain}`, and only the owner may change its indexes",
            table.role
        ))
        .hint(format!(
            "Connect as `{}`, or put that role on with the profile's `role`.",
            table.owner
        )));
    }
    if !table.may_create {
        let message = format!(
            "role `{}` may not create anything in the schema of `{plain}`",
            table.role
        );
        return Err(Error::precondition(message).hint(format!(
            "Let its owner run `grant create on schema {} to {}`.",
            table.name.schema.plain(),
            table.role
        )));
    }
    Ok(())
}

/// An invalid index of the same name on the same table; an error where the name is something else's.
async fn leftover(
    connection: &mut PgConnection,
    definition: &Definition,
    table: &TableFacts,
) -> Result<Option<QualifiedName>> {
    let name = definition.qualified();
    let plain = name.plain();
    let row = fixed(include_str!("../../sql/index/relation_named.sql"))
        .bind(name.schema.as_str())
        .bind(name.name.as_str())
        .fetch_optional(&mut *connection)
        .await
        .with_context(|| format!("look for `{plain}`"))?;
    let Some(row) = row else { return Ok(None) };
    let found = vector_indexes(connection, Some(table.oid)).await?;
    let ours = found
        .iter()
        .find(|index| index.definition.name == definition.name);
    if let Some(index) = ours {
        return of_the_same_name(index, name);
    }
    let on: Option<String> = row.try_get("table")?;
    let what = on.map_or_else(
        || "another relation".to_owned(),
        |on| format!("an index on `{on}`"),
    );
    Err(Error::conflict(format!("the name `{plain}` is taken by {what}"))
        .hint("Choose another one with `--name`."))
}

fn of_the_same_name(index: &Found, name: QualifiedName) -> Result<Option<QualifiedName>> {
    let plain = name.plain();
    if index.is_leftover() {
        return Ok(Some(name));
    }
    if index.is_busy && !index.is_valid {
        return Err(
            Error::conflict(format!("the index `{plain}` is being built right now"))
                .hint("Wait for it to end; `vecops index list` shows it."),
        );
    }
    Err(
        Error::conflict(format!("the index `{plain}` is there already")).hint(format!(
            "`vecops index reindex {plain}` builds it anew; `--name` gives another one beside it."
        )),
    )
}
