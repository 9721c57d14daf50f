//! A target: the addresses of one database in the order in which they are tried, and what goes with them.
//!
//! Everything is resolved and carries its origin; nothing here connects. Views never show a password.

use std::time::Duration;

use serde::Serialize;

use super::address_url;
use super::endpoint::{EndpointKind, Need, SESSION_PORT, TRANSACTION_PORT};
use super::password::Password;
use super::provenance::{Resolved, Source};
use super::tls::Tls;
use crate::error::{Error, Result};

/// One way to the database.
#[derive(Debug, Clone)]
pub struct Address {
    /// What stands there.
    pub kind: EndpointKind,
    /// The host, or the folder of a Unix socket.
    pub host: Resolved<String>,
    /// The port.
    pub port: Resolved<u16>,
    /// The user.
    pub user: Resolved<String>,
    /// The database.
    pub database: Resolved<String>,
    /// The protection.
    pub tls: Tls,
    /// Startup options, such as `-c jit=on`.
    pub options: Vec<Resolved<String>>,
}

impl Address {
    /// The address as a URL that shows no password.
    pub fn redacted_url(&self, has_password: bool) -> String {
        address_url::redacted(
            &self.host.value,
            self.port.value,
            &self.user.value,
            &self.database.value,
            has_password,
        )
    }

    /// The place in a few words: `host:port`.
    pub fn place(&self) -> String {
        match self.host.value.as_str() {
            ip if ip.contains(':') && !ip.starts_with('/') => format!("[{ip}]:{}", self.port.value),
            host => format!("{host}:{}", self.port.value),
        }
    }

    /// The same database where an operation with this need can run, as a URL; none where it is not known.
    fn url_that_serves(&self, need: Need) -> Option<String> {
        let serving = match self.kind {
            EndpointKind::DedicatedPooler => EndpointKind::Direct,
            EndpointKind::TransactionPooler if need == Need::Session => EndpointKind::SessionPooler,
            _ => return None,
        };
        if self.port.value != TRANSACTION_PORT || !serving.serves(need) {
            return None;
        }
        let mut address = self.clone();
        address.port.value = SESSION_PORT;
        Some(address.redacted_url(true))
    }
}

/// One database, resolved.
#[derive(Debug, Clone)]
pub struct Target {
    /// The profile's name; none where a URL was given instead.
    pub profile: Option<Resolved<String>>,
    /// Where the choice came from.
    pub chosen_by: Source,
    /// Whether destructive work wants the profile's name.
    pub protected: Resolved<bool>,
    /// The project ref, where it is a Supabase project.
    pub project_ref: Option<Resolved<String>>,
    /// A role that each transaction puts on.
    pub role: Option<Resolved<String>>,
    /// The ways to the database, the first one tried first; never empty.
    pub(super) addresses: Vec<Address>,
    /// The password.
    pub password: Password,
    /// The application name, where the URL says one.
    pub application_name: Option<Resolved<String>>,
    /// How long a connection may take.
    pub connect_timeout: Resolved<Duration>,
    /// What else is in force and cannot be left out.
    pub(super) ambient: Vec<(&'static str, Resolved<String>)>,
    /// What the user should know about how this was resolved.
    pub warnings: Vec<String>,
}

/// A target in JSON documents.
#[derive(Debug, Clone, Serialize)]
pub struct TargetSummary {
    /// The profile's name; none where a URL was given instead.
    pub profile: Option<String>,
    /// What stands at the address.
    pub endpoint: EndpointKind,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The user.
    pub user: String,
}

/// One resolved value as `vecops profile show` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value; secrets are masked.
    pub value: String,
    /// Where it came from.
    pub source: Option<Source>,
}

impl Target {
    /// The ways to the database, the first one tried first.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The name for messages: the profile, or that it is a URL.
    pub fn name(&self) -> String {
        match &self.profile {
            Some(profile) => format!("profile {}", profile.value),
            None => format!("URL from {}", self.chosen_by),
        }
    }

    /// The line that each command prints first on stderr.
    pub fn line(&self) -> String {
        let address = self.addresses.first().map(|address| {
            let (user, database) = (&address.user.value, &address.database.value);
            format!(
                " ({}, {user}@{}/{database})",
                address.kind.name(),
                address.place()
            )
        });
        format!("Target: {}{}", self.name(), address.unwrap_or_default())
    }

    /// The target for JSON documents.
    pub fn summary(&self) -> Option<TargetSummary> {
        self.addresses.first().map(|address| self.summary_of(address))
    }

