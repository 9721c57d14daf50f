-- Whether a table of vecops is there, as far as this role may see and read it.
-- $1 text: its name
select exists (
    select
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vecops'
      and c.relname = $1
      and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      and pg_catalog.has_table_privilege(c.oid, 'SELECT')
) as there
