//! Targets of a Supabase project: the direct host first, then the session pooler that was saved.
//!
//! A pooler's host comes from `supabase link` or from the profile and is never made up; it counts only where
//! its user names the same project and its host is Supabase's, so that a planted file cannot collect a
//! password. The same checks as in the Supabase CLI.

use secrecy::SecretString;

use super::address_url::ConnectionUrl;
use super::endpoint::{EndpointKind, SESSION_PORT, TRANSACTION_PORT, is_supabase, project_of_user};
use super::password::Password;
use super::profile::{EndpointChoice, PasswordFrom, ProfileTable};
use super::provenance::{Resolved, Source};
use super::resolve::{Configuration, checked_project};
use super::target::{Address, Target};
use super::tls::{self, Wishes};
use super::url_target::password_file;
use super::variables::Variables;
use crate::error::{Error, Result};

/// What a profile's target is made from.
pub(super) struct Given<'a> {
    pub(super) configuration: &'a Configuration<'a>,
    pub(super) variables: &'a Variables<'a>,
    pub(super) profile: Resolved<String>,
    pub(super) table: &'a ProfileTable,
}

/// Resolves a project.
pub(super) fn resolve(given: &Given<'_>) -> Result<Target> {
    let (configuration, table) = (given.configuration, given.table);
    let project = project_ref(given)?;
    let mut warnings = Vec::new();
    let pooler = pooler(given, &project, &mut warnings)?;
    let with_token = matches!(
        table.password_from.as_ref().map(|from| *from.get_ref()),
        Some(PasswordFrom::AccessToken)
    );
    let choice = table
        .endpoint
        .as_ref()
        .map_or(EndpointChoice::Auto, |choice| *choice.get_ref());
    let mut addresses = Vec::new();
    if matches!(choice, EndpointChoice::Auto | EndpointChoice::Direct) {
        addresses.push(direct(given, &project)?);
    }
    if choice != EndpointChoice::Direct
        && let Some(pooler) = pooler
    {
        addresses.push(pooled(given, pooler, choice, with_token)?);
    }
    if addresses.is_empty() {
        return Err(no_pooler(given, &project));
    }
    let password = password(
        configuration,
        given.variables,
        table,
        "SUPABASE_DB_PASSWORD",
        &mut warnings,
    );
    Ok(Target {
        profile: Some(given.profile.clone()),
        chosen_by: given.profile.source.clone(),
        protected: configuration.protected(table),
        project_ref: Some(project),
        role: configuration.said(table.role.as_ref()),
        addresses,
        password,
        application_name: None,
        connect_timeout: configuration.connect_timeout(None)?,
        ambient: configuration.ambient(),
        warnings,
    })
}

fn project_ref(given: &Given<'_>) -> Result<Resolved<String>> {
    if given.profile.value != "linked"
        && let Some(project) = given.variables.get_of_profile("SUPABASE_PROJECT_ID")
    {
        return checked_project(project);
    }
    let declared = given.configuration.said(given.table.project_ref.as_ref());
    if let Some(project) = declared {
        return Ok(project);
    }
    given
        .configuration
        .linked_project(given.variables)?
        .ok_or_else(|| {
            Error::configuration("no Supabase project is linked here").hint(
                "Run `supabase link`, export `SUPABASE_PROJECT_ID`, or declare a profile with `project_ref`.",
            )
        })
}

fn direct(given: &Given<'_>, project: &Resolved<String>) -> Result<Address> {
    let host = project.clone().map(|project| format!("db.{project}.supabase.co"));
    let user = given.configuration.said(given.table.user.as_ref());
    address(
        given,
        host,
        Resolved::built_in(SESSION_PORT),
        user.unwrap_or_else(postgres),
        None,
    )
}

/// A pooler's address that was found and checked.
struct Pooler {
    url: ConnectionUrl,
    host: String,
    source: Source,
}

fn pooler(
    given: &Given<'_>,
    project: &Resolved<String>,
    warnings: &mut Vec<String>,
) -> Result<Option<Pooler>> {
    let declared = given.configuration.said(given.table.pooler_url.as_ref());
    let is_declared = declared.is_some();
    let saved = || {
        let folder = given.configuration.supabase.as_ref()?;
        let same = folder
            .project_ref()
            .is_some_and(|linked| linked.value == project.value);
        same.then(|| folder.pooler_url()).flatten()
    };
    let Some(text) = declared.or_else(saved) else {
        return Ok(None);
    };
    let checked = ConnectionUrl::parse(&text.value).and_then(|url| {
        let host = url.host.clone().filter(|host| is_supabase(host));
        let host = host.ok_or_else(|| Error::configuration("its host is not Supabase's"))?;
        let named = url.user.as_deref().and_then(project_of_user);
        if named != Some(project.value.as_str()) {
            return Err(Error::configuration("its user does not name the project"));
        }
        Ok(Pooler {
            url,
            host,
            source: text.source.of_url(),
        })
    });
    match checked {
        Ok(pooler) => Ok(Some(pooler)),
        Err(error) if is_declared => Err(error.context(format!("the pooler URL ({})", text.source)).hint(
            format!("It is `postgresql://postgres.{}@<pooler host>:5432/postgres`; copy it from the dashboard's Connect panel.", project.value),
        )),
        Err(error) => {
            warnings.push(format!("the pooler URL in {} is not used: {error}", text.source));
            Ok(None)
        }
    }
}

