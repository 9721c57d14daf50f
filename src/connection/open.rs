//! Opening a session: each way in its order, with the reason where one fails.
//!
//! The next way is tried only where a host cannot be reached; a refused login would be refused there too.

use std::io::ErrorKind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::cancel::Cancellation;
use super::endpoint::{EndpointKind, Need};
use super::log_in::{Failure, log_in};
use super::provenance::Source;
use super::reach::reach;
use super::session::Session;
use super::target::{Address, Target, TargetSummary};
use super::tls_failure;
use crate::error::{Error, Kind, Result};
use crate::progress::Progress;

/// How long one address may take to answer at all, where there is another one.
const REACH: Duration = Duration::from_secs(5);
/// How long nothing may come from the server before it is asked about.
const PATIENCE: Duration = Duration::from_mins(1);

/// Opens the sessions of one command on one target.
///
/// It remembers which way worked, so that the second session does not try a dead one again.
pub struct Connector {
    target: Target,
    application_name: String,
    cancellation: Cancellation,
    warned: AtomicBool,
    worked: Mutex<Option<Address>>,
    patience: AtomicU64,
}

impl Connector {
    /// A connector for a command, whose name becomes part of `application_name`.
    pub fn new(target: Target, command: &str, cancellation: Cancellation) -> Self {
        let name = format!("vecops/{} {command}", env!("CARGO_PKG_VERSION"));
        let application_name = target
            .application_name
            .as_ref()
            .map_or(name, |name| name.value.clone());
        Self {
            target,
            application_name,
            cancellation,
            warned: AtomicBool::new(false),
            worked: Mutex::new(None),
            patience: AtomicU64::new(PATIENCE.as_secs()),
        }
    }

