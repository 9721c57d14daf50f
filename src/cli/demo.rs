//! `vecops demo`: everything from nothing to a search, on the embedded server, in a schema of its own.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde::Serialize;

use super::Context;
use super::embedded::Which;
use crate::catalog;
use crate::collection::{Collection, Collections, HnswIndex, Policy};
use crate::connection::{EmbeddedAddress, Need, Session};
use crate::embedded::{self, Running};
use crate::error::{Error, Outcome, Result};
use crate::index_build::{Builder, Wishes};
use crate::render::style::Role;
use crate::render::{Page, Report, units};
use crate::search::{self, DEFAULT_EF_SEARCH, Query, Request, SearchReport};
use crate::seed::{Destination, LoadReport, builtin};
use crate::setup;
use crate::sql::{self, Ident, QualifiedName};

/// The schema that the demo has for itself.
const SCHEMA: &str = "vecops_demo";
/// The collection, and the table in that schema.
const COLLECTION: &str = "passages";
/// The question that the demo asks when it is not told which.
const QUESTION: &str = "why-sunset-red";

/// See all of it: a server, a schema with its security, real embeddings, an index, a search
///
/// Works on the embedded server, in the schema `vecops_demo`, and touches no other profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops demo
  vecops demo --keep
  vecops demo --query onion-tears --major 16")]
pub(super) struct DemoArgs {
    #[command(flatten)]
    which: Which,

    /// The question to ask, by its name
    #[arg(long, value_name = "NAME", default_value = QUESTION)]
    query: String,

    /// Leave the schema there and the server running
    #[arg(long)]
    keep: bool,
}

/// Runs the demo; what it made goes away again, unless it is to be kept.
pub(super) async fn run(context: &Context, args: DemoArgs) -> Result<Outcome> {
    let selection = context.selection();
    if selection.profile.is_some_and(|profile| profile != "embedded") || selection.db_url.is_some() {
        return Err(Error::usage("the demo works on the embedded server only")
            .hint("Run `vecops demo` without `--profile` and `--db-url`."));
    }
    let question = builtin::question(&args.query)?;
    let mut steps = Steps::default();

    let options = args.which.options(context)?;
    let was_running = embedded::running(&options).await?.is_some();
    let running = steps
        .time("server", embedded::start(&options, context.progress()))
        .await?;
    steps.describe(format!(
        "PostgreSQL {} with pgvector {} on 127.0.0.1:{}{}",
        running.version,
        running.programs.pgvector,
        running.port,
        if was_running { ", which ran already" } else { "" }
    ));

    let mut session = context
        .connector_to(address(&running))
        .await?
        .open(Need::Session, context.progress())
        .await?;
    let shown = show(context, &mut session, question, &mut steps).await;
    let cleaned_up = async {
        if !args.keep {
            clean_up(&mut session).await?;
        }
        session.close().await
    };
    let cleaned_up = cleaned_up.await;
    if !args.keep && !was_running {
        embedded::stop(&options, context.progress()).await?;
    }
    // What went wrong first says more than what it left.
    let found = shown?;
    cleaned_up?;
    context.finish(&DemoReport {
        steps: steps.0,
        question: found.0,
        search: found.1,
        kept: args.keep,
        server_runs: args.keep || was_running,
    })
}

/// Everything between the server's start and its end.
async fn show(
    context: &Context,
    session: &mut Session,
    question: builtin::Question,
    steps: &mut Steps,
) -> Result<(String, SearchReport)> {
    clean_up(session).await?;
    let mut collection = collection()?;
    let index = collection.index.take();

    let done = steps.time("setup", apply(context, session, &collection)).await?;
    steps.describe(format!(
        "{} in one transaction: extension, table, row security, policies, grants, match function",
        units::plural(done as u64, "step", "steps")
    ));

    let loaded = steps.time("seed", seed(context, session)).await?;
    steps.describe(format!(
        "{} passages with {}-dimension embeddings, {} by binary COPY",
        units::count(loaded.rows),
        builtin::DIMENSIONS,
        units::bytes(loaded.bytes_sent)
    ));

    collection.index = index;
    steps
        .time("index", build_index(context, session, &collection))
        .await?;
    let HnswIndex {
        m, ef_construction, ..
    } = index.unwrap_or_default();
    steps.describe(format!(
        "HNSW over {} distance, m {m}, ef_construction {ef_construction}",
        collection.metric
    ));

    let words = question.question.clone();
    let found = steps.time("search", ask(session, question)).await?;
    steps.describe(match &found.index {
        Some(index) => format!("as `anon`, under row security, by the index `{index}`"),
        None => {
            "as `anon`, under row security; the planner compared every row, as is right for so few".to_owned()
        }
    });
    Ok((words, found))
}

