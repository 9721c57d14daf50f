//! A benchmark as a report to keep: what was found, its charts, its tables, and how sure each figure is.

pub(super) mod tables;

use crate::bench::{BenchReport, Configuration, Measured, Percentile, Throughput};
use crate::collection::IterativeScan;
use crate::render::Article;
use crate::render::plot::{Axis, Chart, Point, Series};

/// How many latency histograms stand in one chart.
const HISTOGRAMS: usize = 4;

pub(super) fn article(report: &BenchReport) -> Article {
    let mut article = Article::new(&format!(
        "Nearest-neighbour queries on {}.{}",
        report.table, report.column
    ));
    article.text(&summary(report));
    article.fields(tables::subject(report));
    article.notes(report.warnings.clone());
    article.heading("What the queries found");
    article.figure(recall_against_time(report));
    article.figure(recall_against_pages(report));
    article.table(tables::recall(report));
    article.heading("What they cost");
    article.figure(histograms(report));
    article.table(tables::latency(report));
    article.table(tables::pages(report));
    sweeps(report, &mut article);
    if !report.throughput.is_empty() {
        article.heading("Several clients at once");
        article.figure(throughput(report));
        article.table(tables::throughput(report));
    }
    let worst = tables::worst(report);
    if !worst.is_empty() {
        article.heading("The worst queries");
        article.text("Queries are counted from 1, in the order of their source.");
        article.table(worst);
    }
    article.heading("Where it was measured");
    article.fields(tables::environment(report));
    article.heading("How sure these figures are");
    article.fields(tables::evidence(report));
    article
}

fn summary(report: &BenchReport) -> String {
    let best = report
        .configurations
        .iter()
        .filter_map(|one| Some((one, one.recall.as_ref()?)))
        .max_by(|(_, one), (_, other)| one.interval.low.total_cmp(&other.interval.low));
    match best {
        Some((one, recall)) => format!(
            "The most was found under {}: {:.4} of the exact neighbours (95 % interval {:.4} to {:.4}, {} queries), at {:.2} ms \
             for half of the queries and {:.2} ms for 95 of 100, touching {:.0} pages each.",
            report.label(one.case, one.configuration),
            recall.mean,
            recall.interval.low,
            recall.interval.high,
            recall.queries,
            one.latency_ms.p50.value,
            one.latency_ms.p95.value,
            one.buffers.touched()
        ),
        None => "No query has a neighbour to find.".to_owned(),
    }
}

/// Configurations that differ only in how far the index looks.
struct Curve<'a> {
    name: String,
    measured: Vec<&'a Measured>,
}

fn curves(report: &BenchReport) -> Vec<Curve<'_>> {
    let mut curves: Vec<((usize, IterativeScan), Curve<'_>)> = Vec::new();
    for one in &report.configurations {
        let kind = (one.case, one.configuration.iterative_scan);
        match curves.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, curve)) => curve.measured.push(one),
            None => curves.push((
                kind,
                Curve {
                    name: curve_name(report, one),
                    measured: vec![one],
                },
            )),
        }
    }
    for (_, curve) in &mut curves {
        curve
            .measured
            .sort_by_key(|one| (one.configuration.ef_search, one.configuration.probes));
    }
    curves.into_iter().map(|(_, curve)| curve).collect()
}

fn curve_name(report: &BenchReport, one: &Measured) -> String {
    let case = report
        .case_of(one.case)
        .map_or_else(String::new, crate::bench::Case::label);
    match one.configuration.iterative_scan {
        IterativeScan::Off => case,
        on => format!("{case}, iterative {}", on.setting()),
    }
}

/// A word for a point of a curve.
fn word(report: &BenchReport, configuration: Configuration) -> String {
    match report.method() {
        Some("hnsw") => format!("ef {}", configuration.ef_search),
        Some("ivfflat") => format!("probes {}", configuration.probes),
        _ => String::new(),
    }
}

fn recall_against_time(report: &BenchReport) -> Chart {
    let chart = Chart::new(
        "Recall against latency",
        Axis::logarithmic("milliseconds for half of the queries"),
        recall_axis(report),
    )
    .described("Higher and farther to the left is better. Bars are 95 % intervals of either figure.");
    with_recall(report, chart, |one| {
        let Percentile { value, low, high } = one.latency_ms.p50;
        (value, Some((low, high)))
    })
}

fn recall_against_pages(report: &BenchReport) -> Chart {
    let chart = Chart::new(
        "Recall against pages",
        Axis::logarithmic("8 KiB pages that a query touches"),
        recall_axis(report),
    )
    .described(
        "Pages repeat almost exactly from run to run, where times do not. Bars are 95 % intervals of recall.",
    );
    with_recall(report, chart, |one| (one.buffers.touched(), None))
}

