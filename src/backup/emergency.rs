//! What lies beside the manifest, so that a backup can be restored without vecops: a script for `zstd` and `psql`, the
//! statements that make the tables, the decoder of planes, and a page that explains them.

use super::chunk::{Chunk, Codec};
use super::definition::{Definition, Stage};
use super::manifest::{Manifest, Table, Transport};

/// The files of a backup beside its manifest.
pub fn files(manifest: &Manifest) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("EMERGENCY.md", page(manifest).into_bytes()),
        ("emergency.sh", script(manifest).into_bytes()),
        (
            "before.sql",
            statements(&manifest.definition, &Stage::BEFORE_ROWS).into_bytes(),
        ),
        (
            "after.sql",
            statements(&manifest.definition, &Stage::AFTER_ROWS).into_bytes(),
        ),
        ("decode.py", include_bytes!("emergency/decode.py").to_vec()),
    ]
}

/// The statements of some stages, each stage in one transaction.
fn statements(definition: &Definition, stages: &[Stage]) -> String {
    let mut text =
        "\\set ON_ERROR_STOP on\nset search_path = pg_catalog, pg_temp;\nset statement_timeout = 0;\n\
         set client_min_messages = warning;\nset client_encoding = 'UTF8';\n"
            .to_owned();
    for stage in stages {
        text.push_str("\nbegin;\n");
        for statement in definition.statements(*stage) {
            text.push_str(&statement.sql);
            text.push_str(";\n");
        }
        text.push_str("commit;\n");
    }
    text
}

fn script(manifest: &Manifest) -> String {
    let mut text = include_str!("emergency/head.sh").to_owned();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line("say 'checking the chunks'".to_owned());
    for chunk in manifest.tables.iter().flat_map(|table| &table.chunks) {
        line(format!("check {} {}", file(chunk), chunk.object));
    }
    line("say 'making the tables'".to_owned());
    line("run -f \"$here/before.sql\"".to_owned());
    for table in &manifest.tables {
        let name = shell(&table.name.to_string());
        let statements: Vec<String> = loading(table).iter().map(|statement| shell(statement)).collect();
        line(format!("say 'loading' {name}"));
        for chunk in &table.chunks {
            line(format!("load {} {}", file(chunk), statements.join(" ")));
        }
    }
    line("say 'making keys, indexes, functions, policies and grants'".to_owned());
    for table in &manifest.tables {
        let defined = manifest.definition.table(&table.name);
        let is_partitioned = defined.is_some_and(|table| table.partitioned_by.is_some());
        // Heirs have their own rows.
        let only = if is_partitioned { "" } else { "only " };
        let from = shell(&format!("{only}{}", table.name));
        line(format!("count {from} {}", table.rows));
    }
    line("run -f \"$here/after.sql\"".to_owned());
    line("say 'done'".to_owned());
    text
}

/// The statements that load a chunk of a table. Where columns travel as text, the rows pass through a table of texts.
fn loading(table: &Table) -> Vec<String> {
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name.to_string())
        .collect();
    let is_text = |column: &&super::manifest::Column| column.transport == Transport::Text;
    if !table.columns.iter().any(|column| is_text(&column)) {
        return vec![format!(
            "copy {} ({}) from stdin (format binary)",
            table.name,
            names.join(", ")
        )];
    }
    let numbered = || table.columns.iter().enumerate();
    let passing: Vec<String> = numbered()
        .map(|(place, column)| {
            let kind = if is_text(&column) {
                "pg_catalog.text"
            } else {
                column.type_text.as_str()
            };
            format!("c{place} {kind}")
        })
        .collect();
    let cast: Vec<String> = numbered()
        .map(|(place, column)| {
            if is_text(&column) {
                format!("c{place}::{}", column.type_text)
            } else {
                format!("c{place}")
            }
        })
        .collect();
    vec![
        format!("create temp table passing ({})", passing.join(", ")),
        "copy pg_temp.passing from stdin (format binary)".to_owned(),
        format!(
            "insert into {} ({}) overriding system value select {} from pg_temp.passing",
            table.name,
            names.join(", "),
            cast.join(", ")
        ),
    ]
}

fn file(chunk: &Chunk) -> String {
    let name = chunk.object.to_string();
    format!(
        "{}/{name}.{}",
        name.get(..2).unwrap_or_default(),
        chunk.codec.extension()
    )
}

/// A text as one word of a shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn page(manifest: &Manifest) -> String {
    let chunks = || manifest.tables.iter().flat_map(|table| &table.chunks);
    let needs_python = chunks().any(|chunk| chunk.codec == Codec::Planes);
    let source = &manifest.source;
    let vector = source.vector.as_ref().map_or_else(String::new, |vector| {
        format!(
            ", pgvector {} in the schema {}",
            vector.version,
            vector.schema.plain()
        )
    });
    let heads = [
        "| table | rows | chunks |".to_owned(),
        "| --- | ---: | ---: |".to_owned(),
    ];
    let rows = manifest.tables.iter().map(|table| {
        format!(
            "| {} | {} | {} |",
            table.name.plain(),
            table.rows,
            table.chunks.len()
        )
    });
    let tables: Vec<String> = heads.into_iter().chain(rows).collect();
    include_str!("emergency/EMERGENCY.md")
        .replace("{name}", &manifest.name)
        .replace("{database}", &source.database)
        .replace("{server}", &source.server_version)
        .replace("{vector}", &vector)
        .replace("{time}", &manifest.snapshot.time)
        .replace(
            "{python}",
            if needs_python {
                ", and `python3` for the planes"
            } else {
                ""
            },
        )
        .replace("{tables}", &tables.join("\n"))
}
