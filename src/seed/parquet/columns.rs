//! Which columns of a file fill which fields.

use std::path::Path;

use super::super::destination::{Absent, Destination};
use super::super::row::Keys;
use super::node::Node;
use crate::error::{Error, Result};

/// A column of the file that fills a field.
pub(super) struct Column {
    /// The names from the root down.
    pub(super) path: Vec<String>,
    /// The field's place in the destination; the rest where it has none.
    pub(super) place: Option<usize>,
    /// What it is.
    pub(super) node: Node,
}

/// The columns that fill fields, by their own names or by dotted paths into structs.
pub(super) fn columns(roots: &[Node], destination: &Destination) -> Vec<Column> {
    let keys = Keys::new(destination);
    let mut columns: Vec<Column> = roots
        .iter()
        .filter_map(|root| {
            let place = keys.place(&root.name)?;
            Some(Column::whole(root, Some(place)))
        })
        .collect();
    for (place, field) in destination.fields.iter().enumerate() {
        let path: Vec<String> = field.key.split('.').map(str::to_owned).collect();
        let is_taken = columns.iter().any(|column| column.place == Some(place));
        if field.is_mapped
            && !is_taken
            && path.len() > 1
            && let Some(node) = reached(roots, &path)
        {
            columns.push(Column {
                node: node.clone(),
                path,
                place: Some(place),
            });
        }
    }
    if destination.rest_to.is_some() {
        let is_filled = |root: &&Node| columns.iter().any(|column| column.path == [root.name.clone()]);
        let rest: Vec<&Node> = roots.iter().filter(|root| !is_filled(root)).collect();
        columns.extend(rest.into_iter().map(|root| Column::whole(root, None)));
    }
    columns
}

impl Column {
    /// All of a column.
    pub(super) fn whole(root: &Node, place: Option<usize>) -> Self {
        Self {
            path: vec![root.name.clone()],
            place,
            node: root.clone(),
        }
    }
}

/// What a path leads to, through structs.
fn reached<'n>(roots: &'n [Node], path: &[String]) -> Option<&'n Node> {
    let (name, below) = path.split_first()?;
    roots.iter().find(|root| root.name == *name)?.below(below)
}

/// A field that `--map` names must be there, and one that may not be missing, too; none may be there twice.
pub(super) fn expect_keys(
    path: &Path,
    roots: &[Node],
    destination: &Destination,
    columns: &[Column],
) -> Result<()> {
    let names: Vec<String> = roots.iter().map(|root| format!("`{}`", root.name)).collect();
    let names = names.join(", ");
    for (place, field) in destination.fields.iter().enumerate() {
        let is_there = columns.iter().any(|column| column.place == Some(place));
        if is_there || !(field.is_mapped || field.absent == Absent::Refused) {
            continue;
        }
        let error = Error::failed(format!("{}: no column `{}`", path.display(), field.key));
        return Err(error.hint(format!(
            "It has {names}; say with `--map {}=COLUMN` which one it is.",
            field.column.as_str()
        )));
    }
    if columns.is_empty() {
        let table = destination.table.plain();
        let error = Error::failed(format!(
            "{}: none of its columns fills one of `{table}`",
            path.display()
        ));
        return Err(error.hint(format!("It has {names}; say with `--map` what fills what.")));
    }
    let mut rest = columns;
    while let Some((column, others)) = rest.split_first() {
        rest = others;
        if others.iter().any(|other| other.path == column.path) {
            let name = column.path.join(".");
            return Err(Error::failed(format!(
                "{}: column `{name}` stands twice",
                path.display()
            )));
        }
        let place = column
            .place
            .filter(|place| others.iter().any(|other| other.place == Some(*place)));
        if let Some(field) = place.and_then(|place| destination.fields.get(place)) {
            let (key, column) = (&field.key, field.column.as_str());
            return Err(Error::failed(format!(
                "{}: both `{key}` and `{column}` fill `{column}`",
                path.display()
            ))
            .hint(format!("Say with `--map {column}=COLUMN` which one does.")));
        }
    }
    Ok(())
}
