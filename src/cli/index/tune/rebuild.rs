//! Level `rebuild`: other indexes, tried away from the database on a sample of its vectors.

use std::time::Instant;

use bytesize::ByteSize;
use clap::Args;
use sqlx::PgConnection;

use super::output::{Kept, complete};
use super::prepare::{Prepared, memory, plan, prepare, subject};
use super::workshop::Workshop;
use super::{TuneArgs, article};
use crate::bench::{self, Origin, Queries, Request};
use crate::catalog::{IdColumn, Target};
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::{Need, Session, TransactionOptions};
use crate::error::{Error, Outcome, Result};
use crate::sql::{Ident, QualifiedName};
use crate::tune::{self, Candidate, GraphServer, Graphs, Level, RebuildReport};
use crate::vector::ElementType;
use crate::vector::Metric;
use crate::vector::neighbours::Exact;

/// How much of the sample each level holds.
pub(super) const SHARES: [f64; 3] = [0.25, 0.5, 1.0];

/// What level `rebuild` takes besides.
#[derive(Debug, Args)]
pub(super) struct RebuildArgs {
    /// How many rows travel: a number, or all; without it a quarter of the table, 25,000 to 250,000 rows
    #[arg(long, value_name = "N|all", value_parser = sample)]
    pub(super) sample: Option<Sample>,

    /// Hold so many of these rows out of the graphs and ask them as queries, where no other queries are given
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=10_000))]
    pub(super) held_out: u32,

    /// Read from the database no faster than this a second, such as 20MB
    #[arg(long, value_name = "SIZE")]
    pub(super) max_rate: Option<ByteSize>,

    /// The largest index that may be picked, such as 4GB
    #[arg(long, value_name = "SIZE")]
    pub(super) max_index_size: Option<ByteSize>,

    /// The most memory that a build may take
    #[arg(long, value_name = "SIZE")]
    pub(super) max_build_memory: Option<ByteSize>,

    /// The links of each element to try
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "8,16,24,32", value_parser = clap::value_parser!(u32).range(2..=100))]
    pub(super) m: Vec<u32>,

    /// The candidates kept while an element is inserted to try; at least twice m
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "64,128", value_parser = clap::value_parser!(u32).range(4..=1_000))]
    pub(super) ef_construction: Vec<u32>,

    /// The element types to try: vector, halfvec, and bit, whose finds are ordered again by the vectors
    #[arg(
        long = "type",
        value_name = "TYPE,...",
        value_delimiter = ',',
        default_value = "vector,halfvec,bit"
    )]
    pub(super) element: Vec<ElementType>,

    /// Also try halfvec indexes on so many leading dimensions, for models that allow it (Matryoshka)
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=4_000))]
    pub(super) leading: Vec<u32>,

    /// Say what would be read and tried, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// How much travels.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sample {
    All,
    Rows(u64),
}

fn sample(text: &str) -> Result<Sample, String> {
    if text == "all" {
        return Ok(Sample::All);
    }
    match text.replace('_', "").parse() {
        Ok(rows) if rows >= 1_000 => Ok(Sample::Rows(rows)),
        Ok(_) => Err("at least 1000 rows".to_owned()),
        Err(_) => Err("a number of rows, or `all`".to_owned()),
    }
}

pub(super) async fn run(context: &Context, args: &TuneArgs) -> Result<Outcome> {
    let started = Instant::now();
    if args.queries.stored.is_some() {
        return Err(
            Error::usage("stored rows are no queries for graphs that hold them")
                .hint("Leave `--stored` out: rows are held out of the graphs then (`--held-out N`)."),
        );
    }
    let kept = Kept::new(args)?;
    let mut session = context.open(Need::Any).await?;
    let prepared = prepare(context, args, &mut session).await?;
    let plan = plan(args, &prepared);
    if args.rebuild.dry_run {
        return context.finish(&plan);
    }
    context.show(&plan);
    let question = format!(
        "Read {} from the database and try them here?",
        ByteSize::b(plan.pull.bytes).display().iec()
    );
    let _consent = consent::ask(context, &question, Weight::Additive)?;
    let workshop = Workshop::make(context, prepared.major).await?;
    let work = tuned(context, args, &mut session, &prepared, &workshop, started);
    let report = Box::pin(context.unless_interrupted(work)).await;
    let closed = workshop.close().await;
    let report = report?;
    closed?;
    let script = report.apply_sql.as_deref();
    kept.write(context, &report, &article::of_rebuild(&report), script)?;
    context.finish(&report)
}

