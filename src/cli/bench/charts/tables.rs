//! The tables of a benchmark's report.

use std::time::Duration;

use crate::bench::{BenchReport, Case, Distribution, Measured, Percentile};
use crate::render::{Field, Table, field, units};

/// How many of the worst queries are listed for each configuration.
const WORST: usize = 5;

pub(super) fn subject(report: &BenchReport) -> Vec<Field> {
    let dimensions = report
        .dimensions
        .map_or_else(String::new, |count| format!("({count})"));
    let mut fields = vec![
        field(
            "column",
            format!(
                "{}.{}, {}{dimensions}, {}",
                report.table, report.column, report.element, report.metric
            ),
        ),
        field("index", index(report)),
        field(
            "queries",
            format!(
                "{} {}",
                units::count(report.queries.count as u64),
                report.queries.origin.label()
            ),
        ),
    ];
    for case in &report.cases {
        let share = case.share_of_table.map_or_else(String::new, |share| {
            format!(", about {:.2} % of the table (estimate)", share * 100.0)
        });
        let found = format!("among {} vectors{share}", units::count(case.exact.rows));
        fields.push(field(&format!("nearest, {}", case.label()), found));
    }
    fields
}

/// The index with its size.
pub(in crate::cli::bench) fn index(report: &BenchReport) -> String {
    let Some(index) = &report.environment.index else {
        return "none that serves the metric".to_owned();
    };
    let options = match index.options.as_slice() {
        [] => "default parameters".to_owned(),
        options => options.join(" "),
    };
    let bytes = units::bytes(u64::try_from(index.bytes).unwrap_or_default());
    format!("`{}`, {} with {options}, {bytes}", index.name, index.method)
}

fn label(report: &BenchReport, one: &Measured) -> String {
    report.label(one.case, one.configuration)
}

pub(super) fn recall(report: &BenchReport) -> Table {
    let mut table = Table::new()
        .text("configuration")
        .number("recall")
        .number("95 % interval")
        .number("worst 1 %")
        .number("worst 5 %")
        .number("lowest")
        .number("perfect queries")
        .number("distance ratio")
        .number("rows came")
        .number("short queries")
        .number("design effect");
    for one in &report.configurations {
        let Some(recall) = &one.recall else { continue };
        table.row([
            label(report, one),
            format!("{:.4}", recall.mean),
            format!("{:.4} to {:.4}", recall.interval.low, recall.interval.high),
            format!("{:.3}", recall.percentile_1),
            format!("{:.3}", recall.percentile_5),
            format!("{:.3}", recall.lowest),
            format!("{} of {}", recall.perfect, recall.queries),
            recall
                .distance_ratio
                .map_or_else(String::new, |ratio| format!("{ratio:.4}")),
            format!("{:.1}", one.returned),
            one.short.to_string(),
            format!("{:.2}", recall.design_effect),
        ]);
    }
    table
}

fn times(table: Table) -> Table {
    table
        .number("p50 ms")
        .number("p95 ms")
        .number("p99 ms")
        .number("max ms")
        .number("mean ms")
        .number("times")
}

fn time_cells(of: &Distribution) -> Vec<String> {
    let percentile = |of: Percentile| format!("{:.2} ({:.2} to {:.2})", of.value, of.low, of.high);
    vec![
        percentile(of.p50),
        percentile(of.p95),
        percentile(of.p99),
        format!("{:.2}", of.max),
        format!("{:.2}", of.mean),
        units::count(of.count as u64),
    ]
}

pub(super) fn latency(report: &BenchReport) -> Table {
    let mut table = times(Table::new().text("configuration"))
        .number("first pass p50 ms")
        .number("warm-up passes")
        .number("server ms");
    for one in &report.configurations {
        let rest = [
            format!("{:.2}", one.first_pass_ms.p50.value),
            one.warmup_passes.to_string(),
            format!("{:.2}", one.server_ms),
        ];
        let cells = time_cells(&one.latency_ms);
        table.row([label(report, one)].into_iter().chain(cells).chain(rest));
    }
    table
}

