//! The README's tour, run as it stands there, on a new machine's empty home.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vecops::embedded::Major;
use vecops::seed::builtin;

use crate::support::{Sandbox, majors};

/// The commands of the first block after `heading`.
fn block_after(readme: &str, heading: &str) -> Vec<String> {
    let (_, rest) = readme.split_once(heading).expect("the README has lost a heading");
    let (_, rest) = rest.split_once("```sh\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    block
        .lines()
        .map(str::to_owned)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Stops the sandbox's embedded server however the test ends.
struct Server<'a>(&'a Sandbox, Major);

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.0
            .vecops(&["embedded", "stop", "--major", &self.1.to_string()])
            .output()
            .unwrap();
    }
}

#[test]
fn the_readme_tour_works_as_written() {
    let readme = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let commands = block_after(&readme, "The same by hand");
    assert!(commands.len() >= 8, "the tour is gone: {commands:?}");

    let sandbox = Sandbox::new();
    let _server = Server(&sandbox, Major::V18);
    let programs = Path::new(env!("CARGO_BIN_EXE_vecops")).parent().unwrap();
    let as_made = sandbox.vecops(&[]);
    let environment: Vec<_> = as_made
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    for command in &commands {
        let mut path = std::ffi::OsString::from(programs);
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(sandbox.path())
            .env_clear()
            .envs(environment.iter().cloned())
            .env("PATH", path)
            .env("VECOPS_YES", "1")
            .output()
            .unwrap();
        // A plan that finds something to do answers 3.
        let expected = if command.starts_with("vecops setup plan") {
            3
        } else {
            0
        };
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stdout = String::from_utf8_lossy(&output.stdout);
        println!("$ {command}\n{stdout}{stderr}");
        assert_eq!(output.status.code(), Some(expected), "{command}");
        if command.contains("why-sunset-red") {
            assert!(stdout.contains("At sunset"), "{stdout}");
        }
    }
}

#[test]
fn the_demo_answers_its_question_and_leaves_what_it_is_told_to() {
    for major in majors() {
        let sandbox = Sandbox::new();
        let _server = Server(&sandbox, major);
        let version = major.to_string();
        let demo = |more: &[&str]| {
            let arguments = [&["demo", "--json", "--major", &version], more].concat();
            let output = sandbox.vecops(&arguments).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            serde_json::from_slice::<Value>(&output.stdout).unwrap()["data"].take()
        };
        let running = || {
            sandbox
                .vecops(&["embedded", "status", "--major", &version])
                .output()
                .unwrap()
                .status
                .success()
        };

        let shown = demo(&[]);
        let answers = builtin::question("why-sunset-red").unwrap().answers;
        let nearest: i64 = shown["search"]["neighbours"][0]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(answers.contains(&nearest), "{shown:#}");
        assert_eq!(shown["search"]["neighbours"].as_array().unwrap().len(), 5);
        assert_eq!(shown["search"]["index"], "passages_embedding_cosine_hnsw");
        assert!(!running(), "the demo leaves its server running");

        demo(&["--keep", "--query", "onion-tears"]);
        assert!(running(), "the demo was told to keep its server");
        let search = [
            "search",
            "vecops_demo.passages",
            "--like",
            "17",
            "--profile",
            "embedded",
        ];
        assert!(sandbox.vecops(&search).output().unwrap().status.success());
        // A server that ran before goes on; the demo's schema goes.
        demo(&[]);
        assert!(running());
        assert_eq!(sandbox.vecops(&search).output().unwrap().status.code(), Some(12));
    }
}

#[test]
fn the_demo_touches_no_other_profile() {
    let sandbox = Sandbox::new();
    for other in [
        ["--profile", "linked"],
        ["--db-url", "postgresql://u@127.0.0.1:1/d"],
    ] {
        let output = sandbox
            .vecops(&[&["demo"], &other[..]].concat())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[test]
fn init_writes_no_password_and_overwrites_nothing_unasked() {
    let sandbox = Sandbox::new();
    let url = "postgresql://postgres:hunter22@db.example.org:5432/postgres";
    let new = ["init", "--profile-name", "staging", "--url", url, "--protected"];
    let output = sandbox.vecops(&new).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let manifest = sandbox.path().join("vecops.toml");
    let text = fs_err::read_to_string(&manifest).unwrap();
    insta::assert_snapshot!(text, @r#"
    # What vecops works on. No secret belongs here: passwords come from the environment, from .env files or
    # from a command.

    default_profile = "staging"

    [profiles.staging]
    url = "postgresql://postgres@db.example.org:5432/postgres"
    password_env = "STAGING_DB_PASSWORD"
    protected = true

    [collections.passages]
    dimensions = 384
    element = "vector"               # vector, halfvec
    metric = "cosine"                # cosine, inner-product, l2, l1
    model = "sentence-transformers/all-MiniLM-L6-v2"
    normalized = true
    policy = "service"               # service, owner, public-read

    [collections.passages.index]
    method = "hnsw"
    m = 16
    ef_construction = 64
    "#);
    assert!(!String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).contains("hunter22"));

    assert_eq!(
        sandbox.vecops(&["init"]).output().unwrap().status.code(),
        Some(15)
    );
    assert_eq!(fs_err::read_to_string(&manifest).unwrap(), text);
    let wrong = sandbox
        .vecops(&["init", "--force", "--dimensions", "3072", "--element", "vector"])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(10), "{wrong:?}");
    assert_eq!(
        fs_err::read_to_string(&manifest).unwrap(),
        text,
        "a file that does not hold was written"
    );
    assert!(
        sandbox
            .vecops(&["init", "--force"])
            .output()
            .unwrap()
            .status
            .success()
    );
}
