//! Reading a connection URL: every part taken by vecops itself, nothing passed on unseen.
//!
//! sqlx would fill the gaps of a URL from `PG*` variables and only warn about keys it does not know. Here a
//! gap is a gap, an unknown key is an error, and no message repeats a part that could hold the password.
//! Keys: PostgreSQL documentation, 34.1.2 "Parameter Key Words"; the others are those of Prisma and Vercel.

use std::fmt;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

use crate::error::{Error, Result};

/// The placeholder that Supabase's dashboard puts where the password belongs.
const PLACEHOLDER: &str = "[YOUR-PASSWORD]";

/// Keys that other programs put into URLs and that mean nothing to vecops.
const IGNORED: &[&str] = &[
    "connection_limit",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "pool_timeout",
    "prepared_statements",
    "schema",
    "statement_cache_mode",
    "supa",
    "workaround",
];

/// The parts of a connection URL.
#[derive(Clone, Default)]
pub(super) struct ConnectionUrl {
    /// The host, or the folder of a Unix socket.
    pub host: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The user.
    pub user: Option<String>,
    /// The password, percent-decoded.
    pub password: Option<SecretString>,
    /// The database.
    pub database: Option<String>,
    /// `sslmode`.
    pub ssl_mode: Option<String>,
    /// `sslrootcert`.
    pub ssl_root_cert: Option<String>,
    /// `application_name`.
    pub application_name: Option<String>,
    /// `options`, and `reference` as Supavisor takes it.
    pub options: Vec<String>,
    /// `connect_timeout` in seconds.
    pub connect_timeout: Option<u64>,
    /// `pgbouncer=true`: a transaction pooler.
    pub transaction_pooler: bool,
    /// Keys that were there and mean nothing.
    pub ignored: Vec<String>,
}

impl ConnectionUrl {
    /// Reads a URL. Errors name the key, never a value.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let url = Url::parse(text.trim()).map_err(|source| unreadable(&source.to_string()))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(Error::configuration(
                "the connection URL does not start with `postgresql://`",
            ));
        }
        if url.fragment().is_some() || url.path().contains('@') {
            return Err(unreadable("a reserved character stands unencoded in it"));
        }
        let mut parts = Self {
            host: url.host_str().map(decode).transpose()?.map(without_brackets),
            port: url.port(),
            user: Some(decode(url.username())?),
            password: url.password().map(decode).transpose()?.map(SecretString::from),
            database: Some(decode(url.path().trim_start_matches('/'))?),
            ..Self::default()
        };
        if url.password().is_some_and(is_placeholder) {
            parts.password = None;
        }
        for (key, value) in url.query_pairs() {
            parts.take(&key, value.into_owned())?;
        }
        if parts.host.as_deref().is_some_and(|host| host.contains(',')) {
            return Err(
                Error::configuration("the connection URL names more than one host")
                    .hint("Name one host; declare a profile for each."),
            );
        }
        for part in [&mut parts.host, &mut parts.user, &mut parts.database] {
            *part = part.take().filter(|text| !text.is_empty());
        }
        Ok(parts)
    }

    fn take(&mut self, key: &str, value: String) -> Result<()> {
        match key {
            "host" | "hostaddr" => self.host = Some(value),
            "port" => self.port = Some(number(key, &value)?),
            "user" => self.user = Some(value),
            "password" => self.password = Some(SecretString::from(value)),
            "dbname" => self.database = Some(value),
            "sslmode" => self.ssl_mode = Some(value),
            "sslrootcert" => self.ssl_root_cert = Some(value),
            "application_name" => self.application_name = Some(value),
            "options" => self.options.push(value),
            "reference" => self.options.push(format!("reference={value}")),
            "connect_timeout" => self.connect_timeout = Some(number(key, &value)?),
            "pgbouncer" => self.transaction_pooler = value == "true" || value == "1",
            "channel_binding" if value == "require" => {
                return Err(Error::configuration(
                    "the connection URL asks for `channel_binding=require`, which vecops cannot give",
                )
                .hint("Take the key out; `sslmode=verify-full` protects the login."));
            }
            "target_session_attrs" if value == "any" || value == "read-write" => {
                self.ignored.push(key.to_owned());
            }
            "channel_binding" => self.ignored.push(key.to_owned()),
            known if IGNORED.contains(&known) => self.ignored.push(key.to_owned()),
            unknown => return Err(unknown_key(unknown)),
        }
        Ok(())
    }
}

