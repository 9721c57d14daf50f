//! `--embed`: the flags, and what a load tells about it before it begins.

use crate::catalog::Target;
use crate::cli::Context;
use crate::cli::embedding::{self, ProviderArgs};
use crate::error::{Error, Result};
use crate::seed::{self, Destination, Source};
use crate::vector::ElementType;

/// Where texts become vectors.
#[derive(Debug, clap::Args)]
pub(super) struct EmbedArgs {
    /// Make the vectors of the text in this field, with a provider of vecops.toml; rows that have a vector keep it
    #[arg(long, value_name = "FIELD", conflicts_with = "builtin")]
    embed: Option<String>,

    #[command(flatten)]
    provider: ProviderArgs,
}

impl EmbedArgs {
    /// Makes the destination embed, where that is wanted, and says who gets the texts.
    pub(super) fn prepare(
        &self,
        context: &Context,
        source: &Source,
        on: &Target,
        destination: &mut Destination,
        load: Load,
    ) -> Result<()> {
        let Some(field) = &self.embed else {
            return match self.provider.given() {
                Some(flag) => Err(Error::usage(format!("`{flag}` is for texts that are embedded"))
                    .hint("Say which field holds them with `--embed FIELD`.")),
                None => Ok(()),
            };
        };
        seed::expect_texts(source)?;
        if !matches!(on.element, ElementType::Vector | ElementType::Halfvec) {
            let message = format!(
                "embeddings do not go into {}.{} of {}",
                on.table.plain(),
                on.embedding.plain(),
                on.element
            );
            return Err(
                Error::precondition(message).hint("`--embed` fills columns of `vector` and `halfvec`.")
            );
        }
        let embedder = embedding::embedder(context, &self.provider, on)?;
        let provider = embedder.provider();
        let (name, place, model) = (&provider.name, provider.place(), &provider.model);
        match load {
            Load::Checked => {}
            Load::AtOnce | Load::Resumable => {
                embedder.expect_key()?;
                context.progress().note(&format!(
                    "the text of `{field}` goes to `{name}` ({place}, model `{model}`)"
                ));
            }
        }
        if load == Load::Resumable && !self.provider.keeps() {
            context.progress().warn(
                "without kept embeddings a run that resumes pays again for the rows that are in, and stops where the provider does not give the very same vectors",
            );
        }
        destination.embed(field, embedder)
    }
}

/// How far a load goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Nothing is loaded.
    Checked,
    /// In one transaction.
    AtOnce,
    /// In batches.
    Resumable,
}
