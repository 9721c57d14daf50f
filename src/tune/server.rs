//! Graphs on a PostgreSQL with pgvector away from production: nested samples of the vectors as tables of their own, one
//! index at a time, all queries in one statement.

use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, Row as _};

use super::candidate::{Asked, Candidate, Column};
use super::graphs::{Answers, Built, Graphs};
use super::pull::{BUCKETS, PullPlan};
use super::real;
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Ident, Plan, QualifiedName};
use crate::vector::ElementType;

/// The table that vectors are pulled into.
pub(super) const POOL: Table = Table("pool");

/// How many queries are asked under EXPLAIN: pages hardly differ from query to query.
const EXPLAINED: u32 = 100;

/// A table of the schema that tuning makes for itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table(&'static str);

impl Table {
    pub(super) fn table(self) -> QualifiedName {
        QualifiedName::new(Ident::constant("tune"), Ident::constant(self.0))
    }
}

pub(super) fn pool_columns() -> [&'static Ident; 3] {
    use std::sync::LazyLock;
    static NAMES: LazyLock<[Ident; 3]> =
        LazyLock::new(|| ["key", "bucket", "embedding"].map(Ident::constant));
    NAMES.each_ref()
}

/// A server that graphs are tried on.
pub struct GraphServer<M> {
    connection: PgConnection,
    column: Column,
    schema: Ident,
    /// The memory that building a candidate over so many rows takes.
    memory: M,
    workers: u32,
    queries: usize,
}

/// What the vectors look like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DataFacts {
    /// The least and the greatest length of a vector.
    pub norms: (f64, f64),
    /// The share of rows whose vector another row has, too.
    pub duplicate_share: f64,
    /// About by how many numbers the neighbourhood of a query can be described.
    pub intrinsic_dimension: Option<f64>,
}

impl<M: Fn(&Candidate, u64) -> u64> GraphServer<M> {
    /// Makes the empty tables; the extension lives in `schema`.
    pub async fn prepare(
        mut connection: PgConnection,
        column: Column,
        schema: Ident,
        workers: u32,
        memory: M,
    ) -> Result<Self> {
        let type_name = format!("{schema}.{}({})", column.element, column.dimensions);
        let statements = format!(
            "set client_min_messages = warning; set statement_timeout = 0; set synchronous_commit = off; set jit = off;
             create extension if not exists vector with schema {schema};
             select '[1]'::{schema}.vector;
             create schema tune;
             create unlogged table tune.pool (key text not null, bucket bigint not null, embedding {type_name} not null);
             create unlogged table tune.queries (n integer primary key, embedding {type_name} not null)"
        );
        sql::run(&mut connection, statements)
            .await
            .context("prepare the server that graphs are tried on")?;
        Ok(Self {
            connection,
            column,
            schema,
            memory,
            workers,
            queries: 0,
        })
    }

    /// The connection, for whoever fills the pool or looks for exact neighbours.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Takes these queries.
    pub async fn ask_these(&mut self, texts: Vec<String>) -> Result<()> {
        self.queries = texts.len();
        let statement = format!(
            "insert into tune.queries select o - 1, v::{}.{} from pg_catalog.unnest($1::text[]) with ordinality q(v, o)",
            self.schema, self.column.element
        );
        sql::dynamic(statement)
            .bind(texts)
            .execute(&mut self.connection)
            .await
            .context("keep the queries")?;
        Ok(())
    }

    /// Takes rows out of the pool and makes them the queries; returns them as text. Rows whose vector another row has are
    /// no queries: they would find that one.
    pub async fn hold_out(&mut self, count: u32) -> Result<Vec<String>> {
        let send = |of: &str| {
            format!(
                "pg_catalog.md5({}.{}_send({of}embedding))",
                self.schema, self.column.element
            )
        };
        let (drawn, other) = (send(""), send("p."));
        let statement = format!(
            "with drawn as (select key, embedding, {drawn} as digest from tune.pool order by bucket desc, key limit {count}),
                  single as (select d.key, d.embedding from drawn d where not exists (
                             select from tune.pool p where {other} = d.digest and p.key <> d.key)),
                  gone as (delete from tune.pool p using single s where p.key = s.key)
             select embedding::text as vector from single order by key"
        );
        let rows = sql::dynamic(statement)
            .fetch_all(&mut self.connection)
            .await
            .context("hold rows out as queries")?;
        let texts: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("vector"))
            .collect::<Result<_, sqlx::Error>>()?;
        self.ask_these(texts.clone()).await?;
        Ok(texts)
    }

    /// Makes the sample of a level, a share of the pool; returns its table and its rows.
    pub async fn make_level(
        &mut self,
        level: usize,
        plan: PullPlan,
        share: f64,
    ) -> Result<(QualifiedName, u64)> {
        let name = level_table(level);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a part of a bound"
        )]
        let bound = if share >= 1.0 {
            BUCKETS
        } else {
            (plan.below as f64 * share) as u64
        };
        let statement = format!(
            "create unlogged table {name} as select key, embedding from tune.pool where bucket < {bound} order by bucket;
             alter table {name} add primary key (key); analyze {name}"
        );
        sql::run(&mut self.connection, statements_in_memory(&statement))
            .await
            .context("make a sample")?;
        let row = sql::dynamic(format!("select pg_catalog.count(*) as rows from {name}"))
            .fetch_one(&mut self.connection)
            .await?;
        let rows: i64 = row.try_get("rows")?;
        Ok((name, u64::try_from(rows).unwrap_or_default()))
    }

    /// What the vectors of the pool look like.
    pub async fn facts(&mut self) -> Result<DataFacts> {
        let norm = match self.column.element {
            ElementType::Halfvec => "l2_norm",
            _ => "vector_norm",
        };
        let statement = format!(
            "select min({schema}.{norm}(embedding))::float8 as least, max({schema}.{norm}(embedding))::float8 as most,
                    1 - count(distinct pg_catalog.md5({schema}.{element}_send(embedding)))::float8 / count(*) as twice
             from tune.pool",
            schema = self.schema,
            element = self.column.element
        );
        let row = sql::dynamic(statement)
            .fetch_one(&mut self.connection)
            .await
            .context("look at the vectors")?;
        Ok(DataFacts {
            norms: (row.try_get("least")?, row.try_get("most")?),
            duplicate_share: row.try_get("twice")?,
            intrinsic_dimension: None,
        })
    }

    /// A level's table and query, over all queries from this one on.
    fn question(&self, level: usize, candidate: &Candidate, ef_search: u16, k: u32, before: u32) -> String {
        let table = level_table(level).to_string();
        let query = candidate.query(
            &self.column,
            &Asked {
                schema: &self.schema,
                table: &table,
                key: "key",
                embedding: "embedding",
                vector: "q.embedding",
                k,
                ef_search,
            },
        );
        format!("select q.n, s.key from tune.queries q cross join lateral ({query}) s where q.n < {before}")
    }
}

