//! `vecops index lint`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::replace::warn_of;
use crate::cli::Context;
use crate::connection::{Need, RoleClaims, Session};
use crate::error::{Error, Outcome, Result};
use crate::index::lint::{self, Bodies, Finding, LintOptions, LintReport, Linted, Origin, Status, Subject};
use crate::index::replace::overdue;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report};
use crate::sql::parse_dotted;

/// Say why a query does not use a vector index, and write it so that it does
///
/// The server plans the query and does not run it, in a read-only transaction that is rolled back. Every cause has a name
/// that docs/indexes.md explains. A rewritten query is shown only where its own plan uses an index.
///
/// Exit 0: every query uses an index. Exit 3: one does not, or fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index lint --sql \"select id from items order by 1 - (embedding <=> '[1,2,3]') desc limit 5\"
  vecops index lint --sql 'select id from items order by embedding <-> $1 limit $2' --set hnsw.ef_search=200
  vecops index lint --file query.sql --as authenticated
  vecops index lint --function match_documents
  vecops index lint --statements --top 50 --json
  echo 'select id from items order by embedding <=> $1' | vecops index lint -")]
pub(super) struct LintArgs {
    #[command(flatten)]
    what: WhatArgs,

    /// Plan as this role, under its row security: anon, authenticated, service_role or `user:<uuid>`
    #[arg(long = "as", value_name = "ROLE")]
    act_as: Option<RoleClaims>,

    /// A setting to plan with, such as hnsw.ef_search=200; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,

    /// The rows that a query asks for whose LIMIT is a parameter
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    /// How many recorded queries to look at, those that took longest altogether first
    #[arg(long, value_name = "N", default_value_t = 20, requires = "statements", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    top: u32,

    /// Run the queries that have no parameters, too, and show what they did; they cannot change anything
    #[arg(long)]
    analyze: bool,
}

/// What to look at: one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct WhatArgs {
    /// The query; parameters as $1
    #[arg(long)]
    sql: Option<String>,

    /// A file with queries; - is stdin
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// - to read the queries from stdin
    #[arg(value_name = "-", value_parser = ["-"], hide_possible_values = true)]
    stdin: Option<String>,

    /// The queries in a function, by its name or schema.name
    #[arg(long, value_name = "NAME")]
    function: Option<String>,

    /// The queries that the server has recorded in pg_stat_statements, and the functions that they call
    #[arg(long)]
    statements: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write it as name=value".to_owned()),
    }
}

/// Looks and shows.
pub(super) async fn run(context: &Context, args: &LintArgs) -> Result<Outcome> {
    let texts = texts(&args.what)?;
    let mut session = context.open(Need::Any).await?;
    let report = look(context, &mut session, args, texts).await?;
    context.finish(&report)
}

async fn look(
    context: &Context,
    session: &mut Session,
    args: &LintArgs,
    texts: Vec<String>,
) -> Result<LintReport> {
    let version = session.server().version_num;
    // What the bodies of functions are, the catalog tells to the login role; the plans are the other role's.
    let mut transaction = session.begin_read().await?;
    let bodies = if let Some(name) = &args.what.function {
        let (schema, name) = function_name(name)?;
        lint::functions(&mut transaction, schema.as_deref(), &name, version).await?
    } else if args.what.statements {
        lint::gather(&mut transaction, args.top, version).await?
    } else {
        Bodies {
            subjects: texts.into_iter().map(Subject::statement).collect(),
            notes: Vec::new(),
        }
    };
    // The planner may still take it.
    warn_of(&overdue(&mut transaction).await?, context);
    transaction.commit().await?;

    let mut transaction = match &args.act_as {
        None => session.begin_read().await?,
        Some(who) => session
            .begin_read_as(who.clone())
            .await
            .map_err(|error| not_that_role(error, who))?,
    };
    // The names in a query are those that the application means; PostgREST looks into these schemas.
    let path = if args.act_as.is_some() {
        "public, extensions"
    } else {
        "default"
    };
    lint::make_ready(&mut transaction, path).await?;
    for (name, value) in &args.settings {
        lint::set(&mut transaction, name, value).await?;
    }
    let options = LintOptions {
        rows: args.limit,
        analyze: args.analyze,
    };
    let mut report = lint::lint(&mut transaction, &bodies.subjects, options).await?;
    transaction.rollback().await?;
    report.notes = bodies.notes;
    expect_planned(&report, args.act_as.as_ref())?;
    if args.what.statements {
        report.keep_vectors();
    }
    Ok(report)
}

