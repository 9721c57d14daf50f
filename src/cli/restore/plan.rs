//! The plan of a restore: how long it should take, and its view for people.

use std::time::Duration;

use crate::backup::restore::{DiskNeed, Forecast, ForecastIndex, PlannedIndex, Prepared, Probe, RestorePlan};
use crate::index;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};

/// How much slower rows are that are logged and outlive their session, at the most.
const LOGGED: f64 = 3.0;

/// What a measurement says of the whole.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(super) fn forecast(prepared: &Prepared, probe: Probe) -> Forecast {
    let plan = prepared.plan();
    let data = (probe.bytes > 0).then(|| {
        let alone = plan.raw_bytes as f64 / probe.bytes as f64 * probe.seconds;
        (alone / prepared.jobs().max(1) as f64, alone * LOGGED)
    });
    let indexes = probe.indexes.iter().filter_map(|probed| {
        let planned = plan.indexes.iter().find(|planned| planned.name == probed.index)?;
        let bytes = planned.bytes.unwrap_or_default();
        let time = index::extrapolated(probed.rows, probed.seconds, planned.rows, bytes, planned.settings);
        Some(ForecastIndex {
            index: probed.index.clone(),
            at_least: time.at_least,
            at_most: time.at_most,
        })
    });
    Forecast {
        data,
        indexes: indexes.collect(),
        probe,
    }
}

impl Report for RestorePlan {
    const KIND: &'static str = "restore-plan";

    fn human(&self, page: &mut Page) {
        page.heading(&format!("restore of {}", sanitize(&self.backup)));
        page.field("rows as of", sanitize(&self.snapshot_time));
        let vector = self
            .source_vector
            .as_ref()
            .map_or_else(String::new, |version| format!(", pgvector {version}"));
        page.field(
            "dumped from",
            sanitize(&format!("PostgreSQL {}{vector}", self.source_version)),
        );
        let here = self
            .vector_version
            .as_ref()
            .map_or_else(String::new, |version| format!(", pgvector {version}"));
        page.field(
            "restored into",
            sanitize(&format!("PostgreSQL {}{here}", self.server_version)),
        );
        for reason in &self.degraded {
            page.styled(
                Role::Warning,
                &format!("the backup is degraded: {}", sanitize(reason)),
            );
        }
        if self.resumes {
            page.styled(
                Role::Good,
                "an earlier run has begun; this one goes on where it was",
            );
        }
        let mut table = Table::new()
            .text("table")
            .text("becomes")
            .number("rows")
            .number("size")
            .text("vectors")
            .text("row security");
        for planned in &self.tables {
            let security = if planned.row_security {
                units::plural(planned.policies, "policy", "policies")
            } else {
                "off".to_owned()
            };
            table.row([
                planned.from.plain(),
                planned.to.plain(),
                units::count(planned.rows),
                units::bytes(planned.raw_bytes),
                sanitize(&planned.vectors.join(", ")),
                security,
            ]);
        }
        page.table(&table);
        for planned in &self.tables {
            let grants = if planned.grants.is_empty() {
                "nobody but the owner".to_owned()
            } else {
                planned.grants.join("; ")
            };
            page.line(sanitize(&format!("{} opens to {grants}", planned.to.plain())));
            if !planned.grants_now.is_empty() && planned.grants_now != planned.grants {
                let now = planned.grants_now.join("; ");
                page.styled(
                    Role::Dim,
                    &sanitize(&format!("    the table that is there: {now}")),
                );
            }
            if !planned.default_grants.is_empty() {
                let defaults = planned.default_grants.join("; ");
                page.styled(
                    Role::Dim,
                    &sanitize(&format!(
                        "    and not to what this database grants by default: {defaults}"
                    )),
                );
            }
        }
        for follower in &self.followers {
            page.line(sanitize(&format!("{follower} follows the restored table")));
        }
        for index in &self.indexes {
            build_line(index, page);
        }
        disk(&self.disk, page);
        if let Some(forecast) = &self.forecast {
            times(forecast, page);
        }
        for reason in &self.left_out {
            page.styled(Role::Warning, &format!("left out: {}", sanitize(reason)));
        }
    }
}

fn build_line(index: &PlannedIndex, page: &mut Page) {
    let line = format!("builds {} with {}", index.index, index.settings.describe());
    match index.memory_needed {
        Some(needed) if index.spills => {
            let megabytes = needed.div_ceil(1 << 20);
            page.styled(
                Role::Warning,
                &sanitize(&format!(
                    "{line}; `--maintenance-work-mem {megabytes}MB` keeps it in memory, if the server has that much"
                )),
            );
        }
        _ => page.line(sanitize(&line)),
    }
}

fn disk(need: &DiskNeed, page: &mut Page) {
    page.field(
        "takes on the disk",
        format!(
            "about {}: rows {}, vector indexes {}, other indexes {}, log up to {}",
            units::bytes(need.needed_bytes),
            units::bytes(need.rows_bytes),
            units::bytes(need.vector_index_bytes),
            units::bytes(need.other_index_bytes),
            units::bytes(need.log_bytes),
        ),
    );
    page.field(
        "free on it",
        format!(
            "unknown: no server says it in SQL; the database takes {} now",
            units::bytes(need.database_bytes)
        ),
    );
}

fn times(forecast: &Forecast, page: &mut Page) {
    let time = |seconds: f64| units::duration(Duration::from_secs_f64(seconds.max(0.0)));
    let range = |least: f64, most: f64| format!("{} to {}", time(least), time(most));
    let probe = &forecast.probe;
    if let Some((least, most)) = forecast.data {
        page.field(
            "rows in",
            format!(
                "{}, by {} measured here in {}",
                range(least, most),
                units::plural(probe.rows, "row", "rows"),
                time(probe.seconds)
            ),
        );
    }
    for index in &forecast.indexes {
        page.field(
            &format!("{} built", sanitize(&index.index)),
            range(index.at_least, index.at_most),
        );
    }
    if let Some((least, most)) = forecast.data
        && probe.not_measured.is_empty()
    {
        let indexes = &forecast.indexes;
        let at_least = indexes.iter().map(|index| index.at_least).sum::<f64>();
        let at_most = indexes.iter().map(|index| index.at_most).sum::<f64>();
        page.field(
            "open after",
            format!(
                "{}, and what keys, other indexes and digests take",
                range(least + at_least, most + at_most)
            ),
        );
    }
    for reason in &probe.not_measured {
        page.styled(Role::Dim, &format!("not measured: {}", sanitize(reason)));
    }
}
