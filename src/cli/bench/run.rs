//! `vecops bench run`: the cases, cold connections, the measurement, the clients, the report.

use std::path::PathBuf;
use std::time::Duration;

use super::charts;
use super::files::ReportFiles;
use super::queries::QueryArgs;
use super::{Question, transaction_as};
use crate::bench::{self, BenchReport, Cold, Configuration, LoadRequest, Request};
use crate::catalog::Target;
use crate::cli::Context;
use crate::collection::IterativeScan;
use crate::connection::{Need, RoleClaims, Session};
use crate::error::{Context as _, Outcome, Result};
use crate::progress::Unit;

/// Measure recall, latency, buffers and plans of queries on a collection or table
///
/// Every query runs under every configuration, in an order drawn anew for each pass: once uncounted, once under EXPLAIN
/// (ANALYZE, BUFFERS), then timed. Recall is measured against exact neighbours, which one streamed pass over the table
/// finds on this machine. Several values of --k, --filter and --as are measured side by side, each with each. Nothing is
/// written to the database: the transactions are read-only, and settings end with them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops bench run passages --builtin
  vecops bench run documents --queries questions.jsonl --ef-search 20,40,80,160
  vecops bench run documents --queries questions.jsonl --filter '{\"language\":\"en\"}' --iterative-scan off,strict_order
  vecops bench run documents --queries questions.parquet --as service_role,user:6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d
  vecops bench run documents --queries-sql 'select embedding from query_log' -k 10,50 --report queries.html
  vecops bench run documents --stored 200 --clients 1,2,4 --duration 10s --json > before.json")]
pub(super) struct RunArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    target: String,

    #[command(flatten)]
    queries: QueryArgs,

    /// How many neighbours a query asks for: one case each
    #[arg(short, long, value_name = "K,...", value_delimiter = ',', default_value = "10", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    k: Vec<u32>,

    /// How many candidates an HNSW scan keeps: one configuration each
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "40,100,200", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    ef_search: Vec<u16>,

    /// How many lists an IVFFlat scan looks into: one configuration each
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,10,30", value_parser = clap::value_parser!(u16).range(1..=32_768))]
    probes: Vec<u16>,

    /// Whether an HNSW scan goes on where a filter takes rows away: one configuration each
    #[arg(
        long,
        value_name = "MODE,...",
        value_delimiter = ',',
        value_enum,
        default_value = "off"
    )]
    iterative_scan: Vec<IterativeArg>,

    /// Only rows whose metadata contain this JSON object: one case each; {} keeps all that have metadata
    #[arg(long, value_name = "JSON")]
    filter: Vec<String>,

    /// Run the queries as this role, under its row security: anon, authenticated, service_role or `user:<uuid>`; one case
    /// each
    #[arg(long = "as", value_name = "ROLE,...", value_delimiter = ',')]
    act_as: Vec<RoleClaims>,

    /// How many times each query is timed under each configuration
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    passes: u32,

    /// Before anything else, let so many queries each be the first one of a new connection, under each configuration
    ///
    /// What is cold then is the connection: pgvector's library, the catalog's and the index's entries. The server's own cache
    /// empties only when it restarts; how much of it was cold is told by the pages that came from outside of it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    cold: Option<u32>,

    /// Then let so many clients ask at once, under each configuration
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=200))]
    clients: Vec<u16>,

    /// For how long the clients ask
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration, requires = "clients")]
    duration: Duration,

    /// How many queries a second are due, times counted from then; without it each client asks as fast as it can
    #[arg(long, value_name = "N", value_parser = rate, requires = "clients")]
    rate: Option<f64>,

    /// Draws the order of the queries
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Also write a report to keep: .html, .md with its plots beside it, or .json
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum IterativeArg {
    /// It stops after ef_search rows
    Off,
    /// It goes on; rows may come slightly out of order
    RelaxedOrder,
    /// It goes on, in order
    StrictOrder,
}

/// A time that clients can ask for.
fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() || duration > Duration::from_hours(24) {
        return Err("it is to be more than nothing and at most a day, such as 30s".to_owned());
    }
    Ok(duration)
}

/// Queries a second.
fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (1e-3..=1e6).contains(&rate) {
        Ok(rate)
    } else {
        Err("it is to be from 0.001 to 1000000 queries a second".to_owned())
    }
}

