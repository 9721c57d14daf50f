//! `vecops index drop` and `vecops index clean`.

use clap::Args;

use super::replace::warn_of;
use super::view::PlannedRemoval;
use crate::catalog;
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::Need;
use crate::error::{Outcome, Result};
use crate::index::{self, RemovalPlan, replace::overdue};
use crate::sql::QualifiedName;

/// Drop a vector index, without stopping readers or writers
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index drop public.items_embedding_cosine_hnsw --dry-run
  vecops index drop public.items_embedding_cosine_hnsw --yes")]
pub(super) struct DropArgs {
    /// The index, as schema.name
    index: QualifiedName,

    /// Drop it in one go while readers and writers wait
    #[arg(long)]
    no_concurrently: bool,

    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Drop what builds that failed have left: invalid indexes, `_ccnew` and `_ccold`
///
/// Such an index serves no query, and every write keeps it up to date. One that is being built right now is left alone, and
/// so is the old index of a replacement, which is valid; where its grace is over, that is said.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vecops index clean --dry-run\n  vecops index clean public.items --yes")]
pub(super) struct CleanArgs {
    /// Only those of this collection or table
    target: Option<String>,

    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Plans, asks and drops.
pub(super) async fn drop(context: &Context, args: &DropArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Session).await?;
    let mut transaction = session.begin_read().await?;
    let found = index::find(&mut transaction, &args.index).await?;
    let plan = index::plan_removal(&mut transaction, &found, !args.no_concurrently).await?;
    transaction.commit().await?;
    session.close().await?;
    let question = format!("Drop `{}`?", args.index.plain());
    finish(context, plan, args.dry_run, &question, Weight::Destructive).await
}

/// Plans, asks and drops.
pub(super) async fn clean(context: &Context, args: &CleanArgs) -> Result<Outcome> {
    let collections = context.collections()?;
    let mut session = context.open(Need::Session).await?;
    let mut transaction = session.begin_read().await?;
    let table_oid = match &args.target {
        None => None,
        Some(target) => {
            let on = catalog::locate_column(&mut transaction, target, &collections).await?;
            Some(on.table.oid)
        }
    };
    let plan = index::plan_cleaning(&mut transaction, table_oid).await?;
    let overdue = overdue(&mut transaction).await?;
    transaction.commit().await?;
    warn_of(&overdue, context);
    session.close().await?;
    finish(
        context,
        plan,
        args.dry_run,
        "Drop what is left?",
        Weight::Additive,
    )
    .await
}

async fn finish(
    context: &Context,
    plan: RemovalPlan,
    dry_run: bool,
    question: &str,
    weight: Weight,
) -> Result<Outcome> {
    let shown = PlannedRemoval(plan);
    if dry_run || shown.0.steps.is_empty() {
        return context.finish(&shown);
    }
    context.show(&shown);
    let _consent = consent::ask(context, question, weight)?;
    let removed = index::remove(context.connector().await?, &shown.0, context.progress()).await?;
    context.finish(&removed)
}
