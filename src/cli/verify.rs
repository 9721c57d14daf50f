//! `vecops verify`: whether a backup is whole, and whether a database still holds what it holds.

use std::time::Duration;

use super::Context;
use crate::backup::repository::Repository;
use crate::backup::verify::{self, AgainstReport, Depth, VerifyReport};
use crate::error::{Outcome, Result};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};

/// Check that a backup is whole, without a database, or compare it with one
///
/// Reads every chunk and holds its SHA-256 against the manifest. Ends with 14 where anything is missing, damaged or
/// foreign, and names it. With --against it asks a database for digests of its rows, range by range, and ends with 3
/// where they differ.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops verify /backups/app
  vecops verify /backups/app/sets/postgres/20260101T030000Z-1f2e3d4c --deep
  vecops verify /backups/app --sample 5%
  vecops verify /backups/app --against local")]
pub(super) struct VerifyArgs {
    /// The backup's folder, or a repository for its newest backup
    backup: String,

    /// Only look whether every chunk is there with its size
    #[arg(long, conflicts_with_all = ["deep", "sample", "against"])]
    quick: bool,

    /// Decode every chunk and digest its rows
    #[arg(long, conflicts_with_all = ["sample", "against"])]
    deep: bool,

    /// Decode this part of the chunks, other ones each time
    #[arg(long, value_name = "PERCENT", value_parser = percent, conflicts_with = "against")]
    sample: Option<f64>,

    /// Compare with the database of this profile; without a name with the chosen one
    #[arg(long, value_name = "PROFILE", num_args = 0..=1, default_missing_value = "")]
    against: Option<String>,

    /// How many chunks, or ranges of the database, are checked at once
    #[arg(long, short, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32))]
    jobs: u8,
}

impl VerifyArgs {
    /// The profile that `--against` names.
    pub(super) fn against(&self) -> Option<&str> {
        self.against.as_deref().filter(|name| !name.is_empty())
    }
}

fn percent(text: &str) -> std::result::Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text);
    number
        .parse()
        .ok()
        .filter(|percent| *percent > 0.0 && *percent <= 100.0)
        .ok_or_else(|| format!("`{text}` is not a part in percent, such as `5%`"))
}

/// Verifies.
pub(super) async fn run(context: &Context, args: VerifyArgs) -> Result<Outcome> {
    let (repository, set) = Repository::find(&args.backup)?;
    if args.against.is_some() {
        let manifest = repository.manifest(&set)?;
        let connector = context.connector().await?;
        let comparing = verify::against_by(connector, usize::from(args.jobs), &manifest, context.progress());
        let report = context.unless_interrupted(Box::pin(comparing)).await?;
        return context.finish(&report);
    }
    let depth = match (args.quick, args.deep, args.sample) {
        (true, _, _) => Depth::Quick,
        (_, true, _) => Depth::Deep,
        (_, _, Some(percent)) => Depth::Sample(percent),
        _ => Depth::Stored,
    };
    let verifying = verify::verify(
        &repository,
        &set,
        depth,
        usize::from(args.jobs),
        context.progress(),
    );
    let report = context.unless_interrupted(verifying).await?;
    context.finish(&report)?;
    report.into_result().map(|()| Outcome::Success)
}

impl Report for VerifyReport {
    const KIND: &'static str = "verify";

    fn human(&self, page: &mut Page) {
        let read = format!(
            "{} of {} read ({}) in {}",
            units::count(self.read_chunks),
            units::plural(self.chunks, "chunk", "chunks"),
            units::bytes(self.read_bytes),
            units::duration(Duration::from_secs_f64(self.seconds)),
        );
        if self.problems.is_empty() {
            let what = match self.depth {
                Depth::Quick => "every chunk is there, with its size; none was read",
                Depth::Stored => "every chunk is as it was written",
                Depth::Deep => "every row is as it was written",
                Depth::Sample(_) => "the chunks of the sample are as they were written, the others are there",
            };
            page.styled(Role::Good, what);
        } else {
            page.styled(Role::Error, "the backup cannot be trusted");
            let mut table = Table::new().text("what").text("file").text("rows").text("seen");
            for problem in &self.problems {
                let rows = match (&problem.table, &problem.range) {
                    (Some(name), Some(range)) => format!("{} {range}", name.plain()),
                    _ => String::new(),
                };
                table.row([
                    problem.kind.name(),
                    &sanitize(&problem.file),
                    &sanitize(&rows),
                    &sanitize(&problem.detail),
                ]);
            }
            page.table(&table);
        }
        page.field("backup", sanitize(&self.backup));
        page.field("rows", units::count(self.rows));
        page.field("chunks", read);
        for reason in &self.reasons {
            page.styled(
                Role::Warning,
                &format!("the backup is degraded: {}", sanitize(reason)),
            );
        }
    }
}

impl Report for AgainstReport {
    const KIND: &'static str = "verify-against";

    fn human(&self, page: &mut Page) {
        let time = units::duration(Duration::from_secs_f64(self.seconds));
        if self.equal {
            page.styled(
                Role::Good,
                &format!("the database holds the rows of the backup ({time})"),
            );
        } else {
            page.styled(
                Role::Error,
                &format!("the database differs from the backup ({time})"),
            );
        }
        let mut table = Table::new()
            .text("table")
            .number("backup")
            .number("database")
            .text("answer");
        for compared in &self.tables {
            let answer = match (&compared.problem, compared.ranges.len()) {
                (Some(problem), _) => sanitize(problem),
                (None, 0) => "equal".to_owned(),
                (None, count) => units::plural(
                    u64::try_from(count).unwrap_or_default(),
                    "range differs",
                    "ranges differ",
                ),
            };
            table.row([
                compared.table.plain(),
                units::count(compared.backup_rows),
                compared
                    .database_rows
                    .map_or_else(|| "–".to_owned(), units::count),
                answer,
            ]);
        }
        page.table(&table);
        for compared in &self.tables {
            for different in &compared.ranges {
                page.line(format!(
                    "{} {}: {} in the backup, {} in the database",
                    compared.table.plain(),
                    sanitize(&different.range.to_string()),
                    units::plural(different.backup_rows, "row", "rows"),
                    units::count(different.database_rows),
                ));
            }
        }
    }

    fn outcome(&self) -> Outcome {
        if self.equal {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}
