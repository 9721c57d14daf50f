//! The connection doctor, `vecops profile check`: every step to the database on its own, and what each found.
//!
//! Names, TCP, TLS, login, and then the server: versions, role, time limits, read-only state, connections. It
//! changes nothing. What it finds becomes [`Finding`]s, each with the command to type next.

mod advice;
mod server;
mod tls_probe;
mod versions;

use std::time::{Duration, Instant};

use serde::Serialize;

pub use advice::{Finding, Level};
pub use server::{Connections, Extension, Limit, Role, ServerReport};
pub use tls_probe::{Certificate, TlsReport};
pub use versions::Risk;

pub use super::reach::{Reach, Unreachable};
pub use super::tls_failure::Verdict;

use super::endpoint::EndpointKind;
use super::open::Connector;
use super::session::Session;
use super::target::{Address, Setting, TargetSummary};
use super::tls::TlsMode;
use crate::error::{Error, Outcome, Result};
use crate::progress::{Progress, Silent, Unit};

/// How long a host may take to answer, and a handshake to end.
const STEP: Duration = Duration::from_secs(5);

/// What the doctor found.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// The target, at the address that was used.
    pub target: TargetSummary,
    /// The ways to the database, in the order in which commands try them.
    pub ways: Vec<WayReport>,
    /// The server behind the first way that works.
    pub server: ServerReport,
    /// What is worth knowing or doing, the worst first.
    pub findings: Vec<Finding>,
    /// Every resolved value with its origin.
    pub settings: Vec<Setting>,
}

impl CheckReport {
    /// Whether something is wrong.
    pub fn outcome(&self) -> Outcome {
        if self.findings.iter().any(|finding| finding.level == Level::Error) {
            Outcome::NotMet
        } else {
            Outcome::Success
        }
    }
}

/// What came of one way.
#[derive(Debug, Serialize)]
pub struct WayReport {
    /// What stands there.
    pub endpoint: EndpointKind,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Names and TCP; none for a Unix socket.
    pub reach: Option<Reach>,
    /// The protection that commands use.
    pub tls_mode: TlsMode,
    /// What the server's TLS looks like; none where it was not reached.
    pub tls: Option<TlsReport>,
    /// The login.
    pub login: LoginReport,
}

/// What came of a login.
#[derive(Debug, Serialize)]
pub struct LoginReport {
    /// Whether it worked.
    pub succeeded: bool,
    /// Seconds from the first byte to the answer of the first question; none where it was not tried.
    pub seconds: Option<f64>,
    /// Why it did not work.
    pub error: Option<String>,
    /// The server's code for it.
    pub sqlstate: Option<String>,
    /// What to do about it.
    pub hints: Vec<String>,
}

/// Examines a target. A target that cannot be connected to at all is an error that lists the ways.
pub async fn check(connector: &Connector, progress: &dyn Progress) -> Result<CheckReport> {
    let target = connector.target();
    let steps = u64::try_from(target.addresses().len()).unwrap_or_default() + 1;
    let task = progress.task("check the connection", Unit::Steps, Some(steps));
    let mut ways = Vec::new();
    let mut opened: Option<(Session, TargetSummary)> = None;
    let mut last_error = None;
    for address in target.addresses() {
        let (way, outcome) = try_way(connector, address).await;
        ways.push(way);
        match outcome {
            Ok(session) if opened.is_none() => opened = Some((session, target.summary_of(address))),
            Ok(session) => session.close().await?,
            Err(error) => last_error = Some(error),
        }
        task.advance(1);
    }
    let Some((mut session, summary)) = opened else {
        return Err(no_way(connector, &ways, last_error));
    };
    let server = server::examine(&mut session).await?;
    session.close().await?;
    task.advance(1);
    task.finish();
    Ok(CheckReport {
        findings: advice::findings(target, &ways, &server),
        target: summary,
        ways,
        server,
        settings: target.settings(),
    })
}

async fn try_way(connector: &Connector, address: &Address) -> (WayReport, Result<Session>) {
    let (host, port) = (address.host.value.as_str(), address.port.value);
    let mut way = WayReport {
        endpoint: address.kind,
        host: host.to_owned(),
        port,
        reach: None,
        tls_mode: address.tls.mode.value,
        tls: None,
        login: LoginReport {
            succeeded: false,
            seconds: None,
            error: None,
            sqlstate: None,
            hints: Vec::new(),
        },
    };
    if !host.starts_with('/') {
        let (reach, stream) = super::reach::reach(host, port, STEP).await;
        let failure = reach.failure.as_ref().map(ToString::to_string);
        way.reach = Some(reach);
        match stream {
            Some(stream) => way.tls = Some(tls_probe::probe(stream, address, STEP).await),
            None => {
                let why = failure.unwrap_or_default();
                way.login.error = Some(why.clone());
                return (way, Err(Error::connection(why)));
            }
        }
    }
    let start = Instant::now();
    let opened = connector.open_at(address, &Silent).await;
    way.login.seconds = Some(start.elapsed().as_secs_f64());
    match &opened {
        Ok(_) => way.login.succeeded = true,
        Err(error) => {
            way.login.error = Some(error.causes().join(": "));
            way.login.sqlstate = error.sqlstate().map(str::to_owned);
            way.login.hints = error.hints().to_vec();
        }
    }
    (way, opened)
}

/// The error where no way works: each way with its reason, and what to do about each.
fn no_way(connector: &Connector, ways: &[WayReport], last_error: Option<Error>) -> Error {
    let target = connector.target();
    let kind = last_error.map_or(crate::error::Kind::Connection, |error| error.kind());
    let mut error = Error::new(kind, format!("cannot connect to {}", target.name()));
    for way in ways {
        let why = way.login.error.as_deref().unwrap_or("no reason was given");
        let tls = way.tls.as_ref().and_then(TlsReport::problem);
        let tls = tls.map_or_else(String::new, |problem| format!(" ({problem})"));
        error = error.cause(format!(
            "{} {}:{}: {why}{tls}",
            way.endpoint.name(),
            way.host,
            way.port
        ));
    }
    for finding in advice::about_ways(target, ways, false) {
        error = finding.next.iter().fold(error, Error::hint);
    }
    let hints = ways.iter().flat_map(|way| &way.login.hints);
    hints.fold(error, Error::hint)
}
