-- A relation of any kind. No row where it does not exist.
-- $1 text: schema
-- $2 text: name
select
    c.oid::int8 as oid,
    c.relkind::text as kind,
    pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
    c.relrowsecurity as row_security,
    c.relforcerowsecurity as row_security_forced,
    pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    pg_catalog.pg_relation_size(c.oid)::int8 as bytes,
    c.reltuples::float8 as estimated_rows
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text
  and c.relname = $2::text
