//! From flags, manifest and environment to an embedder for a column, for every command that embeds.

use std::path::PathBuf;
use std::sync::Arc;

use super::Context;
use crate::catalog::Target;
use crate::embedding::{Cache, Column, Embedder, Options, Provider, Providers, ProxySettings, Via};
use crate::error::Result;

/// Which provider, and whether its vectors are kept.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ProviderArgs {
    /// The embedding provider of vecops.toml; else the collection's, else the only one declared
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,

    /// Ask the provider for every text, and keep no vector on this machine
    #[arg(long)]
    no_embedding_cache: bool,
}

impl ProviderArgs {
    /// The first of the flags that were given.
    pub(super) fn given(&self) -> Option<&'static str> {
        match (&self.provider, self.no_embedding_cache) {
            (Some(_), _) => Some("--provider"),
            (None, true) => Some("--no-embedding-cache"),
            (None, false) => None,
        }
    }

    /// Whether vectors are kept.
    pub(super) fn keeps(&self) -> bool {
        !self.no_embedding_cache
    }
}

/// The providers that the manifest declares.
pub(super) fn providers(context: &Context) -> Result<Providers> {
    context
        .manifest()?
        .map_or_else(|| Ok(Providers::default()), Providers::read)
}

/// The vectors that this user keeps. They are nobody else's, so root's lie in root's own folder, too.
pub(super) fn cache(context: &Context) -> Cache {
    let environment = context.environment();
    let said = environment.variable("XDG_CACHE_HOME").map(PathBuf::from);
    let said = said.filter(|folder| folder.is_absolute());
    let own = said.or_else(|| environment.home.as_ref().map(|home| home.join(".cache")));
    let folder = own.map(|folder| folder.join("vecops"));
    Cache::below(folder.as_ref().unwrap_or(&environment.cache_folder))
}

/// An embedder for a column; it has asked nothing yet.
pub(super) fn embedder(context: &Context, args: &ProviderArgs, on: &Target) -> Result<Arc<Embedder>> {
    let providers = providers(context)?;
    let of_collection = on
        .collection
        .as_ref()
        .and_then(|collection| collection.provider.as_deref());
    let provider = providers.choose(args.provider.as_deref(), of_collection)?;
    open(context, provider, column(on), args.keeps()).map(Arc::new)
}

/// An embedder with the key and the proxies of this environment.
pub(super) fn open(context: &Context, provider: &Provider, column: Column, keeps: bool) -> Result<Embedder> {
    let environment = context.environment();
    let key = match &provider.via {
        Via::Http(endpoint) => endpoint
            .api_key_env
            .as_deref()
            .map(|variable| context.secret(variable)),
        Via::Command(_) => None,
    };
    let options = Options {
        key: key.transpose()?.flatten(),
        proxies: ProxySettings::from_variables(|name| environment.variable(name)),
        cache: keeps.then(|| cache(context)),
        column,
        progress: context.shared_progress(),
    };
    Embedder::new(provider, options)
}

/// What is known about the vectors of a target.
fn column(on: &Target) -> Column {
    let collection = on.collection.as_ref();
    Column {
        name: format!("{}.{}", on.table.plain(), on.embedding.plain()),
        collection: collection.map(|collection| collection.name.clone()),
        declared_model: collection.and_then(|collection| collection.model.clone()),
        recorded_model: on.record.as_ref().and_then(|record| record.model.clone()),
        dimensions: on.dimensions,
        normalized: collection.map_or_else(
            || on.record.as_ref().is_some_and(|record| record.normalized),
            |collection| collection.normalized,
        ),
    }
}
