//! Queries run in each case under each configuration, in an order drawn anew for each pass.

use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::Value;
use sqlx::{PgConnection, Row as _};

use super::Request;
use super::distribution::{Distribution, mean};
use super::queries::Queries;
use super::report::{Buffers, Cold, Configuration};
use super::seen::{Explained, Found, Seen};
use super::statement::Statement;
use super::way::Way;
use crate::catalog::Target;
use crate::collection::IterativeScan;
use crate::connection::Session;
use crate::error::{Context as _, Result};
use crate::progress::Task;
use crate::sql;

pub(super) struct Measuring<'a> {
    on: &'a Target,
    queries: &'a Queries,
    cases: Vec<Case<'a>>,
}

/// A request and the way that its queries go.
struct Case<'a> {
    request: &'a Request,
    way: &'a Way,
    statement: Statement,
}

/// A query in a case, and the configurations in the order of this time.
struct Visit {
    case: usize,
    query: usize,
    configurations: Vec<usize>,
}

/// What a pass over all queries is for.
#[derive(Clone, Copy)]
enum Pass {
    /// To fill the caches, and to find the rows.
    First,
    /// EXPLAIN.
    Explained,
    /// To be counted, from 0.
    Counted(usize),
}

impl<'a> Measuring<'a> {
    pub(super) fn new(on: &'a Target, queries: &'a Queries, cases: &'a [Request], way: &'a Way) -> Self {
        let cases = cases.iter().map(|request| Case::new(on, request, way));
        Self {
            on,
            queries,
            cases: cases.collect(),
        }
    }

    /// One request by several ways, each a case of its own.
    pub(super) fn by(on: &'a Target, queries: &'a Queries, request: &'a Request, ways: &[&'a Way]) -> Self {
        let cases = ways.iter().map(|way| Case::new(on, request, way));
        Self {
            on,
            queries,
            cases: cases.collect(),
        }
    }

    /// How many neighbours a case asks for.
    pub(super) fn k(&self, case: usize) -> Option<u32> {
        self.cases.get(case).map(|case| case.request.k)
    }

    /// How many steps a run has.
    pub(super) fn steps(&self) -> u64 {
        let runs =
            |case: &Case<'_>| u64::from(case.request.passes + 2) * case.request.configurations.len() as u64;
        self.cases.iter().map(runs).sum::<u64>() * self.queries.len() as u64
    }

    /// A pass that fills the caches and finds the rows, a pass under EXPLAIN, then those that are counted. A transaction
    /// ends where the case changes, because the role changes with it.
    pub(super) async fn run(&self, session: &mut Session, task: &Task) -> Result<Vec<Seen>> {
        let mut seen: Vec<Vec<Seen>> = self
            .cases
            .iter()
            .enumerate()
            .map(|(place, case)| {
                let configurations = case.request.configurations.iter();
                configurations
                    .map(|one| Seen::nothing(place, *one, self.queries.len()))
                    .collect()
            })
            .collect();
        let first = self.cases.first().map(|case| case.request);
        let mut random = ChaCha8Rng::seed_from_u64(first.map_or(1, |request| request.seed));
        let counted = first.map_or(0, |request| request.passes as usize);
        let passes = [Pass::First, Pass::Explained]
            .into_iter()
            .chain((0..counted).map(Pass::Counted));
        for pass in passes {
            let visits = self.visits(&mut random);
            for same in visits.chunk_by(|one, other| one.case == other.case) {
                let case = same.first().map_or(0, |visit| visit.case);
                if let Some(seen) = seen.get_mut(case) {
                    self.chunk(session, pass, same, seen, task).await?;
                }
            }
        }
        Ok(seen.into_iter().flatten().collect())
    }

    /// Visits of one case, in one transaction.
    async fn chunk(
        &self,
        session: &mut Session,
        pass: Pass,
        visits: &[Visit],
        seen: &mut [Seen],
        task: &Task,
    ) -> Result<()> {
        let case = visits.first().map_or(0, |visit| visit.case);
        let Some(Case { request, way, .. }) = self.cases.get(case) else {
            return Ok(());
        };
        let mut transaction = session.begin(&request.transaction.clone().long()).await?;
        self.go(&mut transaction, way).await?;
        let mut current = None;
        for visit in visits {
            for place in &visit.configurations {
                let Some(seen) = seen.get_mut(*place) else {
                    continue;
                };
                if current != Some(*place) {
                    configure(&mut transaction, self.queries, seen.configuration).await?;
                    current = Some(*place);
                }
                match pass {
                    Pass::First => {
                        let (milliseconds, found) = self.time(&mut transaction, case, visit.query).await?;
                        seen.found(visit.query, milliseconds, found);
                    }
                    Pass::Explained => {
                        let explained = self.explain(&mut transaction, case, visit.query).await?;
                        seen.explained(explained);
                    }
                    Pass::Counted(number) => {
                        let (milliseconds, _) = self.time(&mut transaction, case, visit.query).await?;
                        seen.timed(number, milliseconds);
                    }
                }
                task.advance(1);
            }
        }
        transaction.commit().await.context("end the transaction")
    }

    /// Makes the transaction go a way.
    async fn go(&self, transaction: &mut PgConnection, way: &Way) -> Result<()> {
        sql::run(&mut *transaction, self.on.extension.load_library())
            .await
            .context("load pgvector")?;
        if let Some(statements) = way.statements() {
            sql::run(transaction, statements).await?;
        }
        Ok(())
    }

    /// The index that the first query of the first case takes its order from.
    pub(super) async fn index(&self, session: &mut Session) -> Result<Option<String>> {
        let Some(Case { request, way, .. }) = self.cases.first() else {
            return Ok(None);
        };
        let mut transaction = session.begin(&request.transaction.clone().long()).await?;
        self.go(&mut transaction, way).await?;
        if let Some(configuration) = request.configurations.first() {
            configure(&mut transaction, self.queries, *configuration).await?;
        }
        let explained = self.explain(&mut transaction, 0, 0).await?;
        transaction.commit().await.context("end the transaction")?;
        Ok(explained.index)
    }

    async fn time(&self, connection: &mut PgConnection, case: usize, query: usize) -> Result<(f64, Found)> {
        let Some(Case {
            request, statement, ..
        }) = self.cases.get(case)
        else {
            return Ok((0.0, Vec::new()));
        };
        let limit = self.queries.asked(request.k);
        let started = Instant::now();
        let rows = statement
            .query(self.queries.text(query), limit)
            .fetch_all(connection)
            .await;
        let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
        let rows = rows.with_context(|| format!("run query {} on `{}`", query + 1, self.on.table.plain()))?;
        let mut found: Found = rows
            .iter()
            .map(|row| Ok((row.try_get("key")?, row.try_get("distance")?)))
            .collect::<Result<_, sqlx::Error>>()?;
        if let Some(key) = self.queries.key(query) {
            found.retain(|(other, _)| other != key);
            found.truncate(usize::try_from(request.k).unwrap_or(usize::MAX));
        }
        Ok((milliseconds, found))
    }

    async fn explain(&self, connection: &mut PgConnection, case: usize, query: usize) -> Result<Explained> {
        let Some(Case {
            request, statement, ..
        }) = self.cases.get(case)
        else {
            return Explained::read(&Value::Null);
        };
        let limit = self.queries.asked(request.k);
        let row = statement
            .explained(self.queries.text(query), limit)
            .fetch_one(connection)
            .await;
        let document: Value = row.and_then(|row| row.try_get(0)).context("explain a query")?;
        Explained::read(&document)
    }

    /// Every query in every case under every configuration: the queries in a drawn order, for each the cases in another,
    /// and in each the configurations.
    fn visits(&self, random: &mut ChaCha8Rng) -> Vec<Visit> {
        let mut visits = Vec::new();
        for query in shuffled(self.queries.len(), random) {
            for case in shuffled(self.cases.len(), random) {
                let count = self
                    .cases
                    .get(case)
                    .map_or(0, |case| case.request.configurations.len());
                let configurations = shuffled(count, random);
                visits.push(Visit {
                    case,
                    query,
                    configurations,
                });
            }
        }
        visits
    }
}

