//! How long a build takes on this server: measured on some rows of the table in a temporary table, which is rolled back.
//!
//! A row costs more the larger the graph is: between the fourth and the square root of the rows, on 64 dimensions and
//! 4,000 to 64,000 rows (measured). Beyond some rows of the table, a range is all that can honestly be said.

use std::time::Instant;

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use crate::error::{Context as _, Error, Result};
use crate::index_build::{Definition, Settings, estimate::MIB};
use crate::sql::{QualifiedName, fixed, run};

/// The rows that are built.
const SAMPLE: u64 = 3_000;
/// What another process adds, from the published builds with more and more of them.
const HELP: f64 = 0.7;
/// How fast a finished graph is written and logged, in bytes a second, from slow to fast.
const WRITES: (f64, f64) = (60e6, 300e6);
/// How much slower a row is once the graph has left the memory, in cached pages.
const SPILLED: f64 = 3.0;

/// How long the build of an index takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BuildTime {
    /// The rows on which it was measured.
    pub measured_rows: u64,
    /// What their build took, in seconds.
    pub measured_seconds: f64,
    /// The least seconds that it should take.
    pub at_least: f64,
    /// The most seconds that it should take.
    pub at_most: f64,
}

/// Builds the index on some rows, in the caller's transaction, which is to be rolled back.
pub async fn build_time(
    connection: &mut PgConnection,
    definition: &Definition,
    rows: u64,
    bytes: u64,
    settings: Settings,
) -> Result<BuildTime> {
    let may: bool = fixed(include_str!("../../sql/index/may_make_temporary.sql"))
        .fetch_one(&mut *connection)
        .await?
        .try_get("may")?;
    if !may {
        return Err(
            Error::precondition("the role may not make temporary tables, which a measurement needs")
                .hint("Leave `--calibrate` out."),
        );
    }
    let name = crate::sql::Ident::constant("vecops_calibration");
    let sample = QualifiedName::new(crate::sql::Ident::constant("pg_temp"), name.clone());
    let fill = format!(
        "set local max_parallel_maintenance_workers = 0; set local maintenance_work_mem = '{}kB'; \
         create temporary table {name} on commit drop as select * from {} limit {SAMPLE}",
        (512 * MIB) / 1024,
        definition.table
    );
    run(&mut *connection, fill)
        .await
        .context("copy some rows into a temporary table")?;
    let started = Instant::now();
    run(
        &mut *connection,
        format!("create index on {sample} {}", definition.body),
    )
    .await
    .context("build the index on some rows")?;
    let measured_seconds = started.elapsed().as_secs_f64();
    // Rows without a vector, or that do not meet the index's condition, are not in it.
    let counted: i64 = fixed(include_str!("../../sql/index/calibrated.sql"))
        .bind(sample.to_string())
        .fetch_one(connection)
        .await?
        .try_get("rows")?;
    let measured_rows = u64::try_from(counted).unwrap_or_default();
    if measured_rows == 0 {
        return Err(Error::precondition(format!(
            "none of the first {SAMPLE} rows of `{}` would be in the index, so its build cannot be measured on them",
            definition.table.plain()
        ))
        .hint("Leave `--calibrate` out."));
    }
    Ok(extrapolated(
        measured_rows,
        measured_seconds,
        rows,
        bytes,
        settings,
    ))
}

/// How long a build over so many rows takes, from one that was measured with one process.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn extrapolated(
    measured_rows: u64,
    measured_seconds: f64,
    rows: u64,
    bytes: u64,
    settings: Settings,
) -> BuildTime {
    let times = rows as f64 / measured_rows.max(1) as f64;
    let processes = 1.0 + HELP * f64::from(settings.workers);
    let spilled = settings
        .spills_after
        .map_or(0.0, |after| 1.0 - after as f64 / rows.max(1) as f64);
    let slower = 1.0 + spilled * (SPILLED - 1.0);
    let seconds = |growth: f64, writes: f64| {
        measured_seconds * times * times.max(1.0).powf(growth) * slower / processes + bytes as f64 / writes
    };
    BuildTime {
        measured_rows,
        measured_seconds,
        at_least: 0.7 * seconds(0.15, WRITES.1),
        at_most: 1.3 * seconds(0.5, WRITES.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_holds_what_was_measured() {
        let alone = Settings {
            memory: 512 * MIB,
            workers: 0,
            needed: None,
            spills_after: None,
            is_unsafe_in_parallel: false,
        };
        // 64 dimensions, one process: 4,000 rows 0.54 s, and so on.
        for (rows, seconds) in [(8_000, 1.7), (16_000, 4.3), (32_000, 11.3), (64_000, 34.2)] {
            let time = extrapolated(4_000, 0.54, rows, rows * 500, alone);
            assert!(
                time.at_least < seconds && seconds < time.at_most,
                "{rows}: {time:?}"
            );
        }
    }
}
