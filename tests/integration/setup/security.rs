//! What each role sees and may do, for each policy template.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use vecops::collection::Policy;

use super::fixture::{apply, attempt, collection, number, run, vector};
use crate::support::{TestDatabase, database, majors};
use vecops::embedded::Major;

const ALICE: &str = "00000000-0000-0000-0000-00000000000a";
const BOB: &str = "00000000-0000-0000-0000-00000000000b";

/// Who asks.
#[derive(Clone, Copy, Debug)]
enum Caller {
    Anon,
    User(&'static str),
    Service,
}

const CALLERS: [Caller; 4] = [
    Caller::Anon,
    Caller::User(ALICE),
    Caller::User(BOB),
    Caller::Service,
];

/// Two rows: one of Alice, one of nobody.
async fn with_two_rows(major: Major, policy: Policy) -> (TestDatabase, PgConnection) {
    let database = database(major).await;
    let mut connection = database.connection().await;
    // What older projects do to every new table and function.
    run(
        &mut connection,
        "alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
         alter default privileges in schema public grant all on functions to anon, authenticated, service_role",
    )
    .await;
    apply(&mut connection, &collection("docs", policy)).await;
    let (one, other) = (vector(32, 1), vector(32, 2));
    run(
        &mut connection,
        format!("insert into docs (content, embedding) values ('of alice', {one}), ('of nobody', {other})"),
    )
    .await;
    if policy == Policy::Owner {
        run(
            &mut connection,
            format!("update docs set owner_id = '{ALICE}' where content = 'of alice'"),
        )
        .await;
    }
    (database, connection)
}

/// Does something as a caller and undoes it: the number of rows, or the SQLSTATE that refused it.
async fn as_caller(connection: &mut PgConnection, caller: Caller, query: &str) -> Result<i64, String> {
    let mut transaction = connection.begin().await.unwrap();
    let (role, sub) = match caller {
        Caller::Anon => ("anon", ""),
        Caller::User(user) => ("authenticated", user),
        Caller::Service => ("service_role", ""),
    };
    let claims = match sub {
        "" => format!(r#"{{"role":"{role}"}}"#),
        sub => format!(r#"{{"role":"{role}","sub":"{sub}"}}"#),
    };
    run(
        &mut transaction,
        format!("set local role {role}; set local request.jwt.claims = '{claims}'"),
    )
    .await;
    let counted = vecops::sql::dynamic(query.to_owned())
        .fetch_one(&mut *transaction)
        .await;
    let result = match counted {
        Ok(row) => Ok(row.get(0)),
        Err(error) => Err(error.as_database_error().unwrap().code().unwrap().into_owned()),
    };
    transaction.rollback().await.unwrap();
    result
}

/// What every caller gets for a query: anon, Alice, Bob, the service role.
async fn table_of(connection: &mut PgConnection, query: &str) -> String {
    let mut answers = Vec::new();
    for caller in CALLERS {
        answers.push(match as_caller(connection, caller, query).await {
            Ok(count) => count.to_string(),
            Err(code) => code,
        });
    }
    answers.join(" ")
}

const READ: &str = "select count(*) from docs";
const UPDATE: &str = "with done as (update docs set content = content returning 1) select count(*) from done";
const DELETE: &str = "with done as (delete from docs returning 1) select count(*) from done";
const INSERT: &str =
    "with done as (insert into docs (content) values ('new') returning 1) select count(*) from done";
const STEAL: &str = "with done as (insert into docs (content, owner_id) values ('new', '00000000-0000-0000-0000-00000000000a') returning 1) select count(*) from done";

fn search() -> String {
    format!("select count(*) from match_docs({})", vector(32, 1))
}

#[tokio::test]
async fn service_is_for_the_service_role_alone() {
    for major in majors() {
        let (_database, mut connection) = with_two_rows(major, Policy::Service).await;
        for (query, count) in [
            (READ, 2),
            (UPDATE, 2),
            (DELETE, 2),
            (INSERT, 1),
            (search().as_str(), 2),
        ] {
            let expected = format!("42501 42501 42501 {count}");
            assert_eq!(
                table_of(&mut connection, query).await,
                expected,
                "{major}: {query}"
            );
        }
    }
}

#[tokio::test]
async fn owner_gives_each_user_their_own_rows() {
    for major in majors() {
        let (_database, mut connection) = with_two_rows(major, Policy::Owner).await;
        for query in [READ, UPDATE, DELETE, search().as_str()] {
            assert_eq!(
                table_of(&mut connection, query).await,
                "42501 1 0 2",
                "{major}: {query}"
            );
        }
        assert_eq!(table_of(&mut connection, INSERT).await, "42501 1 1 1", "{major}");
        assert_eq!(
            table_of(&mut connection, STEAL).await,
            "42501 1 42501 1",
            "{major}"
        );
        let taken = format!(
            "with done as (update docs set owner_id = '{BOB}' returning 1) select count(*) from done"
        );
        assert_eq!(
            table_of(&mut connection, &taken).await,
            "42501 42501 0 2",
            "{major}"
        );
    }
}

#[tokio::test]
async fn public_read_lets_everybody_read_and_nobody_write() {
    for major in majors() {
        let (_database, mut connection) = with_two_rows(major, Policy::PublicRead).await;
        for query in [READ, search().as_str()] {
            assert_eq!(
                table_of(&mut connection, query).await,
                "2 2 2 2",
                "{major}: {query}"
            );
        }
        for (query, count) in [(UPDATE, 2), (DELETE, 2), (INSERT, 1)] {
            let expected = format!("42501 42501 42501 {count}");
            assert_eq!(
                table_of(&mut connection, query).await,
                expected,
                "{major}: {query}"
            );
        }
    }
}

#[tokio::test]
async fn every_table_has_row_level_security_and_only_one_policy() {
    for major in majors() {
        for policy in [Policy::Service, Policy::Owner, Policy::PublicRead] {
            let (_database, mut connection) = with_two_rows(major, policy).await;
            let secured = "select count(*) from pg_class where relname = 'docs' and relrowsecurity";
            assert_eq!(number(&mut connection, secured).await, 1);
            let policies =
                "select count(*) from pg_policies where tablename = 'docs' and roles <> '{public}'";
            assert_eq!(number(&mut connection, policies).await, 1);
            let truncate = "begin; set local role authenticated; truncate docs";
            let refused = attempt(&mut connection, truncate).await.unwrap_err();
            assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501");
        }
    }
}
