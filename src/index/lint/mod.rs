//! Why a query does not use a vector index, and the query in words that do.
//!
//! The server says what a query means: it prepares it and shows its plan in full names, from which the causes are read.
//! Nothing is run unless that is asked for. The caller opens a read-only transaction with the vector library loaded and
//! rolls it back. Sources: pgvector's README, its `hnswcostestimate`, PostgreSQL's documentation; measured on both.

mod cause;
mod clause;
mod desk;
mod diagnose;
mod distance;
mod examine;
mod facts;
mod function;
mod nest;
mod order;
mod probe;
mod propose;
mod recorded;
mod rewrite;
mod shape;
mod subject;
mod token;
mod warn;

use serde::Serialize;
use sqlx::PgConnection;

pub use cause::{Cause, Finding, Proposal};
pub use distance::{holds_column, replaced_column};
pub use function::{Bodies, functions};
pub use probe::{Flip, LimitFlip};
pub use subject::{Origin, Subject};

use crate::catalog::VectorExtension;
use crate::error::{Context as _, Result};
use crate::sql::{self, fixed};

/// How to look at queries.
#[derive(Debug, Clone, Copy)]
pub struct LintOptions {
    /// The rows that a query asks for whose LIMIT is a parameter.
    pub rows: u32,
    /// Whether to run the queries that have no parameters.
    pub analyze: bool,
}

/// What was found about queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintReport {
    /// The queries.
    pub queries: Vec<Linted>,
    /// What could not be looked at, as sentences.
    pub notes: Vec<String>,
}

/// What was found about a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Linted {
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// Its text.
    pub text: String,
    /// What becomes of it.
    pub status: Status,
    /// The vector indexes that its plan takes its order from.
    pub indexes: Vec<String>,
    /// The LIMIT that it was planned with in the place of a parameter.
    pub assumed_limit: Option<u32>,
    /// The `hnsw.ef_search` that it was planned with.
    pub ef_search: Option<u32>,
    /// Up to where the planner uses the index, for a query that can use one.
    pub flip: Option<Flip>,
    /// Up to which LIMIT the planner uses the index, where the query's own is above that or not far below.
    pub limit_flip: Option<LimitFlip>,
    /// What is wrong, or nearly.
    pub findings: Vec<Finding>,
    /// The query in other words, where that makes an index usable.
    pub proposal: Option<Proposal>,
    /// Its plan.
    pub plan: Vec<String>,
    /// The SQLSTATE with which the server refused it, where it did.
    pub refused_by: Option<String>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// What becomes of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Its plan uses a vector index.
    Indexed,
    /// Its plan uses an index on its filter and orders the rows that it finds: exact, and quick where they are few.
    Filtered,
    /// Its plan computes the distance of every row.
    Unindexed,
    /// It compares no vectors.
    NoVectors,
    /// It calls functions whose plans are not in its own.
    Opaque,
    /// The server does not plan it.
    Refused,
}

impl LintReport {
    /// Leaves out the queries that compare no vectors themselves, as recorded statements may.
    pub fn keep_vectors(&mut self) {
        self.queries
            .retain(|query| !matches!(query.status, Status::NoVectors | Status::Opaque));
    }

    /// How many queries cannot use an index, or fail.
    pub fn failing(&self) -> usize {
        self.queries.iter().filter(|query| query.is_failing()).count()
    }
}

impl Linted {
    /// Whether something keeps it from using an index.
    pub fn is_failing(&self) -> bool {
        let is_blocked = self.findings.iter().any(|finding| finding.is_blocking);
        let is_own = !matches!(self.origin, Origin::Recorded { .. });
        is_blocked || self.status == Status::Unindexed || (self.status == Status::Refused && is_own)
    }
}

/// The statements of a text, cut at its semicolons.
pub fn statements(text: &str) -> Vec<String> {
    let words = token::Words::of(text);
    words.statements().into_iter().map(str::to_owned).collect()
}

/// Sets a setting for the transaction, to plan with.
pub async fn set(connection: &mut PgConnection, name: &str, value: &str) -> Result<()> {
    fixed(include_str!("../../../sql/index/set_local.sql"))
        .bind(name.to_owned())
        .bind(value.to_owned())
        .execute(connection)
        .await
        .with_context(|| format!("set `{name}`"))?;
    Ok(())
}

/// Makes the caller's transaction one to plan in: the vector library loaded, names looked for where the application looks.
pub async fn make_ready(connection: &mut PgConnection, search_path: &str) -> Result<()> {
    let extension = VectorExtension::require(&mut *connection).await?;
    sql::run(&mut *connection, extension.load_library())
        .await
        .context("load pgvector")?;
    sql::run(connection, format!("set local search_path = {search_path}")).await?;
    Ok(())
}

/// What the server has recorded of queries and what they call, to be looked at.
pub async fn gather(connection: &mut PgConnection, top: u32, server_version_num: i32) -> Result<Bodies> {
    let recorded = recorded::recorded(&mut *connection, top).await?;
    let mut gathered = Bodies {
        subjects: recorded.subjects,
        notes: Vec::new(),
    };
    if recorded.hidden > 0 {
        let note = format!(
            "recorded statements of other roles that this one may not read: {}",
            recorded.hidden
        );
        gathered.notes.push(note);
    }
    for name in recorded.functions {
        let bodies = functions(&mut *connection, None, &name, server_version_num).await?;
        gathered.subjects.extend(bodies.subjects);
        gathered.notes.extend(bodies.notes);
    }
    Ok(gathered)
}

/// Whether the server records queries in this database.
pub async fn records(connection: &mut PgConnection) -> Result<bool> {
    Ok(recorded::view(connection).await?.is_some())
}

/// Looks at queries, one after the other.
pub async fn lint(
    connection: &mut PgConnection,
    subjects: &[Subject],
    options: LintOptions,
) -> Result<LintReport> {
    let facts = facts::Facts::read(connection).await?;
    let mut queries = Vec::new();
    for subject in subjects {
        queries.push(examine::examine(connection, &facts, subject, options).await?);
    }
    Ok(LintReport {
        queries,
        notes: Vec::new(),
    })
}
