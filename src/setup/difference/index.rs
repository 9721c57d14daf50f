//! The vector index.

use super::{Comparison, ddl};
use crate::catalog::{Index, Table};
use crate::collection::HnswIndex;
use crate::setup::plan::Phase;

/// pgvector's defaults, for an index that was made without saying.
const DEFAULT_M: u32 = 16;
const DEFAULT_EF_CONSTRUCTION: u32 = 64;

impl Comparison<'_> {
    pub(super) fn index(&mut self) {
        let Some(declared) = self.collection.index else {
            return;
        };
        let (column, metric) = (self.collection.embedding.as_str(), self.collection.metric);
        let serving: Vec<&Index> = self
            .facts
            .table
            .iter()
            .flat_map(|table| table.vector_indexes(column))
            .filter(|index| index.method == "hnsw" && !index.is_partial && index.metric() == Some(metric))
            .collect();
        let valid: Vec<&Index> = serving.iter().copied().filter(|index| index.is_valid).collect();
        match valid.as_slice() {
            [] => self.build(&declared, &serving),
            [..] if valid
                .iter()
                .any(|index| parameters(index) == (declared.m, declared.ef_construction)) => {}
            [index, ..] => self.other_parameters(index, &declared),
        }
    }

    /// Over an empty table the index is made in the transaction, at no cost; over rows it is built afterwards,
    /// without stopping writers.
    fn build(&mut self, declared: &HnswIndex, invalid: &[&Index]) {
        let name = self.collection.index_name();
        let empty = self.facts.table.as_ref().is_none_or(is_empty);
        let phase = if empty {
            Phase::Transaction
        } else {
            Phase::Afterwards
        };
        if invalid.iter().any(|index| index.name == name.name.as_str()) {
            self.step_in(
                Phase::Afterwards,
                format!("drop the invalid index {}", name.plain()),
                "an interrupted build left it: writes keep it up, queries do not use it",
                ddl::drop_invalid_index(&name, true),
            );
            self.in_migration(ddl::drop_invalid_index(&name, false));
            return self.create(
                declared,
                Phase::Afterwards,
                "an interrupted build is to be done again",
            );
        }
        let reason = if empty {
            "there is none; the table is empty, so this takes no time"
        } else {
            "there is none; it is built without stopping writers"
        };
        self.create(declared, phase, reason);
    }

    fn create(&mut self, declared: &HnswIndex, phase: Phase, reason: &str) {
        let title = format!(
            "create the index {} ({}, m {}, ef_construction {})",
            self.collection.index_name().plain(),
            self.collection.metric,
            declared.m,
            declared.ef_construction
        );
        let concurrently = phase == Phase::Afterwards;
        let sql = ddl::create_hnsw_index(self.collection, declared, &self.extension, concurrently);
        self.step_in(phase, title, reason, sql);
        self.in_migration(ddl::create_hnsw_index(
            self.collection,
            declared,
            &self.extension,
            false,
        ));
    }

    fn other_parameters(&mut self, index: &Index, declared: &HnswIndex) {
        let (m, ef_construction) = parameters(index);
        let written = |m: u32, ef_construction: u32| format!("m {m}, ef_construction {ef_construction}");
        let object = format!("index {}.{}", index.schema, index.name);
        let drop_it = format!("{}.{}", index.schema, index.name);
        self.drift(
            false,
            (object, written(declared.m, declared.ef_construction), written(m, ef_construction)),
            format!(
                "An index keeps the parameters it was built with: declare these, or run `drop index concurrently \
                 {drop_it}` and then `vecops setup apply`, which builds it anew."
            ),
        );
    }
}

fn parameters(index: &Index) -> (u32, u32) {
    (
        index.option("m").unwrap_or(DEFAULT_M),
        index.option("ef_construction").unwrap_or(DEFAULT_EF_CONSTRUCTION),
    )
}

/// A table that never held a row. (One that was emptied by `delete` counts as full, which is only slower.)
fn is_empty(table: &Table) -> bool {
    table.bytes == 0
}
