//! `vecops backup export`: a backup's rows in forms that other programs read.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::super::Context;
use crate::backup::export::{self, WrittenFile};
use crate::backup::manifest::{Manifest, Table as StoredTable};
use crate::backup::repository::Repository;
use crate::backup::restore::Part;
use crate::error::{Context as _, Error, Outcome, Result};
use crate::export::{Conversion, Format, StreamColumn, travels_as_text};
use crate::output::Place;
use crate::progress::{Task, Unit};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::sql::QualifiedName;

/// What of a table's name can stand in a file's name.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.');

/// Write a backup's tables as Parquet or plain SQL, without a database
///
/// As sql one file holds everything: what the tables need, their rows as COPY, then keys, indexes, functions, policies and
/// grants, in one transaction that `psql -f FILE` runs. The other formats write the rows of each table to a file of its
/// own in a folder. Every chunk is held against the manifest on the way, and a file appears only when it is whole.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops backup export /backups/app --format sql --to app.sql.zst
  vecops backup export /backups/app public.documents --format sql --to - | psql \"$URL\"
  vecops backup export /backups/app --format parquet --to parquet/
  vecops backup export /backups/app public.documents --format sql --only-schema --to documents.sql")]
pub(super) struct ExportArgs {
    /// The backup's folder, or a repository for its newest backup
    backup: String,

    /// The tables, as schema.table; without any all of the backup
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,

    /// What is written
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    format: FormatArg,

    /// The file of sql, compressed where it ends in .zst, - for stdout; the folder of the other formats
    #[arg(long, short = 'o', value_name = "FILE|FOLDER")]
    to: PathBuf,

    /// Replace files that are there already
    #[arg(long)]
    overwrite: bool,

    /// Leave the rows out; for sql
    #[arg(long, conflicts_with = "only_data")]
    only_schema: bool,

