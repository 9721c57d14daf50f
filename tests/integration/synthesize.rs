//! `vecops synthesize`: made-up rows load as they are, and no half file stays.

use sqlx::Row as _;
use vecops::sql;

use crate::support::{Sandbox, on_each_server};

#[tokio::test]
async fn made_up_rows_can_be_loaded() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let table = "create extension vector with schema extensions;
            create table public.items (
              id bigint primary key, content text, metadata jsonb, embedding extensions.vector(48))";
        sql::run(&mut connection, table).await.unwrap();
        let sandbox = Sandbox::new();
        let shape = [
            "synthesize",
            "--rows",
            "2000",
            "--dimensions",
            "48",
            "--clusters",
            "7",
        ];
        let made = sandbox.vecops(&shape).assert().success();
        let rows = made.get_output().stdout.clone();
        let mut seed = sandbox.vecops(&["seed", "public.items", "--from", "-", "--yes"]);
        seed.env("VECOPS_DB_URL", database.url())
            .write_stdin(rows)
            .assert()
            .success();
        let query = "select count(*), count(distinct metadata->>'cluster'),
              count(*) filter (where abs(extensions.vector_norm(embedding) - 1) < 1e-5) from public.items";
        let row = sql::fixed(query).fetch_one(&mut connection).await.unwrap();
        let counts: Vec<i64> = (0..3).map(|place| row.get(place)).collect();
        assert_eq!(counts, [2000, 7, 2000]);
    })
    .await;
}

#[test]
fn an_array_needs_a_file() {
    let sandbox = Sandbox::new();
    let shape = ["synthesize", "--rows", "10", "--dimensions", "3"];
    let intrinsic = ["--intrinsic-dimensions", "2"];
    let stdout = [&shape[..], &intrinsic[..], &["--format", "npy"]].concat();
    sandbox.vecops(&stdout).assert().code(2);
    sandbox.vecops(&shape).assert().code(2);
    let file = [&shape[..], &intrinsic[..], &["--to", "rows.npy"]].concat();
    sandbox.vecops(&file).assert().success();
    sandbox.vecops(&file).assert().code(2);
    assert_eq!(
        fs_err::read(sandbox.path().join("rows.npy")).unwrap().len(),
        128 + 10 * 3 * 4
    );
    let side = fs_err::read_to_string(sandbox.path().join("rows.jsonl")).unwrap();
    assert_eq!(side.lines().count(), 10);
}
