//! From flags, environment and files to one target: first which profile, then what it says.
//!
//! A profile that was chosen by name is never redirected by a URL meant for another one: `SUPABASE_DB_URL` and
//! `DATABASE_URL` count where nothing was chosen, where the profile asks for them (`url_env`), in the profile's
//! own `.env` files, and (`SUPABASE_DB_URL`) for `linked`. `embedded` is never anything else, and `local` never
//! leaves this machine for a `.env.local`, which Next.js reads too. The rules for users: docs/profiles.md.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use toml::Spanned;

use super::address_url::ConnectionUrl;
use super::endpoint::{is_loopback, is_project_ref};
use super::environment::Environment;
use super::profile::{BUILT_IN, ProfileTable, Profiles, unknown_profile};
use super::provenance::{Resolved, Source};
use super::supabase_files::SupabaseFolder;
use super::target::Target;
use super::variables::Variables;
use super::{project, url_target};
use crate::error::{Error, Result};
use crate::manifest::ManifestFile;

/// How long a connection may take when nobody says otherwise.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the command line says about the target.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--db-url`.
    pub db_url: Option<SecretString>,
}

/// The embedded server that is running, as its owner knows it.
#[derive(Debug, Clone)]
pub struct EmbeddedAddress {
    /// The host, or the folder of its socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// The database.
    pub database: String,
}

/// Which target was chosen, before it is resolved.
#[derive(Debug, Clone)]
pub enum Choice {
    /// A profile by its name.
    Profile(Resolved<String>),
    /// A URL.
    Url(Resolved<SecretString>),
}

impl Choice {
    /// Whether it is the embedded server, whose address its owner must supply.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Profile(profile) if profile.value == "embedded")
    }
}

/// A profile in a list.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ProfileEntry {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub source: Source,
    /// Whether a command without `--profile` uses it.
    pub chosen: bool,
    /// What stands where, as a URL without a password; none where it cannot be resolved.
    pub address: Option<String>,
    /// Why it cannot be resolved.
    pub problem: Option<String>,
    /// Whether destructive work wants its name.
    pub protected: bool,
}

/// Everything that says where databases are: the environment, `vecops.toml`, the Supabase CLI's files.
#[derive(Debug)]
pub struct Configuration<'e> {
    pub(super) environment: &'e Environment,
    pub(super) profiles: Option<Profiles>,
    pub(super) supabase: Option<SupabaseFolder>,
    pub(super) folder: PathBuf,
}

impl<'e> Configuration<'e> {
    /// Reads the declared profiles and finds the Supabase CLI's folder.
    pub fn read(manifest: Option<&ManifestFile>, environment: &'e Environment) -> Result<Self> {
        let folder = manifest.map(|manifest| environment.working_folder.join(manifest.folder()));
        Ok(Self {
            environment,
            profiles: manifest.map(Profiles::read).transpose()?,
            supabase: SupabaseFolder::find(environment, folder.as_deref()),
            folder: folder.unwrap_or_else(|| environment.working_folder.clone()),
        })
    }

    /// Decides which target a selection means.
    pub fn choose(&self, selection: &Selection) -> Result<Choice> {
        if let Some(url) = &selection.db_url {
            return Ok(Choice::Url(Resolved::new(url.clone(), Source::Flag("--db-url"))));
        }
        if let Some(name) = &selection.profile {
            return Ok(Choice::Profile(Resolved::new(
                name.clone(),
                Source::Flag("--profile"),
            )));
        }
        let general = self.general_variables()?;
        match (general.get("VECOPS_DB_URL"), general.get("VECOPS_PROFILE")) {
            (Some(url), None) => return Ok(Choice::Url(url.map(SecretString::from))),
            (None, Some(profile)) => return Ok(Choice::Profile(profile)),
            (Some(url), Some(profile)) => return stronger(url, profile),
            (None, None) => {}
        }
        let declared = self
            .profiles
            .as_ref()
            .and_then(|profiles| profiles.default_profile.clone());
        if let Some(profile) = declared {
            return Ok(Choice::Profile(profile));
        }
        if let Some(url) = general
            .get("SUPABASE_DB_URL")
            .or_else(|| general.get("DATABASE_URL"))
        {
            return Ok(Choice::Url(url.map(SecretString::from)));
        }
        self.found_without_words().map(Choice::Profile)
    }

    /// The profile that what lies around suggests: linked, local, and the embedded server last.
    fn found_without_words(&self) -> Result<Resolved<String>> {
        let said = self.supabase_variables()?.get("SUPABASE_PROJECT_ID");
        let linked = said.or_else(|| self.supabase.as_ref().and_then(SupabaseFolder::project_ref));
        if let Some(project) = linked {
            return Ok(project.map(|_| "linked".to_owned()));
        }
        Ok(match &self.supabase {
            Some(folder) if folder.has_config() => {
                Resolved::new("local".to_owned(), Source::File(folder.config_path()))
            }
            _ => Resolved::built_in("embedded".to_owned()),
        })
    }

