//! Giving a new cluster the shape of a Supabase project: roles, limits, schemas, `auth`.
//!
//! Each concern is one script under `sql/embedded/`. On Supabase the role `postgres` creates the extension
//! `vector` itself. So it does here where the extension is trusted, which the installed wheel's is; a
//! PostgreSQL of the machine whose extension is not trusted gets it created by the superuser instead.

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use super::state::{Login, State};
use super::{ADMINISTRATOR, DATABASE, USER};
use crate::error::{Context as _, Result};
use crate::sql;

/// Shapes the cluster that runs.
pub(super) async fn apply(state: &State) -> Result<()> {
    let doing = "shape the cluster like a Supabase project";
    let mut connection = connect(state, Login::Administrator).await.context(doing)?;
    let mut script = String::from("begin;\n");
    script.push_str(include_str!("../../sql/embedded/roles.sql"));
    script.push_str(&passwords(state));
    script.push_str(include_str!("../../sql/embedded/schemas.sql"));
    script.push_str(include_str!("../../sql/embedded/auth.sql"));
    if state.programs.has_extension("pg_stat_statements") {
        script.push_str("create extension pg_stat_statements with schema extensions;\n");
    }
    if !state.programs.pgvector_is_trusted {
        script.push_str("create extension vector with schema extensions;\n");
    }
    script.push_str("commit;");
    sql::run(&mut connection, script).await.context(doing)?;
    connection.close().await.context(doing)
}

fn passwords(state: &State) -> String {
    let set = |role: &str, login: Login| {
        let password = state.password(login);
        format!(
            "alter role {role} password {};\n",
            sql::literal(password.expose_secret())
        )
    };
    set(USER, Login::Postgres) + &set("authenticator", Login::Authenticator)
}

/// Connects to the cluster's own server: its port and password, whatever the environment says.
pub(super) async fn connect(state: &State, login: Login) -> Result<PgConnection, sqlx::Error> {
    let user = match login {
        Login::Administrator => ADMINISTRATOR,
        Login::Postgres => USER,
        Login::Authenticator => "authenticator",
    };
    let password: SecretString = state.password(login);
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(state.port)
        .username(user)
        .password(password.expose_secret())
        .database(DATABASE)
        .ssl_mode(PgSslMode::Disable)
        .application_name("vecops")
        // The shaping script holds passwords, which must not reach a log.
        .disable_statement_logging()
        .connect()
        .await
}
