//! `vecops backup`: what a repository holds.

mod diff;
mod export;
mod prune;

use std::time::Duration;

use clap::Subcommand;

use super::Context;
use crate::backup::list::{self, BackupDetails, BackupList};
use crate::backup::manifest::{State, Transport};
use crate::backup::repository::{self, Repository};
use crate::error::{Outcome, Result};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};

/// List the backups of a repository, show and export what one holds, compare two, remove old ones
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    command: BackupCommand,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// List the backups of a repository, the oldest first
    #[command(after_help = "Examples:
  vecops backup list /backups/app")]
    List {
        /// The repository's folder
        repository: String,
    },
    /// Show what a backup holds
    #[command(after_help = "Examples:
  vecops backup show /backups/app
  vecops backup show /backups/app/sets/postgres/20261123T151731Z-cb5f33f3")]
    Show {
        /// The backup's folder, or a repository for its newest backup
        backup: String,
    },
    Diff(diff::DiffArgs),
    Export(export::ExportArgs),
    Prune(prune::PruneArgs),
}

/// Lists, shows or compares.
pub(super) async fn run(context: &Context, args: BackupArgs) -> Result<Outcome> {
    match args.command {
        BackupCommand::List { repository } => {
            let repository = Repository::open(&repository::location(&repository)?)?.in_use()?;
            context.finish(&list::list(&repository)?)
        }
        BackupCommand::Show { backup } => {
            let (repository, set) = Repository::find(&backup)?;
            context.finish(&list::show(&repository, &set)?)
        }
        BackupCommand::Diff(args) => diff::run(context, args).await,
        BackupCommand::Export(args) => export::run(context, args).await,
        BackupCommand::Prune(args) => prune::run(context, &args),
    }
}

impl Report for BackupList {
    const KIND: &'static str = "backup-list";

    fn human(&self, page: &mut Page) {
        if self.backups.is_empty() {
            page.line(format!("`{}` holds no backup yet", sanitize(&self.repository)));
            return;
        }
        let mut table = Table::new()
            .text("backup")
            .text("shows")
            .number("age")
            .text("tables")
            .number("rows")
            .number("stored")
            .text("state");
        for listed in &self.backups {
            let cells = match &listed.contents {
                Some(contents) => [
                    contents.snapshot_time.clone(),
                    contents
                        .age_seconds
                        .map_or_else(String::new, |age| units::duration(Duration::from_secs(age))),
                    contents
                        .tables
                        .iter()
                        .map(crate::sql::QualifiedName::plain)
                        .collect::<Vec<_>>()
                        .join(", "),
                    units::count(contents.rows),
                    units::bytes(contents.stored_bytes),
                    state(contents.state).to_owned(),
                ],
                None => {
                    let problem = listed.problem.as_deref().unwrap_or_default();
                    [
                        String::new(),
                        String::new(),
                        String::new(),
                        String::new(),
                        String::new(),
                        sanitize(problem),
                    ]
                }
            };
            let [shows, age, tables, rows, stored, state] = cells;
            table.row([sanitize(&listed.path), shows, age, tables, rows, stored, state]);
        }
        page.table(&table);
        page.field(
            "on the disk",
            format!(
                "{} in {}",
                units::bytes(self.object_bytes),
                units::plural(self.objects, "chunk", "chunks")
            ),
        );
        if let Some(bytes) = self.unnamed_bytes.filter(|bytes| *bytes > 0) {
            page.field(
                "named by no backup",
                format!(
                    "{}; `vecops backup prune` removes what no unfinished dump needs",
                    units::bytes(bytes)
                ),
            );
        }
    }
}

impl Report for BackupDetails {
    const KIND: &'static str = "backup";

    fn human(&self, page: &mut Page) {
        let manifest = &self.manifest;
        let source = &manifest.source;
        page.heading(&sanitize(&self.path));
        page.field("state", state(manifest.state));
        page.field("shows", &manifest.snapshot.time);
        page.field("database", sanitize(&source.database));
        page.field(
            "server",
            format!("PostgreSQL {}", sanitize(&source.server_version)),
        );
        if let Some(vector) = &source.vector {
            page.field(
                "pgvector",
                format!("{} in schema {}", sanitize(&vector.version), vector.schema),
            );
        }
        page.field("read by", sanitize(&source.role));
        page.field("written by", sanitize(&manifest.created_by));
        let mut tables = Table::new()
            .text("table")
            .number("rows")
            .number("binary COPY")
            .number("stored")
            .number("chunks")
            .text("key")
            .text("indexes");
        for table in &manifest.tables {
            let key: Vec<String> = table.key.iter().map(crate::sql::Ident::plain).collect();
            let defined = manifest.definition.table(&table.name);
            let indexes: Vec<String> = defined
                .map(|table| table.indexes.iter().map(|index| index.name.plain()).collect())
                .unwrap_or_default();
            tables.row([
                table.name.plain(),
                units::count(table.rows),
                units::bytes(table.raw_bytes),
                units::bytes(table.stored_bytes),
                units::count(u64::try_from(table.chunks.len()).unwrap_or_default()),
                key.join(", "),
                indexes.join(", "),
            ]);
        }
        page.table(&tables);
        for table in &manifest.tables {
            for column in table
                .columns
                .iter()
                .filter(|column| column.transport == Transport::Text)
            {
                let name = format!("{}.{}", table.name.plain(), column.name.plain());
                page.line(format!(
                    "{name} ({}) travels as text",
                    sanitize(&column.type_text)
                ));
            }
        }
        for reason in &manifest.reasons {
            page.styled(Role::Warning, &sanitize(reason));
        }
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Complete => "complete",
        State::Degraded => "degraded",
    }
}
