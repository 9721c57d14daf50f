//! Killed or interrupted at any time, a load has happened or it has not.

use std::io::Write as _;
use std::process::Command;

use sqlx::{PgConnection, Row as _};

use super::fixture::{count, rows, start, table};
use crate::support::{TestDatabase, on_each_server, wait_until};

const ROWS: i64 = 6_000;

/// Some megabytes of rows.
fn source() -> Vec<u8> {
    let content = "x".repeat(500);
    let line = |id| format!("{{\"id\": {id}, \"content\": \"{content}\", \"embedding\": [1, {id}]}}\n");
    (1..=ROWS).map(line).collect::<String>().into_bytes()
}

/// What the program's server processes are doing.
async fn states(connection: &mut PgConnection) -> Vec<String> {
    let query = "select state from pg_stat_activity
        where datname = current_database() and application_name like 'vecops%' and pid <> pg_backend_pid()";
    rows(connection, query)
        .await
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The rows there are once the server has noticed that the program is gone.
async fn settled(connection: &mut PgConnection) -> i64 {
    wait_until("the server ends the session", async || {
        states(connection).await.is_empty()
    })
    .await;
    count(connection).await
}

#[tokio::test]
async fn killed_while_rows_are_on_their_way_nothing_is_loaded() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = source();
        for tenths in [0, 1, 3, 5, 8, 10] {
            let mut program = start(database);
            // stdin stays open: the program cannot know that this was the end.
            let part = &source[..source.len() * tenths / 10];
            program.stdin.as_mut().unwrap().write_all(part).unwrap();
            program.kill().unwrap();
            program.wait().unwrap();
            assert_eq!(settled(&mut connection).await, 0, "after {tenths} tenths");
        }
    })
    .await;
}

#[tokio::test]
async fn killed_at_the_end_all_is_loaded_or_nothing() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = source();
        let mut outcomes = Vec::new();
        for looks in 0..16 {
            outcomes.push(kill_after(database, &mut connection, &source, looks).await);
            let empty = format!("truncate {} restart identity", super::fixture::TABLE);
            vecops::sql::run(&mut connection, empty).await.unwrap();
        }
        println!("rows after each kill: {outcomes:?}");
        assert!(
            outcomes.iter().all(|rows| [0, ROWS].contains(rows)),
            "{outcomes:?}"
        );
    })
    .await;
}

/// Gives the program everything, looks at the server so many times, and kills the program.
async fn kill_after(
    database: &TestDatabase,
    connection: &mut PgConnection,
    source: &[u8],
    looks: usize,
) -> i64 {
    let mut program = start(database);
    program.stdin.take().unwrap().write_all(source).unwrap();
    for _ in 0..looks {
        states(connection).await;
    }
    program.kill().unwrap();
    program.wait().unwrap();
    settled(connection).await
}

#[tokio::test]
async fn interrupted_it_cancels_the_server_and_ends_with_130() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let mut program = start(database);
        let mut input = program.stdin.take().unwrap();
        let line = b"{\"content\": \"c\", \"embedding\": [1, 2]}\n".repeat(100_000);
        input.write_all(&line).unwrap();
        wait_until("the COPY runs", async || {
            states(&mut connection).await == ["active"]
        })
        .await;
        let sent = Command::new("kill")
            .args(["-INT", &program.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        // A COPY hears of a cancel when the next rows come, so they come until the program is gone.
        while input.write_all(&line).is_ok() {}
        let output = program.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert_eq!(settled(&mut connection).await, 0);
    })
    .await;
}
