//! How an address is protected: which TLS mode, which CA, and what the user should know about it.
//!
//! `verify-full` where a CA is known or the system's roots do; on a Supabase host without its CA `require`
//! with one warning; plain text on this machine only, or where profile or URL say it in so many words. A
//! stray `PGSSLMODE` never takes a remote host below `require`.
//! Modes: PostgreSQL documentation, 34.19 "SSL Support".

use std::path::PathBuf;

use serde::Serialize;
use sqlx::postgres::PgSslMode;

use super::endpoint::{is_loopback, is_supabase};
use super::profile::TlsChoice;
use super::provenance::{Resolved, Source};
use super::trust;
use super::variables::Variables;
use crate::error::{Error, Result};

/// How a connection is protected, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// The chain and the host name are verified.
    VerifyFull,
    /// The chain is verified.
    VerifyCa,
    /// Encrypted; nobody checks to whom.
    Require,
    /// Encrypted where the server can; on this machine only.
    Prefer,
    /// Plain text.
    Disable,
}

impl TlsMode {
    /// libpq's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::VerifyFull => "verify-full",
            Self::VerifyCa => "verify-ca",
            Self::Require => "require",
            Self::Prefer => "prefer",
            Self::Disable => "disable",
        }
    }

    pub(super) fn for_sqlx(self) -> PgSslMode {
        match self {
            Self::VerifyFull => PgSslMode::VerifyFull,
            Self::VerifyCa => PgSslMode::VerifyCa,
            Self::Require => PgSslMode::Require,
            Self::Prefer => PgSslMode::Prefer,
            Self::Disable => PgSslMode::Disable,
        }
    }

    /// Whether somebody checks the certificate.
    pub fn verifies(self) -> bool {
        matches!(self, Self::VerifyFull | Self::VerifyCa)
    }
}

/// The protection of one address.
#[derive(Debug, Clone, Serialize)]
pub struct Tls {
    /// The mode.
    pub mode: Resolved<TlsMode>,
    /// The file of CA certificates that are trusted besides the system's.
    pub ca: Option<Resolved<PathBuf>>,
    /// What the user should know.
    pub warning: Option<String>,
}

impl Tls {
    /// No TLS, without a word: for servers that vecops or the Supabase CLI runs on this machine.
    pub(super) fn none() -> Self {
        Self {
            mode: Resolved::built_in(TlsMode::Disable),
            ca: None,
            warning: None,
        }
    }
}

/// What was said about TLS, by whom.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) profile_tls: Option<Resolved<TlsChoice>>,
    pub(super) profile_ca: Option<Resolved<PathBuf>>,
    pub(super) url_mode: Option<Resolved<String>>,
    pub(super) url_ca: Option<Resolved<String>>,
}

/// Decides the protection of a host.
pub(super) fn decide(host: &str, profile: &str, wishes: &Wishes, variables: &Variables<'_>) -> Result<Tls> {
    if host.starts_with('/') {
        return Ok(Tls::none());
    }
    let ca = ca(host, profile, wishes, variables)?;
    let (mode, warning) = match said(host, wishes, variables)? {
        Some(said) => said,
        None => by_host(host, ca.is_some(), variables),
    };
    // As in libpq, `require` with a CA at hand checks the chain.
    let mode = mode.map(|mode| match mode {
        TlsMode::Require if ca.is_some() => TlsMode::VerifyCa,
        other => other,
    });
    let warning = warning.filter(|_| !mode.value.verifies());
    Ok(Tls { mode, ca, warning })
}

type Decision = (Resolved<TlsMode>, Option<String>);

/// The mode that profile, URL or environment ask for.
fn said(host: &str, wishes: &Wishes, variables: &Variables<'_>) -> Result<Option<Decision>> {
    if let Some(choice) = &wishes.profile_tls {
        let mode = match choice.value {
            TlsChoice::VerifyFull => TlsMode::VerifyFull,
            TlsChoice::Require => TlsMode::Require,
            TlsChoice::Disable => TlsMode::Disable,
        };
        let warning = unverified(host, mode, &choice.source);
        return Ok(Some((choice.clone().map(|_| mode), warning)));
    }
    let by_url = wishes.url_mode.clone();
    let by_variable = variables.get("PGSSLMODE");
    let from_url = by_url.is_some();
    let Some(asked) = by_url.or(by_variable) else {
        return Ok(None);
    };
    let mode = match (asked.value.as_str(), is_loopback(host)) {
        ("verify-full", _) => TlsMode::VerifyFull,
        ("verify-ca", _) => TlsMode::VerifyCa,
        ("prefer" | "allow", true) => TlsMode::Prefer,
        ("disable", true) => TlsMode::Disable,
        ("disable", false) if from_url => TlsMode::Disable,
        ("require", _) | ("prefer" | "allow" | "disable", false) => TlsMode::Require,
        _ => return Err(unknown_mode(&asked.source)),
    };
    let mut warning = unverified(host, mode, &asked.source);
    if mode == TlsMode::Require && asked.value != "require" {
        warning = Some(format!(
            "`sslmode={}` ({}) could end in plain text, so `{host}` is asked for TLS without verifying it; say `verify-full`",
            asked.value, asked.source
        ));
    }
    Ok(Some((asked.map(|_| mode), warning)))
}

