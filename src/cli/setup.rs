//! `vecops setup`: make a database have what the collections declare, or write it as a migration.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use super::consent::{self, Weight};
use crate::collection::{Collection, Collections};
use crate::connection::{Need, Session};
use crate::error::{Error, Outcome, Result};
use crate::index_build::{Builder, Wishes};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, units};
use crate::setup::{self, BuiltIndex, Migration, Phase, Plan};

/// Set collections up: extension, table, row-level security, grants, match function, index
///
/// A collection is a vector table that vecops.toml declares. Setup adds what is missing and never changes or
/// drops a user's data, columns, policies or indexes: where those differ from the declaration, it says so.
#[derive(Debug, Args)]
pub(super) struct SetupArgs {
    #[command(subcommand)]
    command: SetupCommand,
}

#[derive(Debug, Subcommand)]
enum SetupCommand {
    /// Compare the database with the collections; ends with 3 where they differ
    #[command(
        after_help = "Examples:\n  vecops setup plan\n  vecops setup plan documents --sql\n  \
        vecops setup plan --profile linked --json"
    )]
    Plan(PlanArgs),
    /// Show the plan, ask, and make the difference
    ///
    /// Everything is one transaction, except an index over existing rows: that one is built afterwards, without
    /// stopping writers, and an interrupted build is done again by the same command.
    #[command(
        after_help = "Examples:\n  vecops setup apply\n  vecops setup apply documents --dry-run --sql\n  \
        vecops setup apply --yes --maintenance-work-mem 2GB"
    )]
    Apply(ApplyArgs),
    /// Write the same SQL as a migration that the Supabase CLI applies
    ///
    /// Without --diff it is everything that the collections declare, for a database that has nothing of it; its
    /// statements may run again on what they made.
    #[command(
        after_help = "Examples:\n  vecops setup migration\n  vecops setup migration documents --name documents\n  \
        vecops setup migration --diff --profile linked\n  vecops setup migration --dry-run | psql"
    )]
    Migration(MigrationArgs),
}

#[derive(Debug, Args)]
struct Which {
    /// Collections of vecops.toml; all of them where none is named
    #[arg(value_name = "COLLECTION")]
    collections: Vec<String>,
}

#[derive(Debug, Args)]
struct PlanArgs {
    #[command(flatten)]
    which: Which,

    /// Show the SQL of each step
    #[arg(long)]
    sql: bool,
}

#[derive(Debug, Args)]
struct ApplyArgs {
    #[command(flatten)]
    which: Which,

    /// Show the SQL of each step
    #[arg(long)]
    sql: bool,

    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Memory for building an index over existing rows, such as 2GB; without it, what the graph needs and the server can spare
    #[arg(long, value_name = "SIZE", value_parser = super::memory::parse_maintenance)]
    maintenance_work_mem: Option<u64>,

    /// Parallel workers for building an index over existing rows; without it, what the server allows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1024))]
    parallel_workers: Option<u32>,
}

#[derive(Debug, Args)]
struct MigrationArgs {
    #[command(flatten)]
    which: Which,

    /// What the file's name says after its version
    #[arg(long, default_value = "vector_collections")]
    name: String,

    /// Only what the target database lacks
    #[arg(long)]
    diff: bool,

    /// The folder of the migrations; without it, supabase/migrations of the nearest Supabase project upward
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,

    /// Print the migration and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs one of the commands.
pub(super) async fn run(context: &Context, args: SetupArgs) -> Result<Outcome> {
    let declared = context.collections()?;
    match args.command {
        SetupCommand::Plan(args) => plan(context, &chosen(&declared, &args.which)?, args.sql).await,
        SetupCommand::Apply(args) => apply(context, &chosen(&declared, &args.which)?, &args).await,
        SetupCommand::Migration(args) => migration(context, &chosen(&declared, &args.which)?, &args).await,
    }
}

/// The named collections, or all of them.
fn chosen<'a>(declared: &'a Collections, which: &Which) -> Result<Vec<&'a Collection>> {
    if which.collections.is_empty() && declared.is_empty() {
        return Err(Error::configuration("no collection is declared")
            .hint("Declare one in `vecops.toml` as `[collections.NAME]`, or run `vecops init`."));
    }
    if which.collections.is_empty() {
        return Ok(declared.iter().collect());
    }
    let mut chosen: Vec<&Collection> = Vec::new();
    for name in &which.collections {
        let collection = declared.named(name)?;
        if !chosen.contains(&collection) {
            chosen.push(collection);
        }
    }
    Ok(chosen)
}

