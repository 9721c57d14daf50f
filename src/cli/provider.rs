//! `vecops provider`: which embedding providers there are, whether they answer, and what is kept of their answers.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::consent::Weight;
use super::embedding::{cache, open, providers};
use super::{Context, consent};
use crate::embedding::{Column, Provider, Purpose, SpaceReport, Usage, Via};
use crate::error::{Error, Outcome, Result};
use crate::render::style::Role;
use crate::render::{Page, Report, Table, units};

/// What `check` embeds.
const SENTENCE: &str = "The quick brown fox jumps over the lazy dog.";

/// List and check embedding providers, and look after the embeddings that are kept
#[derive(Debug, Args)]
pub(super) struct ProviderCommandArgs {
    #[command(subcommand)]
    command: ProviderCommand,
}

#[derive(Debug, Subcommand)]
enum ProviderCommand {
    /// List the providers of vecops.toml, and whether their keys are set
    #[command(after_help = "Examples:\n  vecops provider list\n  vecops provider list --json")]
    List,
    /// Embed one sentence and show what came back
    ///
    /// Nothing is kept, and no database is needed.
    #[command(after_help = "Examples:\n  vecops provider check\n  vecops provider check openai --json")]
    Check {
        /// The provider; else the only one declared
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Show the embeddings that are kept on this machine, by model
    #[command(after_help = "Examples:\n  vecops provider cache")]
    Cache,
    /// Remove embeddings that are kept on this machine; they are paid for again when they are needed
    #[command(after_help = "Examples:\n  vecops provider clear --dry-run\n  \
        vecops provider clear --model text-embedding-3-small --yes")]
    Clear {
        /// Only those of this model
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,

        /// Show what would be removed
        #[arg(long)]
        dry_run: bool,
    },
}

/// Runs the subcommand.
pub(super) async fn run(context: &Context, args: ProviderCommandArgs) -> Result<Outcome> {
    match args.command {
        ProviderCommand::List => list(context),
        ProviderCommand::Check { name } => check(context, name.as_deref()).await,
        ProviderCommand::Cache => context.finish(&CacheReport {
            removed: false,
            spaces: cache(context).report()?,
        }),
        ProviderCommand::Clear { model, dry_run } => clear(context, model.as_deref(), dry_run),
    }
}

fn list(context: &Context) -> Result<Outcome> {
    let providers = providers(context)?;
    let entries: Result<Vec<Entry>> = providers
        .iter()
        .map(|provider| Entry::of(context, provider))
        .collect();
    context.finish(&ListReport { providers: entries? })
}

async fn check(context: &Context, name: Option<&str>) -> Result<Outcome> {
    let providers = providers(context)?;
    let provider = providers.choose(name, None)?.clone();
    let embedder = open(context, &provider, Column::default(), false)?;
    embedder.expect_key()?;
    let asking = tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let outcome = embedder.embed(&[SENTENCE], Purpose::Document)?.pop();
        let vector = outcome
            .unwrap_or_else(|| Err("no vector".to_owned()))
            .map_err(|why| Error::failed(format!("`{}` refuses a sentence: {why}", provider.name)))?;
        embedder.rest();
        let length = vector
            .iter()
            .map(|element| f64::from(*element).powi(2))
            .sum::<f64>()
            .sqrt();
        Ok(CheckReport {
            place: provider.place(),
            dimensions: vector.len(),
            length,
            seconds: started.elapsed().as_secs_f64(),
            usage: embedder.usage(),
        })
    });
    let answered = async {
        asking
            .await
            .map_err(|error| Error::bug("the embedding thread ended early").caused_by(&error))?
    };
    context.finish(&context.unless_interrupted(answered).await?)
}

fn clear(context: &Context, model: Option<&str>, dry_run: bool) -> Result<Outcome> {
    let cache = cache(context);
    let mut spaces = cache.report()?;
    spaces.retain(|space| model.is_none_or(|model| model == space.label.model));
    let report = CacheReport {
        removed: false,
        spaces,
    };
    if dry_run || report.spaces.is_empty() {
        return context.finish(&report);
    }
    context.show(&report);
    let _consent = consent::ask(context, "Remove these embeddings?", Weight::Destructive)?;
    context.finish(&CacheReport {
        removed: true,
        spaces: cache.clear(model)?,
    })
}

