//! `vecops index replace`.

mod view;

use std::time::Duration;

use clap::{Args, ValueEnum};
use sqlx::PgConnection;

use self::view::{PlannedReplacement, UnderWay};
pub(super) use self::view::{said, warn_of};
use super::gate::{BenchGate, GateArgs, asked_before};
use super::tune::share;
use crate::catalog::{self, LocatedColumn};
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::collection::Collections;
use crate::connection::{Need, Session};
use crate::error::{Error, Outcome, Result};
use crate::index::replace::{
    self, Changes, Criteria, MethodName, ReplacePlan, Replacement, Step, Terms, Wanted, replacements,
};
use crate::index::{self, Found, Wishes, holds_column};
use crate::sql::{Ident, QualifiedName};
use crate::vector::ElementType;

/// Replace a vector index by one with other parameters, another type or another method, without ever being without one
///
/// The new index is built beside the old one while readers and writers go on, checked, and with queries measured: its
/// recall against exact neighbours, its latency against the old one's. Only then the names are exchanged, in one
/// transaction. The old one is kept for --grace, or until --finish; --rollback goes back to it. Where the new index is
/// not good enough it is dropped, and the command ends with 3. However a run ends, the same command goes on, by what was
/// asked for at first; other thresholds or queries are refused until --rollback. Nothing runs by itself: when the grace is
/// over, the next run drops the old index, and `vecops index list` says that it waits.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index replace documents --m 32 --ef-construction 128 --dry-run
  vecops index replace documents --m 32 --queries questions.jsonl --min-recall 0.97 --max-p95-ratio 1.5 --yes
  vecops index replace public.items_embedding_cosine_hnsw --type halfvec --queries questions.jsonl --yes
  vecops index replace documents --rollback --yes
  vecops index replace documents --finish --yes")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ReplaceArgs {
    /// The index as schema.name, or a collection or table that has one
    target: String,

    /// Another method: a graph, or lists around centres
    #[arg(long, value_enum)]
    method: Option<MethodArg>,

    /// Links of each element of a graph
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100))]
    m: Option<u32>,

    /// Candidates kept while an element enters a graph; at least twice m
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=1000))]
    ef_construction: Option<u32>,

    /// Lists of an ivfflat index
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32_768))]
    lists: Option<u32>,

    /// The element type that the new index holds: vector, halfvec, bit or sparsevec; queries must then be written otherwise
    #[arg(long = "type", value_name = "TYPE")]
    element: Option<ElementType>,

    #[command(flatten)]
    gate: GateArgs,

    /// The least recall, which the lower end of its interval must reach; without it, the new index must not be worse
    #[arg(long, value_name = "SHARE", value_parser = share)]
    min_recall: Option<f64>,

    /// The most that the 95th percentile of latency may be, in times the old one's
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    max_p95_ratio: Option<f64>,

    /// How long the old index is kept afterwards, a day unless it is said; 0s drops it at once
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    grace: Option<Duration>,

    /// Leave a new index that is not good enough beside the old one
    #[arg(long)]
    keep: bool,

    /// Drop the old index now
    #[arg(long, conflicts_with_all = ["rollback", "method", "m", "ef_construction", "lists", "element", "keep"])]
    finish: bool,

    /// Give the old index its name again, and drop the new one
    #[arg(long, conflicts_with_all = ["method", "m", "ef_construction", "lists", "element", "keep"])]
    rollback: bool,

    /// Memory for the build, such as 2GB; without it, what the graph needs and the server can spare
    #[arg(long, value_name = "SIZE", value_parser = crate::cli::memory::parse)]
    maintenance_work_mem: Option<u64>,

    /// Parallel workers for the build; without it, what the server allows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1024))]
    workers: Option<u32>,

    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    Hnsw,
    Ivfflat,
}

/// A number above nought.
fn ratio(text: &str) -> Result<f64, String> {
    let ratio: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if ratio.is_finite() && ratio > 0.0 {
        Ok(ratio)
    } else {
        Err("it is to be above 0, such as 1.5".to_owned())
    }
}

impl ReplaceArgs {
    fn changes(&self) -> Changes {
        Changes {
            method: self.method.map(|method| match method {
                MethodArg::Hnsw => MethodName::Hnsw,
                MethodArg::Ivfflat => MethodName::Ivfflat,
            }),
            m: self.m,
            ef_construction: self.ef_construction,
            lists: self.lists,
            element: self.element,
        }
    }

