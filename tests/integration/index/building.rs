//! Builds that succeed: valid, of the size that was predicted, with what the plan said.

use super::fixture::{INDEX, TABLE, index, indexes, random, run, table, texts, vectors};
use crate::support::on_each_server;

#[tokio::test]
async fn an_index_is_planned_built_and_not_built_twice() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 64, 3_000).await;
        let plan = index(database, &["create", TABLE, "--dry-run"]).report();
        assert!(indexes(&mut connection).await.is_empty(), "{plan}");

        let built = index(database, &["create", TABLE, "--yes"]).report();
        assert_eq!(indexes(&mut connection).await, ["items_embedding_cosine_hnsw"]);
        assert_eq!(built["rows"], 3_000, "{built}");
        let (actual, predicted) = (&built["bytes"], &built["predicted_bytes"]);
        let (actual, predicted) = (actual.as_i64().unwrap(), predicted.as_i64().unwrap());
        assert!((actual - predicted).abs() * 200 < actual, "{built}");
        assert_eq!(plan["bytes"], built["predicted_bytes"]);

        let error = index(database, &["create", TABLE, "--yes"]).error(13);
        assert!(error.contains("is there already"), "{error}");
        let anew = index(database, &["reindex", INDEX, "--yes"]).report();
        assert_eq!(anew["rows"], 3_000, "{anew}");
        let dropped = index(database, &["drop", INDEX, "--yes"]).report();
        assert_eq!(dropped["dropped"][0]["is_last"], true, "{dropped}");
        assert!(indexes(&mut connection).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn each_kind_of_index_is_built_and_used() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 32, 3_000).await;
        let query = |key: &str, operator: &str, other: &str| {
            format!("set enable_seqscan = off; set enable_sort = off; explain select id from {TABLE} order by {key} {operator} {other} limit 5")
        };
        let vector = "(select array_agg(0.5)::vector from generate_series(1, 32))";
        for (flags, name, key, operator, other) in [
            (&["--element", "halfvec"][..], "items_embedding_halfvec_cosine_hnsw", "(embedding::halfvec(32))", "<=>", format!("{vector}::halfvec(32)")),
            (&["--element", "bit"], "items_embedding_bit_hamming_hnsw", "(binary_quantize(embedding)::bit(32))", "<~>", format!("binary_quantize({vector})::bit(32)")),
            (&["--dimensions", "8"], "items_embedding_8_cosine_hnsw", "(subvector(embedding, 1, 8)::vector(8))", "<=>", format!("subvector({vector}, 1, 8)::vector(8)")),
            (&["--dimensions", "8", "--element", "halfvec"], "items_embedding_halfvec_8_cosine_hnsw", "(subvector(embedding, 1, 8)::vector(8)::halfvec(8))", "<=>", format!("subvector({vector}, 1, 8)::halfvec(8)")),
            (&["--metric", "l1", "--m", "8"], "items_embedding_l1_hnsw", "embedding", "<+>", vector.to_owned()),
            (&["--method", "ivfflat", "--metric", "l2"], "items_embedding_l2_ivfflat", "embedding", "<->", vector.to_owned()),
            (&["--opclass", "vector_ip_ops", "--name", "by_product"], "by_product", "embedding", "<#>", vector.to_owned()),
        ] {
            let built = index(database, &[&["create", TABLE, "--yes"], flags].concat()).report();
            assert_eq!(built["index"], format!("\"My App\".{name}"));
            let explain = query(key, operator, &other);
            let (settings, explain) = explain.rsplit_once("; ").unwrap();
            run(&mut connection, settings).await;
            let plan = texts(&mut connection, explain).await.join("\n");
            assert!(plan.contains(name), "{plan}");
            index(database, &["drop", &format!("\"My App\".{name}"), "--yes"]).report();
        }
        let partial = ["create", TABLE, "--where", "language = 'en'", "--name", "english", "--yes"];
        index(database, &partial).report();
        let custom = ["create", TABLE, "--expression", "embedding::extensions.vector(32)", "--element", "vector",
            "--dimensions", "32", "--name", "custom", "--no-concurrently", "--yes"];
        index(database, &custom).report();
        assert_eq!(indexes(&mut connection).await, ["custom", "english"]);
    })
    .await;
}

#[tokio::test]
async fn a_sparse_column_and_one_without_dimensions_are_indexed() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(
            &mut connection,
            "sparsevec(100)",
            "('{1:' || g || ',7:2}/100')::sparsevec",
            500,
        )
        .await;
        index(database, &["create", TABLE, "--metric", "l2", "--yes"]).report();
        table(&mut connection, "vector", &random(5), 200).await;
        let error = index(database, &["create", TABLE, "--yes"]).error(12);
        assert!(error.contains("--dimensions N"), "{error}");
        index(database, &["create", TABLE, "--dimensions", "5", "--yes"]).report();
        assert_eq!(indexes(&mut connection).await, ["items_embedding_5_cosine_hnsw"]);
    })
    .await;
}

