//! On the worst day: the backup's own script, with zstd and psql alone.

use std::process::Command;

use super::fixture::{Place, docs, number, run};
use super::{rich, values};
use crate::support::{TestDatabase, database, majors};

/// Runs the newest backup's script on a database.
fn emergency(place: &Place, database: &TestDatabase) {
    let done = Command::new("sh")
        .arg(place.newest().join("emergency.sh"))
        .arg(database.url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(said.ends_with("done\n"), "{said}");
}

fn expect_tools() {
    for tool in ["zstd", "psql", "python3"] {
        let found = Command::new(tool).arg("--version").output();
        assert!(
            found.is_ok(),
            "this test needs `{tool}`: install it (apt-get install zstd postgresql-client)"
        );
    }
}

#[tokio::test]
async fn the_script_restores_every_table_without_vecops() {
    expect_tools();
    for (number, major) in majors().into_iter().enumerate() {
        let source = database(major).await;
        docs(&source, 3000).await;
        values::make(&source).await;
        for codec in ["zstd", "planes"] {
            // From the older server into the newer one and back, too.
            let others = majors();
            let target = database(others[(number + 1) % others.len()]).await;
            let place = Place::new();
            let tables = ["public.docs", r#""Od""d"."Val ues""#];
            place.dumped(&source, &[tables[0], tables[1], "--codec", codec]);
            emergency(&place, &target);
            place.expect_equal(&target);
            target.remove().await;
        }
        source.remove().await;
    }
}

#[tokio::test]
async fn a_damaged_chunk_stops_the_script_before_it_begins() {
    expect_tools();
    let source = database(majors()[0]).await;
    docs(&source, 100).await;
    let place = Place::new();
    place.dumped(&source, &[]);
    let object = &place.objects()[0];
    let mut bytes = fs_err::read(object).unwrap();
    bytes[1000] ^= 4;
    fs_err::write(object, bytes).unwrap();
    let done = Command::new("sh")
        .arg(place.newest().join("emergency.sh"))
        .arg(source.url())
        .output()
        .unwrap();
    assert!(!done.status.success());
    assert!(String::from_utf8_lossy(&done.stderr).contains("is damaged"));
}

#[tokio::test]
async fn the_script_makes_everything_that_a_table_has() {
    expect_tools();
    for major in majors() {
        let (source, target) = (database(major).await, database(major).await);
        let mut connection = source.connection().await;
        vecops::sql::run(&mut connection, rich::schema()).await.unwrap();
        let place = Place::new();
        place.dumped(&source, &["--schema", "app"]);
        emergency(&place, &target);
        place.expect_equal(&target);
    }
}

/// Rows of a table that inherits are rows of its parent: they come along, and neither is counted for the other.
#[tokio::test]
async fn a_parent_takes_its_heirs_along() {
    expect_tools();
    let (source, target) = (database(majors()[0]).await, database(majors()[0]).await);
    let mut connection = source.connection().await;
    run(
        &mut connection,
        "create table public.parent (id int primary key, body text);
         create table public.child (more text) inherits (public.parent);
         create table public.grandchild () inherits (public.child);
         insert into public.parent values (1, 'one');
         insert into public.child values (2, 'two', 'more');
         insert into public.grandchild values (3, 'three', 'most')",
    )
    .await;
    let place = Place::new();
    let report = place.dumped(&source, &["public.parent"]);
    assert_eq!(report["data"]["rows"], 3, "{report}");
    emergency(&place, &target);
    place.expect_equal(&target);
    let url = target.url();
    let restore = [
        "--db-url",
        &url,
        "restore",
        "repository",
        "--schema",
        "again",
        "--yes",
    ];
    place.sandbox.vecops(&restore).assert().success();
    let mut restored = target.connection().await;
    let only = "select count(*) * 10 + (select count(*) from only again.parent) from again.parent";
    assert_eq!(number(&mut restored, only).await, 31);
    source.remove().await;
    target.remove().await;
}