impl<'a> Case<'a> {
    fn new(on: &Target, request: &'a Request, way: &'a Way) -> Self {
        Self {
            statement: Statement::by(on, request.filter.as_ref(), way),
            request,
            way,
        }
    }
}

/// Sets how far an index scan looks, until the transaction ends.
pub(super) async fn configure(
    connection: &mut PgConnection,
    queries: &Queries,
    configuration: Configuration,
) -> Result<()> {
    sql::fixed(include_str!("../../sql/bench/set_scan.sql"))
        .bind(queries.kept(configuration.ef_search).to_string())
        .bind(configuration.iterative_scan.setting())
        .bind(configuration.probes.to_string())
        .execute(connection)
        .await
        .context("set how far the index looks")?;
    Ok(())
}

/// Fisher and Yates' shuffle; a bias below 1 in 2^40 does not matter here.
pub(super) fn shuffled(count: usize, random: &mut ChaCha8Rng) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        let drawn = random.next_u64() % (last as u64 + 1);
        places.swap(last, usize::try_from(drawn).unwrap_or_default());
    }
    places
}

/// What the first query of a connection cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstQuery {
    milliseconds: f64,
    buffers: Buffers,
}

/// Runs one query as the first one of a session: nothing was read before but the server's own start.
pub async fn first_query(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    request: &Request,
    configuration: Configuration,
    query: usize,
) -> Result<FirstQuery> {
    let cases = std::slice::from_ref(request);
    let way = Way::default();
    let measuring = Measuring::new(on, queries, cases, &way);
    let mut transaction = session.begin(&request.transaction.clone().long()).await?;
    configure(&mut transaction, queries, configuration).await?;
    if configuration.iterative_scan != IterativeScan::Off {
        // The library, which would say whether it knows this, is not loaded yet.
        let mode = configuration.iterative_scan.setting();
        sql::run(
            &mut transaction,
            format!("set local hnsw.iterative_scan = {mode}"),
        )
        .await?;
    }
    let started = Instant::now();
    let explained = measuring
        .explain(&mut transaction, 0, query % queries.len().max(1))
        .await?;
    let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
    transaction.commit().await.context("end the transaction")?;
    Ok(FirstQuery {
        milliseconds,
        buffers: explained.buffers,
    })
}

impl Cold {
    /// Of first queries.
    pub fn of(first: &[FirstQuery]) -> Self {
        Self {
            latency_ms: Distribution::of(first.iter().map(|query| query.milliseconds).collect()),
            buffers: Buffers {
                hit: mean(first.iter().map(|query| query.buffers.hit)),
                read: mean(first.iter().map(|query| query.buffers.read)),
            },
        }
    }
}
