//! `vecops search`: the nearest rows of a collection or of any table with a vector column.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::Context;
use super::embedding::{self, ProviderArgs};
use crate::catalog::{self, Target};
use crate::connection::{Need, RoleClaims};
use crate::embedding::{Purpose, Usage};
use crate::error::{Error, Outcome, Result};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::search::{self, DEFAULT_EF_SEARCH, Query, Request, SearchReport};
use crate::seed::builtin;
use crate::sql;

/// Find the nearest rows of a collection or table
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops search passages --query how-do-tides-work
  vecops search passages --like 17 --limit 3
  vecops search public.documents --vector-file question.json --filter '{\"language\":\"en\"}'
  vecops search documents --vector '[0.1, 0.2, 0.3]' --as user:6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d --explain
  vecops search documents --text 'why is the sky blue'
  some-embedder 'my question' | vecops search documents --vector-file -")]
pub(super) struct SearchArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    target: String,

    #[command(flatten)]
    query: QueryArgs,

    #[command(flatten)]
    provider: ProviderArgs,

    /// The most rows to return
    #[arg(long, short = 'n', default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,

    /// Only rows whose metadata contain this JSON object
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,

    /// Compare with every row instead of asking the index
    #[arg(long)]
    exact: bool,

    /// How many candidates the index keeps (hnsw.ef_search); at least the limit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000), conflicts_with = "exact")]
    ef_search: Option<u16>,

    /// Search as this role, under its row security: anon, authenticated, service_role or `user:<uuid>`
    #[arg(long = "as", value_name = "ROLE")]
    act_as: Option<RoleClaims>,

    /// Run EXPLAIN (ANALYZE, BUFFERS) on the same statement and show the plan
    #[arg(long)]
    explain: bool,
}

/// What to look for: one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct QueryArgs {
    /// A vector, as '[0.1, 0.2, ...]'
    #[arg(long, value_name = "VECTOR")]
    vector: Option<String>,

    /// A file with a vector; - is stdin
    #[arg(long, value_name = "FILE")]
    vector_file: Option<PathBuf>,

    /// The key of a stored row; finds its neighbours
    #[arg(long, value_name = "ID")]
    like: Option<String>,

    /// A question in words, embedded with the provider that made the table's vectors
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,

    /// One of the questions that come with vecops, for the passages of `vecops seed --builtin`
    #[arg(long, value_name = "NAME")]
    query: Option<String>,
}

/// Runs the search.
pub(super) async fn run(context: &Context, args: SearchArgs) -> Result<Outcome> {
    let asked = query(&args)?;
    let filter = args.filter.as_deref().map(filter).transpose()?;
    let collections = context.collections()?;
    let mut session = context.open(Need::Any).await?;

    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &args.target, &collections).await?;
    transaction.commit().await?;
    if filter.is_some() && on.metadata.is_none() {
        let message = format!(
            "`{}` has no jsonb column that `--filter` could look into",
            on.table.plain()
        );
        return Err(Error::usage(message));
    }
    let Asked {
        query,
        question,
        embedding,
    } = embedded(context, &args.provider, &on, asked).await?;
    let declared = on
        .declared_index()
        .and_then(|index| u16::try_from(index.ef_search).ok());
    let request = Request {
        query,
        limit: args.limit,
        filter,
        exact: args.exact,
        ef_search: args.ef_search.or(declared).unwrap_or(DEFAULT_EF_SEARCH),
        explain: args.explain,
    };
    let searched_as = args.act_as.as_ref().map(ToString::to_string);
    let mut transaction = match args.act_as {
        None => session.begin_read().await?,
        Some(who) => {
            let mut transaction = session.begin_read_as(who).await?;
            // What PostgREST gives these roles: policies may call functions that rely on it.
            sql::run(&mut transaction, "set local search_path = public, extensions").await?;
            transaction
        }
    };
    let report = search::search(&mut transaction, &on, &request).await?;
    transaction.commit().await?;
    context.finish(&View {
        question,
        searched_as,
        embedding,
        found: report,
    })
}

/// What to look for.
enum Question {
    /// As it is.
    Ready(Query, Option<String>),
    /// A text that is embedded first.
    Text(String),
}

/// What to look for, the question in words where there is one, and what embedding it took.
struct Asked {
    query: Query,
    question: Option<String>,
    embedding: Option<Usage>,
}

/// Embeds the question, where it is a text.
async fn embedded(context: &Context, args: &ProviderArgs, on: &Target, asked: Question) -> Result<Asked> {
    let text = match asked {
        Question::Text(text) => text,
        Question::Ready(query, question) => {
            return Ok(Asked {
                query,
                question,
                embedding: None,
            });
        }
    };
    let embedder = embedding::embedder(context, args, on)?;
    embedder.expect_key()?;
    let question = text.clone();
    let asking = tokio::task::spawn_blocking(move || {
        let outcome = embedder.embed(&[text.as_str()], Purpose::Query)?.pop();
        embedder.rest();
        let vector = outcome.unwrap_or_else(|| Err("gave no vector".to_owned()));
        let provider = &embedder.provider().name;
        let vector =
            vector.map_err(|why| Error::failed(format!("`{provider}` refuses the question: {why}")))?;
        Ok((vector, embedder.usage()))
    });
    let answered = async {
        asking
            .await
            .map_err(|error| Error::bug("the embedding thread ended early").caused_by(&error))?
    };
    let (vector, usage) = context.unless_interrupted(answered).await?;
    Ok(Asked {
        query: Query::Vector(vector),
        question: Some(question),
        embedding: Some(usage),
    })
}

