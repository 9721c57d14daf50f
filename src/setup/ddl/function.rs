//! The match function: the search that LangChain, supabase-js and others call by RPC.
//!
//! The contract is theirs: arguments `query_embedding`, `match_count`, `filter`; rows of `id`, `content`,
//! `metadata`, `similarity`. LangChain never sends `match_count` and puts its own LIMIT outside, so the default is
//! finite: without it the planner would sort the whole table. Everything is named with its schema and the
//! search path is empty, which the security advisor asks for. The settings make the HNSW scan see enough
//! candidates under a filter.
//!
//! The language is plpgsql because it plans with the caller's values (`force_custom_plan`). An SQL function before
//! PostgreSQL 18 is planned without them: LIMIT counts as a tenth of the table, and where the vectors are TOASTed
//! the planner then prefers to read and sort everything (measured on 16 with 40,000 rows of 520 dimensions: 168 ms
//! against 2). With the values known, an empty filter vanishes from the plan; under row-level security that
//! matters, because there `@>`, not being leakproof, is estimated at one row in a hundred whatever it says.
//!
//! In `relaxed_order` a scan returns rows nearly in order; a materialised step then sorts the few that are left,
//! so that a caller's LIMIT outside keeps the nearest.

use crate::collection::{Collection, IterativeScan};
use crate::sql::{Ident, QualifiedName, dollar_quoted};

/// The arguments' names, then the result columns', in the order that the catalog keeps them.
pub(in crate::setup) const MATCH_NAMES: [&str; 7] = [
    "query_embedding",
    "match_count",
    "filter",
    "id",
    "content",
    "metadata",
    "similarity",
];

/// The match function of a collection, in the parts that a plan compares and the statement that makes it.
pub(in crate::setup) struct MatchFunction {
    name: QualifiedName,
    /// The types of its arguments as the catalog names them.
    pub(in crate::setup) argument_types: [String; 3],
    argument: String,
    match_limit: u32,
    /// Its result as the server writes it.
    pub(in crate::setup) result: String,
    /// Its settings as the catalog keeps them.
    pub(in crate::setup) settings: Vec<String>,
    /// Its body.
    pub(in crate::setup) source: String,
    load_library: String,
}

/// The match function of a collection; `extension` is the schema of the vector extension.
pub(in crate::setup) fn match_function(collection: &Collection, extension: &Ident) -> MatchFunction {
    let element = collection.element.name();
    MatchFunction {
        name: collection.match_function(),
        argument_types: [
            format!("{}.{element}", extension.as_str()),
            "pg_catalog.int4".to_owned(),
            "pg_catalog.jsonb".to_owned(),
        ],
        argument: format!("{extension}.{element}"),
        match_limit: collection.match_limit,
        result: format!(
            "TABLE(id {}, content text, metadata jsonb, similarity double precision)",
            collection.id
        ),
        settings: settings(collection),
        source: source(collection, extension),
        load_library: format!("select '[1]'::{extension}.vector;"),
    }
}

impl MatchFunction {
    /// The function's name and argument types, as `grant` and `drop` name it.
    pub(in crate::setup) fn identity(&self) -> String {
        format!("{}({}, integer, jsonb)", self.name, self.argument)
    }

    /// The default of `match_count` as the server writes it.
    pub(in crate::setup) fn written_default(&self) -> String {
        format!("match_count integer DEFAULT {},", self.match_limit)
    }

    /// Makes or replaces the function. The first statement loads the extension's library: until then the server
    /// refuses the `hnsw` settings of everybody but a superuser.
    pub(in crate::setup) fn create(&self) -> String {
        let settings: Vec<String> = self.settings.iter().map(|setting| set(setting)).collect();
        format!(
            "{}\ncreate or replace function {}(\n    query_embedding {},\n    match_count integer default {},\n    \
             filter jsonb default '{{}}'\n)\nreturns {}\nlanguage plpgsql stable parallel safe\n{}\nas {};",
            self.load_library,
            self.name,
            self.argument,
            self.match_limit,
            self.result.replacen("TABLE", "table ", 1),
            settings.join("\n"),
            dollar_quoted(&self.source),
        )
    }
}

/// A setting of the catalog, `name=value`, as a clause of `create function`.
fn set(setting: &str) -> String {
    match setting.split_once('=') {
        Some((name, "\"\"")) => format!("set {name} = ''"),
        Some((name, value)) => format!("set {name} = {value}"),
        None => String::new(),
    }
}

fn settings(collection: &Collection) -> Vec<String> {
    let mut settings = vec!["search_path=\"\"".to_owned()];
    if let Some(index) = &collection.index {
        settings.push(format!("hnsw.ef_search={}", index.ef_search));
        if index.iterative_scan != IterativeScan::Off {
            settings.push(format!("hnsw.iterative_scan={}", index.iterative_scan.setting()));
        }
    }
    settings.push("plan_cache_mode=force_custom_plan".to_owned());
    settings
}

fn source(collection: &Collection, extension: &Ident) -> String {
    let Collection {
        table,
        content,
        metadata,
        embedding,
        match_limit,
        match_limit_max,
        ..
    } = collection;
    let id = collection.id_column();
    let name = collection.match_function().name;
    let distance = format!(
        "d.{embedding} operator({extension}.{}) {name}.query_embedding",
        collection.metric.operator()
    );
    let similarity = collection.metric.similarity(&distance);
    let filter = format!("{name}.filter");
    let nearest = format!(
        "select d.{id} as id, d.{content}::text as content, d.{metadata} as metadata, {similarity} as similarity
        from {table} d
        where d.{embedding} is not null
          and ({filter} is null or {filter} operator(pg_catalog.=) '{{}}' or d.{metadata} operator(pg_catalog.@>) {filter})
        order by {distance}
        limit least(coalesce({name}.match_count, {match_limit}), {match_limit_max})"
    );
    let query = if relaxed(collection) {
        format!(
            "with nearest as materialized (\n        {nearest}\n    )\n    \
             select n.id, n.content, n.metadata, n.similarity\n    from nearest n\n    order by n.similarity desc"
        )
    } else {
        nearest.replace("\n    ", "\n")
    };
    format!("\nbegin\n    return query\n    {query};\nend\n")
}

fn relaxed(collection: &Collection) -> bool {
    collection
        .index
        .is_some_and(|index| index.iterative_scan == IterativeScan::RelaxedOrder)
}
