//! The queries of a benchmark: vectors with their origin, because the origin decides what recall means.

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use super::report::QuerySet;
use crate::catalog::Target;
use crate::error::{Context as _, Error, Result};
use crate::sql;
use crate::vector::ElementType;
use crate::vector::copy::{CopyDecoder, DecodeError, to_half};
use crate::vector::neighbours::Rows;

/// Where queries come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The user's file.
    File,
    /// The questions that come with vecops.
    Builtin,
    /// What the application asked: a table or a query of the database.
    Captured,
    /// Rows that were kept out of the table: another table has them.
    HeldOut,
    /// Rows of the table itself, each left out of its own answer.
    Stored,
}

impl Origin {
    /// As it stands behind a number of queries.
    pub fn label(self) -> &'static str {
        match self {
            Self::File => "from the file",
            Self::Builtin => "that come with vecops",
            Self::Captured => "that the application asked",
            Self::HeldOut => "held out of the table",
            Self::Stored => "that are stored rows",
        }
    }

    /// What figures from such queries hide.
    pub fn warning(self) -> Option<String> {
        let text = "the queries are stored rows, which the graph links from their own neighbours: recall looks better \
                    than for real queries, whose misses were 2.6 to 5.4 times as many where it was measured";
        (self == Self::Stored).then(|| text.to_owned())
    }
}

/// Queries.
#[derive(Debug, Clone)]
pub struct Queries {
    /// Where they come from.
    pub origin: Origin,
    texts: Vec<String>,
    keys: Vec<Option<String>>,
    rows: Rows,
}

