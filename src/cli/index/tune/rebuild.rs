//! Level `rebuild`: other indexes, tried away from the database on a sample of its vectors.

use std::time::Instant;

use bytesize::ByteSize;
use clap::Args;
use sqlx::PgConnection;

use super::workshop::Workshop;
use super::{TuneArgs, origin};
use crate::bench::{self, Origin, Queries, Request};
use crate::catalog::{self, IdColumn, LocatedColumn, Target};
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::{Need, Session, TransactionOptions};
use crate::embedded::Major;
use crate::error::{Context as _, Error, Outcome, Result};
use crate::index::estimate::{Hnsw, Shape};
use crate::index::{self, Method};
use crate::sql::{Ident, QualifiedName};
use crate::tune::{
    self, Candidate, Column, Dropped, GraphServer, Graphs, Grid, Level, Preflight, Priced, PullPlan,
    RebuildPlan, RebuildReport, Subject, Wanted,
};
use crate::vector::neighbours::Exact;
use crate::vector::{ElementType, Metric};

/// A sample is at least this large where the table is, and at most that.
const USUAL_SAMPLE: (u64, u64) = (25_000, 250_000);

/// How much of the sample each level holds.
const SHARES: [f64; 3] = [0.25, 0.5, 1.0];

/// What level `rebuild` takes besides.
#[derive(Debug, Args)]
pub(super) struct RebuildArgs {
    /// How many rows travel: a number, or all; without it a quarter of the table, 25,000 to 250,000 rows
    #[arg(long, value_name = "N|all", value_parser = sample)]
    sample: Option<Sample>,

    /// Hold so many of these rows out of the graphs and ask them as queries, where no other queries are given
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=10_000))]
    held_out: u32,

    /// Read from the database no faster than this a second, such as 20MB
    #[arg(long, value_name = "SIZE")]
    max_rate: Option<ByteSize>,

    /// The largest index that may be picked, such as 4GB
    #[arg(long, value_name = "SIZE")]
    max_index_size: Option<ByteSize>,

    /// The most memory that a build may take
    #[arg(long, value_name = "SIZE")]
    max_build_memory: Option<ByteSize>,

    /// The links of each element to try
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "8,16,24,32", value_parser = clap::value_parser!(u32).range(2..=100))]
    m: Vec<u32>,

    /// The candidates kept while an element is inserted to try; at least twice m
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "64,128", value_parser = clap::value_parser!(u32).range(4..=1_000))]
    ef_construction: Vec<u32>,

    /// The element types to try: vector, halfvec, and bit, whose finds are ordered again by the vectors
    #[arg(
        long = "type",
        value_name = "TYPE,...",
        value_delimiter = ',',
        default_value = "vector,halfvec,bit"
    )]
    element: Vec<ElementType>,

    /// Also try halfvec indexes on so many leading dimensions, for models that allow it (Matryoshka)
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=4_000))]
    leading: Vec<u32>,

    /// Say what would be read and tried, and do nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy)]
enum Sample {
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

/// Everything that is known before anything travels.
struct Prepared {
    on: Target,
    located: LocatedColumn,
    column: Column,
    today: Option<Preflight>,
    queries: Option<Queries>,
    pull: PullPlan,
    candidates: Vec<Priced>,
    dropped: Vec<Dropped>,
    wanted: Wanted,
    major: Major,
}

pub(super) async fn run(context: &Context, args: &TuneArgs) -> Result<Outcome> {
    let started = Instant::now();
    if args.queries.stored.is_some() {
        return Err(
            Error::usage("stored rows are no queries for graphs that hold them")
                .hint("Leave `--stored` out: rows are held out of the graphs then (`--held-out N`)."),
        );
    }
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
    let report = context.unless_interrupted(work).await;
    let closed = workshop.close().await;
    let report = report?;
    closed?;
    super::output::write(args, &report)?;
    context.finish(&report)
}

async fn prepare(context: &Context, args: &TuneArgs, session: &mut Session) -> Result<Prepared> {
    let collections = context.collections()?;
    let major = if session.server().major() >= 17 {
        Major::V18
    } else {
        Major::V16
    };
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &args.target, &collections).await?;
    let located = catalog::locate_column(&mut transaction, &args.target, &collections).await?;
    let column = column(&on)?;
    let rows = index::rows(&mut transaction, &on.table).await?;
    if rows < 1_000 {
        return Err(Error::precondition(format!(
            "`{}` has about {rows} rows: so few are compared one by one faster than a graph finds them",
            on.table.plain()
        ))
        .hint("Where it has more, `analyze` the table first."));
    }
    let is_hnsw = on.index().is_some_and(|index| index.method == "hnsw");
    let today = if is_hnsw {
        Some(tune::preflight(&mut transaction, &on, args.k).await?)
    } else {
        None
    };
    let queries = match args.queries.vectors()? {
        Some((origin, vectors)) => Some(Queries::new(&on, origin, &vectors)?),
        None => None,
    };
    let sample = match args.rebuild.sample {
        Some(Sample::All) => rows,
        Some(Sample::Rows(wanted)) => wanted.min(rows),
        None => (rows / 4).clamp(USUAL_SAMPLE.0, USUAL_SAMPLE.1).min(rows),
    };
    let pull = tune::plan_pull(&mut transaction, &on, rows, Some(sample)).await?;
    transaction.commit().await.context("end the transaction")?;
    let wanted = wanted(args, rows, today.as_ref());
    let all = priced(args, &column, rows, today.as_ref());
    let (candidates, dropped) = tune::drop_by_formula(all, &wanted, &column);
    if candidates.is_empty() {
        return Err(Error::precondition("no index could be built within these limits")
            .hint("Allow more with `--max-index-size` or `--max-build-memory`, or try other types with `--type`."));
    }
    Ok(Prepared {
        on,
        located,
        column,
        today,
        queries,
        pull,
        candidates,
        dropped,
        wanted,
        major,
    })
}

