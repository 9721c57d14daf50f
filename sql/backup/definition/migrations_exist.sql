-- Whether the Supabase CLI keeps its migrations here, where the session may read them.
-- No parameters.
select coalesce(
    pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        and pg_catalog.has_table_privilege(c.oid, 'SELECT'),
    false
) as there
from (values (pg_catalog.to_regclass('supabase_migrations.schema_migrations'))) m (oid)
left join pg_catalog.pg_class c on c.oid = m.oid
left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
