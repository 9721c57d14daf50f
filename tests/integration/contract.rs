//! The shell contract against a real server: exit codes, JSON on stdout, secrets, signals.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use vecops::sql;

use crate::support::{Sandbox, TestDatabase, database, majors, on_each_server};

/// A manifest with one collection of three dimensions.
const MANIFEST: &str = r#"
[collections.notes]
dimensions = 3
metric = "cosine"
policy = "owner"
"#;

const ROWS: &str = r#"{"content": "north", "metadata": {"way": "up"}, "embedding": [0, 1, 0], "owner_id": "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d"}
{"content": "east", "metadata": {"way": "right"}, "embedding": [1, 0, 0], "owner_id": "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d"}
{"content": "up", "metadata": {"way": "up"}, "embedding": [0, 0.1, 1], "owner_id": "11111111-6d0f-4a43-9d0c-0f1f7a1b2c3d"}
"#;

/// A sandbox with the manifest and the rows in it.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    fs_err::write(sandbox.path().join("vecops.toml"), MANIFEST).unwrap();
    fs_err::write(sandbox.path().join("rows.jsonl"), ROWS).unwrap();
    sandbox
}

/// Runs `vecops` on the test's database.
fn run(sandbox: &Sandbox, database: &TestDatabase, arguments: &[&str]) -> Output {
    sandbox
        .vecops(arguments)
        .env("VECOPS_DB_URL", database.url())
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output
        .status
        .code()
        .unwrap_or_else(|| panic!("ended by a signal: {output:?}"))
}

fn expect(output: &Output, expected: i32) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        code(output),
        expected,
        "stdout: {}\nstderr: {stderr}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// Sets the collection up and loads the three rows.
fn set_up(sandbox: &Sandbox, database: &TestDatabase) {
    expect(&run(sandbox, database, &["setup", "apply", "--yes"]), 0);
    expect(
        &run(
            sandbox,
            database,
            &["seed", "notes", "--from", "rows.jsonl", "--yes"],
        ),
        0,
    );
}

