//! Targets with one address: a URL, the local stack, the embedded server.

use secrecy::SecretString;

use super::address_url::ConnectionUrl;
use super::endpoint::{
    EndpointKind, LOCAL_PORT, SESSION_PORT, is_loopback, is_supabase, project_of_host, project_of_user,
};
use super::password::Password;
use super::pgpass::PasswordFile;
use super::profile::{EndpointChoice, ProfileTable};
use super::project;
use super::provenance::{Resolved, Source};
use super::resolve::{Configuration, EmbeddedAddress, is_given};
use super::target::{Address, Target};
use super::tls::{self, Tls, Wishes};
use super::variables::Variables;
use crate::error::{Context as _, Error, Result};

/// What a URL's target is made from.
pub(super) struct Given<'a> {
    pub(super) configuration: &'a Configuration<'a>,
    pub(super) variables: &'a Variables<'a>,
    pub(super) profile: Option<Resolved<String>>,
    pub(super) table: &'a ProfileTable,
    pub(super) url: Resolved<SecretString>,
    pub(super) chosen_by: Source,
}

/// Resolves a URL.
pub(super) fn resolve(given: &Given<'_>) -> Result<Target> {
    use secrecy::ExposeSecret as _;
    let url = ConnectionUrl::parse(given.url.value.expose_secret())
        .with_context(|| format!("read the connection URL ({})", given.url.source))?;
    let part = given.url.source.of_url();
    let mut warnings: Vec<_> = url
        .ignored
        .iter()
        .map(|key| format!("`{key}` in {part} means nothing to vecops and is left out"))
        .collect();
    let address = address(given, &url, &part)?;
    let password = password(given, &url, &part, &address, &mut warnings);
    let project = project_of_host(&address.host.value)
        .or_else(|| project_of_user(&address.user.value).map(str::to_owned))
        .filter(|_| is_supabase(&address.host.value));
    let configuration = given.configuration;
    warnings.extend(other_project(given, project.as_deref()));
    Ok(Target {
        profile: given.profile.clone(),
        chosen_by: given.chosen_by.clone(),
        protected: configuration.protected(given.table),
        project_ref: project.map(|project| Resolved::new(project, part.clone())),
        role: configuration.said(given.table.role.as_ref()),
        addresses: vec![address],
        password,
        application_name: url
            .application_name
            .clone()
            .map(|name| Resolved::new(name, part.clone())),
        connect_timeout: configuration.connect_timeout(Some((&url, &given.url.source)))?,
        ambient: configuration.ambient(),
        warnings,
    })
}

/// What is said where `linked` goes to another project than the one that the Supabase CLI linked.
fn other_project(given: &Given<'_>, project: Option<&str>) -> Option<String> {
    let is_linked = given.profile.as_ref()?.value == "linked";
    let linked = given.configuration.supabase.as_ref()?.project_ref()?;
    let project = project.filter(|project| is_linked && *project != linked.value)?;
    Some(format!(
        "{} names project `{project}`, and the linked project is `{}` ({})",
        given.url.source, linked.value, linked.source
    ))
}

fn address(given: &Given<'_>, url: &ConnectionUrl, part: &Source) -> Result<Address> {
    let of_url = |text: &Option<String>| text.clone().map(|text| Resolved::new(text, part.clone()));
    let (configuration, table) = (given.configuration, given.table);
    let host = of_url(&url.host).ok_or_else(|| {
        Error::configuration(format!("{part} names no host"))
            .hint("vecops takes no host from `PGHOST`; write it into the URL.")
    })?;
    let port = url.port.map_or(Resolved::built_in(SESSION_PORT), |port| {
        Resolved::new(port, part.clone())
    });
    let wishes = Wishes {
        profile_tls: configuration.said(table.tls.as_ref()),
        profile_ca: configuration.said_path(table.tls_ca.as_ref()),
        url_mode: of_url(&url.ssl_mode),
        url_ca: of_url(&url.ssl_root_cert),
    };
    let name = given
        .profile
        .as_ref()
        .map_or("", |profile| profile.value.as_str());
    Ok(Address {
        kind: kind(&host.value, port.value, url, table),
        tls: tls::decide(&host.value, name, &wishes, given.variables)?,
        user: of_url(&url.user)
            .or_else(|| configuration.said(table.user.as_ref()))
            .unwrap_or_else(|| Resolved::built_in("postgres".to_owned())),
        database: of_url(&url.database)
            .or_else(|| configuration.said(table.database.as_ref()))
            .unwrap_or_else(|| Resolved::built_in("postgres".to_owned())),
        options: url
            .options
            .iter()
            .map(|option| Resolved::new(option.clone(), part.clone()))
            .collect(),
        host,
        port,
    })
}