    /// Resolves a choice to a target; the address of the embedded server comes from the caller.
    pub fn resolve(&self, choice: &Choice, embedded: Option<&EmbeddedAddress>) -> Result<Target> {
        match choice {
            Choice::Url(url) => {
                let variables = self.general_variables()?;
                url_target::resolve(&url_target::Given {
                    configuration: self,
                    variables: &variables,
                    profile: None,
                    table: &ProfileTable::default(),
                    url: url.clone(),
                    chosen_by: url.source.clone(),
                })
            }
            Choice::Profile(name) => self.resolve_profile(name, embedded),
        }
    }

    /// Every profile, declared and built in, in order.
    pub fn list(
        &self,
        selection: &Selection,
        embedded: Option<&EmbeddedAddress>,
    ) -> Result<Vec<ProfileEntry>> {
        let chosen = match self.choose(selection)? {
            Choice::Profile(name) => Some(name.value),
            Choice::Url(_) => None,
        };
        let declared = self.profiles.iter().flat_map(Profiles::names);
        let mut names: Vec<_> = declared
            .chain(BUILT_IN.iter().copied())
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names.dedup();
        let entry = |name: String| {
            let source = self.declared_at(&name);
            let target = self.resolve_profile(&Resolved::new(name.clone(), source.clone()), embedded);
            let protected = self.protects(&name);
            ProfileEntry {
                chosen: chosen.as_ref() == Some(&name),
                name,
                source,
                protected,
                problem: target.as_ref().err().map(ToString::to_string),
                address: target.ok().and_then(|target| {
                    let address = target.addresses.first()?;
                    Some(format!(
                        "{}, {}",
                        address.kind.name(),
                        address.redacted_url(false)
                    ))
                }),
            }
        };
        Ok(names.into_iter().map(entry).collect())
    }

    fn declared_at(&self, name: &str) -> Source {
        let place = self.profiles.as_ref().and_then(|profiles| {
            let line = profiles.line(name)?;
            Some(Source::Manifest {
                path: profiles.manifest().path.clone(),
                line,
            })
        });
        place.unwrap_or(Source::BuiltIn)
    }

    fn resolve_profile(&self, name: &Resolved<String>, embedded: Option<&EmbeddedAddress>) -> Result<Target> {
        let none = ProfileTable::default();
        let declared = self
            .profiles
            .as_ref()
            .and_then(|profiles| profiles.table(&name.value));
        self.expect_known(&name.value)?;
        let table = declared.unwrap_or(&none);
        let variables = self.variables_of(&name.value)?;
        if let Some(url) = self.url_of(&name.value, table, &variables)? {
            return url_target::resolve(&url_target::Given {
                configuration: self,
                variables: &variables,
                profile: Some(name.clone()),
                table,
                url: url.map(SecretString::from),
                chosen_by: name.source.clone(),
            });
        }
        let given = project::Given {
            configuration: self,
            variables: &variables,
            profile: name.clone(),
            table,
        };
        match name.value.as_str() {
            _ if table.project_ref.is_some() => project::resolve(&given),
            "embedded" => url_target::embedded(&given, embedded),
            "local" => url_target::local(&given),
            "linked" => project::resolve(&given),
            _ if variables.get_of_profile("SUPABASE_PROJECT_ID").is_some() => project::resolve(&given),
            _ => Err(Error::configuration(format!(
                "profile `{}` does not say where its database is",
                name.value
            ))
            .hint(
                "Give it `url`, `url_env` or `project_ref` in `vecops.toml`, or a URL in its `.env` file.",
            )),
        }
    }

    /// The URL of a profile, where it has one.
    fn url_of(
        &self,
        name: &str,
        table: &ProfileTable,
        variables: &Variables<'_>,
    ) -> Result<Option<Resolved<String>>> {
        if name == "embedded" {
            return Ok(None);
        }
        if let Some(variable) = self.said(table.url_env.as_ref()) {
            let unset = || {
                Error::configuration(format!(
                    "profile `{name}` takes its URL from `{}` ({}), which is not set",
                    variable.value, variable.source
                ))
                .hint(format!(
                    "Export `{}`, or put it into `.env.{name}`.",
                    variable.value
                ))
            };
            return variables.get(&variable.value).map(Some).ok_or_else(unset);
        }
        let says_where = table.url.is_some() || table.project_ref.is_some();
        let own = match name {
            "linked" if !says_where => variables.get("SUPABASE_DB_URL"),
            _ => variables.get_of_profile("SUPABASE_DB_URL"),
        };
        // An application's `DATABASE_URL` in the profile's file is the last resort.
        let own = own.or_else(|| {
            let url = variables.get_of_profile("DATABASE_URL")?;
            (!says_where && name != "linked").then_some(url)
        });
        let own = own.filter(|url| name != "local" || is_on_this_machine(&url.value));
        Ok(own.or_else(|| self.said(table.url.as_ref())))
    }

