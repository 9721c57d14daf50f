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

    /// The condition of the rows that it holds, as SQL; none where it holds all.
    pub fn condition(&self) -> Option<&str> {
        const KEYWORD: &str = " where ";
        let mut quote = None;
        for (at, character) in self.body.char_indices() {
            match (character, quote) {
                ('\'' | '"', None) => quote = Some(character),
                (_, Some(open)) if character == open => quote = None,
                (' ', None) => {
                    let rest = self.body.get(at..)?;
                    let keyword = rest.get(..KEYWORD.len()).unwrap_or_default();
                    if keyword.eq_ignore_ascii_case(KEYWORD) {
                        return rest.get(KEYWORD.len()..);
                    }
                }
                _ => {}
            }
        }
        None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_is_what_follows_where() {
        let of = |body: &str| {
            let name = || Ident::constant("it");
            let definition = Definition {
                name: name(),
                table: QualifiedName::new(name(), name()),
                body: body.to_owned(),
                comment: None,
                tablespace: None,
                layout: None,
            };
            definition.condition().map(str::to_owned)
        };
        assert_eq!(of("using hnsw (v vector_l2_ops) with (m = 4)"), None);
        assert_eq!(
            of("USING hnsw (v vector_l2_ops) WITH (m='4') WHERE (kind = ' where '::text)"),
            Some("(kind = ' where '::text)".to_owned())
        );
        assert_eq!(
            of("using hnsw ((f(\" where \", 'it''s where it') ) o) where (a)"),
            Some("(a)".to_owned())
        );
    }
}
