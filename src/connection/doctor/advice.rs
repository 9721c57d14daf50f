//! From what was found to what it means and the command to type next.

use serde::Serialize;

use super::super::endpoint::{EndpointKind, is_loopback};
use super::super::reach::Unreachable;
use super::super::target::Target;
use super::super::tls::TlsMode;
use super::super::tls_failure::{self, Verdict};
use super::server::{Extension, ServerReport};
use super::{WayReport, versions};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Commands will fail.
    Error,
    /// Something will go wrong one day, or is not as safe as it could be.
    Warning,
    /// Good to know.
    Note,
}

/// Something that was found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// A stable name for scripts.
    pub code: &'static str,
    /// What it is.
    pub message: String,
    /// What to type or do next.
    pub next: Option<String>,
}

fn finding(level: Level, code: &'static str, message: impl Into<String>, next: Option<&str>) -> Finding {
    Finding {
        level,
        code,
        message: message.into(),
        next: next.map(str::to_owned),
    }
}

/// Everything worth saying, the worst first.
pub(super) fn findings(target: &Target, ways: &[WayReport], server: &ServerReport) -> Vec<Finding> {
    let mut findings = about_ways(target, ways, true);
    let about_configuration = target.warnings.iter();
    findings.extend(about_configuration.map(|text| finding(Level::Warning, "configuration", text, None)));
    findings.extend(about_vector(&server.vector));
    findings.extend(about_server(server));
    findings.sort_by_key(|finding| finding.level);
    findings
}

/// What each way says; `connected` is whether one of them works.
pub(super) fn about_ways(target: &Target, ways: &[WayReport], connected: bool) -> Vec<Finding> {
    let has_other = connected && ways.len() > 1;
    let is_reached = |way: &WayReport| way.reach.as_ref().is_none_or(|reach| reach.failure.is_none());
    // Commands stay with the first way that answers, so a login that fails there fails for all of them.
    let first_reached = ways.iter().position(is_reached);
    let about = |(number, way): (usize, &WayReport)| {
        let level = if connected && first_reached != Some(number) {
            Level::Warning
        } else {
            Level::Error
        };
        about_way(target, way, level, has_other)
    };
    ways.iter().enumerate().flat_map(about).collect()
}

fn about_way(target: &Target, way: &WayReport, level: Level, has_other: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = format!("{} {}:{}", way.endpoint.name(), way.host, way.port);
    if let Some(failure) = way.reach.as_ref().and_then(|reach| reach.failure.as_ref()) {
        let next = about_unreachable(failure, way, has_other);
        findings.push(finding(
            level,
            "unreachable",
            format!("{place}: {failure}"),
            Some(&next),
        ));
    } else if let Some(error) = &way.login.error {
        let next = way.login.hints.first().map(String::as_str);
        findings.push(finding(level, "login", format!("{place}: {error}"), next));
    }
    findings.extend(about_tls(target, way, &place));
    if !way.endpoint.keeps_session_state() {
        let message =
            format!("{place} keeps no session: index builds, restores and benchmarks will be refused there");
        let next = "Use the direct or the session pooler's address (port 5432) for those.";
        findings.push(finding(Level::Note, "no-session", message, Some(next)));
    }
    findings
}

fn about_unreachable(failure: &Unreachable, way: &WayReport, has_other: bool) -> String {
    match (failure, way.endpoint) {
        (_, EndpointKind::Direct | EndpointKind::DedicatedPooler) if has_other => {
            "Nothing: commands take the pooler. For the direct way use a network with IPv6, or the project's IPv4 add-on."
                .to_owned()
        }
        (Unreachable::NoAddress(_), EndpointKind::Direct) => {
            "Check the project ref, and that the project is not paused; without IPv6 run `supabase link`, which saves the session pooler."
                .to_owned()
        }
        (_, EndpointKind::Direct | EndpointKind::DedicatedPooler) => {
            "The direct host has an IPv6 address only: run `supabase link`, or copy the session pooler's URL from the \
             dashboard's Connect panel into `pooler_url`."
                .to_owned()
        }
        (Unreachable::NoAddress(_), _) => "Check the host's spelling: `vecops profile show`.".to_owned(),
        (Unreachable::Refused, EndpointKind::Local) => {
            "Start the server: `supabase start`, or `vecops embedded start`.".to_owned()
        }
        (Unreachable::Refused, _) => "Check the port, and that the server runs.".to_owned(),
        _ => "Check the network, the firewall, and the project's network restrictions in the dashboard.".to_owned(),
    }
}

