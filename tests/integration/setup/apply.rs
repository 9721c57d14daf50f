//! Apply, then plan: nothing is left, for every policy, element type and id type.

use super::fixture::{
    apply, apply_all, attempt, collection, fill, number, on_each_connection, plan, row, rows, run, vector,
    with_index,
};
use crate::support::on_each_server;
use sqlx::Row as _;
use vecops::catalog::{self, MetricSource};
use vecops::collection::{Collection, Collections, HnswIndex, IdType, IterativeScan, Policy, Record};
use vecops::setup::{self, Phase};
use vecops::sql::Ident;
use vecops::vector::{ElementType, Metric};

#[tokio::test]
async fn after_apply_nothing_is_left_to_do() {
    let metrics = [Metric::Cosine, Metric::InnerProduct, Metric::L2, Metric::L1];
    on_each_connection(async |connection| {
        let mut count = 0;
        for policy in [Policy::Service, Policy::Owner, Policy::PublicRead] {
            for element in [ElementType::Vector, ElementType::Halfvec] {
                for id in [IdType::Bigint, IdType::Uuid, IdType::Text] {
                    let collection = Collection {
                        element,
                        id,
                        metric: metrics[count % 4],
                        index_metadata: count % 2 == 0,
                        ..collection(&format!("c{count}"), policy)
                    };
                    apply_all(connection, &collection).await;
                    answers(connection, &collection).await;
                    count += 1;
                }
            }
        }
    })
    .await;
}

/// The match function answers with the declared id type, nearest first.
async fn answers(connection: &mut sqlx::PgConnection, collection: &Collection) {
    fill(connection, collection, 20).await;
    let sql = format!(
        "select pg_typeof(id)::text, similarity from {}({}, 5)",
        collection.match_function(),
        vector(collection.dimensions, 3)
    );
    let found = rows(connection, sql).await;
    assert_eq!(found.len(), 5);
    assert_eq!(found.first().unwrap().get::<String, _>(0), collection.id.sql());
    let similarities: Vec<f64> = found.iter().map(|row| row.get(1)).collect();
    assert!(
        similarities.is_sorted_by(|one, other| one >= other),
        "{similarities:?}"
    );
}

