//! The part of a backup's definition that is restored: what the asked tables need, and what the server's version knows.

use std::collections::BTreeSet;

use super::super::definition::{Column, Definition, GeneratedKind, Reason};
use super::super::manifest::Manifest;
use super::Request;
use super::facts::Facts;
use crate::error::{Error, Kind, Result, nearest};
use crate::sql::QualifiedName;

/// The part of the backup's definition that the asked tables need.
pub(super) fn selected(manifest: &Manifest, request: &Request) -> Result<Definition> {
    let mut definition = manifest.definition.clone();
    for (name, _) in &request.tables {
        if manifest.table(name).is_none() {
            let names: Vec<String> = manifest.tables.iter().map(|table| table.name.plain()).collect();
            let plain = name.plain();
            let message = format!("the backup has no table `{plain}`");
            let hint = match nearest(&plain, names.iter().map(String::as_str)) {
                Some(name) => format!("It has `{name}`."),
                None => format!("It has {}.", names.join(", ")),
            };
            return Err(Error::new(Kind::Usage, message).hint(hint));
        }
    }
    if request.tables.is_empty() {
        return Ok(definition);
    }
    let mut wanted: BTreeSet<QualifiedName> = request.tables.iter().map(|(name, _)| name.clone()).collect();
    // Parents come before their partitions.
    for table in &definition.tables {
        if table.parents.iter().any(|parent| wanted.contains(parent)) {
            wanted.insert(table.name.clone());
        }
    }
    definition.tables.retain(|table| wanted.contains(&table.name));
    let defaults: Vec<String> = definition
        .tables
        .iter()
        .flat_map(|table| &table.columns)
        .filter_map(|column| column.default.clone())
        .collect();
    definition.sequences.retain(|sequence| match &sequence.owned_by {
        Some(owned) => wanted.contains(&owned.table),
        None => defaults
            .iter()
            .any(|default| default.contains(sequence.name.name.as_str())),
    });
    let called: BTreeSet<QualifiedName> = definition
        .tables
        .iter()
        .flat_map(|table| table.triggers.iter().map(|trigger| trigger.function.clone()))
        .collect();
    definition.functions.retain(|function| match function.found_by {
        Reason::Table | Reason::Policy => true,
        Reason::Trigger => called.contains(&function.name),
        Reason::Depends | Reason::Text => wanted
            .iter()
            .any(|table| function.definition.contains(table.name.as_str())),
    });
    Ok(definition)
}

/// What the server's version does not know.
pub(super) fn suit_version(
    definition: &mut Definition,
    facts: &Facts,
    left_out: &mut Vec<String>,
) -> Result<()> {
    const MAINTAIN: i32 = 170_000;
    const VIRTUAL: i32 = 180_000;
    for table in &mut definition.tables {
        let is_virtual = |column: &Column| {
            let generated = column.generated.as_ref();
            generated.is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
        };
        if facts.version < VIRTUAL
            && let Some(column) = table.columns.iter().find(|column| is_virtual(column))
        {
            let message = format!(
                "`{}.{}` is a virtual generated column, which PostgreSQL has from 18 on",
                table.name.plain(),
                column.name.plain()
            );
            return Err(Error::precondition(message).hint("Restore into PostgreSQL 18 or newer."));
        }
        if facts.version < MAINTAIN {
            let granted = &mut table.access.granted;
            let before: usize = granted.iter().map(|grant| grant.privileges.len()).sum();
            for grant in granted.iter_mut() {
                grant.privileges.retain(|privilege| privilege != "maintain");
                grant.grantable.retain(|privilege| privilege != "maintain");
            }
            granted.retain(|grant| !grant.privileges.is_empty());
            table
                .access
                .owner_lacks
                .retain(|privilege| privilege != "maintain");
            let after: usize = table
                .access
                .granted
                .iter()
                .map(|grant| grant.privileges.len())
                .sum();
            if after < before {
                left_out.push(format!(
                    "the privilege MAINTAIN on `{}`: PostgreSQL has it from 17 on",
                    table.name.plain()
                ));
            }
        }
    }
    Ok(())
}
