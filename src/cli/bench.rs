//! `vecops bench`: how much nearest-neighbour queries find, how long they take, what they read; and two such reports
//! side by side.

mod assertions;
mod exact;
pub(super) mod queries;
mod view;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use serde_json::Value;

use self::queries::QueryArgs;
use super::Context;
use crate::bench::{self, BenchReport, Configuration, LoadRequest, Queries, Request};
use crate::catalog::{self, Target};
use crate::collection::IterativeScan;
use crate::connection::{Need, RoleClaims, Session, TransactionOptions};
use crate::error::{Context as _, Error, Outcome, Result};

/// Measure what nearest-neighbour queries find and cost
#[derive(Debug, clap::Args)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Run(RunArgs),
    Compare(CompareArgs),
    Assert(AssertArgs),
    Exact(ExactArgs),
}

/// Measure recall, latency, buffers and plans of queries on a collection or table
///
/// Every query runs under every configuration, in an order drawn anew for each pass: once uncounted, once under EXPLAIN
/// (ANALYZE, BUFFERS), then timed. Recall is measured against exact neighbours, which one streamed pass over the table
/// finds on this machine. Nothing is written: the transactions are read-only, and settings end with them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops bench run passages --builtin
  vecops bench run documents --queries questions.jsonl --ef-search 20,40,80,160
  vecops bench run documents --queries questions.jsonl --filter '{\"language\":\"en\"}' --iterative-scan off,strict_order
  vecops bench run documents --queries questions.jsonl --as user:6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d
  vecops bench run documents --stored 200 --clients 1,2,4 --duration 10s --json > before.json")]
struct RunArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    target: String,

    #[command(flatten)]
    queries: QueryArgs,

    /// How many neighbours a query asks for
    #[arg(short, long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    k: u32,

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

    /// Only rows whose metadata contain this JSON object
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,

    /// Run the queries as this role, under its row security: anon, authenticated, service_role or `user:<uuid>`
    #[arg(long = "as", value_name = "ROLE")]
    act_as: Option<RoleClaims>,

    /// How many times each query is timed under each configuration
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    passes: u32,

    /// Then let so many clients ask at once, under each configuration
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=200))]
    clients: Vec<u16>,

    /// For how long the clients ask
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = humantime::parse_duration, requires = "clients")]
    duration: Duration,

    /// How many queries a second are due, times counted from then; without it each client asks as fast as it can
    #[arg(long, value_name = "N", requires = "clients")]
    rate: Option<f64>,

    /// Draws the order of the queries
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
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

/// Compare two reports of `vecops bench run --json`; ends with 3 where something got worse beyond the noise
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops bench compare before.json after.json
  vecops bench compare postgres16.json postgres18.json --unlike")]
struct CompareArgs {
    /// The report before
    before: PathBuf,

    /// The report after
    after: PathBuf,

    /// Compare although more than the index differs: another server, other settings, other queries
    #[arg(long)]
    unlike: bool,
}

/// Check a file of expectations about queries, for CI; ends with 3 where one is not met
///
/// Each expectation names a target, its queries, how they run, and limits: the index is used, rows come, pages, recall and
/// time stay within bounds. Recall counts by the lower end of its interval.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops bench assert queries.toml
  vecops --profile staging bench assert queries.toml --json

A file:
  [[expect]]
  name = \"questions in English\"
  target = \"documents\"
  queries = \"questions.jsonl\"       # or stored = 100, or builtin = true
  k = 10
  ef_search = 100
  filter = { language = \"en\" }
  index_used = true
  rows_at_least = 10
  pages_at_most = 2000
  recall_at_least = 0.95")]
struct AssertArgs {
    /// The file
    file: PathBuf,
}

/// Find the exact nearest rows of every query, on this machine
///
/// One streamed pass over the table compares every row with every query on all cores. What comes out is the ground truth
/// that recall is measured against: rows exactly as far away as the last one are listed, too.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops bench exact documents --queries questions.jsonl -k 10
  vecops bench exact documents --queries questions.jsonl -k 100 --output-format stream-json > exact.jsonl")]
struct ExactArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    target: String,

    #[command(flatten)]
    queries: QueryArgs,

    /// How many neighbours of each query to find
    #[arg(short, long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    k: u32,

    /// Only rows whose metadata contain this JSON object
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,

    /// Only rows that this role may see: anon, authenticated, service_role or `user:<uuid>`
    #[arg(long = "as", value_name = "ROLE")]
    act_as: Option<RoleClaims>,
}

