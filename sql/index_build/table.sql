-- A table as far as a build of an index asks for it. No row where there is none of this name.
-- $1 text: schema
-- $2 text: name
select
    c.oid::int8 as oid,
    c.relkind::text as kind,
    pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
    current_user::text as role,
    pg_catalog.pg_has_role(c.relowner, 'USAGE') as is_owner,
    pg_catalog.has_schema_privilege(n.oid, 'CREATE') as may_create,
    c.reltuples::float8 as rows_counted,
    c.relpages::int8 as pages_counted,
    pg_catalog.pg_relation_size(c.oid)::int8 as heap_bytes,
    pg_catalog.pg_table_size(c.oid)::int8 as table_bytes
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text
  and c.relname = $2::text
  and c.relkind in ('r', 'p', 'm')