    /// Write only rows and the values of sequences, for tables that are there; for sql
    #[arg(long)]
    only_data: bool,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FormatArg {
    /// One file that psql alone restores
    Sql,
    /// Columns with types; vectors are lists of 32-bit floats
    Parquet,
    /// One JSON object a line, as `vecops seed` reads it
    Jsonl,
    /// Comma-separated values with a header
    Csv,
    /// Binary COPY, one stream a table
    Pgcopy,
}

/// What was written.
#[derive(Debug, Clone, Serialize)]
struct BackupExport {
    backup: String,
    snapshot_time: String,
    files: Vec<WrittenFile>,
    rows: u64,
    seconds: f64,
}

/// Exports.
pub(super) async fn run(context: &Context, args: ExportArgs) -> Result<Outcome> {
    let started = Instant::now();
    let (repository, set) = Repository::find(&args.backup)?;
    let manifest = repository.manifest(&set)?;
    let mut names: Vec<QualifiedName> = Vec::new();
    for text in &args.tables {
        let name = text.parse();
        names.push(name.map_err(|error| Error::usage(format!("table `{text}`: {error}")))?);
    }
    let rows: u64 = export::tables(&manifest, &names)?
        .iter()
        .map(|table| table.rows)
        .sum();
    let task = context
        .progress()
        .task("export the backup", Unit::Rows, Some(rows));
    for reason in &manifest.reasons {
        context
            .progress()
            .warn(&format!("the backup is degraded: {reason}"));
    }
    let report = BackupExport {
        backup: manifest.name.clone(),
        snapshot_time: manifest.snapshot.time.clone(),
        files: Vec::new(),
        rows,
        seconds: 0.0,
    };
    let to_stdout = args.to == Path::new("-");
    let work = tokio::task::spawn_blocking(move || written(&repository, &manifest, &names, &args, task));
    let working = async {
        work.await
            .map_err(|error| Error::bug("the writing thread ended early").cause(error))?
    };
    let files = context.unless_interrupted(working).await?;
    if to_stdout {
        return Ok(Outcome::Success);
    }
    context.finish(&BackupExport {
        files,
        seconds: started.elapsed().as_secs_f64(),
        ..report
    })
}

fn written(
    repository: &Repository,
    manifest: &Manifest,
    names: &[QualifiedName],
    args: &ExportArgs,
    task: Task,
) -> Result<Vec<WrittenFile>> {
    let format = match args.format {
        FormatArg::Sql => {
            let part = match (args.only_schema, args.only_data) {
                (true, _) => Part::OnlySchema,
                (_, true) => Part::OnlyData,
                _ => Part::All,
            };
            let place = match args.to.to_str() {
                Some("-") => Place::Stdout,
                _ => place(args.to.clone(), args),
            };
            let file = export::to_sql(repository, manifest, names, part, &place, &task)?;
            task.finish();
            return Ok(vec![file]);
        }
        FormatArg::Parquet => Format::Parquet,
        FormatArg::Jsonl => Format::Jsonl,
        FormatArg::Csv => Format::Csv,
        FormatArg::Pgcopy => Format::Pgcopy,
    };
    if args.only_schema || args.only_data {
        return Err(Error::usage(
            "`--only-schema` and `--only-data` are for `--format sql`",
        ));
    }
    if args.to == Path::new("-") {
        return Err(Error::usage("each table has a file of its own").hint("Name a folder: `--to FOLDER`."));
    }
    fs_err::create_dir_all(&args.to).context("make the folder")?;
    let mut files = Vec::new();
    for table in export::tables(manifest, names)? {
        files.push(table_file(repository, manifest, table, format, args)?);
        task.advance(table.rows);
    }
    task.finish();
    Ok(files)
}

fn place(path: PathBuf, args: &ExportArgs) -> Place {
    Place::File {
        path,
        overwrite: args.overwrite,
    }
}

fn table_file(
    repository: &Repository,
    manifest: &Manifest,
    table: &StoredTable,
    format: Format,
    args: &ExportArgs,
) -> Result<WrittenFile> {
    let extension = match format {
        Format::Parquet => "parquet",
        Format::Csv => "csv",
        Format::Pgcopy => "pgcopy",
        Format::Jsonl | Format::Npy => "jsonl",
    };
    let name = table.name.plain();
    let file = format!("{}.{extension}", utf8_percent_encode(&name, PLAIN));
    let place = place(args.to.join(file), args);
    let columns = export::columns(&manifest.definition, table);
    let streamed: Vec<StreamColumn> = columns
        .iter()
        .map(|column| StreamColumn {
            name: column.name.clone(),
            kind: column.kind,
        })
        .collect();
    let as_text: Vec<bool> = columns
        .iter()
        .map(|column| travels_as_text(format, column.kind))
        .collect();
    let mut conversion = Conversion::new(&place, &streamed, format, Task::silent())?;
    export::stream(repository, table, &columns, &as_text, &mut |piece| {
        conversion.push(piece)
    })
    .with_context(|| format!("export `{name}`"))?;
    Ok(WrittenFile {
        path: place.name(),
        tables: vec![table.name.clone()],
        rows: table.rows,
        bytes: conversion.finish()?,
    })
}

impl Report for BackupExport {
    const KIND: &'static str = "backup-export";

    fn human(&self, page: &mut Page) {
        page.styled(
            Role::Good,
            &format!(
                "wrote {} as of {} in {}",
                units::plural(self.rows, "row", "rows"),
                sanitize(&self.snapshot_time),
                units::duration(Duration::from_secs_f64(self.seconds))
            ),
        );
        let mut table = Table::new()
            .text("file")
            .text("tables")
            .number("rows")
            .number("size");
        for file in &self.files {
            let names: Vec<String> = file.tables.iter().map(QualifiedName::plain).collect();
            table.row([
                sanitize(&file.path),
                names.join(", "),
                units::count(file.rows),
                units::bytes(file.bytes),
            ]);
        }
        page.table(&table);
    }
}
