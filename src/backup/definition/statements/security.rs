//! Row-level security, policies and grants: all that opens a table, to be run in one transaction.
//!
//! Each object is closed again before it is granted, so that it ends with the definition's grants and no other,
//! whatever the database's default privileges added.

use super::{Statement, close, close_relation, comment, functions, joined};
use crate::backup::definition::{Access, DataType, Definition, Grantee, Policy, Schema, Table};
use crate::sql::{Ident, literal};

pub(super) fn security(definition: &Definition) -> Vec<Statement> {
    let mut statements: Vec<Statement> = definition.tables.iter().map(row_security).collect();
    for table in &definition.tables {
        statements.extend(table.policies.iter().map(|policy| made_policy(table, policy)));
    }
    statements.extend(definition.types.iter().map(type_grants));
    for function in &definition.functions {
        let mut sql = vec![functions::closed(function)];
        sql.extend(grants(&functions::named(function), "", &function.access));
        statements.push(granted(&format!("function `{}`", function.plain()), sql));
    }
    statements.extend(relation_grants(definition));
    statements.extend(definition.schemas.iter().map(schema_grants));
    statements
}

/// The grants on sequences and tables alone.
pub(super) fn relation_grants(definition: &Definition) -> Vec<Statement> {
    let mut statements = Vec::new();
    for sequence in &definition.sequences {
        let mut sql = vec![close_relation("sequence", &sequence.name)];
        sql.extend(grants(
            &format!("sequence {}", sequence.name),
            "",
            &sequence.access,
        ));
        statements.push(granted(&format!("sequence `{}`", sequence.name.plain()), sql));
    }
    statements.extend(definition.tables.iter().map(table_grants));
    statements
}

/// Takes tables and sequences away from everybody but their owner.
pub(super) fn closing(definition: &Definition) -> Vec<Statement> {
    let sequences = definition
        .sequences
        .iter()
        .map(|sequence| ("sequence", &sequence.name));
    let tables = definition.tables.iter().map(|table| ("table", &table.name));
    sequences
        .chain(tables)
        .map(|(kind, name)| Statement::new(format!("{kind} `{}`", name.plain()), close_relation(kind, name)))
        .collect()
}

fn granted(object: &str, sql: Vec<String>) -> Statement {
    Statement::new(format!("the grants on {object}"), joined(sql))
}

fn row_security(table: &Table) -> Statement {
    let switch = |on: bool, yes: &str, no: &str| if on { yes.to_owned() } else { no.to_owned() };
    let sql = format!(
        "alter table {} {}, {}",
        table.name,
        switch(
            table.row_security,
            "enable row level security",
            "disable row level security"
        ),
        switch(
            table.row_security_forced,
            "force row level security",
            "no force row level security"
        ),
    );
    Statement::new(format!("row-level security of `{}`", table.name.plain()), sql)
}

fn made_policy(table: &Table, policy: &Policy) -> Statement {
    let roles: Vec<String> = policy.roles.iter().map(grantee).collect();
    let kind = if policy.permissive {
        "permissive"
    } else {
        "restrictive"
    };
    let using = policy
        .using
        .as_ref()
        .map_or_else(String::new, |condition| format!(" using ({condition})"));
    let check = policy
        .check
        .as_ref()
        .map_or_else(String::new, |condition| format!(" with check ({condition})"));
    let sql = format!(
        "create policy {} on {} as {kind} for {} to {}{using}{check}",
        policy.name,
        table.name,
        policy.command,
        roles.join(", ")
    );
    let on = format!("policy {} on {}", policy.name, table.name);
    let sql = [sql].into_iter().chain(comment(&on, policy.comment.as_ref()));
    Statement::new(
        format!("policy `{}` of `{}`", policy.name.plain(), table.name.plain()),
        joined(sql),
    )
}

fn table_grants(table: &Table) -> Statement {
    let on = format!("table {}", table.name);
    let mut sql = vec![close_relation("table", &table.name)];
    sql.extend(grants(&on, "", &table.access));
    for column in &table.columns {
        sql.extend(grants(&on, &format!(" ({})", column.name), &column.access));
    }
    granted(&format!("`{}`", table.name.plain()), sql)
}

fn type_grants(kind: &DataType) -> Statement {
    let name = kind.name.to_string();
    let acl = format!(
        "(select t.typowner as owner, coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner)) as acl \
         from pg_catalog.pg_type t where t.oid = {}::pg_catalog.regtype) o \
         cross join lateral pg_catalog.aclexplode(o.acl) g",
        literal(&name)
    );
    let mut sql = vec![close("type", &name, &acl)];
    sql.extend(grants(&format!("type {name}"), "", &kind.access));
    granted(&format!("type `{}`", kind.name.plain()), sql)
}

fn schema_grants(schema: &Schema) -> Statement {
    let sql = grants(&format!("schema {}", schema.name), "", &schema.access);
    granted(&format!("schema `{}`", schema.name.plain()), sql)
}

/// What grants an access to an object that is closed; `columns` is the list behind each privilege.
fn grants(on: &str, columns: &str, access: &Access) -> Vec<String> {
    let listed = |privileges: &[&String]| {
        let each: Vec<String> = privileges
            .iter()
            .map(|privilege| format!("{privilege}{columns}"))
            .collect();
        each.join(", ")
    };
    let mut sql = Vec::new();
    for grant in &access.granted {
        let (passed_on, kept): (Vec<&String>, Vec<&String>) = grant
            .privileges
            .iter()
            .partition(|privilege| grant.grantable.contains(privilege));
        let to = grantee(&grant.to);
        if !kept.is_empty() {
            sql.push(format!("grant {} on {on} to {to}", listed(&kept)));
        }
        if !passed_on.is_empty() {
            sql.push(format!(
                "grant {} on {on} to {to} with grant option",
                listed(&passed_on)
            ));
        }
    }
    if !access.owner_lacks.is_empty() {
        let lacked: Vec<&String> = access.owner_lacks.iter().collect();
        sql.push(format!("revoke {} on {on} from current_user", listed(&lacked)));
    }
    sql
}

fn grantee(to: &Grantee) -> String {
    match to {
        Grantee::Public => "public".to_owned(),
        Grantee::Owner => "current_user".to_owned(),
        Grantee::Role(name) => Ident::to_string(name),
    }
}