/// The login role may not become the one that it is to plan as, or that one is not there.
fn not_that_role(error: Error, who: &RoleClaims) -> Error {
    let role = who.role();
    match error.sqlstate() {
        Some("42501") => Error::precondition(format!("the login role may not become `{role}`"))
            .caused_by(&error)
            .hint(format!(
                "Let an administrator run `grant {role} to` the login role, or connect as one that may."
            ))
            .hint("Leave `--as` out to plan as the login role itself."),
        Some("22023" | "42704") => Error::precondition(format!("there is no role `{role}` in this database"))
            .caused_by(&error)
            .hint("Supabase makes it; on another server leave `--as` out to plan as the login role itself."),
        _ => error,
    }
}

/// A statement that somebody gave and that the server refuses is a mistake, not a finding; unless the role may not read.
fn expect_planned(report: &LintReport, who: Option<&RoleClaims>) -> Result<()> {
    let given = |query: &&Linted| query.status == Status::Refused && query.origin == Origin::Statement;
    let Some(query) = report.queries.iter().find(given) else {
        return Ok(());
    };
    let said = query.notes.join("; ");
    if query.refused_by.as_deref() != Some("42501") {
        return Err(Error::usage(said)
            .hint("Give SELECTs with the names and types that this database has; `--set search_path=...` says where to look for them."));
    }
    let error = Error::precondition(said);
    Err(match who {
        Some(who) => error.hint(format!(
            "`{}` may not read what the query names: grant it (`vecops setup plan` shows the grants), or plan as another role with `--as`.",
            who.role()
        )),
        None => error.hint(
            "The login role may not read what the query names: `vecops setup plan` shows the grants, `--as` plans as another role.",
        ),
    })
}

fn texts(what: &WhatArgs) -> Result<Vec<String>> {
    let text = match (&what.sql, &what.file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) if path.as_os_str() != "-" => read(path)?,
        (None, None) if what.stdin.is_none() => return Ok(Vec::new()),
        (None, _) => std::io::read_to_string(std::io::stdin())
            .map_err(|source| Error::usage("read the query from stdin").cause(source))?,
    };
    let statements = lint::statements(&text);
    if statements.is_empty() {
        return Err(Error::usage("there is no query").hint("Run `vecops index lint --help`."));
    }
    Ok(statements)
}

fn read(path: &Path) -> Result<String> {
    fs_err::read_to_string(path).map_err(|source| Error::usage(source.to_string()))
}

/// Reads `name` or `schema.name`; an argument list behind it is left out.
fn function_name(text: &str) -> Result<(Option<String>, String)> {
    let named = text.split('(').next().unwrap_or(text).trim();
    let parts = parse_dotted(named).map_err(|error| Error::usage(format!("`--function {text}`: {error}")))?;
    match parts.as_slice() {
        [name] => Ok((None, name.as_str().to_owned())),
        [schema, name] => Ok((Some(schema.as_str().to_owned()), name.as_str().to_owned())),
        _ => Err(Error::usage(format!("`{text}` is no function's name")).hint("Write it as `schema.name`.")),
    }
}

impl Report for LintReport {
    const KIND: &'static str = "index-lint";

    fn human(&self, page: &mut Page) {
        for (place, query) in self.queries.iter().enumerate() {
            if place > 0 {
                page.blank();
            }
            show(page, query);
        }
        if self.queries.is_empty() {
            page.line("no query that compares vectors");
        }
        for note in &self.notes {
            page.styled(Role::Warning, &sanitize(note));
        }
        if self.queries.len() > 1 {
            page.blank();
            let failing = self.failing();
            page.line(format!(
                "{failing} of {} queries need attention",
                self.queries.len()
            ));
        }
    }

