//! One attempt at a dump, in one snapshot from beginning to end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future;
use jiff::Timestamp;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::chunk::Chunk;
use super::super::definition;
use super::super::manifest::{Canary, Source, Vector};
use super::super::repository::Repository;
use super::super::stage::DumpStage;
use super::canary::canaries;
use super::inspect::{self, inspect, names};
use super::journal::Journal;
use super::lock::{Locked, enter, lock};
use super::partition::{first_rows, measure, ranges};
use super::publish::publish;
use super::room::free_bytes;
use super::worker::{Job, TableWork, Work, work};
use super::{DumpPlan, DumpReport, Failure, PlannedTable, Request};
use crate::catalog::{self, VectorExtension};
use crate::connection::{Connector, Need, TransactionOptions, Watch};
use crate::error::{Context as _, Error, Result};
use crate::failpoint::reach;
use crate::progress::{Progress, Unit};
use crate::sql;

/// Among how many rows of a table canaries are searched.
const CANARY_ROWS: u32 = 2000;
/// How often the session that holds locks and snapshot says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What the whole dump begins with.
pub(super) struct Begun {
    pub(super) at: Timestamp,
    pub(super) clock: Instant,
}

pub(super) async fn plan(
    connector: &Connector,
    request: &Request,
    progress: &dyn Progress,
) -> Result<DumpPlan> {
    let mut session = connector.open(Need::Session, progress).await?;
    let watch = Watch::new(connector, &session);
    let looking = async {
        let mut transaction = session.begin(&TransactionOptions::read().long()).await?;
        let names = names(&mut transaction, &request.selection).await?;
        inspect(&mut transaction, &names, request.allow_partial).await
    };
    let found = watch.over(looking).await?;
    let planned = |source: inspect::Source| PlannedTable {
        text_columns: source.text_columns(),
        key: source.key.into_iter().map(|column| column.name).collect(),
        table: source.name,
        estimated_rows: source.estimated_rows,
        bytes: source.bytes,
    };
    Ok(DumpPlan {
        repository: request.to.display().to_string(),
        tables: found.tables.into_iter().map(planned).collect(),
        left_out: found.reasons,
        free_bytes: free_bytes(&request.to),
    })
}

pub(super) async fn dump(
    connector: &Connector,
    request: &Request,
    repository: &Repository,
    progress: &dyn Progress,
) -> Result<DumpReport, Failure> {
    let begun = Begun {
        at: Timestamp::now(),
        clock: Instant::now(),
    };
    let mut holder = connector.open(Need::Session, progress).await?;
    let watch = Watch::new(connector, &holder);
    let locking = watch.over(lock(&mut holder, request, progress)).await;
    let (mut transaction, locked) = locking.map_err(Failure::in_locks)?;
    let holding = async {
        let source = source(&mut transaction).await?;
        let definition = definition::capture(&mut transaction, &locked.tables())
            .await
            .context("read from the catalog what the tables need")?;
        let prepared = prepare(&mut transaction, &locked, request, repository, &source, progress).await?;
        Ok((source, definition, prepared))
    };
    let (source, definition, prepared) = watch.over(holding).await.map_err(Failure::in_snapshot)?;
    expect_room(&prepared, repository, progress)?;
    reach(DumpStage::TablesCut.name()).await;
    let canaries = read(
        connector,
        &locked,
        request,
        (&mut transaction, &watch),
        &source,
        &prepared,
        progress,
    )
    .await;
    prepared.threads.close();
    prepared.threads.wait().await;
    let canaries = canaries.map_err(Failure::in_snapshot)?;
    reach(DumpStage::RowsRead.name()).await;
    // The holder is still there, so the locks held from the snapshot to here.
    let releasing = async { transaction.commit().await.map_err(Error::from) };
    watch.over(releasing).await.map_err(Failure::in_snapshot)?;
    reach(DumpStage::SnapshotReleased.name()).await;
    let publishing = publish(
        &begun, repository, request, locked, source, definition, prepared, canaries,
    );
    Ok(publishing.await?)
}