fn column(on: &Target) -> Result<Column> {
    let name = format!("{}.{}", on.table.plain(), on.embedding.plain());
    if !matches!(on.element, ElementType::Vector | ElementType::Halfvec) {
        return Err(Error::precondition(format!(
            "`{name}` is of `{}`, and only `vector` and `halfvec` columns can be tried yet",
            on.element
        ))
        .hint("`vecops index tune --level ef` works for every type."));
    }
    let dimensions = on.dimensions.ok_or_else(|| {
        Error::precondition(format!(
            "`{name}` does not say how many dimensions its vectors have"
        ))
    })?;
    Ok(Column {
        element: on.element,
        dimensions,
        metric: on.metric,
    })
}

fn wanted(args: &TuneArgs, rows: u64, today: Option<&Preflight>) -> Wanted {
    let bytes = |size: Option<ByteSize>| size.map(|size| size.as_u64());
    Wanted {
        recall: args.recall,
        k: args.k,
        rows,
        most_bytes: bytes(args.rebuild.max_index_size),
        most_memory: bytes(args.rebuild.max_build_memory),
        p95_ms: args.p95,
        ef_today: today.map_or(40, |today| today.ef_search),
        seed: args.seed,
    }
}

fn layout(candidate: &Candidate) -> Hnsw {
    Hnsw {
        shape: Shape {
            element: candidate.stored.element,
            dimensions: candidate.stored.dimensions,
        },
        m: candidate.m,
    }
}

fn memory(candidate: &Candidate, rows: u64) -> u64 {
    layout(candidate).overflow(rows, 0, true).needed
}

/// The grid, and the index that is there.
fn priced(args: &TuneArgs, column: &Column, rows: u64, today: Option<&Preflight>) -> Vec<Priced> {
    let grid = Grid {
        m: args.rebuild.m.clone(),
        ef_construction: args.rebuild.ef_construction.clone(),
        elements: args.rebuild.element.clone(),
        leading: args.rebuild.leading.clone(),
    };
    let there = today.map(|today| Candidate {
        stored: tune::Stored {
            element: column.element,
            dimensions: column.dimensions,
        },
        m: today.m,
        ef_construction: today.ef_construction,
        is_reranked: false,
    });
    let price = |candidate: Candidate, is_today: bool| Priced {
        bytes: layout(&candidate).bytes(rows),
        memory: memory(&candidate, rows),
        candidate,
        is_today,
    };
    let others = grid
        .candidates(column)
        .into_iter()
        .filter(|one| Some(*one) != there);
    let others = others.map(|candidate| price(candidate, false));
    there
        .map(|there| price(there, true))
        .into_iter()
        .chain(others)
        .collect()
}

fn plan(args: &TuneArgs, prepared: &Prepared) -> RebuildPlan {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of a count"
    )]
    let samples = SHARES
        .map(|share| (prepared.pull.sample as f64 * share) as u64)
        .to_vec();
    RebuildPlan {
        subject: subject(args, prepared),
        level: "rebuild",
        pull: prepared.pull,
        samples,
        candidates: prepared
            .candidates
            .iter()
            .map(|priced| priced.candidate.label(&prepared.column))
            .collect(),
        dropped: prepared.dropped.clone(),
    }
}

fn subject(args: &TuneArgs, prepared: &Prepared) -> Subject {
    let on = &prepared.on;
    let (origin, queries) = match &prepared.queries {
        Some(queries) => (origin(queries.origin), queries.len()),
        None => (
            "rows held out of the graphs",
            usize::try_from(args.rebuild.held_out).unwrap_or(usize::MAX),
        ),
    };
    Subject {
        table: on.table.plain(),
        column: on.embedding.as_str().to_owned(),
        element: on.element,
        dimensions: on.dimensions,
        metric: on.metric,
        recall: args.recall,
        k: args.k,
        p95_ms: args.p95,
        origin: origin.to_owned(),
        queries,
    }
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
    super::output::complete(
        &mut report,
        args,
        &prepared.on,
        &prepared.located,
        &prepared.column,
    )?;
    report.warnings = warnings(&report);
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

fn warnings(report: &RebuildReport) -> Vec<String> {
    let mut warnings = Vec::new();
    let largest = report.samples.last().copied().unwrap_or_default();
    if largest * 16 < report.rows {
        warnings.push(format!(
            "the largest sample is a small part of the {} rows: the intervals are wide, `--sample` makes them narrower",
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

/// A method as the index's own requests know it.
pub(super) fn method(candidate: &Candidate) -> Method {
    Method::Hnsw {
        m: candidate.m,
        ef_construction: candidate.ef_construction,
    }
}
