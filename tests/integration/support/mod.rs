//! What the integration tests stand on: a real server for each major version, a database for each test, and a
//! place of its own for the `vecops` program.
//!
//! One embedded server per major version serves the whole test run; a watchdog process stops and removes it
//! when this process ends, however it ends. Each test gets a database cloned from a Supabase-shaped template.
//! `VECOPS_TEST_MAJORS` (`16,18` unless set) chooses the versions.

pub(crate) mod browser;
mod database;
pub(crate) mod every_type;
pub(crate) mod json_schema;
mod own;
mod sandbox;
mod server;
mod standby;
mod stopped;
mod tiny_disk;
mod wait;

pub(crate) use database::TestDatabase;
pub(crate) use own::{OwnServer, kill, peak_memory};
pub(crate) use sandbox::Sandbox;
pub(crate) use server::{cache_folder, passable_folder, server};
pub(crate) use standby::Standby;
pub(crate) use stopped::{Stopped, ended_by};
pub(crate) use tiny_disk::TinyDisk;
pub(crate) use wait::wait_until;

use vecops::embedded::Major;

/// The major versions under test.
pub(crate) fn majors() -> Vec<Major> {
    let chosen = variable("VECOPS_TEST_MAJORS").unwrap_or_else(|| "16,18".to_owned());
    let majors: Vec<Major> = chosen
        .split(',')
        .map(|major| major.trim().parse().unwrap())
        .collect();
    assert!(!majors.is_empty(), "VECOPS_TEST_MAJORS names no version");
    majors
}

/// Runs a test on each major version under test, each time in a new database of its own.
///
/// ```ignore
/// #[tokio::test]
/// async fn the_table_is_there() {
///     on_each_server(async |database| {
///         let mut connection = database.connection().await;
///         ...
///     })
///     .await;
/// }
/// ```
#[expect(
    clippy::print_stdout,
    reason = "a failed test shows on which server it failed"
)]
pub(crate) async fn on_each_server(test: impl AsyncFn(&TestDatabase)) {
    for major in majors() {
        println!("on PostgreSQL {major}");
        let database = database(major).await;
        test(&database).await;
        database.remove().await;
    }
}

/// A new database of its own for a test, shaped like a Supabase project's.
pub(crate) async fn database(major: Major) -> TestDatabase {
    TestDatabase::create(server(major).await).await
}

/// A variable of the environment in which the tests were started.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
