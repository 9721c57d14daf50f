//! Every file under `sql/` is a statement that every supported server understands.

use std::path::{Path, PathBuf};

use super::fixture::{attempt, run};
use crate::support::{database, majors};

/// Folders and files that are not single statements, with the reason.
const NOT_PREPARED: &[(&str, &str)] = &[
    (
        "sql/embedded",
        "scripts that shape a new cluster; starting the embedded server runs them",
    ),
    (
        "sql/backup/canaries.sql",
        "a pattern for tables that are known by name only; each backup runs it",
    ),
    (
        "sql/backup/restore/ledger_create.sql",
        "several statements; run below, since the other statements of the ledger need its tables",
    ),
    (
        "sql/seed/ledger_create.sql",
        "several statements; run below, since the other ledger statements need its table",
    ),
    (
        "sql/sql/own_close.sql",
        "a block, which nobody prepares; it is run below with each ledger",
    ),
    (
        "sql/index/deferred_create.sql",
        "several statements; run below, since the other statements on deferred indexes need its table",
    ),
    (
        "sql/index/replacement_create.sql",
        "several statements; run below, since the other statements on replacements need its table",
    ),
];

#[tokio::test]
async fn every_statement_can_be_prepared() {
    for major in majors() {
        let database = database(major).await;
        let mut connection = database.connection().await;
        run(
            &mut connection,
            "create extension if not exists vector with schema extensions",
        )
        .await;
        for tables in [
            include_str!("../../../sql/seed/ledger_create.sql"),
            include_str!("../../../sql/index/deferred_create.sql"),
            include_str!("../../../sql/index/replacement_create.sql"),
            include_str!("../../../sql/backup/restore/ledger_create.sql"),
        ] {
            vecops::sql::make_own_tables(&mut connection, "checked", tables)
                .await
                .unwrap();
        }
        let mut prepared = 0;
        for path in files(Path::new(env!("CARGO_MANIFEST_DIR")), "sql") {
            let shown = path.display().to_string();
            if NOT_PREPARED.iter().any(|(folder, _)| shown.contains(folder)) {
                continue;
            }
            let text = fs_err::read_to_string(&path).unwrap();
            let prepare = format!(
                "prepare checked as {text};
deallocate checked"
            );
            if let Err(error) = attempt(&mut connection, prepare).await {
                panic!("{shown} on {major}: {error}");
            }
            prepared += 1;
        }
        assert!(prepared > 15, "the statements were not found");
    }
}

fn files(root: &Path, folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