/// What host and port tell, unless URL or profile know better.
fn kind(host: &str, port: u16, url: &ConnectionUrl, table: &ProfileTable) -> EndpointKind {
    let told = EndpointKind::of(host, port);
    match table.endpoint.as_ref().map(|endpoint| *endpoint.get_ref()) {
        Some(EndpointChoice::Transaction) if told.keeps_session_state() => EndpointKind::TransactionPooler,
        Some(EndpointChoice::Session) if !is_supabase(host) => EndpointKind::SessionPooler,
        // Port 6543 is only where Supabase's poolers are; elsewhere the profile knows better.
        Some(EndpointChoice::Direct) if is_loopback(host) => EndpointKind::Local,
        Some(EndpointChoice::Direct) if !is_supabase(host) => EndpointKind::Plain,
        _ if url.transaction_pooler && told.keeps_session_state() => EndpointKind::TransactionPooler,
        _ => told,
    }
}

fn password(
    given: &Given<'_>,
    url: &ConnectionUrl,
    part: &Source,
    address: &Address,
    warnings: &mut Vec<String>,
) -> Password {
    match &url.password {
        Some(password) if is_given(password) => {
            Password::Known(Resolved::new(password.clone(), part.clone()))
        }
        _ => {
            let variable = if is_supabase(&address.host.value) {
                "SUPABASE_DB_PASSWORD"
            } else {
                "PGPASSWORD"
            };
            let (configuration, table) = (given.configuration, given.table);
            project::password(configuration, given.variables, table, variable, warnings)
        }
    }
}

/// The Supabase CLI's local stack.
pub(super) fn local(given: &project::Given<'_>) -> Result<Target> {
    let configuration = given.configuration;
    let folder = configuration.supabase.as_ref();
    let port = match folder {
        Some(folder) => folder.local_port(given.variables)?,
        None => Resolved::built_in(LOCAL_PORT),
    };
    let mut warnings = Vec::new();
    let password = if given.table.says_password() {
        let usual = "SUPABASE_DB_PASSWORD";
        project::password(configuration, given.variables, given.table, usual, &mut warnings)
    } else {
        // The stack's password never changes, and that of a hosted project has no business here.
        Password::Known(Resolved::built_in(SecretString::from("postgres")))
    };
    let address = Address {
        kind: EndpointKind::Local,
        host: Resolved::built_in("127.0.0.1".to_owned()),
        port,
        user: built_in_or(configuration.said(given.table.user.as_ref())),
        database: built_in_or(configuration.said(given.table.database.as_ref())),
        tls: Tls::none(),
        options: Vec::new(),
    };
    let mut target = one_address(given, address, password)?;
    target.warnings.extend(warnings);
    Ok(target)
}

/// The embedded server, where it runs.
pub(super) fn embedded(given: &project::Given<'_>, address: Option<&EmbeddedAddress>) -> Result<Target> {
    let Some(running) = address else {
        return Err(Error::precondition("the embedded server is not running").hint(
            "Run `vecops embedded start`; for another database say `--profile NAME` or `--db-url URL`, or run `vecops init`.",
        ));
    };
    let at = |text: &str| Resolved::new(text.to_owned(), Source::Embedded);
    let address = Address {
        kind: EndpointKind::Local,
        host: at(&running.host),
        port: Resolved::new(running.port, Source::Embedded),
        user: at(&running.user),
        database: at(&running.database),
        tls: Tls::none(),
        options: Vec::new(),
    };
    let password = Password::Known(Resolved::new(running.password.clone(), Source::Embedded));
    one_address(given, address, password)
}

fn built_in_or(said: Option<Resolved<String>>) -> Resolved<String> {
    said.unwrap_or_else(|| Resolved::built_in("postgres".to_owned()))
}

fn one_address(given: &project::Given<'_>, address: Address, password: Password) -> Result<Target> {
    let configuration = given.configuration;
    Ok(Target {
        profile: Some(given.profile.clone()),
        chosen_by: given.profile.source.clone(),
        protected: configuration.protected(given.table),
        project_ref: None,
        role: configuration.said(given.table.role.as_ref()),
        addresses: vec![address],
        password,
        application_name: None,
        connect_timeout: configuration.connect_timeout(None)?,
        ambient: configuration.ambient(),
        warnings: Vec::new(),
    })
}

/// The password file, with its warning.
pub(super) fn password_file(
    configuration: &Configuration<'_>,
    warnings: &mut Vec<String>,
) -> Option<Password> {
    let file = PasswordFile::read(configuration.environment)?;
    warnings.extend(file.refused.clone());
    Some(Password::File(file))
}