    fn outcome(&self) -> Outcome {
        if self.failing() == 0 {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}

/// The longest that a query is shown as a heading.
const LONGEST_HEADING: usize = 200;

fn show(page: &mut Page, query: &Linted) {
    let text = sanitize(&query.text.split_whitespace().collect::<Vec<_>>().join(" "));
    let heading: String = text.chars().take(LONGEST_HEADING).collect();
    page.heading(&heading);
    match &query.origin {
        Origin::Statement => {}
        Origin::Function { name } => page.field("in", sanitize(name)),
        Origin::Recorded { calls, mean_ms } => {
            page.field("recorded", format!("{calls} calls, {mean_ms:.1} ms in the mean"));
        }
    }
    let (role, said) = verdict(query);
    page.field("index", page.paint(role, &said));
    if let Some(rows) = query.assumed_limit {
        page.field("limit", format!("a parameter; planned with {rows}"));
    }
    if let (Some(flip), Some(ef)) = (query.flip, query.ef_search) {
        let until = match flip.index_up_to {
            Some(up_to) if up_to == flip.asked_up_to => {
                "the planner uses the index with every value".to_owned()
            }
            Some(up_to) => format!("the planner uses the index up to {up_to}"),
            None => "the planner uses the index with no value".to_owned(),
        };
        page.field("ef_search", format!("{ef}; {until}"));
    }
    if let Some(flip) = query.limit_flip {
        let until = flip.index_up_to.map_or_else(
            || "the planner uses the index with none".to_owned(),
            |up_to| format!("the planner uses the index up to {up_to}"),
        );
        page.field("rows", format!("LIMIT {}; {until}", flip.limit));
    }
    for finding in &query.findings {
        show_finding(page, finding);
    }
    if let Some(proposal) = &query.proposal {
        page.blank();
        page.line(format!("Proposal, which uses `{}`:", proposal.index));
        for line in proposal.text.trim().lines() {
            page.line(format!("    {}", sanitize(line)));
        }
        for difference in &proposal.differences {
            page.line(format!("  - {}", sanitize(difference)));
        }
    }
    for note in &query.notes {
        page.styled(Role::Dim, &sanitize(note));
    }
    if query.is_failing() && !query.plan.is_empty() {
        page.blank();
        for line in &query.plan {
            page.styled(Role::Dim, &format!("    {}", sanitize(line)));
        }
    }
}

fn verdict(query: &Linted) -> (Role, String) {
    match query.status {
        Status::Indexed => (Role::Good, format!("uses {}", query.indexes.join(", "))),
        Status::Filtered => (
            Role::Good,
            "uses the filter's index and sorts what it finds".to_owned(),
        ),
        Status::Unindexed => (
            Role::Error,
            "none: the distance of every row is computed".to_owned(),
        ),
        Status::NoVectors => (Role::Dim, "it compares no vectors".to_owned()),
        Status::Opaque => (
            Role::Warning,
            "not known: the work is done in functions".to_owned(),
        ),
        Status::Refused => (Role::Error, "not known: the server does not plan it".to_owned()),
    }
}

fn show_finding(page: &mut Page, finding: &Finding) {
    let role = if finding.is_blocking {
        Role::Error
    } else {
        Role::Warning
    };
    page.blank();
    let name = page.paint(role, finding.cause.name());
    page.line(format!("{name}: {}", sanitize(&finding.explanation)));
    if let Some(evidence) = &finding.evidence {
        page.styled(Role::Dim, &format!("  seen    {}", sanitize(evidence)));
    }
    for fix in &finding.fixes {
        page.styled(Role::Hint, &format!("  do      {}", sanitize(fix)));
    }
    page.styled(Role::Dim, &format!("  read    {}", finding.link));
}
