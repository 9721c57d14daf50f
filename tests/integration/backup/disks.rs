//! Disks that are full at any write, or cannot be written at all.

use super::fixture::{Place, files, run};
use super::stages::expect_equal;
use crate::support::{TestDatabase, TinyDisk, database, majors};

/// A table whose backup takes some pages.
async fn pages(database: &TestDatabase) {
    let mut connection = database.connection().await;
    run(
        &mut connection,
        "create extension if not exists vector with schema extensions; \
         create table public.items (id int primary key, embedding extensions.vector(3), noise text); \
         insert into public.items select n, array[n, 1, 2]::extensions.vector, \
             (select string_agg(md5((n * 40 + part)::text), '') from generate_series(1, 40) part) \
         from generate_series(1, 20) n",
    )
    .await;
}

/// Runs the same dump on a disk that has a little more of something each time, until it is enough.
async fn grown(what: &str, steps: impl Iterator<Item = u32>) -> Option<u32> {
    let database = database(majors()[0]).await;
    pages(&database).await;
    let unit = if what == "size" { "k" } else { "" };
    let mut steps = steps.peekable();
    let first = steps.peek().copied().unwrap();
    let disk = TinyDisk::new(&format!("{what}={first}{unit}"))?;
    let place = Place::new();
    std::os::unix::fs::symlink(disk.path(), place.repository()).unwrap();
    for (failed, step) in (0..).zip(steps) {
        disk.remount(&format!("{what}={step}{unit}"));
        let output = place.dump(&database.url(), &[]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            expect_equal(&place, &database).await;
            let left = files(disk.path())
                .into_iter()
                .find(|path| path.display().to_string().contains(".unfinished"));
            assert_eq!(left, None);
            disk.remount("ro");
            place.dump(&database.url(), &[]).assert().failure();
            expect_equal(&place, &database).await;
            database.remove().await;
            return Some(failed);
        }
        assert_eq!(output.status.code(), Some(12), "{step}: {said}");
        assert!(said.contains("Free space"), "{step}: {said}");
        assert_eq!(place.backups(), 0, "{step}");
    }
    panic!("it was never enough");
}

#[tokio::test]
async fn a_disk_without_another_page_at_any_write_harms_nothing() {
    let Some(failed) = grown("size", (4..400).step_by(4)).await else {
        return;
    };
    assert!(failed >= 12, "it was full only {failed} times");
}

#[tokio::test]
async fn a_disk_without_another_file_at_any_write_harms_nothing() {
    let Some(failed) = grown("nr_inodes", 2..60).await else {
        return;
    };
    assert!(failed >= 10, "it was full only {failed} times");
}
