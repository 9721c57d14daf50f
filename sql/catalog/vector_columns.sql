-- Every vector column of the database: of pgvector's types, and `bit` columns that a vector index serves.
select
    n.nspname::text as schema,
    c.relname::text as "table",
    a.attname::text as "column",
    t.typname::text as element,
    a.atttypmod as type_modifier,
    c.reltuples::float8 as estimated_rows
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'p', 'm')
  and a.attnum > 0
  and not a.attisdropped
  and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname not like 'pg\_t%'
  and (
      exists (
          select
          from pg_catalog.pg_depend d
          join pg_catalog.pg_extension e on e.oid = d.refobjid and e.extname = 'vector'
          where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and d.objid = t.oid
            and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            and d.deptype = 'e'
      )
      or (
          t.oid = 'pg_catalog.bit'::pg_catalog.regtype
          and exists (
              select
              from pg_catalog.pg_index i
              join pg_catalog.pg_class ic on ic.oid = i.indexrelid
              join pg_catalog.pg_am am on am.oid = ic.relam and am.amname in ('hnsw', 'ivfflat')
              where i.indrelid = c.oid
                and a.attnum = any (i.indkey::int2[])
          )
      )
  )
order by 1, 2, 3
