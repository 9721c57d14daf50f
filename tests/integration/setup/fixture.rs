//! The steps that most tests of setup share.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use vecops::collection::{Collection, HnswIndex, Policy};
use vecops::error::Result;
use vecops::progress::{Progress, Silent};
use vecops::setup::{self, BuildSettings, Plan};

/// Runs statements that must succeed.
pub(super) async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    let sql = sql.into();
    if let Err(error) = attempt(connection, sql.clone()).await {
        panic!("{error}\nin: {sql}");
    }
}

/// Runs statements that may be refused.
pub(super) async fn attempt(connection: &mut PgConnection, sql: impl Into<String>) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.into()))
        .execute(connection)
        .await
        .map(drop)
}

/// The rows of a query.
pub(super) async fn rows(connection: &mut PgConnection, sql: impl Into<String>) -> Vec<PgRow> {
    let sql = sql.into();
    match sqlx::query(AssertSqlSafe(sql.clone()))
        .fetch_all(connection)
        .await
    {
        Ok(rows) => rows,
        Err(error) => panic!("{error}\nin: {sql}"),
    }
}

/// The one number that a query returns.
pub(super) async fn number(connection: &mut PgConnection, sql: impl Into<String>) -> i64 {
    rows(connection, sql).await[0].get(0)
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
    setup::build_indexes(connection, &collections, &BuildSettings::default(), progress).await?;
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