async fn plan(context: &Context, collections: &[&Collection], sql: bool) -> Result<Outcome> {
    let mut session = context.open(Need::Any).await?;
    let plan = read_plan(&mut session, collections).await?;
    context.finish(&PlanView {
        plan,
        sql,
        dry_run: false,
    })
}

async fn read_plan(session: &mut Session, collections: &[&Collection]) -> Result<Plan> {
    let mut transaction = session.begin_read().await?;
    let plan = setup::plan(&mut transaction, collections).await?;
    transaction.commit().await?;
    Ok(plan)
}

async fn apply(context: &Context, collections: &[&Collection], args: &ApplyArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Any).await?;
    let shown = PlanView {
        plan: read_plan(&mut session, collections).await?,
        sql: args.sql,
        dry_run: args.dry_run,
    };
    if args.dry_run {
        return context.finish(&shown);
    }
    let builds = shown.plan.steps_in(Phase::Afterwards).next().is_some();
    if builds {
        // Before anything is done: a transaction pooler could not build the index afterwards.
        session.close().await?;
        session = context.open(Need::Session).await?;
    }
    if !shown.plan.steps.is_empty() && !shown.plan.is_blocked() {
        context.show(&shown);
        let steps = units::plural(shown.plan.steps.len() as u64, "step", "steps");
        let _consent = consent::ask(context, &format!("Apply {steps}?"), Weight::Additive)?;
    }
    let started = Instant::now();
    let mut transaction = session.begin_write().await?;
    let applied = setup::apply(&mut transaction, collections, &shown.plan, context.progress()).await?;
    transaction.commit().await?;
    let mut view = ApplyView {
        done: applied.done,
        built: Vec::new(),
        left: applied.left,
        seconds: 0.0,
    };
    if builds {
        let wishes = Wishes {
            memory: args.maintenance_work_mem,
            workers: args.parallel_workers,
        };
        let builder = Builder {
            connector: Some(context.connector().await?),
            progress: context.progress(),
        };
        let outside = session.outside_transaction().await?;
        view.built = setup::build_indexes(outside, collections, wishes, builder).await?;
        view.left = read_plan(&mut session, collections).await?;
    }
    view.seconds = started.elapsed().as_secs_f64();
    context.finish(&view)
}

async fn migration(context: &Context, collections: &[&Collection], args: &MigrationArgs) -> Result<Outcome> {
    let plan = if args.diff {
        let mut session = context.open(Need::Any).await?;
        read_plan(&mut session, collections).await?
    } else {
        setup::plan_for_fresh_database(collections)
    };
    let mut view = MigrationView {
        migration: None,
        sql: setup::migration_text(&plan)?,
        dry_run: args.dry_run,
    };
    if !args.dry_run && !plan.steps.is_empty() {
        let folder = migrations_folder(context, args)?;
        let now = jiff::Timestamp::now();
        view.migration = Some(setup::write_migration(&folder, &args.name, now, &plan)?);
    }
    context.finish(&view)
}

/// `--into`, or `supabase/migrations` of the nearest folder upward that has a Supabase project, or beside the
/// manifest.
fn migrations_folder(context: &Context, args: &MigrationArgs) -> Result<PathBuf> {
    let working_folder = &context.environment().working_folder;
    if let Some(folder) = &args.into {
        return Ok(working_folder.join(folder));
    }
    let project = working_folder
        .ancestors()
        .find(|folder| folder.join("supabase").is_dir());
    let beside = match context.manifest()? {
        Some(manifest) => manifest.folder().to_owned(),
        None => working_folder.clone(),
    };
    let project = project.map_or(beside, std::path::Path::to_owned);
    Ok(project.join("supabase").join("migrations"))
}

/// A plan as a command shows it.
#[derive(Debug, Serialize)]
struct PlanView {
    #[serde(flatten)]
    plan: Plan,
    #[serde(skip)]
    sql: bool,
    #[serde(skip)]
    dry_run: bool,
}