fn about_tls(target: &Target, way: &WayReport, place: &str) -> Option<Finding> {
    let report = way.tls.as_ref()?;
    if !report.offered {
        let plain = way.tls_mode == TlsMode::Disable || way.tls_mode == TlsMode::Prefer;
        return (plain && !is_loopback(&way.host)).then(|| {
            let next = "Turn TLS on at the server, and say `tls = \"verify-full\"`.";
            finding(
                Level::Warning,
                "plain-text",
                format!("{place}: the connection is plain text"),
                Some(next),
            )
        });
    }
    let verdict = report.verdict?;
    let profile = target.profile.as_ref().map(|profile| profile.value.as_str());
    match (verdict, way.tls_mode.verifies()) {
        (Verdict::Trusted, false) if !is_loopback(&way.host) => Some(finding(
            Level::Note,
            "tls-could-verify",
            format!(
                "{place}: the certificate would be verified, but `{}` does not look",
                way.tls_mode.name()
            ),
            Some("Say `tls = \"verify-full\"` in the profile, or `sslmode=verify-full` in the URL."),
        )),
        (Verdict::Trusted, _) => None,
        (_, true) => {
            let next = tls_failure::advice(verdict, &way.host, profile);
            let detail = report.detail.as_deref().unwrap_or_default();
            let message = format!("{place}: {} ({detail})", verdict.describe());
            Some(finding(Level::Error, "tls", message, Some(&next)))
        }
        (_, false) if is_loopback(&way.host) => None,
        (_, false) => {
            let next = tls_failure::advice(verdict, &way.host, profile);
            let message = format!("{place}: {}, and nobody checks it", verdict.describe());
            Some(finding(Level::Warning, "tls-unverified", message, Some(&next)))
        }
    }
}

fn about_vector(vector: &Extension) -> Vec<Finding> {
    let Some(version) = &vector.version else {
        return vec![match &vector.available {
            Some(available) => finding(
                Level::Warning,
                "vector-not-installed",
                format!("pgvector is not installed in this database; {available} could be"),
                Some("Run `vecops setup plan`."),
            ),
            None => finding(
                Level::Error,
                "vector-not-available",
                "this server does not have pgvector",
                Some(
                    "Install pgvector on the server; on Supabase upgrade the project; or use `vecops embedded start`.",
                ),
            ),
        }];
    };
    let mut findings: Vec<_> = vector
        .risks
        .iter()
        .map(|risk| {
            if risk.fixed_in == versions::UNRELEASED {
                let message = format!("pgvector {version}: {} (fixed in {})", risk.what, risk.fixed_in);
                return finding(Level::Note, "vector-defect", message, None);
            }
            let reindex = if risk.reindex {
                ", then `REINDEX INDEX CONCURRENTLY` each HNSW index"
            } else {
                ""
            };
            let next = format!(
                "Update pgvector to {} or newer (`ALTER EXTENSION vector UPDATE`){reindex}.",
                risk.fixed_in
            );
            let message = format!("pgvector {version}: {} (fixed in {})", risk.what, risk.fixed_in);
            finding(Level::Warning, "vector-defect", message, Some(&next))
        })
        .collect();
    if let Some(available) = vector
        .available
        .as_deref()
        .filter(|available| versions::is_older(version, available))
    {
        let message = format!("pgvector {version} is installed, and the server has {available}");
        let next = "Run `ALTER EXTENSION vector UPDATE`.";
        findings.push(finding(Level::Note, "vector-update", message, Some(next)));
    }
    findings
}

