//! `vecops embedded` as a person or a script calls it.

use serde_json::Value;

use crate::support::{Sandbox, majors, wait_until};

/// A sandbox whose server is stopped when the test ends, whatever its result.
struct Stopping(Sandbox, String);

impl Stopping {
    fn new() -> Self {
        Self(Sandbox::new(), majors()[0].to_string())
    }

    fn embedded(&self, command: &str, more: &[&str]) -> assert_cmd::Command {
        let arguments = [&["embedded", command, "--major", &self.1], more].concat();
        self.0.vecops(&arguments)
    }

    fn json(&self, command: &str, more: &[&str], code: i32) -> Value {
        let mut command = self.embedded(command, &[&["--json", "-vvv"], more].concat());
        let output = command.assert().code(code).get_output().clone();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["data"].take()
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        self.embedded("stop", &[]).output().unwrap();
    }
}

#[test]
fn a_server_is_started_looked_at_and_stopped() {
    let own = Stopping::new();
    assert_eq!(own.json("status", &[], 3)["exists"], false);
    own.embedded("url", &[]).assert().code(12);
    own.embedded("logs", &[]).assert().code(12);

    let started = own.json("start", &[], 0);
    assert_eq!(started["was_running"], false);
    let again = own.json("start", &[], 0);
    assert_eq!(
        (&again["was_running"], &again["pid"]),
        (&Value::Bool(true), &started["pid"])
    );

    let status = own.json("status", &[], 0);
    assert_eq!(
        (&status["answers"], &status["pid"]),
        (&Value::Bool(true), &started["pid"])
    );
    let url = own.json("url", &[], 0)["url"].as_str().unwrap().to_owned();
    assert!(
        url.starts_with("postgresql://postgres:") && url.contains("@127.0.0.1:"),
        "not the URL expected"
    );
    let logs = own.json("logs", &["--lines", "5"], 0);
    assert_eq!(logs["lines"].as_array().unwrap().len(), 5);

    assert_eq!(own.json("stop", &[], 0)["pid"], started["pid"]);
    assert_eq!(own.json("stop", &[], 0)["pid"], Value::Null);
    let status = own.json("status", &[], 3);
    assert_eq!(
        (&status["exists"], &status["running"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
}

#[test]
fn several_processes_that_start_at_once_get_one_server() {
    let own = Stopping::new();
    let pids: Vec<Value> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| own.json("start", &[], 0)["pid"].take()))
            .collect();
        starting
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(pids.iter().all(|pid| pid.is_u64() && *pid == pids[0]), "{pids:?}");
}

#[tokio::test]
async fn a_first_start_that_is_killed_at_any_stage_is_made_good() {
    let own = Stopping::new();
    let folder = own.0.data().join(format!("vecops/embedded/{}", own.1));
    for stage in [
        "state.json",
        "postgresql/PG_VERSION",
        "postgresql/base/1",
        "postgresql/postmaster.pid",
    ] {
        let mut starting = own.0.spawn(&["embedded", "start", "--major", &own.1]);
        wait_until(stage, async || folder.join(stage).exists()).await;
        starting.kill().unwrap();
        starting.wait().unwrap();
        own.json("start", &[], 0);
        own.json("status", &[], 0);
        own.json("stop", &[], 0);
        fs_err::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_reset_wants_consent_and_leaves_a_new_server() {
    let own = Stopping::new();
    own.embedded("start", &[]).assert().success();
    let url = own.json("url", &[], 0);
    own.embedded("reset", &[]).assert().code(15);
    assert_eq!(own.json("reset", &["--dry-run"], 0)["exists"], true);
    assert_eq!(own.json("url", &[], 0), url);
    assert_eq!(own.json("reset", &["--yes"], 0)["was_running"], false);
    assert_ne!(own.json("url", &[], 0), url, "a new cluster has new passwords");
}

#[test]
fn the_password_is_printed_by_url_only() {
    let own = Stopping::new();
    let mut said = String::new();
    let mut take = |mut command: assert_cmd::Command| {
        let output = command.output().unwrap();
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    };
    for more in [
        &["-vvv"][..],
        &["-vvv", "--json"],
        &["-vvv", "--output-format", "stream-json"],
    ] {
        for command in ["start", "status", "logs"] {
            take(own.embedded(command, more));
        }
    }
    let state = own.0.data().join(format!("vecops/embedded/{}/state.json", own.1));
    let state: Value = serde_json::from_str(&fs_err::read_to_string(state).unwrap()).unwrap();
    let passwords = state["passwords"].as_object().unwrap();
    assert_eq!(passwords.len(), 3);
    for password in passwords.values() {
        assert!(
            !said.contains(password.as_str().unwrap()),
            "a password was printed"
        );
    }
    assert!(said.contains("ready to accept connections"));
}

#[test]
fn a_chosen_folder_that_cannot_serve_is_an_error_that_names_it() {
    let own = Stopping::new();
    let output = own
        .embedded("start", &[])
        .env("VECOPS_POSTGRES_BIN", "/nowhere/bin")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(12));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("/nowhere/bin") && said.contains("VECOPS_POSTGRES_BIN"),
        "{said}"
    );
}
