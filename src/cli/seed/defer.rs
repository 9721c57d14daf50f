//! `--defer-indexes`: seeding and indexes put together. The table's vector indexes are dropped before the load and built
//! again afterwards; and who loads much without it is told what that would change.

use super::names;
use crate::cli::Context;
use crate::connection::{Need, Session, TransactionOptions};
use crate::error::{Context as _, Error, Kind, Result};
use crate::index::{self, BuildOptions, Definition, RebuildCost, Restored};
use crate::render::units;
use crate::seed::{self, Destination, Source};
use crate::sql::QualifiedName;

/// Rows from which a graph makes a load much slower than building it afterwards.
pub(super) const MANY_ROWS: u64 = 5_000;
/// A row that enters a graph costs about so many times what it costs when the graph is built.
const DEARER: u64 = 4;

/// Whether indexes are dropped for the load.
#[derive(Debug, clap::Args)]
pub(super) struct DeferArgs {
    /// Drop the table's vector indexes before the load and build them again afterwards; their definitions are kept in
    /// the database, and the next run builds them where this one could not
    #[arg(long)]
    defer_indexes: bool,
}

impl DeferArgs {
    /// Building needs a session; better to know before rows are loaded.
    pub(super) fn need(&self) -> Need {
        if self.defer_indexes {
            Need::Session
        } else {
            Need::Any
        }
    }
}

/// The indexes that a load does without.
pub(super) struct Deferral {
    table: QualifiedName,
    /// Those to be dropped.
    indexes: Vec<Definition>,
    /// Whether an earlier run has left some to be built.
    is_waiting: bool,
    wanted: bool,
}

impl Deferral {
    /// None at all, for loads that come with a command of another purpose.
    pub(super) fn none(destination: &Destination) -> Self {
        Self {
            table: destination.table.clone(),
            indexes: Vec::new(),
            is_waiting: false,
            wanted: false,
        }
    }

    /// Looks at the table's indexes, and at what earlier runs have left.
    pub(super) async fn inspect(
        context: &Context,
        session: &mut Session,
        args: &DeferArgs,
        destination: &mut Destination,
        source: &Source,
    ) -> Result<Self> {
        let table = destination.table.clone();
        let mut transaction = session.begin_read().await?;
        let waiting = index::deferred(&mut transaction, Some(&table)).await?;
        let indexes = if args.defer_indexes {
            index::deferrable(&mut transaction, &table).await?
        } else {
            warn_of_dear_rows(context, &mut transaction, destination, source).await?;
            Vec::new()
        };
        transaction.commit().await?;
        if !waiting.is_empty() {
            context.progress().note(&format!(
                "an earlier load has dropped {}; built again after this one",
                listed(&waiting)
            ));
        }
        destination
            .vector_indexes
            .retain(|name| !indexes.iter().any(|index| index.name.as_str() == name));
        Ok(Self {
            table,
            indexes,
            is_waiting: !waiting.is_empty(),
            wanted: args.defer_indexes,
        })
    }

    /// Says what happens to the indexes.
    pub(super) fn show(&self, context: &Context, resumable: bool) {
        if self.indexes.is_empty() {
            return;
        }
        let how = if resumable {
            "first; until they are back searches read the whole table"
        } else {
            "in the load's transaction: nobody else reads or writes the table until it is committed (with --resumable \
             readers go on), and until they are back searches read the whole table"
        };
        context.progress().note(&format!(
            "plan: drop {} {how}; built again after the load",
            listed(&self.indexes)
        ));
    }

    /// Drops the indexes within the load's own transaction.
    pub(super) async fn drop_within(
        &self,
        connection: &mut sqlx::PgConnection,
        context: &Context,
    ) -> Result<()> {
        if self.wanted {
            index::defer(connection, &self.table, context.progress()).await?;
        }
        Ok(())
    }

    /// Drops the indexes in a transaction of its own, for a load of many.
    pub(super) async fn drop_before(&self, session: &mut Session, context: &Context) -> Result<()> {
        if !self.wanted {
            return Ok(());
        }
        let mut transaction = session.begin(&TransactionOptions::write().long()).await?;
        index::defer(&mut transaction, &self.table, context.progress()).await?;
        transaction.commit().await.context("commit")
    }

    /// What an error of a load of many transactions leaves behind.
    pub(super) fn explain(&self, error: Error) -> Error {
        if !self.wanted && !self.is_waiting {
            return error;
        }
        error.hint(format!(
            "Indexes of `{table}` may be dropped: the same command builds them at its end, `vecops index restore-deferred \
             {table}` at once.",
            table = self.table.plain()
        ))
    }

    /// Builds the indexes that wait, once the load is complete.
    pub(super) async fn finish(&self, context: &Context, complete: bool) -> Result<Restored> {
        if !self.wanted && !self.is_waiting {
            return Ok(Restored::default());
        }
        if !complete {
            context.progress().warn(&format!(
                "the vector indexes of `{table}` stay dropped until the load is complete; `vecops index restore-deferred \
                 {table}` builds them at once",
                table = self.table.plain()
            ));
            return Ok(Restored::default());
        }
        let connector = context.connector().await?;
        let options = BuildOptions::default();
        index::restore_deferred(connector, Some(&self.table), options, context.progress())
            .await
            .map_err(|error| match error.kind() {
                Kind::Interrupted => error,
                _ => error.context("the rows are loaded, but an index could not be built again"),
            })
    }
}

fn listed(indexes: &[Definition]) -> String {
    let plain: Vec<String> = indexes.iter().map(|index| index.name.plain()).collect();
    names(&plain)
}

/// Warns before a large load into a graph, with what the other way would take.
async fn warn_of_dear_rows(
    context: &Context,
    connection: &mut sqlx::PgConnection,
    destination: &Destination,
    source: &Source,
) -> Result<()> {
    let Some(rows) = seed::guessed_rows(source, destination).filter(|&rows| rows >= MANY_ROWS) else {
        return Ok(());
    };
    for cost in index::rebuild_costs(connection, &destination.table, rows).await? {
        if cost.method == "hnsw" && is_worth_it(rows, cost.rows_now) {
            context.progress().warn(&warning(rows, &cost));
        }
    }
    Ok(())
}

/// Whether building all rows again costs less than letting the new ones in one by one.
fn is_worth_it(rows: u64, rows_now: u64) -> bool {
    rows.saturating_mul(DEARER) > rows_now.saturating_add(rows)
}

fn warning(rows: u64, cost: &RebuildCost) -> String {
    let size = cost
        .bytes
        .map_or_else(String::new, |bytes| format!(", about {},", units::bytes(bytes)));
    format!(
        "about {} rows will enter the graph `{}` one by one, each several times as dear as when the graph is built; \
         `--defer-indexes` drops it first and builds it again over {} rows{size} with {}",
        units::count(rows),
        cost.index.plain(),
        units::count(cost.rows),
        cost.settings.describe(),
    )
}

#[cfg(test)]
mod tests {
    use super::is_worth_it;

    #[test]
    fn a_small_load_into_a_large_table_goes_row_by_row() {
        assert!(is_worth_it(10_000, 0) && is_worth_it(10_000, 20_000));
        assert!(!is_worth_it(10_000, 1_000_000));
    }
}
