-- The vector extension: what is installed, where, and what could be.
select extension.extversion                         as version,
       namespace.nspname::text                      as schema,
       (select available.default_version
        from pg_catalog.pg_available_extensions available
        where available.name = 'vector')            as available
from (select 1) as one
left join pg_catalog.pg_extension extension on extension.extname = 'vector'
left join pg_catalog.pg_namespace namespace on namespace.oid = extension.extnamespace
