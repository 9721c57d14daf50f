//! Building the index of a plan, and building one anew.

use super::plan::BuildPlan;
use crate::connection::{Connector, Need, Session};
use crate::error::{Context as _, Result};
use crate::index_build::{Builder, Built, Place, Work, drop_concurrently, take_lock};
use crate::progress::Progress;
use crate::sql::{QualifiedName, literal, run};

/// Builds the index of a plan.
pub async fn build(connector: &Connector, plan: &BuildPlan, progress: &dyn Progress) -> Result<Built> {
    let definition = &plan.definition;
    let place = Place {
        index: definition.qualified(),
        table: definition.table.clone(),
        table_oid: plan.table.oid,
    };
    let work = Work {
        statement: plan.statement.clone(),
        label: place.index.plain(),
        concurrently: plan.concurrently,
        settings: plan.settings,
        rows: plan.rows,
        bytes: plan.bytes,
    };
    let mut session = open(connector, &place.table, progress).await?;
    let outside = session.outside_transaction().await?;
    if let Some(leftover) = &plan.leftover {
        drop_concurrently(outside, leftover).await?;
    }
    let tablespace = definition
        .tablespace
        .as_ref()
        .map_or_else(|| "''".to_owned(), |name| literal(name.as_str()));
    run(&mut *outside, format!("set default_tablespace = {tablespace}")).await?;
    let built = builder(connector, progress).build(outside, &place, &work).await?;
    if let Some(comment) = &definition.comment {
        let statement = format!("comment on index {} is {}", place.index, literal(comment));
        run(outside, statement)
            .await
            .with_context(|| format!("comment on the index `{}`", place.index.plain()))?;
    }
    Ok(built)
}

/// Builds an index anew; queries use the old one until the new one is there.
pub(super) async fn rebuild(
    connector: &Connector,
    place: &Place,
    work: &Work,
    progress: &dyn Progress,
) -> Result<Built> {
    let mut session = open(connector, &place.table, progress).await?;
    let outside = session.outside_transaction().await?;
    builder(connector, progress).build(outside, place, work).await
}

fn builder<'a>(connector: &'a Connector, progress: &'a dyn Progress) -> Builder<'a> {
    Builder {
        connector: Some(connector),
        progress,
    }
}

/// A session that holds the lock on the table's vector indexes.
async fn open(connector: &Connector, table: &QualifiedName, progress: &dyn Progress) -> Result<Session> {
    let mut session = connector.open(Need::Session, progress).await?;
    take_lock(session.outside_transaction().await?, table).await?;
    Ok(session)
}
