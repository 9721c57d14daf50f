-- The tables that hold vectors of the vector extension's types, or that a vector index serves; partitions go with
-- their parents, and what belongs to an extension stays with it.
select distinct
    n.nspname::text as schema,
    c.relname::text as name
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p')
  and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname not like 'pg\_t%'
  and not exists (
      select
      from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.objid = c.oid
        and d.deptype = 'e'
  )
  and (
      exists (
          select
          from pg_catalog.pg_depend d
          join pg_catalog.pg_extension e on e.oid = d.refobjid and e.extname = 'vector'
          where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and d.objid = a.atttypid
            and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            and d.deptype = 'e'
      )
      or exists (
          select
          from pg_catalog.pg_index i
          join pg_catalog.pg_class ic on ic.oid = i.indexrelid
          join pg_catalog.pg_am am on am.oid = ic.relam and am.amname in ('hnsw', 'ivfflat')
          where i.indrelid = c.oid
      )
  )
order by 1, 2