/// The demo's collection: what `vecops init` would declare for the passages.
fn collection() -> Result<Collection> {
    let mut collection = Collection::new(COLLECTION, builtin::DIMENSIONS)?;
    collection.table = QualifiedName::new(Ident::constant(SCHEMA), Ident::constant(COLLECTION));
    collection.model = Some(builtin::MODEL.to_owned());
    collection.normalized = true;
    collection.policy = Policy::PublicRead;
    collection.checked()
}

async fn apply(context: &Context, session: &mut Session, collection: &Collection) -> Result<usize> {
    let mut transaction = session.begin_write().await?;
    let plan = setup::plan(&mut transaction, &[collection]).await?;
    let applied = setup::apply(&mut transaction, &[collection], &plan, context.progress()).await?;
    transaction.commit().await?;
    Ok(applied.done.len())
}

async fn seed(context: &Context, session: &mut Session) -> Result<LoadReport> {
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &target(), &Collections::default()).await?;
    let destination = Destination::inspect(&mut transaction, &on, None).await?;
    transaction.commit().await?;
    super::seed::load(context, session, &destination, &builtin::source()).await
}

async fn build_index(context: &Context, session: &mut Session, collection: &Collection) -> Result<()> {
    apply(context, session, collection).await?;
    let builder = Builder {
        connector: Some(context.connector().await?),
        progress: context.progress(),
    };
    let connection = session.outside_transaction().await?;
    setup::build_indexes(connection, &[collection], Wishes::default(), builder).await?;
    Ok(())
}

async fn ask(session: &mut Session, question: builtin::Question) -> Result<SearchReport> {
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &target(), &Collections::default()).await?;
    transaction.commit().await?;
    let request = Request {
        query: Query::Vector(question.embedding),
        limit: 5,
        filter: None,
        exact: false,
        ef_search: DEFAULT_EF_SEARCH,
        explain: false,
    };
    let mut transaction = session.begin_read_as(crate::connection::RoleClaims::Anon).await?;
    let report = search::search(&mut transaction, &on, &request).await?;
    transaction.commit().await?;
    Ok(report)
}

async fn clean_up(session: &mut Session) -> Result<()> {
    let mut transaction = session.begin_write().await?;
    sql::run(
        &mut transaction,
        format!("drop schema if exists {} cascade", Ident::constant(SCHEMA)),
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

fn target() -> String {
    format!("{SCHEMA}.{COLLECTION}")
}

fn address(running: &Running) -> EmbeddedAddress {
    EmbeddedAddress {
        host: running.host.clone(),
        port: running.port,
        user: running.user.clone(),
        password: SecretString::clone(&running.password),
        database: running.database.clone(),
    }
}

/// The steps so far, each with its time.
#[derive(Debug, Default)]
struct Steps(Vec<Step>);

#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    done: String,
    seconds: f64,
}

impl Steps {
    /// Does a step and keeps how long it took.
    async fn time<T>(&mut self, name: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let started = Instant::now();
        let result = work.await?;
        self.0.push(Step {
            name,
            done: String::new(),
            seconds: started.elapsed().as_secs_f64(),
        });
        Ok(result)
    }

    /// Says what the last step did.
    fn describe(&mut self, done: String) {
        if let Some(step) = self.0.last_mut() {
            step.done = done;
        }
    }
}

#[derive(Debug, Serialize)]
struct DemoReport {
    steps: Vec<Step>,
    question: String,
    search: SearchReport,
    kept: bool,
    server_runs: bool,
}

impl Report for DemoReport {
    const KIND: &'static str = "demo";

    fn human(&self, page: &mut Page) {
        for (number, step) in self.steps.iter().enumerate() {
            let time = units::duration(Duration::from_secs_f64(step.seconds));
            page.line(format!(
                "{}  {:<7}{:>9}  {}",
                number + 1,
                step.name,
                time,
                step.done
            ));
        }
        page.blank();
        super::search::human_rows(&self.search, Some(&self.question), page);
        page.blank();
        page.heading("try next");
        for (command, what) in self.next() {
            page.line(format!("  {command:<62}  {}", page.paint(Role::Dim, what)));
        }
    }
}

impl DemoReport {
    fn next(&self) -> Vec<(&'static str, &'static str)> {
        if self.kept {
            return vec![
                (
                    "vecops search vecops_demo.passages --query onion-tears",
                    "another question",
                ),
                (
                    "vecops search vecops_demo.passages --like 17 --explain",
                    "the neighbours of a row, and the plan",
                ),
                (
                    "vecops search vecops_demo.passages --query onion-tears --exact",
                    "the truth, every row compared",
                ),
                ("vecops profile check", "the connection doctor"),
                ("vecops init", "a vecops.toml of your own"),
                ("vecops embedded stop", "when you are done"),
            ];
        }
        vec![
            (
                "vecops demo --keep",
                "the same, and it stays for your own searches",
            ),
            ("vecops embedded start", "a server for your own work"),
            ("vecops init", "a vecops.toml with profiles and collections"),
            ("vecops profile check", "the connection doctor"),
        ]
    }
}
