//! The benchmark as a gate: indexes measured on queries that they must have served, one alone or two by turns.

use clap::Args;

use super::tune::TuneQueries;
use crate::bench::{self, Choice, Configuration, Detour, Measured, Origin, PlanCount, Queries, Request, Way};
use crate::catalog::{self, Target};
use crate::cli::Context;
use crate::collection::IterativeScan;
use crate::connection::{Need, Session, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::index::replace::{Figures, Gate, Measuring, QuerySource, Wanted};
use crate::index::{Found, replaced_column};
use crate::sql::Ident;
use crate::vector::ElementType;

/// How many times each query is timed.
const PASSES: u32 = 3;

/// How an index is measured.
#[derive(Debug, Args)]
pub(super) struct GateArgs {
    #[command(flatten)]
    queries: TuneQueries,

    /// How many neighbours a query asks for; 10 unless it is said
    #[arg(short, long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    k: Option<u32>,

    /// How many candidates an HNSW scan keeps; 40 unless it is said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    ef_search: Option<u16>,

    /// How many lists an IVFFlat scan looks into; 10 unless it is said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=32_768))]
    probes: Option<u16>,
}

/// A column and queries for it.
pub(super) struct Asked {
    on: Target,
    queries: Queries,
    pub(super) source: QuerySource,
}

/// Measures indexes of one column with the same queries.
pub(super) struct BenchGate<'a> {
    context: &'a Context,
    on: Target,
    queries: Queries,
    request: Request,
}

impl GateArgs {
    /// The queries for the column of an index; none where the flags do not say which.
    pub(super) async fn asked(
        &self,
        context: &Context,
        session: &mut Session,
        index: &Found,
        column: &Ident,
    ) -> Result<Option<Asked>> {
        read(&self.queries, context, session, index, column).await
    }

    /// What the flags say of the measuring itself.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            k: self.k,
            ef_search: self.ef_search,
            probes: self.probes,
            ..Wanted::default()
        }
    }
}

/// The queries that an earlier run measured with, where vecops can find them again.
pub(super) async fn asked_before(
    source: &QuerySource,
    context: &Context,
    session: &mut Session,
    index: &Found,
    column: &Ident,
) -> Result<Asked> {
    let queries = match source {
        QuerySource::Stored { count } => TuneQueries::stored(*count),
        QuerySource::Builtin => TuneQueries::builtin(),
        QuerySource::Given { .. } => TuneQueries::default(),
    };
    let asked = read(&queries, context, session, index, column).await?;
    let plain = index.definition.qualified().plain();
    asked.ok_or_else(|| {
        Error::usage(format!(
            "the replacement of `{plain}` was begun with queries of yours, and goes on with the same"
        ))
        .hint("Give them again with the `--queries`, `--queries-sql` or `--queries-table` of that run.")
        .hint(format!(
            "Or undo it by `vecops index replace {plain} --rollback`."
        ))
    })
}

async fn read(
    queries: &TuneQueries,
    context: &Context,
    session: &mut Session,
    index: &Found,
    column: &Ident,
) -> Result<Option<Asked>> {
    let collections = context.collections()?;
    let mut transaction = session.begin_read().await?;
    let named = format!("{}.{column}", index.definition.table);
    let on = catalog::locate(&mut transaction, &named, &collections).await?;
    let found = queries
        .read_among(&mut transaction, &on, &collections, index.predicate.as_deref())
        .await?;
    transaction.commit().await.context("end the transaction")?;
    Ok(found.map(|found| Asked {
        source: match (found.origin, queries.stored) {
            (Origin::Stored, Some(count)) => QuerySource::Stored { count },
            (Origin::Builtin, _) => QuerySource::Builtin,
            _ => QuerySource::Given {
                digest: found.summary().sha256,
            },
        },
        queries: found,
        on,
    }))
}

impl Asked {
    /// The gate that measures so.
    pub(super) fn gate<'a>(self, context: &'a Context, measuring: &Measuring) -> BenchGate<'a> {
        let configuration = Configuration {
            ef_search: measuring.ef_search,
            iterative_scan: IterativeScan::Off,
            probes: measuring.probes,
        };
        BenchGate {
            context,
            on: self.on,
            queries: self.queries,
            request: Request {
                k: measuring.k,
                filter: None,
                configurations: vec![configuration],
                passes: PASSES,
                transaction: TransactionOptions::read(),
                seed: 1,
            },
        }
    }
}

impl Gate for BenchGate<'_> {
    async fn measure(&self, index: &Found) -> Result<Figures> {
        self.context
            .unless_interrupted(Box::pin(self.measured(index)))
            .await
    }

    async fn compare(&self, old: &Found, new: &Found) -> Result<Option<(Figures, Figures)>> {
        self.context
            .unless_interrupted(Box::pin(self.compared(old, new)))
            .await
    }
}

