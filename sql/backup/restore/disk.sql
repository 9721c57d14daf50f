-- What the database takes now, and how much log the server keeps before it writes it away. No parameters.
select
    pg_catalog.pg_database_size(pg_catalog.current_database()) as database_bytes,
    pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size')) as log_bytes,
    pg_catalog.current_setting('server_version') as server_version
