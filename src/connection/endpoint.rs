//! What an address is (direct, a pooler, local, plain PostgreSQL) and what can be done through it.
//!
//! Recognised from host and port alone, without asking anybody. Supabase's hosts and ports:
//! supabase.com/docs/guides/database/connecting-to-postgres. A pooler's host is never made up: both `aws-0-`
//! and `aws-1-` exist, so a region does not tell it.

use serde::Serialize;

/// The port on which Supabase's poolers work in transaction mode.
pub(super) const TRANSACTION_PORT: u16 = 6543;
/// PostgreSQL's port, on which Supabase's shared pooler works in session mode.
pub(super) const SESSION_PORT: u16 = 5432;
/// The port of the Supabase CLI's local database.
pub(super) const LOCAL_PORT: u16 = 54322;
/// The port of the Supabase CLI's local pooler.
pub(super) const LOCAL_POOLER_PORT: u16 = 54329;

/// What stands at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// A Supabase project's own server.
    Direct,
    /// Supabase's shared pooler, one server connection for the whole session.
    SessionPooler,
    /// A pooler that lends a server connection for one transaction.
    TransactionPooler,
    /// A Supabase project's own PgBouncer, in transaction mode.
    DedicatedPooler,
    /// A server on this machine.
    Local,
    /// Any other PostgreSQL.
    Plain,
}

impl EndpointKind {
    /// The name in tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::SessionPooler => "session pooler",
            Self::TransactionPooler => "transaction pooler",
            Self::DedicatedPooler => "dedicated pooler",
            Self::Local => "local",
            Self::Plain => "plain",
        }
    }

    /// Recognises the endpoint from its host and port.
    pub fn of(host: &str, port: u16) -> Self {
        if is_loopback(host) {
            return match port {
                TRANSACTION_PORT | LOCAL_POOLER_PORT => Self::TransactionPooler,
                _ => Self::Local,
            };
        }
        let transaction = port == TRANSACTION_PORT;
        if is_shared_pooler(host) {
            return if transaction {
                Self::TransactionPooler
            } else {
                Self::SessionPooler
            };
        }
        match (project_of_host(host).is_some(), transaction) {
            (true, true) => Self::DedicatedPooler,
            (true, false) => Self::Direct,
            (false, true) => Self::TransactionPooler,
            (false, false) => Self::Plain,
        }
    }

    /// Whether what one transaction set up is still there in the next.
    pub fn keeps_session_state(self) -> bool {
        !matches!(self, Self::TransactionPooler | Self::DedicatedPooler)
    }

    /// Whether an operation with this need can run here.
    pub fn serves(self, need: Need) -> bool {
        match need {
            Need::Any => true,
            Need::Session => self.keeps_session_state(),
            Need::Direct => self.keeps_session_state() && self != Self::SessionPooler,
        }
    }
}

/// What an operation needs of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// One transaction at a time, nothing kept in between.
    Any,
    /// A session whose state stays: settings, temporary tables, `CREATE INDEX CONCURRENTLY`.
    Session,
    /// The server itself: replication, hours of work that a pooler would end.
    Direct,
}

impl Need {
    /// What it asks for, as part of a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Any => "any endpoint",
            Self::Session => "an endpoint that keeps the session: direct or session pooler",
            Self::Direct => "the direct endpoint",
        }
    }
}

/// Whether a host is this machine: a loopback address, `localhost`, or the folder of a Unix socket.
pub(super) fn is_loopback(host: &str) -> bool {
    if host.starts_with('/') || host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a host is Supabase's: a project or the shared pooler.
pub(super) fn is_supabase(host: &str) -> bool {
    ["supabase.co", "supabase.com"].iter().any(|domain| {
        let host = host.to_ascii_lowercase();
        host.strip_suffix(domain)
            .is_some_and(|before| before.ends_with('.'))
    })
}

fn is_shared_pooler(host: &str) -> bool {
    is_supabase(host) && host.to_ascii_lowercase().contains(".pooler.")
}

/// The project ref in a direct host, `db.<ref>.supabase.co`.
pub(super) fn project_of_host(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let middle = host.strip_prefix("db.")?.strip_suffix(".supabase.co")?;
    is_project_ref(middle).then(|| middle.to_owned())
}

/// The project ref in a pooler's user name, `postgres.<ref>`.
pub(super) fn project_of_user(user: &str) -> Option<&str> {
    let (_, suffix) = user.rsplit_once('.')?;
    is_project_ref(suffix).then_some(suffix)
}

/// Whether a text has the shape of a project ref: letters and digits, with which nothing can be smuggled into
/// a host name.
pub(super) fn is_project_ref(text: &str) -> bool {
    (8..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "db.abcdefghijklmnopqrst.supabase.co";
    const POOLER: &str = "aws-1-eu-central-1.pooler.supabase.com";

    #[test]
    fn endpoints_are_told_by_host_and_port() {
        let cases = [
            (PROJECT, 5432, EndpointKind::Direct),
            (PROJECT, 6543, EndpointKind::DedicatedPooler),
            (POOLER, 5432, EndpointKind::SessionPooler),
            (POOLER, 6543, EndpointKind::TransactionPooler),
            ("127.0.0.1", 54322, EndpointKind::Local),
            ("::1", 5432, EndpointKind::Local),
            ("/var/run/postgresql", 5432, EndpointKind::Local),
            ("localhost", 54329, EndpointKind::TransactionPooler),
            ("db.example.org", 5432, EndpointKind::Plain),
            ("db.example.org", 6543, EndpointKind::TransactionPooler),
            ("evil-supabase.co", 5432, EndpointKind::Plain),
        ];
        for (host, port, kind) in cases {
            assert_eq!(EndpointKind::of(host, port), kind, "{host}:{port}");
        }
    }

    #[test]
    fn poolers_serve_what_they_can() {
        assert!(EndpointKind::SessionPooler.serves(Need::Session));
        assert!(!EndpointKind::SessionPooler.serves(Need::Direct));
        assert!(!EndpointKind::DedicatedPooler.serves(Need::Session));
        assert!(EndpointKind::TransactionPooler.serves(Need::Any));
        assert!(EndpointKind::Plain.serves(Need::Direct));
    }

    #[test]
    fn a_project_ref_is_only_letters_and_digits() {
        assert_eq!(
            project_of_user("postgres.abcdefghijklmnopqrst"),
            Some("abcdefghijklmnopqrst")
        );
        assert_eq!(project_of_user("postgres"), None);
        assert!(!is_project_ref("abc.evil.example"));
        assert!(
            is_supabase(POOLER)
                && !is_supabase("supabase.com.evil.example")
                && !is_supabase("notsupabase.co")
        );
    }
}
