//! The benchmark as a gate: one index measured alone, on queries that it must have served.

use clap::Args;

use super::tune::TuneQueries;
use crate::bench::{self, Configuration, Detour, Queries, Request, Way};
use crate::catalog::{self, Target};
use crate::cli::Context;
use crate::collection::IterativeScan;
use crate::connection::{Need, Session, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::index::replace::{Figures, Gate};
use crate::index::{Found, replaced_column};
use crate::sql::{Ident, QualifiedName};
use crate::vector::ElementType;

/// How many times each query is timed.
const PASSES: u32 = 3;

/// How an index is measured.
#[derive(Debug, Args)]
pub(super) struct GateArgs {
    #[command(flatten)]
    queries: TuneQueries,

    /// How many neighbours a query asks for
    #[arg(short, long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    k: u32,

    /// How many candidates an HNSW scan keeps
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    ef_search: u16,

    /// How many lists an IVFFlat scan looks into
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=32_768))]
    probes: u16,
}

/// Measures indexes of one column with the same queries.
pub(super) struct BenchGate<'a> {
    context: &'a Context,
    on: Target,
    queries: Queries,
    request: Request,
}

impl GateArgs {
    /// The gate over a column; none where nothing says which queries.
    pub(super) async fn gate<'a>(
        &self,
        context: &'a Context,
        session: &mut Session,
        table: &QualifiedName,
        column: &Ident,
    ) -> Result<Option<BenchGate<'a>>> {
        let collections = context.collections()?;
        let mut transaction = session.begin_read().await?;
        let named = format!("{table}.{column}");
        let on = catalog::locate(&mut transaction, &named, &collections).await?;
        let queries = self.queries.read(&mut transaction, &on, &collections).await?;
        transaction.commit().await.context("end the transaction")?;
        let configuration = Configuration {
            ef_search: self.ef_search,
            iterative_scan: IterativeScan::Off,
            probes: self.probes,
        };
        let request = Request {
            k: self.k,
            filter: None,
            configurations: vec![configuration],
            passes: PASSES,
            transaction: TransactionOptions::read(),
            seed: 1,
        };
        Ok(queries.map(|queries| BenchGate {
            context,
            on,
            queries,
            request,
        }))
    }
}

impl Gate for BenchGate<'_> {
    async fn measure(&self, index: &Found) -> Result<Figures> {
        let plain = index.definition.qualified().plain();
        if let Some(predicate) = &index.predicate {
            return Err(Error::precondition(format!(
                "`{plain}` holds only rows with {predicate}, which the queries do not ask for"
            ))
            .hint("Leave the queries out, or measure it with `vecops bench run --filter`."));
        }
        let progress = self.context.progress();
        let mut session = self.context.connector().await?.open(Need::Any, progress).await?;
        let mut on = self.on.clone();
        let way = self.way(index, &mut on)?;
        let options = self.request.transaction.clone().repeatable().long();
        let mut transaction = session.begin(&options).await?;
        let (exact, _) =
            bench::exact_neighbours(&mut transaction, &on, &self.queries, &self.request, progress).await?;
        transaction.commit().await.context("end the transaction")?;
        let measured = bench::measure_by(
            &mut session,
            &on,
            &self.queries,
            &exact,
            (&self.request, &way),
            progress,
        )
        .await
        .with_context(|| format!("measure the index `{plain}`"))?;
        let measured = measured
            .into_iter()
            .next()
            .ok_or_else(|| Error::bug("a measurement without a configuration"))?;
        let own = index.definition.name.as_str();
        if let Some(other) = measured
            .plans
            .iter()
            .find(|plan| plan.index.as_deref() != Some(own))
        {
            let used = other
                .index
                .as_ref()
                .map_or_else(|| "no index".to_owned(), |index| format!("`{index}`"));
            return Err(Error::precondition(format!(
                "`{plain}` cannot be measured alone: {} of {} queries used {used} ({})",
                other.queries,
                self.queries.len(),
                other.shape
            ))
            .hint("A newer index that serves the same order hides it; `vecops index list` shows them."));
        }
        let recall = measured
            .recall
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
}

impl BenchGate<'_> {
    /// The way to the rows that only this index serves.
    fn way(&self, index: &Found, on: &mut Target) -> Result<Way> {
        let metric = index
            .metric()
            .ok_or_else(|| Error::precondition(format!("the metric of `{}` is not known", index.opclass)))?;
        let Some(expression) = &index.expression else {
            on.metric = metric;
            return Ok(Way {
                detour: None,
                by_newest: true,
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
                    replaced_column(expression, &on.embedding.plain(), &vector)
                ),
                metric,
                candidates: is_bits
                    .then(|| self.request.configurations.first())
                    .flatten()
                    .map(|configuration| u32::from(configuration.ef_search)),
            }),
            by_newest: true,
        })
    }

    /// What figures from these queries hide, where they hide something.
    pub(super) fn warning(&self) -> Option<&'static str> {
        (self.queries.origin == bench::Origin::Stored).then_some(
            "the queries are stored rows, which the graph links from their own neighbours: recall looks better than for real queries",
        )
    }
}
