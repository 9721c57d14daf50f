//! `vecops bench assert`: reads the file of expectations, measures, and says which are met.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use super::queries::{self, QueryArgs, SourceArgs};
use super::{AssertArgs, transaction_as};
use crate::bench::{self, Asserted, Configuration, Expectation, Limit, Request};
use crate::catalog;
use crate::cli::Context;
use crate::collection::{Collections, IterativeScan};
use crate::connection::{Need, RoleClaims, Session};
use crate::error::{Context as _, Error, Outcome, Result};
use crate::manifest::ManifestFile;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    expect: Vec<Spanned<Section>>,
}

/// `[[expect]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    name: Option<String>,
    target: String,
    queries: Option<PathBuf>,
    queries_sql: Option<String>,
    queries_table: Option<String>,
    held_out: Option<String>,
    most: Option<u32>,
    builtin: Option<bool>,
    stored: Option<u32>,
    k: Option<u32>,
    ef_search: Option<u16>,
    iterative_scan: Option<IterativeScan>,
    probes: Option<u16>,
    filter: Option<BTreeMap<String, Value>>,
    #[serde(rename = "as")]
    act_as: Option<String>,
    index_used: Option<bool>,
    rows_at_least: Option<f64>,
    pages_at_most: Option<f64>,
    recall_at_least: Option<f64>,
    p95_ms_at_most: Option<f64>,
}

/// Which limits were kept.
#[derive(Debug, Serialize)]
struct AssertReport {
    /// Whether all were.
    is_met: bool,
    /// Each limit.
    limits: Vec<Asserted>,
}

pub(super) async fn run(context: &Context, args: &AssertArgs) -> Result<Outcome> {
    let sections = read(&args.file)?;
    let collections = context.collections()?;
    let mut session = context.open(Need::Any).await?;
    let mut limits = Vec::new();
    for (section, expectation) in &sections {
        let checked = check(context, &mut session, &collections, args, section, expectation).await;
        limits.extend(checked.with_context(|| format!("the expectation `{}`", expectation.name))?);
    }
    context.finish(&AssertReport {
        is_met: limits.iter().all(|limit| limit.is_met),
        limits,
    })
}

/// Reads the file; every expectation has something to expect.
fn read(path: &Path) -> Result<Vec<(Section, Expectation)>> {
    let file = ManifestFile::read(path)?;
    let document: Document = file.parse()?;
    let with_limits = |section: Spanned<Section>| {
        let span = section.span();
        let section = section.into_inner();
        let limits: Vec<Limit> = [
            section.index_used.map(Limit::IndexUsed),
            section.rows_at_least.map(Limit::RowsAtLeast),
            section.pages_at_most.map(Limit::PagesAtMost),
            section.recall_at_least.map(Limit::RecallAtLeast),
            section.p95_ms_at_most.map(Limit::P95MsAtMost),
        ]
        .into_iter()
        .flatten()
        .collect();
        let wrong = |message: &str| file.error_at(Some(span.clone()), message);
        if limits.is_empty() {
            return Err(wrong("this expectation expects nothing").hint(
                "Give `recall_at_least`, `index_used`, `rows_at_least`, `pages_at_most` or `p95_ms_at_most`.",
            ));
        }
        let sources = usize::from(section.queries.is_some())
            + usize::from(section.queries_sql.is_some())
            + usize::from(section.queries_table.is_some())
            + usize::from(section.held_out.is_some())
            + usize::from(section.stored.is_some())
            + usize::from(section.builtin == Some(true));
        if sources != 1 {
            return Err(wrong("this expectation is to have one source of queries")
                .hint("Give one of `queries = \"FILE\"`, `queries_sql = \"SELECT\"`, `queries_table`, `held_out`, `stored = N`, `builtin = true`."));
        }
        if let Some(beyond) = section.beyond() {
            return Err(wrong(&beyond));
        }
        let name = section.name.clone().unwrap_or_else(|| section.target.clone());
        Ok((section, Expectation { name, limits }))
    };
    if document.expect.is_empty() {
        return Err(file
            .error_at(None, "there is no `[[expect]]` in it")
            .hint("Run `vecops bench assert --help`, which shows one."));
    }
    document.expect.into_iter().map(with_limits).collect()
}

impl Section {
    /// What lies beyond the bounds that the flags of `vecops bench run` have.
    fn beyond(&self) -> Option<String> {
        let counts = [
            ("k", self.k, 1_000),
            ("ef_search", self.ef_search.map(u32::from), 1_000),
            ("probes", self.probes.map(u32::from), 32_768),
            ("stored", self.stored, 100_000),
            ("most", self.most, 100_000),
        ];
        let mut counts = counts
            .into_iter()
            .filter_map(|(name, value, most)| Some((name, value?, most)))
            .filter(|(_, value, most)| !(1..=*most).contains(value))
            .map(|(name, value, most)| format!("`{name}` is to be from 1 to {most}, not {value}"));
        counts.next().or_else(|| {
            let recall = self
                .recall_at_least
                .filter(|recall| !(0.0..=1.0).contains(recall))?;
            Some(format!("`recall_at_least` is a share from 0 to 1, not {recall}"))
        })
    }
}

async fn check(
    context: &Context,
    session: &mut Session,
    collections: &Collections,
    args: &AssertArgs,
    section: &Section,
    expectation: &Expectation,
) -> Result<Vec<Asserted>> {
    let folder = args.file.parent().unwrap_or(Path::new("."));
    let source = QueryArgs {
        source: SourceArgs {
            queries: section.queries.as_ref().map(|path| folder.join(path)),
            queries_sql: section.queries_sql.clone(),
            queries_table: section.queries_table.clone(),
            held_out: section.held_out.clone(),
            builtin: section.builtin == Some(true),
            stored: section.stored,
        },
        most: section.most,
    };
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &section.target, collections).await?;
    let queries = queries::read(&source, &mut transaction, &on, collections).await?;
    transaction.commit().await.context("end the transaction")?;
    let declared = on.declared_index();
    let ef_search = declared.and_then(|index| u16::try_from(index.ef_search).ok());
    let who = section
        .act_as
        .as_ref()
        .map(|who| who.parse::<RoleClaims>())
        .transpose()?;
    let request = Request {
        k: section.k.unwrap_or(10),
        filter: section.filter.as_ref().map(|filter| serde_json::json!(filter)),
        configurations: vec![Configuration {
            ef_search: section.ef_search.or(ef_search).unwrap_or(40),
            iterative_scan: section
                .iterative_scan
                .or(declared.map(|index| index.iterative_scan))
                .unwrap_or(IterativeScan::Off),
            probes: section.probes.unwrap_or(1),
        }],
        passes: 1,
        transaction: transaction_as(who.as_ref()),
        seed: 1,
    };
    let cases = std::slice::from_ref(&request);
    let report = bench::run(session, &on, &queries, cases, context.progress()).await?;
    let measured = report.configurations.first();
    measured
        .map(|measured| expectation.check(measured))
        .ok_or_else(|| Error::bug("a benchmark of one configuration measured none"))
}

impl Report for AssertReport {
    const KIND: &'static str = "bench-assertions";

    fn human(&self, page: &mut Page) {
        let mut table = Table::new()
            .text("")
            .text("expectation")
            .text("limit")
            .number("measured");
        for limit in &self.limits {
            table.row([
                if limit.is_met { "met" } else { "NOT MET" }.to_owned(),
                sanitize(&limit.name),
                limit.limit.label(),
                format!("{:.4}", limit.measured),
            ]);
        }
        page.table(&table);
    }

    fn outcome(&self) -> Outcome {
        if self.is_met {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}
