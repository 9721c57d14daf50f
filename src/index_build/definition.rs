//! What an index is: its name, its table, and the rest of the statement that makes it.

use serde::Serialize;

use super::estimate::Layout;
use crate::sql::{Ident, QualifiedName};

/// An index that can be built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// Its name; it lives in its table's schema.
    pub name: Ident,
    /// Its table.
    pub table: QualifiedName,
    /// The statement from `USING` on, every name in it qualified.
    pub body: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Its tablespace, where it is not the database's.
    pub tablespace: Option<Ident>,
    /// How its rows lie, where that can be said beforehand.
    pub layout: Option<Layout>,
}

impl Definition {
    /// Its name with its schema.
    pub fn qualified(&self) -> QualifiedName {
        QualifiedName::new(self.table.schema.clone(), self.name.clone())
    }

    /// The statement that makes it.
    pub fn statement(&self, concurrently: bool) -> String {
        format!(
            "create index {}{} on {} {}",
            word(concurrently),
            self.name,
            self.table,
            self.body
        )
    }
}

/// The statement that drops an index.
pub fn drop_statement(index: &QualifiedName, concurrently: bool) -> String {
    format!("drop index {}if exists {index}", word(concurrently))
}

/// Where it is concurrent, the statement neither stops writers nor runs inside a transaction.
pub fn word(concurrently: bool) -> &'static str {
    if concurrently { "concurrently " } else { "" }
}
