//! Several clients at once: as fast as they can (closed loop), or at a fixed rate (open loop).
//!
//! In the open loop a query's time counts from when it was due, not from when a client was free to send it: else a server
//! that stalls would hide its stall (G. Tene, "coordinated omission"). Queries that are under way together suffer
//! together, so intervals come from how much parts of the time differ, never from single queries as if they were alone.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use super::Request;
use super::distribution::{BATCHES, DEVIATE, Distribution, count, mean};
use super::measure::{configure, shuffled};
use super::queries::Queries;
use super::report::Configuration;
use super::statement::Statement;
use crate::catalog::Target;
use crate::connection::Session;
use crate::error::{Context as _, Error, Result};
use crate::sql;
use crate::vector::recall::Interval;

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
    /// Its 95 % interval, by how much parts of the time differ.
    pub queries_per_second_interval: Interval,
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
    let mut answers: Vec<Answer> = times.into_iter().flatten().collect();
    answers.sort_by(|one, other| one.at.total_cmp(&other.at));
    Ok(Throughput {
        case: load.case,
        configuration: load.configuration,
        clients,
        rate: load.rate,
        queries_per_second: count(answers.len()) / seconds,
        queries_per_second_interval: per_second(&answers, seconds),
        latency_ms: Distribution::of_series(answers.iter().map(|answer| answer.milliseconds).collect()),
        seconds,
    })
}

/// A query's answer.
struct Answer {
    /// Seconds from the start until it was there.
    at: f64,
    milliseconds: f64,
}

/// The least number of parts whose differences say something.
const FEWEST_PARTS: usize = 5;

/// Where the number of answers a second lies in 95 of 100 such runs: by how much parts of the time differ (batch means,
/// Student's t), and by no less than one query that just came or just did not.
fn per_second(answers: &[Answer], seconds: f64) -> Interval {
    let rate = count(answers.len()) / seconds;
    let parts = (answers.len() / FEWEST_PARTS).min(BATCHES);
    let half = if parts < FEWEST_PARTS {
        // Too few to tell: as if each came by chance.
        DEVIATE * (count(answers.len()) + 1.0).sqrt() / seconds
    } else {
        let part = seconds / count(parts);
        let mut rates = vec![0.0; parts];
        for answer in answers {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a part of the time, held against how many there are"
            )]
            let place = (answer.at / part) as usize;
            if let Some(rate) = rates.get_mut(place.min(parts - 1)) {
                *rate += 1.0 / part;
            }
        }
        let middle = mean(rates.iter().copied());
        let square: f64 = rates.iter().map(|rate| (rate - middle).powi(2)).sum();
        let freedom = count(parts) - 1.0;
        (student(freedom) * (square / freedom / count(parts)).sqrt()).max(1.0 / seconds)
    };
    Interval {
        low: (rate - half).max(0.0),
        high: rate + half,
    }
}

/// Student's deviate of 95 % in the middle, by its expansion around the normal one (E. Cornish, R. Fisher); within 2 % from
/// four degrees of freedom on.
fn student(freedom: f64) -> f64 {
    let z = DEVIATE;
    z + (z.powi(3) + z) / (4.0 * freedom)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom * freedom)
}

/// When a query is due, counted from the start; none where no clock goes that far.
fn due_after(number: u32, rate: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(f64::from(number) / rate).ok()
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
    ) -> Result<Vec<Answer>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let order = shuffled(queries.len(), &mut random);
        let mut answers = Vec::new();
        for query in order.iter().cycle() {
            let Some(due) = self.due().await else { break };
            self.statement
                .query(queries.text(*query), self.limit)
                .fetch_all(&mut *connection)
                .await
                .context("run a query")?;
            answers.push(Answer {
                at: self.started.elapsed().as_secs_f64(),
                milliseconds: due.elapsed().as_secs_f64() * 1_000.0,
            });
        }
        Ok(answers)
    }

    /// Waits until the next query is due and says when that was; `None` where time is up.
    async fn due(&self) -> Option<Instant> {
        let Some(rate) = self.load.rate else {
            let now = Instant::now();
            return (now.duration_since(self.started) < self.load.duration).then_some(now);
        };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let after = due_after(number, rate).filter(|after| *after < self.load.duration);
        // A client for whom nothing more is due waits for the end: answers a second are those of the whole time.
        let until = self.started + after.unwrap_or(self.load.duration);
        tokio::time::sleep_until(until.into()).await;
        after.map(|_| until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(at: impl Iterator<Item = f64>) -> Vec<Answer> {
        at.map(|at| Answer {
            at,
            milliseconds: 1.0,
        })
        .collect()
    }

    #[test]
    fn an_even_stream_is_known_well_and_one_that_stalls_is_not() {
        let even = per_second(&answers((0..1_000).map(|n| f64::from(n) / 100.0)), 10.0);
        assert!(even.low > 99.0 && even.high < 101.0, "{even:?}");
        // The same number, but two seconds of it stood still.
        let stalled = per_second(&answers((0..1_000).map(|n| f64::from(n) / 125.0)), 10.0);
        assert!(stalled.high - stalled.low > 30.0, "{stalled:?}");
        assert!(stalled.low < 100.0 && stalled.high > 100.0);
        let few = per_second(&answers((0..4).map(f64::from)), 4.0);
        assert!(few.low < 0.1 && few.high > 2.0, "{few:?}");
        let none = per_second(&[], 2.0);
        assert!(none.low <= 0.0 && none.high > 0.5, "{none:?}");
    }

    #[test]
    fn a_query_is_due_by_the_rate_however_small_that_is() {
        assert_eq!(due_after(3, 2.0), Some(Duration::from_millis(1_500)));
        assert_eq!(due_after(1, 1e-300), None);
    }

    #[test]
    fn students_deviate_is_the_tables() {
        for (freedom, table) in [(4.0, 2.776), (9.0, 2.262), (19.0, 2.093)] {
            assert!((student(freedom) / table - 1.0).abs() < 0.02, "{freedom}");
        }
    }

    /// Queries that come by chance, in two moods that last: the true mean lies inside as often as it is said.
    #[test]
    fn the_interval_holds_the_true_rate_as_often_as_it_says() {
        use rand_chacha::rand_core::Rng as _;
        let mut random = ChaCha8Rng::seed_from_u64(17);
        let mut uniform = move || (f64::from(random.next_u32()) + 0.5) / 4_294_967_296.0;
        let mut inside = 0;
        for _ in 0..500 {
            let (mut at, mut come) = (0.0, Vec::new());
            let mut is_slow = false;
            while at < 10.0 {
                // A mood lasts for about 0.1 s.
                if uniform() < 0.1 {
                    is_slow = !is_slow;
                }
                at += -uniform().ln() / if is_slow { 50.0 } else { 200.0 };
                come.push(at);
            }
            come.retain(|at| *at < 10.0);
            // Each mood has as many queries: two to each 1 / 50 + 1 / 200 seconds.
            let truth = 2.0 / (1.0 / 50.0 + 1.0 / 200.0);
            let said = per_second(&answers(come.into_iter()), 10.0);
            inside += u32::from(said.low <= truth && truth <= said.high);
        }
        assert!(inside >= 440, "{inside} of 500");
    }
}