impl Report for PlanView {
    const KIND: &'static str = "setup-plan";

    fn human(&self, page: &mut Page) {
        steps(&self.plan, self.sql, page);
        differences(&self.plan, page);
        let summary = match (self.plan.steps.len(), self.plan.drift.len()) {
            (0, 0) => "the database has everything that is declared".to_owned(),
            (steps, 0) => format!("{} to apply", units::plural(steps as u64, "step", "steps")),
            (steps, drift) => format!(
                "{} to apply, {} that setup leaves to you",
                units::plural(steps as u64, "step", "steps"),
                units::plural(drift as u64, "difference", "differences")
            ),
        };
        page.line(summary);
    }

    /// A dry run has done what it was asked to, unless it found that the real one would be refused.
    fn outcome(&self) -> Outcome {
        let met = if self.dry_run {
            !self.plan.is_blocked()
        } else {
            self.plan.is_met()
        };
        if met { Outcome::Success } else { Outcome::NotMet }
    }
}

/// What was applied.
#[derive(Debug, Serialize)]
struct ApplyView {
    /// The steps that were done.
    done: Vec<String>,
    /// The indexes that were built over existing rows.
    built: Vec<BuiltIndex>,
    /// What the database still differs in.
    left: Plan,
    /// How long it took.
    seconds: f64,
}

impl Report for ApplyView {
    const KIND: &'static str = "setup-apply";

    fn human(&self, page: &mut Page) {
        for title in &self.done {
            page.line(format!("done  {}", sanitize(title)));
        }
        for built in &self.built {
            let time = units::duration(Duration::from_secs_f64(built.seconds));
            page.line(format!("done  {} ({time})", sanitize(&built.title)));
        }
        if self.done.is_empty() && self.built.is_empty() {
            page.line("nothing to do");
        } else {
            let count = (self.done.len() + self.built.len()) as u64;
            let time = units::duration(Duration::from_secs_f64(self.seconds));
            page.line(format!("{} in {time}", units::plural(count, "step", "steps")));
        }
        differences(&self.left, page);
    }

    fn outcome(&self) -> Outcome {
        if self.left.is_met() {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}

/// What was written.
#[derive(Debug, Serialize)]
struct MigrationView {
    /// The file; none where there was nothing to write or it was a dry run.
    migration: Option<Migration>,
    /// Its text.
    sql: String,
    #[serde(skip)]
    dry_run: bool,
}

impl Report for MigrationView {
    const KIND: &'static str = "setup-migration";

    fn human(&self, page: &mut Page) {
        match &self.migration {
            Some(migration) => {
                page.line(format!("wrote {}", migration.path.display()));
                page.line("apply it with `supabase db push`, then check with `vecops setup plan`");
            }
            None if self.dry_run => self.sql.lines().for_each(|line| page.line(line)),
            None => page.line("the database has everything that is declared; nothing was written"),
        }
    }
}

fn steps(plan: &Plan, sql: bool, page: &mut Page) {
    for step in &plan.steps {
        let when = match step.phase {
            Phase::Transaction => "",
            Phase::Afterwards => " (after the transaction)",
        };
        let mark = page.paint(Role::Good, "+");
        page.line(format!("{mark} {}{when}", sanitize(&step.title)));
        page.styled(Role::Dim, &format!("    {}", sanitize(&step.reason)));
        if sql {
            step.sql
                .lines()
                .for_each(|line| page.line(format!("    {}", sanitize(line))));
        }
    }
    if !plan.steps.is_empty() {
        page.blank();
    }
}

fn differences(plan: &Plan, page: &mut Page) {
    for drift in &plan.drift {
        let blocks = if drift.blocking {
            ", which blocks everything"
        } else {
            ""
        };
        let line = format!(
            "! {}: declared {}, found {}{blocks}",
            drift.object, drift.declared, drift.found
        );
        page.styled(Role::Warning, &sanitize(&line));
        page.line(format!("    {}", sanitize(&drift.advice)));
    }
    for note in &plan.notes {
        page.line(format!("note: {}", sanitize(note)));
    }
    if !plan.drift.is_empty() || !plan.notes.is_empty() {
        page.blank();
    }
}
