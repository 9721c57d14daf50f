//! A benchmark and a comparison for a person.

use std::time::Duration;

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
        "{column}  {}{dimensions}  {}  {} rows",
        report.element,
        report.metric,
        units::count(report.exact.rows)
    ));
    let index = report.environment.index.as_ref().map_or_else(
        || "no index that serves the metric".to_owned(),
        |index| {
            let options = match index.options.as_slice() {
                [] => "default parameters".to_owned(),
                options => options.join(" "),
            };
            let bytes = units::bytes(u64::try_from(index.bytes).unwrap_or_default());
            format!("`{}`, {} with {options}, {bytes}", index.name, index.method)
        },
    );
    page.field("index", index);
    let origin = match report.queries.origin {
        crate::bench::Origin::File => "from the file",
        crate::bench::Origin::Builtin => "that come with vecops",
        crate::bench::Origin::Stored => "that are stored rows",
    };
    let role = report
        .role
        .as_ref()
        .map_or_else(String::new, |role| format!(", as {role}"));
    let filter = report
        .filter
        .as_ref()
        .map_or_else(String::new, |filter| format!(", where metadata contain {filter}"));
    page.field(
        "queries",
        format!(
            "{} {origin}, {} nearest{role}{filter}",
            units::count(report.queries.count as u64),
            report.k
        ),
    );
}

fn measured(report: &BenchReport) -> Table {
    let method = report
        .environment
        .index
        .as_ref()
        .map(|index| index.method.as_str());
    let mut table = Table::new()
        .text("configuration")
        .number(&format!("recall@{}", report.k))
        .number("95 % interval")
        .number("worst 1 %")
        .number("p50 ms")
        .number("p95 ms")
        .number("p99 ms")
        .number("pages")
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
            one.configuration.label(method),
            share(recall.map(|recall| recall.mean)),
            interval,
            share(recall.map(|recall| recall.percentile_1)),
            format!("{:.2}", one.latency_ms.p50.value),
            format!("{:.2}", one.latency_ms.p95.value),
            format!("{:.2}", one.latency_ms.p99.value),
            format!("{:.0}", one.buffers.hit + one.buffers.read),
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

fn throughput(report: &BenchReport) -> Table {
    let method = report
        .environment
        .index
        .as_ref()
        .map(|index| index.method.as_str());
    let mut table = Table::new()
        .text("configuration")
        .number("clients")
        .number("due/s")
        .number("queries/s")
        .number("p50 ms")
        .number("p95 ms")
        .number("p99 ms");
    for one in &report.throughput {
        table.row([
            one.configuration.label(method),
            one.clients.to_string(),
            one.rate.map_or_else(|| "-".to_owned(), |rate| rate.to_string()),
            format!("{:.0}", one.queries_per_second),
            format!("{:.2}", one.latency_ms.p50.value),
            format!("{:.2}", one.latency_ms.p95.value),
            format!("{:.2}", one.latency_ms.p99.value),
        ]);
    }
    table
}

fn how(report: &BenchReport) -> String {
    let time = |seconds| units::duration(Duration::from_secs_f64(seconds));
    format!(
        "exact neighbours among {} vectors in {}; all of it in {}; PostgreSQL {}, pgvector {}",
        units::count(report.exact.rows),
        time(report.exact.seconds),
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
            .text("verdict");
        for one in &self.differences {
            let verdict = match one.verdict {
                Verdict::Better => "better",
                Verdict::Same => "same",
                Verdict::Worse => "worse",
            };
            table.row([
                format!(
                    "ef_search {}, probes {}",
                    one.configuration.ef_search, one.configuration.probes
                ),
                one.figure.to_owned(),
                format!("{:.4}", one.before),
                format!("{:.4}", one.after),
                verdict.to_owned(),
            ]);
        }
        if !table.is_empty() {
            page.table(&table);
            page.blank();
        }
        page.line(&self.verdict);
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
