//! The vector index, and how any index is made: at once over no rows, afterwards over many.

use super::{Comparison, ddl};
use crate::catalog::{Index, Table};
use crate::collection::HnswIndex;
use crate::index_build::estimate::{Hnsw, Layout, Shape};
use crate::setup::plan::{NewIndex, Phase};
use crate::sql::QualifiedName;
use crate::vector::ElementType;

/// pgvector's defaults, for an index that was made without saying.
const DEFAULT_M: u32 = 16;
const DEFAULT_EF_CONSTRUCTION: u32 = 64;

impl Comparison<'_> {
    pub(super) fn index(&mut self) {
        let Some(declared) = self.collection.index else {
            return;
        };
        let (column, metric) = (self.collection.embedding.as_str(), self.collection.metric);
        let valid: Vec<&Index> = self
            .facts
            .table
            .iter()
            .flat_map(|table| table.vector_indexes(column))
            .filter(|index| index.method == "hnsw" && index.is_valid && !index.is_partial)
            .filter(|index| index.metric() == Some(metric))
            .collect();
        match valid.as_slice() {
            [] => self.build(&declared),
            [..] if valid
                .iter()
                .any(|index| parameters(index) == (declared.m, declared.ef_construction)) => {}
            [index, ..] => self.other_parameters(index, &declared),
        }
    }

    fn build(&mut self, declared: &HnswIndex) {
        let (collection, extension) = (self.collection, self.extension.clone());
        let name = collection.index_name();
        let title = format!(
            "create the index {} ({}, m {}, ef_construction {})",
            name.plain(),
            collection.metric,
            declared.m,
            declared.ef_construction
        );
        self.create_index(
            &name,
            &title,
            "searches would read the whole table",
            &|concurrently| ddl::create_hnsw_index(collection, declared, &extension, concurrently),
        );
    }

    /// Over an empty table an index is made in the transaction, at no cost; over rows it is built afterwards,
    /// without stopping writers. What an interrupted build left is dropped before.
    pub(super) fn create_index(
        &mut self,
        name: &QualifiedName,
        title: &str,
        reason: &str,
        sql: &dyn Fn(bool) -> String,
    ) {
        let table = self.facts.table.as_ref();
        let is_left = |index: &Index| index.name == name.name.as_str() && !index.is_valid;
        let leftover = table.is_some_and(|table| table.indexes.iter().any(is_left));
        if leftover {
            self.step_in(
                Phase::Afterwards,
                format!("drop the invalid index {}", name.plain()),
                "an interrupted build left it: writes keep it up, queries do not use it",
                ddl::drop_invalid_index(name, true),
            );
            self.in_migration(ddl::drop_invalid_index(name, false));
        }
        if table.is_none_or(is_empty) && !leftover {
            let reason = format!("{reason}; there are no rows yet, so this takes no time");
            self.step(title, reason, sql(false));
        } else {
            let reason = format!("{reason}; it is built without stopping writers");
            self.step_in(Phase::Afterwards, title, reason, sql(true));
            self.in_migration(sql(false));
            let layout = self.layout_of(name);
            if let Some(step) = self.found.steps.last_mut() {
                step.new_index = Some(NewIndex {
                    name: name.clone(),
                    layout,
                });
            }
        }
    }

    /// How the rows of the declared vector index lie; none for another index.
    fn layout_of(&self, name: &QualifiedName) -> Option<Layout> {
        let collection = self.collection;
        let declared = collection.index.filter(|_| collection.index_name() == *name)?;
        let shape = Shape {
            element: collection.element,
            dimensions: collection.dimensions,
        };
        (shape.element != ElementType::Sparsevec).then_some(Layout::Hnsw(Hnsw { shape, m: declared.m }))
    }

    fn other_parameters(&mut self, index: &Index, declared: &HnswIndex) {
        let (m, ef_construction) = parameters(index);
        let written = |m: u32, ef_construction: u32| format!("m {m}, ef_construction {ef_construction}");
        let object = format!("index {}.{}", index.schema, index.name);
        let named = format!("{}.{}", index.schema, index.name);
        self.drift(
            false,
            (object, written(declared.m, declared.ef_construction), written(m, ef_construction)),
            format!(
                "An index keeps the parameters it was built with: declare these, or run `vecops index replace {named} \
                 --m {} --ef-construction {}`, which builds one with those beside it.",
                declared.m, declared.ef_construction
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
