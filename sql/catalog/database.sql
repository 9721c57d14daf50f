-- Which database this is, and how new its server.
select
    pg_catalog.current_database()::text as database,
    current_user::text as "user",
    pg_catalog.current_setting('server_version') as server_version,
    pg_catalog.current_setting('server_version_num')::int4 as server_version_num
