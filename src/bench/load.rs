//! Several clients at once: as fast as they can (closed loop), or at a fixed rate (open loop).
//!
//! In the open loop a query's time counts from when it was due, not from when a client was free to send it: else a server
//! that stalls would hide its stall (G. Tene, "coordinated omission").

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use super::Request;
use super::distribution::{Distribution, count};
use super::measure::{configure, shuffled};
use super::queries::Queries;
use super::report::Configuration;
use super::statement::Statement;
use crate::catalog::Target;
use crate::connection::Session;
use crate::error::{Context as _, Error, Result};
use crate::sql;

/// How several clients ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadRequest {
    /// The place of the case, counted from 0.
    pub case: usize,
    /// How every query is run.
    pub configuration: Configuration,
    /// For how long.
    pub duration: Duration,
    /// How many queries a second are due; without it each client asks as fast as it gets answers.
    pub rate: Option<f64>,
}

/// What several clients got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// The place of the case, counted from 0.
    pub case: usize,
    /// How every query was run.
    pub configuration: Configuration,
    /// How many clients asked.
    pub clients: usize,
    /// How many queries a second were due; none where each client asked as fast as it got answers.
    pub rate: Option<f64>,
    /// How many were answered a second.
    pub queries_per_second: f64,
    /// Milliseconds for a query; at a fixed rate from when it was due.
    pub latency_ms: Distribution,
    /// How long it took.
    pub seconds: f64,
}

/// Lets every session ask at once.
pub async fn throughput(
    sessions: &mut [Session],
    on: &Target,
    queries: &Queries,
    request: &Request,
    load: LoadRequest,
) -> Result<Throughput> {
    let library = on.extension.load_library();
    let ready = sessions.iter_mut().map(|session| async {
        let mut transaction = session.begin(&request.transaction.clone().long()).await?;
        sql::run(&mut transaction, &library)
            .await
            .context("load pgvector")?;
        configure(&mut transaction, queries, load.configuration).await?;
        Ok::<_, Error>(transaction)
    });
    let mut transactions = futures_util::future::try_join_all(ready).await?;
    // The clock starts when all of them could ask.
    let shared = Shared {
        next: AtomicU32::new(0),
        started: Instant::now(),
        load,
        statement: Statement::new(on, request.filter.as_ref()),
        limit: queries.asked(request.k),
    };
    let clients = transactions.len();
    let asking = transactions.iter_mut().enumerate().map(|(client, transaction)| {
        let seed = request.seed + client as u64;
        shared.ask(transaction, queries, seed)
    });
    let times = futures_util::future::try_join_all(asking).await?;
    let seconds = shared.started.elapsed().as_secs_f64();
    for transaction in transactions {
        transaction.commit().await.context("end the transaction")?;
    }
    let times: Vec<f64> = times.into_iter().flatten().collect();
    Ok(Throughput {
        case: load.case,
        configuration: load.configuration,
        clients,
        rate: load.rate,
        queries_per_second: count(times.len()) / seconds,
        latency_ms: Distribution::of(times),
        seconds,
    })
}

struct Shared {
    next: AtomicU32,
    started: Instant,
    load: LoadRequest,
    statement: Statement,
    limit: u32,
}

impl Shared {
    async fn ask(
        &self,
        connection: &mut sqlx::PgConnection,
        queries: &Queries,
        seed: u64,
    ) -> Result<Vec<f64>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let order = shuffled(queries.len(), &mut random);
        let mut times = Vec::new();
        for query in order.iter().cycle() {
            let Some(due) = self.due().await else { break };
            self.statement
                .query(queries.text(*query), self.limit)
                .fetch_all(&mut *connection)
                .await
                .context("run a query")?;
            times.push(due.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(times)
    }

    /// Waits until the next query is due and says when that was; `None` where time is up.
    async fn due(&self) -> Option<Instant> {
        let due = match self.load.rate {
            None => Instant::now(),
            Some(rate) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let due = self.started + Duration::from_secs_f64(f64::from(number) / rate);
                tokio::time::sleep_until(due.into()).await;
                due
            }
        };
        (due.duration_since(self.started) < self.load.duration).then_some(due)
    }
}
