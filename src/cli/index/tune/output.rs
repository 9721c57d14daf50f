//! What level `rebuild` hands on: the commands and the SQL that put the pick into place.

use std::path::Path;

use super::TuneArgs;
use super::prepare::method;
use crate::catalog::{LocatedColumn, Target};
use crate::error::{Error, Result};
use crate::index::{Request, drop_statement};
use crate::render::plot::{Axis, Chart, Point, Series};
use crate::sql::{Ident, QualifiedName};
use crate::tune::{self, Apply, Asked, Candidate, Column, Forecast, RebuildReport, Row};

/// Adds commands and SQL to a report with a pick.
pub(super) fn complete(
    report: &mut RebuildReport,
    args: &TuneArgs,
    on: &Target,
    located: &LocatedColumn,
    column: &Column,
) -> Result<()> {
    let Some(pick) = report.pick().cloned() else {
        return Ok(());
    };
    let Some(forecast) = pick.forecast else {
        return Ok(());
    };
    let candidate = pick.priced.candidate;
    let mut apply = Apply {
        title: format!(
            "{}, ef_search {}: recall@{} of {} or more on `{}`",
            pick.label, forecast.ef_search, args.k, args.recall, report.subject.table
        ),
        load: on.extension.load_library(),
        memory: pick.priced.memory,
        create: None,
        drop: None,
        undo: None,
        query: None,
        advice: tune::advice(on, forecast.ef_search),
    };
    if !pick.priced.is_today {
        let name = new_name(on)?;
        let request = Request {
            method: method(&candidate),
            metric: None,
            element: (candidate.stored.element != on.element).then_some(candidate.stored.element),
            dimensions: (Some(candidate.stored.dimensions) != on.dimensions)
                .then_some(candidate.stored.dimensions),
            expression: None,
            opclass: None,
            condition: None,
            name: Some(name),
        };
        let definition = request.definition(located, report.rows)?;
        apply.create = Some(definition.statement(true));
        apply.undo = Some(drop_statement(&definition.qualified(), true));
        if let Some(index) = on.index() {
            let old = QualifiedName::new(
                on.table.schema.clone(),
                Ident::new(index.name.clone())
                    .map_err(|_| Error::bug("the catalog holds a name that is none"))?,
            );
            apply.drop = Some(drop_statement(&old, true));
        }
        let is_plain = candidate.stored.element == on.element && !candidate.is_reranked;
        if !is_plain {
            apply.query = Some(candidate.query(
                column,
                &Asked {
                    schema: &on.extension.schema,
                    table: &on.table.to_string(),
                    key: &on.id.name.to_string(),
                    embedding: &on.embedding.to_string(),
                    vector: "QUERY",
                    k: args.k,
                    ef_search: forecast.ef_search,
                },
            ));
        }
    }
    report.commands = commands(args, on, &pick);
    report.apply_sql = Some(apply.script());
    Ok(())
}

fn new_name(on: &Target) -> Result<Ident> {
    let base = match on.index() {
        Some(index) => {
            Ident::new(index.name.clone()).map_err(|_| Error::bug("the catalog holds a name that is none"))?
        }
        None => on.table.name.with_suffix("_hnsw"),
    };
    Ok(base.with_suffix("_tuned"))
}

/// The commands of vecops that do it; the recall that is wanted is their condition.
fn commands(args: &TuneArgs, on: &Target, pick: &Row) -> Vec<String> {
    if pick.priced.is_today {
        return Vec::new();
    }
    let Candidate {
        m,
        ef_construction,
        stored,
        is_reranked,
    } = pick.priced.candidate;
    let parameters = format!("--m {m} --ef-construction {ef_construction}");
    match on.index() {
        Some(index) if !is_reranked => vec![format!(
            "vecops index replace {}.{} {parameters} --type {} --min-recall {}{}",
            on.table.schema.plain(),
            index.name,
            stored.element,
            args.recall,
            queries(args)
        )],
        _ => {
            let element = match stored.element {
                same if same == on.element => String::new(),
                other => format!(" --element {other}"),
            };
            let dimensions = if Some(stored.dimensions) == on.dimensions {
                String::new()
            } else {
                format!(" --dimensions {}", stored.dimensions)
            };
            vec![format!(
                "vecops index create {} {parameters}{element}{dimensions}",
                args.target
            )]
        }
    }
}

fn queries(args: &TuneArgs) -> String {
    let files: Vec<String> = args
        .queries
        .queries
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    if files.is_empty() {
        String::new()
    } else {
        format!(" --queries {}", files.join(" "))
    }
}

/// Recall against pages, by what was said of each index around its `ef_search`.
fn chart(report: &RebuildReport) -> Chart {
    let k = report.subject.k;
    let empty = Chart::new(
        &format!("recall@{k} against pages, over {} rows", report.rows),
        Axis::logarithmic("pages a query"),
        Axis::share(&format!("recall@{k}")),
    )
    .described("What each index will do over all rows, with the range in which a measurement will lie 95 times in 100")
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

/// Writes `apply.sql`, `plot.svg` and `report.json` into the folder of `--output`.
pub(super) fn write(args: &TuneArgs, report: &RebuildReport) -> Result<()> {
    let Some(folder) = &args.output else { return Ok(()) };
    fs_err::create_dir_all(folder)?;
    if let Some(script) = &report.apply_sql {
        put(&folder.join("apply.sql"), script)?;
    }
    put(&folder.join("plot.svg"), &chart(report).svg())?;
    let text = serde_json::to_string_pretty(report)
        .map_err(|source| Error::bug("the report cannot be written as JSON").caused_by(&source))?;
    put(&folder.join("report.json"), &format!("{text}\n"))
}

fn put(path: &Path, text: &str) -> Result<()> {
    Ok(fs_err::write(path, text)?)
}
