//! Tuning as a report to keep: the pick, its plots, what the others would do, and how sure each figure is.

use std::time::Duration;

use super::{view, view_rebuild};
use crate::render::plot::{Axis, Chart, Point, Series};
use crate::render::{Article, Field, Table, field, units};
use crate::tune::{EfReport, Forecast, RebuildReport, Row, Seen, Subject};

/// A report, and the plot that says the most of it.
pub(super) struct Told {
    pub(super) article: Article,
    pub(super) chart: Chart,
}

/// Level `rebuild`.
pub(super) fn of_rebuild(report: &RebuildReport) -> Told {
    let mut article = begun(&report.subject);
    article.text(&view_rebuild::verdict(report));
    let mut fields = subject(&report.subject, report.rows);
    fields.extend(origins(report));
    article.fields(fields);
    article.notes(report.warnings.clone());
    article.heading("What each index would do over all rows");
    let chart = recall_against_pages(report);
    article.figure(chart.clone());
    article.figure(pages_against_size(report));
    article.table(view_rebuild::table(report));
    if let Some(script) = &report.apply_sql {
        article.heading("How to put the pick into place");
        article.code(&report.commands.join("\n"));
        article.code(script);
    }
    article.heading("What was seen on the samples");
    article.table(seen(report));
    article.table(dropped(report));
    article.heading("How sure these figures are");
    article.fields(evidence(report));
    Told { article, chart }
}

/// Level `ef`.
pub(super) fn of_ef(report: &EfReport) -> Told {
    let mut article = begun(&report.subject);
    article.text(&view::verdict(report));
    let mut fields = subject(&report.subject, report.exact_rows);
    fields.push(field("index", view::index(report)));
    article.fields(fields);
    article.notes(report.warnings.clone());
    article.heading("What was measured");
    let chart = recall_by_ef(report);
    article.figure(chart.clone());
    article.table(view::measured(report));
    if let Some(script) = &report.apply_sql {
        article.heading("Where to set it");
        article.code(script);
    }
    article.heading("How sure these figures are");
    article.fields(vec![
        field(
            "interval: recall",
            "Wilson's 95 % interval over as many rows as are left when misses that come together are counted as what \
             they are. It holds for queries like these.",
        ),
        field(
            "the pick",
            "The smallest value that another measurement, with as many queries of the same kind, confirms nine times in \
             ten by the lower end of its own interval. More queries make it smaller.",
        ),
        field("nearly exact: pages", "EXPLAIN (ANALYZE, BUFFERS) counts them."),
        field("times", "They hold for this machine, this network and this load."),
    ]);
    Told { article, chart }
}

fn begun(subject: &Subject) -> Article {
    Article::new(&format!(
        "Tuning {}.{} for recall@{} of {}",
        subject.table, subject.column, subject.k, subject.recall
    ))
}

fn subject(subject: &Subject, rows: u64) -> Vec<Field> {
    let dimensions = subject
        .dimensions
        .map_or_else(String::new, |count| format!("({count})"));
    let mut fields = vec![
        field(
            "column",
            format!(
                "{}.{}, {}{dimensions}, {}, {} rows",
                subject.table,
                subject.column,
                subject.element,
                subject.metric,
                units::count(rows)
            ),
        ),
        field("queries", format!("{} {}", subject.queries, subject.origin)),
    ];
    if let Some(limit) = subject.p95_ms {
        fields.push(field("p95 at most", format!("{limit} ms")));
    }
    fields
}

fn origins(report: &RebuildReport) -> Vec<Field> {
    let samples: Vec<String> = report.samples.iter().map(|rows| units::count(*rows)).collect();
    let (least, most) = report.data.norms;
    let mut fields = vec![
        field(
            "read",
            format!(
                "{} rows, {}, in {}",
                units::count(report.pulled.rows),
                units::bytes(report.pulled.bytes),
                time(report.pulled.seconds)
            ),
        ),
        field(
            "tried",
            format!(
                "{} builds on {} rows in {}",
                report.tried.builds,
                samples.join(", "),
                time(report.seconds)
            ),
        ),
        field("lengths of the vectors", format!("{least:.3} to {most:.3}")),
    ];
    if let Some(dimension) = report.data.intrinsic_dimension {
        fields.push(field("intrinsic dimension", format!("about {dimension:.0}")));
    }
    fields
}

fn time(seconds: f64) -> String {
    units::duration(Duration::from_secs_f64(seconds.max(0.0)))
}

/// What each index will do, around its `ef_search`.
fn recall_against_pages(report: &RebuildReport) -> Chart {
    let k = report.subject.k;
    let empty = Chart::new(
        &format!("recall@{k} against pages, over {} rows", units::count(report.rows)),
        Axis::logarithmic("pages a query"),
        Axis::share(&format!("recall@{k}")),
    )
    .described("What each index will do over all rows, with the range in which a measurement will lie 95 times in 100.")
    .with_target_y(report.subject.recall, "target");
    report.tried.rows.iter().fold(empty, |chart, row| {
        let point = |at: &Forecast| {
            Point::new(at.pages, at.recall)
                .y_between(at.interval.low, at.interval.high)
                .labelled(&format!("ef {}", at.ef_search))
        };
        chart.with(Series::line(&row.label, row.curve.iter().map(point).collect()).estimated())
    })
}

