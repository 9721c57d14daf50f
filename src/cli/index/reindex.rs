//! `vecops index reindex`.

use clap::Args;

use super::BuildArgs;
use super::view::PlannedReindex;
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::Need;
use crate::error::{Outcome, Result};
use crate::index;
use crate::sql::QualifiedName;

/// Build an index anew: smaller after many deletions, and without the damage that they did to the graph
///
/// Queries use the old index until the new one is there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index reindex public.items_embedding_cosine_hnsw --dry-run
  vecops index reindex public.items_embedding_cosine_hnsw --yes
  vecops index reindex public.items_embedding_cosine_hnsw --if-bloat 30 --yes")]
pub(super) struct ReindexArgs {
    /// The index, as schema.name
    index: QualifiedName,

    /// Only where it is larger than a fresh one by so many percent; else there is nothing to do
    #[arg(long, value_name = "PERCENT")]
    if_bloat: Option<u32>,

    #[command(flatten)]
    build: BuildArgs,
}

/// Plans, asks and builds.
pub(super) async fn run(context: &Context, args: &ReindexArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Session).await?;
    let mut transaction = session.begin_read().await?;
    let found = index::find(&mut transaction, &args.index).await?;
    let plan = index::plan_reindex(&mut transaction, &found, args.build.options()).await?;
    transaction.commit().await?;
    session.close().await?;
    let needed = args
        .if_bloat
        .is_none_or(|least| plan.bloat_percent.is_none_or(|bloat| bloat >= i64::from(least)));
    let name = plan.index.plain();
    let shown = PlannedReindex { plan, needed };
    if args.build.dry_run || !needed {
        return context.finish(&shown);
    }
    context.show(&shown);
    let _consent = consent::ask(context, &format!("Build `{name}` anew?"), Weight::Additive)?;
    let built = index::reindex(context.connector().await?, &shown.plan, context.progress()).await?;
    context.finish(&built)
}