#[tokio::test]
async fn each_reachable_exit_code_is_the_documented_one() {
    on_each_server(async |database| {
        let sandbox = sandbox();
        let vecops = |arguments: &[&str]| run(&sandbox, database, arguments);

        expect(&vecops(&["setup", "plan"]), 3);
        expect(&vecops(&["search", "notes", "--vector", "[1,0,0]"]), 12);
        expect(&vecops(&["setup", "apply"]), 15);
        expect(&vecops(&["setup", "apply", "--dry-run"]), 0);
        expect(&vecops(&["setup", "plan"]), 3);
        expect(&vecops(&["setup", "apply", "--yes"]), 0);
        expect(&vecops(&["setup", "plan"]), 0);
        expect(&vecops(&["seed", "notes", "--from", "rows.jsonl"]), 15);
        expect(&vecops(&["seed", "notes", "--from", "rows.jsonl", "--yes"]), 0);
        expect(&vecops(&["search", "notes", "--vector", "[1,0,0]"]), 0);
        expect(&vecops(&["search", "notes", "--vector", "[1,0]"]), 2);
        expect(&vecops(&["search", "notes"]), 2);
        expect(&vecops(&["search", "notes", "--like", "4711"]), 1);
        expect(&vecops(&["search", "nothing", "--like", "1"]), 12);
        expect(
            &vecops(&["--profile", "nowhere", "search", "notes", "--like", "1"]),
            10,
        );

        let unreachable = "postgresql://postgres:secret-word@127.0.0.1:1/postgres?sslmode=disable";
        let refused = sandbox
            .vecops(&["search", "notes", "--like", "1"])
            .env("VECOPS_DB_URL", unreachable)
            .output();
        expect(&refused.unwrap(), 11);
        let wrong_password = database.url().replacen("postgres:", "postgres:not-", 1);
        let denied = sandbox
            .vecops(&["search", "notes", "--like", "1"])
            .env("VECOPS_DB_URL", wrong_password)
            .output();
        expect(&denied.unwrap(), 11);

        fs_err::write(
            sandbox.path().join("vecops.toml"),
            "[collections.notes]\ndimensions = 3\nmetric = \"cosin\"\n",
        )
        .unwrap();
        let wrong = vecops(&["setup", "plan"]);
        expect(&wrong, 10);
        assert!(
            String::from_utf8_lossy(&wrong.stderr).contains("vecops.toml:3"),
            "{wrong:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_lock_held_by_another_session_is_a_conflict() {
    on_each_server(async |database| {
        let sandbox = sandbox();
        set_up(&sandbox, database);
        let mut other = database.connection().await;
        sql::run(&mut other, "alter table public.notes disable row level security")
            .await
            .unwrap();
        sql::run(&mut other, "begin; lock table public.notes in access share mode")
            .await
            .unwrap();
        expect(&run(&sandbox, database, &["setup", "apply", "--yes"]), 13);
        sql::run(&mut other, "rollback").await.unwrap();
        expect(&run(&sandbox, database, &["setup", "apply", "--yes"]), 0);
    })
    .await;
}

#[tokio::test]
async fn json_on_stdout_parses_however_much_is_said_on_stderr() {
    on_each_server(async |database| {
        let sandbox = sandbox();
        set_up(&sandbox, database);
        fs_err::write(sandbox.path().join("more.jsonl"), ROWS).unwrap();
        let commands: &[&[&str]] = &[
            &["search", "notes", "--vector", "[1,0,0]", "--explain"],
            &[
                "search",
                "notes",
                "--like",
                "1",
                "--exact",
                "--filter",
                r#"{"way":"up"}"#,
            ],
            &["setup", "plan"],
            &["setup", "apply", "--dry-run"],
            &["setup", "apply", "--yes"],
            &["setup", "migration", "--dry-run"],
            &["seed", "notes", "--from", "more.jsonl", "--dry-run"],
            &["seed", "notes", "--from", "more.jsonl", "--yes"],
            &["profile", "list"],
            &["profile", "show"],
            &["profile", "check"],
            &["embedded", "status"],
        ];
        for command in commands {
            for noise in [
                &["-vvv"][..],
                &["--progress", "json"],
                &["--progress", "line"],
                &["--quiet"],
            ] {
                let arguments = [*command, &["--json"], noise].concat();
                let output = run(&sandbox, database, &arguments);
                let document: Value = serde_json::from_slice(&output.stdout)
                    .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output:?}"));
                for field in ["kind", "format", "vecops", "data"] {
                    assert!(
                        !document[field].is_null(),
                        "{arguments:?} has no `{field}`: {document}"
                    );
                }
            }
            let arguments = [*command, &["--output-format", "stream-json"]].concat();
            let output = run(&sandbox, database, &arguments);
            let lines: Vec<Value> = output
                .stdout
                .split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect();
            assert!(lines.iter().all(|line| line["type"].is_string()), "{arguments:?}");
            assert_eq!(lines.last().unwrap()["type"], "result", "{arguments:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_error_in_json_is_one_object_on_stderr() {
    on_each_server(async |database| {
        let sandbox = sandbox();
        let output = run(
            &sandbox,
            database,
            &["--json", "--quiet", "search", "notes", "--like", "1"],
        );
        expect(&output, 12);
        assert!(output.stdout.is_empty());
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["error"]["code"], "precondition");
        assert!(
            error["error"]["suggestion"]
                .as_str()
                .unwrap()
                .contains("vecops setup apply")
        );
        assert_eq!(error["target"]["database"], database.name);
    })
    .await;
}

#[tokio::test]
async fn no_output_holds_the_password() {
    on_each_server(async |database| {
        let sandbox = sandbox();
        let url = database.url();
        let password = url
            .split(':')
            .nth(2)
            .unwrap()
            .split('@')
            .next()
            .unwrap()
            .to_owned();
        assert!(
            password.len() >= 8,
            "the test looks for a word that could be there by chance"
        );
        fs_err::write(
            sandbox.path().join(".env"),
            format!("SUPABASE_DB_PASSWORD={password}\n"),
        )
        .unwrap();
        let commands: &[&[&str]] = &[
            &["setup", "plan"],
            &["setup", "apply", "--yes"],
            &["setup", "migration", "--dry-run"],
            &["seed", "notes", "--from", "rows.jsonl", "--yes"],
            &["seed", "notes", "--from", "absent.jsonl", "--yes"],
            &["search", "notes", "--vector", "[1,0,0]", "--explain"],
            &["search", "missing", "--like", "1"],
            &["profile", "list"],
            &["profile", "show"],
            &["profile", "check"],
            &["embedded", "status"],
        ];
        for command in commands {
            for format in [&["-vvv"][..], &["-vvv", "--json"], &["--progress", "json"]] {
                let arguments = [*command, format].concat();
                let given_by_environment = run(&sandbox, database, &arguments);
                let by_flag = [&["--db-url", &url][..], &arguments].concat();
                let given_by_flag = sandbox.vecops(&by_flag).output().unwrap();
                // A wrong host fails late, with the URL in hand.
                let broken = url.replace("127.0.0.1", "127.0.0.2");
                let failing = sandbox
                    .vecops(&arguments)
                    .env("VECOPS_DB_URL", broken)
                    .output()
                    .unwrap();
                for output in [given_by_environment, given_by_flag, failing] {
                    let said = [output.stdout, output.stderr].concat();
                    let said = String::from_utf8_lossy(&said);
                    assert!(
                        !said.contains(&password),
                        "{arguments:?} shows the password:\n{said}"
                    );
                }
            }
        }
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn signals_cancel_the_work_on_the_server() {
    for (signal, expected) in [("INT", 130), ("TERM", 143)] {
        let database = database(majors()[0]).await;
        let sandbox = sandbox();
        set_up(&sandbox, &database);
        let mut other = database.connection().await;
        sql::run(
            &mut other,
            "begin; lock table public.notes in access exclusive mode",
        )
        .await
        .unwrap();

        let mut command = Command::new(env!("CARGO_BIN_EXE_vecops"));
        let child = command
            .args(["search", "notes", "--vector", "[1,0,0]"])
            .current_dir(sandbox.path())
            .env_clear()
            .env("HOME", sandbox.path())
            .env("VECOPS_DB_URL", database.url())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_until(&database, "a search waits for the lock", 1).await;
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        expect(&output, expected);
        assert!(output.stdout.is_empty());
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("interrupted"),
            "{output:?}"
        );
        wait_until(&database, "no search is left on the server", 0).await;
        drop(other);
        database.remove().await;
    }
}

/// Waits until as many sessions of vecops wait for a lock in this database.
#[cfg(unix)]
async fn wait_until(database: &TestDatabase, what: &str, sessions: i64) {
    let mut administrator = database.administrator().await;
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database()
             and application_name like 'vecops/%' and wait_event_type = 'Lock'",
        )
        .fetch_one(&mut administrator)
        .await
        .unwrap();
        if count == sessions {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: waited in vain");
        tokio::task::yield_now().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_a_load_that_waits_for_its_input_and_nothing_is_loaded() {
    let database = database(majors()[0]).await;
    let sandbox = sandbox();
    set_up(&sandbox, &database);
    let mut child = Command::new(env!("CARGO_BIN_EXE_vecops"))
        .args(["seed", "notes", "--from", "-", "--yes", "--progress", "json"])
        .current_dir(sandbox.path())
        .env_clear()
        .env("HOME", sandbox.path())
        .env("VECOPS_DB_URL", database.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(ROWS.as_bytes()).unwrap();
    input.flush().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let started = said.find(|line| {
        line.as_ref()
            .unwrap()
            .contains(r#""task":"load public.notes","state":"start""#)
    });
    assert!(started.is_some(), "the load never started");
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    expect(&output, 130);
    drop(input);
    let mut connection = database.connection().await;
    let rows: i64 = sqlx::query_scalar("select count(*) from public.notes")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(rows, 3, "the rows of the interrupted load are there");
    drop(connection);
    database.remove().await;
}
