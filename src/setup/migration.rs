//! Writes a plan as a migration that the Supabase CLI applies: `supabase/migrations/<version>_<name>.sql`.
//!
//! That CLI sends a file's statements in one transaction, and runs `... CONCURRENTLY` alone, committing what came
//! before it; so a migration never contains it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

use super::apply::refuse_blocked;
use super::plan::{Phase, Plan};
use crate::error::{Context as _, Error, Result};

/// A migration that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Migration {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, the digits in front of its name.
    pub version: String,
    /// The titles of its steps.
    pub steps: Vec<String>,
}

/// The plan as the text of a migration.
pub fn migration_text(plan: &Plan) -> Result<String> {
    refuse_blocked(plan)?;
    let mut text = format!(
        "-- Written by `vecops setup migration` for {}.\n-- Every statement may run again on what it made.\n",
        plan.collections.join(", ")
    );
    for step in &plan.steps {
        let sql = step.migration_sql.as_ref().unwrap_or(&step.sql);
        let waits = match step.phase {
            Phase::Afterwards => " (inside a migration this stops writers until it is done)",
            Phase::Transaction => "",
        };
        // A comment ends with its line, so a name in it must not bring another one.
        let title = step.title.replace(['\n', '\r'], " ");
        write!(text, "\n-- {title}{waits}\n{sql}\n").map_err(|error| Error::bug(error.to_string()))?;
    }
    Ok(text)
}

/// Writes the migration into `folder`, under a version that no file there has; never over a file.
pub fn write_migration(folder: &Path, name: &str, at: Timestamp, plan: &Plan) -> Result<Migration> {
    let name = checked_name(name)?;
    let text = migration_text(plan)?;
    fs_err::create_dir_all(folder).context("make the folder of the migrations")?;
    let taken = versions(folder)?;
    let mut at = at;
    let mut version = version_of(at);
    while taken.contains(&version) {
        at += SignedDuration::from_secs(1);
        version = version_of(at);
    }
    let path = folder.join(format!("{version}_{name}.sql"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    readable_by_everyone(file.as_file())?;
    file.persist_noclobber(&path).map_err(|error| {
        Error::conflict(format!(
            "`{}` appeared while the migration was written",
            path.display()
        ))
        .cause(error.error)
        .hint("Run `vecops setup migration` again.")
    })?;
    Ok(Migration {
        path,
        version,
        steps: plan.steps.iter().map(|step| step.title.clone()).collect(),
    })
}

fn checked_name(name: &str) -> Result<&str> {
    let simple = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.len() <= 100 && name.chars().all(simple) {
        return Ok(name);
    }
    Err(Error::usage(format!("`{name}` is no name for a migration"))
        .hint("Use letters, digits, `_` and `-`, as in `--name vector_collections`."))
}

/// The versions that the folder's migrations have.
fn versions(folder: &Path) -> Result<Vec<String>> {
    let mut versions = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name();
        let digits: String = name
            .to_string_lossy()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        versions.push(digits);
    }
    Ok(versions)
}

fn version_of(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S").to_string()
}

/// A temporary file is its owner's alone; a migration is read by whoever applies it.
#[cfg(unix)]
fn readable_by_everyone(file: &std::fs::File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.set_permissions(std::fs::Permissions::from_mode(0o644))?)
}

#[cfg(not(unix))]
fn readable_by_everyone(_file: &std::fs::File) -> Result<()> {
    Ok(())
}