fn recall_axis(report: &BenchReport) -> Axis {
    let ks: Vec<String> = report.cases.iter().map(|case| case.k.to_string()).collect();
    match ks.as_slice() {
        [first, rest @ ..] if rest.iter().all(|k| k == first) => Axis::share(&format!("recall@{first}")),
        _ => Axis::share("recall@k"),
    }
}

/// A value with its range, where it has one.
type X = (f64, Option<(f64, f64)>);

fn with_recall(report: &BenchReport, chart: Chart, x: fn(&Measured) -> X) -> Chart {
    curves(report).into_iter().fold(chart, |chart, curve| {
        let point = |one: &&Measured| {
            let recall = one.recall.as_ref()?;
            let (at, range) = x(one);
            let point = Point::new(at, recall.mean)
                .y_between(recall.interval.low, recall.interval.high)
                .labelled(&word(report, one.configuration));
            Some(match range {
                Some((low, high)) => point.x_between(low, high),
                None => point,
            })
        };
        chart.with(Series::line(
            &curve.name,
            curve.measured.iter().filter_map(point).collect(),
        ))
    })
}

fn histograms(report: &BenchReport) -> Chart {
    let chart = Chart::new(
        "Latency",
        Axis::logarithmic("milliseconds"),
        Axis::linear("measured times").at_least(0.0),
    )
    .described("How many queries took how long, the warm-up left out. The edges are four to each doubling.");
    let some = report.configurations.iter().take(HISTOGRAMS);
    some.fold(chart, |chart, one| {
        let histogram = &one.latency_ms.histogram;
        let heights = histogram.counts.iter().map(|count| number(*count)).collect();
        let name = report.label(one.case, one.configuration);
        chart.with(Series::steps(&name, histogram.edges.clone(), heights))
    })
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// What follows from looking farther.
fn sweeps(report: &BenchReport, article: &mut Article) {
    let (name, of): (&str, fn(&Measured) -> u16) = match report.method() {
        Some("hnsw") => ("hnsw.ef_search", |one| one.configuration.ef_search),
        Some("ivfflat") => ("ivfflat.probes", |one| one.configuration.probes),
        _ => return,
    };
    if !curves(report).iter().any(|curve| curve.measured.len() > 1) {
        return;
    }
    article.heading("What looking farther gives and costs");
    let recall = Chart::new(&format!("Recall by {name}"), Axis::logarithmic(name), recall_axis(report))
        .described("On these axes recall is nearly a straight line: what is missed falls as a power of how far the index looks.");
    article.figure(curves(report).into_iter().fold(recall, |chart, curve| {
        let point = |one: &&Measured| {
            let recall = one.recall.as_ref()?;
            Some(
                Point::new(f64::from(of(one)), recall.mean)
                    .y_between(recall.interval.low, recall.interval.high),
            )
        };
        chart.with(Series::line(
            &curve.name,
            curve.measured.iter().filter_map(point).collect(),
        ))
    }));
    let pages = Chart::new(
        &format!("Pages by {name}"),
        Axis::logarithmic(name),
        Axis::logarithmic("pages a query"),
    );
    article.figure(curves(report).into_iter().fold(pages, |chart, curve| {
        let point = |one: &&Measured| Point::new(f64::from(of(one)), one.buffers.touched());
        chart.with(Series::line(
            &curve.name,
            curve.measured.iter().map(point).collect(),
        ))
    }));
}

fn throughput(report: &BenchReport) -> Chart {
    let chart = Chart::new(
        "Throughput",
        Axis::linear("clients").at_least(0.0),
        Axis::linear("queries a second").at_least(0.0),
    )
    .described("Answers a second while so many clients ask at once. Bars are 95 % intervals.");
    let mut of: Vec<(String, Vec<&Throughput>)> = Vec::new();
    for one in &report.throughput {
        let name = report.label(one.case, one.configuration);
        match of.iter_mut().find(|(other, _)| *other == name) {
            Some((_, some)) => some.push(one),
            None => of.push((name, vec![one])),
        }
    }
    of.into_iter().fold(chart, |chart, (name, some)| {
        let point = |one: &&Throughput| {
            let interval = one.queries_per_second_interval;
            Point::new(number(one.clients as u64), one.queries_per_second)
                .y_between(interval.low, interval.high)
        };
        chart.with(Series::line(&name, some.iter().map(point).collect()))
    })
}
