//! Old backups and chunks that nobody needs.

use serde_json::Value;

use super::fixture::{Place, docs, more_docs, run};
use crate::support::{database, majors};

fn prune(place: &Place, arguments: &[&str], code: i32) -> Value {
    let mut all = vec!["--json", "backup", "prune", "repository"];
    all.extend(arguments);
    let done = place.sandbox.vecops(&all).assert().code(code);
    let mut document: Value = serde_json::from_slice(&done.get_output().stdout).unwrap_or_default();
    document["data"].take()
}

#[tokio::test]
async fn the_newest_stay_whole_and_what_only_older_ones_need_goes() {
    let source = database(majors()[0]).await;
    docs(&source, 500).await;
    let place = Place::new();
    let mut connection = source.connection().await;
    for _ in 0..3 {
        place.dumped(&source, &["--chunk-size", "1"]);
        more_docs(&mut connection, 50).await;
        run(
            &mut connection,
            "update public.docs set content = content || '!' where id % 7 = 0",
        )
        .await;
    }
    let all = place.objects().len();
    let list = place
        .sandbox
        .vecops(&["--json", "backup", "list", "repository"])
        .assert()
        .success();
    let list: Value = serde_json::from_slice(&list.get_output().stdout).unwrap();
    assert_eq!(list["data"]["unnamed_bytes"], 0);
    assert_eq!(list["data"]["objects"], all);
    assert!(
        list["data"]["backups"][0]["contents"]["age_seconds"]
            .as_u64()
            .is_some_and(|age| age < 600)
    );

    assert_eq!(prune(&place, &["--dry-run"], 0)["objects"], 0);
    let planned = prune(&place, &["--keep", "1", "--dry-run"], 0);
    assert_eq!(
        (&planned["kept"], planned["backups"].as_array().unwrap().len()),
        (&1.into(), 2)
    );
    assert_eq!((place.backups(), place.objects().len()), (3, all));
    prune(&place, &["--keep", "1"], 15);
    let done = prune(&place, &["--keep", "1", "--yes"], 0);
    assert_eq!(done["done"], true);
    assert_eq!(place.backups(), 1);
    assert!(place.objects().len() < all);
    place.verify(&["--deep"]).assert().success();
    assert_eq!(prune(&place, &["--keep", "1", "--yes"], 0)["objects"], 0);
    source.remove().await;
}

#[tokio::test]
async fn nothing_goes_where_a_manifest_cannot_be_read_or_somebody_writes() {
    let source = database(majors()[0]).await;
    docs(&source, 100).await;
    let place = Place::new();
    place.dumped(&source, &[]);
    let stray = place.repository().join("objects").join("note.txt");
    fs_err::write(&stray, "mine").unwrap();
    let object = &place.objects()[0];
    let other = object.with_file_name(format!("{}.pgcopy.zst", "ab".repeat(32)));
    fs_err::copy(object, &other).unwrap();

    let format = fs_err::File::open(place.repository().join("FORMAT")).unwrap();
    format.file().lock_shared().unwrap();
    prune(&place, &["--yes"], 13);
    format.file().unlock().unwrap();
    format.file().lock().unwrap();
    place.dump(&source.url(), &[]).assert().code(13);
    format.file().unlock().unwrap();

    let manifest = place.newest().join("MANIFEST.json");
    let text = fs_err::read(&manifest).unwrap();
    fs_err::write(&manifest, "{}").unwrap();
    prune(&place, &["--yes"], 14);
    assert!(other.exists());
    fs_err::write(&manifest, text).unwrap();
    assert_eq!(prune(&place, &["--yes"], 0)["objects"], 1);
    assert!(!other.exists() && stray.exists());
    place.verify(&["--deep"]).assert().success();
    source.remove().await;
}
