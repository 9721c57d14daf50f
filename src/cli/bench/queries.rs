//! Where the queries of a benchmark come from: a file, the database, the questions that come with vecops, or stored rows.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::PgConnection;

use crate::bench::{Origin, Queries, selected, stored};
use crate::catalog::{self, Target};
use crate::collection::Collections;
use crate::error::{Error, Result};
use crate::seed::{self, Format, Source, builtin};
use crate::sql::literal;
use crate::vector::ElementType;

/// How many queries are taken of a table, where nothing is said.
const MOST: u32 = 1_000;

/// One of these.
#[derive(Debug, Default, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct SourceArgs {
    /// A file of vectors: JSON Lines (an array, or an object with `embedding`), Parquet, .npy, .fvecs, .bvecs; - is stdin
    #[arg(long, value_name = "FILE")]
    pub(super) queries: Option<PathBuf>,

    /// What the application asked: the vectors in the first column of this SELECT
    #[arg(long, value_name = "SELECT")]
    pub(super) queries_sql: Option<String>,

    /// What the application asked: the vectors of this table, as schema.table or schema.table.column
    #[arg(long, value_name = "TABLE")]
    pub(super) queries_table: Option<String>,

    /// Rows that were kept out of the table, and are in this one
    #[arg(long, value_name = "TABLE")]
    pub(super) held_out: Option<String>,

    /// The questions that come with vecops, for the passages of `vecops seed --builtin`
    #[arg(long)]
    pub(super) builtin: bool,

    /// So many rows of the table itself, each left out of its own answer: flatters recall
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) stored: Option<u32>,
}

/// The queries, and how many of them.
#[derive(Debug, Default, clap::Args)]
pub(super) struct QueryArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,

    /// At most so many queries: the first of a file (without it all), or of a table some by their digest (without it 1000)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) most: Option<u32>,
}

/// Reads or draws them.
pub(super) async fn read(
    args: &QueryArgs,
    connection: &mut PgConnection,
    on: &Target,
    collections: &Collections,
) -> Result<Queries> {
    let source = &args.source;
    if let Some(path) = &source.queries {
        return of_files(std::slice::from_ref(path), args.most, connection, on).await;
    }
    if let Some(query) = &source.queries_sql {
        return of_select(query, args.most, connection, on).await;
    }
    if let Some(table) = &source.queries_table {
        return of_table(table, args.most, connection, on, collections).await;
    }
    if let Some(table) = &source.held_out {
        let query = vectors_of(connection, table, on, collections).await?;
        let most = Some(args.most.unwrap_or(MOST));
        return selected(connection, on, Origin::HeldOut, &query, most).await;
    }
    match source.stored {
        Some(count) => stored(connection, on, count).await,
        None => {
            let questions = builtin::questions()?.into_iter();
            let vectors: Vec<Vec<f32>> = questions.map(|question| question.embedding).collect();
            Queries::new(on, Origin::Builtin, first(&vectors, args.most))
        }
    }
}

fn first<T>(all: &[T], most: Option<u32>) -> &[T] {
    let most = most
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(usize::MAX);
    all.get(..most.min(all.len())).unwrap_or_default()
}

/// What the application asked, as a table of the database has it.
pub(in crate::cli) async fn of_table(
    table: &str,
    most: Option<u32>,
    connection: &mut PgConnection,
    on: &Target,
    collections: &Collections,
) -> Result<Queries> {
    let query = vectors_of(connection, table, on, collections).await?;
    let most = Some(most.unwrap_or(MOST));
    selected(connection, on, Origin::Captured, &query, most).await
}

/// What the application asked, as a query of the database has it.
pub(in crate::cli) async fn of_select(
    select: &str,
    most: Option<u32>,
    connection: &mut PgConnection,
    on: &Target,
) -> Result<Queries> {
    let most = Some(most.unwrap_or(MOST));
    selected(connection, on, Origin::Captured, select, most).await
}

/// The statement that reads the vectors of another table.
async fn vectors_of(
    connection: &mut PgConnection,
    named: &str,
    on: &Target,
    collections: &Collections,
) -> Result<String> {
    let located = catalog::locate_column(connection, named, collections).await?;
    if located.table.name == on.table {
        return Err(Error::usage(format!("`{named}` is the table that is measured"))
            .hint("Its own rows are taken with `--stored N`, which flatters recall."));
    }
    Ok(format!(
        "select t.{} from {} t",
        located.column, located.table.name
    ))
}

/// The vectors of files, one after the other.
pub(in crate::cli) async fn of_files(
    paths: &[PathBuf],
    most: Option<u32>,
    connection: &mut PgConnection,
    on: &Target,
) -> Result<Queries> {
    if !matches!(on.element, ElementType::Vector | ElementType::Halfvec) {
        let mut texts = Vec::new();
        for path in paths {
            if !is_lines(path) {
                return Err(Error::usage(format!(
                    "`{}` holds floats, which are no queries for a {} column",
                    path.display(),
                    on.element
                ))
                .hint("Write them as pgvector does into JSON Lines, such as \"0110\", or select them with `--queries-sql`."));
            }
            texts.extend(each_line(path, text_of)?);
        }
        return from_texts(first(&texts, most), connection, on).await;
    }
    let mut vectors = Vec::new();
    for path in paths {
        if is_lines(path) {
            vectors.extend(read_file(path)?);
        } else {
            let source = Source::File(path.clone());
            source.probe()?;
            vectors.extend(seed::vectors_of(&source, &on.embedding, None).await?);
        }
    }
    Queries::new(on, Origin::File, first(&vectors, most))
}

fn is_lines(path: &Path) -> bool {
    path.as_os_str() == "-" || Format::of(path) == Format::JsonLines
}

/// Vectors that the server is to read, as pgvector writes them.
async fn from_texts(texts: &[String], connection: &mut PgConnection, on: &Target) -> Result<Queries> {
    let literals: Vec<String> = texts.iter().map(|text| literal(text)).collect();
    let list = literals.join(",\n");
    let query = format!("select u.v from pg_catalog.unnest(array[{list}]::pg_catalog.text[]) as u(v)");
    selected(connection, on, Origin::File, &query, None).await
}

/// The vectors of a file of JSON Lines.
fn read_file(path: &Path) -> Result<Vec<Vec<f32>>> {
    each_line(path, vector_of)
}

fn each_line<T>(path: &Path, read: fn(&str) -> Result<T, String>) -> Result<Vec<T>> {
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
            read(line).map_err(|why| {
                Error::usage(format!("{}:{}: {why}", path.display(), number + 1))
                    .hint("Write a vector a line: [0.1, 0.2, ...] or {\"embedding\": [0.1, 0.2, ...]}.")
            })
        })
        .collect()
}

fn vector_of(line: &str) -> Result<Vec<f32>, String> {
    crate::vector::parse(&text_of(line)?).map_err(|wrong| wrong.to_string())
}

/// A line's vector as pgvector writes it.
fn text_of(line: &str) -> Result<String, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let vector = match &value {
        Value::Object(fields) => fields.get("embedding").ok_or("an object without `embedding`")?,
        other => other,
    };
    Ok(match vector {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}
