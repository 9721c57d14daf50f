//! Tables: columns, constraints, indexes, and what hangs on them.

use serde::{Deserialize, Serialize};

use super::{Access, Policy, Trigger};
use crate::sql::{Ident, QualifiedName};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: QualifiedName,
    /// What it is partitioned by; then it holds no rows itself.
    pub partitioned_by: Option<String>,
    /// The tables that it is a partition or an heir of.
    pub parents: Vec<QualifiedName>,
    /// Which of its parent's rows it holds, where it is a partition.
    pub partition_bound: Option<String>,
    /// The role that owns it.
    pub owner: String,
    /// Whether it is lost in a crash.
    pub unlogged: bool,
    /// Its storage parameters, each as `name=value`.
    pub options: Vec<String>,
    /// Those of its long values.
    pub long_value_options: Vec<String>,
    /// What replication names its rows by, where it is not the primary key.
    pub replica_identity: Option<ReplicaIdentity>,
    /// Whether row-level security is on.
    pub row_security: bool,
    /// Whether it applies to the owner, too.
    pub row_security_forced: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// Its columns, in order.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// Its constraints, by name.
    #[serde(default)]
    pub constraints: Vec<Constraint>,
    /// Its indexes that are no constraint's, by name.
    #[serde(default)]
    pub indexes: Vec<Index>,
    /// Its policies, by name.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Its triggers, by name.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// Who may do what with it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub access: Access,
}

/// What replication names a table's rows by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaIdentity {
    /// Nothing.
    Nothing,
    /// All their values.
    Full,
    /// The columns of this index.
    Index(Ident),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: Ident,
    /// Its type as the server writes it, with its modifier.
    #[serde(rename = "type")]
    pub type_text: String,
    /// The schema of its type.
    pub type_schema: Ident,
    /// The name of its type, as in `int8`.
    pub type_name: Ident,
    /// The modifier of its type; the dimensions of a vector, -1 where it has none.
    pub type_modifier: i32,
    /// Its collation, where it is not the type's own.
    pub collation: Option<QualifiedName>,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Its default.
    pub default: Option<String>,
    /// What it is generated from.
    pub generated: Option<Generated>,
    /// Whether it is an identity, and of which kind.
    pub identity: Option<Identity>,
    /// How its values are stored, where it is not the type's own way.
    pub storage: Option<String>,
    /// How its long values are compressed, where it says so.
    pub compression: Option<String>,
    /// How exact its statistics are, where it says so.
    pub statistics: Option<i32>,
    /// Its planner settings, each as `name=value`.
    pub options: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may do what with this column alone.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub access: Access,
}

/// What a column is generated from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// Whether its values are stored.
    pub kind: GeneratedKind,
    /// The expression.
    pub expression: String,
}

/// Whether the values of a generated column are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratedKind {
    /// They are.
    Stored,
    /// They are made when they are read; PostgreSQL 18 and newer.
    Virtual,
}

/// Which kind of identity a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// Values of one's own are refused.
    Always,
    /// Values of one's own are taken.
    ByDefault,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// Its name.
    pub name: Ident,
    /// What kind it is.
    pub kind: ConstraintKind,
    /// What stands behind its name in the statement that makes it.
    pub definition: String,
    /// Its columns, in order.
    pub columns: Vec<Ident>,
    /// The table that a foreign key refers to.
    pub references: Option<QualifiedName>,
    /// Whether every row is known to meet it.
    pub validated: bool,
    /// Its comment.
    pub comment: Option<String>,
}

/// What kind a constraint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// A primary key.
    PrimaryKey,
    /// A unique key.
    Unique,
    /// An exclusion.
    Exclusion,
    /// A condition on a row.
    Check,
    /// A foreign key.
    ForeignKey,
}

/// An index that is no constraint's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Its name.
    pub name: Ident,
    /// Its access method, such as `hnsw`.
    pub method: String,
    /// Whether it keeps its keys unique.
    pub unique: bool,
    /// What stands behind the table's name in the statement that makes it, from `USING` on.
    pub definition: String,
    /// Its key columns; empty text for an expression.
    pub columns: Vec<String>,
    /// The type of its first key.
    pub key_type: Option<KeyType>,
    /// The operator classes of its keys.
    pub opclasses: Vec<String>,
    /// Its storage parameters, each as `name=value`.
    pub options: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
}

/// The type of an index's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyType {
    /// Its schema.
    pub schema: Ident,
    /// Its name.
    pub name: Ident,
    /// Its modifier; the dimensions of a vector, -1 where it has none.
    pub modifier: i32,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.as_str() == name)
    }

    /// Its primary key.
    pub fn primary_key(&self) -> Option<&Constraint> {
        self.constraints
            .iter()
            .find(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
    }

    /// The columns that rows are written with: all but the generated ones.
    pub fn stored_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.generated.is_none())
    }

    /// Whether it is one of the partitions of another.
    pub fn is_partition(&self) -> bool {
        self.partition_bound.is_some()
    }
}

impl Index {
    /// Whether it is one of pgvector's.
    pub fn is_vector_index(&self) -> bool {
        matches!(self.method.as_str(), "hnsw" | "ivfflat")
    }

    /// The value of a storage parameter that was given when the index was made.
    pub fn option(&self, name: &str) -> Option<u32> {
        let value = |option: &String| option.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
        self.options.iter().find_map(value)
    }
}