/// What each index costs where it reaches the target: those that no other beats stand apart.
fn pages_against_size(report: &RebuildReport) -> Chart {
    let pick = report.tried.pick;
    let reaches =
        |place: usize, row: &Row| Some(place) == pick || row.score.is_some() && row.refused.is_none();
    let rows = || report.tried.rows.iter().enumerate();
    let points = |some: &dyn Fn(usize, &Row) -> bool| -> Vec<Point> {
        rows()
            .filter(|(place, row)| reaches(*place, row) && some(*place, row))
            .filter_map(|(_, row)| {
                let forecast = row.forecast?;
                Some(Point::new(mebibytes(row.priced.bytes), forecast.pages).labelled(&row.label))
            })
            .collect()
    };
    let is_pick = |place: usize, _: &Row| Some(place) == pick;
    let is_best = |place: usize, row: &Row| Some(place) != pick && row.is_best_of_its_kind;
    let is_beaten = |place: usize, row: &Row| Some(place) != pick && !row.is_best_of_its_kind;
    Chart::new(
        "Pages against size, at the target",
        Axis::logarithmic("size in MiB"),
        Axis::logarithmic("pages a query"),
    )
    .described(
        "Each index with the smallest ef_search that surely reaches the target: lower and farther to the left is better. \
         Building counts, too: an index may be unbeaten because it is built faster.",
    )
    .with(Series::scatter("pick", points(&is_pick)))
    .with(Series::scatter("not beaten", points(&is_best)).estimated())
    .with(Series::scatter("beaten", points(&is_beaten)).estimated())
}

#[expect(clippy::cast_precision_loss, reason = "a size")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1_u32 << 20)
}

fn recall_by_ef(report: &EfReport) -> Chart {
    let k = report.subject.k;
    let point = |one: &Seen| {
        Point::new(f64::from(one.ef_search), one.recall)
            .y_between(one.interval.low, one.interval.high)
            .labelled(if Some(one.ef_search) == report.ef_search {
                "pick"
            } else {
                ""
            })
    };
    Chart::new(
        &format!("recall@{k} by ef_search"),
        Axis::logarithmic("hnsw.ef_search"),
        Axis::share(&format!("recall@{k}")),
    )
    .described("What was measured on the index that is there. Bars are 95 % intervals.")
    .with_target_y(report.subject.recall, "target")
    .with(Series::line(
        &report.preflight.index,
        report.measured.iter().map(point).collect(),
    ))
}

/// What was measured on the samples of those that reached the largest.
fn seen(report: &RebuildReport) -> Table {
    let mut table = Table::new()
        .text("index")
        .number("rows")
        .number("ef_search")
        .number("recall")
        .number("95 % interval")
        .number("worst 1 %")
        .number("pages");
    let rows = report
        .tried
        .rows
        .iter()
        .filter(|row| !row.label.starts_with("today"));
    for row in rows {
        for sample in &row.seen {
            for one in &sample.measured {
                table.row([
                    row.label.clone(),
                    units::count(sample.rows),
                    one.ef_search.to_string(),
                    format!("{:.4}", one.recall),
                    format!("{:.4} to {:.4}", one.interval.low, one.interval.high),
                    format!("{:.2}", one.worst_percent),
                    format!("{:.0}", one.pages),
                ]);
            }
        }
    }
    table
}

fn dropped(report: &RebuildReport) -> Table {
    let mut table = Table::new().text("left out").number("after rows").text("because");
    for one in &report.tried.dropped {
        let rows = one.rows.map_or_else(|| "formula".to_owned(), units::count);
        table.row([one.label.clone(), rows, one.reason.clone()]);
    }
    table
}

fn evidence(report: &RebuildReport) -> Vec<Field> {
    let mut fields = vec![
        field("exact: size, build memory", "By formula, within half a percent."),
        field(
            "interval: recall",
            "Where a measurement on all rows, with as many queries, will lie 95 times in 100.",
        ),
        field(
            "the pick's ef_search",
            "The smallest that such a measurement confirms nine times in ten by the lower end of its own interval. More \
             queries, or a larger sample, make it smaller.",
        ),
        field("estimate: pages", "By the growth between the samples."),
        field(
            "range: times, building",
            "From what was seen on this machine; another has others.",
        ),
    ];
    if let Some(left_out) = report.tried.left_out {
        fields.push(field(
            "checked: forecasts",
            format!(
                "Left out, the largest sample was foretold by the smaller ones: {} of {} recalls lay inside their intervals.",
                left_out.inside, left_out.forecasts
            ),
        ));
    }
    fields
}