    fn wishes(&self) -> Wishes {
        Wishes {
            memory: self.maintenance_work_mem,
            workers: self.workers,
        }
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            criteria: Criteria {
                min_recall: self.min_recall,
                max_p95_ratio: self.max_p95_ratio,
            },
            grace_seconds: self.grace.as_ref().map(Duration::as_secs_f64),
            keeps_refused: self.keep,
            ..self.gate.wanted()
        }
    }
}

/// What is replaced, and how far that is.
struct Subject {
    found: Found,
    on: LocatedColumn,
    under_way: Option<Replacement>,
}

/// Looks how far it is, plans, asks and goes on from there.
pub(super) async fn run(context: &Context, args: &ReplaceArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Session).await?;
    let collections = context.collections()?;
    let mut transaction = session.begin_read().await?;
    let subject = subject(&mut transaction, &args.target, &collections).await?;
    let plain = subject.found.definition.qualified().plain();
    let step = subject.under_way.as_ref().map(|state| state.step);
    match (&subject.under_way, step) {
        (None, _) if args.finish || args.rollback => Err(Error::precondition(format!(
            "no replacement of `{plain}` is under way"
        ))
        .hint("`vecops index list` shows what is there.")),
        (Some(state), Some(Step::Building)) if args.finish => Err(Error::precondition(format!(
            "the replacement of `{plain}` has not come to the exchange of names yet"
        ))
        .hint(format!(
            "Run `vecops index replace {}` to go on.",
            state.index.plain()
        ))),
        (Some(state), Some(Step::Undoing)) => end(context, args, state, true).await,
        (Some(state), _) if args.rollback => end(context, args, state, true).await,
        (Some(state), Some(Step::Swapped)) if args.finish || state.is_due => {
            end(context, args, state, false).await
        }
        (Some(state), Some(Step::Swapped)) => {
            expect_same(args, state)?;
            context.finish(&UnderWay(state.clone()))
        }
        _ => {
            let plan = replace::plan_replacement(
                &mut transaction,
                subject.found,
                &subject.on,
                args.changes(),
                args.wishes(),
                subject.under_way,
            )
            .await?;
            transaction.commit().await?;
            replace(context, args, session, plan, &subject.on.column).await
        }
    }
}

fn expect_same(args: &ReplaceArgs, state: &Replacement) -> Result<()> {
    let changes = args.changes();
    if changes.is_empty() || changes == state.changes {
        let kept = state.terms.as_ref();
        return kept.map_or(Ok(()), |terms| {
            args.wanted().expect_agreement(terms, &state.index)
        });
    }
    let plain = state.index.plain();
    Err(Error::conflict(format!(
        "`{plain}` was replaced already, and the old index is still kept"
    ))
    .hint(format!(
        "Run `vecops index replace {plain} --finish` first, or `--rollback`."
    )))
}

/// Drops the old index, or goes back to it.
async fn end(context: &Context, args: &ReplaceArgs, state: &Replacement, back: bool) -> Result<Outcome> {
    let plain = state.index.plain();
    if args.dry_run {
        return context.finish(&UnderWay(state.clone()));
    }
    context.show(&UnderWay(state.clone()));
    let question = if back {
        format!("Go back to the old index of `{plain}`, and drop the new one?")
    } else {
        format!("Drop the old index of `{plain}`?")
    };
    let _consent = consent::ask(context, &question, Weight::Destructive)?;
    let connector = context.connector().await?;
    let replaced = if back {
        replace::roll_back(connector, state, context.progress()).await?
    } else {
        replace::finish(connector, state, context.progress()).await?
    };
    context.finish(&replaced)
}