fn about_server(server: &ServerReport) -> Vec<Finding> {
    let mut findings = Vec::new();
    let identity = &server.identity;
    if identity.major() < 13 {
        let message = format!("PostgreSQL {} is older than pgvector supports", identity.version);
        findings.push(finding(
            Level::Error,
            "server-too-old",
            message,
            Some("Upgrade to PostgreSQL 15 or newer."),
        ));
    }
    if identity.in_recovery {
        let next = "Search and measure here; for changes use the primary's profile.";
        findings.push(finding(
            Level::Warning,
            "replica",
            "the server is a read-only replica",
            Some(next),
        ));
    } else if identity.default_transaction_read_only {
        let next = "On Supabase the disk or the free plan's size is full: free space or raise the limit in the dashboard.";
        findings.push(finding(
            Level::Error,
            "read-only",
            "the database is in read-only mode",
            Some(next),
        ));
    }
    let connections = server.connections;
    if connections.left * 10 <= connections.most && !server.role.superuser {
        let message = format!(
            "{} of {} connections are left",
            connections.left, connections.most
        );
        let next = "End idle sessions (`pg_stat_activity`), or let applications use the pooler.";
        let level = if connections.left < 3 {
            Level::Error
        } else {
            Level::Warning
        };
        findings.push(finding(level, "connections", message, Some(next)));
    }
    if !server.role.create_schema && !identity.in_recovery {
        let message = format!(
            "role `{}` cannot create schemas or extensions in this database",
            server.role.user
        );
        let next = "For `vecops setup` use the role that owns the database; on Supabase it is `postgres`.";
        findings.push(finding(Level::Note, "role", message, Some(next)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::reach::Reach;
    use super::super::LoginReport;
    use super::*;

    fn way(endpoint: EndpointKind, unreachable: Option<Unreachable>, login_error: Option<&str>) -> WayReport {
        WayReport {
            endpoint,
            host: "h".to_owned(),
            port: 5432,
            reach: Some(Reach {
                ipv4: Vec::new(),
                ipv6: Vec::new(),
                answered: None,
                failure: unreachable,
                seconds: 0.0,
            }),
            tls_mode: TlsMode::Require,
            tls: None,
            login: LoginReport {
                succeeded: login_error.is_none(),
                seconds: None,
                error: login_error.map(str::to_owned),
                sqlstate: None,
                hints: vec!["Do this.".to_owned()],
            },
        }
    }

    fn levels(ways: &[WayReport], connected: bool) -> Vec<(Level, &'static str)> {
        let target = Target::at_nowhere();
        let findings = about_ways(&target, ways, connected);
        assert!(
            findings.iter().all(|finding| finding.next.is_some()),
            "{findings:?}"
        );
        findings
            .iter()
            .map(|finding| (finding.level, finding.code))
            .collect()
    }

    #[test]
    fn a_way_that_commands_skip_is_a_warning_and_one_at_which_they_stop_an_error() {
        let direct = |failure, login| way(EndpointKind::Direct, failure, login);
        let pooler = || way(EndpointKind::SessionPooler, None, None);
        let ipv6 = || Some(Unreachable::Ipv6Only("no route".to_owned()));
        assert_eq!(
            levels(&[direct(ipv6(), Some("x")), pooler()], true),
            [(Level::Warning, "unreachable")]
        );
        assert_eq!(
            levels(&[direct(None, Some("wrong password")), pooler()], true),
            [(Level::Error, "login")],
            "commands do not go on to the pooler from a login that fails"
        );
        assert_eq!(
            levels(
                &[
                    direct(None, None),
                    way(EndpointKind::SessionPooler, None, Some("x"))
                ],
                true
            ),
            [(Level::Warning, "login")]
        );
        assert_eq!(
            levels(&[direct(Some(Unreachable::Refused), Some("x"))], false),
            [(Level::Error, "unreachable")]
        );
    }

    #[test]
    fn each_reason_for_no_connection_has_its_own_advice() {
        let next = |endpoint, failure: Unreachable| {
            let way = way(endpoint, Some(failure.clone()), None);
            about_unreachable(&failure, &way, false)
        };
        let unknown = || Unreachable::NoAddress("unknown".to_owned());
        assert!(next(EndpointKind::Direct, unknown()).contains("paused"));
        assert!(next(EndpointKind::Plain, unknown()).contains("spelling"));
        assert!(next(EndpointKind::Direct, Unreachable::Ipv6Only(String::new())).contains("supabase link"));
        assert!(next(EndpointKind::Local, Unreachable::Refused).contains("supabase start"));
        assert!(next(EndpointKind::Plain, Unreachable::Refused).contains("port"));
        assert!(next(EndpointKind::SessionPooler, Unreachable::TimedOut).contains("restrictions"));
    }
}
