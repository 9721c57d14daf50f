//! The part of a backup that some of its tables need.

use std::collections::BTreeSet;

use super::definition::{Definition, Reason};
use super::manifest::Manifest;
use crate::error::{Error, Kind, Result, nearest};
use crate::sql::QualifiedName;

/// The part of a backup's definition that these tables need; all of it where none is named. A table that the backup does
/// not have is an error.
pub fn selected(manifest: &Manifest, names: &[QualifiedName]) -> Result<Definition> {
    let mut definition = manifest.definition.clone();
    for name in names {
        if manifest.table(name).is_none() {
            let known: Vec<String> = manifest.tables.iter().map(|table| table.name.plain()).collect();
            let plain = name.plain();
            let message = format!("the backup has no table `{plain}`");
            let hint = match nearest(&plain, known.iter().map(String::as_str)) {
                Some(name) => format!("It has `{name}`."),
                None => format!("It has {}.", known.join(", ")),
            };
            return Err(Error::new(Kind::Usage, message).hint(hint));
        }
    }
    if names.is_empty() {
        return Ok(definition);
    }
    let mut wanted: BTreeSet<QualifiedName> = names.iter().cloned().collect();
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
