//! `vecops index tune`: the recall that is wanted, and the cheapest way to it.

mod article;
mod existing;
mod output;
mod prepare;
mod rebuild;
mod view;
mod view_rebuild;
mod workshop;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sqlx::PgConnection;

use crate::bench::{Origin, Queries, stored_among};
use crate::catalog::Target;
use crate::cli::Context;
use crate::cli::bench::queries;
use crate::collection::Collections;
use crate::error::{Error, Outcome, Result};
use crate::seed::builtin;
use crate::tune::Subject;

/// Say which ef_search, or which other index, gives the recall that is wanted
///
/// Level ef asks the index that is there: a few measurements find the smallest hnsw.ef_search whose recall surely (by the
/// lower end of its interval) meets the target.
///
/// Level rebuild reads a sample of the vectors once, builds other indexes (m, ef_construction, halfvec, bit) on it in a
/// server of its own on this machine, and says what the best will do on all rows, with its interval, size and build.
///
/// Nothing is written to the database: the transactions are read-only. What surely reaches the target ends with 0.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index tune documents --recall 0.98 --queries questions.jsonl
  vecops index tune documents --recall 0.95 --k 20 --p95 25 --queries monday.jsonl tuesday.jsonl
  vecops index tune documents --recall 0.98 --queries-sql 'select embedding from query_log' --report tuning.html
  vecops index tune public.items.embedding --recall 0.98 --stored 300
  vecops index tune documents --recall 0.98 --level rebuild --dry-run
  vecops index tune documents --recall 0.98 --level rebuild --queries questions.jsonl --max-index-size 4GB --output tuning")]
pub(super) struct TuneArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    target: String,

    /// The recall that is wanted, such as 0.98: the lower end of its 95 % interval is to meet it
    #[arg(long, value_name = "SHARE", value_parser = share)]
    recall: f64,

    /// How many neighbours a query asks for
    #[arg(short, long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=200))]
    k: u32,

    /// The most milliseconds that 95 of 100 queries may take, the network included
    #[arg(long, value_name = "MS")]
    p95: Option<f64>,

    #[command(flatten)]
    queries: TuneQueries,

    /// What may change: only ef_search, or the index as well
    #[arg(long, value_enum, default_value = "ef")]
    level: Level,

    #[command(flatten, next_help_heading = "Level rebuild")]
    rebuild: rebuild::RebuildArgs,

    /// Write apply.sql, report.html, report.json and plot.svg into this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Write a report to keep: .html, .md with its plots beside it, or .json
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,

    /// Draws the order of the queries
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Where the queries come from.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub(super) struct TuneQueries {
    /// Files of vectors: JSON Lines (an array, or an object with `embedding`), Parquet, .npy, .fvecs, .bvecs; - is stdin
    #[arg(long, value_name = "FILE", num_args = 1..)]
    queries: Vec<PathBuf>,

    /// What the application asked: the vectors in the first column of this SELECT, at most 1000
    #[arg(long, value_name = "SELECT")]
    queries_sql: Option<String>,

    /// What the application asked: the vectors of this table, as schema.table or schema.table.column, at most 1000
    #[arg(long, value_name = "TABLE")]
    queries_table: Option<String>,

    /// The questions that come with vecops, for the passages of `vecops seed --builtin`
    #[arg(long)]
    builtin: bool,

    /// So many rows of the table itself, each left out of its own answer: flatters recall
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) stored: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// The smallest ef_search for the index that is there
    Ef,
    /// Another index, tried on samples away from the database
    Rebuild,
}

/// Runs it.
pub(super) async fn run(context: &Context, args: &TuneArgs) -> Result<Outcome> {
    if args.p95.is_some_and(|limit| !limit.is_finite() || limit <= 0.0) {
        return Err(Error::usage("`--p95` is to be more than 0 milliseconds"));
    }
    match args.level {
        Level::Ef => existing::run(context, args).await,
        Level::Rebuild => Box::pin(rebuild::run(context, args)).await,
    }
}

/// A share between nought and one.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if share > 0.0 && share < 1.0 {
        Ok(share)
    } else {
        Err("it is to lie between 0 and 1, such as 0.98".to_owned())
    }
}

/// What is tuned, for a report.
fn subject(args: &TuneArgs, on: &Target, origin: &str, queries: usize) -> Subject {
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

impl TuneQueries {
    /// Rows of the table.
    pub(super) fn stored(count: u32) -> Self {
        Self {
            stored: Some(count),
            ..Self::default()
        }
    }

    /// Those that come with vecops.
    pub(super) fn builtin() -> Self {
        Self {
            builtin: true,
            ..Self::default()
        }
    }

    /// Reads or draws them; none where nothing says which.
    pub(super) async fn read(
        &self,
        connection: &mut PgConnection,
        on: &Target,
        collections: &Collections,
    ) -> Result<Option<Queries>> {
        self.read_among(connection, on, collections, None).await
    }

    /// The same; rows of the table are drawn among those of a condition, as SQL.
    pub(super) async fn read_among(
        &self,
        connection: &mut PgConnection,
        on: &Target,
        collections: &Collections,
        rows: Option<&str>,
    ) -> Result<Option<Queries>> {
        if let Some(count) = self.stored {
            return stored_among(connection, on, count, rows).await.map(Some);
        }
        if let Some(select) = &self.queries_sql {
            return queries::of_select(select, None, connection, on).await.map(Some);
        }
        if let Some(table) = &self.queries_table {
            let read = queries::of_table(table, None, connection, on, collections).await;
            return read.map(Some);
        }
        if self.builtin {
            let questions = builtin::questions()?.into_iter();
            let vectors: Vec<Vec<f32>> = questions.map(|question| question.embedding).collect();
            return Queries::new(on, Origin::Builtin, &vectors).map(Some);
        }
        if self.queries.is_empty() {
            return Ok(None);
        }
        let read = queries::of_files(&self.queries, None, connection, on).await;
        read.map(Some)
    }

    /// The same as flags, for a command that is to ask them again; none where nothing says which.
    pub(super) fn flags(&self) -> Option<String> {
        let files: Vec<String> = self
            .queries
            .iter()
            .map(|path| word(&path.display().to_string()))
            .collect();
        if !files.is_empty() {
            return Some(format!("--queries {}", files.join(" ")));
        }
        if let Some(select) = &self.queries_sql {
            return Some(format!("--queries-sql {}", word(select)));
        }
        if let Some(table) = &self.queries_table {
            return Some(format!("--queries-table {}", word(table)));
        }
        self.builtin.then(|| "--builtin".to_owned())
    }
}

/// A word of a shell's command line.
pub(super) fn word(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-./=:,@%+".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// As a report says it.
pub(super) fn origin(of: Origin) -> &'static str {
    of.label()
}
