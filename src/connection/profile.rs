//! The profiles that `vecops.toml` declares: `default_profile` and `[profiles.NAME]`.
//!
//! Each key keeps its place, so that a value's origin and an error name the line. A password in the file is
//! refused: the file is meant to be committed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::address_url::ConnectionUrl;
use super::endpoint::is_project_ref;
use super::provenance::{Resolved, Source};
use crate::error::{Error, Result};
use crate::manifest::ManifestFile;

/// The profiles that need no declaration.
pub const BUILT_IN: &[&str] = &["embedded", "local", "linked"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default_profile: Option<Spanned<String>>,
    #[serde(default)]
    profiles: BTreeMap<String, Spanned<ProfileTable>>,
    #[serde(rename = "collections")]
    _collections: Option<IgnoredAny>,
    #[serde(rename = "providers")]
    _providers: Option<IgnoredAny>,
}

/// The keys of one `[profiles.NAME]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileTable {
    pub(super) url: Option<Spanned<String>>,
    pub(super) url_env: Option<Spanned<String>>,
    pub(super) project_ref: Option<Spanned<String>>,
    pub(super) pooler_url: Option<Spanned<String>>,
    pub(super) user: Option<Spanned<String>>,
    pub(super) database: Option<Spanned<String>>,
    pub(super) password_env: Option<Spanned<String>>,
    pub(super) password_command: Option<Spanned<String>>,
    pub(super) password_from: Option<Spanned<PasswordFrom>>,
    pub(super) endpoint: Option<Spanned<EndpointChoice>>,
    pub(super) env_file: Option<Spanned<PathBuf>>,
    pub(super) protected: Option<Spanned<bool>>,
    pub(super) tls: Option<Spanned<TlsChoice>>,
    pub(super) tls_ca: Option<Spanned<PathBuf>>,
    pub(super) role: Option<Spanned<String>>,
}

impl ProfileTable {
    /// Whether it says where its password comes from.
    pub(super) fn says_password(&self) -> bool {
        self.password_env.is_some() || self.password_command.is_some() || self.password_from.is_some()
    }
}

/// `password_from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PasswordFrom {
    AccessToken,
}

/// `endpoint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum EndpointChoice {
    Auto,
    Direct,
    Session,
    Transaction,
}

/// `tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TlsChoice {
    VerifyFull,
    Require,
    Disable,
}

/// The declared profiles of one `vecops.toml`.
#[derive(Debug, Clone)]
pub(super) struct Profiles {
    manifest: ManifestFile,
    /// `default_profile`.
    pub default_profile: Option<Resolved<String>>,
    tables: BTreeMap<String, (ProfileTable, usize)>,
}

impl Profiles {
    /// Reads the profiles' part of the file and checks what can be checked without connecting.
    pub(super) fn read(manifest: &ManifestFile) -> Result<Self> {
        let file: File = manifest.parse()?;
        let mut profiles = Self {
            manifest: manifest.clone(),
            default_profile: None,
            tables: BTreeMap::new(),
        };
        profiles.default_profile = file.default_profile.map(|name| profiles.resolved(&name));
        for (name, table) in file.profiles {
            let span = table.span();
            let line = manifest.line_at(span.start);
            let table = table.into_inner();
            check(manifest, &name, &table).map_err(|error| error.context(format!("profile `{name}`")))?;
            if !is_profile_name(&name) {
                let message =
                    format!("profile name `{name}` has characters besides letters, digits, `-` and `_`");
                return Err(manifest.error_at(Some(span), &message));
            }
            profiles.tables.insert(name, (table, line));
        }
        if let Some(default) = &profiles.default_profile {
            profiles.expect_known(&default.value)?;
        }
        Ok(profiles)
    }

    /// The declared names, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// The line at which a profile is declared.
    pub(super) fn line(&self, name: &str) -> Option<usize> {
        self.tables.get(name).map(|(_, line)| *line)
    }

    /// The file that declares them.
    pub(super) fn manifest(&self) -> &ManifestFile {
        &self.manifest
    }

    pub(super) fn table(&self, name: &str) -> Option<&ProfileTable> {
        self.tables.get(name).map(|(table, _)| table)
    }

    /// A value and its line.
    pub(super) fn resolved<T: Clone>(&self, value: &Spanned<T>) -> Resolved<T> {
        Resolved::new(value.get_ref().clone(), self.source(value))
    }

    /// The line of a value.
    pub(super) fn source<T>(&self, value: &Spanned<T>) -> Source {
        Source::Manifest {
            path: self.manifest.path.clone(),
            line: self.manifest.line_at(value.span().start),
        }
    }

    /// Refuses a name that is neither declared nor built in.
    pub(super) fn expect_known(&self, name: &str) -> Result<()> {
        if self.tables.contains_key(name) || BUILT_IN.contains(&name) {
            return Ok(());
        }
        Err(unknown_profile(name, self.names()))
    }
}

/// The error for a profile that nobody declared.
pub(super) fn unknown_profile<'a>(name: &str, declared: impl Iterator<Item = &'a str>) -> Error {
    let mut known: Vec<_> = declared.chain(BUILT_IN.iter().copied()).collect();
    known.sort_unstable();
    known.dedup();
    Error::configuration(format!("profile `{name}` is not declared"))
        .cause(format!("known profiles: {}", known.join(", ")))
        .hint("Run `vecops profile list`, or declare it in `vecops.toml`.")
}

