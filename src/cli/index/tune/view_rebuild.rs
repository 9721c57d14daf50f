//! What a person reads of level `rebuild`: what would be done, then what was found.

use std::time::Duration;

use super::view::{show_advice_text, show_subject};
use crate::error::Outcome;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::tune::{RebuildPlan, RebuildReport, Row};

/// What Supabase bills for a gigabyte beyond the plan's quota, in dollars (its pricing page).
const EGRESS: f64 = 0.09;

impl Report for RebuildPlan {
    const KIND: &'static str = "index-tune-plan";

    fn human(&self, page: &mut Page) {
        show_subject(&self.subject, self.pull.rows, page);
        #[expect(clippy::cast_precision_loss, reason = "a price")]
        let dollars = self.pull.bytes as f64 / 1e9 * EGRESS;
        page.field(
            "reads",
            format!(
                "about {} of {} rows, {}, in short read-only transactions (${dollars:.2} of Supabase's egress, beyond \
                 the quota)",
                units::count(self.pull.sample),
                units::count(self.pull.rows),
                units::bytes(self.pull.bytes)
            ),
        );
        let samples: Vec<String> = self.samples.iter().map(|rows| units::count(*rows)).collect();
        page.field(
            "tries",
            format!(
                "{} indexes here, on {} rows; the better half goes on each time",
                self.candidates.len(),
                samples.join(", ")
            ),
        );
        page.field(
            "disk",
            format!("about {} here, until it ends", units::bytes(self.pull.bytes * 5)),
        );
        if !self.dropped.is_empty() {
            page.field(
                "left out",
                format!("{} by their size and memory alone", self.dropped.len()),
            );
        }
    }
}

impl Report for RebuildReport {
    const KIND: &'static str = "index-tune";

    fn human(&self, page: &mut Page) {
        show_subject(&self.subject, self.rows, page);
        let samples: Vec<String> = self.samples.iter().map(|rows| units::count(*rows)).collect();
        let dimension = self
            .data
            .intrinsic_dimension
            .map_or_else(String::new, |it| format!(", intrinsic dimension about {it:.0}"));
        page.field(
            "tried",
            format!(
                "{} builds on {} rows in {}{dimension}",
                self.tried.builds,
                samples.join(", "),
                units::duration(Duration::from_secs_f64(self.seconds))
            ),
        );
        page.blank();
        page.table(&table(self));
        page.styled(
            Role::Dim,
            "size, memory: exact by formula. recall: where a measurement on all rows will lie, 95 times in 100. pages: \
             estimate. ms, build: range on this machine",
        );
        if let Some(left_out) = self.tried.left_out {
            let line = format!(
                "left out, the largest sample was foretold by the smaller ones: {} of {} recalls inside their intervals",
                left_out.inside, left_out.forecasts
            );
            page.styled(Role::Dim, &line);
        }
        page.blank();
        show_pick(self, page);
        for warning in &self.warnings {
            page.styled(Role::Warning, &format!("note: {}", sanitize(warning)));
        }
    }

    fn outcome(&self) -> Outcome {
        if self.pick().is_some() {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}

/// The index that is there, then the last candidates.
pub(super) fn table(report: &RebuildReport) -> Table {
    let mut table = Table::new()
        .text("index")
        .number("ef")
        .number(&format!("recall@{}", report.subject.k))
        .number("interval")
        .number("worst 1 %")
        .number("pages")
        .number("ms")
        .number("size")
        .number("build memory")
        .number("build")
        .text("");
    for (place, row) in report.tried.rows.iter().enumerate() {
        table.row(cells(row, Some(place) == report.tried.pick));
    }
    table
}

fn cells(row: &Row, is_pick: bool) -> [String; 11] {
    let none = || "-".to_owned();
    let forecast = row.forecast.as_ref();
    let of = |text: &dyn Fn(&crate::tune::Forecast) -> String| forecast.map_or_else(none, text);
    let note = match (&row.refused, is_pick) {
        (_, true) => "pick".to_owned(),
        (Some(why), _) => why.clone(),
        (None, _) if row.is_best_of_its_kind => "not beaten".to_owned(),
        (None, _) => String::new(),
    };
    let (from, to) = row.build_seconds;
    let time = |seconds: f64| units::duration(Duration::from_secs_f64(seconds));
    [
        row.label.clone(),
        of(&|it| it.ef_search.to_string()),
        of(&|it| format!("{:.4}", it.recall)),
        of(&|it| format!("{:.4}-{:.4}", it.interval.low, it.interval.high)),
        of(&|it| format!("{:.2}", it.worst_percent)),
        of(&|it| format!("{:.0}", it.pages)),
        of(&|it| format!("{:.1}-{:.1}", it.milliseconds.0, it.milliseconds.1)),
        units::bytes(row.priced.bytes),
        units::bytes(row.priced.memory),
        if row.priced.is_today {
            "none".to_owned()
        } else {
            format!("{} to {}", time(from), time(to))
        },
        note,
    ]
}

/// What is picked, in a sentence.
pub(super) fn verdict(report: &RebuildReport) -> String {
    let wanted = report.subject.recall;
    match report.pick().and_then(|pick| Some((pick, pick.forecast?))) {
        Some((pick, forecast)) => format!(
            "pick: {} with ef_search {}: the fewest pages for its size among those that a measurement on all rows, with as \
             many other queries, will confirm nine times in ten",
            pick.label, forecast.ef_search
        ),
        None => format!(
            "none of these surely reaches {wanted} with as few queries ({}): ask for more `--m` and `--ef-construction`, a larger `--sample`, more \
             queries, or a lower recall",
            report.subject.queries
        ),
    }
}

fn show_pick(report: &RebuildReport, page: &mut Page) {
    let role = if report.pick().is_some() {
        Role::Good
    } else {
        Role::Error
    };
    page.styled(role, &verdict(report));
    for command in &report.commands {
        page.line(format!("  {}", sanitize(command)));
    }
    if let Some(script) = &report.apply_sql {
        page.blank();
        show_advice_text(script, page);
    }
}
