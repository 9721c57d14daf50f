//! Sessions on a real server: what a transaction may do, whom it runs as, cancelling, and the stray variables.

use std::time::Duration;

use secrecy::SecretString;
use sqlx::{PgConnection, Row as _};
use vecops::connection::{
    Cancellation, Choice, Configuration, Connector, Environment, Need, RoleClaims, Selection, Session,
    Target, TransactionOptions,
};
use vecops::error::Kind;
use vecops::progress::Silent;
use vecops::sql;

use crate::support::on_each_server;

/// The target of a URL, with nothing else in the environment.
pub(crate) fn target_of(url: &str) -> Target {
    let environment = Environment {
        working_folder: "/nonexistent".into(),
        config_folder: "/nonexistent".into(),
        ..Environment::default()
    };
    target_in(url, &environment)
}

/// The target of a URL in an environment.
pub(crate) fn target_in(url: &str, environment: &Environment) -> Target {
    let configuration = Configuration::read(None, environment).unwrap();
    let choice = configuration
        .choose(&Selection {
            profile: None,
            db_url: Some(SecretString::from(url)),
        })
        .unwrap();
    assert!(matches!(choice, Choice::Url(_)));
    configuration.resolve(&choice, None).unwrap()
}

/// A session on a URL.
pub(crate) async fn open(url: &str) -> Session {
    let connector = Connector::new(target_of(url), "test", Cancellation::new());
    connector.open(Need::Session, &Silent).await.unwrap()
}

async fn text(connection: &mut PgConnection, question: &'static str) -> String {
    sql::fixed(question).fetch_one(connection).await.unwrap().get(0)
}

#[tokio::test]
async fn a_session_says_who_it_is_to_the_server_and_the_server_to_it() {
    on_each_server(async |database| {
        let mut session = open(&database.url()).await;
        let server = session.server().clone();
        assert_eq!(server.major(), i32::from(database.major().number()));
        assert_eq!(
            (server.user.as_str(), server.database.as_str()),
            ("postgres", database.name.as_str())
        );
        assert!(!server.is_superuser && !server.in_recovery && !server.default_transaction_read_only);
        let mut read = session.begin_read().await.unwrap();
        let name = text(&mut read, "select current_setting('application_name')").await;
        assert_eq!(name, format!("vecops/{} test", env!("CARGO_PKG_VERSION")));
    })
    .await;
}

