//! Reading a definition from the catalogs, each kind of object by one statement.
//!
//! The statements return documents, one an object, in the shape that the manifest keeps. The caller's `search_path`
//! must be `pg_catalog`, and its transaction read-only where it wants that: nothing here changes anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;
use sqlx::{Row as _, postgres::PgRow};

use super::{Access, Column, DataType, Definition, Function, Schema, Sequence, Table};
use crate::error::{Context as _, Error, Result};
use crate::sql::{QualifiedName, dynamic, fixed};

/// Reads everything that these tables need. Their partitions and heirs come with them; a table that is not there is an
/// error.
pub async fn capture(connection: &mut PgConnection, tables: &[QualifiedName]) -> Result<Definition> {
    let oids = relations(connection, tables).await?;
    let mut definition = Definition {
        tables: captured_tables(connection, &oids).await?,
        ..Definition::default()
    };
    let types = documents::<DataType>(
        connection,
        on(include_str!("../../../sql/backup/definition/types.sql"), &oids),
    )
    .await
    .context("read the types")?;
    let type_oids = oids_of(&types);
    let functions = fixed(include_str!("../../../sql/backup/definition/functions.sql"))
        .bind(oids.clone())
        .bind(type_oids.clone());
    let functions = documents::<Function>(connection, functions)
        .await
        .context("read the functions")?;
    let function_oids = oids_of(&functions);
    let sequences = sequences(connection, &oids).await?;

    let extensions = fixed(include_str!("../../../sql/backup/definition/extensions.sql"))
        .bind(oids.clone())
        .bind(type_oids.clone())
        .bind(function_oids.clone());
    definition.extensions = plain_documents(connection, extensions)
        .await
        .context("read the extensions")?;
    definition.types = types.into_iter().map(|(_, kind)| kind).collect();
    definition.functions = functions.into_iter().map(|(_, function)| function).collect();
    definition.sequences = sequences.iter().map(|(_, sequence)| sequence.clone()).collect();

    let names: Vec<String> = definition
        .schemas_in_use()
        .into_iter()
        .map(|schema| schema.as_str().to_owned())
        .collect();
    let schemas = fixed(include_str!("../../../sql/backup/definition/schemas.sql")).bind(names.clone());
    let schemas = documents::<Schema>(connection, schemas)
        .await
        .context("read the schemas")?;
    let schema_oids = oids_of(&schemas);
    definition.schemas = schemas.into_iter().map(|(_, schema)| schema).collect();
    let defaults = fixed(include_str!(
        "../../../sql/backup/definition/default_privileges.sql"
    ))
    .bind(names);
    definition.default_privileges = plain_documents(connection, defaults)
        .await
        .context("read the default privileges")?;

    let mut relations = oids.clone();
    relations.extend(oids_of(&sequences));
    let asked = Asked {
        relations,
        tables: oids,
        sequences: oids_of(&sequences),
        functions: function_oids,
        types: type_oids,
        schemas: schema_oids,
    };
    asked.enter_access(connection, &mut definition).await?;
    definition.migrations = migrations(connection).await?;
    Ok(definition)
}

/// The objects that were read, in the order in which the definition lists them.
struct Asked {
    relations: Vec<i64>,
    tables: Vec<i64>,
    sequences: Vec<i64>,
    functions: Vec<i64>,
    types: Vec<i64>,
    schemas: Vec<i64>,
}

impl Asked {
    async fn enter_access(&self, connection: &mut PgConnection, definition: &mut Definition) -> Result<()> {
        let query = fixed(include_str!("../../../sql/backup/definition/access.sql"))
            .bind(self.relations.clone())
            .bind(self.functions.clone())
            .bind(self.types.clone())
            .bind(self.schemas.clone());
        let rows = query
            .fetch_all(&mut *connection)
            .await
            .context("read the grants")?;
        let mut found = BTreeMap::new();
        for row in &rows {
            let class: String = row.try_get("class")?;
            let oid: i64 = row.try_get("oid")?;
            let number: i32 = row.try_get("number")?;
            found.insert((class, oid, number), document::<Access>(row)?);
        }
        let mut take = |class: &str, oid: &i64, number: i32| {
            found
                .remove(&(class.to_owned(), *oid, number))
                .unwrap_or_default()
        };
        let numbers = column_numbers(connection, &self.tables).await?;
        for (table, oid) in definition.tables.iter_mut().zip(&self.tables) {
            table.access = take("relation", oid, 0);
            let numbers = numbers.get(oid).map_or(&[][..], Vec::as_slice);
            for (column, number) in table.columns.iter_mut().zip(numbers) {
                column.access = take("relation", oid, *number);
            }
        }
        for (sequence, oid) in definition.sequences.iter_mut().zip(&self.sequences) {
            sequence.access = take("relation", oid, 0);
        }
        for (function, oid) in definition.functions.iter_mut().zip(&self.functions) {
            function.access = take("function", oid, 0);
        }
        for (kind, oid) in definition.types.iter_mut().zip(&self.types) {
            kind.access = take("type", oid, 0);
        }
        for (schema, oid) in definition.schemas.iter_mut().zip(&self.schemas) {
            schema.access = take("schema", oid, 0);
        }
        Ok(())
    }
}

/// The oids of the tables and of what hangs under them, parents first.
async fn relations(connection: &mut PgConnection, tables: &[QualifiedName]) -> Result<Vec<i64>> {
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    let rows = fixed(include_str!("../../../sql/backup/definition/relations.sql"))
        .bind(names)
        .fetch_all(connection)
        .await
        .context("look the tables up")?;
    let mut found: BTreeSet<QualifiedName> = BTreeSet::new();
    let mut oids = Vec::new();
    for row in &rows {
        let name: String = row.try_get("name")?;
        let name = name
            .parse()
            .map_err(|error| Error::bug(format!("the table `{name}`: {error}")))?;
        found.insert(name);
        oids.push(row.try_get("oid")?);
    }
    match tables.iter().find(|&name| !found.contains(name)) {
        Some(missing) => Err(Error::precondition(format!(
            "there is no table `{}`",
            missing.plain()
        ))),
        None => Ok(oids),
    }
}

