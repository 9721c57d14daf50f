//! Functions and triggers.

use serde::{Deserialize, Serialize};

use super::Access;
use crate::sql::{Ident, QualifiedName};

/// A function or procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Its name.
    pub name: QualifiedName,
    /// Its arguments, as they tell it from others of its name.
    pub arguments: String,
    /// Whether it is a procedure.
    pub procedure: bool,
    /// The statement that makes it.
    pub definition: String,
    /// Why it belongs to the tables.
    pub found_by: Reason,
    /// The role that owns it.
    pub owner: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may call it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub access: Access,
}

/// Why a function belongs to a set of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A default, a constraint, an index or a domain calls it: it comes before the table.
    Table,
    /// A policy calls it.
    Policy,
    /// A trigger calls it.
    Trigger,
    /// It depends on the table, and the server knows it.
    Depends,
    /// It names the table in its text.
    Text,
}

impl Function {
    /// The function as `schema.name(arguments)`, for statements about it.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.arguments)
    }

    /// The same for people.
    pub fn plain(&self) -> String {
        format!("{}({})", self.name.plain(), self.arguments)
    }
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Its name.
    pub name: Ident,
    /// The statement that makes it.
    pub definition: String,
    /// The function that it calls.
    pub function: QualifiedName,
    /// When it fires: `origin` usually, or `disabled`, `replica`, `always`.
    pub enabled: String,
    /// Its comment.
    pub comment: Option<String>,
}
