//! Vectors out of the database that is tuned, into the server where graphs are tried: once, in short transactions.
//!
//! The table is read in ranges of its blocks, each in a read-only transaction of its own, so that nothing holds back VACUUM
//! and no lock is stronger than ACCESS SHARE. A sample is drawn by a hash of the key on the server, so that only it
//! travels; rows below half of a hash's bound are a sample of half the size.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use super::server::{POOL, pool_columns};
use crate::catalog::Target;
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Unit};
use crate::sql;

/// How many values the hash has.
pub(super) const BUCKETS: u64 = 1 << 20;

/// About how many bytes one transaction reads.
const CHUNK: u64 = 32 << 20;

/// What will be pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PullPlan {
    /// About how many rows the table has.
    pub rows: u64,
    /// About how many of them are wanted.
    pub sample: u64,
    /// About how many bytes travel.
    pub bytes: u64,
    /// The blocks of the table.
    blocks: u64,
    /// Rows whose hash is below this are in the sample.
    pub(super) below: u64,
}

/// What was pulled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pulled {
    /// How many rows with a vector came.
    pub rows: u64,
    /// How many bytes travelled.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
}

/// What pulling so many of the table's rows will take, from the catalog alone.
pub async fn plan_pull(
    connection: &mut PgConnection,
    on: &Target,
    rows: u64,
    sample: Option<u64>,
) -> Result<PullPlan> {
    let row = sql::fixed(include_str!("../../sql/tune/blocks.sql"))
        .bind(on.table.to_string())
        .fetch_one(connection)
        .await
        .with_context(|| format!("look at `{}`", on.table.plain()))?;
    let blocks: i64 = row.try_get("blocks")?;
    let sample = sample.unwrap_or(rows).min(rows);
    let value = u64::from(on.dimensions.unwrap_or(1)) * 4 + 40;
    let below = if sample == rows {
        BUCKETS
    } else {
        (u128::from(BUCKETS) * u128::from(sample) / u128::from(rows.max(1)))
            .try_into()
            .unwrap_or(BUCKETS)
    };
    Ok(PullPlan {
        rows,
        sample,
        bytes: sample * value,
        blocks: u64::try_from(blocks).unwrap_or_default(),
        below,
    })
}

/// Copies the sample into the pool of the other server, not faster than so many bytes a second.
pub async fn pull(
    session: &mut Session,
    local: &mut PgConnection,
    on: &Target,
    plan: PullPlan,
    most_per_second: Option<u64>,
    progress: &dyn Progress,
) -> Result<Pulled> {
    let started = Instant::now();
    let task = progress.task(
        &format!("read the vectors of {}", on.table.plain()),
        Unit::Bytes,
        Some(plan.bytes),
    );
    let chunks = (plan.bytes / CHUNK).max(1);
    let step = plan.blocks.div_ceil(chunks).max(1);
    let mut pulled = Pulled {
        rows: 0,
        bytes: 0,
        seconds: 0.0,
    };
    let mut block = 0;
    // Rows that move to new blocks meanwhile are new versions; a last range without an end takes those behind.
    while block <= plan.blocks {
        let end = (block + step <= plan.blocks).then_some(block + step);
        let options = TransactionOptions::read().long();
        let mut transaction = session.begin(&options).await?;
        let (rows, bytes) = range(&mut transaction, local, on, plan, (block, end)).await?;
        transaction.commit().await.context("end the transaction")?;
        pulled.rows += rows;
        pulled.bytes += bytes;
        task.advance(bytes);
        wait(started, pulled.bytes, most_per_second).await;
        block = end.unwrap_or(plan.blocks + 1);
    }
    task.finish();
    if pulled.rows == 0 {
        return Err(Error::precondition(format!(
            "`{}` has no row with an embedding that this role can see",
            on.table.plain()
        )));
    }
    pulled.seconds = started.elapsed().as_secs_f64();
    Ok(pulled)
}

/// One range of blocks; its bytes go through as they come.
async fn range(
    connection: &mut PgConnection,
    local: &mut PgConnection,
    on: &Target,
    plan: PullPlan,
    (from, to): (u64, Option<u64>),
) -> Result<(u64, u64)> {
    let reading = || format!("read the vectors of `{}`", on.table.plain());
    let key = format!("t.{}::text", on.id.name);
    let bucket = format!("(pg_catalog.hashtextextended({key}, 0) & {})", BUCKETS - 1);
    let end = to.map_or_else(String::new, |to| {
        format!(" and t.ctid < '({to},0)'::pg_catalog.tid")
    });
    let query = format!(
        "select {key}, {bucket}, t.{column} from {table} t where t.ctid >= '({from},0)'::pg_catalog.tid{end} \
         and {bucket} < {below} and t.{column} is not null",
        column = on.embedding,
        table = on.table,
        below = plan.below
    );
    let mut pieces = Box::pin(sql::copy_out(connection, query).await.with_context(reading)?);
    let columns = pool_columns();
    let mut copy = sql::copy_in(local, &POOL.table(), &columns)
        .await
        .context("keep the vectors")?;
    let mut bytes = 0;
    let mut waiting: Vec<u8> = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.with_context(reading)?;
        bytes += piece.as_ref().len() as u64;
        waiting.extend_from_slice(piece.as_ref());
        if waiting.len() >= 1 << 18 {
            copy.send(&waiting).await.context("keep the vectors")?;
            waiting.clear();
        }
    }
    copy.send(&waiting).await.context("keep the vectors")?;
    let rows = copy.finish().await.context("keep the vectors")?;
    Ok((rows, bytes))
}

/// Waits until so many bytes may have come.
async fn wait(started: Instant, bytes: u64, most_per_second: Option<u64>) {
    let Some(most) = most_per_second.filter(|most| *most > 0) else {
        return;
    };
    #[expect(clippy::cast_precision_loss, reason = "a duration")]
    let due = Duration::from_secs_f64(bytes as f64 / most as f64);
    tokio::time::sleep(due.saturating_sub(started.elapsed())).await;
}
