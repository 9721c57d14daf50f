-- What has this name already. No row where nothing has.
-- $1 text: schema
-- $2 text: name
select
    c.relkind::text as kind,
    t.relname::text as "table",
    i.indisvalid as is_valid
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_index i on i.indexrelid = c.oid
left join pg_catalog.pg_class t on t.oid = i.indrelid
where n.nspname = $1::text
  and c.relname = $2::text
