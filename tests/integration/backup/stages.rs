//! Ended at each of its stages, a dump leaves the repository as it was plus what nobody names; the next one heals it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vecops::backup::digest::Sha;
use vecops::backup::repository::Repository;
use vecops::backup::stage::DumpStage;
use vecops::backup::verify::{Depth, against, verify};
use vecops::embedded::Major;
use vecops::progress::Silent;
use vecops::sql;

use super::fixture::{Place, files, number, run};
use crate::restore::fixture::few_items;
use crate::support::{TestDatabase, database, ended_by, majors, wait_until};

pub(super) const SMALL: [&str; 2] = ["--chunk-size", "1"];

/// The newest backup is whole, and its rows are those of the database.
pub(super) async fn expect_equal(place: &Place, database: &TestDatabase) {
    let (repository, set) = Repository::find(place.repository().to_str().unwrap()).unwrap();
    let report = verify(&repository, &set, Depth::Deep, 2, &Silent).await.unwrap();
    assert_eq!(report.problems, []);
    let mut connection = database.connection().await;
    sql::run(
        &mut connection,
        "begin; set local search_path = pg_catalog, pg_temp",
    )
    .await
    .unwrap();
    let manifest = repository.manifest(&set).unwrap();
    let report = against(&mut connection, &manifest, &Silent).await.unwrap();
    assert!(report.equal, "{report:?}");
}

/// The sessions of vecops on this database end.
pub(super) async fn expect_gone(database: &TestDatabase) {
    let mut watcher = database.administrator().await;
    let query = format!(
        "select count(*) from pg_stat_activity where datname = '{}' and application_name like 'vecops%'",
        database.name
    );
    wait_until("the dump's sessions end", async || {
        number(&mut watcher, &query).await == 0
    })
    .await;
}

/// Every file of a repository, but for the notes of unfinished dumps, with its SHA-256.
fn contents(repository: &Path) -> BTreeMap<PathBuf, Sha> {
    let kept = files(repository)
        .into_iter()
        .filter(|path| !path.starts_with(repository.join("journal")));
    kept.map(|path| (path.clone(), Sha::of(&fs_err::read(&path).unwrap())))
        .collect()
}

async fn ended_at_each_stage(major: Major, signal: &str) {
    let database = database(major).await;
    few_items(&database).await;
    let place = Place::new();
    place.dumped(&database, &SMALL);
    let mut connection = database.connection().await;
    let after_reading = DumpStage::ALL
        .iter()
        .position(|stage| *stage == DumpStage::RowsRead);
    for stage in DumpStage::ALL {
        let name = stage.name();
        let change = format!("update public.items set body = '{name}' where id in (1, 60)");
        run(&mut connection, change).await;
        let (before, backups) = (contents(&place.repository()), place.backups());
        let url = database.url();
        let mut arguments = vec!["--db-url", &url, "dump", "--to", "repository"];
        arguments.extend(SMALL);
        let mut stopped = place.sandbox.stop_at(name, &arguments);
        stopped.stands().await;
        let (status, said) = stopped.end(signal).await;
        assert!(ended_by(status, signal), "{name}: {status:?} {said}");

        let published = usize::from(*stage == DumpStage::Published);
        assert_eq!(place.backups(), backups + published, "{name}");
        let mut after = contents(&place.repository());
        for (path, sha) in &before {
            assert_eq!(after.remove(path), Some(*sha), "{name}: {}", path.display());
        }
        let sets = place.repository().join("sets");
        let beside = after.keys().filter(|path| path.starts_with(&sets));
        if signal == "TERM" && published == 0 {
            assert_eq!(beside.count(), 0, "{name}: it puts in order what it leaves");
        }
        expect_gone(&database).await;

        let report = place.dumped(&database, &SMALL);
        // What was noted is not read again.
        let reused = report["data"]["reused_chunks"].as_u64().unwrap();
        let expected = match stage {
            DumpStage::ChunkBegun | DumpStage::ChunkWritten | DumpStage::ChunkNamed => 0..=3,
            DumpStage::RangeNoted => 1..=4,
            _ if DumpStage::ALL.iter().position(|other| other == stage) < after_reading => 0..=0,
            _ => 4..=4,
        };
        assert!(expected.contains(&reused), "{name}: {report}");
        assert_eq!(report["data"]["retries"], 0, "{name}");
        assert_eq!(place.backups(), backups + published + 1, "{name}");
        assert!(files(&place.repository().join("journal")).is_empty(), "{name}");
        expect_equal(&place, &database).await;
    }
    database.remove().await;
}

#[tokio::test]
async fn killed_at_each_stage_a_dump_harms_nothing_and_the_next_heals() {
    ended_at_each_stage(*majors().last().unwrap(), "KILL").await;
}

#[tokio::test]
async fn terminated_at_each_stage_a_dump_harms_nothing_and_the_next_heals() {
    ended_at_each_stage(majors()[0], "TERM").await;
}
