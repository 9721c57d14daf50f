//! Types of users: enums, domains, composites and ranges.

use serde::{Deserialize, Serialize};

use super::Access;
use crate::sql::{Ident, QualifiedName};

/// A type that is neither PostgreSQL's nor an extension's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataType {
    /// Its name.
    pub name: QualifiedName,
    /// The role that owns it.
    pub owner: String,
    /// Its comment.
    pub comment: Option<String>,
    /// What it is made of.
    pub shape: Shape,
    /// Who may use it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub access: Access,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Labels, in order.
    Enum(Vec<String>),
    /// Another type with conditions.
    Domain(Domain),
    /// Attributes, in order.
    Composite(Vec<Attribute>),
    /// Ranges of another type.
    Range(Range),
}

/// Another type with conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// The type below, as the server writes it.
    pub base: String,
    /// Its collation, where it is not the type's own.
    pub collation: Option<QualifiedName>,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Its default.
    pub default: Option<String>,
    /// Its conditions, by name.
    pub checks: Vec<DomainCheck>,
}

/// A condition of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainCheck {
    /// Its name.
    pub name: Ident,
    /// The condition as the server writes it, from `CHECK` on.
    pub definition: String,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name.
    pub name: Ident,
    /// Its type as the server writes it.
    #[serde(rename = "type")]
    pub type_text: String,
    /// Its collation, where it is not the type's own.
    pub collation: Option<QualifiedName>,
}

/// Ranges of another type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The type of the bounds, as the server writes it.
    pub subtype: String,
    /// The operator class that orders the bounds.
    pub opclass: QualifiedName,
    /// The collation of the bounds.
    pub collation: Option<QualifiedName>,
    /// The function that measures the distance of two bounds.
    pub difference: Option<String>,
    /// The type of several such ranges.
    pub multirange: QualifiedName,
}
