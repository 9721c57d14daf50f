//! What the doctor asks the server: versions, role, time limits, read-only state, connections.

use serde::Serialize;
use sqlx::{Acquire as _, PgConnection, Row as _};

use super::super::session::{Server, Session};
use super::versions::{self, Risk};
use crate::error::{Context as _, Result};
use crate::sql;

/// What the server said.
#[derive(Debug, Serialize)]
pub struct ServerReport {
    /// Who it is.
    pub identity: Server,
    /// pgvector.
    pub vector: Extension,
    /// Who we are to it.
    pub role: Role,
    /// Its time limits for this session.
    pub limits: Vec<Limit>,
    /// Its connections.
    pub connections: Connections,
}

/// The vector extension.
#[derive(Debug, Serialize)]
pub struct Extension {
    /// The installed version; none where it is not installed in this database.
    pub version: Option<String>,
    /// The schema it is in.
    pub schema: Option<String>,
    /// The version that the server could install; none where it has none, or hides it.
    pub available: Option<String>,
    /// Known defects of the installed version.
    pub risks: Vec<Risk>,
}

/// The role of the session and its powers.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a power of its own, as in pg_roles"
)]
#[derive(Debug, Serialize)]
pub struct Role {
    /// The role.
    pub user: String,
    /// The role that logged in.
    pub session_user: String,
    /// Whether it is a superuser.
    pub superuser: bool,
    /// Whether row-level security does not hold it.
    pub bypass_rls: bool,
    /// Whether it creates databases.
    pub create_database: bool,
    /// Whether it creates roles.
    pub create_role: bool,
    /// Whether it may replicate.
    pub replication: bool,
    /// Whether it creates schemas in this database.
    pub create_schema: bool,
    /// Whether it may set `session_replication_role`, which a restore uses to hold triggers still.
    pub set_replication_role: bool,
    /// The roles it is a member of.
    pub member_of: Vec<String>,
    /// Whether the server has Supabase's roles.
    pub supabase_roles: bool,
}

/// A time limit.
#[derive(Debug, Serialize)]
pub struct Limit {
    /// The setting.
    pub name: String,
    /// Milliseconds; none where there is no limit.
    pub milliseconds: Option<f64>,
    /// Where it was set, in PostgreSQL's words: `default`, `database`, `user`, `configuration file` and so on.
    pub source: String,
}

/// The server's connections.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Connections {
    /// `max_connections`.
    pub most: i64,
    /// Those kept back for superusers and other chosen roles.
    pub reserved: i64,
    /// Those in use, this one included.
    pub used: i64,
    /// Those that are left for us.
    pub left: i64,
}

/// Asks everything in one read-only transaction.
pub(super) async fn examine(session: &mut Session) -> Result<ServerReport> {
    let identity = session.server().clone();
    let mut read = session.begin_read().await?;
    let report = ServerReport {
        identity,
        vector: extension(&mut read).await.context("look for pgvector")?,
        role: role(&mut read).await.context("ask for the role's powers")?,
        limits: limits(&mut read).await.context("ask for the time limits")?,
        connections: connections(&mut read).await.context("count the connections")?,
    };
    read.commit().await?;
    Ok(report)
}

async fn extension(connection: &mut PgConnection) -> Result<Extension> {
    let row = sql::fixed(include_str!("../../../sql/connection/doctor_extension.sql"))
        .fetch_one(connection)
        .await?;
    let version: Option<String> = row.try_get("version")?;
    Ok(Extension {
        risks: version.as_deref().map(versions::risks).unwrap_or_default(),
        version,
        schema: row.try_get("schema")?,
        available: row.try_get("available")?,
    })
}

async fn role(connection: &mut PgConnection) -> Result<Role> {
    let row = sql::fixed(include_str!("../../../sql/connection/doctor_role.sql"))
        .fetch_one(&mut *connection)
        .await?;
    Ok(Role {
        user: row.try_get("user")?,
        session_user: row.try_get("session_user")?,
        superuser: row.try_get("superuser")?,
        bypass_rls: row.try_get("bypass_rls")?,
        create_database: row.try_get("create_database")?,
        create_role: row.try_get("create_role")?,
        replication: row.try_get("replication")?,
        create_schema: row.try_get("create_schema")?,
        set_replication_role: sets_replication_role(connection).await?,
        member_of: row.try_get("member_of")?,
        supabase_roles: row.try_get("supabase_roles")?,
    })
}

/// Supabase grants this power past PostgreSQL's own privileges, so only trying tells.
async fn sets_replication_role(connection: &mut PgConnection) -> Result<bool> {
    let mut attempt = connection.begin().await?;
    let set = sql::run(&mut attempt, "set local session_replication_role = replica").await;
    attempt.rollback().await?;
    Ok(set.is_ok())
}

async fn limits(connection: &mut PgConnection) -> Result<Vec<Limit>> {
    let rows = sql::fixed(include_str!("../../../sql/connection/doctor_limits.sql"))
        .fetch_all(connection)
        .await?;
    let limit = |row: &sqlx::postgres::PgRow| {
        let milliseconds: f64 = row.try_get("milliseconds")?;
        Ok(Limit {
            name: row.try_get("name")?,
            milliseconds: (milliseconds > 0.0).then_some(milliseconds),
            source: row.try_get("source")?,
        })
    };
    rows.iter().map(limit).collect()
}

async fn connections(connection: &mut PgConnection) -> Result<Connections> {
    let row = sql::fixed(include_str!("../../../sql/connection/doctor_connections.sql"))
        .fetch_one(connection)
        .await?;
    let (most, reserved, used): (i64, i64, i64) = (
        row.try_get("most")?,
        row.try_get("reserved")?,
        row.try_get("used")?,
    );
    Ok(Connections {
        most,
        reserved,
        used,
        left: (most - reserved - used).max(0),
    })
}
