-- Whether an index was ever replaced here, as far as this role may see that.
-- No parameters.
select exists (
    select
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vecops'
      and c.relname = 'index_replacement'
      and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      and pg_catalog.has_table_privilege(c.oid, 'SELECT')
) as there