    /// The target for JSON documents, at one of its addresses.
    pub fn summary_of(&self, address: &Address) -> TargetSummary {
        TargetSummary {
            profile: self.profile.as_ref().map(|profile| profile.value.clone()),
            endpoint: address.kind,
            host: address.host.value.clone(),
            port: address.port.value,
            database: address.database.value.clone(),
            user: address.user.value.clone(),
        }
    }

    /// The addresses at which an operation with this need can run, or why there is none and what would do.
    pub(super) fn addresses_for(&self, need: Need) -> Result<Vec<&Address>> {
        let serving: Vec<_> = self
            .addresses
            .iter()
            .filter(|address| address.kind.serves(need))
            .collect();
        match self.addresses.first() {
            Some(first) if serving.is_empty() => Err(self.cannot_serve(first, need)),
            None => Err(Error::bug("a target without an address")),
            Some(_) => Ok(serving),
        }
    }

    fn cannot_serve(&self, first: &Address, need: Need) -> Error {
        let error = Error::precondition(format!(
            "this needs {}, and {} is a {}",
            need.describe(),
            self.name(),
            first.kind.name()
        ));
        match first.url_that_serves(need) {
            Some(url) => error.hint(format!(
                "Run it with `--db-url '{url}'`, or set the profile to that address."
            )),
            None if need == Need::Direct && self.project_ref.is_some() => error.hint(
                "Set `endpoint = \"direct\"` in the profile; the direct host needs IPv6 or the IPv4 add-on.",
            ),
            None => error.hint("Run it with a profile whose address is the server itself, not a pooler."),
        }
    }

    /// Every resolved value with its origin, secrets masked.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        let mut add = |name: String, value: String, source: Option<&Source>| {
            settings.push(Setting {
                name,
                value,
                source: source.cloned(),
            });
        };
        if let Some(project) = &self.project_ref {
            add("project ref".into(), project.value.clone(), Some(&project.source));
        }
        for (number, address) in self.addresses.iter().enumerate() {
            let way = if number == 0 {
                String::new()
            } else {
                format!(" (way {})", number + 1)
            };
            add(format!("endpoint{way}"), address.kind.name().to_owned(), None);
            add(
                format!("host{way}"),
                address.host.value.clone(),
                Some(&address.host.source),
            );
            add(
                format!("port{way}"),
                address.port.value.to_string(),
                Some(&address.port.source),
            );
            add(
                format!("user{way}"),
                address.user.value.clone(),
                Some(&address.user.source),
            );
            add(
                format!("database{way}"),
                address.database.value.clone(),
                Some(&address.database.source),
            );
            add(
                format!("password{way}"),
                self.password.masked(address),
                self.password.source(address).as_ref(),
            );
            add(
                format!("tls{way}"),
                address.tls.mode.value.name().to_owned(),
                Some(&address.tls.mode.source),
            );
            if let Some(ca) = &address.tls.ca {
                add(
                    format!("tls ca{way}"),
                    ca.value.display().to_string(),
                    Some(&ca.source),
                );
            }
            for option in &address.options {
                add(
                    format!("options{way}"),
                    option.value.clone(),
                    Some(&option.source),
                );
            }
        }
        if let Some(role) = &self.role {
            add("role".into(), role.value.clone(), Some(&role.source));
        }
        if let Some(name) = &self.application_name {
            add("application name".into(), name.value.clone(), Some(&name.source));
        }
        let seconds = self.connect_timeout.value.as_secs();
        add(
            "connect timeout".into(),
            format!("{seconds} s"),
            Some(&self.connect_timeout.source),
        );
        add(
            "protected".into(),
            self.protected.value.to_string(),
            Some(&self.protected.source),
        );
        for (name, value) in &self.ambient {
            add((*name).to_owned(), value.value.clone(), Some(&value.source));
        }
        settings
    }
}

#[cfg(test)]
impl Target {
    /// A target without an address, for tests of what is said about it.
    pub(super) fn at_nowhere() -> Self {
        Self {
            profile: Some(Resolved::built_in("linked".to_owned())),
            chosen_by: Source::BuiltIn,
            protected: Resolved::built_in(false),
            project_ref: None,
            role: None,
            addresses: Vec::new(),
            password: Password::None,
            application_name: None,
            connect_timeout: Resolved::built_in(Duration::from_secs(5)),
            ambient: Vec::new(),
            warnings: Vec::new(),
        }
    }
}
