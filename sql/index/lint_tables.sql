-- What the planner knows of the tables that have these names.
-- $1 text[]: schemas
-- $2 text[]: tables, in the same order
select
    n.nspname::text as schema,
    c.relname::text as "table",
    c.reltuples::float8 as rows,
    pg_catalog.pg_relation_size(c.oid)::int8 as bytes,
    coalesce(s.last_analyze, s.last_autoanalyze) is not null or c.reltuples > 0 as is_analyzed,
    c.relrowsecurity as has_row_security,
    pg_catalog.row_security_active(c.oid) as row_security_active,
    coalesce((
        select pg_catalog.min(i.reltuples)
        from pg_catalog.pg_index x
        join pg_catalog.pg_class i on i.oid = x.indexrelid
        join pg_catalog.pg_am am on am.oid = i.relam and am.amname in ('hnsw', 'ivfflat')
        where x.indrelid = c.oid
    ), -1)::float8 as index_rows
from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) wanted (schema, name)
join pg_catalog.pg_namespace n on n.nspname = wanted.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
order by 1, 2