#[tokio::test]
async fn every_name_may_be_an_awkward_one() {
    on_each_connection(async |connection| {
        let awkward = Collection {
            table: "\"My Schema\".\"it's a \"\"table\"\"\"".parse().unwrap(),
            content: Ident::constant("order"),
            metadata: Ident::constant("Filter"),
            embedding: Ident::constant("select"),
            owner: Ident::constant("user"),
            model: Some(r#"a\model's "name""#.into()),
            ..collection("awkward", Policy::Owner)
        };
        apply_all(connection, &awkward).await;
        answers(connection, &awkward).await;
        let table = catalog::table(connection, &awkward.table).await.unwrap().unwrap();
        let comment = table.column("select").unwrap().comment.clone().unwrap();
        assert_eq!(Record::find(&comment), Some(awkward.record()));
    })
    .await;
}

#[tokio::test]
async fn the_vector_extension_is_used_where_it_already_lives() {
    on_each_server(async |database| {
        run(
            &mut database.administrator().await,
            "create extension vector with schema public",
        )
        .await;
        let mut connection = database.connection().await;
        let docs = collection("docs", Policy::PublicRead);
        let before = plan(&mut connection, &docs).await;
        assert!(
            before
                .steps
                .iter()
                .all(|step| !step.sql.contains("\"extensions\"")),
            "{before:#?}"
        );
        apply(&mut connection, &docs).await;
        assert!(plan(&mut connection, &docs).await.is_met());
        run(
            &mut connection,
            format!("select * from match_docs({}::public.vector)", vector(32, 1)),
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_existing_table_gets_what_it_lacks_and_keeps_what_it_has() {
    on_each_connection(async |connection| {
        run(
            connection,
            "create extension vector with schema extensions;
             create table docs (id bigserial primary key, content text, embedding extensions.vector(32), extra int);
             comment on column docs.embedding is 'what it means';
             create policy mine on docs for select to authenticated using (extra = 1);
             grant all on docs to anon;
             insert into docs (content, embedding, extra)
             select 'x', (select array_agg(random() + g * 0) from generate_series(1, 32) g where n > 0)::extensions.vector, n
             from generate_series(1, 500) n",
        )
        .await;
        let docs = collection("docs", Policy::Owner);
        let before = plan(connection, &docs).await;
        let afterwards: Vec<_> = before
            .steps_in(Phase::Afterwards)
            .map(|step| step.sql.split(" on ").next().unwrap())
            .collect();
        assert_eq!(
            afterwards,
            [
                "create index concurrently if not exists \"docs_owner_id_idx\"",
                "create index concurrently if not exists \"docs_embedding_cosine_hnsw\""
            ]
        );
        assert!(
            before.notes.iter().any(|note| note.contains("policy `mine`")),
            "{:?}",
            before.notes
        );
        assert!(
            before
                .steps
                .iter()
                .any(|step| step.reason.contains("`anon` has delete")),
            "{before:#?}"
        );
        assert!(
            before
                .steps
                .iter()
                .any(|step| step.sql.contains("grant usage on sequence")),
            "{before:#?}"
        );
        apply_all(connection, &docs).await;

        assert_eq!(
            number(
                connection,
                "select count(*) from docs where extra > 0 and metadata = '{}'"
            )
            .await,
            500
        );
        assert_eq!(
            number(
                connection,
                "select count(*) from pg_policy where polname = 'mine'"
            )
            .await,
            1
        );
        let comment = row(
            connection,
            "select col_description('docs'::regclass, attnum) from pg_attribute
             where attrelid = 'docs'::regclass and attname = 'embedding'",
        )
        .await
        .get::<String, _>(0);
        assert!(
            comment.starts_with("what it means\nvecops: {\"version\":1"),
            "{comment}"
        );
        // As a signed-in user, who writes through the old sequence.
        run(
            connection,
            "begin; set local role authenticated;
             set local request.jwt.claims = '{\"sub\":\"00000000-0000-0000-0000-00000000000a\"}';
             insert into docs (content) values ('mine'); commit",
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn another_policy_replaces_its_predecessor() {
    on_each_connection(async |connection| {
        for policy in [Policy::PublicRead, Policy::Owner, Policy::Service] {
            let docs = collection("docs", policy);
            apply_all(connection, &docs).await;
            let policies = number(connection, "select count(*) from pg_policy").await;
            assert_eq!(policies, 1, "{policy}");
        }
        let grants = "select count(*) from information_schema.role_table_grants
                      where table_name = 'docs' and grantee in ('anon', 'authenticated', 'PUBLIC')";
        assert_eq!(number(connection, grants).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_index_is_rebuilt_after_an_interrupted_build() {
    on_each_connection(async |connection| {
        let docs = collection("docs", Policy::Service);
        apply(connection, &with_index(&docs, None)).await;
        fill(connection, &docs, 2_000).await;
        let name = docs.index_name();
        // What a killed `create index concurrently` leaves.
        let statement = format!(
            "set statement_timeout = '100ms'; create index concurrently {} on docs using hnsw (embedding extensions.vector_cosine_ops) with (ef_construction = 1000)",
            name.name
        );
        let (settings, create) = statement.split_once(';').unwrap();
        run(connection, settings).await;
        attempt(connection, create).await.unwrap_err();
        run(connection, "reset statement_timeout").await;
        let before = plan(connection, &docs).await;
        let titles: Vec<_> = before
            .steps_in(Phase::Afterwards)
            .map(|step| step.title.as_str())
            .collect();
        assert_eq!(
            titles,
            [
                "drop the invalid index public.docs_embedding_cosine_hnsw",
                "create the index public.docs_embedding_cosine_hnsw (cosine, m 16, ef_construction 64)"
            ]
        );
        apply_all(connection, &docs).await;
    })
    .await;
}

#[tokio::test]
async fn a_migration_makes_what_apply_makes() {
    on_each_connection(async |connection| {
        let scans = [
            IterativeScan::RelaxedOrder,
            IterativeScan::StrictOrder,
            IterativeScan::Off,
        ];
        let policies = [Policy::Service, Policy::Owner, Policy::PublicRead];
        let collections: Vec<Collection> = policies
            .into_iter()
            .zip(scans)
            .enumerate()
            .map(|(number, (policy, iterative_scan))| {
                let index = HnswIndex {
                    iterative_scan,
                    ..HnswIndex::default()
                };
                with_index(&collection(&format!("c{number}"), policy), Some(index))
            })
            .collect();
        let wanted: Vec<&Collection> = collections.iter().collect();
        let fresh = setup::plan_for_fresh_database(&wanted);
        let text = setup::migration_text(&fresh).unwrap();
        run(connection, text.clone()).await;
        let after = setup::plan(connection, &wanted).await.unwrap();
        assert!(after.is_met(), "{after:#?}");
        run(connection, text).await;
        assert!(setup::plan(connection, &wanted).await.unwrap().is_met());
    })
    .await;
}

#[tokio::test]
async fn a_target_is_found_by_collection_table_or_column() {
    on_each_connection(async |connection| {
        let docs = collection("docs", Policy::Service);
        apply(connection, &docs).await;
        run(
            connection,
            "create schema shop;
             create table shop.items (sku text primary key, body text, meta jsonb, v extensions.halfvec(8));
             create index on shop.items using hnsw (v extensions.halfvec_ip_ops);
             create table shop.pairs (a int, b int, v extensions.vector(2), w extensions.vector(3), primary key (a, b));
             create table shop.plain (id int primary key)",
        )
        .await;
        let none = Collections::default();
        let by_table = catalog::locate(connection, "docs", &none).await.unwrap();
        assert_eq!(
            (by_table.metric, by_table.metric_source),
            (Metric::Cosine, MetricSource::Record)
        );
        assert!(by_table.index().is_some());

        let items = catalog::locate(connection, "shop.items", &none)
            .await
            .unwrap();
        assert_eq!(
            (items.metric, items.metric_source),
            (Metric::InnerProduct, MetricSource::Index)
        );
        assert_eq!((items.element, items.dimensions), (ElementType::Halfvec, Some(8)));
        assert_eq!(
            (items.id.name.as_str(), items.id.type_text.as_str()),
            ("sku", "text")
        );
        assert_eq!(items.content.unwrap().as_str(), "body");
        assert_eq!(items.metadata.unwrap().as_str(), "meta");

        let mut refused = Vec::new();
        for named in [
            "shop.pairs",
            "shop.pairs.w",
            "shop.pairs.x",
            "shop.plain",
            "items",
            "shop.itms",
            "nothing",
            "a b",
        ] {
            let error = catalog::locate(connection, named, &none).await.unwrap_err();
            refused.push(format!("{error:?}"));
        }
        insta::allow_duplicates! { insta::assert_snapshot!(refused.join("\n"), @r#"
        `shop.pairs` has several vector columns [usage]
          hint: Name one of `shop.pairs.v`, `shop.pairs.w`.
        `shop.pairs` has no primary key of one column, so its rows cannot be named [precondition]
          hint: Add a primary key, or a unique column that is not null, then run the command again.
        `shop.pairs` has no vector column "x" [precondition]
          hint: It has `shop.pairs.v`, `shop.pairs.w`.
        `shop.plain` has no vector column [precondition]
        `items` is neither a collection nor a table [precondition]
          hint: Did you mean `shop.items`?
        `shop.itms` is neither a collection nor a table [precondition]
          hint: Did you mean `shop.items`?
        `nothing` is neither a collection nor a table [precondition]
          hint: Name a collection of `vecops.toml`, or an existing table as `schema.table`.
        target `a b`: `a b` is not `name`, `schema.name` or `"Quoted".name` [usage]
        "#); }
    })
    .await;
}
