//! Logging in at one address, with retries where waiting helps. Nothing but connecting is ever retried.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::target::Address;
use super::tls_failure;
use crate::error::pooler;
use crate::progress::Progress;

/// How long a server that is starting up is waited for.
const STARTING_UP: Duration = Duration::from_secs(10);
/// How often a connection that was refused, reset or not free is tried again.
const RETRIES: u32 = 3;

/// Why a connection did not come about.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody answered in time.
    TimedOut(Duration),
    /// sqlx says so.
    Sqlx(sqlx::Error),
}

impl Failure {
    /// Whether the server says that it will be there in a moment.
    fn is_starting_up(&self) -> bool {
        self.sqlstate().as_deref() == Some("57P03")
    }

    /// Whether trying again soon may help.
    fn is_passing(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Io(io)) => {
                let passing = matches!(
                    io.kind(),
                    ErrorKind::ConnectionRefused
                        | ErrorKind::ConnectionReset
                        | ErrorKind::ConnectionAborted
                        | ErrorKind::UnexpectedEof
                        | ErrorKind::BrokenPipe
                );
                passing && tls_failure::of(io).is_none()
            }
            Self::Sqlx(sqlx::Error::Database(database)) => {
                let pooler = pooler::lookup(database.message()).map(|known| known.code);
                let busy = [
                    "EMAXCONN",
                    "EMAXCONNSESSION",
                    "ECHECKOUTTIMEOUT",
                    "EWORKERNOTFOUND",
                    "EPOOLTERMINATING",
                ];
                self.sqlstate().as_deref() == Some("53300") || pooler.is_some_and(|code| busy.contains(&code))
            }
            _ => false,
        }
    }

    fn sqlstate(&self) -> Option<String> {
        match self {
            Self::Sqlx(sqlx::Error::Database(database)) => database.code().map(std::borrow::Cow::into_owned),
            _ => None,
        }
    }
}

/// Connects and logs in, trying again where that helps.
pub(super) async fn log_in(
    options: &PgConnectOptions,
    address: &Address,
    time_limit: Duration,
    progress: &dyn Progress,
) -> Result<PgConnection, Failure> {
    let tries = AtomicU32::new(0);
    let policy = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .with_total_delay(Some(STARTING_UP))
        .with_jitter();
    (|| connect_once(options, time_limit))
        .retry(policy)
        .when(|failure: &Failure| {
            failure.is_starting_up()
                || failure.is_passing() && tries.fetch_add(1, Ordering::Relaxed) < RETRIES
        })
        .notify(|failure, delay| {
            if failure.is_starting_up() && tries.fetch_add(1, Ordering::Relaxed) == 0 {
                progress.note(&format!("{} is starting up; waiting for it", address.place()));
            }
            tracing::debug!(place = address.place(), ?delay, "connecting again");
        })
        .await
}

async fn connect_once(options: &PgConnectOptions, time_limit: Duration) -> Result<PgConnection, Failure> {
    match tokio::time::timeout(time_limit, options.connect()).await {
        Ok(connected) => connected.map_err(Failure::Sqlx),
        Err(_) => Err(Failure::TimedOut(time_limit)),
    }
}