async fn tuned(
    context: &Context,
    args: &TuneArgs,
    session: &mut Session,
    prepared: &Prepared,
    workshop: &Workshop,
    started: Instant,
) -> Result<RebuildReport> {
    let progress = context.progress();
    let connection = workshop.start(context).await?;
    let schema = Ident::constant("extensions");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = u32::try_from(cores.saturating_sub(1)).unwrap_or(0).min(4);
    let mut server =
        GraphServer::prepare(connection, prepared.column.clone(), schema, workers, memory).await?;
    let most = args.rebuild.max_rate.map(|size| size.as_u64());
    let pulled = tune::pull(
        session,
        server.connection(),
        &prepared.on,
        prepared.pull,
        most,
        progress,
    )
    .await?;
    let queries = match &prepared.queries {
        Some(queries) => {
            server.ask_these(queries.texts().to_vec()).await?;
            queries.clone()
        }
        None => held_out(&mut server, prepared, args.rebuild.held_out).await?,
    };
    let mut data = server.facts().await?;
    let levels = levels(context, args, &mut server, prepared, &queries).await?;
    data.intrinsic_dimension = levels
        .last()
        .and_then(|level| intrinsic_dimension(&level.exact, prepared.column.metric));
    let mut tried = tune::try_candidates(
        &mut server,
        &levels,
        prepared.candidates.clone(),
        &prepared.column,
        &prepared.wanted,
        progress,
    )
    .await?;
    tried.dropped.extend(prepared.dropped.clone());
    let mut subject = subject(args, prepared);
    subject.queries = queries.len();
    let mut report = RebuildReport {
        subject,
        level: "rebuild",
        rows: prepared.wanted.rows,
        pulled,
        data,
        samples: levels.iter().map(|level| level.rows).collect(),
        tried,
        commands: Vec::new(),
        apply_sql: None,
        warnings: Vec::new(),
        seconds: 0.0,
    };
    complete(&mut report, args, prepared)?;
    report.warnings = warnings(&report, prepared);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Rows of the sample as queries; they are in no graph.
async fn held_out<M>(server: &mut GraphServer<M>, prepared: &Prepared, count: u32) -> Result<Queries>
where
    M: Fn(&Candidate, u64) -> u64,
{
    let texts = server.hold_out(count).await?;
    let vectors = texts
        .iter()
        .map(|text| {
            crate::vector::parse(text).map_err(|wrong| Error::bug(format!("a vector that is none: {wrong}")))
        })
        .collect::<Result<Vec<Vec<f32>>>>()?;
    // They are no rows of what is asked, so nothing is to be left out of an answer.
    Queries::new(&prepared.on, Origin::File, &vectors)
}

/// The samples, each with the exact neighbours of the queries in it.
async fn levels<M>(
    context: &Context,
    args: &TuneArgs,
    server: &mut GraphServer<M>,
    prepared: &Prepared,
    queries: &Queries,
) -> Result<Vec<Level>>
where
    M: Fn(&Candidate, u64) -> u64,
    GraphServer<M>: Graphs,
{
    let mut levels = Vec::new();
    for (place, share) in SHARES.into_iter().enumerate() {
        let (table, rows) = server.make_level(place, prepared.pull, share).await?;
        let on = local(&prepared.on, table);
        let exact = exact(context, args, server.connection(), &on, queries).await?;
        levels.push(Level { rows, exact });
    }
    Ok(levels)
}

/// The target as it is on the other server.
fn local(on: &Target, table: QualifiedName) -> Target {
    let mut local = on.clone();
    local.table = table;
    local.id = IdColumn {
        name: Ident::constant("key"),
        type_text: "text".to_owned(),
    };
    local.embedding = Ident::constant("embedding");
    local.extension.schema = Ident::constant("extensions");
    local.indexes = Vec::new();
    local
}

async fn exact(
    context: &Context,
    args: &TuneArgs,
    connection: &mut PgConnection,
    on: &Target,
    queries: &Queries,
) -> Result<Vec<Exact>> {
    let request = Request {
        k: args.k,
        filter: None,
        configurations: Vec::new(),
        passes: 0,
        transaction: TransactionOptions::read(),
        seed: args.seed,
    };
    let found = bench::exact_neighbours(connection, on, queries, &request, context.progress()).await?;
    Ok(found.0)
}

/// By how many numbers the neighbourhood of a query can be described: the maximum likelihood estimate over its neighbours
/// (E. Levina, P. Bickel), in the mean. Cosine and inner product grow with the square of a distance.
fn intrinsic_dimension(exact: &[Exact], metric: Metric) -> Option<f64> {
    let power = match metric {
        Metric::Cosine => 2.0,
        Metric::L2 | Metric::L1 => 1.0,
        _ => return None,
    };
    let of_query = |exact: &Exact| {
        let farthest = exact.farthest().filter(|farthest| *farthest > 0.0)?;
        let logarithms: Vec<f64> = exact
            .neighbours
            .iter()
            .take(exact.count.saturating_sub(1))
            .filter(|one| one.distance > 0.0)
            .map(|one| (one.distance / farthest).ln())
            .collect();
        let count = f64::from(u32::try_from(logarithms.len()).ok()?);
        let mean = logarithms.iter().sum::<f64>() / count;
        (mean < 0.0).then(|| -power / mean)
    };
    let all: Vec<f64> = exact.iter().filter_map(of_query).collect();
    let count = f64::from(u32::try_from(all.len()).ok()?);
    (count > 0.0).then(|| all.iter().sum::<f64>() / count)
}

fn warnings(report: &RebuildReport, prepared: &Prepared) -> Vec<String> {
    let mut warnings = Vec::new();
    if prepared.is_replica {
        warnings.push(
            "all of this was read from a replica: put the pick into place with the primary's profile"
                .to_owned(),
        );
    }
    if let Some(left_out) = report
        .tried
        .left_out
        .filter(|it| it.inside * 10 < it.forecasts * 8)
    {
        warnings.push(format!(
            "left out, the largest sample lay outside of what the smaller ones said for {} of {} recalls: these vectors grow \
             otherwise than known ones, so `--sample all` or a larger `--sample` is surer",
            left_out.forecasts - left_out.inside,
            left_out.forecasts
        ));
    }
    let largest = report.samples.last().copied().unwrap_or_default();
    if largest * 4 < report.rows - report.rows / 10 {
        warnings.push(format!(
            "the largest sample is less than a quarter of the {} rows: the intervals are wide, and fewer picks than nine \
             in ten will be confirmed; `--sample` changes that",
            report.rows
        ));
    }
    if report.data.duplicate_share > 0.01 {
        warnings.push(format!(
            "{:.1} % of the vectors are there more than once; more than ten that are equal harm a graph",
            report.data.duplicate_share * 100.0
        ));
    }
    if report.subject.metric == Metric::InnerProduct && report.data.norms.1 > report.data.norms.0 * 1.01 {
        warnings.push(
            "the vectors have different lengths, so that under the inner product long ones win".to_owned(),
        );
    }
    warnings
}
