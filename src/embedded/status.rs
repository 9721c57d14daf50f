//! Whether the embedded server runs, and how to reach it. Nothing here takes the lock or changes anything.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sqlx::{Connection as _, Row as _};

use super::place::Place;
use super::state::{Login, State};
use super::{DATABASE, Major, Options, Origin, Running, USER, postmaster, shape, start};
use crate::error::Result;
use crate::sql;

/// How long a server may take to answer a login.
const PATIENCE_FOR_LOGIN: Duration = Duration::from_secs(10);
/// How long a living server may take to finish starting or stopping.
const PATIENCE_WHILE_ALIVE: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_millis(50);

/// The embedded server as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The major version asked about.
    pub major: Major,
    /// Whether there is a cluster.
    pub exists: bool,
    /// Whether its server process lives.
    pub running: bool,
    /// Whether it answers a login.
    pub answers: bool,
    /// Its process.
    pub pid: Option<u32>,
    /// Seconds since it started.
    pub uptime_seconds: Option<u64>,
    /// Its port on the loopback address: the present one, or the next start's where it is free then.
    pub port: Option<u16>,
    /// PostgreSQL's version.
    pub version: Option<String>,
    /// pgvector's version.
    pub pgvector: Option<String>,
    /// The folder of its programs.
    pub programs: Option<PathBuf>,
    /// Where its programs came from.
    pub origin: Option<Origin>,
    /// The folder of this cluster.
    pub data_folder: PathBuf,
}

/// Looks at the embedded server.
pub async fn status(options: &Options) -> Result<Status> {
    let place = Place::of(options)?;
    let state = State::read(&place)?.filter(|state| state.complete);
    let process = postmaster::living(&place);
    let answers = reach(&place).await?.is_some();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let programs = state.as_ref().map(|state| &state.programs);
    Ok(Status {
        major: options.major,
        exists: state.is_some(),
        running: process.is_some(),
        answers,
        pid: process.map(|process| process.pid),
        uptime_seconds: process.map(|process| now.saturating_sub(process.started)),
        port: state.as_ref().map(|state| state.port),
        version: programs.map(|programs| programs.version.clone()),
        pgvector: programs.map(|programs| programs.pgvector.clone()),
        programs: programs.map(|programs| programs.bin.clone()),
        origin: programs.map(|programs| programs.origin),
        data_folder: place.folder(),
    })
}

/// The running server; none where it does not run.
pub async fn running(options: &Options) -> Result<Option<Running>> {
    reach(&Place::of(options)?).await
}

/// Logs in. That the password is accepted proves that it is this cluster's server and no other's.
pub(super) async fn reach(place: &Place) -> Result<Option<Running>> {
    let Some(state) = State::read(place)?.filter(|state| state.complete) else {
        return Ok(None);
    };
    let Some(process) = postmaster::living(place) else {
        return Ok(None);
    };
    let login = tokio::time::timeout(PATIENCE_FOR_LOGIN, shape::connect(&state, Login::Postgres)).await;
    let Ok(Ok(mut connection)) = login else {
        return Ok(None);
    };
    let row = sql::fixed(include_str!("../../sql/embedded/reach.sql"))
        .fetch_one(&mut connection)
        .await?;
    let version: String = row.try_get("version")?;
    connection.close().await?;
    Ok(Some(Running {
        host: "127.0.0.1".to_owned(),
        port: state.port,
        user: USER.to_owned(),
        database: DATABASE.to_owned(),
        password: state.password(Login::Postgres),
        pid: process.pid,
        data_folder: place.folder(),
        major: place.major(),
        version,
        administrator_password: state.password(Login::Administrator),
        programs: state.programs,
    }))
}

/// Waits for a living server to answer or to end: another process may just have started or stopped it. The
/// caller holds the lock.
pub(super) async fn wait_while_alive(place: &Place) -> Result<Option<Running>> {
    let is_complete = State::read(place)?.is_some_and(|state| state.complete);
    let begun = Instant::now();
    while is_complete && postmaster::living(place).is_some() {
        if let Some(running) = reach(place).await? {
            return Ok(Some(running));
        }
        if begun.elapsed() > PATIENCE_WHILE_ALIVE {
            return Err(start::not_answering(place));
        }
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(None)
}
