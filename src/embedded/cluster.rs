//! Making a database cluster, and its settings.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use secrecy::ExposeSecret as _;

use super::account::{self, Account};
use super::lock::Lock;
use super::place::{Place, delete_folder, make_folders};
use super::state::{Login, State};
use super::{ADMINISTRATOR, Major, Programs};
use crate::error::{Context as _, Error, Result};

/// Makes a new cluster where there is none, or where an earlier one was never completed.
pub(super) async fn create(
    place: &Place,
    state: &State,
    account: &Account,
    lock: &Lock,
    durable: bool,
) -> Result<()> {
    make_folders(&place.folder(), if account.is_other() { 0o711 } else { 0o700 })?;
    state.write(place)?;
    delete_folder(&place.cluster())?;
    make_folders(&place.cluster(), 0o700)?;
    account.own(&place.cluster())?;

    let locales = locales(place.major());
    let last = locales.len().saturating_sub(1);
    for (index, locale) in locales.iter().enumerate() {
        match initdb(place, state, account, lock, durable, locale).await {
            Ok(()) => break,
            // An unknown locale is found out before anything is written; initdb cleans up after itself.
            Err(error) if index == last => return Err(explain(error, place, account)),
            Err(error) => tracing::debug!(%error, ?locale, "this locale cannot be used"),
        }
    }
    let main = place.cluster().join("postgresql.conf");
    let mut file = std::fs::File::options()
        .append(true)
        .open(&main)
        .context("open `postgresql.conf`")?;
    writeln!(
        file,
        "\n# Written by vecops at each start.\ninclude '../server.conf'"
    )
    .context("extend `postgresql.conf`")?;
    Ok(())
}

/// The locales to try, the best first: bytewise order with Unicode's letters, as fast and as stable as can be.
fn locales(major: Major) -> &'static [&'static [&'static str]] {
    match major {
        Major::V16 => &[&["--locale=C.UTF-8"], &["--locale=C"]],
        Major::V18 => &[
            &[
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
            ],
            &["--locale=C"],
        ],
    }
}

async fn initdb(
    place: &Place,
    state: &State,
    account: &Account,
    lock: &Lock,
    durable: bool,
    locale: &[&str],
) -> Result<()> {
    let mut password = tempfile::NamedTempFile::new_in(place.folder()).context("make the password file")?;
    writeln!(
        password,
        "{}",
        state.password(Login::Administrator).expose_secret()
    )
    .context("write the password file")?;
    account.own(password.path())?;
    let mut command = account.working_command(&state.programs.program("initdb"), lock)?;
    command
        .arg("-D")
        .arg(place.cluster())
        .args([
            "-U",
            ADMINISTRATOR,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--no-instructions",
            "--pwfile",
        ])
        .arg(password.path())
        .args(locale);
    if !durable {
        command.arg("--no-sync");
    }
    account::run(command, "make the database cluster").await.map(drop)
}

fn explain(error: Error, place: &Place, account: &Account) -> Error {
    let is_denied = error
        .causes()
        .iter()
        .any(|cause| cause.contains("Permission denied"));
    if is_denied && account.is_other() {
        let name = account.name();
        return error.hint(format!(
            "As root the server runs as `{name}`, who must be able to reach `{}`: choose another place with `--dir`.",
            place.folder().display()
        ));
    }
    error
}

/// Writes the settings of the next start.
pub(super) fn write_settings(place: &Place, state: &State, account: &Account, durable: bool) -> Result<()> {
    if let Some(socket) = place.socket() {
        make_folders(&socket, 0o700)?;
        account.own(&socket)?;
    }
    let path = place.folder().join("server.conf");
    fs_err::write(&path, settings(place, state.port, &state.programs, durable))?;
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o644))?;
    Ok(())
}

/// The settings: those of a small Supabase project where they matter to what vecops shows.
fn settings(place: &Place, port: u16, programs: &Programs, durable: bool) -> String {
    let socket = place
        .socket()
        .map(|folder| folder.display().to_string())
        .unwrap_or_default();
    let preload = if programs.has_extension("pg_stat_statements") {
        "pg_stat_statements"
    } else {
        ""
    };
    let mut lines = vec![
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", socket.as_str()),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
        ("maintenance_work_mem", "256MB"),
        ("max_parallel_maintenance_workers", "2"),
        ("random_page_cost", "1.1"),
        ("shared_preload_libraries", preload),
        ("statement_timeout", "2min"),
        ("search_path", "\"$user\", public, extensions"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("lc_messages", "C"),
    ];
    if !durable {
        lines.extend([
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
        ]);
    }
    let mut text = format!("port = {port}\n");
    for (name, value) in lines {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
    }
    text
}