    /// A key of `vecops.toml` and its line.
    pub(super) fn said<T: Clone>(&self, value: Option<&Spanned<T>>) -> Option<Resolved<T>> {
        let profiles = self.profiles.as_ref()?;
        value.map(|value| profiles.resolved(value))
    }

    /// A path of `vecops.toml`, from the folder in which the file lies.
    pub(super) fn said_path(&self, value: Option<&Spanned<PathBuf>>) -> Option<Resolved<PathBuf>> {
        let folder: &Path = &self.folder;
        self.said(value).map(|path| path.map(|path| folder.join(path)))
    }

    /// `protected`, false where the profile does not say.
    pub(super) fn protected(&self, table: &ProfileTable) -> Resolved<bool> {
        self.said(table.protected.as_ref())
            .unwrap_or(Resolved::built_in(false))
    }

    /// The variables that sqlx takes from the environment whatever it is told, so that they are seen.
    pub(super) fn ambient(&self) -> Vec<(&'static str, Resolved<String>)> {
        let names = ["PGOPTIONS", "PGSSLCERT", "PGSSLKEY"];
        let found = names.into_iter().filter_map(|name| {
            let value = self.environment.variable(name)?;
            Some((
                name,
                Resolved::new(value.to_owned(), Source::Variable(name.to_owned())),
            ))
        });
        found.collect()
    }

    /// `connect_timeout` of the URL, `$PGCONNECT_TIMEOUT`, ten seconds.
    pub(super) fn connect_timeout(
        &self,
        url: Option<(&ConnectionUrl, &Source)>,
    ) -> Result<Resolved<Duration>> {
        if let Some((Some(seconds), source)) = url.map(|(url, source)| (url.connect_timeout, source)) {
            return Ok(Resolved::new(at_least_a_second(seconds), source.of_url()));
        }
        let name = "PGCONNECT_TIMEOUT";
        match self.environment.variable(name) {
            None => Ok(Resolved::built_in(CONNECT_TIMEOUT)),
            Some(text) => match text.parse() {
                Ok(seconds) => Ok(Resolved::new(
                    at_least_a_second(seconds),
                    Source::Variable(name.to_owned()),
                )),
                Err(_) => Err(Error::configuration(format!("`{name}` is no number of seconds"))),
            },
        }
    }

    /// The linked project: `$SUPABASE_PROJECT_ID` in its layers, then what the Supabase CLI saved.
    pub(super) fn linked_project(&self, variables: &Variables<'_>) -> Result<Option<Resolved<String>>> {
        let said = variables.get("SUPABASE_PROJECT_ID");
        let said = said.map(checked_project).transpose()?;
        Ok(said.or_else(|| self.supabase.as_ref().and_then(SupabaseFolder::project_ref)))
    }

    /// Refuses a name that is neither declared nor built in.
    pub fn expect_known(&self, name: &str) -> Result<()> {
        match &self.profiles {
            Some(profiles) => profiles.expect_known(name),
            None if BUILT_IN.contains(&name) => Ok(()),
            None => Err(unknown_profile(name, std::iter::empty())),
        }
    }

    /// Whether `vecops.toml` protects a profile, wherever its database is.
    pub fn protects(&self, name: &str) -> bool {
        let table = self.profiles.as_ref().and_then(|profiles| profiles.table(name));
        table.is_some_and(|table| self.protected(table).value)
    }
}

/// Two variables that both choose: the environment is stronger than a file, and equals are an error.
fn stronger(url: Resolved<String>, profile: Resolved<String>) -> Result<Choice> {
    let from_environment = |source: &Source| matches!(source, Source::Variable(_));
    match (from_environment(&url.source), from_environment(&profile.source)) {
        (true, false) => Ok(Choice::Url(url.map(SecretString::from))),
        (false, true) => Ok(Choice::Profile(profile)),
        _ => Err(Error::configuration(format!(
            "{} and {} both choose a target",
            url.source, profile.source
        ))
        .hint("Unset one of them, or say `--profile` or `--db-url`.")),
    }
}

/// A project ref from a variable, which must not smuggle anything into a host name.
pub(super) fn checked_project(project: Resolved<String>) -> Result<Resolved<String>> {
    if is_project_ref(&project.value) {
        return Ok(project);
    }
    Err(
        Error::configuration(format!("{} has not the shape of a project ref", project.source))
            .hint("It is the part before `.supabase.co` in the project's URL."),
    )
}

fn is_on_this_machine(url: &str) -> bool {
    let url = ConnectionUrl::parse(url).ok();
    url.and_then(|url| url.host)
        .is_some_and(|host| is_loopback(&host))
}

fn at_least_a_second(seconds: u64) -> Duration {
    Duration::from_secs(seconds.clamp(1, 600))
}

/// Whether a secret is there and not empty.
pub(super) fn is_given(secret: &SecretString) -> bool {
    !secret.expose_secret().is_empty()
}
