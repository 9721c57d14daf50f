//! `vecops index restore-deferred`.

use clap::Args;
use serde::Serialize;

use super::BuildArgs;
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::Need;
use crate::error::{Outcome, Result};
use crate::index::{self, Definition};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report};
use crate::sql::QualifiedName;

/// Build the indexes that `vecops seed --defer-indexes` dropped and could not build again
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index restore-deferred --dry-run
  vecops index restore-deferred public.items --yes")]
pub(super) struct RestoreDeferredArgs {
    /// Only those of this collection or table
    target: Option<String>,

    #[command(flatten)]
    build: BuildArgs,
}

/// The indexes that wait.
#[derive(Debug, Serialize)]
struct Waiting {
    waiting: Vec<Definition>,
}

impl Report for Waiting {
    const KIND: &'static str = "index-deferred";

    fn human(&self, page: &mut Page) {
        if self.waiting.is_empty() {
            page.styled(Role::Good, "no index waits to be built again; nothing to do");
        }
        for definition in &self.waiting {
            let mark = page.paint(Role::Good, "+");
            page.line(format!("{mark} build `{}` again", definition.qualified().plain()));
            page.field("statement", sanitize(&definition.statement(true)));
        }
    }
}

/// Shows what waits, asks and builds.
pub(super) async fn run(context: &Context, args: &RestoreDeferredArgs) -> Result<Outcome> {
    let table = args
        .target
        .as_deref()
        .map(|named| table(context, named))
        .transpose()?;
    let mut session = context.open(Need::Session).await?;
    let mut transaction = session.begin_read().await?;
    let waiting = index::deferred(&mut transaction, table.as_ref()).await?;
    transaction.commit().await?;
    session.close().await?;
    let shown = Waiting { waiting };
    if args.build.dry_run || shown.waiting.is_empty() {
        return context.finish(&shown);
    }
    context.show(&shown);
    let _consent = consent::ask(context, "Build them again?", Weight::Additive)?;
    let connector = context.connector().await?;
    let options = args.build.options();
    let restored = index::restore_deferred(connector, table.as_ref(), options, context.progress()).await?;
    context.finish(&restored)
}

/// The table that is meant; it may be gone.
fn table(context: &Context, named: &str) -> Result<QualifiedName> {
    match context.collections()?.get(named) {
        Some(collection) => Ok(collection.table.clone()),
        None => named
            .parse()
            .map_err(|error| crate::error::Error::usage(format!("`{named}`: {error}"))),
    }
}
