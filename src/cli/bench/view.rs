//! A benchmark and a comparison for a person.

use std::time::Duration;

use super::charts::tables as charts;
use crate::bench::{BenchReport, Comparison, Measured, Verdict};
use crate::error::Outcome;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};

impl Report for BenchReport {
    const KIND: &'static str = "bench";

    fn human(&self, page: &mut Page) {
        head(self, page);
        page.blank();
        page.table(&measured(self));
        if self.configurations.iter().any(|one| one.cold.is_some()) {
            page.blank();
            page.table(&cold(self));
        }
        if !self.throughput.is_empty() {
            page.blank();
            page.table(&throughput(self));
        }
        page.blank();
        page.styled(Role::Dim, &how(self));
        for warning in &self.warnings {
            page.styled(Role::Warning, &format!("note: {}", sanitize(warning)));
        }
    }
}

fn head(report: &BenchReport, page: &mut Page) {
    let column = format!("{}.{}", report.table, report.column);
    let dimensions = report
        .dimensions
        .map_or_else(String::new, |count| format!("({count})"));
    page.heading(&format!(
        "{column}  {}{dimensions}  {}",
        report.element, report.metric
    ));
    page.field("index", charts::index(report));
    let (count, origin) = (
        units::count(report.queries.count as u64),
        report.queries.origin.label(),
    );
    page.field("queries", format!("{count} {origin}"));
    for case in &report.cases {
        let share = case.share_of_table.map_or_else(String::new, |share| {
            format!(", about {:.2} % of the table", share * 100.0)
        });
        page.field(
            "nearest",
            format!(
                "{}, among {} vectors{share}",
                case.label(),
                units::count(case.exact.rows)
            ),
        );
    }
}

fn measured(report: &BenchReport) -> Table {
    let mut table = Table::new()
        .text("configuration")
        .number("recall")
        .number("95 % interval")
        .number("worst 1 %")
        .number("ratio")
        .number("p50 ms")
        .number("p95 ms")
        .number("p99 ms")
        .number("max ms")
        .number("pages")
        .number("read")
        .number("rows")
        .text("plan");
    for one in &report.configurations {
        let recall = one.recall.as_ref();
        let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        let interval = recall.map_or_else(
            || "-".to_owned(),
            |recall| format!("{:.4}-{:.4}", recall.interval.low, recall.interval.high),
        );
        table.row([
            report.label(one.case, one.configuration),
            share(recall.map(|recall| recall.mean)),
            interval,
            share(recall.map(|recall| recall.percentile_1)),
            share(recall.and_then(|recall| recall.distance_ratio)),
            format!("{:.2}", one.latency_ms.p50.value),
            format!("{:.2}", one.latency_ms.p95.value),
            format!("{:.2}", one.latency_ms.p99.value),
            format!("{:.2}", one.latency_ms.max),
            format!("{:.0}", one.buffers.touched()),
            format!("{:.1}", one.buffers.read),
            format!("{:.1}", one.returned),
            plan(one),
        ]);
    }
    table
}

fn plan(measured: &Measured) -> String {
    let sorted: usize = measured
        .plans
        .iter()
        .filter(|plan| plan.index.is_none())
        .map(|plan| plan.queries)
        .sum();
    let all: usize = measured.plans.iter().map(|plan| plan.queries).sum();
    match sorted {
        0 => "index".to_owned(),
        some if some == all => "no index".to_owned(),
        some => format!("no index for {some} of {all}"),
    }
}

fn cold(report: &BenchReport) -> Table {
    let mut table = Table::new()
        .text("first of a new connection")
        .number("p50 ms")
        .number("p95 ms")
        .number("max ms")
        .number("pages")
        .number("read")
        .number("queries");
    for one in &report.configurations {
        let Some(cold) = &one.cold else { continue };
        table.row([
            report.label(one.case, one.configuration),
            format!("{:.2}", cold.latency_ms.p50.value),
            format!("{:.2}", cold.latency_ms.p95.value),
            format!("{:.2}", cold.latency_ms.max),
            format!("{:.0}", cold.buffers.touched()),
            format!("{:.1}", cold.buffers.read),
            cold.latency_ms.count.to_string(),
        ]);
    }
    table
}

fn throughput(report: &BenchReport) -> Table {
    let mut table = Table::new()
        .text("configuration")
        .number("clients")
        .number("due/s")
        .number("queries/s")
        .number("95 % interval")
        .number("p50 ms")
        .number("p95 ms")
        .number("p99 ms")
        .number("max ms");
    for one in &report.throughput {
        let interval = one.queries_per_second_interval;
        table.row([
            report.label(one.case, one.configuration),
            one.clients.to_string(),
            one.rate.map_or_else(|| "-".to_owned(), |rate| rate.to_string()),
            format!("{:.0}", one.queries_per_second),
            format!("{:.0}-{:.0}", interval.low, interval.high),
            format!("{:.2}", one.latency_ms.p50.value),
            format!("{:.2}", one.latency_ms.p95.value),
            format!("{:.2}", one.latency_ms.p99.value),
            format!("{:.2}", one.latency_ms.max),
        ]);
    }
    table
}

fn how(report: &BenchReport) -> String {
    let time = |seconds| units::duration(Duration::from_secs_f64(seconds));
    format!(
        "exact neighbours in {}; all of it in {}; PostgreSQL {}, pgvector {}",
        time(report.cases.iter().map(|case| case.exact.seconds).sum()),
        time(report.seconds),
        sanitize(&report.environment.server_version),
        sanitize(&report.environment.vector_version),
    )
}

impl Report for Comparison {
    const KIND: &'static str = "bench-comparison";

    fn human(&self, page: &mut Page) {
        let mut table = Table::new()
            .text("configuration")
            .text("figure")
            .number("before")
            .number("after")
            .number("change, 95 %")
            .text("verdict");
        for one in &self.differences {
            let verdict = match one.verdict {
                Verdict::Better => "better",
                Verdict::Same => "same",
                Verdict::Worse => "worse",
            };
            let change = match one.figure {
                "rows returned" | "pages" => String::new(),
                _ => format!("{:+.4} to {:+.4}", one.change.low, one.change.high),
            };
            table.row([
                one.label.clone(),
                one.figure.to_owned(),
                format!("{:.4}", one.before),
                format!("{:.4}", one.after),
                change,
                verdict.to_owned(),
            ]);
        }
        if !table.is_empty() {
            page.table(&table);
            page.blank();
        }
        page.line(&self.verdict);
        for only in &self.only_in_one {
            page.styled(Role::Dim, &format!("not compared: {}", sanitize(only)));
        }
        for unlike in &self.unlike {
            page.styled(Role::Warning, &format!("unlike: {}", sanitize(unlike)));
        }
    }

    fn outcome(&self) -> Outcome {
        if self.is_regression {
            Outcome::NotMet
        } else {
            Outcome::Success
        }
    }
}
