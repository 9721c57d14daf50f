//! Reading and checking everything as a load would, without writing: what `--dry-run` does.
//!
//! Unlike a load it goes on after a bad line, and it looks for keys that exist already or stand in the source
//! twice; for that it remembers each key, 24 bytes of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Instant;

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use super::conflict::OnConflict;
use super::destination::Destination;
use super::embedding_stage::{Texts, ToEmbed};
use super::pipeline::{self, Chunk, Event, Purpose};
use super::source::{Source, row_of};
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Unit};
use crate::sql::{self, Ident, QualifiedName};

/// How many problems are listed; all are counted.
const LISTED: usize = 20;

/// What a load would do.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// The table.
    pub table: QualifiedName,
    /// Where the rows would come from.
    pub source: String,
    /// How many rows could be loaded.
    pub rows: u64,
    /// The columns that the source would fill.
    pub columns: Vec<Ident>,
    /// The bytes read, compressed as they may be.
    pub bytes_read: u64,
    /// The bytes that would be sent.
    pub bytes_to_send: u64,
    /// Seconds from the first byte to the last.
    pub seconds: f64,
    /// What would be embedded, where the source has texts in place of vectors.
    pub embedding: Option<ToEmbed>,
    /// How many lines cannot be loaded.
    pub problem_count: u64,
    /// The first of them.
    pub problems: Vec<Problem>,
    /// The vector indexes that every row would have to enter.
    pub vector_indexes: Vec<String>,
}

/// A line that cannot be loaded.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The number of its line or row.
    pub line: u64,
    /// What messages call the place: its file and its line or row.
    pub place: String,
    /// What is wrong, the key included.
    pub why: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Reads everything and loads nothing.
pub async fn check(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    progress: &dyn Progress,
) -> Result<CheckReport> {
    check_with(connection, destination, source, OnConflict::Error, progress).await
}

/// The same as [`check`], for a load that does something else than end at a key that is there already.
pub async fn check_with(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    on_conflict: OnConflict,
    progress: &dyn Progress,
) -> Result<CheckReport> {
    let started = Instant::now();
    let task = progress.task(&format!("check {}", source.name()), Unit::Bytes, source.size());
    let (mut events, reading) = pipeline::start(source, destination, Purpose::Check);
    let mut report = CheckReport {
        table: destination.table.clone(),
        source: source.name(),
        rows: 0,
        columns: Vec::new(),
        bytes_read: 0,
        bytes_to_send: 0,
        seconds: 0.0,
        embedding: None,
        problem_count: 0,
        problems: Vec::new(),
        vector_indexes: destination.vector_indexes.clone(),
    };
    let mut seen = HashMap::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Layout(places) => {
                let field = |place: &usize| destination.fields.get(*place);
                report.columns = places
                    .iter()
                    .filter_map(field)
                    .map(|field| field.column.clone())
                    .collect();
            }
            Event::Rejected(line, rejection) => report.add(Problem {
                line,
                place: String::new(),
                why: rejection.why,
                hint: rejection.hint,
            }),
            Event::Rows(chunk) => {
                task.advance(chunk.consumed.saturating_sub(report.bytes_read));
                report.bytes_read = chunk.consumed;
                report.bytes_to_send += u64::try_from(chunk.bytes.len()).unwrap_or_default();
                report.rows += chunk.lines.rows();
                for problem in key_problems(connection, destination, on_conflict, &chunk, &mut seen).await? {
                    report.rows = report.rows.saturating_sub(1);
                    report.add(problem);
                }
            }
        }
    }
    reading
        .await
        .map_err(|error| Error::bug("the reading thread ended early").caused_by(&error))??;
    task.finish();
    for problem in &mut report.problems {
        problem.place = source.place(problem.line);
        problem.line = row_of(problem.line);
    }
    report.embedding = destination.texts.as_ref().map(Texts::to_embed);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

impl CheckReport {
    fn add(&mut self, problem: Problem) {
        self.problem_count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(problem);
            self.problems.sort_by_key(|problem| problem.line);
        }
    }
}

/// The lines whose key the table has, or an earlier line.
async fn key_problems(
    connection: &mut PgConnection,
    destination: &Destination,
    on_conflict: OnConflict,
    chunk: &Chunk,
    seen: &mut HashMap<u128, u64>,
) -> Result<Vec<Problem>> {
    let id = destination.id.and_then(|place| destination.fields.get(place));
    let Some(id) = id.filter(|_| on_conflict != OnConflict::Skip) else {
        return Ok(Vec::new());
    };
    let problem = |line: u64, why: String| Problem {
        line,
        place: String::new(),
        why,
        hint: None,
    };
    let mut problems = Vec::new();
    let mut lines = HashMap::new();
    for (key, line) in &chunk.keys {
        match seen.insert(fingerprint(key), *line) {
            Some(earlier) => problems.push(problem(
                *line,
                format!("`{}` {key} stands on line {}, too", id.key, row_of(earlier)),
            )),
            None => drop(lines.insert(key.as_str(), *line)),
        }
    }
    if lines.is_empty() || on_conflict == OnConflict::Update {
        return Ok(problems);
    }
    let statement = format!(
        "select t.{id}::text as id from {table} t where t.{id} = any($1::text[]::{type_text}[])",
        id = id.column,
        table = destination.table,
        type_text = destination.id_type,
    );
    let keys: Vec<String> = lines.keys().map(|key| (*key).to_owned()).collect();
    let existing = sql::dynamic(statement)
        .bind(keys)
        .fetch_all(connection)
        .await
        .with_context(|| format!("look for the keys in `{}`", destination.table.plain()))?;
    for row in existing {
        let key: String = row.try_get("id")?;
        if let Some(line) = lines.get(key.as_str()) {
            let why = format!("`{}` {key} is already in `{}`", id.key, destination.table.plain());
            problems.push(problem(*line, why));
        }
    }
    Ok(problems)
}

/// 128 bits of a key, which two different keys do not share.
fn fingerprint(key: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, key).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
