-- Whether an index serves queries, and its size. No row where there is none of this name.
-- $1 text: schema
-- $2 text: name
select
    i.indisvalid as is_valid,
    i.indisready as is_ready,
    c.reltuples::float8 as rows_counted,
    pg_catalog.pg_relation_size(i.indexrelid)::int8 as bytes
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text
  and c.relname = $2::text
