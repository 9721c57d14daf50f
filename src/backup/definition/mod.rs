//! Everything that a set of vector tables needs, as plain data: read from the catalogs, kept in a backup's manifest,
//! written as the statements that make it again.
//!
//! Expressions and definitions are the server's own text, written with `search_path = pg_catalog`, so every name in them
//! that is not PostgreSQL's is qualified. Names are kept apart from that text wherever they can be, so that a table or a
//! schema can be given another one. Nothing here reads rows. Catalogs: PostgreSQL documentation, "System Catalogs";
//! what pg_dump keeps and in which order: its `pg_dump.c`.

mod access;
mod capture;
mod data_type;
mod deparsed;
mod difference;
mod function;
mod renames;
mod sequence;
mod statements;
mod table;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use access::{Access, DefaultPrivilege, Grant, Grantee, Policy};
pub use capture::capture;
pub use data_type::{Attribute, DataType, Domain, DomainCheck, Range, Shape};
pub use difference::Difference;
pub use function::{Function, Reason, Trigger};
pub use renames::{Renames, part};
pub use sequence::{Owned, Sequence};
pub use statements::{Stage, Statement};
pub use table::{
    Column, Constraint, ConstraintKind, Generated, GeneratedKind, Identity, Index, KeyType, ReplicaIdentity,
    Table,
};

use crate::sql::{Ident, QualifiedName};

/// Everything that a set of tables needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The schemas that anything of it lives in.
    pub schemas: Vec<Schema>,
    /// The extensions that it is made of.
    pub extensions: Vec<Extension>,
    /// The types of columns that are neither PostgreSQL's nor an extension's; what one is made of comes before it.
    pub types: Vec<DataType>,
    /// The sequences of columns.
    pub sequences: Vec<Sequence>,
    /// The tables; a parent comes before its partitions.
    pub tables: Vec<Table>,
    /// The functions that tables need or that use them.
    pub functions: Vec<Function>,
    /// What default privileges would have added to new objects in these schemas.
    pub default_privileges: Vec<DefaultPrivilege>,
    /// The rows of `supabase_migrations.schema_migrations`, where they were readable.
    pub migrations: Vec<serde_json::Value>,
}

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Its name.
    pub name: Ident,
    /// The role that owns it.
    pub owner: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may do what with it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub access: Access,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Its name.
    pub name: Ident,
    /// The schema that its members live in.
    pub schema: Ident,
    /// Its version, as in `0.8.5`.
    pub version: String,
}

impl Definition {
    /// The table of this name.
    pub fn table(&self, name: &QualifiedName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// The extension of this name.
    pub fn extension(&self, name: &str) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.name.as_str() == name)
    }

    /// The sequences that belong to columns of this table.
    pub fn sequences_of<'a>(&'a self, table: &'a QualifiedName) -> impl Iterator<Item = &'a Sequence> {
        self.sequences.iter().filter(move |sequence| {
            sequence
                .owned_by
                .as_ref()
                .is_some_and(|owned| owned.table == *table)
        })
    }

    /// The roles that grants and policies name.
    pub fn roles(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut add = |access: &Access| names.extend(access.roles().map(|role| role.as_str().to_owned()));
        for table in &self.tables {
            add(&table.access);
            table.columns.iter().for_each(|column| add(&column.access));
        }
        self.sequences.iter().for_each(|sequence| add(&sequence.access));
        self.functions.iter().for_each(|function| add(&function.access));
        self.types.iter().for_each(|kind| add(&kind.access));
        let of_policies = self.tables.iter().flat_map(|table| &table.policies);
        let of_policies = of_policies.flat_map(|policy| policy.roles.iter().filter_map(|role| role.role()));
        names.extend(of_policies.map(|role| role.as_str().to_owned()));
        names
    }
}
