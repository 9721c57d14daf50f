-- Which database this is, and who reads it.
select
    pg_catalog.current_database()::text as database,
    pg_catalog.current_setting('server_version') as server_version,
    pg_catalog.current_setting('server_version_num')::int4 as server_version_num,
    pg_catalog.pg_encoding_to_char(d.encoding)::text as encoding,
    coalesce(d.datcollate::text, '') as collation,
    current_user::text as role,
    r.rolsuper or r.rolbypassrls as row_security_bypassed,
    pg_catalog.pg_is_in_recovery() as in_recovery
from pg_catalog.pg_database d
join pg_catalog.pg_roles r on r.rolname = current_user
where d.datname = pg_catalog.current_database()