impl Queries {
    /// Queries of floats for the target's column.
    pub fn new(on: &Target, origin: Origin, vectors: &[Vec<f32>]) -> Result<Self> {
        let rounded = |element: &f32| match on.element {
            ElementType::Halfvec => to_half(*element).to_f32(),
            _ => *element,
        };
        if !matches!(on.element, ElementType::Vector | ElementType::Halfvec) {
            return Err(Error::usage(format!(
                "queries for a {} column are not floats",
                on.element
            ))
            .hint("Write them as pgvector does into JSON Lines, such as \"0110\", or select them with `--queries-sql`."));
        }
        let dimensions = on.dimensions.and_then(|count| usize::try_from(count).ok());
        let expected = dimensions.or(vectors.first().map(Vec::len)).unwrap_or_default();
        for (number, vector) in vectors.iter().enumerate() {
            if vector.len() != expected {
                return Err(Error::usage(format!(
                    "query {} has {} dimensions, `{}.{}` has {expected}",
                    number + 1,
                    vector.len(),
                    on.table.plain(),
                    on.embedding.plain()
                ))
                .hint("Embed the queries with the model that made the table's embeddings."));
            }
        }
        if vectors.is_empty() {
            return Err(Error::usage("there are no queries"));
        }
        Ok(Self {
            origin,
            texts: vectors.iter().map(|vector| format!("{vector:?}")).collect(),
            keys: vec![None; vectors.len()],
            rows: Rows::dense(expected, vectors.iter().flatten().map(rounded).collect()),
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The queries as pgvector writes them.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// A query as pgvector writes it.
    pub(super) fn text(&self, query: usize) -> &str {
        self.texts.get(query).map_or("", String::as_str)
    }

    /// The key of the row that a query is, which does not count as its own neighbour.
    pub fn key(&self, query: usize) -> Option<&str> {
        self.keys.get(query)?.as_deref()
    }

    /// The vectors.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// How many rows an HNSW scan keeps so that as many are left without the query's own.
    pub(super) fn kept(&self, ef_search: u16) -> u16 {
        (ef_search + u16::from(self.origin == Origin::Stored)).min(1_000)
    }

    /// How many rows are to be asked for so that `k` are left without the query's own.
    pub(super) fn asked(&self, k: u32) -> u32 {
        k + u32::from(self.origin == Origin::Stored)
    }

    /// What a report says of them.
    pub fn summary(&self) -> QuerySet {
        let mut digest = Sha256::new();
        for text in &self.texts {
            digest.update(text.as_bytes());
            digest.update(b"\n");
        }
        QuerySet {
            origin: self.origin,
            count: self.len(),
            sha256: format!("{:x}", digest.finalize()),
        }
    }
}

/// Some rows of the table as queries, drawn by the digest of their keys, so that the same ones are drawn again.
pub async fn stored(connection: &mut PgConnection, on: &Target, count: u32) -> Result<Queries> {
    stored_among(connection, on, count, None).await
}

/// The same among the rows of a condition, as SQL.
pub async fn stored_among(
    connection: &mut PgConnection,
    on: &Target,
    count: u32,
    rows: Option<&str>,
) -> Result<Queries> {
    let among = rows.map_or_else(String::new, |rows| format!(" and ({rows})"));
    let statement = format!(
        "select t.{id}::text, t.{column}::text, t.{column} from {table} t where t.{column} is not null{among}
         order by pg_catalog.md5(t.{id}::text) limit {count}",
        id = on.id.name,
        column = on.embedding,
        table = on.table,
    );
    let queries = copied(connection, on, Origin::Stored, statement).await?;
    if queries.is_empty() {
        return Err(Error::precondition(format!(
            "`{}` has no row with an embedding",
            on.table.plain()
        )));
    }
    Ok(queries)
}

/// The vectors in the first column of a query: all in its order, or at most so many, drawn by their digest. Names are looked
/// up as a new session of the login role would.
pub async fn selected(
    connection: &mut PgConnection,
    on: &Target,
    origin: Origin,
    query: &str,
    most: Option<u32>,
) -> Result<Queries> {
    let query = query.trim().trim_end_matches(';');
    let kind = match on.element {
        // A bare `bit` is `bit(1)`, which would cut the query off.
        ElementType::Bit => "pg_catalog.varbit".to_owned(),
        element => on.extension.type_name(element),
    };
    let drawn = most.map_or_else(String::new, |most| {
        format!("order by pg_catalog.md5(q.v::pg_catalog.text) limit {most}")
    });
    let statement = format!(
        "select null, q.v::{kind}::text, q.v::{kind} from (\n{query}\n) as q(v) where q.v is not null {drawn}"
    );
    sql::run(connection, "set local search_path to default").await?;
    let copied = copied(connection, on, origin, statement).await;
    let queries = copied.map_err(|error| match error.sqlstate() {
        Some("42601") => {
            error.hint("Give one SELECT, with nothing behind it, whose first column holds vectors.")
        }
        _ => error,
    })?;
    sql::run(connection, "set local search_path = pg_catalog, pg_temp").await?;
    let expected = on.dimensions.and_then(|count| usize::try_from(count).ok());
    match (queries.len(), expected) {
        (0, _) => Err(Error::precondition(
            "no query came: the first column holds none, or there are no rows",
        )),
        (_, Some(expected)) if expected != queries.rows.dimensions() => Err(Error::usage(format!(
            "the queries have {} dimensions, `{}.{}` has {expected}",
            queries.rows.dimensions(),
            on.table.plain(),
            on.embedding.plain()
        ))
        .hint("Take queries that the same model embedded.")),
        _ => Ok(queries),
    }
}

/// Queries out of a statement with three columns: the key or null, the vector as text, the vector.
async fn copied(
    connection: &mut PgConnection,
    on: &Target,
    origin: Origin,
    statement: String,
) -> Result<Queries> {
    let reading = || match origin {
        Origin::Stored => format!("draw queries from `{}`", on.table.plain()),
        _ => "read the queries".to_owned(),
    };
    let mut decoder = CopyDecoder::new();
    {
        let mut pieces = Box::pin(sql::copy_out(connection, statement).await.with_context(reading)?);
        while let Some(piece) = pieces.next().await {
            decoder.push(piece.with_context(reading)?.as_ref());
        }
    }
    let mut queries = Queries {
        origin,
        texts: Vec::new(),
        keys: Vec::new(),
        rows: Rows::none_of(on.element),
    };
    let unreadable = |wrong: DecodeError| Error::failed(format!("{}: {wrong}", reading()));
    while let Some(row) = decoder.next_row().map_err(unreadable)? {
        let mut fields = row.fields();
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        let key = fields.next().flatten().map(text);
        let vector = text(fields.next().flatten().unwrap_or_default());
        let bytes = fields.next().flatten().unwrap_or_default();
        if queries.rows.push(on.element, bytes).map_err(unreadable)?.is_err() {
            return Err(Error::precondition(format!(
                "{}: the vectors have different dimensions",
                reading()
            )));
        }
        queries.keys.push(key);
        queries.texts.push(vector);
    }
    Ok(queries)
}
