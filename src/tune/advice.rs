//! Where `hnsw.ef_search` can be set, each place with what it reaches.
//!
//! A server knows the parameter only once pgvector's library is loaded into the session; before, PostgreSQL refuses it to
//! all but superusers. Supabase's list of what `postgres` may set for roles has no `hnsw.*` (supabase/postgres, pull request
//! 1994), and supautils lets it set nothing for a database, so functions come first: they work through PostgREST and every
//! pooler.

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use crate::catalog::Target;
use crate::error::{Context as _, Result};
use crate::sql;

/// A place for the setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What it reaches.
    pub reaches: String,
    /// The statements; where a name is the user's own to put in, it is in capitals.
    pub statements: Vec<String>,
    /// Whether they can be run as they are.
    pub is_ready: bool,
    /// What to mind.
    pub mind: Option<&'static str>,
}

/// A function that searches the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchFunction {
    /// Its name and the types of its arguments, as SQL.
    pub signature: String,
    /// Whether this role may change it.
    pub is_own: bool,
}

/// The functions whose text names the table and its distance; none where a collection declares its own.
pub async fn search_functions(connection: &mut PgConnection, on: &Target) -> Result<Vec<SearchFunction>> {
    if on.collection.is_some() {
        return Ok(Vec::new());
    }
    let rows = sql::fixed(include_str!("../../sql/tune/functions.sql"))
        .bind(on.table.name.as_str())
        .bind(on.metric.operator())
        .fetch_all(connection)
        .await
        .context("look for functions that search the table")?;
    let function = |row: &sqlx::postgres::PgRow| {
        Ok(SearchFunction {
            signature: row.try_get("signature")?,
            is_own: row.try_get("is_own")?,
        })
    };
    rows.iter().map(function).collect()
}

/// The places for a value, the one that works nearly everywhere first.
pub fn advice(on: &Target, functions: &[SearchFunction], ef_search: u16) -> Vec<Advice> {
    let load = format!("{};", on.extension.load_library());
    let mut places = Vec::new();
    if let Some(collection) = &on.collection {
        places.push(Advice {
            reaches: "the collection's match function, through PostgREST and every pooler".to_owned(),
            statements: vec![
                format!(
                    "-- vecops.toml: [collections.{}] index.ef_search = {ef_search}",
                    collection.name
                ),
                format!("-- vecops setup apply {}", collection.name),
            ],
            is_ready: false,
            mind: None,
        });
    }
    places.extend(functions.iter().map(|function| Advice {
        reaches: format!(
            "{}, which searches the table, through PostgREST and every pooler",
            function.signature
        ),
        statements: vec![
            load.clone(),
            format!(
                "alter function {} set hnsw.ef_search = {ef_search};",
                function.signature
            ),
        ],
        is_ready: function.is_own,
        mind: (!function.is_own).then_some("another role owns it, and has to run this"),
    }));
    if places.is_empty() {
        places.push(Advice {
            reaches: "a search function, through PostgREST and every pooler".to_owned(),
            statements: vec![
                load.clone(),
                format!("alter function SCHEMA.FUNCTION(ARGUMENTS) set hnsw.ef_search = {ef_search};"),
            ],
            is_ready: false,
            mind: Some("a function with a setting of its own is not inlined: the limit belongs inside it"),
        });
    }
    places.push(Advice {
        reaches: "one transaction, on every pooler".to_owned(),
        statements: vec![format!("set local hnsw.ef_search = {ef_search};")],
        is_ready: false,
        mind: Some("inside `begin` and `commit`, before the query"),
    });
    places.push(Advice {
        reaches: "new sessions of a role, or of the whole database".to_owned(),
        statements: vec![
            load,
            format!("alter role ROLE set hnsw.ef_search = {ef_search};"),
            format!("alter database DATABASE set hnsw.ef_search = {ef_search};"),
        ],
        is_ready: false,
        mind: Some(
            "Supabase refuses both to `postgres` (permission denied to set parameter): take the function there",
        ),
    });
    places
}
