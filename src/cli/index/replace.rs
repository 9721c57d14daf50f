//! `vecops index replace`.

mod subject;
mod view;

use std::time::Duration;

use self::subject::Subject;
use self::view::{PlannedReplacement, UnderWay};
pub(super) use self::view::{said, warn_of};
use super::gate::{BenchGate, GateArgs, asked_before};
use super::tune::share;
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::{Need, Session};
use crate::error::{Error, Outcome, Result};
use crate::index::Wishes;
use crate::index::replace::{
    self, Changes, Criteria, MethodName, ReplacePlan, Replacement, Step, Terms, Wanted,
};
use crate::sql::Ident;
use crate::vector::ElementType;
use clap::{Args, ValueEnum};

/// Replace a vector index by one with other parameters, another type or another method, without ever being without one
///
/// The new index is built beside the old one while readers and writers go on, checked, and with queries measured: its
/// recall against exact neighbours, its latency against the old one's. Only then the names are exchanged, in one
/// transaction. The old one is kept for --grace, or until --finish; --rollback goes back to it. Where the new index is
/// not good enough it is dropped, and the command ends with 3. While both are there the planner uses either. However a run ends, the same command goes on, by what was
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
    #[arg(long, value_name = "DURATION", value_parser = grace)]
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
    #[arg(long, value_name = "SIZE", value_parser = crate::cli::memory::parse_maintenance)]
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

/// How long an old index may be kept: what a date can be counted from now.
fn grace(text: &str) -> Result<Duration, String> {
    let grace = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if grace > Duration::from_hours(24 * 3_653) {
        return Err("it is to be ten years at most; every write enters the old index for as long".to_owned());
    }
    Ok(grace)
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

/// What a run does.
enum Next {
    /// Drops the old index, or goes back to it.
    End { back: bool },
    /// Says how far it is.
    Say,
    /// Goes on from where it is, or begins.
    Go,
}

/// Looks how far it is, plans, asks and goes on from there.
pub(super) async fn run(context: &Context, args: &ReplaceArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Session).await?;
    let collections = context.collections()?;
    let mut transaction = session.begin_read().await?;
    if let Some(state) = subject::without_index(&mut transaction, &args.target).await? {
        transaction.commit().await?;
        session.close().await?;
        return stranded(context, args, &state).await;
    }
    let subject = subject::subject(&mut transaction, &args.target, &collections).await?;
    let next = next(args, &subject)?;
    if let (Some(state), Next::End { .. } | Next::Say) = (&subject.under_way, &next) {
        // A question may wait for long, and the end has sessions of its own.
        transaction.commit().await?;
        session.close().await?;
        return match next {
            Next::End { back } => end(context, args, state, back).await,
            _ => context.finish(&UnderWay(state.clone())),
        };
    }
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

fn next(args: &ReplaceArgs, subject: &Subject) -> Result<Next> {
    let plain = subject.found.definition.qualified().plain();
    let Some(state) = &subject.under_way else {
        if args.finish || args.rollback {
            return Err(
                Error::precondition(format!("no replacement of `{plain}` is under way"))
                    .hint("`vecops index list` shows what is there."),
            );
        }
        return Ok(Next::Go);
    };
    match state.step {
        Step::Building if args.finish => Err(Error::precondition(format!(
            "the replacement of `{plain}` has not come to the exchange of names yet"
        ))
        .hint(format!("Run `vecops index replace {plain}` to go on."))),
        Step::Building if !args.rollback => Ok(Next::Go),
        Step::Building | Step::Undoing => Ok(Next::End { back: true }),
        Step::Swapped if args.finish || args.rollback => Ok(Next::End { back: args.rollback }),
        Step::Swapped => {
            expect_same(args, state)?;
            Ok(if state.is_due {
                Next::End { back: false }
            } else {
                Next::Say
            })
        }
    }
}

/// The index that was being replaced is gone, by somebody else's hand.
async fn stranded(context: &Context, args: &ReplaceArgs, state: &Replacement) -> Result<Outcome> {
    if args.rollback {
        return end(context, args, state, true).await;
    }
    let plain = state.index.plain();
    Err(Error::precondition(format!(
        "`{plain}`, whose replacement is under way, is gone"
    ))
    .hint(format!(
        "`vecops index replace {plain} --rollback` gives the old index its name again, where that one is kept, and forgets the replacement."
    )))
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
