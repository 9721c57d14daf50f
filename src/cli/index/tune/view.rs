//! What a person reads of tuning.

use std::time::Duration;

use crate::error::Outcome;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::tune::{Advice, EfReport, Seen, Subject};

impl Report for EfReport {
    const KIND: &'static str = "index-tune";

    fn human(&self, page: &mut Page) {
        show_subject(&self.subject, self.exact_rows, page);
        page.field("index", index(self));
        page.blank();
        page.table(&measured(self));
        page.blank();
        show_answer(self, page);
        for warning in &self.warnings {
            page.styled(Role::Warning, &format!("note: {}", sanitize(warning)));
        }
    }

    fn outcome(&self) -> Outcome {
        if self.is_met() {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}

/// The answer, in a sentence.
pub(super) fn verdict(report: &EfReport) -> String {
    let wanted = report.subject.recall;
    match report.pick() {
        Some(pick) => format!(
            "ef_search {}: the smallest whose recall is surely {wanted} or more, as a measurement with as many other \
             queries will confirm nine times in ten",
            pick.ef_search
        ),
        None => {
            let seen = report.measured.iter().find(|one| one.interval.low >= wanted);
            let seen = seen.map_or_else(String::new, |one| {
                format!(
                    " (ef_search {} did with these queries, but others may not confirm it: more queries would tell)",
                    one.ef_search
                )
            });
            format!(
                "no ef_search surely reaches {wanted} with this index{seen}; `vecops index tune --level rebuild` looks for \
                 another"
            )
        }
    }
}

/// The index with its size.
pub(super) fn index(report: &EfReport) -> String {
    let preflight = &report.preflight;
    format!(
        "`{}`, m = {}, ef_construction = {}, {}, ef_search {} in new sessions",
        sanitize(&preflight.index),
        preflight.m,
        preflight.ef_construction,
        units::bytes(u64::try_from(preflight.bytes).unwrap_or_default()),
        preflight.ef_search
    )
}

fn show_answer(report: &EfReport, page: &mut Page) {
    let Some(pick) = report.pick() else {
        page.styled(Role::Error, &verdict(report));
        return;
    };
    page.styled(Role::Good, &verdict(report));
    let time = units::duration(Duration::from_secs_f64(report.seconds));
    page.styled(Role::Dim, &format!("found in {time}"));
    if report.meets_p95 == Some(false) {
        let line = format!(
            "but 95 of 100 queries take up to {:.1} ms, more than wanted",
            pick.p95_ms
        );
        page.styled(Role::Error, &line);
    }
    page.blank();
    for advice in &report.advice {
        show_advice(advice, page);
    }
}

pub(super) fn show_subject(subject: &Subject, rows: u64, page: &mut Page) {
    let dimensions = subject
        .dimensions
        .map_or_else(String::new, |count| format!("({count})"));
    page.heading(&format!(
        "{}.{}  {}{dimensions}  {}  {} rows",
        subject.table,
        subject.column,
        subject.element,
        subject.metric,
        units::count(rows)
    ));
    let limit = subject
        .p95_ms
        .map_or_else(String::new, |limit| format!(", 95 of 100 within {limit} ms"));
    page.field(
        "target",
        format!("recall@{} of {} or more{limit}", subject.k, subject.recall),
    );
    page.field("queries", format!("{} {}", subject.queries, subject.origin));
}

/// What was measured, the smallest `ef_search` first.
pub(super) fn measured(report: &EfReport) -> Table {
    let mut table = Table::new()
        .number("ef_search")
        .number(&format!("recall@{}", report.subject.k))
        .number("95 % interval")
        .number("worst 1 %")
        .number("pages")
        .number("p50 ms")
        .number("p95 ms")
        .text("");
    for one in &report.measured {
        table.row(row(report, one));
    }
    table
}

fn row(report: &EfReport, one: &Seen) -> [String; 8] {
    let mut notes = Vec::new();
    if one.ef_search == report.preflight.ef_search {
        notes.push("today");
    }
    if Some(one.ef_search) == report.ef_search {
        notes.push("pick");
    }
    [
        one.ef_search.to_string(),
        format!("{:.4}", one.recall),
        format!("{:.4}-{:.4}", one.interval.low, one.interval.high),
        format!("{:.2}", one.worst_percent),
        format!("{:.0}", one.pages),
        format!("{:.2}", one.p50_ms),
        format!("{:.2}", one.p95_ms),
        notes.join(", "),
    ]
}

fn show_advice(advice: &Advice, page: &mut Page) {
    page.line(sanitize(&advice.reaches));
    for statement in &advice.statements {
        page.line(format!("  {}", sanitize(statement)));
    }
    if let Some(mind) = advice.mind {
        page.styled(Role::Dim, &format!("  {mind}"));
    }
}

/// A script as it is, indented.
pub(super) fn show_advice_text(script: &str, page: &mut Page) {
    for line in script.lines() {
        page.styled(Role::Dim, &format!("  {}", sanitize(line)));
    }
}
