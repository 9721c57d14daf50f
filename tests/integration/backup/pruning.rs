//! Old backups and chunks that nobody needs.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use vecops::backup::prune;
use vecops::backup::repository::Repository;

use super::fixture::{Place, docs, more_docs, run};
use crate::restore::fixture::few_items;
use crate::support::{database, majors};

fn pruned(place: &Place, arguments: &[&str], code: i32) -> Value {
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

    assert_eq!(pruned(&place, &["--dry-run"], 0)["objects"], 0);
    let planned = pruned(&place, &["--keep", "1", "--dry-run"], 0);
    assert_eq!(
        (&planned["kept"], planned["backups"].as_array().unwrap().len()),
        (&1.into(), 2)
    );
    assert_eq!((place.backups(), place.objects().len()), (3, all));
    pruned(&place, &["--keep", "1"], 15);
    let done = pruned(&place, &["--keep", "1", "--yes"], 0);
    assert_eq!(done["done"], true);
    assert_eq!(place.backups(), 1);
    assert!(place.objects().len() < all);
    place.verify(&["--deep"]).assert().success();
    assert_eq!(pruned(&place, &["--keep", "1", "--yes"], 0)["objects"], 0);
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
    pruned(&place, &["--yes"], 13);
    format.file().unlock().unwrap();
    format.file().lock().unwrap();
    place.dump(&source.url(), &[]).assert().code(13);
    format.file().unlock().unwrap();

    let manifest = place.newest().join("MANIFEST.json");
    let text = fs_err::read(&manifest).unwrap();
    fs_err::write(&manifest, "{}").unwrap();
    pruned(&place, &["--yes"], 14);
    assert!(other.exists());
    fs_err::write(&manifest, text).unwrap();
    assert_eq!(pruned(&place, &["--yes"], 0)["objects"], 1);
    assert!(!other.exists() && stray.exists());
    place.verify(&["--deep"]).assert().success();
    source.remove().await;
}

/// What reads a backup and what prunes keep out of each other's way, whoever comes first.
#[tokio::test]
async fn a_backup_that_is_read_is_not_pruned_and_what_is_pruned_is_not_read() {
    let (source, target) = (database(majors()[0]).await, database(majors()[0]).await);
    few_items(&source).await;
    let place = Place::new();
    place.dumped(&source, &["--chunk-size", "1"]);
    let old = place.newest().display().to_string();
    let mut connection = source.connection().await;
    run(&mut connection, "update public.items set body = 'other'").await;
    place.dumped(&source, &["--chunk-size", "1"]);

    let (from, to) = (source.url(), target.url());
    let restore = ["--db-url", &to, "restore", &old, "--yes", "--jobs", "1"];
    let mut stopped = place.sandbox.stop_at("restore-chunk-loaded", &restore);
    stopped.stands().await;
    let refused = place
        .sandbox
        .vecops(&["backup", "prune", "repository", "--keep", "1", "--yes"])
        .assert()
        .code(13);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        said.contains("uses") && said.contains("when it is done"),
        "{said}"
    );
    let (status, said) = stopped.go_on().await;
    assert!(status.success(), "{said}");

    let format = fs_err::File::open(place.repository().join("FORMAT")).unwrap();
    format.file().lock().unwrap();
    let sql = place.sandbox.path().join("all.sql").display().to_string();
    let readers: [&[&str]; 8] = [
        &["restore", &old, "--db-url", &to, "--restart", "--yes"],
        &["verify", &old],
        &["verify", "repository", "--deep"],
        &["verify", "repository", "--against", "--db-url", &from],
        &["backup", "export", &old, "--format", "sql", "--to", &sql],
        &["backup", "diff", "repository"],
        &["backup", "show", &old],
        &["backup", "list", "repository"],
    ];
    for reader in readers {
        let refused = place.sandbox.vecops(reader).assert().code(13);
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(said.contains("is being pruned"), "{reader:?}: {said}");
    }
    format.file().unlock().unwrap();
    for reader in &readers[1..] {
        let done = place.sandbox.vecops(reader).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{reader:?}");
    }
    pruned(&place, &["--keep", "1", "--yes"], 0);
    place.sandbox.vecops(&["verify", &old]).assert().code(12);
    place.verify(&["--deep"]).assert().success();
    source.remove().await;
    target.remove().await;
}

