//! A session: one logged-in connection, what is known about its server, and the ways to work on it.
//!
//! Reading happens in read-only transactions. What a transaction sets is local to it, so the same code runs on
//! a transaction pooler; what needs the session itself is refused there.

use serde::Serialize;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, Postgres};
use sqlx::{Connection as _, Row as _, Transaction};

use super::cancel::{Backend, Cancellation, Registration};
use super::endpoint::Need;
use super::target::{Address, Target};
use super::transaction::{RoleClaims, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Ident};

/// What the server said about itself and this session when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Server {
    /// `server_version_num`, such as 170004.
    pub version_num: i32,
    /// The version as text.
    pub version: String,
    /// The user that the server sees.
    pub user: String,
    /// The database.
    pub database: String,
    /// The server process; on a transaction pooler it changes with each transaction.
    pub backend_pid: i32,
    /// Whether it is a replica.
    pub in_recovery: bool,
    /// Whether the user is a superuser.
    pub is_superuser: bool,
    /// Whether transactions are read-only unless they say otherwise, as on a full Supabase disk.
    pub default_transaction_read_only: bool,
}

impl Server {
    /// The major version.
    pub fn major(&self) -> i32 {
        self.version_num / 10_000
    }
}

/// One logged-in connection.
pub struct Session {
    connection: PgConnection,
    registration: Registration,
    server: Server,
    address: Address,
    role: Option<String>,
    /// Whether `outside_transaction` took the session's time limit away.
    unlimited: bool,
}

impl Session {
    /// Asks the server who it is and enters the session for cancelling.
    pub(super) async fn start(
        mut connection: PgConnection,
        options: PgConnectOptions,
        address: &Address,
        target: &Target,
        cancellation: &Cancellation,
    ) -> Result<Self> {
        let probe = include_str!("../../sql/connection/probe.sql");
        let row = sql::ask(&mut connection, probe)
            .await
            .context("ask the server who it is")?;
        let server = server(&row)?;
        let started: Option<String> = row.try_get("backend_start")?;
        let backend = Backend {
            pid: server.backend_pid,
            started: started.unwrap_or_default(),
        };
        Ok(Self {
            connection,
            registration: cancellation.register(options, backend),
            server,
            address: address.clone(),
            role: target.role.as_ref().map(|role| role.value.clone()),
            unlimited: false,
        })
    }

    /// What the server said about itself.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The process that serves the session.
    pub(super) fn backend(&self) -> Backend {
        self.registration.backend()
    }

    /// Where this session goes.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Begins a read-only transaction.
    pub async fn begin_read(&mut self) -> Result<Transaction<'_, Postgres>> {
        self.begin(&TransactionOptions::read()).await
    }

    /// Begins a read-only transaction as a role with its JWT claims.
    pub async fn begin_read_as(&mut self, who: RoleClaims) -> Result<Transaction<'_, Postgres>> {
        let doing = format!("put on the role `{}`", who.role());
        self.begin(&TransactionOptions::read().run_as(who))
            .await
            .context(doing)
    }

    /// Begins a read-write transaction that waits five seconds for a lock.
    pub async fn begin_write(&mut self) -> Result<Transaction<'_, Postgres>> {
        self.begin(&TransactionOptions::write()).await
    }

    /// Begins a transaction as the options say.
    pub async fn begin(&mut self, options: &TransactionOptions) -> Result<Transaction<'_, Postgres>> {
        if options.is_write {
            self.expect_writable()?;
        }
        if self.unlimited {
            sql::run(&mut self.connection, "reset statement_timeout").await?;
            self.unlimited = false;
        }
        let role = options.role(self.role.as_deref())?;
        let keeps_state = self.address.kind.keeps_session_state();
        let mut transaction = sql::begin(&mut self.connection, options.statements())
            .await
            .context("begin a transaction")?;
        if let Some((name, statements)) = role {
            let put_on = sql::run(&mut transaction, statements).await;
            put_on.with_context(|| format!("put on the role `{name}`"))?;
        }
        if !keeps_state {
            let row = sql::fixed(include_str!("../../sql/connection/transaction_backend.sql"))
                .fetch_one(&mut *transaction)
                .await?;
            self.registration.update(Backend {
                pid: row.try_get("backend_pid")?,
                started: row.try_get("started")?,
            });
        }
        Ok(transaction)
    }

    /// The connection outside any transaction, without `statement_timeout`, for statements such as
    /// `CREATE INDEX CONCURRENTLY`. `lock_timeout` stays the server's: such statements wait for old
    /// transactions by locks, and giving up leaves an invalid index. Nor is the session ended for being idle: it may hold
    /// a lock while other sessions work for it.
    pub async fn outside_transaction(&mut self) -> Result<&mut PgConnection> {
        if !self.address.kind.keeps_session_state() {
            return Err(Error::precondition(format!(
                "this needs {}, and {} is a {}",
                Need::Session.describe(),
                self.address.place(),
                self.address.kind.name()
            )));
        }
        self.expect_writable()?;
        let mut statements = vec![
            "set search_path = pg_catalog, pg_temp; set statement_timeout = 0; set idle_session_timeout = 0"
                .to_owned(),
        ];
        if let Some(role) = &self.role {
            let name = Ident::new(role)
                .map_err(|source| Error::configuration("the role's name is wrong").cause(source))?;
            statements.push(format!("set role {name}"));
        }
        sql::run(&mut self.connection, statements.join("; ")).await?;
        self.unlimited = true;
        Ok(&mut self.connection)
    }

    /// Ends the session in order; dropping it ends it too.
    pub async fn close(self) -> Result<()> {
        self.connection.close().await.map_err(Error::from)
    }

    /// Refuses changing work where the server would refuse each statement.
    fn expect_writable(&self) -> Result<()> {
        let place = self.address.place();
        if self.server.in_recovery {
            return Err(
                Error::precondition(format!("the server at {place} is a read-only replica"))
                    .hint("Use the profile of the primary."),
            );
        }
        if self.server.default_transaction_read_only {
            return Err(Error::precondition(format!("the database at {place} is in read-only mode")).hint(
                "On Supabase the disk or the free plan's size is full: free space or raise the limit; `vecops profile check` shows the setting.",
            ));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

fn server(row: &PgRow) -> Result<Server> {
    let text = |name| -> Result<String> { Ok(row.try_get(name)?) };
    let number = |name| -> Result<i32> {
        text(name)?
            .parse()
            .map_err(|_| Error::bug(format!("the server's `{name}` is no number")))
    };
    let is_on = |name| -> Result<bool> { Ok(matches!(text(name)?.as_str(), "on" | "true" | "t")) };
    Ok(Server {
        version_num: number("version_num")?,
        version: text("version")?,
        user: text("user")?,
        database: text("database")?,
        backend_pid: number("backend_pid")?,
        in_recovery: is_on("in_recovery")?,
        is_superuser: is_on("is_superuser")?,
        default_transaction_read_only: is_on("default_transaction_read_only")?,
    })
}
