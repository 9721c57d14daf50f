//! The exact neighbours of all queries in one pass over the table: streamed, compared on every core, in the memory of
//! the queries.

use std::time::Instant;

use futures_util::StreamExt as _;
use sqlx::PgConnection;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;

use super::queries::{Origin, Queries};
use super::report::Exactness;
use super::{Request, statement};
use crate::catalog::Target;
use crate::connection::Session;
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Task, Unit};
use crate::sql;
use crate::vector::Metric;
use crate::vector::copy::{CopyDecoder, DecodeError};
use crate::vector::neighbours::{Block, Exact, Mismatch, Rows, Search};

/// How many vectors are compared at once.
const BLOCK: usize = 2_048;

/// How many elements they have at most together, so that a block of long vectors stays small.
const BLOCK_ELEMENTS: usize = 2 * 1024 * 1024;

/// How many blocks may wait for a thread.
const WAITING: usize = 2;

/// What the queries should find.
pub(super) struct Truth {
    pub(super) exact: Vec<Exact>,
    pub(super) facts: Exactness,
    pub(super) rows: u64,
}

impl Truth {
    pub(super) fn warnings(&self, origin: Origin) -> Vec<String> {
        let Exactness {
            without_embedding,
            without_distance,
            ties_cut,
            queries_in_table,
            ..
        } = self.facts;
        let mut warnings = Vec::new();
        if queries_in_table > 0 && origin != Origin::Stored {
            warnings.push(format!(
                "{queries_in_table} of the queries are vectors that the table holds: recall looks better for them than for \
                 others"
            ));
        }
        if without_embedding > 0 {
            warnings.push(format!(
                "{without_embedding} rows have no embedding, so that no query finds them"
            ));
        }
        if without_distance > 0 {
            warnings.push(format!(
                "{without_distance} vectors are zero, so that no query by cosine finds them"
            ));
        }
        if ties_cut > 0 {
            warnings.push(format!(
                "{ties_cut} of the queries have more than a thousand rows exactly as far away as the last neighbour: their \
                 recall may be higher than told"
            ));
        }
        warnings
    }

    /// The neighbours of a smaller count.
    fn first(&self, k: u32) -> Self {
        let k = usize::try_from(k).unwrap_or(usize::MAX);
        Self {
            exact: self.exact.iter().map(|exact| exact.first(k)).collect(),
            facts: self.facts.clone(),
            rows: self.rows,
        }
    }
}

/// What the queries should find in each case. Cases that differ only in how many they ask for share one pass.
pub(super) async fn of_cases(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    cases: &[Request],
    progress: &dyn Progress,
) -> Result<Vec<Truth>> {
    let alike = |one: &Request, other: &Request| {
        one.filter == other.filter && one.transaction.acting_as() == other.transaction.acting_as()
    };
    let mut truths: Vec<(&Request, Truth)> = Vec::new();
    let mut each = Vec::new();
    for request in cases {
        let known = truths.iter().position(|(other, _)| alike(other, request));
        let place = match known {
            Some(place) => place,
            None => {
                let most = cases
                    .iter()
                    .filter(|other| alike(other, request))
                    .map(|other| other.k)
                    .max();
                let whole = Request {
                    k: most.unwrap_or(request.k),
                    ..request.clone()
                };
                truths.push((request, of_one(session, on, queries, &whole, progress).await?));
                truths.len() - 1
            }
        };
        each.extend(truths.get(place).map(|(_, truth)| truth.first(request.k)));
    }
    Ok(each)
}

