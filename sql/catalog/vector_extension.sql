-- The vector extension: its version, and the schema it lives in. No row where it is not installed.
select
    e.extversion as version,
    n.nspname::text as schema
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where e.extname = 'vector'
