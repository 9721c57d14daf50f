//! What a definition reads from one database makes the same tables in another.

use vecops::backup::definition::{Definition, capture};
use vecops::sql;

use super::rich;
use crate::support::{TestDatabase, on_each_server};

async fn capture_rich(database: &TestDatabase) -> Definition {
    let mut connection = database.connection().await;
    sql::run(&mut connection, rich::schema()).await.unwrap();
    read(database).await
}

async fn read(database: &TestDatabase) -> Definition {
    let mut connection = database.connection().await;
    sql::run(&mut connection, "set search_path = pg_catalog, pg_temp")
        .await
        .unwrap();
    capture(&mut connection, &rich::tables()).await.unwrap()
}

#[tokio::test]
async fn a_definition_survives_its_document() {
    on_each_server(async |database| {
        let definition = capture_rich(database).await;
        let text = serde_json::to_string_pretty(&definition).unwrap();
        let again: Definition = serde_json::from_str(&text).unwrap();
        assert_eq!(definition, again);
    })
    .await;
}