#[tokio::test]
async fn reading_cannot_write_and_what_a_transaction_sets_ends_with_it() {
    on_each_server(async |database| {
        let mut session = open(&database.url()).await;
        let mut read = session.begin_read().await.unwrap();
        assert_eq!(text(&mut read, "show search_path").await, "pg_catalog, pg_temp");
        let refused = sql::run(&mut read, "create table public.t ()").await.unwrap_err();
        assert_eq!(vecops::error::Error::from(refused).sqlstate(), Some("25006"));
        drop(read);

        let mut write = session.begin_write().await.unwrap();
        assert_eq!(text(&mut write, "show lock_timeout").await, "5s");
        sql::run(&mut write, "create table public.t ()").await.unwrap();
        write.commit().await.unwrap();

        let long = TransactionOptions::write().long();
        let mut write = session.begin(&long).await.unwrap();
        assert_eq!(text(&mut write, "show statement_timeout").await, "0");
        drop(write);

        let outside = session.outside_transaction().await.unwrap();
        assert_eq!(text(outside, "show statement_timeout").await, "0");
        let mut read = session.begin_read().await.unwrap();
        assert_ne!(
            text(&mut read, "show statement_timeout").await,
            "0",
            "the role's limit is back"
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_runs_as_a_user_with_its_claims() {
    on_each_server(async |database| {
        let mut session = open(&database.url()).await;
        let id = "7f3c1b0e-2f55-4b43-9f0a-0d1f6f6f2a11";
        let who: RoleClaims = format!("user:{id}").parse().unwrap();
        let mut read = session.begin_read_as(who).await.unwrap();
        assert_eq!(
            text(&mut read, "select auth.uid()::text || ' ' || current_user").await,
            format!("{id} authenticated")
        );
        drop(read);
        let mut read = session.begin_read().await.unwrap();
        assert_eq!(text(&mut read, "select current_user::text").await, "postgres");
        drop(read);
        let mut read = session.begin_read_as(RoleClaims::Anon).await.unwrap();
        assert_eq!(
            text(&mut read, "select auth.role() || ' ' || current_user").await,
            "anon anon"
        );
    })
    .await;
}

#[tokio::test]
async fn a_role_that_is_not_there_leaves_the_session_usable() {
    on_each_server(async |database| {
        let folder = tempfile::tempdir().unwrap();
        let manifest = vecops::manifest::ManifestFile {
            path: folder.path().join("vecops.toml"),
            text: "[profiles.p]\nurl_env = 'U'\nrole = 'nobody_there'\n".to_owned(),
        };
        let environment = Environment {
            variables: [("U".to_owned(), database.url())].into(),
            working_folder: folder.path().to_owned(),
            config_folder: folder.path().to_owned(),
            ..Environment::default()
        };
        let configuration = Configuration::read(Some(&manifest), &environment).unwrap();
        let selection = Selection {
            profile: Some("p".to_owned()),
            db_url: None,
        };
        let target = configuration
            .resolve(&configuration.choose(&selection).unwrap(), None)
            .unwrap();
        let connector = Connector::new(target, "test", Cancellation::new());
        let mut session = connector.open(Need::Any, &Silent).await.unwrap();
        let error = session.begin_read().await.unwrap_err();
        assert!(error.message().contains("nobody_there"), "{error}");
        let mut read = session.begin_read_as(RoleClaims::Anon).await.unwrap();
        assert_eq!(text(&mut read, "select current_user::text").await, "anon");
    })
    .await;
}

#[tokio::test]
async fn cancelling_stops_the_work_on_the_server_and_nothing_else() {
    on_each_server(async |database| {
        let cancellation = Cancellation::new();
        let connector = Connector::new(target_of(&database.url()), "test", cancellation.clone());
        let mut session = connector.open(Need::Session, &Silent).await.unwrap();
        let mut watcher = database.connection().await;
        let pid = session.server().backend_pid;
        let work = async {
            let mut read = session.begin_read().await.unwrap();
            sql::run(&mut read, "select pg_catalog.pg_sleep(600)").await.unwrap_err()
        };
        let cancel = async {
            let sleeping = "select count(*) from pg_stat_activity where pid = $1 and query like '%pg_sleep%' and state = 'active'";
            let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
            while sql::fixed(sleeping).bind(pid).fetch_one(&mut watcher).await.unwrap().get::<i64, _>(0) == 0 {
                assert!(tokio::time::Instant::now() < deadline, "the work never started");
            }
            cancellation.cancel_all().await
        };
        let (error, cancelled) = tokio::join!(work, cancel);
        assert_eq!(cancelled, 1);
        assert_eq!(vecops::error::Error::from(error).sqlstate(), Some("57014"));
        assert_eq!(cancellation.open_sessions(), 1);
        drop(session);
        assert_eq!(cancellation.open_sessions(), 0, "a session that is gone is not cancelled");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_login_names_what_is_wrong_and_where_it_came_from() {
    on_each_server(async |database| {
        let mut url = url::Url::parse(&database.url()).unwrap();
        url.set_password(Some("hunter2")).unwrap();
        let connector = Connector::new(target_of(url.as_str()), "test", Cancellation::new());
        let error = connector.open(Need::Any, &Silent).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.sqlstate()),
            (Kind::Connection, Some("28P01"))
        );
        let all = format!("{error:?}");
        assert!(
            all.contains("the password came from the URL from --db-url"),
            "{all}"
        );
        assert!(!all.contains("hunter2"), "{all}");

        url = url::Url::parse(&database.url()).unwrap();
        url.set_path("no_such_database");
        let connector = Connector::new(target_of(url.as_str()), "test", Cancellation::new());
        let error = connector.open(Need::Any, &Silent).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.sqlstate()),
            (Kind::Connection, Some("3D000"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_replica_or_a_full_disk_refuses_changes_before_they_start() {
    on_each_server(async |database| {
        let statement = format!(
            "alter database {} set default_transaction_read_only = on",
            database.name
        );
        sql::run(&mut database.administrator().await, statement)
            .await
            .unwrap();
        let mut session = open(&database.url()).await;
        let error = session.begin_write().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Precondition);
        session.begin_read().await.unwrap();
    })
    .await;
}