impl<M: Fn(&Candidate, u64) -> u64> Graphs for GraphServer<M> {
    async fn build(&mut self, level: usize, candidate: &Candidate) -> Result<Built> {
        let table = level_table(level);
        let rows = sql::dynamic(format!("select pg_catalog.count(*) as rows from {table}"))
            .fetch_one(&mut self.connection)
            .await?;
        let rows: i64 = rows.try_get("rows")?;
        let memory = (self.memory)(candidate, u64::try_from(rows).unwrap_or_default());
        let body = candidate.body(&self.column, &self.schema, "embedding");
        let create = |workers: u32| {
            // Each process of a parallel build must have its 32 MiB, or there will be none.
            let memory = memory.max((32 << 20) * (u64::from(workers) + 1)) / 1024;
            format!(
                "set maintenance_work_mem = '{memory}kB'; set max_parallel_maintenance_workers = {workers};
                 set min_parallel_table_scan_size = 0; create index tried on {table} {body}"
            )
        };
        let mut started = Instant::now();
        let mut built = sql::run(&mut self.connection, create(self.workers)).await;
        if built.is_err() && self.workers > 0 {
            // A parallel build wants its memory as shared memory, which a container may not have.
            self.workers = 0;
            started = Instant::now();
            built = sql::run(&mut self.connection, create(0)).await;
        }
        built.with_context(|| format!("build {}", candidate.label(&self.column)))?;
        let seconds = started.elapsed().as_secs_f64();
        let row = sql::dynamic("select pg_catalog.pg_relation_size('tune.tried') as bytes".to_owned())
            .fetch_one(&mut self.connection)
            .await?;
        let bytes: i64 = row.try_get("bytes")?;
        Ok(Built {
            bytes: u64::try_from(bytes).unwrap_or_default(),
            seconds,
        })
    }

    async fn ask(&mut self, level: usize, candidate: &Candidate, ef_search: u16, k: u32) -> Result<Answers> {
        // One graph is there and is meant: the planner is not asked whether so small a sample deserves it.
        let settings = format!(
            "begin read only; set local hnsw.ef_search = {ef_search}; set local enable_seqscan = off; \
             set local enable_sort = {}; set local max_parallel_workers_per_gather = 0",
            if candidate.is_reranked { "on" } else { "off" }
        );
        sql::run(&mut self.connection, settings)
            .await
            .context("set how far the index looks")?;
        let explained = self.question(level, candidate, ef_search, k, EXPLAINED);
        let row = sql::dynamic(format!(
            "explain (analyze, buffers, timing off, format json) {explained}"
        ))
        .fetch_one(&mut self.connection)
        .await
        .context("explain the queries")?;
        let document: Value = row.try_get(0)?;
        let plan = Plan::from_json(&document)
            .ok_or_else(|| Error::bug("EXPLAIN returned a document of another shape"))?;
        if plan.ordering_index() != Some("tried") {
            return Err(Error::bug(format!(
                "the planner does not take the index {}",
                candidate.label(&self.column)
            )));
        }
        let pages = plan.root.buffers_hit.unwrap_or_default() + plan.root.buffers_read.unwrap_or_default();
        let question = self.question(level, candidate, ef_search, k, u32::MAX >> 1);
        let started = Instant::now();
        let rows = sql::dynamic(question)
            .fetch_all(&mut self.connection)
            .await
            .context("ask the queries")?;
        let milliseconds = started.elapsed().as_secs_f64() * 1_000.0 / real(self.queries.max(1));
        sql::run(&mut self.connection, "commit").await?;
        let mut found = vec![Vec::new(); self.queries];
        for row in rows {
            let n: i32 = row.try_get("n")?;
            let place = usize::try_from(n).ok().and_then(|n| found.get_mut(n));
            if let Some(place) = place {
                place.push(row.try_get("key")?);
            }
        }
        let explained = self.queries.min(EXPLAINED as usize).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a count of pages")]
        let pages = pages as f64 / real(explained);
        Ok(Answers {
            found,
            pages,
            milliseconds,
        })
    }

    async fn discard(&mut self, _level: usize) -> Result<()> {
        sql::run(&mut self.connection, "drop index tune.tried")
            .await
            .context("take the index away")
    }
}

/// The table of a level.
fn level_table(level: usize) -> QualifiedName {
    let name = Ident::constant("level").with_suffix(&level.to_string());
    QualifiedName::new(Ident::constant("tune"), name)
}

fn statements_in_memory(statements: &str) -> String {
    format!("set maintenance_work_mem = '128MB'; set work_mem = '64MB'; {statements}")
}