fn pooled(given: &Given<'_>, pooler: Pooler, choice: EndpointChoice, with_token: bool) -> Result<Address> {
    let port = if choice == EndpointChoice::Transaction {
        TRANSACTION_PORT
    } else {
        SESSION_PORT
    };
    let named = given.configuration.said(given.table.user.as_ref());
    let found = pooler.url.user.clone().unwrap_or_default();
    let user = match (named, found.rsplit_once('.')) {
        (Some(user), Some((_, project))) => user.map(|user| format!("{user}.{project}")),
        _ => Resolved::new(found, pooler.source.clone()),
    };
    let host = Resolved::new(pooler.host, pooler.source.clone());
    let port = Resolved::new(port, Source::BuiltIn);
    let mode = pooler
        .url
        .ssl_mode
        .clone()
        .map(|mode| Resolved::new(mode, pooler.source.clone()));
    let mut address = address(given, host, port, user, mode)?;
    for option in &pooler.url.options {
        address
            .options
            .push(Resolved::new(option.clone(), pooler.source.clone()));
    }
    if with_token {
        address.options.push(Resolved::built_in("-c jit=on".to_owned()));
    }
    Ok(address)
}

fn address(
    given: &Given<'_>,
    host: Resolved<String>,
    port: Resolved<u16>,
    user: Resolved<String>,
    url_mode: Option<Resolved<String>>,
) -> Result<Address> {
    let (configuration, table) = (given.configuration, given.table);
    let wishes = Wishes {
        profile_tls: configuration.said(table.tls.as_ref()),
        profile_ca: configuration.said_path(table.tls_ca.as_ref()),
        url_mode,
        url_ca: None,
    };
    Ok(Address {
        kind: EndpointKind::of(&host.value, port.value),
        tls: tls::decide(&host.value, &given.profile.value, &wishes, given.variables)?,
        database: configuration
            .said(table.database.as_ref())
            .unwrap_or_else(postgres),
        options: Vec::new(),
        host,
        port,
        user,
    })
}

fn postgres() -> Resolved<String> {
    Resolved::built_in("postgres".to_owned())
}

fn no_pooler(given: &Given<'_>, project: &Resolved<String>) -> Error {
    Error::configuration(format!("no pooler is known for {}", given.profile.value))
        .cause(format!("project `{}` has no `pooler_url`, and `supabase link` saved none", project.value))
        .hint("Run `supabase link`, or copy the session pooler's URL from the dashboard's Connect panel into `pooler_url`.")
}

/// The password by the order of docs/profiles.md, after the URL: variable, command, file, access token.
pub(super) fn password(
    configuration: &Configuration<'_>,
    variables: &Variables<'_>,
    table: &ProfileTable,
    usual_variable: &str,
    warnings: &mut Vec<String>,
) -> Password {
    let named = configuration.said(table.password_env.as_ref());
    let variable = named.as_ref().map_or(usual_variable, |name| name.value.as_str());
    if (table.password_from.is_none() || named.is_some())
        && let Some(password) = variables.get(variable)
    {
        return Password::Known(password.map(SecretString::from));
    }
    if let Some(command) = configuration.said(table.password_command.as_ref()) {
        return Password::command(command, configuration.folder.clone());
    }
    if table.password_from.is_some() {
        return access_token(configuration, variables);
    }
    if let Some(name) = named {
        return Password::Unset(name);
    }
    password_file(configuration, warnings).unwrap_or(Password::None)
}

fn access_token(configuration: &Configuration<'_>, variables: &Variables<'_>) -> Password {
    let name = "SUPABASE_ACCESS_TOKEN";
    let saved = || {
        let path = configuration
            .environment
            .home
            .as_ref()?
            .join(".supabase")
            .join("access-token");
        let token = fs_err::read_to_string(&path).ok()?;
        Some(Resolved::new(token.trim().to_owned(), Source::File(path)))
    };
    match variables.get(name).or_else(saved) {
        Some(token) => Password::Known(token.map(SecretString::from)),
        None => Password::Unset(Resolved::built_in(name.to_owned())),
    }
}