impl fmt::Debug for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionUrl")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// An address as a URL whose password, where there is one, is `***`.
pub(super) fn redacted(host: &str, port: u16, user: &str, database: &str, has_password: bool) -> String {
    let password = if has_password { ":***" } else { "" };
    match host {
        socket if socket.starts_with('/') => {
            format!("postgresql://{user}{password}@/{database}?host={socket}&port={port}")
        }
        ip if ip.contains(':') => format!("postgresql://{user}{password}@[{ip}]:{port}/{database}"),
        host => format!("postgresql://{user}{password}@{host}:{port}/{database}"),
    }
}

fn unreadable(why: &str) -> Error {
    Error::configuration("the connection URL cannot be read")
        .cause(why)
        .hint("Percent-encode reserved characters of the password: `#` is `%23`, `/` is `%2F`, `?` is `%3F`, `@` is `%40`.")
}

/// A key could be the rest of a password with a `?` in it, so only what looks like a key is repeated.
fn unknown_key(key: &str) -> Error {
    let is_word = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !is_word || key.len() > 32 {
        return unreadable("what follows its `?` is no list of keys");
    }
    Error::configuration(format!("the connection URL has the unknown key `{key}`"))
        .hint("Take it out, or see the keys that vecops knows in docs/profiles.md.")
}

fn number<T: std::str::FromStr>(key: &str, value: &str) -> Result<T> {
    let wrong = || Error::configuration(format!("`{key}` in the connection URL is no number"));
    value.parse().map_err(|_| wrong())
}

fn decode(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded
        .map_err(|_| unreadable("a percent-encoded part is no UTF-8"))?
        .into_owned())
}

fn without_brackets(host: String) -> String {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(ip) => ip.to_owned(),
        None => host,
    }
}

fn is_placeholder(encoded: &str) -> bool {
    decode(encoded).is_ok_and(|password| password == PLACEHOLDER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn password(url: &ConnectionUrl) -> Option<&str> {
        url.password.as_ref().map(secrecy::ExposeSecret::expose_secret)
    }

    #[test]
    fn parts_are_decoded_and_gaps_stay_gaps() {
        let url = ConnectionUrl::parse(
            "postgresql://postgres.abc:p%40ss%2F%23@[::1]:6543/db?pgbouncer=true&sslmode=require",
        )
        .unwrap();
        assert_eq!(url.host.as_deref(), Some("::1"));
        assert_eq!(url.user.as_deref(), Some("postgres.abc"));
        assert_eq!(password(&url), Some("p@ss/#"));
        assert!(url.transaction_pooler);
        let gaps = ConnectionUrl::parse("postgres://host").unwrap();
        assert_eq!((gaps.user, gaps.database, gaps.port), (None, None, None));
        let socket = ConnectionUrl::parse("postgres://u@%2Fvar%2Frun/db").unwrap();
        assert_eq!(socket.host.as_deref(), Some("/var/run"));
    }

    #[test]
    fn the_dashboards_placeholder_is_no_password() {
        let url = ConnectionUrl::parse("postgresql://postgres.abc:[YOUR-PASSWORD]@h:5432/postgres").unwrap();
        assert_eq!(password(&url), None);
    }

    #[test]
    fn an_unknown_key_is_an_error_and_a_known_stranger_a_warning() {
        let error = ConnectionUrl::parse("postgres://h/d?ssl_mode=disable").unwrap_err();
        assert!(error.to_string().contains("`ssl_mode`"));
        assert!(ConnectionUrl::parse("postgres://one,two/d").is_err());
        let url = ConnectionUrl::parse("postgres://h/d?connection_limit=1&supa=x").unwrap();
        assert_eq!(url.ignored, ["connection_limit", "supa"]);
    }

    #[test]
    fn an_error_never_repeats_an_unencoded_password() {
        for url in [
            "postgres://u:hunter#2@h/d",
            "postgres://u:hunter/2@h/d",
            "postgres://u:hunter?2@h/d",
            "postgres://u:12?hunter@h/d",
            "postgres://u:12/hunter@h/d",
            "postgres://u:12#hunter@h/d",
            "postgres://u:hun%zzter@h:x/d",
            "mysql://u:hunter@h/d",
            "hunter",
        ] {
            let error = ConnectionUrl::parse(url).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
        }
    }

    proptest! {
        #[test]
        fn any_encoded_password_comes_back_and_is_never_shown(secret in "[!-~]{8,20}") {
            let encoded = percent_encoding::utf8_percent_encode(&secret, percent_encoding::NON_ALPHANUMERIC);
            let url = ConnectionUrl::parse(&format!("postgres://u:{encoded}@h/d")).unwrap();
            prop_assert_eq!(password(&url), Some(secret.as_str()));
            let shown = format!("{url:?}");
            prop_assert!(!shown.contains(&secret));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            ConnectionUrl::parse(&format!("postgres://{text}")).map(drop).unwrap_or_default();
        }
    }
}