/// Runs one of them.
pub(super) async fn run(context: &Context, args: BenchArgs) -> Result<Outcome> {
    match args.command {
        BenchCommand::Run(args) => measure(context, args).await,
        BenchCommand::Compare(args) => compare(context, &args),
        BenchCommand::Assert(args) => assertions::run(context, &args).await,
        BenchCommand::Exact(args) => exact::run(context, &args).await,
    }
}

async fn measure(context: &Context, args: RunArgs) -> Result<Outcome> {
    if args.rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
        return Err(Error::usage("`--rate` is to be more than 0 queries a second"));
    }
    let mut session = context.open(Need::Any).await?;
    let question = Question::read(
        context,
        &mut session,
        &args.target,
        &args.queries,
        args.filter.as_deref(),
    )
    .await?;
    let Question { on, queries, filter } = question;
    let request = Request {
        k: args.k,
        filter,
        configurations: configurations(&args, &on),
        passes: args.passes,
        transaction: transaction_as(args.act_as.as_ref()),
        seed: args.seed,
    };
    let progress = context.progress();
    let mut report = bench::run(&mut session, &on, &queries, &request, progress).await?;
    report.role = args.act_as.as_ref().map(ToString::to_string);
    let mut sessions = vec![session];
    for clients in &args.clients {
        add_sessions(context, &mut sessions, usize::from(*clients)).await?;
        for configuration in &request.configurations {
            let load = LoadRequest {
                configuration: *configuration,
                duration: args.duration,
                rate: args.rate,
            };
            let asking = sessions.get_mut(..usize::from(*clients)).unwrap_or_default();
            report
                .throughput
                .push(bench::throughput(asking, &on, &queries, &request, load).await?);
        }
    }
    context.finish(&report)
}

/// What is asked of which table.
struct Question {
    on: Target,
    queries: Queries,
    filter: Option<Value>,
}

impl Question {
    async fn read(
        context: &Context,
        session: &mut Session,
        target: &str,
        queries: &QueryArgs,
        filter: Option<&str>,
    ) -> Result<Self> {
        let filter = filter.map(super::search::filter).transpose()?;
        let collections = context.collections()?;
        let mut transaction = session.begin_read().await?;
        let on = catalog::locate(&mut transaction, target, &collections).await?;
        if filter.is_some() && on.metadata.is_none() {
            let table = on.table.plain();
            let message = format!("`{table}` has no jsonb column that `--filter` could look into");
            return Err(Error::usage(message));
        }
        let queries = queries::read(queries, &mut transaction, &on).await?;
        transaction.commit().await.context("end the transaction")?;
        Ok(Self { on, queries, filter })
    }
}

fn transaction_as(who: Option<&RoleClaims>) -> TransactionOptions {
    let read = TransactionOptions::read();
    who.map_or(read.clone(), |who| read.run_as(who.clone()))
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

fn compare(context: &Context, args: &CompareArgs) -> Result<Outcome> {
    let comparison = bench::compare(&read(&args.before)?, &read(&args.after)?);
    if !comparison.unlike.is_empty() && !args.unlike {
        return Err(Error::precondition(format!(
            "the two reports are unlike in more than the index: {}",
            comparison.unlike.join("; ")
        ))
        .hint("Measure both alike, or compare them all the same with `--unlike`."));
    }
    context.finish(&comparison)
}

/// Reads what `vecops bench run --json` wrote.
fn read(path: &Path) -> Result<BenchReport> {
    let name = path.display();
    let hint = "`vecops bench run ... --json > FILE` writes such a report.";
    let text = fs_err::read_to_string(path).map_err(|source| Error::usage(source.to_string()).hint(hint))?;
    let mut document: Value = serde_json::from_str(&text).map_err(|source| {
        Error::usage(format!("`{name}` is not JSON"))
            .cause(source)
            .hint(hint)
    })?;
    if document.get("kind") != Some(&Value::from("bench")) {
        return Err(Error::usage(format!("`{name}` is no report of a benchmark")).hint(hint));
    }
    if document.get("format") != Some(&Value::from(1)) {
        return Err(Error::usage(format!(
            "`{name}` has a format that this vecops does not know"
        )));
    }
    let data = document.get_mut("data").map(Value::take).unwrap_or_default();
    serde_json::from_value(data).map_err(|source| {
        Error::usage(format!("`{name}` is no whole report"))
            .cause(source)
            .hint(hint)
    })
}
