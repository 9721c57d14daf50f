-- A table's oid, whether it is partitioned, and its pages. No row where there is none.
-- $1 text: schema
-- $2 text: name
select
    c.oid::int8 as oid,
    c.relkind = 'p' as is_partitioned,
    (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8)::int8 as pages
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text
  and c.relname = $2::text
  and c.relkind in ('r', 'p')
