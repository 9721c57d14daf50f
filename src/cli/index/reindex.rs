//! `vecops index reindex`.

use clap::Args;

use super::BuildArgs;
use super::gate::GateArgs;
use super::tune::share;
use super::view::PlannedReindex;
use crate::catalog;
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::{Need, Session};
use crate::error::{Error, Outcome, Result};
use crate::index::replace::Gate as _;
use crate::index::{self, Found, ReindexPlan};
use crate::sql::QualifiedName;

/// Build an index anew: smaller after many deletions, and without the damage that they did to the graph
///
/// Queries use the old index until the new one is there. With --if-needed, for cron: only where the index is larger than
/// a fresh one by more than --bloat, or where queries are given and its recall is surely below --min-recall (by the
/// upper end of its interval); otherwise nothing is done, and the figures say why.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index reindex public.items_embedding_cosine_hnsw --dry-run
  vecops index reindex public.items_embedding_cosine_hnsw --yes
  vecops index reindex public.items_embedding_cosine_hnsw --if-needed --yes
  vecops index reindex public.items_embedding_cosine_hnsw --if-needed --min-recall 0.95 --queries questions.jsonl --yes")]
pub(super) struct ReindexArgs {
    /// The index, as schema.name
    index: QualifiedName,

    /// Only where it is larger than a fresh one by so many percent; else there is nothing to do
    #[arg(long, value_name = "PERCENT", conflicts_with = "if_needed")]
    if_bloat: Option<u32>,

    /// Only where it is bloated, or finds too little
    #[arg(long)]
    if_needed: bool,

    /// How many times as large as a fresh one it may be
    #[arg(long, value_name = "RATIO", default_value_t = 1.5, value_parser = more_than_one, requires = "if_needed")]
    bloat: f64,

    /// The recall that it must have
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "if_needed")]
    min_recall: Option<f64>,

    #[command(flatten)]
    gate: GateArgs,

    #[command(flatten)]
    build: BuildArgs,
}

/// A ratio above one.
fn more_than_one(text: &str) -> Result<f64, String> {
    let ratio: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if ratio.is_finite() && ratio > 1.0 {
        Ok(ratio)
    } else {
        Err("it is to be above 1, such as 1.5".to_owned())
    }
}

/// Plans, asks and builds.
pub(super) async fn run(context: &Context, args: &ReindexArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Session).await?;
    let mut transaction = session.begin_read().await?;
    let found = index::find(&mut transaction, &args.index).await?;
    let plan = index::plan_reindex(&mut transaction, &found, args.build.options()).await?;
    transaction.commit().await?;
    let shown = judge(context, args, &mut session, &found, plan).await?;
    session.close().await?;
    let name = shown.plan.index.plain();
    if args.build.dry_run || !shown.needed {
        return context.finish(&shown);
    }
    context.show(&shown);
    let _consent = consent::ask(context, &format!("Build `{name}` anew?"), Weight::Additive)?;
    let built = index::reindex(context.connector().await?, &shown.plan, context.progress()).await?;
    context.finish(&built)
}

/// Whether it is needed, and why.
async fn judge(
    context: &Context,
    args: &ReindexArgs,
    session: &mut Session,
    found: &Found,
    plan: ReindexPlan,
) -> Result<PlannedReindex> {
    let mut shown = PlannedReindex {
        needed: true,
        reasons: Vec::new(),
        figures: None,
        plan,
    };
    if let Some(least) = args.if_bloat {
        let bloat = shown
            .plan
            .bloat_percent
            .ok_or_else(|| no_fresh_size(&shown.plan))?;
        shown.needed = bloat >= i64::from(least);
    }
    if !args.if_needed {
        return Ok(shown);
    }
    if shown.plan.bloat_ratio().is_none() && args.min_recall.is_none() {
        return Err(no_fresh_size(&shown.plan));
    }
    if let Some(ratio) = shown.plan.bloat_ratio().filter(|ratio| *ratio > args.bloat) {
        shown.reasons.push(format!(
            "it is {ratio:.2} times as large as a fresh one, and {} is allowed",
            args.bloat
        ));
    }
    shown.figures = recall(context, args, session, found).await?;
    if let (Some(figures), Some(least)) = (&shown.figures, args.min_recall)
        && figures.recall_high < least
    {
        shown.reasons.push(format!(
            "recall@{} is {:.4} (at most {:.4} with {} queries), and {least} is wanted",
            figures.k, figures.recall, figures.recall_high, figures.queries
        ));
    }
    shown.needed = !shown.reasons.is_empty();
    Ok(shown)
}

/// Whether it is bloated nobody can say.
fn no_fresh_size(plan: &ReindexPlan) -> Error {
    Error::precondition(format!(
        "how large a fresh `{}` would be cannot be said, so neither can its bloat: the size of sparse vectors depends on their values",
        plan.index.plain()
    ))
    .hint("Go by its recall: `--if-needed --min-recall 0.95 --queries FILE`; or build it anew without asking.")
}

async fn recall(
    context: &Context,
    args: &ReindexArgs,
    session: &mut Session,
    found: &Found,
) -> Result<Option<index::replace::Figures>> {
    if args.min_recall.is_none() {
        return Ok(None);
    }
    let mut transaction = session.begin_read().await?;
    let columns = catalog::vector_columns(&mut transaction).await?;
    transaction.commit().await?;
    let column = index::column_of(found, &columns)?;
    let asked = args.gate.asked(context, session, found, &column).await?;
    let Some(asked) = asked else {
        return Err(Error::usage("without queries there is no recall to measure").hint(
            "Give real ones with `--queries FILE`, or take stored rows with `--stored 200`, which flatters recall.",
        ));
    };
    let measuring = args.gate.wanted().measuring(asked.source.clone());
    let gate = asked.gate(context, &measuring);
    if let Some(warning) = gate.warning() {
        context.progress().warn(warning);
    }
    gate.measure(found).await.map(Some)
}