pub(super) fn pages(report: &BenchReport) -> Table {
    let mut table = Table::new()
        .text("configuration")
        .number("pages")
        .number("in the server's cache")
        .number("from outside")
        .number("new connection p50 ms")
        .number("its pages")
        .number("from outside")
        .text("plans");
    for one in &report.configurations {
        let plans: Vec<String> = one
            .plans
            .iter()
            .map(|plan| {
                let index = plan.index.as_deref().unwrap_or("no index");
                format!("{}: {} ({index})", plan.queries, plan.shape)
            })
            .collect();
        let cold = one.cold.as_ref();
        let page = |pages: Option<f64>| pages.map_or_else(String::new, |pages| format!("{pages:.0}"));
        table.row([
            label(report, one),
            format!("{:.0}", one.buffers.touched()),
            format!("{:.0}", one.buffers.hit),
            format!("{:.1}", one.buffers.read),
            cold.map_or_else(String::new, |cold| format!("{:.2}", cold.latency_ms.p50.value)),
            page(cold.map(|cold| cold.buffers.touched())),
            page(cold.map(|cold| cold.buffers.read)),
            plans.join("; "),
        ]);
    }
    table
}

pub(super) fn throughput(report: &BenchReport) -> Table {
    let table = Table::new()
        .text("configuration")
        .number("clients")
        .number("due a second")
        .number("answered a second")
        .number("95 % interval");
    let mut table = times(table);
    for one in &report.throughput {
        let first = [
            report.label(one.case, one.configuration),
            one.clients.to_string(),
            one.rate
                .map_or_else(|| "as fast as answers come".to_owned(), |rate| rate.to_string()),
            format!("{:.0}", one.queries_per_second),
            format!(
                "{:.0} to {:.0}",
                one.queries_per_second_interval.low, one.queries_per_second_interval.high
            ),
        ];
        table.row(first.into_iter().chain(time_cells(&one.latency_ms)));
    }
    table
}

pub(super) fn worst(report: &BenchReport) -> Table {
    let mut table = Table::new()
        .text("configuration")
        .number("query")
        .number("recall")
        .number("rows came");
    for one in &report.configurations {
        let worst = one.recall.iter().flat_map(|recall| &recall.worst);
        for query in worst.filter(|query| query.recall < 1.0).take(WORST) {
            table.row([
                label(report, one),
                (query.query + 1).to_string(),
                format!("{:.3}", query.recall),
                query.returned.to_string(),
            ]);
        }
    }
    table
}

pub(super) fn environment(report: &BenchReport) -> Vec<Field> {
    let environment = &report.environment;
    let uptime = units::duration(Duration::from_secs_f64(
        environment.server_uptime_seconds.max(0.0),
    ));
    let mut fields = vec![
        field("PostgreSQL", environment.server_version.clone()),
        field("pgvector", environment.vector_version.clone()),
        field("server running for", uptime),
        field(
            "table",
            units::bytes(u64::try_from(environment.table_bytes).unwrap_or_default()),
        ),
    ];
    fields.extend(
        environment
            .settings
            .iter()
            .map(|(name, value)| field(name, value.clone())),
    );
    fields.push(field("queries, SHA-256", report.queries.sha256.clone()));
    fields.push(field("vecops", env!("CARGO_PKG_VERSION")));
    fields
}

pub(super) fn evidence(report: &BenchReport) -> Vec<Field> {
    let exact: f64 = report.cases.iter().map(|case: &Case| case.exact.seconds).sum();
    let neighbours = format!(
        "Every query was compared with every vector, in {}; a row exactly as far away as the last neighbour counts as one.",
        units::duration(Duration::from_secs_f64(exact))
    );
    let mut fields = vec![
        field("exact: neighbours", neighbours),
        field("exact: rows, plans", "They are counted query by query."),
        field(
            "nearly exact: pages",
            "EXPLAIN (ANALYZE, BUFFERS) counts them; they repeat to a share of a percent as long as the index does not change.",
        ),
        field(
            "interval: recall",
            "Wilson's 95 % interval over as many rows as are left when misses that come together are counted as what they are \
             (the design effect). It holds for queries like these.",
        ),
        field(
            "interval: times",
            "95 % intervals by order statistics. They hold for this machine, this network and this load.",
        ),
    ];
    if !report.throughput.is_empty() {
        fields.push(field(
            "interval: answers a second",
            "By how much twenty parts of the time differ. Their times are those of queries that wait for each other, so that \
             their ranges are as much wider as batches of them differ. Another run may differ by more.",
        ));
    }
    if report.cases.iter().any(|case| case.share_of_table.is_some()) {
        fields.push(field(
            "estimate: share of the table",
            "From the server's statistics of the table's rows.",
        ));
    }
    fields
}
