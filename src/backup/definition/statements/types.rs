//! Schemas, extensions, types, and the functions that tables cannot be made without.

use super::{Statement, comment, functions, joined};
use crate::backup::definition::{Attribute, DataType, Definition, Domain, Range, Reason, Shape};
use crate::sql::{QualifiedName, literal};

pub(super) fn extensions(definition: &Definition) -> Vec<Statement> {
    let schemas = definition.schemas.iter().map(|schema| {
        let name = &schema.name;
        let made = format!("create schema if not exists {name}");
        let sql = [made]
            .into_iter()
            .chain(comment(&format!("schema {name}"), schema.comment.as_ref()));
        Statement::new(format!("schema `{}`", name.plain()), joined(sql))
    });
    let extensions = definition.extensions.iter().map(|extension| {
        let sql = format!(
            "create extension if not exists {} with schema {}",
            extension.name, extension.schema
        );
        Statement::new(format!("extension `{}`", extension.name.plain()), sql)
    });
    schemas.chain(extensions).collect()
}

/// A domain's conditions may call functions, and functions may take the domain: so these come in between.
pub(super) fn types(definition: &Definition) -> Vec<Statement> {
    let mut statements: Vec<Statement> = definition.types.iter().map(made).collect();
    let needed = definition
        .functions
        .iter()
        .filter(|function| function.found_by == Reason::Table);
    statements.extend(needed.map(functions::made));
    statements.extend(definition.types.iter().filter_map(conditions));
    statements
}

fn made(kind: &DataType) -> Statement {
    let name = &kind.name;
    let sql = match &kind.shape {
        Shape::Enum(labels) => {
            let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
            format!("create type {name} as enum ({})", labels.join(", "))
        }
        Shape::Composite(attributes) => {
            let attributes: Vec<String> = attributes.iter().map(attribute).collect();
            format!("create type {name} as ({})", attributes.join(", "))
        }
        Shape::Range(range) => format!("create type {name} as range ({})", bounds(range)),
        Shape::Domain(domain) => created_domain(name, domain),
    };
    let on = match kind.shape {
        Shape::Domain(_) => format!("domain {name}"),
        _ => format!("type {name}"),
    };
    let sql = [sql].into_iter().chain(comment(&on, kind.comment.as_ref()));
    Statement::new(format!("type `{}`", name.plain()), joined(sql))
}

fn attribute(attribute: &Attribute) -> String {
    let collation = collated(attribute.collation.as_ref());
    format!("{} {}{collation}", attribute.name, attribute.type_text)
}

fn bounds(range: &Range) -> String {
    let mut options = vec![
        format!("subtype = {}", range.subtype),
        format!("subtype_opclass = {}", range.opclass),
        format!("multirange_type_name = {}", range.multirange),
    ];
    options.extend(
        range
            .collation
            .as_ref()
            .map(|collation| format!("collation = {collation}")),
    );
    options.extend(
        range
            .difference
            .as_ref()
            .map(|function| format!("subtype_diff = {function}")),
    );
    options.join(", ")
}

fn created_domain(name: &QualifiedName, domain: &Domain) -> String {
    let collation = collated(domain.collation.as_ref());
    let default = domain
        .default
        .as_ref()
        .map_or_else(String::new, |default| format!(" default {default}"));
    let not_null = if domain.not_null { " not null" } else { "" };
    format!(
        "create domain {name} as {}{collation}{default}{not_null}",
        domain.base
    )
}

fn conditions(kind: &DataType) -> Option<Statement> {
    let Shape::Domain(domain) = &kind.shape else {
        return None;
    };
    if domain.checks.is_empty() {
        return None;
    }
    let sql = domain.checks.iter().map(|check| {
        format!(
            "alter domain {} add constraint {} {}",
            kind.name, check.name, check.definition
        )
    });
    let object = format!("the conditions of domain `{}`", kind.name.plain());
    Some(Statement::new(object, joined(sql)))
}

pub(super) fn collated(collation: Option<&QualifiedName>) -> String {
    collation.map_or_else(String::new, |collation| format!(" collate {collation}"))
}
