//! Where the queries of a benchmark come from: a file, the questions that come with vecops, or stored rows.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::PgConnection;

use crate::bench::{Origin, Queries, stored};
use crate::catalog::Target;
use crate::error::{Error, Result};
use crate::seed::builtin;

/// One of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct QueryArgs {
    /// A file with a vector a line, as a JSON array or as an object with `embedding`; - is stdin
    #[arg(long, value_name = "FILE")]
    pub(super) queries: Option<PathBuf>,

    /// The questions that come with vecops, for the passages of `vecops seed --builtin`
    #[arg(long)]
    pub(super) builtin: bool,

    /// So many rows of the table itself, each left out of its own answer: flatters recall
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) stored: Option<u32>,
}

/// Reads or draws them.
pub(super) async fn read(args: &QueryArgs, connection: &mut PgConnection, on: &Target) -> Result<Queries> {
    if let Some(path) = &args.queries {
        return Queries::new(on, Origin::File, &read_file(path)?);
    }
    match args.stored {
        Some(count) => stored(connection, on, count).await,
        None => {
            let questions = builtin::questions()?;
            let vectors: Vec<Vec<f32>> = questions.into_iter().map(|question| question.embedding).collect();
            Queries::new(on, Origin::Builtin, &vectors)
        }
    }
}

/// The vectors of a file.
pub(in crate::cli) fn read_file(path: &Path) -> Result<Vec<Vec<f32>>> {
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
            .map_err(|source| Error::usage("read the queries from stdin").cause(source))?
    } else {
        fs_err::read_to_string(path).map_err(|source| Error::usage(source.to_string()))?
    };
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            vector_of(line).map_err(|why| {
                Error::usage(format!("{}:{}: {why}", path.display(), number + 1))
                    .hint("Write a vector a line: [0.1, 0.2, ...] or {\"embedding\": [0.1, 0.2, ...]}.")
            })
        })
        .collect()
}

fn vector_of(line: &str) -> Result<Vec<f32>, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let vector = match &value {
        Value::Object(fields) => fields.get("embedding").ok_or("an object without `embedding`")?,
        other => other,
    };
    crate::vector::parse(&vector.to_string()).map_err(|wrong| wrong.to_string())
}
