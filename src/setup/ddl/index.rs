//! The indexes of a collection.

use crate::collection::{Collection, HnswIndex};
use crate::sql::{Ident, QualifiedName};

/// Makes the vector index.
pub(in crate::setup) fn create_hnsw_index(
    collection: &Collection,
    index: &HnswIndex,
    extension: &Ident,
    concurrently: bool,
) -> String {
    format!(
        "create index {}if not exists {} on {} using hnsw ({} {extension}.{}) with (m = {}, ef_construction = {});",
        word(concurrently),
        collection.index_name().name,
        collection.table,
        collection.embedding,
        collection.metric.opclass(collection.element),
        index.m,
        index.ef_construction,
    )
}

/// Drops what an interrupted build left: an index that every write keeps up and no query uses.
pub(in crate::setup) fn drop_invalid_index(name: &QualifiedName, concurrently: bool) -> String {
    format!("drop index {}if exists {name};", word(concurrently))
}

/// Where it is concurrent, the statement neither stops writers nor runs inside a transaction.
fn word(concurrently: bool) -> &'static str {
    if concurrently { "concurrently " } else { "" }
}

/// Makes the index that the owner's policy looks rows up in.
pub(in crate::setup) fn create_owner_index(collection: &Collection, concurrently: bool) -> String {
    format!(
        "create index {}if not exists {} on {} using btree ({});",
        word(concurrently),
        collection.owner_index_name().name,
        collection.table,
        collection.owner
    )
}

/// Makes the index that serves filters on the metadata.
pub(in crate::setup) fn create_metadata_index(collection: &Collection, concurrently: bool) -> String {
    format!(
        "create index {}if not exists {} on {} using gin ({} pg_catalog.jsonb_path_ops);",
        word(concurrently),
        collection.metadata_index_name().name,
        collection.table,
        collection.metadata
    )
}