impl BenchGate<'_> {
    async fn measured(&self, index: &Found) -> Result<Figures> {
        let mut session = self.session().await?;
        let mut on = self.on.clone();
        let way = self.way(index, &mut on, Choice::Newest)?;
        let measured = self.by(&mut session, &on, &[&way]).await?;
        let measured = measured
            .first()
            .ok_or_else(|| Error::bug("a measurement without a configuration"))?;
        if let Some(other) = stray(measured, index) {
            return Err(self.hidden(index, other));
        }
        figures(measured, &on)
    }

    /// Both, query by query; none where the planner takes the new one for queries of the old one.
    async fn compared(&self, old: &Found, new: &Found) -> Result<Option<(Figures, Figures)>> {
        let mut session = self.session().await?;
        let mut on = self.on.clone();
        // An index of the same order is the newer one, unless it is another expression that it serves.
        let choice = if old.expression == new.expression {
            Choice::Cheapest
        } else {
            Choice::Newest
        };
        let old_way = self.way(old, &mut on, choice)?;
        let mut as_new = on.clone();
        let new_way = self.way(new, &mut as_new, Choice::Newest)?;
        if as_new.metric != on.metric {
            return Ok(None);
        }
        let used = bench::index_by(&mut session, &on, &self.queries, (&self.request, &old_way)).await?;
        if used.as_deref() != Some(old.definition.name.as_str()) {
            return Ok(None);
        }
        let measured = self.by(&mut session, &on, &[&old_way, &new_way]).await?;
        let [of_old, of_new] = measured.as_slice() else {
            return Err(Error::bug("two indexes were measured, and not two came back"));
        };
        if stray(of_old, old).is_some() {
            return Ok(None);
        }
        if let Some(other) = stray(of_new, new) {
            return Err(self.hidden(new, other));
        }
        Ok(Some((figures(of_old, &on)?, figures(of_new, &on)?)))
    }

    async fn session(&self) -> Result<Session> {
        let progress = self.context.progress();
        self.context.connector().await?.open(Need::Any, progress).await
    }

    async fn by(&self, session: &mut Session, on: &Target, ways: &[&Way]) -> Result<Vec<Measured>> {
        let progress = self.context.progress();
        let options = self.request.transaction.clone().repeatable().long();
        let mut transaction = session.begin(&options).await?;
        let condition = ways.first().and_then(|way| way.condition.as_deref());
        let (exact, _) = bench::exact_neighbours_among(
            &mut transaction,
            on,
            &self.queries,
            (&self.request, condition),
            progress,
        )
        .await?;
        transaction.commit().await.context("end the transaction")?;
        bench::measure_by(
            session,
            on,
            &self.queries,
            &exact,
            (&self.request, ways),
            progress,
        )
        .await
        .with_context(|| format!("measure the indexes of `{}`", on.table.plain()))
    }

    /// The error where queries did not use the index that they were to use.
    fn hidden(&self, index: &Found, other: &PlanCount) -> Error {
        let used = other
            .index
            .as_ref()
            .map_or_else(|| "no index".to_owned(), |index| format!("`{index}`"));
        Error::precondition(format!(
            "`{}` cannot be measured alone: {} of {} queries used {used} ({})",
            index.definition.qualified().plain(),
            other.queries,
            self.queries.len(),
            other.shape
        ))
        .hint("A newer index that serves the same order hides it; `vecops index list` shows them.")
    }

    /// The way to the rows that this index serves.
    fn way(&self, index: &Found, on: &mut Target, choice: Choice) -> Result<Way> {
        let metric = index
            .metric()
            .ok_or_else(|| Error::precondition(format!("the metric of `{}` is not known", index.opclass)))?;
        let Some(expression) = &index.expression else {
            on.metric = metric;
            return Ok(Way {
                detour: None,
                choice,
                condition: index.predicate.clone(),
            });
        };
        let vector = format!("($1::text::{})", on.extension.type_name(on.element));
        let is_bits = index.opclass.starts_with(ElementType::Bit.name());
        if metric.fits(on.element) {
            on.metric = metric;
        }
        Ok(Way {
            detour: Some(Detour {
                key: format!("({expression})"),
                argument: format!(
                    "({})",
                    replaced_column(expression, on.embedding.as_str(), &vector)
                ),
                metric,
                candidates: is_bits
                    .then(|| self.request.configurations.first())
                    .flatten()
                    .map(|configuration| u32::from(configuration.ef_search)),
            }),
            choice,
            condition: index.predicate.clone(),
        })
    }

    /// What figures from these queries hide, where they hide something.
    pub(super) fn warning(&self) -> Option<&'static str> {
        (self.queries.origin == bench::Origin::Stored).then_some(
            "the queries are stored rows, which the graph links from their own neighbours: recall looks better than for real queries",
        )
    }
}

/// The first way by which queries came to their rows that was not this index.
fn stray<'m>(measured: &'m Measured, index: &Found) -> Option<&'m PlanCount> {
    let own = index.definition.name.as_str();
    let mut plans = measured.plans.iter();
    plans.find(|plan| plan.index.as_deref() != Some(own))
}

fn figures(measured: &Measured, on: &Target) -> Result<Figures> {
    let recall = measured
        .recall
        .as_ref()
        .ok_or_else(|| Error::precondition(format!("`{}` has no row to find", on.table.plain())))?;
    Ok(Figures {
        queries: recall.queries,
        k: recall.k,
        recall: recall.mean,
        recall_low: recall.interval.low,
        recall_high: recall.interval.high,
        p50_ms: measured.latency_ms.p50.value,
        p95_ms: measured.latency_ms.p95.value,
        pages: measured.buffers.hit + measured.buffers.read,
    })
}