/// A name becomes part of a file name (`.env.<profile>`), so it must not lead elsewhere.
fn is_profile_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn check(manifest: &ManifestFile, name: &str, table: &ProfileTable) -> Result<()> {
    for (key, url) in [("url", &table.url), ("pooler_url", &table.pooler_url)] {
        if let Some(url) = url {
            check_url(manifest, name, key, url)?;
        }
    }
    if name == "embedded" {
        check_embedded(manifest, table)?;
    }
    let origins = [
        table.url.as_ref().map(Spanned::span),
        table.url_env.as_ref().map(Spanned::span),
        table.project_ref.as_ref().map(Spanned::span),
    ];
    let given: Vec<_> = origins.into_iter().flatten().collect();
    if let [_, second, ..] = given.as_slice() {
        let message = "a profile has one of `url`, `url_env` and `project_ref`";
        return Err(manifest.error_at(Some(second.clone()), message));
    }
    if let Some(project) = table
        .project_ref
        .as_ref()
        .filter(|project| !is_project_ref(project.get_ref()))
    {
        let message = format!("`{}` has not the shape of a project ref", project.get_ref());
        return Err(manifest
            .error_at(Some(project.span()), &message)
            .hint("It is the part before `.supabase.co` in the project's URL."));
    }
    if let (Some(pooler), None) = (&table.pooler_url, &table.project_ref)
        && name != "linked"
    {
        return Err(manifest.error_at(Some(pooler.span()), "`pooler_url` goes with `project_ref`"));
    }
    Ok(())
}

/// `vecops demo` and `vecops embedded` stand on this name meaning vecops' own server and nothing else.
fn check_embedded(manifest: &ManifestFile, table: &ProfileTable) -> Result<()> {
    let span = |value: Option<&Spanned<String>>| value.map(Spanned::span);
    let keys = [
        ("url", span(table.url.as_ref())),
        ("url_env", span(table.url_env.as_ref())),
        ("project_ref", span(table.project_ref.as_ref())),
        ("pooler_url", span(table.pooler_url.as_ref())),
        ("user", span(table.user.as_ref())),
        ("database", span(table.database.as_ref())),
        ("password_env", span(table.password_env.as_ref())),
        ("password_command", span(table.password_command.as_ref())),
        ("password_from", table.password_from.as_ref().map(Spanned::span)),
        ("endpoint", table.endpoint.as_ref().map(Spanned::span)),
        ("tls", table.tls.as_ref().map(Spanned::span)),
        ("tls_ca", table.tls_ca.as_ref().map(Spanned::span)),
    ];
    let elsewhere = keys.into_iter().find_map(|(key, span)| Some((key, span?)));
    let Some((key, span)) = elsewhere else {
        return Ok(());
    };
    let message = format!("`embedded` is vecops' own server and has no `{key}`");
    Err(manifest
        .error_at(Some(span), &message)
        .hint("Declare another database under another name."))
}

fn check_url(manifest: &ManifestFile, name: &str, key: &str, url: &Spanned<String>) -> Result<()> {
    let parsed = ConnectionUrl::parse(url.get_ref()).map_err(|error| {
        let place = manifest.error_at(Some(url.span()), &format!("`{key}` is no connection URL"));
        let place = error
            .causes()
            .iter()
            .fold(place.cause(error.message()), Error::cause);
        error.hints().iter().fold(place, Error::hint)
    })?;
    match parsed.password {
        Some(password) if !password.expose_secret().is_empty() => {
            let message = format!("`{key}` holds a password; this file is no place for secrets");
            let variable = format!("{}_DB_PASSWORD", name.to_uppercase().replace('-', "_"));
            Err(manifest.error_at(Some(url.span()), &message).hint(format!(
                "Take it out and set `password_env = \"{variable}\"` or `password_command`; change the password if the file was shared."
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Profiles> {
        Profiles::read(&ManifestFile {
            path: "vecops.toml".into(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn an_error_names_the_line() {
        let secret = "[profiles.a]\nuser = \"x\"\nurl = \"postgres://u:hunter2@h/d\"\n";
        let error = read(secret).unwrap_err();
        assert!(error.to_string().contains("vecops.toml:3"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
        for (text, expected) in [
            (
                "[profiles.a]\nurl = \"postgres://h/d\"\nproject_ref = \"abcdefghijklmnopqrst\"",
                "toml:3",
            ),
            ("[profiles.a]\nulr = \"x\"", "unknown field"),
            ("[profiles.a]\nproject_ref = \"x.evil.example\"", "toml:2"),
            ("default_profile = \"nope\"", "`nope` is not declared"),
            ("[profiles.\"../x\"]", "has characters"),
            ("[profiles.embedded]\nurl = \"postgres://h/d\"", "toml:2"),
            (
                "[profiles.embedded]\nprotected = true\ntls = \"disable\"",
                "toml:3",
            ),
            ("[profiles.a]\ntls = \"maybe\"", "toml:2"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn other_sections_are_left_to_their_owners() {
        let profiles =
            read("default_profile = \"a\"\n[profiles.a]\nurl_env = \"X\"\n[collections.c]\nany = 1\n")
                .unwrap();
        assert_eq!(profiles.names().collect::<Vec<_>>(), ["a"]);
        assert_eq!(profiles.line("a"), Some(2));
    }
}
