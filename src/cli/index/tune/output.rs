//! What tuning hands on: the commands and the SQL that put the pick into place, and the files that keep it.

use std::path::{Path, PathBuf};

use super::article::Told;
use super::prepare::{Prepared, method};
use super::{TuneArgs, word};
use crate::catalog::Target;
use crate::cli::Context;
use crate::cli::bench::files::ReportFiles;
use crate::error::{Error, Result};
use crate::index::{Request, drop_statement};
use crate::render::Report;
use crate::sql::{Ident, QualifiedName};
use crate::tune::{self, Apply, Asked, Candidate, EfReport, RebuildReport, Row};

/// The SQL that sets what level `ef` found; none where nothing was.
pub(super) fn ef_script(report: &EfReport, load: String) -> Option<String> {
    let subject = &report.subject;
    let apply = Apply {
        title: format!(
            "ef_search {} for `{}`: recall@{} of {} or more on `{}`",
            report.ef_search?, report.preflight.index, subject.k, subject.recall, subject.table
        ),
        load,
        memory: 0,
        create: None,
        drop: None,
        undo: None,
        query: None,
        advice: report.advice.clone(),
    };
    Some(apply.script())
}

/// Adds commands and SQL to a report with a pick.
pub(super) fn complete(report: &mut RebuildReport, args: &TuneArgs, prepared: &Prepared) -> Result<()> {
    let Prepared {
        on, located, column, ..
    } = prepared;
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
        advice: tune::advice(on, &prepared.functions, forecast.ef_search),
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
            apply.drop = Some(drop_statement(&index_named(on, &index.name)?, true));
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
    if apply.query.is_some() {
        // A function uses such an index only once its query is written so.
        for advice in &mut apply.advice {
            advice.is_ready = false;
        }
    }
    report.commands = commands(args, on, &pick)?;
    report.apply_sql = Some(apply.script());
    Ok(())
}

/// An index of the target's, by its name in the catalog.
fn index_named(on: &Target, name: &str) -> Result<QualifiedName> {
    let name = Ident::new(name).map_err(|_| Error::bug("the catalog holds a name that is none"))?;
    Ok(QualifiedName::new(on.table.schema.clone(), name))
}

fn new_name(on: &Target) -> Result<Ident> {
    let base = match on.index() {
        Some(index) => index_named(on, &index.name)?.name,
        None => on.table.name.with_suffix("_hnsw"),
    };
    Ok(base.with_suffix("_tuned"))
}

/// The commands of vecops that do it; the recall that is wanted is their condition.
fn commands(args: &TuneArgs, on: &Target, pick: &Row) -> Result<Vec<String>> {
    let Some(forecast) = pick.forecast.filter(|_| !pick.priced.is_today) else {
        return Ok(Vec::new());
    };
    let Candidate {
        m,
        ef_construction,
        stored,
        is_reranked,
    } = pick.priced.candidate;
    let parameters = format!("--m {m} --ef-construction {ef_construction}");
    Ok(match on.index() {
        Some(index) if !is_reranked => vec![format!(
            "vecops index replace {} {parameters} --type {} --min-recall {} -k {} --ef-search {} {}",
            word(&index_named(on, &index.name)?.plain()),
            stored.element,
            args.recall,
            args.k,
            forecast.ef_search,
            // Rows that were held out of the graphs are in the table, and in the new index.
            args.queries.flags().unwrap_or_else(|| "--stored 300".to_owned()),
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
                word(&args.target)
            )]
        }
    })
}

/// What is kept of a run besides what it prints.
pub(super) struct Kept<'a> {
    folder: Option<&'a Path>,
    reports: ReportFiles,
}

impl<'a> Kept<'a> {
    /// Known before anything is measured.
    pub(super) fn new(args: &'a TuneArgs) -> Result<Self> {
        let folder = args.output.as_deref();
        let of_folder = folder
            .into_iter()
            .flat_map(|folder| ["report.html", "report.json"].map(|name| folder.join(name)));
        let paths: Vec<PathBuf> = of_folder.chain(args.report.iter().cloned()).collect();
        ReportFiles::new(&args.report)?;
        Ok(Self {
            folder,
            reports: ReportFiles::named(&paths)?,
        })
    }

    /// Writes it, and says where.
    pub(super) fn write<R: Report>(
        &self,
        context: &Context,
        report: &R,
        told: &Told,
        script: Option<&str>,
    ) -> Result<()> {
        if let Some(folder) = self.folder {
            fs_err::create_dir_all(folder)?;
            if let Some(script) = script {
                fs_err::write(folder.join("apply.sql"), script)?;
            }
            fs_err::write(folder.join("plot.svg"), told.chart.svg())?;
        }
        let written = self
            .reports
            .write(report, &told.article, context.target().as_ref())?;
        for path in &written.files {
            context.progress().note(&format!("the report is in `{path}`"));
        }
        Ok(())
    }
}
