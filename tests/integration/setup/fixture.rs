//! The steps that most tests of setup share.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};
use vecops::collection::{Collection, HnswIndex, Policy};
use vecops::error::Result;
use vecops::index_build::{Builder, Wishes};
use vecops::progress::{Progress, Silent};
use vecops::setup::{self, Plan};
use vecops::sql;

use crate::support::on_each_server;

/// Runs a test on each major version, each time with a connection to a new database.
pub(super) async fn on_each_connection(test: impl AsyncFn(&mut PgConnection)) {
    on_each_server(async |database| test(&mut database.connection().await).await).await;
}

/// Runs statements that must succeed.
pub(super) async fn run(connection: &mut PgConnection, statements: impl Into<String>) {
    let statements = statements.into();
    if let Err(error) = attempt(connection, statements.clone()).await {
        panic!("{error}\nin: {statements}");
    }
}

/// Runs statements that may be refused.
pub(super) async fn attempt(
    connection: &mut PgConnection,
    statements: impl Into<String>,
) -> sqlx::Result<()> {
    sql::run(connection, statements).await
}

/// The rows of a query.
pub(super) async fn rows(connection: &mut PgConnection, query: impl Into<String>) -> Vec<PgRow> {
    let query = query.into();
    match sql::dynamic(query.clone()).fetch_all(connection).await {
        Ok(rows) => rows,
        Err(error) => panic!("{error}\nin: {query}"),
    }
}

/// The one row of a query.
pub(super) async fn row(connection: &mut PgConnection, query: impl Into<String>) -> PgRow {
    let mut rows = rows(connection, query).await;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

/// The one number that a query returns.
pub(super) async fn number(connection: &mut PgConnection, query: impl Into<String>) -> i64 {
    row(connection, query).await.get(0)
}

/// A small collection, quick to fill.
pub(super) fn collection(name: &str, policy: Policy) -> Collection {
    Collection {
        policy,
        ..Collection::new(name, 32).unwrap()
    }
}

/// The same collection with another index, or none.
pub(super) fn with_index(collection: &Collection, index: Option<HnswIndex>) -> Collection {
    Collection {
        index,
        ..collection.clone()
    }
}

pub(super) async fn plan(connection: &mut PgConnection, collection: &Collection) -> Plan {
    setup::plan(connection, &[collection]).await.unwrap()
}

/// Applies what the plan says now, index included.
pub(super) async fn apply(connection: &mut PgConnection, collection: &Collection) {
    try_apply(connection, collection, &Silent).await.unwrap();
}

/// The same, and then nothing is left to do.
pub(super) async fn apply_all(connection: &mut PgConnection, collection: &Collection) {
    apply(connection, collection).await;
    let after = plan(connection, collection).await;
    assert!(after.is_met(), "{after:#?}");
}

pub(super) async fn try_apply(
    connection: &mut PgConnection,
    collection: &Collection,
    progress: &dyn Progress,
) -> Result<()> {
    let collections = [collection];
    let shown = setup::plan(connection, &collections).await?;
    let mut transaction = connection.begin().await?;
    setup::apply(&mut transaction, &collections, &shown, progress).await?;
    transaction.commit().await?;
    let builder = Builder {
        connector: None,
        progress,
    };
    setup::build_indexes(connection, &collections, Wishes::default(), builder).await?;
    Ok(())
}

/// Fills a collection with random vectors and texts of the size of passages; row `n` has the topic `n % 40`.
pub(super) async fn fill(connection: &mut PgConnection, collection: &Collection, count: u32) {
    let Collection {
        table,
        content,
        metadata,
        embedding,
        dimensions,
        element,
        ..
    } = collection;
    let id = match collection.id {
        vecops::collection::IdType::Text => ("id, ", "'row ' || n, "),
        _ => ("", ""),
    };
    run(
        connection,
        format!(
            "select setseed(0.5);
             insert into {table} ({}{content}, {metadata}, {embedding})
             select {}repeat(md5(n::text), 40), jsonb_build_object('topic', n % 40, 'even', n % 4 < 2),
                 (select array_agg(random() - 0.5 + g * 0) from generate_series(1, {dimensions}) g where n > 0)::extensions.{element}
             from generate_series(1, {count}) n;
             analyze {table}",
            id.0, id.1
        ),
    )
    .await;
}

/// A random vector as a literal.
pub(super) fn vector(dimensions: u32, seed: u32) -> String {
    let numbers: Vec<String> = (0..dimensions)
        .map(|place| format!("{:.3}", f64::from((place + 7) * (seed + 13) % 101) / 101.0 - 0.5))
        .collect();
    format!("'[{}]'", numbers.join(","))
}
