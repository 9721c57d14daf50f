//! `vecops backup prune`: old backups and chunks that nobody needs, removed.

use super::super::Context;
use super::super::consent::{self, Weight};
use crate::backup::prune::{self, PruneReport};
use crate::backup::repository::{self, Repository};
use crate::error::{Outcome, Result};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};

/// Remove old backups, and chunks that no backup names
///
/// Without --keep only what crashed dumps left goes: chunks that neither a backup nor an unfinished dump names. With it, so
/// many complete backups of each database stay, with all that is newer; the newest complete one never goes. An unfinished
/// dump that is older than all that stay is given up, with its chunks. Nothing is removed while a dump writes to the
/// repository or a backup in it is read, or where a manifest cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops backup prune /backups/app --dry-run
  vecops backup prune /backups/app --keep 14 --yes")]
pub(super) struct PruneArgs {
    /// The repository's folder
    repository: String,

    /// How many complete backups of each database stay; without it all of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,

    /// Show what would be removed, and stop
    #[arg(long)]
    dry_run: bool,
}

/// Removes.
pub(super) fn run(context: &Context, args: &PruneArgs) -> Result<Outcome> {
    let repository = Repository::open(&repository::location(&args.repository)?)?;
    let prepared = prune::prepare(&repository, args.keep.map(usize::from))?;
    if args.dry_run || prepared.is_empty() {
        return context.finish(prepared.report());
    }
    context.show(prepared.report());
    let report = prepared.report();
    let backups = u64::try_from(report.backups.len()).unwrap_or_default();
    let question = format!(
        "Remove {} and {} ({})?",
        units::plural(backups, "backup", "backups"),
        units::plural(report.objects, "chunk", "chunks"),
        units::bytes(report.object_bytes)
    );
    let _consent = consent::ask(context, &question, Weight::Destructive)?;
    context.finish(&prune::prune(prepared)?)
}

impl Report for PruneReport {
    const KIND: &'static str = "backup-prune";

    fn human(&self, page: &mut Page) {
        let backups = u64::try_from(self.backups.len()).unwrap_or_default();
        if backups + self.unfinished + self.objects == 0 {
            page.styled(Role::Good, "there is nothing that no backup needs");
        } else {
            let verb = if self.done { "removed" } else { "would remove" };
            page.styled(
                if self.done { Role::Good } else { Role::Warning },
                &format!(
                    "{verb} {} and {} ({})",
                    units::plural(backups, "backup", "backups"),
                    units::plural(self.objects, "chunk", "chunks"),
                    units::bytes(self.object_bytes)
                ),
            );
        }
        if !self.backups.is_empty() {
            let mut table = Table::new().text("backup").text("shows").number("rows");
            for backup in &self.backups {
                table.row([
                    sanitize(&backup.path),
                    sanitize(&backup.snapshot_time),
                    units::count(backup.rows),
                ]);
            }
            page.table(&table);
        }
        if self.unfinished > 0 {
            let dumps = units::plural(self.unfinished, "table", "tables");
            page.field(
                "given up",
                format!("{dumps} of unfinished dumps, older than all that is kept"),
            );
        }
        page.field("kept", units::plural(self.kept, "backup", "backups"));
    }
}
