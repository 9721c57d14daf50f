//! A table's rows as one stream of binary COPY.

use super::super::definition::Definition;
use super::super::form;
use super::super::manifest::Table;
use super::super::repository::Repository;
use super::{each_row, unknown_form, unreadable};
use crate::error::Result;
use crate::sql::Ident;
use crate::vector::copy::text::{self, Form};
use crate::vector::copy::{ColumnKind, HEADER, RowView, Scalar, TRAILER, dimensions};

/// How many bytes are handed out at once.
const PIECE: usize = 256 * 1024;

/// A column of a table in a backup.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedColumn {
    /// Its name.
    pub name: Ident,
    /// What its bytes are.
    pub kind: ColumnKind,
    /// Its form, where it is known.
    form: Option<Form>,
}

/// The columns of a table's rows.
pub fn columns(definition: &Definition, table: &Table) -> Vec<ExportedColumn> {
    let columns = table.columns.iter().map(|column| {
        let form = form::of_column(definition, column);
        let defined = definition
            .table(&table.name)
            .and_then(|table| table.column(column.name.as_str()));
        // A domain's modifier is its own matter.
        let modifier = defined
            .filter(|_| column.type_text.contains('('))
            .map_or(-1, |defined| defined.type_modifier);
        let kind = match &form {
            Some(Form::Scalar(scalar)) => ColumnKind::Scalar(*scalar),
            Some(Form::Vector(element)) => ColumnKind::Vector(*element, dimensions(modifier)),
            Some(Form::Array(element)) => match element.as_ref() {
                Form::Scalar(scalar) => ColumnKind::Array(*scalar),
                _ => ColumnKind::Other,
            },
            _ => ColumnKind::Other,
        };
        ExportedColumn {
            name: column.name.clone(),
            kind,
            form,
        }
    });
    columns.collect()
}

/// Hands out a table's rows; the columns that `as_text` says become text. Where the backup is damaged it is an error, and
/// what was handed out is not to be used.
pub fn stream(
    repository: &Repository,
    table: &Table,
    columns: &[ExportedColumn],
    as_text: &[bool],
    to: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut forms = Vec::new();
    for ((column, exported), as_text) in table.columns.iter().zip(columns).zip(as_text) {
        forms.push(match (&exported.form, as_text) {
            (_, false) => None,
            (Some(form), true) => Some(form.clone()),
            (None, true) => return Err(unknown_form(table, column)),
        });
    }
    let is_plain = forms
        .iter()
        .flatten()
        .all(|form| *form == Form::Scalar(Scalar::Text));
    let mut piece = HEADER.to_vec();
    let mut value = String::new();
    each_row(repository, table, &mut |row: RowView<'_>| {
        if is_plain {
            piece.extend_from_slice(row.whole());
        } else {
            rewritten(row, &forms, &mut value, &mut piece)?;
        }
        if piece.len() >= PIECE {
            to(&piece)?;
            piece.clear();
        }
        Ok(())
    })?;
    piece.extend_from_slice(&TRAILER);
    to(&piece)
}

/// Appends a row whose fields are text where they have a form.
fn rewritten(
    row: RowView<'_>,
    forms: &[Option<Form>],
    value: &mut String,
    piece: &mut Vec<u8>,
) -> Result<()> {
    piece.extend_from_slice(row.whole().get(..2).unwrap_or_default());
    for (field, form) in row.fields().zip(forms) {
        let bytes = match (field, form) {
            (None, _) => {
                piece.extend_from_slice(&(-1_i32).to_be_bytes());
                continue;
            }
            (Some(bytes), None) => bytes,
            (Some(bytes), Some(form)) => {
                value.clear();
                text::write(form, bytes, value).map_err(unreadable)?;
                value.as_bytes()
            }
        };
        let length = i32::try_from(bytes.len())
            .map_err(|_| crate::error::Error::failed("a value is longer than 1 GiB as text"))?;
        piece.extend_from_slice(&length.to_be_bytes());
        piece.extend_from_slice(bytes);
    }
    Ok(())
}
