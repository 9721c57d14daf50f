//! Queries that use no index: each cause is named, and the proposal is held against its own plan.

use super::{BY_COSINE, causes, docs, expect_mended, lint_sql};
use crate::index::fixture::run;
use crate::support::on_each_server;

#[tokio::test]
async fn what_is_ordered_wrongly_is_named_and_mended() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        for (cause, sql) in [
            ("wrapped-distance", "select id, 1 - (embedding <=> $1) as similarity from docs order by similarity desc limit 5"),
            ("wrapped-distance", "select d.id from docs d where author = 3 order by 1 - (d.embedding <=> $1::vector(32)) desc limit 5"),
            ("wrapped-distance", "select id from docs order by (embedding <=> $1) + 1 limit 5"),
            ("descending-order", "select id from docs order by embedding <=> $1 desc limit 5"),
            ("distance-function", "select id from docs order by cosine_distance(embedding, $1) limit 5"),
            ("metric-mismatch", "select id from docs order by embedding <-> $1 limit 5"),
            ("expression-mismatch", "select id from docs order by embedding <=> $1::halfvec limit 5"),
            ("expression-mismatch", "select id from docs order by embedding::halfvec(32) <=> $1::halfvec(32) limit 5"),
            ("missing-limit", "select id from docs order by embedding <=> $1"),
            ("limit-null", "select id from docs order by embedding <=> $1 limit null"),
            ("distance-threshold", "select id from docs where embedding <=> $1 < 0.5"),
            ("not-ordered", "select id, embedding <=> $1 from docs"),
            (
                "ordered-outside",
                "with d as materialized (select id, embedding <=> $1 as far from docs) select id from d order by far limit 3",
            ),
        ] {
            expect_mended(database, &mut connection, cause, sql).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_index_that_does_not_fit_is_named_and_the_query_is_made_to_fit() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let bare = "select id from docs order by embedding <=> $1 limit 5";
        docs(&mut connection, "").await;
        let query = lint_sql(database, 3, bare, &[]);
        assert_eq!(causes(&query), ["no-index"]);
        let fix = query["findings"][0]["fixes"][0].as_str().unwrap();
        assert_eq!(fix, "vecops index create public.docs.embedding --metric cosine");

        for expression in [
            "(embedding::halfvec(32)) halfvec_cosine_ops",
            "(subvector(embedding, 1, 8)::vector(8)) vector_cosine_ops",
            "(binary_quantize(embedding)::bit(32)) bit_hamming_ops",
        ] {
            docs(&mut connection, &format!("create index docs_hnsw on public.docs using hnsw ({expression})")).await;
            expect_mended(database, &mut connection, "expression-mismatch", bare).await;
        }
        let partial = "create index docs_en on public.docs using hnsw (embedding vector_cosine_ops) where language = 'en'";
        docs(&mut connection, partial).await;
        expect_mended(database, &mut connection, "partial-index", bare).await;
        expect_mended(
            database,
            &mut connection,
            "partial-index",
            "select id from docs where author = 1 or language = $2 order by embedding <=> $1 limit 5",
        )
        .await;

        // As a cancelled concurrent build leaves it.
        docs(&mut connection, BY_COSINE).await;
        let mut superuser = database.administrator().await;
        run(&mut superuser, "update pg_index set indisvalid = false where indexrelid = 'public.docs_hnsw'::regclass").await;
        assert_eq!(causes(&lint_sql(database, 3, bare, &[])), ["invalid-index"]);
    })
    .await;
}

#[tokio::test]
async fn joins_groups_and_other_keys_are_told_apart() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        run(
            &mut connection,
            "drop table if exists public.asked; create table public.asked (id int, question vector(32));
             insert into public.asked select id, embedding from public.docs limit 300; analyze public.asked;
             drop table if exists public.names; create table public.names (id int, name text);
             insert into public.names select g % 7, 'n' || g from generate_series(1, 50) g; analyze public.names",
        )
        .await;
        for (cause, sql) in [
            (
                "no-constant",
                "select d.id from docs d cross join asked a order by d.embedding <=> a.question limit 5",
            ),
            (
                "no-constant",
                "select a.id, b.id from docs a join docs as b on a.id < b.id order by a.embedding <=> b.embedding limit 5",
            ),
            (
                "other-key-first",
                "select id from docs order by language, embedding <=> $1 limit 5",
            ),
            (
                "other-key-first",
                "select d.id from public.docs d where d.author = 3 order by d.language desc, 1 - (d.embedding <=> $1) desc limit 5",
            ),
            (
                "join-before-limit",
                "select docs.id, n.name from names n left join public.docs on n.id = docs.author order by docs.embedding <=> $1 limit 5",
            ),
            (
                "join-before-limit",
                "select d.id from names n left join docs d on n.id = d.author where n.name <> 'x' order by d.embedding <=> $1 limit $2",
            ),
            (
                "grouped",
                "select language, min(embedding <=> $1) from docs group by language",
            ),
            (
                "other-key-first",
                "select id, row_number() over (partition by language order by embedding <=> $1) from docs where author = 1",
            ),
        ] {
            expect_mended(database, &mut connection, cause, sql).await;
        }
        let grouped = "select language, count(*), min(embedding <=> $1) from docs where author = 2 group by language limit 3";
        let query = lint_sql(database, 3, grouped, &[]);
        assert_eq!(
            query["proposal"]["text"],
            "select language, count(*), min(embedding <=> $1) from \
             (select docs.* from docs where (author = 2) order by embedding <=> $1 limit 12) docs group by language limit 3"
        );
        let query = lint_sql(database, 0, "select count(*) from docs", &[]);
        assert_eq!(query["status"], "no-vectors");
    })
    .await;
}
