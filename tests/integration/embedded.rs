//! The embedded server: its shape, and that it survives what happens to processes.

use sqlx::Row as _;

use crate::support::on_each_server;

#[tokio::test]
async fn the_owner_is_no_superuser_and_creates_the_vector_extension() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let row = sqlx::query(
            "select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert!(!row.get::<bool, _>("rolsuper"));
        assert!(row.get::<bool, _>("rolbypassrls") && row.get::<bool, _>("rolcreaterole"));
        sqlx::query("create extension vector with schema extensions")
            .execute(&mut connection)
            .await
            .unwrap();
        let distance: f64 =
            sqlx::query_scalar("select '[1,2]'::extensions.vector operator(extensions.<->) '[1,4]'")
                .fetch_one(&mut connection)
                .await
                .unwrap();
        assert!((distance - 2.0).abs() < 1e-9);
    })
    .await;
}
