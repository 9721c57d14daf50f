//! An index built anew only where it is needed, as cron asks for it.

use super::fixture::{INDEX, TABLE, index, run, vectors};
use crate::support::on_each_server;

#[tokio::test]
async fn it_is_built_anew_where_it_is_bloated_or_finds_too_little() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 16, 2_000).await;
        run(
            &mut connection,
            format!(
                "create index items_embedding_cosine_hnsw on {TABLE} using hnsw (embedding extensions.vector_cosine_ops)
                 with (m = 4, ef_construction = 8)"
            ),
        )
        .await;
        let needed = ["reindex", INDEX, "--if-needed", "--yes"];
        let not = index(database, &needed).report();
        assert_eq!(not["needed"], false, "{not:#}");
        assert!(not["bytes"].is_u64() && not["bytes_now"].is_u64(), "{not:#}");
        let measured = [&needed[..], &["--min-recall", "0.05", "--stored", "20"]].concat();
        let not = index(database, &measured).report();
        assert_eq!(not["needed"], false, "{not:#}");
        assert!(not["figures"]["recall"].as_f64() > Some(0.05), "{not:#}");
        let error = index(database, &[&needed[..], &["--min-recall", "0.9"]].concat()).error(2);
        assert!(error.contains("--queries"), "{error}");

        // Few candidates find little.
        let poor = ["--min-recall", "0.999", "--stored", "40", "--ef-search", "10"];
        let built = index(database, &[&needed[..], &poor].concat()).report();
        assert!(built["seconds"].is_f64(), "{built:#}");

        run(&mut connection, format!("delete from {TABLE} where id > 500")).await;
        run(&mut connection, format!("vacuum analyze {TABLE}")).await;
        let planned = index(database, &[&needed[..], &["--dry-run"]].concat()).report();
        assert_eq!(planned["needed"], true, "{planned:#}");
        assert!(planned["reasons"][0].as_str().unwrap().contains("times as large"));
        let built = index(database, &needed).report();
        assert!(built["seconds"].is_f64(), "{built:#}");
        assert_eq!(index(database, &needed).report()["needed"], false);
    })
    .await;
}