/// Reads everything, with workers in the snapshot, while the holder looks for canaries and then keeps its session alive.
async fn read(
    connector: &Connector,
    locked: &Locked,
    request: &Request,
    (holder, watch): (&mut PgConnection, &Watch<'_>),
    source: &Source,
    prepared: &Work,
    progress: &dyn Progress,
) -> Result<Vec<Vec<Canary>>> {
    let mut sessions = Vec::new();
    for _ in 0..request.jobs.clamp(1, prepared.jobs().max(1)) {
        sessions.push(connector.open(Need::Session, progress).await?);
    }
    let mut workers = Vec::new();
    for session in &mut sessions {
        let watch = Watch::new(connector, session);
        let transaction = watch.over(enter(session, locked)).await?;
        workers.push((transaction, watch));
    }
    let done = CancellationToken::new();
    let reading = async {
        future::try_join_all(
            workers
                .iter_mut()
                .map(|(worker, watch)| work(worker, watch, prepared)),
        )
        .await?;
        done.cancel();
        Ok(())
    };
    let holding = async {
        let canaries = watch.over(all_canaries(holder, source, prepared)).await?;
        loop {
            let pause = tokio::time::timeout(HEARTBEAT, done.cancelled()).await;
            let beating = async { sql::run(holder, "select 1").await.map_err(Error::from) };
            let beat = watch.over(beating).await;
            beat.context("keep the session that holds the snapshot")?;
            if pause.is_ok() {
                return Ok::<_, Error>(canaries);
            }
        }
    };
    let ((), canaries) = future::try_join(reading, holding).await?;
    for (worker, watch) in workers {
        let ending = async { worker.commit().await.map_err(Error::from) };
        watch.over(ending).await?;
    }
    Ok(canaries)
}

/// Cuts the tables into ranges, and opens the journals of what an unfinished dump has left.
async fn prepare(
    connection: &mut PgConnection,
    locked: &Locked,
    request: &Request,
    repository: &Repository,
    source: &Source,
    progress: &dyn Progress,
) -> Result<Work> {
    let mut tables = Vec::new();
    let mut queue = VecDeque::new();
    let several = locked.found.tables.len() > 1;
    let whole = several.then(|| Arc::new(progress.task("dump all tables", Unit::Bytes, None)));
    for (place, table) in locked.found.tables.iter().enumerate() {
        let mut journal = Journal::open(repository, &source.database, table, request.codec, request.level)?;
        let measure = measure(connection, table, request.chunk_bytes).await?;
        let ranges = match journal.ranges() {
            Some(ranges) => ranges,
            None => ranges(connection, table, measure).await?,
        };
        journal.begin(&ranges)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate, never negative"
        )]
        let estimate = (table.estimated_rows.max(0.0) * measure.row_bytes) as u64;
        let task = progress.task(
            &format!("dump {}", table.name.plain()),
            Unit::Bytes,
            (estimate > 0).then_some(estimate),
        );
        let task = match &whole {
            Some(whole) => task.part_of(whole),
            None => task,
        };
        queue.extend((0..ranges.len()).map(|range| Job { table: place, range }));
        tables.push(TableWork {
            source: table.clone(),
            done: Mutex::new(vec![None::<Vec<Chunk>>; ranges.len()]),
            ranges,
            journal: Arc::new(Mutex::new(journal)),
            reused: Mutex::new(0),
            estimate,
            task,
        });
    }
    if let Some(whole) = &whole {
        whole.set_total(tables.iter().map(|table| table.estimate).sum());
    }
    Ok(Work {
        whole,
        repository: repository.clone(),
        codec: request.codec,
        level: request.level,
        tables,
        queue: Mutex::new(queue),
        threads: TaskTracker::new(),
    })
}

async fn all_canaries(
    connection: &mut PgConnection,
    source: &Source,
    prepared: &Work,
) -> Result<Vec<Vec<Canary>>> {
    let mut all = Vec::new();
    for table in &prepared.tables {
        let asked = match &source.vector {
            Some(vector) if !table.source.key.is_empty() => {
                let within = first_rows(connection, &table.source, CANARY_ROWS).await?;
                let extension = VectorExtension {
                    version: vector.version.clone(),
                    schema: vector.schema.clone(),
                };
                match catalog::table(connection, &table.source.name).await? {
                    Some(found) => canaries(connection, &table.source, &found, &extension, &within).await?,
                    None => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        all.push(asked);
    }
    Ok(all)
}

#[derive(FromRow)]
struct SourceRow {
    database: String,
    server_version: String,
    server_version_num: i32,
    encoding: String,
    collation: String,
    role: String,
    row_security_bypassed: bool,
    in_recovery: bool,
}

async fn source(connection: &mut PgConnection) -> Result<Source> {
    let row = sql::fixed(include_str!("../../../sql/backup/source.sql"))
        .fetch_one(&mut *connection)
        .await?;
    let row = SourceRow::from_row(&row)?;
    let vector = catalog::vector_extension(connection).await?;
    Ok(Source {
        database: row.database,
        server_version: row.server_version,
        server_version_num: row.server_version_num,
        encoding: row.encoding,
        collation: row.collation,
        vector: vector.map(|vector| Vector {
            schema: vector.schema,
            version: vector.version,
        }),
        role: row.role,
        row_security_bypassed: row.row_security_bypassed,
        in_recovery: row.in_recovery,
    })
}

/// Refuses to begin where the disk is surely too small; where it may be, says so.
fn expect_room(prepared: &Work, repository: &Repository, progress: &dyn Progress) -> Result<()> {
    let needed: u64 = prepared.tables.iter().map(|table| table.estimate).sum();
    let Some(free) = free_bytes(repository.root()) else {
        return Ok(());
    };
    if needed / 4 > free {
        let message = format!(
            "the repository's disk has {free} bytes free, and the tables hold about {needed} bytes of rows"
        );
        return Err(Error::precondition(message).hint("Free space, or name a repository on another disk."));
    }
    if needed > free {
        progress.warn("the rows may not fit on the repository's disk, unless they compress well");
    }
    Ok(())
}