async fn of_one(
    session: &mut Session,
    on: &Target,
    queries: &Queries,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Truth> {
    let mut transaction = session
        .begin(&request.transaction.clone().repeatable().long())
        .await?;
    let truth = exact(&mut transaction, on, queries, request, None, progress).await?;
    transaction.commit().await.context("end the transaction")?;
    if truth.rows == 0 {
        let role = request
            .transaction
            .acting_as()
            .map_or_else(|| "this role".to_owned(), |role| format!("`{role}`"));
        return Err(Error::precondition(format!(
            "`{}` has no row with an embedding that {role} can see and the filter keeps",
            on.table.plain()
        )));
    }
    Ok(truth)
}

/// Compares every query with every row that the transaction's role can see and the filter keeps; with `rows`, a condition
/// as SQL, only with those that meet it.
pub(super) async fn exact(
    connection: &mut PgConnection,
    on: &Target,
    queries: &Queries,
    request: &Request,
    rows: Option<&str>,
    progress: &dyn Progress,
) -> Result<Truth> {
    let started = Instant::now();
    let count = usize::try_from(queries.asked(request.k)).unwrap_or(usize::MAX);
    let search = Search::new(on.metric, queries.rows(), count).map_err(|wrong| mismatch(on, &wrong))?;
    let task = progress.task(
        &format!("find the exact neighbours in {}", on.table.plain()),
        Unit::Rows,
        estimated(on),
    );
    let mut workers = Workers::start(&search);
    let totals = read(connection, on, (request, rows), &mut workers, &task).await?;
    task.finish();
    let mut whole = search.fork();
    for worker in workers.finish() {
        let part = worker
            .await
            .map_err(|error| Error::bug("a comparing thread ended early").caused_by(&error))?;
        whole.merge(part.map_err(|wrong| mismatch(on, &wrong))?);
    }
    let without_distance = whole.without_distance();
    let exact: Vec<Exact> = whole
        .finish()
        .into_iter()
        .enumerate()
        .map(|(query, exact)| without_itself(exact, queries.key(query), request.k))
        .collect();
    let ties_cut = exact.iter().filter(|exact| exact.ties_cut).count();
    let queries_in_table = exact.iter().filter(|exact| is_in_table(on.metric, exact)).count();
    Ok(Truth {
        exact,
        rows: totals.rows,
        facts: Exactness {
            rows: totals.rows,
            without_embedding: totals.without_embedding,
            without_distance,
            bytes: totals.bytes,
            seconds: started.elapsed().as_secs_f64(),
            ties_cut,
            queries_in_table,
        },
    })
}

/// Whether the nearest row is where the query is. Under cosine that is its direction, up to the rounding of 64 bits; the
/// inner product does not tell.
fn is_in_table(metric: Metric, exact: &Exact) -> bool {
    let nearest = exact
        .neighbours
        .first()
        .map_or(f64::INFINITY, |nearest| nearest.distance);
    metric != Metric::InnerProduct && nearest <= 1e-12
}

/// A stored row is not its own neighbour.
fn without_itself(mut exact: Exact, key: Option<&str>, k: u32) -> Exact {
    if let Some(key) = key {
        exact.neighbours.retain(|neighbour| neighbour.key != key);
    }
    exact.first(usize::try_from(k).unwrap_or(usize::MAX))
}

#[derive(Default)]
struct Totals {
    rows: u64,
    without_embedding: u64,
    bytes: u64,
}

async fn read(
    connection: &mut PgConnection,
    on: &Target,
    (request, rows): (&Request, Option<&str>),
    workers: &mut Workers,
    task: &Task,
) -> Result<Totals> {
    let filter = request.filter.as_ref();
    let literal = filter.map_or_else(String::new, |filter| {
        format!("{}::pg_catalog.jsonb", sql::literal(&filter.to_string()))
    });
    let query = format!(
        "select t.{}::text, t.{} from {} t {}",
        on.id.name,
        on.embedding,
        on.table,
        statement::condition(on, filter, &literal, rows)
    );
    let reading = || format!("read the vectors of `{}`", on.table.plain());
    let mut pieces = Box::pin(sql::copy_out(connection, query).await.with_context(reading)?);
    let mut decoder = CopyDecoder::new();
    let mut block = Filling::new(on);
    let mut totals = Totals::default();
    while let Some(piece) = pieces.next().await {
        let piece = piece.with_context(reading)?;
        totals.bytes += piece.as_ref().len() as u64;
        decoder.push(piece.as_ref());
        while let Some(row) = decoder.next_row().map_err(|wrong| unreadable(on, &wrong))? {
            totals.rows += 1;
            let mut fields = row.fields();
            match (fields.next().flatten(), fields.next().flatten()) {
                (Some(key), Some(vector)) => block.push(on, key, vector)?,
                _ => totals.without_embedding += 1,
            }
            if block.is_full() {
                task.advance(block.keys.len() as u64);
                workers.send(block.take(on)).await?;
            }
        }
    }
    decoder.finish().map_err(|wrong| unreadable(on, &wrong))?;
    totals.rows -= totals.without_embedding;
    workers.send(block.take(on)).await?;
    Ok(totals)
}

/// A block that is being filled.
struct Filling {
    rows: Rows,
    keys: Vec<String>,
}

impl Filling {
    fn new(on: &Target) -> Self {
        Self {
            rows: Rows::none_of(on.element),
            keys: Vec::with_capacity(BLOCK),
        }
    }

    fn push(&mut self, on: &Target, key: &[u8], vector: &[u8]) -> Result<()> {
        let read = self
            .rows
            .push(on.element, vector)
            .map_err(|wrong| unreadable(on, &wrong))?;
        self.keys.push(String::from_utf8_lossy(key).into_owned());
        read.map_err(|dimensions| {
            let expected = self.rows.dimensions();
            Error::precondition(format!(
                "the vectors of `{}.{}` have different dimensions, such as {expected} and {dimensions}",
                on.table.plain(),
                on.embedding.plain()
            ))
        })
    }

    fn is_full(&self) -> bool {
        self.keys.len() >= BLOCK || self.keys.len() * self.rows.dimensions() >= BLOCK_ELEMENTS
    }

    fn take(&mut self, on: &Target) -> Block {
        let full = std::mem::replace(self, Self::new(on));
        Block {
            rows: full.rows,
            keys: full.keys,
        }
    }
}

/// Threads that compare, each with vectors of its own.
struct Workers {
    senders: Vec<Sender<Block>>,
    threads: Vec<JoinHandle<Result<Search, Mismatch>>>,
    next: usize,
}

impl Workers {
    fn start(search: &Search) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (senders, threads) = (0..cores)
            .map(|_| {
                let (sender, mut receiver) = mpsc::channel::<Block>(WAITING);
                let mut part = search.fork();
                let thread = tokio::task::spawn_blocking(move || {
                    while let Some(block) = receiver.blocking_recv() {
                        part.add(&block)?;
                    }
                    Ok(part)
                });
                (sender, thread)
            })
            .unzip();
        Self {
            senders,
            threads,
            next: 0,
        }
    }

    async fn send(&mut self, block: Block) -> Result<()> {
        self.next = (self.next + 1) % self.senders.len().max(1);
        if let Some(sender) = self.senders.get(self.next) {
            // A thread that is gone has its own reason, which the caller hears when it joins them; the others go on.
            sender.send(block).await.unwrap_or_default();
        }
        Ok(())
    }

    fn finish(self) -> Vec<JoinHandle<Result<Search, Mismatch>>> {
        drop(self.senders);
        self.threads
    }
}

fn estimated(on: &Target) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, checked not to be negative"
    )]
    (on.estimated_rows > 0.0).then_some(on.estimated_rows as u64)
}

fn mismatch(on: &Target, wrong: &Mismatch) -> Error {
    let column = format!("{}.{}", on.table.plain(), on.embedding.plain());
    Error::precondition(format!("`{column}`: {wrong}"))
}

fn unreadable(on: &Target, wrong: &DecodeError) -> Error {
    Error::failed(format!("read the vectors of `{}`: {wrong}", on.table.plain()))
}