async fn replace(
    context: &Context,
    args: &ReplaceArgs,
    mut session: Session,
    plan: ReplacePlan,
    column: &Ident,
) -> Result<Outcome> {
    let (terms, gate) = terms_and_gate(context, args, &mut session, &plan, column).await?;
    // What follows has sessions of its own, and may take hours.
    session.close().await?;
    let name = plan.index.plain();
    let shown = PlannedReplacement { plan, terms };
    if args.dry_run {
        return context.finish(&shown);
    }
    context.show(&shown);
    if let Some(warning) = gate.as_ref().and_then(BenchGate::warning) {
        context.progress().warn(warning);
    }
    let _consent = consent::ask(context, &format!("Replace `{name}`?"), Weight::Additive)?;
    context.keep_ways_on(vec![
        format!("Queries of `{name}` have an index as before; `vecops index list` shows how far the replacement is."),
        format!("To go on run the same command again, or `vecops index replace {name}`."),
        format!("To undo it run `vecops index replace {name} --rollback`."),
    ]);
    let replaced = replace::replace(
        context.connector().await?,
        &shown.plan,
        gate.as_ref(),
        &shown.terms,
        context.progress(),
    )
    .await?;
    context.finish(&replaced)
}

/// What the replacement is asked for, by this run or the one that began it, and what measures it.
async fn terms_and_gate<'a>(
    context: &'a Context,
    args: &ReplaceArgs,
    session: &mut Session,
    plan: &ReplacePlan,
    column: &Ident,
) -> Result<(Terms, Option<BenchGate<'a>>)> {
    let kept = plan.under_way.as_ref().and_then(|state| state.terms.as_ref());
    let asked = args.gate.asked(context, session, &plan.old, column).await?;
    let wanted = Wanted {
        queries: asked.as_ref().map(|asked| asked.source.clone()),
        ..args.wanted()
    };
    let terms = wanted.terms(kept, &plan.index)?;
    let Some(measuring) = &terms.measuring else {
        if terms.criteria != Criteria::default() {
            return Err(Error::usage("without queries there is nothing to measure")
                .hint("Give real ones with `--queries FILE`, or take stored rows with `--stored 200`, which flatters recall."));
        }
        return Ok((terms, None));
    };
    let asked = match asked {
        Some(asked) => asked,
        None => asked_before(&measuring.queries, context, session, &plan.old, column).await?,
    };
    let gate = asked.gate(context, measuring);
    Ok((terms, Some(gate)))
}

/// The index that is named, or the one of the table or collection that is.
async fn subject(connection: &mut PgConnection, target: &str, collections: &Collections) -> Result<Subject> {
    let found = index::vector_indexes(connection, None).await?;
    let name = target.parse::<QualifiedName>().ok();
    let named = name
        .filter(|_| collections.get(target).is_none())
        .and_then(|name| found.iter().find(|index| index.definition.qualified() == name));
    if let Some(named) = named {
        let columns = catalog::vector_columns(connection).await?;
        let column = index::column_of(named, &columns)?;
        let table = &named.definition.table;
        let on = catalog::locate_column(connection, &format!("{table}.{column}"), collections).await?;
        return with_state(connection, named.clone(), on).await;
    }
    let on = catalog::locate_column(connection, target, collections).await?;
    let all = replacements(connection, Some(&on.table.name.schema)).await?;
    let is_beside = |name: &Ident| all.iter().any(|state| state.new == *name || state.old == *name);
    let column = on.column.as_str();
    let candidates: Vec<&Found> = found
        .iter()
        .filter(|index| index.definition.table == on.table.name && index.is_valid)
        .filter(|index| !is_beside(&index.definition.name))
        .filter(|index| {
            let expression = index.expression.as_deref();
            index.column == column || expression.is_some_and(|text| holds_column(text, column))
        })
        .collect();
    match candidates.as_slice() {
        [one] => with_state(connection, (*one).clone(), on).await,
        [] => Err(Error::precondition(format!(
            "`{}.{}` has no vector index",
            on.table.name.plain(),
            on.column.plain()
        ))
        .hint(format!("Build one: `vecops index create {target}`."))),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|index| format!("`{}`", index.definition.qualified().plain()))
                .collect();
            Err(Error::usage(format!(
                "`{target}` has several vector indexes: {}",
                names.join(", ")
            ))
            .hint("Name the one that is to be replaced."))
        }
    }
}

async fn with_state(connection: &mut PgConnection, found: Found, on: LocatedColumn) -> Result<Subject> {
    let index = found.definition.qualified();
    let all = replacements(connection, Some(&index.schema)).await?;
    Ok(Subject {
        under_way: all.into_iter().find(|state| state.index == index),
        found,
        on,
    })
}
