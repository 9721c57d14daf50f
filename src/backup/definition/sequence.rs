//! Sequences with their values.

use serde::{Deserialize, Serialize};

use super::Access;
use crate::sql::{Ident, QualifiedName};

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// Its name.
    pub name: QualifiedName,
    /// The role that owns it.
    pub owner: String,
    /// The column that it belongs to.
    pub owned_by: Option<Owned>,
    /// The type of its values.
    #[serde(rename = "type")]
    pub type_text: String,
    /// The value that it starts with.
    pub start: i64,
    /// How far apart its values are.
    pub increment: i64,
    /// Its smallest value.
    pub minimum: i64,
    /// Its greatest value.
    pub maximum: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Whether it begins again at its end.
    pub cycle: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// The value that it has.
    #[serde(default)]
    pub last_value: i64,
    /// Whether that value was given out.
    #[serde(default)]
    pub is_called: bool,
    /// Who may do what with it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub access: Access,
}

/// The column that a sequence belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owned {
    /// The column's table.
    pub table: QualifiedName,
    /// The column.
    pub column: Ident,
    /// Whether the column is an identity, which makes the sequence itself.
    pub identity: bool,
}