/// Runs it.
pub(super) async fn run(context: &Context, args: &RunArgs) -> Result<Outcome> {
    let files = ReportFiles::new(&args.report)?;
    let mut session = context.open(Need::Any).await?;
    let question = Question::read(context, &mut session, &args.target, &args.queries, &args.filter).await?;
    let cases = cases(args, &question);
    let cold = match args.cold {
        Some(count) => cold(context, &question, &cases, count).await?,
        None => Vec::new(),
    };
    let Question { on, queries, .. } = &question;
    let mut report = bench::run(&mut session, on, queries, &cases, context.progress()).await?;
    for (measured, first) in report.configurations.iter_mut().zip(cold) {
        measured.cold = Some(first);
    }
    clients(context, args, &question, &cases, session, &mut report).await?;
    // What took long to measure is shown even where a file cannot be written.
    let outcome = context.finish(&report)?;
    let written = files.write(&report, &charts::article(&report), context.target().as_ref())?;
    for path in &written.files {
        context.progress().note(&format!("the report is in `{path}`"));
    }
    Ok(outcome)
}

/// Each filter with each role with each k.
fn cases(args: &RunArgs, question: &Question) -> Vec<Request> {
    let or_none = |count: usize| (0..count.max(1)).collect::<Vec<_>>();
    let configurations = configurations(args, &question.on);
    let mut cases = Vec::new();
    for filter in or_none(question.filters.len()) {
        for role in or_none(args.act_as.len()) {
            for k in &args.k {
                cases.push(Request {
                    k: *k,
                    filter: question.filters.get(filter).cloned(),
                    configurations: configurations.clone(),
                    passes: args.passes,
                    transaction: transaction_as(args.act_as.get(role)),
                    seed: args.seed,
                });
            }
        }
    }
    cases
}

/// Queries that are each the first one of a new connection; the configurations take turns.
async fn cold(context: &Context, question: &Question, cases: &[Request], count: u32) -> Result<Vec<Cold>> {
    let each: Vec<(&Request, Configuration)> = cases
        .iter()
        .flat_map(|request| request.configurations.iter().map(move |one| (request, *one)))
        .collect();
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let steps = count.saturating_mul(each.len()) as u64;
    let task = context
        .progress()
        .task("open new connections", Unit::Steps, Some(steps));
    let mut first = vec![Vec::new(); each.len()];
    for number in 0..count {
        for (place, first) in first.iter_mut().enumerate() {
            // Every configuration asks other queries than the one before it did, so that none finds its pages warm.
            let query = number * each.len() + place;
            let Some((request, configuration)) = each.get(place) else {
                continue;
            };
            let mut session = context.open(Need::Any).await?;
            let (on, queries) = (&question.on, &question.queries);
            first.push(bench::first_query(&mut session, on, queries, request, *configuration, query).await?);
            session.close().await?;
            task.advance(1);
        }
    }
    task.finish();
    Ok(first.iter().map(|queries| Cold::of(queries)).collect())
}

/// Lets several clients ask at once, under each configuration in each case.
async fn clients(
    context: &Context,
    args: &RunArgs,
    question: &Question,
    cases: &[Request],
    session: Session,
    report: &mut BenchReport,
) -> Result<()> {
    let mut sessions = vec![session];
    for clients in &args.clients {
        add_sessions(context, &mut sessions, usize::from(*clients)).await?;
        for (case, request) in cases.iter().enumerate() {
            for configuration in &request.configurations {
                let load = LoadRequest {
                    case,
                    configuration: *configuration,
                    duration: args.duration,
                    rate: args.rate,
                };
                let asking = sessions.get_mut(..usize::from(*clients)).unwrap_or_default();
                let throughput =
                    bench::throughput(asking, &question.on, &question.queries, request, load).await?;
                report.throughput.push(throughput);
            }
        }
    }
    Ok(())
}

async fn add_sessions(context: &Context, sessions: &mut Vec<Session>, count: usize) -> Result<()> {
    while sessions.len() < count {
        let opened = context.open(Need::Any).await;
        sessions.push(opened.with_context(|| format!("open client {} of {count}", sessions.len() + 1))?);
    }
    Ok(())
}

/// What to compare, by the access method of the index that the table has.
fn configurations(args: &RunArgs, on: &Target) -> Vec<Configuration> {
    let one = Configuration {
        ef_search: 40,
        iterative_scan: IterativeScan::Off,
        probes: 1,
    };
    match on.index().map(|index| index.method.as_str()) {
        Some("hnsw") => {
            let modes = args.iterative_scan.iter();
            modes
                .flat_map(|mode| {
                    args.ef_search.iter().map(|ef_search| Configuration {
                        ef_search: *ef_search,
                        iterative_scan: (*mode).into(),
                        ..one
                    })
                })
                .collect()
        }
        Some("ivfflat") => args
            .probes
            .iter()
            .map(|probes| Configuration {
                probes: *probes,
                ..one
            })
            .collect(),
        _ => vec![one],
    }
}

impl From<IterativeArg> for IterativeScan {
    fn from(mode: IterativeArg) -> Self {
        match mode {
            IterativeArg::Off => Self::Off,
            IterativeArg::RelaxedOrder => Self::RelaxedOrder,
            IterativeArg::StrictOrder => Self::StrictOrder,
        }
    }
}
