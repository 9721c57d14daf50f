//! What a definition reads from one database makes the same tables in another.

use sqlx::{Connection as _, PgConnection};
use vecops::backup::definition::{Definition, Renames, Stage, capture};
use vecops::sql::{self, QualifiedName};

use super::rich;
use crate::support::{TestDatabase, database, majors, on_each_server};

const STAGES: [Stage; 9] = [
    Stage::Extensions,
    Stage::Types,
    Stage::Tables,
    Stage::Keys,
    Stage::Indexes,
    Stage::Values,
    Stage::Functions,
    Stage::Triggers,
    Stage::Security,
];

async fn make(database: &TestDatabase, schema: &str) {
    let mut connection = database.connection().await;
    sql::run(&mut connection, schema).await.unwrap();
}

async fn pinned(database: &TestDatabase) -> PgConnection {
    let mut connection = database.connection().await;
    sql::run(&mut connection, "set search_path = pg_catalog, pg_temp")
        .await
        .unwrap();
    connection
}

async fn read(database: &TestDatabase, tables: &[QualifiedName]) -> Definition {
    capture(&mut pinned(database).await, tables).await.unwrap()
}

async fn apply(database: &TestDatabase, definition: &Definition) {
    let mut connection = pinned(database).await;
    for stage in STAGES {
        let mut transaction = connection.begin().await.unwrap();
        for statement in definition.statements(stage) {
            let done = sql::run(&mut transaction, statement.sql.clone()).await;
            if let Err(error) = done {
                panic!("{stage:?}, {}: {error}\n{}", statement.object, statement.sql);
            }
        }
        transaction.commit().await.unwrap();
    }
}

fn names(definition: &Definition) -> Vec<QualifiedName> {
    definition.tables.iter().map(|table| table.name.clone()).collect()
}

#[tokio::test]
async fn a_definition_survives_its_document() {
    on_each_server(async |database| {
        make(database, &rich::schema()).await;
        let definition = read(database, &rich::tables()).await;
        let text = serde_json::to_string_pretty(&definition).unwrap();
        let again: Definition = serde_json::from_str(&text).unwrap();
        assert_eq!(definition, again);
        assert_eq!(rich::LONG.len(), 63);
    })
    .await;
}

#[tokio::test]
async fn what_is_made_from_a_definition_has_the_same_definition_on_every_version() {
    for from in majors() {
        let source = database(from).await;
        make(&source, &rich::schema()).await;
        let definition = read(&source, &rich::tables()).await;
        for to in majors() {
            let target = database(to).await;
            // What is not granted in the source must not come with the target's defaults.
            let widen = "alter default privileges grant all on tables to anon, authenticated; \
                 alter default privileges grant all on sequences to anon; \
                 alter default privileges grant execute on functions to anon";
            make(&target, widen).await;
            apply(&target, &definition).await;
            let again = read(&target, &names(&definition)).await;
            let differences = definition.differences(&again).unwrap();
            assert!(differences.is_empty(), "{from} to {to}: {differences:#?}");
            let reverse = again.differences(&definition).unwrap();
            assert!(reverse.is_empty(), "{from} to {to}: {reverse:#?}");
            assert_eq!(definition.extensions, again.extensions);
            target.remove().await;
        }
        source.remove().await;
    }
}

#[tokio::test]
async fn tables_can_be_made_under_other_names_beside_the_first_ones() {
    on_each_server(async |database| {
        make(database, &rich::schema()).await;
        let definition = read(database, &rich::tables()).await;
        let mut renames = Renames::default();
        for table in &definition.tables {
            let plain = table.name.name.as_str();
            let new = if plain == "documents" {
                "Other texts"
            } else {
                plain
            };
            let new = QualifiedName::new("copy".parse::<QualifiedName>().unwrap().name, new_ident(new));
            renames.table(table.name.clone(), new);
        }
        let (mut copy, left_out) = definition.renamed(&renames);
        let left_out: Vec<String> = left_out.iter().map(|function| function.name.plain()).collect();
        assert_eq!(
            left_out,
            ["app.count_documents", "app.match_documents", "app.tidy"]
        );
        // What the first ones keep.
        copy.types.clear();
        copy.functions.clear();
        copy.sequences
            .retain(|sequence| sequence.name.schema.as_str() == "copy");
        make(database, "create schema copy").await;
        apply(database, &copy).await;
        let again = read(database, &names(&copy)).await;
        let differences = copy.differences(&again).unwrap();
        assert!(differences.is_empty(), "{differences:#?}");
        let untouched = read(database, &rich::tables()).await;
        assert_eq!(definition.differences(&untouched).unwrap(), []);
    })
    .await;
}

fn new_ident(name: &str) -> sql::Ident {
    sql::Ident::new(name).unwrap()
}
