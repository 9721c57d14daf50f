//! The difference of a declaration and a database: pure, so that a plan is the same wherever its facts came from.
//!
//! The order of the steps is the order of dependence: extension, schema, table, columns, security, record,
//! function, index.

mod function;
mod index;
mod security;
mod table;

use super::ddl;
use super::facts::Facts;
use super::plan::{Drift, Phase, Step};
use crate::collection::{Collection, IterativeScan};
use crate::sql::Ident;
use crate::vector::ElementType;

/// What one collection adds to a plan.
pub(super) struct Difference {
    pub(super) steps: Vec<Step>,
    pub(super) drift: Vec<Drift>,
    pub(super) notes: Vec<String>,
}

/// Compares one collection with the facts.
pub(super) fn difference(collection: &Collection, facts: &Facts) -> Difference {
    let mut comparison = Comparison {
        collection,
        facts,
        roles: facts.roles(),
        extension: facts.extension_name(),
        found: Difference {
            steps: Vec::new(),
            drift: Vec::new(),
            notes: Vec::new(),
        },
    };
    comparison.extension();
    comparison.schema();
    comparison.table();
    comparison.security();
    comparison.record();
    comparison.function();
    comparison.index();
    comparison.found
}

/// One comparison at work.
struct Comparison<'a> {
    collection: &'a Collection,
    facts: &'a Facts,
    /// Those of the API's roles that exist.
    roles: Vec<&'static str>,
    /// The schema of the vector extension.
    extension: Ident,
    found: Difference,
}

impl Comparison<'_> {
    fn step(&mut self, title: impl Into<String>, reason: impl Into<String>, sql: String) {
        self.step_in(Phase::Transaction, title, reason, sql);
    }

    fn step_in(&mut self, phase: Phase, title: impl Into<String>, reason: impl Into<String>, sql: String) {
        self.found.steps.push(Step {
            collection: self.collection.name.clone(),
            title: title.into(),
            reason: reason.into(),
            sql,
            migration_sql: None,
            new_index: None,
            phase,
        });
    }

    /// Says how the last step is written in a migration.
    fn in_migration(&mut self, sql: String) {
        if let Some(step) = self.found.steps.last_mut() {
            step.migration_sql = Some(sql);
        }
    }

    fn drift(&mut self, blocking: bool, drift: (String, String, String), advice: impl Into<String>) {
        let (object, declared, found) = drift;
        self.found.drift.push(Drift {
            collection: self.collection.name.clone(),
            object,
            declared,
            found,
            advice: advice.into(),
            blocking,
        });
    }

    fn note(&mut self, note: impl Into<String>) {
        self.found.notes.push(note.into());
    }

    /// The table's name as a person writes it.
    fn plain(&self) -> String {
        self.collection.table.plain()
    }

    /// The extension itself, its version, and who may use its types.
    fn extension(&mut self) {
        match &self.facts.extension {
            None => self.step(
                "install the extension `vector` in the schema `extensions`",
                "it is not installed in this database",
                ddl::create_extension(),
            ),
            Some(extension) => {
                let needed = least_version(self.collection);
                if !extension.is_at_least(needed.0, needed.1) {
                    let found = extension.version.clone();
                    self.drift(
                        true,
                        (
                            "extension vector".to_owned(),
                            format!("{}.{} or newer", needed.0, needed.1),
                            found,
                        ),
                        "Run `alter extension vector update`; on an old Supabase project, upgrade the project first.",
                    );
                }
            }
        }
        let missing = self.without_usage(self.facts.extension_schema.as_ref());
        if !missing.is_empty() {
            self.step(
                format!("let {} use the schema {}", list(&missing), self.extension.plain()),
                "without it they cannot name the vector types",
                ddl::grant_usage(&self.extension, &missing),
            );
        }
    }

    fn schema(&mut self) {
        let schema = self.collection.table.schema.clone();
        if self.facts.schema.is_none() {
            self.step(
                format!("create the schema {}", schema.plain()),
                "it does not exist",
                ddl::create_schema(&schema),
            );
        }
        let missing = self.without_usage(self.facts.schema.as_ref());
        if !missing.is_empty() {
            self.step(
                format!("let {} use the schema {}", list(&missing), schema.plain()),
                format!("the policy `{}` is for them", self.collection.policy),
                ddl::grant_usage(&schema, &missing),
            );
        }
    }

    /// The roles of the policy that exist and may not use the schema.
    fn without_usage(&self, schema: Option<&crate::catalog::Schema>) -> Vec<&'static str> {
        let users = schema.map_or(&[][..], |schema| schema.users.as_slice());
        ddl::expected_grants(self.collection.policy)
            .iter()
            .map(|(role, _)| *role)
            .filter(|role| self.roles.contains(role) && !users.iter().any(|user| user == role))
            .collect()
    }
}

/// The first version of pgvector that has what the collection declares.
fn least_version(collection: &Collection) -> (u32, u32) {
    let iterative = |scan: IterativeScan| scan != IterativeScan::Off;
    match (&collection.index, collection.element) {
        (Some(index), _) if iterative(index.iterative_scan) => (0, 8),
        (_, ElementType::Halfvec) => (0, 7),
        _ => (0, 5),
    }
}

/// Names in backticks, with commas.
fn list<T: AsRef<str>>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    quoted.join(", ")
}
