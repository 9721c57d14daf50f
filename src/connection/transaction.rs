//! What a transaction starts with: its mode, its time limits, its role, and a pinned `search_path`.
//!
//! Everything is `SET LOCAL`, which is all that a transaction pooler keeps. How Supabase impersonates a user:
//! `request.jwt.claims` and `SET LOCAL ROLE`, docs/guides/database/postgres/row-level-security.

use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::sql::{Ident, literal};

/// How long changing work waits for a lock before it gives up.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A time limit of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeLimit {
    /// As role and database set it.
    Kept,
    /// None.
    Off,
    /// This one.
    At(Duration),
}

/// Whom a transaction runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleClaims {
    /// A visitor without a login.
    Anon,
    /// Somebody who is logged in, nobody in particular.
    Authenticated,
    /// The role that bypasses row-level security.
    ServiceRole,
    /// A user by id.
    User(Uuid),
}

impl RoleClaims {
    /// The database role.
    pub fn role(&self) -> &'static str {
        match self {
            Self::Anon => "anon",
            Self::Authenticated | Self::User(_) => "authenticated",
            Self::ServiceRole => "service_role",
        }
    }

    /// The claims that `auth.uid()` and `auth.role()` read.
    pub fn claims(&self) -> String {
        match self {
            Self::User(id) => serde_json::json!({ "sub": id.to_string(), "role": self.role() }),
            _ => serde_json::json!({ "role": self.role() }),
        }
        .to_string()
    }
}

impl FromStr for RoleClaims {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "anon" => Ok(Self::Anon),
            "authenticated" => Ok(Self::Authenticated),
            "service_role" => Ok(Self::ServiceRole),
            other => other
                .strip_prefix("user:")
                .and_then(|id| id.parse().ok())
                .map(Self::User)
                .ok_or_else(|| {
                    Error::usage(format!("`{other}` is nobody to run as"))
                        .hint("Say `anon`, `authenticated`, `service_role` or `user:<uuid>`.")
                }),
        }
    }
}

impl std::fmt::Display for RoleClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            other => f.write_str(other.role()),
        }
    }
}

impl Serialize for RoleClaims {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a transaction starts. [`TransactionOptions::read`] and [`TransactionOptions::write`] are the usual ones.
#[derive(Debug, Clone)]
pub struct TransactionOptions {
    pub(super) is_write: bool,
    repeatable: bool,
    lock_timeout: TimeLimit,
    statement_timeout: TimeLimit,
    run_as: Option<RoleClaims>,
}

impl TransactionOptions {
    /// Read-only, with the server's time limits.
    pub fn read() -> Self {
        Self {
            is_write: false,
            repeatable: false,
            lock_timeout: TimeLimit::Kept,
            statement_timeout: TimeLimit::Kept,
            run_as: None,
        }
    }

    /// Read-write; waits five seconds for a lock.
    pub fn write() -> Self {
        Self {
            is_write: true,
            lock_timeout: TimeLimit::At(LOCK_TIMEOUT),
            ..Self::read()
        }
    }

    /// One snapshot for the whole transaction (`REPEATABLE READ`).
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Without `statement_timeout`, for long work.
    #[must_use]
    pub fn long(mut self) -> Self {
        self.statement_timeout = TimeLimit::Off;
        self
    }

    /// With another `statement_timeout`.
    #[must_use]
    pub fn statement_timeout(mut self, limit: TimeLimit) -> Self {
        self.statement_timeout = limit;
        self
    }

    /// With another `lock_timeout`.
    #[must_use]
    pub fn lock_timeout(mut self, limit: TimeLimit) -> Self {
        self.lock_timeout = limit;
        self
    }

    /// As a role with its JWT claims, as PostgREST would.
    #[must_use]
    pub fn run_as(mut self, who: RoleClaims) -> Self {
        self.run_as = Some(who);
        self
    }

    /// The role that was put on, where one was.
    pub fn acting_as(&self) -> Option<&RoleClaims> {
        self.run_as.as_ref()
    }

    /// The statements that open the transaction. None of them can fail, so the server is never left inside a
    /// broken transaction that the client does not know of.
    pub(super) fn statements(&self) -> String {
        let isolation = if self.repeatable {
            "isolation level repeatable read "
        } else {
            ""
        };
        let mode = if self.is_write { "read write" } else { "read only" };
        let mut statements = vec![
            format!("begin {isolation}{mode}"),
            "set local search_path = pg_catalog, pg_temp".to_owned(),
        ];
        for (name, limit) in [
            ("lock_timeout", self.lock_timeout),
            ("statement_timeout", self.statement_timeout),
        ] {
            let milliseconds = match limit {
                TimeLimit::Kept => continue,
                TimeLimit::Off => 0,
                TimeLimit::At(duration) => duration.as_millis().clamp(1, 2_147_483_647),
            };
            statements.push(format!("set local {name} = {milliseconds}"));
        }
        statements.join("; ")
    }

    /// The role to put on and the statements that do it; `profile_role` is the profile's.
    pub(super) fn role(&self, profile_role: Option<&str>) -> Result<Option<(String, String)>> {
        let Some(role) = self.run_as.as_ref().map(RoleClaims::role).or(profile_role) else {
            return Ok(None);
        };
        let name = Ident::new(role)
            .map_err(|source| Error::configuration("the role's name is wrong").cause(source))?;
        let claims = self.run_as.as_ref().map_or_else(String::new, |who| {
            let claims = literal(&who.claims());
            format!("select pg_catalog.set_config('request.jwt.claims', {claims}, true); ")
        });
        Ok(Some((role.to_owned(), format!("{claims}set local role {name}"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_pins_everything_it_depends_on() {
        let read = TransactionOptions::read();
        assert_eq!(
            read.statements(),
            "begin read only; set local search_path = pg_catalog, pg_temp"
        );
        assert_eq!(read.role(None).unwrap(), None);
        let write = TransactionOptions::write().long();
        assert_eq!(
            write.statements(),
            "begin read write; set local search_path = pg_catalog, pg_temp; set local lock_timeout = 5000; \
             set local statement_timeout = 0"
        );
        let (_, statements) = write.role(Some("a\"b")).unwrap().unwrap();
        assert_eq!(statements, "set local role \"a\"\"b\"");
    }

    #[test]
    fn roles_are_read_and_put_on_with_their_claims() {
        let id = "7f3c1b0e-2f55-4b43-9f0a-0d1f6f6f2a11";
        let user: RoleClaims = format!("user:{id}").parse().unwrap();
        assert_eq!(user.to_string(), format!("user:{id}"));
        let (role, statements) = TransactionOptions::read()
            .run_as(user)
            .role(Some("app"))
            .unwrap()
            .unwrap();
        assert_eq!(role, "authenticated");
        assert!(
            statements.ends_with("set local role \"authenticated\""),
            "{statements}"
        );
        assert!(
            statements.contains(&format!(r#"'{{"sub":"{id}","role":"authenticated"}}'"#)),
            "{statements}"
        );
        assert!("user:'; drop".parse::<RoleClaims>().is_err());
        assert!("postgres".parse::<RoleClaims>().is_err());
    }
}
