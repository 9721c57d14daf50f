//! `vecops bench`: how much nearest-neighbour queries find, how long they take, what they read; and two such reports
//! side by side.

mod assertions;
mod charts;
mod exact;
pub(super) mod files;
pub(super) mod queries;
mod run;
mod view;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use self::files::ReportFiles;
use self::queries::QueryArgs;
use super::Context;
use crate::bench::{self, BenchReport, Queries};
use crate::catalog::{self, Target};
use crate::connection::{RoleClaims, Session, TransactionOptions};
use crate::error::{Context as _, Error, Outcome, Result};

/// Measure what nearest-neighbour queries find and cost
#[derive(Debug, clap::Args)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Run(run::RunArgs),
    Compare(CompareArgs),
    Assert(AssertArgs),
    Exact(ExactArgs),
    Report(ReportArgs),
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

/// Write a report of `vecops bench run --json` as HTML, Markdown or JSON
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops bench report before.json --to before.html
  vecops bench report before.json --to before.md --to before.html")]
struct ReportArgs {
    /// The report
    report: PathBuf,

    /// The file to write: .html, .md with its plots beside it, or .json
    #[arg(long, short = 'o', value_name = "FILE", required = true)]
    to: Vec<PathBuf>,
}

/// Runs one of them.
pub(super) async fn run(context: &Context, args: BenchArgs) -> Result<Outcome> {
    match args.command {
        BenchCommand::Run(args) => run::run(context, &args).await,
        BenchCommand::Compare(args) => compare(context, &args),
        BenchCommand::Assert(args) => assertions::run(context, &args).await,
        BenchCommand::Exact(args) => exact::run(context, &args).await,
        BenchCommand::Report(args) => report(context, &args),
    }
}

/// What is asked of which table.
struct Question {
    on: Target,
    queries: Queries,
    filters: Vec<Value>,
}

impl Question {
    async fn read(
        context: &Context,
        session: &mut Session,
        target: &str,
        queries: &QueryArgs,
        filters: &[String],
    ) -> Result<Self> {
        let filters: Vec<Value> = filters
            .iter()
            .map(|text| super::search::filter(text))
            .collect::<Result<_>>()?;
        let collections = context.collections()?;
        let mut transaction = session.begin_read().await?;
        let on = catalog::locate(&mut transaction, target, &collections).await?;
        if !filters.is_empty() && on.metadata.is_none() {
            let table = on.table.plain();
            let message = format!("`{table}` has no jsonb column that `--filter` could look into");
            return Err(Error::usage(message));
        }
        let queries = queries::read(queries, &mut transaction, &on, &collections).await?;
        transaction.commit().await.context("end the transaction")?;
        Ok(Self { on, queries, filters })
    }
}

fn transaction_as(who: Option<&RoleClaims>) -> TransactionOptions {
    let read = TransactionOptions::read();
    who.map_or(read.clone(), |who| read.run_as(who.clone()))
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

fn report(context: &Context, args: &ReportArgs) -> Result<Outcome> {
    let files = ReportFiles::new(&args.to)?;
    let (report, target) = read_with_target(&args.report)?;
    context.finish(&files.write(&report, &charts::article(&report), target.as_ref())?)
}

/// Reads what `vecops bench run --json` wrote.
fn read(path: &Path) -> Result<BenchReport> {
    read_with_target(path).map(|(report, _)| report)
}

/// Reads it with the database that it tells of.
fn read_with_target(path: &Path) -> Result<(BenchReport, Option<Value>)> {
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
    let target = document
        .get_mut("target")
        .map(Value::take)
        .filter(|target| !target.is_null());
    let data = document.get_mut("data").map(Value::take).unwrap_or_default();
    let report = serde_json::from_value(data).map_err(|source| {
        Error::usage(format!("`{name}` is no whole report"))
            .cause(source)
            .hint(hint)
    })?;
    Ok((report, target))
}
