//! A backup as one file of SQL that `psql` alone restores into a database: what the tables need, the rows, then keys,
//! indexes, functions, triggers, policies and grants, in one transaction.

use super::super::definition::{Definition, Stage};
use super::super::digest::SETTINGS;
use super::super::form;
use super::super::manifest::{Manifest, Table};
use super::super::repository::Repository;
use super::super::restore::Part;
use super::super::selection::selected;
use super::{WrittenFile, each_row, tables, unknown_form, unreadable};
use crate::error::Result;
use crate::output::{Files, Output, Place};
use crate::progress::Task;
use crate::sql::{QualifiedName, dollar_quoted, literal};
use crate::vector::copy::RowView;
use crate::vector::copy::text::{self, Form};

/// Writes tables of a backup, all of them where none is named. The task counts rows.
pub fn to_sql(
    repository: &Repository,
    manifest: &Manifest,
    names: &[QualifiedName],
    part: Part,
    place: &Place,
    task: &Task,
) -> Result<WrittenFile> {
    let definition = selected(manifest, names)?;
    let tables = tables(manifest, names)?;
    let (publication, mut output, _) = Files::create(place, None)?.open()?;
    output.put(head(manifest, &definition, part).as_bytes())?;
    if part != Part::OnlyData {
        output.put(statements(&definition, &Stage::BEFORE_ROWS).as_bytes())?;
    }
    let mut rows = 0;
    if part != Part::OnlySchema {
        for table in &tables {
            copied(repository, &definition, table, &mut output, task)?;
            rows += table.rows;
        }
    }
    let after: &[Stage] = match part {
        Part::OnlyData => &[Stage::Values],
        _ => &Stage::AFTER_ROWS,
    };
    output.put(statements(&definition, after).as_bytes())?;
    for table in &tables {
        output.put(format!("analyze {};\n", table.name).as_bytes())?;
    }
    output.put(b"commit;\n")?;
    let bytes = output.finish(None)?;
    publication.publish()?;
    Ok(WrittenFile {
        path: place.name(),
        tables: tables.iter().map(|table| table.name.clone()).collect(),
        rows,
        bytes,
    })
}

/// What is said and set first. Roles that are missing end it here, and not after an hour of rows.
fn head(manifest: &Manifest, definition: &Definition, part: Part) -> String {
    // A line break in a name would end the comment.
    let told = |text: &str| text.replace(char::is_control, "?");
    let mut text = format!(
        "-- Backup {} of the database {}, as of {}.\n-- Written by vecops {}. Restore it into an empty database: psql -f FILE URL\n\
         \\set ON_ERROR_STOP on\nbegin;\n{SETTINGS};\nset local search_path = pg_catalog, pg_temp;\n\
         set local standard_conforming_strings = on;\nset local client_min_messages = warning;\n\
         set local statement_timeout = 0;\nset local idle_in_transaction_session_timeout = 0;\n",
        told(&manifest.name),
        told(&manifest.source.database),
        told(&manifest.snapshot.time),
        env!("CARGO_PKG_VERSION"),
    );
    let roles: Vec<String> = definition.roles().iter().map(|role| literal(role)).collect();
    if part != Part::OnlyData && !roles.is_empty() {
        let body = format!(
            "declare missing text; begin select string_agg(quote_ident(name), ', ') into missing \
             from unnest(array[{}]) name where to_regrole(quote_ident(name)) is null; \
             if missing is not null then raise exception 'these roles are missing here: %', missing; end if; end",
            roles.join(", ")
        );
        text.push_str(&["do ", &dollar_quoted(&body), ";\n"].concat());
    }
    text
}

fn statements(definition: &Definition, stages: &[Stage]) -> String {
    let mut text = String::new();
    for statement in stages.iter().flat_map(|stage| definition.statements(*stage)) {
        text.push_str(&statement.sql);
        text.push_str(";\n");
    }
    text
}

/// The rows of a table, as `COPY` reads text.
fn copied(
    repository: &Repository,
    definition: &Definition,
    table: &Table,
    output: &mut Output,
    task: &Task,
) -> Result<()> {
    let mut forms: Vec<Form> = Vec::new();
    for column in &table.columns {
        forms.push(form::of_column(definition, column).ok_or_else(|| unknown_form(table, column))?);
    }
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name.to_string())
        .collect();
    let statement = format!("\ncopy {} ({}) from stdin;\n", table.name, names.join(", "));
    output.put(statement.as_bytes())?;
    let (mut line, mut value) = (String::new(), String::new());
    each_row(repository, table, &mut |row: RowView<'_>| {
        line.clear();
        for (at, (field, form)) in row.fields().zip(&forms).enumerate() {
            if at > 0 {
                line.push('\t');
            }
            let Some(bytes) = field else {
                line.push_str("\\N");
                continue;
            };
            value.clear();
            text::write(form, bytes, &mut value).map_err(unreadable)?;
            escaped(&value, &mut line);
        }
        line.push('\n');
        task.advance(1);
        output.put(line.as_bytes())
    })?;
    output.put(b"\\.\n\n")
}

/// A value in a line of `COPY`'s text format.
fn escaped(value: &str, line: &mut String) {
    for c in value.chars() {
        match c {
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            c => line.push(c),
        }
    }
}
