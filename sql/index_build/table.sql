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
    pg_catalog.pg_table_size(c.oid)::int8 as table_bytes,
    pg_catalog.pg_stat_get_live_tuples(c.oid)::int8 as rows_live,
    pg_catalog.pg_stat_get_dead_tuples(c.oid)::int8 as rows_dead,
    coalesce(v.columns, '{}') as vector_columns,
    coalesce(v.shares, '{}') as null_shares
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
    select
        pg_catalog.array_agg(a.attname::text order by a.attnum) as columns,
        pg_catalog.array_agg(coalesce(s.null_frac, 0)::float8 order by a.attnum) as shares
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_type t on t.oid = a.atttypid and t.typname in ('vector', 'halfvec', 'sparsevec', 'bit')
    left join pg_catalog.pg_stats s
        on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
        and s.inherited = (c.relkind = 'p')
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
) v
where n.nspname = $1::text
  and c.relname = $2::text
  and c.relkind in ('r', 'p', 'm')
