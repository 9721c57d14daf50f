//! Building an index anew: queries use the old one until the new one is there.

use serde::Serialize;
use sqlx::PgConnection;

use super::build::rebuild;
use super::held::held_anew;
use super::plan::{BuildOptions, expect_owner};
use crate::connection::Connector;
use crate::error::{Error, Result};
use crate::index_build::{
    Built, Found, Place, Settings, Work,
    facts::{self, TableFacts},
    word,
};
use crate::progress::Progress;
use crate::sql::QualifiedName;

/// The rebuilding of an index, as it will be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReindexPlan {
    /// The index.
    pub index: QualifiedName,
    /// Its table.
    pub table: TableFacts,
    /// The statement.
    pub statement: String,
    /// Whether readers and writers go on meanwhile.
    pub concurrently: bool,
    /// How many rows the build will meet, about.
    pub rows: u64,
    /// The size that it has.
    pub bytes_now: i64,
    /// The size that it will have, about, where that can be said.
    pub bytes: Option<u64>,
    /// How much larger it is than it would be, in percent; none where that cannot be said.
    pub bloat_percent: Option<i64>,
    /// Memory and workers.
    pub settings: Settings,
}

/// Plans to build an index anew.
pub async fn plan_reindex(
    connection: &mut PgConnection,
    index: &Found,
    options: BuildOptions,
) -> Result<ReindexPlan> {
    let definition = &index.definition;
    let name = definition.qualified();
    if index.is_partitioned {
        let message = format!("`{}` is the frame of its partitions' indexes", name.plain());
        return Err(Error::precondition(message).hint("Rebuild those; `vecops index list` shows them."));
    }
    let table = facts::table(connection, &definition.table).await?;
    expect_owner(&table)?;
    let layout = definition.layout;
    let rows = held_anew(connection, &table, index).await?;
    let server = facts::server(connection).await?;
    let bytes = layout.map(|layout| layout.bytes(rows));
    Ok(ReindexPlan {
        statement: format!("reindex index {}{name}", word(options.concurrently)),
        concurrently: options.concurrently,
        rows,
        bytes_now: index.bytes,
        bloat_percent: bytes.and_then(|bytes| bloat_percent(index.bytes, bytes)),
        bytes,
        settings: Settings::choose(server, layout, rows, options.wishes),
        index: name,
        table,
    })
}

impl ReindexPlan {
    /// How many times as large as a fresh one the index is; none where that cannot be said.
    #[expect(clippy::cast_precision_loss, reason = "bytes, far below 2^53")]
    pub fn bloat_ratio(&self) -> Option<f64> {
        let fresh = self.bytes.filter(|&bytes| bytes > 0)?;
        Some(self.bytes_now as f64 / fresh as f64)
    }
}

/// How much larger an index is than a fresh one would be, in percent.
pub(super) fn bloat_percent(bytes_now: i64, fresh: u64) -> Option<i64> {
    let fresh = i64::try_from(fresh).ok().filter(|&bytes| bytes > 0)?;
    Some((bytes_now.saturating_mul(100) / fresh).saturating_sub(100))
}

/// Does it.
pub async fn reindex(connector: &Connector, plan: &ReindexPlan, progress: &dyn Progress) -> Result<Built> {
    let place = Place {
        index: plan.index.clone(),
        table: plan.table.name.clone(),
        table_oid: plan.table.oid,
    };
    let work = Work {
        statement: plan.statement.clone(),
        label: plan.index.plain(),
        concurrently: plan.concurrently,
        settings: plan.settings,
        rows: plan.rows,
        bytes: plan.bytes,
    };
    rebuild(connector, &place, &work, progress).await
}
