//! Queries run under each configuration, in an order drawn anew for each pass.

use std::collections::BTreeMap;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::Value;
use sqlx::{PgConnection, Row as _};

use super::Request;
use super::distribution::{Distribution, count, mean};
use super::queries::Queries;
use super::report::{Buffers, Configuration, Measured, PlanCount};
use super::statement::Statement;
use super::way::Detour;
use crate::catalog::Target;
use crate::error::{Context as _, Error, Result};
use crate::progress::Task;
use crate::sql::{self, Plan};
use crate::vector::Metric;
use crate::vector::neighbours::Exact;
use crate::vector::recall;

pub(super) struct Measuring<'a> {
    on: &'a Target,
    queries: &'a Queries,
    request: &'a Request,
    statement: Statement,
}

/// What was seen of one configuration.
pub(super) struct Run {
    configuration: Configuration,
    explained: Vec<Explained>,
    first_pass: Vec<f64>,
    times: Vec<f64>,
    found: Vec<Vec<(String, f64)>>,
}

struct Explained {
    index: Option<String>,
    shape: String,
    hit: f64,
    read: f64,
    server_ms: f64,
}

impl<'a> Measuring<'a> {
    pub(super) fn new(
        on: &'a Target,
        queries: &'a Queries,
        request: &'a Request,
        detour: Option<&Detour>,
    ) -> Self {
        Self {
            on,
            queries,
            request,
            statement: Statement::by(on, request.filter.as_ref(), detour),
        }
    }

    /// A pass that fills the caches and finds the rows, a pass under EXPLAIN, then those that are counted.
    pub(super) async fn run(&self, connection: &mut PgConnection, task: &Task) -> Result<Vec<Run>> {
        let mut runs: Vec<Run> = self
            .request
            .configurations
            .iter()
            .map(|configuration| Run {
                configuration: *configuration,
                explained: Vec::new(),
                first_pass: Vec::new(),
                times: Vec::new(),
                found: vec![Vec::new(); self.queries.len()],
            })
            .collect();
        let mut random = ChaCha8Rng::seed_from_u64(self.request.seed);
        let mut current = None;
        for pass in 0..self.request.passes + 2 {
            for (query, place) in order(self.queries.len(), runs.len(), &mut random) {
                let Some(run) = runs.get_mut(place) else { continue };
                if current != Some(place) {
                    configure(connection, self.queries, run.configuration).await?;
                    current = Some(place);
                }
                if pass == 1 {
                    let explained = self.explain(connection, query).await?;
                    run.explained.push(explained);
                } else {
                    let (milliseconds, found) = self.time(connection, query).await?;
                    if pass == 0 {
                        run.first_pass.push(milliseconds);
                        if let Some(place) = run.found.get_mut(query) {
                            *place = found;
                        }
                    } else {
                        run.times.push(milliseconds);
                    }
                }
                task.advance(1);
            }
        }
        Ok(runs)
    }

    async fn time(&self, connection: &mut PgConnection, query: usize) -> Result<(f64, Vec<(String, f64)>)> {
        let limit = self.queries.asked(self.request.k);
        let started = Instant::now();
        let rows = self
            .statement
            .query(self.queries.text(query), limit)
            .fetch_all(connection)
            .await;
        let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
        let rows = rows.with_context(|| format!("run query {} on `{}`", query + 1, self.on.table.plain()))?;
        let mut found: Vec<(String, f64)> = rows
            .iter()
            .map(|row| Ok((row.try_get("key")?, row.try_get("distance")?)))
            .collect::<Result<_, sqlx::Error>>()?;
        if let Some(key) = self.queries.key(query) {
            found.retain(|(other, _)| other != key);
            found.truncate(usize::try_from(self.request.k).unwrap_or(usize::MAX));
        }
        Ok((milliseconds, found))
    }

    async fn explain(&self, connection: &mut PgConnection, query: usize) -> Result<Explained> {
        let limit = self.queries.asked(self.request.k);
        let explained = self.statement.explained(self.queries.text(query), limit);
        let row = explained.fetch_one(connection).await;
        let document: Value = row.and_then(|row| row.try_get(0)).context("explain a query")?;
        let plan = Plan::from_json(&document)
            .ok_or_else(|| Error::bug("EXPLAIN returned a document of another shape"))?;
        let kinds: Vec<&str> = plan.nodes().iter().map(|node| node.kind.as_str()).collect();
        Ok(Explained {
            index: plan.ordering_index().map(str::to_owned),
            shape: kinds.join(" > "),
            hit: pages(plan.root.buffers_hit),
            read: pages(plan.root.buffers_read),
            server_ms: plan.execution_ms.unwrap_or_default(),
        })
    }
}

fn pages(of: Option<u64>) -> f64 {
    count(
        of.and_then(|pages| usize::try_from(pages).ok())
            .unwrap_or_default(),
    )
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

/// Every query under every configuration: the queries in a drawn order, and for each the configurations in another.
fn order(queries: usize, configurations: usize, random: &mut ChaCha8Rng) -> Vec<(usize, usize)> {
    shuffled(queries, random)
        .into_iter()
        .flat_map(|query| {
            let places = shuffled(configurations, random);
            places
                .into_iter()
                .map(move |place| (query, place))
                .collect::<Vec<_>>()
        })
        .collect()
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

impl Run {
    /// What was seen, held against the exact neighbours.
    pub(super) fn report(self, on: &Target, exact: &[Exact], request: &Request) -> Measured {
        let explained = |of: fn(&Explained) -> f64| mean(self.explained.iter().map(of));
        let k = usize::try_from(request.k).unwrap_or(usize::MAX);
        let short = self.found.iter().zip(exact).filter(|(found, exact)| {
            let there = exact.neighbours.len().min(k);
            found.len() < there
        });
        let mut plans: BTreeMap<(Option<String>, String), usize> = BTreeMap::new();
        for explained in &self.explained {
            *plans
                .entry((explained.index.clone(), explained.shape.clone()))
                .or_default() += 1;
        }
        let pairs = || exact.iter().zip(&self.found);
        Measured {
            configuration: self.configuration,
            recall: recall::of_queries(exact, &self.found, on.metric == Metric::InnerProduct),
            recalls: pairs()
                .map(|(exact, found)| recall::of_query(exact, found))
                .collect(),
            short: short.count(),
            fewest_returned: count(self.found.iter().map(Vec::len).min().unwrap_or_default()),
            returned: mean(self.found.iter().map(|rows| count(rows.len()))),
            server_ms: explained(|it| it.server_ms),
            buffers: Buffers {
                hit: explained(|it| it.hit),
                read: explained(|it| it.read),
            },
            plans: plans
                .into_iter()
                .map(|((index, shape), queries)| PlanCount {
                    index,
                    shape,
                    queries,
                })
                .collect(),
            latency_ms: Distribution::of(self.times),
            first_pass_ms: Distribution::of(self.first_pass),
        }
    }
}
