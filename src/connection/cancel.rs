//! Cancelling on the server: what a session runs does not stop when its client goes away.
//!
//! sqlx cannot send a cancel request, so each open session leaves its process and a way to reach it here, and
//! a second connection asks `pg_cancel_backend`. On a transaction pooler the process serves strangers too:
//! the start of the session or transaction must still be the same, or nothing is cancelled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Row as _};

use crate::error::Result;
use crate::sql;

/// How long cancelling one session may take.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// The open sessions of this process, and how to cancel what they run.
#[derive(Clone, Default)]
pub struct Cancellation {
    sessions: Arc<Mutex<Sessions>>,
}

#[derive(Default)]
struct Sessions {
    next: u64,
    open: BTreeMap<u64, Running>,
}

#[derive(Clone)]
struct Running {
    options: PgConnectOptions,
    backend: Backend,
}

/// A server process and since when it serves this session or transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Backend {
    pub(super) pid: i32,
    pub(super) started: String,
}

impl Cancellation {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels what every open session runs, all at once, and returns how many the server cancelled.
    ///
    /// A session that cannot be reached in three seconds is left alone: the caller is about to end anyway.
    pub async fn cancel_all(&self) -> usize {
        let running: Vec<_> = self.lock().open.values().cloned().collect();
        let attempts = running.into_iter().map(|running| async move {
            match tokio::time::timeout(TIME_LIMIT, running.cancel()).await {
                Ok(Ok(cancelled)) => cancelled,
                Ok(Err(error)) => {
                    tracing::debug!(pid = running.backend.pid, %error, "the session could not be cancelled");
                    false
                }
                Err(_) => {
                    tracing::debug!(pid = running.backend.pid, "cancelling the session took too long");
                    false
                }
            }
        });
        let cancelled = futures_util::future::join_all(attempts).await;
        cancelled.into_iter().filter(|cancelled| *cancelled).count()
    }

    /// How many sessions are open.
    pub fn open_sessions(&self) -> usize {
        self.lock().open.len()
    }

    /// Enters a session until the registration is dropped.
    pub(super) fn register(&self, options: PgConnectOptions, backend: Backend) -> Registration {
        let mut sessions = self.lock();
        let key = sessions.next;
        sessions.next += 1;
        sessions.open.insert(key, Running { options, backend });
        Registration {
            registry: self.clone(),
            key,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    async fn cancel(&self) -> Result<bool> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        // One transaction, so that a pooler sends both halves of the statement to one process.
        let mut transaction = sql::begin(&mut connection, "begin read only".to_owned()).await?;
        let row = sql::fixed(include_str!("../../sql/connection/cancel.sql"))
            .bind(self.backend.pid)
            .bind(&self.backend.started)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        connection.close().await?;
        Ok(row
            .map(|row| row.try_get("cancelled"))
            .transpose()?
            .unwrap_or(false))
    }
}

/// A session's entry; dropping it takes the session out.
pub(super) struct Registration {
    registry: Cancellation,
    key: u64,
}

impl Registration {
    /// The process that serves the session.
    pub(super) fn backend(&self) -> Backend {
        let open = self.registry.lock();
        let running = open.open.get(&self.key);
        running.map_or_else(Backend::default, |running| running.backend.clone())
    }

    /// The process that serves the session now.
    pub(super) fn update(&self, backend: Backend) {
        if let Some(running) = self.registry.lock().open.get_mut(&self.key) {
            running.backend = backend;
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.lock().open.remove(&self.key);
    }
}
