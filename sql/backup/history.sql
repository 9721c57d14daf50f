-- Whether the Supabase CLI's table of applied migrations is there and may be read.
select
    coalesce(
        pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT'),
        false
    ) as is_readable
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'supabase_migrations'
  and c.relname = 'schema_migrations'
  and c.relkind = 'r'
