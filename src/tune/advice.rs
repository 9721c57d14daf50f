//! Where `hnsw.ef_search` can be set, each place with what it reaches.
//!
//! A server knows the parameter only once pgvector's library is loaded into the session; before, PostgreSQL refuses it to
//! all but superusers. Supabase's own list of what `postgres` may set for roles has not always had `hnsw.*`, so the
//! function comes first: it works through PostgREST and every pooler.

use serde::Serialize;

use crate::catalog::Target;

/// A place for the setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What it reaches.
    pub reaches: &'static str,
    /// The statements; where a name is the user's own to put in, it is in capitals.
    pub statements: Vec<String>,
    /// What to mind.
    pub mind: Option<&'static str>,
}

/// The places for a value, the one that works nearly everywhere first.
pub fn advice(on: &Target, ef_search: u16) -> Vec<Advice> {
    let load = format!("{};", on.extension.load_library());
    let mut places = Vec::new();
    match &on.collection {
        Some(collection) => places.push(Advice {
            reaches: "the collection's match function, through PostgREST and every pooler",
            statements: vec![
                format!(
                    "-- vecops.toml: [collections.{}] index.ef_search = {ef_search}",
                    collection.name
                ),
                format!("-- vecops setup apply {}", collection.name),
            ],
            mind: None,
        }),
        None => places.push(Advice {
            reaches: "a search function, through PostgREST and every pooler",
            statements: vec![
                load.clone(),
                format!("alter function SCHEMA.FUNCTION(ARGUMENTS) set hnsw.ef_search = {ef_search};"),
            ],
            mind: Some("a function with a setting of its own is not inlined: the limit belongs inside it"),
        }),
    }
    places.push(Advice {
        reaches: "one transaction, on every pooler",
        statements: vec![format!("set local hnsw.ef_search = {ef_search};")],
        mind: None,
    });
    places.push(Advice {
        reaches: "new sessions of a role, or of the whole database",
        statements: vec![
            load,
            format!("alter role ROLE set hnsw.ef_search = {ef_search};"),
            format!("alter database DATABASE set hnsw.ef_search = {ef_search};"),
        ],
        mind: Some(
            "Supabase has refused this to `postgres` (permission denied to set parameter): take the function there",
        ),
    });
    places
}