#[tokio::test]
async fn a_graph_that_leaves_the_memory_is_seen_to() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 256, 4_000).await;
        let arguments = [
            "create",
            TABLE,
            "--maintenance-work-mem",
            "4MiB",
            "--workers",
            "0",
        ];
        let plan = index(database, &[&arguments[..], &["--dry-run"]].concat()).report();
        let predicted = plan["settings"]["spills_after"].as_i64().unwrap();
        let built = index(database, &[&arguments[..], &["--yes"]].concat()).report();
        let seen = built["spilled_after"].as_i64().unwrap();
        // Blocks are counted, not rows; and memory by the mebibyte.
        assert!((seen - predicted).abs() * 10 < predicted, "{predicted}: {built}");
    })
    .await;
}

#[tokio::test]
async fn a_table_whose_vectors_are_stored_apart_is_built_in_parallel() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 1_024, 6_000).await;
        let heap = texts(
            &mut connection,
            &format!("select pg_relation_size('{TABLE}')::text"),
        )
        .await;
        assert!(heap[0].parse::<u64>().unwrap() < 8 << 20, "{heap:?}");
        let built = index(database, &["create", TABLE, "--workers", "1", "--yes"]).report();
        assert_eq!(built["workers"], 1, "{built}");
    })
    .await;
}

#[tokio::test]
async fn the_list_shows_bloat_leftovers_and_columns_without_an_index() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 64, 3_000).await;
        let before = index(database, &["list"]).report();
        assert_eq!(before["without_index"][0]["column"], "embedding", "{before}");
        assert_eq!(before["without_index"][0]["rows"], 3_000, "{before}");
        index(
            database,
            &["create", TABLE, "--element", "halfvec", "--name", "half", "--yes"],
        )
        .report();
        run(
            &mut connection,
            format!("delete from {TABLE} where id > 1000; analyze {TABLE}"),
        )
        .await;
        let listed = index(database, &["list"]).report();
        let half = &listed["indexes"][0];
        assert_eq!(
            (&half["index"], &half["state"]),
            (&"\"My App\".half".into(), &"valid".into()),
            "{listed}"
        );
        let bloat = half["bloat_percent"].as_i64().unwrap();
        assert!((180..=220).contains(&bloat), "{listed}");
        assert!(listed["without_index"].as_array().unwrap().is_empty(), "{listed}");
        let name = "\"My App\".half";
        let kept = index(database, &["reindex", name, "--if-bloat", "400", "--yes"]).report();
        assert_eq!(kept["needed"], false, "{kept}");
        run(&mut connection, format!("vacuum {TABLE}")).await;
        let built = index(database, &["reindex", name, "--if-bloat", "100", "--yes"]).report();
        assert_eq!(built["rows"], 1_000, "{built}");
        let after = index(database, &["list"]).report();
        assert!(
            after["indexes"][0]["bloat_percent"].as_i64().unwrap().abs() < 5,
            "{after}"
        );
    })
    .await;
}

#[tokio::test]
async fn readers_have_an_index_and_writers_go_on_while_one_is_built_anew() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 64, 3_000).await;
        index(database, &["create", TABLE, "--yes"]).report();
        let mut building = std::process::Command::new(env!("CARGO_BIN_EXE_vecops"))
            .args(["index", "reindex", INDEX, "--yes", "--workers", "0", "--quiet"])
            .env_clear()
            .env("HOME", "/nowhere")
            .env("VECOPS_DB_URL", database.url())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        run(&mut connection, "set enable_seqscan = off").await;
        let search = format!(
            "explain select id from {TABLE} order by embedding <=>
             (select array_agg(0.5)::vector from generate_series(1, 64)) limit 5"
        );
        let mut rounds = 0;
        while building.try_wait().unwrap().is_none() {
            let plan = texts(&mut connection, &search).await.join("\n");
            assert!(plan.contains("items_embedding_cosine_hnsw"), "{plan}");
            run(
                &mut connection,
                format!("update {TABLE} set language = 'de' where id = {}", rounds + 1),
            )
            .await;
            rounds += 1;
        }
        assert!(
            building.wait().unwrap().success() && rounds > 3,
            "{rounds} rounds"
        );
        assert_eq!(indexes(&mut connection).await, ["items_embedding_cosine_hnsw"]);
    })
    .await;
}
