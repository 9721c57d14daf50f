//! Noticing that a connection is stalled: nothing comes, and nobody says that it is over.
//!
//! Silence alone says nothing, for a server may work on one statement for hours. So after a while of it a second
//! session asks what the first one's process does: where it is gone, or waits for us as we wait for it, or nobody answers,
//! the connection is stalled. What stalled is ended on the server, too, so that its locks and its snapshot go.
//! `pg_stat_activity`: PostgreSQL documentation, "The Cumulative Statistics System".

use std::pin::pin;
use std::time::Duration;

use sqlx::Row as _;

use super::cancel::Backend;
use super::endpoint::Need;
use super::open::Connector;
use super::session::Session;
use crate::error::{Error, Kind, Result};
use crate::progress::Silent;
use crate::sql;

/// How long asking about a session may take.
const ASKING: Duration = Duration::from_secs(20);
/// How long to wait before asking again: a server that waits for us at one moment may go on in the next.
const PAUSE: Duration = Duration::from_millis(500);

/// Watches over what a session waits for.
pub struct Watch<'a> {
    connector: &'a Connector,
    backend: Backend,
    place: String,
    patience: Duration,
}

/// What a session's process was seen doing.
#[derive(Debug, PartialEq)]
enum Seen {
    /// There is none.
    Gone,
    /// It works.
    Working,
    /// It waits for us, in a state that it has since then.
    Waiting(String),
}

impl<'a> Watch<'a> {
    /// A watch over a session.
    pub fn new(connector: &'a Connector, session: &Session) -> Self {
        Self {
            connector,
            backend: session.backend(),
            place: session.address().place(),
            patience: connector.patience(),
        }
    }

    /// Does what waits for the server; where nothing comes any more it is an error.
    ///
    /// The work must not wait for anything else for long.
    pub async fn over<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(self.patience, &mut work).await {
                return done;
            }
            // The work goes on while it is asked about.
            let why = tokio::select! {
                done = &mut work => return done,
                why = self.stalled() => why,
            };
            if let Some(why) = why {
                if let Ok(Err(error)) = tokio::time::timeout(ASKING, self.terminate()).await {
                    tracing::debug!(%error, "a stalled session could not be ended");
                }
                return Err(self.error(&why));
            }
        }
    }

    /// Why the session is stalled, where it is.
    async fn stalled(&self) -> Option<String> {
        match tokio::time::timeout(ASKING, self.ask()).await {
            Err(_) => Some("a second session gets no answer either".to_owned()),
            Ok(Err(error)) if error.kind() == Kind::Connection => {
                Some(format!("a second session cannot be opened: {error}"))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a silent session could not be asked about");
                None
            }
            Ok(Ok(why)) => why.map(str::to_owned),
        }
    }

    async fn ask(&self) -> Result<Option<&'static str>> {
        let mut session = self.connector.open(Need::Any, &Silent).await?;
        let first = self.look(&mut session).await?;
        if let Seen::Waiting(_) = first {
            tokio::time::sleep(PAUSE).await;
            if self.look(&mut session).await? != first {
                return Ok(None);
            }
        }
        Ok(match first {
            Seen::Working => None,
            Seen::Gone => Some("the server has ended the session"),
            Seen::Waiting(_) => Some("the server waits for us"),
        })
    }

    /// Ends the session on the server, so that its locks and its snapshot go.
    async fn terminate(&self) -> Result<()> {
        let mut session = self.connector.open(Need::Any, &Silent).await?;
        let mut transaction = session.begin_read().await?;
        sql::fixed(include_str!("../../sql/connection/terminate.sql"))
            .bind(self.backend.pid)
            .bind(&self.backend.started)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn look(&self, session: &mut Session) -> Result<Seen> {
        let mut transaction = session.begin_read().await?;
        let row = sql::fixed(include_str!("../../sql/connection/stalled.sql"))
            .bind(self.backend.pid)
            .bind(&self.backend.started)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let Some(row) = row else { return Ok(Seen::Gone) };
        let state: Option<String> = row.try_get("state")?;
        let seconds: Option<f64> = row.try_get("seconds")?;
        let waits: bool = row.try_get("waits_for_client")?;
        // Between two statements it always waits for us; only for how long says something.
        let is_active = state.as_deref() == Some("active");
        let is_long = seconds.is_some_and(|seconds| seconds >= self.patience.as_secs_f64());
        if !waits || !(is_active || is_long) {
            return Ok(Seen::Working);
        }
        let since: Option<String> = row.try_get("since")?;
        Ok(Seen::Waiting(format!(
            "{} {}",
            state.unwrap_or_default(),
            since.unwrap_or_default()
        )))
    }

    fn error(&self, why: &str) -> Error {
        Error::connection(format!("the connection to {} is stalled", self.place))
            .cause(format!("nothing came for {} s, and {why}", self.patience.as_secs()))
            .hint("Check the network; `vecops profile check` tries each step, and `--stall-timeout` says how long to wait.")
    }
}