/// Reads what to look for, and the question in words where there is one.
fn query(args: &SearchArgs) -> Result<Question> {
    let (provider, args) = (&args.provider, &args.query);
    match (&args.text, provider.given()) {
        (Some(text), _) if text.trim().is_empty() => {
            return Err(Error::usage("the question is empty").hint("Say it with `--text 'QUESTION'`."));
        }
        (Some(text), _) => return Ok(Question::Text(text.clone())),
        (None, Some(flag)) => {
            return Err(Error::usage(format!("`{flag}` is for a question in words"))
                .hint("Ask it with `--text 'QUESTION'`."));
        }
        (None, None) => {}
    }
    if let Some(id) = &args.like {
        return Ok(Question::Ready(Query::Like(id.clone()), None));
    }
    if let Some(name) = &args.query {
        let question = builtin::question(name)?;
        return Ok(Question::Ready(
            Query::Vector(question.embedding),
            Some(question.question),
        ));
    }
    let text = match (&args.vector, &args.vector_file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => read_vector_file(path)?,
        (None, None) => {
            return Err(Error::usage("there is nothing to look for").hint("Run `vecops search --help`."));
        }
    };
    let elements =
        crate::vector::parse(&text).map_err(|wrong| Error::usage(format!("the query vector: {wrong}")))?;
    Ok(Question::Ready(Query::Vector(elements), None))
}

fn read_vector_file(path: &std::path::Path) -> Result<String> {
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
            .map_err(|source| Error::usage("read the vector from stdin").cause(source))
    } else {
        fs_err::read_to_string(path).map_err(|source| Error::usage(source.to_string()))
    };
    // A line break at the end is how files end.
    Ok(read?.trim().to_owned())
}

/// What `--filter` says.
pub(super) fn filter(text: &str) -> Result<Value> {
    let value: Value = serde_json::from_str(text).map_err(|source| {
        Error::usage("`--filter` is not JSON")
            .cause(source)
            .hint("Write it as '{\"key\": \"value\"}'.")
    })?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Error::usage("`--filter` is not a JSON object").hint("Write it as '{\"key\": \"value\"}'."))
    }
}

/// The report of a search with what the command line adds to it.
#[derive(Debug, serde::Serialize)]
struct View {
    /// The question in words, where it is one of those that come with vecops.
    question: Option<String>,
    /// The role it was searched as, where it is not the login role.
    searched_as: Option<String>,
    /// What embedding the question took.
    embedding: Option<Usage>,
    #[serde(flatten)]
    found: SearchReport,
}

impl Report for View {
    const KIND: &'static str = "search";

    fn human(&self, page: &mut Page) {
        human_rows(&self.found, self.question.as_deref(), page);
        human_facts(&self.found, page);
    }

    fn stream(&self) -> Vec<Value> {
        let row = |neighbour| {
            let mut row = serde_json::to_value(neighbour).unwrap_or_default();
            if let Some(fields) = row.as_object_mut() {
                fields.shift_insert(0, "type".to_owned(), Value::from("neighbour"));
            }
            row
        };
        self.found.neighbours.iter().map(row).collect()
    }
}

/// The widest that a row's text is shown where it is not known how wide the page is.
const WIDEST_TEXT: usize = 160;
/// What the other columns of the table need.
const OTHER_COLUMNS: usize = 34;

/// Writes the rows that a search found, for a person; the demo shows its search by this, too.
pub(super) fn human_rows(report: &SearchReport, question: Option<&str>, page: &mut Page) {
    if let Some(question) = question {
        page.heading(question);
    }
    let room = page
        .width()
        .map_or(WIDEST_TEXT, |width| width.saturating_sub(OTHER_COLUMNS).max(20));
    let mut table = Table::new()
        .number("#")
        .number("similarity")
        .number("distance")
        .text("id")
        .text("content");
    for neighbour in &report.neighbours {
        table.row([
            neighbour.rank.to_string(),
            format!("{:.4}", neighbour.similarity),
            format!("{:.4}", neighbour.distance),
            neighbour.id.clone(),
            shortened(neighbour.content.as_deref().unwrap_or_default(), room),
        ]);
    }
    if !table.is_empty() {
        page.table(&table);
    }
}

/// Writes how the search went: time, metric, what is missing, the plan.
fn human_facts(report: &SearchReport, page: &mut Page) {
    if !report.neighbours.is_empty() {
        page.blank();
    }
    let how = match (&report.index, report.ef_search) {
        (Some(index), Some(ef_search)) => format!("by the index `{index}`, ef_search {ef_search}"),
        (None, Some(_)) => "every row compared, as the planner chose".to_owned(),
        (_, None) => "exact, every row compared".to_owned(),
    };
    let rows = units::plural(report.neighbours.len() as u64, "row", "rows");
    let time = units::duration(Duration::from_secs_f64(report.seconds));
    let line = format!(
        "{rows} of `{}` in {time}, {} distance, {how}",
        report.table.plain(),
        report.metric
    );
    page.styled(Role::Dim, &line);
    if let Some(shortfall) = &report.shortfall {
        let advice = shortfall
            .advice
            .as_ref()
            .map_or_else(String::new, |advice| format!(": {advice}"));
        let line = format!(
            "asked for {}, got {}: {}{advice}",
            shortfall.asked, shortfall.returned, shortfall.reason
        );
        page.styled(Role::Warning, &line);
    }
    if let Some(plan) = &report.plan {
        page.blank();
        page.heading("plan, measured by running the statement once more");
        plan.lines().iter().for_each(|line| page.line(sanitize(line)));
        if let Some((planned, ran)) = plan.planning_ms.zip(plan.execution_ms) {
            page.line(format!("planned in {planned:.2} ms, ran in {ran:.2} ms"));
        }
    }
}

/// A text cut to a number of characters, with an ellipsis where it was cut.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