async fn captured_tables(connection: &mut PgConnection, oids: &[i64]) -> Result<Vec<Table>> {
    let query = on(include_str!("../../../sql/backup/definition/tables.sql"), oids);
    let mut tables: BTreeMap<i64, Table> = documents(connection, query)
        .await
        .context("read the tables")?
        .into_iter()
        .collect();
    let columns: Vec<(i64, Column)> = documents(
        connection,
        on(include_str!("../../../sql/backup/definition/columns.sql"), oids),
    )
    .await
    .context("read the columns")?;
    distribute(&mut tables, columns, |table| &mut table.columns);
    let constraints = documents(
        connection,
        on(
            include_str!("../../../sql/backup/definition/constraints.sql"),
            oids,
        ),
    )
    .await
    .context("read the constraints")?;
    distribute(&mut tables, constraints, |table| &mut table.constraints);
    let indexes = documents(
        connection,
        on(include_str!("../../../sql/backup/definition/indexes.sql"), oids),
    )
    .await
    .context("read the indexes")?;
    distribute(&mut tables, indexes, |table| &mut table.indexes);
    let policies = documents(
        connection,
        on(include_str!("../../../sql/backup/definition/policies.sql"), oids),
    )
    .await
    .context("read the policies")?;
    distribute(&mut tables, policies, |table| &mut table.policies);
    let triggers = documents(
        connection,
        on(include_str!("../../../sql/backup/definition/triggers.sql"), oids),
    )
    .await
    .context("read the triggers")?;
    distribute(&mut tables, triggers, |table| &mut table.triggers);
    oids.iter()
        .map(|oid| {
            tables
                .remove(oid)
                .ok_or_else(|| Error::conflict("a table was dropped while it was read"))
        })
        .collect()
}

/// Puts what belongs to a table into it, in the order in which it was read.
fn distribute<T>(
    tables: &mut BTreeMap<i64, Table>,
    parts: Vec<(i64, T)>,
    list: impl Fn(&mut Table) -> &mut Vec<T>,
) {
    for (oid, part) in parts {
        if let Some(table) = tables.get_mut(&oid) {
            list(table).push(part);
        }
    }
}

async fn column_numbers(connection: &mut PgConnection, oids: &[i64]) -> Result<BTreeMap<i64, Vec<i32>>> {
    let rows = on(include_str!("../../../sql/backup/definition/columns.sql"), oids)
        .fetch_all(connection)
        .await?;
    let mut numbers: BTreeMap<i64, Vec<i32>> = BTreeMap::new();
    for row in &rows {
        numbers
            .entry(row.try_get("oid")?)
            .or_default()
            .push(row.try_get("number")?);
    }
    Ok(numbers)
}

/// The sequences with their values. A value is not part of any snapshot: it is at least as new as the rows.
async fn sequences(connection: &mut PgConnection, oids: &[i64]) -> Result<Vec<(i64, Sequence)>> {
    let query = on(include_str!("../../../sql/backup/definition/sequences.sql"), oids);
    let mut sequences: Vec<(i64, Sequence)> = documents(&mut *connection, query)
        .await
        .context("read the sequences")?;
    for (_, sequence) in &mut sequences {
        let row = dynamic(format!(
            "select s.last_value, s.is_called from {} s",
            sequence.name
        ))
        .fetch_one(&mut *connection)
        .await
        .with_context(|| format!("read the value of sequence `{}`", sequence.name.plain()))?;
        sequence.last_value = row.try_get("last_value")?;
        sequence.is_called = row.try_get("is_called")?;
    }
    Ok(sequences)
}

async fn migrations(connection: &mut PgConnection) -> Result<Vec<serde_json::Value>> {
    let there: bool = fixed(include_str!(
        "../../../sql/backup/definition/migrations_exist.sql"
    ))
    .fetch_one(&mut *connection)
    .await?
    .try_get("there")?;
    if !there {
        return Ok(Vec::new());
    }
    let rows = dynamic(
        "select pg_catalog.to_jsonb(m)::text as document from supabase_migrations.schema_migrations m order by m.version"
            .to_owned(),
    );
    plain_documents(connection, rows)
        .await
        .context("read the migrations")
}

/// A statement about objects of these oids.
fn on(statement: &'static str, oids: &[i64]) -> Query<'static, Postgres, PgArguments> {
    fixed(statement).bind(oids.to_vec())
}

fn oids_of<T>(documents: &[(i64, T)]) -> Vec<i64> {
    documents.iter().map(|(oid, _)| *oid).collect()
}

/// What a statement returns, each document with the oid that it belongs to.
async fn documents<T: DeserializeOwned>(
    connection: &mut PgConnection,
    query: Query<'_, Postgres, PgArguments>,
) -> Result<Vec<(i64, T)>> {
    let rows = query.fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("oid")?, document(row)?)))
        .collect()
}

async fn plain_documents<T: DeserializeOwned>(
    connection: &mut PgConnection,
    query: Query<'_, Postgres, PgArguments>,
) -> Result<Vec<T>> {
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(document).collect()
}

fn document<T: DeserializeOwned>(row: &PgRow) -> Result<T> {
    let text: String = row.try_get("document")?;
    serde_json::from_str(&text)
        .map_err(|error| Error::bug(format!("the catalog's answer has another shape: {error}")).cause(text))
}
