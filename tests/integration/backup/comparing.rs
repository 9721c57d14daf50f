//! What changed between two backups.

use serde_json::{Value, json};

use super::fixture::{Place, docs, run};
use crate::support::{database, majors};

/// Runs `vecops backup diff` of the two newest backups.
fn difference(place: &Place, arguments: &[&str], code: i32) -> Value {
    let mut all = vec!["--json", "backup", "diff", "repository"];
    all.extend(arguments);
    let done = place.sandbox.vecops(&all).assert().code(code);
    let mut document: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    document["data"].take()
}

#[tokio::test]
async fn rows_definitions_and_tables_that_changed_are_named() {
    let source = database(majors()[0]).await;
    docs(&source, 3000).await;
    let place = Place::new();
    let mut connection = source.connection().await;
    run(
        &mut connection,
        "create table public.gone (id int primary key, v extensions.vector(2)); insert into public.gone values (1, '[1,2]')",
    )
    .await;
    place.dumped(&source, &["--chunk-size", "1"]);
    run(
        &mut connection,
        "update public.docs set content = 'other', noise = null where id in (5, 6); \
         update public.docs set embedding = embedding where id = 9; \
         delete from public.docs where id = 2990; \
         insert into public.docs (content, embedding) select 'new', embedding from public.docs where id = 1; \
         create index docs_content on public.docs (content); \
         alter table public.docs enable row level security; \
         create policy readable on public.docs for select using (true); \
         comment on table public.docs is 'texts'; \
         drop table public.gone; \
         create table public.fresh (id int primary key, v extensions.vector(2))",
    )
    .await;
    place.dumped(&source, &["--chunk-size", "1"]);

    let found = difference(&place, &["--exit-code"], 3);
    assert_eq!(found["equal"], false);
    let fates: Vec<(&str, &str)> = found["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| (table["table"].as_str().unwrap(), table["fate"].as_str().unwrap()))
        .collect();
    assert_eq!(
        fates,
        [
            ("public.docs", "changed"),
            ("public.gone", "removed"),
            ("public.fresh", "added")
        ]
    );
    let rows = &found["tables"][0]["rows"];
    assert_eq!(
        [
            &rows["added"],
            &rows["changed"],
            &rows["removed"],
            &rows["unchanged"]
        ],
        [&json!(1), &json!(2), &json!(1), &json!(2997)]
    );
    assert_eq!(
        rows["examples"],
        json!({"added": [["3001"]], "changed": [["5"], ["6"]], "removed": [["2990"]]})
    );
    assert_eq!(
        rows["columns"],
        json!([{"column": "content", "rows": 2}, {"column": "noise", "rows": 2}])
    );
    assert!(rows["equal_chunks"].as_u64().unwrap() > 0, "{rows}");
    let definitions = found["definitions"].to_string();
    for part in ["docs_content", "readable", "row_security", ".comment"] {
        assert!(definitions.contains(part), "{part} in {definitions}");
    }
    assert!(!definitions.contains("fresh"), "{definitions}");
    assert_eq!(found["sequences"][0]["found"], 3001);

    let quick = difference(&place, &["--quick"], 0);
    assert_eq!(quick["tables"][0]["rows"], Value::Null);
    assert_eq!(quick["read_bytes"], 0);

    let text = place
        .sandbox
        .vecops(&["backup", "diff", "repository"])
        .assert()
        .success();
    let text = String::from_utf8_lossy(&text.get_output().stdout).into_owned();
    assert!(text.contains("public.docs changed: 5, 6"), "{text}");

    place.dumped(&source, &["--codec", "planes"]);
    let same = difference(&place, &["--exit-code"], 0);
    assert_eq!(same["equal"], true, "another codec holds the same rows");
    source.remove().await;
}

#[tokio::test]
async fn rows_without_a_key_and_columns_of_other_types_are_compared_as_far_as_they_can_be() {
    let source = database(majors()[0]).await;
    let place = Place::new();
    let mut connection = source.connection().await;
    run(
        &mut connection,
        "create extension vector with schema extensions; \
         create table public.loose (n int, v extensions.vector(2)); \
         insert into public.loose select n % 10, '[1,2]' from generate_series(1, 100) n; \
         create table public.wide (name text primary key, n int, v extensions.vector(2)); \
         insert into public.wide select 'ä' || n, n, '[1,2]' from generate_series(1, 100) n",
    )
    .await;
    place.dumped(&source, &[]);
    run(
        &mut connection,
        "delete from public.loose where ctid in (select ctid from public.loose where n = 3 limit 4); \
         alter table public.wide alter n type bigint; update public.wide set v = '[1,3]' where n = 50",
    )
    .await;
    place.dumped(&source, &[]);
    let found = difference(&place, &[], 0);
    let rows = |at: usize| &found["tables"][at]["rows"];
    assert_eq!(
        [&rows(0)["removed"], &rows(0)["unchanged"]],
        [&json!(4), &json!(96)]
    );
    assert_eq!(
        [&rows(1)["changed"], &rows(1)["unchanged"]],
        [&json!(1), &json!(99)]
    );
    assert_eq!(rows(1)["not_compared"], json!(["n"]));
    assert_eq!(rows(1)["examples"]["changed"], json!([["ä50"]]));
    source.remove().await;
}

#[tokio::test]
async fn a_damaged_chunk_ends_the_comparison() {
    let source = database(majors()[0]).await;
    docs(&source, 200).await;
    let place = Place::new();
    place.dumped(&source, &[]);
    let mut connection = source.connection().await;
    run(&mut connection, "delete from public.docs where id = 1").await;
    place.dumped(&source, &[]);
    for object in place.objects() {
        let mut bytes = fs_err::read(&object).unwrap();
        bytes[1000] ^= 4;
        fs_err::write(object, bytes).unwrap();
    }
    place
        .sandbox
        .vecops(&["backup", "diff", "repository"])
        .assert()
        .code(14);
    difference(&place, &["--quick"], 0);
    source.remove().await;
}
