//! The shape of a Supabase project: roles, limits, grants, `auth`.

use sqlx::{Connection as _, PgConnection, Row as _};
use vecops::sql;

use crate::support::on_each_server;

async fn text(connection: &mut PgConnection, query: &'static str) -> String {
    let row = sql::fixed(query).fetch_one(connection).await.unwrap();
    row.get::<Option<String>, _>(0).unwrap_or_default()
}

#[tokio::test]
async fn the_owner_is_no_superuser_and_creates_the_vector_extension() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let row = sql::fixed(
            "select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert!(!row.get::<bool, _>("rolsuper"));
        assert!(row.get::<bool, _>("rolbypassrls") && row.get::<bool, _>("rolcreaterole"));
        sql::run(
            &mut connection,
            "create extension if not exists vector with schema extensions",
        )
        .await
        .unwrap();
        let distance = text(
            &mut connection,
            "select ('[1,2]'::extensions.vector operator(extensions.<->) '[1,4]')::text",
        );
        assert_eq!(distance.await, "2");
        let refused = sql::run(&mut connection, "alter system set work_mem = '1GB'")
            .await
            .unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501");
        sql::run(&mut connection, "set session_replication_role = replica")
            .await
            .unwrap();
        sql::run(&mut connection, "create schema app; create role app_reader")
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_api_roles_have_supabases_limits() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let limits = text(
            &mut connection,
            "select string_agg(format('%s %s', rolname, array_to_string(rolconfig, ' ')), E'\\n' order by rolname) \
             from pg_roles where rolconfig is not null and rolname in ('anon', 'authenticated', 'authenticator', \
             'service_role', 'postgres', 'supabase_admin')",
        ).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(limits, @"
            anon statement_timeout=3s
            authenticated statement_timeout=8s
            authenticator statement_timeout=8s lock_timeout=8s
            ");
        }
        assert_eq!(text(&mut connection, "show statement_timeout").await, "2min");
        assert_eq!(text(&mut connection, "show search_path").await, "\"$user\", public, extensions");
        let may_log_in = "select string_agg(rolname, ' ' order by rolname) from pg_roles where rolcanlogin \
             and rolname in ('anon', 'authenticated', 'authenticator', 'service_role', 'postgres', 'supabase_admin')";
        assert_eq!(text(&mut connection, may_log_in).await, "authenticator postgres supabase_admin");
    })
    .await;
}

#[tokio::test]
async fn new_tables_are_granted_to_nobody() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        sql::run(&mut connection, "create table public.items (id bigint)")
            .await
            .unwrap();
        for role in ["anon", "authenticated", "service_role"] {
            let mut transaction = connection.begin().await.unwrap();
            sql::run(&mut transaction, format!("set local role {role}"))
                .await
                .unwrap();
            let refused = sql::fixed("select * from public.items")
                .fetch_all(&mut *transaction)
                .await
                .unwrap_err();
            assert_eq!(
                refused.as_database_error().unwrap().code().unwrap(),
                "42501",
                "{role}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn auth_reads_the_requests_claims() {
    const WHO: &str = "select format('%s %s %s', auth.uid(), auth.role(), auth.email())";
    const ADA: &str = "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d";
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        assert_eq!(text(&mut connection, WHO).await, "  ");

        let mut transaction = connection.begin().await.unwrap();
        let claims = format!(r#"{{"sub":"{ADA}","role":"authenticated","email":"ada@example.com"}}"#);
        let become_ada = format!("set local role authenticated; set local request.jwt.claims = '{claims}'");
        sql::run(&mut transaction, become_ada).await.unwrap();
        assert_eq!(
            text(&mut transaction, WHO).await,
            format!("{ADA} authenticated ada@example.com")
        );
        assert_eq!(text(&mut transaction, "select auth.jwt() ->> 'sub'").await, ADA);
        transaction.rollback().await.unwrap();

        let mut transaction = connection.begin().await.unwrap();
        let legacy = format!("set local request.jwt.claim.sub = '{ADA}'");
        sql::run(&mut transaction, legacy).await.unwrap();
        assert_eq!(text(&mut transaction, "select auth.uid()::text").await, ADA);
    })
    .await;
}

#[tokio::test]
async fn row_security_filters_by_the_claims_user() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let script = "
            create table public.notes (owner uuid not null references auth.users (id), body text);
            alter table public.notes enable row level security;
            grant select on public.notes to authenticated;
            create policy own on public.notes for select to authenticated using (owner = (select auth.uid()));
            insert into auth.users (id) values ('00000000-0000-0000-0000-000000000001'), ('00000000-0000-0000-0000-000000000002');
            insert into public.notes select id, id::text from auth.users";
        sql::run(&mut connection, script).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let become_first = "set local role authenticated; \
            set local request.jwt.claims = '{\"sub\":\"00000000-0000-0000-0000-000000000001\"}'";
        sql::run(&mut transaction, become_first).await.unwrap();
        let bodies = text(&mut transaction, "select string_agg(body, ' ') from public.notes");
        assert_eq!(bodies.await, "00000000-0000-0000-0000-000000000001");
    })
    .await;
}

#[tokio::test]
async fn each_test_database_is_its_own() {
    on_each_server(async |database| {
        let mut administrator = database.administrator().await;
        assert_eq!(text(&mut administrator, "show is_superuser").await, "on");
        assert_eq!(
            text(&mut administrator, "select current_database()::text").await,
            database.name
        );
        let version = text(&mut administrator, "show server_version_num").await;
        assert!(version.starts_with(&database.major().to_string()), "{version}");
    })
    .await;
}
