//! Whose account the server runs under: never root's, else the caller's.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use vecops::embedded;

use crate::support::{cache_folder, majors, passable_folder, server, variable};

/// The ids of `nobody`, which every system has.
const NOBODY: u32 = 65534;

#[tokio::test]
async fn the_server_never_runs_as_root_and_only_the_caller_reads_the_state() {
    for major in majors() {
        let server = server(major).await;
        let folder = &server.running.data_folder;
        let owner = |name: &str| folder.join(name).metadata().unwrap();
        assert_ne!(owner("postgresql").uid(), 0);
        assert_eq!(owner("postgresql").permissions().mode() & 0o777, 0o700);
        assert_eq!(owner("state.json").permissions().mode() & 0o777, 0o600);
        let caller = tempfile::tempfile().unwrap().metadata().unwrap().uid();
        assert_eq!(owner("state.json").uid(), caller);
    }
}

#[tokio::test]
async fn an_ordinary_user_runs_it_under_their_own_account() {
    let is_root = embedded::runs_as_root().unwrap();
    let major = majors()[0];
    // What is installed is shared; the rest of this test belongs to the ordinary user.
    server(major).await;
    let folder = passable_folder();
    let program = folder.path().join("vecops");
    // Another process copies: what this one has open for writing while another test forks cannot be run.
    let copied = Command::new("cp")
        .args([env!("CARGO_BIN_EXE_vecops").as_ref(), program.as_os_str()])
        .status();
    assert!(copied.unwrap().success());
    let home = folder.path().join("home");
    fs_err::create_dir(&home).unwrap();
    if is_root {
        std::os::unix::fs::chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let vecops = |command: &str| {
        run_as_user(
            is_root,
            &program,
            &home,
            &["embedded", command, "--major", &major.to_string()],
        );
    };
    vecops("start");
    let cluster = home.join(format!(".local/share/vecops/embedded/{major}/postgresql"));
    let owner = cluster.metadata().unwrap().uid();
    vecops("stop");
    assert_eq!(owner, home.metadata().unwrap().uid());
    assert_ne!(owner, 0);
}

fn run_as_user(is_root: bool, program: &Path, home: &Path, arguments: &[&str]) {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(home)
        .env_clear()
        .env("PATH", variable("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_CACHE_HOME", cache_folder().parent().unwrap());
    if let Some(bin) = variable("VECOPS_POSTGRES_BIN") {
        command.env("VECOPS_POSTGRES_BIN", bin);
    }
    if is_root {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
