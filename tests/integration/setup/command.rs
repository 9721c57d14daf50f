//! `vecops setup` as a user runs it: exit codes, streams, consent, and `kill -9` at every statement.

use std::io::Read as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sqlx::PgConnection;
use vecops::collection::Collection;

use super::fixture::{number, plan, run};
use super::interruption::until;
use crate::support::{Sandbox, TestDatabase, database, majors};

const MANIFEST: &str =
    "[collections.docs]\ndimensions = 32\npolicy = \"owner\"\n\n[collections.items]\ndimensions = 8\n";

/// A folder with a manifest, and the program with an environment that leads to the database.
struct Project {
    sandbox: Sandbox,
    url: String,
}

impl Project {
    fn new(database: &TestDatabase) -> Self {
        let sandbox = Sandbox::new();
        fs_err::write(sandbox.path().join("vecops.toml"), MANIFEST).unwrap();
        Self {
            sandbox,
            url: database.url(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vecops"));
        command
            .args(arguments)
            .current_dir(self.sandbox.path())
            .env_clear()
            .env("HOME", self.sandbox.path())
            .env("VECOPS_DB_URL", &self.url)
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end and expects an exit code.
    fn run(&self, arguments: &[&str], code: i32) -> Output {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\nstdout: {}\nstderr: {}",
            text(&output.stdout),
            text(&output.stderr)
        );
        output
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn plan_apply_and_plan_again_end_with_3_0_and_0() {
    for major in majors() {
        let database = database(major).await;
        let project = Project::new(&database);
        let before = json(&project.run(&["setup", "plan", "--json", "-vvv"], 3));
        assert_eq!(before["kind"], "setup-plan");
        assert!(
            before["data"]["steps"].as_array().unwrap().len() > 10,
            "{before:#}"
        );

        let refused = project.run(&["setup", "apply"], 15);
        assert!(refused.stdout.is_empty());
        let shown = String::from_utf8(refused.stderr).unwrap();
        assert!(shown.contains("+ create the table public.docs"), "{shown}");

        project.run(&["setup", "apply", "--dry-run"], 0);
        project.run(&["setup", "plan"], 3);
        let applied = json(&project.run(&["setup", "apply", "--yes", "--json", "-vvv"], 0));
        assert_eq!(
            applied["data"]["done"].as_array().unwrap().len(),
            before["data"]["steps"].as_array().unwrap().len()
        );
        let after = json(&project.run(&["setup", "plan", "--json"], 0));
        assert_eq!(after["data"]["steps"], Value::Array(Vec::new()));
        project.run(&["setup", "apply"], 0);

        project.run(&["setup", "plan", "dcos"], 10);
        project.run(&["setup", "migration", "--name", "a/b"], 2);
        let nothing = json(&project.run(&["setup", "migration", "--diff", "--json"], 0));
        assert_eq!(nothing["data"]["migration"], Value::Null);
        let written = json(&project.run(&["setup", "migration", "items", "--json"], 0));
        let path = written["data"]["migration"]["path"].as_str().unwrap();
        assert_eq!(
            fs_err::read_to_string(path).unwrap(),
            written["data"]["sql"].as_str().unwrap()
        );
        assert!(
            path.ends_with("_vector_collections.sql") && path.contains("supabase/migrations/"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_setup_does_not_change_blocks_with_12_and_shows_as_3() {
    for major in majors() {
        let database = database(major).await;
        let project = Project::new(&database);
        run(
            &mut database.connection().await,
            "create table items (id uuid primary key)",
        )
        .await;
        project.run(&["setup", "plan", "items"], 3);
        let error = project.run(&["setup", "apply", "items", "--yes", "--json"], 12);
        let error: Value = serde_json::from_slice(
            error
                .stderr
                .split(|&byte| byte == b'\n')
                .rfind(|line| !line.is_empty())
                .unwrap(),
        )
        .unwrap();
        assert_eq!(error["error"]["code"], "precondition");
        project.run(&["setup", "apply", "items", "--dry-run"], 3);
    }
}

/// Lets the DDL statement whose turn it is wait for a lock that the test holds.
async fn hold_at(administrator: &mut PgConnection, statement: i64) {
    run(
        administrator,
        format!(
            "create schema if not exists held;
             create sequence if not exists held.turn;
             create or replace function held.wait() returns event_trigger language plpgsql security definer as $$
             begin
                 if nextval('held.turn') = {statement} then
                     perform pg_advisory_xact_lock_shared(4242);
                 end if;
             end $$;
             drop event trigger if exists held_wait;
             create event trigger held_wait on ddl_command_end execute function held.wait();
             select setval('held.turn', 1, false);
             select pg_advisory_lock(4242)"
        ),
    )
    .await;
}

const WAITING: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'";
const OTHERS: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name like 'vecops/%'";

#[tokio::test]
async fn killed_at_any_statement_the_database_is_as_before() {
    for major in majors() {
        let database = database(major).await;
        let project = Project::new(&database);
        let mut administrator = database.administrator().await;
        let mut connection = database.connection().await;
        let docs = docs();
        // The extension's own script is two hundred statements, each of them PostgreSQL's business.
        run(&mut connection, "create extension vector with schema extensions").await;
        let before = plan(&mut connection, &docs).await;
        let mut statement = 1;
        loop {
            hold_at(&mut administrator, statement).await;
            let mut child = project
                .command(&["setup", "apply", "docs", "--yes"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let stopped = tokio::select! {
                () = until(&mut connection, WAITING, 1) => true,
                () = ended(&mut child) => false,
            };
            if !stopped {
                assert!(child.wait().unwrap().success(), "{}", said(&mut child));
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            run(
                &mut administrator,
                "drop event trigger held_wait; select pg_advisory_unlock_all()",
            )
            .await;
            until(&mut connection, OTHERS, 0).await;
            let after = plan(&mut connection, &docs).await;
            assert_eq!(
                after.steps, before.steps,
                "{major}: killed at statement {statement}"
            );
            statement += 1;
        }
        assert!(statement > 10, "only {statement} statements were held");
        run(
            &mut administrator,
            "drop event trigger held_wait; select pg_advisory_unlock_all()",
        )
        .await;
        assert!(plan(&mut connection, &docs).await.is_met());
        assert_eq!(number(&mut connection, "select count(*) from docs").await, 0);
    }
}

/// The collection of the manifest.
fn docs() -> Collection {
    super::fixture::collection("docs", vecops::collection::Policy::Owner)
}

/// Waits until a process has ended.
async fn ended(child: &mut std::process::Child) {
    while child.try_wait().unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

fn said(child: &mut std::process::Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}
