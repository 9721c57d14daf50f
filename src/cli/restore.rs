//! `vecops restore`: tables brought back from a backup, closed until they are verified.

mod plan;

use std::time::Duration;

use super::Context;
use super::consent::{self, Weight};
use crate::backup::restore::{self, Existing, Part, Prepared, Request, RestoreReport};
use crate::connection::Watch;
use crate::error::{Error, Kind, Outcome, Result};
use crate::index_build::Wishes;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, units};
use crate::sql::{Ident, QualifiedName};

/// Bring tables back from a backup, closed to everybody until they are verified
///
/// Makes the tables without any grant, loads their chunks in parallel, makes the keys, and has the server digest every
/// row: only what is as it was dumped goes on. Then vector indexes are built, and functions, triggers, policies and
/// grants come in one transaction, compared with the backup before it is committed. Triggers do not fire. Interrupted
/// at any point, the same command goes on where it was.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops restore /backups/app --dry-run
  vecops restore /backups/app --jobs 4 --maintenance-work-mem 2GB
  vecops restore /backups/app --table public.documents=public.documents_before
  vecops restore /backups/app --schema rescued --yes
  vecops restore /backups/app --table public.documents --swap")]
pub(super) struct RestoreArgs {
    /// A repository, whose newest backup is taken, or a backup in one
    #[arg(value_name = "BACKUP")]
    backup: String,

    /// Only this table, under its own name or another; may be said several times
    #[arg(long = "table", value_name = "NAME[=NEW]")]
    tables: Vec<String>,

    /// The schema that tables go to, made where it is not there
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,

    /// Load rows into tables that are there and empty
    #[arg(long, conflicts_with_all = ["only_schema", "drop_existing", "swap"])]
    only_data: bool,

    /// Make everything but the rows
    #[arg(long)]
    only_schema: bool,

    /// Drop tables that are there before theirs are made
    #[arg(long, conflicts_with = "swap")]
    drop_existing: bool,

    /// Put the restored tables in the place of those that are there, which are kept in a schema of their own
    #[arg(long)]
    swap: bool,

    /// How many sessions load at once, each on a connection of its own
    #[arg(long, short, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32))]
    jobs: u8,

    /// The memory for building an index, as in 2GB; without it, what the graph needs and the server can spare
    #[arg(long, value_name = "SIZE", value_parser = super::memory::parse_maintenance)]
    maintenance_work_mem: Option<u64>,

    /// The most workers that build an index besides the session; without it, what the server allows
    #[arg(long, value_name = "N")]
    parallel_workers: Option<u32>,

    /// How long nothing may come from the server before a second session asks whether it still works
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    stall_timeout: u64,

    /// Drop what an unfinished run of the same restore has made, and begin anew
    #[arg(long)]
    restart: bool,

    /// Show what would be restored, and stop
    #[arg(long)]
    dry_run: bool,
}

/// Restores.
pub(super) async fn run(context: &Context, args: RestoreArgs) -> Result<Outcome> {
    let request = request(&args)?;
    let connector = context.connector().await?;
    connector.set_patience(args.stall_timeout);
    let progress = context.progress();
    let mut session = restore::session(connector, progress).await?;
    let watch = Watch::new(connector, &session);
    let preparing = watch.over(restore::prepare(&mut session, &request, progress));
    let mut prepared = Box::pin(context.unless_interrupted(preparing)).await?;
    // Where nobody looks at the plan, nobody waits for its times.
    if args.dry_run || !context.consents() {
        let probing = watch.over(restore::probe(&mut session, &prepared));
        let probe = Box::pin(context.unless_interrupted(probing)).await?;
        let forecast = plan::forecast(&prepared, probe);
        prepared.set_forecast(forecast);
    }
    if args.dry_run {
        return context.finish(prepared.plan());
    }
    context.show(prepared.plan());
    let _consent = consent::ask(context, &question(&prepared), weight(&request))?;
    let restoring = restore::restore(connector, &mut session, prepared, progress);
    match Box::pin(context.unless_interrupted(restoring)).await {
        Ok(report) => context.finish(&report),
        Err(error) if error.kind() == Kind::Connection => {
            let error = error.hint("Run the same command again: it goes on where it was.");
            context.report_error(&error);
            Ok(Outcome::Partial)
        }
        Err(error) => Err(error),
    }
}

