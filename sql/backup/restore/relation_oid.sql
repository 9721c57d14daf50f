-- A table's oid, and whether it is partitioned. No row where there is none.
-- $1 text: schema
-- $2 text: name
select c.oid::int8 as oid, c.relkind = 'p' as is_partitioned
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text
  and c.relname = $2::text
  and c.relkind in ('r', 'p')
