//! What is to be dumped, as the catalog has it, and what stands in the way.

use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{FromRow, Row as _};

use super::super::digest::{SentColumn, sent_columns};
use super::super::key::KeyColumn;
use super::super::manifest::{Column, Transport};
use super::Selection;
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Ident, QualifiedName};

/// A table that is to be dumped.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backup) struct Source {
    pub(super) name: QualifiedName,
    pub(super) oid: i64,
    pub(super) is_partitioned: bool,
    pub(super) columns: Vec<SentColumn>,
    pub(super) key: Vec<KeyColumn>,
    pub(super) estimated_rows: f64,
    pub(super) bytes: u64,
    pub(super) pages: u32,
}

/// What was found.
#[derive(Debug, Default)]
pub(in crate::backup) struct Found {
    pub(in crate::backup) tables: Vec<Source>,
    /// What is left out, or not whole, and why.
    pub(super) reasons: Vec<String>,
    /// Whether rows may be hidden, so that the session must let them be.
    pub(super) hides_rows: bool,
}

#[derive(FromRow)]
struct RelationRow {
    oid: i64,
    kind: String,
    is_partition: bool,
    is_readable: bool,
    is_only_on_primary: bool,
    row_security: bool,
    bytes: i64,
    pages: i64,
    estimated_rows: f64,
    role: String,
}

impl Source {
    /// The table as FROM names it: a parent by inheritance without its children, a partitioned one with them.
    pub(super) fn from(&self) -> String {
        if self.is_partitioned {
            self.name.to_string()
        } else {
            format!("only {}", self.name)
        }
    }

    /// The columns as the manifest names them.
    pub(super) fn manifest_columns(&self) -> Vec<Column> {
        self.columns
            .iter()
            .map(|column| Column {
                name: column.name.clone(),
                type_text: column.type_text.clone(),
                transport: column.transport,
            })
            .collect()
    }

    /// The names of the columns that travel as text.
    pub(super) fn text_columns(&self) -> Vec<Ident> {
        let text = self
            .columns
            .iter()
            .filter(|column| column.transport == Transport::Text);
        text.map(|column| column.name.clone()).collect()
    }
}

/// The names of the tables that are meant, with those that inherit from them: their rows are rows of their parents.
pub(super) async fn names(
    connection: &mut PgConnection,
    selection: &Selection,
) -> Result<Vec<QualifiedName>> {
    let mut names = match selection {
        Selection::Tables(names) => names.clone(),
        Selection::Schema(schema) => {
            let query = sql::fixed(include_str!("../../../sql/backup/tables_of_schema.sql"));
            listed(connection, query.bind(schema.as_str().to_owned())).await?
        }
        Selection::Vectors => {
            let query = sql::fixed(include_str!("../../../sql/backup/tables_with_vectors.sql"));
            listed(connection, query).await?
        }
    };
    if names.is_empty() {
        let message = match selection {
            Selection::Schema(schema) => format!("the schema {schema} has no table"),
            _ => "no table of this database holds vectors".to_owned(),
        };
        return Err(
            Error::precondition(message).hint("Name tables: `vecops dump public.documents --to FOLDER`.")
        );
    }
    let heirs = sql::fixed(include_str!("../../../sql/backup/heirs.sql"))
        .bind(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    names.extend(listed(connection, heirs).await?);
    names.sort();
    names.dedup();
    Ok(names)
}

async fn listed(
    connection: &mut PgConnection,
    query: Query<'_, Postgres, PgArguments>,
) -> Result<Vec<QualifiedName>> {
    let rows = query.fetch_all(connection).await.context("list the tables")?;
    let name = |row: &PgRow| {
        Ok(QualifiedName::new(
            catalog_name(row.try_get("schema")?)?,
            catalog_name(row.try_get("name")?)?,
        ))
    };
    rows.iter().map(name).collect()
}

/// Reads everything about the tables; what cannot be read is an error, or where that is allowed a reason.
pub(in crate::backup) async fn inspect(
    connection: &mut PgConnection,
    names: &[QualifiedName],
    allow_partial: bool,
) -> Result<Found> {
    let mut found = Found::default();
    for name in names {
        match source(connection, name).await? {
            Ok((source, None)) => found.tables.push(source),
            Ok((source, Some(hidden))) if allow_partial => {
                found.hides_rows = true;
                found.reasons.push(hidden);
                found.tables.push(source);
            }
            Err(reason) if allow_partial => found.reasons.push(format!("{reason}: it was left out")),
            Ok((_, Some(reason))) | Err(reason) => {
                return Err(Error::precondition(reason).hint(
                    "Dump from the primary, as a role that may read all of it, such as `postgres` on Supabase; `--allow-partial` takes what there is and marks the backup.",
                ));
            }
        }
    }
    if found.tables.is_empty() {
        let error = Error::precondition("nothing of what was asked for can be dumped");
        return Err(found.reasons.into_iter().fold(error, Error::cause));
    }
    Ok(found)
}

/// A table with what would hide some of its rows, or why none of it can be read.
async fn source(
    connection: &mut PgConnection,
    name: &QualifiedName,
) -> Result<std::result::Result<(Source, Option<String>), String>> {
    let plain = name.plain();
    let row = sql::fixed(include_str!("../../../sql/backup/relation.sql"))
        .bind(name.schema.as_str().to_owned())
        .bind(name.name.as_str().to_owned())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Err(Error::precondition(format!("the table `{plain}` does not exist"))
            .hint("Name it as schema.table, or a collection with `--collection`."));
    };
    let row = RelationRow::from_row(&row)?;
    if !matches!(row.kind.as_str(), "r" | "p") {
        return Err(Error::precondition(format!("`{plain}` is not a table"))
            .hint("Dump the tables that it is made from."));
    }
    if row.is_partition {
        return Err(Error::precondition(format!("`{plain}` is a partition"))
            .hint("Dump the partitioned table: it takes its partitions along."));
    }
    if !row.is_readable {
        return Ok(Err(format!("role `{}` may not read `{plain}`", row.role)));
    }
    if row.is_only_on_primary {
        return Ok(Err(format!(
            "`{plain}` is unlogged: this server is a replica, and has none of its rows"
        )));
    }
    let columns = sent_columns(connection, row.oid).await?;
    if let Some(column) = columns.iter().find(|column| !column.is_readable) {
        let column = column.name.plain();
        return Ok(Err(format!(
            "role `{}` may not read `{plain}.{column}`",
            row.role
        )));
    }
    let key = key(connection, row.oid).await?;
    let source = Source {
        name: name.clone(),
        oid: row.oid,
        is_partitioned: row.kind == "p",
        columns,
        key,
        estimated_rows: row.estimated_rows,
        bytes: u64::try_from(row.bytes).unwrap_or_default(),
        pages: u32::try_from(row.pages).unwrap_or(u32::MAX),
    };
    let hidden = row.row_security.then(|| {
        format!(
            "row-level security hides rows of `{plain}` from role `{}`",
            row.role
        )
    });
    Ok(Ok((source, hidden)))
}

async fn key(connection: &mut PgConnection, oid: i64) -> Result<Vec<KeyColumn>> {
    let rows = sql::fixed(include_str!("../../../sql/backup/key.sql"))
        .bind(oid)
        .fetch_all(connection)
        .await?;
    let column = |row: &PgRow| -> Result<KeyColumn> {
        Ok(KeyColumn {
            name: catalog_name(row.try_get("name")?)?,
            type_text: row.try_get("type")?,
        })
    };
    rows.iter().map(column).collect()
}

fn catalog_name(text: String) -> Result<Ident> {
    Ident::new(text).map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))
}
