//! Functions and triggers.

use super::{Statement, close, comment, joined};
use crate::backup::definition::{Definition, Function, Reason};
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
         and pg_catalog.pg_get_function_identity_arguments(p.oid) = {}) o \
         cross join lateral pg_catalog.aclexplode(o.acl) g",
        literal(function.name.schema.as_str()),
        literal(function.name.name.as_str()),
        literal(&function.arguments),
    );
    close(kind, &function.signature(), &acl)
}

pub(super) fn triggers(definition: &Definition) -> Vec<Statement> {
    let mut statements = Vec::new();
    for table in &definition.tables {
        for trigger in &table.triggers {
            let state = match trigger.enabled.as_str() {
                "disabled" => Some("disable trigger"),
                "replica" => Some("enable replica trigger"),
                "always" => Some("enable always trigger"),
                _ => None,
            };
            let state = state.map(|state| format!("alter table {} {state} {}", table.name, trigger.name));
            let on = format!("trigger {} on {}", trigger.name, table.name);
            let sql = [trigger.definition.clone()]
                .into_iter()
                .chain(state)
                .chain(comment(&on, trigger.comment.as_ref()));
            let object = format!("trigger `{}` of `{}`", trigger.name.plain(), table.name.plain());
            statements.push(Statement::new(object, joined(sql)));
        }
    }
    statements
}
