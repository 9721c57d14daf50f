//! The shell contract where no server is needed: help, usage, configuration errors, generated files.

use assert_cmd::Command;
use serde_json::Value;

/// The binary in an empty environment and an empty folder.
fn vecops(home: &tempfile::TempDir) -> Command {
    let mut command = Command::cargo_bin("vecops").unwrap();
    command
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home.path());
    command
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn help_of_every_command_has_examples_or_subcommands() {
    let mut poor = Vec::new();
    let definition = vecops::cli::definition();
    let mut rest: Vec<(String, clap::Command)> = vec![("vecops".to_owned(), definition)];
    while let Some((name, command)) = rest.pop() {
        let subs: Vec<_> = command
            .get_subcommands()
            .filter(|sub| !sub.is_hide_set())
            .cloned()
            .collect();
        let after = [command.get_after_help(), command.get_after_long_help()];
        let has_examples = after
            .iter()
            .flatten()
            .any(|text| text.to_string().contains("vecops "));
        if subs.is_empty() && !has_examples {
            poor.push(name.clone());
        }
        rest.extend(
            subs.into_iter()
                .map(|sub| (format!("{name} {}", sub.get_name()), sub)),
        );
    }
    assert!(poor.is_empty(), "these commands show no example: {poor:?}");
}

#[test]
fn wrong_usage_ends_with_2_and_says_nothing_on_stdout() {
    let home = home();
    for arguments in [
        &["nonsense"][..],
        &["search"],
        &["--output-format", "yaml", "completions", "bash"],
    ] {
        let output = vecops(&home).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn wrong_usage_with_json_is_an_error_object() {
    let home = home();
    let output = vecops(&home).args(["--json", "nonsense"]).output().unwrap();
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "usage");
    assert_eq!(error["error"]["exit_code"], 2);
}

#[test]
fn completions_name_the_commands() {
    let home = home();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = vecops(&home).args(["completions", shell]).output().unwrap();
        assert!(output.status.success());
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("completions"), "{shell}");
    }
}

#[test]
fn generated_files_are_fresh() {
    let home = home();
    let output = vecops(&home)
        .args(["generate", "--check", env!("CARGO_MANIFEST_DIR")])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "run `cargo run -- generate`:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
