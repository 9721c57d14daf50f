//! A backup as plain SQL, Parquet and other files, without a database.

use std::process::Command;

use serde_json::Value;

use super::fixture::{Place, docs, number, run};
use super::{rich, values};
use crate::support::{TestDatabase, database, majors};

/// Runs a file of SQL with psql alone.
fn psql(place: &Place, file: &str, database: &TestDatabase) -> (bool, String) {
    let done = Command::new("psql")
        .args(["-X", "-q", "-f", file, &database.url()])
        .current_dir(place.sandbox.path())
        .output()
        .expect("this test needs `psql`: install it (apt-get install postgresql-client)");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.success(), said)
}

fn export(place: &Place, arguments: &[&str]) -> assert_cmd::Command {
    let mut all = vec!["--json", "backup", "export", "repository"];
    all.extend(arguments);
    place.sandbox.vecops(&all)
}

/// Whether a dump of this database holds the rows and definitions of the newest backup.
fn expect_same_backup(place: &Place, target: &TestDatabase, tables: &[&str]) {
    let url = target.url();
    let mut dump = vec!["--db-url", &url, "dump", "--to", "restored"];
    dump.extend(tables);
    place.sandbox.vecops(&dump).assert().success();
    let found = place
        .sandbox
        .vecops(&["backup", "diff", "repository", "restored", "--exit-code"])
        .assert();
    let text = String::from_utf8_lossy(&found.get_output().stdout).into_owned();
    assert_eq!(found.get_output().status.code(), Some(0), "{text}");
}

#[tokio::test]
async fn psql_alone_restores_values_of_every_kind() {
    for (at, major) in majors().into_iter().enumerate() {
        let source = database(major).await;
        values::make(&source).await;
        docs(&source, 300).await;
        for codec in ["zstd", "planes"] {
            let others = majors();
            let target = database(others[(at + 1) % others.len()]).await;
            let place = Place::new();
            let tables = ["public.docs", r#""Od""d"."Val ues""#];
            place.dumped(&source, &[tables[0], tables[1], "--codec", codec]);
            export(&place, &["--format", "sql", "--to", "all.sql"])
                .assert()
                .success();
            let (done, said) = psql(&place, "all.sql", &target);
            assert!(done, "{said}");
            place.expect_equal(&target);
            expect_same_backup(&place, &target, &tables);
            target.remove().await;
        }
        source.remove().await;
    }
}

#[tokio::test]
async fn psql_alone_makes_everything_that_a_table_has() {
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    let mut connection = source.connection().await;
    vecops::sql::run(&mut connection, rich::schema()).await.unwrap();
    let place = Place::new();
    place.dumped(&source, &["--schema", "app"]);
    export(&place, &["--format", "sql", "--to", "app.sql"])
        .assert()
        .success();
    let (done, said) = psql(&place, "app.sql", &target);
    assert!(done, "{said}");
    place.expect_equal(&target);
    expect_same_backup(&place, &target, &["--schema", "app"]);
    source.remove().await;
    target.remove().await;
}

#[tokio::test]
async fn schema_and_rows_can_come_apart_and_roles_that_are_missing_end_it_first() {
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    docs(&source, 50).await;
    let mut connection = source.connection().await;
    let role = format!("reader_{}", std::process::id());
    let granted = format!("create role {role}; grant select on public.docs to {role}");
    run(&mut connection, granted).await;
    let place = Place::new();
    place.dumped(&source, &[]);
    for (file, part) in [("schema.sql", "--only-schema"), ("rows.sql.zst", "--only-data")] {
        export(&place, &["public.docs", "--format", "sql", "--to", file, part])
            .assert()
            .success();
    }
    let rows = place.sandbox.path().join("rows.sql.zst");
    let text = zstd::decode_all(fs_err::File::open(rows).unwrap()).unwrap();
    fs_err::write(place.sandbox.path().join("rows.sql"), text).unwrap();
    let (done, said) = psql(&place, "schema.sql", &target);
    assert!(done, "{said}");
    let (done, said) = psql(&place, "rows.sql", &target);
    assert!(done, "{said}");
    place.expect_equal(&target);
    target.remove().await;

    let bare = database(major).await;
    run(
        &mut connection,
        format!("revoke all on public.docs from {role}; drop role {role}"),
    )
    .await;
    let (done, said) = psql(&place, "schema.sql", &bare);
    assert!(
        !done && said.contains(&format!("these roles are missing here: {role}")),
        "{said}"
    );
    let mut there = bare.connection().await;
    assert_eq!(
        number(&mut there, "select count(*) from pg_class where relname = 'docs'").await,
        0
    );
    source.remove().await;
    bare.remove().await;
}

#[tokio::test]
async fn parquet_and_lines_hold_the_rows_and_load_again() {
    let source = database(majors()[0]).await;
    docs(&source, 300).await;
    let place = Place::new();
    place.dumped(&source, &["--codec", "planes", "--chunk-size", "1"]);
    for (format, file) in [
        ("parquet", "public.docs.parquet"),
        ("jsonl", "public.docs.jsonl"),
        ("csv", "public.docs.csv"),
    ] {
        let done = export(&place, &["--format", format, "--to", "files"])
            .assert()
            .success();
        let report: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        assert_eq!(report["data"]["files"][0]["rows"], 300);
        let again = export(&place, &["--format", format, "--to", "files"])
            .assert()
            .code(2);
        assert!(String::from_utf8_lossy(&again.get_output().stderr).contains("--overwrite"));
        let url = source.url();
        let mut connection = source.connection().await;
        run(&mut connection, "create table public.again (like public.docs)").await;
        let path = format!("files/{file}");
        place
            .sandbox
            .vecops(&["--db-url", &url, "--yes", "seed", "public.again", "--from", &path])
            .assert()
            .success();
        let differing = "select count(*) from public.docs d full join public.again a using (id) \
            where (d.content, d.embedding::text, d.noise) is distinct from (a.content, a.embedding::text, a.noise)";
        assert_eq!(number(&mut connection, differing).await, 0, "{format}");
        run(&mut connection, "drop table public.again").await;
    }
    for object in place.objects() {
        let mut bytes = fs_err::read(&object).unwrap();
        bytes[1000] ^= 4;
        fs_err::write(object, bytes).unwrap();
    }
    export(&place, &["--format", "parquet", "--to", "damaged"])
        .assert()
        .code(14);
    export(&place, &["--format", "sql", "--to", "damaged.sql"])
        .assert()
        .code(14);
    assert!(!place.sandbox.path().join("damaged/public.docs.parquet").exists());
    assert!(!place.sandbox.path().join("damaged.sql").exists());
    source.remove().await;
}