/// A declared provider.
#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    declared_at: String,
    kind: &'static str,
    place: String,
    model: String,
    dimensions: Option<u32>,
    /// The variable of the key, and whether it is set.
    api_key_env: Option<String>,
    key_is_set: Option<bool>,
}

impl Entry {
    fn of(context: &Context, provider: &Provider) -> Result<Self> {
        let (kind, variable) = match &provider.via {
            Via::Http(endpoint) => ("http", endpoint.api_key_env.clone()),
            Via::Command(_) => ("command", None),
        };
        let key = variable
            .as_deref()
            .map(|variable| context.secret(variable))
            .transpose()?;
        Ok(Self {
            name: provider.name.clone(),
            declared_at: provider.declared_at.clone(),
            kind,
            place: provider.place(),
            model: provider.model.clone(),
            dimensions: provider.dimensions,
            api_key_env: variable,
            key_is_set: key.map(|key| key.is_some()),
        })
    }
}

#[derive(Debug, Serialize)]
struct ListReport {
    providers: Vec<Entry>,
}

impl Report for ListReport {
    const KIND: &'static str = "provider-list";

    fn human(&self, page: &mut Page) {
        if self.providers.is_empty() {
            page.line("no embedding provider is declared");
            page.styled(Role::Hint, "Declare one as `[providers.NAME]` in `vecops.toml`.");
            return;
        }
        let mut table = Table::new()
            .text("provider")
            .text("model")
            .number("dimensions")
            .text("place")
            .text("key");
        for entry in &self.providers {
            let key = match (&entry.api_key_env, entry.key_is_set) {
                (Some(variable), Some(true)) => format!("{variable}, set"),
                (Some(variable), _) => format!("{variable}, not set"),
                (None, _) => String::new(),
            };
            table.row([
                entry.name.clone(),
                entry.model.clone(),
                entry
                    .dimensions
                    .map_or_else(String::new, |dimensions| dimensions.to_string()),
                entry.place.clone(),
                key,
            ]);
        }
        page.table(&table);
    }
}

/// What a provider made of a sentence.
#[derive(Debug, Serialize)]
struct CheckReport {
    place: String,
    dimensions: usize,
    /// The vector's Euclidean length; 1 where the model normalises.
    length: f64,
    seconds: f64,
    #[serde(flatten)]
    usage: Usage,
}

impl Report for CheckReport {
    const KIND: &'static str = "provider-check";

    fn human(&self, page: &mut Page) {
        let time = units::duration(Duration::from_secs_f64(self.seconds));
        let (name, dimensions) = (&self.usage.provider, self.dimensions);
        page.styled(
            Role::Good,
            &format!("`{name}` answers: a vector of {dimensions} dimensions in {time}"),
        );
        page.field("model", &self.usage.model);
        page.field("place", &self.place);
        page.field("length", format!("{:.4}", self.length));
        if self.usage.tokens > 0 {
            page.field("tokens", units::count(self.usage.tokens));
        }
        if self.usage.retries > 0 {
            page.field("retries", units::count(self.usage.retries));
        }
    }
}

/// The embeddings that are kept, or were.
#[derive(Debug, Serialize)]
struct CacheReport {
    removed: bool,
    spaces: Vec<SpaceReport>,
}

impl Report for CacheReport {
    const KIND: &'static str = "provider-cache";

    fn human(&self, page: &mut Page) {
        if self.spaces.is_empty() {
            page.line("no embeddings are kept");
            return;
        }
        let mut table = Table::new()
            .text("model")
            .text("place")
            .number("embeddings")
            .number("size");
        for space in &self.spaces {
            table.row([
                space.label.model.clone(),
                space.label.place.clone(),
                units::count(space.vectors),
                units::bytes(space.bytes),
            ]);
        }
        page.table(&table);
        if self.removed {
            page.styled(Role::Good, "removed");
        }
    }
}
