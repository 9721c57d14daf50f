//! Where queries come from: the same vectors are the same queries, whatever brings them.

use sqlx::Row as _;
use vecops::sql;

use super::{BITS, FLOATS, ROWS, document, hnsw, table, vecops};
use crate::support::{Sandbox, on_each_server};

const RUN: [&str; 7] = [
    "bench",
    "run",
    "public.docs",
    "--ef-search",
    "40",
    "--passes",
    "1",
];

#[tokio::test]
async fn the_same_vectors_are_the_same_queries_from_every_source() {
    on_each_server(async |database| {
        let mut connection = hnsw(database).await;
        sql::run(
            &mut connection,
            "create table public.asked (id bigint primary key, embedding extensions.vector(24));
             insert into public.asked select n, (select array_agg(((n * d) % 17)::real / 17 order by d)
               from generate_series(1, 24) d)::extensions.vector from generate_series(1, 12) n;
             create table public.query_log as select embedding::real[] as asked, 'and more' as other from public.asked",
        )
        .await
        .unwrap();
        let floats = "select embedding::real[] from public.asked order by id";
        let rows = sql::dynamic(floats.to_owned()).fetch_all(&mut connection).await.unwrap();
        let vectors: Vec<Vec<f32>> = rows.iter().map(|row| row.get(0)).collect();
        let sandbox = Sandbox::new();
        let path = |name: &str| sandbox.path().join(name).display().to_string();
        let fvecs = vectors.iter().flat_map(|vector| {
            24_i32.to_le_bytes().into_iter().chain(vector.iter().flat_map(|element| element.to_le_bytes()))
        });
        std::fs::write(path("asked.fvecs"), fvecs.collect::<Vec<u8>>()).unwrap();
        let lines: Vec<String> = vectors.iter().map(|vector| format!("{{\"text\": \"?\", \"embedding\": {vector:?}}}")).collect();
        std::fs::write(path("asked.jsonl"), lines.join("\n")).unwrap();
        for name in ["asked.parquet", "asked.npy"] {
            vecops(database, &["export", "public.asked", "--columns", "embedding", "--to", &path(name)]).success();
        }
        let origin_and_digest = |arguments: &[&str]| {
            let report = document(&vecops(database, &[&RUN[..], arguments, &["--json"]].concat()).success());
            let queries = report["data"]["queries"].clone();
            assert_eq!(queries["count"], 12, "{arguments:?}");
            (queries["origin"].as_str().unwrap().to_owned(), queries["sha256"].as_str().unwrap().to_owned())
        };
        let lines = origin_and_digest(&["--queries", &path("asked.jsonl")]);
        for name in ["asked.fvecs", "asked.parquet", "asked.npy"] {
            assert_eq!(origin_and_digest(&["--queries", &path(name)]), lines, "{name}");
        }
        let captured = origin_and_digest(&["--queries-sql", "select asked, other from query_log;"]);
        let from_table = origin_and_digest(&["--queries-table", "public.asked"]);
        assert_eq!((captured.0.as_str(), from_table.0.as_str()), ("captured", "captured"));
        assert_eq!(origin_and_digest(&["--held-out", "public.asked.embedding"]), ("held-out".to_owned(), from_table.1));

        let few = document(&vecops(database, &[&RUN[..], &["--queries-table", "public.asked", "--most", "5", "--json"]].concat()).success());
        assert_eq!(few["data"]["queries"]["count"], 5);
        let itself = vecops(database, &[&RUN[..], &["--held-out", "public.docs"]].concat()).code(2);
        let text = String::from_utf8_lossy(&itself.get_output().stderr).into_owned();
        assert!(text.contains("is the table that is measured"), "{text}");
        let known = "select embedding from public.docs where id between 1 and 9";
        let known = document(&vecops(database, &[&RUN[..], &["--queries-sql", known, "--json"]].concat()).success());
        assert_eq!(known["data"]["cases"][0]["exact"]["queries_in_table"], 9);
        assert!(known["data"]["warnings"][0].as_str().unwrap().contains("vectors that the table holds"));
        let short = vecops(database, &[&RUN[..], &["--queries-sql", "select '[1,2]'::extensions.vector"]].concat()).code(2);
        let text = String::from_utf8_lossy(&short.get_output().stderr).into_owned();
        assert!(text.contains("have 2 dimensions"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn bits_and_sparse_vectors_come_as_pgvector_writes_them() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let sandbox = Sandbox::new();
        let file = sandbox.path().join("queries.jsonl");
        let bits = "\"010101010101010101010101\"\n{\"embedding\": \"111111111111000000000000\"}\n";
        let sparse = "\"{1:0.5,3:-0.25}/24\"\n\"{24:1}/24\"\n";
        for (kind, value, opclass, lines) in [
            ("bit(24)", format!("{BITS}::bit(24)"), "bit_hamming_ops", bits),
            (
                "extensions.sparsevec(24)",
                format!("{FLOATS}::extensions.vector::extensions.sparsevec"),
                "sparsevec_l2_ops",
                sparse,
            ),
        ] {
            let index = format!("create index on public.docs using hnsw (embedding extensions.{opclass});");
            table(&mut connection, kind, &value, &index).await;
            std::fs::write(&file, lines).unwrap();
            let path = file.display().to_string();
            let run = [&RUN[..], &["--queries", &path, "--json"]].concat();
            let report = document(&vecops(database, &run).success());
            assert_eq!(report["data"]["queries"]["count"], 2, "{kind}");
            assert_eq!(report["data"]["cases"][0]["exact"]["rows"], ROWS + 20);
            assert!(
                report["data"]["configurations"][0]["recall"]["mean"]
                    .as_f64()
                    .unwrap()
                    > 0.3,
                "{kind}"
            );
        }
    })
    .await;
}