fn request(args: &RestoreArgs) -> Result<Request> {
    let mut tables = Vec::new();
    for text in &args.tables {
        let (from, to) = match text.split_once('=') {
            Some((from, to)) => (from, Some(name(to)?)),
            None => (text.as_str(), None),
        };
        tables.push((name(from)?, to));
    }
    let schema = args
        .schema
        .as_ref()
        .map(|schema| Ident::new(schema.clone()).map_err(|error| Error::usage(error.to_string())));
    Ok(Request {
        backup: args.backup.clone(),
        tables,
        schema: schema.transpose()?,
        part: match (args.only_schema, args.only_data) {
            (true, _) => Part::OnlySchema,
            (_, true) => Part::OnlyData,
            _ => Part::All,
        },
        existing: match (args.drop_existing, args.swap) {
            (true, _) => Existing::Drop,
            (_, true) => Existing::Swap,
            _ => Existing::Refuse,
        },
        jobs: usize::from(args.jobs),
        build: Wishes {
            memory: args.maintenance_work_mem,
            workers: args.parallel_workers,
        },
        restart: args.restart,
    })
}

fn name(text: &str) -> Result<QualifiedName> {
    text.parse()
        .map_err(|error| Error::usage(format!("table `{text}`: {error}")))
}

fn weight(request: &Request) -> Weight {
    match request.existing {
        Existing::Refuse if !request.restart => Weight::Additive,
        _ => Weight::Destructive,
    }
}

fn question(prepared: &Prepared) -> String {
    let plan = prepared.plan();
    let tables = u64::try_from(plan.tables.len()).unwrap_or_default();
    let what = match plan.existing {
        Existing::Drop => ", dropping those that are there",
        Existing::Swap => ", in the place of those that are there",
        Existing::Refuse => "",
    };
    format!("Restore {}{what}?", units::plural(tables, "table", "tables"))
}

impl Report for RestoreReport {
    const KIND: &'static str = "restore";

    fn human(&self, page: &mut Page) {
        if self.complete_before {
            page.styled(
                Role::Good,
                "an earlier run has restored all of this; nothing was done",
            );
            page.line("to restore it once more, say `--restart`");
            return;
        }
        let tables = u64::try_from(self.tables.len()).unwrap_or_default();
        page.styled(
            Role::Good,
            &format!(
                "restored {} in {}, as of {}",
                units::plural(self.rows, "row", "rows"),
                units::plural(tables, "table", "tables"),
                sanitize(&self.snapshot_time)
            ),
        );
        let time = |seconds: f64| units::duration(Duration::from_secs_f64(seconds));
        // A run that went on behind the rows loaded none.
        if self.seconds_to_rows > 0.0 {
            page.field("rows in", time(self.seconds_to_rows));
        }
        page.field("rows digested", time(self.seconds_to_data));
        page.field("indexes built", time(self.seconds_to_index));
        page.field("open", time(self.seconds_to_service));
        if let Some(canaries) = &self.canaries {
            page.field(
                "exact searches",
                format!(
                    "{} as in the backup, {} not comparable",
                    canaries.equal, canaries.not_compared
                ),
            );
            for recall in &canaries.recall {
                page.field(
                    &format!("recall@10 of {}", sanitize(&recall.index)),
                    format!(
                        "{:.3} over {} stored rows, which flatters it",
                        recall.recall_at_10, recall.queries
                    ),
                );
            }
        }
        for kept in &self.kept {
            page.line(sanitize(&format!(
                "the table that made way is kept as {}",
                kept.plain()
            )));
        }
        for reason in &self.left_out {
            page.styled(Role::Warning, &format!("left out: {}", sanitize(reason)));
        }
    }
}
