//! `vecops index`: vector indexes, before they are built, while they are built, and afterwards.

mod create;
mod deferred;
mod estimate;
mod gate;
mod lint;
mod list;
mod reindex;
mod remove;
mod replace;
mod tune;
mod view;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::{Outcome, Result};
use crate::index::{BuildOptions, Wishes};

pub(super) use self::view::show_restored;

/// Vector indexes: know what one takes, build, rebuild and drop it, and leave nothing half done
///
/// A build gets the memory and the workers that it needs as far as the server has them, says so, shows how far it is,
/// and lets writers go on. Stopped or failed at any time, it leaves no invalid index behind.
#[derive(Debug, Args)]
pub(super) struct IndexArgs {
    #[command(subcommand)]
    command: IndexCommand,
}

#[derive(Debug, Subcommand)]
enum IndexCommand {
    Estimate(estimate::EstimateArgs),
    List(list::ListArgs),
    Tune(tune::TuneArgs),
    Lint(lint::LintArgs),
    Create(create::CreateArgs),
    Reindex(reindex::ReindexArgs),
    Replace(Box<replace::ReplaceArgs>),
    Drop(remove::DropArgs),
    Clean(remove::CleanArgs),
    RestoreDeferred(deferred::RestoreDeferredArgs),
}

/// How an index is built.
#[derive(Debug, Args)]
struct BuildArgs {
    /// Memory for the build, such as 2GB; without it, what the graph needs and the server can spare
    #[arg(long, value_name = "SIZE", value_parser = super::memory::parse_maintenance)]
    maintenance_work_mem: Option<u64>,

    /// Parallel workers for the build; without it, what the server allows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1024))]
    workers: Option<u32>,

    /// Build in one go while writers wait; about twice as fast
    #[arg(long)]
    no_concurrently: bool,

    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl BuildArgs {
    fn options(&self) -> BuildOptions {
        BuildOptions {
            concurrently: !self.no_concurrently,
            wishes: Wishes {
                memory: self.maintenance_work_mem,
                workers: self.workers,
            },
        }
    }
}

/// Runs one of the commands.
pub(super) async fn run(context: &Context, args: IndexArgs) -> Result<Outcome> {
    match args.command {
        IndexCommand::Estimate(args) => estimate::run(context, &args).await,
        IndexCommand::List(args) => list::run(context, &args).await,
        IndexCommand::Tune(args) => tune::run(context, &args).await,
        IndexCommand::Lint(args) => lint::run(context, &args).await,
        IndexCommand::Create(args) => create::run(context, &args).await,
        IndexCommand::Reindex(args) => Box::pin(reindex::run(context, &args)).await,
        IndexCommand::Replace(args) => Box::pin(replace::run(context, &args)).await,
        IndexCommand::Drop(args) => remove::drop(context, &args).await,
        IndexCommand::Clean(args) => remove::clean(context, &args).await,
        IndexCommand::RestoreDeferred(args) => deferred::run(context, &args).await,
    }
}
