//! `--map column=field`: which field of the source fills a column.

use std::collections::HashMap;
use std::str::FromStr;

use serde_json::value::RawValue;

use super::destination::Destination;
use crate::error::{Error, Result, nearest};

/// A column and the field of the source that fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The column, or the word that collections use for it.
    pub column: String,
    /// The field: a key, a column of the file, or a path into one with dots.
    pub field: String,
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((column, field)) if !column.trim().is_empty() && !field.trim().is_empty() => Ok(Self {
                column: column.trim().to_owned(),
                field: field.trim().to_owned(),
            }),
            _ => Err("write it as column=field".to_owned()),
        }
    }
}

impl Destination {
    /// Makes the fields take other keys than their columns' names.
    pub fn map(&mut self, mappings: &[Mapping]) -> Result<()> {
        for mapping in mappings {
            let wanted = mapping.column.as_str();
            let place = self.fields.iter().position(|field| {
                !field.is_mapped && (field.column.as_str() == wanted || field.key == wanted)
            });
            let Some(field) = place.and_then(|place| self.fields.get_mut(place)) else {
                return Err(self.no_column(wanted));
            };
            field.key.clone_from(&mapping.field);
            field.is_mapped = true;
        }
        let mapped = |key: &str| mappings.iter().filter(|mapping| mapping.field == key).count();
        if let Some(twice) = mappings.iter().find(|mapping| mapped(&mapping.field) > 1) {
            return Err(Error::usage(format!(
                "`--map` gives `{}` to two columns",
                twice.field
            )));
        }
        Ok(())
    }

    fn no_column(&self, wanted: &str) -> Error {
        let names: Vec<&str> = self.fields.iter().map(|field| field.column.as_str()).collect();
        let plain = self.table.plain();
        if self
            .fields
            .iter()
            .any(|field| field.is_mapped && field.column.as_str() == wanted)
        {
            return Error::usage(format!("`--map` gives the column `{wanted}` two fields"));
        }
        let error = Error::usage(format!(
            "`--map` names `{wanted}`, which is no column of `{plain}` that can be filled"
        ));
        match nearest(wanted, names.iter().copied()) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error.hint(format!("There are {}.", names.join(", "))),
        }
    }
}

/// A path with dots into the objects of a line.
#[derive(Debug)]
pub(super) struct ValuePath<'d> {
    /// The key of the line that it starts at.
    pub(super) root: &'d str,
    /// The field that this key fills itself.
    pub(super) root_place: Option<usize>,
    /// The field that the value at its end fills.
    pub(super) place: usize,
    /// The names from there on.
    pub(super) below: Vec<&'d str>,
}

impl ValuePath<'_> {
    /// The value at its end, from the root's value on.
    pub(super) fn value<'l>(&self, json: &'l str) -> Option<&'l str> {
        self.below.iter().try_fold(json, |json, name| {
            let object: HashMap<String, &'l RawValue> = serde_json::from_str(json).ok()?;
            object.get(*name).map(|value| value.get())
        })
    }
}

/// The paths that `--map` chose.
pub(super) fn paths<'d>(destination: &'d Destination, by_key: &HashMap<&str, usize>) -> Vec<ValuePath<'d>> {
    let fields = destination.fields.iter().enumerate();
    let paths = fields
        .filter(|(_, field)| field.is_mapped)
        .filter_map(|(place, field)| {
            let (root, below) = field.key.split_once('.')?;
            Some(ValuePath {
                root,
                root_place: by_key.get(root).copied(),
                place,
                below: below.split('.').collect(),
            })
        });
    paths.collect()
}