    /// How long nothing may come from the server before it is asked about.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience.load(Ordering::Relaxed))
    }

    /// Has it wait so many seconds before it asks.
    pub fn set_patience(&self, seconds: u64) {
        self.patience.store(seconds.max(1), Ordering::Relaxed);
    }

    /// The target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The target for JSON documents, at the address that answered, or else at the first.
    pub fn summary(&self) -> Option<TargetSummary> {
        match self.worked_before() {
            Some(address) => Some(self.target.summary_of(&address)),
            None => self.target.summary(),
        }
    }

    /// Opens a session at the first address that serves `need` and answers.
    pub async fn open(&self, need: Need, progress: &dyn Progress) -> Result<Session> {
        let mut ways = self.target.addresses_for(need)?;
        if !self.warned.swap(true, Ordering::Relaxed) {
            self.target
                .warnings
                .iter()
                .for_each(|warning| progress.warn(warning));
        }
        if let Some(worked) = self.worked_before() {
            let place = worked.place();
            if ways.iter().any(|way| way.place() == place) {
                ways.retain(|way| way.place() == place);
            }
        }
        let mut failures = Vec::new();
        for (number, address) in ways.iter().enumerate() {
            let next = ways.get(number + 1);
            if let Some(next) = next
                && let (tried, None) = reach(&address.host.value, address.port.value, REACH).await
            {
                let why = tried
                    .failure
                    .map_or_else(String::new, |failure| failure.to_string());
                progress.note(&format!(
                    "the {} endpoint {} cannot be reached: {why}; trying the {} at {}",
                    address.kind.name(),
                    address.place(),
                    next.kind.name(),
                    next.place()
                ));
                failures.push(format!("{} {}: {why}", address.kind.name(), address.place()));
                continue;
            }
            return match self.open_at(address, progress).await {
                Ok(session) => Ok(session),
                Err(error) => Err(failures.into_iter().fold(error, Error::cause)),
            };
        }
        Err(Error::bug("a target without an address"))
    }

    /// Opens a session at one address.
    pub async fn open_at(&self, address: &Address, progress: &dyn Progress) -> Result<Session> {
        let options = self.options(address).await?;
        if let Some(warning) = &address.tls.warning
            && self.worked_before().is_none()
        {
            progress.warn(warning);
        }
        let time_limit = self.target.connect_timeout.value;
        let connection = log_in(&options, address, time_limit, progress)
            .await
            .map_err(|failure| self.explain(failure, address))?;
        self.remember(address);
        let starting = Session::start(connection, options, address, &self.target, &self.cancellation);
        let started = tokio::time::timeout(time_limit, starting).await;
        started.unwrap_or_else(|_| Err(self.explain(Failure::TimedOut(time_limit), address)))
    }

    fn worked_before(&self) -> Option<Address> {
        self.worked.lock().ok().and_then(|worked| worked.clone())
    }

    fn remember(&self, address: &Address) {
        if let Ok(mut worked) = self.worked.lock() {
            *worked = Some(address.clone());
        }
    }

    /// Options with every field set, so that no `PG*` variable fills a gap.
    async fn options(&self, address: &Address) -> Result<PgConnectOptions> {
        let password = self.target.password.for_address(address).await?;
        let mut options = with_startup_options(address)?
            .host(&address.host.value)
            .port(address.port.value)
            .username(&address.user.value)
            .password(password.expose_secret())
            .database(&address.database.value)
            .ssl_mode(address.tls.mode.value.for_sqlx())
            .application_name(&self.application_name)
            // PgBouncer refuses this startup parameter, and PostgreSQL 12 and later do not need it.
            .extra_float_digits(None)
            .disable_statement_logging();
        if let Ok(trace) = "trace".parse() {
            options = options.log_statements(trace);
        }
        let ca = match &address.tls.ca {
            Some(ca) => fs_err::read(&ca.value).map_err(|source| {
                Error::configuration(source.to_string()).context(format!("read the CA ({})", ca.source))
            })?,
            None => Vec::new(),
        };
        options = options.ssl_root_cert_from_pem(ca);
        Ok(options)
    }

    /// What a failed connection means and what to do about it.
    fn explain(&self, failure: Failure, address: &Address) -> Error {
        let what = format!(
            "cannot connect to {} ({} {})",
            self.target.name(),
            address.kind.name(),
            address.place()
        );
        let error = match failure {
            Failure::TimedOut(limit) => {
                let error = Error::connection(format!("no answer in {} s", limit.as_secs()));
                self.hint_unreachable(error, address)
            }
            Failure::Sqlx(sqlx::Error::Io(io)) if tls_failure::of(&io).is_some() => {
                tls_failure::explain(&io, address, self.target.profile.as_ref().map(|profile| profile.value.as_str()))
            }
            Failure::Sqlx(sqlx::Error::Tls(tls)) => Error::connection(tls.to_string())
                .hint("The server offers no TLS; say `tls = \"disable\"` in the profile only where the network is your own."),
            Failure::Sqlx(sqlx::Error::Io(io)) => {
                let error = Error::connection(io.to_string());
                if io.kind() == ErrorKind::ConnectionRefused {
                    error.hint(self.hint_nobody_listens())
                } else {
                    self.hint_unreachable(error, address)
                }
            }
            Failure::Sqlx(other) => self.explain_login(other.into(), address),
        };
        error.context(what)
    }

    /// A login that failed is a connection error, whatever its SQLSTATE says elsewhere.
    fn explain_login(&self, error: Error, address: &Address) -> Error {
        let is_password = error.sqlstate() == Some("28P01");
        let error = match error.kind() {
            Kind::Failed | Kind::Bug => error.with_kind(Kind::Connection),
            _ => error,
        };
        match self.target.password.source(address) {
            Some(source) if is_password && source != Source::BuiltIn => {
                error.cause(format!("the password came from {source}"))
            }
            None if is_password => error.cause("no password was given"),
            _ => error,
        }
    }

    /// Most hosts that give no answer are direct ones, which have an IPv6 address only.
    fn hint_unreachable(&self, error: Error, address: &Address) -> Error {
        let error = match address.kind {
            EndpointKind::Direct | EndpointKind::DedicatedPooler => error.hint(
                "The direct host has an IPv6 address only: on a network without IPv6 run `supabase link`, or use the \
                 session pooler's URL (port 5432) from the dashboard's Connect panel.",
            ),
            _ => error,
        };
        error.hint(format!(
            "Run `vecops profile check{}`; it tries each step and says which one fails.",
            self.profile_flag()
        ))
    }

    fn hint_nobody_listens(&self) -> String {
        match self.target.profile.as_ref().map(|profile| profile.value.as_str()) {
            Some("local") => {
                "Start the local stack with `supabase start`, or use `--profile embedded`.".to_owned()
            }
            Some("embedded") => "Start the embedded server with `vecops embedded start`.".to_owned(),
            _ => "Check that the server runs and that host and port are right: `vecops profile show`."
                .to_owned(),
        }
    }

    fn profile_flag(&self) -> String {
        let profile = self.target.profile.as_ref();
        profile.map_or_else(String::new, |profile| format!(" --profile {}", profile.value))
    }
}

/// Options that hold the startup options as they were written; sqlx takes them so only from a URL.
fn with_startup_options(address: &Address) -> Result<PgConnectOptions> {
    if address.options.is_empty() {
        return Ok(PgConnectOptions::new_without_pgpass());
    }
    let written: Vec<_> = address
        .options
        .iter()
        .map(|option| option.value.as_str())
        .collect();
    let mut url = url::Url::parse("postgres://user:password@host/database")
        .map_err(|source| Error::bug("a fixed URL cannot be read").cause(source))?;
    url.query_pairs_mut().append_pair("options", &written.join(" "));
    PgConnectOptions::from_url(&url)
        .map_err(|source| Error::configuration("the startup options are wrong").cause(source))
}
