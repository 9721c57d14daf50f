//! What stands in the way of a declaration is said and never changed.

use sqlx::PgConnection;
use vecops::catalog;
use vecops::collection::{Collection, Collections, HnswIndex, IdType, Policy};
use vecops::error::Kind;
use vecops::manifest::ManifestFile;
use vecops::progress::Silent;
use vecops::setup::Plan;
use vecops::vector::{ElementType, Metric};

use super::fixture::{
    apply, apply_all, collection, fill, on_each_connection, plan, run, try_apply, with_index,
};

fn drift(plan: &Plan) -> String {
    let line = |drift: &vecops::setup::Drift| {
        let blocking = if drift.blocking { "blocks" } else { "stands" };
        format!(
            "{blocking}: {}: declared {}, found {}",
            drift.object, drift.declared, drift.found
        )
    };
    plan.drift.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn another_shape_of_the_table_blocks_and_stays_as_it_is() {
    on_each_connection(async |connection| {
        let docs = collection("docs", Policy::Service);
        apply(connection, &docs).await;
        let changed = [
            Collection {
                dimensions: 64,
                ..docs.clone()
            },
            Collection {
                element: ElementType::Halfvec,
                ..docs.clone()
            },
            Collection {
                id: IdType::Uuid,
                ..docs.clone()
            },
        ];
        let mut found = Vec::new();
        for collection in &changed {
            found.push(drift(&plan(connection, collection).await));
            let error = try_apply(connection, collection, &Silent).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Precondition);
        }
        assert!(
            plan(connection, &docs).await.is_met(),
            "something was changed"
        );
        insta::allow_duplicates! { insta::assert_snapshot!(found.join("\n--\n"), @"
        blocks: public.docs.embedding: declared vector(64), found vector(32)
        --
        blocks: public.docs.embedding: declared halfvec(32), found vector(32)
        --
        blocks: public.docs.id: declared uuid, found bigint
        blocks: function public.match_docs: declared returns TABLE(id uuid, content text, metadata jsonb, similarity double precision), found arguments query_embedding vector, match_count integer DEFAULT 100, filter jsonb DEFAULT '{}'::jsonb, returns TABLE(id bigint, content text, metadata jsonb, similarity double precision)
        "); }
    })
    .await;
}

#[tokio::test]
async fn other_parameters_and_models_stand_beside_what_can_be_done() {
    on_each_connection(async |connection| {
        let docs = Collection {
            model: Some("small".into()),
            ..collection("docs", Policy::Service)
        };
        apply(connection, &docs).await;
        fill(connection, &docs, 10).await;
        run(
            connection,
            "alter table docs alter column metadata drop not null, drop constraint docs_pkey",
        )
        .await;
        let index = HnswIndex {
            m: 24,
            ef_construction: 200,
            ..HnswIndex::default()
        };
        let changed = Collection {
            model: Some("large".into()),
            policy: Policy::PublicRead,
            ..with_index(&docs, Some(index))
        };
        apply(connection, &changed).await;
        let after = plan(connection, &changed).await;
        assert!(
            after.steps.is_empty() && !after.is_met() && !after.is_blocked(),
            "{after:#?}"
        );
        insta::allow_duplicates! { insta::assert_snapshot!(drift(&after), @"
        stands: public.docs.id: declared the primary key, found no primary key
        stands: public.docs.embedding: declared large, found small
        stands: index public.docs_embedding_cosine_hnsw: declared m 24, ef_construction 200, found m 16, ef_construction 64
        "); }
    })
    .await;
}

#[tokio::test]
async fn another_metric_gets_an_index_of_its_own() {
    on_each_connection(async |connection| {
        let docs = collection("docs", Policy::Service);
        apply(connection, &docs).await;
        let other = Collection {
            metric: Metric::L2,
            ..docs
        };
        let before = plan(connection, &other).await;
        assert!(
            before
                .steps
                .iter()
                .any(|step| step.title.contains("docs_embedding_l2_hnsw")),
            "{before:#?}"
        );
        apply_all(connection, &other).await;
    })
    .await;
}

#[tokio::test]
async fn a_function_of_another_shape_and_a_view_are_not_ours_to_replace() {
    on_each_connection(async |connection| {
        run(
            connection,
            "create extension vector with schema extensions;
             create function match_docs(query_embedding extensions.vector, match_count int, filter jsonb)
             returns table (id bigint, score float8) language sql as 'select 1::bigint, 1::float8';
             create function match_docs(text) returns int language sql as 'select 1';
             create view items as select 1 as id",
        )
        .await;
        let docs = collection("docs", Policy::Service);
        let before = plan(connection, &docs).await;
        assert!(
            before.notes.iter().any(|note| note.contains("match_docs(text)")),
            "{:?}",
            before.notes
        );
        let items = plan(connection, &collection("items", Policy::Service)).await;
        let shown = format!("{}\n{}", drift(&before), drift(&items));
        insta::allow_duplicates! { insta::assert_snapshot!(shown, @"
        blocks: function public.match_docs: declared returns TABLE(id bigint, content text, metadata jsonb, similarity double precision), found arguments query_embedding vector, match_count integer, filter jsonb, returns TABLE(id bigint, score double precision)
        blocks: public.items: declared an ordinary table, found other
        "); }
    })
    .await;
}

#[tokio::test]
async fn an_older_match_function_of_the_same_shape_is_replaced() {
    on_each_connection(async |connection| {
        // LangChain's documentation.
        run(
            connection,
            "create extension vector with schema extensions;
             create function match_docs(query_embedding extensions.vector(32), match_count int default null, filter jsonb default '{}')
             returns table (id bigint, content text, metadata jsonb, similarity float) language plpgsql as
             $$ begin return; end $$",
        )
        .await;
        let docs = collection("docs", Policy::Service);
        let before = plan(connection, &docs).await;
        let step = before
            .steps
            .iter()
            .find(|step| step.title.starts_with("replace the function"))
            .unwrap();
        assert!(step.reason.contains("its body differs"), "{}", step.reason);
        apply_all(connection, &docs).await;
    })
    .await;
}

#[tokio::test]
async fn a_collection_is_a_target_only_as_it_is_declared() {
    on_each_connection(async |connection| {
        let declared = |text: &str| {
            let file = ManifestFile {
                path: "vecops.toml".into(),
                text: text.to_owned(),
            };
            Collections::read(&file).unwrap()
        };
        let docs = declared("[collections.docs]\ndimensions = 32");
        let mut refused = Vec::new();
        let mut refuse = async |connection: &mut PgConnection, collections: &Collections| {
            let error = catalog::locate(connection, "docs", collections)
                .await
                .unwrap_err();
            refused.push(format!("{error:?}"));
        };
        refuse(connection, &docs).await;
        run(connection, "create extension vector with schema extensions").await;
        refuse(connection, &docs).await;
        apply(connection, docs.named("docs").unwrap()).await;
        refuse(connection, &declared("[collections.docs]\ndimensions = 33")).await;
        refuse(
            connection,
            &declared("[collections.docs]\ndimensions = 32\ncontent = 'body'"),
        )
        .await;
        let found = catalog::locate(connection, "docs", &docs).await.unwrap();
        assert_eq!(found.collection.as_ref(), docs.get("docs"));
        assert!(found.index().is_some());
        insta::allow_duplicates! { insta::assert_snapshot!(refused.join("\n"), @r#"
        the extension `vector` is not installed in this database [precondition]
          hint: Run `vecops setup apply`, which installs it in the schema `extensions`.
        the table public.docs of collection `docs` does not exist [precondition]
          hint: Run `vecops setup apply docs`.
        the column public.docs.embedding is vector(32), but collection `docs` declares vector(33) [precondition]
          hint: Run `vecops setup plan docs` to see what is missing.
        the table public.docs has no column "body" [precondition]
          hint: Run `vecops setup plan docs` to see what is missing.
        "#); }
    })
    .await;
}
