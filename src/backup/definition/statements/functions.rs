//! Functions and triggers.

use super::{Statement, close, comment, joined};
use crate::backup::definition::{Definition, Function, Reason, Table, Trigger};
use crate::sql::literal;

pub(super) fn functions(definition: &Definition) -> Vec<Statement> {
    let rest = definition
        .functions
        .iter()
        .filter(|function| function.found_by != Reason::Table);
    rest.map(made).collect()
}

/// Its body is not checked: what it names may not be there yet.
pub(super) fn made(function: &Function) -> Statement {
    let sql = [
        "set local check_function_bodies = off".to_owned(),
        function.definition.trim_end().to_owned(),
    ]
    .into_iter()
    .chain(comment(&named(function), function.comment.as_ref()))
    .chain([closed(function)]);
    Statement::new(format!("function `{}`", function.plain()), joined(sql))
}

/// The function with its kind, as statements about it name it.
pub(super) fn named(function: &Function) -> String {
    let kind = if function.procedure {
        "procedure"
    } else {
        "function"
    };
    format!("{kind} {}", function.signature())
}

pub(super) fn closed(function: &Function) -> String {
    let kind = if function.procedure {
        "procedure"
    } else {
        "function"
    };
    let acl = format!(
        "(select p.proowner as owner, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl \
         from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace \
         where n.nspname = {} and p.proname = {} \
         and pg_catalog.replace(pg_catalog.pg_get_function_identity_arguments(p.oid), '\"', '') = {}) o \
         cross join lateral pg_catalog.aclexplode(o.acl) g",
        literal(function.name.schema.as_str()),
        literal(function.name.name.as_str()),
        // The server quotes what needs it, and a name that was given another schema is quoted always.
        literal(&function.arguments.replace('"', "")),
    );
    close(kind, &function.signature(), &acl)
}

/// Sets triggers that are there to fire when the definition says.
pub(super) fn trigger_states(definition: &Definition) -> Vec<Statement> {
    let each = definition.tables.iter().flat_map(|table| {
        let of_table = table.triggers.iter();
        of_table.map(move |trigger| Statement::new(title(table, trigger), state(table, trigger)))
    });
    each.collect()
}

fn state(table: &Table, trigger: &Trigger) -> String {
    let state = match trigger.enabled.as_str() {
        "disabled" => "disable trigger",
        "replica" => "enable replica trigger",
        "always" => "enable always trigger",
        _ => "enable trigger",
    };
    format!("alter table {} {state} {}", table.name, trigger.name)
}

fn title(table: &Table, trigger: &Trigger) -> String {
    format!("trigger `{}` of `{}`", trigger.name.plain(), table.name.plain())
}

pub(super) fn triggers(definition: &Definition) -> Vec<Statement> {
    let mut statements = Vec::new();
    for table in &definition.tables {
        for trigger in &table.triggers {
            let state = (trigger.enabled != "origin").then(|| state(table, trigger));
            let on = format!("trigger {} on {}", trigger.name, table.name);
            let sql = [trigger.definition.clone()]
                .into_iter()
                .chain(state)
                .chain(comment(&on, trigger.comment.as_ref()));
            statements.push(Statement::new(title(table, trigger), joined(sql)));
        }
    }
    statements
}
