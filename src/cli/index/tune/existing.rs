//! Level `ef`: the index that is there, measured read-only by the benchmark's machinery.

use std::time::Instant;

use super::output::{Kept, ef_script};
use super::{TuneArgs, article, origin};
use crate::bench::{self, Configuration, Measured, Queries, Request};
use crate::catalog::{self, Target};
use crate::cli::Context;
use crate::collection::IterativeScan;
use crate::connection::{Need, Session, TransactionOptions};
use crate::error::{Context as _, Error, Outcome, Result};
use crate::tune::{self, EfReport, Goal, Observation, Preflight};
use crate::vector::neighbours::Exact;

/// How many times each query is timed under each `ef_search`.
const PASSES: u32 = 2;

pub(super) async fn run(context: &Context, args: &TuneArgs) -> Result<Outcome> {
    let started = Instant::now();
    let kept = Kept::new(args)?;
    let collections = context.collections()?;
    let mut session = context.open(Need::Any).await?;
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &args.target, &collections).await?;
    let preflight = tune::preflight(&mut transaction, &on, args.k).await?;
    let queries = args.queries.read(&mut transaction, &on, &collections).await?;
    let functions = tune::search_functions(&mut transaction, &on).await?;
    transaction.commit().await.context("end the transaction")?;
    let queries = queries.ok_or_else(|| {
        Error::usage("the index that is there holds every row, so queries must come from elsewhere").hint(
            "Give real ones with `--queries FILE`, or take stored rows with `--stored 300`, which flatters recall.",
        )
    })?;
    let goal = Goal {
        recall: args.recall,
        k: args.k,
        most: usable(&on, &preflight)?,
    };
    let mut measuring = Measuring {
        session,
        on: &on,
        queries: &queries,
        request: request(args),
        context,
    };
    let (exact, facts) = measuring.exact().await?;
    let first = [preflight.ef_search, 20, 80];
    let found = tune::smallest_ef(goal, &first, async |efs| measuring.measure(&exact, efs).await).await?;
    let k = usize::try_from(args.k).unwrap_or(usize::MAX);
    let mut warnings: Vec<String> = queries.origin.warning().into_iter().collect();
    warnings.extend(weaknesses(&preflight));
    let mut report = EfReport {
        subject: super::subject(args, &on, origin(queries.origin), queries.len()),
        level: "ef",
        exact_rows: facts.rows,
        measured: found.observations.iter().filter_map(|one| one.seen(k)).collect(),
        exponent: found.law.map(|law| law.exponent),
        ef_search: found.found,
        meets_p95: None,
        advice: found
            .found
            .map_or_else(Vec::new, |ef| tune::advice(&on, &functions, ef)),
        apply_sql: None,
        preflight,
        warnings,
        seconds: started.elapsed().as_secs_f64(),
    };
    report.meets_p95 = args
        .p95
        .and_then(|limit| report.pick().map(|pick| pick.p95_ms <= limit));
    report.apply_sql = ef_script(&report, on.extension.load_library());
    kept.write(
        context,
        &report,
        &article::of_ef(&report),
        report.apply_sql.as_deref(),
    )?;
    context.finish(&report)
}

/// The largest `ef_search` with which the planner takes the index.
fn usable(on: &Target, preflight: &Preflight) -> Result<u16> {
    preflight.last_used_ef.ok_or_else(|| {
        Error::precondition(format!(
            "the planner does not take `{}` for such queries on `{}`: it reads the whole table, whatever ef_search is",
            preflight.index,
            on.table.plain()
        ))
        .hint("So small a table is exact without an index. Where it is large: `analyze` it, and see `random_page_cost`.")
    })
}

fn weaknesses(preflight: &Preflight) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(last) = preflight.last_used_ef.filter(|last| *last < 1_000) {
        warnings.push(format!(
            "from an ef_search of {} on the planner reads the whole table instead of the index",
            u32::from(last) + 1
        ));
    }
    if preflight.scans == 0 {
        warnings.push(format!(
            "no query has used `{}` since the statistics were reset: `vecops search --explain` shows a plan",
            preflight.index
        ));
    }
    warnings
}

fn request(args: &TuneArgs) -> Request {
    Request {
        k: args.k,
        filter: None,
        configurations: Vec::new(),
        passes: PASSES,
        transaction: TransactionOptions::read(),
        seed: args.seed,
    }
}

/// The benchmark, as tuning asks it.
struct Measuring<'a> {
    session: Session,
    on: &'a Target,
    queries: &'a Queries,
    request: Request,
    context: &'a Context,
}

impl Measuring<'_> {
    async fn exact(&mut self) -> Result<(Vec<Exact>, bench::Exactness)> {
        let progress = self.context.progress();
        let options = self.request.transaction.clone().repeatable().long();
        let mut transaction = self.session.begin(&options).await?;
        let found =
            bench::exact_neighbours(&mut transaction, self.on, self.queries, &self.request, progress).await?;
        transaction.commit().await.context("end the transaction")?;
        Ok(found)
    }

    async fn measure(&mut self, exact: &[Exact], efs: &[u16]) -> Result<Vec<Observation>> {
        let configuration = |ef_search: &u16| Configuration {
            ef_search: *ef_search,
            iterative_scan: IterativeScan::Off,
            probes: 1,
        };
        let request = Request {
            configurations: efs.iter().map(configuration).collect(),
            ..self.request.clone()
        };
        let progress = self.context.progress();
        let measured = bench::measure(
            &mut self.session,
            self.on,
            self.queries,
            exact,
            &request,
            progress,
        );
        Ok(measured.await?.iter().map(observation).collect())
    }
}

fn observation(measured: &Measured) -> Observation {
    Observation {
        ef_search: measured.configuration.ef_search,
        recalls: measured.recalls.iter().flatten().copied().collect(),
        pages: measured.buffers.hit + measured.buffers.read,
        p50_ms: measured.latency_ms.p50.value,
        p95_ms: measured.latency_ms.p95.value,
        indexed_share: measured.indexed_share(),
    }
}