fn by_host(host: &str, has_ca: bool, variables: &Variables<'_>) -> Decision {
    if is_loopback(host) {
        let mode = if has_ca {
            TlsMode::VerifyFull
        } else {
            TlsMode::Prefer
        };
        return (Resolved::built_in(mode), None);
    }
    if !is_supabase(host) {
        return (Resolved::built_in(TlsMode::VerifyFull), None);
    }
    let skip = "SUPABASE_CA_SKIP_VERIFY";
    if variables.environment().is_on(skip) {
        let source = Source::Variable(skip.to_owned());
        let warning = format!("the certificate of `{host}` is not verified (${skip})");
        return (Resolved::new(TlsMode::Require, source), Some(warning));
    }
    if has_ca {
        return (Resolved::built_in(TlsMode::VerifyFull), None);
    }
    let warning = format!(
        "the certificate of `{host}` is not verified, because Supabase's CA is not known here; download it from \
         the dashboard (Database settings, SSL configuration) and run `vecops profile trust FILE`"
    );
    (Resolved::built_in(TlsMode::Require), Some(warning))
}

/// What is worth saying about a mode that was asked for and verifies nothing.
fn unverified(host: &str, mode: TlsMode, source: &Source) -> Option<String> {
    if is_loopback(host) {
        return None;
    }
    match mode {
        TlsMode::Require if is_supabase(host) => Some(format!(
            "the certificate of `{host}` is not verified (`sslmode=require`, {source}); run `vecops profile trust FILE` with Supabase's CA"
        )),
        TlsMode::Require => Some(format!(
            "the certificate of `{host}` is not verified (`sslmode=require`, {source})"
        )),
        TlsMode::Disable => Some(format!("the connection to `{host}` is plain text ({source})")),
        _ => None,
    }
}

fn unknown_mode(source: &Source) -> Error {
    Error::configuration(format!("the `sslmode` of {source} is none of libpq's"))
        .hint("Say `sslmode=verify-full`, `verify-ca`, `require` or, on this machine, `disable`.")
}

/// The CA file, the most particular one first.
fn ca(
    host: &str,
    profile: &str,
    wishes: &Wishes,
    variables: &Variables<'_>,
) -> Result<Option<Resolved<PathBuf>>> {
    let environment = variables.environment();
    if let Some(ca) = &wishes.profile_ca {
        return readable(ca.clone()).map(Some);
    }
    let by_variable = || variables.get("PGSSLROOTCERT");
    match wishes.url_ca.clone().or_else(by_variable) {
        // libpq's word for the system's roots, which are always trusted here.
        Some(ca) if ca.value == "system" => return Ok(None),
        Some(ca) => {
            let folder = match &ca.source {
                Source::EnvFile { path, .. } => path.parent(),
                _ => None,
            };
            let folder = folder.unwrap_or(&environment.working_folder).to_owned();
            return readable(ca.map(|path| folder.join(path))).map(Some);
        }
        None => {}
    }
    Ok(trust::stored_ca(&environment.config_folder, host, profile))
}

fn readable(ca: Resolved<PathBuf>) -> Result<Resolved<PathBuf>> {
    if ca.value.is_file() {
        return Ok(ca);
    }
    Err(Error::configuration(format!(
        "the CA file `{}` ({}) is not there",
        ca.value.display(),
        ca.source
    ))
    .hint("Correct the path, or take it out; `vecops profile show` prints where it comes from."))
}

#[cfg(test)]
mod tests {
    use super::super::environment::Environment;
    use super::*;

    fn decided(host: &str, url_mode: Option<&str>, variables: &[(&str, &str)]) -> (TlsMode, bool) {
        let environment = Environment {
            variables: variables
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            working_folder: "/nowhere".into(),
            config_folder: "/nowhere".into(),
            ..Environment::default()
        };
        let variables = Variables::general(&environment, "/nowhere".as_ref()).unwrap();
        let wishes = Wishes {
            url_mode: url_mode.map(|mode| Resolved::built_in(mode.to_owned())),
            ..Wishes::default()
        };
        let tls = decide(host, "p", &wishes, &variables).unwrap();
        (tls.mode.value, tls.warning.is_some())
    }

    type Case<'a> = (
        &'a str,
        Option<&'a str>,
        &'a [(&'a str, &'a str)],
        (TlsMode, bool),
    );

    #[test]
    fn the_table_of_modes() {
        let supabase = "db.abcdefghijklmnopqrst.supabase.co";
        let cases: &[Case<'_>] = &[
            (supabase, None, &[], (TlsMode::Require, true)),
            (supabase, Some("verify-full"), &[], (TlsMode::VerifyFull, false)),
            (supabase, Some("prefer"), &[], (TlsMode::Require, true)),
            (
                supabase,
                None,
                &[("SUPABASE_CA_SKIP_VERIFY", "true")],
                (TlsMode::Require, true),
            ),
            ("db.example.org", None, &[], (TlsMode::VerifyFull, false)),
            (
                "db.example.org",
                None,
                &[("PGSSLMODE", "disable")],
                (TlsMode::Require, true),
            ),
            ("db.example.org", Some("disable"), &[], (TlsMode::Disable, true)),
            ("db.example.org", Some("allow"), &[], (TlsMode::Require, true)),
            ("127.0.0.1", None, &[], (TlsMode::Prefer, false)),
            ("localhost", Some("require"), &[], (TlsMode::Require, false)),
            ("/tmp", Some("require"), &[], (TlsMode::Disable, false)),
        ];
        for (host, mode, variables, expected) in cases {
            assert_eq!(
                decided(host, *mode, variables),
                *expected,
                "{host} {mode:?} {variables:?}"
            );
        }
    }

    #[test]
    fn a_ca_makes_it_verified() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs_err::write(&file, "x").unwrap();
        let file = file.to_str().unwrap();
        let ca = &[("PGSSLROOTCERT", file)];
        assert_eq!(
            decided("db.abcdefghijklmnopqrst.supabase.co", None, ca),
            (TlsMode::VerifyFull, false)
        );
        assert_eq!(decided("127.0.0.1", None, ca), (TlsMode::VerifyFull, false));
        assert_eq!(
            decided("db.example.org", Some("require"), ca),
            (TlsMode::VerifyCa, false)
        );
    }
}
