//! A definition under other names: tables moved to another schema or called otherwise, extensions in another schema.

use std::collections::{BTreeMap, BTreeSet};

use super::deparsed::{self, Naming};
use super::{Definition, Function, Owned, Reason, ReplicaIdentity, Shape, Table, Trigger};
use crate::sql::{Ident, QualifiedName};

/// Which names change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables.
    tables: BTreeMap<QualifiedName, QualifiedName>,
    /// Members of extensions that live elsewhere on the target: the old schema and the name, to the new schema.
    members: BTreeMap<(Ident, String), Ident>,
}

impl Renames {
    /// Gives a table another name.
    pub fn table(&mut self, old: QualifiedName, new: QualifiedName) {
        if old != new {
            self.tables.insert(old, new);
        }
    }

    /// Moves members of an extension to another schema.
    pub fn members(&mut self, old: &Ident, new: &Ident, names: impl IntoIterator<Item = String>) {
        if old != new {
            let moved = names.into_iter().map(|name| ((old.clone(), name), new.clone()));
            self.members.extend(moved);
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.members.is_empty()
    }

    /// The new name of a table.
    pub fn of_table(&self, name: &QualifiedName) -> QualifiedName {
        self.tables.get(name).unwrap_or(name).clone()
    }

    /// The new name of something that shares its schema with a table's own: an index, a key, a sequence.
    pub fn of_part(&self, table: &QualifiedName, name: &Ident) -> Ident {
        match self.tables.get(table) {
            Some(new) if new.name != table.name => part(&table.name, &new.name, name),
            _ => name.clone(),
        }
    }
}

/// `docs_pkey` of `docs` becomes `texts_pkey` of `texts`; a name of another make gets the table's in front.
pub fn part(old: &Ident, new: &Ident, name: &Ident) -> Ident {
    match name.as_str().strip_prefix(old.as_str()) {
        Some(rest) => new.with_suffix(rest),
        None => new.with_suffix(&format!("_{}", name.as_str())),
    }
}

/// The names of one definition.
struct Names<'r> {
    renames: &'r Renames,
    relations: BTreeMap<QualifiedName, QualifiedName>,
}

impl Naming for Names<'_> {
    fn relation(&self, name: &QualifiedName) -> Option<QualifiedName> {
        self.relations.get(name).cloned()
    }

    /// A table's name may mean another one there; an extension's member lives in one place only.
    fn in_bodies(&self) -> bool {
        self.relations.is_empty()
    }

    fn schema(&self, schema: &Ident, name: &str) -> Option<Ident> {
        self.renames
            .members
            .get(&(schema.clone(), name.to_owned()))
            .cloned()
    }
}

impl Names<'_> {
    fn text(&self, text: &mut String) {
        *text = deparsed::renamed(text, self);
    }

    fn maybe(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn name(&self, name: &mut QualifiedName) {
        if let Some(new) = self.relation(name) {
            *name = new;
        }
    }
}

impl Definition {
    /// The same under other names, and the functions that had to be left out: those that use a table by a name that it
    /// loses.
    pub fn renamed(&self, renames: &Renames) -> (Self, Vec<Function>) {
        let mut definition = self.clone();
        if renames.is_empty() {
            return (definition, Vec::new());
        }
        let names = Names {
            renames,
            relations: self.relations(renames),
        };
        for table in &mut definition.tables {
            names.rename_table(table);
        }
        for sequence in &mut definition.sequences {
            names.name(&mut sequence.name);
            if let Some(Owned { table, .. }) = &mut sequence.owned_by {
                names.name(table);
            }
        }
        for kind in &mut definition.types {
            names.rename_shape(&mut kind.shape);
        }
        let loses = |function: &Function| {
            !renames.tables.is_empty() && matches!(function.found_by, Reason::Depends | Reason::Text)
        };
        let (left_out, kept) = definition.functions.into_iter().partition(loses);
        definition.functions = kept;
        for function in &mut definition.functions {
            names.text(&mut function.definition);
            names.text(&mut function.arguments);
        }
        let used: BTreeSet<Ident> = definition.schemas_in_use().into_iter().cloned().collect();
        definition.schemas.retain(|schema| used.contains(&schema.name));
        (definition, left_out)
    }

    /// The relations that get other names: tables and the sequences that belong to them.
    fn relations(&self, renames: &Renames) -> BTreeMap<QualifiedName, QualifiedName> {
        let mut relations = renames.tables.clone();
        for sequence in &self.sequences {
            let Some(owned) = &sequence.owned_by else { continue };
            if let Some(new) = renames.tables.get(&owned.table) {
                let name = renames.of_part(&owned.table, &sequence.name.name);
                let renamed = QualifiedName::new(new.schema.clone(), name);
                relations.insert(sequence.name.clone(), renamed);
            }
        }
        relations
    }

    /// The schemas that anything of it lives in.
    pub fn schemas_in_use(&self) -> BTreeSet<&Ident> {
        let tables = self.tables.iter().map(|table| &table.name.schema);
        let types = self.types.iter().map(|kind| &kind.name.schema);
        let sequences = self.sequences.iter().map(|sequence| &sequence.name.schema);
        let functions = self.functions.iter().map(|function| &function.name.schema);
        let extensions = self.extensions.iter().map(|extension| &extension.schema);
        tables
            .chain(types)
            .chain(sequences)
            .chain(functions)
            .chain(extensions)
            .collect()
    }
}

impl Names<'_> {
    fn rename_table(&self, table: &mut Table) {
        let old = table.name.clone();
        let part = |name: &mut Ident| *name = self.renames.of_part(&old, name);
        self.name(&mut table.name);
        table.parents.iter_mut().for_each(|parent| self.name(parent));
        self.maybe(&mut table.partition_bound);
        self.maybe(&mut table.partitioned_by);
        for column in &mut table.columns {
            self.text(&mut column.type_text);
            if let Some(schema) = self.schema(&column.type_schema, column.type_name.as_str()) {
                column.type_schema = schema;
            }
            self.maybe(&mut column.default);
            if let Some(generated) = &mut column.generated {
                self.text(&mut generated.expression);
            }
        }
        for constraint in &mut table.constraints {
            part(&mut constraint.name);
            self.text(&mut constraint.definition);
            if let Some(references) = &mut constraint.references {
                self.name(references);
            }
        }
        for index in &mut table.indexes {
            part(&mut index.name);
            self.text(&mut index.definition);
            if let Some(key) = &mut index.key_type
                && let Some(schema) = self.schema(&key.schema, key.name.as_str())
            {
                key.schema = schema;
            }
        }
        table.constraints.sort_by(|one, other| one.name.cmp(&other.name));
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some(ReplicaIdentity::Index(index)) = &mut table.replica_identity {
            part(index);
        }
        for policy in &mut table.policies {
            self.maybe(&mut policy.using);
            self.maybe(&mut policy.check);
        }
        for Trigger { definition, .. } in &mut table.triggers {
            self.text(definition);
        }
    }

    fn rename_shape(&self, shape: &mut Shape) {
        match shape {
            Shape::Enum(_) => {}
            Shape::Composite(attributes) => attributes
                .iter_mut()
                .for_each(|attribute| self.text(&mut attribute.type_text)),
            Shape::Range(range) => self.text(&mut range.subtype),
            Shape::Domain(domain) => {
                self.text(&mut domain.base);
                self.maybe(&mut domain.default);
                for check in &mut domain.checks {
                    self.text(&mut check.definition);
                }
            }
        }
    }
}
