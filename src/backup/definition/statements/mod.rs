//! The statements that make what a definition says, stage by stage.
//!
//! They are for a `search_path` of `pg_catalog` alone, and for objects that are not there yet: who has some of them
//! already takes these out of the definition first. A table is closed to everybody but its owner from its first moment
//! to [`Stage::Security`], whatever the default privileges of the database grant. Nothing here needs a superuser.

mod functions;
mod keys;
mod security;
mod tables;
mod types;

use super::Definition;
use crate::sql::{QualifiedName, literal};

/// A step of making the objects of a definition. Rows come behind [`Stage::Tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Schemas and extensions.
    Extensions,
    /// Types, and the functions that tables cannot be made without.
    Types,
    /// Sequences and tables, closed.
    Tables,
    /// The values of sequences.
    Values,
    /// Primary keys, unique keys, exclusions, then foreign keys.
    Keys,
    /// Indexes, those of pgvector last.
    Indexes,
    /// The other functions.
    Functions,
    /// Triggers.
    Triggers,
    /// Row-level security, policies and grants; to be run in one transaction.
    Security,
}

impl Stage {
    /// What comes before the rows.
    pub const BEFORE_ROWS: [Self; 3] = [Self::Extensions, Self::Types, Self::Tables];

    /// What comes after them, where nothing was there before.
    pub const AFTER_ROWS: [Self; 6] = [
        Self::Keys,
        Self::Indexes,
        Self::Values,
        Self::Functions,
        Self::Triggers,
        Self::Security,
    ];
}

/// One statement, or several that belong to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it makes, for errors and progress.
    pub object: String,
    /// The SQL.
    pub sql: String,
}

impl Statement {
    fn new(object: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            sql: sql.into(),
        }
    }
}

impl Definition {
    /// What closes tables and their sequences that are there, until [`Self::reopening`].
    pub fn closing(&self) -> Vec<Statement> {
        security::closing(self)
    }

    /// What gives tables that were closed, and whose triggers were disabled, back what this says they had.
    pub fn reopening(&self) -> Vec<Statement> {
        let mut statements = self.statements(Stage::Values);
        statements.extend(functions::trigger_states(self));
        statements.extend(security::relation_grants(self));
        statements
    }

    /// The statements of one stage, in the order in which they must run.
    pub fn statements(&self, stage: Stage) -> Vec<Statement> {
        match stage {
            Stage::Extensions => types::extensions(self),
            Stage::Types => types::types(self),
            Stage::Tables => tables::tables(self),
            Stage::Values => tables::values(self),
            Stage::Keys => keys::keys(self),
            Stage::Indexes => keys::indexes(self),
            Stage::Functions => functions::functions(self),
            Stage::Triggers => functions::triggers(self),
            Stage::Security => security::security(self),
        }
    }
}

/// `comment on <object> is ...`, where there is one.
fn comment(object: &str, text: Option<&String>) -> Option<String> {
    text.map(|text| format!("comment on {object} is {}", literal(text)))
}

/// What takes an object's privileges away from everybody but its owner, whoever has been given some.
fn close(kind: &str, name: &str, acl: &str) -> String {
    let body = format!(
        "declare grantee text; begin \
         for grantee in select distinct case g.grantee when 0 then 'public' \
         else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end \
         from {acl} where g.grantee <> o.owner loop \
         execute pg_catalog.format('revoke all on {kind} %s from %s cascade', {}, grantee); end loop; end",
        literal(name)
    );
    format!("do {}", crate::sql::dollar_quoted(&body))
}

/// The same of a table or sequence. Taking all of a table away takes its columns away, too.
fn close_relation(kind: &str, name: &QualifiedName) -> String {
    let class = match kind {
        "sequence" => "s",
        _ => "r",
    };
    let relation = format!("{}::pg_catalog.regclass", literal(&name.to_string()));
    let acl = format!(
        "(select c.relowner as owner, coalesce(c.relacl, pg_catalog.acldefault('{class}', c.relowner)) as acl \
         from pg_catalog.pg_class c where c.oid = {relation} \
         union all select c.relowner, a.attacl from pg_catalog.pg_attribute a \
         join pg_catalog.pg_class c on c.oid = a.attrelid where a.attrelid = {relation}) o \
         cross join lateral pg_catalog.aclexplode(o.acl) g"
    );
    close(kind, &name.to_string(), &acl)
}

fn joined(statements: impl IntoIterator<Item = String>) -> String {
    statements.into_iter().collect::<Vec<_>>().join(";\n")
}
