//! What a restore says before it begins.

use serde_json::Value;

use super::fixture::{dump, items, run, value};
use crate::support::{Sandbox, TestDatabase, database, majors, on_each_server};

fn plan(sandbox: &Sandbox, database: &TestDatabase, arguments: &[&str]) -> Value {
    let url = database.url();
    let mut all = vec!["--json", "restore", "repository", "--db-url", &url, "--dry-run"];
    all.extend(arguments);
    let done = sandbox.vecops(&all).assert().success();
    let mut document: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    document["data"].take()
}

#[tokio::test]
async fn the_plan_says_versions_disk_grants_and_times() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        run(source, "grant insert on public.items to anon").await;
        let found = plan(&sandbox, source, &["--swap"]);
        let table = &found["tables"][0];
        assert_eq!(table["vectors"][0], "embedding extensions.vector(64)");
        assert_eq!(table["grants"][0], "authenticated: select");
        assert_eq!(table["grants_now"][0], "anon: insert");
        assert_eq!(
            found["server_version"].as_str().unwrap().split('.').next(),
            Some(&*source.major().to_string())
        );
        assert!(
            found["vector_version"]
                .as_str()
                .is_some_and(|version| version.starts_with("0."))
        );
        let disk = &found["disk"];
        let bytes = |name: &str| disk[name].as_u64().unwrap();
        // HNSW of 5,000 x 64, whose size is known to half a percent, and the table as it is.
        let index = value(source, "select pg_relation_size('public.items_hnsw')")
            .await
            .parse::<u64>()
            .unwrap();
        assert!(
            bytes("vector_index_bytes").abs_diff(index) * 100 <= index,
            "{disk} {index}"
        );
        let rows = value(source, "select pg_table_size('public.items')")
            .await
            .parse::<u64>()
            .unwrap();
        assert!(bytes("rows_bytes").abs_diff(rows) * 4 <= rows, "{disk} {rows}");
        assert_eq!(disk["free_bytes"], Value::Null);
        let forecast = &found["forecast"];
        assert_eq!(forecast["probe"]["rows"], 2048, "the first chunk: {forecast}");
        let (least, most) = (&forecast["data"][0], &forecast["data"][1]);
        assert!(
            least.as_f64() > Some(0.0) && least.as_f64() < most.as_f64(),
            "{forecast}"
        );
        assert_eq!(
            forecast["indexes"][0]["index"],
            "public_vecops_restoring.items_hnsw"
        );
        assert!(
            forecast["indexes"][0]["at_most"].as_f64() > Some(0.0),
            "{forecast}"
        );
        assert_eq!(
            value(
                source,
                "select count(*) from pg_class where relname = 'vecops_probe'"
            )
            .await,
            "0"
        );

        let url = source.url();
        let shown = [
            "restore",
            "repository",
            "--db-url",
            &url,
            "--dry-run",
            "--schema",
            "beside",
        ];
        let done = sandbox.vecops(&shown).assert().success();
        let done = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
        for part in [
            "takes on the disk",
            "no server says it in SQL",
            "rows in",
            "items_hnsw built",
            "open after",
            "restored into",
        ] {
            assert!(done.contains(part), "{part} in {done}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_measured_is_said() {
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    run(
        &source,
        "create extension if not exists vector with schema extensions; create type public.mood as enum ('sad');
         create table public.moody (id int primary key, mood public.mood, v extensions.vector(2));
         insert into public.moody values (1, 'sad', '[1,2]')",
    )
    .await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &source, &[]);
    let found = plan(&sandbox, &target, &[]);
    let forecast = &found["forecast"];
    assert_eq!(forecast["data"], Value::Null);
    let why = forecast["probe"]["not_measured"][0].as_str().unwrap();
    assert!(
        why.starts_with("public.moody: ") && why.contains("does not exist"),
        "{why}"
    );
    source.remove().await;
    target.remove().await;
}