/// Between the plan and its consent others may be at work.
#[tokio::test]
async fn what_somebody_needs_by_now_stays() {
    let source = database(majors()[0]).await;
    docs(&source, 100).await;
    let place = Place::new();
    place.dumped(&source, &[]);
    let repository = Repository::open(&place.repository()).unwrap();
    fs_err::remove_dir_all(place.newest()).unwrap();
    let prepared = prune::prepare(&repository, None).unwrap();
    assert_eq!(prepared.report().objects, 1);
    // The same rows are the same chunk; nobody is kept out while people read the plan.
    place.dumped(&source, &[]);
    let done = prune::prune(prepared).unwrap();
    assert_eq!((done.done, done.kept, done.objects), (true, 1, 0));
    place.verify(&["--deep"]).assert().success();

    place.dumped(&source, &[]);
    let prepared = prune::prepare(&repository, Some(1)).unwrap();
    assert_eq!(prepared.report().backups.len(), 1);
    fs_err::remove_dir_all(place.newest()).unwrap();
    let done = prune::prune(prepared).unwrap();
    assert_eq!((done.kept, done.backups.len()), (1, 0), "it is the newest by now");
    place.verify(&["--deep"]).assert().success();
    source.remove().await;
}

#[tokio::test]
async fn what_an_unfinished_dump_resumes_on_and_what_is_not_ours_stays() {
    let source = database(majors()[0]).await;
    few_items(&source).await;
    let place = Place::new();
    place.dumped(&source, &["--chunk-size", "1"]);
    let old = place.newest();
    let mut connection = source.connection().await;
    run(&mut connection, "update public.items set body = 'other'").await;
    let url = source.url();
    let stopped = place.stopped_dump(&url).await;
    stopped.end("KILL").await;
    assert_eq!(pruned(&place, &["--yes"], 0)["objects"], 0);
    let report = place.dumped(&source, &["--chunk-size", "1"]);
    assert_eq!(report["data"]["reused_chunks"], 4, "{report}");

    fs_err::write(old.join("note.txt"), "mine").unwrap();
    fs_err::remove_file(old.join("decode.py")).unwrap();
    fs_err::create_dir(old.join("decode.py")).unwrap();
    pruned(&place, &["--keep", "1", "--yes"], 1);
    assert_eq!(place.backups(), 1, "its manifest went first");
    fs_err::remove_dir(old.join("decode.py")).unwrap();
    pruned(&place, &["--yes"], 0);
    assert!(old.join("note.txt").exists());
    place.verify(&["--deep"]).assert().success();

    run(&mut connection, "update public.items set body = 'again'").await;
    place.dumped(&source, &["--chunk-size", "1"]);
    let old = place.newest();
    place.dumped(&source, &["--chunk-size", "1"]);
    fs_err::write(old.join("note.txt"), "mine").unwrap();
    pruned(&place, &["--keep", "1", "--yes"], 0);
    assert!(old.join("note.txt").exists() && !old.join("before.sql").exists());
    source.remove().await;
}

/// A dump that nobody runs again would keep its chunks for ever.
#[tokio::test]
async fn an_unfinished_dump_is_given_up_once_all_that_stays_is_newer() {
    let source = database(majors()[0]).await;
    few_items(&source).await;
    let place = Place::new();
    place.dumped(&source, &["--chunk-size", "1"]);
    let mut connection = source.connection().await;
    run(&mut connection, "update public.items set body = 'other'").await;
    place.stopped_dump(&source.url()).await.end("KILL").await;
    let all = place.objects().len();
    assert_eq!(pruned(&place, &["--keep", "1", "--dry-run"], 0)["unfinished"], 0);

    let journals: Vec<_> = fs_err::read_dir(place.repository().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for journal in &journals {
        let file = fs_err::OpenOptions::new().write(true).open(journal).unwrap();
        file.file().set_modified(long_ago).unwrap();
    }
    assert_eq!(
        pruned(&place, &["--dry-run"], 0)["unfinished"],
        0,
        "nothing says how long to keep"
    );
    let planned = pruned(&place, &["--keep", "1", "--dry-run"], 0);
    assert_eq!(planned["unfinished"], journals.len());
    assert!(planned["objects"].as_u64().unwrap() > 0, "{planned}");
    assert_eq!(place.objects().len(), all);
    let done = pruned(&place, &["--keep", "1", "--yes"], 0);
    assert_eq!(
        (&done["unfinished"], &done["kept"]),
        (&planned["unfinished"], &1.into())
    );
    assert!(journals.iter().all(|journal| !journal.exists()));
    assert!(place.objects().len() < all);
    place.verify(&["--deep"]).assert().success();
    let report = place.dumped(&source, &["--chunk-size", "1"]);
    assert_eq!(
        report["data"]["resumed_chunks"].as_u64().unwrap_or_default(),
        0,
        "{report}"
    );
    place.expect_equal(&source);
    source.remove().await;
}
