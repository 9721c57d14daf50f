-- The sequences that belong to a table's columns or give them their defaults, and whether this role may read them.
-- $1 int8: oid of the table
select distinct
    n.nspname::text as schema,
    c.relname::text as name,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        and pg_catalog.has_sequence_privilege(c.oid, 'SELECT') as is_readable
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S'
  and (
      exists (
          select
          from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.objid = c.oid
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = $1::int8::oid
            and d.deptype in ('a', 'i')
      )
      or exists (
          select
          from pg_catalog.pg_attrdef f
          join pg_catalog.pg_depend d
              on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = f.oid
          where f.adrelid = $1::int8::oid
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = c.oid
      )
  )
order by 1, 2
